"""Keras's layers in our words: what each class is, from its configuration. A class that is not here is no kind we know.

Sizes as in the documentation of Keras 3; "same" padding of a transposed convolution is written as the padding and the
output padding that give the same size.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ...errors import ProblemError
from ...expressions.nodes import Value
from ...untrusted import shown
from .draft import per_axis, unusual

_LARGEST = 10**9


@dataclass(frozen=True)
class Piece:
    """One of our layers: its kind, its settings and what follows it. Without a kind only the remarks are left."""

    kind: str
    settings: dict[str, Value] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


class Unknown(Exception):
    """The layer has no counterpart among our kinds; the message says what it is."""


@dataclass(frozen=True)
class Input:
    """What is known of what a layer reads."""

    rank: int | None = None
    """Axes besides the batch."""
    width: int = 0
    """Numbers along the last axis, 0 if that is not known."""
    channels_first: bool = False

    @property
    def channel_axis(self) -> int | None:
        """Counted with the batch, as Keras does."""
        return 1 if self.channels_first and (self.rank or 0) > 2 else self.rank


class Configuration:
    """The configuration of one layer, read key by key. What breaks a rule is a ProblemError that names the key."""

    def __init__(self, values: dict[str, Any], path: str, place: str, input: Input) -> None:
        self.values = values
        self.path = path
        self.place = place
        self.input = input

    def refused(self, key: str, rule: str) -> ProblemError:
        return ProblemError(self.path, f"{self.place}: {key}", rule)

    def get(self, key: str) -> Any:
        return self.values.get(key)

    def inner(self, key: str) -> tuple[str, Configuration]:
        """(class, configuration) of a layer that stands in this one."""
        given = self.get(key)
        if not isinstance(given, dict) or not isinstance(given.get("config"), dict):
            raise self.refused(key, f"this is a layer with a class_name and a config, not {shown(given)}")
        name = given.get("class_name")
        name = name if isinstance(name, str) else "of a layer without a class"
        return name, Configuration(given["config"], self.path, f"{self.place}: {key}", self.input)

    def whole(self, key: str, usual: int | None = None) -> int:
        given = self.get(key)
        given = usual if given is None else given
        if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= _LARGEST:
            return given
        raise self.refused(key, f"this is a whole number from 0 to {_LARGEST}, not {shown(given)}")

    def sizes(self, key: str, usual: int | None = None) -> tuple[int, ...]:
        """One number, or one per axis."""
        given = self.get(key)
        given = usual if given is None else given
        items = given if isinstance(given, list) else [given]
        if 1 <= len(items) <= 3 and all(type(item) is int and 0 <= item <= _LARGEST for item in items):
            return tuple(items)
        raise self.refused(key, f"this is a whole number, or one for each axis, not {shown(given)}")

    def word(self, key: str, usual: str) -> str:
        given = self.get(key)
        given = usual if given is None else given
        if isinstance(given, str) and len(given) <= 40:
            return given.lower()
        raise self.refused(key, f"this is a word, not {shown(given)}")

    def flag(self, key: str, usual: bool) -> bool:
        given = self.get(key)
        given = usual if given is None else given
        if isinstance(given, bool):
            return given
        raise self.refused(key, f"this is true or false, not {shown(given)}")

    def activation(self, key: str = "activation") -> tuple[str, ...]:
        """The activation as a remark, () for none. One that has no name, as a program has none, is `activation`."""
        given = self.get(key)
        if isinstance(given, dict):
            name = given.get("config") if given.get("class_name") == "function" else given.get("class_name")
            given = name.lower() if isinstance(name, str) else "activation"
        if given in (None, "linear"):
            return ()
        if isinstance(given, str) and re.fullmatch(r"[a-z][a-z0-9_]{1,30}", given):
            return (ACTIVATIONS.get(given, given),)
        return ("activation",)


ACTIVATIONS = {"leaky_relu": "leaky", "leakyrelu": "leaky", "silu": "swish"}
"""Names of Keras's that are remarks under another name here."""

Reader = Callable[[Configuration], list[Piece]]


def _padded(given: Configuration, *allowed: str) -> str:
    padding = given.word("padding", "valid")
    if padding not in allowed:
        raise given.refused("padding", f"this is one of {', '.join(allowed)}, not {shown(padding)}")
    return padding


def _window(given: Configuration) -> dict[str, Value]:
    """What convolutions share; a causal one has its padding before it."""
    return {"f": per_axis(given.sizes("kernel_size"))} | unusual(
        s=(per_axis(given.sizes("strides", 1)), 1),
        d=(per_axis(given.sizes("dilation_rate", 1)), 1),
        same=(given.word("padding", "valid") == "same", False),
    )


def _conv(given: Configuration) -> list[Piece]:
    f, d = given.sizes("kernel_size"), given.sizes("dilation_rate", 1)
    causal = _padded(given, "valid", "same", *(["causal"] if given.input.rank == 2 else [])) == "causal"
    before = [Piece("pad", {"pad_begin": d[0] * (f[0] - 1), "pad_end": 0})] if causal else []
    settings = {"k": given.whole("filters")} | _window(given)
    settings |= unusual(groups=(given.whole("groups", 1), 1), bias=(given.flag("use_bias", True), True))
    return [*before, Piece("conv", settings, given.activation())]


def _depthwise(given: Configuration) -> list[Piece]:
    _padded(given, "valid", "same")
    settings = _window(given) | unusual(
        multiplier=(given.whole("depth_multiplier", 1), 1), bias=(given.flag("use_bias", True), True)
    )
    return [Piece("depthwise", settings, given.activation())]


def _separable(given: Configuration) -> list[Piece]:
    """Keras has one bias, behind both parts, and no activation between them."""
    [depthwise] = _depthwise(given)
    settings = {name: value for name, value in depthwise.settings.items() if name != "bias"} | {"bias": False}
    pointwise = {"k": given.whole("filters"), "f": 1} | unusual(bias=(given.flag("use_bias", True), True))
    return [Piece("depthwise", settings), Piece("conv", pointwise, given.activation())]


def _transposed(given: Configuration) -> list[Piece]:
    same = _padded(given, "valid", "same") == "same"
    f, s = given.sizes("kernel_size"), given.sizes("strides", 1)
    d = given.sizes("dilation_rate", 1)
    asked = given.sizes("output_padding") if given.get("output_padding") is not None else None
    axes = max(len(f), len(s), len(d), len(asked or ()))
    f, s, d = (sizes * axes if len(sizes) == 1 else sizes for sizes in (f, s, d))
    asked = asked * axes if asked and len(asked) == 1 else asked
    for key, sizes in (("kernel_size", f), ("strides", s), ("dilation_rate", d), ("output_padding", asked)):
        if sizes is not None and len(sizes) != axes:
            raise given.refused(key, f"this is a whole number, or one for each of {axes} axes, not {len(sizes)}")
    padding, after = [], []
    for axis, (size, stride, dilation) in enumerate(zip(f, s, d, strict=True)):
        reach = dilation * (size - 1) + 1
        if asked:
            padding.append(reach // 2 if same else 0)
            after.append(asked[axis])
        elif same and reach >= stride:
            after.append((reach - stride) % 2)  # n·s in all
            padding.append((reach - stride + after[-1]) // 2)
        else:
            after.append(max(0, stride - reach))  # (n − 1)s + max(reach, s)
            padding.append(0)
    settings = {"k": given.whole("filters"), "f": per_axis(f)} | unusual(
        s=(per_axis(s), 1),
        p=(per_axis(tuple(padding)), 0),
        d=(per_axis(d), 1),
        output_padding=(per_axis(tuple(after)), 0),
        groups=(given.whole("groups", 1), 1),
        bias=(given.flag("use_bias", True), True),
    )
    return [Piece("conv-transpose", settings, given.activation())]


def _pool(kind: str) -> Reader:
    def read(given: Configuration) -> list[Piece]:
        f = given.sizes("pool_size", 2)
        s = given.sizes("strides") if given.get("strides") is not None else f
        same = _padded(given, "valid", "same") == "same"
        return [Piece(kind, {"f": per_axis(f)} | unusual(s=(per_axis(s), per_axis(f)), same=(same, False)))]

    return read


def _global_pool(kind: str) -> Reader:
    def read(given: Configuration) -> list[Piece]:
        return [Piece(f"adaptive-{kind}", {"o": 1}) if given.flag("keepdims", False) else Piece(f"global-{kind}")]

    return read


def _dense(given: Configuration) -> list[Piece]:
    """On a map Keras works at every position, as a 1×1 convolution does."""
    bias = unusual(bias=(given.flag("use_bias", True), True))
    units = given.whole("units")
    if given.input.rank is not None and given.input.rank > 2:
        return [Piece("conv", {"k": units, "f": 1} | bias, given.activation())]
    return [Piece("dense", {"m": units} | bias, given.activation())]


def _recurrent(kind: str) -> Reader:
    def read(given: Configuration) -> list[Piece]:
        settings = {"m": given.whole("units")} | unusual(
            sequence=(given.flag("return_sequences", False), False), bias=(given.flag("use_bias", True), True)
        )
        if kind == "gru":  # Keras did not know the setting at first, and then every GRU was without it
            settings |= unusual(reset_after=(given.flag("reset_after", False), True))
        return [Piece(kind, settings)]

    return read


def _bidirectional(given: Configuration) -> list[Piece]:
    name, inner = given.inner("layer")
    if name not in ("SimpleRNN", "LSTM", "GRU"):
        raise Unknown(f"Bidirectional {name}")
    if given.values.get("merge_mode", "concat") != "concat":  # null keeps the two apart
        raise Unknown(f"Bidirectional {name} whose directions are not concatenated")
    [piece] = READERS[name](inner)
    return [Piece(piece.kind, {**piece.settings, "D": 2}, piece.remarks)]


def _convlstm(given: Configuration) -> list[Piece]:
    if _padded(given, "valid", "same") != "same" or set(given.sizes("strides", 1)) != {1}:
        raise Unknown("ConvLSTM2D that changes the size")
    if not given.flag("use_bias", True) or set(given.sizes("dilation_rate", 1)) != {1}:
        raise Unknown("ConvLSTM2D without biases or with dilation")
    settings = {"k": given.whole("filters"), "f": per_axis(given.sizes("kernel_size"))}
    return [Piece("convlstm", settings | unusual(sequence=(given.flag("return_sequences", False), False)))]


def _time_distributed(given: Configuration) -> list[Piece]:
    name, inner = given.inner("layer")
    if name != "Dense":
        raise Unknown(f"TimeDistributed {name}")
    return _dense(inner)


def _last_axis(given: Configuration) -> bool:
    axis = given.get("axis")
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis in (None, -1):
        return not given.input.channels_first
    return given.input.rank is None or axis == given.input.channel_axis


def _batchnorm(given: Configuration) -> list[Piece]:
    if not given.flag("center", True):
        raise Unknown("BatchNormalization without a shift")
    return [Piece("batchnorm", unusual(scale=(given.flag("scale", True), True)))]


def _layernorm(given: Configuration) -> list[Piece]:
    if not given.flag("scale", True) or not _last_axis(given):
        raise Unknown("LayerNormalization without a scale or along other axes")
    return [Piece("layernorm", unusual(bias=(given.flag("center", True), True)))]


def _attention(given: Configuration) -> list[Piece]:
    heads, size = given.whole("num_heads"), given.whole("key_dim")
    values = given.whole("value_dim", size)
    shared = heads * size == given.input.width and values == size and not given.get("output_shape")
    if not shared or not given.flag("use_bias", True):
        raise Unknown("MultiHeadAttention whose heads do not share the model size")
    return [Piece("attention", {"h": heads})]


def _concat(given: Configuration) -> list[Piece]:
    if not _last_axis(given):
        raise Unknown("Concatenate along another axis than the channels")
    return [Piece("concat")]


def _zero_padding(given: Configuration) -> list[Piece]:
    given_padding = given.get("padding")
    items = given_padding if isinstance(given_padding, list) else [given_padding]
    if items and all(isinstance(item, list) and len(item) == 2 for item in items):
        begin, end = zip(*items, strict=True)
    elif len(items) == 2 and given.input.rank == 2:
        begin, end = (items[0],), (items[1],)
    else:
        begin = end = tuple(items)
    sizes = [*begin, *end]
    if not 1 <= len(begin) <= 3 or not all(type(size) is int and 0 <= size <= _LARGEST for size in sizes):
        rule = f"this is a whole number, or one or two for each axis, not {shown(given_padding)}"
        raise given.refused("padding", rule)
    return [Piece("pad", {"pad_begin": per_axis(begin)} | unusual(pad_end=(per_axis(end), per_axis(begin))))]


def _reshape(given: Configuration) -> list[Piece]:
    target = given.get("target_shape")
    if not isinstance(target, list) or not 1 <= len(target) <= 4 or not all(type(n) is int and n >= -1 for n in target):
        raise given.refused("target_shape", f"this is a list of 1 to 4 sizes, not {shown(target)}")
    return [Piece("reshape", {"y": tuple(target)})]


def _relu(given: Configuration) -> list[Piece]:
    slope = given.get("negative_slope") or given.get("alpha")
    return [Piece("", {}, ("leaky" if slope else "relu6" if given.get("max_value") == 6 else "relu",))]


def _dropout(given: Configuration) -> list[Piece]:
    rate = given.get("rate")
    known = isinstance(rate, int | float) and 0 <= rate < 1
    return [Piece("", {}, (f"dropout{rate:g}" if known and rate else "dropout",))]


def _as(kind: str) -> Reader:
    return lambda given: [Piece(kind)]


def _remark(word: str) -> Reader:
    return lambda given: [Piece("", {}, (word,))]


def _nothing(given: Configuration) -> list[Piece]:
    return [Piece("")]


READERS: dict[str, Reader] = {
    **{f"Conv{axes}D": _conv for axes in (1, 2, 3)},
    **{f"Conv{axes}DTranspose": _transposed for axes in (1, 2, 3)},
    **{f"DepthwiseConv{axes}D": _depthwise for axes in (1, 2)},
    **{f"SeparableConv{axes}D": _separable for axes in (1, 2)},
    **{f"MaxPooling{axes}D": _pool("maxpool") for axes in (1, 2, 3)},
    **{f"AveragePooling{axes}D": _pool("avgpool") for axes in (1, 2, 3)},
    **{f"GlobalAveragePooling{axes}D": _global_pool("avgpool") for axes in (1, 2, 3)},
    **{f"GlobalMaxPooling{axes}D": _global_pool("maxpool") for axes in (1, 2, 3)},
    **{f"ZeroPadding{axes}D": _zero_padding for axes in (1, 2, 3)},
    **{f"SpatialDropout{axes}D": _dropout for axes in (1, 2, 3)},
    **{name: _remark(name.lower()) for name in ("Rescaling", "Normalization", "Masking", "GaussianNoise")},
    **{
        f"Random{what}": _nothing
        for what in ("Flip", "Rotation", "Zoom", "Translation", "Contrast", "Brightness")
    },  # in training only
    "Identity": _nothing, "ActivityRegularization": _nothing,
    "Dense": _dense, "Flatten": _as("flatten"), "Reshape": _reshape, "Embedding": lambda given: [
        Piece("embedding", {"v": given.whole("input_dim"), "n": given.whole("output_dim")})
    ],
    "SimpleRNN": _recurrent("rnn"), "LSTM": _recurrent("lstm"), "GRU": _recurrent("gru"),
    "ConvLSTM2D": _convlstm, "Bidirectional": _bidirectional,
    "TimeDistributed": _time_distributed, "MultiHeadAttention": _attention,
    "BatchNormalization": _batchnorm, "LayerNormalization": _layernorm,
    "Add": _as("add"), "Multiply": _as("multiply"), "Concatenate": _concat,
    "Dropout": _dropout, "AlphaDropout": _dropout, "GaussianDropout": _dropout,
    "Activation": lambda given: [Piece("", {}, given.activation())], "ReLU": _relu,
    "LeakyReLU": _remark("leaky"), "ELU": _remark("elu"), "Softmax": _remark("softmax"),
}  # fmt: skip
"""Class → what its configuration says."""
