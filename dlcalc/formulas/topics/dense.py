"""Dense (fully connected) layers: parameters and cost of one layer and of a whole multilayer perceptron.

A layer of m units on n inputs computes Wx + b with W m×n: a weight for every pair of an input and a unit, a bias for
every unit. One multiply-accumulate per weight; the bias addition is not counted, as is usual.
"""

from __future__ import annotations

from dataclasses import replace

from ...expressions.nodes import Kind
from ..model import Condition, Convention, Form, Formula, Mistake, Step, Variable

INPUTS = Variable("n", "inputs", "number of inputs", ordinary=(4, 64))
OUTPUTS = Variable("m", "outputs", "number of outputs (units)", ordinary=(2, 32))
WIDTHS = Variable("u", "widths", "widths of the layers, input first and output last", kind=Kind.VECTOR,
                  ordinary=(2, 32), lengths=(3, 5))  # fmt: skip

FLOPS = Step("flops", "2*macs", "FLOPs, two per MAC")
PARAMETER_MEMORY = Step("parameter_memory", "4*parameters", "parameters in memory, 4 bytes each", unit="bytes")
MEMORY = Step("memory", "activation_memory + parameter_memory", "total memory", unit="bytes")

COST_MISTAKES = (
    Mistake("macs-for-flops", "flops", "macs", "these are MACs: one MAC is two floating-point operations", 0.6, "How "
            "many operations are there in one multiply-accumulate?"),
    Mistake("parameters-not-bytes", "parameter_memory", "parameters", "each parameter takes 4 bytes", 0.5,
            "How many bytes does a 32-bit number have?"),
    Mistake("activations-forgotten", "memory", "parameter_memory", "the outputs of the layer are kept in memory too, "
            "not only its parameters", 0.3, "What is kept in memory besides the parameters?"),
    Mistake("parameters-forgotten", "memory", "activation_memory", "the parameters are kept in memory too, not only "
            "the outputs of the layer", 0.3, "What is kept in memory besides the output?"),
    Mistake("bits-for-bytes-of-parameters", "parameter_memory", "32*parameters",
            "these are bits: a 32-bit number has 4 bytes", 0.25, "How many bytes does a 32-bit number have?"),
    Mistake("eight-bytes-each", "parameter_memory", "8*parameters", "a 64-bit number has 8 bytes, but here each "
            "parameter is a 32-bit number", 0.2, "How many bytes does a 32-bit number have?"),
)  # fmt: skip

_MULTIPLY_MISTAKES = (
    Mistake("flops-for-macs", "macs", "2*weights", "these are FLOPs: one multiply-accumulate is a multiplication and "
            "an addition together", 0.5, "Are a multiplication and its addition counted as one or as two?"),
    Mistake("biases-in-macs", "macs", "parameters", "a bias is only added, so there is one multiply-accumulate per "
            "weight", 0.4, "Which parameters are multiplied by an input?"),
)  # fmt: skip

_TEXTBOOK = Convention("textbook", "textbooks, PyTorch, Keras", "one bias per unit")


def biases_counted(step: str = "biases") -> tuple[Mistake, ...]:
    """The mistake that only a layer without biases has."""
    return (Mistake("biases-counted", step, "", "this layer has no biases: its parameters are its weights only", 0.6,
                    "What does the question say about biases?"),)  # fmt: skip


BIAS_AMONG_WEIGHTS = Mistake(
    "bias-among-weights", "weights", "weights + biases", "a bias is a parameter but not a weight: it is not multiplied "
    "by an input", 0.25, "Which parameters are multiplied by an input?")  # fmt: skip

DENSE = Formula(
    id="dense",
    title="Dense layer",
    variables=(INPUTS, OUTPUTS),
    steps=(
        Step("output", "shape(m)", "output shape"),
        Step("weights", "n*m", "weights, one per pair of an input and a unit"),
        Step("biases", "m", "biases, one per unit"),
        Step("parameters", "weights + biases", "parameters"),
        Step("macs", "weights", "MACs (multiply-accumulates)"),
        Step("activation_memory", "4m", "output in memory, 4 bytes a number", unit="bytes"),
        FLOPS,
        PARAMETER_MEMORY,
        MEMORY,
    ),
    answers=("output", "weights", "biases", "parameters", "macs", "flops", "memory", "activation_memory",
             "parameter_memory"),
    mistakes=(
        Mistake("biases-forgotten", "biases", "0", "each unit has its own bias, so m biases are added to the weights",
                0.8, "What does a unit have besides its weights?"),
        Mistake("bias-per-input", "biases", "n", "each unit has a bias, and the inputs have none: n·m + m, not n·m + n",
                0.5, "Do the biases belong to the inputs or to the units?"),
        Mistake("one-bias", "biases", "1", "each unit has its own bias: there are m, not one for the layer", 0.4, "How "
                "many biases does the layer have?"),
        Mistake("units-forgotten", "weights", "n", "n is the number of weights of one unit; there are m units", 0.4,
                "How many units does each input go to?"),
        Mistake("sizes-added", "weights", "n + m", "every input is connected to every unit, so the two sizes are "
                "multiplied: n·m weights, not n + m", 0.3, "How many connections start at one input?"),
        Mistake("bias-per-weight", "biases", "n*m", "a unit adds one bias to its whole weighted sum, not one to each "
                "product: m biases", 0.2, "How many times does a unit add its bias?"),
        replace(BIAS_AMONG_WEIGHTS, expression="n*m + m"),
        Mistake("inputs-squared", "weights", "n^2", "every input is connected to each of the m units: n·m weights, not "
                "n²", 0.2, "How many units does the layer have?"),
        Mistake("outputs-squared", "weights", "m^2", "each of the m units reads all n inputs: n·m weights, not m²", 0.2,
                "How many inputs does one unit read?"),
        Mistake("bias-on-both-sides", "biases", "n + m + 1", "only what is computed gets a bias: (n + 1)·m, not (n + "
                "1)·(m + 1)", 0.25, "Which side of the layer do the biases belong to?"),
        Mistake("weights-forgotten", "weights", "0", "every input is joined to every unit, with a weight each: n·m "
                "weights come on top of the biases", 0.25, "What does a unit multiply its inputs with?"),
        *_MULTIPLY_MISTAKES,
        Mistake("activations-not-bytes", "activation_memory", "m", "each number takes 4 bytes", 0.5,
                "How many bytes does a 32-bit number have?"),
        *COST_MISTAKES,
    ),
    forms=(Form("parameters", "(n + 1)*m"),),
    conventions=(
        _TEXTBOOK,
        Convention("no-bias", "layers before a batch normalisation", "without biases", {"biases": "0"}, variant=True,
                   untrue=("bias",), own=biases_counted()),
    ),
    input_shape="shape(n)",
    shape="output",
    unknowns=(("n",), ("m",)),
    source="Goodfellow, Bengio and Courville, Deep Learning, 2016, chapter 6",
)  # fmt: skip

MLP = Formula(
    id="mlp",
    title="Multilayer perceptron",
    variables=(WIDTHS,),
    steps=(
        Step("layers", "len(u) - 1", "dense layers: one between each width and the next"),
        Step("output", "shape(u[len(u)])", "output shape"),
        Step("layer_weights", "u[l]*u[l+1]", "weights of a layer", each="l in 1..layers"),
        Step("layer_biases", "u[l+1]", "biases of a layer, one per unit", each="l in 1..layers"),
        Step("weights", "sum(l=1..layers, layer_weights[l])", "weights"),
        Step("biases", "sum(l=1..layers, layer_biases[l])", "biases"),
        Step("parameters", "weights + biases", "parameters"),
        Step("macs", "weights", "MACs (multiply-accumulates)"),
        Step("units", "sum(u) - u[1]", "units of all layers; the inputs are not units"),
        Step("activation_memory", "4*units", "all layers' outputs in memory, 4 bytes a number", unit="bytes"),
        FLOPS,
        PARAMETER_MEMORY,
        MEMORY,
    ),
    answers=("parameters", "output", "weights", "biases", "macs", "flops", "units", "memory", "activation_memory",
             "parameter_memory"),
    mistakes=(
        Mistake("biases-forgotten", "layer_biases", "0", "each unit has its own bias: every layer adds as many biases "
                "as it has units", 0.8, "What does a unit have besides its weights?"),
        Mistake("bias-per-input", "layer_biases", "u[l]", "the biases of a layer belong to its units, not to its "
                "inputs", 0.5, "Do the biases of a layer belong to its inputs or to its units?"),
        Mistake("inputs-have-biases", "biases", "sum(u)", "the inputs are given, not computed, so they have no biases",
                0.5, "Which of the given widths is not computed?"),
        Mistake("one-bias", "layer_biases", "1", "each unit has its own bias, not each layer", 0.4, "How many biases "
                "does one layer have?"),
        Mistake("first-layer-forgotten", "parameters", "sum(l=2..layers, layer_weights[l] + layer_biases[l])", "the "
                "first hidden layer has weights too, from every input", 0.25, "What does the first hidden layer read?"),
        Mistake("hidden-units-alone", "units", "sum(u) - u[1] - u[len(u)]", "the output layer computes too: its units "
                "are counted with the hidden ones", 0.3, "Which layers compute?"),
        Mistake("output-layer-forgotten", "layers", "len(u) - 2", "the step from the last hidden layer to the output "
                "has parameters too", 0.4, "How many layers of weights are there from the inputs to the outputs?"),
        Mistake("hidden-layers-forgotten", "weights", "u[1]*u[len(u)]", "there are weights between each width and the "
                "next: the hidden layers count too", 0.2, "Between which layers are there weights?"),
        Mistake("widths-multiplied", "weights", "prod(u)", "the two widths of one layer are multiplied; the layers are "
                "then added", 0.2, "What is multiplied, and what is added?"),
        Mistake("widths-added", "layer_weights", "u[l] + u[l+1]", "every unit is connected to every unit of the next "
                "layer, so the two widths are multiplied", 0.3, "How many connections start at one unit?"),
        *_MULTIPLY_MISTAKES,
        Mistake("inputs-are-units", "units", "sum(u)", "the inputs are given, not computed, so they are not units", 0.4,
                "Which of the given widths is not computed?"),
        Mistake("activations-not-bytes", "activation_memory", "units", "each number takes 4 bytes", 0.5,
                "How many bytes does a 32-bit number have?"),
        *COST_MISTAKES,
    ),
    conditions=(Condition("layers >= 1", "a network needs at least two widths, inputs and outputs, not only {u}"),),
    conventions=(
        _TEXTBOOK,
        Convention("no-bias", "notes that leave the biases out", "without biases", {"layer_biases": "0"}, variant=True,
                   untrue=("bias",), own=biases_counted("layer_biases")),
    ),
    input_shape="shape(u[1])",
    shape="output",
    source="Goodfellow, Bengio and Courville, Deep Learning, 2016, chapter 6",
)  # fmt: skip

MLP_BATCHNORM = Formula(
    id="mlp_batchnorm",
    title="Multilayer perceptron with batch-normalised hidden layers",
    variables=(WIDTHS,),
    steps=(
        Step("layers", "mlp(u=u)", "the dense layers"),
        Step("hidden", "sum(u) - u[1] - u[len(u)]", "units of the hidden layers"),
        Step("norms", "batchnorm(n=1, c=hidden)", "the batch normalisations, one channel per hidden unit"),
        Step("biases", "layers.biases", "biases of the dense layers"),
        Step("trainable", "layers.weights + biases + norms.trainable", "values that training changes"),
        Step("non_trainable", "norms.non_trainable", "running means and variances"),
        Step("values", "trainable + non_trainable", "all values that the network keeps"),
        Step("parameters", "layers.weights + biases + norms.parameters", "parameters"),
    ),
    answers=("parameters", "trainable", "non_trainable", "values"),
    mistakes=(
        Mistake("output-normalised", "hidden", "sum(u) - u[1]", "only the hidden layers are normalised here, not the "
                "output layer", 0.5, "Which layers are followed by batch normalisation?"),
        Mistake("input-normalised", "hidden", "sum(u) - u[len(u)]", "only the hidden layers are normalised here, not "
                "the inputs", 0.4, "Which layers are followed by batch normalisation?"),
        Mistake("norms-forgotten", "parameters", "layers.weights + biases", "each batch normalisation has its own "
                "parameters: the scale γ and the shift β", 0.6, "Which parameters does batch normalisation learn?"),
    ),
    conditions=(Condition("hidden >= 1", "a network with hidden layers needs at least three widths, not only {u}"),),
    conventions=(
        Convention("textbook", "textbooks", "the two learned values of a channel, γ and β, are its parameters"),
        Convention("pytorch", "PyTorch", "running means and variances are buffers, not parameters"),
        Convention("keras", "Keras", "all four values of a channel are parameters, two of them non-trainable"),
        Convention("no-hidden-bias", "networks that drop the bias before β", "hidden layers without biases",
                   {"biases": "u[len(u)]"}, variant=True, untrue=("bias",)),
    ),
    source="Ioffe and Szegedy, arXiv:1502.03167",
)  # fmt: skip

FORMULAS = {"dense": DENSE, "mlp": MLP, "mlp_batchnorm": MLP_BATCHNORM}
