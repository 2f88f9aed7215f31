"""An operation worked out by hand as a document: what goes in, windows or time steps with their numbers, the result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import dropwhile, groupby
from typing import Any, Literal

from .. import document as doc
from ..expressions import nodes, printing
from ..expressions.nodes import Index, Name, Node, Value
from ..expressions.printing import Spell
from ..formulas.differences import NO_CHECKS, Checks, Differences
from ..formulas.hand_operations import Operation
from ..formulas.model import Step, Variable
from ..formulas.registry import formula
from ..formulas.run import Working, run
from .number_style import NumberStyle, decimals, is_large, lone, matrices, rank, size_words
from .visible_steps import is_trivial
from .written_out import Writer, is_written

LONG_DIGITS = 12
"""Decimals of the result, where it is one number or a row of them and the profile does not say how many."""
MOST_CELLS = 64
"""Entries of one step that are told with their numbers put in."""
MOST_TABLES = 12
"""Time steps that get a table of their own."""
MOST_ROWS = 100
"""Time steps in one table for all, numbers in the row of a result."""
_WIDEST = 72
"""Characters of a matrix's row."""
_TALLEST = 24
_PLACES = ("winner_row", "winner_column")
_LONGEST = 110
"""Characters of an expression with arrays put in."""


@dataclass(frozen=True)
class Computed:
    """What the kernels gave: `answers`, at least one, as nested lists of floats; `kernel` says which kernels."""

    kernel: str
    answers: Mapping[str, Any]


def document(
    found: Working,
    operation: Operation,
    style: NumberStyle,
    checks: Checks = NO_CHECKS,
    computed: Computed | None = None,
    compared: Working | None = None,
    spell: Spell = None,
) -> doc.Document:
    """The whole working; a loss `compared` with a target stands before the steps, how far the kernels are from it
    before the notes."""
    teller = _Narrator(found, operation, style)
    blocks = [*teller.given()]
    if compared is not None:
        blocks += [doc.Heading(1, compared.formula.title), *_Narrator(compared, operation, style).loss()]
    blocks += [doc.Heading(1, "Step by step"), *teller.steps(), *teller.results(), *_checks(found, checks, style)]
    if computed is not None:
        blocks.append(_by_kernels(found, computed))
    return doc.Document(found.formula.title, (*blocks, *teller.notes()), spell)


def _by_kernels(found: Working, computed: Computed) -> doc.Note:
    apart = max(_distance(found[name], values) for name, values in computed.answers.items())
    return doc.Note("right" if apart < 1e-9 else "warning",
                    f"the {computed.kernel.upper()} kernels, in float64, differ from this by {apart:.1e} at most "
                    f"({', '.join(computed.answers)})")  # fmt: skip


def _distance(value: Value, other: Any) -> float:
    if isinstance(value, tuple):
        return max(map(_distance, value, other))
    return abs(float(value) - float(other))


class _Narrator:
    def __init__(self, found: Working, operation: Operation, style: NumberStyle) -> None:
        self.found = found
        self.operation = operation
        self.style = style
        self.writer = Writer(found, style.as_given.node, operation.inlined)

    # what goes in

    def given(self) -> Iterator[doc.Block]:
        shown = [(v, self.found[v.name]) for v in self.found.formula.variables if self._is_shown(v)]
        arrays = [(v, value) for v, value in shown if isinstance(value, tuple)]
        large = [(v, value) for v, value in arrays if is_large(value)]
        style = self.style.as_given
        yield doc.Heading(1, "Given")
        if printed := [each for each in arrays if each not in large]:
            yield doc.Formula(tuple(e for v, value in printed for e in _matrices(v.name, value, style)))
        for v, value in large:
            yield doc.Paragraph((doc.Math(Name(v.name)), f": {size_words(value)}"))
        rows = tuple((doc.Math(Name(v.name)), v.meaning, doc.Math(style.node(value))) for v, value in shown
                     if not isinstance(value, tuple))  # fmt: skip
        if rows:
            yield doc.Table(("", "quantity", "value"), rows, ("left", "left", "right"))

    def _is_shown(self, variable: Variable) -> bool:
        value = self.found[variable.name]
        return variable.name in self.found.given or not (isinstance(value, tuple) or is_trivial(value))

    # the steps

    def steps(self) -> Iterator[doc.Block]:
        for each, group in groupby(self._shown_steps(), key=self._kind):
            names = [step.name for step in group]
            if each == "plain":
                yield from self.plain(names)
            elif each == "cells":
                for name in names:
                    yield from self.cells(name)
            elif each == "array":
                for name in names:
                    yield from self.array(name)
            else:
                yield from self.series(names)

    def _shown_steps(self) -> Iterator[Step]:
        silent = {*self.operation.silent, *self.operation.inlined}
        needed: set[str] = set()
        for name in (*self.found.formula.answers, *self.operation.cells):
            if name in self.found.formula.by_name:
                needed |= self.found.program.needed(name)
        for step in self.found.formula.steps:
            if step.name in needed and step.name not in silent and not step.expression.startswith("len("):
                yield step

    def _kind(self, step: Step) -> str:
        if not step.each:
            return "plain"
        if step.name in self.operation.cells:
            return "cells"
        return "array" if step.each.count(" in ") > 1 else step.each

    def loss(self) -> Iterator[doc.Block]:
        """A loss and its gradient, which the steps after it start from."""
        given = ((v.name, self.found[v.name]) for v in self.found.formula.variables)
        yield doc.Formula(tuple(e for name, value in given for e in _matrices(name, value, self.style.as_given)))
        yield from self.plain([step.name for step in self.found.formula.steps])

    def plain(self, names: list[str]) -> Iterator[doc.Block]:
        """Steps that are worked out once: numbers as a numbered list, arrays as equations."""
        waiting: list[tuple[doc.Words, doc.Equation]] = []
        for name in names:
            step = self.found.formula.by_name[name]
            assert isinstance(step, Step)
            if step.called:
                yield from self._called(step)
                continue
            if isinstance(self.writer.op(name).node, Name) and name not in self.found.formula.answers:
                continue  # only hands a number on
            equation = self.equation(name)
            if rank(self.found[name]) > 2:
                yield from _listed(waiting)
                yield doc.Paragraph(_sentence(step.meaning))
                yield doc.Formula((doc.Equation(name, (self.writer.op(name).node,)),))
                yield from self.shown(name, self.found[name])
            elif isinstance(self.found[name], tuple):
                yield from _listed(waiting)
                yield doc.Paragraph(_sentence(step.meaning))
                yield doc.Formula((equation,))
            else:
                waiting.append((step.meaning, equation))
        yield from _listed(waiting)

    def _called(self, step: Step) -> Iterator[doc.Block]:
        """The steps of the formula that a step calls."""
        yield doc.Paragraph(_sentence(step.meaning))
        inner = formula(step.called)
        given = {v.name: self.found[f"{step.name}.{v.name}"] for v in inner.variables}
        teller = _Narrator(run(inner, given, convention=self._same(inner.conventions)), self.operation, self.style)
        yield from teller.steps()
        for name in inner.answers[:1]:
            yield from teller.shown(name, teller.found[name])

    def _same(self, conventions: Iterable[object]) -> str:
        name = self.found.convention.name
        return name if name in [getattr(each, "name", "") for each in conventions] else ""

    def equation(self, name: str) -> doc.Equation:
        """name = letters = numbers put in = value, without what would be too long to read."""
        value = self.found[name]
        letters = self.writer.letters(name)
        substituted = self.writer.step(name)
        rights: list[Node] = [letters]
        if self._is_short(substituted) and is_written(substituted):
            rights.append(substituted)
        rights += [self.style.node(value)] if self._fits(value) else []
        kept = [node for index, node in enumerate(rights) if index == 0 or node != rights[index - 1]]
        return doc.Equation(name, tuple(kept), rounded=self.style.is_rounded(value) and len(kept) > 1)

    def _is_short(self, substituted: Node) -> bool:
        """Whether an expression with arrays put in can be read. Each character that is printed has two nodes at most,
        so a large array need not be printed to see that it is long."""
        if nodes.written_size(substituted) > 2 * _LONGEST:
            return False
        shown = printing.text(substituted)
        return len(shown) <= _LONGEST and "(((" not in shown

    def cells(self, name: str) -> Iterator[doc.Block]:
        """An unrolled step entry by entry: a sum of products for every window."""
        step = self.found.formula.by_name[name]
        assert isinstance(step, Step)
        places = [place for place in self.writer.places(name) if self._is_pair(name, place)]
        yield doc.Paragraph(_sentence(step.meaning))
        rows = tuple(self._row(name, place) for place in places[:MOST_CELLS])
        yield doc.Table(("", "with the numbers put in", "value"), rows, ("left", "left", "right"))
        yield from _first(MOST_CELLS, len(places))

    def _is_pair(self, name: str, place: tuple[int, ...]) -> bool:
        return name not in self.operation.pairs or place[1] <= place[0]

    def _row(self, name: str, place: tuple[int, ...]) -> tuple[doc.Words, ...]:
        node = self.writer.entry(name, place)
        printed = node is not None and is_written(node) and len(printing.text(node)) <= 6 * _LONGEST
        words: doc.Words = doc.Math(node) if printed else ""
        return (doc.Math(self._label(name, place)), words, self.words(self.writer.value(name, place)))

    def _label(self, name: str, place: tuple[int, ...]) -> Node:
        """output[1, 2]: the index of the only filter or channel is left out."""
        ranges = self.writer.op(name).each
        lone = len(ranges) >= 3 and len(self.found.state.values[name]) == 1
        kept = place[1:] if lone else place
        if lone and len(ranges) == 4 and all(len(item) == 1 for item in self.found.state.values[name].values()):
            kept = place[2:]
        return Index(Name(name), tuple(map(nodes.Literal, kept)))

    def array(self, name: str) -> Iterator[doc.Block]:
        """An unrolled step as the array that it makes; one that only repeats what was given is left out."""
        step = self.found.formula.by_name[name]
        assert isinstance(step, Step)
        value = self.found[name]
        given = [self.found[v.name] for v in self.found.formula.variables]
        if name in self._results() or (name in self.operation.repeats and value in given):
            return
        yield doc.Paragraph(_sentence(step.meaning))
        op = self.writer.op(name)
        if name not in self.operation.repeats and len(printing.text(op.node)) <= _WIDEST:
            yield doc.Formula(
                (doc.Equation(Index(Name(name), tuple(Name(each.index) for each in op.each)), (op.node,)),)
            )
        yield from self.shown(name, value)

    def series(self, names: list[str]) -> Iterator[doc.Block]:
        """Steps that run together over time: their rules, then a table per time step, or one for all."""
        rules: list[tuple[doc.Words, doc.Equation]] = []
        names = [name for name in names if not self._hands_on(name)]
        if not names:
            return
        for name in names:
            step = self.found.formula.by_name[name]
            assert isinstance(step, Step)
            op = self.writer.op(name)
            at = Index(Name(name), (Name(op.each[0].index),))
            rules.append((step.meaning, doc.Equation(at, (self.writer.letters(name),))))
        yield doc.Steps(tuple(rules))
        index = self.writer.op(names[0]).each[0].index
        places = [place for (place,) in self.writer.places(names[0])]
        if len(places) > MOST_TABLES:
            yield self._whole(names, index, places[:MOST_ROWS])
            yield from _first(MOST_ROWS, len(places))
            return
        for place in places:
            yield self._at(names, index, place, place == places[0])

    def _hands_on(self, name: str) -> bool:
        """Whether a series is that of a called formula as it is, which has been told."""
        op = self.writer.op(name)
        at = tuple(Name(each.index) for each in op.each)
        return isinstance(op.node, Index) and "." in str(getattr(op.node.base, "id", "")) and op.node.indices == at

    def _at(self, names: list[str], index: str, place: int, first: bool) -> doc.Table:
        rows: list[tuple[doc.Words, ...]] = []
        for name in names if first else ():
            if self.writer.op(name).before is not None:
                rows.append(self._row(name, (place - 1,)))
        rows += [self._row(name, (place,)) for name in names]
        caption = (doc.Math(Name(index)), f" = {place}")
        return doc.Table(("", "with the numbers put in", "value"), tuple(rows), ("left", "left", "right"), caption)

    def _whole(self, names: list[str], index: str, places: list[int]) -> doc.Table:
        header = (doc.Math(Name(index)), *(doc.Math(Name(name)) for name in names))
        rows = tuple(
            (str(place), *(self.words(self.writer.value(name, (place,))) for name in names)) for place in places
        )
        return doc.Table(header, rows, _right(len(header)))

    # what comes out

    def results(self) -> Iterator[doc.Block]:
        """The answers, the winners of a pooling among them."""
        printed = self._results()
        first = self.found[printed[0]]
        yield doc.Heading(1, "Result")
        if len(printed) == 1 and self.style.is_rounded(first) and rank(first) <= 1 and not self.style.fractions:
            yield self._long(printed[0], first)
            yield from _first(MOST_ROWS, len(first) if isinstance(first, tuple) else 1)
            return
        for name in printed:
            yield from self.shown(name, self.found[name])
        if "winner_row" in self.found.formula.by_name:
            yield from self._winners()

    def _results(self) -> list[str]:
        """The answers that are shown at the end: of several the first, but for gradients and numbers side by side."""
        answers = [name for name in self.found.formula.answers if name not in _PLACES]
        if not self._is_backward(answers):
            return answers[:1]
        return ["output", *answers] if "output" in self.found.formula.by_name else answers

    def _is_backward(self, answers: list[str]) -> bool:
        """Whether all answers are results: gradients, or numbers none of which is a whole series."""
        if self.operation.gradients_of(self.found.formula):
            return True
        steps = [self.found.formula.by_name[name] for name in answers]
        return len(answers) > 1 and not any(isinstance(step, Step) and step.each for step in steps)

    def _long(self, name: str, value: Value) -> doc.Table:
        """Numbers in twelve decimals, or in those of the profile."""
        step = self.found.formula.by_name[name]
        assert isinstance(step, Step)
        index = self.writer.op(name).each[0].index if step.each else "i"
        numbers = value if isinstance(value, tuple) else (value,)
        asked = self.style.course.decimals
        long = LONG_DIGITS if asked == "auto" else asked
        rows = tuple((str(place), self._in_digits(number, long)) for place, number in enumerate(numbers[:MOST_ROWS], 1))
        if not isinstance(value, tuple):
            return doc.Table(("", "value"), ((doc.Math(Name(name)), rows[0][1]),), ("left", "right"))
        return doc.Table((doc.Math(Name(index)), doc.Math(Name(name))), rows, ("right", "right"))

    def _in_digits(self, number: Value, digits: int) -> doc.Words:
        """A number in so many decimals; what has letters in it as it stands elsewhere."""
        return doc.Math(self.style.node(number)) if isinstance(number, Node) else decimals(number, digits)

    def _winners(self) -> Iterator[doc.Block]:
        image, rows, columns = (self.found[name] for name in ("x", "winner_row", "winner_column"))
        for c, (channel, tall, wide) in enumerate(zip(image, rows, columns, strict=True), 1):
            won = {(i, j) for r, k in zip(tall, wide, strict=True) for i, j in zip(r, k, strict=True)}
            cells = tuple(
                (str(i), *(self._marked(value, (i, j) in won) for j, value in enumerate(row, 1)))
                for i, row in enumerate(channel, 1)
            )
            header = ("", *(str(j) for j in range(1, len(channel[0]) + 1)))
            where = f" of channel {c}" if len(image) > 1 else ""
            if len(header) <= 16:
                yield doc.Table(header, cells, _right(len(header)), f"The winners{where}, in brackets")

    def _marked(self, value: Value, won: bool) -> doc.Words:
        text = doc.plain(self.words(value))
        return doc.Strong(f"[{text}]") if won else text

    def notes(self) -> Iterator[doc.Block]:
        convention = self.found.convention
        if convention is not self.found.formula.conventions[0]:
            yield doc.Note("note", f"as in {convention.who}: {convention.says}")
        for words in (*self.found.warnings, *self.found.formula.notes):
            yield doc.Note("note", words)

    # numbers and arrays

    def words(self, value: Value) -> doc.Words:
        return doc.Math(self.style.node(value))

    def shown(self, name: str, value: Value) -> Iterator[doc.Block]:
        """An array as matrices, or its size where it is too large to print."""
        if self._fits(value):
            yield doc.Formula(tuple(_matrices(name, value, self.style)))
        else:
            yield doc.Paragraph((doc.Math(Name(name)), f": {size_words(value)}"))

    def _fits(self, value: Value) -> bool:
        parts = [part for _, part in matrices(value)]
        return len(parts) <= _TALLEST and all(self._fits_in(part) for part in parts)

    def _fits_in(self, part: Value) -> bool:
        if not isinstance(part, tuple):
            return True
        rows = part if isinstance(part[0], tuple) else (part,)
        if len(rows) > _TALLEST or len(rows[0]) > _WIDEST:
            return False
        widths = (
            max(len(printing.text(self.style.node(item))) + 2 for item in column) for column in zip(*rows, strict=True)
        )
        return sum(widths) <= _WIDEST


def _matrices(name: str, value: Value, style: NumberStyle) -> Iterator[doc.Equation]:
    """Equations whose right sides are matrices: one per channel, and per filter and channel."""
    for place, part in matrices(value):
        left = Index(Name(name), tuple(map(nodes.Literal, place))) if place else Name(name)
        yield doc.Equation(left, (style.node(part),), rounded=style.is_rounded(part))


def _listed(waiting: list[tuple[doc.Words, doc.Equation]]) -> Iterator[doc.Block]:
    if waiting:
        yield doc.Steps(tuple(waiting))
        waiting.clear()


def _first(shown: int, of: int) -> Iterator[doc.Note]:
    """What is said where not all rows are shown."""
    if of > shown:
        yield doc.Note("note", f"the first {shown} of {of:,} are shown; --json has all values")


def _right(columns: int) -> tuple[Literal["left", "center", "right"], ...]:
    right: Literal["right"] = "right"
    return (right,) * columns


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}:"


# gradients beside their finite differences

_MOST_ROWS = 24


def _checks(found: Working, checks: Checks, style: NumberStyle) -> Iterator[doc.Block]:
    if checks.made:
        yield from _compared(found, checks.made, style)
    if checks.too_long:
        names = ", ".join(checks.too_long)
        yield doc.Note("note", f"not checked by finite differences, which would take long: {names}")


def _compared(found: Working, checked: Sequence[Differences], style: NumberStyle) -> Iterator[doc.Block]:
    rows: list[tuple[doc.Words, ...]] = []
    for each in checked:
        gradient = list(_entries(found[each.answer]))
        for (whole, value), (_, other) in zip(gradient, _entries(each.values), strict=True):
            place = whole[lone(found[each.answer]) :]
            label = Index(Name(each.answer), tuple(map(nodes.Literal, place))) if place else Name(each.answer)
            rows.append((doc.Math(label), _long_number(value, style), _long_number(other, style)))
    yield doc.Heading(1, "Checked by finite differences")
    header = ("", "gradient", "(L(a + h) − L(a − h))/(2h)")
    yield doc.Table(header, tuple(rows[:_MOST_ROWS]), ("left", "right", "right"))
    if len(rows) > _MOST_ROWS:
        yield doc.Note("note", f"the first {_MOST_ROWS} of {len(rows)} are shown; all were compared")
    apart = [each.answer for each in checked if not each.agrees]
    if not apart:
        yield doc.Note("right", "the differences agree with every gradient")
    else:
        yield doc.Note("warning", f"{', '.join(apart)}: where cells tie, or a sum is 0 at a ReLU, the loss has a kink; "
                       "there the difference lies between the slopes of its two sides")  # fmt: skip


def _long_number(value: Value, style: NumberStyle) -> doc.Words:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Fraction) and not style.is_rounded(value):
        return doc.Math(style.node(value))
    return decimals(value, 9)


def _entries(value: Value, place: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Value]]:
    """The numbers of an array, each with its place."""
    if isinstance(value, tuple):
        for number, item in enumerate(value, 1):
            yield from _entries(item, (*place, number))
    else:
        yield place, value


# one answer alone


def givens(found: Working, operation: Operation, style: NumberStyle) -> tuple[doc.Block, ...]:
    """What is given for an operation, under its heading."""
    return tuple(_Narrator(found, operation, style).given())


def answer_steps(
    found: Working, operation: Operation, name: str, style: NumberStyle | None = None
) -> tuple[doc.Block, ...]:
    """The working of one answer, or of a step that is asked, as `dlcalc run` tells it."""
    needed = found.program.needed(name)
    asked = replace(found, formula=replace(found.formula, answers=(name,)))
    printed = replace(operation, cells=tuple(cell for cell in operation.cells if cell in needed), gradients={})
    blocks = document(asked, printed, style or NumberStyle()).blocks
    after = dropwhile(lambda block: not (isinstance(block, doc.Heading) and block.words == "Step by step"), blocks)
    return tuple(block for block in after if not isinstance(block, doc.Heading))
