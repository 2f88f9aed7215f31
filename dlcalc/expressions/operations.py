"""Arithmetic on values: numbers, letters, intervals and arrays alike, with bounds on what may be computed.

Exact: int and Fraction stay exact until a transcendental function makes a float.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import partial, reduce
from typing import Any

from ..errors import MeaningError, UserError
from . import arrays, folding, functions, intervals
from .exact import shown
from .functions import FUNCTIONS
from .intervals import Interval
from .limits import LIMIT_BITS, LIMIT_RANGE, TOO_LARGE_DECIMAL, TOO_MANY_DIGITS, LimitError, bounded, over, plus
from .nodes import Call, Compare, Logic, Node, Value, to_node


def divide(a: Value, b: Value) -> Value:
    """a/b, exact for whole numbers and fractions. Raises UserError on division by zero."""
    if a.__class__ is int and b.__class__ is int and b != 0:
        return a // b if a % b == 0 else Fraction(a, b)
    if not isinstance(b, Node | Interval) and b == 0:
        raise UserError(f"division by zero: {shown(a)}/0")
    return over(Fraction(a) if isinstance(a, int) and isinstance(b, int) else a, b)


def power(a: Value, b: Value) -> Value:
    """a**b with its size known before it is computed; of an array element by element."""
    if isinstance(a, tuple) or isinstance(b, tuple):
        return arrays.pairwise(power, a, b, "a power")
    if isinstance(a, Interval) or isinstance(b, Interval):
        return intervals.power(intervals.of(a), intervals.of(b))
    if isinstance(a, Node) or isinstance(b, Node):
        return folding.power(a, b)
    if b == 0:
        return 1
    if a == 0 and b < 0:
        raise UserError(f"division by zero: 0^{shown(b)}")
    if isinstance(b, float) or isinstance(a, float) or (isinstance(b, Fraction) and b.denominator != 1):
        return _real_power(a, b)
    exponent = int(b)
    if abs(a) != 1 and a != 0:
        widest = max(abs(a.numerator), a.denominator)
        if abs(exponent) > LIMIT_BITS or abs(exponent) * math.log2(widest) > LIMIT_BITS:
            raise LimitError(f"{TOO_MANY_DIGITS}: {shown(a)}^{shown(exponent)}")
    return bounded(Fraction(a) ** exponent if exponent < 0 or isinstance(a, Fraction) else a**exponent)


def _real_power(a: Value, b: Value) -> Value:
    if a < 0 and b % 1 != 0:
        raise UserError(f"a negative number cannot have a power that is not whole: ({shown(a)})^{shown(b)}")
    try:
        if abs(b) == Fraction(1, 2):
            root = functions.sqrt(a)
            return root if b > 0 else divide(1, root)
        return bounded(float(a) ** float(b))
    except OverflowError:
        raise LimitError(f"{TOO_LARGE_DECIMAL}: {shown(a)}^{shown(b)}") from None


def array_power(a: Value, exponent: Value) -> Value:
    """Of a matrix the repeated product, of anything else, a matrix of one row too, element by element."""
    sizes = arrays.shape_of(a)
    return power(a, exponent) if len(sizes) < 2 or sizes[0] == 1 else arrays.power(a, exponent)


def compare(sign: str, a: Value, b: Value) -> Value:
    """True, False, or the comparison itself while letters leave it open (None for intervals)."""
    if a.__class__ is int is b.__class__:
        return bool(_COMPARISONS[sign](a, b))
    if isinstance(a, tuple) or isinstance(b, tuple):
        return _compare_arrays(sign, a, b)
    if isinstance(a, Node) or isinstance(b, Node):
        return Compare(sign, to_node(a), to_node(b))
    if isinstance(a, Interval) or isinstance(b, Interval):
        return intervals.compare(sign, intervals.of(a), intervals.of(b))
    return bool(_COMPARISONS[sign](a, b))


def truth(value: Value, what: str) -> Value:
    """A truth value: True, False, None for undecided, or a comparison with letters. MeaningError for a number."""
    if value is None or isinstance(value, bool | Node):
        return value
    raise MeaningError(f"{what} takes a comparison", shown(value))


def negation(value: Value) -> Value:
    """not value; open while letters, or intervals, leave it open."""
    held = truth(value, "not")
    return Logic("not", (held,)) if isinstance(held, Node) else None if held is None else not held


def combined(word: str, values: Iterable[Value]) -> Value:
    """`and` or `or` of several, looked at from left to right until one decides."""
    decisive = word == "or"
    left: list[Node] = []
    unknown = False
    for item in values:
        value = truth(item, word)
        if isinstance(value, Node):
            left.append(value)
        elif value is None:
            unknown = True
        elif value is decisive:
            return decisive
    if unknown:
        return None
    if left:
        return left[0] if len(left) == 1 else Logic(word, tuple(left))
    return not decisive


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "≠": operator.ne, "<": operator.lt, "≤": operator.le, ">": operator.gt, "≥": operator.ge,
}  # fmt: skip


def _compare_arrays(sign: str, a: Value, b: Value) -> Value:
    if sign not in "=≠":
        raise UserError(f"{sign} compares two numbers, not arrays")
    if a != b and any(isinstance(item, Node) for item in arrays.flat((a, b))):
        return Compare(sign, to_node(a), to_node(b))
    return (a == b) is (sign == "=")


def item_at(value: Value, index: Value) -> Value:
    """value[index], counted from 1; a sequence being unrolled is a dict of its steps so far."""
    if isinstance(value, dict):
        if index in value:
            return value[index]
        raise UserError(f"step {index} is not known yet; known are {', '.join(map(str, value)) or 'none'}")
    if not isinstance(value, tuple):
        raise UserError("only a vector, a matrix or a map has an index")
    if not isinstance(index, int) or not 1 <= index <= len(value):
        raise UserError(f"an index lies in 1..{len(value)}, not {shown(index)}")
    return value[index - 1]


def check_range(name: str, first: Value, last: Value) -> None:
    """Raises UserError unless both ends are whole numbers that enclose at most LIMIT_RANGE steps."""
    if not isinstance(first, int) or not isinstance(last, int):
        raise UserError(f"{name} runs between whole numbers, not from {shown(first)} to {shown(last)}")
    if last - first >= LIMIT_RANGE:
        raise LimitError(f"{name} may take {LIMIT_RANGE} values at most, not {shown(last - first + 1)}")


def apply(function: str, value: Value) -> Value:
    """A function of one number applied to a number, a letter, an interval, or each item of an array."""
    if isinstance(value, tuple):
        return arrays.each(lambda item: apply(function, item), value)
    known = FUNCTIONS[function]
    assert known.value is not None
    if isinstance(value, Node):
        if function == "floor":
            return folding.floor(value)
        return folding.ceil(value) if function == "ceil" else Call(function, (value,))
    if isinstance(value, Interval):
        if function == "abs":
            return intervals.absolute(value)
        return intervals.applied(known.value, known.trend, value)
    try:
        return bounded(known.value(value))
    except OverflowError:
        raise LimitError(f"{function}({shown(value)}) is too large for a decimal number") from None


def modulo(a: Value, b: Value, whole: bool) -> Value:
    """a mod b, with the sign of b; `whole` when a is a whole number in any case."""
    if isinstance(a, tuple) or isinstance(b, tuple):
        return arrays.pairwise(lambda x, y: modulo(x, y, whole), a, b, "mod")
    if isinstance(a, Node) or isinstance(b, Node):
        return Call("mod", (to_node(a), to_node(b)))
    if isinstance(a, Interval) or isinstance(b, Interval):
        return intervals.modulo(intervals.of(a), intervals.of(b), whole)
    try:
        return functions.modulo(a, b)
    except OverflowError:
        raise LimitError(TOO_LARGE_DECIMAL) from None


def extreme(function: str, values: list[Value]) -> Value:
    """Of one array its smallest or largest number; of several arguments element by element, a scalar broadcast."""
    if len(values) == 1:
        (value,) = values
        return Call(function, (value,)) if arrays.is_open(value) else _extreme(function, arrays.flat(values))
    for value in values:
        if isinstance(value, tuple):
            return reduce(lambda a, b: arrays.pairwise(lambda x, y: _extreme(function, (x, y)), a, b, function), values)
    return _extreme(function, values)


_PICK: dict[str, Callable[..., Value]] = {"min": min, "max": max}


def _extreme(function: str, values: Sequence[Value]) -> Value:
    for value in values:
        if isinstance(value, Node):
            return _open_extreme(function, values)
        if isinstance(value, Interval):
            return intervals.extreme(function, [intervals.of(value) for value in values])
    return _PICK[function](values)


def _open_extreme(function: str, values: Sequence[Value]) -> Node:
    """The letters, each once, and of the numbers the one that counts."""
    known = [value for value in values if not isinstance(value, Node)]
    left = dict.fromkeys(value for value in values if isinstance(value, Node))
    parts = (*left, *([to_node(_PICK[function](known))] if known else []))
    return parts[0] if len(parts) == 1 else Call(function, parts)


def _norm(value: Value) -> Value:
    return apply("sqrt", arrays.total(arrays.each(lambda x: power(x, 2), value)))


def _softmax(value: Value) -> Value:
    """Of a vector, or of each row; shifted by the largest entry, which changes nothing but the overflow."""
    if not isinstance(value, tuple):
        raise UserError("softmax takes a vector, not a single number")
    if isinstance(value[0], tuple):
        return tuple(_softmax(row) for row in value)
    if any(isinstance(item, Interval) for item in value):
        raise UserError("softmax has no bounds")
    if not any(isinstance(item, Node) for item in value):
        largest = max(value)
        value = arrays.each(lambda item: plus(item, -largest), value)
    powers = apply("exp", value)
    whole = arrays.total(powers)
    return tuple(divide(item, whole) for item in powers)


ARRAY_FUNCTIONS: dict[str, Callable[[Value], Value]] = {
    "sum": arrays.total,
    "prod": arrays.whole_product,
    "len": arrays.length,
    "norm": _norm,
    "tr": arrays.trace,
    "det": arrays.determinant,
    "softmax": _softmax,
    "diag": arrays.diag,
    "reverse": arrays.reverse,
    "argmax": partial(arrays.place_of, max),
    "argmin": partial(arrays.place_of, min),
}


def on_array(function: str, compute: Callable[[Value], Value], value: Value) -> Value:
    """A function of a whole array; it stays open on a letter that stands for one."""
    return Call(function, (value,)) if arrays.is_open(value) else compute(value)


def window(values: list[Value]) -> Value:
    """A part of a matrix; it stays open while a letter stands for the matrix or for a number."""
    if any(isinstance(value, Node) for value in values):
        return Call("window", tuple(map(to_node, values)))
    return arrays.window(*values)


def shape(sizes: list[Value]) -> Value:
    """Sizes in one row, axis pairs opened."""
    if any(arrays.is_open(size) for size in sizes):
        return Call("shape", tuple(map(to_node, sizes)))
    return arrays.flat(sizes)
