"""Vectors and matrices marked: every notation, number by number, the mistake behind them all, and hostile answers."""

from __future__ import annotations

import json
import time
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from handing_in import marked, posed, said, written
from hypothesis import example, given, settings
from hypothesis import strategies as st
from naive import matrices as slip
from rows import each_row

from dlcalc.api.grading import grade
from dlcalc.api.quiz import make_exam
from dlcalc.export.registry import writer
from dlcalc.expressions.answers import digits_asked
from dlcalc.grading import feedback
from dlcalc.grading.part_judging import judge
from dlcalc.grading.part_mark import PartMark
from dlcalc.grading.policy import Policy
from dlcalc.quiz import bank
from dlcalc.quiz.variant import Variant, variant

X = [[2, 3, 7, 4], [6, 6, 9, 8], [3, 4, 8, 3], [7, 8, 3, 6]]
W = [[3, -1], [1, 2]]
TWO = [[[1, 0, 2], [3, 1, 0], [0, 2, 1]], [[0, 1, 1], [2, 0, 1], [1, 3, 0]]]
PARTS = [[[1, -2], [0, 1]], [[2, 1], [-1, 0]]]

PAGE = """+++
title = 'T'
[draw]
{draws}

{parts}
+++
{sections}
"""


def constant(rows: Any) -> str:
    """An array in the notation of a problem file."""
    return f"[{', '.join(map(constant, rows))}]" if isinstance(rows, list) else str(rows)


def asking(tmp_path: Any, *parts: str, one: str = "n = [1]") -> Variant:
    """A problem with these parts: an id, then the lines of its table."""
    tables = "\n".join(f"[[part]]\nid = '{part.split(chr(10))[0]}'\n{part.split(chr(10), 1)[1]}\n" for part in parts)
    sections = "\n".join(f"## {part.split(chr(10))[0]}\nWhat?\n" for part in parts)
    return written(tmp_path / "asked.md", PAGE.format(draws=one, parts=tables, sections=sections))


def conv(more: str = "", b: str = "2", x: Any = X, w: Any = W) -> str:
    given = f"x = '{constant(x)}', w = '{constant(w)}', b = '{b}'{more}"
    return f"a\nkind = 'matrix'\nask = 'conv_by_hand.output'\nwith = {{{given}}}"


RIGHT = slip.convolution([X], [W], 2)
"""2·3 − 3 + 6 + 2·6 + 2 = 23, 3·3 − 7 + 6 + 2·9 + 2 = 28, ..."""


def test_the_right_matrix_by_hand() -> None:
    assert RIGHT == [[23, 28, 44], [25, 31, 35], [30, 20, 38]]


@pytest.fixture(name="posed_conv")
def _posed_conv(tmp_path: Any) -> Variant:
    return asking(tmp_path, conv())


def mark(asked: Variant, wrote: object) -> PartMark:
    return marked(asked, a=wrote)["a"]


NOTATIONS: dict[str, object] = {
    "semicolons": "23 28 44; 25 31 35; 30 20 38",
    "commas": "23, 28, 44; 25, 31, 35; 30, 20, 38",
    "lines": "23 28 44\n25 31 35\n30 20 38\n",
    "json": "[[23, 28, 44], [25, 31, 35], [30, 20, 38]]",
    "lists": [[23, 28, 44], [25, 31, 35], [30, 20, 38]],
    "lists of texts": [["23", "28", "44"], ["25", "31", "35"], ["30", "20", "38.0"]],
    "matlab": "y = [23 28 44; 25 31 35; 30 20 38];",
    "numpy": "np.array([[23., 28., 44.], [25., 31., 35.], [30., 20., 38.]])",
    "printed by numpy": "[[23 28 44]\n [25 31 35]\n [30 20 38]]",
    "torch": "tensor([[23, 28, 44],\n        [25, 31, 35],\n        [30, 20, 38]])",
    "pmatrix": r"$\begin{pmatrix} 23 & 28 & 44 \\ 25 & 31 & 35 \\ 30 & 20 & 38 \end{pmatrix}$",
    "bmatrix": r"\begin{bmatrix}23&28&44\\25&31&35\\30&20&38\\\end{bmatrix}",
    "array": r"\left[\begin{array}{ccc} 23 & 28 & 44 \\ 25 & 31 & 35 \\ 30 & 20 & 38 \end{array}\right]",
    "markdown": "| 23 | 28 | 44 |\n| 25 | 31 | 35 |\n| 30 | 20 | 38 |",
    "the sheet's own grid": "| | 1 | 2 | 3 |\n| --- | --- | --- | --- |\n| 1 | 23 | 28 | 44 |\n| 2 | 25 | 31 | 35 |\n"
    "| 3 | 30 | 20 | 38 |",
    "spreadsheet": "23\t28\t44\n25\t31\t35\n30\t20\t38",
    "brackets": "(23, 28, 44), (25, 31, 35), (30, 20, 38)",
    "braces": "{{23,28,44},{25,31,35},{30,20,38}}",
    "fractions": "46/2 28 88/2; 25 62/2 35; 30 20 76/2",
    "a sum": "6-3+6+12+2 28 44; 25 31 35; 30 20 38",
    "wide digits": "２３ 28 44； 25 31 35； 30 20 38",
    "code": "```\n23 28 44\n25 31 35\n30 20 38\n```",
    "decimals": "23.0 28.00 44; 25 31 35; 30 20 38",
}


@each_row("name", NOTATIONS)
def test_right_in_every_notation(name: str, posed_conv: Variant) -> None:
    found = mark(posed_conv, NOTATIONS[name])
    assert (found.status, found.share, found.reason) == ("right", 1, "")


@each_row(
    ("wrote", "status"),
    [
        ("0.333 0.667 1", "right"), ("1/3, 2/3, 1", "right"), ("[0.3333, 0.6667, 1]", "right"),
        ("0,333 0,667 1", "right"),
        ("0,333; 0,667; 1", "right"), (r"\frac{1}{3} \frac{2}{3} 1", "right"), ("⅓ ⅔ 1", "right"),
        ("1/3; 2/3; 1", "right"), ("1/3\n2/3\n1", "right"), ([0.33333, 0.66667, 1], "right"), ("1/3 2/3 3/3", "right"),
        ("0.33 0.667 1", "rounded"), ("0.3 0.667 1", "rounded"), ("0.334 0.667 1", "wrong"),
        ("0.333 0.667 1.001", "wrong"),
    ],
)  # fmt: skip
def test_a_vector_of_fractions(wrote: object, status: str, tmp_path: Any) -> None:
    """Three significant digits at least, as for a number; who writes 0.33 has rounded too far to be judged."""
    asked = asking(tmp_path, "a\nkind = 'vector'\nask = 'minmax_by_hand.y'\nwith = {x = '[1, 2, 3] - 0', low = '1/3'}")
    assert asked.asked["a"].expected == (Fraction(1, 3), Fraction(2, 3), 1)
    assert mark(asked, wrote).status == status


@pytest.mark.parametrize(
    ("digits", "wrote", "status"),
    [(2, "0.33 0.67 1", "right"), (3, "0.33 0.67 1", "rounded"), (5, "0.333 0.667 1", "rounded"),
     (5, "0.33333 0.66667 1", "right"), (2, "0.35 0.67 1", "wrong")],
)  # fmt: skip
def test_a_course_may_ask_fewer_or_more_digits(tmp_path: Any, digits: int, wrote: str, status: str) -> None:
    """Thirds to two, three and five significant digits: the profile says how many are asked."""
    usual = asking(tmp_path, "a\nkind = 'vector'\nask = 'minmax_by_hand.y'\nwith = {x = '[1, 2, 3] - 0', low = '1/3'}")
    asked = variant(usual.problem.asking(digits), 1)
    assert asked.problem.digest == usual.problem.digest
    found = mark(asked, wrote)
    assert found.status == status
    if status == "undecided":
        assert f"at least {digits_asked(digits)} are asked" in found.cells[0].reason


def test_the_tolerance_of_the_part_counts_for_each_number(tmp_path: Any) -> None:
    draws = "n = [1]\n[[step]]\nname = 'y'\nexpression = '[n/3, 10*n, exp(n)]'"
    asked = asking(tmp_path, "a\nkind = 'vector'\nask = 'this.y'\ntolerance = 0.05", one=draws)
    assert mark(asked, "0.3 10.04 2.75").status == "right"
    found = mark(asked, "0.2 10.04 2.8")
    assert (found.status, found.share) == ("wrong", Fraction(1, 3))
    assert [cell.status for cell in found.cells] == ["wrong", "right", "wrong"]


# number by number


def test_each_right_number_earns_its_share(posed_conv: Variant) -> None:
    found = mark(posed_conv, "23 28 44; 25 31 36; 30 ? 38")
    assert (found.status, found.share) == ("wrong", Fraction(7, 9))
    bad = [(cell.layer, cell.column, cell.status, cell.wrote, cell.expected) for cell in found.cells
           if cell.status != "right"]  # fmt: skip
    assert bad == [("row 2", "column 3", "wrong", "36", 35), ("row 3", "column 2", "missing", "?", 20)]


@cache
def of_the_bank(id: str) -> Variant:
    return variant(bank.find(id), 1)


@given(st.lists(st.lists(st.integers(-99, 99), min_size=3, max_size=3), min_size=3, max_size=3))
@settings(max_examples=20, deadline=None)
def test_the_share_is_the_count_of_right_numbers(rows: list[list[int]]) -> None:
    asked = of_the_bank("convolution-by-hand")
    right = asked.asked["dense"].expected
    found = next(each for each in judge(asked, {"dense": rows}, Policy()) if each.part.id == "dense")
    hits = sum(a == b for one, two in zip(rows, right, strict=True) for a, b in zip(one, two, strict=True))
    assert found.share == Fraction(hits, 9)
    assert found.status == ("right" if hits == 9 else "wrong")


def test_nothing_written_is_missing(posed_conv: Variant) -> None:
    for nothing in (None, "", "  ", "?", "–", "n/a", [], "? ? ?; ? ? ?; ? ? ?", [["", ""], ["", ""]]):
        found = mark(posed_conv, nothing)
        assert (found.status, found.share) == ("missing", 0), nothing


# the mistake behind all of them

TURNED, SWAPPED = slip.half_turned(W), slip.transposed(W)
STRIDED = ", s = '2', p = '1'"
WRONG: dict[str, tuple[str, list[list[Any]], str]] = {
    "turned": (conv(), slip.convolution([X], [TURNED], 2), "flipped"),
    "filter transposed": (conv(), slip.convolution([X], [SWAPPED], 2), "filter-transposed"),
    "no bias": (conv(), slip.convolution([X], [W], 2, biases=0), "bias-forgotten"),
    "rows of the filter": (conv(), slip.convolution([X], [W[::-1]], 2), "rows-flipped"),
    "one row low": (conv(), slip.convolution([X], [W], 2, down=1), "one-row-slipped"),
    "one column right": (conv(), slip.convolution([X], [W], 2, across=1), "one-column-slipped"),
    "stride": (conv(STRIDED), slip.convolution([X], [W], 2, p=1), "stride-ignored"),
    "padding": (conv(STRIDED), slip.convolution([X], [W], 2, s=2), "padding-forgotten"),
    "turned and no bias": (conv(), slip.convolution([X], [TURNED], 2, biases=0), "flipped+bias-forgotten"),
    "no stride, no padding": (conv(STRIDED), slip.convolution([X], [W], 2), "padding-forgotten+stride-ignored"),
    "one channel": (conv(x=TWO, w=PARTS), slip.convolution(TWO[:1], PARTS[:1], 2), "first-channel-only"),
    "bias per channel": (conv(x=TWO, w=PARTS), slip.convolution(TWO, PARTS, 2, biases=2), "bias-per-channel"),
    "transposed result": (conv(), slip.transposed(RIGHT), "transposed"),
    "rows upwards": (conv(), RIGHT[::-1], "rows-reversed"),
    "columns backwards": (conv(), [row[::-1] for row in RIGHT], "columns-reversed"),
    "half a turn": (conv(), slip.half_turned(RIGHT), "half-turned"),
    "rows mixed": (conv(), [RIGHT[1], RIGHT[2], RIGHT[0]], "rows-in-another-order"),
    "signs": (conv(), [[-value for value in row] for row in RIGHT], "sign-turned"),
    "a row down": (conv(), [[0, 0, 0], RIGHT[0], RIGHT[1]], "one-row-off"),
    "a column left": (conv(), [[*row[1:], 99] for row in RIGHT], "one-column-off"),
    "five more": (conv(), [[value + 5 for value in row] for row in RIGHT], "same-amount-off"),
    "half": (conv(), [[value / 2 for value in row] for row in RIGHT], "same-factor-off"),
    "no border": (conv(), [row[:2] for row in RIGHT], "border-missing"),
    "a border": (conv(), slip.padded(RIGHT, 1), "border-added"),
    "in one row": (conv(), [[value for row in RIGHT for value in row]], "other-shape"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_matrix_is_named(name: str, tmp_path: Any) -> None:
    part, rows, mistake = WRONG[name]
    found = mark(asking(tmp_path, part), slip.typed(rows))
    assert said(found) == f"wrong:{mistake}"
    right = asking(tmp_path, part).asked["a"].expected
    same_size = (len(rows), len(rows[0])) == (len(right), len(right[0]))
    hits = sum(a == b for one, two in zip(rows, right, strict=False) for a, b in zip(one, two, strict=False))
    assert found.share == (Fraction(hits, len(right) * len(right[0])) if same_size else 0)
    assert bool(found.reason) != same_size
    assert not found.mistakes[0].because.endswith(".")


@pytest.mark.parametrize(
    ("x", "wrote"),
    [(X[:3], [[0, 0, 0], RIGHT[0]]), ([row[:3] for row in X], [[0, row[0]] for row in RIGHT])],
    ids=["two rows", "two columns"],
)
def test_of_two_rows_or_columns_nothing_is_one_off(x: Any, wrote: Any, tmp_path: Any) -> None:
    """One row alone that agrees with its neighbour may agree by chance: only of three or more it is called one off."""
    found = mark(asking(tmp_path, conv(x=x)), slip.typed(wrote))
    assert (found.status, found.mistakes) == ("wrong", ())


def test_another_size_is_told(posed_conv: Variant, tmp_path: Any) -> None:
    assert mark(posed_conv, "1 2; 3 4").reason == "a matrix of 3×3 is expected (3 rows, 3 columns), not 2×2"
    row = asking(tmp_path, conv(x=X[:2]))
    assert mark(row, "1 2; 3 4").reason == "a matrix of 1×3 is expected (1 row, 3 columns), not 2×2"
    vector = asking(tmp_path, "a\nkind = 'vector'\nask = 'minmax_by_hand.y'\nwith = {x = '[1, 2, 4]'}")
    assert mark(vector, "1 2").reason == "3 numbers are expected, not 2"
    assert mark(vector, "1 2; 3 4").reason == "3 numbers are expected, not 2 rows of 2"


POOLED = "a\nkind = 'matrix'\nask = 'pool_by_hand_{}.output'\nwith = {{x = '" + constant(X) + "', f = '2', s = '{}'}}"


@pytest.mark.parametrize(
    ("kind", "s", "rows", "mistake"),
    [
        ("max", 2, slip.pooling(X, 2, 2, min), "minimum-for-max"),
        ("max", 2, slip.pooling(X, 2, 2, lambda cells: sum(cells) / 4), "average-for-max"),
        ("max", 1, slip.pooling(X, 2, 2), "tiled"),
        ("avg", 2, slip.pooling(X, 2, 2), "maximum-for-average"),
        ("avg", 2, slip.pooling(X, 2, 2, sum), "sum-for-average"),
    ],
)
def test_a_wrong_pooling_is_named(kind: str, s: int, rows: list[list[Any]], mistake: str, tmp_path: Any) -> None:
    assert said(mark(asking(tmp_path, POOLED.format(kind, s)), slip.typed(rows))) == f"wrong:{mistake}"


def test_a_wrong_transposed_convolution_is_named(tmp_path: Any) -> None:
    x, w = [[1, 2], [3, 5]], [[1, 0, 2], [-1, 3, 1], [2, 1, -2]]
    part = (
        "a\nkind = 'matrix'\nask = 'conv_transpose_by_hand.output'\n"
        f"with = {{x = '{constant(x)}', w = '{constant(w)}', b = '1', s = '2', p = '1'}}"
    )
    asked = asking(tmp_path, part)
    for rows, expected in (
        (slip.transposed_convolution(x, w, 1, s=2, p=1), "right"),
        (slip.transposed_convolution(x, w, 1, s=2), "wrong:crop-forgotten"),
        (slip.transposed_convolution(x, w, 0, s=2, p=1), "wrong:bias-forgotten"),
        (slip.transposed_convolution(x, slip.half_turned(w), 1, s=2, p=1), "wrong:flipped"),
    ):
        assert said(mark(asked, slip.typed(rows))) == expected


RECURRENT = "x = '[[1, -2], [2, -1], [0, 3]]', U = '[[1, 2], [-1, 1]]', W = '[[1, 2], [3, 1]]', b = '[1, 2]'"
STEPS = [[1, -2], [2, -1], [0, 3]], [[1, 2], [-1, 1]], [[1, 2], [3, 1]], [1, 2]


@pytest.mark.parametrize(
    ("slips", "mistake"),
    [
        ({"recurs": False}, "recurrence-forgotten"), ({"biased": False}, "bias-forgotten"),
        ({"negative": True}, "activation-forgotten"),
    ],
)  # fmt: skip
def test_a_wrong_sequence_of_states_is_named(slips: dict[str, bool], mistake: str, tmp_path: Any) -> None:
    """Rows are time steps; the part names its convention, so that only that one is right."""
    part = f"a\nkind = 'matrix'\nask = 'rnn_by_hand.h'\nconvention = 'relu'\nwith = {{{RECURRENT}}}"
    asked = asking(tmp_path, part)
    assert said(mark(asked, slip.typed(slip.recurrent(*STEPS)))) == "right"
    found = mark(asked, slip.typed(slip.recurrent(*STEPS, **slips)))
    assert (found.status, mistake in [each.id for each in found.mistakes]) == ("wrong", True)


def test_another_convention_is_told_where_the_part_names_its_own(tmp_path: Any) -> None:
    given = "with = {w = '1', g = '[1, 3]', eta = '0.5', gamma = '0.5'}"
    part = f"a\nkind = 'vector'\nask = 'momentum_by_hand_scalar.v'\n{given}"
    pytorch = "1 3.5"  # v ← γv + g, without the rate in it
    assert said(mark(asking(tmp_path, part), pytorch)) == "convention:pytorch"
    bound = mark(asking(tmp_path, f"{part}\nconvention = 'textbook'"), pytorch)
    assert (bound.status, bound.convention, bound.mistakes, bound.share) == ("wrong", "pytorch", (), 0)
    assert "this question uses textbook" in bound.reason


# following through

TWO_PARTS = conv(), (
    "b\nkind = 'matrix'\nask = 'pool_by_hand_max.output'\nwith = {x = 'a', f = '2', s = '1'}\nfollows = ['a']"
)  # fmt: skip


def test_the_students_own_matrix_is_carried_on(tmp_path: Any) -> None:
    asked = asking(tmp_path, *TWO_PARTS)
    own = slip.convolution([X], [TURNED], 2)
    found = marked(asked, a=slip.typed(own), b=slip.typed(slip.pooling(own, 2, 1)))
    assert [said(each) for each in found.values()] == ["wrong:flipped", "follows"]
    assert found["b"].carried == ("a",)
    assert marked(asked, Policy(follows=Fraction(1, 2)), a=slip.typed(own), b=slip.typed(slip.pooling(own, 2, 1)))[
        "b"
    ].share == Fraction(1, 2)


def test_a_part_of_what_follows_earns_its_share(tmp_path: Any) -> None:
    """Three of four numbers follow; on the right matrix none would be right."""
    asked = asking(tmp_path, *TWO_PARTS)
    own = [[value + 100 for value in row] for row in RIGHT]
    rows = slip.pooling(own, 2, 1)
    rows[1][1] += 1
    found = marked(asked, a=slip.typed(own), b=slip.typed(rows))["b"]
    assert (found.status, found.share, found.carried) == ("wrong", Fraction(3, 4), ("a",))
    assert [cell.status for cell in found.cells] == ["follows", "follows", "follows", "wrong"]


def test_what_is_right_for_the_right_matrix_stays_right(tmp_path: Any) -> None:
    asked = asking(tmp_path, *TWO_PARTS)
    found = marked(asked, a="1 1 1; 1 1 1; 1 1 1", b=slip.typed(slip.pooling(RIGHT, 2, 1)))
    assert found["b"].status == "right"


@pytest.mark.parametrize("unsound", ["1 2; 3 4", "0 0 0; 0 0 0; 0 0 0", "a b c; d e f; g h i", ""])
def test_what_cannot_be_carried_on(unsound: str, tmp_path: Any) -> None:
    """Another size, nothing but zeros, no numbers: with them the next part would be another question."""
    asked = asking(tmp_path, *TWO_PARTS)
    assert marked(asked, a=unsound, b="0 0; 0 0")["b"].status == "wrong"


def test_steps_follow_from_the_students_own_steps(tmp_path: Any) -> None:
    """h₁ is wrong, 0.5; h₂ = 0.5·0.5 + 2 = 2.25 and h₃ = 0.5·2.25 + 3 = 4.125 are right for it."""
    given = "x = '[1, 2, 3]', U = '1', W = '0.5'"
    part = f"a\nkind = 'vector'\nask = 'rnn_by_hand_scalar.h'\nconvention = 'relu'\nwith = {{{given}}}"
    asked = asking(tmp_path, part)
    assert asked.asked["a"].expected == (1, Fraction(5, 2), Fraction(17, 4))
    found = mark(asked, "0.5 2.25 4.125")
    assert (found.status, found.share) == ("wrong", Fraction(2, 3))
    assert [cell.status for cell in found.cells] == ["wrong", "follows", "follows"]
    assert mark(asked, "0.5 2.5 4.25").share == Fraction(2, 3)  # right by the truth, though not by what stands before


def test_a_gate_is_carried_on_to_the_cell_state() -> None:
    """Asked of one formula: the forget gate that the student wrote replaces the right one in the next part."""
    asked = of_the_bank("lstm-step-by-hand")
    v = asked.values
    right = marked(asked, forget="0.9 0.9", cell="0 0")
    assert right["forget"].status == "wrong"
    from math import exp, tanh

    def gate(w: Any, u: Any, b: Any, x: Any, h: float) -> float:
        return 1 / (1 + exp(-float(w * x) - float(u) * h - float(b)))

    cell, h, cells = float(v["C"]), float(v["h"]), []
    for x in v["x"]:
        i, o = gate(v["W_i"], v["U_i"], 0, x, h), gate(v["W_o"], v["U_o"], 0, x, h)
        cell = 0.9 * cell + i * tanh(float(v["W_c"] * x) + float(v["U_c"]) * h)
        h = o * tanh(cell)
        cells.append(cell)
    found = marked(asked, forget="0.9 0.9", cell=f"{cells[0]:.5f} {cells[1]:.5f}")
    assert said(found["cell"]) == "follows"


def test_a_matrix_over_two_indices_is_carried_on() -> None:
    """Attention: the student's own weights, a number for every query and key, weigh the values."""
    asked = of_the_bank("attention-by-hand")
    own = [[0.9, 0.1], [0.25, 0.75]]
    values = asked.values["v"]
    output = [[sum(w * float(v[n]) for w, v in zip(row, values, strict=True)) for n in range(2)] for row in own]
    found = marked(asked, weights=slip.typed(own), output=slip.typed(output))
    assert [found[name].status for name in ("weights", "output")] == ["wrong", "follows"]
    assert found["output"].carried == ("weights",)


# hostile answers

HOSTILE: list[tuple[object, str, str]] = [
    ("1 2; 3", "unreadable", "the rows are equally long: the first has 2 numbers, another has 1"),
    ([[1, 2], [3]], "unreadable", "the rows are equally long: the first has 2 numbers, another has 1"),
    ("a b; c d", "unreadable", ""),
    ("/etc/passwd", "unreadable", ""),
    ("answers.npy", "unreadable", ""),
    ("../../secret.key", "unreadable", ""),
    ("file:///etc/passwd", "unreadable", ""),
    ("__import__('os').system('id')", "unreadable", ""),
    ("1e999 1 1; 1 1 1; 1 1 1", "wrong", ""),
    ("1 " * 20_000, "unreadable", "an array has at most 20,000 characters, not 40,000"),
    ("9" * 5_000, "unreadable", ""),
    ([[10**400, 1, 1], [1, 1, 1], [1, 1, 1]], "wrong", ""),
    ([[float("inf"), 1, 1], [1, 1, 1], [1, 1, float("-inf")]], "wrong", ""),
    ("9**9**9 1 1; 1 1 1; 1 1 1", "wrong", ""),
    ("[" * 9_000, "unreadable", ""),
    ("\\begin{pmatrix}" * 500, "unreadable", ""),
    ("1|2||3", "unreadable", "one matrix is expected, rows of numbers: 1 2; 3 4"),
    ("; " * 9_000, "unreadable", "a matrix has at least one row"),
    ([[[[[[1]]]]]], "unreadable", "one matrix is expected, [[1, 2], [3, 4]]"),
    ([[1] * 1001], "unreadable", "one matrix is expected, [[1, 2], [3, 4]]"),
    ([[{"a": 1}, True, b"x"]] * 3, "unreadable", ""),
    (5, "wrong", "a matrix of 3×3 is expected (3 rows, 3 columns), not 1×1"),
    ({"row": 1}, "unreadable", ""),
    ("nan nan nan; nan nan nan; nan nan 1", "wrong", ""),
]  # fmt: skip


@pytest.mark.parametrize(("wrote", "status", "reason"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_matrix_is_a_status(wrote: object, status: str, reason: str, posed_conv: Variant) -> None:
    start = time.process_time()
    found = mark(posed_conv, wrote)
    assert time.process_time() - start < 1
    assert found.status == status
    assert found.share < 1
    assert "bug in dlcalc" not in found.reason
    if reason:
        assert found.reason == reason


def test_an_answer_never_opens_a_file(posed_conv: Variant, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of that name is there, and holds the right answer."""
    monkeypatch.chdir(tmp_path)
    for name in ("right.csv", "right.json", "right.txt"):
        (tmp_path / name).write_text("[[23, 28, 44], [25, 31, 35], [30, 20, 38]]", encoding="utf-8")
        assert mark(posed_conv, name).status == "unreadable"


@given(st.text(alphabet="0123456789 .,;|&\\[](){}-+/\n\tabefn$%^*_=", max_size=60))
@example(",0\n,")  # with decimal commas a number, and a row without any
@settings(max_examples=150, deadline=None)
def test_any_text_gets_a_status(text: str) -> None:
    asked = posed("pooling-by-hand")
    (found, *_) = judge(asked, {"max": text}, Policy())
    assert found.status in ("right", "wrong", "undecided", "unreadable", "missing")
    assert "bug in dlcalc" not in found.reason


# handed in


EXAM = "title = 'E'\n[[problem]]\nid = 'convolution-by-hand'\n[[problem]]\nid = 'softmax-by-hand'\n"


def handed_in(tmp_path: Any, name: str, text: str) -> Any:
    """One student's hand-in of an exam with two problems by hand, marked: the result, and what the student is told."""
    (tmp_path / "exam.toml").write_text(EXAM, encoding="utf-8")
    (tmp_path / "roster.csv").write_text("id,name\nada,Ada\n", encoding="utf-8")
    (tmp_path / "secret.key").write_text("5ec2e7" * 10 + "0123", encoding="utf-8")
    out, secret = tmp_path / "out", str(tmp_path / "secret.key")
    list(make_exam(str(tmp_path / "exam.toml"), str(tmp_path / "roster.csv"), str(out), secret))
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = grade(str(out / "manifest.json"), secret, class_files=[str(tmp_path / name)])
    assert found.marks.refused == ()
    return found.marks.results[0]


def exam_rows(tmp_path: Any) -> tuple[tuple[int, ...], ...]:
    result = handed_in(tmp_path, "ada.toml", 'student = "ada"\n[answers]\n"1.a" = "1"\n')
    expected: tuple[tuple[int, ...], ...] = result.variants[0].asked["dense"].expected
    return expected


@pytest.mark.parametrize("format", ["toml lists", "toml lines", "json", "csv"])
def test_every_answer_sheet(format: str, tmp_path: Any) -> None:
    rows = exam_rows(tmp_path)
    lists = [list(row) for row in rows]
    lines = "\n".join(" ".join(map(str, row)) for row in rows)
    content = {
        "toml lists": f'student = "ada"\n[answers]\n"1.a" = {lists}\n',
        "toml lines": f"student = \"ada\"\n[answers]\n\"1.a\" = '''\n{lines}\n'''\n",
        "json": json.dumps({"student": "ada", "answers": {"1.a": lists}}),
        "csv": f"part,answer\nstudent,ada\n1.a,{slip.typed(lists)}\n",
    }[format]
    result = handed_in(tmp_path, f"ada.{format.split(' ')[0]}", content)
    first = result.parts[0]
    assert (first.id, first.mark.status, first.points) == ("1.a", "right", first.of)


def test_the_student_is_told_which_numbers_are_wrong(tmp_path: Any) -> None:
    rows = [list(row) for row in exam_rows(tmp_path)]
    rows[1][2] += 7
    result = handed_in(tmp_path, "ada.toml", f'student = "ada"\n[answers]\n"1.a" = {rows}\n"2.a" = "0.5 ? 0.5"\n')
    marks = result.to_dict()["parts"]
    assert marks[0]["marks"] == pytest.approx(marks[0]["of"] * 8 / 9)
    (bad,) = [cell for cell in marks[0]["cells"] if cell["status"] == "wrong"]
    assert (bad["layer"], bad["column"], bad["wrote"]) == ("row 2", "column 3", str(rows[1][2]))
    told = writer("markdown")(feedback.for_student(result, "E"))
    assert "8 of 9 numbers are right" in told
    assert f"| row 2, column 3 | {rows[1][2]} | wrong | {rows[1][2] - 7} |" in told.replace("`", "").replace("−", "-")
    assert "place 2" in told
    assert "not answered" in told
