"""Inverse questions in one process, each beside a plain loop over the same range that knows its formula."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import dlcalc

from .rows import Row

MOST = 0.020
"""Seconds."""
REPEATS = 20


def _strides() -> object:
    return [s for s in range(1, 228) if (227 - 11) // s + 1 == 55]


def _pairs() -> object:
    return [
        (f, p) for f in range(1, 33) for p in range(33) if f <= 32 + 2 * p and p < f and (32 + 2 * p - f) // 2 + 1 == 16
    ]


def _units() -> object:
    return [m for m in range(1, 4097) if 4 * m * (32 + m + 1) == 53200]


def _roots() -> object:
    return [n for n in range(1, 1001) if 2 * n * n + 3 * n == 230]


QUESTIONS: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
    "conv --n 227 --f 11 --o 55": (lambda: dlcalc.conv(n=227, f=11, o=55), _strides),
    "conv --n 32 --o 16 --s 2": (lambda: dlcalc.conv(n=32, o=16, s=2), _pairs),
    "lstm --n 32 --parameters 53200": (lambda: dlcalc.lstm(n=32, parameters=53200), _units),
    'solve "2n^2 + 3n = 230"': (lambda: dlcalc.solve("2n^2 + 3n = 230"), _roots),
}


def rows(runs: int) -> list[Row]:
    """The median of `runs` rounds of REPEATS questions, ours and the loop in turn."""
    found = []
    for name, (ours, loop) in QUESTIONS.items():
        ours()  # compiles the formula
        taken: tuple[list[float], list[float]] = ([], [])
        for _ in range(runs):
            for seconds, question in zip(taken, (ours, loop), strict=True):
                start = time.process_time()
                for _ in range(REPEATS):
                    question()
                seconds.append((time.process_time() - start) / REPEATS)
        answer, plain = median(taken[0]), median(taken[1])
        found.append(Row(name, answer, plain, "a loop that knows the formula", "≤ 20 ms", answer <= MOST))
    return found
