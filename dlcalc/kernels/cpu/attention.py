"""Scaled dot-product attention on (B, T, d): two matrix products and a softmax between them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..compile import Array
from .softmax import softmax_backward, softmax_forward


def attention_forward(q: Array, k: Array, v: Array, mask: Array | None) -> tuple[Array, Array]:
    """softmax(QKᵀ/√d + mask) V (B, T_q, d_v), and the softmax (B, T_q, T_k)."""
    scores = np.matmul(q, k.transpose(0, 2, 1))
    scores *= _scale(q)
    if mask is not None:
        scores += mask
    shares = softmax_forward(scores.reshape(len(q) * q.shape[1], k.shape[1])).reshape(scores.shape)
    return np.matmul(shares, v), shares


def attention_backward(d_out: Array, q: Array, k: Array, v: Array, shares: Array) -> tuple[Array, Array, Array, Array]:
    """The gradients of q, k, v and of the mask that was added."""
    d_shares = np.matmul(d_out, v.transpose(0, 2, 1))
    rows = shares.shape[0] * shares.shape[1], shares.shape[2]
    d_scores = softmax_backward(d_shares.reshape(rows), shares.reshape(rows)).reshape(shares.shape)
    d_q = np.matmul(d_scores, k) * _scale(q)
    d_k = np.matmul(d_scores.transpose(0, 2, 1), q) * _scale(q)
    return d_q, d_k, np.matmul(shares.transpose(0, 2, 1), d_out), d_scores


def _scale(q: Array) -> Any:
    return q.dtype.type(1 / math.sqrt(q.shape[2]))
