"""One update of a run with every number before and after it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import UserError
from ..kernels.cpu.steps import machine
from .loop import Trainer


def update(run: Trainer, step: int) -> tuple[float, dict[str, tuple[Any, Any, Any]]]:
    """The loss of the batch of a step of the first epoch, counted from 1, and of each trained array its values before,
    its gradient and its values after. UserError: no such step.
    """
    train, settings, model = run.examples.train, run.settings, run.model
    order = np.random.default_rng([settings.seed, 4, 1]).permutation(len(train))
    count = -(-len(order) // settings.batch)
    if not 1 <= step <= count:
        raise UserError(f"an epoch has the steps 1 to {count}, not {step}")
    before = model.parameters.copy()
    record = np.zeros((1, len(machine.SUMS)))
    for place in range(step):
        before = model.parameters.copy()
        record[:] = 0
        record[:, 4] = settings.optimiser.rate
        ends = np.array([[place * settings.batch, min((place + 1) * settings.batch, len(order))]])
        model.train(train, order, ends, settings.optimiser, (run.m, run.v), record)
    found = {
        parameter.name: tuple(parameter.shown(vector).copy() for vector in (before, model.gradients, model.parameters))
        for parameter in model.plan.parameters if parameter.trained
    }  # fmt: skip
    return float(record[0, 0] * record[0, 5]), found
