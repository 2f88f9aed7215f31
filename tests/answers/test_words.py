"""Words that mean nothing in an answer are told by name at every door, and never judged."""

from __future__ import annotations

import pytest

import dlcalc
from dlcalc.answers.marks import Mark
from dlcalc.answers.notation import unknown_words
from dlcalc.api.feedforward_gradients import backprop
from dlcalc.api.hand_run import check as check_by_hand

NETWORK = "2; dense 3 sigmoid; dense 1 sigmoid"


@pytest.mark.parametrize(
    ("text", "names", "words"),
    [
        ("12 apples and pears", (), "apples and pears"),
        ("12 kg", (), "kg"),
        ("the answer is 12", (), "the answer is"),
        ("it's 12", (), "it's"),
        ("sigmoid(2) + pears", (), "pears"),
        ("4nm + 4m", ("n", "m"), ""),
        ("4nm + kg", ("n", "m"), "kg"),
        (r"\\sum x_kg", (), ""),
        ("1 if x > 0 else 0", ("x",), ""),
        ("12 foo(3)", (), ""),
    ],
)
def test_the_words_that_mean_nothing(text: str, names: tuple[str, ...], words: str) -> None:
    assert unknown_words(text, names) == words


@pytest.mark.parametrize("text", ["12 apples and pears", "608 apples and pears"])
def test_they_are_told_at_every_door(text: str) -> None:
    """A count, a number worked out by hand, an array, a derivative, gradients; a cell of a table."""
    number = "“apples and pears” has no meaning here: a number is asked"
    found = dlcalc.conv.check("parameters", text, f=5, c=3, k=8)
    assert (found.status, found.mark.reason) == ("unreadable", number)
    loss = check_by_hand("softmax", "value", text, z="2 0.5 -1", target="0 1 0")
    assert (loss.status, loss.mark.reason) == ("unreadable", number)
    states = check_by_hand("rnn", "value", text, x="2 1", w_x=0.4, w_h=0.3)
    assert (states.status, states.mark.reason) == ("unreadable", number)
    slope = dlcalc.diff("x^2", answer=text)
    assert "“apples and pears” has no meaning here; the letters are x" in str(slope.to_dict()["reason"])
    weight = backprop(NETWORK, "W1", answer=text)
    assert "“apples and pears” has no meaning here; the letters are L, x" in str(weight.to_dict()["reason"])
    through_time = dlcalc.bptt("rnn", "W", answer=text)
    assert "apples has no meaning here" in str(through_time.to_dict()["reason"])


RNN = {"x": "2 1", "w_x": "0.4", "w_h": "0.3"}


def by_hand(answer: str) -> Mark:
    return check_by_hand("rnn", "value", answer, **RNN).mark


@pytest.mark.parametrize("text", ["12 apples", "12 kg", "12 m", "nearly 12", "0.7 q"])
def test_a_word_between_numbers_may_belong_to_one_of_them(text: str) -> None:
    """12 kg are not two numbers of which the first is wrong."""
    assert by_hand(text).status == "unreadable"


@pytest.mark.parametrize("text", ["0.5, 0.7", "0.664 0.501"])
def test_numbers_alone_are_judged(text: str) -> None:
    assert by_hand(text).status == "wrong"
