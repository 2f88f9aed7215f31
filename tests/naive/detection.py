"""Overlaps by counting the squares that two boxes cover, and detectors by listing what they predict."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

Box = tuple[int, int, int, int]


def squares(box: Box, inclusive: bool = False) -> set[tuple[int, int]]:
    """The unit squares of a box with whole corners; `inclusive`: corners are pixels of the box themselves."""
    left, top, right, bottom = box
    return set(product(range(left, right + inclusive), range(top, bottom + inclusive)))


def iou(a: Box, b: Box, inclusive: bool = False) -> Fraction:
    first, second = squares(a, inclusive), squares(b, inclusive)
    return Fraction(len(first & second), len(first | second))


def dice(a: Box, b: Box) -> Fraction:
    first, second = squares(a), squares(b)
    return Fraction(2 * len(first & second), len(first) + len(second))


def anchors(size: Sequence[int], scales: int, ratios: int) -> list[tuple[int, ...]]:
    """Every place with every scale and every ratio."""
    return list(product(*(range(extent) for extent in size), range(scales), range(ratios)))


def grid_values(size: Sequence[int], boxes: int, classes: int) -> list[tuple[object, ...]]:
    """The name of every number that a grid detector puts out: five for each box, and one for each class of a cell."""
    per_cell = [(box, part) for box in range(boxes) for part in ("x", "y", "w", "h", "confidence")]
    named: list[object] = [*per_cell, *range(classes)]
    return [(*cell, value) for cell in product(*(range(extent) for extent in size)) for value in named]
