"""One line of the table, and the table as text and as data."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

UNITS = {"ms": 1e3, "s": 1.0, "MB": 1e-6, "ulp": 1.0, "%": 100.0}
"""Unit shown → how many of it make a second, a byte, a unit in the last place, or the whole of a share."""


@dataclass(frozen=True)
class Row:
    """What was measured: our median and the peer's, and the target with its verdict.

    In seconds; of memory in bytes, of exactness in units in the last place. bounded: what was measured beside it shows
    that this machine cannot reach the target.
    """

    name: str
    ours: float
    peer: float | None
    peer_name: str
    target: str
    met: bool
    unit: str = "ms"
    note: str = ""
    bounded: bool = False

    @property
    def ratio(self) -> float | None:
        return self.ours / self.peer if self.peer else None

    def shown(self, value: float | None) -> str:
        """A value in the row's unit, with three digits or as many as the whole part has."""
        if value is None:
            return "–"
        number = value * UNITS[self.unit]
        if self.unit == "ms" and number < 0.1:
            return f"{1e3 * number:.1f} µs"
        digits = 2 if number < 10 else 1 if number < 100 else 0
        return f"{number:.{digits}f} {self.unit}"

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio}


def within_ratio(name: str, ours: float, peer: float, peer_name: str, most: float) -> Row:
    """A row that is met when we take at most `most` times as long as the peer."""
    return Row(name, ours, peer, peer_name, f"≤ {most:g} × peer", ours <= most * peer)


def limited(limit: float, goal: float, met: bool, cores: int) -> tuple[bool, str]:
    """Whether arithmetic alone, measured in turn with a row, shows that its goal is out of reach; and the remark.

    limit: how often in the peer's time it could be done at most; on two threads in that of one.
    """
    bounded = not met and limit < goal
    said, by = f"at the tile's peak {limit:.2f} times as fast", "arithmetic"
    if cores > 1:
        said, by = f"in the tile two are {limit:.2f} times one", "the cores"
    return bounded, f"bounded by {by}: {said}" if bounded else said


ADDITIONS = "1,000,000 additions"
"""The peer of what has none of its own: how fast this machine's Python is at the moment."""


def additions() -> float:
    """Seconds of process time that Python takes for ADDITIONS in a loop."""
    start = time.process_time()
    total = 0
    for number in range(1_000_000):
        total += number
    return time.process_time() - start


HEADER = ("what", "ours", "peer", "ratio", "target", "", "the peer; remarks")


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table that is also readable as it is."""
    cells = [HEADER, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADER))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "–" if row.ratio is None else f"{row.ratio:.2f}" if row.ratio < 10 else f"{row.ratio:.0f}"
    remarks = "; ".join(filter(None, (row.peer_name, row.note)))
    verdict = "met" if row.met else "bounded" if row.bounded else "NOT MET"
    return (row.name, row.shown(row.ours), row.shown(row.peer), ratio, row.target, verdict, remarks)
