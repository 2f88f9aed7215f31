"""Keras models, Sequential and Functional, of Keras 2 and 3: the configuration as JSON, in which nothing is executed.

A model inside a model is read in its place, its layers named `inner/conv1`. A layer that is called twice shares its
weights, which our tables have no word for: its second call is kept as a kind that is not known, like every class that
has no counterpart here.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from ...errors import ProblemError
from ...expressions.nodes import Value
from ...untrusted import decoded, printable, shown
from ..kinds import KINDS
from ..network import INPUT, Network
from .draft import Draft, input_shape
from .keras_graph import MODELS, Call, Reference, graph
from .keras_layers import READERS, Configuration, Input, Piece, Unknown

_STATES = ("SimpleRNN", "LSTM", "GRU", "Bidirectional", "ConvLSTM2D")
"""Classes that may also read the state they start from."""
_DEEPEST = 8
_LARGEST = 10**9


def network(data: bytes, path: str) -> Network:
    """The network of a model's configuration. ProblemError and UserError name the file and the layer."""
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
    return _Reading(model, path).network()


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


class _Reading:
    def __init__(self, model: dict[str, Any], path: str) -> None:
        self.path = path
        self.outer = model
        self.channels_first = _says(model, "data_format", "channels_first")
        self.draft = Draft(path, self.input_shape())
        self.ranks: dict[str, int | None] = {INPUT: len(self.draft.input)}

    def network(self) -> Network:
        config = self.outer["config"]
        if isinstance(config, dict) and isinstance(config.get("name"), str):
            self.draft.title = printable(config["name"])
        self.model(self.outer, "", [INPUT], 0)
        if not self.draft.layers:
            raise ProblemError(self.path, "", "the model has no layers")
        return self.draft.finished()

    def input_shape(self) -> tuple[Value, ...]:
        shape = _input_shape(self.outer)
        if shape is None:
            raise ProblemError(self.path, "", "the input's shape is not in the file; build the model before saving it")
        if not isinstance(shape, list) or not 2 <= len(shape) <= 5:
            raise ProblemError(self.path, "input", f"the input has a batch and 1 to 4 axes, not {shown(shape)}")
        for size in shape[1:]:
            if size is not None and not (type(size) is int and 1 <= size <= _LARGEST):
                raise ProblemError(self.path, "input", f"a size is a whole number ≥ 1, not {shown(size)}")
        first = self.channels_first and len(shape) > 3
        words = _says(self.outer, "class_name", "Embedding")
        return input_shape([*shape[2:], shape[1]] if first else shape[1:], words and len(shape) == 2)

    def model(self, model: dict[str, Any], prefix: str, reads: list[str], depth: int) -> list[str]:
        """Adds the layers of a model that reads `reads`; gives the names of its outputs."""
        if depth > _DEEPEST:
            raise ProblemError(self.path, prefix, f"models stand at most {_DEEPEST} deep in one another")
        found = graph(model, self.path, prefix)
        entries = dict(zip(found.inputs, reads, strict=False))
        readers = Counter((each.name, each.number) for call in found.calls for each in call.reads)
        readers.update((each.name, each.number) for each in found.outputs)
        made: dict[tuple[str, int], list[str]] = {}
        for call in found.calls:
            starts = call.layer.get("class_name") in _STATES and len(call.reads) > 1
            if starts:
                self.draft.notes.append(f"{call.name} also reads the state it starts from, which another layer gives")
            inputs = [self.output(made, each) for each in (call.reads[:1] if starts else call.reads)]
            if call is found.calls[0] and not found.inputs:
                inputs = reads[:1]  # a Sequential model may begin with any layer
            made[call.name, call.number] = names = self.call(call, inputs, entries, prefix, depth)
            if readers[call.name, call.number] > 1:
                self.draft.shared.update(names)
        return [self.output(made, each) for each in found.outputs if (each.name, each.number) in made]

    def output(self, made: dict[tuple[str, int], list[str]], wanted: Reference) -> str:
        names = made[wanted.name, wanted.number]
        if 0 <= wanted.output < len(names):
            return names[wanted.output]
        return self.draft.unknown(f"another output of {wanted.name}", names[0])

    def call(self, call: Call, inputs: list[str], entries: dict[str, str], prefix: str, depth: int) -> list[str]:
        """Adds one call of a layer; the names of its outputs."""
        kind, config = call.layer.get("class_name"), call.layer.get("config")
        at = f"layer {prefix}{call.name}"
        if not isinstance(kind, str) or not isinstance(config, dict | list):
            raise ProblemError(self.path, at, "a layer has a class_name and a config")
        name, place = self.draft.free(prefix + call.name), f"{self.path}: {at} ({printable(kind)})"
        if kind == "InputLayer":
            return [entries[call.name] if call.name in entries else self.draft.unknown("another input", name=name)]
        if not inputs:
            raise ProblemError(self.path, at, "it reads no layer")
        if kind in MODELS and not call.number:
            names = self.model(call.layer, f"{prefix}{call.name}/", inputs, depth + 1)
            if not names:
                raise ProblemError(self.path, at, "a model in another one has outputs")
            return names
        input = Input(self.ranks.get(inputs[0]), call.width, self.channels_first)
        given = Configuration(config if isinstance(config, dict) else {}, self.path, at, input)
        try:
            pieces = self.pieces(kind, given, call, inputs)
        except Unknown as error:
            return [self.draft.unknown(str(error), *inputs, name=name, place=place)]
        return [self.add(pieces, inputs, name, place)]

    def pieces(self, kind: str, given: Configuration, call: Call, inputs: list[str]) -> list[Piece]:
        """What a layer is in our words. Raises Unknown."""
        if kind not in READERS:
            raise Unknown(kind)
        pieces = READERS[kind](given)
        first = pieces[0].kind
        if call.number and any(piece.kind in KINDS and KINDS[piece.kind].weights for piece in pieces):
            raise Unknown(f"{kind} that shares its weights")
        if first == "attention":
            inputs[:] = dict.fromkeys(inputs)
        if first in ("add", "multiply") and len(inputs) == 1:
            return [Piece("", {}, (f"{first}-constant",))]
        if kind == "Normalization":
            self.draft.notes.append(f"{call.name} keeps means and variances that are measured; they are not counted")
        if len(inputs) > 1 and not (first in KINDS and KINDS[first].several):
            raise Unknown(f"{kind} of {len(inputs)} inputs")
        return pieces

    def add(self, pieces: list[Piece], inputs: list[str], name: str, place: str) -> str:
        for piece in pieces[:-1]:
            inputs = [self.put(piece, inputs, self.draft.free(f"{name}-{piece.kind}"), place)]
        return self.put(pieces[-1], inputs, name, place)

    def put(self, piece: Piece, inputs: list[str], name: str, place: str) -> str:
        if not piece.kind:
            after = self.draft.follow(inputs[0], piece.remarks, name, place)
            self.ranks[after] = self.ranks.get(inputs[0])
            return after
        settings = dict(piece.settings)
        if piece.kind in ("conv", "depthwise") and "same" not in settings:
            inputs[0], padding = self.draft.absorbed_padding(inputs[0])
            if padding:
                settings["p"] = padding
        ranks = [self.ranks.get(each) for each in inputs]
        self.draft.add(piece.kind, *inputs, name=name, place=place, remarks=piece.remarks, **settings)
        self.ranks[name] = _rank(piece, ranks)
        return name


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
            for key in ("batch_shape", "batch_input_shape"):
                if inner.get(key) is not None:
                    return inner[key]
    built = model.get("build_config")
    if isinstance(config, dict) and config.get("build_input_shape") is not None:
        return config["build_input_shape"]
    return built.get("input_shape") if isinstance(built, dict) else None


def _rank(piece: Piece, ranks: list[int | None]) -> int | None:
    """Axes of what a layer gives; None if that is not known."""
    if any(rank is None for rank in ranks):
        return None
    most = max(rank for rank in ranks if rank is not None)
    match piece.kind:
        case "flatten" | "global-avgpool" | "global-maxpool":
            return 1
        case "reshape":
            target = piece.settings["y"]
            return len(target) if isinstance(target, tuple) else 1
        case "embedding":
            return most + 1
        case "rnn" | "lstm" | "gru" | "convlstm":
            return most if piece.settings.get("sequence") else most - 1
        case _:
            return most
