"""Cheaper convolutions by listing their weights, and a dense layer by joining every pixel to every unit."""

from __future__ import annotations

from itertools import product

from .convolution import macs, weights


def separable_weights(f: tuple[int, int], c: int, k: int) -> int:
    """One filter in each of c groups, then k filters of 1×1."""
    return len(weights(f, c, c, groups=c)) + len(weights((1, 1), c, k))


def separable_macs(o: tuple[int, int], f: tuple[int, int], c: int, k: int) -> int:
    return macs(o, f, c, c, groups=c) + macs(o, (1, 1), c, k)


def bottleneck_weights(f: tuple[int, int], c: int, b: int, k: int) -> int:
    return len(weights((1, 1), c, b)) + len(weights(f, b, k))


def bottleneck_macs(n: tuple[int, int], o: tuple[int, int], f: tuple[int, int], c: int, b: int, k: int) -> int:
    return macs(n, (1, 1), c, b) + macs(o, f, b, k)


def pixels(n: tuple[int, int], c: int) -> list[tuple[int, int, int]]:
    """Every number of an image."""
    return list(product(range(n[0]), range(n[1]), range(c)))
