"""Normalisation layers by listing every value that they keep."""

from __future__ import annotations


def batchnorm(height: int, width: int, channels: int) -> dict[str, list[int]]:
    """For every kind of value, the channel of each: positions share, so the sizes do not matter."""
    kept: dict[str, list[int]] = {"scale": [], "shift": [], "mean": [], "variance": []}
    for values in kept.values():
        seen: set[int] = set()
        for _ in range(height):
            for _ in range(width):
                for channel in range(channels):
                    if channel not in seen:
                        seen.add(channel)
                        values.append(channel)
    return kept


def layernorm(features: int) -> dict[str, list[int]]:
    return {"scale": list(range(features)), "shift": list(range(features))}
