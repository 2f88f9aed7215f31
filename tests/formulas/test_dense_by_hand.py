"""Perceptron, logistic unit, dense layer and a net with one hidden layer, worked by hand."""

from fractions import Fraction as F
from math import exp, log, log1p, tanh
from typing import Any

import pytest
from asking import ask, judge, named, wrong
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import cells as naive

NUMBER = st.integers(-200, 200).map(lambda number: F(number, 100))
AND = {"w": (1, 1), "b": F(-3, 2)}
G = {"linear": lambda a: a, "relu": naive.relu, "sigmoid": naive.logistic, "tanh": tanh}


def vectors(*sizes: int) -> st.SearchStrategy[Any]:
    """Nested tuples of these sizes."""
    entries: st.SearchStrategy[Any] = NUMBER
    for size in reversed(sizes):
        entries = st.tuples(*[entries] * size)
    return entries


def close(found: Any, expected: Any) -> None:
    if isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            close(one, other)
    else:
        assert float(found) == pytest.approx(expected, rel=1e-6, abs=1e-8)


# units


def test_a_perceptron_that_computes_and() -> None:
    """Weights 1 1 and bias −1.5 fire for 1 1 alone."""
    outputs = {x: ask("perceptron_by_hand", x=x, **AND)["yhat"] for x in ((0, 0), (0, 1), (1, 0), (1, 1))}
    assert outputs == {(0, 0): 0, (0, 1): 0, (1, 0): 0, (1, 1): 1}


def test_what_a_sum_of_zero_does_is_a_choice() -> None:
    given = {"x": (1, 1), "w": (1, 1), "b": -2}
    assert ask("perceptron_by_hand", **given)["yhat"] == 0
    assert ask("perceptron_by_hand", "fires-at-zero", **given)["yhat"] == 1
    assert ask("perceptron_by_hand", "bipolar", **given)["yhat"] == -1
    verdict = judge("perceptron_by_hand", "yhat", "1", **given)
    assert verdict.correct
    assert verdict.convention is not None
    assert verdict.convention.name == "fires-at-zero"


def test_the_rule_of_the_perceptron() -> None:
    """AND's unit is to fire for 1 0: error 1, so the weights of live inputs and the bias grow by η = ½."""
    found = ask("perceptron_rule_by_hand", x=(1, 0), y=1, eta=F(1, 2), **AND)
    assert (found["yhat"], found["error"], found["w_new"], found["b_new"]) == (0, 1, (F(3, 2), 1), -1)
    right = ask("perceptron_rule_by_hand", x=(1, 1), y=1, **AND)
    assert (right["w_new"], right["b_new"]) == ((1, 1), F(-3, 2))


def test_a_logistic_unit_at_zero() -> None:
    """z = 0: ŷ = ½ exactly, loss ln 2, ∂L/∂w = −½ x."""
    found = ask("logistic_by_hand", x=(2, -4), w=(2, 1), y=1)
    assert (found["yhat"], found["dw"], found["db"]) == (F(1, 2), (-1, 2), F(-1, 2))
    assert found["loss"] == pytest.approx(log(2))


@given(x=vectors(3), w=vectors(3), b=NUMBER, y=st.integers(0, 1))
def test_logistic_gradients_against_differences(x: Any, w: Any, b: Any, y: int) -> None:
    def loss(weights: Any, bias: float) -> float:
        z = sum(float(u) * float(v) for u, v in zip(weights, x, strict=True)) + bias
        return log1p(exp(-z if y else z))

    found = ask("logistic_by_hand", x=x, w=w, b=b, y=y)
    assert float(found["loss"]) == pytest.approx(loss(w, float(b)))
    close(found["dw"], naive.slopes(lambda weights: loss(weights, float(b)), naive.floats(w)))
    close(found["db"], naive.slopes(lambda bias: loss(w, bias), float(b)))


# layers


def test_one_layer_in_whole_numbers() -> None:
    """Two units over three inputs: 1 + 2·2 + 3·3 + 1 = 15 and 4·1 + 5·2 + 6·3 − 40 = −8; ReLU leaves 15, 0."""
    given = {"x": (1, 2, 3), "W": ((1, 2, 3), (4, 5, 6)), "b": (1, -40)}
    assert ask("dense_by_hand", **given)["yhat"] == (15, -8)
    assert ask("dense_by_hand", "relu", **given)["yhat"] == (15, 0)
    assert ask("dense_by_hand", "step", **given)["yhat"] == (1, 0)
    turned = given | {"W": ((1, 4), (2, 5), (3, 6))}
    assert ask("dense_by_hand", "row", **turned)["yhat"] == (15, -8)
    assert ask("dense_by_hand", "softmax", x=(1,), W=((3,), (3,)))["yhat"] == (F(1, 2), F(1, 2))


@settings(max_examples=25)
@given(x=vectors(3), w=vectors(2, 3), b=vectors(2), d=vectors(2))
def test_layer_gradients_against_differences(x: Any, w: Any, b: Any, d: Any) -> None:
    for name in ("linear", "sigmoid", "tanh"):

        def loss(x: Any, w: Any, b: Any, name: str = name) -> float:
            sums = naive.added(naive.rows_by(w, x), b)
            return sum(float(weight) * G[name](z) for weight, z in zip(d, sums, strict=True))

        found = ask("dense_backward_by_hand", "" if name == "linear" else name, x=x, W=w, b=b, d=d)
        assert float(found["loss"]) == pytest.approx(loss(x, w, b), abs=1e-12)
        close(found["dx"], naive.slopes(lambda at, loss=loss: loss(at, w, b), naive.floats(x)))
        close(found["dW"], naive.slopes(lambda at, loss=loss: loss(x, at, b), naive.floats(w)))
        close(found["db"], naive.slopes(lambda at, loss=loss: loss(x, w, at), naive.floats(b)))


def test_layer_gradients_are_exact_for_relu() -> None:
    """Only the first unit is live: δ = (2, 0), dW = δ xᵀ, dx = Wᵀδ."""
    given = {"x": (1, 2, 3), "W": ((1, 2, 3), (4, 5, 6)), "b": (1, -40), "d": (2, 7)}
    found = ask("dense_backward_by_hand", "relu", **given)
    assert (found["delta"], found["dW"], found["dx"]) == ((2, 0), ((2, 4, 6), (0, 0, 0)), (2, 4, 6))
    row = ask("dense_backward_by_hand", "relu-row", **given | {"W": ((1, 4), (2, 5), (3, 6))})
    assert (row["dW"], row["dx"]) == (((2, 0), (4, 0), (6, 0)), (2, 4, 6))


# a net

MAZUR = {
    "x": (F(5, 100), F(10, 100)),
    "W1": ((F(15, 100), F(20, 100)), (F(25, 100), F(30, 100))),
    "b1": (F(35, 100), F(35, 100)),
    "W2": ((F(40, 100), F(45, 100)), (F(50, 100), F(55, 100))),
    "b2": (F(60, 100), F(60, 100)),
}
"""M. Mazur, A step by step backpropagation example, 2015; its biases are left alone there."""


def test_a_whole_update_of_a_2_2_2_net() -> None:
    """Numbers from M. Mazur, A step by step backpropagation example, 2015, η = ½."""
    found = ask("mlp_backward_by_hand", y=(F(1, 100), F(99, 100)), **MAZUR)
    assert found["h"] == pytest.approx((0.593269992, 0.596884378), abs=1e-9)
    assert found["yhat"] == pytest.approx((0.75136507, 0.772928465), abs=1e-9)
    assert found["loss"] == pytest.approx(0.298371109, abs=1e-9)
    assert found["W2_new"][0] == pytest.approx((0.35891648, 0.408666186), abs=1e-9)
    assert found["W2_new"][1] == pytest.approx((0.511301270, 0.561370121), abs=1e-9)
    assert found["W1_new"][0] == pytest.approx((0.149780716, 0.19956143), abs=1e-8)
    assert found["W1_new"][1] == pytest.approx((0.24975114, 0.29950229), abs=1e-8)
    assert ask("mlp_by_hand", **MAZUR)["yhat"] == found["yhat"]


@settings(max_examples=15)
@given(x=vectors(2), w1=vectors(3, 2), b1=vectors(3), w2=vectors(2, 3), b2=vectors(2), y=vectors(2))
def test_net_gradients_against_differences(x: Any, w1: Any, b1: Any, w2: Any, b2: Any, y: Any) -> None:
    weights = {"W1": w1, "b1": b1, "W2": w2, "b2": b2}
    for convention, hidden, out in (
        ("textbook", "sigmoid", "sigmoid"),
        ("tanh-hidden", "tanh", "sigmoid"),
        ("tanh-hidden-linear-output", "tanh", "linear"),
        ("linear-hidden", "linear", "sigmoid"),
    ):

        def loss(changed: dict[str, Any], hidden: str = hidden, out: str = out) -> float:
            q = weights | changed
            h = [G[hidden](z) for z in naive.added(naive.rows_by(q["W1"], x), q["b1"])]
            return naive.half_squares([G[out](z) for z in naive.added(naive.rows_by(q["W2"], h), q["b2"])], y)

        found = ask("mlp_backward_by_hand", convention, x=x, y=y, **weights)
        assert float(found["loss"]) == pytest.approx(loss({}))
        for name, at in weights.items():
            close(found[f"d{name}"],
                  naive.slopes(lambda to, name=name, loss=loss: loss({name: to}), naive.floats(at)))  # fmt: skip
    moved = found["b2_new"][0] - (b2[0] - found["db2"][0] / 2)
    assert float(moved) == pytest.approx(0, abs=1e-12)


# mistakes


def test_what_the_mistakes_of_units_give() -> None:
    given = {"x": (2, 3), "w": (4, -1), "b": 2}
    assert wrong("perceptron_by_hand", "z", **given) == {"bias-forgotten": 5, "bias-subtracted": 3, "unweighted": 7}
    assert wrong("perceptron_by_hand", "yhat", **given)["fires-below"] == 0
    found = wrong("perceptron_rule_by_hand", "w_new", x=(1, 0), y=1, **AND)
    assert found == {"error-sign-turned": (0, 1), "sum-for-output": (F(5, 2), 1), "inputs-forgotten": (2, 2)}
    assert wrong("perceptron_rule_by_hand", "b_new", x=(1, 0), y=1, **AND)["bias-unchanged"] == F(-3, 2)
    at_zero = {"x": (2, -4), "w": (2, 1), "y": 1}
    found = wrong("logistic_by_hand", "dw", **at_zero)
    assert found["slope-twice"] == (F(-1, 4), F(1, 2))
    assert found["error-sign-turned"] == (1, -2)
    assert wrong("logistic_by_hand", "loss", **at_zero)["minus-forgotten"] == pytest.approx(-log(2))
    assert wrong("logistic_by_hand", "loss", **at_zero | {"y": 0})["other-class-lost"] == 0


def test_what_the_mistakes_of_a_layer_give() -> None:
    given = {"x": (1, 2), "W": ((1, 2), (3, 4)), "b": (10, 20)}
    found = wrong("dense_by_hand", "yhat", **given)
    assert found["bias-forgotten"] == (5, 11)
    assert found["weights-transposed"] == (17, 30)
    assert found["sums-of-rows"] == (13, 27)
    back = given | {"d": (1, -1)}
    assert ask("dense_backward_by_hand", **back)["dx"] == (-2, -2)
    assert wrong("dense_backward_by_hand", "dx", **back)["not-transposed"] == (-1, -1)
    found = wrong("dense_backward_by_hand", "dW", **back)
    assert found["outer-product-turned"] == ((1, -1), (2, -2))
    assert found["output-for-input"] == ((15, 31), (-15, -31))


def test_what_the_mistakes_of_a_net_give() -> None:
    """Linear in both layers, so exact: W1 = (1 0; 0 2), W2 = (1 1; 2 −1), x = (1, 1): h = (1, 2), ŷ = (3, 0).

    The new W2 would be (−1 −3; 3 1), and with δ = (2, −1) give −5 and −7.
    """
    given = {"x": (1, 1), "W1": ((1, 0), (0, 2)), "W2": ((1, 1), (2, -1)), "y": (1, 1), "eta": 1}
    linear = "linear-hidden-linear-output"
    right = ask("mlp_backward_by_hand", linear, **given)
    assert (right["yhat"], right["delta2"], right["dW1"]) == ((3, 0), (2, -1), ((0, 0), (3, 3)))
    found = wrong("mlp_backward_by_hand", "dW1", linear, **given)
    assert found["not-transposed"] == ((1, 1), (5, 5))
    assert found["one-path-only"] == ((2, 2), (2, 2))
    assert found["new-weights-used"] == ((-5, -5), (-7, -7))
    assert found["half-lost"] == ((0, 0), (6, 6))
    assert wrong("mlp_backward_by_hand", "W1_new", linear, **given)["update-sign-turned"] == ((1, 0), (3, 5))


def test_an_error_sent_through_the_new_weights_is_named() -> None:
    given = {"x": (1, 1), "W1": ((1, 0), (0, 2)), "W2": ((1, 1), (2, -1)), "y": (1, 1), "eta": 1}
    verdict = judge("mlp_backward_by_hand", "dW1", "[[-5, -5], [-7, -7]]", "linear-hidden-linear-output", **given)
    assert named(verdict)[0] == "new-weights-used"


def test_a_network_whose_loss_has_no_half() -> None:
    """ŷ = 0.43 against 0.6: (ŷ − y)² is 0.0289, and its derivative by the bias of a linear output −0.34."""
    numbers: dict[str, Any] = {
        "x": (1,),
        "W1": ((1,),),
        "b1": (0,),
        "W2": ((0,),),
        "b2": (0.43,),
        "y": (0.6,),
    }
    found = ask("mlp_backward_by_hand", "linear-output-sum-loss", **numbers)
    assert (found["loss"], found["db2"][0]) == pytest.approx((0.0289, -0.34))
    half = ask("mlp_backward_by_hand", "linear-output", **numbers)
    assert (half["loss"], half["db2"][0]) == pytest.approx((0.01445, -0.17))
