"""Bounds and trend of an expression over ranges of its unknowns, by running the same evaluation on intervals.

An `Interval` holds every value that the expression takes, and `trend` says how it moves as one unknown grows:
0 constant, +1 never falls, −1 never rises, None unknown. Inverse questions prune with the bounds and bisect on the
trend.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from .exact import Number, exact
from .functions import sqrt
from .limits import LIMIT_BITS, spend

INFINITY = math.inf
MOST_EXPONENT = 64
"""Powers of an interval up to here are worked out whatever its sign."""


@dataclass(frozen=True, slots=True)
class Interval:
    low: Number
    high: Number
    trend: int | None = 0

    def __add__(self, other: Interval | Number) -> Interval:
        b = of(other)
        return _around(_plus(self.low, b.low), _plus(self.high, b.high), _joint(self.trend, b.trend))

    __radd__ = __add__

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low, None if self.trend is None else -self.trend)

    def __sub__(self, other: Interval | Number) -> Interval:
        return self + -of(other)

    def __rsub__(self, other: Number) -> Interval:
        return of(other) + -self

    def __mul__(self, other: Interval | Number) -> Interval:
        b = of(other)
        if self.low >= 0 and b.low >= 0:
            low, high = _times(self.low, b.low), _times(self.high, b.high)
        else:
            ends = [_times(x, y) for x in (self.low, self.high) for y in (b.low, b.high)]
            low, high = min(ends), max(ends)
        return _around(low, high, _joint(_scaled(self.trend, b), _scaled(b.trend, self)))

    __rmul__ = __mul__

    def __truediv__(self, other: Interval | Number) -> Interval:
        """The whole line when zero lies in the divisor."""
        b = of(other)
        if b.low <= 0 <= b.high:
            return WHOLE_LINE
        if b.high < 0:
            return -self / -b
        low = _over(self.low, b.high if self.low >= 0 else b.low)
        high = _over(self.high, b.low if self.high >= 0 else b.high)
        falling = None if b.trend is None else -b.trend
        return _around(low, high, _joint(_scaled(self.trend, b), _scaled(falling, self)))

    def __rtruediv__(self, other: Number) -> Interval:
        return of(other) / self


WHOLE_LINE = Interval(-INFINITY, INFINITY, None)
_COST = 8
"""Units of work (`limits`) that one operation takes."""


def of(value: Interval | Number) -> Interval:
    """A number as an interval. Raises TypeError for letters and arrays."""
    if isinstance(value, Interval):
        return value
    if value.__class__ not in _NUMBERS:
        raise TypeError(f"{value} has no bounds")
    return Interval(value, value, 0)


_NUMBERS = frozenset({int, Fraction, float, bool})


def _around(low: Number, high: Number, trend: int | None) -> Interval:
    spend(_COST)
    return Interval(_outward(low, -1), _outward(high, 1), trend)


def _outward(end: Number, side: int) -> Number:
    """An end of an interval, moved outwards: a float by its rounding, a number that is too large to one that is not."""
    if end.__class__ is int and -1 << 64 < end < 1 << 64:
        return end
    if isinstance(end, float):
        if math.isinf(end) and (end > 0) is not (side > 0):
            return -side * sys.float_info.max
        return math.nextafter(end, side * INFINITY) if end else end
    if end.numerator.bit_length() <= LIMIT_BITS and end.denominator.bit_length() <= LIMIT_BITS:
        return exact(end)
    if -1 << LIMIT_BITS < end < 1 << LIMIT_BITS:
        scale = 1 << 64
        return Fraction(math.floor(end * scale) if side < 0 else math.ceil(end * scale), scale)
    return side * INFINITY if (end > 0) is (side > 0) else -side * (1 << LIMIT_BITS)


def _is_infinite(x: Number) -> bool:
    return isinstance(x, float) and math.isinf(x)


def _plus(x: Number, y: Number) -> Number:
    if x.__class__ is int is y.__class__:
        return x + y
    if _is_infinite(x) or _is_infinite(y):
        return x if _is_infinite(x) else y
    try:
        return x + y
    except OverflowError:
        return Fraction(x) + Fraction(y)


def _times(x: Number, y: Number) -> Number:
    if x.__class__ is int is y.__class__:
        return x * y
    if x == 0 or y == 0:
        return 0
    if _is_infinite(x) or _is_infinite(y):
        return INFINITY if (x > 0) is (y > 0) else -INFINITY
    try:
        return x * y
    except OverflowError:
        return Fraction(x) * Fraction(y)


def _over(x: Number, y: Number) -> Number:
    if x == 0 or _is_infinite(y):
        return 0
    if _is_infinite(x):
        return x if y > 0 else -x
    try:
        return x / y if isinstance(x, float) or isinstance(y, float) else exact(Fraction(x) / y)
    except OverflowError:
        return Fraction(x) / Fraction(y)


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
    """base^exponent; the whole line where nothing better is known."""
    fixed = exponent.low if exponent.low == exponent.high else None
    if isinstance(fixed, int) and 0 <= fixed <= MOST_EXPONENT:
        return _whole_power(base, fixed)
    if exponent.high < 0:
        return of(1) / power(base, -exponent)
    if fixed == Fraction(1, 2):
        return monotone(sqrt, base)
    if base.low >= 1 and exponent.low >= 0:
        low, high = _raised(base.low, exponent.low), _raised(base.high, exponent.high)
        return _around(low, high, _joint(base.trend, exponent.trend))
    if 0 < base.low <= base.high <= 1 and exponent.low >= 0:
        low, high = _raised(base.low, exponent.high), _raised(base.high, exponent.low)
        falling = None if exponent.trend is None else -exponent.trend
        return _around(0 if _is_infinite(low) else low, min(1, high), _joint(base.trend, falling))
    return WHOLE_LINE


def _whole_power(base: Interval, exponent: int) -> Interval:
    if exponent == 0:
        return of(1)
    if exponent % 2 == 0 and base.high <= 0:
        base = -base
    if exponent % 2 == 0 and base.low < 0:
        return _around(0, _raised(max(-base.low, base.high), exponent), None)
    return _around(_raised(base.low, exponent), _raised(base.high, exponent), base.trend)


def _raised(base: Number, exponent: Number) -> Number:
    """base^exponent, infinite when it is too large to work out."""
    result: Number
    try:
        if isinstance(base, float) or not isinstance(exponent, int):
            result = float(base) ** float(exponent)
        elif exponent > MOST_EXPONENT and exponent * math.log2(max(abs(base.numerator), base.denominator)) > LIMIT_BITS:
            result = INFINITY
        else:
            result = exact(base**exponent)
    except OverflowError:
        return INFINITY if base > 0 or (isinstance(exponent, int) and exponent % 2 == 0) else -INFINITY
    return result


def monotone(function: Callable[[Number], Number], x: Interval) -> Interval:
    """A function that never falls, applied to an interval."""

    def at(end: Number) -> Number:
        try:
            return end if _is_infinite(end) else function(end)
        except OverflowError:
            return INFINITY

    return _around(at(x.low), at(x.high), x.trend)


def applied(function: Callable[[Number], Number], trend: int | None, x: Interval) -> Interval:
    """A function of known trend; the whole line for one that both rises and falls, unless there is one number."""
    if trend is not None:
        return monotone(function, x) if trend > 0 else -monotone(lambda end: -function(end), x)
    return monotone(function, x) if x.low == x.high and not _is_infinite(x.low) else WHOLE_LINE


def absolute(x: Interval) -> Interval:
    """|x|."""
    if x.low >= 0:
        return x
    return -x if x.high <= 0 else Interval(0, max(-x.low, x.high), None)


def modulo(a: Interval, b: Interval, whole: bool) -> Interval:
    """a mod b, which has the sign of b; `whole` when a is a whole number in any case."""
    if b.low <= 0 <= b.high:
        return WHOLE_LINE
    if whole and b.low == b.high == 1:
        return of(0)
    return _around(min(0, b.low), max(0, b.high), None)


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
