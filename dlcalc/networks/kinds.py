"""The kinds of layer: which formula each works out, and what of it the shapes of its inputs give.

A shape is height × width × channels (or any number of spatial axes before the channels), a vector (n,), or a sequence
(T, n). A dense layer on a map of two or more axes reads it flattened; on a sequence it works at every time step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..errors import UserError
from ..expressions.nodes import Value
from .network import Layer

Shape = tuple[Value, ...]
Given = dict[str, Value]


@dataclass(frozen=True)
class Question:
    """What a layer asks: a formula, its quantities, and what its output's shape is."""

    formula: str
    given: Given
    output: Callable[[Shape], Shape] = field(default=lambda shape: shape)
    """From the formula's shape to the layer's (a recurrent layer may keep the last step only)."""
    convention: str = ""
    """A variant of the formula that the layer asks for, such as no-bias."""


Ask = Callable[[Layer, list[Shape]], Question]


@dataclass(frozen=True)
class Kind:
    """A kind of layer: how its layers are called, which settings it takes, and what it asks of which formula."""

    name: str
    label: str
    ask: Ask
    settings: tuple[str, ...] = ()
    window: bool = False
    """It has a window f, s, p, d that widens the receptive field."""
    several: bool = False
    """It reads more than one layer."""
    counts: bool = True
    """Its outputs count as neurons."""


def shown(shape: Shape) -> str:
    """55×55×96, for messages."""
    return "×".join(str(part) if isinstance(part, int) else getattr(part, "id", "…") for part in shape)


def _only(layer: Layer, shapes: list[Shape]) -> Shape:
    if len(shapes) != 1:
        raise UserError(f"{layer.name} ({layer.kind}) reads one layer, not {len(shapes)}")
    return shapes[0]


def _map(layer: Layer, shapes: list[Shape], axes: tuple[int, ...] = (1, 2, 3)) -> tuple[Value, Value, int]:
    """(size per axis, channels, number of axes) of a map."""
    shape = _only(layer, shapes)
    if len(shape) - 1 not in axes:
        raise UserError(f"{layer.name} ({layer.kind}) reads a map, height × width × channels, not {shown(shape)}")
    sizes = shape[:-1]
    return (sizes[0] if len(sizes) == 1 else tuple(sizes)), shape[-1], len(sizes)


_CONV = {1: "conv1d", 2: "conv", 3: "conv3d"}


def _bias(settings: Given) -> str:
    """Takes `bias` out of the settings: the formula's variant without biases, or ""."""
    return "" if settings.pop("bias", True) else "no-bias"


def _conv(layer: Layer, shapes: list[Shape]) -> Question:
    n, c, axes = _map(layer, shapes)
    settings = dict(layer.settings)
    id = _CONV[axes] + ("_same" if settings.pop("same", False) else "")
    convention = _bias(settings)
    return Question(id, {"n": n, "c": c, **settings}, convention=convention)


def _depthwise(layer: Layer, shapes: list[Shape]) -> Question:
    n, c, axes = _map(layer, shapes)
    settings = dict(layer.settings)
    multiplier = settings.pop("multiplier", 1)
    id = _CONV[axes] + ("_same" if settings.pop("same", False) else "")
    convention = _bias(settings)
    return Question(id, {"n": n, "c": c, "k": c * multiplier, "groups": c, **settings}, convention=convention)


def _transposed(layer: Layer, shapes: list[Shape]) -> Question:
    n, c, axes = _map(layer, shapes)
    settings = dict(layer.settings)
    convention = _bias(settings)
    return Question(f"{_CONV[axes]}_transposed", {"n": n, "c": c, **settings}, convention=convention)


_POOL = {1: "pool1d", 2: "pool", 3: "pool3d"}


def _pool(layer: Layer, shapes: list[Shape]) -> Question:
    n, c, axes = _map(layer, shapes)
    settings = dict(layer.settings)
    ceil, same = settings.pop("ceil", False), settings.pop("same", False)
    return Question(_POOL[axes] + ("_ceil" if ceil else "_same" if same else ""), {"n": n, "c": c, **settings})


def _subsampling(layer: Layer, shapes: list[Shape]) -> Question:
    n, c, _ = _map(layer, shapes, (2,))
    return Question("subsampling", {"n": n, "c": c, **layer.settings})


def _named(id: str) -> Ask:
    """A formula of a map without settings of its own."""

    def ask(layer: Layer, shapes: list[Shape]) -> Question:
        n, c, _ = _map(layer, shapes, (2,))
        return Question(id, {"n": n, "c": c, **layer.settings})

    return ask


def _unchanged(layer: Layer, shapes: list[Shape]) -> Question:
    return Question("same_shape", {"x": _only(layer, shapes)})


def _joined(layer: Layer, shapes: list[Shape]) -> Question:
    """Element by element: all shapes equal, or 1 × 1 or a vector to scale a map's channels."""
    largest = max(shapes, key=len)
    for shape in shapes:
        per_channel = layer.kind == "multiply" and shape[-1:] == largest[-1:] and len(shape) == 1
        if shape != largest and not per_channel:
            raise UserError(f"{layer.name} ({layer.kind}) reads equal shapes, not {shown(largest)} and {shown(shape)}")
    return Question("same_shape", {"x": largest})


def _concat(layer: Layer, shapes: list[Shape]) -> Question:
    first = shapes[0]
    for shape in shapes:
        if shape[:-1] != first[:-1] or len(shape) != 3:
            raise UserError(f"{layer.name} (concat) reads maps of one size, not {shown(first)} and {shown(shape)}")
    n = first[0] if first[0] == first[1] else first[:-1]
    return Question("concat", {"n": n, "c": tuple(shape[-1] for shape in shapes)})


def _flatten(layer: Layer, shapes: list[Shape]) -> Question:
    return Question("flatten", {"x": _only(layer, shapes)})


def _dense(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    settings = dict(layer.settings)
    convention = _bias(settings)
    if len(shape) == 2:
        return Question("dense", {"n": shape[1], **settings}, lambda out: (shape[0], *out), convention)
    inputs = shape[0]
    for part in shape[1:]:
        inputs = inputs * part
    return Question("dense", {"n": inputs, **settings}, convention=convention)


def _batchnorm(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    sizes: Value = shape[:-1] if len(shape) == 3 else 1
    return Question("batchnorm", {"n": sizes, "c": shape[-1]}, lambda out: shape)


def _layernorm(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    return Question("layernorm", {"n": shape[-1]}, lambda out: shape)


def _recurrent(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    if len(shape) != 2:
        raise UserError(f"{layer.name} ({layer.kind}) reads a sequence, time steps × numbers, not {shown(shape)}")
    settings = dict(layer.settings)
    keep = bool(settings.pop("sequence", False))
    given = {"T": shape[0], "n": shape[1], **settings}
    return Question(layer.kind, given, lambda out: tuple(out) if keep else tuple(out[1:]))


def _convlstm(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    if len(shape) != 4:
        raise UserError(f"{layer.name} (convlstm) reads a sequence of maps, T × height × width × channels, not {shown(shape)}")
    settings = dict(layer.settings)
    keep = bool(settings.pop("sequence", False))
    given = {"T": shape[0], "n": tuple(shape[1:3]), "c": shape[3], **settings}
    return Question("convlstm", given, lambda out: tuple(out) if keep else tuple(out[1:]))


def _embedding(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    if len(shape) != 1:
        raise UserError(f"{layer.name} (embedding) reads a sequence of T indices, not {shown(shape)}")
    return Question("embedding", {"T": shape[0], **layer.settings})


def _attention(layer: Layer, shapes: list[Shape]) -> Question:
    shape = shapes[0]
    if len(shape) != 2 or any(other[1:] != shape[1:] for other in shapes):
        raise UserError(f"{layer.name} (attention) reads sequences, tokens × numbers, not {shown(shape)}")
    return Question("attention", {"T": shape[0], "d": shape[1], **layer.settings})


_WINDOW = ("f", "s", "p", "d")

_KINDS = (
    Kind("conv", "conv", _conv, ("k", *_WINDOW, "groups", "same", "bias"), window=True),
    Kind("depthwise", "dwconv", _depthwise, ("multiplier", *_WINDOW, "same", "bias"), window=True),
    Kind("conv-transpose", "convt", _transposed, ("k", *_WINDOW, "output_padding", "groups", "bias")),
    Kind("maxpool", "maxpool", _pool, (*_WINDOW, "ceil", "same"), window=True),
    Kind("avgpool", "avgpool", _pool, (*_WINDOW, "ceil", "same"), window=True),
    Kind("subsampling", "subsampling", _subsampling, ("f", "s"), window=True),
    Kind("global-avgpool", "gap", _named("global_pool")),
    Kind("global-maxpool", "gmp", _named("global_pool")),
    Kind("adaptive-avgpool", "adaptive", _named("adaptive_pool"), ("o",)),
    Kind("dense", "fc", _dense, ("m", "bias")),
    Kind("flatten", "flatten", _flatten),
    Kind("dropout", "dropout", _unchanged, ("p",)),
    Kind("activation", "activation", _unchanged),
    Kind("lrn", "lrn", _unchanged),
    Kind("batchnorm", "bn", _batchnorm),
    Kind("layernorm", "ln", _layernorm),
    Kind("add", "add", _joined, several=True),
    Kind("multiply", "multiply", _joined, several=True),
    Kind("concat", "concat", _concat, several=True),
    Kind("embedding", "embedding", _embedding, ("v", "n")),
    Kind("rnn", "rnn", _recurrent, ("m", "L", "D", "sequence")),
    Kind("lstm", "lstm", _recurrent, ("m", "L", "D", "sequence")),
    Kind("gru", "gru", _recurrent, ("m", "L", "D", "sequence")),
    Kind("convlstm", "convlstm", _convlstm, ("k", "f", "sequence")),
    Kind("attention", "attention", _attention, ("h",), several=True),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _KINDS}
