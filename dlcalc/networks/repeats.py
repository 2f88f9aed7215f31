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
        for _ in range(_until_a_join(rows, keys, at, length, times)):
            found.append(Group((rows[at],), 1))
            at += 1
        found.append(Group(tuple(rows[at : at + length]), times))
        at += length * times
    return found


def _until_a_join(rows: Sequence[Row], keys: Sequence[Hashable], at: int, length: int, times: int) -> int:
    """How many rows later the same repetition begins right after a sum or a concatenation, where blocks end; else 0."""
    if times == 1:
        return 0
    for shift in range(1, length):
        start, end = at + shift, at + shift + length * times
        repeats = end <= len(keys) and keys[start : end - length] == keys[start + length : end]
        if not repeats:
            return 0
        if rows[start - 1].layer.kind in ("add", "concat"):
            return shift
    return 0


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
