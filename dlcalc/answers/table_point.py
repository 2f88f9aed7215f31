"""A student's table judged with numbers in all cells: each against the truth, then against what was written before.

What follows from a wrong cell is worked out by the formulas that work the truth out, with the student's values pinned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import chain

from ..errors import UserError
from ..expressions.answers import Answer, agrees
from ..expressions.nodes import Value
from ..expressions.totals import sum_of
from ..formulas.diagnose import Candidate
from ..networks.exercise import cell
from ..networks.kinds import Shape
from ..networks.mistakes import mistaken_totals
from ..networks.network import INPUT
from ..networks.receptive_fields import FieldAlongAxis
from ..networks.table import Row, Table, tabulate
from .marks import CHANNELS_FIRST, FOLLOWS, RIGHT, WINDOW, Finding
from .table_columns import TOTAL
from .table_rows import (
    SOURCES,
    alone,
    field_mistakes,
    on_flattened,
    on_own_cells,
    verified,
    widened,
    window_size,
    worked_with,
)
from .target import rotated, with_ones

FLAT = ("flatten", "activation", "dropout")
"""Kinds of layers that pass on the numbers of a map as they are."""

Place = tuple[str, str]
"""(layer, column)"""


class Point:
    """The truth at one point, and what was written there, read with the channels where they explain more of it."""

    def __init__(self, table: Table, wrote: Mapping[Place, Answer]) -> None:
        self.reading = _better(table, wrote)

    def judge(self, layer: str, column: str) -> Finding:
        """Right; else following from what was written before; else right by another convention; else wrong."""
        return self.reading.judge(layer, column)


def _better(table: Table, wrote: Mapping[Place, Answer]) -> Reading:
    """The reading in which more cells are right or follow.

    A wrong shape may look turned by chance, 8×13×9 for 7×12×8; what was worked out from it shows what it is. Where both
    readings explain as much, more right shapes decide, then how most look; in doubt the channels are last.
    """
    last = Reading(table, wrote, channels_first=False)
    maps = last.maps()
    if all(shape == true for shape, true in maps):
        return last
    first = Reading(table, wrote, channels_first=True)
    if all(rotated(shape) == true for shape, true in maps):
        return first
    more = first.earned() - last.earned()
    right = sum((rotated(shape) == true) - (shape == true) for shape, true in maps)
    votes = sum((shape[0] == true[-1]) - (shape[-1] == true[-1]) for shape, true in maps)
    return first if (more, right, 2 * votes - len(maps)) > (0, 0, 0) else last


class Reading:
    """What was written with the channels of all maps first or last, and what follows from it layer by layer."""

    def __init__(self, table: Table, wrote: Mapping[Place, Answer], channels_first: bool) -> None:
        self.table = table
        self.rows = {row.layer.name: row for row in table.rows}
        self.channels_first = channels_first
        self.explained: dict[Place, Finding | None] = {}
        self.wrote = {place: self._oriented(place, answer) for place, answer in wrote.items()}
        self.shapes: dict[str, Shape] = {INPUT: table.network.input}
        self.followed: dict[str, Row] = {}
        self.fields: dict[str, Shape] = {}
        for row in table.rows:
            self._follow(row)

    # what was written, in the table's own form

    def maps(self) -> list[tuple[Shape, Shape]]:
        """The shapes of maps as they are read, each with the true one."""
        shapes = ((self.wrote.get((name, "output")), row.output) for name, row in self.rows.items())
        return [(own.value, true) for own, true in shapes if own and len(own.value) == len(true) > 2]

    def _oriented(self, place: Place, answer: Answer) -> Answer:
        """A shape as the table has it: channels last, 1×1×4096 for a vector of 4096, a field along every axis."""
        layer, column = place
        value = answer.value
        if layer not in self.rows or not isinstance(value, tuple):
            return answer
        row = self.rows[layer]
        if column == "receptive_field":
            return replace(answer, value=value * len(row.field)) if len(value) == 1 else answer
        if self.channels_first and len(value) == len(row.output) > 2:
            value = rotated(value)
        value = with_ones(value, row.output)
        longer = tuple(part for part in value if part != 1)
        if len(row.output) == 1 and len(longer) == 1:
            value = longer
        return replace(answer, value=value)

    # what follows from it

    def _follow(self, row: Row) -> None:
        """The layer on what was written of the layers that it reads."""
        layer = row.layer
        if row.working is None or any(name not in self.shapes for name in layer.inputs):
            return
        shapes = [self.shapes[name] for name in layer.inputs]
        true = [self.rows[name].output if name in self.rows else self.table.network.input for name in layer.inputs]
        followed = row if shapes == true else alone(layer, shapes, self.table.convention)
        if followed is not None and followed is not row:
            self.followed[layer.name] = followed
        own = self.wrote.get((layer.name, "output"))
        self.shapes[layer.name] = own.value if own else (followed or row).output
        if row.field:
            seen = self.wrote.get((layer.name, "receptive_field"))
            fits = seen is not None and isinstance(seen.value, tuple) and len(seen.value) == len(row.field)
            self.fields[layer.name] = seen.value if seen and fits else self._field(row)

    def _field(self, row: Row) -> Shape:
        """The receptive field that follows from what was written of the layers before."""
        seen = self._seen_before(row)
        try:
            return tuple(widened(row, axis, self._field_before(row, axis), pixels) for axis, pixels in enumerate(seen))
        except UserError:
            return _sizes(row)

    def _seen_before(self, row: Row) -> Shape:
        """Per axis the largest field that was written of a layer that is read; 1 for the input."""
        paths = [self.fields[name] for name in row.layer.inputs if name in self.fields]
        return tuple(max(along) for along in zip(*paths, strict=False)) if paths else (1,) * len(row.field)

    def _field_before(self, row: Row, axis: int) -> FieldAlongAxis:
        """The true one of the layers that are read."""
        paths = [self.rows[name].field for name in row.layer.inputs if name in self.rows and self.rows[name].field]
        return max((path[axis] for path in paths), key=lambda field: field.size) if paths else FieldAlongAxis(1, 1, 0)

    def _following(self, layer: str, column: str) -> Iterator[Value]:
        """What a cell may be when it follows from others that are wrong; first from all of them."""
        followed = self.followed.get(layer)
        for row in (*([followed] if followed is not None else []), self.rows[layer]):
            for pins in self._pins(row, column):
                try:
                    yield worked_with(row, column, pins)
                except UserError:
                    continue
        if followed is not None:
            yield cell(followed, column)

    def _pins(self, row: Row, column: str) -> list[dict[str, Value]]:
        """The wrong cells that this one is worked out from: all together, then one by one."""
        found: dict[str, Value] = {}
        for source in SOURCES.get(column, ()):
            own = self.wrote.get((row.layer.name, source))
            if own is not None and not agrees(cell(row, source), own):
                found[source] = own.value
        single = [{source: value} for source, value in found.items()]
        return single if len(single) < 2 else [found, *single]

    # what a cell is worth

    def judge(self, layer: str, column: str) -> Finding:
        earned = self._explained(layer, column)
        if earned is not None:
            return earned
        answer = self.wrote[layer, column]
        if self._is_total(layer):
            return self._diagnosed_total(column, answer)
        if column == "receptive_field":
            return self._diagnosed_field(self.rows[layer], answer)
        return self._diagnosed(layer, column, answer)

    def earned(self) -> int:
        """How many cells are right or follow; one that cannot be compared is neither."""
        found = 0
        for place in self.wrote:
            with suppress(UserError, OverflowError):
                found += self._explained(*place) is not None
        return found

    def _explained(self, layer: str, column: str) -> Finding | None:
        """Right, or following from what was written before; None for what is neither."""
        place = layer, column
        if place not in self.explained:
            self.explained[place] = self._as_right(layer, column) or self._as_following(layer, column)
        return self.explained[place]

    def _as_right(self, layer: str, column: str) -> Finding | None:
        answer = self.wrote[layer, column]
        if self._is_total(layer):
            return RIGHT if agrees(self.table.total[column], answer) else None
        row = self.rows[layer]
        if not agrees(_sizes(row) if column == "receptive_field" else cell(row, column), answer):
            return None
        is_turned = column == "output" and self.channels_first and len(row.output) > 2
        return Finding("convention", CHANNELS_FIRST) if is_turned and row.output != rotated(row.output) else RIGHT

    def _as_following(self, layer: str, column: str) -> Finding | None:
        answer = self.wrote[layer, column]
        if self._is_total(layer):
            values = self._own_totals(column)
        elif column == "receptive_field":
            values = iter([self._field(self.rows[layer])])
        else:
            values = self._following(layer, column)
        return FOLLOWS if any(agrees(value, answer) for value in values) else None

    def _is_total(self, layer: str) -> bool:
        return layer == TOTAL and layer not in self.rows

    def _diagnosed(self, layer: str, column: str, answer: Answer) -> Finding:
        row = self.rows[layer]
        expected = cell(row, column)
        if isinstance(expected, tuple) and isinstance(answer.value, tuple) and len(expected) != len(answer.value):
            with suppress(UserError):  # there is no mistake that gives so many numbers
                verdict = verified(row, column, answer)
                if verdict is not None and _single(verdict.mistakes):
                    return Finding("wrong", mistakes=verdict.mistakes)
            return Finding("undecided", reason=f"the shape has {_numbers(len(expected))}, not {len(answer.value)}")
        followed = self.followed.get(layer)
        verdicts = [verified(row, column, answer)]
        if followed is not None and cell(followed, column) != expected:
            verdicts.insert(0, verified(followed, column, answer))  # a mistake is made on one's own numbers
        made = [verdict for verdict in verdicts if verdict is not None]
        for verdict in reversed(made):
            if verdict.convention is not None:
                return Finding("convention", verdict.convention.name)
        named = [verdict.mistakes for verdict in made if verdict.mistakes]
        found = next(filter(_single, named), next(iter(named), ()))
        if not _single(found):
            found = tuple(self._flattened(row, column, answer)) or found
        if not _single(found):
            base = followed or row
            own = (c for pins in self._pins(base, column)[:1] for c in on_own_cells(base, column, pins, answer))
            found = tuple(own) or found
        return Finding("wrong", mistakes=found)

    def _flattened(self, row: Row, column: str, answer: Answer) -> Iterator[Candidate]:
        """The mistakes in flattening the map that a dense layer reads, its depth forgotten."""
        name = row.layer.inputs[0]
        while name in self.rows and self.rows[name].layer.kind in FLAT:
            name = self.rows[name].layer.inputs[0]
        true = self.rows[name].output if name in self.rows else self.table.network.input
        for shape in dict.fromkeys((true, self.shapes.get(name, true))):
            yield from on_flattened(row, shape, column, answer)

    def _diagnosed_field(self, row: Row, answer: Answer) -> Finding:
        sizes = _sizes(row)
        if len(answer.value) != len(sizes):
            return Finding("undecided", reason=f"one number is expected, or {len(sizes)}, not {len(answer.value)}")
        if agrees(window_size(row), answer):
            return Finding("convention", WINDOW)
        for axis, (right, wrote) in enumerate(zip(sizes, answer.value, strict=True)):
            if right != wrote:
                before = self._field_before(row, axis)
                for seen in (before.size, self._seen_before(row)[axis]):
                    found = field_mistakes(row, axis, before, seen, replace(answer, value=wrote))
                    if found:
                        return Finding("wrong", mistakes=found)
        return Finding("wrong")

    # totals

    def _diagnosed_total(self, column: str, answer: Answer) -> Finding:
        for name in self._conventions():
            with suppress(UserError):  # one that writes shapes otherwise fits single layers, not a whole network
                if agrees(tabulate(self.table.network, name).total[column], answer):
                    return Finding("convention", name)
        return Finding("wrong", mistakes=tuple(self._made_throughout(column, answer)))

    def _own_totals(self, column: str) -> Iterator[Value]:
        """The sums of what was written: what was not counts as it is, or as nothing."""
        for rest in (True, False):
            yield sum_of(self._own(row, column, rest) for row in self.table.rows)
        parts = [self.wrote.get((TOTAL, part)) for part in ("weights", "biases")]
        if column == "parameters" and all(parts):
            yield sum_of(part.value for part in parts if part)

    def _own(self, row: Row, column: str, rest: bool) -> Value:
        own = self.wrote.get((row.layer.name, column))
        if own is not None:
            return own.value
        return self.followed.get(row.layer.name, row).count(column) if rest else 0

    def _conventions(self) -> list[str]:
        """The other ways of counting that some layer's formula knows."""
        known = chain.from_iterable(row.working.formula.conventions for row in self.table.rows if row.working)
        names = dict.fromkeys(convention.name for convention in known if not convention.variant)
        return [name for name in names if name != (self.table.convention or "textbook")]

    def _made_throughout(self, column: str, answer: Answer) -> Iterator[Candidate]:
        """The mistakes that give the total when they are made in every layer where they can be."""
        for mistake, total in mistaken_totals(self.table, column):
            if agrees(total, answer):
                yield Candidate((mistake,))


def _sizes(row: Row) -> Shape:
    return tuple(field.size for field in row.field)


def _numbers(count: int) -> str:
    return f"{count} number{'s' if count > 1 else ''}"


def _single(found: tuple[Candidate, ...]) -> bool:
    """Whether one mistake alone explains an answer."""
    return bool(found) and len(found[0].mistakes) == 1
