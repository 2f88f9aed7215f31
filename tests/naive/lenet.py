"""LeNet-5's own layers by listing: every filter of the table, every connection, every entry of a code."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

Table = Sequence[Sequence[int]]


def weights(f: int, table: Table) -> list[tuple[int, ...]]:
    """Every weight: map, the input it reads, taps."""
    return [(k, c, a, b) for k, inputs in enumerate(table) for c in inputs for a, b in product(range(f), repeat=2)]


def connections(o: int, f: int, table: Table) -> int:
    """What the output values read, one after the other: their windows in each of their inputs, and their bias."""
    return sum(sum(len(range(f)) ** 2 for _ in inputs) + 1 for inputs in table for _ in product(range(o), repeat=2))


def codes(n: int, m: int) -> list[tuple[int, int]]:
    """Every entry of the codes: class, place."""
    return list(product(range(m), range(n)))
