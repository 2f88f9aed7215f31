"""ONNX's operators that change the shape or its order: flattening, transposing, look-ups, and the recurrent layers,
whose outputs have an axis for the directions."""

from __future__ import annotations

from ..kinds import KINDS
from ..network import Layer
from .draft import unusual
from .onnx_operators import SPATIAL, Node, Reader
from .onnx_values import Operand, Output, Sizes


def same(node: Node) -> Operand | None:
    return node.output()


def shape(node: Node) -> Operand | None:
    x = node.output()
    return None if x is None else Sizes(len(x.axes) or None)


def transpose(node: Node) -> Operand | None:
    x = node.output()
    if x is None or not x.axes:
        return x
    order = node.order(len(x.axes))
    return None if order is None else x.with_axes("".join(x.axes[axis] for axis in order))


def flatten(node: Node) -> Operand | None:
    x = node.output()
    if x is None or node.number("axis", 1) != 1 or x.axes[:1] not in ("", "N"):
        return None
    return x if x.axes == "NC" else node.give("flatten", [x.layer], "NC")


def reshape(node: Node) -> Operand | None:
    x, target = node.output(), node.whole("shape", 1)
    operand = node.operands[1] if len(node.operands) > 1 else None
    length = len(target) if target is not None else operand.length if isinstance(operand, Sizes) else None
    if x is None or length is None:
        return None
    merged = x.axes.replace("G", "")
    if "GC" in x.axes and length == len(merged):  # the directions, side by side
        return x.with_axes(merged)
    if length == 2:
        if x.axes == "NC":
            return x
        return node.give("flatten", [x.layer], "NC") if x.axes[:1] in ("", "N") and "G" not in x.axes else None
    if target is None or x.axes != "NC" or length - 2 not in SPATIAL or 0 in target[1:]:
        return x if target is not None and length == len(x.axes) and not any(target[:-1]) else None
    return node.give("reshape", [x.layer], f"NC{SPATIAL[length - 2]}", {"y": (*target[2:], target[1])})


def squeeze(node: Node) -> Operand | None:
    x, axes = node.output(), node.whole("axes", 1)
    if x is None or x.axes == "NC":
        return x
    if axes is None or not x.axes:
        return None
    removed = {x.axes[at] for each in axes if 0 <= (at := node.axis(each, len(x.axes))) < len(x.axes)}
    left = "".join(axis for axis in x.axes if axis not in removed)
    layer = node.draft.layers.get(x.layer)
    if removed == {"G"} and layer is not None and layer.settings.get("D", 1) == 1:
        return x.with_axes(left)
    return node.give("flatten", [x.layer], "NC") if left == "NC" and removed == set(x.axes) - set("NC") else None


def unsqueeze(node: Node) -> Operand | None:
    """A vector as a map of one pixel; one axis may come after the other, and is a 1 until then."""
    x, axes = node.output(), node.whole("axes", 1)
    if x is None or axes is None or not x.axes.startswith("NC") or x.axes.strip("1") != "NC":
        return None
    rank = len(x.axes) + len(axes)
    added = {node.axis(axis, rank) for axis in axes}
    if rank > 4 or added != set(range(len(x.axes), rank)):
        return None
    if rank == 3:
        return x.with_axes("NC1")
    return node.give("reshape", [x.layer], "NCHW", {"y": (1, 1, -1)})


def gather(node: Node) -> Operand | None:
    """A row of a table for each word; or the last step of a recurrent layer."""
    table, words = node.dims(0, 2), node.output(1)
    if table is not None and words is not None and not node.number("axis", 0):
        return node.give("embedding", [words.layer], f"{words.axes}C", {"v": table[0], "n": table[1]})
    x, index = node.output(), node.constant(1)
    layer = node.draft.layers.get(x.layer) if x is not None else None
    if x is None or layer is None or index is None or not _is_cell(layer) or index.dims:
        return None
    at = node.axis(node.number("axis", 0), len(x.axes))
    taken = x.axes[at : at + 1] if at >= 0 else ""
    last = taken == "L" and x.last and index.whole() == (-1,)
    only = taken == "G" and layer.settings.get("D", 1) == 1
    return x.with_axes(x.axes.replace(taken, "")) if last or only else None


def _is_cell(layer: Layer) -> bool:
    return layer.kind in KINDS and KINDS[layer.kind].gates > 0


def recurrent(kind: str) -> Reader:
    def read(node: Node) -> list[Operand] | None:
        x, inputs, states = node.output(), node.dims(1, 3), node.dims(2, 3)
        batch_first = node.number("layout", 0) == 1
        peepholes = len(node.operands) > 7 and node.operands[7] is not None
        if x is None or inputs is None or states is None or peepholes:
            return None
        if x.axes not in ("", "NLC" if batch_first else "LNC"):
            return None
        directions = inputs[0]
        names = [*node.proto.output, "", "", ""][:3]
        read_whole = not node.graph.unused(names[0]) and not (directions == 1 and node.graph.only_last_step(names[0]))
        settings = {"m": states[2]} | unusual(
            D=(directions, 1), sequence=(read_whole, False), bias=(node.constant(3) is not None, True)
        )
        layer = node.give(kind, [x.layer], "", settings).layer
        steps = Output(layer, "NLGC" if batch_first else "LGNC", last=not read_whole)
        state = Output(layer, "NGC" if batch_first else "GNC")
        if read_whole and not node.graph.unused(names[1]):
            state = Output(node.draft.unknown(f"last state of {layer}", layer, place=node.place))
        cell = state if node.graph.unused(names[2]) else Output(node.draft.unknown(f"cell state of {layer}", layer))
        return [steps, state, cell]

    return read
