"""Evaluation of what is put together from parts: matrices of blocks, and signs of derivatives with their steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import UserError
from . import arrays
from .nodes import Call, Index, Node, Partial, Value, Vector, replaced, to_node, walk

Environment = dict[str, Any]
Compile = Callable[[Node], Callable[[Environment], Value]]

PARTIALS = "∂"
"""An environment holds the values of partial derivatives under this name, a dict of `Partial`; no letter has it."""


def block(node: Call, compile_node: Compile) -> Callable[[Environment], Value]:
    """block([A, B; C, D]) or block((u, v)): written as a matrix or a vector of its parts, of which 0 has any size."""
    (written,) = node.arguments
    if not isinstance(written, Vector):
        raise UserError("block takes its parts in brackets: block([A, B; C, D]) or block((u, v))")
    if all(isinstance(row, Vector) for row in written.items):
        rows = [[compile_node(cell) for cell in row.children()] for row in written.items]
        return lambda env: _joined(arrays.block, [[cell(env) for cell in row] for row in rows])
    parts = [compile_node(part) for part in written.items]
    return lambda env: _joined(arrays.end_to_end, [part(env) for part in parts])


def _joined(join: Callable[[Any], Value], parts: list[Any]) -> Value:
    """The blocks as one; written with their values while a letter stands for one of them, whose size is not known."""
    if any(isinstance(part, Node) for part in _blocks(parts)):
        return Call("block", (to_node(arrays.tuples(parts)),))
    return join(parts)


def _blocks(parts: list[Any]) -> list[Value]:
    """The parts, of a matrix of blocks those of all its rows."""
    return [block for part in parts for block in (part if isinstance(part, list) else [part])]


def partial(node: Partial, compile_node: Compile) -> Callable[[Environment], Value]:
    """∂h_m/∂h_{m−1} has the value that the environment gives it under PARTIALS; without one it stays."""
    top, bottom = _placed(node.top, compile_node), _placed(node.bottom, compile_node)

    def lookup(env: Environment) -> Value:
        place = Partial(top(env), bottom(env), node.direct)
        known = env.get(PARTIALS)
        return place if known is None else known.get(place, place)

    return lookup


def _placed(node: Node, compile_node: Compile) -> Callable[[Environment], Node]:
    """h_{m−1} with the number of its step, and so each of z_m ⊙ h_{m−1}."""
    if not isinstance(node, Index):
        parts = {part: _placed(part, compile_node) for part in walk(node) if isinstance(part, Index)}
        return lambda env: replaced(node, {part: at(env) for part, at in parts.items()}) if parts else node
    base, indices = node.base, [compile_node(index) for index in node.indices]
    return lambda env: Index(base, tuple([to_node(index(env)) for index in indices]))
