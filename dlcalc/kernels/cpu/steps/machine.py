"""Running the rows of a plan in order, and whole batches of training in one call.

`OPERATIONS` names the columns of each kind of row from its second number on; a plan is written by these names.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...compile import Array, kernel
from ..machine import LANES
from . import blocks, cells, losses, maps, norms, optimisers, planes, products, recurrent, windows
from .row import address, call

WIDTH = 24
"""Numbers of a row."""

_ENDS = ("x", "y", "dx", "dy")
_CELL = (*_ENDS, "w_ih", "w_hh", "b", "b_hh", "sums", "h", "state", "cells", "steps", "inputs", "m", "reverse",
         "transposed", "add", "kind")  # fmt: skip
_CONV = (*_ENDS, "w", "b", "table", "columns", "transposed", "add")

OPERATIONS: dict[str, tuple[str, ...]] = {
    "dense": (*_ENDS, "w", "b", "rows", "inputs", "outputs", "transposed", "add"),
    "conv": _CONV,
    "conv-planes": _CONV,
    "conv-transpose": _CONV,
    "max-pool": (*_ENDS, "places", "table", "planes", "h", "w", "out_h", "out_w", "add",
                 "halves"),
    "average-pool": (*_ENDS, "table", "planes", "h", "w", "out_h", "out_w", "add"),
    "upsample": (*_ENDS, "table", "planes", "h", "w", "out_h", "out_w"),
    "activation": (*_ENDS, "kind", "size"),
    "dropout": (*_ENDS, "layer", "size", "chance"),
    "softmax": (*_ENDS, "rows", "width"),
    "move": (*_ENDS, "outer", "lines", "width", "x_outer", "x_line", "y_outer", "y_line", "factor", "y_add", "add",
             "cleared", "read", "write"),
    "permute": (*_ENDS, "first", "second", "width", "into_time", "from_time", "add"),
    "multiply": (*_ENDS, "other", "d_other", "size", "inner", "add", "add_other"),
    "scale": (*_ENDS, "scale", "shift", "size", "channels", "inner", "add"),
    "embedding": (*_ENDS, "w", "rows", "width"),
    "batch-norm": (*_ENDS, "channels", "length", "normal", "kept", "mean", "variance"),
    "row-norm": (*_ENDS, "rows", "width", "kept", "centred"),
    "neighbour-norm": (*_ENDS, "channels", "length", "kept", "work"),
    "rnn": _CELL,
    "lstm": (*_CELL[:-1], "carry", "cell_state"),
    "gru": _CELL,
    "states": (*_ENDS, "steps", "m", "reverse", "column", "width", "sequence"),
    "cross-entropy": (*_ENDS, "classes", "rows", "width"),
    "binary-cross-entropy": (*_ENDS, "classes", "rows", "width"),
    "squared-error": (*_ENDS, "target", "rows", "width"),
}  # fmt: skip
"""Operation → its columns; offsets of what an example has are in numbers, sizes are those of one example."""

_STEPS = {
    "dense": products, "conv": windows, "conv-planes": planes, "conv-transpose": windows, "max-pool": windows,
    "average-pool": windows, "upsample": windows, "activation": maps, "dropout": maps, "softmax": maps, "move": maps,
    "permute": maps, "multiply": maps, "scale": maps, "embedding": maps, "batch-norm": norms, "row-norm": norms,
    "neighbour-norm": norms, "rnn": recurrent, "lstm": recurrent, "gru": recurrent, "states": recurrent,
    "cross-entropy": losses, "binary-cross-entropy": losses, "squared-error": losses,
}  # fmt: skip
"""Operation → the module with its step and its backward step, which a loss does in one."""

SUMS = ("loss", "right", "counted", "norm", "rate", "scale")
"""What is noted of a batch: sums of its loss, of the right ones and of all that count; the norm of the gradient, the
rate of the step, and one over what counts."""

TRAINING, CLOCK, FIRST, TARGET, CLASSES = range(5)
"""Places in `c`: whether a network is trained, the number of the step, the first example's place in its batch, and
where targets and classes go, −1 where there are none; from row.PRODUCT on `helpers`."""


def entries(operations: Sequence[str], dtype: str, backwards: bool) -> Array:
    """The addresses of the steps of a plan's rows, in its order, or of their backward steps, from the last to the
    first; 0 for what has none. What is not compiled yet is compiled.
    """
    found = []
    for operation in reversed(operations) if backwards else operations:
        name = operation.replace("-", "_")
        function = getattr(_STEPS[operation], f"{name}_backward" if backwards else name, None)
        found.append(-1 if function is None else address(function, dtype))
    return np.array(found, dtype=np.int64)


def helpers(operations: Sequence[str], dtype: str) -> list[int]:
    """The addresses of what steps call for themselves, from row.PRODUCT on: the matrix product, then cells; 0 where no
    operation needs it.
    """
    fast = dtype == "float32" and LANES > 0
    found = [address(blocks.tiled_product if fast else products.looped_product, dtype)]
    for place, (operation, function) in cells.CELLS.items():
        chosen = cells.VECTORS.get(place, function) if fast else function
        found.append(address(chosen, dtype) if operation in operations else 0)
    return found


prepare, decay, update = optimisers.prepare, optimisers.decay, optimisers.update
NESTEROV, INSIDE = optimisers.NESTEROV, optimisers.INSIDE


@kernel("int64[::1]", "int64[:, ::1]", "int64", "T[::1]", "T[::1]", "T[::1]", "int64[::1]", "int64[::1]", "int64[::1]",
        "float64[::1]")  # fmt: skip
def forward(
    entries: Array, rows: Array, n: int, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:  # fmt: skip
    """All rows in order; the last one is the loss, if it has an entry."""
    for row in range(len(entries)):
        call(entries[row], n, rows[row], a, p, g, i, t, c, sums)


@kernel("int64[::1]", "int64[:, ::1]", "int64", "T[::1]", "T[::1]", "T[::1]", "int64[::1]", "int64[::1]", "int64[::1]",
        "float64[::1]")  # fmt: skip
def backward(
    entries: Array, rows: Array, n: int, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:  # fmt: skip
    """All rows from the last to the first; gradients of parameters are added to g."""
    last = len(rows) - 1
    for place in range(len(entries)):
        if entries[place] >= 0 and rows[last - place, 4] >= 0:  # where nothing before it is trained, no gradient comes
            call(entries[place], n, rows[last - place], a, p, g, i, t, c, sums)


@kernel("int64[:, ::1]", "int64[::1]", "T[:, ::1]", "T[::1]", "int64[::1]")
def gather(inputs: Array, order: Array, x: Array, a: Array, i: Array) -> None:
    """Puts the examples of `order` into the arena; a row of `inputs`: whether they are indices, where they go, where
    they begin in a row of x, steps, numbers in a step. Steps come first in the arena.
    """
    n = len(order)
    for row in range(len(inputs)):
        whole, at, start, steps, width = inputs[row]
        for example in range(n):
            line = x[order[example], start : start + steps * width]
            for step in range(steps):
                to = at + (step * n + example) * width
                if whole:
                    for j in range(width):
                        i[to + j] = np.int64(line[step * width + j])
                else:
                    for j in range(width):
                        a[to + j] = line[step * width + j]


@kernel("int64", "int64[::1]", "int64[:, ::1]", "int64[::1]")
def gather_classes(at: int, order: Array, y: Array, i: Array) -> None:
    """Puts the classes of the examples into `i`, steps first."""
    for example in range(len(order)):
        for step in range(y.shape[1]):
            i[at + step * len(order) + example] = y[order[example], step]


@kernel("int64[:, ::1]", "int64[::1]", "T[:, ::1]", "int64[:, ::1]", "T[:, ::1]", "T[::1]", "int64[::1]",
        "int64[::1]", "float64[::1]")  # fmt: skip
def present(
    inputs: Array, order: Array, x: Array, classes: Array, targets: Array, a: Array, i: Array, c: Array, sums: Array
) -> None:  # fmt: skip
    """Puts a batch and its targets where the rows read them; tells one over the number of targets that count."""
    n = len(order)
    gather(inputs, order, x, a, i)
    if c[CLASSES] >= 0:
        gather_classes(c[CLASSES], order, classes, i)
        counted = 0
        for at in range(c[CLASSES], c[CLASSES] + n * classes.shape[1]):
            counted += i[at] >= 0
        sums[5] = 1 / max(1, counted)
    else:
        width = targets.shape[1]
        for example in range(n):
            for j in range(width):
                a[c[TARGET] + example * width + j] = targets[order[example], j]
        sums[5] = 1 / max(1, n * width)


@kernel("int64[::1]", "int64[::1]", "int64[:, ::1]", "int64[:, ::1]", "int64[::1]", "T[:, ::1]", "int64[:, ::1]",
        "T[:, ::1]", "T[::1]", "T[::1]", "T[::1]", "int64[::1]", "int64[::1]", "int64[::1]",
        "float64[::1]")  # fmt: skip
def gradient(
    entries: Array, returns: Array, rows: Array, inputs: Array, order: Array, x: Array, classes: Array, targets: Array,
    a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array,
) -> None:  # fmt: skip
    """One batch forwards and backwards, of the examples in `order`; the gradients are set."""
    n = len(order)
    present(inputs, order, x, classes, targets, a, i, c, sums)
    g[:] = 0
    forward(entries, rows, n, a, p, g, i, t, c, sums)
    backward(returns, rows, n, a, p, g, i, t, c, sums)


@kernel("int64[::1]", "int64[::1]", "int64[:, ::1]", "int64[:, ::1]", "int64[::1]", "T[:, ::1]", "int64[:, ::1]",
        "T[:, ::1]", "T[::1]", "T[::1]", "T[::1]", "int64[::1]", "int64[::1]", "int64[::1]", "int64[:, ::1]",
        "int64", "int64", "T[::1]", "T[::1]", "float64[::1]", "float64[:, ::1]")  # fmt: skip
def train(
    entries: Array, returns: Array, rows: Array, inputs: Array, order: Array, x: Array, classes: Array, targets: Array,
    a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, batches: Array, rule: int, form: int, m: Array,
    v: Array, h: Array, record: Array,
) -> None:  # fmt: skip
    """One step for each of `batches`, which say where in `order` it begins and ends; `h`: as in `optimisers`.

    A row of `record` is what is noted of a step; its rate is read. Ends before an update by what is no number.
    """
    trained = p[: len(g)]
    gamma = p.dtype.type(h[1])
    ahead = rule == NESTEROV and form == INSIDE
    for step in range(len(batches)):
        sums = record[step]
        if ahead:
            for at in range(len(g)):
                trained[at] -= gamma * m[at]
        gradient(entries, returns, rows, inputs, order[batches[step, 0] : batches[step, 1]], x, classes, targets, a, p,
                 g, i, t, c, sums)  # fmt: skip
        if ahead:
            for at in range(len(g)):
                trained[at] += gamma * m[at]
        norm(g, sums)
        if not np.isfinite(sums[0]) or not np.isfinite(sums[3]):
            return
        h[0] = sums[4]
        h[8] = h[10] / sums[3] if 0 < h[10] < sums[3] else 1
        prepare(g, h)
        decay(rule, trained, g, h)
        update(rule, form, trained, g, m, v, h, c[CLOCK])
        c[CLOCK] += 1


@kernel("T[::1]", "float64[::1]")
def norm(g: Array, sums: Array) -> None:
    """Tells the length of the gradient."""
    total = np.float64(0)
    for at in range(len(g)):
        total += np.float64(g[at]) * np.float64(g[at])
    sums[3] = np.sqrt(total)
