"""Sums over places in one register tile: every row of A with every shifted B.

    for m in range(rows):
        for j in range(SHIFTS):
            out[m·SHIFTS + j] += Σ_q Σ_l A[m·a_row + places[q] + l] · B[shifts[j] + places[q] + l]     (l < LANES)

What a weight's gradient is: A the gradient of the output, B the input moved by a tap. Each sum has a vector of its own
until the end, when a tree of shuffles adds the lanes of LANES sums at a time.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic, register_jitable

from .emit import I64, Emit, Value, outlined
from .machine import LANES

SHIFTS = {16: 6, 8: 3, 4: 6}.get(LANES, 1)
ROWS = 4
ROOM = -(-ROWS * max(1, SHIFTS) // max(1, LANES)) * max(1, LANES)
"""Numbers of float32 that `out` has room for: a whole number of vectors."""


def dot(rows: int) -> Any:
    """For kernels: f(A, a_row, B, shifts, places, Q, out).

    A, B, shifts, places, out: addresses; shifts (SHIFTS) and places (Q) are int64. out has room for whole vectors:
    what lies behind its rows·SHIFTS numbers may be written.
    """

    def body(e: Emit, a: Value, a_row: Value, b: Value, shifts: Value, places: Value, count: Value, out: Value) -> None:
        builder = e.builder
        where, moved = e.pointer(places, I64), e.pointer(shifts, I64)
        others = [e.at(e.pointer(b), builder.load(e.at(moved, j))) for j in range(SHIFTS)]
        lines = [e.at(e.pointer(a), e.times(a_row, m)) for m in range(rows)]

        def step(q: Value, sums: list[Value]) -> list[Value]:
            place = builder.load(e.at(where, q))
            columns = [e.load(e.at(other, place)) for other in others]
            values = [e.load(e.at(line, place)) for line in lines]
            return [e.fma(values[i // SHIFTS], columns[i % SHIFTS], old) for i, old in enumerate(sums)]

        sums = e.repeat(count, [e.constant(0)] * (rows * SHIFTS), step)
        for start in range(0, len(sums), LANES):
            target = e.at(e.pointer(out), start)
            e.store(e.add(e.load(target), totals(e, sums[start : start + LANES])), target)

    name = f"dot_{rows}_{SHIFTS}_{LANES}"

    @intrinsic
    def product(context: Any, a: Any, a_row: Any, b: Any, shifts: Any, places: Any, q: Any, out: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return outlined(context, builder, name, [I64] * 7, arguments, body)

        return types.void(*[types.intp] * 7), generate

    return product


def totals(e: Emit, vectors: list[Value]) -> Value:
    """The sum of each vector's lanes, the first vector's in the first lane: log₂(LANES) stages of shuffles."""
    vectors = vectors + [e.constant(0)] * (LANES - len(vectors))
    while len(vectors) > 1:
        # of a pair, the one's sums go to the lanes whose bit is clear, the other's to those where it is set
        half = len(vectors) // 2
        low = [lane if not lane & half else lane - half + LANES for lane in range(LANES)]
        high = [lane + half if not lane & half else lane + LANES for lane in range(LANES)]
        pairs = list(zip(vectors[:half], vectors[half:], strict=True))
        vectors = [e.add(e.shuffled(x, y, low), e.shuffled(x, y, high)) for x, y in pairs]
    return vectors[0]


_four: Any
_two: Any
_one: Any
_four, _two, _one = (dot(rows) if LANES else None for rows in (ROWS, 2, 1))


@register_jitable
def dots(a: int, a_row: int, b: int, shifts: int, places: int, q: int, rows: int, out: int) -> None:
    """As `dot` for 1 to ROWS rows."""
    row = 0
    if rows == 4:
        _four(a, a_row, b, shifts, places, q, out)
    else:
        if rows >= 2:
            _two(a, a_row, b, shifts, places, q, out)
            row = 2
        if rows > row:
            _one(a + row * a_row * 4, a_row, b, shifts, places, q, out + row * SHIFTS * 4)
