"""Stacked and bidirectional layers by hand: what comes out, which mistake an answer is, and how weights are given."""

from __future__ import annotations

from typing import Any

import pytest

from dlcalc.api.hand_run import by_hand, check
from dlcalc.errors import UserError

ONES: dict[str, Any] = {"x": "0 0 1 1", "w_x": 1, "w_h": 1, "activation": "relu"}


def test_both_directions_and_two_layers_by_hand() -> None:
    """ReLU with all weights 1 adds up: forwards 0 0 1 2, from the end 1 2 2 2, and so on in the layer above."""
    both = by_hand("rnn", **ONES, bidirectional=True)
    assert (both.h, both.h_back) == (((0,), (0,), (1,), (2,)), ((2,), (2,), (2,), (1,)))
    assert (both.y, both.h_n) == (((0, 2), (0, 2), (1, 2), (2, 1)), (2, 2))
    assert by_hand("rnn", **ONES, L=2).h == ((0,), (0,), (1,), (3,))
    above = by_hand("rnn", **ONES, bidirectional=True, L=2)  # reads 2 2 3 3
    assert (above.h, above.h_back) == (((2,), (4,), (7,), (10,)), ((10,), (8,), (6,), (3,)))
    assert by_hand("rnn", **ONES, L=1).h == (0, 0, 1, 2)


def test_weights_of_each_layer_and_direction_stand_between_bars() -> None:
    weights = {"x": "1 2", "w_x": "2 | 3", "w_h": "1|0", "b": "0|1", "activation": "relu"}
    assert by_hand("rnn", **weights, L=2).h == ((7,), (19,))  # layer 1: 2, 6
    assert by_hand("rnn", **weights, bidirectional=True).y == ((2, 4), (6, 7))
    lists = {"x": [1, 2], "w_x": [[[2]], [[3]]], "w_h": [[[1]], [[0]]], "b": [[0], [1]], "activation": "relu"}
    assert by_hand("rnn", **lists, layers=2).h == ((7,), (19,))
    joined = {"x": "1 2", "activation": "relu", "w_joined": "h,x", "bidirectional": True}
    assert by_hand("rnn", **joined, w_h="1 2 | 0 3", b="0|1").y == ((2, 4), (6, 7))
    letters = by_hand("rnn", x="x1 x2", w_x="u|v", w_h="w|z", bidirectional=True)
    assert str(letters.y[1][1]) == "tanh(vx₂)"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"L": 3}, r"^run rnn stacks 1 or 2 layers, not 3: the states that come out are the --x of a further one$"),
        ({"w_x": "1|2|3", "bidirectional": True},
         r"^w-x has 3 parts with \| between them, and here it has 1 or 2: forwards, back$"),
        ({"w_x": "1 2; 3 4; 5 6", "w_h": "1", "x": "1 2; 3 4", "L": 2}, r"^the sizes of run rnn fit together: "),
        ({"w_x": "1 0; 0 1|1 2; 3 4", "w_h": "1", "x": "1 2; 3 4", "bidirectional": True, "L": 2},
         r"^w-x has 2 parts with \| between them, and here it has 1 or 4: layer 1 forwards and back, layer 2 "),
        ({"L": 2, "backward": True, "y": "1 1 1 1"},
         r"^--backward and --layers and --target of run rnn cannot be used together$"),
        ({"L": 2, "kernel": "cpu"}, r"^the kernels run one layer, in one direction: leave --kernel out$"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        by_hand("rnn", **{**ONES, **given}).to_dict()


@pytest.mark.parametrize(
    ("ask", "answer", "mistakes"),
    [
        ("h_n", "2 2", set()),
        ("h_n", "2 1", {"states-not-turned-back", "last-output-for-final"}),
        ("h_back", "2 2 2 1", set()),
        ("h_back", "1 2 2 2", {"states-not-turned-back"}),
        ("h_back", [1, 2, 2, 2], {"states-not-turned-back"}),
        ("y", "0 2; 0 1; 1 0; 2 0", {"backward-not-turned"}),
        ("y", "2 0; 2 0; 2 1; 1 2", {"directions-exchanged"}),
        ("y", "2; 2; 3; 3", {"directions-added"}),
        ("y", "0 2; 0 2; 1 2; 2 1", set()),
    ],
)
def test_answers_of_both_directions(ask: str, answer: object, mistakes: set[str]) -> None:
    judged = check("rnn", ask, answer, **ONES, bidirectional=True)
    assert (judged.correct, {each["id"] for each in judged.mistakes}) == (not mistakes, mistakes)


def test_the_second_layer_reads_the_first() -> None:
    given = {**ONES, "x": "1 0 2", "w_x": "2|3", "w_h": "1"}
    assert by_hand("rnn", **given, L=2).h == ((6,), (12,), (30,))  # layer 1: 2, 2, 6
    judged = check("rnn", "h", "3; 3; 9", **given, L=2)
    assert [each["id"] for each in judged.mistakes] == ["layer-2-reads-input"]
