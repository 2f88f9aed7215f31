"""A wrong array is told which of its numbers are wrong, and the pattern, in the same words at every door."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from fractions import Fraction
from pathlib import Path

import pytest
from handing_in import marked

import dlcalc
from dlcalc import document as doc
from dlcalc.api.hand_run import check
from dlcalc.api.practice import Practice, remark
from dlcalc.api.quiz import Paper
from dlcalc.cli import main
from dlcalc.export.practice import write as practice_page
from dlcalc.export.registry import writer
from dlcalc.grading import feedback
from dlcalc.grading.marking import Marked, Result, Student
from dlcalc.quiz.reader import read_problem
from dlcalc.quiz.variant import Variant, variant

PROBLEM = """+++
title = 'A window'
topic = 'convolution'
level = 'easy'

[draw]
q0 = [1]

[[part]]
id = 'a'
kind = 'matrix'
ask = 'conv_by_hand.output'
with = {x = '[[1, 2, 3], [4, 5, 6], [7, 8, 9]] - 0', w = '[[1, 0], [0, 1]] - 0'}
+++
A case with {{q0}}.
"""
GIVEN = {"x": "1 2 3; 4 5 6; 7 8 9", "w": "1 0; 0 1"}
"""6 8; 12 14."""
WRONG = [
    ("6 8; 12 15", "rrrw", "3 of 4 numbers are right. Wrong: row 2, column 2.", ""),
    ("6 8; 1 1", "rrww", "2 of 4 numbers are right. Wrong: row 2.", ""),
    ("1 8; 1 14", "wrwr", "2 of 4 numbers are right. Wrong: column 1.", ""),
    ("6 8; 14 12", "rrww", "2 of 4 numbers are right. Wrong: row 2.", "two numbers are exchanged"),
    ("6 -8; 12 14", "rwrr", "3 of 4 numbers are right. Wrong: row 1, column 2.", "one number has the opposite sign"),
    ("6 12; 8 14", "rwwr", "2 of 4 numbers are right. Wrong: row 1, column 2; row 2, column 1.",
     "rows and columns are exchanged: this is the transposed matrix"),
    ("-6 -8; -12 -14", "wwww", "", "every number has the opposite sign"),
    ("6 8 12 14", "", "", "the numbers are right, but in a 1×4 matrix: 2×2 is expected"),
    ("6 8; 12 14; 0 0", "", "a matrix of 2×2 is expected (2 rows, 2 columns), not 3×2",
     "the right matrix is inside this one, which has extra rows or columns around it"),
]  # fmt: skip


@pytest.fixture(scope="module")
def posed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Variant]:
    file = tmp_path_factory.mktemp("doors") / "window.md"
    file.write_text(PROBLEM, encoding="utf-8")
    return file, variant(read_problem(str(file)), 1)


def on_the_command_line(text: str, *more: str) -> str:
    out = io.StringIO()
    given = [part for name, value in GIVEN.items() for part in (f"--{name}", value)]
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        main(["run", "conv", *given, "--ask", "output", "--answer", text, *more])
    return out.getvalue()


def plain(text: object) -> str:
    return " ".join(str(text).split()).lower()


def test_every_door_says_which_numbers_are_wrong(posed: tuple[Path, Variant]) -> None:
    file, made = posed
    failed = []
    for text, letters, where, because in WRONG:
        found = json.loads(on_the_command_line(text, "--json"))
        by_python = check("conv", "output", text, **GIVEN)
        mark = marked(made, a=text)["a"]
        exam = Marked("1.a", 1, mark, Fraction(1), mark.share)
        told = feedback.for_student(Result(Student("ada"), "", "", (exam,), (made,)), "E")
        at_home = dlcalc.check(str(file), text, reason=True)
        first = dlcalc.check(str(file), text)
        statuses = {"run --json": found.get("cells", []), "check by hand": by_python.cells,
                    "grade --json": exam.to_dict().get("cells", []), "dlcalc.check": at_home.cells}  # fmt: skip
        failed += [
            f"{text}: {door} has {cells}"
            for door, cells in statuses.items()
            if "".join(cell["status"][0] for cell in cells) != letters
        ]
        screens = {
            "run": on_the_command_line(text, "--markdown"),
            "check by hand": writer("markdown")(by_python.document()),
            "quiz take": doc.plain(remark(Practice(Paper("doors", (made,))).answer(1, "a", text)).words),
            "dlcalc.check": writer("markdown")(at_home.document()),
        }
        failed += [
            f"{text}: {door} says {because!r} twice: {said}"
            for door, said in screens.items()
            if because and plain(said).count(plain(because)) > 1
        ]
        failed += [
            f"{text}: {door} does not say {each!r}: {said}"
            for door, said in screens.items()
            for each in (where, because)
            if plain(each) not in plain(said)
        ]
        if letters and where and plain(where) not in plain(writer("markdown")(first.document())):
            failed.append(f"{text}: the first try is not told {where!r}")
        if because and plain(writer("markdown")(told)).count(plain(because)) != 1:
            failed.append(f"{text}: feedback does not say {because!r} once")
        if because and because not in [each["because"] for each in found["mistakes"]]:
            failed.append(f"{text}: run --json does not say {because!r}: {found['mistakes']}")
    assert not failed, "\n".join(failed)


def test_a_practice_page_knows_an_array_that_is_turned(posed: tuple[Path, Variant]) -> None:
    """As a response with its words, each once: the script compares what is written with all of them."""
    page = practice_page(Paper("doors", (posed[1],)).key())
    data = json.loads(page.split('id="practice-data">')[1].split("</script>")[0])
    (entry,) = data["entries"]
    rows = [response["rows"] for response in entry["responses"]]
    for turned, because in (
        ([[6, 12], [8, 14]], "Rows and columns are exchanged: this is the transposed matrix."),
        ([[-6, -8], [-12, -14]], "Every number has the opposite sign."),
        ([[12, 14], [6, 8]], "The rows are right, but in the opposite order."),
    ):
        assert rows.count(turned) == 1
        assert f'data-response="{rows.index(turned)}">{because}</template>' in page
    assert rows[0] == [[6, 8], [12, 14]]
    assert data["patterns"]["two-exchanged"] == "Two numbers are exchanged."
