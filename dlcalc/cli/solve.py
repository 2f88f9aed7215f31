"""`dlcalc solve`: an equation of the user's own, in whole numbers."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .. import api
from .options import with_formats
from .output import Formats, emit


@with_formats(*Formats.PROGRAMS)
def command(
    equations: Annotated[
        list[str] | None, typer.Argument(help='such as "2n^2 + 3n = 230"', metavar="EQUATION...")
    ] = None,
    range: Annotated[
        list[str] | None, typer.Option("--range", help="where to look: n=1..1000; may be repeated", metavar="RANGE")
    ] = None,
    find: Annotated[
        str, typer.Option("--find", help="solve in letters for p, or for x,y of two equations", metavar="LETTERS")
    ] = "",
    *,
    formats: Formats,
) -> Any:
    """Solve your own equation in whole numbers, in stated ranges (1..1000 unless given); --find: for a letter.

    Example: dlcalc solve "2n^2 + 3n = 230" --range n=1..1000
    Example: dlcalc solve "o = (n - f)/s + 1" --find n
    """
    if not equations:
        raise api.UserError('solve needs an equation, such as dlcalc solve "2n^2 + 3n = 230" --range n=1..1000')
    emit(api.solve(list(equations), range or (), find), formats)
    return 0
