"""ONNX's operators that are layers: what each is, from its attributes and the dimensions of its weights.

A function here reads one node and gives what its outputs are; None says that the node has no counterpart. Defaults and
meanings are those of the ONNX operator schemas, opset 1 to 23.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from ...expressions.nodes import Value
from .draft import per_axis, unusual
from .onnx_node import Node, Reader
from .onnx_values import Constant, Operand
from .views import BATCH, ONE, View, product

_FLATTENING = frozenset({"Flatten", "Squeeze", "Reshape"})


@dataclass(frozen=True)
class Map:
    """A layer that has its channels last, where the file has them first; `over` axes of positions stand before."""

    layer: str
    rank: int
    over: int

    @property
    def axes(self) -> tuple[int, ...]:
        """The file's axes of a map of as many axes."""
        spatial = tuple(range(self.over, self.rank - 2 + self.over))
        return (0 if self.over else BATCH, self.rank - 2 + self.over, *spatial)


def _map(node: Node, x: View | None, rank: int) -> Map | None:
    """The map that a node reads, (N, C, ...) of so many axes; frames that stand in the place of the batch are positions
    of it."""
    if x is None or len(x.axes) != rank or rank < 3:
        return None
    spatial = [*range(2, rank), 1]
    if x.axes[0] in (BATCH, ONE) and BATCH not in x.axes[1:]:
        return Map(node.arranged(x, spatial), rank, 0)
    return Map(node.arranged(x, [0, *spatial]), rank, 1) if BATCH not in x.axes else None


def _window(node: Node, before: Map, f: tuple[int, ...], stride: Value) -> tuple[str, dict[str, Value]] | None:
    """(the layer that is read, f, s, p, d and same); unequal padding is a layer of its own."""
    axes = len(f)
    s, d = node.ints("strides", axes, 1), node.ints("dilations", axes, 1)
    pads = node.ints("pads", 2 * axes, 0)
    if s is None or d is None or pads is None or not 1 <= axes <= 3:
        return None
    settings: dict[str, Value] = {"f": per_axis(f)} | unusual(s=(per_axis(s), stride), d=(per_axis(d), 1))
    automatic = node.attributes.get("auto_pad", "NOTSET")
    if automatic in ("SAME_UPPER", "SAME_LOWER"):
        if automatic == "SAME_LOWER":
            node.draft.notes.append(f"{node.place}: an odd pixel of padding stands at the beginning (SAME_LOWER)")
        return before.layer, settings | {"same": True}
    if automatic == "VALID":
        return before.layer, settings
    begin, end = pads[:axes], pads[axes:]
    if begin != end:
        given = {"pad_begin": per_axis(begin), "pad_end": per_axis(end)}
        return node.give("pad", [before.layer], given, over=before.over), settings
    return before.layer, settings | unusual(p=(per_axis(begin), 0))


def conv(node: Node) -> Operand | None:
    x, weights, bias = node.view(), node.constant(1), node.constant(2)
    dims = (weights.dims if weights else None) or ()
    found = _map(node, x, len(dims))
    window = _window(node, found, dims[2:], 1) if found else None
    groups = node.number("group", 1)
    if found is None or window is None or groups < 1:
        return None
    before, settings = window
    if "p" not in settings and "same" not in settings:
        before, padding = node.draft.absorbed_padding(before)
        settings |= unusual(p=(padding, 0))
    settings |= unusual(bias=(bias is not None, True))
    if groups > 1 and dims[1] == 1 and dims[0] % groups == 0:
        kind, settings = "depthwise", unusual(multiplier=(dims[0] // groups, 1)) | settings
    else:
        kind, settings = "conv", {"k": dims[0]} | settings | unusual(groups=(groups, 1))
    return node.out(node.give(kind, [before], settings, weights, bias, found.over), found.axes)


def conv_transpose(node: Node) -> Operand | None:
    x, weights, bias = node.view(), node.constant(1), node.constant(2)
    dims = (weights.dims if weights else None) or ()
    axes = len(dims) - 2
    if x is None or len(x.axes) != len(dims) or axes < 1:
        return None
    pads, after = node.ints("pads", 2 * axes, 0), node.ints("output_padding", axes, 0)
    s, d = node.ints("strides", axes, 1), node.ints("dilations", axes, 1)
    if not (pads and s and d and after):
        return None
    begin, end = pads[:axes], pads[axes:]
    automatic = node.attributes.get("auto_pad", "NOTSET")
    wanted = node.ints("output_shape", axes, 0) if "output_shape" in node.attributes else None
    sizes = x.shape(node.graph.batch)[2:]
    if wanted is not None or automatic in ("SAME_UPPER", "SAME_LOWER"):
        whole = [s[i] * (n - 1) + after[i] + (dims[2 + i] - 1) * d[i] + 1 if isinstance(n, int) else None
                 for i, n in enumerate(sizes)]  # fmt: skip
        asked = wanted or tuple(n * s[i] if isinstance(n, int) else 0 for i, n in enumerate(sizes))
        if any(size is None for size in whole):
            return None
        over = [max(0, (size or 0) - out) for size, out in zip(whole, asked, strict=True)]
        begin = tuple(cut // 2 for cut in over)
        end = tuple(cut - first for cut, first in zip(over, begin, strict=True))
    found = _map(node, x, len(dims))
    if found is None:
        return None
    groups = node.number("group", 1)
    uneven = begin != end
    settings = {"k": dims[1] * groups, "f": per_axis(dims[2:])} | unusual(
        s=(per_axis(s), 1),
        p=(0 if uneven else per_axis(begin), 0),
        d=(per_axis(d), 1),
        output_padding=(per_axis(after), 0),
        groups=(groups, 1),
        bias=(bias is not None, True),
    )
    layer = node.give("conv-transpose", [found.layer], settings, weights, bias, found.over)
    if uneven:
        cut = {"crop_begin": per_axis(begin), "crop_end": per_axis(end)}
        layer = node.give("crop", [layer], cut, over=found.over)
    return node.out(layer, found.axes)


def pool(kind: str) -> Reader:
    def read(node: Node) -> Operand | None:
        f = node.attributes.get("kernel_shape")
        found = _map(node, node.view(), len(f) + 2) if isinstance(f, tuple) else None
        window = _window(node, found, f, per_axis(f)) if found and isinstance(f, tuple) else None
        if window is None or found is None:
            return None
        before, settings = window
        if "same" not in settings:  # which is ⌈n/s⌉ as it is
            settings |= unusual(ceil=(bool(node.number("ceil_mode", 0)), False))
        return node.out(node.give(kind, [before], settings, over=found.over), found.axes)

    return read


def global_pool(kind: str) -> Reader:
    def read(node: Node) -> Operand | None:
        x = node.view()
        found = _map(node, x, len(x.axes)) if x is not None and len(x.axes) <= 5 else None
        return None if found is None else _pooled(node, kind, found)

    return read


def _pooled(node: Node, kind: str, x: Map) -> Operand:
    """All of each map: a vector where only that is read."""
    next_ = node.next_operators()
    if next_ and next_ <= _FLATTENING:
        ones = (ONE,) * (x.rank - 2)
        layer = node.give(f"global-{kind}", [x.layer], over=x.over)
        return node.out(layer, (0 if x.over else BATCH, x.over, *ones))
    return node.out(node.give(f"adaptive-{kind}", [x.layer], {"o": 1}, over=x.over), x.axes)


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
        layer = node.give("reduce", [x.layer], settings | unusual(keep=(keep, False)))
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
    for kind, (first, after) in (("pad", sides), ("crop", cuts)):
        if any(first) or any(after):
            before, behind = per_axis(tuple(first)), per_axis(tuple(after))
            layer = node.give(kind, [layer], {f"{kind}_begin": before} | unusual(**{f"{kind}_end": (behind, before)}))
    return node.out(layer, [places.index(at) if at in places else x.axes[at] for at in range(rank)])


# Products


def _dense(node: Node, x: View, at: int, units: int, weights: Constant, bias: Constant | None = None) -> Operand:
    """Along one axis of the file, at every position of the others."""
    places = [place for place in x.places if place != at and x.axes[place] != ONE]
    layer, lead = node.arranged(x, [*places, at]), len(places)
    settings: dict[str, Value] = unusual(bias=(bias is not None, True))
    if lead in (2, 3):  # at every position of a map, as a 1×1 convolution works
        layer = node.give("conv", [layer], {"k": units, "f": 1} | settings, weights, bias)
    else:
        layer = node.give("dense", [layer], {"m": units} | settings, weights, bias, lead if lead > 3 else 0)
    number = {place: index for index, place in enumerate([*places, at])}
    return node.out(layer, [number.get(place, axis) for place, axis in enumerate(x.axes)])


def gemm(node: Node) -> Operand | None:
    x, dims, weights, bias = node.view(), node.dims(1, 2), node.constant(1), node.constant(2)
    if x is None or dims is None or weights is None or len(x.axes) != 2 or node.number("transA", 0):
        return None
    if len(node.operands) > 2 and bias is None and node.operand(2) is not None:
        return None
    transposed = node.number("transB", 0)
    return _dense(node, x, 1, dims[0] if transposed else dims[1], weights, bias)


def matmul(node: Node) -> Operand | None:
    a, b = node.operand(0), node.operand(1)
    if isinstance(a, View) and isinstance(b, View):
        return _product(node, a, b)
    if isinstance(a, View) and isinstance(b, Constant) and b.dims is not None and len(b.dims) == 2:
        return _dense(node, a, len(a.axes) - 1, b.dims[1], b) if a.axes[-1] != BATCH else None
    if isinstance(b, View) and isinstance(a, Constant) and a.dims is not None and len(a.dims) == 2:
        return _dense(node, b, len(b.axes) - 2, a.dims[0], a) if len(b.axes) > 1 and b.axes[-2] != BATCH else None
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
    for term, operand in zip(terms, node.operands, strict=True):
        if isinstance(operand, View) and len(operand.axes) == len(term):
            batch |= {letter for letter, axis in zip(term, operand.axes, strict=True) if axis == BATCH}
            sizes |= dict(zip(term, operand.shape(node.graph.batch), strict=True))
            layers.append(node.natural(operand).layer)
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
    layer = node.give("einsum", layers, {"y": y, "s": summed, "w": held or 0}, weights)
    own = [letter for letter in right if letter not in batch]
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
            node.draft.change(layer.name, {k: v for k, v in layer.settings.items() if k != "bias"})
            node.graph.place_weights(layer.name, other)
            return x
    free = layer is not None and layer.shares and not layer.own_bias and layer.settings.get("bias") is False
    if layer and word == "add" and free and other.weights:
        settings = {k: v for k, v in layer.settings.items() if k != "bias"}
        if other.size == settings.get("m", settings.get("k")):
            node.draft.change(layer.name, settings, own_bias=not node.graph.owner(other))
            node.graph.place_weights(layer.name, other)
            return x
    return _constant_on(node, x, other, word)


def _constant_on(node: Node, x: View, other: Constant, word: str) -> Operand | None:
    """Numbers for all entries, or one for each channel or position."""
    if other.size == 1 and node.graph.named(other) and word in ("add", "sub", "multiply", "div"):
        return replace(x, layer=_learned(node, "shift" if word in ("add", "sub") else "scale", x.layer, other))
    if other.size == 1 and len(other.dims or ()) <= len(x.axes):
        return node.follow(x, f"{word}-constant")
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
        kind = "add" if word in ("add", "sub") else "multiply"
        return node.out(node.give(kind, layers[0]), layers[1])
    if not other.weights or other.literal:
        return node.follow(x, f"{word}-constant")
    whole = node.natural(x)
    return replace(whole, layer=_learned(node, "shift" if word in ("add", "sub") else "scale", whole.layer, other))


def _learned(node: Node, kind: str, before: str, weights: Constant) -> str:
    count = node.graph.place_weights("", weights)
    owner = node.graph.owner(weights)
    more = {"shares": owner} if owner else {}
    layer = node.draft.add(kind, before, place=node.place, more=more, n=count)
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
    layer = node.give("batchnorm", [node.arranged(x, places)], weights=scale, bias=shift)
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
            return node.follow(x, "normalised")
        shift = shift if shift is not None and shift.weights else None
        inner = list(range(at, len(x.axes)))
        outer = [place for place in x.places if place < at and x.axes[place] != ONE]
        settings = unusual(axes=(len(inner), 1), **({"bias": (shift is not None, True)} if kind == "layernorm" else {}))
        layer = node.give(kind, [node.arranged(x, [*outer, *inner])], settings, scale, shift)
        number = {place: index for index, place in enumerate([*outer, *inner])}
        return node.out(layer, [number.get(place, axis) for place, axis in enumerate(x.axes)])

    return read


def groupnorm(node: Node) -> Operand | None:
    """Of groups of channels, or of each channel by itself; with scales of 1 and shifts of 0 it has no weights."""
    x, scale, shift = node.view(), node.constant(1), node.constant(2)
    found = _map(node, x, len(x.axes)) if x is not None else None
    if found is None or x is None or scale is None:
        return None
    plain = scale.alone(1) and (shift is None or shift.alone(0)) and not node.graph.named(scale)
    if not scale.weights or plain:
        node.graph.not_learned(scale, shift)
        return node.follow(x, "instancenorm")
    groups = node.number("num_groups", 0) or x.shape(node.graph.batch)[1]
    return node.out(node.give("groupnorm", [found.layer], {"groups": groups}, scale, shift), found.axes)


def prelu(node: Node) -> Operand | None:
    x, slope = node.view(), node.constant(1)
    if x is None or slope is None:
        return None
    whole = node.natural(x)
    return replace(whole, layer=_learned(node, "prelu", whole.layer, slope))


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
    return None if x is None else node.follow(x, "relu6" if bounds == [0, 6] else "clip")


def activation(word: str) -> Reader:
    def read(node: Node) -> Operand | None:
        x = node.view()
        return None if x is None else node.follow(x, word)

    return read


def upsample(node: Node) -> Operand | None:
    """By whole factors, or to any size, along the axes of a map."""
    x = node.view()
    if x is None:
        return None
    rank, now = len(x.axes), x.shape(node.graph.batch)
    scales = node.attributes.get("scales")
    for index in range(1, len(node.operands)):
        given = node.constant(index)
        if given is None or given.size != rank:
            continue
        whole = index == 3
        numbers = given.whole() if whole else given.numbers()
        if numbers is None:
            return None
        if whole:
            return _resized(node, x, numbers, None)
        scales = numbers
    if not isinstance(scales, tuple) or len(scales) != rank:
        return None
    sizes = tuple(math.floor(size * scale + 1e-6) if isinstance(size, int) else size
                  for size, scale in zip(now, scales, strict=True))  # fmt: skip
    factors = tuple(int(scale) if float(scale).is_integer() else 0 for scale in scales)
    letters = any(not isinstance(size, int) and scale != 1 for size, scale in zip(now, scales, strict=True))
    if letters and 0 in factors:
        return None
    return _resized(node, x, sizes, factors)


def _resized(node: Node, x: View, sizes: tuple[Value, ...], factors: tuple[int, ...] | None) -> Operand | None:
    found = _map(node, x, len(x.axes)) if 3 <= len(x.axes) <= 5 else None
    if found is None or sizes[1] != x.shape(node.graph.batch)[1]:
        return None
    if factors and 0 not in factors:
        layer = node.give("upsample", [found.layer], {"s": per_axis(factors[2:])}, over=found.over)
    else:
        o = sizes[2] if len(set(sizes[2:])) == 1 else tuple(sizes[2:])
        layer = node.give("resize", [found.layer], {"o": o}, over=found.over)
    return node.out(layer, found.axes)


def depth_to_space(back: bool) -> Reader:
    """Channels laid out as pixels, or back."""

    def read(node: Node) -> Operand | None:
        b, found = node.number("blocksize", 1), _map(node, node.view(), 4)
        shape = node.draft.shape(found.layer) if found else None
        if found is None or found.over or shape is None or not all(isinstance(size, int) for size in shape):
            return None
        h, w, c = (size for size in shape if isinstance(size, int))
        y = (h // b, w // b, c * b * b) if back else (h * b, w * b, c // (b * b))
        return node.out(node.give("reshape", [found.layer], {"y": y}), found.axes)

    return read
