"""Gradients through time: the recursion beside sympy's derivative of the unrolled loss, long sequences, the command."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from dlcalc import gradients
from dlcalc.expressions import printing

from .processes import MINIMAL, measured
from .rows import ADDITIONS, Row, additions

LONG = 1000
MOST_LONG = 1.0
"""Seconds for a sequence of LONG steps: derivation, numbers, and the check by differences."""
MOST_SHORT = 0.020
"""Seconds for a formula."""
MOST_COMMAND = 0.4
"""Seconds for a whole process of up to eight steps."""
STEPS = (1, 2, 4, 6, 8)
"""Where sympy is still answered within a second."""
COMMANDS = {
    "dlcalc bptt (general)": ["bptt"],
    "dlcalc bptt --steps 8 --form paths": ["bptt", "--steps", "8", "--form", "paths"],
    "dlcalc bptt --cell lstm --form delta": ["bptt", "--cell", "lstm", "--form", "delta"],
    "dlcalc bptt --steps 8 --form numeric": ["bptt", "--steps", "8", "--form", "numeric"],
}


def rows(runs: int) -> list[Row]:
    """Medians of `runs` rounds."""
    return [*_beside_sympy(runs), *_long(runs), *_commands(runs)]


def derived(steps: int) -> int:
    """∂L/∂W of a simple RNN by the recursion and as LaTeX; how many characters that takes."""
    found = gradients.Derivation(gradients.network("rnn", "linear"), "W", "delta", steps)
    return sum(len(printing.latex(line.left) + printing.latex(line.right)) for line in found.lines)


def naive(steps: int) -> int:
    """The same of one unit by sympy: the loss unrolled, derived by w and written as LaTeX."""
    import sympy

    u, w, b, v = sympy.symbols("u w b v")
    x, y = (sympy.symbols(f"{letter}1:{steps + 1}") for letter in "xy")
    h: Any = sympy.Symbol("h0")
    loss: Any = 0
    for t in range(steps):
        h = sympy.tanh(u * x[t] + w * h + b)
        loss += (v * h - y[t]) ** 2 / 2
    return len(sympy.latex(loss.diff(w)))


def _beside_sympy(runs: int) -> list[Row]:
    found = []
    naive(1)  # imports sympy
    for steps in STEPS:
        (ours, length), (theirs, long) = (_timed(work, steps, runs) for work in (derived, naive))
        note = f"{length:,} characters of LaTeX, sympy {long:,}"
        name = f"∂L/∂W of a simple RNN, T = {steps}"
        found.append(Row(name, ours, theirs, "sympy, naive diff of one unit", "≤ 20 ms", ours <= MOST_SHORT, note=note))
    return found


def _timed(work: Callable[[int], int], steps: int, runs: int) -> tuple[float, int]:
    """The median seconds, and what `work` returns."""
    taken, result = [], 0
    for _ in range(runs):
        start = time.process_time()
        result = work(steps)
        taken.append(time.process_time() - start)
    return median(taken), result


def _long(runs: int) -> list[Row]:
    found = []
    for cell in ("rnn", "lstm", "gru"):
        seconds, peer = [], []
        for _ in range(runs):
            peer.append(additions())
            start = time.process_time()
            apart = checked(cell, LONG)
            seconds.append(time.process_time() - start)
        ours = median(seconds)
        note = f"differs from the difference quotient by {apart:.0e} of it"
        name = f"{cell}, T = {LONG}: derived, run, checked"
        found.append(Row(name, ours, median(peer), ADDITIONS, "≤ 1 s", ours <= MOST_LONG, note=note))
    return found


def checked(cell: str, steps: int) -> float:
    """All gradients of a cell by the recursion: their relative difference from the slope of the loss along one way."""
    network = gradients.network(cell)
    numbers = gradients.Numbers(network, gradients.random_values(network, steps))
    found = numbers.by_delta()
    direction = {name: numbers.values[name] for name in network.by_name}
    slope = sum(gradients.dot(found[name], way) for name, way in direction.items())
    return abs(numbers.along(direction) - slope) / abs(slope)


def _commands(runs: int) -> list[Row]:
    commands = {name: ["-m", "dlcalc", *arguments] for name, arguments in COMMANDS.items()}
    seconds = measured({**commands, "minimal": MINIMAL}, runs)
    return [
        Row(name, seconds[name], seconds["minimal"], "minimal", "≤ 400 ms", seconds[name] <= MOST_COMMAND)
        for name in COMMANDS
    ]
