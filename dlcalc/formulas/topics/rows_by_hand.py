"""A batch by hand, one example per row: each row is worked out as one example is, and a loss is their mean.

The formulas are those of one example with every array of it indexed by its row, so that each mistake and convention
holds for a batch as well. PyTorch and Keras take the mean over the batch; notes that add up are a convention.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...expressions.nodes import Kind
from ..edited_text import substituted
from ..model import Condition, Convention, Formula, Mistake, Step, Variable
from .dense_by_hand import DENSE, LOGISTIC, LOGISTIC_STEP, MLP, MLP_BACKWARD
from .losses_by_hand import CROSS_ENTROPY, SOFTMAX_CROSS_ENTROPY
from .options_by_hand import STABLE, Chosen, without
from .scaling_by_hand import LAYERNORM
from .softmax_by_hand import LOG_SOFTMAX, SOFTMAX

EACH = "i in 1..B"
_LOSS = "loss"
_GATHERED = ("dw", "db", "dW1", "db1", "dW2", "db2")
"""Gradients of weights, to which every example adds."""
_AFTER = ("w_new", "b_new", "W1_new", "b1_new", "W2_new", "b2_new")
"""What is there once for the batch."""


class _Batch:
    """How the formula of one example becomes that of a batch: its arrays `x` and its steps have one row per example."""

    def __init__(self, one: Formula, *arrays: str, added: bool = True) -> None:
        self.one = one
        self.added = added
        self.arrays = arrays
        self.sizes = {step.name for step in one.steps if step.expression.startswith("len(")}
        once = {*self.sizes, *_GATHERED, *_AFTER}
        steps = [step.name for step in one.steps if step.name not in once]
        self.rows = {name: f"{name}[i]" for name in (*arrays, *steps)} | {_LOSS: "losses[i]"}

    def text(self, step: str, text: str) -> str:
        """An expression of one example as it is for row i."""
        if step in _AFTER:
            return text
        if step in self.sizes:
            return substituted(text, {name: f"{name}[1]" for name in self.arrays})
        return substituted(text, self.rows)

    def name(self, step: str) -> str:
        return "losses" if step == _LOSS else step

    def averaged(self, step: str, text: str) -> str:
        """A gradient of the mean loss."""
        summed = self.summed(step, text)
        return f"({text})/B" if step == "gradient" else f"{summed}/B" if step in _GATHERED else text

    def summed(self, step: str, text: str) -> str:
        """A gradient of the sum of the losses."""
        return f"sum(i=1..B, {text})" if step in _GATHERED else text

    def steps(self) -> Iterable[Step]:
        yield Step("B", f"len({self.arrays[0]})", "examples, one per row")
        for step in self.one.steps:
            text = self.averaged(step.name, self.text(step.name, step.expression))
            each = "" if step.name in {*self.sizes, *_GATHERED, *_AFTER} else EACH
            meaning = f"{step.meaning} of each example" if step.name == _LOSS else step.meaning
            yield replace(step, name=self.name(step.name), expression=text, meaning=meaning, each=each)
        if self.has_loss:
            yield Step(_LOSS, "sum(losses)/B", "mean over the batch")

    @property
    def has_loss(self) -> bool:
        return any(step.name == _LOSS for step in self.one.steps)

    def mistake(self, mistake: Mistake) -> Mistake:
        (step, text), *more = (
            (self.name(step), self.averaged(step, self.text(step, text)) if text else text)
            for step, text in mistake.edits.items()
        )
        return replace(mistake, step=step, expression=text, more=tuple(more))

    def edits(self, convention: Convention, averaged: bool) -> dict[str, str]:
        found = {step: self.text(step, text) for step, text in convention.edits.items()}
        if averaged:
            return {self.name(step): self.averaged(step, text) for step, text in found.items()}
        summed = {
            step.name: self.summed(step.name, self.text(step.name, step.expression))
            for step in self.one.steps
            if step.name in ("gradient", *_GATHERED)
        }
        own = {self.name(step): self.summed(step, text) for step, text in found.items()}
        return {**summed, **own, _LOSS: "sum(losses)"}

    def conventions(self) -> Iterable[Convention]:
        for each in self.one.conventions:
            own = tuple(self.mistake(mistake) for mistake in each.own)
            says = f"{each.says}; the mean over the batch" if self.has_loss else each.says
            yield self.put_together(replace(each, says=says, edits=self.edits(each, averaged=True), own=own), "mean")
        for each in self.one.conventions if self.has_loss and self.added else ():
            if each.name == STABLE:
                continue
            name = "sum" if each is self.one.conventions[0] else f"sum-{each.name}"
            says = f"{each.says}; the losses of the batch are added"
            added = replace(each, name=name, who="notes that add over the batch", says=says,
                            edits=self.edits(each, averaged=False))  # fmt: skip
            yield self.put_together(added, "sum")

    def put_together(self, convention: Convention, over: str) -> Convention:
        """The convention with how the losses of the batch become one among its options, where there are losses."""
        if not self.has_loss or not isinstance(convention, Chosen):
            return convention
        return replace(convention, options=(*(name for name in convention.options if name != "textbook"), over))


_FIRST_ALONE = Mistake("first-example-only", _LOSS, "losses[1]", "every example of the batch counts, not only the "
                       "first", 0.25, "How many examples are in the batch?")  # fmt: skip


_WITHOUT_LOGARITHM = ("sum-for-output", "step-for-sigmoid")
"""Mistakes with outputs of which a loss of several examples seldom has logarithms."""


def _over_examples(step: str, score: str) -> Mistake:
    return Mistake("over-the-examples", step, f"powers[i]/sum(j=1..B, exp({score}))", "a softmax is taken over the "
                   "scores of one example: each row sums to 1, not each column", 0.4, "Which numbers belong to one "
                   "example: a row or a column?")  # fmt: skip


def _batch(
    one: Formula,
    id: str,
    title: str,
    *arrays: str,
    also: tuple[Mistake, ...] = (),
    invisible: tuple[str, ...] = (),
    added: bool = True,
) -> Formula:
    """The formula of one example for a batch; `arrays` are the variables with one row per example.

    `invisible`: mistakes that seldom show here. `added`: the losses may also be added, by a convention.
    """
    batch = _Batch(one, *arrays, added=added)
    mistakes = tuple(map(batch.mistake, without(one.mistakes, *invisible)))
    losses = (_FIRST_ALONE,) if batch.has_loss else ()
    together = tuple(
        Condition(f"len({name}) = len({arrays[0]})", "there are as many targets as examples, one per row")
        for name in arrays[1:]
    )
    return replace(
        one,
        id=id,
        title=title,
        variables=tuple(_rows(each) if each.name in arrays else each for each in one.variables),
        steps=tuple(batch.steps()),
        answers=(*one.answers, *(["losses"] if batch.has_loss else [])),
        mistakes=(*mistakes, *losses, *also),
        conventions=tuple(batch.conventions()),
        conditions=(*(condition for condition in one.conditions if "x" not in condition.expression), *together),
        notes=(),
    )


def _rows(variable: Variable) -> Variable:
    several = Kind.VECTOR if variable.kind is Kind.SCALAR else Kind.MATRIX
    each = "one" if several is Kind.VECTOR else "one row"
    return replace(variable, kind=several, meaning=f"{variable.meaning}, {each} per example", default=None,
                   integer=False, lengths=(2, 2) if several is Kind.VECTOR else variable.lengths)  # fmt: skip


_LAYERNORM = _batch(LAYERNORM, "layernorm_rows_by_hand", "Layer normalisation of several positions by hand", "x")
_EVERY_ROW = replace(
    _LAYERNORM,
    variables=tuple(
        each if each.default is None else replace(each, default=substituted(each.default, {"x": "x[1]"}))
        for each in _LAYERNORM.variables
    ),
    conditions=(
        Condition("prod(i=1..len(x), max(x[i]) - min(x[i])) > 0 or epsilon > 0", "the values of each position "
                  "must not all be equal, or ε must be above 0: otherwise its standard deviation is 0"),
        Condition("len(gamma) = len(x[1])", "γ has one entry per feature"),
        Condition("len(beta) = len(x[1])", "β has one entry per feature"),
    ),
)  # fmt: skip

FORMULAS = {
    each.id: each
    for each in (
        _batch(SOFTMAX, "softmax_rows_by_hand", "Softmax of a batch by hand", "z",
               also=(_over_examples("y", "z[j]/tau"),)),
        _batch(LOG_SOFTMAX, "log_softmax_rows_by_hand", "Log-softmax of a batch by hand", "z",
               invisible=("sum-of-scores",)),
        _batch(SOFTMAX_CROSS_ENTROPY, "softmax_cross_entropy_rows_by_hand",
               "Softmax and cross-entropy of a batch by hand", "z", "y",
               also=(_over_examples("yhat", "z[j]"),)),
        _batch(CROSS_ENTROPY, "cross_entropy_rows_by_hand", "Cross-entropy of a batch by hand", "p", "y"),
        _batch(DENSE, "dense_rows_by_hand", "Dense layer of a batch by hand", "x"),
        _EVERY_ROW,
        _batch(LOGISTIC, "logistic_rows_by_hand", "Logistic regression of a batch by hand", "x", "y",
               invisible=_WITHOUT_LOGARITHM),
        _batch(LOGISTIC_STEP, "logistic_step_rows_by_hand", "One step of logistic regression of a batch by hand",
               "x", "y", invisible=_WITHOUT_LOGARITHM),
        _batch(MLP, "mlp_rows_by_hand", "Network with one hidden layer by hand, a batch", "x"),
        _batch(MLP_BACKWARD, "mlp_backward_rows_by_hand", "Network with one hidden layer by hand, backward, a batch",
               "x", "y", added=False),
    )
}  # fmt: skip
