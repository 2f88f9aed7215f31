"""What `--json` prints of problems, practice sets and marks, as types."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from .shapes import IS_VALUE, LayerCell, Mistake, Shown, Status


class Finding(TypedDict):
    file: str
    key: str
    text: str
    error: bool


class Linted(TypedDict):
    files: int
    errors: int
    findings: list[Finding]


class Stressed(TypedDict):
    problem: str
    topic: str
    seeds: int
    distinct: int
    ms: float
    uncounted: list[str]
    common_mistakes: Any
    lead_to_right: dict[str, int]
    lead_to_the_same: dict[str, int]
    told_apart: float
    full_marks_for_wrong: dict[str, int]
    patterns: list[dict[str, Any]]
    tests: int
    faults: list[str]
    more_faults: int


class BankCheck(TypedDict):
    seeds: int
    correct: bool
    problems: list[Stressed]


class Choice(TypedDict):
    letter: str
    text: str
    right: NotRequired[bool]
    because: NotRequired[str]


class Response(TypedDict):
    id: str
    value: Shown
    share: float
    tolerance: Shown
    feedback: str


class Entry(TypedDict):
    kind: str
    size: NotRequired[list[int]]
    several: NotRequired[bool]
    choices: NotRequired[list[Choice]]
    answer: NotRequired[Annotated[Any, IS_VALUE, "with the key alone"]]
    responses: NotRequired[Annotated[list[Response], "with the key alone"]]
    working: NotRequired[Annotated[str, "with the key alone; Markdown"]]


class TableEntry(Entry):
    id: str
    cell: str


class PaperPart(Entry):
    id: str
    label: str
    points: float
    text: Annotated[str, "Markdown"]
    entries: NotRequired[Annotated[list[TableEntry], "the cells of a table"]]


class Question(TypedDict):
    number: int
    title: str
    points: float
    problem: str
    topic: str
    text: Annotated[str, "Markdown"]
    note: NotRequired[str]
    parts: list[PaperPart]


class Paper(TypedDict):
    title: str
    facts: dict[str, str]
    date: str
    language: str
    text: Annotated[str, "Markdown"]
    questions: list[Question]


class MarkedPart(TypedDict):
    id: str
    status: Status
    correct: bool | None
    marks: Annotated[float | None, "null where nobody has judged"]
    of: float
    wrote: str
    expected: Shown
    mistakes: list[Mistake]
    convention: str | None
    follows: list[str]
    reason: str
    decided: NotRequired[str]
    cells: NotRequired[list[LayerCell]]


class Student(TypedDict):
    id: str
    name: str
    status: Literal["marked", "to look at"]
    marks: Annotated[float | None, "null where somebody has to look"]
    marks_so_far: float
    of: float
    parts: list[MarkedPart]
    notes: list[str]


class ExamIdentity(TypedDict):
    id: str
    digest: str


class Refused(TypedDict):
    source: str
    because: str


class Pending(TypedDict):
    student: str
    part: str
    place: Any
    of: float | None
    wrote: str
    because: str
    expected: Shown
    source: str


class ClassMistake(TypedDict):
    id: str
    because: str
    students: int


class Edit(TypedDict):
    formula: str
    step: str
    expression: str


class Unnamed(TypedDict):
    problem: str
    part: str
    students: int
    of: Annotated[int, "wrong answers to the part that have no name"]
    wrote: str
    because: str
    edit: Annotated[Edit | None, "what they have in common"]
    for_problem: Annotated[str, "a mistake to paste into the problem's file"]
    for_formula: Annotated[str, "a mistake to paste into the formula"]


class Graded(TypedDict):
    title: str
    exam: ExamIdentity | None
    notes: list[str]
    students: list[Student]
    refused: list[Refused]
    to_look_at: list[Pending]
    absent: list[str]
    mistakes: list[ClassMistake]
    unnamed: Annotated[list[Unnamed], "wrong answers that come often and that no known mistake gives"]


class Tally(TypedDict):
    tried: int
    good: int
    share: float
    failures: list[Any]


class Tested(TypedDict):
    exam: str
    passed: bool
    right: Tally
    marks: Tally
    single: Tally
    pairs: Tally
    follows: Tally
    conventions: Tally
    single_first: float
    most_named: int
