"""ONNX's operators on maps, (N, C, ...): convolutions, pooling, resizing.

A function here reads one node and gives what its outputs are; None says that the node has no counterpart. Defaults and
meanings are those of the ONNX operator schemas, opset 1 to 23.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ...expressions.nodes import Value
from .draft import per_axis, unusual
from .onnx_node import Node, Reader
from .onnx_values import Operand
from .views import BATCH, ONE, View

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


def map_of(node: Node, x: View | None, rank: int) -> Map | None:
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
            node.draft.notes.append(f"{node.place}: the extra pixel of padding is at the beginning (SAME_LOWER)")
        return before.layer, settings | {"same": True}
    if automatic == "VALID":
        return before.layer, settings
    begin, end = pads[:axes], pads[axes:]
    if begin != end:
        given = {"pad_begin": per_axis(begin), "pad_end": per_axis(end)}
        return node.give("pad", [before.layer], given, over=before.over), settings
    return before.layer, settings | unusual(p=(per_axis(begin), 0))


def _odd(node: Node) -> str:
    """Why the values under a padding are not followed, "" where they are."""
    return "the extra pixel is at the beginning" if node.attributes.get("auto_pad") == "SAME_LOWER" else ""


def conv(node: Node) -> Operand | None:
    x, weights, bias = node.view(), node.constant(1), node.constant(2)
    dims = (weights.dims if weights else None) or ()
    found = map_of(node, x, len(dims))
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
    return node.out(node.give(kind, [before], settings, weights, bias, found.over, unlike=_odd(node)), found.axes)


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
    found = map_of(node, x, len(dims))
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
        found = map_of(node, node.view(), len(f) + 2) if isinstance(f, tuple) else None
        window = _window(node, found, f, per_axis(f)) if found and isinstance(f, tuple) else None
        if window is None or found is None:
            return None
        before, settings = window
        if "same" not in settings:  # which is ⌈n/s⌉ as it is
            settings |= unusual(ceil=(bool(node.number("ceil_mode", 0)), False))
        details = {} if node.number("count_include_pad", 0) or kind == "maxpool" else {"count_include_pad": False}
        unlike = "it takes a root of powers" if node.proto.op_type == "LpPool" else _odd(node)
        unlike = unlike or ("its padding is a separate layer" if before != found.layer else "")
        layer = node.give(kind, [before], settings, over=found.over, details=details, unlike=unlike)
        return node.out(layer, found.axes)

    return read


def global_pool(kind: str) -> Reader:
    def read(node: Node) -> Operand | None:
        x = node.view()
        found = map_of(node, x, len(x.axes)) if x is not None and len(x.axes) <= 5 else None
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
    found = map_of(node, x, len(x.axes)) if 3 <= len(x.axes) <= 5 else None
    if found is None or sizes[1] != x.shape(node.graph.batch)[1]:
        return None
    details = _resizing(node)
    if factors and 0 not in factors:
        layer = node.give("upsample", [found.layer], {"s": per_axis(factors[2:])}, over=found.over, details=details)
    else:
        o = sizes[2] if len(set(sizes[2:])) == 1 else tuple(sizes[2:])
        unlike = "its factors are not whole numbers" if factors else ""
        layer = node.give("resize", [found.layer], {"o": o}, over=found.over, details=details, unlike=unlike)
    return node.out(layer, found.axes)


def _resizing(node: Node) -> dict[str, Any]:
    """Which pixels a pixel is made of."""
    mode = str(node.attributes.get("mode", "nearest"))
    if node.proto.op_type == "Upsample" or node.graph.opset < 11:
        return {"mode": mode, "coordinates": "asymmetric", "rounding": "floor"}
    return {
        "mode": mode,
        "coordinates": str(node.attributes.get("coordinate_transformation_mode", "half_pixel")),
        "rounding": str(node.attributes.get("nearest_mode", "round_prefer_floor")),
    }


def depth_to_space(back: bool) -> Reader:
    """Channels laid out as pixels, or back."""

    def read(node: Node) -> Operand | None:
        b, found = node.number("blocksize", 1), map_of(node, node.view(), 4)
        shape = node.draft.shape(found.layer) if found else None
        if found is None or found.over or shape is None or not all(isinstance(size, int) for size in shape):
            return None
        h, w, c = (size for size in shape if isinstance(size, int))
        small = c // (b * b)
        if not back and (small == 1 or node.attributes.get("mode") == "CRD"):
            return node.out(node.give("pixel-shuffle", [found.layer], {"r": b}), found.axes)
        if back:
            y, layout = (h // b, w // b, c * b * b), ((h // b, b, w // b, b, c), (0, 2, 1, 3, 4))
        else:
            y, layout = (h * b, w * b, small), ((h, w, b, b, small), (0, 2, 1, 3, 4))
        return node.out(node.give("reshape", [found.layer], {"y": y}, layout=layout), found.axes)

    return read
