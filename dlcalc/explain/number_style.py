"""How numbers and arrays by hand are printed: rounded or as fractions, a map as one matrix per channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import prod

from ..document import Profile, shown_by
from ..expressions.nodes import Div, Literal, Neg, Node, Value, Vector, rewriting, to_node

MOST_NUMBERS = 1_000
"""Numbers of an array that is printed although no result: what was given or drawn."""


@dataclass(frozen=True)
class NumberStyle:
    """How numbers are printed: decimals rounded as `course` says, or `fractions` exactly."""

    fractions: bool = False
    course: Profile = field(default_factory=shown_by)

    def node(self, value: Value) -> Node:
        """A number or an array as it is printed."""
        if isinstance(value, dict):
            return self.node(tuple(item for key, item in value.items() if key >= 1))
        if isinstance(value, tuple):
            return self.node(value[0]) if is_one(value) else Vector(tuple(map(self.node, value)))
        if isinstance(value, Node):
            return rewriting(self._rounded)(value)
        if isinstance(value, bool):
            return Literal(int(value))
        if value < 0:
            return Neg(self.node(-value))
        if self.fractions and isinstance(value, Fraction):
            return Div(Literal(value.numerator), Literal(value.denominator))
        return Literal(value) if isinstance(value, int) else to_node(self.course.rounded(value))

    def _rounded(self, node: Node, change: Callable[[Node], Node]) -> Node:
        """The numbers among letters as those alone are printed, where they are no fractions."""
        if isinstance(node, Literal) and isinstance(node.value, float):
            return self.node(node.value)
        return node.map(change)

    def is_rounded(self, value: Value) -> bool:
        """Whether something of the value is lost when it is printed."""
        if isinstance(value, tuple):
            return any(map(self.is_rounded, value))
        if isinstance(value, dict):
            return any(map(self.is_rounded, value.values()))
        if isinstance(value, int | Node) or (self.fractions and isinstance(value, Fraction)):
            return False
        return isinstance(value, float) or Fraction(repr(self.course.rounded(value))) != value

    @property
    def as_given(self) -> NumberStyle:
        """How what was given, or is put into an expression, is printed."""
        return replace(self, course=self.course.for_givens)


def decimals(value: Value, digits: int) -> str:
    """A number in so many decimals, without a minus before zeros."""
    text = f"{float(value):.{digits}f}"
    return (text.lstrip("-") if float(text) == 0 else text).replace("-", "−")


def matrices(value: Value, place: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Value]]:
    """The matrices of a map or a bank, each with its channel, or filter and channel; the only one with none."""
    if rank(value) <= 2:
        yield place, value
    elif len(value) == 1:
        yield from matrices(value[0], place)
    else:
        for number, part in enumerate(value, 1):
            yield from matrices(part, (*place, number))


def is_one(value: Value) -> bool:
    """Whether an array holds one number alone, and is printed as that."""
    return not isinstance(value, tuple) or (len(value) == 1 and is_one(value[0]))


def rank(value: Value) -> int:
    return 1 + rank(value[0]) if isinstance(value, tuple) else 0


def shape(value: Value) -> tuple[int, ...]:
    return (len(value), *shape(value[0])) if isinstance(value, tuple) else ()


def lone(value: Value) -> int:
    """How many of the first indices of a map or a bank are those of its only filter and channel."""
    return 1 + lone(value[0]) if rank(value) > 2 and len(value) == 1 else 0


def is_large(value: Value) -> bool:
    """Whether an array has too many numbers to be printed."""
    return prod(shape(value)) > MOST_NUMBERS


def size_words(value: Value) -> str:
    """What stands for an array that is too large to print: 100×100 numbers."""
    return f"{'×'.join(map(str, shape(value)[lone(value) :]))} numbers; --json has them"
