"""The table of a network: every layer worked out by its formula, with its receptive field, and the totals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..errors import UserError
from ..expressions.nodes import Node, Value
from ..formulas.registry import formula
from ..formulas.run import Working, run
from .kinds import KINDS, Kind, Shape
from .network import INPUT, Layer, Network

COUNTS = ("weights", "biases", "parameters", "macs", "memory")
"""What is counted per layer and added up."""


@dataclass(frozen=True)
class Field:
    """The receptive field along one axis, in input pixels: `size`, `jump` to the next unit, `start` of the first unit."""

    size: Value
    jump: Value
    start: Value


@dataclass(frozen=True)
class Row:
    """One layer worked out. `field` holds one receptive field per axis, () where there is none; `aligned` is False
    where paths of different centres meet. `unknown` says why a layer could not be worked out.
    """

    layer: Layer
    working: Working | None
    output: Shape
    field: tuple[Field, ...] = ()
    aligned: bool = True
    unknown: str = ""

    def count(self, name: str) -> Value:
        """weights, biases, parameters, macs or memory; 0 for a layer that has none."""
        if self.working is None or name not in self.working.formula.answers:
            return 0
        return self.working.shown(name)

    @property
    def non_trainable(self) -> Value:
        """Values that are kept but not learnt (running means and variances)."""
        if self.working is None or "non_trainable" not in self.working.formula.answers:
            return 0
        return self.working.shown("non_trainable")


@dataclass(frozen=True)
class Table:
    """A network worked out, row by row."""

    network: Network
    rows: tuple[Row, ...]
    convention: str

    @cached_property
    def total(self) -> dict[str, Value]:
        """The sums over all rows."""
        sums: dict[str, Value] = {}
        for name in COUNTS:
            total: Value = 0
            for row in self.rows:
                total = total + row.count(name)
            sums[name] = total
        return sums

    @property
    def partial(self) -> bool:
        """Some layer could not be worked out, so the totals leave it out."""
        return any(row.unknown for row in self.rows)

    def row(self, name: str) -> Row:
        """The row of a layer. Raises UserError."""
        wanted = self.network.layer(name)
        return next(row for row in self.rows if row.layer is wanted)


def tabulate(network: Network, convention: str = "", known: Mapping[str, Shape] | None = None) -> Table:
    """Works every layer out, in order.

    `convention` is used where a layer's formula knows it. `known` pins the output shapes of layers to what somebody
    found, so that later layers follow from it. Raises UserError naming the layer that does not fit.
    """
    worked = _Worked(network, convention, known or {})
    return Table(network, tuple(worked.row(layer) for layer in network.layers), convention)


class _Worked:
    def __init__(self, network: Network, convention: str, known: Mapping[str, Shape]) -> None:
        self.convention = convention
        self.known = known
        self.shapes: dict[str, Shape] = {INPUT: network.input}
        axes = len(network.input) - 1 if not network.sequence and len(network.input) > 1 else 0
        self.fields: dict[str, tuple[Field, ...]] = {INPUT: (Field(1, 1, 0),) * axes}
        self.aligned: dict[str, bool] = {INPUT: True}
        self.cache: dict[tuple[object, ...], Working] = {}

    def row(self, layer: Layer) -> Row:
        try:
            return self._row(layer)
        except UserError as error:
            where = f"{layer.place}: " if layer.place else ""
            message = str(error)
            raise UserError(message if message.startswith(layer.name) else f"{where}{layer.name}: {message}") from None

    def _row(self, layer: Layer) -> Row:
        kind = KINDS.get(layer.kind)
        if kind is None or any(name not in self.shapes for name in layer.inputs):
            why = f"{layer.kind} is not a kind of layer that is known" if kind is None else "it reads an unknown layer"
            return Row(layer, None, (), unknown=why)
        shapes = [self.shapes[name] for name in layer.inputs]
        question = kind.ask(layer, shapes)
        working = self.work(question.formula, question.given, question.convention)
        found = working.formula
        shape = working.shown(found.shape)
        output = question.output(shape if isinstance(shape, tuple) else (shape,))
        self.shapes[layer.name] = self.known.get(layer.name, output)
        fields, aligned = self.field(layer, kind, working, len(output))
        self.fields[layer.name], self.aligned[layer.name] = fields, aligned
        return Row(layer, working, output, fields, aligned)

    def work(self, id: str, given: Mapping[str, Value], variant: str = "") -> Working:
        """A formula run; layers that ask the same are worked out once."""
        key = (id, variant, *sorted(given.items(), key=lambda item: item[0]))
        if key not in self.cache:
            found = formula(id)
            names = [convention.name for convention in found.conventions]
            wanted = variant or self.convention
            self.cache[key] = run(found, given, convention=wanted if wanted in names else "")
        return self.cache[key]

    def field(self, layer: Layer, kind: Kind, working: Working, rank: int) -> tuple[tuple[Field, ...], bool]:
        """The receptive field after a layer: the largest of its paths, widened by its window."""
        paths = [self.fields[name] for name in layer.inputs if self.fields[name]]
        if not paths or rank < 2:
            return (), True
        aligned = all(self.aligned[name] for name in layer.inputs)
        widest = []
        for axis in range(len(paths[0])):
            along = [path[axis] for path in paths if axis < len(path)]
            aligned = aligned and len({_centre(field) for field in along}) == 1
            widest.append(max(along, key=_order(lambda field: field.size)))
        if not kind.window:
            return tuple(widest), aligned
        return tuple(self.widened(field, working, axis) for axis, field in enumerate(widest)), aligned

    def widened(self, field: Field, working: Working, axis: int) -> Field:
        def along(name: str, usual: Value) -> Value:
            if name not in working.formula.by_name:
                return usual
            value = working[name]
            return value[axis] if isinstance(value, tuple) else value

        padding = along("pad_begin", along("p", 0))
        given = {"r": field.size, "j": field.jump, "first": field.start, "f": along("f", 1), "s": along("s", 1)}
        step = self.work("rf_layer", {**given, "d": along("d", 1), "p": padding})
        return Field(step["receptive_field"], step["jump"], step["start"])


def _centre(field: Field) -> tuple[Value, Value]:
    return field.start, field.jump


def _order(of: Callable[[Field], Value]) -> Callable[[Field], tuple[bool, object]]:
    """Numbers by size; letters last, in no order."""

    def key(field: Field) -> tuple[bool, object]:
        value = of(field)
        return (True, 0) if isinstance(value, Node) else (False, value)

    return key

