"""Ctrl-C: while the program starts and ends it ends at once; while a command runs, what it holds is put in order."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .status import INTERRUPTED


def _end(*_: object, leave: Callable[[int], None] = os._exit) -> None:
    leave(INTERRUPTED)


def ends_at_once() -> None:
    """From now on Ctrl-C ends the process: nothing has begun, so there is nothing to put in order.

    Ends it too where a callback of Python's own (an import's, the garbage collector's) would swallow the interrupt.
    """
    signal.signal(signal.SIGINT, _end)
    report = sys.unraisablehook

    def hook(event: Any) -> None:
        if issubclass(event.exc_type, KeyboardInterrupt):
            _end()
        report(event)

    sys.unraisablehook = hook


@contextmanager
def raises() -> Iterator[None]:
    """Within, Ctrl-C is a KeyboardInterrupt, so that half-written files go and the terminal becomes what it was."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
    finally:
        signal.signal(signal.SIGINT, _end)
