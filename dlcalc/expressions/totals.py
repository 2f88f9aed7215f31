"""Sums and products of many values: bounded at every step, and letters folded all at once."""

from __future__ import annotations

from collections.abc import Iterable

from . import folding
from .limits import plus, times
from .nodes import Node, Value

_SMALL = 1 << 64


def sum_of(values: Iterable[Value], total: Value = 0) -> Value:
    """`total` and all values added up from left to right."""
    rest = iter(values)
    for value in rest:
        if total.__class__ is int is value.__class__ and -_SMALL < total < _SMALL:
            total += value
        elif isinstance(total, Node) or isinstance(value, Node):
            return folding.total((total, value, *rest))
        else:
            total = plus(total, value)
    return total


def product_of(values: Iterable[Value], total: Value = 1) -> Value:
    """`total` and all values multiplied from left to right."""
    rest = iter(values)
    for value in rest:
        if total.__class__ is int is value.__class__ and -_SMALL < total < _SMALL:
            total *= value
        elif isinstance(total, Node) or isinstance(value, Node):
            return folding.product((total, value, *rest))
        else:
            total = times(total, value)
    return total
