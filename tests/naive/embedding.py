"""An embedding as the table that it is."""

from __future__ import annotations


def table(words: int, size: int) -> list[list[int]]:
    return [[0] * size for _ in range(words)]


def parameters(words: int, size: int) -> int:
    return sum(len(row) for row in table(words, size))


def embedded(words: int, size: int, length: int) -> tuple[int, int]:
    """The shape of a sequence once each of its words is replaced by a row."""
    rows = table(words, size)
    sequence = [rows[position % words] for position in range(length)]
    return len(sequence), len(sequence[0])
