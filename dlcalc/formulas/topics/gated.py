"""Gated cells: LSTM, with and without peepholes, GRU and ConvLSTM.

Counted as `recurrent` counts, with four blocks of weights in an LSTM (forget, input and output gate, and the candidate;
some call all four gates) and three in a GRU (update and reset gate, and the candidate).
LSTM: S. Hochreiter and J. Schmidhuber, Long short-term memory, 1997, with the forget gate of F. Gers et al., 2000.
Peepholes: F. Gers and J. Schmidhuber, Recurrent nets that time and count, 2000: one weight per unit and gate.
GRU: K. Cho et al., arXiv:1406.1078. ConvLSTM: X. Shi et al., arXiv:1506.04214.
"""

from __future__ import annotations

from ..model import Convention, Form, Formula, Mistake, Step
from .convolution import CHANNELS, FILTER, FILTERS
from .dense import FLOPS
from .recurrent import (
    ANSWERS,
    MANY_TO_ONE,
    MEMORY_STEPS,
    NO_BIAS,
    OUTPUT_COST_MISTAKES,
    ROW_LAYOUT,
    STEPS,
    layer_conventions,
    recurrent_layer,
)
from .windows import INPUT

_ONE_BIAS_VECTOR = Mistake(
    "one-bias-vector",
    "biases",
    "cells*L*bias_vectors*m",
    "every gate and the candidate have their own bias vector: it is not one for all of them",
    0.6,
    "How many bias vectors does the cell have?",
)

LSTM_BLOCKS = "forget, input and output gate, and the candidate"
FOUR_BLOCKS = (
    Mistake("three-gates", "gates", "3", "an LSTM has three gates and a candidate with parameters of the same sizes: "
            "four blocks", 0.7, "Which block computes the proposal for the new cell state?"),
    Mistake("one-gate", "gates", "1", "that is the count of a simple RNN: an LSTM has four such blocks, three gates "
            "and a candidate", 0.4, "How many blocks of weights does an LSTM have?"),
)  # fmt: skip

LSTM = recurrent_layer(
    "lstm",
    "LSTM",
    4,
    LSTM_BLOCKS,
    mistakes=(*FOUR_BLOCKS, _ONE_BIAS_VECTOR),
    conventions=layer_conventions(4),
    notes=("some say three gates and a candidate, some say four gates: both mean the same four blocks",),
    source="Hochreiter and Schmidhuber, Neural Computation 9, 1997",
)

_PEEPHOLE_MISTAKES = (
    Mistake("peepholes-forgotten", "peepholes", "0", "the three gates also read the cell state, through peephole "
            "weights", 0.6, "What do the gates read besides x_t and h_{t−1}?"),
    Mistake("peepholes-of-two-gates", "peepholes", "2*gate_peepholes", "the output gate reads the (new) cell state "
            "too: three gates have peepholes, not two", 0.5, "Which gates read the cell state?"),
    Mistake("peepholes-of-candidate", "peepholes", "4*gate_peepholes", "only the three gates read the cell state; the "
            "candidate does not", 0.5, "Which of the four blocks read the cell state?"),
    Mistake("one-peephole-per-gate", "gate_peepholes", "1", "every unit of a gate has its own peephole weight: there "
            "is not one per gate", 0.3, "How many units does a gate have?"),
)  # fmt: skip

_DIAGONAL = Convention(
    "diagonal",
    "Gers and Schmidhuber, 2000",
    "a unit of a gate reads its own cell only: m peephole weights per gate",
    {"gate_peepholes": "m"},
)
_FULL = Convention(
    "full-matrix",
    "notes that write W·[C, h, x]",
    "a unit of a gate reads all cells: m² peephole weights per gate",
    {"gate_peepholes": "m^2"},
)


def _peephole_lstm(id: str, title: str, own: Convention, other: Convention) -> Formula:
    """An LSTM with peepholes as `own` reads them; an answer in the `other` reading is recognised as that."""
    return recurrent_layer(
        id,
        title,
        4,
        LSTM_BLOCKS,
        peepholes=own.edits["gate_peepholes"],
        mistakes=(*_PEEPHOLE_MISTAKES, *FOUR_BLOCKS, _ONE_BIAS_VECTOR),
        conventions=(Convention("textbook", own.who, own.says), other, ROW_LAYOUT, NO_BIAS, MANY_TO_ONE),
        source="Gers and Schmidhuber, IJCNN 2000",
    )


LSTM_PEEPHOLE = _peephole_lstm("lstm_peephole", "LSTM with peepholes", _DIAGONAL, _FULL)
LSTM_PEEPHOLE_FULL = _peephole_lstm("lstm_peephole_full", "LSTM with full peephole matrices", _FULL, _DIAGONAL)

GRU = recurrent_layer(
    "gru",
    "GRU",
    3,
    "update and reset gate, and the candidate",
    mistakes=(
        Mistake("four-gates", "gates", "4", "four blocks belong to an LSTM: a GRU has an update gate, a reset gate and "
                "a candidate", 0.6, "Which gates does a GRU have?"),
        Mistake("two-gates", "gates", "2", "a GRU has two gates and a candidate with parameters of the same sizes: "
                "three blocks", 0.6, "Which block computes the proposal for the new state?"),
        _ONE_BIAS_VECTOR,
    ),
    conventions=layer_conventions(3, keras_bias_vectors=2),
    notes=(
        "if the reset gate acts before the recurrent product (Keras: reset_after=False), a gate has one bias vector",
        "the count is the same whether the update gate keeps or renews the state",
    ),
    source="Cho et al., arXiv:1406.1078",
)  # fmt: skip

CONVLSTM = Formula(
    id="convlstm",
    title="Convolutional LSTM",
    variables=(INPUT, FILTER, CHANNELS, FILTERS, STEPS),
    steps=(
        Step("gates", "4", f"blocks of weights: {LSTM_BLOCKS}"),
        Step("taps", "prod(f)", "weights of one filter on one channel"),
        Step("input_weights", "taps*c*k", "one gate's filters on the input's channels"),
        Step("recurrent_weights", "taps*k^2", "one gate's filters on the state's channels"),
        Step("filter_weights", "gates*(input_weights + recurrent_weights)", "weights of all filters"),
        Step("peepholes", "0", "weights through which the gates see the cell state"),
        Step("output", "shape(T, n, k)", "output shape: the padding keeps the size of the images"),
        Step("weights", "filter_weights + peepholes", "weights"),
        Step("bias_vectors", "1", "bias vectors of a gate, one entry per filter"),
        Step("biases", "gates*bias_vectors*k", "biases"),
        Step("parameters", "weights + biases", "parameters"),
        Step("peephole_macs", "0", "MACs of the peepholes in a step"),
        Step("macs", "T*(prod(n)*filter_weights + peephole_macs)", "MACs (multiply-accumulates)"),
        FLOPS,
        *MEMORY_STEPS,
    ),
    answers=ANSWERS,
    mistakes=(
        Mistake("recurrent-weights-forgotten", "recurrent_weights", "0", "every gate also convolves the previous "
                "state, which has k channels: the filters read c + k channels", 0.8, "What does a gate convolve "
                "besides the input?"),
        Mistake("state-channels-c", "recurrent_weights", "taps*c*k", "the state has k channels, as many as there are "
                "filters, not the input's c", 0.5, "How many channels does the state have?"),
        Mistake("input-weights-forgotten", "input_weights", "0", "every gate also convolves the input, which has c "
                "channels", 0.3, "What does a gate convolve besides the state?"),
        Mistake("filter-not-squared", "taps", "f[1]", "a filter extends along both axes: it has f·f weights per "
                "channel, not f", 0.4, "How many weights does one channel of a filter have?"),
        Mistake("dense-products", "taps", "prod(n)", "this LSTM uses convolutions: all positions share the filters, so "
                "the image size does not count", 0.4, "Which of the given sizes belong to the filters?"),
        *FOUR_BLOCKS,
        Mistake("biases-forgotten", "biases", "0", "every gate adds a bias to each of its k maps", 0.7,
                "What is added to the convolutions?"),
        Mistake("one-bias-vector", "biases", "bias_vectors*k", "every gate and the candidate have k biases of their "
                "own", 0.5, "How many bias vectors does the cell have?"),
        Mistake("bias-per-position", "biases", "gates*bias_vectors*prod(n)*k", "all positions of a map share one bias",
                0.3, "Which bias does the next position use?"),
        Mistake("weights-per-step", "parameters", "T*(weights + biases)", "all T time steps use the same parameters, "
                "so they are counted once", 0.5, "Which filters does the next time step use?"),
        Mistake("macs-one-step", "macs", "prod(n)*filter_weights + peephole_macs", "the filters are used again at each "
                "of the T steps", 0.5, "How many times is each filter used?"),
        Mistake("macs-one-position", "macs", "T*weights", "the filters are used at every position of the image", 0.5,
                "At how many positions is a filter placed?"),
        *OUTPUT_COST_MISTAKES,
    ),
    forms=(
        Form("weights", "4*prod(f)*(c + k)*k", "peepholes = 0"),
        Form("parameters", "4*prod(f)*(c + k)*k + 4k", "peepholes = 0 and bias_vectors = 1"),
        Form("macs", "T*prod(n)*filter_weights", "peephole_macs = 0"),
    ),
    conventions=(
        Convention("textbook", "textbooks", "no peepholes, one bias vector per gate"),
        Convention("keras", "Keras (ConvLSTM2D)", "no peepholes, one bias vector per gate"),
        Convention("peepholes", "Shi et al., 2015", "one peephole weight per gate, position and filter: 3·H·W·k more",
                   {"peepholes": "3*prod(n)*k", "peephole_macs": "3*prod(n)*k"}),
        Convention("peepholes-per-channel", "notes that share peepholes over the image", "one peephole weight per gate "
                   "and filter: 3k more", {"peepholes": "3k", "peephole_macs": "3*prod(n)*k"}),
        NO_BIAS,
    ),
    axes=2,
    input_shape="shape(T, n, c)",
    shape="output",
    unknowns=(("k",), ("f",), ("c",)),
    notes=("the convolutions are padded, so the state keeps the size of the images",),
    source="Shi et al., arXiv:1506.04214",
)  # fmt: skip

FORMULAS = {
    "lstm": LSTM,
    "lstm_peephole": LSTM_PEEPHOLE,
    "lstm_peephole_full": LSTM_PEEPHOLE_FULL,
    "gru": GRU,
    "convlstm": CONVLSTM,
}
