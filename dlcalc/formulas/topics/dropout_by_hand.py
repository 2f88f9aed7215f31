"""Dropout by hand: which values are kept, and the factor on them in training and at test time.

p and the factors are those of `dropout`: N. Srivastava et al., 2014, or inverted as in PyTorch and Keras.
"""

from __future__ import annotations

from dataclasses import replace

from ...expressions.nodes import Kind
from ..model import Condition, Formula, Mistake, Step, Variable
from .dropout import DROPOUT, PROBABILITY
from .options_by_hand import quantity

_GIVEN = (
    quantity("x", "x", "values of the layer", Kind.VECTOR, ordinary=(1, 4), length=3),
    Variable("r", "mask", "mask: 1 keeps a value, 0 drops it", 0, 1, kind=Kind.VECTOR, ordinary=(0, 1), lengths=(3, 3)),
    replace(PROBABILITY, default="0.5"),
)
_RULE = tuple(step for step in DROPOUT.steps if step.name in ("keep", "training_scale", "test_scale"))
_STEPS = (
    *_RULE,
    Step("y", "training_scale*(r ⊙ x)", "values in training", kind=Kind.VECTOR),
    Step("test", "test_scale*x", "values at test time", kind=Kind.VECTOR),
)
_CONDITIONS = (
    Condition("len(r) = len(x)", "the mask has one number per value: {r} is not as long as {x}"),
    Condition("p > 0 and p < 1", "dropout's probability lies between 0 and 1, not at {p}"),
)
_NEVER_SCALED = Mistake("not-scaled-at-test", "test", "x", "at test time all values are on, so they must be "
                        "made smaller", 0.5, "Are more values on at test time or in training?")  # fmt: skip
_MISTAKES = (
    Mistake("kept-and-dropped-exchanged", "y", "training_scale*((1 - r) ⊙ x)", "the mask is 1 where a value is "
            "kept", 0.5, "What does a 1 in the mask mean?"),
    Mistake("mask-forgotten", "y", "training_scale*x", "the mask sets the dropped values to 0", 0.4, "What "
            "happens to a dropped value?"),
    Mistake("mask-at-test", "test", "test_scale*(r ⊙ x)", "at test time no value is dropped", 0.5, "Which values "
            "are on at test time?"),
)  # fmt: skip
_WHO = {"drop": "inverted dropout"}
_ONLY_COUNTED = ("drop", "expected")
_WAYS = tuple(
    replace(
        way,
        edits={step: text for step, text in way.edits.items() if step not in _ONLY_COUNTED},
        who=_WHO.get(way.name, way.who),
        own=(_NEVER_SCALED,) if way.name == "keep" else
        (Mistake("factor-forgotten", "y", "r ⊙ x", "the kept values are divided by 1 − p in training", 0.5,
                 "By what are the kept values divided in training?"),
         Mistake("multiplied-by-keep", "y", "keep*(r ⊙ x)", "the kept values are divided by 1 − p, not multiplied", 0.4,
                 "Do the kept values grow or shrink in training?")),
    )
    for way in DROPOUT.conventions
)  # fmt: skip

DROPOUT_BY_HAND = Formula(
    id="dropout_by_hand",
    title="Dropout by hand",
    variables=_GIVEN,
    steps=_STEPS,
    answers=("y", "test"),
    mistakes=_MISTAKES,
    conditions=_CONDITIONS,
    conventions=_WAYS,
    source=DROPOUT.source,
)

DROPOUT_BACKWARD = Formula(
    id="dropout_backward_by_hand",
    title="Dropout by hand, backward",
    variables=(
        *_GIVEN,
        quantity("d", "d-y", "gradient of the loss by each value", Kind.VECTOR, "0*x + 1", ordinary=(1, 3), length=3),
    ),
    steps=(
        *(step for step in _STEPS if step.name not in ("test", "test_scale")),
        Step("loss", "sum(d ⊙ y)", "a loss with these gradients: Σ d·y"),
        Step("dx", "training_scale*(r ⊙ d)", "∂L/∂x: nothing goes back through a dropped value", kind=Kind.VECTOR),
    ),
    answers=("dx", "y", "loss"),
    mistakes=(
        Mistake("mask-forgotten", "dx", "training_scale*d", "a dropped value did not reach the loss, so its gradient "
                "is 0", 0.6, "Which values reached the loss?"),
        Mistake("values-for-gradients", "dx", "training_scale*(r ⊙ x)", "the gradient is masked, not the value", 0.3,
                "What is the derivative of r·x by x?"),
    ),
    conditions=_CONDITIONS,
    conventions=tuple(
        replace(
            way,
            who=_WHO.get(way.name, way.who),
            own=(),
            edits={step: text for step, text in way.edits.items() if step not in ("test_scale", *_ONLY_COUNTED)},
        )
        for way in DROPOUT.conventions
    ),
    source=DROPOUT.source,
)  # fmt: skip

FORMULAS = {each.id: each for each in (DROPOUT_BY_HAND, DROPOUT_BACKWARD)}
