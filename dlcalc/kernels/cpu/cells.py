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
from functools import cache, cached_property
from math import ceil
from typing import Any

import numpy as np
from numba.extending import register_jitable

from .. import scalars, threads
from ..compile import Array, kernel
from .emit import Emit, Value
from .functions import sigmoid, tanh
from .machine import LANES
from .maps import mapped
from .rows import copy_rows
from .tile import column

HOISTED = 24
"""Rows of the input that are multiplied at a time: of several steps, where the batch is smaller."""
SUMMED = 128
"""Rows whose outer products are added while they are in a near cache."""

# two vectors and twelve rows, rather than four and six: half as much of the panels is read, which come from afar
one, two, three = column(1), column(2), column(3)


NOTHING = np.empty(0, dtype=np.float32)
ALONG_5, ALONG_6, ALONG_11, ALONG_12 = ((LANES,) * many for many in (5, 6, 11, 12))


@dataclass(frozen=True)
class Form:
    """slots: of a block. x, h: for each gate, in the order of the weights, the slot of its product with the input and
    the state."""

    slots: int
    x: tuple[int, ...]
    h: tuple[int, ...]

    @cached_property
    def table(self) -> Array:
        """Both as rows."""
        return np.array([self.x, self.h], dtype=np.int64)


@cache
def ordered(slots: tuple[int, ...]) -> Array:
    """Slots counted from the first that is used."""
    return np.array([slot - min(slots) for slot in slots], dtype=np.int64)


RNN, LSTM = Form(1, (0,), (0,)), Form(4, (0, 1, 2, 3), (0, 1, 2, 3))
GRU, GRU_BEFORE = Form(4, (1, 2, 0), (1, 2, 3)), Form(3, (1, 2, 0), (1, 2, 0))
"""Whose reset gate stands behind the state's product, and before it."""


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


def _lstm_apart(e: Emit, _: Any, v: Sequence[Value]) -> list[Value]:
    """As `_lstm`, the sums in two parts; the tanh is not kept."""
    i, f, g, o, new, _, h = _lstm(e, None, v)
    return [i, f, g, o, new, h]


def _lstm_apart_back(e: Emit, _: Any, v: Sequence[Value]) -> list[Value]:
    """As `_lstm_back`, from the new cell instead of its tanh, and one gradient of h."""
    return _lstm_back(e, None, [*v[:5], tanh(e, v[5]), v[6], e.constant(0), *v[7:]])


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
    n, r, z, reset, old, d_y, d_h = v
    d = e.add(d_y, d_h)
    share = _share(e, numbers, z)
    d_n = e.multiply(e.multiply(d, e.one_minus(share)), _tanh_slope(e, n))
    d_z = e.multiply(e.multiply(e.multiply(numbers[1], d), e.subtract(old, n)), _sigmoid_slope(e, z))
    d_r = e.multiply(e.multiply(d_n, reset), _sigmoid_slope(e, r))
    return [d_n, d_r, d_z, e.multiply(d_n, r), e.multiply(d, share)]


def _gates_before(e: Emit, _: Any, v: Sequence[Value]) -> list[Value]:
    """sums of n, r, z, their biases; h. Gives n's sum so far, r, z; what W_hn will meet."""
    r, z = sigmoid(e, e.add(v[1], v[4])), sigmoid(e, e.add(v[2], v[5]))
    return [e.add(v[0], v[3]), r, z, e.multiply(r, v[6])]


def _state_before(e: Emit, numbers: Sequence[Value], v: Sequence[Value]) -> list[Value]:
    """n's sum, r, z; h. Gives n; the new h."""
    n, share = tanh(e, v[0]), _share(e, numbers, v[2])
    return [n, e.fma(share, v[3], e.multiply(e.one_minus(share), n))]


def _state_before_back(e: Emit, numbers: Sequence[Value], v: Sequence[Value]) -> list[Value]:
    """n, r, z; the old h; gradients of y and h. Gives those of n's and z's sums, r's still missing; the old h's."""
    d_n, _, d_z, _, kept = _gru_back(e, numbers, [*v[:3], v[1], *v[3:]])
    return [d_n, e.constant(0), d_z, kept]


def _gates_before_back(e: Emit, _: Any, v: Sequence[Value]) -> list[Value]:
    """n, r, z; h; the gradients of r ⊙ h and of h. Gives that of r's sum; that of h with what came through r ⊙ h."""
    _, r, _, h, d_reset, d_h = v
    return [e.multiply(e.multiply(d_reset, h), _sigmoid_slope(e, r)), e.fma(d_reset, r, d_h)]


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
apart_map = mapped("lstm_apart", (1,) * 12, (1,) * 6, _lstm_apart)
apart_back = mapped("lstm_apart_back", (1,) * 11, (1,) * 5, _lstm_apart_back)
gru_map = mapped("gru", (4, 4, 1), (4, 1), _gru, numbers=2)
gru_back = mapped("gru_back", (4, 1, 1, 1), (4, 1), _gru_back, numbers=2)
gates_before = mapped("gates_before", (3, 3, 1), (3, 1), _gates_before)
state_before = mapped("state_before", (3, 1), (1, 1), _state_before, numbers=2)
state_before_back = mapped("state_before_back", (3, 1, 1, 1), (3, 1), _state_before_back, numbers=2)
gates_before_back = mapped("gates_before_back", (3, 1, 1, 1), (1, 1), _gates_before_back)
add_one = mapped("add_one", (1, 1), (1,), lambda e, _, v: [e.add(v[0], v[1])], sums=1)
add_four = mapped("add_four", (4, 4), (4,), lambda e, _, v: [e.add(v[k], v[4 + k]) for k in range(4)], sums=1)
add_peepholes = mapped(
    "add_peepholes", (4, 1, 1, 3), (3,),
    lambda e, _, v: [e.fma(v[0], v[4], v[6]), e.fma(v[1], v[4], v[7]), e.fma(v[3], v[5], v[8])], sums=1)  # fmt: skip


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
    for p in range(0, vectors - 1, 2):
        two(
            a, a_row, 1, panels + p * k * 4 * LANES, twos.ctypes.data, rows, k, c + p * 4 * LANES, c_row,
            places.ctypes.data, add,
        )  # fmt: skip
    if vectors % 2:
        p = vectors - 1
        one(
            a, a_row, 1, panels + p * k * 4 * LANES, ones.ctypes.data, rows, k, c + p * 4 * LANES, c_row,
            places.ctypes.data, add,
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
    width = blocks * block
    table, places = np.arange(max(n, m)) * block, np.arange(4) * LANES
    for s in range(steps):
        t = steps - 1 - s if reverse else s
        rows, first = ahead(sizes, s)
        if rows:
            for b in range(blocks):
                for half in range(0, 4, 2):
                    two(
                        x.ctypes.data + first * n * 4, n, 1, w_ih.ctypes.data + b * n * block * 4, table.ctypes.data,
                        rows, n, sums.ctypes.data + (first * width + b * block) * 4, width,
                        places.ctypes.data + half * 8, 0,
                    )  # fmt: skip
        old, new = (t + reverse) * samples + low, (t + 1 - reverse) * samples + low
        here = t * samples + low
        for b in range(blocks):
            at = sums.ctypes.data + (here * width + b * block) * 4
            for half in range(0, 4, 2):
                two(
                    h.ctypes.data + old * padded * 4, padded, 1, w_hh.ctypes.data + b * m * block * 4,
                    table.ctypes.data, many, m, at, width, places.ctypes.data + half * 8, 1,
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
    twos, ones, places = np.arange(width) * 2 * LANES, np.arange(width) * LANES, np.arange(4) * LANES
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
            d_sums.ctypes.data + here * width * 4, width, many, width, w_back.ctypes.data, twos, ones, places, blocks,
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
    width = blocks * block
    table, places = np.arange(max(n, m)) * block, np.arange(3) * LANES
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
    width = blocks * block
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
    width, row = blocks * slots * LANES, vectors * LANES
    k = width if many == slots else many * LANES
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
    width, row, tall = blocks * slots * LANES, vectors * LANES, many * LANES
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
            (4 * padded, padded, padded, 0), (there,), (0,), (),
        )  # fmt: skip


@register_jitable
def lay(weight: Array, slots: Array, many: int, panels: Array) -> None:
    """(gates·m, k) to panels (blocks, k, many, LANES), each gate in its slot."""
    m, depth = weight.shape[0] // slots.size, weight.shape[1]
    for begin in range(0, depth, 64):
        for gate in range(slots.size):
            for unit in range(m):
                at = (unit // LANES * depth * many + slots[gate]) * LANES + unit % LANES
                for k in range(begin, min(begin + 64, depth)):
                    panels[at + k * many * LANES] = weight[gate * m + unit, k]


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
    *["float32[::1]"] * 4,
)  # fmt: skip
def pack(
    w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, peephole: Array, slots: Array, many: int, panels_ih: Array,
    panels_hh: Array, bias: Array, holes: Array,
) -> None:  # fmt: skip
    """Everything into blocks of `many` slots; vectors may be empty. What is not written stays 0."""
    lay(w_ih, slots[0], many, panels_ih)
    lay(w_hh, slots[1], many, panels_hh)
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

    def packed(
        self, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, peephole: Array | None = None
    ) -> list[Array]:
        """Panels of both weights, the biases' sum, and the peepholes (blocks, 3, LANES)."""
        block = self.form.slots * LANES
        holes = 0 if peephole is None else 3 * self.padded
        ends = np.cumsum([self.blocks * self.n * block, self.blocks * self.m * block, self.blocks * block, holes])
        room = np.zeros(ends[-1], dtype=np.float32)
        parts = [room[: ends[0]], room[ends[0] : ends[1]], room[ends[1] : ends[2]], room[ends[2] :]]
        vectors = [NOTHING if vector is None else vector.reshape(-1) for vector in (b_ih, b_hh, peephole)]
        given: list[Any] = [w_ih, w_hh, *vectors, self.form.table, self.form.slots, *parts]
        pack(*given)
        return parts

    def back_panels(self, weight: Array, slots: tuple[int, ...]) -> Array:
        """Of a weight whose gates stand in these slots, one behind the other in some order."""
        many, vectors = len(slots), ceil(weight.shape[1] / LANES)
        deep = self.width if many == self.form.slots else many * LANES
        found = np.zeros(self.blocks * many * LANES * vectors * LANES, dtype=np.float32)
        pack_back(weight, ordered(slots), deep, self.blocks, found)
        return found

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

    def gradients(self, x: Array, h: Array, w_ih: Array, d_sums: Array, reset: Array | None = None) -> dict[str, Array]:
        """What is summed over all steps; reset: what the last gate's weight is multiplied with for the state."""
        form, flat = self.form, d_sums.reshape(-1)
        vectors = ceil(self.n / LANES)
        d_x = np.empty((self.steps, self.samples, vectors * LANES), dtype=np.float32)
        panels, flat_x = self.back_panels(w_ih, form.x), d_x.reshape(-1)
        shape = form.slots, min(form.x), len(form.x), self.blocks, vectors
        jobs = threads.number(self.operations)

        def to_inputs(job: int) -> None:
            span = job * self.rows // jobs, (job + 1) * self.rows // jobs
            back_to_inputs(flat, panels, flat_x, np.array([*shape, *span], dtype=np.int64))

        threads.each(to_inputs, jobs, self.operations)
        gates = len(form.x) * self.m
        total = np.zeros(self.width + 2 * gates, dtype=np.float32)
        b_ih, b_hh = total[self.width : -gates], total[-gates:]
        bias_gradients(flat, self.rows, form.table, total[: self.width], b_ih, b_hh)
        before = self.before(h)
        if reset is None:
            w_hh = self.weight_gradient(flat, form.h, before, self.m)
        else:
            parts = (form.h[:-1], before), (form.h[-1:], reset)
            w_hh = np.concatenate([self.weight_gradient(flat, slots, read, self.m) for slots, read in parts])
        return {
            "x": d_x if vectors * LANES == self.n else d_x[:, :, : self.n].copy(),
            "w_ih": self.weight_gradient(flat, form.x, self.filled(x), self.n),
            "w_hh": w_hh,
            "b_ih": b_ih,
            "b_hh": b_hh,
        }

    def weight_gradient(self, d_sums: Array, slots: tuple[int, ...], read: Array, columns: int) -> Array:
        """Of a weight (gates·m, columns) whose gates stand in these slots; read: what it is multiplied with."""
        blocks, row, order = self.blocks, read.shape[-1], ordered(slots)
        numbers = self.form.slots, min(slots), len(order), blocks, row // LANES
        out = np.zeros(blocks * len(order) * LANES * row, dtype=np.float32)
        flat_read = read.reshape(-1)
        jobs = min(threads.number(self.operations), blocks)

        def work(job: int) -> None:
            span = job * blocks // jobs, (job + 1) * blocks // jobs, self.rows
            outer_products(d_sums, flat_read, out, np.array([*numbers, *span], dtype=np.int64))

        threads.each(work, jobs, self.operations)
        d_weight = np.empty((len(order) * self.m, columns), dtype=np.float32)
        unpack(out, order, row, d_weight)
        return d_weight


def rnn_forward(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, kind: int, reverse: bool
) -> Array:
    """All states (T + 1, N, m)."""
    layer = Layer(RNN, x, w_hh, reverse)
    h, sums = layer.states(h0), np.empty((layer.rows, layer.width), dtype=np.float32)
    *packed, _ = layer.packed(w_ih, w_hh, b_ih, b_hh)
    flat: list[Any] = [array.reshape(-1) for array in (x, *packed, h, sums)]
    layer.by_samples(lambda sizes: rnn_steps(*[*flat, kind, sizes]))
    return h[:, :, : layer.m]


def rnn_backward(
    d_y: Array, d_last: Array, x: Array, h: Array, w_ih: Array, w_hh: Array, kind: int, reverse: bool
) -> dict[str, Array]:
    """The gradients by the names of the arguments."""
    layer = Layer(RNN, x, w_hh, reverse)
    states, d_h = layer.original(h), layer.filled(d_last.copy())
    d_sums = np.empty((layer.rows, layer.width), dtype=np.float32)
    flat = states.reshape(-1), layer.back_panels(w_hh, layer.form.h), layer.filled(d_y).reshape(-1)
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
    packed = layer.packed(w_ih, w_hh, b_ih, b_hh, peephole)
    flat: list[Any] = [array.reshape(-1) for array in (x, *packed, h, c, squashed, sums)]
    layer.by_samples(lambda sizes: lstm_steps(*[*flat, sizes]))
    return h[:, :, : layer.m], c[:, :, : layer.m], (sums, squashed, packed[3])


def lstm_backward(
    d_y: Array, d_last: tuple[Array, Array], x: Array, saved: tuple[Array, Array, Any], w_ih: Array, w_hh: Array,
    peephole: Array, reverse: bool,
) -> dict[str, Array]:  # fmt: skip
    """The gradients by the names of the arguments."""
    layer = Layer(LSTM, x, w_hh, reverse)
    h, c, (gates, squashed, holes) = layer.original(saved[0]), layer.original(saved[1]), saved[2]
    d_h, d_c = (layer.filled(d.copy()) for d in d_last)
    d_sums = np.empty((layer.rows, layer.width), dtype=np.float32)
    read = gates, c, squashed, holes, layer.back_panels(w_hh, layer.form.h), layer.filled(d_y), d_h, d_c, d_sums
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
    *packed, _ = layer.packed(w_ih, w_hh, b_ih, b_hh)
    flat: list[Any] = [array.reshape(-1) for array in (x, *packed, h, sums)]
    layer.by_samples(lambda sizes: gru_steps(*[*flat, *_share_of(keep), sizes]))
    return h[:, :, : layer.m], sums


def gru_backward(
    d_y: Array, d_last: Array, x: Array, saved: tuple[Array, ...], w_ih: Array, w_hh: Array, keep: bool, reverse: bool
) -> dict[str, Array]:
    """The gradients by the names of the arguments."""
    layer = Layer(GRU, x, w_hh, reverse)
    h, gates = layer.original(saved[0]), saved[1]
    d_h, d_sums = layer.filled(d_last.copy()), np.empty((layer.rows, layer.width), dtype=np.float32)
    read = gates, h, layer.back_panels(w_hh, layer.form.h), layer.filled(d_y), d_h, d_sums
    flat: list[Any] = [array.reshape(-1) for array in read]
    layer.by_samples(lambda sizes: gru_steps_backward(*[*flat, *_share_of(keep), sizes]))
    return {"h0": d_h[:, : layer.m].copy(), **layer.gradients(x, h, w_ih, d_sums)}


def gru_before_forward(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, keep: bool, reverse: bool
) -> tuple[Array, Any]:
    """As `gru_forward`; the reset gate meets h before W_hh does."""
    layer = Layer(GRU_BEFORE, x, w_hh, reverse)
    h, sums = layer.states(h0), np.empty((layer.rows, layer.width), dtype=np.float32)
    reset = np.empty((layer.rows, layer.padded), dtype=np.float32)
    *packed, _ = layer.packed(w_ih, w_hh, b_ih, b_hh)
    flat: list[Any] = [array.reshape(-1) for array in (x, *packed, h, reset, sums)]
    layer.by_samples(lambda sizes: gru_before_steps(*[*flat, *_share_of(keep), sizes]))
    return h[:, :, : layer.m], (sums, reset)


def gru_before_backward(
    d_y: Array, d_last: Array, x: Array, saved: tuple[Array, Any], w_ih: Array, w_hh: Array, keep: bool, reverse: bool
) -> dict[str, Array]:
    """The gradients by the names of the arguments."""
    layer = Layer(GRU_BEFORE, x, w_hh, reverse)
    h, (gates, reset), m = layer.original(saved[0]), saved[1], layer.m
    d_h, d_sums = layer.filled(d_last.copy()), np.empty((layer.rows, layer.width), dtype=np.float32)
    back = layer.back_panels(w_hh[2 * m :], (0,)), layer.back_panels(w_hh[: 2 * m], (1, 2))
    read = gates, h, *back, layer.filled(d_y), d_h, np.empty_like(d_h), d_sums
    flat: list[Any] = [array.reshape(-1) for array in read]
    layer.by_samples(lambda sizes: gru_before_steps_backward(*[*flat, *_share_of(keep), sizes]))
    return {"h0": d_h[:, : layer.m].copy(), **layer.gradients(x, h, w_ih, d_sums, reset)}


def _share_of(keep: bool) -> tuple[Any, Any]:
    return (np.float32(0), np.float32(1)) if keep else (np.float32(1), np.float32(-1))
