"""Embedding: rows of a table, looked up."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compile import Array
from . import device
from .device import DeviceArray, cuda, downloaded, kernel, on_device, uploaded
from .reductions import spread, threads


@on_device
def embedding_forward(indices: Array, weight: DeviceArray) -> DeviceArray:
    """(R) and (words, m) to (R, m)."""
    width = weight.shape[1]
    out = device.empty((len(indices), width), weight.dtype)
    take_rows.launch(spread(out.size), weight, uploaded(indices), out, width, out.size)
    return out


@on_device
def embedding_backward(d_out: DeviceArray, indices: Array, words: int) -> DeviceArray:
    """The gradient of the table (words, m): each row's is the sum over the places where it was looked up.

    The places are sorted by word first, so that each number is added up by one thread, place after place.
    """
    places = downloaded(indices)
    order = np.argsort(places, kind="stable").astype(np.int64)
    starts = np.searchsorted(places[order], np.arange(words + 1)).astype(np.int64)
    width = d_out.shape[1]
    d_weight = device.empty((words, width), d_out.dtype)
    add_places.launch(spread(d_weight.size), d_out, uploaded(order), uploaded(starts), d_weight, width, d_weight.size)
    return d_weight


@kernel("T[]", "int64[]", "T[]", "int64", "int64", threads=threads)
def take_rows(table: Any, indices: Any, out: Any, width: int, count: int) -> None:
    """Each row with its index."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        row = at // width
        out[at] = table[indices[row] * width + at - row * width]


@kernel("T[]", "int64[]", "int64[]", "T[]", "int64", "int64", threads=threads)
def add_places(rows: Any, order: Any, starts: Any, table: Any, width: int, count: int) -> None:
    """The sum of the rows of each word: those of `order` from its start to the next word's."""
    at = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if at < count:
        word = at // width
        column = at - word * width
        total = rows.dtype.type(0)
        for place in range(starts[word], starts[word + 1]):
            total += rows[order[place] * width + column]
        table[at] = total
