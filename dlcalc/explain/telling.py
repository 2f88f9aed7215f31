"""Which steps of a working are told: those that do something, without what only hands a number on."""

from __future__ import annotations

from dataclasses import replace

from ..expressions.evaluate import evaluate, substitute
from ..expressions.nodes import Call, Name, Node, Value, names_in, to_node
from ..formulas.present import filled
from ..formulas.run import Line, Working, same_at_points


def telling(found: Working, name: str) -> list[Line]:
    """The steps that lead to `name`, without what only hands a number on.

    Defaults that change nothing are put in and folded, so that without padding or dilation neither is mentioned, and
    what is multiplied by zero is left out. The whole program is `Working.steps`.
    """
    needed = found.program.needed(name)
    lines = [line for line in found.steps if line.name.partition("[")[0] in needed]
    if any("[" in line.name for line in lines) or any(step.called for step in found.formula.steps):
        return lines
    kept: list[Line] = []
    for axis in sorted({line.axis for line in lines if line.axis}) or [0]:
        folder = _Folder(found, axis)
        kept += folder.live([line for line in lines if line.axis in (0, axis)], name)
    return sorted(dict.fromkeys(kept), key=lambda line: line.axis == 0)  # what reads all axes comes after them


class _Folder:
    """Puts idle defaults into the steps of one axis and follows what is still read."""

    def __init__(self, found: Working, axis: int) -> None:
        self.found = found
        self.lane = found.state.lanes[max(0, axis - 1)] if found.state.lanes else found.state.values
        self.known: dict[str, Value] = {name: self.lane[name] for name in found.defaults if is_idle(self.lane[name])}

    def live(self, lines: list[Line], name: str) -> list[Line]:
        folded: dict[str, Line] = {}
        for line in lines:
            node = to_node(evaluate(line.expression, self.known))
            if not same_at_points(evaluate(self.put_in(node, line)), line.value):
                node = line.expression  # a letter stood for a whole shape, and prod(output) for output
            if line.name != name and (isinstance(node, Name) or not any(names_in(node))):
                self.known[line.name] = node if isinstance(node, Name) else evaluate(node)
                continue
            folded[line.name] = replace(line, expression=node, values=self.put_in(node, line))
            if _is_whole(line.value):
                self.known[line.name] = Name(line.name, integer=True)
        wanted = {name}
        for line in reversed(folded.values()):
            if line.name in wanted:
                wanted.update(self.read(line.expression))
        return [line for line in folded.values() if line.name in wanted]

    def read(self, node: Node) -> set[str]:
        """The steps and variables that an expression reads: with o_h it reads o."""
        known = self.found.formula.by_name
        return {name if name in known else name.rpartition("_")[0] for name in names_in(node)}

    def put_in(self, node: Node, line: Line) -> Node:
        """The expression with the values put in, those of one axis in a line for one axis."""
        formula = self.found.formula
        if formula.is_per_axis(line.name):
            return substitute(node, self.lane)
        return filled(node, formula, self.found.state.values)


def _is_whole(value: Value) -> bool:
    """Whether rounding down changes nothing, whatever the letters in it."""
    return not isinstance(value, tuple | dict) and evaluate(Call("floor", (to_node(value),))) == value


def is_idle(value: Value) -> bool:
    """Whether a default changes nothing: stride 1, padding 0, along every axis and in every layer."""
    return (set(value) if isinstance(value, tuple) else {value}) in ({0}, {1})
