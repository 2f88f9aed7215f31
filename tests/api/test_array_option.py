"""Arrays as people type and paste them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import each_row

from dlcalc.api.array_option import read_array
from dlcalc.errors import DlcalcError, UserError


@each_row(
    ("text", "rank", "expected"),
    [
        ("3", 0, 3),
        ("-0.5", 0, Fraction(-1, 2)),
        ("2/3", 0, Fraction(2, 3)),
        ("1 2 3", 1, (1, 2, 3)),
        ("1, 2, 3", 1, (1, 2, 3)),
        ("[1, 2, 3]", 1, (1, 2, 3)),
        ("1; 2; 3", 1, (1, 2, 3)),
        ("1 2; 3 4", 2, ((1, 2), (3, 4))),
        ("1 2\n3 4\n", 2, ((1, 2), (3, 4))),
        ("[[1, 2], [3, 4]]", 2, ((1, 2), (3, 4))),
        ("(1 2; 3 4)", 2, ((1, 2), (3, 4))),
        ("1 −2; 3 4", 2, ((1, -2), (3, 4))),
        ("1 2", 2, ((1, 2),)),
        ("1 2; 3 4 | 5 6; 7 8", 3, (((1, 2), (3, 4)), ((5, 6), (7, 8)))),
        ("1 2; 3 4", 4, ((((1, 2), (3, 4)),),)),
        ("1 | 2 || 3 | 4", 4, ((((1,),), ((2,),)), (((3,),), ((4,),)))),
        ("| 1 | 2 |\n|---|---|\n| 3 | 4 |", 2, ((1, 2), (3, 4))),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |", 2, ((1, 2), (3, 4))),
        (r"\begin{pmatrix} 1 & 2 \\ 3 & -4 \end{pmatrix}", 2, ((1, 2), (3, -4))),
        (r"\begin{tabular}{cc} 1 & 2 \\ \hline 3 & 4 \\ \end{tabular}", 2, ((1, 2), (3, 4))),
        ("1\t2\n3\t4", 2, ((1, 2), (3, 4))),
    ],
)
def test_what_is_typed_or_pasted(text: str, rank: int, expected: Any) -> None:
    assert read_array("x", text, rank) == expected


def test_lists_and_files(tmp_path: Path) -> None:
    """Nested lists, tuples and what has `tolist` are read as they stand; a name of a file is opened."""

    class Array:
        def tolist(self) -> list[list[float]]:
            return [[0.1, 2.0]]

    assert read_array("x", [[1, 2], (3, 4)], 2) == ((1, 2), (3, 4))
    assert read_array("x", Array(), 2) == ((Fraction(1, 10), 2),)
    path = tmp_path / "a.csv"
    path.write_text("1,2\n3,4\n", encoding="utf-8")
    assert read_array("x", str(path), 2) == ((1, 2), (3, 4))


@each_row(
    ("given", "rank", "rule"),
    [
        ("", 2, "^x: an array is expected, but there is nothing$"),
        (" ; ", 2, "^x: a matrix has at least one row$"),
        ("1 2; 3", 2, "^x: the rows of an array are equally long: the first has 2, number 2 has 1$"),
        ("1 x; 2 3", 2, "^x: 'x' is not a number"),
        ("1 nan", 1, "^x: 'nan' is not a number"),
        ("1 1/0", 1, "^x: '1/0' is not a number: division by zero"),
        ("1 9**9**9", 1, "^x: '9\\*\\*9\\*\\*9' is not a number"),
        ("1 2; 3 4", 1, "^x: a vector is expected, not a matrix of 2×2$"),
        ("1 2", 0, "^x: one number is expected, not a vector of 2$"),
        ("1 2 | 3 4", 2, "^x: a matrix is expected, not a map of channels of 2×1×2$"),
        ("1 " * 10_001, 1, "^x: an array for work by hand has at most 10,000 numbers, not 10,001$"),
        ("1 " * 100_001, 1, "^x: an array has at most 200,000 characters, not 200,002$"),
        ([[1, "a"]], 2, "^x: an array holds numbers, not 'a'$"),
        ([[1, None]], 2, "^x: an array holds numbers, not "),
        ([[1.0, float("nan")]], 2, "^x: an array holds finite numbers, not nan$"),
        ("[[1, 2], [3", 2, "^x: this is not JSON"),
        ("| 1 | x |\n|---|---|\n| 3 | 4 |", 2, "^x: 'x' is not a number"),
    ],
)
def test_what_is_no_array_is_one_line(given: object, rank: int, rule: str) -> None:
    with pytest.raises(UserError, match=rule) as error:
        read_array("x", given, rank)
    assert "\n" not in str(error.value)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="0123456789.,;|-−+/*^eE()[]{}&\\$ \n\tnaif'\"_²½", max_size=40), st.integers(0, 4))
def test_any_text_is_an_array_or_one_line(text: str, rank: int) -> None:
    """Nothing else comes out of what people may type."""
    said = ""
    try:
        read_array("x", text, rank)
    except DlcalcError as error:
        said = str(error)
    assert "\n" not in said
