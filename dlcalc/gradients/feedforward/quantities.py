"""What the formulas of a feed-forward network speak of: named arrays, and equations over their entries.

Indices count from 1. A map is channels × height × width, a bank of filters filters × channels × height × width.
Where an index is not a whole number or lies outside a map, the entry is 0, so that a padded convolution and its
gradient need no cases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from ...expressions import printing
from ...expressions.nodes import Add, Index, Kind, Literal, Mul, Name, Neg, Node, Partial, Reduce
from ..layouts import in_layout
from ..lines import LOSS, Line

Place = tuple[int, ...]
"""Where an entry stands in its array."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """An array by its name and shape. `delta` is what the gradient of the loss by it is called, if it has a name."""

    name: str
    shape: tuple[int, ...]
    meaning: str
    delta: str = ""

    @property
    def kind(self) -> Kind:
        return Kind.of_rank(len(self.shape))

    @property
    def node(self) -> Name:
        return Name(self.name, self.kind)

    @property
    def size(self) -> int:
        return prod(self.shape)

    def at(self, *indices: Node) -> Index:
        return Index(self.node, indices)

    def entry(self, place: Place) -> Index:
        return self.at(*map(Literal, place))

    def places(self) -> Iterator[Place]:
        """The indices of all entries, in reading order."""
        return product(*(range(1, size + 1) for size in self.shape))

    @property
    def gradient(self) -> Quantity:
        """∂L/∂ this, as an array of the same shape."""
        return Quantity(self.delta, self.shape, f"∂L/∂{printing.text(self.node)}")


@dataclass(frozen=True, slots=True)
class Rule(Line):
    """left = right for whole arrays, or for `each` entry: index letters with the largest number of each."""

    each: tuple[tuple[Name, int], ...] = ()

    @property
    def ranges(self) -> str:
        """For which entries it holds, in words of the page: `i, j = 1, …, 3`."""
        letters: dict[int, list[str]] = {}
        for letter, size in self.each:
            letters.setdefault(size, []).append(letter.id)
        return "; ".join(
            f"{', '.join(names)} = 1, {'' if size == 2 else '…, '}{size}" for size, names in letters.items()
        )

    @property
    def _of(self) -> Node:
        return self.left.bottom if isinstance(self.left, Partial) else self.left

    @property
    def indices(self) -> tuple[Node, ...]:
        """Of a rule over entries the indices on its left."""
        return self._of.indices if isinstance(self._of, Index) else ()

    @property
    def target(self) -> Name:
        """The array that it gives entries of; of ∂L/∂W the weight."""
        base = self._of.base if isinstance(self._of, Index) else self._of
        assert isinstance(base, Name)
        return base

    @property
    def whole(self) -> Node:
        """What is on the left, for all entries at once."""
        return derivative(self.target) if isinstance(self.left, Partial) else self.target


def letter(name: str, size: int) -> Node:
    """An index letter; 1 where there is one entry only."""
    return Name(name, integer=True) if size > 1 else Literal(1)


def each(*pairs: tuple[Node, int]) -> tuple[tuple[Name, int], ...]:
    """The letters among the indices, with their sizes."""
    return tuple((index, size) for index, size in pairs if isinstance(index, Name))


def added(index: Node, size: int, body: Node) -> Node:
    """Σ over an index; the body alone where the index has one value."""
    return Reduce("sum", index.id, Literal(1), Literal(size), body) if isinstance(index, Name) else body


def affine(parts: tuple[tuple[int, Node], ...], constant: int) -> Node:
    """2i + u − 2: whole multiples of indices and a number, numbers folded."""
    terms: list[Node] = []
    for factor, node in parts:
        if isinstance(node, Literal):
            constant += factor * int(node.value)
        elif abs(factor) == 1:
            terms.append(node if factor > 0 else Neg(node))
        else:
            whole = Mul((Literal(abs(factor)), node))
            terms.append(whole if factor > 0 else Neg(whole))
    if constant or not terms:
        terms.append(Literal(constant) if constant >= 0 else Neg(Literal(-constant)))
    if isinstance(terms[0], Neg) and len(terms) > 1:
        terms.append(terms.pop(0))
    return terms[0] if len(terms) == 1 else Add(tuple(terms))


def derivative(by: Node, of: Node = LOSS) -> Partial:
    """∂L/∂by, or of something else."""
    return Partial(of, by)


def rule_in_layout(rule: Rule, layout: str) -> Rule:
    """The rule in a layout; rules over entries are the same in all."""
    if rule.each:
        return rule
    if layout == "pytorch" and rule.role == "gradient" and rule.target.kind is Kind.MATRIX:
        # the gradient of a weight has the weight's shape, which this layout does not turn
        return replace(in_layout(replace(rule, role="jacobian"), layout), role=rule.role)  # type: ignore[return-value]
    return in_layout(rule, layout)  # type: ignore[return-value]
