"""What a student and a teacher are told, in words."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from dlcalc.export.registry import writer
from dlcalc.grading import class_report, feedback
from dlcalc.grading.class_marks import mark_class
from dlcalc.grading.class_report import MOST_REFUSED, for_class
from dlcalc.grading.decisions import Decision, key
from dlcalc.grading.feedback import for_student, number
from dlcalc.grading.hand_ins import HandIn, Refused
from dlcalc.grading.marking import Marker, Result
from dlcalc.grading.policy import Policy
from dlcalc.networks.exercise import to_csv
from dlcalc.quiz import seeds

Sitting = Any


@pytest.fixture
def marker(sitting: Sitting) -> Marker:
    return Marker(sitting.issue, seeds.read_secret(sitting.secret), Policy())


def told(marker: Marker, student: str, **answers: str) -> str:
    given = {name.replace("_", "."): answer for name, answer in answers.items()}
    result = marker.mark(HandIn("x", student, listed=True, answers=given))
    assert isinstance(result, Result)
    text = writer("markdown")(for_student(result, "Exam"))
    assert isinstance(text, str)
    return text.replace("\\", "")


def test_a_student_is_told_what_each_answer_is_worth_and_why(sitting: Sitting, marker: Marker) -> None:
    values = sitting.variants("ada")[0].values
    weights = values["f"] ** 2 * values["c"] * values["k"]
    text = told(marker, "ada", **{"1_a": "5 5 )", "1_b": str(weights), "1_c": "1234567"})
    assert "Exam: your marks" in text
    assert "Ada Lovelace" in text
    assert "could not be read" in text
    assert "0 of 4: wrong. You wrote `" + str(weights) + "`." in text
    assert "Each filter has its own bias, so k biases are added to the weights." in text
    assert f"The right answer is {weights + values['k']:,}." in text
    assert "No typical mistake gives this." in text
    assert "not answered" in text


def test_the_right_choice_stands_in_words(sitting: Sitting, marker: Marker) -> None:
    variant = sitting.variants("ada")[1]
    (part,) = variant.problem.parts
    places = {choice.right: "ABCDEFGH"[i] for i, choice in enumerate(variant.choices[part.id])}
    wrong = next(choice for i, choice in enumerate(variant.choices[part.id]) if "ABCDEFGH"[i] == places[False])
    text = " ".join(told(marker, "ada", **{"2": places[False]}).split())
    assert f"The right answer is {places[True]}." in text
    from dlcalc import document as doc

    assert doc.plain(wrong.because).split()[0].lower() in text.lower()
    assert "No typical mistake gives" not in text


def test_a_teacher_is_not_buried_in_what_was_refused(marker: Marker) -> None:
    marks = mark_class(marker, [Refused(f"{i}.toml", "torn") for i in range(MOST_REFUSED + 7)])
    text = writer("markdown")(for_class(marks))
    assert isinstance(text, str)
    assert text.count("torn") == MOST_REFUSED
    assert "and 7 more that cannot be marked" in text
    assert "0 of 3 students" in text


def test_what_follows_says_from_where(sitting: Sitting, marker: Marker) -> None:
    values = sitting.variants("ada")[0].values
    right = sitting.right("ada")
    side = int(right["1.a"].partition("x")[0])
    cost = int(right["1.c"]) // side**2
    text = told(marker, "ada", **{"1_a": f"{side - 1}x{side - 1}x{values['k']}", "1_c": str(cost * (side - 1) ** 2)})
    assert "4 of 4: right, following through from your own answer to 1.a. You wrote" in text
    assert f"With the right earlier answer it is {int(right['1.c']):,}." in text
    assert f"The right answer is {side} × {side} × {values['k']}." in text


def table(marker: Marker, sitting: Sitting, wrote: str) -> tuple[str, str]:
    """What ada is told of the table and what her teacher sees, with `wrote` in every cell."""
    asked = sitting.variants("ada")[2].asked["table"]
    rows = [["layer", *asked.columns]]
    for row in asked.table.rows:
        shape = "x".join([wrote] * len(row.output)) if wrote.isdigit() else wrote
        rows.append([row.layer.name, *(shape if column == "output" else wrote for column in asked.columns)])
    hand_in = HandIn("x", "ada", listed=True, answers={"3.a": to_csv(rows)})
    marks = mark_class(marker, [hand_in])
    student, teacher = (
        writer("markdown")(document) for document in (for_student(marks.results[0], "Exam"), for_class(marks))
    )
    assert isinstance(student, str)
    assert isinstance(teacher, str)
    return student.replace("\\", ""), teacher.replace("\\", "")


def test_a_table_is_told_cell_by_cell(sitting: Sitting, marker: Marker, monkeypatch: pytest.MonkeyPatch) -> None:
    """77 is the right number of nothing; zz is a letter that no network has, so somebody has to look at it."""
    told_her, _ = table(marker, sitting, "77")
    assert re.search(r"\*\*3\.a\*\* [0-9.]+ of \d+: [012] of \d+ cells are right\.", told_her)
    assert "| conv-1 | weights | 77 | wrong" in told_her
    monkeypatch.setattr(feedback, "MOST_CELLS", 2)
    told_her, _ = table(marker, sitting, "77")
    assert re.search(r"And \d\d more cells\.", told_her)
    assert len(re.findall(r"\| 77(?:x77)* \|", told_her)) == 2


def test_a_table_that_is_missing_is_shown_filled_in(sitting: Sitting, marker: Marker) -> None:
    text = told(marker, "ada", **{"1_a": "5"})
    asked = sitting.variants("ada")[2].asked["table"]
    section = text[text.index("**3.a**") : text.index("**3.b**")]
    assert section.startswith("**3.a** 0 of 8: not answered.")
    assert "The right answer is" not in section
    rows = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("|")]
    assert [row.layer.name for row in asked.table.rows] == rows[2:-1]


def test_a_teacher_is_told_what_to_look_at(sitting: Sitting, marker: Marker, monkeypatch: pytest.MonkeyPatch) -> None:
    _, seen = table(marker, sitting, "zz?!<b>")
    assert "# To look at" in seen
    assert re.search(r"\| ada \| 3\.a, conv-1, weights \| `zz\?!<b>` \| ", seen)
    monkeypatch.setattr(class_report, "MOST_OPEN", 3)
    _, cut = table(marker, sitting, "zz?!<b>")
    assert cut.count("`zz?!<b>`") == 3
    assert re.search(r"And \d+ more answers\.", cut)
    assert "To look at" not in table(marker, sitting, "77")[1]


def test_a_part_earns_what_those_who_handed_in_earned(sitting: Sitting, marker: Marker) -> None:
    """Of three students two hand in, one right and one wrong: half, not a third; the class's mean is of the two."""
    right = {"1.a": sitting.right("ada")["1.a"]}
    marks = mark_class(
        marker,
        [HandIn("x", "ada", listed=True, answers=right), HandIn("y", "bob", listed=True, answers={"1.a": "1x1x1"})],
    )
    text = writer("markdown")(for_class(marks))
    assert isinstance(text, str)
    assert re.search(r"\| 1\.a \| output-size \| 50% \|", text.replace("\\", ""))
    assert re.search(r"\| 1\.b \| output-size \| 0% \|", text.replace("\\", ""))
    assert "2 of 3 students, mean 2.0 and median 2.0 of" in text
    assert "nothing from carl" in text


def test_what_nobody_has_judged_earns_neither_something_nor_nothing(sitting: Sitting) -> None:
    """Of one answer that waits nothing is known; what a person has decided counts, and not what was written."""
    files = [HandIn("x", "ada", listed=True, answers={"1.a": "zz", "1.b": "zz"}),
             HandIn("y", "bob", listed=True, answers={"1.b": sitting.right("bob")["1.b"]})]  # fmt: skip
    decided = {key("bob", "1.c"): Decision(Fraction(3))}
    marker = Marker(sitting.issue, seeds.read_secret(sitting.secret), Policy(), decisions=decided)
    text = writer("markdown")(for_class(mark_class(marker, files)))
    assert isinstance(text, str)
    earned = dict(re.findall(r"\| (1\.[abc]) \| output-size \| (\S+) \|", text.replace("\\", "")))
    assert earned == {"1.a": "0%", "1.b": "100%", "1.c": "38%"}  # of bob alone; 3 of 4 points, and none
    alone = writer("markdown")(for_class(mark_class(marker, files[:1])))
    assert isinstance(alone, str)
    assert re.findall(r"\| 1\.[ab] \| output-size \| (\S+) \|", alone.replace("\\", "")) == ["?", "?"]


def test_a_class_without_hand_ins_has_no_tables(marker: Marker) -> None:
    marks = replace(mark_class(marker, []), refused=())
    assert len(for_class(marks).blocks) == 1


@pytest.mark.parametrize(
    ("points", "words"), [(3, "3"), ("5/2", "2.5"), ("1/3", "0.33"), (0, "0"), ("9/4", "2.25"), (100, "100")]
)
def test_points_as_they_are_said(points: object, words: str) -> None:
    assert number(Fraction(points)) == words  # type: ignore[arg-type]
