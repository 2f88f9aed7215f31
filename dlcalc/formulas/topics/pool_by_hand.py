"""Pooling of numbers by hand: max, min, average, sum, over the whole map, and which cells the gradient goes back to.

x is a map (channels, height, width). Cells of padding never win, and count as zeros in an average. Where several cells
tie, the first in reading order wins, as in PyTorch. A signal of one row is pooled along the row alone.
"""

from __future__ import annotations

from dataclasses import replace

from ...expressions.nodes import Kind
from ..model import Condition, Convention, Formula, Mistake, Step, Variable
from .conv_by_hand import GRADIENT, IMAGE, OVER_IMAGE, PADDING
from .options_by_hand import Option, combined

_IMAGE = replace(IMAGE, sizes=(2, 4, 4), ordinary=(0, 3), integer=False)
_SIZE = Variable("f", "window-size", "rows and columns of a window", high=1000, default="2", ordinary=(2, 2))
_STRIDE = Variable("s", "stride", "stride", high=1000, default="f", ordinary=(1, 1))
_PADDING = replace(PADDING, ordinary=(1, 1))
_CEIL = Variable("rounded_up", "ceil", "the output size is rounded up (1) or down (0)", low=0, high=1, default="0",
                 ordinary=(0, 0))  # fmt: skip
_SAME = replace(_CEIL, name="same", long="same-padding", meaning="“same” padding instead of p (1) or none (0)")
_WINDOWS = (_SIZE, _STRIDE, _PADDING, _CEIL, _SAME)

_EACH = "c in 1..channels, i in 1..o_h, j in 1..o_w"
_WINDOW = "window(x[c], (i - 1)*hop + 1 - pad_h, (j - 1)*hop + 1 - pad, f_h, f_w)"

_LACKING = "max((ceil({1}/hop) - 1)*hop + {0} - {1}, 0)"
"""What the last of ⌈n/s⌉ windows lacks along an axis."""
_BEGIN, _END = f"if(same = 1, floor({_LACKING}/2), p)", f"if(same = 1, ceil({_LACKING}/2), p)"
_SPAN = "({0} + {1} + {2} - {3})/hop"
_COUNT = (
    f"if(rounded_up = 1, if(ceil({_SPAN})*hop >= {{0}} + {{1}}, ceil({_SPAN}), ceil({_SPAN}) + 1), floor({_SPAN}) + 1)"
)
"""Windows along an axis; rounded up, none starts behind the input and the padding before it."""

_STEPS = (
    Step("channels", "len(x)", "channels"),
    Step("height", "len(x[1])", "rows of the image"),
    Step("width", "len(x[1, 1])", "columns of the image"),
    Step("f_h", "if(height = 1, 1, f)", "rows of a window (one for a signal)"),
    Step("f_w", "f", "columns of a window"),
    Step("hop", "s", "how far the window moves: the stride"),
    Step("pad", _BEGIN.format("f_w", "width"), "columns of padding to the left"),
    Step("pad_h", f"if(height = 1, 0, {_BEGIN.format('f_h', 'height')})", "rows of padding above (none for a signal)"),
    Step("end", _END.format("f_w", "width"), "columns of padding to the right"),
    Step("end_h", f"if(height = 1, 0, {_END.format('f_h', 'height')})", "rows of padding below (none for a signal)"),
    Step("o_h", _COUNT.format("height", "pad_h", "end_h", "f_h"), "rows of the output"),
    Step("o_w", _COUNT.format("width", "pad", "end", "f_w"), "columns of the output"),
)

_CONDITIONS = (
    Condition("2*p <= f", "the padding can be at most half of the window: f = {f}, p = {p}"),
    Condition("o_h >= 1 and o_w >= 1", "a window of {f_h}×{f_w} does not fit into {height}×{width}"),
)

_TILED = Mistake("tiled", "hop", "f", "the windows overlap: each starts one stride after the one before, not where "
                 "that one ends", 0.6, "How far does the window move?")  # fmt: skip
_PADDING_FORGOTTEN = Mistake("padding-forgotten", "pad", "0", "the image is padded before the window moves over it",
                             0.5, "Where does the first window start?")  # fmt: skip

_RULES = {
    "max": (f"max({_WINDOW})", "largest number of each window"),
    "min": (f"min({_WINDOW})", "smallest number of each window"),
    "avg": (f"sum({_WINDOW})/cells[i, j]", "average of each window"),
    "sum": (f"sum({_WINDOW})", "sum of each window"),
}
# Rows and columns of a window that lie on the image.
_ROWS = "(min(height, (i - 1)*hop - pad_h + f_h) - max(0, (i - 1)*hop - pad_h))"
_COLUMNS = "(min(width, (j - 1)*hop - pad + f_w) - max(0, (j - 1)*hop - pad))"
_AVERAGE = f"sum({_WINDOW})/(f_h*f_w)"
_ON_IMAGE = f"{_ROWS}*{_COLUMNS}"
_WITH_PADDING = (
    "(min(height + pad_h + end_h, (i - 1)*hop + f_h) - (i - 1)*hop)*"
    "(min(width + pad + end, (j - 1)*hop + f_w) - (j - 1)*hop)"
)
"""What a window of a size that was rounded up reaches beyond the padding is never counted."""
_CELLS = Step("cells", _WITH_PADDING, "cells of each window, padding counted as zeros", each="i in 1..o_h, j in 1..o_w")

_OTHERS = {
    "max": (("average-for-max", "avg", "max pooling keeps the largest number of a window, not the average"),
            ("minimum-for-max", "min", "max pooling keeps the largest number of a window, not the smallest")),
    "min": (("average-for-min", "avg", "min pooling keeps the smallest number of a window, not the average"),
            ("maximum-for-min", "max", "min pooling keeps the smallest number of a window, not the largest")),
    "avg": (("maximum-for-average", "max", "average pooling adds the values of a window and divides by their number"),
            ("sum-for-average", "sum", "the sum of a window must be divided by the number of its cells")),
    "sum": (("maximum-for-sum", "max", "sum pooling adds all values of a window"),
            ("average-for-sum", "avg", "sum pooling adds the values of a window and does not divide")),
}  # fmt: skip


def _mistakes(kind: str) -> tuple[Mistake, ...]:
    others = tuple(
        Mistake(
            id,
            "output",
            _AVERAGE if other == "avg" else _RULES[other][0],
            because,
            0.5,
            "Which number represents a window?",
        )
        for id, other, because in _OTHERS[kind]
    )
    valid = (
        Mistake("valid-part-only", "cells", _ON_IMAGE, "the padding counts as zeros here, so the sum is divided by all "
                "cells of the window", 0.5, "How many cells does a window at the edge have, with its padding?"),
    ) if kind == "avg" else ()  # fmt: skip
    return (*others, *valid, _TILED, _PADDING_FORGOTTEN)


def _conventions(kind: str) -> tuple[Convention, ...]:
    if kind != "avg":
        return (Convention("textbook", "textbooks", "padding never wins"),) if kind != "sum" else _PLAIN
    counted = Mistake("padding-counted", "cells", _WITH_PADDING, "the padding does not count here, so the sum is "
                      "divided by the cells on the image", 0.5,
                      "How many cells of a window at the edge are on the image?")  # fmt: skip
    return combined((
        Option("include-pad", "PyTorch", "padding counts as zeros"),
        Option("exclude-pad", "TensorFlow, ONNX; PyTorch with count_include_pad=False", "padding does not "
               "count: the sum is divided by the cells on the image", {"cells": _ON_IMAGE},
               untrue=("the padding counts as zeros",), own=(counted,)),
    ))  # fmt: skip


_PLAIN = (Convention("textbook", "textbooks", "as written here"),)


def _pool(kind: str, title: str) -> Formula:
    rule, meaning = _RULES[kind]
    return Formula(
        id=f"pool_by_hand_{kind}",
        title=title,
        variables=(_IMAGE, *_WINDOWS),
        steps=(*_STEPS, *((_CELLS,) if kind == "avg" else ()), Step("output", rule, meaning, each=_EACH)),
        answers=("output",),
        mistakes=_mistakes(kind),
        conventions=_conventions(kind),
        conditions=_CONDITIONS,
    )


POOLS = {
    "max": _pool("max", "Max pooling by hand"),
    "avg": _pool("avg", "Average pooling by hand"),
    "sum": _pool("sum", "Sum pooling by hand"),
    "min": _pool("min", "Min pooling by hand"),
}

GLOBAL = Formula(
    id="pool_by_hand_global",
    title="Global average pooling by hand",
    variables=(_IMAGE,),
    steps=(
        Step("channels", "len(x)", "channels"),
        Step("cells", "len(x[1])*len(x[1, 1])", "cells of a channel"),
        Step("output", "sum(x[c])/cells", "average of a whole channel", each="c in 1..channels"),
    ),
    answers=("output",),
    mistakes=(
        Mistake("channels-averaged", "output", "sum(x)/(cells*channels)", "each channel is averaged separately: there "
                "is one output per channel", 0.5, "How many outputs are there?"),
        Mistake("sum-for-average", "output", "sum(x[c])", "the sum of a channel must be divided by the number of its "
                "cells", 0.4, "Does the question ask for the sum or the average?"),
        Mistake("maximum-for-average", "output", "max(x[c])", "the question asks for the average of all cells, not the "
                "largest", 0.4, "Which number represents a channel?"),
    ),
)  # fmt: skip

# Few different numbers, so that some tie; stride and padding such that the gradient has the shape of the output.
_TIED = replace(_IMAGE, ordinary=(0, 0.04))
_GIVEN = replace(GRADIENT, sizes=(2, 2, 2))
_PER_CHANNEL = replace(GRADIENT, meaning="∂L/∂output, one number per channel", kind=Kind.VECTOR, sizes=(2,))
# The windows that cover row m, and those that cover column n.
_OVER_ROW = "i=max(1, ceil((m + pad_h - f_h)/hop) + 1)..min(o_h, floor((m + pad_h - 1)/hop) + 1)"
_OVER_COLUMN = "j=max(1, ceil((n + pad - f_w)/hop) + 1)..min(o_w, floor((n + pad - 1)/hop) + 1)"


def _back(share: str, when: str = "") -> str:
    """The sum over the windows that cover a cell, of those alone that meet a condition."""
    return f"sum({_OVER_ROW}, sum({_OVER_COLUMN}, {f'if({when}, {share}, 0)' if when else share}))"


_WINS = "winner_row[c, i, j] = m and winner_column[c, i, j] = n"


def _backward(kind: str, title: str) -> Formula:
    rule, meaning = _RULES[kind]
    one_wins = kind in ("max", "min")
    winners = (
        Step("winner", f"arg{kind}({_WINDOW})", "place of the winner in its window, in reading order", each=_EACH),
        Step("winner_row", f"max(1, (i - 1)*hop + 1 - pad_h) + floor((winner[c, i, j] - 1)/{_COLUMNS})",
             "row of the winner in the image", each=_EACH),
        Step("winner_column", f"max(1, (j - 1)*hop + 1 - pad) + mod(winner[c, i, j] - 1, {_COLUMNS})",
             "column of the winner in the image", each=_EACH),
    ) if one_wins else ()  # fmt: skip
    shares = {"avg": "g[c, i, j]/cells[i, j]", "sum": "g[c, i, j]"}
    dx = _back("g[c, i, j]", _WINS) if one_wins else _back(shares[kind])
    said = "goes to the winner of each window" if one_wins else "is shared by all cells of a window" \
        if kind == "avg" else "goes to every cell of a window"  # fmt: skip
    return Formula(
        id=f"pool_by_hand_{kind}_backward",
        title=title,
        variables=(_TIED, _SIZE, replace(_STRIDE, ordinary=(2, 2)), replace(_PADDING, ordinary=(0, 0)), *_WINDOWS[3:],
                   _GIVEN),
        steps=(
            *_STEPS,
            *((_CELLS,) if kind == "avg" else ()),
            Step("output", rule, meaning, each=_EACH),
            Step("loss", "sum(g ⊙ output)", "a loss with these gradients of the output"),
            *winners,
            Step("dx", dx, f"gradient of the image: that of the output {said}", each=OVER_IMAGE),
        ),
        answers=("dx", "winner_row", "winner_column") if one_wins else ("dx",),
        mistakes=_backward_mistakes(kind),
        conventions=_conventions(kind),
        conditions=(
            *_CONDITIONS,
            Condition("len(g) = channels and len(g[1]) = o_h and len(g[1, 1]) = o_w", "the gradient must have the "
                      "shape of the output, {channels}×{o_h}×{o_w}"),
        ),
        notes=("if several numbers are largest, the first in reading order wins",) if one_wins else (),
    )  # fmt: skip


def _backward_mistakes(kind: str) -> tuple[Mistake, ...]:
    whole = Mistake("not-divided", "dx", _back("g[c, i, j]"), "the gradient of an average is shared: each cell of the "
                    "window gets an equal part", 0.6, "How much does the average grow when one cell grows by "
                    "1?")  # fmt: skip
    if kind == "avg":
        return (whole,)
    shared = _back("g[c, i, j]/(f_h*f_w)")
    if kind == "sum":
        return (Mistake("divided", "dx", shared, "every cell of a window has the factor 1 in the sum", 0.5, "How much "
                        "does the sum grow when one cell grows by 1?"),)  # fmt: skip
    tied = _back("g[c, i, j]", "x[c, m, n] = output[c, i, j]")
    return (
        Mistake("to-every-tied-winner", "dx", tied, "if several cells are equally large, only the first in reading "
                "order wins, and only it gets the gradient", 0.5, "How many winners does a window have?"),
        Mistake("shared", "dx", shared, "only the winner reached the output, so it gets the whole gradient; here it is "
                "shared, as in average pooling", 0.6, "Which cells reached the output?"),
        Mistake("to-the-whole-window", "dx", _back("g[c, i, j]"), "only the winner reached the output: the other cells "
                "get 0", 0.5, "Which cells reached the output?"),
    )  # fmt: skip


BACKWARDS = {
    "max": _backward("max", "Max pooling by hand, forward and backward"),
    "avg": _backward("avg", "Average pooling by hand, forward and backward"),
    "sum": _backward("sum", "Sum pooling by hand, forward and backward"),
    "min": _backward("min", "Min pooling by hand, forward and backward"),
}

GLOBAL_BACKWARD = Formula(
    id="pool_by_hand_global_backward",
    title="Global average pooling by hand, forward and backward",
    variables=(_IMAGE, _PER_CHANNEL),
    steps=(
        Step("height", "len(x[1])", "rows of the image"),
        Step("width", "len(x[1, 1])", "columns of the image"),
        *GLOBAL.steps,
        Step("loss", "sum(g ⊙ output)", "a loss with these gradients of the output"),
        Step("dx", "g[c]/cells", "gradient of the image: that of the output is shared by all cells of the channel",
             each=OVER_IMAGE),
    ),
    answers=("dx",),
    mistakes=(
        Mistake("not-divided", "dx", "g[c]", "the gradient of an average is shared: each cell of the channel gets an "
                "equal part", 0.6, "How much does the average grow when one cell grows by 1?"),
        Mistake("shared-by-all-channels", "dx", "g[c]/(channels*cells)", "each channel is averaged separately, so only "
                "its own cells share its gradient", 0.5, "How many cells are in one average?"),
        Mistake("to-the-largest", "dx", "if(x[c, m, n] = max(x[c]), g[c], 0)", "every cell is part of the average, not "
                "only the largest; that is max pooling", 0.5, "Which cells reached the output?"),
        Mistake("gradients-averaged", "dx", "sum(g)/(channels*cells)", "a channel reaches only its own output, so it "
                "gets only that output's gradient", 0.4, "Which outputs does this channel reach?"),
    ),
)  # fmt: skip

FORMULAS = {formula.id: formula for formula in (*POOLS.values(), GLOBAL, *BACKWARDS.values(), GLOBAL_BACKWARD)}
