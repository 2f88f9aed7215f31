"""Marking: hand-ins of an exam in, marks, diagnoses and a gradebook out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import replace as replaced
from typing import Any

from ..document import Document, showing
from ..explain.marker_test import marker_test
from ..export.registry import suffix, writer
from ..files import writing
from ..grading import decisions, feedback
from ..grading.gradebook import gradebook, pending_list
from ..grading.hand_ins import HandIn, Refused, read_all
from ..grading.marking import Chosen as Chosen
from ..grading.marking import Marker, Marks, mark_class
from ..grading.policy import policy_of
from ..profiles import COURSE, Profile
from ..quiz import bank, seeds
from ..quiz.exam import read_exam
from ..quiz.exam_folder import PRIVATE, KeptFolder
from ..quiz.manifest import read_manifest
from ..verification.self_test import FIRST, GOALS, SelfTest, passed, self_test
from .in_order import in_order
from .quiz import profile_of, spelling
from .results import Result

TO_LOOK_AT, DECISIONS = "to-look-at.csv", "decisions.csv"
STAND_IN = "0" * 64
"""In the place of an exam's secret where its questions are drawn to test the marker."""


class Graded(Result):
    """A class's marks: `marks.results` per student, and `to_dict` for JSON."""

    says_course = False
    listed = ""
    """The file that lists what somebody has to decide, once it is written."""

    def __init__(self, marks: Marks, spell: dict[str, str] | None = None, course: Profile = COURSE) -> None:
        self.course = course
        self.marks = marks
        self.spell = spell

    @property
    def correct(self) -> bool:
        """Everybody has all points, and nobody has to look at anything."""
        return not self.waiting and all(result.points == result.of for result in self.marks.results)

    @property
    def waiting(self) -> int:
        """How many answers and hand-ins somebody has to decide."""
        return sum(self.marks.waiting)

    def _document(self) -> Document:
        return feedback.for_class(self.marks, self.spell, self.listed)

    def to_dict(self) -> dict[str, Any]:
        return self.marks.to_dict()

    def write(self, out: str, formats: Iterable[str] = ("markdown",), replace: bool = False) -> None:
        """The gradebook, the list of what somebody has to decide, and every student's feedback, into a folder.

        The folder is for its owner alone; what was decided in its list is kept before the list is made anew. Raises
        UserError where it cannot be written, or where somebody has changed a file in it, unless `replace`.
        """
        endings = {format: suffix(format) for format in formats}  # an unknown one is refused before anything is written
        with writing.renewed(out, private=True) as renewal:
            folder = KeptFolder(renewal, out, replace)
            folder.put("gradebook.csv", gradebook(self.marks))
            folder.put(TO_LOOK_AT, pending_list(self.marks), anew=True)
            with closing(in_order(lambda place: self._feedback(place, endings), len(self.marks.results))) as written:
                for files_of_one in written:
                    for name, content in files_of_one.items():
                        folder.put(name, content.encode("latin-1"))
            folder.done(keep=False)
        self.listed = os.path.join(out, TO_LOOK_AT)

    def _feedback(self, place: int, endings: Mapping[str, str]) -> dict[str, str]:
        """The files of one student: name → content in each format, a letter of Latin-1 for each byte."""
        result = self.marks.results[place]
        with showing(self.course):
            made = feedback.for_student(result, self.marks.issue.exam.title, spell=self.spell)
        document = replaced(made, course=self.course)
        found = {}
        for format, ending in endings.items():
            text = writer(format, as_file=True)(document)
            data = text.encode("utf-8", "replace") if isinstance(text, str) else text
            found[f"feedback/{result.code}{ending}"] = data.decode("latin-1")
        return found


def grade(
    manifest: str,
    secret: str,
    answers: Iterable[str] = (),
    step: Callable[[int], None] = lambda total: None,
    class_files: Iterable[str] = (),
    chosen: Chosen = "",
    out: str = "",
) -> Graded:
    """Marks the hand-ins in files, folders and archives, one student's in each, and in tables of a class.

    `secret` names its file; `step` is called after each hand-in with how many there are. `chosen`: which of several
    hand-ins of one student counts, the "newest" or the "first"; without it none of them does. What people decided is
    kept in `private/decisions.csv` beside the manifest; what they filled in since in the list in `out` is added to
    it. Raises UserError and ProblemError for the exam's own files, never for a hand-in.
    """
    made = read_manifest(manifest)
    policy = policy_of(made.exam.policy, manifest)
    course = profile_of(made.exam)
    made = replaced(made, exam=made.exam.asking(course.significant_digits))
    spell = spelling(course, (item.problem for item in made.exam.items))
    marker = Marker(made, seeds.read_secret(secret), policy, spell, _decisions(manifest, out))
    hand_ins: list[HandIn | Refused] = list(read_all(answers, class_files))
    return Graded(mark_class(marker, hand_ins, lambda: step(len(hand_ins)), chosen), spell, course)


def _decisions(manifest: str, out: str) -> decisions.Decisions:
    """What people decided; what they have filled in in the list in `out` is first put with what they had before."""
    kept = os.path.join(os.path.dirname(manifest), PRIVATE, DECISIONS)
    known = decisions.read(kept)
    listed = os.path.join(out, TO_LOOK_AT) if out else ""
    new = decisions.read(listed) if listed else {}
    if not new:
        return known
    every = decisions.merged(known, new, listed)
    if every != known:
        writing.folder(os.path.dirname(kept), private=True)
        writing.write(kept, decisions.to_text(every), private=True)
    return every


class Tested(Result):
    """The marker's own test: `passed`, and `to_dict` with what was tried and how often it came out as it should."""

    def __init__(self, found: SelfTest, title: str) -> None:
        self.found = found
        self.title = title

    @property
    def passed(self) -> bool:
        return passed(self.found)

    def _document(self) -> Document:
        tallies = {name: getattr(self.found, name) for name in GOALS}
        return marker_test(self.title, tallies, GOALS, FIRST, self.found.most_named, self.passed)

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
        problems, title = [item.problem for item in found.drawn(STAND_IN).items], found.title
    return Tested(self_test(problems, seeds, step), title)
