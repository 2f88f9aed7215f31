"""Numbers on paper: when a fraction is a decimal, and when a sign prints."""

from __future__ import annotations

import math
from fractions import Fraction

from ..exact import Number

MAX_DECIMALS = 12
"""A fraction with more decimals than this prints as p/q."""


def decimal(value: Fraction) -> str | None:
    """The finite decimal of a positive fraction, None when it has none of at most `MAX_DECIMALS` places."""
    scaled = value * 10**MAX_DECIMALS
    if scaled.denominator != 1:
        return None
    whole, rest = divmod(scaled.numerator, 10**MAX_DECIMALS)
    places = f"{rest:0{MAX_DECIMALS}d}".rstrip("0")
    return f"{whole}.{places}" if places else str(whole)


def is_negative(value: Number) -> bool:
    """True below zero and for −0.0, whose sign would print too."""
    return value < 0 or (isinstance(value, float) and math.copysign(1, value) < 0)
