"""Backpropagation through convolutions and pooling: a 4×4 image by hand, finite differences, and what is printed."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import pytest
from asking import ask

from dlcalc.expressions import printing
from dlcalc.expressions.parser import parse
from dlcalc.gradients import difference
from dlcalc.gradients.feedforward import Backward, Feedforward, Numbers, drawn, feedforward
from dlcalc.networks.text import read

IMAGE = (((1, 2, 0, 1), (0, 1, 3, 1), (2, 1, 0, 0), (1, 0, 1, 2)),)
FILTER = ((((1, -1), (2, 0)),),)
NETS = [
    "4x4x1; conv 1 f2",
    "4x4x2; conv 2 f2 tanh",
    "5x4x2; conv 3 f3 p1 s2 nobias sigmoid; dense 2 softmax",
    "5x5x2; conv 2 f3 p1 relu; pool 2; conv 2 f2 s2 tanh; dense 2 softmax",
    "5x5x1; conv 2 f2 same relu; pool f3 s1; flatten; dense 1 sigmoid",
    "6x6x2; conv 2 f3 s2 p1 relu; avgpool f2 s1; conv 3 f1; gap; dense 2 softmax",
    "4x4x2; conv 1 f3; pool 2; activation tanh; dense 1 sigmoid",
    "3x3x2; gap",
    "5x5x2; avgpool f3 s2",
    "4x5x1; conv 2 f2 relu; conv 1 f2 s2; flatten",
]


def network(text: str) -> Feedforward:
    return feedforward(read(text))


def text(line: Any) -> str:
    return f"{printing.text(line.left)} = {printing.text(line.right)}"


@pytest.mark.parametrize("line", NETS)
def test_against_finite_differences(line: str) -> None:
    found = Numbers(network(line), drawn(network(line), 3))
    for name, gradient in found.gradients.items():
        assert difference(gradient, found.by_differences(name)) < 1e-7, name


@pytest.mark.parametrize("line", NETS)
def test_what_is_printed_is_read_back(line: str) -> None:
    """Every formula, in all three ways of writing, to the same tree."""
    found = network(line)
    backward = Backward(found)
    for rule in (*backward.forward, *backward.deltas, *backward.gradients.values()):
        for side in (rule.left, rule.right):
            for write in (printing.latex, printing.plain, printing.text):
                assert parse(write(side), found.declarations) == side


def test_the_formulas_of_a_convolution() -> None:
    """δ goes back in full with the turned filter; the filter gets the correlation of the image with δ; b the sum."""
    backward = Backward(network("4x4x1; conv 1 f2"))
    assert [text(rule) for rule in (*backward.forward, *backward.deltas)] == [
        "ŷ[1, i, j] = b₁[1] + Σ_{u=1..2} Σ_{v=1..2} W₁[1, 1, u, v]x[1, i+u−1, j+v−1]",
        "L = (1/2)·sum((ŷ − y) ⊙ (ŷ − y))",
        "δ₁ = ŷ − y",
    ]
    assert [text(rule) for rule in backward.gradients.values()] == [
        "∂L/∂W₁[1, 1, u, v] = Σ_{i=1..3} Σ_{j=1..3} δ₁[1, i, j]x[1, i+u−1, j+v−1]",
        "∂L/∂b₁[1] = Σ_{i=1..3} Σ_{j=1..3} δ₁[1, i, j]",
        "∂L/∂x[1, i, j] = Σ_{u=1..2} Σ_{v=1..2} W₁[1, 1, 3−u, 3−v]δ₁[1, i+u−2, j+v−2]",
    ]
    assert [rule.ranges for rule in backward.gradients.values()] == ["u, v = 1, 2", "", "i, j = 1, …, 4"]


def test_a_4_by_4_image_by_hand() -> None:
    """The output and the corner gradients worked on paper; all of them by the formula of a convolution by hand."""
    target = (((1, 1, 1), (1, 1, 1), (1, 1, 1)),)
    found = Numbers(network("4x4x1; conv 1 f2"), {"x": IMAGE, "y": target, "W_1": FILTER, "b_1": (1,)})
    # 1·1 − 1·2 + 2·0 + 0·1 + 1 and 1·0 − 1·0 + 2·1 + 0·2 + 1
    assert found.environment["yhat"] == (((0, 5, 6), (4, 1, 3), (4, 2, 3)),)
    assert found.deltas["delta_1"] == (((-1, 4, 5), (3, 0, 2), (3, 1, 2)),)
    # δ under the first place of the filter: −1·1 + 4·2 + 5·0 + 3·0 + 0·1 + 2·3 + 3·2 + 1·1 + 2·0
    assert found.gradients["W_1"][0][0][0][0] == 20
    assert found.gradients["b_1"] == (19,)
    # a corner is met by one weight only: δ₁₁·1 and δ₃₃·0
    assert (found.gradients["x"][0][0][0], found.gradients["x"][0][3][3]) == (-1, 0)
    asked = ask("conv_by_hand_backward", x=IMAGE, w=FILTER, b=(1,), g=found.deltas["delta_1"])
    assert found.gradients == {"W_1": asked["dw"], "b_1": asked["db"], "x": asked["dx"]}


@pytest.mark.parametrize(("line", "given"), [
    ("5x4x2; conv 3 f2", {}),
    ("5x5x1; conv 2 f3 p1 relu", {"p": 1, "relu": 1}),
    ("5x5x2; conv 1 f2 s2 p1", {"s": 2, "p": 1}),
])  # fmt: skip
def test_against_the_formula_of_a_convolution(line: str, given: dict[str, int]) -> None:
    """Exactly: all numbers are fractions. A ReLU's gradient by the output is ŷ − y there."""
    found = Numbers(network(line), drawn(network(line), 5))
    values = found.given
    errors = found.evaluate(found.network.error)
    asked = ask("conv_by_hand_backward", x=values["x"], w=values["W_1"], b=values["b_1"], g=errors, **given)
    assert found.gradients == {"W_1": asked["dw"], "b_1": asked["db"], "x": asked["dx"]}


def test_a_maximum_goes_back_to_the_first_of_equal_cells() -> None:
    """In each 2×2 window one cell gets δ, also where windows overlap and a cell gets two."""
    found = network("3x3x1; pool f2 s1")
    image = (((1, 1, 0), (0, 5, 0), (2, 2, 2)),)
    worked = Numbers(found, {"x": image, "y": (((0, 0), (0, 4)),)})
    assert worked.environment["yhat"] == (((5, 5), (5, 5)),)
    assert worked.environment["r_1"] == (((4, 3), (2, 1)),)
    assert worked.gradients["x"] == (((0, 0, 0), (0, 16, 0), (0, 0, 0)),)
    level = Numbers(network("2x2x1; pool 2"), {"x": (((3, 3), (3, 3)),), "y": (((0,),),)})
    assert level.gradients["x"] == (((3, 0), (0, 0)),)


def test_cells_that_no_window_reads() -> None:
    """The last row and column of a 3×3 map in windows of 2 by 2."""
    worked = Numbers(network("3x3x1; avgpool 2"), {"x": (((1, 2, 9), (3, 4, 9), (9, 9, 9)),), "y": (((F(1, 2),),),)})
    assert worked.environment["yhat"] == (((F(5, 2),),),)
    assert worked.gradients["x"] == (((F(1, 2), F(1, 2), 0), (F(1, 2), F(1, 2), 0), (0, 0, 0)),)


def test_a_map_as_a_vector() -> None:
    """Channel by channel, each row by row: entry (c − 1)·6 + (i − 1)·3 + j."""
    backward = Backward(network("2x3x2; dense 1"))
    assert text(backward.forward[0]) == "z[6(c−1)+3(i−1)+j] = x[c, i, j]"
    image = (((1, 2, 3), (4, 5, 6)), ((7, 8, 9), (10, 11, 12)))
    weights = (tuple(range(12)),)
    worked = Numbers(network("2x3x2; dense 1"), {"x": image, "W_1": weights, "y": (0,)})
    assert worked.environment["z"] == tuple(range(1, 13))
    # ŷ = Σ (n − 1)·n for n = 1, …, 12
    assert worked.environment["yhat"] == (572,)
    assert worked.gradients["x"][1][0] == (572 * 6, 572 * 7, 572 * 8)
