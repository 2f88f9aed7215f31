"""Local derivatives: how one equation of a step depends on each signal and weight that stands in it.

A local derivative is a product of factors, as it stands in the Jacobian: diag(v), or a matrix. Of several occurrences
of a signal there are several; of h = z ⊙ h₋ + (1 − z) ⊙ h̃ by z the factors diag(h₋) and, with a minus, diag(h̃).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ..errors import InternalError
from ..expressions.nodes import Add, Call, Hadamard, Index, Literal, Mul, Name, Neg, Node, Pow, Transpose, rewriting
from .model import TIME, Equation, Network, Signal, Weight, offset, shifted


@dataclass(frozen=True, slots=True)
class Factor:
    """diag(`node`), or the matrix `node`, at time t of its equation."""

    node: Node
    diagonal: bool

    def at(self, time: Node) -> Factor:
        return Factor(moved(self.node, time), self.diagonal)


@dataclass(frozen=True, slots=True)
class Edge:
    """∂equation/∂signal for one occurrence: `sign` times the product of `factors`; it is read `by` steps off.

    `term`: of a sum with the signal in several terms the one that this occurrence stands in, of all else None.
    """

    reader: Signal
    signal: Signal
    by: int
    sign: int
    factors: tuple[Factor, ...]
    term: Node | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """Where a weight stands in an equation: `sign` · `factors` · weight, which meets `reads`.

    `how`: a matrix that is multiplied by `reads`, a vector that is multiplied by it entry by entry ("pointwise"), or a
    "bias", which reads nothing.
    """

    reader: Signal
    weight: Weight
    sign: int
    factors: tuple[Factor, ...]
    how: str
    reads: Node | None = None


@dataclass(frozen=True)
class Locals:
    """All local derivatives of a network."""

    edges: tuple[Edge, ...]
    uses: tuple[Use, ...]

    def readers_of(self, signal: Signal) -> tuple[Edge, ...]:
        return tuple(edge for edge in self.edges if edge.signal == signal)

    def read_by(self, signal: Signal) -> tuple[Edge, ...]:
        return tuple(edge for edge in self.edges if edge.reader == signal)

    def of(self, weight: str) -> tuple[Use, ...]:
        return tuple(use for use in self.uses if use.weight.name == weight)


def local_derivatives(network: Network) -> Locals:
    """The edges and uses of every equation but the output behind the loss, which `head.error` speaks for."""
    found = [
        each
        for group in network.groups
        for equation in group.equations
        if equation.signal.name != "yhat"
        for each in _of_equation(network, equation)
    ]
    return Locals(
        tuple(each for each in found if isinstance(each, Edge)), tuple(each for each in found if isinstance(each, Use))
    )


def _of_equation(network: Network, equation: Equation) -> Iterator[Edge | Use]:
    terms = equation.right.terms if isinstance(equation.right, Add) else (equation.right,)
    found = [(term, each) for term in terms for each in _visit(network, equation, term, 1, ())]
    read = Counter((each.signal, each.by) for _, each in found if isinstance(each, Edge))
    for term, each in found:
        if isinstance(each, Edge) and read[each.signal, each.by] > 1:
            yield replace(each, term=term)
        else:
            yield each


def moved(node: Node, time: Node) -> Node:
    """The expression at another time than t: h[t − 1] for time 3 is h[2]."""
    if time == TIME:
        return node

    def move(part: Node, below: Callable[[Node], Node]) -> Node:
        if isinstance(part, Index):
            return Index(part.base, (*part.indices[:-1], shifted(time, offset(part.indices[-1]))))
        return part.map(below)

    return rewriting(move)(node)


def slope(function: str, value: Node) -> Node:
    """The derivative of an activation in terms of its own value, which is what a network has kept."""
    one = Literal(1)
    if function == "tanh":
        return Add((one, Neg(Pow(value, Literal(2)))))
    if function == "sigmoid":
        return Hadamard((value, Add((one, Neg(value)))))
    if function == "relu":
        return Call("step", (value,))
    raise InternalError(f"there is no slope of {function} here")


Factors = tuple[Factor, ...]


def _visit(network: Network, equation: Equation, node: Node, sign: int, factors: Factors) -> Iterator[Edge | Use]:
    def visit(inner: Node, inner_sign: int = 1, *more: Factor) -> Iterator[Edge | Use]:
        return _visit(network, equation, inner, sign * inner_sign, (*factors, *more))

    reader = equation.signal
    if isinstance(node, Index):
        yield Edge(reader, Signal.of(node), offset(node.indices[-1]), sign, factors)
    elif isinstance(node, Name):
        if node.id in network.by_name:
            yield Use(reader, network.by_name[node.id], sign, factors, "bias")
    elif isinstance(node, Add):
        for term in node.terms:
            yield from visit(term)
    elif isinstance(node, Neg):
        yield from visit(node.operand, -1)
    elif isinstance(node, Hadamard):
        for place, part in enumerate(node.factors):
            others = pointwise((*node.factors[:place], *node.factors[place + 1 :]))
            if isinstance(part, Name):
                yield Use(reader, network.by_name[part.id], sign, factors, "pointwise", others)
            else:
                yield from visit(part, 1, Factor(others, True))
    elif isinstance(node, Mul):
        matrix, vector = node.factors
        assert isinstance(matrix, Name)
        yield Use(reader, network.by_name[matrix.id], sign, factors, "matrix", vector)
        yield from visit(vector, 1, Factor(matrix, False))
    elif isinstance(node, Call):
        value = reader.at(TIME) if node is equation.right else node
        yield from visit(node.arguments[0], 1, Factor(slope(node.function, value), True))
    elif not isinstance(node, Literal):
        raise InternalError(f"there is no local derivative of a {type(node).__name__}")


# products of factors


def pointwise(factors: tuple[Node, ...]) -> Node:
    """a ⊙ b, or a alone; products inside are opened."""
    opened = tuple(
        part for factor in factors for part in (factor.factors if isinstance(factor, Hadamard) else (factor,))
    )
    return opened[0] if len(opened) == 1 else Hadamard(opened)


def product(factors: tuple[Node, ...]) -> Node:
    """a·b as a matrix product, or a alone; products inside are opened."""
    opened = tuple(part for factor in factors for part in (factor.factors if isinstance(factor, Mul) else (factor,)))
    return opened[0] if len(opened) == 1 else Mul(opened)


def transposed(node: Node) -> Node:
    return node.operand if isinstance(node, Transpose) else Transpose(node)


def merged(factors: tuple[Factor, ...]) -> tuple[Factor, ...]:
    """Neighbouring diagonal factors as one."""
    found: list[Factor] = []
    for factor in factors:
        if found and found[-1].diagonal and factor.diagonal:
            found[-1] = Factor(pointwise((found[-1].node, factor.node)), True)
        else:
            found.append(factor)
    return tuple(found)


def as_matrices(factors: tuple[Factor, ...], back: bool = False) -> tuple[Node, ...]:
    """The factors as they stand in a Jacobian; taken `back`, transposed and in the opposite order."""
    row = tuple(reversed(factors)) if back else factors
    return tuple(
        Call("diag", (factor.node,)) if factor.diagonal else transposed(factor.node) if back else factor.node
        for factor in merged(row)
    )


def vjp(factors: tuple[Factor, ...], gradient: Node) -> Node:
    """Jᵀ·gradient, where the diagonal factors multiply entry by entry."""
    for factor in factors:
        if factor.diagonal:
            gradient = pointwise((factor.node, gradient))
        else:
            gradient = product((transposed(factor.node), gradient))
    return gradient


def signed(sign: int, node: Node) -> Node:
    """±node, where −(a − b) is left as it is and −(−a) is a."""
    if sign > 0:
        return node
    return node.operand if isinstance(node, Neg) else Neg(node)


def total(terms: tuple[Node, ...]) -> Node:
    """The sum of terms, sums inside opened. At least one."""
    opened = tuple(part for term in terms for part in (term.terms if isinstance(term, Add) else (term,)))
    return opened[0] if len(opened) == 1 else Add(opened)


def combined(edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
    """Edges between the same two signals that differ in their first, diagonal factor only, as one: diag(h₋ − h̃)."""
    found: dict[tuple[object, ...], Edge] = {}
    for edge in edges:
        key = (edge.reader, edge.signal, edge.by, edge.factors[1:])
        other = found.get(key) if edge.factors and edge.factors[0].diagonal else None
        if other is None:
            found[key if key not in found else (key, id(edge))] = edge
            continue
        plus, minus = (other, edge) if other.sign > 0 else (edge, other)
        first = total((signed(plus.sign, plus.factors[0].node), signed(minus.sign, minus.factors[0].node)))
        found[key] = Edge(edge.reader, edge.signal, edge.by, 1, (Factor(first, True), *edge.factors[1:]))
    return tuple(found.values())
