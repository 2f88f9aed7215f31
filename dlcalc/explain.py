"""Workings, inverse questions and verdicts as documents: what every view and every format shows of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from . import document as doc
from .expressions.evaluate import evaluate, substitute
from .expressions.inverse import Solutions
from .expressions.nodes import Call, Name, Node, Value, Vector, names_in, to_node
from .expressions.printing import Spell
from .formulas.diagnose import Verdict
from .formulas.model import Formula, Step
from .formulas.present import AXIS_LETTERS, AXIS_WORDS
from .formulas.run import Line, Working, contains_letters, run

SIGNIFICANT = 6
"""Digits shown of a number that is not exact."""


def working(found: Working, spell: Spell = None, title: str = "") -> doc.Document:
    """The answer with its working: shapes, givens, the textbook's line, the steps, the counts, what was not given."""
    blocks: list[doc.Block] = [*_shapes(found), _givens(found), *_main(found), *_steps(found), *_counts(found)]
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


def shape_words(shape: Value) -> tuple[str | doc.Inline, ...]:
    """55 × 55 × k, as running text."""
    parts = shape if isinstance(shape, tuple) else (shape,)
    words: list[str | doc.Inline] = []
    for index, part in enumerate(parts):
        words += [" × "] if index else []
        words.append(doc.Math(part))
    return tuple(words)


def _givens(found: Working) -> doc.Table:
    rows: list[tuple[doc.Words, ...]] = []
    for variable in found.formula.variables:
        value = found.state.values[variable.name]
        if variable.name in found.given:
            status: doc.Words = ""
        elif variable.default is not None:
            status = "default"
        else:
            status = "not given"
        shown: doc.Words = _value_words(found[variable.name], found.formula.is_per_axis(variable.name))
        if status == "default" and value in (0, 1, (0, 0), (1, 1), (0,), (1,), (0, 0, 0), (1, 1, 1)):
            continue
        rows.append((doc.Math(Name(variable.name)), variable.meaning, shown, status))
    return doc.Table(("", "quantity", "value", ""), tuple(rows), ("left", "left", "right", "left"))


def _value_words(value: Value, per_axis: bool = False) -> doc.Words:
    """A value in a table cell: thousands grouped, shapes with ×, arrays and letters as maths."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if per_axis and isinstance(value, tuple):
        return shape_words(value)
    if isinstance(value, float):
        return doc.Math(rounded(value))
    return doc.Math(value)


def rounded(value: Value) -> Value:
    """A value with its floats cut to SIGNIFICANT digits, for showing."""
    if isinstance(value, tuple):
        return tuple(rounded(item) for item in value)
    if isinstance(value, dict):
        return tuple(rounded(item) for key, item in value.items() if key >= 1)
    if isinstance(value, float):
        short = float(f"{value:.{SIGNIFICANT}g}")
        return int(short) if short.is_integer() and abs(short) < 1e15 else short
    return value


def equation(found: Working, line: Line) -> doc.Equation:
    """name = letters = values put in = value; what repeats itself is left out."""
    left: Node = Name(line.name)
    if line.axis:
        left = Name(f"{line.name}_{AXIS_LETTERS[found.formula.axes][line.axis - 1]}")
    elif "[" in line.name:
        left = found.formula.parse(line.name)
    value = rounded(line.value)
    rights: list[Node] = []
    for right in (line.expression, line.values, to_node(value)):
        if not rights or right != rights[-1]:
            rights.append(right)
    if contains_letters(line.value) and len(rights) == 3:
        rights.pop(1)  # half filled in, it says no more than the folded value
    is_rounded = has_floats(line.value)
    return doc.Equation(left, tuple(rights), rounded=is_rounded and len(rights) > 1)


def has_floats(value: Value) -> bool:
    """Whether a value is rounded when shown."""
    if isinstance(value, tuple):
        return any(has_floats(item) for item in value)
    if isinstance(value, dict):
        return any(has_floats(item) for item in value.values())
    return isinstance(value, float)


def _headline(formula: Formula) -> str:
    """The step whose textbook line stands on top: a layer's size where it has one, else the main answer."""
    sized = [
        name for name in formula.answers if formula.is_per_axis(name) and any(f.step == name for f in formula.forms)
    ]
    return sized[0] if sized else next(name for name in formula.answers if name != formula.shape)


def _main(found: Working) -> list[doc.Block]:
    name = _headline(found.formula)
    step = found.formula.by_name[name]
    words = step.meaning if isinstance(step, Step) else name
    return [
        doc.Heading(1, words[:1].upper() + words[1:]),
        doc.Formula(tuple(equation(found, line) for line in found.lines(name))),
    ]


def _steps(found: Working) -> list[doc.Block]:
    """The fine steps behind the headline, where there is more than one that says something."""
    items = tuple((line.meaning, equation(found, line)) for line in telling(found, _headline(found.formula)))
    return [doc.Heading(1, "Step by step"), doc.Steps(items)] if len(items) > 1 else []


def telling(found: Working, name: str) -> list[Line]:
    """The steps that lead to `name`, without what only hands a number on.

    Defaults are put in and folded, so that without padding or dilation neither is mentioned, and what is multiplied by
    zero is left out. The whole program is `Working.steps`.
    """
    needed = found.program.needed(name)
    lines = [line for line in found.steps if line.name.partition("[")[0] in needed]
    if any("[" in line.name for line in lines) or any(step.called for step in found.formula.steps):
        return lines
    kept: list[Line] = []
    for axis in sorted({line.axis for line in lines if line.axis}) or [0]:
        folder = _Folder(found, axis)
        kept += folder.live([line for line in lines if line.axis in (0, axis)], name)
    return list(dict.fromkeys(kept)) if len(kept) < 100 else kept


class _Folder:
    """Puts defaults into the steps of one axis and follows what is still read."""

    def __init__(self, found: Working, axis: int) -> None:
        lane = found.state.lanes[max(0, axis - 1)] if found.state.lanes else found.state.values
        self.values = lane
        self.known: dict[str, Value] = {name: lane[name] for name in found.defaults}

    def live(self, lines: list[Line], name: str) -> list[Line]:
        folded: dict[str, Line] = {}
        for line in lines:
            node = to_node(evaluate(line.expression, self.known))
            if line.name != name and (isinstance(node, Name) or not any(names_in(node))):
                self.known[line.name] = node if isinstance(node, Name) else evaluate(node)
                continue
            folded[line.name] = replace(line, expression=node, values=substitute(node, self.values))
        wanted = {name}
        for line in reversed(folded.values()):
            if line.name in wanted:
                wanted.update(names_in(line.expression))
        return [line for line in folded.values() if line.name in wanted]


def _counts(found: Working) -> list[doc.Block]:
    """The other answers: formula, values put in, result."""
    headline = _headline(found.formula)
    rows: list[tuple[doc.Words, ...]] = []
    for name in found.formula.answers:
        if name in (headline, found.formula.shape):
            continue
        step = found.formula.by_name[name]
        assert isinstance(step, Step)
        for line in found.lines(name):
            words = f"{step.meaning}, {AXIS_WORDS[found.formula.axes][line.axis - 1]}" if line.axis else step.meaning
            formula = _shape_of(line.expression)
            unit = f" {step.unit}" if step.unit else ""
            if formula is not None:
                rows.append((words, shape_words(formula), shape_words(line.value)))
            else:
                rows.append((words, doc.Math(line.expression), _flat((_value_words(rounded(line.value)), unit))))
    if not rows:
        return []
    table = doc.Table(("quantity", "formula", "value"), tuple(rows), ("left", "left", "right"))
    return [doc.Heading(1, "Parameters and cost" if found.formula.shape else "Also"), table]


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
        named = _listed([f"{v.name} ({v.meaning})" for v in missing])
        blocks.append(
            doc.Note("note", f"not given: {named}; {'it stays a letter' if len(missing) == 1 else 'they stay letters'}")
        )
    blocks += [doc.Note("note", words) for words in _conventions(found)]
    return blocks


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _conventions(found: Working) -> list[doc.Words]:
    """The convention in use, and what the others give."""
    formula = found.formula
    others = [c for c in formula.conventions if c is not found.convention and not c.variant]
    if not others:
        return []
    name = counted(formula)
    words: list[str | doc.Inline] = [f"counted here as in {found.convention.who}: {found.convention.says}"]
    for other in others:
        value = run(formula, found.given, convention=other.name)
        if value.state.values[name] == found.state.values[name]:
            continue
        words += [f"; {other.who}: ", doc.Math(rounded(value.shown(name)))]
        words += [f" ({other.says})"] if other.says else []
    return [tuple(words)] if len(words) > 1 else []


def counted(formula: Formula) -> str:
    """The answer by which conventions are told apart: the parameters where there are any, else the main answer."""
    return "parameters" if "parameters" in formula.answers else next(n for n in formula.answers if n != formula.shape)


def solutions(
    title: str, wanted: Mapping[str, str], found: Solutions, spell: Spell = None, most: int = 40
) -> doc.Document:
    """The answer to an inverse question: how many solutions, which, and where was looked."""
    asked = _listed([text if name == "equation" else f"{name} = {text}" for name, text in wanted.items()])
    heading = f"{title}: which {_listed(list(found.searched))} give {asked}?"
    return doc.Document(heading, tuple(_solution_blocks(found, most)), spell)


def _solution_blocks(found: Solutions, most: int) -> list[doc.Block]:
    names = tuple(found.searched)
    blocks: list[doc.Block] = [doc.Paragraph(counted_solutions(found))]
    if found.count == 1:
        only = found.found[0]
        blocks.append(doc.Formula(tuple(doc.Equation(name, (only[name],)) for name in names)))
    elif found.found:
        rows = tuple(tuple(f"{solution[name]:,}" for name in names) for solution in found.found[:most])
        header = tuple(doc.Math(Name(name)) for name in names)
        right: Literal["right"] = "right"
        blocks.append(doc.Table(header, rows, (right,) * len(names), row_headers=False))
        if found.count > most:
            blocks.append(doc.Note("note", f"the first {min(most, len(rows))} of {found.count:,} are shown"))
    return blocks


def counted_solutions(found: Solutions) -> str:
    """`1 solution; searched: s = 1..227`."""
    where = ", ".join(f"{name} = {low}..{high}" for name, (low, high) in found.searched.items())
    how_many = "no solution" if found.count == 0 else "1 solution" if found.count == 1 else f"{found.count:,} solutions"
    return f"{how_many}; searched: {where}"


def verdict(
    formula: Formula, name: str, answer: str, judged: Verdict, show: bool = False, spell: Spell = None
) -> doc.Document:
    """What an answer is worth, told to a student: the mistake and a hint; the right value only with `show`."""
    blocks: list[doc.Block] = []
    title = f"{formula.title}: {name} = {answer}"
    if judged.correct and judged.convention is None:
        return doc.Document(title, (doc.Note("right", "this is right"),), spell)
    if judged.correct and judged.convention is not None:
        other = judged.convention
        words = f"this is right as {other.who} count: {other.says}. Here it is counted otherwise"
        blocks.append(doc.Note("right", words))
    elif not judged.mistakes:
        blocks.append(doc.Note("mistake", "this is wrong; no typical mistake gives this"))
    else:
        several = len(judged.mistakes) + judged.more > 1
        blocks.append(doc.Note("mistake", "this is wrong. One of these gives it:" if several else "this is wrong."))
        reasons = tuple(candidate.because for candidate in judged.mistakes)
        blocks.append(doc.Items(reasons) if several else doc.Paragraph(reasons[0]))
        if judged.more:
            blocks.append(doc.Paragraph(f"and {judged.more} more"))
        if judged.mistakes[0].hint:
            blocks.append(doc.Note("hint", judged.mistakes[0].hint))
    if show:
        blocks.append(doc.Formula((doc.Equation(name, (to_node(rounded(_one(formula, name, judged.expected))),)),)))
    return doc.Document(title, tuple(blocks), spell)


def _one(formula: Formula, name: str, value: Value) -> Value:
    if formula.is_per_axis(name) and isinstance(value, tuple) and len(set(value)) == 1:
        return value[0]
    return value
