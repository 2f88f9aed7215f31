"""Losses, one number for each element or example; their mean or sum is the caller's."""

from __future__ import annotations

import numpy as np

from ..compile import Array, kernel
from . import vectors
from .machine import tiled
from .softmax import log_softmax_forward


def mse_loss_forward(x: Array, target: Array) -> Array:
    """(x − target)²."""
    if tiled(x):
        out = np.empty_like(x)
        vectors.squared_differences(x.reshape(-1), target.reshape(-1), out.reshape(-1))
        return out
    squares: Array = np.square(x - target)
    return squares


def mse_loss_backward(d_out: Array, x: Array, target: Array) -> tuple[Array, Array]:
    """The gradients of x and target."""
    if tiled(x):
        found = np.empty_like(x), np.empty_like(x)
        flat = (array.reshape(-1) for array in (d_out, x, target, *found))
        vectors.squared_differences_backward(*flat)
        return found
    d_x = 2 * d_out * (x - target)
    return d_x, -d_x


def mse_loss_sum(x: Array, target: Array) -> Array:
    """Σ (x − target)², of no axes."""
    if tiled(x):
        found = np.empty(1)
        vectors.sum_of_squares(x.reshape(-1), target.reshape(-1), found)
        return found.astype(x.dtype).reshape(())
    return np.asarray(mse_loss_forward(x, target).sum())


def mse_loss_sum_backward(d_out: Array, x: Array, target: Array) -> tuple[Array, Array]:
    """The gradients of x and target; d_out: of no axes."""
    if tiled(x):
        found = np.empty_like(x), np.empty_like(x)
        flat = (array.reshape(-1) for array in (x, target, *found))
        vectors.sum_of_squares_backward(x.dtype.type(2) * x.dtype.type(d_out), *flat)
        return found
    return mse_loss_backward(np.full(x.shape, d_out, dtype=x.dtype), x, target)


def binary_cross_entropy_forward(x: Array, target: Array) -> Array:
    """−(t ln x + (1 − t) ln(1 − x)) of flat arrays; a logarithm counts as −100 at least, as in PyTorch."""
    out = np.empty_like(x)
    log_losses(x, target, out)
    return out


def binary_cross_entropy_backward(d_out: Array, x: Array, target: Array) -> tuple[Array, Array]:
    """The gradients of x and target."""
    d_x, d_target = np.empty_like(x), np.empty_like(x)
    log_losses_backward(d_out, x, target, d_x, d_target)
    return d_x, d_target


def cross_entropy_forward(logits: Array, targets: Array) -> tuple[Array, Array]:
    """−ln softmax(logits)[target] of each row of (R, classes), and the logarithms (R, classes)."""
    logs = log_softmax_forward(logits)
    return -logs[np.arange(len(targets)), targets], logs


def cross_entropy_backward(d_out: Array, logs: Array, targets: Array) -> Array:
    """The gradient of the logits: d (softmax − one-hot)."""
    if tiled(logs):
        d_logits = np.empty_like(logs)
        vectors.cross_entropy_slopes(logs, d_out, targets, d_logits)
        return d_logits
    d_logits = np.exp(logs)
    d_logits[np.arange(len(targets)), targets] -= 1
    d_logits *= d_out[:, None]
    return d_logits


@kernel("T[::1]", "T[::1]", "T[::1]")
def log_losses(x: Array, target: Array, out: Array) -> None:
    """The log loss of each probability."""
    one, least = x.dtype.type(1), x.dtype.type(-100)
    for place in range(len(x)):
        t, p = target[place], x[place]
        here = max(np.log(p), least) if p > 0 else least
        there = max(np.log1p(-p), least) if p < 1 else least
        out[place] = -(t * here + (one - t) * there)


@kernel("T[::1]", "T[::1]", "T[::1]", "T[::1]", "T[::1]")
def log_losses_backward(d_out: Array, x: Array, target: Array, d_x: Array, d_target: Array) -> None:
    """The gradients of each probability and of its target."""
    one, least, small = x.dtype.type(1), x.dtype.type(-100), x.dtype.type(1e-12)
    for place in range(len(x)):
        t, p = target[place], x[place]
        d_x[place] = d_out[place] * (p - t) / max(p * (one - p), small)
        here = max(np.log(p), least) if p > 0 else least
        there = max(np.log1p(-p), least) if p < 1 else least
        d_target[place] = d_out[place] * (there - here)
