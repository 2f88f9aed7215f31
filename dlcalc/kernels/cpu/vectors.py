"""float32 at the speed of memory: activations, softmax, normalisation and squares, a vector of numbers at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import register_jitable

from .. import scalars
from ..compile import Array, kernel
from .emit import Emit, Value
from .functions import gelu, gelu_slope, share, sigmoid, sigmoid_slope, softplus, tanh
from .machine import LANES
from .maps import mapped


def _leaky(e: Emit, numbers: Any, v: Any) -> list[Value]:
    x, zero = v[0], e.constant(0)
    return [e.builder.select(e.builder.fcmp_ordered("<=", x, zero), e.multiply(numbers[0], x), x)]


def _leaky_back(e: Emit, numbers: Any, v: Any) -> list[Value]:
    d, x = v
    steep = e.builder.fcmp_ordered("<=", x, e.constant(0))
    return [e.multiply(d, e.builder.select(steep, numbers[0], e.constant(1)))]


def _relu(e: Emit, _: Any, v: Any) -> list[Value]:
    x, zero = v[0], e.constant(0)
    # NaN stays NaN
    return [e.builder.select(e.builder.fcmp_ordered("<=", x, zero), zero, x)]


def _scaled_normal(e: Emit, numbers: Any, normal: Value) -> list[Value]:
    return [normal, e.fma(normal, numbers[2], numbers[3])]


ONE, TWO = (1,), (1, 1)
SUMMED = 64
"""Vectors that are added up in float32; these sums then are in float64: of a million numbers no digit is lost."""

map_sigmoid = mapped("sigmoid", ONE, ONE, lambda e, _, v: [sigmoid(e, v[0])])
map_tanh = mapped("tanh", ONE, ONE, lambda e, _, v: [tanh(e, v[0])])
map_relu = mapped("relu", ONE, ONE, _relu)
map_leaky = mapped("leaky", ONE, ONE, _leaky, numbers=1)
map_softplus = mapped("softplus", ONE, ONE, lambda e, _, v: [softplus(e, v[0])])
map_gelu = mapped("gelu", ONE, ONE, lambda e, _, v: [gelu(e, v[0])])

sigmoid_back = mapped("sigmoid_back", TWO, ONE, lambda e, _, v: [e.multiply(v[0], sigmoid_slope(e, v[1]))])
tanh_back = mapped(
    "tanh_back", TWO, ONE, lambda e, _, v: [e.multiply(v[0], e.fma(e.negative(v[1]), v[1], e.constant(1)))]
)
relu_back = mapped(
    "relu_back", TWO, ONE, lambda e, _, v: [e.if_above(v[1], e.constant(0), v[0], e.multiply(v[0], e.constant(0)))]
)
leaky_back = mapped("leaky_back", TWO, ONE, _leaky_back, numbers=1)
softplus_back = mapped("softplus_back", TWO, ONE, lambda e, _, v: [e.multiply(v[0], sigmoid(e, v[1]))])
gelu_back = mapped("gelu_back", TWO, ONE, lambda e, _, v: [e.multiply(v[0], gelu_slope(e, v[1]))])

largest = mapped("largest", TWO, ONE, lambda e, _, v: [e.larger(v[0], v[1])], sums=1)
add_up = mapped("add_up", TWO, ONE, lambda e, _, v: [e.add(v[0], v[1])], sums=1)
add_products = mapped("add_products", (1, 1, 1), ONE, lambda e, _, v: [e.fma(v[0], v[1], v[2])], sums=1)
scaled = mapped("scaled", ONE, ONE, lambda e, numbers, v: [e.multiply(v[0], numbers[0])], numbers=1)
moved = mapped("moved", ONE, ONE, lambda e, n, v: [e.subtract(e.subtract(v[0], n[0]), n[1])], numbers=2)


def _exps(e: Emit, numbers: Any, v: Any) -> list[Value]:
    power = share(e, e.subtract(v[0], numbers[0]))
    return [power, e.add(v[1], power)]


def _share_products(e: Emit, numbers: Any, v: Any) -> list[Value]:
    part = e.multiply(share(e, e.subtract(v[1], numbers[0])), numbers[1])
    return [part, e.fma(v[0], part, v[2])]


def _squares(e: Emit, numbers: Any, v: Any) -> list[Value]:
    difference = e.subtract(v[0], numbers[0])
    return [e.fma(difference, difference, v[1])]


powers = mapped("powers", TWO, TWO, _exps, numbers=1, sums=1)
share_products = mapped("share_products", (1, 1, 1), TWO, _share_products, numbers=2, sums=1)
power_sums = mapped("power_sums", TWO, ONE, lambda e, numbers, v: _exps(e, numbers, v)[1:], numbers=1, sums=1)
softmax_slopes = mapped(
    "softmax_slopes", TWO, ONE, lambda e, n, v: [e.multiply(v[1], e.subtract(v[0], n[0]))], numbers=1
)
log_slopes = mapped("log_slopes", TWO, ONE, lambda e, n, v: [e.fma(e.negative(share(e, v[1])), n[0], v[0])], numbers=1)
log_shares = mapped("log_shares", ONE, ONE, lambda e, n, v: [e.multiply(share(e, v[0]), n[0])], numbers=1)
square_sums = mapped("square_sums", TWO, ONE, _squares, numbers=1, sums=1)
normals = mapped("normals", ONE, ONE, lambda e, n, v: [e.multiply(e.subtract(v[0], n[0]), n[1])], numbers=2)
normal_slopes = mapped(
    "normal_slopes", TWO, ONE,
    lambda e, n, v: [e.multiply(n[2], e.fma(e.negative(v[1]), n[1], e.subtract(v[0], n[0])))], numbers=3,
)  # fmt: skip
scaled_normals = mapped(
    "scaled_normals",
    ONE,
    TWO,
    lambda e, n, v: _scaled_normal(e, n, e.multiply(e.subtract(v[0], n[0]), n[1])),
    numbers=4,
)
sums_and_products = mapped(
    "sums_and_products", (1, 1, 1, 1), TWO, lambda e, _, v: [e.add(v[2], v[0]), e.fma(v[0], v[1], v[3])], sums=2
)
square_differences = mapped(
    "square_differences", TWO, ONE,
    lambda e, _, v: [e.multiply(e.subtract(v[0], v[1]), e.subtract(v[0], v[1]))],
)  # fmt: skip


def _twice_differences(e: Emit, _: Any, v: Any) -> list[Value]:
    d = e.multiply(e.multiply(e.constant(2), v[0]), e.subtract(v[1], v[2]))
    return [d, e.negative(d)]


def _shared_differences(e: Emit, numbers: Any, v: Any) -> list[Value]:
    d = e.multiply(numbers[0], e.subtract(v[0], v[1]))
    return [d, e.negative(d)]


def _squares_of_differences(e: Emit, _: Any, v: Any) -> list[Value]:
    difference = e.subtract(v[0], v[1])
    return [e.fma(difference, difference, v[2])]


twice_differences = mapped("twice_differences", (1, 1, 1), TWO, _twice_differences)
shared_differences = mapped("shared_differences", TWO, TWO, _shared_differences, numbers=1)
sums_of_squares = mapped("sums_of_squares", (1, 1, 1), ONE, _squares_of_differences, sums=1)


@register_jitable
def vectors(length: int) -> Any:
    """How many vectors so many numbers are, and how many numbers the last one has."""
    count = (length + LANES - 1) // LANES
    return count, length - (count - 1) * LANES if count else LANES


@register_jitable
def piece(count: int, last: int, begin: int) -> Any:
    """Vectors of one sum in float32 from `begin` on, and how many numbers the last of them has."""
    many = min(SUMMED, count - begin)
    return many, last if begin + many == count else LANES


@register_jitable
def summed(total: Array) -> Any:
    """The sum of a vector's lanes; the vector is 0 afterwards."""
    found = np.float64(0)
    for lane in range(LANES):
        found += total[lane]
        total[lane] = 0
    return found


@register_jitable
def line_top(at: int, count: int, last: int, best: Array) -> Any:
    """The largest of the numbers from an address on."""
    best[:] = -np.inf
    largest(count, last, (at, best.ctypes.data), (LANES, 0), (best.ctypes.data,), (0,), ())
    top = best[0]
    for lane in range(1, LANES):
        top = max(top, best[lane])
    return top


@register_jitable
def line_sum(at: int, count: int, last: int, total: Array) -> Any:
    """Of the numbers from an address on."""
    found, sums = np.float64(0), total.ctypes.data
    for begin in range(0, count, SUMMED):
        many, end = piece(count, last, begin)
        add_up(many, end, (at + begin * LANES * 4, sums), (LANES, 0), (sums,), (0,), ())
        found += summed(total)
    return found


@register_jitable
def product_sum(one: int, other: int, count: int, last: int, total: Array) -> Any:
    """Of the products of the numbers from two addresses on."""
    found, sums = np.float64(0), total.ctypes.data
    for begin in range(0, count, SUMMED):
        many, end = piece(count, last, begin)
        ins = one + begin * LANES * 4, other + begin * LANES * 4, sums
        add_products(many, end, ins, (LANES, LANES, 0), (sums,), (0,), ())
        found += summed(total)
    return found


@kernel("int64", "float32[::1]", "float32", "float32[::1]")
def activations(kind: int, x: Array, a: float, out: Array) -> None:
    """Each number activated, as `scalars.activate` does."""
    count, last = vectors(x.size)
    ins, outs, step = (x.ctypes.data,), (out.ctypes.data,), (LANES,)
    if kind == scalars.SIGMOID:
        map_sigmoid(count, last, ins, step, outs, step, ())
    elif kind == scalars.TANH:
        map_tanh(count, last, ins, step, outs, step, ())
    elif kind == scalars.RELU:
        map_relu(count, last, ins, step, outs, step, ())
    elif kind == scalars.LEAKY_RELU:
        map_leaky(count, last, ins, step, outs, step, (a,))
    elif kind == scalars.SOFTPLUS:
        map_softplus(count, last, ins, step, outs, step, ())
    else:
        map_gelu(count, last, ins, step, outs, step, ())


@kernel("int64", "float32[::1]", "float32[::1]", "float32[::1]", "float32", "float32[::1]")
def activations_backward(kind: int, d_out: Array, x: Array, out: Array, a: float, d_x: Array) -> None:
    """Each gradient multiplied by the slope, as `scalars.slope` says it; a sigmoid from x, which is nearer than y."""
    count, last = vectors(x.size)
    d, outs, steps, step = d_out.ctypes.data, (d_x.ctypes.data,), (LANES, LANES), (LANES,)
    by_x, by_out = (d, x.ctypes.data), (d, out.ctypes.data)
    if kind == scalars.SIGMOID:
        sigmoid_back(count, last, by_x, steps, outs, step, ())
    elif kind == scalars.TANH:
        tanh_back(count, last, by_out, steps, outs, step, ())
    elif kind == scalars.RELU:
        relu_back(count, last, by_out, steps, outs, step, ())
    elif kind == scalars.LEAKY_RELU:
        leaky_back(count, last, by_x, steps, outs, step, (a,))
    elif kind == scalars.SOFTPLUS:
        softplus_back(count, last, by_x, steps, outs, step, ())
    else:
        gelu_back(count, last, by_x, steps, outs, step, ())


@kernel("float32[:, ::1]", "float32[:, ::1]", "float32[:, ::1]", "boolean")
def softmax_all(x: Array, out: Array, parts: Array, logarithm: bool) -> None:
    """Softmax of each row, or its logarithm; of softmax each row's largest number and 1 / Σ go into `parts` (R, 2)."""
    count, last = vectors(x.shape[1])
    best, total = np.empty(LANES, np.float32), np.zeros(LANES, np.float32)
    for row in range(x.shape[0]):
        at, to = x.ctypes.data + row * x.shape[1] * 4, out.ctypes.data + row * x.shape[1] * 4
        top = line_top(at, count, last, best)
        sums, whole = total.ctypes.data, np.float64(0)
        if logarithm:
            for begin in range(0, count, SUMMED):
                many, end = piece(count, last, begin)
                ins = at + begin * LANES * 4, sums
                power_sums(many, end, ins, (LANES, 0), (sums,), (0,), (top,))
                whole += summed(total)
            moved(count, last, (at,), (LANES,), (to,), (LANES,), (top, np.float32(math.log(whole))))
        else:
            for begin in range(0, count, SUMMED):
                many, end = piece(count, last, begin)
                ins, outs = (at + begin * LANES * 4, sums), (to + begin * LANES * 4, sums)
                powers(many, end, ins, (LANES, 0), outs, (LANES, 0), (top,))
                whole += summed(total)
            inverse = np.float32(1.0 / whole)
            parts[row, 0], parts[row, 1] = top, inverse
            scaled(count, last, (to,), (LANES,), (to,), (LANES,), (inverse,))


@kernel("float32[:, ::1]", "float32[:, ::1]", "float32[:, ::1]", "boolean")
def softmax_all_backward(d_out: Array, out: Array, d_x: Array, logarithm: bool) -> None:
    """The gradient of each row."""
    count, last = vectors(out.shape[1])
    total = np.zeros(LANES, np.float32)
    for row in range(out.shape[0]):
        at = row * out.shape[1] * 4
        d, y, to = d_out.ctypes.data + at, out.ctypes.data + at, (d_x.ctypes.data + at,)
        if logarithm:
            whole = np.float32(line_sum(d, count, last, total))
            log_slopes(count, last, (d, y), (LANES, LANES), to, (LANES,), (whole,))
        else:
            whole = np.float32(product_sum(d, y, count, last, total))
            softmax_slopes(count, last, (d, y), (LANES, LANES), to, (LANES,), (whole,))


@kernel("float32[:, ::1]", "float32[:, ::1]", "float32[:, ::1]", "float32[:, ::1]")
def softmax_all_again(d_out: Array, x: Array, parts: Array, d_x: Array) -> None:
    """The gradient of each row, its softmax computed once more from the parts: to keep it would take longer."""
    count, last = vectors(x.shape[1])
    total = np.zeros(LANES, np.float32)
    sums = total.ctypes.data
    for row in range(x.shape[0]):
        at, whole = row * x.shape[1] * 4, np.float64(0)
        d, start, to = d_out.ctypes.data + at, x.ctypes.data + at, d_x.ctypes.data + at
        for begin in range(0, count, SUMMED):
            many, end = piece(count, last, begin)
            place = begin * LANES * 4
            share_products(
                many, end, (d + place, start + place, sums), (LANES, LANES, 0), (to + place, sums), (LANES, 0),
                (parts[row, 0], parts[row, 1]),
            )  # fmt: skip
            whole += summed(total)
        softmax_slopes(count, last, (d, to), (LANES, LANES), (to,), (LANES,), (np.float32(whole),))


@kernel("float32[:, ::1]", "float32[::1]", "int64[::1]", "float32[:, ::1]")
def cross_entropy_slopes(logs: Array, d_out: Array, targets: Array, d_logits: Array) -> None:
    """d (softmax − one-hot) of each row, from the logarithms."""
    count, last = vectors(logs.shape[1])
    for row in range(len(targets)):
        at, target = row * logs.shape[1] * 4, targets[row]
        log_shares(
            count, last, (logs.ctypes.data + at,), (LANES,), (d_logits.ctypes.data + at,), (LANES,), (d_out[row],)
        )  # fmt: skip
        d_logits[row, target] = np.expm1(logs[row, target]) * d_out[row]


@register_jitable
def lines_together(count: int) -> int:
    """Lines of so many vectors whose numbers are added up in float32 before they count in float64; 1 for long ones."""
    return max(1, SUMMED // max(1, count))


@kernel(
    "float32[:, :, ::1]", "float32", "float32[::1]", "float32[::1]", "float32[:, :, ::1]", "float32[:, :, ::1]",
    *["float32[::1]"] * 3,
)  # fmt: skip
def normalise_all(
    x: Array, eps: float, gain: Array, shift: Array, out: Array, result: Array, mean: Array, variance: Array,
    scale: Array,
) -> None:  # fmt: skip
    """As `norm.normalise`: each channel's mean first, then the squares of what is left.

    With a gain and a shift for each channel `result` is what they make of it; both empty: nothing.
    """
    images, channels, length = x.shape
    count, last = vectors(length)
    number, together = max(1, images * length), lines_together(count)
    total = np.zeros(LANES, np.float32)
    sums = total.ctypes.data
    for channel in range(channels):
        added, squares = np.float64(0), np.float64(0)
        for image in range(images):
            at = x.ctypes.data + (image * channels + channel) * length * 4
            for begin in range(0, count, SUMMED):
                many, end = piece(count, last, begin)
                add_up(many, end, (at + begin * LANES * 4, sums), (LANES, 0), (sums,), (0,), ())
                if (image + 1) % together == 0:
                    added += summed(total)
        added += summed(total)
        middle = np.float32(added / number)
        for image in range(images):
            at = x.ctypes.data + (image * channels + channel) * length * 4
            for begin in range(0, count, SUMMED):
                many, end = piece(count, last, begin)
                square_sums(many, end, (at + begin * LANES * 4, sums), (LANES, 0), (sums,), (0,), (middle,))
                if (image + 1) % together == 0:
                    squares += summed(total)
        squares += summed(total)
        mean[channel] = middle
        variance[channel] = squares / number
        scale[channel] = np.float32(1) / np.sqrt(variance[channel] + eps)
        for image in range(images):
            at = (image * channels + channel) * length * 4
            ins, to = (x.ctypes.data + at,), out.ctypes.data + at
            if gain.size:
                scaled_normals(
                    count, last, ins, (LANES,), (to, result.ctypes.data + at), (LANES, LANES),
                    (middle, scale[channel], gain[channel], shift[channel]),
                )  # fmt: skip
            else:
                normals(count, last, ins, (LANES,), (to,), (LANES,), (middle, scale[channel]))


@kernel("float32[:, :, ::1]", "float32[:, :, ::1]", *["float32[::1]"] * 2, "float32[:, :, ::1]", *["float32[::1]"] * 2)
def normalise_all_backward(
    d_out: Array, normal: Array, scale: Array, gain: Array, d_x: Array, d_gain: Array, d_shift: Array
) -> None:  # fmt: skip
    """As `norm.normalise_backward`; with a gain for each channel also its gradient and that of the shift."""
    images, channels, length = normal.shape
    count, last = vectors(length)
    number, together = max(1, images * length), lines_together(count)
    first_total, second_total = np.zeros(LANES, np.float32), np.zeros(LANES, np.float32)
    sums = first_total.ctypes.data, second_total.ctypes.data
    for channel in range(channels):
        first, second = np.float64(0), np.float64(0)
        for image in range(images):
            at = (image * channels + channel) * length * 4
            d, y = d_out.ctypes.data + at, normal.ctypes.data + at
            for begin in range(0, count, SUMMED):
                many, end = piece(count, last, begin)
                place = begin * LANES * 4
                sums_and_products(many, end, (d + place, y + place, *sums), (LANES, LANES, 0, 0), sums, (0, 0), ())
                if (image + 1) % together == 0:
                    first += summed(first_total)
                    second += summed(second_total)
        first += summed(first_total)
        second += summed(second_total)
        times = scale[channel]
        if gain.size:
            d_shift[channel], d_gain[channel] = first, second
            times *= gain[channel]
        numbers = np.float32(first / number), np.float32(second / number), times
        for image in range(images):
            at = (image * channels + channel) * length * 4
            ins = d_out.ctypes.data + at, normal.ctypes.data + at
            normal_slopes(count, last, ins, (LANES, LANES), (d_x.ctypes.data + at,), (LANES,), numbers)


@kernel("float32[::1]", "float32[::1]", "float32[::1]")
def squared_differences(x: Array, target: Array, out: Array) -> None:
    """(x − target)²."""
    count, last = vectors(x.size)
    ins = x.ctypes.data, target.ctypes.data
    square_differences(count, last, ins, (LANES, LANES), (out.ctypes.data,), (LANES,), ())


@kernel(*["float32[::1]"] * 5)
def squared_differences_backward(d_out: Array, x: Array, target: Array, d_x: Array, d_target: Array) -> None:
    """2 d (x − target), and its negative."""
    count, last = vectors(x.size)
    ins, outs = (d_out.ctypes.data, x.ctypes.data, target.ctypes.data), (d_x.ctypes.data, d_target.ctypes.data)
    twice_differences(count, last, ins, (LANES, LANES, LANES), outs, (LANES, LANES), ())


@kernel("float32[::1]", "float32[::1]", "float64[::1]")
def sum_of_squares(x: Array, target: Array, found: Array) -> None:
    """Σ (x − target)², into the first of `found`."""
    count, last = vectors(x.size)
    total, whole = np.zeros(LANES, np.float32), np.float64(0)
    sums = total.ctypes.data
    for begin in range(0, count, SUMMED):
        many, end = piece(count, last, begin)
        ins = x.ctypes.data + begin * LANES * 4, target.ctypes.data + begin * LANES * 4, sums
        sums_of_squares(many, end, ins, (LANES, LANES, 0), (sums,), (0,), ())
        whole += summed(total)
    found[0] = whole


@kernel("float32", *["float32[::1]"] * 4)
def sum_of_squares_backward(twice: float, x: Array, target: Array, d_x: Array, d_target: Array) -> None:
    """twice · (x − target), and its negative."""
    count, last = vectors(x.size)
    ins, outs = (x.ctypes.data, target.ctypes.data), (d_x.ctypes.data, d_target.ctypes.data)
    shared_differences(count, last, ins, (LANES, LANES), outs, (LANES, LANES), (twice,))
