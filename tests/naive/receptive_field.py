"""Receptive fields by following every unit back to the pixels that it sees."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple


class Layer(NamedTuple):
    f: int
    s: int = 1
    d: int = 1
    p: int = 0


def pixels(layers: Sequence[Layer], unit: int) -> set[int]:
    """What a unit of the last layer sees; pixels before 0 lie in the padding."""
    if not layers:
        return {unit}
    *before, last = layers
    read = {unit * last.s - last.p + last.d * tap for tap in range(last.f)}
    return {pixel for one in read for pixel in pixels(before, one)}


def extent(layers: Sequence[Layer]) -> int:
    """From the first pixel to the last; the gaps of a dilated window are inside."""
    seen = pixels(layers, 0)
    return max(seen) - min(seen) + 1


def centre(layers: Sequence[Layer], unit: int = 0) -> Fraction:
    seen = pixels(layers, unit)
    return Fraction(min(seen) + max(seen), 2)


def jump(layers: Sequence[Layer]) -> Fraction:
    return centre(layers, 1) - centre(layers, 0)


def transposed(layer: Layer, unit: int) -> set[int]:
    """The units that a unit of a transposed convolution reads: those whose window, laid out from them, covers it."""
    read = range(-unit - layer.f * layer.d, unit + layer.p + 1)
    return {one for one in read for tap in range(layer.f) if one * layer.s - layer.p + tap * layer.d == unit}
