"""Derivative rules of scalar expressions: one per operation, the functions' own from `functions.FUNCTIONS`.

`derivative` folds as it goes (0 and 1 disappear, nothing is expanded). Where two branches of max, min or if meet, the
derivative of the branch that is taken there counts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from ..errors import UserError
from . import folding
from .evaluate import compile_node, evaluate
from .functions import FUNCTIONS
from .kinds import kind_of
from .limits import within_budget
from .nodes import Add, Call, Compare, Div, Literal, Mul, Name, Neg, Node, Pow, Reduce, Value, names_in, to_node
from .operations import divide
from .parser import parse


def derivative(node: Node, by: str) -> Node:
    """d node / d by, of a scalar expression. Raises UserError where there is no rule."""
    return Derivation(by).derive(node)


class Derivation:
    """The rules, by one letter. A subclass may watch every application (`of`), or break a rule as students do."""

    def __init__(self, by: str) -> None:
        self.by = by
        self._known: dict[int, tuple[Node, Value]] = {}
        self._depends: dict[int, tuple[Node, bool]] = {}

    def derive(self, node: Node) -> Node:
        """The derivative of a whole expression, within the bound on work. Raises UserError where there is no rule."""
        return to_node(within_budget(lambda: self.of(node)))

    def of(self, node: Node) -> Value:
        """The derivative of a part, worked out once; every rule asks for the derivatives of its own parts here."""
        known = self._known.get(id(node))
        if known is None:
            known = self._known[id(node)] = node, self.part(node)
        return known[1]

    def part(self, node: Node) -> Value:
        """The derivative of a part that was not met before."""
        if not self.depends(node):
            return 0
        if kind_of(node).rank > 0:
            raise UserError("a derivative is taken of single numbers here, not of vectors or matrices")
        if isinstance(node, Name):
            return 1
        rule = _RULES.get(type(node))
        if rule is None:
            raise UserError(f"there is no derivative rule for {type(node).__name__.lower()} here")
        return rule(self, node)

    def depends(self, node: Node) -> bool:
        """Whether the letter is free in it."""
        if isinstance(node, Name):
            return node.id == self.by
        known = self._depends.get(id(node))
        if known is None:
            parts = (node.low, node.high) if isinstance(node, Reduce) and node.index == self.by else node.children()
            known = self._depends[id(node)] = node, any(map(self.depends, parts))
        return known[1]

    def sum(self, node: Add) -> Value:
        total: Value = 0
        for term in node.terms:
            total = total + self.of(term)
        return total

    def negative(self, node: Neg) -> Value:
        return -self.of(node.operand)

    def product(self, node: Mul) -> Value:
        """Product rule: one factor at a time, in its place."""
        total: Value = 0
        for index, factor in enumerate(node.factors):
            part = self.of(factor)
            if part != 0:
                total = total + folding.product((*node.factors[:index], part, *node.factors[index + 1 :]))
        return total

    def quotient(self, node: Div) -> Value:
        """Quotient rule; a constant denominator stays where it is."""
        top, bottom = node.numerator, node.denominator
        if not self.depends(bottom):
            return divide(self.of(top), evaluate(bottom))
        return divide(self.of(top) * bottom - top * self.of(bottom), bottom**2)

    def power(self, node: Pow) -> Value:
        """Power rule for a constant exponent, else the exponential rule."""
        base, exponent = node.base, node.exponent
        if not self.depends(exponent):
            n = evaluate(exponent)
            return n * evaluate(Pow(base, to_node(n - 1))) * self.of(base)
        growth = self.of(exponent) * Call("ln", (base,))
        if self.depends(base):
            growth = growth + divide(exponent * self.of(base), base)
        return node * growth

    def chain(self, node: Call) -> Value:
        """Chain rule: outer derivative at the inner expression, times the inner derivative."""
        if node.function == "if":
            condition, then, otherwise = node.arguments
            branches = [to_node(self.of(branch)) for branch in (then, otherwise)]
            return branches[0] if branches[0] == branches[1] else Call("if", (condition, *branches))
        if node.function in ("max", "min") and len(node.arguments) == 2:
            a, b = node.arguments
            first = Compare(">" if node.function == "max" else "<", a, b)
            return self.chain(Call("if", (first, a, b)))
        return outer_derivative(node) * self.of(node.arguments[0])

    def each(self, node: Reduce) -> Value:
        if node.operator == "prod":
            raise UserError("there is no derivative rule for Π here: write its factors out")
        if self.by in (*names_in(node.low), *names_in(node.high)):
            raise UserError(f"there is no derivative by {self.by} here: Σ runs to it, so it is a whole number")
        return Reduce("sum", node.index, node.low, node.high, to_node(self.of(node.body)))


def outer_derivative(node: Call) -> Value:
    """f′(u) of a call f(u), at u as it stands. Raises UserError where there is no rule."""
    outer = FUNCTIONS[node.function].derivative
    if outer is None:
        raise UserError(f"there is no derivative rule for {node.function} here")
    return _compiled(outer)({"x": node.arguments[0], **_KEPT})


@cache
def _compiled(text: str) -> Callable[[dict[str, Value]], Value]:
    return compile_node(parse(text, ["x", *_KEPT]))


_KEPT: dict[str, Value] = {"pi": Name("pi"), "root_2": Call("sqrt", (Literal(2),))}
"""What stays as it is written in an outer derivative, where its value would be a long decimal."""


_RULES: dict[type, Callable[[Derivation, Any], Value]] = {
    Add: lambda rules, node: rules.sum(node),
    Neg: lambda rules, node: rules.negative(node),
    Mul: lambda rules, node: rules.product(node),
    Div: lambda rules, node: rules.quotient(node),
    Pow: lambda rules, node: rules.power(node),
    Call: lambda rules, node: rules.chain(node),
    Reduce: lambda rules, node: rules.each(node),
}
