"""Joined weights, W [h, x]: the gradient by them is that by both parts side by side, written with both at once."""

from __future__ import annotations

import pytest
from rows import each_row

from dlcalc.api.recurrent_gradients import bptt
from dlcalc.errors import UserError
from dlcalc.expressions import printing
from dlcalc.gradients import CELLS, LAYOUTS, difference


@each_row("cell", CELLS)
def test_the_numbers_of_both_parts_stand_side_by_side(cell: str) -> None:
    """In every layout, by the formula and by finite differences; state first, or input first."""
    for layout in LAYOUTS:
        if layout == "number":
            continue
        found = bptt(cell, form="numeric", layout=layout, w_joined="h,x")
        state, entering = (found.numbers.by_delta()[part] for part in found.derivation.parts)
        wide = state + entering if layout == "row" else tuple(a + b for a, b in zip(state, entering, strict=True))
        assert difference(found.gradient, wide) == 0
        assert difference(found.gradient, found.beside) < 1e-7
    other = bptt(cell, form="numeric", layout="row", w_joined="x,h")
    assert other.gradient == entering_first(other)


def entering_first(found: object) -> object:
    numbers, derivation = found.numbers, found.derivation  # type: ignore[attr-defined]
    state, entering = (numbers.by_delta()[part] for part in derivation.parts)
    return entering + state


@each_row(
    "cell, wrt, written",
    [
        ("rnn", None, "sum(t=1..T, delta[t] ⊗ (h[t-1], x[t]))"),
        ("lstm", "W_f", "sum(t=1..T, delta_f[t] ⊗ (h[t-1], x[t]))"),
        ("gru", "W_h", "sum(t=1..T, delta_h[t] ⊗ (r[t] ⊙ h[t-1], x[t]))"),
        ("stacked", "W_2", "sum(t=1..T, delta[2, t] ⊗ (h[2, t-1], h[1, t]))"),
        ("bidirectional", "W_b", "sum(t=1..T, delta_b[t] ⊗ (g[t+1], x[t]))"),
    ],
)
def test_the_recursion_ends_in_both_at_once(cell: str, wrt: str | None, written: str) -> None:
    last = bptt(cell, wrt, "delta", w_joined="h,x").derivation.lines[-1]
    assert printing.plain(last.right) == written


def test_equations_have_the_joined_matrix() -> None:
    equations = bptt("lstm", "W_f", w_joined="x,h").derivation.equations
    assert printing.text(equations[0].right) == "σ(W_f·(xₜ, hₜ₋₁) + b_f)"
    with_reset_after = bptt("gru", "W_z", w_joined="h,x", reset="after").derivation.network
    assert set(with_reset_after.joined) == {"W_z", "W_r"}


def test_values_are_given_joined() -> None:
    """One unit, h = tanh(0.5 h₋ + 0.3 x): the same numbers as those of both parts by themselves."""
    values = {"x": "1 2", "y": "1 0", "V": "2"}
    joined = bptt("rnn", w_joined="h,x", values={"W": "0.5 0.3", **values})
    apart = [bptt("rnn", wrt, values={"W": "0.5", "U": "0.3", **values}).gradient for wrt in ("W", "U")]
    assert joined.gradient == pytest.approx(tuple(apart))
    assert bptt("rnn", w_joined="x,h", values={"W": "0.3 0.5", **values}).gradient == pytest.approx(tuple(apart[::-1]))


@each_row(
    "cell, order, answer, status, said",
    [
        ("lstm", "h,x", "Σ_t δ_f[t] [h_{t-1}, x_t]^T", "right", ""),
        ("lstm", "x,h", "Σ_t δ_f[t] [h_{t-1}, x_t]^T", "convention", "in the other order"),
        ("lstm", "h,x", "Σ_t δ_f[t] x_t^T", "wrong", "by one part of the joined matrix"),
        ("lstm", "h,x", "Σ_t δ_f[t] h_{t-1}^T", "wrong", "by one part of the joined matrix"),
        ("lstm", "h,x", "Σ_t δ_f[t] [h_t, x_t]^T", "wrong", "not of the same step"),
        ("lstm", "h,x", "Σ_t δ_i[t] [h_{t-1}, x_t]^T", "wrong", "the gradient of this weight is"),
        ("rnn", "h,x", "Σ_t δ_t [h_{t-1}, x_t]^T", "right", ""),
        ("rnn", "h,x", "δ_t [h_{t-1}, x_t]^T", "wrong", "the Σ over time is missing"),
    ],
)
def test_an_answer_is_judged_by_both_parts(cell: str, order: str, answer: str, status: str, said: str) -> None:
    judged = bptt(cell, "W_f" if cell == "lstm" else "W", w_joined=order, answer=answer)
    reasons = [judged.to_dict()["reason"], *(each["because"] for each in judged.mistakes)]
    assert judged.status == status
    assert any(said in reason for reason in reasons)


def test_what_is_printed_is_right_as_an_answer() -> None:
    shown = bptt("rnn", w_joined="h,x", answer="h").expected
    assert bptt("rnn", w_joined="h,x", answer=shown).status == "right"


def test_another_order_is_refused() -> None:
    with pytest.raises(UserError, match="--w-joined says what the weights meet, h,x or x,h"):
        bptt("rnn", w_joined="h")
