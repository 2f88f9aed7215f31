"""The gradebook: a row for every student of the roster, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from rows import each_row

from dlcalc.grading import decisions
from dlcalc.grading.class_marks import mark_class
from dlcalc.grading.gradebook import gradebook
from dlcalc.grading.hand_ins import HandIn
from dlcalc.grading.marking import Marker
from dlcalc.grading.policy import Policy
from dlcalc.quiz import seeds

Sitting = Any


def rows(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_a_row_per_student_and_a_column_per_part(sitting: Sitting) -> None:
    marker = Marker(sitting.issue, seeds.read_secret(sitting.secret), Policy())
    right = sitting.right("ada") | {"1.b": "0"}
    book = rows(gradebook(mark_class(marker, [HandIn("x", "ada", listed=True, answers=right)])))
    assert book[0][:8] == ["student", "name", "code", "marks", "of", "status", "1.a (of 4)", "1.b (of 4)"]
    of = str(sitting.issue.exam.points)
    assert book[1][:8] == ["ada", "Ada Lovelace", sitting.code("ada"), "8", of, "marked", "4", "0"]
    assert book[2][:6] == ["bob", '\'=HYPERLINK("http://x","Bob")', sitting.code("bob"), "", of, "nothing handed in"]
    assert {len(row) for row in book} == {len(book[0])}
    assert len(book) == 4


def test_nobody_handed_in(sitting: Sitting) -> None:
    marker = Marker(sitting.issue, seeds.read_secret(sitting.secret), Policy())
    assert len(rows(gradebook(mark_class(marker, [])))) == 4


@each_row(
    "name", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", " =1", "＝1+1", "＋1", "－1", "＠x",
        "\n@x", "\x00=1",
             "\u200b=1", "\ufeff=1"],
)  # fmt: skip
def test_no_name_runs_in_a_spreadsheet(sitting: Sitting, name: str) -> None:
    marker = Marker(sitting.issue, seeds.read_secret(sitting.secret), Policy())
    first = replace(sitting.issue.students[0], name=name)
    marks = mark_class(marker, [])
    marks = replace(marks, issue=replace(sitting.issue, students=(first, *sitting.issue.students[1:])))
    cell = rows(gradebook(marks))[1][1]
    assert cell.startswith("'")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a;=1+1;b", "a;'=1+1;b"), ("a; @x", "a;' @x"), ("3;-4+x", "3;'-4+x"), ("-3; -4.5", "-3; -4.5"), ("a;b", "a;b")],
)
def test_nothing_runs_where_cells_end_with_semicolons(sitting: Sitting, name: str, shown: str) -> None:
    """A comma-separated file is opened so too; a decision knows the words again all the same."""
    marker = Marker(sitting.issue, seeds.read_secret(sitting.secret), Policy())
    first = replace(sitting.issue.students[0], name=name)
    marks = mark_class(marker, [])
    marks = replace(marks, issue=replace(sitting.issue, students=(first, *sitting.issue.students[1:])))
    assert rows(gradebook(marks))[1][1] == shown
    assert decisions.normal(shown) == decisions.normal(name)
