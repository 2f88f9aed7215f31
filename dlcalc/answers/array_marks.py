"""Marking a vector or a matrix number by number: what each is worth, and the mistake behind all of them together.

Each right number earns its share of the points, also where a mistake is named: naming a mistake neither gives points
nor takes any. A number that follows from the student's own earlier rows, as in a recurrent network, counts as followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from ..errors import InternalError, UserError
from ..expressions.answers import Answer, Fit, fit, worst_fit
from ..expressions.evaluate import evaluate_at
from ..expressions.nodes import Value
from ..formulas.arrays import numbers, sizes
from ..formulas.defaults import with_defaults
from ..formulas.diagnose import Candidate, given_instead, outcomes
from ..formulas.model import Mistake, Step
from ..formulas.program import as_array, program
from ..formulas.run import contains_letters, run
from ..formulas.searching import Fits, searched
from .array_patterns import of_some, off_by, patterns
from .array_reading import Cell, WrittenArray
from .formula_points import points_of
from .formula_target import FormulaTarget
from .marks import CellMark
from .reading import cut_off, is_close, too_coarse
from .target import Target
from .terms import ARRAYS, Terms

MOST_PAIRS = 150
"""Pairs of mistakes that are tried for one array."""


@dataclass(frozen=True)
class Compared:
    """What was written held against one array: the statuses row by row; none where it has another size."""

    statuses: tuple[tuple[str, ...], ...] = ()

    @property
    def is_right(self) -> bool:
        return bool(self.statuses) and all(each == "right" for row in self.statuses for each in row)

    @property
    def share(self) -> Fraction:
        flat = [each for row in self.statuses for each in row]
        return Fraction(sum(each == "right" for each in flat), len(flat)) if flat else Fraction(0)


class ArrayMarker:
    """One part that asks an array, and what was written."""

    def __init__(self, terms: Terms, asked: Target, wrote: WrittenArray) -> None:
        self.terms = terms
        self.asked = asked
        self.wrote = wrote
        self.rank = ARRAYS[terms.kind]

    def rows(self, value: Value) -> tuple[tuple[Value, ...], ...]:
        return (value,) if self.rank == 1 else value

    def is_shaped(self, value: Value) -> bool:
        """Whether a computed array has the size of what was written."""
        try:
            size = sizes(value)
        except UserError:
            return False
        return len(size) == self.rank and (size if self.rank == 2 else (1, *size)) == self.wrote.size

    def fits(self, value: Value, i: int, j: int) -> bool:
        """Whether a value may be what was written there, with however many digits."""
        return self.fit(value, i, j) in ("right", "rounded")

    def fit(self, value: Value, i: int, j: int) -> Fit:
        answer = self.wrote.rows[i][j].answer
        if answer is None:
            return "wrong"
        if contains_letters(value) or contains_letters(answer.value):
            return self._fit_at_points(value, answer)
        return "right" if self.terms.allows(value, answer.value) else fit(value, answer)

    def _fit_at_points(self, value: Value, answer: Answer) -> Fit:
        """How two expressions in letters agree wherever the question has a value. Raises UserError."""
        return worst_fit(
            fit(evaluate_at(value, point), replace(answer, value=evaluate_at(answer.value, point)))
            for point in self._points
        )

    @cached_property
    def _points(self) -> list[dict[str, Value]]:
        """Numbers for all letters, drawn for the whole array at once. Raises UserError."""
        asked = self.asked
        if not isinstance(asked, FormulaTarget):
            raise InternalError("only a formula has letters")
        compiled = program(asked.formula, asked.convention)
        wrote = Answer(
            self.wrote.text, tuple(cell.answer.value for row in self.wrote.rows for cell in row if cell.answer)
        )
        drawn = points_of(compiled, asked.name, asked.given, wrote)
        return [{**with_defaults(asked.formula, point.given), **point.letters} for point in drawn]

    def compare(self, value: Value, carried: bool = False) -> Compared:
        """The status of each number against an array; `carried`: one that comes from numbers that were rounded."""
        if not self.is_shaped(value):
            return Compared()
        rows = enumerate(self.rows(value))
        return Compared(
            tuple(tuple(self._status(each, i, j, carried) for j, each in enumerate(row)) for i, row in rows)
        )

    def _status(self, value: Value, i: int, j: int, carried: bool) -> str:
        cell = self.wrote.rows[i][j]
        if cell.answer is None:
            return ("undecided" if cell.ambiguous else "unreadable") if cell.reason else "missing"
        if carried and is_close(value, cell.answer, self.terms):
            return "right"
        found = self.fit(value, i, j)
        return "undecided" if found == "cut" else found

    def is_right(self, value: Value) -> bool:
        """Whether every number is right, with as many digits as are asked."""
        return self.compare(value).is_right

    def all_fit(self, value: Value) -> bool:
        return self.is_shaped(value) and all(
            self.fits(each, i, j) for i, row in enumerate(self.rows(value)) for j, each in enumerate(row)
        )

    # cells

    def cells(self, compared: Compared, expected: Value) -> tuple[CellMark, ...]:
        """The marks of the numbers of the right array; where sizes differ there are none."""
        if not compared.statuses:
            return ()
        return tuple(
            self._cell(i, j, compared.statuses[i][j], value)
            for i, row in enumerate(self.rows(expected))
            for j, value in enumerate(row)
        )

    def _cell(self, i: int, j: int, status: str, value: Value) -> CellMark:
        cell: Cell = self.wrote.rows[i][j]
        row = "" if self.rank == 1 else f"row {i + 1}"
        said = {"undecided": cut_off, "rounded": too_coarse}.get(status)
        reason = cell.reason or (said(self.terms) if said else "")
        place = f"place {j + 1}" if self.rank == 1 else f"column {j + 1}"
        return CellMark(row, place, status, value, cell.text, reason=reason, answer=cell.answer)

    def wrong_size(self, expected: Value) -> str:
        """What is said of another size; "" where it is the right one."""
        if self.is_shaped(expected):
            return ""
        tall, wide = self.wrote.size
        if self.rank == 1:
            have = f"{wide}" if tall == 1 else f"{tall} rows of {wide}"
            if self._has_the_numbers(expected):
                return f"the numbers are right, but in {have}: one row of {len(expected)} is expected"
            many = "one number is" if len(expected) == 1 else f"{len(expected)} numbers are"
            return f"{many} expected, not {have}"
        rows, columns = sizes(expected)
        if self._has_the_numbers(expected):
            return f"the numbers are right, but in a {tall}×{wide} matrix: {rows}×{columns} is expected"
        sides = f"{rows} row{'s' * (rows != 1)}, {columns} column{'s' * (columns != 1)}"
        return f"a matrix of {rows}×{columns} is expected ({sides}), not {tall}×{wide}"

    def _has_the_numbers(self, expected: Value) -> bool:
        """Whether the right numbers were written, read row by row, in whatever shape."""
        right = [each for row in self.rows(expected) for each in row]
        wrote = [cell.answer for row in self.wrote.rows for cell in row]
        return len(right) == len(wrote) and all(
            answer is not None and fit(each, answer) == "right" for each, answer in zip(right, wrote, strict=True)
        )

    # why

    def mistakes(self, asked: FormulaTarget) -> tuple[Candidate, ...]:
        """The typical mistakes whose whole array was written: single ones, else pairs."""
        if asked.known:
            return tuple(self._on_known(asked))
        found = self.single(asked) or tuple(self._other_quantities(asked)) or tuple(self._pairs(asked))
        return found or tuple(self._by_conventions(asked))

    def _by_conventions(self, asked: FormulaTarget) -> Iterator[Candidate]:
        """The single mistakes that give the whole array where all the rest is worked out by another convention."""
        for other in asked.by_conventions():
            convention = asked.formula.convention(other.name)
            for found in self.single(replace(asked, convention=other.name, twin=None)):
                (mistake,) = found.mistakes
                because = f"{mistake.because}; the rest is worked out as in {convention.who}"
                yield Candidate((replace(mistake, because=because),))

    def single(self, asked: Target) -> tuple[Candidate, ...]:
        """The single mistakes whose whole array was written."""
        return tuple(
            Candidate((Mistake(each.id, "", "", each.because, each.weight, each.hint),))
            for each in asked.wrong() if self.all_fit(each.value)
        )  # fmt: skip

    def _other_quantities(self, asked: FormulaTarget) -> Iterator[Candidate]:
        """The other answers of the formula that were given instead, right in themselves: the logits."""
        if asked.letters:
            return
        for other in asked.formula.answers:
            with suppress(UserError, OverflowError, KeyError):
                value = asked.as_asked(asked.working_out[other])
                if other != asked.name and not asked.agrees(value) and self.all_fit(value):
                    yield Candidate((given_instead(asked.formula, other, asked.name),))
                    return

    def _on_known(self, asked: FormulaTarget) -> Iterator[Candidate]:
        """Single mistakes made on steps that are known from an earlier answer."""
        for mistake in program(asked.formula, asked.convention).relevant(asked.name):
            if mistake.step in asked.known:
                continue
            try:
                found = run(asked.formula, asked.given, (mistake,), asked.known, asked.convention)[asked.name]
            except (UserError, OverflowError):
                continue
            if self.all_fit(asked.as_asked(found)):
                yield Candidate((mistake,))

    def _pairs(self, asked: FormulaTarget) -> Iterator[Candidate]:
        """Two mistakes of different steps made together, the likeliest pairs first."""
        compiled = program(asked.formula, asked.convention)
        made = outcomes(compiled, asked.given, asked.name)
        relevant = compiled.relevant(asked.name)
        pairs = [
            (a, b) for k, a in enumerate(relevant) for b in relevant[k + 1 :] if not a.edits.keys() & b.edits.keys()
        ]
        pairs.sort(key=lambda pair: -pair[0].weight * pair[1].weight)
        for a, b in pairs[:MOST_PAIRS]:
            value = made.of_pair(a, b)
            if value is not None and self.all_fit(asked.as_asked(value)):
                yield Candidate((a, b))

    def searched(self, asked: FormulaTarget) -> tuple[Candidate, ...]:
        """The edits of the formula that give the whole array, where no known mistake does; those by chance too."""
        wrote = self.wrote.value(2)
        if wrote is None or asked.letters or asked.known:
            return ()
        units = (cell.answer.unit for row in self.wrote.rows for cell in row if cell.answer and cell.answer.unit)
        compiled = program(asked.formula, asked.convention)
        try:
            state = outcomes(compiled, asked.given, asked.name).state
            fits = Fits(lambda value: self._may_be(asked, value), wrote, min(units, default=1))
            found = searched(compiled, [state], asked.name, [fits])
        except (UserError, OverflowError):
            return ()
        return tuple(Candidate(each.mistakes, True, each.by_chance, asked.formula.id) for each in found)

    def _may_be(self, asked: FormulaTarget, value: Value) -> bool:
        try:
            return self.all_fit(asked.as_asked(value))
        except UserError:
            return False

    def patterns(self, expected: Value) -> tuple[Candidate, ...]:
        """What has happened to the right array as a whole; only where everything was read."""
        wrote = self.wrote.value(2)
        if wrote is None or self.asked.letters:
            return ()
        right = self.rows(expected)
        tall, wide = self.wrote.size
        found = patterns(right, tall, wide, self.fits, vector=self.rank == 1)
        if found or not self.is_shaped(expected):
            return found
        places = ((i, j) for i in range(tall) for j in range(wide))
        wrong = [place for place in places if not self.fits(right[place[0]][place[1]], *place)]
        return tuple(off_by(right, wrote)) or tuple(of_some(right, wrong, self.fits))

    # following within the array

    def from_own_rows(self, asked: FormulaTarget, compared: Compared) -> Compared:
        """Numbers that are right for the student's own numbers of the time steps before: their status is `follows`."""
        if asked.letters or not _is_over_steps(asked) or not compared.statuses or compared.is_right:
            return compared
        steps = self._steps()
        if steps is None or len(steps) < 2 or asked.working_out[asked.name] != asked.expected:
            return compared
        lines: list[tuple[str, ...]] = list(compared.statuses)
        if self.rank == 1:
            lines = [(each,) for each in compared.statuses[0]]
        for place in range(1, len(steps)):
            if set(lines[place]) == {"right"} or all(set(line) == {"right"} for line in lines[:place]):
                continue
            again = self._after(asked, steps[:place])
            if again is not None and self._follows(again, place):
                lines[place] = tuple("right" if each == "right" else "follows" for each in lines[place])
        statuses = tuple(lines) if self.rank == 2 else (tuple(line[0] for line in lines),)
        return Compared(statuses)

    def _steps(self) -> tuple[Value, ...] | None:
        """What was written of each time step; None where something is missing."""
        return self.wrote.value(self.rank)

    def made_on_own_rows(self, asked: FormulaTarget, compared: Compared) -> Iterator[Candidate]:
        """The mistakes that give every wrong row when they are made on the student's own rows before it.

        `compared` is that of `from_own_rows`, where other rows are right or follow.
        """
        steps = self._steps()
        lines = compared.statuses if self.rank == 2 else tuple((each,) for row in compared.statuses for each in row)
        wrong = [place for place, line in enumerate(lines) if "wrong" in line]
        if steps is None or not wrong or len(wrong) == len(lines) or not _is_over_steps(asked):
            return
        for mistake in sorted(program(asked.formula, asked.convention).relevant(asked.name), key=lambda m: -m.weight):
            made = ((place, self._after(asked, steps[:place], mistake)) for place in wrong)
            if all(value is not None and self._follows(value, place) for place, value in made):
                yield Candidate((mistake,))

    def _after(self, asked: FormulaTarget, before: tuple[Value, ...], *mistakes: Mistake) -> Value | None:
        """What comes after the student's own rows, by the formula or with mistakes made; None for nothing."""
        own = dict(enumerate(before, 1))
        pins: Mapping[str, Value] = dict.fromkeys(_names_of(asked), own) if own else {}
        try:
            found = as_array(run(asked.formula, asked.given, mistakes, pins, asked.convention)[asked.name])
        except (UserError, OverflowError):
            return None
        return found[len(before)] if isinstance(found, tuple) and len(before) < len(found) else None

    def _follows(self, value: Value, place: int) -> bool:
        if self.rank == 1:
            return not isinstance(value, tuple) and self.fits(value, 0, place)
        row = value if isinstance(value, tuple) else (value,)
        return len(row) == len(self.wrote.rows[place]) and all(self.fits(each, place, j) for j, each in enumerate(row))


def _is_over_steps(asked: FormulaTarget) -> bool:
    """Whether each row of what is asked is one time step's."""
    step = asked.formula.by_name.get(asked.name)
    return isinstance(step, Step) and step.each.count(" in ") == 1


def _names_of(asked: FormulaTarget) -> Iterator[str]:
    """The step that is asked, and that of a called formula which it shows: `layer_2.h` for the `h` of two layers."""
    name: str | None = asked.name
    while name:
        yield name
        step = asked.formula.by_name.get(name)
        shown = re.fullmatch(r"([\w.]+)\[(\w+)\]", step.expression) if isinstance(step, Step) else None
        name = shown[1] if shown and isinstance(step, Step) and step.each.startswith(f"{shown[2]} in ") else None


def is_sound_array(value: Value, right: Value) -> bool:
    """Whether a student's array can be carried on: it has the right one's size, and is not 0 everywhere."""
    try:
        return sizes(value) == sizes(right) and (any(numbers(value)) or not any(numbers(right)))
    except UserError:
        return False


def indexed(value: Value, state: Value) -> Value:
    """An array as a program's state holds it: an unrolled step by its indices, with the outer ones that it lacks."""
    if not isinstance(state, dict):
        return value
    places = [place for place in state if place >= 1]
    if len(places) == 1 and _depth(value) < _depth(state):
        return {places[0]: indexed(value, state[places[0]])}
    return {place: indexed(item, state[place]) for place, item in zip(places, value, strict=True)}


def _depth(value: Value) -> int:
    inner = (
        next(iter(value.values() if isinstance(value, dict) else value), 0) if isinstance(value, dict | tuple) else 0
    )
    return 1 + _depth(inner) if isinstance(value, dict | tuple) else 0
