"""What is shown of a drawn network: its layers in words, its table, its line of text, its code; a table with a slip."""

from __future__ import annotations

from typing import Any

from .. import document as doc
from ..answers.slip_target import WrongCell
from ..document import shape_words, value_words
from ..errors import InternalError
from ..explain.network import NARROW, network
from ..expressions import printing
from ..expressions.nodes import Value
from ..networks.exercise import cell
from ..networks.kinds import KINDS
from ..networks.table import Row, Table

_SETTINGS = {"f": "window", "s": "stride", "p": "padding", "d": "dilation", "groups": "groups", "h": "heads"}


def show(value: Any, form: str) -> tuple[doc.Block, ...]:
    """The blocks that a network's name stands for in a problem's text."""
    match value, form:
        case WrongCell(), _:
            return (_slip(value),)
        case Table(), "layers":
            return (_layers(value),)
        case Table(), "table":
            return network(value, NARROW, every=True).blocks
        case Table(), "text" | "pytorch" | "keras":
            from ..networks.writers import write

            return (doc.Code(write(value.network, form), "" if form == "text" else "python"),)
    raise InternalError(f"there is no way to show {type(value).__name__} as {form}")


def _layers(table: Table) -> doc.Table:
    rows: list[tuple[doc.Words, ...]] = [("input", "", shape_words(table.network.input))]
    rows += [(row.layer.name, KINDS[row.layer.kind].words, _settings(row)) for row in table.rows]
    return doc.Table(("layer", "kind", "settings"), tuple(rows))


def _settings(row: Row) -> str:
    """96 filters, window 11×11, stride 4."""
    layer = row.layer
    found = []
    for name, value in layer.settings.items():
        if name in ("k", "m", "v"):
            found.append(f"{_text(value)} {KINDS[layer.kind].units}")
        elif name == "n":
            found.append(f"{_text(value)} numbers per word")
        elif name == "f":
            found.append(f"{'window' if 'pool' in layer.kind else 'filters of'} {_window(value)}")
        elif name == "D" and value == 2:
            found.append("in both directions")
        elif value is True:
            found.append({"sequence": "an output at every step", "same": "padding “same”"}.get(name, name))
        elif name in _SETTINGS:
            found.append(f"{_SETTINGS[name]} {_text(value)}")
        elif value is not False:
            found.append(f"{name} = {_text(value)}")
    return ", ".join([*found, *layer.remarks])


def _window(value: Value) -> str:
    sizes = value if isinstance(value, tuple) else (value, value)
    return "×".join(map(_text, sizes))


def _text(value: Value) -> str:
    return printing.text(value)


def _slip(slip: WrongCell) -> doc.Table:
    """The table with its settings, as somebody filled it in, one cell of it wrong."""
    rows: list[tuple[doc.Words, ...]] = [("input", "", shape_words(slip.table.network.input), "")]
    for row in slip.table.rows:
        cells: list[doc.Words] = []
        for column in ("output", slip.column) if slip.column != "output" else ("output",):
            wrong = row.layer.name == slip.layer and column == slip.column
            value = slip.wrong if wrong else cell(row, column)
            cells.append(shape_words(value) if column == "output" else value_words(value))
        settings = ", ".join(filter(None, (KINDS[row.layer.kind].words, _settings(row))))
        rows.append((row.layer.name, settings, *cells, *([""] if slip.column == "output" else [])))
    columns = ("output", slip.column.replace("_", " ") if slip.column != "output" else "")
    if slip.column == "output":
        return doc.Table(("layer", "settings", "output"), tuple(row[:3] for row in rows))
    return doc.Table(("layer", "settings", *columns), tuple(rows), ("left", "left", "left", "right"))
