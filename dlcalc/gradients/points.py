"""Points at which expressions are compared: from our own sampler, so the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice

from ..errors import UserError
from ..expressions.evaluate import evaluate
from ..expressions.functions import CONSTANTS
from ..expressions.nodes import Call, Compare, Literal, Node, Value, names_in, walk
from ..formulas.draw import SIGNS, Sampler, sign_at

POINTS = 3
"""So many are enough to show or to check a derivative."""
ENOUGH = 2 * SIGNS
"""So many tell two expressions apart."""
TRIES = 120
WIDEST = 1e12
"""A value beyond it says more about rounding than about the expression."""


def at_points(expressions: Sequence[Node], *letters: str, count: int = POINTS) -> list[dict[str, float]]:
    """Up to `count` points at which every expression has a moderate value; letters lie in −2..2.

    Their signs go through all patterns (`sign_at`): at positive points alone √(w²) would be w. Where an expression has
    branches, every other point lies farther out, on both sides of what it is compared with: relu6(x) is flat from 6.
    `letters` are given values too where no expression has them.
    """
    names = tuple(dict.fromkeys((*letters, *(name for node in expressions for name in names_in(node)))))
    return list(islice(_points(expressions, [name for name in names if name not in CONSTANTS]), count))


def _points(expressions: Sequence[Node], names: Sequence[str]) -> Iterator[dict[str, float]]:
    widest = _widest(expressions)
    for attempt in range(TRIES):
        sampler = Sampler("points", *names, attempt)
        reach = widest if attempt // SIGNS % 2 else NEAR
        point = {
            name: sign_at(attempt, place, sampler) * sampler.integer(1, 100 * reach) / 100
            for place, name in enumerate(names)
        }
        if all(_is_moderate(node, point) for node in expressions):
            yield point


NEAR, FAR, FARTHEST = 2, 8, 10_000
_BRANCHING = frozenset(
    {"if", "max", "min", "abs", "relu", "relu6", "leakyrelu", "hardsigmoid", "hardtanh", "hardswish", "elu", "selu"}
)


def _widest(expressions: Sequence[Node]) -> int:
    """How far out the branches of the expressions have to be looked for."""
    parts = [part for node in expressions for part in walk(node)]
    if not any(isinstance(part, Compare) or (isinstance(part, Call) and part.function in _BRANCHING) for part in parts):
        return NEAR
    numbers = [abs(Fraction(part.value)) for part in parts if isinstance(part, Literal)]
    return max(FAR, 2 * int(max((number for number in numbers if number < FARTHEST), default=0)))


def _is_moderate(node: Node, point: dict[str, float]) -> bool:
    try:
        value = evaluate(node, point)
    except (UserError, OverflowError):
        return False
    return isinstance(value, int | float | Fraction) and -WIDEST < value < WIDEST


def near(one: Value, other: Value) -> bool:
    """Whether two numbers differ by no more than rounding."""
    return bool(abs(one - other) <= 1e-9 * max(1e-3, abs(one), abs(other)))
