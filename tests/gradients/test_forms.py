"""The forms of a gradient against each other and against the loss: recursion, general form, paths, differences."""

from __future__ import annotations

from functools import cache

import pytest
from recurrent_networks import CELLS, network, numbers
from rows import each_row

from dlcalc.expressions.arrays import flat
from dlcalc.expressions.nodes import Value
from dlcalc.gradients import Numbers, Paths, difference

EXACT = 1e-12
"""How far the forms may differ from each other: rounding alone."""
NEAR = 1e-7
"""How far a central difference may lie from the derivative."""
FEW = 40
"""Paths that are listed and added up."""


@cache
def worked(name: str, steps: int, head: str = "softmax", loss: str = "every") -> tuple[Numbers, dict[str, Value]]:
    found = numbers(network(name, head, loss), steps)
    return found, found.by_delta()


FOUR = ("rnn", "lstm", "peephole", "gru", "gru-after")
"""Followed through one to four steps; the variants of them through one and two."""
CASES = [(name, steps) for name in CELLS for steps in ((1, 2, 3, 4) if name in FOUR else (1, 2))]


@each_row(("name", "steps"), CASES)
def test_the_recursion_is_the_derivative_of_the_loss(name: str, steps: int) -> None:
    """Every weight and first state, entry by entry, by central differences of the forward pass."""
    found, gradients = worked(name, steps)
    for wrt, gradient in gradients.items():
        assert difference(gradient, found.by_differences(wrt)) < NEAR, wrt


@pytest.mark.parametrize(("name", "steps"), CASES)
def test_the_general_form_is_the_recursion(name: str, steps: int) -> None:
    """Written out, and in ∂ notation with the Jacobians as values of its signs."""
    found, gradients = worked(name, steps)
    every = 4 if name == "lstm-two-layers" else 1
    for wrt in [*found.network.by_name][::every]:
        assert difference(found.by_general(wrt), gradients[wrt]) < EXACT, wrt
        row = found.by_general(wrt, symbolic=True)
        assert difference(flat((row,)), flat((gradients[wrt],))) < EXACT, wrt


@pytest.mark.parametrize(("name", "steps"), CASES)
def test_the_terms_of_all_paths_add_up_to_the_recursion(name: str, steps: int) -> None:
    """Wherever there are few enough of them to be listed; their number is the one that is counted."""
    found, gradients = worked(name, steps)
    added = 0
    for wrt, gradient in gradients.items():
        paths = Paths(found.network, wrt, steps)
        if paths.count() > FEW:
            continue
        listed = paths.listed(FEW + 1)
        assert len(listed) == paths.count()
        assert sum(path.explicit for path in listed) == paths.count_explicit()
        assert difference(found.by_paths(tuple(path.expression for path in listed)), gradient) < EXACT, wrt
        added += 1
    assert added
