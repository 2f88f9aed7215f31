"""Gradient clipping, component by component, in plain loops."""

from __future__ import annotations

import math
from collections.abc import Sequence


def length(g: Sequence[float]) -> float:
    return math.hypot(*g)


def by_norm(g: Sequence[float], theta: float) -> list[float]:
    if length(g) <= theta:
        return list(g)
    return [component * theta / length(g) for component in g]


def by_value(g: Sequence[float], theta: float) -> list[float]:
    clipped = []
    for component in g:
        if component > theta:
            clipped.append(theta)
        elif component < -theta:
            clipped.append(-theta)
        else:
            clipped.append(component)
    return clipped
