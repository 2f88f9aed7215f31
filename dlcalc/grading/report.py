"""A marked table as a document: how many cells are right, and what is wrong with the others."""

from __future__ import annotations

from .. import document as doc
from ..answers.marks import CellMark
from ..answers.table_marks import TableMarks
from ..expressions.printing import Spell

_SAID = {
    "follows": "follows from your earlier cells",
    "convention": "right by another convention",
    "rounded": "right, but rounded",
    "wrong": "wrong",
    "undecided": "could not be compared",
    "unreadable": "could not be read",
    "missing": "not answered",
}


def table_marks(marks: TableMarks, show: bool = False, spell: Spell = None) -> doc.Document:
    """The marks of a student's table: what is not plainly right, with its mistake; right values only with `show`."""
    title = f"{marks.table.network.title}: {marks.marks} of {len(marks.cells)} cells"
    counted = ", ".join(f"{count} {status}" for status, count in marks.counts.items() if count)
    blocks: list[doc.Block] = [doc.Paragraph(counted)]
    open_cells = [cell for cell in marks.cells if cell.status not in ("right", "missing")]
    missing: dict[str, list[str]] = {}
    for cell in marks.cells:
        if cell.status == "missing":
            missing.setdefault(cell.layer, []).append(cell.column.replace("_", " "))
    if open_cells:
        header = ("layer", "column", "you wrote", "", *(("right is",) if show else ()))
        rows = tuple(
            (c.layer, c.column, c.wrote, _why(c), *((doc.Math(c.expected),) if show else ())) for c in open_cells
        )
        blocks.append(doc.Table(header, rows))
    elif not missing:
        blocks.append(doc.Note("right", "every cell is right"))
    if missing:
        listed = "; ".join(f"{layer} ({', '.join(columns)})" for layer, columns in missing.items())
        blocks.append(doc.Note("note", f"not answered: {listed}"))
    blocks += [doc.Note("note", note) for note in marks.notes]
    return doc.Document(title, tuple(blocks), spell)


def _why(cell: CellMark) -> str:
    """The status in words, with the mistakes behind a wrong cell."""
    said = _SAID[cell.status]
    if cell.mistakes:
        reasons = "; or ".join(candidate.because for candidate in cell.mistakes[:2])
        return f"{said}: {reasons}"
    if cell.status == "wrong":
        return f"{said}: {cell.reason or 'no typical mistake gives this'}"
    if cell.convention:
        return f"{said} ({cell.convention})"
    return f"{said}: {cell.reason}" if cell.reason else said
