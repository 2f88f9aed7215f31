"""Optimisers written out as loops on single floats, from the papers that introduced them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt


def sgd(w: float, gradients: Sequence[float], rate: float) -> float:
    for gradient in gradients:
        w -= rate * gradient
    return w


def momentum(w: float, gradients: Sequence[float], rate: float, kept: float) -> float:
    """Polyak: the velocity holds the learning rate."""
    velocity = 0.0
    for gradient in gradients:
        velocity = kept * velocity + rate * gradient
        w -= velocity
    return w


def nesterov(w: float, slope: Callable[[float], float], steps: int, rate: float, kept: float) -> float:
    velocity = 0.0
    for _ in range(steps):
        velocity = kept * velocity + rate * slope(w - kept * velocity)
        w -= velocity
    return w


def adagrad(w: float, gradients: Sequence[float], rate: float, epsilon: float) -> float:
    for count in range(1, len(gradients) + 1):
        squares = sum(gradient**2 for gradient in gradients[:count])
        w -= rate * gradients[count - 1] / sqrt(squares + epsilon)
    return w


def faded(values: Sequence[float], kept: float) -> float:
    """A moving average that starts at 0: the newest value weighs 1 − kept."""
    return sum((1 - kept) * kept**age * value for age, value in enumerate(reversed(values)))


def rmsprop(w: float, gradients: Sequence[float], rate: float, kept: float, epsilon: float) -> float:
    for count in range(1, len(gradients) + 1):
        mean = faded([gradient**2 for gradient in gradients[:count]], kept)
        w -= rate * gradients[count - 1] / sqrt(mean + epsilon)
    return w


def adadelta(w: float, gradients: Sequence[float], kept: float, epsilon: float) -> float:
    changes: list[float] = []
    for count in range(1, len(gradients) + 1):
        squares = faded([gradient**2 for gradient in gradients[:count]], kept)
        top = faded([change**2 for change in changes], kept)
        changes.append(sqrt(top + epsilon) / sqrt(squares + epsilon) * gradients[count - 1])
    return w - sum(changes)


def adam(w: float, gradients: Sequence[float], rate: float, first: float, second: float, epsilon: float) -> float:
    """ε is under the root, as the textbook form has it."""
    for count in range(1, len(gradients) + 1):
        mean = faded(gradients[:count], first) / (1 - first**count)
        square = faded([gradient**2 for gradient in gradients[:count]], second) / (1 - second**count)
        w -= rate * mean / sqrt(square + epsilon)
    return w
