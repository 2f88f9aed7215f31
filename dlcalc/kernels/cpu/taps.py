"""Sums over the taps of a filter, where as many images as a vector has lanes lie side by side.

A number is then a vector, and whatever the width of an image, its stride or its padding, every lane works. `tile`, the
results of a convolution, C (rows, many):

    for m in range(rows):
        sums = Σ_i Σ_j Σ_k A[m·a_row + i·a1 + j·a2 + k·a3] · B[i·b1 + j·b2 + k·b3 :][:many]
        C[m·c_row :][:many] = max(sums + bias[m] (+ C[m·c_row :][:many]), floor)

`dot`, the gradient of its weights, as `dot.dot` with other places in A than in B:

    for m in range(rows):
        for s in range(shifts):
            out[m·many + s] += Σ_i Σ_j Σ_l A[m·a_row + i·a1 + j·a2 + l] · B[shifts[s]·scale + i·b1 + j·b2 + l]

What i, j and k run over is a *walk*: of each loop how often, A's step and B's, the outermost first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numba import types as untyped
from numba.extending import intrinsic, register_jitable

from .dot import totals
from .emit import I64, Emit, Value, cgutils, outlined
from .machine import LANES, tallest

types: Any = untyped

WIDE = 2
"""Vectors of a tile; the last one of a row of odd length is taken by itself."""
HEIGHT = min(8, tallest(WIDE)) if LANES else 1
"""Rows of the tallest tile; those of six, four, two and one make up any number of rows with it."""
_TAKEN, _WALK, _DOT_TAKEN, _DOT_WALK = 9, 9, 7, 6


def _walked(
    e: Emit, walk: Sequence[Value], a: Value, b: Value, sums: list[Value],
    step: Callable[[Value, Value, list[Value]], Sequence[Value]],
) -> list[Value]:  # fmt: skip
    """What step(A, B, sums) makes of the sums at all places of the walk."""
    if not walk:
        return list(step(a, b, sums))
    count, a_step, b_step, *rest = walk

    def moved(i: Value, sums: list[Value]) -> list[Value]:
        return _walked(e, rest, e.at(a, e.times(i, a_step)), e.at(b, e.times(i, b_step)), sums, step)

    return e.repeat(count, sums, moved)


def tile(rows: int, vectors: int) -> Any:
    """For kernels: f(A, a_row, B, C, c_row, bias, floor, add, blocks, walk).

    A, B, C, bias: addresses; a_row, c_row: numbers of float32. floor: 1 for 0, 0 for none. add: 1 to add to C. blocks:
    how many tiles lie side by side. walk: a tuple of nine whole numbers.
    """

    def body(
        e: Emit, a: Value, a_row: Value, b: Value, c: Value, c_row: Value, bias: Value, floor: Value, add: Value,
        blocks: Value, *walk: Value,
    ) -> None:  # fmt: skip
        builder = e.builder
        more = [e.splat(builder.load(e.at(e.pointer(bias), m))) for m in range(rows)]
        lowest = builder.select(builder.icmp_signed("!=", floor, e.whole(0)), e.constant(0), e.constant(-float("inf")))

        def block(place: Value, nothing: list[Value]) -> list[Value]:
            moved = e.times(place, vectors * LANES)
            results = [e.at(e.pointer(c), e.times(c_row, m), moved) for m in range(rows)]
            targets = [e.at(result, j * LANES) for result in results for j in range(vectors)]
            sums = e.begun(add, lambda: [e.load(target) for target in targets])

            def step(a: Value, b: Value, sums: list[Value]) -> list[Value]:
                row = [e.load(e.at(b, j * LANES)) for j in range(vectors)]
                factors = [e.splat(builder.load(e.at(a, e.times(a_row, m)))) for m in range(rows)]
                return [e.fma(factors[at // vectors], row[at % vectors], old) for at, old in enumerate(sums)]

            made = _walked(e, walk, e.pointer(a), e.at(e.pointer(b), moved), sums, step)
            for at, value in enumerate(made):
                e.store(e.larger(lowest, e.add(value, more[at // vectors])), targets[at])
            return nothing

        e.repeat(blocks, [], block)

    name = f"taps_{rows}_{vectors}_{LANES}"

    @intrinsic
    def run(
        context: Any, a: Any, a_row: Any, b: Any, c: Any, c_row: Any, bias: Any, floor: Any, add: Any, blocks: Any,
        walk: Any,
    ) -> Any:  # fmt: skip
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            given = [*arguments[:-1], *cgutils.unpack_tuple(builder, arguments[-1])]
            return outlined(context, builder, name, [I64] * (_TAKEN + _WALK), given, body)

        return types.void(*[types.intp] * _TAKEN, types.UniTuple(types.intp, _WALK)), generate

    return run


def column(vectors: int) -> Any:
    """For kernels: tiles one below the other for any number of rows; as `tile`, with the rows before A."""
    most, six, four, two, one = (tile(rows, vectors) for rows in (HEIGHT, 6, 4, 2, 1))

    @register_jitable
    def run(
        rows: int, a: int, a_row: int, b: int, c: int, c_row: int, bias: int, floor: int, add: int, blocks: int,
        walk: tuple[int, ...],
    ) -> None:  # fmt: skip
        row = 0
        while row < rows:
            left, a_m, c_m, bias_m = rows - row, a + row * a_row * 4, c + row * c_row * 4, bias + row * 4
            if left >= HEIGHT:
                most(a_m, a_row, b, c_m, c_row, bias_m, floor, add, blocks, walk)
                row += HEIGHT
            elif left >= 6:
                six(a_m, a_row, b, c_m, c_row, bias_m, floor, add, blocks, walk)
                row += 6
            elif left >= 4:
                four(a_m, a_row, b, c_m, c_row, bias_m, floor, add, blocks, walk)
                row += 4
            elif left >= 2:
                two(a_m, a_row, b, c_m, c_row, bias_m, floor, add, blocks, walk)
                row += 2
            else:
                one(a_m, a_row, b, c_m, c_row, bias_m, floor, add, blocks, walk)
                row += 1

    run.__name__ = run.__qualname__ = f"column_{vectors}"
    return run


def dot(rows: int, shifts: int) -> Any:
    """For kernels: f(A, a_row, B, table, scale, vectors, out, walk).

    A, B, table, out: addresses; table, of the shifts, is int64. vectors: how many l runs over. out has room for whole
    vectors: what lies behind its rows·shifts numbers may be written. walk: a tuple of six whole numbers.
    """

    def body(
        e: Emit, a: Value, a_row: Value, b: Value, table: Value, scale: Value, vectors: Value, out: Value, *walk: Value
    ) -> None:
        builder = e.builder
        offsets = [e.times(scale, builder.load(e.at(e.pointer(table, I64), s))) for s in range(shifts)]

        def step(a: Value, b: Value, sums: list[Value]) -> list[Value]:
            lines = [e.at(a, e.times(a_row, m)) for m in range(rows)]
            others = [e.at(b, offset) for offset in offsets]

            def vector(v: Value, sums: list[Value]) -> list[Value]:
                further = e.times(v, LANES)
                columns = [e.load(e.at(other, further)) for other in others]
                values = [e.load(e.at(line, further)) for line in lines]
                return [e.fma(values[at // shifts], columns[at % shifts], old) for at, old in enumerate(sums)]

            return e.repeat(vectors, sums, vector)

        sums = _walked(e, walk, e.pointer(a), e.pointer(b), [e.constant(0)] * (rows * shifts), step)
        for start in range(0, len(sums), LANES):
            target = e.at(e.pointer(out), start)
            e.store(e.add(e.load(target), totals(e, sums[start : start + LANES])), target)

    name = f"taps_dot_{rows}_{shifts}_{LANES}"

    @intrinsic
    def run(context: Any, a: Any, a_row: Any, b: Any, table: Any, scale: Any, vectors: Any, out: Any, walk: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            given = [*arguments[:-1], *cgutils.unpack_tuple(builder, arguments[-1])]
            return outlined(context, builder, name, [I64] * (_DOT_TAKEN + _DOT_WALK), given, body)

        return types.void(*[types.intp] * _DOT_TAKEN, types.UniTuple(types.intp, _DOT_WALK)), generate

    return run


def sums_of(e: Emit, start: Value, count: Value) -> Value:
    """The sum of so many vectors."""
    builder, many = e.builder, 4  # a sum waits for the one before: several at a time

    def some(v: Value, sums: list[Value]) -> list[Value]:
        begin = e.at(start, e.times(v, many * LANES))
        return [e.add(old, e.load(e.at(begin, i * LANES))) for i, old in enumerate(sums)]

    whole = builder.sdiv(count, e.whole(many))
    sums = e.repeat(whole, [e.constant(0)] * many, some)
    done = e.times(whole, many)

    def last(v: Value, sums: list[Value]) -> list[Value]:
        return [e.add(sums[0], e.load(e.at(start, e.times(builder.add(done, v), LANES))))]

    (first,) = e.repeat(builder.sub(count, done), sums[:1], last)
    return e.add(e.add(first, sums[1]), e.add(sums[2], sums[3]))


def _total_body(e: Emit, x: Value, count: Value, out: Value) -> None:
    builder, place = e.builder, e.pointer(out)
    number = builder.extract_element(totals(e, [sums_of(e, e.pointer(x), count)]), e.whole(0))
    builder.store(builder.fadd(builder.load(place), number), place)


@intrinsic
def _total_of(context: Any, x: Any, count: Any, out: Any) -> Any:
    """For kernels: total(x, count, out) adds the sum of `count` vectors to a number; addresses."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return outlined(context, builder, f"total_{LANES}", [I64] * 3, arguments, _total_body)

    return types.void(*[types.intp] * 3), generate


total: Any = _total_of
