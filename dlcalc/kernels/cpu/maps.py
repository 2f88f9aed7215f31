"""A formula over vectors: straight-line code, one vector of each input at a time.

    for v in range(count):
        outs[·][v·out_steps[·] :][:LANES] = formula(ins[·][v·in_steps[·] :][:LANES])
    the last one only in its first `last` lanes, where nothing is wider than one vector

A step of 0 reads, or adds up in, the same vector each time; LANES goes along a line; any other goes down rows.
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


def mapped(name: str, inputs: Sequence[int], outputs: Sequence[int], formula: Formula, numbers: int = 0) -> Any:
    """For kernels: f(count, last, ins, in_steps, outs, out_steps, numbers).

    inputs, outputs: how many vectors side by side each of them is; the formula sees them one after another. ins, outs:
    tuples of addresses in bytes; in_steps, out_steps: tuples of numbers of float32; numbers: a tuple of float32. The
    outputs are written after the inputs of the same vector are read: they may be the same arrays.
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

        def vector(v: Value, _: list[Value]) -> list[Value]:
            values = [e.load(place) for place in places(v, ins, in_steps, inputs)]
            results = formula(e, constants, values)
            for value, place in zip(results, places(v, outs, out_steps, outputs), strict=True):
                e.store(value, place)
            return []

        cut = builder.icmp_signed("<", last, e.whole(LANES))
        whole = builder.sub(count, builder.zext(cut, I64))
        e.repeat(whole, [], vector)
        if {*inputs, *outputs} == {1}:
            with builder.if_then(builder.and_(cut, builder.icmp_signed(">=", whole, e.whole(0)))):
                mask = e.mask(last)
                values = [e.load_masked(place, mask) for place in places(whole, ins, in_steps, inputs)]
                results = formula(e, constants, values)
                for value, place in zip(results, places(whole, outs, out_steps, outputs), strict=True):
                    e.store_masked(value, place, mask)

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
