"""Evaluation: a tree becomes a function of its names, run on numbers, arrays, letters or intervals alike.

Exact: int and Fraction stay exact until a transcendental function makes a float. A name without a value stays a letter
and is folded (`folding`). Work is bounded before it is done (`limits`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any

from ..errors import InternalError, UserError
from . import arrays, assembled, intervals
from .folding import is_integer
from .functions import CONSTANTS
from .kinds import is_matrix, kind_of
from .limits import TOO_LARGE_DECIMAL, LimitError, bounded, spend, within_budget
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
    Partial,
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
    apply,
    array_power,
    check_range,
    combined,
    compare,
    divide,
    extreme,
    item_at,
    modulo,
    negation,
    on_array,
    power,
    shape,
    truth,
    window,
)
from .totals import product_of, sum_of

Environment = dict[str, Any]
Evaluator = Callable[[Environment], Value]


def evaluate(node: Node, values: Mapping[str, Value] | None = None) -> Value:
    """The value of `node`; names that `values` does not hold stay letters.

    Raises UserError where the arithmetic has no answer (division by zero, shapes that differ), and its LimitError where
    the answer is too large to work out.
    """
    return within_budget(lambda: compile_node(node)(dict(values or {})))


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
        return _vector(node)
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
    if isinstance(node, Partial):
        return assembled.partial(node, compile_node)
    if isinstance(node, Range):
        raise UserError(f"a range ({node.index} in ...) says how to unroll or search; it has no value")
    if isinstance(node, FormulaCall):
        raise UserError(f"{node.formula}(...) can only stand alone, as a step of a formula")
    raise InternalError(f"there is no rule for evaluating a {type(node).__name__}")


def _chain(function: Callable[[Value, Value], Value], parts: list[Evaluator], env: Environment) -> Value:
    total = parts[0](env)
    for part in parts[1:]:
        total = function(total, part(env))
    return total


def _name(node: Name) -> Evaluator:
    found = _as_it_is(node)

    def look_up(env: Environment) -> Value:
        value = found(env)
        return arrays.unrolled(value) if value.__class__ is dict else value

    return look_up


def _as_it_is(node: Name) -> Evaluator:
    """The value of a name; of a step that is being unrolled the values so far, the one before the first too."""
    name, alone = node.id, CONSTANTS.get(node.id, node)
    return lambda env: env.get(name, alone)


def _vector(node: Vector) -> Evaluator:
    items = [compile_node(item) for item in node.items]

    def vector(env: Environment) -> Value:
        values = tuple([item(env) for item in items])
        if any(arrays.is_open(value) for value in values):
            return to_node(values)
        shapes = list(dict.fromkeys(map(arrays.shape_of, values)))
        if len(shapes) > 1:
            sizes = " and ".join(map(arrays.shown, shapes[:2]))
            raise UserError(f"the items of a vector, the rows of a matrix have equal sizes, not {sizes}")
        return values

    return vector


FEW = 8
"""So many terms or factors are joined before their total is looked at; it cannot have grown much by then."""


def _add(node: Add) -> Evaluator:
    if kind_of(node) is not Kind.SCALAR:
        parts = [compile_node(term) for term in node.terms]
        return lambda env: _chain(arrays.add, parts, env)
    if len(node.terms) > FEW:
        return _long(sum_of, node.terms)
    first = compile_node(node.terms[0])
    signed = [
        (compile_node(t.operand), False) if isinstance(t, Neg) else (compile_node(t), True) for t in node.terms[1:]
    ]

    def add(env: Environment) -> Value:
        total = first(env)
        try:
            for term, plus in signed:
                total = total + term(env) if plus else total - term(env)
        except OverflowError:
            raise LimitError(TOO_LARGE_DECIMAL) from None
        return total if total.__class__ is int and -1 << 64 < total < 1 << 64 else bounded(total)

    return add


def _mul(node: Mul) -> Evaluator:
    parts = [compile_node(factor) for factor in node.factors]
    if any(kind_of(factor) is not Kind.SCALAR for factor in node.factors):
        matrices = [is_matrix(factor) for factor in node.factors]
        return lambda env: arrays.products([part(env) for part in parts], matrices)
    if len(parts) > FEW:
        return _long(product_of, node.factors)
    first, rest = parts[0], parts[1:]

    def multiply(env: Environment) -> Value:
        total = first(env)
        try:
            for factor in rest:
                total = total * factor(env)
        except OverflowError:
            raise LimitError(TOO_LARGE_DECIMAL) from None
        return total if total.__class__ is int and -1 << 64 < total < 1 << 64 else bounded(total)

    return multiply


def _long(join: Callable[[Iterable[Value]], Value], nodes: tuple[Node, ...]) -> Evaluator:
    parts = [compile_node(node) for node in nodes]
    return lambda env: join(part(env) for part in parts)


def _div(node: Div) -> Evaluator:
    top, bottom = compile_node(node.numerator), compile_node(node.denominator)
    if kind_of(node) is Kind.SCALAR:
        return lambda env: divide(top(env), bottom(env))
    return lambda env: arrays.pairwise(divide, top(env), bottom(env), "a quotient")


def _pow(node: Pow) -> Evaluator:
    base, exponent = compile_node(node.base), compile_node(node.exponent)
    if kind_of(node) is not Kind.SCALAR:
        return lambda env: array_power(base(env), exponent(env))
    if node.exponent == Literal(2):

        def square(env: Environment) -> Value:
            value = base(env)
            return value * value if value.__class__ is int and -1 << 64 < value < 1 << 64 else power(value, 2)

        return square
    return lambda env: power(base(env), exponent(env))


def _logic(node: Logic) -> Evaluator:
    word, operands = node.operator, [compile_node(operand) for operand in node.operands]
    if word == "not":
        return lambda env: negation(operands[0](env))
    return lambda env: combined(word, (operand(env) for operand in operands))


def _index(node: Index) -> Evaluator:
    base = _as_it_is(node.base) if isinstance(node.base, Name) else compile_node(node.base)
    indices = [compile_node(index) for index in node.indices]

    def look_up(env: Environment) -> Value:
        value = base(env)
        for place, index in enumerate(indices):
            at = index(env)
            if isinstance(value, Node) or isinstance(at, Node):
                return _open_index(node, value, [at, *(other(env) for other in indices[place + 1 :])])
            value = item_at(value, at)
        return value

    return look_up


def _open_index(node: Index, value: Value, indices: list[Value]) -> Node:
    """value[indices] with letters in it; a sequence that is being unrolled keeps its name."""
    if isinstance(value, dict):
        return Index(node.base, (*node.indices[: -len(indices)], *map(to_node, indices)))
    return Index(to_node(value), tuple(map(to_node, indices)))


_JOIN: dict[tuple[str, bool], Callable[[Iterable[Value]], Value]] = {
    ("sum", True): sum_of,
    ("prod", True): product_of,
    ("sum", False): lambda arrays_: reduce(arrays.add, arrays_, 0),
    ("prod", False): lambda arrays_: reduce(arrays.product, arrays_, 1),
}
"""How Σ and Π join their bodies, single numbers (True) or arrays."""


def _reduce(node: Reduce) -> Evaluator:
    low, high, body = compile_node(node.low), compile_node(node.high), compile_node(node.body)
    name, join = node.index, _JOIN[node.operator, kind_of(node.body) is Kind.SCALAR]
    size = sum(1 for _ in walk(node.body))

    def run(env: Environment) -> Value:
        first, last = low(env), high(env)
        if isinstance(first, Node) or isinstance(last, Node):
            inside = {letter: value for letter, value in env.items() if letter != name}
            return replace(node, low=to_node(first), high=to_node(last), body=substitute(node.body, inside))
        check_range(name, first, last)
        inner = dict(env)

        def bodies() -> Iterator[Value]:
            spend(max(0, last - first + 1) * size)
            for value in range(last, first - 1, -1) if node.descending else range(first, last + 1):
                inner[name] = value
                yield body(inner)

        return within_budget(lambda: join(bodies()))

    return run


def _call(node: Call) -> Evaluator:
    function, arguments = node.function, [compile_node(argument) for argument in node.arguments]
    if function == "if":
        return _if(node, *arguments)
    if function in ("min", "max"):
        return lambda env: extreme(function, [argument(env) for argument in arguments])
    if function == "block":
        return assembled.block(node, compile_node)
    if function == "shape":
        return lambda env: shape([argument(env) for argument in arguments])
    if function == "window":
        return lambda env: window([argument(env) for argument in arguments])
    if function == "mod":
        a, b = arguments
        is_whole = is_integer(node.arguments[0])
        return lambda env: modulo(a(env), b(env), is_whole)
    inner = arguments[0]
    if function in ARRAY_FUNCTIONS:
        whole = ARRAY_FUNCTIONS[function]
        return lambda env: on_array(function, whole, inner(env))
    return lambda env: apply(function, inner(env))


def _if(node: Call, condition: Evaluator, then: Evaluator, otherwise: Evaluator) -> Evaluator:
    def choose(env: Environment) -> Value:
        holds = condition(env)
        if holds is True:
            return then(env)
        if holds is False:
            return otherwise(env)
        if truth(holds, "if") is None:
            return intervals.hull(intervals.of(then(env)), intervals.of(otherwise(env)))
        a, b = _branch(then, node.arguments[1], env), _branch(otherwise, node.arguments[2], env)
        return a if a == b else Call("if", (to_node(holds), to_node(a), to_node(b)))

    return choose


def _branch(evaluator: Evaluator, node: Node, env: Environment) -> Value:
    """A branch that is perhaps never taken: one that has no value is left as it is."""
    try:
        return evaluator(env)
    except LimitError:
        raise
    except UserError:
        return substitute(node, env)


def substitute(node: Node, values: Mapping[str, Value]) -> Node:
    """The tree with values put in for names, nothing computed: (227 + 2·0 − 11)/4."""
    if isinstance(node, Name):
        value = values.get(node.id, node)
        return node if isinstance(value, dict) else to_node(value)
    if isinstance(node, Reduce):
        inside = {name: value for name, value in values.items() if name != node.index}
        low, high = substitute(node.low, values), substitute(node.high, values)
        return replace(node, low=low, high=high, body=substitute(node.body, inside))
    if isinstance(node, Index):
        found = _known_item(node, values)
        if found is not None:
            return found
    return node.map(lambda child: substitute(child, values))


def _known_item(node: Index, values: Mapping[str, Value]) -> Node | None:
    """x[t − 1] with numbers for x and t is shown as the number that it names; None when it names none."""
    if not isinstance(node.base, Name) or not isinstance(values.get(node.base.id), dict | tuple):
        return None
    value = values[node.base.id]
    try:
        for index in node.indices:
            at = evaluate(index, values)
            if isinstance(at, Node):
                return None
            value = item_at(value, at)
    except UserError:
        return None
    return None if isinstance(value, dict) else to_node(value)
