"""A network's table as a document: a row per layer, repeated blocks once, the totals, and the counting in use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from .. import document as doc
from ..expressions.nodes import Value
from ..expressions.printing import Spell
from ..networks.repeats import Group, grouped
from ..networks.table import Row, Table
from .calculation import shape_words, value_words

COLUMNS = ("output", "weights", "biases", "parameters", "macs", "receptive_field")
"""What is shown of a layer."""
NARROW = ("output", "parameters", "macs", "receptive_field")
"""The same where there is little room."""

_HEADINGS = {
    "output": "output",
    "weights": "weights",
    "biases": "biases",
    "parameters": "parameters",
    "macs": "MACs",
    "memory": "memory",
    "receptive_field": "field",
}


def network(
    table: Table,
    columns: Sequence[str] = COLUMNS,
    every: bool = False,
    others: Mapping[str, Value] | None = None,
    frozen: frozenset[str] = frozenset(),
    spell: Spell = None,
) -> doc.Document:
    """The table of a network; with `every` repeated blocks are written out. `others`: parameters by other countings."""
    shapes: tuple[str | doc.Inline, ...] = ("input ", *shape_words(table.network.input))
    blocks: list[doc.Block] = [doc.Paragraph(shapes), _table(table, columns, every)]
    blocks += _notes(table, others or {}, frozen)
    return doc.Document(table.network.title, tuple(blocks), spell)


def _table(table: Table, columns: Sequence[str], every: bool) -> doc.Table:
    groups = [Group((row,), 1) for row in table.rows] if every else grouped(table.rows)
    repeated = any(group.times > 1 for group in groups)
    rows: list[tuple[doc.Words, ...]] = []
    for group in groups:
        for index, row in enumerate(group.rows):
            times: list[doc.Words] = [_times(group, index)] if repeated else []
            rows.append((row.layer.name, *times, *(_cell(row, column) for column in columns)))
    total: list[doc.Words] = [value_words(table.total[c]) if c in table.total else "" for c in columns]
    rows.append((doc.Strong("total"), *([""] if repeated else []), *total))
    header = ("layer", *([""] if repeated else []), *(_HEADINGS[column] for column in columns))
    left: Literal["left"] = "left"
    right: Literal["right"] = "right"
    sides = (left, *((left,) if repeated else ()), *(left if column == "output" else right for column in columns))
    return doc.Table(header, tuple(rows), sides)


def _times(group: Group, index: int) -> str:
    """×36 beside the first row of a repeated block, a line beside the others."""
    if group.times == 1:
        return ""
    return f"×{group.times}" if index == 0 else "│"


def _cell(row: Row, column: str) -> doc.Words:
    if row.unknown:
        return "?"
    if column == "output":
        return _close(row.output)
    if column == "receptive_field":
        return _field(row)
    return value_words(row.count(column))


def _close(shape: Sequence[Value]) -> doc.Words:
    """55×55×96, without the spaces that a running text has."""
    words = shape_words(tuple(shape))
    return tuple(word.strip() if isinstance(word, str) else word for word in words)


def _field(row: Row) -> doc.Words:
    if not row.field:
        return ""
    sizes = tuple(field.size for field in row.field)
    mark = "" if row.aligned else "*"
    if len(set(sizes)) == 1:
        words = value_words(sizes[0])
        return (*(words if isinstance(words, tuple) else (words,)), mark) if mark else words
    return shape_words(sizes)


def _notes(table: Table, others: Mapping[str, Value], frozen: frozenset[str]) -> list[doc.Block]:
    blocks: list[doc.Block] = []
    for row in table.rows:
        if row.unknown:
            where = f"{row.layer.place}: " if row.layer.place else ""
            blocks.append(doc.Note("warning", f"{where}{row.layer.name}: {row.unknown}; the totals are partial"))
    if not all(row.aligned for row in table.rows):
        blocks.append(doc.Note("note", "* paths of different centres meet here: the field is the largest path's"))
    kept = _sum(row.non_trainable for row in table.rows)
    if kept != 0:
        blocks.append(doc.Note("note", ("batch normalisation keeps ", *_as_words(kept), " running values besides")))
    if frozen:
        left = _sum(row.trainable for row in table.rows if row.layer.name not in frozen)
        blocks.append(doc.Note("note", ("still trained: ", *_as_words(left), f"; frozen: {len(frozen)} layers")))
    different = {who: value for who, value in others.items() if value != table.total["parameters"]}
    if different:
        words: list[str | doc.Inline] = ["parameters as others count: "]
        for index, (who, value) in enumerate(different.items()):
            words += ["; "] if index else []
            words += [f"{who} ", *_as_words(value)]
        blocks.append(doc.Note("note", tuple(words)))
    blocks += [doc.Note("note", note) for note in table.network.notes]
    if table.network.source:
        blocks.append(doc.Note("note", f"source: {table.network.source}"))
    return blocks


def _as_words(value: Value) -> tuple[str | doc.Inline, ...]:
    words = value_words(value)
    return words if isinstance(words, tuple) else (words,)


def _sum(values: Iterable[Value]) -> Value:
    total: Value = 0
    for value in values:
        total = total + value
    return total


def comparison(tables: Sequence[Table], spell: Spell = None) -> doc.Document:
    """The totals of several networks side by side."""
    rows: list[tuple[doc.Words, ...]] = []
    for name in tables[0].total:
        rows.append((_HEADINGS[name], *(value_words(table.total[name]) for table in tables)))
    rows.append(("layers", *(f"{len(table.rows):,}" for table in tables)))
    right: Literal["right"] = "right"
    left: Literal["left"] = "left"
    header = ("", *(table.network.title for table in tables))
    shown = doc.Table(header, tuple(rows), (left, *(right,) * len(tables)))
    return doc.Document(" and ".join(table.network.title for table in tables), (shown,), spell)
