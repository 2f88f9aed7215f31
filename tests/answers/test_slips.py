"""How many wrong answers, made by plain functions that know nothing of the catalogue, are named for what they are."""

from __future__ import annotations

from collections import Counter

from naive.slips import Slip, slips

from dlcalc.answers.formula_judging import Verdict, verify
from dlcalc.expressions.answers import Answer
from dlcalc.expressions.exact import exact
from dlcalc.expressions.nodes import Value
from dlcalc.formulas.registry import formula

TIMES = 2
"""Draws of each kind: some 140 answers."""


def numbers(value: object) -> Value:
    """As they are read from text: 0.25 is 1/4."""
    if isinstance(value, tuple):
        return tuple(map(numbers, value))
    return exact(value) if isinstance(value, float) else value  # type: ignore[return-value]


def judged(slip: Slip) -> Verdict:
    given = {name: numbers(value) for name, value in slip.given.items()}
    return verify(formula(slip.formula), given, slip.ask, Answer("", numbers(slip.wrote)), slip.convention)


def test_what_is_in_the_list_is_named() -> None:
    missed: Counter[str] = Counter()
    found = first = count = 0
    for slip in slips(TIMES):
        verdict = judged(slip)
        if verdict.correct:
            continue  # by chance, as n/s may be
        count += 1
        singles = [each.id for each in verdict.mistakes if len(each.mistakes) == 1]
        found += bool(slip.names & set(singles))
        first += bool(singles) and singles[0] in slip.names
        if not slip.names & set(singles):
            missed[f"{slip.formula}.{slip.ask}: {min(slip.names)}"] += 1
    assert count > 100
    assert found / count >= 0.95, missed
    assert first / count >= 0.93, missed
