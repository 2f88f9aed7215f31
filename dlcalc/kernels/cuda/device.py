"""The GPU: the one module that imports numba's `cuda`, and what is launched, uploaded and downloaded through it.

Kernels are plain functions that use the global name `cuda` of their module. What runs them is `RUNTIME`: the GPU, or in
the tests a simulator that puts itself in the place of that name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from importlib import import_module
from importlib.util import find_spec
from math import prod
from typing import Any, ParamSpec, Protocol, TypeVar, cast

import numba
import numpy as np

from ...errors import InternalError
from ..compile import DTYPES, Array

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Types = str | type | tuple[str, int]

DRIVER = "no GPU with a working NVIDIA driver was found"


def _imported() -> tuple[Any, str]:
    """numba-cuda's `cuda`, or None and what is missing."""
    if find_spec("numba_cuda") is None:
        return None, 'numba-cuda is not installed: pip install "dlcalc[cuda]"'
    # numba-cuda asks numpy ≥ 2.5 for a name that it no longer has.
    if not hasattr(np, "row_stack"):
        np.row_stack = np.vstack
    try:
        module = import_module("numba.cuda")
    except ImportError as error:
        return None, f"numba-cuda cannot be imported: {error}"
    if module.implementation != "NVIDIA":
        return None, "numba loads its own old cuda instead of numba-cuda: install both in one site-packages folder"
    _teach_ufuncs()
    # A small layer does not fill a large GPU, and nobody needs to be told.
    settings: Any = numba.config
    settings.CUDA_LOW_OCCUPANCY_WARNINGS = 0
    return module, ""


def _teach_ufuncs() -> None:
    """numba-cuda knows `math.exp` but not `np.exp`, which the shared scalars use; likewise two others."""
    known = import_module("numba.cuda.ufuncs").ufunc_db()
    implementation = import_module("numba.cuda.mathimpl").get_unary_impl_for_fn_and_ty

    def lowered(function: Callable[..., float]) -> Callable[..., Any]:
        return lambda context, builder, sig, args: implementation(function, sig.args[0])(context, builder, sig, args)

    for ufunc, function in ((np.exp, math.exp), (np.log1p, math.log1p), (np.sqrt, math.sqrt)):
        known.setdefault(ufunc, {"f->f": lowered(function), "d->d": lowered(function)})


cuda, _MISSING = _imported()


def not_importable() -> str:
    """Why numba-cuda could not be imported; "" if it was."""
    return _MISSING


def missing() -> str:
    """What keeps kernels from running on a GPU here; "" where they run."""
    if _MISSING:
        return _MISSING
    try:
        return "" if cuda.is_available() and len(cuda.gpus) else DRIVER
    except Exception as error:
        # The driver's own errors have no common class.
        return f"{DRIVER}: {error}"


class Runtime(Protocol):
    """What runs kernels; its arrays are flat."""

    def __hash__(self) -> int:
        """What it uploads may be kept for it."""

    def empty(self, count: int, dtype: Any) -> Any:
        """An array of this many numbers, whatever they are."""

    def upload(self, array: Array) -> Any:
        """A copy of a flat numpy array."""

    def download(self, array: Any) -> Array:
        """A copy of an array for numpy."""

    def part(self, array: Any, start: int, count: int) -> Any:
        """So many numbers of an array, where they stand."""

    def launch(self, kernel: Kernel, blocks: int, arguments: tuple[Any, ...]) -> None:
        """Runs a kernel over so many blocks."""


class Gpu:
    """numba-cuda's current GPU and default stream."""

    def empty(self, count: int, dtype: Any) -> Any:
        return cuda.device_array(max(1, count), dtype)

    def upload(self, array: Array) -> Any:
        return cuda.to_device(array if array.size else np.zeros(1, array.dtype))

    def download(self, array: Any) -> Array:
        return cast(Array, array.copy_to_host())

    def part(self, array: Any, start: int, count: int) -> Any:
        return array[start : start + count] if count else array

    def launch(self, kernel: Kernel, blocks: int, arguments: tuple[Any, ...]) -> None:
        if kernel.dispatcher is None:
            kernel.dispatcher = cuda.jit(kernel.function, launch_bounds=kernel.bounds())
        kernel.dispatcher[blocks, kernel.threads()](*arguments)


RUNTIME: Runtime = Gpu()

KERNELS: dict[str, Kernel] = {}
"""Name → the kernel, for all modules imported so far."""


@dataclass
class Kernel:
    """A function for the GPU and the types of its arguments.

    A type is "T", "T[]", "int64", "int64[]" (arrays are flat, T is float32 or float64), a pair of an array and how many
    of them stand in a tuple, or a NamedTuple of integers. `registers`: what a thread may use, by dtype.
    """

    function: Callable[..., None]
    arguments: tuple[Types, ...]
    threads: Callable[[], int]
    registers: tuple[int, int]
    dispatcher: Any = None

    def launch(self, blocks: int, *arguments: Any) -> None:
        """Runs it over so many blocks; nothing for none."""
        if blocks > 0:
            RUNTIME.launch(self, blocks, tuple(_flat(argument) for argument in arguments))

    def bounds(self) -> tuple[int, int]:
        """The threads of a block, and how many blocks a multiprocessor must hold: one, so that none of its registers is
        moved to memory to make room for another block."""
        return self.threads(), 1

    def signatures(self) -> dict[str, tuple[Any, ...]]:
        """numba's types of the arguments by dtype."""
        return {dtype: tuple(_type(argument, dtype) for argument in self.arguments) for dtype in DTYPES}


def kernel(
    *arguments: Types, threads: Callable[[], int], registers: tuple[int, int] = (64, 96), name: str = ""
) -> Callable[[Callable[..., None]], Kernel]:
    """A function that becomes a kernel; `threads` tells how many make a block."""

    def decorate(function: Callable[..., None]) -> Kernel:
        made = Kernel(function, arguments, threads, registers)
        KERNELS[name or f"{function.__module__.rpartition('.')[2]}.{function.__name__}"] = made
        return made

    return decorate


def _type(argument: Types, dtype: str) -> Any:
    types: Any = numba.types
    if isinstance(argument, tuple):
        return types.UniTuple(_type(argument[0], dtype), argument[1])
    if isinstance(argument, type):
        return types.NamedUniTuple(types.int64, len(argument._fields), argument)  # type: ignore[attr-defined]
    number = getattr(types, argument.removesuffix("[]").replace("T", dtype))
    return types.Array(number, 1, "C") if argument.endswith("[]") else number


def _flat(argument: Any) -> Any:
    if isinstance(argument, DeviceArray):
        return argument.flat
    if type(argument) is tuple:
        return tuple(_flat(part) for part in argument)
    return argument


@dataclass(frozen=True)
class DeviceArray:
    """An array on the device: its numbers row by row, at least one place for them, and its shape."""

    flat: Any
    shape: tuple[int, ...]
    dtype: Any

    @property
    def size(self) -> int:
        """How many numbers."""
        return prod(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def reshape(self, *shape: int) -> DeviceArray:
        """The same numbers in another shape. InternalError: a shape with more or fewer."""
        if prod(shape) != self.size:
            raise InternalError(f"a reshaped array keeps its size: {self.shape} to {shape}")
        return DeviceArray(self.flat, shape, self.dtype)

    def part(self, start: int, *shape: int) -> DeviceArray:
        """The numbers from `start` on, in this shape, where they stand."""
        return DeviceArray(RUNTIME.part(self.flat, start, prod(shape)), shape, self.dtype)

    def to_host(self) -> Array:
        """A numpy array of the same numbers."""
        return RUNTIME.download(self.flat)[: self.size].reshape(self.shape)


def empty(shape: tuple[int, ...], dtype: Any) -> DeviceArray:
    """An array whose numbers are still to be written."""
    return DeviceArray(RUNTIME.empty(prod(shape), dtype), tuple(shape), np.dtype(dtype))


def empty_like(array: DeviceArray) -> DeviceArray:
    """An array of the same shape and dtype."""
    return empty(array.shape, array.dtype)


def uploaded(array: Any) -> DeviceArray:
    """The array on the device: itself if it is there."""
    if isinstance(array, DeviceArray):
        return array
    if hasattr(array, "__cuda_array_interface__"):
        found = cuda.as_cuda_array(array)
        return DeviceArray(found.reshape(-1), found.shape, found.dtype)
    # Whole numbers are places, and kernels take those as int64.
    numbers = np.ascontiguousarray(array, dtype=None if array.dtype.kind == "f" else np.int64)
    return DeviceArray(RUNTIME.upload(numbers.reshape(-1)), array.shape, numbers.dtype)


def downloaded(array: Any) -> Array:
    """The array as numpy's: itself if it is that."""
    return array.to_host() if isinstance(array, DeviceArray) else np.asarray(array)


def on_device(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A function on arrays of the device that takes numpy's arrays too, and then returns numpy's.

    Arrays of integers are handed on as they are: whoever needs them as numbers of the host has them there.
    """

    @wraps(function)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        given = tuple(_moved(argument) for argument in args)
        result = function(*given, **{name: _moved(argument) for name, argument in kwargs.items()})
        return cast(Result, result if _any_on_device((*args, *kwargs.values())) else _returned(result))

    return run


def _moved(argument: Any) -> Any:
    if type(argument) is tuple:
        return tuple(_moved(part) for part in argument)
    if isinstance(argument, np.ndarray) and argument.dtype.kind != "f":
        return argument
    return uploaded(argument) if isinstance(argument, np.ndarray) or _on_device(argument) else argument


def _on_device(argument: Any) -> bool:
    return isinstance(argument, DeviceArray) or hasattr(argument, "__cuda_array_interface__")


def _any_on_device(arguments: Any) -> bool:
    return any(_any_on_device(a) if isinstance(a, tuple) else _on_device(a) for a in arguments)


def _returned(result: Any) -> Any:
    if isinstance(result, tuple):
        parts = [_returned(part) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    return result.to_host() if isinstance(result, DeviceArray) else result


def table(numbers: tuple[int, ...]) -> DeviceArray:
    """Integers that a kernel looks up; what was asked for once stays on the device."""
    return _table(RUNTIME, numbers)


@lru_cache(maxsize=64)
def _table(runtime: Runtime, numbers: tuple[int, ...]) -> DeviceArray:
    return uploaded(np.array(numbers, dtype=np.int64))
