"""The derivative of a scalar expression as it is taught: every rule named where it is used, and checked in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ..algebra import simplified
from ..errors import UserError
from ..expressions.evaluate import evaluate
from ..expressions.nodes import Node, written_size
from .applied_rules import Applied, RecordedDerivation
from .points import at_points, near
from .shortened import Shortened, shortened

STEP = 1e-5
"""Of the central difference."""
TOLERANCE = 1e-6
MOST_WRITTEN = 500
"""Nodes of a derivative and its steps, written out; of a longer one parts are named."""


@dataclass(frozen=True)
class Checked:
    """The derivative and the central difference at one point."""

    point: Mapping[str, float]
    value: float
    difference: float

    @property
    def error(self) -> float:
        """Relative to the larger of the two, and to 1 where both are smaller."""
        return abs(self.value - self.difference) / max(1.0, abs(self.value), abs(self.difference))


@dataclass(frozen=True)
class Derivative:
    """d `expression` / d `by`, with the rules in the order in which they are needed: the innermost first."""

    expression: Node
    by: str
    value: Node
    steps: tuple[Applied, ...]

    @cached_property
    def simplified(self) -> Node:
        """Made shorter by sympy, and equal at every point; `value` itself where there is nothing shorter."""
        short = simplified(self.value)
        if short is self.value:
            return short
        try:
            alike = all(near(evaluate(short, point), evaluate(self.value, point)) for point in self.points)
        except (UserError, OverflowError):
            return self.value
        return short if alike and self.points else self.value

    @cached_property
    def shortened(self) -> Shortened | None:
        """With its parts named; None where all of it is short written out, or names would not make it much shorter."""
        written = written_size(self.value) + sum(written_size(s.expression) + written_size(s.value) for s in self.steps)
        if written <= MOST_WRITTEN:
            return None
        found = shortened(self.expression, self.by)
        return found if 2 * found.written < written else None

    @property
    def shown(self) -> Node:
        """The derivative as it is to be written: shortened by names, or else by sympy."""
        return self.simplified if self.shortened is None else self.shortened.value

    @property
    def parts(self) -> dict[str, Node]:
        """What each name in `shown` stands for, in the names before it; empty where all is written out."""
        return {} if self.shortened is None else {name.id: node for name, node in self.shortened.definitions}

    @property
    def steps_shown(self) -> tuple[Applied, ...]:
        """The steps in the names in which the derivative is shown."""
        return self.steps if self.shortened is None else self.shortened.steps

    @cached_property
    def points(self) -> tuple[dict[str, float], ...]:
        """Where the expression and its derivative both have a value; fewer than three where that is rare."""
        return tuple(at_points((self.expression, self.value), self.by))

    @cached_property
    def checks(self) -> tuple[Checked, ...]:
        """The derivative beside central differences of the expression."""
        found = []
        for point in self.points:
            at = [float(evaluate(self.expression, {**point, self.by: point[self.by] + step})) for step in (STEP, -STEP)]
            found.append(Checked(point, float(evaluate(self.value, point)), (at[0] - at[1]) / (2 * STEP)))
        return tuple(found)

    @property
    def error(self) -> float | None:
        """The largest relative difference from a central difference; None without a point at which it can be taken."""
        return max((check.error for check in self.checks), default=None)


def differentiate(expression: Node, by: str) -> Derivative:
    """Raises UserError where an operation has no rule."""
    recorded = RecordedDerivation(by)
    value = recorded.derive(expression)
    return Derivative(expression, by, value, tuple(recorded.applied.values()))
