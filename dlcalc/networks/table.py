"""The table of a network: every layer worked out by its formula, with its receptive field, and the totals."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from ..errors import UserError
from ..expressions.folding import MOST_TERMS
from ..expressions.limits import LimitError
from ..expressions.nodes import Add, Node, Value, to_node
from ..expressions.totals import sum_of
from ..formulas.model import Formula
from ..formulas.registry import formula
from ..formulas.run import Working, run
from .kinds import KINDS, Shape
from .network import INPUT, Layer, Network
from .receptive_fields import NOWHERE, Passed, ReceptiveField, ReceptiveFields
from .receptive_fields import FieldAlongAxis as FieldAlongAxis

COUNTS = ("weights", "biases", "parameters", "macs", "memory")
"""What is counted per layer and added up."""


@dataclass(frozen=True)
class Row:
    """One layer worked out. `unknown` says why a layer could not be worked out."""

    layer: Layer
    working: Working | None
    output: Shape
    unknown: str = ""
    fields: ReceptiveFields | None = dataclasses.field(default=None, repr=False, compare=False)
    """The receptive fields of the network that it stands in."""
    shown: dict[str, Value] = dataclasses.field(default_factory=dict, repr=False, compare=False)
    """Answers that were asked for, kept for all rows of one working."""

    @property
    def reach(self) -> ReceptiveField:
        """What its units see of the input."""
        return NOWHERE if self.fields is None else self.fields.of(self.layer.name)

    @property
    def field(self) -> tuple[FieldAlongAxis, ...]:
        """One receptive field per axis, () where there is none."""
        return self.reach.axes

    @property
    def aligned(self) -> bool:
        """False where paths of different centres meet."""
        return self.reach.aligned

    def count(self, name: str) -> Value:
        """weights, biases, parameters, macs, flops or memory; 0 for a layer that has none."""
        if name not in self.shown:
            has = self.working is not None and name in self.working.formula.answers
            self.shown[name] = self.working.shown(name) if self.working is not None and has else 0
        return self.shown[name]

    @property
    def trainable(self) -> Value:
        """Parameters that training changes."""
        has = self.working is not None and "trainable" in self.working.formula.answers
        return self.count("trainable" if has else "parameters")

    @property
    def non_trainable(self) -> Value:
        """Values that are kept but not learnt (running means and variances)."""
        return self.count("non_trainable")


@dataclass(frozen=True)
class Table:
    """A network worked out, row by row."""

    network: Network
    rows: tuple[Row, ...]
    convention: str

    @cached_property
    def total(self) -> dict[str, Value]:
        """The sums over all rows."""
        return {name: added(row.count(name) for row in self.rows) for name in COUNTS}

    def summed(self, name: str) -> Value:
        """The sum over all rows of what `Row.count` counts."""
        return self.total[name] if name in COUNTS else added(row.count(name) for row in self.rows)

    @property
    def partial(self) -> bool:
        """Some layer could not be worked out, so the totals leave it out."""
        return any(row.unknown for row in self.rows)

    def row(self, name: str) -> Row:
        """The row of a layer. Raises UserError."""
        return self._by_name[self.network.layer(name).name]

    @cached_property
    def _by_name(self) -> dict[str, Row]:
        return {row.layer.name: row for row in self.rows}


def added(counts: Iterable[Value]) -> Value:
    """The sum of what rows count; where too much is left in letters to be folded, all of it in a row."""
    times: dict[int, int] = {}
    values: dict[int, Value] = {}
    for value in counts:
        # equal layers share their working, and so this very value
        times[id(value)] = times.get(id(value), 0) + 1
        values[id(value)] = value
    parts = [value if times[key] == 1 else value * times[key] for key, value in values.items()]
    letters = [part for part in parts if isinstance(part, Node)]
    if len(letters) <= MOST_TERMS:
        try:
            return sum_of(parts)
        except LimitError:
            pass
    rest = sum_of(part for part in parts if not isinstance(part, Node))
    return Add((*letters, *([] if rest == 0 else [to_node(rest)])))


def tabulate(network: Network, convention: str = "", known: Mapping[str, Shape] | None = None) -> Table:
    """Works every layer out, in order.

    `convention` is used where a layer's formula knows it. `known` pins the output shapes of layers to what somebody
    found, so that later layers follow from it. Raises UserError naming the layer that does not fit.
    """
    worked = _Worked(network, convention, known or {})
    return Table(network, tuple(worked.row(layer) for layer in network.layers), convention)


@dataclass(frozen=True)
class _Asked:
    """A working, with what is read from it, for all layers that ask the same."""

    working: Working
    shown: dict[str, Value] = dataclasses.field(default_factory=dict)

    @cached_property
    def shape(self) -> Shape:
        shape = self.working.shown(self.working.formula.shape)
        return shape if isinstance(shape, tuple) else (shape,)


@cache
def _found(id: str, variant: str, convention: str) -> tuple[Formula, str]:
    """A formula, and which it knows: the variant as this convention counts it, the variant, or the convention."""
    found = formula(id)
    known = {known.name for known in found.conventions}
    wanted = (f"{convention}-{variant}", variant, "" if variant else convention)
    return found, next((name for name in wanted if name in known), "")


class _Worked:
    def __init__(self, network: Network, convention: str, known: Mapping[str, Shape]) -> None:
        self.convention = convention
        self.known = known
        self.shapes: dict[str, Shape] = {INPUT: network.input}
        self.fields = ReceptiveFields(network)
        self.asked: dict[Hashable, _Asked] = network.worked

    def row(self, layer: Layer) -> Row:
        try:
            return self._row(layer)
        except UserError as error:
            where = f"{layer.place}: " if layer.place else ""
            message = str(error)
            named = message if message.startswith(layer.name) else f"{layer.name}: {message}"
            raise UserError(where + named) from None

    def _row(self, layer: Layer) -> Row:
        kind = KINDS.get(layer.kind)
        if kind is None or any(name not in self.shapes for name in layer.inputs):
            why = f"{layer.kind} is not a kind of layer that is known" if kind is None else "it reads an unknown layer"
            return Row(layer, None, (), why)
        shapes = [self.shapes[name] for name in layer.inputs]
        question = kind.ask(layer, shapes)
        asked = self.ask(question.formula, question.given, question.convention)
        output = question.output(asked.shape)
        self.shapes[layer.name] = self.known.get(layer.name, output)
        self.fields.passed.append(Passed(layer, kind, asked.working, shapes, output))
        return Row(layer, asked.working, output, fields=self.fields, shown=asked.shown)

    def ask(self, id: str, given: Mapping[str, Value], variant: str = "") -> _Asked:
        """A formula run; layers that ask the same are worked out once."""
        found, convention = _found(id, variant, self.convention)
        key = (id, convention, frozenset(map(_typed, given.items())))
        if key not in self.asked:
            self.asked[key] = _Asked(run(found, given, convention=convention))
        return self.asked[key]


def _typed(item: tuple[str, Value]) -> Hashable:
    """A quantity by its type too: 1, 1.0 and True are equal, but not all of them are whole numbers."""
    name, value = item
    return name, value, tuple(map(type, value)) if isinstance(value, tuple) else type(value)
