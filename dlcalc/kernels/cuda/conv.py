"""Convolution as a matrix product whose factors are read from the image where they stand: nothing is unfolded.

All of them are one over (N, C, depth, height, width), where a missing axis has size 1. Every gradient is gathered,
number by number in a fixed order, so none depends on the order of threads. *Pairs* are (before, after) for each axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable

from . import device
from .device import DeviceArray, on_device
from .products import MICRO, SIDE, blocks, parts_of, summed, tiled
from .reductions import channel_sums

Sizes = Sequence[int]
Pairs = Sequence[tuple[int, int]]

PER_TAP = 5
"""Numbers in the table for each channel of a group and tap: see `_table`."""


class Windows(NamedTuple):
    """A convolution: `Geometry`'s beginning, then sizes of the image and of the result and how one reads the other.

    filters, channels: of one group. size, length: numbers of a plane of the image and of the result.
    """

    rows: int
    columns: int
    depth: int
    parts: int
    span: int
    groups: int
    filters: int
    channels: int
    taps: int
    size: int
    length: int
    size0: int
    size1: int
    size2: int
    out0: int
    out1: int
    out2: int
    stride0: int
    stride1: int
    stride2: int
    front0: int
    front1: int
    front2: int
    add: int


@on_device
def conv2d_forward(
    x: DeviceArray,
    weight: DeviceArray,
    bias: DeviceArray | None,
    stride: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
) -> DeviceArray:
    """(N, C, H, W) and (K, C/groups, F, F) to (N, K, H', W'): cross-correlation, as every library means it."""
    axes = zip(x.shape[2:], weight.shape[2:], stride, padding, dilation, strict=True)
    output = [(n + sum(p) - d * (f - 1) - 1) // s + 1 for n, f, s, p, d in axes]
    windows, taps = windows_of(x.shape, output, weight.shape, stride, padding, dilation, groups)
    return gathered(x, weight, bias, windows, taps, (len(x), len(weight), *output))


@on_device
def conv2d_backward(
    d_out: DeviceArray, x: DeviceArray, weight: DeviceArray, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int
) -> tuple[DeviceArray, DeviceArray, DeviceArray]:
    """The gradients of x, weight and bias."""
    windows, taps = windows_of(x.shape, d_out.shape[2:], weight.shape, stride, padding, dilation, groups)
    d_x = scattered(d_out, weight, None, windows, taps, x.shape)
    return d_x, weight_gradient(d_out, x, weight.shape, windows, taps), bias_gradient(d_out)


@on_device
def conv_transpose2d_forward(
    x: DeviceArray,
    weight: DeviceArray,
    bias: DeviceArray | None,
    stride: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
    size: Sizes,
) -> DeviceArray:
    """(N, C, H, W) and (C, K/groups, F, F) to (N, K, *size): the gradient of a convolution by its input."""
    shape = (len(x), weight.shape[1] * groups, *size)
    windows, taps = windows_of(shape, x.shape[2:], weight.shape, stride, padding, dilation, groups)
    return scattered(x, weight, bias, windows, taps, shape)


@on_device
def conv_transpose2d_backward(
    d_out: DeviceArray, x: DeviceArray, weight: DeviceArray, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int
) -> tuple[DeviceArray, DeviceArray, DeviceArray]:
    """The gradients of x, weight and bias: those of a convolution with its input and output changing places."""
    windows, taps = windows_of(d_out.shape, x.shape[2:], weight.shape, stride, padding, dilation, groups)
    d_x = gathered(d_out, weight, None, windows, taps, x.shape)
    return d_x, weight_gradient(x, d_out, weight.shape, windows, taps), bias_gradient(d_out)


conv3d_forward, conv3d_backward = conv2d_forward, conv2d_backward
"""The same functions: the arrays say how many axes there are."""


def windows_of(
    image: Sizes, output: Sizes, weight: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int
) -> tuple[Windows, DeviceArray]:
    """The convolution of such an image to such an output, but for the sizes of a product; and its table."""
    missing = 3 - len(output)
    sizes, outs, strides = ((*(1,) * missing, *values) for values in (image[2:], output, stride))
    fronts = (*(0,) * missing, *(front for front, _ in padding))
    each = (groups, weight[0] // groups, weight[1], prod(weight[2:]), prod(sizes), prod(outs))
    windows = Windows._make((0, 0, 0, 1, 1, *each, *sizes, *outs, *strides, *fronts, 0))
    spacing = (*(1,) * missing, *dilation)
    number = max(windows.channels, windows.filters)
    return windows, _table(device.RUNTIME, number, (*(1,) * missing, *weight[2:]), spacing)


@lru_cache(maxsize=64)
def _table(runtime: Any, number: int, window: tuple[int, ...], spacing: tuple[int, ...]) -> DeviceArray:
    """For each row of a product that runs over channels or filters, and taps, five numbers.

    Its channel or filter, the tap's three steps into the window, and the place of the tap in a filter. What was asked
    for once stays on the device.
    """
    taps = np.indices(window).reshape(3, -1)
    rows = np.empty((number, taps.shape[1], PER_TAP), dtype=np.int64)
    rows[:, :, 0] = np.arange(number)[:, None]
    rows[:, :, 1:4] = (taps * np.array(spacing)[:, None]).T
    rows[:, :, 4] = np.arange(taps.shape[1])
    return device.uploaded(rows.reshape(-1))


def gathered(
    x: DeviceArray, weight: DeviceArray, bias: Any, windows: Windows, taps: DeviceArray, shape: Sizes
) -> DeviceArray:
    """The convolution itself."""
    g = windows._replace(
        rows=windows.filters,
        columns=len(x) * windows.length,
        depth=windows.channels * windows.taps,
        span=max(1, windows.channels * windows.taps),
        add=int(bias is not None),
    )
    out = device.empty(tuple(shape), x.dtype)
    extra = (out, weight if bias is None else bias)
    gather.launch(blocks(g, g.groups), weight, x, taps, extra, x.dtype.type(1), g)
    return out


def scattered(
    d_out: DeviceArray, weight: DeviceArray, bias: Any, windows: Windows, taps: DeviceArray, shape: Sizes
) -> DeviceArray:
    """The adjoint of `gathered`: what all windows over a number give it."""
    g = windows._replace(
        rows=windows.channels,
        columns=len(d_out) * windows.size,
        depth=windows.filters * windows.taps,
        span=max(1, windows.filters * windows.taps),
        add=int(bias is not None),
    )
    out = device.empty(tuple(shape), d_out.dtype)
    extra = (out, weight if bias is None else bias)
    scatter.launch(blocks(g, g.groups), weight, d_out, taps, extra, d_out.dtype.type(1), g)
    return out


def weight_gradient(
    d_out: DeviceArray, x: DeviceArray, shape: Sizes, windows: Windows, taps: DeviceArray
) -> DeviceArray:
    """What the windows of x read, times what came of them, added over all windows."""
    rows, columns, depth = windows.filters, windows.channels * windows.taps, len(x) * windows.length
    parts, span = parts_of(rows, columns, depth, windows.groups)
    g = windows._replace(rows=rows, columns=columns, depth=depth, parts=parts, span=span)
    out = device.empty((g.groups, parts, rows * columns), x.dtype)
    correlate.launch(blocks(g, g.groups), d_out, x, taps, (out,), x.dtype.type(1), g)
    return summed(out, tuple(shape), parts, rows * columns)


def bias_gradient(d_out: DeviceArray) -> DeviceArray:
    """The sum over all images and places of each filter."""
    return channel_sums(d_out, d_out.shape[0], d_out.shape[1], prod(d_out.shape[2:]))


@register_jitable
def filter_row(weight: Any, table: Any, g: Any, group: int, i: int, k: int) -> Any:
    """Weight k of filter i of a group."""
    return weight[(group * g.filters + i) * g.channels * g.taps + k]


@register_jitable
def filter_column(weight: Any, table: Any, g: Any, group: int, i: int, k: int) -> Any:
    """What the filter and tap k of a group have for channel i."""
    number, tap = table[PER_TAP * k], table[PER_TAP * k + 4]
    return weight[((group * g.filters + number) * g.channels + i) * g.taps + tap]


@register_jitable
def window_value(x: Any, table: Any, g: Any, group: int, k: int, j: int) -> Any:
    """What channel and tap k of a group read for number j of the result, counted over all images; 0 outside."""
    image = j // g.length
    at = j - image * g.length
    line = at // g.out2
    plane = line // g.out1
    i0 = plane * g.stride0 - g.front0 + table[PER_TAP * k + 1]
    i1 = (line - plane * g.out1) * g.stride1 - g.front1 + table[PER_TAP * k + 2]
    i2 = (at - line * g.out2) * g.stride2 - g.front2 + table[PER_TAP * k + 3]
    if 0 <= i0 < g.size0 and 0 <= i1 < g.size1 and 0 <= i2 < g.size2:
        channel = (image * g.groups + group) * g.channels + table[PER_TAP * k]
        return x[channel * g.size + (i0 * g.size1 + i1) * g.size2 + i2]
    return x.dtype.type(0)


@register_jitable
def window_row(x: Any, table: Any, g: Any, group: int, k: int, j: int) -> Any:
    """`window_value` where the sum runs over the numbers of the result."""
    return window_value(x, table, g, group, j, k)


@register_jitable
def scattered_value(d_out: Any, table: Any, g: Any, group: int, k: int, j: int) -> Any:
    """What filter and tap k of a group give number j of the image, counted over all images.

    It is the number of the result whose window has that tap there; 0 where there is none.
    """
    image = j // g.size
    at = j - image * g.size
    line = at // g.size2
    plane = line // g.size1
    i0 = plane + g.front0 - table[PER_TAP * k + 1]
    i1 = line - plane * g.size1 + g.front1 - table[PER_TAP * k + 2]
    i2 = at - line * g.size2 + g.front2 - table[PER_TAP * k + 3]
    if i0 >= 0 and i1 >= 0 and i2 >= 0:
        o0, o1, o2 = i0 // g.stride0, i1 // g.stride1, i2 // g.stride2
        aligned = o0 * g.stride0 == i0 and o1 * g.stride1 == i1 and o2 * g.stride2 == i2
        if aligned and o0 < g.out0 and o1 < g.out1 and o2 < g.out2:
            number = (image * g.groups + group) * g.filters + table[PER_TAP * k]
            return d_out[number * g.length + (o0 * g.out1 + o1) * g.out2 + o2]
    return d_out.dtype.type(0)


@register_jitable
def result_value(d_out: Any, table: Any, g: Any, group: int, i: int, k: int) -> Any:
    """Number k of filter i of a group, counted over all images."""
    image = k // g.length
    return d_out[((image * g.groups + group) * g.filters + i) * g.length + k - image * g.length]


@register_jitable
def store_planes(out: Any, bias: Any, add: int, channel: int, channels: int, length: int, j: int, value: Any) -> None:
    """Puts number j of a channel, counted over all images, where it belongs."""
    image = j // length
    if add:
        value += bias[channel]
    out[(image * channels + channel) * length + j - image * length] = value


@register_jitable
def store_result(extra: Any, alpha: Any, g: Any, group: int, row: int, column: int, values: Any) -> None:
    """A filter's numbers."""
    for c in range(MICRO):
        j = column + c * SIDE
        if j < g.columns:
            channel = group * g.filters + row
            store_planes(extra[0], extra[1], g.add, channel, g.groups * g.filters, g.length, j, values[c])


@register_jitable
def store_image(extra: Any, alpha: Any, g: Any, group: int, row: int, column: int, values: Any) -> None:
    """A channel's numbers."""
    for c in range(MICRO):
        j = column + c * SIDE
        if j < g.columns:
            channel = group * g.channels + row
            store_planes(extra[0], extra[1], g.add, channel, g.groups * g.channels, g.size, j, values[c])


@register_jitable
def store_weights(extra: Any, alpha: Any, g: Any, z: int, row: int, column: int, values: Any) -> None:
    """A part of a filter's gradient."""
    for c in range(MICRO):
        j = column + c * SIDE
        if j < g.columns:
            extra[0][(z * g.rows + row) * g.columns + j] = values[c]


gather = tiled("conv.gather", Windows, 2, filter_row, window_value, store_result, (True, False))
scatter = tiled("conv.lay_down", Windows, 2, filter_column, scattered_value, store_image, (False, False))
correlate = tiled("conv.correlate", Windows, 1, result_value, window_row, store_weights, (True, True))
