"""A formula over vectors: straight-line code, one vector of each input at a time.

    for v in range(count):
        outs[·][v·out_steps[·] :][:LANES] = formula(ins[·][v·in_steps[·] :][:LANES])
    the last one only in its first `last` lanes, where nothing is wider than one vector

A step of 0 reads the same vector each time; LANES goes along a line; any other goes down rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types as untyped
from numba.extending import intrinsic

from .emit import F32, I64, Emit, Value, cgutils, outlined
from .machine import LANES

types: Any = untyped

Formula = Callable[..., Sequence[Value]]
"""formula(emit, numbers, inputs) → outputs, all vectors; numbers: float32, in every lane."""


def mapped(
    name: str, inputs: Sequence[int], outputs: Sequence[int], formula: Formula, numbers: int = 0, sums: int = 0
) -> Any:
    """For kernels: f(count, last, ins, in_steps, outs, out_steps, numbers).

    inputs, outputs: how many vectors side by side each of them is; the formula sees them one after another. ins, outs:
    tuples of addresses in bytes; in_steps, out_steps: tuples of numbers of float32; numbers: a tuple of float32. The
    outputs are written after the inputs of the same vector are read: they may be the same arrays. sums: so many of the
    last inputs, and of the last outputs, stay in registers from the first vector to the last; their steps are 0.
    """
    many_in, many_out = len(inputs), len(outputs)
    integers = 2 + 2 * (many_in + many_out)

    def body(e: Emit, *given: Value) -> None:
        count, last = given[:2]
        ins, in_steps = given[2 : 2 + many_in], given[2 + many_in : 2 + 2 * many_in]
        outs, out_steps = given[2 + 2 * many_in : integers - many_out], given[integers - many_out : integers]
        constants = [e.splat(number) for number in given[integers:]]
        builder = e.builder

        def places(v: Value, addresses: Sequence[Value], steps: Sequence[Value], widths: Sequence[int]) -> list[Value]:
            starts = [e.at(e.pointer(a), e.times(v, step)) for a, step in zip(addresses, steps, strict=True)]
            return [e.at(start, i * LANES) for start, width in zip(starts, widths, strict=True) for i in range(width)]

        moving_in, moving_out = many_in - sums, many_out - sums
        kept = [
            e.load(place) for place in places(e.whole(0), ins[moving_in:], in_steps[moving_in:], inputs[moving_in:])
        ]
        results = sum(outputs[:moving_out])

        def computed(v: Value, kept: list[Value], load: Any, store: Any) -> list[Value]:
            there = places(v, ins[:moving_in], in_steps[:moving_in], inputs[:moving_in])
            found = list(formula(e, constants, [*map(load, there), *kept]))
            for value, place in zip(
                found, places(v, outs[:moving_out], out_steps[:moving_out], outputs[:moving_out]), strict=False
            ):
                store(value, place)
            return found[results:]

        cut = builder.icmp_signed("<", last, e.whole(LANES))
        whole = builder.sub(count, builder.zext(cut, I64))
        kept = e.repeat(whole, kept, lambda v, kept: computed(v, kept, e.load, e.store))
        if {*inputs, *outputs} == {1}:
            mask = e.mask(last)

            def rest(_: Value, kept: list[Value]) -> list[Value]:
                new = computed(
                    whole, kept, lambda place: e.load_masked(place, mask),
                    lambda value, place: e.store_masked(value, place, mask),
                )  # fmt: skip
                return [builder.select(mask, one, old) for one, old in zip(new, kept, strict=True)]

            more = builder.and_(cut, builder.icmp_signed(">=", whole, e.whole(0)))
            kept = e.repeat(builder.zext(more, I64), kept, rest)
        ends = places(e.whole(0), outs[moving_out:], out_steps[moving_out:], outputs[moving_out:])
        for value, place in zip(kept, ends, strict=True):
            e.store(value, place)

    function = f"map_{name}_{LANES}"

    @intrinsic
    def run(
        context: Any, count: Any, last: Any, ins: Any, in_steps: Any, outs: Any, out_steps: Any, constants: Any
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            parts = [part for group in arguments[2:] for part in cgutils.unpack_tuple(builder, group)]
            kinds: list[ir.Type] = [I64] * integers + [F32] * numbers
            return outlined(context, builder, function, kinds, [*arguments[:2], *parts], body)

        whole = types.intp
        tuples = [types.UniTuple(whole, many) for many in (many_in, many_in, many_out, many_out)]
        given = types.UniTuple(types.float32, numbers) if numbers else types.Tuple(())
        return types.void(whole, whole, *tuples, given), generate

    return run
