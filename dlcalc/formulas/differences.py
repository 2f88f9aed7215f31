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
from ..expressions.limits import WorkError, within_budget
from ..expressions.nodes import Value
from .defaults import with_defaults
from .program import as_array
from .run import Working

STEP = Fraction(1, 100_000)
MOST_ENTRIES = 200
"""Of one array: each costs two runs of the formula."""
MOST_WORK = 2_000_000
"""Units of work (`expressions.limits`) that all the runs for one array may take."""
TOLERANCE = 1e-6
"""Relative, or absolute below 1: by so much a difference may miss a gradient."""


@dataclass(frozen=True)
class Differences:
    """The gradients of one variable by differences; `agrees` where each is that of the working."""

    answer: str
    variable: str
    values: Value
    agrees: bool


def differences(found: Working, gradients: Mapping[str, str], loss: str = "loss") -> tuple[Differences, ...]:
    """Of every gradient in the answers of a working, the differences of its loss; none for arrays too large."""
    wanted = [(name, of) for name, of in gradients.items() if name in found.formula.answers]
    return tuple(
        one
        for name, of in wanted
        if loss in found.formula.by_name and (one := _differences(found, name, of, loss)) is not None
    )


def _differences(found: Working, answer: str, variable: str, loss: str) -> Differences | None:
    start = with_defaults(found.formula, found.given)
    place, right = start[variable], found[answer]
    if isinstance(right, tuple) and not isinstance(place, tuple):
        place = _filled(right, place)  # one number stood for all entries of a bias
        start = {**start, variable: place}
    entries = _count(place)
    if entries > MOST_ENTRIES:
        return None
    try:
        if not _is_short(found, start, entries, loss):
            return None
        values = _moved(found, start, variable, place, (), loss)
    except UserError:
        return None
    return Differences(answer, variable, values, _agree(right, values))


def _is_short(found: Working, start: Mapping[str, Value], entries: int, loss: str) -> bool:
    """Whether a run may be made twice for every entry: one is made, with its part of the work."""
    try:
        within_budget(lambda: found.program.reach_all(start, [loss]), MOST_WORK // (2 * entries))
    except WorkError:
        return False
    return True


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
