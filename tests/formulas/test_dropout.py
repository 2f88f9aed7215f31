"""Dropout: units that stay on, the factors that make up for the others, thinned networks."""

from fractions import Fraction

import pytest
from asking import ask, judge, named, wrong
from hypothesis import given
from hypothesis import strategies as st
from naive import dropout as naive

from dlcalc.errors import UserError

UNITS = st.integers(1, 6)
CHANCE = st.integers(1, 19).map(lambda n: Fraction(n, 20))


@given(n=UNITS, p=CHANCE)
def test_expected_units_over_all_subsets(n: int, p: Fraction) -> None:
    assert ask("dropout", n=n, p=p)["expected"] == naive.expected_on(n, p)
    assert ask("dropout", "drop", n=n, p=p)["expected"] == naive.expected_on(n, 1 - p)


@pytest.mark.parametrize("convention", ["keep", "drop"])
@given(p=CHANCE)
def test_training_and_test_agree_on_average(convention: str, p: Fraction) -> None:
    """The factors are chosen so that the next layer receives at test time what it received in training on average."""
    values = (3, 1, 4, 1)
    layer = ask("dropout", convention, n=4, p=p)
    in_training = naive.expected_sum(values, Fraction(layer["keep"]), Fraction(layer["training_scale"]))
    assert in_training == layer["test_scale"] * sum(values)


def test_both_readings_of_p() -> None:
    """p = 0.8: kept, the layer is multiplied by 0.8 at test; dropped, kept values are multiplied by 5 in training."""
    p = Fraction(4, 5)
    keep, drop = ask("dropout", n=100, p=p), ask("dropout", "drop", n=100, p=p)
    assert (keep["expected"], keep["training_scale"], keep["test_scale"]) == (80, 1, p)
    assert (drop["expected"], drop["training_scale"], drop["test_scale"]) == (20, 5, 1)


@given(n=UNITS)
def test_every_subset_is_a_network(n: int) -> None:
    assert ask("dropout_networks", n=n)["networks"] == len(set(naive.masks(n)))
    given = wrong("dropout_networks", "networks", n=n)
    assert given == {"doubled": 2 * n, "squared": n * n, "one-per-unit": n, "empty-left-out": 2**n - 1}


@given(n=UNITS, p=CHANCE)
def test_what_the_mistakes_give(n: int, p: Fraction) -> None:
    assert wrong("dropout", "expected", n=n, p=p) == {"dropped-units": n * (1 - p)}
    assert wrong("dropout", "test_scale", n=n, p=p) == {
        "never-scaled": 1,
        "drop-for-keep": 1 - p,
        "divided-at-test": 1 / p,
        "scaled-twice-at-test": p * p,
    }
    inverted = wrong("dropout", "training_scale", "drop", n=n, p=p)
    assert inverted == {"multiplied-in-training": 1 - p, "drop-below-the-line": 1 / p}


def test_the_other_reading_is_recognised() -> None:
    """20 of 100 units on with p = 0.8 is right where p drops."""
    verdict = judge("dropout", "expected", "20", n=100, p=Fraction(4, 5))
    assert verdict.correct
    assert verdict.convention is not None
    assert verdict.convention.name == "drop"


def test_scaled_twice_is_named() -> None:
    assert "scaled-twice-at-test" in named(judge("dropout", "test_scale", "0.640", n=10, p=Fraction(4, 5)))


def test_letters_are_left_over() -> None:
    assert judge("dropout", "expected", "np").correct
    assert judge("dropout", "training_scale", "1/(1 - p)", "drop").correct
    assert "squared" in named(judge("dropout_networks", "networks", "n^2"))


def test_p_is_a_probability() -> None:
    with pytest.raises(UserError, match="p is a number from 0 to 1, not 3/2"):
        ask("dropout", n=10, p=Fraction(3, 2))


def test_dropping_everything_leaves_nothing_to_scale() -> None:
    with pytest.raises(UserError, match="division by zero: 1/0"):
        ask("dropout", "drop", n=10, p=1)


def test_number_of_networks_stays_printable() -> None:
    with pytest.raises(UserError, match="n is a whole number from 1 to 2000, not 4096"):
        ask("dropout_networks", n=4096)
