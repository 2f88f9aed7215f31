"""Array steps written out: sums term by term, windows number by number, with the values put in.

`sum(u=1..2, sum(v=1..2, w[u, v]*x[i + u, j + v]))` at i = j = 0 becomes 1·3 + 0·0 + 0·1 + (−1)·5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice, product

from ..expressions.evaluate import Evaluator, compile_node, evaluate
from ..expressions.nodes import (
    Add,
    Call,
    Div,
    Hadamard,
    Index,
    Literal,
    Mul,
    Name,
    Neg,
    Node,
    Outer,
    Reduce,
    Value,
    Vector,
    to_node,
)
from ..formulas.run import Working
from ..formulas.steps import Op

Show = Callable[[Value], Node]
"""A value as it is printed."""


class Writer:
    """Writes the steps of a working out; the expression of an `inlined` step stands where it is read."""

    def __init__(self, found: Working, show: Show, inlined: tuple[str, ...] = ()) -> None:
        self.found = found
        self.show = show
        self.inlined = inlined
        self._inlined = tuple(map(Name, inlined))
        self._compiled: dict[int, tuple[Node, Evaluator]] = {}

    def op(self, name: str) -> Op:
        """The step as it was run."""
        op = self.found.program.ops[self.found.program.place[name]]
        edit = self.found.edits.get(name)
        return op if edit is None else self.found.program.edited(name, edit)

    def letters(self, name: str) -> Node:
        """The step's expression as it is printed: vectors below each other stand in one pair of brackets."""
        return _without_blocks(self.op(name).node)

    def places(self, name: str, most: int | None = None) -> Iterator[tuple[int, ...]]:
        """The indices of the entries of an unrolled step, in reading order."""
        values = self.found.state.values
        ranges = [range(evaluate(each.low, values), evaluate(each.high, values) + 1) for each in self.op(name).each]
        return islice(product(*ranges), most)

    def entry(self, name: str, place: tuple[int, ...]) -> Node | None:
        """The expression of one entry with everything put in; None for the value before the first step."""
        op = self.op(name)
        if op.before is not None and place[0] < evaluate(op.each[0].low, self.found.state.values):
            return None
        indices = {each.index: number for each, number in zip(op.each, place, strict=True)}
        return self._write(op.node, {**self.found.state.values, **indices})

    def value(self, name: str, place: tuple[int, ...]) -> Value:
        """The value of one entry."""
        value = self.found.state.values[name]
        for number in place:
            value = value[number]
        return value

    def step(self, name: str) -> Node:
        """The expression of a step that is not unrolled, with everything put in."""
        return self._write(self.op(name).node, self.found.state.values)

    def _value(self, node: Node, values: Mapping[str, Value]) -> Value:
        """The value of a part of a step, which is compiled once: every window has the same parts."""
        if id(node) not in self._compiled:
            self._compiled[id(node)] = node, compile_node(node)
        return self._compiled[id(node)][1](dict(values))

    def _write(self, node: Node, values: Mapping[str, Value]) -> Node:
        match node:
            case Literal():
                return node
            case Name(id):
                return self.show(_plain(values[id])) if id in values else node
            case Index(Name(id), indices) if id in self.inlined:
                op = self.op(id)
                here = {each.index: self._value(index, values) for each, index in zip(op.each, indices, strict=True)}
                return self._write(op.node, {**values, **here})
            case Index():
                return self.show(self._value(node, values))
            case Call("if", (condition, yes, no)):
                return self._write(yes if self._value(condition, values) is True else no, values)
            case Call("block", (Vector() as parts,)):
                return self._write(parts, values)
            case Call("max" | "min" | "sum" as function, (Call("window", _) as window,)):
                numbers = tuple(map(self.show, _flat(self._value(window, values))))
                if function == "sum":
                    return Add(numbers) if len(numbers) > 1 else numbers[0]
                return Call(function, numbers)
            case Reduce(operator, index, low, high, body, descending):
                places = range(self._value(low, values), self._value(high, values) + 1)
                order = reversed(places) if descending else places
                return _joined(operator, [self._write(body, {**values, index: place}) for place in order])
            case Add(terms) if any(isinstance(t, Index) and t.base in self._inlined for t in terms):
                return _sum([self._write(term, values) for term in terms])
        return node.map(lambda part: self._write(part, values))


def _without_blocks(node: Node) -> Node:
    match node:
        case Call("block", (Vector() as parts,)):
            return parts.map(_without_blocks)
    return node.map(_without_blocks)


def _plain(value: Value) -> Value:
    """An unrolled step's values as a tuple."""
    if isinstance(value, dict):
        return tuple(_plain(item) for key, item in value.items() if key >= 1)
    return value


def _flat(value: Value) -> Iterator[Value]:
    if isinstance(value, tuple):
        for item in value:
            yield from _flat(item)
    else:
        yield value


_NOTHING = Literal(0)


def _joined(operator: str, parts: list[Node]) -> Node:
    """A sum or product of what has been written out."""
    if operator == "sum":
        return _sum(parts)
    factors = [factor for part in parts for factor in (part.factors if isinstance(part, Mul) else (part,))]
    return Mul(tuple(factors)) if len(factors) > 1 else factors[0] if factors else Literal(1)


def _sum(parts: list[Node]) -> Node:
    """A sum without the terms that are 0 throughout; one of products by 0 stays, since the window has them."""
    terms = [term for part in parts for term in (part.terms if isinstance(part, Add) else (part,))]
    kept = [term for term in terms if term != _NOTHING]
    return Add(tuple(kept)) if len(kept) > 1 else kept[0] if kept else _NOTHING


def is_written(node: Node) -> bool:
    """Whether something is left to be worked out: not a number alone."""
    return (
        not isinstance(node, Literal) and not (isinstance(node, Neg | Div) and _is_number(node)) and not _is_array(node)
    )


def _is_number(node: Node) -> bool:
    match node:
        case Neg(inner):
            return _is_number(inner)
        case Div(Literal(), Literal()):
            return True
    return isinstance(node, Literal)


def _is_array(node: Node) -> bool:
    return not isinstance(node, Add | Mul | Call | Index | Hadamard | Outer | Reduce | Div) and node == to_node(
        evaluate(node)
    )
