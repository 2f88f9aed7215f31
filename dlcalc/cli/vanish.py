"""`dlcalc vanish`: how a gradient shrinks or grows through time, as a table and a plot."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..api.vanishing import CELLS, vanish
from .options import with_formats
from .output import Formats, emit
from .reading import decimal, number


@with_formats()
def command(
    cell: Annotated[str, typer.Option("--cell", help=f"{', '.join(CELLS)}, or several: rnn,lstm")] = ",".join(CELLS),
    norm: Annotated[str, typer.Option("--lambda", "--norm", help="norm of the recurrent matrix", metavar="λ")] = "0.9",
    steps: Annotated[str, typer.Option("--steps", help="how far the gradient is followed", metavar="T")] = "50",
    activation: Annotated[str, typer.Option("--activation", help="tanh, relu or sigmoid, of the simple RNN")] = "tanh",
    epsilon: Annotated[str, typer.Option("--epsilon", help="what counts as vanished", metavar="ε")] = "0.001",
    hidden: Annotated[str, typer.Option("--hidden", help="numbers in the hidden state", metavar="m")] = "16",
    seed: Annotated[str, typer.Option("--seed", help="of the random weights and inputs")] = "7",
    forget_bias: Annotated[str, typer.Option("--forget-bias", help="bias of the LSTM's forget gate")] = "1",
    clip: Annotated[str, typer.Option("--clip", help="show clipping at this norm", metavar="θ")] = "0",
    truncate: Annotated[str, typer.Option("--truncate", help="show BPTT truncated after so many steps")] = "0",
    svg: Annotated[str, typer.Option("--svg", help="draw the plot into a file", metavar="FILE")] = "",
    png: Annotated[str, typer.Option("--png", help="draw the plot into a file", metavar="FILE")] = "",
    *,
    formats: Formats,
) -> Any:
    """Follow a gradient through time: the bound (γλ)^d, and the norms that the kernels measure.

    Example: dlcalc vanish --cell rnn,lstm --lambda 0.9 --steps 50
    """
    found = vanish(
        norm, number("--steps", steps), [name.strip() for name in cell.split(",")], activation, epsilon,
        number("--hidden", hidden), number("--seed", seed), decimal("--forget-bias", forget_bias),
        decimal("--clip", clip), number("--truncate", truncate),
    )  # fmt: skip
    if svg or png:
        for kind, name in (("svg", svg), ("png", png)):
            if name:
                found.draw(name, kind)
    emit(found, formats)
    if not formats.name:
        from rich.console import Console

        from .plot import show

        show(found.chart(), Console(highlight=False))
    return 0
