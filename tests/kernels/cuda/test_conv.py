"""Convolutions on the simulator against the CPU's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kernels.cuda.comparing import DTYPES, assert_same, numbers
from kernels.cuda.simulator import Machine

from dlcalc.kernels.cpu import conv as cpu
from dlcalc.kernels.cuda import conv

# x, weight, stride, padding, dilation, groups
CASES = {
    "plain": ((2, 3, 6, 5), (4, 3, 3, 2), (1, 1), [(0, 0), (0, 0)], (1, 1), 1),
    "stride, uneven padding": ((1, 2, 7, 6), (3, 2, 3, 3), (2, 3), [(2, 1), (0, 2)], (1, 1), 1),
    "dilation and groups": ((2, 4, 7, 7), (6, 2, 2, 3), (1, 2), [(1, 1), (2, 0)], (3, 2), 2),
    "depthwise": ((1, 3, 5, 5), (3, 1, 3, 3), (1, 1), [(1, 1), (1, 1)], (1, 1), 3),
    "one tap": ((2, 5, 3, 3), (2, 5, 1, 1), (1, 1), [(0, 0), (0, 0)], (1, 1), 1),
    "one axis": ((2, 2, 1, 9), (3, 2, 1, 4), (1, 2), [(0, 0), (1, 2)], (1, 1), 1),
    "stride beyond the window": ((1, 1, 7, 7), (2, 1, 2, 2), (3, 3), [(0, 0), (0, 0)], (1, 1), 1),
    "three axes": ((1, 2, 3, 4, 3), (2, 2, 2, 2, 2), (1, 2, 1), [(0, 0), (1, 0), (1, 1)], (1, 1, 2), 1),
    "no image": ((0, 2, 4, 4), (3, 2, 2, 2), (1, 1), [(0, 0), (0, 0)], (1, 1), 1),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
def test_a_convolution(machine: Machine, dtype: str, case: str) -> None:
    """Forward with and without bias, and the three gradients."""
    x_shape, w_shape, *settings = CASES[case]
    x, weight, bias = numbers(dtype, x_shape, w_shape, w_shape[:1])
    expected = cpu.conv2d_forward(x, weight, bias, *settings)
    assert_same(conv.conv2d_forward(x, weight, bias, *settings), expected)
    assert_same(conv.conv2d_forward(x, weight, None, *settings), cpu.conv2d_forward(x, weight, None, *settings))
    (d_out,) = numbers(dtype, expected.shape, seed=1)
    assert_same(conv.conv2d_backward(d_out, x, weight, *settings), cpu.conv2d_backward(d_out, x, weight, *settings))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", ["plain", "stride, uneven padding", "dilation and groups", "stride beyond the window"])
def test_a_transposed_convolution(machine: Machine, dtype: str, case: str) -> None:
    """From the result's size back to the image's, and its gradients."""
    image_shape, w_shape, *settings = CASES[case]
    groups = settings[-1]
    image, weight = numbers(dtype, image_shape, w_shape)
    x = cpu.conv2d_forward(image, weight, None, *settings)
    (bias,) = numbers(dtype, (w_shape[1] * groups,))
    expected = cpu.conv_transpose2d_forward(x, weight, bias, *settings, image_shape[2:])
    assert_same(conv.conv_transpose2d_forward(x, weight, bias, *settings, image_shape[2:]), expected)
    found = conv.conv_transpose2d_backward(image, x, weight, *settings)
    assert_same(found, cpu.conv_transpose2d_backward(image, x, weight, *settings))


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...], tuple[Any, ...]]:
    """Shapes of x and weight, and settings, of a convolution with at least one place for its filter."""
    groups, axes = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    small = st.integers(1, 3)
    window, stride, dilation = (tuple(draw(small) for _ in range(axes)) for _ in range(3))
    padding = [(draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in range(axes)]
    least = [d * (f - 1) + 1 for f, d in zip(window, dilation, strict=True)]
    sizes = [max(1, n - sum(p)) + draw(st.integers(0, 3)) for n, p in zip(least, padding, strict=True)]
    channels, filters = draw(small), draw(small)
    x = (draw(st.integers(1, 2)), channels * groups, *sizes)
    return x, (filters * groups, channels, *window), (stride, padding, dilation, groups)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(convolutions())
def test_any_convolution(machine: Machine, drawn: Any) -> None:
    """Forwards, backwards and transposed, over one, two and three axes."""
    x_shape, w_shape, rest = drawn
    x, weight = numbers("float64", x_shape, w_shape)
    expected = cpu.conv2d_forward(x, weight, None, *rest)
    assert_same(conv.conv2d_forward(x, weight, None, *rest), expected)
    (d_out,) = numbers("float64", expected.shape, seed=1)
    assert_same(conv.conv2d_backward(d_out, x, weight, *rest), cpu.conv2d_backward(d_out, x, weight, *rest))
    size = x_shape[2:]
    transposed = cpu.conv_transpose2d_forward(d_out, weight, None, *rest, size)
    assert_same(conv.conv_transpose2d_forward(d_out, weight, None, *rest, size), transposed)


def test_gradients_are_the_same_bits_in_every_order_of_threads(machine: Machine) -> None:
    """Nothing adds to a number in the order in which threads happen to come."""
    x_shape, w_shape, *settings = CASES["dilation and groups"]
    x, weight = numbers("float32", x_shape, w_shape)
    d_out = np.ones_like(cpu.conv2d_forward(x, weight, None, *settings)) / np.float32(3)
    runs = []
    for seed in (1, 2):
        machine.random.seed(seed)
        runs.append(conv.conv2d_backward(d_out, x, weight, *settings))
    assert all((one == other).all() for one, other in zip(*runs, strict=True))
