"""The mistakes that are made with a gradient, as edits of its derivation.

A rule looks at the nodes of a formula and says what stands there by mistake. An edit puts it there, in the general
formula or in the recursion, where it acts at every step. What an edited formula comes to is computed, never written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..expressions.evaluate import Evaluator
from ..expressions.nodes import Add, Div, Hadamard, Literal, Mul, Name, Neg, Node, Pow, Reduce
from .delta import Delta, Place
from .edits import GONE, ONE, TWO, Edit, Found, Rule
from .local import Locals
from .model import STEPS, Signal, shifted
from .patterns import (
    error_of_use,
    error_through_output_weights,
    errors,
    factor_left_out,
    factor_of_this_step,
    factors_swapped,
    gate_complemented,
    gate_slope_as_tanh,
    gradient_of_last_step,
    gradient_of_other_state,
    gradient_shifted,
    half_of_gate_slope,
    later_term,
    longest,
    loss_term,
    matrix_left_out,
    minus_lost,
    not_transposed,
    other_delta,
    other_matrix,
    products,
    reads,
    reads_of_loss,
    reads_shifted,
    sign_of_later_term,
    slope_a_step_before,
    slope_left_out,
    slope_of_one_term,
    slope_of_output,
    slope_twice,
    squares,
    sums,
    tanh_left_out,
    term_left_out,
    total,
    value_shifted,
)

LATER = "the term from step t + 1, {0}, is missing: a state also acts on later losses"
RULES = (
    Rule("explicit-only", "only the explicit term of each loss (k = j) is there: a loss also depends on the weight "
         "through all earlier steps", sums(lambda s: s.high, lambda s: s.high, True)),
    Rule("explicit-only", LATER, later_term),
    Rule("explicit-missing", "the explicit term, k = j, is missing",
         sums(lambda s: s.low, lambda s: shifted(s.high, -1), True)),
    Rule("longest-path-only", "only the longest path is there, from the last loss to the first step: the gradient is "
         "the sum over all paths", longest),
    Rule("longest-path-only", "only the longest path of each loss is there, back to the first step: k runs from 1 to j",
         sums(lambda s: s.low, lambda s: s.low, True)),
    Rule("last-loss-only", "only the last loss is there: the gradients of all losses are added",
         sums(lambda s: s.high, lambda s: s.high, False)),
    Rule("first-step-only", "only the first step is there: the gradients of all steps are added",
         sums(lambda s: s.low, lambda s: s.low, False)),
    Rule("first-step-missing", "the sum over time starts at the first step",
         sums(lambda s: shifted(s.low, 1), lambda s: s.high, False)),
    Rule("last-step-missing", "the sum over time ends at the last step",
         sums(lambda s: s.low, lambda s: shifted(s.high, -1), False)),
    Rule("sum-beyond-the-loss", "k ends at j: a loss does not depend on later steps",
         sums(lambda s: s.low, lambda s: STEPS, True)),
    Rule("slope-missing", "the slope of the activation, {0}, is missing", slope_left_out),
    Rule("{0}-missing", "{0} is missing: on the way back the gradient is multiplied by it", matrix_left_out),
    Rule("not-transposed", "on the way back the gradient is multiplied by the transpose: {0}, not {1}", not_transposed),
    Rule("other-matrix", "you wrote {1}; it should be {0}: the weights that the gradient passes",
         other_matrix, False),
    Rule("state-of-the-same-step", "the weight is multiplied by the state of the previous step, not of the same step: "
         "{1} is not {0}", reads_shifted(1, True)),
    Rule("state-of-another-step", "the weight is multiplied by the state of its own step: {0}, not "
                                  "{1}", reads_shifted(-1, True)),
    Rule("state-of-another-step", "the weight is multiplied by the previous state, not the next one: {0}, not {1}",
         reads_shifted(2, True)),
    Rule("input-of-another-step", "the weight is multiplied by the input of its own step: {0}, not "
                                  "{1}", reads_shifted(-1, False)),
    Rule("input-of-another-step", "the weight is multiplied by the input of its own step: {0}, not "
                                  "{1}", reads_shifted(1, False)),
    Rule("state-of-the-loss", "the explicit part belongs to step k: {0}, not {1}", reads_of_loss),
    Rule("input-for-state", "this weight is multiplied by the state, not by the input: {0}, not {1}", reads("x", 0)),
    Rule("state-for-input", "this weight is multiplied by the input, not by the state: {0}, not {1}", reads("h", -1)),
    Rule("state-for-input", "this weight is multiplied by the input, not by the state: {0}, not {1}", reads("h", 0)),
    Rule("activation-twice", "1 − h² and σ(1 − σ) use the value of the activation: {0}, not {1}",
         slope_of_output),
    Rule("slope-not-squared", "the slope of tanh is {0}, not {1}", squares(lambda h: Add((ONE, Neg(h))))),
    Rule("sigmoid-slope", "the slope of tanh is {0}; {1} is the slope of a sigmoid",
         squares(lambda h: Hadamard((h, Add((ONE, Neg(h))))))),
    Rule("slope-is-not-the-square", "the slope of tanh is {0}, not {1}", squares(lambda h: Pow(h, TWO))),
    Rule("slope-plus", "the slope of tanh is {0}, with a minus sign", squares(lambda h: Add((ONE, Pow(h, TWO))))),
    Rule("activation-for-slope", "the slope of tanh is {0}, not its value {1}", squares(lambda h: h)),
    Rule("slope-of-another-step", "the slope belongs to the step that the gradient passes: {0}, not {1}",
         slope_a_step_before),
    Rule("half-of-the-slope", "the slope of a sigmoid has two factors, σ and 1 − σ", half_of_gate_slope, False),
    Rule("tanh-slope", "the slope of a sigmoid is σ(1 − σ); 1 − σ² looks like the slope of tanh", gate_slope_as_tanh),
    Rule("product-from-k", "the product starts at m = k + 1: the slope of step k is in the explicit part",
         products(lambda p: Reduce("prod", p.index, shifted(p.low, -1), p.high, p.body, p.descending))),
    Rule("product-ends-early", "the product ends at m = j, the step of the loss",
         products(lambda p: Reduce("prod", p.index, p.low, shifted(p.high, -1), p.body, p.descending))),
    Rule("product-begins-late", "the product starts at m = k + 1",
         products(lambda p: Reduce("prod", p.index, shifted(p.low, 1), p.high, p.body, p.descending))),
    Rule("product-missing", "the product over the steps between is missing: the gradient passes through each of them",
         products(lambda p: ONE)),
    Rule("product-turned", "the order of the factors matters: for a column, the product starts with the step after "
         "k", products(lambda p: Reduce("prod", p.index, p.low, p.high, p.body, not p.descending))),
    Rule("sum-for-product", "the factors of the steps are multiplied, not added",
         products(lambda p: Reduce("sum", p.index, p.low, p.high, p.body))),
    Rule("factors-swapped", "matrices do not commute: within a step, the slope and the recurrent matrix must be "
         "exchanged", factors_swapped),
    Rule("loss-term-missing", "the gradient of the loss at the same step, {0}, is missing", loss_term),
    Rule("target-missing", "the error is {0}: the target is missing", errors(lambda output, target: output)),
    Rule("output-missing", "the error is {0}: the output is missing", errors(lambda output, target: Neg(target))),
    Rule("error-plus", "the error is {0}, a difference",
         errors(lambda output, target: Add((output, target)))),
    Rule("error-squared", "the error is a factor of the gradient, not its square",
         errors(lambda output, target: Pow(Add((output, Neg(target))), TWO))),
    Rule("slope-of-the-output-layer", "ŷ − y is already the derivative by the input of the output’s activation: its "
         "slope is in it", errors(lambda output, target: Hadamard(
             (Add((output, Neg(target))), output, Add((ONE, Neg(output))))))),
    Rule("by-the-output", "that is the derivative by the output; the derivative by the input of its activation is {0}",
         errors(lambda output, target: Neg(Div(target, output)))),
    Rule("taken-back-too-far", "for the output layer’s own weight the error is not multiplied by V; that is only for "
         "the layers before", error_through_output_weights),
    Rule("slope-twice", "δ already contains the slope of the activation: {0}, not {1}", slope_twice),
    Rule("error-of-another-step", "the error belongs to the step of the loss: {0}, not {1}", error_of_use),
    Rule("value-of-another-step", "you wrote {1}; it should be {0}, the value before the step", value_shifted),
    Rule("gate-turned", "you wrote {1}; it should be {0}", gate_complemented, False),
    Rule("factor-missing", "the factor {0} is missing", factor_left_out, False),
    Rule("other-gradient", "the gradient of this weight is {0}, not {1}", other_delta, False),
    Rule("total-for-explicit", "the sum over k needs the explicit part {0}: {1} already contains the earlier steps",
         total),
    Rule("gradient-of-another-step", "the gradient belongs to the same step: {0}, not {1}", gradient_shifted(1)),
    Rule("gradient-of-another-step", "the gradient belongs to the same step: {0}, not {1}", gradient_shifted(-1)),
    Rule("gradient-of-another-step", "the gradient belongs to the first step: {0}, not {1}", gradient_of_last_step),
    Rule("factor-of-another-step", "you wrote {1}; it should be {0}: the gradient of step t + 1 is multiplied by the "
         "value of that step", factor_of_this_step, False),
    Rule("tanh-missing", "you wrote {1}; it should be {0}: the output of the cell uses the tanh of its state",
         tanh_left_out),
    Rule("gradient-of-the-other-state", "you wrote {1}; it should be {0}: the gate changes this state",
         gradient_of_other_state),
    Rule("slope-of-one-term", "the slope of the activation multiplies the whole sum, not one term of it",
         slope_of_one_term, False),
    Rule("sign-of-one-term", "the sign of {0} is wrong: the two gradients are added", sign_of_later_term),
    Rule("plus-for-minus", "you wrote {1}; it should be {0}, a difference", minus_lost, False),
    Rule("term-missing", "you wrote {1}; it should be {0}", term_left_out, False),
)  # fmt: skip
"""Every mistake that is looked for in a formula, the commonest first."""


COMMON = frozenset({
    "explicit-only", "longest-path-only", "last-loss-only", "slope-missing", "{0}-missing", "not-transposed",
    "product-from-k", "product-missing", "state-of-the-same-step", "activation-twice", "factors-swapped",
})  # fmt: skip
"""Mistakes that are looked for two at a time."""
FEWER = frozenset({"explicit-only", "longest-path-only", "last-loss-only"})
LEFT_OUT = frozenset({"slope-missing", "{0}-missing"})
"""With one of the former two of the latter, as lecture notes print it."""
OF_ONE_PATH = LEFT_OUT | {"not-transposed", "state-of-the-same-step", "slope-not-squared", "half-of-the-slope"}
"""Mistakes that are looked for in one path alone."""


@dataclass(frozen=True)
class GradientMistake(Found):
    """A mistake with the whole gradient, whatever its formula."""

    change: Callable[[float, int], float]


GRADIENT_MISTAKES = (
    GradientMistake("sign-turned", "the sign is wrong: the error is ŷ − y, output minus target", lambda v, T: -v),
    GradientMistake("mean-over-time", "the losses are added, so there is no factor 1/T", lambda v, T: v / T),
    GradientMistake("twice", "there is no factor 2: the derivative of the loss has none", lambda v, T: 2 * v),
    GradientMistake("half", "there is no factor ½", lambda v, T: v / 2),
    GradientMistake("times-steps", "there is no factor T: the losses are already added", lambda v, T: v * T),
)
TRANSPOSED = Found("transposed", "that is the transpose: here ∂L/∂{0} has the shape of {0}, which is {1}")
ONLY_IF_SQUARE = Found(
    "sizes-do-not-fit",
    "this is right only if inputs, units and outputs have the same number: here the sizes do not fit",
)
MISSING_SUM = Found(
    "missing-sum",
    "the Σ over time is missing: every step uses the same weight, so the gradients of all steps are added",
)
PART_ALONE = Found(
    "part-of-joined-alone",
    "that is the gradient by one part of the joined matrix: it meets the state and the input, [h_{t−1}, x_t]",
)


SAME_AS = {"value-of-another-step": "state-of-the-same-step", "other-gradient": "slope-missing"}
"""Mistake → another one that says the same of the same numbers, and better."""


class EditedDelta(Delta):
    """A recursion with an edit in the equation of one signal: at every step, at the last one or at those before it."""

    def __init__(self, whole: Delta, signal: Signal, edit: Edit, at_end: bool | None = None) -> None:
        super().__init__(whole.network)
        self.whole = whole
        self.signal = signal
        self.edit = edit
        self.at_end = at_end

    @property
    def locals(self) -> Locals:
        return self.whole.locals

    @property
    def named(self) -> frozenset[Signal]:
        return self.whole.named

    def right(self, signal: Signal, place: Place) -> Node:
        found = self.whole.right(signal, place)
        if not self._is_edited(signal, place):
            return found
        changed = self.edit.of(found)
        return Mul((Literal(0), signal.at(Name("t", integer=True)))) if changed == GONE else changed

    def evaluator(self, signal: Signal, place: Place, layout: str) -> Evaluator:
        """That of the edited equation is not kept, as it is hardly asked for again."""
        edited = self._is_edited(signal, place)
        return self._compiled(signal, place, layout) if edited else self.whole.evaluator(signal, place, layout)

    def _is_edited(self, signal: Signal, place: Place) -> bool:
        return signal == self.signal and self.at_end is not place.after
