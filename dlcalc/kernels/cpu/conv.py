"""Convolution over one, two or three axes: float32 by register tiles, where the processor has them, else by unfolding.

All of them are one over (N, C, depth, height, width), where a missing axis has size 1. What is
unfolded is one factor of a matrix product, for as many images at a time, or lines of one, as fit into a cache. Where a
function says *pairs*, it means (before, after)
for each axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import prod

import numpy as np

from ..compile import Array, kernel
from . import conv_abreast, direct
from .machine import tiled

UNFOLDED_BYTES = 1 << 22
"""About how much is unfolded at a time."""

Axes = tuple[int, ...]
Sizes = Sequence[int]
Pairs = Sequence[tuple[int, int]]


def conv2d_forward(
    x: Array, weight: Array, bias: Array | None, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int
) -> Array:
    """(N, C, H, W) and (K, C/groups, F, F) to (N, K, H', W'): cross-correlation, as every library means it."""
    output = _output(x, weight, stride, padding, dilation)
    if tiled(x):
        form = _form(x, weight, stride, padding, dilation, output, groups)
        if form is not None:
            return conv_abreast.forward(x, weight, bias, form).reshape(len(x), len(weight), *output)
        plan = _plan(x.shape, weight, stride, padding, dilation, output, groups)
        return direct.forward(_deep(x), weight, bias, plan).reshape(len(x), len(weight), *output)
    geometry = _geometry(weight.shape[2:], stride, padding, dilation, output)
    out = _products(_deep(x), weight, geometry, groups)
    if bias is not None:
        out += bias[:, None]
    return out.reshape(*out.shape[:2], *geometry[4][-(x.ndim - 2) :])


def conv2d_backward(
    d_out: Array,
    x: Array,
    weight: Array,
    stride: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
    with_x: bool = True,
) -> tuple[Array, Array, Array]:
    """The gradients of x, weight and bias. Without x: nothing, of size 0, in its place."""
    deep = _deep(x)
    if tiled(x):
        form = _form(x, weight, stride, padding, dilation, d_out.shape[2:], groups)
        if form is not None:
            d_x, d_weight, d_bias = conv_abreast.gradients(x, d_out, weight, form, with_x)
            return (d_x.reshape(x.shape) if with_x else x[:0]), d_weight.reshape(weight.shape), d_bias
        plan = _plan(x.shape, weight, stride, padding, dilation, d_out.shape[2:], groups)
        d_weight, d_bias = direct.weight_gradients(deep, _deep(d_out), plan)
        as_defined = not _spread(d_weight)
        if as_defined and not with_x:
            return x[:0], d_weight.reshape(weight.shape), d_bias
        if as_defined and _finite(weight):
            d_x = direct.input_gradient(_deep(d_out), weight, None, plan)
            return d_x.reshape(x.shape), d_weight.reshape(weight.shape), d_bias
    geometry = _geometry(weight.shape[2:], stride, padding, dilation, d_out.shape[2:])
    d_weight = _weight_gradient(deep, d_out, weight.shape, geometry, groups)
    if not with_x:
        return x[:0], d_weight, _bias_gradient(d_out)
    d_x = _scattered(d_out, weight, deep.shape, geometry, groups)
    return d_x.reshape(x.shape), d_weight, _bias_gradient(d_out)


def conv_transpose2d_forward(
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
    size: Sizes,
) -> Array:
    """(N, C, H, W) and (C, K/groups, F, F) to (N, K, *size): the gradient of a convolution by its input."""
    geometry = _geometry(weight.shape[2:], stride, padding, dilation, x.shape[2:])
    shape = (len(x), weight.shape[1] * groups, *(1,) * (3 - len(size)), *size)
    if tiled(x) and _finite(weight):
        plan = _plan((*shape[:2], *size), weight, stride, padding, dilation, x.shape[2:], groups)
        return direct.input_gradient(_deep(x), weight, bias, plan).reshape(*shape[:2], *size)
    out = _scattered(x, weight, shape, geometry, groups).reshape(*shape[:2], *size)
    if bias is not None:
        out += bias.reshape(-1, *(1,) * len(size))
    return out


def conv_transpose2d_backward(
    d_out: Array, x: Array, weight: Array, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int
) -> tuple[Array, Array, Array]:
    """The gradients of x, weight and bias: those of a convolution with its input and output changing places."""
    deep = _deep(d_out)
    if tiled(x):
        plan = _plan(d_out.shape, weight, stride, padding, dilation, x.shape[2:], groups)
        d_weight, _ = direct.weight_gradients(deep, _deep(x), plan)
        if not _spread(d_weight):
            found = direct.forward(deep, weight, None, plan)
            return found.reshape(x.shape), d_weight.reshape(weight.shape), _bias_gradient(d_out)
    geometry = _geometry(weight.shape[2:], stride, padding, dilation, x.shape[2:])
    d_x = _products(deep, weight, geometry, groups)
    d_weight = _weight_gradient(deep, x, weight.shape, geometry, groups)
    return d_x.reshape(x.shape), d_weight, _bias_gradient(d_out)


conv3d_forward, conv3d_backward = conv2d_forward, conv2d_backward
"""The same functions: the arrays say how many axes there are."""


def _form(
    x: Array, weight: Array, stride: Sizes, padding: Pairs, dilation: Sizes, output: Sizes, groups: int
) -> conv_abreast.Form | None:
    """Where images are better put side by side; else None."""
    settings = tuple(stride), tuple(front for front, _ in padding), tuple(dilation), tuple(output)
    if not conv_abreast.better(x.shape, weight.shape, *settings, groups):
        return None
    return conv_abreast.formed(x.shape[1:], weight.shape, *settings, groups)


def _plan(
    shape: Sizes, weight: Array, stride: Sizes, padding: Pairs, dilation: Sizes, output: Sizes, groups: int
) -> direct.Plan:
    """Of a convolution whose input has this shape and whose output these sizes."""
    settings = tuple(stride), tuple(front for front, _ in padding), tuple(dilation), tuple(output)
    return _planned(tuple(shape), weight.shape, *settings, groups)


@lru_cache(maxsize=256)
def _planned(
    shape: Axes, weight: Axes, stride: Axes, front: Axes, dilation: Axes, output: Axes, groups: int
) -> direct.Plan:
    def deep(sizes: Axes, missing: int = 1) -> direct.Sizes:
        first, second, third = (*(missing,) * (3 - len(sizes)), *map(int, sizes))
        return first, second, third

    found = direct.Shape(
        shape[1] // groups, weight[0] // groups, groups, deep(shape[2:]), deep(weight[2:]), deep(stride),
        deep(dilation), deep(front, 0), deep(output),
    )  # fmt: skip
    return direct.planned(found, shape[0])


def _spread(d_weight: Array) -> bool:
    """Whether a number that is not finite may have met the zeros between rows, where no tap has a place."""
    return bool(np.isnan(d_weight.min()))


def _finite(weight: Array) -> bool:
    """Whether zeros between rows, times a weight, are zeros."""
    return bool(np.isfinite(weight.min()) and np.isfinite(weight.max()))


def _geometry(window: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes, output: Sizes) -> Array:
    """Five rows of three axes: window, stride, dilation, padding in front, output."""
    rows = np.ones((5, 3), dtype=np.int64)
    rows[3] = 0
    for row, values in zip(rows, (window, stride, dilation, [front for front, _ in padding], output), strict=True):
        row[3 - len(values) :] = values
    return rows


def _output(x: Array, weight: Array, stride: Sizes, padding: Pairs, dilation: Sizes) -> list[int]:
    axes = zip(x.shape[2:], weight.shape[2:], stride, padding, dilation, strict=True)
    return [(n + sum(p) - d * (f - 1) - 1) // s + 1 for n, f, s, p, d in axes]


def _deep(x: Array) -> Array:
    """The array with three axes of space."""
    return x.reshape(*x.shape[:2], *(1,) * (5 - x.ndim), *x.shape[2:])


def _products(x: Array, weight: Array, geometry: Array, groups: int) -> Array:
    """The convolution itself, (N, K, L) with the output's axes in one."""
    filters = weight.reshape(groups, len(weight) // groups, -1)
    out = np.empty((len(x), groups, filters.shape[1], _length(geometry)), dtype=x.dtype)
    for images, places, columns in _unfolded(x, geometry, groups):
        np.matmul(filters, columns, out=out[images, :, :, places])
    return out.reshape(len(x), len(weight), out.shape[3])


def _scattered(d_out: Array, weight: Array, shape: Sizes, geometry: Array, groups: int) -> Array:
    """The adjoint of `_products`: each output value lays its filter down, weighed by itself."""
    d_x = np.zeros(shape, dtype=d_out.dtype)
    filters = weight.reshape(groups, len(weight) // groups, -1).transpose(0, 2, 1)
    parts = d_out.reshape(len(d_out), groups, filters.shape[2], _length(geometry))
    taps = shape[1] * prod(map(int, geometry[0]))
    for images, lines in _blocks(len(d_out), geometry, taps * d_out.itemsize):
        columns = np.matmul(filters, parts[images, :, :, _places(lines, geometry)])
        fold(columns.reshape(len(columns), taps, columns.shape[3]), geometry, lines.start, d_x[images])
    return d_x


def _weight_gradient(x: Array, d_out: Array, shape: Sizes, geometry: Array, groups: int) -> Array:
    d_weight = np.zeros((groups, shape[0] // groups, prod(shape[1:])), dtype=x.dtype)
    parts = d_out.reshape(len(d_out), groups, shape[0] // groups, _length(geometry))
    for images, places, columns in _unfolded(x, geometry, groups):
        d_weight += np.matmul(parts[images, :, :, places], columns.transpose(0, 1, 3, 2)).sum(axis=0)
    return d_weight.reshape(shape)


def _bias_gradient(d_out: Array) -> Array:
    gradient: Array = d_out.sum(axis=(0, *range(2, d_out.ndim)))
    return gradient


def _unfolded(x: Array, geometry: Array, groups: int) -> Iterator[tuple[slice, slice, Array]]:
    """Blocks of images and places, and for each its columns (n, groups, C/groups·taps, L), good until the next."""
    taps = x.shape[1] * prod(map(int, geometry[0]))
    if (geometry[:2] == 1).all() and not geometry[3].any() and (geometry[4] == x.shape[2:]).all():
        # A filter of one tap reads the image as it stands.
        yield slice(0, len(x)), slice(0, None), x.reshape(len(x), groups, taps // groups, _length(geometry))
        return
    buffer = np.empty(0, dtype=x.dtype)
    for images, lines in _blocks(len(x), geometry, taps * x.itemsize):
        block, places = x[images], _places(lines, geometry)
        shape = len(block), taps, places.stop - places.start
        if buffer.size < prod(shape):
            buffer = np.empty(prod(shape), dtype=x.dtype)
        columns = buffer[: prod(shape)].reshape(shape)
        unfold(block, geometry, lines.start, columns)
        yield images, places, columns.reshape(len(block), groups, taps // groups, shape[2])


def _blocks(images: int, geometry: Array, bytes_each: int) -> Iterator[tuple[slice, slice]]:
    """Several images at a time, or of a large image some lines of the output; `bytes_each`: for each place of it."""
    lines = int(geometry[4, 0] * geometry[4, 1])
    at_once = max(1, UNFOLDED_BYTES // (bytes_each * int(geometry[4, 2])))
    count = max(1, at_once // lines)
    for start in range(0, images, count):
        for line in range(0, lines, at_once):
            yield slice(start, min(start + count, images)), slice(line, min(line + at_once, lines))


def _places(lines: slice, geometry: Array) -> slice:
    """The places of the output on these lines, which lie along the last axis."""
    width = int(geometry[4, 2])
    return slice(lines.start * width, lines.stop * width)


def _length(geometry: Array) -> int:
    return prod(map(int, geometry[4]))


@kernel("T[:, :, :, :, ::1]", "int64[:, ::1]", "int64", "T[:, :, ::1]")
def unfold(x: Array, geometry: Array, line: int, columns: Array) -> None:
    """Writes into columns (N, C·taps, L) what each tap reads at each place of the filter; 0 outside the input.

    The places are those on lines of the output, the first of them `line`, as many as columns have room for.
    """
    window, stride, dilation, front, output = geometry[0], geometry[1], geometry[2], geometry[3], geometry[4]
    images, channels, depth, height, width = x.shape
    for image in range(images):
        row = 0
        for channel in range(channels):
            for a0 in range(window[0]):
                for a1 in range(window[1]):
                    for a2 in range(window[2]):
                        shift, step, places = a2 * dilation[2] - front[2], stride[2], output[2]
                        # The places whose tap is inside the input: first ≤ place < last.
                        first = min(places, max(0, -(shift // step)))
                        last = max(first, min(places, (width - 1 - shift) // step + 1))
                        at = 0
                        for over in range(line, line + columns.shape[2] // places):
                            i0 = over // output[1] * stride[0] + a0 * dilation[0] - front[0]
                            i1 = over % output[1] * stride[1] + a1 * dilation[1] - front[1]
                            inside = 0 <= i0 < depth and 0 <= i1 < height
                            begin, end = (first, last) if inside else (0, 0)
                            for o2 in range(begin):
                                columns[image, row, at + o2] = 0
                            if step == 1:
                                for o2 in range(begin, end):
                                    columns[image, row, at + o2] = x[image, channel, i0, i1, o2 + shift]
                            else:
                                for o2 in range(begin, end):
                                    columns[image, row, at + o2] = x[image, channel, i0, i1, o2 * step + shift]
                            for o2 in range(end, places):
                                columns[image, row, at + o2] = 0
                            at += places
                        row += 1


@kernel("T[:, :, ::1]", "int64[:, ::1]", "int64", "T[:, :, :, :, ::1]")
def fold(columns: Array, geometry: Array, line: int, x: Array) -> None:
    """The adjoint of `unfold`: adds each column's numbers to the places of x that they were read from."""
    window, stride, dilation, front, output = geometry[0], geometry[1], geometry[2], geometry[3], geometry[4]
    images, channels, depth, height, width = x.shape
    for image in range(images):
        row = 0
        for channel in range(channels):
            for a0 in range(window[0]):
                for a1 in range(window[1]):
                    for a2 in range(window[2]):
                        shift, step, places = a2 * dilation[2] - front[2], stride[2], output[2]
                        first = min(places, max(0, -(shift // step)))
                        last = max(first, min(places, (width - 1 - shift) // step + 1))
                        at = 0
                        for over in range(line, line + columns.shape[2] // places):
                            i0 = over // output[1] * stride[0] + a0 * dilation[0] - front[0]
                            i1 = over % output[1] * stride[1] + a1 * dilation[1] - front[1]
                            if 0 <= i0 < depth and 0 <= i1 < height:
                                for o2 in range(first, last):
                                    x[image, channel, i0, i1, o2 * step + shift] += columns[image, row, at + o2]
                            at += places
                        row += 1
