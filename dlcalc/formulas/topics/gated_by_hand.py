"""Gated cells by hand: every gate of an LSTM, with or without peepholes, and of a GRU, step by step.

A gate g has input weights W_g, recurrent weights U_g and a bias b_g; column layout unless a convention says otherwise.
LSTM: f, i, o = σ(W x_t + U h_{t−1} + b), C_t = f∘C_{t−1} + i∘C̃_t, h_t = o∘tanh C_t. S. Hochreiter and J. Schmidhuber,
Neural Computation 9, 1997, with the forget gate of F. Gers et al., 2000; peepholes: F. Gers and J. Schmidhuber, 2000.
GRU: K. Cho et al., arXiv:1406.1078v3, equations 5 to 8 (z keeps, reset before the product); J. Chung et al.,
arXiv:1412.3555 (z renews); reset after the product: PyTorch, and Keras with reset_after=True.
"""

from __future__ import annotations

from ..model import Convention, Formula, Mistake, Step, Variable
from .options_by_hand import Kinds, Option, combined, for_one_unit, quantity

EACH = "t in 1..T"
_BOTH = (Kinds(False), Kinds(True))


def _weights(kinds: Kinds, gates: str, words: dict[str, str]) -> tuple[Variable, ...]:
    """Input weights, recurrent weights and a bias of every gate; the biases are 0 unless given."""
    return (
        *(quantity(f"W_{g}", f"w-{g}", f"input weights of the {words[g]}", kinds.weights) for g in gates),
        *(quantity(f"U_{g}", f"u-{g}", f"recurrent weights of the {words[g]}", kinds.weights) for g in gates),
        *(
            quantity(f"b_{g}", f"b-{g}", f"bias of the {words[g]}", kinds.state, "0" if kinds.scalar else f"0*U_{g}[1]")
            for g in gates
        ),
    )


def _inputs(kinds: Kinds) -> Variable:
    return quantity("x", "x", "inputs, one per time step", kinds.series, ordinary=(-2, 2))


def _before(kinds: Kinds, name: str, long: str, meaning: str, like: str) -> Variable:
    """A state before the first step: zeros, as many as the recurrent weights have rows."""
    return quantity(name, long, meaning, kinds.state, "0" if kinds.scalar else f"0*{like}[1]")


def _gate(g: str, function: str = "sigmoid", more: str = "", *, before: str = "h[t-1]", bias: str = " + b_{0}") -> str:
    return f"{function}(W_{g} x[t] + U_{g} {before}{more}{bias.format(g)})"


_DROPPED = "if(t = 1, 0*h0, h[t-1])"
"""The state before, where a state before the first step is forgotten."""


def _row_gate(g: str, function: str = "sigmoid", more: str = "") -> str:
    return f"{function}(W_{g}^T x[t] + U_{g}^T h[t-1]{more} + b_{g})"


# LSTM

LSTM_WORDS = {"f": "forget gate", "i": "input gate", "o": "output gate", "c": "candidate"}
_PEEPHOLES = {"f": " + p_f ⊙ C[t-1]", "i": " + p_i ⊙ C[t-1]", "o": " + p_o ⊙ C[t]"}

COLUMN = Option("column", "textbooks", "column layout: W x_t + U h_{t−1} + b")


def _lstm_steps(kinds: Kinds, peephole: dict[str, str]) -> tuple[Step, ...]:
    number = kinds.state
    gates = {g: Step(g, _gate(g, more=peephole.get(g, "")), word, kind=number, each=EACH)
             for g, word in list(LSTM_WORDS.items())[:3]}  # fmt: skip
    candidate = Step("g", _gate("c", "tanh"), "candidate", kind=number, each=EACH)
    cell = Step("C", "f[t] ⊙ C[t-1] + i[t] ⊙ g[t]", "cell state", kind=number, each=EACH, before="C0")
    state = Step("h", "o[t] ⊙ tanh(C[t])", "state", kind=number, each=EACH, before="h0")
    length = Step("T", "len(x)", "time steps")
    if peephole:  # the output gate sees the new cell state, so it comes after it
        return (length, gates["f"], gates["i"], candidate, cell, gates["o"], state)
    return (length, *gates.values(), candidate, cell, state)


_LSTM_MISTAKES = (
    Mistake("forget-and-input-swapped", "C", "i[t] ⊙ C[t-1] + f[t] ⊙ g[t]", "the forget gate f multiplies the old cell "
            "state, the input gate i the candidate", 0.6, "Which gate decides how much is kept?"),
    Mistake("coupled-gates", "C", "f[t] ⊙ C[t-1] + (1 - f[t]) ⊙ g[t]", "an LSTM has its own input gate: use i, not 1 − "
            "f", 0.5, "How many gates act on the cell state?"),
    Mistake("old-cell-lost", "C", "i[t] ⊙ g[t]", "the old cell state, multiplied by the forget gate, is added", 0.4,
            "What happens to the previous cell state?"),
    Mistake("not-gated-in", "C", "f[t] ⊙ C[t-1] + g[t]", "the candidate is multiplied by the input gate before it is "
            "added", 0.4, "What does the input gate multiply?"),
    Mistake("state-for-cell", "C", "f[t] ⊙ h[t-1] + i[t] ⊙ g[t]", "the forget gate multiplies the previous cell state "
            "C, not the state h", 0.5, "Which state does the forget gate multiply?"),
    Mistake("sigmoid-in-candidate", "g", _gate("c"), "the candidate is a tanh; only the gates are sigmoids", 0.6,
            "Between which two values does the candidate lie?"),
    Mistake("recurrence-forgotten", "g", "tanh(W_c x[t] + b_c)", "the candidate reads the previous state as well as "
            "the input", 0.4, "What do the gates and the candidate read besides x_t?"),
    Mistake("no-tanh", "h", "o[t] ⊙ C[t]", "the output gate is multiplied by tanh of the cell state: h = o∘tanh C", 0.7,
            "Between which two values does a state lie?"),
    Mistake("tanh-of-candidate", "h", "o[t] ⊙ tanh(g[t])", "the output gate multiplies tanh C_t, not tanh of the "
            "candidate", 0.5, "Which state does the output gate multiply?"),
    Mistake("output-gate-forgotten", "h", "tanh(C[t])", "the output gate multiplies tanh C_t", 0.4, "What does the "
            "output gate do?"),
    Mistake("output-and-input-swapped", "C", "f[t] ⊙ C[t-1] + o[t] ⊙ g[t]", "the input gate i multiplies the "
            "candidate; the output gate o multiplies tanh C", 0.25, "Which gate multiplies the candidate?",
            more=(("h", "i[t] ⊙ tanh(C[t])"),)),
    Mistake("output-and-forget-swapped", "C", "o[t] ⊙ C[t-1] + i[t] ⊙ g[t]", "the forget gate f multiplies the old "
            "cell state; the output gate o multiplies tanh C", 0.25, "Which gate decides how much is kept?",
            more=(("h", "f[t] ⊙ tanh(C[t])"),)),
    Mistake("tanh-in-gates", "f", _gate("f", "tanh"), "a gate is a sigmoid, so its values are between 0 and 1", 0.25,
            "Between which two values does a gate lie?", more=tuple((g, _gate(g, "tanh")) for g in "io")),
    Mistake("biases-forgotten", "f", _gate("f", bias=""), "each gate and the candidate add their own bias", 0.25,
            "What is added besides the two products?",
            more=(*((g, _gate(g, bias="")) for g in "io"), ("g", _gate("c", "tanh", bias="")))),
    Mistake("recurrence-forgotten-everywhere", "f", "sigmoid(W_f x[t] + b_f)", "each gate and the candidate read the "
            "previous state as well as the input", 0.25, "What do the gates and the candidate read besides x_t?",
            more=(*((g, f"sigmoid(W_{g} x[t] + b_{g})") for g in "io"), ("g", "tanh(W_c x[t] + b_c)"))),
    Mistake("first-state-forgotten", "f", _gate("f", before=_DROPPED), "the state before the first step is given: the "
            "first step starts from h0, not from zeros", 0.25, "From which state does the first step start?",
            more=(*((g, _gate(g, before=_DROPPED)) for g in "io"), ("g", _gate("c", "tanh", before=_DROPPED)))),
    Mistake("first-cell-state-forgotten", "C", "if(t = 1, 0*C0, f[t] ⊙ C[t-1]) + i[t] ⊙ g[t]", "the cell state before "
            "the first step is given: the first step starts from C0, not from zeros", 0.25, "From which cell state "
            "does the first step start?"),
    Mistake("sigmoid-of-cell", "h", "o[t] ⊙ sigmoid(C[t])", "the output gate multiplies tanh C_t; only the gates are "
            "sigmoids", 0.3, "Which function is applied to the cell state?"),
    Mistake("first-states-forgotten", "f", _gate("f", before=_DROPPED), "the states before the first step are given: "
            "the first step starts from h0 and C0, not from zeros", 0.25, "From which states does the first step "
            "start?",
            more=(*((g, _gate(g, before=_DROPPED)) for g in "io"), ("g", _gate("c", "tanh", before=_DROPPED)),
                  ("C", "if(t = 1, 0*C0, f[t] ⊙ C[t-1]) + i[t] ⊙ g[t]"))),
)  # fmt: skip

_COMMONEST = tuple(mistake for mistake in _LSTM_MISTAKES if mistake.weight > 0.4)


def _lstm_layouts(kinds: Kinds, peephole: dict[str, str]) -> tuple[Option, ...]:
    if kinds.scalar:
        return (COLUMN,)
    edits = {g: _row_gate(g, more=peephole.get(g, "")) for g in "fio"} | {"g": _row_gate("c", "tanh")}
    return (COLUMN, Option("row", "Keras, d2l", "row layout: x_t W + h_{t−1} U + b", edits, untrue=("column layout",)))


_LSTM_PYTORCH = Convention(
    "pytorch",
    "PyTorch",
    "weight_ih holds W_i, W_f, W_c, W_o stacked; weight_hh holds the U; b is the sum of its two biases",
)
_LSTM_SOURCE = "Hochreiter and Schmidhuber, Neural Computation 9, 1997; Gers et al., 2000"


def _lstm(kinds: Kinds) -> Formula:
    return Formula(
        id=kinds.id("lstm_by_hand"),
        title=kinds.title("LSTM by hand"),
        variables=(_inputs(kinds), *_weights(kinds, "fioc", LSTM_WORDS), *_states(kinds)),
        steps=_lstm_steps(kinds, {}),
        answers=("h", "C", "f", "i", "o", "g"),
        mistakes=_LSTM_MISTAKES,
        conventions=(*combined(_lstm_layouts(kinds, {})), _LSTM_PYTORCH),
        notes=("the direct part of ∂C_t/∂C_{t−1} is f_t, element by element, without a matrix",),
        source=_LSTM_SOURCE,
    )


def _states(kinds: Kinds) -> tuple[Variable, ...]:
    return (
        _before(kinds, "h0", "h-0", "state before the first step", "U_f"),
        _before(kinds, "C0", "c-0", "cell state before the first step", "U_f"),
    )


_PEEPHOLE_MISTAKES = (
    Mistake("output-peephole-at-old-cell", "o", _gate("o", more=" + p_o ⊙ C[t-1]"), "the output gate reads the new "
            "cell state, C_t", 0.6, "Which cell state is known when o is computed?"),
    Mistake("output-peephole-forgotten", "o", _gate("o"), "the output gate reads the cell state too: three gates have "
            "peepholes", 0.5, "How many gates have peepholes?"),
    Mistake("forget-peephole-forgotten", "f", _gate("f"), "the forget gate reads the previous cell state too", 0.4,
            "How many gates have peepholes?"),
    Mistake("input-peephole-forgotten", "i", _gate("i"), "the input gate reads the previous cell state too", 0.4, "How "
            "many gates have peepholes?"),
)  # fmt: skip


def _lstm_peephole(kinds: Kinds) -> Formula:
    peepholes = tuple(
        quantity(f"p_{g}", f"p-{g}", f"peephole weights of the {LSTM_WORDS[g]}", kinds.state) for g in "fio"
    )
    return Formula(
        id=kinds.id("lstm_peephole_by_hand"),
        title=kinds.title("LSTM with peepholes by hand"),
        variables=(_inputs(kinds), *_weights(kinds, "fioc", LSTM_WORDS), *peepholes, *_states(kinds)),
        steps=_lstm_steps(kinds, _PEEPHOLES),
        answers=("h", "C", "f", "i", "o", "g"),
        mistakes=(*_PEEPHOLE_MISTAKES, *_COMMONEST),
        conventions=combined(_lstm_layouts(kinds, _PEEPHOLES)),
        notes=("a unit reads its own cell only: one peephole weight per unit and gate",),
        source="F. Gers and J. Schmidhuber, Recurrent nets that time and count, IJCNN 2000",
    )


# GRU

_GRU_WORDS = {"z": "update gate", "r": "reset gate", "g": "candidate"}

KEEP = Option("keep", "Cho et al., 2014; PyTorch, Keras", "z keeps: h_t = z∘h_{t−1} + (1 − z)∘h̃_t")
RENEW = Option("renew", "Chung et al., 2014", "z renews: h_t = (1 − z)∘h_{t−1} + z∘h̃_t",
                {"a": "1 - z[t]"})  # fmt: skip
BEFORE = Option("before", "Cho et al., 2014", "reset before the product: U(r∘h_{t−1})")
AFTER = Option("after", "PyTorch; Keras with reset_after", "reset after the product: r∘(U h_{t−1})",
                {"v": "h[t-1]", "c": "r[t] ⊙ u[t]"})  # fmt: skip
_GRU_ROW = Option(
    "row",
    "Keras, d2l",
    "row layout: x_t W + h_{t−1} U + b",
    {"z": _row_gate("z"), "r": _row_gate("r"), "p": "W_g^T x[t] + b_g", "u": "U_g^T v[t] + d"},
    untrue=("column layout",),
)


def _preset(name: str, who: str, says: str, *options: Option) -> Convention:
    edits: dict[str, str] = {}
    for option in options:
        edits.update(option.edits)
    return Convention(name, who, says, edits, untrue=tuple(words for option in options for words in option.untrue))


_GRU_PYTORCH = _preset("pytorch", "PyTorch", "z keeps; reset after the product, and its bias d = b_hn is reset too; "
                       "weight_ih holds W_r, W_z, W_n stacked", AFTER)  # fmt: skip
_GRU_KERAS = _preset("keras", "Keras (reset_after=True)", "z keeps; reset after the product; row layout", AFTER,
                     _GRU_ROW)  # fmt: skip

_GRU_MISTAKES = (
    Mistake("update-and-reset-swapped", "a", "r[t]", "the update gate z mixes the old state and the candidate; the "
            "reset gate r acts inside the candidate", 0.6, "Which gate mixes the two states?"),
    Mistake("gates-exchanged", "z", _gate("r"), "the two gates are exchanged: z mixes the old state and the candidate, "
            "r acts inside the candidate", 0.3, "Which gate acts inside the candidate?", more=(("r", _gate("z")),)),
    Mistake("reset-with-update-gate", "v", "z[t] ⊙ h[t-1]", "the candidate reads the old state through the reset gate "
            "r, not through z", 0.4, "Which gate acts inside the candidate?"),
    Mistake("reset-forgotten", "v", "h[t-1]", "the reset gate decides how much of the old state the candidate reads",
            0.6, "What does the reset gate do?"),
    Mistake("candidate-kept-whole", "h", "a[t] ⊙ h[t-1] + g[t]", "the candidate has a weight too: the weights of "
            "the old state and the candidate sum to 1", 0.4, "What do the weights of the old state and the candidate "
            "sum to?"),
    Mistake("old-state-lost", "h", "(1 - a[t]) ⊙ g[t]", "the kept part of the old state is added", 0.4, "What "
            "happens to the old state?"),
    Mistake("sigmoid-in-candidate", "g", "sigmoid(p[t] + c[t])", "the candidate is a tanh; only the gates are sigmoids",
            0.5, "Between which two values does the candidate lie?"),
    Mistake("input-forgotten", "g", "tanh(c[t])", "the candidate reads the input x_t as well as the old state", 0.3,
            "What does the candidate read besides the old state?"),
    Mistake("tanh-in-gates", "z", _gate("z", "tanh"), "a gate is a sigmoid, so its values are between 0 and 1", 0.25,
            "Between which two values does a gate lie?", more=(("r", _gate("r", "tanh")),)),
    Mistake("biases-forgotten", "z", _gate("z", bias=""), "each gate and the candidate add their own bias", 0.25,
            "What is added besides the two products?",
            more=(("r", _gate("r", bias="")), ("p", "W_g x[t]"), ("u", "U_g v[t]"))),
    Mistake("recurrence-forgotten-everywhere", "z", "sigmoid(W_z x[t] + b_z)", "each gate and the candidate read the "
            "previous state as well as the input", 0.25, "What do the gates and the candidate read besides x_t?",
            more=(("r", "sigmoid(W_r x[t] + b_r)"), ("u", "0*h[t-1]"))),
    Mistake("first-state-forgotten", "z", _gate("z", before=_DROPPED), "the state before the first step is given: the "
            "first step starts from h0, not from zeros", 0.25, "From which state does the first step start?",
            more=(("r", _gate("r", before=_DROPPED)), ("v", f"r[t] ⊙ {_DROPPED}"),
                  ("h", f"a[t] ⊙ {_DROPPED} + (1 - a[t]) ⊙ g[t]"))),
    Mistake("recurrence-forgotten", "c", "0*h[t-1]", "the candidate reads the old state too, through U", 0.4,
            "What does the candidate read besides x_t?", also=("after", "pytorch", "keras")),
)  # fmt: skip


def _gru(kinds: Kinds) -> Formula:
    number = kinds.state
    layouts = (COLUMN,) if kinds.scalar else (COLUMN, _GRU_ROW)
    presets = (_GRU_PYTORCH,) if kinds.scalar else (_GRU_PYTORCH, _GRU_KERAS)
    return Formula(
        id=kinds.id("gru_by_hand"),
        title=kinds.title("GRU by hand"),
        variables=(
            _inputs(kinds),
            *_weights(kinds, "zrg", _GRU_WORDS),
            quantity(
                "d",
                "b-hn",
                "recurrent bias of the candidate (b_hn), added to U h",
                number,
                "0" if kinds.scalar else "0*U_g[1]",
            ),
            _before(kinds, "h0", "h-0", "state before the first step", "U_z"),
        ),
        steps=(
            Step("T", "len(x)", "time steps"),
            Step("z", _gate("z"), "update gate", kind=number, each=EACH),
            Step("r", _gate("r"), "reset gate", kind=number, each=EACH),
            Step("p", "W_g x[t] + b_g", "the candidate's part of the input", kind=number, each=EACH),
            Step("v", "r[t] ⊙ h[t-1]", "input of the candidate's recurrent product", kind=number, each=EACH),
            Step("u", "U_g v[t] + d", "the recurrent product of the candidate", kind=number, each=EACH),
            Step("c", "u[t]", "the candidate's part of the old state", kind=number, each=EACH),
            Step("g", "tanh(p[t] + c[t])", "candidate", kind=number, each=EACH),
            Step("a", "z[t]", "weight of the old state", kind=number, each=EACH),
            Step("h", "a[t] ⊙ h[t-1] + (1 - a[t]) ⊙ g[t]", "state", kind=number, each=EACH, before="h0"),
        ),
        answers=("h", "z", "r", "g"),
        mistakes=_GRU_MISTAKES,
        conventions=(*combined((KEEP, RENEW), (BEFORE, AFTER), layouts), *presets),
        notes=(
            "with one unit and no bias d, reset before and reset after the product are the same",
            "whether z keeps or renews is a choice: say which one you use",
        ),
        source="Cho et al., arXiv:1406.1078v3; Chung et al., arXiv:1412.3555",
    )


FORMULAS = {
    formula.id: for_one_unit(formula) if formula.id.endswith("_scalar") else formula
    for formula in (*map(_lstm, _BOTH), *map(_lstm_peephole, _BOTH), *map(_gru, _BOTH))
}
