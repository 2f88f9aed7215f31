"""Equations solved for letters, each solution held against its equation in numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest

import dlcalc
from dlcalc.expressions.evaluate import evaluate

pytest.importorskip("sympy")

SAME = dlcalc.conv(n="n", f="f", p="p", o="n", find="p")


def test_the_padding_that_keeps_the_size() -> None:
    """n − f + 2p + 1 = n, so p = (f − 1)/2, for odd f; p ≥ 0 needs no word, for f ≥ 1."""
    assert SAME.solutions == [{"p": "(f - 1)/2"}]
    assert SAME.conditions == ["p is whole for odd f"]
    assert SAME.to_dict()["steps"] == [{"name": "the terms with it on one side", "left": "2*p", "right": "f - 1"}]
    assert "n + 2 p - f + 1 &= n" in SAME.to_latex()
    assert "is whole for odd" in SAME.to_markdown()
    assert repr(SAME) == "<p = (f − 1)/2>"
    assert json.loads(json.dumps(SAME.to_dict()))["solutions"] == [{"p": "(f - 1)/2"}]


def test_even_and_other_divisors() -> None:
    assert dlcalc.conv(n="n", f="f", p="p", o="n + 1", find="p").conditions[0] == "p is whole for even f"
    assert dlcalc.lstm(n="n", m=2, parameters="P", find="n").conditions[0].startswith("n is whole where 8 divides ")


def test_a_floor_leaves_a_range() -> None:
    """⌊(n − f)/2⌋ + 1 = o holds for n from 2o − 2 + f up to below 2o + f, as the numbers say."""
    found = dlcalc.conv(n="n", f=3, s=2, o="o", find="n")
    ((low, high),) = [each["n"] for each in found.solutions]
    assert (low, high) == ("2o + 1", "2o + 3")
    for o in (1, 5, 12):
        whole = [each["n"] for each in dlcalc.conv(f=3, s=2, o=o, find="n").solutions]
        assert whole == list(range(low.subs(o=o), high.subs(o=o)))
    assert "whole number in this range" in found.conditions[0]
    general = dlcalc.solve("o = floor((n + 2p - f)/s) + 1", find="n")
    assert general.solutions[0]["n"] == ("f - 2p + o*s - s", "f - 2p + o*s")
    assert general.conditions == ["this holds where 1/s is positive"]


@pytest.mark.parametrize(
    ("equations", "find", "point", "count"),
    [
        ("a*x^2 + b*x + c = 0", "x", {"a": 2, "b": 7, "c": 3}, 2),
        ("y = (x - m)/s", "x", {"y": 3, "m": 5, "s": 2}, 1),
        ("a/x + b = c", "x", {"a": 6, "b": 1, "c": 3}, 1),
        ("y = exp(w*x)", "x", {"y": 5, "w": 2}, 1),
        (("x + y = a", "x - y = b"), "x,y", {"a": 9, "b": 4}, 1),
        (("a*x + y = 1", "x + b*y = 2"), ["x", "y"], {"a": 3, "b": 5}, 1),
    ],
)
def test_a_solution_solves_its_equation(equations: Any, find: Any, point: dict[str, int], count: int) -> None:
    found = dlcalc.solve(equations, find=find)
    assert len(found.solutions) == count
    for each in found.solutions:
        values = {**point, **{name: float(value.subs(**{k: v for k, v in point.items() if k in value.letters}))
                              for name, value in each.items()}}  # fmt: skip
        for left, right in found.equations:
            assert float(evaluate(left, values)) == pytest.approx(float(evaluate(right, values)))


def test_what_cannot_be_is_left_out() -> None:
    """Of the two roots one would be a negative number of units."""
    (only,) = dlcalc.lstm(n="n", m="m", parameters="P", find="m").solutions
    assert only["m"].subs(n=32, P=53_200) == 100
    assert dlcalc.solve("x^2 + 1 = 0", find="x").solutions == []
    assert "There is no real solution." in dlcalc.solve("x^2 + 1 = 0", find="x").to_markdown()


def test_numbers_are_found_as_before() -> None:
    assert dlcalc.conv(n=32, s=2, o=16, find="p", f=3).solutions == ({"p": 1},)
    assert dlcalc.conv(n=32, s=2, o=16, find="p", f=3, p="p").solutions == ({"p": 1},)


def test_solutions_as_programs() -> None:
    space: dict[str, Any] = {}
    exec(SAME.program("sympy").rpartition("print(")[0], space)
    assert str(space["p_found"]) == "f/2 - 1/2"
    assert SAME.program("wolfram") == "pfound = (f - 1)/2\n"
    ((symbol, value),) = SAME.sympy()[0].items()
    assert (str(symbol), str(value)) == ("p", "f/2 - 1/2")


def test_numbers_that_were_found_as_programs() -> None:
    found = dlcalc.conv(n=224, o=222, find="f,s,p")
    assert [{str(k): int(v) for k, v in each.items()} for each in found.sympy()] == list(found.solutions)
    space: dict[str, Any] = {}
    exec(found.program("sympy").partition("print(")[0], space)
    assert [space["f_1"], space["s_1"], space["p_1"]] == [3, 1, 0]
    assert dlcalc.conv(n=7, f=3, o=5, find="s").program("wolfram") == "sfound = 1\n"


@pytest.mark.parametrize(
    ("equations", "find", "why"),
    [
        ("x + y = a", "z", "z does not occur; the letters are a, x, y"),
        ("x + y = a", "x,y,a", "at most 2 letters can be solved for in letters, not 3"),
        ("x < a", "x", "an equation is expected"),
        ("x - x + y = a", "x", "x falls out of the equation"),
        ("x + y = a", "x,y", "the equations leave a letter open"),
        ("x + floor(x/2) = a", "x", "x also appears outside the floor"),
        ("floor(1/x) = a", "x", "x is not a positive multiple of itself inside the floor"),
        ("x*exp(x) + sin(x) = a", "x", "sympy has no way to solve it for x"),
        ("+".join(["x"] * 90) + " = a", "x", "an equation that is solved for a letter has at most 80 parts"),
    ],
)
def test_what_is_not_solved_says_why(equations: str, find: str, why: str) -> None:
    with pytest.raises(dlcalc.UserError, match=why):
        dlcalc.solve(equations, find=find)


def test_ranges_are_for_whole_numbers() -> None:
    with pytest.raises(dlcalc.UserError, match="a range is for whole numbers, without find"):
        dlcalc.solve("x = a", ["x=1..2"], find="x")
    with pytest.raises(dlcalc.UserError, match="an equation in letters is between single numbers, and o has several"):
        dlcalc.conv(n=(32, 28), f="f", o="q", find="f")
