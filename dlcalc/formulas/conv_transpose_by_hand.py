"""Transposed convolution of numbers by hand: each input lays its filter down, and what overlaps is added.

Shapes as in `conv_by_hand`: x (channels, height, width), w (filters, channels, height, width), b one bias per filter;
PyTorch's weights have channels before filters. V. Dumoulin and F. Visin, A guide to convolution arithmetic for deep
learning, arXiv:1603.07285, chapter 4.
"""

from __future__ import annotations

from .conv_by_hand import (
    BIASES,
    CONDITIONS,
    DILATION,
    FILTERS,
    IMAGE,
    OVER_OUTPUT,
    PADDING,
    PADS,
    SIZES,
    STRIDE,
)
from .model import Condition, Formula, Mistake, Step

_ROW = "(m - 1 - (u - 1)*d)"
_COLUMN = "(n - 1 - (v - 1)*d)"
_MET = (
    f"mod({_ROW}, hop) = 0 and {_ROW} >= 0 and {_ROW}/hop < height and "
    f"mod({_COLUMN}, hop) = 0 and {_COLUMN} >= 0 and {_COLUMN}/hop < width"
)


def _laid_down(weight: str) -> str:
    term = f"x[c, {_ROW}/hop + 1, {_COLUMN}/hop + 1]*{weight}"
    return f"sum(c=1..channels, sum(u=1..f_h, sum(v=1..f_w, if({_MET}, {term}, 0))))"


CONV_TRANSPOSE = Formula(
    id="conv_transpose_by_hand",
    title="Transposed convolution by hand",
    variables=(IMAGE, FILTERS, BIASES, STRIDE, PADDING, DILATION),
    steps=(
        *SIZES,
        *PADS,
        Step("hop", "s", "stride: so far apart the filters are laid down"),
        Step("tall", "(height - 1)*hop + d*(f_h - 1) + 1", "rows before the edge is cropped"),
        Step("wide", "(width - 1)*hop + d*(f_w - 1) + 1", "columns before the edge is cropped"),
        Step("o_h", "tall - 2*pad_h", "rows of the output"),
        Step("o_w", "wide - 2*pad", "columns of the output"),
        Step("full", _laid_down("w[k, c, u, v]"), "each input times the filter, overlaps added",
             each="k in 1..filters, m in 1..tall, n in 1..wide"),
        Step("output", "full[k, i + pad_h, j + pad] + b[k]", "output, the edge cropped", each=OVER_OUTPUT),
    ),
    answers=("output",),
    mistakes=(
        Mistake("stride-ignored", "hop", "1", "each input lays its filter down s further than the one before", 0.6,
                "How far apart are two filters laid down?"),
        Mistake("side-by-side", "hop", "max(f_h, f_w)", "the filters are laid down at the stride; where they "
                "overlap, their products are added", 0.4, "Do two neighbours overlap?"),
        Mistake("stride-zeros-between", "hop", "s + 1", "a stride of s puts s − 1 zeros between two inputs, not s",
                0.4, "How far apart are two filters laid down?"),
        Mistake("crop-forgotten", "pad", "0", "the padding of the forward convolution is cropped from the output", 0.6,
                "What does p mean for a transposed convolution?"),
        Mistake("flipped", "full", _laid_down("w[k, c, f_h + 1 - u, f_w + 1 - v]"), "the filter is laid down as it "
                "is written, not turned by 180°", 0.5, "Which corner of the filter lies upper left?"),
        Mistake("bias-forgotten", "output", "full[k, i + pad_h, j + pad]", "each filter adds its bias to every number "
                "of the output", 0.5, "What is added to the sum of the products?"),
    ),
    conditions=(
        *CONDITIONS,
        Condition("o_h >= 1 and o_w >= 1", "nothing is left of {tall}×{wide} when {pad} is cropped on each side"),
    ),
    source="Dumoulin and Visin, arXiv:1603.07285",
)  # fmt: skip

FORMULAS = {"conv_transpose_by_hand": CONV_TRANSPOSE}
