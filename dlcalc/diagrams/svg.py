"""The picture of a network: blocks to scale, what they are called and cost, arrows, a legend, as one SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from ..errors import UserError
from ..expressions.nodes import Node
from ..expressions.printing import Spell
from ..networks.kinds import Shape, family
from ..networks.network import INPUT
from ..networks.table import Table
from ..profiles import COURSE, Profile
from . import labels
from .layout import Block, Repeat, placed
from .page import LINE, MARGIN, Extent, Page, Point
from .solids import COLOURS, LETTER, Scale, drawn, mixed

_CHARACTER = 6.4
"""Mean width of one at the size of the labels."""
_CORNER = 9.0
"""Radius where an arrow turns."""
_LONGEST = 90
"""Characters of the title and of a total."""
_NARROWEST = 620.0
_FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"
_TEXT, _FAINT, _ARROW, _FRAME = "#1f2933", "#5f6b7a", "#4a5563", "#8895a7"


def network_svg(table: Table, spell: Spell = None, every: bool = False, course: Profile = COURSE) -> str:
    """A network as an SVG document, the same bytes each time.

    A map is a box: height and depth follow its size, width its channels, by square roots; a sequence is a sheet of
    lines, a vector a bar. A block that repeats in a chain is drawn once, framed, ×N; with `every` it is written out.
    Letters are drawn as if they were 64; `course` says what the cost is counted in. Raises UserError without the
    drawing library, of the extra `draw`.
    """
    try:
        draw: Any = import_module("drawsvg")
    except ImportError:
        raise UserError('a picture is drawn by the drawsvg package: pip install "dlcalc[draw]"') from None
    return _Picture(draw, table, spell, every, course).svg()


class _Picture:
    def __init__(self, draw: Any, table: Table, spell: Spell, every: bool, course: Profile) -> None:
        self.draw, self.table, self.spell, self.course = draw, table, spell, course
        graph = placed(table, every)
        self.blocks, self.edges, self.repeats = graph.blocks, graph.edges, graph.repeats
        scale = Scale(map(self.shape, graph.blocks))
        self.solids = {block: scale.solid(_kind(block), self.shape(block)) for block in graph.blocks}
        self.lines = {block: self.written(block) for block in graph.blocks}
        self.page = Page(graph, {block: self.extent(block) for block in graph.blocks})

    def shape(self, block: Block) -> Shape:
        return block.row.output if block.row else self.table.network.input

    def written(self, block: Block) -> tuple[str, ...]:
        if block.row:
            return labels.lines(block.row, self.spell)
        return INPUT, labels.short(labels.shape(self.table.network.input, self.spell))

    def extent(self, block: Block) -> Extent:
        solid, lines = self.solids[block], self.lines[block]
        text = max(map(len, lines)) * _CHARACTER
        return Extent(solid.width + solid.depth, solid.height + solid.depth, text, len(lines))

    def svg(self) -> str:
        title = labels.name(self.table.network.title)
        if len(title) > _LONGEST:
            title = f"{title[: _LONGEST - 1]}…"
        heading = self.heading()
        width = max(self.page.width, len(title) * 11 + MARGIN, len(heading) * 7 + MARGIN, _NARROWEST)
        legend, height = self.legend(width, self.page.height)
        width, height = math.ceil(width), math.ceil(height)
        drawing = self.draw.Drawing(width, height, font_family=_FONT, role="img")
        drawing.append_title(title)
        drawing.append(self.draw.Rectangle(0.5, 0.5, width - 1, height - 1, rx=10, fill="#ffffff", stroke="#e1e6ec"))
        drawing.append(self.text(title, MARGIN / 2, 34, size=20, weight="bold", anchor="start"))
        drawing.append(self.text(heading, MARGIN / 2, 55, size=13, colour=_FAINT, anchor="start"))
        for repeat in self.repeats:
            drawing.extend(self.frame(repeat))
        for edge in self.edges:
            drawing.extend(self.arrow(self.page.route(edge)))
        for block in self.blocks:
            drawing.extend(self.block(block))
        drawing.extend(legend)
        found: str = drawing.as_svg()
        return found if found.endswith("\n") else found + "\n"

    def heading(self) -> str:
        """The totals, "at least" where a layer could not be worked out."""
        least = "at least " if self.table.partial else ""
        wording = {"parameters": "parameters", self.course.cost: self.course.cost_name}
        counts = [f"{labels.number(self.table.summed(name), self.spell)} {what}" for name, what in wording.items()]
        shown = [*(f"{least}{count}" for count in counts if len(count) <= _LONGEST), f"{len(self.table.rows):,} layers"]
        return " · ".join(shown)

    def text(
        self,
        words: str,
        x: float,
        y: float,
        size: float = 11,
        weight: str = "normal",
        colour: str = _TEXT,
        anchor: str = "middle",
    ) -> Any:
        """Text that stays readable where a line runs behind it."""
        halo = {"stroke": "#ffffff", "stroke_width": 3, "paint_order": "stroke", "stroke_linejoin": "round"}
        style = {"font_weight": weight, "fill": colour, "text_anchor": anchor, **halo}
        return self.draw.Text(words, size, round(x, 1), round(y, 1), **style)

    def block(self, block: Block) -> list[Any]:
        """The solid, with what is written below it."""
        lane, middle = self.page.lane(block), self.page.middle[block.column]
        colour = COLOURS[family(_kind(block))]
        title = labels.title(block.row, self.spell) if block.row else ", ".join(self.lines[block])
        parts = [drawn(self.draw, self.solids[block], colour, self.page.left_of(block), lane.axis, title)]
        for index, line in enumerate(self.lines[block]):
            weight, shade = ("bold", _TEXT) if index == 0 else ("normal", _TEXT if index == 1 else _FAINT)
            parts.append(self.text(line, middle, lane.bottom + (index + 1) * LINE, weight=weight, colour=shade))
        return parts

    def frame(self, repeat: Repeat) -> list[Any]:
        """A dashed frame around the columns of a repeated block, in each row that has some of them, and ×N."""
        parts: list[Any] = []
        for index, (x, y, width, height) in enumerate(self.page.frames(repeat)):
            style = {"fill": "#f6f8fa", "stroke": _FRAME, "stroke_dasharray": "5 4"}
            parts.append(self.draw.Rectangle(*_rounded((x, y)), *_rounded((width, height)), rx=8, **style))
            words = f"×{repeat.times}, continued" if index else f"×{repeat.times}"
            parts.append(self.text(words, x + 8, y + 16, size=14, weight="bold", anchor="start"))
        return parts

    def arrow(self, corners: Sequence[Point]) -> list[Any]:
        """A line with rounded corners, and its head."""
        points = [point for index, point in enumerate(corners) if index == 0 or point != corners[index - 1]]
        path = self.draw.Path(fill="none", stroke=_ARROW, stroke_width=1.3)
        path.M(*_rounded(points[0]))
        for before, corner, after in zip(points, points[1:], points[2:], strict=False):
            radius = min(_CORNER, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
            path.L(*_rounded(_towards(corner, before, radius)))
            path.Q(*_rounded(corner), *_rounded(_towards(corner, after, radius)))
        tip, tail = points[-1], _towards(points[-1], points[-2], 7)
        path.L(*_rounded(tail))
        across = (tip[1] - tail[1]) / 2, (tail[0] - tip[0]) / 2
        wings = (tail[0] + across[0], tail[1] + across[1]), (tail[0] - across[0], tail[1] - across[1])
        head = (*_rounded(tip), *_rounded(wings[0]), *_rounded(wings[1]))
        return [path, self.draw.Lines(*head, close=True, fill=_ARROW)]

    def legend(self, width: float, y: float) -> tuple[list[Any], float]:
        """The colours in use and how to read the blocks; and the height of the page with it."""
        parts: list[Any] = []
        used = {family(_kind(block)) for block in self.blocks}
        x = MARGIN / 2
        for name in (name for name in COLOURS if name in used):
            needed = 34 + len(name) * _CHARACTER
            if x + needed > width - MARGIN / 2 and x > MARGIN / 2:
                x, y = MARGIN / 2, y + 20
            colour = COLOURS[name]
            style = {"fill": colour, "stroke": mixed(colour, "#000000", 0.45)}
            parts.append(self.draw.Rectangle(round(x, 1), round(y, 1), 13, 13, rx=2, **style))
            parts.append(self.text(name, x + 19, y + 11, anchor="start"))
            x += needed + 10
        notes = ["Under each block: name, output, parameters, window. Sizes are to scale by their square roots."]
        if any(isinstance(size, Node) for block in self.blocks for size in self.shape(block)):
            notes.append(f"Letters are drawn as if they were {LETTER}.")
        if self.repeats:
            notes.append("A framed block is repeated N times: ×N.")
        for note in notes:
            y += 17 if note is not notes[0] else 34
            parts.append(self.text(note, MARGIN / 2, y, colour=_FAINT, anchor="start"))
        return parts, y + 18


def _kind(block: Block) -> str:
    return block.row.layer.kind if block.row else INPUT


def _towards(start: Point, end: Point, length: float) -> Point:
    """The point `length` from `start` on the way to `end`."""
    share = length / (math.dist(start, end) or 1.0)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _rounded(point: Point) -> Point:
    return round(point[0], 1), round(point[1], 1)
