"""Max pooling by windows of 2×2 side by side, in float32: neighbours in a line are taken apart by shuffles of lanes."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from ...compile import Array, kernel
from ..emit import I64, Emit, Value, outlined
from ..machine import LANES
from .row import STEP

EVEN, ODD = list(range(0, 2 * LANES, 2)), list(range(1, 2 * LANES, 2))
LOWER = [lane // 2 + lane % 2 * LANES for lane in range(LANES)]
UPPER = [lane // 2 + LANES // 2 + lane % 2 * LANES for lane in range(LANES)]
"""Lanes of two vectors, counted through: every other one; and those of the one and of the other in turn."""


def either(e: Emit, one: Value, other: Value) -> tuple[Value, Value]:
    """Whether the first is kept, which is as large or no number, and what is kept."""
    first = e.builder.or_(e.builder.fcmp_ordered(">=", one, other), e.builder.fcmp_unordered("uno", one, one))
    return first, e.builder.select(first, one, other)


class _Line:
    """Vectors of one line of windows; the last one may be cut short."""

    def __init__(self, e: Emit, last: Value) -> None:
        self.e = e
        both = e.times(last, 2)
        self.mask = e.mask(last)
        self.masks = e.mask(both), e.mask(e.builder.sub(both, e.whole(LANES)))

    def apart(self, place: Value, cut: bool) -> tuple[Value, Value]:
        """Numbers at even and at odd places of the next two vectors."""
        one, other = place, self.e.at(place, LANES)
        if cut:
            read = [self.e.load_masked(at, mask) for at, mask in zip((one, other), self.masks, strict=True)]
        else:
            read = [self.e.load(one), self.e.load(other)]
        return self.e.shuffled(read[0], read[1], EVEN), self.e.shuffled(read[0], read[1], ODD)

    def together(self, even: Value, odd: Value, place: Value, cut: bool) -> None:
        """Writes them in turn."""
        for at, lanes, mask in zip((place, self.e.at(place, LANES)), (LOWER, UPPER), self.masks, strict=True):
            value = self.e.shuffled(even, odd, lanes)
            self.e.store_masked(value, at, mask) if cut else self.e.store(value, at)

    def either(self, one: Value, other: Value) -> tuple[Value, Value]:
        return either(self.e, one, other)

    def each(self, count: Value, work: Any) -> None:
        """work(vector, cut) for all vectors."""
        e = self.e
        whole = e.builder.sub(count, e.whole(1))

        def step(v: Value, nothing: list[Value]) -> list[Value]:
            work(v, False)
            return nothing

        e.repeat(whole, [], step)
        work(whole, True)


def _forward(e: Emit, x: Value, pitch: Value, y: Value, count: Value, last: Value) -> None:
    line = _Line(e, last)

    def work(v: Value, cut: bool) -> None:
        upper = e.at(e.pointer(x), e.times(v, 2 * LANES))
        above = line.either(*line.apart(upper, cut))[1]
        below = line.either(*line.apart(e.at(upper, pitch), cut))[1]
        target, largest = e.at(e.pointer(y), e.times(v, LANES)), line.either(above, below)[1]
        e.store_masked(largest, target, line.mask) if cut else e.store(largest, target)

    line.each(count, work)


def _backward(e: Emit, x: Value, pitch: Value, d: Value, dx: Value, count: Value, last: Value, add: Value) -> None:
    line, builder = _Line(e, last), e.builder
    adding = builder.icmp_signed("!=", add, e.whole(0))

    def work(v: Value, cut: bool) -> None:
        upper, target = (e.at(e.pointer(start), e.times(v, 2 * LANES)) for start in (x, dx))
        place, zero = e.at(e.pointer(d), e.times(v, LANES)), e.constant(0)
        given = e.load_masked(place, line.mask) if cut else e.load(place)
        first, above = line.either(*line.apart(upper, cut))
        third, below = line.either(*line.apart(e.at(upper, pitch), cut))
        top = line.either(above, below)[0]
        high, low = builder.select(top, given, zero), builder.select(top, zero, given)
        for share, one, to in ((high, first, target), (low, third, e.at(target, pitch))):
            even, odd = builder.select(one, share, zero), builder.select(one, zero, share)
            before = [builder.select(adding, old, zero) for old in line.apart(to, cut)]
            line.together(e.add(even, before[0]), e.add(odd, before[1]), to, cut)

    line.each(count, work)


if LANES:
    typed = [each.replace("T", "float32") for each in STEP]

    @intrinsic
    def _largest_of(context: Any, x: Any, pitch: Any, y: Any, count: Any, last: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return outlined(context, builder, f"halves_{LANES}", [I64] * 5, arguments, _forward)

        return types.void(*[types.intp] * 5), generate

    @intrinsic
    def _shares_of(context: Any, x: Any, pitch: Any, d: Any, dx: Any, count: Any, last: Any, add: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return outlined(context, builder, f"halves_back_{LANES}", [I64] * 7, arguments, _backward)

        return types.void(*[types.intp] * 7), generate

    _largest: Any = _largest_of
    _shares: Any = _shares_of

    @kernel(*typed, inner=True)
    def max_halves(
        n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
    ) -> None:  # fmt: skip
        """As `windows.max_halves`."""
        y, h, w, oh, ow, base = s[2], s[6], s[7], s[8], s[9], a.ctypes.data
        count = (ow + LANES - 1) // LANES
        last = ow - (count - 1) * LANES
        for plane in range(n * s[5]):
            for line in range(oh):
                _largest(base + (s[1] + (plane * h + 2 * line) * w) * 4, w, base + (y + (plane * oh + line) * ow) * 4,
                         count, last)  # fmt: skip

    @kernel(*typed, inner=True)
    def max_halves_backward(
        n: int, s: Array, a: Array, p: Array, g: Array, i: Array, t: Array, c: Array, sums: Array
    ) -> None:  # fmt: skip
        """As `windows.max_halves_backward`."""
        x, dx, dy, h, w, oh, ow, add, base = s[1], s[3], s[4], s[6], s[7], s[8], s[9], s[10], a.ctypes.data
        count, planes = (ow + LANES - 1) // LANES, n * s[5]
        last = ow - (count - 1) * LANES
        if add == 0 and (2 * oh < h or 2 * ow < w):
            a[dx : dx + planes * h * w] = 0
        for plane in range(planes):
            for line in range(oh):
                at = (plane * h + 2 * line) * w
                _shares(base + (x + at) * 4, w, base + (dy + (plane * oh + line) * ow) * 4, base + (dx + at) * 4, count,
                        last, add)  # fmt: skip
