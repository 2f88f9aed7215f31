"""Whole training steps beside PyTorch's, with the same weights, batches and rule: `python -m bench train`.

Every row's losses of three steps are asserted equal first, to 1e-4; then ours and theirs take turns, and the medians
are told. One thread each. numpy's OpenBLAS is not used by our steps; the variables that slow it are unset all the same.
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

from .rows import Row

ROOT = Path(__file__).parents[1]
HEAP = {"MALLOC_MMAP_THRESHOLD_": "1000000000", "MALLOC_TRIM_THRESHOLD_": "4000000000", "MALLOC_TOP_PAD_": "500000000"}
"""glibc keeps what PyTorch gives back: otherwise page faults would be measured."""
THREADS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
SLOWED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")

MLP = "784; dense 512 relu; dense 128 relu; dense 10"
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
}
"""Row → network, batch, rule, how many times as fast as PyTorch it is to be."""


def rows(runs: int, words: str = "") -> list[Row]:
    """The rows with these words in their names, measured in a process of their own; none without numba."""
    if find_spec("numba") is None:
        return []
    chosen = [name for name in ROWS if words.lower() in name.lower()]
    found = []
    for each in measured(runs, chosen) if chosen else []:
        peer, goal = each.get("peer_us"), each["goal"]
        met = peer is None or peer >= goal * each["ours_us"]
        times = f"{peer / each['ours_us']:.2f} × as fast" if peer else ""
        found.append(Row(f"train {each['row']}", each["ours_us"] / 1e6, peer and peer / 1e6, "PyTorch" if peer else "",
                         f"≥ {goal:.3g} × as fast", met, note=times))  # fmt: skip
    return found


def measured(runs: int, names: list[str]) -> list[dict[str, Any]]:
    """The environment is that which is right for measuring."""
    environment = {key: value for key, value in os.environ.items() if key not in SLOWED} | HEAP | THREADS
    command = [sys.executable, "-m", "bench.training", str(runs), *names]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def row(name: str, runs: int) -> dict[str, Any]:
    """One row: microseconds of a step, ours and theirs, and how many times faster ours is."""
    line, batch, rule, goal = ROWS[name]
    ours, theirs = _ours(line, batch, rule)
    peer = theirs()
    if peer is not None:
        for step in range(3):
            mine, other = ours(1), peer(1)
            assert abs(mine - other) <= 1e-4 * abs(other), f"{name}: step {step}: {mine} and {other}"
    many = 1 + int(0.05 / max(1e-6, _seconds(ours, 20) / 20))
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        taken[0].append(_seconds(ours, many) / many)
        if peer is not None:
            taken[1].append(_seconds(peer, max(1, many // 8)) / max(1, many // 8))
    found = {"row": name, "ours_us": 1e6 * median(taken[0]), "goal": goal}
    if peer is not None:
        found |= {"peer_us": 1e6 * median(taken[1]), "ratio": median(taken[1]) / median(taken[0])}
    return found


def _seconds(work: Callable[[int], object], steps: int) -> float:
    start = time.perf_counter()
    work(steps)
    return time.perf_counter() - start


def _ours(line: str, batch: int, rule: str) -> tuple[Callable[[int], float], Callable[[], Any]]:
    """A function that does so many steps and gives the last loss; and one that makes PyTorch's of the same weights."""
    import numpy as np

    from dlcalc.kernels.cpu.steps import machine
    from dlcalc.networks import text
    from dlcalc.training.initial import initialise
    from dlcalc.training.model import Examples, Model
    from dlcalc.training.optimiser import optimiser
    from dlcalc.training.planner import plan

    random = np.random.default_rng(0)
    made = plan(text.read(line), "cross-entropy", batch)
    model = Model(made)
    initialise(made, model.parameters, "pytorch", 0)
    size = sum(steps * width for _, _, steps, width in made.inputs)
    examples = Examples(random.random((batch, size), dtype=np.float32), random.integers(0, 10, batch))
    chosen = optimiser(rule, 0.001)
    arrays = {p.name: p.shown(model.parameters).copy() for p in made.parameters}
    order, h, (code, form) = np.arange(batch), chosen.vector(), chosen.codes
    m, v = np.zeros_like(model.gradients), np.zeros_like(model.gradients)
    model.control[machine.TRAINING] = 1

    def run(steps: int) -> float:
        batches = np.tile(np.array([[0, batch]]), (steps, 1))
        record = np.zeros((steps, len(machine.SUMS)))
        record[:, 4] = chosen.rate
        given = made.input_table, order, examples.x, examples.classes, examples.targets
        machine.train(model.forwards, model.backwards, made.rows, *given, *model.arrays, batches, code, form, m, v, h,
                      record)  # fmt: skip
        return float(record[-1, 0] * record[-1, 5])

    return run, lambda: _torch(line, arrays, examples, chosen)


def _torch(line: str, arrays: dict[str, Any], examples: Any, chosen: Any) -> Any:
    """PyTorch's step of the same network; None where it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    from torch import nn

    torch.set_num_threads(1)
    cell = next((name for name in ("lstm", "gru", "rnn") if name in line), "")
    if cell:
        layer = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[cell](28, 128, batch_first=True)
        modules: list[Any] = [layer, nn.Linear(128, 10)]
        shape: tuple[int, ...] = (-1, 28, 28)
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
    for each in sys.argv[2:] or ROWS:
        print(json.dumps(row(each, int(sys.argv[1])), ensure_ascii=False), flush=True)
