"""Losses, one number for each element or example; their mean or sum is the caller's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable

from ..compile import Array
from . import device
from .device import DeviceArray, cuda, kernel, on_device, uploaded
from .reductions import spread, threads
from .softmax import log_softmax_forward


@on_device
def mse_loss_forward(x: DeviceArray, target: DeviceArray) -> DeviceArray:
    """(x − target)²."""
    out = device.empty_like(x)
    squares.launch(spread(x.size), x, target, out, x.size)
    return out


@on_device
def mse_loss_backward(d_out: DeviceArray, x: DeviceArray, target: DeviceArray) -> tuple[DeviceArray, DeviceArray]:
    """The gradients of x and target."""
    d_x, d_target = device.empty_like(x), device.empty_like(x)
    squares_backward.launch(spread(x.size), d_out, x, target, d_x, d_target, x.size)
    return d_x, d_target


def mse_loss_sum(x: Any, target: Any) -> Any:
    """Σ (x − target)², of no axes."""
    each: Any = mse_loss_forward(x, target)
    return np.asarray(each.sum())


def mse_loss_sum_backward(d_out: Any, x: Any, target: Any) -> tuple[Any, Any]:
    """The gradients of x and target; d_out: of no axes."""
    each: Any = np.full(x.shape, d_out, dtype=x.dtype)
    return mse_loss_backward(each, x, target)


@on_device
def binary_cross_entropy_forward(x: DeviceArray, target: DeviceArray) -> DeviceArray:
    """−(t ln x + (1 − t) ln(1 − x)) of flat arrays; a logarithm counts as −100 at least, as in PyTorch."""
    out = device.empty_like(x)
    log_losses.launch(spread(x.size), x, target, out, x.size)
    return out


@on_device
def binary_cross_entropy_backward(
    d_out: DeviceArray, x: DeviceArray, target: DeviceArray
) -> tuple[DeviceArray, DeviceArray]:
    """The gradients of x and target."""
    d_x, d_target = device.empty_like(x), device.empty_like(x)
    log_losses_backward.launch(spread(x.size), d_out, x, target, d_x, d_target, x.dtype.type(1e-12), x.size)
    return d_x, d_target


@on_device
def cross_entropy_forward(logits: DeviceArray, targets: Array) -> tuple[DeviceArray, DeviceArray]:
    """−ln softmax(logits)[target] of each row of (R, classes), and the logarithms (R, classes)."""
    logs = log_softmax_forward(logits)
    out = device.empty((len(targets),), logits.dtype)
    pick.launch(spread(out.size), logs, uploaded(targets), out, logits.shape[1], out.size)
    return out, logs


@on_device
def cross_entropy_backward(d_out: DeviceArray, logs: DeviceArray, targets: Array) -> DeviceArray:
    """The gradient of the logits: d (softmax − one-hot)."""
    d_logits = device.empty_like(logs)
    pick_backward.launch(spread(logs.size), d_out, logs, uploaded(targets), d_logits, logs.shape[1], logs.size)
    return d_logits


@kernel("T[]", "T[]", "T[]", "int64", threads=threads)
def squares(x: Any, target: Any, out: Any, count: int) -> None:
    """The square of each difference."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        difference = x[at] - target[at]
        out[at] = difference * difference


@kernel("T[]", "T[]", "T[]", "T[]", "T[]", "int64", threads=threads)
def squares_backward(d_out: Any, x: Any, target: Any, d_x: Any, d_target: Any, count: int) -> None:
    """The gradients of both."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        gradient = x.dtype.type(2) * d_out[at] * (x[at] - target[at])
        d_x[at], d_target[at] = gradient, -gradient


@register_jitable
def logarithms(p: Any, one: Any, least: Any) -> Any:
    """ln p and ln(1 − p), −100 at least."""
    here = max(np.log(p), least) if p > 0 else least
    there = max(np.log1p(-p), least) if p < 1 else least
    return here, there


@kernel("T[]", "T[]", "T[]", "int64", threads=threads)
def log_losses(x: Any, target: Any, out: Any, count: int) -> None:
    """The log loss of each probability."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        one, t = x.dtype.type(1), target[at]
        here, there = logarithms(x[at], one, x.dtype.type(-100))
        out[at] = -(t * here + (one - t) * there)


@kernel("T[]", "T[]", "T[]", "T[]", "T[]", "T", "int64", threads=threads)
def log_losses_backward(d_out: Any, x: Any, target: Any, d_x: Any, d_target: Any, small: Any, count: int) -> None:
    """The gradients of each probability and of its target."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        one, p = x.dtype.type(1), x[at]
        d_x[at] = d_out[at] * (p - target[at]) / max(p * (one - p), small)
        here, there = logarithms(p, one, x.dtype.type(-100))
        d_target[at] = d_out[at] * (there - here)


@kernel("T[]", "int64[]", "T[]", "int64", "int64", threads=threads)
def pick(logs: Any, targets: Any, out: Any, classes: int, count: int) -> None:
    """The loss of each row."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        out[at] = -logs[at * classes + targets[at]]


@kernel("T[]", "T[]", "int64[]", "T[]", "int64", "int64", threads=threads)
def pick_backward(d_out: Any, logs: Any, targets: Any, d_logits: Any, classes: int, count: int) -> None:
    """The gradient of each logit."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        row = at // classes
        share = np.exp(logs[at])
        if targets[row] == at - row * classes:
            share -= logs.dtype.type(1)
        d_logits[at] = share * d_out[row]
