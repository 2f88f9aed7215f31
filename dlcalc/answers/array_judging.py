"""A part that asks a vector or a matrix, judged: the truth, other conventions, following through, then the mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from ..errors import UserError, printable
from ..expressions.answers import Answer
from ..expressions.limits import LIMIT_WORKING, WorkError, left, within_budget
from ..expressions.nodes import Value
from ..formulas.diagnose import Candidate
from .array_marks import ArrayMarker, Compared
from .array_patterns import OTHER_SHAPE
from .array_reading import WrittenArray, read_array
from .conventions import by_another
from .following import Again, first_right
from .formula_target import FormulaTarget
from .judging import judge_value
from .marks import EARNING, MOST_NAMED, CellMark, Mark, Written, together
from .target import Target
from .terms import ARRAYS, Terms

Worth = Callable[[str], Fraction]
"""What share of its points a status earns."""


def _plainly(status: str) -> Fraction:
    return Fraction(status in EARNING)


def judge_answer(terms: Terms, asked: FormulaTarget, given: object, spell: Mapping[str, str] | None = None) -> Mark:
    """The mark of an answer of a formula by itself: one number, a shape, or an array where that is asked."""
    rank = asked.rank_asked
    if not rank:
        return judge_value(terms, asked, given, spell=spell).mark
    kind = next(kind for kind, many in ARRAYS.items() if many == rank)
    return judge_array(replace(terms, kind=kind), replace(asked, rank=rank, flat=True, twin=asked), given)[0]


def judge_array(
    terms: Terms, asked: FormulaTarget, given: object, worth: Worth = _plainly, followed: Iterable[Again] = ()
) -> tuple[Mark, Written]:
    """The mark of an array, and what was written as later answers carry it on."""
    wrote = read_array(given, terms, asked.expected, asked.is_nested, asked.letters)
    value = wrote.value(ARRAYS[terms.kind]) if not wrote.reason else None
    written = Written(wrote.text, None if value is None else Answer(wrote.text, value), wrote.reason)
    mark = Mark("missing", asked.expected, wrote.text)
    if wrote.reason:
        return replace(mark, status=written.status, reason=wrote.reason), written
    if _is_empty(wrote):
        return mark, written
    try:
        return _OfFormula(mark, ArrayMarker(terms, asked, wrote), asked, worth).mark_on(list(followed)), written
    except (UserError, OverflowError) as error:
        return replace(mark, status="undecided", reason=printable(str(error))), written


def judge_numbers(terms: Terms, asked: Target, given: object) -> Mark:
    """The mark of an array of numbers that no formula gives: right, right by another convention, or number by number.

    Rows of a map of several channels are rows of one matrix.
    """
    wrote = read_array(given, terms, asked.expected, nested=True)
    mark = Mark("missing", asked.expected, wrote.text)
    if wrote.reason:
        return replace(mark, status="unreadable", reason=wrote.reason)
    return mark if _is_empty(wrote) else _Judged(mark, ArrayMarker(terms, asked, wrote), asked).mark_alone()


def _is_empty(wrote: WrittenArray) -> bool:
    return not any(cell.answer or cell.reason for row in wrote.rows for cell in row)


def _is_right_again(again: Again, marker: ArrayMarker) -> bool:
    return marker.compare(again.asked.expected, carried=True).is_right


def _placed(cell: CellMark, among: bool) -> str:
    """What is said of one number, with its place where it cannot be read among others."""
    where = ", ".join(filter(None, (cell.layer, cell.column))) if among and cell.answer is None else ""
    return f"{where}: {cell.reason}" if where and cell.reason else cell.reason


class _Judged:
    """An array that is asked, with what was written."""

    def __init__(self, mark: Mark, marker: ArrayMarker, asked: Target, worth: Worth = _plainly) -> None:
        self.mark = mark
        self.marker = marker
        self.asked = asked
        self.worth = worth

    def mark_alone(self) -> Mark:
        truth = self.marker.compare(self.asked.expected)
        if truth.is_right:
            return self._with("right", truth)
        for other in self.asked.others():
            if self.marker.is_right(other.value):
                whole = self.marker.compare(other.value)
                found = self._with("convention", whole, other.value)
                return replace(found, convention=other.name, reason=f"right {other.who}")
        return self._partly(truth, ())

    def _with(self, status: str, compared: Compared, value: Value | None = None) -> Mark:
        """`value`: what the numbers were compared with, where it has another size than what is expected."""
        expected = self.asked.expected if value is None else value
        cells = tuple(replace(cell, status=status) for cell in self.marker.cells(compared, expected))
        return replace(self.mark, status=status, cells=cells)

    def _partly(self, own: Compared, followed: Sequence[Again]) -> Mark:
        """Number by number, on the truth or on what was carried on, whichever earns more."""
        best, carried = own, tuple[str, ...]()
        on: Target = self.asked
        for again in followed:
            compared = self.marker.compare(again.asked.expected, carried=True)
            counted = Compared(
                tuple(tuple(again.status if each == "right" else each for each in row) for row in compared.statuses)
            )
            if counted.statuses and self._earned(counted) > self._earned(best):
                best, carried, on = counted, again.names, again.asked
        if not best.statuses:
            return self._of_another_size(followed)
        flat = [each for row in best.statuses for each in row]
        status = together(flat)
        cells = self.marker.cells(best, self.asked.expected)
        if status == "wrong" and self.marker.wrote.doubt:
            return replace(self.mark, status="unreadable", reason=self.marker.wrote.doubt, cells=cells)
        reason = next((_placed(cell, len(cells) > 1) for cell in cells if cell.status == status), "")
        found = replace(
            self.mark, status=status, carried=carried, reason=reason,
            cells=cells,
        )  # fmt: skip
        return self._explained(found, on, followed, own) if status == "wrong" else found

    def _earned(self, compared: Compared) -> Fraction:
        flat = [each for row in compared.statuses for each in row]
        return sum((self.worth(each) for each in flat), Fraction(0)) / len(flat) if flat else Fraction(0)

    def _of_another_size(self, followed: Sequence[Again]) -> Mark:
        unread = next((cell for row in self.marker.wrote.rows for cell in row if cell.reason), None)
        if unread is not None:
            reason = self.marker.wrote.doubt or unread.reason
            return replace(self.mark, status="undecided" if unread.ambiguous else "unreadable", reason=reason)
        said = self.marker.wrong_size(self.asked.expected)
        found = self._explained(replace(self.mark, status="wrong", reason=said), self.asked, followed, Compared())
        if found.mistakes and found.mistakes[0].id == OTHER_SHAPE:  # the same words, so that they are said once
            (mistake,) = found.mistakes[0].mistakes
            named = Candidate((replace(mistake, because=said),))
            found = replace(found, mistakes=(named, *found.mistakes[1:]))
        return found

    def _explained(self, mark: Mark, on: Target, followed: Sequence[Again], own: Compared) -> Mark:
        """The mistakes behind the whole array, on the truth or what was carried on, or in some rows; else a pattern."""
        if self.marker.wrote.value(2) is None:
            return mark
        targets = (self.asked, *([on] if on is not self.asked else []), *(again.asked for again in followed))
        try:
            found, stopped = within_budget(lambda: (self._mistakes(targets, own), left() < 0), LIMIT_WORKING)
        except WorkError:
            found, stopped = (), True
        more = max(0, len(found) - MOST_NAMED)
        slips = () if found or stopped else self._searched()
        named = found or tuple(each for each in slips if not each.by_chance)
        return replace(mark, mistakes=named[:MOST_NAMED], more=more, stopped=stopped, slips=slips)

    def _searched(self) -> tuple[Candidate, ...]:
        """What an edit of the formula gives, where there is one."""
        return ()

    def _mistakes(self, targets: Sequence[Target], own: Compared) -> tuple[Candidate, ...]:
        return self.marker.single(self.asked) or self.marker.patterns(self.asked.expected)


class _OfFormula(_Judged):
    """An array that a formula gives: by its conventions, on earlier answers, with its mistakes and slips."""

    def __init__(self, mark: Mark, marker: ArrayMarker, asked: FormulaTarget, worth: Worth) -> None:
        super().__init__(mark, marker, asked, worth)
        self.of_formula = asked

    def mark_on(self, followed: Sequence[Again]) -> Mark:
        truth = self.marker.compare(self.asked.expected)
        if truth.is_right:
            return self._with("right", truth)
        for other in self.of_formula.by_conventions():
            if self.marker.is_right(other.value):
                whole = self.marker.compare(other.value)
                if self.of_formula.excludes(self.of_formula.formula.convention(other.name)):
                    reason = by_another(self.of_formula, other.name)
                    return replace(self._with("wrong", whole), convention=other.name, reason=reason)
                return replace(self._with("convention", whole), convention=other.name)
        own = self.marker.from_own_rows(self.of_formula, truth)
        if right := first_right(followed, [self.marker], _is_right_again):
            return replace(self._with(right[0].status, truth), carried=right[0].names)
        return self._partly(own, followed)

    def _searched(self) -> tuple[Candidate, ...]:
        return self.marker.searched(self.of_formula)

    def _mistakes(self, targets: Sequence[Target], own: Compared) -> tuple[Candidate, ...]:
        for asked in targets:
            if isinstance(asked, FormulaTarget) and (found := self.marker.mistakes(asked)):
                return found
        return tuple(self.marker.made_on_own_rows(self.of_formula, own)) or self.marker.patterns(self.asked.expected)
