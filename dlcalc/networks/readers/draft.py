"""What the readers of foreign files share: a network that is put together as its layers are found."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...errors import UserError, printable
from ...expressions.nodes import Name, Value
from ..builder import Builder
from ..kinds import KINDS
from ..network import INPUT, Layer, Network, Shape, ordered
from ..questions import shown
from ..table import Worker
from .views import BATCH, ONE, View

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


NOTHING: Mapping[str, Any] = {}


def _numbered(words: tuple[str, ...], beside: Mapping[str, Any], start: int = 0) -> dict[int, Any]:
    """What stands beside the words, by their place among the remarks."""
    return {start + at: beside[word] for at, word in enumerate(words) if word in beside}


def per_axis(sizes: tuple[int, ...]) -> Value:
    """One number where all axes have the same."""
    return sizes[0] if len(set(sizes)) == 1 else sizes


def unusual(**settings: tuple[Value, Value]) -> dict[str, Value]:
    """The settings that differ from the usual value, which is the second."""
    return {name: value for name, (value, usual) in settings.items() if value != usual}


class Draft:
    """A network on its way: a layer may still change, as what follows it may turn out to be a setting of it.

    Each layer is worked out as it is added, so that what the file says of its shape and of its weights is compared with
    what we make of it. Where they differ, the file is believed: the layer is not known, and says why.
    """

    def __init__(self, path: str, input: Shape, convention: str, lenient: bool = False) -> None:
        self.id = self.title = file_id(path)
        self.input = input
        self.layers: dict[str, Layer] = {}
        self.notes: list[str] = []
        self.shared: set[str] = set()
        """Layers that more than one layer reads, so that what follows them is no setting of theirs."""
        self.counts: dict[str, int] = {}
        """The parameters of each layer that is worked out."""
        self.unplaced = 0
        self.lenient = lenient
        self.convention = convention
        """What cannot be worked out is not known, instead of refusing the whole file."""
        self._worker = Worker(Network(self.id, self.title, input, ()), convention, {})
        self._usual = Builder(self.id, self.title, input)
        self._taken = {INPUT}
        self._uses: Counter[str] = Counter()
        self._arranged: dict[tuple[str, Shape, tuple[int, ...]], str] = {}

    def free(self, name: str) -> str:
        """The name, or one like it that no other layer has."""
        called = name
        while called in self._taken:
            self._uses[name] += 1
            called = f"{name}-{self._uses[name] + 1}"
        self._taken.add(called)
        return called

    def shape(self, name: str) -> Shape | None:
        """What a layer gives; None where that is not known."""
        return self._worker.shapes.get(name)

    def add(
        self,
        kind: str,
        *inputs: str,
        name: str = "",
        place: str = "",
        remarks: tuple[str, ...] = (),
        more: Mapping[str, Any] | None = None,
        stated: Shape | None = None,
        held: int | None = None,
        **settings: Value,
    ) -> str:
        """One more layer, which reads `inputs`; it is called as usual unless it has a `name` that was free.

        `more` are other fields of the layer; `stated` is the shape and `held` the number of weights that the file has.
        """
        called = name or self.free(self._usual.next_name(KINDS[kind].label if kind in KINDS else kind))
        self.put(Layer(called, kind, settings, inputs, place, remarks, **(more or {})), stated, held)
        return called

    def put(self, layer: Layer, stated: Shape | None = None, held: int | None = None) -> None:
        """Works the layer out and compares it with what the file says."""
        self.layers[layer.name] = layer
        try:
            row = self._worker.row(layer)
        except UserError as error:
            if self.lenient or stated is not None or held is not None:
                self.doubt(layer, str(error).removeprefix(f"{layer.place}: "), stated, held)
            return
        if row.unknown:
            if layer.kind in KINDS and (stated is not None or held is not None):
                self.doubt(layer, row.unknown, stated, held)
            return
        count = row.count("parameters")
        if isinstance(count, int):
            self.counts[layer.name] = count
        if differ(row.output, stated):
            why = f"the file says that the output is {shown(stated or ())}, but it is {shown(row.output)}"
            self.doubt(layer, why, stated, held)
        elif held is not None and not layer.shares and row.count("parameters") != held:
            why = f"the file holds {held:,} weights for it, but it needs {row.count('parameters')}"
            self.doubt(layer, why, row.output, held)

    def doubt(self, layer: Layer, why: str, stated: Shape | None, held: int | None) -> None:
        """The file is believed, not what we make of it."""
        self._worker.shapes.pop(layer.name, None)
        kind = f"{layer.kind} as the file has it"
        doubted = replace(layer, kind=kind, why=why, stated=stated, held=held)
        self.layers[layer.name] = doubted
        self._worker.row(doubted)

    def unknown(
        self,
        kind: str,
        *inputs: str,
        name: str = "",
        place: str = "",
        stated: Shape | None = None,
        held: int | None = None,
    ) -> str:
        """A layer of a kind that no formula works out."""
        kind = printable(kind)[:60]
        more = {"stated": stated, "held": held}
        return self.add(f"other {kind}" if kind in KINDS else kind, *inputs, name=name, place=place, more=more)

    def another_input(self, name: str, shape: Shape) -> str:
        return self.add("input", name=self.free(name), y=shape)

    def follow(
        self, before: str, words: tuple[str, ...], name: str = "", place: str = "", beside: Mapping[str, Any] = NOTHING
    ) -> str:
        """An activation, dropout or the like: a remark of the layer before, or a row of its own where that layer is
        read elsewhere too. `beside` is what the file says beside each word. Returns the layer that what follows reads.
        """
        if not words:
            return before
        layer = self.layers.get(before)
        if layer is not None and before not in self.shared and layer.kind not in ("input", "learned"):
            details = {**layer.details, **_numbered(words, beside, len(layer.remarks))}
            self.layers[before] = replace(layer, remarks=(*layer.remarks, *words), details=details)
            return before
        kind = "dropout" if words[0].startswith("dropout") else "lrn" if words[0] == "lrn" else "activation"
        own: dict[Any, Any] = dict(beside)
        remarks, details = (words, {**_numbered(words, beside)}) if kind == "activation" else ((), own)
        return self.add(kind, before, name=name, place=place, remarks=remarks, more={"details": details})

    def change(self, name: str, settings: Mapping[str, Value], **more: Any) -> None:
        """A layer is other than it seemed."""
        layer = replace(self.layers[name], settings=dict(settings), **more)
        self.put(layer)

    def absorbed_padding(self, name: str) -> tuple[str, Value]:
        """(the layer before, p) of a padding that is equal on both sides, which is taken away; else (`name`, 0)."""
        layer = self.layers.get(name)
        if layer is None or layer.kind != "pad" or "pad_end" in layer.settings or layer.remarks or name in self.shared:
            return name, 0
        if layer.unlike:
            return name, 0
        del self.layers[name]
        return layer.inputs[0], layer.settings["pad_begin"]

    # Views

    def view(self, name: str, axes: Sequence[int] | None = None) -> View | None:
        """The layer's output as the file has it, the batch and then the layer's axes unless it says otherwise."""
        shape = self.shape(name)
        if shape is None:
            return None
        return View(name, shape, tuple(axes) if axes is not None else (BATCH, *range(len(shape))))

    def arranged(self, view: View, places: Sequence[int], place: str = "") -> str:
        """A layer that has the file's axes at `places` in that order: the one that is there, or one that lays its
        numbers out so.
        """
        wanted = tuple(view.axes[at] for at in places)
        sizes = tuple(1 if axis == ONE else view.sizes[axis] for axis in wanted)
        own, real = self.shape(view.layer), [axis for axis in wanted if axis != ONE]
        key = view.layer, view.sizes, wanted
        if real == sorted(real) and sizes == own:
            return view.layer
        if key not in self._arranged:
            self._arranged[key] = self._rearranged(view, real, sizes, own, place)
        return self._arranged[key]

    def _rearranged(self, view: View, real: list[int], sizes: Shape, own: Shape | None, place: str) -> str:
        if real == sorted(real) or (own is not None and len(own) == 1):
            return self.with_layout(view.layer, (view.sizes, tuple(real)), place, sizes)
        before = view.layer
        if view.sizes != own:
            before = self.with_layout(before, (view.sizes, tuple(range(len(view.sizes)))), place, view.sizes)
        if len(real) == len(view.sizes):
            before = self.add("permute", before, place=place, order=tuple(axis + 1 for axis in real))
        if len(real) == len(sizes):
            return before
        now = tuple(view.sizes[axis] for axis in real)
        return self.with_layout(before, (now, tuple(range(len(now)))), place, sizes)

    def with_layout(self, before: str, layout: tuple[Shape, tuple[int, ...]], place: str, sizes: Shape) -> str:
        """The numbers of a layer cut into sizes, and those axes in another order, as other sizes."""
        more = {"layout": layout}
        if len(sizes) == 1:
            return self.add("flatten", before, place=place, more=more)
        return self.add("reshape", before, place=place, more=more, y=sizes)

    def finished(self) -> Network:
        """The network; rows of the input are time steps if a layer reads them so."""
        layers = ordered(self.layers.values())
        sequence = len(self.input) <= 2 and any(each.kind in KINDS and KINDS[each.kind].steps for each in layers)
        network = Network(self.id, self.title, self.input, layers, sequence, notes=tuple(self.notes),
                          unplaced=self.unplaced, convention=self.convention)  # fmt: skip
        network.worked.update(self._worker.asked)
        return network


def differ(worked: Shape, stated: Shape | None) -> bool:
    """Whether two shapes differ in numbers."""
    if stated is None:
        return False
    return len(worked) != len(stated) or any(
        isinstance(a, int) and isinstance(b, int) and a != b for a, b in zip(worked, stated, strict=True)
    )
