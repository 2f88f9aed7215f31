"""Dense layers by drawing every line between two units."""

from __future__ import annotations

from itertools import pairwise


def lines(n: int, m: int) -> list[tuple[int, int]]:
    """A line, and so a weight, from every input to every unit."""
    return [(i, j) for i in range(n) for j in range(m)]


def weights(widths: tuple[int, ...]) -> int:
    total = 0
    for here, there in pairwise(widths):
        total += len(lines(here, there))
    return total


def biases(widths: tuple[int, ...]) -> int:
    """One for every unit of every layer but the inputs, which compute nothing."""
    total = 0
    for width in widths[1:]:
        total += width
    return total


def hidden(widths: tuple[int, ...]) -> int:
    return sum(widths[1:-1])
