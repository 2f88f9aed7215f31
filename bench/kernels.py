"""Kernels: what compiling them costs the first time and later, and each beside PyTorch where that is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from .rows import Row

ROOT = Path(__file__).parents[1]
MOST_COLD, MOST_WARM = 3.0, 0.5
"""Seconds of a process that convolves once, forwards and backwards: the first after an installation, and the second."""
MOST_WARMING = 90.0
"""Seconds of `dlcalc doctor --warm` after an installation."""
MOST_ERROR = 3e-5
"""Of the largest entry: how far from PyTorch's a result may be that is timed."""
SHARE = 0.85
"""Of the bandwidth: what moves numbers need not be faster than this.

The bandwidth is that of numpy's copy, and of its sum of two arrays, of as many numbers, measured in turn with the row.
"""

MOST_UNITS, MOST_BELOW = 4.0, 1.5e-7
"""Units in the last place of float32 that tanh, exp and sigmoid may be off; and sigmoid below −1, absolutely."""
STEP = 1009
"""From one of all 2³² numbers of float32 to the next one that is tried."""
FUNCTIONS = ("tanh", "exp", "sigmoid")

CONVOLVE = """
import numpy as np
from dlcalc import ops
x, weight = (np.ones((1, 1, size, size), np.float32) for size in (7, 3))
out, saved = ops.forward(ops.conv2d, x, weight)
ops.backward(saved, out)
"""
NUMPY_AND_NUMBA = "import numpy, numba"

HEAP = {"MALLOC_MMAP_THRESHOLD_": "1000000000", "MALLOC_TRIM_THRESHOLD_": "4000000000", "MALLOC_TOP_PAD_": "500000000"}
"""With glibc's own settings large outputs are given back and faulted in again at each call: luck would be measured."""
WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
"""PyTorch's threads then sleep between its runs; else they wait by turning on the cores that our threads need."""
SLOWED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""What makes numpy take a slower product than this machine has."""
CORES = (1, 2)

BOUNDS: dict[str, str] = {
    "lstm T 20 N 16 32 → 32": "calls from Python, 35 of 250 µs alone, and PyTorch's arrays, which push ours out of the "
    "near caches; the kernels alone are at 66 % of the peak, packing 11 % of them",
    "lstm T 50 N 64 256 → 512": "arithmetic: forwards 82 %, steps backwards 88 %, sums over the steps 82 % of the peak",
    "lstm T 28 N 128 28 → 128": "the gates' functions, 0.9 of 7.2 ms forwards, and products of 28 numbers",
    "gru T 28 N 128 28 → 128": "the gates' functions and products of 28 numbers, as for the LSTM",
    "lstm T 20 N 1 8 → 8": "calls from Python: 35 of 60 µs alone",
    "rnn T 20 N 1 8 → 8": "calls from Python",
    "conv2d 32·1×28 k6 f5, no dx": "tiles of 25 products and copies of small planes (inferred)",
    "conv2d 32·6×14 k16 f5": "rows of 14 that hold 10 results; calls from Python, an eighth (the rest inferred)",
    "conv2d VGG 64×112 k128 f3": "arithmetic: both are at 86 % of the peak",
    "relu of 2²⁰": "memory: each of its two passes takes what numpy's copy and sum take in the same memory",
    "sigmoid of 2²⁰": "arithmetic: 13 cycles a vector each way (0.21 ns a number)",
    "softmax 1024×1000": "arithmetic: 0.41 ns a number forwards, 0.25 backwards; the result is copied, to be kept",
}
"""Row → what keeps it from its goal, as measured; said where it is not met."""


def rows(runs: int) -> list[Row]:
    """Nothing where numpy and numba are not installed."""
    if find_spec("numba") is None or find_spec("numpy") is None:
        return []
    return [*_compiling(runs), *computed_and_exact(runs)]


def alone(runs: int, only: str = "") -> list[Row]:
    """All rows, or those of what is computed with `only` in their names."""
    return computed_and_exact(runs, only) if only else rows(runs)


def computed_and_exact(runs: int, only: str = "") -> list[Row]:
    """What `rows` has but for the times of compiling; `only`: the rows with that in their name."""
    names = [name for name in FUNCTIONS if only in _exact_name(name)]
    return [*computing(runs, only), *map(_exactness, names)]


def computing(runs: int, only: str = "") -> list[Row]:
    """Each number of threads in a process of its own; `only`: the rows with that in their name.

    PyTorch alone is measured once more with its threads waiting as they do by themselves, and the shorter time counts.
    """
    measured = {}
    for cores in CORES:
        measured[cores] = _measured(cores, runs, only, "both", WAITING)
        if cores > 1:
            awake = _measured(cores, runs, only, "peer", {})
            for row, other in zip(measured[cores], awake, strict=True):
                row["peer"] = min(row["peer"], other["peer"])
    return [row for cores in CORES for row in map(_computed, *_beside(measured, cores))]


def _measured(cores: int, runs: int, only: str, whose: str, settings: dict[str, str]) -> list[dict[str, Any]]:
    """What `computed` finds in a process with these settings."""
    threads = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "DLCALC_THREADS")
    environment = {key: value for key, value in os.environ.items() if key not in (*SLOWED, *WAITING)}
    environment |= HEAP | dict.fromkeys(threads, str(cores)) | settings
    command = [sys.executable, "-m", "bench.kernels", str(cores), str(runs), only, whose]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=True)
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


def _beside(measured: dict[int, list[dict[str, Any]]], cores: int) -> tuple[list[dict[str, Any]], ...]:
    return measured[cores], measured[1]


def _computed(found: dict[str, Any], alone: dict[str, Any]) -> Row:
    """A row from what a process with some threads found, and from what the one with one thread found."""
    cores, ours, peer = found["cores"], found["ours"], found["peer"]
    remarks = []
    if peer:
        remarks.append(f"{peer / ours:.2f} times as fast")
    if cores > 1:
        remarks.append(f"{alone['ours'] / ours:.2f} times our one thread")
    if found["operations"]:
        remarks.append(f"{found['operations'] / ours * 1e-9:.0f} GFLOP/s")
        if found["peak"]:
            remarks.append(f"{found['operations'] / ours / found['peak']:.0%} of the peak")
    share = found["streams"] / ours
    if share:
        remarks.append(f"{share:.0%} of the bandwidth")
    if cores == 1:
        goal = f"≥ {found['times']:g} ×" + (f" or {SHARE:.0%} of the bandwidth" if share else "")
        goal = goal if peer or share else "none without PyTorch"
        met = not peer or peer / ours >= found["times"] or share >= SHARE
    else:
        goal = f"≥ {found['twice']:g} × our one" if found["twice"] else "none"
        met = not found["twice"] or alone["ours"] / ours >= found["twice"]
    if not met and found["name"] in BOUNDS:
        remarks.append(f"bounded by {BOUNDS[found['name']]}")
    name = f"{found['name']}, {cores} thread{'s' * (cores > 1)}"
    return Row(name, ours, peer, found["peer_name"], goal, met, note="; ".join(remarks))


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


def computed(cores: int, runs: int, only: str, whose: str = "both") -> list[dict[str, Any]]:
    """Forwards and backwards together, float32, ours and PyTorch's in turn, once they agree.

    whose: "both", or "peer" for PyTorch alone.
    """
    import numpy as np

    from .kernel_work import works

    torch: Any = import_module("torch") if find_spec("torch") else None
    if torch is None:
        return []
    torch.set_num_threads(cores)
    found = []
    for name, make in works():
        if only not in name:
            continue
        work = make()
        if whose == "peer":
            found.append({"name": name, "peer": median(_in_turn((work.theirs,), runs)[0])})
            continue
        ours, theirs = work.ours(), work.theirs()
        for key, array in theirs.items():
            wanted = array.detach().numpy()
            error = np.max(np.abs(ours[key] - wanted), initial=0) / (np.max(np.abs(wanted), initial=0) or 1)
            if not error <= MOST_ERROR:
                raise AssertionError(f"{name}: {key} differs from PyTorch's by {error:.1e} of the largest entry")
        size, copies, sums = work.moved
        taken = [median(each) for each in _in_turn((work.ours, work.theirs, *streams(size)), runs)]
        found.append(
            {
                "name": name, "cores": cores, "ours": taken[0], "peer": taken[1],
                "peer_name": f"PyTorch {torch.__version__}", "times": work.times, "twice": work.twice,
                "operations": work.operations, "streams": copies * taken[2] + sums * taken[3] if size else 0.0,
                "peak": peak() * cores,
            }
        )  # fmt: skip
    return found


def _in_turn(works: tuple[Callable[[], object], ...], runs: int) -> list[list[float]]:
    """The seconds of each, in rounds that take about as long for a small work as for a large one."""
    taken: list[list[float]] = [[] for _ in works]
    start = time.perf_counter()
    while len(taken[0]) < 3 * runs or (time.perf_counter() - start < runs / 10 and len(taken[0]) < 1000):
        for seconds, work in zip(taken, works, strict=True):
            begun = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - begun)
    return taken


def _exact_name(name: str) -> str:
    return f"{name}, every {STEP:,}th float32"


def _exactness(name: str) -> Row:
    """The largest error of a function of vectors, in units of the last place of the true value."""
    import numba
    import numpy as np

    from dlcalc.kernels.cpu import functions, machine, maps

    target = f"≤ {MOST_UNITS:g} ulp" + (f"; ≤ {MOST_BELOW:g} below −1" if name == "sigmoid" else "")
    if not machine.LANES:
        return Row(_exact_name(name), 0, None, "", target, True, "ulp", "no vectors here")
    formula, lanes = getattr(functions, name), machine.LANES
    each = maps.mapped(f"exact_{name}", (1,), (1,), lambda e, _, v: [formula(e, v[0])])

    @numba.njit
    def run(x: Any, out: Any) -> None:
        each(x.size // lanes, lanes, (x.ctypes.data,), (lanes,), (out.ctypes.data,), (lanes,), ())

    x = np.arange(0, 1 << 32, STEP).astype(np.uint32).view(np.float32)
    x = x[np.isfinite(x)]
    x = x[: x.size // lanes * lanes].copy()
    found, wide = np.empty_like(x), x.astype(np.float64)
    run(x, found)
    with np.errstate(over="ignore"):
        exact = {"tanh": np.tanh, "exp": np.exp, "sigmoid": lambda v: 1 / (1 + np.exp(-v))}[name](wide)
        whole = np.isfinite(exact.astype(np.float32))
        right_ends = bool(np.isinf(found[~whole]).all())
    error = np.abs(found[whole] - exact[whole])
    units = error / np.spacing(np.abs(exact[whole]).astype(np.float32))
    below = x[whole] < (-1 if name == "sigmoid" else -np.inf)
    worst, rest = float(units[~below].max()), float(error[below].max(initial=0))
    note = f"{x.size:,} numbers" + (f"; {rest:.1e} below −1" if name == "sigmoid" else "")
    met = worst <= MOST_UNITS and rest <= MOST_BELOW and right_ends
    return Row(_exact_name(name), worst, None, "", target, met, "ulp", note)


@cache
def peak() -> float:
    """Operations a second of one core in a tile whose numbers are all in the nearest cache; 0 where there is none."""
    import numba
    import numpy as np

    from dlcalc.kernels.cpu import direct, machine, tile

    if not machine.LANES:
        return 0.0
    wide = direct.WIDE
    tiles: Any = tile.column(wide)
    rows, depth = machine.tallest(wide), 64

    @numba.njit(nogil=True)
    def run(a: Any, b: Any, steps: Any, places: Any, c: Any, often: int) -> None:
        for _ in range(often):
            tiles(
                a.ctypes.data, 1, rows, b.ctypes.data, steps.ctypes.data, rows, depth, c.ctypes.data, c.shape[1],
                places.ctypes.data, 0,
            )  # fmt: skip

    width = wide * machine.LANES
    a, b = np.ones((depth, rows), np.float32), np.ones((depth, width), np.float32)
    c, places = np.empty((rows, width), np.float32), np.arange(wide) * machine.LANES
    seconds, often = [], 1000
    for _ in range(20):
        start = time.perf_counter()
        run(a, b, np.arange(depth) * width, places, c, often)
        seconds.append(time.perf_counter() - start)
    return 2 * rows * width * depth * often / min(seconds)


def streams(size: int) -> tuple[Callable[[], object], ...]:
    """Nothing for no numbers, else numpy's copy of so many and its sum of two arrays of so many.

    Their results are new, and both are there to the end, as a row's are: no memory is nearer to them than to it.
    """
    import numpy as np

    if not size:
        return ()
    one, other, kept = np.ones(size, np.float32), np.ones(size, np.float32), []

    def summed() -> None:
        kept.append(np.add(one, other))
        kept.clear()

    return lambda: kept.append(np.copy(one)), summed


if __name__ == "__main__":
    print(json.dumps(computed(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4])))
