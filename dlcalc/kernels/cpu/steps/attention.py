"""Scaled dot-product attention of several heads over sequences (T, N, heads · size)."""

from __future__ import annotations

import numpy as np

from ...compile import Array
from .row import step


@step
def attention(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """softmax(q kᵀ/√size) v of each head; the softmax is kept, (N, heads, queries, keys)."""
    q, y, k, v, kept, heads, queries, keys, size, wide = s[1], s[2], s[5], s[6], s[9], s[10], s[11], s[12], s[13], s[14]
    scale = a.dtype.type(1 / np.sqrt(size))
    for example in range(n):
        for head in range(heads):
            for query in range(queries):
                left = q + (query * n + example) * heads * size + head * size
                row = kept + ((example * heads + head) * queries + query) * keys
                shares = a[row : row + keys]
                for key in range(keys):
                    right = k + (key * n + example) * heads * size + head * size
                    total = a.dtype.type(0)
                    for j in range(size):
                        total += a[left + j] * a[right + j]
                    shares[key] = total * scale
                largest, weight = shares.max(), np.float64(0)
                for key in range(keys):
                    shares[key] = np.exp(shares[key] - largest)
                    weight += shares[key]
                part = a.dtype.type(1 / weight)
                at = y + (query * n + example) * heads * wide + head * wide
                a[at : at + wide] = 0
                for key in range(keys):
                    shares[key] *= part
                    read = v + (key * n + example) * heads * wide + head * wide
                    for j in range(wide):
                        a[at + j] += shares[key] * a[read + j]


@step
def attention_backward(
    n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:
    """The gradients of q, k and v, which nothing else reads; Σ_j share_j d_share_j of a query is y · dy."""
    q, y, dq, dy, k, v, dk, dv, kept = s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9]
    heads, queries, keys, size, wide = s[10], s[11], s[12], s[13], s[14]
    scale = a.dtype.type(1 / np.sqrt(size))
    a[dq : dq + queries * n * heads * size] = 0
    a[dk : dk + keys * n * heads * size] = 0
    a[dv : dv + keys * n * heads * wide] = 0
    for example in range(n):
        for head in range(heads):
            for query in range(queries):
                left = (query * n + example) * heads * size + head * size
                at = (query * n + example) * heads * wide + head * wide
                row = kept + ((example * heads + head) * queries + query) * keys
                mean = a.dtype.type(0)
                for j in range(wide):
                    mean += a[y + at + j] * a[dy + at + j]
                for key in range(keys):
                    right = (key * n + example) * heads * size + head * size
                    read = (key * n + example) * heads * wide + head * wide
                    share, slope = a[row + key], a.dtype.type(0)
                    for j in range(wide):
                        slope += a[dy + at + j] * a[v + read + j]
                        a[dv + read + j] += share * a[dy + at + j]
                    slope = share * (slope - mean) * scale
                    for j in range(size):
                        a[dq + left + j] += slope * a[k + right + j]
                        a[dk + right + j] += slope * a[q + left + j]
