"""Backwards through the gates by hand: an LSTM and a GRU, every time step from the last to the first.

`s` counts the steps back: s = 1 is the last time step, and time step T + 1 − s is meant. `delta_g` is the gradient by
what goes into the activation of gate g. The direct part of ∂C_t/∂C_{t−1} is f_t, element by element; the whole one also
runs through h_{t−1} and the gates. S. Hochreiter and J. Schmidhuber, Neural Computation 9, 1997; F. Gers et al., 2000;
K. Cho et al., arXiv:1406.1078. Column layout unless a convention says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...expressions.nodes import Node, Outer, Transpose
from ..edited_text import rewritten, substituted
from ..model import Formula, Mistake, Step, Variable
from .gated_by_hand import AFTER, BEFORE, COLUMN, EACH, KEEP, RENEW
from .gated_by_hand import FORMULAS as FORWARD
from .options_by_hand import Kinds, Option, combined, for_one_unit, quantity

BACK = "s in 1..T"
_BOTH = (Kinds(False), Kinds(True))


def _at(expression: str) -> str:
    """An expression of time step t as that of s steps back."""
    return substituted(expression, {"t - 1": "T - s", "t": "T + 1 - s"})


def _back(name: str, expression: str, meaning: str, kinds: Kinds, before: str = "") -> Step:
    return Step(name, _at(expression), meaning, kind=kinds.state, each=BACK, before=before)


def _sum(left: str, right: str, by: str = "⊗") -> str:
    return f"sum(s=1..T, {left}[s] {by} {_at(right)})"


def _by_weights(kinds: Kinds, gates: str, words: str, products: dict[str, tuple[str, str]]) -> tuple[Step, ...]:
    """Gradients by W, U and b of every gate; `words` are its letters in the weights' names.

    `products` has, of a gate whose recurrent weights are multiplied on their own, the gradient and what they met.
    """
    steps: list[Step] = []
    for gate, word in zip(gates, words, strict=True):
        steps += [
            Step(f"dW_{word}", _sum(f"delta_{gate}", "x[t]"), f"∂L/∂W_{word}", kind=kinds.weights),
            Step(f"dU_{word}", _sum(*products.get(gate, (f"delta_{gate}", "h[t-1]"))), f"∂L/∂U_{word}",
                 kind=kinds.weights),
            Step(f"db_{word}", f"sum(s=1..T, delta_{gate}[s])", f"∂L/∂b_{word}", kind=kinds.state),
        ]  # fmt: skip
    return tuple(steps)


def _row(steps: tuple[Step, ...]) -> dict[str, str]:
    """The way back in row layout: weights stand as they are, and every outer product is turned."""
    edits = {step.name: rewritten(step.expression, _transposed) for step in steps}
    return {step.name: edits[step.name] for step in steps if edits[step.name] != step.expression}


def _transposed(part: Node, below: Callable[[Node], Node]) -> Node:
    match part:
        case Transpose(operand):
            return below(operand)
        case Outer(left, right):
            return Outer(below(right), below(left))
        case _:
            return part.map(below)


def _with_row(forward: Formula, steps: tuple[Step, ...]) -> tuple[Option, ...]:
    """Column and row layout, the forward steps edited as the forward formula does."""
    found = {each.name: each for each in forward.conventions}
    if "row" not in found:
        return (COLUMN,)
    row = found["row"]
    says, edits = "row layout: x_t W + h_{t−1} U + b", {**row.edits, **_row(steps)}
    return (COLUMN, Option("row", row.who, says, edits, untrue=row.untrue))


def _gradient(kinds: Kinds, name: str, weights: str) -> Variable:
    """The gradient of the loss by each state: 1 unless given."""
    ones = "0*x + 1" if kinds.scalar else f"0*x (x[1] ⊗ {weights}[1]) + 1"
    return quantity(name, "d-h", "gradient of the loss by each state, the direct part", kinds.series, ones)


def _gates_lost(name: str) -> Mistake:
    return Mistake("gates-path-lost", "dh", _at(f"{name}[t]"), "all gates of the next step also read h_t, so they send "
                   "a gradient back too", 0.6, "Who reads h_t besides the loss?")  # fmt: skip


def _of_weights(gate: str, word: str) -> tuple[Mistake, ...]:
    return (
        Mistake("state-of-the-same-step", f"dU_{word}", _sum(f"delta_{gate}", "h[t]"), "at step t the recurrent "
                "weights are multiplied by the previous state h_{t−1}", 0.5, "What are the recurrent weights "
                "multiplied by at step t?"),
        Mistake("last-step-only", f"dW_{word}", f"delta_{gate}[1] ⊗ x[T]", "the weights are used at every time step, "
                "so the terms of all steps are added", 0.5, "At how many steps are the weights used?"),
    )  # fmt: skip


# LSTM

_LSTM_MISTAKES = (
    Mistake("cell-path-lost", "dC", _at("dh[s] ⊙ o[t] ⊙ (1 - tanh(C[t])^2)"), "the cell state also reaches the loss "
            "through the next cell state", 0.7, "Which two paths lead from C_t to the loss?"),
    _gates_lost("d"),
    Mistake("tanh-slope-forgotten", "dC", _at("dh[s] ⊙ o[t] + dC_before[s-1]"), "tanh lies between the cell state and "
            "the state, so its slope 1 − tanh² C_t is a factor", 0.6, "What is between C_t and h_t?"),
    Mistake("carried-by-input-gate", "dC_before", _at("dC[s] ⊙ i[t]"), "the old cell state was multiplied by the "
            "forget gate, so f is the factor backward", 0.4, "Which gate multiplies C_{t−1}?"),
    Mistake("gate-slope-forgotten", "delta_f", _at("dC[s] ⊙ C[t-1]"), "a gate is a sigmoid, so its slope f(1 − f) is a "
            "factor", 0.6, "What is the slope of a gate?"),
    Mistake("new-cell-for-old", "delta_f", _at("dC[s] ⊙ C[t] ⊙ f[t] ⊙ (1 - f[t])"), "the forget gate was multiplied by "
            "the previous cell state, C_{t−1}", 0.5, "What is the forget gate multiplied by?"),
    Mistake("sigmoid-slope-of-candidate", "delta_g", _at("dC[s] ⊙ i[t] ⊙ g[t] ⊙ (1 - g[t])"), "the candidate is a "
            "tanh, so its slope is 1 − g²", 0.5, "Which activation has the slope g(1 − g)?"),
    *_of_weights("f", "f"),
)  # fmt: skip


_THROUGH_TANH = "dh[s] ⊙ o[t] ⊙ (1 - tanh(C[t])^2) + dC_before[s-1]"
_KEPT = "dC[s] ⊙ f[t]"
_PEEPHOLES = {"dC": " + p_o ⊙ delta_o[s]", "dC_before": " + p_f ⊙ delta_f[s] + p_i ⊙ delta_i[s]"}
_PEEPHOLE_MISTAKES = (
    Mistake("output-peephole-lost", "dC", _at(_THROUGH_TANH), "the output gate reads the new cell state C_t, so "
            "p_o∘δ_o is added", 0.6, "Who reads C_t besides tanh and the next cell state?"),
    Mistake("peepholes-lost-on-the-way", "dC_before", _at(_KEPT), "the forget and input gates also read C_{t−1} "
            "through their peepholes, so they send a gradient back to it", 0.6, "Who reads C_{t−1} besides the next "
            "cell state?"),
    Mistake("input-peephole-lost", "dC_before", _at(f"{_KEPT} + p_f ⊙ delta_f[s]"), "the input gate also reads C_{t−1} "
            "through its peephole", 0.4, "How many gates read C_{t−1}?"),
    Mistake("old-cell-for-new", "dp_o", _sum("delta_o", "C[t-1]", "⊙"), "the peephole of the output gate reads C_t, "
            "the new cell state", 0.5, "Which cell state is known when o is computed?"),
    Mistake("new-cell-for-old-peephole", "dp_f", _sum("delta_f", "C[t]", "⊙"), "the forget gate reads the previous "
            "cell state, C_{t−1}", 0.5, "Which cell state is known when f is computed?"),
)  # fmt: skip


def _by_peepholes(kinds: Kinds) -> tuple[Step, ...]:
    seen = {"f": "C[t-1]", "i": "C[t-1]", "o": "C[t]"}
    return tuple(
        Step(f"dp_{gate}", _sum(f"delta_{gate}", cell, "⊙"), f"∂L/∂p_{gate}", kind=kinds.state)
        for gate, cell in seen.items()
    )


def _lstm(kinds: Kinds, peephole: bool = False) -> Formula:
    name = "lstm_peephole" if peephole else "lstm"
    forward = FORWARD[kinds.id(f"{name}_by_hand")]
    peepholes = _PEEPHOLES if peephole else dict.fromkeys(_PEEPHOLES, "")
    way = (
        _back("dh", "d[t] + dh_before[s-1]", "∂L/∂h of that time step", kinds),
        _back("delta_o", "dh[s] ⊙ tanh(C[t]) ⊙ o[t] ⊙ (1 - o[t])", "gradient into the output gate", kinds),
        _back("dC", f"{_THROUGH_TANH}{peepholes['dC']}", "∂L/∂C of that time step", kinds),
        _back("delta_f", "dC[s] ⊙ C[t-1] ⊙ f[t] ⊙ (1 - f[t])", "gradient into the forget gate", kinds),
        _back("delta_i", "dC[s] ⊙ g[t] ⊙ i[t] ⊙ (1 - i[t])", "gradient into the input gate", kinds),
        _back("delta_g", "dC[s] ⊙ i[t] ⊙ (1 - g[t]^2)", "gradient into the candidate", kinds),
        _back("dC_before", f"{_KEPT}{peepholes['dC_before']}", "gradient of the previous cell state"
              + (": the direct part, and through the peepholes" if peephole else ": the direct part"), kinds, "0*C0"),
        _back("dh_before", "U_f^T delta_f[s] + U_i^T delta_i[s] + U_o^T delta_o[s] + U_c^T delta_g[s]",
              "gradient of the previous state, through all gates", kinds, "0*h0"),
    )  # fmt: skip
    ends = (
        *_by_weights(kinds, "fiog", "fioc", {}),
        *(_by_peepholes(kinds) if peephole else ()),
        Step("dx", "W_f^T delta_f[T+1-t] + W_i^T delta_i[T+1-t] + W_o^T delta_o[T+1-t] + W_c^T delta_g[T+1-t] + 0*x[t]",
             "∂L/∂x at time step t", kind=kinds.state, each=EACH),
        Step("dh0", "dh_before[T] + 0*h0", "∂L/∂h0", kind=kinds.state),
        Step("dC0", "dC_before[T]", "∂L/∂C0", kind=kinds.state),
    )  # fmt: skip
    loss = Step("loss", "sum(t=1..T, sum(d[t] ⊙ h[t]))", "a loss with these gradients: Σ d_t·h_t")
    return Formula(
        id=kinds.id(f"{name}_backward_by_hand"),
        title=f"{forward.title}, backwards" if peephole else kinds.title("LSTM by hand, backward"),
        variables=(*forward.variables, _gradient(kinds, "d", "U_f")),
        steps=(*forward.steps, loss, *way, *ends),
        answers=(*(step.name for step in ends), "h", "C", "loss"),
        mistakes=(
            *(_PEEPHOLE_MISTAKES if peephole else ()),
            *(replace(each, expression=each.expression + peepholes.get(each.step, "")) for each in _LSTM_MISTAKES),
        ),
        conventions=combined(_with_row(forward, (*way, *ends))),
        notes=(
            "s counts the steps back: s = 1 is the last time step",
            "a peephole leads back to the unit's own cell state, without a matrix"
            if peephole
            else "the direct part of ∂C_t/∂C_{t−1} is f_t, element by element, without a matrix",
        ),
        source=forward.source,
    )


# GRU

_RENEWED = {"delta_z": _at("dh[s] ⊙ (g[t] - h[t-1]) ⊙ z[t] ⊙ (1 - z[t])")}
_RESET_AFTER = {
    "du": _at("delta_g[s] ⊙ r[t]"),
    "delta_r": _at("delta_g[s] ⊙ u[t] ⊙ r[t] ⊙ (1 - r[t])"),
    "read": "dv[s]",
}

_GRU_MISTAKES = (
    _gates_lost("d_h"),
    Mistake("kept-part-lost", "kept", "0*dh[s]", "part of the old state is kept, so the gradient also goes back "
            "without a matrix", 0.6, "Which path from h_t to h_{t−1} has no weights?"),
    Mistake("gate-weights-swapped", "kept", _at("dh[s] ⊙ (1 - a[t])"), "that is the factor of the candidate; the "
            "way back to the old state has the factor of the old state", 0.5, "What is the old state multiplied by?"),
    Mistake("mixing-sign-turned", "delta_z", _at("dh[s] ⊙ (g[t] - h[t-1]) ⊙ z[t] ⊙ (1 - z[t])"), "z multiplies one of "
            "the two states and 1 − z the other, so the derivative by z is first minus second", 0.6, "How does h_t "
            "change when z grows?"),
    Mistake("candidate-path-of-z-lost", "delta_z", _at("dh[s] ⊙ h[t-1] ⊙ z[t] ⊙ (1 - z[t])"), "z also acts on the "
            "other state, through 1 − z", 0.5, "What happens to the candidate when z grows?"),
    Mistake("sigmoid-slope-of-candidate", "delta_g", _at("dh[s] ⊙ (1 - a[t]) ⊙ g[t] ⊙ (1 - g[t])"), "the candidate "
            "is a tanh, so its slope is 1 − g²", 0.5, "Which activation has the slope g(1 − g)?"),
    Mistake("gate-slope-forgotten", "delta_r", _at("dv[s] ⊙ h[t-1]"), "a gate is a sigmoid, so its slope r(1 − r) is a "
            "factor", 0.5, "What is the slope of a gate?"),
    *_of_weights("z", "z"),
)  # fmt: skip


def _gru(kinds: Kinds) -> Formula:
    forward = FORWARD[kinds.id("gru_by_hand")]
    way = (
        _back("dh", "d_h[t] + dh_before[s-1]", "∂L/∂h of that time step", kinds),
        _back("delta_z", "dh[s] ⊙ (h[t-1] - g[t]) ⊙ z[t] ⊙ (1 - z[t])", "gradient into the update gate", kinds),
        _back("delta_g", "dh[s] ⊙ (1 - a[t]) ⊙ (1 - g[t]^2)", "gradient into the candidate", kinds),
        _back("du", "delta_g[s]", "gradient by the recurrent product of the candidate", kinds),
        _back("dv", "U_g^T du[s]", "gradient by the input of that product", kinds),
        _back("delta_r", "dv[s] ⊙ h[t-1] ⊙ r[t] ⊙ (1 - r[t])", "gradient into the reset gate", kinds),
        _back("kept", "dh[s] ⊙ a[t]", "gradient of the previous state, through the kept part", kinds),
        _back("read", "dv[s] ⊙ r[t]", "gradient of the previous state, through the candidate", kinds),
        _back("dh_before", "kept[s] + read[s] + U_z^T delta_z[s] + U_r^T delta_r[s]",
              "gradient of the previous state, in all", kinds, "0*h0"),
    )  # fmt: skip
    ends = (
        *_by_weights(kinds, "zrg", "zrg", {"g": ("du", "v[t]")}),
        Step("dd", "sum(s=1..T, du[s])", "∂L/∂d, by the recurrent bias of the candidate", kind=kinds.state),
        Step("dx", "W_z^T delta_z[T+1-t] + W_r^T delta_r[T+1-t] + W_g^T delta_g[T+1-t] + 0*x[t]",
             "∂L/∂x at time step t", kind=kinds.state, each=EACH),
        Step("dh0", "dh_before[T] + 0*h0", "∂L/∂h0", kind=kinds.state),
    )  # fmt: skip
    return Formula(
        id=kinds.id("gru_backward_by_hand"),
        title=kinds.title("GRU by hand, backward"),
        variables=(*forward.variables, _gradient(kinds, "d_h", "U_z")),
        steps=(
            *forward.steps,
            Step("loss", "sum(t=1..T, sum(d_h[t] ⊙ h[t]))", "a loss with these gradients: Σ d_t·h_t"),
            *way,
            *ends,
        ),
        answers=(*(step.name for step in ends), "h", "loss"),
        mistakes=_GRU_MISTAKES,
        conventions=combined(
            (KEEP, replace(RENEW, edits={**RENEW.edits, **_RENEWED})),
            (BEFORE, replace(AFTER, edits={**AFTER.edits, **_RESET_AFTER})),
            _with_row(forward, (*way, *ends)),
        ),
        notes=("s counts the steps back: s = 1 is the last time step", *forward.notes),
        source=forward.source,
    )


FORMULAS = {
    formula.id: for_one_unit(formula) if formula.id.endswith("_scalar") else formula
    for formula in (*map(_lstm, _BOTH), *(_lstm(kinds, True) for kinds in _BOTH), *map(_gru, _BOTH))
}
