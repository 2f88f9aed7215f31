"""Inverse questions: all whole-number values of the unknowns, in stated ranges, for which the constraints hold.

A box of ranges is bounded by running the constraint on intervals (`intervals`): boxes that cannot hold a solution are
left out, boxes full of solutions are counted as they are, and on a range where every constraint is monotone the two
ends of the solution are found by bisection. Everything else is split in two, within a limit on the boxes looked at.
Nothing is missed inside the ranges.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ..errors import UserError
from . import intervals
from .exact import Number
from .intervals import Interval
from .limits import LimitError, WorkError, within_budget
from .nodes import Node

Function = Callable[[dict[str, Any]], Any]
Box = dict[str, tuple[int, int]]
MOST_WORK = 140_000
"""What one search may spend on working its constraints out, each time its `cost`."""
MOST_LISTED = 1_000
LIMIT_SEARCH = 1_000_000
"""Units of work (`limits`) in one search."""


@dataclass(frozen=True)
class Constraint:
    """`value` of the unknowns lies in `low`..`high` (equal ends: an equation; wider: an answer given rounded)."""

    value: Function
    low: Number
    high: Number
    cost: int = 8
    """How much work it is to evaluate, about the number of its operations."""


@dataclass(frozen=True)
class Solutions:
    """`found` lists the solutions in increasing order, at most MOST_LISTED; `count` is how many there are in all."""

    found: tuple[dict[str, int], ...]
    count: int
    searched: dict[str, tuple[int, int]]


class SearchError(UserError):
    """A search that would take too long."""


class _TooMany(Exception):
    """Carries the box at which the search gave up."""

    def __init__(self, box: Box) -> None:
        self.box = box


class _Undefined(Exception):
    """A constraint has no value at a point of a range that looked monotone."""


def solve(constraints: Sequence[Constraint], ranges: Mapping[str, tuple[int, int]]) -> Solutions:
    """All solutions in `ranges` (inclusive, whole numbers).

    Raises UserError when the search would spend more than MOST_WORK, naming a range that can be searched, and
    where a number is too large to be compared.
    """
    for name, (low, high) in ranges.items():
        if low > high:
            raise UserError(f"the range of {name} runs upwards, not from {low} to {high}")
    search = _Search(constraints, tuple(ranges))
    try:
        within_budget(lambda: search.box(dict(ranges)), LIMIT_SEARCH)
    except _TooMany as stopped:
        raise SearchError(_smaller(dict(ranges), stopped.box, search.examined)) from None
    found = sorted(search.found, key=lambda solution: tuple(solution.values()))
    return Solutions(tuple(found), search.count, dict(ranges))


def _smaller(ranges: Box, at: Box, examined: int) -> str:
    """What to say when a search gave up after so many boxes: ranges that need fewer.

    The narrowest side is halved first, and lower halves come first; so a lower half that ends below the last box has
    been searched already, box by box as it would be on its own. Without one: there are fewer boxes than twice as many
    as points.
    """
    side = _narrowest(ranges, tuple(ranges))
    low, high = ranges[side]
    while high >= max(low, at[side][0]):
        high = (low + high) // 2 if high > low else low - 1
    if high >= low:
        return f"the search is too large; the range {side}={low}..{high} could be searched"
    width = 1
    while 2 * (width + 1) ** len(ranges) <= examined:
        width += 1
    small = (f"{name}={first}..{min(last, first + width - 1)}" for name, (first, last) in ranges.items())
    return f"the search is too large; give smaller ranges, such as {', '.join(small)}"


def _narrowest(box: Box, sides: Sequence[str]) -> str:
    return min(sides, key=lambda name: box[name][1] - box[name][0])


class _Search:
    def __init__(self, constraints: Sequence[Constraint], names: tuple[str, ...]) -> None:
        self.constraints = constraints
        self.names = names
        self.left = MOST_WORK
        self.examined = 0
        self.found: list[dict[str, int]] = []
        self.count = 0

    def box(self, box: Box) -> None:
        """Looks at one box: leaves it, takes it whole, bisects along its widest side, or splits it."""
        stack = [box]
        while stack:
            current = stack.pop()
            if self.left < 0:
                raise _TooMany(current)
            self.examined += 1
            try:
                stack.extend(self.examine(current))
            except WorkError:
                raise _TooMany(current) from None

    def examine(self, box: Box) -> list[Box]:
        """Takes the solutions in a box, or gives the boxes in which they are to be looked for, the last one first."""
        open_ = [name for name in self.names if box[name][0] < box[name][1]]
        values: dict[str, Any] = {
            name: Interval(*ends, None) if name in open_ else ends[0] for name, ends in box.items()
        }
        held = [_holds(constraint, self.evaluate(constraint, values)) for constraint in self.constraints]
        if False in held:
            return []
        if None not in held:
            self.take(box)
        elif not open_:
            self.refuse(values)
        elif len(open_) > 1 or not self.line(box, open_[0]):
            return self.halves(box, open_)
        return []

    def halves(self, box: Box, open_: list[str]) -> list[Box]:
        """Splits the narrowest open side but keeps the widest whole, for the bisection."""
        side = _narrowest(box, open_)
        low, high = box[side]
        middle = (low + high) // 2
        return [{**box, side: (middle + 1, high)}, {**box, side: (low, middle)}]

    def evaluate(self, constraint: Constraint, values: Mapping[str, Any]) -> Any:
        """The number, an interval around it where it is too large to work out, or None where there is none."""
        self.left -= constraint.cost
        try:
            value = constraint.value(dict(values))
        except WorkError:
            raise
        except LimitError as error:
            value = _around(constraint, values, error)
        except (UserError, ArithmeticError):
            return None
        except TypeError:
            raise UserError(_NO_NUMBER) from None
        if isinstance(value, Node | tuple):
            raise UserError(_NO_NUMBER)
        return value

    def refuse(self, point: dict[str, int]) -> None:
        """A point at which a constraint has no value is no solution. Raises LimitError where it has, out of reach."""
        if all(self.evaluate(constraint, point) is not None for constraint in self.constraints):
            raise _undecided(point)

    def take(self, box: Box) -> None:
        """Every point of the box is a solution."""
        self.count += math.prod(high - low + 1 for low, high in box.values())
        self.found.extend(islice(_points(box), MOST_LISTED - len(self.found)))

    def line(self, box: Box, name: str) -> bool:
        """Solves along one side by bisection. False when some constraint is not known to be monotone there."""
        low, high = box[name]
        fixed = {other: ends[0] for other, ends in box.items() if other != name}
        first, last = low, high
        for constraint in self.constraints:
            reached = self.evaluate(constraint, {**fixed, name: Interval(low, high, 1)})
            trend = intervals.of(reached).trend if reached is not None else None
            if trend is None:
                return False
            try:
                ends = self.stretch(constraint, fixed, name, low, high, trend)
            except _Undefined:
                return False
            if ends is None:
                return True
            first, last = max(first, ends[0]), min(last, ends[1])
        if last >= first:
            self.take({**box, name: (first, last)})
        return True

    def stretch(
        self, constraint: Constraint, fixed: dict[str, int], name: str, low: int, high: int, trend: int
    ) -> tuple[int, int] | None:
        """The values between which a monotone constraint holds."""

        def at(value: int) -> Any:
            values = {**fixed, name: value}
            found = self.evaluate(constraint, values)
            if found is None:
                raise _Undefined
            return found if not isinstance(found, Interval) else _beyond(constraint, found, values)

        if trend == 0:
            return (low, high) if constraint.low <= at(low) <= constraint.high else None
        if trend > 0:
            first = _first(low, high, lambda value: at(value) >= constraint.low)
            last = _first(low, high, lambda value: at(value) > constraint.high) - 1
        else:
            first = _first(low, high, lambda value: at(value) <= constraint.high)
            last = _first(low, high, lambda value: at(value) < constraint.low) - 1
        return (first, last) if first <= last else None


_NO_NUMBER = "an equation is between numbers: without vectors and matrices, and each letter has a range"


def _around(constraint: Constraint, values: Mapping[str, Any], error: LimitError) -> Any:
    """Bounds of a value that is too large to work out."""
    try:
        return constraint.value({n: Interval(v, v, None) if isinstance(v, int) else v for n, v in values.items()})
    except (UserError, ArithmeticError):
        raise error from None


def _points(box: Box) -> Iterator[dict[str, int]]:
    """The points of a box in increasing order, one after the other: there may be any number of them."""
    for place in range(math.prod(high - low + 1 for low, high in box.values())):
        point = dict.fromkeys(box, 0)
        for name, (low, high) in reversed(box.items()):
            place, step = divmod(place, high - low + 1)
            point[name] = low + step
        yield point


def _holds(constraint: Constraint, value: Any) -> bool | None:
    """Whether a value, or every value in an interval, lies within the constraint; None when that is not known."""
    if value is None:
        return None
    reached = intervals.of(value)
    if reached.high < constraint.low or reached.low > constraint.high:
        return False
    return True if constraint.low <= reached.low and reached.high <= constraint.high else None


def _beyond(constraint: Constraint, reached: Interval, values: Mapping[str, int]) -> Number:
    """A number on the same side of the constraint as a value that is only known to lie in an interval."""
    holds = _holds(constraint, reached)
    if holds is None:
        raise _undecided(values)
    return reached.high if reached.high < constraint.low else reached.low


def _undecided(values: Mapping[str, int]) -> LimitError:
    where = ", ".join(f"{name} = {value}" for name, value in values.items())
    return LimitError(f"the numbers are too large to be compared at {where}; give a smaller range")


def _first(low: int, high: int, reached: Callable[[int], bool]) -> int:
    """The first value in low..high from which `reached` holds, or high + 1."""
    while low <= high:
        middle = (low + high) // 2
        if reached(middle):
            high = middle - 1
        else:
            low = middle + 1
    return low
