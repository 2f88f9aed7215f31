"""A deep stack as a whole process: read, worked out, written as JSON; twice the layers take twice as long."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .processes import MINIMAL, measured
from .rows import Row

LAYERS = (5_000, 10_000)
MOST = 2.0
"""Seconds for the deeper one."""
MOST_GROWTH = 2.2
"""Times the work of the shallower one; twice, and what measuring adds."""


def rows(runs: int) -> list[Row]:
    """The medians of `runs` rounds, in a TOML file and as a line of text; without what starting takes, the growth."""
    with tempfile.TemporaryDirectory() as scratch:
        commands = {"minimal": MINIMAL, "start": ["-m", "dlcalc", "net", "1x1x1; conv 1 f1", "--json"]}
        for count in LAYERS:
            file = Path(scratch) / f"stack-{count}.toml"
            file.write_text(_toml(count), encoding="utf-8")
            commands[f"toml {count}"] = ["-m", "dlcalc", "net", str(file), "--json"]
            commands[f"text {count}"] = ["-m", "dlcalc", "net", _text(count), "--json"]
        seconds = measured(commands, runs)
    found = []
    for form in ("toml", "text"):
        half, whole = (seconds[f"{form} {count}"] for count in LAYERS)
        growth = (whole - seconds["start"]) / (half - seconds["start"])
        name = f"dlcalc net, {LAYERS[1]:,} layers of {form}, --json"
        note = f"{growth:.2f} times the work of {LAYERS[0]:,} layers (at most {MOST_GROWTH:g})"
        met = whole <= MOST and growth <= MOST_GROWTH
        found.append(Row(name, whole, seconds["minimal"], "minimal", f"≤ {MOST:g} s", met, "s", note))
    return found


def _toml(count: int) -> str:
    """A stack that alternates, so that not all layers are alike."""
    layers = (f'[[layer]]\nkind = "conv"\nk = {8 + i % 2}\nf = 3\np = 1\n' for i in range(count))
    return 'input = "28x28x8"\n' + "".join(layers)


def _text(count: int) -> str:
    """Another in a line, short enough to be an argument of a command."""
    return ";".join(["28x28x8", *(f"conv {8 + i % 2} f1" for i in range(count))])
