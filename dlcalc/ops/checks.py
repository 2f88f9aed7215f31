"""What every operation asks of its arguments before a kernel sees them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from types import ModuleType
from typing import Any, Literal, TypeAlias

import numpy as np

from ..errors import UserError
from ..kernels import backend
from ..kernels.compile import Array, contiguous

MOST_ENTRIES = 1 << 31
"""The largest array that an operation makes."""

PerAxis: TypeAlias = int | Sequence[int]
"""One number for all axes, or one for each."""
Padding: TypeAlias = PerAxis | Literal["same", "valid"]
"""One number, one for each axis, two for each (before and after), or a word."""


def kernels(device: str) -> ModuleType:
    """The package of kernels for a device, all with the same names."""
    return backend(device)


def arrays(**given: Any) -> list[Any]:
    """The arrays as kernels read them, None where none was given. The first one's dtype is everyone's."""
    found: list[Any] = []
    first = ""
    for name, value in given.items():
        if value is None:
            found.append(None)
            continue
        if not isinstance(value, np.ndarray) or value.dtype not in (np.float32, np.float64):
            what = f"an array of {value.dtype}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
            raise UserError(f"{name} must be a numpy array of float32 or float64: it is {what}")
        first = first or name
        if value.dtype != given[first].dtype:
            raise UserError(
                f"all arrays have one dtype: {first} is {given[first].dtype} and {name} is {value.dtype}, "
                f"of shapes {given[first].shape} and {value.shape}"
            )
        found.append(contiguous(value))
    return found


def indices(name: str, value: object, below: int, what: str) -> Array:
    """An array of whole numbers 0 ≤ index < below, as int64."""
    if not isinstance(value, np.ndarray) or not np.issubdtype(value.dtype, np.integer):
        kind = f"an array of {value.dtype}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
        raise UserError(f"{name} must be a numpy array of whole numbers: it is {kind}")
    if value.size and not 0 <= int(value.min()) <= int(value.max()) < below:
        raise UserError(f"{name} must be from 0 to {below - 1}, {what}: {value.min()} to {value.max()}")
    return contiguous(value.astype(np.int64))


def ranked(name: str, array: Array, layout: str) -> None:
    """The array has the axes of `layout`, as "N, C, H, W", none of them empty but N, the batch."""
    axes = layout.split(", ")
    if array.ndim != len(axes):
        raise UserError(f"{name} has {len(axes)} axes, ({layout}): {array.shape}")
    if any(size == 0 for size, axis in zip(array.shape, axes, strict=True) if axis != "N"):
        raise UserError(f"{name} may be empty along the batch axis only, ({layout}): {array.shape}")


def shaped(name: str, array: Array | None, shape: Sequence[int], why: str, **beside: Array) -> None:
    """The array, if there is one, has this shape; `why` and the arrays that ask for it are told if not."""
    if array is not None and array.shape != tuple(shape):
        shapes = "".join(f", {other} is {value.shape}" for other, value in beside.items())
        raise UserError(f"{name} must have the shape {why} = {tuple(shape)}: {name} is {array.shape}{shapes}")


def whole(name: str, value: object, least: int, most: int = MOST_ENTRIES) -> int:
    """A whole number least ≤ value ≤ most."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise UserError(f"{name} must be a whole number from {least} to {most}: {value!r}")
    return int(value)


def per_axis(name: str, value: object, axes: int, least: int) -> tuple[int, ...]:
    """A whole number for each axis, from one for all or a sequence."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
    if len(values) != axes:
        raise UserError(f"{name} is one number, or one for each of {axes} axes: {value!r}")
    return tuple(whole(name, one, least) for one in values)


def pairs(value: object, axes: int, window: Sequence[int] = (), **same: Sequence[int]) -> list[tuple[int, int]]:
    """Padding (before, after) for each axis: from one number, one for each axis, two for each, or a word.

    `same`: sizes, stride and dilation, which "same" needs; where they are not given, words are not taken.
    """
    if isinstance(value, str):
        words = ("same", "valid") if same else ()
        if value not in words:
            raise UserError(f"padding is {_accepted(axes, words)}: {value!r}")
        if value == "valid":
            return [(0, 0)] * axes
        return [_same(*axis) for axis in zip(same["sizes"], window, same["stride"], same["dilation"], strict=True)]
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
    if len(values) not in (axes, 2 * axes):
        raise UserError(f"padding is {_accepted(axes, ('same', 'valid') if same else ())}: {value!r}")
    numbers = [whole("padding", one, 0) for one in values]
    if len(numbers) == axes:
        return [(number, number) for number in numbers]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _accepted(axes: int, words: Sequence[str]) -> str:
    counts = f"{2 * axes}" if axes == 1 else f"{axes} or {2 * axes}"
    return ", ".join(["one number", f"{counts} numbers", *(f'"{word}"' for word in words)])


def _same(n: int, f: int, s: int, d: int) -> tuple[int, int]:
    """The padding with which ⌈n/s⌉ windows fit; an odd one has more behind."""
    whole_padding = max(0, (-(-n // s) - 1) * s + d * (f - 1) + 1 - n)
    return whole_padding // 2, whole_padding - whole_padding // 2


def window_count(
    n: int, f: int, s: int, padding: tuple[int, int], d: int, ceil_mode: bool = False, shapes: str = ""
) -> int:
    """How many places a window has along an axis.

    In ceil mode a window may reach beyond the padding, even the only one, but none starts behind the input and its
    front padding.
    UserError: it has none; the shapes are `shapes`.
    """
    span = n + sum(padding) - d * (f - 1) - 1
    if span <= (-s if ceil_mode else -1):
        raise UserError(
            f"a window of {d * (f - 1) + 1} must fit into the padded input, {padding[0]} + {n} + {padding[1]}: {shapes}"
        )
    if not ceil_mode:
        return span // s + 1
    count = -(-span // s) + 1
    return count - 1 if (count - 1) * s >= n + padding[0] else count


def allocatable(*shape: int) -> None:
    """The result is not absurdly large: rather a sentence than a machine that swaps."""
    if prod(shape) > MOST_ENTRIES:
        raise UserError(f"the result may have at most 2^31 entries: {shape} has {prod(shape)}")


def finite(name: str, value: object, least: float, below: float = np.inf) -> float:
    """A number least ≤ value < below."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not least <= value < below:
        until = "" if below == np.inf else f" and below {below:g}"
        raise UserError(f"{name} must be a number from {least:g} on{until}: {value!r}")
    return float(value)


def one_of(name: str, value: object, accepted: Sequence[str]) -> str:
    """One of a few words."""
    if value not in accepted:
        raise UserError(f"{name} must be one of {', '.join(accepted)}: {value!r}")
    return str(value)
