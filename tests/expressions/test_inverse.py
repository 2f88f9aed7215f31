"""Inverse questions: all whole-number solutions in a range, against trying every number."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.expressions.evaluate import compile_node, evaluate
from dlcalc.expressions.inverse import MOST_LISTED, Constraint, Solutions, solve
from dlcalc.expressions.nodes import Compare
from dlcalc.expressions.parser import parse, parse_range

ENDS = {"=": (0, 0), "≥": (0, math.inf), "≤": (-math.inf, 0)}

Ranges = Mapping[str, tuple[int, int]]


def constraint(text: str, names: Ranges) -> Constraint:
    """`left = right`, or ≤ or ≥, as left − right within its ends."""
    node = parse(text, names.keys())
    assert isinstance(node, Compare)
    left, right = compile_node(node.left), compile_node(node.right)
    return Constraint(lambda values: left(values) - right(values), *ENDS[node.operator])


def solved(text: str, **ranges: tuple[int, int]) -> Solutions:
    """The solutions of equations and inequalities, separated by semicolons."""
    return solve([constraint(part, ranges) for part in text.split(";")], ranges)


def by_trying(text: str, ranges: Ranges) -> list[dict[str, int]]:
    """Every point of the ranges at which everything holds."""
    nodes = [parse(part, ranges.keys()) for part in text.split(";")]
    points = [
        dict(zip(ranges, point, strict=True))
        for point in product(*(range(low, high + 1) for low, high in ranges.values()))
    ]
    return [point for point in points if all(holds(node, point) for node in nodes)]


def holds(node: Compare, point: Mapping[str, int]) -> bool:
    """Whether a comparison has a value at a point, and is true."""
    try:
        return evaluate(node, point) is True
    except UserError:
        return False


@each_row(
    ("text", "ranges", "found"),
    [
        ("2n^2 + 3n = 230", {"n": (1, 1000)}, [{"n": 10}]),
        ("floor((227 - 11)/s) + 1 = 55", {"s": (1, 227)}, [{"s": 4}]),
        ("4m(32 + m + 1) = 53200", {"m": (1, 4096)}, [{"m": 100}]),
        ("n^n = 27", {"n": (1, 1000)}, [{"n": 3}]),
        ("2^n = 1024", {"n": (0, 10**6)}, [{"n": 10}]),
        ("n^2 = 49", {"n": (-100, 100)}, [{"n": -7}, {"n": 7}]),
        ("n^2 = 50", {"n": (-100, 100)}, []),
        ("n^3 - 6n^2 + 11n = 6", {"n": (-1000, 1000)}, [{"n": 1}, {"n": 2}, {"n": 3}]),
        ("1/n = 1/2", {"n": (-5, 5)}, [{"n": 2}]),
        ("mod(n, 7) = 3", {"n": (1, 20)}, [{"n": 3}, {"n": 10}, {"n": 17}]),
        ("mod(n/2, 1) = 1/2", {"n": (1, 6)}, [{"n": 1}, {"n": 3}, {"n": 5}]),
        ("sqrt(n) = 12", {"n": (-5, 10**6)}, [{"n": 144}]),
        ("abs(n - 5) = 3", {"n": (-100, 100)}, [{"n": 2}, {"n": 8}]),
        ("if(n > 10, n, 100) = 12", {"n": (1, 10**6)}, [{"n": 12}]),
        ("Σ_{j=1}^{n} j = 55", {"n": (1, 200)}, [{"n": 10}]),
        ("x y = 35", {"x": (1, 10), "y": (1, 10)}, [{"x": 5, "y": 7}, {"x": 7, "y": 5}]),
        ("x + y = 10; x - y = 4", {"x": (1, 99), "y": (1, 99)}, [{"x": 7, "y": 3}]),
        ("x + y + z = 4", {"x": (1, 9), "y": (1, 9), "z": (2, 9)}, [{"x": 1, "y": 1, "z": 2}]),
        ("n = 5", {"n": (5, 5)}, [{"n": 5}]),
        ("n/0 = 1", {"n": (1, 5)}, []),
    ],
)
def test_all_solutions_are_found(text: str, ranges: dict[str, tuple[int, int]], found: list[dict[str, int]]) -> None:
    """In increasing order, and nothing else."""
    assert solved(text, **ranges) == Solutions(tuple(found), len(found), ranges)


coefficients = st.integers(-6, 6)
small_range = st.tuples(st.integers(-9, 9), st.integers(0, 12)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(coefficients, min_size=2, max_size=5), small_range, st.data())
def test_polynomials(numbers: list[int], ends: tuple[int, int], data: st.DataObject) -> None:
    """Of one unknown, with a right-hand side that is reached and with others."""
    polynomial = " + ".join(f"({number})n^{power}" for power, number in enumerate(numbers))
    somewhere = data.draw(st.integers(*ends))
    value = evaluate(parse(polynomial), {"n": somewhere}) + data.draw(st.sampled_from([0, 0, 1, -7]))
    for sign in "=≤≥":
        text = f"{polynomial} {sign} {value}"
        expected = by_trying(text, {"n": ends})
        assert solved(text, n=ends) == Solutions(tuple(expected), len(expected), {"n": ends})


@given(st.integers(1, 40), small_range, small_range, small_range)
@settings(max_examples=30)
def test_floor_formulas_of_three_unknowns(o: int, f: tuple[int, int], s: tuple[int, int], p: tuple[int, int]) -> None:
    """The output size of a convolution, asked for filter, stride and padding at once; a stride of 0 is no solution."""
    ranges = {"f": f, "s": s, "p": p}
    text = f"floor((32 + 2p - f)/s) + 1 = {o}; f <= 32 + 2p"
    expected = by_trying(text, ranges)
    found = solved(text, **ranges)
    assert found.count == len(expected)
    assert found.found == tuple(expected) or found.count > MOST_LISTED


TEMPLATES = (
    "{a}x y + {b}x + {c}y = {d}",
    "{a}x^2 + {b}y^2 = {d}",
    "floor({a}x/({b}y)) = {d}",
    "x/y + y/x ≥ {d}",
    "mod(x, y) = {d}",
    "max({a}x, {b}y) = {d}; x ≤ y",
    "x^y ≥ {d}",
    "2^x - y = {d}",
    "abs(x - {a}) + abs(y - {b}) ≤ {d}",
    "if(x > y, x - y, {a}y) = {d}",
    "sqrt(x) ≥ y",
    "relu(x)*step(y) = {d}",
)


@given(
    st.sampled_from(TEMPLATES), coefficients, coefficients, coefficients, st.integers(-9, 30), small_range, small_range
)
@settings(max_examples=200)
def test_two_unknowns(template: str, a: int, b: int, c: int, d: int, x: tuple[int, int], y: tuple[int, int]) -> None:
    """Whatever the shape of the expression, and where it has no value everywhere."""
    text = template.format(a=f"({a})", b=f"({b})", c=f"({c})", d=f"({d})")
    expected = by_trying(text, {"x": x, "y": y})
    assert solved(text, x=x, y=y) == Solutions(tuple(expected), len(expected), {"x": x, "y": y})


def test_a_rounded_answer_is_a_range() -> None:
    """0.0505 as it is written stands for all from 0.05045 to 0.05055."""
    deviation = compile_node(parse("sqrt(2/n)", ["n"]))
    rounded = Constraint(deviation, Fraction(5045, 10**5), Fraction(5055, 10**5))
    found = solve([rounded], {"n": (1, 4096)})
    expected = [n for n in range(1, 4097) if 0.05045 <= math.sqrt(2 / n) <= 0.05055]
    assert [solution["n"] for solution in found.found] == expected
    assert 784 in expected


def test_more_solutions_than_are_listed() -> None:
    """All are counted, the first are listed."""
    found = solved("n >= 3", n=(1, 10**9))
    assert found.count == 10**9 - 2
    assert [solution["n"] for solution in found.found] == list(range(3, MOST_LISTED + 3))


def test_a_box_full_of_solutions_is_counted_at_once() -> None:
    """An inequality of several unknowns is not tried point by point."""
    found = solved("x + y + z >= 4", x=(1, 10**4), y=(1, 10**5), z=(1, 10**6))
    assert found.count == 10**15 - 1
    assert len(found.found) == MOST_LISTED
    assert all(sum(point.values()) >= 4 for point in found.found)


@pytest.mark.parametrize(
    ("text", "ranges", "count"),
    [
        ("2^n >= 1000", {"n": (1, 10_000)}, 9_991),
        ("n^5000 >= 5", {"n": (1, 1000)}, 999),
        ("n^n <= 27", {"n": (1, 5000)}, 3),
        ("exp(n) >= 10^300", {"n": (1, 1000)}, 310),
        ("n*10^400*exp(1) >= 10", {"n": (1, 1000)}, 1000),
        ("((n^64)^64)^64 = 1", {"n": (-5, 1000)}, 2),
    ],
)
def test_numbers_that_are_too_large_to_work_out(text: str, ranges: Ranges, count: int) -> None:
    """A value that has too many digits is still known to be larger than what was asked for."""
    assert solved(text, **ranges).count == count


def test_numbers_that_are_too_large_to_compare() -> None:
    """Where a value is out of reach and it matters, that is said; it is not taken for no solution."""
    rule = "the numbers are too large to be compared at n = 11; give a smaller range"
    with pytest.raises(UserError, match=f"^{re.escape(rule)}$"):
        solved("mod(3^(n*1000), 7) = 1", n=(11, 11))
    rule = "the numbers are too large to be compared at n = 5; give a smaller range"
    with pytest.raises(UserError, match=f"^{re.escape(rule)}$"):
        solved("2^(n*1000)/3^1400/3^1400 >= 1", n=(1, 9))
    rule = "a number of more than 1234 digits is too large: 10^5000"
    with pytest.raises(UserError, match=f"^{re.escape(rule)}$"):
        solved("Σ_{j=1}^{n} 10^5000 = 5", n=(1, 3))


@pytest.mark.parametrize("text", ["(n, 1) = 3", "(n, 1) + n = 3", "n + k = 3"])
def test_an_equation_is_between_numbers(text: str) -> None:
    """An array, or a letter that is looked for nowhere, is a mistake and not the absence of solutions."""
    rule = "an equation is between numbers: without vectors and matrices, and each letter has a range"
    with pytest.raises(UserError, match=f"^{re.escape(rule)}$"):
        solved(text, n=(1, 5))


def test_functions_without_bounds() -> None:
    """Where nothing is known over a range, every number in it is tried."""
    assert solved("sum(softmax((n, 2))) >= 1/2", n=(1, 5)).count == 5
    assert solved("Σ_{j=1}^{n} j = 6", n=(1, 50)).found == ({"n": 3},)
    assert solved("mod(7, n) = 1", n=(-3, 9)).found == ({"n": 2}, {"n": 3}, {"n": 6})


def test_a_hole_in_a_monotone_range() -> None:
    """A point without a value is passed over in a bisection."""

    def with_a_hole(values: dict[str, Any]) -> Any:
        if values["n"] == 5:
            raise UserError("there is nothing at 5")
        return values["n"]

    assert solve([Constraint(with_a_hole, 7, 7)], {"n": (1, 9)}).found == ({"n": 7},)
    assert solve([Constraint(with_a_hole, 5, 5)], {"n": (1, 9)}).found == ()


def test_a_range_runs_upwards() -> None:
    """Reversed ends are a mistake of the user's, not an empty range."""
    with pytest.raises(UserError, match=r"^the range of n runs upwards, not from 9 to 1$"):
        solved("n = 3", n=(9, 1))


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("mod(n, 7) = 3", {"n": (1, 10**6)}),
        ("mod(n*m, 7) = 3", {"n": (1, 1000), "m": (1, 1000)}),
        ("mod(n*m, 7) = 3", {"n": (-50, 3000), "m": (1, 1000)}),
        ("a^2 + b^2 = c^2", {"a": (1, 200), "b": (1, 200), "c": (1, 200)}),
        ("x*y + z*x + w = 1001", dict.fromkeys("xyzw", (1, 1000))),
        ("Σ_{j=1}^{n} mod(j, 3) = 10^6", {"n": (1, 10**6)}),
        ("Σ_{j=1}^{20000} mod(j n, 7) = 60000", {"n": (1, 1000)}),
        (" + ".join(f"mod(n, {k})" for k in range(2, 150)) + " = 4000", {"n": (1, 10**6)}),
    ],
)
def test_a_search_that_is_too_large_names_one_that_is_not(text: str, ranges: dict[str, tuple[int, int]]) -> None:
    """The ranges in the message can be searched, and lie within those that were given."""
    with pytest.raises(UserError, match=r"^the search is too large; ") as caught:
        solved(text, **ranges)
    named = [parse_range(part) for part in re.findall(r"\w+=-?\d+\.\.-?\d+", str(caught.value))]
    smaller = {found.index: (evaluate(found.low), evaluate(found.high)) for found in named}
    assert smaller
    for name, (low, high) in smaller.items():
        assert ranges[name][0] <= low <= high <= ranges[name][1]
    assert {**ranges, **smaller} != ranges
    solved(text, **{**ranges, **smaller})
