"""Our trees as sympy's and back. What sympy has no equal of stays opaque, or is written in what it has (`standard`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy

from ..expressions.functions import FUNCTIONS
from ..expressions.kinds import kind_of
from ..expressions.nodes import (
    Add,
    Call,
    Compare,
    Div,
    Hadamard,
    Index,
    Kind,
    Literal,
    Logic,
    Mul,
    Name,
    Neg,
    Node,
    Outer,
    Pow,
    Reduce,
    Transpose,
    Value,
    Vector,
    to_node,
)  # fmt: skip
from .letters import NoCounterpart as NoCounterpart
from .standard import NAMES

_POWERS = ("exp", "sqrt")
"""No functions of their own, to sympy."""
_LEFT_ALONE = frozenset({"min", "max", "mod", "floor", "ceil", "abs", "sin", "cos", "tan", "sech", "csch", "coth"})
"""sympy would write them by others while it shortens: they are opaque there, or not looked at."""
_SAME = {name: getattr(sympy, words[0]) for name, words in NAMES.items()}
_SCALAR = {name: found for name, found in _SAME.items() if name not in _LEFT_ALONE}
_OPAQUE = {
    name: sympy.Function(name, real=True)
    for name, function in FUNCTIONS.items()
    if function.value is not None and function.arguments == (1, 1) and name not in (*_SCALAR, "floor", "ceil")
}
_BACK = {**{of: name for name, of in _SAME.items() if name not in (*_POWERS, "log")},
         **{function: name for name, function in _OPAQUE.items()}}  # fmt: skip
_RELATIONS = {"=": sympy.Eq, "≠": sympy.Ne, "<": sympy.Lt, "≤": sympy.Le, ">": sympy.Gt, "≥": sympy.Ge}
_SIGNS = {relation: operator for operator, relation in _RELATIONS.items()}
_LOGIC = {"and": sympy.And, "or": sympy.Or, "not": sympy.Not}
_OUTER, _HADAMARD, _ROW = (sympy.Function(name, commutative=False) for name in ("outer", "hadamard", "transpose"))
"""sympy has a transpose of its own, but of no vector that is written out."""


def to_sympy(node: Node, symbol: Callable[[str], Any] | None = None) -> Any:
    """As it is shortened: every letter a real number, and no Σ, ⌊ ⌋ or condition. With `symbol`, which gives each
    letter's symbol, in all that sympy has. Raises NoCounterpart for the rest, and for large exponents.
    """
    return (_Whole(symbol) if symbol else _Shortened()).of(node)


class _Shortened:
    """The scalar part of the language, in real letters."""

    functions: Mapping[str, Any] = _SCALAR | _OPAQUE
    most_exponent = 20

    def name(self, name: Name) -> Any:
        return sympy.Symbol(name.id, real=True)

    def of(self, node: Node) -> Any:
        match node:
            case Literal(int() as value) if not isinstance(value, bool):
                return sympy.Integer(value)
            case Literal(Fraction() as value):
                return sympy.Rational(value.numerator, value.denominator)
            case Name():
                return self.name(node)
            case Add(terms):
                return sympy.Add(*map(self.of, terms))
            case Neg(operand):
                return -self.of(operand)
            case Mul(factors):
                if any(isinstance(factor, Vector) for factor in factors):
                    raise NoCounterpart(f"{node}, a product with a vector written out, has no counterpart in sympy")
                return sympy.Mul(*map(self.of, factors))
            case Div(top, bottom):
                return self.of(top) / self.of(bottom)
            case Pow(base, exponent):
                power = self.of(exponent)
                if power.is_number and (power is sympy.nan or abs(power) > self.most_exponent):
                    raise NoCounterpart(f"the exponent {power} is too large to work with")
                return self.of(base) ** power
            case Call(function, arguments) if function in self.functions:
                return self.functions[function](*map(self.of, arguments))
        return self.rest(node)

    def rest(self, node: Node) -> Any:
        raise NoCounterpart(f"{type(node).__name__.lower()} has no counterpart in sympy")


class _Whole(_Shortened):
    """What else sympy has: floats, conditions, Σ and Π, entries of arrays, rows."""

    functions = _SAME
    most_exponent = 10_000

    def __init__(self, symbol: Callable[[str], Any]) -> None:
        self.symbol = symbol

    def name(self, name: Name) -> Any:
        return self.symbol(name.id) if name.kind is Kind.SCALAR else sympy.Symbol(name.id, commutative=False)

    def of(self, node: Node) -> Any:
        """A function of a whole array has no equal in sympy, which would take it for one of a number."""
        if isinstance(node, Call) and node.function != "if" and any(kind_of(a).rank for a in node.arguments):
            commutes = kind_of(node) is Kind.SCALAR
            return sympy.Function(node.function, commutative=commutes)(*map(self.of, node.arguments))
        return super().of(node)

    def rest(self, node: Node) -> Any:
        match node:
            case Literal(bool() as value):
                return sympy.true if value else sympy.false
            case Literal(float() as value):
                return sympy.Float(value)
            case Compare(operator, left, right):
                return _RELATIONS[operator](self.of(left), self.of(right))
            case Logic(operator, operands):
                return _LOGIC[operator](*map(self.of, operands))
            case Call("if", (condition, then, otherwise)):
                return sympy.Piecewise((self.of(then), self.of(condition)), (self.of(otherwise), True))
            case Reduce(operator, index, low, high, body) if not node.descending:
                total = sympy.Sum if operator == "sum" else sympy.Product
                return total(self.of(body), (self.symbol(index), self.of(low), self.of(high)))
            case Index(Name(id), indices) if kind_of(node) is not Kind.SCALAR:
                # a vector of a sequence, whose products have an order
                return sympy.Function(id, commutative=False)(*map(self.of, indices))
            case Index(Name(id), indices):
                return sympy.IndexedBase(id)[tuple(map(self.of, indices))]
            case Vector(items):
                return sympy.Tuple(*map(self.of, items))
            case Transpose(Vector() as row):
                return _ROW(self.of(row))
            case Transpose(operand):
                return sympy.transpose(self.of(operand))
            case Outer(left, right):
                return _OUTER(self.of(left), self.of(right))
            case Hadamard(factors):
                return _HADAMARD(*map(self.of, factors))
        raise NoCounterpart(f"{node} has no counterpart in sympy")


def from_sympy(found: Any) -> Node:
    """A sympy expression as our tree: positive terms first, a product with a denominator as a fraction."""
    return to_node(_value(found))


def _value(found: Any) -> Value:
    if found.is_Integer:
        return int(found)
    if found.is_Rational:
        return Fraction(int(found.p), int(found.q))
    if found.is_Float:
        return float(found)
    if found.is_Symbol:
        return Name(found.name, integer=bool(found.is_integer)) if found.is_commutative else _array(found.name)
    if found is sympy.E:
        return Call("exp", (Literal(1),))
    if found is sympy.pi:
        return Name("pi")
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
        return Call(_BACK[found.func], tuple(map(from_sympy, found.args)))
    return _rest(found)


def _rest(found: Any) -> Value:
    if found in (sympy.true, sympy.false):
        return bool(found)
    if isinstance(found, sympy.core.relational.Relational) and found.func in _SIGNS:
        return Compare(_SIGNS[found.func], from_sympy(found.lhs), from_sympy(found.rhs))
    for operator, connective in _LOGIC.items():
        if isinstance(found, connective):
            return Logic(operator, tuple(map(from_sympy, found.args)))
    if isinstance(found, sympy.Piecewise) and found.args[-1][1] == sympy.true:
        chosen = from_sympy(found.args[-1][0])
        for value, condition in reversed(found.args[:-1]):
            chosen = Call("if", (from_sympy(condition), from_sympy(value), chosen))
        return chosen
    if isinstance(found, sympy.Sum | sympy.Product):
        operator = "sum" if isinstance(found, sympy.Sum) else "prod"
        body = from_sympy(found.function)
        for index, *ends in found.limits:
            if len(ends) != 2:
                raise NoCounterpart(f"{found} has no ends")
            body = Reduce(operator, index.name, from_sympy(ends[0]), from_sympy(ends[1]), body)
        return body
    if isinstance(found, sympy.Indexed) and isinstance(found.base, sympy.IndexedBase):
        base = Name(str(found.base.label), Kind.of_rank(min(4, len(found.indices))))
        return Index(base, tuple(map(from_sympy, found.indices)))
    if isinstance(found, sympy.transpose):
        return Transpose(from_sympy(found.args[0]))
    if isinstance(found, sympy.core.function.AppliedUndef):
        arguments, name = tuple(map(from_sympy, found.args)), found.func.__name__
        if found.is_commutative or name in (*FUNCTIONS, "outer", "hadamard", "transpose"):
            return _applied(name, arguments)
        return Index(Name(name, Kind.of_rank(min(4, 1 + len(arguments)))), arguments)
    if isinstance(found, sympy.Tuple):
        return Vector(tuple(map(from_sympy, found)))
    raise NoCounterpart(f"{found.func} has no counterpart here")


def _array(name: str) -> Name:
    """A letter whose products have an order: a matrix by its capital, else a vector."""
    return Name(name, Kind.MATRIX if name[0].isupper() else Kind.VECTOR)


def _applied(name: str, arguments: tuple[Node, ...]) -> Node:
    if name == "outer" and len(arguments) == 2:
        return Outer(*arguments)
    if name == "hadamard":
        return Hadamard(arguments)
    if name == "transpose" and len(arguments) == 1:
        return Transpose(arguments[0])
    known = FUNCTIONS.get(name)
    if known is None or not known.arguments[0] <= len(arguments) <= known.arguments[1]:
        raise NoCounterpart(f"{name} is not a function of dlcalc")
    return Call(name, arguments)
