"""Steps of a sequence as expressions: t, t − 1, T."""

from __future__ import annotations

from collections.abc import Callable

from ..expressions.nodes import Add, Literal, Name, Neg, Node, rewriting
from ..gradients.model import shifted


def simplified(node: Node) -> Node:
    """(t + 1) − 1 as t, T − 1 + 1 as T: a step with one number added."""
    if not isinstance(node, Add):
        return node
    letters: list[Name] = []
    number = 0
    for term in node.terms:
        for part in term.terms if isinstance(term, Add) else (term,):
            match part:
                case Literal(int() as value):
                    number += value
                case Neg(Literal(int() as value)):
                    number -= value
                case Name():
                    letters.append(part)
                case _:
                    return node
    if not letters:
        return Literal(number) if number >= 0 else Neg(Literal(-number))
    return shifted(letters[0], number) if len(letters) == 1 else node


def moved(body: Node, letter: Name, by: int) -> Node:
    """The expression with letter + by for a letter."""

    def move(part: Node, below: Callable[[Node], Node]) -> Node:
        if part == letter:
            return shifted(letter, by)
        changed = part.map(below)
        return simplified(changed) if isinstance(changed, Add) and changed is not part else changed

    return rewriting(move)(body)
