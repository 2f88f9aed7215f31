"""Activation functions: values, derivatives, and the ways in which both go wrong."""

import math
from fractions import Fraction

import pytest
from asking import ask, judge, named, wrong
from hypothesis import given
from hypothesis import strategies as st
from naive import activations as naive

from dlcalc.errors import UserError
from dlcalc.expressions.derive import derivative
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.parser import parse

SMOOTH = ("sigmoid", "tanh", "softplus")
KINKED = ("relu", "leaky_relu", "step")
AWAY_FROM_0 = st.one_of(st.integers(-500, -1), st.integers(1, 500)).map(lambda n: Fraction(n, 100))
LOGITS = st.lists(st.integers(-500, 500).map(lambda n: Fraction(n, 100)), min_size=1, max_size=5).map(tuple)


@pytest.mark.parametrize("name", [*SMOOTH, *KINKED])
@given(x=AWAY_FROM_0)
def test_value_and_derivative_against_small_steps(name: str, x: Fraction) -> None:
    """The value is the function's, and the derivative what a small step to both sides measures."""
    function = getattr(naive, name)
    working = ask(f"activation_{name}", x=x)
    assert working["value"] == pytest.approx(function(float(x)))
    assert working["derivative"] == pytest.approx(naive.slope(function, float(x)), abs=1e-8)


@pytest.mark.parametrize("name", [*SMOOTH, "relu", "step"])
@given(x=AWAY_FROM_0)
def test_derivative_is_what_the_rules_derive(name: str, x: Fraction) -> None:
    derived = derivative(parse(f"{name}(x)"), "x")
    assert ask(f"activation_{name}", x=x)["derivative"] == pytest.approx(evaluate(derived, {"x": x}))


def test_at_zero() -> None:
    """σ(0) = ½ with slope ¼, tanh 0 with slope 1, softplus ln 2 with slope ½; ReLU and step are flat by choice."""
    assert ask("activation_sigmoid", x=0).answers == {"value": Fraction(1, 2), "derivative": Fraction(1, 4)}
    assert ask("activation_tanh", x=0).answers == {"value": 0, "derivative": 1}
    assert ask("activation_softplus", x=0).answers == {
        "value": pytest.approx(math.log(2)),
        "derivative": Fraction(1, 2),
    }
    assert ask("activation_relu", x=0).answers == {"value": 0, "derivative": 0}
    assert ask("activation_leaky_relu", x=0).answers == {"value": 0, "derivative": Fraction(1, 100)}
    assert ask("activation_step", x=0).answers == {"value": 0, "derivative": 0}


def test_conventions_at_zero() -> None:
    assert ask("activation_relu", "one-at-zero", x=0)["derivative"] == 1
    assert ask("activation_leaky_relu", "one-at-zero", x=0)["derivative"] == 1
    assert ask("activation_step", "fires-at-zero", x=0)["value"] == 1
    assert [ask("activation_step", "bipolar", x=x)["value"] for x in (-2, 0, 2)] == [-1, -1, 1]


def test_far_from_zero_nothing_overflows() -> None:
    assert ask("activation_sigmoid", x=-1000)["value"] == 0.0
    assert ask("activation_sigmoid", x=1000)["value"] == 1.0
    assert ask("activation_softplus", x=1000)["value"] == 1000
    assert ask("activation_softmax", z=(1000, 1000))["value"] == (Fraction(1, 2), Fraction(1, 2))


@given(x=AWAY_FROM_0)
def test_slopes_stay_below_their_bounds(x: Fraction) -> None:
    """σ′ ≤ ¼ and tanh′ ≤ 1."""
    assert 0 < ask("activation_sigmoid", x=x)["derivative"] < 0.25
    assert 0 < ask("activation_tanh", x=x)["derivative"] < 1


@given(x=AWAY_FROM_0, a=st.integers(0, 100).map(lambda n: Fraction(n, 100)))
def test_leaky_relu_with_another_slope(x: Fraction, a: Fraction) -> None:
    assert ask("activation_leaky_relu", x=x, a=a)["value"] == pytest.approx(naive.leaky_relu(float(x), float(a)))
    assert ask("activation_leaky_relu", x=x, a=a)["derivative"] == (1 if x > 0 else a)


@given(z=LOGITS)
def test_softmax_and_its_jacobian(z: tuple[Fraction, ...]) -> None:
    """The values sum to 1; each row of the Jacobian sums to 0 and is what small steps measure."""
    working = ask("activation_softmax", z=z)
    plain = [float(entry) for entry in z]
    assert working["value"] == pytest.approx(naive.softmax(plain))
    assert sum(working["value"]) == pytest.approx(1)
    for row, expected in zip(working["derivative"], naive.jacobian(naive.softmax, plain), strict=True):
        assert row == pytest.approx(expected, abs=1e-8)
        assert sum(row) == pytest.approx(0, abs=1e-12)


@given(x=AWAY_FROM_0)
def test_what_the_mistakes_in_derivatives_give(x: Fraction) -> None:
    h = math.tanh(x)
    given = wrong("activation_tanh", "derivative", x=x)
    assert given["sigmoid-slope"] == pytest.approx(h * (1 - h))
    assert given["activation-twice"] == pytest.approx(1 - math.tanh(h) ** 2)
    assert given["square-lost"] == pytest.approx(1 - h)
    assert given["input-for-value"] == 1 - x**2
    s = naive.sigmoid(float(x))
    given = wrong("activation_sigmoid", "derivative", x=x)
    assert given["tanh-slope"] == pytest.approx(1 - s * s)
    assert given["input-for-value"] == x * (1 - x)
    assert given["activation-twice"] == pytest.approx(naive.slope(naive.sigmoid, s), abs=1e-8)
    assert given["factor-forgotten"] == pytest.approx(1 - s)
    given = wrong("activation_softplus", "derivative", x=x)
    assert given["sign-in-exponent"] == pytest.approx(naive.sigmoid(-float(x)))
    assert given["inner-derivative-alone"] == pytest.approx(math.exp(x))
    assert given["inner-derivative-forgotten"] == pytest.approx(1 - s)


def test_what_the_mistakes_in_values_give() -> None:
    """By hand at x = −2 and for z = (1, 2)."""
    assert wrong("activation_relu", "value", x=-2) == {"negative-kept": -2, "absolute-value": 2, "minimum": -2}
    leaky = wrong("activation_leaky_relu", "value", x=-2)
    slope = Fraction(1, 100)
    assert leaky == {
        "relu-for-leaky": 0,
        "sign-turned": 2 * slope,
        "slope-for-value": slope,
        "slope-everywhere": -2 * slope,
    }
    softmax = wrong("activation_softmax", "value", z=(1, 2))
    assert softmax["not-normalised"] == pytest.approx((math.e, math.e**2))
    assert softmax["no-exponential"] == (Fraction(1, 3), Fraction(2, 3))
    assert softmax["sigmoid-for-softmax"] == pytest.approx((naive.sigmoid(1), naive.sigmoid(2)))
    assert softmax["divided-by-largest"] == pytest.approx((1 / math.e, 1))


def test_mistakes_in_the_jacobian() -> None:
    """Two equal entries: the values are ½, the Jacobian ±¼."""
    quarter = Fraction(1, 4)
    assert ask("activation_softmax", z=(3, 3))["derivative"] == ((quarter, -quarter), (-quarter, quarter))
    given = wrong("activation_softmax", "derivative", z=(3, 3))
    assert given["diagonal-alone"] == ((quarter, 0), (0, quarter))
    assert given["product-forgotten"] == ((2 * quarter, 0), (0, 2 * quarter))
    assert given["product-added"] == ((3 * quarter, quarter), (quarter, 3 * quarter))


def test_the_sigmoids_derivative_for_tanh_is_named() -> None:
    """tanh 0.5 = 0.4621, so h(1 − h) = 0.2486."""
    verdict = judge("activation_tanh", "derivative", "0.2486", x=Fraction(1, 2))
    assert not verdict.correct
    assert named(verdict)[0] == "sigmoid-slope"


def test_letters_are_left_over() -> None:
    assert judge("activation_sigmoid", "value", "1/(1 + exp(-x))").correct
    assert judge("activation_tanh", "derivative", "1 - tanh(x)^2").correct
    assert "sigmoid-slope" in named(judge("activation_tanh", "derivative", "tanh(x)*(1 - tanh(x))"))


def test_a_slope_lies_between_0_and_1() -> None:
    with pytest.raises(UserError, match="a is a number from 0 to 1, not 2"):
        ask("activation_leaky_relu", x=1, a=2)


def test_softmax_takes_a_vector() -> None:
    with pytest.raises(UserError, match="z is a vector, not one number"):
        ask("activation_softmax", z=1)
