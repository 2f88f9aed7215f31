"""One thing that `bench.gpu` computes, and the shapes of its arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod, sqrt
from typing import Any

Shape = tuple[int, ...]
Shapes = dict[str, Shape]


@dataclass(frozen=True)
class Work:
    """A kernel's two passes, written once for both packages of kernels, and the same in PyTorch.

    small, large: the shapes of the arrays by name. whole: those of whole numbers, and what these stay below.
    chances: the numbers are between 0.05 and 0.95.
    result: the shape of the result. forward gives it with what the backward pass needs; backward gives the gradients of
    the arrays named in `gradients`. peer: None where PyTorch has no such thing.
    """

    name: str
    small: Shapes
    large: Shapes
    gradients: tuple[str, ...]
    result: Callable[[Shapes], Shape]
    forward: Callable[[Any, Mapping[str, Any]], tuple[Any, Any]]
    backward: Callable[[Any, Mapping[str, Any], Any, Any], tuple[Any, ...]]
    peer: Callable[[Any, Mapping[str, Any]], Any] | None
    whole: Mapping[str, int] = field(default_factory=dict)
    chances: bool = False

    def shapes(self, large: bool) -> Shapes:
        """Of the arrays."""
        return self.large if large else self.small

    @staticmethod
    def scale(shape: Shape) -> float:
        """The standard deviation of an array's numbers: of weights what keeps their products near 1."""
        return 1 / sqrt(max(1, prod(shape[1:]))) if len(shape) > 1 else 1.0
