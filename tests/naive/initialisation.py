"""Initialisation by what it is for: sums that keep their variance. Fans are counted connection by connection."""

from __future__ import annotations

from itertools import product


def fans(f: tuple[int, int], c: int, k: int) -> tuple[int, int]:
    """(fan_in, fan_out) of a convolution: numbers that one output adds up, outputs that read one inner pixel."""
    size = 3 * max(f)
    middle = size // 2
    offsets = list(product(range(f[0]), range(f[1])))
    inputs_of_one_output = sum(1 for _ in offsets for _ in range(c))
    positions = product(range(size - f[0] + 1), range(size - f[1] + 1))
    readers = sum(1 for y, x in positions if (middle - y, middle - x) in offsets)
    return inputs_of_one_output, readers * k


def variance_after(fan_in: int, variance: float, relu: bool) -> float:
    """E[(Σ w·h)²] over fan_in terms with E[x²] = 1, where h = relu(x) has lost half of it."""
    return sum(variance * (0.5 if relu else 1.0) for _ in range(fan_in))


def uniform_variance(limit: float, points: int = 20_000) -> float:
    """The variance on −limit..limit, by adding up squares over a fine grid of midpoints."""
    step = 2 * limit / points
    return sum((-limit + (i + 0.5) * step) ** 2 for i in range(points)) / points
