"""Bounds and trend of an expression over a range of one unknown, by running the same evaluation on intervals.

An `Interval` holds every value that the expression takes, and `trend` says how it moves as the unknown grows:
0 constant, +1 never falls, −1 never rises, None unknown. Inverse questions prune with the bounds and bisect on the trend.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from .exact import Number, exact

INFINITY = math.inf


@dataclass(frozen=True, slots=True)
class Interval:
    low: Number
    high: Number
    trend: int | None = 0

    def __add__(self, other: Interval | Number) -> Interval:
        b = of(other)
        return Interval(self.low + b.low, self.high + b.high, _joint(self.trend, b.trend))

    __radd__ = __add__

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low, None if self.trend is None else -self.trend)

    def __sub__(self, other: Interval | Number) -> Interval:
        return self + -of(other)

    def __rsub__(self, other: Number) -> Interval:
        return of(other) + -self

    def __mul__(self, other: Interval | Number) -> Interval:
        b = of(other)
        ends = [_times(x, y) for x in (self.low, self.high) for y in (b.low, b.high)]
        return Interval(min(ends), max(ends), _joint(_scaled(self.trend, b), _scaled(b.trend, self)))

    __rmul__ = __mul__

    def reciprocal(self) -> Interval:
        """1/x; the whole line when zero lies inside."""
        if self.low <= 0 <= self.high:
            return Interval(-INFINITY, INFINITY, None)
        trend = None if self.trend is None else -self.trend
        return Interval(_inverse(self.high), _inverse(self.low), trend)

    def __truediv__(self, other: Interval | Number) -> Interval:
        return self * of(other).reciprocal()

    def __rtruediv__(self, other: Number) -> Interval:
        return of(other) * self.reciprocal()


def of(value: Interval | Number) -> Interval:
    return value if isinstance(value, Interval) else Interval(value, value, 0)


def _times(x: Number, y: Number) -> Number:
    return 0 if x == 0 or y == 0 else x * y


def _inverse(x: Number) -> Number:
    if isinstance(x, float):
        return 1 / x
    return exact(Fraction(1) / x)


def _joint(a: int | None, b: int | None) -> int | None:
    """The trend of a sum of two parts."""
    if a == 0 or a == b:
        return b
    return a if b == 0 else None


def _scaled(trend: int | None, factor: Interval) -> int | None:
    """The trend of a part times a factor of known sign."""
    if trend is None or trend == 0:
        return trend
    if factor.low >= 0:
        return trend
    return -trend if factor.high <= 0 else None


def power(base: Interval, exponent: Interval) -> Interval:
    if exponent.low == exponent.high and isinstance(exponent.low, int) and 0 <= exponent.low <= 64:
        result = Interval(1, 1, 0)
        if exponent.low % 2 == 0 and base.low < 0 < base.high:
            widest = max(-base.low, base.high)
            return Interval(0, widest**exponent.low, None)
        if base.high <= 0 and exponent.low % 2 == 0:
            return power(-base, exponent)
        if base.low < 0:
            return Interval(base.low**exponent.low, base.high**exponent.low, base.trend)
        for _ in range(exponent.low):
            result = result * base
        return result
    if base.low >= 1 and exponent.low >= 0:
        try:
            low, high = _raise(base.low, exponent.low), _raise(base.high, exponent.high)
        except OverflowError:
            return Interval(0, INFINITY, None)
        return Interval(low, high, _joint(base.trend, exponent.trend))
    return Interval(-INFINITY, INFINITY, None)


def _raise(base: Number, exponent: Number) -> Number:
    if isinstance(exponent, int) and exponent * max(1, math.log2(base)) < 4096:
        return exact(Fraction(base) ** exponent) if not isinstance(base, float) else base**exponent
    return float(base ** float(exponent))


def monotone(function: object, x: Interval, trend: int) -> Interval:
    """A function of known trend applied to an interval."""
    ends = []
    for end, fallback in ((x.low, -INFINITY), (x.high, INFINITY)):
        try:
            ends.append(end if math.isinf(end) else function(end))  # type: ignore[operator]
        except (OverflowError, ArithmeticError):
            ends.append(fallback)
    low, high = (ends[0], ends[1]) if trend > 0 else (ends[1], ends[0])
    return Interval(low, high, None if x.trend is None else x.trend * trend)


def extreme(function: str, parts: list[Interval]) -> Interval:
    """min or max of several intervals."""
    pick = min if function == "min" else max
    trend: int | None = 0
    for part in parts:
        trend = _joint(trend, part.trend)
    return Interval(pick(p.low for p in parts), pick(p.high for p in parts), trend)


def hull(a: Interval, b: Interval) -> Interval:
    """Everything in either: the value of an `if` whose condition is not decided."""
    return Interval(min(a.low, b.low), max(a.high, b.high), None)


def compare(operator: str, a: Interval, b: Interval) -> bool | None:
    """True or False when it holds, or fails, everywhere; else None."""
    if operator in (">", "≥"):
        flipped = {">": "<", "≥": "≤"}[operator]
        return compare(flipped, b, a)
    if operator == "<":
        return True if a.high < b.low else False if a.low >= b.high else None
    if operator == "≤":
        return True if a.high <= b.low else False if a.low > b.high else None
    apart = a.high < b.low or b.high < a.low
    same = a.low == a.high == b.low == b.high
    if operator == "=":
        return False if apart else True if same else None
    return True if apart else False if same else None
