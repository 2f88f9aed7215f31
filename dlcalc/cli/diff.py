"""`dlcalc diff`: a derivative with its rules by name."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..api.differentiating import diff
from ..api.judged_derivative import JudgedDerivative
from .options import with_formats
from .output import Formats, emit, emit_judged


@with_formats(*Formats.PROGRAMS)
def command(
    expression: Annotated[str, typer.Argument(help='such as "sigmoid(w x + b)"', metavar="EXPRESSION")],
    wrt: Annotated[
        str, typer.Option("--wrt", help="the letter to differentiate by; x,x for a second derivative", metavar="LETTER")
    ] = "",
    at: Annotated[
        list[str] | None, typer.Option("--at", help='values for letters: "w=0.5 x=2"', metavar="VALUES")
    ] = None,
    scalars: Annotated[str, typer.Option("--scalars", help="letters that are numbers: c,d", metavar="LETTERS")] = "",
    vectors: Annotated[str, typer.Option("--vectors", help="letters that are vectors", metavar="LETTERS")] = "",
    matrices: Annotated[str, typer.Option("--matrices", help="letters that are matrices", metavar="LETTERS")] = "",
    answer: Annotated[str, typer.Option("--answer", help="a derivative to judge", metavar="EXPRESSION")] = "",
    show: Annotated[bool, typer.Option("--show", help="show the right derivative beside a judged one")] = False,
    *,
    formats: Formats,
) -> Any:
    """Derive an expression by a letter, rule by rule, and check the result in numbers; or judge an answer.

    With a transposed letter, norm, tr or softmax it has vectors and matrices, and so is the result.

    Example: dlcalc diff "sigmoid(w x + b)" --wrt w
    Example: dlcalc diff "x^T A x" --wrt x
    Example: dlcalc diff "ln(det(X))" --wrt X
    Example: dlcalc diff "w tanh(w)" --answer "1 - tanh(w)^2"
    """
    found = diff(expression, wrt, at or (), answer, show, scalars=scalars, vectors=vectors, matrices=matrices)
    if isinstance(found, JudgedDerivative):
        return emit_judged(found, formats)
    emit(found, formats)
    return 0
