"""Letters of a course for the weights of a network: given, or those of its profile; shown, and read in answers."""

from __future__ import annotations

import re

import pytest

from dlcalc import gradients
from dlcalc.answers.gradient_letters import letters_of
from dlcalc.api.recurrent_gradients import bptt
from dlcalc.errors import UserError

RNN = gradients.network("rnn")
COURSE = {"rnn_by_hand": {"W": "W_rec", "U": "W_in"}}


def test_given_letters_are_shown_and_read() -> None:
    letters = "V=U, U=W_x, W=W_{h}"
    shown = bptt(wrt="W", form="delta", letters=letters).to_markdown()
    assert "W_{h}" in shown
    answer = "Σ_t δ_t h_{t-1}^T where δ_t = diag(1-h_t^2) (U^T (ŷ_t-y_t) + W_h^T δ_{t+1})"
    assert bptt(wrt="W", letters=letters, answer=answer).mark.status == "right"  # type: ignore[union-attr]
    turned = bptt(wrt="W", letters="V=W_x, U=U, W=W_h", answer=answer).mark  # type: ignore[union-attr]
    assert turned.status == "wrong"
    assert "you wrote Uᵀ; it should be Vᵀ" in turned.mistakes[0].because


def test_those_of_pascanu() -> None:
    """x the state and u the input: Pascanu, Mikolov and Bengio, arXiv:1211.5063, equations 3 to 5."""
    answer = (
        r"\sum_{1\le t\le T}\sum_{1 \le k \le t} \frac{\partial \mathcal{E}_t}{\partial \mathbf{x}_t} "
        r"\left(\prod_{t\ge i>k} \frac{\partial \mathbf x_i}{\partial \mathbf x_{i-1}}\right) "
        r"\frac{\partial^+ \mathbf x_k}{\partial W_{rec}}"
    )
    found = bptt(wrt="W", letters={"h": "x", "x": "u", "W": "W_rec"}, answer=answer)
    assert found.mark.status == "right"  # type: ignore[union-attr]


def test_those_of_a_profile() -> None:
    assert letters_of(RNN, COURSE) == {"W": "W_rec", "U": "W_in"}
    assert letters_of(RNN, COURSE, "W=R") == {"W": "R", "U": "W_in"}
    assert letters_of(RNN, {}) == {}


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ("Q=W", "what is written for another is W=W_rec, not Q=…"),
        ("W", "letters are given as W=W_rec, ours first, not W"),
        ("W=W rec", "a letter is a name such as W_rec, not W rec"),
        ("W=A, U=A", "W and U are both written A"),
    ],
)
def test_other_letters_are_refused(given: str, rule: str) -> None:
    with pytest.raises(UserError, match=re.escape(rule)):
        letters_of(RNN, {}, given)
