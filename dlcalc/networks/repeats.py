"""Blocks that repeat in a table: found, so that they can be shown once, ×36."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from .table import Row

LONGEST = 24
"""Layers of a block that is looked for."""


@dataclass(frozen=True)
class Group:
    """Rows that come `times` in a row."""

    rows: tuple[Row, ...]
    times: int


def grouped(rows: Sequence[Row]) -> list[Group]:
    """The rows in order, equal neighbouring blocks once: the longest stretch first, then the shortest block.

    Two rows are equal when they are of one kind and one working, whatever their names.
    """
    keys = [_key(row) for row in rows]
    found: list[Group] = []
    at = 0
    while at < len(rows):
        length, times = _best(keys, at)
        found.append(Group(tuple(rows[at : at + length]), times))
        at += length * times
    return found


def _key(row: Row) -> Hashable:
    return row.layer.kind, row.output, id(row.working), row.unknown


def _best(keys: Sequence[Hashable], at: int) -> tuple[int, int]:
    """(block length, how often) that covers most rows from here; (1, 1) when nothing repeats."""
    best = (1, 1)
    for length in range(1, min(LONGEST, (len(keys) - at) // 2) + 1):
        block = keys[at : at + length]
        times = 1
        while keys[at + times * length : at + (times + 1) * length] == block:
            times += 1
        if times > 1 and length * times > best[0] * best[1]:
            best = (length, times)
    return best
