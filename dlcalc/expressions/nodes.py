"""The tree of an expression: frozen, typed nodes that keep the written order.

Constructors keep what they are given (`Add((n, Neg(f)))` prints `n − f`). The operators `+ - * / **`
*fold* instead (see `folding`): they are what evaluation uses for the letters that are left over.

Values are `int`, `Fraction`, `float`, `bool`, nested tuples of them (vector, matrix, map), or a `Node`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from fractions import Fraction
from typing import Any, ClassVar, TypeAlias

from .exact import Number, exact

Value: TypeAlias = Any
"""int | Fraction | float | bool | tuple of Values | Node."""


class Kind(Enum):
    """What a node stands for. The number is the rank: how many indices reach a scalar."""

    TRUTH = -1
    SCALAR = 0
    VECTOR = 1
    MATRIX = 2
    MAP = 3
    """A feature map (channels, height, width)."""
    FILTERS = 4
    """A bank of filters (filters, channels, height, width)."""
    AXES = 10
    """One number per spatial axis (height × width); a scalar inside a step that runs per axis."""

    @property
    def rank(self) -> int:
        return 1 if self is Kind.AXES else max(0, self.value)

    @staticmethod
    def of_rank(rank: int) -> Kind:
        return _BY_RANK[rank]


_BY_RANK = (Kind.SCALAR, Kind.VECTOR, Kind.MATRIX, Kind.MAP, Kind.FILTERS)


class Node:
    """Base of all nodes; the arithmetic operators fold (`folding`), constructors do not."""

    __slots__ = ()
    fold: ClassVar[Any]
    """The module `folding`, which puts itself here: it needs these classes, and the operators need it."""

    def children(self) -> Iterator[Node]:
        """The direct sub-expressions, left to right."""
        for each in fields(self):  # type: ignore[arg-type]
            value = getattr(self, each.name)
            if isinstance(value, Node):
                yield value
            elif isinstance(value, tuple):
                yield from (item for item in value if isinstance(item, Node))

    def map(self, change: Callable[[Node], Node]) -> Node:
        """The same node with `change` applied to each direct sub-expression."""
        changed: dict[str, object] = {}
        for each in fields(self):  # type: ignore[arg-type]
            value = getattr(self, each.name)
            if isinstance(value, Node):
                changed[each.name] = change(value)
            elif isinstance(value, tuple):
                changed[each.name] = tuple(change(item) if isinstance(item, Node) else item for item in value)
        return replace(self, **changed) if changed else self  # type: ignore[type-var]

    def __add__(self, other: Value) -> Value:
        return self.fold.add(self, other)

    def __radd__(self, other: Value) -> Value:
        return self.fold.add(other, self)

    def __sub__(self, other: Value) -> Value:
        return self.fold.add(self, self.fold.negate(other))

    def __rsub__(self, other: Value) -> Value:
        return self.fold.add(other, self.fold.negate(self))

    def __mul__(self, other: Value) -> Value:
        return self.fold.multiply(self, other)

    def __rmul__(self, other: Value) -> Value:
        return self.fold.multiply(other, self)

    def __truediv__(self, other: Value) -> Value:
        return self.fold.divide(self, other)

    def __rtruediv__(self, other: Value) -> Value:
        return self.fold.divide(other, self)

    def __pow__(self, other: Value) -> Value:
        return self.fold.power(self, other)

    def __rpow__(self, other: Value) -> Value:
        return self.fold.power(other, self)

    def __neg__(self) -> Value:
        return self.fold.negate(self)


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """An exact number (or a float that a transcendental function made)."""

    value: Number


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A letter or word: `n`, `theta`, `h_t` (subscript after the first underscore), `conv1.o` (a called formula's).

    `hat` and `bar` accents are suffixes of the stem, as typed: `yhat`, `xbar`. Equality looks at `id` alone:
    the kind is what the reader declared for it.
    """

    id: str
    kind: Kind = field(default=Kind.SCALAR, compare=False)
    integer: bool = field(default=False, compare=False)
    """Stands for a whole number, so that ⌊n⌋ is n."""


@dataclass(frozen=True, slots=True)
class Add(Node):
    """a + b − c, in the written order: a subtracted term is a `Neg`."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Neg(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Mul(Node):
    """A product in the written order. Of two matrices or vectors it is the matrix product."""

    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Div(Node):
    numerator: Node
    denominator: Node


@dataclass(frozen=True, slots=True)
class Pow(Node):
    """Power; of a vector element by element, of a matrix repeated product."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function of the fixed list (`functions.FUNCTIONS`): floor, sqrt, tanh, diag, if, len..."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class FormulaCall(Node):
    """A formula used as a step: `conv(n=n, f=11)`. Its steps become `step.o`, `step.parameters`."""

    formula: str
    names: tuple[str, ...]
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`operator` is one of = ≠ < ≤ > ≥."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`operator` is one of and, or, not."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Vector(Node):
    """(a, b, c); a matrix is a vector of its rows, a map a vector of its channels."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Index(Node):
    """x[i] or x[i, j], counted from 1."""

    base: Node
    indices: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Transpose(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Hadamard(Node):
    """a ⊙ b, element by element."""

    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Outer(Node):
    """a ⊗ b: the matrix a bᵀ."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Reduce(Node):
    """Σ or Π of `body` for `index` from `low` to `high`.

    A product of matrices has a direction: `descending` multiplies the largest index first.
    """

    operator: str
    index: str
    low: Node
    high: Node
    body: Node
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Partial(Node):
    """∂top/∂bottom, as one sign; `direct` is ∂⁺, for which the states before are held fixed."""

    top: Node
    bottom: Node
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Range(Node):
    """`t in 1..T`: how a step is unrolled, or a range to search."""

    index: str
    low: Node
    high: Node


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, parents first."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(tuple(current.children())))


def names_in(node: Node) -> tuple[str, ...]:
    """The free names, each once, in the written order (the index of a Σ, Π or range is bound, so not free)."""
    found: dict[str, None] = {}

    def visit(current: Node, bound: frozenset[str]) -> None:
        if isinstance(current, Name):
            if current.id not in bound:
                found.setdefault(current.id)
            return
        if isinstance(current, Reduce | Range):
            visit(current.low, bound)
            visit(current.high, bound)
            if isinstance(current, Reduce):
                visit(current.body, bound | {current.index})
            return
        for child in current.children():
            visit(child, bound)

    visit(node, frozenset())
    return tuple(found)


DECIMALS = 4
"""A fraction with at most so many decimals is written as a decimal number, any other as a quotient."""


def to_node(value: Value) -> Node:
    """A value as the tree that its text parses to: −3 a `Neg`, ⅔ a `Div`, ½ the literal 0.5, a tuple a `Vector`."""
    if isinstance(value, Node):
        return value
    if isinstance(value, tuple):
        return Vector(tuple(to_node(item) for item in value))
    if value < 0:
        return Neg(to_node(-value))
    if isinstance(value, Fraction) and 10**DECIMALS % value.denominator:
        return Div(Literal(value.numerator), Literal(value.denominator))
    return Literal(exact(value))
