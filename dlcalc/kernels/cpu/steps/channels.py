"""The convolution of one image whose channels lie side by side in the lanes, in float32.

LANES channels at a time stand as (H, W, LANES): what `abreast` has of the images of a batch, for a batch of one. So
the weights, in which the filters lie side by side, are read as they stand, and a number that a tap reads of the padded
image is spread over all lanes. One tile does all three passes: rows of A, which may lie anywhere, times rows of B.

    forwards      rows: outputs    steps: taps       B: weights
    weights       rows: taps       steps: outputs    B: the gradient of the output
    input         rows: outputs    steps: filters    B: the weights of one tap, turned, so that channels are the lanes
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from ...compile import Array, kernel
from ..emit import I64, Emit, Value, outlined
from ..machine import LANES
from ..taps import sums_of
from ..turn import turn_lines
from .row import STEP

ROWS = 6 if LANES == 8 else 8
"""Rows of a tile: with two vectors each, or with two sums of one vector, they stay in registers."""
PLANES, LINES, LINE, HIGH, ACROSS, FRONT, BESIDE, LENGTH, CHANNELS, FILTERS, WINDOW = range(11)
"""Places in the table: planes, lines and numbers in a line of x; lines and numbers in a line of it when it is padded,
and how many of these are in front; outputs, channels, filters, taps in a channel."""
OUTPUTS, PLACES, TAPS, WEIGHTS, DEPTHS = range(11, 16)
"""Where tables begin that say what lies where: of each output what its window begins with, in the padded x, and its own
vector; of each tap what it reads, from there on, and its row of weights; of each filter its number of an output. But
for the last the end of a table is repeated until tiles are full: what comes twice is written twice."""


def tile(vectors: int) -> Any:
    """For kernels: f(A, rows, steps, K, B, b_row, b_next, C, places, c_next, bias, add, floor, lanes, tiles), with
    ROWS times so many tiles of rows: C[places[m] :] (+)= Σ_k A[rows[m] + steps[k]] · B[k·b_row :] + bias, not below 0
    where `floor` is 1.

    A, rows, steps, B, C, places, bias: addresses, that of no bias 0. The second of two vectors lies b_next further in
    B, c_next in C. Vectors are read and written whole; behind the first `lanes` of the last one zeros are written.
    """

    def body(
        e: Emit, a: Value, rows: Value, steps: Value, count: Value, b: Value, b_row: Value, b_next: Value, c: Value,
        places: Value, c_next: Value, bias: Value, add: Value, floor: Value, lanes: Value, tiles: Value,
    ) -> None:  # fmt: skip
        builder, mask, moves = e.builder, e.mask(lanes), e.pointer(steps, I64)
        lowest = builder.select(builder.icmp_signed("!=", floor, e.whole(0)), e.constant(0), e.constant(-float("inf")))
        given = builder.icmp_signed("!=", bias, e.whole(0))

        def read(place: Value, further: Value) -> list[Value]:
            return [e.load(at) for at in (place, e.at(place, further))[:vectors]]

        more = e.begun(builder.zext(given, I64), lambda: read(e.pointer(bias), e.whole(LANES)))
        further = [e.whole(0), c_next][:vectors]

        def product(lines: list[Value], k: Value, sums: list[Value]) -> list[Value]:
            row = read(e.at(e.pointer(b), e.times(k, b_row)), b_next)
            moved = builder.load(e.at(moves, k))
            factors = [e.splat(builder.load(e.at(line, moved))) for line in lines]
            return [e.fma(factors[at // vectors], row[at % vectors], old) for at, old in enumerate(sums)]

        def rows_of(number: Value, nothing: list[Value]) -> list[Value]:
            first = e.times(number, ROWS)
            numbers = [[builder.load(e.at(e.pointer(table, I64), first, m)) for m in range(ROWS)]
                       for table in (rows, places)]  # fmt: skip
            lines = [e.at(e.pointer(a), begin) for begin in numbers[0]]
            targets = [e.at(e.pointer(c), begin, each) for begin in numbers[1] for each in further]
            sums = e.begun(add, lambda: [e.load(target) for target in targets])
            if vectors == 1:  # too few sums for the multipliers: every other product has a second one
                many = len(sums)

                def pair(k: Value, both: list[Value]) -> list[Value]:
                    k = e.times(k, 2)
                    other = product(lines, builder.add(k, e.whole(1)), both[many:])
                    return [*product(lines, k, both[:many]), *other]

                both = e.repeat(builder.ashr(count, e.whole(1)), [*sums, *[e.constant(0)] * many], pair)
                sums = [e.add(one, other) for one, other in zip(both[:many], both[many:], strict=True)]
                odd, last = builder.and_(count, e.whole(1)), builder.sub(count, e.whole(1))
                sums = e.repeat(odd, sums, lambda _, sums: product(lines, last, sums))
            else:
                sums = e.repeat(count, sums, lambda k, sums: product(lines, k, sums))
            for at, value in enumerate(sums):
                value = e.larger(lowest, e.add(value, more[at % vectors]))
                last = at % vectors == vectors - 1
                e.store(builder.select(mask, value, e.constant(0)) if last else value, targets[at])
            return nothing

        e.repeat(tiles, [], rows_of)

    @intrinsic
    def run(
        context: Any, a: Any, rows: Any, steps: Any, k: Any, b: Any, b_row: Any, b_next: Any, c: Any, places: Any,
        c_next: Any, bias: Any, add: Any, floor: Any, lanes: Any, tiles: Any,
    ) -> Any:  # fmt: skip
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return outlined(context, builder, f"spread_{vectors}_{LANES}", [I64] * 15, arguments, body)

        return types.void(*[types.intp] * 15), generate

    return run


def _biases_body(e: Emit, d: Value, count: Value, g: Value, lanes: Value) -> None:
    mask, place = e.mask(lanes), e.pointer(g)
    e.store_masked(e.add(e.load_masked(place, mask), sums_of(e, e.pointer(d), count)), place, mask)


if LANES:
    typed = [each.replace("T", "float32") for each in STEP]
    INTO: Any = np.int64(-1)  # a constant of Python's would be a type of its own, and `lay` compiled for it again
    one, two = tile(1), tile(2)

    @intrinsic
    def _biases_of(context: Any, d: Any, count: Any, g: Any, lanes: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return outlined(context, builder, f"spread_biases_{LANES}", [I64] * 4, arguments, _biases_body)

        return types.void(*[types.intp] * 4), generate

    _biases: Any = _biases_of

    @kernel(*["int64"] * 15, inner=True)
    def spread(
        rows: int, a: int, starts: int, k: int, steps: int, columns: int, b: int, b_row: int, b_block: int, c: int,
        places: int, c_block: int, bias: int, add: int, floor: int,
    ) -> None:  # fmt: skip
        """As `tile`, for any number of rows and columns; its vectors lie b_block and c_block apart. What is added to
        may go on behind its columns: there B has zeros.
        """
        tiles = (rows + ROWS - 1) // ROWS
        for first in range(0, columns, 2 * LANES):
            block, rest, moved = first // LANES * 4, columns - first, first * 4 if bias else 0
            b_at, c_at = b + block * b_block, c + block * c_block
            if rest > LANES:
                lanes = LANES if add else min(LANES, rest - LANES)
                two(a, starts, steps, k, b_at, b_row, b_block, c_at, places, c_block, bias + moved, add, floor, lanes,
                    tiles)  # fmt: skip
            else:
                lanes = LANES if add else rest
                one(a, starts, steps, k, b_at, b_row, 0, c_at, places, 0, bias + moved, add, floor, lanes, tiles)

    @kernel("int64[::1]", "int64", "float32[::1]", "int64", "int64", "int64", inner=True)
    def lay(t: Array, table: int, a: Array, x: int, padded: int, way: int) -> None:
        """An image into its padded planes, among zeros; `way` 0: back out of them, 1: added to what is there."""
        lines, line, across = t[table + LINES], t[table + LINE], t[table + ACROSS]
        if way < 0:
            a[padded : padded + t[table + PLANES] * t[table + HIGH] * across] = 0
        for plane in range(t[table + PLANES]):
            inside = padded + (plane * t[table + HIGH] + t[table + FRONT]) * across + t[table + BESIDE]
            for row in range(lines):
                start, at = x + (plane * lines + row) * line, inside + row * across
                image, target = a[start : start + line], a[at : at + line]
                if way < 0:
                    for j in range(line):
                        target[j] = image[j]
                elif way > 0:
                    for j in range(line):
                        image[j] += target[j]
                else:
                    for j in range(line):
                        image[j] = target[j]

    @kernel(*typed, inner=True)
    def conv_channels(
        n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
    ) -> None:  # fmt: skip
        """As `windows.conv`; `kept`: the padded x, where it is padded; `floor` 1: a ReLU of it."""
        x, y, w, b, table, kept, floor = s[1], s[2], s[5], s[6], s[7], s[11], s[12]
        length, k, taps = t[table + LENGTH], t[table + FILTERS], t[table + CHANNELS] * t[table + WINDOW]
        if kept >= 0:
            lay(t, table, a, x, kept, INTO)
        a0, p0, t0 = a.ctypes.data, p.ctypes.data, t.ctypes.data
        spread(length, a0 + (kept if kept >= 0 else x) * 4, t0 + t[table + OUTPUTS] * 8, taps, t0 + t[table + TAPS] * 8,
               k, p0 + w * 4, k, LANES, a0 + y * 4, t0 + t[table + PLACES] * 8, length * LANES,
               p0 + b * 4 if b >= 0 else 0, 0, floor)  # fmt: skip

    @kernel(*typed, inner=True)
    def conv_channels_backward(
        n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
    ) -> None:  # fmt: skip
        """As `windows.conv_backward`; `masked` 1: where the ReLU made a 0, the gradient that comes is 0 already."""
        x, y, dx, dy, w, b, table = s[1], s[2], s[3], s[4], s[5], s[6], s[7]
        padded, turned, kept, floor, masked = s[8], s[9], s[11], s[12], s[13]
        length, k, window = t[table + LENGTH], t[table + FILTERS], t[table + WINDOW]
        channels, vectors = t[table + CHANNELS], (k + LANES - 1) // LANES * length
        a0, g0, t0, zero = a.ctypes.data, g.ctypes.data, t.ctypes.data, a.dtype.type(0)
        outputs, places = t0 + t[table + OUTPUTS] * 8, t0 + t[table + PLACES] * 8
        if floor > masked:
            result, slopes = a[y : y + vectors * LANES], a[dy : dy + vectors * LANES]
            for at in range(len(slopes)):
                given = slopes[at]
                slopes[at] = given if result[at] > zero else zero
        if 0 <= b < len(g):
            for first in range(0, k, LANES):
                _biases(a0 + (dy + first * length) * 4, length, g0 + (b + first) * 4, min(LANES, k - first))
        if w < len(g):
            spread(channels * window, a0 + (kept if kept >= 0 else x) * 4, t0 + t[table + TAPS] * 8, length, outputs, k,
                   a0 + dy * 4, LANES, length * LANES, g0 + w * 4, t0 + t[table + WEIGHTS] * 8, LANES, 0, 1,
                   0)  # fmt: skip
        if dx < 0:
            return
        plane, to = t[table + HIGH] * t[table + ACROSS], padded if kept >= 0 else dx
        if kept >= 0 or s[10] == 0:
            a[to : to + t[table + PLANES] * plane] = 0
        row = window * k
        for first in range(0, channels, LANES):
            turn_lines(a0 + (turned + first * row) * 4, LANES, p.ctypes.data + (w + first * row) * 4, row,
                       min(LANES, channels - first), row)  # fmt: skip
        for tap in range(window):
            spread(length, a0 + dy * 4, places, k, t0 + t[table + DEPTHS] * 8, channels,
                   a0 + (turned + tap * k * LANES) * 4, LANES, row * LANES,
                   a0 + (to + t[t[table + TAPS] + tap]) * 4, outputs, plane, 0, 1, 0)  # fmt: skip
        if kept >= 0:
            lay(t, table, a, dx, padded, s[10])
