"""Steps of recurrent layers: a product with W_hh, and the cell's mathematics on its sums, in one kernel.

Going forwards a thread has the sums of all gates of a unit (`gate_row` puts them side by side); going back it has
the gradients of four units' states. Every number is written by one thread alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numba.extending import register_jitable

from .. import scalars
from . import products
from .products import MICRO, SIDE, TILE, tiled

activate, slope, sigmoid = scalars.activate, scalars.slope, scalars.sigmoid
lstm_cell, lstm_cell_backward = scalars.lstm_cell, scalars.lstm_cell_backward
gru_state, gru_state_backward = scalars.gru_state, scalars.gru_state_backward

GATES = 3
"""Of a GRU: r, z and n."""


class Step(NamedTuple):
    """`Geometry`'s beginning, then where a step's numbers start.

    These are the factors, the states that it reads and writes, its gates (N, gates·m) and its row in arrays (T, N, m).
    """

    rows: int
    columns: int
    depth: int
    parts: int
    span: int
    a_start: int
    a_row: int
    b_start: int
    gates: int
    units: int
    old: int
    new: int
    step: int
    here: int
    kind: int
    keep: int


def blocks(g: Step) -> int:
    """How many a launch needs."""
    return products.blocks(g, 1)


def gate_columns(units: int) -> int:
    """The columns of whole tiles, of which each has SIDE units."""
    return -(-units // SIDE) * TILE


@register_jitable
def state_row(a: Any, table: Any, g: Any, batch: int, i: int, k: int) -> Any:
    """Unit k of example i."""
    return a[g.a_start + i * g.a_row + k]


@register_jitable
def weight_row(b: Any, table: Any, g: Any, batch: int, k: int, j: int) -> Any:
    """What row j of W_hh has for unit k."""
    return b[g.b_start + j * g.units + k]


@register_jitable
def weight_column(b: Any, table: Any, g: Any, batch: int, k: int, j: int) -> Any:
    """What row k of W_hh has for unit j."""
    return b[g.b_start + k * g.units + j]


@register_jitable
def gate_row(b: Any, table: Any, g: Any, batch: int, k: int, j: int) -> Any:
    """What W_hh has for unit k in the row of column j: column SIDE·gate + unit of a tile."""
    tile = j // TILE
    column = j - tile * TILE
    gate = column // SIDE
    unit = tile * SIDE + column - gate * SIDE
    if gate < g.gates and unit < g.units:
        return b[(gate * g.units + unit) * g.units + k]
    return b.dtype.type(0)


@register_jitable
def unit_of(column: int) -> int:
    """The unit whose gates are the sums from this column on."""
    tile = column // TILE
    return tile * SIDE + column - tile * TILE


@register_jitable
def new_rnn(extra: Any, alpha: Any, g: Any, z: int, row: int, column: int, values: Any) -> None:
    """The new states."""
    sums, h = extra
    zero = h.dtype.type(0)
    for c in range(MICRO):
        unit = column + c * SIDE
        if unit < g.units:
            at = row * g.units + unit
            h[g.new + at] = activate(g.kind, sums[g.here + at] + values[c], zero, zero)


@register_jitable
def old_rnn(extra: Any, alpha: Any, g: Any, z: int, row: int, column: int, values: Any) -> None:
    """The gradients of the sums; tanh, sigmoid and ReLU have their slopes from their own value."""
    d_y, carry, h, d_sums = extra
    zero = h.dtype.type(0)
    for c in range(MICRO):
        unit = column + c * SIDE
        if unit < g.units:
            at = row * g.units + unit
            d_h = values[c] + carry[at] + d_y[g.here + at]
            d_sums[g.here + at] = d_h * slope(g.kind, zero, h[g.new + at], zero, zero)
            carry[at] = zero


@register_jitable
def new_lstm(extra: Any, alpha: Any, g: Any, z: int, row: int, column: int, values: Any) -> None:
    """Turns the sums in `gates` into gates; the new cell and the new state."""
    gates, c, peephole, h = extra
    unit, m = unit_of(column), g.units
    if unit < m:
        at, place = row * m + unit, g.step + row * 4 * m + unit
        i, f, n, o, cell, state = lstm_cell(
            gates[place] + values[0],
            gates[place + m] + values[1],
            gates[place + 2 * m] + values[2],
            gates[place + 3 * m] + values[3],
            c[g.old + at],
            peephole[unit],
            peephole[m + unit],
            peephole[2 * m + unit],
        )
        gates[place], gates[place + m], gates[place + 2 * m], gates[place + 3 * m] = i, f, n, o
        c[g.new + at], h[g.new + at] = cell, state


@register_jitable
def old_lstm(extra: Any, alpha: Any, g: Any, z: int, row: int, column: int, values: Any) -> None:
    """The gradients of the sums; turns d_c, the new cell's gradient from later steps, into the old cell's."""
    d_y, carry, gates, c, peephole, d_c, d_sums = extra
    m = g.units
    for part in range(MICRO):
        unit = column + part * SIDE
        if unit < m:
            at, place = row * m + unit, g.step + row * 4 * m + unit
            d_h = values[part] + carry[at] + d_y[g.here + at]
            d_i, d_f, d_g, d_o, d_old = lstm_cell_backward(
                gates[place],
                gates[place + m],
                gates[place + 2 * m],
                gates[place + 3 * m],
                c[g.old + at],
                c[g.new + at],
                peephole[unit],
                peephole[m + unit],
                peephole[2 * m + unit],
                d_h,
                d_c[at],
            )
            d_sums[place], d_sums[place + m], d_sums[place + 2 * m], d_sums[place + 3 * m] = d_i, d_f, d_g, d_o
            d_c[at] = d_old
            carry[at] = carry.dtype.type(0)


@register_jitable
def new_gru_after(extra: Any, alpha: Any, g: Any, z: int, row: int, column: int, values: Any) -> None:
    """The gates, what the reset gate meets, and the new state."""
    gates, hidden_part, bias, h = extra
    unit, m = unit_of(column), g.units
    if unit < m:
        at, place = row * m + unit, g.step + row * GATES * m + unit
        r = sigmoid(gates[place] + values[0] + bias[unit])
        update = sigmoid(gates[place + m] + values[1] + bias[m + unit])
        term = values[2] + bias[2 * m + unit]
        n, state = gru_state(gates[place + 2 * m] + r * term, update, h[g.old + at], g.keep)
        gates[place], gates[place + m], gates[place + 2 * m] = r, update, n
        hidden_part[g.here + at], h[g.new + at] = term, state


@register_jitable
def new_gru_gates(extra: Any, alpha: Any, g: Any, z: int, row: int, column: int, values: Any) -> None:
    """Turns the first two sums in `gates` into r and z; r ⊙ h into `hidden_part`."""
    gates, hidden_part, bias, h = extra
    m = g.units
    for c in range(MICRO):
        j = column + c * SIDE
        if j < 2 * m:
            place = g.step + row * GATES * m + j
            gate = sigmoid(gates[place] + values[c] + bias[j])
            gates[place] = gate
            if j < m:
                hidden_part[g.here + row * m + j] = gate * h[g.old + row * m + j]


@register_jitable
def new_gru_before(extra: Any, alpha: Any, g: Any, z: int, row: int, column: int, values: Any) -> None:
    """Turns the candidate's sum in `gates` into the candidate; the new state."""
    gates, _, bias, h = extra
    m = g.units
    for c in range(MICRO):
        unit = column + c * SIDE
        if unit < m:
            at, place = row * m + unit, g.step + row * GATES * m + unit
            total = gates[place + 2 * m] + values[c] + bias[2 * m + unit]
            n, state = gru_state(total, gates[place + m], h[g.old + at], g.keep)
            gates[place + 2 * m], h[g.new + at] = n, state


@register_jitable
def old_gru_after(extra: Any, alpha: Any, g: Any, z: int, row: int, column: int, values: Any) -> None:
    """The gradients of the sums on both sides; the carry becomes what the old state keeps of the new one's gradient."""
    d_y, carry, gates, hidden_part, h, d_sums, d_state_sums = extra
    m = g.units
    for c in range(MICRO):
        unit = column + c * SIDE
        if unit < m:
            at, place = row * m + unit, g.step + row * GATES * m + unit
            r, update, n = gates[place], gates[place + m], gates[place + 2 * m]
            d_h = values[c] + carry[at] + d_y[g.here + at]
            d_z, d_n, d_old = gru_state_backward(update, n, h[g.old + at], d_h, g.keep)
            d_r = d_n * hidden_part[g.here + at] * r * (scalars.ONE - r)
            d_sums[place], d_sums[place + m], d_sums[place + 2 * m] = d_r, d_z, d_n
            d_state_sums[place], d_state_sums[place + m], d_state_sums[place + 2 * m] = d_r, d_z, d_n * r
            carry[at] = d_old


@register_jitable
def old_gru_before(extra: Any, alpha: Any, g: Any, z: int, row: int, column: int, values: Any) -> None:
    """The gradients of the sums of z and n; the carry becomes what the old state keeps of the new one's gradient."""
    d_y, carry, gates, h, d_sums = extra
    m = g.units
    for c in range(MICRO):
        unit = column + c * SIDE
        if unit < m:
            at, place = row * m + unit, g.step + row * GATES * m + unit
            d_h = values[c] + carry[at] + d_y[g.here + at]
            d_z, d_n, d_old = gru_state_backward(gates[place + m], gates[place + 2 * m], h[g.old + at], d_h, g.keep)
            d_sums[place + m], d_sums[place + 2 * m], carry[at] = d_z, d_n, d_old


@register_jitable
def old_gru_reset(extra: Any, alpha: Any, g: Any, z: int, row: int, column: int, values: Any) -> None:
    """The gradient of r's sum; the carry gets what reaches the old state through r ⊙ h."""
    carry, gates, h, d_sums = extra
    m = g.units
    for c in range(MICRO):
        unit = column + c * SIDE
        if unit < m:
            at, place = row * m + unit, g.step + row * GATES * m + unit
            r = gates[place]
            d_sums[place] = values[c] * h[g.old + at] * r * (scalars.ONE - r)
            carry[at] += values[c] * r


_ROWS, _COLUMNS = (True, True), (True, False)

rnn_new = tiled("steps.rnn_new", Step, 2, state_row, weight_row, new_rnn, _ROWS)
rnn_old = tiled("steps.rnn_old", Step, 4, state_row, weight_column, old_rnn, _COLUMNS)
lstm_new = tiled("steps.lstm_new", Step, 4, state_row, gate_row, new_lstm, _ROWS)
lstm_old = tiled("steps.lstm_old", Step, 7, state_row, weight_column, old_lstm, _COLUMNS)
gru_after_new = tiled("steps.gru_after_new", Step, 4, state_row, gate_row, new_gru_after, _ROWS)
gru_after_old = tiled("steps.gru_after_old", Step, 7, state_row, weight_column, old_gru_after, _COLUMNS)
gru_gates = tiled("steps.gru_gates", Step, 4, state_row, weight_row, new_gru_gates, _ROWS)
gru_before_new = tiled("steps.gru_before_new", Step, 4, state_row, weight_row, new_gru_before, _ROWS)
gru_before_old = tiled("steps.gru_before_old", Step, 5, state_row, weight_column, old_gru_before, _COLUMNS)
gru_reset_old = tiled("steps.gru_reset_old", Step, 4, state_row, weight_column, old_gru_reset, _COLUMNS)
