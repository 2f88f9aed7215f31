"""What is written for one entry of an array, put together to the whole array."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..errors import UserError
from ..expressions.arrays import flat, shape_of
from ..expressions.nodes import Index, Literal, Name, Node, Reduce, Vector, replaced, rewriting, walk
from .answer import Answer, Statement


def assembled(answer: Answer, env: Mapping[str, Any], shape: tuple[int, ...], is_in_rows: bool) -> Answer:
    """The answer as an expression of arrays, each with an item for each value of its letters.

    `shape`: that of the gradient. `is_in_rows`: whether the value of a step is a row. Raises UserError for a letter
    that stands beside no array whose size is known.
    """
    if not answer.entries:
        return answer
    own = dict(zip(answer.entries, shape, strict=True)) if len(shape) == len(answer.entries) else {}

    def size(letter: str, *nodes: Node) -> int:
        found = next((size for node in nodes if (size := _size(letter, node, env))), own.get(letter))
        if found is None:
            raise UserError(f"{letter} is an entry of no array of this network")
        return found

    def whole(part: Node, below: Callable[[Node], Node]) -> Node:
        if isinstance(part, Reduce) and part.index in answer.letters:
            return replace(part, low=Literal(1), high=Literal(size(part.index, part.body)), body=below(part.body))
        if isinstance(part, Index) and isinstance(part.base, Index) and is_in_rows:
            return Index(part.base, (Literal(1), *part.indices))
        return part.map(below)

    change = rewriting(whole)

    def stated(statement: Statement) -> Statement:
        right = change(statement.right)
        if not statement.entry:
            return replace(statement, right=right)
        many = _length(env.get(statement.name)) or size(statement.entry, statement.right)
        vector = _vector(right, ((statement.entry, many),))
        return replace(statement, right=Vector((vector,)) if is_in_rows else vector, entry="")

    entries = tuple((letter, size(letter, answer.node)) for letter in answer.entries)
    return Answer(answer.text, _vector(change(answer.node), entries), tuple(map(stated, answer.statements)))


def _vector(node: Node, letters: tuple[tuple[str, int], ...]) -> Node:
    if not letters:
        return node
    (letter, size), *rest = letters
    name, places = Name(letter, integer=True), map(Literal, range(1, size + 1))
    return Vector(tuple(_vector(replaced(node, {name: place}), tuple(rest)) for place in places))


def _size(letter: str, node: Node, env: Mapping[str, Any]) -> int | None:
    """How many entries there are where a letter stands."""
    for part in walk(node):
        if not isinstance(part, Index) or Name(letter, integer=True) not in part.indices:
            continue
        base = part.base.base if isinstance(part.base, Index) else part.base
        value = env.get(base.id) if isinstance(base, Name) else None
        lengths: tuple[int, ...] = shape_of(value) if isinstance(value, tuple) else ()
        if isinstance(part.base, Index):
            lengths = (_length(value),)
        if len(lengths) == len(part.indices):
            return lengths[part.indices.index(Name(letter, integer=True))] or None
    return None


def _length(value: Any) -> int:
    """How many entries the value of a step has; 0 for what has no steps."""
    return len(flat((value[1],))) if isinstance(value, dict) and 1 in value else 0
