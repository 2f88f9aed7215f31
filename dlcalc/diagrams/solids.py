"""What a layer looks like: a box for a map, a sheet for a sequence, a bar for a vector, a circle for a sum; its colour.

Sizes are to scale by their square roots, each axis against the largest of the network: 227 × 227 × 3 and 6 × 6 × 256
differ 40-fold in height and 85-fold in channels, and both are to be read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..errors import UserError
from ..expressions.evaluate import evaluate
from ..expressions.nodes import Node, Value, names_in
from ..networks.kinds import KINDS, Shape

LETTER = 64
"""What a letter is drawn as."""

_HEIGHT, _WIDTH, _SHEET = 120.0, 64.0, 90.0
"""Pixels of the largest size, of the most channels, of the most time steps."""
_DEPTH = 0.3
"""How long an edge that leads away from the reader is drawn."""
_BAR = 9.0
_THIN = 7.0
_RADIUS = 12.0
_LEAST = 5.0

COLOURS: Mapping[str, str] = {
    "input": "#b8c0cc",
    "convolution": "#f2a65a",
    "pooling": "#5aa9a0",
    "dense": "#9a86d6",
    "recurrent": "#7cb66a",
    "attention": "#e07a8b",
    "embedding": "#6ea8e0",
    "normalisation": "#d9cfa3",
    "sum, product, concatenation": "#f4d35e",
    "other": "#cfd4da",
}
"""Of the families of kinds, in the order of the legend."""


@dataclass(frozen=True)
class Solid:
    """A shape in pixels: the front's width and height, the depth of a box, the sign in a circle, a sheet's lines."""

    form: str
    width: float
    height: float
    depth: float = 0.0
    sign: str = ""
    lines: int = 0

    @property
    def whole_width(self) -> float:
        return self.width + self.depth

    @property
    def whole_height(self) -> float:
        return self.height + self.depth


class Scale:
    """The solids of one network's layers, all on one scale."""

    def __init__(self, shapes: Iterable[Shape]) -> None:
        every = [tuple(map(_number, shape)) for shape in shapes]
        self.size = max((size for shape in every if len(shape) > 2 for size in shape[-3:-1]), default=1.0)
        self.channels = max((shape[-1] for shape in every if len(shape) > 2), default=1.0)
        self.length = max((shape[-1] for shape in every if 1 <= len(shape) <= 2), default=1.0)
        self.steps = max((shape[0] for shape in every if len(shape) == 2), default=1.0)

    def solid(self, kind: str, shape: Shape) -> Solid:
        """The solid of a layer of that kind and output; () is an output that is not known."""
        known = KINDS.get(kind)
        if known is not None and known.sign:
            return Solid("circle", 2 * _RADIUS, 2 * _RADIUS, sign=known.sign)
        sizes = tuple(map(_number, shape))
        if not sizes:
            return Solid("unknown", 34.0, 46.0, sign="?")
        if len(sizes) == 1:
            return Solid("bar", _BAR, _root(sizes[0], self.length, _HEIGHT))
        if len(sizes) == 2:
            height, width = _root(sizes[1], self.length, 0.7 * _HEIGHT), _root(sizes[0], self.steps, _SHEET)
            return Solid("sheet", width, height, lines=min(max(round(sizes[0]) - 1, 0), int(width / _LEAST)))
        height = _root(sizes[-3], self.size, _HEIGHT)
        depth = _DEPTH * _root(sizes[-2], self.size, _HEIGHT)
        width = _THIN if known is not None and known.slab else _root(sizes[-1], self.channels, _WIDTH)
        return Solid("box", width, height, depth)


def _root(size: float, largest: float, pixels: float) -> float:
    return max(pixels * math.sqrt(size / largest), _LEAST)


def _number(value: Value) -> float:
    """A size to draw; letters count as LETTER, and what has no size then is drawn as 1."""
    if isinstance(value, Node):
        try:
            value = evaluate(value, dict.fromkeys(names_in(value), LETTER))
        except UserError:
            return 1.0
    return min(max(float(value), 1.0), 1e12) if isinstance(value, (int, float, Fraction)) else 1.0


def drawn(draw: Any, solid: Solid, colour: str, x: float, middle: float, title: str) -> Any:
    """The solid as a group of the drawing library, its left edge at `x`, its height halved by `middle`."""
    group = draw.Group(fill=colour, stroke=mixed(colour, "#000000", 0.45), stroke_width=1, stroke_linejoin="round")
    group.append_title(title)
    top, bottom = middle - solid.whole_height / 2, middle + solid.whole_height / 2
    front, right = top + solid.depth, x + solid.width
    if solid.form == "circle":
        group.append(draw.Circle(_round(x + solid.width / 2), _round(middle), _round(solid.width / 2)))
    else:
        dashes = {"stroke_dasharray": "4 3", "fill": "none"} if solid.form == "unknown" else {}
        group.append(draw.Rectangle(*map(_round, (x, front, solid.width, solid.height)), **dashes))
    if solid.form == "box":
        back = right + solid.depth
        upper = (x, front, x + solid.depth, top, back, top, right, front)
        side = (right, front, back, top, back, bottom - solid.depth, right, bottom)
        group.append(draw.Lines(*map(_round, upper), close=True, fill=mixed(colour, "#ffffff", 0.45)))
        group.append(draw.Lines(*map(_round, side), close=True, fill=mixed(colour, "#000000", 0.18)))
    for line in range(1, solid.lines + 1):
        at = _round(x + solid.width * line / (solid.lines + 1))
        group.append(draw.Line(at, _round(top), at, _round(bottom), stroke_width=0.5))
    if solid.sign:
        size = 18
        style = {"stroke": "none", "fill": "#1f2933", "text_anchor": "middle"}
        group.append(draw.Text(solid.sign, size, _round(x + solid.width / 2), _round(middle + size / 3), **style))
    return group


def mixed(colour: str, other: str, share: float) -> str:
    """`colour` with a share of another, both #rrggbb."""
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(a + (b - a) * share) for a, b in pairs).hex()


def _round(pixels: float) -> float:
    return round(pixels, 1)
