"""The gradient of a run beside finite differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .loop import Trainer, trainer

STEP = 1e-5
MOST_EXAMPLES = 8


def differences(run: Trainer, most: int) -> dict[str, float]:
    """Of each trained array the largest difference between the gradient of the first examples and central differences,
    by the largest entry, in float64; of a large array only `most` entries, drawn by the seed, are moved.
    """
    settings = replace(run.settings, dtype="float64", batch=min(run.settings.batch, MOST_EXAMPLES))
    twin = trainer(run.network, run.data, settings)
    model, examples = twin.model, twin.examples.train
    order = np.arange(min(settings.batch, len(examples)))
    model.parameters[:] = run.model.parameters
    start = model.parameters.copy()

    def loss_at(place: int, value: float) -> float:
        model.parameters[:] = start  # running statistics too
        model.parameters[place] = value
        model.forget()
        return model.gradient(examples, order)[0]

    _, gradient = model.gradient(examples, order)
    found = gradient.copy()
    random = np.random.default_rng(settings.seed)
    errors = {}
    for parameter in (p for p in model.plan.parameters if p.trained):
        places = random.permutation(parameter.size)[:most] + parameter.at
        slopes = np.array([
            (loss_at(place, start[place] + STEP) - loss_at(place, start[place] - STEP)) / (2 * STEP) for place in places
        ])  # fmt: skip
        largest = max(1e-3, float(np.abs(found[parameter.at : parameter.at + parameter.size]).max()))
        errors[parameter.name] = float(np.abs(slopes - found[places]).max()) / largest
    return errors
