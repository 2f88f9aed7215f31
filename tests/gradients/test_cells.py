"""The cells are those that are done by hand, and what cannot be built is refused in one sentence."""

from __future__ import annotations

from typing import Any

import pytest
from recurrent_networks import network, numbers

from dlcalc import gradients
from dlcalc.errors import UserError
from dlcalc.expressions.parser import parse
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run
from dlcalc.formulas.topics.options_by_hand import convention_of

LETTERS = {"W_h": "W_g", "U_h": "U_g", "b_h": "b_g", "d_h": "d"}
"""Our letters of a GRU's candidate → those of the calculation by hand."""


@pytest.mark.parametrize(
    ("name", "by_hand", "options"),
    [
        ("rnn", "rnn_by_hand", ()),
        ("rnn-sigmoid", "rnn_by_hand", ("sigmoid",)),
        ("rnn-relu", "rnn_by_hand", ("relu",)),
        ("lstm", "lstm_by_hand", ()),
        ("peephole", "lstm_peephole_by_hand", ()),
        ("gru", "gru_by_hand", ("keep", "before")),
        ("gru-after", "gru_by_hand", ("keep", "after")),
        ("gru-renew", "gru_by_hand", ("renew", "before")),
        ("gru-renew-after", "gru_by_hand", ("renew", "after")),
    ],
)
def test_a_forward_pass_is_that_by_hand(name: str, by_hand: str, options: tuple[str, ...]) -> None:
    """The states after every one of three steps."""
    found = numbers(network(name, "squared"), 3)
    stated = formula(by_hand)
    given = {LETTERS.get(key, key): value for key, value in found.values.items() if key != "y"}
    convention = stated.convention(convention_of(stated, options))
    working = run(stated, given, (convention,))
    states = tuple(found.environment["h"][t] for t in (1, 2, 3))
    assert gradients.difference(working["h"], states) < 1e-14


def test_a_gru_mixes_as_it_was_chosen() -> None:
    """z keeps the old state, or lets the candidate in."""
    told = {gate: network("gru", update_gate=gate).equations[gradients.Signal("h")].right for gate in ("keep", "renew")}
    names = network("gru").declarations
    assert told["keep"] == parse("z[t] ⊙ h[t-1] + (1 - z[t]) ⊙ htilde[t]", names)
    assert told["renew"] == parse("(1 - z[t]) ⊙ h[t-1] + z[t] ⊙ htilde[t]", names)


def test_letters_of_the_weights() -> None:
    """Simple cells: U input, W recurrent; gated ones: W_g input, U_g recurrent."""
    roles = {
        name: {weight.name: weight.role for weight in network(name).weights if weight.role}
        for name in ("rnn", "lstm", "gru")
    }
    assert roles["rnn"] == {"U": "w_ih", "W": "w_hh", "b": "b_ih"}
    assert {name for name, role in roles["lstm"].items() if role == "w_ih"} == {"W_f", "W_i", "W_c", "W_o"}
    assert {name for name, role in roles["gru"].items() if role == "w_hh"} == {"U_z", "U_r", "U_h"}


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"cell": "esn"}, "cell is one of rnn, lstm, peephole, gru, bidirectional, stacked, not esn"),
        ({"head": "svm"}, "head is one of softmax, sigmoid, linear, squared, given, not svm"),
        ({"loss": "first"}, "loss is one of every, last, not first"),
        ({"activation": "gelu"}, "activation is one of tanh, sigmoid, relu, not gelu"),
        ({"update_gate": "z"}, "update gate is one of keep, renew, not z"),
        ({"reset": "never"}, "reset is one of before, after, not never"),
        ({"layers": 0}, "a network has 1 to 9 layers, not 0"),
        ({"cell": "bidirectional", "layers": 2}, "one layer in each direction"),
        ({"cell": "lstm", "activation": "relu"}, "the activation of an LSTM is fixed"),
        ({"truncate": -1}, "taken back 1 step or more, not -1"),
    ],
)
def test_what_cannot_be_built(asked: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        gradients.network(**asked)


def test_random_values_need_a_step() -> None:
    with pytest.raises(UserError, match="at least one time step, not 0"):
        gradients.random_values(network("rnn"), 0)


def test_one_choice_is_one_network() -> None:
    """All that judges answers keeps what it has worked out by the network: a second answer must meet it again."""
    assert gradients.network("lstm", loss="last") is gradients.network("lstm", loss="last")
    assert gradients.network("lstm", loss="last") is not gradients.network("lstm")
