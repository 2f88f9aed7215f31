"""A run while it learns: curves, the gradient of each layer, how fast, how long yet; on standard error, where somebody
watches.
"""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

BARS = "▁▂▃▄▅▆▇█"
WIDEST = 60


def watched(run: Any, quiet: bool = False, title: str = "") -> None:
    """Trains to the end and shows how."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        run.finish()
        return
    screen = _Screen(run, title)
    with Live(screen.view(), console=console, transient=True, refresh_per_second=8) as live:
        for event in run:
            screen.note(event)
            live.update(screen.view())


class _Screen:
    """What is shown."""

    def __init__(self, run: Any, title: str) -> None:
        self.run, self.title = run, title or f"{run.trainer.network.title} · {run.trainer.data.name}"
        self.losses: list[float] = []
        self.accuracies: list[float] = []
        self.layers: list[dict[str, Any]] = []
        self.speed, self.part, self.start = 0.0, 0.0, time.perf_counter()

    def note(self, event: Any) -> None:
        """Takes what an event says."""
        if hasattr(event, "examples_per_second"):
            self.speed = event.examples_per_second
            self.part = event.done / event.of
            if not self.losses or event.epoch == 1:
                self.losses.append(event.loss)
        elif hasattr(event, "accuracy"):
            if event.epoch == 1:
                self.losses.clear()
            self.losses.append(event.loss)
            self.part = 0.0
            if event.accuracy is not None:
                self.accuracies.append(event.accuracy)
            self.layers = self.run.trainer.layers()

    def view(self) -> Group:
        """The curves as bars, and a line for each layer."""
        epochs = self.run.trainer.settings.epochs
        done = len(self.run.trainer.history) + self.part
        past = time.perf_counter() - self.start
        left = past / done * (epochs - done) if done > 0 else 0.0
        lines = [Text(self.title, style="bold"),
                 Text(f"epoch {min(int(done) + 1, epochs)} of {epochs} · {self.speed:,.0f} examples/s · "
                      f"{left:.0f} s left",
                      style="dim")]  # fmt: skip
        if self.losses:
            lines.append(Text(f"loss      {bars(self.losses)} {self.losses[-1]:.4g}"))
        if self.accuracies:
            lines.append(Text(f"accuracy  {bars(self.accuracies)} {100 * self.accuracies[-1]:.2f} %"))
        table = Table.grid(padding=(0, 2))
        for layer in self.layers[:12]:
            dead = f"{layer['dead']:.0%} dead" if layer.get("dead") else ""
            table.add_row(layer["layer"], f"‖∂L/∂w‖ {layer['gradient']:.2e}", f"‖w‖ {layer['weights']:.3g}", dead)
        return Group(*lines, table)


def bars(values: list[float]) -> str:
    """A curve in one line: of many values the mean of neighbours."""
    if len(values) > WIDEST:
        each = len(values) / WIDEST
        parts = [values[int(i * each) : max(int(i * each) + 1, int((i + 1) * each))] for i in range(WIDEST)]
        values = [sum(part) / len(part) for part in parts]
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    return "".join(BARS[min(7, int((value - low) / span * 8))] for value in values)
