"""Recurrent layers over (T, N, n): float32 by register tiles, where the processor has them, else by matrix products.

These are of the inputs of all steps together, and of the state in each step.

States are kept as (T + 1, N, m), the first one included. In reverse time runs from T − 1 to 0 and the first state
stands last, so that step t reads state t + reverse and writes state t + 1 − reverse.
"""

from __future__ import annotations

from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from .. import scalars
from ..compile import Array, kernel
from . import cells
from .machine import tiled

activate, slope = scalars.activate, scalars.slope
sigmoid = scalars.sigmoid
lstm_cell, lstm_cell_backward = scalars.lstm_cell, scalars.lstm_cell_backward
gru_state, gru_state_backward = scalars.gru_state, scalars.gru_state_backward


A = TypeVar("A")
"""An array of the CPU, or of a device."""


class Gradients(NamedTuple, Generic[A]):
    """Of everything that a recurrent layer reads; c0 and peephole for an LSTM alone."""

    x: A
    h0: A
    w_ih: A
    w_hh: A
    b_ih: A
    b_hh: A
    c0: A | None = None
    peephole: A | None = None


def rnn_forward(
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    kind: int,
    reverse: bool,
) -> Array:
    """h = activation(W_ih x + b_ih + W_hh h + b_hh): all states (T + 1, N, m). `kind`: as in scalars."""
    if tiled(x):
        return cells.rnn_forward(x, h0, w_ih, w_hh, b_ih, b_hh, kind, reverse)
    sums, h = _sums(x, w_ih, b_ih, b_hh), _states(len(x), h0, reverse)
    product = np.empty_like(h0)
    for t in _times(len(x), reverse):
        np.matmul(h[t + reverse], w_hh.T, out=product)
        rnn_step(kind, sums[t], product, h[t + 1 - reverse])
    return h


def rnn_backward(
    d_y: Array, d_last: Array, x: Array, h: Array, w_ih: Array, w_hh: Array, kind: int, reverse: bool
) -> Gradients[Array]:
    """Backpropagation through time, from the gradients of all outputs and of the last state."""
    if tiled(x):
        return Gradients(**cells.rnn_backward(d_y, d_last, x, h, w_ih, w_hh, kind, reverse))
    d_sums, d_h = np.empty_like(d_y), d_last.copy()
    for t in _times(len(x), not reverse):
        d_h += d_y[t]
        rnn_step_backward(kind, d_h, h[t + 1 - reverse], d_sums[t])
        np.matmul(d_sums[t], w_hh, out=d_h)
    return _gradients(x, h, w_ih, d_sums, d_sums, d_h, reverse)


def lstm_forward(
    x: Array,
    h0: Array,
    c0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    peephole: Array,
    reverse: bool,
) -> tuple[Array, Array, Any]:
    """All states h and c (T + 1, N, m) and the gates, for `lstm_backward` alone. `peephole`: (3m,), zeros without."""
    if tiled(x):
        return cells.lstm_forward(x, h0, c0, w_ih, w_hh, b_ih, b_hh, peephole, reverse)
    gates = _sums(x, w_ih, b_ih, b_hh)
    h, c = _states(len(x), h0, reverse), _states(len(x), c0, reverse)
    product = np.empty(gates.shape[1:], dtype=x.dtype)
    for t in _times(len(x), reverse):
        np.matmul(h[t + reverse], w_hh.T, out=product)
        lstm_step(product, c[t + reverse], peephole, gates[t], c[t + 1 - reverse], h[t + 1 - reverse])
    return h, c, gates


def lstm_backward(
    d_y: Array,
    d_last: tuple[Array, Array],
    x: Array,
    saved: tuple[Array, Array, Any],
    w_ih: Array,
    w_hh: Array,
    peephole: Array,
    reverse: bool,
) -> Gradients[Array]:
    """Backpropagation through time; `saved`: what the forward pass returned."""
    if tiled(x):
        return Gradients(**cells.lstm_backward(d_y, d_last, x, saved, w_ih, w_hh, peephole, reverse))
    h, c, gates = saved
    d_sums, d_h, d_c = np.empty_like(gates), d_last[0].copy(), d_last[1].copy()
    for t in _times(len(x), not reverse):
        d_h += d_y[t]
        lstm_step_backward(gates[t], c[t + reverse], c[t + 1 - reverse], peephole, d_h, d_c, d_sums[t])
        np.matmul(d_sums[t], w_hh, out=d_h)
    found = _gradients(x, h, w_ih, d_sums, d_sums, d_h, reverse)
    return found._replace(c0=d_c, peephole=peephole_gradient(d_sums, c, reverse))


def peephole_gradient(d_sums: Array, c: Array, reverse: bool) -> Array:
    """Of i, f and o in one (3m,): their sums' gradients times the cell that each looks at."""
    m = c.shape[2]
    old, new = (c[1:], c[:-1]) if reverse else (c[:-1], c[1:])
    looked = [(slice(0, m), old), (slice(m, 2 * m), old), (slice(3 * m, 4 * m), new)]
    return np.concatenate([(d_sums[:, :, part] * cell).sum(axis=(0, 1)) for part, cell in looked])


def gru_forward(
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    reset_after: bool,
    keep: bool,
    reverse: bool,
) -> tuple[Array, ...]:
    """All states (T + 1, N, m), the gates, and what the reset gate meets; the last two for `gru_backward` alone.

    reset_after: n = tanh(W x + b_ih + r ⊙ (W_hh h + b_hh)), and the gate meets W_hh h + b_hh;
    before: n = tanh(W x + b_ih + W_hh (r ⊙ h) + b_hh), and it meets h: the product r ⊙ h is kept instead.
    """
    if tiled(x):
        run = cells.gru_forward if reset_after else cells.gru_before_forward
        return run(x, h0, w_ih, w_hh, b_ih, b_hh, keep, reverse)
    m = h0.shape[1]
    gates, h = _sums(x, w_ih, b_ih, None), _states(len(x), h0, reverse)
    hidden_part = np.empty((len(x), *h0.shape), dtype=x.dtype)
    bias = np.zeros(3 * m, dtype=x.dtype) if b_hh is None else b_hh
    for t in _times(len(x), reverse):
        before = h[t + reverse]
        if reset_after:
            product = np.matmul(before, w_hh.T)
            product += bias
            hidden_part[t] = product[:, 2 * m :]
            gru_gates(product, before, gates[t], np.empty_like(before))
            term = gates[t][:, :m] * hidden_part[t]
        else:
            product = np.matmul(before, w_hh[: 2 * m].T)
            product += bias[: 2 * m]
            gru_gates(product, before, gates[t], hidden_part[t])
            term = np.matmul(hidden_part[t], w_hh[2 * m :].T)
            term += bias[2 * m :]
        gru_step(term, before, gates[t], h[t + 1 - reverse], keep)
    return h, gates, hidden_part


def gru_backward(
    d_y: Array,
    d_last: Array,
    x: Array,
    saved: tuple[Array, ...],
    w_ih: Array,
    w_hh: Array,
    reset_after: bool,
    keep: bool,
    reverse: bool,
) -> Gradients[Array]:
    """Backpropagation through time; `saved`: what the forward pass returned."""
    if tiled(x):
        back: Any = cells.gru_backward if reset_after else cells.gru_before_backward
        return Gradients(**back(d_y, d_last, x, saved, w_ih, w_hh, keep, reverse))
    h, gates, hidden_part = saved
    m = h.shape[2]
    d_sums, d_h = np.empty_like(gates), d_last.copy()
    # The sums on the side of the state differ from those on the side of the input in the candidate alone.
    d_state_sums = np.empty_like(gates) if reset_after else d_sums
    for t in _times(len(x), not reverse):
        before, r = h[t + reverse], gates[t][:, :m]
        d_h += d_y[t]
        gru_step_backward(gates[t], before, d_h, d_sums[t], keep)
        d_n = d_sums[t][:, 2 * m :]
        d_reset = d_n * hidden_part[t] if reset_after else np.matmul(d_n, w_hh[2 * m :]) * before
        d_sums[t][:, :m] = d_reset * r * (1 - r)
        if reset_after:
            d_state_sums[t] = d_sums[t]
            d_state_sums[t][:, 2 * m :] *= r
            d_h += np.matmul(d_state_sums[t], w_hh)
        else:
            d_h += np.matmul(d_sums[t][:, : 2 * m], w_hh[: 2 * m]) + np.matmul(d_n, w_hh[2 * m :]) * r
    found = _gradients(x, h, w_ih, d_sums, d_state_sums, d_h, reverse)
    if not reset_after:
        found.w_hh[2 * m :] = _by_time(d_sums)[:, 2 * m :].T @ _by_time(hidden_part)
    return found


def _times(steps: int, backwards: bool) -> range:
    return range(steps - 1, -1, -1) if backwards else range(steps)


def _states(steps: int, first: Array, reverse: bool) -> Array:
    states = np.empty((steps + 1, *first.shape), dtype=first.dtype)
    states[-1 if reverse else 0] = first
    return states


def _by_time(array: Array) -> Array:
    """(T, N, k) as (T·N, k)."""
    return array.reshape(array.shape[0] * array.shape[1], array.shape[2])


def _sums(x: Array, w_ih: Array, *biases: Array | None) -> Array:
    """W_ih x of all steps with the biases, (T, N, gates·m)."""
    sums: Array = np.matmul(_by_time(x), w_ih.T)
    for bias in biases:
        if bias is not None:
            sums += bias
    return sums.reshape(*x.shape[:2], len(w_ih))


def _gradients(
    x: Array, h: Array, w_ih: Array, d_sums: Array, d_state_sums: Array, d_h0: Array, reverse: bool
) -> Gradients[Array]:
    """What is left when the gradients of the sums of all steps are known: again one product over all steps."""
    sums, state_sums = _by_time(d_sums), _by_time(d_state_sums)
    before = _by_time(h[1:] if reverse else h[:-1])
    return Gradients(
        x=np.matmul(sums, w_ih).reshape(x.shape),
        h0=d_h0,
        w_ih=np.matmul(sums.T, _by_time(x)),
        w_hh=np.matmul(state_sums.T, before),
        b_ih=sums.sum(axis=0),
        b_hh=state_sums.sum(axis=0),
    )


@kernel("int64", "T[:, ::1]", "T[:, ::1]", "T[:, ::1]")
def rnn_step(kind: int, sums: Array, product: Array, h: Array) -> None:
    """The new state."""
    zero = sums.dtype.type(0)
    for row in range(h.shape[0]):
        for unit in range(h.shape[1]):
            h[row, unit] = activate(kind, sums[row, unit] + product[row, unit], zero, zero)


@kernel("int64", "T[:, ::1]", "T[:, ::1]", "T[:, ::1]")
def rnn_step_backward(kind: int, d_h: Array, h: Array, d_sums: Array) -> None:
    """The gradients of the sums; tanh, sigmoid and ReLU have their slopes from their own value."""
    zero = h.dtype.type(0)
    for row in range(h.shape[0]):
        for unit in range(h.shape[1]):
            d_sums[row, unit] = d_h[row, unit] * slope(kind, zero, h[row, unit], zero, zero)


@kernel("T[:, ::1]", "T[:, ::1]", "T[::1]", "T[:, ::1]", "T[:, ::1]", "T[:, ::1]")
def lstm_step(product: Array, c: Array, peephole: Array, gates: Array, new: Array, h: Array) -> None:
    """Turns the sums in `gates` into gates; the new cell and the new state."""
    m = c.shape[1]
    for row in range(c.shape[0]):
        for unit in range(m):
            i, f, g, o, cell, state = lstm_cell(
                gates[row, unit] + product[row, unit],
                gates[row, m + unit] + product[row, m + unit],
                gates[row, 2 * m + unit] + product[row, 2 * m + unit],
                gates[row, 3 * m + unit] + product[row, 3 * m + unit],
                c[row, unit],
                peephole[unit],
                peephole[m + unit],
                peephole[2 * m + unit],
            )
            gates[row, unit], gates[row, m + unit], gates[row, 2 * m + unit], gates[row, 3 * m + unit] = i, f, g, o
            new[row, unit], h[row, unit] = cell, state


@kernel("T[:, ::1]", "T[:, ::1]", "T[:, ::1]", "T[::1]", "T[:, ::1]", "T[:, ::1]", "T[:, ::1]")
def lstm_step_backward(
    gates: Array, c: Array, new: Array, peephole: Array, d_h: Array, d_c: Array, d_sums: Array
) -> None:
    """The gradients of the sums; turns d_c, the new cell's gradient from later steps, into the old cell's."""
    m = c.shape[1]
    for row in range(c.shape[0]):
        for unit in range(m):
            d_i, d_f, d_g, d_o, d_old = lstm_cell_backward(
                gates[row, unit],
                gates[row, m + unit],
                gates[row, 2 * m + unit],
                gates[row, 3 * m + unit],
                c[row, unit],
                new[row, unit],
                peephole[unit],
                peephole[m + unit],
                peephole[2 * m + unit],
                d_h[row, unit],
                d_c[row, unit],
            )
            d_sums[row, unit], d_sums[row, m + unit] = d_i, d_f
            d_sums[row, 2 * m + unit], d_sums[row, 3 * m + unit] = d_g, d_o
            d_c[row, unit] = d_old


@kernel("T[:, ::1]", "T[:, ::1]", "T[:, ::1]", "T[:, ::1]")
def gru_gates(product: Array, h: Array, gates: Array, reset: Array) -> None:
    """Turns the first two sums in `gates` into r and z; r ⊙ h into `reset`."""
    m = h.shape[1]
    for row in range(h.shape[0]):
        for unit in range(m):
            r = sigmoid(gates[row, unit] + product[row, unit])
            gates[row, unit] = r
            gates[row, m + unit] = sigmoid(gates[row, m + unit] + product[row, m + unit])
            reset[row, unit] = r * h[row, unit]


@kernel("T[:, ::1]", "T[:, ::1]", "T[:, ::1]", "T[:, ::1]", "boolean")
def gru_step(term: Array, h: Array, gates: Array, new: Array, keep: bool) -> None:
    """Turns the candidate's sum in `gates` into the candidate, `term` added first; the new state."""
    m = h.shape[1]
    for row in range(h.shape[0]):
        for unit in range(m):
            n, state = gru_state(gates[row, 2 * m + unit] + term[row, unit], gates[row, m + unit], h[row, unit], keep)
            gates[row, 2 * m + unit], new[row, unit] = n, state


@kernel("T[:, ::1]", "T[:, ::1]", "T[:, ::1]", "T[:, ::1]", "boolean")
def gru_step_backward(gates: Array, h: Array, d_h: Array, d_sums: Array, keep: bool) -> None:
    """The gradients of the sums of z and n; turns d_h, the new state's gradient, into what the old one keeps of it."""
    m = h.shape[1]
    for row in range(h.shape[0]):
        for unit in range(m):
            d_z, d_n, d_old = gru_state_backward(
                gates[row, m + unit], gates[row, 2 * m + unit], h[row, unit], d_h[row, unit], keep
            )
            d_sums[row, m + unit], d_sums[row, 2 * m + unit], d_h[row, unit] = d_z, d_n, d_old
