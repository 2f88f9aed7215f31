"""Layers whose images lie side by side in the lanes, in float32: LANES images at a time stand as (C, H, W, LANES).

The images that a batch lacks are zeros where it is turned into lanes, and have no gradient where it is turned out of
them. What works number by number needs nothing of its own. Of a batch of one image the channels lie in the lanes, as if
they were images of one channel: see `channels`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, register_jitable

from ...compile import Array, kernel
from .. import abreast as sides
from ..emit import I64, Emit, Value, outlined
from ..machine import LANES
from .halves import either
from .row import BEGIN, END, STEP, TAPS


def _largest_body(e: Emit, x: Value, pitch: Value, y: Value, count: Value) -> None:
    def window(j: Value, nothing: list[Value]) -> list[Value]:
        values = _window(e, e.at(e.pointer(x), e.times(j, 2 * LANES)), pitch)
        above, below = either(e, *values[:2])[1], either(e, *values[2:])[1]
        e.store(either(e, above, below)[1], e.at(e.pointer(y), e.times(j, LANES)))
        return nothing

    e.repeat(count, [], window)


def _window(e: Emit, place: Value, pitch: Value) -> list[Value]:
    return [e.load(at) for line in (place, e.at(place, pitch)) for at in (line, e.at(line, LANES))]


def _shares_body(e: Emit, x: Value, pitch: Value, d: Value, dx: Value, count: Value, floor: Value, add: Value) -> None:
    builder, zero = e.builder, e.constant(0)
    adding, flat = (builder.icmp_signed("!=", each, e.whole(0)) for each in (add, floor))

    def window(j: Value, nothing: list[Value]) -> list[Value]:
        moved = e.times(j, 2 * LANES)
        values, target = _window(e, e.at(e.pointer(x), moved), pitch), e.at(e.pointer(dx), moved)
        (first, above), (third, below) = either(e, *values[:2]), either(e, *values[2:])
        top, largest = either(e, above, below)
        given = e.load(e.at(e.pointer(d), e.times(j, LANES)))
        # where a ReLU has made a 0 of it, nothing goes further
        given = builder.select(flat, e.if_above(largest, zero, given, zero), given)
        high, low = builder.select(top, given, zero), builder.select(top, zero, given)
        shares = [builder.select(one, part, zero) if taken else builder.select(one, zero, part)
                  for one, part in ((first, high), (third, low)) for taken in (True, False)]  # fmt: skip
        before = [builder.select(adding, old, zero) for old in _window(e, target, pitch)]
        places = [at for line in (target, e.at(target, pitch)) for at in (line, e.at(line, LANES))]
        for share, old, at in zip(shares, before, places, strict=True):
            e.store(e.add(share, old), at)
        return nothing

    e.repeat(count, [], window)


def _masked_body(e: Emit, y: Value, d: Value, count: Value) -> None:
    def vector(v: Value, nothing: list[Value]) -> list[Value]:
        moved = e.times(v, LANES)
        place, zero = e.at(e.pointer(d), moved), e.constant(0)
        e.store(e.if_above(e.load(e.at(e.pointer(y), moved)), zero, e.load(place), zero), place)
        return nothing

    e.repeat(count, [], vector)


if LANES:
    WIDE: Any = np.int64(LANES)
    typed = [each.replace("T", "float32") for each in STEP]

    def _outlined(name: str, count: int, body: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kinds: list[ir.Type] = [I64] * count
            return outlined(context, builder, f"{name}_{LANES}", kinds, arguments, body)

        return types.void(*[types.intp] * count), generate

    @intrinsic
    def _largest_of(context: Any, x: Any, pitch: Any, y: Any, count: Any) -> Any:
        return _outlined("abreast_largest", 4, _largest_body)

    @intrinsic
    def _shares_of(context: Any, x: Any, pitch: Any, d: Any, dx: Any, count: Any, floor: Any, add: Any) -> Any:
        return _outlined("abreast_shares", 7, _shares_body)

    @intrinsic
    def _masked_of(context: Any, y: Any, d: Any, count: Any) -> Any:
        return _outlined("abreast_masked", 3, _masked_body)

    _largest: Any = _largest_of
    _shares: Any = _shares_of
    _masked: Any = _masked_of

    @register_jitable
    def _those(n: int, s: Array, c: Array) -> tuple[int, int, int]:
        """Of the images, or else the channels, that lie side by side: the first, that before the last, how many."""
        return (0, s[8], s[8]) if s[8] > 0 else (c[BEGIN], c[END], n)

    @kernel(*typed, inner=True)
    def abreast(
        n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
    ) -> None:  # fmt: skip
        """Images (N, size) side by side."""
        x, y, size = s[1], s[2], s[6]
        begin, end, many = _those(n, s, c)
        for first in range(begin, end, LANES):
            sides.turn_in(size, a, x + first * size, size, min(LANES, many - first), a, y + first * size, WIDE)

    @kernel(*typed, inner=True)
    def abreast_backward(
        n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
    ) -> None:  # fmt: skip
        dx, dy, work, size, add = s[3], s[4], s[5], s[6], s[7] > 0
        if dx >= 0:
            begin, end, all = _those(n, s, c)
            for first in range(begin, end, LANES):
                many, to = min(LANES, all - first), dx + first * size
                sides.turn_out(size, a, dy + first * size, WIDE, a, work if add else to, size, many)
                if add:
                    for at in range(many * size):
                        a[to + at] += a[work + at]

    @kernel(*typed, inner=True)
    def apart(
        n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
    ) -> None:  # fmt: skip
        """What lies side by side as images again."""
        x, y, size = s[1], s[2], s[6]
        begin, end, many = _those(n, s, c)
        for first in range(begin, end, LANES):
            sides.turn_out(size, a, x + first * size, WIDE, a, y + first * size, size, min(LANES, many - first))

    @kernel(*typed, inner=True)
    def apart_backward(
        n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
    ) -> None:  # fmt: skip
        dx, dy, work, size, add = s[3], s[4], s[5], s[6], s[7] > 0
        if dx >= 0:
            begin, end, all = _those(n, s, c)
            for first in range(begin, end, LANES):
                many, to = min(LANES, all - first), dx + first * size
                sides.turn_in(size, a, dy + first * size, size, many, a, work if add else to, WIDE)
                if add:
                    for at in range(LANES * size):
                        a[to + at] += a[work + at]

    @kernel("int64[::1]", "int64", "float32[::1]", "int64", "int64", "int64", "int64", inner=True)
    def padded(t: Array, table: int, a: Array, x: int, many: int, planes: int, apart: int) -> None:
        """LANES images, or the `many` that there are of those that are not yet side by side, into padded planes."""
        channels, h, w, across = t[table + 15], t[table + 17], t[table + 18], t[table + sides.ACROSS]
        if apart > 0:
            sides.lay_abreast(t, table, a, x, channels * h * w, many, a, planes, WIDE)
        else:
            for channel in range(channels):
                for line in range(h):
                    at = (channel * t[table + sides.HIGH] + line + t[table + 10]) * across + t[table + 11]
                    source = x + (channel * h + line) * w * LANES
                    target = a[planes + at * LANES : planes + (at + w) * LANES]
                    target[:] = a[source : source + w * LANES]

    @kernel(*typed, inner=True)
    def conv_abreast(
        n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
    ) -> None:  # fmt: skip
        """As `windows.conv`; `apart` 1: of images that are not yet side by side; `floor` 1: a ReLU of it."""
        x, y, w, b, table, work, apart, floor = s[1], s[2], s[5], s[6], s[7], s[8], s[11], s[12]
        channels, size, k = t[table + 15], t[table + 15] * t[table + 17] * t[table + 18], t[table + 19]
        out = k * t[table + 13] * t[table + 14]
        room = channels * t[table + sides.HIGH] * t[table + sides.ACROSS]
        laid = apart > 0 or room > size
        zeros = work + (room * LANES if laid else 0)
        a[work : zeros + k] = 0
        for first in range(c[BEGIN], c[END], LANES):
            read = x + first * size
            if laid:
                padded(t, table, a, read, min(LANES, n - first), work, apart)
                read = work
            if b >= 0:
                sides.results_abreast(c[TAPS], t, table, WIDE, a, read, p, w, 1, k // t[table + 20], p, b, a,
                                      y + first * out, floor)  # fmt: skip
            else:
                sides.results_abreast(c[TAPS], t, table, WIDE, a, read, p, w, 1, k // t[table + 20], a, zeros, a,
                                      y + first * out, floor)  # fmt: skip

    @kernel(*typed, inner=True)
    def conv_abreast_backward(
        n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
    ) -> None:  # fmt: skip
        """As `windows.conv_backward`; `masked` 1: where the ReLU made a 0, the gradient that comes is 0 already."""
        x, y, dx, dy, w, b, table, work = s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8]
        apart, floor, masked = s[11], s[12], s[13]
        channels, size, k = t[table + 15], t[table + 15] * t[table + 17] * t[table + 18], t[table + 19]
        length, filters = t[table + 13] * t[table + 14] * LANES, k // t[table + 20]
        room = channels * t[table + sides.HIGH] * t[table + sides.ACROSS]
        laid = apart > 0 or room > size
        zeros = work + (room * LANES if laid else 0)
        a[work : zeros + channels] = 0
        for first in range(c[BEGIN], c[END], LANES):
            read, d, to = x + first * size, dy + first // LANES * k * length, dx + first * size
            if floor > masked:
                _masked(a.ctypes.data + (y + first // LANES * k * length) * 4, a.ctypes.data + d * 4,
                        k * length // LANES)  # fmt: skip
            if 0 <= b < len(g):
                sides.biases_abreast(k, length, a, d, g, b)
            if w < len(g):
                if laid:
                    padded(t, table, a, read, min(LANES, n - first), work, apart)
                    read = work
                sides.weights_abreast(t, table, WIDE, a, read, a, d, g, w, 1, filters, a, zeros + channels)
            if dx >= 0:
                if s[10] == 0:
                    a[to : to + size * LANES] = 0
                sides.inputs_abreast(c[TAPS], t, table, WIDE, a, d, p, w, 1, filters, a, zeros, a, to)

    @kernel(*typed, inner=True)
    def max_abreast(
        n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
    ) -> None:  # fmt: skip
        """As `windows.max_halves`."""
        y, h, w, oh, ow, base = s[2], s[6], s[7], s[8], s[9], a.ctypes.data
        for plane in range(c[BEGIN] // LANES * s[5], (c[END] + LANES - 1) // LANES * s[5]):
            for line in range(oh):
                _largest(base + (s[1] + (plane * h + 2 * line) * w * LANES) * 4, w * LANES,
                         base + (y + (plane * oh + line) * ow * LANES) * 4, ow)  # fmt: skip

    @kernel(*typed, inner=True)
    def max_abreast_backward(
        n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
    ) -> None:  # fmt: skip
        """As `windows.max_halves_backward`; `floor` 1: and back through the ReLU that made x."""
        x, dx, dy, h, w, oh, ow, add, floor, base = (
            s[1],
            s[3],
            s[4],
            s[6],
            s[7],
            s[8],
            s[9],
            s[10],
            s[11],
            a.ctypes.data,
        )
        if dx < 0:
            return
        begin, end = c[BEGIN] // LANES * s[5], (c[END] + LANES - 1) // LANES * s[5]
        if add == 0 and (2 * oh < h or 2 * ow < w):
            a[dx + begin * h * w * LANES : dx + end * h * w * LANES] = 0
        for plane in range(begin, end):
            for line in range(oh):
                at = (plane * h + 2 * line) * w * LANES
                _shares(base + (x + at) * 4, w * LANES, base + (dy + (plane * oh + line) * ow * LANES) * 4,
                        base + (dx + at) * 4, ow, floor, add)  # fmt: skip
