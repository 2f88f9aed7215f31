"""A practice set answered part by part, each answer judged at once: in the terminal, or in a notebook.

run = Practice(practice("convolution", count=2))
run.answer(1, "size", "55x55x96").status
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from ..answers.marks import EARNING
from ..answers.table_target import TableTarget
from ..errors import UserError
from ..grading.part_judging import judge
from ..grading.part_mark import PartMark
from ..grading.policy import Policy
from ..grading.remarks import hints, remark, remarks_on_cells, solution
from ..networks.exercise import cell
from ..networks.table import COUNTS
from ..quiz.problem import Part
from ..quiz.variant import Variant
from .quiz import Paper

__all__ = ["COUNTING", "EARNING", "Practice", "cells", "hints", "remark", "remarks_on_cells", "solution"]

COUNTING = EARNING | {"wrong"}
"""What counts as a try; what could not be read is typed again."""


class Practice:
    """A practice set and what was answered so far. `right` of `asked` parts are right."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self._kept: list[tuple[Variant, dict[str, object]]] = []
        self.right = self.asked = 0
        self.points: dict[str, tuple[Fraction, Fraction]] = defaultdict(lambda: (Fraction(0), Fraction(0)))
        """Topic → what was earned, of how much."""

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
