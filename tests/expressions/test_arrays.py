"""Vectors, matrices and maps: nested tuples of exact numbers, and letters that stand for whole arrays."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.expressions.arrays import flat, shape_of
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.nodes import Kind, Name, Value
from dlcalc.expressions.parser import parse

KINDS = {
    **dict.fromkeys(("v", "w", "h"), Kind.VECTOR),
    **dict.fromkeys(("A", "B", "C", "W"), Kind.MATRIX),
    **dict.fromkeys(("n", "k", "x"), Kind.SCALAR),
    "M": Kind.MAP,
}

Matrix = tuple[tuple[Any, ...], ...]


def value(text: str, **values: Value) -> Value:
    """The value of a text in the names of KINDS."""
    return evaluate(parse(text, KINDS), values)


@each_row(
    ("text", "expected"),
    [
        ("(1, 2) + (3, 4)", (4, 6)),
        ("(1, 2) - 1", (0, 1)),
        ("-(1, 2)", (-1, -2)),
        ("2(1, 2)", (2, 4)),
        ("(1, 2)/2", (Fraction(1, 2), 1)),
        ("2/(1, 2)", (2, 1)),
        ("(4, 6)/(2, 3)", (2, 2)),
        ("(1, 2)^2", (1, 4)),
        ("2^(1, 2)", (2, 4)),
        ("(2, 3)^(1, 2)", (2, 9)),
        ("mod((7, 8), 3)", (1, 2)),
        ("floor((1/2, 5/2))", (0, 2)),
        ("relu((-1, 2))", (0, 2)),
        ("(1, 2) ⊙ (3, 4)", (3, 8)),
        ("(1, 2) ⊗ (3, 4, 5)", ((3, 4, 5), (6, 8, 10))),
        ("(1, 2)^⊤", ((1, 2),)),
        ("[1, 2; 3, 4]^⊤", ((1, 3), (2, 4))),
        ("3^⊤", 3),
        ("(1, 2)^⊤ (3, 4)", 11),
        ("(1, 2) (3, 4)^⊤", ((3, 4), (6, 8))),
        ("[1, 2; 3, 4] (1, 1)", (3, 7)),
        ("(1, 1)^⊤ [1, 2; 3, 4]", ((4, 6),)),
        ("[1, 2; 3, 4] [0, 1; 1, 0]", ((2, 1), (4, 3))),
        ("[1, 2; 3, 4]^2", ((7, 10), (15, 22))),
        ("[1, 1; 0, 1]^64", ((1, 64), (0, 1))),
        ("[1, 2; 3, 4] + 1", ((2, 3), (4, 5))),
        ("diag((1, 2))", ((1, 0), (0, 2))),
        ("diag(3)", 3),
        ("sum((1, 2, 3))", 6),
        ("sum([1, 2; 3, 4])", 10),
        ("prod((2, 3, 4))", 24),
        ("len((5, 6, 7))", 3),
        ("len([1, 2; 3, 4; 5, 6])", 3),
        ("norm((3, 4))", 5),
        ("‖[1, 1; 1, 1]‖", 2),
        ("max((1, 5, 3))", 5),
        ("min([4, 2; 3, 9])", 2),
        ("max((1, 5), (3, 2))", (3, 5)),
        ("max((1, 5), 3)", (3, 5)),
        ("min(3, (1, 5), (2, 9))", (1, 3)),
        ("reverse((1, 2, 3))", (3, 2, 1)),
        ("reverse([1, 2; 3, 4])", ((3, 4), (1, 2))),
        ("shape(3, (55, 55), 96)", (3, 55, 55, 96)),
        ("shape(7)", (7,)),
        ("softmax((0, 0))", (0.5, 0.5)),
        ("if(1 < 2, (1, 2), 3)", (1, 2)),
        ("Σ_{j=1}^{3} (j, j^2)", (6, 14)),
        ("Π_{j=1}^{3} [1, j; 0, 1]", ((1, 6), (0, 1))),
        ("(((1, 2), (3, 4)), ((5, 6), (7, 8))) + 1", (((2, 3), (4, 5)), ((6, 7), (8, 9)))),
    ],
)
def test_array_arithmetic(text: str, expected: Value) -> None:
    """A scalar is broadcast, a product of arrays is the matrix product, everything else goes entry by entry."""
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v[1]", 5),
        ("v[len(v)]", 7),
        ("A[2]", (3, 4)),
        ("A[2, 1]", 3),
        ("A[2][1]", 3),
        ("M[1, 2, 2]", 4),
        ("A[1, n] + v_2", 8),
        ("Σ_{j=1}^{3} j v[j]", 5 + 12 + 21),
        ("v[1/2 + 1/2]", 5),
    ],
)
def test_indices_count_from_one(text: str, expected: Value) -> None:
    """As many indices as there are, rows before columns, channels before both."""
    assert value(text, v=(5, 6, 7), A=((1, 2), (3, 4)), M=(((1, 2), (3, 4)),), n=2) == expected


def test_a_product_has_a_direction() -> None:
    """Π multiplies matrices in the order of its index, or with the largest first."""
    steps = {1: ((1, 1), (0, 1)), 2: ((1, 0), (1, 1)), 3: ((2, 0), (0, 1))}
    kinds = {"J": Kind.MAP}
    upwards = evaluate(parse("prod(t=1..3, J[t])", kinds), {"J": steps})
    downwards = evaluate(parse("prod_desc(t=1..3, J[t])", kinds), {"J": steps})
    assert upwards == naive_product(naive_product(steps[1], steps[2]), steps[3])
    assert downwards == naive_product(naive_product(steps[3], steps[2]), steps[1])
    assert upwards != downwards


def naive_product(a: Matrix, b: Matrix) -> Matrix:
    """Rows times columns."""
    return tuple(tuple(sum(a[i][k] * b[k][j] for k in range(len(b))) for j in range(len(b[0]))) for i in range(len(a)))


def matrices(rows: int, columns: int) -> st.SearchStrategy[Matrix]:
    """Matrices of quarters."""
    row = st.tuples(*[st.integers(-20, 20).map(lambda quarters: Fraction(quarters, 4))] * columns)
    return st.tuples(*[row] * rows)


@given(matrices(2, 3), matrices(3, 4), st.integers(1, 12))
def test_matrix_products_are_sums_of_products(a: Matrix, b: Matrix, exponent: int) -> None:
    """The product, its transpose and a power agree with the definition."""
    assert value("A B", A=a, B=b) == naive_product(a, b)
    assert value("(A B)^T - B^T A^T", A=a, B=b) == ((0, 0),) * 4
    square = naive_product(a, tuple(zip(*a, strict=True)))
    power = square
    for _ in range(exponent - 1):
        power = naive_product(power, square)
    assert value("(A A^T)^n", A=a, n=exponent) == power


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=6))
def test_softmax_is_a_distribution(logits: list[int]) -> None:
    """The entries are positive, sum to 1, keep their order, and do not change when all logits are shifted."""
    found = value("softmax(v)", v=tuple(logits))
    assert sum(found) == pytest.approx(1)
    assert min(found) > 0
    assert sorted(found) == [p for _, p in sorted(zip(logits, found, strict=True))]
    assert value("softmax(v + 10^5)", v=tuple(logits)) == found


def test_softmax_of_a_matrix_is_taken_row_by_row() -> None:
    """Each row is a distribution of its own."""
    assert value("softmax(A)", A=((0, 0), (7, 7))) == ((0.5, 0.5), (0.5, 0.5))


@each_row(
    ("text", "rule"),
    [
        ("(1, 2) + (1, 2, 3)", "a sum needs equal shapes, not 2 and 3"),
        ("(1, 2) + [1, 2; 3, 4]", "a sum needs equal shapes, not 2 and 2×2"),
        ("(1, 2)/(1, 2, 3)", "a quotient needs equal shapes, not 2 and 3"),
        ("(1, 2)^(1, 2, 3)", "a power needs equal shapes, not 2 and 3"),
        ("mod((1, 2), (1, 2, 3))", "mod needs equal shapes, not 2 and 3"),
        ("max((1, 2), (1, 2, 3))", "max needs equal shapes, not 2 and 3"),
        ("(1, 2) ⊙ (1, 2, 3)", "⊙ needs equal shapes, not 2 and 3"),
        ("[1, 2; 3, 4] (1, 2, 3)", "a matrix product needs matching sizes, not 2×2 times 3"),
        ("(1, 2)^⊤ (1, 2, 3)", "a matrix product needs matching sizes, not 1×2 times 3"),
        ("(1, 2) (3, 4)", "a matrix product needs matching sizes, not 2 times 2; write ⊙ for element by element"),
        ("M A", "a matrix product takes vectors and matrices, not 1×2×2 and 2×2"),
        ("M^⊤", "a transpose takes a vector or a matrix, not 1×2×2"),
        ("A ⊗ v", "⊗ takes two vectors, not 2×2 and 3"),
        ("diag(A)", "diag takes a vector, not 2×2"),
        ("[1, 2, 3; 4, 5, 6]^0", "only a square matrix has a power, not one of 2×3"),
        ("A^65", "the power of a matrix is a whole number from 0 to 64, or -1 for its inverse"),
        ("A^(1/2)", "the power of a matrix is a whole number from 0 to 64, or -1 for its inverse"),
        ("A^(-2)", "the power of a matrix is a whole number from 0 to 64, or -1 for its inverse"),
        ("len(3)", "len takes a vector or a matrix, not a single number"),
        ("len(n)", "n is not given: a list of numbers is needed"),
        ("softmax(3)", "softmax takes a vector, not a single number"),
        ("((1, 2), 3)", "the items of a vector, the rows of a matrix have equal sizes, not 2 and a single number"),
        ("((1, 2), (3,))", "the items of a vector, the rows of a matrix have equal sizes, not 2 and 1"),
        ("v[0]", "an index lies in 1..3, not 0"),
        ("v[4]", "an index lies in 1..3, not 4"),
        ("v[3/2]", "an index lies in 1..3, not 3/2"),
        ("A[1, 3]", "an index lies in 1..2, not 3"),
        ("v[1, 1]", "only a vector, a matrix or a map has an index"),
    ],
)
def test_shapes_that_do_not_fit(text: str, rule: str) -> None:
    """The error names the operation and the shapes, or the index and its range."""
    with pytest.raises(UserError, match=f"^{re.escape(rule)}$"):
        value(text, v=(5, 6, 7), A=((1, 2), (3, 4)), M=(((1, 2), (3, 4)),))


def test_a_step_that_is_not_known_yet() -> None:
    """A sequence that is being unrolled has the steps so far."""
    assert value("v[t - 1]", v={0: 7}, t=1) == 7
    with pytest.raises(UserError, match=r"^step 2 is not known yet; known are 0, 1$"):
        value("v[t]", v={0: 7, 1: 8}, t=2)
    with pytest.raises(UserError, match=r"^step 1 is not known yet; known are none$"):
        value("v[1]", v={})


IN_LETTERS = (
    "A B v",
    "A B A",
    "W W",
    "A^T",
    "(A^T)^T",
    "A^T v",
    "v^T v",
    "v ⊙ w ⊙ h",
    "A ⊙ B",
    "v ⊗ w",
    "diag(v) A",
    "A + B - A^T",
    "2A - 3B",
    "n A k B",
    "A/n + B/3",
    "v/w",
    "v^2 + w^3",
    "A^3 + 1",
    "(A B)^2",
    "(1, 2) + v",
    "A (1, 2)",
    "(1, 2)^T A",
    "(1, 2) ⊙ v",
    "(1, 2) ⊗ v",
    "(v, w)",
    "A[1, n] v[k]",
    "A[k]",
    "sum(v) + norm(w) + len(v)",
    "max(v) - min(A)",
    "max(v, 2)",
    "softmax(v)",
    "reverse(v)",
    "prod(v)*n",
    "shape(v, n)",
    "if(n > 1, v, w)",
    "Σ_{j=1}^{k} j v",
    "Π_{j=1}^{2} A",
    "v = w",
    "floor(v/2)",
    "mod(v, n)",
    "-v",
    "0 - v",
    "n ⊗ v",
    "2^v",
    "exp(v) ⊙ w",
)
SMALL = st.integers(1, 9)
ARRAYS = {
    **dict.fromkeys(("v", "w", "h"), st.tuples(SMALL, SMALL)),
    **dict.fromkeys(("A", "B", "W"), matrices(2, 2)),
    **dict.fromkeys(("n", "k"), st.integers(1, 2)),
}


@given(st.fixed_dictionaries(ARRAYS), st.sets(st.sampled_from(sorted(ARRAYS))))
@settings(max_examples=60)
def test_arrays_may_be_given_later(everything: dict[str, Value], later: set[str]) -> None:
    """With some arrays and numbers left as letters, then put in, the value is that of all at once."""
    for text in IN_LETTERS:
        tree = parse(text, KINDS)
        left = evaluate(tree, {name: item for name, item in everything.items() if name not in later})
        at_once, found = evaluate(tree, everything), evaluated(left, everything)
        assert (text, shape_of(found)) == (text, shape_of(at_once))
        assert (text, *flat((found,))) == (text, *map(pytest.approx, flat((at_once,))))


def evaluated(value: Value, values: dict[str, Value]) -> Value:
    """The value with its letters put in, in an array too."""
    if isinstance(value, tuple):
        return tuple(evaluated(item, values) for item in value)
    return value if isinstance(value, int | float | Fraction) else evaluate(value, values)


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("v[1] + v[n]", {"v": (Name("a"), 3), "n": 2}, "a + 3"),
        ("v^T (2, 3)", {"v": (Name("a"), Name("b"))}, "2a + 3b"),
        ("sum(v)", {"v": (Name("a"), 1, Name("b"), 2)}, "a + b + 3"),
        ("prod(v)", {"v": (Name("a"), 2, Name("a"))}, "2*a^2"),
        ("max(v)", {"v": (Name("a"), 1, 2)}, "max(a, 2)"),
        ("norm(v)", {"v": (Name("a"), 2)}, "sqrt(a^2 + 4)"),
    ],
)
def test_entries_may_be_letters(text: str, values: dict[str, Value], expected: str) -> None:
    """An array of letters is computed with, entry by entry."""
    assert value(text, **values) == parse(expected)


def test_an_open_index_keeps_what_it_is_of() -> None:
    """An index in letters stays, on a known array, on an unknown one, and on a sequence that is being unrolled."""
    assert evaluate(value("A[k, 1]", A=((1, 2), (3, 4))), {"k": 2}) == 3
    assert evaluate(value("A[2, k]", A=((1, 2), (3, 4))), {"k": 1}) == 3
    assert value("A[n, k]", n=2) == parse("A[2, k]", KINDS)
    assert value("A[t, k]", A={1: (5, 6)}, t=1).indices == (Name("k"),)
    assert value("A[k, t]", A={1: (5, 6)}, t=1) == parse("A[k, 1]", KINDS)


@pytest.mark.parametrize(
    ("value", "shape"), [(3, ()), ((1, 2), (2,)), (((1, 2),), (1, 2)), ((((1,), (2,)),), (1, 2, 1)), ((), (0,))]
)
def test_shapes(value: Value, shape: tuple[int, ...]) -> None:
    """The sizes from the outside in."""
    assert shape_of(value) == shape


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("W x", (23,)),
        ("2 W x", (46,)),
        ("x^T y", 14),
        ("x^T W^T W x", 529),
        ("W x + b", (30,)),
        ("(W^T) v", (14, 21)),
    ],
)
def test_a_matrix_of_one_row_gives_a_vector_of_one_entry(text: str, expected: object) -> None:
    """A transposed vector is a row, and times a column it is one number: 4·1 + 5·2; 2·4 + 3·5 = 23, and 23²."""
    kinds = {"W": Kind.MATRIX, "x": Kind.VECTOR, "y": Kind.VECTOR, "b": Kind.VECTOR, "v": Kind.VECTOR}
    values = {"W": ((2, 3),), "x": (4, 5), "y": (1, 2), "b": (7,), "v": (7,)}
    assert evaluate(parse(text, kinds), values) == expected
