"""Recurrent layers over (T, N, n): the inputs of all steps in one product, the state in one for each step.

States are (T + 1, N, m) with the first one in front, or last where time runs backwards, as in `..recurrent`. The gates
of a forward pass become the gradients of their sums in the backward pass, in place.
"""

from __future__ import annotations

from ...compile import Array, kernel
from .cells import GRU, GRU_BACK, LSTM, LSTM_BACK, RNN, RNN_BACK, cell
from .products import add_bias, add_rows_to, turn_over
from .row import PRODUCT, TURN, product, step


@kernel("int64", "int64[::1]", "T[::1]", "T[::1]", "int64[::1]", "int64", inner=True)
def _start(n: int, s: Array, a: Array, p: Array, c: Array, gates: int) -> None:
    """The inputs' part of all sums; the first states, from the batch before where the layer carries them on."""
    x, w_ih, b, sums, h, state, steps, inputs, m = s[1], s[5], s[7], s[9], s[10], s[11], s[13], s[14], s[15]
    product(c[PRODUCT], steps * n, gates * m, inputs, a, x, inputs, 1, p, w_ih, gates * m, a, sums, gates * m, False)
    if b >= 0:
        add_bias(a, sums, steps * n, gates * m, p, b)
    first = h + (steps * n * m if s[16] else 0)
    for at in range(n * m):
        a[first + at] = a[state + at] if state >= 0 else 0


@kernel("int64", "int64[::1]", "T[::1]", inner=True)
def _end(n: int, s: Array, a: Array) -> None:
    """Where states are carried on, the last ones are the first of the next batch."""
    h, state, steps, m = s[10], s[11], s[13], s[15]
    if state >= 0:
        last = h + (0 if s[16] else steps * n * m)
        for at in range(n * m):
            a[state + at] = a[last + at]


@kernel("int64", "int64[::1]", "T[::1]", "T[::1]", "T[::1]", "int64[::1]", "int64", inner=True)
def _gradients(n: int, s: Array, a: Array, p: Array, g: Array, c: Array, gates: int) -> None:
    """What is left when the gradients of the sums of all steps are known."""
    x, dx, w_ih, w_hh, b, sums, h = s[1], s[3], s[5], s[6], s[7], s[9], s[10]
    steps, inputs, m, reverse, transposed = s[13], s[14], s[15], s[16], s[17]
    rows, width = steps * n, gates * m
    before = h + (n * m if reverse else 0)
    if w_ih < len(g):
        product(c[PRODUCT], inputs, width, rows, a, x, 1, inputs, a, sums, width, g, w_ih, width, True)
        if w_hh >= 0:
            product(c[PRODUCT], m, width, rows, a, before, 1, m, a, sums, width, g, w_hh, width, True)
        if b >= 0:
            add_rows_to(a, sums, rows, width, g, b)
    if dx >= 0:
        turn_over(c[TURN], p, w_ih, inputs, width, a, transposed)
        product(c[PRODUCT], rows, inputs, width, a, sums, width, 1, a, transposed, inputs, a, dx, inputs, s[18] > 0)


@step
def rnn(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """h = f(W_ih x + W_hh h + b)."""
    w_hh, sums, h, steps, m, reverse, kind = s[6], s[9], s[10], s[13], s[15], s[16], s[19]
    _start(n, s, a, p, c, 1)
    for turn in range(steps):
        now = steps - 1 - turn if reverse else turn
        old, new, line = h + (now + reverse) * n * m, h + (now + 1 - reverse) * n * m, sums + now * n * m
        product(c[PRODUCT], n, m, m, a, old, m, 1, p, w_hh, m, a, line, m, True)
        cell(c[RNN], n, m, a, line, new, kind, 0, 0)
    _end(n, s, a)


@step
def rnn_backward(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """Backpropagation through time: `dy` is (T, N, m), and is used up."""
    dy, w_hh, sums, h, steps, m = s[4], s[6], s[9], s[10], s[13], s[15]
    reverse, transposed, kind = s[16], s[17], s[19]
    turn_over(c[TURN], p, w_hh, m, m, a, transposed)
    for turn in range(steps):
        now = turn if reverse else steps - 1 - turn
        new, line, d = h + (now + 1 - reverse) * n * m, sums + now * n * m, dy + now * n * m
        cell(c[RNN_BACK], n, m, a, line, new, kind, d, 0)
        if turn < steps - 1:
            earlier = d + (n * m if reverse else -n * m)
            product(c[PRODUCT], n, m, m, a, line, m, 1, a, transposed, m, a, earlier, m, True)
    _gradients(n, s, a, p, g, c, 1)


@step
def lstm(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """Gates i, f, g, o; cells are kept as states are."""
    w_hh, gates, h, cells, steps, m, reverse = s[6], s[9], s[10], s[12], s[13], s[15], s[16]
    _start(n, s, a, p, c, 4)
    first = cells + (steps * n * m if reverse else 0)
    for at in range(n * m):
        a[first + at] = a[s[20] + at] if s[11] >= 0 else 0
    for turn in range(steps):
        now = steps - 1 - turn if reverse else turn
        old, new, line = (now + reverse) * n * m, (now + 1 - reverse) * n * m, gates + now * n * 4 * m
        product(c[PRODUCT], n, 4 * m, m, a, h + old, m, 1, p, w_hh, 4 * m, a, line, 4 * m, True)
        cell(c[LSTM], n, m, a, line, cells + old, cells + new, h + new, 0)
    _end(n, s, a)
    if s[11] >= 0:
        last = cells + (0 if reverse else steps * n * m)
        for at in range(n * m):
            a[s[20] + at] = a[last + at]


@step
def lstm_backward(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """Backpropagation through time; the gradient of the cell is carried in `carry`."""
    dy, w_hh, gates, cells, steps, m = s[4], s[6], s[9], s[12], s[13], s[15]
    reverse, transposed, carry = s[16], s[17], s[19]
    turn_over(c[TURN], p, w_hh, m, 4 * m, a, transposed)
    a[carry : carry + n * m] = 0
    for turn in range(steps):
        now = turn if reverse else steps - 1 - turn
        old, new, line, d = (
            (now + reverse) * n * m,
            (now + 1 - reverse) * n * m,
            gates + now * n * 4 * m,
            dy + now * n * m,
        )
        cell(c[LSTM_BACK], n, m, a, line, cells + old, cells + new, d, carry)
        if turn < steps - 1:
            earlier = d + (n * m if reverse else -n * m)
            product(c[PRODUCT], n, m, 4 * m, a, line, 4 * m, 1, a, transposed, m, a, earlier, m, True)
    _gradients(n, s, a, p, g, c, 4)


@step
def gru(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """Gates r, z, n in PyTorch's form: n = tanh(W_ih x + b + r ⊙ (W_hh h + b_hh)), h ← z ⊙ h + (1 − z) ⊙ n."""
    w_hh, b_hh, gates, h, hidden, steps, m, reverse = s[6], s[8], s[9], s[10], s[12], s[13], s[15], s[16]
    _start(n, s, a, p, c, 3)
    for turn in range(steps):
        now = steps - 1 - turn if reverse else turn
        old, new = h + (now + reverse) * n * m, h + (now + 1 - reverse) * n * m
        line, part = gates + now * n * 3 * m, hidden + now * n * 3 * m
        product(c[PRODUCT], n, 3 * m, m, a, old, m, 1, p, w_hh, 3 * m, a, part, 3 * m, False)
        if b_hh >= 0:
            add_bias(a, part, n, 3 * m, p, b_hh)
        cell(c[GRU], n, m, a, line, part, old, new, 0)
    _end(n, s, a)


@step
def gru_backward(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """Backpropagation through time; `hidden` becomes the gradients of the sums on the state's side."""
    x, dx, dy, w_ih, w_hh, b, b_hh, gates, h, hidden = s[1], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[12]
    steps, inputs, m, reverse, transposed = s[13], s[14], s[15], s[16], s[17]
    width = 3 * m
    turn_over(c[TURN], p, w_hh, m, width, a, transposed)
    for turn in range(steps):
        now = turn if reverse else steps - 1 - turn
        old, line, part, d = (
            h + (now + reverse) * n * m,
            gates + now * n * width,
            hidden + now * n * width,
            dy + now * n * m,
        )
        cell(c[GRU_BACK], n, m, a, line, part, old, d, 0)
        if turn < steps - 1:
            earlier = d + (n * m if reverse else -n * m)
            product(c[PRODUCT], n, m, width, a, part, width, 1, a, transposed, m, a, earlier, m, True)
            for at in range(n * m):
                a[earlier + at] += a[d + at]
    rows, before = steps * n, h + (n * m if reverse else 0)
    if w_ih < len(g):
        product(c[PRODUCT], inputs, width, rows, a, x, 1, inputs, a, gates, width, g, w_ih, width, True)
        product(c[PRODUCT], m, width, rows, a, before, 1, m, a, hidden, width, g, w_hh, width, True)
        if b >= 0:
            add_rows_to(a, gates, rows, width, g, b)
        if b_hh >= 0:
            add_rows_to(a, hidden, rows, width, g, b_hh)
    if dx >= 0:
        turn_over(c[TURN], p, w_ih, inputs, width, a, transposed)
        product(c[PRODUCT], rows, inputs, width, a, gates, width, 1, a, transposed, inputs, a, dx, inputs, s[18] > 0)


@step
def states(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """Of a layer's states those that others read: all of them, or the last; beside those of another direction."""
    h, y, steps, m, reverse, column, width, sequence = s[1], s[2], s[5], s[6], s[7], s[8], s[9], s[10]
    first = h + (0 if reverse else n * m) if sequence else h + (0 if reverse else steps * n * m)
    for row in range(steps * n if sequence else n):
        at = y + row * width + column
        for j in range(m):
            a[at + j] = a[first + row * m + j]


@step
def states_backward(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """The gradients of all states: 0 for those that nobody reads."""
    d_h, dy, steps, m, reverse, column, width, sequence = s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10]
    if not sequence:
        a[d_h : d_h + steps * n * m] = 0
    first = d_h if sequence or reverse else d_h + (steps - 1) * n * m
    for row in range(steps * n if sequence else n):
        at = dy + row * width + column
        for j in range(m):
            a[first + row * m + j] = a[at + j]


@step
def lstm_cell(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """One time step of an LSTM, whose sums others have made: gates in their place, the new cell and state."""
    cell(c[LSTM], n, s[8], a, s[1], s[5], s[6], s[2], 0)


@step
def lstm_cell_backward(
    n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:
    """The gradients of the sums; that of the cell is handed from step to step in `d_cell`."""
    gates, d_gates, d_h, old, new, d_cell, units = s[1], s[3], s[4], s[5], s[6], s[7], s[8]
    if s[9] > 0:
        a[d_cell : d_cell + n * units] = 0
    cell(c[LSTM_BACK], n, units, a, gates, old, new, d_h, d_cell)
    for at in range(n * 4 * units):
        a[d_gates + at] = a[gates + at]
