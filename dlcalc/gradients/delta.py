"""The recursion of an implementation: the gradient by each signal from the gradients by those that read it.

Reverse accumulation with named intermediates: δ_t is ∂L/∂ what goes into an activation, dh_t and dC_t are ∂L/∂h_t and
∂L/∂C_t. A gradient that is read once is put in where it is read. One step costs the same however many steps there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ..errors import UserError
from ..expressions import printing
from ..expressions.evaluate import Evaluator, compile_node
from ..expressions.nodes import Literal, Mul, Name, Node, Outer, Partial
from .layouts import in_layout
from .lines import LOSS, Line, added_up, at_least_one, folded, span, with_steps
from .local import Locals, Use, combined, local_derivatives, moved, pointwise, signed, total, vjp
from .model import STEPS, TIME, Group, Network, Signal, shifted


@dataclass(frozen=True)
class Place:
    """Where a step stands: whether there is one before it and one after it."""

    before: bool = True
    after: bool = True


MIDDLE = Place()
LAST = Place(after=False)
FIRST = Place(before=False)
ONLY = Place(False, False)


class Delta:
    """The recursion of one network, in column layout."""

    def __init__(self, network: Network) -> None:
        if network.truncate and network.loss == "every":
            raise UserError(
                "a truncated gradient of losses at every step has no single recursion: ask for general or paths"
            )
        self.network = network
        self._rights: dict[tuple[Signal, Place], Node] = {}
        self._sums: dict[tuple[str, str], Evaluator] = {}
        self._evaluators: dict[tuple[Signal, Place, str], Evaluator] = {}

    @cached_property
    def locals(self) -> Locals:
        return local_derivatives(self.network)

    @cached_property
    def named(self) -> frozenset[Signal]:
        """The signals whose gradients have a name: those of weights, those that are read more than once or later."""
        return frozenset(signal for signal in self.network.equations if self._is_named(signal))

    def _is_named(self, signal: Signal) -> bool:
        if signal.name == "yhat" or signal == self.network.head.at:
            return signal in self.network.firsts
        edges = [edge for edge in combined(self.locals.read_by(signal)) if edge.signal in self.network.equations]
        uses = any(use.reader == signal for use in self.locals.uses)
        return uses or len(edges) != 1 or any(edge.by for edge in edges)

    def schedule(self) -> Iterator[tuple[Group, tuple[Signal, ...]]]:
        """The groups with their named signals, in the order in which gradients can be computed."""
        for group in reversed(self.network.groups):
            signals = tuple(signal for signal in reversed(group.signals) if signal in self.named)
            if signals:
                yield group, signals

    def gradient_by(self, signal: Signal, place: Place) -> Node | None:
        """∂L/∂signal[t] in terms of other gradients, None where it is zero."""
        network = self.network
        terms: list[Node] = []
        has_loss = network.loss == "every" or not place.after
        if signal == network.head.at and has_loss:
            terms.append(network.head.error)
        for edge in sorted(combined(self.locals.readers_of(signal)), key=lambda edge: abs(edge.by)):
            if (edge.by < 0 and not place.after) or (edge.by > 0 and not place.before):
                continue
            read = self._known(edge.reader, place, -edge.by)
            if read is not None:
                moved_back = tuple(factor.at(shifted(TIME, -edge.by)) for factor in edge.factors)
                terms.append(signed(edge.sign, vjp(moved_back, read)))
        return total(tuple(terms)) if terms else None

    def _known(self, signal: Signal, place: Place, by: int) -> Node | None:
        """The gradient by a signal at t + by: its name, or its expression."""
        if signal in self.named:
            return self.network.adjoint(signal).at(shifted(TIME, by))
        return self.gradient_by(signal, place)

    def right(self, signal: Signal, place: Place) -> Node:
        """As `gradient_by`, with zeros of the right shape for zero."""
        if (signal, place) not in self._rights:
            found = self.gradient_by(signal, place)
            self._rights[signal, place] = Mul((Literal(0), signal.at(TIME))) if found is None else found
        return self._rights[signal, place]

    def evaluator(self, signal: Signal, place: Place, layout: str) -> Evaluator:
        """`right` as a function of what is known at step t, in a layout."""
        key = (signal, place, layout)
        if key not in self._evaluators:
            self._evaluators[key] = self._compiled(signal, place, layout)
        return self._evaluators[key]

    def _compiled(self, signal: Signal, place: Place, layout: str) -> Evaluator:
        right = self.right(signal, place)
        return compile_node(in_layout(Line(right, right, "vector"), layout).right)

    # as lines

    def lines(self, steps: int | None = None) -> list[Line]:
        """The recursion, each named gradient at its first step and at the others."""
        found = [
            with_steps(line, steps)
            for group, signals in self.schedule()
            for signal in signals
            for line in self._lines_of(signal, group.direction, steps)
        ]
        return found

    def _lines_of(self, signal: Signal, direction: int, steps: int | None) -> Iterator[Line]:
        name, meaning = self.network.adjoint(signal), self.meaning(signal)
        low, high = self._low(steps), STEPS
        pieces: list[tuple[Place, Node, Node]] = []
        if steps == 1:
            pieces = [(ONLY, Literal(1), Literal(1))]
        else:
            ends_apart = self.right(signal, LAST) != self.right(signal, MIDDLE)
            starts_apart = self.right(signal, FIRST) != self.right(signal, MIDDLE)
            first: Node = Literal(2) if starts_apart else low
            last = shifted(high, -1) if ends_apart else high
            if starts_apart:
                pieces.append((FIRST, Literal(1), Literal(1)))
            if not (steps == 2 and starts_apart and ends_apart):
                pieces.append((MIDDLE, first, last))
            if ends_apart:
                pieces.append((LAST, high, high))
        if direction > 0:
            pieces = [(place, to, start) for place, start, to in reversed(pieces)]
        for place, start, to in pieces:
            right = self.right(signal, place)
            if start == to:
                yield Line(moved(name.at(TIME), start), moved(right, start), "vector", "", meaning)
            else:
                shown = [with_steps(Line(end, end, "symbol"), steps).left for end in (start, to)]
                yield Line(name.at(TIME), right, "vector", span(shown[0], shown[1]), meaning)
            meaning = ""

    def unrolled(self, steps: int) -> Iterator[tuple[Signal, int, Line]]:
        """(name, step, line) of every named gradient at every step, in the order in which they are computed."""
        for signal, t, place in self.order(steps):
            name, right = self.network.adjoint(signal), self.right(signal, place)
            yield name, t, Line(name.at(Literal(t)), folded(moved(right, Literal(t))), "vector")

    def order(self, steps: int) -> Iterator[tuple[Signal, int, Place]]:
        """(signal, step, where that stands) of every named gradient, in the order in which they are computed."""
        for group, signals in self.schedule():
            for t in range(steps, 0, -1) if group.direction > 0 else range(1, steps + 1):
                for signal in signals:
                    yield signal, t, Place(t > 1, t < steps)

    def _low(self, steps: int | None) -> Node:
        """The first step that a gradient is taken back to."""
        reach = self.network.truncate
        if not reach:
            return Literal(1)
        return shifted(STEPS, 1 - reach) if steps is None else Literal(max(1, steps - reach + 1))

    def meaning(self, signal: Signal) -> str:
        """∂L/∂hₜ, or in words where the signal has no line of its own."""
        equation = self.network.equations[signal]
        return f"∂L/∂ {equation.meaning}" if equation.hidden else f"∂L/∂{printing.text(signal.at(TIME))}"

    # by weights

    def gradient(self, wrt: str, steps: int | None = None) -> Line:
        """∂L/∂ a weight or a first state from the named gradients. Raises UserError for another name."""
        network = self.network
        for signal, name in network.firsts.items():
            if name == wrt:
                return with_steps(self._by_first(signal), steps)
        if wrt not in network.by_name:
            raise unknown_weight(network, wrt)
        terms = [self._sum(use) for use in self.locals.of(wrt)]
        left = Partial(LOSS, _weight(network, wrt))
        return with_steps(Line(left, total(tuple(terms)), "gradient"), steps)

    def sum_evaluator(self, wrt: str, layout: str) -> Evaluator:
        """`gradient` as a function of the named gradients and of T, in a layout."""
        if (wrt, layout) not in self._sums:
            self._sums[wrt, layout] = compile_node(in_layout(self.gradient(wrt), layout).right)
        return self._sums[wrt, layout]

    def _sum(self, use: Use) -> Node:
        gradient = self._known(use.reader, LAST, 0)
        assert gradient is not None
        body = weight_gradient(use, vjp(use.factors, gradient), TIME)
        if use.reader == self.network.head.at and self.network.loss == "last":
            return moved(body, STEPS)
        low: Node = Literal(1)
        if self.network.truncate:
            low = at_least_one(shifted(STEPS, 1 - self.network.truncate))
        return added_up("t", low, STEPS, body)

    def _by_first(self, signal: Signal) -> Line:
        backwards = self.network.group_of[signal].direction < 0
        time, place = (STEPS, LAST) if backwards else (Literal(1), FIRST)
        terms = []
        for edge in combined(self.locals.readers_of(signal)):
            if edge.by:
                read = self._known(edge.reader, place, 0)
                assert read is not None
                terms.append(moved(signed(edge.sign, vjp(edge.factors, read)), time))
        zero = shifted(STEPS, 1) if backwards else Literal(0)
        return Line(Partial(LOSS, signal.at(zero)), total(tuple(terms)), "vector")


@lru_cache(maxsize=64)
def delta_of(network: Network) -> Delta:
    """The recursion of a network, worked out once. Raises UserError where there is none."""
    return Delta(network)


def weight_gradient(use: Use, gradient: Node, time: Node) -> Node:
    """The gradient by a weight from that of what it makes: ⊗ what it was multiplied by."""
    gradient = signed(use.sign, gradient)
    if use.reads is None:
        return gradient
    reads = moved(use.reads, time)
    return Outer(gradient, reads) if use.how == "matrix" else pointwise((gradient, reads))


def _weight(network: Network, name: str) -> Node:
    return Name(name, network.by_name[name].kind)


def unknown_weight(network: Network, name: str) -> UserError:
    known = ", ".join([*network.by_name, *network.firsts.values()])
    kind = f"an {network.title}" if network.title.startswith("L") else f"a {network.title}"
    return UserError(f"{kind} has no {name}; a gradient is by one of {known}")
