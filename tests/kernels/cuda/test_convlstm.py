"""ConvLSTM on the simulator against the CPU's."""

from __future__ import annotations

import pytest
from kernels.cuda.comparing import DTYPES, assert_same, numbers
from kernels.cuda.simulator import Machine

from dlcalc.kernels.cpu import convlstm as cpu
from dlcalc.kernels.cuda import convlstm


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("steps", "images"), [(2, 2), (0, 1), (2, 0)])
def test_a_convlstm(machine: Machine, dtype: str, reverse: bool, steps: int, images: int) -> None:
    """All states, cells and gates, and all gradients: two channels to three, a filter of 3×2."""
    state, units = (images, 3, 3, 2), 3
    x, h0, c0, peephole = numbers(dtype, (steps, images, 2, 3, 2), state, state, (3 * units, 3, 2))
    w_ih, w_hh, b_ih, b_hh = numbers(dtype, (4 * units, 2, 3, 2), (4 * units, units, 3, 2), (12,), (12,), seed=1)
    arguments = (x, h0, c0, w_ih, w_hh, b_ih, b_hh, peephole, reverse)
    saved = cpu.convlstm_forward(*arguments)
    assert_same(convlstm.convlstm_forward(*arguments), saved)
    d_y, d_h, d_c = numbers(dtype, (steps, *state), state, state, seed=2)
    back = (d_y, (d_h, d_c), x, saved, w_ih, w_hh, peephole, reverse)
    assert_same(convlstm.convlstm_backward(*back), cpu.convlstm_backward(*back))
