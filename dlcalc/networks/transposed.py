"""A transposed convolution with "same" padding, as Keras means it: n·s comes out."""

from __future__ import annotations


def same(f: int, s: int, d: int) -> tuple[int, int, int]:
    """(padding, output padding, what is cut off at the end) along one axis; window, stride and dilation are given."""
    reach = d * (f - 1) + 1
    if reach < s:
        return 0, s - reach, 0
    odd = (reach - s) % 2
    if odd < max(s, d):
        return (reach - s + odd) // 2, odd, 0
    return (reach - s) // 2, 0, odd
