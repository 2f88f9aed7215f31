"""A feed-forward network as equations, from a network as data: dense layers, convolutions, pooling, activations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from ...errors import UserError
from ...expressions.nodes import Kind, Node
from ...expressions.reader import Declarations
from ...networks import network as data
from ...networks.sizes import Sizes
from ...networks.table import Row
from ..cells import _fact
from .layers import Activation, AveragePool, Convolution, Dense, Flatten, GlobalAverage, Layer, MaxPool
from .quantities import Quantity

ACTIVATIONS = ("linear", "sigmoid", "tanh", "relu", "softmax")
LOSSES = {
    "squared": "½ Σ (ŷ − y)²",
    "sum": "Σ (ŷ − y)²",
    "cross-entropy": "−Σ y ln ŷ after a softmax",
    "log": "−Σ (y ln ŷ + (1 − y) ln(1 − ŷ)) after sigmoids",
}
"""Loss → what it is."""
_STATED = {
    "squared": ("loss_squared_by_hand", "gradient", "yhat"),
    "sum": ("loss_squared_by_hand", "gradient", "yhat"),
    "cross-entropy": ("softmax_cross_entropy_by_hand", "gradient", "yhat"),
    "log": ("loss_log_by_hand", "by_score", "p"),
}
"""Loss → its formula, the step of it that is ∂L/∂ŷ, or ∂L/∂a where the slopes cancel, and the output's letter there."""
_CONVENTIONS = {"sum": "sum"}
"""Loss → the convention of its formula, where it is not the formula's own."""
_BEHIND = {"cross-entropy": "softmax", "log": "sigmoid"}
_LETTERS = ("k", "c", "i", "j", "u", "v")
MOST_LAYERS = 24


@dataclass(frozen=True, eq=False)
class Feedforward:
    """Layers one after another, from the input x to the output ŷ, and the loss that compares ŷ with y."""

    title: str
    x: Quantity
    layers: tuple[Layer, ...]
    loss: str

    @property
    def output(self) -> Quantity:
        return self.layers[-1].makes

    @cached_property
    def y(self) -> Quantity:
        return Quantity("y", self.output.shape, "target")

    @cached_property
    def parameters(self) -> dict[str, Quantity]:
        return {each.name: each for layer in self.layers for each in layer.parameters}

    @cached_property
    def signals(self) -> dict[str, Quantity]:
        """x and what the layers make, in forward order."""
        return {each.name: each for each in (self.x, *(layer.makes for layer in self.layers))}

    @cached_property
    def places(self) -> tuple[Quantity, ...]:
        """Which cell of each window of a maximum pooling is largest."""
        return tuple(layer.best for layer in self.layers if isinstance(layer, MaxPool))

    @cached_property
    def loss_node(self) -> Node:
        return self._stated("loss")

    @property
    def is_merged(self) -> bool:
        """Whether the slope of the output's activation cancels against that of the loss: ∂L/∂a is ŷ − y."""
        return self.loss in _BEHIND

    @cached_property
    def error(self) -> Node:
        """ŷ − y: ∂L/∂ŷ of the squared loss, ∂L/∂a of the others."""
        return self._stated(_STATED[self.loss][1])

    def _stated(self, step: str) -> Node:
        id, _, letter = _STATED[self.loss]
        if self.output.kind is Kind.MAP:
            id = "map_loss_by_hand"
        return _fact(id, step, {letter: self.output.node, "y": self.y.node}, _CONVENTIONS.get(self.loss, ""))

    @property
    def has_maps(self) -> bool:
        return any(len(each.shape) > 1 for each in self.signals.values())

    @property
    def size(self) -> int:
        """Numbers in all: inputs, weights, and what every layer makes."""
        return sum(each.size for each in (*self.signals.values(), *self.parameters.values()))

    @cached_property
    def declarations(self) -> Declarations:
        """The names of every tree of this network, so that what is printed is read back."""
        kinds = dict.fromkeys(_LETTERS, Kind.SCALAR) | {"L": Kind.SCALAR}
        for each in self._all():
            kinds[each.name] = each.kind
            if each.delta:
                kinds[each.delta] = each.kind
        return Declarations(kinds, frozenset(_LETTERS))

    def _all(self) -> Iterator[Quantity]:
        yield from (*self.signals.values(), *self.parameters.values(), self.y, *self.places)


def feedforward(network: data.Network, loss: str | None = None) -> Feedforward:
    """The equations of a network as data. `loss` None: cross-entropy behind a softmax, else the squared loss.

    Raises UserError for a layer that has no equations here, letters that are left, and a loss that does not fit.
    """
    if network.sequence:
        raise UserError("backprop is of feed-forward networks: for rows that are time steps there is bptt")
    if len(network.layers) > MOST_LAYERS:
        raise UserError(f"backprop takes at most {MOST_LAYERS} layers, not {len(network.layers)}")
    built = _Built(network)
    if not built.layers:
        raise UserError("backprop needs a layer that computes something, such as dense 2")
    last = built.layers[-1]
    function = last.function if isinstance(last, Activation) else "linear"
    chosen = loss or ("cross-entropy" if function == "softmax" else "squared")
    if chosen not in LOSSES:
        raise UserError(f"loss is one of {', '.join(LOSSES)}, not {chosen[:40]}")
    wanted = _BEHIND.get(chosen)
    if wanted and (function != wanted or built.last.kind is Kind.MAP):
        output = f"a {function} one" if built.last.kind is not Kind.MAP else "maps"
        raise UserError(f"the {chosen} loss comes after a {wanted} output, not {output}")
    return Feedforward(network.title, built.layers[0].reads, tuple(built.layers), chosen)


class _Built(Sizes):
    """The layers, one after another, with their letters: the number of a layer with weights is its subscript."""

    convention: ClassVar[str] = "textbook"
    lacking: ClassVar[str] = "has no backpropagation here"

    def __init__(self, network: data.Network) -> None:
        super().__init__(network)
        self.layers: list[Layer] = []
        self.count = 0
        self.pools = 0
        self.last = self._input()
        before = data.INPUT
        functions = [self._function(row) for row in self.rows]
        self.final = max((i for i, row in enumerate(self.rows) if row.layer.kind != "activation"), default=-1)
        for place, row in enumerate(self.rows):
            if row.layer.inputs != (before,):
                raise self.refused(row, "the layers must follow one another, without branches")
            before = row.layer.name
            ends = place >= self.final and not any(functions[place:])
            if row.layer.kind != "activation":
                self._add(row, ends)
            if functions[place]:
                self._activate(row, functions[place], not any(functions[place + 1 :]) and place >= self.final)

    def _input(self) -> Quantity:
        sizes = [self.number(self.rows[0], size) for size in self.network.input]
        if len(sizes) not in (1, 3):
            shown = "×".join(map(str, sizes))
            raise UserError(f"the input is a vector (3) or a map, height × width × channels (4x4x1), not {shown}")
        shape = (sizes[0],) if len(sizes) == 1 else (sizes[2], sizes[0], sizes[1])
        return Quantity("x", shape, "input", "delta_x")

    def _function(self, row: Row) -> str:
        """The activation of a layer, "" for none."""
        found = [word for word in row.layer.remarks if word not in ("linear", "identity")]
        for word in found:
            if word not in ACTIVATIONS:
                raise self.refused(row, f"activations are {', '.join(ACTIVATIONS)}, not {word[:30]}")
        if len(found) > 1:
            raise self.refused(row, f"a layer has one activation, not {' and '.join(found)[:60]}")
        if found and found[0] == "softmax" and row is not self.rows[-1]:
            raise self.refused(row, "a softmax can only be at the output")
        return found[0] if found else ""

    def _activate(self, row: Row, function: str, ends: bool) -> None:
        name = (
            "yhat"
            if ends
            else f"h_{self.count}"
            if self.last.name.startswith("a_")
            else f"h_{self.last.name.replace('_', '')}"
        )
        if function == "softmax" and len(self.last.shape) > 1:
            raise self.refused(row, "a softmax is of a vector here")
        delta = "delta_yhat" if ends else f"delta_{name.replace('_', '')}"
        made = Quantity(name, self.last.shape, "output" if ends else f"outputs of layer {self.count}", delta)
        self._append(Activation(self.count, self.last, made, function))

    def _append(self, layer: Layer) -> None:
        self.layers.append(layer)
        self.last = layer.makes

    def _add(self, row: Row, ends: bool) -> None:
        kind = row.layer.kind
        if kind == "dense":
            if len(self.last.shape) > 1:
                self._flatten()
            self._dense(row, ends)
        elif kind == "conv":
            self._conv(row, ends)
        elif kind in ("maxpool", "avgpool"):
            self._pool(row, ends)
        elif kind == "global-avgpool":
            self._append(GlobalAverage(self.count, self.last, self._made("z", self.last.shape[:1], "means", ends)))
        elif kind == "flatten":
            if len(self.last.shape) > 1:
                self._flatten(ends)
        else:
            known = "dense, conv, pool, avgpool, gap, flatten and activations"
            raise self.refused(row, f"layers are {known}")

    def _made(self, name: str, shape: tuple[int, ...], meaning: str, ends: bool, delta: str = "") -> Quantity:
        return Quantity("yhat" if ends else name, shape, meaning, delta or f"delta_{name.replace('_', '')}")

    def _flatten(self, ends: bool = False) -> None:
        self._append(Flatten(self.count, self.last, self._made("z", (self.last.size,), "the map as a vector", ends)))

    def _parameters(self, row: Row, shape: tuple[int, ...]) -> tuple[Quantity, Quantity | None]:
        number = self.count
        weight = Quantity(f"W_{number}", shape, f"{'weights' if len(shape) == 2 else 'filters'} of layer {number}")
        bias = Quantity(f"b_{number}", shape[:1], f"biases of layer {number}")
        return weight, bias if self.flag(row, "bias", True) else None

    def _sums(self, shape: tuple[int, ...], ends: bool) -> Quantity:
        meaning = "output" if ends else f"sums of layer {self.count}"
        return self._made(f"a_{self.count}", shape, meaning, ends, f"delta_{self.count}")

    def _dense(self, row: Row, ends: bool) -> None:
        self.count += 1
        weight, bias = self._parameters(row, (self.one(row, "m"), self.last.size))
        self._append(Dense(self.count, self.last, self._sums(weight.shape[:1], ends), weight, bias))

    def _pair(self, row: Row, name: str) -> tuple[int, int]:
        first, second = self.along(row, name)
        return first, second

    def _two_axes(self, row: Row) -> None:
        if self.axes(row) != 2:
            raise self.refused(row, "it reads a map, height × width × channels")

    def _conv(self, row: Row, ends: bool) -> None:
        self._two_axes(row)
        if set(self.along(row, "d")) != {1} or self.one(row, "groups") != 1:
            raise self.refused(row, "dilation and groups are 1")
        self.count += 1
        f, s = self._pair(row, "f"), self._pair(row, "s")
        p = self._pair(row, "pad_begin" if self.flag(row, "same") else "p")
        height, width, filters = (self.number(row, size) for size in row.output)
        weight, bias = self._parameters(row, (filters, self.last.shape[0], *f))
        made = self._sums((filters, height, width), ends)
        self._append(Convolution(self.count, self.last, made, f, s, p, weight, bias))

    def _pool(self, row: Row, ends: bool) -> None:
        self._two_axes(row)
        padded = self.flag(row, "same") or self.flag(row, "ceil") or set(self.along(row, "p")) != {0}
        if padded or set(self.along(row, "d")) != {1}:
            raise self.refused(row, "pooling is without padding, dilation and rounding up")
        self.pools += 1
        height, width, channels = (self.number(row, size) for size in row.output)
        made = self._made(f"p_{self.pools}", (channels, height, width), "pooled maps", ends)
        window = (self._pair(row, "f"), self._pair(row, "s"), (0, 0))
        if row.layer.kind == "avgpool":
            self._append(AveragePool(self.count, self.last, made, *window))
            return
        best = Quantity(f"r_{self.pools}", made.shape, "which cell of the window is largest, row by row")
        self._append(MaxPool(self.count, self.last, made, *window, best))
