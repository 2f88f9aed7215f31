"""Heads, layouts, one unit, truncation and long sequences: each choice against the recursion and the loss."""

from __future__ import annotations

from functools import cache

import pytest
from recurrent_networks import network, numbers

from dlcalc.errors import UserError
from dlcalc.expressions.arrays import flat
from dlcalc.expressions.nodes import Value
from dlcalc.expressions.parser import parse
from dlcalc.gradients import HEADS, LOSSES, Numbers, Paths, difference, dot

EXACT = 1e-12
"""How far the forms may differ from each other: rounding alone."""
NEAR = 1e-7
"""How far a central difference may lie from the derivative."""
FEW = 200
"""Paths that are listed and added up."""


@cache
def worked(name: str, steps: int, head: str = "softmax", loss: str = "every") -> tuple[Numbers, dict[str, Value]]:
    found = numbers(network(name, head, loss), steps)
    return found, found.by_delta()


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", ["rnn", "lstm", "gru", "bidirectional"])
def test_every_head_and_both_losses(name: str, loss: str, head: str) -> None:
    """All forms, for each way to read a loss."""
    if name == "bidirectional" and head in ("squared", "given"):
        with pytest.raises(UserError, match="has an output layer that reads both states"):
            network(name, head, loss)
        return
    found, gradients = worked(name, 3, head, loss)
    for wrt in list(found.network.by_name)[::2]:
        assert difference(gradients[wrt], found.by_differences(wrt)) < NEAR, wrt
        assert difference(gradients[wrt], found.by_general(wrt)) < EXACT, wrt
        row = found.by_general(wrt, symbolic=True)
        assert difference(flat((row,)), flat((gradients[wrt],))) < EXACT, wrt


@pytest.mark.parametrize("layout", ["row", "pytorch"])
@pytest.mark.parametrize("name", ["rnn", "lstm", "peephole", "gru-after", "bidirectional", "stacked"])
def test_rows_give_the_same_numbers(name: str, layout: str) -> None:
    """In row layout a gradient is the transpose, in PyTorch's it has the shape of the column layout."""
    column, expected = worked(name, 3)
    rows = numbers(column.network, 3, layout)
    assert rows.loss == pytest.approx(column.loss, rel=1e-14)
    for wrt, gradient in rows.by_delta().items():
        kind = column.network.by_name.get(wrt)
        matrix = kind is not None and kind.columns
        turned = expected[wrt] if not matrix or layout == "pytorch" else tuple(zip(*expected[wrt], strict=True))
        same = gradient if matrix else gradient[0]
        assert difference(same, turned) < EXACT, wrt
        if wrt in column.network.by_name:
            assert difference(rows.by_general(wrt), gradient) < EXACT, wrt
            listed = Paths(column.network, wrt, 3).listed(41)
            if len(listed) <= 40:
                assert difference(rows.by_paths(tuple(path.expression for path in listed)), gradient) < EXACT, wrt


@pytest.mark.parametrize("head", ["sigmoid", "linear", "squared"])
@pytest.mark.parametrize("name", ["rnn", "lstm", "gru", "peephole"])
def test_one_unit_needs_no_transposes(name: str, head: str) -> None:
    """Where every quantity is a number, the formulas without diag, ⊗ and ᵀ give the derivative."""
    found = numbers(network(name, head), 3, "number")
    for wrt, gradient in found.by_delta().items():
        assert isinstance(gradient, float)
        assert abs(gradient - found.by_differences(wrt)) < NEAR
        if wrt in found.network.by_name:
            assert abs(gradient - found.by_general(wrt)) < EXACT


@pytest.mark.parametrize("reach", [1, 2, 3])
def test_truncation_leaves_out_what_lies_further_back(reach: int) -> None:
    """General form and paths agree; at full length truncation changes nothing, at 1 only explicit terms are left."""
    steps = 3
    found = numbers(network("rnn", truncate=reach), steps)
    paths = Paths(found.network, "W", steps)
    listed = paths.listed(FEW)
    assert [abs(path.start - path.end) < reach for path in listed] == [True] * paths.count()
    terms = tuple(path.expression for path in listed)
    assert difference(found.by_paths(terms), found.by_general("W")) < EXACT
    whole, gradients = worked("rnn", steps)
    explicit = tuple(path.expression for path in Paths(whole.network, "W", steps).all() if path.explicit)
    if reach == 1:
        assert difference(found.by_general("W"), whole.by_paths(explicit)) < EXACT
    assert (difference(found.by_general("W"), gradients["W"]) < EXACT) is (reach == steps)


def test_truncated_with_one_loss_is_a_shorter_recursion() -> None:
    """Σ begins at T − 1 for two steps; with a loss at every step there is no such recursion."""
    found = numbers(network("lstm", loss="last", truncate=2), 4)
    gradient = found.by_delta()["W_f"]
    assert difference(gradient, found.by_general("W_f")) < EXACT
    assert difference(gradient, worked("lstm", 4, loss="last")[1]["W_f"]) > 1e-6
    with pytest.raises(UserError, match="has no single recursion"):
        numbers(network("rnn", truncate=2), 4).by_delta()


def test_a_thousand_steps() -> None:
    """The recursion over a long sequence, against the change of the loss when all weights move at once."""
    found = numbers(network("rnn"), 1000)
    gradients = found.by_delta()
    direction = {name: found.values[name] for name in found.network.by_name}
    slope = sum(dot(gradients[name], way) for name, way in direction.items())
    assert found.along(direction) == pytest.approx(slope, rel=1e-7)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"x": ()}, "x is needed: one value for each time step"),
        ({"y": ((0.5, 0.5, 0, 0),)}, "x and y have one value for each time step, not 2 and 1"),
        ({"W": None}, "W is needed: weights of the state before"),
        ({"b": (1, 2, 3)}, "b is 2 here, not 3"),
        ({"U": ((1, 2), (3, 4))}, "U is 2×3 here, not 2×2"),
        ({"h0": (1,)}, "h0 is 2 here, not 1"),
        ({"x": ((1, 2, 3), (1, 2))}, "x_2 is 3 here, not 2"),
    ],
)
def test_values_that_do_not_fit(change: dict[str, Value], sentence: str) -> None:
    """Each missing or misfitting value is named with the size that it should have."""
    good = numbers(network("rnn"), 2).values
    values = {name: value for name, value in {**good, **change}.items() if value is not None}
    with pytest.raises(UserError, match=sentence):
        Numbers(network("rnn"), values)


def test_biases_and_first_states_are_zero_unless_given() -> None:
    """As everywhere in the field; the loss is the one with zeros given."""
    good = numbers(network("lstm"), 2).values
    less = {name: value for name, value in good.items() if name[0] != "b" and name not in ("h0", "C0", "c")}
    zeros = {name: (0, 0) for name in good if name[0] == "b" or name in ("h0", "C0")} | {"c": (0, 0, 0, 0)}
    assert Numbers(network("lstm"), less).loss == Numbers(network("lstm"), {**good, **zeros}).loss


def test_any_formula_is_evaluated() -> None:
    """One that somebody wrote: right for V, and with δ once the recursion has run."""
    found, gradients = worked("rnn", 3)
    names = found.network.declarations
    assert difference(found.evaluate(parse("Σ_t (ŷ_t − y_t) ⊗ h_t", names)), gradients["V"]) < EXACT
    assert difference(found.evaluate(parse("Σ_t δ_t h_{t-1}^T", names)), gradients["W"]) < EXACT
    with pytest.raises(UserError, match="matching sizes"):
        found.evaluate(parse("Σ_t V (ŷ_t − y_t)", names))
