"""The command line: typer parses, `dlcalc.api` computes, rich shows. Nothing is computed here."""

from __future__ import annotations

import os
import sys

from .status import INTERRUPTED

TYPE_CHECKING = False  # importing `typing` or `collections` for a name would leave more time before `main`
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit status: 0 well (or right), 1 an answer is wrong, 2 the question is bad.

    Without arguments it is the whole process: Ctrl-C ends it at any moment with status 130, and says nothing.
    """
    if arguments is not None:
        from .app import run

        return run(list(arguments))
    try:
        from . import interrupt

        interrupt.ends_at_once()
        from .app import run

        with interrupt.raises():
            return run(sys.argv[1:])
    except KeyboardInterrupt:
        os._exit(INTERRUPTED)
