"""Normalisation: by batch with running statistics, by layer, by group, by root mean square, by neighbours."""

from __future__ import annotations

import numpy as np

from ...compile import Array
from ..norm import add_neighbours, normalise, normalise_backward
from .row import step, view

EPS, MOMENTUM = 1e-5, 0.1
"""PyTorch's."""


@step
def batch_norm(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """(N, C, L) to mean 0 and variance 1 of each channel, over the batch or by the running statistics; in place."""
    x, channels, length, normal, kept, mean, variance = s[1], s[5], s[6], s[7], s[8], s[9], s[10]
    size = n * channels * length
    eps = a.dtype.type(EPS)
    values = view(a, x, (n, channels, length))
    out = view(a, s[2], (n, channels, length))
    if c[0]:
        saved = view(a, normal, (n, channels, length))
        means, variances = a[kept + channels : kept + 2 * channels], a[kept + 2 * channels : kept + 3 * channels]
        normalise(values, eps, saved, means, variances, a[kept : kept + channels])
        unbiased = n * length / max(1, n * length - 1)
        for channel in range(channels):
            p[mean + channel] += a.dtype.type(MOMENTUM * (means[channel] - p[mean + channel]))
            p[variance + channel] += a.dtype.type(MOMENTUM * (variances[channel] * unbiased - p[variance + channel]))
        for at in range(size):
            a[s[2] + at] = a[normal + at]
    else:
        for channel in range(channels):
            scale = a.dtype.type(1) / np.sqrt(p[variance + channel] + eps)
            for example in range(n):
                for place in range(length):
                    out[example, channel, place] = (values[example, channel, place] - p[mean + channel]) * scale


@step
def batch_norm_backward(
    n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:
    """The gradient of x, in the place of that of y."""
    d, channels, length, normal, kept = s[4], s[5], s[6], s[7], s[8]
    slopes = view(a, d, (n, channels, length))
    normalise_backward(slopes, view(a, normal, (n, channels, length)), a[kept : kept + channels], slopes)


@step
def row_norm(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """Each of so many rows of an example to mean 0 and variance 1; `centred` 0: by its root mean square alone."""
    x, y, rows, width, kept, centred = s[1], s[2], n * s[5], s[6], s[7], s[8] > 0
    eps = a.dtype.type(EPS if centred else 1e-6)
    if centred:
        normalise(view(a, x, (1, rows, width)), eps,
                  view(a, y, (1, rows, width)), a[kept + rows : kept + 2 * rows],
                  a[kept + 2 * rows : kept + 3 * rows], a[kept : kept + rows])  # fmt: skip
    else:
        for row in range(rows):
            line = a[x + row * width : x + (row + 1) * width]
            total = np.float64(0)
            for j in range(width):
                total += line[j] * line[j]
            a[kept + row] = a.dtype.type(1 / np.sqrt(total / width + eps))
            for j in range(width):
                a[y + row * width + j] = line[j] * a[kept + row]


@step
def row_norm_backward(
    n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:
    """The gradient of x, in the place of that of y."""
    y, d, rows, width, kept, centred = s[2], s[4], n * s[5], s[6], s[7], s[8] > 0
    if centred:
        slopes = view(a, d, (1, rows, width))
        normalise_backward(slopes, view(a, y, (1, rows, width)), a[kept : kept + rows], slopes)
    else:
        for row in range(rows):
            out, slopes1 = a[y + row * width : y + (row + 1) * width], a[d + row * width : d + (row + 1) * width]
            total = np.float64(0)
            for j in range(width):
                total += out[j] * slopes1[j]
            along = a.dtype.type(total / width)
            for j in range(width):
                slopes1[j] = a[kept + row] * (slopes1[j] - out[j] * along)


@step
def neighbour_norm(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """Local response normalisation: x (k + α/size · Σ x²)^−β with ops' constants; size 5, α 1e-4, β ¾, k 1."""
    x, y, channels, length, kept, work = s[1], s[2], s[5], s[6], s[7], s[8]
    size = n * channels * length
    for at in range(size):
        a[work + at] = a[x + at] * a[x + at]
    add_neighbours(view(a, work, (n, channels, length)), 2, 2, view(a, kept, (n, channels, length)))
    for at in range(size):
        a[kept + at] = a.dtype.type(1) + a.dtype.type(1e-4 / 5) * a[kept + at]
        a[y + at] = a[x + at] * a[kept + at] ** a.dtype.type(-0.75)


@step
def neighbour_norm_backward(
    n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:
    """Its own, and through the sums of all channels whose neighbour it is; in the place of y's gradient."""
    x, d, channels, length, kept, work = s[1], s[4], s[5], s[6], s[7], s[8]
    size = n * channels * length
    for at in range(size):
        a[work + at] = a[d + at] * a[x + at] * a[kept + at] ** a.dtype.type(-1.75)
        a[d + at] *= a[kept + at] ** a.dtype.type(-0.75)
    through = view(a, kept, (n, channels, length))
    add_neighbours(view(a, work, (n, channels, length)), 2, 2, through)
    for at in range(size):
        a[d + at] -= a.dtype.type(2 * 1e-4 * 0.75 / 5) * a[x + at] * a[kept + at]
