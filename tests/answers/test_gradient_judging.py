"""Gradients as students write them: right ones, right ones in another layout, wrong ones with the mistake named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import each_row

from dlcalc import gradients
from dlcalc.answers.gradient_judging import Verdict, is_right, judge
from dlcalc.answers.gradient_marks import GradientTerms, mark_gradient
from dlcalc.answers.marks import Mark
from dlcalc.errors import UserError
from dlcalc.expressions import printing
from dlcalc.gradients import Derivation
from dlcalc.gradients.mistakes import RULES

network = cache(gradients.network)


@dataclass(frozen=True)
class Asked:
    """What is asked: ∂L/∂wrt of a network."""

    wrt: str = "W"
    cell: str = "rnn"
    head: str = "softmax"
    loss: str = "every"
    layout: str = "column"
    steps: int | None = None

    @property
    def derivation(self) -> Derivation:
        return Derivation(network(self.cell, self.head, self.loss), self.wrt, "general", self.steps, self.layout)

    def judged(self, text: str, outer: str = "outer") -> Verdict:
        verdict = judge(self.derivation, text, outer)
        assert is_right(self.derivation, text, outer) is verdict.correct
        return verdict


W, U, V, B, C, H0 = (Asked(name) for name in ("W", "U", "V", "b", "c", "h0"))
LAST = Asked(loss="last")
U_F, W_F, B_C = (Asked(name, "lstm") for name in ("U_f", "W_f", "b_c"))
U_Z, W_R, U_H = (Asked(name, "gru") for name in ("U_z", "W_r", "U_h"))
THREE = Asked(steps=3)

RIGHT: list[tuple[Asked, str, str]] = [
    # the output layer
    (V, "Σ_j (yhat_j - y_j) h_j^T", "column"),
    (V, "sum(t=1..T, (yhat[t] - y[t]) ⊗ h[t])", "column"),
    (V, "−∑_{t=1}^{T} (y_t − ŷ_t) h_tᵀ", "column"),
    (V, r"\sum_{j=1}^{T} \left( \hat{y}_j - y_j \right) h_j^\top", "column"),
    (V, "Σ_i ŷ_i h_i^T − Σ_i y_i h_i^T", "column"),
    (V, "∂L/∂V = Σ_t (softmax(V h_t + c) - y_t) h_t^T", "column"),
    (V, "Σ_j h_j^T (yhat_j - y_j)", "row"),
    (V, "Σ_j h_j (yhat_j - y_j)^T", "row"),
    (W, "Σ_t h_{t-1} δ_t^T", "row"),
    (W, "Σ_j Σ_{k=1}^j h_{k-1} ⊗ (diag(1 - h_k^2) (Π_{m=k+1}^j W diag(1 - h_m^2)) V (ŷ_j - y_j))", "row"),
    (H0, "W δ_1", "row"),
    (V, "Σ_t h_t ⊗ (ŷ_t − y_t)", "row"),
    (V, "(Σ_t h_t (ŷ_t − y_t)^T)^T", "column"),
    (V, "Σ_j ∂L_j/∂V", "column"),
    (C, "Σ_t (ŷ_t − y_t)", "column"),
    (C, "Σ_t ŷ_t − Σ_s y_s", "column"),
    # the recurrent weight: the recursion
    (W, "Σ_t δ_t h_{t-1}^T", "column"),
    (W, r"\sum_{t=1}^{T} \delta_{t} \otimes h_{t-1}", "column"),
    (W, "sum(t=1..T, h[t-1]^T delta[t])", "row"),
    (W, "δ_t = (1 - h_t^2) ⊙ (V^T (ŷ_t - y_t) + W^T δ_{t+1}); Σ_t δ_t h_{t-1}^T", "column"),
    (W, "δ_T = (1 − h_T²) ⊙ Vᵀ(ŷ_T − y_T)\nδ_t = (1 − h_t²) ⊙ (Vᵀ(ŷ_t − y_t) + Wᵀδ_{t+1})\n"
        "∂L/∂W = Σ_t δ_t ⊗ h_{t−1}", "column"),
    (W, "g_t = V^T (yhat_t - y_t) + W^T ((1 - h_{t+1}^2) ⊙ g_{t+1}); Σ_t ((1 - h_t^2) ⊙ g_t) h_{t-1}^T", "column"),
    (W, "Σ_t (1 − h_t ⊙ h_t) ⊙ dh_t h_{t−1}^T", "column"),
    (W, "Σ_t diag(1 - tanh(a_t)^2) dh_t h_{t-1}^T", "column"),
    (W, "Σ_{t=1}^T (I − diag(h_t²)) dh_t h_{t−1}ᵀ", "column"),
    (W, "T ((1/T) Σ_t δ_t h_{t-1}^T)", "column"),
    (W, "Σₜ δₜ hₜ₋₁ᵀ", "column"),
    (W, "sum_{t=1}^T delta_t h_{t-1}'", "column"),
    (W, "Σ_t delta[t] @ h[t-1].T", "column"),
    (W, r"\sum_{t} \boldsymbol{\delta}_t \mathbf{h}_{t-1}^{\mathsf{T}}", "column"),
    (W, "δ_t = tanh'(a_t) ⊙ (V' (ŷ_t - y_t) + W' δ_{t+1}); Σ_t δ_t h_{t-1}'", "column"),
    # the general form
    (W, "Σ_j Σ_{k≤j} (diag(1 - h_k^2) (Π_{m=k+1}^j W_hh^T diag(1 - h_m^2)) W_hy^T (ŷ_j - y_j)) h_{k-1}^T", "column"),
    (W, r"\sum_j \sum_{k=1}^j \frac{\partial E_j}{\partial \hat{y}_j} \frac{\partial \hat{y}_j}{\partial h_j} "
        r"\frac{\partial h_j}{\partial h_k} \frac{\partial^{+} h_k}{\partial W}", "column"),
    (W, "Σ_j Σ_{k=1}^j (diag(1 - h_k^2) (Π_{m=k+1}^j W^T diag(1 - h_m^2)) V^T (ŷ_j - y_j)) h_{k-1}^T", "column"),
    (W, "Σ_k Σ_{j=k}^T (diag(1 - h_k^2) (Π_{m=k+1}^j W^T diag(1 - h_m^2)) V^T (ŷ_j - y_j)) h_{k-1}^T", "column"),
    (W, "Σ_{j=1}^T Σ_{k=1}^j ((ŷ_j − y_j)^T V prod_desc(m=k+1..j, diag(1 − h_m²) W) diag(1 − h_k²))^T h_{k-1}^T",
     "column"),
    (W, "Σ_j Σ_{k=1}^j h_{k-1}^T (ŷ_j - y_j) V^T prod_desc(m=k+1..j, diag(1 - h_m^2) W^T) diag(1 - h_k^2)", "row"),
    (W, r"\sum_{j=1}^T\sum_{k=1}^{j} \frac{\partial L_j}{\partial h_j} \left(\prod_{m=k+1}^{j} "
        r"\frac{\partial h_m}{\partial h_{m-1}}\right) \frac{\partial^+ h_k}{\partial W}", "column"),
    (W, "Σ_j Σ_{k=1}^j ∂L_j/∂h_j ∂h_j/∂h_k ∂⁺h_k/∂W", "column"),
    (W, "Σ_k ∂L/∂h_k ∂⁺h_k/∂W", "column"),
    (LAST, "Σ_{k=1}^T (diag(1 − h_k²) (Π_{m=k+1}^T Wᵀ diag(1 − h_m²)) Vᵀ(ŷ_T − y_T)) h_{k−1}ᵀ", "column"),
    (THREE, "δ_1 h_0^T + δ_2 h_1^T + δ_3 h_2^T", "column"),
    # other weights
    (U, "Σ_t δ_t x_t^T", "column"),
    (U, "Σ_t x_t^T δ_t", "row"),
    (B, "Σ_t δ_t", "column"),
    (H0, "W^T δ_1", "column"),
    (H0, "δ_1 W", "pytorch"),
    (H0, "Σ_j (Π_{m=1}^j Wᵀ diag(1 − h_m²)) Vᵀ(ŷ_j − y_j)", "column"),
    # gated cells, with the intermediates that a course names
    (U_F, "Σ_t delta_f[t] ⊗ h[t-1]", "column"),
    (U_F, "Σ_t (dC_t ⊙ C_{t-1} ⊙ f_t ⊙ (1 - f_t)) h_{t-1}^T", "column"),
    (U_F, "Σ_t δ^f_t h_(t-1)^T", "column"),
    (U_F, r"\sum_t \delta_{f,t} h_{t-1}^\top", "column"),
    (U_F, "Σ_t δ_t^f h_{t-1}^T", "column"),
    (B_C, "Σ_t i_t ⊙ dC_t ⊙ (1 - g_t^2)", "column"),
    (W_F, r"\sum_{t=1}^{T} \left( f_t \odot (1 - f_t) \odot C_{t-1} \odot dC_t \right) x_t^{\top}", "column"),
    (B_C, "Σ_t dC_t ⊙ i_t ⊙ (1 − Ctilde_t²)", "column"),
    (U_F, "dC_t = dh_t ⊙ o_t ⊙ (1 - tanh(C_t)^2) + f_{t+1} ⊙ dC_{t+1}; "
          "Σ_t (dC_t ⊙ C_{t-1} ⊙ f_t ⊙ (1 - f_t)) h_{t-1}^T", "column"),
    # the gradient in short and first, then what it uses
    (W, "dW = Σ_t δ_t h_{t-1}^T, δ_t = (1-h_t^2) ⊙ (V^T (ŷ_t - y_t) + W^T δ_{t+1})", "column"),
    (B_C, "db_c = Σ_t δ_c[t]; δ_c[t] = dC_t ⊙ i_t ⊙ (1 − Ctilde_t²)", "column"),
    (U_Z, "Σ_t (dh_t ⊙ (h_{t-1} − h̃_t) ⊙ z_t ⊙ (1 − z_t)) h_{t-1}^T", "column"),
    (W_R, "Σ_t δ_r[t] x_t^T", "column"),
    (U_H, "Σ_t δ_h[t] (r_t ⊙ h_{t-1})^T", "column"),
]  # fmt: skip
"""(what is asked, what is written, in which layout it is right)"""

GENERAL = "Σ_j Σ_{{k=1}}^j ({slope} (Π_{{m={first}}}^j {link}) {back} (ŷ_j - y_j)) {state}^T"


def general(slope: str = "diag(1 - h_k^2)", first: str = "k+1", link: str = "W^T diag(1 - h_m^2)",
            back: str = "V^T", state: str = "h_{k-1}") -> str:  # fmt: skip
    """The general form with something else in it."""
    return GENERAL.format(slope=slope, first=first, link=link, back=back, state=state)


WRONG: list[tuple[Asked, str, str]] = [
    # the output layer
    (V, "Σ_j (y_j - yhat_j) h_j^T", "sign-turned"),
    (V, "(yhat_t - y_t) h_t^T", "missing-sum"),
    (V, "(yhat_T - y_T) h_T^T", "last-loss-only"),
    (V, "(1/T) Σ_j (yhat_j - y_j) h_j^T", "mean-over-time"),
    (V, "2 Σ_j (yhat_j - y_j) h_j^T", "twice"),
    (V, "Σ_j (yhat_j - y_j) h_{j-1}^T", "state-of-another-step"),
    (V, "Σ_j (yhat_j - y_j) x_j^T", "input-for-state"),
    (V, "Σ_j yhat_j h_j^T", "target-missing"),
    (V, "Σ_j (yhat_j + y_j) h_j^T", "error-plus"),
    (V, "Σ_j (yhat_j - y_j)^2 h_j^T", "error-squared"),
    (V, "Σ_j ((yhat_j - y_j) ⊙ yhat_j ⊙ (1 - yhat_j)) h_j^T", "slope-of-the-output-layer"),
    (V, "Σ_j (yhat_j - y_j) h_j", "transpose-missing"),
    (V, "Σ_{j=2}^T (yhat_j - y_j) h_j^T", "first-step-missing"),
    (V, "Σ_j (yhat_j - y_j)", ""),
    (C, "Σ_t (y_t − ŷ_t)", "sign-turned"),
    (C, "ŷ_T − y_T", "last-loss-only"),
    # the recursion
    (W, "Σ_t δ_t h_t^T", "state-of-the-same-step"),
    (W, "Σ_t δ_t x_t^T", "input-for-state"),
    (W, "Σ_j Σ_{k=1}^j h_{k-1} ⊗ (diag(1 - h_k^2) (Π_{m=k+1}^j W^T diag(1 - h_m^2)) V^T (ŷ_j - y_j))", "transposed"),
    (W, "Σ_j Σ_{k=1}^j ((Π_{m=k+1}^j W^T diag(1 - h_m^2)) (ŷ_j - y_j)) h_{k-1}^T", "slope-missing+v-missing"),
    (W, "δ_t h_{t-1}^T", "missing-sum"),
    (W, "-Σ_t δ_t h_{t-1}^T", "sign-turned"),
    (W, "(1/T) Σ_t δ_t h_{t-1}^T", "mean-over-time"),
    (W, "δ_T h_{T-1}^T", "last-loss-only"),
    (W, "Σ_t dh_t h_{t-1}^T", "slope-missing"),
    (W, "Σ_t δ_{t+1} h_{t-1}^T", "gradient-of-another-step"),
    (W, "δ_t = V^T (ŷ_t - y_t) + W^T δ_{t+1}; Σ_t δ_t h_{t-1}^T", "slope-missing"),
    (W, "δ_t = (1 - h_t^2) ⊙ V^T (ŷ_t - y_t); Σ_t δ_t h_{t-1}^T", "explicit-only"),
    (W, "δ_t = (1 - h_t^2) ⊙ (V^T (ŷ_t - y_t) + W δ_{t+1}); Σ_t δ_t h_{t-1}^T", "not-transposed"),
    (W, "δ_t = (1 - h_t) ⊙ (V^T (ŷ_t - y_t) + W^T δ_{t+1}); Σ_t δ_t h_{t-1}^T", "slope-not-squared"),
    (W, "δ_t = (1 - tanh(h_t)^2) ⊙ (V^T (ŷ_t - y_t) + W^T δ_{t+1}); Σ_t δ_t h_{t-1}^T", "activation-twice"),
    (W, "δ_t = h_t ⊙ (1 - h_t) ⊙ (V^T (ŷ_t - y_t) + W^T δ_{t+1}); Σ_t δ_t h_{t-1}^T", "sigmoid-slope"),
    (W, "δ_t = (1 - h_{t-1}^2) ⊙ (V^T (ŷ_t - y_t) + W^T δ_{t+1}); Σ_t δ_t h_{t-1}^T", "slope-of-another-step"),
    (W, "δ_t = (1 - h_t^2) ⊙ (V^T (ŷ_t - y_t) + δ_{t+1}); Σ_t δ_t h_{t-1}^T", "w-missing"),
    (W, "δ_T = (1 - h_T^2) ⊙ V^T (ŷ_T - y_T); δ_t = (1 - h_t^2) ⊙ (W^T δ_{t+1}); Σ_t δ_t h_{t-1}^T", "last-loss-only"),
    # the general form
    (W, general(slope="1"), "slope-missing"),
    (W, general(first="k"), "product-from-k"),
    (W, general(link="W diag(1 - h_m^2)"), "not-transposed"),
    (W, general(link="diag(1 - h_m^2) W^T"), "factors-swapped"),
    (W, general(link="W^T"), "slope-missing"),
    (W, general(link="diag(1 - h_m^2)"), "w-missing"),
    (W, general(back=""), "v-missing"),
    (W, general(back="V"), "not-transposed"),
    (W, general(state="h_k"), "state-of-the-same-step"),
    (W, general(state="h_{j-1}"), "state-of-the-loss"),
    (W, general(slope="diag(1 - tanh(h_k)^2)", link="W^T diag(1 - tanh(h_m)^2)"), "activation-twice"),
    (W, general(link="W^T diag(1 - h_m^2)").replace("(Π_{m=k+1}^j W^T diag(1 - h_m^2))", ""), "product-missing"),
    (W, general().replace("ŷ_j - y_j", "y_j - ŷ_j"), "sign-turned"),
    (W, general().replace("Σ_{k=1}^j", "Σ_{k=j}^j"), "explicit-only"),
    (W, general().replace("Σ_j Σ_{k=1}^j", "Σ_{j=T}^T Σ_{k=1}^1"), "longest-path-only"),
    (W, general().replace("Σ_j Σ_{k=1}^j", "Σ_j Σ_{k=1}^T"), "sum-beyond-the-loss"),
    (W, general().replace("Σ_j Σ_{k=1}^j", "Σ_{j=T}^T Σ_{k=1}^j"), "last-loss-only"),
    (W, general().replace("Π_{m=k+1}", "Σ_{m=k+1}"), "sum-for-product"),
    (W, general().replace("ŷ_j - y_j", "ŷ_k - y_k"), "error-of-another-step"),
    (W, "Σ_j (diag(1 - h_j^2) V^T (ŷ_j - y_j)) h_{j-1}^T", "explicit-only"),
    (W, "Σ_j Σ_{k=1}^j ∂L_j/∂h_j (Π_{m=k+1}^j ∂h_m/∂h_{m-1}) ∂h_k/∂W", "total-for-explicit"),
    (W, "Σ_j ∂L_j/∂h_j ∂⁺h_j/∂W", "explicit-only"),
    (W, "Σ_t δ_t h_{t-1}^T + W", ""),
    (W, "Σ_t δ_t", ""),
    (W, "Σ_t tanh(δ_t) h_{t-1}^T", ""),
    # other weights
    (U, "Σ_t δ_t h_{t-1}^T", "state-for-input"),
    (U, "Σ_t δ_t x_{t-1}^T", "input-of-another-step"),
    (W, "Σ_t δ_t h_{t+1}^T", "state-of-another-step"),
    (W, "Σ_t ((1 - h_t^2) ⊙ δ_t) h_{t-1}^T", "slope-twice"),
    (W, "((Π_{m=2}^T W^T diag(1 - h_m^2)) (ŷ_T - y_T)) h_0^T", "longest-path-only+slope-missing+v-missing"),
    (W, "Σ_t (ŷ_t - y_t) h_{t-1}^T", "explicit-only+slope-missing+v-missing"),
    (V, "Σ_j (V^T (ŷ_j - y_j)) h_j^T", "taken-back-too-far"),
    (V, "Σ_j -(y_j/ŷ_j) h_j^T", "by-the-output"),
    (V, "1/2 Σ_j (ŷ_j - y_j) h_j^T", "half"),
    (B, "Σ_t dh_t", "slope-missing"),
    (B, "δ_T", "last-loss-only"),
    (H0, "Σ_j (Π_{m=1}^j W diag(1 − h_m²)) Vᵀ(ŷ_j − y_j)", "not-transposed"),
    (H0, "δ_1", "w-missing"),
    # gated cells
    (U_Z, "Σ_t (dh_t ⊙ (h_{t-1} + h̃_t) ⊙ z_t ⊙ (1 − z_t)) h_{t-1}^T", "plus-for-minus"),
    (U_F, "Σ_t δ_i[t] h_{t-1}^T", "other-gradient"),
    (U_F, "Σ_t (dC_t ⊙ C_t ⊙ f_t ⊙ (1 - f_t)) h_{t-1}^T", "value-of-another-step"),
    (U_F, "Σ_t (dC_t ⊙ C_{t-1}) h_{t-1}^T", "slope-missing"),
    (U_F, "Σ_t (dC_t ⊙ f_t ⊙ (1 - f_t)) h_{t-1}^T", "factor-missing"),
    (U_F, "Σ_t (dC_t ⊙ C_{t-1} ⊙ f_t) h_{t-1}^T", "half-of-the-slope"),
    (U_F, "Σ_t (dC_t ⊙ C_{t-1} ⊙ (1 - f_t)) h_{t-1}^T", "half-of-the-slope"),
    (U_Z, "Σ_t (dh_t ⊙ (h_{t-1} − h̃_t) ⊙ (1 − z_t²)) h_{t-1}^T", "tanh-slope"),
    (U_Z, "Σ_t (dh_t ⊙ (h̃_t − h_{t-1}) ⊙ z_t ⊙ (1 − z_t)) h_{t-1}^T", "sign-turned"),
]  # fmt: skip
"""(what is asked, what is written, the mistake that is named; "" where none is)"""


@each_row(("asked", "text", "layout"), RIGHT)
def test_right_is_right(asked: Asked, text: str, layout: str) -> None:
    verdict = asked.judged(text)
    assert verdict.correct, verdict
    assert verdict.layout == layout
    assert any(f"right in {layout} layout" in note for note in verdict.notes) is (layout != "column")


@each_row(("asked", "text", "mistake"), WRONG)
def test_wrong_is_wrong(asked: Asked, text: str, mistake: str) -> None:
    verdict = asked.judged(text)
    assert not verdict.correct
    assert (mistake in [found.id for found in verdict.mistakes]) if mistake else verdict.mistakes == (), verdict
    assert verdict.mistakes or verdict.detail


def test_most_wrong_ones_are_named() -> None:
    assert len(RIGHT) >= 40
    assert len(WRONG) >= 60
    assert sum(bool(mistake) for _, _, mistake in WRONG) >= 45


# what cannot be read, and what is asked back

REFUSED = {
    "": "an expression is expected, but there is nothing",
    "W" * 41_000: "an answer has at most 40000 characters, not 41000",
    "W" * 13_000: "an expression has at most 12000 characters, not 13000",
    "; ".join(["q_t = W h_t"] * 150 + ["W"]): "a gradient is stated in at most 150 lines, not 151",
    "W; W": "each line but the last states an intermediate, delta_t = …, not W",
    "q_t = δ_t; q_t = 2δ_t; Σ_t q_t h_{t-1}^T": "an intermediate is stated once: q_t is stated twice, in different",
    f"{'q' * 61} = W; W": "an intermediate has a short name",
    "3 = W; W": "an intermediate is a letter with its step, delta_t, not 3",
    "δ_{2t} = W; W": "an intermediate is stated for step t, for T or for a number, not for δ_{2t}",
    "∂L/∂U = Σ_t δ_t x_t^T": "the question asks for ∂L/∂W, not ∂L/∂U",
    "Σ_t q δ_t h_{t-1}^T": "q has no meaning here; the letters are T, U, W, b, V",
    "h_q h_d h_g h_i": "q, d, g, i are steps without a Σ: each needs its Σ",
    "Σ_t ∂L_t/∂W": "∂L₁/∂W has no value here: write out what it is",
    "⊗".join(["h_1"] * 40): "⊗ may appear in an answer at most 30 times, not 39",
    "Σ_{t=1}^{10^9} δ_t h_t^T": "t may take 20000 values at most",
    "Σ_{s=1}^{300} Σ_{t=1}^{300} W": "the sums, products, arrays and large numbers in this are too much work",
    r"\sum_{j=1}^{T \left( \hat{y}_j": "( is not closed: ) is expected",
    "Σ_t δ_t һ_{t-1}^T": "һ (cyrillic small letter shha) has no meaning here",
}


@each_row(("text", "rule"), REFUSED.items())
def test_what_cannot_be_judged_is_refused(text: str, rule: str) -> None:
    with pytest.raises(UserError, match=re.escape(rule)):
        W.judged(text)


def test_long_sequences_are_not_spelled_out() -> None:
    with pytest.raises(UserError, match="an answer is judged for at most 6 time steps, not 7"):
        Asked(steps=7).judged("Σ_t δ_t h_{t-1}^T")


def test_a_state_of_several_layers_has_the_number_of_its_layer() -> None:
    asked = Asked("W_2", "stacked")
    with pytest.raises(UserError, match=r"h has layers here: write h\[1, t\] for that of layer 1 in step t"):
        asked.judged("Σ_t delta[2, t] h_{t-1}^T")
    assert asked.judged("Σ_t delta[2, t] ⊗ h[2, t-1]").correct
    found = asked.judged("2 Σ_t delta[2, t] ⊗ h[2, t]")
    assert [each.id for each in found.mistakes] == ["state-of-the-same-step+twice"]


def test_an_ambiguous_sign_is_asked_back() -> None:
    """⊗ is the outer product or the product entry by entry, as the profile says; the other way is never taken."""
    pointwise = "Σ_t (dC_t ⊗ C_{t-1} ⊗ f_t ⊗ (1 - f_t)) h_{t-1}^T"
    with pytest.raises(UserError, match="⊗ can be read in two ways: as the outer product abᵀ this is wrong"):
        U_F.judged(pointwise)
    assert U_F.judged(pointwise, "pointwise").correct
    with pytest.raises(UserError, match="as the product entry by entry this is wrong, as the outer product abᵀ right"):
        W.judged("Σ_t δ_t ⊗ h_{t-1}", "pointwise")
    assert W.judged("Σ_t δ_t ⊗ h_{t-1}").correct
    assert not W.judged("Σ_t δ_t ⊗ h_t").correct


# what is said of a wrong one


def test_the_first_place_where_shapes_disagree() -> None:
    assert W.judged("Σ_t (V δ_t) h_{t-1}^T").detail == ("this is k×m, ∂L/∂W is m×m (n inputs, m units, k outputs)")
    found = W.judged("Σ_t (V (ŷ_t - y_t)) δ_t^T")
    assert found.detail.startswith("at V(ŷₜ − yₜ): a matrix product needs matching sizes, not k×m times k")


def test_a_step_that_is_none() -> None:
    """An intermediate stands for whole steps; what there is none of is said."""
    found = W.judged("q_{T/2} = W h_1; Σ_t q_t h_t^T")
    assert found.detail.endswith("an intermediate is stated for step t, for T or for a number")
    assert V.judged("Σ_t (ŷ_t - y_{t-1}) h_t^T").detail.startswith("at yₜ₋₁: step 0 is not known yet; known are 1, 2")


def test_a_counterexample_is_one() -> None:
    """The numbers that are named come out of the formula and of the kernels' gradient on the same values."""
    found = W.judged("Σ_t δ_t h_{t-1}^T + W").detail
    assert found == (
        "with T = 3, n = 3, m = 2, k = 4 and the numbers of seed 1 entry (2, 1) is 0.8909, of ∂L/∂W 0.0003925"
    )
    rnn = network("rnn")
    numbers = gradients.Numbers(rnn, gradients.random_values(rnn, 3, 3, 2, 4, seed=1))
    right = numbers.by_differences("W")
    assert right[1][0] == pytest.approx(0.0003925, rel=1e-3)
    assert right[1][0] + numbers.values["W"][1][0] == pytest.approx(0.8909, rel=1e-3)


def test_two_mistakes_are_one_entry() -> None:
    """A sign and a step, a missing Σ and a step."""
    assert "state-of-the-same-step+sign-turned" in [found.id for found in W.judged("-Σ_t δ_t h_t^T").mistakes]
    assert "missing-sum+state-of-the-same-step" in [found.id for found in W.judged("δ_t h_t^T").mistakes]


def test_a_mistake_is_told_with_the_letters_of_the_formula() -> None:
    (found,) = W.judged("Σ_t δ_t x_t^T").mistakes
    assert found.because == "this weight is multiplied by the state, not by the input: hₜ₋₁, not xₜ"
    reversed_outer = "Σ_j Σ_{k=1}^j h_{k-1} (diag(1 - h_k^2) (Π_{m=k+1}^j W^T diag(1 - h_m^2)) V^T (ŷ_j - y_j))^T"
    (found,) = W.judged(reversed_outer).mistakes
    assert found.because == "that is the transpose: here ∂L/∂W has the shape of W, which is m×m"
    both = W.judged("Σ_j Σ_{k=1}^j ((Π_{m=k+1}^j W^T diag(1 - h_m^2)) (ŷ_j - y_j)) h_{k-1}^T").mistakes[0]
    assert both.because.startswith(
        "the slope of the activation, diag(1 − hₖ²), is missing; and Vᵀ is missing: on the way"
    )


def test_columns_beside_the_weights_of_the_row_layout() -> None:
    """The course writes h_j ⊗ (ŷ_j − y_j) for the row layout; it is told that vectors stand as columns there."""
    assert V.judged("Σ_j h_j (ŷ_j - y_j)^T").notes == (
        "right with vectors as columns beside the weights of the row layout: Wᵀh",
        "right in row layout (rows: a matrix comes after its vector, x W); the question uses column layout",
    )
    assert Asked("V", layout="row").judged("Σ_j h_j (ŷ_j - y_j)^T").layout == "row"


@given(scale=st.floats(-3, 3).filter(lambda s: abs(s - 1) > 0.01), extra=st.sampled_from(["h_t", "x_t", "δ_t", "V"]))
@settings(max_examples=20, deadline=None)
def test_no_multiple_of_the_gradient_is_right(scale: float, extra: str) -> None:
    """Whatever factor stands before it; and a term that is not zero makes it wrong too."""
    assert not W.judged(f"({scale:.4f}) Σ_t δ_t h_{{t-1}}^T").correct
    assert not B.judged(f"Σ_t (δ_t + 0.001 sum({extra}))").correct


@pytest.mark.parametrize("scale", ["1.0005", "0.9999", "1.000001"])
def test_a_factor_near_one_is_a_factor(scale: str) -> None:
    """Numbers agree to rounding, which is 10⁻⁹ here, or not at all."""
    assert not V.judged(f"{scale} Σ_j (yhat_j - y_j) h_j^T").correct
    assert V.judged("1.0000000000001 Σ_j (yhat_j - y_j) h_j^T").correct


def test_three_steps_are_not_any_number_of_steps() -> None:
    """A sum to 3 is right where T = 3 is asked, and else wrong, told by numbers of another T."""
    three = "Σ_{j=1}^{3} (ŷ_j − y_j) h_j^T"
    assert Asked("V", steps=3).judged(three).correct
    found = V.judged(three)
    assert not found.correct
    told = re.fullmatch(r"with T = (\d), .* is (\S+), of ∂L/∂V (\S+)", found.detail)
    assert told is not None
    assert told[1] != "3"
    assert told[2] != told[3]


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (W, "Σ_t δ_t h_{t-1}^T + δ_1 h_{T+1}^T"),
        (U, "Σ_{t=0}^T δ_t x_t^T"),
        (U, "Σ_t δ_t x_t^T + δ_1 x_{T+1}^T"),
        (B, "Σ_{t=0}^T δ_t"),
    ],
)
def test_what_lies_beyond_the_ends_is_not_nothing(asked: Asked, text: str) -> None:
    """There is no h_{T+1}, and x_0 meets no weight: whoever writes them has not written a zero."""
    assert not asked.judged(text).correct


def test_a_vector_may_be_written_across() -> None:
    """It is the gradient of a bias all the same, and which way it lies is told."""
    assert B.judged("Σ_t δ_t^T").notes == ("right, written as a row",)
    assert Asked("b", layout="row").judged("Σ_t δ_t^T").notes == ("right, written as a column",)
    assert B.judged("Σ_t δ_t").notes == ()


def test_three_letters_without_their_sums_are_a_missing_sum() -> None:
    """Four are refused as no step at all."""
    assert [found.id for found in W.judged("h_q h_d^T h_g").mistakes] == ["missing-sum"]


def test_gradients_that_are_not_given_are_written_out() -> None:
    """Given the gradients by the states, δ_t has to be stated; given none, dh_t too; given all, neither."""
    derivation = Derivation(network("rnn"), "W", "general")
    by_delta, by_states = "Σ_t δ_t h_{t-1}^T", "Σ_t ((1 - h_t^2) ⊙ dh_t) h_{t-1}^T"
    for text, known in ((by_delta, "all"), (by_states, "states"), (f"δ_t = (1 - h_t^2) ⊙ dh_t; {by_delta}", "states")):
        assert judge(derivation, text, known=known).correct
    for text, known, letter in ((by_delta, "states", "δₜ"), (by_states, "none", "dhₜ")):
        with pytest.raises(UserError, match=f"^{letter} is not given here: write out what it is, or state it before$"):
            judge(derivation, text, known=known)


def test_every_edit_is_a_mistake_with_words() -> None:
    """Ids are lower case with hyphens, sentences have no braces left over and no full stop."""
    for rule in RULES:
        assert re.fullmatch(r"(\{0\}-)?[a-z-]+", rule.id)
        assert not rule.because.endswith(".")
        assert rule.because.format("a", "b")


def test_a_slip_in_one_path_is_named_with_it() -> None:
    """Of the paths written out: one is missing, one has another sign, in one a slope or the state is another."""
    paths = [printing.text(path.expression) for path in Derivation(network("rnn"), "W", "paths", 3).paths]
    chain = "∂L₃/∂h₃·∂h₃/∂h₂·∂⁺h₂/∂W"
    middle = paths[4]

    def named(instead: str) -> str:
        (found, *_) = THREE.judged(" + ".join(f"({each})" for each in (*paths[:4], instead, *paths[5:]))).mistakes
        return f"{found.id}: {found.because}"

    assert THREE.judged(" + ".join(f"({each})" for each in paths)).correct
    assert named("0") == f"path-missing: the path {chain} is missing"
    assert named(f"-({middle})") == f"path-subtracted: the path {chain} must be added"
    assert named(middle.replace("diag(1 − h₂²)", "")).startswith(f"slope-missing: in the path {chain}: the slope")
    assert named(middle.replace("⊗ h₁", "⊗ h₂")).startswith(f"state-of-the-same-step: in the path {chain}: the weight")


def test_a_slip_at_one_end_of_a_recursion_is_named() -> None:
    last, before = "δ_T = {0}V^T (ŷ_T - y_T)", "δ_t = {0}(V^T (ŷ_t - y_t) {1} W^T δ_{{t+1}})"
    slope, gradient = "(1 - h_{}^2) ⊙ ", "Σ_t δ_t h_{t-1}^T"

    def named(at_end: str, else_: str, sign: str = "+") -> str:
        lines = (last.format(at_end), before.format(else_, sign), gradient)
        return THREE.judged("; ".join(lines)).mistakes[0].id

    assert named("", slope.format("t")) == "slope-missing"
    assert named(slope.format("T"), "") == "slope-missing"
    assert named(slope.format("T"), slope.format("t"), "-") == "sign-of-one-term"


TRUE_ERRORS = {
    "W": ("Σ_{j=1}^T Σ_{k=1}^j (diag(1 - h_k^2) (Π_{m=k+1}^j W^T diag(1 - h_m^2)) V^T (ŷ_j - y_j)) h_{k-1}^T", (
        ("W^T", "W"), ("V^T", "V"), ("h_k^2", "h_k"), ("h_k^2", "h_{k-1}^2"), ("h_m^2", "h_{m-1}^2"), ("h_m^2", "h_m"),
        ("k=1}^j", "k=0}^j"), ("k=1}^j", "k=1}^{j-1}"), ("k=1}^j", "k=2}^j"), ("k=1}^j", "k=1}^T"), ("m=k+1", "m=k"),
        ("m=k+1", "m=k+2"), ("m=k+1}^j", "m=k+1}^{j-1}"), ("m=k+1}^j", "m=k+1}^{j+1}"), ("ŷ_j - y_j", "ŷ_j + y_j"),
        ("ŷ_j - y_j", "y_j - ŷ_j"), ("ŷ_j - y_j", "ŷ_k - y_k"), ("h_{k-1}^T", "h_k^T"), ("h_{k-1}^T", "h_{j-1}^T"),
        ("h_{k-1}^T", "x_k^T"), ("W^T diag(1 - h_m^2)", "diag(1 - h_m^2) W^T"), ("diag(1 - h_k^2) ", ""), ("V^T ", ""),
        ("Σ_{j", "(1/T) Σ_{j"), ("Σ_{j", "2 Σ_{j"), ("Π", "Σ"), ("1 - h_m^2", "1 + h_m^2"), ("1 - h_k^2", "h_k^2"),
        ("W^T diag(1 - h_m^2)", "W^T"), ("W^T diag(1 - h_m^2)", "diag(1 - h_m^2)"), ("W^T diag", "U^T diag"))),
    "U_f": ("Σ_t (dC_t ⊙ C_{t-1} ⊙ f_t ⊙ (1 - f_t)) h_{t-1}^T; dC_t = dh_t ⊙ o_t ⊙ (1 - tanh(C_t)^2) + f_{t+1} ⊙ "
            "dC_{t+1}", (
        ("C_{t-1}", "C_t"), ("dC_t ⊙", "dh_t ⊙"), (" ⊙ C_{t-1}", ""), ("f_t ⊙ (1 - f_t)", "f_t"),
        ("h_{t-1}^T", "h_t^T"), ("(1 - f_t)", "(1 - i_t)"), ("f_t ⊙ (1 - f_t)", "(1 - f_t^2)"), ("f_{t+1}", "f_t"),
        (" + f_{t+1} ⊙ dC_{t+1}", ""), ("dC_{t+1}", "dh_{t+1}"), ("o_t", "i_t"), ("(C_t)^2", "(C_t)"), ("+ f", "- f"),
        ("tanh(C_t)", "C_t"), ("dh_t ⊙ o_t ⊙ ", "dh_t ⊙ "), ("h_{t-1}^T", "x_t^T"), ("Σ_t", "Σ_{t=2}^T"))),
}  # fmt: skip
"""Weight → a right formula, and what stands in its place with one true error."""


@pytest.mark.parametrize("wrt", TRUE_ERRORS)
def test_one_true_error_is_never_right(wrt: str) -> None:
    text, errors = TRUE_ERRORS[wrt]
    derivation = Derivation(network("lstm" if wrt == "U_f" else "rnn"), wrt, "general")

    def mark(answer: str) -> Mark:
        front, _, rest = answer.partition("; ")
        return mark_gradient(derivation, GradientTerms(), f"{front} where {rest}" if rest else front, None)

    assert mark(text).status == "right"
    marks = {edit: mark(text.replace(*edit)) for edit in errors}
    assert {edit: found.status for edit, found in marks.items() if found.status in ("right", "convention")} == {}
    named = [edit for edit, found in marks.items() if found.mistakes]
    assert len(named) >= 0.75 * len(errors), set(errors) - set(named)
