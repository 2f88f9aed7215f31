"""A window that slides over the image in the terminal: by keys, at a pace, or as one still picture when piped."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from .reading import decimal

if TYPE_CHECKING:
    from ..api.hand_run import ByHand, Film, Frame, Rows

_PACE = 0.5
_SLOWEST = 60.0
_KEYS = "space or → forward, ← back, q stops"


def play(found: ByHand, delay: str | None, console: Console | None = None) -> int:
    """Plays the film of an operation; status 0. Raises UserError where there is no window, or no such pace."""
    pace = _pace(delay)
    reel = found.film()
    screen = console or Console(highlight=False)
    if not screen.is_terminal:
        screen.print(picture(reel, reel.frames[-1]))
        return 0
    if pace is None and not sys.stdin.isatty():
        pace = _PACE
    try:
        with Live(picture(reel, reel.frames[0]), console=screen, auto_refresh=False) as live:

            def show(frame: Frame) -> None:
                live.update(picture(reel, frame, _KEYS if pace is None else ""), refresh=True)

            if pace is None:
                with _keys() as read:
                    walk(reel, read, show)
            else:
                run_through(reel, pace, show)
    except KeyboardInterrupt:
        pass
    return 0


def _pace(delay: str | None) -> float | None:
    if delay is None:
        return None
    return decimal("--delay", delay, f"a number of seconds from 0 to {_SLOWEST:g}", 0, _SLOWEST)


def run_through(
    reel: Film, pace: float, show: Callable[[Frame], None], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Every frame in turn."""
    for frame in reel.frames:
        show(frame)
        sleep(pace)


def walk(reel: Film, read: Callable[[], str], show: Callable[[Frame], None]) -> None:
    """By keys, forwards and backwards, until q; at both ends it stays."""
    at = 0
    while True:
        show(reel.frames[at])
        key = read()
        if key in ("q", "Q", "\x1b", "\x03", "\x04", ""):
            return
        if key in (" ", "\r", "\n", "right", "down", "l", "j"):
            at = min(at + 1, reel.size - 1)
        elif key in ("left", "up", "\x7f", "\b", "h", "k"):
            at = max(at - 1, 0)


_ARROWS = {"[A": "up", "[B": "down", "[C": "right", "[D": "left", "OA": "up", "OB": "down", "OC": "right", "OD": "left"}


@contextmanager
def _keys() -> Iterator[Callable[[], str]]:
    """A function that waits for a key; the terminal is as it was afterwards."""
    try:
        import termios
        import tty
    except ImportError:  # Windows
        from msvcrt import getwch  # type: ignore[attr-defined]

        yield lambda: _windows_key(getwch)
        return
    stream = sys.stdin.fileno()
    before = termios.tcgetattr(stream)
    try:
        tty.setcbreak(stream)
        yield _reader(stream)
    finally:
        termios.tcsetattr(stream, termios.TCSADRAIN, before)


def _windows_key(read: Callable[[], str]) -> str:
    key = read()
    return {"H": "up", "P": "down", "M": "right", "K": "left"}.get(read(), "?") if key in ("\x00", "\xe0") else key


def keys_in(text: str) -> list[str]:
    """The keys in what has been typed: an arrow is an escape and two letters that come with it."""
    found = []
    while text:
        arrow = _ARROWS.get(text[1:3]) if text.startswith("\x1b") else None
        found.append(arrow or text[0])
        text = text[3 if arrow else 1 :]
    return found


def _reader(stream: int) -> Callable[[], str]:
    waiting: list[str] = []

    def read() -> str:
        if not waiting:
            waiting.extend(keys_in(os.read(stream, 64).decode("utf-8", "replace")) or [""])
        return waiting.pop(0)

    return read


def picture(reel: Film, frame: Frame, help: str = "") -> RenderableType:
    """One place of the window: image, filter, output so far, and the sum under them."""
    image = reel.image if reel.kernels else reel.image[frame.place[0] : frame.place[0] + 1]
    parts: list[RenderableType] = [_matrix(channel, frame.covered, "bold black on cyan") for channel in image]
    if reel.kernels:
        parts += [Text("∗"), *(_matrix(each) for each in reel.kernels[frame.place[0]])]
    done = reel.so_far(frame)[frame.place[0]]
    parts += [Text("→"), _matrix(done, frozenset({frame.place[1:]}), "bold black on green")]
    line = Text.assemble(
        (frame.label, "bold"), f" = {frame.working}" if frame.working else "", " = ", (frame.value, "bold")
    )
    count = Text(f"{frame.done} of {reel.size}{'; ' + help if help else ''}", "dim")
    return Group(Columns(parts, padding=(0, 2)), Text(), line, count)


def _matrix(rows: Rows, marked: frozenset[tuple[int, int]] = frozenset(), style: str = "") -> Table:
    """A matrix without lines; what is marked has a colour, and brackets for those who see none."""
    grid = Table.grid(padding=0)
    for _ in rows[0]:
        grid.add_column(justify="right")
    for i, row in enumerate(rows):
        grid.add_row(*(Text(f"[{cell}]" if (i, j) in marked else f" {cell} ", style if (i, j) in marked else "")
                       for j, cell in enumerate(row)))  # fmt: skip
    return grid
