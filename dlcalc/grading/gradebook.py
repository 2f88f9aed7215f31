"""The gradebook of a class as comma-separated values, and the list of what somebody has to decide."""

from __future__ import annotations

from ..files.untrusted import seen
from ..networks.exercise import to_csv
from .class_marks import Marks, Pending
from .feedback import number

BOM = "\ufeff"
"""By which a spreadsheet knows that the file is UTF-8."""


def gradebook(marks: Marks) -> str:
    """A row per student in the order of the roster, a column per part.

    Marks that nobody has given yet are empty, never 0: `status` says why. No cell runs in a spreadsheet.
    """
    first = next(marks.summaries(), None)
    parts = [f"{part.id} (of {number(part.of)})" for part in first.parts] if first else []
    rows = [["student", "name", "code", "marks", "of", "status", *parts]]
    found = marks.summaries()
    summary = next(found, None)
    refused = {each.student for each in marks.refused}
    for student in marks.issue.students:
        start = [student.id, student.name, marks.issue.codes[student.id]]
        if summary is None or summary.student.id != student.id:
            status = "to look at" if student.id in refused else "nothing handed in"
            rows.append([*start, "", number(marks.issue.exam.points), status, *([""] * len(parts))])
            continue
        total, status = ("", "to look at") if summary.is_open else (number(summary.points), "marked")
        points = ["" if part.is_open else number(part.points) for part in summary.parts]
        rows.append([*start, total, number(summary.of), status, *points])
        summary = next(found, None)
    return _csv(rows)


def pending_list(marks: Marks) -> str:
    """What somebody has to decide, with empty cells for `marks` and `because`; `wrote` is what they will be for."""
    rows = [["student", "name", "part", "marks", "because", "of", "place", "wrote", "why", "right", "source"]]
    listed: dict[tuple[str, str, str], list[Pending]] = {}
    for each in marks.pending():
        listed.setdefault((each.student.id, each.part, "" if each.part else f"{each.source} {each.reason}"), []).append(
            each
        )
    for (student, part, _), several in listed.items():
        first = several[0]
        right = "; ".join(each.right for each in several) if part else ""
        of = "" if first.of is None else number(first.of)
        place = "; ".join(each.place for each in several)
        rows.append([student, first.student.name, part, "", "", of, place, first.whole, first.reason, right,
                     first.source])  # fmt: skip
    return _csv(rows)


def unnamed_list(marks: Marks) -> str:
    """The wrong answers that come often and have no name, each with the mistake to paste into problem or formula."""
    rows = [["students", "of", "problem", "part", "wrote", "because", "at the top of the problem",
             "in the formula"]]  # fmt: skip
    for each in marks.unnamed:
        ready = (each.slip.problem_line, each.slip.formula_line) if each.slip else ("", "")
        rows.append([str(each.students), str(each.of), each.problem, each.part, each.wrote, each.because, *ready])
    return _csv(rows)


def _csv(rows: list[list[str]]) -> str:
    return BOM + to_csv([[seen(cell) for cell in row] for row in rows])
