"""An answer of a formula that is asked: `conv.parameters`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from .. import document as doc
from ..errors import UserError
from ..explain.calculation import answer
from ..explain.hand_working import answer_steps as hand_steps
from ..expressions.nodes import Value
from ..formulas.arrays import flattened, lowered, operation_of, sizes
from ..formulas.diagnose import wrong_values
from ..formulas.model import Convention, Formula, Mistake
from ..formulas.program import program
from ..formulas.run import Working, contains_letters, letters_in, run, same_at_points, same_numbers
from ..formulas.topics.options_by_hand import Chosen
from .target import Other, Target, Wrong, alike


@dataclass(frozen=True)
class FormulaTarget:
    """An answer of a formula: `conv.parameters`."""

    formula: Formula
    given: Mapping[str, Value]
    name: str
    convention: str = ""
    known: Mapping[str, Value] = field(default_factory=dict)
    rank: int | None = None
    """How many indices the answer has where it is asked as an array."""
    twin: FormulaTarget | None = field(default=None, compare=False, repr=False)
    """The same formula on the same values, of an earlier part: it is worked out once for both."""
    stated: bool = True
    """Whether the question states the convention, if there is one: then no other is right."""
    flat: bool = False
    """Whether an array of more indices than `rank` is asked row by row."""
    options: frozenset[str] = frozenset()
    """The choices that are stated where the convention as a whole is not: only those bind."""

    def excludes(self, other: Convention) -> bool:
        """Whether what is stated rules another convention out."""
        if not self.convention:
            return False
        if self.stated:
            return True
        return bool(self.options) and (not isinstance(other, Chosen) or not self.options <= set(other.options))

    @cached_property
    def working_out(self) -> Working:
        """The formula worked out. Raises UserError where the given values break one of its rules."""
        if self.twin is not None and not self.known:
            return self.twin.working_out
        return run(self.formula, self.given, (), self.known, self.convention)

    @property
    def is_side(self) -> bool:
        """Whether the side of a square map is asked, which may be written 28×28."""
        is_per_axis = self.name in self.formula.by_name and self.formula.is_per_axis(self.name)
        return (is_per_axis and self.name != self.formula.shape) or self.name == "receptive_field"

    def shares(self, other: Target) -> bool:
        """Whether the other's working is this one's too."""
        return (
            isinstance(other, FormulaTarget) and self.formula is other.formula and self.convention == other.convention
            and not self.known and not other.known and self.given == other.given
        )  # fmt: skip

    @cached_property
    def expected(self) -> Value:
        found = self.working_out.shown(self.name) if "." not in self.name else self.working_out[self.name]
        return self.as_asked(found)

    @property
    def letters(self) -> tuple[str, ...]:
        return open_letters(self.formula, self.given, self.expected)

    def as_asked(self, value: Value) -> Value:
        """A value of the formula's as the part asks it: a map of one channel as a matrix."""
        if self.rank is None:
            return value
        found = lowered(value, self.rank)
        return flattened(found, self.rank) if self.flat else found

    def wrong(self) -> Iterator[Wrong]:
        """What typical mistakes lead to, the common ones first, none that is right; several may give one value."""
        return iter(self._wrong)

    @property
    def rank_asked(self) -> int:
        """How many indices the answer has: 0 of a number and of a shape, at most 2."""
        if self.name == self.formula.shape or self.formula.is_per_axis(self.name):
            return 0
        return min(len(sizes(self.working_out[self.name])), 2)

    @property
    def is_nested(self) -> bool:
        """Whether the answer is asked row by row of an array with more indices."""
        return (
            self.flat
            and self.rank is not None
            and len(sizes(lowered(self.working_out[self.name], self.rank))) > self.rank
        )

    @cached_property
    def mistaken(self) -> dict[str, tuple[Mistake, Value]]:
        """What each typical mistake makes of the formula's value, that value too: id → (mistake, value)."""
        return wrong_values(self.formula, self.given, self.name, self.convention)

    @cached_property
    def _wrong(self) -> tuple[Wrong, ...]:
        per_axis = self.formula.is_per_axis(self.name)
        made = [
            Wrong(
                mistake.id,
                mistake.because,
                alike(value) if per_axis else self.as_asked(value),
                mistake.weight,
                mistake.hint,
            )
            for mistake, value in sorted(self.mistaken.values(), key=lambda each: -each[0].weight)
        ]
        return tuple(wrong for wrong in made if not self.agrees(wrong.value))

    def agrees(self, value: Value) -> bool:
        """Whether a value is the right one, also where letters are left over."""
        if not contains_letters(self.expected) and not contains_letters(value):
            return same_numbers(value, self.expected)
        try:
            return same_at_points(value, self.expected)
        except (UserError, ZeroDivisionError):
            return False

    def others(self) -> Iterator[Other]:
        """The answers under other conventions, each once, where those differ; none where one is stated."""
        for other in self.by_conventions():
            if not self.excludes(self.formula.convention(other.name)):
                yield other

    def by_conventions(self) -> Iterator[Other]:
        """The answers under other conventions, each once, where those differ, whatever is stated."""
        own = self.working_out.convention
        seen: list[Value] = []
        for convention in self.formula.conventions:
            if convention is own or convention.variant or own.variant:
                continue
            counted = program(self.formula, convention.name)
            if not counted.differs(self.working_out.program, self.name):
                continue
            try:
                value = self.as_asked(run(self.formula, self.given, convention=convention.name)[self.name])
            except UserError:
                continue  # a layout in which these matrices do not fit
            if value not in seen and not self.agrees(value):
                seen.append(value)
                yield Other(convention.name, convention.who, value)

    def working(self) -> tuple[doc.Block, ...]:
        """The textbook's line for what is asked, and the steps behind it."""
        by_hand = operation_of(self.formula.id)
        return hand_steps(self.working_out, by_hand, self.name) if by_hand else answer(self.working_out, self.name)


def open_letters(formula: Formula, given: Mapping[str, Value], expected: Value) -> tuple[str, ...]:
    """The formula's letters, and typed ones, where the right answer has some; a question in numbers has none."""
    if not contains_letters(expected):
        return ()
    typed = (letter for value in given.values() for letter in letters_in(value))
    return tuple(dict.fromkeys((*(variable.name for variable in formula.variables), *typed)))
