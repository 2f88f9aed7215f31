"""What is asked: its right value, what mistakes make of it, what other conventions do, how it is worked out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from .. import document as doc
from ..expressions.nodes import Value
from ..networks.kinds import Shape


class Target(Protocol):
    """Something that is asked: an answer of a formula, an inverse question, a cell, a table, a gradient, a choice."""

    @property
    def expected(self) -> Value:
        """The right answer."""

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters that the question leaves open; an answer may use them."""

    def wrong(self) -> Iterator[Wrong]:
        """What typical mistakes lead to, the common ones first, none that is right; several may give one value."""

    def others(self) -> Iterator[Other]:
        """The answers under other conventions, each once, where they differ; none where the question states its own."""

    def working(self) -> tuple[doc.Block, ...]:
        """How the right answer is worked out."""


@dataclass(frozen=True)
class Wrong:
    """What a typical mistake leads to."""

    id: str
    because: str
    value: Value
    weight: float = 0.5
    hint: str = ""


@dataclass(frozen=True)
class Other:
    """What is right under another convention."""

    name: str
    who: str
    value: Value


def alike(value: Value) -> Value:
    """27 for 27×27."""
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


def rotated(shape: Shape) -> Shape:
    """Channels × height × width with the channels last."""
    return (*shape[1:], *shape[:1])


def with_ones(wrote: Value, right: Value) -> Value:
    """The right shape, where what was written has other 1s than it and is the same but for them: 4×4 for 4×4×1."""
    if not (isinstance(wrote, tuple) and isinstance(right, tuple)) or len(wrote) == len(right):
        return wrote
    same = [part for part in wrote if part != 1] == [part for part in right if part != 1]
    return right if same else wrote
