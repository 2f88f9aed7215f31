"""The hostile inputs of the tests: process time and memory, the worst first."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.end_to_end.hostile import prepare

from .processes import ROOT
from .rows import ADDITIONS, Row, additions

MOST_SECONDS = 0.100
MOST_BYTES = 200e6
SHOWN = 3


def rows(runs: int) -> list[Row]:
    """The slowest inputs by their median of `runs` processes, and the memory that all of them take."""
    seconds: dict[str, list[float]] = {}
    memory, peer = [], []
    for _ in range(runs):
        peer.append(additions())
        with tempfile.TemporaryDirectory() as scratch:
            prepare(Path(scratch))
            command = [sys.executable, "-m", "tests.end_to_end.hostile_process", scratch]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
        *lines, last = map(json.loads, done.stdout.splitlines())
        memory.append(last["memory"])
        for line in lines:
            seconds.setdefault(line["name"], []).append(line["seconds"])
    taken = sorted(((median(values), name) for name, values in seconds.items()), reverse=True)
    over = sum(value > MOST_SECONDS for value, _ in taken)
    found = [
        Row(f"hostile: {name}", value, median(peer), ADDITIONS, "≤ 100 ms", value <= MOST_SECONDS,
            note=f"{over} of {len(taken)} take longer than 100 ms" if place == 0 else "")
        for place, (value, name) in enumerate(taken[:SHOWN])
    ]  # fmt: skip
    most = max(memory)
    found.append(
        Row("hostile: memory of all", most, None, "", "≤ 200 MB", most <= MOST_BYTES, "MB", "beyond the start")
    )
    return found
