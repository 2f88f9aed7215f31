"""The judge of a cell of a network's table, on what was written of the same network before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..expressions.answers import Answer, fit
from ..formulas.diagnose import Candidate
from .cell_target import CellTarget
from .marks import Finding
from .reading import nearly
from .table_point import Place, Point
from .terms import Terms


@dataclass(frozen=True)
class CellJudge:
    asked: CellTarget
    terms: Terms
    cells: Mapping[Place, Answer]
    """Those of the table that were written before."""

    def finding(self, answer: Answer) -> Finding:
        layer = "total" if self.asked.is_total else self.asked.row.layer.name
        wrote = {**self.cells, (layer, self.asked.column): answer}
        found = Point(self.asked.table, wrote).judge(layer, self.asked.column)
        if found.status != "wrong":
            return found
        return nearly(fit(self.asked.expected, answer), self.terms) or found

    def is_right(self, answer: Answer) -> bool:
        return self.finding(answer).status == "right"

    def mistakes(self, answer: Answer) -> tuple[Candidate, ...]:
        return ()

    def reordered(self, answer: Answer) -> Answer | None:
        return None
