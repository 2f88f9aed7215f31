"""Headings and layer names are recognised however they are spelt, and what is not recognised is said."""

from __future__ import annotations

import pytest
from rows import each_row

from dlcalc.answers.table_columns import TOTAL, LayerNames, meaning, read_sheet
from dlcalc.errors import UserError
from dlcalc.networks.exercise import COLUMNS, HEADINGS, filled
from dlcalc.networks.network import Network
from dlcalc.networks.table import tabulate
from dlcalc.networks.text import read


@pytest.fixture(scope="module")
def network() -> Network:
    return read("32x32x3; conv 8 f3; pool 2; dense 10")


@each_row(
    ("heading", "column"),
    [
        ("Activation shape", "output"), ("TENSOR SIZE", "output"), ("Output Shape", "output"), ("output", "output"),
        ("Output (H×W×C)", "output"), ("shape", "output"), ("Output-size", "output"), ("Activation Size", "size"),
        ("size", "size"), ("# parameters", "parameters"), ("Param #", "parameters"),
        ("Number of parameters", "parameters"), ("Paramètres", "parameters"), ("Weights", "weights"),
        ("# of weights", "weights"), ("no. of biases", "biases"), ("bias", "biases"), ("MACs", "macs"),
        ("Multiply-Adds", "macs"), ("Mult-Adds", "macs"),
        ("Receptive field", "receptive_field"), ("receptive field (in the input)", "receptive_field"),
        ("Memory (bytes)", "memory"), ("Layer", "layer"), ("Layer (type)", "layer"), ("Name", "layer"),
        ("kernel", ""), ("FLOPs", ""), ("", ""), ("#", ""),
    ],
)  # fmt: skip
def test_a_heading_is_recognised(heading: str, column: str) -> None:
    assert meaning(heading) == column


@pytest.mark.parametrize("headings", HEADINGS)
def test_the_headings_of_the_exercise_are_recognised(headings: str) -> None:
    """What the exercise prints over its columns means those columns."""
    header = filled(tabulate(read("8x8x1; conv 2 f3")), COLUMNS, headings)[0]
    found = [meaning(heading) for heading in header]
    assert found[0] == "layer"
    assert sorted(found[1:]) == sorted(COLUMNS)


@each_row(
    ("text", "layer"),
    [
        ("conv-1", "conv-1"), ("Conv 1", "conv-1"), ("CONV-1", "conv-1"), ("conv1", "conv-1"), ("Conv_1", "conv-1"),
        ("conv 1 (ReLU)", "conv-1"), ("'conv-1", "conv-1"), ("Convolution 1", "conv-1"), ("MaxPool-1", "maxpool-1"),
        ("max pool 1", "maxpool-1"), ("Pool 1", "maxpool-1"), ("max pooling 1", "maxpool-1"), ("FC-1", "fc-1"),
        ("Dense 1", "fc-1"), ("fully connected 1", "fc-1"), ("Total", TOTAL), ("sum", TOTAL), ("Input", "input"),
        ("Input image", "input"), ("conv-2", ""), ("conv", ""), ("", ""), ("--", ""),
    ],
)  # fmt: skip
def test_a_layer_is_found(network: Network, text: str, layer: str) -> None:
    assert LayerNames(layer.name for layer in network.layers).find(text) == layer


def test_names_that_differ_only_in_a_hyphen_are_told_apart() -> None:
    names = LayerNames(["conv-1-1", "conv-11"])
    assert names.find("Conv 1_1") == "conv-1-1"
    assert names.find("CONV-11") == "conv-11"
    assert names.find("conv 1-1") == "conv-1-1"
    assert names.find("conv11") == ""


def test_pool_is_nobody_where_there_are_two_kinds_of_pooling() -> None:
    names = LayerNames(["maxpool-1", "avgpool-1"])
    assert names.find("pool 1") == ""
    assert names.find("avg pool 1") == "avgpool-1"


def test_cells_are_found_by_layer_and_quantity_in_any_order(network: Network) -> None:
    sheet = read_sheet("Params;Layer;Shape\n7;FC 1;10\n5;Conv 1;30x30x8\n", network)
    assert sheet.columns == ("parameters", "output")
    assert {place: (cell.text, cell.line) for place, cell in sheet.cells.items()} == {
        ("fc-1", "parameters"): ("7", 2),
        ("fc-1", "output"): ("10", 2),
        ("conv-1", "parameters"): ("5", 3),
        ("conv-1", "output"): ("30x30x8", 3),
    }
    assert sheet.notes == ()


@pytest.mark.parametrize("text", [",Tensor size\nconv-1,30x30x8", "Tensor size\tWeights\nconv-1\t30x30x8\t216\n"])
def test_the_layers_need_no_heading(network: Network, text: str) -> None:
    assert read_sheet(text, network).cells["conv-1", "output"].text == "30x30x8"


def test_what_is_not_recognised_is_said_and_the_rest_is_read(network: Network) -> None:
    sheet = read_sheet(
        "Layer,Kernel,Weights,weight\nconv-1,3,216,9\nconv-7,3,5,9\nConv 1,3,1,9\n,3,4,9\n,,,\nTotal,,,\n", network
    )
    assert sheet.cells["conv-1", "weights"].text == "216"
    assert sheet.notes == (
        "column 2 (Kernel) is not one that can be marked",
        "column 4 (weight) is left out: it is a second one for weights",
        "line 3: conv-7 is not a layer of this network",
        "line 4 is left out: conv-1 is already on line 2",
        "line 5: the row names no layer",
    )
    assert sheet.lines == {"conv-1": 2, TOTAL: 7}


def test_many_notes_are_counted_and_not_listed(network: Network) -> None:
    sheet = read_sheet("Layer;Weights\n" + "\n".join(f"foo{i};3" for i in range(50)), network)
    assert len(sheet.notes) == 21
    assert sheet.notes[-1] == "and 30 more"


def test_what_a_student_calls_a_layer_is_shown_harmlessly(network: Network) -> None:
    notes = read_sheet("Layer;Weights\n\x1b[2Jconv;3\n\u202eabc;4\n" + "y" * 5000 + ";5" + "\nz;1" * 20, network).notes
    assert all(note.isprintable() for note in notes)
    assert max(map(len, notes)) < 300


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        (
            "Layer,Tensor size,Weights\nconv-1,30x30x8,34,944",
            "the row has 4 cells under 3 headings; put a number or shape",
        ),
        (
            "Layer,Tensor size,Weights\nconv-1,30,30,8,216",
            "the row has 5 cells under 3 headings; put a number or shape",
        ),
        ("Layer  Tensor size  Weights\nconv-1  30x30x8", "the row has 2 cells under 3 headings, and it is not clear"),
    ],
)
def test_a_row_whose_cells_may_be_out_of_place_is_not_guessed(network: Network, text: str, trouble: str) -> None:
    sheet = read_sheet(text, network)
    assert {cell.trouble[: len(trouble)] for cell in sheet.cells.values()} == {trouble}


def test_remarks_to_the_right_of_a_table_are_left_alone(network: Network) -> None:
    sheet = read_sheet("Layer\tWeights\nconv-1\t216\tnot sure\n", network)
    assert sheet.cells["conv-1", "weights"].trouble == ""


def test_a_short_row_ends_in_empty_cells(network: Network) -> None:
    sheet = read_sheet("Layer;Tensor size;Weights\nconv-1;30x30x8\n", network)
    assert sheet.cells["conv-1", "weights"].text == ""


def test_a_table_without_layers_is_refused(network: Network) -> None:
    with pytest.raises(
        UserError, match="a table to mark has a column for the layers, before their quantities: head it L"
    ):
        read_sheet("Tensor size;Weights\n30x30x8;216\n", network)


def test_a_layer_called_total_is_a_layer() -> None:
    assert LayerNames(["Total"]).find("total") == "Total"
