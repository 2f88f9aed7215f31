"""Recurrent layers by register tiles, in float32: each step a product for each block of units, the gates in its tail.

A block is LANES units, and its sums stand side by side: *slots*, one for each gate, of LANES numbers. The last block is
filled up with units whose weights are 0. A GRU has four slots, since the two sides of its candidate are not added
before the reset gate has met one of them: W n, r, z, W_hh h; the input gives the first three, the state the last three.

    sums[b, slot, lane] = Σ_k x[k] · panel[b, k, slot, lane],    weights[gate · m + b · LANES + lane, k] in the panel

Backwards the gradients of the sums of all steps are kept, and everything that is summed over the steps is computed in
the end, in blocks of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numba.extending import register_jitable

from .. import scalars
from ..compile import Array, kernel
from . import threads
from .emit import Emit, Value
from .functions import sigmoid, tanh
from .machine import LANES
from .maps import mapped
from .tile import column

HOISTED = 24
"""Rows of the input that are multiplied at a time: of several steps, where the batch is smaller."""
SUMMED = 256
"""Rows whose outer products are added while they are in a near cache."""

one, three, four = column(1), column(3), column(4)


@dataclass(frozen=True)
class Form:
    """slots: of a block. x, h: for each gate, in the order of the weights, the slot of its product with the input and
    the state."""

    slots: int
    x: tuple[int, ...]
    h: tuple[int, ...]


RNN, LSTM, GRU = Form(1, (0,), (0,)), Form(4, (0, 1, 2, 3), (0, 1, 2, 3)), Form(4, (1, 2, 0), (1, 2, 3))


def _rnn(activation: Callable[[Emit, Value], Value]) -> Any:
    return lambda e, _, v: [activation(e, e.add(v[0], v[1]))]


def _relu(e: Emit, x: Value) -> Value:
    zero = e.constant(0)
    # a sum that is NaN stays NaN
    return e.builder.select(e.builder.fcmp_ordered("<=", x, zero), zero, x)


def _rnn_back(slope: Callable[[Emit, Value], Value]) -> Any:
    return lambda e, _, v: [e.multiply(e.add(v[1], v[2]), slope(e, v[0]))]


def _sigmoid_slope(e: Emit, y: Value) -> Value:
    return e.multiply(y, e.one_minus(y))


def _tanh_slope(e: Emit, y: Value) -> Value:
    return e.fma(e.negative(y), y, e.constant(1))


def _relu_slope(e: Emit, y: Value) -> Value:
    return e.if_above(y, e.constant(0), e.constant(1), e.constant(0))


def _lstm(e: Emit, _: Any, v: Sequence[Value]) -> list[Value]:
    """sums and biases of i, f, g, o; c; peepholes of i, f, o. Gives i, f, g, o; the new c; its tanh; h."""
    a = [e.add(v[k], v[4 + k]) for k in range(4)]
    old, p_i, p_f, p_o = v[8:]
    i, f, g = sigmoid(e, e.fma(p_i, old, a[0])), sigmoid(e, e.fma(p_f, old, a[1])), tanh(e, a[2])
    new = e.fma(f, old, e.multiply(i, g))
    o, squashed = sigmoid(e, e.fma(p_o, new, a[3])), tanh(e, new)
    return [i, f, g, o, new, squashed, e.multiply(o, squashed)]


def _lstm_back(e: Emit, _: Any, v: Sequence[Value]) -> list[Value]:
    """i, f, g, o; the old c; the new one's tanh; gradients of y, h, c; peepholes. Gives those of the sums and of c."""
    i, f, g, o, old, squashed, d_y, d_h, d_c, p_i, p_f, p_o = v
    d = e.add(d_y, d_h)
    d_o = e.multiply(e.multiply(d, squashed), _sigmoid_slope(e, o))
    d_cell = e.fma(e.multiply(d, o), _tanh_slope(e, squashed), e.fma(d_o, p_o, d_c))
    d_i = e.multiply(e.multiply(d_cell, g), _sigmoid_slope(e, i))
    d_f = e.multiply(e.multiply(d_cell, old), _sigmoid_slope(e, f))
    d_g = e.multiply(e.multiply(d_cell, i), _tanh_slope(e, g))
    return [d_i, d_f, d_g, d_o, e.fma(d_cell, f, e.fma(d_i, p_i, e.multiply(d_f, p_f)))]


def _share(e: Emit, numbers: Sequence[Value], z: Value) -> Value:
    """Of the old state: z or 1 − z, as 0 + 1·z or 1 − 1·z."""
    return e.fma(numbers[1], z, numbers[0])


def _gru(e: Emit, numbers: Sequence[Value], v: Sequence[Value]) -> list[Value]:
    """sums and biases of W n, r, z, W_hh h; h. Gives n, r, z, W_hh h + b; the new h."""
    a = [e.add(v[k], v[4 + k]) for k in range(4)]
    old = v[8]
    r, z = sigmoid(e, a[1]), sigmoid(e, a[2])
    n = tanh(e, e.fma(r, a[3], a[0]))
    share = _share(e, numbers, z)
    return [n, r, z, a[3], e.fma(share, old, e.multiply(e.one_minus(share), n))]


def _gru_back(e: Emit, numbers: Sequence[Value], v: Sequence[Value]) -> list[Value]:
    """n, r, z, W_hh h + b; the old h; gradients of y and h. Gives those of the sums; what the old h has at once."""
    n, r, z, met, old, d_y, d_h = v
    d = e.add(d_y, d_h)
    share = _share(e, numbers, z)
    d_n = e.multiply(e.multiply(d, e.one_minus(share)), _tanh_slope(e, n))
    d_z = e.multiply(e.multiply(e.multiply(numbers[1], d), e.subtract(old, n)), _sigmoid_slope(e, z))
    d_r = e.multiply(e.multiply(d_n, met), _sigmoid_slope(e, r))
    return [d_n, d_r, d_z, e.multiply(d_n, r), e.multiply(d, share)]


rnn_tanh, rnn_relu, rnn_sigmoid = (
    mapped(f"rnn_{name}", (1, 1), (1,), _rnn(formula))
    for name, formula in (("tanh", tanh), ("relu", _relu), ("sigmoid", sigmoid))
)
rnn_tanh_back, rnn_relu_back, rnn_sigmoid_back = (
    mapped(f"rnn_{name}_back", (1, 1, 1), (1,), _rnn_back(formula))
    for name, formula in (("tanh", _tanh_slope), ("relu", _relu_slope), ("sigmoid", _sigmoid_slope))
)
lstm_map = mapped("lstm", (4, 4, 1, 3), (4, 1, 1, 1), _lstm)
lstm_back = mapped("lstm_back", (4, 1, 1, 1, 1, 1, 3), (4, 1), _lstm_back)
gru_map = mapped("gru", (4, 4, 1), (4, 1), _gru, numbers=2)
gru_back = mapped("gru_back", (4, 1, 1, 1), (4, 1), _gru_back, numbers=2)
add_one = mapped("add_one", (1, 1), (1,), lambda e, _, v: [e.add(v[0], v[1])])
add_four = mapped("add_four", (4, 4), (4,), lambda e, _, v: [e.add(v[k], v[4 + k]) for k in range(4)])
add_peepholes = mapped(
    "add_peepholes", (4, 1, 1, 3), (3,),
    lambda e, _, v: [e.fma(v[0], v[4], v[6]), e.fma(v[1], v[4], v[7]), e.fma(v[3], v[5], v[8])],
)  # fmt: skip


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
    a: int, a_row: int, rows: int, k: int, panels: int, fours: Array, ones: Array, places: Array, vectors: int, c: int,
    c_row: int, add: int,
) -> None:  # fmt: skip
    """A product with as many columns as there are vectors: panels of four vectors, then of one, K rows each."""
    for p in range(vectors // 4):
        four(
            a, a_row, 1, panels + p * k * 16 * LANES, fours.ctypes.data, rows, k, c + p * 16 * LANES, c_row,
            places.ctypes.data, add,
        )  # fmt: skip
    for p in range(vectors // 4 * 4, vectors):
        one(
            a, a_row, 1, panels + p * k * 4 * LANES, ones.ctypes.data, rows, k, c + p * 4 * LANES, c_row,
            places.ctypes.data, add,
        )  # fmt: skip


@register_jitable
def blockwise(
    a: int, a_row: int, rows: int, first: int, many: int, slots: int, blocks: int, panels: int, fours: Array,
    ones: Array, places: Array, vectors: int, c: int, c_row: int, add: int,
) -> None:  # fmt: skip
    """`wide` from `many` slots of each block on: those of all blocks at once, where they stand side by side."""
    if many == slots:
        wide(a, a_row, rows, blocks * slots * LANES, panels, fours, ones, places, vectors, c, c_row, add)
    else:
        for b in range(blocks):
            wide(
                a + (b * slots + first) * LANES * 4, a_row, rows, many * LANES,
                panels + b * many * LANES * vectors * LANES * 4, fours, ones, places, vectors, c, c_row,
                min(add + b, 1),
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
    fours, ones, places = np.arange(padded) * 4 * LANES, np.arange(padded) * LANES, np.arange(4) * LANES
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
            outs[0], padded, many, padded, w_back.ctypes.data, fours, ones, places, blocks, d_h.ctypes.data + at,
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
    width = blocks * block
    table, places = np.arange(max(n, m)) * block, np.arange(4) * LANES
    for s in range(steps):
        t = steps - 1 - s if reverse else s
        rows, first = ahead(sizes, s)
        if rows:
            for b in range(blocks):
                four(
                    x.ctypes.data + first * n * 4, n, 1, w_ih.ctypes.data + b * n * block * 4, table.ctypes.data, rows,
                    n, sums.ctypes.data + (first * width + b * block) * 4, width, places.ctypes.data, 0,
                )  # fmt: skip
        old, new = (t + reverse) * samples + low, (t + 1 - reverse) * samples + low
        here = t * samples + low
        for b in range(blocks):
            at = sums.ctypes.data + (here * width + b * block) * 4
            four(
                h.ctypes.data + old * padded * 4, padded, 1, w_hh.ctypes.data + b * m * block * 4, table.ctypes.data,
                many, m, at, width, places.ctypes.data, 1,
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
    width = blocks * block
    fours, ones, places = np.arange(width) * block, np.arange(width) * LANES, np.arange(4) * LANES
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
            d_sums.ctypes.data + here * width * 4, width, many, width, w_back.ctypes.data, fours, ones, places, blocks,
            d_h.ctypes.data + low * padded * 4, padded, 0,
        )  # fmt: skip


@kernel(*["float32[::1]"] * 6, "float32", "float32", "int64[::1]")
def gru_steps(
    x: Array, w_ih: Array, w_hh: Array, bias: Array, h: Array, sums: Array, plus: float, times: float, sizes: Array
) -> None:
    """As `rnn_steps`; the sums become n, r, z and W_hh h + b. The old state's share is plus + times · z."""
    steps, samples, n, m, blocks, reverse = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]
    low, many = sizes[6], sizes[7] - sizes[6]
    padded, block = blocks * LANES, 4 * LANES
    width = blocks * block
    table, places = np.arange(max(n, m)) * block, np.arange(4) * LANES
    for s in range(steps):
        t = steps - 1 - s if reverse else s
        rows, first = ahead(sizes, s)
        if rows:
            for b in range(blocks):
                three(
                    x.ctypes.data + first * n * 4, n, 1, w_ih.ctypes.data + b * n * block * 4, table.ctypes.data, rows,
                    n, sums.ctypes.data + (first * width + b * block) * 4, width, places.ctypes.data, 0,
                )  # fmt: skip
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
    width = blocks * block
    fours, ones, places = np.arange(3 * LANES) * block, np.arange(3 * LANES) * LANES, np.arange(4) * LANES
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
            at, width, many, 1, 3, 4, blocks, w_back.ctypes.data, fours, ones, places, blocks,
            d_h.ctypes.data + low * padded * 4, padded, 1,
        )  # fmt: skip


@kernel("float32[::1]", "float32[::1]", "float32[::1]", "int64[::1]")
def back_to_inputs(d_sums: Array, panels: Array, d_x: Array, sizes: Array) -> None:
    """d_x = d_sums W for rows low to before high. sizes: slots, first, many, blocks, vectors of d_x, low, high."""
    slots, first, many, blocks, vectors, low, high = (
        sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], sizes[6],
    )  # fmt: skip
    width, row = blocks * slots * LANES, vectors * LANES
    k = width if many == slots else many * LANES
    fours, ones, places = np.arange(k) * 4 * LANES, np.arange(k) * LANES, np.arange(4) * LANES
    for begin in range(low, high, SUMMED):
        blockwise(
            d_sums.ctypes.data + begin * width * 4, width, min(SUMMED, high - begin), first, many, slots, blocks,
            panels.ctypes.data, fours, ones, places, vectors, d_x.ctypes.data + begin * row * 4, row, 0,
        )  # fmt: skip


@kernel("float32[::1]", "float32[::1]", "float32[::1]", "int64[::1]")
def outer_products(d_sums: Array, read: Array, d_weight: Array, sizes: Array) -> None:
    """Σ over rows of d_sums ⊗ read, for the blocks from low to before high.

    sizes: slots, first, many, blocks, vectors of a row of `read`, low, high, rows.
    """
    slots, first, many, blocks, vectors, low, high, rows = (
        sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], sizes[6], sizes[7],
    )  # fmt: skip
    width, row = blocks * slots * LANES, vectors * LANES
    table, places = np.arange(SUMMED) * row, np.arange(4) * LANES
    for begin in range(0, rows, SUMMED):
        length, add = min(SUMMED, rows - begin), min(begin, 1)
        for b in range(low, high):
            a = d_sums.ctypes.data + (begin * width + (b * slots + first) * LANES) * 4
            c, source = d_weight.ctypes.data + b * many * LANES * row * 4, read.ctypes.data + begin * row * 4
            for p in range(vectors // 4):
                at = p * 16 * LANES
                four(
                    a, 1, width, source + at, table.ctypes.data, many * LANES, length, c + at, row, places.ctypes.data,
                    add,
                )  # fmt: skip
            for p in range(vectors // 4 * 4, vectors):
                at = p * 4 * LANES
                one(
                    a, 1, width, source + at, table.ctypes.data, many * LANES, length, c + at, row, places.ctypes.data,
                    add,
                )  # fmt: skip


@kernel("float32[::1]", "float32[::1]", "int64")
def add_rows(rows: Array, total: Array, many: int) -> None:
    """Adds every row to the total."""
    width = total.size
    for at in range(0, width, 4 * LANES):
        if at + 4 * LANES <= width:
            there = total.ctypes.data + at * 4
            add_four(many, LANES, (rows.ctypes.data + at * 4, there), (width, 0), (there,), (0,), ())
        else:
            for v in range(at, width, LANES):
                there = total.ctypes.data + v * 4
                add_one(many, LANES, (rows.ctypes.data + v * 4, there), (width, 0), (there,), (0,), ())


@kernel(*["float32[::1]"] * 4, "int64", "int64")
def add_looked_at(d_sums: Array, old: Array, new: Array, total: Array, rows: int, blocks: int) -> None:
    """What the peepholes of i, f and o, (blocks, 3, LANES), have from all rows."""
    padded = blocks * LANES
    for b in range(blocks):
        there, unit = total.ctypes.data + b * 3 * LANES * 4, b * LANES * 4
        add_peepholes(
            rows, LANES, (d_sums.ctypes.data + 4 * unit, old.ctypes.data + unit, new.ctypes.data + unit, there),
            (4 * padded, padded, padded, 0), (there,), (0,), (),
        )  # fmt: skip


@kernel("float32[:, ::1]", "int64[::1]", "float32[:, :, :, ::1]")
def pack(weight: Array, slots: Array, panels: Array) -> None:
    """(gates·m, k) to panels (blocks, k, slots, LANES); what is not written stays as it is."""
    m, depth = weight.shape[0] // slots.size, weight.shape[1]
    for begin in range(0, depth, 64):
        for gate in range(slots.size):
            for unit in range(m):
                for k in range(begin, min(begin + 64, depth)):
                    panels[unit // LANES, k, slots[gate], unit % LANES] = weight[gate * m + unit, k]


@kernel("float32[:, ::1]", "int64[::1]", "int64", "int64", "float32[::1]")
def pack_back(weight: Array, slots: Array, deep: int, blocks: int, panels: Array) -> None:
    """(gates·m, k) to panels for products with the sums: `deep` rows each, of four vectors or one."""
    m, columns = weight.shape[0] // slots.size, weight.shape[1]
    vectors, many = (columns + LANES - 1) // LANES, slots.size
    wide_part = vectors // 4 * 4 * LANES
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
                    at = k // (4 * LANES) * deep * 4 * LANES + row * 4 * LANES + k % (4 * LANES)
                else:
                    at = wide_part * deep + (k - wide_part) // LANES * deep * LANES + row * LANES + k % LANES
                panels[start + at] = weight[gate * m + unit, k]


class Layer:
    """One call's shapes, and its arrays in blocks."""

    def __init__(self, form: Form, x: Array, w_hh: Array, reverse: bool) -> None:
        self.form, self.reverse = form, int(reverse)
        self.steps, self.samples, self.n = x.shape
        self.m = w_hh.shape[1]
        self.blocks = ceil(self.m / LANES)
        self.padded, self.width = self.blocks * LANES, self.blocks * form.slots * LANES
        self.rows = self.steps * self.samples
        self.operations = 2.0 * self.rows * len(form.x) * self.m * (self.n + self.m)

    def sizes(self, low: int, high: int) -> Array:
        numbers = self.steps, self.samples, self.n, self.m, self.blocks, self.reverse, low, high
        return np.array(numbers, dtype=np.int64)

    def by_samples(self, run: Callable[[Array], None]) -> None:
        """run(sizes) for shares of the samples."""
        jobs = min(threads.number(self.operations), max(1, self.samples // 8))

        def work(job: int) -> None:
            run(self.sizes(job * self.samples // jobs, (job + 1) * self.samples // jobs))

        threads.each(work, jobs, self.operations)

    def panels(self, weight: Array, slots: tuple[int, ...]) -> Array:
        found = np.zeros((self.blocks, weight.shape[1], self.form.slots, LANES), dtype=np.float32)
        pack(weight, np.array(slots, dtype=np.int64), found)
        return found.reshape(-1)

    def back_panels(self, weight: Array, slots: tuple[int, ...]) -> Array:
        many, vectors = len(slots), ceil(weight.shape[1] / LANES)
        deep = self.width if many == self.form.slots else many * LANES
        found = np.zeros(self.blocks * many * LANES * vectors * LANES, dtype=np.float32)
        order = np.array([slot - min(slots) for slot in slots], dtype=np.int64)
        pack_back(weight, order, deep, self.blocks, found)
        return found

    def in_blocks(self, *given: tuple[Array | None, tuple[int, ...]], slots: int) -> Array:
        """The sum of vectors (gates·m,) as (blocks, slots, LANES), each gate in its slot."""
        found = np.zeros((slots, self.padded), dtype=np.float32)
        for vector, places in given:
            if vector is not None:
                for place, part in zip(places, vector.reshape(len(places), self.m), strict=True):
                    found[place, : self.m] += part
        return found.reshape(slots, self.blocks, LANES).transpose(1, 0, 2).reshape(-1)

    def states(self, first: Array) -> Array:
        found = np.zeros((self.steps + 1, self.samples, self.padded), dtype=np.float32)
        found[self.steps if self.reverse else 0, :, : self.m] = first
        return found

    def filled(self, array: Array) -> Array:
        """(…, k) with zeros behind up to whole vectors; the array itself where none are missing."""
        missing = -array.shape[-1] % LANES
        if not missing:
            return array
        found = np.zeros((*array.shape[:-1], array.shape[-1] + missing), dtype=np.float32)
        found[..., : array.shape[-1]] = array
        return found

    def original(self, states: Array) -> Array:
        """The array in blocks that these states are part of."""
        shape = self.steps + 1, self.samples, self.padded
        if states.base is not None and states.base.shape == shape:
            return states.base
        return self.filled(np.ascontiguousarray(states))

    def before(self, states: Array) -> Array:
        """The state that each step began with; `after`: that it ended with."""
        return states[1:] if self.reverse else states[:-1]

    def after(self, states: Array) -> Array:
        return states[:-1] if self.reverse else states[1:]

    def gradients(self, x: Array, h: Array, w_ih: Array, d_sums: Array) -> dict[str, Array]:
        """What is summed over all steps."""
        form, flat = self.form, d_sums.reshape(-1)
        found: dict[str, Array] = {}
        vectors = ceil(self.n / LANES)
        d_x = np.empty((self.steps, self.samples, vectors * LANES), dtype=np.float32)
        panels, flat_x = self.back_panels(w_ih, form.x), d_x.reshape(-1)
        shape = form.slots, min(form.x), len(form.x), self.blocks, vectors
        jobs = threads.number(self.operations)

        def to_inputs(job: int) -> None:
            span = job * self.rows // jobs, (job + 1) * self.rows // jobs
            back_to_inputs(flat, panels, flat_x, np.array([*shape, *span], dtype=np.int64))

        threads.each(to_inputs, jobs, self.operations)
        found["x"] = d_x if vectors * LANES == self.n else d_x[:, :, : self.n].copy()
        for name, slots, read in (("w_ih", form.x, self.filled(x)), ("w_hh", form.h, self.before(h))):
            found[name] = self._products(flat, slots, read, self.n if name == "w_ih" else self.m)
        total = np.zeros(self.width, dtype=np.float32)
        add_rows(flat, total, self.rows)
        by_slot = total.reshape(self.blocks, form.slots, LANES).transpose(1, 0, 2).reshape(form.slots, self.padded)
        for name, slots in (("b_ih", form.x), ("b_hh", form.h)):
            found[name] = by_slot[list(slots), : self.m].reshape(-1)
        return found

    def _products(self, d_sums: Array, slots: tuple[int, ...], read: Array, columns: int) -> Array:
        many, row = len(slots), read.shape[2]
        blocks = self.blocks
        out = np.zeros((blocks, many, LANES, row), dtype=np.float32)
        flat_out, flat_read = out.reshape(-1), read.reshape(-1)
        jobs = min(threads.number(self.operations), blocks)

        def work(job: int) -> None:
            numbers = self.form.slots, min(slots), many, blocks, row // LANES
            span = job * blocks // jobs, (job + 1) * blocks // jobs, self.rows
            outer_products(d_sums, flat_read, flat_out, np.array([*numbers, *span], dtype=np.int64))

        threads.each(work, jobs, self.operations)
        by_gate = out.transpose(1, 0, 2, 3)[[slot - min(slots) for slot in slots]]
        return by_gate.reshape(many, self.padded, row)[:, : self.m, :columns].reshape(many * self.m, columns)


def rnn_forward(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, kind: int, reverse: bool
) -> Array:
    """All states (T + 1, N, m)."""
    layer = Layer(RNN, x, w_hh, reverse)
    h, sums = layer.states(h0), np.empty((layer.rows, layer.width), dtype=np.float32)
    packed = layer.panels(w_ih, RNN.x), layer.panels(w_hh, RNN.h)
    bias = layer.in_blocks((b_ih, RNN.x), (b_hh, RNN.h), slots=1)
    flat = x.reshape(-1), *packed, bias, h.reshape(-1), sums.reshape(-1)
    layer.by_samples(lambda sizes: rnn_steps(*flat, kind, sizes))
    return h[:, :, : layer.m]


def rnn_backward(
    d_y: Array, d_last: Array, x: Array, h: Array, w_ih: Array, w_hh: Array, kind: int, reverse: bool
) -> dict[str, Array]:
    """The gradients by the names of the arguments."""
    layer = Layer(RNN, x, w_hh, reverse)
    states, d_h = layer.original(h), layer.filled(d_last.copy())
    d_sums = np.empty((layer.rows, layer.width), dtype=np.float32)
    flat = states.reshape(-1), layer.back_panels(w_hh, RNN.h), layer.filled(d_y).reshape(-1)
    layer.by_samples(lambda sizes: rnn_steps_backward(*flat, d_h.reshape(-1), d_sums.reshape(-1), kind, sizes))
    return {"h0": d_h[:, : layer.m].copy(), **layer.gradients(x, states, w_ih, d_sums)}


def lstm_forward(
    x: Array, h0: Array, c0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, peephole: Array,
    reverse: bool,
) -> tuple[Array, Array, Any]:  # fmt: skip
    """All states h and c (T + 1, N, m), and the gates in blocks with the cells' tanh."""
    layer = Layer(LSTM, x, w_hh, reverse)
    h, c = layer.states(h0), layer.states(c0)
    squashed = np.empty((layer.rows, layer.padded), dtype=np.float32)
    sums = np.empty((layer.rows, layer.width), dtype=np.float32)
    packed = layer.panels(w_ih, LSTM.x), layer.panels(w_hh, LSTM.h)
    bias = layer.in_blocks((b_ih, LSTM.x), (b_hh, LSTM.h), slots=4)
    holes = layer.in_blocks((peephole, (0, 1, 2)), slots=3)
    flat: list[Any] = [array.reshape(-1) for array in (x, *packed, bias, holes, h, c, squashed, sums)]
    layer.by_samples(lambda sizes: lstm_steps(*[*flat, sizes]))
    return h[:, :, : layer.m], c[:, :, : layer.m], (sums, squashed)


def lstm_backward(
    d_y: Array, d_last: tuple[Array, Array], x: Array, saved: tuple[Array, Array, Any], w_ih: Array, w_hh: Array,
    peephole: Array, reverse: bool,
) -> dict[str, Array]:  # fmt: skip
    """The gradients by the names of the arguments."""
    layer = Layer(LSTM, x, w_hh, reverse)
    h, c, (gates, squashed) = layer.original(saved[0]), layer.original(saved[1]), saved[2]
    d_h, d_c = (layer.filled(d.copy()) for d in d_last)
    d_sums = np.empty((layer.rows, layer.width), dtype=np.float32)
    holes = layer.in_blocks((peephole, (0, 1, 2)), slots=3)
    read = gates, c, squashed, holes, layer.back_panels(w_hh, LSTM.h), layer.filled(d_y), d_h, d_c, d_sums
    flat: list[Any] = [array.reshape(-1) for array in read]
    layer.by_samples(lambda sizes: lstm_steps_backward(*[*flat, sizes]))
    found = layer.gradients(x, h, w_ih, d_sums)
    looked = np.zeros(3 * layer.padded, dtype=np.float32)
    old, new = (part.reshape(-1) for part in (layer.before(c), layer.after(c)))
    add_looked_at(d_sums.reshape(-1), old, new, looked, layer.rows, layer.blocks)
    by_gate = looked.reshape(layer.blocks, 3, LANES).transpose(1, 0, 2).reshape(3, layer.padded)
    found["peephole"] = by_gate[:, : layer.m].reshape(-1)
    return {"h0": d_h[:, : layer.m].copy(), "c0": d_c[:, : layer.m].copy(), **found}


def gru_forward(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, keep: bool, reverse: bool
) -> tuple[Array, Array]:
    """All states (T + 1, N, m), and the gates in blocks; the reset gate meets W_hh h + b_hh."""
    layer = Layer(GRU, x, w_hh, reverse)
    h, sums = layer.states(h0), np.zeros((layer.rows, layer.width), dtype=np.float32)
    packed = layer.panels(w_ih, GRU.x), layer.panels(w_hh, GRU.h)
    bias = layer.in_blocks((b_ih, GRU.x), (b_hh, GRU.h), slots=4)
    flat = x.reshape(-1), *packed, bias, h.reshape(-1), sums.reshape(-1)
    layer.by_samples(lambda sizes: gru_steps(*flat, *_share_of(keep), sizes))
    return h[:, :, : layer.m], sums


def gru_backward(
    d_y: Array, d_last: Array, x: Array, saved: tuple[Array, ...], w_ih: Array, w_hh: Array, keep: bool, reverse: bool
) -> dict[str, Array]:
    """The gradients by the names of the arguments."""
    layer = Layer(GRU, x, w_hh, reverse)
    h, gates = layer.original(saved[0]), saved[1]
    d_h, d_sums = layer.filled(d_last.copy()), np.empty((layer.rows, layer.width), dtype=np.float32)
    read = gates, h, layer.back_panels(w_hh, GRU.h), layer.filled(d_y), d_h, d_sums
    flat: list[Any] = [array.reshape(-1) for array in read]
    layer.by_samples(lambda sizes: gru_steps_backward(*[*flat, *_share_of(keep), sizes]))
    return {"h0": d_h[:, : layer.m].copy(), **layer.gradients(x, h, w_ih, d_sums)}


def _share_of(keep: bool) -> tuple[Any, Any]:
    return (np.float32(0), np.float32(1)) if keep else (np.float32(1), np.float32(-1))
