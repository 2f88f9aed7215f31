"""Softmax and its logarithm over the rows of (R, n), a block for each row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import device
from .device import DeviceArray, cuda, kernel, on_device
from .reductions import THREADS, block_max, block_sum, threads


@on_device
def softmax_forward(x: DeviceArray) -> DeviceArray:
    """e^x by the row's sum, the row's largest subtracted first."""
    out = device.empty_like(x)
    softmax_rows.launch(len(x), x, out, x.shape[1])
    return out


@on_device
def softmax_backward(d_out: DeviceArray, out: DeviceArray) -> DeviceArray:
    """The gradient of x: s ⊙ (d − Σ d⊙s)."""
    d_x = device.empty_like(out)
    softmax_rows_backward.launch(len(out), d_out, out, d_x, out.shape[1])
    return d_x


@on_device
def log_softmax_forward(x: DeviceArray) -> DeviceArray:
    """x − ln Σ e^x of each row."""
    out = device.empty_like(x)
    log_softmax_rows.launch(len(x), x, out, x.shape[1])
    return out


@on_device
def log_softmax_backward(d_out: DeviceArray, out: DeviceArray) -> DeviceArray:
    """The gradient of x: d − softmax · Σ d."""
    d_x = device.empty_like(out)
    log_softmax_rows_backward.launch(len(out), d_out, out, d_x, out.shape[1])
    return d_x


def softmax_recorded(x: Any) -> tuple[Any, Callable[[Any], Any]]:
    """The softmax, which may be written into, and from its gradient that of x."""
    out: Any = softmax_forward(x)
    kept = out.copy()
    return out, lambda d_out: softmax_backward(d_out, kept)


def log_softmax_recorded(x: Any) -> tuple[Any, Callable[[Any], Any]]:
    """As `softmax_recorded`, of the logarithm."""
    out: Any = log_softmax_forward(x)
    kept = out.copy()
    return out, lambda d_out: log_softmax_backward(d_out, kept)


@kernel("T[]", "T[]", "int64", threads=threads)
def softmax_rows(x: Any, out: Any, width: int) -> None:
    """Softmax of each row."""
    shared = cuda.shared.array(THREADS, x.dtype)
    first, step = cuda.blockIdx.x * width + cuda.threadIdx.x, cuda.blockDim.x
    end = (cuda.blockIdx.x + 1) * width
    largest = x.dtype.type(-np.inf)
    for at in range(first, end, step):
        largest = max(largest, x[at])
    largest = block_max(shared, largest)
    total = x.dtype.type(0)
    for at in range(first, end, step):
        power = np.exp(x[at] - largest)
        out[at] = power
        total += power
    total = block_sum(shared, total)
    for at in range(first, end, step):
        out[at] /= total


@kernel("T[]", "T[]", "T[]", "int64", threads=threads)
def softmax_rows_backward(d_out: Any, out: Any, d_x: Any, width: int) -> None:
    """The gradient of each row."""
    shared = cuda.shared.array(THREADS, out.dtype)
    first, step = cuda.blockIdx.x * width + cuda.threadIdx.x, cuda.blockDim.x
    end = (cuda.blockIdx.x + 1) * width
    total = out.dtype.type(0)
    for at in range(first, end, step):
        total += d_out[at] * out[at]
    total = block_sum(shared, total)
    for at in range(first, end, step):
        d_x[at] = out[at] * (d_out[at] - total)


@kernel("T[]", "T[]", "int64", threads=threads)
def log_softmax_rows(x: Any, out: Any, width: int) -> None:
    """The logarithm of the softmax of each row."""
    shared = cuda.shared.array(THREADS, x.dtype)
    first, step = cuda.blockIdx.x * width + cuda.threadIdx.x, cuda.blockDim.x
    end = (cuda.blockIdx.x + 1) * width
    largest = x.dtype.type(-np.inf)
    for at in range(first, end, step):
        largest = max(largest, x[at])
    largest = block_max(shared, largest)
    total = x.dtype.type(0)
    for at in range(first, end, step):
        total += np.exp(x[at] - largest)
    shift = largest + np.log(block_sum(shared, total))
    for at in range(first, end, step):
        out[at] = x[at] - shift


@kernel("T[]", "T[]", "T[]", "int64", threads=threads)
def log_softmax_rows_backward(d_out: Any, out: Any, d_x: Any, width: int) -> None:
    """The gradient of each row."""
    shared = cuda.shared.array(THREADS, out.dtype)
    first, step = cuda.blockIdx.x * width + cuda.threadIdx.x, cuda.blockDim.x
    end = (cuda.blockIdx.x + 1) * width
    total = out.dtype.type(0)
    for at in range(first, end, step):
        total += d_out[at]
    total = block_sum(shared, total)
    for at in range(first, end, step):
        d_x[at] = d_out[at] - np.exp(out[at]) * total
