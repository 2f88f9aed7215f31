"""Whole training steps beside PyTorch's, with the same weights, batches and rule: `python -m bench train`.

Every row's losses of three steps are asserted equal first, to 1e-4; then ours and theirs take turns, and the medians
are told: on one thread of the time that its core has worked for it, so that what else the machine does matters less;
of the rows on two threads, whose peer is our own step on one, of the clock on the wall. numpy's OpenBLAS is not used by
our steps; the variables that slow it are unset all the same. In turn with them arithmetic alone is measured, in a tile
whose numbers lie in the nearest cache. Of each step on one thread it is told what share of that speed it reaches, how
many times as fast as PyTorch it would be at it, and what a step of the smallest layers takes; of one on two threads how
many times as fast as one thread arithmetic alone is on two. What torch.compile, JAX and tinygrad take for the same step
on one thread stands in the remarks, or why they take none: by the time of their process, because some compute on a
thread of their own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from . import peers
from .kernels import WORTH_SAYING, Tiles
from .rows import Row, limited

ROOT = Path(__file__).parents[1]
HEAP = {"MALLOC_MMAP_THRESHOLD_": "1000000000", "MALLOC_TRIM_THRESHOLD_": "4000000000", "MALLOC_TOP_PAD_": "500000000"}
"""glibc keeps what PyTorch gives back: otherwise page faults would be measured."""
THREADS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
SLOWED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")

MLP = "784; dense 512 relu; dense 128 relu; dense 10"
CELLS = ("lstm", "gru", "rnn")
LECUN = "16x16x1; conv 12 f5 s2 p2 tanh; conv 12 f5 s2 p2 tanh; dense 30 tanh; dense 10"
"""Of 1989, but for a bias for each map instead of each unit, and with every map of the second layer reading all."""
LENET = "28x28x1; conv 6 f5 p2 relu; pool 2; conv 16 f5 relu; pool 2; dense 120 relu; dense 84 relu; dense 10"
ROWS: dict[str, tuple[str, int, str, float]] = {
    "MLP 784-512-128-10, batch 128": (MLP, 128, "sgd", 2.3),
    "LeNet-5, batch 64": (LENET, 64, "sgd", 4.5),
    "LeNet-5, batch 1": (LENET, 1, "sgd", 15.0),
    "MLP, momentum": (MLP, 128, "momentum", 0.85 * 2.3),
    "MLP, Adam": (MLP, 128, "adam", 0.85 * 2.3),
    "LeNet-5, batch 64, momentum": (LENET, 64, "momentum", 0.85 * 4.5),
    "LeNet-5, batch 64, Adam": (LENET, 64, "adam", 0.85 * 4.5),
    "LeNet-5, batch 1, momentum": (LENET, 1, "momentum", 0.85 * 15),
    "LeNet-5, batch 1, Adam": (LENET, 1, "adam", 0.85 * 15),
    "LSTM 28→128, T 28, batch 128": ("28x28 seq; lstm 128; dense 10", 128, "sgd", 1.2),
    "GRU 28→128, T 28, batch 128": ("28x28 seq; gru 128; dense 10", 128, "sgd", 2.0),
    "simple RNN 28→128, T 28, batch 128": ("28x28 seq; rnn 128; dense 10", 128, "sgd", 1.5),
    "LeCun 1989, all maps joined, batch 1": (LECUN, 1, "sgd", 60.0),
    "LeCun 1989, momentum": (LECUN, 1, "momentum", 0.85 * 60),
    "LeCun 1989, Adam": (LECUN, 1, "adam", 0.85 * 60),
}
"""Row → network, batch, rule, how many times as fast as PyTorch it is to be."""
OF_SGD = {"MLP": "MLP 784-512-128-10, batch 128", "LeNet-5, batch 64": "LeNet-5, batch 64",
          "LeNet-5, batch 1": "LeNet-5, batch 1", "LeCun 1989": "LeCun 1989, all maps joined, batch 1"}  # fmt: skip
"""Rows of other rules begin with one of these: they are to reach 0.85 of what this row of plain SGD reaches."""
COMPARED = ("MLP 784-512-128-10, batch 128", "LeNet-5, batch 64", "LeNet-5, batch 1", "LSTM 28→128, T 28, batch 128")
"""Rows that say what torch.compile, JAX and tinygrad take; they compile for some ten seconds each."""
THREADED = {
    "MLP, 2 threads": ("MLP 784-512-128-10, batch 128", 1.6),
    "LeNet-5, batch 64, 2 threads": ("LeNet-5, batch 64", 1.5),
    "LSTM, 2 threads": ("LSTM 28→128, T 28, batch 128", 1.5),
}  # fmt: skip
"""Row → the row whose step it is, and how many times as fast as on one thread it is to be."""


def rows(runs: int, words: str = "") -> list[Row]:
    """The rows with these words in their names, measured in a process of their own; none without numba."""
    if find_spec("numba") is None:
        return []
    chosen = [name for name in (*ROWS, *THREADED) if words.lower() in name.lower()]
    found, ratios = [], {}
    for each in measured(runs, chosen) if chosen else []:
        peer, goal, name = each.get("peer_us"), each["goal"], each["row"]
        ratios[name] = peer / each["ours_us"] if peer else None
        sgd = next((ratios.get(row) for start, row in OF_SGD.items() if name.startswith(f"{start}, ")), None)
        if name.endswith(("momentum", "Adam")) and sgd:
            goal = 0.85 * sgd
        met = peer is None or peer >= goal * each["ours_us"]
        note = f"{peer / each['ours_us']:.2f} × as fast" if peer else ""
        limit, cores = None, 2 if name in THREADED else 1
        if peer and cores > 1 and "tiles_us" in each:
            limit = each["tile_us"] / each["tiles_us"]
        elif peer and cores == 1 and "tile_us" in each:
            note += f", {each['tile_us'] / each['ours_us']:.0%} of the peak"
            limit = peer / each["tile_us"]
        bounded = False
        if limit:
            bounded, said = limited(limit, goal, met, cores)
            note += f", {said}"
        if each.get("smallest_us", 0.0) > WORTH_SAYING * each["ours_us"]:
            note += f", a step of the smallest layers {each['smallest_us']:.1f} of {each['ours_us']:.1f} µs"
        if "torch_us" in each:
            note += f", PyTorch on 2 threads {each['torch_us'] / 1e3:.2f} ms"
        for other, taken in each.get("others", {}).items():
            note += f"; {other} {taken / 1e3:.3g} ms" if isinstance(taken, float) else f"; {other}: {taken}"
        found.append(Row(f"train {name}", each["ours_us"] / 1e6, peer and peer / 1e6, each["peer"] if peer else "",
                         f"≥ {goal:.3g} × as fast" if peer else "none without PyTorch", met, note=note,
                         bounded=bounded))  # fmt: skip
    return found


def measured(runs: int, names: list[str]) -> list[dict[str, Any]]:
    """The environment is that which is right for measuring."""
    environment = (
        {key: value for key, value in os.environ.items() if key not in SLOWED} | HEAP | THREADS | peers.ONE_THREAD
    )
    command = [sys.executable, "-m", "bench.training", str(runs), *names]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def row(name: str, runs: int) -> dict[str, Any]:
    """One row: microseconds of a step, ours and its peer's, PyTorch's or our own on one thread."""
    threaded = name in THREADED
    line, batch, rule, goal = ROWS[THREADED[name][0] if threaded else name]
    ours, theirs, compiled = _ours(line, batch, rule, 2 if threaded else 1)
    torch = theirs(2 if threaded else 1)
    losses = [ours(1) for _ in range(3)]
    if torch is not None:
        _agree(name, losses, torch)
    works = {"ours_us": ours}
    if torch is not None:
        works["torch_us" if threaded else "peer_us"] = torch
    tiles = Tiles(1e-3)
    if tiles.operations:
        works["tile_us"] = lambda steps: [tiles.run() for _ in range(steps)]
    if threaded:
        works["peer_us"], goal = _ours(line, batch, rule, 1)[0], THREADED[name][1]
        if tiles.operations:
            both = ThreadPoolExecutor(2)
            works["tiles_us"] = lambda steps: [*both.map(lambda _: works["tile_us"](steps // 2), range(2))]
    else:
        works["smallest_us"] = _ours(smallest(line), 1, rule, 1)[0]
    others: dict[str, Any] = {}
    for other, make in compiled.items() if name in COMPARED else ():
        try:
            others[other] = make()
            _agree(f"{other}, {name}", losses, others[other])
            works[other] = others[other]
        except ImportError:
            others[other] = "not installed"
        except Exception as error:  # a compiler that it needs is missing, a layer that it cannot compile
            others[other] = str(error).partition("\n")[0][:80] or type(error).__name__
    clock = time.perf_counter if threaded else time.thread_time
    clocks = dict.fromkeys(works, clock) | dict.fromkeys(others, time.process_time)
    many = {what: 1 + int(0.05 / max(1e-6, _seconds(work, 5, clocks[what]) / 5)) for what, work in works.items()}
    taken: dict[str, list[float]] = {what: [] for what in works}
    for _ in range(runs):
        for what, work in works.items():
            taken[what].append(_seconds(work, many[what], clocks[what]) / many[what])
    found: dict[str, Any] = {what: 1e6 * median(times) for what, times in taken.items()}
    if others:
        found["others"] = {other: found.pop(other, said) for other, said in others.items()}
    if not threaded and tiles.operations:
        found["tile_us"] *= operations(line, batch) / tiles.operations
    return {"row": name, "goal": goal, "peer": "one thread" if threaded else "PyTorch", **found}


def _agree(name: str, losses: list[float], work: Callable[[int], Any]) -> None:
    """Its first steps have our losses."""
    for step, mine in enumerate(losses):
        other = work(1)
        assert abs(mine - other) <= 1e-4 * abs(other), f"{name}: step {step}: {mine} and {other}"


def layers(line: str) -> tuple[list[peers.Layer], tuple[int, ...]]:
    """The layers of one of the networks above, as `peers` has them, and the shape of inputs."""
    dense: list[peers.Layer] = [("dense",), ("relu",), ("dense",), ("relu",), ("dense",)]
    if cell := next((name for name in CELLS if name in line), ""):
        return [(cell,), ("dense",)], (-1, 28, 28)
    if line == LECUN:
        maps: list[peers.Layer] = [("conv", 2, 2), ("tanh",)] * 2
        return [*maps, ("flatten",), ("dense",), ("tanh",), ("dense",)], (-1, 1, 16, 16)
    if line == LENET:
        maps = [("conv", 1, 2), ("relu",), ("pool",), ("conv", 1, 0), ("relu",), ("pool",)]
        return [*maps, ("flatten",), *dense], (-1, 1, 28, 28)
    return dense, (-1, 784)


def operations(line: str, batch: int) -> int:
    """Multiplications and additions of a step: forwards, for the weights, and for inputs but those of the network."""
    from dlcalc.networks import text
    from dlcalc.networks.table import tabulate

    network = text.read(line)
    first, *others = [row for row in tabulate(network).rows if row.count("macs")]
    macs, m = int(str(first.count("macs"))), int(str(first.layer.settings.get("m", 0)))
    n = int(str(network.input[-1]))
    read = macs * n // (n + m) if first.layer.kind in CELLS else macs
    return 2 * batch * (3 * macs - read + 3 * sum(int(str(row.count("macs"))) for row in others))


def smallest(line: str) -> str:
    """The same layers with one number each, filters of one tap, and two classes."""
    line = re.sub(r" p\d| s\d", "", line.replace("pool 2", "pool 1"))
    line = re.sub(r"(conv|dense|lstm|gru|rnn) \d+", r"\1 1", re.sub(r"f\d", "f1", line))
    first, _, rest = line.partition("; ")
    return f"{re.sub(r'[0-9]+', '1', first)}; {rest.removesuffix('dense 1')}dense 2"


def _seconds(work: Callable[[int], object], steps: int, clock: Callable[[], float]) -> float:
    start = clock()
    work(steps)
    return clock() - start


def _ours(
    line: str, batch: int, rule: str, threads: int
) -> tuple[Callable[[int], float], Callable[[int], Any], dict[str, Callable[[], Callable[[int], float]]]]:
    """A function that does so many steps and gives the last loss; one that makes PyTorch's of the same weights; and by
    name those that make the ones of what compiles whole steps, on one thread.
    """
    import numpy as np

    from dlcalc.kernels.cpu.steps import machine
    from dlcalc.networks import text
    from dlcalc.training.initial import initialise
    from dlcalc.training.loop import Settings, plan_in_parts
    from dlcalc.training.model import Examples, Model
    from dlcalc.training.optimiser import Schedule, optimiser

    random = np.random.default_rng(0)
    chosen = optimiser(rule, 0.001)
    made, parts = plan_in_parts(text.read(line), Settings(chosen, Schedule(), batch=batch, loss="cross-entropy"))
    model = Model(made, parts)
    initialise(made, model.parameters, "pytorch", 0)
    size, classes = sum(steps * width for _, _, steps, width in made.inputs), made.parameters[-1].shape[-1]
    examples = Examples(random.random((batch, size), dtype=np.float32), random.integers(0, classes, batch))
    arrays = {p.name: p.shown(model.parameters).copy() for p in made.parameters}
    order, moments = np.arange(batch), (np.zeros_like(model.gradients), np.zeros_like(model.gradients))

    def run(steps: int) -> float:
        record = np.zeros((steps, len(machine.SUMS)))
        record[:, 4] = chosen.rate
        model.train(examples, order, np.tile(np.array([[0, batch]]), (steps, 1)), chosen, moments, record, threads)
        return float(record[-1, 0] * record[-1, 5])

    def given() -> tuple[Any, ...]:
        kinds, shape = layers(line)
        return kinds, list(arrays.values()), examples.x.reshape(shape), examples.classes[:, 0], chosen.rate

    compiled = {
        "torch.compile": lambda: _torch(line, arrays, examples, chosen, 1, compiled=True),
        "JAX": lambda: peers.jax_steps(*given()),
        "tinygrad": lambda: peers.tinygrad_steps(*given()),
    }

    def theirs(many: int) -> Any:
        return _torch(line, arrays, examples, chosen, many) if find_spec("torch") else None

    return run, theirs, compiled


def _torch(line: str, arrays: dict[str, Any], examples: Any, chosen: Any, threads: int, compiled: bool = False) -> Any:
    """PyTorch's step of the same network; `compiled`: what is before the update, forwards and backwards."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    kinds, shape = layers(line)
    cell = kinds[0][0] in CELLS
    weights = [array for array in arrays.values() if array.ndim > 1]
    weights = weights[1:] if cell else weights
    simple = {"relu": nn.ReLU, "tanh": nn.Tanh, "flatten": nn.Flatten, "pool": lambda: nn.MaxPool2d(2)}
    modules: list[Any] = []
    for kind, *numbers in kinds:
        if kind in simple:
            modules.append(simple[kind]())
            continue
        k, c, *f = weights.pop(0).shape
        if kind in CELLS:
            modules.append({"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[kind](28, 128, batch_first=True))
        else:
            modules.append(nn.Conv2d(c, k, f, *numbers) if f else nn.Linear(c, k))
    given = iter(arrays.values())
    with torch.no_grad():
        for module in modules:
            for name, parameter in module.named_parameters():
                second = cell and name.startswith("bias_hh")
                parameter.copy_(torch.zeros_like(parameter) if second else torch.tensor(next(given)))
    net = nn.ModuleList(modules)
    rules = {"sgd": torch.optim.SGD, "momentum": torch.optim.SGD, "adam": torch.optim.Adam}
    extra = {"momentum": chosen.values["gamma"]} if chosen.name == "momentum" else {}
    optimiser = rules[chosen.name](net.parameters(), lr=chosen.rate, **extra)
    x, y = torch.tensor(examples.x).reshape(shape), torch.tensor(examples.classes[:, 0])

    def forward() -> Any:
        value = x
        for module in modules:
            value = module(value)
            value = value[0][:, -1] if isinstance(value, tuple) else value
        return value

    def mean() -> Any:
        return nn.functional.cross_entropy(forward(), y)

    if compiled:
        mean = torch.compile(mean)

    def run(steps: int) -> float:
        for _ in range(steps):
            optimiser.zero_grad()
            loss = mean()
            loss.backward()
            optimiser.step()
        return float(loss.detach())

    return run


if __name__ == "__main__":
    for each in sys.argv[2:] or (*ROWS, *THREADED):
        print(json.dumps(row(each, int(sys.argv[1])), ensure_ascii=False), flush=True)
