"""Products of float32 by register tiles whose rows lie where a table says: images, moved by the taps of a filter."""

from __future__ import annotations

from ...compile import Array, kernel
from ..blocks import DEEP, below
from ..machine import LANES

if LANES:
    image_four, image_two, image_one = below(4, False, "b"), below(2, True, "b"), below(1, True, "b")
    taps_two, taps_one = below(2, True, "a"), below(1, True, "a")

    @kernel("int64", "int64", "int64", "float32[::1]", "int64", "int64", "int64", "float32[::1]", "int64",
            "int64[::1]", "int64", "float32[::1]", "int64", "int64", "boolean", inner=True)  # fmt: skip
    def image_product(
        rows: int, columns: int, depth: int, a: Array, a_at: int, a_row: int, a_step: int, b: Array, b_at: int,
        t: Array, table: int, c: Array, c_at: int, c_row: int, add: bool,
    ) -> None:  # fmt: skip
        """As `products.looped_product`; row k of B begins t[table + k] numbers behind its first: an image moved."""
        a0, b0, c0 = a.ctypes.data + a_at * 4, b.ctypes.data + b_at * 4, c.ctypes.data + c_at * 4
        for first in range(0, max(1, depth), DEEP):
            k, more = min(DEEP, depth - first), 1 if add or first else 0
            start, places, column = a0 + first * a_step * 4, t.ctypes.data + (table + first) * 8, 0
            while column + 4 * LANES <= columns:
                image_four(rows, start, a_row, a_step, b0 + column * 4, places, k, c0 + column * 4, c_row, more, LANES)
                column += 4 * LANES
            while columns - column > LANES:
                lanes = min(LANES, columns - column - LANES)
                image_two(rows, start, a_row, a_step, b0 + column * 4, places, k, c0 + column * 4, c_row, more, lanes)
                column += 2 * LANES
            if column < columns:
                image_one(rows, start, a_row, a_step, b0 + column * 4, places, k, c0 + column * 4, c_row, more,
                          columns - column)  # fmt: skip

    @kernel("int64", "int64", "int64", "float32[::1]", "int64", "int64[::1]", "int64", "float32[::1]", "int64", "int64",
            "float32[::1]", "int64", "int64", inner=True)  # fmt: skip
    def taps_product(
        rows: int, columns: int, depth: int, a: Array, a_at: int, t: Array, table: int, b: Array, b_at: int, b_row: int,
        c: Array, c_at: int, c_row: int,
    ) -> None:  # fmt: skip
        """Adds to C; row m of A begins t[table + m] numbers behind its first, and its numbers lie side by side."""
        a0, b0, c0 = a.ctypes.data + a_at * 4, b.ctypes.data + b_at * 4, c.ctypes.data + c_at * 4
        places = t.ctypes.data + table * 8
        for column in range(0, columns, 2 * LANES):
            rest = columns - column
            if rest > LANES:
                taps_two(rows, a0, places, 1, b0 + column * 4, b_row, depth, c0 + column * 4, c_row, 1,
                         min(LANES, rest - LANES))  # fmt: skip
            else:
                taps_one(rows, a0, places, 1, b0 + column * 4, b_row, depth, c0 + column * 4, c_row, 1, rest)
