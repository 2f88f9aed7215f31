"""Layers that have no weights: they reshape, join or scale what others computed, and only the shape is asked.

A shape is height × width × channels; joining along the channels keeps height and width. Nothing is counted as a
multiply-accumulate here, as is usual; the element-wise operations are few beside those of a convolution.
"""

from __future__ import annotations

from ..expressions.nodes import Kind
from .model import Condition, Convention, Formula, Mistake, Step, Variable
from .windows import INPUT

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
                "How many numbers has one map?"),
        Mistake("sizes-added", "units", "sum(x)", "the sizes are multiplied: each row holds a number for every column "
                "and channel", 0.3, "How many numbers has a table of 3 rows and 4 columns?"),
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

FORMULAS = {
    "flatten": FLATTEN,
    "concat": CONCAT,
    "same_shape": SAME_SHAPE,
    "global_pool": GLOBAL_POOL,
    "adaptive_pool": ADAPTIVE_POOL,
}

