"""Products of float32 by register tiles: C (rows, columns) (+)= A (rows, depth) B (depth, columns).

A tile keeps all its sums in registers from the first k to the last, and reads a row of B as it stands; the last vector
of a row may be cut short. `products` and a network's steps call it by its address; in these any other dtype, and a
processor without such vectors, has the loops of `steps.products`.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic, register_jitable

from ..compile import Array, kernel
from .emit import I64, Emit, Value, outlined
from .machine import LANES, heights

WIDEST = 4
"""Vectors of the widest tile."""
DEEP = 256
"""Most products of one sum at a time: the rows of B that a tile reads stay in a near cache."""


def tile(rows: int, vectors: int, cut: bool, tables: str = "") -> Any:
    """For kernels: f(A, a_row, a_step, B, b_row, K, C, c_row, add, lanes); `lanes`: of the last vector, where it is
    cut.

    A, B, C: addresses; the other distances are numbers of float32. `tables` "b": b_row is the address of where each row
    of B begins; "a": a_row is that of where each row of A begins.
    """

    def body(
        e: Emit, a: Value, a_row: Value, a_step: Value, b: Value, b_row: Value, count: Value, c: Value, c_row: Value,
        add: Value, lanes: Value,
    ) -> None:  # fmt: skip
        builder = e.builder
        mask = e.mask(lanes) if cut else None
        if tables == "a":
            starts = e.pointer(a_row, I64)
            lines = [e.at(e.pointer(a), builder.load(e.at(starts, m))) for m in range(rows)]
        else:
            lines = [e.at(e.pointer(a), e.times(a_row, m)) for m in range(rows)]
        places = e.pointer(b_row, I64) if tables == "b" else None
        results = [[e.at(e.pointer(c), e.times(c_row, m), j * LANES) for j in range(vectors)] for m in range(rows)]

        def load(place: Value, j: int) -> Value:
            return e.load_masked(place, mask) if cut and j == vectors - 1 else e.load(place)

        sums = e.begun(add, lambda: [load(place, j) for line in results for j, place in enumerate(line)])

        def step(k: Value, sums: list[Value]) -> list[Value]:
            moved = e.times(k, b_row) if places is None else builder.load(e.at(places, k))
            start = e.at(e.pointer(b), moved)
            row = [load(e.at(start, j * LANES), j) for j in range(vectors)]
            further = e.times(k, a_step)
            factors = [e.splat(builder.load(e.at(line, further))) for line in lines]
            return [e.fma(factors[at // vectors], row[at % vectors], before) for at, before in enumerate(sums)]

        for at, value in enumerate(e.repeat(count, sums, step)):
            place = results[at // vectors][at % vectors]
            if cut and at % vectors == vectors - 1:
                e.store_masked(value, place, mask)
            else:
                e.store(value, place)

    name = f"block_{rows}_{vectors}_{int(cut)}_{tables}_{LANES}"

    @intrinsic
    def run(
        context: Any, a: Any, a_row: Any, a_step: Any, b: Any, b_row: Any, k: Any, c: Any, c_row: Any, add: Any,
        lanes: Any,
    ) -> Any:  # fmt: skip
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return outlined(context, builder, name, [I64] * 10, arguments, body)

        return types.void(*[types.intp] * 10), generate

    return run


def below(vectors: int, cut: bool, tables: str = "") -> Any:
    """For kernels: tiles one below the other for any number of rows."""
    tallest, *rest = heights(vectors)
    big, one = tile(tallest, vectors, cut, tables), tile(1, vectors, cut, tables)
    two = tile(2, vectors, cut, tables) if 2 in rest else one
    tall, half = tallest, 2 if 2 in rest else 1
    by_table = tables == "a"

    @register_jitable
    def run(
        rows: int, a: int, a_row: int, a_step: int, b: int, b_row: int, k: int, c: int, c_row: int, add: int, lanes: int
    ) -> None:
        row, each = 0, 0 if by_table else a_row * 4  # bytes of a row of A; a table's address moves on instead
        more = 8 if by_table else 0
        while row + tall <= rows:
            big(a + row * each, a_row + row * more, a_step, b, b_row, k, c + row * c_row * 4, c_row, add, lanes)
            row += tall
        while row + half <= rows:
            two(a + row * each, a_row + row * more, a_step, b, b_row, k, c + row * c_row * 4, c_row, add, lanes)
            row += half
        while row < rows:
            one(a + row * each, a_row + row * more, a_step, b, b_row, k, c + row * c_row * 4, c_row, add, lanes)
            row += 1

    return run


def _outer_body(
    e: Emit, rows: Value, a: Value, a_row: Value, b: Value, count: Value, lanes: Value, c: Value, add: Value
) -> None:
    """C = the outer product of a column and a row, of `count` vectors; `lanes`: of its last one. The lines of C lie one
    behind the other and are a vector long at least: a last vector is written whole, and what is too much written over
    by the next line.
    """
    builder, mask = e.builder, e.mask(lanes)
    whole, row = builder.sub(count, e.whole(1)), e.pointer(b)
    rest = e.load_masked(e.at(row, e.times(whole, LANES)), mask)
    line = builder.add(e.times(whole, LANES), lanes)

    def multiplied(m: Value, end: Any) -> list[Value]:
        factor = e.splat(builder.load(e.at(e.pointer(a), e.times(m, a_row))))
        start = e.at(e.pointer(c), e.times(m, line))

        def vector(v: Value, nothing: list[Value]) -> list[Value]:
            moved = e.times(v, LANES)
            place = e.at(start, moved)
            e.store(e.fma(factor, e.load(e.at(row, moved)), e.begun(add, lambda: [e.load(place)])[0]), place)
            return nothing

        e.repeat(whole, [], vector)
        end(factor, e.at(start, e.times(whole, LANES)))
        return []

    def over(factor: Value, place: Value) -> None:
        e.store(e.fma(factor, rest, e.begun(add, lambda: [e.load(place)])[0]), place)

    def cut(factor: Value, place: Value) -> None:
        e.store_masked(e.fma(factor, rest, e.begun(add, lambda: [e.load_masked(place, mask)])[0]), place, mask)

    last = builder.sub(rows, e.whole(1))
    e.repeat(last, [], lambda m, _: multiplied(m, over))
    multiplied(last, cut)


@intrinsic
def _outer_of(
    context: Any, rows: Any, a: Any, a_row: Any, b: Any, count: Any, lanes: Any, c: Any, add: Any
) -> Any:  # fmt: skip
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return outlined(context, builder, f"outer_{LANES}", [I64] * 8, arguments, _outer_body)

    return types.void(*[types.intp] * 8), generate


_outer: Any = _outer_of

if LANES:
    four, two_whole, two_cut, one_cut = below(4, False), below(2, False), below(2, True), below(1, True)

    @kernel("int64", "int64", "int64", "float32[::1]", "int64", "int64", "int64", "float32[::1]", "int64", "int64",
            "float32[::1]", "int64", "int64", "boolean", inner=True)  # fmt: skip
    def tiled_product(
        rows: int, columns: int, depth: int, a: Array, a_at: int, a_row: int, a_step: int, b: Array, b_at: int,
        b_row: int, c: Array, c_at: int, c_row: int, add: bool,
    ) -> None:  # fmt: skip
        """As `steps.products.looped_product`."""
        a0, b0, c0 = a.ctypes.data + a_at * 4, b.ctypes.data + b_at * 4, c.ctypes.data + c_at * 4
        # of a line shorter than a vector the last lines would be written beyond the end of C
        if depth == 1 and c_row == columns >= LANES and rows > 0:
            count = (columns + LANES - 1) // LANES
            _outer(rows, a0, a_row, b0, count, columns - (count - 1) * LANES, c0, 1 if add else 0)
            return
        for first in range(0, max(1, depth), DEEP):
            k, more = min(DEEP, depth - first), 1 if add or first else 0
            start, row = a0 + first * a_step * 4, b0 + first * b_row * 4
            column = 0
            while column + 4 * LANES <= columns:
                four(rows, start, a_row, a_step, row + column * 4, b_row, k, c0 + column * 4, c_row, more, LANES)
                column += 4 * LANES
            while column + 2 * LANES <= columns:
                two_whole(rows, start, a_row, a_step, row + column * 4, b_row, k, c0 + column * 4, c_row, more, LANES)
                column += 2 * LANES
            rest = columns - column
            if rest > LANES:
                two_cut(rows, start, a_row, a_step, row + column * 4, b_row, k, c0 + column * 4, c_row, more,
                        rest - LANES)  # fmt: skip
            elif rest > 0:
                one_cut(rows, start, a_row, a_step, row + column * 4, b_row, k, c0 + column * 4, c_row, more, rest)
