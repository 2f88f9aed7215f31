"""Pooling over the last two of (N, C, H, W): the largest or smallest of a window with its place, and sums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..compile import Array, kernel
from .machine import tiled
from .windows import win_windows

MOST_PLACES = 1 << 30
"""Of a plane, where places are counted in 32 bits."""

Sizes = Sequence[int]
Pairs = Sequence[tuple[int, int]]


def max_pool2d_forward(
    x: Array, window: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes, size: Sizes
) -> tuple[Array, Array]:
    """The largest number of each window (N, C, *size), and where it stands in its plane, row by row.

    The first of equals wins; a window wholly outside gives −∞ at place −1.
    """
    return _winners(x, window, stride, padding, dilation, size, 1)


def min_pool2d_forward(
    x: Array, window: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes, size: Sizes
) -> tuple[Array, Array]:
    """As `max_pool2d_forward`, the smallest; ∞ for a window wholly outside."""
    return _winners(x, window, stride, padding, dilation, size, -1)


def max_pool2d_backward(d_out: Array, winners: Array, shape: Sizes) -> Array:
    """The gradient of x, of this shape: all of it goes to the winners."""
    d_x = np.zeros(shape, dtype=d_out.dtype)
    length = d_out.shape[2] * d_out.shape[3]
    planes = shape[0] * shape[1]
    give_to_winners(
        d_out.reshape(planes, length), winners.reshape(planes, length), d_x.reshape(planes, shape[2] * shape[3])
    )
    return d_x


min_pool2d_backward = max_pool2d_backward


def sum_pool2d_forward(x: Array, rows: Array, columns: Array) -> Array:
    """The sum over each window: the rows (H', 2) from first to before last, and the columns (W', 2) likewise."""
    images, channels, height, width = x.shape
    out = np.empty((images, channels, len(rows), len(columns)), dtype=x.dtype)
    planes = images * channels
    add_windows(x.reshape(planes, height, width), rows, columns, out.reshape(planes, len(rows), len(columns)))
    return out


def sum_pool2d_backward(d_out: Array, rows: Array, columns: Array, shape: Sizes) -> Array:
    """The gradient of x, of this shape: every number of a window gets the window's."""
    d_x = np.zeros(shape, dtype=d_out.dtype)
    planes = shape[0] * shape[1]
    spread_windows(
        d_out.reshape(planes, len(rows), len(columns)), rows, columns, d_x.reshape(planes, shape[2], shape[3])
    )
    return d_x


def _winners(
    x: Array, window: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes, size: Sizes, sign: int
) -> tuple[Array, Array]:
    images, channels, height, width = x.shape
    out = np.empty((images, channels, *size), dtype=x.dtype)
    winners = np.empty(out.shape, dtype=np.int64)
    geometry = np.array([window, stride, dilation, [front for front, _ in padding]], dtype=np.int64)
    planes = images * channels
    run = find_winners_by_vectors if tiled(x) and height * width < MOST_PLACES else find_winners
    run(x.reshape(planes, height, width), geometry, sign, out.reshape(planes, *size), winners.reshape(planes, *size))
    return out, winners


@kernel("T[:, :, ::1]", "int64[:, ::1]", "int64", "T[:, :, ::1]", "int64[:, :, ::1]")
def find_winners(x: Array, geometry: Array, sign: int, out: Array, winners: Array) -> None:
    """The largest number of each window, for sign −1 the smallest, and its place in the plane; NaN wins."""
    w0, w1, s0, s1 = geometry[0, 0], geometry[0, 1], geometry[1, 0], geometry[1, 1]
    d0, d1, front0, front1 = geometry[2, 0], geometry[2, 1], geometry[3, 0], geometry[3, 1]
    planes, height, width = x.shape
    factor = x.dtype.type(sign)
    for plane in range(planes):
        for o0 in range(out.shape[1]):
            # the taps that are inside: from the first one on, and before the last
            top = o0 * s0 - front0
            first0 = max(0, (d0 - 1 - top) // d0)
            last0 = min(w0, (height - 1 - top) // d0 + 1)
            for o1 in range(out.shape[2]):
                left = o1 * s1 - front1
                first1 = 0 if left >= 0 else (d1 - 1 - left) // d1
                last1 = w1 if left + (w1 - 1) * d1 < width else (width - 1 - left) // d1 + 1
                if first0 >= last0 or first1 >= last1:
                    out[plane, o0, o1], winners[plane, o0, o1] = -factor * np.inf, -1
                    continue
                place = (top + first0 * d0) * width + left + first1 * d1
                best = x[plane, top + first0 * d0, left + first1 * d1] * factor
                for a0 in range(first0, last0):
                    i0 = top + a0 * d0
                    for a1 in range(first1, last1):
                        i1 = left + a1 * d1
                        value = x[plane, i0, i1] * factor
                        # chosen without a jump, which a processor could not foresee
                        better = (value > best) | (value != value)
                        best = value if better else best
                        place = i0 * width + i1 if better else place
                out[plane, o0, o1], winners[plane, o0, o1] = best * factor, place


@kernel("float32[:, :, ::1]", "int64[:, ::1]", "int64", "float32[:, :, ::1]", "int64[:, :, ::1]")
def find_winners_by_vectors(x: Array, geometry: Array, sign: int, out: Array, winners: Array) -> None:
    """As `find_winners`."""
    w0, w1, s0, s1 = geometry[0, 0], geometry[0, 1], geometry[1, 0], geometry[1, 1]
    d0, d1, front0, front1 = geometry[2, 0], geometry[2, 1], geometry[3, 0], geometry[3, 1]
    planes, height, width = x.shape
    lines, across = out.shape[1], out.shape[2]
    for plane in range(planes):
        for o0 in range(lines):
            top = o0 * s0 - front0
            first0 = max(0, (d0 - 1 - top) // d0)
            last0 = min(w0, (height - 1 - top) // d0 + 1)
            at = (plane * lines + o0) * across
            win_windows(
                x.ctypes.data + plane * height * width * 4, (top + first0 * d0) * width, last0 - first0, d0 * width, w1,
                d1, s1, -front1, width, across, out.ctypes.data + at * 4, winners.ctypes.data + at * 8,
                np.float32(sign),
            )  # fmt: skip


@kernel("T[:, ::1]", "int64[:, ::1]", "T[:, ::1]")
def give_to_winners(d_out: Array, winners: Array, d_x: Array) -> None:
    """Adds each window's gradient to the number that won it."""
    for plane in range(len(d_out)):
        for at in range(d_out.shape[1]):
            if winners[plane, at] >= 0:
                d_x[plane, winners[plane, at]] += d_out[plane, at]


@kernel("T[:, :, ::1]", "int64[:, ::1]", "int64[:, ::1]", "T[:, :, ::1]")
def add_windows(x: Array, rows: Array, columns: Array, out: Array) -> None:
    """The sum over each window: the lines of it first, which lie in order in memory."""
    line = np.empty(x.shape[2], np.float64)
    for plane in range(len(x)):
        for o0 in range(len(rows)):
            line[:] = 0
            for i0 in range(rows[o0, 0], rows[o0, 1]):
                for i1 in range(x.shape[2]):
                    line[i1] += x[plane, i0, i1]
            for o1 in range(len(columns)):
                total = np.float64(0)
                for i1 in range(columns[o1, 0], columns[o1, 1]):
                    total += line[i1]
                out[plane, o0, o1] = total


@kernel("T[:, :, ::1]", "int64[:, ::1]", "int64[:, ::1]", "T[:, :, ::1]")
def spread_windows(d_out: Array, rows: Array, columns: Array, d_x: Array) -> None:
    """Adds each window's gradient to all of its numbers: to one line of them first."""
    line = np.empty(d_x.shape[2], d_x.dtype)
    for plane in range(len(d_x)):
        for o0 in range(len(rows)):
            line[:] = 0
            for o1 in range(len(columns)):
                for i1 in range(columns[o1, 0], columns[o1, 1]):
                    line[i1] += d_out[plane, o0, o1]
            for i0 in range(rows[o0, 0], rows[o0, 1]):
                for i1 in range(d_x.shape[2]):
                    d_x[plane, i0, i1] += line[i1]
