"""The voices of errors: what each says and shows."""

from __future__ import annotations

import datetime

import pytest
from rows import each_row

from dlcalc.errors import DlcalcError, ExpressionError, InternalError, ProblemError, UserError, printable, shown


@pytest.mark.parametrize("position", [0, 1, 29, 30, 31, 75, 99])
def test_the_caret_stands_under_its_character(position: int) -> None:
    """Also in a line that is too long to be shown whole: of 100 characters at most 60 are, from 30 before it."""
    text = "".join(chr(ord("a") + place % 26) for place in range(100))
    shown, caret = ExpressionError("a rule", text, position).caret().split("\n")
    assert shown[len(caret) - 1] == text[position]
    assert caret == " " * min(position, 30) + "^"
    assert shown in text
    assert len(shown) <= 60


def test_a_text_of_several_lines_is_shown_on_one() -> None:
    """A line end or a tab would push the caret away from its character."""
    assert ExpressionError("a rule", "a\nb\tc", 4).caret() == "a b c\n    ^"


def test_without_a_place_there_is_no_caret() -> None:
    assert ExpressionError("a rule", "abc").caret() == ""
    assert ExpressionError("a rule", "", 0).caret() == ""
    assert str(ExpressionError("a rule", "abc", 1)) == "a rule"


def test_who_is_at_fault() -> None:
    """An author's error names file and key, a user's is the rule alone, ours says that it is ours."""
    assert str(ProblemError("a.toml", "key", "a rule")) == "a.toml: key: a rule"
    assert str(ProblemError("a.toml", "", "a rule")) == "a.toml: a rule"
    assert str(InternalError("a rule")) == "a rule (this is a bug in dlcalc, not in your input)"
    assert issubclass(ExpressionError, UserError)
    assert not issubclass(ProblemError, UserError)
    assert not issubclass(InternalError, UserError)
    assert all(issubclass(each, DlcalcError) for each in (UserError, ProblemError, InternalError))


@each_row(
    ("value", "told"),
    [
        (True, "true"),
        (3, "3"),
        (2**64 - 1, "18446744073709551615"),
        (2**64, "a whole number of many digits"),
        pytest.param(10**5000, "a whole number of many digits", id="of 5,001 digits"),
        (0.5, "0.5"),
        ("a", "'a'"),
        ("x" * 60, f"'{'x' * 60}'"),
        ("x" * 61, f"'{'x' * 59}…'"),
        (None, "nothing"),
        ([1], "a list"),
        ({}, "a table"),
        (datetime.date(2024, 2, 29), "a date or time"),
    ],
)
def test_a_value_in_a_few_words(value: object, told: str) -> None:
    assert shown(value) == told


def test_a_name_is_shown_on_one_line() -> None:
    """What a terminal would act upon is written out; what is long is cut."""
    assert printable("a b.toml") == "a b.toml"
    assert printable("a\nb\x1b[2J") == r"'a\nb\x1b[2J'"
    assert printable("") == "''"
    assert printable("x" * 240) == "x" * 240
    assert printable("x" * 241) == "x" * 239 + "…"
