"""`dlcalc problems`: problem files begun, shown, linted and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .. import api
from ..api.quiz import paper
from ..errors import printable
from . import completion
from .options import with_formats
from .output import Formats, emit
from .reading import number

_Files = Annotated[
    list[str] | None,
    typer.Argument(
        help="files, folders or ids; without any, the whole bank", metavar="FILE...", autocompletion=completion.problem
    ),
]


@with_formats()
def show(
    problems: Annotated[
        list[str] | None,
        typer.Argument(help="files, or ids of the bank", metavar="PROBLEM...", autocompletion=completion.problem),
    ] = None,
    seed: Annotated[str, typer.Option("--seed", help="which variant", metavar="SEED")] = "1",
    key: Annotated[bool, typer.Option("--key", "--solutions", help="with answers, reasons and working")] = False,
    *,
    formats: Formats,
) -> Any:
    """Show a variant of a problem.

    Example: dlcalc problems show output-size --seed 7 --key
    """
    if not problems:
        raise api.UserError("show needs a problem: a file, or an id of the bank")
    emit(paper(problems, seed, key), formats)
    return 0


def new(
    name: Annotated[str | None, typer.Argument(help="the id: small letters, digits, hyphens", metavar="NAME")] = None,
    out: Annotated[str, typer.Option("--out", help="the file; without it NAME.md", metavar="FILE")] = "",
) -> Any:
    """Begin a problem: a file with remarks, which works as it is.

    Example: dlcalc problems new two-convolutions --out problems/convolution/two-convolutions.md
    """
    from ..api import problems

    if name is None:
        raise api.UserError("new needs the id of the problem: dlcalc problems new NAME")
    if name.endswith(".md") and not out:  # the file was given
        name, out = Path(name).stem, name
    path = printable(str(problems.new(name, out)))
    typer.echo(f"{path} is written; look at it with:\n    dlcalc problems show {path} --key")
    return 0


@with_formats("json")
def lint(
    files: _Files = None,
    *,
    formats: Formats,
) -> Any:
    """Read problem files, draw variants, and tell what is wrong or odd. Ends with 2 for errors, with 0 for warnings.

    Example: dlcalc problems lint mine.md
    """
    from ..api import problems

    found = problems.lint(files or ())
    emit(found, formats)
    return found.status


@with_formats("json")
def check(
    files: _Files = None,
    seeds: Annotated[str, typer.Option("--seeds", help="variants of each problem", metavar="N")] = "200",
    *,
    formats: Formats,
) -> Any:
    """Put problems under stress: every right answer counted a second time and marked, collisions, patterns, tests.

    Ends with 1 when something is wrong.

    Example: dlcalc problems check --seeds 200
    """
    from ..api import problems
    from .progress import progress

    with progress("checking") as step:
        found = problems.check(files or (), number("--seeds", seeds), step)
    emit(found, formats)
    return 0 if found.correct else 1


commands = {"new": new, "lint": lint, "show": show, "check": check}
