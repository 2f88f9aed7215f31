"""How far a gradient reaches back: the length of that by the input of each step of a sequence."""

from __future__ import annotations

import numpy as np

from ..errors import UserError
from .loop import Trainer
from .model import Model
from .planner import plan

EXAMPLES = 64


def input_gradients(run: Trainer) -> list[float]:
    """The mean over the first examples of ‖∂L/∂x_t‖, where L is an example's loss, for each step t from the first on.

    UserError: the network does not read sequences of numbers.
    """
    settings, examples = run.settings, run.examples.train
    count = min(EXAMPLES, len(examples))
    made = plan(run.network, settings.loss, count, settings.dtype, settings.frozen, by_input=True,
                factors=settings.factors)  # fmt: skip
    found = next((buffer for buffer in made.buffers if buffer.name == "d input"), None)
    if found is None or made.inputs[0][2] == 1:
        raise UserError(f"only a network that reads sequences of numbers has gradients through time: {run.network.id} "
                        "reads none")  # fmt: skip
    model, (_, _, steps, width) = Model(made), made.inputs[0]
    model.parameters[:] = run.model.parameters
    model.gradient(examples, np.arange(count))
    by_step = model.arena[found.at : found.at + count * steps * width].reshape(steps, count, width)
    return [float(length) for length in count * np.sqrt((by_step.astype(float) ** 2).sum(axis=2)).mean(axis=1)]
