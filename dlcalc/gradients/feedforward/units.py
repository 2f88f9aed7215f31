"""The same network unit by unit: every path from the loss to one number, counted without listing, and δ as its sums.

Multiplications are counted as they are done: a local derivative is one factor, a factor 1 costs none. Path by path
every product is worked out alone; memoised, the gradient by a unit is worked out once for all paths through it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise

from ...errors import UserError
from ...expressions.nodes import Index, Literal, Mul, Name, Node
from ..local import product, total
from .layers import ONE, Activation, Layer, Local
from .network import Feedforward
from .quantities import Place, Quantity, Rule, derivative

MOST_UNITS = 2_000
"""Numbers in a network that is looked at unit by unit, or worked out: inputs, weights, outputs of layers."""
Unit = tuple[str, Place]


@dataclass(frozen=True, slots=True)
class Path:
    """From the loss through the `visited` entries to the number asked for."""

    visited: tuple[Index, ...]
    expression: Node
    """Its term of the gradient: the product of the local derivatives."""
    chain: Node
    """The same in ∂ notation: ∂L/∂ŷ₁ · ∂ŷ₁/∂a₂[1] · …"""


@dataclass(frozen=True, slots=True)
class Cost:
    """How many paths there are, and the multiplications of all of them, one by one and with δ memoised."""

    paths: int
    apart: int
    memoised: int


@dataclass(frozen=True, slots=True)
class Memo:
    """δ of one unit, which `paths` of the paths go through."""

    rule: Rule
    paths: int


class Units:
    """The graph of one network. Raises UserError for a network that is too large, or a softmax with another loss."""

    def __init__(self, network: Feedforward) -> None:
        if network.size > MOST_UNITS:
            rule = f"backprop unit by unit, and with numbers, is for at most {MOST_UNITS:,} inputs, weights and outputs"
            raise UserError(f"{rule}, not {network.size:,}")
        self.network = network
        layers = network.layers[:-1] if network.is_merged else network.layers
        if any(isinstance(layer, Activation) and layer.function == "softmax" for layer in layers):
            raise UserError("paths through a softmax are those of the cross-entropy loss, not of the squared one")
        self.layers: tuple[Layer, ...] = layers
        self.makes = {layer.makes.name: layer for layer in layers}
        self.start: Quantity = layers[-1].makes

    def error(self, place: Place) -> Node:
        """∂L/∂ one entry of what the loss is read from: ŷ₁ − y₁."""
        return self.network.error.map(lambda part: _entry(part, place))

    @cached_property
    def _locals(self) -> dict[Unit, tuple[Local, ...]]:
        return {
            (layer.makes.name, place): tuple(layer.locals(place))
            for layer in self.layers
            for place in layer.makes.places()
        }

    def local(self, above: Unit, below: Unit) -> Node | None:
        """∂ one unit by another that it reads; None where it does not."""
        found = (each for each in self._locals.get(above, ()) if (each.quantity.name, each.place) == below)
        return next((each.derivative for each in found), None)

    @cached_property
    def _readers(self) -> dict[Unit, list[tuple[Unit, Node]]]:
        """Unit → the units that read it and that the loss depends on, with the local derivatives."""
        found: dict[Unit, list[tuple[Unit, Node]]] = {}
        for reader, locals_ in self._locals.items():
            if not self._from_loss[reader][0]:
                continue
            for each in locals_:
                found.setdefault((each.quantity.name, each.place), []).append((reader, each.derivative))
        return found

    @cached_property
    def _from_loss(self) -> dict[Unit, tuple[int, int]]:
        """Unit → (paths from the loss to it, factors other than 1 on all of them)."""
        found = dict.fromkeys(self._locals, (0, 0)) | {(self.start.name, at): (1, 1) for at in self.start.places()}
        for layer in reversed(self.layers):
            for place in layer.makes.places():
                paths, factors = found[layer.makes.name, place]
                for each in self._locals[layer.makes.name, place]:
                    before, so_far = found.get((each.quantity.name, each.place), (0, 0))
                    more = factors + (paths if each.derivative != ONE else 0)
                    found[each.quantity.name, each.place] = (before + paths, so_far + more)
        return found

    # costs

    def cost(self, name: str, place: Place) -> Cost:
        """Of the gradient by one number."""
        return self._cost([(name, place)])

    def cost_of_all(self) -> Cost:
        """Of the gradients by all weights and biases."""
        return self._cost([(each.name, place) for each in self.network.parameters.values() for place in each.places()])

    def _cost(self, ends: list[Unit]) -> Cost:
        paths, factors = (sum(self._from_loss.get(end, (0, 0))[i] for end in ends) for i in (0, 1))
        edges, reached, waiting = 0, set(ends), list(ends)
        while waiting:
            for reader, factor in self._readers.get(waiting.pop(), ()):
                edges += factor != ONE
                if reader not in reached:
                    reached.add(reader)
                    waiting.append(reader)
        return Cost(paths, factors - paths, edges)

    # listing

    def paths(self, name: str, place: Place, most: int) -> tuple[Path, ...]:
        """The first `most` paths to one number, in the order of the units that they go through from the loss on."""
        return tuple(islice(self._paths((name, place)), most))

    def _paths(self, end: Unit) -> Iterator[Path]:
        leading = self._leading(end)
        stack: list[tuple[Unit, tuple[Unit, ...], tuple[Node, ...]]] = [
            ((self.start.name, place), (), (self.error(place),))
            for place in self.start.places()
            if (self.start.name, place) in leading
        ]
        stack.reverse()
        while stack:
            unit, before, factors = stack.pop()
            visited = (*before, unit)
            if unit == end:
                yield self._path(visited, factors)
                continue
            further = [
                ((each.quantity.name, each.place), visited, (*factors, each.derivative))
                for each in self._locals[unit]
                if (each.quantity.name, each.place) in leading
            ]
            stack.extend(reversed(further))

    def _leading(self, end: Unit) -> dict[Unit, int]:
        """Units from which the end is reached → by how many paths."""
        found = {end: 1}
        order = [(layer.makes.name, place) for layer in self.layers for place in layer.makes.places()]
        for unit in order:
            number = sum(found.get((each.quantity.name, each.place), 0) for each in self._locals[unit])
            if number:
                found[unit] = number
        return found

    def _path(self, visited: tuple[Unit, ...], factors: tuple[Node, ...]) -> Path:
        entries = tuple(self._quantity(name).entry(place) for name, place in visited)
        links = [derivative(entries[0])]
        links += [derivative(below, above) for above, below in pairwise(entries)]
        return Path(entries, times(factors), product(tuple(links)))

    def _quantity(self, name: str) -> Quantity:
        return self.network.signals.get(name) or self.network.parameters[name]

    # memoised

    def memos(self, name: str, place: Place) -> tuple[Memo, ...]:
        """δ of every unit on the way to one number, from the loss on; each from those behind it."""
        leading = self._leading((name, place))
        found = []
        for layer in reversed(self.layers):
            if not self._has_name(layer):
                continue
            for at in layer.makes.places():
                unit = (layer.makes.name, at)
                if unit in leading and self._from_loss[unit][0]:
                    rule = Rule(layer.makes.gradient.entry(at), self._sum(unit), "symbol")
                    found.append(Memo(rule, leading[unit] * self._from_loss[unit][0]))
        return tuple(found)

    def entry(self, name: str, place: Place) -> Rule:
        """∂L/∂ one number from the δ of the units that read it."""
        return Rule(derivative(self._quantity(name).entry(place)), self._sum((name, place)), "symbol")

    def _has_name(self, layer: Layer) -> bool:
        """Whether the gradients by what a layer makes have a name: its sums, and entries that several units read."""
        return bool(layer.parameters) or layer.entrywise

    def _sum(self, unit: Unit) -> Node:
        """∂L/∂ a unit: over its readers, δ times the local derivative."""
        terms = [times((self._gradient(reader), factor)) for reader, factor in self._readers.get(unit, ())]
        if unit[0] == self.start.name:
            terms.append(self.error(unit[1]))
        return total(tuple(terms)) if terms else Literal(0)

    def _gradient(self, unit: Unit) -> Node:
        layer = self.makes[unit[0]]
        return layer.makes.gradient.entry(unit[1]) if self._has_name(layer) else self._sum(unit)


def times(factors: tuple[Node, ...]) -> Node:
    """The product of numbers, without the ones; a factor that is a product is opened."""
    kept = [
        part
        for factor in factors
        if factor != ONE
        for part in (factor.factors if isinstance(factor, Mul) else (factor,))
    ]
    return ONE if not kept else kept[0] if len(kept) == 1 else Mul(tuple(kept))


def _entry(node: Node, place: Place) -> Node:
    """ŷ − y at one entry."""
    return Index(node, tuple(map(Literal, place))) if isinstance(node, Name) else node.map(lambda p: _entry(p, place))
