"""A gradient in numbers: what mistakes make of it on the very numbers of the question, and the other layout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from .. import document as doc
from ..expressions.arrays import each, flat, shape_of, transpose
from ..expressions.nodes import Value
from ..gradients.edits import Found
from ..gradients.layouts import LAYOUTS
from .array_judging import judge_numbers
from .marks import Mark
from .target import Other, Wrong
from .terms import ARRAYS, Terms

Mistaken = Callable[[], Iterable[tuple[Found, Value]]]
"""What typical mistakes make of the gradient, each with its numbers."""


@dataclass(frozen=True)
class GradientNumbers:
    """∂L/∂wrt as an array, a map row by row.

    `layout`: the one that is asked; `turns`: whether another one has the transpose, as of a matrix of weights.
    `gates`: the same of a GRU whose gates work otherwise.
    """

    expected: Value
    layout: str
    mistaken: Mistaken
    turns: bool = False
    letters: tuple[str, ...] = ()
    gates: Callable[[], Iterable[Other]] = tuple

    def wrong(self) -> Iterator[Wrong]:
        """Two of one name that come to the same are one."""
        seen: set[tuple[str, Value]] = set()
        for mistake, value in self.mistaken():
            found = mistake.id, _shortened(as_rows(value))
            if found not in seen:
                seen.add(found)
                yield Wrong(mistake.id, mistake.because, as_rows(value))

    def others(self) -> Iterator[Other]:
        """In the other layout: PyTorch has the weights of the column layout."""
        if self.turns and len(shape_of(self.expected)) == 2:
            name = "column" if self.layout == "row" else "row"
            words = f"in {name} layout ({LAYOUTS[name]}); the question uses {self.layout} layout"
            yield Other(name, words, transpose(self.expected))
        yield from self.gates()

    def working(self) -> tuple[doc.Block, ...]:
        return ()


def mark_numbers(asked: GradientNumbers, given: object, significant: int) -> Mark:
    """The mark of a gradient in numbers: a vector, a matrix, or one number."""
    rank = len(shape_of(asked.expected))
    kind = next(kind for kind, many in ARRAYS.items() if many == rank)
    return judge_numbers(Terms(kind, significant), asked, given)


def as_rows(value: Value) -> Value:
    """An array as a vector or as a matrix of its rows; one number, and a row alone, as a vector."""
    shape = shape_of(value)
    if len(shape) < 2 or (len(shape) == 2 and shape[0] == 1):
        return tuple(map(_number, flat((value,))))
    numbers, wide = list(map(_number, flat((value,)))), shape[-1]
    return tuple(tuple(numbers[at : at + wide]) for at in range(0, len(numbers), wide))


def _number(value: Value) -> Value:
    return value if isinstance(value, int | Fraction) else float(value)


def _shortened(value: Value) -> Value:
    """With so many digits that rounding does not tell numbers apart."""
    return each(lambda number: float(f"{float(number):.9g}"), value)
