"""Dropout: the same seed switches the same places off on every device."""

from __future__ import annotations

import numpy as np

from .. import scalars
from ..compile import Array, kernel

uniform = scalars.uniform


def dropout_forward(x: Array, p: float, seed: int) -> tuple[Array, Array]:
    """x with each number off with chance p and the others by 1/(1 − p), and that factor for each number.

    The gradient of x is d_out times the factors.
    """
    factors = np.empty_like(x)
    # numpy's p, or a plain Python would round it to the float32 it is compared with
    draw_factors(seed, np.float64(p), x.dtype.type(1 / (1 - p)), factors.reshape(-1))
    return x * factors, factors


def dropout_backward(d_out: Array, factors: Array) -> Array:
    """The gradient of x."""
    return np.multiply(d_out, factors)


@kernel("int64", "float64", "T", "T[::1]")
def draw_factors(seed: int, p: float, kept: float, factors: Array) -> None:
    """0 where a place is off, else `kept`."""
    for place in range(len(factors)):
        factors[place] = 0 if uniform(seed, place) < p else kept
