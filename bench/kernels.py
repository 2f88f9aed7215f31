"""Kernels: what compiling them costs the first time and later, and each beside PyTorch where that is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from .rows import Row

ROOT = Path(__file__).parents[1]
MOST_COLD, MOST_WARM = 10.0, 0.6
"""Seconds of a process that convolves once, forwards and backwards: the first after an installation, and the second."""
MOST_WARMING = 60.0
"""Seconds of `dlcalc doctor --warm` after an installation."""

CONVOLVE = """
import numpy as np
from dlcalc import ops
out, saved = ops.forward(ops.conv2d, np.ones((1, 1, 7, 7)), np.ones((1, 1, 3, 3)))
ops.backward(saved, out)
"""
NUMPY_AND_NUMBA = "import numpy, numba"

Work = tuple[Callable[[], object], Callable[[], object]]


def rows(runs: int) -> list[Row]:
    """Nothing where numpy and numba are not installed."""
    if find_spec("numba") is None or find_spec("numpy") is None:
        return []
    return [*_compiling(runs), *_computing(runs)]


def _computing(runs: int) -> list[Row]:
    """In a process of its own: numpy's threads and PyTorch's, waiting for each other, would be all that is measured."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "bench.kernels", str(runs)]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=True)
    return [Row(**{name: value for name, value in row.items() if name != "ratio"}) for row in json.loads(ran.stdout)]


def _compiling(runs: int) -> list[Row]:
    cold, warm, bare, all_cold, all_warm = [], [], [], [], []
    for _ in range(max(1, runs // 2)):
        with tempfile.TemporaryDirectory() as folder:
            cold.append(_seconds(folder, "-c", CONVOLVE))
            for _ in range(2):
                warm.append(_seconds(folder, "-c", CONVOLVE))
                bare.append(_seconds(folder, "-c", NUMPY_AND_NUMBA))
        with tempfile.TemporaryDirectory() as folder:
            all_cold.append(_seconds(folder, "-m", "dlcalc", "doctor", "--warm"))
            all_warm.append(_seconds(folder, "-m", "dlcalc", "doctor", "--warm"))
    imports, peer = median(bare), "import numpy, numba"
    return [
        _timed("ops.conv2d, first process", median(cold), imports, peer, MOST_COLD),
        _timed("ops.conv2d, later process", median(warm), imports, peer, MOST_WARM),
        _timed("doctor --warm, first", median(all_cold), imports, peer, MOST_WARMING),
        _timed("doctor --warm, later", median(all_warm), imports, peer, MOST_WARMING),
    ]


def _timed(name: str, seconds: float, peer: float, peer_name: str, most: float) -> Row:
    return Row(name, seconds, peer, peer_name, f"≤ {most:g} s", seconds <= most, "s")


def _seconds(cache: str, *arguments: str) -> float:
    """Of a whole process whose compiled kernels are kept in `cache`."""
    start = time.perf_counter()
    environment = {**os.environ, "XDG_CACHE_HOME": cache, "NUMBA_CACHE_DIR": ""}
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def computed(runs: int) -> list[Row]:
    """Forwards and backwards together, float32, on one thread; there is no target yet."""
    found = []
    torch = find_spec("torch") is not None
    for name, (ours, theirs) in _work(torch).items():
        taken: tuple[list[float], list[float]] = ([], [])
        for run in range(runs + 1):
            for seconds, work in zip(taken, (ours, theirs), strict=True):
                start = time.perf_counter()
                work()
                if run:  # the first compiles
                    seconds.append(time.perf_counter() - start)
        peer = median(taken[1]) if torch else None
        found.append(Row(name, median(taken[0]), peer, "PyTorch" if torch else "", "none", True))
    return found


def _work(torch: bool) -> dict[str, Work]:
    """Row → ours, and PyTorch's or nothing."""
    import numpy as np

    from dlcalc import ops

    random = np.random.default_rng(0)

    def array(*shape: int) -> Any:
        return random.standard_normal(shape).astype(np.float32)

    conv = {"x": array(16, 16, 32, 32), "weight": array(32, 16, 3, 3), "bias": array(32)}
    pool = {"x": array(16, 16, 64, 64)}
    lstm = {"x": array(64, 16, 64), "w_ih": array(512, 64) / 8, "w_hh": array(512, 128) / 8, "b_ih": array(512)}
    soft = {"x": array(1024, 1000)}
    return {
        "conv2d 16·16×32×32, 32 of 3×3": (
            _ours(ops.conv2d, conv, padding=1),
            _theirs(torch, conv, lambda f, t: f.conv2d(*t.values(), padding=1)),
        ),
        "max_pool2d 16·16×64×64, 2×2": (
            _ours(ops.max_pool2d, pool, kernel_size=2),
            _theirs(torch, pool, lambda f, t: f.max_pool2d(t["x"], 2)),
        ),
        "lstm T = 64, N = 16, 64 → 128": (_ours(ops.lstm, lstm, state=None), _theirs(torch, lstm, _torch_lstm)),
        "softmax 1024×1000": (_ours(ops.softmax, soft), _theirs(torch, soft, lambda f, t: f.softmax(t["x"], dim=1))),
    }


def _ours(op: Any, arrays: dict[str, Any], **settings: Any) -> Callable[[], object]:
    import numpy as np

    from dlcalc import ops

    def work() -> object:
        result, saved = ops.forward(op, **arrays, **settings)
        first = result[0] if isinstance(result, tuple) else result
        return ops.backward(saved, (np.ones_like(first), None) if isinstance(result, tuple) else np.ones_like(first))

    return work


def _theirs(there: bool, arrays: dict[str, Any], compute: Callable[[Any, dict[str, Any]], Any]) -> Callable[[], object]:
    if not there:
        return lambda: None
    import torch

    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in arrays.items()}

    def work() -> object:
        out = compute(torch.nn.functional, tensors)
        return torch.autograd.grad(out, list(tensors.values()), torch.ones_like(out))

    return work


def _torch_lstm(_: Any, tensors: dict[str, Any]) -> Any:
    import torch

    x, w_ih, w_hh, b_ih = tensors.values()
    zero = x.new_zeros(1, x.shape[1], w_hh.shape[1])
    weights = [w_ih, w_hh, b_ih, torch.zeros_like(b_ih)]
    return torch.lstm(x, [zero, zero], weights, True, 1, 0.0, False, False, False)[0]


if __name__ == "__main__":
    print(json.dumps([row.to_dict() for row in computed(int(sys.argv[1]))]))
