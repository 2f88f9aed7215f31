"""The table to fill in and its key: the headings in use, what is left empty, and no cell that runs in a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest

from dlcalc.errors import UserError
from dlcalc.networks.builder import Builder
from dlcalc.networks.exercise import COLUMNS, HEADINGS, blank, cell, filled, size, to_csv, written
from dlcalc.networks.table import Table, tabulate
from dlcalc.networks.text import read

ALEXNET = (
    "227x227x3; conv 96 f11 s4; pool f3 s2; conv 256 f5 p2; pool f3 s2; conv 384 f3 p1; conv 384 f3 p1; "
    "conv 256 f3 p1; pool f3 s2; dense 4096; dense 4096; dense 1000"
)


@pytest.fixture(scope="module")
def alexnet() -> Table:
    return tabulate(read(ALEXNET))


def test_the_key_has_the_tables_numbers_under_the_first_headings(alexnet: Table) -> None:
    rows = filled(alexnet, headings="activation")
    assert rows[0] == ["Layer", "Activation shape", "Activation size", "# parameters"]
    assert rows[1] == ["Input", "227x227x3", "154587", ""]
    assert rows[2] == ["conv-1", "55x55x96", "290400", "34944"]
    assert rows[-2] == ["fc-3", "1000", "1000", "4097000"]
    assert rows[-1] == ["Total", "", "", "62378344"]


def test_the_key_has_the_tables_numbers_under_the_second_headings(alexnet: Table) -> None:
    rows = filled(alexnet, headings="tensor")
    assert rows[0] == ["Layer", "Tensor size", "Weights", "Biases", "Parameters"]
    assert rows[2] == ["conv-1", "55x55x96", "34848", "96", "34944"]
    assert rows[3] == ["maxpool-1", "27x27x96", "0", "0", "0"]


def test_all_cells_but_the_input_are_empty_by_default(alexnet: Table) -> None:
    rows = blank(alexnet)
    assert rows[1][1] == "227x227x3"
    assert {text for row in rows[2:] for text in row[1:]} == {""}
    assert [row[0] for row in rows] == [row[0] for row in filled(alexnet)]


def test_only_the_chosen_columns_are_empty(alexnet: Table) -> None:
    rows, key = blank(alexnet, ["parameters"]), filled(alexnet)
    assert {row[4] for row in rows[2:]} == {""}
    assert [row[:4] for row in rows[2:]] == [row[:4] for row in key[2:]]


def test_a_column_that_the_headings_lack_comes_after_theirs(alexnet: Table) -> None:
    rows = filled(alexnet, ["receptive_field", "macs"], "activation")
    assert rows[0][-2:] == ["Receptive field", "MACs"]
    assert [row[-2] for row in rows[2:5]] == ["11", "19", "51"]
    assert rows[-1][-2:] == ["", "1135256096"]
    assert blank(alexnet, ["macs"], "activation")[2] == ["conv-1", "55x55x96", "290400", "34944", ""]


def test_a_vector_has_no_receptive_field(alexnet: Table) -> None:
    assert cell(alexnet.row("fc-1"), "receptive_field") is None
    assert filled(alexnet, ["receptive_field"])[-2][-1] == ""


def test_a_receptive_field_that_differs_by_axis_is_a_shape() -> None:
    table = tabulate(read("30x20x1; conv 2 f3x5"))
    assert cell(table.row("conv-1"), "receptive_field") == (3, 5)


def test_a_layer_of_an_unknown_kind_has_no_cells() -> None:
    builder = Builder("odd", "Odd", (8, 8, 1))
    builder.add("capsule", name="caps")
    table = tabulate(builder.build())
    assert [cell(table.row("caps"), column) for column in COLUMNS] == [None] * len(COLUMNS)
    assert filled(table)[2] == ["caps", "", "", "", ""]


def test_letters_stay_letters() -> None:
    table = tabulate(read("n x n x c; conv k f3; pool 2"))
    rows = filled(table)
    assert rows[1][1] == "n × n × c"
    assert rows[2] == ["conv-1", "(n − 2) × (n − 2) × k", "9ck", "k", "(9c + 1)k"]
    assert rows[3][1] == "(⌊n/2⌋ − 1) × (⌊n/2⌋ − 1) × k"


@pytest.mark.parametrize(("shape", "numbers"), [((6, 6, 256), 9216), ((10,), 10), ((28, 128), 3584)])
def test_the_size_of_a_shape_is_how_many_numbers_it_holds(shape: tuple[int, ...], numbers: int) -> None:
    assert size(shape) == numbers


@pytest.mark.parametrize(("value", "text"), [(34944, "34944"), ((4096,), "4096"), ((55, 55, 96), "55x55x96")])
def test_a_cell_is_written_in_plain_letters(value: object, text: str) -> None:
    assert written(value) == text


def test_unknown_headings_are_refused(alexnet: Table) -> None:
    with pytest.raises(UserError, match="headings are one of activation, tensor, not keras"):
        blank(alexnet, headings="keras")


def test_an_unknown_column_is_refused(alexnet: Table) -> None:
    with pytest.raises(UserError, match=f"the columns of a table are {', '.join(COLUMNS)}, not colour"):
        filled(alexnet, ["colour"])


def test_every_column_of_the_headings_can_be_asked() -> None:
    assert {column for columns in HEADINGS.values() for column in columns} <= set(COLUMNS)


def test_what_is_written_as_csv_is_read_back_cell_by_cell() -> None:
    rows = [["Layer", "a,b"], ['the "first"', "x\ny"], ["34,944", ""]]
    assert list(csv.reader(io.StringIO(to_csv(rows)))) == [["Layer", "a,b"], ['the "first"', "x y"], ["34,944", ""]]


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1", "\n=1+1", "＝1"])
def test_a_cell_that_a_spreadsheet_would_run_becomes_text(text: str) -> None:
    """Whatever a layer is called, no spreadsheet takes its name for a formula."""
    ((written,),) = csv.reader(io.StringIO(to_csv([[text]])))
    assert written == f"'{text.strip()}"


@pytest.mark.parametrize("text", ["-5", "+3", "-0.25", "conv-1", "55x55x96"])
def test_a_harmless_cell_stays_as_it_is(text: str) -> None:
    assert to_csv([[text]]) == f"{text}\n"
