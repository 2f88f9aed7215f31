"""Cheaper convolutions, before and after, and the convolution held against a dense layer on the same input.

A depthwise separable convolution is one filter per channel, then a 1×1 convolution that mixes the channels (F. Chollet,
Xception, arXiv:1610.02357; A. Howard et al., MobileNets, arXiv:1704.04861). A bottleneck is a 1×1 convolution to fewer
channels before the filter (C. Szegedy et al., Going deeper with convolutions, arXiv:1409.4842). Squeeze-and-excitation:
J. Hu et al., arXiv:1709.01507. Multiply-accumulates leave the biases out.
"""

from __future__ import annotations

from dataclasses import replace

from ..model import Condition, Convention, Form, Formula, Mistake, Step, Variable
from .convolution import CHANNELS, CONV, FILTERS, GROUPS, NO_BIAS, SHAPE_MISTAKES
from .dense import COST_MISTAKES, FLOPS, MEMORY, OUTPUTS, PARAMETER_MEMORY
from .windows import FIT_STEPS, INPUT, SIZE_FORMS, fit_warnings, fits, size_mistakes, size_steps

BOTTLENECK_WIDTH = Variable("b", "bottleneck", "channels after the 1×1 convolution", ordinary=(2, 8), search="1..c")
REDUCTION = Variable("r", "reduction", "reduction ratio", ordinary=(2, 4), search="1..c")

_PLAIN = tuple(variable for variable in CONV.variables if variable is not GROUPS)

_COMPARED = (
    Step("parameters", "weights + biases", "parameters"),
    FLOPS,
    PARAMETER_MEMORY,
    MEMORY,
    Step("ordinary", "conv(n=n, f=f, s=s, p=p, d=d, c=c, k=k)", "the ordinary convolution"),
    Step("ordinary_parameters", "ordinary.parameters", "parameters of the ordinary convolution"),
    Step("ordinary_macs", "ordinary.macs", "MACs of the ordinary convolution"),
    Step("parameter_ratio", "parameters/ordinary_parameters", "parameters, as a share of the ordinary convolution's"),
    Step("mac_ratio", "macs/ordinary_macs", "MACs, as a share of the ordinary convolution's"),
    *FIT_STEPS,
)

_ANSWERS = ("output", "o", "weights", "biases", "parameters", "macs", "flops", "memory", "activation_memory",
            "parameter_memory", "ordinary_parameters", "ordinary_macs", "parameter_ratio", "mac_ratio")  # fmt: skip

_COMPARED_MISTAKES = (
    *(mistake for mistake in SHAPE_MISTAKES if mistake.step == "output"),
    Mistake("activations-of-the-last", "activation_memory", "4*prod(o)*k", "the output of the first of the two "
            "convolutions is kept in memory too", 0.5, "How many maps do both convolutions compute?"),
    *COST_MISTAKES,
    Mistake("parameter-ratio-upside-down", "parameter_ratio", "ordinary_parameters/parameters", "a share of the "
            "ordinary convolution is divided by the ordinary convolution's parameters; here the fraction is upside "
            "down", 0.4, "Which of the two numbers is the whole?"),
    Mistake("mac-ratio-upside-down", "mac_ratio", "ordinary_macs/macs", "a share of the ordinary convolution is "
            "divided by the ordinary convolution's MACs; here the fraction is upside down", 0.4, "Which of the two "
            "numbers is the whole?"),
)  # fmt: skip

_ORDINARY = ("that is an ordinary convolution; here the filters of one channel each and the 1×1 convolution behind "
             "them are added: f²·c + c·k")  # fmt: skip
_ORDINARY_HINT = "Which two convolutions follow one another?"

DEPTHWISE_SEPARABLE = Formula(
    id="depthwise_separable",
    title="Depthwise separable convolution",
    variables=_PLAIN,
    steps=(
        *size_steps("filter"),
        Step("output", "shape(o, k)", "output shape"),
        Step("depthwise_weights", "prod(f)*c", "weights of the depthwise filters, one filter per channel"),
        Step("pointwise_weights", "c*k", "weights of the 1×1 filters, which mix the channels"),
        Step("weights", "depthwise_weights + pointwise_weights", "weights of both"),
        Step("depthwise_biases", "c", "biases of the depthwise filters"),
        Step("pointwise_biases", "k", "biases of the 1×1 filters"),
        Step("biases", "depthwise_biases + pointwise_biases", "biases of both"),
        Step("depthwise_macs", "prod(o)*depthwise_weights", "MACs of the depthwise filters"),
        Step("pointwise_macs", "prod(o)*pointwise_weights", "MACs of the 1×1 filters"),
        Step("macs", "depthwise_macs + pointwise_macs", "MACs of both"),
        Step("activation_memory", "4*prod(o)*(c + k)", "both outputs in memory, 4 bytes a number", unit="bytes"),
        *_COMPARED,
    ),
    answers=_ANSWERS,
    mistakes=(
        *size_mistakes("filter"),
        Mistake("ordinary-convolution", "weights", "prod(f)*c*k", _ORDINARY, 0.3, _ORDINARY_HINT,
                more=(("biases", "k"),)),
        Mistake("ordinary-convolution-weights", "weights", "prod(f)*c*k", _ORDINARY, 0.3, _ORDINARY_HINT),
        Mistake("pointwise-forgotten", "weights", "depthwise_weights", "the 1×1 convolution that follows has c·k more "
                "weights: it mixes the channels", 0.7, "Which part mixes the channels?"),
        Mistake("depthwise-with-all-channels", "depthwise_weights", "prod(f)*c*c", "a depthwise filter reads one "
                "channel only, so it has f² weights, not f²c", 0.5, "How many channels does one depthwise filter "
                "read?"),
        Mistake("one-depthwise-filter", "depthwise_weights", "prod(f)", "every input channel has its own depthwise "
                "filter: there are c, not one", 0.4, "How many depthwise filters are there?"),
        Mistake("depthwise-filter-per-output", "depthwise_weights", "prod(f)*k", "there is one depthwise filter for "
                "each input channel, not for each output map: c, not k", 0.4, "How many depthwise filters are there?"),
        Mistake("pointwise-with-filter-size", "pointwise_weights", "prod(f)*c*k", "a pointwise filter is 1×1: it has c "
                "weights, not f²c", 0.4, "How large is a pointwise filter?"),
        Mistake("biases-forgotten", "biases", "0", "each filter of both convolutions has a bias: c + k in all", 0.6,
                "What does a filter have besides its weights?"),
        Mistake("depthwise-part-only", "parameters", "depthwise_weights + depthwise_biases", "that is the depthwise "
                "part only; the 1×1 convolution that follows has parameters too", 0.25, "Which part mixes the "
                "channels?"),
        Mistake("pointwise-part-only", "parameters", "pointwise_weights + pointwise_biases", "that is the pointwise "
                "part only; the depthwise filters before it have parameters too", 0.25, "Which part looks at the "
                "neighbours of a pixel?"),
        Mistake("depthwise-forgotten", "weights", "pointwise_weights", "the depthwise filters before the 1×1 "
                "convolution have f²c more weights", 0.25, "Which part looks at the neighbours of a pixel?"),
        Mistake("depthwise-macs-forgotten", "macs", "pointwise_macs", "the depthwise filters cost f²c MACs at every "
                "output position", 0.25, "Which part looks at the neighbours of a pixel?"),
        Mistake("pointwise-macs-forgotten", "macs", "depthwise_macs", "the 1×1 convolution costs c·k MACs at every "
                "output position: usually the larger part", 0.7, "Which part mixes the channels?"),
        Mistake("pointwise-macs-per-input", "pointwise_macs", "prod(n)*pointwise_weights", "the 1×1 filters read the "
                "map that the depthwise filters made, so they run over its positions, not over the input's", 0.4, "How "
                "large is the map that the 1×1 filters read?"),
        *_COMPARED_MISTAKES,
        Mistake("shares-multiplied", "mac_ratio", "1/(k*prod(f))", "the two parts are computed one after the other, so "
                "their shares are added: 1/k + 1/f²", 0.3, "Do the two parts follow each other, or is one inside the "
                "other?"),
    ),
    forms=(
        *SIZE_FORMS,
        Form("weights", "prod(f)*c + c*k"),
        Form("macs", "prod(o)*(prod(f)*c + c*k)"),
        Form("mac_ratio", "1/k + 1/prod(f)"),
    ),
    conditions=(fits("filter"),),
    warnings=fit_warnings("filter", 2),
    conventions=(
        Convention("textbook", "textbooks, two layers in PyTorch", "both convolutions have biases: c + k"),
        Convention("keras", "Keras's SeparableConv2D", "no biases between the two: k", {"depthwise_biases": "0"},
                   untrue=("both convolutions",)),
        replace(NO_BIAS, who="MobileNet and Xception, before each batch normalisation"),
    ),
    axes=2,
    input_shape="shape(n, c)",
    shape="output",
    unknowns=(("k",), ("c",)),
    notes=("for large k the cost falls to about 1/f² of the ordinary convolution's",),
    source="Chollet, arXiv:1610.02357; Howard and others, arXiv:1704.04861",
)  # fmt: skip

BOTTLENECK = Formula(
    id="bottleneck",
    title="1×1 bottleneck before a convolution",
    variables=(*_PLAIN, BOTTLENECK_WIDTH),
    steps=(
        *size_steps("filter"),
        Step("output", "shape(o, k)", "output shape"),
        Step("reduction_weights", "c*b", "weights of the 1×1 filters, which bring c channels down to b"),
        Step("filter_weights", "prod(f)*b*k", "weights of the filters that read those b channels"),
        Step("weights", "reduction_weights + filter_weights", "weights of both"),
        Step("biases", "b + k", "biases of both"),
        Step("reduction_macs", "prod(n)*reduction_weights", "MACs of the 1×1 filters"),
        Step("filter_macs", "prod(o)*filter_weights", "MACs of the filters that follow"),
        Step("macs", "reduction_macs + filter_macs", "MACs of both"),
        Step("activation_memory", "4*(prod(n)*b + prod(o)*k)", "both outputs in memory, 4 bytes a number",
             unit="bytes"),
        *_COMPARED,
    ),
    answers=_ANSWERS,
    mistakes=(
        *size_mistakes("filter"),
        Mistake("reduction-forgotten", "weights", "filter_weights", "the 1×1 convolution before it has c·b weights of "
                "its own", 0.7, "What reduces the c channels to b?"),
        Mistake("channels-not-reduced", "filter_weights", "prod(f)*c*k", "after the 1×1 convolution a filter reads b "
                "channels, not c", 0.5, "How many channels does the second convolution read?"),
        Mistake("reduction-with-filter-size", "reduction_weights", "prod(f)*c*b", "the filters of the first "
                "convolution are 1×1: each has c weights, not f²c", 0.4, "How large are the filters of the first "
                "convolution?"),
        Mistake("reduction-to-k", "reduction_weights", "c*k", "the 1×1 convolution makes b maps; the second "
                "convolution makes the k maps", 0.4, "How many maps does the first convolution make?"),
        Mistake("reduction-biases-forgotten", "biases", "k", "the 1×1 convolution has a bias for each of its b filters",
                0.5, "How many filters do the two convolutions have together?"),
        Mistake("biases-forgotten", "biases", "0", "each filter of both convolutions has a bias: b + k in all", 0.6,
                "What does a filter have besides its weights?"),
        Mistake("reduction-macs-forgotten", "macs", "filter_macs", "the 1×1 convolution before it costs c·b MACs at "
                "every input position", 0.7, "What reduces the c channels to b?"),
        *_COMPARED_MISTAKES,
    ),
    forms=(*SIZE_FORMS, Form("weights", "c*b + prod(f)*b*k")),
    conditions=(fits("filter"),),
    warnings=(
        *fit_warnings("filter", 2),
        Condition("macs < ordinary_macs", "the bottleneck saves nothing: {macs} multiply-accumulates instead of "
                  "{ordinary_macs}"),
    ),
    conventions=(
        Convention("textbook", "textbooks, PyTorch, Keras", "both convolutions have biases: b + k"),
        NO_BIAS,
    ),
    axes=2,
    input_shape="shape(n, c)",
    shape="output",
    unknowns=(("b",), ("k",)),
    source="Szegedy and others, arXiv:1409.4842",
)  # fmt: skip

SQUEEZE_EXCITATION = Formula(
    id="squeeze_excitation",
    title="Squeeze-and-excitation",
    variables=(replace(CHANNELS, meaning="channels", ordinary=(8, 64)), REDUCTION),
    steps=(
        Step("width", "c/r", "units of the middle layer"),
        Step("squeeze", "dense(n=c, m=width)", "the dense layer from c down to c/r"),
        Step("excite", "dense(n=width, m=c)", "the dense layer back to c"),
        Step("weights", "squeeze.weights + excite.weights", "weights of both layers"),
        Step("biases", "squeeze.biases + excite.biases", "biases of both layers"),
        Step("parameters", "weights + biases", "parameters that it adds"),
        Step("macs", "squeeze.macs + excite.macs", "MACs of both layers"),
        FLOPS,
    ),
    answers=("parameters", "weights", "biases", "macs", "flops"),
    mistakes=(
        Mistake("one-layer", "weights", "squeeze.weights", "there are two dense layers, c to c/r and back to c: 2c²/r "
                "weights", 0.6, "How does the block get back to one number per channel?"),
        Mistake("biases-forgotten", "biases", "0", "both layers have biases: c/r and c", 0.6, "What does a unit have "
                "besides its weights?"),
        Mistake("reduction-ignored", "width", "c", "the middle layer is r times narrower: it has c/r units, not c", 0.5,
                "How many units does the middle layer have?"),
        Mistake("ratio-for-width", "width", "r", "r is the reduction ratio, not the width: the middle layer has c/r "
                "units", 0.4, "How many units does the middle layer have?"),
        Mistake("biases-as-wide", "biases", "2c", "the middle layer has c/r units, so it has c/r biases", 0.4, "How "
                "many units does each of the two layers have?"),
        *(m for m in COST_MISTAKES if m.step == "flops"),
    ),
    forms=(
        Form("weights", "2c^2/r"),
        Form("biases", "c + c/r"),
    ),
    conditions=(Condition("mod(c, r) = 0", "the reduction must divide the channels: {r} does not divide {c}"),),
    conventions=(
        Convention("textbook", "textbooks, versions in Keras", "both layers have biases"),
        replace(NO_BIAS, who="Hu and others on ResNets, many versions in PyTorch"),
    ),
    unknowns=(("c",), ("r",)),
    notes=("the averaging of each map and the scaling of the channels are not counted as multiply-accumulates",),
    source="Hu and others, arXiv:1709.01507",
)  # fmt: skip

DENSE_AS_CONV = Formula(
    id="dense_as_conv",
    title="Dense layer as a convolution",
    variables=(INPUT, CHANNELS, replace(FILTERS, long="units",
                                        meaning="units of the dense layer, and filters of the convolution")),
    steps=(
        Step("convolution", "conv(n=n, f=n, c=c, k=k)", "a filter as large as the input, with no padding"),
        Step("inputs", "prod(n)*c", "numbers that the dense layer reads"),
        Step("layer", "dense(n=inputs, m=k)", "the dense layer on the flattened input"),
        Step("output", "convolution.output", "output shape of the convolution"),
        Step("weights", "convolution.weights", "weights of the convolution"),
        Step("dense_weights", "layer.weights", "weights of the dense layer"),
        Step("biases", "convolution.biases", "biases"),
        Step("parameters", "weights + biases", "parameters"),
        Step("macs", "convolution.macs", "MACs (multiply-accumulates)"),
        FLOPS,
        Step("activation_memory", "convolution.activation_memory", "output in memory, 4 bytes a number",
             unit="bytes"),
        PARAMETER_MEMORY,
        MEMORY,
    ),
    answers=("output", "weights", "dense_weights", "biases", "parameters", "macs", "flops", "memory",
             "activation_memory", "parameter_memory"),
    mistakes=(
        Mistake("size-kept", "output", "shape(n, k)", "a filter as large as the input fits at one position only: the "
                "output is 1×1, not n×n", 0.6, "At how many positions does such a filter fit?"),
        Mistake("one-by-one-filter", "weights", "c*k", "a unit of the dense layer reads every position, so its filter "
                "has n²c weights; a 1×1 filter reads one position", 0.6, "How many numbers does one unit of the dense "
                "layer read?"),
        Mistake("channels-not-flattened", "inputs", "prod(n)", "flattening keeps every number of every channel: n²c "
                "numbers, not n²", 0.6, "How many numbers does the flattened input have?"),
        Mistake("biases-forgotten", "biases", "0", "each unit keeps its bias: there are k biases", 0.6, "What does a "
                "unit have besides its weights?"),
        *COST_MISTAKES,
    ),
    forms=(
        Form("weights", "prod(n)*c*k"),
        Form("parameters", "(prod(n)*c + 1)*k"),
    ),
    conventions=(Convention("textbook", "textbooks, PyTorch, Keras", "one bias per unit"), NO_BIAS),
    axes=2,
    input_shape="shape(n, c)",
    shape="output",
    unknowns=(("n",), ("k",)),
    notes=("the weights and outputs are the same; on a larger image the convolution gives a map of them",),
    source="Sermanet and others, OverFeat, arXiv:1312.6229",
)  # fmt: skip

DENSE_ON_IMAGE = Formula(
    id="dense_on_image",
    title="Dense layer on an image",
    variables=(INPUT, CHANNELS, OUTPUTS),
    steps=(
        Step("inputs", "prod(n)*c", "numbers of the image"),
        Step("weights_per_neuron", "inputs", "weights of one neuron, one per input"),
        Step("layer", "dense(n=weights_per_neuron, m=m)", "the dense layer"),
        Step("weights", "layer.weights", "weights"),
        Step("biases", "layer.biases", "biases, one per neuron"),
        Step("parameters", "weights + biases", "parameters"),
        Step("macs", "layer.macs", "MACs (multiply-accumulates)"),
        FLOPS,
    ),
    answers=("weights_per_neuron", "inputs", "weights", "biases", "parameters", "macs", "flops"),
    mistakes=(
        Mistake("channels-forgotten", "inputs", "prod(n)", "every pixel has c numbers, one for each channel: n²c "
                "inputs, not n²", 0.6, "How many numbers does one pixel have?"),
        Mistake("one-side", "inputs", "n[1]*c", "an image has height and width, and every pixel is an input: n²c "
                "numbers, not n·c", 0.5, "How many pixels does the image have?"),
        Mistake("one-neuron", "weights", "weights_per_neuron", "these are the weights of one neuron; the layer has m "
                "neurons", 0.6, "How many neurons read the image?"),
        Mistake("bias-among-weights", "weights_per_neuron", "inputs + 1", "the bias is a parameter but not a weight: a "
                "neuron has one weight per input", 0.4, "Which parameters of a neuron are multiplied by an input?"),
        Mistake("biases-forgotten", "biases", "0", "each neuron has its own bias, so m biases are added to the weights",
                0.6, "What does a neuron have besides its weights?"),
        *(m for m in COST_MISTAKES if m.step == "flops"),
    ),
    forms=(
        Form("weights_per_neuron", "prod(n)*c"),
        Form("weights", "prod(n)*c*m"),
        Form("parameters", "(prod(n)*c + 1)*m"),
    ),
    conventions=(Convention("textbook", "textbooks, PyTorch, Keras", "one bias per neuron"), NO_BIAS),
    axes=2,
    unknowns=(("m",), ("n",)),
    notes=("a filter of a convolution has f²c weights for images of any size",),
)  # fmt: skip

FORMULAS = {
    formula.id: formula
    for formula in (DEPTHWISE_SEPARABLE, BOTTLENECK, SQUEEZE_EXCITATION, DENSE_AS_CONV, DENSE_ON_IMAGE)
}
