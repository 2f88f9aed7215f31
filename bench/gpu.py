"""`python -m bench.gpu`: every kernel on a GPU, checked against the CPU's and PyTorch's and timed against cuDNN.

Prints a Markdown table for bench/results. Exit status 1 when a number is wrong, 2 when there is no GPU.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date

from dlcalc.kernels import missing_for_cuda

ROUNDS = 21


def main(arguments: list[str] | None = None) -> int:
    """Exit status: see above."""
    parser = argparse.ArgumentParser(prog="python -m bench.gpu", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often each is timed (default {ROUNDS})")
    parser.add_argument("--no-times", action="store_true", help="check small sizes only")
    options = parser.parse_args(arguments)
    if missing := missing_for_cuda():
        print(f"bench.gpu needs a GPU: {missing}", file=sys.stderr)
        return 2
    # They need numba and a GPU's libraries, whose absence has been said by now.
    from . import gpu_measuring as measuring
    from .gpu_work import WORKS
    from .rows import Row, table

    torch = measuring.with_torch()
    rounds = 0 if options.no_times else max(1, options.rounds)
    rows: list[Row] = []
    for work in WORKS:
        for dtype in measuring.LARGEST_ERROR:
            rows += measuring.measured(work, dtype, torch, rounds)
            verdict = "right" if all(row.met for row in rows[-2:]) else "WRONG"
            print(f"{work.name}, {dtype}: {verdict}", file=sys.stderr, flush=True)
    print(f"# {date.today():%-d %B %Y}: {measuring.machine(torch)}\n\n{table(rows)}")
    return int(not all(row.met for row in rows))


if __name__ == "__main__":
    sys.exit(main())
