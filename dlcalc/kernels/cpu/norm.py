"""Normalisation: by batch, by layer, and by neighbouring channels."""

from __future__ import annotations

import numpy as np

from ..compile import Array, kernel
from . import vectors
from .machine import tiled


def batch_norm_forward(x: Array, eps: float) -> tuple[Array, Array, Array, Array]:
    """Each channel of (N, C, L) brought to mean 0 and variance 1.

    Returns that, the means and the variances (over all, not all but one), and 1/√(variance + eps).
    """
    normal = np.empty_like(x)
    mean, variance, scale = (np.empty(x.shape[1], dtype=x.dtype) for _ in range(3))
    if tiled(x):
        nothing = scale[:0]
        vectors.normalise_all(x, x.dtype.type(eps), nothing, nothing, normal, normal, mean, variance, scale)
    else:
        normalise(x, x.dtype.type(eps), normal, mean, variance, scale)
    return normal, mean, variance, scale


def scaled_norm_forward(
    x: Array, eps: float, gain: Array, shift: Array
) -> tuple[Array, Array, Array, Array, Array]:  # fmt: skip
    """`batch_norm_forward`, each channel times its gain and plus its shift; that, then what stood before."""
    if not tiled(x):
        normal, mean, variance, scale = batch_norm_forward(x, eps)
        return normal * gain[:, None] + shift[:, None], normal, mean, variance, scale
    out, normal = np.empty_like(x), np.empty_like(x)
    mean, variance, scale = (np.empty(x.shape[1], dtype=x.dtype) for _ in range(3))
    vectors.normalise_all(x, x.dtype.type(eps), gain, shift, normal, out, mean, variance, scale)
    return out, normal, mean, variance, scale


def scaled_norm_backward(d_out: Array, normal: Array, scale: Array, gain: Array) -> tuple[Array, Array, Array]:
    """The gradients of x, of the gains and of the shifts."""
    if not tiled(normal):
        d_x = batch_norm_backward(d_out * gain[:, None], normal, scale)
        return d_x, (d_out * normal).sum(axis=(0, 2)), d_out.sum(axis=(0, 2))
    found = np.empty_like(normal), np.empty_like(gain), np.empty_like(gain)
    vectors.normalise_all_backward(d_out, normal, scale, gain, *found)
    return found


def batch_norm_backward(d_normal: Array, normal: Array, scale: Array) -> Array:
    """The gradient of x."""
    d_x = np.empty_like(normal)
    if tiled(normal):
        nothing = scale[:0]
        vectors.normalise_all_backward(d_normal, normal, scale, nothing, d_x, nothing, nothing)
    else:
        normalise_backward(d_normal, normal, scale, d_x)
    return d_x


def layer_norm_forward(x: Array, eps: float) -> tuple[Array, Array]:
    """Each row of (R, n) brought to mean 0 and variance 1; that, and 1/√(variance + eps)."""
    normal, _, _, scale = batch_norm_forward(x[None], eps)
    return normal[0], scale


def layer_norm_backward(d_normal: Array, normal: Array, scale: Array) -> Array:
    """The gradient of x."""
    gradient: Array = batch_norm_backward(d_normal[None], normal[None], scale)[0]
    return gradient


def local_response_norm_forward(x: Array, size: int, alpha: float, beta: float, k: float) -> tuple[Array, Array]:
    """x (k + α/size · Σ x²)^−β on (N, C, L), the sum over `size` channels around each; that, and the brackets."""
    bases = np.empty_like(x)
    add_neighbours(np.square(x), size // 2, (size - 1) // 2, bases)
    bases *= alpha / size
    bases += k
    return x * bases**-beta, bases


def local_response_norm_backward(d_out: Array, x: Array, bases: Array, size: int, alpha: float, beta: float) -> Array:
    """The gradient of x: its own, and through the sums of all channels whose neighbour it is."""
    through = np.empty_like(x)
    add_neighbours(d_out * x * bases ** (-beta - 1), (size - 1) // 2, size // 2, through)
    through *= x
    through *= -2 * alpha * beta / size
    through += d_out * bases**-beta
    return through


@kernel("T[:, :, ::1]", "T", "T[:, :, ::1]", "T[::1]", "T[::1]", "T[::1]")
def normalise(x: Array, eps: float, normal: Array, mean: Array, variance: Array, scale: Array) -> None:
    """Two passes for each channel: the mean, then the squares of what is left."""
    images, channels, length = x.shape
    one = x.dtype.type(1)
    count = max(1, images * length)
    for channel in range(channels):
        # Sums are float64: of a million float32 one by one little would be left.
        total = np.float64(0)
        for image in range(images):
            for place in range(length):
                total += x[image, channel, place]
        middle = x.dtype.type(total / count)
        total = np.float64(0)
        for image in range(images):
            for place in range(length):
                difference = x[image, channel, place] - middle
                total += difference * difference
        mean[channel] = middle
        variance[channel] = total / count
        scale[channel] = one / np.sqrt(variance[channel] + eps)
        for image in range(images):
            for place in range(length):
                normal[image, channel, place] = (x[image, channel, place] - middle) * scale[channel]


@kernel("T[:, :, ::1]", "T[:, :, ::1]", "T[::1]", "T[:, :, ::1]")
def normalise_backward(d_normal: Array, normal: Array, scale: Array, d_x: Array) -> None:
    """scale (d − mean d − x̂ · mean(d ⊙ x̂)) in each channel."""
    images, channels, length = normal.shape
    count = max(1, images * length)
    for channel in range(channels):
        first, second = np.float64(0), np.float64(0)
        for image in range(images):
            for place in range(length):
                first += d_normal[image, channel, place]
                second += d_normal[image, channel, place] * normal[image, channel, place]
        plain, along = normal.dtype.type(first / count), normal.dtype.type(second / count)
        for image in range(images):
            for place in range(length):
                rest = d_normal[image, channel, place] - plain - normal[image, channel, place] * along
                d_x[image, channel, place] = scale[channel] * rest


@kernel("T[:, :, ::1]", "int64", "int64", "T[:, :, ::1]")
def add_neighbours(x: Array, before: int, after: int, out: Array) -> None:
    """The sum over the channels from `before` ahead to `after` behind each, where there are any."""
    images, channels, length = x.shape
    for image in range(images):
        for channel in range(channels):
            for place in range(length):
                out[image, channel, place] = 0
            for other in range(max(0, channel - before), min(channels, channel + after + 1)):
                for place in range(length):
                    out[image, channel, place] += x[image, other, place]
