"""Turns lines of numbers into columns: LANES lines at a time become the vectors of a panel.

    for k in range(length):
        target[k·t_row :][:LANES] = source[: lines, k], then zeros

A square of LANES vectors is turned by log₂(LANES) stages of shuffles; number by number it would take as long as a
product of some dozen rows with the panel.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from .emit import I64, Emit, Value, outlined
from .machine import LANES

_INTEGERS = 6


def _body(e: Emit, target: Value, t_row: Value, source: Value, s_row: Value, lines: Value, length: Value) -> None:
    builder = e.builder
    whole = builder.sdiv(length, e.whole(LANES))

    def square(i: Value, width: Value, count: Value) -> None:
        """The lines' next `width` numbers, of which `count` become vectors of the target."""
        first = e.times(i, LANES)
        empty, inside = e.mask(e.whole(0)), e.mask(width)
        read = []
        for line in range(LANES):
            there = builder.icmp_signed("<", e.whole(line), lines)
            start = e.at(e.pointer(source), e.times(s_row, line), first)
            read.append(e.load_masked(start, builder.select(there, inside, empty)))
        for stage in range(LANES.bit_length() - 1):
            half = 1 << stage
            # of a pair, numbers whose bit is set in the one change places with those whose bit is clear in the other
            low = [lane if not lane & half else lane - half + LANES for lane in range(LANES)]
            high = [lane + half if not lane & half else lane + LANES for lane in range(LANES)]
            for line in range(LANES):
                if not line & half:
                    one, other = read[line], read[line + half]
                    read[line], read[line + half] = e.shuffled(one, other, low), e.shuffled(one, other, high)
        at = e.at(e.pointer(target), e.times(first, t_row))
        for line, value in enumerate(read):
            # a branch: a store under a mask takes some processors longer than all of a square
            with builder.if_then(builder.icmp_signed("<", e.whole(line), count), likely=True):
                e.store(value, e.at(at, e.times(t_row, line)))

    def full(i: Value, _: list[Value]) -> list[Value]:
        square(i, e.whole(LANES), e.whole(LANES))
        return []

    e.repeat(whole, [], full)
    rest = builder.sub(length, e.times(whole, LANES))

    def cut(_: Value, nothing: list[Value]) -> list[Value]:
        square(whole, rest, rest)
        return []

    e.repeat(builder.zext(builder.icmp_signed(">", rest, e.whole(0)), I64), [], cut)


@intrinsic
def _turn_lines(context: Any, target: Any, t_row: Any, source: Any, s_row: Any, lines: Any, length: Any) -> Any:
    """For kernels: turn_lines(target, t_row, source, s_row, lines, length), the addresses in bytes.

    1 ≤ lines ≤ LANES. Nothing is read beside the lines; all LANES numbers of a target's row are written.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return outlined(context, builder, f"turn_{LANES}", [I64] * _INTEGERS, arguments, _body)

    return types.void(*[types.intp] * _INTEGERS), generate


turn_lines: Any = _turn_lines
