"""The gradient of a run beside finite differences; that of one example, to be held against others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .loop import Trainer, trainer

STEP = 1e-5
SMOOTH = 1e-7
"""Of the largest entry: a slope that is farther away is looked at from both sides."""
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

    level, gradient = model.gradient(examples, order)
    found = gradient.copy()

    def sides(place: int, step: float) -> tuple[float, float]:
        below, above = (loss_at(place, start[place] + way * step) for way in (-1, 1))
        return (level - below) / step, (above - level) / step

    def away(place: int, largest: float) -> float:
        """How far the gradient is from the slope; at a kink, where a ReLU's argument is 0 or two entries of a window
        are the largest, from those between the slopes of both sides.
        """
        wide = sides(place, STEP)
        error = float(abs(sum(wide) / 2 - found[place]))
        if error <= SMOOTH * largest:
            return error
        near = sides(place, STEP / 10)
        if abs(near[1] - near[0]) < abs(wide[1] - wide[0]) / 2:  # they are apart because the loss is curved
            return error
        ends = [(10 * one - other) / 9 for one, other in zip(near, wide, strict=True)]
        return float(max(0, min(ends) - found[place], found[place] - max(ends)))

    random = np.random.default_rng(settings.seed)
    errors = {}
    for parameter in (p for p in model.plan.parameters if p.trained):
        places = random.permutation(parameter.size)[:most] + parameter.at
        largest = max(1e-3, float(np.abs(found[parameter.at : parameter.at + parameter.size]).max()))
        errors[parameter.name] = max(away(place, largest) for place in places) / largest
    return errors


@dataclass(frozen=True)
class First:
    """One example of a run in float64, with the gradient of its loss."""

    x: Any
    """As the plan reads it: the steps of a sequence first, maps with the channels first, flat else."""
    wanted: Any
    """(positions, numbers): classes as vectors of 0 and one 1."""
    counted: int
    """Over so many numbers or positions the loss is the mean."""
    parameters: dict[str, Any]
    gradients: dict[str, Any]
    """Of what is trained, in PyTorch's shapes."""


def first_example(run: Trainer) -> First:
    """Of the first example, from the run's parameters."""
    twin = trainer(run.network, run.data, replace(run.settings, dtype="float64", batch=1))
    model, plan = twin.model, twin.model.plan
    model.parameters[:] = run.model.parameters
    examples = twin.examples.train.part(slice(0, 1))
    parameters = {each.name: each.shown(model.parameters).copy() for each in plan.parameters}
    model.gradient(examples)
    found = {each.name: each.shown(model.gradients).copy() for each in plan.parameters if each.trained}
    wanted = examples.targets.reshape(plan.rows_out, -1) if len(examples.targets) else examples.classes.reshape(-1, 1)
    if plan.loss == "cross-entropy":
        wanted = np.eye(plan.width_out)[wanted[:, 0]]
    steps = plan.inputs[0][2]
    return First(examples.x.reshape(steps, -1) if steps > 1 else examples.x.reshape(-1), wanted,
                 len(wanted) if plan.loss == "cross-entropy" else wanted.size, parameters, found)  # fmt: skip


def relative(found: Any, wanted: Any) -> float:
    """The largest difference, by the largest entry."""
    right = np.asarray(wanted, np.float64).reshape(np.shape(found))
    return float(np.abs(found - right).max()) / max(1e-3, float(np.abs(right).max()))
