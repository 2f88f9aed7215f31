"""The operations on nested lists of numbers, for callers that have no numpy arrays: computed in float64."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import ops
from .recording import backward, forward


def computed(
    name: str, arrays: Mapping[str, Any], settings: Mapping[str, Any], d_result: Any = None
) -> tuple[Any, dict[str, Any]]:
    """The result of the operation of that name and, where a gradient of it is given, those of its arrays.

    arrays: nested lists by argument, None where it is not given, a tuple for a state of two. Of an operation that
    returns a tuple the result is its first array, and `d_result` is that one's gradient. UserError as the operation.
    """
    given = {argument: _array(value) for argument, value in arrays.items()}
    result, saved = forward(getattr(ops, name), **given, **settings)
    first = result[0] if isinstance(result, tuple) else result
    if d_result is None:
        return first.tolist(), {}
    gradient = _array(d_result)
    found = backward(saved, (gradient, None) if isinstance(result, tuple) else gradient)
    return first.tolist(), {argument: each.tolist() for argument, each in found.items()}


def _array(value: Any) -> Any:
    if value is None or isinstance(value, tuple):
        return None if value is None else tuple(map(_array, value))
    return np.array(value, dtype=np.float64)
