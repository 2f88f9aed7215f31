"""Recurrent layers: the counting that simple RNN, LSTM and GRU share, the simple RNN, and how gradients vanish in it.

A cell reads x_t (n numbers) and its state h_{t−1} (m numbers). It holds `gates` blocks of weights (a simple RNN 1, a
GRU 3, an LSTM 4); each block has an input matrix, a recurrent matrix and a bias vector, which all time steps share.
Layouts: column, h = tanh(Ux + Wh + b), with U m×n; row, xU + hW, with U n×m; PyTorch stacks the blocks in weight_ih
(gates·m × n), Keras in a kernel (n × gates·m). PyTorch keeps two bias vectors per block (bias_ih and bias_hh).
Bidirectional layers are concatenated: the next layer reads 2m numbers.
Simple RNN: J. L. Elman, Finding structure in time, Cognitive Science 14, 1990. The bound on its gradients: R. Pascanu,
T. Mikolov and Y. Bengio, On the difficulty of training recurrent neural networks, arXiv:1211.5063.
"""

from __future__ import annotations

from dataclasses import replace

from ..model import Condition, Convention, Form, Formula, Mistake, Step, Variable
from .dense import BIAS_AMONG_WEIGHTS, COST_MISTAKES, FLOPS, MEMORY, PARAMETER_MEMORY, biases_counted

INPUT = Variable("n", "input-size", "size of one input x_t", ordinary=(3, 64))
HIDDEN = Variable("m", "hidden-size", "size of the state h_t (units)", ordinary=(4, 128))
STEPS = Variable("T", "steps", "time steps", ordinary=(2, 30))
LAYERS = Variable("L", "layers", "layers, stacked", default="1", ordinary=(2, 3), search="1..16")
OUTPUTS = Variable("q", "outputs", "number of outputs", ordinary=(2, 10))
DIRECTIONS = Variable(
    "D", "directions", "directions: 1, or 2 when bidirectional", high=2, default="1", ordinary=(2, 2), search="1..2"
)

MEMORY_STEPS = (
    Step("activation_memory", "4*prod(output)", "output in memory, 4 bytes a number", unit="bytes"),
    PARAMETER_MEMORY,
    MEMORY,
)
ANSWERS = (
    "parameters",
    "output",
    "weights",
    "biases",
    "macs",
    "flops",
    "memory",
    "activation_memory",
    "parameter_memory",
)


def recurrent_layer(
    id: str,
    title: str,
    gates: int,
    blocks: str,
    *,
    peepholes: str = "",
    mistakes: tuple[Mistake, ...] = (),
    conventions: tuple[Convention, ...],
    notes: tuple[str, ...] = (),
    source: str,
) -> Formula:
    """The formula of a recurrent layer whose cell has `gates` blocks of weights, called `blocks` in words.

    `peepholes` is an expression for the weights through which one gate sees the cell state, if the gates do.
    """
    each = "the cell" if gates == 1 else "every gate"
    counted = _count_mistakes(gates, each)
    return Formula(
        id=id,
        title=title,
        variables=(INPUT, HIDDEN, STEPS, LAYERS, DIRECTIONS),
        steps=_steps(gates, blocks, peepholes),
        answers=(*ANSWERS, "input_matrix", "recurrent_matrix", "joined_matrix"),
        mistakes=(*mistakes, *counted, *_SHAPE_MISTAKES, *_COST_MISTAKES),
        forms=_forms(gates, bool(peepholes)),
        conventions=(*conventions, _joined(gates, peepholes, counted)),
        input_shape="shape(T, n)",
        shape="output",
        unknowns=(("m",), ("n",), ("L",)),
        notes=("the time steps share all weights, so the parameters do not depend on T", *notes),
        source=source,
    )


def _cell(gates: int, peepholes: str, weights: str) -> str:
    """The weights of all gates from those of one."""
    inner = f"gates*({weights})" if gates > 1 else weights
    return f"{inner} + peepholes" if peepholes else inner


def _joined(gates: int, peepholes: str, counted: tuple[Mistake, ...]) -> Convention:
    """Weights joined in one matrix, with the mistakes about both parts as mistakes about the whole."""

    def whole(first: str, deeper: str) -> dict[str, str]:
        return {"first_weights": _cell(gates, peepholes, first), "deeper_weights": _cell(gates, peepholes, deeper)}

    parts = {"input_weights": "n*m", "recurrent_weights": "m^2"}
    own = []
    for mistake in counted:
        if mistake.step in parts:
            entering, state = ((parts | dict(mistake.edits))[part] for part in parts)
            deeper = state if mistake.step == "recurrent_weights" else parts["recurrent_weights"]
            edits = whole(f"{entering} + {state}", f"deeper_input*m + {deeper}")
            others = {step: text for step, text in mistake.more if step not in parts}
            own.append(replace(mistake, step="first_weights", expression=edits.pop("first_weights"),
                               more=(*edits.items(), *others.items())))  # fmt: skip
    return Convention(
        "joined",
        "Olah, 2015",
        f"the weights{' of a gate' if gates > 1 else ''} are one matrix W of m×(n + m), which multiplies [h, x]",
        {"input_matrix": "shape(m, n + m)", "recurrent_matrix": "shape(m, n + m)",
         **whole("joined_weights", "m*(deeper_input + m)")},
        own=tuple(own),
    )  # fmt: skip


def _steps(gates: int, blocks: str, peepholes: str) -> tuple[Step, ...]:
    def cell(weights: str) -> str:
        return _cell(gates, peepholes, weights)

    one = "one gate's" if gates > 1 else "the cell's"
    per_gate = "gates*" if gates > 1 else ""
    return (
        *((Step("gates", str(gates), f"blocks of weights: {blocks}"),) if gates > 1 else ()),
        Step("input_weights", "n*m", f"{one} weights from the input"),
        Step("recurrent_weights", "m^2", f"{one} weights from the state before"),
        Step("joined_weights", "m*(n + m)", f"{one} joined weights, which multiply [h, x]"),
        *(_peephole_steps(peepholes) if peepholes else ()),
        Step("first_weights", cell("input_weights + recurrent_weights"), "weights of a cell in the first layer"),
        Step("deeper_input", "D*m", "what a deeper layer reads: all directions of the layer below"),
        Step("deeper_weights", cell("deeper_input*m + recurrent_weights"), "weights of a cell in a deeper layer"),
        Step("cells", "D", "cells in a layer, one per direction; the time steps share them"),
        Step("output", "shape(T, D*m)", "output shape, steps × state"),
        Step("weights", "cells*(first_weights + (L - 1)*deeper_weights)", "weights"),
        Step("bias_vectors", "1", f"bias vectors of {'a gate' if gates > 1 else 'the cell'}, one entry per unit"),
        Step("biases", f"cells*L*{per_gate}bias_vectors*m", "biases"),
        Step("parameters", "weights + biases", "parameters"),
        Step("macs", "T*weights", "MACs of the matrix products"),
        FLOPS,
        *MEMORY_STEPS,
        Step("input_matrix", "shape(m, n)", f"shape of {one} input matrix, first layer"),
        Step("recurrent_matrix", "shape(m, m)", f"shape of {one} recurrent matrix"),
        Step("joined_matrix", "shape(m, n + m)", f"shape of {one} joined matrix, W·[h, x], first layer"),
    )


def _peephole_steps(of_one_gate: str) -> tuple[Step, ...]:
    return (
        Step("gate_peepholes", of_one_gate, "weights through which one gate sees the cell state"),
        Step("peepholes", "3*gate_peepholes", "peephole weights of the input, forget and output gate"),
    )


def _forms(gates: int, peepholes: bool) -> tuple[Form, ...]:
    """The textbook's lines, m(n + m + 1) with the number of gates before it."""
    product = f"{gates if gates > 1 else ''}m"

    def cell(inputs: str) -> str:
        line = f"{product}({inputs})"
        return f"({line} + peepholes)" if peepholes else line

    def layers(bias: str) -> str:
        return f"D*({cell(f'n + m{bias}')} + (L - 1)*{cell(f'D*m + m{bias}')})"

    single = "L = 1 and D = 1"
    return (
        Form("weights", cell("n + m"), single),
        Form("weights", f"D*{cell('n + m')}", "L = 1"),
        Form("weights", layers("")),
        Form("biases", product, f"{single} and bias_vectors = 1"),
        Form("parameters", cell("n + m + 1"), f"{single} and bias_vectors = 1"),
        Form("parameters", cell("n + m + bias_vectors"), single),
        Form("parameters", f"D*{cell('n + m + 1')}", "L = 1 and bias_vectors = 1"),
        Form("parameters", f"D*{cell('n + m + bias_vectors')}", "L = 1"),
        Form("parameters", layers(" + 1"), "bias_vectors = 1"),
        Form("macs", f"T*{cell('n + m')}", single),
    )


def _count_mistakes(gates: int, each: str) -> tuple[Mistake, ...]:
    per_gate = "gates*" if gates > 1 else ""
    return (
        Mistake("recurrent-weights-forgotten", "recurrent_weights", "0", f"{each} also reads the previous state: m² "
                "recurrent weights are added to the n·m input weights", 0.8, "What does the cell read besides x_t?"),
        Mistake("recurrent-n-squared", "recurrent_weights", "n^2", "the recurrent weights connect the m entries of the "
                "old state to the m of the new one: m², not n²", 0.5, "Which two vectors do the recurrent weights "
                "connect?"),
        Mistake("recurrent-not-squared", "recurrent_weights", "m", "each of the m entries of the old state is "
                "connected to each of the m of the new one: m² weights, not m", 0.5, "How many entries of the old "
                "state does one unit read?"),
        Mistake("input-weights-forgotten", "input_weights", "0", f"{each} also reads the input: n·m input weights are "
                "added to the m² recurrent weights", 0.3, "What does the cell read besides its previous state?"),
        Mistake("directions-as-units", "recurrent_weights", "D*m^2", "the two directions are two separate cells of m "
                "units, not one cell of 2m units", 0.25, "Whose state does the backward direction read?"),
        Mistake("sizes-exchanged", "recurrent_weights", "n^2", "m is the size of the state, n that of the input: state "
                "and biases have m entries, so the recurrent weights are m²", 0.25,
                "How many entries does the state have?", more=(("biases", f"cells*L*{per_gate}bias_vectors*n"),)),
        Mistake("joined-matrix-squared", "first_weights", f"{per_gate}(n + m)^2", "the joined matrix reads n + m "
                "numbers and gives m: m(n + m), not (n + m)²", 0.25, "How many numbers does the joined matrix give?"),
        Mistake("sizes-added", "first_weights", f"{per_gate}(n + m)", "every input and every entry of the state goes "
                "to each of the m units: n + m weights are those of one unit", 0.25,
                "How many units read the n + m numbers?"),
        Mistake("bias-per-input", "biases", f"cells*L*{per_gate}bias_vectors*n", "the biases belong to the m units, "
                "not to the inputs", 0.25, "How many entries does a bias vector have?"),
        Mistake("bias-among-weights", "weights", f"cells*(first_weights + (L - 1)*deeper_weights) + "
                f"cells*L*{per_gate}bias_vectors*m", BIAS_AMONG_WEIGHTS.because, 0.25, BIAS_AMONG_WEIGHTS.hint),
        Mistake("steps-for-inputs", "input_weights", "T*m", "a unit reads the n entries of one time step at a time, "
                "not the T steps", 0.25, "How many numbers does the layer read at one time step?"),
        Mistake("sequence-flattened", "input_weights", "n*T*m", "the layer reads one time step at a time: n inputs, "
                "not the whole sequence of n·T", 0.25, "How many numbers does the layer read at one time step?"),
        Mistake("steps-for-units", "input_weights", "n*T", "the layer has m units, as many as its state has entries; T "
                "only counts the time steps", 0.25, "Which number is the size of the state?",
                more=(("recurrent_weights", "T^2"), ("biases", f"cells*L*{per_gate}bias_vectors*T"))),
        Mistake("outputs-for-parameters", "parameters", "prod(output)", "that is the number of outputs; the parameters "
                "are the numbers that the cell learns", 0.2, "Which numbers does the layer learn?"),
        Mistake("biases-forgotten", "biases", "0", f"{each} adds a bias to each of its m units", 0.7,
                "What is added to the products Ux and Wh?"),
        Mistake("one-bias", "biases", f"cells*L*{per_gate}bias_vectors", f"{each} has one bias for each of its m "
                "units, not one for all of them", 0.3, "How many entries does a bias vector have?"),
        Mistake("one-unit", "parameters", "(weights + biases)/m", "these are the parameters of one unit; there are m "
                "units", 0.5, "How many units is that for?"),
        Mistake("weights-per-step", "cells", "T*D", "all T time steps use the same parameters, so they are counted "
                "once", 0.6, "Which weights does the next time step use?"),
        Mistake("one-direction", "cells", "1", "each direction has its own parameters: a bidirectional layer has two "
                "cells", 0.6, "How many cells does a bidirectional layer have?"),
        Mistake("deeper-layer-reads-n", "deeper_input", "n", "from the second layer on, the input is the output of the "
                "layer below (m per direction), not x_t", 0.6, "What does the second layer read?"),
        Mistake("deeper-layer-reads-m", "deeper_input", "m", "the outputs of both directions are concatenated: the "
                "layer above a bidirectional layer reads 2m numbers, not m", 0.5, "How long is the concatenated output "
                "of the layer below?"),
        Mistake("one-layer", "parameters", f"cells*(first_weights + {per_gate}bias_vectors*m)", "these are the "
                "parameters of the first layer; each of the L layers has its own", 0.4, "How many layers are there?"),
    )  # fmt: skip


_SHAPE_MISTAKES = (
    Mistake("output-not-concatenated", "output", "shape(T, m)", "the outputs of the directions are concatenated: D·m "
            "numbers per step, not m", 0.5, "How are the outputs of the two directions joined?"),
    Mistake("axes-swapped", "output", "shape(D*m, T)", "the time steps come first, then the entries of the state", 0.2,
            "Which of the two numbers counts the time steps?"),
    Mistake("units-for-steps", "output", "shape(m, D*m)", "the output has a row for each of the T time steps; m is the "
            "number of units", 0.2, "How many time steps does the sequence have?"),
    Mistake("one-unit-put-out", "output", "shape(T)", "one number a step would be the output of one unit; the output "
            "of each step is the whole state", 0.25, "How many units does the layer have?"),
    Mistake("directions-as-steps", "output", "shape(D*T, m)", "both directions read the same T steps: their outputs "
            "are joined at each step, T × 2m", 0.25, "How many steps does the backward direction read?"),
    Mistake("output-of-input-size", "output", "shape(T, n)", "the output at each step is the state: its size does not "
            "depend on the input's n", 0.4, "Which vector does the layer return at each step?"),
    Mistake("matrices-swapped-input", "input_matrix", "shape(m, m)", "m×m is the recurrent matrix; the input matrix "
            "maps the n entries of x_t to the m units", 0.4, "How many entries does x_t have?", also=("row-layout",)),
    Mistake("matrices-swapped-recurrent", "recurrent_matrix", "shape(m, n)", "m×n is the input matrix; the recurrent "
            "matrix maps the m entries of the old state to the m of the new one", 0.4, "How many entries does the "
            "previous state have?"),
    Mistake("joined-matrix-reads-n", "joined_matrix", "shape(m, n)", "the joined matrix multiplies the state too: "
            "it has a column for each of the n + m entries of [h, x]", 0.5, "How many entries does [h, x] have?"),
    Mistake("joined-matrix-is-square", "joined_matrix", "shape(n + m, n + m)", "the joined matrix reads n + m numbers "
            "and gives the m entries of the state: m×(n + m)", 0.4, "How many numbers does the joined matrix give?"),
    Mistake("joined-matrix-of-all", "joined_matrix", "shape(n, n + m)", "the joined matrix gives the m entries of the "
            "state, not n numbers", 0.3, "How many numbers does the joined matrix give?"),
    Mistake("recurrent-matrix-n", "recurrent_matrix", "shape(n, n)", "the recurrent matrix maps the m entries of the "
            "old state to the m of the new one; it does not depend on n", 0.4, "How many entries does the previous "
            "state have?"),
)  # fmt: skip

OUTPUT_COST_MISTAKES = (
    Mistake("activations-not-bytes", "activation_memory", "prod(output)", "each number takes 4 bytes", 0.5,
            "How many bytes does a 32-bit number have?"),
    *COST_MISTAKES,
)  # fmt: skip

_COST_MISTAKES = (
    Mistake("macs-one-step", "macs", "weights", "the weights are used again at each of the T steps", 0.5, "How many "
            "times is each weight used?"),
    Mistake("biases-in-macs", "macs", "T*parameters", "a bias is only added, so it is not a multiply-accumulate", 0.4,
            "Which parameters are multiplied by something?"),
    Mistake("flops-for-macs", "macs", "2*T*weights", "these are FLOPs: one multiply-accumulate is a multiplication and "
            "an addition together", 0.5, "Are a multiplication and its addition counted as one or as two?"),
    *OUTPUT_COST_MISTAKES,
)  # fmt: skip

NO_BIAS = Convention("no-bias", "layers built with bias=False", "without biases", {"bias_vectors": "0"}, variant=True,
                     untrue=("bias",), own=biases_counted("bias_vectors"))  # fmt: skip
ROW_LAYOUT = Convention("row-layout", "textbooks that write xU + hW", "inputs are rows, so the input matrix is n×m",
                        {"input_matrix": "shape(n, m)", "joined_matrix": "shape(n + m, m)"})  # fmt: skip
MANY_TO_ONE = Convention("many-to-one", "Keras unless return_sequences=True", "only the output of the last step is "
                         "kept", {"output": "shape(D*m)"})  # fmt: skip


def layer_conventions(gates: int, keras_bias_vectors: int = 1) -> tuple[Convention, ...]:
    """The conventions of a recurrent layer with so many blocks of weights: bias vectors, layout, which steps count."""
    stacked, per_gate = ("m", "") if gates == 1 else (f"{gates}m", " per gate")
    one, two = f"one bias vector{per_gate}", f"two bias vectors{per_gate}"
    pytorch = {
        "input_matrix": f"shape({stacked}, n)",
        "recurrent_matrix": f"shape({stacked}, m)",
        "joined_matrix": f"shape({stacked}, n + m)",
    }
    keras = {
        "input_matrix": f"shape(n, {stacked})",
        "recurrent_matrix": f"shape(m, {stacked})",
        "joined_matrix": f"shape(n + m, {stacked})",
    }
    double = {"bias_vectors": "2"}
    return (
        Convention("textbook", "textbooks", f"{one}, column layout"),
        ROW_LAYOUT,
        Convention(
            "pytorch",
            "PyTorch, cuDNN, ONNX",
            f"{two}, bias_ih and bias_hh",
            double | pytorch,
            untrue=("one bias for each",),
        ),
        Convention("keras", "Keras", f"{one}, row layout", keras)
        if keras_bias_vectors == 1
        else Convention(
            "keras", "Keras (reset_after=True)", f"{two}, row layout", double | keras, untrue=("one bias for each",)
        ),
        NO_BIAS,
        MANY_TO_ONE,
    )


RNN = recurrent_layer(
    "rnn",
    "Simple RNN",
    1,
    "one",
    conventions=layer_conventions(1),
    notes=("U is the input matrix, W the recurrent one: h_t = tanh(U x_t + W h_{t−1} + b)",),
    source="Elman, Cognitive Science 14, 1990",
)

RNN_OUTPUT = Formula(
    id="rnn_output",
    title="Simple RNN with an output layer",
    variables=(INPUT, HIDDEN, OUTPUTS, STEPS, LAYERS, DIRECTIONS),
    steps=(
        Step("cell", "rnn(n=n, m=m, T=T, L=L, D=D)", "the recurrent layers"),
        Step("state", "D*m", "what the output layer reads: the state, of all directions together"),
        Step("readout", "dense(n=state, m=q)", "the output layer, the same at every step"),
        Step("output", "shape(T, q)", "output shape, steps × outputs"),
        Step("weights", "cell.weights + readout.weights", "weights"),
        Step("biases", "cell.biases + readout.biases", "biases"),
        Step("parameters", "weights + biases", "parameters"),
        Step("macs", "cell.macs + T*readout.macs", "MACs of the matrix products"),
        FLOPS,
        *MEMORY_STEPS,
        Step("input_matrix", "cell.input_matrix", "shape of U, the input matrix"),
        Step("recurrent_matrix", "cell.recurrent_matrix", "shape of W, the recurrent matrix"),
        Step("output_matrix", "shape(q, state)", "shape of V, the output matrix"),
        Step("joined_matrix", "cell.joined_matrix", "shape of the cell's joined matrix, W·[h, x]"),
    ),
    answers=(*ANSWERS, "input_matrix", "recurrent_matrix", "output_matrix", "joined_matrix"),
    mistakes=(
        Mistake("output-layer-forgotten", "parameters", "cell.parameters", "the output layer has parameters too, for "
                "each of the q outputs", 0.7, "What computes the output from the state?"),
        Mistake("output-weights-forgotten", "weights", "cell.weights", "the output layer has a weight for every pair "
                "of a state entry and an output", 0.5, "What computes the output from the state?"),
        Mistake("output-layer-per-step", "parameters", "cell.parameters + T*readout.parameters", "all time steps use "
                "the same output layer, so it is counted once", 0.5, "Which output layer does the next step use?"),
        Mistake("output-layer-reads-n", "state", "n", "the output layer reads the state, not the input x_t", 0.4,
                "What does the output layer read?"),
        Mistake("output-layer-reads-m", "state", "m", "the states of both directions are concatenated: above a "
                "bidirectional layer the output layer reads 2m numbers", 0.5, "How long is the concatenated state?"),
        Mistake("output-layer-once", "macs", "cell.macs + readout.macs", "there is an output at every step, so the "
                "output layer is used T times", 0.4, "At how many steps is there an output?"),
        Mistake("axes-swapped", "output", "shape(q, T)", "the time steps come first, then the outputs", 0.2,
                "Which of the two numbers counts the time steps?"),
        Mistake("output-of-state-size", "output", "shape(T, state)", "the output layer gives q numbers at each step",
                0.4, "How many outputs are there at each step?"),
        Mistake("output-matrix-reads-n", "output_matrix", "shape(q, n)", "V maps the entries of the state to the q "
                "outputs; it does not depend on n", 0.4, "What does V multiply?"),
        *OUTPUT_COST_MISTAKES,
    ),
    forms=(Form("parameters", "m(n + m + 1) + q(m + 1)", "L = 1 and D = 1 and cell.bias_vectors = 1"),),
    conventions=(
        Convention("textbook", "textbooks", "one bias vector per layer, column layout, an output at every step"),
        Convention("row-layout", ROW_LAYOUT.who, "states are rows: U is n×m and V is m×q",
                   {"output_matrix": "shape(state, q)"}),
        Convention("pytorch", "PyTorch", "two bias vectors in the cell, bias_ih and bias_hh; one in the output layer"),
        Convention("keras", "Keras", "one bias vector per layer, row layout", {"output_matrix": "shape(state, q)"}),
        Convention("no-bias", NO_BIAS.who, NO_BIAS.says, variant=True, untrue=NO_BIAS.untrue),
        Convention("many-to-one", "sequence classifiers", "one output, after the last step",
                   {"output": "shape(q)", "macs": "cell.macs + readout.macs"},
                   untrue=("all time steps use the same output layer", "an output at every step")),
        Convention("joined", "Olah, 2015",
                   "the weights of the cell are one matrix W of m×(n + m), which multiplies [h, x]"),
    ),
    input_shape="shape(T, n)",
    shape="output",
    unknowns=(("m",), ("n",), ("q",), ("L",)),
    notes=RNN.notes,
    source=RNN.source,
)  # fmt: skip

_SLOPE = Variable("gamma", "slope", "largest slope of the activation: 1 for tanh, 1/4 for the logistic", low=0,
                  default="1", integer=False, ordinary=(0.25, 0.25))  # fmt: skip
_NORM = Variable("lambda", "norm", "bound on the norm of the recurrent matrix", low=0, integer=False, ordinary=(0.5, 3))

GRADIENT_BOUND = Formula(
    id="gradient_bound",
    title="Bound on a gradient through time",
    variables=(
        _NORM,
        Variable("t", "later-step", "the later step", low=0, ordinary=(5, 12)),
        Variable("k", "earlier-step", "the earlier step", low=0, ordinary=(1, 4)),
        _SLOPE,
    ),
    steps=(
        Step("slope", "gamma", "largest slope of the activation"),
        Step("factor", "slope*lambda", "bound on the norm of one step's Jacobian"),
        Step("distance", "t - k", "steps between the two states, one Jacobian each"),
        Step("bound", "factor^distance", "bound on the norm of ∂h_t/∂h_k"),
    ),
    answers=("bound", "factor", "distance"),
    mistakes=(
        Mistake("slope-of-the-other", "slope", "if(gamma = 1, 1/4, 1)", "the largest slopes are exchanged: it is 1 for "
                "tanh and 1/4 for the logistic function, both at 0", 0.6, "How steep is the activation at 0?"),
        Mistake("slope-missing", "factor", "lambda", "one step's Jacobian is the recurrent matrix times the slopes of "
                "the activation: γλ, not λ", 0.5, "Which other factor does the chain rule give at each step?"),
        Mistake("norm-forgotten", "factor", "slope", "one step's Jacobian is the slopes of the activation times the "
                "recurrent matrix: γλ, not γ", 0.4, "Which other factor does the chain rule give at each step?"),
        Mistake("from-k", "distance", "t - k + 1", "the product starts at k + 1: from h_k to h_t there are t − k "
                "Jacobians", 0.5, "How many steps are there from h_k to h_{k+1}?"),
        Mistake("factors-added", "bound", "factor*distance", "the chain rule multiplies the Jacobians of the steps, so "
                "the bound is a power of γλ", 0.4, "Does the chain rule add or multiply the Jacobians of the steps?"),
        Mistake("slope-once", "bound", "slope*lambda^distance", "each step has its own slope, so γ is raised to the "
                "power t − k too", 0.4, "At how many steps does the slope appear?"),
    ),
    conditions=(Condition("k <= t", "k must be the earlier step, so k ≤ t, not k = {k} and t = {t}"),),
    warnings=(
        Condition("factor >= 1", "γλ = {factor} < 1: the gradient certainly vanishes"),
        Condition("factor <= 1", "γλ = {factor} > 1: the gradient may explode, but need not: this is only an upper "
                  "bound"),
    ),
    conventions=(Convention("textbook", "Pascanu et al.", "γ bounds the slope of the activation, λ the norm of W"),),
    unknowns=(("t",), ("k",)),
    source="Pascanu, Mikolov and Bengio, arXiv:1211.5063",
)  # fmt: skip

VANISHING_STEPS = Formula(
    id="vanishing_steps",
    title="Steps until a gradient vanishes",
    variables=(
        replace(_NORM, ordinary=(0.5, 0.99)),
        Variable("epsilon", "threshold", "a gradient below this size counts as vanished", low=0, high=1, integer=False,
                 ordinary=(0.01, 0.1)),
        _SLOPE,
    ),
    steps=(
        Step("jacobian", "gradient_bound(gamma=gamma, lambda=lambda, t=1, k=0)", "bound on one step's Jacobian"),
        Step("factor", "jacobian.factor", "the bound is multiplied by this at each step"),
        Step("ratio", "if(factor > 0 and factor < 1 and epsilon > 0, ln(epsilon)/ln(factor), 0)",
             "where the bound equals ε"),
        # 1e-9 for the logarithms' rounding: (1/2)^3 is not yet under 1/8
        Step("steps", "floor(ratio + 1e-9) + 1", "fewest steps after which the bound is below ε"),
    ),
    answers=("steps", "factor"),
    mistakes=(
        Mistake("not-yet-under", "steps", "floor(ratio + 1e-9)", "after that many steps the bound is still ε or more; "
                "one step later it is below ε", 0.6, "How large is the bound after that many steps?"),
        Mistake("ratio-upside-down", "ratio", "ln(factor)/ln(epsilon)", "the number of steps is ln ε / ln(γλ): here "
                "the fraction is upside down", 0.4, "Which power of γλ equals ε?"),
        Mistake("linear-decay", "ratio", "(1 - epsilon)/(1 - factor)", "every step multiplies the bound by γλ; it does "
                "not subtract the same amount", 0.4, "What happens to the bound at each step?"),
    ),
    forms=(Form("ratio", "ln(epsilon)/ln(factor)"), Form("steps", "floor(ln(epsilon)/ln(factor)) + 1")),
    conditions=(
        Condition("epsilon > 0 and epsilon < 1", "the threshold must be between 0 and 1, not {epsilon}"),
        Condition("factor < 1", "the bound shrinks only when γλ < 1, and γλ = {factor}"),
    ),
    conventions=GRADIENT_BOUND.conventions,
    source=GRADIENT_BOUND.source,
)  # fmt: skip

FORMULAS = {"rnn": RNN, "rnn_output": RNN_OUTPUT, "gradient_bound": GRADIENT_BOUND, "vanishing_steps": VANISHING_STEPS}
