"""The layers of a feed-forward network as equations, how a gradient goes back through each, and unit by unit.

Convolutions as they are computed (without turning the filter): I. Goodfellow, Y. Bengio and A. Courville, Deep
Learning, 2016, sections 9.1 and 9.5. Back through one the error is convolved in full with the turned filter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product as pairs

from ...errors import InternalError
from ...expressions.nodes import (
    Add,
    Call,
    Compare,
    Div,
    Hadamard,
    Index,
    Kind,
    Literal,
    Mul,
    Name,
    Neg,
    Node,
    Pow,
    Transpose,
)
from ..local import pointwise, slope
from .quantities import Place, Quantity, Rule, added, affine, each, letter

ONE = Literal(1)


@dataclass(frozen=True)
class Gradient:
    """The gradient by what a layer reads: as a whole, or at `indices` for `each` entry."""

    right: Node
    indices: tuple[Node, ...] = ()
    each: tuple[tuple[Name, int], ...] = ()
    note: str = ""
    """What happens where several entries are the same."""


@dataclass(frozen=True)
class Local:
    """One number that an entry is computed from, and the derivative by it; `quantity` is a weight or a signal."""

    quantity: Quantity
    place: Place
    derivative: Node


@dataclass(frozen=True)
class Layer:
    """One equation of the network: `makes` from `reads`."""

    number: int
    reads: Quantity
    makes: Quantity

    entrywise = True
    """Written for each entry, with index letters."""

    @property
    def parameters(self) -> tuple[Quantity, ...]:
        return ()

    @property
    def work(self) -> int:
        """What evaluating it costs, in products of dense layers; entry by entry each costs as much as ten."""
        return (10 if self.entrywise else 1) * self.makes.size

    def forward(self) -> tuple[Rule, ...]:
        """The equations."""
        raise NotImplementedError

    def back(self, gradient: Node) -> Gradient:
        """∂L/∂reads from ∂L/∂makes, which has a name where this is written entry by entry."""
        raise NotImplementedError

    def gradients(self, delta: Node) -> Iterator[tuple[Quantity, Gradient]]:
        """∂L/∂ each parameter, from the name of ∂L/∂makes."""
        return iter(())

    def locals(self, place: Place) -> Iterator[Local]:
        """What one entry of `makes` is computed from: signals first, then parameters."""
        raise NotImplementedError

    def _indexed(self, gradient: Node, *indices: Node) -> Index:
        if not isinstance(gradient, Name):
            raise InternalError("a gradient that is written entry by entry needs a name")
        return Index(gradient, indices)


@dataclass(frozen=True)
class Dense(Layer):
    weight: Quantity
    bias: Quantity | None

    entrywise = False

    @property
    def parameters(self) -> tuple[Quantity, ...]:
        return (self.weight, self.bias) if self.bias else (self.weight,)

    @property
    def work(self) -> int:
        return self.weight.size

    def forward(self) -> tuple[Rule, ...]:
        weighted: Node = Mul((self.weight.node, self.reads.node))
        right = Add((weighted, self.bias.node)) if self.bias else weighted
        return (Rule(self.makes.node, right, "vector"),)

    def back(self, gradient: Node) -> Gradient:
        return Gradient(Mul((Transpose(self.weight.node), gradient)))

    def gradients(self, delta: Node) -> Iterator[tuple[Quantity, Gradient]]:
        yield self.weight, Gradient(Mul((delta, Transpose(self.reads.node))))
        if self.bias:
            yield self.bias, Gradient(delta)

    def locals(self, place: Place) -> Iterator[Local]:
        for (column,) in self.reads.places():
            yield Local(self.reads, (column,), self.weight.entry((*place, column)))
        for (column,) in self.reads.places():
            yield Local(self.weight, (*place, column), self.reads.entry((column,)))
        if self.bias:
            yield Local(self.bias, place, ONE)


@dataclass(frozen=True)
class Activation(Layer):
    """`function` of every entry; a softmax of the whole vector."""

    function: str

    entrywise = False

    def forward(self) -> tuple[Rule, ...]:
        return (Rule(self.makes.node, Call(self.function, (self.reads.node,)), "vector"),)

    def back(self, gradient: Node) -> Gradient:
        made = self.makes.node
        if self.function == "softmax":
            mean = Call("sum", (pointwise((gradient, made)),))
            return Gradient(pointwise((made, Add((gradient, Neg(mean))))))
        factor = slope(self.function, made)
        return Gradient(pointwise((gradient, _of_map(factor) if made.kind is Kind.MAP else factor)))

    def locals(self, place: Place) -> Iterator[Local]:
        if self.function == "softmax":
            raise InternalError("the paths through a softmax are those of its loss")
        made = self.makes.entry(place)
        factors = slope(self.function, made)
        yield Local(self.reads, place, Mul(tuple(factors.children())) if self.function == "sigmoid" else factors)


@dataclass(frozen=True)
class Windowed(Layer):
    """Reads a map in windows of `f` rows and columns, `s` apart, beginning `p` before its edge."""

    f: tuple[int, int]
    s: tuple[int, int]
    p: tuple[int, int]

    @property
    def work(self) -> int:
        return super().work * self.f[0] * self.f[1]

    def under(self, axis: int, at: Node, inside: Node) -> Node:
        """Row (axis 0) or column of the map under a place of the window: (i − 1)s + u − p."""
        return affine(((self.s[axis], at), (1, inside)), -self.s[axis] - self.p[axis])

    def over(self, axis: int, cell: Node, inside: Node) -> Node:
        """Row or column of the window in which a cell stands at a place: (i + p − u)/s + 1; no whole number: none."""
        step = self.s[axis]
        if step == 1:
            return affine(((1, cell), (-1, inside)), self.p[axis] + 1)
        top = affine(((1, cell), (-1, inside)), self.p[axis])
        return Add((Div(top, Literal(step)), ONE))

    def cells(self, place: Place) -> Iterator[tuple[int, int, int, int]]:
        """(u, v, row, column) of the cells of the map under the window of an entry."""
        for u, v in pairs(range(1, self.f[0] + 1), range(1, self.f[1] + 1)):
            row = (place[-2] - 1) * self.s[0] + u - self.p[0]
            column = (place[-1] - 1) * self.s[1] + v - self.p[1]
            if 1 <= row <= self.reads.shape[1] and 1 <= column <= self.reads.shape[2]:
                yield u, v, row, column

    @property
    def _inside(self) -> tuple[Node, Node]:
        return letter("u", self.f[0]), letter("v", self.f[1])

    def _summed(self, body: Node) -> Node:
        """Σ over the places of a window."""
        u, v = self._inside
        return added(u, self.f[0], added(v, self.f[1], body))


def _cell(quantity: Quantity, channel: str = "c") -> tuple[tuple[Node, ...], tuple[tuple[Name, int], ...]]:
    """The indices of an entry of a map, and the letters among them with their sizes."""
    indices = tuple(letter(name, size) for name, size in zip((channel, "i", "j"), quantity.shape, strict=True))
    return indices, each(*zip(indices, quantity.shape, strict=True))


@dataclass(frozen=True)
class Convolution(Windowed):
    weight: Quantity
    bias: Quantity | None

    @property
    def parameters(self) -> tuple[Quantity, ...]:
        return (self.weight, self.bias) if self.bias else (self.weight,)

    @property
    def work(self) -> int:
        return super().work * self.reads.shape[0]

    def forward(self) -> tuple[Rule, ...]:
        (k, i, j), ranges = _cell(self.makes, "k")
        c, (u, v) = letter("c", self.reads.shape[0]), self._inside
        term = Mul((self.weight.at(k, c, u, v), self.reads.at(c, self.under(0, i, u), self.under(1, j, v))))
        right = added(c, self.reads.shape[0], self._summed(term))
        if self.bias:
            right = Add((self.bias.at(k), right))
        return (Rule(self.makes.at(k, i, j), right, "symbol", "", "", ranges),)

    def back(self, gradient: Node) -> Gradient:
        """In full, with the turned filter; with a stride, by the windows in which a cell stands."""
        (c, i, j), ranges = _cell(self.reads)
        k, (u, v) = letter("k", self.makes.shape[0]), self._inside
        (row, y), (column, x) = self._adjoint_indices(0, i, u), self._adjoint_indices(1, j, v)
        body = Mul((self.weight.at(k, c, row, column), self._indexed(gradient, k, y, x)))
        return Gradient(added(k, self.makes.shape[0], self._summed(body)), (c, i, j), ranges)

    def _adjoint_indices(self, axis: int, cell: Node, inside: Node) -> tuple[Node, Node]:
        """The index into the filter and into δ along an axis."""
        if self.s[axis] > 1:
            return inside, self.over(axis, cell, inside)
        last = self.f[axis]
        return affine(((-1, inside),), last + 1), affine(((1, cell), (1, inside)), self.p[axis] - last)

    def gradients(self, delta: Node) -> Iterator[tuple[Quantity, Gradient]]:
        (k, i, j), _ = _cell(self.makes, "k")
        c, (u, v) = letter("c", self.reads.shape[0]), self._inside
        error = self._indexed(delta, k, i, j)

        def everywhere(body: Node) -> Node:
            return added(i, self.makes.shape[1], added(j, self.makes.shape[2], body))

        term = Mul((error, self.reads.at(c, self.under(0, i, u), self.under(1, j, v))))
        places = (k, c, u, v)
        yield self.weight, Gradient(everywhere(term), places, each(*zip(places, self.weight.shape, strict=True)))
        if self.bias:
            yield self.bias, Gradient(everywhere(error), (k,), each((k, self.makes.shape[0])))

    def locals(self, place: Place) -> Iterator[Local]:
        k = place[0]
        channels = range(1, self.reads.shape[0] + 1)
        for c, (u, v, row, column) in pairs(channels, self.cells(place)):
            yield Local(self.reads, (c, row, column), self.weight.entry((k, c, u, v)))
        for c, (u, v, row, column) in pairs(channels, self.cells(place)):
            yield Local(self.weight, (k, c, u, v), self.reads.entry((c, row, column)))
        if self.bias:
            yield Local(self.bias, (k,), ONE)


@dataclass(frozen=True)
class MaxPool(Windowed):
    """`best` says which place of the window is largest, row by row, the first of equal ones."""

    best: Quantity

    def forward(self) -> tuple[Rule, ...]:
        (c, i, j), ranges = _cell(self.makes)
        corner = (self.under(0, i, ONE), self.under(1, j, ONE))
        window = Call("window", (self.reads.at(c), *corner, *map(Literal, self.f)))
        return (
            Rule(self.makes.at(c, i, j), Call("max", (window,)), "symbol", "", "", ranges),
            Rule(self.best.at(c, i, j), Call("argmax", (window,)), "symbol", "", "", ranges),
        )

    def back(self, gradient: Node) -> Gradient:
        """Window by window to its largest cell; where windows overlap, a cell gets the sum."""
        (c, i, j), ranges = _cell(self.makes)
        u, v = self._inside
        cell = (c, self.under(0, i, u), self.under(1, j, v))
        chosen = Compare("=", self.best.at(c, i, j), affine(((self.f[1], u), (1, v)), -self.f[1]))
        passed = Call("if", (chosen, self._indexed(gradient, c, i, j), Literal(0)))
        overlap = self.s[0] < self.f[0] or self.s[1] < self.f[1]
        note = "added up where windows overlap" if overlap else ""
        return Gradient(passed, cell, (*ranges, *each(*zip((u, v), self.f, strict=True))), note)

    def locals(self, place: Place) -> Iterator[Local]:
        for u, v, row, column in self.cells(place):
            chosen = Compare("=", self.best.entry(place), Literal((u - 1) * self.f[1] + v))
            yield Local(self.reads, (place[0], row, column), Call("if", (chosen, ONE, Literal(0))))


@dataclass(frozen=True)
class AveragePool(Windowed):
    @property
    def _share(self) -> Node:
        return Div(ONE, Literal(self.f[0] * self.f[1]))

    def forward(self) -> tuple[Rule, ...]:
        (c, i, j), ranges = _cell(self.makes)
        u, v = self._inside
        body = self._summed(self.reads.at(c, self.under(0, i, u), self.under(1, j, v)))
        return (Rule(self.makes.at(c, i, j), Mul((self._share, body)), "symbol", "", "", ranges),)

    def back(self, gradient: Node) -> Gradient:
        (c, i, j), ranges = _cell(self.reads)
        u, v = self._inside
        body = self._summed(self._indexed(gradient, c, self.over(0, i, u), self.over(1, j, v)))
        return Gradient(Mul((self._share, body)), (c, i, j), ranges)

    def locals(self, place: Place) -> Iterator[Local]:
        for _, _, row, column in self.cells(place):
            yield Local(self.reads, (place[0], row, column), self._share)


@dataclass(frozen=True)
class GlobalAverage(Layer):
    """One number per channel: the mean of its map."""

    @property
    def _cells(self) -> int:
        return self.reads.shape[1] * self.reads.shape[2]

    def forward(self) -> tuple[Rule, ...]:
        (c, i, j), _ = _cell(self.reads)
        body: Node = added(i, self.reads.shape[1], added(j, self.reads.shape[2], self.reads.at(c, i, j)))
        right = Mul((Div(ONE, Literal(self._cells)), body))
        return (Rule(self.makes.at(c), right, "symbol", "", "", each((c, self.makes.shape[0]))),)

    def back(self, gradient: Node) -> Gradient:
        (c, i, j), ranges = _cell(self.reads)
        return Gradient(Div(self._indexed(gradient, c), Literal(self._cells)), (c, i, j), ranges)

    def locals(self, place: Place) -> Iterator[Local]:
        for row, column in pairs(*(range(1, size + 1) for size in self.reads.shape[1:])):
            yield Local(self.reads, (*place, row, column), Div(ONE, Literal(self._cells)))


@dataclass(frozen=True)
class Flatten(Layer):
    """A map as one vector: channel by channel, each row by row."""

    def _number(self, indices: tuple[Node, ...]) -> Node:
        """(c − 1)·height·width + (i − 1)·width + j, without the axes that have one entry only."""
        letters = each(*zip(indices, self.reads.shape, strict=True))
        if not letters:
            return ONE
        terms: list[Node] = [letters[-1][0]]
        behind = letters[-1][1]
        for index, size in reversed(letters[:-1]):
            terms.insert(0, Mul((Literal(behind), Add((index, Neg(ONE))))))
            behind *= size
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    def forward(self) -> tuple[Rule, ...]:
        indices, ranges = _cell(self.reads)
        left = self.makes.at(self._number(indices))
        return (Rule(left, self.reads.at(*indices), "symbol", "", "", ranges),)

    def back(self, gradient: Node) -> Gradient:
        indices, ranges = _cell(self.reads)
        return Gradient(self._indexed(gradient, self._number(indices)), indices, ranges)

    def locals(self, place: Place) -> Iterator[Local]:
        _, height, width = self.reads.shape
        channel, rest = divmod(place[0] - 1, height * width)
        row, column = divmod(rest, width)
        yield Local(self.reads, (channel + 1, row + 1, column + 1), ONE)


def _of_map(node: Node) -> Node:
    """h ⊙ h for h²: the square of a map is that of its entries only where it is written so."""
    return Hadamard((node.base, node.base)) if isinstance(node, Pow) else node.map(_of_map)
