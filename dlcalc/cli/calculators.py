"""The calculators as commands: one option per quantity and per answer, made from the formula's own variables."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from .. import api
from ..formulas.catalogue import Entry
from ..formulas.model import Formula, Step
from ..formulas.registry import formula
from .commands import alias_of
from .completion import Completion, one_of, several_of
from .options import OUTPUT, PROFILE
from .output import Formats, emit, emit_judged

_GIVEN = "Quantities (what is not given stays a letter)"
_ANSWERS = "Answers (give one to ask for a quantity)"
_BACKWARDS = "Asking backwards"
_CHECKING = "Checking an answer"


def help_text(entry: Entry) -> str:
    return f"{entry.help}.\n\nExample: {entry.example}"


def help_with_uses(entry: Entry) -> tuple[str, str]:
    """The whole help's text, with an example of each use, and below its options every way to count with its source."""
    from ..api import uses

    examples = {"Backwards": uses.backwards(entry.name), "Checking": uses.checking(entry.name)}
    said = [f"{title}: {example}" for title, example in examples.items() if example]
    return "\n\n".join([help_text(entry), *said]), said_of_conventions(entry.formulas())


def said_of_conventions(formula_ids: list[str]) -> str:
    """A paragraph for each convention: its name, how it counts, and who counts so."""
    from ..api import uses

    return "\n\n".join(f"--convention {name}: {says} ({who})" for name, who, says in uses.conventions(formula_ids))


def function(entry: Entry) -> Callable[..., Any]:
    """The command's function; its signature is made from the formulas that the entry can choose."""
    formulas = [formula(id) for id in dict.fromkeys(entry.formulas())]
    parameters, names = _parameters(entry, formulas)

    def command(**options: Any) -> int:
        return _run(entry, {names.get(key, key): value for key, value in options.items()})

    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


class Collector:
    """Options, each name taken once; the keys are safe as Python names, `names` leads back."""

    def __init__(self) -> None:
        self.parameters: list[inspect.Parameter] = []
        self.names: dict[str, str] = {}
        self.flags: set[str] = {"--help"}

    def add(self, name: str, annotation: Any, default: Any = None) -> None:
        key = f"_{len(self.parameters)}_{name.replace('-', '_').replace('.', '_')}"
        self.names[key] = name
        self.parameters.append(
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        )

    def option(
        self,
        name: str,
        flags: list[str],
        help: str,
        panel: str,
        metavar: str = "VALUE",
        *,
        flag: bool = False,
        many: bool = False,
        complete: Completion | None = None,
    ) -> None:
        free = [flag for flag in dict.fromkeys(flags) if flag not in self.flags]
        if not free:
            return
        self.flags.update(free)
        settings: Any = typer.Option(
            *free, help=help.replace("[", r"\["), rich_help_panel=panel, show_default=False,
            metavar=None if flag else metavar, autocompletion=complete,
        )  # fmt: skip
        kind: Any = bool if flag else list[str] | None if many else str | None
        self.add(name, Annotated[kind, settings], False if flag else None)

    def formats(self, names: Mapping[str, str] = Formats.NAMES) -> None:
        """The flags of the formats, of which one is chosen."""
        for name, help in names.items():
            self.option(name, [f"--{name}"], help, OUTPUT, flag=True)


def _parameters(entry: Entry, formulas: list[Formula]) -> tuple[list[inspect.Parameter], dict[str, str]]:
    collect = Collector()
    if entry.positional:
        which = typer.Argument(
            help=f"one of {', '.join(entry.choices)}", metavar=entry.choice.upper(),
            autocompletion=one_of(entry.choices),
        )  # fmt: skip
        collect.add(entry.choice, Annotated[str | None, which])
    elif entry.choice:
        collect.option(entry.choice, [f"--{entry.choice}"], f"one of {', '.join(entry.choices)}", _GIVEN, "NAME",
                       complete=one_of(entry.choices))  # fmt: skip
    for flag, quantities in entry.flags.items():
        meant = ", ".join(f"{name} = {value}" for name, value in quantities.items())
        collect.option(flag, [f"--{flag}"], f"the same as {meant}", _GIVEN, flag=True)
    for switch in entry.switches:
        collect.option(
            switch, [f"--{switch.replace('_', '-')}"], formula(entry.switches[switch]).title, _GIVEN, flag=True
        )
    _quantities(collect, formulas)
    _common(collect, formulas)
    return collect.parameters, collect.names


def _quantities(collect: Collector, formulas: list[Formula]) -> None:
    seen: set[str] = set()
    for variable in (v for f in formulas for v in f.variables):
        if variable.name in seen:
            continue
        seen.add(variable.name)
        help = variable.meaning + variable.by_default
        collect.option(variable.name, _flags(variable.name, variable.long), help, _GIVEN,
                       "SIZE" if variable.per_axis else "VALUE")  # fmt: skip
    for f in formulas:
        for name in f.answers:
            step = f.by_name[name]
            if name not in seen and isinstance(step, Step):
                seen.add(name)
                collect.option(name, _flags(name), step.meaning, _ANSWERS)


def _flags(name: str, long: str = "") -> list[str]:
    """--f for a letter, --filter-size for its term; a one-letter term of a word gets one flag."""
    return [f"--{name.replace('_', '-')}", *([f"--{long}"] if long else [])]


def _common(collect: Collector, formulas: list[Formula]) -> None:
    conventions = list(dict.fromkeys(c.name for f in formulas for c in f.conventions))
    quantities = list(dict.fromkeys(variable.name for f in formulas for variable in f.variables))
    answers = [name.replace("_", "-") for f in formulas for name in f.answers]
    collect.option("find", ["--find"], "the unknowns to find: s or f,p", _BACKWARDS, "NAMES",
                   complete=several_of(quantities))  # fmt: skip
    collect.option("range", ["--range"], "where to look: n=1..1000; may be repeated", _BACKWARDS, "RANGE", many=True)
    collect.option("ask", ["--ask"], "one answer alone: o, parameters, ...; with --answer, what is verified",
                   _CHECKING, "NAME", complete=one_of(answers))  # fmt: skip
    collect.option("answer", ["--answer"], "the value to verify, a number or an expression", _CHECKING)
    collect.option("show", ["--show"], "show the right value too", _CHECKING, flag=True)
    collect.option("convention", ["--convention"], f"how to count: {', '.join(conventions)}", OUTPUT, "NAME",
                   complete=one_of(conventions))  # fmt: skip
    if _NO_BIAS in conventions:
        collect.option(_NO_BIAS, [f"--{_NO_BIAS}"], f"the same as --convention {_NO_BIAS}", OUTPUT, flag=True)
    if _JOINED in conventions:
        said = f"the weights meet [h, x] in one matrix: the same as --convention {_JOINED}"
        collect.option(_W_JOINED, ["--w-joined"], said, OUTPUT, "ORDER")
    collect.option("profile", ["--profile"], PROFILE, OUTPUT, "FILE")
    collect.formats(Formats.PROGRAMS)


_NO_BIAS = "no-bias"
"""A convention that has a switch of its own."""
_JOINED, _W_JOINED = "joined", "w_joined"
"""One that has an option, which says in which order as it does where numbers are worked out by hand."""

_OPTIONS = ("find", "range", "ask", "answer", "show", "convention", "profile", *Formats.PROGRAMS)


def _run(entry: Entry, options: dict[str, Any]) -> int:
    formats = Formats.chosen(options)
    picked = {name: options.pop(name, None) for name in _OPTIONS}
    choice = options.pop(entry.choice, None) if entry.choice else None
    if entry.positional and choice is not None and choice not in entry.choices:
        command, *words = alias_of(choice) or ("",)
        choice = words[0] if command == entry.name and words else choice
    order = options.pop(_W_JOINED, None)
    if order is not None:
        from ..api.joined_weights import order_of

        order_of(order)
    for flag, convention in (("no-bias", options.pop(_NO_BIAS, False)), ("w-joined", order)):
        name = _NO_BIAS if flag == _NO_BIAS else _JOINED
        if convention and picked["convention"] not in (None, name):
            raise api.UserError(
                f"--{flag} is a convention, so --convention {picked['convention']} is not given beside it"
            )
        picked["convention"] = name if convention else picked["convention"]
    given = {name: value for name, value in options.items() if value not in (None, False)}
    calculate: api.Calculator = getattr(api, entry.name)
    chosen = (choice,) if choice is not None else ()
    if picked["ask"] is None and picked["answer"] is not None:
        names = ", ".join(calculate.formula(*chosen, **given).answers)
        raise api.UserError(f"--answer VALUE needs --ask NAME: the answer, and the question, which is one of {names}")
    if picked["answer"] is not None:
        judged = calculate.check(picked["ask"], picked["answer"], *chosen, convention=picked["convention"],
                                 profile=picked["profile"], show=bool(picked["show"]), **given)  # fmt: skip
        return emit_judged(judged, formats)
    unknowns = [name.strip() for name in (picked["find"] or "").split(",") if name.strip()]
    found = calculate(*chosen, convention=picked["convention"], profile=picked["profile"], find=unknowns,
                      ranges=picked["range"] or (), **given)  # fmt: skip
    if picked["ask"] is None:
        emit(found, formats)
    elif isinstance(found, api.Calculation):
        emit(found.only(picked["ask"]), formats)
    else:
        raise api.UserError("--ask is one answer, and here an answer is given: the unknowns are asked for")
    return 0
