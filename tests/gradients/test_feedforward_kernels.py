"""Backpropagation through feed-forward networks against the kernels, which know nothing of expressions."""

from __future__ import annotations

import pytest

from dlcalc.gradients import difference
from dlcalc.gradients.feedforward import Numbers, drawn, feedforward, kernel_gradients
from dlcalc.networks.text import read

pytest.importorskip("numba")


@pytest.mark.parametrize(("line", "loss"), [
    ("2; dense 2 sigmoid; dense 1 sigmoid", "squared"),
    ("3; dense 4 relu; dense 2 sigmoid", "log"),
    ("3; dense 3 nobias tanh; dense 2; dense 3 softmax", "cross-entropy"),
    ("3; dense 3 softmax", "squared"),
    ("4x4x1; conv 1 f2", "squared"),
    ("5x5x2; conv 2 f3 p1 relu; pool 2; conv 2 f2 s2 tanh; dense 2 softmax", "cross-entropy"),
    ("6x6x2; conv 2 f3 s2 p1 relu; avgpool f2 s1; conv 3 f1; gap; dense 2 softmax", "cross-entropy"),
    ("4x5x1; conv 2 f2 same nobias; pool f3 s2", "squared"),
    ("5x4x2; gap sigmoid", "log"),
])  # fmt: skip
def test_every_gradient_is_that_of_the_kernels(line: str, loss: str) -> None:
    """All weights, biases and the input to 1e-10."""
    found = Numbers(feedforward(read(line), loss), drawn(feedforward(read(line), loss), 4))
    theirs = kernel_gradients(found.network, found.given)
    assert theirs.keys() == found.gradients.keys()
    for name, gradient in found.gradients.items():
        assert difference(gradient, theirs[name]) < 1e-10, name
