"""Multi-head attention head by head."""

from __future__ import annotations


def parameters(d: int, heads: int) -> int:
    """Queries, keys and values of every head, then the output projection."""
    size = d // heads
    count = 0
    for _ in range(heads):
        for _ in ("query", "key", "value"):
            count += d * size + size
    return count + d * d + d


def macs(d: int, heads: int, tokens: int) -> tuple[int, int]:
    """(multiplications in QKᵀ, multiplications in all), counted while they are walked through."""
    size = d // heads
    scores = mixing = 0
    for _ in range(heads):
        for _query in range(tokens):
            for _key in range(tokens):
                scores += size
                mixing += size
    projections = tokens * (3 * heads * d * size + d * d)
    return scores, projections + scores + mixing
