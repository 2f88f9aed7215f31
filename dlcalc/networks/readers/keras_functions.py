"""Functions of `keras.ops` that stand in a Keras model as layers, and what they share with the layers of their name."""

from __future__ import annotations

from typing import Any

from ...expressions.nodes import Value
from .draft import per_axis, unusual
from .keras_node import ACTIVATIONS, Node, Reader, Unknown
from .views import BATCH, View, product


def together(given: Node, keep: int | None = None) -> tuple[list[str], list[int]]:
    """(layers, places) of inputs that are combined: with their axes in one order, that of the first as it is."""
    views = given.views
    if len({len(view.axes) for view in views}) > 1:
        return [given.ordered(view) for view in views], list(range(1, max(len(view.axes) for view in views)))
    places = [at for at in max(views, key=lambda view: len(view.sizes)).places if at != keep or keep is None]
    places = sorted(places, key=lambda at: views[0].axes[at]) if keep is not None else places
    if keep is not None:
        places = list(range(1, len(views[0].axes))) if all(view.plain for view in views) else [*places, keep]
    return [given.arranged(places, view) for view in views], places


def joined(kind: str) -> Reader:
    def read(given: Node) -> View:
        if len(given.views) == 1:
            return given.follow(f"{kind}-constant", beside=_number(given))
        layers, places = together(given)
        wide = max(given.views, key=lambda view: len(view.axes))
        scale = given.get("scale")
        layer = given.add(kind, *layers, details={"times": (1, scale)} if isinstance(scale, int | float) else {})
        number = {place: at for at, place in enumerate(places)}
        return given.out(layer, [number.get(at, BATCH) for at in range(len(wide.axes))])

    return read


def _number(given: Node) -> tuple[float, bool] | None:
    """The number that a call combines its input with, and whether it stands first."""
    first, second = argument(given, 0), argument(given, 1)
    for number, before in ((second, False), (first, True)):
        if isinstance(number, int | float) and not isinstance(number, bool):
            return float(number), before
    return None


def remark(word: str, **beside: float) -> Reader:
    """What changes each number by itself: `beside` are the keys that its values depend on, with what they usually
    are."""

    def read(given: Node) -> View:
        if word.removeprefix("log").removeprefix("_") == "softmax":
            return given.follow(word, beside=given.along())
        found = [given.values.get(key, usual) for key, usual in beside.items()]
        known = all(isinstance(each, bool | int | float) for each in found)
        return given.follow(word, beside=tuple(found) if known else None)

    return read


def _mean(kind: str = "", by: str = "") -> Reader:
    """A mean, a maximum or a sum along some axes."""

    def read(given: Node) -> View:
        asked, keep = given.get("axis"), bool(given.get("keepdims"))
        axes = asked if isinstance(asked, list) else [asked]
        if asked is None or not axes:
            raise Unknown("a mean over the batch")
        places = {given.axis(axis) for axis in axes}
        layer, rank = given.ordered(), given.rank
        if kind and places == set(range(1, rank)) and rank in (2, 3, 4) and given.x.plain:
            if keep:
                return given.out(given.add(f"adaptive-{kind}", layer, o=1))
            return given.out(given.add(f"global-{kind}", layer))
        return given.out(given.add("reduce", layer, axes=tuple(sorted(places)), details={"by": by},
                                   **unusual(keep=(keep, False))))  # fmt: skip

    return read


def _get_item(given: Node) -> View:
    """`x[:, -1]`, `x[..., 0:2]`: places along its axes."""
    asked = argument(given, 1)
    items = asked if isinstance(asked, list) else [asked]
    real = sum(item is not None and not _is(item, "__ellipsis__") for item in items)
    every = [{"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}]
    for at, item in enumerate(items):
        if _is(item, "__ellipsis__"):
            items = [*items[:at], *every * (len(given.x.axes) - real), *items[at + 1 :]]
            break
    if asked is None or real > len(given.x.axes) or not items or items[0] is None:
        raise Unknown("GetItem of something else")
    layer, axis = given.ordered(), 0
    new: list[int] = []
    shape = list(given.draft.shape(layer) or ())
    for at, item in enumerate(items):
        if item is None:
            new.append(axis + 1 + len(new))
            continue
        settings = _taken(item, shape[axis] if at else None)
        if settings is None:
            raise Unknown("GetItem of something else")
        if at and settings:
            odd = _is(item, "__slice__") and isinstance(item, dict) and item["config"].get("step") not in (None, 1)
            unlike = "its places are not beside each other" if odd else ""
            layer = given.add("slice", layer, final=False, unlike=unlike, axis=axis + 1, **settings)
        shape = list(given.draft.shape(layer) or ())
        axis += 1 if at and not settings.get("drop") else 0
    view = given.out(layer)
    return given.out(given.ordered(view.unsqueezed(set(new)))) if new else view


def argument(given: Node, at: int) -> Any:
    """An argument of the call, None where there are not so many."""
    args = given.place.node.get("args") if isinstance(given.place.node, dict) else None
    return args[at] if isinstance(args, list) and len(args) > at else None


def _is(item: object, name: str) -> bool:
    return isinstance(item, dict) and item.get("class_name") == name


def _taken(item: object, long: Value | None) -> dict[str, Value] | None:
    """The settings of a slice that an index stands for, {} for all of the axis; None for what is no index."""
    if type(item) is int and long is not None:
        return {"start": item, "drop": True}
    ends = item.get("config") if isinstance(item, dict) and item.get("class_name") == "__slice__" else None
    if not isinstance(ends, dict) or not all(
        type(ends.get(key)) in (int, type(None)) for key in ("start", "stop", "step")
    ):
        return None
    if all(ends.get(key) is None for key in ("start", "stop", "step")):
        return {}
    if not isinstance(long, int):
        return None
    places = range(long)[slice(ends.get("start"), ends.get("stop"), ends.get("step"))]
    return {"start": min(places), "size": len(places)} if len(places) else None


def new_shape(given: Node) -> View:
    """The batch is part of the sizes."""
    target = given.get("newshape")
    if (
        not isinstance(target, list)
        or not 2 <= len(target) <= 9
        or not all(type(n) is int and n >= -1 for n in target[1:])
    ):
        raise Unknown("Reshape that the file does not say")
    return given.out(given.add("reshape", given.ordered(), y=tuple(target[1:])))


def _transpose(given: Node) -> View:
    axes = given.get("axes")
    if not isinstance(axes, list) or sorted(axes) != list(range(len(given.x.axes))) or axes[0] != 0:
        raise Unknown("Transpose that moves the batch")
    return given.out(given.add("permute", given.ordered(), order=tuple(axes[1:])))


def _moved(given: Node) -> View:
    """Swapaxes and Moveaxis: the axes in another order."""
    rank = len(given.x.axes)
    order = list(range(rank))
    if given.get("axis1") is not None:
        a, b = given.axis(given.get("axis1")), given.axis(given.get("axis2"))
        order[a], order[b] = order[b], order[a]
    else:
        a, b = given.axis(given.get("source")), given.axis(given.get("destination"))
        order.insert(b, order.pop(a))
    return given.out(given.add("permute", given.ordered(), order=tuple(order[1:])))


def _along(given: Node) -> int:
    """The axis that a function works along, of a layer without the batch: 1 is the first."""
    return given.axis(given.values.get("axis", -1))


def _stack(given: Node) -> View:
    rank = len(given.x.axes) + 1
    axis = given.get("axis")
    if type(axis) is not int or not -rank <= axis < rank or axis % rank == 0:
        raise Unknown("Stack along the batch")
    layers = [given.ordered(view.unsqueezed({axis % rank})) for view in given.views]
    return given.out(given.add("concat", *layers, axis=axis % rank))


def _split(given: Node) -> list[View]:
    """Parts along an axis, of which only those that are read become layers."""
    axis, layer, asked = _along(given), given.ordered(), given.get("indices_or_sections")
    long = (given.draft.shape(layer) or ())[axis - 1]
    if not isinstance(long, int):
        raise Unknown("Split of an axis without a number")
    if type(asked) is int and asked > 0 and long % asked == 0:
        ends = [long // asked * at for at in range(asked + 1)]
    elif isinstance(asked, list) and all(type(at) is int and 0 <= at <= long for at in asked):
        ends = [0, *asked, long]
    else:
        raise Unknown("Split that the file does not say")
    used = sorted(at for at in given.place.used if 0 <= at < len(ends) - 1) or [0]
    found = {}
    for at in used:
        size = ends[at + 1] - ends[at]
        part = given.add("slice", layer, final=at == used[-1], axis=axis, start=ends[at], size=size)
        found[at] = given.out(part)
    return [found.get(at, found[used[0]]) for at in range(len(ends) - 1)]


def _repeated(given: Node) -> View:
    """Repeat along an axis, and Tile along some: the same numbers more than once."""
    times, layer = given.get("repeats"), given.ordered()
    counts = times if isinstance(times, list) else [1] * _along(given) + [times]
    counts = [1] * (len(given.x.axes) - len(counts)) + counts if isinstance(times, list) else counts
    if len(counts) > len(given.x.axes) or counts[0] != 1 or not all(type(n) is int and 1 <= n <= 64 for n in counts):
        raise Unknown("Repeat of something else")
    for axis, count in enumerate(counts):
        if count > 1:
            unlike = (
                "" if isinstance(times, list) or given.x.shape()[axis] == 1 else "each number is repeated separately"
            )
            layer = given.add("concat", *[layer] * count, final=False, unlike=unlike, axis=axis)
    return given.out(layer)


def _padded(given: Node) -> View:
    pairs = given.get("pad_width")
    good = isinstance(pairs, list) and len(pairs) == len(given.x.axes) and all(
        isinstance(pair, list) and len(pair) == 2 and all(type(n) is int and n >= 0 for n in pair) for pair in pairs
    )  # fmt: skip
    if not good or any(pairs[0]) or any(pairs[-1]) or not 3 <= len(pairs) <= 5:
        raise Unknown("Pad of the batch or the last axis")
    begin, end = (per_axis(tuple(pair[side] for pair in pairs[1:-1])) for side in (0, 1))
    zeros = given.get("mode") in (None, "constant") and given.get("constant_values") in (None, 0)
    unlike = "" if zeros else "it does not pad by zeros"
    return given.out(given.add("pad", given.ordered(), unlike=unlike, pad_begin=begin, pad_end=end))


def _take(given: Node) -> View:
    """Places along an axis."""
    places, axis, layer = argument(given, 1), _along(given), given.ordered()
    if type(places) is int:
        return given.out(given.add("slice", layer, axis=axis, start=places, drop=True))
    if not isinstance(places, list) or not 1 <= len(places) <= 64 or not all(type(at) is int for at in places):
        raise Unknown("Take of something else")
    parts = [given.add("slice", layer, final=False, axis=axis, start=at, size=1) for at in places]
    return given.out(given.add("concat", *parts, axis=axis) if len(parts) > 1 else parts[0])


def _einsum(given: Node) -> View:
    """A product of two tensors, summed along the letters that the result has not."""
    left, arrow, right = str(given.get("subscripts")).replace(" ", "").partition("->")
    terms = left.split(",")
    shapes = [view.shape() for view in given.views]
    if not arrow or len(terms) != 2 or [len(term) for term in terms] != [len(shape) for shape in shapes]:
        raise Unknown("Einsum of something else")
    sizes: dict[str, Value] = {}
    for term, shape in zip(terms, shapes, strict=True):
        sizes |= dict(zip(term, shape, strict=True))
    batch = right[:1]
    if {term[:1] for term in terms} != {batch} or not set(right) <= set(sizes):
        raise Unknown("Einsum without the batch")
    summed = product([size for letter, size in sizes.items() if letter not in right])
    layers = [given.ordered(view) for view in given.views]
    details = {"equation": f"{','.join(term[1:] for term in terms)}->{right[1:]}"}
    y = tuple(sizes[letter] for letter in right[1:])
    return given.out(given.add("einsum", *layers, details=details, y=y, s=summed))


def _alike(word: str) -> Reader:
    """On each number of one input or several, without products that are counted."""

    largest = joined("maximum")

    def read(given: Node) -> View | list[View]:
        wide = max(given.views, key=lambda view: len(view.axes))
        sizes = wide.shape()
        if all(len(view.axes) == 1 or view.shape() == sizes for view in given.views):
            return given.follow(word, view=wide)
        return largest(given)

    return read


def _one_hot(given: Node) -> View:
    rank = len(given.x.axes)
    if given.values.get("axis", -1) not in (-1, rank):
        raise Unknown("OneHot along another axis")
    layer = given.ordered(given.x.unsqueezed({rank}))
    return given.out(
        given.add(
            "expand",
            layer,
            unlike="its numbers are compared with classes",
            y=(*given.x.shape()[1:], given.whole("num_classes")),
        )
    )


def _matmul(given: Node) -> View:
    if len(given.views) != 2 or given.rank < 2:
        raise Unknown("Matmul of something else")
    return given.out(given.add("matmul", *(given.ordered(view) for view in given.views)))


def _expand_dims(given: Node) -> View:
    rank = len(given.x.axes) + 1
    axis = given.get("axis")
    if type(axis) is not int or not -rank <= axis < rank or axis % rank == 0:
        raise Unknown("ExpandDims of the batch")
    view = given.x.unsqueezed({axis % rank})
    return given.out(given.ordered(view))


def _squeeze(given: Node) -> View:
    at = given.axis(given.get("axis"))
    if given.x.shape()[at] != 1:
        raise Unknown("Squeeze of an axis that is longer")
    view = given.x.squeezed({at})
    return given.out(given.ordered(view))


_BESIDE: dict[str, dict[str, float]] = {
    "LeakyRelu": {"negative_slope": 0.2}, "Elu": {"alpha": 1.0}, "Gelu": {"approximate": True},
    "Clip": {"x_min": float("nan"), "x_max": float("nan")},
}  # fmt: skip
"""Function → the keys that its values depend on, with what they usually are."""

FUNCTIONS: dict[str, Reader] = {
    **{
        name: remark(ACTIVATIONS.get(word, word), **_BESIDE.get(name, {}))
        for name, word in {
            "Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "Tanh": "tanh", "Gelu": "gelu", "Silu": "silu",
            "LeakyRelu": "leaky_relu", "Elu": "elu", "Selu": "selu", "Softplus": "softplus", "Softsign": "softsign",
            "HardSigmoid": "hard_sigmoid", "HardSilu": "hard_silu", "LogSoftmax": "log_softmax", "Absolute": "abs",
            "Square": "square", "Sqrt": "sqrt", "Rsqrt": "rsqrt", "Exp": "exp", "Log": "log", "Negative": "neg",
            "Clip": "clip", "Cast": "cast", "Power": "pow", "Normalize": "normalized", "Sin": "sin", "Cos": "cos",
        }.items()
    },
    "Mean": _mean("avgpool", "mean"), "Max": _mean("maxpool", "max"),
    **{
        name: _mean(by=name.lower())
        for name in ("Sum", "Min", "Var", "Std", "Argmax", "Argmin", "Any", "All", "Prod", "Logsumexp")
    },
    "Swapaxes": _moved, "Moveaxis": _moved, "Stack": _stack, "Split": _split, "Repeat": _repeated, "Tile": _repeated,
    "Pad": _padded, "Take": _take, "Einsum": _einsum, "OneHot": _one_hot,
    **{
        name: _alike(name.lower())
        for name in ("Where", "Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual", "LogicalAnd",
                     "LogicalOr", "LogicalNot", "Flip", "Roll", "Cumsum", "Sign", "Floor", "Ceil", "Round")
    },
    "GetItem": _get_item, "Transpose": _transpose, "Matmul": _matmul, "ExpandDims": _expand_dims,
    "Squeeze": _squeeze, "Divide": joined("divide"), "TrueDivide": joined("divide"),
}  # fmt: skip
"""Class → what its configuration says."""
