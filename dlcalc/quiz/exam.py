"""An exam: which problems with how many points, read from a small TOML file; the roster; what every student gets."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date as calendar
from fractions import Fraction
from functools import cached_property
from typing import Any

from .. import document as doc
from ..document import COURSE, Profile
from ..errors import DlcalcError, ProblemError, UserError, printable, shown
from ..expressions.printing import Spell
from ..files.untrusted import csv_rows, decoded_leniently, parse_toml, read_bytes
from . import bank, headings, seeds
from .identity import Identity, exam_digest
from .problem import LEVELS, Problem
from .sheet import Shares, sheet
from .toml_fields import TomlFields
from .variant import Variant, variant

MOST_QUESTIONS = 100
MOST_STUDENTS = 20_000
_MOST_BYTES = 8 * 2**20


@dataclass(frozen=True)
class Item:
    """A question of an exam: a problem, and its points where they are not the problem's own."""

    problem: Problem
    points: Fraction | None = None

    @property
    def worth(self) -> Fraction:
        return self.problem.points if self.points is None else self.points


@dataclass(frozen=True)
class Pool:
    """Questions that are drawn, `count` of these problems; which ones, only the exam's secret says."""

    problems: tuple[Problem, ...]
    count: int
    points: Fraction | None = None

    def drawn(self, *key: object) -> list[Item]:
        return [Item(problem, self.points) for problem in bank.chosen(self.problems, self.count, *key)]


@dataclass(frozen=True)
class Exam:
    """An exam file, read. `policy` is what it says of marking, for `grading` to read.

    `id` is what the exam is known by, its title unless the file says another. `pools`: the place among the items
    before which questions are still to be drawn, and from what.
    """

    title: str
    items: tuple[Item, ...]
    date: str = ""
    instructions: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    profile: str = ""
    policy: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""
    id: str = ""
    pools: tuple[tuple[int, Pool], ...] = ()
    known_as: seeds.Exam | None = None
    """What a manifest says that the exam is known by; () of one that says nothing."""

    @property
    def points(self) -> Fraction:
        return sum((item.worth for item in self.items), Fraction(0))

    @cached_property
    def identity(self) -> seeds.Exam:
        """The exam's id and the digest of its problems. Raises ProblemError where a problem cannot be drawn."""
        if self.known_as is not None:
            return self.known_as
        return Identity(self.id or self.title, exam_digest(item.problem for item in self.items))

    def drawn(self, secret: str) -> Exam:
        """The exam with the questions that its secret draws."""
        if not self.pools:
            return self
        id = self.id or self.title
        items: list[Item] = []
        pools = list(self.pools)
        for place in range(len(self.items) + 1):
            while pools and pools[0][0] == place:
                items += pools.pop(0)[1].drawn("exam", seeds.stream(secret, id, len(items)))
            items += self.items[place : place + 1]
        return replace(self, items=tuple(items), pools=())

    def asking(self, digits: int, decimal: str = "") -> Exam:
        """The exam with rounded numbers asked to so many significant digits, and with a decimal sign."""
        items = tuple(replace(item, problem=item.problem.asking(digits, decimal)) for item in self.items)
        return replace(self, items=items)

    def variants(self, secret: str, student: str) -> tuple[Variant, ...]:
        """What a student gets. Raises ProblemError where a problem cannot be drawn."""
        return tuple(
            variant(item.problem, seeds.seed(secret, student, number, item.problem.id, self.identity))
            for number, item in enumerate(self.items, 1)
        )

    def document(
        self, variants: Iterable[Variant], code: str, name: str = "", key: bool = False, shares: Shares | None = None,
        spell: Spell = None, course: Profile = COURSE,
    ) -> doc.Document:  # fmt: skip
        """A student's sheet, or the key to it."""
        facts = [("Code", code), ("Name", name), *self.facts.items(), ("Points", _number(self.points))]
        if self.date:
            facts.insert(0, ("Date", self.date))
        before = (doc.Paragraph(self.instructions),) if self.instructions else ()
        points = {i: item.worth for i, item in enumerate(self.items, 1)}
        title = f"{self.title}: key" if key else self.title
        return sheet(title, tuple(variants), key, facts, self.date, points, before, shares or Shares(), spell, course)


def _number(points: Fraction) -> str:
    return str(points.numerator) if points.denominator == 1 else f"{float(points):g}"


def read_exam(path: str) -> Exam:
    """The exam in a file. Raises ProblemError with the file and the key."""
    keys = TomlFields(path, parse_toml(read_bytes(path, 2**20, "an exam"), path))
    found = exam_of(keys, os.path.dirname(path))
    keys.done()
    return found


def exam_of(keys: TomlFields, near: str) -> Exam:
    """The exam in a table; files of problems are looked for from the folder `near`. Raises ProblemError."""
    title = keys.text("title")
    items: list[Item] = []
    pools: list[tuple[int, Pool]] = []
    for inner in keys.tables("problem"):
        found = _item(inner, near)
        if isinstance(found, Item):
            items.append(found)
        else:
            pools.append((len(items), found))
    if not 1 <= len(items) + sum(pool.count for _, pool in pools) <= MOST_QUESTIONS:
        raise keys.wrong("problem", f"an exam has 1 to {MOST_QUESTIONS} questions, each under [[problem]]")
    facts = keys.inner("facts")
    return Exam(
        title, tuple(items), _date(keys), keys.text("instructions", ""), {name: facts.text(name) for name in facts},
        keys.text("profile", ""), keys.inner("policy").table, keys.path, keys.text("id", ""), tuple(pools),
    )  # fmt: skip


def _date(keys: TomlFields) -> str:
    value = keys.take("date")
    if value is None:
        return ""
    text = value.isoformat()[:10] if isinstance(value, calendar) else value
    if not isinstance(text, str) or not is_date(text):
        raise keys.wrong("date", f"a date is written 2026-11-21, not {shown(value)}")
    return text


def is_date(text: str) -> bool:
    """Whether a text is a day, written 2026-11-21."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        return False
    try:
        calendar.fromisoformat(text)
    except ValueError:
        return False
    return True


def _item(keys: TomlFields, near: str) -> Item | Pool:
    """One problem by its id or file, or `count` of a topic."""
    points = keys.fraction("points", Fraction(0)) if "points" in keys else None
    found: Item | Pool
    try:
        if "id" in keys:
            found = Item(bank.find(keys.text("id"), near), points)
        elif "file" in keys:
            found = Item(bank.find(keys.text("file"), near), points)
        else:
            level = keys.one_of("level", LEVELS) if "level" in keys else ""
            pool = bank.of_topic(keys.text("topic"), level)
            found = Pool(pool, keys.whole("count", 1, MOST_QUESTIONS, 1), points)
    except ProblemError:
        raise
    except DlcalcError as error:
        raise keys.with_key("", error) from None
    keys.done()
    return found


# the roster


@dataclass(frozen=True)
class Student:
    """One line of a roster."""

    id: str
    name: str = ""


_IDS = ("id", *headings.IDS, "number")


def read_roster(path: str) -> tuple[Student, ...]:
    """The students of a CSV file with a column `id`, and `name` perhaps (or first and last). Raises ProblemError."""
    text = decoded_leniently(read_bytes(path, _MOST_BYTES, "a roster"), path)
    try:
        rows = list(csv_rows(text))
    except UserError as error:
        raise ProblemError(printable(path), "", str(error)) from None
    if not rows:
        raise ProblemError(printable(path), "", "a roster has a line of headings and a line for each student")
    head = [headings.known(cell) for cell in rows[0][1]]
    column = next((head.index(name) for name in _IDS if name in head), None)
    if column is None:
        rule = f"a roster has a column id; the columns here are {printable(', '.join(head))}"
        raise ProblemError(printable(path), "line 1", rule)
    students: dict[str, Student] = {}
    taken: set[str] = set()
    for number, row in rows[1:]:
        if any(cell.strip() for cell in row[len(head) :]):
            rule = f"there are {len(row)} cells under {len(head)} headings; put a cell with a comma in quotes"
            raise ProblemError(printable(path), f"line {number}", rule)
        id = row[column].strip() if column < len(row) else ""
        if not id or id.casefold() in taken or len(id) > 200:
            rule = f"an id of at most 200 characters, used once, is expected, not {printable(id)}"
            raise ProblemError(printable(path), f"line {number}", rule)
        taken.add(id.casefold())
        students[id] = Student(id, _name(head, row))
    if not students:
        raise ProblemError(printable(path), "", "there are no students in the roster, only its headings")
    if len(students) > MOST_STUDENTS:
        raise ProblemError(printable(path), "", f"a roster has at most {MOST_STUDENTS:,} students")
    return tuple(students.values())


def _name(head: list[str], row: list[str]) -> str:
    cells = {name: cell.strip() for name, cell in zip(head, row, strict=False)}
    for name in headings.NAMES:
        if cells.get(name):
            return cells[name]
    parts = [cells.get(name, "") for name in (*headings.FIRST_NAMES, *headings.LAST_NAMES)]
    return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Issue:
    """An exam as handed out to students: who has which code. It holds neither an answer, nor a seed, nor the secret."""

    exam: Exam
    students: tuple[Student, ...]
    codes: Mapping[str, str]
    secret_fingerprint: str
    sealed: str | None = None
    """What the manifest says, for its MAC; None of a manifest without one."""
    mac: str = ""

    def check(self, secret: str) -> None:
        """Raises UserError where this is not what was made with the secret: another exam's, or edited since."""
        if seeds.fingerprint(secret) != self.secret_fingerprint:
            raise UserError("this is not the secret with which the exam was made")
        if self.sealed is not None and not seeds.same_mac(secret, self.sealed, self.mac):
            raise UserError("the manifest was changed after the exam was made: its seal does not fit; take the "
                            "one that was made, or make the exam again")  # fmt: skip
        if seeds.codes(secret, (student.id for student in self.students), self.exam.identity) != dict(self.codes):
            raise UserError("the codes in the manifest are not those of its students: it was changed, or put "
                            "together from others")  # fmt: skip

    @cached_property
    def by_code(self) -> dict[str, Student]:
        return {self.codes[student.id]: student for student in self.students}

    @cached_property
    def by_id(self) -> dict[str, Student]:
        return {student.id.casefold(): student for student in self.students}


def issue(exam: Exam, students: tuple[Student, ...], secret: str) -> Issue:
    """The exam for these students, with the questions that its secret draws. Raises ProblemError."""
    exam = exam.drawn(secret)
    codes = seeds.codes(secret, (student.id for student in students), exam.identity)
    return Issue(exam, students, codes, seeds.fingerprint(secret))
