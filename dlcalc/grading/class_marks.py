"""A class marked, on all processors: of each student only what the class's lists say is kept, packed."""

from __future__ import annotations

import base64
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, TypeAlias, overload

from .. import document as doc
from ..answers.marks import CellMark
from ..errors import printable
from ..expressions.jsonable import as_json
from ..quiz.exam import Issue, Student
from .decisions import key
from .feedback import right_words
from .hand_ins import Found, HandIn, PassedOver, Refused
from .in_order import in_order
from .marking import OPEN, Marked, Marker, Result, words_of
from .part_mark import PartMark
from .unnamed import MOST_WROTE, Slip, Unnamed, slips_of, unnamed

Files: TypeAlias = Mapping[str, str]
"""Name of a file → its content, a letter of Latin-1 for each byte."""
Chosen: TypeAlias = Literal["", "newest", "first"]
"""Which of several hand-ins of one student counts; "" for none of them, until somebody says."""


@dataclass(frozen=True)
class Pending:
    """What somebody has to decide: an answer, or with no `part` a whole hand-in."""

    student: Student
    part: str
    """The id of the sheet, `2.b`."""
    place: str
    """The part, or in a table or an array the cell of it."""
    of: Fraction | None
    wrote: str
    whole: str
    """What stands in the hand-in for the whole part."""
    reason: str
    right: str
    expected: Any
    """The right value, for JSON."""
    source: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "student": self.student.id,
            "part": self.part,
            "place": self.place,
            "of": None if self.of is None else float(self.of),
            "wrote": self.wrote,
            "because": self.reason,
            "expected": self.expected,
            "source": self.source,
        }


@dataclass(frozen=True)
class PartSummary:
    """What a class's lists say of one part of one student."""

    id: str
    question: int
    of: Fraction
    points: Fraction
    is_open: bool
    status: str
    share: Fraction
    mistake: str
    """The likeliest that is known, "" for none."""
    because: str
    wrote: str = ""
    slips: tuple[Slip, ...] = ()
    """Edits of the formula that give a wrong answer which no known mistake gives."""

    @property
    def is_unnamed(self) -> bool:
        """Whether it is wrong, and nothing that is known leads there."""
        return self.status == "wrong" and not self.mistake


@dataclass(frozen=True)
class Summary:
    """What a class's lists say of one student."""

    student: Student
    points: Fraction
    of: Fraction
    is_open: bool
    parts: tuple[PartSummary, ...]
    pending: tuple[Pending, ...]


@dataclass(frozen=True)
class Kept:
    """What is kept of one student: the summary and the marks for JSON, both packed."""

    summary: bytes
    marks: bytes


def kept(result: Result) -> Kept:
    """What a class keeps of a student's marks."""
    return Kept(_packed(asdict(_summary(result))), _packed(result.to_dict()))


def _packed(data: object) -> bytes:
    return zlib.compress(json.dumps(data, default=str, separators=(",", ":")).encode())


def _unpacked(data: bytes) -> Any:
    return json.loads(zlib.decompress(data))


def _summary(result: Result) -> Summary:
    made = []
    for each in result.parts:
        known = [found for found in each.mark.mistakes if not found.found]
        id, because = (known[0].id, known[0].because) if known else ("", "")
        made.append(
            PartSummary(
                each.id, each.question, each.of, each.points, each.is_open, each.mark.status, each.mark.share, id,
                because, each.mark.wrote[:MOST_WROTE], tuple(slips_of(each.mark)),
            )
        )  # fmt: skip
    parts = tuple(made)
    return Summary(result.student, result.points, result.of, result.is_open, parts, tuple(_pending(result)))


def _pending(result: Result) -> Iterator[Pending]:
    for part in result.parts:
        if part.is_open:
            yield from _opened(result, part)
    for line in result.unread:
        yield Pending(result.student, "", "", None, "", "", line, "", None, result.source)


def _opened(result: Result, part: Marked) -> Iterator[Pending]:
    """The part that is open; of a table or an array the cells of it that are."""
    places: list[tuple[str, PartMark | CellMark]] = [
        (", ".join(filter(None, (part.id, cell.layer, cell.column))), cell) for cell in part.mark.cells
    ]
    for place, mark in [each for each in places if each[1].status in OPEN] or [(part.id, part.mark)]:
        right = doc.plain(right_words(mark.expected, part.mark.part.kind))
        yield Pending(result.student, part.id, place, part.of, mark.wrote, words_of(part.mark), mark.reason, right,
                      as_json(mark.expected), result.source)  # fmt: skip


def _read_summary(data: bytes) -> Summary:
    table = _unpacked(data)
    student = Student(**table["student"])
    parts = tuple(
        PartSummary(
            **{
                **each,
                **{name: Fraction(each[name]) for name in ("of", "points", "share")},
                "slips": tuple(Slip(**slip) for slip in each["slips"]),
            }
        )
        for each in table["parts"]
    )
    pending = tuple(
        Pending(**{**each, "student": student, "of": None if each["of"] is None else Fraction(each["of"])})
        for each in table["pending"]
    )
    return Summary(student, Fraction(table["points"]), Fraction(table["of"]), table["is_open"], parts, pending)


@dataclass(frozen=True)
class Marks:
    """A class's marks in the order of the roster, and the hand-ins that were refused."""

    issue: Issue
    kept: tuple[Kept, ...]
    refused: tuple[Refused, ...] = ()
    notes: tuple[str, ...] = ()
    """What is odd about the exam as a whole."""
    again: Callable[[int], Result] | None = None
    """Marks the student at a place once more."""

    @property
    def results(self) -> Sequence[Result]:
        """The marks with all that is known of them; as nobody keeps it, each is marked again when it is asked for."""
        return _Results(self)

    def summaries(self) -> Iterator[Summary]:
        return (_read_summary(each.summary) for each in self.kept)

    def students(self) -> Iterator[dict[str, Any]]:
        """Each student's marks for JSON."""
        return (_unpacked(each.marks) for each in self.kept)

    @cached_property
    def absent(self) -> tuple[Student, ...]:
        there = {each.student.id for each in self.summaries()} | {each.student for each in self.refused}
        return tuple(student for student in self.issue.students if student.id not in there)

    def pending(self) -> Iterator[Pending]:
        """What somebody has to decide: answers that no mark is certain for, then whole hand-ins."""
        for summary in self.summaries():
            yield from summary.pending
        by_id = {student.id: student for student in self.issue.students}
        for each in self.refused:
            student = by_id.get(each.student, Student(each.student))
            yield Pending(student, "", "", None, "", "", each.reason, "", None, each.source)

    @cached_property
    def waiting(self) -> tuple[int, int]:
        """How many answers, and how many whole hand-ins, somebody has to decide."""
        answers = whole = 0
        for each in self.summaries():
            answers += len({pending.part for pending in each.pending if pending.part})
            whole += sum(not pending.part for pending in each.pending)
        return answers, whole + len(self.refused)

    @cached_property
    def mistakes(self) -> list[tuple[str, str, int]]:
        """The class's commonest mistakes: (problem and mistake, because, how many students), most frequent first."""
        count: Counter[tuple[str, str]] = Counter()
        for each in self.summaries():
            made = (part for part in each.parts if part.status == "wrong" and part.mistake)
            named = ((f"{self.problem(part.question)}: {part.mistake}", part.because) for part in made)
            count.update(dict.fromkeys(named, 1))
        return [(name, because, times) for (name, because), times in count.most_common()]

    @cached_property
    def unnamed(self) -> list[Unnamed]:
        """The wrong answers that come often and that no known mistake gives, most frequent first."""
        return unnamed(
            (self.problem(part.question), part.id, part.wrote, part.slips)
            for each in self.summaries()
            for part in each.parts
            if part.is_unnamed
        )

    def problem(self, question: int) -> str:
        """The id of the problem behind a question."""
        return self.issue.exam.items[question - 1].problem.id

    def to_dict(self, students: bool = True) -> dict[str, Any]:
        """The marks for JSON; without the `students`, their list is empty."""
        identity = self.issue.exam.identity
        return {
            "title": self.issue.exam.title,
            "exam": {"id": identity[0], "digest": identity[1]} if identity else None,
            "notes": list(self.notes),
            "students": list(self.students()) if students else [],
            "refused": [{"source": each.source, "because": each.reason} for each in self.refused],
            "to_look_at": [each.to_dict() for each in self.pending()],
            "absent": [student.id for student in self.absent],
            "mistakes": [{"id": name, "because": because, "students": n} for name, because, n in self.mistakes],
            "unnamed": [each.to_dict() for each in self.unnamed],
        }


@dataclass(frozen=True)
class _Results(Sequence[Result]):
    marks: Marks

    def __len__(self) -> int:
        return len(self.marks.kept)

    @overload
    def __getitem__(self, place: int) -> Result: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Result, ...]: ...
    def __getitem__(self, place: int | slice) -> Result | tuple[Result, ...]:
        if isinstance(place, slice):
            return tuple(self[each] for each in range(len(self))[place])
        if self.marks.again is None:
            raise IndexError("these marks are kept in short alone")
        return self.marks.again(range(len(self))[place])


class HandedIn:
    """The hand-ins of a class, student by student, as they wait to be marked.

    Two hand-ins of one student with the same answers are one; of others the `chosen` counts, and without a choice
    none does.
    """

    def __init__(self, marker: Marker, hand_ins: Iterable[Found], chosen: Chosen = "") -> None:
        self.marker = marker
        self.chosen = chosen
        self.count = 0
        self.refused: list[Refused] = []
        self._of: dict[str, list[bytes | HandIn]] = {}
        self.passed_over: list[str] = []
        for hand_in in hand_ins:
            if isinstance(hand_in, PassedOver):
                self.passed_over.append(hand_in.source)
                continue
            self.count += 1
            owner = hand_in if isinstance(hand_in, Refused) else marker.owner(hand_in)
            if isinstance(owner, Refused):
                self.refused.append(marker.known_by_file(owner))
            else:
                self._of.setdefault(owner.id, []).append(_pack(hand_in))  # type: ignore[arg-type]
        self._students = [student for student in marker.issue.students if student.id in self._of]

    def marked(
        self,
        step: Callable[[], None] = lambda: None,
        also: Callable[[Result], Files] = lambda result: {},
        put: Callable[[Files], None] = lambda files: None,
        workers: int | None = None,
    ) -> Marks:
        """The marks; `step` is called after each hand-in.

        `also` makes files of a student's marks where they were made, which is another process perhaps; `put` gets
        them here, student by student in the order of the roster.
        """
        for _ in self.refused:
            step()
        refused, found, places = list(self.refused), [], []

        def work(place: int) -> dict[str, Any]:
            result = self._mark(place)
            if isinstance(result, Refused):
                return {"refused": asdict(result)}
            short = {name: base64.b64encode(data).decode() for name, data in vars(kept(result)).items()}
            return {"kept": short, "files": dict(also(result))}

        with closing(in_order(work, len(self._students), workers)) as given:
            for place, one in enumerate(given):
                if "refused" in one:
                    refused.append(Refused(**one["refused"]))
                else:
                    found.append(Kept(**{name: base64.b64decode(text) for name, text in one["kept"].items()}))
                    places.append(place)
                    put(one["files"])
                for _ in self._of[self._students[place].id]:
                    step()
        issue = self.marker.issue
        old = "the manifest is of before exams had an id: a hand-in of another exam is known by its code alone"
        notes = [] if issue.exam.identity else [old]
        if self.passed_over:
            listed = ", ".join(self.passed_over[:3]) + (", …" if len(self.passed_over) > 3 else "")
            notes.append(f"not read, as no hand-in: {listed} ({len(self.passed_over)} in all)")

        def again(place: int) -> Result:
            result = self._mark(places[place])
            assert isinstance(result, Result)
            return result

        notes += self._of_nobody(_read_summary(found[0].summary).parts if found else ())
        return Marks(issue, tuple(found), tuple(refused), tuple(notes), again)

    def _of_nobody(self, parts: Sequence[PartSummary]) -> Iterator[str]:
        """Decisions that decide nothing, because the exam has no such student or part; without `parts` none is known.

        Such as where a spreadsheet has made 12 of the id 0012.
        """
        students = {key(student.id, "") for student in self.marker.issue.students}
        ids = {"", *(part.id for part in parts)}
        for of in self.marker.decisions:
            if (of[0], "") not in students or (parts and of[1] not in ids):
                listed = ", ".join(filter(None, of))
                yield f"the decision about {printable(listed)} is not used: the exam has no such student or part"

    def _mark(self, place: int) -> Result | Refused:
        student = self._students[place]
        several = [_unpack(each) for each in self._of[student.id]]
        one = _one(several, self.chosen)
        if one is None:
            return _conflict(student, several)
        found = self.marker.mark(one)
        if isinstance(found, Refused):
            return found
        others = [each for each in several if each is not one and each.answers != one.answers]
        also = tuple(f"{each.source} is of the same student, and does not count" for each in others)
        return replace(found, notes=(*found.notes, *also))


def mark_class(marker: Marker, hand_ins: Iterable[HandIn | Refused], chosen: Chosen = "") -> Marks:
    """The marks of a class."""
    return HandedIn(marker, hand_ins, chosen).marked()


def _pack(hand_in: HandIn) -> bytes | HandIn:
    """A hand-in in few bytes; itself where it holds what JSON has not, a date of TOML."""
    try:
        text = json.dumps(vars(hand_in) | {"answers": dict(hand_in.answers)}, separators=(",", ":"))
    except (TypeError, ValueError):
        return hand_in
    return zlib.compress(text.encode())


def _unpack(data: bytes | HandIn) -> HandIn:
    if isinstance(data, HandIn):
        return data
    table = _unpacked(data)
    return HandIn(**{**table, "unread": tuple(table["unread"]), "names": tuple(table["names"])})


def _one(several: Sequence[HandIn], chosen: Chosen) -> HandIn | None:
    """The hand-in that counts: the only one, or of several alike the first; None where somebody has to say."""
    if chosen == "newest":
        return max(reversed(several), key=lambda each: each.when)
    if chosen == "first":
        return min(several, key=lambda each: each.when)
    return several[0] if all(each.answers == several[0].answers for each in several) else None


def _conflict(student: Student, several: Sequence[HandIn]) -> Refused:
    listed = ", ".join(each.source for each in several[:3]) + (", …" if len(several) > 3 else "")
    rule = f"{printable(student.id)} has {len(several)} hand-ins that differ: --newest or --first says which counts"
    return Refused(listed, rule, student.id)
