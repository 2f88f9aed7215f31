"""Pooling over the last two of (N, C, H, W): the largest or smallest of a window with its place, and sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..compile import Array
from . import device
from .device import DeviceArray, cuda, downloaded, kernel, on_device, uploaded
from .reductions import fill, spread, threads

Sizes = Sequence[int]
Pairs = Sequence[tuple[int, int]]

CHUNK = 256
"""How many windows hand out their gradients together."""


@on_device
def max_pool2d_forward(
    x: DeviceArray, window: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes, size: Sizes
) -> tuple[DeviceArray, DeviceArray]:
    """The largest number of each window (N, C, *size), and where it stands in its plane, row by row.

    The first of equals wins; a window wholly outside gives −∞ at place −1.
    """
    return _winners(x, window, stride, padding, dilation, size, 1)


@on_device
def min_pool2d_forward(
    x: DeviceArray, window: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes, size: Sizes
) -> tuple[DeviceArray, DeviceArray]:
    """As `max_pool2d_forward`, the smallest; ∞ for a window wholly outside."""
    return _winners(x, window, stride, padding, dilation, size, -1)


@on_device
def max_pool2d_backward(d_out: DeviceArray, winners: DeviceArray, shape: Sizes) -> DeviceArray:
    """The gradient of x, of this shape: all of it goes to the winners."""
    d_x = device.empty(tuple(shape), d_out.dtype)
    fill.launch(spread(d_x.size), d_x, d_out.dtype.type(0), 0, d_x.size)
    length, size = d_out.shape[2] * d_out.shape[3], shape[2] * shape[3]
    if d_out.size:
        give_to_winners.launch(d_out.shape[0] * d_out.shape[1], d_out, uploaded(winners), d_x, length, size)
    return d_x


min_pool2d_backward = max_pool2d_backward


@on_device
def sum_pool2d_forward(x: DeviceArray, rows: Array, columns: Array) -> DeviceArray:
    """The sum over each window: the rows (H', 2) from first to before last, and the columns (W', 2) likewise."""
    return _sums(x, downloaded(rows), downloaded(columns))


@on_device
def sum_pool2d_backward(d_out: DeviceArray, rows: Array, columns: Array, shape: Sizes) -> DeviceArray:
    """The gradient of x, of this shape: every number of a window gets the window's."""
    covering = [_covering(downloaded(lines), size) for lines, size in ((rows, shape[2]), (columns, shape[3]))]
    return _sums(d_out, *covering)


def _covering(lines: Array, size: int) -> Array:
    """For each of `size` places the windows over it, from first to before last.

    Windows come in order, so those adjoin.
    """
    places = np.arange(size)
    first = np.searchsorted(lines[:, 1], places, side="right")
    last = np.searchsorted(lines[:, 0], places, side="right")
    return np.stack([first, np.maximum(first, last)], axis=1).astype(np.int64)


def _sums(x: DeviceArray, rows: Array, columns: Array) -> DeviceArray:
    images, channels, height, width = x.shape
    out = device.empty((images, channels, len(rows), len(columns)), x.dtype)
    ranges = [device.table(tuple(int(place) for place in lines.reshape(-1))) for lines in (rows, columns)]
    add_windows.launch(spread(out.size), x, *ranges, out, out.size, len(rows), len(columns), height, width)
    return out


def _winners(
    x: DeviceArray, window: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes, size: Sizes, sign: int
) -> tuple[DeviceArray, DeviceArray]:
    images, channels, height, width = x.shape
    out = device.empty((images, channels, *size), x.dtype)
    winners = device.empty(out.shape, np.int64)
    numbers = (*window, *stride, *dilation, *(front for front, _ in padding), *size, height, width)
    geometry = device.table(tuple(int(number) for number in numbers))
    worst = x.dtype.type(-sign * np.inf)
    find_winners.launch(spread(out.size), x, geometry, sign, worst, out, winners, out.size)
    return out, winners


@kernel("T[]", "int64[]", "int64", "T", "T[]", "int64[]", "int64", threads=threads)
def find_winners(x: Any, geometry: Any, sign: int, worst: Any, out: Any, winners: Any, count: int) -> None:
    """The largest number of each window, for sign −1 the smallest, and its place in the plane; NaN wins."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        height, width = geometry[10], geometry[11]
        line = at // geometry[9]
        plane = line // geometry[8]
        top = (line - plane * geometry[8]) * geometry[2] - geometry[6]
        left = (at - line * geometry[9]) * geometry[3] - geometry[7]
        best, place = worst, -1
        for a0 in range(geometry[0]):
            i0 = top + a0 * geometry[4]
            if 0 <= i0 < height:
                for a1 in range(geometry[1]):
                    i1 = left + a1 * geometry[5]
                    if 0 <= i1 < width:
                        value = x[(plane * height + i0) * width + i1]
                        better = value > best if sign > 0 else value < best
                        if better or place < 0 or value != value:
                            best, place = value, i0 * width + i1
        out[at] = best
        winners[at] = place


@kernel("T[]", "int64[]", "T[]", "int64", "int64", threads=lambda: CHUNK)
def give_to_winners(d_out: Any, winners: Any, d_x: Any, length: int, size: int) -> None:
    """Adds each window's gradient to the number that won it: a block for each plane, a chunk of windows at a time.

    Where several windows of a chunk have one winner, the first of them adds for all, in their order.
    """
    places = cuda.shared.array(CHUNK, winners.dtype)
    gradients = cuda.shared.array(CHUNK, d_out.dtype)
    plane, thread = cuda.blockIdx.x, cuda.threadIdx.x
    for start in range(0, length, CHUNK):
        number = min(CHUNK, length - start)
        if thread < number:
            places[thread] = winners[plane * length + start + thread]
            gradients[thread] = d_out[plane * length + start + thread]
        cuda.syncthreads()
        if thread < number:
            place = places[thread]
            mine = place >= 0
            for other in range(thread):
                if places[other] == place:
                    mine = False
            if mine:
                total = gradients[thread]
                for other in range(thread + 1, number):
                    if places[other] == place:
                        total += gradients[other]
                d_x[plane * size + place] += total
        # The next chunk may add to the same numbers.
        cuda.syncthreads()


@kernel("T[]", "int64[]", "int64[]", "T[]", "int64", "int64", "int64", "int64", "int64", threads=threads)
def add_windows(
    x: Any, rows: Any, columns: Any, out: Any, count: int, high: int, wide: int, height: int, width: int
) -> None:
    """The sum over each window of (high, wide) in planes of (height, width)."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        line = at // wide
        column = at - line * wide
        plane = line // high
        row = line - plane * high
        total = x.dtype.type(0)
        for i0 in range(rows[2 * row], rows[2 * row + 1]):
            for i1 in range(columns[2 * column], columns[2 * column + 1]):
                total += x[(plane * height + i0) * width + i1]
        out[at] = total
