"""Gradients once more, by moving every number a little: what stands beside the gradients of a working.

The difference from both sides, (L(a + h) − L(a − h))/(2h), is exact where L is linear or quadratic in a; otherwise its
error falls with h². Where L has a kink at a (two cells that tie for a maximum) it lies between the two slopes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ..errors import UserError
from ..expressions.exact import exact
from ..expressions.limits import WorkError, left, within_budget
from ..expressions.nodes import Value
from .defaults import with_defaults
from .program import as_array
from .run import Working

STEP = Fraction(1, 100_000)
MOST_ENTRIES = 200
"""Of one array: each costs two runs of the formula."""
MOST_WORK = 1_500_000
"""Units of work (`expressions.limits`) that all the runs of a working may take."""
TOLERANCE = 1e-6
"""Relative, or absolute below 1: by so much a difference may miss a gradient."""


@dataclass(frozen=True)
class Differences:
    """The gradients of one variable by differences; `agrees` where each is that of the working."""

    answer: str
    variable: str
    values: Value
    agrees: bool


@dataclass(frozen=True)
class Checks:
    """The gradients that were made once more, and the names of those that would have taken long."""

    made: tuple[Differences, ...] = ()
    too_long: tuple[str, ...] = ()


NO_CHECKS = Checks()


def differences(found: Working, gradients: Mapping[str, str], loss: str = "loss") -> Checks:
    """Of every gradient in the answers of a working the differences of its loss; none where that would take long."""
    if loss not in found.formula.by_name:
        return NO_CHECKS
    start = with_defaults(found.formula, found.given)
    made: list[Differences] = []
    too_long: list[str] = []
    work, unit = MOST_WORK, 0
    for answer, variable in gradients.items():
        if answer not in found.formula.answers:
            continue
        right, moved = found[answer], start
        if isinstance(right, tuple) and not isinstance(start[variable], tuple):
            moved = {**start, variable: _filled(right, start[variable])}  # one number stood for all entries of a bias
        entries = _count(moved[variable])
        try:
            unit = unit or _work_of_one(found, moved, loss)
            if entries > MOST_ENTRIES or 2 * entries * unit > work:
                too_long.append(answer)
                continue
            values = _moved(found, moved, variable, moved[variable], (), loss)
        except WorkError:
            too_long.append(answer)
        except UserError:
            continue  # a number moved beyond where the formula has an answer
        else:
            work -= 2 * entries * unit
            made.append(Differences(answer, variable, values, _agree(right, values)))
    return Checks(tuple(made), tuple(too_long))


def _work_of_one(found: Working, start: Mapping[str, Value], loss: str) -> int:
    """The work of one run. Raises WorkError where that is more than half of what may be spent."""

    def one() -> int:
        before = left()
        found.program.reach_all(start, [loss])
        return max(1, before - left())

    return within_budget(one, MOST_WORK // 2)


def _moved(
    found: Working, start: Mapping[str, Value], variable: str, at: Value, path: tuple[int, ...], loss: str
) -> Value:
    """The differences of every number of an array, the array's part at `path` being `at`."""
    if isinstance(at, tuple):
        return tuple(_moved(found, start, variable, item, (*path, i), loss) for i, item in enumerate(at))
    ends = []
    for step in (STEP, -STEP):
        values = {**start, variable: _with(start[variable], path, exact(_fraction(at) + step))}
        state = found.program.reach_all(values, [loss])
        ends.append(_fraction(as_array(state.values[loss])))
    return exact((ends[0] - ends[1]) / (2 * STEP))


def _fraction(value: Value) -> Fraction | float:
    return value if isinstance(value, float) else Fraction(value)


def _with(array: Value, path: tuple[int, ...], value: Value) -> Value:
    """The array with another number at one place."""
    if not path:
        return value
    first, *rest = path
    return (*array[:first], _with(array[first], tuple(rest), value), *array[first + 1 :])


def _filled(like: Value, number: Value) -> Value:
    return tuple(_filled(item, number) for item in like) if isinstance(like, tuple) else number


def _count(value: Value) -> int:
    return sum(map(_count, value)) if isinstance(value, tuple) else 1


def _agree(gradient: Value, difference: Value) -> bool:
    if isinstance(gradient, tuple) and isinstance(difference, tuple):
        return len(gradient) == len(difference) and all(map(_agree, gradient, difference))
    if isinstance(gradient, tuple) or isinstance(difference, tuple):
        return False
    return abs(float(gradient) - float(difference)) <= TOLERANCE * max(1.0, abs(float(gradient)))
