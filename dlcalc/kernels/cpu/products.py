"""Products of matrices by register tiles, in float32: of a batch, each factor as it stands or transposed.

    C[n] (rows, columns) = A[n] (rows, depth) · B[n] (depth, columns) + bias

A piece of B, as much of it as stays in the nearest cache, is copied side by side, turned if it stands transposed, and
meets all rows of A. Where A has few rows a copy would not pay: B is read where it stands, in its own order. Any other
dtype has numpy's products.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numba.extending import register_jitable

from .. import threads
from ..compile import Array, kernel
from . import blocks
from .calls import address, product
from .machine import LANES, tiled
from .maps import mapped
from .rows import copy_rows
from .turn import turn_lines

DEEP, WIDE = 128, 4 * LANES
"""Of one piece of B: its rows, and its columns."""
TALL = 512
"""Rows of A that meet the pieces of B one after another while they are in a near cache."""
FEW = 4
"""Rows of A for which B is read where it stands; half of them where it stands transposed."""
UNITS = (1, 2 * FEW, WIDE)
"""Of a batch, rows and columns: as many are not shared out among threads."""

four_products = mapped(
    "four_products", (1,) * 9, (1,) * 4, lambda e, _, v: [e.fma(v[i], v[4], v[5 + i]) for i in range(4)], sums=4
)


def multiply(a: Array, b: Array, bias: Array | None = None, out: Array | None = None) -> Array:
    """(B, rows, depth) and (B, depth, columns) to (B, rows, columns), a bias (columns) added to each row.

    a, b: contiguous, or contiguous with the last two axes exchanged. out: contiguous, where the result is written.
    """
    if not tiled(a):
        made: Array = np.matmul(a, b, out=out)
        return made if bias is None else made + bias
    shape = (*a.shape, b.shape[2])
    out = np.empty((shape[0], shape[1], shape[3]), dtype=np.float32) if out is None else out
    operations = 2.0 * out.size * shape[2]
    shares = _shares(shape, a.flags.c_contiguous, b.flags.c_contiguous, threads.number(operations))
    given = _flat(a), _flat(b), out.reshape(-1), out.reshape(-1)[:0] if bias is None else bias

    def work(job: int) -> None:
        multiply_all(*given, threads.zeros("products", DEEP * WIDE + 4 * LANES), shares[job])

    if len(shares) == 1:
        work(0)
    else:
        threads.each(work, len(shares), operations)
    return out


def transposed(array: Array) -> Array:
    """(B, n, m) as (B, m, n), not copied."""
    return array.transpose(0, 2, 1)


def _flat(array: Array) -> Array:
    return (array if array.flags.c_contiguous else transposed(array)).reshape(-1)


@lru_cache(maxsize=256)
def _shares(shape: tuple[int, int, int, int], a_stands: bool, b_stands: bool, workers: int) -> list[Array]:
    """What `multiply_all` is told by each job: whole products where there are enough of them, else rows or columns."""
    count, rows, depth, columns = shape
    sizes = count, rows, columns
    parts = [min(workers, -(-size // unit)) for size, unit in zip(sizes, UNITS, strict=True)]
    axis = parts.index(max(parts))
    unit, jobs = UNITS[axis], max(1, parts[axis])
    of_a = rows * depth, *((depth, 1) if a_stands else (1, rows))
    of_b = depth * columns, *((columns, 1) if b_stands else (1, depth))

    def spans_of(low: int, high: int) -> Array:
        spans = [(0, size) for size in sizes]
        spans[axis] = min(sizes[axis], low * unit), min(sizes[axis], high * unit)
        return np.array((*sum(spans, ()), rows, depth, columns, *of_a, *of_b, _product()), dtype=np.int64)

    whole = -(-sizes[axis] // unit)
    return [spans_of(job * whole // jobs, (job + 1) * whole // jobs) for job in range(jobs)]


@cache
def _product() -> int:
    return address(blocks.tiled_product)


@register_jitable
def dot_rows(
    a: int, b: int, b_row: int, lines: int, depth: int, bias: Array, left: int, c: Array, at: int, totals: Array
) -> None:
    """c[at + j] = Σ_k a[k] · b[j · b_row + k], four lines j at a time; totals: 4 vectors' room."""
    count = (depth + LANES - 1) // LANES
    last, sums, step = depth - (count - 1) * LANES if count else LANES, totals.ctypes.data, 4 * LANES
    for j in range(0, lines, 4):
        totals[:] = 0
        # behind the last line it is read again
        l1, l2, l3 = min(j + 1, lines - 1), min(j + 2, lines - 1), min(j + 3, lines - 1)
        places = (sums, sums + step, sums + 2 * step, sums + 3 * step)
        four_products(
            count, last,
            (b + j * b_row * 4, b + l1 * b_row * 4, b + l2 * b_row * 4, b + l3 * b_row * 4, a, *places),
            (LANES, LANES, LANES, LANES, LANES, 0, 0, 0, 0), places, (0, 0, 0, 0), (),
        )  # fmt: skip
        for line in range(min(4, lines - j)):
            total = np.float32(0)
            for lane in range(LANES):
                total += totals[line * LANES + lane]
            c[at + j + line] = total + bias[left + j + line] if bias.size else total


@kernel(*["float32[::1]"] * 5, "int64[::1]")
def multiply_all(a: Array, b: Array, c: Array, bias: Array, room: Array, sizes: Array) -> None:
    """The share of C from `low` to before `high` of the batch, of the rows and of the columns.

    sizes: the three spans; rows, depth, columns; the distances of A's matrices, rows and columns, and of B's; the
    address of the product. bias: (columns,) or empty. room: a piece of B, and four vectors.
    """
    rows, depth, columns, a_each, a_row, a_step = sizes[6], sizes[7], sizes[8], sizes[9], sizes[10], sizes[11]
    b_each, b_row, b_step, at = sizes[12], sizes[13], sizes[14], sizes[15]
    totals = room[DEEP * WIDE :]
    near, unread, zero, biased = room.ctypes.data, totals.ctypes.data, np.float32(0), bias.size > 0
    # the shapes alone decide: any share has the bits of the whole
    by_lines, in_place = 2 * rows <= FEW and b_row == 1 and a_step == 1, rows <= FEW and b_step == 1
    for n in range(sizes[0], sizes[1]):
        for top in range(sizes[2], sizes[3], TALL):
            tall, a_at, c_at = min(TALL, sizes[3] - top), n * a_each + top * a_row, (n * rows + top) * columns
            if by_lines:
                for row in range(tall):
                    dot_rows(
                        a.ctypes.data + (a_at + row * a_row) * 4, b.ctypes.data + (n * b_each + sizes[4] * b_step) * 4,
                        b_step, sizes[5] - sizes[4], depth, bias, sizes[4], c, c_at + row * columns + sizes[4], totals,
                    )  # fmt: skip
                continue
            if biased:
                for row in range(tall):
                    for column in range(sizes[4], sizes[5]):  # numba takes seconds to compile the copy of a slice
                        c[c_at + row * columns + column] = bias[column]
            if in_place:
                product(
                    at, tall, sizes[5] - sizes[4], depth, a, a_at, a_row, a_step, b, n * b_each + sizes[4], b_row, c,
                    c_at + sizes[4], columns, biased,
                )  # fmt: skip
                continue
            for first in range(0, max(1, depth), DEEP):
                k = min(DEEP, depth - first)
                for left in range(sizes[4], sizes[5], WIDE):
                    wide = min(WIDE, sizes[5] - left)
                    source = b.ctypes.data + (n * b_each + first * b_row + left * b_step) * 4
                    if b_step == 1:
                        copy_rows(near, WIDE, source, b_row, k, wide, unread, zero)
                    else:
                        for v in range(0, wide, LANES):
                            turn_lines(near + v * 4, WIDE, source + v * b_step * 4, b_step, min(LANES, wide - v), k)
                    product(
                        at, tall, wide, k, a, a_at + first * a_step, a_row, a_step, room, 0, WIDE, c, c_at + left,
                        columns, biased or first > 0,
                    )  # fmt: skip
