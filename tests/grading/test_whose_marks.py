"""Whatever else is handed in, an honest hand-in has its marks or waits for a person; nothing is marked in silence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcalc.grading.class_marks import mark_class
from dlcalc.grading.hand_ins import HandIn, Refused, read
from dlcalc.grading.marking import Marker
from dlcalc.grading.policy import Policy
from dlcalc.quiz import seeds

Sitting = Any
STUDENTS = ("ada", "bob", "carl")
KINDS = ("another exam's", "another student's name", "no code", "the same again", "other answers", "a table", "cut",
         "a forged code", "nobody")  # fmt: skip


@pytest.fixture(scope="module")
def marker(sitting: Sitting) -> Marker:
    return Marker(sitting.issue, seeds.read_secret(sitting.secret), Policy())


def toml(code: str, answers: dict[str, str], student: str = "") -> bytes:
    lines = [f'"{name}" = "{value}"' for name, value in answers.items()]
    return "\n".join([f'student = "{student}"', f'code = "{code}"', "[answers]", *lines, ""]).encode()


def attack(sitting: Sitting, kind: str, on: str, answers: dict[str, str]) -> tuple[str, bytes]:
    """A file that is no honest hand-in of `on`, and its name."""
    code = sitting.code(on)
    other = STUDENTS[(STUDENTS.index(on) + 1) % 3]
    match kind:
        case "another exam's":
            return "x.toml", toml(seeds.codes("ab" * 32, [on])[on], answers, on)
        case "another student's name":
            return "x.toml", toml(code, answers, other)
        case "no code":
            return "x.toml", toml("", answers, on)
        case "the same again":
            return "x.toml", toml(code, sitting.right(on), on)
        case "other answers":
            return "x.toml", toml(code, answers, on)
        case "a table":
            rows = [f"{student},{answers['1.a']}" for student in STUDENTS]
            return "x.csv", "\n".join(["student,1.a", *rows]).encode()
        case "cut":
            return "x.json", b'{"code": "' + code.encode()
        case "a forged code":
            return "x.toml", toml(code[:-1] + ("2" if code[-1] != "2" else "3"), answers, on)
    return "x.toml", toml("", answers)


@given(
    kinds=st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(STUDENTS)), max_size=4),
    honest=st.sets(st.sampled_from(STUDENTS)),
    first=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_an_honest_hand_in_keeps_its_marks(
    sitting: Sitting, marker: Marker, kinds: list[tuple[str, str]], honest: set[str], first: bool
) -> None:
    good = {student: toml(sitting.code(student), sitting.right(student), student) for student in honest}
    files = [(f"{student}.toml", data) for student, data in good.items()]
    bad = [attack(sitting, kind, on, {"1.a": "1x1x1", "1.b": "2"}) for kind, on in kinds]
    every = [*bad, *files] if first else [*files, *bad]
    hand_ins: list[HandIn | Refused] = [
        each for number, (name, data) in enumerate(every) for each in read(data, f"{number}-{name}")
    ]
    marks = mark_class(marker, hand_ins)
    doubtful = {on for kind, on in kinds if kind == "other answers"}
    found = {result.student.id: result for result in marks.results}
    waiting = {each.student for each in marks.refused}
    for student in honest:
        if student in doubtful:
            assert student not in found
            assert student in waiting
        else:
            assert found[student].points == 12
    # who hands nothing in of their own has no marks, but for what only they can have: their code
    strangers = set(found) - honest
    assert strangers <= {on for kind, on in kinds if kind in ("the same again", "other answers")}
    told = {"other answers", "the same again"}
    assert len(marks.refused) >= len([kind for kind, _ in kinds if kind not in told])
    assert len(hand_ins) == len(every)
