"""What a part asks in one variant, with numbers: the right answer, what mistakes make of it, how it is worked out.

All of it comes from the formulas. Nothing here judges an answer; `grading` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from .. import document as doc
from ..errors import UserError
from ..explain import value_words
from ..explain.calculation import answer, equation
from ..explain.hand_working import answer_steps as hand_steps
from ..explain.network import network
from ..expressions.answers import Answer
from ..expressions.nodes import Name, Value, to_node
from ..formulas.arrays import flattened, lowered, operation_of, sizes
from ..formulas.defaults import with_defaults
from ..formulas.diagnose import outcome, wrong_values
from ..formulas.inverse import find
from ..formulas.model import Convention, Formula, Step
from ..formulas.program import program
from ..formulas.run import Working, contains_letters, letters_in, run, same_at_points
from ..formulas.topics.options_by_hand import Chosen
from ..networks.exercise import cell
from ..networks.mistakes import convention_asked, mistaken, mistaken_totals
from ..networks.table import Row, Table
from .gradient_target import GradientTarget
from .table_letters import letters as table_letters
from .target import Other, Wrong


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

    def shares(self, other: AnyTarget) -> bool:
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
    def _wrong(self) -> tuple[Wrong, ...]:
        found = wrong_values(self.formula, self.given, self.name, self.convention)
        per_axis = self.formula.is_per_axis(self.name)
        made = [
            Wrong(
                mistake.id,
                mistake.because,
                _alike(value) if per_axis else self.as_asked(value),
                mistake.weight,
                mistake.hint,
            )
            for mistake, value in sorted(found.values(), key=lambda each: -each[0].weight)
        ]
        return tuple(wrong for wrong in made if not self.agrees(wrong.value))

    def agrees(self, value: Value) -> bool:
        """Whether a value is the right one, also where letters are left over."""
        if not contains_letters(self.expected) and not contains_letters(value):
            return bool(value == self.expected)
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


@dataclass(frozen=True)
class InverseTarget:
    """Which value of `unknown` gives this answer: `inverse:conv.o:s`. `given` holds one value that does."""

    formula: Formula
    given: Mapping[str, Value]
    target: str
    unknown: str
    convention: str = ""

    @cached_property
    def working_out(self) -> Working:
        return run(self.formula, self.given, (), {}, self.convention)

    @property
    def expected(self) -> Value:
        return self.given[self.unknown]

    @property
    def letters(self) -> tuple[str, ...]:
        return ()

    @cached_property
    def wanted(self) -> Value:
        """The answer that must come out."""
        return self.working_out[self.target]

    def fits(self, value: Value) -> bool:
        """Whether a value of the unknown leads to the wanted answer. Anything that does is right."""
        try:
            return bool(self._with(value)[self.target] == self.wanted)
        except UserError:
            return False

    def _with(self, value: Value) -> Working:
        return run(self.formula, {**self.given, self.unknown: value}, (), {}, self.convention)

    def leads_to(self, value: Value) -> Iterator[Wrong]:
        """The mistakes with which a value of the unknown seems to lead to the wanted answer."""
        compiled = program(self.formula, self.convention)
        try:
            state = compiled.reach(with_defaults(self.formula, {**self.given, self.unknown: value}), self.target)
        except UserError:
            return
        for mistake in compiled.relevant(self.target):
            made = outcome(compiled.plan(self.target, mistake), state.copy(), self.target)
            if _alike(made) == self.wanted:
                yield Wrong(mistake.id, mistake.because, value, mistake.weight, mistake.hint)

    def wrong(self) -> Iterator[Wrong]:
        """Values near the right one to which a mistake leads."""
        return iter(self._wrong)

    @cached_property
    def _wrong(self) -> tuple[Wrong, ...]:
        right = self.expected
        if not isinstance(right, int):
            return ()
        variable = self.formula.variable(self.unknown)
        assert variable is not None
        low, high = max(int(variable.low), 0), min(2 * right + 20, 400)
        seen: dict[str, Wrong] = {}
        for value in range(low, high + 1):
            if value != right and not self.fits(value):
                for wrong in self.leads_to(value):
                    seen.setdefault(wrong.id, wrong)
        return tuple(sorted(seen.values(), key=lambda each: -each.weight))

    def others(self) -> Iterator[Other]:
        return iter(())

    def working(self) -> tuple[doc.Block, ...]:
        """The formula with the unknown as a letter, what was found, and the check."""
        given = {name: value for name, value in self.given.items() if name != self.unknown}
        letter = self.formula.letter(self.unknown)
        asked = run(self.formula, given, (), {}, self.convention)
        shown = asked.shown(self.target)
        blocks: list[doc.Block] = []
        if contains_letters(shown) and not isinstance(shown, tuple):
            line = doc.Equation(Name(self.target), (to_node(shown), to_node(self.wanted)))
            blocks = [doc.Paragraph(("The ", _meaning(self.formula, self.target), " with ", doc.Math(letter),
                                     " unknown:")), doc.Formula((line,))]  # fmt: skip
        try:
            target = {self.target: Answer(str(self.wanted), self.wanted)}
            found = find(self.formula, given, target, (self.unknown,), None, self.convention)
            values = [row[self.unknown] for row in found.found if row.get(self.unknown) is not None]
            low, high = found.searched[self.unknown]
            listed = ", ".join(map(str, values[:6])) + (", …" if len(values) > 6 else "")
            blocks.append(doc.Paragraph((f"Whole numbers from {low} to {high} that fit: ", doc.Strong(listed), ".")))
        except UserError:
            pass
        blocks.append(doc.Paragraph(("Check, with ", doc.Math(letter), f" = {self.expected}:")))
        return (*blocks, *answer(self.working_out, self.target))


def open_letters(formula: Formula, given: Mapping[str, Value], expected: Value) -> tuple[str, ...]:
    """The formula's letters, and typed ones, where the right answer has some; a question in numbers has none."""
    if not contains_letters(expected):
        return ()
    typed = (letter for value in given.values() for letter in letters_in(value))
    return tuple(dict.fromkeys((*(variable.name for variable in formula.variables), *typed)))


def _alike(value: Value) -> Value:
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


def _meaning(formula: Formula, name: str) -> str:
    return getattr(formula.by_name.get(name), "meaning", "") or name


@dataclass(frozen=True)
class CellTarget:
    """A cell of a network's table: `net.conv-1.output`; of the totals `net.total.parameters`."""

    table: Table
    layer: str
    column: str

    @property
    def is_total(self) -> bool:
        return self.layer == "total"

    @cached_property
    def row(self) -> Row:
        return self.table.rows[-1] if self.layer == "last" else self.table.row(self.layer)

    @cached_property
    def expected(self) -> Value:
        return self.table.total[self.column] if self.is_total else cell(self.row, self.column)

    @property
    def letters(self) -> tuple[str, ...]:
        return table_letters(self.table)

    def wrong(self) -> Iterator[Wrong]:
        made = mistaken_totals(self.table, self.column) if self.is_total else mistaken(self.row, self.column).values()
        for mistake, value in sorted(made, key=lambda each: -each[0].weight):
            if value != self.expected:
                yield Wrong(mistake.id, mistake.because, value, mistake.weight, mistake.hint)

    def others(self) -> Iterator[Other]:
        if self.is_total or self.row.working is None or self.column not in self.row.working.formula.answers:
            return iter(())
        found = self.row.working
        return FormulaTarget(found.formula, found.given, self.column, convention_asked(found)).others()

    def working(self) -> tuple[doc.Block, ...]:
        if self.is_total:
            return (sums(self.table, self.column),)
        name, found = self._step()
        return () if found is None else answer(found, name)

    def line(self) -> tuple[doc.Block, ...]:
        """The textbook's line alone, as there is room for in a table's key."""
        if self.is_total:
            return ()
        name, found = self._step()
        if found is None:
            return ()
        if name == found.formula.shape and found.formula.is_per_axis("o"):
            name = "o"
        if name == found.formula.shape:
            return ()
        return (doc.Formula(tuple(equation(found, line) for line in found.lines(name))),)

    def _step(self) -> tuple[str, Working | None]:
        """The step of the layer's formula that the cell is; none where the cell is no step of it."""
        found = self.row.working
        if found is None:
            return "", None
        name = found.formula.shape if self.column == "output" else self.column
        return (name, found) if isinstance(found.formula.by_name.get(name), Step) else ("", None)


@dataclass(frozen=True)
class WrongCell:
    """A wrong cell in a table: the layer that it is in, what stands there, and the mistake that leads to it."""

    table: Table
    layer: str
    column: str
    wrong: Value
    because: str
    mistake: str

    @property
    def right(self) -> Value:
        return cell(self.table.row(self.layer), self.column)


@dataclass(frozen=True)
class SlipTarget:
    """Which layer's cell is wrong (`layer`), or what belongs there (`value`)."""

    slip: WrongCell
    name: str

    @cached_property
    def cell(self) -> CellTarget:
        return CellTarget(self.slip.table, self.slip.layer, self.slip.column)

    @property
    def expected(self) -> Value:
        return self.slip.layer if self.name == "layer" else self.cell.expected

    @property
    def letters(self) -> tuple[str, ...]:
        return ()

    def wrong(self) -> Iterator[Wrong]:
        if self.name == "value":
            yield from self.cell.wrong()
            return
        for row in self.slip.table.rows:
            if row.layer.name != self.slip.layer:
                right = value_words(cell(row, self.slip.column))
                shown = right if isinstance(right, str) else str(cell(row, self.slip.column))
                yield Wrong(row.layer.name, f"this row is right: {shown} follows from the layer's settings",
                            row.layer.name)  # fmt: skip

    def others(self) -> Iterator[Other]:
        return iter(())

    def working(self) -> tuple[doc.Block, ...]:
        said = doc.Paragraph((f"{self.slip.layer}: {self.slip.because}.",))
        return (said, *self.cell.working())


@dataclass(frozen=True)
class TableTarget:
    """A network's table with empty cells."""

    table: Table
    columns: tuple[str, ...]
    headings: str = "tensor"

    @property
    def expected(self) -> Value:
        return tuple(cell(row, column) for row in self.table.rows for column in self.columns)

    @property
    def letters(self) -> tuple[str, ...]:
        return table_letters(self.table)

    def wrong(self) -> Iterator[Wrong]:
        return iter(())

    def others(self) -> Iterator[Other]:
        return iter(())

    def working(self) -> tuple[doc.Block, ...]:
        shown = network(self.table, [column for column in self.columns if column != "size"], every=True)
        return shown.blocks


@dataclass(frozen=True)
class ChoiceTarget:
    """Written choices: nothing is computed."""

    expected: Value = None

    @property
    def letters(self) -> tuple[str, ...]:
        return ()

    def wrong(self) -> Iterator[Wrong]:
        return iter(())

    def others(self) -> Iterator[Other]:
        return iter(())

    def working(self) -> tuple[doc.Block, ...]:
        return ()


AnyTarget = FormulaTarget | InverseTarget | CellTarget | SlipTarget | TableTarget | GradientTarget | ChoiceTarget


def sums(table: Table, column: str) -> doc.Table:
    """The layers that count, and their sum."""
    rows: list[tuple[doc.Words, ...]] = [
        (row.layer.name, value_words(row.count(column))) for row in table.rows if row.count(column) != 0
    ]
    rows.append((doc.Strong("total"), doc.Strong(value_words(table.total[column]))))
    return doc.Table(("layer", column), tuple(rows), ("left", "right"))
