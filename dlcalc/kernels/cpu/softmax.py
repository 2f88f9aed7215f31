"""Softmax and its logarithm over the rows of (R, n)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..compile import Array, kernel
from . import vectors
from .machine import tiled


def softmax_forward(x: Array) -> Array:
    """e^x by the row's sum, the row's largest subtracted first."""
    out = np.empty_like(x)
    softmax_into(x, out)
    return out


def softmax_into(x: Array, out: Array) -> Array:
    """As `softmax_forward`, into `out`; of each row two numbers, which `softmax_recorded` keeps."""
    parts = np.empty((len(x), 2), x.dtype)
    if tiled(x):
        vectors.softmax_all(x, out, parts, False)
    else:
        softmax_rows(x, out)
    return parts


def softmax_backward(d_out: Array, out: Array) -> Array:
    """The gradient of x: s ⊙ (d − Σ d⊙s)."""
    d_x = np.empty_like(out)
    softmax_back_into(d_out, out, d_x)
    return d_x


def softmax_back_into(d_out: Array, out: Array, d_x: Array) -> None:
    """As `softmax_backward`, into `d_x`."""
    if tiled(out):
        vectors.softmax_all_backward(d_out, out, d_x, False)
    else:
        softmax_rows_backward(d_out, out, d_x)


def softmax_recorded(x: Array) -> tuple[Array, Callable[[Array], Array]]:
    """The softmax, which may be written into, and from its gradient that of x, into which nothing is written."""
    out = np.empty_like(x)
    parts = softmax_into(x, out)
    if not tiled(x):
        kept = out.copy()
        return out, lambda d_out: softmax_backward(d_out, kept)

    def back(d_out: Array) -> Array:
        d_x = np.empty_like(x)
        vectors.softmax_all_again(d_out, x, parts, d_x)
        return d_x

    return out, back


def log_softmax_forward(x: Array) -> Array:
    """x − ln Σ e^x of each row."""
    out = np.empty_like(x)
    if tiled(x):
        vectors.softmax_all(x, out, x[:0], True)
    else:
        log_softmax_rows(x, out)
    return out


def log_softmax_recorded(x: Array) -> tuple[Array, Callable[[Array], Array]]:
    """As `softmax_recorded`, of the logarithm."""
    out = log_softmax_forward(x)
    kept = out.copy()
    return out, lambda d_out: log_softmax_backward(d_out, kept)


def log_softmax_backward(d_out: Array, out: Array) -> Array:
    """The gradient of x: d − softmax · Σ d."""
    d_x = np.empty_like(out)
    if tiled(out):
        vectors.softmax_all_backward(d_out, out, d_x, True)
    else:
        log_softmax_rows_backward(d_out, out, d_x)
    return d_x


@kernel("T[:, ::1]", "T[:, ::1]")
def softmax_rows(x: Array, out: Array) -> None:
    """Softmax of each row."""
    for row in range(x.shape[0]):
        largest = x.dtype.type(-np.inf)
        for column in range(x.shape[1]):
            largest = max(largest, x[row, column])
        total = np.float64(0)
        for column in range(x.shape[1]):
            out[row, column] = np.exp(x[row, column] - largest)
            total += out[row, column]
        for column in range(x.shape[1]):
            out[row, column] /= x.dtype.type(total)


@kernel("T[:, ::1]", "T[:, ::1]", "T[:, ::1]")
def softmax_rows_backward(d_out: Array, out: Array, d_x: Array) -> None:
    """The gradient of each row."""
    for row in range(out.shape[0]):
        total = np.float64(0)
        for column in range(out.shape[1]):
            total += d_out[row, column] * out[row, column]
        for column in range(out.shape[1]):
            d_x[row, column] = out[row, column] * (d_out[row, column] - out.dtype.type(total))


@kernel("T[:, ::1]", "T[:, ::1]")
def log_softmax_rows(x: Array, out: Array) -> None:
    """The logarithm of the softmax of each row."""
    for row in range(x.shape[0]):
        largest = x.dtype.type(-np.inf)
        for column in range(x.shape[1]):
            largest = max(largest, x[row, column])
        total = np.float64(0)
        for column in range(x.shape[1]):
            total += np.exp(x[row, column] - largest)
        shift = largest + x.dtype.type(np.log(total))
        for column in range(x.shape[1]):
            out[row, column] = x[row, column] - shift


@kernel("T[:, ::1]", "T[:, ::1]", "T[:, ::1]")
def log_softmax_rows_backward(d_out: Array, out: Array, d_x: Array) -> None:
    """The gradient of each row."""
    for row in range(out.shape[0]):
        total = np.float64(0)
        for column in range(out.shape[1]):
            total += d_out[row, column]
        for column in range(out.shape[1]):
            d_x[row, column] = d_out[row, column] - np.exp(out[row, column]) * out.dtype.type(total)
