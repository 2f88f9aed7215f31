"""Pooling by moving the window."""

from __future__ import annotations

from .convolution import starts as starts


def counted_starts(n: int, f: int, s: int, p: int = 0, d: int = 1) -> list[int]:
    """Ceil mode: windows until one reaches the end of the padded input; none starts behind the input itself."""
    reach = d * (f - 1) + 1
    found = [-p]
    while found[-1] + reach < n + p:
        found.append(found[-1] + s)
    if len(found) > 1 and found[-1] >= n:
        found.pop()
    return found
