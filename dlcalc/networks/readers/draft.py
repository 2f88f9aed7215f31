"""What the readers of foreign files share: a network that is put together as its layers are found."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace

from ...expressions.nodes import Name, Value
from ...foreign import printable
from ..builder import Builder
from ..kinds import KINDS
from ..network import INPUT, Layer, Network

SEQUENCES = frozenset({"rnn", "lstm", "gru", "embedding", "attention"})
"""Kinds that read the rows of a two-axis input as time steps."""

_LETTERS = {1: "n", 2: "Tn", 3: "HWc", 4: "THWc"}
"""What the sizes of an input are called that a file leaves open, by the number of axes."""
_SPARE = "abdehklmopqrstuvyz"
LETTERS = frozenset("abcdefghijklmnopqrstuvwyzHWCNTK")
"""Letters that a size may be; × and x separate sizes."""


def file_id(path: str) -> str:
    """A network's id from its file's name."""
    name = os.path.splitext(os.path.basename(path))[0]
    return re.sub(r"[^\w.-]+", "-", printable(name)).strip("-") or "network"


def input_shape(sizes: Sequence[int | str | None], words: bool = False) -> tuple[Value, ...]:
    """Sizes with the channels last; a size without a number is a letter, and the same name the same letter.

    `words`: the input is a sequence of words.
    """
    usual = "T" if words else _LETTERS.get(len(sizes), "")
    names: dict[str, str] = {}
    taken: set[str] = set()
    shape: list[Value] = []
    for axis, size in enumerate(sizes):
        if isinstance(size, int):
            shape.append(size)
            continue
        if size is None or size not in names:
            wanted = size if size and len(size) == 1 and size in LETTERS else usual[axis : axis + 1]
            letter = next(each for each in (wanted, *_SPARE) if each and each not in taken)
            taken.add(letter)
            names[size or f"axis {axis}"] = letter
        shape.append(Name(names[size or f"axis {axis}"], integer=True))
    return tuple(shape)


def per_axis(sizes: tuple[int, ...]) -> Value:
    """One number where all axes have the same."""
    return sizes[0] if len(set(sizes)) == 1 else sizes


def unusual(**settings: tuple[Value, Value]) -> dict[str, Value]:
    """The settings that differ from the usual value, which is the second."""
    return {name: value for name, (value, usual) in settings.items() if value != usual}


class Draft(Builder):
    """A builder whose layers may still change: what follows a layer may turn out to be a setting of it."""

    def __init__(self, path: str, input: tuple[Value, ...]) -> None:
        id = file_id(path)
        super().__init__(id, id, input)
        self.shared: set[str] = set()
        """Layers that more than one layer reads, so that what follows them is no setting of theirs."""

    def layer(self, name: str) -> Layer | None:
        """The layer of that name, looked for from the last one backwards; None for the input."""
        at = self._at(name)
        return None if at is None else self.layers[at]

    def unknown(self, kind: str, *inputs: str, name: str = "", place: str = "") -> str:
        """A layer of a kind that no formula works out, with its inputs, of which it may have none."""
        kind = printable(kind)[:60]
        kind = f"other {kind}" if kind in KINDS else kind
        called = name or self.next_name(kind)
        self.layers.append(Layer(called, kind, {}, inputs, place))
        self.last = called
        return called

    def follow(self, before: str, words: tuple[str, ...], name: str = "", place: str = "") -> str:
        """An activation, dropout or the like: a remark of the layer before, or a row of its own where that layer is
        read elsewhere too. Returns the layer that what follows reads.
        """
        at = self._at(before)
        if not words:
            return before
        if at is not None and before not in self.shared:
            layer = self.layers[at]
            self.layers[at] = replace(layer, remarks=(*layer.remarks, *words))
            return before
        kind = "dropout" if words[0].startswith("dropout") else "lrn" if words[0] == "lrn" else "activation"
        return self.add(kind, before, name=name, place=place, remarks=words if kind == "activation" else ())

    def give_bias(self, name: str) -> None:
        """A layer that seemed to have no bias has one."""
        at = self._at(name)
        if at is not None:
            layer = self.layers[at]
            settings = {name: value for name, value in layer.settings.items() if name != "bias"}
            self.layers[at] = replace(layer, settings=settings)

    def absorbed_padding(self, name: str) -> tuple[str, Value]:
        """(the layer before, p) of a padding that is equal on both sides, which is taken away; else (`name`, 0)."""
        layer = self.layer(name)
        if layer is None or layer.kind != "pad" or "pad_end" in layer.settings or layer.remarks or name in self.shared:
            return name, 0
        self.layers.remove(layer)
        return layer.inputs[0], layer.settings["pad_begin"]

    def finished(self) -> Network:
        """The network; rows of the input are time steps if a layer reads them so."""
        self.sequence = len(self.input) <= 2 and any(layer.kind in SEQUENCES for layer in self.layers)
        return self.build()

    def _at(self, name: str) -> int | None:
        if name == INPUT:
            return None
        return next((at for at in reversed(range(len(self.layers))) if self.layers[at].name == name), None)
