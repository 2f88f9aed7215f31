"""Values for JSON, so that other programs read what the workings hold."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from . import printing
from .nodes import Node, Value


def as_json(value: Value) -> Any:
    """A value for JSON: numbers, shapes as lists; letters and unending fractions as expressions in a string."""
    if isinstance(value, tuple):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, Node):
        return printing.plain(value)
    if isinstance(value, Fraction):
        rest = value.denominator
        for prime in (2, 5):
            while rest % prime == 0:
                rest //= prime
        return float(value) if rest == 1 and value.denominator < 10**15 else str(value)
    return value
