"""Practice sets and exams: `practice("convolution", count=5, seed=7)`; an exam file and a roster made into sheets."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace as replaced
from typing import Any

from ..document import Document
from ..errors import UserError, printable
from ..export.registry import suffix, writer
from ..export.registry import text as written
from ..files import writing
from ..formulas.registry import formula
from ..grading.policy import policy_of
from ..profiles import COURSE, Profile, active
from ..quiz import bank, seeds
from ..quiz.exam import Exam, Issue, Student, is_date, issue, read_exam, read_roster
from ..quiz.exam_folder import MANIFEST, PRIVATE, ExamFolder
from ..quiz.exam_folder import exam_in as exam_in
from ..quiz.manifest import to_json
from ..quiz.problem import Problem
from ..quiz.sheet import Shares, sheet
from ..quiz.variant import Variant, variant
from .results import Result

MOST_COUNT = 200
PRACTICE_ONLY = ("moodle", "practice")
"""Formats that hold the answers, and so are made from practice seeds only."""


class Paper(Result):
    """Several variants as a sheet, or with `solutions` as its key."""

    def __init__(
        self, title: str, variants: Sequence[Variant], solutions: bool = False, date: str = "",
        course: Profile = COURSE,
    ) -> None:  # fmt: skip
        self.course = course
        self.title = title
        self.variants = tuple(variants)
        self.solutions = self.says_course = solutions
        self.date = date
        self.spell = spelling(course, [each.problem for each in self.variants])

    def _document(self) -> Document:
        return sheet(self.title, self.variants, self.solutions, date=self.date, spell=self.spell, course=self.course)

    def key(self) -> Document:
        """The sheet with answers, reasons and working, as formats that mark themselves need it."""
        return sheet(self.title, self.variants, True, date=self.date, spell=self.spell, course=self.course)

    def to_dict(self) -> dict[str, Any]:
        import json

        found: dict[str, Any] = json.loads(written("json", self.document()))
        return found

    def write(self, format: str) -> str | bytes:
        """The paper in a format; `html` is the practice page, which marks itself."""
        wanted = "practice" if format == "html" else format
        return writer(wanted, as_file=True)(self.key() if wanted in PRACTICE_ONLY else self.document())

    def save(self, path: str, format: str) -> None:
        """Writes the paper into a file, whole or not at all. Raises UserError where that cannot be."""
        writing.write(path, self.write(format))


def practice(
    topic: str = "all", count: int = 5, seed: object = 1, level: str = "", solutions: bool = False, date: str = ""
) -> Paper:
    """`count` problems of a topic as variants of a seed: the same every time, on every machine.

    Raises UserError for an unknown topic, a count out of range, a seed that is no text, or a date that is none.
    """
    _check_date(date)
    seed = seeds.text(seed)
    if not 1 <= count <= MOST_COUNT:
        raise UserError(f"a practice set has 1 to {MOST_COUNT} problems, not {count}")
    course = active(None, os.environ)
    chosen = bank.chosen(bank.of_topic(topic, level), count, "practice", topic, seed)
    problems = [problem.asking(course.significant_digits, course.decimal) for problem in chosen]
    variants = [variant(problem, f"{seed}/{number}") for number, problem in enumerate(problems, 1)]
    title = "Practice" if topic == "all" else f"Practice: {topic.replace('-', ' ')}"
    return Paper(title, variants, solutions, date, course)


def _check_date(date: str) -> None:
    if date and not is_date(date):
        raise UserError(f"a date is written 2026-11-21, not {printable(date)}")


def topics() -> dict[str, int]:
    """The topics of the bank, with how many problems each has."""
    return dict(sorted(Counter(path.parent.name for path in bank.files()).items()))


def paper(paths: Iterable[str], seed: object = 1, solutions: bool = False, date: str = "") -> Paper:
    """Problem files, or ids of the bank, as variants of a seed."""
    _check_date(date)
    course = active(None, os.environ)
    found = [bank.find(path).asking(course.significant_digits, course.decimal) for path in paths]
    title = found[0].title if len(found) == 1 else "Problems"
    return Paper(title, [variant(problem, seed) for problem in found], solutions, date, course)


def make_exam(
    path: str,
    roster: str,
    out: str,
    secret: str = "",
    formats: Sequence[str] = ("markdown",),
    keys: bool = False,
    date: str = "",
    replace: bool = False,
) -> Iterator[tuple[str, int]]:
    """Makes an exam for the students of a roster, in the folder `out`: a sheet and a blank answer sheet for each, the
    manifest, and with `keys` everybody's key.

    `secret` names the file of the secret, which must be there; without one it is `private/secret.key` of the folder,
    made where it is missing. The folder is what it was until everything is made. A folder with another exam, with
    students that the roster does not have, or with files that somebody has changed is left alone, unless `replace`.
    Yields what was made and how many students there are. Raises UserError and ProblemError.
    """
    _check_date(date)
    for format in formats:
        if format in PRACTICE_ONLY:
            raise UserError(f"{format} holds the answers, so an exam is not made in it; practice sets are")
        suffix(format)
    exam, students = read_exam(path), read_roster(roster)
    shares = policy_of(exam.policy, path).shares  # the key promises what the marker gives
    if date:
        exam = replaced(exam, date=date)
    value = seeds.read_secret(secret) if secret else ""
    with writing.renewed(out) as renewal:
        folder = ExamFolder(renewal, out, replace)
        value = value or folder.secret()
        exam = folder.drawn(exam, value)
        course = profile_of(exam)
        made = issue(exam.asking(course.significant_digits, course.decimal), students, value)
        folder.check(made)
        for student in students:
            _student(made, student, value, folder, formats, shares if keys else None, course)
            yield student.id, len(students)
        folder.put(MANIFEST, to_json(made, out, value))
        folder.done(keep=not replace)


def _student(
    made: Issue, student: Student, secret: str, folder: ExamFolder, formats: Sequence[str], shares: Shares | None,
    course: Profile,
) -> None:  # fmt: skip
    """A student's sheet and blank answer sheet; the key too, where what answers earn is given."""
    exam, code = made.exam, made.codes[student.id]
    spell = spelling(course, (item.problem for item in exam.items))
    variants = exam.variants(secret, student.id)

    def put(place: str, format: str, document: Document) -> None:
        folder.put(f"{place}/{code}{suffix(format)}", writer(format, as_file=True)(document))

    document = exam.document(variants, code, student.name, spell=spell, course=course)
    for format in formats:
        put("sheets", format, document)
    put("answers", "answers-toml", document)
    if shares is not None:
        key = exam.document(variants, code, student.name, key=True, shares=shares, spell=spell, course=course)
        for format in formats:
            put(f"{PRIVATE}/keys", format, key)


def profile_of(exam: Exam) -> Profile:
    """The course profile that an exam names, or the one in use."""
    wanted = exam.profile
    if wanted.endswith(".toml") and not os.path.isabs(wanted):
        wanted = os.path.join(os.path.dirname(exam.path), wanted)
    return active(wanted or None, os.environ)


def spelling(course: Profile, problems: Iterable[Problem]) -> dict[str, str]:
    """How the course writes the letters of the formulas that these problems ask.

    A name that two of the formulas would have written differently keeps its letter.
    """
    found: dict[str, set[str]] = {}
    for problem in problems:
        for part in problem.parts:
            if part.ask is None or part.ask.form not in ("formula", "inverse"):
                continue
            asked = problem.formulas.get(part.ask.of) or formula(part.ask.of)
            names = {step.name: "" for step in asked.steps} | {v.name: v.long for v in asked.variables}
            for name, letter in course.spelled(asked.id, names).items():
                found.setdefault(name, set()).add(letter)
    return {name: next(iter(letters)) for name, letters in found.items() if len(letters) == 1 and letters != {name}}
