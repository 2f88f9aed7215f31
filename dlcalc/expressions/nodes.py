"""An expression: frozen, typed nodes that keep the written order.

What was read is a tree. What was worked out in letters is a graph: one node may stand in many places, and written out
as a tree it may be a million times as long. So all that is done node by node is done once for each distinct node, and
a node that stays what it is stays the same object (`map`, `Rewriting`).

Constructors keep what they are given (`Add((n, Neg(f)))` prints `n − f`). The operators `+ - * / **`
*fold* instead (see `folding`): they are what evaluation uses for the letters that are left over.

Values are `int`, `Fraction`, `float`, `bool`, nested tuples of them (vector, matrix, map), or a `Node`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import cached_property, wraps
from typing import Any, ClassVar, TypeAlias, TypeVar

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

    @cached_property
    def rank(self) -> int:
        return 1 if self is Kind.AXES else max(0, self.value)

    @staticmethod
    def of_rank(rank: int) -> Kind:
        return _BY_RANK[rank]


_BY_RANK = (Kind.SCALAR, Kind.VECTOR, Kind.MATRIX, Kind.MAP, Kind.FILTERS)


class Node:
    """Base of all nodes; the arithmetic operators fold (`folding`), constructors do not.

    Two nodes are equal when they are written alike. The hash is computed once; what differs is found out by it.
    """

    __slots__ = ("_hash", "_integer", "_kind", "_matrix", "_monomial", "_size")
    __match_args__: ClassVar[tuple[str, ...]] = ()
    fold: ClassVar[Any]
    """The module `folding`, which puts itself here: it needs these classes, and the operators need it."""
    _hash: int

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if self.__class__ is not other.__class__:
            return NotImplemented
        return hash(self) == hash(other) and _alike(self, other)

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            pass
        found = hash((self.__class__, *[getattr(self, name) for name in self.__match_args__]))
        object.__setattr__(self, "_hash", found)
        return found

    def __repr__(self) -> str:
        """As it is constructed; what would be long is named and counted."""
        name = type(self).__name__
        size = written_size(self)
        if size > MOST_IN_REPR:
            return f"<{name} of {size} nodes>"
        return f"{name}({', '.join(f'{field}={getattr(self, field)!r}' for field in self.__match_args__)})"

    def children(self) -> tuple[Node, ...]:
        """The direct sub-expressions, left to right."""
        kind = self.__class__
        getter = _CHILDREN.get(kind)
        if getter is None:
            getter = _CHILDREN[kind] = _children_of(kind)
        return getter(self)

    def map(self, change: Callable[[Node], Node]) -> Node:
        """The same node with `change` applied to each direct sub-expression; itself where that changes none."""
        values: list[object] = []
        is_changed = False
        for name in self.__match_args__:
            value = new = getattr(self, name)
            if isinstance(value, Node):
                new = change(value)
                is_changed |= new is not value
            elif value.__class__ is tuple:
                items = tuple([change(item) if isinstance(item, Node) else item for item in value])
                if any(map(operator.is_not, items, value)):
                    new, is_changed = items, True
            values.append(new)
        return self.__class__(*values) if is_changed else self

    def __str__(self) -> str:
        """As messages show it: a − b, not the classes it is made of."""
        from .printing import text

        return text(self)

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


def _children_of(kind: type[Node]) -> Callable[[Any], tuple[Node, ...]]:
    """How the sub-expressions are taken from the fields of a class: a `Node` is one, a `tuple[Node, ...]` several."""
    declared = {name: kind.__dataclass_fields__[name].type for name in kind.__match_args__}  # type: ignore[attr-defined]
    parts = [name for name, of in declared.items() if "Node" in of]
    if not parts:
        return lambda node: ()
    get: Callable[[Any], Any] = operator.attrgetter(*parts)
    if all(declared[name] == "Node" for name in parts):
        return get if len(parts) > 1 else lambda node: (get(node),)
    if len(parts) == 1:
        return get
    first, rest = parts
    return lambda node: (getattr(node, first), *getattr(node, rest))


_CHILDREN: dict[type[Node], Callable[[Any], tuple[Node, ...]]] = {}


def _alike(one: Node, other: Node) -> bool:
    """Whether two nodes are written alike; each pair of their parts is looked at once."""
    seen: set[tuple[int, int]] = set()
    pairs: list[tuple[Any, Any]] = [(one, other)]
    while pairs:
        a, b = pairs.pop()
        if a is b:
            continue
        if isinstance(a, Node) and not isinstance(a, Literal | Name):
            if a.__class__ is not b.__class__ or hash(a) != hash(b):
                return False
            if (id(a), id(b)) not in seen:
                seen.add((id(a), id(b)))
                pairs.extend((getattr(a, name), getattr(b, name)) for name in a.__match_args__)
        elif a.__class__ is tuple is b.__class__:
            if len(a) != len(b):
                return False
            pairs.extend(zip(a, b, strict=True))
        elif a != b:
            return False
    return True


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Literal(Node):
    """An exact number (or a float that a transcendental function made)."""

    value: Number

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not Literal:
            return NotImplemented
        return self.value is other.value or bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash(self.value)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Name(Node):
    """A letter or word: `n`, `theta`, `h_t` (subscript after the first underscore), `conv1.o` (a called formula's).

    `hat` and `bar` accents are suffixes of the stem, as typed: `yhat`, `xbar`. Equality looks at `id` alone:
    the kind is what the reader declared for it.
    """

    id: str
    kind: Kind = Kind.SCALAR
    integer: bool = False
    """Stands for a whole number, so that ⌊n⌋ is n."""

    def __eq__(self, other: object) -> bool:
        return self.id == other.id if isinstance(other, Name) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.id)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Add(Node):
    """a + b − c, in the written order: a subtracted term is a `Neg`."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Neg(Node):
    """−a."""

    operand: Node


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Mul(Node):
    """A product in the written order. Of two matrices or vectors it is the matrix product."""

    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Div(Node):
    """a/b, in the written order; of whole numbers it is exact."""

    numerator: Node
    denominator: Node


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Pow(Node):
    """Power; of a vector element by element, of a matrix repeated product."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Call(Node):
    """A function of the fixed list (`functions.FUNCTIONS`): floor, sqrt, tanh, diag, if, len..."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FormulaCall(Node):
    """A formula used as a step: `conv(n=n, f=11)`. Its steps become `step.o`, `step.parameters`."""

    formula: str
    names: tuple[str, ...]
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Compare(Node):
    """`operator` is one of = ≠ < ≤ > ≥."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Logic(Node):
    """`operator` is one of and, or, not."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Vector(Node):
    """(a, b, c); a matrix is a vector of its rows, a map a vector of its channels."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Index(Node):
    """x[i] or x[i, j], counted from 1."""

    base: Node
    indices: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Transpose(Node):
    """Aᵀ of a matrix, or of a vector as a row."""

    operand: Node


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Hadamard(Node):
    """a ⊙ b, element by element."""

    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Outer(Node):
    """a ⊗ b: the matrix a bᵀ."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False, repr=False)
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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Partial(Node):
    """∂top/∂bottom, as one sign; `direct` is ∂⁺, for which the states before are held fixed."""

    top: Node
    bottom: Node
    direct: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Range(Node):
    """`t in 1..T`: how a step is unrolled, or a range to search."""

    index: str
    low: Node
    high: Node


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, each once, as they are met from left to right."""
    seen: set[int] = set()
    stack = [node]
    while stack:
        current = stack.pop()
        if id(current) not in seen:
            seen.add(id(current))
            yield current
            if not isinstance(current, Name | Literal):
                stack.extend(current.children()[::-1])


def names_in(node: Node) -> tuple[str, ...]:
    """The free names, each once, in the written order (the index of a Σ, Π or range is bound, so not free)."""
    found: dict[str, None] = {}
    _find_names(node, frozenset(), found, set())
    return tuple(found)


def _find_names(
    node: Node, bound: frozenset[str], found: dict[str, None], seen: set[tuple[int, frozenset[str]]]
) -> None:
    if isinstance(node, Name):
        if node.id not in bound:
            found.setdefault(node.id)
        return
    if isinstance(node, Literal) or (id(node), bound) in seen:
        return
    seen.add((id(node), bound))
    if isinstance(node, Reduce | Range):
        _find_names(node.low, bound, found, seen)
        _find_names(node.high, bound, found, seen)
        if isinstance(node, Reduce):
            _find_names(node.body, bound | {node.index}, found, seen)
        return
    for child in node.children():
        _find_names(child, bound, found, seen)


Fact = TypeVar("Fact")


def fact(slot: str) -> Callable[[Callable[[Node], Fact]], Callable[[Node], Fact]]:
    """Makes a function of a node alone one that is computed once per node and kept with it, in one of its slots."""

    def kept(compute: Callable[[Node], Fact]) -> Callable[[Node], Fact]:
        @wraps(compute)
        def lookup(node: Node) -> Fact:
            try:
                return getattr(node, slot)  # type: ignore[no-any-return]
            except AttributeError:
                pass
            found = compute(node)
            object.__setattr__(node, slot, found)
            return found

        return lookup

    return kept


MOST_IN_REPR = 1_000
"""Nodes that `repr` writes out."""


@fact("_size")
def written_size(node: Node) -> int:
    """How many nodes it has written out as a tree; of a graph that may be any number."""
    return 1 + sum(map(written_size, node.children()))


Rule = Callable[[Node, Callable[[Node], Node]], Node]


def rewriting(rule: Rule) -> Callable[[Node], Node]:
    """A change of a whole graph from a rule for one node, which changes what is below it with its second argument.

    Each distinct node is changed once, and its change stands wherever it stood.
    """
    return _Rewriting(rule)


class _Rewriting:
    """No function that knows itself: what is in no circle goes at once when nobody needs it any more."""

    __slots__ = ("made", "rule")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.made: dict[int, tuple[Node, Node]] = {}

    def __call__(self, node: Node) -> Node:
        known = self.made.get(id(node))
        if known is None:
            # the node is kept too: its id would be another's once it is gone
            known = self.made[id(node)] = node, self.rule(node, self)
        return known[1]


def replaced(node: Node, values: Mapping[Node, Node]) -> Node:
    """The expression with other expressions for some of its parts; what is put in is not looked at again."""
    return rewriting(lambda part, below: values[part] if part in values else part.map(below))(node)


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
