"""Operations on nested tuples: vectors, matrices, maps, of numbers or of expressions.

A vector is a column; its transpose is a matrix of one row. A scalar is broadcast over anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

from ..errors import UserError
from .nodes import Value


def shape_of(value: Value) -> tuple[int, ...]:
    """The sizes from the outside in; () for a scalar."""
    sizes: list[int] = []
    while isinstance(value, tuple):
        sizes.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(sizes)


def shown(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a single number"


def each(function: Callable[[Any], Value], value: Value) -> Value:
    """`function` applied to every number of an array."""
    if isinstance(value, tuple):
        return tuple(each(function, item) for item in value)
    return function(value)


def pairwise(function: Callable[[Any, Any], Value], a: Value, b: Value, what: str) -> Value:
    """Element by element, a scalar broadcast. Raises UserError when the shapes differ."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        if len(a) != len(b):
            raise UserError(f"{what} needs equal shapes, not {shown(shape_of(a))} and {shown(shape_of(b))}")
        return tuple(pairwise(function, x, y, what) for x, y in zip(a, b, strict=True))
    if isinstance(a, tuple):
        return tuple(pairwise(function, x, b, what) for x in a)
    if isinstance(b, tuple):
        return tuple(pairwise(function, a, y, what) for y in b)
    return function(a, b)


def add(a: Value, b: Value) -> Value:
    return pairwise(lambda x, y: x + y, a, b, "a sum")


def hadamard(a: Value, b: Value) -> Value:
    return pairwise(lambda x, y: x * y, a, b, "⊙")


def dot(a: Iterable[Value], b: Iterable[Value]) -> Value:
    total: Value = 0
    for x, y in zip(a, b, strict=True):
        total = total + x * y
    return total


def product(a: Value, b: Value) -> Value:
    """The matrix product; a scalar factor scales; column times row is the outer product."""
    left, right = shape_of(a), shape_of(b)
    if not left or not right:
        return hadamard(a, b)
    if len(left) > 2 or len(right) > 2:
        raise UserError(f"a matrix product takes vectors and matrices, not {shown(left)} and {shown(right)}")
    rows = a if len(left) == 2 else tuple((x,) for x in a)
    columns = tuple(zip(*b, strict=True)) if len(right) == 2 else (b,)
    if len(rows[0]) != len(columns[0]):
        hint = "; write ⊙ for element by element" if left == right and len(left) == 1 else ""
        raise UserError(f"a matrix product needs matching sizes, not {shown(left)} times {shown(right)}{hint}")
    result = tuple(tuple(dot(row, column) for column in columns) for row in rows)
    if len(right) == 1:
        return result[0][0] if len(left) == 2 and len(rows) == 1 else tuple(row[0] for row in result)
    return result


def transpose(a: Value) -> Value:
    rank = len(shape_of(a))
    if rank == 0:
        return a
    if rank == 1:
        return (a,)
    if rank > 2:
        raise UserError(f"a transpose takes a vector or a matrix, not {shown(shape_of(a))}")
    return tuple(zip(*a, strict=True))


def outer(a: Value, b: Value) -> Value:
    """a bᵀ for two vectors; plain product where either is a number."""
    if not isinstance(a, tuple) or not isinstance(b, tuple):
        return hadamard(a, b)
    if len(shape_of(a)) != 1 or len(shape_of(b)) != 1:
        raise UserError(f"⊗ takes two vectors, not {shown(shape_of(a))} and {shown(shape_of(b))}")
    return tuple(tuple(x * y for y in b) for x in a)


def diag(a: Value) -> Value:
    """The square matrix with `a` on its diagonal; a number stays itself."""
    if not isinstance(a, tuple):
        return a
    if len(shape_of(a)) != 1:
        raise UserError(f"diag takes a vector, not {shown(shape_of(a))}")
    return tuple(tuple(x if i == j else 0 for j in range(len(a))) for i, x in enumerate(a))


def flat(values: Iterable[Value]) -> tuple[Value, ...]:
    """All numbers, nesting undone."""
    result: list[Value] = []
    for value in values:
        if isinstance(value, tuple):
            result.extend(flat(value))
        else:
            result.append(value)
    return tuple(result)


def total(a: Value) -> Value:
    return reduce(lambda x, y: x + y, flat((a,)), 0)


def whole_product(a: Value) -> Value:
    return reduce(lambda x, y: x * y, flat((a,)), 1)


def reverse(a: Value) -> Value:
    return a[::-1] if isinstance(a, tuple) else a


def length(a: Value) -> int:
    if not isinstance(a, tuple):
        raise UserError("len takes a vector or a matrix, not a single number")
    return len(a)
