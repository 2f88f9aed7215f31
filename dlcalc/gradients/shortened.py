"""A derivative that would be long written out: parts of the expression get names, and so do their derivatives.

sigmoid(sigmoid(x)) has the parts a_1 = sigmoid(x) and a_2 = sigmoid(a_1), with the derivatives d_1 = a_1(1 − a_1) and
d_2 = a_2(1 − a_2) d_1. Written out, every level would be repeated in all levels above it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, count

from ..expressions.derive import Derivation
from ..expressions.functions import CONSTANTS
from ..expressions.nodes import (
    Call,
    Compare,
    Logic,
    Name,
    Neg,
    Node,
    Reduce,
    Value,
    names_in,
    replaced,
    rewriting,
    written_size,
)
from .applied_rules import INNER, Applied, RecordedDerivation

MOST_INNER = 4
"""Nodes that stand inside a function without a name of their own."""
MOST_PART = 10
"""Nodes of any other part without a name."""
MOST_COPIED = 3
"""Nodes of a part's derivative without a name."""
STEMS = "azvqprcmk"
DERIVATIVE_STEMS = "dghDGH"


@dataclass(frozen=True)
class Part:
    """`name` stands for `expression`, which is written in the names of the parts before it; `value` is its derivative.

    `derivative` is the name that stands for `value`, None where that is short enough to be copied.
    """

    name: Name
    expression: Node
    derivative: Name | None
    value: Node


@dataclass(frozen=True)
class Shortened:
    """A derivative, its steps and its parts in the names of the parts; all that has a name stands before its use."""

    parts: tuple[Part, ...]
    value: Node
    steps: tuple[Applied, ...]

    def part(self, expression: Node) -> Part | None:
        """The part that stands for an expression in names."""
        return self._by_expression.get(expression)

    @cached_property
    def _by_expression(self) -> dict[Node, Part]:
        return {part.expression: part for part in self.parts}

    @property
    def definitions(self) -> tuple[tuple[Name, Node], ...]:
        """Each name with what it stands for, in the names before it."""
        found = []
        for part in self.parts:
            found.append((part.name, part.expression))
            if part.derivative is not None:
                found.append((part.derivative, part.value))
        return tuple(found)

    @property
    def written(self) -> int:
        """Nodes of the derivative and its steps, as they are written."""
        steps = sum(written_size(step.expression) + written_size(step.value) for step in self.steps)
        return written_size(self.value) + steps


def shortened(expression: Node, by: str) -> Shortened:
    """Raises UserError where an operation has no rule."""
    naming = _Naming(expression, by)
    whole = naming.in_names(expression)
    if isinstance(whole, Name) and whole.id in naming.derivatives:
        # the last part is the expression: what its derivative is called is of no use any more
        expression, last = naming.parts.popitem()
        naming.parts[expression] = replace(last, derivative=None)
        value = last.value
    else:
        value = naming.derived(whole)
    steps = tuple(replace(step, value=naming.with_names(step.value)) for step in naming.applied.values())
    return Shortened(tuple(naming.parts.values()), value, steps)


class _Naming(RecordedDerivation):
    """The rules in which a named part changes as the letter itself does, and its derivative has a name too."""

    def __init__(self, expression: Node, by: str) -> None:
        super().__init__(by)
        taken = {by, INNER, *names_in(expression), *CONSTANTS}
        self.stem = _free(STEMS, taken)
        self.derivative_stem = _free(DERIVATIVE_STEMS, {*taken, self.stem})
        self.expression = expression
        self.names: dict[Node, Name] = {}
        """By what they stand for."""
        self.parts: dict[Node, Part] = {}
        self.derivatives: dict[str, Node] = {}
        """Of the parts, by their names."""
        changes = Derivation(by).depends
        self.in_names = rewriting(lambda node, below: self._in_names(node, below) if changes(node) else node)
        """An expression in the names of parts, which are made as they are met."""

    def _in_names(self, node: Node, below: Callable[[Node], Node]) -> Node:
        if isinstance(node, Name | Reduce):
            return node
        found = node.map(below)
        if isinstance(found, Call):
            return self.name(found.map(lambda inside: self.name(inside, MOST_INNER)))
        return found if node is self.expression else self.name(found, MOST_PART)

    def name(self, node: Node, most: int = 0) -> Node:
        """The name of a part; one of at most so many nodes, or in which nothing changes, stands for itself."""
        if node in self.names:
            return self.names[node]
        if isinstance(node, Name | Compare | Logic) or written_size(node) <= most or not self.depends(node):
            return node
        number = len(self.names) + 1
        name = self.names[node] = Name(f"{self.stem}_{number}")
        value = self.derived(node)
        letter = Name(f"{self.derivative_stem}_{number}") if written_size(value) > MOST_COPIED else None
        self.derivatives[name.id] = letter or value
        self.parts[node] = Part(name, node, letter, value)
        if node not in self.applied:
            self.applied[node] = Applied("constant factor" if isinstance(node, Neg) else "sum rule", node, value)
        return name

    def derived(self, node: Node) -> Node:
        """The derivative of an expression in names, in names."""
        return self.with_names(self.derive(node))

    def with_names(self, node: Node) -> Node:
        return replaced(node, self.names)

    def depends(self, node: Node) -> bool:
        return (isinstance(node, Name) and node.id in self.derivatives) or super().depends(node)

    def part(self, node: Node) -> Value:
        if isinstance(node, Name) and node.id in self.derivatives:
            return self.derivatives[node.id]
        return super().part(node)


def _free(stems: str, taken: Iterable[str]) -> str:
    """The first stem with which none of the names begins; of several letters where each letter is taken."""
    candidates = chain(stems, (stems[0] * length for length in count(2)))
    return next(stem for stem in candidates if not any(name.startswith(stem) for name in taken))
