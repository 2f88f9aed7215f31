"""The program: a group whose commands are built when they are called, and errors as one line."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from ..errors import DlcalcError, ExpressionError, InternalError, UserError, printable
from ..formulas.catalogue import ENTRIES
from .commands import EXAMPLES, OWN_COMMANDS, PURPOSES, alias_of, help_of, listed, option_meant, plain, without_modules
from .status import BUG, INTERRUPTED, NOT_UNDERSTOOD, WELL


class _AsText:
    def coerce(self, value: Any, **_: Any) -> Any:
        return value


class TextParameters:
    """Options stay text: dlcalc reads them itself, so pydantic, with which typer would convert them, is not loaded."""

    def get_params(self, ctx: Any) -> list[Any]:
        parameters: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for parameter in parameters:
            parameter.get_runtime_param = _AsText
            parameter.display_type_rich = partial(_type_shown, parameter)
        return parameters


def _type_shown(parameter: Any, ctx: Any) -> str | None:
    """What stands behind an option in its help: what it takes, in the course's words; nothing behind a switch."""
    is_option = parameter.opts[0].startswith("-") and not getattr(parameter, "is_flag", False)
    return str(parameter.metavar or "VALUE") if is_option else None


class Commands(TextParameters, TyperGroup):
    """Lists all commands by name and help alone; builds only the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(listed())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A stand-in with the help line, for listings."""
        return _stand_in(cmd_name)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """`help` and -h are --help, `help conv` is `conv --help`."""
        if args and args[0] in ("help", "-h"):
            args = [*args[1:2], "--help"]
        found: list[str] = super().parse_args(ctx, args)
        return found

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        words = meant(args[0])
        command = command_named(words[0]) if words else None
        if command is None:
            if not args[0].startswith("-"):
                from .nearest import nearest

                raise nearest(args[0])
            return super().resolve_command(ctx, args)
        return words[0], command, [*words[1:], *args[1:]]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The commands by what one wants, on one screen; each has a help of its own."""
        from .overview import overview

        overview(str(self.help), EXAMPLES, PURPOSES)


@cache
def _stand_in(name: str) -> Any:
    text = help_of(name)
    return built(lambda: None, name, text) if text else None


def meant(name: str) -> tuple[str, ...]:
    """The words of the command that is meant: relu is `activation relu`, LSTM is lstm. () for none that is known."""
    word = plain(without_modules(name))
    if help_of(word):
        return (word,)
    from ..formulas.hand_operations import OPERATIONS

    if word in OPERATIONS:
        return ("run", word)
    if words := alias_of(name):
        return words
    from ..api.names import is_network

    return ("net", name) if is_network(name) else ()


@cache
def command_named(name: str) -> Any:
    """The whole command, with its options, built when it is first asked for; None for an unknown name."""
    if name in OWN_COMMANDS:
        module = import_module(f".{name}", __package__)
        if hasattr(module, "group"):
            return module.group(OWN_COMMANDS[name])
        if hasattr(module, "commands"):
            return _group(module.commands, OWN_COMMANDS[name])
        help = f"{OWN_COMMANDS[name]}.{getattr(module, 'HELP', '')}"
        examples = re.findall(r"^ *(Example: .+)", module.command.__doc__, re.MULTILINE)
        return built(module.command, name, help, lambda: ("\n\n".join((help, *examples)), ""))
    if name.replace("-", "_") in ENTRIES:
        from .calculators import function, help_text, help_with_uses

        entry = ENTRIES[name.replace("-", "_")]
        return built(function(entry), name, help_text(entry), lambda: help_with_uses(entry))
    return None


class Command(TextParameters, typer.core.TyperCommand):
    """One command, built when it is called."""

    more: Callable[[], tuple[str, str]] | None = None

    def quantities(self) -> list[list[str]]:
        """The spellings of each option that gives a quantity."""
        return [each.opts for each in self.params
                if str(getattr(each, "rich_help_panel", "")).startswith(("Quantities", "Numbers"))
                and not getattr(each, "is_flag", False)]  # fmt: skip

    def format_help(self, ctx: Any, formatter: Any) -> None:
        if self.more is not None:
            from rich.markup import escape

            self.help, self.epilog = map(escape, self.more())
        self.help = re.sub(r"(?<=\S)[ ]*\n[ ]*(?=\S)", " ", self.help or "")  # a paragraph is one line, however wide
        super().format_help(ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Takes -log(p) for an expression where one is expected, and not for an option."""
        if args in (["-h"], ["help"]):
            args = ["--help"]
        escaped: dict[str, str] = {}
        takers = {word for parameter in self.params if not getattr(parameter, "is_flag", False)
                  for word in parameter.opts}  # fmt: skip
        known = {word for parameter in self.params for word in parameter.opts if word.startswith("--")}
        args = [arg if before in takers else _spelt(arg, known)
                for before, arg in zip(["", *args], args, strict=False)]  # fmt: skip
        args = _switched(args, known - takers, known)
        takes_expressions = any(
            getattr(parameter, "metavar", None) in _EXPRESSIONS and not parameter.opts[0].startswith("-")
            for parameter in self.params
        )
        if not takes_expressions:
            args = [_doubled(arg, known) if before not in takers else arg
                    for before, arg in zip(["", *args], args, strict=False)]  # fmt: skip
        else:
            escaped = {
                f"−{arg[1:]}": arg
                for before, arg in zip(["", *args], args, strict=False)
                if before not in takers and _begins_with_a_minus(arg)
            }
        signs = {arg: sign for sign, arg in escaped.items()}
        found: list[str] = super().parse_args(ctx, [signs.get(arg, arg) for arg in args])
        for name, value in ctx.params.items():
            if isinstance(value, list | tuple):
                ctx.params[name] = [escaped.get(item, item) for item in value]
            elif isinstance(value, str):
                ctx.params[name] = escaped.get(value, value)
        return found


def _doubled(argument: str, known: set[str]) -> str:
    """-n as --n, where that is an option."""
    return f"-{argument}" if re.match(r"-[A-Za-z](?:=|$)", argument) and f"-{argument[:2]}" in known else argument


def _spelt(argument: str, known: set[str]) -> str:
    """An option as the command spells it, where another word or other capitals are used for it."""
    option, sign, value = argument.partition("=")
    if not option.startswith("--") or option in known or len(option) < 3:
        return argument
    return f"{option_meant(option, known) or option}{sign}{value}"


def _switched(args: list[str], switches: set[str], known: set[str]) -> list[str]:
    """Switches as frameworks give them: --bias False is --no-bias, --bidirectional True is --bidirectional."""
    found: list[str] = []
    rest = iter(args)
    for arg in rest:
        option, sign, value = arg.partition("=")
        is_bias = option in _BIAS and option not in known - {"--biases"} and "--no-bias" in switches
        if not is_bias and option not in switches:
            found.append(arg)
            continue
        if not sign:
            value = next(rest, "")
        truth = _TRUTH.get(value.lower())
        if truth is None:
            found += [arg, *([value] if value and not sign else [])]
        elif is_bias:
            found += [] if truth else ["--no-bias"]
        elif truth:
            found.append(option)
    return found


_BIAS = ("--bias", "--use-bias", "--use_bias")
_TRUTH = {"true": True, "false": False, "none": False}

_EXPRESSIONS = ("EXPRESSION", "EQUATION...")
"""How arguments are called that are expressions."""


def _begins_with_a_minus(argument: str) -> bool:
    """Whether it is an expression: -x^2, -2x, -(a + b) or -x, but not -h, -wrt or --wrt=x, which no expression is."""
    rest = argument.removeprefix("-")
    if rest == argument or rest[:1] in ("", "-"):
        return False
    word = re.match(r"[A-Za-z][\w-]*(?==|$)", rest)
    return word is None or (len(word.group()) == 1 and word.group() != "h")


class Group(TextParameters, TyperGroup):
    """Commands under a common name: `quiz make`."""


class Named(Group):
    """A group that names its commands where it does not know a word."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        word = plain(args[0])
        if word in self.commands:
            return super().resolve_command(ctx, [word, *args[1:]])
        known = ", ".join(self.commands)
        raise UserError(f"{ctx.info_name} has no command {printable(args[0][:40])}; it has {known}")


def _group(commands: Mapping[str, Callable[..., Any]], text: str) -> Any:
    group = typer.Typer(cls=Named, add_completion=False, no_args_is_help=True, rich_markup_mode="rich", help=text)
    group.callback()(_nothing)
    for name, function in commands.items():
        group.command(name, cls=Command)(function)
    return typer.main.get_command(group)


def _nothing() -> None:
    """The group itself does nothing."""


def built(function: Callable[..., Any], name: str, text: str, more: Callable[[], tuple[str, str]] | None = None) -> Any:
    """A command. `more` gives a longer text and what stands below the options, when its help is asked for."""
    one = typer.Typer(add_completion=False, rich_markup_mode="rich")
    one.command(name, help=text, cls=Command)(function)
    command = typer.main.get_command(one)
    command.more = more  # type: ignore[attr-defined]
    return command


def _version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"dlcalc {__version__}")
        raise typer.Exit


def _start(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Deep-learning calculations with their working: answers in numbers or letters, and inverse questions.

    Try: dlcalc conv --n 227 --f 11 --s 4
    """


@cache
def program() -> Any:
    app = typer.Typer(cls=Commands, add_completion=True, no_args_is_help=True, rich_markup_mode="rich")
    app.callback()(_start)
    return typer.main.get_command(app)


def run(arguments: list[str]) -> int:
    """Runs one command line; every error that a user can cause is one line on standard error and status 2."""
    # A process of seconds makes little garbage: looking for it ever again among what is kept grows with the result.
    gc.set_threshold(100_000, 50, 100)
    _make_writable()
    try:
        status = program().main(args=arguments, prog_name="dlcalc", standalone_mode=False)
        sys.stdout.flush()
    except DlcalcError as error:
        return _refuse(str(error), error.caret() if isinstance(error, ExpressionError) else "")
    except typer.TyperException as error:
        return _refuse(_said(error)) if error.format_message() else NOT_UNDERSTOOD  # its help is shown
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit:
        return WELL  # rich ends the program like this when the reader has gone (`| head`)
    except OSError as error:
        _drop(sys.stdout)
        if isinstance(error, BrokenPipeError):
            return WELL
        return _refuse(f"the output cannot be written: {error.strerror}")
    except (OverflowError, RecursionError, MemoryError) as error:
        if os.environ.get("DLCALC_DEBUG"):
            raise
        return _refuse(next(rule for kind, rule in _BEYOND.items() if isinstance(error, kind)))
    except Exception as error:
        # our own bug: still one line, unless somebody wants to see where
        if os.environ.get("DLCALC_DEBUG"):
            raise
        # typer takes the end of any file for somebody who breaks off; who breaks off here presses Ctrl-C
        cause = error.__cause__ if isinstance(error, typer.Abort) and error.__cause__ else error
        return _refuse(f"{InternalError(f'{type(cause).__name__}: {cause}')}; DLCALC_DEBUG=1 shows where") and BUG
    return status if isinstance(status, int) else WELL


_BEYOND: dict[type[Exception], str] = {
    OverflowError: "a number in this is too large to be worked with",
    RecursionError: "this is nested too deeply",
    MemoryError: "this needs more memory than there is",
}
"""Limits of Python and the machine that a question passed where no limit of ours told it before."""


def _said(error: Any) -> str:
    """What typer says; with the command's example where a word is missing or too many, with what it takes where an
    option is unknown."""
    message: str = error.format_message()
    context = getattr(error, "ctx", None)
    command = getattr(context, "command", None)
    if not isinstance(command, Command) or command.more is None:
        return message
    if message.startswith("No such option"):
        taken = [f"--{opts[0].lstrip('-')}" for opts in command.quantities()]
        return (
            f"{error.message}; {command.name} takes {', '.join(taken)}; more: {_path(context)} --help"
            if taken
            else message
        )
    if not message.startswith(("Missing argument", "Got unexpected extra argument")):
        return message
    example = re.search(r"Example: (.+)", command.more()[0])
    if example and message.startswith("Got"):
        words = message.rpartition(" (")[2].removesuffix(")")
        network = "; layers in words are a network: dlcalc net" if re.search("[a-z] ?[0-9]", words) else ""
        return f"{command.name} takes its values by options, not {words} alone; for example: {example[1]}{network}"
    missing = error.param.metavar or error.param.name
    return f"{command.name} needs {missing.upper()}; for example: {example[1]}" if example else message


def _path(context: Any) -> str:
    """The words of a command: dlcalc run conv."""
    return str(context.command_path)


def _make_writable() -> None:
    """What the terminal's encoding does not have is written as a question mark; what is redirected is UTF-8; a closed
    stream takes everything, and has nothing to read. The first of them first, so that each takes the descriptor that is
    free for it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - open to the end, as stdout is
        elif mode == "w" and hasattr(stream, "reconfigure"):
            # what goes into a file or to another program is UTF-8, whatever the locale says of the terminal
            stream.reconfigure(errors="replace", **({} if stream.isatty() else {"encoding": "utf-8"}))


def _drop(stream: Any) -> None:
    """What could not be written is dropped, or the interpreter would complain once more at exit."""
    with suppress(OSError):  # a stream in memory has no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _refuse(message: str, caret: str = "") -> int:
    """One line; where somebody watches, the place in the text under it."""
    from ..document import printable

    line = printable(" ".join(message.split()))
    rows = [f"dlcalc: {line if len(line) < 400 else line[:400] + '…'}"]
    if caret and sys.stderr.isatty():
        rows += ["    " + "".join(c if c.isprintable() else "·" for c in row) for row in caret.splitlines()]
    try:
        print("\n".join(rows), file=sys.stderr, flush=True)
    except OSError:
        _drop(sys.stderr)
    return NOT_UNDERSTOOD
