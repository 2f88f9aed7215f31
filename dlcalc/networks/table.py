"""The table of a network: every layer worked out by its formula, with its receptive field, and the totals."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from ..errors import UserError
from ..expressions.nodes import Node, Value
from ..expressions.totals import sum_of
from ..formulas.model import Formula
from ..formulas.registry import formula
from ..formulas.run import Working, run
from .kinds import KINDS, Kind, Shape
from .network import INPUT, Layer, Network

COUNTS = ("weights", "biases", "parameters", "macs", "memory")
"""What is counted per layer and added up."""

Window = tuple[Value, Value, Value, Value]
"""f, s, d and p along one axis."""


@dataclass(frozen=True)
class Field:
    """The receptive field along one axis, in input pixels: `size`, `jump` to the next unit, `start` of the first."""

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
    shown: dict[str, Value] = dataclasses.field(default_factory=dict, repr=False, compare=False)
    """Answers that were asked for, kept for all rows of one working."""

    def count(self, name: str) -> Value:
        """weights, biases, parameters, macs or memory; 0 for a layer that has none."""
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
        return {name: sum_of(row.count(name) for row in self.rows) for name in COUNTS}

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

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """The window along each axis: f, s, d and the padding before the input."""
        padding = "pad_begin" if "pad_begin" in self.working.formula.by_name else "p"
        settings = [self._per_axis(name, usual) for name, usual in (("f", 1), ("s", 1), ("d", 1), (padding, 0))]
        return tuple(zip(*settings, strict=True))

    def _per_axis(self, name: str, usual: Value) -> Shape:
        value = self.working[name] if name in self.working.formula.by_name else usual
        return value if isinstance(value, tuple) else (value,) * self.working.formula.axes


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
        axes = len(network.input) - 1 if not network.sequence and len(network.input) > 1 else 0
        self.fields: dict[str, tuple[Field, ...]] = {INPUT: (Field(1, 1, 0),) * axes}
        self.aligned: dict[str, bool] = {INPUT: True}
        self.asked: dict[tuple[object, ...], _Asked] = {}

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
            return Row(layer, None, (), unknown=why)
        shapes = [self.shapes[name] for name in layer.inputs]
        question = kind.ask(layer, shapes)
        asked = self.ask(question.formula, question.given, question.convention)
        output = question.output(asked.shape)
        self.shapes[layer.name] = self.known.get(layer.name, output)
        fields, aligned = self.field(layer, kind, asked, len(output))
        self.fields[layer.name], self.aligned[layer.name] = fields, aligned
        return Row(layer, asked.working, output, fields, aligned, shown=asked.shown)

    def ask(self, id: str, given: Mapping[str, Value], variant: str = "") -> _Asked:
        """A formula run; layers that ask the same are worked out once."""
        key = (id, variant, frozenset(given.items()))
        if key not in self.asked:
            found, convention = _found(id, variant, self.convention)
            self.asked[key] = _Asked(run(found, given, convention=convention))
        return self.asked[key]

    def field(self, layer: Layer, kind: Kind, asked: _Asked, rank: int) -> tuple[tuple[Field, ...], bool]:
        """The receptive field after a layer: the largest of its paths, widened by its window."""
        paths = [self.fields[name] for name in layer.inputs if self.fields[name]]
        if not paths or rank < 2:
            return (), True
        widest, aligned = paths[0], all(self.aligned[name] for name in layer.inputs)
        if len(paths) > 1:
            axes = list(zip(*paths, strict=False))
            widest = tuple(max(along, key=_size) for along in axes)
            aligned = aligned and all(len({_centre(field) for field in along}) == 1 for along in axes)
        if not kind.window:
            return widest, aligned
        return tuple(map(self.widened, widest, asked.windows)), aligned

    def widened(self, field: Field, window: Window) -> Field:
        f, s, d, p = window
        given = {"r": field.size, "j": field.jump, "first": field.start, "f": f, "s": s, "d": d, "p": p}
        step = self.ask("rf_layer", given).working
        return Field(step["receptive_field"], step["jump"], step["start"])


def _centre(field: Field) -> tuple[Value, Value]:
    return field.start, field.jump


def _size(field: Field) -> tuple[bool, Value]:
    """Numbers by size; letters last, in no order."""
    return (True, 0) if isinstance(field.size, Node) else (False, field.size)
