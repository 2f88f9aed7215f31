"""The letters of expressions, and what other programs are told of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..expressions.nodes import Kind, Name, Node, Reduce, walk

Facts = Mapping[str, Mapping[str, bool]]
"""Letter → what is known of it, in sympy's words: integer, positive, nonnegative, real."""


def letters_of(nodes: Iterable[Node]) -> dict[str, Kind]:
    """The letters of expressions, and what each stands for; the index of a Σ is one too."""
    found: dict[str, Kind] = {}
    for node in nodes:
        for part in walk(node):
            if isinstance(part, Name):
                found.setdefault(part.id, part.kind)
            elif isinstance(part, Reduce):
                found.setdefault(part.index, Kind.SCALAR)
    return found


def assumed(name: str, facts: Facts, nodes: Iterable[Node]) -> Mapping[str, bool]:
    """What is known of a letter: what was said of it, else what its nodes say."""
    if name in facts:
        return facts[name]
    if name.startswith("len("):
        return {"integer": True, "positive": True}
    parts = [part for node in nodes for part in walk(node)]
    if any(isinstance(part, Reduce) and part.index == name for part in parts):
        return {"integer": True}
    whole = any(isinstance(part, Name) and part.id == name and part.integer for part in parts)
    return {"integer": True} if whole else {"real": True}


class NoCounterpart(ValueError):
    """A part that has no counterpart on the other side."""
