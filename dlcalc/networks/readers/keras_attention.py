"""Keras's attentions in our words: multi-head, grouped, additive, and without projections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ...expressions.nodes import Value
from .draft import unusual
from .keras_node import Node, Unknown
from .views import View, product

_LARGEST = 10**9


def multi_head(given: Node) -> View:
    """Its inputs are the query, the value and, if it is another sequence, the key."""
    heads, size = given.whole("num_heads"), given.whole("key_dim")
    values = given.whole("value_dim", size)
    if given.get("use_gate"):
        raise Unknown("MultiHeadAttention with gates")
    if given.rank != 2:
        return _along_axes(given)
    query, value, key = (given.views * 3)[:3] if len(given.views) == 1 else (*given.views, given.views[-1])[:3]
    layers = [given.ordered(view) for view in (query, key, value)]
    width = given.shape[-1]
    wanted = given.get("output_shape")
    wanted = wanted[0] if isinstance(wanted, list) and len(wanted) == 1 else wanted
    if wanted is not None and not (type(wanted) is int and 1 <= wanted <= _LARGEST):
        raise Unknown("MultiHeadAttention with an output of several axes")
    settings = unusual(m=(wanted or width, width)) | given.bias()
    if not heads or not size:
        raise given.refused("num_heads", f"heads and their sizes are whole numbers ≥ 1, not {heads} and {size}")
    if isinstance(width, int) and heads * size == width and values == size and "m" not in settings:
        settings = given.bias()
    else:
        settings |= {"d_k": size} | unusual(d_v=(values, size))
    inputs = list(dict.fromkeys(layers)) if len(set(layers)) < 3 else layers
    if len(inputs) == 2 and layers[1] != layers[2]:
        inputs = layers
    arrays = None
    if given.place.kept is not None:
        parts = [given.kept(lambda *two: two, f"{part}_dense") for part in ("query", "key", "value", "output")]
        arrays = partial(_projections, [part for part in parts if part is not None])
    return given.out(given.add("attention", *inputs, arrays=arrays, h=heads, **settings))


def _projections(kept: list[Callable[[], Sequence[Any]]]) -> list[Any]:
    """The four matrices, each with its heads side by side, and their biases; [] where they are not all there."""
    parts = [each() for each in kept]
    if not all(parts):
        return []
    matrices = [kernel.reshape(len(kernel), -1).T for kernel, *_ in parts[:3]]
    kernel = parts[3][0]
    biases = [bias.reshape(-1) for _, *rest in parts for bias in rest]
    return [*matrices, kernel.reshape(-1, kernel.shape[-1]).T, *biases]


def _along_axes(given: Node) -> View:
    """Attention on maps: along all axes as one, or along the last at every position of those before."""
    axes, rank = given.get("attention_axes"), given.rank
    axes = axes if isinstance(axes, list) else [axes] if axes is not None else []
    places = [given.axis(axis) - given.over for axis in axes] or list(range(1, rank))
    if rank < 2 or any(view.shape() != given.x.shape() for view in given.views):
        raise Unknown("MultiHeadAttention along several axes")
    sizes = given.shape
    if places == [rank - 1]:
        inner = Node(given.values, given.path, given.place, given.draft, given.views, given.over + rank - 2)
        return multi_head(inner)
    if places != list(range(1, rank)) or given.over:
        raise Unknown("MultiHeadAttention along several axes")
    rows: Value = (product(sizes[:-1]), sizes[-1])
    flat = {view.layer: given.out(given.add("reshape", given.ordered(view), final=False, y=rows))
            for view in given.views}  # fmt: skip
    given.views = [flat[view.layer] for view in given.views]
    found = multi_head(given)
    width = found.shape()[-1]
    return given.out(given.add("reshape", found.layer, final=False, y=(*sizes[:-1], width)))


def grouped(given: Node) -> View:
    """Several heads of queries read one head of keys and values."""
    size, heads, few = (given.whole(key) for key in ("head_dim", "num_query_heads", "num_key_value_heads"))
    if given.rank != 2 or given.over or not size or not heads or not few or heads % few or given.get("use_gate"):
        raise Unknown("GroupedQueryAttention of something else")
    query, value, key = (given.views * 3)[:3] if len(given.views) == 1 else (*given.views, given.views[-1])[:3]
    layers, bias = [given.ordered(view) for view in (query, key, value)], given.bias()
    steps, width = given.shape
    q, k, v = (given.add("dense", layer, final=False, name=name, m=many * size, **bias)
               for layer, name, many in zip(layers, "qkv", (heads, few, few), strict=True))  # fmt: skip
    long = key.shape()[1]
    scores = given.add("einsum", q, k, final=False, name="scores", remarks=("softmax",), y=(heads, steps, long), s=size)
    mixed = given.add("einsum", scores, v, final=False, name="mixed", y=(steps, heads * size), s=long)
    return given.out(given.add("dense", mixed, m=width, **bias))


def additive(given: Node) -> View:
    """The scores are sums of tanh(q + k), each number with a scale that is learned."""
    if given.rank != 2 or given.over or len(given.views) < 2:
        raise Unknown("AdditiveAttention of something else")
    query, value, key = (*given.views, given.views[1])[:3]
    both = [given.ordered(view.unsqueezed({at})) for view, at in ((query, 2), (key, 1))]
    sums = given.add("add", *both, final=False, name="sums", remarks=("tanh",))
    if given.flag("use_scale", True):
        sums = given.add("scale", sums, final=False, arrays=given.kept(lambda scale: [scale.reshape(-1)]))
    scores = given.add(
        "reduce", sums, final=False, name="scores", remarks=("softmax",), details={"by": "sum"}, axes=3
    )  # fmt: skip
    return given.out(given.add("matmul", scores, given.ordered(value)))


def dot(given: Node) -> View:
    """softmax(QKᵀ)V without projections."""
    if given.rank != 2 or given.get("score_mode") not in (None, "dot") or len(given.views) < 2:
        raise Unknown("Attention of other scores")
    query, value, key = (*given.views, given.views[1])[:3]
    layers = [given.ordered(view) for view in (query, key, value)]
    scores = given.add("matmul", *layers[:2], final=False, name="scores", remarks=("softmax",), transposed=True)
    if given.flag("use_scale", False):
        arrays = given.kept(lambda scale: [scale.reshape(-1)])
        scores = given.add("scale", scores, final=False, arrays=arrays, unlike="it stands before the softmax", n=1)
    return given.out(given.add("matmul", scores, layers[2]))
