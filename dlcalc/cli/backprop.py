"""`dlcalc backprop`: backpropagation through a small feed-forward network as formulas."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..api.feedforward_gradients import FORMS, KERNELS, LOSSES, MOST_PATHS, backprop
from ..api.results import JudgedAnswer
from . import completion
from .bptt import _JUDGED, _option
from .options import Profile, with_formats
from .output import Formats, emit, emit_judged
from .reading import number

_NETWORK = "The network"
_ASKED = "What is asked"
_NUMBERS = "With numbers"


@with_formats(*Formats.PROGRAMS)
def command(
    network: Annotated[
        str,
        typer.Argument(
            help='a line of text, "2; dense 2 sigmoid; dense 1 sigmoid", a name of the zoo, or a file',
            autocompletion=completion.network,
        ),
    ],
    loss: Annotated[
        str | None,
        _option("--loss", f"{', '.join(LOSSES)} (default: what fits the output)", _NETWORK),
    ] = None,
    wrt: Annotated[
        str | None, _option("--wrt", "W1, b1, x, or one number: W1[1,2] (default: all; for paths the first)", _ASKED)
    ] = None,
    form: Annotated[str, _option("--form", f"{', '.join(FORMS)} (default delta)", _ASKED)] = "delta",
    layout: Annotated[
        str | None, _option("--layout", "of dense layers: column, row, pytorch (default column)", _ASKED)
    ] = None,
    most: Annotated[
        str, _option("--max-paths", f"paths that are listed (default {MOST_PATHS})", _ASKED, "NUMBER")
    ] = str(MOST_PATHS),
    x: Annotated[str | None, _option("--x", 'the input: "0.05 0.10"; a map "1 2; 3 4"', _NUMBERS, "ARRAY")] = None,
    target: Annotated[
        str | None, _option("--target", "what the output is compared with, in its shape", _NUMBERS, "ARRAY")
    ] = None,
    weights: Annotated[
        list[str] | None,
        _option("--weights", '"W1 = 0.1 0.2; 0.3 0.4  b1 = 0 0", rows are units; may be repeated', _NUMBERS, "TEXT"),
    ] = None,
    seed: Annotated[
        str | None, _option("--seed", "numbers that are not given are drawn from it", _NUMBERS, "NUMBER")
    ] = None,
    kernel: Annotated[
        str, _option("--kernel", f"who else computes the result:  {', '.join(KERNELS)}", _NUMBERS)
    ] = "none",
    answer: Annotated[
        str | None,
        _option(
            "--answer",
            "a formula, or with numbers an array, to judge: right (exit 0) or wrong (exit 1), and why",
            _JUDGED,
            "FORMULA",
        ),
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="show the right formula beside a judged one", rich_help_panel=_JUDGED)
    ] = False,
    profile: Profile = None,
    *,
    formats: Formats,
) -> Any:
    """Backpropagation as formulas: δ layer by layer, or the chain rule along every path, and with numbers.

    Example: dlcalc backprop "2; dense 2 sigmoid; dense 1 sigmoid" --form paths --wrt "W1[1,2]"
    Example: dlcalc backprop "2; dense 2 sigmoid; dense 1 sigmoid" --wrt W1 --answer "δ_1 x^T"
    """
    found = backprop(
        network,
        wrt,
        form,
        loss=loss,
        layout=layout,
        x=x,
        target=target,
        weights=" ".join(weights) if weights else None,
        seed=None if seed is None else number("--seed", seed),
        most=number("--max-paths", most),
        kernel=kernel,
        profile=profile,
        answer=answer,
        show=show,
    )
    if isinstance(found, JudgedAnswer):
        return emit_judged(found, formats)
    emit(found, formats)
    return 0
