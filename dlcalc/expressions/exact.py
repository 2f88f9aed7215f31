"""Exact numbers: whole numbers and fractions, floats only where a transcendental function made one."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TypeAlias

Number: TypeAlias = int | Fraction | float

NEAR = Fraction(1, 10**9)
"""How far two numbers may be apart, as a part of the larger one, if one of them was computed in floats."""


def exact(value: Number) -> Number:
    """A whole Fraction as an int; everything else as it is."""
    return value.numerator if value.__class__ is Fraction and value.denominator == 1 else value


def number_of(digits: str) -> int | Fraction:
    """The exact number that is written as digits, with a decimal point or an exponent or without.

    Most are whole, and to read them as fractions first takes several times as long.
    """
    if digits.isdecimal():
        return int(digits)
    found = Fraction(digits)
    return found.numerator if found.denominator == 1 else found


def shown(value: object) -> str:
    """A number as a message shows it: a long one shortened, what is no single number only hinted at."""
    if not isinstance(value, int | Fraction | float):
        return "…"
    text = str(value)
    return text if len(text) <= 40 else f"{text[:12]}… ({len(text)} characters)"


def is_near(a: Number, b: Number, relative: Fraction = NEAR) -> bool:
    """Whether two numbers of any size differ by no more than this part of the larger one."""
    if a.__class__ is float and b.__class__ is float:
        return a == b or abs(a - b) <= relative * max(abs(a), abs(b)) < math.inf
    left, right = Fraction(a), Fraction(b)
    return abs(left - right) <= relative * max(abs(left), abs(right))


def exponent_of(value: Number) -> int:
    """e for the d.dd·10^e that a number other than 0 is, whatever its size."""
    fraction = abs(Fraction(value))
    guess = len(str(fraction.numerator)) - len(str(fraction.denominator))
    return guess if fraction >= Fraction(10) ** guess else guess - 1


def as_float(value: Number) -> float:
    """The nearest float; an infinite one beyond the largest."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
