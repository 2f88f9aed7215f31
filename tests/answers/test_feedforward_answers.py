"""Gradients of feed-forward networks as students write them: right ones in many notations, wrong ones with a reason."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from rows import each_row

from dlcalc.answers.feedforward_marks import Question, mark_backprop
from dlcalc.answers.feedforward_text import read
from dlcalc.answers.marks import Mark
from dlcalc.api.feedforward_gradients import backprop
from dlcalc.errors import UserError
from dlcalc.expressions import printing
from dlcalc.gradients.feedforward import Backward, Feedforward, Units, feedforward, rule_in_layout
from dlcalc.gradients.feedforward.instances import instance_of
from dlcalc.gradients.feedforward.mistakes import mistakes
from dlcalc.networks.text import read as read_network

SIGMOID = "2; dense 3 sigmoid; dense 1 sigmoid"
TANH = "3; dense 4 tanh; dense 2 softmax"
RELU = "3; dense 4 relu; dense 3 relu; dense 2"
CONV = "5x5x1; conv 2 f3 relu; pool 3; dense 2 softmax"
NETWORKS = (SIGMOID, TANH, RELU, CONV, "4x4x2; conv 2 f2 s2; dense 2 softmax",
            "6x6x1; conv 2 f3; pool 2; conv 2 f2; gap; dense 2", "6x6x1; conv 2 f3 sigmoid; avgpool 2; dense 2 softmax",
            )  # fmt: skip


@cache
def network(text: str) -> Feedforward:
    return feedforward(read_network(text))


def mark(text: str, wrt: str, answer: str, **options: Any) -> Mark:
    return backprop(text, wrt, answer=answer, **options).mark  # type: ignore[union-attr]


RIGHT = [
    # Nielsen, Ng, and Python
    (TANH, "W2", r"\frac{\partial C}{\partial w^2_{jk}} = \delta^2_j h^1_k"),
    (TANH, "b1", r"\frac{\partial C}{\partial b^1_j} = \delta^1_j"),
    (TANH, "W2", r"\frac{\partial L}{\partial W^{(2)}_{kj}} = (\hat y_k - y_k) h^{(1)}_j"),
    (TANH, "W1", "dZ2 = A2 - Y; dZ1 = np.dot(W2.T, dZ2) * (1 - A1**2); dW1 = np.dot(dZ1, X.T)"),
    (SIGMOID, "W2", r"\frac{\partial L}{\partial \hat y} \frac{\partial \hat y}{\partial a_2} ∂a_2/∂W_2"),
    (SIGMOID, "W2", "δ_2 h_1^T"),
    (SIGMOID, "b1", "δ_1"),
    (SIGMOID, "W1", "δ_2 = (ŷ - y) ⊙ ŷ ⊙ (1-ŷ); δ_1 = (W_2^T δ_2) ⊙ h_1 ⊙ (1 - h_1); δ_1 x^T"),
    (SIGMOID, "W1", "((W_2^T ((ŷ - y) ⊙ ŷ ⊙ (1-ŷ))) ⊙ h_1 ⊙ (1 - h_1)) x^T"),
    (SIGMOID, "W1", "W_2^T δ_2 ⊙ h_1 ⊙ (1-h_1) x^T"),
    # Ng, Nielsen: z is what is added up, a what the activation makes of it
    (SIGMOID, "W2", r"\delta^{[2]} (a^{[1]})^T"),
    (SIGMOID, "W1", r"δ^{[2]} = (a^{[2]} - y) * g'(z^{[2]}); δ^{[1]} = W^{[2]T} δ^{[2]} * g'(z^{[1]}); δ^{[1]} x^T"),
    (SIGMOID, "W1", r"\left( (W^{(2)})^\top \delta^{(2)} \odot \sigma'(z^{(1)}) \right) x^\top"),
    (SIGMOID, "W2", "dz_2 a_1^T where dz_2 = (a_2 - y) a_2 (1 - a_2)"),
    (RELU, "W2", r"\delta^2 (a^1)^T"),
    (SIGMOID, "W1", "dW1 = dz1 @ x.T"),
    (SIGMOID, "W1", r"\delta^{1} x^T \text{ where } \delta^{1} = ((w^{2})^T \delta^{2}) \odot \sigma'(z^{1})"),
    (SIGMOID, "W1", r"\left(W^{[2]T} dz^{[2]} * g'(z^{[1]})\right) x^T"),
    (TANH, "W1", "dz1 = (W2.T @ (yhat - y)) * (1 - h1^2); dW1 = dz1 @ x.T"),
    (TANH, "W1", r"\left[(W_2^\top(\hat{y}-y))\odot(1-\tanh^2(W_1x+b_1))\right]x^\top"),
    (TANH, "W1", "((W_2ᵀ(p − t)) ∘ (1 − h_1 ∘ h_1)) xᵀ"),
    (TANH, "W2", r"\nabla_{a_2}L\; h_1^\top"),
    (RELU, "W1", "((W_2ᵀ((W_3ᵀ(ŷ−y)) ⊙ 1[a_2 > 0])) ⊙ (a_1 > 0)) xᵀ"),
    (RELU, "W1", r"((W_2^\top((W_3^\top(\hat y-y)) \odot \mathbb{1}[a_2>0])) \odot \mathbf{1}\{a_1>0\}) x^\top"),
    # the chain rule
    (SIGMOID, "W2", "∂L/∂ŷ ∂ŷ/∂a_2 ∂a_2/∂W_2"),
    (SIGMOID, "W1", "∂L/∂ŷ ∂ŷ/∂a_2 ∂a_2/∂h_1 ∂h_1/∂a_1 ∂a_1/∂W_1"),
    # entry by entry
    (SIGMOID, "W1", "∂L/∂W_{ij} = δ_1[i] x[j]"),
    (SIGMOID, "W2", "δ_2[i] h_1[j]"),
    (SIGMOID, "W1[1,2]", "(ŷ - y) ŷ (1-ŷ) W_2[1,1] h_1[1] (1 - h_1[1]) x[2]"),
    (TANH, "W2", "(ŷ - y) h_1^T"),
    (TANH, "W1", "diag(1 - h_1^2) W_2^T (ŷ - y) x^T"),
    (TANH, "x", "W_1^T δ_1"),
    (RELU, "W1", "((W_2^T ((W_3^T (ŷ - y)) ⊙ relu'(a_2))) ⊙ relu'(a_1)) x^T"),
    (CONV, "W1", "Σ_{i=1}^3 Σ_{j=1}^3 δ_1[k,i,j] x[c, i+u-1, j+v-1]"),
    (TANH, "W1", "(1 - h_1[i]^2) Σ_k (ŷ[k] - y[k]) W_2[k,i] x[j]"),
    # the gradient first, then what it uses
    (TANH, "W1", "dW1 = dz1 x^T, dz1 = W2^T dz2 ⊙ (1 - h1^2), dz2 = ŷ - y"),
    (TANH, "W1", "dW^{[1]} = dz^{[1]} x^T, dz^{[1]} = W^{[2]T} dz^{[2]} ⊙ (1 - (a^{[1]})^2), dz^{[2]} = ŷ - y"),
    (CONV, "b1", "Σ_{i=1}^3 Σ_{j=1}^3 δ_1[k,i,j]"),
    (CONV, "W1", r"\frac{\partial L}{\partial W_1[k,c,u,v]} = \sum_{i=1}^{3}\sum_{j=1}^{3} \delta_{1}[k,i,j] "
                 "x[c,i+u-1,j+v-1]"),
]  # fmt: skip


@each_row(("text", "wrt", "answer"), RIGHT)
def test_right_is_right(text: str, wrt: str, answer: str) -> None:
    assert mark(text, wrt, answer).status == "right"


CONVENTIONS = [
    (SIGMOID, "W1", "x^T δ_1", "row"),
    (SIGMOID, "W1", "x δ_1^T", "row"),
    (TANH, "x", "W_1 δ_1", "row"),
    (TANH, "W1", "((W_2^T (ŷ - y)) ⊙ (1 - tanh(W_1 x)^2)) x^T", "no-bias"),
    (TANH, "W1", "((W_2^T (softmax(W_2 h_1) - y)) ⊙ (1 - h_1^2)) x^T", "no-bias"),
]


@pytest.mark.parametrize(("text", "wrt", "answer", "convention"), CONVENTIONS)
def test_right_by_a_convention(text: str, wrt: str, answer: str, convention: str) -> None:
    found = mark(text, wrt, answer)
    assert (found.status, found.convention) == ("convention", convention)


def test_a_stated_layout_binds() -> None:
    assert mark(SIGMOID, "W1", "x^T δ_1", layout="row").status == "right"
    assert mark(SIGMOID, "W1", "x^T δ_1", layout="column").status == "wrong"


WRONG = [
    (SIGMOID, "W2", "δ_2 x^T", "other-input"),
    (SIGMOID, "W1", "δ_1 h_1^T", "other-input"),
    (SIGMOID, "W2", "(ŷ - y) h_1^T", "slope-missing"),
    (SIGMOID, "W2", "-δ_2 h_1^T", "sign-turned"),
    (SIGMOID, "W2", "½ δ_2 h_1^T", "half"),
    (SIGMOID, "W2", "((ŷ - y) ⊙ ŷ) h_1^T", "half-of-the-slope"),
    (SIGMOID, "W2", "((ŷ - y) ⊙ (1 - ŷ^2)) h_1^T", "tanh-slope"),
    (SIGMOID, "W1", "(W_2 ((ŷ - y) ⊙ ŷ ⊙ (1-ŷ)) ⊙ h_1 ⊙ (1 - h_1)) x^T", "transpose-missing"),
    (SIGMOID, "b2", "y - ŷ", "slope-missing+sign-turned"),
    (TANH, "W1", "((W_2^T (ŷ - y)) ⊙ (1 - h_1)) x^T", "slope-not-squared"),
    (TANH, "W1", "((W_2^T (y - ŷ)) ⊙ (1 - h_1^2)) x^T", "sign-turned"),
    (TANH, "W1", "((W_2^T (ŷ - y)) ⊙ h_1 ⊙ (1 - h_1)) x^T", "sigmoid-slope"),
    (TANH, "W1", "((W_2^T (ŷ - y)) ⊙ (1 - tanh(h_1)^2)) x^T", "activation-twice"),
    (TANH, "W1", "(W_2^T (ŷ - y)) x^T", "slope-missing"),
    (TANH, "W2", "ŷ h_1^T", "target-missing"),
    (TANH, "W2", "((ŷ - y) ⊙ ŷ ⊙ (1 - ŷ)) h_1^T", "slope-of-the-output-layer"),
    (RELU, "W1", "((W_2^T (W_3^T (ŷ - y))) ⊙ relu'(a_1)) x^T", "slope-missing"),
    (RELU, "W1", "((W_2ᵀ((W_3ᵀ(ŷ−y)) ⊙ (a_2 > 0)))) xᵀ", "slope-missing"),
    (CONV, "W1", "-Σ_{i=1}^3 Σ_{j=1}^3 δ_1[k,i,j] x[c, i+u-1, j+v-1]", "sign-turned"),
    (CONV, "W1", "Σ_{i=1}^3 Σ_{j=1}^3 δ_1[k,i,j] x[c, i-u+3, j-v+3]", ""),
    (SIGMOID, "W2", "δ_1 x^T", ""),
    (TANH, "W1[2, 1]", "δ_1[1] x[2]", "indices-exchanged"),
    (TANH, "W1[4, 3]", "δ_1[3] x[2]", ""),
]


def test_a_lost_transpose_is_wrong_whatever_else_is() -> None:
    """The sizes fit in no layout, and do once W₂ is transposed: then the slope is missing too."""
    for wrt, answer, ids in [
        ("b1", "W2 @ dz2", ["transpose-missing", "slope-missing"]),
        ("W1", "W2 (ŷ - y) x^T", ["transpose-missing", "slope-missing"]),
    ]:
        found = mark(TANH, wrt, answer)
        assert [each.mistakes[0].id for each in found.mistakes] == ids
        assert found.reason == "a matrix product needs matching sizes, not 2×4 times 2"


def test_entries_of_the_row_layout_are_a_convention() -> None:
    """∂L/∂w_ij = δ_j x_i where w_ij leads from input i to unit j."""
    found = mark(TANH, "W1", "δ_1[j] x[i]")
    assert (found.status, found.convention) == ("convention", "row")


@each_row(("text", "wrt", "answer", "mistake"), WRONG)
def test_wrong_is_wrong(text: str, wrt: str, answer: str, mistake: str) -> None:
    found = mark(text, wrt, answer)
    assert found.status == "wrong"
    named = [each.mistakes[0].id for each in found.mistakes]
    assert mistake in named if mistake else not named
    assert bool(found.reason) is not bool(named)


UNREADABLE = {
    "the chain rule": "has no meaning here",
    "W_1": "W₁ alone is not an answer",
    "Q x^T": "Q has no meaning here; the letters are",
    "∂L/∂W_2 = δ_2 h_1^T": "the question asks for ∂L/∂W_1, not ∂L/∂W_2",
    "; ".join(["q = x"] * 150 + ["x"]): "a gradient is stated in at most 150 lines, not 151",
    "x; x": "each line but the last states an intermediate, delta_2 = …, not x",
    "q = x; q = 2x; q": "an intermediate is stated once: q is stated twice, in different ways",
    "3 = x; δ_1 x^T": "an intermediate is a letter, delta_2, not 3",
    f"{'q' * 61} = x; x": "an intermediate has a short name",
    "δ" * 41_000: "an answer has at most 40000 characters, not 41000",
    "δ_1 (": "the expression ends too early",
}


@pytest.mark.parametrize(("answer", "rule"), UNREADABLE.items())
def test_what_cannot_be_judged(answer: str, rule: str) -> None:
    found = mark(SIGMOID, "W1", answer)
    assert found.status == "unreadable"
    assert rule in found.reason


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ("Σ_{i=1}^3 δ_1 x[1, i, 1]", "this is a whole map, but single entries are needed: write each with its indices"),
        ("q[i] = x[1, i, 1]; Σ_{i=1}^3 q[i] x[1, i, 1]", "q is stated entry by entry, but it is not an array of this"),
    ],
)
def test_what_cannot_be_judged_of_maps(answer: str, rule: str) -> None:
    found = mark(CONV, "W1", answer)
    assert found.status == "unreadable"
    assert rule in found.reason


def test_two_readings_of_a_letter_are_undecided() -> None:
    """δ₂ a₁ᵀ is right where a is the activation's value; here it is what goes into it."""
    assert mark(TANH, "W2", "(yhat - y) a1^T").status == "undecided"
    found = mark(SIGMOID, "W2", "δ_2 a_1^T")
    assert found.status == "undecided"
    assert found.reason.startswith("this is right if a is the output of the activation")


def test_nothing_is_missing() -> None:
    assert mark(SIGMOID, "W1", "  ").status == "missing"


def test_what_does_not_go_with_an_answer() -> None:
    with pytest.raises(UserError, match="leave the values out"):
        backprop(SIGMOID, "W1", answer="δ_1 x^T", x="1 2")
    with pytest.raises(UserError, match="name it, --wrt W1"):
        backprop(SIGMOID, answer="δ_1 x^T")


@pytest.mark.parametrize("text", NETWORKS)
def test_what_is_printed_is_right(text: str) -> None:
    """Every gradient alone, and with all lines before it, in every layout and format."""
    net = network(text)
    backward = Backward(net)
    for layout in ("column", "row", "pytorch") if not net.has_maps else ("column",):
        for wrt, gradient in backward.gradients.items():
            rule = rule_in_layout(gradient, layout)
            before = [rule_in_layout(each, layout) for each in backward.needed(wrt)]
            for shown in (printing.plain, printing.text, printing.latex):
                lines = "; ".join(f"{shown(each.left)} = {shown(each.right)}" for each in (*before, rule))
                for answer in (shown(rule.right), lines):
                    found = mark_backprop(Question(net, wrt, None, layout), answer, None)
                    assert found.status == "right", (wrt, layout, answer, found.reason)


@pytest.mark.parametrize("text", [SIGMOID, CONV])
def test_printed_paths_are_right(text: str) -> None:
    """The sum of the paths to one number, and δ unit by unit."""
    net = network(text)
    units = Units(net)
    for wrt in ("W_1", "b_1"):
        place = (1,) * len(net.parameters[wrt].shape)
        asked = Question(net, wrt, place)
        for shown in (printing.plain, printing.latex):
            terms = " + ".join(f"({shown(path.expression)})" for path in units.paths(wrt, place, 100))
            rules = [memo.rule for memo in units.memos(wrt, place)] if text == SIGMOID else []
            entry = shown(units.entry(wrt, place).right)
            whole = "; ".join([*(f"{shown(each.left)} = {shown(each.right)}" for each in rules), entry])
            for answer in (terms, entry, whole):
                assert mark_backprop(asked, answer, None).status == "right", answer


def test_no_mistake_is_right() -> None:
    """What an edit comes to is another value than the gradient, and every mistake has words."""
    net = network(TANH)
    for wrt in net.parameters:
        instance = instance_of(net, wrt, None, "column", 1)
        for mistake, evaluate in mistakes(net, wrt, None):
            value = evaluate(instance)
            assert value is None or not instance.alike(value, instance.expected, _plain_answer()), mistake
            assert not re.search(r"[{}]|\.$", mistake.because)


def _plain_answer() -> Any:
    return read("x", network(TANH), "x")[0]
