"""Scaled dot-product attention on (B, T, d): two matrix products and a softmax between them."""

from __future__ import annotations

import math

from .device import DeviceArray, on_device
from .products import multiply
from .softmax import softmax_backward, softmax_forward


@on_device
def attention_forward(
    q: DeviceArray, k: DeviceArray, v: DeviceArray, mask: DeviceArray
) -> tuple[DeviceArray, DeviceArray]:
    """softmax(QKᵀ/√d + mask) V (B, T_q, d_v), and the softmax (B, T_q, T_k)."""
    scores = multiply(q, k, (False, True), added=mask, alpha=_scale(q))
    shares = softmax_forward(_rows(scores)).reshape(*scores.shape)
    return multiply(shares, v), shares


@on_device
def attention_backward(
    d_out: DeviceArray, q: DeviceArray, k: DeviceArray, v: DeviceArray, shares: DeviceArray
) -> tuple[DeviceArray, DeviceArray, DeviceArray, DeviceArray]:
    """The gradients of q, k, v and of the mask that was added."""
    d_shares = multiply(d_out, v, (False, True))
    d_scores = softmax_backward(_rows(d_shares), _rows(shares)).reshape(*shares.shape)
    d_q = multiply(d_scores, k, alpha=_scale(q))
    d_k = multiply(d_scores, q, (True, False), alpha=_scale(q))
    return d_q, d_k, multiply(shares, d_out, (True, False)), d_scores


def _rows(scores: DeviceArray) -> DeviceArray:
    return scores.reshape(scores.shape[0] * scores.shape[1], scores.shape[2])


def _scale(q: DeviceArray) -> float:
    return 1 / math.sqrt(q.shape[2])
