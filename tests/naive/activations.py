"""Activation functions from `math` alone, and the slope of any function by a small step to both sides."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def tanh(x: float) -> float:
    return (math.exp(2 * x) - 1) / (math.exp(2 * x) + 1)


def relu(x: float) -> float:
    return x if x > 0 else 0.0


def leaky_relu(x: float, slope: float = 0.01) -> float:
    return x if x > 0 else slope * x


def softplus(x: float) -> float:
    return math.log(1 + math.exp(x))


def step(x: float) -> float:
    return 1.0 if x > 0 else 0.0


def softmax(z: Sequence[float]) -> list[float]:
    powers = [math.exp(entry) for entry in z]
    return [power / sum(powers) for power in powers]


def slope(function: Callable[[float], float], x: float, h: float = 1e-5) -> float:
    """The central difference quotient."""
    return (function(x + h) - function(x - h)) / (2 * h)


def jacobian(
    function: Callable[[Sequence[float]], list[float]], z: Sequence[float], h: float = 1e-5
) -> list[list[float]]:
    """Row i, column j: how value i changes with entry j."""
    columns = []
    for j in range(len(z)):
        above, below = list(z), list(z)
        above[j] += h
        below[j] -= h
        columns.append([(a - b) / (2 * h) for a, b in zip(function(above), function(below), strict=True)])
    return [list(row) for row in zip(*columns, strict=True)]
