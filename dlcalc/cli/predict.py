"""`dlcalc predict`: what a trained network says of examples."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .options import with_formats
from .output import Formats, emit
from .reading import number


@with_formats()
def command(
    checkpoint: Annotated[str, typer.Argument(help="what `train --save` wrote", metavar="FILE")],
    data: Annotated[str | None, typer.Option("--data", help="other data than it was trained on")] = None,
    count: Annotated[str, typer.Option("--n", help="number of test examples to show", metavar="N")] = "10",
    *,
    formats: Formats,
) -> Any:
    """What a trained network says of the test's examples, with how sure it is, and how many are right.

    Example: dlcalc predict digits.safetensors --n 5
    """
    from ..api.training import predict

    emit(predict(checkpoint, data, number("--n", count)), formats)
    return 0
