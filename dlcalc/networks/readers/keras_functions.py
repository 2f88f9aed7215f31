"""Functions of `keras.ops` that stand in a Keras model as layers, and what they share with the layers of their name."""

from __future__ import annotations

from ...expressions.nodes import Value
from .draft import unusual
from .keras_node import ACTIVATIONS, Node, Reader, Unknown
from .views import BATCH, View


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
            return given.follow(f"{kind}-constant")
        layers, places = together(given)
        wide = max(given.views, key=lambda view: len(view.axes))
        layer = given.add(kind, *layers)
        number = {place: at for at, place in enumerate(places)}
        return given.out(layer, [number.get(at, BATCH) for at in range(len(wide.axes))])

    return read


def remark(word: str) -> Reader:
    return lambda given: given.follow(word)


def _mean(kind: str = "") -> Reader:
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
        return given.out(given.add("reduce", layer, axes=tuple(sorted(places)), **unusual(keep=(keep, False))))

    return read


def _get_item(given: Node) -> View:
    """`x[:, -1]`, `x[..., 0:2]`: places along its axes."""
    args = given.place.node.get("args") if isinstance(given.place.node, dict) else None
    asked = args[1] if isinstance(args, list) and len(args) > 1 else None
    items = asked if isinstance(asked, list) else [asked]
    if asked is None or len(items) > len(given.x.axes):
        raise Unknown("GetItem of something else")
    layer, axis = given.ordered(), 0
    shape = list(given.draft.shape(layer) or ())
    for at, item in enumerate(items):
        settings = _taken(item, shape[axis] if at else None)
        if settings is None:
            raise Unknown("GetItem of something else")
        if at and settings:
            layer = given.add("slice", layer, final=False, axis=axis + 1, **settings)
        shape = list(given.draft.shape(layer) or ())
        axis += 1 if at and not settings.get("drop") else 0
    return given.out(layer)


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


FUNCTIONS: dict[str, Reader] = {
    **{
        name: remark(ACTIVATIONS.get(word, word))
        for name, word in {
            "Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "Tanh": "tanh", "Gelu": "gelu", "Silu": "silu",
            "LeakyRelu": "leaky_relu", "Elu": "elu", "Selu": "selu", "Softplus": "softplus", "Softsign": "softsign",
            "HardSigmoid": "hard_sigmoid", "HardSilu": "hard_silu", "LogSoftmax": "log_softmax", "Absolute": "abs",
            "Square": "square", "Sqrt": "sqrt", "Rsqrt": "rsqrt", "Exp": "exp", "Log": "log", "Negative": "neg",
            "Clip": "clip", "Cast": "cast", "Power": "pow", "Normalize": "normalised", "Sin": "sin", "Cos": "cos",
        }.items()
    },
    "Mean": _mean("avgpool"), "Max": _mean("maxpool"), "Sum": _mean(), "Min": _mean(), "Var": _mean(), "Std": _mean(),
    "GetItem": _get_item, "Transpose": _transpose, "Matmul": _matmul, "ExpandDims": _expand_dims,
    "Squeeze": _squeeze, "Divide": joined("divide"), "TrueDivide": joined("divide"),
}  # fmt: skip
"""Class → what its configuration says."""
