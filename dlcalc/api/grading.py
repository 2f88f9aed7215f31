"""Marking: hand-ins of an exam in, marks, diagnoses and a gradebook out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import files
from ..document import Document
from ..export.registry import suffix, writer
from ..grading import feedback
from ..grading.gradebook import gradebook
from ..grading.hand_ins import HandIn, Refused, read_all
from ..grading.marking import Marker, Marks, mark_class
from ..grading.policy import policy_of
from ..profiles import COURSE, Profile, showing
from ..quiz import bank, seeds
from ..quiz.exam import read_exam
from ..quiz.manifest import read_manifest
from ..verification.self_test import SelfTest, passed, report, self_test
from .quiz import profile_of, spelling
from .results import Result


class Graded(Result):
    """A class's marks: `marks.results` per student, and `to_dict` for JSON."""

    says_course = False

    def __init__(self, marks: Marks, spell: dict[str, str] | None = None, course: Profile = COURSE) -> None:
        self.course = course
        self.marks = marks
        self.spell = spell

    @property
    def correct(self) -> bool:
        """Everybody has all points, and no hand-in was refused."""
        return not self.marks.refused and all(result.points == result.of for result in self.marks.results)

    def _document(self) -> Document:
        return feedback.for_class(self.marks, self.spell)

    def to_dict(self) -> dict[str, Any]:
        return self.marks.to_dict()

    def write(self, out: str, formats: Iterable[str] = ("markdown",)) -> None:
        """The gradebook, and every student's feedback, into a folder. Raises UserError where it cannot be written."""
        endings = {format: suffix(format) for format in formats}  # an unknown one is refused before anything is written
        folder = files.folder(out)
        files.write(folder / "gradebook.csv", gradebook(self.marks))
        feedback_folder = files.folder(folder / "feedback")
        for result in self.marks.results:
            with showing(self.course):
                made = feedback.for_student(result, self.marks.issue.exam.title, spell=self.spell)
            document = replace(made, course=self.course)
            for format, ending in endings.items():
                files.write(Path(feedback_folder) / f"{result.code}{ending}", writer(format)(document))


def grade(
    manifest: str,
    secret: str,
    answers: Iterable[str],
    step: Callable[[int], None] = lambda total: None,
) -> Graded:
    """Marks the hand-ins in files, folders and archives. `secret` names its file; `step` is called after each hand-in
    with how many there are. Raises UserError and ProblemError for the exam's own files, never for a hand-in.
    """
    made = read_manifest(manifest)
    policy = policy_of(made.exam.policy, manifest)
    course = profile_of(made.exam)
    made = replace(made, exam=made.exam.asking(course.significant_digits))
    spell = spelling(course, (item.problem for item in made.exam.items))
    marker = Marker(made, seeds.read_secret(secret), policy, spell)
    hand_ins: list[HandIn | Refused] = list(read_all(answers))
    return Graded(mark_class(marker, hand_ins, lambda: step(len(hand_ins))), spell, course)


class Tested(Result):
    """The marker's own test: `passed`, and `to_dict` with what was tried and how often it came out as it should."""

    def __init__(self, found: SelfTest, title: str) -> None:
        self.found = found
        self.title = title

    @property
    def passed(self) -> bool:
        return passed(self.found)

    def _document(self) -> Document:
        return report(self.found, self.title)

    def to_dict(self) -> dict[str, Any]:
        return {"exam": self.title, "passed": self.passed, **self.found.to_dict()}


def marker_tested(exam: str, seeds: int = 5, step: Callable[[int], None] = lambda total: None) -> Tested:
    """Hand-ins of known mistakes made for an exam file, `all` for the whole bank, and marked.

    Raises UserError and ProblemError for the exam's own files.
    """
    if exam == "all":
        problems, title = [bank.load(str(path)) for path in bank.files()], "All problems"
    else:
        found = read_exam(exam)
        problems, title = [item.problem for item in found.items], found.title
    return Tested(self_test(problems, seeds, step), title)
