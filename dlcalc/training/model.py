"""A plan with its numbers: parameters, arena, and the passes over examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels.cpu.steps import machine
from .plan import Plan


class Examples:
    """Inputs (N, numbers), as a plan reads them, and their classes (N, positions) or targets (N, numbers)."""

    def __init__(self, x: Any, y: Any, dtype: str = "float32") -> None:
        self.x = np.ascontiguousarray(np.asarray(x).reshape(len(x), -1), dtype=dtype)
        whole = np.issubdtype(np.asarray(y).dtype, np.integer)
        flat = np.asarray(y).reshape(len(x), -1)
        self.classes = np.ascontiguousarray(flat if whole else np.zeros((0, 1)), dtype=np.int64)
        self.targets = np.ascontiguousarray(np.zeros((0, 1)) if whole else flat, dtype=dtype)

    def __len__(self) -> int:
        return len(self.x)

    def part(self, chosen: Any) -> Examples:
        """Those of the indices or the slice."""
        return Examples(self.x[chosen], (self.classes if len(self.classes) else self.targets)[chosen],
                        self.x.dtype.name)  # fmt: skip


class Model:
    """The parameters of a plan in one vector, their gradients in another, and the arena that both passes work in."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        dtype = np.dtype(plan.dtype)
        self.parameters = np.zeros(plan.kept, dtype)
        self.gradients = np.zeros(plan.trained, dtype)
        size, whole = plan.sizes
        self.arena, self.whole = np.zeros(size, dtype), np.zeros(max(1, whole), np.int64)
        self.tables = np.array(plan.tables or [0], np.int64)
        target = plan.target
        classes = target is not None and target.whole
        at = -1 if target is None else target.at
        names = [step.operation for step in plan.steps]
        self.control = np.array([0, 1, 0, -1 if classes else at, at if classes else -1,
                                 *machine.helpers(names, plan.dtype)], np.int64)  # fmt: skip
        self.forwards = machine.entries(names, plan.dtype, False)
        self.backwards = machine.entries(names, plan.dtype, True)
        self.arrays = (self.arena, self.parameters, self.gradients, self.whole, self.tables, self.control)

    @property
    def clock(self) -> int:
        """The number of the next step, from 1."""
        return int(self.control[machine.CLOCK])

    def gradient(self, examples: Examples, order: Any = None, training: bool = True) -> tuple[float, Any]:
        """The loss of one batch and the gradient of it, which stays in `gradients`."""
        chosen = np.arange(len(examples)) if order is None else np.asarray(order, np.int64)
        sums = np.zeros(len(machine.SUMS))
        self.control[machine.TRAINING] = training
        machine.gradient(self.forwards, self.backwards, self.plan.rows, self.plan.input_table, chosen, examples.x,
                         examples.classes, examples.targets, *self.arrays, sums)  # fmt: skip
        return float(sums[0] * sums[5]), self.gradients

    def output(self, x: Any) -> Any:
        """The outputs (N, positions, numbers) of inputs: logits where the loss does the rest."""
        plan, found, sums = self.plan, [], np.zeros(len(machine.SUMS))
        self.control[machine.TRAINING] = 0
        for start in range(0, len(x), plan.batch):
            part = np.ascontiguousarray(x[start : start + plan.batch].reshape(-1, x[0].size), dtype=plan.dtype)
            n = len(part)
            machine.gather(plan.input_table, np.arange(n), part, self.arena, self.whole)
            machine.forward(self.forwards[:-1], plan.rows, n, *self.arrays, sums)
            flat = self.arena[plan.output.at : plan.output.at + n * plan.rows_out * plan.width_out].copy()
            # a sequence has its steps first
            found.append(flat.reshape(plan.rows_out, n, plan.width_out).transpose(1, 0, 2))
        return np.concatenate(found)

    def evaluate(self, examples: Examples) -> tuple[float, float, int]:
        """Without training: the mean loss, the share that is right, and the number of what counts."""
        plan, sums = self.plan, np.zeros(len(machine.SUMS))
        self.control[machine.TRAINING] = 0
        for start in range(0, len(examples), plan.batch):
            order = np.arange(start, min(start + plan.batch, len(examples)))
            machine.present(plan.input_table, order, examples.x, examples.classes, examples.targets, self.arena,
                            self.whole, self.control, sums)  # fmt: skip
            machine.forward(self.forwards, plan.rows, len(order), *self.arrays, sums)
        counted = max(1.0, sums[2])
        return sums[0] / counted, sums[1] / counted, int(sums[2])

    def forget(self) -> None:
        """The states that recurrent layers carry on are 0 again."""
        for buffer in self.plan.buffers:
            if buffer.forever:
                self.arena[buffer.at : buffer.at + buffer.size(self.plan.batch)] = 0
