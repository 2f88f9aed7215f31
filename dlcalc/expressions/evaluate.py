"""Evaluation: a tree becomes a function of its names, run on numbers, arrays, letters or intervals alike.

Exact: int and Fraction stay exact until a transcendental function makes a float. A name without a value stays a letter
and is folded (`folding`). Work is bounded before it is done (`limits`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, reduce
from itertools import chain, islice
from typing import Any

from ..errors import InternalError, UserError
from . import arrays, assembled, intervals
from .folding import is_integer
from .functions import CONSTANTS
from .kinds import is_matrix, kind_of
from .limits import TOO_LARGE_DECIMAL, LimitError, bounded, left, spend, within_budget
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
    rewriting,
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


def evaluate_at(value: Value, values: Mapping[str, Value]) -> Value:
    """A value, or every entry of one, with values in the place of its letters; sizes alike on all axes are one number.

    Raises UserError where it has no value there.
    """
    if isinstance(value, tuple):
        return tuple(evaluate_at(item, values) for item in value)
    if isinstance(value, Node):
        alike = {k: v[0] if isinstance(v, tuple) and len(set(v)) == 1 else v for k, v in values.items()}
        return evaluate(value, alike)
    return value


def compile_node(node: Node) -> Evaluator:
    """The evaluator of an expression, which works each distinct node out once.

    Compiling once and calling often is what makes diagnoses fast.
    """
    compiler = _Compiler(node)
    run, whole = compiler.of(node), compiler.whole
    return (lambda env: run({**env, whole.key: {}})) if whole.keeps else run


class _Scope:
    """Where values are kept while they hold: in one evaluation of the whole, or at one value of the index of a Σ or Π.

    An environment has them under `key`, by their evaluators.
    """

    def __init__(self, index: str, number: int) -> None:
        self.index = index
        self.key = f"kept {number}"
        """No letter has a space."""
        self.keeps = False

    def keep(self, run: Evaluator) -> Evaluator:
        """Runs it the first time only."""
        self.keeps, key = True, self.key

        def lookup(env: Environment) -> Value:
            kept = env[key]
            if run in kept:
                return kept[run]
            kept[run] = value = run(env)
            return value

        return lookup

    def keep_with_work(self, run: Evaluator) -> Evaluator:
        """Runs it the first time only, and spends its work again each time: what a Σ may do is counted as written."""
        self.keeps, key = True, self.key

        def lookup(env: Environment) -> Value:
            kept = env[key]
            if run in kept:
                value, work = kept[run]
                spend(work)
            else:
                before = left()
                value = run(env)
                kept[run] = value, before - left()
            return value

        return lookup


def _in_several_places(root: Node) -> set[int]:
    """The ids of the nodes that stand in several places, numbers and letters left out."""
    seen: set[int] = set()
    found: set[int] = set()
    stack = [root]
    while stack:
        for child in stack.pop().children():
            if isinstance(child, Literal | Name):
                continue
            if id(child) not in seen:
                seen.add(id(child))
                stack.append(child)
                continue
            found.add(id(child))
            if isinstance(child, Neg):
                found.add(id(child.operand))  # a sum subtracts it without the sign
    return found


FEW_NODES = 3
"""A part of a Σ or Π that does not depend on the index is kept when it has more nodes."""


def _is_costly(node: Node) -> bool:
    """Whether a value is worth keeping only because it is asked for at every value of an index."""
    if isinstance(node, Call | Reduce) or kind_of(node) is not Kind.SCALAR:
        return True
    return sum(1 for _ in islice(walk(node), FEW_NODES + 1)) > FEW_NODES


class _Compiler:
    """Makes the evaluators of the nodes of one expression, each once for every scope in which it has a value.

    A value is kept where it is asked for again: that of a node that stands in several places, and that of a part of a
    Σ or Π that does not depend on the index.
    """

    def __init__(self, root: Node) -> None:
        self.shared = _in_several_places(root)
        self.whole = _Scope("", 0)
        self.open = [self.whole]
        """The scopes around what is being compiled."""
        self.at = self.whole
        """The scope of the node whose parts are being compiled."""
        self.numbered = 0
        self.made: dict[tuple[int, _Scope], Evaluator] = {}
        self.free: dict[int, frozenset[str]] = {}

    def of(self, node: Node) -> Evaluator:
        """The evaluator of a node."""
        if isinstance(node, Literal):
            value = node.value
            return lambda env: value
        if isinstance(node, Name):
            return _name(node)
        scope = self.scope_of(node)
        known = self.made.get((id(node), scope))
        if known is not None:
            return known
        around, self.at = self.at, scope
        run = self.evaluator(node)
        self.at = around
        if scope is not around and _is_costly(node):
            run = scope.keep_with_work(run)
        elif id(node) in self.shared:
            run = scope.keep(run)
        self.made[id(node), scope] = run
        return run

    def scope_of(self, node: Node) -> _Scope:
        """The innermost open scope on whose index a node depends."""
        if len(self.open) > 1:
            names = self.names(node)
            for scope in reversed(self.open[1:]):
                if scope.index in names:
                    return scope
        return self.whole

    def names(self, node: Node) -> frozenset[str]:
        """The free names of a node."""
        found = self.free.get(id(node))
        if found is None:
            if isinstance(node, Name):
                found = frozenset((node.id,))
            elif isinstance(node, Reduce):
                inside = self.names(node.body) - {node.index}
                found = self.names(node.low) | self.names(node.high) | inside
            else:
                found = frozenset().union(*map(self.names, node.children()))
            self.free[id(node)] = found
        return found

    def evaluator(self, node: Node) -> Evaluator:
        if isinstance(node, Add):
            return self.add(node)
        if isinstance(node, Mul):
            return self.mul(node)
        if isinstance(node, Neg):
            inner = self.of(node.operand)
            return lambda env: arrays.each(operator.neg, inner(env))
        if isinstance(node, Div):
            return self.div(node)
        if isinstance(node, Pow):
            return self.pow(node)
        if isinstance(node, Call):
            return self.call(node)
        if isinstance(node, Compare):
            left, right, sign = self.of(node.left), self.of(node.right), node.operator
            return lambda env: compare(sign, left(env), right(env))
        if isinstance(node, Logic):
            return self.logic(node)
        if isinstance(node, Vector):
            return self.vector(node)
        return self.structured(node)

    def structured(self, node: Node) -> Evaluator:
        if isinstance(node, Index):
            return self.index(node)
        if isinstance(node, Transpose):
            inner = self.of(node.operand)
            return lambda env: arrays.transpose(inner(env))
        if isinstance(node, Hadamard):
            factors = [self.of(factor) for factor in node.factors]
            return lambda env: _chain(arrays.hadamard, factors, env)
        if isinstance(node, Outer):
            left, right = self.of(node.left), self.of(node.right)
            return lambda env: arrays.outer(left(env), right(env))
        if isinstance(node, Reduce):
            return self.reduce(node)
        if isinstance(node, Partial):
            return assembled.partial(node, self.of)
        if isinstance(node, Range):
            raise UserError(f"a range ({node.index} in ...) says how to unroll or search; it has no value")
        if isinstance(node, FormulaCall):
            raise UserError(f"{node.formula}(...) must be a whole step of a formula")
        raise InternalError(f"there is no rule for evaluating a {type(node).__name__}")

    def vector(self, node: Vector) -> Evaluator:
        items = [self.of(item) for item in node.items]

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

    def add(self, node: Add) -> Evaluator:
        if kind_of(node) is not Kind.SCALAR:
            parts = [self.of(term) for term in node.terms]
            return lambda env: _chain(arrays.add, parts, env)
        if len(node.terms) > FEW:
            return self.long(sum_of, node.terms)
        first = self.of(node.terms[0])
        signed = [(self.of(t.operand), False) if isinstance(t, Neg) else (self.of(t), True) for t in node.terms[1:]]

        def add(env: Environment) -> Value:
            total = first(env)
            try:
                for term, plus in signed:
                    total = total + term(env) if plus else total - term(env)
            except OverflowError:
                raise LimitError(TOO_LARGE_DECIMAL) from None
            return total if total.__class__ is int and -1 << 64 < total < 1 << 64 else bounded(total)

        return add

    def mul(self, node: Mul) -> Evaluator:
        parts = [self.of(factor) for factor in node.factors]
        if any(kind_of(factor) is not Kind.SCALAR for factor in node.factors):
            matrices = [is_matrix(factor) for factor in node.factors]
            return lambda env: arrays.products([part(env) for part in parts], matrices)
        if len(parts) > FEW:
            return self.long(product_of, node.factors)
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

    def long(self, join: Callable[[Iterable[Value]], Value], nodes: tuple[Node, ...]) -> Evaluator:
        parts = [self.of(node) for node in nodes]
        return lambda env: join(part(env) for part in parts)

    def div(self, node: Div) -> Evaluator:
        top, bottom = self.of(node.numerator), self.of(node.denominator)
        if kind_of(node) is Kind.SCALAR:
            return lambda env: divide(top(env), bottom(env))
        return lambda env: arrays.pairwise(divide, top(env), bottom(env), "a quotient")

    def pow(self, node: Pow) -> Evaluator:
        base, exponent = self.of(node.base), self.of(node.exponent)
        if kind_of(node) is not Kind.SCALAR:
            return lambda env: array_power(base(env), exponent(env))
        if node.exponent == Literal(2):

            def square(env: Environment) -> Value:
                value = base(env)
                return value * value if value.__class__ is int and -1 << 64 < value < 1 << 64 else power(value, 2)

            return square
        return lambda env: power(base(env), exponent(env))

    def logic(self, node: Logic) -> Evaluator:
        word, operands = node.operator, [self.of(operand) for operand in node.operands]
        if word == "not":
            return lambda env: negation(operands[0](env))
        decisive = word == "or"

        def decide(env: Environment) -> Value:
            for place, operand in enumerate(operands):
                value = operand(env)
                if value is decisive:
                    return decisive
                if value.__class__ is not bool:
                    return combined(word, chain([value], (other(env) for other in operands[place + 1 :])))
            return not decisive

        return decide

    def index(self, node: Index) -> Evaluator:
        base = _as_it_is(node.base) if isinstance(node.base, Name) else self.of(node.base)
        indices = [self.of(index) for index in node.indices]

        def lookup(env: Environment) -> Value:
            value = base(env)
            for place, index in enumerate(indices):
                at = index(env)
                if at.__class__ is int:  # by far the most frequent cases
                    if value.__class__ is tuple and 0 < at <= len(value):
                        value = value[at - 1]
                        continue
                    if value.__class__ is dict and at in value:
                        value = value[at]
                        continue
                if isinstance(value, Node) or isinstance(at, Node):
                    return _open_index(node, value, [at, *(other(env) for other in indices[place + 1 :])])
                value = item_at(value, at)
            return value

        return lookup

    def reduce(self, node: Reduce) -> Evaluator:
        low, high = self.of(node.low), self.of(node.high)
        self.numbered += 1
        scope, around = _Scope(node.index, self.numbered), self.at
        self.at = scope
        self.open.append(scope)
        body = self.of(node.body)
        self.open.pop()
        self.at = around
        keeps, key = scope.keeps, scope.key
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
                    if keeps:
                        inner[key] = {}
                    yield body(inner)

            return within_budget(lambda: join(bodies()))

        return run

    def call(self, node: Call) -> Evaluator:
        function, arguments = node.function, [self.of(argument) for argument in node.arguments]
        if function == "if":
            return _if(node, *arguments)
        if function in ("min", "max"):
            return lambda env: extreme(function, [argument(env) for argument in arguments])
        if function == "block":
            return assembled.block(node, self.of)
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


def _chain(function: Callable[[Value, Value], Value], parts: list[Evaluator], env: Environment) -> Value:
    total = parts[0](env)
    for part in parts[1:]:
        total = function(total, part(env))
    return total


def _name(node: Name) -> Evaluator:
    name, alone = node.id, CONSTANTS.get(node.id, node)

    def lookup(env: Environment) -> Value:
        value = env.get(name, alone)
        return arrays.unrolled(value) if value.__class__ is dict else value

    return lookup


def _as_it_is(node: Name) -> Evaluator:
    """The value of a name; of a step that is being unrolled the values so far, the one before the first too."""
    name, alone = node.id, CONSTANTS.get(node.id, node)
    return lambda env: env.get(name, alone)


FEW = 8
"""So many terms or factors are joined before their total is looked at; it cannot have grown much by then."""


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
    """The expression with values put in for names, nothing computed: (227 + 2·0 − 11)/4."""

    def put(node: Node, below: Callable[[Node], Node]) -> Node:
        if isinstance(node, Name):
            value = values.get(node.id, node)
            return node if isinstance(value, dict) else to_node(value)
        if isinstance(node, Reduce) and node.index in values:
            inside = {name: value for name, value in values.items() if name != node.index}
            return replace(node, low=below(node.low), high=below(node.high), body=substitute(node.body, inside))
        if isinstance(node, Index):
            found = _known_item(node, values)
            if found is not None:
                return found
        return node.map(below)

    return rewriting(put)(node)


@lru_cache(maxsize=1024)
def _place(index: Node) -> Callable[[Mapping[str, Value]], Value]:
    """`evaluate` of an index: there are few, t − 1 and 2, and each stands in the lines of all steps."""
    run = compile_node(index)
    return lambda values: within_budget(lambda: run(dict(values)))


def _known_item(node: Index, values: Mapping[str, Value]) -> Node | None:
    """x[t − 1] with numbers for x and t is shown as the number that it names; None when it names none."""
    if not isinstance(node.base, Name) or not isinstance(values.get(node.base.id), dict | tuple):
        return None
    value = values[node.base.id]
    try:
        for index in node.indices:
            at = _place(index)(values)
            if isinstance(at, Node):
                return None
            value = item_at(value, at)
    except UserError:
        return None
    return None if isinstance(value, dict) else to_node(value)
