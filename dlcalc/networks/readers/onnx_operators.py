"""ONNX's operators in our words: what layer each is, from its attributes and the dimensions of its weights.

A function here reads one node and gives what its outputs are; None says that the node has no counterpart. Defaults and
meanings are those of the ONNX operator schemas, opset 1 to 23.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...expressions.nodes import Value
from .draft import per_axis, unusual
from .onnx_values import Constant, Operand, Output, Sizes, attributes

if TYPE_CHECKING:
    from .onnx import Graph

SPATIAL = {1: "L", 2: "HW", 3: "DHW"}
_FLATTENING = frozenset({"Flatten", "Squeeze", "Reshape"})


class Node:
    """One node of a graph, with what its inputs are."""

    def __init__(self, graph: Graph, proto: Any, operands: Sequence[Operand | None], place: str) -> None:
        self.graph = graph
        self.draft = graph.draft
        self.proto = proto
        self.operands = operands
        self.place = place
        self.attributes = attributes(proto)

    def outputs(self, operators: Mapping[str, Reader]) -> list[Operand]:
        """What each output is."""
        given = [operand for operand in self.operands if operand is not None]
        count = len(self.proto.output)
        if not any(isinstance(operand, Output) for operand in given):
            return [self.computed()] * count
        standard = self.proto.domain in ("", "ai.onnx")
        found = operators[self.proto.op_type](self) if standard and self.proto.op_type in operators else None
        if found is None:
            layers = [operand.layer for operand in given if isinstance(operand, Output)]
            found = Output(self.draft.unknown(self.proto.op_type, *layers, place=self.place))
        return found if isinstance(found, list) else [found] * count

    def computed(self) -> Operand:
        """A constant, or sizes that the graph computes for itself."""
        first = self.operands[0] if self.operands else None
        match self.proto.op_type:
            case "Identity" | "Cast" | "DequantizeLinear" | "QuantizeLinear" if first is not None:
                return first
            case "Transpose" if isinstance(first, Constant):
                order = self.order(len(first.dims))
                if order is not None:
                    return Constant(tuple(first.dims[axis] for axis in order))
            case "Unsqueeze":
                return Sizes(1)
            case "Concat":
                lengths = [_length(operand) for operand in self.operands]
                known = [length for length in lengths if length is not None]
                return Sizes(sum(known) if len(known) == len(lengths) else None)
        return Sizes()

    # What handlers ask

    def output(self, index: int = 0) -> Output | None:
        """The layer's output that is read at `index`, if it is one."""
        operand = self.operands[index] if index < len(self.operands) else None
        return operand if isinstance(operand, Output) else None

    def constant(self, index: int) -> Constant | None:
        operand = self.operands[index] if index < len(self.operands) else None
        return operand if isinstance(operand, Constant) else None

    def dims(self, index: int, rank: int) -> tuple[int, ...] | None:
        """The dimensions of the weights at `index`, if they are weights with so many."""
        found = self.constant(index)
        return found.dims if found is not None and len(found.dims) == rank else None

    def whole(self, name: str, index: int) -> tuple[int, ...] | None:
        """Whole numbers that older opsets have as an attribute and newer ones as an input."""
        if name in self.attributes:
            given = self.attributes[name]
            return given if isinstance(given, tuple) else None
        found = self.constant(index)
        return found.whole() if found is not None else None

    def ints(self, name: str, count: int, usual: int) -> tuple[int, ...] | None:
        given = self.attributes.get(name, (usual,) * count)
        return given if isinstance(given, tuple) and len(given) == count else None

    def number(self, name: str, usual: int) -> int:
        given = self.attributes.get(name, usual)
        return given if isinstance(given, int) else usual

    def order(self, rank: int) -> tuple[int, ...] | None:
        """Of a transposition of so many axes."""
        order = self.attributes.get("perm", tuple(reversed(range(rank))))
        return order if isinstance(order, tuple) and sorted(order) == list(range(rank)) else None

    def axis(self, given: int, rank: int) -> int:
        return given + rank if given < 0 else given

    def next_operators(self) -> set[str]:
        """The operators that read the first output."""
        names = [name for name in self.proto.output[:1] if name]
        return {node.op_type for name in names for node in self.graph.read_by[name]}

    def give(self, kind: str, inputs: Sequence[str], axes: str, settings: Mapping[str, Value] | None = None) -> Output:
        """Adds a layer."""
        return Output(self.draft.add(kind, *inputs, place=self.place, **(settings or {})), axes)

    def follow(self, value: Output, *words: str) -> Output:
        """What stays the layer before, with a remark."""
        return Output(self.draft.follow(value.layer, words, place=self.place), value.axes, value.last)


Reader = Callable[[Node], "Operand | list[Operand] | None"]


def _length(operand: Operand | None) -> int | None:
    if isinstance(operand, Constant):
        return math.prod(operand.dims)
    return operand.length if isinstance(operand, Sizes) else None


def _is_image(value: Output, axes: int) -> bool:
    return value.axes in ("", f"NC{SPATIAL.get(axes, '?')}")


def _window(node: Node, before: str, f: tuple[int, ...], stride: Value) -> tuple[str, dict[str, Value]] | None:
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
        return before, settings | {"same": True}
    if automatic == "VALID":
        return before, settings
    begin, end = pads[:axes], pads[axes:]
    if begin != end:
        given = {"pad_begin": per_axis(begin), "pad_end": per_axis(end)}
        return node.give("pad", [before], "", given).layer, settings
    return before, settings | unusual(p=(per_axis(begin), 0))


def conv(node: Node) -> Operand | None:
    x, weights = node.output(), node.constant(1)
    dims = weights.dims if weights else ()
    if x is None or not _is_image(x, len(dims) - 2):
        return None
    window = _window(node, x.layer, dims[2:], 1)
    groups = node.number("group", 1)
    if window is None or groups < 1:
        return None
    before, settings = window
    if "p" not in settings and "same" not in settings:
        before, padding = node.draft.absorbed_padding(before)
        settings |= unusual(p=(padding, 0))
    settings |= unusual(bias=(node.constant(2) is not None, True))
    if groups > 1 and dims[1] == 1 and dims[0] % groups == 0:
        return node.give("depthwise", [before], x.axes, unusual(multiplier=(dims[0] // groups, 1)) | settings)
    return node.give("conv", [before], x.axes, {"k": dims[0]} | settings | unusual(groups=(groups, 1)))


def conv_transpose(node: Node) -> Operand | None:
    x, weights = node.output(), node.constant(1)
    dims = weights.dims if weights else ()
    axes = len(dims) - 2
    if x is None or not _is_image(x, axes) or "output_shape" in node.attributes:
        return None
    pads, after = node.ints("pads", 2 * axes, 0), node.ints("output_padding", axes, 0)
    s, d = node.ints("strides", axes, 1), node.ints("dilations", axes, 1)
    if node.attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID") or not (pads and s and d and after):
        return None
    if pads[:axes] != pads[axes:]:
        return None
    groups = node.number("group", 1)
    settings = {"k": dims[1] * groups, "f": per_axis(dims[2:])} | unusual(
        s=(per_axis(s), 1),
        p=(per_axis(pads[:axes]), 0),
        d=(per_axis(d), 1),
        output_padding=(per_axis(after), 0),
        groups=(groups, 1),
        bias=(node.constant(2) is not None, True),
    )
    return node.give("conv-transpose", [x.layer], x.axes, settings)


def pool(kind: str) -> Reader:
    def read(node: Node) -> Operand | None:
        x, f = node.output(), node.attributes.get("kernel_shape")
        if x is None or not isinstance(f, tuple) or not _is_image(x, len(f)):
            return None
        window = _window(node, x.layer, f, per_axis(f))
        if window is None:
            return None
        before, settings = window
        if "same" not in settings:  # which is ⌈n/s⌉ as it is
            settings |= unusual(ceil=(bool(node.number("ceil_mode", 0)), False))
        return node.give(kind, [before], x.axes, settings)

    return read


def global_pool(kind: str) -> Reader:
    def read(node: Node) -> Operand | None:
        x = node.output()
        if x is None or not any(_is_image(x, axes) for axes in SPATIAL):
            return None
        next_ = node.next_operators()
        if x.axes and next_ and next_ <= _FLATTENING:
            return node.give(f"global-{kind}", [x.layer], "NC")
        return node.give(f"adaptive-{kind}", [x.layer], x.axes, {"o": 1})

    return read


def reduce(kind: str) -> Reader:
    """A mean or a maximum over all of an image, or over time."""

    def read(node: Node) -> Operand | None:
        x, axes = node.output(), node.whole("axes", 1)
        if x is None or not x.axes or axes is None:
            return None
        labels = {x.axes[at] for each in axes if 0 <= (at := node.axis(each, len(x.axes))) < len(x.axes)}
        spatial = set(x.axes) - set("NC")
        if labels != spatial or not spatial or spatial & set("G"):
            return None
        if not node.number("keepdims", 1):
            return node.give(f"global-{kind}", [x.layer], "NC")
        return node.give(f"adaptive-{kind}", [x.layer], x.axes, {"o": 1})

    return read


def pad(node: Node) -> Operand | None:
    x, pads = node.output(), node.whole("pads", 1)
    rank = len(x.axes) if x else 0
    if x is None or pads is None or len(pads) != 2 * rank or min(pads) < 0 or len(node.operands) > 3:
        return None
    if not any(pads):
        return x
    spatial = SPATIAL.get(rank - 2, "")
    begin, end = dict(zip(x.axes, pads[:rank], strict=True)), dict(zip(x.axes, pads[rank:], strict=True))
    if sorted(x.axes) != sorted("NC" + spatial) or any(begin[axis] or end[axis] for axis in "NC"):
        return None
    first, last = per_axis(tuple(begin[axis] for axis in spatial)), per_axis(tuple(end[axis] for axis in spatial))
    return node.give("pad", [x.layer], x.axes, {"pad_begin": first} | unusual(pad_end=(last, first)))


def gemm(node: Node) -> Operand | None:
    x, dims = node.output(), node.dims(1, 2)
    if x is None or dims is None or x.axes not in ("", "NC") or node.number("transA", 0):
        return None
    units = dims[0] if node.number("transB", 0) else dims[1]
    return node.give("dense", [x.layer], "NC", {"m": units} | unusual(bias=(node.constant(2) is not None, True)))


def matmul(node: Node) -> Operand | None:
    x, dims = node.output(), node.dims(1, 2)
    if x is None or dims is None or x.axes[-1:] not in ("", "C") or "G" in x.axes:
        return None
    if len(x.axes) > 3:  # at every position of a map, as a 1×1 convolution works
        return node.give("conv", [x.layer], x.axes, {"k": dims[1], "f": 1, "bias": False})
    return node.give("dense", [x.layer], x.axes, {"m": dims[1], "bias": False})


def _with_constant(node: Node, word: str) -> Operand | None:
    """Of a layer and a constant: the bias of a layer that had none, or a number for all entries."""
    at = next((index for index in (0, 1) if node.output(index)), None)
    if at is None or len(node.operands) != 2:
        return None
    x, other = node.output(at), node.operands[1 - at]
    if x is None or not isinstance(other, Constant):
        return None
    size = _length(other)
    layer = node.draft.layers.get(x.layer)
    if word == "add" and layer and layer.settings.get("bias") is False and not layer.remarks:
        units = layer.settings.get("m", layer.settings.get("k"))
        if size == units == max(other.dims, default=1) and x.layer not in node.draft.shared:
            node.draft.give_bias(x.layer)
            return x
    return node.follow(x, f"{word}-constant") if size == 1 else None


def joined(kind: str) -> Reader:
    def read(node: Node) -> Operand | None:
        inputs = [operand for operand in node.operands if isinstance(operand, Output)]
        if len(inputs) < len(node.operands):
            return _with_constant(node, kind)
        axes = {each.axes for each in inputs if each.axes}
        if len(axes) > 1:
            return None
        if kind == "multiply" and len(inputs) == 2:
            for x, gate in (inputs, inputs[::-1]):
                if swished := _swish(node, x, gate):
                    return swished
        return node.give(kind, [each.layer for each in inputs], max(axes, default=""))

    return read


def _swish(node: Node, x: Output, gate: Output) -> Operand | None:
    """x·σ(x), which is the activation of x and no product of two layers."""
    sigmoid = node.draft.layers.get(gate.layer)
    if sigmoid is None or sigmoid.kind != "activation" or sigmoid.remarks != ("sigmoid",):
        return None
    both = [name for name, value in zip(node.proto.input, node.operands, strict=True) if value is x]
    if sigmoid.inputs != (x.layer,) or gate.layer in node.draft.shared or node.graph.readers[both[0]] != 2:
        return None
    del node.draft.layers[gate.layer]
    node.draft.shared.discard(x.layer)
    return node.follow(x, "swish")


def arithmetic(word: str) -> Reader:
    """An operation with one number for all entries."""
    return lambda node: _with_constant(node, word)


def concat(node: Node) -> Operand | None:
    inputs = [operand for operand in node.operands if isinstance(operand, Output)]
    axes = {each.axes for each in inputs}
    given = node.attributes.get("axis", 1)
    if len(inputs) < len(node.operands) or len(axes) > 1 or not isinstance(given, int):
        return None
    order = axes.pop()
    at = node.axis(given, len(order))
    if order and not (0 <= at < len(order) and order[at] == "C" and "G" not in order):
        return None
    return node.give("concat", [each.layer for each in inputs], order)


def split(node: Node) -> list[Operand] | None:
    x, count = node.output(), len(node.proto.output)
    at = node.axis(node.number("axis", 0), len(x.axes)) if x else 0
    if x is None or x.axes != "NCHW" or at != 1:
        return None
    sizes = node.whole("split", 1)
    if sizes is not None and len(set(sizes)) > 1:
        return None
    return [node.give("split", [x.layer], x.axes, {"parts": count, "part": part}) for part in range(1, count + 1)]


def batchnorm(node: Node) -> Operand | None:
    x = node.output()
    if x is None or (x.axes and x.axes[1:2] != "C"):
        return None
    return node.give("batchnorm", [x.layer], x.axes)


def layernorm(node: Node) -> Operand | None:
    x = node.output()
    if x is None or x.axes[-1:] not in ("", "C") or node.number("axis", -1) not in (-1, len(x.axes) - 1):
        return None
    return node.give("layernorm", [x.layer], x.axes, unusual(bias=(node.constant(2) is not None, True)))


def dropout(node: Node) -> Operand | None:
    x, given = node.output(), node.constant(1)
    ratio = node.attributes.get("ratio") if "ratio" in node.attributes else (given.numbers() or (0,))[0] if given else 0
    if x is None:
        return None
    known = isinstance(ratio, int | float) and 0 < ratio < 1
    return node.follow(x, f"dropout{ratio:.3g}" if known else "dropout")


def clip(node: Node) -> Operand | None:
    x = node.output()
    bounds = [node.attributes.get(name) for name in ("min", "max")]
    for index in (1, 2):
        given = node.constant(index)
        if given is not None and (numbers := given.numbers()):
            bounds[index - 1] = numbers[0]
    return None if x is None else node.follow(x, "relu6" if bounds == [0, 6] else "clip")


def activation(word: str) -> Reader:
    def read(node: Node) -> Operand | None:
        x = node.output()
        return None if x is None else node.follow(x, word)

    return read
