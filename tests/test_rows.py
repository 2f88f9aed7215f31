"""A table of rows as one test: it goes on after a wrong row, and names all that are wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rows import AT_ONCE, each_row


def parts(test: Callable[..., None]) -> list[list[object]]:
    """The rows of each test that pytest makes of it."""
    (mark,) = test.pytestmark  # type: ignore[attr-defined]
    found: list[list[object]] = mark.args[1]
    return found


def test_every_wrong_row_is_named() -> None:
    seen = []

    @each_row(("number", "square"), [(2, 4), (3, 8), pytest.param(4, 15, id="four"), (5, 25)])
    def squares(number: int, square: int) -> None:
        seen.append(number)
        assert number**2 == square, "no square"

    (rows,) = parts(squares)
    with pytest.raises(AssertionError, match="no square") as caught:
        squares(rows)
    assert seen == [2, 3, 4, 5]
    note = caught.value.__notes__[0]
    assert note.startswith("2 of 4 rows are wrong:\n1: 3, 8\n    AssertionError: no square")
    assert "\n2: four\n    AssertionError: no square" in note


def test_a_hundred_rows_are_one_test() -> None:
    @each_row("x", range(2 * AT_ONCE + 1))
    def nothing(x: int) -> None:
        """Of any number."""

    assert list(map(len, parts(nothing))) == [AT_ONCE, AT_ONCE, 1]
    for rows in parts(nothing):
        nothing(rows)


def test_a_row_has_no_marks() -> None:
    with pytest.raises(ValueError, match=r"^a row of a table has no marks: pytest[.]mark[.]parametrize takes them$"):
        each_row("x", [pytest.param(1, marks=pytest.mark.skip)])
