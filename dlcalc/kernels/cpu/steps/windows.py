"""Convolutions, by unfolding one image at a time, and pooling."""

from __future__ import annotations

from ...compile import Array
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


@step
def max_halves(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """The largest number of windows of 2×2 side by side; NaN is larger than all."""
    x, y, planes, h, w, oh, ow = s[1], s[2], n * s[5], s[6], s[7], s[8], s[9]
    for plane in range(planes):
        for line in range(oh):
            at = x + (plane * h + 2 * line) * w
            upper, lower = a[at : at + 2 * ow], a[at + w : at + w + 2 * ow]
            out = a[y + (plane * oh + line) * ow : y + (plane * oh + line + 1) * ow]
            for j in range(ow):
                one, two, three, four = upper[2 * j], upper[2 * j + 1], lower[2 * j], lower[2 * j + 1]
                above = one if (one >= two) | (one != one) else two
                below = three if (three >= four) | (three != three) else four
                out[j] = above if (above >= below) | (above != above) else below


@step
def max_halves_backward(
    n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:
    """All of a window's gradient goes to the first of its largest numbers, which are looked at again."""
    x, dx, dy, planes, h, w, oh, ow, add = s[1], s[3], s[4], n * s[5], s[6], s[7], s[8], s[9], s[10] > 0
    zero = a.dtype.type(0)
    if not add and (2 * oh < h or 2 * ow < w):
        a[dx : dx + planes * h * w] = zero
    for plane in range(planes):
        for line in range(oh):
            at, to = x + (plane * h + 2 * line) * w, dx + (plane * h + 2 * line) * w
            upper, lower = a[at : at + 2 * ow], a[at + w : at + w + 2 * ow]
            high, low = a[to : to + 2 * ow], a[to + w : to + w + 2 * ow]
            given = a[dy + (plane * oh + line) * ow : dy + (plane * oh + line + 1) * ow]
            for j in range(ow):
                one, two, three, four, d = upper[2 * j], upper[2 * j + 1], lower[2 * j], lower[2 * j + 1], given[j]
                above, below = max(one, two), max(three, four)
                top = above >= below
                first, third = one >= two, three >= four
                d1, d2 = d if top & first else zero, d if top & (not first) else zero
                d3, d4 = d if (not top) & third else zero, d if (not top) & (not third) else zero
                if add:
                    d1, d2, d3, d4 = d1 + high[2 * j], d2 + high[2 * j + 1], d3 + low[2 * j], d4 + low[2 * j + 1]
                high[2 * j], high[2 * j + 1], low[2 * j], low[2 * j + 1] = d1, d2, d3, d4


@step
def max_pool(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """The largest number of each window, and its place."""
    x, y, places, table, planes, h, w, oh, ow = s[1], s[2], s[5], s[6], n * s[7], s[8], s[9], s[10], s[11]
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
