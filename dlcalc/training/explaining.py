"""One update of a run with every number before and after it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import UserError
from .loop import Trainer


def update(run: Trainer, step: int) -> tuple[float, float, dict[str, tuple[Any, Any, Any]]]:
    """The loss of the batch of a step of the first epoch, counted from 1, its rate, and of each trained array its
    values before, its gradient and its values after. UserError: no such step.
    """
    model = run.model
    order, batches, record = run.steps(run.watched()[0], 1)
    if not 1 <= step <= len(batches):
        raise UserError(f"an epoch has the steps 1 to {len(batches)}, not {step}")
    for place in range(step):
        before = model.parameters.copy()
        now = slice(place, place + 1)
        made = model.train(run.examples.train, order, batches[now], run.settings.optimiser, (run.m, run.v), record[now])
        if not made or not np.isfinite(model.parameters).all():
            raise UserError(f"step {place + 1} comes to what is no number; a smaller --lr may not")
    found = {
        parameter.name: tuple(parameter.shown(vector).copy() for vector in (before, model.gradients, model.parameters))
        for parameter in model.plan.parameters if parameter.trained
    }  # fmt: skip
    last = record[step - 1]
    return float(last[0] * last[5]), float(last[4]), found
