"""A class marked: every hand-in with its student's own variant, one after the other, whatever is wrong with one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from ..errors import DlcalcError, UserError
from ..expressions.jsonable import as_json
from ..quiz import seeds
from ..quiz.exam import Issue, Student
from ..quiz.seeds import same_code
from ..quiz.sheet import entry_id
from ..quiz.variant import Variant
from ..untrusted import printable
from .hand_ins import HandIn, Refused
from .part_judging import judge
from .part_mark import PartMark
from .policy import Policy


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

    def to_dict(self) -> dict[str, Any]:
        mark = self.mark
        return {
            "id": self.id,
            "status": mark.status,
            "marks": float(self.points),
            "of": float(self.of),
            "wrote": mark.wrote,
            "expected": as_json(mark.expected),
            "mistakes": [{"id": each.id, "because": each.because} for each in mark.mistakes],
            "convention": mark.convention,
            "follows": list(self.follows),
            "because": mark.reason,
            **({"cells": [{"layer": c.layer, **c.to_dict()} for c in mark.cells]} if mark.cells else {}),
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

    @property
    def points(self) -> Fraction:
        return sum((part.points for part in self.parts), Fraction(0))

    @property
    def of(self) -> Fraction:
        return sum((part.of for part in self.parts), Fraction(0))

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.student.id,
            "name": self.student.name,
            "marks": float(self.points),
            "of": float(self.of),
            "parts": [part.to_dict() for part in self.parts],
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Marks:
    """A class's marks: the results in the order of the roster, and the hand-ins that were refused."""

    issue: Issue
    results: tuple[Result, ...]
    refused: tuple[Refused, ...] = ()

    @cached_property
    def absent(self) -> tuple[Student, ...]:
        there = {result.student.id for result in self.results}
        return tuple(student for student in self.issue.students if student.id not in there)

    @cached_property
    def mistakes(self) -> list[tuple[str, str, int]]:
        """The class's commonest mistakes: (problem and mistake, because, how many students), most frequent first."""
        count: Counter[tuple[str, str]] = Counter()
        for result in self.results:
            seen = {
                (f"{result_problem(self.issue, part.question)}: {part.mark.mistakes[0].id}",
                 part.mark.mistakes[0].because)
                for part in result.parts if part.mark.status == "wrong" and part.mark.mistakes
            }  # fmt: skip
            count.update(seen)
        return [(name, because, times) for (name, because), times in count.most_common()]

    def to_dict(self) -> dict[str, Any]:
        return {
            "title": self.issue.exam.title,
            "students": [result.to_dict() for result in self.results],
            "refused": [{"source": each.source, "because": each.reason} for each in self.refused],
            "absent": [student.id for student in self.absent],
            "mistakes": [{"id": name, "because": because, "students": n} for name, because, n in self.mistakes],
        }


def result_problem(issue: Issue, question: int) -> str:
    """The id of the problem behind a question."""
    return issue.exam.items[question - 1].problem.id


@dataclass
class Marker:
    """Marks hand-ins of one exam. Raises UserError when the secret is another exam's."""

    issue: Issue
    secret: str
    policy: Policy
    spell: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if seeds.fingerprint(self.secret) != self.issue.secret_fingerprint:
            raise UserError("this is not the secret with which the exam was made")

    def owner(self, hand_in: HandIn) -> Student | Refused:
        """Whose hand-in it is; Refused where nobody knows."""
        try:
            return self._student(hand_in)[0]
        except UserError as error:
            return Refused(hand_in.source, printable(str(error)))

    def mark(self, hand_in: HandIn) -> Result | Refused:
        """One student's marks; Refused where nobody knows whose hand-in it is."""
        try:
            student, notes = self._student(hand_in)
            variants = self.issue.exam.variants(self.secret, student.id)
            parts = tuple(self._parts(variants, hand_in.answers))
        except DlcalcError as error:
            return Refused(hand_in.source, printable(str(error)))
        notes += [f"there is no part {printable(name)}" for name in self._strange(variants, hand_in.answers)][:5]
        return Result(student, self.issue.codes[student.id], hand_in.source, parts, variants, tuple(notes))

    def _student(self, hand_in: HandIn) -> tuple[Student, list[str]]:
        """Whose hand-in it is, by the code of the sheet, else by the student's id."""
        by_code = self.issue.by_code.get(same_code(hand_in.code)) if hand_in.code else None
        by_id = self.issue.by_id.get(hand_in.student.casefold()) if hand_in.student else None
        if by_code is None and by_id is None:
            known = f"code {printable(hand_in.code)}" if hand_in.code else ""
            who = f"student {printable(hand_in.student)}" if hand_in.student else ""
            raise UserError(f"nobody in the exam has {' or '.join(filter(None, (known, who))) or 'no code and no id'}")
        if by_code is not None and by_id is not None and by_code.id != by_id.id:
            raise UserError(f"code {printable(hand_in.code)} is not {printable(hand_in.student)}'s")
        if by_code is None and hand_in.code:
            return by_id or Student(""), [f"the code {printable(hand_in.code)} is nobody's; taken by the student's id"]
        return by_code or by_id or Student(""), []

    def _parts(self, variants: Sequence[Variant], answers: Mapping[str, object]) -> Iterator[Marked]:
        for number, (item, variant) in enumerate(zip(self.issue.exam.items, variants, strict=True), 1):
            ids = {part.id: entry_id(number, variant, part) for part in item.problem.parts}
            given = {name: _given(answers, id) for name, id in ids.items()}
            scale = item.worth / item.problem.points if item.problem.points else Fraction(0)
            for mark in judge(variant, given, self.policy, self.spell):
                of = mark.part.points * scale
                points = self.policy.rounded(of * mark.share)
                follows = tuple(ids[name] for name in mark.carried)
                yield Marked(ids[mark.part.id], number, mark, of, points, follows)

    def _strange(self, variants: Sequence[Variant], answers: Mapping[str, object]) -> list[str]:
        known = {entry_id(n, v, part) for n, v in enumerate(variants, 1) for part in v.problem.parts}
        return [name for name in answers if not any(name == id or name.startswith(f"{id}.") for id in known)]


def _given(answers: Mapping[str, object], id: str) -> object:
    """The answer to an entry; of a table its cells."""
    if id in answers:
        return answers[id]
    cells = {name.removeprefix(f"{id}."): value for name, value in answers.items() if name.startswith(f"{id}.")}
    return cells or None


def mark_class(marker: Marker, hand_ins: Iterable[HandIn | Refused], step: Callable[[], None] = lambda: None) -> Marks:
    """The marks of a class. Of two hand-ins of one student the first counts; `step` is called after each."""
    results: dict[str, Result] = {}
    refused: list[Refused] = []
    for hand_in in hand_ins:
        found: Student | Refused | Result = hand_in if isinstance(hand_in, Refused) else marker.owner(hand_in)
        if isinstance(found, Student):
            first = results.get(found.id)
            already = f"{printable(found.id)} has handed in already: {first.source}" if first else ""
            found = Refused(hand_in.source, already) if first else marker.mark(hand_in)  # type: ignore[arg-type]
        if isinstance(found, Refused):
            refused.append(found)
        elif isinstance(found, Result):
            results[found.student.id] = found
        step()
    order = {student.id: place for place, student in enumerate(marker.issue.students)}
    return Marks(marker.issue, tuple(sorted(results.values(), key=lambda r: order[r.student.id])), tuple(refused))
