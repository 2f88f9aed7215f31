"""Sums in a fixed order, filling and copying: what several kernels need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numba.extending import register_jitable

from . import device
from .device import DeviceArray, cuda, kernel

THREADS = 256
COLUMNS = 32
ROWS = THREADS // COLUMNS


def threads() -> int:
    """Of a block that reduces, and of one whose threads do not meet."""
    return THREADS


def spread(count: int) -> int:
    """How many blocks give every number a thread of its own."""
    return -(-count // THREADS)


@register_jitable
def block_sum(shared: Any, value: Any) -> Any:
    """The sum of the values of all threads of a block, known to all of them; a tree, so always in one order."""
    thread = cuda.threadIdx.x
    shared[thread] = value
    cuda.syncthreads()
    half = THREADS // 2
    while half > 0:
        if thread < half:
            shared[thread] += shared[thread + half]
        cuda.syncthreads()
        half //= 2
    total = shared[0]
    # Nobody may write the next value before everybody has read this one.
    cuda.syncthreads()
    return total


@register_jitable
def block_max(shared: Any, value: Any) -> Any:
    """The largest value of all threads of a block, known to all of them."""
    thread = cuda.threadIdx.x
    shared[thread] = value
    cuda.syncthreads()
    half = THREADS // 2
    while half > 0:
        if thread < half:
            shared[thread] = max(shared[thread], shared[thread + half])
        cuda.syncthreads()
        half //= 2
    largest = shared[0]
    cuda.syncthreads()
    return largest


@kernel("T[]", "T[]", "int64", "int64", "int64", threads=threads)
def add_planes(x: Any, out: Any, images: int, channels: int, length: int) -> None:
    """(N, C, L) to (C): a block for each channel."""
    shared = cuda.shared.array(THREADS, x.dtype)
    channel = cuda.blockIdx.x
    total = x.dtype.type(0)
    for place in range(cuda.threadIdx.x, images * length, cuda.blockDim.x):
        image = place // length
        total += x[(image * channels + channel) * length + place - image * length]
    total = block_sum(shared, total)
    if cuda.threadIdx.x == 0:
        out[channel] = total


@kernel("T[]", "T[]", "T[]", "int64", "int64", "int64", "int64", "int64", "int64", threads=threads)
def add_rows_of_products(
    x: Any, y: Any, out: Any, rows: int, columns: int, x_start: int, x_row: int, y_start: int, out_start: int
) -> None:
    """Σ over the rows of x ⊙ y for each column; y stands row by row from y_start, x in rows of x_row numbers."""
    shared = cuda.shared.array(THREADS, x.dtype)
    thread = cuda.threadIdx.x
    column = cuda.blockIdx.x * COLUMNS + thread % COLUMNS
    total = x.dtype.type(0)
    if column < columns:
        for row in range(thread // COLUMNS, rows, ROWS):
            total += x[x_start + row * x_row + column] * y[y_start + row * columns + column]
    shared[thread] = total
    cuda.syncthreads()
    if thread < COLUMNS and column < columns:
        for row in range(1, ROWS):
            total += shared[thread + row * COLUMNS]
        out[out_start + column] = total


@kernel("T[]", "T[]", "int64", "int64", threads=threads)
def add_rows(x: Any, out: Any, rows: int, columns: int) -> None:
    """(R, n) to (n)."""
    shared = cuda.shared.array(THREADS, x.dtype)
    thread = cuda.threadIdx.x
    column = cuda.blockIdx.x * COLUMNS + thread % COLUMNS
    total = x.dtype.type(0)
    if column < columns:
        for row in range(thread // COLUMNS, rows, ROWS):
            total += x[row * columns + column]
    shared[thread] = total
    cuda.syncthreads()
    if thread < COLUMNS and column < columns:
        for row in range(1, ROWS):
            total += shared[thread + row * COLUMNS]
        out[column] = total


@kernel("T[]", "T", "int64", "int64", threads=threads)
def fill(out: Any, value: Any, start: int, count: int) -> None:
    """Sets `count` numbers from `start` on."""
    place = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if place < count:
        out[start + place] = value


@kernel("T[]", "T[]", "int64", "int64", "int64", threads=threads)
def copy(source: Any, out: Any, source_start: int, out_start: int, count: int) -> None:
    """Copies `count` numbers."""
    place = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if place < count:
        out[out_start + place] = source[source_start + place]


@kernel("T[]", "T[]", "T[]", "int64", threads=threads)
def add(x: Any, y: Any, out: Any, count: int) -> None:
    """x + y."""
    place = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if place < count:
        out[place] = x[place] + y[place]


def column_sums(x: DeviceArray) -> DeviceArray:
    """(R, n) to (n)."""
    rows, columns = x.shape
    out = device.empty((columns,), x.dtype)
    add_rows.launch(-(-columns // COLUMNS), x, out, rows, columns)
    return out


def channel_sums(x: DeviceArray, images: int, channels: int, length: int) -> DeviceArray:
    """(N, C, L) to (C)."""
    out = device.empty((channels,), x.dtype)
    add_planes.launch(channels, x, out, images, channels, length)
    return out


def copied(x: DeviceArray) -> DeviceArray:
    """The same numbers in a place of their own."""
    out = device.empty_like(x)
    copy.launch(spread(x.size), x, out, 0, 0, x.size)
    return out


def zeros(shape: tuple[int, ...], dtype: Any) -> DeviceArray:
    """An array of zeros."""
    out = device.empty(shape, dtype)
    fill.launch(spread(out.size), out, out.dtype.type(0), 0, out.size)
    return out


def sum_of(x: DeviceArray, y: DeviceArray) -> DeviceArray:
    """x + y of one shape."""
    out = device.empty_like(x)
    add.launch(spread(x.size), x, y, out, x.size)
    return out


def joined(parts: Sequence[DeviceArray]) -> DeviceArray:
    """Arrays one below the other."""
    first = parts[0]
    out = device.empty((sum(map(len, parts)), *first.shape[1:]), first.dtype)
    start = 0
    for part in parts:
        copy.launch(spread(part.size), part, out, 0, start, part.size)
        start += part.size
    return out


def column_products(
    x: DeviceArray, y: DeviceArray, out: DeviceArray, rows: int, columns: int, places: tuple[int, int, int, int]
) -> None:
    """Σ over the rows of x ⊙ y into `out`; places: x's start and row, y's start, out's start."""
    add_rows_of_products.launch(-(-columns // COLUMNS), x, y, out, rows, columns, *places)
