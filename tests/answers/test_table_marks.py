"""A marked table: one wrong cell is one wrong cell, what follows from it follows, and a mistake has its name."""

from __future__ import annotations

import json

import pytest
from tables import changed, mistakes, statuses, table

from dlcalc.answers.table_marks import STATUSES, mark_table
from dlcalc.errors import UserError
from dlcalc.networks.builder import Builder
from dlcalc.networks.exercise import COLUMNS, filled, to_csv
from dlcalc.networks.table import tabulate
from dlcalc.networks.text import read

# wrong cells


def test_a_wrong_cell_that_is_followed_is_the_only_wrong_one() -> None:
    """54 for 55 in the first layer changes every later shape; who goes on correctly has made one mistake."""
    worked = table()
    rows = filled(tabulate(worked.network, "", {"conv-1": (54, 54, 96)}))
    marks = mark_table(worked, changed(rows, conv_1__output="54x54x96"))
    found = statuses(marks)
    assert found.pop(("conv-1", "output")) == "wrong"
    assert "no-plus-one" in mistakes(marks, "conv-1", "output")
    assert set(found.values()) == {"follows"}
    assert {place for place in found if place[1] == "output"} == {
        (name, "output") for name in ("maxpool-1", "conv-2", "maxpool-2", "conv-3", "conv-4", "conv-5", "maxpool-3")
    }
    assert {("fc-1", "weights"), ("fc-1", "parameters"), ("total", "parameters")} < found.keys()
    assert marks.of("maxpool-1", "output").expected == (27, 27, 96)


def test_parameters_follow_from_the_students_weights_and_biases() -> None:
    marks = mark_table(
        table(),
        changed(filled(table()), conv_1__weights="11616", conv_1__parameters="11712", conv_2__biases="1",
                conv_2__parameters="614401"),
    )  # fmt: skip
    assert statuses(marks) == {
        ("conv-1", "weights"): "wrong",
        ("conv-1", "parameters"): "follows",
        ("conv-2", "biases"): "wrong",
        ("conv-2", "parameters"): "follows",
    }
    assert mistakes(marks, "conv-1", "weights") == ["channels-forgotten"]
    assert mistakes(marks, "conv-2", "biases") == ["one-bias"]


@pytest.mark.parametrize(
    ("column", "value"),
    [("size", 28 * 28 * 256), ("macs", 28 * 28 * 614400), ("memory", 4 * (28 * 28 * 256 + 614656))],
)
def test_size_and_cost_follow_from_the_students_output(column: str, value: int) -> None:
    rows = filled(table(), COLUMNS)
    marks = mark_table(table(), changed(rows, conv_2__output="28x28x256", **{f"conv_2__{column}": str(value)}))
    assert marks.of("conv-2", column).status == "follows"


def test_cost_follows_from_the_students_weights() -> None:
    rows = filled(table(), COLUMNS)
    marks = mark_table(table(), changed(rows, conv_2__weights="25600", conv_2__macs=str(27 * 27 * 25600)))
    assert statuses(marks) == {("conv-2", "weights"): "wrong", ("conv-2", "macs"): "follows"}


def test_a_wrong_depth_is_followed_by_the_next_layers_weights() -> None:
    cells = {"conv_1__output": "55x55x3", "maxpool_1__output": "27x27x3", "conv_2__weights": "19200"}
    marks = mark_table(table(), changed(filled(table()), conv_2__parameters="19456", **cells))
    assert statuses(marks) == {
        ("conv-1", "output"): "wrong",
        ("maxpool-1", "output"): "follows",
        ("conv-2", "weights"): "follows",
        ("conv-2", "parameters"): "follows",
    }
    assert mistakes(marks, "conv-1", "output") == ["depth-is-channels"]


def test_who_returns_to_the_right_path_is_right_again() -> None:
    marks = mark_table(table(), changed(filled(table()), conv_1__output="54x54x96"))
    assert statuses(marks) == {("conv-1", "output"): "wrong"}


def test_a_missing_cell_is_bridged_by_what_follows() -> None:
    """The output after the wrong one is left out: the next follows from what it would have been."""
    rows = filled(table())
    marks = mark_table(
        table(), changed(rows, conv_1__output="51x51x96", maxpool_1__output="", conv_2__output="25x25x256")
    )
    assert marks.of("maxpool-1", "output").status == "missing"
    assert marks.of("conv-2", "output").status == "follows"


def test_a_new_mistake_on_the_students_own_input_is_named() -> None:
    """After 54 for 55, pooling to 53/2 rounded up is a second mistake, made on the student's own number."""
    marks = mark_table(table(), changed(filled(table()), conv_1__output="58x58x96", maxpool_1__output="29x29x96"))
    assert marks.of("maxpool-1", "output").status == "wrong"
    assert mistakes(marks, "maxpool-1", "output")[0] == "rounded-up"


def test_a_new_mistake_on_the_students_own_weights_is_named() -> None:
    marks = mark_table(table(), changed(filled(table()), conv_1__weights="12345", conv_1__parameters="12345"))
    assert marks.of("conv-1", "parameters").status == "wrong"
    assert mistakes(marks, "conv-1", "parameters") == ["biases-forgotten"]


def test_a_value_that_no_mistake_gives_is_wrong_without_a_name() -> None:
    marks = mark_table(table(), changed(filled(table()), conv_2__weights="614401"))
    assert statuses(marks) == {("conv-2", "weights"): "wrong"}
    assert mistakes(marks, "conv-2", "weights") == []


def test_a_shape_without_its_depth_has_a_name() -> None:
    marks = mark_table(table(), changed(filled(table()), conv_1__output="55x55"))
    assert mistakes(marks, "conv-1", "output") == ["depth-forgotten"]


@pytest.mark.parametrize("flatten", ["", "flatten; dropout 0.5; "])
def test_a_depth_forgotten_in_flattening_is_named(flatten: str) -> None:
    """6·6·60 weights for 6·6·24·60: what the dense layer reads is a map of 24 channels, flattened by it or before."""
    worked = tabulate(read(f"12x12x1; conv 24 f3 p1; pool 2; {flatten}dense 60; dense 7"))
    marks = mark_table(worked, changed(filled(worked), fc_1__weights=str(6 * 6 * 60)))
    assert mistakes(marks, "fc-1", "weights")[0] == "depth-forgotten"
    sequence = tabulate(read("5x24; dense 60"))  # a step at a time: nothing is flattened
    marks = mark_table(sequence, changed(filled(sequence), fc_1__weights=str(5 * 60)))
    assert "depth-forgotten" not in mistakes(marks, "fc-1", "weights")


def test_a_shape_of_another_length_says_so() -> None:
    marks = mark_table(table(), changed(filled(table()), conv_1__output="55x54", fc_1__output="64x64"))
    assert marks.of("conv-1", "output").reason == "the shape has 3 numbers, not 2"
    assert marks.of("fc-1", "output").reason == "the shape has 1 number, not 2"
    assert set(statuses(marks).values()) == {"undecided"}


def test_after_an_impossible_shape_the_truth_goes_on() -> None:
    """No window of 3 fits into a map of 2: what comes after is held against the truth alone."""
    marks = mark_table(table(), changed(filled(table()), conv_1__output="2x2x96"))
    assert statuses(marks) == {("conv-1", "output"): "wrong"}


# receptive fields


def test_receptive_fields_follow_one_another() -> None:
    rows = filled(table(), COLUMNS)
    fields = dict(zip(["conv-1", "maxpool-1", "conv-2", "maxpool-2"], [12, 20, 52, 68], strict=True))
    cells = {f"{name.replace('-', '_')}__receptive_field": str(size) for name, size in fields.items()}
    marks = mark_table(table(), changed(rows, **cells))
    found = statuses(marks)
    assert found.pop(("conv-1", "receptive_field")) == "wrong"
    assert found == {(name, "receptive_field"): "follows" for name in list(fields)[1:]}


def test_a_mistake_in_a_receptive_field_is_named() -> None:
    marks = mark_table(table(), changed(filled(table(), COLUMNS), maxpool_1__receptive_field="13"))
    assert mistakes(marks, "maxpool-1", "receptive_field") == ["strides-ignored"]


def test_the_window_itself_is_another_meaning_of_the_word() -> None:
    cell = mark_table(table(), changed(filled(table(), COLUMNS), conv_2__receptive_field="5")).of(
        "conv-2", "receptive_field"
    )
    assert (cell.status, cell.convention) == ("convention", "window")


def test_a_field_may_be_written_for_each_axis() -> None:
    worked = table("30x20x1; conv 2 f3x5; pool 2")
    assert mark_table(worked, changed(filled(worked, COLUMNS), conv_1__receptive_field="3 x 5")).correct
    marks = mark_table(worked, changed(filled(worked, COLUMNS), conv_1__receptive_field="3"))
    assert statuses(marks) == {("conv-1", "receptive_field"): "wrong"}
    marks = mark_table(worked, changed(filled(worked, COLUMNS), conv_1__receptive_field="3x5x7"))
    assert marks.of("conv-1", "receptive_field").reason == "one number is expected, or 2, not 3"


# totals


def test_a_total_follows_the_students_own_column() -> None:
    marks = mark_table(
        table(),
        changed(filled(table()), conv_2__parameters="614400", total__parameters="62378088", total__weights="7"),
    )
    assert statuses(marks) == {
        ("conv-2", "parameters"): "wrong",
        ("total", "parameters"): "follows",
        ("total", "weights"): "wrong",
    }


def test_a_total_follows_from_what_was_filled_in() -> None:
    """Who leaves a cell out may add up the others, or all that there should be."""
    rows = filled(table())
    for total in (62378344 - 614656, 62378344):
        marks = mark_table(table(), changed(rows, conv_2__parameters="", total__parameters=str(total)))
        assert marks.of("total", "parameters").mark == 1


def test_the_total_of_parameters_follows_from_the_other_totals() -> None:
    rows = filled(table())
    marks = mark_table(table(), changed(rows, total__weights="62000000", total__parameters="62010568"))
    assert statuses(marks) == {("total", "weights"): "wrong", ("total", "parameters"): "follows"}


def test_a_mistake_made_in_every_layer_is_named_in_the_total() -> None:
    rows = [[row[0], row[-1]] for row in filled(table())]
    rows[-1][-1] = "62367776"
    marks = mark_table(table(), to_csv(rows))
    assert mistakes(marks, "total", "parameters") == ["biases-forgotten"]


def test_totals_are_marked_only_where_the_table_has_them() -> None:
    assert {cell.layer for cell in mark_table(table(), to_csv(filled(table())[:-1])).cells} == {
        row.layer.name for row in table().rows
    }


# what cannot be marked


def test_a_bad_cell_costs_no_other() -> None:
    rows = filled(table())
    marks = mark_table(table(), changed(rows, conv_1__weights="34.848", conv_2__output="27 by", fc_1__biases="9^9^9"))
    assert statuses(marks) == {
        ("conv-1", "weights"): "undecided",
        ("conv-2", "output"): "unreadable",
        ("fc-1", "biases"): "unreadable",
    }
    cell = marks.of("conv-1", "weights")
    assert (cell.line, cell.wrote) == (3, "34.848")
    assert "may be 34848, or a decimal" in cell.reason


def test_layers_that_are_not_there_are_missing() -> None:
    marks = mark_table(table(), "Layer;Parameters\nFC-3;4097000\nfoo;3\n")
    assert marks.counts == {**dict.fromkeys(STATUSES, 0), "right": 1, "missing": 10}
    assert marks.notes == ("line 3: foo is not a layer of this network",)


def test_columns_that_are_asked_and_not_there_are_missing() -> None:
    marks = mark_table(table(), to_csv(filled(table())), ["output", "macs"])
    assert {column for _, column in statuses(marks)} == {"macs"}
    assert {cell.column for cell in marks.cells} == {"output", "macs"}


def test_another_input_is_told() -> None:
    marks = mark_table(table(), changed(filled(table()), input__output="224x224x3"))
    assert marks.correct
    assert marks.notes == ("line 2: the input is (227, 227, 3), not 224x224x3",)


def test_an_unknown_kind_is_left_out_with_what_reads_it() -> None:
    builder = Builder("odd", "Odd", (8, 8, 1))
    builder.add("conv", k=2, f=3)
    builder.add("capsule", name="caps")
    builder.add("dense", m=3)
    worked = tabulate(builder.build())
    marks = mark_table(worked, "Layer;Parameters\nconv-1;20\ncaps;5\nfc-1;7\nTotal;20\n")
    assert [(cell.layer, cell.status) for cell in marks.cells] == [("conv-1", "right")]
    assert marks.notes[0] == "caps is not marked: capsule is not a kind of layer that is known"


def test_an_unknown_column_cannot_be_asked() -> None:
    with pytest.raises(UserError, match=r"the columns of a table are output, size, weights.*, not colour"):
        mark_table(table(), to_csv(filled(table())), ["colour"])


def test_a_cell_that_was_not_asked_has_no_mark() -> None:
    with pytest.raises(UserError, match="macs of conv-1 was not asked"):
        mark_table(table(), to_csv(filled(table()))).of("conv-1", "macs")


# the report


def test_the_report_is_json_with_a_mark_for_each_cell() -> None:
    rows = filled(table())
    report = mark_table(table(), changed(rows, conv_1__weights="11616", conv_1__parameters="")).to_dict()
    assert report == json.loads(json.dumps(report))
    assert (report["correct"], report["marks"], report["of"], report["network"]) == (False, 45, 47, "network")
    assert report["counts"] == {**dict.fromkeys(STATUSES, 0), "right": 45, "wrong": 1, "missing": 1}
    first = report["layers"][0]
    assert (first["name"], first["marks"], len(report["layers"])) == ("conv-1", 2, 12)
    assert first["cells"][1] == {
        "column": "weights",
        "status": "wrong",
        "correct": False,
        "marks": 0,
        "expected": 34848,
        "wrote": "11616",
        "line": 3,
        "convention": None,
        "mistakes": [{"id": "channels-forgotten", "because": first["cells"][1]["mistakes"][0]["because"]}],
        "reason": "",
    }
    assert "the channels are left out" in first["cells"][1]["mistakes"][0]["because"]
    assert first["cells"][0]["expected"] == [55, 55, 96]


def test_the_report_of_letters_has_expressions_that_are_read_back() -> None:
    worked = table("n x n x c; conv k f3")
    cells = mark_table(worked, to_csv(filled(worked))).to_dict()["layers"][0]["cells"]
    assert cells[0]["expected"] == ["n - 2", "n - 2", "k"]
    assert cells[1]["expected"] == "9*c*k"
