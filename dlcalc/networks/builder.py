"""Building a network layer by layer, with names given as they are usual: conv-1, maxpool-1, fc-1."""

from __future__ import annotations

from dataclasses import replace

from ..expressions.nodes import Value
from .kinds import KINDS
from .network import INPUT, Layer, Network, ordered


class Builder:
    """Adds layers to one another: `last` is the layer that the next one reads unless it is told otherwise."""

    def __init__(self, id: str, title: str, input: tuple[Value, ...], source: str = "", sequence: bool = False) -> None:
        self.id = id
        self.title = title
        self.input = input
        self.source = source
        self.sequence = sequence
        self.layers: list[Layer] = []
        self.last = INPUT
        self.names = {INPUT: INPUT}
        """The layers by their names in lower case."""
        self._counts: dict[str, int] = {}
        self.notes: list[str] = []
        self.reserved: set[str] = set()
        """Names that `next_name` leaves to layers still to come."""

    def add(
        self,
        kind: str,
        *inputs: str,
        name: str = "",
        place: str = "",
        remarks: tuple[str, ...] = (),
        over: int = 0,
        **settings: Value,
    ) -> str:
        """One more layer, reading `inputs` (the last one by default). Returns its name."""
        called = name or self.next_name(KINDS[kind].label if kind in KINDS else kind)
        self.append(Layer(called, kind, settings, inputs or (self.last,), place, remarks, over))
        return called

    def append(self, layer: Layer) -> None:
        """One more layer, as it is."""
        self.layers.append(layer)
        self.names.setdefault(layer.name.lower(), layer.name)
        self.last = layer.name

    def remark(self, *words: str) -> None:
        """What stands behind the last layer."""
        self.layers[-1] = replace(self.layers[-1], remarks=(*self.layers[-1].remarks, *words))

    def next_name(self, label: str) -> str:
        """conv-1, conv-2, ..., counted per label."""
        while True:
            self._counts[label] = self._counts.get(label, 0) + 1
            name = f"{label}-{self._counts[label]}"
            if name not in self.reserved:
                return name

    def build(self) -> Network:
        """The network. Raises UserError for names used twice, missing ones, or a cycle."""
        return Network(
            self.id, self.title, self.input, ordered(self.layers), self.sequence, self.source, tuple(self.notes)
        )
