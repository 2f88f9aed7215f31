"""Pooling on the simulator against the CPU's."""

from __future__ import annotations

import numpy as np
import pytest
from kernels.cuda.comparing import DTYPES, assert_same, numbers
from kernels.cuda.simulator import Machine

from dlcalc.kernels.cpu import pool as cpu
from dlcalc.kernels.cuda import pool

NONE = [(0, 0), (0, 0)]
# x, window, stride, padding, dilation, size
CASES = {
    "apart": ((2, 3, 4, 6), (2, 2), (2, 2), NONE, (1, 1), (2, 3)),
    "overlapping": ((1, 2, 5, 5), (3, 3), (1, 1), [(1, 1), (1, 1)], (1, 1), (5, 5)),
    "dilation, ceil mode": ((2, 1, 7, 6), (2, 2), (2, 3), [(1, 0), (0, 1)], (2, 1), (4, 3)),
    "no plane": ((0, 3, 4, 4), (2, 2), (2, 2), NONE, (1, 1), (2, 2)),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", ["max", "min"])
def test_the_winner_takes_it_all(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, dtype: str, case: str, name: str
) -> None:
    """The results, the winners, and the gradient, with several chunks of windows to a plane."""
    monkeypatch.setattr(pool, "CHUNK", 4)
    shape, *settings = CASES[case]
    (x,) = numbers(dtype, shape)
    # Equal numbers: the first wins.
    x = np.round(x)
    expected = getattr(cpu, f"{name}_pool2d_forward")(x, *settings)
    assert_same(getattr(pool, f"{name}_pool2d_forward")(x, *settings), expected)
    (d_out,) = numbers(dtype, expected[0].shape, seed=1)
    found = getattr(pool, f"{name}_pool2d_backward")(d_out, expected[1], shape)
    assert_same(found, getattr(cpu, f"{name}_pool2d_backward")(d_out, expected[1], shape))


def test_not_a_number_wins(machine: Machine) -> None:
    """As in PyTorch; and a window outside the image has no winner."""
    x = np.array([[[[1.0, np.nan], [3.0, 2.0]]]])
    settings = ((2, 2), (2, 2), [(0, 0), (0, 2)], (1, 1), (1, 2))
    assert_same(pool.max_pool2d_forward(x, *settings), cpu.max_pool2d_forward(x, *settings))
    out, winners = pool.max_pool2d_forward(x, *settings)
    assert np.isnan(out[0, 0, 0, 0])
    assert out[0, 0, 0, 1] == -np.inf
    assert winners.tolist() == [[[[1, -1]]]]
    assert_same(pool.max_pool2d_backward(np.ones_like(out), winners, x.shape), np.array([[[[0.0, 1.0], [0.0, 0.0]]]]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([(0, 2), (2, 4)], [(0, 3), (3, 6)]),
        ([(0, 2), (0, 3), (1, 4), (3, 4)], [(0, 1), (1, 6), (5, 6)]),
        ([(0, 0), (0, 1), (4, 4)], [(2, 5)]),
    ],
)
def test_sums_over_windows(
    machine: Machine, dtype: str, rows: list[tuple[int, int]], columns: list[tuple[int, int]]
) -> None:
    """Windows apart, overlapping, with gaps, and empty ones."""
    (x,) = numbers(dtype, (2, 2, 4, 6))
    lines = [np.array(side, dtype=np.int64) for side in (rows, columns)]
    expected = cpu.sum_pool2d_forward(x, *lines)
    assert_same(pool.sum_pool2d_forward(x, *lines), expected)
    (d_out,) = numbers(dtype, expected.shape, seed=1)
    assert_same(pool.sum_pool2d_backward(d_out, *lines, x.shape), cpu.sum_pool2d_backward(d_out, *lines, x.shape))
