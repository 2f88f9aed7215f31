"""Networks in TOML, for graphs that one line of text cannot say.

    title = "A residual block"
    input = "56x56x64"

    [[layer]]
    name = "a"
    kind = "conv"
    k = 64
    f = 3
    p = 1
    remarks = ["relu"]

    [[layer]]
    stack = "conv 64 f3 p1; bn"

    [[layer]]
    kind = "add"
    inputs = ["a", "bn-1"]

A layer reads the one before it unless `inputs` says otherwise; "input" is the network's input. A size is a number, a
list with one number per axis, or a string such as "2c" or "3x5". A kind that is not known is kept, with those of its
settings that are sizes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeVar

from ...errors import ProblemError, UserError, printable, shown
from ...expressions.answers import split_shape
from ...expressions.nodes import Value
from ...files.untrusted import parse_toml
from ..builder import Builder
from ..kinds import ALIASES, KINDS
from ..layer_text import read_value
from ..network import INPUT, Layer, Network
from ..text import add_layers, read_input
from .draft import MOST_LAYERS, file_id

_T = TypeVar("_T")

_KEYS = ("title", "input", "source", "notes", "layer")
_LAYER_KEYS = ("name", "kind", "inputs", "remarks")
_STACK_KEYS = ("stack", "inputs")
FLAGS = frozenset({
    "same", "ceil", "sequence", "bias", "scale", "shift", "reset_after", "drop", "keep", "transposed", "own_bias",
})  # fmt: skip
"""Settings that are true or false."""
_LONGEST = 200
_LARGEST = 10**12


def network(data: bytes, path: str) -> Network:
    """The network in the content of a TOML file. ProblemError names the file and the key, UserError the layer."""
    return _File(parse_toml(data, path), printable(path)).network()


class _File:
    def __init__(self, tables: dict[str, Any], path: str) -> None:
        self.tables = tables
        self.path = path

    def network(self) -> Network:
        for key in self.tables:
            if key not in _KEYS:
                raise self.refused(key, f"a key of a network is one of {', '.join(_KEYS)}")
        shape, sequence = self.input()
        id = file_id(self.path)
        title = self.line("title", self.tables.get("title", id))
        builder = Builder(id, title, shape, self.line("source", self.tables.get("source", "")), sequence)
        builder.notes = list(self.lines("notes", self.tables.get("notes", [])))
        layers = self.layers()
        builder.reserved = {layer["name"] for layer in layers if isinstance(layer.get("name"), str)}
        for number, layer in enumerate(layers, 1):
            self.add(builder, f"layer {number}", layer)
        return builder.build()

    def refused(self, key: str, rule: str) -> ProblemError:
        return ProblemError(self.path, printable(key), rule)

    def input(self) -> tuple[tuple[Value, ...], bool]:
        given = self.tables.get("input")
        if not isinstance(given, str) or len(given) > _LONGEST:
            rule = f'this is a shape in quotes, such as "224x224x3" or "28x28 seq", not {shown(given)}'
            raise self.refused("input", rule)
        return self.read("input", read_input, given)

    def layers(self) -> list[dict[str, Any]]:
        found = self.tables.get("layer")
        if not isinstance(found, list) or not found or not all(isinstance(each, dict) for each in found):
            raise self.refused("layer", "a network has layers, each a table that begins with [[layer]]")
        if len(found) > MOST_LAYERS:
            raise self.refused("layer", f"a network has at most {MOST_LAYERS} layers, not {len(found)}")
        return found

    def add(self, builder: Builder, at: str, layer: dict[str, Any]) -> None:
        if "stack" in layer:
            self.add_stack(builder, at, layer)
            return
        kind = self.line(f"{at}: kind", layer.get("kind"))
        kind = ALIASES.get(kind.lower(), kind)
        settings = {key: value for key, value in layer.items() if key not in _LAYER_KEYS}
        known = KINDS.get(kind)
        for key in settings:
            if known is not None and key not in known.settings:
                keys = ", ".join((*_LAYER_KEYS, *known.settings))
                raise self.refused(f"{at}: {key}", f"a key of a layer of kind {kind} is one of {keys}")
        inputs = self.inputs(at, layer, builder)
        if known is not None and not inputs:
            raise self.refused(f"{at}: inputs", f"a layer of kind {kind} reads at least one layer")
        values = self.settings(at, settings, strict=known is not None)
        name = self.line(f"{at}: name", layer["name"]) if "name" in layer else ""
        name = name or builder.next_name(known.label if known else kind)
        remarks = self.lines(f"{at}: remarks", layer.get("remarks", []))
        builder.append(Layer(name, kind, values, inputs, f"{self.path}: {at}", remarks))

    def add_stack(self, builder: Builder, at: str, layer: dict[str, Any]) -> None:
        for key in layer:
            if key not in _STACK_KEYS:
                raise self.refused(f"{at}: {key}", f"a key beside stack is one of {', '.join(_STACK_KEYS)}")
        stack = layer["stack"]
        if not isinstance(stack, str):
            rule = f'this is layers in quotes, such as "conv 8 f3; pool 2", not {shown(stack)}'
            raise self.refused(f"{at}: stack", rule)
        inputs = self.inputs(at, layer, builder)
        if len(inputs) != 1:
            raise self.refused(f"{at}: inputs", f"the first layer of a stack reads one layer, not {len(inputs)}")
        builder.last = inputs[0]
        before = len(builder.layers)
        place = f"{self.path}: {at}"
        try:
            add_layers(builder, stack, place)
        except UserError as error:
            raise error if str(error).startswith(place) else self.refused(f"{at}: stack", str(error)) from None
        if len(builder.layers) == before:
            raise self.refused(f"{at}: stack", "a stack has at least one layer")
        if len(builder.layers) > MOST_LAYERS:
            raise self.refused(f"{at}: stack", f"a network has at most {MOST_LAYERS} layers")

    def inputs(self, at: str, layer: dict[str, Any], builder: Builder) -> tuple[str, ...]:
        return self.lines(f"{at}: inputs", layer["inputs"]) if "inputs" in layer else (builder.last or INPUT,)

    def settings(self, at: str, given: dict[str, Any], strict: bool) -> dict[str, Value]:
        """Of a kind that is not known only those that are sizes: it may have words of its own."""
        values: dict[str, Value] = {}
        for key, value in given.items():
            try:
                values[key] = self.setting(f"{at}: {key}", key, value)
            except ProblemError:
                if strict:
                    raise
        return values

    def setting(self, at: str, key: str, value: object) -> Value:
        if key in FLAGS or isinstance(value, bool):
            if key not in FLAGS or not isinstance(value, bool):
                what = "true or false" if key in FLAGS else "a size"
                raise self.refused(at, f"this is {what}, not {shown(value)}")
            return value
        if isinstance(value, list):
            if not value or len(value) > _LONGEST:
                raise self.refused(at, f"a list has 1 to {_LONGEST} sizes, not {len(value)}")
            return tuple(self.number(at, item) for item in value)
        return self.number(at, value)

    def number(self, at: str, value: object) -> Value:
        match value:
            case bool():
                pass
            case int() if abs(value) <= _LARGEST:
                return value
            case float() if math.isfinite(value) and abs(value) <= _LARGEST:
                exact = Fraction(repr(value))
                return exact.numerator if exact.denominator == 1 else exact
            case str() if len(value) <= _LONGEST:
                sizes = tuple(self.read(at, read_value, part, "the size") for part in split_shape(value))
                return sizes[0] if len(sizes) == 1 else sizes
        rule = f'this is a number, a list of numbers or a size in quotes such as "2c", not {shown(value)}'
        raise self.refused(at, rule)

    def read(self, at: str, reading: Callable[..., _T], *texts: str) -> _T:
        """What `reading` makes of the texts; the place is put before what it says when it refuses."""
        try:
            return reading(*texts)
        except UserError as error:
            raise self.refused(at, str(error)) from None

    def line(self, at: str, value: object) -> str:
        if isinstance(value, str) and len(value) <= _LONGEST and (value.isprintable() or not value):
            return value
        raise self.refused(at, f"this is one line of at most {_LONGEST} characters, not {shown(value)}")

    def lines(self, at: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise self.refused(at, f"this is a list of names or lines in quotes, not {shown(value)}")
        return tuple(self.line(at, item) for item in value)
