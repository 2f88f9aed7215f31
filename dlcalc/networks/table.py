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
from .kinds import KINDS, Kind, Shape
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
        """weights, biases, parameters, macs, flops or memory; 0 for a layer that has none, and for what is not known of
        a layer. Weights that are another layer's are counted there.
        """
        if name not in self.shown:
            self.shown[name] = self._count(name)
        return self.shown[name]

    def _count(self, name: str) -> Value:
        if self.working is None:
            return self.layer.held or 0 if name == "parameters" else 0
        answers = self.working.formula.answers
        if self.layer.shares and name in _OF_WEIGHTS:
            own = "biases" if self.layer.own_bias and "biases" in answers else ""
            if name == "memory" and "activation_memory" in answers:
                return self.working.shown("activation_memory") + (4 * self.working.shown(own) if own else 0)
            return self.working.shown(own) if own and name in ("biases", "parameters", "trainable") else 0
        return self.working.shown(name) if name in answers else 0

    def knows(self, name: str) -> bool:
        """Whether a count is known: all are of a layer that is worked out, and of another the parameters if its file
        holds them."""
        return not self.unknown or (name == "parameters" and self.layer.held is not None)

    @property
    def trainable(self) -> Value:
        """Parameters that training changes."""
        if self.layer.frozen:
            return self.count("biases") if self.layer.frozen == "weights" else 0
        has = self.working is not None and "trainable" in self.working.formula.answers
        return self.count("trainable" if has else "parameters")

    @property
    def non_trainable(self) -> Value:
        """Values that are kept but not learnt (running means and variances)."""
        return self.count("non_trainable")


_OF_WEIGHTS = frozenset({"weights", "biases", "parameters", "trainable", "non_trainable", "memory"})


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
        """Some layer could not be worked out, or weights of the file belong to none, so the totals leave them out."""
        return self.network.unplaced != 0 or any(row.unknown for row in self.rows)

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
    worked = Worker(network, convention, known or {})
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


class Worker:
    """Works layers out one after another, each after those that it reads."""

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
            return self.unknown(layer, kind)
        shapes = [self.shapes[name] for name in layer.inputs]
        lead = shapes[0][: layer.over] if layer.over else ()
        question = kind.ask(layer, [shape[layer.over :] for shape in shapes] if lead else shapes).at(lead)
        asked = self.ask(question.formula, question.given, question.convention)
        output = question.output(asked.shape)
        self.shapes[layer.name] = self.known.get(layer.name, output)
        self.fields.passed.append(Passed(layer, kind, asked.working, shapes, output))
        shown = {} if layer.shares else asked.shown
        return Row(layer, asked.working, output, fields=self.fields, shown=shown)

    def unknown(self, layer: Layer, kind: Kind | None) -> Row:
        """The row of a layer that is not worked out; what follows it goes on from the shape that its file says."""
        why = layer.why or (f"{layer.kind} is not a kind of layer that is known" if kind is None else "")
        output = self.known.get(layer.name, layer.stated)
        if output is not None:
            self.shapes[layer.name] = output
            self.fields.lost[layer.name] = f"{layer.name}: {why}"
        return Row(layer, None, output or (), why or "it reads an unknown layer", fields=self.fields)

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
