"""One answer judged: a number, a shape or an expression, whatever target it is for.

Right, right by another convention or with its channels first, following from earlier answers, or wrong, with the
mistakes that lead there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol

from ..errors import UserError, printable
from ..expressions.answers import Answer
from ..formulas.diagnose import Candidate
from .cell_judge import CellJudge
from .cell_target import CellTarget
from .following import Again, first_right
from .formula_judge import FormulaJudge
from .formula_target import FormulaTarget
from .inverse_judge import InverseJudge
from .inverse_target import InverseTarget
from .marks import CHANNELS_FIRST, MOST_NAMED, Finding, Mark, Written
from .reading import read
from .slip_target import SlipTarget
from .table_point import Place
from .target import Target
from .terms import Terms, is_number


@dataclass(frozen=True)
class Judged:
    """The mark, what was read, and a wrong shape once more where it may have been written with its channels first."""

    mark: Mark
    written: Written
    reordered: Answer | None = None


def judge_value(
    terms: Terms,
    asked: Target,
    given: object,
    followed: Sequence[Again] = (),
    cells: Mapping[Place, Answer] | None = None,
    spell: Mapping[str, str] | None = None,
) -> Judged:
    """Judges an answer that is no array, no gradient, no table and no choice. Never raises for what is written.

    `cells` are those of the same network's table that were written before.
    """
    written = read(given, terms, asked, spell)
    mark = Mark("missing", asked.expected, written.text)
    if written.answer is None:
        return Judged(replace(mark, status=written.status, reason=written.reason), written)
    try:
        judge = judge_of(asked, terms, cells)
        return _Judging(terms, asked, judge, written, followed).judged(mark, tolerant(written.answer, terms))
    except (UserError, OverflowError) as error:
        return Judged(replace(mark, status="undecided", reason=printable(str(error))), written)


class Judge(Protocol):
    """What one kind of target makes of an answer that was read."""

    def finding(self, answer: Answer) -> Finding:
        """What an answer is worth by itself. Raises UserError where it cannot be told."""

    def is_right(self, answer: Answer) -> bool:
        """Whether an answer is right, where the target is asked on a student's own earlier values."""

    def mistakes(self, answer: Answer) -> tuple[Candidate, ...]:
        """The single mistakes that give an answer on a student's own earlier values. Raises UserError."""

    def reordered(self, answer: Answer) -> Answer | None:
        """A map that was written with its channels first, as PyTorch prints it, in our order; None for any other."""


def judge_of(asked: Target, terms: Terms, cells: Mapping[Place, Answer] | None = None) -> Judge | None:
    """The judge of a kind of target; none of one that is no single value."""
    match asked:
        case FormulaTarget():
            return FormulaJudge(asked, terms)
        case InverseTarget():
            return InverseJudge(asked)
        case CellTarget():
            return CellJudge(asked, terms, cells or {})
        case SlipTarget():
            return CellJudge(asked.cell, terms, cells or {})
    return None


@dataclass
class _Judging:
    terms: Terms
    asked: Target
    judge: Judge | None
    written: Written
    followed: Sequence[Again]

    def judged(self, mark: Mark, answer: Answer) -> Judged:
        found = self._finding(answer)
        reordered, slips = None, tuple[Candidate, ...]()
        if self.judge is not None and found.status == "wrong" and not _is_single(found):
            reordered = self.judge.reordered(answer)
        if reordered is not None:
            again = self._finding(reordered)
            if again.status != "wrong" or _is_single(again):
                answer, reordered = reordered, None
                found = Finding("convention", CHANNELS_FIRST) if again.status == "right" else again
        written = replace(self.written, answer=answer)
        if found.status in ("wrong", "rounded", "undecided"):
            readings = [answer] if reordered is None else [answer, reordered]
            if right := first_right(self.followed, readings, self._is_right_again):
                on, reading = right
                return Judged(replace(mark, status=on.status, carried=on.names), replace(written, answer=reading))
            for reading in readings if found.status == "wrong" else ():
                found = self._better(reading, found)
            if found.status == "wrong" and not (found.mistakes or found.convention or found.stopped):
                slips = self._searched(answer)
                found = replace(found, mistakes=tuple(each for each in slips if not each.by_chance))
        named, more = found.mistakes[:MOST_NAMED], found.more + max(0, len(found.mistakes) - MOST_NAMED)
        mark = replace(
            mark,
            status=found.status,
            mistakes=named,
            more=more,
            stopped=found.stopped,
            convention=found.convention,
            reason=found.reason,
            slips=slips,
        )
        return Judged(mark, written, reordered)

    def _finding(self, answer: Answer) -> Finding:
        if self.terms.allows(self.asked.expected, answer.value):
            return Finding("right")
        if self.judge is None:
            return Finding("undecided", reason="this kind of question cannot be judged")
        return self.judge.finding(answer)

    def _better(self, answer: Answer, found: Finding) -> Finding:
        """A mistake made after carrying an earlier answer on, where no single mistake explains the answer by itself."""
        if _is_single(found):
            return found
        for again in self.followed:
            judge = judge_of(again.asked, self.terms)
            with suppress(UserError, OverflowError):
                if mistakes := judge.mistakes(answer) if judge is not None else ():
                    return replace(found, mistakes=mistakes, more=0)
        return found

    def _searched(self, answer: Answer) -> tuple[Candidate, ...]:
        return self.judge.searched(answer) if isinstance(self.judge, FormulaJudge) else ()

    def _is_right_again(self, again: Again, answer: Answer) -> bool:
        judge = judge_of(again.asked, self.terms)
        return judge is not None and judge.is_right(answer)


def tolerant(answer: Answer, terms: Terms) -> Answer:
    """The answer as exact as the tolerance, whatever it is held against; as it is where none is stated."""
    if not terms.tolerance or not is_number(answer.value):
        return answer
    return replace(answer, unit=2 * terms.near(Fraction(answer.value)), significant=99)


def _is_single(found: Finding) -> bool:
    """Whether one mistake alone explains an answer."""
    return bool(found.mistakes) and len(found.mistakes[0].mistakes) == 1
