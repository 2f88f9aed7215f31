"""Marking a student's table of a network, cell by cell: right, following from an earlier cell, or wrong and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..errors import UserError, printable
from ..expressions import printing
from ..expressions.answers import Answer, fit
from ..expressions.evaluate import evaluate_at
from ..expressions.nodes import Value
from ..networks.exercise import COLUMNS, cell, to_csv
from ..networks.table import COUNTS, Table
from .marks import (
    CHANNELS_FIRST,
    CORRECT,
    MOST_NAMED,
    RIGHT,
    STATUSES,
    WINDOW,
    CellMark,
    Finding,
    Mark,
    named_before,
    together,
)
from .table_cells import Cell, CellReader
from .table_columns import TOTAL, Sheet, read_sheet
from .table_letters import letters, points
from .table_point import Place, Point
from .table_target import TableTarget


@dataclass(frozen=True)
class TableMarks:
    """A marked table: its cells in the order of the layers, the totals last; `notes` say what was not understood."""

    table: Table
    cells: tuple[CellMark, ...]
    notes: tuple[str, ...] = ()

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many cells have each status."""
        found = Counter(each.status for each in self.cells)
        return {status: found[status] for status in STATUSES}

    @property
    def marks(self) -> int:
        return sum(found.mark for found in self.cells)

    @property
    def status(self) -> str:
        """Right where all cells are, else the worst that is said of one."""
        return together([cell.status for cell in self.cells]) if self.cells else "missing"

    @property
    def reason(self) -> str:
        """Why a cell is not understood, the first one."""
        open = (cell for cell in self.cells if cell.status in ("unreadable", "undecided"))
        return next((f"{cell.layer}, {cell.column.replace('_', ' ')}: {cell.reason}" for cell in open), "")

    @property
    def correct(self) -> bool | None:
        """None where it cannot be told."""
        return CORRECT.get(self.status)

    def of(self, layer: str, column: str) -> CellMark:
        """The mark of one cell, the totals under `total`. Raises UserError when it was not asked."""
        for found in self.cells:
            if (found.layer, found.column) == (layer, column):
                return found
        raise UserError(f"{column} of {layer} was not asked")

    def to_dict(self) -> dict[str, Any]:
        """The marks for JSON: `marks` of `of` cells, and under `layers` each layer's cells; the last may be `total`."""
        layers: dict[str, list[dict[str, Any]]] = {}
        for found in self.cells:
            layers.setdefault(found.layer, []).append(found.to_dict())
        return {
            "network": self.table.network.id,
            "counted": self.table.convention or "textbook",
            "status": self.status,
            "correct": self.correct,
            "reason": self.reason,
            "marks": self.marks,
            "of": len(self.cells),
            "counts": self.counts,
            "layers": [
                {"name": name, "marks": sum(each["marks"] for each in cells), "cells": cells}
                for name, cells in layers.items()
            ],
            "notes": list(self.notes),
        }


def mark_table(
    table: Table,
    text: str | bytes,
    columns: Sequence[str] = (),
    stated: bool = False,
    decimal: str = "",
    named: Collection[str] = (),
) -> TableMarks:
    """Marks what a student handed in, in any of the formats of `table_text`, for a network's table.

    `columns` are those that were asked, by default all that the student's table has. `stated`: the way of counting is
    stated, so no other is right. `decimal`: the decimal sign, where one is stated. `named`: the ids of mistakes that
    earlier answers show. Whatever stands in a cell is a status, never an error. Raises UserError for a column that
    cannot be asked, or a text in which there is no table.
    """
    for column in columns:
        if column not in COLUMNS:
            raise UserError(f"the columns of a table are {', '.join(COLUMNS)}, not {column}")
    sheet = read_sheet(text, table.network)
    expected = _expected(table, sheet, tuple(columns) or tuple(filter(sheet.columns.__contains__, COLUMNS)))
    reader = CellReader(sheet.cells, letters(table), decimal)
    cells = {place: _read(reader, place, value) for place, value in expected.items()}
    judged = _judged(table, expected, cells)
    found = (_mark(place, value, cells[place], judged.get(place), stated) for place, value in expected.items())
    marks = tuple(_as_before(found, named))
    unknown = (f"{row.layer.name} is not marked: {row.unknown}" for row in table.rows if row.unknown)
    return TableMarks(table, marks, (*_about_input(table, sheet), *sheet.notes, *unknown))


def _as_before(marks: Iterable[CellMark], named: Collection[str]) -> Iterator[CellMark]:
    """The marks with a mistake that was named above before a new one, where both give what was written."""
    above = set(named)
    for mark in marks:
        yield replace(mark, mistakes=named_before(mark.mistakes, above))
        above.update(each.id for each in mark.mistakes)


def _expected(table: Table, sheet: Sheet, columns: Sequence[str]) -> dict[Place, Value]:
    """Every cell that is asked, with the truth. The totals are, where the student's table has a row for them."""
    found = {(row.layer.name, column): cell(row, column) for row in table.rows for column in columns}
    if TOTAL in sheet.lines and not table.partial and all(row.layer.name != TOTAL for row in table.rows):
        found.update({(TOTAL, column): table.total[column] for column in columns if column in COUNTS})
    return {place: value for place, value in found.items() if value is not None}


def _read(reader: CellReader, place: Place, expected: Value) -> Cell:
    """What was written; a dash is 0 where the truth is 0."""
    layer, column = place
    written = reader.read(layer, column, len(expected) if column == "output" else 1)
    return replace(written, answer=Answer(written.wrote, 0)) if written.none and expected == 0 else written


def _judged(table: Table, expected: Mapping[Place, Value], cells: Mapping[Place, Cell]) -> dict[Place, Finding]:
    """What every cell with an answer is worth: at each point, then together."""
    answers = {place: found.answer for place, found in cells.items() if found.answer is not None}
    at = points(table)
    if not at:
        return {place: _as_written(expected[place], answer) for place, answer in answers.items()}
    found: dict[Place, list[Finding]] = {place: [] for place in answers}
    for numbers, there in at:
        wrote: dict[Place, Answer] = {}
        for place, answer in answers.items():
            try:
                wrote[place] = replace(answer, value=evaluate_at(answer.value, numbers))
            except (UserError, OverflowError) as error:
                found[place].append(Finding("undecided", reason=printable(str(error))))
        point = Point(there, wrote)
        for place in wrote:
            found[place].append(_finding(point, place))
    return {place: _together(findings) for place, findings in found.items()}


def _finding(point: Point, place: Place) -> Finding:
    try:
        return point.judge(*place)
    except (UserError, OverflowError) as error:
        return Finding("undecided", reason=printable(str(error)))


def _as_written(expected: Value, answer: Answer) -> Finding:
    """Where no numbers fit the network, an expression is only compared as it is written."""
    if answer.value in (expected, (expected,)):
        return RIGHT
    return Finding("undecided", reason="no numbers were found that fit all layers, to compare the expressions with")


def _together(findings: Sequence[Finding]) -> Finding:
    """An expression is worth what it is worth at the point where it is worth least; a mistake shows at all points."""
    worst = max(findings, key=lambda found: STATUSES.index(found.status))
    ids = [{each.id for each in found.mistakes} for found in findings if found.status == worst.status]
    common = set.intersection(*ids)
    return replace(worst, mistakes=tuple(each for each in worst.mistakes if each.id in common))


def _mark(place: Place, expected: Value, written: Cell, found: Finding | None, stated: bool) -> CellMark:
    mark = CellMark(*place, "missing", expected, written.wrote, written.line, answer=written.answer)
    if written.reason:
        return replace(mark, status="undecided" if written.ambiguous else "unreadable", reason=written.reason)
    if found is None:
        return mark
    if found.status == "wrong" and written.answer is not None and fit(expected, written.answer) == "rounded":
        return replace(mark, status="rounded", reason="it is right, but rounded: a count must be exact")
    if found.status == "convention" and stated and found.convention not in (CHANNELS_FIRST, WINDOW):
        return replace(
            mark, status="wrong", convention=found.convention, reason="the question uses another way of counting"
        )
    return replace(mark, status=found.status, convention=found.convention, mistakes=found.mistakes, reason=found.reason)


def _about_input(table: Table, sheet: Sheet) -> Iterable[str]:
    """A word where the student began with another input."""
    written = sheet.input.get("output")
    if written is None:
        return
    shape = table.network.input
    found = CellReader({("input", "output"): written}, letters(table)).read("input", "output", len(shape))
    if found.answer is not None and found.answer.value not in (shape, (*shape[-1:], *shape[:-1])):
        yield f"line {found.line}: the input is {printing.text(shape)}, not {found.wrote}"


def judge_table(asked: TableTarget, given: object, decimal: str = "", named: Collection[str] = ()) -> Mark:
    """The mark of a table as it was handed in, as one text or cell by cell, `conv-1.output` → text. Never raises.

    `decimal`: the decimal sign, where one is stated. `named`: the ids of mistakes that earlier answers show.
    """
    mark = Mark("missing", asked.expected)
    text = _as_text(asked, given)
    if not text.strip():
        return mark
    try:
        cells = mark_table(asked.table, text, asked.columns, decimal=decimal, named=named).cells
    except UserError as error:
        return replace(mark, status="unreadable", reason=printable(str(error)), wrote=printable(text[:60]))
    if all(found.status == "missing" for found in cells):
        return mark
    behind = tuple(dict.fromkeys(each for found in cells for each in found.mistakes[:1]))
    return replace(
        mark, status=together([found.status for found in cells]), cells=cells,
        wrote=f"{sum(found.status != 'missing' for found in cells)} of {len(cells)} cells",
        mistakes=behind[:MOST_NAMED], more=max(0, len(behind) - MOST_NAMED),
    )  # fmt: skip


def _as_text(asked: TableTarget, given: object) -> str:
    """A table as it was handed in, or put together from its cells."""
    if not isinstance(given, Mapping):
        return given if isinstance(given, str) else ""
    header = ["layer", *asked.columns]
    layers = [*(row.layer.name for row in asked.table.rows), "total"]
    rows = [[layer, *(str(given.get(f"{layer}.{column}", "")) for column in asked.columns)] for layer in layers]
    return to_csv([header, *rows]) if any(str(value).strip() for value in given.values()) else ""
