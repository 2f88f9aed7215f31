"""The gradebook of a class as comma-separated values: a row per student, a column per part."""

from __future__ import annotations

import unicodedata

from ..networks.exercise import to_csv
from .feedback import number
from .marking import Marks


def gradebook(marks: Marks) -> str:
    """Students in the order of the roster; who handed nothing in has empty marks. No cell runs in a spreadsheet."""
    worth = {part.id: part.of for result in marks.results[:1] for part in result.parts}
    head = ["student", "name", "code", "marks", "of", *(f"{id} (of {number(of)})" for id, of in worth.items())]
    rows = [head]
    found = {result.student.id: result for result in marks.results}
    for student in marks.issue.students:
        start = [student.id, student.name, marks.issue.codes[student.id]]
        result = found.get(student.id)
        if result is None:
            rows.append([*start, "", number(marks.issue.exam.points), *([""] * len(worth))])
            continue
        points = {part.id: number(part.points) for part in result.parts}
        rows.append([*start, number(result.points), number(result.of), *(points.get(id, "") for id in worth)])
    return to_csv([[_visible(cell) for cell in row] for row in rows])


def _visible(text: str) -> str:
    """Without marks that nobody sees, which would hide the sign of a formula behind them."""
    return "".join(
        letter for letter in text if letter in "\t\n\r" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs")
    )
