"""ONNX's other operators that are layers: what each is, from its attributes and the dimensions of its weights.

A function here reads one node and gives what its outputs are; None says that the node has no counterpart. Defaults and
meanings are those of the ONNX operator schemas, opset 1 to 23.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ...expressions.nodes import Value
from ..network import Layer
from .draft import per_axis, unusual
from .onnx_maps import map_of
from .onnx_node import Node, Reader, shaped
from .onnx_values import Constant, Operand
from .views import BATCH, ONE, View, product


def reduce(kind: str = "") -> Reader:
    """A mean, a sum or a maximum along some axes; of `kind` where all of an image, or all time steps, become one."""

    def read(node: Node) -> Operand | None:
        given = node.view()
        if given is None:
            return None
        rank, keep = len(given.axes), bool(node.number("keepdims", 1))
        asked = node.whole("axes", 1)
        if "axis" in node.attributes:  # ArgMax
            asked = (node.number("axis", 0),)
        places = {node.axis(each, rank) for each in (asked if asked is not None else range(rank))}
        x = node.natural(given)
        own = {x.axes[at] for at in places if at is not None}
        if None in places or (BATCH in own and node.graph.batch != 1):
            return None
        reduced = {axis for axis in own if axis >= 0}
        gone = set() if keep else {at for at in places if at is not None}
        if not reduced:
            return x.squeezed(gone)
        long = len(x.sizes)
        ones = tuple(ONE if axis in reduced else axis for axis in x.axes)
        if kind and reduced == set(range(long - 1)) and long <= 4:
            if keep:
                return node.out(node.give(f"adaptive-{kind}", [x.layer], {"o": 1}), x.axes)
            after = View(node.give(f"global-{kind}", [x.layer]), x.sizes[-1:], ones)
            return replace(after, axes=tuple(0 if axis == long - 1 else axis for axis in ones)).squeezed(gone)
        settings: dict[str, Value] = {"axes": tuple(axis + 1 for axis in sorted(reduced))}
        by = node.proto.op_type.removeprefix("Reduce").lower()
        layer = node.give("reduce", [x.layer], settings | unusual(keep=(keep, False)), details={"by": by})
        if keep:
            return node.out(layer, x.axes)
        number = {axis: at for at, axis in enumerate(axis for axis in range(long) if axis not in reduced)}
        return node.out(layer, [number.get(axis, axis) for at, axis in enumerate(x.axes) if at not in gone])

    return read


def pad(node: Node) -> Operand | None:
    x, pads = node.view(), node.whole("pads", 1) or node.whole("paddings", 1)
    if x is None or pads is None:
        return None
    rank = len(x.axes)
    some = node.constant(3)
    if some is not None:
        axes = some.whole()
        if axes is None or len(pads) != 2 * len(axes):
            return None
        whole = [0] * (2 * rank)
        for index, axis in enumerate(axes):
            whole[axis % rank], whole[axis % rank + rank] = pads[index], pads[index + len(axes)]
        pads = tuple(whole)
    if len(pads) != 2 * rank:
        return None
    begin, end = pads[:rank], pads[rank:]
    padded = [at for at in range(rank) if begin[at] or end[at]]
    if not padded:
        return x
    if any(x.axes[at] == BATCH for at in padded):
        return None
    real = [at for at in x.places if x.axes[at] >= 0 or at in padded]
    ones = [at for at in range(rank) if x.axes[at] == ONE and at not in padded]
    last = next((at for at in (*reversed(real), *ones) if at not in padded), None)
    if last is None or len(real) > 4:
        return None
    places = [*(at for at in real if at != last), last]
    sides = [[max(0, side[at]) for at in places[:-1]] for side in (begin, end)]
    cuts = [[max(0, -side[at]) for at in places[:-1]] for side in (begin, end)]
    layer = node.arranged(x, places)
    filled = node.constant(2) if node.operand(2) is not None else None
    zero = node.attributes.get("value", 0) == 0 and (filled is None or filled.alone(0)) and node.attributes.get(
        "mode", "constant") == "constant"  # fmt: skip
    unlike = "" if zero else "it does not pad by zeros"
    for kind, (first, after) in (("pad", sides), ("crop", cuts)):
        if any(first) or any(after):
            before, behind = per_axis(tuple(first)), per_axis(tuple(after))
            settings = {f"{kind}_begin": before} | unusual(**{f"{kind}_end": (behind, before)})
            layer = node.give(kind, [layer], settings, unlike=unlike if kind == "pad" else "")
    return node.out(layer, [places.index(at) if at in places else x.axes[at] for at in range(rank)])


# Products


def _dense(
    node: Node, x: View, at: int, units: int, weights: Constant, bias: Constant | None = None, rows: bool = False
) -> Operand:
    """Along one axis of the file, at every position of the others; the units are the rows of the weights, or the
    columns."""
    alpha, beta = (float(node.attributes.get(name, 1)) for name in ("alpha", "beta"))

    def arrays() -> list[Any]:
        matrix, values = shaped(weights, (units, -1), None if rows else (1, 0)), bias.array() if bias else None
        if matrix is None or (bias is not None and (values is None or values.size != units)):
            return []
        own = matrix.reshape(*matrix.shape, *(1,) * lead) if lead in (2, 3) else matrix
        return [own * alpha, *(() if values is None else [values.reshape(units) * beta])]

    places = [place for place in x.places if place != at and x.axes[place] != ONE]
    layer, lead = node.arranged(x, [*places, at]), len(places)
    settings: dict[str, Value] = unusual(bias=(bias is not None, True))
    if lead in (2, 3):  # at every position of a map, as a 1×1 convolution works
        layer = node.give("conv", [layer], {"k": units, "f": 1} | settings, weights, bias, arrays=arrays)
    else:
        layer = node.give("dense", [layer], {"m": units} | settings, weights, bias, lead if lead > 3 else 0, arrays)
    number = {place: index for index, place in enumerate([*places, at])}
    return node.out(layer, [number.get(place, axis) for place, axis in enumerate(x.axes)])


def gemm(node: Node) -> Operand | None:
    x, dims, weights, bias = node.view(), node.dims(1, 2), node.constant(1), node.constant(2)
    if x is None or dims is None or weights is None or len(x.axes) != 2 or node.number("transA", 0):
        return None
    if len(node.operands) > 2 and bias is None and node.operand(2) is not None:
        return None
    transposed = node.number("transB", 0)
    return _dense(node, x, 1, dims[0] if transposed else dims[1], weights, bias, bool(transposed))


def matmul(node: Node) -> Operand | None:
    a, b = node.operand(0), node.operand(1)
    if isinstance(a, View) and isinstance(b, View):
        return _product(node, a, b)
    if isinstance(a, View) and isinstance(b, Constant) and b.dims is not None and len(b.dims) == 2:
        return _dense(node, a, len(a.axes) - 1, b.dims[1], b) if a.axes[-1] != BATCH else None
    if isinstance(b, View) and isinstance(a, Constant) and a.dims is not None and len(a.dims) == 2:
        return (
            _dense(node, b, len(b.axes) - 2, a.dims[0], a, rows=True)
            if len(b.axes) > 1 and b.axes[-2] != BATCH
            else None
        )
    return None


def _product(node: Node, a: View, b: View) -> Operand | None:
    """Of two layers: … × r × n and … × n × m."""
    rank = max(len(a.axes), len(b.axes))
    if min(len(a.axes), len(b.axes)) < 2:
        return None
    a, b = (replace(v, axes=(*(ONE,) * (rank - len(v.axes)), *v.axes)) for v in (a, b))
    if BATCH in (*a.axes[-2:], *b.axes[-2:]):
        if node.graph.batch != 1:
            return None
        a, b = (replace(v, axes=(*v.axes[:-2], *(ONE if x == BATCH else x for x in v.axes[-2:]))) for v in (a, b))
    lead = [at for at in range(rank - 2) if a.axes[at] >= 0 or b.axes[at] >= 0]
    if any(BATCH in (a.axes[at], b.axes[at]) for at in lead):
        return None
    lead.sort(key=lambda at: max(a.axes[at], -1) if a.axes[at] >= 0 else b.axes[at])
    transposed = b.axes[-1] < b.axes[-2]
    inner = [rank - 1, rank - 2] if transposed else [rank - 2, rank - 1]
    layers = [node.arranged(a, [*lead, rank - 2, rank - 1]), node.arranged(b, [*lead, *inner])]
    layer = node.give("matmul", layers, unusual(transposed=(transposed, False)))
    first = BATCH if BATCH in (*a.axes, *b.axes) else ONE
    axes = [lead.index(at) if at in lead else first if at == 0 else ONE for at in range(rank - 2)]
    return node.out(layer, [*axes, len(lead), len(lead) + 1])


def einsum(node: Node) -> Operand | None:
    """Of two layers, or of one and weights: a number of the output is a sum over the letters that it does not have."""
    equation = str(node.attributes.get("equation", "")).replace(" ", "")
    left, arrow, right = equation.partition("->")
    terms = left.split(",")
    if not arrow or "." in equation or len(terms) != len(node.operands):
        return None
    sizes: dict[str, Value] = {}
    batch = set[str]()
    layers: list[str] = []
    weights: Constant | None = None
    own_terms: list[str] = []
    for term, operand in zip(terms, node.operands, strict=True):
        if isinstance(operand, View) and len(operand.axes) == len(term):
            batch |= {letter for letter, axis in zip(term, operand.axes, strict=True) if axis == BATCH}
            sizes |= dict(zip(term, operand.shape(node.graph.batch), strict=True))
            whole = node.natural(operand)
            layers.append(whole.layer)
            own_terms.append("".join(term[whole.axes.index(axis)] for axis in range(len(whole.sizes))))
        elif isinstance(operand, Constant) and operand.dims is not None and len(operand.dims) == len(term):
            sizes |= dict(zip(term, operand.dims, strict=True))
            weights = operand
        else:
            return None
    if not set(right) <= set(sizes) or len(set(right)) < len(right):
        return None
    y = tuple(sizes[letter] for letter in right if letter not in batch)
    summed = product([size for letter, size in sizes.items() if letter not in right and letter not in batch])
    held = weights.size if weights is not None and weights.weights else 0
    own = [letter for letter in right if letter not in batch]
    last = [terms[-1]] if weights is not None else []
    followed = isinstance(node.operands[-1], Constant) == (len(layers) < len(terms)) and not batch & set("".join(last))
    details = {"equation": f"{','.join([*own_terms, *last])}->{''.join(own)}"} if followed else {}
    layer = node.give("einsum", layers, {"y": y, "s": summed, "w": held or 0}, weights, details=details)
    return node.out(layer, [BATCH if letter in batch else own.index(letter) for letter in right])


# Element by element


def _with_constant(node: Node, word: str) -> Operand | None:
    """Of a layer and a constant: the bias of a layer that had none, learned values, or a number for all entries."""
    at = next((index for index in (0, 1) if node.view(index)), None)
    if at is None or len(node.operands) != 2:
        return None
    x, other = node.view(at), node.constant(1 - at)
    if x is None or other is None:
        return None
    layer = node.draft.layers.get(x.layer)
    if word == "add" and layer and layer.settings.get("bias") is False and not layer.remarks and not layer.shares:
        units = layer.settings.get("m", layer.settings.get("k"))
        if other.size == units == max(other.dims or (), default=1) and x.layer not in node.draft.shared:
            node.draft.change(
                layer.name, {k: v for k, v in layer.settings.items() if k != "bias"}, arrays=_biased(layer, other)
            )
            node.graph.place_weights(layer.name, other)
            return x
    free = layer is not None and layer.shares and not layer.own_bias and layer.settings.get("bias") is False
    if layer and word == "add" and free and other.weights:
        settings = {k: v for k, v in layer.settings.items() if k != "bias"}
        if other.size == settings.get("m", settings.get("k")):
            own = not node.graph.owner(other)
            node.draft.change(layer.name, settings, own_bias=own, arrays=_biased(layer, other))
            node.graph.place_weights(layer.name, other)
            return x
    return _constant_on(node, x, other, word, before=at == 1)


def _biased(layer: Layer, bias: Constant) -> Callable[[], Sequence[Any]]:
    """The layer's arrays, and the bias that is added behind it."""
    before = layer.arrays
    return lambda: [*(before() if before else []), shaped(bias, (-1,))]


def _spread(node: Node, x: View, other: Constant) -> Callable[[], Any] | None:
    """A constant with its axes as the layer has them; None where those are not the file's."""
    if x.sizes != node.draft.shape(x.layer):
        return None
    rank = len(x.axes)
    dims = (*(1,) * (rank - len(other.dims or ())), *(other.dims or ()))
    order = [x.axes.index(axis) for axis in range(len(x.sizes))]
    if any(size != 1 for at, size in enumerate(dims) if at not in order):
        return None
    places = [*(at for at in range(rank) if at not in order), *order]
    sizes = tuple(dims[at] for at in order)

    def spread() -> Any:
        found = other.array()
        return None if found is None else found.reshape(dims).transpose(places).reshape(sizes)

    return spread


def _constant_on(node: Node, x: View, other: Constant, word: str, before: bool) -> Operand | None:
    """Numbers for all entries, or one for each channel or position; `before` where the constant stands first."""
    kind = "shift" if word in ("add", "sub") else "scale"
    if other.size == 1 and node.graph.named(other) and word in ("add", "sub", "multiply", "div"):
        return replace(x, layer=_learned(node, kind, x, other, word, before))
    if other.size == 1 and len(other.dims or ()) <= len(x.axes):
        number = other.array()
        return node.follow(x, f"{word}-constant", None if number is None else (float(number.reshape(())), before))
    if other.dims is None:
        return None
    rank = max(len(other.dims), len(x.axes))
    wide = replace(x, axes=(*(ONE,) * (rank - len(x.axes)), *x.axes))
    dims = (*(1,) * (rank - len(other.dims)), *other.dims)
    now = wide.shape(node.graph.batch)
    wanted = tuple(size if other_size == 1 else other_size for size, other_size in zip(now, dims, strict=True))
    if wanted != now:  # the layer is repeated along the constant
        if any(size not in (1, want) for size, want in zip(now, wanted, strict=True)):
            return None
        layers = node.together([x, other])
        if layers is None:
            return None
        unlike = "" if word in ("add", "multiply") else "values are taken from it, or divide it"
        both = "add" if word in ("add", "sub") else "multiply"
        return node.out(node.give(both, layers[0], unlike=unlike), layers[1])
    if not other.weights or other.literal:
        spread = _spread(node, x, other)
        return node.follow(x, f"{word}-constant", None if spread is None else lambda: _beside(spread(), before))
    whole = node.natural(x)
    return replace(whole, layer=_learned(node, kind, whole, other, word, before))


def _beside(values: Any, before: bool) -> Any:
    return None if values is None else (values, before)


def _learned(node: Node, kind: str, x: View, weights: Constant, word: str = "", before: bool = False) -> str:
    count = node.graph.place_weights("", weights)
    owner = node.graph.owner(weights)
    more: dict[str, Any] = {"shares": owner} if owner else {}
    spread = _spread(node, x, weights)
    if spread is None:
        more["unlike"] = "the shape of its values is not that of the layer"
    else:
        dims = (*(1,) * (len(x.axes) - len(weights.dims or ())), *(weights.dims or ()))
        sizes = tuple(dims[x.axes.index(axis)] for axis in range(len(x.sizes)))
        more["arrays"] = lambda: [None if (found := spread()) is None else found.reshape(-1)]
        more["details"] = {"shape": sizes, "by": word, "before": before}
    layer = node.draft.add(kind, x.layer, place=node.place, more=more, n=weights.size if owner else count)
    node.graph.place_weights(layer, weights)
    return layer


def joined(kind: str, word: str = "") -> Reader:
    def read(node: Node) -> Operand | None:
        inputs = [operand for operand in node.operands if isinstance(operand, View)]
        if len(inputs) < len(node.operands):
            return _with_constant(node, word or kind)
        if len(inputs) == 1:
            return inputs[0]
        if kind == "multiply" and len(inputs) == 2:
            for x, gate in (inputs, inputs[::-1]):
                if swished := _swish(node, x, gate):
                    return swished
        found = node.together(inputs)
        return None if found is None else node.out(node.give(kind, found[0]), found[1])

    return read


def _swish(node: Node, x: View, gate: View) -> Operand | None:
    """x·σ(x), which is the activation of x and no product of two layers."""
    sigmoid = node.draft.layers.get(gate.layer)
    if sigmoid is None or sigmoid.kind != "activation" or sigmoid.remarks != ("sigmoid",):
        return None
    both = [name for name, value in zip(node.proto.input, node.operands, strict=True) if value is x]
    if sigmoid.inputs != (x.layer,) or gate.layer in node.draft.shared or node.graph.times_read(both[0]) != 2:
        return None
    del node.draft.layers[gate.layer]
    node.draft.shared.discard(x.layer)
    return node.follow(x, "swish")


def arithmetic(word: str) -> Reader:
    """An operation with one number for all entries, or with learned ones."""
    return lambda node: _with_constant(node, word)


def shape_kept(word: str) -> Reader:
    """Of a layer and constants that are not larger, element by element, such as a mask."""

    def read(node: Node) -> Operand | None:
        views = [operand for operand in node.operands if isinstance(operand, View)]
        if len(views) != 1:
            return None
        others = [operand for operand in node.operands if isinstance(operand, Constant)]
        now = views[0].shape(node.graph.batch)
        for other in others:
            dims = other.dims
            if dims is None or len(dims) > len(now):
                return None
            if any(size not in (1, now[len(now) - len(dims) + at]) for at, size in enumerate(dims)):
                return None
        return node.follow(views[0], word)

    return read


def concat(node: Node) -> Operand | None:
    given = node.attributes.get("axis", 1)
    ranks = [len(each.axes) for each in node.operands if isinstance(each, View)]
    at = node.axis(given, ranks[0]) if isinstance(given, int) and len(set(ranks)) == 1 else None
    views = [each for each in node.operands if isinstance(each, View)]
    if at is None or any(view.axes[at] == BATCH for view in views):
        return None
    found = node.together(node.operands, keep=at)
    if found is None:
        return None
    layers, axes = found
    long = sum(axis >= 0 for axis in axes)
    settings = unusual(axis=(axes[at] + 1, long))
    return node.out(node.give("concat", layers, settings), axes)


# Normalisation and activations


def batchnorm(node: Node) -> Operand | None:
    x, scale, shift = node.view(), node.constant(1), node.constant(2)
    if x is None or len(x.axes) < 2 or x.axes[1] == BATCH:
        return None
    mean, variance = node.constant(3), node.constant(4)
    places = [*(at for at in x.places if at != 1 and x.axes[at] != ONE), 1]
    four = (scale, shift, mean, variance)
    layer = node.give(
        "batchnorm", [node.arranged(x, places)], weights=scale, bias=shift,
        arrays=lambda: [None if each is None else each.array() for each in four],
        details={"eps": node.attributes.get("epsilon", 1e-5)},
    )  # fmt: skip
    node.graph.place_weights(layer, mean, variance)
    number = {place: index for index, place in enumerate(places)}
    return node.out(layer, [number.get(place, axis) for place, axis in enumerate(x.axes)])


def layernorm(kind: str) -> Reader:
    def read(node: Node) -> Operand | None:
        x, scale, shift = node.view(), node.constant(1), node.constant(2)
        at = node.axis(node.number("axis", -1), len(x.axes)) if x else None
        if x is None or at is None or BATCH in x.axes[at:]:
            return None
        if scale is not None and not scale.weights and (shift is None or not shift.weights):
            last = at == len(x.axes) - 1 and x.axes[at] == len(node.draft.shape(x.layer) or ()) - 1
            plain = scale.alone(1) and (shift is None or shift.alone(0)) and kind == "layernorm"
            return node.follow(x, "normalised", (_eps(node), 1) if last and plain else None)
        shift = shift if shift is not None and shift.weights else None
        inner = list(range(at, len(x.axes)))
        outer = [place for place in x.places if place < at and x.axes[place] != ONE]
        settings = unusual(axes=(len(inner), 1), **({"bias": (shift is not None, True)} if kind == "layernorm" else {}))
        layer = node.give(
            kind, [node.arranged(x, [*outer, *inner])], settings, scale, shift, details={"eps": _eps(node)},
            arrays=lambda: [shaped(each, (-1,)) for each in (scale, shift) if each is not None],
        )  # fmt: skip
        number = {place: index for index, place in enumerate([*outer, *inner])}
        return node.out(layer, [number.get(place, axis) for place, axis in enumerate(x.axes)])

    return read


def groupnorm(node: Node) -> Operand | None:
    """Of groups of channels, or of each channel by itself; with scales of 1 and shifts of 0 it has no weights."""
    x, scale, shift = node.view(), node.constant(1), node.constant(2)
    found = map_of(node, x, len(x.axes)) if x is not None else None
    if found is None or x is None or scale is None:
        return None
    plain = scale.alone(1) and (shift is None or shift.alone(0)) and not node.graph.named(scale)
    if not scale.weights or plain:
        node.graph.not_learned(scale, shift)
        mapped = plain and node.proto.op_type == "InstanceNormalization"
        own = x.axes[1] == len(node.draft.shape(x.layer) or ()) - 1
        return node.follow(x, "instancenorm", (_eps(node),) if mapped and own else None)
    groups = node.number("num_groups", 0) or x.shape(node.graph.batch)[1]
    details = {"eps": _eps(node)}
    return node.out(
        node.give("groupnorm", [found.layer], {"groups": groups}, scale, shift, details=details), found.axes
    )


def prelu(node: Node) -> Operand | None:
    x, slope = node.view(), node.constant(1)
    if x is None or slope is None:
        return None
    whole = node.natural(x)
    if node.graph.opset < 7 and len(slope.dims or ()) == 1:  # one for each channel
        slope = replace(slope, dims=(*(slope.dims or ()), *(1,) * (len(whole.axes) - 2)), made=slope.array)
    return replace(whole, layer=_learned(node, "prelu", whole, slope))


def dropout(node: Node) -> Operand | None:
    x, given = node.view(), node.constant(1)
    ratio = node.attributes.get("ratio") if "ratio" in node.attributes else (given.numbers() or (0,))[0] if given else 0
    if x is None:
        return None
    known = isinstance(ratio, int | float) and 0 < ratio < 1
    return node.follow(x, f"dropout{ratio:.3g}" if known else "dropout")


def clip(node: Node) -> Operand | None:
    x = node.view()
    bounds = [node.attributes.get(name) for name in ("min", "max")]
    for index in (1, 2):
        given = node.constant(index)
        if given is not None and (numbers := given.numbers()):
            bounds[index - 1] = numbers[0]
    if x is None:
        return None
    if bounds == [0, 6]:
        return node.follow(x, "relu6")
    low, high = (float(side) if isinstance(side, int | float) else None for side in bounds)
    known = all(node.operand(at) is None or node.constant(at) for at in (1, 2))
    inf = float("inf")
    return node.follow(x, "clip", (-inf if low is None else low, inf if high is None else high) if known else None)


def _eps(node: Node) -> float:
    return float(node.attributes.get("epsilon", 1e-5))


_BESIDE: dict[str, dict[str, float]] = {
    "leaky": {"alpha": 0.01}, "elu": {"alpha": 1.0}, "celu": {"alpha": 1.0}, "hardsigmoid": {"alpha": 0.2, "beta": 0.5},
    "lrn": {"size": 1, "alpha": 1e-4, "beta": 0.75, "bias": 1.0},
}  # fmt: skip
"""Remark → the attributes that its values depend on, with what they usually are."""


def activation(word: str) -> Reader:
    def read(node: Node) -> Operand | None:
        x = node.view()
        if x is None:
            return None
        beside: Any = tuple(node.attributes.get(name, usual) for name, usual in _BESIDE.get(word, {}).items())
        if word == "gelu":
            beside = (node.attributes.get("approximate") == "tanh",)
        usual = not {"alpha", "gamma"} & node.attributes.keys() or word in _BESIDE
        return node.follow(x, word, beside if usual else None)

    return read


def along_axis(word: str) -> Reader:
    """A softmax; before opset 13 along all axes from one on, which is followed for the last."""

    def read(node: Node) -> Operand | None:
        x = node.view()
        if x is None:
            return None
        at = node.axis(node.number("axis", -1 if node.graph.opset >= 13 else 1), len(x.axes))
        whole = x.sizes == node.draft.shape(x.layer)
        followed = at is not None and whole and x.axes[at] >= 0 and (node.graph.opset >= 13 or at == len(x.axes) - 1)
        return node.follow(x, word, (x.axes[at] + 1,) if followed and at is not None else None)

    return read
