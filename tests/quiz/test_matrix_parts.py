"""Parts that ask a vector or a matrix: what is drawn, what a formula is given, what is right, what the sheet shows.

Expected numbers are worked out here by loops over lists, never by the formulas.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problem_files import problem
from rows import each_row

from dlcalc import document as doc
from dlcalc.answers.terms import ARRAYS
from dlcalc.errors import ProblemError, UserError
from dlcalc.formulas.arrays import fitted, lifted, lowered, mapped, numbers, sizes
from dlcalc.formulas.registry import formula
from dlcalc.quiz import bank
from dlcalc.quiz.reader import problem_of
from dlcalc.quiz.sheet import question, tolerances_of
from dlcalc.quiz.variant import Variant, variant

Rows = Sequence[Sequence[Any]]


def of_draws(draws: str, part: str, words: str = "What is it?", more: str = "") -> Variant:
    return variant(problem(f"title = 'T'\n[draw]\n{draws}\n{more}\n[[part]]\nid = 'p'\n{part}\n", words), 1)


def correlated(x: Rows, w: Rows, b: int = 0, s: int = 1, p: int = 0) -> tuple[tuple[Any, ...], ...]:
    """A filter as it is written on an image with zeros around it."""
    tall, wide = len(x), len(x[0])
    padded = [[0] * (wide + 2 * p) for _ in range(tall + 2 * p)]
    for i, row in enumerate(x):
        for j, value in enumerate(row):
            padded[i + p][j + p] = value
    found = []
    for i in range(0, len(padded) - len(w) + 1, s):
        line = []
        for j in range(0, len(padded[0]) - len(w[0]) + 1, s):
            total = b
            for u, weights in enumerate(w):
                for v, weight in enumerate(weights):
                    total += weight * padded[i + u][j + v]
            line.append(total)
        found.append(tuple(line))
    return tuple(found)


# drawing


def test_a_map_of_channels_is_drawn() -> None:
    made = of_draws("x = {channels = 2, rows = 3, columns = 4, from = '-2..2'}", "kind = 'integer'\nask = 'this.n'",
                    more="[[step]]\nname = 'n'\nexpression = 'len(x)'")  # fmt: skip
    assert sizes(made.values["x"]) == (2, 3, 4)
    assert set(numbers(made.values["x"])) <= {-2, -1, 0, 1, 2}
    assert made.asked["p"].expected == 2


def test_decimals_are_drawn_exactly() -> None:
    made = of_draws("x = {length = 12, from = '-0.5..0.5 step 0.1'}", "kind = 'vector'\nask = 'this.y'",
                    more="[[step]]\nname = 'y'\nexpression = '10*x'")  # fmt: skip
    assert all(value * 10 == int(value * 10) and -5 <= value * 10 <= 5 for value in made.values["x"])
    assert all(isinstance(value, int | Fraction) for value in made.values["x"])
    assert made.asked["p"].expected == tuple(10 * value for value in made.values["x"])


@each_row("seed", range(20))
def test_different_numbers_never_come_twice(seed: int) -> None:
    text = "title = 'T'\n[draw]\nx = {rows = 3, columns = 3, from = '1..9', different = true}\n"
    part = "[[part]]\nkind = 'matrix'\nask = 'pool_by_hand_max.output'\nwith = {x = 'x', f = '2'}\n"
    made = variant(problem(text + part, "What?\n"), seed)
    assert sorted(numbers(made.values["x"])) == list(range(1, 10))


def test_a_list_is_drawn_from_with_its_weights() -> None:
    """1 stands in the list three times as often as 0, which stands in it once."""
    text = "title = 'T'\n[draw]\nx = {rows = 12, columns = 12, from = [1, 1, 1, 0]}\n"
    part = "[[part]]\nkind = 'matrix'\nask = 'pool_by_hand_max.output'\nwith = {x = 'x', f = '2'}\n"
    drawn = numbers(variant(problem(text + part, "What?\n"), 1).values["x"])
    assert 85 <= sum(drawn) <= 130  # 108 are expected of 144, ± 4 standard deviations


DRAWN_WRONGLY = [
    ("{channels = 2, columns = 3}", "channels: a map has channels, rows and columns; the rows are missing"),
    ("{length = 3, from = '5..1'}", "from: numbers are expected, such as '-3..3', '-0.5..0.5 step 0.1' or [0, 1]"),
    ("{length = 3, from = '0..1 step 0'}", "from: numbers are expected"),
    ("{length = 3, from = ['a', 'b']}", "from: the entries of a list are numbers"),
    ("{length = 3, from = '0..9999999999'}", "from: a drawn number is at most 1,000,000,000"),
    ("{length = 3, from = '1..2', different = true}",
     "different: 3 to 1,000 numbers are needed for 3 different ones, not 2"),
    ("{length = 3, from = '1..5000', different = true}",
     "different: 3 to 1,000 numbers are needed for 3 different ones, not 5,000"),
    ("{channels = 9, rows = 2, columns = 2}", "channels: a whole number from 1 to 4 is expected, not 9"),
]  # fmt: skip


@pytest.mark.parametrize(("draw", "said"), DRAWN_WRONGLY)
def test_an_array_that_cannot_be_drawn(draw: str, said: str) -> None:
    with pytest.raises(ProblemError, match=r"^topic/layer\.md: draw: x: ") as caught:
        of_draws(f"x = {draw}", "kind = 'vector'\nask = 'this.y'", more="[[step]]\nname = 'y'\nexpression = 'x'")
    assert str(caught.value).startswith(f"topic/layer.md: draw: x: {said}")


ASKED_WRONGLY = [
    ("kind = 'matrix'\nask = 'conv.parameters'\nwith = {f = '3', c = '1', k = '2'}",
     "conv.parameters is not an array, so it is not asked as a matrix"),
    ("kind = 'integer'\nask = 'this.n'\ngrid = false", "grid: a part of kind integer has no grid"),
    ("kind = 'integer'\nask = 'this.n'\ntolerance = 0.1", "tolerance: a part of kind integer has no tolerance"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "said"), ASKED_WRONGLY)
def test_an_array_that_cannot_be_asked(part: str, said: str) -> None:
    with pytest.raises(ProblemError, match=r"^topic/layer\.md: part") as caught:
        of_draws("x = {length = 3}", part, more="[[step]]\nname = 'n'\nexpression = 'len(x)'")
    assert said in str(caught.value)


def test_what_is_no_matrix_of_numbers_is_told() -> None:
    """Two filters make a map of two channels, which is no matrix; and a vector is none either."""
    two = "x = {channels = 2, rows = 2, columns = 2}"
    with pytest.raises(ProblemError, match="is not a matrix of numbers"):
        of_draws(two, "kind = 'matrix'\nask = 'pool_by_hand_max.output'\nwith = {x = 'x', f = '1'}")
    with pytest.raises(ProblemError, match="is not a matrix of numbers"):
        of_draws("x = {length = 3}", "kind = 'matrix'\nask = 'this.y'", more="[[step]]\nname = 'y'\nexpression = 'x'")


# arrays and formulas


@given(st.lists(st.lists(st.integers(-9, 9), min_size=1, max_size=4), min_size=1, max_size=4), st.integers(2, 4))
@settings(max_examples=60)
def test_what_is_lifted_is_lowered_again(rows: list[list[int]], rank: int) -> None:
    array = tuple(tuple(row[: len(min(rows, key=len))]) for row in rows)
    assert len(sizes(lifted(array, rank))) == rank
    assert lowered(lifted(array, rank), 2) == array


def test_only_single_things_are_left_out() -> None:
    assert lowered((((1, 2), (3, 4)),), 2) == ((1, 2), (3, 4))
    assert lowered(((1,), (2,)), 1) == (1, 2)
    assert lowered(((1, 2), (3, 4)), 1) == ((1, 2), (3, 4))
    assert lowered(7, 2) == 7
    assert mapped(lambda a, b: a + b, ((1, 2),), ((3, 4),)) == ((4, 6),)
    with pytest.raises(UserError, match=r"^the rows of an array are equally long$"):
        sizes(((1, 2), (3,)))


def test_a_matrix_is_a_map_of_one_channel_and_one_filter() -> None:
    conv = formula("conv_by_hand")
    assert fitted(conv, {"x": ((1, 2), (3, 4)), "w": ((5,),)}) == {
        "x": (((1, 2), (3, 4)),), "w": ((((5,),),),), "b": (0,)
    }  # fmt: skip
    assert fitted(conv, {"x": ((1,),), "w": (((1,),), ((2,),)), "b": 3})["b"] == (3,)
    assert fitted(formula("dense"), {"n": 3}) == {"n": 3}
    with pytest.raises(UserError, match=r"^w of conv_by_hand has 5 indices, and a bank of filters has 4$"):
        fitted(conv, {"x": ((1,),), "w": (((((1,),),),),)})


@pytest.mark.parametrize(("s", "p"), [(1, 0), (2, 0), (1, 1), (2, 1)])
@pytest.mark.parametrize("seed", range(4))
def test_a_convolution_is_right(s: int, p: int, seed: int) -> None:
    text = (
        "title = 'T'\n[draw]\nx = {rows = 5, columns = 4, from = '-9..9'}\n"
        "w = {rows = 2, columns = 3, from = '-3..3'}\n"
        f"b = '-5..5'\n[[part]]\nkind = 'matrix'\nask = 'conv_by_hand.output'\nwith = {{x = 'x', w = 'w', b = 'b', "
        f"s = '{s}', p = '{p}'}}\n"
    )
    made = variant(problem(text, "What?\n"), seed)
    v = made.values
    assert made.asked["a"].expected == correlated(v["x"], v["w"], v["b"], s, p)


@pytest.mark.parametrize("seed", range(4))
def test_the_mistakes_of_a_convolution(seed: int) -> None:
    """Each by a loop of its own: turned, stride and padding lost, the bias lost, the filter transposed."""
    text = (
        "title = 'T'\n[draw]\nx = {rows = 4, columns = 4, from = '0..9'}\nw = {rows = 2, columns = 2, from = '-3..3'}\n"
        "b = '1..5'\n[[part]]\nkind = 'matrix'\nask = 'conv_by_hand.output'\n"
        "with = {x = 'x', w = 'w', b = 'b', s = '2', p = '1'}\n"
    )
    made = variant(problem(text, "What?\n"), seed)
    x, w, b = (made.values[name] for name in "xwb")
    turned = [row[::-1] for row in w[::-1]]
    wanted = {
        "flipped": correlated(x, turned, b, 2, 1), "stride-ignored": correlated(x, w, b, 1, 1),
        "padding-forgotten": correlated(x, w, b, 2, 0), "bias-forgotten": correlated(x, w, 0, 2, 1),
        "filter-transposed": correlated(x, [list(column) for column in zip(*w, strict=True)], b, 2, 1),
        "rows-flipped": correlated(x, w[::-1], b, 2, 1),
    }  # fmt: skip
    found = {wrong.id: wrong.value for wrong in made.asked["a"].wrong()}
    right = made.asked["a"].expected
    assert {id: value for id, value in wanted.items() if value != right} == {
        id: found[id] for id, value in wanted.items() if value != right
    }


def test_a_let_that_asks_a_map_is_a_matrix() -> None:
    more = "[let.y]\nask = 'conv_by_hand.output'\n[[step]]\nname = 'most'\nexpression = 'max(x)'"
    made = of_draws(CONV, "kind = 'number'\nask = 'this.most'", more=more)
    assert made.values["y"] == correlated(made.values["x"], made.values["w"])


# on the sheet

CONV = "x = {rows = 4, columns = 4}\nw = {rows = 2, columns = 2}"
CONV_PART = "kind = 'matrix'\nask = 'conv_by_hand.output'"


def test_the_sheet_has_a_grid_of_the_answers_size() -> None:
    (part,) = question(of_draws(CONV, CONV_PART)).parts
    assert part.entry is not None
    assert (part.entry.kind, part.entry.size, part.entry.key) == ("matrix", (3, 3), None)
    (part,) = question(of_draws(CONV, f"{CONV_PART}\ngrid = false")).parts
    assert part.entry is not None
    assert part.entry.size == ()


def test_the_key_has_the_numbers_of_the_mistakes_with_their_tolerance() -> None:
    made = of_draws("z = {length = 3, from = '-2..2', different = true}", "kind = 'vector'\nask = 'softmax_by_hand.y'")
    (part,) = question(made, key=True).parts
    assert part.entry is not None
    assert part.entry.key is not None
    right, *others = part.entry.key.responses
    assert (right.value, right.share) == (made.asked["p"].expected, 1)
    assert [sizes(each.tolerance) for each in (right, *others)] == [(3,)] * (len(others) + 1)
    assert {each.id for each in others} >= {"not-normalised"}
    # half a unit of the third digit
    assert tolerances_of(made.problem.parts[0], (0.123, 12.3, 4)) == (Fraction(1, 2000), Fraction(1, 20), 0)


def test_a_matrix_stands_on_a_line_of_its_own() -> None:
    made = of_draws(CONV, CONV_PART, "Before {{x}} and after. In a line: {{x[1]}}.")
    blocks = question(made).blocks or question(made).parts[0].blocks
    assert [type(block) for block in blocks] == [doc.Paragraph, doc.Formula, doc.Paragraph]
    shown = blocks[1]
    assert isinstance(shown, doc.Formula)
    assert shown.equations == (doc.Equation(None, (made.values["x"],)),)


def test_a_map_shows_a_matrix_for_every_channel() -> None:
    made = of_draws("x = {channels = 2, rows = 2, columns = 2}", "kind = 'matrix'\nask = 'pool_by_hand_max.output'\n"
                    "with = {x = 'x[1]', f = '1'}", "{{x}}")  # fmt: skip
    blocks = question(made).blocks or question(made).parts[0].blocks
    assert isinstance(blocks[0], doc.Formula)
    assert [each.rights for each in blocks[0].equations] == [(channel,) for channel in made.values["x"]]
    assert [doc.plain(doc.Math(each.left)) for each in blocks[0].equations] == ["x[1]", "x[2]"]


# the bank

WITH_ARRAYS = [path.stem for path in bank.files() if any(part.kind in ARRAYS for part in bank.load(str(path)).parts)]


def test_the_bank_asks_arrays_of_every_row_that_is_worked_out_by_hand() -> None:
    rows = {row for id in WITH_ARRAYS for row in bank.find(id).rows}
    assert len(WITH_ARRAYS) >= 18
    wanted = "A9 A10 A11 A12 A13 A17 B3 B4 C2 C3 C4 C5 C7 C9 C10 C11 C15 D3 D5 E2 E6 E7 F9"
    assert {row for row in wanted.split(" ") if row not in rows} == set()


@each_row("id", WITH_ARRAYS)
def test_hand_problems_fit_on_paper(id: str) -> None:
    """At most 36 numbers in an answer, and none of more than six characters where it is exact."""
    for seed in range(6):
        made = variant(bank.find(id), seed)
        for part in made.problem.parts:
            value = made.asked[part.id].expected
            if part.kind in ARRAYS:
                assert len(numbers(value)) <= 36, (id, part.id)
                assert all(abs(each) < 10**4 for each in numbers(value)), (id, part.id)


BANK = {
    # 4·1 + 8·3 + 7·2 + 7·3 − 2 = 61, and so on row by row
    "convolution-by-hand": "dense: ((61, 56, 20), (65, 61, 19), (57, 67, 44))",
    "transposed-by-hand": "dense: ((6, -3, 3, -3, -3), (-3, -3, -6, -3, -3), (8, 2, 13, -1, -4), (-1, -1, -5, -4, -4), "
    "(2, 1, 8, 4, 0))",
    "pooling-by-hand": "max: ((11, 11), (11, 4)), overlapping: ((11, 11, 11), (11, 11, 8), (11, 11, 4))",
    "steps-of-descent": "plain: (3.1, 3, 2.7), velocity: (-0.1, 0.05, 0.325), momentum: (3.1, 3.05, 2.725)",
}


@pytest.mark.parametrize("id", BANK)
def test_a_hand_problem_is_the_same_on_every_machine(id: str) -> None:
    assert BANK[id] in variant(bank.find(id), 1).note


def test_the_example_of_the_readme_works() -> None:
    text = (bank.folder() / "README.md").read_text(encoding="utf-8")
    start = text.index("title = 'A small convolution'")
    example = text[text.rindex("+++", 0, start) : text.index("```", start)]
    made = problem_of(example.encode(), "convolution/small.md")
    assert [part.kind for part in made.parts] == ["matrix", "matrix"]
    (trial,) = made.trials
    from dlcalc.verification.bank_check import run_trial

    assert list(run_trial(made, trial)) == []
