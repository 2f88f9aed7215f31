"""What the remarks behind a layer do to its numbers, and how maps are interpolated: arrays with the channels last."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..errors import UserError

if TYPE_CHECKING:
    from ..ops.recording import Array


def along_channels(op: Callable[[Array], Array], x: Array) -> Array:
    """An operation that reads the channels first."""
    return np.moveaxis(op(np.ascontiguousarray(np.moveaxis(x, -1, 1))), 1, -1)


def _hard_sigmoid(x: Array, slope: float = 1 / 6, shift: float = 0.5) -> Array:
    return np.asarray(np.clip(x * np.float32(slope) + np.float32(shift), 0, 1), x.dtype)


def _elu(x: Array, alpha: float = 1.0) -> Array:
    return np.where(x > 0, x, np.float32(alpha) * np.expm1(np.minimum(x, 0))).astype(x.dtype)


def _celu(x: Array, alpha: float = 1.0) -> Array:
    return np.where(x > 0, x, np.float32(alpha) * np.expm1(np.minimum(x, 0) / np.float32(alpha))).astype(x.dtype)


def _selu(x: Array) -> Array:
    """Klambauer and others, arXiv:1706.02515."""
    return np.asarray(np.float32(1.0507009873554805) * _elu(x, 1.6732632423543772))


def _gelu(x: Array, approximate: bool = False) -> Array:
    if not approximate:
        return ops.gelu(x)
    return np.asarray(x * np.float32(0.5) * (1 + np.tanh(np.float32((2 / math.pi) ** 0.5) * (x + 0.044715 * x**3))))


def _clip(x: Array, low: float = -math.inf, high: float = math.inf) -> Array:
    return np.clip(x, np.float32(low), np.float32(high))


def _softmax(x: Array, axis: int = -1) -> Array:
    return ops.softmax(x, axis=axis)


def _log_softmax(x: Array, axis: int = -1) -> Array:
    return ops.log_softmax(x, axis=axis)


def _instance_norm(x: Array, eps: float = 1e-5) -> Array:
    """Each channel of each map by its own mean and variance."""
    axes = tuple(range(1, x.ndim - 1))
    mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    return np.asarray((x - mean) / np.sqrt(var + np.float32(eps)))


def _normalised(x: Array, eps: float = 1e-5, axes: int = 1) -> Array:
    """Along the last axes, without scales and shifts."""
    last = tuple(range(x.ndim - axes, x.ndim))
    mean, var = x.mean(axis=last, keepdims=True), x.var(axis=last, keepdims=True)
    return np.asarray((x - mean) / np.sqrt(var + np.float32(eps)))


def _lrn(x: Array, size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Array:
    return along_channels(lambda y: ops.local_response_norm(y, size, alpha, beta, k), x)


def _constant(compute: Callable[[Any, Any], Any]) -> Callable[..., Array]:
    """With a number, or an array that is broadcast, which may stand before the layer's."""

    def remark(x: Array, other: Any, before: bool = False) -> Array:
        value = np.asarray(other, np.float32)
        return np.asarray(compute(value, x) if before else compute(x, value), np.float32)

    return remark


def _measured(x: Array, mean: Any, variance: Any) -> Array:
    """By the means and variances of the channels, as Keras's Normalization does."""
    deviation = np.maximum(np.sqrt(np.asarray(variance, np.float32)), np.float32(1e-7))
    return np.asarray((x - np.asarray(mean, np.float32)) / deviation, np.float32)


def _erf(x: Array) -> Array:
    return np.asarray(np.vectorize(math.erf, otypes=[np.float32])(x))


REMARKS: dict[str, Callable[..., Array]] = {
    "relu": ops.relu, "sigmoid": ops.sigmoid, "tanh": ops.tanh, "gelu": _gelu, "softplus": ops.softplus,
    "leaky": ops.leaky_relu, "lrn": _lrn, "swish": lambda x: x * ops.sigmoid(x),
    "relu6": lambda x: np.minimum(ops.relu(x), np.float32(6)), "elu": _elu, "celu": _celu, "selu": _selu,
    "hardsigmoid": _hard_sigmoid, "hard_sigmoid": _hard_sigmoid, "hardswish": lambda x: x * _hard_sigmoid(x),
    "hard_swish": lambda x: x * _hard_sigmoid(x), "hard_silu": lambda x: x * _hard_sigmoid(x),
    "mish": lambda x: x * np.tanh(ops.softplus(x)), "softsign": lambda x: x / (1 + np.abs(x)),
    "softmax": _softmax, "logsoftmax": _log_softmax, "log_softmax": _log_softmax, "dropout": lambda x, *rate: x,
    "clip": _clip, "normalization": _measured, "instancenorm": _instance_norm, "normalised": _normalised,
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "rsqrt": lambda x: 1 / np.sqrt(x), "square": np.square,
    "abs": np.abs, "neg": np.negative, "reciprocal": np.reciprocal, "floor": np.floor, "ceil": np.ceil,
    "round": np.round, "sign": np.sign, "sin": np.sin, "cos": np.cos, "erf": _erf, "cast": lambda x: x,
    "gaussiannoise": lambda x: x, "rescaling": lambda x, scale, offset: x * np.float32(scale) + np.float32(offset),
    **{f"{word}-constant": _constant(compute)
       for word, compute in (("add", np.add), ("sub", np.subtract), ("multiply", np.multiply), ("div", np.divide),
                             ("divide", np.divide), ("subtract", np.subtract), ("pow", np.power),
                             ("maximum", np.maximum), ("minimum", np.minimum))},
}  # fmt: skip
"""Remark → what it computes of an array, and of what the file says beside it."""

NO_OPERATION = frozenset(word for word in REMARKS if word.endswith("-constant")) | {
    "leaky", "clip", "normalised", "instancenorm", "rescaling", "hardsigmoid", "lrn", "normalization"
}  # fmt: skip
"""Remarks that say nothing of a file's values by their word alone."""


def interpolated(x: Array, sizes: tuple[int, ...], details: Mapping[Any, Any]) -> Array:
    """Maps of other sizes along the axes before the channels. `details`: mode, coordinates, rounding, as in the ONNX
    operator Resize; nearest pixels where nothing is said. Raises UserError for a mode that is not followed."""
    mode, how = details.get("mode", "nearest"), details.get("coordinates", "asymmetric")
    if mode not in ("nearest", "linear") or how not in _PLACES:
        raise UserError(f"maps are resized by their nearest pixels or linearly, not {mode} ({how})")
    for axis, o in enumerate(sizes, 1):
        n = x.shape[axis]
        if n == o:
            continue
        at = np.clip(_PLACES[how](np.arange(o), n, o), 0, n - 1)
        if mode == "nearest":
            x = x.take(np.clip(_ROUNDED[details.get("rounding", "floor")](at), 0, n - 1).astype(int), axis)
            continue
        low = np.floor(at).astype(int)
        share = (at - low).astype(np.float32).reshape(-1, *(1,) * (x.ndim - 1 - axis))
        x = np.asarray(x.take(low, axis) * (1 - share) + x.take(np.minimum(low + 1, n - 1), axis) * share)
    return x


_PLACES: dict[str, Callable[[Any, int, int], Any]] = {
    "asymmetric": lambda i, n, o: i * n / o,
    "half_pixel": lambda i, n, o: (i + 0.5) * n / o - 0.5,
    "pytorch_half_pixel": lambda i, n, o: (i + 0.5) * n / o - 0.5 if o > 1 else i * 0.0,
    "align_corners": lambda i, n, o: i * (n - 1) / max(1, o - 1),
}
"""Where pixel i of o stands among n."""
_ROUNDED: dict[str, Callable[[Any], Any]] = {
    "floor": np.floor, "ceil": np.ceil, "round_prefer_floor": lambda at: np.ceil(at - 0.5),
    "round_prefer_ceil": lambda at: np.floor(at + 0.5),
}  # fmt: skip
