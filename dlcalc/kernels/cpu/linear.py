"""The dense layer: matrix products by numpy's BLAS."""

from __future__ import annotations

import numpy as np

from ..compile import Array


def linear_forward(x: Array, weight: Array, bias: Array | None) -> Array:
    """(R, n) and (m, n) to (R, m): x Wᵀ + b."""
    out: Array = np.matmul(x, weight.T)
    if bias is not None:
        out += bias
    return out


def linear_backward(d_out: Array, x: Array, weight: Array) -> tuple[Array, Array, Array]:
    """The gradients of x, weight and bias."""
    return np.matmul(d_out, weight), np.matmul(d_out.T, x), d_out.sum(axis=0)
