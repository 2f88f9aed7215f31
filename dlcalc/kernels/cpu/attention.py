"""Scaled dot-product attention on (B, T, d): two matrix products and a softmax between them."""

from __future__ import annotations

import math
from typing import Any

from ..compile import Array
from .products import multiply, transposed
from .softmax import softmax_backward, softmax_forward


def attention_forward(q: Array, k: Array, v: Array, mask: Array | None) -> tuple[Array, Array]:
    """softmax(QKᵀ/√d + mask) V (B, T_q, d_v), and the softmax (B, T_q, T_k)."""
    scores = multiply(q, transposed(k))
    scores *= _scale(q)
    if mask is not None:
        scores += mask
    shares = softmax_forward(scores.reshape(len(q) * q.shape[1], k.shape[1])).reshape(scores.shape)
    return multiply(shares, v), shares


def attention_backward(d_out: Array, q: Array, k: Array, v: Array, shares: Array) -> tuple[Array, Array, Array, Array]:
    """The gradients of q, k, v and of the mask that was added."""
    d_shares = multiply(d_out, transposed(v))
    rows = shares.shape[0] * shares.shape[1], shares.shape[2]
    d_scores = softmax_backward(d_shares.reshape(rows), shares.reshape(rows)).reshape(shares.shape)
    d_q = multiply(d_scores, k) * _scale(q)
    d_k = multiply(transposed(d_scores), q) * _scale(q)
    return d_q, d_k, multiply(transposed(shares), d_out), d_scores


def _scale(q: Array) -> Any:
    return q.dtype.type(1 / math.sqrt(q.shape[2]))
