"""Matrix products and the dense layer."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from ... import cache
from ...compile import Array, kernel
from ..calls import generate, plainly
from .row import LINES, PRODUCT, TURN, product, step


@kernel("int64", "int64", "int64", "T[::1]", "int64", "int64", "int64", "T[::1]", "int64", "int64", "T[::1]", "int64",
        "int64", "boolean", inner=True)  # fmt: skip
def looped_product(
    rows: int, columns: int, depth: int, a: Array, a_at: int, a_row: int, a_step: int, b: Array, b_at: int, b_row: int,
    c: Array, c_at: int, c_row: int, add: bool,
) -> None:  # fmt: skip
    """C (rows, columns) = A (rows, depth) B (depth, columns), or added to C.

    Each matrix begins at `_at`; `_row` numbers lie between its rows, and `a_step` between the columns of A, so that A
    may be a transpose.
    """
    for row in range(rows):
        out = c[c_at + row * c_row : c_at + row * c_row + columns]
        if not add:
            out[:] = 0
        left = a_at + row * a_row
        four = depth - depth % 4
        for k in range(0, four, 4):
            w0, w1 = a[left + k * a_step], a[left + (k + 1) * a_step]
            w2, w3 = a[left + (k + 2) * a_step], a[left + (k + 3) * a_step]
            at = b_at + k * b_row
            b0, b1 = b[at : at + columns], b[at + b_row : at + b_row + columns]
            b2, b3 = b[at + 2 * b_row : at + 2 * b_row + columns], b[at + 3 * b_row : at + 3 * b_row + columns]
            for j in range(columns):
                out[j] += w0 * b0[j] + w1 * b1[j] + (w2 * b2[j] + w3 * b3[j])
        for k in range(four, depth):
            w0, at = a[left + k * a_step], b_at + k * b_row
            b0 = b[at : at + columns]
            for j in range(columns):
                out[j] += w0 * b0[j]


@kernel("int64", "int64", "T[::1]", "int64", "T[::1]", "int64", "int64", "boolean", inner=True)
def looped_lines(rows: int, depth: int, w: Array, w_at: int, a: Array, d: int, out: int, add: bool) -> None:
    """A matrix (rows, depth) times a vector, the numbers of `a` from d on: written, or added, from `out` on."""
    for row in range(rows):
        line, total = w_at + row * depth, w.dtype.type(0)
        for at in range(depth):
            total += w[line + at] * a[d + at]
        a[out + row] = a[out + row] + total if add else total


@intrinsic
def _by_vector(
    context: Any, at: Any, rows: Any, depth: Any, w: Any, w_at: Any, a: Any, d: Any, out: Any, add: Any
) -> Any:  # fmt: skip
    whole = types.int64
    return types.void(whole, whole, whole, w, whole, a, whole, whole, types.boolean), generate


by_vector: Any = plainly if cache.plain() else _by_vector
"""by_vector(address, …): as `looped_lines`."""


@kernel("T[::1]", "int64", "int64", "int64", "T[::1]", "int64", inner=True)
def transpose(x: Array, at: int, rows: int, columns: int, out: Array, out_at: int) -> None:
    """(rows, columns) to (columns, rows), by blocks."""
    for i0 in range(0, rows, 16):
        for j0 in range(0, columns, 16):
            for j in range(j0, min(j0 + 16, columns)):
                for i in range(i0, min(i0 + 16, rows)):
                    out[out_at + j * rows + i] = x[at + i * columns + j]


@intrinsic
def _turn(context: Any, at: Any, x: Any, x_at: Any, rows: Any, columns: Any, out: Any, out_at: Any) -> Any:
    whole = types.int64
    return types.void(whole, x, whole, whole, whole, out, whole), generate


turn_over: Any = plainly if cache.plain() else _turn
"""turn_over(address, …): as `transpose`."""


@kernel("T[::1]", "int64", "int64", "int64", "T[::1]", "int64", inner=True)
def add_bias(y: Array, at: int, rows: int, width: int, b: Array, b_at: int) -> None:
    """Adds a bias to each row."""
    bias = b[b_at : b_at + width]
    for row in range(rows):
        line = y[at + row * width : at + (row + 1) * width]
        for j in range(width):
            line[j] += bias[j]


@kernel("T[::1]", "int64", "int64", "int64", "T[::1]", "int64", inner=True)
def add_rows_to(d: Array, at: int, rows: int, width: int, g: Array, g_at: int) -> None:
    """Adds every row to a bias's gradient."""
    total = g[g_at : g_at + width]
    for row in range(rows):
        line = d[at + row * width : at + (row + 1) * width]
        for j in range(width):
            total[j] += line[j]


@step
def dense(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """y = x W + b for every example and position."""
    x, y, w, b, rows, inputs, outputs = s[1], s[2], s[5], s[6], n * s[7], s[8], s[9]
    product(c[PRODUCT], rows, outputs, inputs, a, x, inputs, 1, p, w, outputs, a, y, outputs, False)
    if b >= 0:
        add_bias(a, y, rows, outputs, p, b)


@step
def dense_backward(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """The gradients of b and, where it is wanted, x; that of W is `dense_weights`."""
    dx, dy, w, b, rows, inputs, outputs = s[3], s[4], s[5], s[6], n * s[7], s[8], s[9]
    if 0 <= b < len(g):
        add_rows_to(a, dy, rows, outputs, g, b)
    if dx >= 0 and rows == 1:  # one column: the weights are read as they stand
        by_vector(c[LINES], inputs, outputs, p, w, a, dy, dx, s[11] > 0)
    elif dx >= 0:
        transposed = s[10]
        turn_over(c[TURN], p, w, inputs, outputs, a, transposed)
        product(c[PRODUCT], rows, inputs, outputs, a, dy, outputs, 1, a, transposed, inputs, a, dx, inputs, s[11] > 0)


PANEL = 48
"""Rows of a weight whose gradient all parts of a batch add to before the next: they stay in a near cache."""


@kernel("int64", "int64", "int64[::1]", "T[:, ::1]", "T[::1]", "int64[:, ::1]", "int64", "int64")
def dense_weights(size: int, chunk: int, s: Array, a: Array, g: Array, c: Array, mine: int, workers: int) -> None:
    """The gradient of W, of the parts of a batch of `size` examples one after the other: the rows that are
    this worker's. It is written, or added where a layer that shares the weights has written it."""
    x, dy, w, rows, inputs, outputs = s[1], s[4], s[5], s[7], s[8], s[9]
    for first in range(mine * inputs // workers, (mine + 1) * inputs // workers, PANEL):
        more = min(PANEL, (mine + 1) * inputs // workers - first)
        for part in range(len(a)):
            n = min((part + 1) * chunk, size) - min(part * chunk, size)
            if n > 0:
                product(c[part, PRODUCT], more, outputs, n * rows, a[part], x + first, 1, inputs, a[part], dy, outputs,
                        g, w + first * outputs, outputs, part > 0 or s[12] > 0)  # fmt: skip
