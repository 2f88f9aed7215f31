"""`backprop` as Python calls it: nested lists, a network object, and what it holds."""

from __future__ import annotations

import pytest

from dlcalc.api.feedforward_gradients import backprop
from dlcalc.errors import UserError
from dlcalc.networks.text import read

NET = "2; dense 2 sigmoid; dense 2 sigmoid"
WEIGHTS = {"W1": [[0.15, 0.2], [0.25, 0.3]], "b_1": [0.35, 0.35], "w2": [[0.4, 0.45], [0.5, 0.55]], "b2": [0.6, 0.6]}


def test_lists_and_a_network_object() -> None:
    """Mazur's net; names of weights as people write them."""
    found = backprop(read(NET), x=[0.05, 0.1], target=[0.01, 0.99], weights=WEIGHTS)
    assert float(found.numbers.loss) == pytest.approx(0.298371109, abs=1e-9)
    assert found.numbers.gradients["W_1"][0][0] == pytest.approx(0.000438568, abs=1e-9)
    assert repr(found) == "<backpropagation through a Network of 2 layers: delta>"


def test_numbers_only_where_they_are_asked_for() -> None:
    assert not backprop(NET).has_numbers
    assert backprop(NET, form="numeric").has_numbers
    assert backprop(NET, seed=0).has_numbers
    assert backprop(NET, x=[1, 2]).has_numbers


def test_what_is_not_given() -> None:
    """Biases are 0 once something is given, and drawn with all else where nothing is."""
    assert backprop(NET, x=[1, 2], seed=4).numbers.given["b_1"] == (0, 0)
    assert backprop(NET, seed=4).numbers.given["b_1"] != (0, 0)
    assert backprop(NET, x=[1, 2], seed=4).numbers.given["W_1"] == backprop(NET, seed=4).numbers.given["W_1"]


def test_the_layout_of_the_profile() -> None:
    """Unless entries are named, which needs columns."""
    assert backprop(NET, profile="pytorch").layout == "pytorch"
    assert backprop(NET, form="paths", profile="pytorch").layout == "column"
    assert backprop("3x3x1; conv 1 f2", profile="pytorch").layout == "column"


def test_a_weight_that_acts_in_very_many_places() -> None:
    """One number of a filter on 20×20 cells: its gradient is not written out, but it has its value."""
    found = backprop("20x20x1; conv 1 f3", "W1[1,1,1,2]", "paths", most=2, seed=1)
    assert (found.count, len(found.paths), found.entry_rule) == (324, 2, None)
    assert found.to_dict()["value"] == pytest.approx(float(found.numbers.gradients["W_1"][0][0][0][1]))
    assert "… and 322 more" in found.to_markdown()


def test_weights_that_are_none() -> None:
    with pytest.raises(UserError, match="this network has no weights V1; it has W1, b1, W2, b2"):
        backprop(NET, weights={"V1": [1]})
