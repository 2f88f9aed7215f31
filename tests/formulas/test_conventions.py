"""A mistake is one under a convention, and its sentence true there, or it is none of that convention's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

import pytest

from dlcalc.errors import UserError
from dlcalc.expressions.nodes import Value
from dlcalc.formulas.defaults import with_defaults
from dlcalc.formulas.diagnose import outcome
from dlcalc.formulas.draw import draw
from dlcalc.formulas.model import Convention, Formula, Mistake
from dlcalc.formulas.program import Program, as_array, program
from dlcalc.formulas.registry import formula, ids_known
from dlcalc.formulas.steps import State
from dlcalc.formulas.topics.options_by_hand import Chosen

UNTRUE = {
    "no-bias": r"\bbias|\bshift|β",
    "no-hidden-bias": r"\bbias",
    "no-scale": r"γ|scale",
    "keras-no-scale": r"γ|scale",
    "bits": r"natural|\bln\b|base (e|2)\b",
    "hartleys": r"natural|\bln\b|base (e|10)\b",
    "row": "column layout",
    "keras": "column layout|both convolutions",
    "pytorch": "one bias for each",
    "row-layout": "the input matrix (is|has) m×n",
    "many-to-one": "all time steps use the same output layer|output at every step|the output at each step",
    "last": "every time step has|every pair k|V was used at every",
    "same-lower": "goes to the end",
    "tied-weights": "the decoder has",
    "d2l": "every scale and ratio",
    "unscaled": "√d|root of d",
    "outside": "under the root",
    "linear-hidden": "between the sum and the hidden unit|after the activation",
    "linear-output": "between the sum and the output",
    "relu": "that of tanh|is a tanh|the sigmoid is",
    "sigmoid": "that of tanh|is a tanh",
    "context-at-every-step": "first state",
    "drop-last": "last, smaller batch counts",
    "sum": "one half|the ½",
    "mean": "summed over|sum over the examples",
}
"""Convention, or option of one → what no sentence may say under it."""

OF_ONE_PART = {("transformer_block", "no-bias"): "projections.*bias"}
"""The same where only a part of the layer is counted otherwise: the feed-forward part keeps its biases."""

OWN = {
    mistake.because
    for id in ids_known()
    for convention in formula(id).conventions
    if convention.variant
    for mistake in convention.own
}
"""What is written for a convention alone, as "this layer has no biases"."""

FORMULAS = [id for id in sorted(ids_known()) if len(formula(id).conventions) > 1]


def options(convention: Convention) -> set[str]:
    return {convention.name, *(convention.options if isinstance(convention, Chosen) else ())}


@pytest.mark.parametrize("id", FORMULAS)
def test_no_sentence_is_untrue_under_its_convention(id: str) -> None:
    found = formula(id)
    usual = options(found.conventions[0])
    for convention in found.conventions[1:]:
        for name in options(convention) - usual:
            for mistake in program(found, convention.name).mistakes:
                if mistake.because in OWN:
                    continue
                untrue = OF_ONE_PART.get((id, name), UNTRUE.get(name, "$^"))
                assert not re.search(untrue, mistake.because), (convention.name, mistake.because)


def test_every_word_of_the_table_is_of_a_convention() -> None:
    known = {name for id in FORMULAS for convention in formula(id).conventions for name in options(convention)}
    assert UNTRUE.keys() <= known


class Draws:
    """Twelve, of which the later ones are made where what is asked does not show in the first ones."""

    def __init__(self, found: Formula) -> None:
        self.found = found
        self.made: list[dict[str, Value]] = []

    def __iter__(self) -> Iterator[dict[str, Value]]:
        for seed in range(12):
            if seed == len(self.made):
                self.made.append(draw(self.found, "conventions", seed))
            yield self.made[seed]


def that_matter(found: Formula, convention: str, draws: Iterable[dict[str, Value]], asked: set[str]) -> set[str]:
    """Of the mistakes that are asked of those that change an answer in one of the draws."""
    matter: set[str] = set()
    compiled = program(found, convention)
    for given in draws:
        if asked <= matter:
            break
        try:
            state = compiled.execute(compiled.state(with_defaults(found, given)))
        except UserError:
            continue
        for mistake in compiled.mistakes:
            if mistake.id in asked - matter and changes_an_answer(compiled, state, mistake):
                matter.add(mistake.id)
    return matter


def changes_an_answer(compiled: Program, state: State, mistake: Mistake) -> bool:
    """Whether it gives one of the answers that it is on the way to another value."""
    for name in compiled.formula.answers:
        if mistake.edits.keys() & compiled.needed(name):
            value = outcome(compiled.plan(name, mistake), state.copy(), name)
            if value is not None and value != as_array(state.values[name]):
                return True
    return False


NO_VALUE = {"product-for-power-of-square"}
"""What it makes of v̂ is negative: a root of it is found only where ε is under the root and is larger."""
WITHOUT_SLOPE = {"step": {"dense_backward_by_hand"}}
"""The gradients of a threshold unit are 0, right or wrong."""


@pytest.mark.parametrize("id", FORMULAS)
def test_every_mistake_matters_under_every_convention_that_has_it(id: str) -> None:
    """What changes an answer of the formula as it stands changes one under every convention that has the mistake."""
    found = formula(id)
    draws = Draws(found)
    own = found.conventions[0].name
    few = 3 if "_by_hand" in id else 6  # of whole arrays one draw holds many numbers
    usual = that_matter(found, own, islice(draws, few), {mistake.id for mistake in program(found, own).mistakes})
    for convention in found.conventions[1:]:
        compiled = program(found, convention.name)
        needed = frozenset().union(*map(compiled.needed, found.answers))
        have = {mistake.id for mistake in compiled.mistakes if mistake.edits.keys() & needed} - NO_VALUE
        if id not in WITHOUT_SLOPE.get(convention.name.partition("-")[0], ()):
            wanted = usual & have
            assert wanted <= that_matter(found, convention.name, draws, wanted), convention.name


@pytest.mark.parametrize(
    ("id", "convention", "gone", "kept"),
    [
        ("conv", "no-bias", {"biases-forgotten", "one-bias", "bias-per-channel"}, {"channels-forgotten"}),
        ("lstm", "no-bias", {"one-bias-vector", "biases-forgotten", "one-bias"}, {"three-gates", "one-direction"}),
        ("lstm", "pytorch", {"one-bias"}, {"one-bias-vector", "three-gates"}),
        ("momentum_by_hand", "pytorch", {"rate-forgotten", "momentum-forgotten"}, set()),
        ("momentum_by_hand", "alexnet", {"update-sign-turned", "opposite-directions"}, set()),
        ("rnn_by_hand", "row", {"matrices-swapped", "weights-transposed"}, {"recurrence-forgotten", "bias-forgotten"}),
        ("rnn_bptt_output_by_hand", "last", {"last-loss-only", "longest-path-only"}, {"slope-missing"}),
        ("updates", "drop-last", {"not-rounded"}, {"epochs-forgotten", "one-per-example"}),
        ("rnn_by_hand", "relu-row", {"sigmoid-for-tanh"}, {"activation-forgotten"}),
        ("rnn", "row-layout", set(), {"matrices-swapped-input"}),
        ("anchors", "d2l", {"one-per-position"}, {"one-side"}),
        ("attention_by_hand", "unscaled", {"not-scaled", "divided-by-d"}, {"softmax-forgotten"}),
    ],
)
def test_which_mistakes_a_convention_has(id: str, convention: str, gone: set[str], kept: set[str]) -> None:
    usual = {mistake.id for mistake in program(formula(id)).mistakes}
    have = {mistake.id for mistake in program(formula(id), convention).mistakes}
    assert gone <= usual
    assert not gone & have
    assert kept <= have
