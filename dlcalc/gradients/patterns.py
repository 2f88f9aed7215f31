"""Where a formula is mistaken: each function finds, in one node, what stands there and what stands there by mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from ..expressions.nodes import (
    Add,
    Call,
    Hadamard,
    Index,
    Literal,
    Mul,
    Name,
    Neg,
    Node,
    Outer,
    Partial,
    Pow,
    Reduce,
    Transpose,
    replaced,
    walk,
)
from .edits import GONE, ONE, TWO, Pattern
from .local import pointwise, slope
from .model import STEPS, Network, Signal, indices_in, shifted


def is_slope(node: Node) -> bool:
    """1 − h², or relu′."""
    match node:
        case Add((Literal(1), Neg(Pow(_, Literal(2))))):
            return True
    return isinstance(node, Call) and node.function == "step"


def _gate_slopes(node: Node) -> Iterator[tuple[Node, Node]]:
    """Neighbours σ and 1 − σ of a product entry by entry."""
    if isinstance(node, Hadamard):
        for one, other in zip(node.factors, node.factors[1:], strict=False):
            if other == Add((ONE, Neg(one))):
                yield one, other


def _is_product_of_slope(node: Node) -> bool:
    inner = node.arguments[0] if isinstance(node, Call) and node.function == "diag" else node
    return is_slope(inner) or (isinstance(inner, Hadamard) and len(inner.factors) == 2 and any(_gate_slopes(inner)))


def slope_left_out(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    if isinstance(node, Mul | Hadamard):
        for factor in node.factors:
            if _is_product_of_slope(factor):
                yield factor, GONE
        for one, other in _gate_slopes(node):
            assert isinstance(node, Hadamard)
            rest = tuple(factor for factor in node.factors if factor not in (one, other))
            if rest:
                yield node, pointwise(rest)
    elif isinstance(node, Outer | Reduce):
        yield from ((part, ONE) for part in node.children() if isinstance(part, Call) and _is_product_of_slope(part))


def half_of_gate_slope(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    for one, other in _gate_slopes(node):
        assert isinstance(node, Hadamard)
        for left_out in (one, other):
            rest = list(node.factors)
            rest.remove(left_out)
            yield node, pointwise(tuple(rest))


def gate_slope_as_tanh(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    for one, other in _gate_slopes(node):
        assert isinstance(node, Hadamard)
        rest = [factor for factor in node.factors if factor not in (one, other)]
        yield node, pointwise((Add((ONE, Neg(Pow(one, TWO)))), *rest))


def squares(make: Callable[[Node], Node]) -> Pattern:
    def find(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
        match node:
            case Add((Literal(1), Neg(Pow(value, Literal(2))))):
                yield node, make(value)

    return find


def slope_of_output(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    match node:
        case Add((Literal(1), Neg(Pow(Index() as value, Literal(2))))):
            yield node, Add((ONE, Neg(Pow(Call("tanh", (value,)), TWO))))
    for one, other in _gate_slopes(node):
        assert isinstance(node, Hadamard)
        again = Call("sigmoid", (one,))
        swap = {one: again, other: Add((ONE, Neg(again)))}
        yield node, Hadamard(tuple(swap.get(factor, factor) for factor in node.factors))


def slope_a_step_before(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    match node:
        case Add((Literal(1), Neg(Pow(Index() as value, Literal(2))))):
            yield node, Add((ONE, Neg(Pow(_step(value, -1), TWO))))


def matrix_left_out(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    if isinstance(node, Mul):
        for factor in node.factors:
            if isinstance(factor, Transpose) and isinstance(factor.operand, Name):
                yield factor, GONE


def not_transposed(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    if isinstance(node, Transpose) and isinstance(node.operand, Name):
        yield node, node.operand


def other_matrix(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    if isinstance(node, Transpose) and isinstance(node.operand, Name):
        weight = network.by_name.get(node.operand.id)
        for other in network.weights:
            if weight is not None and other.columns and other != weight:
                yield node, Transpose(Name(other.name, other.kind))


def reads_shifted(by: int, states: bool) -> Pattern:
    def find(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
        is_outer = isinstance(node, Outer) and isinstance(node.right, Index)
        if is_outer and (node.right.base in _states(network)) is states:  # type: ignore[attr-defined]
            yield node, Outer(node.left, _step(node.right, by))  # type: ignore[attr-defined]

    return find


def reads_of_loss(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """h_{j−1} of the loss for h_{k−1} of the use."""
    if isinstance(node, Outer) and isinstance(node.right, Index):
        at, j = node.right.indices[-1], Name("j", integer=True)
        for letter in (part for part in walk(at) if part == Name("k")):
            yield node, Outer(node.left, replaced(node.right, {letter: j}))


def reads(letter: str, by: int) -> Pattern:
    """Another letter for what the weight meets, at the same step as the error (`by` 0) or the one before."""

    def find(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
        if any(signal.name == letter and signal.layer for signal in network.equations):
            return
        if isinstance(node, Outer) and isinstance(node.right, Index) and node.right.base != Name(letter):
            here = node.right.indices[-1]
            time = shifted(here, 1) if node.right.base in _states(network) and _is_before(here) else here
            yield node, Outer(node.left, Signal(letter).at(shifted(time, by)))

    return find


def _states(network: Network) -> tuple[Node, ...]:
    return tuple(Name(signal.name) for signal in network.firsts)


def _is_before(time: Node) -> bool:
    match time:
        case Add((_, Neg(Literal(1)))):
            return True
    return False


def value_shifted(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """A value of the step before taken from this one: C_t for C_{t−1}."""
    if isinstance(node, Index) and node.base in _states(network) and _is_before(node.indices[-1]):
        yield node, _step(node, 1)


def errors(make: Callable[[Node, Node], Node]) -> Pattern:
    def find(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
        match node:
            case Add((Index(base=Name("yhat" | "h")) as output, Neg(Index(base=Name("y")) as target))):
                yield node, make(output, target)

    return find


def error_of_use(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """(ŷ_k − y_k) for (ŷ_j − y_j)."""
    match node:
        case Add((Index(base=Name("yhat" | "h"), indices=(Name("j"),)), Neg(Index()))):
            yield node, replaced(node, {Name("j"): Name("k", integer=True)})


def sums(low: Callable[[Reduce], Node], high: Callable[[Reduce], Node], inner: bool) -> Pattern:
    def find(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
        if isinstance(node, Reduce) and node.operator == "sum" and (node.index == "k") is inner:
            changed = Reduce("sum", node.index, low(node), high(node), node.body)
            if changed != node:
                yield node, changed

    return find


def longest(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    match node:
        case Reduce("sum", "j", low, high, Reduce("sum", "k", _, _, body)):
            yield node, Reduce("sum", "j", high, high, Reduce("sum", "k", low, low, body))


def products(change: Callable[[Reduce], Node]) -> Pattern:
    def find(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
        if isinstance(node, Reduce) and node.operator == "prod":
            yield node, change(node)

    return find


def factors_swapped(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    if isinstance(node, Reduce) and node.operator == "prod" and isinstance(node.body, Mul):
        factors = tuple(reversed(node.body.factors))
        yield node, Reduce("prod", node.index, node.low, node.high, Mul(factors), node.descending)


def later_term(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """A term of the recursion that comes from another step."""
    if isinstance(node, Add):
        for term in node.terms:
            if any(_gradient_of_other_step(index, network) for index in indices_in(term)):
                yield term, GONE


def sign_of_later_term(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """− Wᵀδ_{t+1} for + Wᵀδ_{t+1}."""
    yield from ((term, Neg(term)) for term, _ in later_term(node, network))


def _gradient_of_other_step(index: Index, network: Network) -> bool:
    names = {network.adjoint_names[signal] for signal in network.equations}
    if not isinstance(index.base, Name) or index.base.id not in names:
        return False
    time = index.indices[-1]
    return isinstance(time, Add) and offset_or_zero(time) != 0


def offset_or_zero(time: Node) -> int:
    """How far a time lies from its letter."""
    match time:
        case Add((_, Neg(Literal(value)))):
            return -int(value)
        case Add((_, Literal(value))):
            return int(value)
    return 0


def loss_term(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    if isinstance(node, Add):
        for term in node.terms:
            has_error = any(isinstance(i.base, Name) and i.base.id == "yhat" for i in indices_in(term))
            if has_error and not isinstance(term, Index | Neg):
                yield term, GONE


def factor_left_out(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """A gate, a state or what it stands beside."""
    if isinstance(node, Hadamard):
        slopes = {part for pair in _gate_slopes(node) for part in pair}
        for factor in node.factors:
            if factor not in slopes and not is_slope(factor) and not _has_gradient(factor, network):
                yield factor, GONE


def _has_gradient(node: Node, network: Network) -> bool:
    names = {*network.adjoint_names.values()}
    return any(isinstance(index.base, Name) and index.base.id in names for index in indices_in(node))


def gate_complemented(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """z for 1 − z, and 1 − z for z."""
    if isinstance(node, Hadamard):
        slopes = {part for pair in _gate_slopes(node) for part in pair}
        for factor in node.factors:
            if factor in slopes:
                continue
            match factor:
                case Add((Literal(1), Neg(Index() as gate))):
                    yield factor, gate
                case Index(base=Name("z" | "f" | "i" | "o" | "r")):
                    yield factor, Add((ONE, Neg(factor)))


def other_delta(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """The δ of another gate, or ∂L/∂ a state."""
    if isinstance(node, Outer) or (isinstance(node, Reduce) and not isinstance(node.body, Outer | Reduce)):
        gradient = node.left if isinstance(node, Outer) else node.body
        if isinstance(gradient, Index) and isinstance(gradient.base, Name):
            for signal, name in network.adjoint_names.items():
                if name != gradient.base.id and not signal.layer and signal.name not in ("yhat", "a_y"):
                    yield gradient, Signal(name).at(gradient.indices[-1])


def gradient_shifted(by: int) -> Pattern:
    def find(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
        if isinstance(node, Outer) and isinstance(node.left, Index):
            yield node, Outer(_step(node.left, by), node.right)
        elif isinstance(node, Reduce) and isinstance(node.body, Index):
            yield node, Reduce(node.operator, node.index, node.low, node.high, _step(node.body, by))

    return find


def _step(value: Index, by: int) -> Index:
    return Index(value.base, (*value.indices[:-1], shifted(value.indices[-1], by)))


def total(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """∂h_k/∂W for ∂⁺h_k/∂W."""
    if isinstance(node, Partial) and node.direct:
        yield node, Partial(node.top, node.bottom)


def slope_twice(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """The slope once more before a δ that has it in it."""
    if isinstance(node, Outer) or (isinstance(node, Reduce) and not isinstance(node.body, Outer | Reduce)):
        gradient = node.left if isinstance(node, Outer) else node.body
        for equation in network.equations.values():
            match equation.right:
                case Call(function, (Index(base=Name(name)),)) if name in _deltas(network):
                    if isinstance(gradient, Index) and gradient.base == Name(_deltas(network)[name]):
                        there = slope(function, equation.signal.at(gradient.indices[-1]))
                        yield gradient, pointwise((there, gradient))


def _deltas(network: Network) -> dict[str, str]:
    """What goes into an activation → the name of its δ."""
    return {signal.name: name for signal, name in network.adjoint_names.items() if not signal.layer}


def error_through_output_weights(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """The error taken back through V, where V itself is asked."""
    if isinstance(node, Outer) and is_error(node.left) and "V" in network.by_name:
        weight = Transpose(Name("V", network.by_name["V"].kind))
        yield node, Outer(Mul((weight, node.left)), node.right)


def is_error(node: Node) -> bool:
    match node:
        case Add((Index(base=Name("yhat" | "h")), Neg(Index(base=Name("y"))))):
            return True
    return False


def factor_of_this_step(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """f_t for f_{t+1} beside a gradient of step t + 1."""
    if isinstance(node, Hadamard | Mul) and any(_gradient_of_other_step(each, network) for each in indices_in(node)):
        for factor in indices_in(node):
            if not _gradient_of_other_step(factor, network) and offset_or_zero(factor.indices[-1]) > 0:
                yield factor, _step(factor, -1)


def tanh_left_out(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """C_t for tanh(C_t)."""
    if isinstance(node, Call) and node.function == "tanh" and isinstance(node.arguments[0], Index):
        yield node, node.arguments[0]


def gradient_of_other_state(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """dh_t for dC_t."""
    names = [network.adjoint_names[signal] for signal in network.firsts if not signal.layer]
    if isinstance(node, Index) and isinstance(node.base, Name) and node.base.id in names:
        yield from ((node, Index(Name(name), node.indices)) for name in names if name != node.base.id)


def slope_of_one_term(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """s ⊙ a + b for s ⊙ (a + b)."""
    if not isinstance(node, Hadamard):
        return
    for place, whole in enumerate(node.factors):
        if isinstance(whole, Add) and any(_gradient_of_other_step(index, network) for index in indices_in(whole)):
            rest = (*node.factors[:place], *node.factors[place + 1 :])
            for one in whole.terms:
                terms = tuple(pointwise((*rest, term)) if term == one else term for term in whole.terms)
                yield node, Add(terms)


def term_left_out(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """h_{t−1} or −h̃_t for h_{t−1} − h̃_t."""
    match node:
        case Add((Index(base=one) as first, Neg(Index(base=other)) as second)):
            if one != Name("yhat") and other != Name("y"):
                yield from ((node, each) for each in (first, second))


def minus_lost(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """h_{t−1} + h̃_t for h_{t−1} − h̃_t."""
    for whole, _ in islice(term_left_out(node, network), 1):
        assert isinstance(whole, Add)
        yield whole, Add(tuple(term.operand if isinstance(term, Neg) else term for term in whole.terms))


def gradient_of_last_step(node: Node, network: Network) -> Iterator[tuple[Node, Node]]:
    """δ_T for δ_1."""
    gradients = set(network.adjoint_names.values())
    if isinstance(node, Index) and isinstance(node.base, Name) and node.base.id in gradients:
        for _ in (index for index in node.indices[-1:] if index == ONE):
            yield node, Index(node.base, (*node.indices[:-1], STEPS))
