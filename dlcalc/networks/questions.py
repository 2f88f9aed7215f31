"""What a layer asks: of which formula, and what of it the shapes of its inputs give.

A shape is height × width × channels (or any number of spatial axes before the channels), a vector (n,), or a sequence
(T, n). A dense layer on a map of two or more axes reads it flattened; on a sequence it works at every time step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import UserError
from ..expressions.nodes import Value
from ..formulas.positions import EACH
from ..formulas.registry import formula
from ..formulas.run import run, same_at_points
from .network import Layer, Shape

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

    def at(self, positions: Shape) -> Question:
        """The same at every position of axes before those that the layer reads."""
        if not positions:
            return self
        inner = self.given.get("t", ()) if self.formula.endswith(EACH) else ()
        assert isinstance(inner, tuple)
        formula = self.formula if self.formula.endswith(EACH) else self.formula + EACH
        given = {**self.given, "t": (*positions, *inner)}
        return Question(formula, given, lambda out: (*positions, *self.output(out[len(positions) :])), self.convention)


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
        return Question(id if along == 2 else f"{name}{along}d{rest and '_'}{rest}", {"n": n, "c": c, **layer.settings})

    return ask


def unchanged(layer: Layer, shapes: list[Shape]) -> Question:
    return Question("same_shape", {"x": _only(layer, shapes)})


def _alike(first: Shape, second: Shape) -> bool:
    """Equal, whatever numbers the letters in them stand for."""
    return first == second or (
        len(first) == len(second) and all(a == b or same_at_points(a, b) for a, b in zip(first, second, strict=True))
    )


def _broadcast(shapes: list[Shape]) -> Shape | None:
    """The shape of arrays that are combined element by element: along each axis, counted from the last, the sizes are
    equal or 1. None where they are not.
    """
    rank = max(map(len, shapes))
    result: list[Value] = []
    for axis in range(-rank, 0):
        sizes = [shape[axis] for shape in shapes if len(shape) >= -axis]
        wide = next((size for size in sizes if size != 1), 1)
        if not all(size == 1 or _alike((size,), (wide,)) for size in sizes):
            return None
        result.append(wide)
    return tuple(result)


def joined(layer: Layer, shapes: list[Shape]) -> Question:
    """Element by element: equal shapes, or such that one is repeated along the other: 1 × 1 × c on h × w × c."""
    found = _broadcast(shapes)
    if found is None:
        largest = max(shapes, key=lambda shape: (len(shape), shape[0] != 1))
        other = next(shape for shape in shapes if _broadcast([shape, largest]) is None)
        raise UserError(f"{layer.name} ({layer.kind}) reads equal shapes, not {shown(largest)} and {shown(other)}")
    return Question("same_shape", {"x": found})


def concat(layer: Layer, shapes: list[Shape]) -> Question:
    """Behind one another along the channels, or along the axis that is said: 1 is the first."""
    first = shapes[0]
    axis = layer.settings.get("axis", len(first))
    if not isinstance(axis, int) or not 1 <= axis <= len(first):
        raise UserError(f"{layer.name} (concat) joins along one of the axes 1 to {len(first)}, not {axis}")
    for shape in shapes:
        if len(shape) != len(first) or not _alike(_without(shape, axis), _without(first, axis)):
            raise UserError(f"{layer.name} (concat) reads maps of one size, not {shown(first)} and {shown(shape)}")
    if axis < len(first) or len(first) > 4:
        long = sum((shape[axis - 1] for shape in shapes[1:]), start=first[axis - 1])
        return Question("reshape", {"y": (*first[: axis - 1], long, *first[axis:])})
    channels = tuple(shape[-1] for shape in shapes)
    if len(first) == 1:
        return Question("concat1d", {"n": 1, "c": channels}, lambda out: out[1:])
    n = first[0] if len(set(first[:-1])) == 1 else first[:-1]
    return Question({2: "concat1d", 3: "concat", 4: "concat3d"}[len(first)], {"n": n, "c": channels})


def _without(shape: Shape, axis: int) -> Shape:
    return (*shape[: axis - 1], *shape[axis:])


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
        rule = f"{shown(sizes)} does not become {shown(wanted)}"
        raise UserError(f"{layer.name} (reshape) keeps all numbers: {rule}, as {before} are not {after}")
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
        return Question("dense", {"n": shape[1], **settings}, convention=convention).at(shape[:1])
    return Question("dense", {"n": _product(shape), **settings}, convention=convention)


def rbf(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    if len(shape) != 1:
        raise UserError(f"{layer.name} (rbf) reads a vector, not {shown(shape)}")
    return Question("rbf", {"n": shape[0], **layer.settings})


def batchnorm(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    sizes: Value = (shape[0], _product(shape[1:-1])) if len(shape) > 1 else 1
    both = bool(layer.settings.get("scale", True)), bool(layer.settings.get("shift", True))
    scaled = {(True, True): "", (False, True): "no-scale", (True, False): "no-shift"}.get(both, "no-affine")
    return Question("batchnorm", {"n": sizes, "c": shape[-1]}, lambda out: shape, scaled)


def layernorm(layer: Layer, shapes: list[Shape]) -> Question:
    """Along the last axis, or along as many as are said."""
    shape = _only(layer, shapes)
    axes = layer.settings.get("axes", 1)
    if not isinstance(axes, int) or not 1 <= axes <= len(shape):
        raise UserError(f"{layer.name} ({layer.kind}) normalises 1 to {len(shape)} axes, not {axes}")
    inner = shape[len(shape) - axes :]
    no_bias = layer.kind == "rmsnorm" or not layer.settings.get("bias", True)
    question = Question("layernorm", {"n": _product(inner)}, lambda out: inner, "no-bias" if no_bias else "")
    return question.at(shape[: len(shape) - axes])


def groupnorm(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    groups = layer.settings.get("groups", 1)
    if isinstance(shape[-1], int) and isinstance(groups, int) and (groups < 1 or shape[-1] % groups):
        raise UserError(f"{layer.name} (groupnorm) needs groups that divide {shape[-1]} channels, not {groups}")
    return Question("groupnorm", {"n": shape[-1]}, convention=_bias(dict(layer.settings))).at(shape[:-1])


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
    """Its convolution of the input keeps the size unless it says otherwise; that of the state does."""
    shape = _only(layer, shapes)
    if not 3 <= len(shape) <= 5:
        raise UserError(f"{layer.name} (convlstm) reads maps over time, T × h × w × c, not {shown(shape)}")
    settings = dict(layer.settings)
    keep = bool(settings.pop("sequence", False))

    def output(out: Shape) -> Shape:
        return tuple(out) if keep else tuple(out[1:])

    if len(shape) == 4 and settings.keys() <= {"k", "f"}:
        return Question("convlstm", {"T": shape[0], "n": tuple(shape[1:3]), "c": shape[3], **settings}, output)
    biased, same, axes = settings.pop("bias", True), settings.pop("same", True), len(shape) - 2
    n: Value = shape[1] if axes == 1 else tuple(shape[1:-1])
    moved = run(formula(_CONV[axes] + ("_same" if same else "")), {"n": n, "c": shape[-1], **settings})
    f, k, sizes = moved["f"], settings["k"], moved.shown("output")
    assert isinstance(sizes, tuple)
    window = _product(f if isinstance(f, tuple) else (f,) * axes)
    terms = 4 * window * (shape[-1] + k)
    given: Given = {"y": (shape[0], *sizes), "s": terms, "w": terms * k, "b": 4 * k if biased else 0}
    return Question("contraction", given, output)


def embedding(layer: Layer, shapes: list[Shape]) -> Question:
    shape = _only(layer, shapes)
    if not 1 <= len(shape) <= 2:
        raise UserError(f"{layer.name} (embedding) reads a sequence of T indices, not {shown(shape)}")
    return Question("embedding", {"T": shape[-1], **layer.settings}).at(shape[:-1])


def attention(layer: Layer, shapes: list[Shape]) -> Question:
    """Queries, keys and values are one sequence, or the queries and another one, or three: tokens × numbers."""
    query, key, value = (shapes * 3)[:3] if len(shapes) == 1 else (*shapes, shapes[-1])[:3]
    if any(len(shape) != 2 for shape in shapes) or not _alike(key[:1], value[:1]):
        wrong = next((shape for shape in shapes if len(shape) != 2), value)
        raise UserError(f"{layer.name} (attention) reads sequences, tokens × numbers, not {shown(wrong)}")
    settings = dict(layer.settings)
    convention = _bias(settings)
    alike = all(_alike(shape, query) for shape in (key, value))
    if alike and not settings.keys() & {"d_k", "d_v", "m"}:
        return Question("attention", {"T": query[0], "d": query[1], **settings}, convention=convention)
    heads = settings["h"]
    size = settings.get(
        "d_k", query[1] // heads if isinstance(query[1], int) and isinstance(heads, int) else query[1] / heads
    )
    sizes: Given = {"d_k": size, "d_v": settings.get("d_v", size), "m": settings.get("m", query[1])}
    given = {"T": query[0], "d": query[1], "S": key[0], "n_k": key[1], "n_v": value[1], "h": heads, **sizes}
    return Question("cross_attention", given, convention=convention)


def local_conv(layer: Layer, shapes: list[Shape]) -> Question:
    """A convolution with other weights at every position."""
    n, c, axes = _map(layer, shapes)
    settings = dict(layer.settings)
    biased = bool(settings.pop("bias", True))
    shared = run(formula(_CONV[axes]), {"n": n, "c": c, **settings})
    output = shared.shown("output")
    assert isinstance(output, tuple)
    f = shared["f"] if isinstance(shared["f"], tuple) else (shared["f"],) * axes
    terms, numbers = _product(f) * c, _product(output)
    return Question("contraction", {"y": output, "s": terms, "w": numbers * terms, "b": numbers if biased else 0})


def matmul(layer: Layer, shapes: list[Shape]) -> Question:
    """The product of two inputs, … × r × n and … × n × m (m × n if it is transposed), at every position before."""
    if len(shapes) == 1:
        shapes = shapes * 2
    a, b = shapes
    if len(b) > 1 and layer.settings.get("transposed", False):
        b = (*b[:-2], b[-1], b[-2])
    lead = _broadcast([a[:-2], b[:-2]]) if len(a) > 2 or len(b) > 2 else ()
    if len(a) < 2 or len(b) < 2 or lead is None or not _alike(a[-1:], b[-2:-1]):
        raise UserError(f"{layer.name} (matmul) reads … × r × n and … × n × m, not {shown(a)} and {shown(b)}")
    return Question("contraction", {"y": (*lead, a[-2], b[-1]), "s": a[-1]})


def einsum(layer: Layer, shapes: list[Shape]) -> Question:
    """Its sizes are those that are said: y of the output, s products summed, w weights, b biases."""
    return Question("contraction", dict(layer.settings))


def learned(layer: Layer, shapes: list[Shape]) -> Question:
    """Values that are learned: for themselves (y), or one for each channel or as many as are said of what is read."""
    if not shapes:
        y = _sizes(layer.settings.get("y", ()))
        return Question("learned_values", {"y": y, "w": layer.settings.get("n", _product(y))})
    shape = _only(layer, shapes)
    return Question("learned_values", {"y": shape, "w": layer.settings.get("n", shape[-1])})


def _sizes(value: Value) -> Shape:
    return value if isinstance(value, tuple) else (value,)


def given(layer: Layer, shapes: list[Shape]) -> Question:
    """Another input of the network."""
    return Question("reshape", {"y": _sizes(layer.settings.get("y", ()))})


def permute(layer: Layer, shapes: list[Shape]) -> Question:
    """The axes in another order, of which the first is 1."""
    shape, order = _only(layer, shapes), _sizes(layer.settings.get("order", ()))
    if sorted(map(str, order)) != sorted(str(axis + 1) for axis in range(len(shape))):
        raise UserError(f"{layer.name} (permute) names each of {len(shape)} axes once, not {shown(order)}")
    return Question("reshape", {"y": tuple(shape[axis - 1] for axis in order if isinstance(axis, int))})


def _axis(layer: Layer, shape: Shape, name: str = "axis") -> int:
    axis = layer.settings.get(name, 1)
    if isinstance(axis, int) and 1 <= axis <= len(shape):
        return axis - 1
    raise UserError(f"{layer.name} ({layer.kind}) has an axis from 1 to {len(shape)}, not {axis}")


def sliced(layer: Layer, shapes: list[Shape]) -> Question:
    """A part along one axis, which goes if one place is taken from it."""
    shape = _only(layer, shapes)
    axis = _axis(layer, shape)
    start, size = layer.settings.get("start", 0), layer.settings.get("size", 1)
    long = shape[axis]
    if isinstance(long, int) and isinstance(start, int) and isinstance(size, int):
        first = start + long if start < 0 else start
        if not (first >= 0 and size >= 1 and first + size <= long):
            raise UserError(f"{layer.name} (slice) takes {size} from place {start} of {long}, which are not there")
    left = () if layer.settings.get("drop", False) else (size,)
    return Question("reshape", {"y": (*shape[:axis], *left, *shape[axis + 1 :])})


def repeat(layer: Layer, shapes: list[Shape]) -> Question:
    if len(_only(layer, shapes)) != 1:
        raise UserError(f"{layer.name} (repeat) repeats a vector, not {shown(shapes[0])}")
    return Question("reshape", {"y": (layer.settings["times"], *_only(layer, shapes))})


def expand(layer: Layer, shapes: list[Shape]) -> Question:
    """Repeated to the sizes that are asked for."""
    shape, wanted = _only(layer, shapes), _sizes(layer.settings.get("y", ()))
    if _broadcast([shape, wanted]) != wanted:
        raise UserError(f"{layer.name} (expand): {shown(shape)} cannot be repeated to {shown(wanted)}")
    return Question("reshape", {"y": wanted})


def reduced(layer: Layer, shapes: list[Shape]) -> Question:
    """A mean, a sum or a maximum along the axes that are said, which go or become 1."""
    shape = _only(layer, shapes)
    axes = {axis - 1 for axis in _sizes(layer.settings.get("axes", 1)) if isinstance(axis, int)}
    if not axes or not axes <= set(range(len(shape))):
        raise UserError(f"{layer.name} (reduce) has axes from 1 to {len(shape)}")
    left: list[Value] = []
    for axis, size in enumerate(shape):
        left += [1] if axis in axes and layer.settings.get("keep", False) else [] if axis in axes else [size]
    return Question("reshape", {"y": tuple(left) or (1,)})
