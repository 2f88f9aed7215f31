"""How an answer has to be written for it to count: what kind of thing it is, with how many digits, how exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ..expressions.answers import SIGNIFICANT
from ..expressions.nodes import Value

ARRAYS: Mapping[str, int] = {"vector": 1, "matrix": 2}
"""Kinds of answers that are arrays, and how many indices they have."""

NUMBER_FORMS = ("any", "decimal")
"""What a number may be written as: sums, fractions and functions of numbers too, or digits alone."""

DECIMALS = ("", ",", ".")
"""The decimal signs that can be stated; "" where either may be meant."""


@dataclass(frozen=True)
class Terms:
    """`kind`: integer, number, shape, vector, matrix or expression. `tolerance`: how far an answer may be from the
    right one, as a share of it where it is `relative`; 0 for as near as rounding allows.
    """

    kind: str = "number"
    significant: int = SIGNIFICANT
    tolerance: Fraction = Fraction(0)
    relative: bool = False
    form: str = "any"
    decimal: str = ""
    """The decimal sign, where an exam or a profile says which: a comma or a point."""
    unit: str = ""
    """The unit that is asked: MB."""

    @property
    def is_count(self) -> bool:
        """Whether what is asked is counted, and not measured."""
        return self.kind in ("integer", "shape")

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

    def allows(self, value: Value, wrote: Value) -> bool:
        """Whether a number lies within the tolerance that is stated; none is without one."""
        if not self.tolerance or not is_number(value) or not is_number(wrote):
            return False
        return abs(Fraction(value) - Fraction(wrote)) <= self.near(value)


def is_number(value: Value) -> bool:
    """Whether this is one number, and no letter."""
    return isinstance(value, int | float | Fraction) and not isinstance(value, bool)
