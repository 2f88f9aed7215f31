"""The dense layer."""

from __future__ import annotations

from ..compile import Array
from .products import multiply, transposed


def linear_forward(x: Array, weight: Array, bias: Array | None) -> Array:
    """(R, n) and (m, n) to (R, m): x Wᵀ + b."""
    found: Array = multiply(x[None], transposed(weight[None]), bias)[0]
    return found


def linear_backward(d_out: Array, x: Array, weight: Array) -> tuple[Array, Array, Array]:
    """The gradients of x, weight and bias."""
    d_x, d_weight = multiply(d_out[None], weight[None]), multiply(transposed(d_out[None]), x[None])
    return d_x[0], d_weight[0], d_out.sum(axis=0)
