"""The matrix product behind every other: tiles in shared memory, 4×4 sums in the registers of each thread.

A block computes a tile of TILE×TILE, DEPTH steps of the sum at a time. A thread's four columns stand SIDE apart, so
that neighbours write neighbours and no two lanes of a warp ask one bank of shared memory for two numbers. What the
factors are and what becomes of the sums is left to three functions that are compiled into the kernel: a convolution
reads windows of an image, a step of an LSTM turns the four columns into its gates.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

from numba.extending import register_jitable

from . import device
from .device import DeviceArray, Kernel, cuda, kernel

SIDE = 16
MICRO = 4
TILE = SIDE * MICRO
DEPTH = 16
PADDED = TILE + 1
THREADS = SIDE * SIDE
LOADS = TILE * DEPTH // THREADS

BLOCKS_WANTED = 264
"""Two for each of the 132 multiprocessors of an H100; a fixed number, so that sums are split alike on every GPU."""

PART_LEAST = 256
"""The shortest part that a long sum is cut into."""


class Geometry(NamedTuple):
    """A product for each of a batch: its sizes, and where the factors, the result and what is added to it stand.

    A sum is cut into `parts` of `span` steps.
    """

    rows: int
    columns: int
    depth: int
    parts: int
    span: int
    a_start: int
    a_batch: int
    a_row: int
    a_depth: int
    b_start: int
    b_batch: int
    b_depth: int
    b_column: int
    out_batch: int
    out_row: int
    add: int
    add_batch: int
    add_row: int


def tiled(
    name: str,
    geometry: type,
    arrays: int,
    read_a: Callable[..., Any],
    read_b: Callable[..., Any],
    finish: Callable[..., None],
    along: tuple[bool, bool],
) -> Kernel:
    """The kernel Σ_k a(i, k) b(k, j).

    read_a(a, table, g, batch, i, k) and read_b(b, table, g, batch, k, j) give the factors inside the sizes of g;
    finish(extra, alpha, g, z, row, column, values) gets the sums of the row in four columns, `column` and every SIDE-th
    after it, which may lie outside; z counts the batch and the parts of each. `extra`: this many arrays. `geometry`
    starts as `Geometry` does. `along`: for each factor, whether neighbours in the sum are neighbours in memory.
    """
    along_a, along_b = along

    def product(a: Any, b: Any, table: Any, extra: Any, alpha: Any, g: Any) -> None:
        tile_a = cuda.shared.array((DEPTH, PADDED), a.dtype)
        tile_b = cuda.shared.array((DEPTH, PADDED), a.dtype)
        sums = cuda.local.array((MICRO, MICRO), a.dtype)
        zero = a.dtype.type(0)
        for r in range(MICRO):
            for c in range(MICRO):
                sums[r, c] = zero
        thread = cuda.threadIdx.x
        across, down = thread % SIDE, thread // SIDE
        tiles = (g.columns + TILE - 1) // TILE
        block = cuda.blockIdx.x // tiles
        first_column = (cuda.blockIdx.x - block * tiles) * TILE
        tiles = (g.rows + TILE - 1) // TILE
        z = block // tiles
        first_row = (block - z * tiles) * TILE
        batch = z // g.parts
        begin = (z - batch * g.parts) * g.span
        end = min(g.depth, begin + g.span)
        for start in range(begin, end, DEPTH):
            for load in range(LOADS):
                place = thread + load * THREADS
                by_depth, of_depth = place // DEPTH, place % DEPTH
                by_side, of_side = place // TILE, place % TILE
                i, k = (by_depth, of_depth) if along_a else (of_side, by_side)
                inside = first_row + i < g.rows and start + k < end
                tile_a[k, i] = read_a(a, table, g, batch, first_row + i, start + k) if inside else zero
                j, k = (by_depth, of_depth) if along_b else (of_side, by_side)
                inside = first_column + j < g.columns and start + k < end
                tile_b[k, j] = read_b(b, table, g, batch, start + k, first_column + j) if inside else zero
            cuda.syncthreads()
            for k in range(DEPTH):
                for r in range(MICRO):
                    left = tile_a[k, down + r * SIDE]
                    for c in range(MICRO):
                        sums[r, c] += left * tile_b[k, across + c * SIDE]
            cuda.syncthreads()
        # `finish` may index them by a variable, which registers cannot be: `sums` must not be what it sees.
        results = cuda.local.array((MICRO, MICRO), a.dtype)
        for r in range(MICRO):
            for c in range(MICRO):
                results[r, c] = sums[r, c]
        for r in range(MICRO):
            row = first_row + down + r * SIDE
            if row < g.rows:
                finish(extra, alpha, g, z, row, first_column + across, results[r])

    types = ("T[]", "T[]", "int64[]", ("T[]", arrays), "T", geometry)
    return kernel(*types, threads=lambda: THREADS, registers=(128, 160), name=name)(product)


def blocks(g: Any, batch: int) -> int:
    """How many a launch needs: a geometry's tiles, for each of the batch and each part."""
    return int(-(-g.rows // TILE) * -(-g.columns // TILE) * batch * g.parts)


def parts_of(rows: int, columns: int, depth: int, batch: int) -> tuple[int, int]:
    """Into how many parts a sum is cut, and their length: enough to give a GPU work where the result is small."""
    tiles = -(-rows // TILE) * -(-columns // TILE) * batch
    wanted = min(-(-depth // PART_LEAST), BLOCKS_WANTED // max(1, tiles))
    if wanted <= 1:
        return 1, max(1, depth)
    steps = -(-depth // (wanted * DEPTH)) * DEPTH
    return -(-depth // steps), steps


@register_jitable
def read_a(a: Any, table: Any, g: Any, batch: int, i: int, k: int) -> Any:
    """A factor that stands at fixed strides."""
    return a[g.a_start + batch * g.a_batch + i * g.a_row + k * g.a_depth]


@register_jitable
def read_b(b: Any, table: Any, g: Any, batch: int, k: int, j: int) -> Any:
    """The other one."""
    return b[g.b_start + batch * g.b_batch + k * g.b_depth + j * g.b_column]


@register_jitable
def store(extra: Any, alpha: Any, g: Any, z: int, row: int, column: int, values: Any) -> None:
    """The sums times alpha, and what is to be added."""
    out, added = extra
    for c in range(MICRO):
        j = column + c * SIDE
        if j < g.columns:
            value = alpha * values[c]
            if g.add:
                value += added[z * g.add_batch + row * g.add_row + j]
            out[z * g.out_batch + row * g.out_row + j] = value


STRIDED = {
    (False, False): tiled("products.plain", Geometry, 2, read_a, read_b, store, (True, False)),
    (True, False): tiled("products.first_transposed", Geometry, 2, read_a, read_b, store, (False, False)),
    (False, True): tiled("products.second_transposed", Geometry, 2, read_a, read_b, store, (True, True)),
}
"""The product by which factors stand transposed."""


@kernel("T[]", "T[]", "int64", "int64", threads=lambda: THREADS)
def add_parts(partial: Any, out: Any, parts: int, count: int) -> None:
    """The sum of the parts of each number, in their order: (batch, parts, count) to (batch, count)."""
    place = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if place < out.size:
        batch = place // count
        first = batch * parts * count + place - batch * count
        total = partial[first]
        for part in range(1, parts):
            total += partial[first + part * count]
        out[place] = total


def summed(partial: DeviceArray, shape: tuple[int, ...], parts: int, count: int) -> DeviceArray:
    """(batch, parts, count) with the parts added, in this shape."""
    if parts == 1:
        return partial.reshape(*shape)
    out = device.empty(shape, partial.dtype)
    add_parts.launch(-(-out.size // THREADS), partial, out, parts, count)
    return out


class View(NamedTuple):
    """Matrices in an array: `row` numbers from one row to the next, rows · row from one matrix to the next."""

    array: DeviceArray
    rows: int
    columns: int
    row: int
    start: int = 0
    matrices: int = 1


def _view(a: DeviceArray | View) -> View:
    if isinstance(a, View):
        return a
    *batches, rows, columns = a.shape
    return View(a, rows, columns, columns, matrices=prod(batches))


def multiply(
    a: DeviceArray | View,
    b: DeviceArray | View,
    transposed: tuple[bool, bool] = (False, False),
    added: DeviceArray | None = None,
    alpha: float = 1,
) -> DeviceArray:
    """α·A B + added for matrices, or for each of a batch (B, rows, columns); `transposed`: whether A, or B, stands
    transposed.

    added: a vector, the same for every row, or an array in the shape of the result.
    """
    left, right = _view(a), _view(b)
    rows, depth = (left.columns, left.rows) if transposed[0] else (left.rows, left.columns)
    columns, batch, dtype = right.rows if transposed[1] else right.columns, left.matrices, left.array.dtype
    # A sum to which something is added is not cut: its parts would each add it.
    parts, span = (1, max(1, depth)) if added is not None else parts_of(rows, columns, depth, batch)
    whole = added is not None and len(added.shape) > 1
    geometry = Geometry(
        rows=rows,
        columns=columns,
        depth=depth,
        parts=parts,
        span=span,
        a_start=left.start,
        a_batch=left.rows * left.row,
        a_row=1 if transposed[0] else left.row,
        a_depth=left.row if transposed[0] else 1,
        b_start=right.start,
        b_batch=right.rows * right.row,
        b_depth=1 if transposed[1] else right.row,
        b_column=right.row if transposed[1] else 1,
        out_batch=rows * columns,
        out_row=columns,
        add=int(added is not None),
        add_batch=rows * columns if whole else 0,
        add_row=columns if whole else 0,
    )
    out = device.empty((batch, parts, rows * columns), dtype)
    extra = (out, out if added is None else added)
    operands = left.array, right.array, no_table(), extra, dtype.type(alpha), geometry
    STRIDED[transposed].launch(blocks(geometry, batch), *operands)
    batches = a.shape[:-2] if isinstance(a, DeviceArray) else ()
    return summed(out, (*batches, rows, columns), parts, rows * columns)


def no_table() -> DeviceArray:
    """For products that look nothing up."""
    return device.table(())
