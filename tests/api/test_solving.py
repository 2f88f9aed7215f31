"""Equations in the user's own words, solved in whole numbers."""

from __future__ import annotations

import pytest

import dlcalc
from dlcalc.errors import ExpressionError, UserError


def test_an_equation() -> None:
    """2n² + 3n = 230 has one solution in 1..1000."""
    found = dlcalc.solve("2n^2 + 3n = 230")
    assert found.solutions == ({"n": 10},)
    assert found.to_dict() == {
        "solutions": [{"n": 10}],
        "count": 1,
        "searched": {"n": [1, 1000]},
        "wanted": {"equation": "2n^2 + 3n = 230"},
        "given": {},
    }


@pytest.mark.parametrize("ranges", [{"n": (11, 20)}, "n=11..20", ["n=11..20"]])
def test_a_range(ranges: object) -> None:
    """10 lies outside it."""
    found = dlcalc.solve("2n^2 + 3n = 230", ranges)
    assert (found.count, found.searched) == (0, {"n": (11, 20)})


def test_several_equations() -> None:
    """All of them hold at once; in the range of each letter."""
    assert dlcalc.solve(["n + m = 13", "nm = 36"], ["n=1..9"]).solutions == ({"n": 4, "m": 9}, {"n": 9, "m": 4})


def test_names_of_several_letters_are_declared_by_their_range() -> None:
    """`units` is one name where it has a range."""
    assert dlcalc.solve("4units(units + 33) = 53200", ["units=1..4096"]).solutions == ({"units": 100},)


@pytest.mark.parametrize(
    ("inequality", "solutions"),
    [
        ("n >= 998", [998, 999, 1000]),
        ("n > 998", [999, 1000]),
        ("n <= 2", [1, 2]),
        ("n < 2", [1]),
        ("7/2 > n", [1, 2, 3]),
    ],
)
def test_inequalities(inequality: str, solutions: list[int]) -> None:
    """With and without the end."""
    assert [found["n"] for found in dlcalc.solve(inequality).solutions] == solutions


@pytest.mark.parametrize(
    ("equations", "ranges", "sentence"),
    [
        ("2n^2 + 3n", (), 'an equation or inequality is expected, such as "2n.2 . 3n = 230", not "2n.2 . 3n"$'),
        ("n != 3", (), 'an equation or inequality is expected, such as "2n.2 . 3n = 230", not "n != 3"$'),
        ([], (), 'an equation or inequality is expected, such as "2n.2 . 3n = 230", but there is nothing$'),
        ("2 = 2", (), 'there is no letter to solve for in "2 = 2"$'),
        ("a + b + c + d + e = 9", (), r"at most 4 letters can be solved for, not 5 \(a, b, c, d, e\)$"),
        ("n = 3", {"m": (1, 3)}, "m has a range but does not occur; the letters are n$"),
        ("n = 3", "n=3..1", "the range of n runs upwards, not from 3 to 1$"),
        ("n = 3", "n=1..x", 'range "n=1..x": a range is written n=1..1000$'),
    ],
)
def test_what_cannot_be_solved(equations: object, ranges: object, sentence: str) -> None:
    """Said in one line."""
    with pytest.raises(UserError, match=f"^{sentence}"):
        dlcalc.solve(equations, ranges)


def test_what_cannot_be_read() -> None:
    """The place is kept for the caret."""
    with pytest.raises(ExpressionError, match=r"^= is not expected here$") as caught:
        dlcalc.solve("n + = 3")
    assert caught.value.caret() == "n + = 3\n    ^"


def test_three_unknowns_are_looked_for_among_the_usual_values() -> None:
    """All values are too many to try; where even the usual ones are, or ranges were given, that is said."""
    found = dlcalc.conv(n=224, o=222, find="f,s,p")
    assert found.to_dict()["searched"] == {"f": [1, 11], "s": [1, 11], "p": [0, 10]}
    assert [tuple(each.values()) for each in found.solutions] == [(3 + 2 * p, 1, p) for p in range(5)]
    with pytest.raises(dlcalc.UserError, match="the search is too large"):
        dlcalc.conv(n=224, o=222, find="f,s,p", ranges=["f=1..224", "s=1..224", "p=0..224"])
