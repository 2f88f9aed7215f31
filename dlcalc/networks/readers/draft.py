"""What the readers of foreign files share: a network that is put together as its layers are found."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ...expressions.nodes import Name, Value
from ...untrusted import printable
from ..builder import Builder
from ..kinds import KINDS
from ..network import INPUT, Layer, Network, ordered

MOST_LAYERS = 20_000
"""Of a network in a file; Keras's largest has about 1,000."""

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


class Draft:
    """A network on its way: a layer may still change, as what follows it may turn out to be a setting of it."""

    def __init__(self, path: str, input: tuple[Value, ...]) -> None:
        self.id = self.title = file_id(path)
        self.input = input
        self.layers: dict[str, Layer] = {}
        self.notes: list[str] = []
        self.shared: set[str] = set()
        """Layers that more than one layer reads, so that what follows them is no setting of theirs."""
        self._usual = Builder(self.id, self.title, input)
        self._taken = {INPUT}
        self._uses: Counter[str] = Counter()

    def free(self, name: str) -> str:
        """The name, or one like it that no other layer has."""
        called = name
        while called in self._taken:
            self._uses[name] += 1
            called = f"{name}-{self._uses[name] + 1}"
        self._taken.add(called)
        return called

    def add(
        self,
        kind: str,
        *inputs: str,
        name: str = "",
        place: str = "",
        remarks: tuple[str, ...] = (),
        **settings: Value,
    ) -> str:
        """One more layer, which reads `inputs`; it is called as usual unless it has a `name` that was free."""
        called = name or self.free(self._usual.next_name(KINDS[kind].label if kind in KINDS else kind))
        self.layers[called] = Layer(called, kind, settings, inputs, place, remarks)
        return called

    def unknown(self, kind: str, *inputs: str, name: str = "", place: str = "") -> str:
        """A layer of a kind that no formula works out."""
        kind = printable(kind)[:60]
        return self.add(f"other {kind}" if kind in KINDS else kind, *inputs, name=name, place=place)

    def follow(self, before: str, words: tuple[str, ...], name: str = "", place: str = "") -> str:
        """An activation, dropout or the like: a remark of the layer before, or a row of its own where that layer is
        read elsewhere too. Returns the layer that what follows reads.
        """
        if not words:
            return before
        layer = self.layers.get(before)
        if layer is not None and before not in self.shared:
            self.layers[before] = replace(layer, remarks=(*layer.remarks, *words))
            return before
        kind = "dropout" if words[0].startswith("dropout") else "lrn" if words[0] == "lrn" else "activation"
        return self.add(kind, before, name=name, place=place, remarks=words if kind == "activation" else ())

    def give_bias(self, name: str) -> None:
        """A layer that seemed to have no bias has one."""
        layer = self.layers[name]
        settings = {key: value for key, value in layer.settings.items() if key != "bias"}
        self.layers[name] = replace(layer, settings=settings)

    def absorbed_padding(self, name: str) -> tuple[str, Value]:
        """(the layer before, p) of a padding that is equal on both sides, which is taken away; else (`name`, 0)."""
        layer = self.layers.get(name)
        if layer is None or layer.kind != "pad" or "pad_end" in layer.settings or layer.remarks or name in self.shared:
            return name, 0
        del self.layers[name]
        return layer.inputs[0], layer.settings["pad_begin"]

    def finished(self) -> Network:
        """The network; rows of the input are time steps if a layer reads them so."""
        layers = ordered(self.layers.values())
        sequence = len(self.input) <= 2 and any(each.kind in KINDS and KINDS[each.kind].steps for each in layers)
        return Network(self.id, self.title, self.input, layers, sequence, notes=tuple(self.notes))
