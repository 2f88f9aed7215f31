"""Networks with letters in them: numbers put in for the letters, so that two expressions can be compared at points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..errors import UserError
from ..expressions.evaluate import evaluate_at
from ..expressions.nodes import Value
from ..formulas.draw import Sampler
from ..formulas.run import letters_in
from ..networks.kinds import KINDS
from ..networks.network import Network
from ..networks.table import Table, tabulate

POINTS = 3
_TRIES = 60
_SIZE = (40, 400)
"""Where sizes of the input are drawn from: large enough for some poolings."""
_SETTING = {"f": (2, 5), "s": (1, 3), "p": (0, 2), "d": (1, 2), "o": (1, 4)}
_OTHER = (3, 60)
_EVEN = 12
"""In half of the draws what is no size is a multiple of this, so that groups and heads divide it."""


def letters(table: Table) -> tuple[str, ...]:
    """The letters of a network: in its input, in its settings, and the settings that are not given."""
    return tuple(_ranges(table))


def points(table: Table) -> list[tuple[dict[str, Value], Table]]:
    """Numbers for the letters, and the table with them; one point without letters, and none where no numbers fit."""
    ranges = _ranges(table)
    if not ranges:
        return [({}, table)]
    found: list[tuple[dict[str, Value], Table]] = []
    for attempt in range(_TRIES):
        sampler = Sampler("table", *ranges, attempt)
        numbers: dict[str, Value] = {name: sampler.integer(*ends) for name, ends in ranges.items()}
        if attempt % 2:
            numbers |= {name: _EVEN * numbers[name] for name, ends in ranges.items() if ends == _OTHER}
        try:
            found.append((numbers, tabulate(_at(table, numbers), table.convention)))
        except UserError:
            continue
        if len(found) == POINTS:
            return found
    return []


def _ranges(table: Table) -> dict[str, tuple[int, int]]:
    network = table.network
    found: dict[str, tuple[int, int]] = {}
    for part in network.input[: max(1, len(network.input) - 1)]:
        found.update(dict.fromkeys(letters_in(part), _SIZE))
    for name in letters_in(network.input):
        found.setdefault(name, _OTHER)
    for row in table.rows:
        for setting, value in row.layer.settings.items():
            for name in letters_in(value):
                found.setdefault(name, _SETTING.get(setting, _OTHER))
        for setting in _missing(row.layer.kind, row.working.missing if row.working else ()):
            found.setdefault(setting, _SETTING.get(setting, _OTHER))
    return found


def _missing(kind: str, variables: tuple[object, ...]) -> Iterator[str]:
    names = (getattr(variable, "name", "") for variable in variables)
    return (name for name in names if kind in KINDS and name in KINDS[kind].settings)


def _at(table: Table, numbers: Mapping[str, Value]) -> Network:
    network = table.network
    layers = []
    for row in table.rows:
        settings = {name: evaluate_at(value, numbers) for name, value in row.layer.settings.items()}
        missing = _missing(row.layer.kind, row.working.missing if row.working else ())
        settings |= {name: numbers[name] for name in missing if name in numbers}
        layers.append(replace(row.layer, settings=settings))
    shape = evaluate_at(network.input, numbers)
    return replace(network, input=shape, layers=tuple(layers))
