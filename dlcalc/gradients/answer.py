"""A gradient as somebody wrote it: one expression, or a recursion with intermediates and the gradient at the end."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product as every_choice

from ..errors import UserError
from ..expressions.nodes import (
    Hadamard,
    Index,
    Literal,
    Mul,
    Name,
    Node,
    Outer,
    Partial,
    Reduce,
    Transpose,
    names_in,
    rewriting,
    walk,
)
from .local import pointwise, product
from .model import STEPS

MOST_SIGNS = 30
MOST_OUTER = 4
"""With so many ⊗ every way of reading them is tried, with more only all in one way."""


@dataclass(frozen=True)
class Statement:
    """name[index] = right, for one step, or for every `letter`; a name alone where there is no index.

    A sign of a derivative, ∂h_m/∂h_{m−1}, and a letter with two steps, δ[j, k], stand whole under `index`. `entry`: the
    letter of the entry that it is stated for.
    """

    name: str
    index: Node | None
    letter: str
    right: Node
    entry: str = ""

    @property
    def letters(self) -> tuple[str, ...]:
        """For all values of which it holds."""
        if self.letter:
            return (self.letter,)
        if not isinstance(self.index, Partial | Index):
            return ()
        inside = [index for part in walk(self.index) if isinstance(part, Index) for index in part.indices]
        return tuple(dict.fromkeys(name for index in inside for name in names_in(index) if name != STEPS.id))


@dataclass(frozen=True)
class Answer:
    """The gradient as it was written, and the intermediates stated before it.

    `entries`: the letters of the entry that it is written for, none where it is the whole; `letters`: these, and those
    of entries that are summed.
    """

    text: str
    node: Node
    statements: tuple[Statement, ...] = ()
    entries: tuple[str, ...] = ()
    letters: frozenset[str] = frozenset()

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (*(statement.right for statement in self.statements), self.node)

    def parts(self) -> Iterator[Node]:
        for node in self.nodes:
            yield from walk(node)

    @cached_property
    def has_partials(self) -> bool:
        stated = any(isinstance(each.index, Partial) for each in self.statements)
        return stated or any(isinstance(part, Partial) for part in self.parts())

    def changed(self, change: Callable[[Node], Node]) -> Answer:
        """With `change` applied to every expression."""
        statements = tuple(replace(each, right=change(each.right)) for each in self.statements)
        return replace(self, node=change(self.node), statements=statements)

    def readings(self, outer: str) -> Iterator[Answer]:
        """With ⊗ as the profile says, and then in all other ways; one where there is no ⊗."""
        signs = [part for part in self.parts() if isinstance(part, Outer)]
        first = outer == "pointwise"
        if len(signs) > MOST_SIGNS:
            raise UserError(f"⊗ may appear in an answer at most {MOST_SIGNS} times, not {len(signs)}")
        if not signs:
            yield self
            return
        one_way = ((first,) * len(signs), (not first,) * len(signs))
        for choice in one_way if len(signs) > MOST_OUTER else every_choice((first, not first), repeat=len(signs)):
            pointwise = {id(sign) for sign, chosen in zip(signs, choice, strict=True) if chosen}
            yield self.changed(rewriting(_reader(pointwise)))

    def unbound(self, known: Container[str]) -> tuple[str, ...]:
        """Letters that stand for nothing: neither of the network, nor stated, nor of a Σ."""
        stated = {statement.name for statement in self.statements}
        free = {name: None for node in (self.node,) for name in names_in(node)}
        for statement in self.statements:
            own = (*statement.letters, statement.entry)
            free |= {name: None for name in names_in(statement.right) if name not in own}
        stated |= set(self.entries)
        return tuple(name for name in free if name not in known and name not in stated)


def _reader(pointwise: set[int]) -> Callable[[Node, Callable[[Node], Node]], Node]:
    """Reads the ⊗ with these ids entry by entry."""

    def read(node: Node, below: Callable[[Node], Node]) -> Node:
        changed = node.map(below)
        if id(node) in pointwise and isinstance(changed, Outer):
            return Hadamard((changed.left, changed.right))
        return changed

    return read


def summed(answer: Answer, letters: tuple[str, ...]) -> Answer:
    """The answer with the Σ over time that its unbound letters ask for; of two the second runs up to the first."""
    node = answer.node
    for place, letter in reversed(list(enumerate(letters))):
        high: Node = STEPS if place == 0 else Name(letters[place - 1], integer=True)
        node = Reduce("sum", letter, Literal(1), high, node)
    return replace(answer, node=node)


def regrouped(node: Node) -> Node:
    """a ⊙ b cᵀ read as (a ⊙ b) cᵀ: as a ⊙ (b cᵀ), which comes first, a vector would meet a matrix."""
    return rewriting(_regrouped)(node)


def _regrouped(node: Node, below: Callable[[Node], Node]) -> Node:
    changed = node.map(below)
    if not isinstance(changed, Hadamard) or not isinstance(changed.factors[-1], Mul):
        return changed
    *front, last = changed.factors
    assert isinstance(last, Mul)
    if not isinstance(last.factors[-1], Transpose):
        return changed
    return product((pointwise((*front, product(last.factors[:-1]))), last.factors[-1]))


def is_step(answer: Answer, letter: str) -> bool:
    """Whether a letter stands in the place of a step."""
    return any(
        isinstance(part, Index) and letter in {name for index in part.indices for name in names_in(index)}
        for part in answer.parts()
    )
