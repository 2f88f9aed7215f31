"""Transposed convolution of numbers by hand: each input lays its filter down, and what overlaps is added.

Shapes as in `conv_by_hand`: x (channels, height, width), w (filters, channels, height, width), b one bias per filter;
PyTorch's weights have channels before filters. V. Dumoulin and F. Visin, A guide to convolution arithmetic for deep
learning, arXiv:1603.07285, chapter 4.
"""

from __future__ import annotations

from dataclasses import replace

from ..model import Condition, Formula, Mistake, Step
from .conv_by_hand import (
    AS_WRITTEN,
    BIASES,
    CONDITIONS,
    DILATION,
    FILTERS,
    FLIPPED,
    GRADIENT,
    IMAGE,
    OVER_FILTERS,
    OVER_IMAGE,
    OVER_OUTPUT,
    PADDING,
    PADS,
    SIZES,
    STRIDE,
)
from .options_by_hand import without

_ROW = "(m - 1 - (u - 1)*d)"
_COLUMN = "(n - 1 - (v - 1)*d)"
_COVERED = (
    f"mod({_ROW}, hop) = 0 and {_ROW} >= 0 and {_ROW}/hop < height and "
    f"mod({_COLUMN}, hop) = 0 and {_COLUMN} >= 0 and {_COLUMN}/hop < width"
)


def _scattered(weight: str) -> str:
    term = f"x[c, {_ROW}/hop + 1, {_COLUMN}/hop + 1]*{weight}"
    return f"sum(c=1..channels, sum(u=1..f_h, sum(v=1..f_w, if({_COVERED}, {term}, 0))))"


CONV_TRANSPOSE = Formula(
    id="conv_transpose_by_hand",
    title="Transposed convolution by hand",
    variables=(IMAGE, FILTERS, BIASES, STRIDE, PADDING, DILATION),
    steps=(
        *SIZES,
        *PADS,
        Step("hop", "s", "stride: the distance between the filters of neighbouring inputs"),
        Step("tall", "(height - 1)*hop + d*(f_h - 1) + 1", "rows before cropping"),
        Step("wide", "(width - 1)*hop + d*(f_w - 1) + 1", "columns before cropping"),
        Step("o_h", "tall - 2*pad_h", "rows of the output"),
        Step("o_w", "wide - 2*pad", "columns of the output"),
        Step("full", _scattered(AS_WRITTEN), "each input times the filter, overlaps added",
             each="k in 1..filters, m in 1..tall, n in 1..wide"),
        Step("output", "full[k, i + pad_h, j + pad] + b[k]", "output after cropping", each=OVER_OUTPUT),
    ),
    answers=("output",),
    mistakes=(
        Mistake("stride-ignored", "hop", "1", "the filters of neighbouring inputs start s pixels apart", 0.6, "How far "
                "apart do the filters of two neighbouring inputs start?"),
        Mistake("side-by-side", "hop", "max(f_h, f_w)", "the filters start at multiples of the stride; where they "
                "overlap, their products are added", 0.4, "How far apart do the filters of two neighbouring inputs "
                "start?"),
        Mistake("stride-zeros-between", "hop", "s + 1", "a stride of s puts s − 1 zeros between two inputs, not s", 0.4,
                "How far apart do the filters of two neighbouring inputs start?"),
        Mistake("crop-forgotten", "pad", "0", "the padding p of a transposed convolution is cropped from its output",
                0.6, "What does p mean for a transposed convolution?"),
        Mistake("flipped", "full", _scattered(FLIPPED), "the filter is used as written, not rotated by 180°", 0.5,
                "Which corner of the filter is at the upper left?"),
        Mistake("bias-forgotten", "output", "full[k, i + pad_h, j + pad]", "each filter adds its bias to every number "
                "of the output", 0.5, "What is added to the sum of the products?"),
    ),
    conditions=(
        *CONDITIONS,
        Condition("o_h >= 1 and o_w >= 1", "nothing is left of {tall}×{wide} when {pad} is cropped on each side"),
    ),
    source="Dumoulin and Visin, arXiv:1603.07285",
)  # fmt: skip


def _under(m: str = "(m - 1)*hop", n: str = "(n - 1)*hop", u: str = "(u - 1)", v: str = "(v - 1)") -> str:
    """The cell of the gradient at which an input laid cell u, v of its filter down."""
    return f"uncropped[k, {m} + {u}*d + 1, {n} + {v}*d + 1]"


_UNDER = _under()


def _to_input(weight: str, under: str = _UNDER) -> str:
    """∂L/∂x: the window of the gradient that begins where the input laid its filter down, times the filter."""
    return f"sum(k=1..filters, sum(u=1..f_h, sum(v=1..f_w, {weight}*{under})))"


def _uncropped(row: str, column: str) -> str:
    inside = f"{row} >= 1 and {row} <= o_h and {column} >= 1 and {column} <= o_w"
    return f"if({inside}, g[k, {row}, {column}], 0)"


# The output is 4×4 at a stride of 2 with one cropped, and at a stride of 1 with none: both can be drawn.
_SQUARE = replace(IMAGE, sizes=(2, 3, 3))
_OVER_INPUTS = "sum(m=1..height, sum(n=1..width, x[c, m, n]*{}))"
_BY_FILTERS = _OVER_INPUTS.format(_UNDER)
_BY_BIASES = "sum(i=1..o_h, sum(j=1..o_w, g[k, i, j]))"

CONV_TRANSPOSE_BACKWARD = Formula(
    id="conv_transpose_by_hand_backward",
    title="Transposed convolution by hand, forward and backward",
    variables=(_SQUARE, FILTERS, BIASES, STRIDE, PADDING, replace(DILATION, ordinary=(1, 1)),
               replace(GRADIENT, sizes=(1, 4, 4))),
    steps=(
        *CONV_TRANSPOSE.steps,
        Step("loss", "sum(g ⊙ output)", "a loss with these gradients of the output"),
        Step("uncropped", _uncropped("(m - pad_h)", "(n - pad)"), "gradient of the output, with zeros where it was "
             "cropped", each="k in 1..filters, m in 1..tall, n in 1..wide"),
        Step("dx", _to_input(AS_WRITTEN), "gradient of the input: the convolution of that gradient with the stride and "
             "the filter as written", each=OVER_IMAGE),
        Step("dw", _BY_FILTERS, "gradient of the filters: each input times the gradients under its filter",
             each=OVER_FILTERS),
        Step("db", _BY_BIASES, "gradient of the biases: the sum", each="k in 1..filters"),
    ),
    answers=("dx", "dw", "db"),
    mistakes=(
        Mistake("turned-backwards", "dx", _to_input(FLIPPED), "the way back is an ordinary convolution with the filter "
                "as written", 0.6, "Which weight connects this input to that output?"),
        Mistake("stride-ignored-backwards", "dx", _to_input(AS_WRITTEN, _under("(m - 1)", "(n - 1)")), "the filters of "
                "neighbouring inputs start s pixels apart, so the windows on the way back do too", 0.5, "Where does "
                "the filter of this input start?"),
        Mistake("crop-forgotten-backwards", "uncropped", _uncropped("m", "n"), "the output was cropped on each side, "
                "so its gradient is padded with as many zeros", 0.5, "Where in the uncropped output is "
                "the first gradient?"),
        Mistake("first-input-only", "dw", f"x[c, 1, 1]*{_under('0*hop', '0*hop')}", "every input uses the same filter, "
                "so a weight's gradient is the sum over all inputs", 0.5, "How many inputs use this weight?"),
        Mistake("weights-turned", "dw", _OVER_INPUTS.format(_under(u="(f_h - u)", v="(f_w - v)")), "the filter is used "
                "as written, so its first weight belongs to the first gradient of each window", 0.3, "Which gradient "
                "does the first weight belong to?"),
        Mistake("bias-averaged", "db", f"{_BY_BIASES}/(o_h*o_w)", "the bias is added to every number of the output, so "
                "its gradient is the sum, not the mean", 0.5, "To how many numbers is the bias added?"),
    ),
    conditions=(
        *CONV_TRANSPOSE.conditions,
        Condition("len(g) = filters and len(g[1]) = o_h and len(g[1, 1]) = o_w", "the gradient must have the shape of "
                  "the output, {filters}×{o_h}×{o_w}"),
    ),
    notes=("backward, a transposed convolution is a convolution; backward, a convolution is a transposed one",),
    source="Dumoulin and Visin, arXiv:1603.07285",
)  # fmt: skip

_CROP = "max({0} - {1}*hop, 0)"
_ACROSS, _DOWN = _CROP.format("wide", "width"), _CROP.format("tall", "height")


_SAME_OUTPUT = Step("output", "if(i + pad_h <= tall and j + pad <= wide, full[k, i + pad_h, j + pad], 0) + b[k]",
                    "output, the edge cropped; zeros where no filter lies", each=OVER_OUTPUT)  # fmt: skip
_SAME_DRAWN = {"w": replace(FILTERS, sizes=(1, 2, 3, 3)), "s": replace(STRIDE, ordinary=(1, 1)),
               "g": replace(GRADIENT, sizes=(1, 3, 3))}  # fmt: skip


def _same(formula: Formula) -> Formula:
    """Cropped so that a stride s makes n·s of n, an odd row or column after the output, as in Keras and TensorFlow."""
    steps = [step for step in formula.steps if step.name not in ("pad", "pad_h", "o_h", "o_w")]
    at = next(i for i, step in enumerate(steps) if step.name == "full")
    cropped = (
        Step("pad", f"floor({_ACROSS}/2)", "columns cropped to the left"),
        Step("pad_h", f"if(height = 1 and f_h = 1, 0, floor({_DOWN}/2))", "rows cropped above (none for a signal)"),
        Step("o_h", "if(height = 1 and f_h = 1, 1, height*hop)", "rows of the output"),
        Step("o_w", "width*hop", "columns of the output"),
    )
    own = (
        Mistake(
            "crop-forgotten",
            "o_w",
            "wide",
            "“same” crops the output to the stride times the size of the input",
            0.6,
            "What is “same” padding for?",
            more=(("pad", "0"), ("pad_h", "0"), ("o_h", "tall")),
        ),
        Mistake(
            "odd-cell-before",
            "pad",
            f"ceil({_ACROSS}/2)",
            "when the crop is odd, one more row and column is cropped after the output than before it",
            0.5,
            "On which side is the odd row cropped?",
            more=(("pad_h", f"ceil({_DOWN}/2)"),),
        ),
    )
    backwards = "loss" in formula.by_name
    return replace(
        formula,
        id=formula.id.replace("by_hand", "by_hand_same"),
        title=f"{formula.title}, “same” padding",
        variables=tuple(_SAME_DRAWN.get(v.name, v) if backwards else v for v in formula.variables if v.name != "p"),
        steps=tuple(_SAME_OUTPUT if step.name == "output" else step for step in (*steps[:at], *cropped, *steps[at:])),
        mistakes=(
            *(() if backwards else own),
            *without(formula.mistakes, "crop-forgotten", "stride-ignored-backwards"),
        ),
    )


_BOTH = (CONV_TRANSPOSE, CONV_TRANSPOSE_BACKWARD)
FORMULAS = {formula.id: formula for formula in (*_BOTH, *map(_same, _BOTH))}
