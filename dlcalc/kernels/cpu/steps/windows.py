"""Convolutions, by unfolding one image at a time, and pooling."""

from __future__ import annotations

from ...compile import Array, kernel
from ..conv import fold, unfold
from ..pool import add_windows, find_winners, give_to_winners, spread_windows
from .products import transpose
from .row import PRODUCT, product, step, view

SIZES = 15
"""In a convolution's table the geometry comes first; then the channels, three sizes, the filters, the groups."""


@step
def conv(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """Cross-correlation of (N, C, …) with (taps, K) of each group."""
    x, y, w, b, table, columns = s[1], s[2], s[5], s[6], s[7], s[8]
    geometry = view(t, table, (5, 3))
    channels, d0, d1, d2, k, groups = (
        t[table + 15],
        t[table + 16],
        t[table + 17],
        t[table + 18],
        t[table + 19],
        t[table + 20],
    )
    length = geometry[4, 0] * geometry[4, 1] * geometry[4, 2]
    size, taps = channels * d0 * d1 * d2, channels * geometry[0, 0] * geometry[0, 1] * geometry[0, 2]
    per, filters = taps // groups, k // groups
    unfolded = view(a, columns, (1, taps, length))
    for image in range(n):
        unfold(view(a, x + image * size, (1, channels, d0, d1, d2)), geometry, 0, unfolded)
        for group in range(groups):
            out = y + (image * k + group * filters) * length
            product(c[PRODUCT], filters, length, per, p, w + group * per * filters, 1, filters,
                    a, columns + group * per * length, length, a, out, length, False)  # fmt: skip
        if b >= 0:
            for channel in range(k):
                at = y + (image * k + channel) * length
                line = a[at : at + length]
                line += p[b + channel]


@step
def conv_backward(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """The gradients of the filters, the biases and, where it is wanted, x."""
    x, dx, dy, w, b, table, columns, transposed = s[1], s[3], s[4], s[5], s[6], s[7], s[8], s[9]
    geometry = view(t, table, (5, 3))
    channels, d0, d1, d2, k, groups = (
        t[table + 15],
        t[table + 16],
        t[table + 17],
        t[table + 18],
        t[table + 19],
        t[table + 20],
    )
    length = geometry[4, 0] * geometry[4, 1] * geometry[4, 2]
    size, taps = channels * d0 * d1 * d2, channels * geometry[0, 0] * geometry[0, 1] * geometry[0, 2]
    per, filters = taps // groups, k // groups
    unfolded = view(a, columns, (1, taps, length))
    if dx >= 0 and s[10] == 0:
        a[dx : dx + n * size] = 0
    for image in range(n):
        if w < len(g):
            unfold(view(a, x + image * size, (1, channels, d0, d1, d2)), geometry, 0, unfolded)
            for group in range(groups):
                out = dy + (image * k + group * filters) * length
                transpose(a, out, filters, length, a, transposed)
                product(c[PRODUCT], per, filters, length, a, columns + group * per * length, length, 1, a, transposed,
                        filters, g, w + group * per * filters, filters, True)  # fmt: skip
        if 0 <= b < len(g):
            for channel in range(k):
                at = dy + (image * k + channel) * length
                g[b + channel] += a[at : at + length].sum()
        if dx >= 0:
            for group in range(groups):
                out = dy + (image * k + group * filters) * length
                product(c[PRODUCT], per, length, filters, p, w + group * per * filters, filters, 1, a, out, length,
                        a, columns + group * per * length, length, False)  # fmt: skip
            fold(unfolded, geometry, 0, view(a, dx + image * size, (1, channels, d0, d1, d2)))


@step
def conv_transpose(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """Each number of (N, C, …) lays its filter down: the gradient of a convolution by its input, that has K
    channels.
    """
    x, y, w, b, table, columns = s[1], s[2], s[5], s[6], s[7], s[8]
    geometry = view(t, table, (5, 3))
    k, d0, d1, d2, channels, groups = (
        t[table + 15],
        t[table + 16],
        t[table + 17],
        t[table + 18],
        t[table + 19],
        t[table + 20],
    )
    length = geometry[4, 0] * geometry[4, 1] * geometry[4, 2]
    size, taps = k * d0 * d1 * d2, k * geometry[0, 0] * geometry[0, 1] * geometry[0, 2]
    per, inputs = taps // groups, channels // groups
    unfolded = view(a, columns, (1, taps, length))
    a[y : y + n * size] = 0
    for image in range(n):
        for group in range(groups):
            read = x + (image * channels + group * inputs) * length
            product(c[PRODUCT], per, length, inputs, p, w + group * per * inputs, inputs, 1, a, read, length,
                    a, columns + group * per * length, length, False)  # fmt: skip
        fold(unfolded, geometry, 0, view(a, y + image * size, (1, k, d0, d1, d2)))
        if b >= 0:
            for channel in range(k):
                at = y + image * size + channel * (size // k)
                line = a[at : at + size // k]
                line += p[b + channel]


@step
def conv_transpose_backward(
    n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:
    """Those of a convolution with its input and output changing places."""
    x, dx, dy, w, b, table, columns, transposed = s[1], s[3], s[4], s[5], s[6], s[7], s[8], s[9]
    geometry = view(t, table, (5, 3))
    k, d0, d1, d2, channels, groups = (
        t[table + 15],
        t[table + 16],
        t[table + 17],
        t[table + 18],
        t[table + 19],
        t[table + 20],
    )
    length = geometry[4, 0] * geometry[4, 1] * geometry[4, 2]
    size, taps = k * d0 * d1 * d2, k * geometry[0, 0] * geometry[0, 1] * geometry[0, 2]
    per, inputs = taps // groups, channels // groups
    unfolded = view(a, columns, (1, taps, length))
    for image in range(n):
        unfold(view(a, dy + image * size, (1, k, d0, d1, d2)), geometry, 0, unfolded)
        for group in range(groups):
            read = x + (image * channels + group * inputs) * length
            if w < len(g):
                transpose(a, read, inputs, length, a, transposed)
                product(c[PRODUCT], per, inputs, length, a, columns + group * per * length, length, 1, a, transposed,
                        inputs, g, w + group * per * inputs, inputs, True)  # fmt: skip
            if dx >= 0:
                product(c[PRODUCT], inputs, length, per, p, w + group * per * inputs, 1, inputs,
                        a, columns + group * per * length, length,
                        a, dx + (image * channels + group * inputs) * length, length, s[10] > 0)  # fmt: skip
        if 0 <= b < len(g):
            for channel in range(k):
                at = dy + image * size + channel * (size // k)
                g[b + channel] += a[at : at + size // k].sum()


@kernel("int64", "int64", "int64", "int64", "int64", "T[::1]", "int64", "int64", "int64[::1]", "int64")
def _halve(
    planes: int, h: int, w: int, oh: int, ow: int, a: Array, x: int, y: int, i: Array, places: int
) -> None:  # fmt: skip
    """Windows of 2×2 side by side, without a branch; the first of equals wins, NaN wins."""
    for plane in range(planes):
        for o0 in range(oh):
            upper = a[x + (plane * h + 2 * o0) * w : x + (plane * h + 2 * o0 + 1) * w]
            lower = a[x + (plane * h + 2 * o0 + 1) * w : x + (plane * h + 2 * o0 + 2) * w]
            at = (plane * oh + o0) * ow
            out, place = a[y + at : y + at + ow], i[places + at : places + at + ow]
            for o1 in range(ow):
                left, right, below, last = upper[2 * o1], upper[2 * o1 + 1], lower[2 * o1], lower[2 * o1 + 1]
                row = 2 * o0 * w + 2 * o1
                first = (left >= right) | (left != left)
                best, where = (left, row) if first else (right, row + 1)
                second = (best >= below) | (best != best)
                best, where = (best, where) if second else (below, row + w)
                third = (best >= last) | (best != best)
                out[o1], place[o1] = (best, where) if third else (last, row + w + 1)


@step
def max_pool(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """The largest number of each window, and its place."""
    x, y, places, table, planes, h, w, oh, ow = s[1], s[2], s[5], s[6], n * s[7], s[8], s[9], s[10], s[11]
    if s[13] > 0:
        _halve(planes, h, w, oh, ow, a, x, y, i, places)
        return
    find_winners(view(a, x, (planes, h, w)), view(t, table, (4, 2)), 1,
                 view(a, y, (planes, oh, ow)),
                 view(i, places, (planes, oh, ow)))  # fmt: skip


@step
def max_pool_backward(
    n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:
    """All of a window's gradient goes to the number that won it."""
    dx, dy, places, planes, size, length = s[3], s[4], s[5], n * s[7], s[8] * s[9], s[10] * s[11]
    if dx < 0:
        return
    if s[12] == 0:
        a[dx : dx + planes * size] = 0
    give_to_winners(view(a, dy, (planes, length)),
                    view(i, places, (planes, length)),
                    view(a, dx, (planes, size)))  # fmt: skip


@step
def average_pool(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """The sum of each window by its area; the table: rows and columns of the windows, then the areas."""
    x, y, table, planes, h, w, oh, ow = s[1], s[2], s[5], n * s[6], s[7], s[8], s[9], s[10]
    areas = table + 2 * (oh + ow)
    add_windows(view(a, x, (planes, h, w)), view(t, table, (oh, 2)),
                view(t, table + 2 * oh, (ow, 2)),
                view(a, y, (planes, oh, ow)))  # fmt: skip
    for plane in range(planes):
        for at in range(oh * ow):
            a[y + plane * oh * ow + at] /= t[areas + at]


@step
def average_pool_backward(
    n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:
    """Every number of a window gets its share; dy is used up."""
    dx, dy, table, planes, h, w, oh, ow = s[3], s[4], s[5], n * s[6], s[7], s[8], s[9], s[10]
    areas = table + 2 * (oh + ow)
    if dx < 0:
        return
    if s[11] == 0:
        a[dx : dx + planes * h * w] = 0
    for plane in range(planes):
        for at in range(oh * ow):
            a[dy + plane * oh * ow + at] /= t[areas + at]
    spread_windows(view(a, dy, (planes, oh, ow)), view(t, table, (oh, 2)),
                   view(t, table + 2 * oh, (ow, 2)),
                   view(a, dx, (planes, h, w)))  # fmt: skip


@step
def upsample(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """Each number on a block of its own; the table: rows and columns of the blocks."""
    x, y, table, planes, h, w, oh, ow = s[1], s[2], s[5], n * s[6], s[7], s[8], s[9], s[10]
    a[y : y + planes * oh * ow] = 0
    spread_windows(view(a, x, (planes, h, w)), view(t, table, (h, 2)),
                   view(t, table + 2 * h, (w, 2)),
                   view(a, y, (planes, oh, ow)))  # fmt: skip


@step
def upsample_backward(
    n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:
    """The sum over each block."""
    dx, dy, table, planes, h, w, oh, ow = s[3], s[4], s[5], n * s[6], s[7], s[8], s[9], s[10]
    if dx >= 0:
        add_windows(view(a, dy, (planes, oh, ow)), view(t, table, (h, 2)),
                    view(t, table + 2 * h, (w, 2)),
                    view(a, dx, (planes, h, w)))  # fmt: skip
