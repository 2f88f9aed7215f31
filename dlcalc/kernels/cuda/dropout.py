"""Dropout: the same seed switches the same places off on every device."""

from __future__ import annotations

import math
from typing import Any

from .. import scalars
from . import device
from .device import DeviceArray, cuda, kernel, on_device
from .reductions import spread, threads

uniform = scalars.uniform

STEPS = 1 << 24
"""`uniform` has so many values: whole numbers by this."""


@on_device
def dropout_forward(x: DeviceArray, p: float, seed: int) -> tuple[DeviceArray, DeviceArray]:
    """x with each number off with chance p and the others by 1/(1 − p), and that factor for each number.

    The gradient of x is d_out times the factors.
    """
    out, factors = device.empty_like(x), device.empty_like(x)
    # Below p and below the next multiple of 1/STEPS are the same for `uniform`, and float32 has that exactly.
    limit, kept = x.dtype.type(math.ceil(p * STEPS) / STEPS), x.dtype.type(1 / (1 - p) if p < 1 else 0)
    draw_factors.launch(spread(x.size), x, seed, limit, kept, out, factors, x.size)
    return out, factors


@on_device
def dropout_backward(d_out: DeviceArray, factors: DeviceArray) -> DeviceArray:
    """The gradient of x."""
    d_x = device.empty_like(d_out)
    scale_all.launch(spread(d_x.size), d_out, factors, d_x, d_x.size)
    return d_x


@kernel("T[]", "int64", "T", "T", "T[]", "T[]", "int64", threads=threads)
def draw_factors(x: Any, seed: int, limit: Any, kept: Any, out: Any, factors: Any, count: int) -> None:
    """0 where a place is off, else `kept`."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        factor = x.dtype.type(0) if uniform(seed, at) < limit else kept
        factors[at] = factor
        out[at] = x[at] * factor


@kernel("T[]", "T[]", "T[]", "int64", threads=threads)
def scale_all(x: Any, factors: Any, out: Any, count: int) -> None:
    """Each number by its factor."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        out[at] = x[at] * factors[at]
