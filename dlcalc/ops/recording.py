"""An operation computes its result and how a gradient goes back; callers choose whether to keep the second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter, signature
from typing import Any, ParamSpec, TypeVar

import numpy as np

from ..errors import UserError
from ..kernels import threads
from ..kernels.compile import Array as Array
from ..kernels.compile import contiguous

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

Gradients = dict[str, Any]
Pullback = Callable[[Any], Gradients]
"""From the gradient of the result to those of the arguments, by name; None for one that was not given."""


@dataclass(frozen=True)
class Saved:
    """What a forward pass keeps for its backward pass."""

    op: str
    result: Any
    pullback: Pullback


def operation(function: Callable[Arguments, tuple[Result, Pullback]]) -> Callable[Arguments, Result]:
    """The public operation: the result alone. `forward` finds the rest.

    It takes `threads` too: how many it may use, forwards and backwards; None is as many as there are cores.
    """

    def recorded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> tuple[Result, Pullback]:
        number: Any = kwargs.pop("threads", None)
        if number is None:
            return function(*args, **kwargs)
        with threads.using(number):
            result, pullback = function(*args, **kwargs)

        def pull(d_result: Any) -> Gradients:
            with threads.using(number):
                return pullback(d_result)

        return result, pull

    @wraps(function)
    def compute(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return recorded(*args, **kwargs)[0]

    found = signature(function)
    option = Parameter("threads", Parameter.KEYWORD_ONLY, default=None, annotation="int | None")
    compute.__signature__ = found.replace(parameters=[*found.parameters.values(), option])  # type: ignore[attr-defined]
    compute.recorded = recorded  # type: ignore[attr-defined]
    return compute


def forward(op: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> tuple[Result, Saved]:
    """The result of an operation of this module, and what `backward` needs.

    The arguments are kept as they are, not copied: write nothing into them before `backward`.

    UserError: `op` is none of them, or what it says itself.
    """
    recorded = getattr(op, "recorded", None)
    if recorded is None:
        raise UserError(f"forward takes an operation of dlcalc.ops, such as ops.conv2d: {op!r}")
    result, pullback = recorded(*args, **kwargs)
    return result, Saved(op.__name__, result, pullback)


def backward(saved: Saved, d_result: Any) -> Gradients:
    """The gradient of Σ d_result · result by every differentiable argument that was given, by its name.

    d_result: in the structure of the result; None instead of an array is zeros.
    UserError: a d_result of another structure, shape or dtype.
    """
    if not isinstance(saved, Saved):
        raise UserError(f"backward takes what forward saved: {type(saved).__name__}")
    found = saved.pullback(_like(d_result, saved.result, saved.op))
    return {name: gradient for name, gradient in found.items() if gradient is not None}


def _like(given: Any, result: Any, op: str) -> Any:
    """The gradient as contiguous arrays, in the structure of the result."""
    if isinstance(result, tuple):
        parts = (None,) * len(result) if given is None else given
        if not isinstance(parts, (tuple, list)) or len(parts) != len(result):
            raise UserError(f"d_result of {op} is a tuple of {len(result)}, as its result is: {_described(given)}")
        return tuple(_like(part, of, op) for part, of in zip(parts, result, strict=True))
    if given is None:
        return np.zeros(np.shape(result), dtype=result.dtype)
    array = np.asarray(given)
    if isinstance(given, (int, float)) and np.ndim(result) == 0:
        array = array.astype(result.dtype)
    if array.shape != np.shape(result) or array.dtype != result.dtype:
        rule = f"d_result of {op} has the shape and dtype of its result, {np.shape(result)} of {result.dtype}"
        raise UserError(f"{rule}: {_described(array)}")
    return contiguous(array)


def _described(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.shape} of {value.dtype}"
    return f"a {type(value).__name__}"


def total(d: Array, like: Array) -> Array:
    """A gradient summed over what was broadcast: in the shape of `like`."""
    added = d.ndim - like.ndim
    summed = d.sum(axis=tuple(range(added))) if added else d
    axes = tuple(axis for axis, size in enumerate(like.shape) if size == 1 and summed.shape[axis] != 1)
    return contiguous(summed.sum(axis=axes, keepdims=True) if axes else summed)
