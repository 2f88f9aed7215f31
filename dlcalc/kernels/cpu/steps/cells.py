"""One time step of a recurrent layer, unit by unit, or a vector of units at a time in float32.

All have one signature, (n, m, a, and five places in it), and are called by the addresses that stand in `c`: a layer's
step is compiled once for both ways. Gates lie m apart in a row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from ... import cache, scalars
from ...compile import Array, kernel
from .. import gates as formulas
from ..calls import generate, plainly
from ..functions import sigmoid as sigmoid_of
from ..functions import tanh
from ..machine import LANES
from ..maps import mapped

SIGNATURE = ("int64", "int64", "T[::1]", *["int64"] * 5)
RNN, RNN_BACK, LSTM, LSTM_BACK, GRU, GRU_BACK = range(6, 12)
"""Where in `c` their addresses stand."""
sigmoid, activate, slope = scalars.sigmoid, scalars.activate, scalars.slope
lstm_cell, lstm_cell_backward = scalars.lstm_cell, scalars.lstm_cell_backward
gru_state, gru_state_backward = scalars.gru_state, scalars.gru_state_backward


@intrinsic
def _called(
    context: Any, at: Any, n: Any, m: Any, a: Any, first: Any, second: Any, third: Any, fourth: Any, fifth: Any
) -> Any:  # fmt: skip
    whole = types.int64
    return types.void(whole, whole, whole, a, whole, whole, whole, whole, whole), generate


cell: Any = plainly if cache.plain() else _called
"""cell(address, n, m, a, five places)."""


@kernel(*SIGNATURE, inner=True)
def rnn_loop(n: int, m: int, a: Array, sums: int, new: int, kind: int, _4: int, _5: int) -> None:
    """New states of sums."""
    zero = a.dtype.type(0)
    for at in range(n * m):
        a[new + at] = activate(kind, a[sums + at], zero, zero)


@kernel(*SIGNATURE, inner=True)
def rnn_loop_backward(n: int, m: int, a: Array, sums: int, new: int, kind: int, d: int, _5: int) -> None:
    """The gradients of sums, in their place."""
    zero = a.dtype.type(0)
    for at in range(n * m):
        a[sums + at] = a[d + at] * slope(kind, zero, a[new + at], zero, zero)


@kernel(*SIGNATURE, inner=True)
def lstm_loop(n: int, m: int, a: Array, gates: int, old: int, new: int, h: int, _5: int) -> None:
    """Gates in the place of their sums; the new cell and state."""
    zero = a.dtype.type(0)
    for row in range(n):
        block = a[gates + row * 4 * m : gates + (row + 1) * 4 * m]
        for unit in range(m):
            at = row * m + unit
            i, f, g, o, new_cell, state = lstm_cell(
                block[unit], block[m + unit], block[2 * m + unit], block[3 * m + unit], a[old + at], zero, zero, zero
            )
            block[unit], block[m + unit], block[2 * m + unit], block[3 * m + unit] = i, f, g, o
            a[new + at], a[h + at] = new_cell, state


@kernel(*SIGNATURE, inner=True)
def lstm_loop_backward(n: int, m: int, a: Array, gates: int, old: int, new: int, d: int, carry: int) -> None:
    """The gradients of sums in the place of gates; `carry` is the gradient of the new cell, then of the old."""
    zero = a.dtype.type(0)
    for row in range(n):
        block = a[gates + row * 4 * m : gates + (row + 1) * 4 * m]
        for unit in range(m):
            at = row * m + unit
            d_i, d_f, d_g, d_o, d_c = lstm_cell_backward(
                block[unit], block[m + unit], block[2 * m + unit], block[3 * m + unit], a[old + at], a[new + at],
                zero, zero, zero, a[d + at], a[carry + at],
            )  # fmt: skip
            block[unit], block[m + unit], block[2 * m + unit], block[3 * m + unit] = d_i, d_f, d_g, d_o
            a[carry + at] = d_c


@kernel(*SIGNATURE, inner=True)
def gru_loop(n: int, m: int, a: Array, gates: int, hidden: int, old: int, new: int, _5: int) -> None:
    """r, z and the candidate in the place of their sums; `hidden`: the state's part of the sums; the new state."""
    for row in range(n):
        block = a[gates + row * 3 * m : gates + (row + 1) * 3 * m]
        inner = a[hidden + row * 3 * m : hidden + (row + 1) * 3 * m]
        for unit in range(m):
            r, z = sigmoid(block[unit] + inner[unit]), sigmoid(block[m + unit] + inner[m + unit])
            candidate, state = gru_state(block[2 * m + unit] + r * inner[2 * m + unit], z, a[old + row * m + unit], 1)
            block[unit], block[m + unit], block[2 * m + unit] = r, z, candidate
            a[new + row * m + unit] = state


@kernel(*SIGNATURE, inner=True)
def gru_loop_backward(n: int, m: int, a: Array, gates: int, hidden: int, old: int, d: int, _5: int) -> None:
    """The gradients of the sums on both sides; that of the new state becomes what the old has of it at once."""
    one = a.dtype.type(1)
    for row in range(n):
        block = a[gates + row * 3 * m : gates + (row + 1) * 3 * m]
        inner = a[hidden + row * 3 * m : hidden + (row + 1) * 3 * m]
        for unit in range(m):
            at = row * m + unit
            r = block[unit]
            d_z, d_n, kept = gru_state_backward(block[m + unit], block[2 * m + unit], a[old + at], a[d + at], 1)
            d_r = d_n * inner[2 * m + unit] * r * (one - r)
            block[unit], block[m + unit], block[2 * m + unit] = d_r, d_z, d_n
            inner[unit], inner[m + unit], inner[2 * m + unit] = d_r, d_z, d_n * r
            a[d + at] = kept


CELLS: dict[int, tuple[str, Any]] = {
    RNN: ("squash", rnn_loop), RNN_BACK: ("rnn", rnn_loop_backward), LSTM: ("lstm", lstm_loop),
    LSTM_BACK: ("lstm", lstm_loop_backward), GRU: ("gru", gru_loop), GRU_BACK: ("gru", gru_loop_backward),
}  # fmt: skip
"""Place in `c` → the operation that needs it, and the function; "squash": a simple recurrent layer, or σ, tanh or
ReLU behind another."""
VECTORS: dict[int, Any] = {}
"""Place in `c` → the function for float32."""

if LANES:
    VECTOR = [each.replace("T", "float32") for each in SIGNATURE]
    ZERO, ONE = np.float32(0), np.float32(1)
    MOVES = (LANES,) * 12
    _tanh_map = mapped("steps_tanh", (1,), (1,), lambda e, _, v: [tanh(e, v[0])])
    _sigmoid_map = mapped("steps_sigmoid", (1,), (1,), lambda e, _, v: [sigmoid_of(e, v[0])])

    def _relu_formula(e: Any, _: Any, v: Any) -> Any:
        return [e.builder.select(e.builder.fcmp_ordered("<=", v[0], e.constant(0)), e.constant(0), v[0])]

    _relu_map = mapped("steps_relu", (1,), (1,), _relu_formula)

    def _lstm_formula(e: Any, _: Any, v: Any) -> Any:
        zero = e.constant(0)
        i, f, g, o, new, _squashed, h = formulas.lstm(e, _, [*v[:4], *[zero] * 4, v[4], zero, zero, zero])
        return [i, f, g, o, new, h]

    def _lstm_back_formula(e: Any, _: Any, v: Any) -> Any:
        zero = e.constant(0)
        return formulas.lstm_gradients(e, _, [*v[:5], tanh(e, v[5]), v[6], zero, v[7], zero, zero, zero])

    def _gru_formula(e: Any, numbers: Any, v: Any) -> Any:
        r, z, n, h_r, h_z, h_n, old = v
        zero = e.constant(0)
        n, r, z, _hidden, h = formulas.gru(e, numbers, [n, r, z, h_n, zero, h_r, h_z, zero, old])
        return [r, z, n, h]

    def _gru_back_formula(e: Any, numbers: Any, v: Any) -> Any:
        r, z, n, h_n, old, d = v
        d_n, d_r, d_z, d_hidden, kept = formulas.gru_gradients(e, numbers, [n, r, z, h_n, old, d, e.constant(0)])
        return [d_r, d_z, d_n, d_r, d_z, d_hidden, kept]

    _lstm_map = mapped("steps_lstm", (1,) * 5, (1,) * 6, _lstm_formula)
    _lstm_back_map = mapped("steps_lstm_back", (1,) * 8, (1,) * 5, _lstm_back_formula)
    _gru_map = mapped("steps_gru", (1,) * 7, (1,) * 4, _gru_formula, numbers=2)
    _gru_back_map = mapped("steps_gru_back", (1,) * 6, (1,) * 7, _gru_back_formula, numbers=2)

    @kernel(*VECTOR, inner=True)
    def rnn_vectors(n: int, m: int, a: Array, sums: int, new: int, kind: int, _4: int, _5: int) -> None:
        """As `rnn_loop`."""
        count, base = (n * m + LANES - 1) // LANES, a.ctypes.data
        last = n * m - (count - 1) * LANES
        if kind == scalars.TANH:
            _tanh_map(count, last, (base + sums * 4,), MOVES[:1], (base + new * 4,), MOVES[:1], ())
        elif kind == scalars.SIGMOID:
            _sigmoid_map(count, last, (base + sums * 4,), MOVES[:1], (base + new * 4,), MOVES[:1], ())
        elif kind == scalars.RELU:
            _relu_map(count, last, (base + sums * 4,), MOVES[:1], (base + new * 4,), MOVES[:1], ())
        else:
            rnn_loop(n, m, a, sums, new, kind, _4, _5)

    @kernel(*VECTOR, inner=True)
    def lstm_vectors(n: int, m: int, a: Array, gates: int, old: int, new: int, h: int, _5: int) -> None:
        """As `lstm_loop`."""
        count, base, w = (m + LANES - 1) // LANES, a.ctypes.data, m * 4
        last = m - (count - 1) * LANES
        for row in range(n):
            i, at = base + (gates + row * 4 * m) * 4, base + row * w
            _lstm_map(count, last, (i, i + w, i + 2 * w, i + 3 * w, at + old * 4), MOVES[:5],
                      (i, i + w, i + 2 * w, i + 3 * w, at + new * 4, at + h * 4), MOVES[:6], ())  # fmt: skip

    @kernel(*VECTOR, inner=True)
    def lstm_vectors_backward(n: int, m: int, a: Array, gates: int, old: int, new: int, d: int, carry: int) -> None:
        """As `lstm_loop_backward`."""
        count, base, w = (m + LANES - 1) // LANES, a.ctypes.data, m * 4
        last = m - (count - 1) * LANES
        for row in range(n):
            i, at = base + (gates + row * 4 * m) * 4, base + row * w
            _lstm_back_map(
                count, last,
                (i, i + w, i + 2 * w, i + 3 * w, at + old * 4, at + new * 4, at + d * 4, at + carry * 4), MOVES[:8],
                (i, i + w, i + 2 * w, i + 3 * w, at + carry * 4), MOVES[:5], (),
            )  # fmt: skip

    @kernel(*VECTOR, inner=True)
    def gru_vectors(n: int, m: int, a: Array, gates: int, hidden: int, old: int, new: int, _5: int) -> None:
        """As `gru_loop`."""
        count, base, w = (m + LANES - 1) // LANES, a.ctypes.data, m * 4
        last = m - (count - 1) * LANES
        for row in range(n):
            r, i, at = base + (gates + row * 3 * m) * 4, base + (hidden + row * 3 * m) * 4, base + row * w
            _gru_map(count, last, (r, r + w, r + 2 * w, i, i + w, i + 2 * w, at + old * 4), MOVES[:7],
                     (r, r + w, r + 2 * w, at + new * 4), MOVES[:4], (ZERO, ONE))  # fmt: skip

    @kernel(*VECTOR, inner=True)
    def gru_vectors_backward(n: int, m: int, a: Array, gates: int, hidden: int, old: int, d: int, _5: int) -> None:
        """As `gru_loop_backward`."""
        count, base, w = (m + LANES - 1) // LANES, a.ctypes.data, m * 4
        last = m - (count - 1) * LANES
        for row in range(n):
            r, i, at = base + (gates + row * 3 * m) * 4, base + (hidden + row * 3 * m) * 4, base + row * w
            _gru_back_map(count, last, (r, r + w, r + 2 * w, i + 2 * w, at + old * 4, at + d * 4), MOVES[:6],
                          (r, r + w, r + 2 * w, i, i + w, i + 2 * w, at + d * 4), MOVES[:7], (ZERO, ONE))  # fmt: skip

    VECTORS = {RNN: rnn_vectors, LSTM: lstm_vectors, LSTM_BACK: lstm_vectors_backward, GRU: gru_vectors,
               GRU_BACK: gru_vectors_backward}  # fmt: skip
