"""Evaluation: a tree becomes a function of its names, run on numbers, arrays, letters or intervals alike.

Exact: int and Fraction stay exact until a transcendental function makes a float. A name without a value stays a letter
and is folded (`folding`). Work is bounded before it is done: powers by their size, Σ and Π by the product of their ranges.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from ..errors import UserError
from . import arrays, functions, intervals
from .functions import CONSTANTS
from .intervals import Interval
from .kinds import kind_of
from .nodes import (
    Add,
    Call,
    Compare,
    Div,
    FormulaCall,
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
    Range,
    Reduce,
    Transpose,
    Value,
    Vector,
    to_node,
    walk,
)
from .operations import (
    ARRAY_FUNCTIONS,
    LIMIT_WORK,
    apply,
    bounded,
    check_range,
    compare,
    divide,
    item_at,
    matrix_power,
    on_arrays,
    open_call,
    open_extreme,
    power,
)

Environment = dict[str, Any]
Evaluator = Callable[[Environment], Value]


def evaluate(node: Node, values: Mapping[str, Value] | None = None) -> Value:
    """The value of `node`; names that `values` does not hold stay letters.

    Raises UserError where the arithmetic has no answer (division by zero, a number too large, shapes that differ).
    """
    return compile_node(node)(dict(values or {}))


def compile_node(node: Node) -> Evaluator:
    """The evaluator of a tree. Compiling once and calling often is what makes diagnoses fast."""
    if isinstance(node, Literal):
        value = node.value
        return lambda env: value
    if isinstance(node, Name):
        return _name(node)
    if isinstance(node, Add):
        return _add(node)
    if isinstance(node, Mul):
        return _mul(node)
    if isinstance(node, Neg):
        inner = compile_node(node.operand)
        return lambda env: arrays.each(operator.neg, inner(env))
    if isinstance(node, Div):
        return _div(node)
    if isinstance(node, Pow):
        return _pow(node)
    if isinstance(node, Call):
        return _call(node)
    if isinstance(node, Compare):
        left, right, sign = compile_node(node.left), compile_node(node.right), node.operator
        return lambda env: compare(sign, left(env), right(env))
    if isinstance(node, Logic):
        return _logic(node)
    if isinstance(node, Vector):
        items = [compile_node(item) for item in node.items]
        return lambda env: tuple([item(env) for item in items])
    return _structured(node)


def _structured(node: Node) -> Evaluator:
    if isinstance(node, Index):
        return _index(node)
    if isinstance(node, Transpose):
        inner = compile_node(node.operand)
        return lambda env: arrays.transpose(inner(env))
    if isinstance(node, Hadamard):
        factors = [compile_node(factor) for factor in node.factors]
        return lambda env: _chain(arrays.hadamard, factors, env)
    if isinstance(node, Outer):
        left, right = compile_node(node.left), compile_node(node.right)
        return lambda env: arrays.outer(left(env), right(env))
    if isinstance(node, Reduce):
        return _reduce(node)
    if isinstance(node, Range):
        raise UserError(f"a range ({node.index} in ...) says how to unroll or search; it has no value")
    if isinstance(node, FormulaCall):
        raise UserError(f"{node.formula}(...) can only stand alone, as a step of a formula")
    raise TypeError(node)


def _chain(function: Callable[[Value, Value], Value], parts: list[Evaluator], env: Environment) -> Value:
    total = parts[0](env)
    for part in parts[1:]:
        total = function(total, part(env))
    return total


def _name(node: Name) -> Evaluator:
    name = node.id
    alone = CONSTANTS.get(name, node)

    def look_up(env: Environment) -> Value:
        return env.get(name, alone)

    return look_up


def _add(node: Add) -> Evaluator:
    if kind_of(node) is not Kind.SCALAR:
        parts = [compile_node(term) for term in node.terms]
        return lambda env: _chain(arrays.add, parts, env)
    first = compile_node(node.terms[0])
    signed = [
        (compile_node(t.operand), False) if isinstance(t, Neg) else (compile_node(t), True) for t in node.terms[1:]
    ]

    def add(env: Environment) -> Value:
        total = first(env)
        for term, plus in signed:
            total = total + term(env) if plus else total - term(env)
        return total if total.__class__ is int and -1 << 64 < total < 1 << 64 else bounded(total)

    return add


def _mul(node: Mul) -> Evaluator:
    parts = [compile_node(factor) for factor in node.factors]
    if kind_of(node) is not Kind.SCALAR or any(kind_of(factor) is not Kind.SCALAR for factor in node.factors):
        return lambda env: _chain(arrays.product, parts, env)
    first, rest = parts[0], parts[1:]

    def multiply(env: Environment) -> Value:
        total = first(env)
        for factor in rest:
            total = total * factor(env)
        return total if total.__class__ is int and -1 << 64 < total < 1 << 64 else bounded(total)

    return multiply


def _div(node: Div) -> Evaluator:
    top, bottom = compile_node(node.numerator), compile_node(node.denominator)
    if kind_of(node) is Kind.SCALAR:
        return lambda env: divide(top(env), bottom(env))
    return lambda env: arrays.pairwise(divide, top(env), bottom(env), "a quotient")


def _pow(node: Pow) -> Evaluator:
    base, exponent = compile_node(node.base), compile_node(node.exponent)
    if kind_of(node.base) is not Kind.SCALAR:
        return lambda env: matrix_power(base(env), exponent(env))
    if node.exponent == Literal(2):

        def square(env: Environment) -> Value:
            value = base(env)
            return value * value if value.__class__ is int and -1 << 64 < value < 1 << 64 else power(value, 2)

        return square
    return lambda env: power(base(env), exponent(env))


def _logic(node: Logic) -> Evaluator:
    operands = [compile_node(operand) for operand in node.operands]
    if node.operator == "not":

        def negation(env: Environment) -> Value:
            value = operands[0](env)
            return Logic("not", (value,)) if isinstance(value, Node) else None if value is None else not value

        return negation
    decisive = node.operator == "or"

    def combine(env: Environment) -> Value:
        open_: list[Node] = []
        unknown = False
        for operand in operands:
            value = operand(env)
            if isinstance(value, Node):
                open_.append(value)
            elif value is None:
                unknown = True
            elif bool(value) is decisive:
                return decisive
        if unknown:
            return None
        if open_:
            return open_[0] if len(open_) == 1 else Logic(node.operator, tuple(open_))
        return not decisive

    return combine


def _index(node: Index) -> Evaluator:
    base = compile_node(node.base)
    indices = [compile_node(index) for index in node.indices]

    def look_up(env: Environment) -> Value:
        value = base(env)
        for index in indices:
            value = item_at(value, index(env), node)
        return value

    return look_up


def _reduce(node: Reduce) -> Evaluator:
    low, high, body = compile_node(node.low), compile_node(node.high), compile_node(node.body)
    name, scalar = node.index, kind_of(node.body) is Kind.SCALAR
    adding = node.operator == "sum"
    size = sum(1 for _ in walk(node.body))
    join: Callable[[Value, Value], Value]
    if scalar:
        join = operator.add if adding else operator.mul
    else:
        join = arrays.add if adding else arrays.product

    def run(env: Environment) -> Value:
        first, last = low(env), high(env)
        if isinstance(first, Node) or isinstance(last, Node):
            return Reduce(
                node.operator, name, to_node(first), to_node(last), substitute(node.body, env), node.descending
            )
        check_range(name, first, last)
        inner = dict(env)
        budget = inner.setdefault("#work", [LIMIT_WORK])
        budget[0] -= max(0, last - first + 1) * size
        if budget[0] < 0:
            raise UserError(f"Σ and Π may take {LIMIT_WORK} operations in all; this would be more")
        total: Value = 0 if adding else 1
        for value in range(last, first - 1, -1) if node.descending else range(first, last + 1):
            inner[name] = value
            total = join(total, body(inner))
        return bounded(total)

    return run


def _call(node: Call) -> Evaluator:
    function, arguments = node.function, [compile_node(argument) for argument in node.arguments]
    if function == "if":
        return _if(*arguments)
    if function in ("min", "max"):
        return _extreme(function, arguments)
    if function in ARRAY_FUNCTIONS:
        whole = ARRAY_FUNCTIONS[function]
        return lambda env: on_arrays(function, whole, [argument(env) for argument in arguments])
    if function == "mod":
        a, b = arguments
        return lambda env: open_call(function, functions.modulo, a(env), b(env))
    inner = arguments[0]
    return lambda env: apply(function, inner(env))


def _if(condition: Evaluator, then: Evaluator, otherwise: Evaluator) -> Evaluator:
    def choose(env: Environment) -> Value:
        holds = condition(env)
        if holds is True:
            return then(env)
        if holds is False:
            return otherwise(env)
        if holds is None:
            return intervals.hull(intervals.of(then(env)), intervals.of(otherwise(env)))
        a, b = then(env), otherwise(env)
        return a if a == b else Call("if", (to_node(holds), to_node(a), to_node(b)))

    return choose


def _extreme(function: str, arguments: list[Evaluator]) -> Evaluator:
    """Of one array its smallest or largest number; of several arguments element by element, a scalar broadcast."""
    pick = min if function == "min" else max

    def of(values: tuple[Value, ...]) -> Value:
        if not values:
            raise UserError(f"{function} of nothing")
        if any(isinstance(value, Node) for value in values):
            return open_extreme(function, pick, values)
        if any(isinstance(value, Interval) for value in values):
            return intervals.extreme(function, [intervals.of(value) for value in values])
        return pick(values)

    def run(env: Environment) -> Value:
        values = tuple([argument(env) for argument in arguments])
        if len(values) == 1:
            return of(arrays.flat(values))
        if any(isinstance(value, tuple) for value in values):
            return reduce(lambda a, b: arrays.pairwise(lambda x, y: of((x, y)), a, b, function), values)
        return of(values)

    return run


def substitute(node: Node, values: Mapping[str, Value]) -> Node:
    """The tree with values put in for names, nothing computed: (227 + 2·0 − 11)/4."""
    if isinstance(node, Name):
        value = values.get(node.id, node)
        return node if isinstance(value, dict) else to_node(value)
    if isinstance(node, Reduce | Range):
        outside = {name: value for name, value in values.items() if name != node.index}
        return node.map(lambda child: substitute(child, outside))
    if isinstance(node, Index):
        found = _known_item(node, values)
        if found is not None:
            return found
    return node.map(lambda child: substitute(child, values))


def _known_item(node: Index, values: Mapping[str, Value]) -> Node | None:
    """x[t − 1] with numbers for x and t is shown as the number that it names."""
    if isinstance(node.base, Name) and isinstance(values.get(node.base.id), dict | tuple):
        indices = [evaluate(index, values) for index in node.indices]
        if not any(isinstance(index, Node) for index in indices):
            value = values[node.base.id]
            for index in indices:
                value = item_at(value, index, node)
            return to_node(value)
    return None
