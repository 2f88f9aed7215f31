"""The command line: typer parses, `dlcalc.api` computes, rich shows. Nothing is computed here."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit status: 0 well (or right), 1 an answer is wrong, 2 the question is bad."""
    from .app import run

    return run(list(sys.argv[1:] if arguments is None else arguments))
