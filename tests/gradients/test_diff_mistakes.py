"""Wrong derivatives as students write them, each worked out on paper, and the mistake that must be named."""

from __future__ import annotations

import re

import pytest
from rows import each_row

from dlcalc.api.differentiating import diff
from dlcalc.errors import UserError
from dlcalc.expressions.parser import parse
from dlcalc.gradients.diff_mistakes import DIFF_MISTAKES, OTHER_LETTER, mistaken_derivatives

WRONG = [
    ("sigmoid(w x + b)", "sigmoid(w x + b)(1 - sigmoid(w x + b))", "inner-derivative-forgotten"),
    ("(w x - y)^2", "2(w x - y)", "inner-derivative-forgotten"),
    ("w tanh(w)", "1 - tanh(w)^2", "product-of-derivatives"),
    ("exp(-w)", "exp(-w)", "minus-forgotten"),
    ("sigmoid(w x)", "(1 - sigmoid(w x))x", "factor-forgotten"),
    ("tanh(3w)", "3(1 - tanh(3w))", "factor-forgotten"),
    ("w^2 tanh(w)", "2w tanh(w)", "first-factor-only"),
    ("w^2 tanh(w)", "w^2 (1 - tanh(w)^2)", "last-factor-only"),
    ("w^3", "3w^3", "not-lowered"),
    ("w^3", "w^2", "exponent-not-in-front"),
    ("tanh(w x)", "(1 - (w x)^2) x", "input-for-value"),
    ("sigmoid(w x)", "w x (1 - w x) x", "input-for-value"),
    ("tanh(w x)", "tanh(w x)(1 - tanh(w x)) x", "other-activation"),
    ("exp(-2w)", "-2w exp(-2w)", "inner-not-derived"),
    ("sin(w^2)", "w^2 cos(w^2)", "inner-not-derived"),
    ("(y - w x)^2/2", "w x - y", "only-sign-of-inner"),
    ("exp(-2w)", "-exp(-2w)", "only-sign-of-inner"),
    ("ln(w^2 + 1)", "2w", "only-inner-derivative"),
    ("(w^2 + 1)^3", "2w", "only-inner-derivative"),
    ("sigmoid(w x)", "sigmoid(w)(1 - sigmoid(w)) x", "outer-at-letter"),
    ("tanh(w^2)", "1 - tanh(2w)^2", "outer-at-inner-derivative"),
    ("tanh(w x)", "tanh(w x) x", "outer-kept"),
    ("w/(1 + w^2)", "(1 + w^2 + 2w^2)/(1 + w^2)^2", "quotient-plus"),
    ("w/(1 + w^2)", "(2w^2 - 1 - w^2)/(1 + w^2)^2", "quotient-turned"),
    ("w/(1 + w^2)", "(1 + w^2 - 2w^2)/(1 + w^2)", "not-squared"),
    ("w/(1 + w^2)", "1/(2w)", "quotient-of-derivatives"),
    ("2^w", "w*2^(w - 1)", "power-rule-for-exponential"),
    ("exp(3w)", "3w exp(3w - 1)", "power-rule-for-exponential"),
    ("cos(2w)", "2 sin(2w)", "circular-sign"),
    ("sin(w)", "-cos(w)", "circular-sign"),
    ("w^2 - 3w", "3 - 2w", "sign-turned"),
    ("tanh(w x)", "w (1 - tanh(w x)^2)", "other-letter"),
    ("w^2 + 3", "2w + 3", "constant-kept"),
    ("tanh(w)", "tanh(w)", "not-derived"),
    ("relu(w)", "1", "one-side-only"),
    ("abs(w)", "1", "one-side-only"),
    ("hardsigmoid(w)", "1/6", "one-side-only"),
    ("if(w > 1, w^2, 3)", "2w", "one-side-only"),
]


@each_row(("text", "answer", "mistake"), WRONG)
def test_the_mistake_is_named(text: str, answer: str, mistake: str) -> None:
    found = diff(text, "w", answer=answer)
    assert not found.correct
    assert mistake in [named["id"] for named in found.mistakes]


def test_every_mistake_is_met_above() -> None:
    assert {mistake.id for mistake in (*DIFF_MISTAKES, OTHER_LETTER)} == {mistake for _, _, mistake in WRONG}


@each_row(
    ("text", "answer"),
    [
        ("sigmoid(w x + b)", "x sigmoid(w x + b)(1 - sigmoid(w x + b))"),
        ("sigmoid(w x + b)", "x exp(-w x - b)/(1 + exp(-w x - b))^2"),
        ("tanh(w)", "1 - tanh²(w)"),
        ("tanh(w)", "4/(exp(w) + exp(-w))^2"),
        ("(y - w x)^2/2", r"-\left(y - w x\right) x"),
        ("ln(w)", "1/w"),
        ("relu(w)", "if(w > 0, 1, 0)"),
        ("relu(w)", "1 if w > 0 else 0"),
        ("abs(w)", "sign(w)"),
        ("sqrt(w^2)", "w/|w|"),
        ("ln(w)", "1/|w|"),
        ("w/2", "1/2"),
        ("-w^3", "-3w^2"),
        ("relu6(w)", "1 if w > 0 and w < 6 else 0"),
        ("max(0, w - 40)", "step(w - 40)"),
        ("tanh(w)", "sech(w)^2"),
        ("arctan(w)", "1/(1 + w^2)"),
        ("silu(w)", "σ(w) + wσ(w)(1 - σ(w))"),
        ("elu(w, a)", "1 if w > 0 else a e^w"),
        ("x(wx + 1)", "x^2"),
    ],
)
def test_a_right_derivative_is_right_in_any_form(text: str, answer: str) -> None:
    found = diff(text, "w", answer=answer)
    assert found.correct
    assert found.mistakes == []


@pytest.mark.parametrize("answer", ["2.0001w", "1.99999w", "2.0000001w", "2w + 10^(-8)"])
def test_nearly_right_is_wrong(answer: str) -> None:
    """Expressions are compared to rounding, 10⁻⁹ of their values."""
    assert not diff("w^2", "w", answer=answer).correct


def test_a_derivative_is_compared_on_both_sides_of_zero() -> None:
    """2|w| is 2w where w is not negative."""
    assert not diff("w^2", "w", answer="2 abs(w)").correct


def test_what_fits_no_mistake_is_wrong_and_unnamed() -> None:
    found = diff("w^2", "w", answer="17w")
    assert (found.correct, found.mistakes) == (False, [])


def test_a_mistake_that_has_no_value_is_left_out() -> None:
    """Nobody can be said to have derived floor by a rule that does not exist."""
    ids = [mistake.id for mistake, _ in mistaken_derivatives(parse("abs(w)"), "w")]
    assert "input-for-value" in ids
    assert [mistake.id for mistake, _ in mistaken_derivatives(parse("floor(w)"), "w")] == ["outer-kept", "not-derived"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"expression": "w x"}, "^--wrt says by which letter to differentiate; the letters are w, x$"),
        ({"expression": "3"}, "^--wrt says by which letter to differentiate; the letters are none$"),
        ({"expression": "w", "wrt": "w+1"}, '^a derivative is taken by one letter, such as w, not "w[+]1"$'),
        (
            {"expression": "w", "wrt": "e"},
            "^e is the number 2[.]718…: a derivative is taken by a letter$",
        ),
        ({"expression": "π r^2", "wrt": "r,π"}, "^pi is the number 3[.]142…: a derivative is taken by a letter$"),
        ({"expression": "w^2", "at": ["v=1"]}, "^v does not occur; the letters are w$"),
        ({"expression": "w^2", "at": ["w"]}, '^values are written w=0.5, not "w"$'),
    ],
)
def test_a_bad_question_is_one_sentence(arguments: dict[str, str], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        diff(**arguments)  # type: ignore[arg-type]


def test_numbers_are_put_in() -> None:
    """σ′(0)·2 = 1/4·2."""
    found = diff("sigmoid(w x)", "w", at={"w": "0", "x": "2"})
    assert found.to_dict()["number"] == pytest.approx(0.5)
    half = diff("w^2 x", "w", at=["w=1/2"])
    assert half.to_dict()["number"] == "x"


@pytest.mark.parametrize(
    ("text", "answer"),
    [("relu(w)", "1"), ("relu6(w)", "step(w)"), ("max(0, w - 40)", "0"), ("hardtanh(w)", "1"), ("sqrt(w^2)", "1")],
)
def test_an_answer_that_holds_on_one_side_only_is_wrong(text: str, answer: str) -> None:
    assert not diff(text, "w", answer=answer).correct


@pytest.mark.parametrize(
    ("text", "answer", "rule"),
    [
        ("x^T A", "", "xᵀA is no number: by x its derivative would have more than two indices; a number of it, such as "
                       "norm(...)^2 or tr(...), has one"),
    ],
)  # fmt: skip
def test_what_is_no_single_number_is_refused(text: str, answer: str, rule: str) -> None:
    with pytest.raises(UserError, match=f"^{re.escape(rule)}$"):
        diff(text, "w" if "w" in text else "x", answer=answer)


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        ("2w^{\\top}", "unreadable",
         "diff takes single numbers, no transposed arrays: 2w^{\\top}; write ^(T) for a power"),
        ("2v", "unreadable", "v is not a letter of this question; its letters are w"),
        ("w = 2", "undecided", "there are two different values: w = 2"),
        ("foo(w)", "unreadable", "foo( is not a function that is known here: similar names are floor; a product is "
                                 "f·o·o·("),
        ("sqrt(-1 - w^2)", "undecided",
         "no numbers were found at which sqrt(-1 - w^2) and the derivative both have a value"),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_understood_is_never_wrong(answer: str, status: str, reason: str) -> None:
    found = diff("w^2", "w", answer=answer).to_dict()
    assert (found["status"], found["correct"], found["reason"], found["mistakes"]) == (status, None, reason, [])


def test_a_power_whose_exponent_is_called_t_is_written_in_brackets() -> None:
    assert diff("g^(T)", "g", answer="T g^(T - 1)").correct


def test_a_letter_may_be_written_as_it_is_or_by_its_name() -> None:
    """θ and theta are one letter, w₁ and w_1 another."""
    for by in ("θ", "theta"):
        assert diff("θ^2 x", by, answer="2θ x").correct
    assert diff("w₁^2", "w₁", answer="2w_1").correct
    assert diff("θ^2", "θ", {"θ": "3"}).number == 6
    with pytest.raises(UserError, match=r'^a derivative is taken by one letter, such as w, not "2"$'):
        diff("w^2", "2")
