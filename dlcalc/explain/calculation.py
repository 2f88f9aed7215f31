"""Workings as documents: what every view and every format shows of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from typing import Literal

from .. import document as doc
from ..document import COURSE, Profile, has_floats, is_long, rounded, shape_words, shown_by, value_words
from ..errors import UserError
from ..expressions import nodes, printing
from ..expressions.evaluate import evaluate
from ..expressions.nodes import (
    Call,
    FormulaCall,
    Index,
    Name,
    Node,
    Value,
    Vector,
    names_in,
    rewriting,
    to_node,
    walk,
)  # fmt: skip
from ..expressions.printing import Spell
from ..formulas.model import Convention, Formula, Step
from ..formulas.present import AXIS_LETTERS, AXIS_WORDS
from ..formulas.run import Line, Working, contains_letters, run
from .called import opened
from .visible_steps import is_trivial, reads, shown_lines


def working(found: Working, spell: Spell = None, title: str = "") -> doc.Document:
    """The answer with its working: shapes, givens, the textbook's line, the steps, the counts, what was not given."""
    blocks: list[doc.Block] = [*_shapes(found), givens(found), *_main(found), *_steps(found), *_counts(found)]
    return doc.Document(title or found.formula.title, (*blocks, *_notes(found)), spell)


def _shapes(found: Working) -> list[doc.Block]:
    formula = found.formula
    if not formula.shape:
        return []
    out = shape_words(found.shown(formula.shape))
    if not formula.input_shape:
        return [doc.Paragraph(("output ", *out))]
    entering = found.evaluate(formula.input_shape)
    return [doc.Paragraph((*shape_words(entering), "  →  ", *out))]


def givens(found: Working, answer: str = "") -> doc.Table:
    """The quantities, or those that one answer reads: their letter, what they are, their value, and whether they were
    given.
    """
    rows: list[tuple[doc.Words, ...]] = []
    read = {name for step in found.program.needed(answer) for name in found.program.reads(step)} if answer else None
    for variable in found.formula.variables:
        if read is not None and variable.name not in read:
            continue
        value = found.state.values[variable.name]
        if variable.name in found.given:
            status: doc.Words = ""
        elif variable.default is not None:
            status = "default"
        else:
            status = "not given"
        shown: doc.Words = value_words(found[variable.name], found.formula.is_per_axis(variable.name))
        if status == "default" and is_trivial(value):
            continue
        rows.append((doc.Math(Name(variable.name)), variable.meaning, shown, status))
    return doc.Table(("", "quantity", "value", ""), tuple(rows), ("left", "left", "right", "left"))


def equation(found: Working, line: Line) -> doc.Equation:
    """name = letters = values put in = value; what repeats itself is left out."""
    left: Node = Name(line.name)
    if line.axis:
        left = Name(f"{line.name}_{AXIS_LETTERS[found.formula.axes][line.axis - 1]}")
    elif "[" in line.name:
        left = found.formula.parse(line.name)
    value = rounded(line.value)
    rights: list[Node] = []
    middle = () if _half_indexed(line.values) else (rewriting(_short)(line.values),)
    written = () if _is_inner(line.expression, found.formula) else (line.expression, *middle)
    for right in map(_without_lists_of_one, (*written, to_node(value))):
        if not rights or right != rights[-1]:
            rights.append(right)
    if contains_letters(line.value) and len(rights) == 3:
        rights.pop(1)  # half filled in, it says no more than the folded value
    is_rounded = has_floats(line.value)
    return doc.Equation(left, tuple(rights), rounded=is_rounded and len(rights) > 1)


def _short(node: Node, below: Callable[[Node], Node]) -> Node:
    """An expression with the numbers that were put in rounded as results are."""
    match node:
        case nodes.Literal(value) if isinstance(value, float) or is_long(value):
            return to_node(shown_by().for_givens.rounded(value))
        case nodes.Div(nodes.Literal(int(a)), nodes.Literal(int(b))) if b and is_long(Fraction(a, b)):
            return to_node(shown_by().for_givens.rounded(Fraction(a, b)))
    return node.map(below)


def _without_lists_of_one(node: Node) -> Node:
    """An expression in which a list of one number is that number."""
    if not any(isinstance(part, Vector) and len(part.items) == 1 for part in walk(node)):
        return node
    return rewriting(_lone)(node)


def _lone(node: Node, below: Callable[[Node], Node]) -> Node:
    return below(node.items[0]) if isinstance(node, Vector) and len(node.items) == 1 else node.map(below)


def _half_indexed(node: Node) -> bool:
    """Whether an array stands before an index that is still a letter, as inside Σ: nobody reads (5, 2, 5)[l]."""
    return any(isinstance(part, Index) and isinstance(part.base, Vector) for part in walk(node))


def _headline(formula: Formula) -> str:
    """The step whose textbook line stands on top: a layer's size where it has one, else the main answer."""
    sized = [
        name for name in formula.answers if formula.is_per_axis(name) and any(f.step == name for f in formula.forms)
    ]
    return sized[0] if sized else _main_answer(formula)


def _main_answer(formula: Formula) -> str:
    """The first answer that is not the output's shape; the shape where nothing else is asked."""
    return next((name for name in formula.answers if name != formula.shape), formula.shape)


def _main(found: Working) -> list[doc.Block]:
    name = _headline(found.formula)
    step = found.formula.by_name[name]
    words = step.meaning if isinstance(step, Step) else name
    return [
        doc.Heading(1, words[:1].upper() + words[1:]),
        doc.Formula(tuple(equation(within, line) for within, line in opened(found, found.lines(name)))),
    ]


def _steps(found: Working) -> list[doc.Block]:
    """The fine steps behind the headline, under a heading of their own."""
    blocks = _steps_to(found, _headline(found.formula))
    return [doc.Heading(1, "Step by step"), *blocks] if blocks else []


def _steps_to(found: Working, name: str) -> list[doc.Block]:
    """The fine steps behind one answer, where there is more than one that says something."""
    unrolled = [step for step in found.formula.steps if step.each and step.name in found.program.needed(name)]
    lines = [line for line in shown_lines(found, name) if "[" not in line.name]
    lines_shown = (
        opened(found, lines) if any(step.called for step in found.formula.steps) else [(found, at) for at in lines]
    )
    items: list[tuple[doc.Words, doc.Equation]] = [
        (line.meaning, equation(within, line)) for within, line in lines_shown if line.name != found.formula.shape
    ]  # the shape is told as 55 × 55 × 96
    if not unrolled:
        return [doc.Steps(tuple(items))] if len(items) > 1 else []
    place = next((i for i, line in enumerate(lines) if _comes_after(found, line.name, unrolled[0].name)), len(items))
    rules: list[tuple[doc.Words, doc.Equation]] = [(step.meaning, _rule(found, step)) for step in unrolled]
    items[place:place] = rules
    return [doc.Steps(tuple(items)), _unrolled_table(found, unrolled)]


def answer(found: Working, name: str) -> tuple[doc.Block, ...]:
    """How one answer comes about: its textbook line with the values put in, and the steps behind it."""
    blocks = _steps_to(found, name)
    if name in found.formula.by_name and name != found.formula.shape:
        lines_shown = opened(found, found.lines(name))
        blocks.insert(0, doc.Formula(tuple(equation(within, line) for within, line in lines_shown)))
    elif name in found.formula.by_name:
        shown = found.shown(name)
        blocks.append(doc.Paragraph(("The output is ", *shape_words(shown if isinstance(shown, tuple) else (shown,)))))
    else:  # one of a formula that a step works out
        blocks.insert(0, doc.Formula((doc.Equation(Name(name), (to_node(found.shown(name)),)),)))
    words = _conventions(found) if name == counted(found.formula) else []
    return (*blocks, *(doc.Note("note", each) for each in words))


def _comes_after(found: Working, name: str, other: str) -> bool:
    return found.program.place[name] > found.program.place[other]


def _rule(found: Working, step: Step) -> doc.Equation:
    """What an unrolled step does at every index, in letters."""
    op = found.program.ops[found.program.place[step.name]]
    indices = tuple(Name(each.index) for each in op.each)
    return doc.Equation(Index(Name(step.name), indices), (op.node,))


def _unrolled_table(found: Working, unrolled: list[Step]) -> doc.Table:
    """The values of unrolled steps, one row per index."""
    values = [found.state.values[step.name] for step in unrolled]
    (each, *_) = found.program.ops[found.program.place[unrolled[0].name]].each
    numbers = sorted({number for value in values for number in value})
    rows = tuple(
        (str(number), *(value_words(rounded(value[number])) if number in value else "" for value in values))
        for number in numbers
    )
    header = (doc.Math(Name(each.index)), *(doc.Math(Name(step.name)) for step in unrolled))
    right: Literal["right"] = "right"
    return doc.Table(header, rows, (right,) * len(header))


def _counts(found: Working) -> list[doc.Block]:
    """The other answers: formula, values put in, result."""
    headline = _headline(found.formula)
    rows: list[tuple[doc.Words, ...]] = []
    for name in found.formula.answers:
        if name == found.formula.shape or (name == headline and not (found.formula.shape and name == "parameters")):
            continue
        if name == "macs" and _costs_flops(found.formula):
            continue
        step = found.formula.by_name[name]
        assert isinstance(step, Step)
        for line in found.lines(name):
            words = f"{step.meaning}, {AXIS_WORDS[found.formula.axes][line.axis - 1]}" if line.axis else step.meaning
            formula = _shape_of(line.expression)
            if formula is not None:
                rows.append((words, shape_words(formula), shape_words(line.value)))
            else:
                told = _in_letters(found, line)
                is_shape = isinstance(line.value, tuple) and isinstance(line.expression, Name)
                value = shape_words(line.value) if is_shape else in_units(line.value, step.unit)
                rows.append((words, "" if told is None else doc.Math(told), value))
    if not rows:
        return []
    table = doc.Table(("quantity", "formula", "value"), tuple(rows), ("left", "left", "right"))
    return [doc.Heading(1, "Parameters and cost" if found.formula.shape else "Also"), table]


def _in_letters(found: Working, line: Line) -> Node | None:
    """A line's expression in what the question and the table name; None where only its program says it.

    A step that no answer is stands with what it is made of: 4DLm, not cells·L·gates·m.
    """
    node = _cost_in_full(found, line)
    if _is_inner(node, found.formula):
        return None
    inner = reads(node, found.formula) - {v.name for v in found.formula.variables} - set(found.formula.answers)
    if not inner:
        return node
    same = (each for each in shown_lines(found, line.name) if (each.name, each.axis) == (line.name, line.axis))
    return next((each.expression for each in same if not _is_inner(each.expression, found.formula)), node)


_INNER = frozenset({"len", "shape", "prod"})
"""Functions of whole lists, by which a program says what a textbook writes out."""


def _is_inner(node: Node, formula: Formula) -> bool:
    """Whether it holds what only a program has: a list's length, its entry at a step's number, a formula's name."""
    return any(
        isinstance(part, FormulaCall)
        or (isinstance(part, Call) and part.function in _INNER)
        or (isinstance(part, Index) and any(isinstance(formula.by_name.get(n), Step) for i in part.indices
                                            for n in names_in(i)))
        for part in walk(node)
    )  # fmt: skip


def _costs_flops(formula: Formula) -> bool:
    """Whether FLOPs are shown alone, as the profile's cost."""
    return shown_by().cost == "flops" and "flops" in formula.answers


def _cost_in_full(found: Working, line: Line) -> Node:
    """A line's expression; of FLOPs that stand alone without the MACs that are not shown, 2·o²f²ck."""
    if line.name != "flops" or not _costs_flops(found.formula):
        return line.expression
    return to_node(evaluate(line.expression, {macs.name: macs.expression for macs in found.lines("macs")}))


def in_units(value: Value, unit: str) -> doc.Words:
    """A value in a table cell with its unit: 11 pixels; a memory as the profile shows it."""
    if unit == "bytes" and isinstance(value, int):
        value, unit = shown_by().memory(value), shown_by().memory_unit
    shown = rounded(value)
    words = value_words(shown)
    if isinstance(shown, Fraction) and "/" in printing.text(shown):
        decimal = shown_by().rounded(value)  # what is written as a fraction, as a decimal too
        words = (doc.Math(shown), " = " if Fraction(repr(decimal)) == shown else " ≈ ", doc.Math(decimal))
    named = f" {unit.removesuffix('s') if value == 1 else unit}" if unit else ""
    return _flat((words, named))


def _shape_of(node: Node) -> tuple[Node, ...] | None:
    """The parts of an expression that is a shape."""
    if isinstance(node, Call) and node.function == "shape":
        return node.arguments
    return node.items if isinstance(node, Vector) else None


def _flat(words: tuple[doc.Words, str]) -> doc.Words:
    first, unit = words
    return (*(first if isinstance(first, tuple) else (first,)), unit) if unit else first


def _notes(found: Working) -> list[doc.Block]:
    blocks: list[doc.Block] = [doc.Note("warning", message) for message in found.warnings]
    missing = found.missing
    if missing:
        letters: list[str | doc.Inline] = ["not given: "]
        for place, variable in enumerate(missing, 1):
            after = "" if place == len(missing) else " and " if place == len(missing) - 1 else ", "
            letters += [doc.Math(Name(variable.name)), f" ({variable.meaning}){after}"]
        stays = "it stays a letter" if len(missing) == 1 else "they stay letters"
        blocks.append(doc.Note("note", (*letters, f"; {stays}")))
    blocks += [doc.Note("note", words) for words in _conventions(found)]
    return blocks


def listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _conventions(found: Working) -> list[doc.Words]:
    """The convention in use, and what the others give."""
    name = counted(found.formula)
    words: list[str | doc.Inline] = [f"counted here as in {found.convention.who}: {found.convention.says}"]
    for other, same in neighbours(found):
        value = value_words(same.shown(name))
        if other.variant or value == value_words(found.shown(name)):
            continue
        words += [f"; {other.who}: ", *(value if isinstance(value, tuple) else (value,))]
        words += [f" ({other.says})"] if other.says else []
    lines_shown = len(words) > 1 or found.convention is not found.formula.conventions[0]
    return [tuple(words)] if lines_shown else []


def neighbours(found: Working) -> list[tuple[Convention, Working]]:
    """The same question under each of the formula's conventions, but for those under which it has no answer."""
    same: list[tuple[Convention, Working]] = []
    for convention in found.formula.conventions:
        with suppress(UserError):
            same.append((convention, run(found.formula, found.given, convention=convention.name)))
    return same


def counted(formula: Formula) -> str:
    """The answer by which conventions are told apart: the parameters where there are any, else the main answer."""
    return "parameters" if "parameters" in formula.answers else _main_answer(formula)


def course(used: Profile) -> tuple[doc.Block, ...]:
    """The profile in use, where it is not the course's own."""
    if used == COURSE:
        return ()
    title = "" if used.title == used.name else f": {used.title}"
    return (doc.Note("note", f"as in the profile {used.name}{title}"),)


def right_value(name: str, value: Value) -> doc.Formula:
    """The right value of something that was asked."""
    return doc.Formula((doc.Equation(name, (to_node(rounded(value)),), rounded=has_floats(value)),))
