"""What an answer is worth, whoever asked: its status, what it follows from, and the mistakes behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..expressions.answers import Answer
from ..expressions.jsonable import as_json
from ..expressions.nodes import Value
from ..formulas.diagnose import Candidate

STATUSES = ("right", "follows", "convention", "wrong", "undecided", "unreadable", "missing")
"""`follows`: what comes out of the student's own earlier answers; `convention`: right by another way of counting;
`undecided`: it was read but could not be compared."""
EARNING = frozenset({"right", "follows", "convention"})
"""What earns its points."""
MOST_NAMED = 5
"""Mistakes that are named of one answer."""


@dataclass(frozen=True)
class CellMark:
    """What one cell is worth. `line` is where it stands in the text that was handed in, 0 where it does not."""

    layer: str
    column: str
    status: str
    expected: Value
    wrote: str = ""
    line: int = 0
    convention: str = ""
    mistakes: tuple[Candidate, ...] = ()
    reason: str = ""
    answer: Answer | None = None

    @property
    def mark(self) -> int:
        return int(self.status in EARNING)

    def to_dict(self) -> dict[str, Any]:
        """The cell for JSON: `because` says why it cannot be read, decided or right where no mistake does."""
        return {
            "column": self.column,
            "status": self.status,
            "marks": self.mark,
            "expected": as_json(self.expected),
            "wrote": self.wrote,
            "line": self.line,
            "convention": self.convention,
            "mistakes": [{"id": found.id, "because": found.because} for found in self.mistakes],
            "because": self.reason,
        }


@dataclass(frozen=True)
class Mark:
    """What an answer is worth. `cells` where it is a table or an array, `taken` where it is of choices."""

    status: str
    expected: Value
    wrote: str = ""
    mistakes: tuple[Candidate, ...] = ()
    more: int = 0
    """Further mistakes that are not named."""
    convention: str = ""
    carried: tuple[str, ...] = ()
    """The earlier answers, wrong ones, from which this one follows."""
    reason: str = ""
    cells: tuple[CellMark, ...] = ()
    taken: frozenset[int] = frozenset()
    """The places of the choices that were taken."""


@dataclass(frozen=True)
class Written:
    """What was read of an answer: the value, or `reason`, why it cannot be read; neither where nothing was written."""

    text: str = ""
    answer: Answer | None = None
    reason: str = ""

    @property
    def is_empty(self) -> bool:
        return self.answer is None and not self.reason


def together(statuses: Sequence[str]) -> str:
    """A table or an array is right where all cells are; else the worst that is said of one of its cells."""
    order = ("wrong", "undecided", "unreadable", "missing", "convention", "follows", "right")
    worst = min(statuses, key=order.index)
    return "wrong" if worst == "missing" else worst
