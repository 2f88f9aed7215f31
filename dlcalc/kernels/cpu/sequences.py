"""Recurrent layers by register tiles, in float32: each step a product for each block of units, the gates in its tail.

A block is LANES units, and its sums stand side by side: *slots*, one for each gate, of LANES numbers. The last block is
filled up with units whose weights are 0. A GRU has four slots, since the two sides of its candidate are not added
before the reset gate has met one of them: W n, r, z, W_hh h; the input gives the first three, the state the last three.

    sums[b, slot, lane] = Σ_k x[k] · panel[b, k, slot, lane],    weights[gate · m + b · LANES + lane, k] in the panel

Backwards the gradients of the sums of all steps are kept, and everything that is summed over the steps is computed in
the end, in blocks of rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable

from .. import scalars
from ..compile import Array, kernel
from .gates import (
    add_four,
    add_one,
    add_peepholes,
    apart_back,
    apart_map,
    gates_before,
    gates_before_back,
    gru_back,
    gru_map,
    lstm_back,
    lstm_map,
    rnn_relu,
    rnn_relu_back,
    rnn_sigmoid,
    rnn_sigmoid_back,
    rnn_tanh,
    rnn_tanh_back,
    state_before,
    state_before_back,
)
from .machine import LANES
from .rows import copy_rows
from .tile import column

HOISTED = 24
"""Rows of the input that are multiplied at a time: of several steps, where the batch is smaller."""
DEEP = 128
"""Most products of a sum at a time: that part of a panel stays in the nearest cache while all rows are at it."""
SUMMED = 128
"""Rows whose outer products are added while they are in a near cache."""

# two vectors and twelve rows, rather than four and six: half as much of the panels is read, which come from afar
one, two, three = column(1), column(2), column(3)


ALONG_5, ALONG_6, ALONG_11, ALONG_12 = ((LANES,) * many for many in (5, 6, 11, 12))


@register_jitable
def apart(blocks: int, slots: int) -> int:
    """From one row of sums to the next: rows a multiple of 4096 bytes apart would push each other out of the cache."""
    width = blocks * slots * LANES
    return width + LANES if slots > 1 and width % 1024 == 0 else width


@register_jitable
def ahead(sizes: Array, s: int) -> Any:
    """How many rows of the input are multiplied at step s, 0 if those of an earlier one were, and the first of them."""
    steps, samples, reverse, low, high = sizes[0], sizes[1], sizes[5], sizes[6], sizes[7]
    together = max(1, HOISTED // max(1, samples)) if high - low == samples else 1
    if s % together:
        return 0, 0
    count = min(together, steps - s)
    first = steps - s - count if reverse else s
    return (count - 1) * samples + high - low, first * samples + low


@register_jitable
def wide(
    a: int, a_row: int, rows: int, k: int, panels: int, twos: Array, ones: Array, places: Array, vectors: int, c: int,
    c_row: int, add: int,
) -> None:  # fmt: skip
    """A product with as many columns as there are vectors: panels of two vectors, then of one, K rows each."""
    for p in range(0, vectors, 2):
        panel, there = panels + p * k * 4 * LANES, c + p * 4 * LANES
        for first in range(0, k, DEEP):
            depth, more = min(DEEP, k - first), min(add + first, 1)
            if p + 1 < vectors:
                two(
                    a + first * 4, a_row, 1, panel + first * 8 * LANES, twos.ctypes.data, rows, depth, there, c_row,
                    places.ctypes.data, more,
                )  # fmt: skip
            else:
                one(
                    a + first * 4, a_row, 1, panel + first * 4 * LANES, ones.ctypes.data, rows, depth, there, c_row,
                    places.ctypes.data, more,
                )  # fmt: skip


@register_jitable
def blockwise(
    a: int, a_row: int, rows: int, first: int, many: int, slots: int, blocks: int, panels: int, twos: Array,
    ones: Array, places: Array, vectors: int, c: int, c_row: int, add: int,
) -> None:  # fmt: skip
    """`wide` from `many` slots of each block on: those of all blocks at once, where they stand side by side."""
    if many == slots:
        wide(a, a_row, rows, blocks * slots * LANES, panels, twos, ones, places, vectors, c, c_row, add)
    else:
        for b in range(blocks):
            wide(
                a + (b * slots + first) * LANES * 4, a_row, rows, many * LANES,
                panels + b * many * LANES * vectors * LANES * 4, twos, ones, places, vectors, c, c_row,
                min(add + b, 1),
            )  # fmt: skip


@register_jitable
def read_by_three(
    x: Array, w_ih: Array, sums: Array, table: Array, places: Array, sizes: Array, s: int, width: int, block: int
) -> None:
    """The products with the input that are due at step s, of three slots."""
    rows, first = ahead(sizes, s)
    n = sizes[2]
    if rows:
        for b in range(sizes[4]):
            three(
                x.ctypes.data + first * n * 4, n, 1, w_ih.ctypes.data + b * n * block * 4, table.ctypes.data, rows, n,
                sums.ctypes.data + (first * width + b * block) * 4, width, places.ctypes.data, 0,
            )  # fmt: skip


@kernel(*["float32[::1]"] * 6, "int64", "int64[::1]")
def rnn_steps(x: Array, w_ih: Array, w_hh: Array, bias: Array, h: Array, sums: Array, kind: int, sizes: Array) -> None:
    """All steps of the samples from low to before high. sizes: T, N, n, m, blocks, reverse, low, high."""
    steps, samples, n, m, blocks, reverse = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]
    low, many = sizes[6], sizes[7] - sizes[6]
    padded = blocks * LANES
    table, places = np.arange(max(n, m)) * LANES, np.zeros(1, np.int64)
    for s in range(steps):
        t = steps - 1 - s if reverse else s
        rows, first = ahead(sizes, s)
        if rows:
            for b in range(blocks):
                one(
                    x.ctypes.data + first * n * 4, n, 1, w_ih.ctypes.data + b * n * LANES * 4, table.ctypes.data, rows,
                    n, sums.ctypes.data + (first * padded + b * LANES) * 4, padded, places.ctypes.data, 0,
                )  # fmt: skip
        old, new = (t + reverse) * samples + low, (t + 1 - reverse) * samples + low
        for b in range(blocks):
            at = sums.ctypes.data + ((t * samples + low) * padded + b * LANES) * 4
            one(
                h.ctypes.data + old * padded * 4, padded, 1, w_hh.ctypes.data + b * m * LANES * 4, table.ctypes.data,
                many, m, at, padded, places.ctypes.data, 1,
            )  # fmt: skip
            ins, outs = (at, bias.ctypes.data + b * LANES * 4), (h.ctypes.data + (new * padded + b * LANES) * 4,)
            if kind == scalars.TANH:
                rnn_tanh(many, LANES, ins, (padded, 0), outs, (padded,), ())
            elif kind == scalars.RELU:
                rnn_relu(many, LANES, ins, (padded, 0), outs, (padded,), ())
            else:
                rnn_sigmoid(many, LANES, ins, (padded, 0), outs, (padded,), ())


@kernel(*["float32[::1]"] * 5, "int64", "int64[::1]")
def rnn_steps_backward(h: Array, w_back: Array, d_y: Array, d_h: Array, d_sums: Array, kind: int, sizes: Array) -> None:
    """The gradients of the sums; those of the last state in d_h become those of the first. sizes: as in `rnn_steps`."""
    steps, samples, blocks, reverse = sizes[0], sizes[1], sizes[4], sizes[5]
    low, many = sizes[6], sizes[7] - sizes[6]
    padded = blocks * LANES
    twos, ones, places = np.arange(padded) * 2 * LANES, np.arange(padded) * LANES, np.arange(4) * LANES
    for s in range(steps):
        t = s if reverse else steps - 1 - s
        here, new = t * samples + low, (t + 1 - reverse) * samples + low
        at = low * padded * 4
        ins = h.ctypes.data + new * padded * 4, d_y.ctypes.data + here * padded * 4, d_h.ctypes.data + at
        outs = (d_sums.ctypes.data + here * padded * 4,)
        vectors, along = many * blocks, (LANES, LANES, LANES)
        if kind == scalars.TANH:
            rnn_tanh_back(vectors, LANES, ins, along, outs, (LANES,), ())
        elif kind == scalars.RELU:
            rnn_relu_back(vectors, LANES, ins, along, outs, (LANES,), ())
        else:
            rnn_sigmoid_back(vectors, LANES, ins, along, outs, (LANES,), ())
        wide(
            outs[0], padded, many, padded, w_back.ctypes.data, twos, ones, places, blocks, d_h.ctypes.data + at,
            padded, 0,
        )  # fmt: skip


@kernel(*["float32[::1]"] * 9, "int64[::1]")
def lstm_steps(
    x: Array, w_ih: Array, w_hh: Array, bias: Array, peephole: Array, h: Array, c: Array, squashed: Array,
    sums: Array, sizes: Array,
) -> None:  # fmt: skip
    """As `rnn_steps`; the sums become the gates, `squashed` the tanh of the cells."""
    steps, samples, n, m, blocks, reverse = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]
    low, many = sizes[6], sizes[7] - sizes[6]
    padded, block = blocks * LANES, 4 * LANES
    width, pair = apart(blocks, 4), 2 * LANES
    table, places = np.arange(max(n, m)) * pair, np.arange(2) * LANES
    for s in range(steps):
        t = steps - 1 - s if reverse else s
        rows, first = ahead(sizes, s)
        if rows:
            for b in range(blocks):
                for half in range(2):
                    wide(
                        x.ctypes.data + first * n * 4, n, rows, n, w_ih.ctypes.data + (2 * b + half) * n * pair * 4,
                        table, table, places, 2, sums.ctypes.data + (first * width + b * block + half * pair) * 4,
                        width, 0,
                    )  # fmt: skip
        old, new = (t + reverse) * samples + low, (t + 1 - reverse) * samples + low
        here = t * samples + low
        for b in range(blocks):
            at = sums.ctypes.data + (here * width + b * block) * 4
            for half in range(2):
                wide(
                    h.ctypes.data + old * padded * 4, padded, many, m, w_hh.ctypes.data + (2 * b + half) * m * pair * 4,
                    table, table, places, 2, at + half * pair * 4, width, 1,
                )  # fmt: skip
            unit = b * LANES * 4
            lstm_map(
                many, LANES,
                (at, bias.ctypes.data + b * block * 4, c.ctypes.data + old * padded * 4 + unit,
                 peephole.ctypes.data + 3 * unit),
                (width, 0, padded, 0),
                (at, c.ctypes.data + new * padded * 4 + unit, squashed.ctypes.data + here * padded * 4 + unit,
                 h.ctypes.data + new * padded * 4 + unit),
                (width, padded, padded, padded), (),
            )  # fmt: skip


@kernel(*["float32[::1]"] * 9, "int64[::1]")
def lstm_steps_backward(
    gates: Array, c: Array, squashed: Array, peephole: Array, w_back: Array, d_y: Array, d_h: Array, d_c: Array,
    d_sums: Array, sizes: Array,
) -> None:  # fmt: skip
    """As `rnn_steps_backward`; d_c too becomes that of the first cell."""
    steps, samples, blocks, reverse = sizes[0], sizes[1], sizes[4], sizes[5]
    low, many = sizes[6], sizes[7] - sizes[6]
    padded, block = blocks * LANES, 4 * LANES
    width, deep = apart(blocks, 4), blocks * block
    twos, ones, places = np.arange(deep) * 2 * LANES, np.arange(deep) * LANES, np.arange(4) * LANES
    for s in range(steps):
        t = s if reverse else steps - 1 - s
        here, old = t * samples + low, (t + reverse) * samples + low
        for b in range(blocks):
            unit = b * LANES * 4
            d_cell = d_c.ctypes.data + low * padded * 4 + unit
            d_at = d_sums.ctypes.data + (here * width + b * block) * 4
            lstm_back(
                many, LANES,
                (gates.ctypes.data + (here * width + b * block) * 4, c.ctypes.data + old * padded * 4 + unit,
                 squashed.ctypes.data + here * padded * 4 + unit, d_y.ctypes.data + here * padded * 4 + unit,
                 d_h.ctypes.data + low * padded * 4 + unit, d_cell, peephole.ctypes.data + 3 * unit),
                (width, padded, padded, padded, padded, padded, 0), (d_at, d_cell), (width, padded), (),
            )  # fmt: skip
        wide(
            d_sums.ctypes.data + here * width * 4, width, many, deep, w_back.ctypes.data, twos, ones, places, blocks,
            d_h.ctypes.data + low * padded * 4, padded, 0,
        )  # fmt: skip


@kernel("float32[:, ::1]", "float32[:, ::1]", "float32[::1]", *["float32[:, ::1]"] * 3)
def lstm_rows(product: Array, c: Array, peephole: Array, gates: Array, new: Array, h: Array) -> None:
    """As `recurrent.lstm_step`: gates side by side in (N, 4k)."""
    length = c.shape[1]
    count, last = (length + LANES - 1) // LANES, (length - 1) % LANES + 1
    k = length * 4
    p = peephole.ctypes.data
    for row in range(c.shape[0]):
        g, q, at = gates.ctypes.data + row * 4 * k, product.ctypes.data + row * 4 * k, row * k
        cell = c.ctypes.data + at
        apart_map(
            count, last, (g, g + k, g + 2 * k, g + 3 * k, q, q + k, q + 2 * k, q + 3 * k, cell, p, p + k, p + 2 * k),
            ALONG_12, (g, g + k, g + 2 * k, g + 3 * k, new.ctypes.data + at, h.ctypes.data + at), ALONG_6, (),
        )  # fmt: skip


@kernel(*["float32[:, ::1]"] * 3, "float32[::1]", *["float32[:, ::1]"] * 3)
def lstm_rows_backward(
    gates: Array, c: Array, new: Array, peephole: Array, d_h: Array, d_c: Array, d_sums: Array
) -> None:
    """As `recurrent.lstm_step_backward`."""
    length = c.shape[1]
    count, last = (length + LANES - 1) // LANES, (length - 1) % LANES + 1
    k = length * 4
    p = peephole.ctypes.data
    for row in range(c.shape[0]):
        g, d, at = gates.ctypes.data + row * 4 * k, d_sums.ctypes.data + row * 4 * k, row * k
        d_cell = d_c.ctypes.data + at
        apart_back(
            count, last,
            (g, g + k, g + 2 * k, g + 3 * k, c.ctypes.data + at, new.ctypes.data + at, d_h.ctypes.data + at, d_cell, p,
             p + k, p + 2 * k),
            ALONG_11, (d, d + k, d + 2 * k, d + 3 * k, d_cell), ALONG_5, (),
        )  # fmt: skip


@kernel(*["float32[::1]"] * 6, "float32", "float32", "int64[::1]")
def gru_steps(
    x: Array, w_ih: Array, w_hh: Array, bias: Array, h: Array, sums: Array, plus: float, times: float, sizes: Array
) -> None:
    """As `rnn_steps`; the sums become n, r, z and W_hh h + b. The old state's share is plus + times · z."""
    steps, samples, n, m, blocks, reverse = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]
    low, many = sizes[6], sizes[7] - sizes[6]
    padded, block = blocks * LANES, 4 * LANES
    width = apart(blocks, 4)
    table, places = np.arange(max(n, m)) * block, np.arange(4) * LANES
    for s in range(steps):
        t = steps - 1 - s if reverse else s
        read_by_three(x, w_ih, sums, table, places, sizes, s, width, block)
        old, new = (t + reverse) * samples + low, (t + 1 - reverse) * samples + low
        here = t * samples + low
        for b in range(blocks):
            at = sums.ctypes.data + (here * width + b * block) * 4
            three(
                h.ctypes.data + old * padded * 4, padded, 1, w_hh.ctypes.data + b * m * block * 4, table.ctypes.data,
                many, m, at, width, places[1:].ctypes.data, 1,
            )  # fmt: skip
            gru_map(
                many, LANES,
                (at, bias.ctypes.data + b * block * 4, h.ctypes.data + (old * padded + b * LANES) * 4),
                (width, 0, padded), (at, h.ctypes.data + (new * padded + b * LANES) * 4), (width, padded),
                (plus, times),
            )  # fmt: skip


@kernel(*["float32[::1]"] * 6, "float32", "float32", "int64[::1]")
def gru_steps_backward(
    gates: Array, h: Array, w_back: Array, d_y: Array, d_h: Array, d_sums: Array, plus: float, times: float,
    sizes: Array,
) -> None:  # fmt: skip
    """As `rnn_steps_backward`."""
    steps, samples, blocks, reverse = sizes[0], sizes[1], sizes[4], sizes[5]
    low, many = sizes[6], sizes[7] - sizes[6]
    padded, block = blocks * LANES, 4 * LANES
    width = apart(blocks, 4)
    twos, ones, places = np.arange(3 * LANES) * 2 * LANES, np.arange(3 * LANES) * LANES, np.arange(4) * LANES
    for s in range(steps):
        t = s if reverse else steps - 1 - s
        here, old = t * samples + low, (t + reverse) * samples + low
        at = d_sums.ctypes.data + here * width * 4
        for b in range(blocks):
            unit = b * LANES * 4
            d_state = d_h.ctypes.data + low * padded * 4 + unit
            gru_back(
                many, LANES,
                (gates.ctypes.data + (here * width + b * block) * 4, h.ctypes.data + old * padded * 4 + unit,
                 d_y.ctypes.data + here * padded * 4 + unit, d_state),
                (width, padded, padded, padded), (at + b * block * 4, d_state), (width, padded), (plus, times),
            )  # fmt: skip
        blockwise(
            at, width, many, 1, 3, 4, blocks, w_back.ctypes.data, twos, ones, places, blocks,
            d_h.ctypes.data + low * padded * 4, padded, 1,
        )  # fmt: skip


@kernel(*["float32[::1]"] * 7, "float32", "float32", "int64[::1]")
def gru_before_steps(
    x: Array, w_ih: Array, w_hh: Array, bias: Array, h: Array, reset: Array, sums: Array, plus: float, times: float,
    sizes: Array,
) -> None:  # fmt: skip
    """As `gru_steps`; the sums become n, r, z, and `reset` r ⊙ h, which W_hn is multiplied with."""
    steps, samples, n, m, blocks, reverse = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]
    low, many = sizes[6], sizes[7] - sizes[6]
    padded, block = blocks * LANES, 3 * LANES
    width = apart(blocks, 3)
    table, places = np.arange(max(n, m)) * block, np.arange(3) * LANES
    for s in range(steps):
        t = steps - 1 - s if reverse else s
        read_by_three(x, w_ih, sums, table, places, sizes, s, width, block)
        old, new = (t + reverse) * samples + low, (t + 1 - reverse) * samples + low
        here = t * samples + low
        for b in range(blocks):
            at, state = sums.ctypes.data + (here * width + b * block) * 4, (old * padded + b * LANES) * 4
            two(
                h.ctypes.data + old * padded * 4, padded, 1, w_hh.ctypes.data + b * m * block * 4, table.ctypes.data,
                many, m, at, width, places[1:].ctypes.data, 1,
            )  # fmt: skip
            gates_before(
                many, LANES, (at, bias.ctypes.data + b * block * 4, h.ctypes.data + state), (width, 0, padded),
                (at, reset.ctypes.data + (here * padded + b * LANES) * 4), (width, padded), (),
            )  # fmt: skip
        for b in range(blocks):
            at, state = sums.ctypes.data + (here * width + b * block) * 4, (old * padded + b * LANES) * 4
            one(
                reset.ctypes.data + here * padded * 4, padded, 1, w_hh.ctypes.data + b * m * block * 4,
                table.ctypes.data, many, m, at, width, places.ctypes.data, 1,
            )  # fmt: skip
            state_before(
                many, LANES, (at, h.ctypes.data + state), (width, padded),
                (at, h.ctypes.data + (new * padded + b * LANES) * 4), (width, padded), (plus, times),
            )  # fmt: skip


@kernel(*["float32[::1]"] * 8, "float32", "float32", "int64[::1]")
def gru_before_steps_backward(
    gates: Array, h: Array, back_n: Array, back_rz: Array, d_y: Array, d_h: Array, d_reset: Array, d_sums: Array,
    plus: float, times: float, sizes: Array,
) -> None:  # fmt: skip
    """As `gru_steps_backward`; d_reset: room for the gradient of r ⊙ h, as large as d_h."""
    steps, samples, blocks, reverse = sizes[0], sizes[1], sizes[4], sizes[5]
    low, many = sizes[6], sizes[7] - sizes[6]
    padded, block = blocks * LANES, 3 * LANES
    width = apart(blocks, 3)
    twos, ones, places = np.arange(2 * LANES) * 2 * LANES, np.arange(2 * LANES) * LANES, np.arange(4) * LANES
    state = low * padded * 4
    for s in range(steps):
        t = s if reverse else steps - 1 - s
        here, old = t * samples + low, (t + reverse) * samples + low
        at, g = d_sums.ctypes.data + here * width * 4, gates.ctypes.data + here * width * 4
        for b in range(blocks):
            unit, wide_unit = b * LANES * 4, b * block * 4
            d_state = d_h.ctypes.data + state + unit
            state_before_back(
                many, LANES,
                (g + wide_unit, h.ctypes.data + old * padded * 4 + unit, d_y.ctypes.data + here * padded * 4 + unit,
                 d_state),
                (width, padded, padded, padded), (at + wide_unit, d_state), (width, padded), (plus, times),
            )  # fmt: skip
        blockwise(
            at, width, many, 0, 1, 3, blocks, back_n.ctypes.data, twos, ones, places, blocks,
            d_reset.ctypes.data + state, padded, 0,
        )  # fmt: skip
        for b in range(blocks):
            unit, wide_unit = b * LANES * 4, b * block * 4
            d_state = d_h.ctypes.data + state + unit
            gates_before_back(
                many, LANES,
                (g + wide_unit, h.ctypes.data + old * padded * 4 + unit, d_reset.ctypes.data + state + unit, d_state),
                (width, padded, padded, padded), (at + wide_unit + LANES * 4, d_state), (width, padded), (),
            )  # fmt: skip
        blockwise(
            at, width, many, 1, 2, 3, blocks, back_rz.ctypes.data, twos, ones, places, blocks,
            d_h.ctypes.data + state, padded, 1,
        )  # fmt: skip


@kernel("float32[::1]", "float32[::1]", "float32[::1]", "int64[::1]")
def back_to_inputs(d_sums: Array, panels: Array, d_x: Array, sizes: Array) -> None:
    """d_x = d_sums W for rows low to before high. sizes: slots, first, many, blocks, vectors of d_x, low, high."""
    slots, first, many, blocks, vectors, low, high = (
        sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], sizes[6],
    )  # fmt: skip
    width, row = apart(blocks, slots), vectors * LANES
    k = (blocks if many == slots else 1) * many * LANES
    twos, ones, places = np.arange(k) * 2 * LANES, np.arange(k) * LANES, np.arange(4) * LANES
    for begin in range(low, high, SUMMED):
        blockwise(
            d_sums.ctypes.data + begin * width * 4, width, min(SUMMED, high - begin), first, many, slots, blocks,
            panels.ctypes.data, twos, ones, places, vectors, d_x.ctypes.data + begin * row * 4, row, 0,
        )  # fmt: skip


@kernel("float32[::1]", "float32[::1]", "float32[::1]", "int64[::1]")
def outer_products(d_sums: Array, read: Array, d_weight: Array, sizes: Array) -> None:
    """Σ over rows of d_sums ⊗ read, for the blocks from low to before high.

    sizes: slots, first, many, blocks, vectors of a row of `read`, low, high, rows.
    """
    slots, first, many, blocks, vectors, low, high, rows = (
        sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], sizes[6], sizes[7],
    )  # fmt: skip
    width, row, tall = apart(blocks, slots), vectors * LANES, many * LANES
    table, places = np.arange(SUMMED) * row, np.arange(2) * LANES
    # rows at a distance of many pages would push each other out of the cache
    near, unread = np.empty(SUMMED * tall, np.float32), np.empty(LANES, np.float32)
    for begin in range(0, rows, SUMMED):
        length, add = min(SUMMED, rows - begin), min(begin, 1)
        for b in range(low, high):
            a = d_sums.ctypes.data + (begin * width + (b * slots + first) * LANES) * 4
            copy_rows(near.ctypes.data, tall, a, width, length, tall, unread.ctypes.data, np.float32(0))
            c, source = d_weight.ctypes.data + b * tall * row * 4, read.ctypes.data + begin * row * 4
            for p in range(0, vectors - 1, 2):
                at = p * 4 * LANES
                two(
                    near.ctypes.data, 1, tall, source + at, table.ctypes.data, tall, length, c + at, row,
                    places.ctypes.data, add,
                )  # fmt: skip
            if vectors % 2:
                at = (vectors - 1) * 4 * LANES
                one(
                    near.ctypes.data, 1, tall, source + at, table.ctypes.data, tall, length, c + at, row,
                    places.ctypes.data, add,
                )  # fmt: skip


@kernel("float32[::1]", "int64", "int64[:, ::1]", "float32[::1]", "float32[::1]", "float32[::1]")
def bias_gradients(d_sums: Array, rows: int, slots: Array, total: Array, d_ih: Array, d_hh: Array) -> None:
    """Adds every row to the total, and puts it in the order of the biases. slots: of each gate, for input and state."""
    width = total.size
    for at in range(0, width, 4 * LANES):
        if at + 4 * LANES <= width:
            there = total.ctypes.data + at * 4
            add_four(rows, LANES, (d_sums.ctypes.data + at * 4, there), (width, 0), (there,), (0,), ())
        else:
            for v in range(at, width, LANES):
                there = total.ctypes.data + v * 4
                add_one(rows, LANES, (d_sums.ctypes.data + v * 4, there), (width, 0), (there,), (0,), ())
    gates = slots.shape[1]
    m = d_ih.size // gates
    many = width // ((m + LANES - 1) // LANES * LANES)
    for gate in range(gates):
        for unit in range(m):
            at = unit // LANES * many * LANES + unit % LANES
            d_ih[gate * m + unit] = total[at + slots[0, gate] * LANES]
            d_hh[gate * m + unit] = total[at + slots[1, gate] * LANES]


@kernel(*["float32[::1]"] * 4, "int64", "int64")
def add_looked_at(d_sums: Array, old: Array, new: Array, total: Array, rows: int, blocks: int) -> None:
    """What the peepholes of i, f and o, (blocks, 3, LANES), have from all rows."""
    padded = blocks * LANES
    for b in range(blocks):
        there, unit = total.ctypes.data + b * 3 * LANES * 4, b * LANES * 4
        add_peepholes(
            rows, LANES, (d_sums.ctypes.data + 4 * unit, old.ctypes.data + unit, new.ctypes.data + unit, there),
            (apart(blocks, 4), padded, padded, 0), (there,), (0,), (),
        )  # fmt: skip


@register_jitable
def lay(weight: Array, slots: Array, many: int, together: int, panels: Array) -> None:
    """(gates·m, k) to panels (blocks, many / together, k, together, LANES), each gate in its slot."""
    m, depth = weight.shape[0] // slots.size, weight.shape[1]
    row = together * LANES
    for begin in range(0, depth, 64):
        for gate in range(slots.size):
            slot = slots[gate]
            for unit in range(m):
                panel = unit // LANES * (many // together) + slot // together
                at = panel * depth * row + slot % together * LANES + unit % LANES
                for k in range(begin, min(begin + 64, depth)):
                    panels[at + k * row] = weight[gate * m + unit, k]


@register_jitable
def lay_vector(vector: Array, slots: Array, many: int, blocks: Array) -> None:
    """Adds (gates·m,) to (blocks, many, LANES), each gate in its slot."""
    m = vector.size // slots.size
    for gate in range(slots.size):
        for unit in range(m):
            at = (unit // LANES * many + slots[gate]) * LANES + unit % LANES
            blocks[at] += vector[gate * m + unit]


@kernel(
    "float32[:, ::1]", "float32[:, ::1]", "float32[::1]", "float32[::1]", "float32[::1]", "int64[:, ::1]", "int64",
    "int64", *["float32[::1]"] * 4,
)  # fmt: skip
def pack(
    w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, peephole: Array, slots: Array, many: int, together: int,
    panels_ih: Array, panels_hh: Array, bias: Array, holes: Array,
) -> None:  # fmt: skip
    """Everything into blocks of `many` slots, `together` in a panel; vectors may be empty. The rest stays 0."""
    lay(w_ih, slots[0], many, together, panels_ih)
    lay(w_hh, slots[1], many, together, panels_hh)
    lay_vector(b_ih, slots[0], many, bias)
    lay_vector(b_hh, slots[1], many, bias)
    lay_vector(peephole, np.arange(3), 3, holes)


@kernel("float32[:, ::1]", "int64[::1]", "int64", "int64", "float32[::1]")
def pack_back(weight: Array, slots: Array, deep: int, blocks: int, panels: Array) -> None:
    """(gates·m, k) to panels for products with the sums: `deep` rows each, of two vectors or one."""
    m, columns = weight.shape[0] // slots.size, weight.shape[1]
    vectors, many = (columns + LANES - 1) // LANES, slots.size
    wide_part = vectors // 2 * 2 * LANES
    for gate in range(many):
        for unit in range(m):
            b, row = unit // LANES, slots[gate] * LANES + unit % LANES
            start = 0
            if deep < blocks * many * LANES:
                start = b * deep * vectors * LANES
            else:
                row += b * many * LANES
            for k in range(columns):
                if k < wide_part:
                    at = k // (2 * LANES) * deep * 2 * LANES + row * 2 * LANES + k % (2 * LANES)
                else:
                    at = wide_part * deep + row * LANES + k - wide_part
                panels[start + at] = weight[gate * m + unit, k]


@kernel("float32[::1]", "int64[::1]", "int64", "float32[:, ::1]")
def unpack(blocks: Array, slots: Array, row: int, d_weight: Array) -> None:
    """Rows of blocks (blocks, slots, LANES, row) to (gates·m, k)."""
    m, many = d_weight.shape[0] // slots.size, slots.size
    for gate in range(many):
        for unit in range(m):
            start = ((unit // LANES * many + slots[gate]) * LANES + unit % LANES) * row
            for k in range(d_weight.shape[1]):
                d_weight[gate * m + unit, k] = blocks[start + k]
