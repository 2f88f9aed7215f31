"""`python -m bench`: measures, prints a table, and says which targets are met."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from datetime import date
from importlib.metadata import version
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from . import (
    backwards,
    classes,
    diagnoses,
    gradients,
    hostile,
    judgement,
    kernels,
    networks,
    processes,
    training,
    variants,
)
from .rows import Row, table

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "numba", "torch")


def main() -> int:
    """Exit status 0; with --check, 1 when a target is not met."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--keep", action="store_true", help="write the table into bench/results too, as a new file")
    parser.add_argument("--check", action="store_true", help="end with status 1 when a target is not met")
    parser.add_argument("--runs", type=int, default=11, help="rounds of the whole processes (default 11)")
    parser.add_argument(
        "only",
        nargs="*",
        help="`kernels`: the kernels' rows alone, `train`: the steps of training, then words of their names; "
        "`judgement`: how many wrong answers are named",
    )
    options = parser.parse_args()
    alone = {"kernels": kernels.alone, "train": training.rows, "judgement": judgement.rows}
    if options.only and options.only[0] not in alone:
        parser.error(f"{' and '.join(alone)} can be measured alone, nothing else: {options.only[0]}")
    runs = max(1, options.runs)
    rows = alone[options.only[0]](max(1, runs // 3), " ".join(options.only[1:])) if options.only else measured(runs)
    if options.keep:
        print(f"{kept(rows, ' '.join(sys.argv[1:]), options.only[0] if options.only else 'all')}", file=sys.stderr)
    if options.json:
        print(json.dumps({"machine": machine(), "rows": [row.to_dict() for row in rows]}, ensure_ascii=False, indent=2))
    else:
        print(f"{machine()}{settings(rows)}\n\n{table(rows)}")
    return int(options.check and not all(row.met for row in rows))


def measured(runs: int) -> list[Row]:
    """All rows. What takes long is measured less often."""
    few = max(1, runs // 3)
    return [
        *processes.rows(runs),
        *networks.rows(few),
        *diagnoses.rows(few),
        *backwards.rows(runs),
        *hostile.rows(few),
        *variants.rows(few),
        *classes.rows(),
        *gradients.rows(few),
        *kernels.rows(few),
        *training.rows(few),
    ]


def kept(rows: list[Row], arguments: str, what: str) -> Path:
    """Writes the table to a file of its own, named after the day and the machine."""
    cores = machine().partition(" ")[0]
    name = f"{date.today().isoformat()}-{cores}-cores-{what}"
    free = (RESULTS / f"{name}{f'-{number}' if number > 1 else ''}.md" for number in count(1))
    path = next(path for path in free if not path.exists())
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES if find_spec(package))
    load = f"a load of {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else "a load not known"
    told = f"`python -m bench {arguments}` on {machine()}{settings(rows)}; {versions}; {load}."
    path.write_text(f"# {date.today():%-d %B %Y}: {what}\n\n{told}\n\n{table(rows)}\n", encoding="utf-8")
    return path


def settings(rows: list[Row]) -> str:
    """How the rows of kernels on two threads were measured, where there are any."""
    return f"; {kernels.HEAD}" if any(kernels.threaded(row) for row in rows) else ""


def machine() -> str:
    """The kind of machine, without its name."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {platform.system()}, Python {'.'.join(platform.python_version_tuple()[:2])}"


if __name__ == "__main__":
    sys.exit(main())
