"""Losses with their gradients: of a whole batch the mean over all that counts, one over whose number is `sums[5]`.

The loss of one output of several is taken times its factor, in parts of a milliard; only the last one is counted.
"""

from __future__ import annotations

import numpy as np

from ...compile import Array
from .row import step

NOTHING = -1
"""The class of what does not count: padding."""


@step
def cross_entropy(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """−ln softmax(x)[class] of rows of logits, and (softmax − one-hot) · scale; sums: loss, right ones, counted
    ones.
    """
    x, d, classes, rows, width = s[1], s[4], s[5], n * s[6], s[7]
    factor, counts = s[8] / 1e9, s[9]
    zero, scale = a.dtype.type(0), a.dtype.type(sums[5] * factor)
    for row in range(rows):
        z, slopes, wanted = a[x + row * width : x + (row + 1) * width], a[d + row * width : d + (row + 1) * width], \
            i[classes + row]  # fmt: skip
        if wanted == NOTHING:
            slopes[:] = zero
            continue
        best, largest = 0, z[0]
        for j in range(1, width):
            if z[j] > largest:
                best, largest = j, z[j]
        total = np.float64(0)
        for j in range(width):
            slopes[j] = np.exp(z[j] - largest)
            total += slopes[j]
        share = a.dtype.type(scale / total)
        for j in range(width):
            slopes[j] *= share
        slopes[wanted] -= scale
        sums[0] += factor * (np.log(total) + np.float64(largest - z[wanted]))
        sums[1] += counts * (best == wanted)
        sums[2] += counts


@step
def binary_cross_entropy(
    n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:
    """The log loss of logits x and targets 0 or 1: max(x, 0) − x t + ln(1 + e^−|x|)."""
    x, d, classes, size = s[1], s[4], s[5], n * s[6] * s[7]
    factor, counts = s[8] / 1e9, s[9]
    one, scale = a.dtype.type(1), a.dtype.type(sums[5] * factor)
    for at in range(size):
        wanted, z = i[classes + at], a[x + at]
        if wanted == NOTHING:
            a[d + at] = 0
            continue
        power = np.exp(-abs(z))
        probability = one / (one + power) if z >= 0 else power / (one + power)
        a[d + at] = (probability - a.dtype.type(wanted)) * scale
        sums[0] += factor * (max(z, a.dtype.type(0)) - z * wanted + np.log1p(power))
        sums[1] += counts * ((z > 0) == (wanted > 0))
        sums[2] += counts


@step
def squared_error(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """(x − t)² of every number."""
    x, d, target, size, factor = s[1], s[4], s[5], n * s[6] * s[7], s[8] / 1e9
    scale = a.dtype.type(sums[5] * factor)
    for at in range(size):
        difference = a[x + at] - a[target + at]
        a[d + at] = difference * scale * a.dtype.type(2)
        sums[0] += factor * np.float64(difference) * np.float64(difference)
        sums[2] += s[9]
