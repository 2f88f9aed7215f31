"""Answers in letters: every letter is drawn, also a typed one that has a default, over both signs where it has both."""

from __future__ import annotations

import pytest

import dlcalc
from dlcalc.answers.formula_judging import verify
from dlcalc.answers.formula_text import read_asked
from dlcalc.formulas.registry import formula


@pytest.mark.parametrize(
    ("typed", "answer", "correct", "convention"),
    [
        ({"s": "s", "p": "p"}, "floor((n - f + 2p + s)/s)", True, "textbook"),
        ({"s": "s", "p": "p"}, "floor((n + p - f)/s) + 1", False, "textbook"),
        ({"s": "s", "p": "p", "d": "d"}, "floor((n + 2p - d(f - 1) - 1)/s) + 1", True, "textbook"),
        ({"d": "d"}, "n - f + 1", False, "textbook"),
        ({"n": "2a"}, "2a - f + 1", True, "textbook"),
        ({"n": "2a"}, "a - f + 1", False, "textbook"),
        ({}, "(n - f)/s + 1", True, "textbook"),
        ({"s": "s", "p": "p"}, "(n - f + 2p)/s + 1", True, "unfloored"),
        ({"s": "2"}, "(n - f)/2 + 1", True, "unfloored"),
        ({"s": "2"}, "ceil((n - f)/2) + 1", False, "textbook"),
        ({"s": "2"}, "(n - f)/2", False, "textbook"),
    ],
)
def test_an_output_size_in_letters(typed: dict[str, str], answer: str, correct: bool, convention: str) -> None:
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
