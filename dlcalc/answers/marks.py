"""What an answer is worth, whoever asked: its status, what it follows from, and the mistakes behind it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import UserError
from ..expressions.answers import Answer
from ..expressions.jsonable import as_json
from ..expressions.nodes import Value
from ..formulas.diagnose import Candidate

STATUSES = ("right", "follows", "convention", "rounded", "wrong", "undecided", "unreadable", "missing")
"""`follows`: what comes out of the student's own earlier answers; `convention`: right by another way of counting, where
the question states none; `rounded`: right, but coarser than asked; `undecided`: clear to a person, two readings for us.
"""
EARNING = frozenset({"right", "follows", "convention"})
"""What earns its points."""
CORRECT: Mapping[str, bool] = {"right": True, "convention": True, "follows": True, "wrong": False}
"""What `correct` is in JSON; null for any other status."""
MOST_NAMED = 5
"""Mistakes that are named of one answer."""


class AmbiguousError(UserError):
    """What was written has two readings, and nothing tells which one is meant: whoever wrote it is asked back."""


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
        """The cell for JSON: `reason` says why it cannot be read, decided or right where no mistake does."""
        return {
            "column": self.column,
            "status": self.status,
            "correct": CORRECT.get(self.status),
            "marks": self.mark,
            "expected": as_json(self.expected),
            "wrote": self.wrote,
            "line": self.line,
            "convention": self.convention or None,
            "mistakes": [{"id": found.id, "because": found.because} for found in self.mistakes],
            "reason": self.reason,
        }


def listed(cells: Sequence[CellMark]) -> list[dict[str, Any]]:
    """Cells for JSON, each with its layer; of an array that is its row."""
    return [{"layer": cell.layer, **cell.to_dict()} for cell in cells]


def cells_as_data(cells: Sequence[CellMark]) -> dict[str, Any]:
    """The cells of a table or an array under their key in JSON; nothing where there are none."""
    return {"cells": listed(cells)} if cells else {}


@dataclass(frozen=True)
class Mark:
    """What an answer is worth. `cells` where it is a table or an array, `taken` where it is of choices."""

    status: str
    expected: Value
    wrote: str = ""
    mistakes: tuple[Candidate, ...] = ()
    more: int = 0
    """Further mistakes that are not named."""
    stopped: bool = False
    """Whether the search for mistakes ended with its budget, before all were tried."""
    convention: str = ""
    carried: tuple[str, ...] = ()
    """The earlier answers, wrong ones, from which this one follows."""
    reason: str = ""
    cells: tuple[CellMark, ...] = ()
    taken: frozenset[int] = frozenset()
    """The places of the choices that were taken."""
    slips: tuple[Candidate, ...] = ()
    """Edits of the formula that give an answer which no known mistake gives, those by chance too: what many students
    have in common is told from them."""

    @property
    def further_reason(self) -> str:
        """The reason, "" where a mistake says the same."""
        return "" if any(each.because == self.reason for each in self.mistakes) else self.reason


@dataclass(frozen=True)
class Written:
    """What was read of an answer: the value, or `reason`, why it cannot be read; neither where nothing was written.

    `ambiguous`: it has two readings.
    """

    text: str = ""
    answer: Answer | None = None
    reason: str = ""
    ambiguous: bool = False

    @property
    def status(self) -> str:
        """What an answer that has no value is: unreadable, undecided or missing; "" for one that has."""
        if self.reason:
            return "undecided" if self.ambiguous else "unreadable"
        return "" if self.answer else "missing"

    @property
    def is_empty(self) -> bool:
        return self.answer is None and not self.reason


CHANNELS_FIRST = "channels-first"
WINDOW = "window"
"""Conventions of tables: channels × height × width as PyTorch prints it; the window itself called receptive field."""


@dataclass(frozen=True)
class Finding:
    """What an answer, or a cell at one point, is worth; `reason` says in words what no mistake's sentence says."""

    status: str
    convention: str = ""
    mistakes: tuple[Candidate, ...] = ()
    reason: str = ""
    more: int = 0
    """Further mistakes that are not named."""
    stopped: bool = False
    """Whether not all mistakes were tried."""


RIGHT, FOLLOWS = Finding("right"), Finding("follows")


def named_before(mistakes: Sequence[Candidate], named: Collection[str]) -> tuple[Candidate, ...]:
    """The mistakes with those that were named above before new ones, and single ones before pairs."""
    return tuple(sorted(mistakes, key=lambda each: (len(each.mistakes), each.id not in named)))


def together(statuses: Sequence[str]) -> str:
    """A table or an array is right where all cells are; else the worst that is said of one of its cells."""
    order = ("wrong", "undecided", "unreadable", "missing", "rounded", "convention", "follows", "right")
    worst = min(statuses, key=order.index)
    return "wrong" if worst == "missing" else worst
