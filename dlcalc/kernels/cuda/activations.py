"""Activations, number by number; which one, and its constants, as in `dlcalc.kernels.scalars`."""

from __future__ import annotations

from typing import Any

from .. import scalars
from ..cpu.activations import constants
from . import device
from .device import DeviceArray, cuda, kernel, on_device
from .reductions import spread, threads

activate, slope = scalars.activate, scalars.slope


@on_device
def activation_forward(kind: int, x: DeviceArray, parameter: float) -> DeviceArray:
    """The activation of every number; `parameter`: the slope of a leaky ReLU."""
    out = device.empty_like(x)
    activate_all.launch(spread(x.size), kind, x, *constants(kind, parameter, x.dtype), out, x.size)
    return out


def activation_kept(kind: int, x: Any, out: Any) -> Any:
    """What `activation_backward` is given for the result: it, kept from the caller's hands, or x where x is enough."""
    return out.copy() if kind in (scalars.SIGMOID, scalars.TANH) else x


@on_device
def activation_backward(
    kind: int, d_out: DeviceArray, x: DeviceArray, out: DeviceArray, parameter: float
) -> DeviceArray:
    """The gradient of x."""
    d_x = device.empty_like(x)
    numbers = constants(kind, parameter, x.dtype)
    activate_all_backward.launch(spread(x.size), kind, d_out, x, out, *numbers, d_x, x.size)
    return d_x


@kernel("int64", "T[]", "T", "T", "T[]", "int64", threads=threads)
def activate_all(kind: int, x: Any, a: Any, b: Any, out: Any, count: int) -> None:
    """Each number activated."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        out[at] = activate(kind, x[at], a, b)


@kernel("int64", "T[]", "T[]", "T[]", "T", "T", "T[]", "int64", threads=threads)
def activate_all_backward(kind: int, d_out: Any, x: Any, out: Any, a: Any, b: Any, d_x: Any, count: int) -> None:
    """Each gradient multiplied by the slope."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        d_x[at] = d_out[at] * slope(kind, x[at], out[at], a, b)
