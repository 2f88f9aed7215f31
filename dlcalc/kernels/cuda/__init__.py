"""The kernels for CUDA: the same files and functions as `dlcalc.kernels.cpu`.

Functions take numpy arrays and return them, or arrays of the device (`device.DeviceArray`, or anything with
`__cuda_array_interface__`) and leave their results there. No sum depends on the order in which threads happen to run.
"""

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
