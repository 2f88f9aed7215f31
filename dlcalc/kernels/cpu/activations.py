"""Activations, number by number; which one, and its constants, as in `dlcalc.kernels.scalars`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import scalars
from ..compile import Array, kernel
from . import vectors
from .machine import tiled

activate, slope = scalars.activate, scalars.slope


def constants(kind: int, parameter: float, dtype: Any) -> tuple[Any, Any]:
    """The numbers a and b of `scalars.activate`, in the dtype of the array."""
    a = scalars.ROOT_HALF if kind == scalars.GELU else parameter
    return dtype.type(a), dtype.type(scalars.GAUSS)


def activation_forward(kind: int, x: Array, parameter: float) -> Array:
    """The activation of every number; `parameter`: the slope of a leaky ReLU."""
    out = np.empty_like(x)
    if tiled(x):
        vectors.activations(kind, x.reshape(-1), x.dtype.type(parameter), out.reshape(-1))
        return out
    activate_all(kind, x.reshape(-1), *constants(kind, parameter, x.dtype), out.reshape(-1))
    return out


def activation_kept(kind: int, x: Array, out: Array) -> Array:
    """What `activation_backward` is given for the result: it, kept from the caller's hands, or x where x is enough."""
    by_result = kind == scalars.TANH or (kind == scalars.SIGMOID and not tiled(x))
    return out.copy() if by_result else x


def activation_backward(kind: int, d_out: Array, x: Array, out: Array, parameter: float) -> Array:
    """The gradient of x."""
    d_x = np.empty_like(x)
    if tiled(x):
        flat = d_out.reshape(-1), x.reshape(-1), out.reshape(-1)
        vectors.activations_backward(kind, *flat, x.dtype.type(parameter), d_x.reshape(-1))
        return d_x
    a, b = constants(kind, parameter, x.dtype)
    activate_all_backward(kind, d_out.reshape(-1), x.reshape(-1), out.reshape(-1), a, b, d_x.reshape(-1))
    return d_x


@kernel("int64", "T[::1]", "T", "T", "T[::1]")
def activate_all(kind: int, x: Array, a: float, b: float, out: Array) -> None:
    """Each number activated."""
    for place in range(len(x)):
        out[place] = activate(kind, x[place], a, b)


@kernel("int64", "T[::1]", "T[::1]", "T[::1]", "T", "T", "T[::1]")
def activate_all_backward(kind: int, d_out: Array, x: Array, out: Array, a: float, b: float, d_x: Array) -> None:
    """Each gradient multiplied by the slope."""
    for place in range(len(x)):
        d_x[place] = d_out[place] * slope(kind, x[place], out[place], a, b)
