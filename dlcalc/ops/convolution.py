"""Convolutions of one, two and three axes, and the transposed one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from ..errors import UserError
from ..kernels.compile import Array
from . import checks
from .checks import Padding, PerAxis
from .recording import Gradients, Pullback, operation

LAYOUTS = {1: "W", 2: "H, W", 3: "D, H, W"}


@operation
def conv1d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    device: str = "cpu",
) -> tuple[Array, Pullback]:
    """(N, C, W) and (K, C/groups, F) to (N, K, W'); padding one number, (before, after), "same" or "valid"."""
    return _conv(1, x, weight, bias, stride, padding, dilation, groups, device)


@operation
def conv2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    device: str = "cpu",
) -> tuple[Array, Pullback]:
    """(N, C, H, W) and (K, C/groups, F, F) to (N, K, H', W'): cross-correlation, the filter is not flipped.

    padding: one number, (height, width), (top, bottom, left, right), "valid", or "same", which gives ⌈n/stride⌉ and
    puts an odd row or column at the bottom and the right.
    """
    return _conv(2, x, weight, bias, stride, padding, dilation, groups, device)


@operation
def conv3d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    device: str = "cpu",
) -> tuple[Array, Pullback]:
    """(N, C, D, H, W) and (K, C/groups, F, F, F) to (N, K, D', H', W'); padding one, three or six numbers or a word."""
    return _conv(3, x, weight, bias, stride, padding, dilation, groups, device)


@operation
def conv_transpose2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    output_padding: PerAxis = 0,
    groups: int = 1,
    dilation: PerAxis = 1,
    device: str = "cpu",
) -> tuple[Array, Pullback]:
    """(N, C, H, W) and (C, K/groups, F, F) to (N, K, H', W'): H' = (H − 1) s − 2p + d (F − 1) + output_padding + 1.

    padding: what is cut off; one number, (height, width) or (top, bottom, left, right).
    """
    x, weight, bias = checks.arrays(x=x, weight=weight, bias=bias)
    checks.ranked("x", x, "N, C, H, W")
    checks.ranked("weight", weight, "C, K/groups, F, F")
    groups = _groups(groups, x.shape[1], weight.shape[0], x, weight)
    if weight.shape[0] != x.shape[1]:
        raise UserError(f"weight has as many rows as x has channels: weight is {weight.shape}, x is {x.shape}")
    checks.shaped("bias", bias, (weight.shape[1] * groups,), "(K)", weight=weight)
    strides, dilations = checks.per_axis("stride", stride, 2, 1), checks.per_axis("dilation", dilation, 2, 1)
    cut, extra = checks.pairs(padding, 2), checks.per_axis("output_padding", output_padding, 2, 0)
    size = []
    for n, f, s, p, d, more in zip(x.shape[2:], weight.shape[2:], strides, cut, dilations, extra, strict=True):
        if more >= max(s, d):
            raise UserError(f"output_padding must be below the stride or the dilation: {more} of {s} and {d}")
        size.append((n - 1) * s - sum(p) + d * (f - 1) + more + 1)
    if min(size) < 1:
        raise UserError(
            f"the padding may not cut everything off: {size[0]}×{size[1]} is left, x is {x.shape}, "
            f"weight is {weight.shape}"
        )
    checks.allocatable(len(x), weight.shape[1] * groups, *size)
    kernels = checks.kernels(device).conv
    out = kernels.conv_transpose2d_forward(x, weight, bias, strides, cut, dilations, groups, tuple(size))

    def pullback(d_out: Array) -> Gradients:
        d_x, d_weight, d_bias = kernels.conv_transpose2d_backward(d_out, x, weight, strides, cut, dilations, groups)
        return {"x": d_x, "weight": d_weight, "bias": None if bias is None else d_bias}

    return out, pullback


def _conv(
    axes: int,
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: PerAxis,
    padding: Padding,
    dilation: PerAxis,
    groups: int,
    device: str,
) -> tuple[Array, Pullback]:
    x, weight, bias = checks.arrays(x=x, weight=weight, bias=bias)
    shapes = axes, x.shape, weight.shape, None if bias is None else bias.shape
    given = stride, padding, dilation, groups
    # True and 1.0 are equal to 1, and no whole numbers: what is not plain is always looked at
    known = all(type(one) in (int, str) for one in given)
    strides, around, dilations, groups = (_settled if known else _settled.__wrapped__)(*shapes, *given)
    kernels = checks.kernels(device).conv
    run, run_backward = (
        (kernels.conv3d_forward, kernels.conv3d_backward)
        if axes == 3
        else (kernels.conv2d_forward, kernels.conv2d_backward)
    )
    # One axis is two, the first of height 1.
    lone = axes == 1
    deep_x, deep_weight = (x[:, :, None], weight[:, :, None]) if lone else (x, weight)
    settings = ((1, *strides), [(0, 0), *around], (1, *dilations)) if lone else (strides, around, dilations)
    out = run(deep_x, deep_weight, bias, *settings, groups)

    def pullback(d_out: Array) -> Gradients:
        deep_d = d_out[:, :, None] if lone else d_out
        d_x, d_weight, d_bias = run_backward(deep_d, deep_x, deep_weight, *settings, groups)
        return {
            "x": d_x.reshape(x.shape),
            "weight": d_weight.reshape(weight.shape),
            "bias": None if bias is None else d_bias,
        }

    return out[:, :, 0] if lone else out, pullback


class _Shaped(NamedTuple):
    """What the checks read of an array."""

    shape: tuple[int, ...]

    @property
    def ndim(self) -> int:
        return len(self.shape)


@lru_cache(maxsize=256)
def _settled(
    axes: int,
    x_shape: tuple[int, ...],
    weight_shape: tuple[int, ...],
    bias_shape: tuple[int, ...] | None,
    stride: PerAxis,
    padding: Padding,
    dilation: PerAxis,
    groups: int,
) -> tuple[tuple[int, ...], list[tuple[int, int]], tuple[int, ...], int]:
    """Strides, paddings, dilations and groups of shapes that fit together: looked at once for all their calls."""
    x: Any = _Shaped(x_shape)
    weight: Any = _Shaped(weight_shape)
    bias: Any = None if bias_shape is None else _Shaped(bias_shape)
    checks.ranked("x", x, f"N, C, {LAYOUTS[axes]}")
    checks.ranked("weight", weight, f"K, C/groups, {', '.join('F' * axes)}")
    groups = _groups(groups, x.shape[1], weight.shape[0], x, weight)
    if weight.shape[1] != x.shape[1] // groups:
        rule = f"a filter reads {x.shape[1] // groups} channels, those of x by the groups"
        raise UserError(f"{rule}: weight is {weight.shape}, x is {x.shape}, groups = {groups}")
    checks.shaped("bias", bias, (weight.shape[0],), "(K)", weight=weight)
    strides, dilations = checks.per_axis("stride", stride, axes, 1), checks.per_axis("dilation", dilation, axes, 1)
    sizes, window = x.shape[2:], weight.shape[2:]
    around = checks.pairs(padding, axes, window, sizes=sizes, stride=strides, dilation=dilations)
    shapes = f"x is {x.shape}, weight is {weight.shape}"
    lines = zip(sizes, window, strides, around, dilations, strict=True)
    size = [checks.window_count(*line, shapes=shapes) for line in lines]
    checks.allocatable(x.shape[0], weight.shape[0], *size)
    return strides, around, dilations, groups


def _groups(groups: int, channels: int, filters: int, x: Array, weight: Array) -> int:
    number = checks.whole("groups", groups, 1)
    if channels % number or filters % number:
        raise UserError(
            f"groups must divide the channels and the filters: {number}, x {x.shape}, weight {weight.shape}"
        )
    return number
