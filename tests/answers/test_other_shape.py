"""The right numbers in another shape: what is said of them."""

from __future__ import annotations

import pytest

from dlcalc.answers.array_judging import judge_answer
from dlcalc.answers.formula_target import FormulaTarget
from dlcalc.answers.terms import Terms
from dlcalc.formulas.registry import formula

UNITS = FormulaTarget(
    formula("dense_by_hand"), {"x": (1, 2), "W": ((1, 0), (0, 2), (1, 1), (2, 1)), "b": (0, 0, 0, 0)}, "yhat"
)
"""1, 4, 3, 4."""
SAME = "the numbers are right, but in 2 rows of 2: one row of 4 is expected"


@pytest.mark.parametrize(
    ("wrote", "reason", "named"),
    [
        ("1 4; 3 4", SAME, [SAME]),
        ("1 4; 3 5", "4 numbers are expected, not 2 rows of 2", []),
        (
            "1 4 3",
            "4 numbers are expected, not 3",
            ["these numbers are right, but some at the beginning or at the end are missing"],
        ),
    ],
)
def test_the_shape_alone_is_wrong(wrote: str, reason: str, named: list[str]) -> None:
    """Where the numbers are the right ones, the mistake is in the same words: they are said once."""
    mark = judge_answer(Terms("number"), UNITS, wrote)
    assert (mark.status, mark.reason, [each.because for each in mark.mistakes]) == ("wrong", reason, named)
    assert mark.further_reason == ("" if reason == SAME else reason)
