"""Short ways for tests to ask a formula: its working, what its mistakes give, and what a wrong answer is taken for."""

from __future__ import annotations

from dlcalc.answers.formula_judging import Verdict, verify
from dlcalc.expressions.answers import read_answer
from dlcalc.expressions.nodes import Value
from dlcalc.formulas.diagnose import wrong_values
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import Working, run


def ask(id: str, convention: str = "", **given: Value) -> Working:
    """The working of a formula."""
    return run(formula(id), given, convention=convention)


def wrong(id: str, name: str, convention: str = "", **given: Value) -> dict[str, Value]:
    """What each typical mistake makes of one answer."""
    return {mistake: value for mistake, (_, value) in wrong_values(formula(id), given, name, convention).items()}


def judge(id: str, name: str, answer: str, convention: str = "", **given: Value) -> Verdict:
    """The verdict on an answer as a student writes it."""
    asked = formula(id)
    return verify(asked, given, name, read_answer(answer, asked.declarations[False]), convention)


def named(verdict: Verdict) -> list[str]:
    """The ids of the mistakes that a verdict names."""
    return [candidate.id for candidate in verdict.mistakes]
