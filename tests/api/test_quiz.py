"""Practice sets and exams from Python: whose letters they are written in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from dlcalc.api.quiz import profile_of, spelling
from dlcalc.profiles import Profile
from dlcalc.quiz import bank
from dlcalc.quiz.exam import read_exam


class Course:
    """A course that writes the size of an image W and the inputs of a dense layer D, and a filter F."""

    def spelled(self, id: str, names: Mapping[str, str]) -> dict[str, str]:
        return {"n": "D"} if id.startswith("dense") else {"n": "W", "f": "F"}


def test_a_name_that_two_formulas_write_differently_keeps_its_letter() -> None:
    course = cast(Profile, cast(Any, Course()))
    conv, both = bank.find("output-size"), bank.find("against-dense")
    assert spelling(course, [conv]) == {"n": "W", "f": "F"}
    assert spelling(course, [both]) == {"f": "F"}
    assert spelling(course, []) == {}


def test_the_profile_of_an_exam_lies_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the folder one works in."""
    monkeypatch.delenv("DLCALC_PROFILE", raising=False)
    folder = tmp_path / "exams"
    folder.mkdir()
    (folder / "mine.toml").write_text('extends = "pytorch"\ntitle = "My course"\n', encoding="utf-8")
    exam = "title = 'E'\nprofile = 'mine.toml'\n[[problem]]\nid = 'output-size'\n"
    (folder / "exam.toml").write_text(exam, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert profile_of(read_exam(os.path.join("exams", "exam.toml"))).title == "My course"
