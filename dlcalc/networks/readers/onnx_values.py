"""What flows between the nodes of an ONNX graph, as far as shapes need it: layers' outputs, weights, computed sizes.

Weights are read by their dimensions only. A small tensor of whole numbers or of floats (the target of a reshape, the
bounds of a clip) is read from the file itself; data in another file is never opened.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any

_EXTERNAL = 1
_FLOAT, _INT32, _INT64 = 1, 6, 7
_FORMATS = {_FLOAT: ("f", "float_data"), _INT32: ("i", "int32_data"), _INT64: ("q", "int64_data")}
_MOST = 64
"""Entries of a tensor whose values are looked at."""


@dataclass(frozen=True)
class Output:
    """What a layer gives: its name here and the order of the axes there, such as NCHW.

    N is the batch, C channels or features, D, H and W the axes of an image, L time or the one axis of a signal, G the
    directions of a recurrent layer. Without axes the shape is not known.
    """

    layer: str
    axes: str = ""
    last: bool = False
    """Of a recurrent layer: the last step alone."""

    def with_axes(self, axes: str) -> Output:
        return Output(self.layer, axes, self.last)


@dataclass(frozen=True)
class Constant:
    """A tensor of the file, by its dimensions."""

    dims: tuple[int, ...]
    tensor: Any = None
    entries: tuple[float, ...] | None = None

    def numbers(self) -> tuple[float, ...] | None:
        """The entries, if they are few and stand in the file."""
        return self.entries if self.tensor is None else _numbers(self.tensor)

    def whole(self) -> tuple[int, ...] | None:
        """The entries, if they are few whole numbers."""
        found = self.numbers()
        return None if found is None else tuple(int(number) for number in found)


@dataclass(frozen=True)
class Sizes:
    """Numbers that the graph computes from shapes, `length` of them where that is known. No layer."""

    length: int | None = None


Operand = Output | Constant | Sizes


def _numbers(tensor: Any) -> tuple[float, ...] | None:
    if len(tensor.dims) > _MOST:
        return None
    count = math.prod(tensor.dims)
    if not 0 <= count <= _MOST or tensor.data_location == _EXTERNAL or tensor.data_type not in _FORMATS:
        return None
    letter, name = _FORMATS[tensor.data_type]
    raw = tensor.raw_data
    found = tuple(getattr(tensor, name)) if not raw else ()
    if raw and len(raw) == count * struct.calcsize(letter):
        found = struct.unpack(f"<{count}{letter}", raw)
    finite = all(number == number and abs(number) < 2**62 for number in found)
    return found if len(found) == count and finite else None


def constant(node: Any) -> Constant | None:
    """What a Constant node holds, in one of the forms that the standard allows."""
    for each in node.attribute:
        match each.name:
            case "value":
                return Constant(tuple(each.t.dims), each.t)
            case "value_int":
                return Constant((), entries=(each.i,))
            case "value_float":
                return Constant((), entries=(each.f,))
            case "value_ints" | "value_floats":
                entries = tuple(each.ints) or tuple(each.floats)
                return Constant((len(entries),), entries=entries[:_MOST])
    return None


def attributes(node: Any) -> dict[str, Any]:
    """The attributes of a node by name: ints, floats and strings; a tensor is none of them."""
    found: dict[str, Any] = {}
    for each in node.attribute:
        match each.type:
            case 1:
                found[each.name] = each.f
            case 2:
                found[each.name] = each.i
            case 3:
                found[each.name] = each.s.decode("utf-8", "replace")
            case 7:
                found[each.name] = tuple(each.ints)
    return found
