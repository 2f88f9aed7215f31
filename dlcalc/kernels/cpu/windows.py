"""The largest numbers of the windows of one line, and their places: a vector of windows, tap after tap, in registers.

    for o in range(count):
        for i in range(rows):                      # lines of the plane that lie `down` numbers apart, from `first` on
            for a in range(taps):
                column = o·step + left + a·across
                if 0 ≤ column < width: out[o], place[o] = the better of it and x[first + i·down + column]

The first of equals wins, NaN wins over all, and a window without numbers has −∞ at place −1. With the sign −1 it is the
smallest.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .emit import F32, I32, I64, Emit, Value, outlined
from .machine import LANES

_INTEGERS = 12
_WHOLE, _LONG = ir.VectorType(I32, max(1, LANES)), ir.VectorType(I64, max(1, LANES))


def _body(
    e: Emit, x: Value, first: Value, rows: Value, down: Value, taps: Value, across: Value, step: Value, left: Value,
    width: Value, count: Value, out: Value, place: Value, sign: Value,
) -> None:  # fmt: skip
    builder = e.builder
    small = [builder.trunc(value, I32) for value in (first, down, across, step, left, width)]
    begin, further, apart, every, before, end = small
    signs, counted = e.splat(sign), ir.Constant(_WHOLE, list(range(LANES)))
    nowhere, zero = ir.Constant(_WHOLE, [-1] * LANES), ir.Constant(_WHOLE, [0] * LANES)
    edge = e.splat_whole(end)

    def windows(v: Value, nothing: list[Value]) -> list[Value]:
        done = e.times(v, LANES)
        here = builder.add(counted, e.splat_whole(builder.trunc(done, I32)))
        columns = builder.add(builder.mul(here, e.splat_whole(every)), e.splat_whole(before))

        def line(i: Value, kept: list[Value]) -> list[Value]:
            start = builder.add(begin, builder.mul(builder.trunc(i, I32), further))

            def tap(a: Value, kept: list[Value]) -> list[Value]:
                best, where = kept
                column = builder.add(columns, e.splat_whole(builder.mul(builder.trunc(a, I32), apart)))
                inside = builder.icmp_unsigned("<", column, edge)
                there = builder.add(column, e.splat_whole(start))
                value = e.multiply(e.gather(e.pointer(x), there, inside), signs)
                more = builder.or_(builder.fcmp_ordered(">", value, best), builder.icmp_signed("<", where, zero))
                better = builder.and_(inside, builder.or_(more, builder.fcmp_unordered("uno", value, value)))
                return [builder.select(better, value, best), builder.select(better, there, where)]

            return e.repeat(taps, kept, tap)

        best, where = e.repeat(rows, [e.constant(float("-inf")), nowhere], line)
        mask = e.mask(builder.sub(count, done))
        e.store_masked(e.multiply(best, signs), e.at(e.pointer(out), done), mask)
        e.store_masked(builder.sext(where, _LONG), e.at(e.pointer(place, I64), done), mask)
        return nothing

    e.repeat(builder.sdiv(builder.add(count, e.whole(LANES - 1)), e.whole(LANES)), [], windows)


@intrinsic
def _won(
    context: Any, x: Any, first: Any, rows: Any, down: Any, taps: Any, across: Any, step: Any, left: Any, width: Any,
    count: Any, out: Any, place: Any, sign: Any,
) -> Any:  # fmt: skip
    """For kernels: win_windows(x, first, rows, down, taps, across, step, left, width, count, out, place, sign)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return outlined(context, builder, f"windows_{LANES}", [I64] * _INTEGERS + [F32], arguments, _body)

    return types.void(*[types.intp] * _INTEGERS, types.float32), generate


win_windows: Any = _won
