"""Pooling: the largest, smallest, average or sum of each window."""

from __future__ import annotations

import numpy as np

from ..errors import UserError
from ..kernels.compile import Array, contiguous
from . import checks
from .checks import PerAxis
from .recording import Gradients, Pullback, operation


@operation
def max_pool2d(
    x: Array,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
    device: str = "cpu",
) -> tuple[Array, Pullback]:
    """The largest of each window of (N, C, H, W); stride None is the size of the window. Padding never wins.

    Of equals the first wins, and has the whole gradient. A dilated window that reads padding alone gives −∞.
    """
    return _extreme("max_pool2d", x, kernel_size, stride, padding, dilation, ceil_mode, device)


@operation
def min_pool2d(
    x: Array,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
    device: str = "cpu",
) -> tuple[Array, Pullback]:
    """The smallest of each window, otherwise as `max_pool2d`."""
    return _extreme("min_pool2d", x, kernel_size, stride, padding, dilation, ceil_mode, device)


@operation
def avg_pool2d(
    x: Array,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: PerAxis = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    device: str = "cpu",
) -> tuple[Array, Pullback]:
    """The average of each window, zeros of the padding counted or not; 0 where nothing is counted.

    What a window of ceil mode reaches beyond the padding is never counted.
    """
    (x,) = checks.arrays(x=x)
    rows, columns, counts = _windows(x, kernel_size, stride, padding, ceil_mode)
    if not count_include_pad:
        counts = [(lines[:, 1] - lines[:, 0]) for lines in (rows, columns)]
    area = np.maximum(np.multiply.outer(*counts), 1).astype(x.dtype)
    return _sums(x, rows, columns, area, device)


@operation
def sum_pool2d(
    x: Array,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: PerAxis = 0,
    ceil_mode: bool = False,
    device: str = "cpu",
) -> tuple[Array, Pullback]:
    """The sum of each window."""
    (x,) = checks.arrays(x=x)
    rows, columns, _ = _windows(x, kernel_size, stride, padding, ceil_mode)
    return _sums(x, rows, columns, None, device)


@operation
def adaptive_avg_pool2d(x: Array, size: PerAxis, device: str = "cpu") -> tuple[Array, Pullback]:
    """Averages to (N, C, *size): along an axis, window i of o goes from ⌊i n/o⌋ to before ⌈(i + 1) n/o⌉."""
    (x,) = checks.arrays(x=x)
    checks.ranked("x", x, "N, C, H, W")
    sizes = checks.per_axis("size", size, 2, 1)
    checks.allocatable(*x.shape[:2], *sizes)
    rows, columns = (
        np.array([(i * n // o, -(-(i + 1) * n // o)) for i in range(o)], dtype=np.int64)
        for n, o in zip(x.shape[2:], sizes, strict=True)
    )
    area = np.multiply.outer(rows[:, 1] - rows[:, 0], columns[:, 1] - columns[:, 0]).astype(x.dtype)
    return _sums(x, rows, columns, area, device)


@operation
def global_avg_pool2d(x: Array, device: str = "cpu") -> tuple[Array, Pullback]:
    """The average of each plane: (N, C, H, W) to (N, C, 1, 1)."""
    return adaptive_avg_pool2d.recorded(x, 1, device)  # type: ignore[attr-defined, no-any-return]


@operation
def global_max_pool2d(x: Array, device: str = "cpu") -> tuple[Array, Pullback]:
    """The largest of each plane: (N, C, H, W) to (N, C, 1, 1)."""
    (x,) = checks.arrays(x=x)
    checks.ranked("x", x, "N, C, H, W")
    return _extreme("max_pool2d", x, x.shape[2:], None, 0, 1, False, device)


def _extreme(
    name: str,
    x: Array,
    kernel_size: PerAxis,
    stride: PerAxis | None,
    padding: PerAxis,
    dilation: PerAxis,
    ceil_mode: bool,
    device: str,
) -> tuple[Array, Pullback]:
    (x,) = checks.arrays(x=x)
    checks.ranked("x", x, "N, C, H, W")
    window, strides, around = _settings(kernel_size, stride, padding)
    dilations = checks.per_axis("dilation", dilation, 2, 1)
    for f, p, d in zip(window, around, dilations, strict=True):
        if 2 * max(p) > d * (f - 1) + 1:
            raise UserError(f"padding may be at most half the window: {p} of {d * (f - 1) + 1}, kernel_size = {window}")
    axes = zip(x.shape[2:], window, strides, around, dilations, strict=True)
    size = [checks.window_count(*axis, ceil_mode, f"x is {x.shape}, kernel_size = {window}") for axis in axes]
    checks.allocatable(*x.shape[:2], *size)
    kernels = checks.kernels(device).pool
    out, winners = getattr(kernels, f"{name}_forward")(x, window, strides, around, dilations, size)

    def pullback(d_out: Array) -> Gradients:
        return {"x": getattr(kernels, f"{name}_backward")(d_out, winners, x.shape)}

    return out, pullback


def _settings(
    kernel_size: PerAxis, stride: PerAxis | None, padding: PerAxis
) -> tuple[tuple[int, ...], tuple[int, ...], list[tuple[int, int]]]:
    window = checks.per_axis("kernel_size", kernel_size, 2, 1)
    strides = window if stride is None else checks.per_axis("stride", stride, 2, 1)
    return window, strides, checks.pairs(padding, 2)


def _windows(
    x: Array, kernel_size: PerAxis, stride: PerAxis | None, padding: PerAxis, ceil_mode: bool
) -> tuple[Array, Array, list[Array]]:
    """What the windows read of each axis, (windows, 2) from first to before last, and how wide each is with padding."""
    checks.ranked("x", x, "N, C, H, W")
    lines, counts = [], []
    settings = _settings(kernel_size, stride, padding)
    for n, f, s, p in zip(x.shape[2:], *settings, strict=True):
        places = checks.window_count(n, f, s, p, 1, ceil_mode, f"x is {x.shape}, kernel_size = {settings[0]}")
        checks.allocatable(places)
        starts = np.arange(places, dtype=np.int64) * s - p[0]
        counts.append(np.minimum(starts + f, n + p[1]) - starts)
        lines.append(contiguous(np.stack([np.clip(starts, 0, n), np.clip(starts + f, 0, n)], axis=1)))
    checks.allocatable(*x.shape[:2], len(lines[0]), len(lines[1]))
    return lines[0], lines[1], counts


def _sums(x: Array, rows: Array, columns: Array, area: Array | None, device: str) -> tuple[Array, Pullback]:
    """The sums over windows, each divided by its area if there are any."""
    kernels = checks.kernels(device).pool
    out = kernels.sum_pool2d_forward(x, rows, columns)
    if area is not None:
        out /= area

    def pullback(d_out: Array) -> Gradients:
        each = d_out if area is None else d_out / area
        return {"x": kernels.sum_pool2d_backward(each, rows, columns, x.shape)}

    return out, pullback
