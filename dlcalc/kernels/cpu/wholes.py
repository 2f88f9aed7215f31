"""Division of numbers that are not negative, by one instruction.

    divided(a, b), remainder(a, b) = a // b, a % b, for a ≥ 0 and b > 0

Python's own division asks for the signs and for 0: LLVM then makes a copy of every loop for each answer, and the kernel
takes twice as long to compile.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic


@intrinsic
def _divided(context: Any, a: Any, b: Any) -> Any:
    return types.int64(types.int64, types.int64), lambda _, builder, __, given: builder.udiv(*given)


@intrinsic
def _remainder(context: Any, a: Any, b: Any) -> Any:
    return types.int64(types.int64, types.int64), lambda _, builder, __, given: builder.urem(*given)


divided: Any = _divided
remainder: Any = _remainder
