"""Networks of every kind that the derived formulas have, each with the largest difference of training's gradient to
theirs; and networks that they do not have, with what is said. Run by `random_networks`, as plain Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcalc.api.training import train
from dlcalc.api.training_check import by_formulas
from dlcalc.errors import UserError
from dlcalc.training import through_time
from dlcalc.training.checking import first_example, relative
from dlcalc.training.model import Examples

RANDOM = np.random.default_rng(0)
CLASSES, NUMBERS = RANDOM.integers(0, 3, 20), RANDOM.normal(size=(20, 2))


def x(*shape: int) -> Any:
    return RANDOM.normal(size=(20, *shape))


CASES: dict[str, tuple[Any, Any]] = {
    "2; dense 4 tanh; dense 3": (x(2), CLASSES), "2; dense 4 relu; dense 3 softmax": (x(2), CLASSES),
    "2; dense 4 sigmoid; dense 1": (x(2), CLASSES % 2), "3; dense 4 tanh; dense 2": (x(3), NUMBERS),
    "6x6x2; conv 2 f3 relu; pool 2; dense 3": (x(6, 6, 2), CLASSES),
    "5x5x1; conv 2 f3 p1 tanh; avgpool 2; conv 3 f2; gap; dense 3": (x(5, 5, 1), CLASSES),
    "4x3 seq; rnn 4; dense 3": (x(4, 3), CLASSES), "4x3 seq; rnn 4 relu seq; dense 1": (x(4, 3), NUMBERS[:, [0] * 4]),
    "4x3 seq; lstm 4 seq; dense 3": (x(4, 3), RANDOM.integers(0, 3, (20, 4))),
    "4x3 seq; gru 4; dense 3": (x(4, 3), CLASSES), "4x3 seq; lstm 3 L=2; dense 2": (x(4, 3), NUMBERS),
}  # fmt: skip
REFUSED = {
    "2; dense 4; bn; dense 3": "bn-1 (batchnorm) has no backpropagation here",
    "4x3 seq; gru 4 bi; dense 3": "cells as they are, in one direction",
    "4x3 seq; gru 4; dense 4 tanh; dense 3": "a recurrent layer with a dense one behind it",
    "4x3 seq; gru 4; dense 3 tanh": "an output with softmax before the cross-entropy",
}


def errors() -> dict[str, dict[str, float]]:
    """Network → array → error; all arrays that are trained."""
    found = {}
    for line, data in CASES.items():
        run = train(line, data).trainer
        first = first_example(run)
        derived = by_formulas(run.network, run.settings.loss, first)
        found[line] = {name: relative(gradient, derived[name]) for name, gradient in first.gradients.items()}
    return found


def refusals() -> dict[str, tuple[str, str]]:
    """Network → what is to be said, and what is; "" where nothing is."""
    found = {line: (wanted, "") for line, wanted in REFUSED.items()}
    for line, wanted in REFUSED.items():
        run = train(line, (x(4, 3) if "seq" in line else x(2), CLASSES)).trainer
        try:
            by_formulas(run.network, run.settings.loss, first_example(run))
        except UserError as error:
            found[line] = wanted, str(error)
    return found


def reach() -> dict[str, float]:
    """Network → the largest difference between the gradients by the inputs of its steps and central differences, by the
    largest."""
    through_time.EXAMPLES, found = 3, {}
    for cell in ("rnn", "lstm", "gru"):
        run = train(f"4x3 seq; {cell} 3 seq; {cell} 2; dense 3", (x(4, 3), CLASSES), dtype="float64").trainer
        examples, lengths = run.examples.train.part(slice(0, 3)), np.zeros(4)
        for place in range(len(examples)):
            given, slopes = examples.x[place], np.zeros(12)
            for at in range(12):
                ends = []
                for step in (1e-6, -1e-6):
                    moved = given.copy()
                    moved[at] += step
                    alone = Examples(moved[None], examples.classes[[place]], "float64")
                    ends.append(run.model.gradient(alone)[0])
                slopes[at] = (ends[0] - ends[1]) / 2e-6
            lengths += np.sqrt((slopes.reshape(4, 3) ** 2).sum(axis=1)) / len(examples)
        found[cell] = relative(np.array(through_time.input_gradients(run)), lengths)
    return found
