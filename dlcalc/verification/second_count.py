"""What a variant asks, counted a second time: formulas, a problem's own steps, networks, and tables with a slip."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..answers.cell_target import CellTarget
from ..answers.feedforward_target import BackpropTarget
from ..answers.formula_target import FormulaTarget
from ..answers.gradient_target import GradientTarget
from ..answers.inverse_target import InverseTarget
from ..answers.slip_target import SlipTarget
from ..answers.table_target import TableTarget
from ..answers.target import Target
from ..errors import DlcalcError
from ..expressions.evaluate import evaluate
from ..expressions.nodes import FormulaCall, Node, Value, names_in
from ..formulas.arrays import operation_of
from ..formulas.model import Formula
from ..gradients import Numbers, difference, random_values
from ..gradients.feedforward.instances import instance_of
from ..networks.exercise import cell
from ..networks.network import INPUT, Network
from ..networks.table import COUNTS, Table
from ..quiz.by_kernels import counted as by_kernels_counted
from ..quiz.custom_steps import THIS
from .counting import recount
from .listing import Given, axes

NEAR_SLOPE = 1e-7
"""How far a central difference may lie from a derivative."""
DEFAULT_STEPS = 3
CLOSE = 1e-9
"""By how much two floats of one number may differ, relative to it."""
NEAR_ZERO = 1e-13
"""By how much they may differ where the number is 0."""


def differs(asked: Target) -> str | None:
    """How the second count differs from the right answer: "" if it does not, None where there is none."""
    match asked:
        case FormulaTarget():
            if asked.rank is not None:
                return _array(asked)
            return _formula(asked.formula, asked.name, asked.given, asked.convention, asked.expected)
        case InverseTarget():
            return _formula(asked.formula, asked.target, asked.given, asked.convention, asked.wanted)
        case CellTarget():
            return _cells(asked.table, [(asked.layer, asked.column)])
        case TableTarget():
            rows = [(row.layer.name, column) for row in asked.table.rows for column in asked.columns]
            return _cells(asked.table, [*rows, *(("total", c) for c in asked.columns if c in COUNTS)])
        case SlipTarget():
            return _cells(asked.slip.table, [(asked.slip.layer, asked.slip.column)]) or _slip(asked)
        case GradientTarget():
            return _gradient(asked)
        case BackpropTarget():
            return _backprop(asked)
    return None


def _backprop(asked: BackpropTarget) -> str:
    """A gradient of a feed-forward network beside central differences of the loss, on random numbers."""
    question = asked.question
    found = instance_of(question.network, question.wrt, question.place, question.layout, 1)
    value, beside = found.numbers.gradients[question.wrt], found.numbers.by_differences(question.wrt)
    away = difference(value, beside)
    return "" if away < NEAR_SLOPE else f"∂L/∂{asked.wrt} differs by {away:.1e} from central differences of the loss"


def _gradient(asked: GradientTarget) -> str:
    """A gradient in letters beside central differences of the loss, on random numbers."""
    found = asked.derivation
    layout, wrt = found.layout, found.wrt
    values = random_values(found.network, found.steps or DEFAULT_STEPS, seed=1, layout=layout)
    counted, formula = Numbers(found.network, values, layout), Numbers(found.network, values, layout)
    formula.by_delta()
    away = difference(formula.evaluate(asked.expected), counted.by_differences(wrt))
    return "" if away < NEAR_SLOPE else f"∂L/∂{wrt} differs by {away:.1e} from central differences of the loss"


def same(left: Value, right: Value) -> bool:
    """Whether two counts are one number; a number for each axis may be written once."""
    if isinstance(left, tuple) != isinstance(right, tuple):
        several, one = (left, right) if isinstance(left, tuple) else (right, left)
        return all(same(each, one) for each in several)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) or isinstance(right, float):
        return math.isclose(float(left), float(right), rel_tol=CLOSE, abs_tol=NEAR_ZERO)
    return bool(left == right)


def _message(right: Value, counted: Value | None) -> str | None:
    if counted is None:
        return None
    return "" if same(right, counted) else f"{right} is said to be right, and counted one by one it is {counted}"


def _formula(formula: Formula, name: str, given: Given, convention: str, right: Value) -> str | None:
    letters = sorted({letter for value in _flat(right) if isinstance(value, Node) for letter in names_in(value)})
    if not letters:
        return _message(right, _counted(formula, name, given, convention))
    for first in (2, 3):  # two sets of numbers in place of the letters
        point = {letter: first + 2 * place for place, letter in enumerate(letters)}
        values = tuple(evaluate(value, point) if isinstance(value, Node) else value for value in _flat(right))
        counted = _counted(formula, name, {**given, **point}, convention)
        message = _message(values if isinstance(right, tuple) else values[0], counted)
        if message != "":
            return message
    return ""


def _array(asked: FormulaTarget) -> str | None:
    """An array by plain loops, and by the kernels where they are installed."""
    looped = _counted(asked.formula, asked.name, asked.given, asked.convention)
    operation = operation_of(asked.formula.id)
    by_kernels = by_kernels_counted(operation.name, asked.working_out, asked.name) if operation else None
    for counted in (looped, by_kernels):
        if counted is not None and (message := _message(asked.expected, asked.as_asked(counted))):
            return message
    return None if looped is None and by_kernels is None else ""


def _flat(value: Value) -> Sequence[Value]:
    return value if isinstance(value, tuple) else (value,)


def _counted(formula: Formula, name: str, given: Given, convention: str) -> Value | None:
    return _own(formula, name, given) if formula.id == THIS else recount(formula.id, name, given, convention)


def _own(formula: Formula, name: str, given: Given) -> Value | None:
    """A step of the problem's own. Its expressions are the author's; the formulas that they call are counted anew."""
    values: dict[str, Any] = dict(given)
    calls: dict[str, tuple[str, Given]] = {}
    try:
        for step in formula.steps:
            node = formula.parse(step.expression)
            if isinstance(node, FormulaCall):
                arguments = (evaluate(each, _with_calls(each, values, calls)) for each in node.arguments)
                calls[step.name] = (node.formula, dict(zip(node.names, arguments, strict=True)))
            else:
                values[step.name] = evaluate(node, _with_calls(node, values, calls))
            if step.name == name:
                return values.get(name)
    except (DlcalcError, _Uncounted):
        pass
    return None


class _Uncounted(Exception):
    """An answer that an expression reads has no second count."""


def _with_calls(node: Node, values: Given, calls: Mapping[str, tuple[str, Given]]) -> dict[str, Any]:
    """The values that an expression reads, those of called formulas among them: `layer.macs`."""
    found = dict(values)
    for name in names_in(node):
        head, dot, rest = name.partition(".")
        if dot:
            counted = recount(calls[head][0], rest, calls[head][1])
            if counted is None:
                raise _Uncounted
            found[name] = counted
    return found


# networks


def _cells(table: Table, places: Sequence[tuple[str, str]]) -> str | None:
    """The first cell in which the second count of a network differs."""
    counted = network(table.network)
    if counted is None:
        return None
    open_cells = False
    for layer, column in places:
        name = table.rows[-1].layer.name if layer == "last" else layer
        right = table.total[column] if layer == "total" else cell(table.row(name), column)
        message = _message(right, counted.get((name, column))) if right is not None else ""
        if message:
            return f"{layer}.{column}: {message}"
        open_cells = open_cells or message is None
    return None if open_cells else ""


def _slip(asked: SlipTarget) -> str:
    """Whether the layer that is said to be wrong is the only one whose printed cell is."""
    slip = asked.slip
    counted = network(slip.table.network) or {}
    wrong = []
    for row in slip.table.rows:
        printed = slip.wrong if row.layer.name == slip.layer else cell(row, slip.column)
        if printed is not None and not same(printed, counted[row.layer.name, slip.column]):
            wrong.append(row.layer.name)
    return "" if wrong == [slip.layer] else f"the wrong row is said to be {slip.layer}, and counted it is {wrong}"


def network(net: Network) -> dict[tuple[str, str], Value] | None:
    """(layer, column) → what was counted, totals included; None where some kind of layer has no second count."""
    found: dict[tuple[str, str], Value] = {}
    shape, before = tuple(net.input), INPUT
    for layer in net.layers:
        asked = _layer(layer.kind, dict(layer.settings), shape)
        if asked is None or layer.inputs not in ((), (before,)):
            return None
        formula, given = asked
        counts = {column: recount(formula, column, given) for column in ("output", *COUNTS)}
        if any(value is None for value in counts.values()):
            return None
        if layer.settings.get("sequence") is not True and formula in _CELLS:
            counts["output"] = counts["output"][1:]  # type: ignore[index]
            counts["memory"] = 4 * (math.prod(counts["output"]) + counts["parameters"])  # type: ignore
        if layer.kind == "batchnorm":
            counts["output"] = shape
            counts["memory"] = 4 * (math.prod(shape) + recount(formula, "values", given))
        shape, before = counts["output"], layer.name  # type: ignore[assignment]
        counts["size"] = math.prod(shape)
        found |= {(layer.name, column): value for column, value in counts.items() if value is not None}
    for column in COUNTS:
        found["total", column] = sum(value for (_, name), value in found.items() if name == column)
    return found


_CELLS = ("rnn", "lstm", "gru")


def _layer(kind: str, settings: dict[str, Any], shape: tuple[Any, ...]) -> tuple[str, dict[str, Any]] | None:
    """The formula to count a layer by, with what it reads; None for a kind that is not counted."""
    if settings.pop("same", False) or settings.pop("ceil", False):
        return None
    match kind, shape:
        case "conv", (h, w, c):
            return "conv", {"n": (h, w), "c": c, **settings}
        case "maxpool" | "avgpool", (h, w, c):
            return "pool", {"n": (h, w), "c": c, **settings}
        case "dense", (n,):
            return "dense", {"n": n, **settings}
        case "dense", (h, w, c):
            return "dense", {"n": h * w * c, **settings}
        case "embedding", (steps, *_):
            return "embedding", {"T": steps, **settings}
        case "rnn" | "lstm" | "gru", (steps, n):
            settings.pop("sequence", None)
            return kind, {"n": n, "T": steps, **settings}
        case "batchnorm", (*_, c):
            return "batchnorm", {"n": axes(1), "c": c}
    return None


def lets(problem: Any, values: Mapping[str, Any], target_of: Any) -> Iterator[tuple[str, str | None]]:
    """The derived values of a variant that are answers of formulas, as `differs` tells of them."""
    for name, let in problem.lets.items():
        if not isinstance(let.value, Node):
            yield name, differs(target_of(problem, let.value, values))
