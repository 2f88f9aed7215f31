"""A class: whose hand-in it is, points scaled to the exam's, two hand-ins of one student, names that nobody knows."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from dlcalc.api.grading import Graded
from dlcalc.errors import UserError
from dlcalc.grading.hand_ins import HandIn, Refused
from dlcalc.grading.marking import Marker, Result, mark_class
from dlcalc.grading.policy import Policy
from dlcalc.quiz import seeds

Sitting = Any


@pytest.fixture
def marker(sitting: Sitting) -> Marker:
    return Marker(sitting.issue, seeds.read_secret(sitting.secret), Policy())


def test_another_secret_marks_nothing(sitting: Sitting) -> None:
    with pytest.raises(UserError, match="this is not the secret with which the exam was made"):
        Marker(sitting.issue, seeds.new_secret(), Policy())


def test_points_are_scaled_to_those_of_the_exam(sitting: Sitting, marker: Marker) -> None:
    """The problem has 2 + 2 + 2 points, and 12 in the exam."""
    found = marker.mark(HandIn("x", "ada", answers=sitting.right("ada")))
    assert isinstance(found, Result)
    assert [(part.id, part.points, part.of) for part in found.parts[:3]] == [
        ("1.a", 4, 4),
        ("1.b", 4, 4),
        ("1.c", 4, 4),
    ]
    assert (found.points, found.of) == (12, sitting.issue.exam.points)


def test_points_are_rounded_down_as_the_policy_says(sitting: Sitting, marker: Marker) -> None:
    policy = Policy(follows=Fraction(2, 3), round_to=Fraction(1, 2))
    right = sitting.right("ada")
    sides = [int(side) for side in right["1.a"].split("x")]
    wrong = "x".join(map(str, (sides[0] - 1, sides[1] - 1, sides[2])))
    cost = int(right["1.c"]) // sides[0] ** 2 * (sides[0] - 1) ** 2
    found = replace(marker, policy=policy).mark(HandIn("x", "ada", answers={"1.a": wrong, "1.c": str(cost)}))
    assert isinstance(found, Result)
    assert [part.mark.status for part in found.parts[:3]] == ["wrong", "missing", "follows"]
    assert [part.points for part in found.parts[:3]] == [0, 0, Fraction(5, 2)]  # 8/3 to halves


@pytest.mark.parametrize("form", ["{}", "{} ", " {}", "lower", "bare", "spaced"])
def test_a_code_as_people_type_it(sitting: Sitting, marker: Marker, form: str) -> None:
    code = sitting.code("bob")
    typed = {"lower": code.lower(), "bare": code.replace("-", ""), "spaced": code.replace("-", " - ")}.get(form)
    found = marker.mark(HandIn("x", code=typed or form.format(code)))
    assert isinstance(found, Result)
    assert found.student.id == "bob"


@pytest.mark.parametrize(
    ("student", "code", "who", "note"),
    [
        ("ADA", "", "ada", ""),
        ("", "ada's", "ada", ""),
        ("ada", "ada's", "ada", ""),
        ("Ada Lovelace", "ada's", "ada", ""),
        ("ada", "ZZZZ-ZZZZ", "ada", "the code ZZZZ-ZZZZ is nobody's; taken by the student's id"),
    ],
)
def test_whose_hand_in_it_is(sitting: Sitting, marker: Marker, student: str, code: str, who: str, note: str) -> None:
    found = marker.mark(HandIn("x", student, sitting.code("ada") if code == "ada's" else code))
    assert isinstance(found, Result)
    assert (found.student.id, found.notes) == (who, (note,) if note else ())


@pytest.mark.parametrize(
    ("student", "code", "reason"),
    [
        ("", "", "nobody in the exam has no code and no id"),
        ("eve", "", "nobody in the exam has student eve"),
        ("eve", "ZZZZ-ZZZZ", "nobody in the exam has code ZZZZ-ZZZZ or student eve"),
        ("ada", "bob's", "code BOB is not ada's"),
    ],
)
def test_whose_hand_in_nobody_knows(sitting: Sitting, marker: Marker, student: str, code: str, reason: str) -> None:
    typed = sitting.code("bob") if code == "bob's" else code
    assert marker.mark(HandIn("x", student, typed)) == Refused("x", reason.replace("BOB", sitting.code("bob")))


def test_of_two_hand_ins_the_first_counts_and_the_roster_gives_the_order(sitting: Sitting, marker: Marker) -> None:
    steps: list[int] = []
    hand_ins = [
        HandIn("c.toml", "carl"), Refused("d.toml", "torn"), HandIn("a1.toml", "ada", answers=sitting.right("ada")),
        HandIn("a2.toml", "ada"), HandIn("e.toml", "eve"),
    ]  # fmt: skip
    marks = mark_class(marker, hand_ins, lambda: steps.append(1))
    assert [(result.student.id, result.points) for result in marks.results] == [("ada", 12), ("carl", 0)]
    assert [(each.source, each.reason) for each in marks.refused] == [
        ("d.toml", "torn"), ("a2.toml", "ada has handed in already: a1.toml"),
        ("e.toml", "nobody in the exam has student eve"),
    ]  # fmt: skip
    assert [student.id for student in marks.absent] == ["bob"]
    assert len(steps) == 5


def test_a_class_is_all_right_where_nobody_lacks_a_point_and_nothing_was_refused(marker: Marker) -> None:
    lacking = mark_class(marker, [HandIn("x", "ada")])
    (result,) = lacking.results
    full = replace(lacking, results=(replace(result, parts=tuple(replace(p, points=p.of) for p in result.parts)),))
    torn = replace(full, refused=(Refused("d.toml", "torn"),))
    assert [Graded(marks).correct for marks in (lacking, full, torn)] == [False, True, False]


def test_a_part_that_is_not_there_is_noted(marker: Marker) -> None:
    found = marker.mark(HandIn("x", "ada", answers={"9.z": "5", "3.a.conv-1.output": "1", "1.a": ""}))
    assert isinstance(found, Result)
    assert found.notes == ("there is no part 9.z",)


def test_the_commonest_mistakes_of_a_class(sitting: Sitting, marker: Marker) -> None:
    """Two forget the biases of the convolution, one does not."""
    hand_ins = []
    for student, forgets in (("ada", True), ("bob", True), ("carl", False)):
        variant = sitting.variants(student)[0]
        values = variant.values
        count = values["f"] ** 2 * values["c"] * values["k"]
        hand_ins.append(HandIn(student, student, answers={"1.b": str(count if forgets else count + values["k"])}))
    marks = mark_class(marker, hand_ins)
    name, because, students = marks.mistakes[0]
    assert (name, students) == ("output-size: biases-forgotten", 2)
    assert because.startswith("each filter has a bias of its own")
    as_dict = marks.to_dict()
    assert as_dict["mistakes"][0] == {"id": name, "because": because, "students": 2}
    assert [part["status"] for part in as_dict["students"][2]["parts"][:3]] == ["missing", "right", "missing"]
    assert set(as_dict["students"][0]["parts"][1]) >= {"id", "status", "marks", "expected", "mistakes"}
