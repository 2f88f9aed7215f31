"""Bounds and trend over a range: every value lies between the bounds, and a trend that is named is true."""

from __future__ import annotations

import math
import sys
from contextlib import suppress
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.intervals import Interval, compare, hull
from dlcalc.expressions.limits import LIMIT_BITS
from dlcalc.expressions.nodes import Add, Call, Compare, Div, Literal, Logic, Mul, Name, Neg, Node, Pow, Value
from dlcalc.expressions.parser import parse
from dlcalc.expressions.reader import Declarations

INFINITY = math.inf


@each_row(
    ("text", "low", "high", "trend"),
    [
        ("n", 2, 5, +1),
        ("-n", -5, -2, -1),
        ("7", 7, 7, 0),
        ("2n + 3", 7, 13, +1),
        ("3 - n", -2, 1, -1),
        ("n - n", -3, 3, None),
        ("n*n", 4, 25, +1),
        ("n^2", 4, 25, +1),
        ("n^3 - 1", 7, 124, +1),
        ("n^0", 1, 1, 0),
        ("n^-1", Fraction(1, 5), Fraction(1, 2), -1),
        ("12/n", Fraction(12, 5), 6, -1),
        ("-12/n", -6, Fraction(-12, 5), +1),
        ("12/(n - 7)", -6, Fraction(-12, 5), -1),
        ("n/(n + 1)", Fraction(1, 3), Fraction(5, 3), None),
        ("1/(n - 3)", -INFINITY, INFINITY, None),
        ("floor(n/2)", 1, 2, +1),
        ("ceil(n/2)", 1, 3, +1),
        ("floor((20 - n)/2) + 1", 8, 10, -1),
        ("2^n", 4, 32, +1),
        ("n^n", 4, 3125, +1),
        ("(1/2)^n", Fraction(1, 32), Fraction(1, 4), -1),
        ("2^-n", Fraction(1, 32), Fraction(1, 4), -1),
        ("(n^2)^(1/2)", 2, 5, +1),
        ("(3 - n)^2", 0, 4, None),
        ("(1 - n)^2", 1, 16, +1),
        ("(3 - n)^3", -8, 1, -1),
        ("(1 - n)^n", -INFINITY, INFINITY, None),
        ("abs(n)", 2, 5, +1),
        ("abs(-n)", 2, 5, +1),
        ("abs(n - 3)", 0, 2, None),
        ("relu(n - 3)", 0, 2, +1),
        ("step(n - 3)", 0, 1, +1),
        ("max(n, 4)", 4, 5, +1),
        ("min(n, 4, 9 - n)", 2, 4, None),
        ("max(-n, -4)", -4, -2, -1),
        ("mod(n, 3)", 0, 3, None),
        ("mod(n, -3)", -3, 0, None),
        ("mod(n, 1)", 0, 0, 0),
        ("mod(n/2, 1)", 0, 1, None),
        ("mod(7, n)", 0, 5, None),
        ("mod(7, n - 3)", -INFINITY, INFINITY, None),
        ("if(n > 1, n, 0)", 2, 5, +1),
        ("if(n > 5, n, 0)", 0, 0, 0),
        ("if(n > 3, n, 9)", 2, 9, None),
        ("if(n > 3 and 1 > 2, n, 9)", 9, 9, 0),
        ("if(not n > 3 or n > 3, n, 9)", 2, 9, None),
        ("sum((n, 2n, 3))", 9, 18, +1),
        ("Σ_{j=1}^{3} j n", 12, 30, +1),
        ("norm((n, 0))", 2, 5, +1),
        ("0*n", 0, 0, +1),
    ],
)
def test_bounds_and_trend_over_2_to_5(text: str, low: Value, high: Value, trend: int | None) -> None:
    """Exact bounds for what moves one way, sound ones for everything else."""
    found = evaluate(parse(text, Declarations(integers=frozenset("n"))), {"n": Interval(2, 5, +1)})
    if not isinstance(found, Interval):
        found = Interval(found, found, 0)
    assert (found.low, found.high, found.trend) == (low, high, trend)


@each_row(
    ("sign", "a", "b", "holds"),
    [
        ("<", (1, 2), (3, 4), True),
        ("<", (3, 4), (1, 3), False),
        ("<", (1, 3), (3, 4), None),
        ("≤", (1, 3), (3, 4), True),
        ("≤", (3, 4), (1, 2), False),
        ("≤", (1, 4), (2, 3), None),
        (">", (3, 4), (1, 2), True),
        ("≥", (3, 4), (1, 3), True),
        ("≥", (1, 2), (3, 4), False),
        ("=", (1, 2), (3, 4), False),
        ("=", (3, 3), (3, 3), True),
        ("=", (1, 3), (3, 3), None),
        ("≠", (1, 2), (3, 4), True),
        ("≠", (3, 3), (3, 3), False),
        ("≠", (1, 3), (3, 3), None),
    ],
)
def test_comparisons(sign: str, a: tuple[int, int], b: tuple[int, int], holds: bool | None) -> None:
    """Decided only where it holds, or fails, for every pair of values."""
    assert compare(sign, Interval(*a), Interval(*b)) is holds


def test_a_hull_holds_both_branches() -> None:
    """What an undecided `if` may be, and no trend."""
    assert hull(Interval(1, 3, +1), Interval(2, 7, +1)) == Interval(1, 7, None)


@each_row(
    ("text", "low", "high"),
    [
        ("n^5000", 1, INFINITY),
        ("(n + 1)^5000", sys.float_info.max, INFINITY),
        ("-(n + 1)^5000", -INFINITY, -sys.float_info.max),
        ("((n + 1)^64)^64*10^1200", 2**LIMIT_BITS, INFINITY),
        ("exp(1000n)", sys.float_info.max, INFINITY),
        ("exp(1000n)/n", 10**300, INFINITY),
        ("exp(1000n)/(-n)", -INFINITY, -(10**300)),
        ("n/exp(1000n)", 0, 10**-300),
        ("(exp(600)*n)^64", sys.float_info.max, INFINITY),
        ("(-exp(600)*n)^63", -INFINITY, -sys.float_info.max),
        ("10^400*n*exp(1)", 10**400, 10**402),
        ("n + 10^400 + exp(1)", 10**400, 10**401),
        ("(10^400 + n)/exp(1)", 10**399, 10**400),
    ],
)
def test_numbers_that_are_too_large_are_bounded(text: str, low: Value, high: Value) -> None:
    """An end that is too long to work out moves outwards, to one that is known."""
    found = evaluate(parse(text), {"n": Interval(1, 10, +1)})
    assert low <= found.low <= found.high <= high


def test_a_fraction_that_is_too_long_moves_outwards() -> None:
    """1/1 + 1/2 + ... + 1/3000 has too many digits; its bounds are coarser fractions around it."""
    total = Interval(0, 0)
    for k in range(1, 3001):
        total = total + Fraction(1, k)
    exact = sum(1 / k for k in range(1, 3001))
    assert float(total.low) == pytest.approx(exact)
    assert float(total.high) == pytest.approx(exact)
    assert total.low < total.high


# Random trees: what is evaluated at a point lies between the bounds, and moves as the trend says.

leaves = st.one_of(
    st.sampled_from("nnm").map(Name),
    st.integers(0, 9).map(Literal),
    st.sampled_from([Fraction(1, 2), Fraction(5, 3), Fraction(7, 4)]).map(Literal),
)
FUNCTIONS = (
    *("floor", "ceil", "sqrt", "exp", "ln", "log2", "abs", "tanh", "sigmoid", "relu", "softplus", "step"),
    *("sin", "cosh", "arctan", "sign", "silu", "gelu", "hardsigmoid", "elu"),
)


def larger(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Every operation on single numbers, over the given parts."""
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    compared = st.builds(Compare, st.sampled_from("=≠<≤>≥"), inner, inner)
    condition = st.one_of(
        compared,
        st.builds(lambda word, a, b: Logic(word, (a, b)), st.sampled_from(["and", "or"]), compared, compared),
        compared.map(lambda c: Logic("not", (c,))),
    )
    return st.one_of(
        several.map(Add),
        several.map(Mul),
        inner.map(Neg),
        st.builds(Div, inner, inner),
        st.builds(Pow, inner, st.integers(-3, 5).map(Literal)),
        st.builds(Pow, inner, inner),
        st.builds(lambda f, x: Call(f, (x,)), st.sampled_from(FUNCTIONS), inner),
        st.builds(lambda f, xs: Call(f, xs), st.sampled_from(["min", "max"]), several),
        st.builds(lambda a, b: Call("mod", (a, b)), inner, inner),
        st.builds(lambda c, a, b: Call("if", (c, a, b)), condition, inner, inner),
    )


trees = st.recursive(leaves, larger, max_leaves=10)


def bounds(tree: Node, values: dict[str, Value]) -> Interval:
    """What the tree is on intervals; the example is dropped where that is not known."""
    try:
        found = evaluate(tree, values)
    except (UserError, ArithmeticError):
        assume(False)
    return found if isinstance(found, Interval) else Interval(found, found, 0)


def at(tree: Node, **values: Value) -> Value | None:
    """The value at a point, None where there is none."""
    with suppress(UserError):
        return evaluate(tree, values)
    return None


def slack(value: Value) -> float:
    """What the last digits of a float may be off."""
    return 1e-12 * abs(value) if isinstance(value, float) else 0


@given(trees, st.integers(-6, 8), st.integers(0, 7), st.integers(-4, 6), st.integers(0, 4))
@settings(max_examples=400)
def test_every_value_lies_between_the_bounds(tree: Node, low: int, width: int, other: int, depth: int) -> None:
    """Over a box of two unknowns."""
    found = bounds(tree, {"n": Interval(low, low + width, None), "m": Interval(other, other + depth, None)})
    for n in range(low, low + width + 1):
        for m in range(other, other + depth + 1):
            value = at(tree, n=n, m=m)
            assert value is None or found.low <= value + slack(value)
            assert value is None or found.high >= value - slack(value)


@given(trees, st.integers(-6, 8), st.integers(1, 9), st.integers(-4, 6))
@settings(max_examples=400)
def test_a_trend_is_true(tree: Node, low: int, width: int, m: int) -> None:
    """As the one unknown grows, the values never fall, never rise, or stay."""
    found = bounds(tree, {"n": Interval(low, low + width, +1), "m": m})
    assume(found.trend is not None)
    values = [value for n in range(low, low + width + 1) if (value := at(tree, n=n, m=m)) is not None]
    for first, second in pairwise(values):
        assert found.trend >= 0 or second <= first + slack(first)
        assert found.trend <= 0 or second >= first - slack(first)
        assert found.trend != 0 or first == second
