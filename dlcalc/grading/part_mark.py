"""What the answer to one part is worth."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ..expressions.nodes import Value
from ..formulas.diagnose import Candidate
from ..quiz.problem import Part
from .table_marks import CellMark


@dataclass(frozen=True)
class PartMark:
    """What the answer to one part is worth. `share` of the points; `cells` where the part is a table or an array."""

    part: Part
    status: str
    share: Fraction
    expected: Value
    wrote: str = ""
    mistakes: tuple[Candidate, ...] = ()
    more: int = 0
    convention: str = ""
    carried: tuple[str, ...] = ()
    """The earlier parts from whose wrong answers this one follows."""
    reason: str = ""
    cells: tuple[CellMark, ...] = ()


def together(statuses: list[str]) -> str:
    """A table or an array is right where all cells are; else the worst that is said of one of its cells."""
    order = ("wrong", "undecided", "unreadable", "missing", "convention", "follows", "right")
    worst = min(statuses, key=order.index)
    return "wrong" if worst == "missing" else worst
