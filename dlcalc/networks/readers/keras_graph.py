"""Which layer of a Keras model reads which: its calls, each after what it reads, and its outputs.

A Functional model says it as Keras 2 does, `["conv", 0, 0]`, or as Keras 3, an object with a `keras_history`; in a
Sequential one each layer reads the one before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple

from ...errors import ProblemError, printable, shown
from ..network import INPUT, Layer, ordered
from .draft import MOST_LAYERS

MODELS = ("Sequential", "Functional", "Model")
"""Classes of a model that is data alone."""
_LONGEST = 120
_MOST_AXES = 9


class Reference(NamedTuple):
    """The layer that is read, which of its calls, and which of that call's outputs."""

    name: str
    number: int
    output: int


@dataclass(frozen=True)
class Call:
    """One use of a layer. A layer with several shares its weights among them."""

    name: str
    number: int
    layer: dict[str, Any]
    reads: tuple[Reference, ...] = ()
    node: Any = None
    """The call as the file has it, with its arguments."""


@dataclass(frozen=True)
class Graph:
    """The calls of a model in an order in which each comes after what it reads."""

    calls: tuple[Call, ...]
    inputs: tuple[str, ...]
    outputs: tuple[Reference, ...]
    shapes: Mapping[Reference, tuple[int | None, ...]] = field(default_factory=dict)
    """Of outputs, the batch first, where the file says them of what reads them."""


def graph(model: dict[str, Any], path: str, prefix: str = "") -> Graph:
    """The graph of a model's configuration. ProblemError for what is no layer, UserError for names used twice, missing
    ones, or a cycle."""
    config = model.get("config")
    layers = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise ProblemError(path, f"{prefix}layers", "a model has a list of layers")
    if len(layers) > MOST_LAYERS:
        raise _too_many(path)
    named = [(_name(layer, path, prefix), layer) for layer in layers]
    place = f"{path}: {prefix}".rstrip(": ")
    if model.get("class_name") == "Sequential" or not isinstance(config, dict):
        return _chain(named, place)
    calls: list[Call] = []
    shapes: dict[Reference, tuple[int | None, ...]] = {}
    for name, layer in named:
        nodes = layer.get("inbound_nodes") or [[]]
        if not isinstance(nodes, list):
            raise ProblemError(path, f"{prefix}{name}: inbound_nodes", f"this is a list, not {shown(nodes)}")
        for number, node in enumerate(nodes):
            tensors = list(_tensors(node))
            shapes |= {reference: shape for reference, shape in tensors if shape is not None}
            calls.append(Call(name, number, layer, tuple(reference for reference, _ in tensors), node))
        if len(calls) > MOST_LAYERS:
            raise _too_many(path)
    outputs = tuple(reference for reference, _ in _tensors(config.get("output_layers")))
    calls, outputs = _zero_based(calls, outputs)
    inputs = [reference.name for reference, _ in _tensors(config.get("input_layers"))]
    inputs = inputs or [name for name, layer in named if layer.get("class_name") == "InputLayer"]
    return Graph(_in_order(calls, place), tuple(inputs), outputs, shapes)


def _too_many(path: str) -> ProblemError:
    return ProblemError(path, "", f"a model has at most {MOST_LAYERS} layers and calls of them")


def _name(layer: dict[str, Any], path: str, prefix: str) -> str:
    config = layer.get("config")
    name = layer.get("name") or (config.get("name") if isinstance(config, dict) else None)
    if isinstance(name, str) and name and name.isprintable() and len(name) <= _LONGEST:
        return name
    raise ProblemError(path, f"{prefix}layers", f"a layer has a name of one line, not {shown(name)}")


def _zero_based(calls: list[Call], outputs: tuple[Reference, ...]) -> tuple[list[Call], tuple[Reference, ...]]:
    """Keras 2 counts the calls of a model inside the model from 1: its own graph was the first."""
    count = Counter(call.name for call in calls)
    read = [*outputs, *(each for call in calls for each in call.reads)]
    late = {each.name for each in read if each.number and each.number == count[each.name]}

    def earlier(references: tuple[Reference, ...]) -> tuple[Reference, ...]:
        return tuple(each._replace(number=each.number - 1) if each.name in late else each for each in references)

    late &= {call.name for call in calls if call.layer.get("class_name") in MODELS}
    return [replace(call, reads=earlier(call.reads)) for call in calls], earlier(outputs)


def _chain(named: list[tuple[str, dict[str, Any]]], place: str) -> Graph:
    calls = [Call(name, 0, layer) for name, layer in named]
    linked = [replace(call, reads=(Reference(before.name, 0, 0),)) for before, call in pairwise(calls)]
    first = [call.name for call in calls[:1] if call.layer.get("class_name") == "InputLayer"]
    last = [Reference(call.name, 0, 0) for call in calls[-1:]]
    shapes = {}
    for before, call in pairwise(calls):
        built = call.layer.get("build_config")
        shape = shape_of(built.get("input_shape")) if isinstance(built, dict) else None
        if shape is not None:
            shapes[Reference(before.name, 0, 0)] = shape
    return Graph(_in_order([*calls[:1], *linked], place), tuple(first), tuple(last), shapes)


def shape_of(given: object) -> tuple[int | None, ...] | None:
    """Sizes as the file says them, the batch first; None for what is none."""
    if not isinstance(given, list) or not 1 <= len(given) <= _MOST_AXES:
        return None
    good = all(size is None or (type(size) is int and size >= 0) for size in given)
    return tuple(given) if good else None


def _tensors(node: object) -> Iterator[tuple[Reference, tuple[int | None, ...] | None]]:
    """The references in a node, in the written order, each with its shape if it is said. Masks are none."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, dict):
            history = current.get("config")
            if current.get("class_name") == "__keras_tensor__" and isinstance(history, dict):
                found = _reference(history.get("keras_history"))
                if found:
                    yield found, shape_of(history.get("shape"))
                continue
            stack.extend(value for key, value in reversed(current.items()) if "mask" not in str(key))
        elif isinstance(current, list):
            found = _reference(current)
            if found:
                yield found, None
                stack.extend(current[3:])
            else:
                stack.extend(reversed(current))


def _reference(given: object) -> Reference | None:
    if not isinstance(given, list) or not 3 <= len(given) <= 4:
        return None
    name, number, output = given[:3]
    if isinstance(name, str) and type(number) is int and type(output) is int:
        return Reference(printable(name), number, output)
    return None


def _in_order(calls: list[Call], place: str) -> tuple[Call, ...]:
    keys = {_key(call.name, call.number): call for call in calls}
    stubs = [
        Layer(_key(call.name, call.number), "", {}, tuple(_key(each.name, each.number) for each in call.reads), place)
        for call in calls
    ]
    return tuple(keys[stub.name] for stub in ordered(stubs))


def _key(name: str, number: int) -> str:
    """A name for each call; the input's name is not ours to give."""
    return f"{name} (call {number + 1})" if number else f"{name} " if name == INPUT else name
