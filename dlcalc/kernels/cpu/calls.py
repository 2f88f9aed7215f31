"""The call of a compiled function by its address.

A kernel that called every other by name would be compiled with all of them inside it, again and again. So what several
need is compiled by itself, and they call what a table of addresses names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.core import cgutils, sigutils
from numba.extending import intrinsic

from .. import cache
from ..compile import KERNELS, Array

_units: Any = cgutils
_signatures: Any = sigutils
"""They come without types."""

PLAIN: list[Callable[..., None]] = []
"""Where kernels run as plain Python, an address is a place in this list."""


def address(function: Any, dtype: str = "float32") -> int:
    """Where the compiled kernel begins, for this dtype; compiled, or loaded, if it was not yet."""
    if cache.plain():
        if function not in PLAIN:
            PLAIN.append(function)
        return PLAIN.index(function)
    return KERNELS[f"{function.__module__}.{function.__name__}"].address(dtype)


def plainly(at: int, *arguments: Array) -> None:
    PLAIN[at](*arguments)


def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """The call of the function that begins at an address, as numba calls its own."""
    kinds = signature.args[1:]
    form = target.call_conv.get_function_type(types.none, kinds)
    function = builder.inttoptr(arguments[0], form.as_pointer())
    target.call_conv.call_function(builder, function, types.none, kinds, arguments[1:])
    return target.get_dummy_value()


def caller(*arguments: str) -> Any:
    """For kernels: f(address, (…)) calls an inner kernel with arguments of these types, which numbers are made to be.

    Written as in `kernel`, without T.
    """
    kinds = _signatures.normalize_signature(f"void({', '.join(arguments)})")[0]

    @intrinsic
    def call(context: Any, at: Any, given: Any) -> Any:
        def write(target: Any, builder: Any, signature: Any, values: Any) -> Any:
            parts = _units.unpack_tuple(builder, values[1])
            as_taken = zip(parts, signature.args[1], kinds, strict=True)
            taken = [target.cast(builder, part, found, kind) for part, found, kind in as_taken]
            whole = target.cast(builder, values[0], signature.args[0], types.int64)
            return generate(target, builder, types.void(types.int64, *kinds), [whole, *taken])

        return types.void(at, given), write

    return call


@intrinsic
def _product(
    context: Any, at: Any, rows: Any, columns: Any, depth: Any, a: Any, a_at: Any, a_row: Any, a_step: Any, b: Any,
    b_at: Any, b_row: Any, c: Any, c_at: Any, c_row: Any, add: Any,
) -> Any:  # fmt: skip
    whole = types.int64
    taken = (whole, whole, whole, a, whole, whole, whole, b, whole, whole, c, whole, whole, types.boolean)
    return types.void(whole, *taken), generate


product: Any = plainly if cache.plain() else _product
"""product(address, rows, columns, depth, A, a_at, a_row, a_step, B, b_at, b_row, C, c_at, c_row, add): as
`products.looped_product`, compiled once for all steps.
"""
