"""The formulas against the kernels, which know nothing of expressions."""

from __future__ import annotations

import pytest
from recurrent_networks import CELLS, network, numbers

from dlcalc import gradients
from dlcalc.errors import UserError

pytest.importorskip("numba")


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
@pytest.mark.parametrize("name", CELLS)
def test_every_gradient_is_that_of_the_kernels(name: str, steps: int) -> None:
    """All weights and first states to 1e-10."""
    found = numbers(network(name), steps)
    ours, theirs = found.by_delta(), gradients.kernel_gradients(found.network, found.values)
    assert ours.keys() == theirs.keys()
    for wrt, gradient in ours.items():
        assert gradients.difference(gradient, theirs[wrt]) < 1e-10, wrt


@pytest.mark.parametrize("head", gradients.HEADS)
def test_every_head(head: str) -> None:
    """With a loss at the last step only."""
    found = numbers(network("gru", head, "last"), 3)
    theirs = gradients.kernel_gradients(found.network, found.values)
    for wrt, gradient in found.by_delta().items():
        assert gradients.difference(gradient, theirs[wrt]) < 1e-10, wrt


def test_the_kernels_know_no_truncation() -> None:
    found = numbers(network("rnn", truncate=2), 3)
    with pytest.raises(UserError, match="back through all steps"):
        gradients.kernel_gradients(found.network, found.values)
