"""Convolution, its gradients, pooling and transposed convolution as plain loops over their definitions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

Map = list[list[list[Any]]]
Filters = list[Map]


def padded(x: Map, above: int, beside: int, repeat: bool = False) -> Map:
    """Zeros around every channel, or the nearest number at the border."""
    tall, wide = len(x[0]), len(x[0][0])

    def cell(channel: list[list[Any]], i: int, j: int) -> Any:
        if 0 <= i < tall and 0 <= j < wide:
            return channel[i][j]
        return channel[min(max(i, 0), tall - 1)][min(max(j, 0), wide - 1)] if repeat else 0

    return [
        [[cell(channel, i, j) for j in range(-beside, wide + beside)] for i in range(-above, tall + above)]
        for channel in x
    ]


def conv(x: Map, w: Filters, b: list[Any], s: int = 1, p: int = 0, d: int = 1, repeat: bool = False) -> Map:
    """Cross-correlation; a signal of one row under filters of one row is padded along the row alone."""
    above = 0 if len(x[0]) == 1 and len(w[0][0]) == 1 else p
    image = padded(x, above, p, repeat)
    f_h, f_w = len(w[0][0]), len(w[0][0][0])
    tall, wide = len(image[0]), len(image[0][0])
    out = []
    for k, each in enumerate(w):
        rows = []
        for i in range(0, tall - d * (f_h - 1), s):
            row = []
            for j in range(0, wide - d * (f_w - 1), s):
                total = b[k]
                for c, part in enumerate(each):
                    for u in range(f_h):
                        for v in range(f_w):
                            total += part[u][v] * image[c][i + u * d][j + v * d]
                row.append(total)
            rows.append(row)
        out.append(rows)
    return out


def turned(w: Filters) -> Filters:
    """Every part of every filter by 180°."""
    return [[[row[::-1] for row in part[::-1]] for part in each] for each in w]


def transposed(x: Map, w: Filters, b: list[Any], s: int = 1, p: int = 0) -> Map:
    """Each input lays its filter down at the stride; p is cropped; w by filters, then channels."""
    f_h, f_w = len(w[0][0]), len(w[0][0][0])
    tall, wide = len(x[0]), len(x[0][0])
    above = 0 if tall == 1 and f_h == 1 else p
    out = []
    for k, each in enumerate(w):
        full = [[b[k]] * ((wide - 1) * s + f_w) for _ in range((tall - 1) * s + f_h)]
        for c, part in enumerate(each):
            for i in range(tall):
                for j in range(wide):
                    for u in range(f_h):
                        for v in range(f_w):
                            full[i * s + u][j * s + v] += x[c][i][j] * part[u][v]
        out.append([row[p : len(row) - p] for row in full[above : len(full) - above]])
    return out


def pool(x: Map, kind: str, f: int, s: int, p: int = 0) -> Map:
    """Windows of f×f; cells of padding never win, and are zeros of a sum or an average."""
    above, f_h = (0, 1) if len(x[0]) == 1 else (p, f)
    out = []
    for channel in x:
        rows = []
        for i in range(-above, len(channel) + above - f_h + 1, s):
            row = []
            for j in range(-p, len(channel[0]) + p - f + 1, s):
                cells = [
                    channel[m][n]
                    for m in range(max(i, 0), min(i + f_h, len(channel)))
                    for n in range(max(j, 0), min(j + f, len(channel[0])))
                ]
                row.append(
                    {"max": max, "min": min, "sum": sum, "avg": lambda c: Fraction(sum(c)) / (f_h * f)}[kind](cells)
                )
            rows.append(row)
        out.append(rows)
    return out
