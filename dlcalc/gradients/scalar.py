"""The derivative of a scalar expression as it is taught: every rule named where it is used, and checked in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ..algebra import simplified
from ..errors import UserError
from ..expressions.derive import Derivation, outer_derivative
from ..expressions.evaluate import evaluate
from ..expressions.nodes import Add, Call, Div, Mul, Name, Node, Pow, Value, to_node
from .points import at_points, near

STEP = 1e-5
"""Of the central difference."""
TOLERANCE = 1e-6
INNER = "u"


@dataclass(frozen=True)
class Applied:
    """One use of a rule: d `expression` = `value`. `inner` is u of the chain rule, `outer` the derivative at u."""

    rule: str
    expression: Node
    value: Node
    inner: Node | None = None
    outer: Node | None = None


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


def differentiate(expression: Node, by: str) -> Derivative:
    """Raises UserError where an operation has no rule."""
    told = _Told(by)
    value = told.derive(expression)
    return Derivative(expression, by, value, tuple(told.steps))


class _Told(Derivation):
    """Writes down each rule that changes something; that d w/d w = 1 goes without saying."""

    def __init__(self, by: str) -> None:
        super().__init__(by)
        self.steps: list[Applied] = []

    def of(self, node: Node) -> Value:
        value = super().of(node)
        if not self.depends(node) or isinstance(node, Name):
            return value
        found = self._applied(node, to_node(value))
        if found is not None and found.expression not in [step.expression for step in self.steps]:
            self.steps.append(found)
        return value

    def _applied(self, node: Node, value: Node) -> Applied | None:
        match node:
            case Add():
                return Applied("sum rule", node, value)
            case Mul(factors):
                several = sum(map(self.depends, factors)) > 1
                return Applied("product rule" if several else "constant factor", node, value)
            case Div(_, bottom):
                return Applied("quotient rule" if self.depends(bottom) else "constant factor", node, value)
            case Pow(base, exponent) if not self.depends(exponent):
                if isinstance(base, Name):
                    return Applied("power rule", node, value)
                u = Name(INNER)
                outer = Derivation(INNER).derive(Pow(u, exponent))
                return Applied("power rule and chain rule", node, value, base, outer)
            case Pow():
                return Applied("exponential rule", node, value)
            case Call(function, (inner,)) if isinstance(inner, Name):
                return Applied(f"derivative of {function}", node, value)
            case Call(function, (inner,)):
                outer = to_node(outer_derivative(Call(function, (Name(INNER),))))
                return Applied(f"chain rule: {function}", node, value, inner, outer)
            case Call(function, _):
                return Applied(f"derivative of {function}", node, value)
        return None
