"""A network as data: layers with a name, a kind, settings and the names they read. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from ..errors import UserError
from ..expressions.nodes import Value

INPUT = "input"
"""The name under which layers read the network's input."""


Shape = tuple[Value, ...]


@dataclass(frozen=True)
class Layer:
    """One layer. `settings` are the quantities of its kind's formula that the shapes do not give (k, f, s, ...).

    `inputs` are the names that it reads; `place` says where it stands in the file or text it came from.
    """

    name: str
    kind: str
    settings: Mapping[str, Value] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    place: str = ""
    remarks: tuple[str, ...] = ()
    """Activation, dropout or normalisation that is a setting of the layer and no row of its own: `relu`."""
    over: int = 0
    """So many axes stand before those that it reads, and it works at every position of them."""
    shares: str = ""
    """The layer whose weights it uses."""
    own_bias: bool = False
    """Its biases are its own where the weights are another layer's."""
    frozen: Literal["", "weights", "all"] = ""
    """What of its parameters the file says is not trained."""
    why: str = ""
    """Why it could not be worked out, of a kind that is not known."""
    stated: Shape | None = None
    """The shape that the file says comes out, of a layer that is not known."""
    held: int | None = None
    """How many numbers its weights in the file have, of a layer that is not known."""
    layout: tuple[Shape, tuple[int, ...]] | None = None
    """How a flatten or a reshape of a file takes the numbers: cut into these sizes, the axes in this order; None in a
    line of text."""
    details: Mapping[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    """What no count depends on and its values do: eps; under the place of a remark what the file says beside it."""
    arrays: Callable[[], Sequence[Any]] | None = field(default=None, repr=False, compare=False)
    """Gives its parameters as the file has them, in the order and layout in which `forward` reads them."""
    unlike: str = ""
    """Why its values are not followed, of a layer whose counts are."""


@dataclass(frozen=True)
class Network:
    """Layers in an order in which each reads only layers before it. `input` is height × width × channels, or (T, n)."""

    id: str
    title: str
    input: Shape
    layers: tuple[Layer, ...]
    sequence: bool = False
    """The input's rows are time steps."""
    source: str = ""
    notes: tuple[str, ...] = ()
    unplaced: int = 0
    """Weights of the file that belong to none of the layers; less than 0 where the layers have more than the file."""
    convention: str = "textbook"
    """How the file's framework counts biases."""

    def layer(self, name: str) -> Layer:
        """The layer of that name, without regard to case. Raises UserError."""
        found = self._by_name.get(name.lower())
        if found is not None:
            return found
        known = ", ".join(layer.name for layer in self.layers[:12])
        raise UserError(f"{self.id} has no layer {name}; it has {known}{', ...' if len(self.layers) > 12 else ''}")

    @property
    def has_weights(self) -> bool:
        """Whether a file gives the weights of its layers."""
        return any(layer.arrays is not None for layer in self.layers)

    @cached_property
    def worked(self) -> dict[Hashable, Any]:
        """What `tabulate` has worked out, by what was asked, for all countings that do not differ in it."""
        return {}

    @cached_property
    def _by_name(self) -> dict[str, Layer]:
        return {layer.name.lower(): layer for layer in reversed(self.layers)}


def ordered(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """The layers in an order in which each comes after what it reads, as written where that is free.

    Raises UserError for two layers of one name, a name that nobody has, or a cycle.
    """
    given = list(layers)
    names: dict[str, Layer] = {}
    for layer in given:
        if layer.name in names or layer.name == INPUT:
            raise UserError(f"{_at(layer)}two layers are called {layer.name}; names are used once")
        names[layer.name] = layer
    for layer in given:
        for name in layer.inputs:
            if name not in names and name != INPUT:
                raise UserError(f"{_at(layer)}{layer.name} reads {name}, but no layer has that name")
    done: dict[str, Layer] = {}
    for layer in given:
        _visit(layer, names, done)
    return tuple(done.values())


def _visit(first: Layer, names: Mapping[str, Layer], done: dict[str, Layer]) -> None:
    """Depth-first, with a stack of our own: a chain of ten thousand layers is no recursion."""
    stack: list[tuple[Layer, list[str]]] = [(first, list(reversed(first.inputs)))]
    open_ = {first.name}
    while stack:
        layer, left = stack[-1]
        if layer.name in done:
            stack.pop()
            continue
        if not left:
            done[layer.name] = layer
            open_.discard(layer.name)
            stack.pop()
            continue
        name = left.pop()
        if name == INPUT or name in done:
            continue
        if name in open_:
            raise UserError(
                f"{_at(layer)}the layers form a cycle: {layer.name} reads {name}, which is computed from it"
            )
        open_.add(name)
        stack.append((names[name], list(reversed(names[name].inputs))))


def _at(layer: Layer) -> str:
    return f"{layer.place}: " if layer.place else ""
