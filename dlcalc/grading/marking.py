"""A hand-in marked with its student's own variant, whatever is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from ..answers.marks import CORRECT, cells_as_data
from ..errors import DlcalcError, UserError, printable
from ..expressions.jsonable import as_json
from ..quiz.exam import Issue, Student
from ..quiz.seeds import same_code
from ..quiz.sheet import entry_id
from ..quiz.variant import Variant
from .decisions import Decision, Decisions, key, normal
from .hand_ins import HandIn, Refused
from .part_judging import judge
from .part_mark import PartMark
from .policy import Policy

OPEN = ("undecided", "unreadable")
"""What a person has to look at: nobody knows yet what it earns."""


@dataclass(frozen=True)
class Marked:
    """One part of a student's hand-in with its points: `id` is that of the sheet, `2.b`."""

    id: str
    question: int
    mark: PartMark
    of: Fraction
    points: Fraction
    follows: tuple[str, ...] = ()
    """The entries of the sheet from whose wrong answers this one follows."""
    decision: Decision | None = None
    """What a person has decided, which counts."""

    @property
    def is_open(self) -> bool:
        """Whether somebody has to look at it: what it earns is not known until then."""
        return self.decision is None and (self.mark.status in OPEN or any(c.status in OPEN for c in self.mark.cells))

    def to_dict(self) -> dict[str, Any]:
        mark = self.mark
        return {
            "id": self.id,
            "status": mark.status,
            "correct": CORRECT.get(mark.status),
            "marks": None if self.is_open else float(self.points),
            "of": float(self.of),
            "wrote": mark.wrote,
            "expected": as_json(mark.expected),
            "mistakes": [{"id": each.id, "because": each.because} for each in mark.mistakes],
            "convention": mark.convention or None,
            "follows": list(self.follows),
            "reason": mark.reason,
            **({"decided": self.decision.because} if self.decision else {}),
            **cells_as_data(mark.cells),
        }


@dataclass(frozen=True)
class Result:
    """A student's marks. `notes` say what was odd about the hand-in."""

    student: Student
    code: str
    source: str
    parts: tuple[Marked, ...]
    variants: tuple[Variant, ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    """What stands in the hand-in and belongs to no part, so that somebody has to look at it."""

    @property
    def points(self) -> Fraction:
        """What is earned for certain."""
        return sum((part.points for part in self.parts), Fraction(0))

    @property
    def is_open(self) -> bool:
        """Whether somebody has to look at it."""
        return bool(self.unread) or any(part.is_open for part in self.parts)

    @property
    def of(self) -> Fraction:
        return sum((part.of for part in self.parts), Fraction(0))

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.student.id,
            "name": self.student.name,
            "status": "to look at" if self.is_open else "marked",
            "marks": None if self.is_open else float(self.points),
            "marks_so_far": float(self.points),
            "of": float(self.of),
            "parts": [part.to_dict() for part in self.parts],
            "notes": [*self.notes, *self.unread],
        }


def words_of(mark: PartMark) -> str:
    """What stands in a hand-in for a part, by which a decision knows it again; of cells those of all."""
    return normal("; ".join(cell.wrote for cell in mark.cells if cell.wrote) if mark.cells else mark.wrote)


@dataclass
class Marker:
    """Marks hand-ins of one exam. Raises UserError when the secret is another exam's, or the manifest was edited."""

    issue: Issue
    secret: str
    policy: Policy
    spell: Mapping[str, str] = field(default_factory=dict)
    decisions: Decisions = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.issue.check(self.secret)

    def owner(self, hand_in: HandIn) -> Student | Refused:
        """Whose hand-in it is; Refused where nobody knows."""
        try:
            return self._student(hand_in)
        except UserError as error:
            return Refused(hand_in.source, printable(str(error)))

    def mark(self, hand_in: HandIn) -> Result | Refused:
        """One student's marks; Refused where nobody knows whose hand-in it is."""
        try:
            student = self._student(hand_in)
            variants = self.issue.exam.variants(self.secret, student.id)
            parts, decided = self._decided(student, tuple(self._parts(variants, hand_in.answers)))
        except DlcalcError as error:
            return Refused(hand_in.source, printable(str(error)))
        strange = [f"there is no part {printable(name)}" for name in self._strange(variants, hand_in.answers)]
        unread = (*strange[:5], *hand_in.unread)
        if key(student.id, "") in self.decisions:  # somebody has looked at all of it
            decided, unread = [*decided, *unread], ()
        return Result(student, self.issue.codes[student.id], hand_in.source, parts, variants, tuple(decided), unread)

    def known_by_file(self, refused: Refused) -> Refused:
        """With the student whose code stands in the name of the file, where one does."""
        code = "" if refused.student else self._code_in(refused.source)
        return replace(refused, student=self.issue.by_code[same_code(code)].id) if code else refused

    def _student(self, hand_in: HandIn) -> Student:
        """Whose hand-in it is: by the code of the sheet, which the name on it, if there is one, must not contradict.

        In a table of a class the id, or a name that one student has, is enough. Raises UserError.
        """
        said = printable(hand_in.student)
        named = self._named(hand_in.student) if hand_in.student else []
        if written := hand_in.code or ("" if hand_in.listed else self._code_in(hand_in.source)):
            code = printable(written)
            found = self.issue.by_code.get(same_code(written))
            if found is None:
                raise UserError(f"code {code} is on no sheet of this exam")
            agrees = found in named or (not named and (hand_in.listed or _may_be(hand_in.student, found)))
            if hand_in.student and not agrees:
                raise UserError(f"code {code} is not {said}'s")
            return found
        if not hand_in.listed:
            raise UserError("the code of the sheet is missing, so the student and the exam are not known; a "
                            "table of a class is taken by --class-file")  # fmt: skip
        if not hand_in.student:
            raise UserError("there is no id and no code")
        found_by = [self._named(each) for each in (hand_in.student, *hand_in.names)]
        people = {each[0].id: each[0] for each in found_by if len(each) == 1}
        if len(people) > 1:
            raise UserError(f"{said} and {printable(hand_in.names[0])} are two students")
        if not people:
            raise UserError(f"{max(map(len, found_by)) or 'none'} of the exam's students is called {said}")
        return next(iter(people.values()))

    def _code_in(self, source: str) -> str:
        """The code of this exam in the name of the file, as that of a blank answer sheet has it."""
        words = re.findall(r"(?<![0-9A-Za-z])[0-9A-Za-z]{4}-[0-9A-Za-z]{4}(?![0-9A-Za-z])", source.rpartition("/")[2])
        return next((word for word in words if same_code(word) in self.issue.by_code), "")

    def _named(self, said: str) -> list[Student]:
        """The student with that id, else those with that name: whatever its letters' case, spaces and order."""
        found = self.issue.by_id.get(said.casefold())
        return [found] if found else self._by_name.get(_name(said), [])

    @cached_property
    def _by_name(self) -> dict[tuple[str, ...], list[Student]]:
        found: dict[tuple[str, ...], list[Student]] = {}
        for student in self.issue.students:
            if student.name:
                found.setdefault(_name(student.name), []).append(student)
        return found

    def _decided(self, student: Student, parts: tuple[Marked, ...]) -> tuple[tuple[Marked, ...], list[str]]:
        """The parts with what a person has decided of them, and what has to be said of it."""
        found, notes = [], []
        for part in parts:
            decision = self.decisions.get(key(student.id, part.id))
            if decision is not None and decision.wrote is not None and decision.wrote != words_of(part.mark):
                notes.append(f"{part.id}: the decision was about another answer than the one handed in now")
                decision = None
            if decision is not None and decision.marks > part.of:
                notes.append(f"{part.id}: {float(decision.marks):g} marks were decided, of {float(part.of):g}")
            counts = replace(part, points=decision.marks, decision=decision) if decision is not None else part
            found.append(counts)
        return tuple(found), notes

    def _parts(self, variants: Sequence[Variant], answers: Mapping[str, object]) -> Iterator[Marked]:
        for number, (item, variant) in enumerate(zip(self.issue.exam.items, variants, strict=True), 1):
            ids = {part.id: entry_id(number, variant, part) for part in item.problem.parts}
            given = {name: _given(answers, id) for name, id in ids.items()}
            scale = item.worth / item.problem.points if item.problem.points else Fraction(0)
            for mark in judge(variant, given, self.policy, self.spell):
                of = mark.part.points * scale
                points = self.policy.in_steps(of * mark.share)
                follows = tuple(ids[name] for name in mark.carried)
                yield Marked(ids[mark.part.id], number, mark, of, points, follows)

    def _strange(self, variants: Sequence[Variant], answers: Mapping[str, object]) -> list[str]:
        known = {entry_id(n, v, part) for n, v in enumerate(variants, 1) for part in v.problem.parts}
        return [
            name
            for name, value in answers.items()
            if value not in ("", None) and not any(name == id or name.startswith(f"{id}.") for id in known)
        ]


def _given(answers: Mapping[str, object], id: str) -> object:
    """The answer to an entry; of a table its cells."""
    if id in answers:
        return answers[id]
    cells = {name.removeprefix(f"{id}."): value for name, value in answers.items() if name.startswith(f"{id}.")}
    return cells or None


def _name(text: str) -> tuple[str, ...]:
    """The words of a name, so that Löwe, Ada is Ada Löwe; one without any letter is itself."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return tuple(sorted(re.findall(r"\w+", plain))) or tuple(plain.split())


def _may_be(said: str, student: Student) -> bool:
    """Whether this is the student's id, or their name, or a part of it: Ada L. for Ada Lovelace."""
    if said.casefold() == student.id.casefold():
        return True
    few, many = sorted((_name(said), _name(student.name)), key=len)
    left = list(many)
    for word in few:
        same = next((each for each in left if each.startswith(word) or word.startswith(each)), None)
        if same is None:
            return False
        left.remove(same)
    return bool(few)
