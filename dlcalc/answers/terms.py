"""How an answer has to be written for it to count: what kind of thing it is, with how many digits, how exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ..expressions.answers import SIGNIFICANT
from ..expressions.nodes import Value

ARRAYS: Mapping[str, int] = {"vector": 1, "matrix": 2}
"""Kinds of answers that are arrays, and how many indices they have."""


@dataclass(frozen=True)
class Terms:
    """`kind`: integer, number, shape, vector, matrix or expression. `tolerance`: how far an answer may be from the
    right one, as a share of it where it is `relative`; 0 for as near as rounding to the `significant` digits allows.
    """

    kind: str = "number"
    significant: int = SIGNIFICANT
    tolerance: Fraction = Fraction(0)
    relative: bool = False

    def near(self, value: Value) -> Fraction:
        """How far an answer may be from a value: the tolerance, or half a unit of the last digit asked."""
        if self.tolerance:
            return abs(Fraction(value)) * self.tolerance if self.relative else self.tolerance
        if isinstance(value, float) or (isinstance(value, Fraction) and self.kind in ("number", *ARRAYS)):
            if value == 0:
                return Fraction(0)
            exponent = int(f"{float(value):e}".partition("e")[2])
            return Fraction(10) ** (exponent - self.significant + 1) / 2
        return Fraction(0)
