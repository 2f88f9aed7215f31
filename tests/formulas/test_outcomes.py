"""What mistakes make of a question is worked out once, and nobody can tell by what comes out."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dlcalc.expressions.limits import left, within_budget
from dlcalc.expressions.nodes import Name, Value
from dlcalc.formulas.defaults import with_defaults
from dlcalc.formulas.diagnose import Outcomes, outcome, outcomes
from dlcalc.formulas.draw import draw
from dlcalc.formulas.program import as_array, program
from dlcalc.formulas.registry import formula

LSTM = program(formula("lstm_by_hand"))
GIVEN = draw(LSTM.formula, "outcomes", 1)


@pytest.mark.parametrize(("id", "name"), [("lstm_by_hand", "h"), ("conv", "memory")])
def test_every_single_mistake_and_pair_gives_what_it_gives_alone(id: str, name: str) -> None:
    """Whatever was tried before: in steps that run together, and in others, where the second is made on the first."""
    compiled, given = program(formula(id)), draw(formula(id), "outcomes", 1)
    made = Outcomes(compiled, given, name)
    relevant = compiled.relevant(name)[::3]
    pairs = [(a, b) for k, a in enumerate(relevant) for b in relevant[k + 1 :] if not a.edits.keys() & b.edits.keys()]
    alone = {mistake.id: Outcomes(compiled, given, name).of(mistake) for mistake in relevant}
    assert {mistake.id: made.of(mistake) for mistake in relevant} == alone
    assert len(pairs) > 5
    for a, b in [*pairs, *reversed(pairs)]:
        state = compiled.reach(with_defaults(compiled.formula, given), name)
        assert made.of_pair(a, b) == outcome(compiled.plan(name, a, b), state, name), (a.id, b.id)
    assert made.expected == as_array(made.state.values[name])


def test_they_are_kept_for_the_very_same_numbers() -> None:
    """2, 2.0 and a letter are not worked with alike."""
    conv = program(formula("conv"))

    def of(n: Value) -> Outcomes:
        return outcomes(conv, {"n": n, "f": 2}, "o")

    assert of(5) is of(5)
    assert of(5) is not of(5.0)
    assert of(5) is not of(Fraction(11, 2))
    assert of(Name("a")) is not of(Name("a"))


def test_work_that_is_not_done_again_is_spent_again() -> None:
    """So that a search ends at the same mistake, whatever was tried before."""
    made = Outcomes(LSTM, GIVEN, "h")
    first, second = LSTM.relevant("h")[:2]

    def spent() -> int:
        before = left()
        made.of(first)
        made.of_pair(first, second)
        return before - left()

    cost = within_budget(spent, 1_000_000)
    assert cost > 0
    assert within_budget(spent, 1_000_000) == cost
    assert within_budget(lambda: made.of(first), 1) is None
    assert within_budget(lambda: made.of(first), 1_000_000) is not None
