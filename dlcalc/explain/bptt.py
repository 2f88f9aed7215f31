"""Backpropagation through time as a document: the equations, the gradient in the form asked for, and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import document as doc
from .. import gradients
from ..document import rounded, showing, shown_by
from ..expressions.evaluate import evaluate, substitute
from ..expressions.nodes import Literal, Name, Node, Value, to_node
from ..expressions.printing import Spell
from ..gradients import Derivation, Line, Numbers
from ..gradients.lines import loss_at, written_out
from ..gradients.local import moved
from ..gradients.model import TIME
from ..gradients.through_time import ThroughTime
from .number_style import is_large, size_words

DECIMALS = 4
"""Decimals of the numbers put in, and of what they come to where the profile does not say."""
SHOWN_STEPS = 4
"""A computation in numbers is worked through for at most so many steps."""
FORM_TITLES = {"general": "The general form", "delta": "The recursion"}


def document(asked: ThroughTime, spell: Spell = None) -> doc.Document:
    """The formulas in the form asked for, and the numbers where there are any."""
    found = asked.derivation
    title = found.network.title[0].upper() + found.network.title[1:]
    blocks: list[doc.Block] = [
        doc.Paragraph((doc.Math(found.gradient_of), f": {gradients.FORMS[found.form]}")),
        doc.Formula(tuple(_equation(line) for line in found.equations)),
        _letters(asked),
    ]
    if found.form == "paths":
        blocks += _paths(asked)
    elif found.form == "numeric":
        blocks += _numeric(asked)
    else:
        blocks += [doc.Heading(2, FORM_TITLES[found.form]), doc.Formula(tuple(map(_equation, found.lines)))]
    blocks += [doc.Note("note", doc.sentence(note)) for note in found.notes]
    return doc.Document(f"{title}: backpropagation through time", tuple(blocks), spell)


def question(found: Derivation) -> doc.Paragraph:
    """Which gradient of which network is asked for."""
    return doc.Paragraph((doc.Math(found.gradient_of), f": {found.network.title}"))


def right_gradient(found: Derivation) -> doc.Formula:
    """The gradient alone, in the layout asked for, as it is shown beside a verdict."""
    line = found.lines[-1]
    return doc.Formula((doc.Equation(line.left, (line.right,)),))


def _letters(asked: ThroughTime) -> doc.Table:
    rows = tuple(
        (doc.Math(_letter(asked, name)), meaning, "×".join(shape) or "a number")
        for name, meaning, shape in asked.derivation.meanings
    )
    return doc.Table(("", "meaning", "shape"), rows)


def _letter(asked: ThroughTime, name: str) -> Node:
    """A weight's letter; a first state as the formulas have it, h₀."""
    network = asked.derivation.network
    signal = next((signal for signal, first in network.firsts.items() if first == name), None)
    if signal is None:
        return Name(name)
    return asked.derivation.first_place(signal)


def _paths(asked: ThroughTime) -> list[doc.Block]:
    found = asked.derivation
    one, explicit = found.count == 1, found.count_explicit
    counted = f"{found.count:,} path{'' if one else 's'}, {explicit:,} explicit"
    blocks: list[doc.Block] = [doc.Heading(2, counted)]
    terms = []
    for path in found.paths:
        kind = "explicit" if path.explicit else "implicit"
        terms.append(doc.Equation(path.chain, (path.expression,), kind))
    blocks.append(doc.Formula(tuple(terms)))
    if len(found.paths) < found.count:
        left = found.count - len(found.paths)
        blocks.append(doc.Paragraph(f"… and {left:,} more: the gradient is the sum of all {found.count:,}"))
    return blocks


def _numeric(asked: ThroughTime) -> list[doc.Block]:
    found = asked.derivation
    with showing(shown_by().for_givens):
        named = [(_letter(asked, name), value) for name, value in asked.numbers.values.items()]
        values = tuple(doc.Equation(letter, (rounded(value),)) for letter, value in named if not is_large(value))
    blocks: list[doc.Block] = [doc.Heading(2, "Values"), doc.Formula(values)]
    blocks += [
        doc.Paragraph((doc.Math(letter), f": {size_words(value)}")) for letter, value in named if is_large(value)
    ]
    if found.layout == "number" and (found.steps or 0) <= SHOWN_STEPS:
        blocks += _worked_through(asked)
    blocks.append(doc.Heading(2, "The gradient"))
    *others, gradient = found.lines
    ends: tuple[Node, ...] = (gradient.right,)
    if found.layout == "number" and (found.steps or 0) <= SHOWN_STEPS:
        terms = written_out(gradient.right)
        numbers = substitute(terms, _short(asked.numbers.environment))
        ends = tuple(dict.fromkeys((gradient.right, terms, numbers, to_node(_come_to(asked.gradient)))))
    last = doc.Equation(gradient.left, ends, rounded=len(ends) > 1)
    blocks.append(doc.Formula((*map(_equation, others), last)))
    rows: list[tuple[doc.Words, ...]] = [("the formula", _stated(asked.gradient), "")]
    if asked.beside is not None:
        apart = gradients.difference(asked.gradient, asked.beside)
        rows.append(("finite differences", _stated(asked.beside), f"{apart:.1e} apart"))
    if asked.slopes is not None:
        ours, theirs = asked.slopes
        rows.append(("its slope along the weight", doc.Math(rounded(ours)), ""))
        rows.append(("… by a finite difference", doc.Math(rounded(theirs)), f"{abs(ours - theirs):.1e} apart"))
    if asked.by_kernels is not None:
        rows.append(("the kernels, in columns", _stated(asked.by_kernels), f"{asked.kernel_difference:.1e} apart"))
    blocks.append(doc.Table(("by", "value", ""), tuple(rows)))
    return blocks


def _stated(value: Value) -> doc.Words:
    """A gradient, or its size where it is large."""
    return size_words(value) if is_large(value) else doc.Math(rounded(value))


def _worked_through(asked: ThroughTime) -> list[doc.Block]:
    """Every step in numbers: the letters, the numbers put in, and what they come to."""
    numbers, found = asked.numbers, asked.derivation
    numbers.by_delta()
    shown = _short(numbers.environment)
    forwards, backwards = [], []
    for time in range(1, numbers.steps + 1):
        for line in found.equations:
            if line.left != loss_at(TIME) or found.network.loss == "every" or time == numbers.steps:
                forwards.append(_in_numbers(line, time, numbers, shown))
    for _, _, line in gradients.Delta(found.network).unrolled(numbers.steps):
        right = gradients.in_layout(line, found.layout)
        backwards.append(_substituted(right.left, right.right, numbers.value(line), shown))
    return [
        doc.Heading(2, "Forwards"), doc.Formula(tuple(forwards)),
        doc.Heading(2, "Backwards"), doc.Formula(tuple(backwards)),
    ]  # fmt: skip


# lines in letters, and with numbers put in


def _equation(line: Line) -> doc.Equation:
    note = "; ".join(filter(None, (line.note, line.meaning)))
    return doc.Equation(line.left, (line.right,), note)


def _in_numbers(line: Line, time: int, numbers: Numbers, shown: Mapping[str, Any]) -> doc.Equation:
    left, right = (moved(node, Literal(time)) for node in (line.left, line.right))
    return _substituted(left, right, evaluate(right, numbers.environment), shown)


def _substituted(left: Node, right: Node, value: Value, shown: Mapping[str, Any]) -> doc.Equation:
    """letters = numbers ≈ value; the middle is left out where it says no more than the value."""
    middle, last = substitute(right, shown), to_node(_come_to(value))
    chain = (right, last) if middle == last else (right, middle, last)
    return doc.Equation(left, chain, rounded=True)


def _come_to(value: Value) -> Value:
    """What numbers come to, in the decimals of the profile or else in DECIMALS."""
    return rounded(_short(value) if shown_by().decimals == "auto" else value)


def _short(value: Any) -> Any:
    """Numbers with DECIMALS decimals, in whatever holds them."""
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(map(_short, value))
    return round(value, DECIMALS) if isinstance(value, float) else value
