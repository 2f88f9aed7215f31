"""Our trees as sympy's and back: the scalar part of the language. What sympy has no equal of stays opaque."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy

from ..expressions.functions import FUNCTIONS
from ..expressions.nodes import Add, Call, Div, Literal, Mul, Name, Neg, Node, Pow, Value, to_node

MOST_EXPONENT = 20
_SAME = {
    "exp": sympy.exp, "ln": sympy.log, "log": sympy.log, "sqrt": sympy.sqrt, "sinh": sympy.sinh, "cosh": sympy.cosh,
    "tanh": sympy.tanh, "arcsin": sympy.asin, "arccos": sympy.acos, "arctan": sympy.atan, "arsinh": sympy.asinh,
    "arcosh": sympy.acosh, "artanh": sympy.atanh, "erf": sympy.erf, "sign": sympy.sign,
}  # fmt: skip
_POWERS = ("exp", "sqrt")
"""No functions of their own, to sympy."""
_OPAQUE = {
    name: sympy.Function(name, real=True)
    for name, function in FUNCTIONS.items()
    if function.value is not None and function.arguments == (1, 1) and name not in (*_SAME, "floor", "ceil")
}
_BACK = {**{of: name for name, of in _SAME.items() if name not in (*_POWERS, "log")},
         **{function: name for name, function in _OPAQUE.items()}}  # fmt: skip


class NoCounterpart(ValueError):
    """A part that has no counterpart on the other side."""


def to_sympy(node: Node) -> Any:
    """Raises NoCounterpart for floats, arrays, conditions, Σ and large exponents."""
    match node:
        case Literal(int() as value) if not isinstance(value, bool):
            return sympy.Integer(value)
        case Literal(Fraction() as value):
            return sympy.Rational(value.numerator, value.denominator)
        case Name(id):
            return sympy.Symbol(id, real=True)
        case Add(terms):
            return sympy.Add(*map(to_sympy, terms))
        case Neg(operand):
            return -to_sympy(operand)
        case Mul(factors):
            return sympy.Mul(*map(to_sympy, factors))
        case Div(top, bottom):
            return to_sympy(top) / to_sympy(bottom)
        case Pow(base, exponent):
            power = to_sympy(exponent)
            if power.is_number and (power is sympy.nan or abs(power) > MOST_EXPONENT):
                raise NoCounterpart(f"the exponent {power} is too large to simplify")
            return to_sympy(base) ** power
        case Call(function, (argument,)) if function in _SAME or function in _OPAQUE:
            return (_SAME.get(function) or _OPAQUE[function])(to_sympy(argument))
    raise NoCounterpart(f"{type(node).__name__.lower()} has no counterpart in sympy")


def from_sympy(found: Any) -> Node:
    """A sympy expression as our tree: positive terms first, a product with a denominator as a fraction."""
    return to_node(_value(found))


def _value(found: Any) -> Value:
    if found.is_Integer:
        return int(found)
    if found.is_Rational:
        return Fraction(int(found.p), int(found.q))
    if found.is_Symbol:
        return Name(found.name)
    if found is sympy.E:
        return Call("exp", (Literal(1),))
    if found.is_Add:
        terms = sorted(found.as_ordered_terms(), key=lambda term: term.could_extract_minus_sign())
        total: Value = 0
        for term in terms:
            total = total - _value(-term) if term.could_extract_minus_sign() else total + _value(term)
        return total
    if found.is_Mul:
        if found.could_extract_minus_sign():
            return -_value(-found)
        top, bottom = sympy.fraction(found)
        if bottom != 1:
            return _value(top) / to_node(_value(bottom))
        product: Value = 1
        for factor in found.as_ordered_factors():
            product = product * _value(factor)
        return product
    if found.is_Pow:
        if found.exp.is_negative:
            return 1 / to_node(_value(1 / found))
        if found.exp == sympy.Rational(1, 2):
            return Call("sqrt", (from_sympy(found.base),))
        return Pow(from_sympy(found.base), from_sympy(found.exp))
    if isinstance(found, sympy.exp):
        return Call("exp", (from_sympy(found.args[0]),))
    if found.func in _BACK:
        return Call(_BACK[found.func], (from_sympy(found.args[0]),))
    raise NoCounterpart(f"{found.func} has no counterpart here")
