"""Recurrent layers backwards through time by register tiles, in float32; see `sequences` for what stands where.

    sizes: T, N, n, m, blocks, reverse, low, high (samples), which parts, low, high (blocks), low, high (rows), ring;
    from CODES on the addresses of columns, then those of the parts of a frame

Parts: PACK the weights, STEPS of the samples, SUMS over the steps for the blocks and, of the inputs' gradient, for the
rows. With `ring` the gradients of one chunk's sums are in memory at a time, else those of all steps. Each kernel turns
d_h, and d_c, from the last state's gradient into that of the first.
"""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from .. import scalars
from ..compile import Array, kernel
from .gates import (
    add_peepholes,
    apart_back,
    apart_map,
    gates_before_back,
    gru_back,
    lstm_back,
    rnn_relu_back,
    rnn_sigmoid_back,
    rnn_tanh_back,
    state_before_back,
)
from .machine import LANES
from .rows import copy_rows
from .sequences import lay_peepholes
from .sums import (
    CODES,
    DEEP,
    PACK,
    STEPS,
    SUMMED,
    SUMS,
    apart,
    begin_totals,
    begins,
    blockwise,
    chunk,
    chunks,
    clear_padding,
    end_totals,
    layout,
    pack_back,
    sum_over,
    unpack_biases,
    wide,
)

ALONG_5, ALONG_6, ALONG_11, ALONG_12 = ((LANES,) * many for many in (5, 6, 11, 12))


@register_jitable
def given_gradient(d_y: Array, first: int, rows: int, m: int, padded: int, near: Array, unread: Array) -> int:
    """Where rows of the outputs' gradients stand with whole blocks: where they are, or copied to `near`."""
    at: int = d_y.ctypes.data + first * m * 4
    if m < padded:
        copy_rows(near.ctypes.data, padded, at, m, rows, m, unread.ctypes.data, np.float32(0))
        return begins(near)
    return at


@kernel(
    *["float32[:, :, ::1]"] * 2, *["float32[:, ::1]"] * 2, "float32[:, :, ::1]", "float32[:, ::1]",
    *["float32[::1]"] * 2, "float32[:, :, ::1]", *["float32[:, ::1]"] * 2, *["float32[::1]"] * 2, "int64[:, ::1]",
    "int64", "int64[::1]",
)  # fmt: skip
def rnn_backward(
    x: Array, h: Array, w_ih: Array, w_hh: Array, d_y: Array, d_h: Array, d_sums: Array, room: Array, d_x: Array,
    d_w_ih: Array, d_w_hh: Array, d_b_ih: Array, d_b_hh: Array, slots: Array, kind: int, sizes: Array,
) -> None:  # fmt: skip
    """Of h = activation(W x + b + U h); kind: as in scalars."""
    steps, samples, n, m, blocks, reverse = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]
    low, many, parts, codes = sizes[6], sizes[7] - sizes[6], sizes[8], sizes[CODES:]
    padded = blocks * LANES
    width = apart(blocks, 1)
    panels_x = layout(n, m, blocks, 1, 1)[0]
    base = begins(room)
    if parts & PACK:
        pack_back(sizes, w_hh, 0, m, slots[1], True, room, 0)
        pack_back(sizes, w_ih, 0, m, slots[0], True, room, panels_x)
    deep = min(DEEP, width)
    twos, ones, places = np.arange(deep) * 2 * LANES, np.arange(deep) * LANES, np.arange(2) * LANES
    near_y, zeros = np.zeros(many * padded if m < padded else 1, np.float32), np.zeros(2 * LANES, np.float32)
    near_x = np.zeros(SUMMED * ((n + LANES - 1) // LANES + 1) * LANES if n % LANES else 1, np.float32)
    if parts & SUMS:
        begin_totals(room, n, m, blocks, 1, 1, steps * samples, sizes[9], sizes[10])
    for number in range(chunks(steps, samples)):
        first_step, count = chunk(steps, samples, reverse, number)
        first, rows = first_step * samples, count * samples
        d_chunk = d_sums.ctypes.data + (0 if sizes[13] else first) * width * 4
        for s in range(count if parts & STEPS else 0):
            t = first_step + s if reverse else first_step + count - 1 - s
            here = t * samples + low
            at = d_chunk + (here - first) * width * 4
            d_out = given_gradient(d_y, here, many, m, padded, near_y, zeros[LANES:])
            new = (t + 1 - reverse) * samples + low
            state = d_h.ctypes.data + low * padded * 4
            ins, outs = (h.ctypes.data + new * padded * 4, d_out, state), (at,)
            vectors, along = many * blocks, (LANES, LANES, LANES)
            if kind == scalars.TANH:
                rnn_tanh_back(vectors, LANES, ins, along, outs, (LANES,), ())
            elif kind == scalars.RELU:
                rnn_relu_back(vectors, LANES, ins, along, outs, (LANES,), ())
            else:
                rnn_sigmoid_back(vectors, LANES, ins, along, outs, (LANES,), ())
            clear_padding(at, width, many, 1, blocks, m, zeros)
            wide(codes, at, width, many, padded, base, twos, ones, places, blocks, state, padded, 0)
        if parts & SUMS:
            h_at = h.ctypes.data + (first + reverse * samples) * padded * 4
            sum_over(
                d_chunk, first, rows, 1, 1, number, m, x, h_at, 0, 0, d_x, room, near_x, twos, ones, places, sizes
            )  # fmt: skip
    if parts & SUMS:
        end_totals(room, slots, 1, sizes, d_w_ih, d_w_hh, False, d_b_ih, d_b_hh)


@kernel(
    "float32[:, :, ::1]", "float32[::1]", *["float32[:, :, ::1]"] * 2, *["float32[::1]"] * 2,
    *["float32[:, ::1]"] * 2, "float32[:, :, ::1]", *["float32[:, ::1]"] * 2, *["float32[::1]"] * 2,
    "float32[:, :, ::1]", *["float32[:, ::1]"] * 2, *["float32[::1]"] * 3, "int64[:, ::1]", "int64[::1]",
)  # fmt: skip
def lstm_backward(
    x: Array, gates: Array, h: Array, c: Array, squashed: Array, peephole: Array, w_ih: Array, w_hh: Array,
    d_y: Array, d_h: Array, d_c: Array, d_sums: Array, room: Array, d_x: Array, d_w_ih: Array, d_w_hh: Array,
    d_b_ih: Array, d_b_hh: Array, d_holes: Array, slots: Array, sizes: Array,
) -> None:  # fmt: skip
    """Of an LSTM; squashed: the tanh of the cells."""
    steps, samples, n, m, blocks, reverse = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]
    low, many, parts, codes = sizes[6], sizes[7] - sizes[6], sizes[8], sizes[CODES:]
    padded, block = blocks * LANES, 4 * LANES
    width = apart(blocks, 4)
    panels_x, _, _, _, holes, looked, _ = layout(n, m, blocks, 4, 4)
    base = begins(room)
    if parts & PACK:
        pack_back(sizes, w_hh, 0, m, slots[1], True, room, 0)
        pack_back(sizes, w_ih, 0, m, slots[0], True, room, panels_x)
        lay_peepholes(peephole, blocks, room, holes)
    deep = min(DEEP, width)
    twos, ones, places = np.arange(deep) * 2 * LANES, np.arange(deep) * LANES, np.arange(2) * LANES
    near_y, zeros = np.zeros(many * padded if m < padded else 1, np.float32), np.zeros(2 * LANES, np.float32)
    near_x = np.zeros(SUMMED * ((n + LANES - 1) // LANES + 1) * LANES if n % LANES else 1, np.float32)
    if parts & SUMS:
        begin_totals(room, n, m, blocks, 4, 4, steps * samples, sizes[9], sizes[10])
    for number in range(chunks(steps, samples)):
        first_step, count = chunk(steps, samples, reverse, number)
        first, rows = first_step * samples, count * samples
        d_chunk = d_sums.ctypes.data + (0 if sizes[13] else first) * width * 4
        for s in range(count if parts & STEPS else 0):
            t = first_step + s if reverse else first_step + count - 1 - s
            here, old = t * samples + low, (t + reverse) * samples + low
            at = d_chunk + (here - first) * width * 4
            d_out = given_gradient(d_y, here, many, m, padded, near_y, zeros[LANES:])
            for b in range(blocks):
                unit = b * LANES * 4
                d_cell = d_c.ctypes.data + low * padded * 4 + unit
                d_at = at + b * block * 4
                lstm_back(
                    many, LANES,
                    (gates.ctypes.data + (here * width + b * block) * 4, c.ctypes.data + old * padded * 4 + unit,
                     squashed.ctypes.data + here * padded * 4 + unit, d_out + unit,
                     d_h.ctypes.data + low * padded * 4 + unit, d_cell, base + holes * 4 + 3 * unit),
                    (width, padded, padded, padded, padded, padded, 0), (d_at, d_cell), (width, padded), (),
                )  # fmt: skip
            clear_padding(at, width, many, 4, blocks, m, zeros)
            wide(
                codes, at, width, many, blocks * block, base, twos, ones, places, blocks,
                d_h.ctypes.data + low * padded * 4, padded, 0,
            )  # fmt: skip
        if parts & SUMS:
            h_at = h.ctypes.data + (first + reverse * samples) * padded * 4
            sum_over(
                d_chunk, first, rows, 4, 4, number, m, x, h_at, 0, 0, d_x, room, near_x, twos, ones, places, sizes
            )  # fmt: skip
            for b in range(sizes[9], sizes[10]):
                there, unit = base + (looked + b * 3 * LANES) * 4, (first * padded + b * LANES) * 4
                step = samples * padded * 4
                add_peepholes(
                    rows, LANES,
                    (d_chunk + b * block * 4, c.ctypes.data + unit + reverse * step,
                     c.ctypes.data + unit + (1 - reverse) * step, there),
                    (width, padded, padded, 0), (there,), (0,), (),
                )  # fmt: skip
    if parts & SUMS:
        end_totals(room, slots, 4, sizes, d_w_ih, d_w_hh, False, d_b_ih, d_b_hh)
        unpack_biases(room, looked, np.arange(3), 3, sizes[9], sizes[10], m, d_holes)


@kernel(
    "float32[:, :, ::1]", "float32[::1]", "float32[:, :, ::1]", *["float32[:, ::1]"] * 2, "float32[:, :, ::1]",
    "float32[:, ::1]", *["float32[::1]"] * 2, "float32[:, :, ::1]", *["float32[:, ::1]"] * 2, *["float32[::1]"] * 2,
    "int64[:, ::1]", *["float32"] * 2, "int64[::1]",
)  # fmt: skip
def gru_backward(
    x: Array, gates: Array, h: Array, w_ih: Array, w_hh: Array, d_y: Array, d_h: Array, d_sums: Array, room: Array,
    d_x: Array, d_w_ih: Array, d_w_hh: Array, d_b_ih: Array, d_b_hh: Array, slots: Array, plus: float, times: float,
    sizes: Array,
) -> None:  # fmt: skip
    """Of a GRU whose reset gate meets W_hh h + b; the old state's share is plus + times · z."""
    steps, samples, n, m, blocks, reverse = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]
    low, many, parts, codes = sizes[6], sizes[7] - sizes[6], sizes[8], sizes[CODES:]
    padded, block = blocks * LANES, 4 * LANES
    width = apart(blocks, 4)
    panels_x = layout(n, m, blocks, 4, 3)[0]
    base = begins(room)
    if parts & PACK:
        pack_back(sizes, w_hh, 0, m, slots[1], False, room, 0)
        pack_back(sizes, w_ih, 0, m, slots[0], False, room, panels_x)
    deep = min(DEEP, width)
    twos, ones, places = np.arange(deep) * 2 * LANES, np.arange(deep) * LANES, np.arange(2) * LANES
    near_y, zeros = np.zeros(many * padded if m < padded else 1, np.float32), np.zeros(2 * LANES, np.float32)
    near_x = np.zeros(SUMMED * ((n + LANES - 1) // LANES + 1) * LANES if n % LANES else 1, np.float32)
    if parts & SUMS:
        begin_totals(room, n, m, blocks, 4, 3, steps * samples, sizes[9], sizes[10])
    for number in range(chunks(steps, samples)):
        first_step, count = chunk(steps, samples, reverse, number)
        first, rows = first_step * samples, count * samples
        d_chunk = d_sums.ctypes.data + (0 if sizes[13] else first) * width * 4
        for s in range(count if parts & STEPS else 0):
            t = first_step + s if reverse else first_step + count - 1 - s
            here, old = t * samples + low, (t + reverse) * samples + low
            at = d_chunk + (here - first) * width * 4
            d_out = given_gradient(d_y, here, many, m, padded, near_y, zeros[LANES:])
            for b in range(blocks):
                unit = b * LANES * 4
                d_state = d_h.ctypes.data + low * padded * 4 + unit
                gru_back(
                    many, LANES,
                    (gates.ctypes.data + (here * width + b * block) * 4, h.ctypes.data + old * padded * 4 + unit,
                     d_out + unit, d_state),
                    (width, padded, padded, padded), (at + b * block * 4, d_state), (width, padded), (plus, times),
                )  # fmt: skip
            clear_padding(at, width, many, 4, blocks, m, zeros)
            blockwise(
                codes, at, width, many, 1, 3, 4, blocks, base, twos, ones, places, blocks,
                d_h.ctypes.data + low * padded * 4, padded, 1,
            )  # fmt: skip
        if parts & SUMS:
            h_at = h.ctypes.data + (first + reverse * samples) * padded * 4
            sum_over(
                d_chunk, first, rows, 4, 3, number, m, x, h_at, 1, 0, d_x, room, near_x, twos, ones, places, sizes
            )  # fmt: skip
    if parts & SUMS:
        end_totals(room, slots, 4, sizes, d_w_ih, d_w_hh, False, d_b_ih, d_b_hh)


@kernel(
    "float32[:, :, ::1]", "float32[::1]", "float32[:, :, ::1]", "float32[::1]", *["float32[:, ::1]"] * 2,
    "float32[:, :, ::1]", *["float32[:, ::1]"] * 2, *["float32[::1]"] * 2, "float32[:, :, ::1]",
    *["float32[:, ::1]"] * 2, *["float32[::1]"] * 2, "int64[:, ::1]", *["float32"] * 2, "int64[::1]",
)  # fmt: skip
def gru_before_backward(
    x: Array, gates: Array, h: Array, reset: Array, w_ih: Array, w_hh: Array, d_y: Array, d_h: Array, d_reset: Array,
    d_sums: Array, room: Array, d_x: Array, d_w_ih: Array, d_w_hh: Array, d_b_ih: Array, d_b_hh: Array, slots: Array,
    plus: float, times: float, sizes: Array,
) -> None:  # fmt: skip
    """Of a GRU whose reset gate meets h; d_reset: room for the gradient of r ⊙ h, as large as d_h."""
    steps, samples, n, m, blocks, reverse = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]
    low, many, parts, codes = sizes[6], sizes[7] - sizes[6], sizes[8], sizes[CODES:]
    padded, block = blocks * LANES, 3 * LANES
    width = apart(blocks, 3)
    panels_x = layout(n, m, blocks, 3, 3)[0]
    base = begins(room)
    if parts & PACK:
        pack_back(sizes, w_hh, 2 * m, m, slots[1, 2:], False, room, 0)
        pack_back(sizes, w_hh, 0, m, slots[1, :2], False, room, padded * padded)
        pack_back(sizes, w_ih, 0, m, slots[0], True, room, panels_x)
    deep = min(DEEP, width)
    twos, ones, places = np.arange(deep) * 2 * LANES, np.arange(deep) * LANES, np.arange(2) * LANES
    near_y, zeros = np.zeros(many * padded if m < padded else 1, np.float32), np.zeros(2 * LANES, np.float32)
    near_x = np.zeros(SUMMED * ((n + LANES - 1) // LANES + 1) * LANES if n % LANES else 1, np.float32)
    if parts & SUMS:
        begin_totals(room, n, m, blocks, 3, 3, steps * samples, sizes[9], sizes[10])
    for number in range(chunks(steps, samples)):
        first_step, count = chunk(steps, samples, reverse, number)
        first, rows = first_step * samples, count * samples
        d_chunk = d_sums.ctypes.data + (0 if sizes[13] else first) * width * 4
        for s in range(count if parts & STEPS else 0):
            t = first_step + s if reverse else first_step + count - 1 - s
            here, old = t * samples + low, (t + reverse) * samples + low
            at = d_chunk + (here - first) * width * 4
            d_out = given_gradient(d_y, here, many, m, padded, near_y, zeros[LANES:])
            state, d_met = d_h.ctypes.data + low * padded * 4, d_reset.ctypes.data + low * padded * 4
            g = gates.ctypes.data + here * width * 4
            for b in range(blocks):
                unit, wide_unit = b * LANES * 4, b * block * 4
                state_before_back(
                    many, LANES,
                    (g + wide_unit, h.ctypes.data + old * padded * 4 + unit, d_out + unit, state + unit),
                    (width, padded, padded, padded), (at + wide_unit, state + unit), (width, padded), (plus, times),
                )  # fmt: skip
            clear_padding(at, width, many, 3, blocks, m, zeros)
            blockwise(codes, at, width, many, 0, 1, 3, blocks, base, twos, ones, places, blocks, d_met, padded, 0)
            for b in range(blocks):
                unit, wide_unit = b * LANES * 4, b * block * 4
                gates_before_back(
                    many, LANES,
                    (g + wide_unit, h.ctypes.data + old * padded * 4 + unit, d_met + unit, state + unit),
                    (width, padded, padded, padded), (at + wide_unit + LANES * 4, state + unit), (width, padded), (),
                )  # fmt: skip
            clear_padding(at, width, many, 3, blocks, m, zeros)
            blockwise(
                codes, at, width, many, 1, 2, 3, blocks, base + padded * padded * 4, twos, ones, places, blocks, state,
                padded, 1,
            )  # fmt: skip
        if parts & SUMS:
            h_at = h.ctypes.data + (first + reverse * samples) * padded * 4
            sum_over(
                d_chunk, first, rows, 3, 3, number, m, x, h_at, 1, reset.ctypes.data + first * padded * 4, d_x, room,
                near_x, twos, ones, places, sizes
            )  # fmt: skip
    if parts & SUMS:
        end_totals(room, slots, 3, sizes, d_w_ih, d_w_hh, True, d_b_ih, d_b_hh)


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
