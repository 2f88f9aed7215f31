"""How many wrong answers, made by plain functions that know nothing of the catalogue, are named for what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from naive.further_slips import further_slips
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


def shares(made: Iterable[Slip]) -> tuple[int, int, int, Counter[str]]:
    """How many wrong answers there are, how many are named, how many of them first, and those that are not."""
    missed: Counter[str] = Counter()
    found = first = count = 0
    for slip in made:
        verdict = judged(slip)
        if verdict.correct:
            continue  # by chance, as n/s may be
        count += 1
        ids = [each.id for each in verdict.mistakes]
        found += bool(slip.names & set(ids))
        first += bool(ids) and ids[0] in slip.names
        if not slip.names & set(ids):
            missed[f"{slip.formula}.{slip.ask}: {min(slip.names)}"] += 1
    return count, found, first, missed


def test_what_is_in_the_list_is_named() -> None:
    count, found, first, missed = shares(slips(TIMES))
    assert count > 100
    assert found / count >= 0.95, missed
    assert first / count >= 0.93, missed


def test_what_else_learners_do_is_named() -> None:
    count, found, first, missed = shares(further_slips(TIMES))
    assert count > 300
    assert found / count >= 0.98, missed
    assert first / count >= 0.93, missed
