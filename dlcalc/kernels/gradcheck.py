"""Checking gradients by moving every number a little: for our own kernels, and for anyone's functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import UserError
from .compile import Array

STEP = 1e-5


def gradcheck(
    function: Callable[..., Any],
    arguments: Mapping[str, Array],
    gradients: Mapping[str, Array],
    d_result: Any = None,
    step: float = STEP,
) -> dict[str, float]:
    """The relative error of each of `gradients`, by name, against central differences.

    function: takes `arguments` by name and returns an array, a number, or nested tuples of them.
    gradients: of Σ d_result · result by some or all of the arguments, each in the shape of its argument.
    d_result: in the structure of the result, None for ones.
    UserError: an argument that is not float64, too coarse for differences; a gradient of another shape or name.
    """
    for name in gradients:
        if name not in arguments:
            raise UserError(f"a gradient belongs to an argument: {name} is none of {', '.join(arguments)}")
        if np.shape(gradients[name]) != np.shape(arguments[name]):
            rule = "a gradient has the shape of its argument"
            raise UserError(f"{rule}: {name} is {np.shape(arguments[name])}, not {np.shape(gradients[name])}")
    numeric = central_differences(function, arguments, tuple(gradients), d_result, step)
    return {name: relative_error(np.asarray(gradients[name]), numeric[name]) for name in gradients}


def central_differences(
    function: Callable[..., Any],
    arguments: Mapping[str, Array],
    names: Sequence[str],
    d_result: Any = None,
    step: float = STEP,
) -> dict[str, Array]:
    """∂(Σ d_result · function(arguments))/∂argument for each of `names`: (f(x + h) − f(x − h))/2h, entry by entry."""
    moved = {name: np.array(value) for name, value in arguments.items()}
    found = {}
    for name in names:
        if moved[name].dtype != np.float64:
            raise UserError(f"differences need float64: {name} is {moved[name].dtype}")
        entries = moved[name].reshape(-1)
        slopes = np.empty_like(entries)
        for place, value in enumerate(entries):
            ends = []
            for at in (value + step, value - step):
                entries[place] = at
                # A copy: a function may hand out one of its arguments.
                ends.append(np.array(flattened(function(**moved))))
            entries[place] = value
            weights = np.ones_like(ends[0]) if d_result is None else flattened(d_result)
            slopes[place] = weights @ (ends[0] - ends[1]) / (2 * step)
        found[name] = slopes.reshape(moved[name].shape)
    return found


def flattened(result: Any) -> Array:
    """All numbers of an array, or of nested tuples of arrays, in a row."""
    if isinstance(result, tuple):
        return np.concatenate([flattened(part) for part in result])
    return np.asarray(result).reshape(-1)


def relative_error(found: Array, expected: Array) -> float:
    """The largest difference of two arrays of one shape, by the largest entry of either; 0 for empty ones."""
    if found.size == 0:
        return 0.0
    largest = max(float(np.max(np.abs(found))), float(np.max(np.abs(expected))))
    difference = float(np.max(np.abs(found - expected)))
    return difference / largest if largest else difference
