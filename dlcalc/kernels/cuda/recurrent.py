"""Recurrent layers over (T, N, n): the inputs of all steps in one matrix product, then one launch for each step.

A step's launch is the product with W_hh whose sums become the new state, or on the way back the gradient of the old
one, before they leave the registers (`steps`). A GRU that resets before its product needs two. States are kept as
(T + 1, N, m), the first one included. In reverse time runs from T − 1 to 0 and the first state stands last, so that
step t reads state t + reverse and writes state t + 1 − reverse.
"""

from __future__ import annotations

from typing import Any

from ..cpu.recurrent import Gradients
from . import device, steps
from .device import DeviceArray, on_device
from .products import View, multiply, no_table
from .reductions import column_products, column_sums, copied, copy, joined, spread, sum_of, zeros
from .steps import Step


@on_device
def rnn_forward(
    x: DeviceArray,
    h0: DeviceArray,
    w_ih: DeviceArray,
    w_hh: DeviceArray,
    b_ih: DeviceArray | None,
    b_hh: DeviceArray | None,
    kind: int,
    reverse: bool,
) -> DeviceArray:
    """h = activation(W_ih x + b_ih + W_hh h + b_hh): all states (T + 1, N, m). `kind`: as in scalars."""
    sums, h = _sums(x, w_ih, b_ih, b_hh), states(len(x), h0, reverse)
    for t in times(len(x), reverse):
        g = _forward(h0.shape, 1, t, reverse)._replace(kind=kind)
        steps.rnn_new.launch(steps.blocks(g), h, w_hh, no_table(), (sums, h), _one(x), g)
    return h


@on_device
def rnn_backward(
    d_y: DeviceArray,
    d_last: DeviceArray,
    x: DeviceArray,
    h: DeviceArray,
    w_ih: DeviceArray,
    w_hh: DeviceArray,
    kind: int,
    reverse: bool,
) -> Gradients[DeviceArray]:
    """Backpropagation through time, from the gradients of all outputs and of the last state."""
    d_sums, carry, last = device.empty_like(d_y), copied(d_last), None
    for t in times(len(x), not reverse):
        g = _backward(d_last.shape, 1, t, last, reverse)._replace(kind=kind)
        extra = (d_y, carry, h, d_sums)
        steps.rnn_old.launch(steps.blocks(g), d_sums, w_hh, no_table(), extra, _one(x), g)
        last = t
    d_h0 = _first_gradient(d_sums, w_hh, carry, last, len(w_hh))
    return _gradients(x, h, w_ih, d_sums, d_sums, d_h0, reverse)


@on_device
def lstm_forward(
    x: DeviceArray,
    h0: DeviceArray,
    c0: DeviceArray,
    w_ih: DeviceArray,
    w_hh: DeviceArray,
    b_ih: DeviceArray | None,
    b_hh: DeviceArray | None,
    peephole: DeviceArray,
    reverse: bool,
) -> tuple[DeviceArray, DeviceArray, DeviceArray]:
    """All states h and c (T + 1, N, m) and the gates i, f, g, o (T, N, 4m). `peephole`: (3m,), zeros without."""
    gates = _sums(x, w_ih, b_ih, b_hh)
    h, c = states(len(x), h0, reverse), states(len(x), c0, reverse)
    for t in times(len(x), reverse):
        g = _forward(h0.shape, 4, t, reverse)
        steps.lstm_new.launch(steps.blocks(g), h, w_hh, no_table(), (gates, c, peephole, h), _one(x), g)
    return h, c, gates


@on_device
def lstm_backward(
    d_y: DeviceArray,
    d_last: tuple[DeviceArray, DeviceArray],
    x: DeviceArray,
    saved: tuple[DeviceArray, DeviceArray, DeviceArray],
    w_ih: DeviceArray,
    w_hh: DeviceArray,
    peephole: DeviceArray,
    reverse: bool,
) -> Gradients[DeviceArray]:
    """Backpropagation through time; `saved`: what the forward pass returned."""
    h, c, gates = saved
    d_sums, carry, d_c, last = device.empty_like(gates), copied(d_last[0]), copied(d_last[1]), None
    for t in times(len(x), not reverse):
        g = _backward(carry.shape, 4, t, last, reverse)
        extra = (d_y, carry, gates, c, peephole, d_c, d_sums)
        steps.lstm_old.launch(steps.blocks(g), d_sums, w_hh, no_table(), extra, _one(x), g)
        last = t
    d_h0 = _first_gradient(d_sums, w_hh, carry, last, len(w_hh))
    found = _gradients(x, h, w_ih, d_sums, d_sums, d_h0, reverse)
    return found._replace(c0=d_c, peephole=peephole_gradient(d_sums, c, reverse))


def peephole_gradient(d_sums: DeviceArray, c: DeviceArray, reverse: bool) -> DeviceArray:
    """Of i, f and o in one (3m,): their sums' gradients times the cell that each looks at."""
    steps_, images, m = c.shape
    rows = (steps_ - 1) * images
    out = device.empty((3 * m,), c.dtype)
    old, new = (images * m, 0) if reverse else (0, images * m)
    for number, (gate, cell) in enumerate(((0, old), (1, old), (3, new))):
        column_products(d_sums, c, out, rows, m, (gate * m, 4 * m, cell, number * m))
    return out


@on_device
def gru_forward(
    x: DeviceArray,
    h0: DeviceArray,
    w_ih: DeviceArray,
    w_hh: DeviceArray,
    b_ih: DeviceArray | None,
    b_hh: DeviceArray | None,
    reset_after: bool,
    keep: bool,
    reverse: bool,
) -> tuple[DeviceArray, DeviceArray, DeviceArray]:
    """All states (T + 1, N, m), the gates r, z, n (T, N, 3m), and what the reset gate meets (T, N, m).

    reset_after: n = tanh(W x + b_ih + r ⊙ (W_hh h + b_hh)), and the gate meets W_hh h + b_hh;
    before: n = tanh(W x + b_ih + W_hh (r ⊙ h) + b_hh), and it meets h: the product r ⊙ h is kept instead.
    """
    images, m = h0.shape
    gates, h = _sums(x, w_ih, b_ih, None), states(len(x), h0, reverse)
    hidden_part = device.empty((len(x), images, m), x.dtype)
    bias = zeros((3 * m,), x.dtype) if b_hh is None else b_hh
    extra = (gates, hidden_part, bias, h)
    for t in times(len(x), reverse):
        g = _forward(h0.shape, 3, t, reverse)._replace(keep=int(keep))
        if reset_after:
            steps.gru_after_new.launch(steps.blocks(g), h, w_hh, no_table(), extra, _one(x), g)
            continue
        two = g._replace(columns=2 * m)
        steps.gru_gates.launch(steps.blocks(two), h, w_hh, no_table(), extra, _one(x), two)
        third = g._replace(columns=m, a_start=g.here, b_start=2 * m * m)
        steps.gru_before_new.launch(steps.blocks(third), hidden_part, w_hh, no_table(), extra, _one(x), third)
    return h, gates, hidden_part


@on_device
def gru_backward(
    d_y: DeviceArray,
    d_last: DeviceArray,
    x: DeviceArray,
    saved: tuple[DeviceArray, DeviceArray, DeviceArray],
    w_ih: DeviceArray,
    w_hh: DeviceArray,
    reset_after: bool,
    keep: bool,
    reverse: bool,
) -> Gradients[DeviceArray]:
    """Backpropagation through time; `saved`: what the forward pass returned."""
    h, gates, hidden_part = saved
    m, last = h.shape[2], None
    d_sums, carry = device.empty_like(gates), copied(d_last)
    # The sums on the side of the state differ from those on the side of the input in the candidate alone.
    d_state_sums = device.empty_like(gates) if reset_after else d_sums
    depth = 3 * m if reset_after else 2 * m
    for t in times(len(x), not reverse):
        g = _backward(d_last.shape, 3, t, last, reverse)._replace(keep=int(keep))
        if reset_after:
            extra = (d_y, carry, gates, hidden_part, h, d_sums, d_state_sums)
            steps.gru_after_old.launch(steps.blocks(g), d_state_sums, w_hh, no_table(), extra, _one(x), g)
        else:
            g = g._replace(depth=min(g.depth, depth))
            others = (d_y, carry, gates, h, d_sums)
            steps.gru_before_old.launch(steps.blocks(g), d_sums, w_hh, no_table(), others, _one(x), g)
            g = g._replace(depth=m, a_start=g.step + 2 * m, b_start=2 * m * m)
            steps.gru_reset_old.launch(steps.blocks(g), d_sums, w_hh, no_table(), others[1:], _one(x), g)
        last = t
    d_h0 = _first_gradient(d_state_sums, w_hh, carry, last, depth)
    found = _gradients(x, h, w_ih, d_sums, d_state_sums, d_h0, reverse)
    if reset_after:
        return found
    rows = len(x) * len(d_last)
    candidates = View(d_sums, rows, m, 3 * m, 2 * m)
    third = multiply(candidates, View(hidden_part, rows, m, m), (True, False))
    return found._replace(w_hh=joined((DeviceArray(found.w_hh.flat, (2 * m, m), x.dtype), third)))


def times(number: int, backwards: bool) -> range:
    """The steps in the order in which they are taken."""
    return range(number - 1, -1, -1) if backwards else range(number)


def states(number: int, first: DeviceArray, reverse: bool) -> DeviceArray:
    """Room for all states, the first one in its place."""
    out = device.empty((number + 1, *first.shape), first.dtype)
    copy.launch(spread(first.size), first, out, 0, number * first.size if reverse else 0, first.size)
    return out


def _one(x: DeviceArray) -> Any:
    return x.dtype.type(1)


def _forward(state: tuple[int, ...], gates: int, t: int, reverse: bool) -> Step:
    """From state t + reverse to t + 1 − reverse."""
    images, m = state
    old, new = (t + reverse) * images * m, (t + 1 - reverse) * images * m
    return Step(
        rows=images,
        # A tile has the columns of its units for four gates.
        columns=m if gates == 1 else steps.gate_columns(m),
        depth=m,
        parts=1,
        span=max(1, m),
        a_start=old,
        a_row=m,
        b_start=0,
        gates=gates,
        units=m,
        old=old,
        new=new,
        step=t * images * gates * m,
        here=t * images * m,
        kind=0,
        keep=0,
    )


def _backward(state: tuple[int, ...], gates: int, t: int, last: int | None, reverse: bool) -> Step:
    """To step t from step `last`, the one taken before on the way back; None: there was none."""
    m = state[1]
    depth = 0 if last is None else gates * m
    start = (last or 0) * state[0] * gates * m
    g = _forward(state, gates, t, reverse)
    return g._replace(columns=m, depth=depth, span=max(1, gates * m), a_start=start, a_row=gates * m)


def _first_gradient(
    d_sums: DeviceArray, w_hh: DeviceArray, carry: DeviceArray, last: int | None, depth: int
) -> DeviceArray:
    """What the last step on the way back gives the first state: the product with W_hh's first rows, and the carry."""
    if last is None:
        return carry
    images, width = d_sums.shape[1:]
    row = View(d_sums, images, depth, width, last * images * width)
    return multiply(row, View(w_hh, depth, w_hh.shape[1], w_hh.shape[1]), added=carry)


def by_time(array: DeviceArray) -> DeviceArray:
    """(T, N, k) as (T·N, k)."""
    return array.reshape(array.shape[0] * array.shape[1], array.shape[2])


def _sums(x: DeviceArray, w_ih: DeviceArray, b_ih: DeviceArray | None, b_hh: DeviceArray | None) -> DeviceArray:
    """W_ih x of all steps with the biases, (T, N, gates·m)."""
    bias = sum_of(b_ih, b_hh) if b_ih is not None and b_hh is not None else b_ih if b_hh is None else b_hh
    return multiply(by_time(x), w_ih, (False, True), added=bias).reshape(*x.shape[:2], len(w_ih))


def _gradients(
    x: DeviceArray,
    h: DeviceArray,
    w_ih: DeviceArray,
    d_sums: DeviceArray,
    d_state_sums: DeviceArray,
    d_h0: DeviceArray,
    reverse: bool,
) -> Gradients[DeviceArray]:
    """What is left when the gradients of the sums of all steps are known: again one product over all steps."""
    sums, state_sums = by_time(d_sums), by_time(d_state_sums)
    images, m = h.shape[1:]
    before = View(h, len(x) * images, m, m, images * m if reverse else 0)
    return Gradients(
        x=multiply(sums, w_ih).reshape(*x.shape),
        h0=d_h0,
        w_ih=multiply(sums, by_time(x), (True, False)),
        w_hh=multiply(state_sums, before, (True, False)),
        b_ih=column_sums(sums),
        b_hh=column_sums(state_sums),
    )
