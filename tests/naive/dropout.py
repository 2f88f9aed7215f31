"""Dropout by going through every subset of units that can be on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product

Mask = tuple[bool, ...]


def masks(n: int) -> list[Mask]:
    return list(product((True, False), repeat=n))


def chances(n: int, keep: Fraction) -> Iterator[tuple[Mask, Fraction]]:
    for mask in masks(n):
        chance = Fraction(1)
        for on in mask:
            chance *= keep if on else 1 - keep
        yield mask, chance


def expected_on(n: int, keep: Fraction) -> Fraction:
    return sum((chance * sum(mask) for mask, chance in chances(n, keep)), Fraction(0))


def expected_sum(values: Sequence[int], keep: Fraction, factor: Fraction) -> Fraction:
    """What a next unit receives in training on average, each kept value multiplied by the factor."""
    total = Fraction(0)
    for mask, chance in chances(len(values), keep):
        total += chance * sum(factor * value for value, on in zip(values, mask, strict=True) if on)
    return total
