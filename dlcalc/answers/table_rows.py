"""One row of a network's table as a question: worked out on other inputs, with a student's values pinned, diagnosed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..errors import UserError
from ..expressions.answers import Answer, agrees
from ..expressions.nodes import Value
from ..expressions.totals import sum_of
from ..formulas.diagnose import Candidate, wrong_values
from ..formulas.model import Formula
from ..formulas.program import program
from ..formulas.registry import formula
from ..formulas.run import run
from ..networks.exercise import cell, size
from ..networks.kinds import KINDS, Shape
from ..networks.mistakes import convention_asked
from ..networks.network import INPUT, Layer, Network
from ..networks.receptive_fields import FieldAlongAxis
from ..networks.table import Row, tabulate
from .formula_judging import Verdict, verify

SOURCES: Mapping[str, tuple[str, ...]] = {
    "size": ("output",),
    "parameters": ("weights", "biases"),
    "macs": ("output", "weights"),
    "memory": ("output", "parameters"),
}
"""What a cell is worked out from that stands in the same row."""


def alone(layer: Layer, shapes: list[Shape], convention: str) -> Row | None:
    """A layer worked out on shapes of one's own choosing; None when it does not fit them."""
    names = [f"{INPUT} {index}" for index in range(len(shapes))]
    feeds = [Layer(name, "activation", inputs=(INPUT,)) for name in names]
    network = Network("", "", shapes[0], (*feeds, replace(layer, inputs=tuple(names))))
    try:
        return tabulate(network, convention, dict(zip(names, shapes, strict=True))).rows[-1]
    except UserError:
        return None


def worked_with(row: Row, column: str, pins: Mapping[str, Value]) -> Value:
    """A cell worked out from other cells of its row as somebody found them. Raises UserError where that cannot be."""
    if column == "size":
        return size(pins["output"])
    working = row.working
    if working is None or column not in working.formula.answers:
        return sum_of(pins.values()) if column == "parameters" else row.count(column)
    return run(working.formula, working.given, (), _known(row, pins), convention_asked(working)).shown(column)


def _known(row: Row, pins: Mapping[str, Value]) -> dict[str, Value]:
    """The steps of a row's formula that its cells are."""
    assert row.working is not None
    found = row.working.formula
    known = {name: value for name, value in pins.items() if name != "output"}
    shape = _in_formula(row, pins["output"]) if "output" in pins else None
    if shape is not None:
        known[found.shape] = shape
        if found.is_per_axis("o") and found.variable("o") is None and len(shape) == found.axes + 1:
            known["o"] = shape[:-1]
    return known


def _in_formula(row: Row, shape: Shape) -> Shape | None:
    """A layer's output shape as its formula has it: with all time steps where a recurrent layer keeps the last only."""
    assert row.working is not None
    whole = row.working.shown(row.working.formula.shape)
    more = len(whole) - len(row.output)
    if more >= 0:
        return (*whole[:more], *shape)
    return shape[-more:] if shape[:-more] == row.output[:-more] else None


def verified(row: Row, column: str, answer: Answer) -> Verdict | None:
    """The verdict on a cell by the formula that works it out; None where none does, or where it refuses the answer."""
    working = row.working
    if working is None:
        return None
    if column == "size":
        return _asked(formula("flatten"), {"x": row.output}, "units", answer, "")
    name, asked = column, answer
    if column == "output":
        shape = _in_formula(row, answer.value)
        if shape is None:
            return None
        name, asked = working.formula.shape, replace(answer, value=shape)
    if name not in working.formula.answers:
        return None
    return _asked(working.formula, working.given, name, asked, convention_asked(working))


def _asked(found: Formula, given: Mapping[str, Value], name: str, answer: Answer, convention: str) -> Verdict | None:
    try:
        return verify(found, given, name, answer, convention)
    except (UserError, OverflowError):
        return None


def on_own_cells(row: Row, column: str, pins: Mapping[str, Value], answer: Answer) -> Iterator[Candidate]:
    """The mistakes that give an answer when they are made with other cells of the row as they were found."""
    working = row.working
    if working is None or column not in working.formula.answers:
        return
    known = _known(row, pins)
    for mistake in program(working.formula, convention_asked(working)).relevant(column):
        if mistake.step in known:
            continue
        try:
            value = run(working.formula, working.given, (mistake,), known, convention_asked(working))[column]
        except UserError:
            continue
        if agrees(value, answer):
            yield Candidate((mistake,))


def on_flattened(row: Row, shape: Shape, column: str, answer: Answer) -> Iterator[Candidate]:
    """The mistakes in flattening a map of this shape that give an answer; none where the layer does not flatten it."""
    right = alone(row.layer, [(size(shape),)], "") if row.layer.kind == "dense" and len(shape) > 2 else None
    if right is None or cell(right, "output") != row.output:
        return
    for mistake, units in wrong_values(formula("flatten"), {"x": shape}, "units").values():
        other = alone(row.layer, [(units,)], convention_asked(row.working) if row.working else "")
        if other is not None and agrees(cell(other, column), answer):
            yield Candidate((mistake,))


# receptive fields, along one axis


def widened(row: Row, axis: int, before: FieldAlongAxis, seen: Value) -> Value:
    """The receptive field of a layer where `seen` pixels are what the layer before sees. Raises UserError."""
    if not KINDS[row.layer.kind].window:
        return seen
    return run(formula("rf_layer"), _window(row, axis, before, seen))["receptive_field"]


def field_mistakes(row: Row, axis: int, before: FieldAlongAxis, seen: Value, answer: Answer) -> tuple[Candidate, ...]:
    """The mistakes that give an answer for the receptive field where `seen` pixels are what the layer before sees."""
    if not KINDS[row.layer.kind].window:
        return ()
    verdict = _asked(formula("rf_layer"), _window(row, axis, before, seen), "receptive_field", answer, "")
    return verdict.mistakes if verdict is not None else ()


def window_size(row: Row) -> Shape:
    """How far a layer's own window reaches along each axis; () for a layer without one."""
    working = row.working
    if working is None or "receptive_field" not in working.formula.answers:
        return ()
    reach = working["receptive_field"]
    return reach if isinstance(reach, tuple) else (reach,) * len(row.field)


def _window(row: Row, axis: int, before: FieldAlongAxis, seen: Value) -> dict[str, Value]:
    working = row.working
    assert working is not None

    def along(name: str, usual: Value) -> Value:
        value = working[name] if name in working.formula.by_name else usual
        return value[axis] if isinstance(value, tuple) else value

    given = {"r": seen, "j": before.jump, "first": before.start}
    return given | {name: along(name, usual) for name, usual in (("f", 1), ("s", 1), ("d", 1))}
