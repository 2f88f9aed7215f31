"""`dlcalc problems`: problem files begun, shown, linted and checked."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .. import api
from ..api.quiz import paper
from .output import Formats, emit


def show(
    problems: Annotated[
        list[str] | None, typer.Argument(help="files, or ids of the bank", metavar="PROBLEM...")
    ] = None,
    seed: Annotated[str, typer.Option("--seed", help="which variant", metavar="SEED")] = "1",
    key: Annotated[bool, typer.Option("--key", "--solutions", help="with answers, reasons and working")] = False,
    json: Annotated[bool, typer.Option("--json", help=Formats.NAMES["json"])] = False,
    latex: Annotated[bool, typer.Option("--latex", help=Formats.NAMES["latex"])] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help=Formats.NAMES["markdown"])] = False,
    html: Annotated[bool, typer.Option("--html", help=Formats.NAMES["html"])] = False,
) -> Any:
    """Show a variant of a problem.

    Example: dlcalc problems show output-size --seed 7 --key
    """
    if not problems:
        raise api.UserError("show needs a problem: a file, or an id of the bank")
    formats = Formats.chosen({"json": json, "latex": latex, "markdown": markdown, "html": html})
    emit(paper(problems, seed, key), formats)
    return 0


commands = {"show": show}
