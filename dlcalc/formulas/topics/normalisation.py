"""Normalisation layers: the values that batch and layer normalisation keep.

Batch normalisation (S. Ioffe and C. Szegedy, arXiv:1502.03167) keeps four values per channel: the scale γ and the shift
β are learnt, the running mean and the running variance are measured in training and used at test time. In a CNN a
channel is a whole map; after a dense layer it is one unit. Layer normalisation (J. L. Ba, J. R. Kiros and G. E. Hinton,
arXiv:1607.06450) has γ and β for every feature and keeps nothing running.
"""

from __future__ import annotations

from dataclasses import replace

from ..model import Convention, Form, Formula, Mistake, Step, Variable
from .dense import FLOPS, MEMORY, PARAMETER_MEMORY
from .windows import INPUT

CHANNELS = Variable("c", "channels", "channels (after a dense layer: units)", ordinary=(2, 64))
FEATURES = Variable("n", "features", "features of one position", ordinary=(4, 64))

_MACS = Step("macs", "0", "MACs: normalising is not counted, as is usual")
_NOT_BYTES = "each number takes 4 bytes"
_VALUES_NOT_BYTES = "each value that is kept takes 4 bytes"
_HOW_MANY_BYTES = "How many bytes does a 32-bit number have?"

BATCHNORM = Formula(
    id="batchnorm",
    title="Batch normalisation",
    variables=(replace(INPUT, ordinary=(4, 32)), CHANNELS),
    steps=(
        Step("output", "shape(n, c)", "output shape, that of the input"),
        Step("sets", "c", "sets of values that share one mean and one variance: the channels"),
        Step("weights", "sets", "scales γ, one per channel"),
        Step("biases", "sets", "shifts β, one per channel"),
        Step("running_means", "sets", "running means, one per channel"),
        Step("running_variances", "sets", "running variances, one per channel"),
        Step("trainable", "weights + biases", "values that training changes"),
        Step("non_trainable", "running_means + running_variances", "values that are measured, not learnt"),
        Step("values", "trainable + non_trainable", "all values that the layer keeps"),
        Step("parameters", "trainable", "parameters"),
        _MACS,
        FLOPS,
        Step("activation_memory", "4*prod(n)*c", "output in memory, 4 bytes a number", unit="bytes"),
        replace(PARAMETER_MEMORY, expression="4*values", meaning="memory of all values kept, at 4 bytes a number"),
        MEMORY,
    ),
    answers=("output", "parameters", "trainable", "non_trainable", "values", "weights", "biases", "macs", "flops",
             "memory", "activation_memory", "parameter_memory"),
    mistakes=(
        Mistake("running-values-forgotten", "values", "trainable", "each channel also keeps a running mean and a "
                "running variance: four values, not two", 0.7, "Which mean and variance does the layer use at test "
                "time?"),
        Mistake("per-pixel", "sets", "prod(n)*c", "all positions of a channel are normalised together, so the values "
                "are kept per channel, not per pixel", 0.6, "Over which values is one mean taken?"),
        Mistake("shift-forgotten", "biases", "0", "in addition to its scale γ, each channel learns a shift β", 0.5,
                "What happens to a value after it is normalised?"),
        Mistake("one-for-all", "sets", "1", "each channel has its own mean, variance, γ and β: there are c of each, "
                "not one for the layer", 0.5, "Over which values is one mean taken?"),
        Mistake("running-values-trained", "trainable", "weights + biases + running_means + running_variances",
                "running means and variances are measured and have no gradient: two trainable values per channel, not "
                "four", 0.5, "Which of the four values have a gradient?"),
        Mistake("running-variance-forgotten", "running_variances", "0", "the normalisation uses a mean and a variance, "
                "so both are kept", 0.3, "What does the normalisation divide by?"),
        Mistake("activations-not-bytes", "activation_memory", "prod(n)*c", _NOT_BYTES, 0.5, _HOW_MANY_BYTES),
        Mistake("parameters-not-bytes", "parameter_memory", "values", _VALUES_NOT_BYTES, 0.5, _HOW_MANY_BYTES),
    ),
    forms=(Form("trainable", "2c"), Form("non_trainable", "2c"), Form("values", "4c")),
    conventions=(
        Convention("textbook", "textbooks", "the two learnt values of a channel, γ and β, are its parameters"),
        Convention("pytorch", "PyTorch", "running means and variances are buffers, not parameters"),
        Convention("keras", "Keras", "all four values of a channel are parameters, two of them non-trainable",
                   {"parameters": "values"}),
        Convention("no-scale", "layers before a ReLU, such as those of Keras's Inception-v3", "a shift for every "
                   "channel, no scale", {"weights": "0"}, variant=True, untrue=("γ", "not four")),
        Convention("keras-no-scale", "Keras, with scale=False", "no scale, and the running values are parameters",
                   {"weights": "0", "parameters": "values"}, variant=True, untrue=("γ", "not four")),
        Convention("no-shift", "layers before another shift", "a scale for every channel, no shift", {"biases": "0"},
                   variant=True, untrue=("β", "not four")),
        Convention("keras-no-shift", "Keras, with center=False", "no shift, and the running values are parameters",
                   {"biases": "0", "parameters": "values"}, variant=True, untrue=("β", "not four")),
        Convention("no-affine", "PyTorch, with affine=False", "neither scale nor shift",
                   {"weights": "0", "biases": "0"}, variant=True, untrue=("γ", "β", "not four")),
        Convention("keras-no-affine", "Keras, with neither", "only running values, which are parameters",
                   {"weights": "0", "biases": "0", "parameters": "values"}, variant=True,
                   untrue=("γ", "β", "not four")),
    ),
    axes=2,
    input_shape="shape(n, c)",
    shape="output",
    unknowns=(("c",),),
    notes=("the shift β makes a bias in the previous layer unnecessary",),
    source="Ioffe and Szegedy, arXiv:1502.03167",
)  # fmt: skip

LAYERNORM = Formula(
    id="layernorm",
    title="Layer normalisation",
    variables=(FEATURES,),
    steps=(
        Step("output", "shape(n)", "output shape, that of the input"),
        Step("pairs", "n", "pairs of a scale γ and a shift β, one per feature"),
        Step("weights", "pairs", "scales γ"),
        Step("biases", "pairs", "shifts β"),
        Step("parameters", "weights + biases", "parameters"),
        _MACS,
        FLOPS,
        Step("activation_memory", "4n", "output in memory, 4 bytes a number", unit="bytes"),
        PARAMETER_MEMORY,
        MEMORY,
    ),
    answers=("output", "parameters", "weights", "biases", "macs", "flops", "memory", "activation_memory",
             "parameter_memory"),
    mistakes=(
        Mistake("running-values-counted", "parameters", "weights + biases + 2*pairs", "mean and variance come from the "
                "same features that are normalised, so nothing is kept: two values per feature, not four", 0.6, "Which "
                "values must the layer keep for test time?"),
        Mistake("shift-forgotten", "biases", "0", "in addition to its scale γ, each feature has a shift β", 0.5, "What "
                "happens to a value after it is normalised?"),
        Mistake("one-pair", "pairs", "1", "all features share the mean, but each feature has its own γ and β", 0.5,
                "How many entries does γ have?"),
        Mistake("activations-not-bytes", "activation_memory", "n", _NOT_BYTES, 0.5, _HOW_MANY_BYTES),
        Mistake("parameters-not-bytes", "parameter_memory", "parameters", _VALUES_NOT_BYTES, 0.5, _HOW_MANY_BYTES),
    ),
    forms=(Form("parameters", "2n"),),
    conventions=(
        Convention("textbook", "textbooks, PyTorch, Keras", "a scale and a shift for every feature"),
        Convention("no-bias", "language models that drop the shift", "a scale for every feature, no shift",
                   {"biases": "0"}, variant=True, untrue=("shift", "β")),
    ),
    input_shape="shape(n)",
    shape="output",
    unknowns=(("n",),),
    notes=("no running values are kept, so training and test time compute the same",),
    source="Ba, Kiros and Hinton, arXiv:1607.06450",
)  # fmt: skip

GROUPNORM = replace(
    LAYERNORM,
    id="groupnorm",
    title="Group normalisation",
    variables=(replace(FEATURES, meaning="channels"),),
    steps=(
        replace(LAYERNORM.steps[0], meaning="output shape of one pixel, that of the input"),
        replace(LAYERNORM.steps[1], meaning="pairs of a scale γ and a shift β, one per channel"),
        *LAYERNORM.steps[2:],
    ),
    mistakes=tuple(mistake for mistake in LAYERNORM.mistakes if mistake.id != "shift-forgotten"),
    notes=("the number of groups does not change the counts: γ and β belong to the channels",),
    source="Wu and He, arXiv:1803.08494",
)

FORMULAS = {"batchnorm": BATCHNORM, "layernorm": LAYERNORM, "groupnorm": GROUPNORM}
