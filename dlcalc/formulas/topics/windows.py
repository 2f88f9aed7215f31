"""What convolution and pooling share: a window that moves over a padded input, along each axis by itself.

Sizes are whole numbers of pixels. d = 1 is an ordinary window (some notes call that dilation 0). The output size is
relation 6 (with dilation 15) of V. Dumoulin and F. Visin, A guide to convolution arithmetic for deep learning,
arXiv:1603.07285, which PyTorch and Keras share. `window` is the topic's word for what moves: filter, window.
"""

from __future__ import annotations

from ..model import Condition, Form, Mistake, Step, Variable

INPUT = Variable("n", "input-size", "input size", per_axis=True, ordinary=(8, 64), search="1..4096")
STRIDE = Variable("s", "stride", "stride", default="1", per_axis=True, ordinary=(2, 4), search="1..n")
PADDING = Variable("p", "padding", "padding on each side", low=0, default="0", per_axis=True, ordinary=(1, 3),
                   search="0..n")  # fmt: skip
DILATION = Variable("d", "dilation", "dilation", default="1", per_axis=True, ordinary=(2, 3), search="1..n")

FIT_STEPS = (
    Step("remainder", "mod(span, s)", "pixels left over after the last step", per_axis=True),
    Step("lost", "min(n, max(0, remainder - p))", "positions along the axis that no window reads", per_axis=True),
)


def effective_size(window: str) -> Step:
    return Step("f_eff", "d*(f - 1) + 1", f"{window} size with its dilation", per_axis=True)


def size_steps(window: str) -> tuple[Step, ...]:
    """From n, f, s, p, d to the output size o."""
    return (
        effective_size(window),
        Step("pad", "2p", "padding on both sides", per_axis=True),
        Step("padded", "n + pad", "padded input size", per_axis=True),
        Step("span", "padded - f_eff", f"room for the {window} to move", per_axis=True),
        Step("q", "floor(span/s)", "whole steps of the stride", per_axis=True),
        Step("o", "q + 1", "output size", per_axis=True),
    )


SIZE_FORMS = (
    Form("o", "n - f + 1", "s = 1 and d = 1 and p = 0"),
    Form("o", "n + 2p - f + 1", "s = 1 and d = 1"),
    Form("o", "floor((n - f)/s) + 1", "d = 1 and p = 0"),
    Form("o", "floor((n + 2p - f)/s) + 1", "d = 1"),
    Form("o", "floor((n + 2p - d*(f - 1) - 1)/s) + 1"),
)


def dilation_mistakes(window: str) -> tuple[Mistake, ...]:
    return (
        Mistake("dilation-ignored", "f_eff", "f", f"a dilated {window} spans d(f − 1) + 1 pixels, not f", 0.4,
                f"How many pixels does the dilated {window} span?"),
        Mistake("dilation-times-size", "f_eff", "d*f", "there are d − 1 empty pixels between two neighbouring taps, so "
                f"the {window} spans d(f − 1) + 1 pixels", 0.3, "How many gaps are there between f taps?"),
        Mistake("dilation-added", "f_eff", "f + d - 1", f"each of the f − 1 gaps grows by d − 1: the {window} spans "
                "d(f − 1) + 1", 0.25, "How many gaps lie between f taps?"),
        Mistake("dilation-counts-gaps", "f_eff", "if(d = 1, f, (d + 1)*(f - 1) + 1)", f"d = 1 is the ordinary "
                f"{window}: neighbouring taps are d apart, with d − 1 pixels between them", 0.25,
                "How far apart are two neighbouring taps?"),
    )  # fmt: skip


def size_mistakes(window: str) -> tuple[Mistake, ...]:
    """Edits of `size_steps`."""
    return (
        Mistake("no-plus-one", "o", "q", "the first position counts too: 4 moves visit 5 positions", 0.8, "How many "
                f"positions does the {window} have before its first move?"),
        Mistake("padding-once", "pad", "p", "both sides are padded, so the input grows by 2p, not by p", 0.7, "On how "
                "many sides is the input padded?"),
        Mistake("padding-forgotten", "pad", "0", f"the {window} also moves over the padding, so the input becomes "
                "larger first", 0.7, "How large is the padded input?"),
        Mistake("stride-ignored", "q", "span", f"the {window} moves s pixels at a time, so its room is divided by s",
                0.6, f"How far does the {window} move from one position to the next?"),
        Mistake("rounded-up", "q", "ceil(span/s)", f"a last {window} that does not fit completely is left out: round "
                "down, not up", 0.5, f"Where does the last {window} end?"),
        Mistake("plus-one-inside", "o", "floor((span + 1)/s)", "the + 1 is added after the division: it counts the "
                "first position", 0.4, "What does the + 1 count?"),
        Mistake("size-after-division", "q", "floor(padded/s) - f_eff", f"the {window} size is subtracted from the "
                "padded input before the division by the stride", 0.3, "What is divided by the stride?"),
        Mistake("fraction-kept", "q", "span/s", f"only whole {window}s count, so the number of positions is rounded "
                "down", 0.25, f"What happens to a {window} that hangs over the edge?"),
        Mistake("stride-and-size-exchanged", "q", "floor((padded - s)/f)", f"f and s are exchanged: the {window} is f "
                "long and moves by s", 0.25, "Which of the two numbers is subtracted, and which one divides?"),
        Mistake("size-over-stride", "o", "floor(n/s)", "n/s is the size with “same” padding; with the given padding "
                f"the {window} stops where it no longer fits", 0.25, f"Where does the last {window} end?"),
        Mistake("size-over-window", "o", "floor(n/f)", f"n/f counts {window}s side by side; this {window} moves by the "
                "stride", 0.2, f"How far does the {window} move from one position to the next?"),
        Mistake("size-added", "span", "padded + f_eff", f"the {window} size is subtracted from the padded input, not "
                "added", 0.2, f"Does a larger {window} give a larger or a smaller output?"),
        Mistake("padding-subtracted", "padded", "n - pad", "padding makes the input larger: n + 2p", 0.2,
                "Is the padded input larger or smaller?"),
        Mistake("padding-of-four-sides", "padded", "n + 2*pad", "along one axis the input has two sides: its size "
                "grows by 2p, not by 4p", 0.2, "How many sides does one axis have?"),
        Mistake("one-taken-off", "o", "floor((span - 1)/s) + 1", "n + 2p − f is the room already: no 1 is taken off it",
                0.2, f"How far can the {window} move?"),
        Mistake("two-added", "o", "q + 2", "one position is added to the moves, the first one", 0.15,
                "How many positions do 4 moves visit?"),
        Mistake("multiplied-by-stride", "q", "span*s", "a larger stride gives fewer positions: the room is divided by "
                "it", 0.15, "Does a larger stride give a larger or a smaller output?"),
        Mistake("size-over-stride-fraction", "o", "if(mod(n, s) = 0, q + 1, n/s)", "a size is a whole number, but n/s "
                "is not the size here: (n + 2p − f)/s is rounded down, then 1 is added", 0.2, "What is divided by the "
                "stride?"),
        Mistake("size-over-window-fraction", "o", "if(mod(n, f) = 0, q + 1, n/f)", "a size is a whole number, but n/f "
                "is not the size here: (n + 2p − f)/s is rounded down, then 1 is added", 0.2, "What is divided, and by "
                "what?"),
        *dilation_mistakes(window),
    )  # fmt: skip


ONE_SIDE = Mistake("one-side", "pad", "pad_begin", "the input has two sides along each axis, and both are padded", 0.6,
                   "On how many sides is the input padded?")  # fmt: skip
"""Of a step `pad` that is `pad_begin` + `pad_end`."""


def fits(window: str) -> Condition:
    return Condition("padded >= f_eff", f"the {window} does not fit: f = {{f_eff}} is larger than the padded input "
                     f"{{padded}}", per_axis=True)  # fmt: skip


def fit_warnings(window: str, axes: int) -> tuple[Condition, ...]:
    """What a stride that does not fit leaves unread; needs `FIT_STEPS`."""
    one, many = _LINES[axes]
    return (
        Condition("remainder = 0 or lost = 0", f"the stride does not fit: ({{padded}} − {{f_eff}})/{{s}} is not whole: "
                  f"the last {{lost}} {{lost:{one}|{many}}} never read", per_axis=True),
        Condition("remainder = 0 or lost > 0", "the stride does not fit: ({padded} − {f_eff})/{s} is not whole, but "
                  "only padding is left over: every pixel of the input is read", per_axis=True),
        skipped_between(window),
    )  # fmt: skip


def skipped_between(window: str) -> Condition:
    return Condition("s <= f_eff", f"the stride {{s}} is larger than the {window} {{f_eff}}: the pixels between two "
                     "positions are never read", per_axis=True)  # fmt: skip


_LINES = {1: ("position", "positions"), 2: ("row and column", "rows and columns"), 3: ("slice", "slices")}
"""What one step along an axis of a 1-D, 2-D or 3-D input is called."""
