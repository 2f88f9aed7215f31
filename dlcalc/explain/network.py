"""A network's table as a document: a row per layer, repeated blocks once, the totals, and the counting in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from .. import document as doc
from ..document import shape_words, shown_by, value_words
from ..expressions import printing
from ..expressions.nodes import Add, Node, Value, to_node
from ..expressions.printing import Spell
from ..networks.kinds import Kind
from ..networks.repeats import Group, alone, grouped
from ..networks.table import COUNTS, Row, Table, added
from .calculation import in_units

COLUMNS = ("output", "weights", "biases", "parameters", "macs", "receptive_field")
"""What is shown of a layer."""
NARROW = ("output", "parameters", "macs", "receptive_field")
"""The same where there is little room."""

_SUMMED = (*COUNTS, "flops")
"""What has a total."""
MOST_TERMS = 8
"""Terms of a total in letters that are shown."""

LONG_SHAPE = 16
"""Characters of a shape in letters, beyond which it may be broken."""

_HEADINGS = {
    "output": "output",
    "weights": "weights",
    "biases": "biases",
    "parameters": "parameters",
    "macs": "MACs",
    "flops": "FLOPs",
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
    counted = [shown_by().cost if column == "macs" else column for column in columns]
    blocks: list[doc.Block] = [doc.Paragraph(shapes), _table(table, counted, every)]
    blocks += _notes(table, counted, others or {}, frozen)
    return doc.Document(table.network.title, tuple(blocks), spell)


MOST_WRITTEN = 12
"""Layers whose counts are written out as a sum."""


def network_answer(table: Table, name: str, spell: Spell = None) -> doc.Document:
    """One answer of a network alone: the sum over its layers, written out where it is short."""
    title = f"{table.network.title}: {_ASKED.get(name, name)}"
    if name == "output":
        output = table.rows[-1].output
        return doc.Document(title, (doc.Paragraph(("The output is ", *shape_words(output))), *_warnings(table)), spell)
    if name == "layers":
        return doc.Document(title, (doc.Formula((doc.Equation(name, (to_node(len(table.rows)),)),)),), spell)
    counts = [count for row in table.rows if (count := row.count(name)) != 0]
    total = to_node(table.summed(name))
    is_short = 1 < len(counts) <= MOST_WRITTEN and not any(isinstance(count, Node) for count in counts)
    rights = (Add(tuple(map(to_node, counts))), total) if is_short else (total,)
    blocks: list[doc.Block] = [doc.Formula((doc.Equation(name, rights),)), *_warnings(table)]
    return doc.Document(title, tuple(blocks), spell)


_ASKED = {"macs": "MACs", "flops": "FLOPs", "memory": "memory in bytes", "layers": "number of layers"}


def _table(table: Table, columns: Sequence[str], every: bool) -> doc.Table:
    groups = [alone(row) for row in table.rows] if every else grouped(table.rows)
    repeated = any(group.times > 1 for group in groups)
    rows: list[tuple[doc.Words, ...]] = []
    for group in groups:
        for index, row in enumerate(group.rows):
            times: list[doc.Words] = [_times(group, index)] if repeated else []
            last = group.last[index]
            rows.append((_name(row), *times, *(_cell(row, column, last) for column in columns)))
    total: list[doc.Words] = [_total(table.summed(c)) if c in _SUMMED else "" for c in columns]
    rows.append((doc.Strong("total"), *([""] if repeated else []), *total))
    header = ("layer", *([""] if repeated else []), *(_HEADINGS[column] for column in columns))
    left: Literal["left"] = "left"
    right: Literal["right"] = "right"
    sides = (left, *((left,) if repeated else ()), *(left if column == "output" else right for column in columns))
    return doc.Table(header, tuple(rows), sides)


def _name(row: Row) -> str:
    return f"{row.layer.name} (shared with {row.layer.shares})" if row.layer.shares else row.layer.name


def _times(group: Group, index: int) -> str:
    """×36 beside the first row of a repeated block, a line beside the others."""
    if group.times == 1:
        return ""
    return f"×{group.times}" if index == 0 else "│"


def _cell(row: Row, column: str, last: Row) -> doc.Words:
    """One cell; `last` is the same layer of the last block where a block repeats."""
    if column == "output":
        return _close(row.output) if row.output or not row.unknown else "?"
    if row.unknown and (column == "receptive_field" or not row.knows(column)):
        return "?"
    if column == "receptive_field":
        return _field(row) if last is row else _range(row, last)
    return value_words(row.count(column))


def _close(shape: Sequence[Value]) -> doc.Words:
    """55×55×96, without the spaces that a running text has; what is long in letters keeps them, to be broken there."""
    letters = [size for size in shape if isinstance(size, Node)]
    long = letters and sum(len(printing.text(size)) for size in shape) > LONG_SHAPE
    times = " × " if long else "×"
    words: list[str | doc.Inline] = []
    for index, size in enumerate(shape):
        words += [times] if index else []
        words += (
            ["(", doc.Math(size), ")"] if isinstance(size, Add) else [doc.Math(size) if size in letters else f"{size}"]
        )
    return tuple(words)


def _total(value: Value) -> doc.Words:
    return "…" if _is_long(value) else value_words(value)


def _memory(value: Value) -> doc.Words:
    """A sum of bytes with its unit."""
    return "…" if _is_long(value) else in_units(value, "bytes")


def _is_long(value: Value) -> bool:
    return isinstance(value, Add) and len(value.terms) > MOST_TERMS


def _range(first: Row, last: Row) -> doc.Words:
    """The field in the first and in the last of the blocks that repeat: 27…59; of an oblong one, which is wide, the
    first and that it grows."""
    from_, to = _as_words(_field(first)), _as_words(_field(last))
    if len({field.size for field in (*first.field, *last.field)}) > 2:
        to = ()
    return from_ if from_ == to else (*from_, "…", *to)


def _field(row: Row) -> doc.Words:
    if row.reach.lost:
        return "?"
    if not row.field:
        return ""
    sizes = tuple(field.size for field in row.field)
    mark = "" if row.aligned else "*"
    if len(set(sizes)) == 1:
        words = value_words(sizes[0])
        return (*(words if isinstance(words, tuple) else (words,)), mark) if mark else words
    return (*_as_words(_close(sizes)), mark)


def _notes(
    table: Table, columns: Sequence[str], others: Mapping[str, Value], frozen: frozenset[str]
) -> list[doc.Block]:
    blocks: list[doc.Block] = []
    blocks += _warnings(table)
    if not all(row.aligned for row in table.rows):
        blocks.append(doc.Note("note", "* paths of different centres meet here: the field is the largest path's"))
    blocks += [doc.Note("note", f"? no one number is the field from {lost}") for lost in _lost(table)]
    long = [_HEADINGS[name] for name in columns if name in _SUMMED and _is_long(table.summed(name))]
    if long:
        rule = (
            "too many terms are left in letters to be shown; --json has them all, or give the input's size in numbers"
        )
        blocks.append(doc.Note("note", f"… the total of {' and of '.join(long)}: {rule}"))
    running, fixed = _kept(table, batchnorm=True), _kept(table, batchnorm=False)
    if running != 0:
        blocks.append(doc.Note("note", ("batch normalisation keeps ", *_value(running), " running values too")))
    if fixed != 0:
        blocks.append(doc.Note("note", (*_value(fixed), " more values are fixed and not learned")))
    if shown_by().megabyte != "none":
        blocks.append(doc.Note("note", ("memory of all outputs and parameters, 4 bytes a number: ",
                                        *_as_words(_memory(table.summed("memory"))))))  # fmt: skip
    if frozen:
        left = added(row.trainable for row in table.rows if row.layer.name not in frozen)
        layers = f"{len(frozen):,} layer{'s' if len(frozen) > 1 else ''}"
        blocks.append(doc.Note("note", ("still trained: ", *_value(left), f"; frozen: {layers}")))
    different = {who: value for who, value in others.items() if value != table.total["parameters"]}
    if different:
        words: list[str | doc.Inline] = ["parameters as others count: "]
        for index, (who, value) in enumerate(different.items()):
            words += ["; "] if index else []
            words += [f"{who} ", *_value(value)]
        blocks.append(doc.Note("note", tuple(words)))
    blocks += [doc.Note("note", note) for note in table.network.notes]
    if table.network.source:
        blocks.append(doc.Note("note", f"source: {table.network.source}"))
    return blocks


def _warnings(table: Table) -> list[doc.Block]:
    """One line for each reason why a layer is not known, with the first layer that has it."""
    found: dict[str, list[Row]] = {}
    for row in table.rows:
        if row.unknown:
            found.setdefault(row.unknown, []).append(row)
    blocks: list[doc.Block] = []
    for why, rows in found.items():
        first = rows[0].layer
        where = f"{first.place}: " if first.place else ""
        names = _first_of([row.layer.name for row in rows])
        blocks.append(doc.Note("warning", f"{where}{names}: {why}; the totals are partial"))
    if table.network.unplaced:
        rule = "weights of the file belong to no layer of the table"
        if table.network.unplaced < 0:
            rule = "weights of the table are not in the file"
        blocks.append(doc.Note("warning", f"{abs(table.network.unplaced):,} {rule}; the totals are partial"))
    return blocks


def _lost(table: Table) -> Iterator[str]:
    """One line for each reason why no receptive field is known, with the first layer from which it is not."""
    found: dict[str, list[str]] = {}
    for lost in dict.fromkeys(row.reach.lost for row in table.rows if row.reach.lost):
        name, _, why = lost.partition(": ")
        found.setdefault(why, []).append(name)
    yield from (f"{_first_of(names)}: {why}" for why, names in found.items())


def _first_of(names: Sequence[str]) -> str:
    return f"{names[0]} (and {len(names) - 1:,} more)" if len(names) > 1 else names[0]


def _kept(table: Table, batchnorm: bool) -> Value:
    """Values that are kept but not learnt, by batch normalisation or by all else."""
    return added(row.non_trainable for row in table.rows if (row.layer.kind == "batchnorm") is batchnorm)


def _value(value: Value) -> tuple[str | doc.Inline, ...]:
    return _as_words(_total(value))


def _as_words(words: doc.Words) -> tuple[str | doc.Inline, ...]:
    return words if isinstance(words, tuple) else (words,)


def comparison(tables: Sequence[Table], spell: Spell = None) -> doc.Document:
    """The totals of several networks side by side."""
    rows: list[tuple[doc.Words, ...]] = []
    for name in COUNTS:
        if name == "memory":
            rows.append(("memory", *(_memory(table.summed(name)) for table in tables)))
            continue
        name = shown_by().cost if name == "macs" else name
        rows.append((_HEADINGS[name], *(_total(table.summed(name)) for table in tables)))
    rows.append(("layers", *(f"{len(table.rows):,}" for table in tables)))
    right: Literal["right"] = "right"
    left: Literal["left"] = "left"
    header = ("", *(table.network.title for table in tables))
    shown = doc.Table(header, tuple(rows), (left, *(right,) * len(tables)))
    return doc.Document(" and ".join(table.network.title for table in tables), (shown,), spell)


def layer_kinds(kinds: Iterable[Kind], spell: Spell = None) -> doc.Document:
    """Kinds of layers: an example of each as it is written in a line of text, its settings and other names."""
    rows = tuple(
        (doc.CodeText(kind.example or kind.name), kind.words, ", ".join(kind.settings), ", ".join(kind.aliases))
        for kind in kinds
    )
    return doc.Document("Layers", (doc.Table(("in a line", "layer", "settings", "other names"), rows),), spell)


def networks_by_name(titles: Mapping[str, str], spell: Spell = None) -> doc.Document:
    """The networks that are known by a name, each with its title."""
    rows = tuple((doc.CodeText(name), title) for name, title in titles.items())
    return doc.Document("Networks", (doc.Table(("name", "network"), rows),), spell)
