"""A practice set answered part by part, each answer judged at once: in the terminal, or in a notebook.

run = Practice(practice("convolution", count=2))
run.answer(1, "size", "55x55x96").status
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from .. import document as doc
from ..answers.marks import EARNING
from ..answers.table_target import TableTarget
from ..errors import UserError
from ..export._sheet import how
from ..grading.feedback import number as plainly
from ..grading.part_judging import judge
from ..grading.part_mark import PartMark
from ..grading.policy import Policy
from ..grading.remarks import hints, lettered, remark, remarks_on_cells, solution
from ..networks.exercise import cell
from ..networks.table import COUNTS
from ..quiz.problem import Part
from ..quiz.sheet import question
from ..quiz.variant import Variant
from .quiz import Paper

__all__ = [
    "COUNTING",
    "EARNING",
    "PartAsked",
    "PartMark",
    "Practice",
    "cells",
    "hints",
    "remark",
    "remarks_on_cells",
    "solution",
]

COUNTING = EARNING | {"wrong"}
"""What counts as a try; what could not be read is typed again."""


@dataclass(frozen=True)
class PartAsked:
    """A part of a question as it is asked."""

    made: Variant
    part: Part
    shown: doc.Part

    @property
    def heading(self) -> str:
        """Its letter, and what it earns: `(a) 2 points`."""
        label = f"({self.shown.label}) " if self.shown.label else ""
        return f"{label}{plainly(self.part.points)} point{'s' if self.part.points != 1 else ''}"

    @property
    def choices(self) -> tuple[doc.Paragraph, ...]:
        """Each choice with its letter."""
        return lettered(self.shown)

    @property
    def how(self) -> str:
        """How an array is typed; "" for any other answer."""
        return how(self.shown.entry) if self.shown.entry is not None else ""

    @property
    def cells(self) -> list[tuple[str, str]]:
        """The cells of a table, by layer and column; none of any other answer."""
        target = self.made.asked[self.part.id]
        return cells(target) if isinstance(target, TableTarget) else []

    @property
    def hints(self) -> tuple[doc.Words, ...]:
        return hints(self.made, self.part)

    @property
    def working(self) -> tuple[doc.Block, ...]:
        return self.made.asked[self.part.id].working()

    @property
    def solution(self) -> tuple[doc.Block, ...]:
        """The right answer, with its working, or of a choice with its reason."""
        return tuple(solution(self.made, self.part))


class Practice:
    """A practice set and what was answered so far. `right` of `asked` parts are right."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self._kept: list[tuple[Variant, dict[str, object]]] = []
        self.right = self.asked = 0
        self.points: dict[str, tuple[Fraction, Fraction]] = defaultdict(lambda: (Fraction(0), Fraction(0)))
        """Topic → what was earned, of how much."""

    def questions(self) -> Iterator[tuple[doc.Question, list[PartAsked]]]:
        """Every question, and its parts as they are asked."""
        for index, made in enumerate(self.variants, 1):
            asked = question(made, index)
            parts = zip(made.problem.parts, asked.parts, strict=True)
            yield asked, [PartAsked(made, part, shown) for part, shown in parts]

    @property
    def earned(self) -> list[tuple[str, str]]:
        """Topic → what was earned, in words: `3 of 4 points`."""
        return [(topic, f"{plainly(got)} of {plainly(of)} points") for topic, (got, of) in sorted(self.points.items())]

    @property
    def variants(self) -> tuple[Variant, ...]:
        return self.paper.variants

    def answer(self, number: int, part: str, typed: object) -> PartMark:
        """The mark of an answer to a part of question `number`, from 1; it counts. Raises UserError."""
        if not 1 <= number <= len(self.variants):
            raise UserError(f"there are questions 1 to {len(self.variants)}, not {number}")
        made = self.variants[number - 1]
        asked = next((each for each in made.problem.parts if each.id == part), None)
        if asked is None:
            known = ", ".join(each.id for each in made.problem.parts)
            raise UserError(f"question {number} has the parts {known}, not {part[:40]}")
        mark = self.judged(made, asked, typed)
        self.count(made, asked, mark)
        return mark

    def judged(self, made: Variant, part: Part, typed: object) -> PartMark:
        """The mark of an answer, which is kept for the parts that follow from it."""
        answers = next((kept for known, kept in self._kept if known is made), None)
        if answers is None:
            answers = {}
            self._kept.append((made, answers))
        answers[part.id] = typed
        return next(mark for mark in judge(made, answers, Policy()) if mark.part is part)

    def count(self, made: Variant, part: Part, mark: PartMark) -> None:
        """Adds a mark to what was earned."""
        got, of = self.points[made.problem.topic]
        self.points[made.problem.topic] = got + mark.share * part.points, of + part.points
        self.asked += 1
        self.right += mark.status in EARNING


def cells(target: TableTarget) -> list[tuple[str, str]]:
    """Every cell that a table asks, by its layer and its column, the totals last."""
    layers = [(row.layer.name, row) for row in target.table.rows]
    return [
        (name, column) for name, row in layers for column in target.columns if cell(row, column) is not None
    ] + [("total", column) for column in target.columns if column in COUNTS]  # fmt: skip
