"""Exact numbers: whole numbers and fractions, floats only where a transcendental function made one."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

Number: TypeAlias = int | Fraction | float


def exact(value: Number) -> Number:
    """A whole Fraction as an int; everything else as it is."""
    return value.numerator if value.__class__ is Fraction and value.denominator == 1 else value


def shown(value: object) -> str:
    """A number as a message shows it: a long one shortened, what is no single number only hinted at."""
    if not isinstance(value, int | Fraction | float):
        return "…"
    text = str(value)
    return text if len(text) <= 40 else f"{text[:12]}… ({len(text)} characters)"
