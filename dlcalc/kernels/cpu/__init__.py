"""The kernels for the CPU, compiled by numba; float64 has numpy's matrix products.

A module is imported when it is first asked for: what a process does not compute it does not wait for.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

MODULES = (
    "activations", "attention", "conv", "convlstm", "dropout", "embedding", "linear", "losses", "norm", "pool",
    "recurrent", "softmax",
)  # fmt: skip


def __getattr__(name: str) -> ModuleType:
    if name in MODULES:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
