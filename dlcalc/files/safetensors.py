"""Arrays in one file in the format safetensors: a length, a JSON header, the numbers. Nothing in it is executed.

https://github.com/huggingface/safetensors: 8 bytes, little-endian, say how long the header is; it names each array with
its dtype, its shape and where its bytes begin and end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

from ..errors import ProblemError, printable

LONGEST_HEADER = 1 << 24
MOST_AXES = 32
SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
"""Bytes of a number of each dtype."""


class Tensor(NamedTuple):
    """One array: its dtype as the format names it, its shape, its bytes."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes | memoryview


def pack(tensors: Mapping[str, Tensor], words: Mapping[str, str]) -> bytes:
    """The file with these arrays, and `words` beside them."""
    header: dict[str, Any] = {"__metadata__": dict(words)} if words else {}
    at = 0
    for name, tensor in tensors.items():
        size = len(tensor.data)
        header[name] = {"dtype": tensor.dtype, "shape": list(tensor.shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *(tensor.data for tensor in tensors.values())])


def unpack(data: bytes, path: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The arrays of a file, and its words. ProblemError: it is no such file, or its bytes are not where it says."""
    size = int.from_bytes(data[:8], "little")
    if len(data) < 10 or size > min(LONGEST_HEADER, len(data) - 8):
        raise _refused(path, "it is not a safetensors file")
    try:
        header = json.loads(data[8 : 8 + size])
    except (ValueError, RecursionError):
        raise _refused(path, "its header is not JSON") from None
    if not isinstance(header, dict):
        raise _refused(path, "its header names no arrays")
    words = header.pop("__metadata__", {})
    if not isinstance(words, dict) or not all(isinstance(text, str) for text in words.values()):
        raise _refused(path, "its metadata are not texts")
    body, found = memoryview(data)[8 + size :], {}
    for name, entry in header.items():
        match entry:
            case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(start), int(end)]} if (
                dtype in SIZES and len(shape) <= MOST_AXES and all(type(n) is int and n >= 0 for n in shape)
                and prod(max(1, n) for n in shape) < 2**40
                and 0 <= start <= end <= len(body) and end - start == prod(shape) * SIZES[dtype]
            ):  # fmt: skip
                found[name] = Tensor(dtype, tuple(shape), body[start:end])
            case _:
                raise _refused(path, f"the array {printable(str(name)[:60])} is not whole, or of no known kind")
    return found, words


def _refused(path: str, why: str) -> ProblemError:
    return ProblemError(printable(path), "", why)
