"""Batch and layer normalisation, min–max and z-score scaling, worked by hand."""

from fractions import Fraction as F
from math import sqrt
from typing import Any

import pytest
from asking import ask, judge, named, wrong
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from naive import cells as naive

from dlcalc.errors import UserError

NUMBERS = st.lists(st.integers(-90, 90).map(lambda n: F(n, 10)), min_size=2, max_size=5).map(tuple)
NUMBER = st.integers(-30, 30).map(lambda n: F(n, 10))
BATCH = (1, 2, 3, 6)
SCALED = (-1.069045, -0.534522, 0, 1.603567)
"""(x − 3)/√3.5: mean 3, variance (4 + 1 + 0 + 9)/4."""


def test_a_batch_of_four() -> None:
    """1 2 3 6 has mean 3 and variance 3.5."""
    found = ask("batchnorm_by_hand_scalar", x=BATCH)
    assert (found["mean"], found["variance"]) == (3, F(7, 2))
    assert found["y"] == pytest.approx(SCALED, abs=1e-6)
    assert ask("layernorm_by_hand", x=BATCH)["y"] == pytest.approx(SCALED, abs=1e-6)
    assert ask("zscore_by_hand", x=BATCH)["y"] == pytest.approx(SCALED, abs=1e-6)


def test_exact_where_the_root_is() -> None:
    """2 and 4 lie one standard deviation from 3; γ = 3, β = ½."""
    assert ask("batchnorm_by_hand_scalar", x=(2, 4), gamma=3, beta=F(1, 2))["y"] == (F(-5, 2), F(7, 2))
    assert ask("batchnorm_by_hand_scalar", x=(2, 4), epsilon=3)["y"] == (F(-1, 2), F(1, 2))


@given(x=NUMBERS, gamma=NUMBER, beta=NUMBER, epsilon=st.sampled_from([0, F(1, 100000), F(1, 1000)]))
def test_normalising_against_plain_sums(x: Any, gamma: Any, beta: Any, epsilon: Any) -> None:
    assume(len(set(x)) > 1)
    plain = [float(gamma) * n + float(beta) for n in naive.normalised([float(n) for n in x], float(epsilon))]
    given = {"x": x, "gamma": gamma, "beta": beta, "epsilon": epsilon}
    assert [float(y) for y in ask("batchnorm_by_hand_scalar", **given)["y"]] == pytest.approx(plain)
    learnt = {"gamma": (gamma,) * len(x), "beta": (beta,) * len(x)}
    assert [float(y) for y in ask("layernorm_by_hand", **given | learnt)["y"]] == pytest.approx(plain)


def test_each_feature_is_normalised_by_itself() -> None:
    """Two features over two examples: 2 4 and 10 30."""
    found = ask("batchnorm_by_hand", x=((2, 10), (4, 30)), gamma=(1, 2))
    assert (found["mean"], found["variance"]) == ((3, 20), (1, 100))
    assert found["y"] == ((-1, -2), (1, 2))


def test_at_test_time_the_running_values_are_used() -> None:
    found = ask("batchnorm_test_by_hand", x=(3, 9), running_mean=1, running_variance=4, gamma=2, beta=1)
    assert found["y"] == (3, 9)
    given = {"x": (3, 9), "running_mean": 1, "running_variance": 4}
    assert wrong("batchnorm_test_by_hand", "xhat", **given)["batch-mean-at-test"] == (F(-3, 2), F(3, 2))
    assert wrong("batchnorm_test_by_hand", "y", **given)["batch-variance-at-test"] == (F(2, 3), F(8, 3))


@given(x=NUMBERS, gamma=NUMBER, beta=NUMBER, seed=st.integers(-9, 9))
def test_gradients_against_differences(x: Any, gamma: Any, beta: Any, seed: int) -> None:
    assume(len(set(x)) > 1)
    d = [F(seed + 3 * place * place, 4) for place in range(len(x))]
    epsilon = F(1, 2)

    def loss(x: Any, gamma: float, beta: float) -> float:
        scaled = naive.normalised(x, 0.5)
        return sum(float(weight) * (gamma * n + beta) for weight, n in zip(d, scaled, strict=True))

    plain, g, b = [float(n) for n in x], float(gamma), float(beta)
    found = ask("batchnorm_backward_by_hand_scalar", x=x, gamma=gamma, beta=beta, epsilon=epsilon, d=tuple(d))
    assert float(found["loss"]) == pytest.approx(loss(plain, g, b), abs=1e-9)
    by_x = naive.slopes(lambda at: loss(at, g, b), plain)
    assert [float(n) for n in found["dx"]] == pytest.approx(by_x, rel=1e-5, abs=1e-6)
    assert float(found["dgamma"]) == pytest.approx(naive.slopes(lambda at: loss(plain, at, b), g), abs=1e-7)
    assert float(found["dbeta"]) == pytest.approx(naive.slopes(lambda at: loss(plain, g, at), b), abs=1e-7)
    assert float(sum(found["dx"])) == pytest.approx(0, abs=1e-9)


BATCHES = st.lists(st.tuples(NUMBER, NUMBER), min_size=2, max_size=4).map(tuple)


@settings(max_examples=30)
@given(x=BATCHES, gamma=st.tuples(NUMBER, NUMBER), beta=st.tuples(NUMBER, NUMBER), seed=st.integers(-9, 9))
def test_gradients_of_several_features_against_differences(x: Any, gamma: Any, beta: Any, seed: int) -> None:
    """Every number of the batch, of γ and of β is moved, in a loss of all features at once."""
    d = [[F(seed + 3 * place * place - k * place, 4) for k in range(2)] for place in range(len(x))]

    def loss(x: Any, gamma: Any, beta: Any) -> float:
        scaled = [naive.normalised(column, 0.5) for column in zip(*x, strict=True)]
        return sum(float(row[k]) * (gamma[k] * scaled[k][i] + beta[k]) for i, row in enumerate(d) for k in range(2))

    plain, g, b = naive.floats(x), naive.floats(gamma), naive.floats(beta)
    upstream = tuple(map(tuple, d))
    found = ask("batchnorm_backward_by_hand", x=x, gamma=gamma, beta=beta, epsilon=F(1, 2), d=upstream)
    assert float(found["loss"]) == pytest.approx(loss(plain, g, b), abs=1e-9)
    for row, expected in zip(found["dx"], naive.slopes(lambda at: loss(at, g, b), plain), strict=True):
        assert [float(n) for n in row] == pytest.approx(expected, rel=1e-5, abs=1e-6)
    by_gamma, by_beta = (naive.slopes(of, at) for of, at in ((lambda at: loss(plain, at, b), g),
                                                             (lambda at: loss(plain, g, at), b)))  # fmt: skip
    assert [float(n) for n in found["dgamma"]] == pytest.approx(by_gamma, abs=1e-7)
    assert [float(n) for n in found["dbeta"]] == pytest.approx(by_beta, abs=1e-7)


def test_backwards_each_feature_stands_by_itself() -> None:
    """The columns 2 4 9 and 1 5 0 of one batch, and each as a batch of its own."""
    x, d = ((2, 1), (4, 5), (9, 0)), ((1, -1), (2, 0), (4, 3))
    found = ask("batchnorm_backward_by_hand", x=x, d=d, gamma=(3, 2), beta=(1, 0))
    for k, (gamma, beta) in enumerate(((3, 1), (2, 0))):
        alone = ask("batchnorm_backward_by_hand_scalar", x=tuple(row[k] for row in x), d=tuple(row[k] for row in d),
                    gamma=gamma, beta=beta)  # fmt: skip
        assert [float(row[k]) for row in found["dx"]] == pytest.approx(list(map(float, alone["dx"])))
        assert float(found["dgamma"][k]) == pytest.approx(float(alone["dgamma"]))
        assert found["dbeta"][k] == alone["dbeta"]


def test_what_the_mistakes_of_several_features_give() -> None:
    """2 4 and 10 30: means 3 and 20, deviations 1 and 10."""
    q = {"x": ((2, 10), (4, 30)), "gamma": (3, 5), "d": ((1, 2), (2, 4))}
    assert ask("batchnorm_backward_by_hand", **q)["dgamma"] == (1, 2)
    assert wrong("batchnorm_backward_by_hand", "dgamma", **q)["scale-gradient-from-x"] == (10, 140)
    given = wrong("batchnorm_backward_by_hand", "dx", **q)
    assert given["statistics-held-fixed"] == ((3, 1), (6, 2))
    assert given["variance-held-fixed"] == ((F(-3, 2), F(-1, 2)), (F(3, 2), F(1, 2)))


def test_scaling_to_a_range() -> None:
    """1 2 3 6 lie 0, 1, 2, 5 above the smallest, of 5; to −1..1 twice that less 1."""
    assert ask("minmax_by_hand", x=BATCH)["y"] == (0, F(1, 5), F(2, 5), 1)
    assert ask("minmax_by_hand", x=BATCH, low=-1)["y"] == (-1, F(-3, 5), F(-1, 5), 1)
    assert ask("minmax_image_by_hand", x=((0, 51), (102, 255)))["y"] == ((0, F(1, 5)), (F(2, 5), 1))


def test_an_image_is_scaled_as_a_whole() -> None:
    """1 3 / 3 5: mean 3, squares 4 + 0 + 0 + 4 over 4."""
    found = ask("zscore_image_by_hand", x=((1, 3), (3, 5)))
    assert (found["n"], found["mean"], found["variance"]) == (4, 3, 2)
    assert found["y"] == ((pytest.approx(-sqrt(2)), 0), (0, pytest.approx(sqrt(2))))


def test_the_variance_of_a_sample_is_a_convention() -> None:
    """1 2 3 6: 14/3 with n − 1."""
    verdict = judge("zscore_by_hand", "variance", "14/3", x=BATCH)
    assert verdict.correct
    assert verdict.convention is not None
    assert verdict.convention.name == "sample"
    assert named(judge("batchnorm_by_hand_scalar", "variance", "14/3", x=BATCH))[0] == "divided-by-one-less"


@given(x=NUMBERS)
def test_what_scaling_does(x: Any) -> None:
    assume(len(set(x)) > 1)
    scaled = ask("minmax_by_hand", x=x)["y"]
    assert (min(scaled), max(scaled)) == (0, 1)
    scores = [float(y) for y in ask("zscore_by_hand", x=x)["y"]]
    assert sum(scores) == pytest.approx(0, abs=1e-9)
    assert sum(score * score for score in scores) == pytest.approx(len(x))


def test_equal_values_have_no_scale() -> None:
    for id in ("minmax_by_hand", "zscore_by_hand"):
        with pytest.raises(UserError, match="the values must not all be equal: there is nothing to scale"):
            ask(id, x=(2, 2))
    for id in ("batchnorm_by_hand_scalar", "batchnorm_backward_by_hand_scalar", "layernorm_by_hand"):
        with pytest.raises(UserError, match="the values must not all be equal, or ε must be above 0"):
            ask(id, x=(2, 2))
        assert ask(id, x=(2, 2), epsilon=1)["y"] == (0, 0)
    for id in ("batchnorm_by_hand", "batchnorm_backward_by_hand"):
        with pytest.raises(UserError, match="the values of each feature must not all be equal, or ε must be above 0"):
            ask(id, x=((1, 2), (1, 3)))
        assert ask(id, x=((1, 2), (1, 4)), epsilon=3)["y"] == ((0, F(-1, 2)), (0, F(1, 2)))
    with pytest.raises(UserError, match="γ has one entry per feature"):
        ask("layernorm_by_hand", x=(1, 2), gamma=(1, 2, 3))
    with pytest.raises(UserError, match="β has one entry per feature"):
        ask("layernorm_by_hand", x=(1, 2), beta=(1, 2, 3))


def test_what_the_mistakes_give() -> None:
    """2 4 9: mean 5, squares 9 1 16, variance 26/3."""
    found = wrong("batchnorm_by_hand_scalar", "variance", x=(2, 4, 9))
    assert found == {
        "divided-by-one-less": 13,
        "not-squared": F(8, 3),
        "squares-summed": 26,
        "deviation-for-variance": pytest.approx((26 / 3) ** 0.5),
        "mean-not-subtracted-in-variance": F(101, 3),
        "sum-for-mean": F(13**2 + 11**2 + 6**2, 3),
    }
    given = {"x": (2, 4), "gamma": 3, "beta": F(1, 2), "epsilon": 3}
    found = wrong("batchnorm_by_hand_scalar", "y", **given)
    assert found["divided-by-variance"] == (F(-1, 4), F(5, 4))
    assert found["epsilon-outside"] == (F(-1, 4), F(5, 4))
    assert found["mean-not-subtracted"] == (F(7, 2), F(13, 2))
    assert found["scale-forgotten"] == (0, 1)
    assert found["shift-forgotten"] == (F(-3, 2), F(3, 2))
    assert found["shift-scaled"] == (0, 3)
    found = wrong("minmax_by_hand", "y", x=BATCH)
    assert found["divided-by-largest"] == (F(1, 6), F(1, 3), F(1, 2), 1)
    assert found["divided-by-largest-after-shift"] == (0, F(1, 6), F(1, 3), F(5, 6))
    assert found["shift-forgotten"] == (F(1, 5), F(2, 5), F(3, 5), F(6, 5))
    found = wrong("zscore_by_hand", "y", x=(2, 6))
    assert found["divided-by-variance"] == (F(-1, 2), F(1, 2))
    assert found["deviation-forgotten"] == (-2, 2)
    back = {"x": (2, 4), "gamma": 3, "d": (1, 2)}
    found = wrong("batchnorm_backward_by_hand_scalar", "dx", **back)
    assert found["statistics-held-fixed"] == (3, 6)
    assert found["variance-held-fixed"] == (F(-3, 2), F(3, 2))
    assert ask("batchnorm_backward_by_hand_scalar", **back)["dx"] == (0, 0)


def test_running_statistics() -> None:
    """Of 1, 2, 3 and 6, whose variance is 14/4 = 3.5, or 14/3 over B − 1: a tenth of the way from 0 and 1."""
    given = {"x": (1, 2, 3, 6), "momentum": F(9, 10)}
    found = ask("batchnorm_running_by_hand", **given)
    assert (found["running_mean"], found["running_variance"]) == (F(3, 10), F(5, 4))
    assert ask("batchnorm_running_by_hand", "unbiased", **given)["running_variance"] == F(9, 10) + F(14, 30)
    new = ask("batchnorm_running_by_hand", "pytorch", **{**given, "momentum": F(1, 10)})
    assert (new["running_mean"], new["running_variance"]) == (F(3, 10), F(9, 10) + F(14, 30))
    made = wrong("batchnorm_running_by_hand", "running_variance", **given)
    assert made["old-value-forgotten"] == F(7, 20)
    assert made["batch-for-running"] == F(7, 2)
