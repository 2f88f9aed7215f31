"""What a trained network says about examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import UserError
from .data import Dataset, arranged
from .loop import Trainer


def predictions(run: Trainer, x: Any) -> Any:
    """Of inputs (N, …) as the data has them: probabilities (N, classes) or (N, steps, classes), or the numbers.

    UserError: inputs that do not fit the network.
    """
    given = np.asarray(x)
    if given.ndim < 2 or not len(given):
        raise UserError(f"inputs are (examples, …), with at least one example: {given.shape}")
    data = Dataset("x", given, run.data.y, words=run.data.words, sequence=run.data.sequence)
    return answers(run, arranged(data, run.network))


def answers(run: Trainer, x: Any) -> Any:
    """As `predictions`, of inputs that are arranged already. UserError: outputs are no numbers."""
    found = run.model.output(np.asarray(x).reshape(len(x), -1))
    if not np.isfinite(found).all():
        raise run.too_large()
    if run.settings.loss == "cross-entropy":
        found = np.exp(found - found.max(axis=2, keepdims=True))
        found /= found.sum(axis=2, keepdims=True)
    elif run.settings.loss == "binary-cross-entropy":
        yes = 1 / (1 + np.exp(-found))
        found = np.concatenate([1 - yes, yes], axis=2)
    return found[:, 0] if run.model.plan.rows_out == 1 else found


def confusion(run: Trainer) -> Any:
    """Counts (classes, classes) on the test's examples; a network may tell more classes apart than there are."""
    said = answers(run, run.examples.test.x)
    told = said.shape[-1]
    said = said.reshape(-1, said.shape[-1]).argmax(axis=1)
    wanted = run.examples.test.classes.reshape(-1)
    size = max(len(run.data.classes), told)
    found = np.zeros((size, size), dtype=np.int64)
    np.add.at(found, (wanted[wanted >= 0], said[wanted >= 0]), 1)
    return found
