"""`dlcalc train`: a network learns, live; its options are read here and given to `api.training`."""

from __future__ import annotations

import csv
import json
import sys
from typing import Annotated, Any

import typer

from ..errors import UserError
from . import completion
from .completion import Completion
from .live import watched
from .options import OUTPUT, with_formats
from .output import Formats, emit
from .reading import decimal, number
from .status import INTERRUPTED, NOT_RIGHT, WELL

HELP = """

The data has a name, or is a path. By name: digits and mnist1d (extra data), xor, spirals, bars, adding, copy, ball,
sine, reversed, text; settings come after it: adding:T=100,n=2000. A path is an .npz with x_train, y_train, x_test,
y_test (or x, y), a folder with MNIST's IDX files, CIFAR-10's binary batches, or an image folder for each class, a CSV
with the target in its last column, or a .txt with the next character as target. Nothing is downloaded.

If the data has no test part, one fifth of the examples, with all classes equally, is kept for the test and never used
for training. With the same seed a run is the same, bit for bit.
"""

TRAINING, LEARNING, FILES, LOOKING = "Training", "First weights and optimiser", "Files", "Looking inside"


def _option(name: str, help: str, panel: str, metavar: str = "", complete: Completion | None = None) -> Any:
    return typer.Option(
        f"--{name}", help=help, rich_help_panel=panel, metavar=metavar or None, show_default=False,
        autocompletion=complete,
    )  # fmt: skip


OUTPUTS = ("save", "export", "png", "svg", "report", "as_csv")
SETTINGS = ("network", "data", "batch", "seed", "input", "loss", "loss_weights", "dropout", "validation", "patience",
            "carried", "dtype", "optimizer", "lr", "momentum", "schedule", "init", "clip", "clip_value", "weight_decay",
            "l1", "freeze", "load")  # fmt: skip
UNUSED = {
    "resume": SETTINGS, "against": ("optimizer", "save", "export", "report", "as_csv"),
    "cells": ("save", "export", "report", "as_csv"), "space": OUTPUTS, "explain_step": OUTPUTS,
    "plan": ("save", "export", "report", "as_csv"), "check": OUTPUTS,
}  # fmt: skip
"""What is asked for in the place of training once, and the options that would say nothing there."""


def _check_together(context: typer.Context) -> None:
    """UserError for options of which one would be left out."""
    options = {each.name: each.opts[-1] if each.opts[-1].startswith("-") else each.opts[-1].upper()
               for each in context.command.params if each.name is not None}  # fmt: skip
    given = [
        name for name in options if (source := context.get_parameter_source(name)) and source.name == "COMMANDLINE"
    ]
    asked = [name for name in UNUSED if name in given]
    for name in asked:
        others = [each for each in given if each in UNUSED[name] or (each in asked and each != name)]
        if others:
            raise UserError(f"{options[name]} has no use for {', '.join(options[each] for each in others)}")
    if "budget" in given and "space" not in given:
        raise UserError("--budget is that of a --search")


@with_formats()
def command(
    context: typer.Context,
    network: Annotated[
        str | None,
        typer.Argument(
            help="a name (`net list`), a file, or a line of text", metavar="NETWORK", autocompletion=completion.network
        ),
    ] = None,
    data: Annotated[
        str | None, _option("data", "a name or a path, see above", TRAINING, "DATA", completion.data)
    ] = None,
    epochs: Annotated[str | None, _option("epochs", "passes over the examples (20)", TRAINING, "N")] = None,
    batch: Annotated[str, _option("batch", "examples of an update (32)", TRAINING, "N")] = "32",
    seed: Annotated[str, _option("seed", "of the split, the first weights, the order, dropout (0)", TRAINING)] = "0",
    input: Annotated[str | None, _option("input", "what the network reads: 28x28x1", TRAINING, "SHAPE")] = None,
    loss: Annotated[
        str, _option("loss", "cross-entropy, binary-cross-entropy or squared-error; as the data asks", TRAINING)
    ] = "",
    loss_weights: Annotated[
        str | None,
        _option("loss-weights", "factors of several outputs' losses: 0.3,0.3,1 (all 1)", TRAINING, "NUMBERS"),
    ] = None,
    dropout: Annotated[
        str | None, _option("dropout", "after each hidden dense or recurrent layer", TRAINING, "P")
    ] = None,
    validation: Annotated[str, _option("validation", "share of the examples that is watched only", TRAINING)] = "0",
    patience: Annotated[str, _option("patience", "stops after so many epochs without a better one", TRAINING)] = "0",
    carried: Annotated[bool, _option("stateful", "a batch continues where the previous one ended", TRAINING)] = False,
    dtype: Annotated[str, _option("dtype", "float32 or float64", TRAINING)] = "float32",
    device: Annotated[str, _option("device", "cpu; on cuda single operations run, not training", TRAINING)] = "cpu",
    threads: Annotated[
        str | None, _option("threads", "the result is the same for any number (all cores)", TRAINING, "N")
    ] = None,
    optimizer: Annotated[
        str,
        _option(
            "optimizer",
            "sgd, momentum, nesterov, adagrad, adadelta, rmsprop, adam, adamw, alexnet; a form: adam:keras",
            LEARNING,
            "NAME",
            completion.optimizer,
        ),
    ] = "adam",
    lr: Annotated[str | None, _option("lr", "learning rate", LEARNING, "η")] = None,
    momentum: Annotated[str | None, _option("momentum", "γ of momentum and Nesterov", LEARNING, "γ")] = None,
    schedule: Annotated[
        str, _option("schedule", "constant, cosine, linear, step:10:0.5, exponential:0.9, warmup:2,cosine", LEARNING)
    ] = "constant",
    init: Annotated[
        str,
        _option(
            "init",
            "keras, pytorch, uniform, glorot-uniform, glorot-normal, he-uniform, he-normal, orthogonal",
            LEARNING,
        ),
    ] = "keras",
    clip: Annotated[str, _option("clip", "largest length of the gradient", LEARNING, "θ")] = "0",
    clip_value: Annotated[str, _option("clip-value", "largest entry of the gradient", LEARNING, "θ")] = "0",
    weight_decay: Annotated[str | None, _option("weight-decay", "λ of ½λ‖w‖², or AdamW's", LEARNING, "λ")] = None,
    l1: Annotated[str, _option("l1", "λ of λ‖w‖₁", LEARNING, "λ")] = "0",
    freeze: Annotated[str | None, _option("freeze", "layers that are not trained: conv*", LEARNING, "NAMES")] = None,
    load: Annotated[
        str | None, _option("load", "begin with the arrays of a safetensors or .npz that fit", FILES, "FILE")
    ] = None,
    save: Annotated[str | None, _option("save", "checkpoint, written after every epoch", FILES, "FILE")] = None,
    resume: Annotated[str | None, _option("resume", "take a checkpoint up again", FILES, "FILE")] = None,
    export: Annotated[
        str | None,
        _option(
            "export", "the parameters as .npz or .safetensors, or the network as .onnx (extra onnx)", FILES, "FILE"
        ),
    ] = None,
    png: Annotated[str | None, _option("png", "the curves, or the --plan, drawn (extra plot)", FILES, "FILE")] = None,
    svg: Annotated[str | None, _option("svg", "the same as SVG", FILES, "FILE")] = None,
    report: Annotated[
        str | None, _option("report", "a page with curves and results (extra plot)", FILES, "FILE")
    ] = None,
    explain_step: Annotated[
        str | None, _option("explain-step", "one update of a small network with every number", LOOKING, "N")
    ] = None,
    space: Annotated[
        str | None,
        _option("search", 'settings to search for (extra search): "lr=1e-4..1e-1 hidden=16,32"', LOOKING, "SPACE"),
    ] = None,
    budget: Annotated[str, _option("budget", "runs of a search (20)", LOOKING, "N")] = "20",
    plan: Annotated[
        bool, _option("plan", "the steps and buffers, without training; --svg draws them", LOOKING)
    ] = False,
    check: Annotated[
        bool, _option("check", "the first gradient against finite differences and formulas", LOOKING)
    ] = False,
    against: Annotated[
        str | None, _option("compare", "optimisers side by side: sgd,momentum,adam", LOOKING, "NAMES")
    ] = None,
    cells: Annotated[str | None, _option("compare-cells", "cells side by side: rnn,lstm,gru", LOOKING, "NAMES")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="a line for each epoch", rich_help_panel=OUTPUT)] = False,
    *,
    formats: Formats,
) -> Any:
    """Train a small network: loss and accuracy live, a test, a confusion matrix.

    Example: dlcalc train lenet5 --data digits
    Example: dlcalc train "2; dense 3 tanh; dense 2" --data xor --check
    """
    from ..api import training as api

    api.needed()
    if device != "cpu":
        raise api.device_refused(device)
    _check_together(context)
    given: dict[str, Any] = {
        "epochs": number("--epochs", epochs) if epochs is not None else 20, "batch": number("--batch", batch),
        "seed": number("--seed", seed), "input": input, "loss": loss,
        "dropout": None if dropout is None else decimal("--dropout", dropout),
        "validation": decimal("--validation", validation), "patience": number("--patience", patience),
        "carried": carried, "dtype": dtype, "optimizer": optimizer,
        "lr": None if lr is None else decimal("--lr", lr), "schedule": schedule, "init": init,
        "threads": None if threads is None else number("--threads", threads),
        "clip": decimal("--clip", clip), "clip_value": decimal("--clip-value", clip_value),
        "weight_decay": None if weight_decay is None else decimal("--weight-decay", weight_decay),
        "l1": decimal("--l1", l1), "load": load,
        "freeze": [name.strip() for name in (freeze or "").split(",") if name.strip()],
    }  # fmt: skip
    if loss_weights is not None:
        given["loss_weights"] = [decimal("--loss-weights", each) for each in loss_weights.split(",")]
    if momentum is not None:
        given["gamma"] = decimal("--momentum", momentum, "a number from 0 to 1", 0, 1)
    for path in (png, svg, report, export):
        if path is not None:
            api.writable(path)
    pictures = {kind: path for kind, path in (("png", png), ("svg", svg)) if path is not None}
    if resume is not None:
        run = api.resume(resume, None if epochs is None else given["epochs"], save, given["threads"])
        return _run(run, formats, as_csv, pictures, report, export)
    if network is None or data is None:
        raise UserError('train needs a network and data: lenet5 --data digits; "2; dense 16 tanh; dense 2" '
                        "--data spirals")  # fmt: skip
    if against is not None or cells is not None:
        return _compare(network, data, against, cells, given, formats, pictures)
    if space is not None:
        return _search(network, data, space, number("--budget", budget), given, formats)
    run = api.train(network, data, save=save, **given)
    if explain_step is not None:
        emit(api.Explained(run, number("--explain-step", explain_step)), formats)
        return WELL
    if plan:
        planned = api.Planned(run.trainer)
        _draw(planned, pictures)
        emit(planned, formats)
        return WELL
    if check:
        from ..api.training_check import Checked

        checked = Checked(run.trainer)
        emit(checked, formats)
        return WELL if checked.passed else NOT_RIGHT
    return _run(run, formats, as_csv, pictures, report, export)


def _draw(result: Any, pictures: dict[str, str]) -> None:
    for kind, path in pictures.items():
        result.draw(path, kind)


def _search(network: str, data: str, space: str, budget: int, given: dict[str, Any], formats: Formats) -> int:
    """So many runs, with a bar; the best settings first."""
    from ..api import training as api
    from .progress import progress

    trials = []
    with progress("runs") as step:
        for trial in api.search(network, data, space, budget, **given):
            trials.append(trial)
            step(budget)
    emit(api.Searched(trials, network, data), formats)
    return WELL


def _run(run: Any, formats: Formats, as_csv: bool, pictures: dict[str, str], report: str | None,
         export: str | None) -> int:  # fmt: skip
    """Trains, shows what is asked for, and says how it ended."""
    if export is not None:
        run.exportable(export)
    try:
        watched(run, quiet=bool(formats.name) or as_csv)
    except KeyboardInterrupt:
        name = run.checkpoint or f"{run.trainer.network.id[:40].replace('/', '-')}.safetensors"
        run.trainer.rewind()
        run.save(name)
        sys.stderr.write(f"dlcalc: interrupted after epoch {len(run.trainer.history)}; --resume {name} goes on\n")
        return INTERRUPTED
    if run.diverged:
        sys.stderr.write(f"dlcalc: {run.diverged}\n")
        return NOT_RIGHT
    if as_csv:
        _csv(run)
    else:
        emit(run, formats)
    if export is not None:
        run.export(export)
    _draw(run, pictures)
    if report is not None:
        run.report(report)
    return WELL


def _csv(run: Any) -> None:
    rows = run.history
    names = [name for name in rows[0] if name != "validation"] if rows else ["epoch", "loss"]
    watched_names = list(rows[0].get("validation", {})) if rows else []
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*names, *(f"validation_{name}" for name in watched_names)])
    for row in rows:
        writer.writerow([*(row[name] for name in names), *(row["validation"][name] for name in watched_names)])


def _compare(network: str, data: str, names: str | None, cells: str | None, given: dict[str, Any],
             formats: Formats, pictures: dict[str, str]) -> int:  # fmt: skip
    """The same first weights, data and order, with one thing different."""
    from ..api import training as api
    from ..api import training_comparing as comparing
    from ..api.networks import read_network

    runs, what = {}, "optimizer" if cells is None else "cell"
    reach: dict[str, dict[str, list[float]]] = {}
    chosen_names = [each.strip() for each in (names or cells or "").split(",") if each.strip()]
    if not chosen_names:
        raise UserError(f"there is no {what} to compare: --compare sgd,momentum,adam or --compare-cells rnn,lstm,gru")
    for name in chosen_names:
        chosen: Any = network
        if cells is not None:
            chosen = comparing.with_cell(read_network(network, given["input"]), name)
        run = api.train(chosen, data, **given | ({"optimizer": name} if cells is None else {}))
        before = comparing.through_time(run) if cells is not None else []
        watched(run, quiet=True, title=name)
        if run.diverged:
            sys.stderr.write(f"dlcalc: {name}: {run.diverged}\n")
        else:
            runs[name] = run
            if cells is not None:
                reach[name] = {"before": before, "after": comparing.through_time(run)}
    if not runs:
        return NOT_RIGHT
    found = comparing.Trainings(runs, f"{what}s on {data}", reach)
    _draw(found, pictures)
    if formats.name == "json":
        sys.stdout.write(json.dumps(found.to_dict(), indent=2) + "\n")
        return WELL
    emit(found, formats)
    if not formats.name:
        from rich.console import Console

        from .plot import show

        console = Console(highlight=False)
        show(found.chart(), console)
        if cells is not None:
            show(found.through_time("before"), console)
            show(found.through_time("after"), console)
    return WELL
