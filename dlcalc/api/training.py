"""`train`: a network learns from examples, as events; what was learnt, tested, saved and asked."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..diagrams.chart import Chart
from ..diagrams.memory import Life, Memory
from ..document import Document, Figure, Heading
from ..errors import UserError
from ..explain import training as explained
from ..files import untrusted
from ..networks.network import Network
from .hand_run import by_hand
from .networks import read_network
from .results import Result

if TYPE_CHECKING:
    from ..training.data import Dataset
    from ..training.loop import Event, Trainer
    from ..training.searching import Trial
    from . import training_shapes


def needed() -> None:
    """UserError where numpy or numba is missing."""
    for module in ("numpy", "numba"):
        if find_spec(module) is None:
            raise UserError(f'networks are trained by {module}: pip install "dlcalc[numeric]"')


def device_refused(device: str) -> UserError:
    """Why networks are not trained on a device other than the cpu, and what it needs where it is cuda."""
    if device != "cuda":
        return UserError(f"networks are trained on the cpu, not on {device[:20]}")
    from ..kernels import missing_for_cuda

    missing = missing_for_cuda()
    here = f"; here not even they: {missing}" if missing else ""
    return UserError(f"networks are trained on the cpu: on cuda only single operations run, run --kernel cuda{here}")


class Training(Result):
    """A run. Iterating yields its events (`dlcalc.training.loop`); what it is asked for, it trains for first."""

    settled = False

    def __init__(self, run: Trainer, checkpoint: str | None = None) -> None:
        """UserError where there can be no such checkpoint."""
        from ..training.checkpoint import check

        if checkpoint:
            check(checkpoint)
        self.trainer = run
        self.checkpoint = checkpoint
        self.seconds = 0.0
        self.diverged = ""
        """Why the loss became no number, "" where it did not."""
        self._saved_at = 0.0

    def __iter__(self) -> Iterator[Event]:
        from ..training.loop import Diverged, Epoch

        events = self.trainer.run()
        while not self.diverged:
            start = time.perf_counter()
            event = next(events, None)
            self.seconds += time.perf_counter() - start
            if event is None:
                break
            if isinstance(event, Diverged):
                self.diverged = event.because
                self.trainer.rewind()
            yield event
            if isinstance(event, Epoch) and self.checkpoint and self.seconds - self._saved_at > 1:
                self.save(self.checkpoint)
                self._saved_at = self.seconds
        if self.checkpoint and not self.diverged:
            self.save(self.checkpoint)

    def finish(self) -> Training:
        """Trains to the end."""
        for _ in self:
            pass
        return self

    @property
    def _done(self) -> Trainer:
        run = self.trainer
        if not self.diverged and not run.ended:
            self.finish()
        return run

    @property
    def history(self) -> list[dict[str, Any]]:
        """What `to_dict` has of each epoch."""
        return [epoch.to_dict() for epoch in self._done.history]

    @property
    def parameters(self) -> dict[str, Any]:
        """Arrays by their names, in PyTorch's shapes."""
        model = self._done.model
        return {parameter.name: parameter.shown(model.parameters) for parameter in model.plan.parameters}

    @cached_property
    def test(self) -> dict[str, Any]:
        """Loss, and accuracy or mean error, on the test's examples."""
        found = self._done.test()
        unit = {"unit": self.trainer.data.unit} if self.trainer.data.unit and "error" in found else {}
        return found | unit

    def predict(self, x: Any) -> Any:
        """Of inputs as the data has them, (N, …): probabilities of the classes, or the numbers that are to be found."""
        from ..training.predicting import predictions

        return predictions(self._done, x)

    def confusion(self) -> Any:
        """Counts (classes, classes) on the test's examples: rows are what it is, columns what was said."""
        from ..training.predicting import confusion

        return confusion(self._done)

    def save(self, path: str) -> None:
        """Writes a checkpoint, which `resume` and `predict` take. UserError."""
        from ..training import checkpoint

        checkpoint.save(path, self.trainer)

    def export(self, path: str) -> None:
        """Writes the parameters alone, as .npz or .safetensors under PyTorch's names, or the network as .onnx.

        UserError.
        """
        from ..training.exporting import export

        export(path, self._done)

    def exportable(self, path: str) -> None:
        """UserError, before anything is trained, where `export` to this path cannot be."""
        from ..training.exporting import content

        content(path, self.trainer)

    def to_dict(self) -> dict[str, Any]:
        run = self._done
        return {
            "network": run.network.id, "data": run.data.name, "parameters": run.model.plan.trained,
            "seed": run.settings.seed, "epochs": self.history, "test": self.test,
            "seconds": round(self.seconds, 3), "checkpoint": self.checkpoint,
        }  # fmt: skip

    def _document(self) -> Document:
        run = self.trainer
        names = run.data.classes
        made = explained.document(self.to_dict(), f"{run.network.title} learns {run.data.name}", self._notes())
        if run.data.labelled and 1 < len(names) <= 12 and run.model.plan.width_out <= 12 and not run.data.words:
            counts = self.confusion().tolist()
            table = explained.confusion(counts, (*names, *map(str, range(len(names), len(counts)))))
            made = replace(made, blocks=(*made.blocks, table))
        return made

    def chart(self) -> Chart:
        """The loss of every epoch, beside the watched examples' where there are some."""
        epochs = self._done.history
        curves = {"loss": [epoch.loss for epoch in epochs]}
        if epochs and epochs[0].validation:
            curves["validation"] = [epoch.validation["loss"] or 0.0 for epoch in epochs if epoch.validation]
        return Chart(f"{self.trainer.network.title} learns {self.trainer.data.name}", "epoch", "loss", curves, first=1)

    def draw(self, path: str, kind: str) -> None:
        """The curves into a file, as `svg` or `png`. UserError."""
        drawn(self.chart(), path, kind)

    def report(self, path: str) -> None:
        """A page of HTML with the curves, the table, the confusion matrix, and what the network has inside: filters,
        maps, states over time, regions of a plane. UserError.
        """
        from ..diagrams.chart import picture
        from ..export import registry
        from ..files.writing import write
        from .training_pictures import inside

        made = self.document()
        curve = Figure(picture(self.chart(), "svg").decode(), "the loss of every epoch")
        blocks = (curve, *made.blocks, *inside(self.trainer))
        write(path, registry.writer("html", as_file=True)(replace(made, blocks=blocks)))

    def _notes(self) -> list[str]:
        settings, optimiser = self.trainer.settings, self.trainer.settings.optimiser
        form = f", form {optimiser.form}" if optimiser.form else ""
        found = [
            f"{optimiser.name}{form}, rate {optimiser.rate:g}; batches of {settings.batch}; "
            f"first weights: {settings.init}"
        ]
        return found + ([f"saved in {self.checkpoint}"] if self.checkpoint else [])


def writable(path: str) -> None:
    """UserError, before anything is trained, where no file can be written."""
    from ..files import writing

    writing.check(path)


def drawn(chart: Chart, path: str, kind: str) -> None:
    """A chart into a file, as `svg` or `png`. UserError."""
    from ..diagrams.chart import picture
    from ..files.writing import write

    write(path, picture(chart, kind))


def train(
    network: str | Network, data: str | Dataset | tuple[Any, Any], *, epochs: int = 20, batch: int = 32,
    optimizer: str = "adam", lr: float | None = None, schedule: str = "constant", init: str = "keras",
    clip: float = 0.0, clip_value: float = 0.0, weight_decay: float | None = None, l1: float = 0.0,
    loss: str = "", validation: float = 0.0, patience: int = 0, freeze: Sequence[str] = (), seed: int = 0,
    dtype: str = "float32", dropout: float | None = None, carried: bool = False, input: str | None = None,
    load: str | None = None, save: str | None = None, threads: int | None = None,
    loss_weights: Sequence[float] = (), **quantities: float,
) -> Training:  # fmt: skip
    """A run that has not begun: iterate over it for its events, or ask it for what it learnt.

    network: a name, a file, a line of text. data: a name of `dlcalc train --help`, a path, or arrays (x, y): classes as
    whole numbers, or real targets. `load`: parameters to begin with, of layers that fit. `quantities`: of the
    optimiser, as its formula names them. `threads`: as many as DLCALC_THREADS says, or the cores, if none are named;
    the result is the same bits for any number. `loss_weights`: the factor of
    each output's loss, where a network has several, which all have the same targets. UserError.

    Example: dlcalc.train("2; dense 4 tanh; dense 2", "spirals", epochs=2).finish()
    """
    needed()
    from ..training.data import Dataset, dataset, of_arrays, side_of
    from ..training.loop import Settings, trainer
    from ..training.optimiser import optimiser
    from ..training.optimiser import schedule as rates

    found = read_network(network, input)
    if dropout is not None:
        found = with_dropout(found, dropout)
    settings = Settings(
        optimiser(optimizer, lr, weight_decay, l1, clip, clip_value, **quantities), rates(schedule), epochs, batch,
        init, seed, dtype, loss, validation, patience, _frozen(found, freeze), carried, tuple(loss_weights),
    )  # fmt: skip
    if isinstance(data, tuple):
        if len(data) != 2:
            raise UserError(f"arrays are two, (x, y), not {len(data)}")
        data = of_arrays(*data)
    made = trainer(found, data if isinstance(data, Dataset) else dataset(data, seed, side_of(found)), settings)
    made.threads = _threads(threads)
    if load is not None:
        load_parameters(made, load)
    return Training(made, save)


def _threads(number: int | None) -> int:
    """A number of threads, 0 for those available. UserError."""
    from ..kernels.threads import using

    with using(number):
        return number or 0


def resume(path: str, epochs: int | None = None, save: str | None = None, threads: int | None = None) -> Training:
    """The run of a checkpoint, taken up where it was saved; `epochs`: to so many in all. ProblemError, UserError."""
    needed()
    from ..training import checkpoint
    from ..training.data import dataset, side_of

    found = checkpoint.read(path)
    side = side_of(found.network)
    run = checkpoint.resumed(found, dataset(found.data, found.settings.seed, side), epochs)
    run.threads = _threads(threads)
    return Training(run, save or path)


class Predictions(Result):
    """What a trained network says of some examples of a test, beside what they are."""

    def __init__(self, run: Trainer, count: int) -> None:
        from ..training.predicting import answers

        self.run = run
        chosen = run.examples.test.part(slice(0, count))
        self.said = answers(run, chosen.x)
        self.wanted = chosen.classes if len(chosen.classes) else chosen.targets

    def to_dict(self) -> dict[str, Any]:
        run, found = self.run, []
        for place, (said, wanted) in enumerate(zip(self.said, self.wanted, strict=True)):
            entry: dict[str, Any] = {"example": int(run.examples.indices[place])}
            if run.data.labelled and said.ndim == 1:
                best = int(said.argmax())
                entry |= {"prediction": self._name(best), "probability": float(said[best]),
                          "class": self._name(int(wanted[0]))}  # fmt: skip
            elif run.data.labelled:
                entry |= {"prediction": [self._name(int(each)) for each in said.argmax(axis=-1)],
                          "class": [self._name(int(each)) for each in wanted if each >= 0]}  # fmt: skip
            else:
                entry |= {"prediction": said.tolist(), "target": wanted.tolist()}
            found.append(entry)
        return {"network": run.network.id, "data": run.data.name, "test": run.test(), "predictions": found}

    def _name(self, place: int) -> str:
        names = self.run.data.classes
        return names[place] if place < len(names) else str(place)

    def _document(self) -> Document:
        return explained.predicted(self.to_dict(), f"{self.run.network.title} on {self.run.data.name}")


def predict(path: str, data: str | None = None, count: int = 10) -> Predictions:
    """What the network of a checkpoint says of the first `count` examples of the test. ProblemError, UserError."""
    needed()
    from ..training import checkpoint
    from ..training.data import dataset, side_of

    found = checkpoint.read(path)
    side = side_of(found.network)
    run = checkpoint.resumed(found, dataset(data or found.data, found.settings.seed, side))
    if count < 1:
        raise UserError(f"at least one example is asked about, not {count}")
    return Predictions(run, count)


def load_parameters(run: Trainer, path: str) -> list[str]:
    """Puts arrays of a file (safetensors of ours or of PyTorch, .npz) into the network where name and shape fit.

    UserError where none does.
    """
    from ..training import checkpoint

    arrays, _ = checkpoint.read_arrays(path)
    filled = checkpoint.put(run.model.plan, run.model.parameters, arrays, strict=False)
    if not filled:
        raise UserError(f"no array of {path} fits a parameter of {run.network.id}")
    return filled


def _frozen(network: Network, patterns: Sequence[str]) -> frozenset[str]:
    """The layers whose names match. UserError for a pattern that matches none."""
    names = [layer.name for layer in network.layers]
    found: set[str] = set()
    for pattern in patterns:
        matching = {name for name in names if fnmatchcase(name.lower(), pattern.lower())}
        if not matching:
            raise UserError(f"no layer is called {pattern[:40]}; there are {', '.join(names[:12])}")
        found |= matching
    return frozenset(found)


def with_dropout(network: Network, chance: float) -> Network:
    """The network with dropout behind each hidden dense and recurrent layer. UserError: no chance."""
    if not 0 <= chance < 1:
        raise UserError(f"dropout is a chance from 0 to below 1, not {chance:g}")
    *hidden, last = network.layers
    layers = [
        replace(layer, remarks=(*layer.remarks, f"dropout {chance:g}")) if layer.kind in ("dense", "rnn", "lstm", "gru")
        else layer for layer in hidden
    ]  # fmt: skip
    return replace(network, layers=(*layers, last))


class Explained(Result):
    """One update of a run with every number: weights, gradients, and what the optimiser's formula makes of them."""

    MOST = 400
    """Trained values of a network whose step is written out."""

    def __init__(self, training: Training, step: int) -> None:
        from ..training.explaining import update

        run = training.trainer
        if run.model.plan.trained > self.MOST:
            raise UserError(f"a step is written out for at most {self.MOST} trained values, and {run.network.id} has "
                            f"{run.model.plan.trained:,}")  # fmt: skip
        self.run, self.step = run, step
        self.loss, self.rate, self.changes = update(run, step)
        self.optimiser = run.settings.optimiser

    def to_dict(self) -> training_shapes.Explained:
        return {"network": self.run.network.id, "step": self.step, "loss": self.loss, "parameters": {
            name: {"before": before.tolist(), "gradient": gradient.tolist(), "after": after.tolist()}
            for name, (before, gradient, after) in self.changes.items()
        }}  # fmt: skip

    def _document(self) -> Document:
        optimiser = self.optimiser
        title = f"{self.run.network.title}: step {self.step}"
        made = explained.update(self.loss, self.changes, title)
        if self.step != 1 or optimiser.values["weight_decay"] or optimiser.name in ("nesterov", "adamw"):
            return made
        biases = {name: change for name, change in self.changes.items() if name.endswith("bias")}
        name, (before, gradient, _) = min((biases or self.changes).items(), key=lambda each: each[1][0].size)
        quantities: dict[str, Any] = {key: value for key, value in (optimiser.values | {"eta": self.rate}).items()
                      if key in ("eta", "gamma", "rho", "beta_1", "beta_2", "epsilon") and value}  # fmt: skip
        if optimiser.name == "adadelta":
            quantities.pop("eta")
        working = by_hand(optimiser.name, convention=optimiser.form, w=_row(before), g=_row(gradient), **quantities)
        blocks = (*made.blocks, Heading(2, f"The update of {name}"), *working.document().blocks)
        return replace(made, blocks=blocks)


def _row(array: Any) -> str:
    """The numbers of an array as an operation by hand reads them."""
    return " ".join(f"{value:.6g}" for value in array.reshape(-1).tolist())


class Searched(Result):
    """Runs with settings that were searched for, the best first."""

    def __init__(self, trials: Sequence[Trial], network: str, data: str) -> None:
        self.trials = sorted(trials, key=lambda trial: (trial.loss != trial.loss, trial.loss))
        self.network, self.data = network, data

    def to_dict(self) -> training_shapes.Searched:
        return {"network": self.network, "data": self.data, "trials": [
            {"settings": dict(trial.settings), "validation_loss": trial.loss if trial.loss == trial.loss else None}
            for trial in self.trials
        ]}  # fmt: skip

    def _document(self) -> Document:
        return explained.searched(
            [(trial.settings, trial.loss) for trial in self.trials], f"{self.network} on {self.data}"
        )


def search(network: str, data: str, space: str, budget: int = 20, **settings: Any) -> Iterator[Trial]:
    """So many runs whose settings Optuna chooses by the loss on examples that are watched. `space`: what `train` takes,
    lr=1e-4..1e-1, and names in braces in the network's text: "2; dense {hidden} tanh; dense 2". UserError.
    """
    needed()
    from ..training import searching
    from ..training.loop import check_whole

    seed = settings.get("seed", 0)
    check_whole("seed", seed)
    found = searching.choices(space)
    shares: dict[str, Any] = {"validation": settings.pop("validation", 0.0) or 0.2}
    named = {choice.name for choice in found if f"{{{choice.name}}}" in network}
    strange = [choice.name for choice in found if choice.name not in named and choice.name not in SEARCHED]
    if strange:
        raise UserError(f"{strange[0]} is neither in braces in the network nor one of {', '.join(SEARCHED)}")

    for choice in found:
        if choice.name not in named:
            for value in choice.values:
                _searched(choice.name, value)

    def worth(chosen: Mapping[str, Any]) -> float:
        line, given = network, settings | shares
        for name, value in chosen.items():
            if name in named:
                line = line.replace(f"{{{name}}}", str(value))
            else:
                given[name] = _searched(name, value)
        run = train(line, data, **given).finish()
        if run.diverged or not run.trainer.history:
            return float("nan")
        watched = run.trainer.history[-1].validation
        return float("nan") if watched is None else float(watched["loss"] or 0.0)

    return searching.search(found, budget, int(seed), worth)


def _searched(name: str, value: float | str) -> float | str:
    """What `train` is given for one setting: of a range a number, of a list a text. UserError."""
    if SEARCHED[name] is str:
        return str(value)
    try:
        number = untrusted.number(value) if isinstance(value, str) else value
        if SEARCHED[name] is float:
            return number
        if isinstance(value, str) and not number.is_integer():
            raise ValueError
        return int(number)
    except (ValueError, OverflowError):
        what = "a number" if SEARCHED[name] is float else "a whole number"
        raise UserError(f"{name} of a search is {what}, not {value!r:.40}") from None


SEARCHED: dict[str, type] = {
    "lr": float, "batch": int, "dropout": float, "weight_decay": float, "l1": float, "clip": float, "optimizer": str,
    "init": str, "schedule": str,
}  # fmt: skip
"""Settings of `train` that can be searched for."""


class Planned(Result):
    """The plan of a run: its steps in order, its buffers with their places and lives."""

    def __init__(self, run: Trainer) -> None:
        self.plan, self.parts = run.model.plan, run.model.parts
        self.title = run.network.title

    def to_dict(self) -> training_shapes.Planned:
        plan = self.plan
        return {
            "batch": plan.batch, "parts": self.parts, "dtype": plan.dtype,
            "parameters": plan.trained, "arena": plan.sizes[0],
            "unshared": plan.unshared,
            "steps": [{"step": step.operation, "layer": step.layer, "reads": step.named("x", "other"),
                       "writes": step.named("y")} for step in plan.steps],
            "buffers": [{"name": buffer.name, "numbers": buffer.size(plan.batch), "at": buffer.at,
                         "steps": [list(life) for life in buffer.lives]}
                        for buffer in plan.buffers if not buffer.whole],
        }  # fmt: skip

    def memory(self) -> Memory:
        """Where each buffer of the arena lies, and from which step to which."""
        from ..training.plan import SCRATCH

        plan, each = self.plan, self._bytes
        scratch = {id(buffer) for step in plan.steps for column, buffer in step.buffers() if column in SCRATCH}
        lives = [
            Life(buffer.name, buffer.at * each, buffer.size(plan.batch) * each, first, last,
                 2 if id(buffer) in scratch else int(buffer.name.startswith("d ")))
            for buffer in plan.buffers if not buffer.whole for first, last in _joined(buffer.lives)
        ]  # fmt: skip
        names = [f"{step.operation} {step.layer}".strip() for step in plan.steps]
        title = f"{self.title}: the arena for batches of {plan.batch}, {plan.dtype}"
        return Memory(title, [*names, *reversed(names)], len(names), plan.sizes[0] * each, lives)

    def draw(self, path: str, kind: str) -> None:
        """The arena over the steps into a file, as `svg` or `png`. UserError."""
        from ..diagrams.memory import picture
        from ..files.writing import write

        write(path, picture(self.memory(), kind))

    @property
    def _bytes(self) -> int:
        return 4 if self.plan.dtype == "float32" else 8

    def _document(self) -> Document:
        found = self.to_dict()
        bytes_each = self._bytes
        steps = [(s["step"], s["layer"], ", ".join(s["reads"]), ", ".join(s["writes"])) for s in found["steps"]]
        buffers = [(b["name"], f"{b['numbers']:,}", f"{b['at']:,}", ", ".join(f"{a}–{z}" for a, z in b["steps"]))
                   for b in found["buffers"]]  # fmt: skip
        saved = 1 - found["arena"] / max(1, found["unshared"])
        words = [
            f"{found['parameters']:,} trained values in one vector, their gradients in another",
            f"the arena has {found['arena']:,} numbers, {found['arena'] * bytes_each / 1e6:.2f} MB: "
            f"buffers whose lives do not meet share a place, which saves {saved:.0%}",
            f"steps are counted forward from 0 to {len(steps) - 1} and back to {2 * len(steps) - 1}",
        ]  # fmt: skip
        if self.parts > 1:
            words.append(f"a batch is cut into {self.parts} parts, which threads take; each has an arena and gradients "
                         "of its own, but for the weights of dense layers")  # fmt: skip
        return explained.plan(steps, buffers, words, f"{self.title}: the plan for batches of {self.plan.batch}")


def _joined(lives: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same steps, without what is said twice."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(lives):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return found
