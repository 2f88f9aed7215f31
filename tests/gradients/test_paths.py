"""How many paths there are, which are explicit, and what their terms say."""

from __future__ import annotations

import math

import pytest
from recurrent_networks import network
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.expressions.parser import parse
from dlcalc.gradients import Paths, Signal


@each_row("steps", range(1, 13))
def test_a_simple_rnn_has_a_triangular_number_of_paths(steps: int) -> None:
    """T(T + 1)/2, one explicit for each loss: every pair k ≤ j once."""
    paths = Paths(network("rnn"), "W", steps)
    assert paths.count() == steps * (steps + 1) // 2
    assert paths.count_explicit() == steps
    pairs = [(path.start, path.end) for path in paths.all()]
    assert sorted(pairs) == [(j, k) for j in range(1, steps + 1) for k in range(1, j + 1)]


def test_with_one_loss_there_is_one_path_for_each_use() -> None:
    assert Paths(network("rnn", loss="last"), "U", 9).count() == 9


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_the_output_layer_is_reached_at_once(name: str) -> None:
    """V acts in the step of the loss only: T paths, all explicit."""
    paths = Paths(network(name), "V", 7)
    assert (paths.count(), paths.count_explicit()) == (7, 7)


def through_lstm(steps: int) -> int:
    """Paths from all losses to the forget gate, by hand: h_t comes from h_{t−1} by o, and by C_t; C_t from C_{t−1}
    once, and from h_{t−1} by f, i and the candidate."""
    total = 0
    for last in range(1, steps + 1):
        to_h, to_c = 1, 0  # the loss reads h
        for _ in range(last, 0, -1):
            to_c += to_h
            total += to_c  # the forget gate acts on C once
            to_h, to_c = to_h + 3 * to_c, to_c
    return total


@pytest.mark.parametrize("steps", range(1, 9))
def test_an_lstm_has_as_many_as_counted_by_hand(steps: int) -> None:
    """1, 7, 37, 182, 878, 4214, …"""
    assert Paths(network("lstm"), "W_f", steps).count() == through_lstm(steps)


def test_the_paths_of_an_lstm_grow_like_a_power() -> None:
    """Their growth tends to the larger root of x² − 5x + 1, of the matrix [[4, 1], [3, 1]]: (5 + √21)/2 = 4.79."""
    counts = [Paths(network("lstm"), "U_i", steps).count() for steps in (60, 61)]
    assert counts[1] / counts[0] == pytest.approx((5 + math.sqrt(21)) / 2, rel=1e-12)


def test_counting_needs_no_listing() -> None:
    """1,000 steps of an LSTM: a number of some 680 digits."""
    count = Paths(network("lstm"), "W_f", 1000).count()
    assert len(str(count)) == 1 + math.floor(math.log10(count))
    assert 670 < len(str(count)) < 690


@pytest.mark.parametrize(("update_gate", "reset"), [("keep", "before"), ("renew", "after")])
def test_the_update_gate_acts_twice(update_gate: str, reset: str) -> None:
    """z ⊙ h₋ + (1 − z) ⊙ h̃ reads z in two places: 2, 14, 76 paths."""
    found = network("gru", update_gate=update_gate, reset=reset)
    assert [Paths(found, "W_z", steps).count() for steps in (1, 2, 3)] == [2, 14, 76]


def test_explicit_paths_come_first() -> None:
    """For each loss; and the listing ends where it is told to, without counting the rest."""
    listed = Paths(network("lstm"), "W_f", 40).listed(50)
    assert len(listed) == 50
    for start in {path.start for path in listed}:
        kinds = [path.explicit for path in listed if path.start == start]
        assert kinds == sorted(kinds, reverse=True)


def test_a_list_that_grows_too_long_is_refused() -> None:
    """A gradient of 40 steps has 820 paths through 11,480 signals h, besides what they begin with."""
    paths = Paths(network("rnn"), "W", 40)
    assert len(paths.listed(400)) == 400
    with pytest.raises(UserError, match=r"^listed paths visit at most 10,000 signals in all, and .* list fewer$"):
        paths.listed(1_000_000)


def test_the_terms_of_two_steps() -> None:
    """As they stand on the board, with Vᵀ and every diag(1 − h²)."""
    found = network("rnn")
    expected = [
        "diag(1 - h[1]^2) V^T (yhat[1] - y[1]) ⊗ h[0]",
        "diag(1 - h[2]^2) V^T (yhat[2] - y[2]) ⊗ h[1]",
        "(diag(1 - h[1]^2) W^T diag(1 - h[2]^2) V^T (yhat[2] - y[2])) ⊗ h[0]",
    ]
    chains = ["∂L[1]/∂h[1] * ∂⁺h[1]/∂W", "∂L[2]/∂h[2] * ∂⁺h[2]/∂W", "∂L[2]/∂h[2] * ∂h[2]/∂h[1] * ∂⁺h[1]/∂W"]
    listed = Paths(found, "W", 2).listed(9)
    assert [path.expression for path in listed] == [parse(text, found.declarations) for text in expected]
    assert [path.chain for path in listed] == [parse(text, found.declarations) for text in chains]


def test_a_path_names_the_signals_on_its_way() -> None:
    """The straight way of an LSTM from the last loss to the first forget gate runs along C alone."""
    visited = [
        [(signal.name, time) for signal, time in path.visited if signal.name[0] != "a"]
        for path in Paths(network("lstm"), "W_f", 3).all()
    ]
    assert [("h", 3), ("C", 3), ("C", 2), ("C", 1), ("f", 1)] in visited
    assert Signal("C").name == "C"


def test_backwards_a_use_comes_after_its_loss() -> None:
    """The cell that runs from the last step to the first."""
    pairs = {(path.start, path.end) for path in Paths(network("bidirectional"), "W_b", 3).all()}
    assert pairs == {(1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3)}


def test_what_cannot_be_asked() -> None:
    with pytest.raises(UserError, match="at least one time step, not 0"):
        Paths(network("rnn"), "W", 0)
    with pytest.raises(UserError, match="a simple RNN has no Q; a gradient is by one of U, W, b, V, c, h0"):
        Paths(network("rnn"), "Q", 2)
