"""A student's marks as a document: what each answer is worth, and why."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .. import document as doc
from ..answers.marks import EARNING, CellMark
from ..answers.terms import ARRAYS
from ..document import rounded, shape_words, value_words
from ..expressions.nodes import Value
from ..expressions.printing import Spell
from ..quiz.sheet import as_asked
from ..quiz.variant import Variant
from .marking import Marked, Result
from .part_mark import PartMark

SAID = {
    "right": "right",
    "follows": "right, following through from your own earlier answer",
    "convention": "right by another convention",
    "rounded": "right, but rounded too much",
    "wrong": "wrong",
    "undecided": "not decided: a person must look at it",
    "unreadable": "could not be read",
    "missing": "not answered",
}
"""What each status is called."""

MOST_CELLS = 40


def for_student(result: Result, title: str, working: bool = True, spell: Spell = None) -> doc.Document:
    """A student's feedback, part by part: what was written, what it is worth and why, the right answer, its working."""
    blocks: list[doc.Block] = []
    question = 0
    variants = result.variants
    for part in result.parts:
        if part.question != question:
            question = part.question
            problem = variants[question - 1].problem if variants else None
            blocks.append(doc.Heading(1, f"{question}. {problem.title if problem else ''}".strip()))
        blocks += _part(part, variants, working)
    blocks += [doc.Note("note", doc.sentence(note)) for note in (*result.notes, *result.unread)]
    facts = (("Student", result.student.name or result.student.id), ("Code", result.code),
             ("Marks", f"{number(result.points)} of {number(result.of)}"
                       + (", and more to be decided" if result.is_open else "")))  # fmt: skip
    return doc.Document(f"{title}: your marks", tuple(blocks), spell, facts=facts)


def _part(part: Marked, variants: Sequence[Variant], working: bool) -> list[doc.Block]:
    mark = part.mark
    earned = f"{'…' if part.is_open else number(part.points)} of {number(part.of)}"
    wrote = (" You wrote ", doc.CodeText(mark.wrote), ".") if mark.wrote and not mark.cells else ()
    blocks: list[doc.Block] = [doc.Paragraph((doc.Strong(f"{part.id}"), f"  {earned}: {_said(part)}.", *wrote))]
    if part.decision is not None:
        because = f": {part.decision.because}" if part.decision.because else ""
        blocks.append(doc.Note("note", doc.sentence(f"this was decided by a person{because}")))
    if mark.further_reason:
        blocks.append(doc.Note("note", doc.sentence(mark.further_reason)))
    if mark.convention:
        blocks.append(doc.Note("note", f"Convention: {mark.convention}."))
    is_array = mark.part.kind in ARRAYS
    if mark.cells and not is_array:
        blocks += _cells(mark.cells)
    elif mark.status == "wrong" and (mark.mistakes or not mark.reason) and not (is_array and _has_slips(mark)):
        blocks.append(doc.Note("mistake", _reasons(part)))
    if is_array and mark.status not in ("right", "follows"):
        blocks += _numbers(mark.cells)
    if mark.status != "right" and (is_array or not mark.cells):
        if mark.part.kind != "table":  # the working of a table is the table itself
            start = "With the right earlier answer it is " if mark.status == "follows" else "The right answer is "
            right = right_words(as_asked(mark.part, mark.expected), mark.part.kind)
            blocks.append(doc.Paragraph((start, *right, ".", *_chosen(part, variants))))
        if working and variants:
            blocks += variants[part.question - 1].asked[mark.part.id].working()
    return blocks


def _said(part: Marked) -> str:
    """A status in words: of a table or an array how many cells are right, of what follows from which answers."""
    cells, is_array = part.mark.cells, part.mark.part.kind in ARRAYS
    if cells and part.mark.status not in (EARNING if is_array else ("right",)):
        good = sum(each.status in EARNING for each in cells)
        return f"{good} of {len(cells)} {'numbers' if is_array else 'cells'} are right"
    if part.follows:
        return f"right, following through from your own answer to {' and '.join(part.follows)}"
    return SAID[part.mark.status]


def _chosen(part: Marked, variants: Sequence[Variant]) -> tuple[str | doc.Inline, ...]:
    """The words of the right choices, which a letter alone does not bring back."""
    shown = variants[part.question - 1].choices.get(part.mark.part.id, ()) if variants else ()
    return tuple(inline for each in shown if each.right for inline in (" ", *doc.inlines(each.words)))


def _reasons(part: Marked) -> str:
    """The mistakes that lead to what was written, the likeliest first."""
    found = [doc.sentence(each.because) for each in part.mark.mistakes[:2]]
    if not found:
        return "No typical mistake gives this."
    return " Or: ".join(found) if len(found) > 1 else found[0]


def _has_slips(mark: PartMark) -> bool:
    """Whether some numbers of an array are right and no mistake explains all of them: then their places say more."""
    return not mark.mistakes and any(each.status in EARNING for each in mark.cells)


def _numbers(cells: tuple[CellMark, ...]) -> list[doc.Block]:
    """The numbers of an array that are not right, each with its row and column."""
    shown_cells = [each for each in cells if each.status != "right"]
    rows = []
    for each in shown_cells[:MOST_CELLS]:
        place = ", ".join(filter(None, (each.layer, each.column)))
        said = SAID[each.status] + (f": {each.reason}" if each.reason else "")
        rows.append((place, each.wrote, said, right_words(each.expected)))
    more = (
        [doc.Paragraph(f"And {len(shown_cells) - MOST_CELLS} more numbers.")] if len(shown_cells) > MOST_CELLS else []
    )
    return [doc.Table(("", "you wrote", "", "right is"), tuple(rows)), *more] if rows else []


def _cells(cells: tuple[CellMark, ...]) -> list[doc.Block]:
    shown_cells = [each for each in cells if each.status != "right"]
    if not shown_cells:
        return []
    rows = []
    for each in shown_cells[:MOST_CELLS]:
        why = each.mistakes[0].because if each.mistakes else each.reason
        said = SAID[each.status] + (f": {why}" if why else "")
        rows.append((each.layer, each.column, each.wrote, said, right_words(each.expected)))
    more = len(shown_cells) - MOST_CELLS
    rest: list[doc.Block] = [doc.Paragraph(f"And {more} more cells.")] if more > 0 else []
    return [doc.Table(("layer", "column", "you wrote", "", "right is"), tuple(rows)), *rest]


def right_words(value: Value, kind: str = "") -> tuple[str | doc.Inline, ...]:
    """A right answer in running text; `kind` is that of the part."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, tuple) and kind in ARRAYS:
        return (doc.Math(rounded(value)),)
    if isinstance(value, tuple) and all(isinstance(part, int) for part in value):
        return (" × ".join(map(str, value)),)
    if isinstance(value, tuple) and not any(isinstance(part, tuple) for part in value):
        return shape_words(value)
    shown = value_words(rounded(value))
    return shown if isinstance(shown, tuple) else (shown,)


def number(points: Fraction) -> str:
    """Points as they are said: 3, 2.5."""
    return str(points.numerator) if points.denominator == 1 else f"{float(points):.2f}".rstrip("0").rstrip(".")
