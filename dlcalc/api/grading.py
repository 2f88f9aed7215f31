"""Marking: hand-ins of an exam in, marks, diagnoses and a gradebook out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace as replaced
from functools import cached_property, partial
from typing import Any, TypeAlias

from ..document import Document, showing
from ..explain.marker_test import marker_test
from ..export.registry import suffix, writer
from ..files import writing
from ..grading import decisions
from ..grading.class_marks import Chosen as Chosen
from ..grading.class_marks import Files, HandedIn, Marks
from ..grading.class_report import for_class
from ..grading.feedback import for_student
from ..grading.gradebook import gradebook, pending_list, unnamed_list
from ..grading.hand_ins import read_all
from ..grading.marking import Marker
from ..grading.marking import Result as StudentMarks
from ..grading.policy import policy_of
from ..profiles import COURSE, Profile
from ..quiz import bank, seeds
from ..quiz.exam import read_exam
from ..quiz.exam_folder import PRIVATE, KeptFolder
from ..quiz.manifest import read_manifest
from ..verification.self_test import FIRST, GOALS, SelfTest, passed, self_test
from .quiz import profile_of, spelling
from .results import Result, as_text

TO_LOOK_AT, DECISIONS = "to-look-at.csv", "decisions.csv"
Also: TypeAlias = Callable[[StudentMarks], Files]
Put: TypeAlias = Callable[[Files], None]
STAND_IN = "0" * 64
"""In the place of an exam's secret where its questions are drawn to test the marker."""


class Graded(Result):
    """A class's marks: `marks.results` per student, and `to_dict` for JSON."""

    says_course = False
    settled = False
    listed = ""
    """The file that lists what somebody has to decide, once it is written."""

    def __init__(
        self,
        title: str,
        marked: Callable[[Also, Put], Marks],
        spell: dict[str, str] | None = None,
        course: Profile = COURSE,
    ) -> None:
        """`marked` marks the hand-ins: it makes files of each student's marks, and hands them over."""
        self.course = course
        self.title = title
        self.spell = spell
        self._marked = marked

    @cached_property
    def marks(self) -> Marks:
        return self._marked(lambda result: {}, lambda files: None)

    @property
    def correct(self) -> bool:
        """Everybody has all points, and nobody has to look at anything."""
        return not self.waiting and all(each.points == each.of for each in self.marks.summaries())

    @property
    def waiting(self) -> int:
        """How many answers and hand-ins somebody has to decide."""
        return sum(self.marks.waiting)

    def _document(self) -> Document:
        return for_class(self.marks, self.spell, self.listed)

    def to_dict(self) -> dict[str, Any]:
        return self.marks.to_dict()

    def json_pieces(self, escaped: bool = False) -> Iterator[str]:
        """Student by student, so that they are not all in memory together."""
        parts = as_text(self.marks.to_dict(students=False), escaped).split('\n  "students": []', 1)
        yield parts[0] + '\n  "students": ['
        separator = "\n    "
        for each in self.marks.students():
            yield separator + as_text(each, escaped).replace("\n", "\n    ")
            separator = ",\n    "
        yield ("\n  ]" if self.marks.kept else "]") + parts[1]

    def write(self, out: str, formats: Iterable[str] = ("markdown",), replace: bool = False) -> None:
        """The gradebook, the list of what somebody has to decide, and every student's feedback, into a folder.

        The folder is for its owner alone; what was decided in its list is kept before the list is made anew. Raises
        UserError where it cannot be written, or where somebody has changed a file in it, unless `replace`.
        """
        endings = {format: suffix(format) for format in formats}  # an unknown one is refused before anything is written
        with writing.renewed(out, private=True) as renewal:
            folder = KeptFolder(renewal, out, replace)

            def put(made: Files) -> None:
                for name, content in made.items():
                    folder.put(name, content.encode("latin-1"))

            self.marks = self._marked(lambda result: self._feedback(result, endings), put)
            folder.put("gradebook.csv", gradebook(self.marks))
            folder.put(TO_LOOK_AT, pending_list(self.marks), anew=True)
            if self.marks.unnamed:
                folder.put("unnamed.csv", unnamed_list(self.marks))
            folder.done(keep=False)
        self.listed = os.path.join(out, TO_LOOK_AT)

    def _feedback(self, result: StudentMarks, endings: Mapping[str, str]) -> Files:
        """The files of one student, in each format."""
        with showing(self.course):
            made = for_student(result, self.title, spell=self.spell)
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
    made = replaced(made, exam=made.exam.asking(course.significant_digits, course.decimal))
    spell = spelling(course, (item.problem for item in made.exam.items))
    marker = Marker(made, seeds.read_secret(secret), policy, spell, _decisions(manifest, out))
    handed_in = HandedIn(marker, read_all(answers, class_files), chosen)
    marked = partial(handed_in.marked, lambda: step(handed_in.count))
    return Graded(made.exam.title, marked, spell, course)


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
