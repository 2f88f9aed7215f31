"""The general formula: Σ over losses and steps, Π over the steps between; in ∂ notation and with Jacobians written out.

Between steps it speaks of the state: of one signal (h), or of a block s of several (an LSTM's h and C). A Jacobian has
the derivative of entry i in row i, so ∂L_j/∂h_j is a row and a product of them begins with the last step. Taken back as
a column, every factor is transposed and the product begins with the first step.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from ..errors import UserError
from ..expressions import printing
from ..expressions.nodes import (
    Call,
    Index,
    Literal,
    Mul,
    Name,
    Node,
    Partial,
    Reduce,
    Transpose,
    Vector,
    replaced,
    rewriting,
)
from .delta import unknown_weight, weight_gradient
from .lines import LOSS, Line, at_least_one, loss_at, with_steps
from .local import (
    Factor,
    Locals,
    Use,
    as_matrices,
    combined,
    local_derivatives,
    moved,
    product,
    signed,
    total,
    transposed,
)
from .model import BLOCK, STEPS, TIME, Network, Signal, shifted

LOSS_STEP = Name("j", integer=True)
USE_STEP = Name("k", integer=True)
BETWEEN = Name("m", integer=True)
ERROR = Signal("e")
"""(∂L_j/∂s_j)ᵀ of a block, a column."""
SHORT = 26
"""A Jacobian of so many characters is put into the sum; of a longer one the sum has the sign."""


class General:
    """The general formula of one network for one weight, in column layout. Raises UserError for an unknown weight."""

    def __init__(self, network: Network, wrt: str) -> None:
        self.network = network
        self.wrt = wrt
        self.locals: Locals = local_derivatives(network)
        self._jacobians: dict[tuple[Signal, Signal], Node | None] = {}
        self._reached: dict[tuple[Signal, Signal], Node | None] = {}
        self.uses = self.locals.of(wrt)
        self.first = next((signal for signal, name in network.firsts.items() if name == wrt), None)
        if self.first is None and not self.uses:
            raise unknown_weight(network, wrt)
        if self.first is not None and len(self.states) > 1:
            raise UserError(f"the general form of {wrt} would be that of the whole block: ask for delta or paths")

    # the state

    @cached_property
    def start(self) -> Signal:
        """A signal of the group that the weight belongs to."""
        return self.first or self.uses[0].reader

    @cached_property
    def direction(self) -> int:
        return self.network.group_of[self.start].direction

    @cached_property
    def is_in_head(self) -> bool:
        return self.first is None and self.start in self.network.groups[-1].signals

    @cached_property
    def states(self) -> tuple[Signal, ...]:
        """The signals that are read a step later, from the weight's layer upwards."""
        groups = self.network.groups
        group = self.network.group_of[self.start]
        above = [g for g in groups[groups.index(group) :] if g.direction == group.direction]
        read_later = {edge.signal for edge in self.locals.edges if edge.by}
        return tuple(signal for each in above for signal in reversed(each.signals) if signal in read_later)

    @cached_property
    def made(self) -> tuple[Signal, ...]:
        """The same signals in the order in which one step makes them."""
        return tuple(signal for signal in self.network.equations if signal in self.states)

    @cached_property
    def state(self) -> Signal:
        """h, or the block."""
        return self.states[0] if len(self.states) == 1 else BLOCK

    def before(self, time: Node) -> Node:
        return shifted(time, -self.direction)

    # within a step

    def _within(self, signal: Signal) -> Iterator[tuple[int, tuple[Factor, ...], Signal, int]]:
        """(sign, factors, what is reached, by how many steps): from a signal back to states and the step before."""
        for edge in combined(self.locals.read_by(signal)):
            if edge.signal not in self.network.equations:
                continue
            if edge.by or edge.signal in self.states:
                yield edge.sign, edge.factors, edge.signal, edge.by
            else:
                for sign, factors, reached, by in self._within(edge.signal):
                    yield edge.sign * sign, (*edge.factors, *factors), reached, by

    def _to(self, signal: Signal, target: Signal) -> Iterator[tuple[int, tuple[Factor, ...]]]:
        """From a signal back to another of the same step, past no other state."""
        if signal == target:
            yield 1, ()
            return
        for edge in combined(self.locals.read_by(signal)):
            if edge.by == 0 and edge.signal in self.network.equations:
                if edge.signal in self.states and edge.signal != target:
                    continue
                yield from ((edge.sign * sign, (*edge.factors, *rest)) for sign, rest in self._to(edge.signal, target))

    @cached_property
    def direct_states(self) -> dict[Signal, tuple[tuple[int, tuple[Factor, ...], Signal], ...]]:
        """State → the states of the same step that it is made from."""
        return {
            state: tuple((sign, factors, to) for sign, factors, to, by in self._within(state) if not by)
            for state in self.states
        }

    def jacobian(self, state: Signal, of: Signal) -> Node | None:
        """∂state_m/∂of_{m−1} within one step; None where it is zero."""
        if (state, of) not in self._jacobians:
            self._jacobians[state, of] = self._jacobian(state, of)
        return self._jacobians[state, of]

    def _jacobian(self, state: Signal, of: Signal) -> Node | None:
        terms = [
            self._matrix(sign, factors, None)
            for sign, factors, to, by in self._within(state)
            if by == -self.direction and to == of
        ]
        for sign, factors, to in self.direct_states[state]:
            if self.jacobian(to, of) is not None:
                terms.append(self._matrix(sign, factors, Partial(to.at(TIME), of.at(self.before(TIME)))))
        return total(tuple(terms)) if terms else None

    def reached(self, state: Signal, signal: Signal) -> Node | None:
        """∂state_k/∂signal_k within one step; None where it is zero, the number 1 where they are one."""
        if (state, signal) not in self._reached:
            self._reached[state, signal] = self._reach(state, signal)
        return self._reached[state, signal]

    def _reach(self, state: Signal, signal: Signal) -> Node | None:
        terms = [self._matrix(sign, factors, None) for sign, factors in self._to(state, signal)]
        for sign, factors, to in self.direct_states[state]:
            if to != signal and self.reached(to, signal) is not None:
                terms.append(self._matrix(sign, factors, Partial(to.at(TIME), signal.at(TIME))))
        return total(tuple(terms)) if terms else None

    def _matrix(self, sign: int, factors: tuple[Factor, ...], last: Node | None) -> Node:
        matrices = (*as_matrices(factors), *([last] if last is not None else []))
        return signed(sign, product(matrices)) if matrices else Literal(sign)

    def loss_by(self, state: Signal) -> Node | None:
        """∂L_j/∂state_j, a row; None where the loss reads the state not at all, or only through another one."""
        at, error = self.network.head.at, Transpose(self.network.head.error)
        if at in self.states and at != state:
            return None
        terms = [signed(sign, product((error, *as_matrices(factors)))) for sign, factors in self._to(at, state)]
        return total(tuple(terms)) if terms else None

    # in ∂ notation

    def symbolic(self) -> Line:
        """∂L/∂W = Σ_j Σ_k ∂L_j/∂h_j (Π ∂h_m/∂h_{m−1}) ∂⁺h_k/∂W."""
        j, k = LOSS_STEP, USE_STEP
        if self.is_in_head:
            body: Node = Partial(loss_at(j), self.weight)
            return Line(Partial(LOSS, self.weight), self._over_losses(body), "symbol")
        m, state = BETWEEN, self.state
        low, high = self._between(k)
        links = Reduce("prod", "m", low, high, Partial(state.at(m), state.at(self.before(m))), self.direction > 0)
        first = Partial(loss_at(j), state.at(j))
        if self.first is not None:
            body = product((first, self._from_first(links)))
            return Line(Partial(LOSS, state.at(self._first_time())), self._over_losses(body), "symbol")
        body = self._over_uses(product((first, links, Partial(state.at(k), self.weight, True))))
        return Line(Partial(LOSS, self.weight), self._over_losses(body), "symbol")

    @cached_property
    def weight(self) -> Name:
        return Name(self.wrt, self.network.by_name[self.wrt].kind)

    def _between(self, k: Node) -> tuple[Node, Node]:
        """From the step after that of the use to that of the loss."""
        j = LOSS_STEP
        return (shifted(k, 1), j) if self.direction > 0 else (j, shifted(k, -1))

    def _first_time(self) -> Node:
        return Literal(0) if self.direction > 0 else shifted(STEPS, 1)

    def _from_first(self, links: Reduce) -> Reduce:
        low, high = self._between(self._first_time())
        return Reduce("prod", "m", low, high, links.body, links.descending)

    def _over_losses(self, body: Node) -> Node:
        if self.network.loss == "last":
            return replaced(body, {LOSS_STEP: STEPS})
        return Reduce("sum", "j", Literal(1), STEPS, body)

    def _over_uses(self, body: Node) -> Node:
        j, reach = LOSS_STEP, self.network.truncate
        low: Node = Literal(1)
        high: Node = j
        if self.direction > 0 and reach:
            low = at_least_one(shifted(j, 1 - reach))
        if self.direction < 0:
            low, high = j, STEPS
            if reach:
                high = Call("min", (STEPS, shifted(j, reach - 1)))
        return Reduce("sum", "k", low, high, body)

    # written out

    def definitions(self) -> list[Line]:
        """What the signs in ∂ notation stand for, each as matrices."""
        if self.is_in_head:
            return []
        return [*self._links(), *self._loss_lines(), *self._use_lines()]

    def _links(self) -> Iterator[Line]:
        m, before = BETWEEN, self.before(BETWEEN)
        if self.state == BLOCK:
            rows = tuple(Vector(tuple(self._cell(s, of) for of in self.states)) for s in self.states)
            yield Line(
                Partial(BLOCK.at(m), BLOCK.at(before)), Call("block", (Vector(rows),)), "jacobian", self._names()
            )
        for state in self.made:
            for of in self.states:
                found = self.jacobian(state, of)
                if found is not None:
                    yield Line(Partial(state.at(m), of.at(before)), moved_partials(found, m), "jacobian")

    def _cell(self, state: Signal, of: Signal) -> Node:
        if self.jacobian(state, of) is None:
            return Literal(0)
        return Partial(state.at(BETWEEN), of.at(self.before(BETWEEN)))

    def _names(self) -> str:
        inside = ", ".join(
            printing.text(Name(state.name) if not state.layer else state.at(TIME)) for state in self.states
        )
        return f"s = ({inside})"

    def _loss_lines(self) -> Iterator[Line]:
        j = LOSS_STEP if self.network.loss == "every" else STEPS
        parts = [self.loss_by(state) for state in self.states]
        row = [Literal(0) if part is None else moved_partials(part, j) for part in parts]
        right = row[0] if len(row) == 1 else Call("block", (Vector((Vector(tuple(row)),)),))
        yield Line(Partial(loss_at(j), self.state.at(j)), right, "jacobian")
        if self.state == BLOCK:
            column = Call("block", (Vector(tuple(part if part == Literal(0) else _back(part) for part in row)),))
            yield Line(ERROR.at(j), column, "vector", "", "the same, as it is taken back")

    def _use_lines(self) -> Iterator[Line]:
        """∂s_k/∂ what the weight makes, for every equation that it stands in."""
        k = USE_STEP
        for reader in dict.fromkeys(use.reader for use in self.uses):
            if reader in self.states:
                continue
            if self.state == BLOCK:
                cells = tuple(
                    Literal(0) if self.reached(s, reader) is None else Partial(s.at(k), reader.at(k))
                    for s in self.states
                )
                yield Line(Partial(BLOCK.at(k), reader.at(k)), Call("block", (Vector(cells),)), "jacobian")
            for state in self.made:
                found = self.reached(state, reader)
                if found is not None:
                    yield Line(Partial(state.at(k), reader.at(k)), moved_partials(found, k), "jacobian")

    def written_out(self) -> Line:
        """The same sum with the Jacobians put in, as the implementer multiplies them: a column, taken back."""
        network, j, k = self.network, LOSS_STEP, USE_STEP
        if self.is_in_head:
            terms = [
                self._over_losses(
                    weight_gradient(use, moved(product((*as_matrices(use.factors, True), network.head.error)), j), j)
                )
                for use in self.uses
            ]
            return Line(Partial(LOSS, self.weight), total(tuple(terms)), "gradient")
        error = self._error(j)
        low, high = self._between(k)
        step = self._link_back()
        links = Reduce("prod", "m", low, high, step, self.direction < 0)
        if self.first is not None:
            body: Node = self._over_losses(product((self._from_first(links), error)))
            return Line(Partial(LOSS, self.state.at(self._first_time())), body, "vector")
        sums = []
        for use in self.uses:
            prefix = tuple(moved(factor, k) for factor in as_matrices(use.factors, back=True))
            gradient = product((*prefix, *self._use_back(use), links, error))
            sums.append(self._over_losses(self._over_uses(weight_gradient(use, gradient, k))))
        return Line(Partial(LOSS, self.weight), total(tuple(sums)), "gradient")

    def _error(self, j: Node) -> Node:
        """∂L_j/∂state_j as a column."""
        if self.state == BLOCK:
            return ERROR.at(j)
        found = self.loss_by(self.state)
        assert found is not None
        return moved_partials(_back(found), j)

    def _link_back(self) -> Node:
        m = BETWEEN
        if self.state != BLOCK:
            found = self.jacobian(self.state, self.state)
            assert found is not None
            if isinstance(found, Mul) and self._is_short(found):
                return moved_partials(_back(found), m)
        return Transpose(Partial(self.state.at(m), self.state.at(self.before(m))))

    def _is_short(self, node: Node) -> bool:
        return not self.state.layer and len(printing.text(node)) <= SHORT

    def _use_back(self, use: Use) -> tuple[Node, ...]:
        k = USE_STEP
        if self.state != BLOCK:
            found = self.reached(self.state, use.reader)
            if found == Literal(1):
                return ()
            assert found is not None
            if self._is_short(found):
                return (moved_partials(_back(found), k),)
        return (Transpose(Partial(self.state.at(k), use.reader.at(k))),)

    def lines(self, steps: int | None = None) -> list[Line]:
        """In ∂ notation, what its signs stand for, and written out."""
        return [with_steps(line, steps) for line in (self.symbolic(), *self.definitions(), self.written_out())]


def _back(node: Node) -> Node:
    """The transpose of a product of matrices, factor by factor."""
    if isinstance(node, Mul):
        return product(tuple(_back(factor) for factor in reversed(node.factors)))
    if isinstance(node, Call) and node.function == "diag":
        return node
    return transposed(node)


def moved_partials(node: Node, time: Node) -> Node:
    """As `local.moved`, in signs of derivatives too."""
    return rewriting(lambda part, below: moved(part, time) if isinstance(part, Index) else part.map(below))(node)
