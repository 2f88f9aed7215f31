"""Gradient clipping by norm and by value."""

from fractions import Fraction

import pytest
from asking import ask, judge, named, wrong
from hypothesis import assume, given
from hypothesis import strategies as st
from naive import clipping as naive

from dlcalc.errors import UserError

TENTHS = Fraction(7, 10)
GRADIENT = st.lists(st.integers(-60, 60).map(lambda n: Fraction(n, 10)), min_size=1, max_size=4).map(tuple)
THRESHOLD = st.integers(0, 90).map(lambda n: Fraction(n, 10))


def test_both_ways_on_one_gradient() -> None:
    """(3, 4) clipped at 0.7: by norm (0.42, 0.56), exactly; by value (0.7, 0.7)."""
    found = ask("clip_norm", g=(3, 4), theta=TENTHS)
    assert found["clipped"] == (Fraction(42, 100), Fraction(56, 100))
    assert (found["norm"], found["factor"]) == (5, Fraction(14, 100))
    assert ask("clip_value", g=(3, 4), theta=TENTHS)["clipped"] == (TENTHS, TENTHS)


@given(g=GRADIENT, theta=THRESHOLD)
def test_against_plain_loops(g: tuple[Fraction, ...], theta: Fraction) -> None:
    plain = [float(component) for component in g]
    assert ask("clip_norm", g=g, theta=theta)["norm"] == pytest.approx(naive.length(plain))
    assert ask("clip_norm", g=g, theta=theta)["clipped"] == pytest.approx(naive.by_norm(plain, float(theta)))
    assert ask("clip_value", g=g, theta=theta)["clipped"] == tuple(naive.by_value(g, theta))


@given(g=GRADIENT, theta=THRESHOLD)
def test_clipped_is_no_longer_than_the_threshold(g: tuple[Fraction, ...], theta: Fraction) -> None:
    assert naive.length(ask("clip_norm", g=g, theta=theta)["clipped"]) <= float(theta) * (1 + 1e-12)
    assert max(abs(component) for component in ask("clip_value", g=g, theta=theta)["clipped"]) <= theta


def test_a_short_gradient_is_left_alone_or_always_rescaled() -> None:
    """(3, 4) at θ = 10 stays; notes that rescale always make it (6, 8)."""
    assert ask("clip_norm", g=(3, 4), theta=10)["clipped"] == (3, 4)
    assert ask("clip_norm", "always", g=(3, 4), theta=10)["clipped"] == (6, 8)
    assert wrong("clip_norm", "clipped", g=(3, 4), theta=10)["scaled-up"] == (6, 8)
    verdict = judge("clip_norm", "clipped", "(6, 8)", g=(3, 4), theta=10)
    assert verdict.convention is not None
    assert verdict.convention.name == "always"


def test_what_the_mistakes_give() -> None:
    """By hand for (3, −4) at θ = 2."""
    given = wrong("clip_norm", "clipped", g=(3, -4), theta=2)
    assert given["root-forgotten"] == (Fraction(6, 25), Fraction(-8, 25))
    assert given["by-component"] == (2, -2)
    assert given["absolute-values-added"] == (Fraction(6, 7), Fraction(-8, 7))
    assert given["threshold-forgotten"] == (Fraction(3, 5), Fraction(-4, 5))
    assert given["factor-inverted"] == (Fraction(15, 2), -10)
    given = wrong("clip_value", "clipped", g=(1, 3, -4), theta=2)
    assert given["negative-unclipped"] == (1, 2, -4)
    assert given["sign-lost"] == (1, 2, 2)
    assert given["set-to-zero"] == (1, 0, 0)
    assert wrong("clip_value", "clipped", g=(3, -4), theta=2)["by-norm"] == (Fraction(6, 5), Fraction(-8, 5))


@given(g=GRADIENT, theta=THRESHOLD)
def test_clipping_by_norm_keeps_the_direction(g: tuple[Fraction, ...], theta: Fraction) -> None:
    assume(theta > 0)
    factor = ask("clip_norm", g=g, theta=theta)["factor"]
    assert 0 < factor <= 1
    assert ask("clip_norm", g=g, theta=theta)["clipped"] == pytest.approx(
        [float(factor * component) for component in g]
    )


def test_clipping_by_component_is_named() -> None:
    verdict = judge("clip_norm", "clipped", "(0.7, 0.7)", g=(3, 4), theta=TENTHS)
    assert not verdict.correct
    assert named(verdict)[0] == "by-component"


def test_letters_are_left_over() -> None:
    """With a threshold in letters, the length is a number and the factor a case distinction."""
    found = ask("clip_norm", g=(3, 4))
    assert found["norm"] == 5
    assert judge("clip_norm", "factor", "if(5 > theta, theta/5, 1)", g=(3, 4)).correct


def test_a_threshold_is_not_negative() -> None:
    with pytest.raises(UserError, match="theta is a number ≥ 0, not -1"):
        ask("clip_norm", g=(3, 4), theta=-1)


def test_rescaling_always_needs_a_direction() -> None:
    with pytest.raises(UserError, match="division by zero: 1/0"):
        ask("clip_norm", "always", g=(0, 0), theta=1)


def test_a_gradient_is_a_vector() -> None:
    with pytest.raises(UserError, match="g is a vector, not one number"):
        ask("clip_norm", g=3, theta=1)
