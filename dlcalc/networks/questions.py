"""What a layer asks: of which formula, and what of it the shapes of its inputs give.

A shape is height × width × channels (or any number of spatial axes before the channels), a vector (n,), or a sequence
(T, n). A dense layer on a map of two or more axes reads it flattened; on a sequence it works at every time step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import UserError
from ..expressions.nodes import Value
from ..formulas.run import same_at_points
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


def shown(shape: Shape) -> str:
    """55×55×96, for messages."""
    return "×".join(str(part) if isinstance(part, int) else getattr(part, "id", "…") for part in shape)


def _product(sizes: Shape) -> Value:
    product: Value = 1
    for size in sizes:
        product = product * size
    return product


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


def conv(layer: Layer, shapes: list[Shape]) -> Question:
    n, c, axes = _map(layer, shapes)
    settings = dict(layer.settings)
    id = _CONV[axes] + ("_same" if settings.pop("same", False) else "")
    convention = _bias(settings)
    return Question(id, {"n": n, "c": c, **settings}, convention=convention)


def depthwise(layer: Layer, shapes: list[Shape]) -> Question:
    n, c, axes = _map(layer, shapes)
    settings = dict(layer.settings)
    multiplier = settings.pop("multiplier", 1)
    id = _CONV[axes] + ("_same" if settings.pop("same", False) else "")
    convention = _bias(settings)
    return Question(id, {"n": n, "c": c, "k": c * multiplier, "groups": c, **settings}, convention=convention)


def transposed(layer: Layer, shapes: list[Shape]) -> Question:
    n, c, axes = _map(layer, shapes)
    settings = dict(layer.settings)
    convention = _bias(settings)
    return Question(f"{_CONV[axes]}_transposed", {"n": n, "c": c, **settings}, convention=convention)


_POOL = {1: "pool1d", 2: "pool", 3: "pool3d"}


def pool(layer: Layer, shapes: list[Shape]) -> Question:
    n, c, axes = _map(layer, shapes)
    settings = dict(layer.settings)
    ceil, same = settings.pop("ceil", False), settings.pop("same", False)
    return Question(_POOL[axes] + ("_ceil" if ceil else "_same" if same else ""), {"n": n, "c": c, **settings})


def subsampling(layer: Layer, shapes: list[Shape]) -> Question:
    n, c, _ = _map(layer, shapes, (2,))
    return Question("subsampling", {"n": n, "c": c, **layer.settings})


def named(id: str, *axes: int) -> Ask:
    """A formula of a map, with two spatial axes or, under a name such as `global1d_pool`, with so many `axes`."""
    name, _, rest = id.partition("_")

    def ask(layer: Layer, shapes: list[Shape]) -> Question:
        n, c, along = _map(layer, shapes, (2, *axes))
        return Question(id if along == 2 else f"{name}{along}d_{rest}", {"n": n, "c": c, **layer.settings})

    return ask


def unchanged(layer: Layer, shapes: list[Shape]) -> Question:
    return Question("same_shape", {"x": _only(layer, shapes)})


def _alike(first: Shape, second: Shape) -> bool:
    """Equal, whatever numbers the letters in them stand for."""
    return first == second or (
        len(first) == len(second) and all(a == b or same_at_points(a, b) for a, b in zip(first, second, strict=True))
    )


def joined(layer: Layer, shapes: list[Shape]) -> Question:
    """Element by element: all shapes equal, or 1 × 1 or a vector to scale a map's channels."""
    largest = max(shapes, key=lambda shape: (len(shape), shape[0] != 1))
    for shape in shapes:
        per_channel = layer.kind == "multiply" and shape in (largest[-1:], (*(1,) * (len(largest) - 1), *largest[-1:]))
        if not per_channel and not _alike(shape, largest):
            raise UserError(f"{layer.name} ({layer.kind}) reads equal shapes, not {shown(largest)} and {shown(shape)}")
    return Question("same_shape", {"x": largest})


def concat(layer: Layer, shapes: list[Shape]) -> Question:
    first = shapes[0]
    for shape in shapes:
        if not _alike(shape[:-1], first[:-1]):
            raise UserError(f"{layer.name} (concat) reads maps of one size, not {shown(first)} and {shown(shape)}")
    channels = tuple(shape[-1] for shape in shapes)
    if len(first) == 1:
        return Question("concat1d", {"n": 1, "c": channels}, lambda out: out[1:])
    n = first[0] if len(set(first[:-1])) == 1 else first[:-1]
    return Question({2: "concat1d", 3: "concat", 4: "concat3d"}.get(len(first), "concat"), {"n": n, "c": channels})


def reshape(layer: Layer, shapes: list[Shape]) -> Question:
    """One of the sizes may be −1: what is left for it."""
    sizes, wanted = _only(layer, shapes), layer.settings.get("y", ())
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    if wanted.count(-1) == 1:
        at = wanted.index(-1)
        whole, others = _product(sizes), _product(wanted[:at] + wanted[at + 1 :])
        left = whole // others if isinstance(whole, int) and isinstance(others, int) and others else whole / others
        wanted = (*wanted[:at], left, *wanted[at + 1 :])
    before, after = _product(sizes), _product(wanted)
    if isinstance(before, int) and isinstance(after, int) and before != after:
        raise UserError(f"{layer.name} (reshape) keeps all numbers: {shown(sizes)} does not become {shown(wanted)}")
    return Question("reshape", {"y": wanted})


def split(layer: Layer, shapes: list[Shape]) -> Question:
    n, c, _ = _map(layer, shapes, (2,))
    settings = dict(layer.settings)
    part, parts = settings.pop("part", 1), settings.get("parts", 2)
    if isinstance(part, int) and isinstance(parts, int) and not 1 <= part <= parts:
        raise UserError(f"{layer.name} (split) gives one of the parts 1 to {parts}, not {part}")
    return Question("channel_split", {"n": n, "c": c, **settings})


def flatten(layer: Layer, shapes: list[Shape]) -> Question:
    return Question("flatten", {"x": _only(layer, shapes)})


def dense(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    settings = dict(layer.settings)
    convention = _bias(settings)
    if len(shape) == 2:
        return Question("dense", {"n": shape[1], **settings}, lambda out: (shape[0], *out), convention)
    return Question("dense", {"n": _product(shape), **settings}, convention=convention)


def rbf(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    if len(shape) != 1:
        raise UserError(f"{layer.name} (rbf) reads a vector, not {shown(shape)}")
    return Question("rbf", {"n": shape[0], **layer.settings})


def batchnorm(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    sizes: Value = (shape[0], _product(shape[1:-1])) if len(shape) > 1 else 1
    scaled = "" if layer.settings.get("scale", True) else "no-scale"
    return Question("batchnorm", {"n": sizes, "c": shape[-1]}, lambda out: shape, scaled)


def layernorm(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    return Question("layernorm", {"n": shape[-1]}, lambda out: shape, _bias(dict(layer.settings)))


def recurrent(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    if len(shape) != 2:
        raise UserError(f"{layer.name} ({layer.kind}) reads a sequence, time steps × numbers, not {shown(shape)}")
    settings = dict(layer.settings)
    keep = bool(settings.pop("sequence", False))
    one_bias = not settings.pop("reset_after", True)  # the reset gate's product needs no bias of its own
    convention = _bias(settings) or ("textbook" if one_bias else "")
    given = {"T": shape[0], "n": shape[1], **settings}
    return Question(layer.kind, given, lambda out: tuple(out) if keep else tuple(out[1:]), convention)


def convlstm(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    if len(shape) != 4:
        raise UserError(f"{layer.name} (convlstm) reads maps over time, T × h × w × c, not {shown(shape)}")
    settings = dict(layer.settings)
    keep = bool(settings.pop("sequence", False))
    given = {"T": shape[0], "n": tuple(shape[1:3]), "c": shape[3], **settings}
    return Question("convlstm", given, lambda out: tuple(out) if keep else tuple(out[1:]))


def embedding(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    if len(shape) != 1:
        raise UserError(f"{layer.name} (embedding) reads a sequence of T indices, not {shown(shape)}")
    return Question("embedding", {"T": shape[0], **layer.settings})


def attention(layer: Layer, shapes: list[Shape]) -> Question:
    shape = shapes[0]
    if len(shape) != 2 or any(other[1:] != shape[1:] for other in shapes):
        raise UserError(f"{layer.name} (attention) reads sequences, tokens × numbers, not {shown(shape)}")
    return Question("attention", {"T": shape[0], "d": shape[1], **layer.settings})
