"""Receptive field in the input: how far one unit of the last layer of a chain sees, and where.

Layers are vectors, one entry per layer, first layer first; pooling layers count like convolutions. One axis at a time:
where height and width differ, each is worked out by itself. Some courses call the f×f window "receptive field" and what
is worked out here "effective". Source: A. Araujo, W. Norris and J. Sim, Computing receptive fields of convolutional
neural networks, Distill, 2019. Positions are pixels counted from 0.
"""

from __future__ import annotations

from ..expressions.nodes import Kind
from .model import Condition, Convention, Form, Formula, Mistake, Step, Variable

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

RF = Formula(
    id="rf",
    title="Receptive field (in the input)",
    variables=(SIZES, STRIDES, DILATIONS, PADDINGS, POOLS),
    steps=(
        # the shortest vector: with unequal lengths the conditions speak, not an index
        Step("layers", "min(len(f), len(s), len(d), len(p), len(pool))", "layers of the chain"),
        Step("extent", "d[l]*(f[l] - 1)", "how far the layer's window reaches, in units of the layer before",
             each=_EACH),
        Step("j", "j[l-1]*s[l]", "pixels from one unit of the layer to the next (jump)", each=_EACH, before="1"),
        Step("r", "r[l-1] + extent[l]*j[l-1]", "pixels that one unit of the layer sees", each=_EACH, before="1"),
        Step("first", "first[l-1] + (extent[l]/2 - p[l])*j[l-1]", "centre of what the layer's first unit sees",
             each=_EACH, before="0"),
        Step("receptive_field", "r[layers]", "receptive field of the last layer (in the input)", unit="pixels"),
        Step("jump", "j[layers]", "pixels from one unit of the last layer to the next", unit="pixels"),
        Step("start", "first[layers]", "centre of what the first unit of the last layer sees", unit="pixels"),
    ),
    answers=("receptive_field", "jump", "start"),
    mistakes=(
        Mistake("sizes-added", "receptive_field", "sum(f)", "neighbouring windows overlap, so a layer adds f − 1 steps "
                "and not f, and its steps are as long as the strides before it have made them", 0.7, "How much do two "
                "layers of 3×3 see?"),
        Mistake("strides-ignored", "r", "r[l-1] + extent[l]", "a layer's step is as long as the strides before it have "
                "made it: f − 1 is multiplied by their product", 0.6, "How many pixels lie between two neighbours in "
                "the map that this layer reads?"),
        Mistake("own-stride-inside", "r", "r[l-1] + extent[l]*j[l]", "only the strides of the layers before count: a "
                "layer's own stride moves its window, it does not widen it", 0.6, "Does a layer's own stride change "
                "what one of its units sees?"),
        Mistake("pools-skipped", "receptive_field", "1 + sum(l=1..layers, if(pool[l] = 1, 0, extent[l]*prod(i=1..l-1, "
                "if(pool[i] = 1, 1, s[i]))))", "pooling layers count too: their window widens the field, and their "
                "stride lengthens all steps after it", 0.5, "What does a unit after a pooling layer read?"),
        Mistake("started-at-zero", "receptive_field", "r[layers] - 1", "before any layer a unit sees one pixel, "
                "itself: start at 1", 0.5, "How many pixels does a pixel see?"),
        Mistake("size-for-size-minus-one", "extent", "d[l]*f[l]", "the windows of neighbours overlap: a layer adds f − "
                "1 steps, not f", 0.4, "How many steps lead from the first to the last tap of a window?"),
        Mistake("dilation-ignored", "extent", "f[l] - 1", "a dilated window reaches d times as far: d(f − 1) steps",
                0.5, "How far apart are the taps of a dilated window?"),
        Mistake("own-stride-forgotten", "jump", "j[layers - 1]", "the jump after a layer includes the layer's own "
                "stride", 0.5, "How far does the last layer's window move?"),
        Mistake("strides-added", "jump", "sum(s)", "strides multiply: a step of the second layer is s₂ steps of the "
                "first", 0.5, "How many pixels is a step of 2 in a map whose units are 2 pixels apart?"),
        Mistake("padding-forgotten", "first", "first[l-1] + extent[l]/2*j[l-1]", "padding moves the first window out "
                "of the image by p of the layer's steps", 0.5, "Where does the first window start when the input is "
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
        Convention("textbook", "papers; some courses say “effective receptive field”", "what a unit sees of the input "
                   "image; the centre of the first pixel is 0"),
        Convention("half-pixel", "calculators that put the first pixel's centre at ½", "the edge of the image is 0",
                   {"start": "first[layers] + 1/2"}),
        Convention("window", "courses that call the window itself the receptive field", "what a unit sees of the layer "
                   "before", {"receptive_field": "extent[layers] + 1"}),
    ),
    source="Araujo, Norris and Sim, Distill, 2019",
)  # fmt: skip

FORMULAS = {"rf": RF}
