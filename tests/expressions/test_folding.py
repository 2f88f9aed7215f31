"""What is folded when letters are left over, and that folding changes no value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.expressions import folding
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.nodes import (
    Add,
    Call,
    Compare,
    Div,
    Kind,
    Literal,
    Logic,
    Mul,
    Name,
    Neg,
    Node,
    Pow,
    Value,
    walk,
)
from dlcalc.expressions.parser import parse
from dlcalc.expressions.reader import Declarations

WHOLE = Declarations(dict.fromkeys("nmpsfck", Kind.SCALAR), integers=frozenset("nmpsfck"))
"""These seven letters stand for whole numbers, all others for any numbers."""


def folded(text: str) -> Value:
    """A text evaluated with all of its letters left over."""
    return evaluate(parse(text, WHOLE))


@each_row(
    ("text", "expected"),
    [
        ("32 + m + 1", "m + 33"),
        ("m + 32 - 33", "m - 1"),
        ("n + 2 - 2", "n"),
        ("n - n", "0"),
        ("n + m + n", "2n + m"),
        ("n - (m - n)", "2n - m"),
        ("3n - n", "2n"),
        ("n/2 + n/2", "n"),
        ("1 - h^2", "1 - h^2"),
        ("5 - (2 + h)", "3 - h"),
        ("2*3*n", "6n"),
        ("n*2*m*3", "6n m"),
        ("f*f", "f^2"),
        ("f^2 f^3", "f^5"),
        ("f/f", "1"),
        ("f^3/f", "f^2"),
        ("f/f^3", "1/f^2"),
        ("n*m/n", "m"),
        ("2n/4", "n/2"),
        ("4n/2", "2n"),
        ("(4n + 2)/2", "2n + 1"),
        ("(4n + 3)/2", "(4n + 3)/2"),
        ("(3/2)(1/n)", "3/(2*n)"),
        ("(2n)^3", "8n^3"),
        ("(n/2)^2", "n^2/4"),
        ("(-n)^2", "n^2"),
        ("(-n)^3", "-n^3"),
        ("(n m)^-2", "1/(n^2*m^2)"),
        ("(n^2)^3", "n^6"),
        ("n^0", "1"),
        ("n^1", "n"),
        ("0*n", "0"),
        ("0 + n", "n"),
        ("1*n", "n"),
        ("-(-n)", "n"),
        ("-(n - m)", "-n + m"),
        ("(121c + 1)k", "(121c + 1)*k"),
        ("2(n + 1)", "2(n + 1)"),
        ("(n + 1)(n + 1)", "(n + 1)^2"),
        ("4m(n + m + 1)", "4m(n + m + 1)"),
        ("(n + 2*0 - 11)/4 + 1", "(n - 11)/4 + 1"),
        ("2^n", "2^n"),
        ("tanh(x + 0)", "tanh(x)"),
        ("max(n, 3, 5, n)", "max(n, 5)"),
        ("min(n, n)", "n"),
        ("mod(n + 0, 3)", "mod(n, 3)"),
        ("n < 3 + 1", "n < 4"),
        ("n < 3 and 2 < 3", "n < 3"),
        ("n < 3 and m < 4 and 2 < 3", "n < 3 and m < 4"),
        ("if(n < 3, m + 1, m + 2 - 1)", "m + 1"),
        ("if(n < 3, 1 + m + 1, 1/0)", "if(n < 3, m + 2, 1/0)"),
        ("Σ_{j=1}^{3} j n", "6n"),
        ("Σ_{j=1}^{3} n^j", "n + n^2 + n^3"),
        ("Π_{j=1}^{3} j n", "6n^3"),
        ("Π_{j=1}^{2} (n + j)", "(n + 1)*(n + 2)"),
        ("sum((n, 1, n))", "2n + 1"),
    ],
)
def test_folding(text: str, expected: str) -> None:
    """Like terms and like factors are joined, numbers computed, nothing is expanded, the written order kept."""
    tree = parse(expected, WHOLE)
    assert folded(text) == (tree.value if isinstance(tree, Literal) else tree)


@each_row(
    ("text", "expected"),
    [
        ("floor(3)", "3"),
        ("floor(n)", "n"),
        ("ceil(n m + 1)", "n m + 1"),
        ("floor(2p/2)", "p"),
        ("floor((2p + 29)/2)", "p + 14"),
        ("ceil((2p + 29)/2)", "p + 15"),
        ("floor((4p + n)/2)", "2p + floor(n/2)"),
        ("floor(n/2 + 3)", "floor(n/2) + 3"),
        ("floor(x + 3)", "floor(x) + 3"),
        ("floor(x + n - 1)", "n + floor(x) - 1"),
        ("ceil(x - n)", "-n + ceil(x)"),
        ("floor(n/s)", "floor(n/s)"),
        ("floor((n - f)/s) + 1", "floor((n - f)/s) + 1"),
        ("floor((n - 11)/4) + 1", "floor((n - 11)/4) + 1"),
        ("floor(floor(x))", "floor(x)"),
        ("floor(max(n, 0) + mod(m, 3))", "max(n, 0) + mod(m, 3)"),
        ("floor(x)", "floor(x)"),
        ("floor(x/2)", "floor(x/2)"),
        ("floor((2x + 29)/2)", "floor((2x + 29)/2)"),
        ("floor(max(x, 0))", "floor(max(x, 0))"),
        ("floor(n^2)", "n^2"),
        ("floor(2^n)", "floor(2^n)"),
    ],
)
def test_whole_letters_leave_the_floor(text: str, expected: str) -> None:
    """What is surely whole is taken out of ⌊⌋ and ⌈⌉, whatever the letters stand for; all else stays inside."""
    found, tree = folded(text), parse(expected, WHOLE)
    assert found == (tree.value if isinstance(tree, Literal) else tree)


def test_the_order_of_arrays_is_kept() -> None:
    """A product of matrices is not joined or sorted, but its numbers stand in front."""
    kinds = {"A": Kind.MATRIX, "B": Kind.MATRIX, "v": Kind.VECTOR}
    assert evaluate(parse("A B A", kinds)) == parse("A*B*A", kinds)
    assert evaluate(parse("A*2*B*3*v", kinds)) == parse("6*A*B*v", kinds)
    assert evaluate(parse("A/2", kinds)) == parse("A/2", kinds)
    assert evaluate(parse("A*0*B", kinds)) == 0
    assert evaluate(parse("(A B)^2", kinds)) == parse("(A*B)^2", kinds)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Σ_{j=1}^{1001} x^j", "at most 1000 terms may be left over in letters, not 1001"),
        ("Π_{j=1}^{1001} (x + j)", "at most 1000 factors may be left over in letters, not 1001"),
        ("((2a)^99)^99", "a number of more than 1234 digits is too large"),
        ("10^1000*(2x)*10^1000", "a number of more than 1234 digits is too large"),
        ("10^400*x*exp(1)", "the result is too large for a decimal number"),
        ("x/0", "division by zero: …/0"),
    ],
)
def test_what_is_left_over_is_bounded(text: str, rule: str) -> None:
    """Neither the terms that are left over nor their numbers grow without limit."""
    with pytest.raises(UserError, match=f"^{re.escape(rule)}$"):
        folded(text)


def test_trees_that_nobody_has_evaluated() -> None:
    """Folding opens a sum with a minus in front however it is written, and leaves a quotient by zero to evaluation."""
    x, y = Name("x"), Name("y")
    minus_one_times = Mul((Neg(Literal(1)), Add((y, Literal(2)))))
    assert folding.add(x, minus_one_times) == parse("x - y - 2")
    by_zero = Div(Literal(1), Literal(0))
    assert folding.multiply(x, by_zero) == Div(x, Literal(0))


def test_a_tree_is_not_divided_by_zero() -> None:
    """Folding by itself raises our error, too."""
    zero = Mul((Literal(0), Name("x")))
    with pytest.raises(UserError, match=r"^division by zero: 1/0$"):
        folding.divide(Name("y"), zero)


@each_row(
    ("text", "whole"),
    [
        ("3", True),
        ("1/2", False),
        ("n", True),
        ("x", False),
        ("n + m*p - 3", True),
        ("n/m", False),
        ("n^2", True),
        ("n^-2", False),
        ("n^m", False),
        ("floor(x)", True),
        ("ceil(x/2)", True),
        ("abs(n) + relu(m)", True),
        ("max(n, x)", False),
        ("tanh(n)", False),
    ],
)
def test_what_is_surely_whole(text: str, whole: bool) -> None:
    """Only what is whole for all values of its letters."""
    assert folding.is_integer(parse(text, WHOLE)) is whole


# Random trees: what is partly evaluated and then finished has the value of all at once.

LETTERS = {
    **dict.fromkeys("nmps", st.integers(-6, 9)),
    **dict.fromkeys("xyz", st.integers(-40, 40).map(lambda k: Fraction(k, 6))),
}
leaves = st.one_of(
    st.integers(0, 12).map(Literal),
    st.sampled_from([Fraction(1, 2), Fraction(7, 3)]).map(Literal),
    st.sampled_from("nmps").map(lambda name: Name(name, integer=True)),
    st.sampled_from("xyz").map(Name),
)


def larger(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Every operation that folding knows, over the given parts."""
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    compared = st.builds(Compare, st.sampled_from("=≠<≤>≥"), inner, inner)
    condition = st.one_of(compared, st.builds(lambda a, b: Logic("and", (a, b)), compared, compared))
    return st.one_of(
        several.map(Add),
        several.map(Mul),
        inner.map(Neg),
        st.builds(Div, inner, inner),
        st.builds(Pow, inner, st.integers(-3, 4).map(lambda k: Neg(Literal(-k)) if k < 0 else Literal(k))),
        st.builds(lambda f, x: Call(f, (x,)), st.sampled_from(["floor", "ceil", "abs", "relu", "step"]), inner),
        st.builds(lambda f, xs: Call(f, xs), st.sampled_from(["min", "max"]), several),
        st.builds(lambda a, b: Call("mod", (a, b)), inner, inner),
        st.builds(lambda c, a, b: Call("if", (c, a, b)), condition, inner, inner),
    )


trees = st.recursive(leaves, larger, max_leaves=14)


def has_branches(tree: Node) -> bool:
    """Whether there is an `if`, one branch of which may have no value."""
    return any(isinstance(node, Call) and node.function == "if" for node in walk(tree))


def attempt(tree: Value, numbers: Mapping[str, Value] | None = None) -> Value | None:
    """The value, or None where there is none."""
    with suppress(UserError):
        return evaluate(tree, numbers) if isinstance(tree, Node) else tree
    return None


@given(trees, st.fixed_dictionaries(LETTERS), st.sets(st.sampled_from(sorted(LETTERS))))
@settings(max_examples=200)
def test_folding_keeps_the_value(tree: Node, numbers: dict[str, Value], later: set[str]) -> None:
    """Wherever all at once has a value, some letters first and the others later have the same."""
    at_once = attempt(tree, numbers)
    assume(at_once is not None)
    for first in ({}, {name: number for name, number in numbers.items() if name not in later}):
        left = attempt(tree, first)
        if left is None:
            # a branch that is never taken may hold what has no value
            assert has_branches(tree)
        else:
            assert attempt(left, numbers) == at_once


@given(trees.filter(lambda tree: not has_branches(tree)))
@settings(max_examples=100)
def test_folding_again_changes_nothing(tree: Node) -> None:
    """What is folded is in its final form."""
    once = attempt(tree)
    assume(once is not None)
    assert attempt(once) == once
