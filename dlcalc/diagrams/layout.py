"""Where the layers of a diagram stand: columns by how far from the input, lanes for branches, rows of a page's width.

Nothing is drawn and nothing is measured in pixels here, apart from the width of columns that the caller gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..networks.network import INPUT
from ..networks.repeats import Group, alone, grouped
from ..networks.table import Row, Table


@dataclass(frozen=True)
class Block:
    """A layer in the picture; `row` is None for the network's input. `lane` 0 is the uppermost."""

    name: str
    row: Row | None = field(compare=False)
    column: int
    lane: int


@dataclass(frozen=True)
class Edge:
    """`target` reads `source`."""

    source: Block
    target: Block


@dataclass(frozen=True)
class Repeat:
    """The columns from `first` to `last` stand for `times` copies of themselves."""

    first: int
    last: int
    times: int


@dataclass(frozen=True)
class Graph:
    """Blocks in an order in which each reads only blocks before it, what they read, and what stands for copies."""

    blocks: tuple[Block, ...]
    edges: tuple[Edge, ...]
    repeats: tuple[Repeat, ...]

    @property
    def columns(self) -> int:
        return max(block.column for block in self.blocks) + 1


def placed(table: Table, every: bool = False) -> Graph:
    """The layers in columns and lanes; unless `every` is set, a block that repeats in a chain stands there once."""
    groups = [alone(row) for row in table.rows] if every else grouped(table.rows)
    stands_for = _representatives(table.rows, groups)
    rows = [row for group in groups for row in group.rows]
    reads = {row.layer.name: tuple(dict.fromkeys(stands_for[name] for name in row.layer.inputs)) for row in rows}
    columns = {INPUT: 0}
    for name, inputs in reads.items():
        columns[name] = 1 + max((columns[source] for source in inputs), default=0)
    lanes = _lanes(reads, columns)
    blocks = {INPUT: Block(INPUT, None, 0, 0)}
    blocks |= {
        row.layer.name: Block(row.layer.name, row, columns[row.layer.name], lanes[row.layer.name]) for row in rows
    }
    edges = tuple(Edge(blocks[source], blocks[name]) for name, inputs in reads.items() for source in inputs)
    repeats = []
    for group in groups:
        if group.times > 1:
            within = [columns[row.layer.name] for row in group.rows]
            repeats.append(Repeat(min(within), max(within), group.times))
    return Graph(tuple(blocks.values()), edges, tuple(repeats))


def _representatives(rows: Sequence[Row], groups: Sequence[Group]) -> dict[str, str]:
    """Layer → the layer that stands for it in the picture."""
    stands_for = {INPUT: INPUT}
    at = 0
    for group in groups:
        for index in range(len(group.rows) * group.times):
            stands_for[rows[at + index].layer.name] = group.rows[index % len(group.rows)].layer.name
        at += len(group.rows) * group.times
    return stands_for


def _lanes(reads: dict[str, tuple[str, ...]], columns: dict[str, int]) -> dict[str, int]:
    """Each layer stays in the lane of the uppermost layer it reads if nothing is in the way, or goes to a lane below.

    A layer keeps its lane free up to its first reader, so that the line between them meets nobody. What leads to the
    last column comes first, so that a head on the way, which ends before, hangs below.
    """
    first_reader: dict[str, int] = {}
    for name, inputs in reads.items():
        for source in inputs:
            first_reader[source] = min(first_reader.get(source, columns[name]), columns[name])
    lanes = {INPUT: 0}
    taken = {(0, 0)}
    leading = _leading_to(max(reads, key=lambda name: columns[name], default=INPUT), reads)
    for name in sorted(reads, key=lambda name: name not in leading):
        inputs, column = reads[name], columns[name]
        until = max(column + 1, first_reader.get(name, 0))
        lane = min((lanes[source] for source in inputs), default=0)
        while any((lane, c) in taken for c in range(column, until)):
            lane += 1
        lanes[name] = lane
        taken.update((lane, c) for c in range(column, until))
    return lanes


def _leading_to(end: str, reads: dict[str, tuple[str, ...]]) -> set[str]:
    """The layers from which `end` is computed, and itself."""
    found, left = {end}, [end]
    while left:
        for source in reads.get(left.pop(), ()):
            if source not in found:
                found.add(source)
                left.append(source)
    return found


def rows_of(graph: Graph, widths: Sequence[float], most: float) -> list[range]:
    """The columns of each row of the page, of at most `most` in width where a single column is not wider.

    A row ends where one arrow leads on and no repeated block is open, if it has such a place after its first third.
    """
    cost = _break_costs(graph)
    found: list[range] = []
    start, width = 0, 0.0
    column = 0
    while column < len(widths):
        width += widths[column]
        if width > most and column > start:
            # Of equally good places the latest.
            places = range(start + (column - start + 2) // 3, column + 1)
            found.append(range(start, min(places, key=lambda place: (cost[place], -place))))
            start = column = found[-1].stop
            width = 0.0
            continue
        column += 1
    found.append(range(start, len(widths)))
    return found


def _break_costs(graph: Graph) -> list[int]:
    """For each column, how bad it is to begin a row with it: how many blocks are read across, and open repetitions."""
    cost = [0] * (graph.columns + 1)
    last_read: dict[Block, int] = {}
    for edge in graph.edges:
        last_read[edge.source] = max(last_read.get(edge.source, 0), edge.target.column)
    spans = [(block.column + 1, last, 1) for block, last in last_read.items()]
    spans += [(repeat.first + 1, repeat.last, 2) for repeat in graph.repeats]
    for first, last, bad in spans:
        cost[first] += bad
        cost[last + 1] -= bad
    for column in range(1, len(cost)):
        cost[column] += cost[column - 1]
    return cost
