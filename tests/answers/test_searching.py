"""Wrong answers that no known mistake gives: what is offered for them, and how seldom something is by chance."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from judgement import CALCULATED, by_chance, of_the_pen
from rows import each_row

import dlcalc
from dlcalc.answers.array_judging import judge_answer
from dlcalc.answers.formula_judging import search
from dlcalc.answers.formula_target import FormulaTarget
from dlcalc.answers.terms import Terms
from dlcalc.expressions.answers import Answer, worst_fit
from dlcalc.expressions.limits import left
from dlcalc.expressions.nodes import Value
from dlcalc.formulas import searching
from dlcalc.formulas.draw import draw
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import run

SLIPS, RANDOM = 40, 25


def test_a_slip_of_the_pen_is_found() -> None:
    tried, offered, said = of_the_pen(SLIPS)
    assert said / tried >= 0.6, (offered, said)


def test_a_random_number_gets_no_reason() -> None:
    """Of each kind at most 1 in 20 is said to be a mistake, and for 1 in 10 at most something is offered."""
    found = by_chance(RANDOM, CALCULATED, ("size", "count", "value", "shape"))
    assert all(named <= RANDOM / 20 and offered <= RANDOM / 10 for named, offered in found.values()), found


LAYER = {"n": 32, "f": 5, "s": 2, "p": 1, "c": 6, "k": 16}


def test_what_is_offered_is_marked_as_found() -> None:
    """5·5·6·6 = 900: c² in the place of c·k. Nobody has written that down."""
    found = dlcalc.conv.check("weights", 900, **LAYER).to_dict()
    assert found["status"] == "wrong"
    assert 1 <= len(found["mistakes"]) <= 2
    assert all(each["found"] and each["because"].startswith("perhaps: ") for each in found["mistakes"])
    assert any("weights = " in each["because"] for each in found["mistakes"])


@pytest.mark.parametrize(
    ("wrote", "said"),
    [("16k", "10 times too small"), ("1.6", "too small"), ("160", "1000 times too small"),
     ("1600k", "10 times too large"), ("160 million", "1000 times too large")],
)  # fmt: skip
def test_a_misplaced_decimal_point_is_found(wrote: str, said: str) -> None:
    """A table of 8,000 · 20 = 160,000 weights; by 10⁵ nobody's decimal point is misplaced."""
    found = dlcalc.embedding.check("parameters", wrote, v=8000, n=20).to_dict()["mistakes"]
    assert [said in each["because"] for each in found] == ([True] if wrote != "1.6" else [])


def test_a_shape_has_no_decimal_point(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times a shape, or a shape instead of the product of its sizes, would be ten shapes and more."""
    tried: list[Value] = []
    outcome = searching.outcome
    monkeypatch.setattr(searching, "outcome", lambda *given: tried.append(found := outcome(*given)) or found)
    search(formula("conv"), {"n": 63, "f": 3, "c": 2, "k": 9}, "output", Answer("", (598, 598, 17)))
    search(formula("subsampling"), {"n": 35, "f": 2, "s": 1, "c": 4}, "connections", Answer("", 514985))
    assert len(tried) > 20
    shapes = [value for value in tried if isinstance(value, tuple)]
    assert max(map(len, shapes)) <= 4
    assert not any(tried == tuple(10 * size for size in (61, 61, 9)) for tried in shapes)


def test_what_is_known_is_not_marked() -> None:
    (known,) = dlcalc.conv.check("parameters", 2400, **LAYER).to_dict()["mistakes"]
    assert known["id"] == "biases-forgotten"
    assert "found" not in known


@pytest.mark.parametrize("wrote", [31, 41])
def test_a_small_size_gets_no_guess(wrote: int) -> None:
    """So many edits give sizes about as large that one of them says nothing."""
    found = dlcalc.conv.check("o", wrote, **LAYER).to_dict()
    assert not any(each.get("found") for each in found["mistakes"])


@pytest.mark.parametrize(
    ("given", "ask", "wrote", "first"),
    [
        ({"n": 20, "f": 3, "d": 2, "s": 2, "p": 1}, "o", 10, "dilation-ignored"),  # rounded up it is 10 too
        ({"n": 50, "m": 80, "D": 2}, "parameters", 4 * (50 * 80 + 80 * 80 + 80), "one-direction"),
    ],
)
def test_what_the_question_adds_is_named_first(given: dict[str, int], ask: str, wrote: int, first: str) -> None:
    command = dlcalc.lstm if "D" in given else dlcalc.conv
    assert command.check(ask, wrote, **given).to_dict()["mistakes"][0]["id"] == first


@pytest.mark.parametrize("wrote", ["2.2250738585072014e-308", "-1e-320", "1e-400", "1e308", "1e400"])
def test_an_answer_of_any_size_is_searched_for(wrote: str) -> None:
    """Its last place may be smaller than the smallest float, or larger than the largest."""
    for calculator, ask in ((dlcalc.gan, "parameters"), (dlcalc.bound, "bound"), (dlcalc.conv, "weights")):
        assert calculator.check(ask, wrote).status == "wrong"


def test_a_search_ends_with_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Matrices of fractions: of thousands of pairs those are tried for which there is work left, and none after."""
    asked = formula("mlp_backward_by_hand")
    given = draw(asked, "bench", 3)
    right = run(asked, given).state.values["W1_new"]
    wrong = tuple(tuple(12345 + 7 * i + j for j, _ in enumerate(row)) for i, row in enumerate(right))
    tried = []
    outcome = searching._outcome

    def counted(*of: Any) -> Any:
        tried.append(left())
        return outcome(*of)

    monkeypatch.setattr(searching, "_outcome", counted)
    assert search(asked, given, "W1_new", Answer(str(wrong), wrong)) == ()
    assert 100 < len(tried) <= searching.MOST_SINGLE + searching.MOST_DOUBLE
    assert min(tried) >= 0
    assert tried[0] <= searching.MOST_WORK_ON_ARRAYS


def test_numbers_after_a_wrong_one_are_not_looked_at() -> None:
    assert worst_fit(iter(("right", "cut", "rounded"))) == "cut"
    looked = iter(("right", "wrong", "cut"))
    assert worst_fit(looked) == "wrong"
    assert list(looked) == ["cut"]


@each_row(
    ("id", "given", "ask", "wrote", "said"),
    [
        # change = η + g: 0.1 + 0.2, 0.1 + 0.4
        ("sgd_by_hand_scalar", {"w": 1, "g": (Fraction(1, 5), Fraction(2, 5)), "eta": Fraction(1, 10)},
         "w_new", "0.7 0.2", "η and gₜ are added, not multiplied"),
        ("sgd_by_hand_scalar", {"w": 1, "g": (Fraction(1, 5), Fraction(2, 5)), "eta": Fraction(1, 10)},
         "w_new", "0.71 0.23", ""),
    ],
)  # fmt: skip
def test_a_wrong_array_is_searched_for_too(id: str, given: dict[str, Value], ask: str, wrote: str, said: str) -> None:
    """With a budget of its own; what is found is offered as perhaps, and a random array gets nothing."""
    mark = judge_answer(Terms("number"), FormulaTarget(formula(id), given, ask), wrote)
    assert mark.status == "wrong"
    assert [each.because.startswith("perhaps: ") for each in mark.mistakes] == [True] * bool(said)
    assert all(said in each.because for each in mark.mistakes)
    assert mark.slips == mark.mistakes


def test_a_second_edit_starts_from_a_value_of_the_same_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a factor the scores of the samples are vectors: a million times one would be a million vectors."""
    tried: list[Value] = []
    outcome = searching.outcome
    monkeypatch.setattr(searching, "outcome", lambda *given: tried.append(found := outcome(*given)) or found)
    asked = formula("negative_sampling_by_hand")
    wrote = (Fraction(7313, 10**4), Fraction(7344, 10**4), Fraction(7375, 10**4))
    search(asked, draw(asked, "bench", 3), "q", Answer("", wrote, Fraction(1, 10**4), 99))
    assert any(isinstance(item, tuple) for value in tried if isinstance(value, tuple) for item in value)
    assert max(len(item) for value in tried if value for item in value if isinstance(item, tuple)) < 10


def test_a_small_whole_number_is_no_rounding() -> None:
    """3 is 273/100 as a whole number, which is no reason to say that a decimal point is misplaced."""
    assert not dlcalc.gru.check("parameters", 3, n=5, m=7).to_dict()["mistakes"]
