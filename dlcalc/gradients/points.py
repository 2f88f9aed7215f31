"""Points at which expressions are compared: from our own sampler, so the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice, takewhile

from ..errors import MeaningError, UserError
from ..expressions.evaluate import Evaluator, compile_node
from ..expressions.functions import BRANCHING, CONSTANTS
from ..expressions.limits import within_budget
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
    return [point for point, _ in islice(_points(expressions, letters), count)]


def alike(one: Node, other: Node, expression: Node, *letters: str) -> bool | None:
    """Whether two expressions are equal where a third has a value too; None where there are too few such points.

    Raises MeaningError where at some point one has no meaning: that it is seen at few points makes it no better.
    """
    count, differ = 0, False
    for _, (a, b, _) in islice(_points((one, other, expression), letters), ENOUGH):
        count += 1
        differ = differ or not near(a, b)
        if differ and count >= POINTS:
            return False
    return None if count < POINTS else not differ


def _points(expressions: Sequence[Node], letters: Sequence[str]) -> Iterator[tuple[dict[str, float], list[Value]]]:
    """The points, each with the values of the expressions there."""
    every = dict.fromkeys((*letters, *(name for node in expressions for name in names_in(node))))
    names = [name for name in every if name not in CONSTANTS]
    try:
        evaluators = [compile_node(node) for node in expressions]
    except MeaningError:
        raise
    except UserError:
        return
    widest = _widest(expressions)
    for attempt in range(TRIES):
        sampler = Sampler("points", *names, attempt)
        reach = widest if attempt // SIGNS % 2 else NEAR
        point = {
            name: sign_at(attempt, place, sampler) * sampler.integer(1, 100 * reach) / 100
            for place, name in enumerate(names)
        }
        values = list(takewhile(lambda value: value is not None, (_moderate(each, point) for each in evaluators)))
        if len(values) == len(evaluators):
            yield point, values


NEAR, FAR, FARTHEST = 2, 8, 10_000


def _widest(expressions: Sequence[Node]) -> int:
    """How far out the branches of the expressions have to be looked for."""
    parts = [part for node in expressions for part in walk(node)]
    if not any(isinstance(part, Compare) or (isinstance(part, Call) and part.function in BRANCHING) for part in parts):
        return NEAR
    numbers = [abs(Fraction(part.value)) for part in parts if isinstance(part, Literal)]
    return max(FAR, 2 * int(max((number for number in numbers if number < FARTHEST), default=0)))


def _moderate(evaluator: Evaluator, point: dict[str, float]) -> Value:
    """The value at a point; None where there is none, or one that says little."""
    try:
        value = within_budget(lambda: evaluator(dict(point)))
    except MeaningError:
        raise
    except (UserError, OverflowError):
        return None
    return value if isinstance(value, int | float | Fraction) and -WIDEST < value < WIDEST else None


def near(one: Value, other: Value) -> bool:
    """Whether two numbers differ by no more than rounding."""
    return bool(abs(one - other) <= 1e-9 * max(1e-3, abs(one), abs(other)))
