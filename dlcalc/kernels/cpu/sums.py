"""What is summed over the steps of a recurrent layer, in float32: the gradients of its inputs, weights and biases.

The gradients of the sums of some steps, `d_sums`, lie in rows of blocks, as `sequences` has them. They are multiplied
while they are in a near cache: a *chunk* is as many whole steps as have some SUMMED rows. The order of all additions
is that of the chunks, whoever does the work.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba.extending import register_jitable

from ..compile import Array, kernel
from .calls import address, caller
from .columns import tiles
from .gates import add_four, add_one
from .machine import LANES
from .rows import copy_rows

DEEP = 512
"""Most products of a sum at a time: that part of a panel stays in a near cache while all rows are at it.

A quarter of it, which would stay in the nearest one, has a tile begin and end four times as often: 8 % slower.
"""
SUMMED = 128
"""Rows whose outer products are added while they are in a near cache."""
TOGETHER = 3
"""Blocks whose outer products are one product: three times any number of vectors are whole tiles, two vectors wide."""

CODES = 14
"""Where in the sizes of a pass the addresses of columns begin; behind them are those of the parts of a frame."""
PACKING, SUMMING, ENDING = 19, 20, 21
"""Those parts, compiled once for all passes backwards: `pack_panels`, `sum_chunk` and `write_totals`."""
PACK, STEPS, SUMS = 1, 2, 4
"""Parts of a backward pass; a pass on one thread does all of them in one call."""


@register_jitable
def begins(array: Array) -> int:
    """The address of an array, signed like all that is computed from it.

    `ctypes.data` is unsigned for numba: of one of the two, or the other, it makes a float64, and it compiles what takes
    an address once for each type.
    """
    return int(np.int64(array.ctypes.data))


@register_jitable
def apart(blocks: int, slots: int) -> int:
    """From one row of sums to the next: rows a multiple of 4096 bytes apart would push each other out of the cache."""
    width = blocks * slots * LANES
    return width + LANES if slots > 1 and width % 1024 == 0 else width


@register_jitable
def chunk(steps: int, samples: int, reverse: int, number: int) -> Any:
    """The first step of a chunk in time, and how many there are; the chunks are counted as the pass backwards goes."""
    together = max(1, SUMMED // max(1, samples))
    count = min(together, steps - number * together)
    return number * together if reverse else steps - number * together - count, count


@register_jitable
def chunks(steps: int, samples: int) -> int:
    together = max(1, SUMMED // max(1, samples))
    return (steps + together - 1) // together


@register_jitable
def wide(
    codes: Array, a: int, a_row: int, rows: int, k: int, panels: int, twos: Array, ones: Array, places: Array, vectors:
    int, c: int, c_row: int, add: int,
) -> None:  # fmt: skip
    """A product with as many columns as there are vectors: panels of two vectors, then of one, K rows each.

    Two vectors and twelve rows, rather than four and six: half as much of the panels is read, which come from afar.
    """
    for p in range(0, vectors, 2):
        panel, there = panels + p * k * 4 * LANES, c + p * 4 * LANES
        for first in range(0, k, DEEP):
            depth, more = min(DEEP, k - first), min(add + first, 1)
            if p + 1 < vectors:
                tiles(
                    codes, 2, a + first * 4, a_row, 1, panel + first * 8 * LANES, twos, rows, depth, there, c_row,
                    places, more,
                )  # fmt: skip
            else:
                tiles(
                    codes, 1, a + first * 4, a_row, 1, panel + first * 4 * LANES, ones, rows, depth, there, c_row,
                    places, more,
                )  # fmt: skip


@register_jitable
def blockwise(
    codes: Array, a: int, a_row: int, rows: int, first: int, many: int, slots: int, blocks: int, panels: int, twos:
    Array, ones: Array, places: Array, vectors: int, c: int, c_row: int, add: int,
) -> None:  # fmt: skip
    """`wide` from `many` slots of each block on: those of all blocks at once, where they stand side by side."""
    if many == slots:
        wide(codes, a, a_row, rows, blocks * slots * LANES, panels, twos, ones, places, vectors, c, c_row, add)
    else:
        for b in range(blocks):
            wide(
                codes, a + (b * slots + first) * LANES * 4, a_row, rows, many * LANES,
                panels + b * many * LANES * vectors * LANES * 4, twos, ones, places, vectors, c, c_row,
                min(add + b, 1),
            )  # fmt: skip


@register_jitable
def clear_padding(d_sums: int, width: int, rows: int, slots: int, blocks: int, m: int, zeros: Array) -> None:
    """Units that only fill up the last block have no gradient: 0 · ∞ would make it NaN."""
    if m % LANES:
        for slot in range(slots):
            at = ((blocks - 1) * slots + slot) * LANES + m % LANES
            copy_rows(
                d_sums + at * 4, width, zeros.ctypes.data, 0, rows, LANES - m % LANES, zeros[LANES:].ctypes.data,
                np.float32(0),
            )  # fmt: skip


TO_PACK = "float32[:, ::1]", "int64", "int64", "int64[::1]", "boolean", "float32[::1]", "int64"
_pack = caller(*TO_PACK)


@register_jitable
def pack_back(
    sizes: Array, weight: Array, first: int, m: int, slots: Array, together: bool, panels: Array, at: int
) -> None:  # fmt: skip
    """As `pack_panels`."""
    _pack(sizes[PACKING], (weight, first, m, slots, together, panels, at))


@register_jitable
def least(slots: Array) -> Any:
    found = slots[0]
    for slot in slots:
        found = min(found, slot)
    return found


@kernel(*TO_PACK, inner=True)
def pack_panels(weight: Array, first: int, m: int, slots: Array, together: bool, panels: Array, at: int) -> None:
    """Rows of a weight (…, k) from `first` on, m for each of these slots, to panels for products with the sums.

    Panels of two vectors, then of one: of all blocks together, one below the other, or of each block by itself.
    """
    many, columns, lowest = slots.size, weight.shape[1], least(slots)
    blocks, vectors = (m + LANES - 1) // LANES, (columns + LANES - 1) // LANES
    deep = (blocks if together else 1) * many * LANES
    wide_part = vectors // 2 * 2 * LANES
    panels[at : at + blocks * many * LANES * vectors * LANES] = 0
    for gate in range(many):
        for unit in range(m):
            b, line, start = unit // LANES, (slots[gate] - lowest) * LANES + unit % LANES, at
            if together:
                line += b * many * LANES
            else:
                start += b * deep * vectors * LANES
            for k in range(columns):
                if k < wide_part:
                    to = k // (2 * LANES) * deep * 2 * LANES + line * 2 * LANES + k % (2 * LANES)
                else:
                    to = wide_part * deep + line * LANES + k - wide_part
                panels[start + to] = weight[first + gate * m + unit, k]


@register_jitable
def to_inputs(
    codes: Array, d_sums: int, rows: int, first: int, many: int, slots: int, blocks: int, panels: int, twos: Array,
    ones: Array, places: Array, d_x: int, n: int, near: Array,
) -> None:  # fmt: skip
    """d_x = d_sums W for some rows. near: room for SUMMED rows of whole vectors."""
    width, vectors = apart(blocks, slots), (n + LANES - 1) // LANES
    row, unread = vectors * LANES, near[SUMMED * vectors * LANES :]
    for begin in range(0, rows, SUMMED):
        length = min(SUMMED, rows - begin)
        to = d_x + begin * n * 4
        whole = n == row
        blockwise(
            codes, d_sums + begin * width * 4, width, length, first, many, slots, blocks, panels, twos, ones, places,
            vectors, to if whole else begins(near), row, 0,
        )  # fmt: skip
        if not whole:
            copy_rows(to, n, near.ctypes.data, row, length, n, unread.ctypes.data, np.float32(0))


@register_jitable
def chunk_to_inputs(
    d_sums: int, first: int, rows: int, slots: int, gates: int, blocks: int, room: Array, m: int, twos: Array,
    ones: Array, places: Array, d_x: Array, near: Array, sizes: Array,
) -> None:  # fmt: skip
    """The inputs' gradients of a chunk's rows, as far as they are in the share; `first`: the chunk's first row."""
    n, low, high = sizes[2], max(first, sizes[11]), min(first + rows, sizes[12])
    panels = layout(n, m, blocks, slots, gates)[0]
    if low < high:
        to_inputs(
            sizes[CODES:], d_sums + (low - first) * apart(blocks, slots) * 4, high - low, 0, gates, slots, blocks,
            begins(room) + panels * 4, twos, ones, places, begins(d_x) + low * n * 4, n, near,
        )  # fmt: skip


@register_jitable
def outer_products(
    codes: Array, near: int, tall: int, first: int, many: int, length: int, source: int, row: int, table: Array, places:
    Array, d_weight: int, add: int,
) -> None:  # fmt: skip
    """Σ over rows of `many` slots ⊗ what stands at `source`, whose rows are whole vectors."""
    vectors = row // LANES
    a = near + first * LANES * 4
    for p in range(0, vectors - 1, 2):
        at = p * 4 * LANES
        tiles(
            codes, 2, a, 1, tall, source + at, table, many * LANES, length, d_weight + at, row, places, add,
        )  # fmt: skip
    if vectors % 2:
        at = (vectors - 1) * 4 * LANES
        tiles(
            codes, 1, a, 1, tall, source + at, table, many * LANES, length, d_weight + at, row, places, add,
        )  # fmt: skip


@register_jitable
def add_biases(d_sums: int, rows: int, slots: int, blocks: int, low: int, high: int, total: int) -> None:
    """Adds every row of the blocks from low to before high to the total."""
    width = apart(blocks, slots)
    for b in range(low, high):
        if slots == 4:
            at = b * 4 * LANES * 4
            add_four(rows, LANES, (d_sums + at, total + at), (width, 0), (total + at,), (0,), ())
        else:
            for v in range(b * slots, (b + 1) * slots):
                at = v * LANES * 4
                add_one(rows, LANES, (d_sums + at, total + at), (width, 0), (total + at,), (0,), ())


@register_jitable
def unpack(room: Array, at: int, slots: Array, low: int, high: int, row: int, first: int, m: int, out: Array) -> None:
    """Rows of blocks low to before high, (blocks, slots, LANES, row), to rows of a weight from `first` on."""
    many, lowest = slots.size, least(slots)
    for gate in range(many):
        for unit in range(low * LANES, min(m, high * LANES)):
            start = at + ((unit // LANES * many + slots[gate] - lowest) * LANES + unit % LANES) * row
            for k in range(out.shape[1]):
                out[first + gate * m + unit, k] = room[start + k]


@register_jitable
def unpack_biases(room: Array, at: int, slots: Array, many: int, low: int, high: int, m: int, out: Array) -> None:
    """The totals of blocks low to before high, (blocks, many, LANES), in the order of the gates."""
    for gate in range(slots.size):
        for unit in range(low * LANES, min(m, high * LANES)):
            out[gate * m + unit] = room[at + (unit // LANES * many + slots[gate]) * LANES + unit % LANES]


@register_jitable
def layout(n: int, m: int, blocks: int, slots: int, gates: int) -> Any:
    """Where in the room of a pass backwards begin: W_ih's panels (W_hh's are first), d W_ih, d W_hh, the totals of the
    biases, the peepholes, their gradients; and its size.
    """
    padded, row = blocks * LANES, (n + LANES - 1) // LANES * LANES
    tall = blocks * gates * LANES
    panels, weights = tall * padded, tall * (padded + row)
    total = 2 * tall * (padded + row)
    holes = total + apart(blocks, slots)
    return panels, weights, weights + tall * row, total, holes, holes + 3 * padded, holes + 6 * padded


@register_jitable
def begin_totals(
    room: Array, n: int, m: int, blocks: int, slots: int, gates: int, rows: int, low: int, high: int
) -> None:
    """Zeros where blocks low to before high are added up; weights are written by the first chunk, if there is one."""
    _, weights, _, total, _, looked, _ = layout(n, m, blocks, slots, gates)
    room[total + low * slots * LANES : total + high * slots * LANES] = 0
    room[looked + low * 3 * LANES : looked + high * 3 * LANES] = 0
    if not rows and low == 0:
        room[weights:total] = 0


@register_jitable
def add_chunk(
    codes: Array, d_sums: int, rows: int, slots: int, gates: int, x: int, n: int, h: int, m: int, h_first: int, reset:
    int, blocks: int, low: int, high: int, room: Array, add: int,
) -> None:  # fmt: skip
    """Adds a chunk's rows to the gradients of weights and biases, for the blocks from low to before high.

    x, h, reset: rows of n, and of whole blocks; the state meets the slots from h_first on, r ⊙ h (an address or 0) the
    slots before.
    """
    width, padded, row = apart(blocks, slots), blocks * LANES, (n + LANES - 1) // LANES * LANES
    tall = slots * LANES
    _, to_x, to_h, total, _, _, _ = layout(n, m, blocks, slots, gates)
    h_many = gates - (1 if reset else 0)
    # Where all slots meet both sources, blocks together are rows of one product, and no short tile is left at its end.
    apiece = TOGETHER if slots == gates and not reset else 1
    pitch = min(apiece, high - low) * tall
    # rows at a distance of many pages would push each other out of the cache
    near, near_x = np.empty(SUMMED * pitch, np.float32), np.zeros(SUMMED * row if n < row else 1, np.float32)
    unread, places = np.zeros(LANES, np.float32), np.arange(2) * LANES
    table_x, table_h = np.arange(SUMMED) * row, np.arange(SUMMED) * padded
    base = begins(room)
    for begin in range(0, rows, SUMMED):
        length, more = min(SUMMED, rows - begin), min(add + begin, 1)
        source = x + begin * n * 4
        if n < row:
            copy_rows(near_x.ctypes.data, row, source, n, length, n, unread.ctypes.data, np.float32(0))
            source = begins(near_x)
        for b in range(low, high, apiece):
            together = min(apiece, high - b)
            copy_rows(
                near.ctypes.data, pitch, d_sums + (begin * width + b * tall) * 4, width, length, together * tall,
                unread.ctypes.data, np.float32(0),
            )  # fmt: skip
            outer_products(
                codes, begins(near), pitch, 0, together * gates, length, source, row, table_x, places,
                base + (to_x + b * gates * LANES * row) * 4, more,
            )  # fmt: skip
            there = to_h
            if reset:
                outer_products(
                    codes, begins(near), pitch, 0, 1, length, reset + begin * padded * 4, padded, table_h, places,
                    base + (to_h + b * LANES * padded) * 4, more,
                )  # fmt: skip
                there += blocks * LANES * padded
            outer_products(
                codes, begins(near), pitch, h_first, together * h_many, length, h + begin * padded * 4, padded,
                table_h, places, base + (there + b * h_many * LANES * padded) * 4, more,
            )  # fmt: skip
    add_biases(d_sums, rows, slots, blocks, low, high, base + total * 4)


TO_SUM = (
    *["int64"] * 7, "float32[:, :, ::1]", "int64", "int64", "int64", "float32[:, :, ::1]", *["float32[::1]"] * 2,
    *["int64[::1]"] * 4,
)  # fmt: skip
_sum = caller(*TO_SUM)


@register_jitable
def sum_over(
    d_sums: int, first: int, rows: int, slots: int, gates: int, number: int, m: int, x: Array, h: int, h_first: int,
    reset: int, d_x: Array, room: Array, near: Array, twos: Array, ones: Array, places: Array, sizes: Array,
) -> None:  # fmt: skip
    """As `sum_chunk`."""
    _sum(
        sizes[SUMMING],
        (
            d_sums, first, rows, slots, gates, number, m, x, h, h_first, reset, d_x, room, near, twos, ones, places,
            sizes,
        ),
    )  # fmt: skip


@kernel(*TO_SUM, inner=True)
def sum_chunk(
    d_sums: int, first: int, rows: int, slots: int, gates: int, number: int, m: int, x: Array, h: int, h_first: int,
    reset: int, d_x: Array, room: Array, near: Array, twos: Array, ones: Array, places: Array, sizes: Array,
) -> None:  # fmt: skip
    """All that is summed over the rows of chunk `number`: the gradients of its inputs and, added, of the weights.

    first: of its rows. h, reset: addresses of its first rows, as in `add_chunk`. near: room as in `to_inputs`.
    """
    n, blocks = sizes[2], sizes[4]
    chunk_to_inputs(d_sums, first, rows, slots, gates, blocks, room, m, twos, ones, places, d_x, near, sizes)
    add_chunk(
        sizes[CODES:], d_sums, rows, slots, gates, begins(x) + first * n * 4, n, h, m, h_first, reset, blocks, sizes[9],
        sizes[10], room, min(number, 1),
    )  # fmt: skip


TO_END = (
    "float32[::1]", "int64[:, ::1]", "int64", "int64[::1]", *["float32[:, ::1]"] * 2, "boolean",
    *["float32[::1]"] * 2,
)  # fmt: skip
_end = caller(*TO_END)


@register_jitable
def end_totals(
    room: Array, slots: Array, many: int, sizes: Array, d_w_ih: Array, d_w_hh: Array, split: bool, b_ih: Array,
    b_hh: Array,
) -> None:  # fmt: skip
    """As `write_totals`."""
    _end(sizes[ENDING], (room, slots, many, sizes, d_w_ih, d_w_hh, split, b_ih, b_hh))


@kernel(*TO_END, inner=True)
def write_totals(
    room: Array, slots: Array, many: int, sizes: Array, d_w_ih: Array, d_w_hh: Array, split: bool, b_ih: Array,
    b_hh: Array,
) -> None:  # fmt: skip
    """From the room to the gradients; split: the last gate's part of d W_hh stands by itself, before the others."""
    n, m, blocks, low, high = sizes[2], sizes[3], sizes[4], sizes[9], sizes[10]
    gates, padded, row = slots.shape[1], blocks * LANES, (n + LANES - 1) // LANES * LANES
    _, to_x, to_h, total, _, _, _ = layout(n, m, blocks, many, gates)
    unpack(room, to_x, slots[0], low, high, row, 0, m, d_w_ih)
    if split:
        unpack(room, to_h, slots[1, gates - 1 :], low, high, padded, (gates - 1) * m, m, d_w_hh)
        unpack(room, to_h + padded * padded, slots[1, : gates - 1], low, high, padded, 0, m, d_w_hh)
    else:
        unpack(room, to_h, slots[1], low, high, padded, 0, m, d_w_hh)
    unpack_biases(room, total, slots[0], many, low, high, m, b_ih)
    unpack_biases(room, total, slots[1], many, low, high, m, b_hh)


@cache
def frame() -> tuple[int, ...]:
    """The addresses of the parts of a frame."""
    return address(pack_panels), address(sum_chunk), address(write_totals)
