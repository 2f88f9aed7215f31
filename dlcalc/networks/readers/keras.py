"""Keras models, Sequential and Functional, of Keras 2 and 3: the configuration as JSON, in which nothing is executed.

A model inside a model is read in its place, its layers named `inner/conv1`. A layer that is called twice is two rows,
the second of which uses the weights of the first. A class that has no counterpart here is kept as a kind that is not
known; what comes out of it the file says of the layers that read it.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...errors import ProblemError, printable, shown
from ...files.untrusted import decoded
from ..kinds import KINDS
from ..network import INPUT, Network, Shape
from ..table import added, tabulate
from .draft import Draft, differ, input_shape
from .keras_graph import MODELS, Call, Graph, Reference, graph
from .keras_layers import READERS, SEVERAL, reader
from .keras_node import Lost, Node, Place, Unknown, snake
from .keras_weights import Kept
from .views import BATCH, View

_STATES = ("SimpleRNN", "LSTM", "GRU", "Bidirectional", "ConvLSTM2D")
"""Classes that may also read the state they start from."""
_DEEPEST = 8
_MERGED = ("-lora-a", "-lora-b")
"""Layers whose product Keras adds to the kernel when it saves."""
_SHAPES = ("batch_shape", "batch_input_shape")
"""Where the versions of Keras say the shape of an input."""
_LARGEST = 10**9


def network(data: bytes, path: str, weights: Mapping[str, int] | str = "") -> Network:
    """The network of a model's configuration. ProblemError and UserError name the file and the layer.

    `weights` are the numbers in each array of the file's weights, by its place, or say why they are not known.
    """
    path = printable(path)
    try:
        model = json.loads(decoded(data, path), parse_constant=_no_number)
    except RecursionError:
        raise ProblemError(path, "", "the file is nested too deeply") from None
    except ValueError as error:
        raise ProblemError(path, "", f"the file is not JSON: {printable(str(error))}") from None
    if not isinstance(model, dict) or not isinstance(model.get("config"), dict | list):
        raise ProblemError(path, "", "a Keras model is an object with a class_name and a config")
    if not _is_model(model):
        rule = "a model is Sequential or Functional; the layers of any other are in its program, not in its file"
        raise ProblemError(path, "class_name", f"{rule}: {shown(model.get('class_name'))}")
    return _Reading(model, path, weights).network()


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not a number")


class _Reading:
    def __init__(self, model: dict[str, Any], path: str, weights: Mapping[str, int] | str) -> None:
        self.path = path
        self.weights = None if isinstance(weights, str) else weights
        self.kept = weights if isinstance(weights, Kept) else None
        self.groups = dict(_groups(model, "layers")) if self.weights else {}
        """Where the weights of each layer of the file are."""
        self.outer = model
        self.flipped = _says(model, "data_format", "channels_first")
        self.draft = Draft(path, self.input_shape(), "keras")
        self.owners: dict[Hashable, list[str]] = {}
        self.draft.notes += [weights] if isinstance(weights, str) and weights else []

    def network(self) -> Network:
        config = self.outer["config"]
        if isinstance(config, dict) and isinstance(config.get("name"), str):
            self.draft.title = printable(config["name"])
        long = len(self.draft.input)
        axes = (BATCH, long - 1, *range(long - 1)) if self.flipped and long > 1 else None
        first = self.draft.view(INPUT, axes)
        assert first is not None
        for value in self.model(self.outer, "", [first], 0):
            if isinstance(value, View) and not self.flipped and not value.plain:
                self.draft.arranged(value, [at for at, axis in enumerate(value.axes) if axis != BATCH])
        return self.weighed(self.draft.finished())

    def weighed(self, network: Network) -> Network:
        """With the number of weights of the file that the table has not, or has too many."""
        if self.weights is None:
            return network
        table = tabulate(network, "keras")
        counted = added(row.count("parameters") for row in table.rows if not row.layer.name.endswith(_MERGED))
        return replace(network, unplaced=sum(self.weights.values()) - counted) if isinstance(counted, int) else network

    def held(self, layer: dict[str, Any]) -> int | None:
        """The numbers that the file keeps for a layer; None where it does not say."""
        group = self.groups.get(id(layer))
        if self.weights is None or group is None:
            return None
        return sum(size for place, size in self.weights.items() if place.startswith(f"{group}/"))

    def input_shape(self) -> Shape:
        shape = _input_shape(self.outer)
        if shape is None:
            raise ProblemError(self.path, "", "the input's shape is not in the file; build the model before saving it")
        words = _says(self.outer, "class_name", "Embedding")
        sizes = self.sizes(shape)
        return input_shape([*sizes[1:], sizes[0]] if self.flipped and len(sizes) > 1 else sizes,
                           words and len(sizes) == 1)  # fmt: skip

    def sizes(self, shape: object) -> list[int | str | None]:
        """Of an input, without the batch."""
        if not isinstance(shape, list) or not 2 <= len(shape) <= 9:
            raise ProblemError(self.path, "input", f"the input has a batch and 1 to 8 axes, not {shown(shape)}")
        for size in shape[1:]:
            if size is not None and not (type(size) is int and 1 <= size <= _LARGEST):
                raise ProblemError(self.path, "input", f"a size is a whole number ≥ 1, not {shown(size)}")
        return list(shape[1:])

    def model(self, model: dict[str, Any], prefix: str, reads: list[Value], depth: int, over: int = 0) -> list[Value]:
        """Adds the layers of a model that reads `reads`; gives its outputs."""
        if depth > _DEEPEST:
            raise ProblemError(self.path, prefix, f"models can be nested at most {_DEEPEST} deep")
        found = graph(model, self.path, prefix)
        entries = dict(zip(found.inputs, reads, strict=False))
        readers = Counter((each.name, each.number) for call in found.calls for each in call.reads)
        readers.update((each.name, each.number) for each in found.outputs)
        used: dict[tuple[str, int], set[int]] = defaultdict(set)
        for each in (*(read for call in found.calls for read in call.reads), *found.outputs):
            used[each.name, each.number].add(each.output)
        made: dict[tuple[str, int], list[Value]] = {}
        for call in found.calls:
            starts = call.layer.get("class_name") in _STATES and len(call.reads) > 1
            if starts:
                self.draft.notes.append(f"{call.name} also reads the state it starts from, which another layer gives")
            inputs = [self.output(made, each) for each in (call.reads[:1] if starts else call.reads)]
            if call is found.calls[0] and not found.inputs:
                inputs = reads[:1]  # a Sequential model may begin with any layer
            values = self.call(call, inputs, entries, prefix, depth, frozenset(used[call.name, call.number]), over)
            values = [self.compared(value, found, call, at, over) for at, value in enumerate(values)]
            made[call.name, call.number] = values
            if readers[call.name, call.number] > 1:
                self.draft.shared.update(value.layer for value in values)
        return [self.output(made, each) for each in found.outputs if (each.name, each.number) in made]

    def output(self, made: dict[tuple[str, int], list[Value]], wanted: Reference) -> Value:
        values = made[wanted.name, wanted.number]
        if 0 <= wanted.output < len(values):
            return values[wanted.output]
        return _Lost(self.draft.unknown(f"another output of {wanted.name}", values[0].layer))

    def compared(self, value: Value, found: Graph, call: Call, output: int, over: int) -> Value:
        """The value, but as the file says it is where its sizes differ from what we make of it, or are not known."""
        stated = found.shapes.get(Reference(call.name, call.number, output))
        layer = self.draft.layers.get(value.layer)
        if stated is None or layer is None or over:
            return value
        sizes = stated[1:]
        whole = tuple(size for size in sizes if size is not None)
        if isinstance(value, View):
            if not differ(value.shape()[1:], sizes) and len(value.axes) == len(stated):
                return value
            worked = "×".join(map(str, value.shape()[1:]))
            why = f"the file says that the output is {'×'.join(map(str, sizes))}, but it is {worked}"
            self.draft.doubt(layer, why, whole if len(whole) == len(sizes) else None, None)
        elif layer.kind not in KINDS and len(whole) == len(sizes):
            self.draft.put(replace(layer, stated=whole))
        return self.draft.view(layer.name) or _Lost(layer.name)

    def call(
        self, call: Call, inputs: list[Value], entries: dict[str, Value], prefix: str, depth: int,
        used: frozenset[int], over: int,
    ) -> list[Value]:  # fmt: skip
        """Adds one call of a layer; its outputs."""
        kind, config = call.layer.get("class_name"), call.layer.get("config")
        at = f"layer {prefix}{call.name}"
        if not isinstance(kind, str) or not isinstance(config, dict | list):
            raise ProblemError(self.path, at, "a layer has a class_name and a config")
        if kind == "InputLayer":
            return [entries[call.name] if call.name in entries else self.another_input(call, prefix)]
        name, place = self.draft.free(prefix + call.name), f"{self.path}: {at} ({printable(kind)})"
        if not inputs:
            raise ProblemError(self.path, at, "it reads no layer")
        if kind in MODELS:
            values = self.model(call.layer, f"{prefix}{call.name}/", inputs, depth + 1, over)
            if not values:
                raise ProblemError(self.path, at, "a model in another one has outputs")
            return values
        group = self.groups.get(id(call.layer), "")
        where = Place(name, at, place, self.owned(call.layer), used, call.node, group, self.kept)
        if len(call.reads) > 1 and kind in _STATES:
            where.unlike = "it starts from a state that another layer gives"
        if _masked(call.node):
            where.unlike = "its arguments hide a part of its input"
        before = set(self.draft.layers)
        values = self.layer(call.layer, where, inputs, prefix, depth, over)
        return [self.weighed_layer(call.layer, value, before) for value in values]

    def weighed_layer(self, layer: dict[str, Any], value: Value, before: set[str]) -> Value:
        """What a layer gives; where its weights in the file are others than it has here, the file is believed."""
        held, name = self.held(layer), value.layer
        new = [each for each in self.draft.layers if each not in before and not each.endswith(_MERGED)]
        made = {each: self.draft.counts.get(each) for each in new if not self.draft.layers[each].shares}
        own = made.get(name)
        known = [count for count in made.values() if isinstance(count, int)]
        if not held or not any(known) or len(known) < len(made) or own is None or sum(known) == held:
            return value
        why = f"the file holds {held:,} weights for it, but it needs {sum(known):,}"
        shape = self.draft.shape(name)
        self.draft.doubt(
            self.draft.layers[name], why, shape, max(0, held - (sum(known) - known[list(made).index(name)]))
        )
        return value

    def layer(
        self, layer: dict[str, Any], place: Place, inputs: list[Value], prefix: str, depth: int, over: int
    ) -> list[Value]:
        """Adds one layer, which may stand in another one."""
        kind, config = layer.get("class_name"), layer.get("config")
        name = place.name
        reads = list(dict.fromkeys(value.layer for value in inputs))
        views = [value for value in inputs if isinstance(value, View)]
        if not isinstance(kind, str) or not isinstance(config, dict):
            config = {}
        if len(views) < len(inputs):
            held = self.held(layer) if not place.owners else 0
            place.owners.append(name)
            found = self.draft.unknown(_called(layer), *reads, name=name, place=place.where, held=held)
            if kind in READERS:
                self.draft.put(replace(self.draft.layers[found], why="it reads an unknown layer"))
            return [_Lost(found)]
        node = Node(config, self.path, place, self.draft, views, over)
        try:
            if kind == "TimeDistributed":
                return self.time_distributed(node, place, inputs, prefix, depth, over)
            read = reader(str(kind), config)
            if len(inputs) > 1 and kind not in SEVERAL:
                raise Unknown(f"{kind} of {len(inputs)} inputs")
            values = read(node)
        except Unknown as error:
            kind = f"TimeDistributed {error}" if over else str(error)
            held = self.held(layer) if not place.owners else 0
            place.owners.append(place.name)
            return [self.not_known(kind, reads, place, held)]
        except Lost as error:
            return [_Lost(error.layer)]
        return list(values) if isinstance(values, list) else [values]

    def not_known(self, kind: str, reads: list[str], place: Place, held: int | None) -> Value:
        return _Lost(self.draft.unknown(kind, *reads, name=place.name, place=place.where, held=held))

    def time_distributed(
        self, node: Node, place: Place, inputs: list[Value], prefix: str, depth: int, over: int
    ) -> list[Value]:
        """The layer in it, called at every position of one more axis."""
        inner = node.get("layer")
        if not isinstance(inner, dict):
            raise node.refused("layer", f"this is a layer with a class_name and a config, not {shown(inner)}")
        kind = inner.get("class_name")
        if not isinstance(kind, str):
            raise Unknown("TimeDistributed of a layer without a class")
        if node.rank < 2:
            raise Unknown(f"TimeDistributed {kind} of a vector")
        if kind in MODELS:
            return self.model(inner, f"{prefix}{place.name}/", inputs, depth + 1, over + 1)
        named = f"{place.at}: layer"
        if not isinstance(inner.get("config"), dict):
            raise ProblemError(self.path, named, "a layer has a class_name and a config")
        within = replace(place, owners=self.owned(inner), at=named, group=f"{place.group}/layer")
        return self.layer(inner, within, inputs, prefix, depth, over + 1)

    def another_input(self, call: Call, prefix: str) -> Value:
        """An input besides the first."""
        config = call.layer.get("config")
        shape = next((config[key] for key in _SHAPES if config.get(key) is not None), None) if config else None
        name = self.draft.another_input(prefix + call.name, input_shape(self.sizes(shape)))
        return self.draft.view(name) or _Lost(name)

    def owned(self, layer: dict[str, Any]) -> list[str]:
        """The layers with weights that a layer of the file has become already.

        Names that Keras gives are given once, so that a layer under such a name that stands in the file twice, with the
        same configuration, is one layer.
        """
        kind, config = str(layer.get("class_name")), layer.get("config")
        name = config.get("name") if isinstance(config, dict) else None
        usual = isinstance(name, str) and re.fullmatch(rf"{re.escape(snake(kind))}(_\d+)?", name)
        key: Hashable = (
            (kind, name, json.dumps([config, layer.get("build_config")], sort_keys=True)) if usual else id(layer)
        )
        return self.owners.setdefault(key, [])


@dataclass(frozen=True)
class _Lost:
    """The output of a layer whose shape is not known."""

    layer: str


Value = View | _Lost


def _masked(call: Any) -> bool:
    """Whether a call is given a mask of its own."""
    kwargs = call.get("kwargs") if isinstance(call, dict) else None
    given = kwargs if isinstance(kwargs, dict) else {}
    return any("mask" in key and value not in (None, False) for key, value in given.items())


def _called(layer: dict[str, Any]) -> str:
    """The class, and that of the layer in it."""
    config = layer.get("config")
    inner = config.get("layer") if isinstance(config, dict) else None
    name = inner.get("class_name") if isinstance(inner, dict) else None
    return f"{layer.get('class_name')} {name}" if isinstance(name, str) else str(layer.get("class_name"))


def _groups(model: dict[str, Any], where: str) -> Iterator[tuple[int, str]]:
    """(a layer, the group of its weights): the classes' names in lower case, numbered in the file's order."""
    config = model.get("config")
    layers = config.get("layers") if isinstance(config, dict) else config
    seen: Counter[str] = Counter()
    for layer in layers if isinstance(layers, list) else []:
        if not isinstance(layer, dict) or not isinstance(layer.get("class_name"), str):
            continue
        name = snake(layer["class_name"])
        group = f"{where}/{name}_{seen[name]}" if seen[name] else f"{where}/{name}"
        seen[name] += 1
        yield id(layer), group
        if _is_model(layer) and where.count("/") < 2 * _DEEPEST:
            yield from _groups(layer, f"{group}/layers")


def _is_model(layer: dict[str, Any]) -> bool:
    kind = layer.get("class_name")
    return isinstance(kind, str) and kind in MODELS


def _says(model: object, key: str, value: str) -> bool:
    """Whether some object in the model has `value` under `key`."""
    stack = [model]
    while stack:
        current = stack.pop()
        if isinstance(current, dict):
            if current.get(key) == value:
                return True
            stack.extend(current.values())
        elif isinstance(current, list):
            stack.extend(current)
    return False


def _input_shape(model: dict[str, Any]) -> object:
    """The shape of the (first) input, batch first, as one of Keras's versions says it; None if none does."""
    config = model.get("config")
    layers = config.get("layers") if isinstance(config, dict) else config
    first = config.get("input_layers") if isinstance(config, dict) else None
    while isinstance(first, list) and first:
        first = first[0]
    candidates = [layer for layer in layers if isinstance(layer, dict)] if isinstance(layers, list) else []
    candidates.sort(key=lambda layer: isinstance(first, str) and layer.get("name") != first)
    for layer in candidates[:1]:
        inner = layer.get("config")
        if _is_model(layer):
            return _input_shape(layer)
        if isinstance(inner, dict):
            for key in _SHAPES:
                if inner.get(key) is not None:
                    return inner[key]
    built = model.get("build_config")
    if isinstance(config, dict) and config.get("build_input_shape") is not None:
        return config["build_input_shape"]
    return built.get("input_shape") if isinstance(built, dict) else None
