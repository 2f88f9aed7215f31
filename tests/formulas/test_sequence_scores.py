"""Log probability, perplexity and the loss of a model that has learnt nothing."""

import math
from fractions import Fraction

import pytest
from asking import ask, judge, named, wrong
from hypothesis import given
from hypothesis import strategies as st
from naive import sequence_scores as naive

from dlcalc.errors import UserError

HALF = Fraction(1, 2)
PROBABILITIES = st.lists(st.integers(1, 100).map(lambda n: Fraction(n, 100)), min_size=1, max_size=5).map(tuple)


def test_ten_classes_untrained() -> None:
    """ln 10 = 2.303, perplexity 10."""
    found = ask("untrained_loss", k=10)
    assert round(found["loss"], 3) == 2.303
    assert found["perplexity"] == 10
    assert found["probability"] == Fraction(1, 10)


@given(k=st.integers(1, 1000))
def test_untrained_loss(k: int) -> None:
    found = ask("untrained_loss", k=k)
    assert found["loss"] == pytest.approx(naive.cross_entropy_of_a_uniform_guess(k))
    assert found["perplexity"] == pytest.approx(math.exp(found["loss"]))
    assert ask("untrained_loss", "bits", k=k)["loss"] == pytest.approx(math.log2(k))


@given(p=PROBABILITIES)
def test_scores_from_the_product(p: tuple[Fraction, ...]) -> None:
    plain = [float(each) for each in p]
    found = ask("log_probability", p=p)
    assert found["probability"] == pytest.approx(naive.probability(plain))
    assert found["log_probability"] == pytest.approx(math.log(naive.probability(plain)))
    assert found["mean"] == pytest.approx(math.log(naive.probability(plain)) / len(p))
    assert ask("perplexity", p=p)["perplexity"] == pytest.approx(naive.perplexity(plain))
    assert ask("perplexity", p=p)["loss"] == pytest.approx(math.log(naive.perplexity(plain)))


@given(p=PROBABILITIES)
def test_bits_change_the_loss_but_not_the_perplexity(p: tuple[Fraction, ...]) -> None:
    natural, bits = ask("perplexity", p=p), ask("perplexity", "bits", p=p)
    assert bits["loss"] == pytest.approx(natural["loss"] / math.log(2))
    assert bits["perplexity"] == pytest.approx(natural["perplexity"])


def test_perplexity_from_the_loss() -> None:
    """e^2.303 is about 10; 3 bits are 8 choices."""
    assert ask("perplexity_of_loss", loss=Fraction("2.303"))["perplexity"] == pytest.approx(10, abs=0.01)
    assert ask("perplexity_of_loss", "bits", loss=3)["perplexity"] == 8


def test_a_fair_coin() -> None:
    """Three tosses: probability ⅛, log probability −3 ln 2, perplexity 2; −3 in bits."""
    p = (HALF, HALF, HALF)
    assert ask("log_probability", p=p)["probability"] == Fraction(1, 8)
    assert ask("log_probability", p=p)["log_probability"] == pytest.approx(-3 * math.log(2))
    assert ask("log_probability", "bits", p=p)["log_probability"] == -3
    assert ask("perplexity", p=p)["perplexity"] == pytest.approx(2)


def test_what_the_mistakes_give() -> None:
    """By hand for the probabilities ½ and ¼: log probability −ln 8, perplexity √8."""
    p = (HALF, Fraction(1, 4))
    given = wrong("log_probability", "log_probability", p=p)
    assert given["product-not-logged"] == Fraction(1, 8)
    assert given["logarithm-of-the-sum"] == pytest.approx(math.log(3 / 4))
    assert given["sign-turned"] == pytest.approx(math.log(8))
    assert given["common-logarithm"] == pytest.approx(-math.log10(8))
    assert given["mean-for-sum"] == pytest.approx(-math.log(8) / 2)
    assert wrong("log_probability", "probability", p=p) == {
        "probabilities-added": Fraction(3, 4),
        "probabilities-averaged": Fraction(3, 8),
    }
    given = wrong("perplexity", "perplexity", p=p)
    assert given["sum-for-mean"] == pytest.approx(8)
    assert given["minus-forgotten"] == given["score.minus-added"] == pytest.approx(8**-0.5)
    assert given["arithmetic-mean"] == Fraction(8, 3)
    assert given["score.loss-for-perplexity"] == pytest.approx(math.log(8) / 2)
    assert given["score.power-of-ten"] == pytest.approx(10 ** (math.log(8) / 2))
    given = wrong("untrained_loss", "loss", k=10)
    assert given["sign-turned"] == pytest.approx(-math.log(10))
    assert given["common-logarithm"] == pytest.approx(1)
    assert given["probability-for-loss"] == Fraction(1, 10)
    assert given["complement-for-loss"] == Fraction(9, 10)


def test_a_perplexity_of_the_whole_sequence_is_named() -> None:
    verdict = judge("perplexity", "perplexity", "8.00", p=(HALF, Fraction(1, 4)))
    assert not verdict.correct
    assert "sum-for-mean" in named(verdict)


def test_bits_are_recognised() -> None:
    verdict = judge("untrained_loss", "loss", "3.322", k=10)
    assert verdict.correct
    assert verdict.convention is not None
    assert verdict.convention.name == "bits"


def test_letters_are_left_over() -> None:
    assert judge("untrained_loss", "loss", "ln(k)").correct
    assert judge("untrained_loss", "loss", "-ln(1/k)").correct
    assert "sign-turned" in named(judge("untrained_loss", "loss", "-ln(k)"))


def test_a_token_without_probability_has_no_logarithm() -> None:
    with pytest.raises(UserError, match="ln takes a positive number, not 0"):
        ask("perplexity", p=(HALF, 0))


def test_probabilities_are_at_most_1() -> None:
    with pytest.raises(UserError, match="p is a number from 0 to 1, not 2"):
        ask("log_probability", p=(HALF, 2))
