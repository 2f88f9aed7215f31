"""The problems of the bank as data: what a problem's text takes for granted holds for whatever is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from dlcalc.quiz import bank
from dlcalc.quiz.variant import variant

SEEDS = range(1, 41)


def drawn(id: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """What is drawn and derived, and the right answers, of forty variants."""
    for seed in SEEDS:
        made = variant(bank.find(id), seed)
        yield dict(made.values), {name: asked.expected for name, asked in made.asked.items()}


def moments(x: tuple[int, ...]) -> tuple[Fraction, Fraction]:
    """Mean and variance, the latter over all values."""
    mean = Fraction(sum(x), len(x))
    return mean, sum(((value - mean) ** 2 for value in x), Fraction(0)) / len(x)


def test_the_window_fits_whole_in_the_first_problem() -> None:
    """One convolutional layer: no remainder, so that rounding down is no part of it."""
    for v, right in drawn("output-size"):
        assert (v["n"] + 2 * v["p"] - v["f"]) % v["s"] == 0
        assert v["s"] * (right["size"][0] - 1) + v["f"] == v["n"] + 2 * v["p"]


def test_a_transposed_convolution_leads_back_to_the_size_before() -> None:
    """Down to o with something lost, up again with that as output padding: s(o − 1) + f − 2p + x = n."""
    for v, right in drawn("transposed"):
        assert v["o"] == right["down"]
        assert v["x"] == right["extra"] > 0
        assert v["s"] * (v["o"] - 1) + v["f"] - 2 * v["p"] + v["x"] == v["n"]
        assert right["up"] < v["n"]


def test_one_stride_alone_fits() -> None:
    """Tried one after the other: no other stride makes a map of that size."""
    for v, right in drawn("which-stride"):
        fitting = [s for s in range(1, v["n"] + 1) if len(range(0, v["n"] + 2 * v["p"] - v["f"] + 1, s)) == v["o"]]
        assert fitting == [right["stride"]]


def test_the_larger_image_is_larger() -> None:
    for v, _ in drawn("against-dense"):
        assert v["w"] > v["n"]


def test_the_perceptron_is_wrong_before_it_learns() -> None:
    """Its output and the wanted one differ, so that the rule changes the weights."""
    for v, right in drawn("perceptron-rule"):
        score = sum(weight * value for weight, value in zip(v["w"], v["x"], strict=True)) + v["b"]
        assert right["output"] == score
        assert (score > 0) != bool(v["y"])
        assert right["weights"] != v["w"]


def test_the_wanted_class_is_the_one_that_the_text_names() -> None:
    """The gradient ŷ − y is negative at the class of the input, and there alone."""
    for v, right in drawn("softmax-by-hand"):
        assert [place for place, slope in enumerate(right["gradient"], 1) if slope < 0] == [v["right"]]
        assert v["y"][v["right"] - 1] == 1


def test_a_batch_has_the_mean_and_the_deviation_that_are_drawn() -> None:
    """By hand: the mean is μ and the standard deviation 2u, both whole, in either order of the five numbers."""
    turns = set()
    for v, right in drawn("batch-norm-by-hand"):
        assert moments(v["x"]) == (v["mu"], 4 * v["u"] ** 2)
        assert right["variance"] == 4 * v["u"] ** 2
        turns.add(v["turn"])
    assert turns == {0, 1}


def test_a_column_has_the_mean_and_the_deviation_that_are_drawn() -> None:
    """Eight numbers with the mean μ and the variance 2u²; one of them lies three deviations u away."""
    turns = set()
    for v, right in drawn("scaling-by-hand"):
        assert moments(v["x"]) == (v["mu"], 2 * v["u"] ** 2)
        assert max(abs(value - v["mu"]) for value in v["x"]) == 3 * v["u"]
        assert abs(right["deviation"] ** 2 - 2 * v["u"] ** 2) < 1e-9
        turns.add(v["turn"])
    assert turns == {0, 1, 2}


def test_the_last_batch_is_never_full() -> None:
    """So dropping it makes a difference: one update in each epoch."""
    for v, right in drawn("updates-per-epoch"):
        assert 0 < right["rest"] < v["B"]
        assert right["all"] - right["dropped"] == v["epochs"]
