"""Where a result goes: the rich view, or a format as text to paste."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

from ..api.results import Judgement, Result
from ..errors import UserError
from ..export import registry


@dataclass(frozen=True)
class Formats:
    """The one format asked for, "" for the view on the terminal."""

    NAMES: ClassVar[dict[str, str]] = registry.TO_PASTE
    PROGRAMS: ClassVar[dict[str, str]] = NAMES | registry.PROGRAMS
    """Those of a command whose result is an expression."""

    name: str

    @staticmethod
    def chosen(options: Mapping[str, Any]) -> Formats:
        """Raises UserError when two formats are asked for."""
        on = [name for name in Formats.PROGRAMS if options.get(name)]
        if len(on) > 1:
            raise UserError(f"one format at a time: --{on[0]} or --{on[1]}")
        return Formats(on[0] if on else "")


def emit(result: Result, formats: Formats) -> None:
    """Writes a result to standard output."""
    if formats.name == "json":
        escaped = (sys.stdout.encoding or "utf-8").replace("-", "").lower() != "utf8"
        for piece in result.json_pieces(escaped):
            sys.stdout.write(piece)
        text = "\n"
    elif formats.name in registry.PROGRAMS:
        text = result.program(formats.name)
    elif formats.name == "html" and _goes_into_a_file():
        page = registry.writer("html", as_file=True)(result.document())  # which a browser opens
        text = page if isinstance(page, str) else page.decode()
    elif formats.name:
        text = registry.text(formats.name, result.document())
    else:
        from .view import show

        show(result.document())
        return
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def _goes_into_a_file() -> bool:
    """Whether standard output was sent into a file: dlcalc conv --html > conv.html."""
    with suppress(OSError, ValueError):
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    return False


STATUSES = {"right": 0, "convention": 0, "follows": 0, "wrong": 1, "rounded": 1}
"""Status of a judged answer → exit status; 2 for any other: the answer is not understood."""


def emit_judged(result: Judgement, formats: Formats) -> int:
    """Writes a judged answer and gives the exit status; what is not understood is said on standard error."""
    status = STATUSES.get(result.status, 2)
    if status == 2:
        sys.stderr.write(f"dlcalc: {result.reason or 'an answer is expected, but there is nothing'}\n")
        if formats.name != "json":
            return status
    emit(result, formats)
    return status
