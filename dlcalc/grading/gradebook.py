"""The gradebook of a class as comma-separated values, and the list of what somebody has to decide."""

from __future__ import annotations

import unicodedata

from .. import document as doc
from ..networks.exercise import to_csv
from .feedback import number, right_words
from .marking import Marks, Pending, words_of

BOM = "\ufeff"
"""By which a spreadsheet knows that the file is UTF-8."""


def gradebook(marks: Marks) -> str:
    """A row per student in the order of the roster, a column per part.

    Marks that nobody has given yet are empty, never 0: `status` says why. No cell runs in a spreadsheet.
    """
    worth = {part.id: part.of for result in marks.results[:1] for part in result.parts}
    parts = [f"{id} (of {number(of)})" for id, of in worth.items()]
    rows = [["student", "name", "code", "marks", "of", "status", *parts]]
    found = {result.student.id: result for result in marks.results}
    refused = {each.student for each in marks.refused}
    for student in marks.issue.students:
        start = [student.id, student.name, marks.issue.codes[student.id]]
        result = found.get(student.id)
        if result is None:
            status = "to look at" if student.id in refused else "nothing handed in"
            rows.append([*start, "", number(marks.issue.exam.points), status, *([""] * len(worth))])
            continue
        points = {part.id: "" if part.is_open else number(part.points) for part in result.parts}
        total, status = ("", "to look at") if result.is_open else (number(result.points), "marked")
        rows.append([*start, total, number(result.of), status, *(points.get(id, "") for id in worth)])
    return _csv(rows)


def pending_list(marks: Marks) -> str:
    """What somebody has to decide, with empty cells for `marks` and `because`; `wrote` is what they will be for."""
    rows = [["student", "name", "part", "marks", "because", "of", "place", "wrote", "why", "right", "source"]]
    words = {(result.student.id, part.id): words_of(part.mark) for result in marks.results for part in result.parts}
    listed: dict[tuple[str, str, str], list[Pending]] = {}
    for each in marks.pending:
        listed.setdefault((each.student.id, each.part, "" if each.part else f"{each.source} {each.reason}"), []).append(
            each
        )
    for (student, part, _), several in listed.items():
        first = several[0]
        right = "; ".join(doc.plain(right_words(each.right, each.kind)) for each in several) if part else ""
        of = "" if first.of is None else number(first.of)
        place = "; ".join(each.place for each in several)
        wrote = words.get((student, part), first.wrote)
        rows.append([student, first.student.name, part, "", "", of, place, wrote, first.reason, right, first.source])
    return _csv(rows)


def _csv(rows: list[list[str]]) -> str:
    return BOM + to_csv([[_visible(cell) for cell in row] for row in rows])


def _visible(text: str) -> str:
    """Without marks that nobody sees, which would hide the sign of a formula behind them."""
    return "".join(
        letter for letter in text if letter in "\t\n\r" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs")
    )
