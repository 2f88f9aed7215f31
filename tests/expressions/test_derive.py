"""Derivative rules, against central differences."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.expressions.derive import derivative
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.functions import FUNCTIONS
from dlcalc.expressions.nodes import Add, Call, Div, Kind, Literal, Mul, Name, Neg, Node, Pow
from dlcalc.expressions.parser import parse

INSIDE = (Fraction(1, 8), Fraction(2, 5), Fraction(-3, 4))
POINTS = (Fraction(-7, 4), Fraction(-1, 3), Fraction(2, 5), Fraction(3, 2), Fraction(11, 4))
STEP = Fraction(1, 10**5)


def at(node: Node, x: Fraction, **values: Fraction) -> float:
    """The value at x, with values for the other letters."""
    return float(evaluate(node, {"x": x, **values}))


def difference(node: Node, x: Fraction, **values: Fraction) -> float:
    """(f(x + h) − f(x − h))/2h."""
    return (at(node, x + STEP, **values) - at(node, x - STEP, **values)) / float(2 * STEP)


@each_row(
    "text",
    [
        "7",
        "y",
        "x",
        "3x + y - x/2",
        "-x",
        "x*y*x",
        "(x + 1)(x - 2)(x + y)",
        "x/y",
        "y/x",
        "(x + 1)/(x^2 + y)",
        "x^5",
        "x^-2",
        "(x^2 + 1)^(1/2)",
        "2^x",
        "y^(2x)",
        "(x^2 + 1)^x",
        "e^(2x)",
        "sqrt(x^2 + 3)",
        "exp(-x^2)",
        "ln(x^2 + 1)",
        "log(x^2 + 1)",
        "log2(x^2 + 1)",
        "log10(x^2 + 1)",
        "abs(x)",
        "tanh(2x)",
        "sigmoid(x*y)",
        "relu(x)",
        "relu(-3x)",
        "softplus(3x)",
        "step(x)*x",
        "max(x, y)",
        "min(x, y)",
        "max(x^2, 2x)",
        "if(x > 0, x^2, -x)",
        "if(y > 0, x, x)",
        "Σ_{j=1}^{4} j x^j",
        "Σ_{j=1}^{3} tanh(j x)",
        "1 - tanh(x)^2",
        "sigmoid(x)*(1 - sigmoid(x))",
        "ln(1 + exp(x))",
    ],
)
def test_every_rule_agrees_with_differences(text: str) -> None:
    """The derivative, and its own derivative, at points on both sides of zero."""
    node = parse(text)
    first = derivative(node, "x")
    second = derivative(first, "x")
    y = Fraction(9, 7)
    for x in POINTS:
        assert at(first, x, y=y) == pytest.approx(difference(node, x, y=y), rel=1e-6, abs=1e-6)
        assert at(second, x, y=y) == pytest.approx(difference(first, x, y=y), rel=1e-6, abs=1e-6)


@each_row("name", [name for name, function in FUNCTIONS.items() if function.derivative])
def test_the_table_of_derivatives(name: str) -> None:
    """Every function of the table, by itself, at positive points of its domain."""
    node = Call(name, (Name("x"),))
    for x in {"arcsin": INSIDE, "arccos": INSIDE, "artanh": INSIDE}.get(name, POINTS[3:]):
        assert at(derivative(node, "x"), x) == pytest.approx(difference(node, x), rel=1e-6)


@each_row(
    ("text", "expected"),
    [
        ("y", "0"),
        ("3x", "3"),
        ("x/2", "0.5"),
        ("x/3", "1/3"),
        ("x^2", "2x"),
        ("x^3/3", "x^2"),
        ("5x^2 + x + 1", "10x + 1"),
        ("-x^2", "-2x"),
        ("1/x", "-(1/x^2)"),
        ("y x z", "y z"),
        ("a(x + 1)^2", "2a*(x + 1)"),
        ("exp(x)", "exp(x)"),
        ("e^(3x)", "3exp(3x)"),
        ("ln(x)", "1/x"),
        ("tanh(x)", "1 - tanh(x)^2"),
        ("sigmoid(x)", "sigmoid(x)*(1 - sigmoid(x))"),
        ("sqrt(x)", "1/(2*sqrt(x))"),
        ("relu(x)", "if(x > 0, 1, 0)"),
        ("Σ_{j=1}^{T} j x", "Σ_{j=1}^{T} j"),
    ],
)
def test_derivatives_are_exact_and_short(text: str, expected: str) -> None:
    """Zeros and ones disappear, fractions stay fractions, nothing is expanded."""
    assert derivative(parse(text), "x") == parse(expected)


@pytest.mark.parametrize(("text", "x", "expected"), [("relu(x)", 0, 0), ("abs(x)", 0, 0), ("step(x)", 0, 0),
    ("max(x, 0)", 0, 0), ("max(0, x)", 0, 1), ("if(x >= 0, x, 2x)", 0, 1)])  # fmt: skip
def test_where_branches_meet(text: str, x: int, expected: int) -> None:
    """The derivative of relu at 0 is 0; elsewhere the branch that is taken there counts."""
    assert evaluate(derivative(parse(text), "x"), {"x": x}) == expected


def test_a_derivative_is_taken_by_one_letter() -> None:
    """By each letter of its own, all others held; an index is no letter to derive by."""
    loss = parse("(y - w x - b)^2/2")
    assert derivative(loss, "w") == parse("-((y - w x - b)*x)")
    assert derivative(loss, "y") == parse("y - w x - b")
    assert derivative(parse("Σ_{j=1}^{3} j"), "j") == Literal(0)


@each_row(
    ("text", "rule"),
    [
        ("floor(x)", "there is no derivative rule for floor here"),
        ("mod(x, 2)", "there is no derivative rule for mod here"),
        ("max(x, y, 1)", "there is no derivative rule for max here"),
        ("norm((x, 1))", "there is no derivative rule for norm here"),
        ("x < 1", "there is no derivative rule for compare here"),
        ("if(x > 0 and x < 1, x, 0) + (not x > 1)", "there is no derivative rule for logic here"),
        ("Π_{j=1}^{3} x", "there is no derivative rule for Π here: write its factors out"),
        ("Σ_{j=1}^{x} j", "there is no derivative by x here: Σ runs to it, so it is a whole number"),
        ("(x, 1)", "a derivative is taken of single numbers here, not of vectors or matrices"),
        ("W x", "a derivative is taken of single numbers here, not of vectors or matrices"),
        ("x ⊙ x", "there is no derivative rule for hadamard here"),
        ("x/0", "division by zero: 1/0"),
        ("x^(1/0)", "division by zero: 1/0"),
    ],
)
def test_what_has_no_rule(text: str, rule: str) -> None:
    """What cannot be derived is refused by name."""
    with pytest.raises(UserError, match=f"^{re.escape(rule)}$"):
        derivative(parse(text, {"W": Kind.MATRIX}), "x")


leaves = st.one_of(st.just(Name("x")), st.just(Name("y")), st.integers(1, 5).map(Literal))


def larger(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Smooth operations that stay of moderate size."""
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        several.map(Add),
        several.map(Mul),
        inner.map(Neg),
        st.builds(lambda a, b: Div(a, Add((Pow(b, Literal(2)), Literal(1)))), inner, inner),
        st.builds(Pow, inner, st.integers(0, 3).map(Literal)),
        st.builds(lambda f, x: Call(f, (x,)), st.sampled_from(["tanh", "sigmoid", "softplus"]), inner),
    )


@given(st.recursive(leaves, larger, max_leaves=8), st.integers(-8, 8), st.integers(-8, 8))
@settings(max_examples=100)
def test_compositions_agree_with_differences(node: Node, x: int, y: int) -> None:
    """The chain rule through whatever is composed."""
    point, other = Fraction(x, 5), Fraction(y, 5)
    expected = difference(node, point, y=other)
    scale = 1 + abs(at(node, point, y=other))
    assert at(derivative(node, "x"), point, y=other) == pytest.approx(expected, rel=1e-4, abs=1e-4 * scale)
