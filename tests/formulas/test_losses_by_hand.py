"""Losses, the softmax and embeddings by hand, with their gradients."""

from fractions import Fraction as F
from math import exp, log, log2, log10
from typing import Any

import pytest
from asking import ask, judge, named, wrong
from hypothesis import given
from hypothesis import strategies as st
from naive import cells as naive

from dlcalc.errors import UserError

NUMBER = st.integers(-300, 300).map(lambda n: F(n, 100))
THREE = st.tuples(NUMBER, NUMBER, NUMBER)
PROBABILITY = st.integers(1, 99).map(lambda n: F(n, 100))


# losses


def test_squared_loss_in_whole_numbers() -> None:
    """Errors 1 and −2: ½(1 + 4); summed, averaged, half averaged 5, 5/2, 5/4."""
    given = {"yhat": (1, 2), "y": (0, 4)}
    found = ask("loss_squared_by_hand", **given)
    assert (found["loss"], found["gradient"]) == (F(5, 2), (1, -2))
    for convention, loss, gradient in (
        ("sum", 5, (2, -4)),
        ("mean", F(5, 2), (1, -2)),
        ("half-mean", F(5, 4), (F(1, 2), -1)),
    ):
        found = ask("loss_squared_by_hand", convention, **given)
        assert (found["loss"], found["gradient"]) == (loss, gradient)


def test_log_loss_of_a_coin() -> None:
    """p = ½ costs ln 2 whatever the target; ∂L/∂p = ∓2, ∂L/∂z = ∓½."""
    found = ask("loss_log_by_hand", p=(F(1, 2), F(1, 2)), y=(1, 0))
    assert found["loss"] == pytest.approx(2 * log(2))
    assert (found["gradient"], found["by_score"]) == ((-2, 2), (F(-1, 2), F(1, 2)))
    assert ask("loss_log_by_hand", "mean", p=(F(1, 2), F(1, 2)), y=(1, 0))["loss"] == pytest.approx(log(2))


@given(p=st.lists(st.tuples(PROBABILITY, st.integers(0, 1)), min_size=1, max_size=4))
def test_log_loss_against_the_plain_one(p: Any) -> None:
    outputs, targets = zip(*p, strict=True)
    found = ask("loss_log_by_hand", p=outputs, y=targets)
    plain = [float(each) for each in outputs]
    assert float(found["loss"]) == pytest.approx(naive.log_loss(plain, targets))
    slopes = naive.slopes(lambda at: naive.log_loss(at, targets), plain)
    assert [float(each) for each in found["gradient"]] == pytest.approx(slopes, rel=1e-5)


def test_cross_entropy_reads_the_true_class() -> None:
    """Probability ¼ of the true class costs ln 4."""
    assert ask("cross_entropy_by_hand", p=(F(1, 2), F(1, 4), F(1, 4)), y=(0, 1, 0))["loss"] == pytest.approx(log(4))


def test_softmax_and_cross_entropy_at_equal_scores() -> None:
    """ŷ = (½, ½) exactly, loss ln 2, gradient ŷ − y."""
    found = ask("softmax_cross_entropy_by_hand", z=(0, 0), y=(1, 0))
    assert (found["yhat"], found["gradient"]) == ((F(1, 2), F(1, 2)), (F(-1, 2), F(1, 2)))
    assert found["loss"] == pytest.approx(log(2))


@given(z=THREE, true=st.integers(0, 2))
def test_its_gradient_against_differences(z: Any, true: int) -> None:
    y = tuple(int(place == true) for place in range(3))
    found = ask("softmax_cross_entropy_by_hand", z=z, y=y)
    slopes = naive.slopes(lambda at: -log(naive.probabilities(at)[true]), naive.floats(z))
    assert [float(each) for each in found["gradient"]] == pytest.approx(slopes, rel=1e-5, abs=1e-8)


def test_what_the_mistakes_of_losses_give() -> None:
    found = wrong("loss_squared_by_hand", "loss", yhat=(1, 2), y=(0, 4))
    assert found == {
        "not-squared": F(3, 2),
        "errors-summed-first": F(1, 2),
        "absolute-for-squared": 3,
        "root-taken": pytest.approx(5**0.5),
        "root-of-the-mean": pytest.approx((5 / 2) ** 0.5),
        "squares-subtracted": F(-11, 2),
    }
    found = wrong("loss_squared_by_hand", "gradient", yhat=(1, 2), y=(0, 4))
    assert found == {"error-sign-turned": (-1, 2), "gradient-squared": (1, 4)}
    given = {"p": (F(1, 4), F(1, 4)), "y": (1, 0)}
    found = wrong("loss_log_by_hand", "loss", **given)
    assert found["other-class-lost"] == pytest.approx(log(4))
    assert found["one-minus-lost"] == pytest.approx(log(16))
    assert found["minus-forgotten"] == pytest.approx(log(3 / 16))
    assert found["common-logarithm"] == pytest.approx(-log10(3 / 16))
    assert found["binary-logarithm"] == pytest.approx(-log2(3 / 16))
    assert wrong("loss_log_by_hand", "gradient", **given)["slope-forgotten"] == (F(-3, 4), F(1, 4))
    found = wrong("cross_entropy_by_hand", "loss", p=(F(1, 2), F(1, 4), F(1, 4)), y=(0, 1, 0))
    assert found["predicted-class"] == pytest.approx(log(2))
    assert found["probability-for-logarithm"] == F(3, 4)
    assert found["mean-over-classes"] == pytest.approx(log(4) / 3)
    found = wrong("softmax_cross_entropy_by_hand", "gradient", z=(0, 0), y=(1, 0))
    assert found["error-sign-turned"] == (F(1, 2), F(-1, 2))
    assert found["slope-twice"] == (F(-1, 8), F(1, 8))


def test_the_mean_is_a_convention() -> None:
    verdict = judge("loss_squared_by_hand", "gradient", "(1/2, -1)", yhat=(1, 2), y=(0, 4))
    assert verdict.correct
    assert verdict.convention is not None
    assert verdict.convention.name == "half-mean"


# softmax


def test_a_temperature_of_two() -> None:
    """ln 16 and 0 at τ = 2: powers 4 and 1, probabilities 0.8 and 0.2; at τ = 1 they are 16/17 and 1/17."""
    found = ask("softmax_by_hand", z=(F(log(16)), 0), tau=2)
    assert found["y"] == pytest.approx((0.8, 0.2))
    assert ask("softmax_by_hand", z=(F(log(16)), 0))["y"] == pytest.approx((16 / 17, 1 / 17))
    assert ask("softmax_by_hand", z=(5, 5, 5, 5), tau=3)["y"] == pytest.approx((0.25,) * 4)


@given(z=THREE, tau=st.integers(50, 400).map(lambda n: F(n, 100)), d=THREE)
def test_softmax_and_its_gradient_against_plain_sums(z: Any, tau: Any, d: Any) -> None:
    def loss(at: list[float]) -> float:
        return sum(float(a) * p for a, p in zip(d, naive.probabilities(at, float(tau)), strict=True))

    found = ask("softmax_backward_by_hand", z=z, tau=tau, d=d)
    assert [float(p) for p in found["y"]] == pytest.approx(naive.probabilities(z, float(tau)))
    slopes = naive.slopes(loss, naive.floats(z))
    assert [float(each) for each in found["dz"]] == pytest.approx(slopes, rel=1e-5, abs=1e-8)
    assert float(sum(found["dz"])) == pytest.approx(0, abs=1e-12)


def test_a_temperature_is_positive() -> None:
    for id in ("softmax_by_hand", "softmax_backward_by_hand"):
        with pytest.raises(UserError, match="the temperature must be above 0, not 0"):
            ask(id, z=(1, 2), tau=0)


def test_what_the_mistakes_of_a_softmax_give() -> None:
    given = {"z": (4, 0), "tau": 2}
    found = wrong("softmax_by_hand", "y", **given)
    assert found["not-normalised"] == pytest.approx((exp(2), 1))
    assert found["no-exponential"] == (1, 0)
    assert found["sigmoid-for-softmax"] == pytest.approx((naive.logistic(2), 0.5))
    assert found["multiplied-by-temperature"] == pytest.approx(naive.probabilities((8, 0)))
    assert found["temperature-forgotten"] == pytest.approx(naive.probabilities((4, 0)))
    assert found["divided-by-largest"] == pytest.approx((1, exp(-2)))
    found = wrong("softmax_backward_by_hand", "dz", z=(0, 0), tau=2, d=(1, 3))
    assert ask("softmax_backward_by_hand", z=(0, 0), tau=2, d=(1, 3))["dz"] == (F(-1, 4), F(1, 4))
    assert found["diagonal-alone"] == (F(1, 8), F(3, 8))
    assert found["sum-not-subtracted"] == (F(1, 4), F(3, 4))
    assert found["slope-forgotten"] == (F(-1, 2), F(1, 2))
    assert found["inner-derivative-forgotten"] == (F(-1, 2), F(1, 2))


# embedding

TABLE = ((1, 2), (3, 4), (5, 6))


def test_words_are_looked_up() -> None:
    """Counted from 0: words 2 0 2 have the rows 3 1 3."""
    assert ask("embedding_by_hand", x=(2, 0, 2), E=TABLE)["y"] == ((5, 6), (1, 2), (5, 6))
    assert ask("embedding_by_hand", "from-1", x=(3, 1), E=TABLE)["y"] == ((5, 6), (1, 2))
    found = ask("embedding_backward_by_hand", x=(2, 0, 2), E=TABLE, d=((1, 10), (2, 20), (3, 30)))
    assert found["dE"] == ((2, 20), (0, 0), (4, 40))
    assert ask("embedding_backward_by_hand", x=(2, 0, 2), E=TABLE)["dE"] == ((1, 1), (0, 0), (2, 2))


def test_a_word_beyond_the_table_is_refused() -> None:
    with pytest.raises(UserError, match=r"an index lies in 1\.\.3, not 4"):
        ask("embedding_by_hand", x=(3,), E=TABLE)


def test_what_the_mistakes_of_an_embedding_give() -> None:
    found = wrong("embedding_by_hand", "y", x=(2, 1), E=TABLE)
    assert found["one-row-up"] == ((3, 4), (1, 2))
    assert found["scaled-by-index"] == ((10, 12), (3, 4))
    assert found["row-per-position"] == ((1, 2), (3, 4))
    assert named(judge("embedding_by_hand", "y", "[[3, 4], [1, 2]]", x=(2, 1), E=TABLE))[0] == "one-row-up"
    found = wrong("embedding_backward_by_hand", "dE", x=(2, 1, 2), E=TABLE, d=((3,), (6,), (9,)))
    assert found["row-per-position"] == ((3,), (6,), (9,))
    assert found["last-position-only"] == ((0,), (0,), (9,))
    assert found["divided-by-positions"] == ((0,), (2,), (4,))


def test_losses_in_bits_and_hartleys() -> None:
    """−log₂ ¼ = 2 bits, −log₁₀ 1/100 = 2 hartleys; the gradient follows: (ŷ − y)/ln 2."""
    assert ask("cross_entropy_by_hand", "bits", p=(F(1, 4), F(3, 4)), y=(1, 0))["loss"] == pytest.approx(2)
    assert ask("cross_entropy_by_hand", "hartleys", p=(F(1, 100), F(99, 100)), y=(1, 0))["loss"] == pytest.approx(2)
    found = ask("softmax_cross_entropy_by_hand", "bits", z=(0, 0), y=(1, 0))
    assert found["loss"] == pytest.approx(1)
    assert found["gradient"] == pytest.approx((-0.5 / log(2), 0.5 / log(2)))
    mean = ask("loss_log_by_hand", "mean-bits", p=(F(1, 4), F(1, 2)), y=(1, 0))
    assert mean["loss"] == pytest.approx(1.5)
    assert mean["gradient"] == pytest.approx((-4 / log(2) / 2, 2 / log(2) / 2))
    unit = ask("logistic_by_hand", "bits", x=(2, 0), w=(0, 0), y=1)
    assert unit["loss"] == pytest.approx(1)
    assert unit["dw"] == pytest.approx((-1 / log(2), 0))
