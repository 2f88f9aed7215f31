"""Activations number by number, and softmax."""

from __future__ import annotations

import numpy as np

from ..errors import UserError
from ..kernels import scalars
from ..kernels.compile import Array, contiguous
from . import checks
from .recording import Gradients, Pullback, operation


@operation
def sigmoid(x: Array, device: str = "cpu") -> tuple[Array, Pullback]:
    """1/(1 + e^−x)."""
    return _activation(scalars.SIGMOID, x, 0.0, device)


@operation
def tanh(x: Array, device: str = "cpu") -> tuple[Array, Pullback]:
    """The hyperbolic tangent."""
    return _activation(scalars.TANH, x, 0.0, device)


@operation
def relu(x: Array, device: str = "cpu") -> tuple[Array, Pullback]:
    """max(0, x); its slope at 0 is 0."""
    return _activation(scalars.RELU, x, 0.0, device)


@operation
def leaky_relu(x: Array, slope: float = 0.01, device: str = "cpu") -> tuple[Array, Pullback]:
    """x above 0, slope · x elsewhere."""
    return _activation(scalars.LEAKY_RELU, x, checks.finite("slope", slope, 0), device)


@operation
def softplus(x: Array, device: str = "cpu") -> tuple[Array, Pullback]:
    """ln(1 + e^x)."""
    return _activation(scalars.SOFTPLUS, x, 0.0, device)


@operation
def gelu(x: Array, device: str = "cpu") -> tuple[Array, Pullback]:
    """x Φ(x), with the normal distribution itself, not its approximation by tanh."""
    return _activation(scalars.GELU, x, 0.0, device)


@operation
def softmax(x: Array, axis: int = -1, device: str = "cpu") -> tuple[Array, Pullback]:
    """e^x by its sum along the axis."""
    return _along("softmax", x, axis, device)


@operation
def log_softmax(x: Array, axis: int = -1, device: str = "cpu") -> tuple[Array, Pullback]:
    """The logarithm of the softmax along the axis."""
    return _along("log_softmax", x, axis, device)


def _activation(kind: int, x: Array, parameter: float, device: str) -> tuple[Array, Pullback]:
    (x,) = checks.arrays(x=x)
    kernels = checks.kernels(device).activations
    out = kernels.activation_forward(kind, x, parameter)
    kept = kernels.activation_kept(kind, x, out)

    def pullback(d_out: Array) -> Gradients:
        return {"x": kernels.activation_backward(kind, d_out, x, kept, parameter)}

    return out, pullback


def _along(name: str, x: Array, axis: int, device: str) -> tuple[Array, Pullback]:
    (x,) = checks.arrays(x=x)
    if isinstance(axis, bool) or not isinstance(axis, int) or not -x.ndim <= axis < x.ndim:
        raise UserError(f"axis must be an axis of x: {axis!r}, x is {x.shape}")
    kernels = checks.kernels(device).softmax
    # The axis goes last, as rows; what was last comes back to its place in the end.
    moved = np.moveaxis(x, axis, -1)
    rows_shape = (moved.size // max(1, moved.shape[-1]), moved.shape[-1])

    def rows(array: Array) -> Array:
        return contiguous(np.moveaxis(array, axis, -1)).reshape(rows_shape)

    def back(array: Array) -> Array:
        return contiguous(np.moveaxis(array.reshape(moved.shape), -1, axis))

    out, pulled = getattr(kernels, f"{name}_recorded")(rows(x))

    def pullback(d_out: Array) -> Gradients:
        return {"x": back(pulled(rows(d_out)))}

    return back(out), pullback
