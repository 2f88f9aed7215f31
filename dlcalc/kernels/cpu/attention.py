"""Scaled dot-product attention on (B, T, d): two matrix products and a softmax between them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import threads
from ..compile import Array
from .products import multiply, transposed
from .softmax import softmax_back_into, softmax_into


def attention_forward(q: Array, k: Array, v: Array, mask: Array | None) -> tuple[Array, Array]:
    """softmax(QKᵀ/√d + mask) V (B, T_q, d_v), and the softmax (B, T_q, T_k)."""
    shares = np.empty((*q.shape[:2], k.shape[1]), q.dtype)
    out = np.empty((*q.shape[:2], v.shape[2]), q.dtype)

    def work(part: slice) -> None:
        scores = multiply(q[part], transposed(k[part]))
        scores *= _scale(q)
        if mask is not None:
            scores += mask[part]
        softmax_into(_rows(scores), _rows(shares[part]))
        multiply(shares[part], v[part], out=out[part])

    _each(work, shares, q.shape[2] + v.shape[2])
    return out, shares


def attention_backward(d_out: Array, q: Array, k: Array, v: Array, shares: Array) -> tuple[Array, Array, Array, Array]:
    """The gradients of q, k, v and of the mask that was added."""
    d_q, d_k, d_v, d_scores = (np.empty_like(array) for array in (q, k, v, shares))

    def work(part: slice) -> None:
        d_shares = multiply(d_out[part], transposed(v[part]))
        softmax_back_into(_rows(d_shares), _rows(shares[part]), _rows(d_scores[part]))
        multiply(d_scores[part], k[part], out=d_q[part])
        d_q[part] *= _scale(q)
        multiply(transposed(d_scores[part]), q[part], out=d_k[part])
        d_k[part] *= _scale(q)
        multiply(transposed(shares[part]), d_out[part], out=d_v[part])

    _each(work, shares, 2 * (q.shape[2] + v.shape[2]))
    return d_q, d_k, d_v, d_scores


def _each(work: Callable[[slice], None], shares: Array, products: int) -> None:
    """work of parts of the batch, so many products for each entry of `shares`; a small batch shares out each."""
    batch, operations = len(shares), 2.0 * products * shares.size
    jobs = threads.number(operations)
    if not 1 < jobs <= batch:
        work(slice(0, batch))
        return

    def job(number: int) -> None:
        with threads.using(1):
            work(slice(number * batch // jobs, (number + 1) * batch // jobs))

    threads.each(job, jobs, operations)


def _rows(array: Array) -> Array:
    """(B, T, n) as (B·T, n)."""
    return array.reshape(array.shape[0] * array.shape[1], array.shape[2])


def _scale(q: Array) -> Any:
    return q.dtype.type(1 / math.sqrt(q.shape[2]))
