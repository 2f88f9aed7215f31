"""ConvLSTM by hand: an LSTM whose products are convolutions, for maps of one channel under one filter.

X. Shi et al., arXiv:1506.04214, equation 3: every gate convolves the map x_t and the state h_{t−1}, both padded with
zeros so that the size stays; a peephole weighs each place of the cell state by itself. Before the first step the states
are 0. What is called a convolution lays the filter on the map as it is written.
"""

from __future__ import annotations

from ...expressions.nodes import Kind
from ..model import Condition, Convention, Formula, Mistake, Step
from .gated_by_hand import LSTM_WORDS
from .options_by_hand import quantity

_EACH = "t in 1..T, m in 1..height, n in 1..width"
_HERE = "[t, m, n]"
_CELL_BEFORE = "if(t = 1, 0, C[t-1, m, n])"
_PEEPHOLES = {"f": f" + p_f[m, n]*{_CELL_BEFORE}", "i": f" + p_i[m, n]*{_CELL_BEFORE}", "o": " + p_o[m, n]*C[t, m, n]"}


def _over(weight: str, source: str, also: str = "") -> str:
    """The sum of the products in the window around a place; outside the map there are zeros."""
    row, column = "m + u - 1 - above", "n + v - 1 - before"
    inside = f"{also}{row} >= 1 and {row} <= height and {column} >= 1 and {column} <= width"
    return f"sum(u=1..f_h, sum(v=1..f_w, {weight}[u, v]*if({inside}, {source.format(row, column)}, 0)))"


def _gate(g: str, function: str = "sigmoid", more: str = "", *, entering: bool = True, state: bool = True) -> str:
    parts = [_over(f"W_{g}", "x[t, {}, {}]")] if entering else []
    parts += [_over(f"U_{g}", "h[t-1, {}, {}]", "t > 1 and ")] if state else []
    return f"{function}({' + '.join(parts)}{more} + b_{g})"


def _conv_lstm(peephole: bool) -> Formula:
    gates = {g: Step(g, _gate(g, more=_PEEPHOLES[g] if peephole else ""), LSTM_WORDS[g], each=_EACH) for g in "fio"}
    cell = (
        Step("g", _gate("c", "tanh"), "candidate", each=_EACH),
        Step("C", f"f{_HERE}*{_CELL_BEFORE} + i{_HERE}*g{_HERE}", "cell state", each=_EACH),
    )
    weights = [(f"{letter}_{g}", f"{letter.lower()}-{g}", word, g) for letter, word in (
        ("W", "filter on the input"), ("U", "filter on the state before")) for g in "fioc"]  # fmt: skip
    return Formula(
        id="conv_lstm_peephole_by_hand" if peephole else "conv_lstm_by_hand",
        title=f"ConvLSTM {'with peepholes ' if peephole else ''}by hand, one channel",
        variables=(
            quantity("x", "x", "the maps, one per time step, | between them", Kind.MAP, ordinary=(-2, 2)),
            *(quantity(name, long, f"{word}, {LSTM_WORDS[g]}", Kind.MATRIX) for name, long, word, g in weights),
            *(quantity(f"b_{g}", f"b-{g}", f"bias of the {LSTM_WORDS[g]}", default="0") for g in "fioc"),
            *(quantity(f"p_{g}", f"p-{g}", f"peephole weights of the {LSTM_WORDS[g]}, one per place", Kind.MATRIX)
              for g in ("fio" if peephole else "")),
        ),
        steps=(
            Step("T", "len(x)", "time steps"),
            Step("height", "len(x[1])", "rows of a map"),
            Step("width", "len(x[1, 1])", "columns of a map"),
            Step("f_h", "len(W_f)", "rows of a filter"),
            Step("f_w", "len(W_f[1])", "columns of a filter"),
            Step("above", "floor((f_h - 1)/2)", "rows of padding above"),
            Step("before", "floor((f_w - 1)/2)", "columns of padding on the left"),
            gates["f"], gates["i"], *(cell if peephole else (gates["o"], *cell)),
            *((gates["o"],) if peephole else ()),
            Step("h", f"o{_HERE}*tanh(C{_HERE})", "state", each=_EACH),
        ),
        answers=("h", "C", "f", "i", "o", "g"),
        mistakes=_MISTAKES,
        conditions=(
            Condition(" and ".join(f"len({name}) = len(W_f) and len({name}[1]) = len(W_f[1])"
                                   for name, *_ in weights[1:]), "all filters have the same size"),
            *((Condition(" and ".join(f"len(p_{g}) = len(x[1]) and len(p_{g}[1]) = len(x[1, 1])" for g in "fio"),
                         "a peephole has one weight for each place of the map"),) if peephole else ()),
        ),
        conventions=(Convention("textbook", "Shi et al., 2015", "the maps are padded with zeros and keep their "
                                "size; the states before the first step are 0"),),
        notes=("all places of a map share the filters and the biases",),
        source="Shi et al., arXiv:1506.04214, equation 3",
    )  # fmt: skip


_MISTAKES = (
    Mistake("forget-and-input-swapped", "C", f"i{_HERE}*{_CELL_BEFORE} + f{_HERE}*g{_HERE}", "the forget gate f "
            "multiplies the old cell state, the input gate i the candidate", 0.6, "Which gate decides how much is "
            "kept?"),
    Mistake("old-cell-lost", "C", f"i{_HERE}*g{_HERE}", "the old cell state, multiplied by the forget gate, is added",
            0.4, "What happens to the previous cell state?"),
    Mistake("not-gated-in", "C", f"f{_HERE}*{_CELL_BEFORE} + g{_HERE}", "the candidate is multiplied by the input gate "
            "before it is added", 0.4, "What does the input gate multiply?"),
    Mistake("sigmoid-in-candidate", "g", _gate("c"), "the candidate is a tanh; only the gates are sigmoids", 0.5,
            "Between which two values does the candidate lie?"),
    Mistake("recurrence-forgotten", "g", _gate("c", "tanh", state=False), "the candidate convolves the previous state "
            "as well as the input", 0.4, "What do the gates and the candidate convolve besides x_t?"),
    Mistake("no-tanh", "h", f"o{_HERE}*C{_HERE}", "the output gate is multiplied by tanh of the cell state: "
            "h = o∘tanh C", 0.7, "Between which two values does a state lie?"),
    Mistake("output-gate-forgotten", "h", f"tanh(C{_HERE})", "the output gate multiplies tanh C_t", 0.4, "What does "
            "the output gate do?"),
)  # fmt: skip

FORMULAS = {each.id: each for each in map(_conv_lstm, (False, True))}
