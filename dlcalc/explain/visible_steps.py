"""Which steps of a working are told: those that do something, without what only hands a number on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..expressions.evaluate import evaluate, substitute
from ..expressions.nodes import Call, Name, Node, Value, names_in, to_node
from ..formulas.model import Formula
from ..formulas.present import filled
from ..formulas.run import Line, Working, same_at_points


def shown_lines(found: Working, name: str) -> list[Line]:
    """The steps that lead to `name`, without what only hands a number on; where axes differ, those of each axis first.

    Defaults that change nothing are put in and folded, so that without padding or dilation neither is mentioned, and
    what is multiplied by zero is left out. The whole program is `Working.steps`.
    """
    needed = found.program.needed(name)
    lines = list(found.steps_of(needed))
    if any("[" in line.name for line in lines) or any(step.called for step in found.formula.steps):
        # what runs together over time needs what comes after it in the step before; what was asked is told last
        return sorted(lines, key=lambda line: line.name.partition("[")[0] == name)
    if not any(line.axis for line in lines):
        return _live(found, lines, {name}, found.state.lanes[0] if found.state.lanes else found.state.values)
    whole = _live(found, [line for line in lines if not line.axis], {name}, found.state.values)
    wanted = {name}.union(*(reads(line.expression, found.formula) for line in whole))
    kept: list[Line] = []
    for axis, lane in enumerate(found.state.lanes, 1):
        kept += _live(found, [line for line in lines if line.axis == axis], wanted, lane)
    return kept + whole


def _live(found: Working, lines: Iterable[Line], asked: set[str], values: Mapping[str, Value]) -> list[Line]:
    """The lines with idle defaults put in, without those that nothing asked reads any more."""
    known: dict[str, Value] = {name: values[name] for name in found.defaults if is_trivial(values[name])}
    folded: dict[str, Line] = {}
    for line in lines:
        node = to_node(evaluate(line.expression, known))
        if not same_at_points(evaluate(_substituted(node, line.name, found, values)), line.value):
            node = line.expression  # a letter stood for a whole shape, and prod(output) for output
        if line.name not in asked and (isinstance(node, Name) or not any(names_in(node))):
            known[line.name] = node if isinstance(node, Name) else evaluate(node)
        elif _is_whole(line.value):
            known[line.name] = Name(line.name, integer=True)
        folded[line.name] = replace(line, expression=node, values=_substituted(node, line.name, found, values))
    wanted = set(asked)
    for line in reversed(folded.values()):
        if line.name in wanted:
            wanted |= reads(line.expression, found.formula)
    return [line for line in folded.values() if line.name in wanted]


def _substituted(node: Node, name: str, found: Working, values: Mapping[str, Value]) -> Node:
    """The expression of a step with the values put in: those of one axis in a step per axis."""
    if found.formula.is_per_axis(name):
        return substitute(node, values)
    return filled(node, found.formula, found.state.values)


def reads(node: Node, formula: Formula) -> set[str]:
    """The steps and variables that an expression reads: with o_h it reads o."""
    return {name if name in formula.by_name else name.rpartition("_")[0] for name in names_in(node)}


def _is_whole(value: Value) -> bool:
    """Whether rounding down changes nothing, whatever the letters in it."""
    return not isinstance(value, tuple | dict) and evaluate(Call("floor", (to_node(value),))) == value


def is_trivial(value: Value) -> bool:
    """Whether a default changes nothing: stride 1, padding 0, along every axis and in every layer."""
    return (set(value) if isinstance(value, tuple) else {value}) in ({0}, {1})
