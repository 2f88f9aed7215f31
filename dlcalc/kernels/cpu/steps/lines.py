"""A matrix times a vector, in float32: each number is the sum over a line, whose numbers lie side by side; and a matrix
whose lines become columns."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from ...compile import Array, kernel
from ..dot import totals
from ..emit import I64, Emit, Value, outlined
from ..machine import LANES
from ..turn import turn_lines


def _body(e: Emit, a: Value, a_row: Value, b: Value, count: Value, last: Value, out: Value, add: Value) -> None:
    """LANES lines of A at once: each has a vector of sums, whose lanes are added in the end."""
    lines = [e.at(e.pointer(a), e.times(a_row, m)) for m in range(LANES)]
    whole = e.builder.sub(count, e.whole(1))

    def moved(sums: list[Value], k: Value, load: Any) -> list[Value]:
        further = e.times(k, LANES)
        factor = load(e.at(e.pointer(b), further))
        return [e.fma(load(e.at(line, further)), factor, old) for line, old in zip(lines, sums, strict=True)]

    sums = e.repeat(whole, [e.constant(0)] * LANES, lambda k, sums: moved(sums, k, e.load))
    mask = e.mask(last)
    total = totals(e, moved(sums, whole, lambda place: e.load_masked(place, mask)))
    target = e.pointer(out)
    before = e.builder.select(e.builder.icmp_signed("!=", add, e.whole(0)), e.load(target), e.constant(0))
    e.store(e.add(total, before), target)


if LANES:

    @intrinsic
    def _lines_of(context: Any, a: Any, a_row: Any, b: Any, count: Any, last: Any, out: Any, add: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return outlined(context, builder, f"lines_{LANES}", [I64] * 7, arguments, _body)

        return types.void(*[types.intp] * 7), generate

    _lines: Any = _lines_of

    @kernel("int64", "int64", "float32[::1]", "int64", "float32[::1]", "int64", "int64", "boolean", inner=True)
    def tiled_lines(rows: int, depth: int, w: Array, w_at: int, a: Array, d: int, out: int, add: bool) -> None:
        """As `products.looped_lines`."""
        count = (depth + LANES - 1) // LANES
        last = depth - (count - 1) * LANES
        whole = rows - rows % LANES
        for row in range(0, whole, LANES):
            _lines(w.ctypes.data + (w_at + row * depth) * 4, depth, a.ctypes.data + d * 4, count, last,
                   a.ctypes.data + (out + row) * 4, 1 if add else 0)  # fmt: skip
        for row in range(whole, rows):
            line, total = w_at + row * depth, w.dtype.type(0)
            for at in range(depth):
                total += w[line + at] * a[d + at]
            a[out + row] = a[out + row] + total if add else total

    @kernel("float32[::1]", "int64", "int64", "int64", "float32[::1]", "int64", inner=True)
    def transpose(x: Array, at: int, rows: int, columns: int, out: Array, out_at: int) -> None:
        """As `products.transpose`."""
        whole = rows - rows % LANES
        for row in range(0, whole, LANES):
            turn_lines(out.ctypes.data + (out_at + row) * 4, rows, x.ctypes.data + (at + row * columns) * 4, columns,
                       LANES, columns)  # fmt: skip
        for row in range(whole, rows):
            for column in range(columns):
                out[out_at + column * rows + row] = x[at + row * columns + column]
