"""What is printed is read back to the same tree."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dlcalc.expressions.nodes import (
    Add,
    Call,
    Compare,
    Div,
    FormulaCall,
    Hadamard,
    Index,
    Kind,
    Literal,
    Logic,
    Mul,
    Name,
    Neg,
    Node,
    Outer,
    Partial,
    Pow,
    Reduce,
    Transpose,
    Vector,
    walk,
)
from dlcalc.expressions.parser import Declarations, parse
from dlcalc.expressions.printing import latex, plain, text

SCALARS = (
    *"acdefgiklmnopqrstuxzCTW",
    *("theta", "sigma", "lambda", "pi", "Delta", "epsilon", "phi", "padded", "fan_in", "conv1.o"),
    *("yhat", "xbar", "Ctilde", "yhat_t", "x_1", "w_ih", "theta_1", "b_o", "n_12"),
)
VECTORS = ("h", "y", "W_f", "b_i", "weights", "eta")
FUNCTIONS_OF_ONE = (
    *("floor", "ceil", "sqrt", "abs", "norm", "exp", "ln", "log", "log2", "tanh", "sigmoid", "relu", "softmax", "diag"),
    *("len", "sum", "prod", "reverse", "arctan", "sech", "silu", "hardsigmoid", "erf", "sign"),
)
SMALL = (Literal(2), Literal(12), Neg(Literal(1)), Name("n"), Name("k"), Add((Name("t"), Neg(Name("k")))))
"""Exponents and indices for which Unicode has small glyphs."""
DECLARED = Declarations(
    # σ( is the function unless σ is declared
    {**dict.fromkeys(set(SCALARS) - {"sigma"}, Kind.SCALAR), **dict.fromkeys(VECTORS, Kind.VECTOR)},
    formulas=frozenset({"conv"}),
)


places = st.one_of(
    st.sampled_from(VECTORS).map(Name),
    st.sampled_from(("y", "x_1", "yhat", "theta", "C")).map(Name),
    st.builds(lambda x, i: Index(Name(x), (i,)), st.sampled_from(VECTORS), st.sampled_from(SMALL)),
)
"""What a derivative is of and by: names and values of sequences."""


def nested(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Every kind of node that the parser can make, over the given parts."""
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    rows = st.lists(st.tuples(inner, inner), min_size=1, max_size=2)
    return st.one_of(
        several.map(Add),
        several.map(Mul),
        several.map(Mul),
        several.map(Hadamard),
        inner.map(Neg),
        st.builds(Div, inner, inner),
        st.builds(Pow, inner, inner),
        st.builds(Pow, inner, st.sampled_from(SMALL)),
        st.builds(Outer, inner, inner),
        inner.map(Transpose),
        st.builds(lambda function, x: Call(function, (x,)), st.sampled_from(FUNCTIONS_OF_ONE), inner),
        st.builds(lambda function, xs: Call(function, xs), st.sampled_from(["min", "max", "shape"]), several),
        st.builds(lambda x, y: Call("mod", (x, y)), inner, inner),
        st.builds(lambda c, x, y: Call("if", (c, x, y)), inner, inner, inner),
        st.builds(Compare, st.sampled_from("=≠<≤>≥"), inner, inner),
        st.builds(Logic, st.sampled_from(["and", "or"]), several),
        inner.map(lambda x: Logic("not", (x,))),
        several.map(Vector),
        inner.map(lambda x: Vector((x,))),
        rows.map(lambda found: Vector(tuple(Vector(row) for row in found))),
        st.builds(lambda x, i: Index(Name(x), (i,)), st.sampled_from(VECTORS), st.sampled_from(SMALL)),
        st.builds(Index, st.sampled_from(VECTORS).map(Name), st.lists(inner, min_size=1, max_size=2).map(tuple)),
        st.builds(lambda x, i, j: Index(Index(Name(x), (i,)), (j,)), st.sampled_from(VECTORS), inner, inner),
        st.builds(Reduce, st.sampled_from(["sum", "prod"]), st.sampled_from("jb"), inner, inner, inner),
        st.builds(lambda low, high, body: Reduce("prod", "j", low, high, body, True), inner, inner, inner),
        st.builds(Partial, places, places, st.booleans()),
        st.builds(lambda x, y: FormulaCall("conv", ("n", "f"), (x, y)), inner, inner),
    )


leaves = st.one_of(
    st.integers(0, 300).map(Literal),
    st.integers(1, 99).filter(lambda n: n % 10).map(lambda n: Literal(Fraction(n, 10))),
    st.sampled_from(SCALARS + VECTORS).map(Name),
    st.sampled_from(SCALARS).map(Name),
)
trees = st.recursive(leaves, nested, max_leaves=10)


A_COMPARISON_THAT_IS_SUMMED = Call("sum", (Compare("=", Name("a"), Literal(0)),))
"""Without brackets it would begin a Σ."""


def has_column(tree: Node) -> bool:
    """A matrix of one column, which LaTeX writes like a vector."""
    return any(
        isinstance(node, Vector)
        and len(node.items) > 1
        and all(isinstance(row, Vector) and len(row.items) == 1 for row in node.items)
        for node in walk(tree)
    )


@example(A_COMPARISON_THAT_IS_SUMMED)
@given(trees)
@settings(max_examples=200)
def test_the_plain_form_is_read_back(tree: Node) -> None:
    """`*`, `^` and function names alone give the tree."""
    assert parse(plain(tree), DECLARED) == tree


@example(A_COMPARISON_THAT_IS_SUMMED)
@given(trees)
@settings(max_examples=200)
def test_one_line_of_unicode_is_read_back(tree: Node) -> None:
    """Factors side by side, subscripts and superscripts give the tree."""
    assert parse(text(tree), DECLARED) == tree


@example(A_COMPARISON_THAT_IS_SUMMED)
@given(trees.filter(lambda tree: not has_column(tree)))
@settings(max_examples=200)
def test_latex_is_read_back(tree: Node) -> None:
    """Fractions, braces and environments give the tree."""
    assert parse(latex(tree), DECLARED) == tree
