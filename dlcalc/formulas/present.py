"""Steps as a book prints them: prod(f) as f² where the axes agree, else as f_h·f_w; shape(o, k) as (o, o, k)."""

from __future__ import annotations

from collections.abc import Mapping

from ..expressions.evaluate import substitute
from ..expressions.nodes import Call, Index, Literal, Mul, Name, Node, Pow, Value, Vector
from .model import Formula

AXIS_LETTERS = {1: ("",), 2: ("h", "w"), 3: ("d", "h", "w")}
"""Height and width; depth before them in three dimensions."""
AXIS_WORDS = {1: ("",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def presented(node: Node, formula: Formula, values: Mapping[str, Value]) -> Node:
    """The expression in letters, per-axis names written as one letter where their axes agree."""
    return _Presenter(formula, values).change(node) if formula.axes else node


def filled(node: Node, formula: Formula, values: Mapping[str, Value]) -> Node:
    """A presented expression with the values put in."""
    if not formula.axes:
        return substitute(node, values)
    numbers: dict[str, Value] = {}
    for name, value in values.items():
        numbers[name] = value
        if isinstance(value, tuple) and formula.is_per_axis(name):
            if len(set(value)) == 1:
                numbers[name] = value[0]
            letters = AXIS_LETTERS[formula.axes]
            numbers.update({f"{name}_{letter}": item for letter, item in zip(letters, value, strict=False)})
    return substitute(node, numbers)


class _Presenter:
    def __init__(self, formula: Formula, values: Mapping[str, Value]) -> None:
        self.formula = formula
        self.values = values
        self.letters = AXIS_LETTERS[formula.axes]

    def change(self, node: Node) -> Node:
        if isinstance(node, Call) and node.function == "prod" and self.is_axes(node.arguments[0]):
            return self.product(node.arguments[0])
        if isinstance(node, Mul):
            factors = [self.change(factor) for factor in node.factors]
            return Mul(
                tuple(
                    part
                    for f in factors
                    for part in (f.factors if isinstance(f, Mul) and f not in node.factors else (f,))
                )
            )
        if isinstance(node, Call) and node.function == "shape":
            return Vector(tuple(part for argument in node.arguments for part in self.parts(argument)))
        if isinstance(node, Index) and self.is_axes(node.base) and isinstance(node.indices[0], Literal):
            return self.parts(node.base)[int(node.indices[0].value) - 1]
        return node.map(self.change)

    def is_axes(self, node: Node) -> bool:
        return isinstance(node, Name) and self.formula.is_per_axis(node.id)

    def parts(self, node: Node) -> tuple[Node, ...]:
        """One node per axis: the same letter, or the letter with h and w below it."""
        if isinstance(node, Call) and node.function == "reverse":
            return self.parts(node.arguments[0])[::-1]
        if not isinstance(node, Name) or not self.is_axes(node):
            return (self.change(node),)
        value = self.values.get(node.id)
        plain = Name(node.id, integer=node.integer)
        if not isinstance(value, tuple) or len(set(value)) == 1:
            return (plain,) * self.formula.axes
        return tuple(Name(f"{node.id}_{letter}", integer=node.integer) for letter in self.letters)

    def product(self, node: Node) -> Node:
        parts = self.parts(node)
        if len(parts) == 1:
            return parts[0]
        return Pow(parts[0], Literal(len(parts))) if len(set(parts)) == 1 else Mul(parts)
