"""Points at which expressions are compared: from our own sampler, so the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from ..errors import UserError
from ..expressions.evaluate import evaluate
from ..expressions.functions import CONSTANTS
from ..expressions.nodes import Node, Value, names_in
from ..formulas.draw import Sampler

POINTS = 3
TRIES = 60
WIDEST = 1e12
"""A value beyond it says more about rounding than about the expression."""


def at_points(expressions: Sequence[Node], *letters: str, count: int = POINTS) -> list[dict[str, float]]:
    """Up to `count` points at which every expression has a moderate value; letters lie in −2..2.

    By turns all are positive (ln w), of either sign, and all negative: at positive ones alone √(w²) would be w.
    `letters` are given values too where no expression has them.
    """
    names = tuple(dict.fromkeys((*letters, *(name for node in expressions for name in names_in(node)))))
    return list(islice(_points(expressions, [name for name in names if name not in CONSTANTS]), count))


def _points(expressions: Sequence[Node], names: Sequence[str]) -> Iterator[dict[str, float]]:
    for attempt in range(TRIES):
        sampler = Sampler("points", *names, attempt)
        low, high = ((1, 200), (-200, 200), (-200, -1))[attempt % 3]
        point = {name: sampler.integer(low, high) / 100 for name in names}
        if all(_is_moderate(node, point) for node in expressions):
            yield point


def _is_moderate(node: Node, point: dict[str, float]) -> bool:
    try:
        value = evaluate(node, point)
    except (UserError, OverflowError):
        return False
    return isinstance(value, int | float) and abs(value) < WIDEST


def near(one: Value, other: Value) -> bool:
    """Whether two numbers differ by no more than rounding."""
    return bool(abs(one - other) <= 1e-9 * max(1e-3, abs(one), abs(other)))
