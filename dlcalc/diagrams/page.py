"""The layout in pixels: how far each row, column and lane reaches, and through which points each arrow goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .layout import Block, Edge, Graph, Repeat, rows_of

WIDTH = 1400.0
"""From here on the picture goes on in a further row."""
MARGIN = 44.0
LINE = 14.0
"""From one line of text to the next."""
_GAP, _GUTTER, _TOP = 30.0, 26.0, 70.0
"""Between columns, between rows, above the first row."""
_ARC, _FRAME = 12.0, 20.0
"""Between arrows above one another, and the room for what is written on a frame."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Extent:
    """What a block needs: its solid's width and height, the width of its text, and how many lines that has."""

    width: float
    height: float
    text: float
    lines: int


@dataclass
class Lane:
    """One lane of a row. Arrows that run above its solids are kept as (first column, last column, level)."""

    tall: float = 0.0
    lines: int = 0
    axis: float = 0.0
    """Where the middle of its solids is, and where arrows run."""
    arcs: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def top(self) -> float:
        return self.axis - self.tall / 2

    @property
    def bottom(self) -> float:
        return self.axis + self.tall / 2

    def free_level(self, first: int, last: int) -> int:
        """The lowest level that no arrow has between these columns; it is then taken."""
        over = {level for begin, end, level in self.arcs if begin < last and first < end}
        level = next(free for free in range(1, len(over) + 2) if free not in over)
        self.arcs.append((first, last, level))
        return level


@dataclass
class Strip:
    """A row of the page."""

    columns: range
    lanes: dict[int, Lane] = field(default_factory=dict)
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0


class Page:
    """Every block, frame and arrow of a graph in its place; `width` and `height` are the page's without the legend."""

    def __init__(self, graph: Graph, extents: Mapping[Block, Extent]) -> None:
        self.graph, self.extents = graph, extents
        widths = [0.0] * graph.columns
        for block, extent in extents.items():
            widths[block.column] = max(widths[block.column], max(extent.width, extent.text) + _GAP)
        self.strips = [Strip(columns) for columns in rows_of(graph, widths, WIDTH)]
        self.strip_of = [strip for strip in self.strips for _ in strip.columns]
        self.places = {(block.lane, block.column) for block in graph.blocks}
        for block in graph.blocks:
            lane = self.strip_of[block.column].lanes.setdefault(block.lane, Lane())
            lane.tall = max(lane.tall, extents[block].height)
            lane.lines = max(lane.lines, extents[block].lines)
        self.levels: dict[tuple[Edge, Block], int] = {}
        for edge in sorted(graph.edges, key=lambda edge: edge.target.column - edge.source.column):
            self._reserve(edge)
        self._set_columns(widths)
        self.height = self._set_rows()
        self.width = max(strip.right for strip in self.strips) + MARGIN

    def _reserve(self, edge: Edge) -> None:
        """A level above the lane for an arrow, or the end of an arrow, that would run through other blocks."""
        source, target = edge.source, edge.target
        start, end = self.strip_of[source.column], self.strip_of[target.column]
        if start is end:
            if self._between(max(source, target, key=lambda block: block.lane).lane, source.column, target.column):
                self.levels[edge, source] = start.lanes[source.lane].free_level(source.column, target.column)
            return
        if self._between(source.lane, source.column, start.columns.stop):
            self.levels[edge, source] = start.lanes[source.lane].free_level(source.column, start.columns.stop)
        if self._between(target.lane, end.columns.start - 1, target.column):
            self.levels[edge, target] = end.lanes[target.lane].free_level(end.columns.start - 1, target.column)

    def _between(self, lane: int, first: int, last: int) -> bool:
        """Some block of the lane stands between these columns."""
        return any((lane, column) in self.places for column in range(first + 1, last))

    def _set_columns(self, widths: Sequence[float]) -> None:
        self.left: list[float] = []
        for strip in self.strips:
            strip.right = MARGIN
            for column in strip.columns:
                self.left.append(strip.right)
                strip.right += widths[column]
        self.middle = [left + width / 2 for left, width in zip(self.left, widths, strict=True)]

    def _set_rows(self) -> float:
        framed = {column for repeat in self.graph.repeats for column in range(repeat.first, repeat.last + 1)}
        height = _TOP
        for strip in self.strips:
            strip.top = height
            height += _FRAME if framed.intersection(strip.columns) else 0.0
            for _, lane in sorted(strip.lanes.items()):
                levels = max((level for _, _, level in lane.arcs), default=0)
                lane.axis = height + (levels + 1) * _ARC + lane.tall / 2
                height = lane.bottom + (lane.lines + 0.5) * LINE
            strip.bottom = height + 4.0
            height = strip.bottom + _GUTTER
        return height

    def lane(self, block: Block) -> Lane:
        return self.strip_of[block.column].lanes[block.lane]

    def left_of(self, block: Block) -> float:
        """Where the block's solid begins."""
        return self.middle[block.column] - self.extents[block].width / 2

    def frames(self, repeat: Repeat) -> list[tuple[float, float, float, float]]:
        """x, y, width and height of a frame around the repeated columns, in each row that has some of them."""
        found = []
        for strip in self.strips:
            within = [column for column in range(repeat.first, repeat.last + 1) if column in strip.columns]
            if within:
                right = strip.right if within[-1] + 1 == strip.columns.stop else self.left[within[-1] + 1]
                left = self.left[within[0]]
                lanes = [
                    strip.lanes[lane] for lane in strip.lanes if any((lane, column) in self.places for column in within)
                ]
                bottom = max(lane.bottom + (lane.lines + 0.5) * LINE for lane in lanes) + 4
                found.append((left + 4, strip.top, right - left - 10, bottom - strip.top))
        return found

    def route(self, edge: Edge) -> list[Point]:
        """The corners of the arrow: from the source's side or top to the target's."""
        source, target = edge.source, edge.target
        start, end = self.strip_of[source.column], self.strip_of[target.column]
        points = self._leaving(edge)
        if start is end:
            if (edge, source) in self.levels and source.lane == target.lane:
                return [*points, (self.middle[target.column] - 3, points[-1][1]), self._top_of(target, -3)]
            turn = self.left[target.column] if source.lane > target.lane else self.left[source.column + 1]
            axis = self.lane(target).axis
            return [*points, (turn, points[-1][1]), (turn, axis), (self.left_of(target), axis)]
        far = start.right + 10 if self.strips.index(end) == self.strips.index(start) + 1 else self.width - MARGIN / 2
        near, between = MARGIN / 2, end.top - _GUTTER / 2
        points += [(far, points[-1][1]), (far, between), (near, between)]
        if (edge, target) in self.levels:
            above = self._above(target, self.levels[edge, target])
            return [*points, (near, above), (self.middle[target.column] - 3, above), self._top_of(target, -3)]
        return [*points, (near, self.lane(target).axis), (self.left_of(target), self.lane(target).axis)]

    def _leaving(self, edge: Edge) -> list[Point]:
        source = edge.source
        if (edge, source) not in self.levels:
            return [(self.left_of(source) + self.extents[source].width, self.lane(source).axis)]
        above = self._above(source, self.levels[edge, source])
        return [self._top_of(source, 3), (self.middle[source.column] + 3, above)]

    def _above(self, block: Block, level: int) -> float:
        return self.lane(block).top - level * _ARC

    def _top_of(self, block: Block, aside: float) -> Point:
        return self.middle[block.column] + aside, self.lane(block).axis - self.extents[block].height / 2
