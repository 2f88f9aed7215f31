"""Matrices that students write when they go wrong, by plain loops over lists; every slip is an argument."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

Matrix = list[list[Any]]
Rows = Sequence[Sequence[Any]]


def padded(x: Rows, p: int) -> Matrix:
    wide = len(x[0]) + 2 * p
    return [[0] * wide for _ in range(p)] + [[0] * p + list(row) + [0] * p for row in x] + [[0] * wide] * p


def convolution(
    channels: Sequence[Rows],
    parts: Sequence[Rows],
    b: Any = 0,
    *,
    s: int = 1,
    p: int = 0,
    biases: int = 1,
    down: int = 0,
    across: int = 0,
) -> Matrix:
    """Windows under one filter with a part per channel. The bias is added `biases` times; the first window begins
    `down` rows too low and `across` columns too far to the right, on zeros outside.
    """
    images = [padded(channel, p) for channel in channels]
    f_h, f_w = len(parts[0]), len(parts[0][0])
    found = []
    for i in range(0, len(images[0]) - f_h + 1, s):
        line = []
        for j in range(0, len(images[0][0]) - f_w + 1, s):
            total = biases * b
            for image, part in zip(images, parts, strict=True):
                for u in range(f_h):
                    for v in range(f_w):
                        m, n = i + u + down, j + v + across
                        total += part[u][v] * (image[m][n] if m < len(image) and n < len(image[0]) else 0)
            line.append(total)
        found.append(line)
    return found


def half_turned(w: Rows) -> Matrix:
    return [list(row)[::-1] for row in w][::-1]


def transposed(w: Rows) -> Matrix:
    return [list(column) for column in zip(*w, strict=True)]


def pooling(x: Rows, f: int, s: int, pick: Callable[[list[Any]], Any] = max) -> Matrix:
    return [
        [pick([x[i + u][j + v] for u in range(f) for v in range(f)]) for j in range(0, len(x[0]) - f + 1, s)]
        for i in range(0, len(x) - f + 1, s)
    ]


def transposed_convolution(x: Rows, w: Rows, b: Any = 0, *, s: int = 1, p: int = 0) -> Matrix:
    """The filter laid down for every number, overlaps added, p rows and columns cropped on each side."""
    tall, wide = (len(x) - 1) * s + len(w), (len(x[0]) - 1) * s + len(w[0])
    full = [[b] * wide for _ in range(tall)]
    for i, row in enumerate(x):
        for j, value in enumerate(row):
            for u, weights in enumerate(w):
                for v, weight in enumerate(weights):
                    full[i * s + u][j * s + v] += value * weight
    return [row[p : wide - p] for row in full[p : tall - p]]


def recurrent(
    x: Rows, u: Rows, w: Rows, b: Sequence[Any], *, recurs: bool = True, biased: bool = True, negative: bool = False
) -> Matrix:
    """States of ReLU units in column layout, a row for each time step."""
    h: list[Any] = [0] * len(w)
    states = []
    for step in x:
        sums = []
        for k in range(len(w)):
            total = b[k] if biased else 0
            for weight, value in zip(u[k], step, strict=True):
                total += weight * value
            if recurs:
                for weight, value in zip(w[k], h, strict=True):
                    total += weight * value
            sums.append(total)
        h = sums if negative else [max(0, total) for total in sums]
        states.append(h)
    return states


def scores(q: Rows, k: Rows, *, divisor: float | None = None) -> Matrix:
    root = math.sqrt(len(k[0])) if divisor is None else divisor
    return [[sum(a * b for a, b in zip(one, two, strict=True)) / root for two in k] for one in q]


def typed(rows: Rows) -> str:
    """1 2; 3 4, decimals to six digits."""
    return "; ".join(" ".join(f"{v:.6g}" if isinstance(v, float) else str(v) for v in row) for row in rows)
