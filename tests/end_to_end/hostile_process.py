"""A process that runs the hostile inputs, for the tests and for `bench`.

`python -m tests.end_to_end.hostile_process FOLDER`, in the project's folder, runs every case in one process and prints
one JSON object a line: the name, status, output, errors and process time of each, and last the memory that all took.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import json
import sys
import time
from pathlib import Path
from typing import NamedTuple

from .hostile import CONV, commands

WATCHDOG = 5.0
"""Seconds after which a case counts as hanging."""
MEMORY = 1 << 30
"""Bytes of address space that the process may have; libraries take about a quarter of it."""

LOADS: list[list[str]] = [
    [*CONV, "--json"],
    [*CONV, "--ask", "o", "--answer", "54"],
    ["solve", "2n = 10", "--json"],
    ["net", "8x8x1; conv 2 f3", "--json"],
    ["mlp", "--u", "7 7"],
    ["rf", "--f", "3"],
    ["activation", "tanh", "--x", "1"],
    ["bptt", "--answer", "Σ_t δ_t h_{t-1}^T", "--json"],
]
"""What is run first, so that no case pays for what it is the first to load."""


class Outcome(NamedTuple):
    """What one command did; `seconds` are of process time."""

    status: int
    output: str
    errors: str
    seconds: float


def limit_memory() -> None:
    """Holds this process to MEMORY, where the system can."""
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def peak_memory() -> int:
    """The most bytes of memory that this process has had; 0 where the system does not say."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def run(arguments: list[str]) -> Outcome:
    """One command in this process; what takes longer than WATCHDOG ends the process with a traceback."""
    from dlcalc.cli import main

    output, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    faulthandler.dump_traceback_later(WATCHDOG, exit=True)
    start = time.process_time()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        status = main(arguments)
    seconds = time.process_time() - start
    faulthandler.cancel_dump_traceback_later()
    texts = []
    for stream in (output, errors):
        stream.flush()
        stream.seek(0)
        texts.append(stream.read())
    return Outcome(status, *texts, seconds)


def main(folder: Path) -> None:
    """Runs all cases."""
    limit_memory()
    for arguments in LOADS:
        run(arguments)
    start = peak_memory()
    for name, arguments in commands(folder).items():
        sys.stdout.write(json.dumps({"name": name, **run(arguments)._asdict()}) + "\n")
        sys.stdout.flush()
    sys.stdout.write(json.dumps({"memory": peak_memory() - start, "peak": peak_memory()}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
