"""A progress bar on standard error, where somebody watches; nothing elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress(what: str) -> Iterator[Callable[[int], None]]:
    """A function that is called after each thing that is done, with how many there are in all."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda total: None
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    # Without a thread of its own, beside which work could not be shared among processes.
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as bar:
        task = bar.add_task(what, total=None)
        shown = 0.0

        def step(total: int) -> None:
            nonlocal shown
            bar.update(task, total=total, advance=1)
            if monotonic() - shown > 0.1:
                bar.refresh()
                shown = monotonic()

        yield step
