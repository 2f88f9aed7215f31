"""Arrays as problems and students write them, brought to what a formula reads, and back.

A problem draws a matrix, and the formula reads a map of channels or a bank of filters: a matrix is a map of one channel
and one filter. What comes out is asked as a matrix or a vector, without the indices that run over one thing only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from ..errors import UserError
from ..expressions.nodes import Node, Value
from .hand_operations import OPERATIONS, Operation
from .model import Formula

_RANKS = ("one number", "a vector", "a matrix", "a map of channels", "a bank of filters")


def sizes(array: Value) -> tuple[int, ...]:
    """The sizes from the outside in, () of one number. Raises UserError for rows of different lengths."""
    if not isinstance(array, tuple):
        return ()
    if not array:
        return (0,)
    inner = {sizes(item) for item in array}
    if len(inner) != 1:
        raise UserError("the rows of an array are equally long")
    return (len(array), *inner.pop())


def lifted(array: Value, rank: int) -> Value:
    """The array with at least `rank` indices: a matrix as a map of one channel, one number as a vector of one."""
    for _ in range(rank - len(sizes(array))):
        array = (array,)
    return array


def lowered(array: Value, rank: int) -> Value:
    """The array with at most `rank` indices, as far as the outer ones, or the inner ones, run over one thing only."""
    shape = sizes(array)
    while len(shape) > rank and shape[0] == 1:
        array, shape = array[0], shape[1:]
    while len(shape) > rank and shape[-1] == 1:
        array, shape = _without_last(array), shape[:-1]
    return array


def flattened(array: Value, rank: int) -> Value:
    """The array with at most `rank` indices: of several channels the rows of one below those of another."""
    while len(sizes(array)) > rank:
        array = tuple(inner for outer in array for inner in outer)
    return array


def _without_last(array: Value) -> Value:
    return tuple(map(_without_last, array)) if isinstance(array[0], tuple) else array[0]


def mapped(change: Callable[..., Any], first: Value, *others: Value) -> Any:
    """`change` of every number, or of the numbers at one place of several arrays of one shape, as an array."""
    if isinstance(first, tuple):
        return tuple(mapped(change, *items) for items in zip(first, *others, strict=True))
    return change(first, *others)


def numbers(array: Value) -> tuple[Value, ...]:
    """All numbers of an array, row by row."""
    return tuple(each for item in array for each in numbers(item)) if isinstance(array, tuple) else (array,)


def fitted(formula: Formula, given: Mapping[str, Value]) -> dict[str, Value]:
    """What a formula by hand is given, each array with the indices that it reads; biases that are not given are 0.

    Raises UserError for an array of too many indices.
    """
    found = dict(given)
    for name, value in given.items():
        variable = formula.variable(name)
        if variable is None or variable.per_axis or isinstance(value, Node) or not variable.kind.rank:
            continue
        found[name] = lifted(value, variable.kind.rank)
        if len(sizes(found[name])) > variable.kind.rank:
            rank = variable.kind.rank
            have = len(sizes(value))
            raise UserError(f"{name} of {formula.id} has {have} indices, and {_RANKS[rank]} has {rank}")
    for name, like in _zeros(formula.id).items():
        if formula.variable(name) is not None and name not in found and isinstance(found.get(like), tuple):
            found[name] = (0,) * len(found[like])
    return found


def _zeros(id: str) -> Mapping[str, str]:
    """Biases → the array that has as many entries, of a formula that works an operation out by hand."""
    operation = operation_of(id)
    return operation.zeros if operation else {}


@cache
def operation_of(id: str) -> Operation | None:
    """The operation that a formula works out by hand, None for a formula that counts."""
    return next((each for each in OPERATIONS.values() if id in each.formula_ids()), None)
