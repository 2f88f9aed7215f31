"""A marked table: right in every notation, one wrong cell is one wrong cell, and what follows from it follows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dlcalc.errors import UserError
from dlcalc.expressions.answers import read_answer
from dlcalc.formulas.diagnose import verify
from dlcalc.grading.table_marks import STATUSES, TableMarks, mark_table
from dlcalc.networks import exercise
from dlcalc.networks.builder import Builder
from dlcalc.networks.exercise import COLUMNS, blank, filled, to_csv
from dlcalc.networks.table import Table, tabulate
from dlcalc.networks.text import read

ALEXNET = (
    "227x227x3; conv 96 f11 s4; pool f3 s2; conv 256 f5 p2; pool f3 s2; conv 384 f3 p1; conv 384 f3 p1; "
    "conv 256 f3 p1; pool f3 s2; dense 4096; dense 4096; dense 1000"
)
OTHERS = (
    "36x36x3; conv 10 f5; pool 2; conv 20 f3; pool 2; dense 100; dense 10",
    "28x28 seq; rnn 128; dense 10",
    "30 seq; embedding 50 8; lstm 12; dense 1" if False else "20x9 seq; lstm 12; gru 7; dense 3",
    "32x20x4; conv 8 f3x5 p1 groups2; bn; dw f3 same; avg f2; gap; dense 5",
    "9x9x2; convt 4 f3 s2; conv 3 f2 d2",
    "40x6; conv 4 f5; pool 2; dense 3",
)

Rows = list[list[str]]


def table(text: str = ALEXNET, convention: str = "") -> Table:
    return tabulate(read(text), convention)


def at(rows: Rows, layer: str, column: str) -> tuple[int, int]:
    """Where a cell stands in the rows of a key."""
    header = filled(table("8x8x1; conv 2 f3"), COLUMNS)[0]
    order = ["layer", *dict.fromkeys((*exercise.HEADINGS["tensor"], *COLUMNS))]
    place = rows[0].index(header[order.index(column)])
    return next(i for i, row in enumerate(rows) if row[0].lower() == layer), place


def changed(rows: Rows, **cells: str) -> str:
    """The rows as CSV with some cells replaced: conv_1__output="54x54x96"."""
    copy = [list(row) for row in rows]
    for name, text in cells.items():
        layer, _, column = name.partition("__")
        line, place = at(rows, layer.replace("_", "-"), column)
        copy[line][place] = text
    return to_csv(copy)


def statuses(marks: TableMarks) -> dict[tuple[str, str], str]:
    """The cells that are not simply right."""
    return {(cell.layer, cell.column): cell.status for cell in marks.cells if cell.status != "right"}


def mistakes(marks: TableMarks, layer: str, column: str) -> list[str]:
    return [found.id for found in marks.of(layer, column).mistakes]


# the round trip: blank, filled in, checked


@pytest.mark.parametrize("text", [ALEXNET, *OTHERS])
@pytest.mark.parametrize("headings", exercise.HEADINGS)
def test_the_key_is_all_right(text: str, headings: str) -> None:
    worked = table(text)
    marks = mark_table(worked, to_csv(filled(worked, COLUMNS, headings)))
    assert statuses(marks) == {}
    assert marks.correct
    assert marks.notes == ()
    assert {cell.column for cell in marks.cells} >= {"output", "size", "parameters", "macs"}


def test_the_blank_is_all_missing() -> None:
    marks = mark_table(table(), to_csv(blank(table())))
    assert set(statuses(marks).values()) == {"missing"}
    assert (marks.marks, len(marks.cells), marks.correct) == (0, 11 * 4 + 3, False)


def test_a_blank_that_is_filled_in_is_right() -> None:
    worked = table()
    rows, key = blank(worked, ["parameters"]), filled(worked)
    marks = mark_table(worked, to_csv([[*row[:-1], full[-1]] for row, full in zip(rows, key, strict=True)]))
    assert marks.correct


def markdown(rows: Rows) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def latex(rows: Rows) -> str:
    def escaped(text: str) -> str:
        return text.replace("#", r"\#").replace("×", r"$\times$")

    body = "\n".join(" & ".join(map(escaped, row)) + r" \\ \hline" for row in rows)
    return f"\\begin{{tabular}}{{|{'l|' * len(rows[0])}}}\n\\hline {body}\n\\end{{tabular}}"


def separated(delimiter: str) -> Callable[[Rows], str]:
    def write(rows: Rows) -> str:
        file = io.StringIO()
        csv.writer(file, delimiter=delimiter).writerows(rows)
        return file.getvalue()

    return write


def slides(rows: Rows) -> str:
    return "\n".join("   ".join(text or "-" for text in row) for row in rows)


FORMATS: dict[str, Callable[[Rows], str]] = {
    "commas": separated(","), "semicolons": separated(";"), "tabs": separated("\t"), "markdown": markdown,
    "latex": latex, "slides": slides,
}  # fmt: skip
SHAPES = ["{}x{}x{}", "{} × {} × {}", "({}, {}, {})", "[{},{},{}]", "{} {} {}", "{},{},{}"]
GROUPS = [",", " ", "'", "\u202f", ".", ""]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("shape", SHAPES)
def test_right_in_every_format_and_notation_of_shapes(format: str, shape: str) -> None:
    worked = table()
    rows = filled(worked, COLUMNS)
    for row in rows[1:]:
        if row[1].count("x") == 2:
            row[1] = shape.format(*row[1].split("x"))
    marks = mark_table(worked, FORMATS[format](rows))
    assert statuses(marks) == {}
    assert marks.notes == ()


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("group", GROUPS)
def test_right_in_every_format_and_notation_of_numbers(format: str, group: str) -> None:
    worked = table()
    rows = [
        [f"{int(text):,}".replace(",", group) if text.isdigit() else text for text in row]
        for row in filled(worked, COLUMNS)
    ]
    assert statuses(mark_table(worked, FORMATS[format](rows))) == {}


@pytest.mark.parametrize("number", ["11*11*3*96", "11×11×3×96", "(11^2)·3·96", "11x11x3x96 = 34848", "=34848", "34848.0"])
def test_an_expression_is_its_value(number: str) -> None:
    assert mark_table(table(), changed(filled(table()), conv_1__weights=number)).correct


def test_a_dash_is_zero_only_where_zero_is_right() -> None:
    marks = mark_table(table(), changed(filled(table()), maxpool_1__weights="—", conv_1__weights="—"))
    assert statuses(marks) == {("conv-1", "weights"): "missing"}
    assert marks.of("maxpool-1", "weights").wrote == "—"


@pytest.mark.parametrize("vector", ["4096", "4,096", "1x1x4096", "(4096, 1)", "[None, 4096]"])
def test_a_vector_may_have_axes_of_one(vector: str) -> None:
    assert mark_table(table(), changed(filled(table()), fc_1__output=vector)).correct


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
    marks = mark_table(table(), changed(filled(table()), conv_1__output="55x55x3", maxpool_1__output="27x27x3",
                                        conv_2__weights=str(25 * 3 * 256), conv_2__parameters=str(25 * 3 * 256 + 256)))  # fmt: skip
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
    marks = mark_table(table(), changed(rows, conv_1__output="51x51x96", maxpool_1__output="", conv_2__output="25x25x256"))
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


def test_a_shape_of_another_length_says_so() -> None:
    marks = mark_table(table(), changed(filled(table()), conv_1__output="55x55", fc_1__output="64x64"))
    assert marks.of("conv-1", "output").reason == "3 numbers are expected, not 2"
    assert marks.of("fc-1", "output").reason == "1 number are expected, not 2".replace("are", "is")
    assert set(statuses(marks).values()) == {"wrong"}


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
    cell = mark_table(table(), changed(filled(table(), COLUMNS), conv_2__receptive_field="5")).of("conv-2", "receptive_field")
    assert (cell.status, cell.convention) == ("convention", "window")


def test_a_field_may_be_written_for_each_axis() -> None:
    worked = table("30x20x1; conv 2 f3x5; pool 2")
    assert mark_table(worked, changed(filled(worked, COLUMNS), conv_1__receptive_field="3 x 5")).correct
    marks = mark_table(worked, changed(filled(worked, COLUMNS), conv_1__receptive_field="3"))
    assert statuses(marks) == {("conv-1", "receptive_field"): "wrong"}
    marks = mark_table(worked, changed(filled(worked, COLUMNS), conv_1__receptive_field="3x5x7"))
    assert marks.of("conv-1", "receptive_field").reason == "one number is expected, or 2, not 3"


# conventions


def test_another_counting_is_named_and_earns_its_mark() -> None:
    worked = table("28x28 seq; rnn 128; dense 10")
    marks = mark_table(worked, changed(filled(worked), rnn_1__biases="256", rnn_1__parameters="20224", total__biases="266"))
    assert statuses(marks) == {
        ("rnn-1", "biases"): "convention",
        ("rnn-1", "parameters"): "follows",
        ("total", "biases"): "follows",
    }
    assert marks.of("rnn-1", "biases").convention == "pytorch"
    assert marks.correct


def test_parameters_alone_may_be_counted_otherwise() -> None:
    worked = table("8x8x3; conv 4 f3; bn")
    marks = mark_table(worked, changed(filled(worked), bn_1__parameters="16"))
    assert (marks.of("bn-1", "parameters").status, marks.of("bn-1", "parameters").convention) == ("convention", "keras")


def test_a_total_may_be_counted_otherwise() -> None:
    worked = table("28x28 seq; rnn 128; dense 10")
    cell = mark_table(worked, changed(filled(worked), total__parameters="21514")).of("total", "parameters")
    assert (cell.status, cell.convention) == ("convention", "pytorch")


def test_the_tables_own_convention_is_the_truth() -> None:
    worked = table("28x28 seq; rnn 128; dense 10", "pytorch")
    assert mark_table(worked, to_csv(filled(worked))).correct
    marks = mark_table(worked, changed(filled(worked), rnn_1__biases="128"))
    assert marks.of("rnn-1", "biases").convention == "textbook"


def test_a_layer_without_biases_is_no_convention() -> None:
    """Where the layer has no biases, counting them is wrong, not another way to count."""
    builder = Builder("plain", "Plain", (8, 8, 3))
    builder.add("conv", k=4, f=3, bias=False)
    worked = tabulate(builder.build())
    marks = mark_table(worked, changed(filled(worked), conv_1__biases="4"))
    assert statuses(marks) == {("conv-1", "biases"): "wrong"}
    assert marks.of("conv-1", "biases").reason == "right with one bias per filter, but here it is without biases"


def test_channels_first_is_another_way_to_write_all_shapes() -> None:
    rows = filled(table())
    for row in rows[1:]:
        row[1] = "x".join(row[1].split("x")[-1:] + row[1].split("x")[:-1])
    marks = mark_table(table(), to_csv(rows))
    assert {cell.convention for cell in marks.cells if cell.status == "convention"} == {"channels-first"}
    assert marks.correct
    assert marks.notes == ()


def test_a_wrong_shape_with_the_channels_first_is_still_followed() -> None:
    worked = table()
    rows = filled(tabulate(worked.network, "", {"conv-1": (54, 54, 96)}))
    rows[2][1] = "54x54x96"
    for row in rows[1:]:
        row[1] = "x".join(row[1].split("x")[-1:] + row[1].split("x")[:-1])
    marks = mark_table(worked, to_csv(rows))
    assert marks.counts["wrong"] == (0 if marks.of("conv-1", "output").status != "wrong" else 1)


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
    marks = mark_table(table(), changed(rows, conv_1__weights="34.848", conv_2__output="27 by 27", fc_1__biases="9^9^9"))
    assert statuses(marks) == {
        ("conv-1", "weights"): "unreadable",
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
    with pytest.raises(UserError, match="the columns of a table are output, size, weights.*, not colour"):
        mark_table(table(), to_csv(filled(table())), ["colour"])


def test_a_cell_that_was_not_asked_has_no_mark() -> None:
    with pytest.raises(UserError, match="macs of conv-1 was not asked"):
        mark_table(table(), to_csv(filled(table()))).of("conv-1", "macs")


# letters


def test_expressions_in_letters_are_compared_by_their_values() -> None:
    worked = table("n x n x c; conv k f3 p1; conv k f3; pool 2; dense 10")
    rows = filled(worked, COLUMNS)
    assert mark_table(worked, to_csv(rows)).correct
    right = changed(rows, conv_1__weights="c*k*3^2", conv_1__parameters="k + 9*k*c", conv_2__output="(n-2) x (n-2) x k",
                    maxpool_1__output="⌊(n-2)/2⌋ × ⌊(n-2)/2⌋ × k")  # fmt: skip
    assert mark_table(worked, right).correct


def test_a_mistake_in_letters_is_named_and_followed() -> None:
    worked = table("n x n x c; conv k f3 p1; conv k f3")
    rows = filled(worked)
    marks = mark_table(worked, changed(rows, conv_1__output="(n-2) x (n-2) x k", conv_2__output="(n-4) x (n-4) x k",
                                       conv_1__parameters="9ck", conv_2__weights="9k"))  # fmt: skip
    assert statuses(marks) == {
        ("conv-1", "output"): "wrong",
        ("conv-1", "parameters"): "wrong",
        ("conv-2", "output"): "follows",
        ("conv-2", "weights"): "wrong",
    }
    assert mistakes(marks, "conv-1", "output")[0] == "padding-forgotten"
    assert mistakes(marks, "conv-1", "parameters") == ["biases-forgotten"]


def test_half_is_not_half_rounded_down() -> None:
    worked = table("n x n x 1; pool 2")
    marks = mark_table(worked, changed(filled(worked), maxpool_1__output="n/2 x n/2 x 1"))
    assert statuses(marks) == {("maxpool-1", "output"): "wrong"}


def test_a_setting_that_is_not_given_is_a_letter() -> None:
    worked = table("28x28x1; conv 3")
    marks = mark_table(worked, changed(filled(worked), conv_1__weights="3*f*f", conv_1__output="(29-f)x(29-f)x3"))
    assert marks.correct


def test_letters_that_fit_no_numbers_leave_expressions_undecided() -> None:
    """No k is divided by 7 and by 11 and below 60: what is written as the key is right, all else is not judged."""
    worked = table("n x n x 77; conv k f1 groups7; conv k f1 groups11; conv k f1 groups13")
    rows = filled(worked)
    marks = mark_table(worked, changed(rows, conv_1__biases="2k/2 + k - k", conv_2__weights="k^3"))
    assert marks.of("conv-1", "output").status == "right"
    assert marks.of("conv-2", "weights").status == "undecided"
    assert marks.of("conv-2", "weights").reason.startswith("no numbers were found")


def test_an_expression_without_a_value_somewhere_is_undecided() -> None:
    worked = table("n x n x 1; conv 2 f3")
    marks = mark_table(worked, changed(filled(worked), conv_1__weights="18*sqrt(3 - n)/sqrt(3 - n)"))
    assert marks.of("conv-1", "weights").status in ("undecided", "unreadable")
    assert marks.of("conv-1", "weights").reason


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
        "marks": 0,
        "expected": 34848,
        "wrote": "11616",
        "line": 3,
        "convention": "",
        "mistakes": [{"id": "channels-forgotten", "because": first["cells"][1]["mistakes"][0]["because"]}],
        "because": "",
    }
    assert "input channels were forgotten" in first["cells"][1]["mistakes"][0]["because"]
    assert first["cells"][0]["expected"] == [55, 55, 96]


def test_the_report_of_letters_has_expressions_that_are_read_back() -> None:
    worked = table("n x n x c; conv k f3")
    cells = mark_table(worked, to_csv(filled(worked))).to_dict()["layers"][0]["cells"]
    assert cells[0]["expected"] == ["n - 2", "n - 2", "k"]
    assert cells[1]["expected"] == "9*c*k"


# properties


@st.composite
def stacks(draw: st.DrawFn) -> Table:
    """A small stack of convolutions and poolings with dense layers behind, whose numbers are all different enough."""
    parts = [f"{draw(st.integers(14, 40))}x{draw(st.integers(14, 40))}x{draw(st.integers(1, 4))}"]
    for _ in range(draw(st.integers(1, 4))):
        conv = f"conv {draw(st.integers(2, 9))} f{draw(st.integers(1, 4))} s{draw(st.integers(1, 2))} p{draw(st.integers(0, 2))}"
        parts.append(draw(st.sampled_from([conv, conv, "pool f2", "pool f3 s2", "bn"])))
    parts += [f"dense {draw(st.integers(2, 20))}" for _ in range(draw(st.integers(0, 2)))]
    try:
        return table("; ".join(parts))
    except UserError:
        assume(False)
        raise


@given(stacks(), st.data())
@settings(max_examples=60)
def test_one_wrong_shape_in_any_stack_is_one_wrong_cell(worked: Table, data: st.DataObject) -> None:
    """The central property: whatever is worked out correctly from one wrong shape is not marked down again."""
    row = data.draw(st.sampled_from(worked.rows))
    grown = tuple(part + data.draw(st.integers(1, 3)) for part in row.output)
    rows = filled(tabulate(worked.network, "", {row.layer.name: grown}), COLUMNS)
    own = {"output": "x".join(map(str, grown)), "size": str(exercise.size(grown))}
    name = row.layer.name.replace("-", "_")
    marks = mark_table(worked, changed(rows, **{f"{name}__{column}": text for column, text in own.items()}))
    found = statuses(marks)
    assert found.pop((row.layer.name, "output")) == "wrong"
    assert set(found.values()) <= {"follows"}
    after = worked.rows[worked.rows.index(row) + 1 :]
    assert {layer for layer, _ in found} <= {row.layer.name, "total", *(later.layer.name for later in after)}


@given(stacks(), st.data())
@settings(max_examples=60)
def test_one_mistake_in_any_stack_is_named_and_followed(worked: Table, data: st.DataObject) -> None:
    """A mistake in the weights is named; the parameters and the totals that follow from it are not marked down."""
    rows = filled(worked)
    row = data.draw(st.sampled_from([row for row in worked.rows if row.count("weights")] or [None]))
    assume(row is not None and row.working is not None)
    weights = data.draw(st.integers(1, 10**6))
    assume(weights != row.count("weights"))
    more = weights - row.count("weights")
    name = row.layer.name.replace("-", "_")
    text = changed(rows, **{
        f"{name}__weights": str(weights), f"{name}__parameters": str(row.count("parameters") + more),
        "total__weights": str(worked.total["weights"] + more), "total__parameters": str(worked.total["parameters"] + more),
    })  # fmt: skip
    marks = mark_table(worked, text)
    assert statuses(marks) == {
        (row.layer.name, "weights"): "wrong",
        (row.layer.name, "parameters"): "follows",
        ("total", "weights"): "follows",
        ("total", "parameters"): "follows",
    }
    verdict = verify(row.working.formula, row.working.given, "weights", read_answer(str(weights)))
    assert mistakes(marks, row.layer.name, "weights") == [found.id for found in verdict.mistakes]


@given(stacks(), st.sampled_from(list(FORMATS)), st.sampled_from(SHAPES), st.sampled_from(GROUPS))
@settings(max_examples=60)
def test_the_key_of_any_stack_is_right_in_every_notation(worked: Table, format: str, shape: str, group: str) -> None:
    def said(text: str) -> str:
        if text.count("x") == 2:
            return shape.format(*text.split("x"))
        return f"{int(text):,}".replace(",", group) if text.isdigit() and group != "." else text

    rows: Sequence[Sequence[str]] = filled(worked, COLUMNS)
    assert statuses(mark_table(worked, FORMATS[format]([[said(text) for text in row] for row in rows]))) == {}


HOSTILE = ["=cmd|' /C calc'!A0", "\x1b[31m", "\u202e", "9^9^9^9", "Σ(i=1..10^9, i)", "((((((((", "1e400", "-1x-1x-1", "0x0x0",
           "1/0", "99999999999999999999x1x1", "prod(i=1..20000, i)", "⌊", "nan", "inf", "1" * 60, "<script>", "\0", "a" * 5000,
           "10^1000 x 10^1000 x 3", "1.5x2.5x3.5", "𝟗", "٣", "()", "[[1,2],[3,4]]", "1e50", "-7"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_any_cell_is_a_status(text: str) -> None:
    """Whatever stands there, in all cells at once: every cell gets a status, and the report is plain JSON."""
    rows = [[row[0], *(text for _ in row[1:])] if index else row for index, row in enumerate(filled(table(), COLUMNS))]
    marks = mark_table(table(), separated("\t")(rows))
    assert len(marks.cells) == 90
    assert all(cell.wrote.isprintable() for cell in marks.cells)
    assert json.loads(json.dumps(marks.to_dict()))["of"] == 90


@given(st.lists(st.tuples(st.integers(2, 13), st.integers(1, 8), st.text(max_size=20)), max_size=6))
@settings(max_examples=60)
def test_any_text_in_some_cells_is_a_status(cells: list[tuple[int, int, str]]) -> None:
    rows = filled(table(), COLUMNS)
    for line, place, text in cells:
        rows[line][place] = text
    marks = mark_table(table(), separated(";")(rows))
    assert {cell.status for cell in marks.cells} <= set(STATUSES)
