"""Derivative rules of scalar expressions: one per operation, the functions' own from `functions.FUNCTIONS`.

`derivative` folds as it goes (0 and 1 disappear, nothing is expanded). Where two branches of max, min or if meet, the
derivative of the branch that is taken there counts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from ..errors import UserError
from . import folding
from .evaluate import compile_node, evaluate
from .functions import FUNCTIONS
from .kinds import kind_of
from .limits import within_budget
from .nodes import Add, Call, Compare, Div, Mul, Name, Neg, Node, Pow, Reduce, Value, names_in, to_node
from .operations import divide
from .parser import parse


def derivative(node: Node, by: str) -> Node:
    """d node / d by, of a scalar expression. Raises UserError where there is no rule."""
    return to_node(within_budget(lambda: _derive(node, by)))


def _derive(node: Node, by: str) -> Value:
    if by not in names_in(node):
        return 0
    if kind_of(node).rank > 0:
        raise UserError("a derivative is taken of single numbers here, not of vectors or matrices")
    if isinstance(node, Name):
        return 1
    rule = _RULES.get(type(node))
    if rule is None:
        raise UserError(f"there is no derivative rule for {type(node).__name__.lower()} here")
    return rule(node, by)


def _sum(node: Add, by: str) -> Value:
    total: Value = 0
    for term in node.terms:
        total = total + _derive(term, by)
    return total


def _product(node: Mul, by: str) -> Value:
    """Product rule: one factor at a time, in its place."""
    total: Value = 0
    for index, factor in enumerate(node.factors):
        part = _derive(factor, by)
        if part != 0:
            total = total + folding.product((*node.factors[:index], part, *node.factors[index + 1 :]))
    return total


def _quotient(node: Div, by: str) -> Value:
    """Quotient rule; a constant denominator stays where it is."""
    top, bottom = node.numerator, node.denominator
    if by not in names_in(bottom):
        return divide(_derive(top, by), evaluate(bottom))
    return divide(_derive(top, by) * bottom - top * _derive(bottom, by), bottom**2)


def _power(node: Pow, by: str) -> Value:
    """Power rule for a constant exponent, else the exponential rule."""
    base, exponent = node.base, node.exponent
    if by not in names_in(exponent):
        n = evaluate(exponent)
        return n * _raise(base, n - 1) * _derive(base, by)
    growth = _derive(exponent, by) * Call("ln", (base,))
    if by in names_in(base):
        growth = growth + divide(exponent * _derive(base, by), base)
    return node * growth


def _raise(base: Node, exponent: Value) -> Value:
    return evaluate(Pow(base, to_node(exponent)))


def _chain(node: Call, by: str) -> Value:
    """Chain rule: outer derivative at the inner expression, times the inner derivative."""
    if node.function == "if":
        condition, then, otherwise = node.arguments
        branches = [to_node(_derive(branch, by)) for branch in (then, otherwise)]
        return branches[0] if branches[0] == branches[1] else Call("if", (condition, *branches))
    if node.function in ("max", "min") and len(node.arguments) == 2:
        a, b = node.arguments
        first = Compare(">" if node.function == "max" else "<", a, b)
        return _chain(Call("if", (first, a, b)), by)
    outer = FUNCTIONS[node.function].derivative
    if outer is None:
        raise UserError(f"there is no derivative rule for {node.function} here")
    inner = node.arguments[0]
    return _outer(outer)({"x": inner}) * _derive(inner, by)


@cache
def _outer(text: str) -> Callable[[dict[str, Value]], Value]:
    return compile_node(parse(text, ["x"]))


def _each(node: Reduce, by: str) -> Value:
    if node.operator == "prod":
        raise UserError("there is no derivative rule for Π here: write its factors out")
    if by in (*names_in(node.low), *names_in(node.high)):
        raise UserError(f"there is no derivative by {by} here: Σ runs to it, so it is a whole number")
    return Reduce("sum", node.index, node.low, node.high, to_node(_derive(node.body, by)))


_RULES: dict[type, Callable[..., Value]] = {
    Add: _sum,
    Neg: lambda node, by: -_derive(node.operand, by),
    Mul: _product,
    Div: _quotient,
    Pow: _power,
    Call: _chain,
    Reduce: _each,
}
