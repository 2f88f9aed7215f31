"""What one evaluation may do: how large a number may grow, and a budget of work that is spent before the work is done.

Only what can grow beyond the length of its text spends: Σ and Π, arrays, large numbers, folding. One unit is what
adding two small numbers costs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextvars import ContextVar
from fractions import Fraction
from typing import Any, TypeVar

from ..errors import UserError

LIMIT_BITS = 4100
"""Exact numbers may grow to 1,234 digits: enough for the 2^4096 thinned networks of one layer of AlexNet."""
LIMIT_WORK = 200_000
"""Units of work in one evaluation."""
LIMIT_WORKING = 5_000_000
"""Units of work in all the steps of a formula together, every entry of every array among them: half a second."""
LIMIT_RANGE = 20_000
"""Values that an index may take."""
LIMIT_CELLS = 10_000
"""Numbers in an array that is larger than those it is made from."""

TOO_MANY_DIGITS = f"a number of more than {int(LIMIT_BITS * math.log10(2))} digits is too large"
TOO_LARGE_DECIMAL = "the result is too large for a decimal number"


class LimitError(UserError):
    """There may well be an answer, but a number or the work behind it would pass a limit."""


class WorkError(LimitError):
    """The budget is used up."""


T = TypeVar("T")
_budget: ContextVar[list[int] | None] = ContextVar("budget", default=None)


def within_budget(compute: Callable[[], T], limit: int = LIMIT_WORK) -> T:
    """The result of `compute`, which may spend `limit` units; inside another budget, what is left of that."""
    if _budget.get() is not None:
        return compute()
    token = _budget.set([limit])
    try:
        return compute()
    finally:
        _budget.reset(token)


def spend(units: int) -> None:
    """Takes units from the budget, if one is open. Raises WorkError when it is used up."""
    budget = _budget.get()
    if budget is not None:
        budget[0] -= units
        if budget[0] < 0:
            raise WorkError("the sums, products, arrays and large numbers in this are too much work")


def left() -> int:
    """Units that the open budget still has; 0 without one."""
    budget = _budget.get()
    return 0 if budget is None else budget[0]


def bounded(value: Any) -> Any:
    """The value itself, a whole fraction as an int, once it is known not to be too large. Raises LimitError.

    Looks at single numbers: arrays are bounded number by number where they are made.
    """
    kind = value.__class__
    if kind is int:
        bits = value.bit_length()
        if bits > 64:
            if bits > LIMIT_BITS:
                raise LimitError(TOO_MANY_DIGITS)
            spend(bits >> 6)
    elif kind is Fraction:
        top, bottom = value.numerator, value.denominator
        bits = top.bit_length() + bottom.bit_length()
        if bits > 128:
            if max(top.bit_length(), bottom.bit_length()) > LIMIT_BITS:
                raise LimitError(TOO_MANY_DIGITS)
            spend(bits >> 4)
        return top if bottom == 1 else value
    elif kind is float and not math.isfinite(value):
        raise LimitError(TOO_LARGE_DECIMAL)
    return value


def plus(a: Any, b: Any) -> Any:
    """a + b, bounded."""
    try:
        return bounded(a + b)
    except OverflowError:
        raise LimitError(TOO_LARGE_DECIMAL) from None


def times(a: Any, b: Any) -> Any:
    """a·b, bounded."""
    try:
        return bounded(a * b)
    except OverflowError:
        raise LimitError(TOO_LARGE_DECIMAL) from None


def over(a: Any, b: Any) -> Any:
    """a/b of a fraction, a float or an expression, bounded; b is not 0."""
    try:
        return bounded(a / b)
    except (OverflowError, ZeroDivisionError):  # a fraction so near 0 that it is 0 beside a float
        raise LimitError(TOO_LARGE_DECIMAL) from None
