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

from .rows import Row, limited

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
WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}
"""PyTorch's threads then sleep between its runs; else they wait by turning on the cores that our threads need."""
HEAD = f"two threads with {' '.join(f'{name}={value}' for name, value in WAITING.items())}"
"""What a table says above itself where it has rows on two threads."""
SLOWED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""What makes numpy take a slower product than this machine has."""
CORES = (1, 2)

WORTH_SAYING = 0.1
"""Of our time: what calls from Python, or arrays that were not near, take at least where it is told."""
FAR = 1e9
"""Operations of a row whose arrays may be near."""
SHORTEST, LONGEST = {1: 2e-4, 2: 5e-3}, 2e-2
"""Seconds of arithmetic in a tile that are measured beside a row on so many threads, which take some time to wake:
about as long as the row takes, between these.
"""


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
    found = []
    for cores in CORES:
        measured = _measured(cores, runs, only, "both", WAITING)
        if cores > 1:
            awake = _measured(cores, runs, only, "peer", {})
            for row, other in zip(measured, awake, strict=True):
                row["peer"] = min(row["peer"], other["peer"])
        found += map(_computed, measured)
    return found


def _measured(cores: int, runs: int, only: str, whose: str, settings: dict[str, str]) -> list[dict[str, Any]]:
    """What `computed` finds in a process with these settings."""
    threads = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "DLCALC_THREADS")
    environment = {key: value for key, value in os.environ.items() if key not in (*SLOWED, *WAITING)}
    environment |= HEAP | dict.fromkeys(threads, str(cores)) | settings
    command = [sys.executable, "-m", "bench.kernels", str(cores), str(runs), only, whose]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=True)
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


def _computed(found: dict[str, Any]) -> Row:
    """A row from what a process with some threads found."""
    cores, ours, peer, one, tile = (found[key] for key in ("cores", "ours", "peer", "one", "tile"))
    share, remarks = found["streams"] / ours, [f"{peer / ours:.2f} times as fast"]
    if cores > 1:
        remarks.append(f"{one / ours:.2f} times our one thread")
    if found["operations"]:
        remarks.append(f"{found['operations'] / ours * 1e-9:.0f} GFLOP/s")
    if tile:
        remarks.append(f"{tile / ours:.0%} of the peak")
    if share:
        remarks.append(f"{share:.0%} of the bandwidth")
    if cores == 1:
        times, limit = found["times"], peer / tile if tile else None
        goal = f"≥ {times:g} ×" + (f" or {SHARE:.0%} of the bandwidth" if share else "")
        met = peer / ours >= times or share >= SHARE
    else:
        times, limit = found["twice"], found["gain"] or None
        goal = f"≥ {times:g} × our one" if times else "none"
        met = not times or one / ours >= times
    bounded = False
    if limit and times:
        bounded, said = limited(limit, times, met, cores)
        remarks.append(said)
    if found["empty"] > WORTH_SAYING * ours:
        remarks.append(f"calls from Python: {_of(found['empty'], ours)}")
    if not met and 0 < found["near"] < (1 - WORTH_SAYING) * ours:
        remarks.append(f"with its arrays in a near cache: {_of(found['near'], ours)}")
    name = f"{found['name']}, {cores} thread{'s' * (cores > 1)}"
    return Row(name, ours, peer, found["peer_name"], goal, met, note="; ".join(remarks), bounded=bounded)


def threaded(row: Row) -> bool:
    """Whether `computing` has measured it on several threads."""
    return row.peer_name.startswith("PyTorch") and row.name.endswith(" threads")


def _of(part: float, whole: float) -> str:
    """A part of a time, in microseconds or milliseconds."""
    unit, factor = ("µs", 1e6) if whole < 1e-3 else ("ms", 1e3)
    return f"{part * factor:.3g} of {whole * factor:.3g} {unit}"


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
    """Forwards and backwards together, float32, in turn ours, PyTorch's and what may bound ours, once both agree.

    whose: "both", or "peer" for PyTorch alone.
    """
    import numpy as np

    from dlcalc.kernels import threads

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
            found.append({"name": name, "peer": median(_in_turn({"peer": work.theirs}, runs, cores)["peer"])})
            continue
        ours, theirs = work.ours(), work.theirs()
        for key, array in theirs.items():
            wanted = array.detach().numpy()
            error = np.max(np.abs(ours[key] - wanted), initial=0) / (np.max(np.abs(wanted), initial=0) or 1)
            if not error <= MOST_ERROR:
                raise AssertionError(f"{name}: {key} differs from PyTorch's by {error:.1e} of the largest entry")
        size, copies, sums = work.moved
        # what has just computed the same has its arrays near
        again = {"near": work.ours} if 0 < work.operations < FAR else {}
        measured = {"ours": work.ours, **again, "peer": work.theirs, **streams(size)}
        if cores > 1:

            def alone(work: Any = work) -> None:
                with threads.using(1):
                    work.ours()

            measured["one"] = alone
        if work.near:
            measured |= {"nearer": work.near, "near": work.near}
        if work.empty:
            measured["empty"] = work.empty
        tiles = Tiles(0.0) if work.operations else None
        if tiles and tiles.operations:
            tiles = Tiles(min(LONGEST, max(SHORTEST[cores], work.operations / tiles.rate)))
            measured["tile"] = tiles.run
            if work.twice and cores > 1:
                measured["tiles"] = lambda tiles=tiles: threads.each(lambda _: tiles.run(), cores, 1e9)
        taken = dict.fromkeys(("one", "empty", "near", "tile", "tiles", "copied", "summed"), 0.0)
        taken |= {what: median(seconds) for what, seconds in _in_turn(measured, runs, cores).items()}
        found.append(
            {
                "name": name, "cores": cores, "ours": taken["ours"], "peer": taken["peer"], "one": taken["one"],
                "peer_name": f"PyTorch {torch.__version__}", "times": work.times, "twice": work.twice,
                "operations": work.operations, "streams": copies * taken["copied"] + sums * taken["summed"],
                "tile": taken["tile"] * work.operations / tiles.operations / cores if taken["tile"] else 0.0,
                "gain": cores * taken["tile"] / taken["tiles"] if taken["tiles"] else 0.0, "empty": taken["empty"],
                "near": taken["empty"] + (taken["near"] - taken["empty"]) * work.parts if taken["near"] else 0.0,
            }
        )  # fmt: skip
    return found


def _in_turn(works: dict[str, Callable[[], object]], runs: int, cores: int) -> dict[str, list[float]]:
    """The seconds of each, in rounds that take about as long for a small work as for a large one.

    On one core those that the core has worked for it: what else the machine does matters less.
    """
    clock = time.thread_time if cores == 1 else time.perf_counter
    taken: dict[str, list[float]] = {name: [] for name in works}
    start, rounds = time.perf_counter(), 0
    while rounds < 3 * runs or (time.perf_counter() - start < runs / 10 and rounds < 1000):
        rounds += 1
        for name, work in works.items():
            begun = clock()
            work()
            taken[name].append(clock() - begun)
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


class Tiles:
    """Arithmetic alone: as many tiles, whose numbers are all in the nearest cache, as one core takes some time for.

    operations: additions and multiplications of a run, 0 where there are no tiles. rate: of them in a second, at first.
    """

    def __init__(self, seconds: float) -> None:
        found = _tiles()
        self.operations, self.rate = 0, 1.0
        if found is not None:
            self._run, each, self.rate = found
            self._often = max(1, int(seconds * self.rate / each))
            self.operations = self._often * each

    def run(self) -> None:
        self._run(self._often)


@cache
def _tiles() -> tuple[Callable[[int], None], int, float] | None:
    """What computes so many tiles, the operations of one, and how many of them there are in a second."""
    import numba
    import numpy as np

    from dlcalc.kernels.cpu import direct, machine, tile

    if not machine.LANES:
        return None
    wide = direct.WIDE
    tiles: Any = tile.column(wide)
    rows, depth, width = machine.tallest(wide), 64, wide * machine.LANES

    @numba.njit(nogil=True)
    def computed(a: Any, b: Any, steps: Any, places: Any, c: Any, often: int) -> None:
        for _ in range(often):
            tiles(
                a.ctypes.data, 1, rows, b.ctypes.data, steps.ctypes.data, rows, depth, c.ctypes.data, c.shape[1],
                places.ctypes.data, 0,
            )  # fmt: skip

    a, b = np.ones((depth, rows), np.float32), np.ones((depth, width), np.float32)
    steps, places = np.arange(depth) * width, np.arange(wide) * machine.LANES

    def run(often: int) -> None:
        computed(a, b, steps, places, np.empty((rows, width), np.float32), often)

    run(1)
    each, often = 2 * rows * width * depth, 1000
    start = time.thread_time()
    run(often)
    return run, each, often * each / (time.thread_time() - start)


def streams(size: int) -> dict[str, Callable[[], object]]:
    """Nothing for no numbers, else numpy's copy of so many and its sum of two arrays of so many.

    Their results are new, and both are there to the end, as a row's are: no memory is nearer to them than to it.
    """
    import numpy as np

    if not size:
        return {}
    one, other, kept = np.ones(size, np.float32), np.ones(size, np.float32), []

    def summed() -> None:
        kept.append(np.add(one, other))
        kept.clear()

    return {"copied": lambda: kept.append(np.copy(one)), "summed": summed}


if __name__ == "__main__":
    print(json.dumps(computed(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4])))
