"""Answers in letters: every letter is drawn, also a typed one that has a default, over both signs where it has both."""

from __future__ import annotations

from typing import Any

import pytest

import dlcalc
from dlcalc.answers.formula_judging import verify
from dlcalc.answers.formula_points import points_of
from dlcalc.answers.formula_text import read_asked
from dlcalc.errors import UserError
from dlcalc.formulas.program import program
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import same_numbers


@pytest.mark.parametrize(
    ("typed", "answer", "correct", "convention"),
    [
        ({"s": "s", "p": "p"}, "floor((n - f + 2p + s)/s)", True, None),
        ({"s": "s", "p": "p"}, "floor((n + p - f)/s) + 1", False, None),
        ({"s": "s", "p": "p", "d": "d"}, "floor((n + 2p - d(f - 1) - 1)/s) + 1", True, None),
        ({"d": "d"}, "n - f + 1", False, None),
        ({"n": "2a"}, "2a - f + 1", True, None),
        ({"n": "2a"}, "a - f + 1", False, None),
        ({}, "(n - f)/s + 1", True, None),
        ({"s": "s", "p": "p"}, "(n - f + 2p)/s + 1", True, "unfloored"),
        ({"s": "2"}, "(n - f)/2 + 1", True, "unfloored"),
        ({"s": "2"}, "ceil((n - f)/2) + 1", False, None),
        ({"s": "2"}, "(n - f)/2", False, None),
    ],
)
def test_an_output_size_in_letters(typed: dict[str, str], answer: str, correct: bool, convention: str | None) -> None:
    judged = dlcalc.conv.check("o", answer, **typed)
    assert (judged.correct, judged.to_dict()["convention"]) == (correct, convention)


def test_the_line_without_a_floor_says_where_it_holds() -> None:
    verdict = verify(formula("conv"), {"s": 3}, "o", read_asked(formula("conv"), "o", "(n - f)/3 + 1"))
    assert verdict.convention is not None
    assert verdict.convention.says == "right where s divides"


@pytest.mark.parametrize(
    ("function", "ask", "answer", "mistake"),
    [
        ("relu", "value", "x", "negative-kept"),
        ("relu", "value", "0", None),
        ("relu", "derivative", "1", "slope-one-everywhere"),
        ("leaky-relu", "value", "a x", "slope-everywhere"),
        ("softplus", "value", "max(0, x)", "relu-for-softplus"),
    ],
)
def test_what_holds_on_one_side_of_zero_only_is_wrong(
    function: str, ask: str, answer: str, mistake: str | None
) -> None:
    judged = dlcalc.activation.check(ask, answer, function, **({"a": "a"} if " a" in f" {answer}" else {}))
    assert not judged.correct
    assert mistake is None or judged.to_dict()["mistakes"][0]["id"] == mistake


def test_layers_that_were_typed_as_a_letter_are_drawn() -> None:
    assert not dlcalc.gru.check("parameters", "3L(nm + m^2 + m)", L="L").correct
    assert dlcalc.gru.check("parameters", "3m(n + m + 1) + 3(L - 1)m(2m + 1)", L="L").correct


@pytest.mark.parametrize(
    ("command", "ask", "answer", "typed"),
    [
        ("perplexity", "perplexity", "1/(n + 1)", {"p": "n+1"}),
        ("perplexity", "perplexity", "1/(p + 1)", {"p": "p+1"}),
        ("perplexity", "perplexity", "1/sqrt(n m)", {"p": "n m"}),
        ("iou", "intersection", "k^2", {"a": "0 0 k+12 k+12", "b": "12 12 k+12 k+12"}),
        ("mlp", "parameters", "k + 14", {"u": "k+7 1 3"}),
    ],
)
def test_a_letter_in_an_entry_of_a_vector_is_one_number(
    command: str, ask: str, answer: str, typed: dict[str, str]
) -> None:
    """Also where the quantity itself, all its entries together, has that name."""
    calculator = getattr(dlcalc, command)
    assert calculator.check(ask, answer, **typed).correct
    assert not calculator.check(ask, f"({answer}) + 1", **typed).correct


def test_a_vector_that_is_typed_as_a_letter_has_all_its_entries() -> None:
    """In Python a letter can stand for the whole."""
    asked = formula("log_probability")
    given = {"p": asked.letter("p")}
    assert verify(
        asked, given, "log_probability", read_asked(asked, "log_probability", "sum(t=1..len(p), ln(p[t]))")
    ).correct


def test_a_vector_of_the_formula_is_no_number_of_another_quantity() -> None:
    with pytest.raises(UserError, match="b is a vector of iou, and no number; use another letter"):
        dlcalc.iou(a="b 1 2 3")


def test_arrays_of_floats_are_the_same_but_for_how_they_were_rounded() -> None:
    assert same_numbers(((0.1 + 0.2, 1), (2, 3)), ((0.3, 1), (2, 3)))
    assert not same_numbers(((0.3, 1), (2, 3)), ((0.3, 1), (2, 4)))
    assert not same_numbers((0.3, 0.3), (0.3,))
    assert not same_numbers(0.3, (0.3,))


@pytest.mark.parametrize(
    ("id", "given", "name", "answer", "drawn"),
    [
        ("conv", {"n": (7,), "f": (3,)}, "o", "5", False),  # neither c nor k can change 7 − 3 + 1
        ("conv", {"n": (7,), "f": (3,)}, "o", "k", True),
        ("conv", {"n": (7,)}, "o", "5", True),
        ("conv", {"f": (3,), "c": 3}, "parameters", "90", True),  # (3·3·3 + 1)·k
        ("conv", {"f": (3,), "c": 3, "k": 2}, "parameters", "56", True),  # a mistake reads n
        ("attention", {"d": 8, "h": 2}, "weights", "256", False),  # as many for any T
        ("attention", {"d": 8, "h": 2}, "parameters", "288", True),  # a mistake counts them once a token
    ],
)
def test_only_what_can_change_an_answer_is_drawn(
    id: str, given: dict[str, Any], name: str, answer: str, drawn: bool
) -> None:
    """Otherwise the answer is worked out, with every mistake, at many points that are all the same."""
    found, read = program(formula(id)), read_asked(formula(id), name, answer)
    assert (len(points_of(found, name, given, read)) > 1) == drawn
    assert len(points_of(found, name, given, read, every=True)) > 1
