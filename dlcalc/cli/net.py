"""`dlcalc net`: the table of a network, of the zoo or of the user's own."""

from __future__ import annotations

import sys
from shutil import get_terminal_size
from typing import Annotated, Any

import typer

from .. import api
from ..api.networks import (
    ANSWERS,
    COUNTINGS,
    Comparison,
    LayerList,
    NetworkList,
    NetworkTable,
    blank_table,
    check_table,
    compare,
    net,
    read_network,
    titles,
)
from ..errors import printable
from . import completion
from .options import Profile, with_formats
from .output import Formats, emit, emit_judged

WIDE = 100
"""Columns of the terminal from which weights and biases are shown too."""

HELP = """

A line of text is the input and its layers: "32x32x3; conv 16 f3 p1 relu; pool 2; dense 10", "28x28 seq; lstm 64;
dense 10", or as in Keras and PyTorch: "28x28x1; Conv2D(32, 3, padding='same'); Flatten(); Dense(10)". A layer is its
kind, one number and settings (f3, stride=2, same). 3x(conv 8 f3; relu) repeats, a: conv 8 f3 names a layer that add a
or concat a reads, residual(conv 8 f3 p1) adds its input. `dlcalc net layers` lists the kinds.

MACs are the products of convolutions, dense, recurrent and attention layers and other products of tensors: of one
input, at every step and position, in both directions, and of shared weights at every use. Not counted are
biases, normalisation, activations, pooling, resizing and embedding.
"""
"""What `net --help` says besides its options: the line of text, and what is counted."""

CODES = ("pytorch", "keras", "text", "toml")
"""What --code writes."""

LARGEST = 1 << 20
"""Bytes of a handed-in table that are read; one more is refused by the reader."""


@with_formats(*Formats.PROGRAMS)
def command(
    source: Annotated[
        str | None,
        typer.Argument(
            help="a name (`net list`), a file, or a line of text (`net layers`)",
            metavar="NETWORK",
            autocompletion=completion.network_of_table,
        ),
    ] = None,
    input: Annotated[str | None, typer.Option("--input", help="another input: 224x224x3", metavar="SHAPE")] = None,
    classes: Annotated[
        str | None,
        typer.Option("--classes", help="another number of classes: units of the last layer", metavar="NUMBER"),
    ] = None,
    explain: Annotated[str | None, typer.Option("--explain", help="the working of one layer", metavar="LAYER")] = None,
    ask: Annotated[
        str | None,
        typer.Option(
            "--ask",
            help=f"one answer alone: {', '.join(ANSWERS)}",
            metavar="NAME",
            autocompletion=completion.one_of(ANSWERS),
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option("--compare", help="another network beside it", metavar="NETWORK")
    ] = None,
    freeze: Annotated[
        str | None, typer.Option("--freeze", help="layers that are not trained: conv*", metavar="NAMES")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="write repeated blocks out")] = False,
    convention: Annotated[
        str | None, typer.Option("--convention", help=f"how to count: {', '.join(COUNTINGS)}", metavar="NAME")
    ] = None,
    profile: Profile = None,
    blank: Annotated[bool, typer.Option("--blank", help="the table as an exercise to fill in (CSV)")] = False,
    check: Annotated[
        str | None,
        typer.Option("--check", help="mark a filled-in table: a file, or - for what is pasted", metavar="FILE"),
    ] = None,
    columns: Annotated[
        str | None, typer.Option("--columns", help="the columns that are asked: output,parameters", metavar="NAMES")
    ] = None,
    headings: Annotated[
        str, typer.Option("--headings", help="of the exercise: tensor or activation", metavar="KIND")
    ] = "tensor",
    show: Annotated[bool, typer.Option("--show", help="show the right values too")] = False,
    run: Annotated[bool, typer.Option("--run", help="run the network forward with its real parameters")] = False,
    svg: Annotated[
        str | None, typer.Option("--svg", help="draw the network into a file, or - for standard output", metavar="FILE")
    ] = None,
    code: Annotated[
        str | None, typer.Option("--code", help=f"the network as {', '.join(CODES)}", metavar="FORM")
    ] = None,
    blank_code: Annotated[
        bool, typer.Option("--blank-code", help="the code as an exercise, with its numbers blank")
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="comma-separated values")] = False,
    *,
    formats: Formats,
) -> Any:
    """The table of a network: shapes, parameters, MACs and receptive field of every layer, and the totals.

    Example: dlcalc net alexnet
    Example: dlcalc net "28x28x1; conv 6 f5 same; pool 2; dense 10" --explain conv-1
    Example: dlcalc net "28x28x1; conv 10 f3 same; dense 2" --ask parameters
    Example: dlcalc net alexnet --blank --csv
    Example: dlcalc net alexnet --check filled-in.csv
    Example: dlcalc net "10x512 seq; residual(attention 8 nobias); residual(dense 2048 relu; dense 512)"
    """
    if source is None:
        raise api.UserError('net needs a network: a name (dlcalc net list), a file, or "32x32x3; conv 8 f3; dense 10"')
    if source == "list":
        return _list(formats)
    if source == "layers":
        emit(LayerList(), formats)
        return 0
    asked = [name.strip() for name in (columns or "").split(",") if name.strip()]
    common: dict[str, Any] = {"input": input, "convention": convention, "profile": profile}
    network: Any = source
    other: Any = against
    if classes is not None:
        if run:
            raise api.UserError("--run runs the network with the parameters of its file; leave --classes out")
        from .reading import number

        units = number("--classes", classes)
        network = read_network(source, None, units)
        other = other and read_network(other, None, units)
    if code is not None or blank_code:
        options = {
            "blank": blank, "check": check, "columns": columns, "explain": explain, "compare": against,
            "freeze": freeze, "all": every, "convention": convention, "profile": profile, "show": show, "svg": svg,
            "csv": csv, formats.name: formats.name,
        }  # fmt: skip
        return _code(network, code, blank_code, input, [name for name, value in options.items() if value])
    if run:
        return _run(source, input, formats)
    if blank:
        typer.echo(blank_table(network, columns=asked, headings=headings, **common), nl=False)
        return 0
    if check is not None:
        marked = check_table(network, _handed_in(check), columns=asked, show=show, **common)
        return emit_judged(marked, formats)
    if explain is not None:
        return _explain(network, explain, input, convention, profile, formats)
    if ask is not None:
        if against is not None or csv or svg is not None:
            raise api.UserError("--ask is one answer; leave --compare, --csv and --svg out")
        emit(net(network, **common).only(ask), formats)
        return 0
    if svg is not None:
        if against is not None or csv or formats.name:
            raise api.UserError("--svg draws one network; leave --compare, --csv and the other formats out")
        return _svg(net(network, every=every, **common), svg)
    found: NetworkTable | Comparison
    if against is not None:
        found = compare([network, other], convention, profile)
    else:
        found = net(network, input=input, convention=convention, profile=profile, freeze=freeze or (), every=every)
    if isinstance(found, NetworkTable) and not formats.name and get_terminal_size().columns < WIDE:
        found.narrow()
    if csv:
        _csv(found)
    else:
        emit(found, formats)
    return 0


def _run(source: str, input: str | None, formats: Formats) -> int:
    """Runs the network on its real parameters, with a progress bar."""
    from ..api.running import run_network
    from .progress import progress

    with progress("layers") as step:
        found = run_network(source, input, on_start=step)
    emit(found, formats)
    return 0


def _handed_in(name: str) -> bytes:
    """What a student handed in: a file, or standard input for -. Raises UserError when it cannot be read."""
    try:
        if name == "-":
            return sys.stdin.buffer.read(LARGEST + 1)
        with open(name, "rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file has such a name"
        raise api.UserError(f"{printable(name)} cannot be read: {reason}") from None


def _svg(found: NetworkTable, name: str) -> int:
    """Draws into a file, whole or not at all, or to standard output. UserError when the file cannot be written."""
    if name == "-":
        # Where the terminal cannot write a character, XML can.
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(found.svg().encode(encoding, "xmlcharrefreplace").decode(encoding))
        return 0
    found.draw(name)
    return 0


def _code(source: Any, form: str | None, blank: bool, input: str | None, others: list[str]) -> int:
    """The network as a program, plainly. UserError with an option that has no meaning for one."""
    option = "--code" if form is not None else "--blank-code"
    if others:
        raise api.UserError(f"{option} prints the network and no table; leave --{others[0]} out")
    written = api.code(source, form or "pytorch", blank, input=input)
    sys.stdout.write(written if written.endswith("\n") else f"{written}\n")
    return 0


def _list(formats: Formats) -> int:
    if formats.name:
        emit(NetworkList(), formats)
        return 0
    for name, title in titles().items():
        typer.echo(f"{name:20} {title}")
    return 0


def _explain(
    source: Any, layer: str, input: str | None, convention: str | None, profile: str | None, formats: Formats
) -> int:
    emit(net(source, input=input, convention=convention, profile=profile).explained(layer), formats)
    return 0


def _csv(found: NetworkTable | Comparison) -> None:
    import csv as csv_module

    writer = csv_module.writer(sys.stdout, lineterminator="\n")
    if isinstance(found, Comparison):
        raise api.UserError("--csv writes one network; leave --compare out")
    names = ["name", "kind", "output", "weights", "biases", "parameters", "macs", "memory", "receptive_field"]
    writer.writerow(names)
    for layer in found.to_dict()["layers"]:
        writer.writerow([_plain(layer[name]) for name in names])


def _plain(value: object) -> object:
    return "x".join(map(str, value)) if isinstance(value, list) else "" if value is None else value
