"""Receptive field in the input: how far one unit of the last layer of a chain sees, and where.

Layers are vectors, one entry per layer, first layer first; pooling layers count like convolutions. One axis at a time:
where height and width differ, each is worked out by itself. Some courses call the f×f window "receptive field" and what
is worked out here "effective". Source: A. Araujo, W. Norris and J. Sim, Computing receptive fields of convolutional
neural networks, Distill, 2019. Positions are pixels counted from 0.
"""

from __future__ import annotations

from ...expressions.nodes import Kind
from ..model import Condition, Convention, Form, Formula, Mistake, Step, Variable

_LAYERS = (3, 3)
"""All vectors of an exercise have the same length, so that they fit together."""

SIZES = Variable(
    "f", "filter-sizes", "filter or window sizes, layer by layer", kind=Kind.VECTOR, ordinary=(2, 5), lengths=_LAYERS
)
STRIDES = Variable("s", "strides", "strides", default="0*f + 1", kind=Kind.VECTOR, ordinary=(1, 3), lengths=_LAYERS)
DILATIONS = Variable(
    "d", "dilations", "dilations", default="0*f + 1", kind=Kind.VECTOR, ordinary=(1, 3), lengths=_LAYERS
)
PADDINGS = Variable("p", "paddings", "paddings on each side", low=0, default="0*f", kind=Kind.VECTOR, ordinary=(0, 2),
                    lengths=_LAYERS)  # fmt: skip
POOLS = Variable("pool", "pools", "which layers pool: 1 for a pooling layer, else 0", low=0, high=1, default="0*f",
                 kind=Kind.VECTOR, ordinary=(0, 1), lengths=_LAYERS)  # fmt: skip

_EACH = "l in 1..layers"

_EXTENT = "d{at}*(f{at} - 1)"
_JUMP = "j{before}*s{at}"
_FIELD = "r{before} + extent{at}*j{before}"
_FIRST = "first{before} + (extent{at}/2 - p{at})*j{before}"
"""One layer's rules; in a chain `at` is [l] and `before` [l-1]."""


def _in_chain(rule: str) -> str:
    return rule.format(at="[l]", before="[l-1]")


def _alone(rule: str) -> str:
    return rule.format(at="", before="")


RF = Formula(
    id="rf",
    title="Receptive field (in the input)",
    variables=(SIZES, STRIDES, DILATIONS, PADDINGS, POOLS),
    steps=(
        # the shortest vector: with unequal lengths the conditions speak, not an index
        Step("layers", "min(len(f), len(s), len(d), len(p), len(pool))", "layers of the chain"),
        Step("extent", _in_chain(_EXTENT), "how far the layer's window reaches, in units of the layer before",
             each=_EACH),
        Step("j", _in_chain(_JUMP), "pixels from one unit of the layer to the next (jump)", each=_EACH, before="1"),
        Step("r", _in_chain(_FIELD), "pixels that one unit of the layer sees", each=_EACH, before="1"),
        Step("first", _in_chain(_FIRST), "centre of what the layer's first unit sees",
             each=_EACH, before="0"),
        Step("receptive_field", "r[layers]", "receptive field of the last layer (in the input)", unit="pixels"),
        Step("jump", "j[layers]", "pixels from one unit of the last layer to the next", unit="pixels"),
        Step("start", "first[layers]", "centre of what the first unit of the last layer sees", unit="pixels"),
    ),
    answers=("receptive_field", "jump", "start"),
    mistakes=(
        Mistake("sizes-added", "receptive_field", "sum(f)", "neighbouring windows overlap: a layer adds f − 1 steps, "
                "not f, and each step is the product of the earlier strides", 0.7, "How many pixels do two layers of "
                "3×3 see along one axis?"),
        Mistake("sizes-multiplied", "receptive_field", "prod(f)", "neighbouring windows overlap, so their sizes are "
                "not multiplied: a layer adds f − 1 steps", 0.25, "How many pixels do two layers of 3×3 see along one "
                "axis?"),
        Mistake("strides-ignored", "r", "r[l-1] + extent[l]", "one step of a layer is as long as the product of the "
                "earlier strides, so f − 1 is multiplied by it", 0.6, "How many pixels are there between two "
                "neighbours in the map that this layer reads?"),
        Mistake("own-stride-inside", "r", "r[l-1] + extent[l]*j[l]", "only the strides of earlier layers count: a "
                "layer's own stride moves its window and does not widen it", 0.6, "What does a layer's own stride "
                "change: the size of its window, or its position?"),
        Mistake("pools-skipped", "receptive_field", "1 + sum(l=1..layers, if(pool[l] = 1, 0, extent[l]*prod(i=1..l-1, "
                "if(pool[i] = 1, 1, s[i]))))", "pooling layers count too: their window widens the field, and their "
                "stride lengthens all later steps", 0.5, "What does a unit after a pooling layer see?"),
        Mistake("started-at-zero", "receptive_field", "r[layers] - 1", "before the first layer a unit sees one pixel: "
                "start at 1", 0.5, "How many pixels does one input unit see?"),
        Mistake("size-for-size-minus-one", "extent", "d[l]*f[l]", "neighbouring windows overlap: a layer adds f − 1 "
                "steps, not f", 0.4, "How many steps are there from the first to the last tap of a window?"),
        Mistake("dilation-ignored", "extent", "f[l] - 1", "a dilated window reaches d times as far: d(f − 1) steps",
                0.5, "How far apart are the taps of a dilated window?"),
        Mistake("own-stride-forgotten", "jump", "j[layers - 1]", "the jump after a layer includes that layer's own "
                "stride", 0.5, "How far does the last layer's window move?"),
        Mistake("strides-added", "jump", "sum(s)", "strides are multiplied: one step of the second layer is s₂ steps "
                "of the first", 0.5, "In a map whose units are 2 pixels apart, how many pixels is a step of 2?"),
        Mistake("padding-forgotten", "first", "first[l-1] + extent[l]/2*j[l-1]", "padding moves the first window out "
                "of the image by p steps of its layer", 0.5, "Where does the first window start when the input is "
                "padded?"),
    ),
    forms=(
        Form("receptive_field", "1 + sum(l=1..layers, d[l]*(f[l] - 1)*prod(i=1..l-1, s[i]))"),
        Form("jump", "prod(s)"),
    ),
    conditions=(
        Condition("len(s) = len(f)", "every layer has a stride: one number for each of the filter sizes {f}"),
        Condition("len(d) = len(f)", "every layer has a dilation: one number for each of the filter sizes {f}"),
        Condition("len(p) = len(f)", "every layer has a padding: one number for each of the filter sizes {f}"),
        Condition("len(pool) = len(f)", "every layer pools (1) or not (0): one number for each of the filter sizes "
                  "{f}"),
    ),
    conventions=(
        Convention("textbook", "papers; some courses say “effective receptive field”", "what a unit sees in the input "
                   "image; the centre of the first pixel is 0"),
        Convention("half-pixel", "calculators that put the centre of the first pixel at ½", "the edge of the image is "
                   "0", {"start": "first[layers] + 1/2"}),
        Convention("window", "courses that call the window itself the receptive field", "what a unit sees in the layer "
                   "before", {"receptive_field": "extent[layers] + 1"}),
    ),
    source="Araujo, Norris and Sim, Distill, 2019",
)  # fmt: skip

_FAR = 10**18
"""Pixels. A deep stack multiplies its strides: 31 pools of 2 make steps of 2³¹."""
_BEFORE = (
    Variable("r", "field", "pixels that one unit of the layer before sees", high=_FAR, ordinary=(1, 20)),
    Variable("j", "jump", "pixels from one unit of the layer before to the next", high=_FAR, ordinary=(1, 4)),
    Variable("first", "first", "centre of what the first unit of the layer before sees", low=-_FAR, high=_FAR,
             integer=False, ordinary=(0, 3)),
)  # fmt: skip
_WINDOW = (
    Variable("f", "filter-size", "filter or window size", ordinary=(2, 7)),
    Variable("s", "stride", "stride", default="1", ordinary=(2, 3)),
    Variable("d", "dilation", "dilation", default="1", ordinary=(2, 3)),
    Variable("p", "padding", "padding on each side", low=0, default="0", ordinary=(1, 3)),
)

RF_LAYER = Formula(
    id="rf_layer",
    title="Receptive field after one more layer",
    variables=(*_BEFORE, *_WINDOW),
    steps=(
        Step("extent", _alone(_EXTENT), "how far the window reaches, in units of the layer before"),
        Step("jump", _alone(_JUMP), "pixels from one unit to the next", unit="pixels"),
        Step("receptive_field", _alone(_FIELD), "receptive field (in the input)", unit="pixels"),
        Step("start", _alone(_FIRST), "centre of what the first unit sees", unit="pixels"),
    ),
    answers=("receptive_field", "jump", "start"),
    mistakes=(
        Mistake("strides-ignored", "receptive_field", "r + extent", "one step of the window is as long as the product "
                "of the earlier strides: multiply f − 1 by the jump", 0.6, "How many pixels are there between two "
                "neighbours in the map that this layer reads?"),
        Mistake("own-stride-inside", "receptive_field", "r + extent*jump", "a layer's own stride moves its window and "
                "does not widen it", 0.6, "What does a layer's own stride change: the size of its window, or its "
                "position?"),
        Mistake("size-added", "receptive_field", "r + f", "neighbouring windows overlap: a layer adds f − 1 steps, "
                "each as long as the jump", 0.6, "How many steps are there from the first to the last tap of a "
                "window?"),
        Mistake("own-stride-forgotten", "jump", "j", "the jump after a layer includes that layer's own stride", 0.5,
                "How far does the window move?"),
        Mistake("dilation-ignored", "extent", "f - 1", "a dilated window reaches d times as far: d(f − 1) steps", 0.5,
                "How far apart are the taps of a dilated window?"),
    ),
    conventions=RF.conventions[:1],
    source=RF.source,
)  # fmt: skip

FORMULAS = {"rf": RF, "rf_layer": RF_LAYER}
