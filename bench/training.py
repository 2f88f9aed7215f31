"""Whole training steps beside PyTorch's, with the same weights, batches and rule: `python -m bench train`.

Every row's losses of three steps are asserted equal first, to 1e-4; then ours and theirs take turns, and the medians
are told: on one thread of the time that its core has worked for it, so that what else the machine does matters less;
of the rows on two threads, whose peer is our own step on one, of the clock on the wall. numpy's OpenBLAS is not used by
our steps; the variables that slow it are unset all the same. Of each step on one thread it is told what share of the
peak of the tile is reached: its multiplications and additions by those that one core does in a tile whose numbers lie
in its cache.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from .kernels import peak
from .rows import Row

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
        if "peak" in each:
            note += f", {each['peak']:.0%} of the peak"
        if "torch_us" in each:
            note += f", PyTorch on 2 threads {each['torch_us'] / 1e3:.2f} ms"
        found.append(Row(f"train {name}", each["ours_us"] / 1e6, peer and peer / 1e6, each["peer"] if peer else "",
                         f"≥ {goal:.3g} × as fast" if peer else "none without PyTorch", met, note=note))  # fmt: skip
    return found


def measured(runs: int, names: list[str]) -> list[dict[str, Any]]:
    """The environment is that which is right for measuring."""
    environment = {key: value for key, value in os.environ.items() if key not in SLOWED} | HEAP | THREADS
    command = [sys.executable, "-m", "bench.training", str(runs), *names]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def row(name: str, runs: int) -> dict[str, Any]:
    """One row: microseconds of a step, ours and its peer's, PyTorch's or our own on one thread."""
    threaded = name in THREADED
    line, batch, rule, goal = ROWS[THREADED[name][0] if threaded else name]
    ours, theirs = _ours(line, batch, rule, 2 if threaded else 1)
    torch = theirs(2 if threaded else 1)
    if torch is not None:
        for step in range(3):
            mine, other = ours(1), torch(1)
            assert abs(mine - other) <= 1e-4 * abs(other), f"{name}: step {step}: {mine} and {other}"
    works = {"ours_us": ours}
    if torch is not None:
        works["torch_us" if threaded else "peer_us"] = torch
    if threaded:
        works["peer_us"], goal = _ours(line, batch, rule, 1)[0], THREADED[name][1]
    clock = time.perf_counter if threaded else time.thread_time
    many = {what: 1 + int(0.05 / max(1e-6, _seconds(work, 5, clock) / 5)) for what, work in works.items()}
    taken: dict[str, list[float]] = {what: [] for what in works}
    for _ in range(runs):
        for what, work in works.items():
            taken[what].append(_seconds(work, many[what], clock) / many[what])
    found = {what: 1e6 * median(times) for what, times in taken.items()}
    if not threaded and (best := peak()):
        found["peak"] = operations(line, batch) / (min(taken["ours_us"]) * best)
    return {"row": name, "goal": goal, "peer": "one thread" if threaded else "PyTorch", **found}


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


def _seconds(work: Callable[[int], object], steps: int, clock: Callable[[], float]) -> float:
    start = clock()
    work(steps)
    return clock() - start


def _ours(line: str, batch: int, rule: str, threads: int) -> tuple[Callable[[int], float], Callable[[int], Any]]:
    """A function that does so many steps and gives the last loss; and one that makes PyTorch's of the same weights."""
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
    size = sum(steps * width for _, _, steps, width in made.inputs)
    examples = Examples(random.random((batch, size), dtype=np.float32), random.integers(0, 10, batch))
    arrays = {p.name: p.shown(model.parameters).copy() for p in made.parameters}
    order, moments = np.arange(batch), (np.zeros_like(model.gradients), np.zeros_like(model.gradients))

    def run(steps: int) -> float:
        record = np.zeros((steps, len(machine.SUMS)))
        record[:, 4] = chosen.rate
        model.train(examples, order, np.tile(np.array([[0, batch]]), (steps, 1)), chosen, moments, record, threads)
        return float(record[-1, 0] * record[-1, 5])

    return run, lambda many: _torch(line, arrays, examples, chosen, many)


def _torch(line: str, arrays: dict[str, Any], examples: Any, chosen: Any, threads: int) -> Any:
    """PyTorch's step of the same network; None where it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    from torch import nn

    torch.set_num_threads(threads)
    cell = next((name for name in CELLS if name in line), "")
    if cell:
        layer = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[cell](28, 128, batch_first=True)
        modules: list[Any] = [layer, nn.Linear(128, 10)]
        shape: tuple[int, ...] = (-1, 28, 28)
    elif line == LECUN:
        modules = [nn.Conv2d(1, 12, 5, 2, 2), nn.Tanh(), nn.Conv2d(12, 12, 5, 2, 2), nn.Tanh(), nn.Flatten(),
                   nn.Linear(192, 30), nn.Tanh(), nn.Linear(30, 10)]  # fmt: skip
        shape = (-1, 1, 16, 16)
    elif "conv" in line:
        modules = [nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
                   nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
                   nn.Linear(84, 10)]  # fmt: skip
        shape = (-1, 1, 28, 28)
    else:
        modules = [nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 128), nn.ReLU(), nn.Linear(128, 10)]
        shape = (-1, 784)
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

    def run(steps: int) -> float:
        for _ in range(steps):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(forward(), y)
            loss.backward()
            optimiser.step()
        return float(loss.detach())

    return run


if __name__ == "__main__":
    for each in sys.argv[2:] or (*ROWS, *THREADED):
        print(json.dumps(row(each, int(sys.argv[1])), ensure_ascii=False), flush=True)
