"""Tiles one below the other, one to four vectors wide, each compiled once: kernels call them by their addresses.

In every kernel that multiplies, its own tiles would be most of what is compiled.
"""

from __future__ import annotations

from functools import cache

from numba.extending import register_jitable

from ..compile import Array, kernel
from .calls import address, caller
from .tile import column

WIDEST = 4
TAKEN = ("int64",) * 11
COLUMNS = {vectors: kernel(*TAKEN, inner=True)(column(vectors)) for vectors in range(1, WIDEST + 1)}
tiles_at = caller(*TAKEN)
"""tiles_at(address, (…)): `tile.column` at an address that `codes` gave."""


@cache
def codes(*vectors: int) -> tuple[int, ...]:
    """At each number of vectors the address of its column, compiled or loaded for those that are named; else 0."""
    return 0, *(address(each) if number in vectors else 0 for number, each in COLUMNS.items())


@register_jitable
def tiles(
    table: Array, vectors: int, a: int, a_row: int, a_step: int, b: int, steps: Array, rows: int, k: int, c: int,
    c_row: int, places: Array, add: int,
) -> None:  # fmt: skip
    """As `tile.column`, with the arrays of steps and places; table: `codes`."""
    tiles_at(table[vectors], (a, a_row, a_step, b, steps.ctypes.data, rows, k, c, c_row, places.ctypes.data, add))
