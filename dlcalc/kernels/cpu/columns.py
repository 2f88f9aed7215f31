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
_one, _two, _three, _four = (column(vectors) for vectors in range(1, WIDEST + 1))
_call = caller(*TAKEN)


@kernel(*TAKEN, inner=True)
def one_wide(
    a: int, a_row: int, a_step: int, b: int, steps: int, rows: int, k: int, c: int, c_row: int, places: int, add: int
) -> None:  # fmt: skip
    """As `tile.column` of one vector."""
    _one(a, a_row, a_step, b, steps, rows, k, c, c_row, places, add)


@kernel(*TAKEN, inner=True)
def two_wide(
    a: int, a_row: int, a_step: int, b: int, steps: int, rows: int, k: int, c: int, c_row: int, places: int, add: int
) -> None:  # fmt: skip
    """As `tile.column` of two vectors."""
    _two(a, a_row, a_step, b, steps, rows, k, c, c_row, places, add)


@kernel(*TAKEN, inner=True)
def three_wide(
    a: int, a_row: int, a_step: int, b: int, steps: int, rows: int, k: int, c: int, c_row: int, places: int, add: int
) -> None:  # fmt: skip
    """As `tile.column` of three vectors."""
    _three(a, a_row, a_step, b, steps, rows, k, c, c_row, places, add)


@kernel(*TAKEN, inner=True)
def four_wide(
    a: int, a_row: int, a_step: int, b: int, steps: int, rows: int, k: int, c: int, c_row: int, places: int, add: int
) -> None:  # fmt: skip
    """As `tile.column` of four vectors."""
    _four(a, a_row, a_step, b, steps, rows, k, c, c_row, places, add)


@cache
def codes(*vectors: int) -> tuple[int, ...]:
    """At each number of vectors the address of its column, compiled or loaded for those that are named; else 0."""
    columns = (None, one_wide, two_wide, three_wide, four_wide)
    return tuple(address(each) if number in vectors else 0 for number, each in enumerate(columns))


@register_jitable
def tiles(
    table: Array, vectors: int, a: int, a_row: int, a_step: int, b: int, steps: Array, rows: int, k: int, c: int,
    c_row: int, places: Array, add: int,
) -> None:  # fmt: skip
    """As `tile.column`, with the arrays of steps and places; table: `codes`."""
    _call(table[vectors], (a, a_row, a_step, b, steps.ctypes.data, rows, k, c, c_row, places.ctypes.data, add))
