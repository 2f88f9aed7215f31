"""What a derivation consists of: equations, each with what kind of thing it says, so that layouts can rewrite it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal as Word
from typing import TypeAlias

from ..expressions import printing
from ..expressions.nodes import Add, Call, Index, Literal, Name, Neg, Node, Reduce, replaced, rewriting
from .model import STEPS

Role: TypeAlias = Word["vector", "gradient", "jacobian", "symbol"]
"""A vector (a column, or a row in row layouts), a gradient in the shape of its weight, a Jacobian (the same in every
layout: row i is the derivative of entry i), or a formula in ∂ alone, which no layout changes."""


@dataclass(frozen=True, slots=True)
class Line:
    """left = right, for the steps that `note` names."""

    left: Node
    right: Node
    role: Role
    note: str = ""
    meaning: str = ""


LOSS = Name("L")


def loss_at(time: Node) -> Index:
    """L_t, the loss of one step."""
    return Index(LOSS, (time,))


def steps_node(steps: int | None) -> Node:
    """T, or its number."""
    return STEPS if steps is None else Literal(steps)


def folded(node: Node) -> Node:
    """A sum of whole numbers as one: 3 + 1 in a bound is 4."""
    return rewriting(_folded)(node)


def _folded(node: Node, below: Callable[[Node], Node]) -> Node:
    changed = node.map(below)
    if isinstance(changed, Add):
        numbers = [_whole(term) for term in changed.terms]
        if None not in numbers:
            value = sum(number for number in numbers if number is not None)
            return Literal(value) if value >= 0 else Neg(Literal(-value))
    return changed


def _whole(node: Node) -> int | None:
    if isinstance(node, Neg):
        inner = _whole(node.operand)
        return None if inner is None else -inner
    return node.value if isinstance(node, Literal) and type(node.value) is int else None


def with_steps(line: Line, steps: int | None) -> Line:
    """The line with the number for T."""
    if steps is None:
        return line
    number: dict[Node, Node] = {STEPS: Literal(steps)}
    return replace(line, left=folded(replaced(line.left, number)), right=folded(replaced(line.right, number)))


def added_up(index: str, low: Node, high: Node, body: Node) -> Node:
    return Reduce("sum", index, low, high, body)


def written_out(node: Node) -> Node:
    """A Σ between whole numbers as its terms, one after another; anything else as it is."""
    if not isinstance(node, Reduce) or node.operator != "sum":
        return node
    low, high = _whole(node.low), _whole(node.high)
    if low is None or high is None:
        return node
    letter = Name(node.index)
    terms = tuple(folded(replaced(node.body, {letter: Literal(value)})) for value in range(low, high + 1))
    return terms[0] if len(terms) == 1 else Add(terms)


def span(first: Node, last: Node) -> str:
    """For which t a line holds, in words of the page: t = T − 1, …, 1."""
    if first == last:
        return f"t = {printing.text(first)}"
    return f"t = {printing.text(first)}, …, {printing.text(last)}"


def at_least_one(time: Node) -> Call:
    return Call("max", (Literal(1), time))
