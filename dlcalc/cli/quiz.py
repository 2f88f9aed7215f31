"""`dlcalc quiz`: practice sets and exams made, and a practice set taken in the terminal."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from .. import api
from ..api.quiz import Paper, exam_in, make_exam, practice
from ..api.quiz import topics as topics_of_bank
from ..errors import printable
from ..export import registry
from . import completion
from .options import with_formats
from .output import Formats, emit
from .practice_session import take as take_paper
from .reading import number

_FORMATS = f"terminal, {', '.join(registry.formats())}; of a practice set html is a page that marks itself"

_Topic = Annotated[
    str,
    typer.Option("--topic", help="a topic of the bank, or all", metavar="TOPIC", autocompletion=completion.topic),
]


@with_formats("json")
def make(
    exam: Annotated[
        str | None, typer.Argument(help="an exam file; without one, a practice set", metavar="EXAM")
    ] = None,
    topic: _Topic = "all",
    count: Annotated[str, typer.Option("--count", help="how many problems", metavar="N")] = "5",
    seed: Annotated[str, typer.Option("--seed", help="the same seed makes the same problems", metavar="SEED")] = "1",
    level: Annotated[str, typer.Option("--level", help="easy, medium or hard", metavar="LEVEL")] = "",
    solutions: Annotated[bool, typer.Option("--solutions", "--key", help="with answers, reasons and working")] = False,
    format: Annotated[
        list[str] | None, typer.Option("--format", help=_FORMATS + "; may be repeated", metavar="FORMAT")
    ] = None,
    out: Annotated[str, typer.Option("--out", help="the file, or for an exam the folder", metavar="PATH")] = "",
    students: Annotated[str, typer.Option("--students", help="the roster, a CSV with id and name", metavar="CSV")] = "",
    secret: Annotated[str, typer.Option("--secret", help="the file of the exam's secret", metavar="FILE")] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="replace another exam, or files that were changed")
    ] = False,
    date: Annotated[str, typer.Option("--date", help="the date on the sheets: 2026-11-21", metavar="DATE")] = "",
    *,
    formats: Formats,
) -> Any:
    """Make a practice set, or from an exam file and a roster everybody's own exam.

    Example: dlcalc quiz make --topic convolution --count 5 --seed 7
    """
    wanted = list(dict.fromkeys([*(format or ()), *([formats.name] if formats.name else [])]))
    if exam is not None:
        return _exam(exam, students, out, secret, wanted, solutions, date, replace)
    for option, given in (
        (f"--students {students}", students), (f"--secret {secret}", secret), ("--replace", replace)
    ):  # fmt: skip
        if given:
            raise api.UserError(f"{option.split()[0]} belongs to an exam: dlcalc quiz make EXAM.toml {option}")
    paper = practice(topic, number("--count", count), seed, level, solutions, date)
    return _paper(paper, wanted, out)


def _paper(paper: Paper, formats: list[str], out: str) -> int:
    if len(formats) > 1:
        raise api.UserError(f"a practice set is made in one format at a time, not {' and '.join(formats)}")
    name = formats[0] if formats else "terminal"
    if name == "terminal":
        if out:
            raise api.UserError("--out needs a --format, such as pdf or markdown")
        emit(paper, Formats(""))
        return 0
    if out:
        paper.save(out, name)
        return 0
    content = paper.write(name)
    if isinstance(content, bytes):
        if sys.stdout.isatty():
            raise api.UserError(f"{name} is not text; name a file with --out")
        sys.stdout.buffer.write(content)
    else:
        sys.stdout.write(content if content.endswith("\n") else content + "\n")
    return 0


def _exam(
    exam: str, students: str, out: str, secret: str, formats: list[str], keys: bool, date: str, replace: bool
) -> int:
    if not students:
        raise api.UserError("an exam is made for students: --students roster.csv")
    if not out:
        raise api.UserError("an exam is written into a folder: --out FOLDER")
    from .progress import progress

    made, (id, title) = 0, exam_in(out)
    with progress("making the exam") as step:
        for _, total in make_exam(exam, students, out, secret, formats or ["markdown"], keys, date, replace):
            made = total
            step(total)
    sheets, folder = f"{made} sheet{'s' if made != 1 else ''}", printable(out)
    typer.echo(f"{folder}: {sheets}, blank answer sheets, manifest.json{', keys in private' if keys else ''}")
    if title and exam_in(out)[0] == id and exam_in(out)[1] != title:
        rule = "the exam that was made here has another title now, and the same numbers and codes"
        typer.echo(f"{folder}: {rule}; make a resit in its own folder")
    if not secret:
        path = printable(f"{out}/private/secret.key")
        typer.echo(f"{path} is the secret: keep it and do not share it; marking needs it")
    return 0


def take(
    topic: _Topic = "all",
    count: Annotated[str, typer.Option("--count", help="how many problems", metavar="N")] = "5",
    seed: Annotated[str, typer.Option("--seed", help="the same seed asks the same problems", metavar="SEED")] = "",
    level: Annotated[str, typer.Option("--level", help="easy, medium or hard", metavar="LEVEL")] = "",
) -> Any:
    """Answer problems in the terminal: each answer is judged, a wrong one with the mistake named.

    Example: dlcalc quiz take --topic gated --count 3
    """
    import secrets

    paper = practice(topic, number("--count", count), seed or secrets.token_hex(4), level)
    return take_paper(paper)


def topics() -> Any:
    """The topics of the bank, with how many problems each has.

    Example: dlcalc quiz topics
    """
    for topic, problems in topics_of_bank().items():
        typer.echo(f"{topic:20} {problems}")
    return 0


commands = {"make": make, "take": take, "topics": topics}
