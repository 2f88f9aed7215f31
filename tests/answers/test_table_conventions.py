"""What is right in another notation: another counting, channels first, or letters in another order."""

from __future__ import annotations

from tables import changed, mistakes, statuses, table

from dlcalc.answers.table_letters import points
from dlcalc.answers.table_marks import mark_table
from dlcalc.networks.builder import Builder
from dlcalc.networks.exercise import COLUMNS, filled, to_csv
from dlcalc.networks.table import tabulate

# conventions


def test_another_counting_is_named_and_earns_its_mark() -> None:
    worked = table("28x28 seq; rnn 128; dense 10")
    marks = mark_table(
        worked, changed(filled(worked), rnn_1__biases="256", rnn_1__parameters="20224", total__biases="266")
    )
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
    assert marks.of("conv-1", "biases").convention == ""


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
    found = statuses(mark_table(worked, to_csv(rows)))
    assert found.pop(("conv-1", "output")) == "wrong"
    assert set(found.values()) == {"follows"}


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


def test_a_mistake_in_letters_shows_at_every_point() -> None:
    """Where n has the first of the numbers that are put in for it, 9k + n − that number is 9k: the channels forgotten
    there, and nowhere else."""
    worked = table("n x n x c; conv k f3 p1; conv k f3")
    rows = filled(worked)
    first, *_ = [numbers["n"] for numbers, _ in points(worked)]
    assert mistakes(mark_table(worked, changed(rows, conv_1__weights="9k")), "conv-1", "weights") == [
        "channels-forgotten"
    ]
    marks = mark_table(worked, changed(rows, conv_1__weights=f"9k + n - {first}"))
    assert statuses(marks) == {("conv-1", "weights"): "wrong"}
    assert mistakes(marks, "conv-1", "weights") == []


def test_an_expression_is_worth_what_it_is_worth_at_the_worst_point() -> None:
    """Right for one input size and wrong for all others is wrong."""
    worked = table("n x n x c; conv k f3 p1; conv k f3")
    first, *_ = [numbers["n"] for numbers, _ in points(worked)]
    marks = mark_table(worked, changed(filled(worked), conv_1__weights=f"9ck + n - {first}"))
    assert statuses(marks) == {("conv-1", "weights"): "wrong"}


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
    marks = mark_table(worked, changed(filled(worked), conv_1__weights="sqrt(3 - n)"))
    assert statuses(marks) == {("conv-1", "weights"): "undecided"}
    assert "sqrt" in marks.of("conv-1", "weights").reason
