"""What to say of a word that is no command: the place that is nearest to it, found without reading any formula."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple

from ..errors import UserError, printable
from ..formulas.catalogue import ENTRIES
from ..formulas.hand_operations import OPERATIONS
from .commands import ALIASES, help_of, letters_of, listed, searched

_CUTOFF = 0.75


class Place(NamedTuple):
    """Where a word may lead: what to type, and what it is about."""

    command: str
    about: str


def nearest(name: str) -> UserError:
    """The error for a word that is no command, with the nearest place that there is."""
    word = printable(name[:40])
    letters, typed, layers = letters_of(name), dict(_words_typed()), dict(_layers())
    exact = typed.get(letters) or layers.get(letters) or layers.get(re.sub(r"[123]d$", "", letters))
    place = exact or _spelt_like(letters, typed) or _spelt_like(letters, layers) or _about(name)
    if place is None:
        return UserError(f"No such command '{word}'; dlcalc --help lists them, dlcalc find searches")
    return UserError(
        f"no command is called {word}; nearest is {place.command} ({place.about}); more: dlcalc find {word}"
    )


def _spelt_like(word: str, places: dict[str, Place]) -> Place | None:
    """The place of the word that is spelt most like it."""
    near = get_close_matches(word, places, n=1, cutoff=_CUTOFF)
    return places[near[0]] if near else None


def _words_typed() -> Iterator[tuple[str, Place]]:
    """Words in letters and digits: operations, choices, switches, other words for a command, commands."""
    for operation in OPERATIONS.values():
        yield letters_of(operation.name), Place(f"dlcalc run {operation.name}", operation.help)
    for entry in ENTRIES.values():
        command = f"dlcalc {entry.name.replace('_', '-')}"
        for switch in (*entry.flags, *entry.switches):
            yield letters_of(switch), Place(f"{command} --{switch.replace('_', '-')}", entry.help)
        for choice in entry.choices:
            given = choice if entry.positional else f"--{entry.choice} {choice}"
            yield letters_of(choice), Place(f"{command} {given}", entry.help)
    for other, words in ALIASES.items():
        about = OPERATIONS[words[1]].help if words[0] == "run" else help_of(words[0])
        yield letters_of(other), Place(f"dlcalc {' '.join(words)}", about)
    for name in listed():
        yield letters_of(name), Place(f"dlcalc {name}", help_of(name))


def _layers() -> Iterator[tuple[str, Place]]:
    """The kinds of layer by their names."""
    from ..api.names import layer_examples

    for name, example, words in layer_examples():
        yield letters_of(name), Place(f'dlcalc net "...; {example}"', f"{words}, as a layer of a network")


def _about(name: str) -> Place | None:
    """The command whose line or further words have the most of its words."""
    words = set(re.findall(r"[a-z]{3,}", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()))
    best: tuple[int, Place] | None = None
    for command, (_, others) in searched().items():
        about = help_of(command.split()[0])
        found = len(words & set(re.findall(r"[a-z]{3,}", f"{command} {about} {others}".lower())))
        if found and (best is None or found > best[0]):
            best = found, Place(f"dlcalc {command}", about)
    return best[1] if best else None
