"""A cell is understood in every notation, or said to be unreadable; it is never read as something else."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows import each_row

from dlcalc.answers.table_cells import Cell, CellReader
from dlcalc.answers.table_columns import Written
from dlcalc.api.networks import check_table
from dlcalc.expressions.printing import plain


def read(text: str, column: str = "parameters", axes: int = 1, letters: str = "", others: tuple[str, ...] = ()) -> Cell:
    cells = {("here", column): Written(text, 3)}
    cells.update({(f"other-{index}", "weights"): Written(other, 4) for index, other in enumerate(others)})
    return CellReader(cells, letters).read("here", column, axes)


def value(*args: object, **options: object) -> object:
    cell = read(*args, **options)  # type: ignore[arg-type]
    assert cell.answer is not None, cell.reason
    return cell.answer.value


@each_row(
    "text",
    ["34944", "34,944", "34 944", "34\u00a0944", "34\u202f944", "34'944", "34’944", "34_944", " 34944 ", "+34944",
     "11*11*3*96 + 96", "11×11×3×96+96", "11x11x3x96 + 96", "(11·11·3 + 1)·96", "(11^2*3+1)*96", "(11²·3 + 1)96",
     "11*11*3*96+96 = 34,944", "=34944", "=11*11*3*96+96", "'34944", "34944.0", "3.4944e4", "\u200b34944\ufeff"],
)  # fmt: skip
def test_a_number_in_every_notation(text: str) -> None:
    assert value(text) == 34944


@each_row(
    "text",
    ["55x55x96", "55X55X96", "55×55×96", "55 × 55 × 96", "55*55*96", "(55,55,96)", "(55, 55, 96)", "[55, 55, 96]",
     "55,55,96", "55; 55; 96", "55 55 96", "{55,55,96}", "(55x55x96)", "(None, 55, 55, 96)", "[-1, 55, 55, 96]",
     "(227 - 11)/4 + 1 x 55 x 96", "(55, 55, 96,)"],
)  # fmt: skip
def test_a_shape_in_every_notation(text: str) -> None:
    assert value(text, "output", 3) == (55, 55, 96)


@pytest.mark.parametrize("text", ["128,128,256", "128 128 256", "(128,128,256)", "128x128x256"])
def test_sizes_of_three_digits_are_no_groups_of_digits(text: str) -> None:
    assert value(text, "output", 3) == (128, 128, 256)


@pytest.mark.parametrize("text", ["4096", "4,096", "4 096", "(4096,)", "(4,096)", "[None, 4096]", "64*64", "2^12"])
def test_one_axis_is_one_number(text: str) -> None:
    assert value(text, "output", 1) == (4096,)


@pytest.mark.parametrize(("text", "shape"), [("1x1x4096", (1, 1, 4096)), ("7x7x64", (7, 7, 64)), ("28,12", (28, 12))])
def test_several_numbers_on_one_axis_stay_several(text: str, shape: tuple[int, ...]) -> None:
    assert value(text, "output", 1) == shape


@pytest.mark.parametrize(
    ("text", "field"), [("11", (11,)), ("11x13", (11, 13)), ("1 + 2*5", (11,)), ("(11, 11)", (11, 11))]
)
def test_a_receptive_field_is_one_number_or_one_per_axis(text: str, field: tuple[int, ...]) -> None:
    assert value(text, "receptive_field") == field


@pytest.mark.parametrize("text", ["", "  ", "?", "...", "…", "___", "\u200b"])
def test_nothing_is_no_answer(text: str) -> None:
    cell = read(text)
    assert (cell.answer, cell.reason, cell.none) == (None, "", False)


@pytest.mark.parametrize("text", ["-", "–", "—", "−", "---", "n/a", "None"])
def test_a_dash_is_none(text: str) -> None:
    cell = read(text)
    assert (cell.answer, cell.reason, cell.none) == (None, "", True)


def test_zero_is_a_number() -> None:
    assert value("0") == 0
    assert not read("0").none


def test_a_cell_that_is_not_there_is_no_answer() -> None:
    assert CellReader({}, ()).read("conv-1", "weights", 1) == Cell()


@pytest.mark.parametrize("others", [(), ("4,096",), ("614656", "37.752.832"), ("96", "256"), ("885.12", "4.096")])
def test_a_dot_that_may_be_either_is_not_guessed(others: tuple[str, ...]) -> None:
    """34.944 is a decimal in one country and 34,944 in the next; only the table around it can tell."""
    assert read("34.944", others=others).reason == "34.944 may be 34944, or a decimal: write it without the dot"


@pytest.mark.parametrize("others", [("614.656",), ("37.752.832",), ("37.752.832", "96", "0", "256")])
def test_dots_group_digits_where_the_whole_table_says_so(others: tuple[str, ...]) -> None:
    assert value("34.944", others=others) == 34944


def test_two_dots_can_only_group() -> None:
    assert value("62.378.344", others=("4,096",)) == 62378344


@pytest.mark.parametrize(
    ("text", "number"), [("54.25", Fraction(217, 4)), ("0.944", Fraction(118, 125)), ("1/3", Fraction(1, 3))]
)
def test_a_plain_decimal_stays_one(text: str, number: Fraction) -> None:
    assert value(text) == number


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("11*2 = 23", "there are two different values: 11\\*2 = 23"),
        ("=", "a number or an expression is expected"),
        ("x" * 3, "x is not a letter"),
        ("(1, 2)", "one number is expected, not 2"),
        ("3 < 4", "not a comparison"),
        ("abc", "a is not a letter of this network: it has none"),
        ("1/0", "division by zero"),
        ("9^9^9", "too large"),
        ("1" * 301, "a cell has at most 300 characters, not 301"),
        ("__import__('os')", "has no meaning here"),
        ("(" * 100, "nested|not expected|too early|closed"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, reason: str) -> None:
    cell = read(text)
    assert cell.answer is None
    assert re.search(reason, cell.reason)
    assert cell.reason.isprintable()


def test_a_size_inside_a_shape_is_one_number() -> None:
    assert read("[[1, 2], [3, 4]]", "output", 2).reason == "a size is one number"


def test_the_trouble_of_a_row_is_that_of_its_cells() -> None:
    reader = CellReader({("here", "weights"): Written("34", 3, "out of place")}, ())
    assert reader.read("here", "weights", 1) == Cell("34", 3, reason="out of place")


@pytest.mark.parametrize(
    ("text", "printed"), [("9ck", "9*c*k"), ("(9c + 1)k", "(9*c + 1)*k"), ("(n-2)×(n-2)", "(n - 2)^2"), ("2k/2", "k")]
)
def test_letters_of_the_network_make_expressions(text: str, printed: str) -> None:
    assert plain(value(text, letters="nck")) == printed


@pytest.mark.parametrize("text", ["(n − 2) × (n − 2) × 2k", "(n - 2, n - 2, 2*k)", "[n-2, n-2, 2k]", "(n-2)x(n-2)x2k"])
def test_a_shape_may_have_letters(text: str) -> None:
    assert plain(value(text, "output", 3, letters="nk")) == "(n - 2, n - 2, 2*k)"


def test_a_letter_that_the_network_lacks_is_named() -> None:
    assert read("9ckz", letters="nck").reason == "z is not a letter of this network: its letters are c, k, n"


def test_what_was_written_is_kept_on_one_line() -> None:
    assert read("34\n944").wrote == "34 944"
    assert read("\x07 5").wrote.isprintable()


@given(st.text(max_size=60), st.sampled_from(["output", "parameters", "receptive_field"]), st.integers(1, 3))
def test_any_text_is_an_answer_or_a_reason(text: str, column: str, axes: int) -> None:
    cell = read(text, column, axes, "nk")
    assert cell.answer is None or not cell.reason
    assert cell.reason.isprintable()


@given(st.text("0123456789x×*,. ()[]-+=/^nk'", max_size=40), st.integers(1, 3))
def test_any_arithmetic_is_an_answer_or_a_reason(text: str, axes: int) -> None:
    for column in ("output", "parameters"):
        cell = read(text, column, axes, "nk")
        if cell.answer is not None:
            assert isinstance(cell.answer.value, tuple) == (column == "output")


@given(st.integers(0, 10**12), st.sampled_from([",", " ", "'", "\u202f", "_", ""]))
def test_a_grouped_number_is_that_number(number: int, separator: str) -> None:
    assert value(f"{number:,}".replace(",", separator)) == number


@pytest.mark.parametrize(
    ("text", "comma", "point"),
    [
        ("9.472", 9472, Fraction("9.472")),
        ("9,472", Fraction("9.472"), 9472),
        ("9,472k", 9472, 9_472_000),
        ("9.472k", 9_472_000, 9472),
        ("9 472", 9472, 9472),
    ],
)
def test_the_decimal_sign_that_is_stated(text: str, comma: object, point: object) -> None:
    for decimal, number in ((",", comma), (".", point)):
        cell = CellReader({("here", "parameters"): Written(text, 3)}, "", decimal).read("here", "parameters", 1)
        assert cell.answer is not None
        assert cell.answer.value == number


def test_a_profile_states_the_decimal_sign_of_a_table(tmp_path: Path) -> None:
    profile = tmp_path / "comma.toml"
    profile.write_text("decimal = ','\n", encoding="utf-8")
    table = "layer;parameters\nconv-1;9,472\n"
    options = {"columns": ["parameters"], "profile": str(profile)}
    assert not check_table("224x224x3; conv 64 f7 s2 p3", table, **options).marks.correct
    assert check_table("224x224x3; conv 64 f7 s2 p3", table.replace(",", "."), **options).marks.correct
