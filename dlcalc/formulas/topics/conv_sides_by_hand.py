"""Convolution of numbers by hand where each side of the image has padding of its own: given, causal, or “same”.

Shapes as in `conv_by_hand`. “Same” pads so that a stride s makes ⌈n/s⌉ of n; an odd zero stands after the image, as in
TensorFlow, Keras and PyTorch. Causal: A. van den Oord et al., WaveNet, arXiv:1609.03499.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ...expressions.nodes import Kind
from ..model import Condition, Formula, Mistake, Step, Variable
from .conv_by_hand import CONV, CONV_BACKWARD, CONV_FLIPPED, DILATION, FILTERS, GRADIENT, IMAGE, STRIDE
from .options_by_hand import without

_BEGIN = Variable("pad_begin", "padding-begin", "padding before the input: above and left, or one number for both",
                  low=0, high=1000, default="(0, 0)", kind=Kind.VECTOR, ordinary=(1, 2), lengths=(2, 2))  # fmt: skip
_END = replace(_BEGIN, name="pad_end", long="padding-end", ordinary=(0, 3),
               meaning="padding after the input: below and right, or one number for both")  # fmt: skip
_RIGHT = "pad_{0}[len(pad_{0})]"
_BELOW = "if(height = 1 and f_h = 1, 0, pad_{0}[1])"
_MEANINGS = {"pad": "columns of padding to the left", "pad_h": "rows of padding above",
             "end": "columns of padding to the right", "end_h": "rows of padding below"}  # fmt: skip
_NO_PADDING = (("pad_h", "0"), ("end", "0"), ("end_h", "0"))


@dataclass(frozen=True)
class _Sides:
    """How much padding stands on each side: the steps `pads`; `drawn` is what exercises draw instead of the usual."""

    id: str
    words: str
    pads: dict[str, str]
    mistakes: tuple[Mistake, ...]
    conditions: tuple[Condition, ...] = ()
    given: tuple[Variable, ...] = ()
    drawn: dict[str, Variable] = field(default_factory=dict)
    invisible: tuple[str, ...] = ()
    """Mistakes that do not show here."""

    def title(self, convolution: str) -> str:
        if self.id == "causal":
            return f"Causal {convolution[0].lower()}{convolution[1:]}"
        return f"{convolution}, {self.words}"


_ASYMMETRIC = _Sides(
    "asymmetric",
    "with different padding on each side",
    {"pad": _RIGHT.format("begin"), "pad_h": _BELOW.format("begin"), "end": _RIGHT.format("end"),
     "end_h": _BELOW.format("end")},
    (
        Mistake("padding-forgotten", "pad", "0", "the image is padded before the filter moves over it", 0.6, "Where "
                "does the first window start?", more=_NO_PADDING),
        Mistake("sides-exchanged", "pad", _RIGHT.format("end"), "the padding before the image is above and to the "
                "left, the padding after it below and to the right", 0.5, "Where does the first window start?",
                more=(("pad_h", _BELOW.format("end")), ("end", _RIGHT.format("begin")),
                      ("end_h", _BELOW.format("begin")))),
        Mistake("begin-on-both-sides", "end", "pad", "the padding after the image has its own size", 0.5, "How much "
                "padding is there below and to the right?", more=(("end_h", "pad_h"),)),
        Mistake("rows-and-columns-exchanged", "pad", "pad_begin[1]", "the first number counts rows, above and below; "
                "the second counts columns", 0.4, "Which of the numbers counts rows?",
                more=(("pad_h", "pad_begin[len(pad_begin)]"), ("end", "pad_end[1]"),
                      ("end_h", "pad_end[len(pad_end)]"))),
    ),
    (Condition("len(pad_begin) <= 2 and len(pad_end) <= 2", "the padding of one side is one number, or two: rows and "
               "columns"),),
    (_BEGIN, _END),
    {"x": replace(IMAGE, sizes=(2, 4, 5))},
)  # fmt: skip

_CAUSAL = _Sides(
    "causal",
    "causal",
    {"pad": "gap*(f_w - 1)", "pad_h": "0", "end": "0", "end_h": "0"},
    (
        Mistake("padding-forgotten", "pad", "0", "d(f − 1) zeros come before the first input, so that the first window "
                "ends on it", 0.6, "Where does the first window end?"),
        Mistake("padding-on-both-sides", "pad", "floor(gap*(f_w - 1)/2)", "half of the padding on each side is “same”; "
                "a causal filter must not read later inputs", 0.5, "Which inputs may a causal filter read?",
                more=(("end", "ceil(gap*(f_w - 1)/2)"),)),
        Mistake("padding-after", "pad", "0", "the zeros come before the signal, so that a window reads no later inputs",
                0.5, "Which inputs may a causal filter read?", more=(("end", "gap*(f_w - 1)"),)),
        Mistake("filter-size-padded", "pad", "gap*f_w", "the last weight of the filter reads the present input, so the "
                "filter reaches d(f − 1) back", 0.4, "Which input does the last weight read?"),
    ),
    (Condition("height = 1 and f_h = 1", "a causal convolution needs a signal: one row, and filters of one row"),),
    drawn={"x": replace(IMAGE, sizes=(2, 1, 5)), "w": replace(FILTERS, sizes=(1, 2, 1, 3)),
           "g": replace(GRADIENT, sizes=(1, 1, 5))},
    invisible=("rows-flipped", "stride-along-only", "one-row-slipped", "filter-transposed", "stride-down-only",
               "rows-flipped-only", "columns-flipped-only", "flipped-and-transposed"),
)  # fmt: skip

_LACKING = "max((ceil({0}/hop) - 1)*hop + gap*({1} - 1) + 1 - {0}, 0)"
"""What the last window lacks along an axis: the padding of both sides."""
_ACROSS, _DOWN = _LACKING.format("width", "f_w"), _LACKING.format("height", "f_h")
_SAME = _Sides(
    "same",
    "“same” padding",
    {"pad": f"floor({_ACROSS}/2)", "pad_h": f"floor({_DOWN}/2)", "end": f"ceil({_ACROSS}/2)",
     "end_h": f"ceil({_DOWN}/2)"},
    (
        Mistake("padding-forgotten", "pad", "0", "“same” padding keeps the size at stride 1: the image is padded "
                "before the filter moves over it", 0.6, "What is “same” padding for?", more=_NO_PADDING),
        Mistake("odd-zero-before", "pad", f"ceil({_ACROSS}/2)", "an odd padding has one more zero after the image, "
                "below and to the right, than before it", 0.5, "On which side is the odd zero?",
                more=(("pad_h", f"ceil({_DOWN}/2)"), ("end", f"floor({_ACROSS}/2)"), ("end_h", f"floor({_DOWN}/2)"))),
        Mistake("padding-of-stride-one", "pad", "floor(gap*(f_w - 1)/2)", "d(f − 1) is the padding at stride 1; with a "
                "larger stride the padding is only what the last window needs", 0.4, "Where does the last window end?",
                more=(("pad_h", "floor(gap*(f_h - 1)/2)"), ("end", "ceil(gap*(f_w - 1)/2)"),
                      ("end_h", "ceil(gap*(f_h - 1)/2)"))),
    ),
    drawn={"x": replace(IMAGE, sizes=(2, 4, 4)), "w": replace(FILTERS, sizes=(1, 2, 3, 3)),
           "s": replace(STRIDE, ordinary=(2, 2)), "d": DILATION},
)  # fmt: skip

_BACKWARDS = {
    "pad_begin": replace(_BEGIN, ordinary=(1, 1)),
    "pad_end": replace(_END, ordinary=(0, 0)),
    "x": replace(IMAGE, sizes=(2, 3, 4)),
    "w": FILTERS,
    "d": replace(DILATION, ordinary=(1, 1)),
    "s": replace(STRIDE, ordinary=(1, 1)),
    "g": replace(GRADIENT, sizes=(1, 3, 4)),
}
"""What an exercise draws backwards, so that the gradient has the shape of the output."""
_SIZE_KEPT = ("sides-exchanged", "padding-on-both-sides", "padding-after", "odd-zero-before")
"""Mistakes after which the output has the size that it has, so that a gradient of that size still fits."""


def _with_sides(convolution: Formula, sides: _Sides, way: str) -> Formula:
    """The convolution where the padding after the image is not that before it; `way`: "", flipped or backward."""
    backwards = way == "backward"
    first = next(i for i, each in enumerate(convolution.steps) if each.name == "pad")
    changed = {"tall": "height + pad_h + end_h", "wide": "width + pad + end"}
    rest = [
        replace(each, expression=changed.get(each.name, each.expression)) for each in convolution.steps[first + 2 :]
    ]
    gap = next(i for i, each in enumerate(rest) if each.name == "tall")
    padded = [Step(name, sides.pads[name], meaning) for name, meaning in _MEANINGS.items()]
    drawn = {**sides.drawn, **_BACKWARDS, **(sides.drawn if sides is _CAUSAL else {})} if backwards else sides.drawn
    given = (*convolution.variables[:3], *sides.given, *convolution.variables[3:])
    own = [each for each in sides.mistakes if not backwards or each.id in _SIZE_KEPT]
    unseen = ("padding-forgotten", "padded-before-only", "padded-after-only", *sides.invisible)
    return replace(
        convolution,
        id="_".join(word for word in ("conv_by_hand", sides.id, way) if word),
        title=sides.title(convolution.title),
        variables=tuple(drawn.get(v.name, v) for v in given if v.name != "p"),
        steps=(*convolution.steps[:first], *rest[:gap], *padded, *rest[gap:]),
        mistakes=(*own, *without(convolution.mistakes, *unseen)),
        conditions=(*convolution.conditions, *sides.conditions),
    )  # fmt: skip


def _all() -> Iterator[Formula]:
    for way, convolution in (("", CONV), ("flipped", CONV_FLIPPED), ("backward", CONV_BACKWARD)):
        for sides in (_ASYMMETRIC, _CAUSAL, _SAME):
            yield _with_sides(convolution, sides, way)


FORMULAS = {formula.id: formula for formula in _all()}
