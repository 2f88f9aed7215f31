"""The judge of a backwards question: any value that leads to the wanted answer is right."""

from __future__ import annotations

from dataclasses import dataclass

from ..expressions.answers import Answer, agrees
from ..formulas.diagnose import Candidate
from ..formulas.model import Mistake
from .inverse_target import InverseTarget
from .marks import Finding


@dataclass(frozen=True)
class InverseJudge:
    asked: InverseTarget

    def finding(self, answer: Answer) -> Finding:
        if self.is_right(answer):
            return Finding("right")
        found = tuple(
            Candidate((Mistake(wrong.id, "", "", wrong.because, wrong.weight, wrong.hint),))
            for wrong in self.asked.leads_to(answer.value)
        )
        return Finding("wrong", mistakes=tuple(sorted(found, key=lambda each: -each.weight)))

    def is_right(self, answer: Answer) -> bool:
        return agrees(self.asked.expected, answer) or self.asked.fits(answer.value)

    def mistakes(self, answer: Answer) -> tuple[Candidate, ...]:
        return ()

    def reordered(self, answer: Answer) -> Answer | None:
        return None
