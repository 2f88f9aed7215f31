"""A product of matrices in one register tile: `rows` rows of C, `vectors` vectors of LANES numbers wide.

    for m in range(rows):
        for j in range(vectors):
            C[m·c_row + places[j] :][:LANES] (+)= Σ_k A[m·a_row + k·a_step] · B[steps[k] + places[j] :][:LANES]

All sums stay in registers from the first k to the last. With a table for B's steps a row of B may lie anywhere: in a
matrix, or in an image, where a tap of a filter reads the image moved by some places.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic, register_jitable

from .emit import I64, Emit, Value, outlined
from .machine import LANES, heights


def tile(rows: int, vectors: int) -> Any:
    """For kernels: f(A, a_row, a_step, B, steps, K, C, c_row, places, add).

    A, B, C, steps, places: addresses; steps and places are int64. a_row, a_step, c_row: numbers of float32. add: 1 to
    add to C, 0 to write it.
    """

    def body(
        e: Emit, a: Value, a_row: Value, a_step: Value, b: Value, steps: Value, count: Value, c: Value, c_row: Value,
        places: Value, add: Value,
    ) -> None:  # fmt: skip
        builder = e.builder
        table, where = e.pointer(steps, I64), e.pointer(places, I64)
        offsets = [builder.load(e.at(where, j)) for j in range(vectors)]
        columns = [e.at(e.pointer(b), offset) for offset in offsets]
        lines = [e.at(e.pointer(a), e.times(a_row, m)) for m in range(rows)]
        results = [[e.at(e.pointer(c), e.times(c_row, m), offset) for offset in offsets] for m in range(rows)]
        sums = e.begun(add, lambda: [e.load(place) for line in results for place in line])

        def step(k: Value, sums: list[Value]) -> list[Value]:
            offset = builder.load(e.at(table, k))
            row = [e.load(e.at(column, offset)) for column in columns]
            further = e.times(k, a_step)
            factors = [e.splat(builder.load(e.at(line, further))) for line in lines]
            return [e.fma(factors[place // vectors], row[place % vectors], old) for place, old in enumerate(sums)]

        for place, value in enumerate(e.repeat(count, sums, step)):
            e.store(value, results[place // vectors][place % vectors])

    name = f"tile_{rows}_{vectors}_{LANES}"

    @intrinsic
    def product(
        context: Any, a: Any, a_row: Any, a_step: Any, b: Any, steps: Any, k: Any, c: Any, c_row: Any, places: Any,
        add: Any,
    ) -> Any:  # fmt: skip
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return outlined(context, builder, name, [I64] * 10, arguments, body)

        return types.void(*[types.intp] * 10), generate

    return product


def column(vectors: int) -> Any:
    """For kernels: tiles one below the other for any number of rows; as `tile`, with the rows before K."""
    tallest, *rest = heights(vectors) if LANES else (1,)
    big = tile(tallest, vectors)
    four, two, one = (tile(height, vectors) if height in rest else None for height in (4, 2, 1))
    if one is None:
        one = big
    has_four, has_two = four is not None, two is not None
    four, two = four or one, two or one

    @register_jitable
    def product(
        a: int, a_row: int, a_step: int, b: int, steps: int, rows: int, k: int, c: int, c_row: int, places: int,
        add: int,
    ) -> None:  # fmt: skip
        row = 0
        while row + tallest <= rows:
            big(a + row * a_row * 4, a_row, a_step, b, steps, k, c + row * c_row * 4, c_row, places, add)
            row += tallest
        if has_four:
            while row + 4 <= rows:
                four(a + row * a_row * 4, a_row, a_step, b, steps, k, c + row * c_row * 4, c_row, places, add)
                row += 4
        if has_two and row + 2 <= rows:
            two(a + row * a_row * 4, a_row, a_step, b, steps, k, c + row * c_row * 4, c_row, places, add)
            row += 2
        while row < rows:
            one(a + row * a_row * 4, a_row, a_step, b, steps, k, c + row * c_row * 4, c_row, places, add)
            row += 1

    product.__name__ = product.__qualname__ = f"column_{vectors}"
    return product
