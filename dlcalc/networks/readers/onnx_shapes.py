"""ONNX's operators that change the shape or its order: most compute nothing and are views of what was computed before;
and the recurrent layers, whose outputs have an axis for the directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...expressions.nodes import Value
from .draft import unusual
from .onnx_node import Node, Reader
from .onnx_values import Constant, Operand
from .views import BATCH, ONE, View, product, reshaped

_ACTIVATIONS = {"Relu": "relu", "Sigmoid": "sigmoid"}


def same(node: Node) -> Operand | None:
    return node.view()


def transpose(node: Node) -> Operand | None:
    x = node.view()
    if x is None:
        return None
    order = node.attributes.get("perm", tuple(reversed(range(len(x.axes)))))
    return x.transposed(order) if sorted(order) == list(range(len(x.axes))) else None


def flatten(node: Node) -> Operand | None:
    x = node.view()
    at = node.axis(node.number("axis", 1), len(x.axes) + 1) if x else None
    if x is None or at is None:
        return None
    sizes = x.shape(node.graph.batch)
    return _reshaped(node, x, (product(sizes[:at]), product(sizes[at:])))


def reshape(node: Node) -> Operand | None:
    x, target = node.view(), node.constant(1)
    wanted = node.attributes.get("shape") or (target.values() if target is not None else None)
    if x is None or wanted is None:
        return None
    sizes = x.shape(node.graph.batch)
    if not node.number("allowzero", 0):
        if any(size == 0 and at >= len(sizes) for at, size in enumerate(wanted)):
            return None
        wanted = tuple(sizes[at] if size == 0 else size for at, size in enumerate(wanted))
    if list(wanted).count(-1) == 1:
        at = list(wanted).index(-1)
        rest = _left(sizes, (*wanted[:at], *wanted[at + 1 :]))
        if rest is None:
            return None
        wanted = (*wanted[:at], rest, *wanted[at + 1 :])
    return _reshaped(node, x, wanted)


def _left(sizes: tuple[Value, ...], others: tuple[Value, ...]) -> Value | None:
    """What is left of as many numbers for one axis beside others."""
    whole, known = list(sizes), list(others)
    for size in others:
        if size in whole:
            whole.remove(size)
            known.remove(size)
    a, b = product(whole), product(known)
    if isinstance(a, int) and isinstance(b, int):
        return a // b if b and a % b == 0 else None
    return a if b == 1 else a / b


def _reshaped(node: Node, x: View, wanted: tuple[Value, ...]) -> Operand | None:
    real = [size for size in wanted if size != 1]
    axes = [axis for axis in x.axes if axis >= 0]
    if len(axes) > 1 and len(real) == 1 and len(wanted) <= 2 and node.graph.batch == 1:
        layer = node.give("flatten", [x.layer], layout=_layout(x))
        return node.out(layer, [BATCH if size == 1 and len(wanted) > 1 else 0 for size in wanted])
    if len(axes) > 1 and len(wanted) == 2 and wanted[0] == node.graph.batch and x.axes[0] == BATCH:
        return node.out(node.give("flatten", [x.layer], layout=_layout(x)))
    found = reshaped(x, wanted, node.graph.batch)
    if found is not None:
        return found
    if node.graph.batch != 1 and x.axes[:1] != (BATCH,):
        return None
    places = [at for at in range(len(x.axes)) if x.axes[at] != BATCH]
    layer = node.arranged(x, [at for at in places if x.axes[at] != ONE])
    now = node.draft.view(layer)
    return reshaped(now, wanted, node.graph.batch) if now is not None else None


def _layout(x: View) -> tuple[tuple[Value, ...], tuple[int, ...]]:
    """The numbers in the file's order."""
    return x.sizes, tuple(axis for axis in x.axes if axis >= 0)


def squeeze(node: Node) -> Operand | None:
    x, axes = node.view(), node.whole("axes", 1)
    if x is None:
        return None
    sizes = x.shape(node.graph.batch)
    if axes is None:
        places = {at for at, size in enumerate(sizes) if size == 1}
    else:
        places = {at for each in axes if (at := node.axis(each, len(sizes))) is not None}
    return x.squeezed(places) if all(sizes[at] == 1 for at in places) else None


def unsqueeze(node: Node) -> Operand | None:
    x, axes = node.view(), node.whole("axes", 1)
    if x is None or axes is None:
        return None
    rank = len(x.axes) + len(axes)
    places = {node.axis(axis, rank) for axis in axes}
    if None in places or len(places) < len(axes):
        return None
    return x.unsqueezed({at for at in places if at is not None})


def expand(node: Node) -> Operand | None:
    """Repeated along axes of size 1."""
    x, target = node.view(), node.constant(1)
    wanted = target.values() if target is not None else None
    if x is None or wanted is None:
        return None
    now = x.shape(node.graph.batch)
    rank = max(len(now), len(wanted))
    wide = replace(x, axes=(*(ONE,) * (rank - len(now)), *x.axes))
    now, wanted = (1,) * (rank - len(now)) + now, (1,) * (rank - len(wanted)) + tuple(wanted)
    return _repeated(node, wide, tuple(a if b == 1 else b for a, b in zip(now, wanted, strict=True)))


def tile(node: Node) -> Operand | None:
    x, times = node.view(), node.whole("repeats", 1)
    if x is None or times is None or len(times) != len(x.axes):
        return None
    now = x.shape(node.graph.batch)
    return _repeated(node, x, tuple(size * count for size, count in zip(now, times, strict=True)))


def _repeated(node: Node, x: View, wanted: tuple[Value, ...]) -> Operand | None:
    now = x.shape(node.graph.batch)
    changed = [at for at, (a, b) in enumerate(zip(now, wanted, strict=True)) if a != b]
    if not changed:
        return x
    if any(x.axes[at] == BATCH for at in changed) or any(now[at] != 1 for at in changed):
        return None
    places = sorted(at for at in range(len(now)) if x.axes[at] >= 0 or at in changed)
    layer = node.give("expand", [node.arranged(x, places)], {"y": tuple(wanted[at] for at in places)})
    return node.out(layer, [places.index(at) if at in places else axis for at, axis in enumerate(x.axes)])


def gather(node: Node) -> Operand | None:
    """A row of a table for each word; or places along an axis."""
    table, dims, words = node.constant(0), node.dims(0, 2), node.view(1)
    if table is not None and dims is not None and words is not None and not node.number("axis", 0):
        whole = node.natural(words)
        layer = node.give("embedding", [whole.layer], {"v": dims[0], "n": dims[1]}, table)
        return node.out(layer, [*whole.axes, len(whole.sizes)])
    x, index = node.view(), node.constant(1)
    at = node.axis(node.number("axis", 0), len(x.axes)) if x else None
    if x is None or at is None or index is None or index.dims is None or len(index.dims) > 1:
        return None
    picked = index.whole()
    count = index.size or 0
    if x.axes[at] < 0:
        one = count == 1 and x.shape(node.graph.batch)[at] == 1
        return (x if index.dims else x.squeezed({at})) if one else None
    start = picked[0] if picked and list(picked) == list(range(picked[0], picked[0] + count)) else 0
    return taken(node, x, at, start, count, not index.dims, picked)


def taken(
    node: Node, x: View, at: int, start: Value, size: Value, drop: bool = False, places: Sequence[int] | None = ()
) -> Operand:
    """Places along one axis of the file: `places` where they are not beside each other, None where they are unknown."""
    whole = node.natural(x)
    axis = whole.axes[at]
    settings = unusual(start=(start, 0), size=(size, 1), drop=(drop, False))
    more: dict[str, Any] = {"unlike": "which places are taken is not followed"} if places is None else {}
    more |= {"details": {"places": tuple(places)}} if places else {}
    layer = node.give("slice", [whole.layer], {"axis": axis + 1} | settings, **more)
    if not drop:
        return node.out(layer, whole.axes)
    left = [each - (each > axis) for place, each in enumerate(whole.axes) if place != at]
    return node.out(layer, left)


def slice_(node: Node) -> Operand | None:
    x = node.view()
    if x is None:
        return None
    parts = [node.whole(name, at) for name, at in (("starts", 1), ("ends", 2), ("axes", 3), ("steps", 4))]
    starts, ends, axes, steps = parts
    far = node.constant(2)
    stops = far.values() if ends is None and far is not None else ends
    if starts is None or stops is None:
        return None
    axes = axes or tuple(range(len(starts)))
    steps = steps or (1,) * len(starts)
    if not len(starts) == len(stops) == len(axes) == len(steps):
        return None
    found: Operand = x
    for start, stop, axis, step in zip(starts, stops, axes, steps, strict=True):
        at = node.axis(axis, len(x.axes))
        if at is None or not isinstance(found, View) or step == 0:
            return None
        long = found.shape(node.graph.batch)[at]
        if isinstance(long, int) and isinstance(stop, int):
            places = range(long)[slice(start, stop if step > 0 or stop > -(2**31) else None, step)]
            first, count = (min(places), len(places)) if len(places) else (0, 0)
            if count == long and (step == 1 or long == 1):
                continue
        elif start >= 0 and step == 1 and isinstance(stop, int) and stop > 2**30:
            first, count = start, long - start
            if start == 0:
                continue
        else:
            return None
        if found.axes[at] < 0 or count == 0:
            return None
        found = taken(node, found, at, first if abs(step) == 1 else 0, count, places=() if step == 1 else places)
    return found


def split(node: Node) -> list[Operand] | None:
    x, count = node.view(), len(node.proto.output)
    at = node.axis(node.number("axis", 0), len(x.axes)) if x else None
    if x is None or at is None or x.axes[at] < 0:
        return None
    whole = node.natural(x)
    axis = whole.axes[at]
    long = whole.sizes[axis]
    sizes = node.whole("split", 1)
    if sizes is None and isinstance(long, int):
        each = -(-long // count)
        sizes = (*(each,) * (count - 1), long - each * (count - 1))
    alike = sizes is None or len(set(sizes)) == 1
    if alike and len(whole.sizes) == 3 and axis == 2:
        parts = [node.give("split", [whole.layer], {"parts": count, "part": part}) for part in range(1, count + 1)]
        return [node.out(part, whole.axes) for part in parts]
    if sizes is None or len(sizes) != count or (isinstance(long, int) and sum(sizes) != long):
        return None
    return [taken(node, whole, at, sum(sizes[:part]), size) for part, size in enumerate(sizes)]


def recurrent(kind: str) -> Reader:
    """Its outputs are all steps (L, G, N, C), the last state (G, N, C) and, of an LSTM, the last cell state; G are the
    directions. Only the last step is a setting of the layer where nothing else is read."""

    def read(node: Node) -> list[Operand] | None:
        x, inputs, states = node.view(), node.dims(1, 3), node.dims(2, 3)
        batch_first = node.number("layout", 0) == 1
        if x is None or inputs is None or states is None or len(x.axes) != 3 or node.operand(7) is not None:
            return None
        step, batch = (1, 0) if batch_first else (0, 1)
        if x.axes[step] == BATCH and x.axes[batch] != BATCH and node.graph.batch == 1:
            x = replace(x, axes=tuple({BATCH: ONE}.get(axis, axis) for axis in x.axes))
        over = 1 if x.axes[batch] >= 0 else 0
        if x.axes[step] == BATCH:
            return None
        layer = node.arranged(x, [*([batch] if over else []), step, 2])
        directions, m = inputs[0], states[2]
        whole = not node.unused(0) and not (directions == 1 and node.graph.only_last_step(node.proto.output[0]))
        bias = node.constant(3)
        settings = {"m": m} | unusual(D=(directions, 1), sequence=(whole, False), bias=(bias is not None, True))
        layer = node.give(
            kind, [layer], settings, _both(node.constant(1), node.constant(2)), bias, over, _cells(node, kind),
            details=_cell_details(node, kind), unlike=_unlike(node, kind, whole),
        )  # fmt: skip
        node.graph.not_learned(node.constant(5), node.constant(6))
        names = node.attributes.get("activations", ())
        words = {_ACTIVATIONS[name] for name in names if name in _ACTIVATIONS}
        if kind == "rnn" and words:
            node.draft.change(layer, node.draft.layers[layer].settings, remarks=tuple(words))
        if not all(node.unused(at) for at in (1, 2)) and whole:
            return _with_state(node, layer, directions, m, over, batch_first)
        b = 0 if over else BATCH
        if directions == 1:
            steps = _axes(batch_first, over if whole else ONE, b, ONE, over + whole)
            state = (b, ONE, over) if batch_first else (ONE, b, over)
            return [node.out(layer, steps), *[node.out(layer, state)] * 2]
        shape = node.draft.shape(layer)
        if shape is None:
            return [node.out(layer)] * 3
        apart = View(layer, (*shape[:-1], directions, m), ())
        axes = (b, over, over + 1) if batch_first else (over, b, over + 1)
        if not whole:
            return [node.out(layer)] + [replace(apart, axes=axes)] * 2
        return [replace(apart, axes=_axes(batch_first, over, b, over + 1, over + 2)), *[node.out(layer)] * 2]

    return read


_GATES = {"rnn": (0,), "lstm": (0, 2, 3, 1), "gru": (1, 0, 2)}
"""Where the standard has the gates that are i, f, g, o and r, z, n here."""


def _cells(node: Node, kind: str) -> Callable[[], list[Any]]:
    """The weights of each direction in our order of gates: from the input, from the state, and their biases."""

    def arrays() -> list[Any]:
        found: list[Any] = []
        w, r, b = (None if each is None else each.array() for each in map(node.constant, (1, 2, 3)))
        if w is None or r is None or (b is None and node.constant(3) is not None):
            return []
        gates = _GATES[kind]
        for at in range(len(w)):
            parts = [w[at], r[at], *(() if b is None else np.split(b[at], 2))]
            found += [np.concatenate([np.split(part, len(gates))[gate] for gate in gates]) for part in parts]
        return found

    return arrays


def _cell_details(node: Node, kind: str) -> dict[str, Any]:
    details: dict[str, Any] = {"backwards": True} if node.attributes.get("direction") == "reverse" else {}
    return details | ({"reset_after": node.number("linear_before_reset", 0) == 1} if kind == "gru" else {})


def _unlike(node: Node, kind: str, whole: bool) -> str:
    """Why the values of a recurrent layer are not followed, "" where they are."""
    names = node.attributes.get("activations", ())
    usual = {"lstm": ("Sigmoid", "Tanh", "Tanh"), "gru": ("Sigmoid", "Tanh")}.get(kind)
    if usual and names and tuple(names) != usual * (len(names) // len(usual)):
        return "its cell has other activations"
    if any(node.operand(at) is not None and not ((each := node.constant(at)) and each.alone(0)) for at in (5, 6)):
        return "it starts from a state that is given"
    if node.operand(7) is not None or "clip" in node.attributes or node.number("input_forget", 0):
        return "its cell has peepholes or limits"
    if kind == "lstm" and not node.unused(2):
        return "the state of its cell is read"
    backwards = node.attributes.get("direction") == "reverse"
    return "it reads backward and keeps the first step" if backwards and not whole and not node.unused(0) else ""


def _axes(batch_first: bool, step: int, batch: int, direction: int, units: int) -> tuple[int, ...]:
    return (batch, step, direction, units) if batch_first else (step, direction, batch, units)


def _both(a: Constant | None, b: Constant | None) -> Constant | None:
    """The weights from the input and from the state, as one."""
    if a is None or b is None or a.size is None or b.size is None:
        return None
    return Constant((a.size + b.size,), None, a.weights | b.weights, a.literal and b.literal)


def _with_state(node: Node, layer: str, directions: int, m: int, over: int, batch_first: bool) -> list[Operand]:
    """All steps, and the state after the last one (of the other direction after the first)."""
    shape, b = node.draft.shape(layer) or (), 0 if over else BATCH
    settings: dict[str, Value] = {"axis": over + 1, "drop": True, "start": -1}
    end = node.give("slice", [layer], settings)
    if directions == 1:
        axes = (b, ONE, over) if batch_first else (ONE, b, over)
        return [node.out(layer, _axes(batch_first, over, b, ONE, over + 1)), *[node.out(end, axes)] * 2]
    apart = View(layer, (*shape[:-1], directions, m), _axes(batch_first, over, b, over + 1, over + 2))
    state = View(end, (*shape[:over], directions, m), (b, over, over + 1) if batch_first else (over, b, over + 1))
    return [apart, state, state]
