"""Steps that work number by number, and those that only move numbers."""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from ... import scalars
from ...compile import Array, kernel
from .cells import RNN, cell
from .row import BEGIN, END, step

sigmoid, uniform = scalars.sigmoid, scalars.uniform
ZERO, HALF, ONE, THREE, SIX = np.float32(0), np.float32(0.5), np.float32(1), np.float32(3), np.float32(6)
SIXTH = 1 / 6
ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky", "softplus", "gelu", "swish", "relu6", "elu", "hardsigmoid",
               "hardswish")  # fmt: skip
"""By their codes; the first six are those of `scalars`."""
FROM_INPUT = ("gelu", "swish", "hardswish")
"""Their slope is not known from their value: the input is kept."""
SWISH, RELU6, ELU, HARD_SIGMOID, HARD_SWISH = range(6, 11)
activate, slope = scalars.activate, scalars.slope
SIGMOID, TANH = scalars.SIGMOID, scalars.TANH
RELU, LEAKY_RELU, SOFTPLUS, GELU = scalars.RELU, scalars.LEAKY_RELU, scalars.SOFTPLUS, scalars.GELU
ROOT_HALF, GAUSS = scalars.ROOT_HALF, scalars.GAUSS


@register_jitable
def _side_by_side(n: int, lanes: int, c: Array) -> tuple[int, int]:
    """The first example and how many, with those that are lacking, where so many lie side by side; 0: none do."""
    return (c[BEGIN], (c[END] - c[BEGIN] + lanes - 1) // lanes * lanes) if lanes > 0 else (0, n)


@step
def activation(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """y = f(x); x and y may be one."""
    first, many = _side_by_side(n, s[7], c)
    kind, size, moved = s[5], many * s[6], first * s[6]
    from_x, to_y = s[1] + moved, s[2] + moved
    x, y = a[from_x : from_x + size], a[to_y : to_y + size]
    sixth, leak, half = a.dtype.type(SIXTH), a.dtype.type(0.01), a.dtype.type(ROOT_HALF)
    if kind <= RELU:
        cell(c[RNN], many, s[6], a, from_x, to_y, kind, 0, 0)
    elif kind <= GELU:
        first = half if kind == GELU else leak
        for at in range(size):
            y[at] = activate(kind, x[at], first, first)
    elif kind == SWISH:
        for at in range(size):
            y[at] = x[at] * sigmoid(x[at])
    elif kind == RELU6:
        for at in range(size):
            y[at] = min(max(x[at], ZERO), SIX)
    elif kind == ELU:
        for at in range(size):
            y[at] = x[at] if x[at] > ZERO else np.expm1(x[at])
    else:
        for at in range(size):
            share = min(max(x[at] * sixth + HALF, ZERO), ONE)
            y[at] = share if kind == HARD_SIGMOID else x[at] * share


@step
def activation_backward(
    n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:
    """The gradient in its place multiplied by the slope, which is read from y where it can be."""
    first, many = _side_by_side(n, s[7], c)
    kind, size, moved = s[5], many * s[6], first * s[6]
    x, y, d = (
        a[s[1] + moved : s[1] + moved + size],
        a[s[2] + moved : s[2] + moved + size],
        a[s[4] + moved : s[4] + moved + size],
    )
    zero, sixth, leak = a.dtype.type(0), a.dtype.type(SIXTH), a.dtype.type(0.01)
    half, density = a.dtype.type(ROOT_HALF), a.dtype.type(GAUSS)
    if kind == SOFTPLUS:
        for at in range(size):
            d[at] *= -np.expm1(-y[at])
    elif kind == LEAKY_RELU:
        for at in range(size):
            d[at] *= leak if y[at] <= zero else ONE
    elif kind == GELU:
        for at in range(size):
            d[at] *= slope(kind, x[at], y[at], half, density)
    elif kind == RELU:
        for at in range(size):
            given = d[at]  # read whether it is kept or not, so that vectors of it are taken
            d[at] = given if y[at] > zero else zero
    elif kind == TANH:  # each of the two in a loop of its own, so that vectors of it are taken
        for at in range(size):
            d[at] *= slope(TANH, zero, y[at], zero, zero)
    elif kind == SIGMOID:
        for at in range(size):
            d[at] *= slope(SIGMOID, zero, y[at], zero, zero)
    elif kind == SWISH:
        for at in range(size):
            share = sigmoid(x[at])
            d[at] *= share + y[at] * (ONE - share)
    elif kind == RELU6:
        for at in range(size):
            d[at] = d[at] if zero < y[at] < SIX else zero
    elif kind == ELU:
        for at in range(size):
            d[at] *= ONE if y[at] > zero else y[at] + ONE
    elif kind == HARD_SIGMOID:
        for at in range(size):
            d[at] *= sixth if zero < y[at] < ONE else zero
    else:
        for at in range(size):
            inner = (x[at] + x[at] + THREE) * sixth
            d[at] *= zero if x[at] <= -THREE else ONE if x[at] >= THREE else inner


@step
def dropout(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """In place; only where a network is trained."""
    if c[0]:
        _switch_off(n, s, s[1], a, c)


@step
def dropout_backward(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """The same places of the gradient."""
    _switch_off(n, s, s[4], a, c)


@kernel("int64", "int64[::1]", "int64", "T[::1]", "int64[::1]", inner=True)
def _switch_off(n: int, s: Array, x: int, a: Array, c: Array) -> None:
    size, seed, first = int(s[6]), int(c[1]) * 4096 + int(s[5]), int(c[2])
    chance = s[7] / 1e9
    factor = a.dtype.type(1 / (1 - chance))
    for example in range(n):
        for place in range(size):
            at = x + example * size + place
            a[at] = 0 if uniform(seed, (first + example) * size + place) < chance else a[at] * factor


@step
def softmax(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """Of each row, in place: e^x by the row's sum, the largest subtracted first."""
    x, rows, width = s[1], n * s[5], s[6]
    for row in range(rows):
        line = a[x + row * width : x + (row + 1) * width]
        largest = line.max()
        total = np.float64(0)
        for j in range(width):
            line[j] = np.exp(line[j] - largest)
            total += line[j]
        share = a.dtype.type(1 / total)
        for j in range(width):
            line[j] *= share


@step
def softmax_backward(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """The gradient in its place: s ⊙ (d − Σ d⊙s)."""
    y, d, rows, width = s[1], s[4], n * s[5], s[6]
    for row in range(rows):
        out, slopes = a[y + row * width : y + (row + 1) * width], a[d + row * width : d + (row + 1) * width]
        total = np.float64(0)
        for j in range(width):
            total += out[j] * slopes[j]
        mean = a.dtype.type(total)
        for j in range(width):
            slopes[j] = out[j] * (slopes[j] - mean)


@kernel("int64", "int64", "int64", "T[::1]", "int64", "int64", "int64", "T[::1]", "int64", "int64", "int64", "T",
        "boolean", inner=True)  # fmt: skip
def move_lines(
    outer: int, lines: int, width: int, x: Array, x_at: int, x_outer: int, x_line: int, y: Array, y_at: int,
    y_outer: int, y_line: int, factor: float, add: bool,
) -> None:  # fmt: skip
    """Copies `outer` blocks of `lines` lines, `width` numbers each, times a factor, or adds them."""
    for block in range(outer):
        for line in range(lines):
            left, right = x_at + block * x_outer + line * x_line, y_at + block * y_outer + line * y_line
            source, target = x[left : left + width], y[right : right + width]
            if add:
                for j in range(width):
                    target[j] += source[j] * factor
            else:
                for j in range(width):
                    target[j] = source[j] * factor


@step
def move(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """Part of x to part of y: what adds, joins, splits, pads and crops is made of."""
    x, y, factor = s[1] + s[16], s[2] + s[17], a.dtype.type(s[12] / 1e9)
    move_lines(n * s[5], s[6], s[7], a, x, s[8], s[9], a, y, s[10], s[11], factor, s[13] > 0)


@step
def move_backward(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """The same way back; where only a part of x was read, `cleared` numbers of each example are 0 first."""
    dx, dy, factor, cleared = s[3], s[4] + s[17], a.dtype.type(s[12] / 1e9), s[15]
    if dx >= 0:
        if s[14] == 0 and cleared > 0:
            a[dx : dx + n * cleared] = 0
        move_lines(
            n * s[5], s[6], s[7], a, dy, s[10], s[11], a, dx + s[16], s[8], s[9], factor, s[14] > 0 or cleared > 0
        )


@step
def permute(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """(N, A, B, w) to (N, B, A, w), or with the examples second on either side: signals to sequences and back."""
    x, y, first, second, width, into_time, from_time = s[1], s[2], s[5], s[6], s[7], s[8], s[9]
    for example in range(n):
        for j in range(first):
            for k in range(second):
                left = (j * n + example) * second + k if from_time else (example * first + j) * second + k
                right = (k * n + example) * first + j if into_time else (example * second + k) * first + j
                for each in range(width):
                    a[y + right * width + each] = a[x + left * width + each]


@step
def permute_backward(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """The same way back."""
    dx, dy, first, second, width, into_time, from_time, add = s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10]
    if dx < 0:
        return
    for example in range(n):
        for j in range(first):
            for k in range(second):
                left = (j * n + example) * second + k if from_time else (example * first + j) * second + k
                right = (k * n + example) * first + j if into_time else (example * second + k) * first + j
                for each in range(width):
                    place = dx + left * width + each
                    a[place] = a[dy + right * width + each] + (a[place] if add else ZERO)


@step
def multiply(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """y = x ⊙ w, where each number of w serves `inner` numbers of x."""
    x, y, w, size, inner = s[1], s[2], s[5], n * s[7], s[8]
    for at in range(size):
        a[y + at] = a[x + at] * a[w + at // inner]


@step
def multiply_backward(
    n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:
    """The gradients of both."""
    x, dx, dy, w, dw, size, inner = s[1], s[3], s[4], s[5], s[6], n * s[7], s[8]
    if dw >= 0:
        for at in range(size // inner):
            total = np.float64(0)
            for each in range(at * inner, (at + 1) * inner):
                total += a[dy + each] * a[x + each]
            a[dw + at] = a.dtype.type(total) + (a[dw + at] if s[10] > 0 else ZERO)
    if dx >= 0:
        for at in range(size):
            a[dx + at] = a[dy + at] * a[w + at // inner] + (a[dx + at] if s[9] > 0 else ZERO)


@step
def scale(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """y = x · scale + shift, learned for each of `channels`, which are `inner` numbers apart; either may be missing."""
    x, y, factors, shift, size, channels, inner = s[1], s[2], s[5], s[6], n * s[7], s[8], s[9]
    for at in range(size):
        channel = at // inner % channels
        value = a[x + at] * p[factors + channel] if factors >= 0 else a[x + at]
        a[y + at] = value + p[shift + channel] if shift >= 0 else value


@step
def scale_backward(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """The gradients of scale, shift and x."""
    x, dx, dy, factors, shift, size, channels, inner = s[1], s[3], s[4], s[5], s[6], n * s[7], s[8], s[9]
    for at in range(size):
        channel = at // inner % channels
        d = a[dy + at]
        if 0 <= shift < len(g):
            g[shift + channel] += d
        if 0 <= factors < len(g):
            g[factors + channel] += d * a[x + at]
        if dx >= 0:
            slope = d * p[factors + channel] if factors >= 0 else d
            a[dx + at] = slope + (a[dx + at] if s[10] > 0 else ZERO)


@step
def embedding(n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array) -> None:
    """The rows of the table with the indices of (T, N)."""
    x, y, w, rows, width = s[1], s[2], s[5], n * s[6], s[7]
    for row in range(rows):
        at = w + i[x + row] * width
        for j in range(width):
            a[y + row * width + j] = p[at + j]


@step
def embedding_backward(
    n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
) -> None:
    """Each row's gradient is the sum over the places where it was looked up."""
    x, dy, w, rows, width = s[1], s[4], s[5], n * s[6], s[7]
    if w < len(g):
        for row in range(rows):
            at = w + i[x + row] * width
            for j in range(width):
                g[at + j] += a[dy + row * width + j]
