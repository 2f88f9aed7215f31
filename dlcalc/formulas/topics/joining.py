"""Layers that have no weights: they reshape, join or scale what others computed, and only the shape is asked.

A shape is height × width × channels; joining along the channels keeps height and width. Nothing is counted as a
multiply-accumulate here, as is usual; the element-wise operations are few beside those of a convolution.
"""

from __future__ import annotations

from dataclasses import replace

from ...expressions.nodes import Kind
from ..model import Condition, Convention, Form, Formula, Mistake, Step, Variable
from .convolution import along
from .windows import INPUT, ONE_SIDE

_SIZES = Variable("x", "sizes", "sizes of the input, channels last", kind=Kind.VECTOR, ordinary=(2, 16), lengths=(3, 3))
_CHANNELS = Variable("c", "channels", "channels of the inputs, one number each", kind=Kind.VECTOR, ordinary=(2, 64),
                     lengths=(2, 4))  # fmt: skip
_MAP_CHANNELS = Variable("c", "channels", "channels", ordinary=(2, 64))
_USUAL = (Convention("textbook", "textbooks, PyTorch, Keras", "no parameters"),)

FLATTEN = Formula(
    id="flatten",
    title="Flatten",
    variables=(_SIZES,),
    steps=(
        Step("units", "prod(x)", "numbers in the input"),
        Step("output", "shape(units)", "output shape"),
    ),
    answers=("output", "units"),
    mistakes=(
        Mistake("depth-forgotten", "units", "x[1]*x[2]", "flattening keeps every channel: the size is height · width · "
                "channels", 0.7, "How many maps does the input have?"),
        Mistake("one-side", "units", "x[1]*x[3]", "a map has a height and a width: multiply both", 0.4, "How many "
                "numbers does one map have?"),
        Mistake("sizes-added", "units", "sum(x)", "the sizes are multiplied, not added", 0.3, "How many numbers are "
                "there in a table of 3 rows and 4 columns?"),
    ),
    conventions=_USUAL,
    input_shape="shape(x)",
    shape="output",
)  # fmt: skip

CONCAT = Formula(
    id="concat",
    title="Concatenation along the channels",
    variables=(INPUT, _CHANNELS),
    steps=(
        Step("depth", "sum(c)", "channels of all inputs together"),
        Step("output", "shape(n, depth)", "output shape"),
    ),
    answers=("output", "depth"),
    mistakes=(
        Mistake("added-not-joined", "depth", "c[1]", "the maps are stacked, not added: the channels of all inputs are "
                "summed", 0.6, "How many maps are there after the concatenation?"),
        Mistake("channels-multiplied", "depth", "prod(c)", "the channels of the inputs are added, not multiplied", 0.3,
                "How many maps do 2 maps and 3 maps make?"),
        Mistake("widest-only", "depth", "max(c)", "every input keeps its channels: add them all", 0.3, "What happens "
                "to the maps of the other inputs?"),
    ),
    axes=2,
    conventions=_USUAL,
    shape="output",
)  # fmt: skip

SAME_SHAPE = Formula(
    id="same_shape",
    title="Element by element",
    variables=(_SIZES,),
    steps=(Step("output", "shape(x)", "output shape, that of the input"),),
    answers=("output",),
    conventions=_USUAL,
    input_shape="shape(x)",
    shape="output",
    notes=("an activation, a dropout, a sum or a product of equal shapes does not change the shape",),
)

GLOBAL_POOL = Formula(
    id="global_pool",
    title="Global pooling",
    variables=(INPUT, _MAP_CHANNELS),
    steps=(Step("output", "shape(c)", "output shape: one number per channel"),),
    answers=("output",),
    mistakes=(
        Mistake("one-number", "output", "shape(1)", "each map is pooled separately: one number per channel", 0.4,
                "Over which numbers is one average taken?"),
    ),
    axes=2,
    conventions=_USUAL,
    input_shape="shape(n, c)",
    shape="output",
    notes=("the window is the whole map, so the output does not depend on the size of the map",),
)  # fmt: skip

ADAPTIVE_POOL = Formula(
    id="adaptive_pool",
    title="Adaptive pooling",
    variables=(
        INPUT,
        Variable("o", "output-size", "output size that is asked for", per_axis=True, ordinary=(1, 7)),
        _MAP_CHANNELS,
    ),
    steps=(Step("output", "shape(o, c)", "output shape: the requested size, for any input"),),
    answers=("output",),
    conditions=(Condition("n >= 1", "the input needs at least one pixel, not {n}", per_axis=True),),
    axes=2,
    conventions=_USUAL,
    input_shape="shape(n, c)",
    shape="output",
    source="PyTorch, torch.nn.AdaptiveAvgPool2d",
)

CHANNEL_SPLIT = Formula(
    id="channel_split",
    title="Channel split",
    variables=(INPUT, _MAP_CHANNELS,
               Variable("parts", "parts", "parts of equal depth", default="2", ordinary=(2, 4), search="1..c")),
    steps=(
        Step("depth", "c/parts", "channels of one part"),
        Step("output", "shape(n, depth)", "output shape of one part"),
    ),
    answers=("output", "depth"),
    mistakes=(
        Mistake("all-channels", "depth", "c", "every channel goes to only one part: a part has c divided by the number "
                "of parts", 0.5, "How many parts are the channels divided into?"),
        Mistake("pixels-split", "output", "shape(floor(n/parts), c)", "the channels are divided, not the pixels: "
                "height and width stay", 0.4, "What is divided: the channels or the pixels?"),
    ),
    conditions=(Condition("mod(c, parts) = 0", "the parts must have equal depth: {parts} does not divide {c} "
                          "channels"),),
    axes=2,
    conventions=_USUAL,
    input_shape="shape(n, c)",
    shape="output",
    source="Ma and others, arXiv:1807.11164",
)  # fmt: skip

CHANNEL_SHUFFLE = Formula(
    id="channel_shuffle",
    title="Channel shuffle",
    variables=(INPUT, _MAP_CHANNELS,
               Variable("groups", "groups", "groups of channels that are mixed", default="2", ordinary=(2, 4),
                        search="1..c")),
    steps=(
        Step("per_group", "c/groups", "channels of one group"),
        Step("output", "shape(n, c)", "output shape, that of the input"),
    ),
    answers=("output", "per_group"),
    mistakes=(
        Mistake("depth-divided", "output", "shape(n, per_group)", "shuffling only changes the order of the channels: "
                "all c are still there", 0.5, "How many channels are there before and after the shuffling?"),
    ),
    conditions=(Condition("mod(c, groups) = 0", "the groups must have equal depth: {groups} does not divide {c} "
                          "channels"),),
    axes=2,
    conventions=_USUAL,
    input_shape="shape(n, c)",
    shape="output",
    notes=("channel i of group g moves to position (i − 1)·groups + g: first comes the first channel of every group",),
    source="Zhang and others, arXiv:1707.01083",
)  # fmt: skip

PIXEL_SHUFFLE = Formula(
    id="pixel_shuffle",
    title="Pixel shuffle",
    variables=(INPUT, Variable("r", "factor", "rows, and columns, that each pixel becomes", default="2",
                               ordinary=(2, 4), search="1..c"),
               replace(_MAP_CHANNELS, ordinary=(4, 64))),
    steps=(
        Step("block", "r**2", "pixels that each pixel becomes, each from a different channel"),
        Step("depth", "c/block", "channels that are left"),
        Step("o", "n*r", "size that comes out", per_axis=True),
        Step("output", "shape(o, depth)", "output shape"),
    ),
    answers=("output", "depth", "o"),
    mistakes=(
        Mistake("factor-not-squared", "block", "r", "a pixel becomes r rows of r columns, r² pixels, and each comes "
                "from another channel", 0.6, "How many pixels does a square of r rows and r columns have?"),
        Mistake("all-channels", "depth", "c", "the new pixels come from other channels: r² channels become one", 0.5,
                "Where do the numbers of the new pixels come from?"),
        Mistake("factor-added", "o", "n + r", "every row becomes r rows, so the size is multiplied by r", 0.3, "How "
                "many rows do 4 rows become if each becomes two?"),
    ),
    conditions=(Condition("mod(c, r**2) = 0", "r² channels become one: {r}² does not divide {c} channels"),),
    axes=2,
    conventions=_USUAL,
    input_shape="shape(n, c)",
    shape="output",
    notes=("the number of values does not change; the first r² channels become the first channel",),
    source="Shi and others, arXiv:1609.05158",
)  # fmt: skip

_BEGIN = Variable("pad_begin", "padding-begin", "padding before the input", low=0, default="0", per_axis=True,
                  ordinary=(1, 3))  # fmt: skip
_END = replace(_BEGIN, name="pad_end", long="padding-end", meaning="padding after the input", default="pad_begin")

ZERO_PAD = Formula(
    id="zero_pad",
    title="Zero padding",
    variables=(INPUT, _BEGIN, _END, _MAP_CHANNELS),
    steps=(
        Step("pad", "pad_begin + pad_end", "padding on both sides", per_axis=True),
        Step("o", "n + pad", "padded size", per_axis=True),
        Step("output", "shape(o, c)", "output shape"),
    ),
    answers=("output", "o"),
    mistakes=(
        ONE_SIDE,
        Mistake("channels-padded", "output", "shape(o, c + pad_begin[1] + pad_end[1])", "padding adds rows and columns "
                "of zeros to every map; it adds no maps", 0.3, "Which sizes does a border of zeros change?"),
    ),
    forms=(Form("o", "n + 2pad_begin", "pad_begin = pad_end"), Form("o", "n + pad_begin + pad_end")),
    conventions=_USUAL,
    axes=2,
    input_shape="shape(n, c)",
    shape="output",
)  # fmt: skip

RESHAPE = Formula(
    id="reshape",
    title="Reshape",
    variables=(replace(_SIZES, name="y", long="new-sizes", meaning="sizes that are asked for, channels last"),),
    steps=(Step("output", "shape(y)", "output shape: the requested one"),),
    answers=("output",),
    conventions=_USUAL,
    shape="output",
    notes=("the number of values does not change",),
)

UPSAMPLE = Formula(
    id="upsample",
    title="Upsampling",
    variables=(INPUT, Variable("s", "factor", "how often each row and each column is repeated", default="2",
                               per_axis=True, ordinary=(2, 4)), _MAP_CHANNELS),
    steps=(
        Step("o", "n*s", "size that comes out", per_axis=True),
        Step("output", "shape(o, c)", "output shape"),
    ),
    answers=("output", "o"),
    mistakes=(
        Mistake("pixels-times-factor", "output", "shape(n, c*s[1])", "rows and columns are repeated; the number of "
                "channels does not change", 0.4, "What is repeated: the pixels or the maps?"),
        Mistake("factor-added", "o", "n + s", "every row is repeated s times, so the size is multiplied by s", 0.4,
                "How many rows do 4 rows become if each is written twice?"),
    ),
    axes=2,
    conventions=_USUAL,
    input_shape="shape(n, c)",
    shape="output",
)  # fmt: skip

_CUT = Variable("crop_begin", "crop-begin", "rows and columns removed before", low=0, default="0", per_axis=True,
                ordinary=(1, 2))  # fmt: skip

CROP = Formula(
    id="crop",
    title="Cropping",
    variables=(replace(INPUT, ordinary=(8, 32)), _CUT,
               replace(_CUT, name="crop_end", long="crop-end", meaning="rows and columns removed after",
                       default="crop_begin"), _MAP_CHANNELS),
    steps=(
        Step("cut", "crop_begin + crop_end", "rows, and columns, removed", per_axis=True),
        Step("o", "n - cut", "size that is left", per_axis=True),
        Step("output", "shape(o, c)", "output shape"),
    ),
    answers=("output", "o"),
    mistakes=(
        Mistake("one-side", "cut", "crop_begin", "the input has two sides along each axis, and both are cropped", 0.6,
                "On how many sides is the input cropped?"),
    ),
    conditions=(Condition("cut < n", "something must be left: {cut} of {n} cannot be removed", per_axis=True),),
    axes=2,
    conventions=_USUAL,
    input_shape="shape(n, c)",
    shape="output",
)  # fmt: skip

_ALONG_AXES = (CONCAT, GLOBAL_POOL, ADAPTIVE_POOL, ZERO_PAD, UPSAMPLE, CROP)
"""Also asked of sequences and of volumes: `concat1d`, `global3d_pool`."""

FORMULAS = {formula.id: formula for plain in _ALONG_AXES for formula in (along(1, plain), along(3, plain))} | {
    "flatten": FLATTEN,
    "concat": CONCAT,
    "same_shape": SAME_SHAPE,
    "reshape": RESHAPE,
    "zero_pad": ZERO_PAD,
    "upsample": UPSAMPLE,
    "crop": CROP,
    "global_pool": GLOBAL_POOL,
    "adaptive_pool": ADAPTIVE_POOL,
    "channel_split": CHANNEL_SPLIT,
    "channel_shuffle": CHANNEL_SHUFFLE,
    "pixel_shuffle": PIXEL_SHUFFLE,
}
