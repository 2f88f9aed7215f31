"""The vocabulary in which the generators beside this file write LLVM's code: vectors, addresses, loops and functions.

Addresses come as numbers of bytes, what is added to them as numbers of float32. Whatever is emitted reads and writes
memory that it is given and checks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils as untyped

from .machine import LANES

F32, I64, I32, I1 = ir.FloatType(), ir.IntType(64), ir.IntType(32), ir.IntType(1)
VECTOR, MASK = ir.VectorType(F32, max(1, LANES)), ir.VectorType(I1, max(1, LANES))
WHOLE = ir.VectorType(I32, max(1, LANES))
ALIGNMENT = 4
ESTIMATED = 16
"""Lanes of the vectors, AVX-512's, that have instructions for estimates of reciprocals and for powers of 2."""
ROUNDER = 12582912.0
"""1.5·2²³: of a number to which it is added nothing is left behind the point."""

cgutils: Any = untyped

Value = Any
"""A value of LLVM's: a number, an address, or a vector of LANES float32."""


class Emit:
    """Writes instructions where a builder of llvmlite stands."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder

    # numbers and addresses

    def whole(self, number: int) -> Value:
        return ir.Constant(I64, number)

    def pointer(self, address: Value, to: Any = F32) -> Value:
        return self.builder.inttoptr(address, to.as_pointer())

    def at(self, pointer: Value, *steps: Value | int) -> Value:
        """The place so many numbers further on."""
        for step in steps:
            pointer = self.builder.gep(pointer, [self.whole(step) if isinstance(step, int) else step])
        return pointer

    def times(self, one: Value, other: Value | int) -> Value:
        return self.builder.mul(one, self.whole(other) if isinstance(other, int) else other)

    # vectors

    def load(self, pointer: Value) -> Value:
        found = self.builder.load(self.builder.bitcast(pointer, VECTOR.as_pointer()))
        found.align = ALIGNMENT
        return found

    def store(self, vector: Value, pointer: Value) -> None:
        self.builder.store(vector, self.builder.bitcast(pointer, VECTOR.as_pointer())).align = ALIGNMENT

    def mask(self, lanes: Value) -> Value:
        """True in the first so many lanes."""
        numbers = ir.VectorType(I64, LANES)
        empty = ir.Constant(numbers, ir.Undefined)
        many = self._shuffled(self.builder.insert_element(empty, lanes, ir.Constant(I32, 0)), empty, [0] * LANES)
        return self.builder.icmp_signed("<", ir.Constant(numbers, list(range(LANES))), many)

    def load_masked(self, pointer: Value, mask: Value) -> Value:
        """0 where the mask is False: memory there is not touched."""
        form = ir.FunctionType(VECTOR, [VECTOR.as_pointer(), I32, MASK, VECTOR])
        load = cgutils.get_or_insert_function(self.builder.module, form, f"llvm.masked.load.v{LANES}f32.p0")
        place = self.builder.bitcast(pointer, VECTOR.as_pointer())
        return self.builder.call(load, [place, ir.Constant(I32, ALIGNMENT), mask, self.constant(0)])

    def store_masked(self, vector: Value, pointer: Value, mask: Value) -> None:
        """A vector of float32, or of whole numbers of 64 bits."""
        kind, name = vector.type, "f32" if vector.type == VECTOR else "i64"
        form = ir.FunctionType(ir.VoidType(), [kind, kind.as_pointer(), I32, MASK])
        store = cgutils.get_or_insert_function(self.builder.module, form, f"llvm.masked.store.v{LANES}{name}.p0")
        place = self.builder.bitcast(pointer, kind.as_pointer())
        self.builder.call(store, [vector, place, ir.Constant(I32, ALIGNMENT), mask])

    def gather(self, pointer: Value, places: Value, mask: Value) -> Value:
        """The numbers at these places, of 32 bits, counted from the pointer; 0 where the mask is False."""
        numbers, many = ir.VectorType(I64, LANES), ir.VectorType(F32.as_pointer(), LANES)
        form = ir.FunctionType(VECTOR, [many, I32, MASK, VECTOR])
        gather = cgutils.get_or_insert_function(self.builder.module, form, f"llvm.masked.gather.v{LANES}f32.v{LANES}p0")
        first = self.builder.ptrtoint(pointer, I64)
        start = self._shuffled(
            self.builder.insert_element(ir.Constant(numbers, ir.Undefined), first, ir.Constant(I32, 0)),
            ir.Constant(numbers, ir.Undefined), [0] * LANES,
        )  # fmt: skip
        moved = self.builder.mul(self.builder.sext(places, numbers), ir.Constant(numbers, [4] * LANES))
        there = self.builder.inttoptr(self.builder.add(start, moved), many)
        return self.builder.call(gather, [there, ir.Constant(I32, ALIGNMENT), mask, self.constant(0)])

    def constant(self, number: float) -> Value:
        """The number, rounded to float32, in every lane."""
        return ir.Constant(VECTOR, [float(np.float32(number))] * LANES)

    def splat(self, number: Value) -> Value:
        """A float32 in every lane."""
        empty = ir.Constant(VECTOR, ir.Undefined)
        return self._shuffled(self.builder.insert_element(empty, number, ir.Constant(I32, 0)), empty, [0] * LANES)

    def splat_whole(self, number: Value) -> Value:
        """A whole number of 32 bits in every lane."""
        empty = ir.Constant(ir.VectorType(I32, LANES), ir.Undefined)
        return self._shuffled(self.builder.insert_element(empty, number, ir.Constant(I32, 0)), empty, [0] * LANES)

    def shuffled(self, one: Value, other: Value, lanes: Sequence[int]) -> Value:
        """These lanes of the two, those of the second counted on from LANES."""
        return self._shuffled(one, other, list(lanes))

    def _shuffled(self, one: Value, other: Value, lanes: list[int]) -> Value:
        return self.builder.shuffle_vector(one, other, ir.Constant(ir.VectorType(I32, LANES), lanes))

    # arithmetic on vectors

    def add(self, one: Value, other: Value) -> Value:
        return self.builder.fadd(one, other)

    def subtract(self, one: Value, other: Value) -> Value:
        return self.builder.fsub(one, other)

    def multiply(self, one: Value, other: Value) -> Value:
        return self.builder.fmul(one, other)

    def divide(self, one: Value, other: Value) -> Value:
        return self.builder.fdiv(one, other)

    def quotient(self, one: Value, other: Value) -> Value:
        """one / other, within a unit in the last place; of normal numbers whose reciprocals are normal too.

        A division keeps AVX-512's multipliers waiting: there an estimate of 14 bits is made better once.
        """
        if LANES != ESTIMATED:
            return self.divide(one, other)
        estimate = self._estimate(other)
        quotient = self.multiply(one, estimate)
        return self.fma(estimate, self.fma(self.negative(other), quotient, one), quotient)

    def reciprocal(self, x: Value, where: Value | None = None) -> Value:
        """1 / x as `quotient` gives it; 0 where the mask is False."""
        if LANES != ESTIMATED:
            found = self.divide(self.constant(1), x)
            return found if where is None else self.builder.select(where, found, self.constant(0))
        estimate = self._estimate(x, where)
        return self.fma(estimate, self.fma(self.negative(x), estimate, self.constant(1)), estimate)

    def _estimate(self, x: Value, where: Value | None = None) -> Value:
        mask = ir.IntType(LANES)
        form = ir.FunctionType(VECTOR, [VECTOR, VECTOR, mask])
        function = cgutils.get_or_insert_function(self.builder.module, form, "llvm.x86.avx512.rcp14.ps.512")
        lanes = ir.Constant(mask, -1) if where is None else self.builder.bitcast(where, mask)
        return self.builder.call(function, [x, self.constant(0), lanes])

    def rounded(self, x: Value, times: Value) -> tuple[Value, Value]:
        """x · times rounded to the nearest whole number, for less than 2²²: once in the last bits, once as it is."""
        # the spacing of numbers about 1.5·2²³ is 1
        bits = self.fma(x, times, self.constant(ROUNDER))
        return bits, self.subtract(bits, self.constant(ROUNDER))

    def times_power(self, x: Value, scale: tuple[Value, Value]) -> Value:
        """x · 2^n with n as `rounded` gives it, for a result that is a normal number: n is added to the exponent."""
        builder = self.builder
        n = builder.shl(builder.bitcast(scale[0], WHOLE), self.wholes(23))
        return builder.bitcast(builder.add(builder.bitcast(x, WHOLE), n), VECTOR)

    def times_any_power(self, x: Value, scale: tuple[Value, Value]) -> Value:
        """The same for any result: infinite and subnormal ones, and 0, for n from −252 to 254."""
        builder = self.builder
        if LANES == ESTIMATED:
            mask = ir.IntType(LANES)
            form = ir.FunctionType(VECTOR, [VECTOR, VECTOR, VECTOR, mask, I32])
            function = cgutils.get_or_insert_function(builder.module, form, "llvm.x86.avx512.mask.scalef.ps.512")
            rounding = ir.Constant(I32, 4)  # as everything else is rounded
            return builder.call(function, [x, scale[1], self.constant(0), ir.Constant(mask, -1), rounding])
        n = builder.sub(builder.bitcast(scale[0], WHOLE), builder.bitcast(self.constant(ROUNDER), WHOLE))
        half = builder.ashr(n, self.wholes(1))
        for part in (half, builder.sub(n, half)):
            exponent = builder.shl(builder.add(part, self.wholes(127)), self.wholes(23))
            x = self.multiply(x, builder.bitcast(exponent, VECTOR))
        return x

    def wholes(self, number: int) -> Value:
        """The whole number of 32 bits in every lane."""
        return ir.Constant(WHOLE, [number] * LANES)

    def fma(self, one: Value, other: Value, added: Value) -> Value:
        """one · other + added, rounded once."""
        return self._called("fma", one, other, added)

    def polynomial(self, x: Value, coefficients: Sequence[float]) -> Value:
        """By Horner's rule, the highest power's coefficient first."""
        value = self.constant(coefficients[0])
        for coefficient in coefficients[1:]:
            value = self.fma(value, x, self.constant(coefficient))
        return value

    def negative(self, x: Value) -> Value:
        return self.builder.fneg(x)

    def magnitude(self, x: Value) -> Value:
        return self._called("fabs", x)

    def with_sign(self, x: Value, of: Value) -> Value:
        return self._called("copysign", x, of)

    def one_minus(self, x: Value) -> Value:
        return self.subtract(self.constant(1), x)

    def larger(self, one: Value, other: Value) -> Value:
        """The larger; the second where one of them is NaN."""
        return self.builder.select(self.builder.fcmp_ordered(">", one, other), one, other)

    def smaller(self, one: Value, other: Value) -> Value:
        """The smaller; the second where one of them is NaN."""
        return self.builder.select(self.builder.fcmp_ordered("<", one, other), one, other)

    def if_above(self, x: Value, limit: Value, then: Value, otherwise: Value) -> Value:
        return self.builder.select(self.builder.fcmp_ordered(">", x, limit), then, otherwise)

    def not_below(self, x: Value, limit: Value) -> Value:
        """A mask: False where x is less than the limit; True for NaN."""
        return self.builder.fcmp_unordered(">=", x, limit)

    def _called(self, name: str, *arguments: Value) -> Value:
        form = ir.FunctionType(VECTOR, [VECTOR] * len(arguments))
        function = cgutils.get_or_insert_function(self.builder.module, form, f"llvm.{name}.v{LANES}f32")
        return self.builder.call(function, list(arguments))

    # loops

    def begun(self, add: Value, there: Callable[[], list[Value]]) -> list[Value]:
        """What sums begin with: what is `there` where `add` is not 0, else 0; only then is it loaded."""
        builder = self.builder
        zero, old, ready = (builder.append_basic_block(name) for name in ("zero", "old", "ready"))
        builder.cbranch(builder.icmp_signed("!=", add, self.whole(0)), old, zero)
        builder.position_at_end(zero)
        builder.branch(ready)
        builder.position_at_end(old)
        values = there()
        builder.branch(ready)
        builder.position_at_end(ready)
        sums = []
        for value in values:
            phi = builder.phi(value.type)
            phi.add_incoming(self.constant(0), zero)
            phi.add_incoming(value, old)
            sums.append(phi)
        return sums

    def repeat(
        self, count: Value, first: Sequence[Value], step: Callable[[Value, list[Value]], Sequence[Value]]
    ) -> list[Value]:
        """What step(index, values) makes of `first` after `count` times; `first` where the count is 0 or below.

        The step emits into the loop's last block: it may hold loops of its own.
        """
        builder = self.builder
        before = builder.block
        body, done = builder.append_basic_block("body"), builder.append_basic_block("done")
        builder.cbranch(builder.icmp_signed(">", count, self.whole(0)), body, done)
        builder.position_at_end(body)
        index = builder.phi(I64)
        index.add_incoming(self.whole(0), before)
        carried = [builder.phi(value.type) for value in first]
        made = list(step(index, carried))
        following = builder.add(index, self.whole(1))
        end = builder.block
        index.add_incoming(following, end)
        for phi, start, value in zip(carried, first, made, strict=True):
            phi.add_incoming(start, before)
            phi.add_incoming(value, end)
        builder.cbranch(builder.icmp_signed("<", following, count), body, done)
        builder.position_at_end(done)
        results = [builder.phi(value.type) for value in first]
        for phi, start, value in zip(results, first, made, strict=True):
            phi.add_incoming(start, before)
            phi.add_incoming(value, end)
        return results


def outlined(
    context: Any, builder: Any, name: str, kinds: Sequence[Any], arguments: Sequence[Value], body: Callable[..., None]
) -> Any:
    """A call of a function of its own, made where it is first needed; body(emit, *arguments) writes it.

    Inlined into a large caller a tile's sums would not stay in registers: half the speed is lost.
    """
    function = builder.module.globals.get(name)
    if function is None:
        function = ir.Function(builder.module, ir.FunctionType(ir.VoidType(), list(kinds)), name)
        function.linkage = "internal"
        function.attributes.add("noinline")
        function.attributes.add("nounwind")
        inside = ir.IRBuilder(function.append_basic_block("entry"))
        body(Emit(inside), *function.args)
        inside.ret_void()
    builder.call(function, list(arguments))
    return context.get_dummy_value()
