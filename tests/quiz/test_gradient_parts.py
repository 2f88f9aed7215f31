"""Parts that ask a gradient as a formula: what may be asked, what is right and wrong, how an answer is marked."""

from __future__ import annotations

import re

import pytest
from problem_files import problem

from dlcalc import document as doc
from dlcalc.answers.gradient_target import GradientTarget
from dlcalc.errors import ProblemError, UserError
from dlcalc.export import practice
from dlcalc.expressions import printing
from dlcalc.expressions.nodes import Node
from dlcalc.expressions.parser import parse
from dlcalc.grading.part_judging import judge
from dlcalc.grading.part_mark import PartMark
from dlcalc.grading.policy import Policy
from dlcalc.quiz.sheet import sheet
from dlcalc.quiz.variant import Variant, variant
from dlcalc.verification.second_count import differs


def made(ask: str, more: str = "", kind: str = "expression", draw: str = "w = ['U', 'W']", seed: int = 1) -> Variant:
    part = f"[[part]]\nid = 'p'\nkind = '{kind}'\nask = '{ask}'\n{more}\n"
    return variant(problem(f"title = 'T'\n[draw]\n{draw}\n{part}", "What is it?"), seed)


def marked(found: Variant, text: object) -> PartMark:
    (mark,) = judge(found, {"p": text}, Policy())
    return mark


REFUSED = [
    ("gradient:rnn", "", "ask: a gradient is written gradient:rnn.W; the cells are rnn, lstm"),
    ("gradient:mlp.W", "", "ask: a gradient is written gradient:rnn.W"),
    ("gradient:rnn.Q", "", "ask: a simple RNN has no Q; a gradient is by one of U, W, b, V, c, h0"),
    ("gradient:rnn.W", "with = {heads = 'linear'}", "with: heads: a gradient has no such option; its"),
    (
        "gradient:rnn.W",
        "with = {head = 'hinge'}",
        "with: head: this is one of softmax, sigmoid, linear, squared, given",
    ),
    ("gradient:rnn.W", "with = {steps = '1/2'}", "a sequence has a whole number of time steps, not 1/2"),
    ("gradient:gru.U_h", "with = {known = 'none'}", "the gradient of a gated cell is asked with known gradients"),
    ("gradient:lstm.U_f", "with = {activation = 'relu'}", "the activation of an LSTM is fixed"),
]


@pytest.mark.parametrize(("ask", "more", "rule"), REFUSED)
def test_what_cannot_be_asked(ask: str, more: str, rule: str) -> None:
    with pytest.raises(ProblemError, match=re.escape(rule)):
        made(ask, more)


@pytest.mark.parametrize("kind", ["number", "matrix", "integer", "shape"])
def test_a_gradient_is_an_expression_or_a_choice(kind: str) -> None:
    with pytest.raises(ProblemError, match=f"a gradient is asked as an expression or a choice, not as {kind}"):
        made("gradient:rnn.W", kind=kind)


def test_a_drawn_word_that_is_no_weight() -> None:
    """It is found when it is drawn."""
    with pytest.raises(ProblemError, match=r"none of 400 draws fits; the last: a simple RNN has no [QR]"):
        made("gradient:rnn.w", draw="w = ['Q', 'R']")


def test_the_weight_and_the_options_are_drawn() -> None:
    found = [made("gradient:rnn.w", "with = {loss = 'when', steps = 'T'}",
                  draw="w = ['U', 'W']\nwhen = ['every', 'last']\nT = '2..3'", seed=seed)
             for seed in range(60)]  # fmt: skip
    asked = [each.asked["p"] for each in found]
    assert all(isinstance(each, GradientTarget) for each in asked)
    assert {(each.wrt, dict(each.options)["loss"], each.steps) for each in asked} == {  # type: ignore[union-attr]
        (w, loss, steps) for w in "UW" for loss in ("every", "last") for steps in (2, 3)
    }
    for each in found:
        assert each.asked["p"].wrt == each.values["w"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("cell", "wrt", "options"),
    [
        ("rnn", "W", {}),
        ("rnn", "U", {"layout": "row"}),
        ("rnn", "W", {"known": "all", "head": "linear"}),
        ("rnn", "W", {"known": "states", "loss": "last"}),
        ("bidirectional", "W_b", {"loss": "last"}),
        ("lstm", "U_f", {"known": "states", "loss": "last"}),
        ("lstm", "U_f", {"known": "states"}),
        ("lstm", "b_o", {}),
        ("gru", "U_h", {"known": "states", "reset": "after"}),
    ],
)
def test_what_is_right_is_the_derivative_of_the_loss(cell: str, wrt: str, options: dict[str, str]) -> None:
    """Beside central differences, in letters that are allowed; what is not the derivative is found out."""
    asked = GradientTarget(cell, wrt, tuple(options.items()))
    assert differs(asked) == ""
    assert asked.judged(printing.plain(asked.expected)).correct
    assert asked.working()


class EditedDelta(GradientTarget):
    """One whose right answer is that of another weight."""

    @property
    def expected(self) -> Node:
        return GradientTarget("rnn", "b").expected


def test_a_wrong_key_is_found_out() -> None:
    """The second count is by differences of the loss, so a wrong formula shows."""
    assert differs(GradientTarget("rnn", "c")) == ""
    with_key = differs(EditedDelta("rnn", "h0"))
    assert with_key is not None
    assert with_key.startswith("∂L/∂h0 differs by ")


def test_mistakes_and_other_layouts_come_with_the_formula() -> None:
    asked = GradientTarget("rnn", "W")
    wrong = list(asked.wrong())
    assert len({each.id for each in wrong}) == len(wrong) == 8
    assert {"explicit-only", "longest-path-only", "slope-missing"} <= {each.id for each in wrong}
    for each in wrong:
        verdict = asked.judged(printing.plain(each.value))
        assert not verdict.correct
        assert each.id in [found.id for found in verdict.mistakes]
    assert [other.name for other in asked.others()] == ["row", "pytorch"]
    for other in asked.others():
        assert asked.judged(printing.latex(other.value)).layout == other.name


def test_marks() -> None:
    """Right, by convention, wrong with the mistake, what is unreadable and what is asked back."""
    found = made("gradient:rnn.V")
    right = marked(found, "$$\\sum_t (\\hat{y}_t - y_t) h_t^\\top$$")
    assert (right.status, right.share) == ("right", 1)
    other = marked(found, "Σ_t h_t ⊗ (ŷ_t − y_t)")
    assert (other.status, other.convention, other.share) == ("convention", "row", 1)
    assert "right in row layout" in other.reason
    wrong = marked(found, "Σ_t (ŷ_t - y_t) h_{t-1}^T")
    assert (wrong.status, wrong.share) == ("wrong", 0)
    assert [each.id for each in wrong.mistakes] == ["state-of-another-step"]
    unnamed = marked(found, "Σ_t (ŷ_t - y_t) h_t^T + V")
    assert (unnamed.mistakes, "entry (" in unnamed.reason) == ((), True)
    assert marked(found, "Σ_t (ŷ_t - y_t h_t^T").status == "unreadable"
    assert marked(found, "").status == marked(found, None).status == marked(found, "?").status == "missing"
    assert marked(found, ["a"]).status == "unreadable"
    asked_back = marked(made("gradient:lstm.b_f"), "Σ_t dC_t ⊗ C_{t-1} ⊗ f_t ⊗ (1 - f_t)")
    assert (asked_back.status, asked_back.share) == ("undecided", 0)
    pointwise = made("gradient:lstm.b_f", "with = {outer = 'pointwise'}")
    assert marked(pointwise, "Σ_t dC_t ⊗ C_{t-1} ⊗ f_t ⊗ (1 - f_t)").status == "right"
    twice = marked(pointwise, "2 Σ_t dC_t ⊗ C_{t-1} ⊗ f_t ⊗ (1 - f_t)")
    assert (twice.status, [each.id for each in twice.mistakes]) == ("wrong", ["twice"])


def test_what_is_known() -> None:
    """A gradient that is not given is stated or written out; else the answer cannot be taken."""
    none = made("gradient:rnn.W", "with = {known = 'none'}")
    refused = marked(none, "Σ_t δ_t h_{t-1}^T")
    assert refused.status == "unreadable"
    assert refused.reason == "δₜ is not given here: write out what it is, or state it before"
    stated = "δ_t = (1 - h_t^2) ⊙ (V^T (ŷ_t - y_t) + W^T δ_{t+1})\nΣ_t δ_t h_{t-1}^T"
    assert marked(none, stated).status == "right"
    states = made("gradient:lstm.b_f", "with = {known = 'states'}")
    assert marked(states, "Σ_t delta_f[t]").status == "unreadable"
    assert marked(states, "Σ_t dC_t ⊙ C_{t-1} ⊙ f_t ⊙ (1 - f_t)").status == "right"
    with pytest.raises(UserError, match=r"∂Lⱼ/∂hⱼ is not given here"):
        GradientTarget("rnn", "W", (("known", "none"),)).judged("Σ_j ∂L_j/∂h_j ∂⁺h_j/∂W")


def test_a_choice_of_formulas() -> None:
    """Its wrong choices are what mistakes make of the right one, each with its reason."""
    shown = made("gradient:rnn.W", kind="choice").choices["p"]
    assert sum(choice.right for choice in shown) == 1
    assert len({doc.plain(choice.words) for choice in shown}) == len(shown) == 4
    assert all(choice.because for choice in shown if not choice.right)


def test_a_practice_page_chooses_among_formulas() -> None:
    """It cannot work matrices out, so the formula is chosen; a right one in another layout is not among them."""
    page = practice.write(sheet("T", [made("gradient:rnn.W")], key=True))
    assert "Choose one" in page
    assert page.count('class="choice"') == practice.MOST_CHOICES


def test_what_is_printed_is_read_back() -> None:
    asked = GradientTarget("gru", "U_h", (("known", "states"),))
    names = asked.derivation.declarations
    assert (
        parse(printing.plain(asked.expected), names) == parse(printing.latex(asked.expected), names) == asked.expected
    )
