"""The kernels for the CPU, compiled by numba; float64 has numpy's matrix products."""

from __future__ import annotations

from . import activations as activations
from . import attention as attention
from . import conv as conv
from . import convlstm as convlstm
from . import dropout as dropout
from . import embedding as embedding
from . import linear as linear
from . import losses as losses
from . import norm as norm
from . import pool as pool
from . import recurrent as recurrent
from . import softmax as softmax
