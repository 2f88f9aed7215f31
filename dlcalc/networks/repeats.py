"""Blocks that repeat in a table: found, so that they can be shown once, ×36."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from .kinds import KINDS
from .network import INPUT
from .table import Row

LONGEST = 24
"""Layers of a block that is looked for."""


@dataclass(frozen=True)
class Group:
    """Rows that come `times` in a row; `last` are those of the last time."""

    rows: tuple[Row, ...]
    times: int
    last: tuple[Row, ...]


def alone(row: Row) -> Group:
    """A row that is shown by itself."""
    return Group((row,), 1, (row,))


def grouped(rows: Sequence[Row]) -> list[Group]:
    """The rows in order, blocks that repeat once: the longest stretch first, then the shortest block.

    A block repeats another when its rows are of the same kinds and workings, read the same ones among each other, and
    read nothing else but the block before it, which nobody reads after that. Equal branches side by side do not.
    """
    chain = _Chain(rows)
    found: list[Group] = []
    at = 0
    while at < len(rows):
        length, times = chain.best(at)
        singles = chain.shift(at, length, times)
        found += map(alone, rows[at : at + singles])
        at += singles
        end = at + length * times
        found.append(Group(tuple(rows[at : at + length]), times, tuple(rows[end - length : end])))
        at = end
    return found


class _Chain:
    """The rows, with how far back each one reads and which row is the last to read it."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        place = {INPUT: -1} | {row.layer.name: index for index, row in enumerate(rows)}
        self.back: list[tuple[int, ...]] = []
        self.last_reader = list(range(len(rows)))
        for index, row in enumerate(rows):
            read = [place[name] for name in row.layer.inputs]
            self.back.append(tuple(index - source for source in read))
            for source in read:
                if source >= 0:
                    self.last_reader[source] = index
        self.keys: list[Hashable] = [
            (row.layer.kind, row.output, id(row.working), row.unknown, row.layer.shares, back)
            for row, back in zip(rows, self.back, strict=True)
        ]

    def best(self, at: int) -> tuple[int, int]:
        """(block length, how often) that covers most rows from here; (1, 1) when nothing repeats."""
        best = (1, 1)
        for length in range(1, min(LONGEST, (len(self.rows) - at) // 2) + 1):
            times = self.times(at, length)
            if times > 1 and length * times > best[0] * best[1]:
                best = (length, times)
        return best

    def times(self, at: int, length: int) -> int:
        """How often the block of so many rows comes in a row from here."""
        if self.keys[at : at + 1] != self.keys[at + length : at + length + 1]:
            return 1  # by far the most frequent case
        if any(back > length + place for place, back in self._reads(at, length)):
            return 1
        block = self.keys[at : at + length]
        end = at + length
        times = 1
        while self.keys[end : end + length] == block and max(self.last_reader[end - length : end]) < end + length:
            times += 1
            end += length
        return times

    def _reads(self, at: int, length: int) -> list[tuple[int, int]]:
        return [(place, back) for place in range(length) for back in self.back[at + place]]

    def shift(self, at: int, length: int, times: int) -> int:
        """How many rows later as many blocks begin where an author would let them begin."""
        if times == 1:
            return 0
        shifts = [0]
        while len(shifts) < length and self.times(at + len(shifts), length) >= times:
            shifts.append(len(shifts))
        return min(shifts, key=lambda shift: self._oddness(at + shift))

    def _oddness(self, at: int) -> int:
        """0 for a block right after branches were joined, 2 for one that begins with the end of another, else 1."""
        kind, before = self.rows[at].layer.kind, self.rows[at - 1].layer.kind if at else ""
        trails = kind in KINDS and KINDS[kind].trails
        if before in KINDS and KINDS[before].joins and kind != "shuffle":
            return 0
        return 2 if trails else 1
