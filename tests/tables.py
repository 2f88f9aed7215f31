"""Tables of networks as students hand them in: filled in, changed in some cells, and written in every format."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from dlcalc.answers.table_columns import meaning
from dlcalc.answers.table_marks import TableMarks
from dlcalc.networks.exercise import to_csv
from dlcalc.networks.table import Table, tabulate
from dlcalc.networks.text import read

ALEXNET = (
    "227x227x3; conv 96 f11 s4; pool f3 s2; conv 256 f5 p2; pool f3 s2; conv 384 f3 p1; conv 384 f3 p1; "
    "conv 256 f3 p1; pool f3 s2; dense 4096; dense 4096; dense 1000"
)
OTHERS = (
    "36x36x3; conv 10 f5; pool 2; conv 20 f3; pool 2; dense 100; dense 10",
    "28x28 seq; rnn 128; dense 10",
    "20x9 seq; lstm 12; gru 7; dense 3",
    "32x20x4; conv 8 f3x5 p1 groups2; bn; dw f3 same; avg f2; gap; dense 5",
    "9x9x2; convt 4 f3 s2; conv 3 f2 d2",
    "40x6; conv 4 f5; pool 2; dense 3",
)

Rows = list[list[str]]


def table(text: str = ALEXNET, convention: str = "") -> Table:
    return tabulate(read(text), convention)


def at(rows: Rows, layer: str, column: str) -> tuple[int, int]:
    """Where a cell stands in the rows of a key."""
    place = next(index for index, heading in enumerate(rows[0]) if meaning(heading) == column)
    return next(i for i, row in enumerate(rows) if row[0].lower() == layer), place


def changed(rows: Rows, **cells: str) -> str:
    """The rows as CSV with some cells replaced: conv_1__output="54x54x96"."""
    copy = [list(row) for row in rows]
    for name, text in cells.items():
        layer, _, column = name.partition("__")
        line, place = at(rows, layer.replace("_", "-"), column)
        copy[line][place] = text
    return to_csv(copy)


def statuses(marks: TableMarks) -> dict[tuple[str, str], str]:
    """The cells that are not simply right."""
    return {(cell.layer, cell.column): cell.status for cell in marks.cells if cell.status != "right"}


def mistakes(marks: TableMarks, layer: str, column: str) -> list[str]:
    return [found.id for found in marks.of(layer, column).mistakes]


def markdown(rows: Rows) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def latex(rows: Rows) -> str:
    def escaped(text: str) -> str:
        return text.replace("#", r"\#").replace("×", r"$\times$")

    body = "\n".join(" & ".join(map(escaped, row)) + r" \\ \hline" for row in rows)
    return f"\\begin{{tabular}}{{|{'l|' * len(rows[0])}}}\n\\hline {body}\n\\end{{tabular}}"


def separated(delimiter: str) -> Callable[[Rows], str]:
    def write(rows: Rows) -> str:
        file = io.StringIO()
        csv.writer(file, delimiter=delimiter).writerows(rows)
        return file.getvalue()

    return write


def slides(rows: Rows) -> str:
    return "\n".join("   ".join(text or "-" for text in row) for row in rows)


FORMATS: dict[str, Callable[[Rows], str]] = {
    "commas": separated(","), "semicolons": separated(";"), "tabs": separated("\t"), "markdown": markdown,
    "latex": latex, "slides": slides,
}  # fmt: skip
SHAPES = ["{}x{}x{}", "{} × {} × {}", "({}, {}, {})", "[{},{},{}]", "{} {} {}", "{},{},{}"]
GROUPS = [",", " ", "'", "\u202f", ".", ""]
