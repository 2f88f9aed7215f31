"""Kinds of expressions: what surely is one number, and what may be an array."""

from __future__ import annotations

import pytest
from rows import each_row

from dlcalc.expressions.kinds import kind_of
from dlcalc.expressions.nodes import FormulaCall, Kind, Vector
from dlcalc.expressions.parser import parse

KINDS = {"n": Kind.SCALAR, "o": Kind.AXES, "v": Kind.VECTOR, "W": Kind.MATRIX, "M": Kind.MAP, "F": Kind.FILTERS}


@each_row(
    ("text", "kind"),
    [
        ("3", Kind.SCALAR),
        ("n", Kind.SCALAR),
        ("z_1", Kind.SCALAR),
        ("o", Kind.AXES),
        ("v", Kind.VECTOR),
        ("M", Kind.MAP),
        ("n + 3", Kind.SCALAR),
        ("n + v", Kind.VECTOR),
        ("W v", Kind.MATRIX),
        ("-W", Kind.MATRIX),
        ("v/n", Kind.VECTOR),
        ("2^v", Kind.VECTOR),
        ("W^2", Kind.MATRIX),
        ("o - 1", Kind.AXES),
        ("v ⊙ v", Kind.VECTOR),
        ("v ⊗ v", Kind.MATRIX),
        ("n ⊗ v", Kind.VECTOR),
        ("n ⊗ n", Kind.SCALAR),
        ("v^⊤", Kind.MATRIX),
        ("n^⊤", Kind.SCALAR),
        ("v[1]", Kind.SCALAR),
        ("W[1]", Kind.VECTOR),
        ("W[1, 2]", Kind.SCALAR),
        ("F[1]", Kind.MAP),
        ("o[1]", Kind.SCALAR),
        ("(n, 3)", Kind.VECTOR),
        ("(v, v)", Kind.MATRIX),
        ("[1, 2; 3, 4]", Kind.MATRIX),
        ("(M, M)", Kind.FILTERS),
        ("((((1, 2), (3, 4)), ((1, 2), (3, 4))),)", Kind.FILTERS),
        ("n < 3", Kind.TRUTH),
        ("n < 3 and n > 1", Kind.TRUTH),
        ("tanh(n)", Kind.SCALAR),
        ("tanh(W)", Kind.MATRIX),
        ("sum(W)", Kind.SCALAR),
        ("‖v‖", Kind.SCALAR),
        ("len(v)", Kind.SCALAR),
        ("max(v)", Kind.SCALAR),
        ("max(v, 3)", Kind.VECTOR),
        ("max(n, 3)", Kind.SCALAR),
        ("shape(n, 3)", Kind.VECTOR),
        ("diag(v)", Kind.MATRIX),
        ("diag(n)", Kind.SCALAR),
        ("if(v[1] > 0, n, 3)", Kind.SCALAR),
        ("if(n > 0, v, 3)", Kind.VECTOR),
        ("mod(v, 2)", Kind.VECTOR),
        ("softmax(v)", Kind.VECTOR),
        ("Σ_{j=1}^{3} v[j]", Kind.SCALAR),
        ("Σ_{j=1}^{3} j v", Kind.VECTOR),
        ("Π_{j=1}^{3} M[j]", Kind.MATRIX),
    ],
)
def test_the_kind_of_an_expression(text: str, kind: Kind) -> None:
    """From the kinds of its names: a product of arrays counts as what it may be at most."""
    assert kind_of(parse(text, KINDS)) is kind


def test_what_is_no_value_counts_as_one_number() -> None:
    """A call of a formula has no kind of its own, and a vector of nothing is a vector."""
    assert kind_of(FormulaCall("conv", (), ())) is Kind.SCALAR
    assert kind_of(Vector(())) is Kind.VECTOR


@pytest.mark.parametrize("rank", range(5))
def test_ranks(rank: int) -> None:
    """The rank is how many indices reach a single number; axes have one, truth none."""
    assert Kind.of_rank(rank).rank == rank
    assert (Kind.AXES.rank, Kind.TRUTH.rank) == (1, 0)
