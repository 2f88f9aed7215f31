"""Arithmetic on values: numbers, letters, intervals and arrays alike, with bounds on what may be computed.

Exact: int and Fraction stay exact until a transcendental function makes a float.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ..errors import UserError
from . import arrays, folding, functions, intervals
from .exact import exact
from .functions import FUNCTIONS
from .intervals import Interval
from .nodes import Call, Compare, Index, Kind, Node, Value, to_node

LIMIT_BITS = 4096
"""Exact numbers may grow to about 1,230 digits."""
LIMIT_WORK = 200_000
"""Operations that nested Σ and Π may take."""
LIMIT_RANGE = 20_000
"""Values that an index may take."""

_TOO_LARGE = f"a number of more than {int(LIMIT_BITS * 0.301)} digits is too large"


def bounded(value: Value) -> Value:
    """The value itself, once it is known not to be out of bounds. Raises UserError."""
    kind = value.__class__
    if kind is int:
        if value.bit_length() > LIMIT_BITS:
            raise UserError(_TOO_LARGE)
    elif kind is Fraction:
        if value.denominator.bit_length() > LIMIT_BITS or value.numerator.bit_length() > LIMIT_BITS:
            raise UserError(_TOO_LARGE)
    elif kind is float and not math.isfinite(value):
        raise UserError(
            "the result is too large for a decimal number" if value == value else "the result is not a number"
        )
    return value


def divide(a: Value, b: Value) -> Value:
    """a/b, exact for whole numbers and fractions. Raises UserError on division by zero."""
    if a.__class__ is int and b.__class__ is int and b != 0:
        return a // b if a % b == 0 else Fraction(a, b)
    if not isinstance(b, Node | Interval) and b == 0:
        raise UserError(f"division by zero: {_shown(a)}/0")
    return exact(bounded(a / b))


def _shown(value: Value) -> str:
    return str(value) if isinstance(value, int | float | Fraction) else "…"


def power(a: Value, b: Value) -> Value:
    """a**b with its size known before it is computed."""
    if isinstance(a, Interval) or isinstance(b, Interval):
        return intervals.power(intervals.of(a), intervals.of(b))
    if isinstance(a, Node) or isinstance(b, Node):
        return folding.power(a, b)
    if a == 0 and b < 0:
        raise UserError(f"division by zero: 0^{b}")
    if isinstance(b, float) or isinstance(a, float) or (isinstance(b, Fraction) and b.denominator != 1):
        return _real_power(a, b)
    exponent = int(b)
    size = max(a.numerator.bit_length(), a.denominator.bit_length())
    if size * abs(exponent) > LIMIT_BITS and abs(a) != 1:
        raise UserError(f"{_TOO_LARGE}: {_shown(a)}^{exponent}" if size < 64 and abs(exponent) < 1e9 else _TOO_LARGE)
    return exact(Fraction(a) ** exponent) if exponent < 0 or isinstance(a, Fraction) else a**exponent


def _real_power(a: Value, b: Value) -> Value:
    if a < 0 and b % 1 != 0:
        raise UserError(f"a negative number has no power that is not whole: ({_shown(a)})^{_shown(b)}")
    if b == Fraction(1, 2):
        return functions.sqrt(a)
    try:
        return bounded(float(a) ** float(b))
    except OverflowError:
        raise UserError(f"the result is too large for a decimal number: {_shown(a)}^{_shown(b)}") from None


def matrix_power(a: Value, exponent: Value) -> Value:
    if len(arrays.shape_of(a)) < 2:
        return arrays.each(lambda x: power(x, exponent), a)
    if not isinstance(exponent, int) or not 1 <= exponent <= 64:
        raise UserError("the power of a matrix is a whole number from 1 to 64")
    result = a
    for _ in range(exponent - 1):
        result = arrays.product(result, a)
    return result


def compare(sign: str, a: Value, b: Value) -> Value:
    """True, False, or the comparison itself while letters leave it open (None for intervals)."""
    if isinstance(a, Node) or isinstance(b, Node):
        return Compare(sign, to_node(a), to_node(b))
    if isinstance(a, Interval) or isinstance(b, Interval):
        return intervals.compare(sign, intervals.of(a), intervals.of(b))
    try:
        return bool(_COMPARISONS[sign](a, b))
    except TypeError:
        raise UserError(f"{sign} compares two numbers") from None


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "≠": operator.ne, "<": operator.lt, "≤": operator.le, ">": operator.gt, "≥": operator.ge,
}  # fmt: skip


def item_at(value: Value, index: Value, node: Index) -> Value:
    """value[index], counted from 1; a sequence being unrolled is a dict of its steps so far."""
    if isinstance(value, Node) or isinstance(index, Node):
        return Index(to_node(value), (to_node(index),)) if isinstance(value, Node | tuple) else node
    if isinstance(value, dict):
        if index in value:
            return value[index]
        raise UserError(f"step {index} is not known yet; known are {', '.join(map(str, value)) or 'none'}")
    if not isinstance(value, tuple):
        raise UserError("only a vector, a matrix or a map has an index")
    if not isinstance(index, int) or not 1 <= index <= len(value):
        raise UserError(f"an index lies in 1..{len(value)}, not {index}")
    return value[index - 1]


def check_range(name: str, first: Value, last: Value) -> None:
    """Raises UserError unless both ends are whole numbers that enclose at most LIMIT_RANGE steps."""
    if not isinstance(first, int) or not isinstance(last, int):
        raise UserError(f"{name} runs between whole numbers, not from {_shown(first)} to {_shown(last)}")
    if last - first >= LIMIT_RANGE:
        raise UserError(f"{name} may take {LIMIT_RANGE} values at most, not {last - first + 1}")


def apply(function: str, value: Value) -> Value:
    """A function of one number applied to a number, a letter, an interval, or each item of an array."""
    if isinstance(value, tuple):
        return tuple(apply(function, item) for item in value)
    known = FUNCTIONS[function]
    assert known.value is not None
    if isinstance(value, Node):
        if function == "floor":
            return folding.floor(value)
        return folding.ceil(value) if function == "ceil" else Call(function, (value,))
    if isinstance(value, Interval):
        if known.trend is None:
            return Interval(-math.inf, math.inf, None)
        return intervals.monotone(known.value, value, known.trend)
    try:
        return known.value(value)
    except OverflowError:
        raise UserError(f"{function}({_shown(value)}) is too large for a decimal number") from None


def open_call(function: str, compute: Callable[..., Value], *values: Value) -> Value:
    if any(isinstance(value, Node) for value in values):
        return Call(function, tuple(to_node(value) for value in values))
    if any(isinstance(value, Interval) for value in values):
        bound = intervals.of(values[1])
        if bound.low == bound.high == 1:
            return 0  # the unknowns of an inverse question are whole
        return Interval(min(0, bound.low), max(0, bound.high), None)
    return compute(*values)


def open_extreme(function: str, pick: Callable[[list[Value]], Value], values: tuple[Value, ...]) -> Value:
    known = [value for value in values if not isinstance(value, Node)]
    left = list(dict.fromkeys(value for value in values if isinstance(value, Node)))
    parts = [*left, *([to_node(pick(known))] if known else [])]
    return parts[0] if len(parts) == 1 else Call(function, tuple(parts))


def _norm(value: Value) -> Value:
    return apply("sqrt", arrays.total(arrays.each(lambda x: power(x, 2), value)))


def _softmax(value: Value) -> Value:
    """Of a vector, or of each row; shifted by the largest entry, which changes nothing but the overflow."""
    if not isinstance(value, tuple):
        raise UserError("softmax takes a vector, not a single number")
    if value and isinstance(value[0], tuple):
        return tuple(_softmax(row) for row in value)
    if any(isinstance(item, Node) for item in value):
        powers = [apply("exp", item) for item in value]
    else:
        powers = [apply("exp", item - max(value)) for item in value]
    return tuple(divide(item, arrays.total(tuple(powers))) for item in powers)


ARRAY_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "sum": arrays.total,
    "prod": arrays.whole_product,
    "len": arrays.length,
    "norm": _norm,
    "softmax": _softmax,
    "diag": arrays.diag,
    "reverse": arrays.reverse,
    "shape": lambda *values: arrays.flat(values),
}


def on_arrays(function: str, compute: Callable[..., Value], values: list[Value]) -> Value:
    if function != "shape" and isinstance(values[0], Node) and getattr(values[0], "kind", None) is not Kind.SCALAR:
        return Call(function, (values[0],))
    return bounded(compute(*values))
