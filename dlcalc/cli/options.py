"""Options that many commands have: where the result goes, and the profile that it is worked out by."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from .output import Formats

OUTPUT = "Output"
"""The panel of these options in a command's help."""

PROFILE = "the course's letters and conventions: a name or a TOML file"
Profile = Annotated[
    str | None,
    typer.Option("--profile", help=PROFILE, rich_help_panel=OUTPUT, metavar="FILE", show_default=False),
]


def with_formats(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Gives a command that takes `formats` the flags --json, --latex, ..., or those of `names` alone.

    The command is called with the one that was chosen. Raises UserError, when it is called, for two at once.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(function, eval_str=True)
        own = [parameter for parameter in signature.parameters.values() if parameter.name != "formats"]
        flags = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, flag])
            for name, flag in ((name, typer.Option(f"--{name}", help=Formats.PROGRAMS[name], rich_help_panel=OUTPUT))
                               for name in names or Formats.NAMES)
        ]  # fmt: skip

        @wraps(function)
        def command(**given: Any) -> Any:
            chosen = Formats.chosen({flag.name: given.pop(flag.name) for flag in flags})
            return function(**given, formats=chosen)

        command.__signature__ = signature.replace(parameters=[*own, *flags])  # type: ignore[attr-defined]
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *flags)}
        return command

    return decorate
