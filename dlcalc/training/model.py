"""A plan with its numbers: parameters, arena, and the passes over examples."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from ..kernels import cache
from ..kernels.cpu.steps import machine, row
from .optimiser import Optimiser
from .plan import ALIGNED, Plan


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
    """The parameters of a plan in one vector, and for each part of a batch their gradients in another and an arena
    that both passes work in. A plan is laid out for the examples of one part.
    """

    def __init__(self, plan: Plan, parts: int = 1) -> None:
        self.plan, self.parts = plan, parts
        dtype = np.dtype(plan.dtype)
        # a last vector is read and written whole
        self.parameters = np.zeros(plan.kept + ALIGNED, dtype)[: plan.kept]
        gradients = np.zeros(parts * plan.trained + ALIGNED, dtype)[: parts * plan.trained]
        self._gradients = gradients.reshape(parts, plan.trained)
        size, whole = plan.sizes
        self._arenas, self._wholes = np.zeros((parts, size), dtype), np.zeros((parts, max(1, whole)), np.int64)
        self.tables = np.array(plan.tables or [0], np.int64)
        target = plan.target
        classes = target is not None and target.whole
        at = -1 if target is None else target.at
        names = [step.operation for step in plan.steps]
        control = [0, 1, 0, -1 if classes else at, at if classes else -1, *machine.helpers(plan.needs, plan.dtype)]
        self.control = np.array([control] * parts, np.int64)
        self.forwards = machine.entries(names, plan.dtype, False)
        self.backwards = machine.entries(names, plan.dtype, True)
        self.gradients, self.arena, self.whole = self._gradients[0], self._arenas[0], self._wholes[0]
        self.arrays = (self.arena, self.parameters, self.gradients, self.whole, self.tables, self.control[0])

    @property
    def clock(self) -> int:
        """The number of the next step, from 1."""
        return int(self.control[0, machine.CLOCK])

    @clock.setter
    def clock(self, number: int) -> None:
        self.control[:, machine.CLOCK] = number

    def train(self, examples: Examples, order: Any, batches: Any, optimiser: Optimiser, moments: tuple[Any, Any],
              record: Any, threads: int = 1) -> int:  # fmt: skip
        """A step for each of `batches`, (where in `order` it begins, where it ends), each noted in a row of `record`,
        in which its rate stands. The same bits for any number of threads. Returns how many steps were made: less than
        `batches` where one came to what is no number.
        """
        workers = 1 if cache.plain() else max(1, min(threads, self.parts))
        self.control[:, machine.TRAINING] = 1
        self.control[:, row.UPDATE] = machine.rule(optimiser.codes[0], self.plan.dtype)
        clock, noted = self.clock, np.zeros((self.parts, len(machine.SUMS)))
        squares, barrier = np.zeros(-(-self.plan.trained // machine.BLOCK)), np.zeros(16, np.int64)

        steps: Any = machine.train

        def work(mine: int) -> None:
            given = self._batch(examples, order, noted, workers, mine, barrier)
            steps(*given, batches, *optimiser.codes, *moments, optimiser.vector(), record, squares)

        others = [threading.Thread(target=work, args=(mine,), daemon=True) for mine in range(1, workers)]
        for other in others:
            other.start()
        try:
            work(0)
        finally:
            for other in others:
                other.join()
        return self.clock - clock

    def gradient(self, examples: Examples, order: Any = None, training: bool = True) -> tuple[float, Any]:
        """The loss of one batch, of no more examples than the plan is laid out for, and the gradient of it, which stays
        in `gradients`.
        """
        chosen = np.arange(len(examples)) if order is None else np.asarray(order, np.int64)
        assert len(chosen) <= self.plan.batch * self.parts
        noted, squares = np.zeros((self.parts, len(machine.SUMS))), np.zeros(-(-self.plan.trained // machine.BLOCK))
        self.control[:, machine.TRAINING] = training
        step: Any = machine.gradient
        step(*self._batch(examples, chosen, noted, 1, 0, np.zeros(16, np.int64)))
        machine.collect(self._gradients, self.plan.apart, squares, 0, len(squares),
                        self.control[0, row.SQUARES])  # fmt: skip
        return float(noted[:, 0].sum() * noted[0, 5]), self.gradients

    def _batch(self, examples: Examples, order: Any, noted: Any, workers: int, mine: int, barrier: Any) -> Any:
        """What `machine.gradient` takes."""
        return (self.forwards, self.backwards, self.plan.rows, self.plan.input_table, order, examples.x,
                examples.classes, examples.targets, self._arenas, self.parameters, self._gradients, self._wholes,
                self.tables, self.control, noted, self.plan.apart, self.plan.batch, workers, mine, barrier)  # fmt: skip

    def output(self, x: Any) -> Any:
        """The outputs (N, positions, numbers) of inputs: logits where the loss does the rest."""
        plan, found, sums = self.plan, [], np.zeros(len(machine.SUMS))
        self.control[:, machine.TRAINING] = 0
        for start in range(0, len(x), plan.batch):
            part = np.ascontiguousarray(x[start : start + plan.batch].reshape(-1, x[0].size), dtype=plan.dtype)
            n = len(part)
            machine.gather(plan.input_table, np.arange(n), part, self.arena, self.whole)
            machine.forward(self.forwards[: -plan.losses], plan.rows, n, *self.arrays, sums)
            flat = self.arena[plan.output.at : plan.output.at + n * plan.rows_out * plan.width_out].copy()
            # a sequence has its steps first
            found.append(flat.reshape(plan.rows_out, n, plan.width_out).transpose(1, 0, 2))
        return np.concatenate(found)

    def evaluate(self, examples: Examples) -> tuple[float, float, int]:
        """Without training: the mean loss, the share that is right, and the number of what counts."""
        plan, sums = self.plan, np.zeros(len(machine.SUMS))
        self.control[:, machine.TRAINING] = 0
        for start in range(0, len(examples), plan.batch):
            order = np.arange(start, min(start + plan.batch, len(examples)))
            machine.present(plan.input_table, order, examples.x, examples.classes, examples.targets, self.arena,
                            self.whole, self.control[0])  # fmt: skip
            machine.forward(self.forwards, plan.rows, len(order), *self.arrays, sums)
        counted = max(1.0, sums[2])
        return sums[0] / counted, sums[1] / counted, int(sums[2])

    def forget(self) -> None:
        """The states that recurrent layers carry on are 0 again."""
        for buffer in self.plan.buffers:
            if buffer.forever:
                self._arenas[:, buffer.at : buffer.at + buffer.size(self.plan.batch)] = 0
