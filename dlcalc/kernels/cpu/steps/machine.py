"""Running the rows of a plan in order, and whole batches of training in one call.

`OPERATIONS` names the columns of each kind of row from its second number on; a plan is written by these names.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...compile import Array, kernel
from .. import abreast as sides
from .. import blocks
from ..machine import LANES
from . import (
    abreast,
    attention,
    cells,
    channels,
    halves,
    lines,
    losses,
    maps,
    norms,
    optimisers,
    planes,
    products,
    recurrent,
    squares,
    windows,
)
from .barrier import wait
from .row import BEGIN, END, GRADIENT, SQUARES, UPDATE, address, call, call_with
from .squares import add_squares

WIDTH = 24
"""Numbers of a row."""
PIECES = WIDTH - 1
"""The column that is 1 where a row takes LANES examples at a time: several of them one after another do it together, so
that what one leaves is in a near cache when the next one comes."""
TOGETHER = max(1, LANES)
BLOCK = 4096
"""Parameters whose squares are added up by one thread."""

_ENDS = ("x", "y", "dx", "dy")
_CELL = (*_ENDS, "w_ih", "w_hh", "b", "b_hh", "sums", "h", "state", "cells", "steps", "inputs", "m", "reverse",
         "transposed", "add", "kind")  # fmt: skip
_CONV = (*_ENDS, "w", "b", "table", "columns", "transposed", "add")

OPERATIONS: dict[str, tuple[str, ...]] = {
    "dense": (*_ENDS, "w", "b", "rows", "inputs", "outputs", "transposed", "add", "w_add"),
    "conv": _CONV,
    "conv-planes": _CONV,
    "conv-transpose": _CONV,
    "conv-abreast": (*_CONV, "apart", "floor", "masked"),
    "conv-channels": (*_CONV, "kept", "floor", "masked"),
    "abreast": (*_ENDS, "work", "size", "add", "channels"),
    "apart": (*_ENDS, "work", "size", "add", "channels"),
    "max-pool": (*_ENDS, "places", "table", "planes", "h", "w", "out_h", "out_w", "add"),
    "max-halves": (*_ENDS, "planes", "h", "w", "out_h", "out_w", "add"),
    "max-abreast": (*_ENDS, "planes", "h", "w", "out_h", "out_w", "add", "floor"),
    "average-pool": (*_ENDS, "table", "planes", "h", "w", "out_h", "out_w", "add"),
    "upsample": (*_ENDS, "table", "planes", "h", "w", "out_h", "out_w"),
    "activation": (*_ENDS, "kind", "size", "lanes"),
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
    "attention": (*_ENDS, "key", "value", "d_key", "d_value", "kept", "heads", "queries", "keys", "size", "wide"),
    "states": (*_ENDS, "steps", "m", "reverse", "column", "width", "sequence"),
    "lstm-cell": (*_ENDS, "old", "new", "d_cell", "units", "last"),
    "cross-entropy": (*_ENDS, "classes", "rows", "width", "factor", "counts"),
    "binary-cross-entropy": (*_ENDS, "classes", "rows", "width", "factor", "counts"),
    "squared-error": (*_ENDS, "target", "rows", "width", "factor", "counts"),
}  # fmt: skip
"""Operation → its columns; offsets of what an example has are in numbers, sizes are those of one example."""

_STEPS = {
    "dense": products, "conv": windows, "conv-planes": planes, "conv-transpose": windows, "max-pool": windows,
    "max-halves": windows, "conv-abreast": abreast, "conv-channels": channels, "abreast": abreast, "apart": abreast,
    "max-abreast": abreast, "average-pool": windows, "upsample": windows, "activation": maps, "dropout": maps,
    "softmax": maps, "move": maps, "permute": maps, "multiply": maps, "scale": maps, "embedding": maps,
    "batch-norm": norms, "row-norm": norms, "neighbour-norm": norms, "attention": attention, "rnn": recurrent,
    "lstm": recurrent, "gru": recurrent, "states": recurrent, "lstm-cell": recurrent, "cross-entropy": losses,
    "binary-cross-entropy": losses, "squared-error": losses,
}  # fmt: skip
"""Operation → the module with its step and its backward step, which a loss does in one."""

_VECTORS = {"max-halves": halves}
"""The same in float32, by vectors."""

SQUASHED = {"rnn": "squash", "activation-squash": "squash"}
"""What else a name of `helpers` asks for."""

DENSE = list(OPERATIONS).index("dense")

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
        room = _VECTORS.get(operation, _STEPS[operation]) if dtype == "float32" and LANES else _STEPS[operation]
        function = getattr(room, f"{name}_backward" if backwards else name, None)
        found.append(-1 if function is None else address(function, dtype))
    return np.array(found, dtype=np.int64)


def rule(code: int, dtype: str) -> int:
    """The address of an optimiser's rule, by its code; it stands in `c` at row.UPDATE while a network is trained."""
    return address(optimisers.RULES[code], dtype)


def helpers(operations: Sequence[str], dtype: str) -> list[int]:
    """The addresses of what steps call for themselves, from row.PRODUCT on: the matrix product, cells, the product of
    a matrix and a vector, the sum of squares, the transpose, the gradient of a batch; 0 where no operation needs it. An
    activation that is σ, tanh or ReLU is called activation-squash.
    """
    fast = dtype == "float32" and LANES > 0
    found = [address(blocks.tiled_product if fast else products.looped_product, dtype)]
    for place, (operation, function) in cells.CELLS.items():
        chosen = cells.VECTORS.get(place, function) if fast else function
        needed = any(operation in (name.removesuffix("-cell"), SQUASHED.get(name)) for name in operations)
        found.append(address(chosen, dtype) if needed else 0)
    chosen = lines.tiled_lines if fast else products.looped_lines
    found.append(address(chosen, dtype) if "dense" in operations else 0)
    found.append(address(squares.tiled_squares if fast else squares.looped_squares, dtype))
    turning = "dense" in operations or any(name in operations for name in ("rnn", "lstm", "gru"))
    found.append(address(lines.transpose if fast else products.transpose, dtype) if turning else 0)
    found += [address(gradient, dtype), 0, address(sides.add_taps, dtype) if "conv-abreast" in operations else 0, 0, 0]
    return found


dense_weights = products.dense_weights
prepare, decay = optimisers.prepare, optimisers.decay
NESTEROV, INSIDE = optimisers.NESTEROV, optimisers.INSIDE


@kernel("int64[::1]", "int64[:, ::1]", "int64", "T[::1]", "T[::1]", "T[::1]", "int64[::1]", "int64[::1]", "int64[::1]",
        "float64[::1]")  # fmt: skip
def forward(
    entries: Array, rows: Array, n: int, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:  # fmt: skip
    """All rows in order; the last ones are the losses, if they have entries."""
    row = 0
    while row < len(entries):
        last = row + 1
        while rows[row, PIECES] > 0 and last < len(entries) and rows[last, PIECES] > 0:
            last += 1
        size = TOGETHER if last > row + 1 else max(1, n)
        for first in range(0, n, size):
            c[BEGIN], c[END] = first, min(first + size, n)
            for each in range(row, last):
                call(entries[each], n, rows[each], a, p, g, i, t, c, sums)
        row = last


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
        "int64[::1]")  # fmt: skip
def present(
    inputs: Array, order: Array, x: Array, classes: Array, targets: Array, a: Array, i: Array, c: Array
) -> None:
    """Puts examples and their targets where the rows read them."""
    n = len(order)
    gather(inputs, order, x, a, i)
    if c[CLASSES] >= 0:
        gather_classes(c[CLASSES], order, classes, i)
    else:
        width = targets.shape[1]
        for example in range(n):
            for j in range(width):
                a[c[TARGET] + example * width + j] = targets[order[example], j]


@kernel("int64[::1]", "int64[:, ::1]", "T[:, ::1]", "int64[::1]", "float64[::1]")
def weigh(order: Array, classes: Array, targets: Array, c: Array, sums: Array) -> None:
    """Tells one over the number of targets of a batch that count."""
    if c[CLASSES] >= 0:
        counted = 0
        for example in range(len(order)):
            for step in range(classes.shape[1]):
                counted += classes[order[example], step] >= 0
        sums[5] = 1 / max(1, counted)
    else:
        sums[5] = 1 / max(1, len(order) * targets.shape[1])


@kernel("int64[::1]", "int64[::1]", "int64[:, ::1]", "int64[:, ::1]", "int64[::1]", "T[:, ::1]", "int64[:, ::1]",
        "T[:, ::1]", "T[:, ::1]", "T[::1]", "T[:, ::1]", "int64[:, ::1]", "int64[::1]", "int64[:, ::1]",
        "float64[:, ::1]", "int64[:, ::1]", "int64", "int64", "int64", "int64[::1]")  # fmt: skip
def gradient(
    entries: Array, returns: Array, rows: Array, inputs: Array, order: Array, x: Array, classes: Array, targets: Array,
    a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, noted: Array, apart: Array, chunk: int, workers: int,
    mine: int, barrier: Array,
) -> None:  # fmt: skip
    """The examples in `order`, one batch, forwards and backwards.

    A batch is cut into as many parts as a, g, i, c have rows, of `chunk` examples; `noted` has a row for each. The
    gradient of a dense layer's weights is made of all parts at once and stands in the first row of g; of the parameters
    in the ranges `apart` each part has its own. So whatever the number of `workers`, who all call this, each with its
    number in `mine`, every sum is made in the same order. `barrier` is theirs together.
    """
    parts, last, size = len(a), len(rows) - 1, len(order)
    for part in range(mine, parts, workers):
        lower, upper = min(part * chunk, size), min((part + 1) * chunk, size)
        noted[part, :] = 0
        weigh(order, classes, targets, c[part], noted[part])
        c[part, FIRST] = lower
        for place in range(len(apart)):
            g[part, apart[place, 0] : apart[place, 1]] = 0
        if upper > lower:
            present(inputs, order[lower:upper], x, classes, targets, a[part], i[part], c[part])
            forward(entries, rows, upper - lower, a[part], p, g[part], i[part], t, c[part], noted[part])
    place = 0
    while place < len(returns):
        s, end = rows[last - place], place + 1
        while s[PIECES] > 0 and end < len(returns) and rows[last - end, PIECES] > 0:
            end += 1
        if s[0] == DENSE and returns[place] >= 0 and s[4] >= 0 and s[5] < g.shape[1]:
            wait(barrier, workers)
            dense_weights(size, chunk, s, a, g[0], c, mine, workers)
            wait(barrier, workers)
        for part in range(mine, parts, workers):
            n = min((part + 1) * chunk, size) - min(part * chunk, size)
            many = TOGETHER if end > place + 1 else max(1, n)
            for first in range(0, n, many):
                c[part, BEGIN], c[part, END] = first, min(first + many, n)
                for each in range(place, end):
                    row = rows[last - each]
                    if returns[each] >= 0 and row[4] >= 0:  # else nothing before it is trained, no gradient comes
                        call(returns[each], n, row, a[part], p, g[part], i[part], t, c[part], noted[part])
        place = end
    wait(barrier, workers)


@kernel("T[:, ::1]", "int64[:, ::1]", "float64[::1]", "int64", "int64", "int64")
def collect(g: Array, apart: Array, squares: Array, low: int, high: int, at_squares: int) -> None:
    """Adds the parts' own gradients up in the first row, in the blocks from `low` to `high`; tells each block's sum of
    squares, by the function at the address `at_squares`.
    """
    for block in range(low, high):
        begin, end = block * BLOCK, min((block + 1) * BLOCK, g.shape[1])
        for part in range(1, len(g)):
            for place in range(len(apart)):
                for at in range(max(begin, apart[place, 0]), min(end, apart[place, 1])):
                    g[0, at] += g[part, at]
        add_squares(at_squares, g[0], begin, end, squares, block)


@kernel("int64[::1]", "int64[::1]", "int64[:, ::1]", "int64[:, ::1]", "int64[::1]", "T[:, ::1]", "int64[:, ::1]",
        "T[:, ::1]", "T[:, ::1]", "T[::1]", "T[:, ::1]", "int64[:, ::1]", "int64[::1]", "int64[:, ::1]",
        "float64[:, ::1]", "int64[:, ::1]", "int64", "int64", "int64", "int64[::1]",
        "int64[:, ::1]", "int64", "int64", "T[::1]", "T[::1]", "float64[::1]", "float64[:, ::1]",
        "float64[::1]")  # fmt: skip
def train(
    entries: Array, returns: Array, rows: Array, inputs: Array, order: Array, x: Array, classes: Array, targets: Array,
    a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, noted: Array, apart: Array, chunk: int, workers: int,
    mine: int, barrier: Array, batches: Array, rule: int, form: int, m: Array, v: Array, h: Array, record: Array,
    squares: Array,
) -> None:  # fmt: skip
    """One step for each of `batches`, which say where in `order` it begins and ends; `h`: as in `optimisers`, each
    worker's own. The rest is as in `gradient`; `squares` has a number for each block of parameters.

    A row of `record` is what is noted of a step; its rate is read. Ends before an update by what is not a number.
    """
    blocks = len(squares)
    begin, end = mine * blocks // workers, (mine + 1) * blocks // workers
    low, high = begin * BLOCK, min(end * BLOCK, g.shape[1])
    trained, total, first, second = p[low:high], g[0, low:high], m[low:high], v[low:high]
    gamma = p.dtype.type(h[1])
    ahead = rule == NESTEROV and form == INSIDE
    for step in range(len(batches)):
        if ahead:
            for at in range(len(trained)):
                trained[at] -= gamma * first[at]
            wait(barrier, workers)
        call_with(c[mine, GRADIENT], (entries, returns, rows, inputs, order[batches[step, 0] : batches[step, 1]], x,
                  classes, targets, a, p, g, i, t, c, noted, apart, chunk, workers, mine, barrier))  # fmt: skip
        if ahead:
            for at in range(len(trained)):
                trained[at] += gamma * first[at]
        collect(g, apart, squares, begin, end, c[mine, SQUARES])
        wait(barrier, workers)
        loss, length = noted[:, 0].sum(), np.sqrt(squares.sum())
        if mine == 0:
            record[step, 3], record[step, 5] = length, noted[0, 5]
            for place in range(3):
                record[step, place] = noted[:, place].sum()
        if not np.isfinite(loss) or not np.isfinite(length):
            return
        h[0] = record[step, 4]
        h[8] = h[10] / length if 0 < h[10] < length else 1
        prepare(total, h)
        decay(rule, trained, total, h)
        call_with(c[mine, UPDATE], (form, trained, total, first, second, h, c[mine, CLOCK]))
        for part in range(mine, len(c), workers):
            c[part, CLOCK] += 1
        wait(barrier, workers)
