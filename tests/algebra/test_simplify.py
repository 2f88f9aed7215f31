"""What sympy makes of our trees: shorter, equal, and nothing that it cannot be trusted with."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dlcalc.expressions import printing
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.nodes import Add, Div, Literal, Mul, Name, Neg, Node, Pow
from dlcalc.expressions.parser import parse

pytest.importorskip("sympy")

from dlcalc.algebra import simplified
from dlcalc.algebra.convert import NoCounterpart, from_sympy, to_sympy


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("(n + 1)m + (n + 1)k", "(n + 1)(k + m)"),
        ("x/(x + 1) - 1", "-1/(x + 1)"),
        ("exp(x)/exp(2x)", "exp(-x)"),
        ("a b + a c", "a(b + c)"),
    ],
)
def test_it_becomes_shorter(long: str, short: str) -> None:
    found = simplified(parse(long))
    assert len(printing.plain(found)) <= len(printing.plain(parse(short)))
    point = {name: 0.5 + index for index, name in enumerate("abckmnx")}
    assert evaluate(found, point) == pytest.approx(evaluate(parse(long), point))


@pytest.mark.parametrize("text", ["n + 1", "0.1234 x + 0.1234 x y", "if(x > 0, x + x y, 0)", "(x + 1)^40/(x + 1)"])
def test_what_is_short_or_has_no_counterpart_stays_itself(text: str) -> None:
    node = parse(text)
    assert evaluate(simplified(node), {"x": 0.5, "y": 0.25, "n": 3}) == pytest.approx(
        evaluate(node, {"x": 0.5, "y": 0.25, "n": 3})
    )


@pytest.mark.parametrize(
    "text",
    [
        "sqrt(x^2)/x",
        "sqrt(x^2) + sqrt(x^2)",
        "ln(x^2)/ln(y^2) + ln(x^2)",
        "sqrt(sin(x)^2) + sin(x)",
        "exp(ln(x^2)/2)/x",
    ],
)
def test_a_letter_may_stand_for_a_negative_number(text: str) -> None:
    """√x² is |x|, and ln x² is no 2 ln x, whatever would be shorter."""
    node = parse(text)
    for point in ({"x": -0.5, "y": -3}, {"x": 0.5, "y": 3}):
        assert evaluate(simplified(node), point) == pytest.approx(evaluate(node, point), rel=1e-12)


def test_what_comes_back_has_the_names_that_went_in() -> None:
    """ln is the natural logarithm here and `log` in sympy."""
    assert simplified(parse("x ln(y) + z ln(y)")) == parse("(x + z) ln(y)")
    assert simplified(parse("x sigmoid(y) + z sigmoid(y)")) == parse("(x + z) sigmoid(y)")
    assert simplified(parse("x tanh(y)/2 + z tanh(y)/2")) == parse("(x + z) tanh(y)/2")


def test_a_large_expression_is_left_alone() -> None:
    """120 products of x, which could be put outside: so many parts are no longer looked at, 20 are."""
    long = parse(" + ".join(f"x {one} {other}" for one in "abcdfghijk" for other in "lmnopqrstuvw"))
    assert simplified(long) is long
    short = parse(" + ".join(f"x {one} l" for one in "abcd"))
    assert simplified(short) is not short


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("if(x > 0, 1, 0)", "^call has no counterpart in sympy$"),
        ("x^21", "^the exponent 21 is too large to work with$"),
        ("x^(-21)", "^the exponent -21 is too large to work with$"),
        ("(x + 1)^(50·50)", "^the exponent 2500 is too large to work with$"),
        ("x^(1/(2 - 2))", "^the exponent zoo is too large to work with$"),
    ],
)
def test_what_sympy_is_not_given(text: str, sentence: str) -> None:
    with pytest.raises(NoCounterpart, match=sentence):
        to_sympy(parse(text))


def test_what_comes_back_only_as_sympy_is_refused() -> None:
    import sympy

    with pytest.raises(NoCounterpart, match=r"has no counterpart here$"):
        from_sympy(sympy.gamma(sympy.Symbol("x")))


_LEAVES = st.one_of(st.sampled_from([Name("x"), Name("y")]), st.integers(-5, 5).map(Literal))
_TREES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(Add),
        st.tuples(inner, inner).map(Mul),
        inner.map(Neg),
        st.tuples(inner, st.integers(1, 3).map(Literal)).map(lambda pair: Pow(*pair)),
        st.tuples(inner, st.integers(1, 5).map(Literal)).map(lambda pair: Div(*pair)),
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(_TREES)
@example(parse("x + x + x - y"))
def test_a_simplified_expression_has_the_same_value(node: Node) -> None:
    point = {"x": 3, "y": -7}
    assert evaluate(simplified(node), point) == evaluate(node, point)


@pytest.mark.parametrize("text", ["n + 1", "a/b", "x^2 - 1", "exp(-x)", "(n + 1)/m"])
def test_what_cannot_be_shortened_is_the_very_same_tree(text: str) -> None:
    """The order in which somebody wrote it is not sympy's to change."""
    node = parse(text)
    assert simplified(node) is node
