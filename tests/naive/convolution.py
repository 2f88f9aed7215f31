"""Convolution by listing: every window where it stands, every weight, every multiplication."""

from __future__ import annotations

from itertools import product
from math import prod


def taps(f: int, d: int) -> list[int]:
    """The pixels that a filter reads, from its first."""
    return [d * a for a in range(f)]


def starts(n: int, f: int, s: int = 1, p: int = 0, d: int = 1) -> list[int]:
    """Where the filter can stand: from the padding in front to where its last tap still is on something."""
    found = []
    place = -p
    while place + taps(f, d)[-1] <= n - 1 + p:
        found.append(place)
        place += s
    return found


def unread_at_the_end(n: int, f: int, s: int = 1, p: int = 0, d: int = 1) -> int:
    """Pixels of the input behind the last window."""
    last = starts(n, f, s, p, d)[-1] + taps(f, d)[-1]
    return len([pixel for pixel in range(n) if pixel > last])


def same_padding(n: int, f: int, s: int = 1, d: int = 1) -> tuple[int, int, int]:
    """Output size, padding before and after: a window for every s-th pixel, and what they reach beyond the input."""
    size = len(range(0, n, s))
    beyond = max(0, (size - 1) * s + taps(f, d)[-1] + 1 - n)
    return size, beyond // 2, beyond - beyond // 2


def painted(n: int, f: int, s: int = 1, d: int = 1) -> int:
    """The length of what n inputs cover when each lays its filter down, s pixels apart."""
    return max(i * s + tap for i in range(n) for tap in taps(f, d)) + 1


def painted_with_gaps(n: int, f: int, s: int = 1, d: int = 1) -> int:
    """The same when the pixels up to where the next filter would start belong to it too, as in Keras."""
    return max(painted(n, f, s, d), n * s)


def weights(f: tuple[int, ...], c: int, k: int, groups: int = 1) -> list[tuple[int, ...]]:
    """Every weight: filter, channel of its group, taps."""
    return list(product(range(k), range(c // groups), *(range(extent) for extent in f)))


def macs(positions: tuple[int, ...], f: tuple[int, ...], c: int, k: int, groups: int = 1) -> int:
    return sum(len(weights(f, c, k, groups)) for _ in product(*(range(extent) for extent in positions)))


def memory(o: tuple[int, ...], f: tuple[int, ...], c: int, k: int, groups: int = 1) -> int:
    """Bytes of the output and of the weights and biases, 32 bits each."""
    return 4 * (prod(o) * k + len(weights(f, c, k, groups)) + k)
