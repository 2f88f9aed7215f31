"""Dropout, one-hot vectors, padded sequences and the log-softmax by hand; other ways to spell an option."""

from __future__ import annotations

from math import exp, log
from typing import Any

import numpy as np
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
    ("one-hot", {"x": "cat dog cat"}, "y", ((1, 0), (0, 1), (1, 0))),
    ("one-hot", {"x": "cat"}, "row", (1,)),
    ("one-hot", {"x": "The cat.", "vocabulary": "cat the sat"}, "y", ((0, 1, 0), (1, 0, 0))),
    ("one-hot", {"x": "b a b", "count": "from-1"}, "row", (1, 2, 1)),
    ("embedding", {"x": "cat dog", "vocabulary": "dog cat", "w": "1 2; 3 4"}, "y", ((3, 4), (1, 2))),
    ("softmax", {"z": "0 0; 7 7"}, "y", ((0.5, 0.5), (0.5, 0.5))),
    ("softmax", {"z": "1000 0; 0 1000", "target": "0 1"}, "losses", (0, 0)),
    ("softmax", {"z": "0 0; 0 0 ", "target": "1 0"}, "gradient", ((0.25, -0.25), (-0.25, 0.25))),
    ("softmax", {"z": "0 0; 0 0", "target": "0 1; 1 0", "batch": "sum"}, "gradient", ((0.5, -0.5), (-0.5, 0.5))),
    ("softmax", {"z": "0 0; 0 0", "target": "1; 0", "logarithm": "bits"}, "losses", (1, 1)),
    ("cross-entropy", {"p": "0.5 0.5; 0.25 0.75", "target": "0 0"}, "losses", (log(2), log(4))),
    ("log-softmax", {"z": "0 0; 1000 1000"}, "y", ((-log(2), -log(2)),) * 2),
    ("layernorm", {"x": "1 3; 0 10"}, "y", ((-1, 1), (-1, 1))),
    ("dense", {"x": "1 2; 3 4", "W": "1 0; 0 1; 1 1", "b": "0 0 1"}, "yhat", ((1, 2, 4), (3, 4, 8))),
    ("dense", {"x": "1 2; 3 -4", "W": "1 0; 0 1", "layout": "row", "activation": "relu"}, "yhat", ((1, 2), (3, 0))),
    ("squared-loss", {"yhat": "1 2; 3 4", "y": "1 1; 1 1", "form": "mean"}, "gradient", (0, 0.5, 1, 1.5)),
    ("adam", {"w": 1, "g": 1, "eta": 0.5, "lambda": 0.1, "t0": 1, "m0": 0.1, "v0": 0.001, "epsilon": 0}, "w_new",
     (0.45,)),
    ("mlp", {"x": 0, "W1": 0, "W2": "0; 0", "y": "0 1", "eta": 1, "loss": "mean"}, "db2", (0.125, -0.125)),
)  # fmt: skip


def test_each_by_hand() -> None:
    found = [getattr(by_hand(operation, **given), answer) for operation, given, answer, _ in WORKED]
    for (operation, given, answer, expected), value in zip(WORKED, found, strict=True):
        for got, wanted in zip(value, expected, strict=True):
            assert got == pytest.approx(wanted, abs=1e-12), (operation, given, answer)


def test_losses_of_a_batch_are_averaged_unless_they_are_added() -> None:
    mean, added = (by_hand("cross-entropy", p="0.5 0.5; 0.25 0.75", y="0 0", batch=way) for way in ("mean", "sum"))
    assert (mean.loss, added.loss) == (pytest.approx(log(8) / 2), pytest.approx(log(8)))
    given, sum_of_losses = {"z": "1 0; 0 0", "y": "0 0"}, log(1 + exp(-1)) + log(2)
    assert check("softmax", "loss", sum_of_losses, **given).correct
    assert "the losses of the batch are added" in check("softmax", "loss", sum_of_losses, **given, batch="mean").reason


def test_a_step_of_a_batch_is_the_mean_of_the_steps_of_its_examples() -> None:
    net: dict[str, Any] = {"W1": "0.1 0.2; 0.3 0.4", "W2": "0.5 0.6", "eta": 0.5, "loss": "mean"}
    cells: dict[str, Any] = {"w": "0.5 -0.25", "b": 0.1, "eta": 0.5}
    for operation, given, steps in (("mlp", net, ("W1_new", "b1_new", "W2_new", "loss")),
                                    ("logistic", cells, ("w_new", "b_new", "loss"))):  # fmt: skip
        one, other = (by_hand(operation, x=x, y=y, **given) for x, y in (("1 0", 1), ("3 4", 0)))
        both = by_hand(operation, x="1 0; 3 4", y="1 0", **given)
        for step in steps:
            mean = (np.array(getattr(one, step), float) + np.array(getattr(other, step), float)) / 2
            assert np.array(getattr(both, step), float) == pytest.approx(mean), (operation, step)
    added = by_hand("logistic", x="1 2 3", y="1 0 1", w=0, batch="sum")
    assert (added.loss, added.dw, added.db) == (pytest.approx(3 * log(2)), (-1,), -0.5)


def test_words_are_told_with_their_numbers() -> None:
    assert "words by their numbers: cat 0, dog 1" in by_hand("one-hot", x="cat dog cat").working.formula.notes


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
        ("one-hot", {"x": "cat dog", "vocabulary": "cat"}, r"^every word is in the vocabulary, cat; dog is not$"),
        ("one-hot", {"x": "0 1", "vocabulary": "cat"}, r"^--vocabulary numbers words, and x has none$"),
        ("softmax", {"z": "1 2; 3 4", "y": "0 2"}, r"^a target that is one number is the class, .* from 0 to 1, not 2"),
        ("softmax", {"z": "1 2 3; 3 4 5", "y": "1 0 0"}, r"^there are as many targets as examples, one per row$"),
        ("layernorm", {"x": "1 1; 1 2"}, r"^the values of each position must not all be equal, or ε must be above 0: "),
        ("logistic", {"x": "1 2 3", "w": 1, "y": "1 0"}, r"^the sizes of run logistic fit together: x is T×n, "),
        ("squared-loss", {"yhat": "1 2; 3 4", "y": "1 2 3 4"}, r"^tables of predictions and targets have the same sha"),
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
    assert option_meant("--h", {"--h0", "--h-0", "--x"}) == "--h-0"
    assert option_meant("--w-g", {"--W-c", "--w-c", "--w-i"}) == "--w-c"
    assert option_meant("--eps", {"--epsilon", "--eta"}) == "--epsilon"
    assert option_meant("--by", {"--wrt", "--at"}) == "--wrt"
