"""Counts of training by going through it: batch after batch, word after word."""

from __future__ import annotations


def batches(examples: int, size: int) -> list[int]:
    """The sizes of one epoch's batches."""
    found = []
    while examples > 0:
        found.append(min(size, examples))
        examples -= size
    return found


def word_vectors(vocabulary: int, hidden: int) -> int:
    return sum(1 for _ in range(vocabulary) for _ in range(hidden))
