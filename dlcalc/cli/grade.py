"""`dlcalc grade`: the hand-ins of an exam marked."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .. import api
from ..api.grading import Chosen, grade, marker_tested
from .options import with_formats
from .output import Formats, emit
from .progress import progress
from .reading import number
from .status import PEOPLE_NEEDED, WELL


@with_formats("json", "markdown", "html")
def command(
    manifest: Annotated[str | None, typer.Argument(help="manifest.json of the exam", metavar="MANIFEST")] = None,
    answers: Annotated[
        list[str] | None,
        typer.Argument(
            help="hand-ins, a file for each student; folders or .zip archives of them", metavar="ANSWERS..."
        ),
    ] = None,
    class_file: Annotated[
        list[str] | None,
        typer.Option("--class-file", help="a table with a row for each student; may be repeated", metavar="FILE"),
    ] = None,
    newest: Annotated[
        bool, typer.Option("--newest", help="of several hand-ins of a student the newest counts")
    ] = False,
    first: Annotated[bool, typer.Option("--first", help="of several hand-ins of a student the first counts")] = False,
    secret: Annotated[str, typer.Option("--secret", help="the file of the exam's secret", metavar="FILE")] = "",
    out: Annotated[
        str,
        typer.Option(
            "--out", help="a folder for gradebook.csv, to-look-at.csv and everybody's feedback", metavar="FOLDER"
        ),
    ] = "",
    replace: Annotated[bool, typer.Option("--replace", help="replace files that were changed in that folder")] = False,
    feedback: Annotated[
        list[str] | None,
        typer.Option(
            "--feedback",
            help="format of the feedback: markdown, html, ...; may be repeated",
            metavar="FORMAT",
        ),
    ] = None,
    self_test: Annotated[
        bool, typer.Option("--self-test", help="mark made-up hand-ins of an EXAM file (or all): is the marker right?")
    ] = False,
    seeds: Annotated[str, typer.Option("--seeds", help="variants of each problem in a self-test", metavar="N")] = "5",
    *,
    formats: Formats,
) -> Any:
    """Mark the hand-ins of an exam: right, following through, or wrong with the mistake named. Ends with 4 when
    somebody has to decide: to-look-at.csv lists what, and the marks filled in there count from the next marking on.

    Example: dlcalc grade exam/manifest.json hand-ins --secret exam/secret.key --out marks
    """
    if self_test:
        if manifest is None or answers:
            raise api.UserError("--self-test needs one exam file, or all: dlcalc grade --self-test EXAM.toml")
        with progress("testing") as step:
            tested = marker_tested(manifest, number("--seeds", seeds), step)
        emit(tested, formats)
        return 0 if tested.passed else 1
    if manifest is None or not (answers or class_file):
        raise api.UserError("grade needs the exam's manifest and the hand-ins: dlcalc grade MANIFEST ANSWERS...")
    if newest and first:
        raise api.UserError("one hand-in of a student counts: --newest or --first")
    if not secret:
        raise api.UserError("marking needs the exam's secret: --secret FILE")
    with progress("marking") as step:
        chosen: Chosen = "newest" if newest else "first" if first else ""
        graded = grade(manifest, secret, answers or (), step, class_file or (), chosen, out)
        if out:
            graded.write(out, feedback or ["markdown"], replace)
        waiting = graded.waiting
    emit(graded, formats)
    return PEOPLE_NEEDED if waiting else WELL
