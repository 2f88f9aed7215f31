"""Marks as documents: what a student is told, and what the teacher sees of a class."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from statistics import mean, median

from .. import document as doc
from ..explain import shape_words, value_words
from ..explain.calculation import rounded
from ..expressions.nodes import Value
from ..expressions.printing import Spell
from .marking import Marked, Marks, Result
from .table_marks import CellMark

SAID = {
    "right": "right",
    "follows": "right, following through from your own earlier answer",
    "convention": "right by another convention",
    "wrong": "wrong",
    "undecided": "not decided: somebody has to look at it",
    "unreadable": "could not be read",
    "missing": "not answered",
}
"""What each status is called."""

_NOTES = {"right": "right", "follows": "right", "convention": "right", "wrong": "mistake"}
MOST_CELLS = 40


def for_student(result: Result, title: str, working: bool = True, spell: Spell = None) -> doc.Document:
    """A student's feedback, part by part: what was written, what it is worth and why, the right answer, its working."""
    blocks: list[doc.Block] = []
    question = 0
    for part in result.parts:
        if part.question != question:
            question = part.question
            problem = result.variants[question - 1].problem if result.variants else None
            blocks.append(doc.Heading(1, f"{question}. {problem.title if problem else ''}".strip()))
        blocks += _part(part, result, working)
    blocks += [doc.Note("note", note) for note in result.notes]
    facts = (("Student", result.student.name or result.student.id), ("Code", result.code),
             ("Marks", f"{number(result.points)} of {number(result.of)}"))  # fmt: skip
    return doc.Document(f"{title}: your marks", tuple(blocks), spell, facts=facts)


def _part(part: Marked, result: Result, working: bool) -> list[doc.Block]:
    mark = part.mark
    earned = f"{number(part.points)} of {number(part.of)}"
    wrote = (" You wrote ", doc.CodeText(mark.wrote), ".") if mark.wrote and not mark.cells else ()
    blocks: list[doc.Block] = [doc.Paragraph((doc.Strong(f"{part.id}"), f"  {earned}: {SAID[mark.status]}.", *wrote))]
    if mark.reason:
        blocks.append(doc.Note("note", doc.sentence(mark.reason)))
    if mark.convention:
        blocks.append(doc.Note("note", f"Convention: {mark.convention}."))
    if mark.cells:
        blocks += _cells(mark.cells)
    elif mark.status == "wrong":
        blocks.append(doc.Note("mistake", _reasons(part)))
    if mark.status != "right" and not mark.cells:
        blocks.append(doc.Paragraph(("Right is ", *right_words(mark.expected), ".")))
        if working and result.variants:
            blocks += result.variants[part.question - 1].asked[mark.part.id].working()
    return blocks


def _reasons(part: Marked) -> str:
    """The mistakes that lead to what was written, the likeliest first."""
    found = [doc.sentence(each.because) for each in part.mark.mistakes[:2]]
    if not found:
        return "None of the typical mistakes leads to this."
    return " Or: ".join(found) if len(found) > 1 else found[0]


def _cells(cells: tuple[CellMark, ...]) -> list[doc.Block]:
    told = [each for each in cells if each.status != "right"]
    if not told:
        return []
    rows = []
    for each in told[:MOST_CELLS]:
        why = each.mistakes[0].because if each.mistakes else each.reason
        said = SAID[each.status] + (f": {why}" if why else "")
        rows.append((each.layer, each.column, each.wrote, said, right_words(each.expected)))
    return [doc.Table(("layer", "column", "you wrote", "", "right is"), tuple(rows))]


def right_words(value: Value) -> tuple[str | doc.Inline, ...]:
    """A right answer in running text."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, tuple) and not any(isinstance(part, tuple) for part in value):
        return shape_words(value)
    shown = value_words(rounded(value))
    return shown if isinstance(shown, tuple) else (shown,)


def for_class(marks: Marks, spell: Spell = None) -> doc.Document:
    """What a teacher sees of a class: the marks, each part's share of right answers, the commonest mistakes."""
    blocks: list[doc.Block] = [_summary(marks)]
    if marks.results:
        blocks += [doc.Heading(1, "Students"), _students(marks), doc.Heading(1, "Parts"), _parts(marks)]
    if marks.mistakes:
        rows = tuple((str(times), name, because) for name, because, times in marks.mistakes[:10])
        blocks += [doc.Heading(1, "Commonest mistakes"),
                   doc.Table(("students", "mistake", "because"), rows, ("right", "left", "left"))]  # fmt: skip
    blocks += [doc.Note("warning", f"{each.source}: {each.reason}") for each in marks.refused]
    return doc.Document(marks.issue.exam.title, tuple(blocks), spell)


def _summary(marks: Marks) -> doc.Paragraph:
    earned = [float(result.points) for result in marks.results]
    words = f"{len(marks.results)} of {len(marks.issue.students)} students"
    if earned:
        of = number(marks.issue.exam.points)
        words += f", mean {mean(earned):.1f} and median {median(earned):.1f} of {of} points"
    absent = [student.id for student in marks.absent]
    if absent:
        listed = ", ".join(absent[:8]) + (", …" if len(absent) > 8 else "")
        words += f"; nothing from {listed}"
    return doc.Paragraph(f"{words}.")


def _students(marks: Marks) -> doc.Table:
    rows = tuple(
        (result.student.id, result.student.name, number(result.points), _counted(result)) for result in marks.results
    )
    return doc.Table(("student", "name", "marks", "parts"), rows, ("left", "left", "right", "left"))


def _counted(result: Result) -> str:
    count = Counter(part.mark.status for part in result.parts)
    return ", ".join(f"{times} {status}" for status, times in count.most_common())


def _parts(marks: Marks) -> doc.Table:
    rows = []
    for place, first in enumerate(marks.results[0].parts):
        parts = [result.parts[place] for result in marks.results]
        share = sum((part.mark.share for part in parts), Fraction(0)) / len(parts)
        wrong = Counter(part.mark.mistakes[0].id for part in parts if part.mark.mistakes)
        common = ", ".join(f"{id} ({times})" for id, times in wrong.most_common(2))
        problem = marks.issue.exam.items[first.question - 1].problem.id
        rows.append((first.id, problem, f"{float(share):.0%}", common))
    return doc.Table(
        ("part", "problem", "earned", "commonest mistakes"), tuple(rows), ("left", "left", "right", "left")
    )


def number(points: Fraction) -> str:
    """Points as they are said: 3, 2.5."""
    return str(points.numerator) if points.denominator == 1 else f"{float(points):.2f}".rstrip("0").rstrip(".")
