"""Recurrent layers over sequences, one direction and one layer at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import UserError
from ..kernels import scalars
from ..kernels.compile import Array
from . import checks
from .recording import Gradients, Pullback, operation

NONLINEARITIES = {"tanh": scalars.TANH, "relu": scalars.RELU, "sigmoid": scalars.SIGMOID}

Two = tuple[Array, Array]


@operation
def rnn(
    x: Array,
    h0: Array | None,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None = None,
    b_hh: Array | None = None,
    nonlinearity: str = "tanh",
    reverse: bool = False,
    device: str = "cpu",
) -> tuple[Two, Pullback]:
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh): (T, N, n) to y (T, N, m) and the last state (N, m).

    h0: (N, m), None is zeros. nonlinearity: tanh, relu or sigmoid. reverse: from the last step to the first.
    """
    x, first, w_ih, w_hh, b_ih, b_hh = checks.arrays(x=x, h0=h0, w_ih=w_ih, w_hh=w_hh, b_ih=b_ih, b_hh=b_hh)
    kind = NONLINEARITIES[checks.one_of("nonlinearity", nonlinearity, tuple(NONLINEARITIES))]
    (first,) = _checked(1, x, w_ih, w_hh, b_ih, b_hh, h0=first)
    kernels = checks.kernels(device).recurrent
    h = kernels.rnn_forward(x, first, w_ih, w_hh, b_ih, b_hh, kind, bool(reverse))

    def pullback(d_result: Any) -> Gradients:
        d_y, d_last = d_result
        found = kernels.rnn_backward(d_y, d_last, x, h, w_ih, w_hh, kind, bool(reverse))
        return _named(found, h0=h0, b_ih=b_ih, b_hh=b_hh)

    return _outcome(h, reverse), pullback


@operation
def lstm(
    x: Array,
    state: tuple[Array | None, Array | None] | None,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None = None,
    b_hh: Array | None = None,
    peephole: Array | None = None,
    reverse: bool = False,
    device: str = "cpu",
) -> tuple[tuple[Array, Two], Pullback]:
    """(T, N, n) to y (T, N, m) and the last (h, c); gates i, f, g, o one below the other in w_ih (4m, n), w_hh (4m, m).

    state: (h0, c0), each (N, m) or None for zeros. peephole: (3m,) for i, f and o, where i and f look at the old cell
    and o at the new one. The gradients of the state are named h0 and c0.
    """
    h0, c0 = _state(state)
    x, h0, c0, w_ih, w_hh, b_ih, b_hh, peepholes = checks.arrays(
        x=x, h0=h0, c0=c0, w_ih=w_ih, w_hh=w_hh, b_ih=b_ih, b_hh=b_hh, peephole=peephole
    )
    firsts = _checked(4, x, w_ih, w_hh, b_ih, b_hh, h0=h0, c0=c0)
    checks.shaped("peephole", peepholes, (3 * w_hh.shape[1],), "(3m)", w_hh=w_hh)
    peepholes = np.zeros(3 * w_hh.shape[1], dtype=x.dtype) if peepholes is None else peepholes
    kernels = checks.kernels(device).recurrent
    saved = kernels.lstm_forward(x, *firsts, w_ih, w_hh, b_ih, b_hh, peepholes, bool(reverse))

    def pullback(d_result: Any) -> Gradients:
        d_y, d_last = d_result
        found = kernels.lstm_backward(d_y, d_last, x, saved, w_ih, w_hh, peepholes, bool(reverse))
        return _named(found, h0=h0, c0=c0, b_ih=b_ih, b_hh=b_hh, peephole=peephole)

    y, last = _outcome(saved[0], reverse)
    return (y, (last, _outcome(saved[1], reverse)[1])), pullback


@operation
def gru(
    x: Array,
    h0: Array | None,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None = None,
    b_hh: Array | None = None,
    reset_after: bool = True,
    update_gate: str = "keep",
    reverse: bool = False,
    device: str = "cpu",
) -> tuple[Two, Pullback]:
    """(T, N, n) to y (T, N, m) and the last state; gates r, z, n one below the other in w_ih (3m, n) and w_hh (3m, m).

    reset_after: r multiplies W_hn h + b_hn, else h before W_hn does. update_gate: "keep", z is the share of the old
    state, or "renew", of the candidate.
    """
    x, first, w_ih, w_hh, b_ih, b_hh = checks.arrays(x=x, h0=h0, w_ih=w_ih, w_hh=w_hh, b_ih=b_ih, b_hh=b_hh)
    form = bool(reset_after), checks.one_of("update_gate", update_gate, ("keep", "renew")) == "keep", bool(reverse)
    (first,) = _checked(3, x, w_ih, w_hh, b_ih, b_hh, h0=first)
    kernels = checks.kernels(device).recurrent
    saved = kernels.gru_forward(x, first, w_ih, w_hh, b_ih, b_hh, *form)

    def pullback(d_result: Any) -> Gradients:
        d_y, d_last = d_result
        return _named(kernels.gru_backward(d_y, d_last, x, saved, w_ih, w_hh, *form), h0=h0, b_ih=b_ih, b_hh=b_hh)

    return _outcome(saved[0], reverse), pullback


@operation
def convlstm(
    x: Array,
    state: tuple[Array | None, Array | None] | None,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None = None,
    b_hh: Array | None = None,
    peephole: Array | None = None,
    reverse: bool = False,
    device: str = "cpu",
) -> tuple[tuple[Array, Two], Pullback]:
    """An LSTM on images, its products convolutions that keep the size: (T, N, C, H, W) to y (T, N, K, H, W), (h, c).

    w_ih (4K, C, F, F), w_hh (4K, K, F, F), gates i, f, g, o; state and biases as in `lstm`; peephole (3K, H, W).
    """
    h0, c0 = _state(state)
    x, h0, c0, w_ih, w_hh, b_ih, b_hh, peepholes = checks.arrays(
        x=x, h0=h0, c0=c0, w_ih=w_ih, w_hh=w_hh, b_ih=b_ih, b_hh=b_hh, peephole=peephole
    )
    checks.ranked("x", x, "T, N, C, H, W")
    checks.ranked("w_hh", w_hh, "4K, K, F, F")
    checks.ranked("w_ih", w_ih, "4K, C, F, F")
    maps = w_hh.shape[1]
    checks.shaped("w_hh", w_hh, (4 * maps, maps, *w_hh.shape[2:]), "(4K, K, F, F)", x=x)
    checks.shaped("w_ih", w_ih, (4 * maps, x.shape[2], *w_ih.shape[2:]), "(4K, C, F, F)", x=x, w_hh=w_hh)
    for name, bias in (("b_ih", b_ih), ("b_hh", b_hh)):
        checks.shaped(name, bias, (4 * maps,), "(4K)", w_hh=w_hh)
    one = (x.shape[1], maps, *x.shape[3:])
    checks.allocatable(len(x) + 1, *one, 4)
    for name, given in (("h0", h0), ("c0", c0)):
        checks.shaped(name, given, one, "(N, K, H, W)", x=x, w_hh=w_hh)
    checks.shaped("peephole", peepholes, (3 * maps, *x.shape[3:]), "(3K, H, W)", x=x, w_hh=w_hh)
    firsts = [np.zeros(one, dtype=x.dtype) if given is None else given for given in (h0, c0)]
    peepholes = np.zeros((3 * maps, *x.shape[3:]), dtype=x.dtype) if peepholes is None else peepholes
    kernels = checks.kernels(device).convlstm
    saved = kernels.convlstm_forward(x, *firsts, w_ih, w_hh, b_ih, b_hh, peepholes, bool(reverse))

    def pullback(d_result: Any) -> Gradients:
        d_y, d_last = d_result
        found = kernels.convlstm_backward(d_y, d_last, x, saved, w_ih, w_hh, peepholes, bool(reverse))
        return _named(found, h0=h0, c0=c0, b_ih=b_ih, b_hh=b_hh, peephole=peephole)

    y, last = _outcome(saved[0], reverse)
    return (y, (last, _outcome(saved[1], reverse)[1])), pullback


def _state(state: Any) -> tuple[Any, Any]:
    if state is None:
        return None, None
    if not isinstance(state, (tuple, list)) or len(state) != 2:
        raise UserError(f"state is (h0, c0), or None for zeros: it is a {type(state).__name__}")
    return state[0], state[1]


def _checked(
    gates: int, x: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, **states: Array | None
) -> list[Array]:
    """The first states, zeros where none was given, once all shapes fit."""
    checks.ranked("x", x, "T, N, n")
    blocks = "" if gates == 1 else str(gates)
    checks.ranked("w_hh", w_hh, f"{blocks}m, m")
    m = w_hh.shape[1]
    checks.shaped("w_hh", w_hh, (gates * m, m), f"({blocks}m, m)", x=x)
    checks.shaped("w_ih", w_ih, (gates * m, x.shape[2]), f"({blocks}m, n)", x=x, w_hh=w_hh)
    for name, bias in (("b_ih", b_ih), ("b_hh", b_hh)):
        checks.shaped(name, bias, (gates * m,), f"({blocks}m)", w_hh=w_hh)
    for name, given in states.items():
        checks.shaped(name, given, (x.shape[1], m), "(N, m)", x=x, w_hh=w_hh)
    return [np.zeros((x.shape[1], m), dtype=x.dtype) if given is None else given for given in states.values()]


def _outcome(states: Array, reverse: bool) -> Two:
    """All outputs and the last state, as arrays of their own."""
    y, last = (states[:-1], states[0]) if reverse else (states[1:], states[-1])
    return y.copy(), last.copy()


def _named(found: Any, **optional: Any) -> Gradients:
    """The gradients by name, without those of what was not given."""
    return {name: d for name, d in found._asdict().items() if d is not None and optional.get(name, found) is not None}
