"""`dlcalc find`: from some words to the command."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..api.finding import find
from .commands import searched
from .options import with_formats
from .output import Formats, emit


@with_formats()
def command(
    words: Annotated[list[str] | None, typer.Argument(help='such as "bidirectional gru"', metavar="WORDS...")] = None,
    *,
    formats: Formats,
) -> Any:
    """Search the commands, what can be asked, layers, networks and problems.

    Example: dlcalc find "bidirectional gru"
    """
    emit(find(" ".join(words or ()), searched()), formats)
    return 0
