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
        Mistake("depth-forgotten", "units", "x[1]*x[2]", "every channel is laid out too: o·o·k numbers, not o·o", 0.7,
                "How many maps are laid out one after the other?"),
        Mistake("one-side", "units", "x[1]*x[3]", "a map has a height and a width: both are multiplied", 0.4,
                "How many numbers does one map have?"),
        Mistake("sizes-added", "units", "sum(x)", "the sizes are multiplied: each row holds a number for every column "
                "and channel", 0.3, "How many numbers does a table of 3 rows and 4 columns have?"),
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
        Mistake("added-not-joined", "depth", "c[1]", "the maps are laid behind one another, not added: the channels "
                "add up", 0.6, "How many maps are there afterwards?"),
        Mistake("channels-multiplied", "depth", "prod(c)", "the inputs stand side by side: their channels add up, they "
                "do not multiply", 0.3, "How many maps are 2 maps and 3 maps?"),
        Mistake("widest-only", "depth", "max(c)", "every input keeps its channels: they add up", 0.3,
                "What becomes of the smaller input's maps?"),
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
    notes=("an activation, dropout, a sum or a product of equal shapes changes no shape",),
)

GLOBAL_POOL = Formula(
    id="global_pool",
    title="Global pooling",
    variables=(INPUT, _MAP_CHANNELS),
    steps=(Step("output", "shape(c)", "output shape: one number per channel"),),
    answers=("output",),
    mistakes=(
        Mistake("one-number", "output", "shape(1)", "each map is pooled by itself: one number per channel", 0.4,
                "Over what is the average taken?"),
    ),
    axes=2,
    conventions=_USUAL,
    input_shape="shape(n, c)",
    shape="output",
    notes=("the window is the whole map, so nothing depends on its size afterwards",),
)  # fmt: skip

ADAPTIVE_POOL = Formula(
    id="adaptive_pool",
    title="Adaptive pooling",
    variables=(
        INPUT,
        Variable("o", "output-size", "output size that is asked for", per_axis=True, ordinary=(1, 7)),
        _MAP_CHANNELS,
    ),
    steps=(Step("output", "shape(o, c)", "output shape: the size that is asked for, whatever the input's"),),
    answers=("output",),
    conditions=(Condition("n >= 1", "the input has at least one pixel, not {n}", per_axis=True),),
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
        Mistake("all-channels", "depth", "c", "every channel goes to one part only: a part has c divided by the number "
                "of parts", 0.5, "Into how many parts are the channels dealt out?"),
        Mistake("pixels-split", "output", "shape(floor(n/parts), c)", "the channels are dealt out, not the pixels: "
                "height and width stay", 0.4, "What is divided, the maps or their pixels?"),
    ),
    conditions=(Condition("mod(c, parts) = 0", "the parts are of equal depth: {parts} does not divide {c} channels"),),
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
        Mistake("depth-divided", "output", "shape(n, per_group)", "shuffling puts the channels into another order and "
                "drops none: all c are still there", 0.5, "Which channel is missing afterwards?"),
    ),
    conditions=(Condition("mod(c, groups) = 0", "the groups are of equal depth: {groups} does not divide {c} "
                          "channels"),),
    axes=2,
    conventions=_USUAL,
    input_shape="shape(n, c)",
    shape="output",
    notes=("channel i of group g moves to position (i − 1)·groups + g: first the first of every group",),
    source="Zhang and others, arXiv:1707.01083",
)  # fmt: skip

PIXEL_SHUFFLE = Formula(
    id="pixel_shuffle",
    title="Pixel shuffle",
    variables=(INPUT, Variable("r", "factor", "rows, and columns, that one pixel becomes", default="2",
                               ordinary=(2, 4), search="1..c"),
               replace(_MAP_CHANNELS, ordinary=(4, 64))),
    steps=(
        Step("block", "r**2", "pixels that one pixel becomes, each from a channel of its own"),
        Step("depth", "c/block", "channels that are left"),
        Step("o", "n*r", "size that comes out", per_axis=True),
        Step("output", "shape(o, depth)", "output shape"),
    ),
    answers=("output", "depth", "o"),
    mistakes=(
        Mistake("factor-not-squared", "block", "r", "a pixel becomes r rows of r columns, r² pixels, and each of them "
                "is taken from another channel", 0.6, "How many pixels has a square of r rows and r columns?"),
        Mistake("all-channels", "depth", "c", "the new pixels are the numbers of other channels: r² channels become "
                "one", 0.5, "Where do the numbers of the new pixels come from?"),
        Mistake("factor-added", "o", "n + r", "every row becomes r rows, so the size is multiplied", 0.3,
                "How many rows are 4 rows, if each becomes two?"),
    ),
    conditions=(Condition("mod(c, r**2) = 0", "r² channels become one: {r}² does not divide {c} channels"),),
    axes=2,
    conventions=_USUAL,
    input_shape="shape(n, c)",
    shape="output",
    notes=("the numbers stay as many as they were; the first r² channels become the first one",),
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
        Mistake("channels-padded", "output", "shape(o, c + pad_begin[1] + pad_end[1])", "rows and columns of zeros are "
                "added to every map; no map is added", 0.3, "Does a border change how many maps there are?"),
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
    steps=(Step("output", "shape(y)", "output shape: the one that is asked for"),),
    answers=("output",),
    conventions=_USUAL,
    shape="output",
    notes=("the numbers stay as many as they were",),
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
        Mistake("pixels-times-factor", "output", "shape(n, c*s[1])", "rows and columns are repeated, and the channels "
                "stay", 0.4, "What is repeated, the pixels or the maps?"),
        Mistake("factor-added", "o", "n + s", "every row is repeated, so the size is multiplied", 0.4,
                "How many rows are 4 rows, each written twice?"),
    ),
    axes=2,
    conventions=_USUAL,
    input_shape="shape(n, c)",
    shape="output",
)  # fmt: skip

_CUT = Variable("crop_begin", "crop-begin", "rows and columns that are cut off before", low=0, default="0",
                per_axis=True, ordinary=(1, 2))  # fmt: skip

CROP = Formula(
    id="crop",
    title="Cropping",
    variables=(replace(INPUT, ordinary=(8, 32)), _CUT,
               replace(_CUT, name="crop_end", long="crop-end", meaning="rows and columns that are cut off after",
                       default="crop_begin"), _MAP_CHANNELS),
    steps=(
        Step("cut", "crop_begin + crop_end", "rows, and columns, that are cut off", per_axis=True),
        Step("o", "n - cut", "size that is left", per_axis=True),
        Step("output", "shape(o, c)", "output shape"),
    ),
    answers=("output", "o"),
    mistakes=(
        Mistake("one-side", "cut", "crop_begin", "an image has two sides along each axis, and both are cut", 0.6,
                "On how many sides is the input cut?"),
    ),
    conditions=(Condition("cut < n", "something is left: {cut} of {n} cannot be cut off", per_axis=True),),
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
