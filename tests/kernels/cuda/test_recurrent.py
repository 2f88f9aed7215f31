"""Recurrent layers on the simulator against the CPU's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kernels.cuda.comparing import assert_same, numbers
from kernels.cuda.simulator import Machine

from dlcalc.kernels import scalars
from dlcalc.kernels.cpu import recurrent as cpu
from dlcalc.kernels.cuda import recurrent

# T, N, n, m: one unit; more units than a tile has; more examples than a tile has.
SIZES = [(1, 1, 1, 1), (3, 2, 3, 5), (2, 17, 2, 2)]
FORMS = [*(("float64", size) for size in SIZES), ("float32", SIZES[1])]
BOTH = [False, True]


def layer(dtype: str, gates: int, size: tuple[int, int, int, int]) -> dict[str, Any]:
    """x, a state, the weights and the biases of a layer."""
    steps, batch, n, m = size
    shapes = ((steps, batch, n), (batch, m), (gates * m, n), (gates * m, m), (gates * m,), (gates * m,))
    return dict(zip(("x", "h0", "w_ih", "w_hh", "b_ih", "b_hh"), numbers(dtype, *shapes), strict=True))


@pytest.mark.parametrize(("dtype", "size"), FORMS)
@pytest.mark.parametrize("reverse", BOTH)
def test_a_simple_layer(machine: Machine, dtype: str, size: tuple[int, int, int, int], reverse: bool) -> None:
    """All states and all gradients, for each activation."""
    given = layer(dtype, 1, size)
    for kind in (scalars.TANH, scalars.RELU, scalars.SIGMOID):
        h = cpu.rnn_forward(*given.values(), kind, reverse)
        assert_same(recurrent.rnn_forward(*given.values(), kind, reverse), h)
        d_y, d_last = numbers(dtype, h[1:].shape, h[0].shape, seed=1)
        arguments = (d_y, d_last, given["x"], h, given["w_ih"], given["w_hh"], kind, reverse)
        assert_same(recurrent.rnn_backward(*arguments), cpu.rnn_backward(*arguments))


def assert_same_states(found: Any, expected: Any) -> None:
    """Float64: all states, cells and gates. In float32 the CPU keeps its own in the order of its tiles: the states."""
    while isinstance(found, tuple) and _first(expected).dtype == np.float32:
        found, expected = found[0], expected[0]
    assert_same(found, expected)


def _first(saved: Any) -> Any:
    return _first(saved[0]) if isinstance(saved, tuple) else saved


@pytest.mark.parametrize(("dtype", "size"), FORMS)
@pytest.mark.parametrize("reverse", BOTH)
@pytest.mark.parametrize("looks", BOTH)
def test_an_lstm(machine: Machine, dtype: str, size: tuple[int, int, int, int], reverse: bool, looks: bool) -> None:
    """All states, cells and gates, and all gradients, with and without peepholes."""
    given = layer(dtype, 4, size)
    steps, batch, _, m = size
    c0, peephole, d_y, d_h, d_c = numbers(
        dtype, (batch, m), (3 * m,), (steps, batch, m), (batch, m), (batch, m), seed=1
    )
    if not looks:
        peephole[:] = 0
    arguments = (given.pop("x"), given.pop("h0"), c0, *given.values(), peephole, reverse)
    saved, own = cpu.lstm_forward(*arguments), recurrent.lstm_forward(*arguments)
    assert_same_states(own, saved)
    arguments = (d_y, (d_h, d_c), arguments[0]), (given["w_ih"], given["w_hh"], peephole, reverse)
    assert_same(
        recurrent.lstm_backward(*arguments[0], own, *arguments[1]),
        cpu.lstm_backward(*arguments[0], saved, *arguments[1]),
    )


@pytest.mark.parametrize(("dtype", "size"), FORMS)
@pytest.mark.parametrize("reverse", BOTH)
@pytest.mark.parametrize("reset_after", BOTH)
@pytest.mark.parametrize("keep", BOTH)
def test_a_gru(
    machine: Machine, dtype: str, size: tuple[int, int, int, int], reverse: bool, reset_after: bool, keep: bool
) -> None:
    """All states and gates, and all gradients, in each of its four forms."""
    given = layer(dtype, 3, size)
    form = (reset_after, keep, reverse)
    saved, own = cpu.gru_forward(*given.values(), *form), recurrent.gru_forward(*given.values(), *form)
    assert_same_states(own, saved)
    d_y, d_last = numbers(dtype, saved[0][1:].shape, saved[0][0].shape, seed=1)
    arguments = (d_y, d_last, given["x"]), (given["w_ih"], given["w_hh"], *form)
    assert_same(
        recurrent.gru_backward(*arguments[0], own, *arguments[1]),
        cpu.gru_backward(*arguments[0], saved, *arguments[1]),
    )


@pytest.mark.parametrize("size", [(0, 2, 3, 4), (2, 0, 3, 4)])
def test_no_step_and_no_example(machine: Machine, size: tuple[int, int, int, int]) -> None:
    """Results and gradients in their shapes; the last state's gradient is the first one's."""
    given = layer("float64", 3, size)
    given["b_hh"] = None
    saved = cpu.gru_forward(*given.values(), True, True, False)
    assert_same(recurrent.gru_forward(*given.values(), True, True, False), saved)
    d_y, d_last = numbers("float64", saved[0][1:].shape, saved[0][0].shape)
    arguments = (d_y, d_last, given["x"], saved, given["w_ih"], given["w_hh"], True, True, False)
    assert_same(recurrent.gru_backward(*arguments), cpu.gru_backward(*arguments))


def test_arguments_are_left_as_they_are(machine: Machine) -> None:
    """On the device too: the gradients of the last state are not the place where others are added up."""
    given = layer("float64", 1, (3, 2, 2, 2))
    h = cpu.rnn_forward(*given.values(), scalars.TANH, False)
    d_y, d_last = np.ones((3, 2, 2)), recurrent.device.uploaded(np.ones((2, 2)))
    recurrent.rnn_backward(d_y, d_last, given["x"], h, given["w_ih"], given["w_hh"], scalars.TANH, False)
    assert (d_last.to_host() == 1).all()
