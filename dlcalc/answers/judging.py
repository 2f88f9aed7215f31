"""One answer judged: a number, a shape or an expression, whatever target it is for.

Right, right by another convention or with its channels first, following from earlier answers, or wrong, with the
mistakes that lead there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product

from ..errors import UserError, printable
from ..expressions.answers import Answer, Fit, agrees, fit, leads_to
from ..expressions.nodes import Value
from ..formulas.diagnose import Candidate
from ..formulas.model import Mistake
from ..formulas.program import program
from ..formulas.run import run
from .cell_target import CellTarget
from .conventions import by_another
from .following import Followed
from .formula_judging import Verdict, verify
from .formula_target import FormulaTarget
from .inverse_target import InverseTarget
from .marks import MOST_NAMED, Mark, Written
from .reading import cut_off, is_close, read, too_coarse
from .slip_target import SlipTarget
from .table_point import CHANNELS_FIRST, Finding, Place, Point, rotated
from .target import Target, alike
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
    followed: Sequence[Followed] = (),
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
        return _Judge(terms, asked, written, followed, cells or {}).judged(mark, tolerant(written.answer, terms))
    except (UserError, OverflowError) as error:
        return Judged(replace(mark, status="undecided", reason=printable(str(error))), written)


@dataclass
class _Judge:
    terms: Terms
    asked: Target
    written: Written
    followed: Sequence[Followed]
    cells: Mapping[Place, Answer] = field(default_factory=dict)

    def judged(self, mark: Mark, answer: Answer) -> Judged:
        found = self._verdict(answer)
        reordered = _reordered(self.asked, answer) if found.status == "wrong" and not _is_single(found) else None
        if reordered is not None:
            again = self._verdict(reordered)
            if again.status != "wrong" or _is_single(again):
                answer, reordered = reordered, None
                found = Finding("convention", CHANNELS_FIRST) if again.status == "right" else again
        written = replace(self.written, answer=answer)
        if found.status in ("wrong", "rounded", "undecided"):
            readings = [answer] if reordered is None else [answer, reordered]
            for (names, again_asked), reading in product(self.followed, readings):
                if _is_right(again_asked, reading, self.terms):
                    status = "follows" if names else "right"
                    return Judged(replace(mark, status=status, carried=names), replace(written, answer=reading))
            for reading in readings if found.status == "wrong" else ():
                found = self._better(reading, found)
        named, more = found.mistakes[:MOST_NAMED], found.more + max(0, len(found.mistakes) - MOST_NAMED)
        mark = replace(
            mark,
            status=found.status,
            mistakes=named,
            more=more,
            stopped=found.stopped,
            convention=found.convention,
            reason=found.reason,
        )
        return Judged(mark, written, reordered)

    def _verdict(self, answer: Answer) -> Finding:
        asked = self.asked
        if self.terms.allows(asked.expected, answer.value):
            return Finding("right")
        match asked:
            case FormulaTarget():
                verdict = verify(asked.formula, asked.given, asked.name, answer, asked.convention)
                return self._nearly(verdict.fit) or _finding(asked, verdict)
            case InverseTarget():
                return _inverse(asked, answer)
            case CellTarget():
                found = self._cell(asked, answer)
            case SlipTarget():
                found = self._cell(asked.cell, answer)
            case _:
                return Finding("undecided", reason="this kind of question cannot be judged")
        near = self._nearly(fit(asked.expected, answer)) if found.status == "wrong" else None
        return near or found

    def _nearly(self, near: Fit) -> Finding | None:
        """What is said of a number that is right with fewer digits, or whose last digits are cut off."""
        if self.terms.tolerance:
            return None
        if near == "rounded":
            return Finding("rounded", reason=too_coarse(self.terms))
        return Finding("undecided", reason=cut_off(self.terms)) if near == "cut" else None

    def _cell(self, asked: CellTarget, answer: Answer) -> Finding:
        """A cell of a network's table, on what was written of the same network before."""
        layer = "total" if asked.is_total else asked.row.layer.name
        return Point(asked.table, {**self.cells, (layer, asked.column): answer}).judge(layer, asked.column)

    def _better(self, answer: Answer, found: Finding) -> Finding:
        """A mistake made after carrying an earlier answer on, where no single mistake explains the answer by itself."""
        if _is_single(found):
            return found
        for _, again in self.followed:
            if not isinstance(again, FormulaTarget):
                continue
            try:
                if again.known:
                    mistakes = tuple(_on_pins(again, answer))
                else:
                    verdict = verify(again.formula, again.given, again.name, answer, again.convention)
                    mistakes = tuple(each for each in verdict.mistakes if len(each.mistakes) == 1)
            except (UserError, OverflowError):
                continue
            if mistakes:
                return replace(found, mistakes=mistakes, more=0)
        return found


def _is_right(asked: FormulaTarget | InverseTarget, answer: Answer, terms: Terms) -> bool:
    """Whether an answer is right for a question that is asked on a student's own values."""
    if isinstance(asked, InverseTarget):
        return _inverse(asked, answer).status == "right"
    try:
        value = run(asked.formula, asked.given, (), asked.known, asked.convention)[asked.name]
    except (UserError, OverflowError):
        return False
    return _agrees(asked, value, answer) or (not terms.tolerance and is_close(value, answer, terms))


def _finding(asked: FormulaTarget, verdict: Verdict) -> Finding:
    """A convention that the question states binds: what another one gives is wrong, and that one named."""
    other = verdict.convention
    if other is not None and other in asked.formula.conventions and asked.excludes(other):
        return Finding("wrong", other.name, reason=by_another(asked, other.name))
    if other is not None:
        return Finding("convention", other.name)
    if verdict.correct:
        return Finding("right")
    return Finding("wrong", mistakes=verdict.mistakes, more=verdict.more, stopped=verdict.stopped)


def tolerant(answer: Answer, terms: Terms) -> Answer:
    """The answer as exact as the tolerance, whatever it is held against; as it is where none is stated."""
    if not terms.tolerance or not is_number(answer.value):
        return answer
    return replace(answer, unit=2 * terms.near(Fraction(answer.value)), significant=99)


def _inverse(asked: InverseTarget, answer: Answer) -> Finding:
    """Any value that leads to the wanted answer is right."""
    if agrees(asked.expected, answer) or asked.fits(answer.value):
        return Finding("right")
    found = tuple(
        Candidate((Mistake(wrong.id, "", "", wrong.because, wrong.weight, wrong.hint),))
        for wrong in asked.leads_to(answer.value)
    )
    return Finding("wrong", mistakes=tuple(sorted(found, key=lambda each: -each.weight)))


def _is_single(found: Finding) -> bool:
    """Whether one mistake alone explains an answer."""
    return bool(found.mistakes) and len(found.mistakes[0].mistakes) == 1


def _reordered(asked: Target, answer: Answer) -> Answer | None:
    """A map that was written with its channels first, as PyTorch prints it, in our order; None for any other answer."""
    right, wrote = asked.expected, answer.value
    if not isinstance(asked, FormulaTarget) or asked.name != asked.formula.shape:
        return None
    if not isinstance(right, tuple) or not isinstance(wrote, tuple) or len(wrote) != len(right) or len(right) < 3:
        return None
    looks_so = wrote[0] == right[-1] and wrote[-1] != right[-1] and rotated(right) != right
    return replace(answer, value=rotated(wrote)) if looks_so else None


def _agrees(asked: FormulaTarget, value: Value, answer: Answer) -> bool:
    if asked.formula.is_per_axis(asked.name):  # it may be written once
        value, answer = alike(value), replace(answer, value=alike(answer.value), parts=())
    return leads_to(value, answer)


def _on_pins(asked: FormulaTarget, answer: Answer) -> Iterator[Candidate]:
    """The single mistakes that give an answer when they are made on the student's own earlier values."""
    for mistake in sorted(program(asked.formula, asked.convention).relevant(asked.name), key=lambda m: -m.weight):
        if mistake.step in asked.known:
            continue
        try:
            value = run(asked.formula, asked.given, (mistake,), asked.known, asked.convention)[asked.name]
        except (UserError, OverflowError):
            continue
        if _agrees(asked, value, answer):
            yield Candidate((mistake,))
