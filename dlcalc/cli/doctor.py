"""`dlcalc doctor`: versions, which extras are there, threads, whether CUDA and kept kernels are used, and why not."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .. import __version__
from ..api.installation import compiled, report, warm
from .options import with_formats
from .output import Formats
from .progress import progress


@with_formats("json")
def command(
    warm_up: Annotated[
        bool, typer.Option("--warm", help="compile every kernel now, rather than when first used")
    ] = False,
    kernels: Annotated[
        bool, typer.Option("--kernels", help="list every kernel and the types it is compiled for")
    ] = False,
    *,
    formats: Formats,
) -> Any:
    """What this installation can do, and what is missing.

    Example: dlcalc doctor
    """
    if warm_up:
        return _warm(formats)
    if kernels:
        return _list(formats)
    found = {"dlcalc": __version__, **report()}
    if formats.name:
        typer.echo(json.dumps(found, indent=2))
        return 0
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name in ("dlcalc", "python", "platform", "cpu_threads"):
        table.add_row(name.replace("_", " "), str(found[name]))
    for extra, modules in found["extras"].items():
        there = all(version is not None for version in modules.values())
        shown = ", ".join(f"{name} {version or 'missing'}" for name, version in modules.items())
        hint = "" if there else f'  (pip install "dlcalc[{extra}]")'
        table.add_row(Text(f"extra {extra}"), Text(("✓ " if there else "– ") + shown + hint, "" if there else "dim"))
    cuda = found["cuda"]
    table.add_row("CUDA", Text("✓ yes" if cuda["available"] else f"– no: {cuda['reason']}"))
    kept = found["kernel_cache"]
    table.add_row("kernel cache", Text(f"✓ {kept['folder']}" if kept["used"] else f"– not used: {kept['reason']}"))
    table.add_row("profile", found["profile"])
    Console(highlight=False).print(table)
    return 0


def _warm(formats: Formats) -> int:
    """Compiles, and says how much, how long it took, and where it is kept."""
    with progress("compiling kernels") as step:
        found = warm(step)
    if formats.name:
        typer.echo(json.dumps(found, indent=2))
        return 0
    kept = f"kept in {found['folder']}" if found["folder"] else f"for this process alone: {found['reason']}"
    typer.echo(f"{found['compiled']} kernels are ready after {found['seconds']:.1f} s, {kept}")
    return 0


def _list(formats: Formats) -> int:
    """Every kernel by module and name, with the types of its arguments."""
    found = compiled()
    if formats.name:
        typer.echo(json.dumps({"kernels": found}, indent=2))
        return 0
    for each in found:
        typer.echo(f"{each['kernel'].removeprefix('dlcalc.kernels.')}: {each['signature']}")
    typer.echo(f"{len(found)} specialisations of {len({each['kernel'] for each in found})} kernels")
    return 0
