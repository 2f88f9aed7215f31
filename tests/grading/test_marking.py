"""A class: whose hand-in it is, points scaled to the exam's, two hand-ins of one student, names that nobody knows."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from dlcalc.api.grading import Graded
from dlcalc.errors import UserError
from dlcalc.grading.class_marks import HandedIn, kept, mark_class
from dlcalc.grading.hand_ins import HandIn, PassedOver, Refused
from dlcalc.grading.marking import Marker, Result
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
    found = marker.mark(HandIn("x", "ada", listed=True, answers=sitting.right("ada")))
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
    found = replace(marker, policy=policy).mark(
        HandIn("x", "ada", listed=True, answers={"1.a": wrong, "1.c": str(cost)})
    )
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
    ("student", "code", "listed"),
    [
        ("ADA", "", True),
        ("lovelace, ada", "", True),
        ("", "ada's", False),
        ("ada", "ada's", False),
        ("Ada  LOVELACE", "ada's", False),
        ("ada", "ada's", True),
    ],
)
def test_whose_hand_in_it_is(sitting: Sitting, marker: Marker, student: str, code: str, listed: bool) -> None:
    """In a file of one student the code says it, in a table of a class the id, or the name, is enough."""
    found = marker.mark(HandIn("x", student, sitting.code("ada") if code == "ada's" else code, listed=listed))
    assert isinstance(found, Result)
    assert (found.student.id, found.notes) == ("ada", ())


@pytest.mark.parametrize(
    ("student", "code", "listed", "reason"),
    [
        ("", "", False, "the code of the sheet is missing, so the student and the exam are not known; "
            "a table of a class is taken by --class-file"),
        ("ada", "", False, "the code of the sheet is missing, so the student and the exam are not known; "
            "a table of a class is taken by --class-file"),
        ("", "", True, "there is no id and no code"),
        ("eve", "", True, "none of the exam's students is called eve"),
        ("ada", "ZZZZ-ZZZZ", False, "code ZZZZ-ZZZZ is on no sheet of this exam"),
        ("ada", "ZZZZ-ZZZZ", True, "code ZZZZ-ZZZZ is on no sheet of this exam"),
        ("ada", "bob's", False, "code BOB is not ada's"),
        ("eve", "bob's", False, "code BOB is not eve's"),
        ("ada", "bob's", True, "code BOB is not ada's"),
    ],
)  # fmt: skip
def test_whose_hand_in_nobody_knows(
    sitting: Sitting, marker: Marker, student: str, code: str, listed: bool, reason: str
) -> None:
    """A code of another exam, or of somebody else, marks nothing."""
    typed = sitting.code("bob") if code == "bob's" else code
    found = marker.mark(HandIn("x", student, typed, {"1.a": "1"}, listed=listed))
    assert found == Refused("x", reason.replace("BOB", sitting.code("bob")))


def test_the_code_may_stand_in_the_name_of_the_file(sitting: Sitting, marker: Marker) -> None:
    """As that of a blank answer sheet does."""
    code = sitting.code("ada")
    for source in (f"in/{code}.toml", f"in/Ada_123_file_{code.lower()}.toml"):
        found = marker.mark(HandIn(source))
        assert isinstance(found, Result)
        assert found.student.id == "ada"
    assert isinstance(marker.mark(HandIn(f"{code}/x.toml")), Refused)


def test_hand_ins_of_one_student_that_differ_wait_for_a_person(sitting: Sitting, marker: Marker) -> None:
    steps: list[int] = []
    ada, right = sitting.code("ada"), sitting.right("ada")
    hand_ins = [
        HandIn("c.toml", "carl", sitting.code("carl")), Refused("d.toml", "torn"),
        HandIn("a1.toml", code=ada, answers=right, when=2.0), HandIn("a2.toml", code=ada, when=3.0),
        HandIn("a0.toml", code=ada, answers={"1.a": "1x1x1"}, when=1.0), HandIn("e.toml", "eve", listed=True),
    ]  # fmt: skip
    marks = HandedIn(marker, hand_ins).marked(lambda: steps.append(1))
    assert [(result.student.id, result.points) for result in marks.results] == [("carl", 0)]
    rule = "ada has 3 hand-ins that differ: --newest or --first says which counts"
    assert [(each.source, each.reason, each.student) for each in marks.refused] == [
        ("d.toml", "torn", ""), ("e.toml", "none of the exam's students is called eve", ""),
        ("a1.toml, a2.toml, a0.toml", rule, "ada"),
    ]  # fmt: skip
    assert [student.id for student in marks.absent] == ["bob"]
    assert len(steps) == 6
    sources = {chosen: mark_class(marker, hand_ins, chosen=chosen).results[0].source for chosen in ("newest", "first")}
    assert sources == {"newest": "a2.toml", "first": "a0.toml"}


def test_the_same_answers_twice_are_one_hand_in(sitting: Sitting, marker: Marker) -> None:
    """As when the file is uploaded again, or the class's archive lies beside the folder."""
    ada, right = sitting.code("ada"), sitting.right("ada")
    twice = [HandIn(name, code=ada, answers=right) for name in ("a.toml", "b.toml")]
    marks = mark_class(marker, twice)
    assert [(result.source, result.points, result.notes) for result in marks.results] == [("a.toml", 12, ())]
    assert marks.refused == ()


def test_a_class_is_all_right_where_nobody_lacks_a_point_and_nothing_was_refused(marker: Marker) -> None:
    lacking = mark_class(marker, [HandIn("x", "ada", listed=True)])
    (result,) = lacking.results
    all_points = replace(result, parts=tuple(replace(p, points=p.of) for p in result.parts))
    full = replace(lacking, kept=(kept(all_points),))
    torn = replace(full, refused=(Refused("d.toml", "torn"),))
    found = [Graded("Exam", lambda also, put, marks=each: marks) for each in (lacking, full, torn)]
    assert [each.correct for each in found] == [False, True, False]


def test_a_part_that_is_not_there_is_noted(marker: Marker) -> None:
    found = marker.mark(HandIn("x", "ada", listed=True, answers={"9.z": "5", "3.a.conv-1.output": "1", "1.a": ""}))
    assert isinstance(found, Result)
    assert found.unread == ("there is no part 9.z",)
    assert found.is_open
    assert found.to_dict()["marks"] is None


def test_the_commonest_mistakes_of_a_class(sitting: Sitting, marker: Marker) -> None:
    """Two forget the biases of the convolution, one does not."""
    hand_ins = []
    for student, forgets in (("ada", True), ("bob", True), ("carl", False)):
        variant = sitting.variants(student)[0]
        values = variant.values
        count = values["f"] ** 2 * values["c"] * values["k"]
        hand_ins.append(
            HandIn(student, student, listed=True, answers={"1.b": str(count if forgets else count + values["k"])})
        )
    marks = mark_class(marker, hand_ins)
    name, because, students = marks.mistakes[0]
    assert (name, students) == ("output-size: biases-forgotten", 2)
    assert because.startswith("each filter has its own bias")
    as_dict = marks.to_dict()
    assert as_dict["mistakes"][0] == {"id": name, "because": because, "students": 2}
    assert [part["status"] for part in as_dict["students"][2]["parts"][:3]] == ["missing", "right", "missing"]
    assert set(as_dict["students"][0]["parts"][1]) >= {"id", "status", "marks", "expected", "mistakes"}


def test_a_name_that_is_somebody_elses_is_not_a_part_of_a_longer_one(sitting: Sitting) -> None:
    """Ada L is short for Ada Lovelace unless somebody is called so."""
    ada, bob, carl = sitting.issue.students
    students = (ada, replace(bob, name="Ada L"), carl)
    marker = Marker(sitting.issue, seeds.read_secret(sitting.secret), Policy())
    assert marker.owner(HandIn("x", "Ada L", sitting.code("ada"))) == ada
    marker = Marker(replace(sitting.issue, students=students), seeds.read_secret(sitting.secret), Policy())
    assert marker.owner(HandIn("x", "Ada L", sitting.code("ada"))) == Refused(
        "x", f"code {sitting.code('ada')} is not Ada L's"
    )
    assert marker.owner(HandIn("x", "ada", sitting.code("ada"))) == ada
    assert marker.owner(HandIn("x", "Ada L", sitting.code("bob"))) == students[1]


def test_what_cannot_be_read_is_of_whose_code_stands_in_the_name_of_the_file(sitting: Sitting, marker: Marker) -> None:
    """So nobody is said to have handed in nothing whose file is torn."""
    files = [Refused(f"in/{sitting.code('ada')} x.json", "torn"), Refused("in/2222-2222.json", "torn"),
             PassedOver("in/a.pdf"), PassedOver("in/b.docx")]  # fmt: skip
    marks = mark_class(marker, files)
    assert [each.student for each in marks.refused] == ["ada", ""]
    assert [student.id for student in marks.absent] == ["bob", "carl"]
    assert "not read, as no hand-in: in/a.pdf, in/b.docx (2 in all)" in marks.notes
