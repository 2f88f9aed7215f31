"""Embedding: rows of a table, looked up."""

from __future__ import annotations

import numpy as np

from ..compile import Array, kernel


def embedding_forward(indices: Array, weight: Array) -> Array:
    """(R) and (words, m) to (R, m)."""
    return np.take(weight, indices, axis=0)


def embedding_backward(d_out: Array, indices: Array, words: int) -> Array:
    """The gradient of the table (words, m): each row's is the sum over the places where it was looked up."""
    d_weight = np.zeros((words, d_out.shape[1]), dtype=d_out.dtype)
    add_rows(d_out, indices, d_weight)
    return d_weight


@kernel("T[:, ::1]", "int64[::1]", "T[:, ::1]")
def add_rows(rows: Array, indices: Array, table: Array) -> None:
    """Adds each row to the row of the table with its index."""
    for place in range(len(indices)):
        for column in range(rows.shape[1]):
            table[indices[place], column] += rows[place, column]
