"""Convolution: output size, parameters and cost; in 1, 2 and 3 dimensions, dilated, grouped, "same" and transposed.

Deep learning's convolution is cross-correlation. Sizes as in V. Dumoulin and F. Visin, A guide to convolution
arithmetic for deep learning, arXiv:1603.07285: relation 6 (and 15 for dilation, 14 for the transposed form), which
PyTorch and Keras share. "same" padding is TensorFlow's and Keras's.
"""

from __future__ import annotations

from dataclasses import replace

from ..model import Condition, Convention, Form, Formula, Mistake, Step, Variable
from .dense import BIAS_AMONG_WEIGHTS, COST_MISTAKES, FLOPS, MEMORY, PARAMETER_MEMORY, biases_counted
from .windows import (
    DILATION,
    FIT_STEPS,
    INPUT,
    ONE_SIDE,
    PADDING,
    SIZE_FORMS,
    STRIDE,
    dilation_mistakes,
    effective_size,
    fit_warnings,
    fits,
    size_mistakes,
    size_steps,
    skipped_between,
)

FILTER = Variable("f", "filter-size", "filter size", per_axis=True, ordinary=(2, 7), search="1..n")
CHANNELS = Variable("c", "channels", "input channels", ordinary=(2, 32))
FILTERS = Variable("k", "filters", "number of filters", ordinary=(2, 64))
GROUPS = Variable("groups", "groups", "groups of channels", default="1", ordinary=(2, 4), search="1..c")
OUTPUT_PADDING = Variable("output_padding", "output-padding", "size added at the end of the output", low=0, default="0",
                          per_axis=True, ordinary=(1, 1), search="0..s")  # fmt: skip

SHAPE_MISTAKES = (
    Mistake("depth-is-channels", "output", "shape(o, c)", "each filter makes one map, so the depth is the number of "
            "filters k, not the input's channels c", 0.5, "What decides the number of output maps?"),
    Mistake("depth-is-product", "output", "shape(o, c*k)", "a filter sums over all its input channels and makes one "
            "map: the depth is k, not c·k", 0.25, "How many maps does one filter make?"),
    Mistake("depth-forgotten", "output", "shape(o)", "the sizes are right, but the output has a depth too: one map for "
            "each of the k filters", 0.4, "How many maps come out of the layer?"),
    Mistake("flattened", "output", "shape(prod(o)*k)", "that is how many numbers come out; the shape says how they "
            "lie: height, width and depth", 0.3, "How many rows, columns and maps are there?"),
    Mistake("input-size-kept", "output", "shape(n, k)", "the maps have the size that the filter's positions give; the "
            "input's size stays only with “same” padding and stride 1", 0.25,
            "At how many positions does the filter fit?"),
    Mistake("depths-added", "output", "shape(o, c + k)", "the filters' maps take the place of the input's channels: "
            "the depth is k, not c + k", 0.2, "How many maps does one filter make?"),
    Mistake("depth-one", "output", "shape(o, 1)", "each of the k filters makes a map of its own: the depth is k, not 1",
            0.25, "How many maps come out of the layer?"),
    Mistake("depth-is-filter-size", "output", "shape(o, f[1])", "the depth is the number of filters k, not their size "
            "f", 0.2, "What decides the number of output maps?"),
    Mistake("axes-swapped", "output", "shape(reverse(o), k)", "height comes before width; here the two sizes are "
            "swapped", 0.3, "Which of the two sizes is the height?"),
)  # fmt: skip

_ONE_AXIS_MISTAKES = (
    Mistake("one-axis-of-positions", "macs", "o[1]*weights", "the filter moves along both axes, so the numbers of its "
            "positions are multiplied", 0.3, "Along how many axes does the filter move?"),
    Mistake("stride-on-one-axis", "output", "shape(o[1], span[2] + 1, k)", "the filter moves by the stride along both "
            "axes; here it moved by 1 along the columns", 0.2, "How far does the filter move along a row?"),
    Mistake("stride-on-the-other-axis", "output", "shape(span[1] + 1, o[2], k)", "the filter moves by the stride along "
            "both axes; here it moved by 1 down the rows", 0.2, "How far does the filter move down a column?"),
)  # fmt: skip

COUNT_MISTAKES = (
    Mistake("biases-forgotten", "biases", "0", "each filter has its own bias, so k biases are added to the weights",
            0.8, "What does a filter have besides its weights?"),
    Mistake("channels-forgotten", "weights", "prod(f)*k/groups", "a filter has weights for every input channel; here "
            "the channels are left out", 0.8, "How many channels does one filter read?"),
    Mistake("one-bias", "biases", "1", "each filter has its own bias: there are k biases, not one for the layer", 0.4,
            "How many biases does the layer have?"),
    Mistake("bias-per-channel", "biases", "c*k", "a filter has one bias for all its channels together, not one for "
            "each channel", 0.4, "Is there one bias per filter, or one per channel of a filter?"),
    Mistake("filters-forgotten", "weights", "prod(f)*c/groups", "these are the weights of one filter; the layer has k "
            "filters", 0.5, "How many filters does the layer have?"),
    Mistake("one-filter-only", "parameters", "prod(f)*c/groups + 1", "these are the parameters of one filter; the "
            "layer has k filters", 0.25, "How many filters does the layer have?"),
    Mistake("filter-not-squared", "weights", "f[1]*c*k/groups", "a filter extends along every axis, so its sizes are "
            "multiplied", 0.4, "How many weights does one channel of the filter have?"),
    Mistake("input-for-filter", "weights", "prod(n)*c*k/groups", "all positions share the weights of the filters: "
            "their number does not depend on the input size n", 0.3, "Which of the given sizes belong to the "
            "filters?"),
    Mistake("weights-per-position", "weights", "prod(o)*prod(f)*c*k/groups", "all output positions share the same "
            "weights; they are counted once, not at every position", 0.3, "Which weights does the next window use?"),
    Mistake("bias-per-position", "biases", "prod(o)*k", "all positions of a map share one bias: there are k biases, "
            "not one per position", 0.3, "Which bias does the next position use?"),
    Mistake("outputs-for-parameters", "parameters", "prod(o)*k", "that is the number of outputs; the parameters are "
            "the numbers that the filters learn", 0.25, "Which numbers does the layer learn?"),
    replace(BIAS_AMONG_WEIGHTS, expression="prod(f)*c*k/groups + k"),
    Mistake("channels-and-filters-added", "weights", "prod(f)*(c + k)", "each of the k filters has weights for each of "
            "the c channels: the two numbers are multiplied", 0.2, "How many weights does one filter have?"),
    Mistake("bias-per-input-channel", "biases", "c", "a bias belongs to a filter, not to a channel of the input: k "
            "biases, not c", 0.3, "Which side of the layer do the biases belong to?"),
    Mistake("counted-as-dense", "parameters", "prod(n)*c*prod(o)*k + prod(o)*k", "a dense layer joins every input to "
            "every output; a filter reads only its window, and all windows share its weights", 0.2,
            "How many numbers does one output read?"),
    Mistake("groups-divided-twice", "weights", "prod(f)*c*k/groups^2", "groups make each filter less deep, c/groups; "
            "there are still k filters", 0.25, "How many filters do all the groups have together?"),
    Mistake("groups-ignored", "weights", "prod(f)*c*k", "with groups, a filter reads only c/groups of the channels",
            0.5, "How many channels does one filter of a group see?"),
)  # fmt: skip

_NEED_TWO_AXES = frozenset({"axes-swapped", "filter-not-squared", "one-axis-discarded", "stride-on-one-axis",
                            "stride-on-the-other-axis", "one-axis-of-positions"})  # fmt: skip

NO_BIAS = Convention("no-bias", "layers before a batch normalisation", "without biases", {"biases": "0"}, variant=True,
                     untrue=("bias",), own=biases_counted())  # fmt: skip

_GROUPS = Condition("mod(c, groups) = 0 and mod(k, groups) = 0", "groups must divide both c and k: {groups} does not "
                    "divide {c} and {k}")  # fmt: skip

_ANSWERS = ("output", "o", "weights", "biases", "parameters", "macs", "flops", "memory", "activation_memory",
            "parameter_memory")  # fmt: skip

_COUNT_FORMS = (
    Form("weights", "prod(f)*c*k", "groups = 1"),
    Form("parameters", "(prod(f)*c + 1)*k", "groups = 1"),
    Form("parameters", "(prod(f)*c/groups + 1)*k"),
)

_RECEPTIVE_FIELD = Step("receptive_field", "f_eff", "receptive field (in the input)", per_axis=True)


def _count_steps(at: str) -> tuple[Step, ...]:
    """From f, c, k, groups and the output size o to the counts; every weight is used once at each position of `at`."""
    return (
        Step("output", "shape(o, k)", "output shape"),
        Step("weights", "prod(f)*c*k/groups", "weights"),
        Step("biases", "k", "biases, one per filter"),
        Step("parameters", "weights + biases", "parameters"),
        Step("macs", f"prod({at})*weights", "MACs (multiply-accumulates)"),
        FLOPS,
        Step("activation_memory", "4*prod(o)*k", "output in memory, 4 bytes a number", unit="bytes"),
        PARAMETER_MEMORY,
        MEMORY,
    )


def _cost_mistakes(at: str) -> tuple[Mistake, ...]:
    return (
        Mistake("macs-one-position", "macs", "weights", "the weights are used again at every output position", 0.5,
                "At how many positions is the filter placed?"),
        Mistake("flops-for-macs", "macs", f"2*prod({at})*weights", "these are FLOPs: one multiply-accumulate is a "
                "multiplication and an addition together", 0.5, "Are a multiplication and its addition counted as one "
                "or as two?"),
        Mistake("activations-not-bytes", "activation_memory", "prod(o)*k", "each number takes 4 bytes", 0.5,
                "How many bytes does a 32-bit number have?"),
        Mistake("outputs-for-macs", "macs", "prod(o)*k", "that is how many numbers come out; each of them takes as "
                "many multiplications as a filter has weights", 0.25, "How many multiplications does one output take?"),
        Mistake("input-in-memory", "activation_memory", "4*(prod(n)*c + prod(o)*k)", "only the output of the layer is "
                "counted; its input is the output of the previous layer", 0.25, "Which layer's output is the input?"),
        Mistake("maps-forgotten", "activation_memory", "4*prod(o)", "that is one map, and k come out", 0.25,
                "How many maps come out of the layer?"),
        Mistake("bits-for-bytes", "activation_memory", "32*prod(o)*k", "these are bits: a 32-bit number has 4 bytes",
                0.25, "How many bytes does a 32-bit number have?"),
        Mistake("eight-bytes", "activation_memory", "8*prod(o)*k", "a 32-bit number has 4 bytes; 8 are those of a "
                "64-bit number", 0.2, "How many bytes does a 32-bit number have?"),
        *COST_MISTAKES,
    )  # fmt: skip


_MACS_PER_INPUT = Mistake(
    "macs-per-input", "macs", "prod(n)*weights", "the weights are used once per output position, not once per input "
    "position", 0.5, "At how many positions is the filter placed?")  # fmt: skip


def along(axes: int, formula: Formula) -> Formula:
    """The same formula for inputs with one or three spatial axes: `conv1d_same`, `pool3d`."""
    name, _, rest = formula.id.partition("_")
    window = "window" if name == "pool" else "filter"
    renamed = dict(zip(fit_warnings(window, 2), fit_warnings(window, axes), strict=True))
    return replace(
        formula,
        id=f"{name}{axes}d_{rest}" if rest else f"{name}{axes}d",
        title=f"{axes}-D {formula.title[0].lower()}{formula.title[1:]}",
        axes=axes,
        mistakes=tuple(m for m in formula.mistakes if axes > 1 or m.id not in _NEED_TWO_AXES),
        warnings=tuple(renamed.get(warning, warning) for warning in formula.warnings),
    )


CONV = Formula(
    id="conv",
    title="Convolution",
    variables=(INPUT, FILTER, STRIDE, PADDING, DILATION, CHANNELS, FILTERS, GROUPS),
    steps=(*size_steps("filter"), *_count_steps("o"), _RECEPTIVE_FIELD, *FIT_STEPS),
    answers=(*_ANSWERS, "receptive_field"),
    mistakes=(
        *size_mistakes("filter"),
        *SHAPE_MISTAKES,
        *_ONE_AXIS_MISTAKES,
        *COUNT_MISTAKES,
        _MACS_PER_INPUT,
        *_cost_mistakes("o"),
    ),
    forms=(
        *SIZE_FORMS,
        *_COUNT_FORMS,
        Form("macs", "prod(o)*prod(f)*c*k", "groups = 1"),
    ),
    conditions=(fits("filter"), _GROUPS),
    warnings=fit_warnings("filter", 2),
    conventions=(Convention("textbook", "textbooks, PyTorch, Keras", "one bias per filter"), NO_BIAS),
    axes=2,
    input_shape="shape(n, c)",
    shape="output",
    unknowns=(("f", "p"), ("s",), ("p",)),
    notes=("a convolution here is a cross-correlation, as in every deep-learning framework",),
    source="Dumoulin and Visin, arXiv:1603.07285",
)

SAME_STEPS = (
    Step("o", "ceil(n/s)", "output size", per_axis=True),
    Step("pad", "max((o - 1)*s + f_eff - n, 0)", "padding on both sides together, what the last window lacks",
         per_axis=True),
    Step("pad_begin", "floor(pad/2)", "padding before the input", per_axis=True),
    Step("pad_end", "pad - pad_begin", "padding after the input, with the odd pixel", per_axis=True),
)  # fmt: skip
"""TensorFlow's and Keras's “same”, after the effective size of the window."""

SAME_MISTAKES = (
    Mistake("rounded-down", "o", "floor(n/s)", "“same” padding also fills the last window, which the input fills only "
            "partly: n/s is rounded up", 0.7, "Which window reads the pixels left over at the end?"),
    Mistake("stride-ignored", "o", "n", "“same” keeps the size only at stride 1; with stride s the size is divided by "
            "s", 0.6, "How far does the filter move from one position to the next?"),
    Mistake("padding-forgotten", "o", "floor((n - f_eff)/s) + 1", "this is the size without padding (“valid”); “same” "
            "pads until ⌈n/s⌉ positions fit", 0.5, "What is “same” padding for?"),
    Mistake("padding-of-each-side-in-output", "o", "floor((n + 2*(f_eff - 1) - f_eff)/s) + 1", "f − 1 is the padding "
            "of both sides together at stride 1, not of each side", 0.5, "How is the padding divided between the two "
            "sides?"),
    Mistake("half-filter-padded", "o", "floor(n/s) + 1", "f/2 on each side is too much: at stride 1 both sides "
            "together need f − 1", 0.5, "How far does a filter of size 3 reach beyond its centre?"),
    Mistake("padding-of-stride-one", "pad", "f_eff - 1", "d(f − 1) is the padding at stride 1; with a larger stride "
            "only the last window decides how much is added", 0.5, "Where does the last window start, and where does "
            "it end?"),
    Mistake("multiplied-by-stride", "o", "n*s", "a larger stride gives fewer positions: n is divided by it", 0.15,
            "Does a larger stride give a larger or a smaller output?"),
    Mistake("fraction-kept", "o", "n/s", "a size is a whole number: n/s is rounded up, because the partly filled last "
            "window counts", 0.25, "Which window reads the pixels left over at the end?"),
    Mistake("padding-of-each-side", "pad", "2*(f_eff - 1)", "f − 1 is the padding of both sides together at stride 1, "
            "not of each side", 0.3, "How is the padding divided between the two sides?"),
    Mistake("odd-pixel-forgotten", "pad_end", "floor(pad/2)", "an odd padding cannot be halved: the extra pixel goes "
            "to the end", 0.4, "What do the paddings of the two sides add up to?"),
)  # fmt: skip

CONV_SAME = Formula(
    id="conv_same",
    title="Convolution with “same” padding",
    variables=tuple(variable for variable in CONV.variables if variable is not PADDING),
    steps=(
        effective_size("filter"),
        *SAME_STEPS,
        *_count_steps("o"),
        _RECEPTIVE_FIELD,
    ),
    answers=(*_ANSWERS, "pad", "pad_begin", "pad_end", "receptive_field"),
    mistakes=(*SAME_MISTAKES, *dilation_mistakes("filter"), *SHAPE_MISTAKES, *COUNT_MISTAKES, _MACS_PER_INPUT,
              *_cost_mistakes("o")),
    forms=(
        Form("o", "n", "s = 1"),
        Form("pad", "f - 1", "s = 1 and d = 1"),
        Form("pad", "d*(f - 1)", "s = 1"),
        *_COUNT_FORMS,
        Form("macs", "prod(o)*prod(f)*c*k", "groups = 1"),
    ),
    conditions=(_GROUPS,),
    warnings=(
        Condition("s = 1", "PyTorch refuses “same” padding with a stride of {s}; this is TensorFlow's and Keras's",
                  per_axis=True),
        skipped_between("filter"),
    ),
    conventions=(
        Convention("textbook", "textbooks, TensorFlow, Keras, ONNX SAME_UPPER", "the odd pixel of padding goes to the "
                   "end"),
        Convention("same-lower", "ONNX SAME_LOWER", "the odd pixel of padding goes to the beginning",
                   {"pad_begin": "ceil(pad/2)"}, untrue=("goes to the end",)),
        NO_BIAS,
    ),
    axes=2,
    input_shape="shape(n, c)",
    shape="output",
    unknowns=(("s",), ("n",)),
    notes=("with an odd filter and stride 1, “same” is p = d(f − 1)/2 on each side; an even filter needs one more "
           "pixel at the end",),
    source="TensorFlow, tf.nn, notes on padding",
)  # fmt: skip

_TRANSPOSED_MISTAKES = (
    Mistake("forward-formula", "o", "floor((n + 2p - f_eff)/s) + 1", "this is the size after an ordinary convolution; "
            "a transposed convolution makes the input larger", 0.6, "Does a transposed convolution make its input "
            "larger or smaller?"),
    Mistake("no-minus-one", "gaps", "n", "there are n − 1 steps between n inputs, and each step is s pixels", 0.6,
            "How many steps are there from the first input to the last?"),
    Mistake("padding-once", "crop", "p", "both sides are cropped, so the output shrinks by 2p, not by p", 0.6, "How "
            "many sides of the output are cropped?"),
    Mistake("padding-forgotten", "crop", "0", "the padding of a transposed convolution is cropped from its output: − "
            "2p", 0.5, "What does the padding do to the output of a transposed convolution?"),
    Mistake("padding-added", "o", "full + crop + output_padding", "the padding of a transposed convolution is cropped "
            "from its output, not added", 0.5, "Does more padding make this output larger or smaller?"),
    Mistake("filter-forgotten", "full", "stretched", "the last filter reaches f − 1 pixels beyond the place where it "
            "is laid: + f", 0.3, "How far does the last filter reach?"),
    Mistake("filter-subtracted", "full", "stretched - f_eff", "a transposed convolution enlarges: the filter's size is "
            "added", 0.25, "Does a larger filter make this output larger or smaller?"),
    Mistake("size-times-stride", "full", "n*s", "n·s is right only for a filter as large as the stride: the last "
            "filter starts at (n − 1)s and is f long", 0.4, "Where does the filter of the last input start, and where "
            "does it end?"),
    Mistake("stride-ignored", "stretched", "gaps", "the filters of neighbouring inputs start s pixels apart, so the "
            "steps are multiplied by s", 0.4, "How far apart do the filters of two neighbouring inputs start?"),
    Mistake("output-padding-forgotten", "o", "full - crop", "the output padding is added to the size, at the end", 0.5,
            "Which given number is not used yet?"),
    Mistake("output-padding-twice", "o", "full - crop + 2*output_padding", "the output padding is added on one side "
            "only, at the end", 0.4, "On how many sides is the output padding added?"),
    *dilation_mistakes("filter"),
)  # fmt: skip

CONV_TRANSPOSED = Formula(
    id="conv_transposed",
    title="Transposed convolution",
    # here the input may well be smaller than filter, stride and padding
    variables=(replace(INPUT, ordinary=(3, 16)), replace(FILTER, search="1..64"), replace(STRIDE, search="1..64"),
               replace(PADDING, search="0..64"), DILATION, OUTPUT_PADDING, CHANNELS, FILTERS, GROUPS),
    steps=(
        effective_size("filter"),
        Step("gaps", "n - 1", "steps from the first input to the last", per_axis=True),
        Step("stretched", "gaps*s", "start of the last input's filter", per_axis=True),
        Step("full", "stretched + f_eff", "size before cropping", per_axis=True),
        Step("crop", "2p", "padding, cropped from both sides", per_axis=True),
        Step("o", "full - crop + output_padding", "output size", per_axis=True),
        *_count_steps("n"),
    ),
    answers=_ANSWERS,
    mistakes=(
        *_TRANSPOSED_MISTAKES, *SHAPE_MISTAKES, *COUNT_MISTAKES,
        Mistake("macs-per-output", "macs", "prod(o)*weights", "each input position uses the whole filter once: count "
                "the weights per input position, not per output position", 0.5, "How many times is the whole filter "
                "used?"),
        *_cost_mistakes("n"),
    ),
    forms=(
        Form("o", "(n - 1)*s + f", "d = 1 and p = 0 and output_padding = 0"),
        Form("o", "(n - 1)*s - 2p + f", "d = 1 and output_padding = 0"),
        Form("o", "(n - 1)*s - 2p + d*(f - 1) + 1 + output_padding"),
        *_COUNT_FORMS,
        Form("macs", "prod(n)*prod(f)*c*k", "groups = 1"),
    ),
    conditions=(
        Condition("output_padding < max(s, d)", "the output padding must be smaller than the stride or the dilation: "
                  "{output_padding} is not below {s} or {d}", per_axis=True),
        Condition("o >= 1", "the padding crops away the whole output: 2·{p} of {full} pixels", per_axis=True),
        _GROUPS,
    ),
    warnings=(
        Condition("s <= f_eff", "the stride {s} is larger than the filter {f_eff}: some outputs lie between the "
                  "filters and hold only the bias", per_axis=True),
        Condition("mod(f_eff, s) = 0 or s > f_eff", "the stride {s} does not divide the filter {f_eff}: some outputs "
                  "sum more products than their neighbours (a checkerboard)", per_axis=True),
    ),
    conventions=(
        Convention("textbook", "textbooks, PyTorch", "the output ends where the last filter ends"),
        Convention("keras", "Keras and TensorFlow with valid padding and no output padding", "the gap after the last "
                   "filter belongs to the output: (n − 1)s + max(f, s)",
                   {"o": "stretched + if(p = 0 and output_padding = 0, max(f_eff, s), f_eff) - crop + output_padding"}),
        NO_BIAS,
    ),
    axes=2,
    input_shape="shape(n, c)",
    shape="output",
    unknowns=(("f", "p"), ("s",), ("p",)),
    notes=("MACs are counted before cropping, once per input position and weight",
           "Keras with “same” padding makes n·s: --transposed with --same"),
    source="Dumoulin and Visin, arXiv:1603.07285; checkerboards: Odena and others, Distill, 2016",
)  # fmt: skip

PAD_BEGIN = Variable("pad_begin", "padding-begin", "padding before the input (above, left)", low=0, default="0",
                     per_axis=True, ordinary=(1, 3))  # fmt: skip
PAD_END = replace(PAD_BEGIN, name="pad_end", long="padding-end", meaning="padding after the input (below, right)")

_SIDES_STEPS = (
    effective_size("filter"),
    Step("pad", "pad_begin + pad_end", "padding on both sides", per_axis=True),
    *size_steps("filter")[2:],
)
_SIDES_MISTAKES = (
    ONE_SIDE,
    Mistake("end-only", "pad", "pad_end", "the padding before the input counts too, not only the padding after it", 0.4,
            "On how many sides is the input padded?"),
    Mistake("first-padding-twice", "pad", "2pad_begin", "the two sides have different paddings: add them, do not "
            "double the padding before the input", 0.5, "How much padding does each side have?"),
    Mistake("second-padding-twice", "pad", "2pad_end", "the two sides have different paddings: add them, do not double "
            "the padding after the input", 0.4, "How much padding does each side have?"),
    *(m for m in size_mistakes("filter") if m.id not in ("padding-once", "padding-of-four-sides")),
)  # fmt: skip

_SIDES_FIT = (
    FIT_STEPS[0],
    Step("lost", "min(n, max(0, remainder - pad_end))", "positions along the axis that no window reads", per_axis=True),
)

CONV_ASYMMETRIC = replace(
    CONV,
    id="conv_asymmetric",
    title="Convolution with different padding on each side",
    variables=(INPUT, FILTER, STRIDE, PAD_BEGIN, PAD_END, DILATION, CHANNELS, FILTERS, GROUPS),
    steps=(*_SIDES_STEPS, *_count_steps("o"), _RECEPTIVE_FIELD, *_SIDES_FIT),
    mistakes=(*_SIDES_MISTAKES, *SHAPE_MISTAKES, *COUNT_MISTAKES, _MACS_PER_INPUT, *_cost_mistakes("o")),
    forms=(
        Form("o", "n + pad_begin + pad_end - f + 1", "s = 1 and d = 1"),
        Form("o", "floor((n + pad_begin + pad_end - f)/s) + 1", "d = 1"),
        Form("o", "floor((n + pad_begin + pad_end - d*(f - 1) - 1)/s) + 1"),
        *_COUNT_FORMS,
        Form("macs", "prod(o)*prod(f)*c*k", "groups = 1"),
    ),
    unknowns=(("f",), ("s",)),
    notes=("PyTorch pads such an input first (torch.nn.functional.pad), Keras uses ZeroPadding2D",),
)

_CAUSAL_MISTAKES = (
    Mistake("rounded-down", "o", "floor(n/s)", "the first window ends at the first input, and every s-th input "
            "follows: n/s is rounded up", 0.5, "Where does the first window end?"),
    Mistake("stride-ignored", "o", "n", "a causal convolution keeps the length only at stride 1; with stride s the "
            "length is divided by s", 0.6, "How far does the filter move from one position to the next?"),
    Mistake("padding-forgotten", "o", "floor((n - f_eff)/s) + 1", "this is the length without padding (“valid”); a "
            "causal convolution is padded by d(f − 1) before the input", 0.6, "How many zeros come before the first "
            "input?"),
    Mistake("padding-on-both-sides", "pad_begin", "floor((f_eff - 1)/2)", "half of the padding on each side is “same”; "
            "a causal convolution puts all of it before the input", 0.5, "Which inputs may an output of a causal "
            "convolution read?"),
    Mistake("dilation-ignored", "pad_begin", "f - 1", "a dilated filter reaches d(f − 1) steps back, not f − 1", 0.5,
            "How far back does the dilated filter reach?"),
    Mistake("filter-size-padded", "pad_begin", "f_eff", "the last weight reads the present input, so the filter "
            "reaches one step less back than its length", 0.4, "Which input does the last weight of the filter read?"),
    Mistake("padding-after", "pad_end", "f_eff - 1", "padding after the input would let the filter read later inputs; "
            "a causal convolution has none there", 0.3, "Which inputs may an output of a causal convolution read?"),
)  # fmt: skip

CONV_CAUSAL = replace(
    along(1, CONV),
    id="conv1d_causal",
    title="1-D causal convolution",
    variables=tuple(variable for variable in CONV.variables if variable is not PADDING),
    steps=(
        effective_size("filter"),
        Step("pad_begin", "f_eff - 1", "padding before the input", per_axis=True),
        Step("pad_end", "0", "padding after the input", per_axis=True),
        Step("o", "ceil(n/s)", "output size", per_axis=True),
        *_count_steps("o"),
        _RECEPTIVE_FIELD,
    ),
    answers=(*_ANSWERS, "pad_begin", "pad_end", "receptive_field"),
    mistakes=(*_CAUSAL_MISTAKES, *(m for m in dilation_mistakes("filter") if m.id == "dilation-times-size"),
              *(m for m in (*SHAPE_MISTAKES, *COUNT_MISTAKES) if m.id not in _NEED_TWO_AXES), _MACS_PER_INPUT,
              *_cost_mistakes("o")),
    forms=(
        Form("o", "n", "s = 1"),
        Form("pad_begin", "f - 1", "d = 1"),
        Form("pad_begin", "d*(f - 1)"),
        *_COUNT_FORMS,
        Form("macs", "prod(o)*prod(f)*c*k", "groups = 1"),
    ),
    conditions=(_GROUPS,),
    warnings=(skipped_between("filter"),),
    conventions=(Convention("textbook", 'textbooks, Keras (padding="causal")', "all padding comes before the input"),
                 NO_BIAS),
    unknowns=(("s",), ("n",)),
    notes=("an output depends on its own input and earlier ones, never on later ones",),
    source="van den Oord and others, WaveNet, arXiv:1609.03499",
)  # fmt: skip

CONV_TRANSPOSED_SAME = replace(
    CONV_TRANSPOSED,
    id="conv_transposed_same",
    title="Transposed convolution with “same” padding",
    variables=tuple(v for v in CONV_TRANSPOSED.variables if v.name not in ("p", "output_padding")),
    steps=(
        *CONV_TRANSPOSED.steps[:4],  # up to the size before cropping
        Step("o", "n*s", "output size", per_axis=True),
        Step("crop", "max(full - o, 0)", "cropped from both sides together", per_axis=True),
        Step("crop_begin", "floor(crop/2)", "cropped before the output", per_axis=True),
        Step("crop_end", "crop - crop_begin", "cropped after the output, with the extra pixel", per_axis=True),
        *_count_steps("n"),
    ),
    answers=(*_ANSWERS, "crop", "crop_begin", "crop_end"),
    mistakes=(
        Mistake("size-before-cropping", "o", "full", "this is the size before cropping (“valid”); “same” crops it to "
                "n·s", 0.6, "What is “same” padding for?"),
        Mistake("forward-formula", "o", "ceil(n/s)", "this is the size after an ordinary convolution; a transposed "
                "convolution makes the input larger", 0.6, "Does a transposed convolution make its input larger or "
                "smaller?"),
        Mistake("stride-ignored", "o", "n", "“same” keeps the size only at stride 1; with stride s a transposed "
                "convolution multiplies it by s", 0.6, "How far apart do the filters of two neighbouring inputs "
                "start?"),
        Mistake("no-last-gap", "o", "stretched", "the last input counts too: n·s, not (n − 1)s", 0.4, "How many inputs "
                "are there?"),
        *dilation_mistakes("filter"),
        *SHAPE_MISTAKES, *COUNT_MISTAKES,
        next(m for m in CONV_TRANSPOSED.mistakes if m.id == "macs-per-output"),
        *_cost_mistakes("n"),
    ),
    forms=(*_COUNT_FORMS, Form("macs", "prod(n)*prod(f)*c*k", "groups = 1")),
    conditions=(_GROUPS,),
    conventions=(Convention("textbook", "Keras and TensorFlow with “same” padding", "the size is multiplied by the "
                 "stride"), NO_BIAS),
    unknowns=(("s",), ("n",)),
    notes=("MACs are counted before cropping, once per input position and weight",
           "PyTorch makes the same size with its own padding and output padding: f − s = 2p − output_padding"),
)  # fmt: skip


FORMULAS = {
    formula.id: formula
    for plain in (CONV, CONV_SAME, CONV_TRANSPOSED, CONV_ASYMMETRIC, CONV_TRANSPOSED_SAME)
    for formula in (plain, along(1, plain), along(3, plain))
} | {CONV_CAUSAL.id: CONV_CAUSAL}
