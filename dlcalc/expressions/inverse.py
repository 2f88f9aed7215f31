"""Inverse questions: all whole-number values of the unknowns, in stated ranges, for which the constraints hold.

A box of ranges is bounded by running the constraint on intervals (`intervals`): boxes that cannot hold a solution are
left out, and on a range where every constraint is monotone the two ends of the solution are found by bisection.
Everything else is split in two, within a limit on the boxes looked at. Nothing is missed inside the ranges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import UserError
from . import intervals
from .exact import Number
from .intervals import Interval

Function = Callable[[dict[str, Any]], Any]
MOST_BOXES = 8_000
MOST_LISTED = 1_000


@dataclass(frozen=True)
class Constraint:
    """`value` of the unknowns lies in `low`..`high` (equal ends: an equation; wider: an answer given rounded)."""

    value: Function
    low: Number
    high: Number


@dataclass(frozen=True)
class Solutions:
    """`found` lists the solutions in increasing order, at most MOST_LISTED; `count` is how many there are in all."""

    found: tuple[dict[str, int], ...]
    count: int
    searched: dict[str, tuple[int, int]]


class _TooMany(Exception):
    """Carries the box at which the search gave up."""

    def __init__(self, box: Mapping[str, tuple[int, int]]) -> None:
        self.box = box


class _Undefined(Exception):
    """A constraint has no value at a point of a range that looked monotone."""


def solve(constraints: Sequence[Constraint], ranges: Mapping[str, tuple[int, int]]) -> Solutions:
    """All solutions in `ranges` (inclusive, whole numbers).

    Raises UserError when the search would look at more than MOST_BOXES boxes, naming a range that can be searched.
    """
    for name, (low, high) in ranges.items():
        if low > high:
            raise UserError(f"the range of {name} runs upwards, not from {low} to {high}")
    search = _Search(constraints, dict(ranges))
    try:
        search.box(dict(ranges))
    except _TooMany as stopped:
        raise UserError(_smaller(dict(ranges), stopped.box)) from None
    names = tuple(ranges)
    found = sorted(search.found, key=lambda solution: tuple(solution[name] for name in names))
    return Solutions(tuple(found[:MOST_LISTED]), search.count, dict(ranges))


def _smaller(ranges: dict[str, tuple[int, int]], at: Mapping[str, tuple[int, int]]) -> str:
    """What to say when a search is too large. Lower halves go first, so all below the last box was searched."""
    side = min(ranges, key=lambda name: ranges[name][1] - ranges[name][0])
    low, done = ranges[side][0], at[side][0] - 1
    if done > low:
        return f"the search is too large; the range {side}={low}..{done} could be searched"
    return "the search is too large; give smaller ranges, such as " + ", ".join(
        f"{n}={r[0]}..{r[0] + 50}" for n, r in ranges.items()
    )


class _Search:
    def __init__(self, constraints: Sequence[Constraint], ranges: dict[str, tuple[int, int]]) -> None:
        self.constraints = constraints
        self.names = tuple(ranges)
        self.left = MOST_BOXES
        self.found: list[dict[str, int]] = []
        self.count = 0

    def box(self, box: dict[str, tuple[int, int]]) -> None:
        """Looks at one box: leaves it, bisects along its widest side, or splits it."""
        stack = [box]
        while stack:
            current = stack.pop()
            self.left -= 1
            if self.left < 0:
                raise _TooMany(current)
            if self.bounds(current) is False:
                continue
            open_ = [name for name in self.names if current[name][0] < current[name][1]]
            if not open_:
                self.point({name: ends[0] for name, ends in current.items()})
            elif len(open_) == 1 and self.line(current, open_[0]):
                continue
            else:
                stack.extend(self.halves(current, open_))

    def halves(self, box: dict[str, tuple[int, int]], open_: list[str]) -> list[dict[str, tuple[int, int]]]:
        """Splits the narrowest open side but keeps the widest whole, for the bisection."""
        side = min(open_, key=lambda name: box[name][1] - box[name][0])
        low, high = box[side]
        middle = (low + high) // 2
        return [{**box, side: (middle + 1, high)}, {**box, side: (low, middle)}]

    def bounds(self, box: Mapping[str, tuple[int, int]]) -> bool | None:
        """False when some constraint cannot hold anywhere in the box."""
        values = {name: low if low == high else Interval(low, high, None) for name, (low, high) in box.items()}
        for constraint in self.constraints:
            value = self.evaluate(constraint, values)
            if value is None:
                return False if not any(isinstance(v, Interval) for v in values.values()) else None
            reached = intervals.of(value)
            if reached.high < constraint.low or reached.low > constraint.high:
                return False
        return None

    def evaluate(self, constraint: Constraint, values: Mapping[str, Any]) -> Any:
        try:
            return constraint.value(dict(values))
        except (UserError, ArithmeticError, TypeError):
            return None

    def point(self, values: dict[str, int]) -> None:
        for constraint in self.constraints:
            value = self.evaluate(constraint, values)
            if value is None or isinstance(value, bool) or not constraint.low <= value <= constraint.high:
                return
        self.add(values)

    def add(self, values: dict[str, int]) -> None:
        self.count += 1
        if len(self.found) < MOST_LISTED:
            self.found.append(values)

    def line(self, box: Mapping[str, tuple[int, int]], name: str) -> bool:
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
            listed = range(first, min(last, first + MOST_LISTED - len(self.found) - 1) + 1)
            self.found.extend({**fixed, name: value} for value in listed)
            self.found = [{key: solution[key] for key in self.names} for solution in self.found]
            self.count += last - first + 1
        return True

    def stretch(
        self, constraint: Constraint, fixed: dict[str, int], name: str, low: int, high: int, trend: int
    ) -> tuple[int, int] | None:
        """The values between which a monotone constraint holds."""

        def at(value: int) -> Any:
            found = self.evaluate(constraint, {**fixed, name: value})
            if found is None:
                raise _Undefined
            return found

        if trend == 0:
            return (low, high) if constraint.low <= at(low) <= constraint.high else None
        if trend > 0:
            first = _first(low, high, lambda value: at(value) >= constraint.low)
            last = _first(low, high, lambda value: at(value) > constraint.high) - 1
        else:
            first = _first(low, high, lambda value: at(value) <= constraint.high)
            last = _first(low, high, lambda value: at(value) < constraint.low) - 1
        return (first, last) if first <= last else None


def _first(low: int, high: int, reached: Callable[[int], bool]) -> int:
    """The first value in low..high from which `reached` holds, or high + 1."""
    while low <= high:
        middle = (low + high) // 2
        if reached(middle):
            high = middle - 1
        else:
            low = middle + 1
    return low
