"""The one signature of all steps, and the call of one by its address.

A machine that called every step by name would be compiled with all of them inside it, for minutes. So each is compiled
by itself, when a network first needs it, and the machine calls what a table of addresses names.
"""

from __future__ import annotations

from math import prod
from typing import Any

from numba import types
from numba.core import cgutils, imputils
from numba.extending import intrinsic
from numba.np import arrayobj

from ... import cache
from ...compile import Array, kernel
from ..calls import address as address
from ..calls import generate, plainly
from ..calls import product as product

STEP = ("int64", "int64[::1]", "T[::1]", "T[::1]", "T[::1]", "int64[::1]", "int64[::1]", "int64[::1]", "float64[::1]")

step = kernel(*STEP, inner=True)
"""The decorator of a step: (n, s, a, p, g, i, t, c, sums)."""

_arrays: Any = arrayobj
_results: Any = imputils
_units: Any = cgutils
_types: Any = types
"""They come without types."""

PRODUCT, LINES, SQUARES, TURN, GRADIENT, UPDATE, TAPS, BEGIN, END = 5, 12, 13, 14, 15, 16, 17, 18, 19
"""The places in `c` of the addresses of the matrix product, of that of a matrix and a vector, of the sum of squares,
of the transpose, of the gradient of a batch, of an update, of the sums over taps; then the first and before the last
example that a step in pieces is to work on."""


@intrinsic
def _compiled(
    context: Any, at: Any, n: Any, s: Any, a: Any, p: Any, g: Any, i: Any, t: Any, c: Any, sums: Any
) -> Any:  # fmt: skip
    """Calls the function that begins at an address, as numba calls its own."""

    return types.void(at, n, s, a, p, g, i, t, c, sums), generate


def _plainly_with(at: int, given: tuple[Any, ...]) -> None:
    plainly(at, *given)


@intrinsic
def _compiled_with(context: Any, at: Any, given: Any) -> Any:
    kinds = [_types.unliteral(kind) for kind in given]

    def write(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        parts = _units.unpack_tuple(builder, values[1])
        return generate(target, builder, _types.void(_types.int64, *kinds), [values[0], *parts])

    return _types.void(at, given), write


call_with: Any = _plainly_with if cache.plain() else _compiled_with
"""call_with(address, (…)): with arguments that have the types which the function takes."""


def _plain_view(array: Array, start: int, shape: tuple[int, ...]) -> Array:
    return array[start : start + prod(shape)].reshape(shape)


@intrinsic
def _compiled_view(context: Any, array: Any, start: Any, shape: Any) -> Any:
    kind = array.copy(ndim=len(shape))

    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = _arrays.make_array(array)(target, builder, arguments[0])
        made = _arrays.make_array(kind)(target, builder)
        sizes = _units.unpack_tuple(builder, arguments[2])
        strides = [whole.itemsize]
        for size in reversed(sizes[1:]):
            strides.insert(0, builder.mul(strides[0], size))
        data = builder.gep(whole.data, [arguments[1]])
        _arrays.populate_array(made, data, sizes, strides, whole.itemsize, whole.meminfo, whole.parent)
        return _results.impl_ret_borrowed(target, builder, kind, made._getvalue())

    return kind(array, start, shape), generate


view: Any = _plain_view if cache.plain() else _compiled_view
"""view(flat, start, shape): the numbers from `start` on, row by row; numba takes seconds to compile its reshape."""
call: Any = plainly if cache.plain() else _compiled
"""call(address, n, s, a, p, g, i, t, c, sums)."""
