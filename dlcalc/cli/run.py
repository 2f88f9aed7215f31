"""`dlcalc run OPERATION`: numbers by hand. A command per operation, its options made from the formulas' quantities."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from typing import Any

import typer
from typer.core import TyperGroup

from ..errors import UserError, printable
from ..formulas.hand_operations import OPERATIONS, Operation
from .app import TextParameters, built
from .commands import RUN_ALIASES, alias_of, plain
from .options import OUTPUT, PROFILE

_NUMBERS = 'Numbers: "1 2; 3 4", or letters: "x1 x2", a file, or - for what is pasted'
_WAY = "What to compute"
_CHECKING = "Checking an answer"
_LARGEST = 1 << 20
"""Characters that are read where something is pasted."""
_FLAGS = ("edge", "relu", "rounded_up", "same")
"""Quantities that are 0 or 1 and read better as switches."""


class _Operations(TextParameters, TyperGroup):
    """Lists the operations by name and help alone; builds only the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(OPERATIONS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        operation = OPERATIONS.get(cmd_name.replace("_", "-"))
        return built(lambda: None, cmd_name, operation.help) if operation else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        word = plain(args[0])
        words = (word,) if word in OPERATIONS else RUN_ALIASES.get(word, (word,))
        operation = OPERATIONS.get(words[0])
        if operation is None:
            near = [("run", *RUN_ALIASES.get(each, (each,)))
                    for each in get_close_matches(word, [*OPERATIONS, *RUN_ALIASES], n=1)]  # fmt: skip
            nearest = [
                f"nearest is dlcalc {' '.join(words)}" for words in [alias_of(word) or next(iter(near), ())] if words
            ]
            known = "; ".join([*nearest, "dlcalc run --help lists the operations"])
            raise UserError(f"no operation is called {printable(args[0][:40])}; {known}")
        return operation.name, _command(operation.name), [*words[1:], *args[1:]]


@cache
def _command(name: str) -> Any:
    """The whole command of an operation, with its options, built when it is first asked for."""
    operation = OPERATIONS[name]
    return built(function(operation), name, help_text(operation), lambda: _whole_help(operation))


def group(text: str) -> Any:
    """The command `run` with all operations under it."""
    every = typer.Typer(cls=_Operations, add_completion=False, no_args_is_help=True, rich_markup_mode="rich", help=text)
    every.callback()(_nothing)
    return typer.main.get_command(every)


def _nothing() -> None:
    """The group itself does nothing."""


def help_text(operation: Operation) -> str:
    return f"{operation.help}.\n\nExample: {operation.example}"


def _whole_help(operation: Operation) -> tuple[str, str]:
    """The text with what can be asked, and below the options every form of the formula with its source."""
    from ..api.uses import checking_by_hand
    from ..formulas.registry import formula
    from .calculators import said_of_conventions

    ids = list(operation.formula_ids())
    names = ", ".join(dict.fromkeys(name for id in ids for name in formula(id).answers))
    checking = checking_by_hand(operation.name)
    said = [help_text(operation), *([f"Checking: {checking}"] if checking else []), f"What --ask takes: {names}"]
    return "\n\n".join(said), said_of_conventions(ids)


def function(operation: Operation) -> Callable[..., Any]:
    """The command's function; its signature is made from the formulas of the operation."""
    parameters, names = _parameters(operation)

    def command(**options: Any) -> int:
        return _run(operation, {names[key]: value for key, value in options.items()})

    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _parameters(operation: Operation) -> tuple[list[inspect.Parameter], dict[str, str]]:
    from .calculators import Collector

    collect = Collector()
    _quantities(collect, operation)
    for switch, words in operation.switches.items():
        collect.option(switch, [f"--{switch}"], words, _WAY, flag=True)
    if operation.kinds:
        collect.option("kind", ["--kind"], _one_of(operation.kinds), _WAY, "NAME")
    for choice, values in operation.choices.items():
        collect.option(choice, [f"--{choice}"], _one_of(values), _WAY, "NAME")
    if operation.further:
        collect.option("L", ["--L", "--layers"], "layers, 1 or 2; | stands between the weights of each layer and "
                       "direction", _WAY)  # fmt: skip
    if operation.joined:
        collect.option("w-joined", ["--w-joined"], "the weights are joined, W[h, x], in this order: h,x or x,h", _WAY,
                       "ORDER")  # fmt: skip
    if operation.numbered:
        collect.option("vocabulary", ["--vocabulary"], "the words in the order of their numbers, where words are given "
                       "(default: as they first come)", _WAY, "WORDS")  # fmt: skip
    if operation.loss:
        collect.option("target", ["--target"], f"what the {operation.loss} should be, with --backward", _WAY)
        collect.option("loss", ["--loss"], "squared (½Σ, the default), sum or mean, with --target", _WAY, "NAME")
    for name, help, panel, metavar in _COMMON:
        collect.option(name, [f"--{name}"], help, panel, metavar, flag=not metavar)
    from .output import Formats

    collect.formats(Formats.PROGRAMS)
    return collect.parameters, collect.names


def _one_of(values: tuple[str, ...]) -> str:
    return f"{values[0]} (the default), {', '.join(values[1:])}"


def _quantities(collect: Any, operation: Operation) -> None:
    from ..api.hand_given import quantities
    from ..formulas.registry import formula

    if operation.name == "conv":
        collect.option("detector", ["--detector"], "a filter by name: vertical, sobel-y, corner, ...", _NUMBERS, "NAME")
        collect.option("scale", ["--scale"], "scale the output: 0..255", _WAY, "LOW..HIGH")
        collect.option("groups", ["--groups"], "groups of channels; as many as channels for a depthwise convolution",
                       _WAY, "NUMBER")  # fmt: skip
    flags: dict[str, list[str]] = {}
    for word, name in quantities(operation).items():
        flags.setdefault(name, []).append(f"--{word.replace('_', '-')}")
    seen: set[str] = set()
    for variable in (v for id in operation.formula_ids() for v in formula(id).variables):
        if operation.is_further(variable.name) or variable.name in seen:
            continue
        if operation.name == "conv" and variable.name in ("low", "high"):
            continue
        seen.add(variable.name)
        default = f" (default {variable.default})" if _is_plain(variable.default) else ""
        collect.option(variable.name, flags[variable.name], variable.meaning + default, _NUMBERS,
                       flag=variable.name in _FLAGS)  # fmt: skip


def _is_plain(default: str | None) -> bool:
    return default is not None and default.replace(".", "").replace("e-", "").isalnum()


_COMMON = (
    ("ask", "one answer alone, with its working: output, h, dw, ..., or one cell of it, output[1, 2]; with "
     "--answer, what is verified", _CHECKING, "NAME"),
    ("answer", "what to verify: a matrix or a number, typed or pasted", _CHECKING, "VALUE"),
    ("show", "show the right value too", _CHECKING, ""),
    ("play", "slide over the image in the terminal: space or an arrow forward, backspace back, q to stop", OUTPUT,
     ""),
    ("delay", "with --play: seconds per step, instead of keys", OUTPUT, "SECONDS"),
    ("kernel", "who else computes the result: none, cpu or cuda", OUTPUT, "NAME"),
    ("fractions", "exact fractions instead of decimals", OUTPUT, ""),
    ("convention", "the form of the formula by its name", OUTPUT, "NAME"),
    ("profile", PROFILE, OUTPUT, "FILE"),
)  # fmt: skip


def _run(operation: Operation, options: dict[str, Any]) -> int:
    from ..api.hand_run import KERNELS, by_hand, check
    from .output import Formats, emit, emit_judged

    formats = Formats.chosen(options)
    picked = {name: options.pop(name, None) for name in (*(name for name, *_ in _COMMON), *Formats.PROGRAMS)}
    given = {name: _typed(name, value) for name, value in options.items() if value not in (None, False)}
    if "w" in options and "w" not in given and picked["kernel"] not in (None, *KERNELS):
        given["w"] = picked.pop("kernel")  # the kernel of a convolution is its filter
    settings: dict[str, Any] = {"convention": picked["convention"], "profile": picked["profile"]}
    answer = _pasted(picked["answer"], given)
    if answer is not None:
        asked = picked["ask"] or "value"
        judged = check(operation.name, asked, answer, show=bool(picked["show"]), **settings, **given)
        return emit_judged(judged, formats)
    found = by_hand(operation.name, fractions=bool(picked["fractions"]), kernel=picked.get("kernel") or "none",
                    **settings, **given)  # fmt: skip
    if picked["play"]:
        from .play import play

        return play(found, picked["delay"])
    if picked["delay"] is not None:
        raise UserError("--delay is the pace of --play")
    emit(found if picked["ask"] is None else found.only(picked["ask"]), formats)
    return 0


def _typed(name: str, value: Any) -> Any:
    return 1 if value is True and name in _FLAGS else value


def _pasted(answer: str | None, given: dict[str, Any]) -> str | None:
    """The answer; puts what is pasted in the place of the one -. Raises UserError where two are to be pasted."""
    dashes = [name for name, value in {**given, "answer": answer}.items() if value == "-"]
    if not dashes:
        return answer
    if len(dashes) > 1:
        raise UserError(f"one thing at a time is pasted: --{dashes[0]} - or --{dashes[1]} -")
    text = sys.stdin.read(_LARGEST + 1)
    if len(text) > _LARGEST:
        raise UserError(f"what is pasted has at most {_LARGEST:,} characters")
    if dashes[0] == "answer":
        return text
    given[dashes[0]] = text
    return answer
