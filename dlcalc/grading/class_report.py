"""What the teacher sees of a class's marks, as a document."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from statistics import mean, median

from .. import document as doc
from ..expressions.printing import Spell
from .class_marks import Marks, Summary
from .feedback import number

MOST_REFUSED = 50
MOST_OPEN = 50


def waiting(marks: Marks, where: str = "") -> str:
    """How much somebody has to decide, and `where` it is listed."""
    answers, whole = marks.waiting
    counted = [f"{count} {what}{'s' if count != 1 else ''}" for count, what in ((answers, "answer"), (whole, "hand-in"))
               if count]  # fmt: skip
    listed = f": {where}" if where else "; with --out FOLDER they are listed in to-look-at.csv"
    return f"{' and '.join(counted)} to be decided by a person{listed}"


def for_class(marks: Marks, spell: Spell = None, where: str = "") -> doc.Document:
    """What a teacher sees of a class: the marks, each part's share of right answers, the commonest mistakes.

    `where` names the list of what somebody has to decide.
    """
    blocks: list[doc.Block] = [_summary(marks), *(doc.Note("note", doc.sentence(note)) for note in marks.notes)]
    if any(marks.waiting):
        blocks.append(doc.Note("warning", doc.sentence(waiting(marks, where))))
    if marks.kept:
        blocks += [doc.Heading(1, "Students"), _students(marks), doc.Heading(1, "Parts"), _parts(marks)]
    if marks.mistakes:
        rows = tuple((str(times), name, doc.sentence(because)) for name, because, times in marks.mistakes[:10])
        blocks += [doc.Heading(1, "Most common mistakes"),
                   doc.Table(("students", "mistake", "because"), rows, ("right", "left", "left"))]  # fmt: skip
    blocks += _unnamed(marks)
    blocks += _open(marks)
    blocks += [doc.Heading(1, "Not marked")] if marks.refused else []
    blocks += [doc.Note("warning", f"{each.source}: {each.reason}") for each in marks.refused[:MOST_REFUSED]]
    if len(marks.refused) > MOST_REFUSED:
        blocks.append(doc.Note("warning", f"and {len(marks.refused) - MOST_REFUSED} more that cannot be marked"))
    return doc.Document(marks.issue.exam.title, tuple(blocks), spell)


def _unnamed(marks: Marks) -> list[doc.Block]:
    """The wrong answers without a name that come often, and what to paste so that they have one."""
    if not marks.unnamed:
        return []
    rows = tuple(
        (str(each.students), each.part, each.problem, doc.CodeText(each.wrote), each.because) for each in marks.unnamed
    )
    blocks: list[doc.Block] = [
        doc.Heading(1, "Often, and without a name"),
        doc.Table(("students", "part", "problem", "wrote", "what gives it"), rows,
                  ("right", "left", "left", "left", "left")),
    ]  # fmt: skip
    ready = [each.slip.problem_lines for each in marks.unnamed if each.slip]
    if ready:
        blocks += [doc.Paragraph("Into the file of the problem, so that the next marking names them (in the students' "
                                 "words, if you like):"), doc.Code("\n\n".join(ready), "toml")]  # fmt: skip
    return blocks


def _open(marks: Marks) -> list[doc.Block]:
    """The answers that earn nothing only because the marker could not read or decide them: a teacher looks at these."""
    rows: list[tuple[doc.Words, ...]] = [
        (each.student.id, each.place, doc.CodeText(each.wrote[:60]), each.reason)
        for each in marks.pending() if each.part
    ]  # fmt: skip
    if not rows:
        return []
    blocks: list[doc.Block] = [doc.Heading(1, "To look at"),
                               doc.Table(("student", "part", "wrote", "why"), tuple(rows[:MOST_OPEN]))]  # fmt: skip
    if len(rows) > MOST_OPEN:
        blocks.append(doc.Paragraph(f"And {len(rows) - MOST_OPEN} more answers."))
    return blocks


def _summary(marks: Marks) -> doc.Paragraph:
    earned = [float(each.points) for each in marks.summaries() if not each.is_open]
    words = f"{len(marks.kept)} of {len(marks.issue.students)} students"
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
        (each.student.id, each.student.name, f"{number(each.points)}{' + ?' * each.is_open}", _counted(each))
        for each in marks.summaries()
    )
    return doc.Table(("student", "name", "marks", "parts"), rows, ("left", "left", "right", "left"))


def _counted(summary: Summary) -> str:
    count = Counter(part.status for part in summary.parts)
    return ", ".join(f"{times} {status}" for status, times in count.most_common())


def _parts(marks: Marks) -> doc.Table:
    """Each part's share of the points where it is judged, and its commonest mistakes."""
    shares: dict[tuple[str, int], list[Fraction]] = {}
    wrong: dict[tuple[str, int], Counter[str]] = {}
    for summary in marks.summaries():
        for part in summary.parts:
            key = part.id, part.question
            judged = [] if part.is_open else [part.points / part.of if part.of else part.share]
            shares.setdefault(key, []).extend(judged)
            wrong.setdefault(key, Counter()).update([part.mistake] if part.mistake else [])
    rows = []
    for (id, question), count in wrong.items():
        common = ", ".join(f"{mistake} ({times})" for mistake, times in count.most_common(2))
        earned = shares[id, question]
        share = f"{float(sum(earned, Fraction(0)) / len(earned)):.0%}" if earned else "?"
        rows.append((id, marks.problem(question), share, common))
    return doc.Table(
        ("part", "problem", "earned", "most common mistakes"), tuple(rows), ("left", "left", "right", "left")
    )
