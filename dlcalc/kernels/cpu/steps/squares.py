"""The sum of the squares of some numbers: of a gradient's blocks, for its length."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ... import cache
from ...compile import Array, kernel
from ..calls import generate, plainly
from ..emit import I32, I64, Emit, Value, outlined
from ..machine import LANES

_DOUBLE = ir.DoubleType()
_WIDE = 4
"""Vectors of sums: each addition waits for the one before it in its own."""


def _body(e: Emit, x: Value, count: Value, out: Value) -> None:
    """Of `count` times so many vectors; their lanes are added in float64."""

    def step(k: Value, sums: list[Value]) -> list[Value]:
        start = e.at(e.pointer(x), e.times(k, _WIDE * LANES))
        read = [e.load(e.at(start, j * LANES)) for j in range(_WIDE)]
        return [e.fma(value, value, old) for value, old in zip(read, sums, strict=True)]

    one, two, three, four = e.repeat(count, [e.constant(0)] * _WIDE, step)
    builder = e.builder
    lanes = builder.fpext(e.add(e.add(one, two), e.add(three, four)), ir.VectorType(_DOUBLE, LANES))
    total = builder.extract_element(lanes, ir.Constant(I32, 0))
    for lane in range(1, LANES):
        total = builder.fadd(total, builder.extract_element(lanes, ir.Constant(I32, lane)))
    builder.store(total, e.pointer(out, _DOUBLE))


@kernel("T[::1]", "int64", "int64", "float64[::1]", "int64", inner=True)
def looped_squares(g: Array, begin: int, end: int, squares: Array, block: int) -> None:
    """Of the numbers from `begin` to `end`, into `squares[block]`."""
    total = np.float64(0)
    for at in range(begin, end):
        total += np.float64(g[at]) * np.float64(g[at])
    squares[block] = total


if LANES:

    @intrinsic
    def _squares_of(context: Any, x: Any, count: Any, out: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return outlined(context, builder, f"squares_{LANES}", [I64] * 3, arguments, _body)

        return types.void(*[types.intp] * 3), generate

    _squares: Any = _squares_of

    @kernel("float32[::1]", "int64", "int64", "float64[::1]", "int64", inner=True)
    def tiled_squares(g: Array, begin: int, end: int, squares: Array, block: int) -> None:
        """As `looped_squares`, in float32 but for the last additions."""
        count = (end - begin) // (_WIDE * LANES)
        _squares(g.ctypes.data + begin * 4, count, squares.ctypes.data + block * 8)
        for at in range(begin + count * _WIDE * LANES, end):
            squares[block] += np.float64(g[at]) * np.float64(g[at])


@intrinsic
def _called(context: Any, at: Any, g: Any, begin: Any, end: Any, squares: Any, block: Any) -> Any:
    whole = types.int64
    return types.void(whole, g, whole, whole, squares, whole), generate


add_squares: Any = plainly if cache.plain() else _called
"""add_squares(address, …): as `looped_squares`."""
