"""Whole processes: dlcalc's commands beside a minimal typer program, and `import dlcalc` beside a bare Python."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from .rows import Row, within_ratio

ROOT = Path(__file__).parents[1]
MOST = 1.3
"""Times the minimal program."""
MOST_CONVOLUTION = 1.05
"""The same for the calculator that is asked most."""
MOST_NETWORK = 1.5
"""The same for a whole network."""
MOST_IMPORT = 0.030
"""Seconds that `import dlcalc` may add to a bare Python."""

MINIMAL = ["-m", "bench.minimal_typer"]
BARE = ["-c", "pass"]
OURS: dict[str, tuple[list[str], list[str], str, float]] = {
    "dlcalc conv --n 227 --f 11 --s 4": (
        ["conv", "--n", "227", "--f", "11", "--s", "4"],
        MINIMAL,
        "minimal",
        MOST_CONVOLUTION,
    ),
    "… --json": (["conv", "--n", "227", "--f", "11", "--s", "4", "--json"], MINIMAL, "minimal", MOST),
    "dlcalc lstm --n 32 --m 100": (["lstm", "--n", "32", "--m", "100"], MINIMAL, "minimal", MOST),
    "dlcalc net resnet152": (["net", "resnet152"], MINIMAL, "minimal", MOST_NETWORK),
    "dlcalc --help": (["--help"], [*MINIMAL, "--help"], "minimal --help", MOST),
}
"""Row → our arguments, the peer's, what the peer is called, and how many times as long we may take."""


def rows(runs: int) -> list[Row]:
    """The medians of `runs` rounds; in each round every command runs once, ours and the peers in turn."""
    commands = {f"ours {name}": ["-m", "dlcalc", *ours] for name, (ours, *_) in OURS.items()}
    commands |= {f"peer {peer}": arguments for _, arguments, peer, _ in OURS.values()}
    commands |= {"import": ["-c", "import dlcalc"], "bare": BARE}
    seconds = measured(commands, runs)
    found = [
        within_ratio(name, seconds[f"ours {name}"], seconds[f"peer {peer}"], peer, most)
        for name, (_, _, peer, most) in OURS.items()
    ]
    added = seconds["import"] - seconds["bare"]
    found.append(
        Row("import dlcalc", seconds["import"], seconds["bare"], "python -c pass", "< 30 ms more", added < MOST_IMPORT)
    )
    return found


def measured(commands: dict[str, list[str]], runs: int) -> dict[str, float]:
    """The median seconds of each command, a list of Python's arguments; in each round every command runs once."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as scratch:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": scratch, "XDG_CONFIG_HOME": scratch, "COLUMNS": "80"}
        # a user's Python keeps its bytecode, whatever this one is told
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for turn in range(runs + 1):
            for name, arguments in commands.items():
                start = time.perf_counter()
                subprocess.run(
                    [sys.executable, *arguments],
                    cwd=ROOT,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    check=True,
                )
                if turn:  # the first round writes the bytecode
                    taken[name].append(time.perf_counter() - start)
    return {name: median(seconds) for name, seconds in taken.items()}
