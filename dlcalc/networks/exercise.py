"""A network's table to be filled in: the headings that courses use, the table with empty cells, and its key."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence

from ..errors import UserError
from ..expressions import printing
from ..expressions.nodes import Add, Value
from ..formulas.registry import formula
from ..formulas.run import run
from .table import COUNTS, Row, Table

COLUMNS = ("output", "size", "weights", "biases", "parameters", "macs", "memory", "receptive_field")
"""What can be asked of a layer."""

HEADINGS: Mapping[str, Mapping[str, str]] = {
    "activation": {"output": "Activation shape", "size": "Activation size", "parameters": "# parameters"},
    "tensor": {"output": "Tensor size", "weights": "Weights", "biases": "Biases", "parameters": "Parameters"},
}
"""The two kinds of table in use, with their columns in order."""

LAYER, TOTAL = "Layer", "Total"
_OTHERS = {
    "size": "Activation size",
    "weights": "Weights",
    "biases": "Biases",
    "macs": "MACs",
    "memory": "Memory (bytes)",
    "receptive_field": "Receptive field",
}


def cell(row: Row, column: str) -> Value | None:
    """What stands in one cell; None where nothing can be asked: an unknown layer, the receptive field of a vector."""
    if row.working is None:
        return None
    if column == "output":
        return row.output
    if column == "size":
        return size(row.output)
    if column == "receptive_field":
        sizes = tuple(field.size for field in row.field)
        return None if not sizes else sizes[0] if len(set(sizes)) == 1 else sizes
    return row.count(column)


def size(shape: tuple[Value, ...]) -> Value:
    """The numbers in a map, which are as many as when it is laid out flat. Raises UserError for what is no shape."""
    return run(formula("flatten"), {"x": shape}).shown("units")


def blank(table: Table, columns: Sequence[str] = (), headings: str = "tensor") -> list[list[str]]:
    """The table with the cells of `columns` empty (by default all), as rows of text, the headings first.

    `headings` is "activation" or "tensor"; a column that those do not have comes after theirs. What the input is stays.
    Raises UserError for an unknown column or kind of headings.
    """
    shown = _columns(columns, headings)
    empty = set(columns or shown)
    first, given, *body = filled(table, columns, headings)
    return [first, given, *([row[0], *_emptied(row[1:], shown, empty)] for row in body)]


def _emptied(cells: Sequence[str], shown: Sequence[str], empty: set[str]) -> list[str]:
    return ["" if column in empty else text for column, text in zip(shown, cells, strict=True)]


def filled(table: Table, columns: Sequence[str] = (), headings: str = "tensor") -> list[list[str]]:
    """The key: the same table as `blank` makes, with every cell filled in. Raises UserError as `blank` does."""
    shown = _columns(columns, headings)
    shape = table.network.input
    given = {"output": written(shape), "size": written(size(shape))}
    rows = [[LAYER, *(heading(column, headings) for column in shown)]]
    rows.append(["Input", *(given.get(column, "") for column in shown)])
    rows += ([row.layer.name, *(_text(row, column) for column in shown)] for row in table.rows)
    rows.append([TOTAL, *(written(table.total[column]) if column in COUNTS else "" for column in shown)])
    return rows


def _columns(columns: Sequence[str], headings: str) -> list[str]:
    if headings not in HEADINGS:
        raise UserError(f"headings are one of {', '.join(HEADINGS)}, not {headings}")
    for column in columns:
        if column not in COLUMNS:
            raise UserError(f"the columns of a table are {', '.join(COLUMNS)}, not {column}")
    return list(dict.fromkeys((*HEADINGS[headings], *columns)))


def heading(column: str, headings: str) -> str:
    """What stands over a column, in one of the two kinds of table."""
    return HEADINGS[headings].get(column) or _OTHERS[column]


def _text(row: Row, column: str) -> str:
    value = cell(row, column)
    return "" if value is None else written(value)


def written(value: Value) -> str:
    """A number, a shape (55x55x96) or an expression as the text of a cell, which is read back to the same value."""
    if not isinstance(value, tuple):
        return str(value) if isinstance(value, int) else printing.text(value)
    if all(isinstance(part, int) for part in value):
        return "x".join(map(str, value))
    return " × ".join(f"({printing.text(part)})" if isinstance(part, Add) else printing.text(part) for part in value)


_RUNS_IN_A_SPREADSHEET = re.compile(r"[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)


def to_csv(rows: Sequence[Sequence[str]]) -> str:
    """The rows as comma-separated values. A text that a spreadsheet would take for a formula gets a ' before it."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([[_harmless(text) for text in row] for row in rows])
    return file.getvalue()


def _harmless(text: str) -> str:
    line = " ".join(text.split())
    # Where lists are separated by semicolons, a program takes what stands behind one for a cell.
    return ";".join(
        f"'{cell}" if _RUNS_IN_A_SPREADSHEET.match(cell.strip()) and not _NUMBER.fullmatch(cell.strip()) else cell
        for cell in line.split(";")
    )
