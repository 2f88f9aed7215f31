"""Training, epoch by epoch, as events. All that is random comes from the seed and the epoch: a run can be taken up
again after any epoch and ends as it would have.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from numbers import Integral
from typing import Any

import numpy as np

from ..errors import UserError, shown
from ..kernels import threads
from ..kernels.cpu.steps import machine
from ..networks.network import Network
from ..networks.table import tabulate
from .data import Dataset, Split, split
from .initial import initialise
from .model import Examples, Model
from .optimiser import Optimiser, Schedule, is_number
from .plan import Plan
from .planner import plan

MOMENT = 0.1
"""Seconds of training between two events."""
MOST_PARTS = 2
WORTH = 15_000_000
"""Multiplications of a part of a batch, both ways, that a thread is worth waiting for: some 150 µs."""
TALL, EVEN = 6, 48
"""A part of at least so many examples has a multiple of the rows of the tallest tile."""
MOST_NUMBERS = 400_000_000
"""Of parameters and arena; a larger network is refused before anything is allocated."""


@dataclass(frozen=True)
class Settings:
    """What a run is determined by, besides the network and the data."""

    optimiser: Optimiser
    schedule: Schedule
    epochs: int = 20
    batch: int = 32
    init: str = "keras"
    seed: int = 0
    dtype: str = "float32"
    loss: str = ""
    validation: float = 0.0
    """The share of the training examples that is not trained on but watched."""
    patience: int = 0
    """Epochs without a better validation loss after which training ends; 0: it does not."""
    frozen: frozenset[str] = frozenset()
    carried: bool = False
    factors: tuple[float, ...] = ()
    """Of the losses of several outputs."""

    def __post_init__(self) -> None:
        """UserError for what no run can have."""
        for name in LEAST:
            check_whole(name, getattr(self, name))
        if self.dtype not in ("float32", "float64"):
            raise UserError(f"dtype is float32 or float64, not {shown(self.dtype)}")
        for factor in self.factors:
            if not is_number(factor) or not 0 <= factor <= 1000:
                raise UserError(f"the factor of an output's loss is a number from 0 to 1,000, not {shown(factor)}")
        if not is_number(self.validation) or not 0 <= self.validation < 1:
            raise UserError(f"the validation share is from 0 to below 1, not {shown(self.validation)}")


LEAST = {"epochs": 0, "batch": 1, "seed": 0, "patience": 0}
"""The smallest number of each."""


def check_whole(name: str, value: object) -> None:
    """UserError for what cannot be the number of that name."""
    if not isinstance(value, Integral) or not LEAST[name] <= int(value) <= 10**7:
        raise UserError(f"{name} is a whole number from {LEAST[name]} to 10,000,000, not {shown(value)}")


@dataclass(frozen=True)
class Batch:
    """So many steps of an epoch are done; the mean loss of the last ones."""

    epoch: int
    done: int
    of: int
    loss: float
    examples_per_second: float


@dataclass(frozen=True)
class Epoch:
    """An epoch is done. `accuracy` is None where targets are no classes."""

    epoch: int
    loss: float
    accuracy: float | None
    norm: float
    """The mean length of the gradient."""
    rate: float
    seconds: float
    validation: dict[str, float | None] | None = None

    def to_dict(self) -> dict[str, Any]:
        found = {key: value for key, value in asdict(self).items() if value is not None}
        return {"epoch": found.pop("epoch"), **found}


@dataclass(frozen=True)
class Diverged:
    """The loss or the gradient became no number; training has ended before the update."""

    epoch: int
    step: int
    layer: str
    """Where the first number that is none stands."""
    largest: float
    """The length of the last gradient that was one."""
    rate: float
    loss: float

    @property
    def because(self) -> str:
        where = f"in {self.layer}, epoch {self.epoch}, step {self.step}"
        if self.largest > 1e3:
            return (f"the loss became NaN {where}: the gradient exploded, its length was {self.largest:.3g} the step "
                    f"before; --clip 1 shortens it")  # fmt: skip
        return f"the loss became NaN {where}: the rate {self.rate:g} is probably too large; try --lr {self.rate / 10:g}"


Event = Batch | Epoch | Diverged


@dataclass
class Trainer:
    """A run: the model with its optimiser's moments, the examples, and what has been so far."""

    network: Network
    data: Dataset
    settings: Settings
    examples: Split
    model: Model
    m: Any
    v: Any
    history: list[Epoch] = field(default_factory=list)
    best: tuple[float, int] = (math.inf, 0)
    threads: int = 0
    """That it is trained on, 0 for those available: the result is the same."""
    _before: tuple[int, tuple[Any, ...]] = 0, ()
    """So many epochs had been, and what then stood in `_state`."""

    def run(self) -> Iterator[Event]:
        """Trains until all epochs are done, patience ends, or a number is none."""
        train, watched = self.watched()
        while not self.ended:
            last: Event | None = None
            self._before = len(self.history), tuple(each.copy() for each in self._state)
            for last in self._epoch(train, len(self.history) + 1):
                if not isinstance(last, Epoch):
                    yield last
            if isinstance(last, Diverged):
                return
            assert isinstance(last, Epoch)
            if watched is not None:
                loss, right, _ = self.model.evaluate(watched)
                last = replace(last, validation={"loss": loss, "accuracy": right if self.data.labelled else None})
            # what is no number is never saved
            if broken := self._broken(last, (last.validation or {}).get("loss")):
                yield broken
                return
            if watched is not None and loss < self.best[0]:
                self.best = loss, last.epoch
            self.history.append(last)
            yield last
        if self.history and (broken := self._broken(self.history[-1], self.model.evaluate(self.examples.test)[0])):
            yield broken

    @property
    def ended(self) -> bool:
        """All epochs are done, or patience has ended it."""
        done, patience = len(self.history), self.settings.patience
        return done >= self.settings.epochs or bool(patience and done - self.best[1] >= patience)

    @property
    def _state(self) -> tuple[Any, ...]:
        return self.model.parameters, self.m, self.v, self.model.control

    def rewind(self) -> None:
        """Back to the end of the last whole epoch, from wherever the run was left."""
        done, state = self._before
        if state and done == len(self.history):
            for target, saved in zip(self._state, state, strict=True):
                target[:] = saved

    @property
    def aside(self) -> int:
        """How many of the training examples are watched, and not trained on: of any share at least one."""
        share = self.settings.validation or (0.1 if self.settings.patience else 0)
        return max(1, round(len(self.examples.train) * share)) if share else 0

    def watched(self) -> tuple[Any, Examples | None]:
        """The indices of what is trained on, and the examples that are watched."""
        order = np.random.default_rng([self.settings.seed, 3]).permutation(len(self.examples.train))
        aside = self.aside
        return np.sort(order[aside:]), self.examples.train.part(np.sort(order[:aside])) if aside else None

    def _epoch(self, chosen: Any, epoch: int) -> Iterator[Event]:
        model, settings = self.model, self.settings
        examples = self.examples.train
        order, batches, record = self.steps(chosen, epoch)
        began, done, at_once = time.perf_counter(), 0, 1
        while done < len(batches):
            start, upto = time.perf_counter(), min(done + at_once, len(batches))
            made = model.train(examples, order, batches[done:upto], settings.optimiser, (self.m, self.v),
                               record[done:upto], self.threads or threads.available())  # fmt: skip
            seconds = time.perf_counter() - start
            if made < upto - done:
                yield self._diverged(epoch, done + made, record)
                return
            part = record[done:upto]
            size = int((batches[done:upto, 1] - batches[done:upto, 0]).sum())
            done = upto
            yield Batch(epoch, done, len(batches), float(part[-1, 0] * part[-1, 5]), size / max(seconds, 1e-9))
            at_once = max(1, min(4 * at_once, int(at_once * MOMENT / max(seconds, 1e-6))))
        counted = max(1.0, record[:, 2].sum())
        accuracy = float(record[:, 1].sum() / counted) if self.data.labelled else None
        yield Epoch(epoch, float(record[:, 0].sum() / counted), accuracy, float(record[:, 3].mean()),
                    float(record[-1, 4]), time.perf_counter() - began)  # fmt: skip

    def _diverged(self, epoch: int, step: int, record: Any) -> Diverged:
        plan = self.model.plan
        broken = next((p.layer for p in plan.parameters
                       if p.trained and not np.isfinite(p.shown(self.model.gradients)).all()),
                      self.network.layers[-1].name)  # fmt: skip
        before = record[step - 1, 3] if step else (self.history[-1].norm if self.history else 0.0)
        return Diverged(epoch, step + 1, broken, float(before), float(record[step, 4]), float(record[step, 0]))

    def steps(self, chosen: Any, epoch: int) -> tuple[Any, Any, Any]:
        """Of an epoch the order of the examples, where in it each batch begins and ends, and a row for what is noted of
        each, in which its rate stands. States that are carried on are 0 again.
        """
        settings = self.settings
        order = chosen[np.random.default_rng([settings.seed, 4, epoch]).permutation(len(chosen))]
        if settings.carried:
            order = _streams(chosen, settings.batch)
            self.model.forget()
        starts = np.arange(0, len(order), settings.batch)
        batches = np.stack([starts, np.minimum(starts + settings.batch, len(order))], axis=1)
        record = np.zeros((len(batches), len(machine.SUMS)))
        record[:, 4] = [settings.optimiser.rate * settings.schedule.at(epoch - 1 + done / len(batches), settings.epochs)
                        for done in range(len(batches))]  # fmt: skip
        return order, batches, record

    def _broken(self, last: Epoch, loss: float | None) -> Diverged | None:
        """Where the epoch's last update made what is no number: of a parameter, or of a loss of other examples."""
        name = next((p.layer for p in self.model.plan.parameters
                     if not np.isfinite(p.shown(self.model.parameters)).all()), "")  # fmt: skip
        loss = loss or 0.0
        if not name and np.isfinite(loss):
            return None
        steps = -(-(len(self.examples.train) - self.aside) // self.settings.batch)
        return Diverged(last.epoch, steps, name or self.network.layers[-1].name, last.norm, last.rate, loss)

    def layers(self) -> list[dict[str, Any]]:
        """Of each layer the lengths of its last gradient and of its parameters, and the share of its units that a ReLU
        has switched off for every example of the last batch.
        """
        model, found = self.model, []
        for name in dict.fromkeys(p.layer for p in model.plan.parameters if p.trained):
            mine = [p for p in model.plan.parameters if p.layer == name and p.trained]
            lengths = [sum(float(np.square(p.shown(vector), dtype=np.float64).sum()) for p in mine) ** 0.5
                       for vector in (model.gradients, model.parameters)]  # fmt: skip
            bias = next((p for p in mine if p.role == "bias"), None)
            relu = any(word in ("relu", "relu6") for word in self.network.layer(name).remarks)
            dead = float((bias.shown(model.gradients) == 0).mean()) if bias is not None and relu else None
            found.append({"layer": name, "gradient": lengths[0], "weights": lengths[1], "dead": dead})
        return found

    def too_large(self) -> UserError:
        """Where outputs are no numbers."""
        dtype = self.settings.dtype
        return UserError(f"parameters of {self.network.id} are so large that its outputs are no numbers of {dtype}")

    def test(self) -> dict[str, Any]:
        """The loss on the test's examples, and the accuracy or the mean distance. UserError: outputs are no numbers."""
        loss, right, _ = self.model.evaluate(self.examples.test)
        if not np.isfinite(loss):
            raise self.too_large()
        if self.data.labelled:
            return {"loss": loss, "accuracy": right}
        away = np.float64(self.model.output(self.examples.test.x)[:, 0]) - self.examples.test.targets
        return {"loss": loss, "error": float(np.sqrt((away * away).sum(axis=1)).mean())}


def _streams(chosen: Any, batch: int) -> Any:
    """Consecutive examples in one place of consecutive batches, for states that are carried on."""
    long = len(chosen) // batch
    return chosen[: long * batch].reshape(batch, long).T.reshape(-1) if long else chosen


def loss_for(network: Network, data: Dataset) -> str:
    """The usual loss: of classes cross-entropy, of one number that says yes or no the binary one, else squared
    error.
    """
    if not data.labelled:
        return "squared-error"
    return "binary-cross-entropy" if network.layers[-1].settings.get("m") == 1 else "cross-entropy"


def trainer(network: Network, data: Dataset, settings: Settings) -> Trainer:
    """A run that has not begun. UserError: the network cannot be trained, or does not fit the data."""
    settings = replace(settings, loss=settings.loss or loss_for(network, data))
    made, parts = plan_in_parts(network, settings)
    if (held := parts * (sum(made.sizes) + made.trained) + made.kept) > MOST_NUMBERS:
        raise UserError(f"at most {MOST_NUMBERS:,} numbers are held, and {network.id} takes {held:,} with batches of "
                        f"{settings.batch}")  # fmt: skip
    examples = split(data, network, settings.seed, settings.dtype)
    _check_output(made.rows_out, made.width_out, network, data, settings.loss)
    model = Model(made, parts)
    initialise(made, model.parameters, settings.init, settings.seed)
    run = Trainer(network, data, settings, examples, model, np.zeros_like(model.gradients),
                  np.zeros_like(model.gradients))  # fmt: skip
    if (count := len(examples.train)) <= run.aside:
        raise UserError(f"of {count} examples to train on {run.aside} would only be watched: none is left")
    return run


def plan_in_parts(network: Network, settings: Settings) -> tuple[Plan, int]:
    """The plan for a part of a batch, and how many parts there are, which several threads may take: by the network and
    the batch alone, so that sums are made in one order whoever makes them. Statistics of a batch, and states that are
    carried on, keep it whole. UserError: the network cannot be trained.
    """

    def made(batch: int) -> Plan:
        return plan(network, settings.loss, batch, settings.dtype, settings.frozen, settings.carried,
                    factors=settings.factors)  # fmt: skip

    found = made(settings.batch)
    whole = settings.carried or any(step.operation == "batch-norm" for step in found.steps)
    macs = sum(int(str(row.count("macs") or 0)) for row in tabulate(network).rows)
    if whole or settings.batch < MOST_PARTS or 3 * macs * settings.batch < MOST_PARTS * WORTH:
        return found, 1
    chunk = -(-settings.batch // MOST_PARTS)
    if chunk >= EVEN:
        chunk = -(-chunk // TALL) * TALL
    return made(chunk), MOST_PARTS


def _check_output(rows: int, width: int, network: Network, data: Dataset, loss: str) -> None:
    """UserError where the network's outputs are not what the targets ask for."""
    positions = data.y.shape[1] if data.y.ndim > 1 else 1
    if loss == "squared-error":
        if rows * width != positions:
            raise UserError(f"{network.id} gives {rows * width} numbers, and {data.name} has {positions} to be found")
        return
    if rows != positions:
        raise UserError(f"{network.id} gives {rows} answers, and an example of {data.name} has {positions}: a "
                        f"recurrent layer gives one for each step with seq, else one at the end")  # fmt: skip
    most = int(data.y.max())
    if (loss == "cross-entropy" and width <= most) or (loss == "binary-cross-entropy" and (width != 1 or most > 1)):
        raise UserError(f"{network.id} tells {max(2, width)} classes apart, and {data.name} has "
            f"{max(most + 1, len(data.classes))}; "
                        f"its last layer is dense {max(most + 1, len(data.classes))}")  # fmt: skip
