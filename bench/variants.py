"""Variants of every problem of the bank: how long one takes, of all together and of the slowest problem."""

from __future__ import annotations

import time
from statistics import median

from dlcalc.quiz import bank
from dlcalc.quiz.variant import variant

from .rows import ADDITIONS, Row, additions

SEEDS = 50
PER_SECOND = 200


def rows(runs: int) -> list[Row]:
    """Process time per variant, the median of `runs` passes over the same seeds; problems are read before."""
    problems = [bank.load(str(path)) for path in bank.files()]
    taken: dict[str, list[float]] = {problem.id: [] for problem in problems}
    peer = []
    for run in range(runs + 1):
        peer.append(additions())
        for problem in problems:
            start = time.process_time()
            for seed in range(SEEDS):
                variant(problem, seed)
            if run:  # the first pass compiles the formulas
                taken[problem.id].append((time.process_time() - start) / SEEDS)
    each = {id: median(seconds) for id, seconds in taken.items()}
    most = 1 / PER_SECOND
    mean = sum(each.values()) / len(each)
    slow = max(each, key=lambda id: each[id])
    target = f"≥ {PER_SECOND} per second"
    many = f"{len(each)} problems; {1 / mean:,.0f} per second"
    return [
        Row("a variant", mean, median(peer), ADDITIONS, target, mean <= most, note=many),
        Row(f"a variant of {slow}", each[slow], median(peer), ADDITIONS, target, each[slow] <= most,
            note=f"the slowest; {1 / each[slow]:,.0f} per second"),
    ]  # fmt: skip
