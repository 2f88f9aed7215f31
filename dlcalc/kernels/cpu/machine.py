"""What the processor's registers hold: how many numbers a vector has, and how tall a tile of some vectors may be."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
import numpy.typing as npt
from numba.core.registry import cpu_target

_FMA = """
define <16 x float> @fma(<16 x float> %a, <16 x float> %b, <16 x float> %c) {
  %r = call <16 x float> @llvm.fma.v16f32(<16 x float> %a, <16 x float> %b, <16 x float> %c)
  ret <16 x float> %r
}
declare <16 x float> @llvm.fma.v16f32(<16 x float>, <16 x float>, <16 x float>)
"""
_INSTRUCTIONS = {16: r"vfmadd\w+\s.*zmm", 8: r"vfmadd\w+\s.*ymm", 4: r"fmla\s+v"}
"""Lanes of float32 → what code for a processor with such vectors multiplies and adds with."""
_REGISTERS = {16: 32, 8: 16, 4: 32}


@cache
def lanes() -> int:
    """Numbers of float32 in a vector: 16 with AVX-512, 8 with AVX2, 4 with NEON; 0 on any other processor.

    Of the processor that numba compiles for: NUMBA_CPU_NAME and NUMBA_CPU_FEATURES say another one. 0 too where nothing
    is compiled.
    """
    settings: Any = numba.config
    if settings.DISABLE_JIT:
        return 0
    triple, name, features = cpu_target.target_context.codegen().magic_tuple()
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu=name, features=features, opt=2)
    code = machine.emit_assembly(llvm.parse_assembly(_FMA))
    return next((number for number, form in _INSTRUCTIONS.items() if re.search(form, code)), 0)


def tallest(vectors: int) -> int:
    """Rows of the tallest tile of so many vectors whose sums stay in registers, beside a row of B and a number of A."""
    most = (_REGISTERS[LANES] - vectors - 1) // vectors
    return max(1, min(12, most - most % 2))


def heights(vectors: int) -> tuple[int, ...]:
    """The tiles of so many vectors that lie one below the other for any number of rows, the tallest first."""
    most = tallest(vectors)
    rest = (2, 1) if vectors > 3 else (4, 2, 1)
    return (most, *(height for height in rest if height < most))


LANES = lanes()


def tiled(array: npt.NDArray[Any]) -> bool:
    """Whether there are vectors for such numbers: float32 alone has tiles and maps."""
    return bool(LANES) and array.dtype == np.float32
