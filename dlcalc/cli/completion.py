"""What a shell completes behind a command: names of networks, kinds of layers, problems, conventions, answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

Completion = Callable[[str], list[str]]
"""From what is typed of a word to the words that begin so."""


def one_of(words: Iterable[str]) -> Completion:
    every = list(dict.fromkeys(words))
    return lambda incomplete: [word for word in every if word.startswith(incomplete)]


def several_of(words: Sequence[str]) -> Completion:
    """A list with commas: what stands before the last one stays."""

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        return [f"{before}{comma}{word}" for word in one_of(words)(last) if word not in before.split(",")]

    return complete


def _names() -> Any:
    from ..api import names  # when Tab is pressed, and not when a command runs

    return names


def network(incomplete: str) -> list[str]:
    """A name of the zoo; within a line of text the kind of the next layer."""
    before, semicolon, last = incomplete.rpartition(";")
    if semicolon:
        space = last[: len(last) - len(last.lstrip())] or " "
        return [f"{before};{space}{kind}" for kind in one_of(_names().layers())(last.lstrip())]
    return one_of(_names().networks())(incomplete)


def network_of_table(incomplete: str) -> list[str]:
    """As `network`, and what `net` lists."""
    return one_of(("list", "layers"))(incomplete) + network(incomplete)


def problem(incomplete: str) -> list[str]:
    """An id of the bank."""
    return one_of(_names().problems())(incomplete)


def topic(incomplete: str) -> list[str]:
    """A topic of the bank, or all."""
    return one_of(("all", *_names().topics()))(incomplete)


def data(incomplete: str) -> list[str]:
    """Data that is made, for training."""
    return one_of(_names().data())(incomplete)


def optimizer(incomplete: str) -> list[str]:
    """A rule of training; behind a colon one of its forms."""
    return [name for name in one_of(_names().optimizers())(incomplete) if (":" in name) == (":" in incomplete)]


def schemas(incomplete: str) -> list[str]:
    """A command that prints JSON."""
    from ..api.schema import commands

    return one_of(name.partition(" ")[0] for name in commands())(incomplete)
