"""Normalisation: by batch, by layer, and by neighbouring channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import device
from .device import DeviceArray, cuda, kernel, on_device
from .reductions import THREADS, block_sum, spread, threads


@on_device
def batch_norm_forward(x: DeviceArray, eps: float) -> tuple[DeviceArray, DeviceArray, DeviceArray, DeviceArray]:
    """Each channel of (N, C, L) brought to mean 0 and variance 1.

    Returns that, the means and the variances (over all, not all but one), and 1/√(variance + eps).
    """
    normal = device.empty_like(x)
    mean, variance, scale = (device.empty((x.shape[1],), x.dtype) for _ in range(3))
    count = x.dtype.type(max(1, x.shape[0] * x.shape[2]))
    normalise.launch(x.shape[1], x, x.dtype.type(eps), count, normal, mean, variance, scale, *x.shape)
    return normal, mean, variance, scale


@on_device
def batch_norm_backward(d_normal: DeviceArray, normal: DeviceArray, scale: DeviceArray) -> DeviceArray:
    """The gradient of x."""
    d_x = device.empty_like(normal)
    count = normal.dtype.type(max(1, normal.shape[0] * normal.shape[2]))
    normalise_backward.launch(normal.shape[1], d_normal, normal, scale, count, d_x, *normal.shape)
    return d_x


def scaled_norm_forward(x: Any, eps: float, gain: Any, shift: Any) -> tuple[Any, Any, Any, Any, Any]:
    """`batch_norm_forward`, each channel times its gain and plus its shift; that, then what stood before."""
    normal: Any
    normal, mean, variance, scale = batch_norm_forward(x, eps)
    return normal * gain[:, None] + shift[:, None], normal, mean, variance, scale


def scaled_norm_backward(d_out: Any, normal: Any, scale: Any, gain: Any) -> tuple[Any, Any, Any]:
    """The gradients of x, of the gains and of the shifts."""
    d_x = batch_norm_backward(d_out * gain[:, None], normal, scale)
    return d_x, (d_out * normal).sum(axis=(0, 2)), d_out.sum(axis=(0, 2))


@on_device
def layer_norm_forward(x: DeviceArray, eps: float) -> tuple[DeviceArray, DeviceArray]:
    """Each row of (R, n) brought to mean 0 and variance 1; that, and 1/√(variance + eps)."""
    normal, _, _, scale = batch_norm_forward(x.reshape(1, *x.shape), eps)
    return normal.reshape(*x.shape), scale


@on_device
def layer_norm_backward(d_normal: DeviceArray, normal: DeviceArray, scale: DeviceArray) -> DeviceArray:
    """The gradient of x."""
    shape = (1, *normal.shape)
    return batch_norm_backward(d_normal.reshape(*shape), normal.reshape(*shape), scale).reshape(*normal.shape)


@on_device
def local_response_norm_forward(
    x: DeviceArray, size: int, alpha: float, beta: float, k: float
) -> tuple[DeviceArray, DeviceArray]:
    """x (k + α/size · Σ x²)^−β on (N, C, L), the sum over `size` channels around each; that, and the brackets."""
    out, bases = device.empty_like(x), device.empty_like(x)
    number = x.dtype.type
    numbers = number(alpha / size), number(beta), number(k)
    add_squares.launch(spread(x.size), x, *numbers, out, bases, size // 2, (size - 1) // 2, *x.shape[1:], x.size)
    return out, bases


@on_device
def local_response_norm_backward(
    d_out: DeviceArray, x: DeviceArray, bases: DeviceArray, size: int, alpha: float, beta: float
) -> DeviceArray:
    """The gradient of x: its own, and through the sums of all channels whose neighbour it is."""
    d_x = device.empty_like(x)
    numbers = x.dtype.type(-2 * alpha * beta / size), x.dtype.type(beta)
    sizes = (size - 1) // 2, size // 2, *x.shape[1:], x.size
    add_squares_backward.launch(spread(x.size), d_out, x, bases, *numbers, d_x, *sizes)
    return d_x


@kernel("T[]", "T", "T", "T[]", "T[]", "T[]", "T[]", "int64", "int64", "int64", threads=threads)
def normalise(
    x: Any,
    eps: Any,
    count: Any,
    normal: Any,
    mean: Any,
    variance: Any,
    scale: Any,
    images: int,
    channels: int,
    length: int,
) -> None:
    """A block for each channel, in two passes: the mean, then the squares of what is left."""
    shared = cuda.shared.array(THREADS, x.dtype)
    channel, thread, step = cuda.blockIdx.x, cuda.threadIdx.x, cuda.blockDim.x
    total = x.dtype.type(0)
    for place in range(thread, images * length, step):
        image = place // length
        total += x[(image * channels + channel) * length + place - image * length]
    middle = block_sum(shared, total) / count
    total = x.dtype.type(0)
    for place in range(thread, images * length, step):
        image = place // length
        difference = x[(image * channels + channel) * length + place - image * length] - middle
        total += difference * difference
    spread_out = block_sum(shared, total) / count
    factor = x.dtype.type(1) / np.sqrt(spread_out + eps)
    if thread == 0:
        mean[channel], variance[channel], scale[channel] = middle, spread_out, factor
    for place in range(thread, images * length, step):
        image = place // length
        at = (image * channels + channel) * length + place - image * length
        normal[at] = (x[at] - middle) * factor


@kernel("T[]", "T[]", "T[]", "T", "T[]", "int64", "int64", "int64", threads=threads)
def normalise_backward(
    d_normal: Any, normal: Any, scale: Any, count: Any, d_x: Any, images: int, channels: int, length: int
) -> None:
    """scale (d − mean d − x̂ · mean(d ⊙ x̂)) in each channel."""
    shared = cuda.shared.array(THREADS, normal.dtype)
    channel, thread, step = cuda.blockIdx.x, cuda.threadIdx.x, cuda.blockDim.x
    plain, along = normal.dtype.type(0), normal.dtype.type(0)
    for place in range(thread, images * length, step):
        image = place // length
        at = (image * channels + channel) * length + place - image * length
        plain += d_normal[at]
        along += d_normal[at] * normal[at]
    plain = block_sum(shared, plain) / count
    along = block_sum(shared, along) / count
    for place in range(thread, images * length, step):
        image = place // length
        at = (image * channels + channel) * length + place - image * length
        d_x[at] = scale[channel] * (d_normal[at] - plain - normal[at] * along)


@kernel("T[]", "T", "T", "T", "T[]", "T[]", *("int64",) * 5, threads=threads)
def add_squares(
    x: Any,
    alpha: Any,
    beta: Any,
    k: Any,
    out: Any,
    bases: Any,
    before: int,
    after: int,
    channels: int,
    length: int,
    count: int,
) -> None:
    """What is in brackets, and the result: `before` channels ahead to `after` behind each, where there are any."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        channel = at // length % channels
        total = x.dtype.type(0)
        for other in range(max(0, channel - before), min(channels, channel + after + 1)):
            value = x[at + (other - channel) * length]
            total += value * value
        base = total * alpha + k
        bases[at] = base
        out[at] = x[at] * base**-beta


@kernel("T[]", "T[]", "T[]", "T", "T", "T[]", *("int64",) * 5, threads=threads)
def add_squares_backward(
    d_out: Any,
    x: Any,
    bases: Any,
    factor: Any,
    beta: Any,
    d_x: Any,
    before: int,
    after: int,
    channels: int,
    length: int,
    count: int,
) -> None:
    """factor: −2αβ/size."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        channel = at // length % channels
        total = x.dtype.type(0)
        for other in range(max(0, channel - before), min(channels, channel + after + 1)):
            there = at + (other - channel) * length
            total += d_out[there] * x[there] * bases[there] ** (-beta - x.dtype.type(1))
        d_x[at] = total * x[at] * factor + d_out[at] * bases[at] ** -beta
