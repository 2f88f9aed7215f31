"""`dlcalc schema`: the JSON schema of what a command prints with --json."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..api.schema import schema
from .completion import schemas
from .output import Formats, emit


def command(
    words: Annotated[
        list[str] | None,
        typer.Argument(help="such as lstm, or run conv", metavar="COMMAND...", autocompletion=schemas),
    ] = None,
) -> Any:
    """The JSON schema of what a command prints with --json: its keys, what they mean and which are always there.

    Example: dlcalc schema lstm
    """
    emit(schema(" ".join(words or ())), Formats("json"))
    return 0
