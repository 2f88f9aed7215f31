"""`dlcalc bptt`: backpropagation through time as formulas."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..api import UserError
from ..api.recurrent_gradients import CHOICES, MOST_PATHS, bptt
from ..api.results import JudgedAnswer
from .options import Profile, with_formats
from .output import Formats, emit, emit_judged
from .reading import number

_NETWORK = "The network"
_ASKED = "What is asked"
_NUMBERS = "With numbers"
_JUDGED = "An answer"


def _option(flag: str, help: str, panel: str, metavar: str = "NAME") -> Any:
    return typer.Option(flag, help=help, rich_help_panel=panel, metavar=metavar, show_default=False)


def _words(choice: str, between: str = ", ") -> str:
    return between.join(CHOICES[choice])


@with_formats(*Formats.PROGRAMS)
def command(
    cell: Annotated[str, _option("--cell", f"{_words('cell')} (default rnn)", _NETWORK)] = "rnn",
    head: Annotated[str | None, _option("--head", f"{_words('head')} (default softmax)", _NETWORK)] = None,
    loss: Annotated[
        str, _option("--loss", f"losses at {_words('loss', ' or ')} step (default every)", _NETWORK)
    ] = "every",
    activation: Annotated[
        str, _option("--activation", f"of a simple RNN: {_words('activation')} (default tanh)", _NETWORK)
    ] = "tanh",
    update_gate: Annotated[str | None, _option("--update-gate", "of a GRU: keep or renew", _NETWORK)] = None,
    reset: Annotated[str | None, _option("--reset", "of a GRU: before or after the product", _NETWORK)] = None,
    layers: Annotated[str, _option("--layers", "cells on top of each other (default 1)", _NETWORK, "NUMBER")] = "1",
    wrt: Annotated[
        str | None,
        _option("--wrt", "the weight: W, U, V, b, W_f, U_z, h0 (default: the recurrent one)", _ASKED, "LETTER"),
    ] = None,
    form: Annotated[str, _option("--form", f"{_words('form')} (default general)", _ASKED)] = "general",
    steps: Annotated[
        str | None, _option("--steps", "time steps; without it T stays a letter", _ASKED, "NUMBER")
    ] = None,
    layout: Annotated[str | None, _option("--layout", f"{_words('layout')} (default column)", _ASKED)] = None,
    truncate: Annotated[
        str, _option("--truncate", "steps that a loss is taken back through, its own among them", _ASKED, "NUMBER")
    ] = "0",
    most: Annotated[
        str, _option("--max-paths", f"paths that are listed (default {MOST_PATHS})", _ASKED, "NUMBER")
    ] = str(MOST_PATHS),
    value: Annotated[
        list[str] | None,
        _option(
            "--value", 'numbers: W=0.5, x="1 2 3", W="0.1 0.2; 0.3 0.4"; may be repeated', _NUMBERS, "LETTER=VALUE"
        ),
    ] = None,
    seed: Annotated[str, _option("--seed", "what is not given is drawn from it (default 0)", _NUMBERS, "NUMBER")] = "0",
    n: Annotated[str | None, _option("--n", "inputs (default 3)", _NUMBERS, "NUMBER")] = None,
    m: Annotated[str | None, _option("--m", "units (default 2)", _NUMBERS, "NUMBER")] = None,
    k: Annotated[str | None, _option("--k", "outputs (default 4)", _NUMBERS, "NUMBER")] = None,
    kernels: Annotated[
        bool, typer.Option("--kernels", help="ask the kernels too (needs numpy and numba)", rich_help_panel=_NUMBERS)
    ] = False,
    answer: Annotated[
        str | None,
        _option(
            "--answer",
            "a formula, or with numbers an array, to judge: right (exit 0) or wrong (exit 1), and why",
            _JUDGED,
            "FORMULA",
        ),
    ] = None,
    letters: Annotated[
        str | None,
        _option(
            "--letters", "how ours are written: W=W_rec,U=W_in; in what is shown and in the answer", _ASKED, "LETTERS"
        ),
    ] = None,
    w_joined: Annotated[
        str | None,
        _option("--w-joined", "one matrix W, of a gate W_f, meets both in this order: h,x or x,h", _NETWORK, "ORDER"),
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="show the right formula beside a judged one", rich_help_panel=_JUDGED)
    ] = False,
    profile: Profile = None,
    *,
    formats: Formats,
) -> Any:
    """Backpropagation through time as formulas: the general form, the recursion, or every path, and with numbers.

    Example: dlcalc bptt --cell rnn --steps 4 --wrt W --form paths
    Example: dlcalc bptt --cell lstm --wrt W_f --w-joined h,x --form delta
    Example: dlcalc bptt --cell rnn --wrt V --answer "Σ_j (yhat_j - y_j) h_j^T"
    """
    sizes = {name: number(f"--{name}", size) for name, size in (("n", n), ("m", m), ("k", k)) if size is not None}
    found = bptt(
        cell,
        wrt,
        form,
        None if steps is None else number("--steps", steps),
        head=head,
        loss=loss,
        layout=layout,
        activation=activation,
        update_gate=update_gate,
        reset=reset,
        layers=number("--layers", layers),
        truncate=number("--truncate", truncate),
        most=number("--max-paths", most),
        values=dict(_pair(each) for each in value or ()),
        seed=number("--seed", seed),
        sizes=sizes,
        kernels=kernels,
        profile=profile,
        answer=answer,
        show=show,
        letters=letters,
        w_joined=w_joined,
    )
    if isinstance(found, JudgedAnswer):
        return emit_judged(found, formats)
    emit(found, formats)
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"--value takes a letter and its number, W=0.5, not {text[:40]}")
    return name.strip(), value
