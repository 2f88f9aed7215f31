"""Copies lines of numbers between places where lines lie at different distances.

    for r in range(count):
        target[r·t_row :][:length] = source[r·s_row :][:length] + plus
    total[:LANES] += Σ over the lines of their numbers, each LANES-th together

Loops of numba's over short lines check at each line whether the two overlap: they cost as much as the convolution.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from .emit import F32, I64, Emit, Value, outlined
from .machine import LANES

_INTEGERS = 7


def _body(
    e: Emit, target: Value, t_row: Value, source: Value, s_row: Value, count: Value, length: Value, total: Value,
    plus: Value,
) -> None:  # fmt: skip
    builder = e.builder
    # the last vector of a line has 1 to LANES numbers
    whole = builder.sdiv(builder.sub(length, e.whole(1)), e.whole(LANES))
    last = e.times(whole, LANES)
    mask, added = e.mask(builder.sub(length, last)), e.splat(plus)

    def line(r: Value, sums: list[Value]) -> list[Value]:
        to, start = e.at(e.pointer(target), e.times(r, t_row)), e.at(e.pointer(source), e.times(r, s_row))

        def vector(i: Value, sums: list[Value]) -> list[Value]:
            value = e.load(e.at(start, e.times(i, LANES)))
            e.store(e.add(value, added), e.at(to, e.times(i, LANES)))
            return [e.add(sums[0], value)]

        (sums_so_far,) = e.repeat(whole, sums, vector)
        value = e.load_masked(e.at(start, last), mask)
        e.store_masked(e.add(value, added), e.at(to, last), mask)
        return [e.add(sums_so_far, value)]

    (sums,) = e.repeat(count, [e.constant(0)], line)
    place = e.pointer(total)
    e.store(e.add(e.load(place), sums), place)


@intrinsic
def _copied(
    context: Any, target: Any, t_row: Any, source: Any, s_row: Any, count: Any, length: Any, total: Any, plus: Any
) -> Any:
    """For kernels: copy_rows(target, t_row, source, s_row, count, length, total, plus), the addresses in bytes.

    length ≥ 1. Nothing beside the lines is touched. total: a vector's room, of its own.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return outlined(context, builder, f"rows_{LANES}", [I64] * _INTEGERS + [F32], arguments, _body)

    return types.void(*[types.intp] * _INTEGERS, types.float32), generate


copy_rows: Any = _copied
