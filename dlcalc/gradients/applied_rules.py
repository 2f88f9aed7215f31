"""The rules of derivation as they are written down: which was used on what, and what came out."""

from __future__ import annotations

from dataclasses import dataclass

from ..expressions.derive import Derivation, outer_derivative
from ..expressions.nodes import Add, Call, Div, Mul, Name, Node, Pow, Value, to_node

INNER = "u"
"""What stands inside, where the chain rule is told."""


@dataclass(frozen=True)
class Applied:
    """One use of a rule: d `expression` = `value`. `inner` is u of the chain rule, `outer` the derivative at u."""

    rule: str
    expression: Node
    value: Node
    inner: Node | None = None
    outer: Node | None = None


class RecordedDerivation(Derivation):
    """Writes down each rule that changes something; that d w/d w = 1 goes without saying."""

    def __init__(self, by: str) -> None:
        super().__init__(by)
        self.applied: dict[Node, Applied] = {}
        """What was written down, by the expressions that were derived."""

    def part(self, node: Node) -> Value:
        value = super().part(node)
        if self.depends(node) and not isinstance(node, Name):
            found = self._applied(node, to_node(value))
            if found is not None:
                self.applied.setdefault(node, found)
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
                if base == Name(self.by):
                    return Applied("power rule", node, value)
                u = Name(INNER)
                outer = Derivation(INNER).derive(Pow(u, exponent))
                return Applied("power rule and chain rule", node, value, base, outer)
            case Pow():
                return Applied("exponential rule", node, value)
            case Call(function, (Name(id),)) if id == self.by:
                return Applied(f"derivative of {function}", node, value)
            case Call(function, (inner,)):
                outer = to_node(outer_derivative(Call(function, (Name(INNER),))))
                return Applied(f"chain rule: {function}", node, value, inner, outer)
            case Call(function, _):
                return Applied(f"derivative of {function}", node, value)
        return None
