"""Pooling: output size with the last window left out or kept, and LeNet-5's trainable sub-sampling.

The window moves by its own size unless a stride is given. PyTorch, Keras and TensorFlow round down; Caffe rounds up,
and so does PyTorch with `ceil_mode=True`, which then drops a last window that would start in the padding behind the
input.
Sub-sampling: Y. LeCun et al., Gradient-based learning applied to document recognition, 1998.
"""

from __future__ import annotations

from dataclasses import replace

from ..model import Condition, Convention, Form, Formula, Mistake, Step
from .convolution import CHANNELS, FILTER, SAME_MISTAKES, SAME_STEPS, along
from .dense import COST_MISTAKES, FLOPS, MEMORY, PARAMETER_MEMORY
from .windows import (
    DILATION,
    FIT_STEPS,
    INPUT,
    PADDING,
    SIZE_FORMS,
    STRIDE,
    effective_size,
    fit_warnings,
    fits,
    size_mistakes,
    size_steps,
)

WINDOW = replace(FILTER, long="window-size", meaning="window size", ordinary=(2, 4))
POOLING_STRIDE = replace(STRIDE, default="f", ordinary=(1, 3))
DEPTH = replace(CHANNELS, meaning="channels, which pooling keeps")

_VARIABLES = (INPUT, WINDOW, POOLING_STRIDE, replace(PADDING, ordinary=(1, 2)), DILATION, DEPTH)

_OUTPUT = Step("output", "shape(o, c)", "output shape")
_ACTIVATIONS = Step("activation_memory", "4*prod(o)*c", "output in memory, 4 bytes a number", unit="bytes")

_COUNTS = (
    _OUTPUT,
    Step("weights", "0", "weights: there are none"),
    Step("biases", "0", "biases: there are none"),
    Step("parameters", "weights + biases", "parameters"),
    Step("macs", "0", "MACs: there are none"),
    FLOPS,
    Step("comparisons", "prod(o)*c*(prod(f) - 1)", "comparisons of max pooling, additions of average pooling"),
    _ACTIVATIONS,
    PARAMETER_MEMORY,
    MEMORY,
    Step("receptive_field", "f_eff", "receptive field (in the input)", per_axis=True),
    Step("discarded", "1 - prod(o)/prod(n)", "share of the values that is discarded"),
)

_ANSWERS = ("output", "o", "weights", "biases", "parameters", "macs", "flops", "memory", "activation_memory",
            "parameter_memory", "receptive_field", "comparisons", "discarded")  # fmt: skip

_SHAPE_MISTAKES = (
    Mistake("depth-divided", "output", "shape(o, floor(c/s[1]))", "pooling works on each channel separately, so the "
            "depth stays c: only height and width shrink", 0.5, "How many channels does one pooling window read?"),
    Mistake("depth-one", "output", "shape(o, 1)", "pooling works on each channel separately, so c maps come out, not "
            "one", 0.4, "How many channels does one pooling window read?"),
    Mistake("depth-forgotten", "output", "shape(o)", "the sizes are right, but the output has a depth too: each of the "
            "c channels is pooled by itself", 0.4, "How many maps are pooled?"),
    Mistake("flattened", "output", "shape(prod(o)*c)", "that is how many numbers come out; the shape says how they "
            "lie: height, width and depth", 0.3, "How many rows, columns and maps are there?"),
    Mistake("axes-swapped", "output", "shape(reverse(o), c)", "height comes before width; here the two sizes are "
            "swapped", 0.3, "Which of the two sizes is the height?"),
    Mistake("stride-on-one-axis", "output", "shape(o[1], span[2] + 1, c)", "the window moves by the stride along both "
            "axes; here it moved by 1 along the columns", 0.2, "How far does the window move along a row?"),
    Mistake("stride-on-the-other-axis", "output", "shape(span[1] + 1, o[2], c)", "the window moves by the stride along "
            "both axes; here it moved by 1 down the rows", 0.2, "How far does the window move down a column?"),
)  # fmt: skip

_COUNT_MISTAKES = (
    Mistake("weights-given", "weights", "prod(f)*c", "the window only takes the largest value or the average: pooling "
            "learns nothing, so it has no weights", 0.6, "What does pooling learn during training?"),
    Mistake("biases-given", "biases", "c", "nothing is added to the pooled value: pooling has no biases", 0.4, "What "
            "does pooling learn during training?"),
    Mistake("weights-and-biases-given", "weights", "prod(f)*c", "pooling only picks the largest value or averages: it "
            "has neither weights nor biases", 0.35, "What does pooling learn?", more=(("biases", "c"),)),
    Mistake("counted-as-convolution", "weights", "prod(f)*c^2", "these are the parameters of a convolution of this "
            "size; pooling learns nothing", 0.3, "What does pooling learn?", more=(("biases", "c"),)),
    Mistake("counted-as-convolution-weights", "weights", "prod(f)*c^2", "these are the weights of a convolution of "
            "this size; pooling learns nothing", 0.25, "What does pooling learn?"),
    Mistake("window-given", "weights", "prod(f)", "the window has no weights: it only picks the largest value or "
            "averages", 0.25, "What does pooling learn?"),
    Mistake("window-given-with-bias", "weights", "prod(f)", "the window has no weights: it only picks the largest "
            "value or averages", 0.25, "What does pooling learn?", more=(("biases", "1"),)),
    Mistake("scale-and-shift-given", "parameters", "2c", "a scale and a shift for each channel belong to batch "
            "normalisation or to LeNet's sub-sampling; plain pooling learns nothing", 0.2, "What does pooling learn?"),
    Mistake("outputs-for-parameters", "parameters", "prod(o)*c", "that is how many numbers come out; parameters are "
            "what a layer learns, and pooling learns nothing", 0.25, "What does pooling learn?"),
    Mistake("comparisons-for-macs", "macs", "prod(o)*c*(prod(f) - 1)", "these are comparisons or additions; pooling "
            "multiplies by no weight", 0.25, "By what would a value in the window be multiplied?"),
    Mistake("macs-given", "macs", "prod(o)*prod(f)*c", "pooling compares or adds values; it multiplies by no weight",
            0.4, "What would a value in the window be multiplied by?"),
    Mistake("channels-forgotten", "comparisons", "prod(o)*(prod(f) - 1)", "every channel is pooled separately, so the "
            "count is multiplied by c", 0.5, "How many maps are pooled?"),
    Mistake("values-for-comparisons", "comparisons", "prod(o)*c*prod(f)", "to find the largest of f² values takes f² − "
            "1 comparisons", 0.4, "How many comparisons does it take to find the larger of two values?"),
    Mistake("activations-not-bytes", "activation_memory", "prod(o)*c", "each number takes 4 bytes", 0.5,
            "How many bytes does a 32-bit number have?"),
    Mistake("kept-for-discarded", "discarded", "prod(o)/prod(n)", "this is the share that is kept; the rest is "
            "discarded", 0.4, "Which values are left after the pooling?"),
    Mistake("one-axis-discarded", "discarded", "1 - o[1]/n[1]", "both axes shrink, so the shares that are kept on each "
            "axis are multiplied", 0.5, "Along how many axes does pooling shrink the map?"),
)  # fmt: skip

_STRIDE_ONE = Mistake("stride-one", "q", "span", "the window moves by the stride; if no stride is given, it is the "
                      "window size f, not 1", 0.6,
                      "How far does the window move from one position to the next?")  # fmt: skip

_HALF = Condition("2p <= f", "PyTorch refuses a padding of more than half the window: 2·{p} > {f}", per_axis=True)
_NOTHING_LEARNT = ("pooling has nothing to learn: no parameters",)

POOL = Formula(
    id="pool",
    title="Pooling",
    variables=_VARIABLES,
    steps=(*size_steps("window"), *_COUNTS, *FIT_STEPS),
    answers=_ANSWERS,
    mistakes=(
        *(m for m in size_mistakes("window") if m.id != "stride-ignored"),
        _STRIDE_ONE,
        *_SHAPE_MISTAKES,
        *_COUNT_MISTAKES,
    ),
    forms=SIZE_FORMS,
    conditions=(fits("window"),),
    warnings=(*fit_warnings("window", 2), _HALF),
    conventions=(
        Convention("textbook", "textbooks, PyTorch, Keras", "a last window that does not fit completely is left out"),
    ),
    axes=2,
    input_shape="shape(n, c)",
    shape="output",
    unknowns=(("f",), ("s",), ("p",)),
    notes=_NOTHING_LEARNT,
    source="Dumoulin and Visin, arXiv:1603.07285",
)

_CEIL_MISTAKES = (
    Mistake("rounded-down", "q", "floor(span/s)", "in ceil mode a partly filled last window counts: round up", 0.7,
            "What happens in ceil mode to a window that hangs over the edge?"),
    Mistake("no-plus-one", "o", "q", "the first position counts too: 4 moves visit 5 positions", 0.8, "How many "
            "positions does the window have before its first move?"),
)  # fmt: skip

_SHARED_WITH_CEIL = frozenset(
    {"padding-once", "padding-forgotten", "size-added", "dilation-ignored", "dilation-times-size"}
)

POOL_CEIL = Formula(
    id="pool_ceil",
    title="Pooling in ceil mode",
    variables=_VARIABLES,
    steps=(
        *(step for step in size_steps("window") if step.name not in ("q", "o")),
        Step("q", "ceil(span/s)", "steps of the stride, rounded up", per_axis=True),
        Step("last", "q*s", "where the last window would start, in the padded input", per_axis=True),
        Step("o", "if(last >= n + p, q, q + 1)", "output size: no window starts in the padding after the input",
             per_axis=True),
        *_COUNTS,
        Step("overhang", "max(0, (o - 1)*s + f_eff - padded)", "how far the last window reaches beyond the padded "
             "input", per_axis=True),
    ),
    answers=_ANSWERS,
    mistakes=(*_CEIL_MISTAKES, *(m for m in size_mistakes("window") if m.id in _SHARED_WITH_CEIL),
              replace(_STRIDE_ONE, step="o", expression="span + 1"), *_SHAPE_MISTAKES, *_COUNT_MISTAKES),
    forms=(
        Form("o", "ceil((n - f)/s) + 1", "d = 1 and p = 0 and s <= f"),
        Form("o", "ceil((n + 2p - f)/s) + 1", "d = 1 and last < n + p"),
        Form("o", "ceil((n + 2p - d*(f - 1) - 1)/s) + 1", "last < n + p"),
        Form("o", "ceil((n + 2p - d*(f - 1) - 1)/s)", "last >= n + p"),
    ),
    conditions=(Condition("o >= 1", "the window does not fit: f = {f_eff} is larger than the padded input {padded}",
                          per_axis=True),),
    warnings=(
        Condition("overhang = 0", "the last window reaches {overhang} beyond the padded input: it reads only the "
                  "values that exist", per_axis=True),
        _HALF,
    ),
    conventions=(
        Convention("textbook", "PyTorch, ONNX today", "no window starts in the padding after the input"),
        Convention("every-window", "early ONNX, several calculators", "the size is rounded up, and every window counts",
                   {"o": "q + 1"}),
    ),
    axes=2,
    input_shape="shape(n, c)",
    shape="output",
    unknowns=(("f",), ("s",), ("p",)),
    notes=_NOTHING_LEARNT,
    source="PyTorch, torch.nn.MaxPool2d",
)  # fmt: skip

SUBSAMPLING = Formula(
    id="subsampling",
    title="LeNet-5's trainable sub-sampling",
    variables=(INPUT, WINDOW, POOLING_STRIDE, replace(DEPTH, meaning="maps")),
    steps=(
        Step("pooling", "pool(n=n, f=f, s=s, c=c)", "the sums over the windows"),
        Step("output", "pooling.output", "output shape"),
        Step("weights", "c", "coefficients, one per map"),
        Step("biases", "c", "biases, one per map"),
        Step("parameters", "weights + biases", "parameters"),
        Step("outputs", "prod(output)", "outputs, of all maps"),
        Step("macs", "outputs", "multiplications by the coefficient, one per output"),
        FLOPS,
        Step("connections", "outputs*(prod(f) + 1)", "connections: the window and the bias of each output"),
        Step("activation_memory", "4*outputs", "output in memory, 4 bytes a number", unit="bytes"),
        PARAMETER_MEMORY,
        MEMORY,
    ),
    answers=("output", "weights", "biases", "parameters", "macs", "flops", "memory", "activation_memory",
             "parameter_memory", "connections"),
    mistakes=(
        Mistake("coefficients-forgotten", "weights", "0", "unlike plain pooling, LeNet-5 multiplies the sums of each "
                "map by a learned coefficient", 0.6, "What is the sum of a window multiplied by?"),
        Mistake("coefficient-per-window-entry", "weights", "prod(f)*c", "the values of a window are added and "
                "multiplied by one coefficient, not each by its own", 0.5, "How many coefficients does one map have?"),
        Mistake("one-coefficient", "weights", "1", "every map has its own coefficient: there are c, not one for the "
                "layer", 0.4, "How many coefficients do two maps have together?"),
        Mistake("biases-forgotten", "biases", "0", "every map has a bias as well as a coefficient: 2 parameters per "
                "map", 0.6, "What is added to the sum before the activation?"),
        Mistake("one-bias", "biases", "1", "every map has its own bias: there are c, not one for the layer", 0.4, "How "
                "many biases do two maps have together?"),
        Mistake("bias-not-connected", "connections", "outputs*prod(f)", "each output is also connected to its bias: f² "
                "+ 1 connections", 0.5, "What does an output read besides its window?"),
        *COST_MISTAKES,
    ),
    forms=(Form("parameters", "2c"),),
    conditions=(Condition("min(pooling.span) >= 0", "the window does not fit: f = {f} is larger than the input {n}"),),
    conventions=(Convention("textbook", "LeCun and others", "a coefficient and a bias for each map"),),
    axes=2,
    input_shape="shape(n, c)",
    shape="output",
    unknowns=(("c",), ("f",)),
    notes=("plain pooling, as in today's versions of LeNet-5, has no parameters",),
    source="LeCun and others, Gradient-based learning applied to document recognition, 1998",
)  # fmt: skip

_SHARED_WITH_SAME = frozenset({"rounded-down", "stride-ignored", "padding-forgotten", "odd-pixel-forgotten"})

POOL_SAME = Formula(
    id="pool_same",
    title="Pooling with “same” padding",
    variables=tuple(variable for variable in _VARIABLES if variable.name != "p"),
    steps=(effective_size("window"), *SAME_STEPS, *_COUNTS),
    answers=(*_ANSWERS, "pad", "pad_begin", "pad_end"),
    mistakes=(
        *(m for m in SAME_MISTAKES if m.id in _SHARED_WITH_SAME),
        *(m for m in _SHAPE_MISTAKES if "span" not in m.expression),
        *_COUNT_MISTAKES,
    ),
    conventions=(
        Convention("textbook", "TensorFlow, Keras, ONNX SAME_UPPER", "the extra pixel of padding goes to the end"),
    ),
    axes=2,
    input_shape="shape(n, c)",
    shape="output",
    unknowns=(("s",), ("n",)),
    notes=_NOTHING_LEARNT,
    source="TensorFlow, tf.nn, notes on padding",
)

FORMULAS = {
    formula.id: formula
    for plain in (POOL, POOL_CEIL, POOL_SAME)
    for formula in (plain, along(1, plain), along(3, plain))
} | {"subsampling": SUBSAMPLING}
