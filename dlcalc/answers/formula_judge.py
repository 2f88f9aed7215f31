"""The judge of an answer of a formula, on the question's values and on a student's own earlier ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..errors import UserError
from ..expressions.answers import Answer, leads_to
from ..expressions.nodes import Value
from ..formulas.diagnose import Candidate
from ..formulas.program import program
from ..formulas.run import run
from .conventions import by_another
from .formula_judging import Verdict, fitting, verify
from .formula_target import FormulaTarget
from .marks import Finding
from .reading import is_close, nearly
from .target import alike, rotated
from .terms import Terms


@dataclass(frozen=True)
class FormulaJudge:
    asked: FormulaTarget
    terms: Terms

    def finding(self, answer: Answer) -> Finding:
        verdict = self._verify(answer)
        return nearly(verdict.fit, self.terms) or self._finding(verdict)

    def _verify(self, answer: Answer) -> Verdict:
        return verify(self.asked.formula, self.asked.given, self.asked.name, answer, self.asked.convention)

    def _finding(self, verdict: Verdict) -> Finding:
        """A convention that the question states binds: what another one gives is wrong, and that one named."""
        other = verdict.convention
        if other is not None and other in self.asked.formula.conventions and self.asked.excludes(other):
            return Finding("wrong", other.name, reason=by_another(self.asked, other.name))
        if other is not None:
            return Finding("convention", other.name)
        if verdict.correct:
            return Finding("right")
        return Finding("wrong", mistakes=verdict.mistakes, more=verdict.more, stopped=verdict.stopped)

    def is_right(self, answer: Answer) -> bool:
        try:
            value = run(self.asked.formula, self.asked.given, (), self.asked.known, self.asked.convention)
        except (UserError, OverflowError):
            return False
        right = value[self.asked.name]
        return self._agrees(right, answer) or (not self.terms.tolerance and is_close(right, answer, self.terms))

    def searched(self, answer: Answer) -> tuple[Candidate, ...]:
        """The edits of the formula that give an answer which no known mistake gives, those by chance too."""
        asked = self.asked
        if asked.known:
            return ()
        try:
            return fitting(asked.formula, asked.given, asked.name, answer, asked.convention)
        except (UserError, OverflowError):
            return ()

    def mistakes(self, answer: Answer) -> tuple[Candidate, ...]:
        """The single mistakes that give an answer, where earlier steps are given on those values."""
        if self.asked.known:
            return tuple(self._on_pins(answer))
        return tuple(each for each in self._verify(answer).mistakes if len(each.mistakes) == 1)

    def _on_pins(self, answer: Answer) -> Iterator[Candidate]:
        asked = self.asked
        for mistake in sorted(program(asked.formula, asked.convention).relevant(asked.name), key=lambda m: -m.weight):
            if mistake.step in asked.known:
                continue
            try:
                value = run(asked.formula, asked.given, (mistake,), asked.known, asked.convention)[asked.name]
            except (UserError, OverflowError):
                continue
            if self._agrees(value, answer):
                yield Candidate((mistake,))

    def _agrees(self, value: Value, answer: Answer) -> bool:
        if self.asked.formula.is_per_axis(self.asked.name):  # it may be written once
            value, answer = alike(value), replace(answer, value=alike(answer.value), parts=())
        return leads_to(value, answer)

    def reordered(self, answer: Answer) -> Answer | None:
        right, wrote = self.asked.expected, answer.value
        if self.asked.name != self.asked.formula.shape:
            return None
        if not isinstance(right, tuple) or not isinstance(wrote, tuple) or len(wrote) != len(right) or len(right) < 3:
            return None
        looks_so = wrote[0] == right[-1] and wrote[-1] != right[-1] and rotated(right) != right
        return replace(answer, value=rotated(wrote)) if looks_so else None
