"""Dropout, one-hot vectors, padded sequences and the log-softmax by hand; other ways to spell an option."""

from __future__ import annotations

from math import exp, log
from typing import Any

import pytest

from dlcalc.api.hand_run import by_hand, check
from dlcalc.cli.commands import option_meant
from dlcalc.errors import UserError

MASKED: dict[str, Any] = {"x": "1 2 3 4", "mask": "1 0 1 1"}
WORKED: tuple[tuple[str, dict[str, Any], str, Any], ...] = (
    ("dropout", {**MASKED, "p": 0.8}, "y", (1, 0, 3, 4)),
    ("dropout", {**MASKED, "p": "4/5"}, "test", (0.8, 1.6, 2.4, 3.2)),
    ("dropout", {**MASKED, "p": 0.5, "form": "drop"}, "y", (2, 0, 6, 8)),
    ("dropout", {**MASKED, "p": 0.5, "form": "drop"}, "test", (1, 2, 3, 4)),
    ("dropout", {**MASKED, "p": 0.75, "form": "drop", "backward": True, "d": "1 1 2 0"}, "dx", (4, 0, 8, 0)),
    ("one-hot", {"x": "2 0", "classes": 4}, "y", ((0, 0, 1, 0), (1, 0, 0, 0))),
    ("one-hot", {"x": "2 0"}, "y", ((0, 0, 1), (1, 0, 0))),
    ("one-hot", {"x": "2 1", "count": "from-1", "classes": 2}, "y", ((0, 1), (1, 0))),
    ("pad-sequence", {"x": "5 3 8", "length": 5}, "y", (0, 0, 5, 3, 8)),
    ("pad-sequence", {"x": "5 3 8", "length": 5, "padding": "post", "value": -1}, "y", (5, 3, 8, -1, -1)),
    ("pad-sequence", {"x": "5 3 8", "length": 2}, "y", (3, 8)),
    ("pad-sequence", {"x": "5 3 8", "length": 2, "truncating": "post"}, "y", (5, 3)),
    ("log-softmax", {"z": "0 0"}, "y", (-log(2), -log(2))),
    ("log-softmax", {"z": "1000 0"}, "y", (0, -1000)),
    ("log-softmax", {"z": "0 0", "backward": True, "d": "1 0"}, "dz", (0.5, -0.5)),
    ("log-softmax", {"z": "5000 0", "backward": True, "d": "0 1"}, "dz", (-1, 1)),
)  # fmt: skip


def test_each_by_hand() -> None:
    found = [getattr(by_hand(operation, **given), answer) for operation, given, answer, _ in WORKED]
    for (operation, given, answer, expected), value in zip(WORKED, found, strict=True):
        wanted = expected if isinstance(expected[0], tuple) else pytest.approx(expected, abs=1e-12)
        assert value == wanted, (operation, given, answer)


@pytest.mark.parametrize(
    ("operation", "given", "ask", "answer", "mistake"),
    [
        ("dropout", {**MASKED, "p": 0.5, "form": "drop"}, "y", "0.5 0 1.5 2", "multiplied-by-keep"),
        ("dropout", {**MASKED, "p": 0.8}, "y", "0 2 0 0", "kept-and-dropped-exchanged"),
        ("one-hot", {"x": "2 1", "classes": 3}, "y", "0 1 0; 1 0 0", "one-row-up"),
        ("log-softmax", {"z": "0 0 0 0"}, "y", "0.25 0.25 0.25 0.25", "logarithm-forgotten"),
        ("log-softmax", {"z": "1 2"}, "y", "1 2", "not-normalised"),
    ],
)
def test_wrong_answers_are_explained(operation: str, given: Any, ask: str, answer: str, mistake: str) -> None:
    judged = check(operation, ask, answer, **given)
    assert (judged.correct, [each["id"] for each in judged.mistakes]) == (False, [mistake])


@pytest.mark.parametrize(
    ("operation", "given", "answer"),
    [
        ("dropout", {**MASKED, "p": 0.5}, "2 0 6 8"),
        ("pad-sequence", {"x": "5 3 8", "length": 5}, "5 3 8 0 0"),
        ("pad-sequence", {"x": "5 3 8", "length": 2}, "5 3"),
    ],
)
def test_another_convention_is_right_until_one_is_stated(operation: str, given: Any, answer: str) -> None:
    assert check(operation, "y", answer, **given).correct
    stated = {"form": "keep"} if operation == "dropout" else {"padding": "pre", "truncating": "pre"}
    assert not check(operation, "y", answer, **given, **stated).correct


def test_exponentials_of_a_log_softmax_sum_to_1() -> None:
    assert sum(map(exp, by_hand("log-softmax", z="1 2 -0.5 700").y)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("operation", "given", "said"),
    [
        ("dropout", {"x": "1 2", "mask": "1", "p": 0.5}, r"^the mask has one number per value: "),
        ("dropout", {"x": "1 2", "mask": "1 0", "p": 1}, r"^dropout's probability lies between 0 and 1, not at 1$"),
        ("one-hot", {"x": "2 0", "classes": 2}, r"^every index is a class: there are 2 classes, and the indices are "),
    ],
)
def test_what_cannot_be_is_refused(operation: str, given: Any, said: str) -> None:
    with pytest.raises(UserError, match=said):
        by_hand(operation, **given)


def test_a_hyphen_before_a_number_is_free() -> None:
    assert option_meant("--v-0", {"--v0", "--w"}) == "--v0"
    assert option_meant("--g-0", {"--G0", "--g"}) == "--G0"
    assert option_meant("--h0", {"--h-0"}) == "--h-0"
    assert option_meant("--w1", {"--W1", "--w-1", "--b1"}) == "--w-1"
    assert by_hand("mlp", x="1 0", W1="1 0; 0 1", W2="1 1", hidden="relu").z1 == (1, 0)
