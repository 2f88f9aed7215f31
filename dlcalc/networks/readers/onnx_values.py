"""What flows between the nodes of an ONNX graph: views of layers, weights, and numbers that the graph computes itself.

Weights are known by their dimensions only. A small tensor (the target of a reshape, the bounds of a clip) is read from
the file, and what the graph computes from such and from shapes is computed here; data in another file is never opened.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...expressions.nodes import Node, Value
from .views import View

_EXTERNAL = 1
_FLOAT, _INT32, _INT64, _BOOL, _FLOAT16, _DOUBLE = 1, 6, 7, 9, 10, 11
_FORMATS = {
    _FLOAT: ("f", "float_data"), _INT32: ("i", "int32_data"), _INT64: ("q", "int64_data"), _BOOL: ("?", "int32_data"),
    _DOUBLE: ("d", "double_data"), _FLOAT16: ("e", ""),
}  # fmt: skip
_WHOLE = frozenset({2, 3, 4, 5, _INT32, _INT64, _BOOL, 12, 13})
_MOST = 1024
"""Entries of a tensor whose values are looked at."""


@dataclass(frozen=True)
class Lost:
    """The output of a layer whose shape is not known."""

    layer: str


@dataclass(frozen=True)
class Constant:
    """A tensor of the file, or what the graph makes of such: its dimensions, its entries where they are few, and the
    weights that it is made of.
    """

    dims: tuple[int, ...] | None
    entries: Any = None
    """A numpy array of numbers and of expressions."""
    weights: frozenset[str] = frozenset()
    """Names of the tensors of the file."""
    literal: bool = False
    """It stands in a node, as what is no parameter of a model does."""
    made: Callable[[], Any] | None = field(default=None, repr=False, compare=False)
    """Gives all of its entries, None where they are not followed."""

    def array(self) -> Any:
        """All of its entries, as a numpy array; None where they are not in the file, or not followed."""
        if self.made is not None:
            return self.made()
        numbers = self.numbers()
        return None if numbers is None or self.dims is None else np.array(numbers).reshape(self.dims)

    def numbers(self) -> tuple[float, ...] | None:
        """The entries, if they are few numbers."""
        if self.entries is None or any(isinstance(entry, Node) for entry in self.entries.flat):
            return None
        return tuple(float(entry) for entry in self.entries.flat)

    def values(self) -> tuple[Value, ...] | None:
        """The entries, if they are few: whole numbers and expressions."""
        if self.entries is None:
            return None
        found = []
        for entry in self.entries.flat:
            if isinstance(entry, float) and not math.isfinite(entry):
                return None
            found.append(entry if isinstance(entry, Node) else int(entry))
        return tuple(found)

    def whole(self) -> tuple[int, ...] | None:
        """The entries, if they are few whole numbers."""
        found = self.values()
        whole = found is not None and all(isinstance(value, int) for value in found)
        return tuple(value for value in found or () if isinstance(value, int)) if whole else None

    @property
    def size(self) -> int | None:
        return None if self.dims is None else max(0, math.prod(self.dims))

    def alone(self, value: float) -> bool:
        """Whether every entry is this number."""
        found = self.numbers()
        return found is not None and all(number == value for number in found)


Operand = View | Constant | Lost


def tensor_entries(tensor: Any) -> Any:
    """The numbers of a small tensor, as an array; None where it is large or not in the file."""
    count = math.prod(tensor.dims)
    if not 0 <= count <= _MOST or tensor.data_location == _EXTERNAL or tensor.data_type not in _FORMATS:
        return None
    letter, name = _FORMATS[tensor.data_type]
    raw = tensor.raw_data
    found: tuple[Any, ...] = tuple(getattr(tensor, name)) if name and not raw else ()
    if raw and len(raw) == count * struct.calcsize(letter):
        found = struct.unpack(f"<{count}{letter}", raw)
    if len(found) != count or not all(isinstance(number, int) or math.isfinite(number) for number in found):
        return None
    return objects(found, tuple(tensor.dims))


def objects(entries: Sequence[Any], dims: tuple[int, ...]) -> Any:
    """An array of Python's numbers, which may be expressions too."""
    made = np.empty(len(entries), object)
    made[:] = entries
    return made.reshape(dims)


def is_whole(tensor: Any) -> bool:
    """Whether its numbers are whole: indices and sizes, not weights."""
    return tensor.data_type in _WHOLE


def stored(tensor: Any, name: str, literal: bool = False) -> Constant:
    """A tensor of the file. One number again and again in the program is not learned: a scale of 1, a state of 0."""
    nothing = is_whole(tensor) or (literal and _uniform(tensor))
    weights = frozenset() if nothing else frozenset({name})
    return Constant(tuple(tensor.dims), tensor_entries(tensor), weights, literal, lambda: tensor_array(tensor))


_DTYPES = {_FLOAT: "<f4", _INT32: "<i4", _INT64: "<i8", _BOOL: "?", _FLOAT16: "<f2", _DOUBLE: "<f8"}


def tensor_array(tensor: Any) -> Any:
    """All numbers of a tensor of the file; None where they are in another file or of another type."""
    dtype, count = _DTYPES.get(tensor.data_type), math.prod(tensor.dims)
    if dtype is None or tensor.data_location == _EXTERNAL:
        return None
    if tensor.raw_data:
        found = np.frombuffer(tensor.raw_data, dtype)
    else:
        name = _FORMATS[tensor.data_type][1]
        found = np.array(getattr(tensor, name), dtype) if name else np.zeros(0)
    return found.reshape(tuple(tensor.dims)) if found.size == count else None


def _uniform(tensor: Any) -> bool:
    """Whether a tensor of more than one number has the same one everywhere."""
    count, raw = math.prod(tensor.dims), tensor.raw_data
    numbers = tensor.float_data
    if count < 2:
        return False
    if raw:
        return bool(len(raw) % count == 0 and raw == raw[: len(raw) // count] * count)
    return len(numbers) == count and len(set(numbers)) == 1


def transposed_copies(tensors: Sequence[Any]) -> dict[str, str]:
    """Of each weight that an exporter laid out anew, the weight that it is the transpose of."""
    found: dict[str, str] = {}
    matrices = [each for each in tensors if len(each.dims) == 2 and each.raw_data and min(each.dims) > 1]
    by_size: dict[tuple[int, ...], list[Any]] = {}
    for each in matrices:
        by_size.setdefault(tuple(each.dims), []).append(each)
    for each in matrices:
        if not each.name.startswith(MADE):
            continue
        for other in by_size.get(tuple(each.dims)[::-1], ()):
            if other.name.startswith(MADE) or other.data_type != each.data_type or _uniform(each):
                continue
            width = len(each.raw_data) // math.prod(each.dims)
            a, b = (np.frombuffer(t.raw_data, np.uint8).reshape(*t.dims, width) for t in (each, other))
            if (a == b.transpose(1, 0, 2)).all():
                found[each.name] = other.name
                break
    return found


MADE = ("onnx::", "/")
"""How the names begin that PyTorch's exporter gives to what no program named."""
UNNAMED = (*MADE, "val_", "_", "scalar", "const", "clone", "full")
"""The same of its newer exporter too, which names numbers by what computed them."""


def constant(node: Any) -> Constant | None:
    """What a Constant node holds, in one of the forms that the standard allows."""
    for each in node.attribute:
        match each.name:
            case "value":
                return stored(each.t, node.output[0], literal=True)
            case "value_int":
                return Constant((), objects([each.i], ()), literal=True)
            case "value_float":
                return Constant((), objects([each.f], ()), literal=True)
            case "value_ints" | "value_floats":
                entries = tuple(each.ints) or tuple(each.floats)
                few = objects(entries, (len(entries),)) if len(entries) <= _MOST else None
                return Constant((len(entries),), few, literal=True)
    return None


def attributes(node: Any) -> dict[str, Any]:
    """The attributes of a node by name: numbers and words, and of a small tensor its entries."""
    found: dict[str, Any] = {}
    for each in node.attribute:
        match each.type:
            case 1:
                found[each.name] = each.f
            case 2:
                found[each.name] = each.i
            case 3:
                found[each.name] = each.s.decode("utf-8", "replace")
            case 4:
                found[each.name] = tensor_entries(each.t)
            case 6:
                found[each.name] = tuple(each.floats)
            case 7:
                found[each.name] = tuple(each.ints)
            case 8:
                found[each.name] = tuple(s.decode("utf-8", "replace") for s in each.strings)
    return found


# What the graph computes of constants


def folded(operator: str, given: Sequence[Constant | None], attributes: dict[str, Any]) -> Constant:
    """What an operator makes of constants; without dimensions where that is not followed."""
    there = [each for each in given if each is not None]
    weights = frozenset[str]().union(*(each.weights for each in there))
    literal = all(each.literal for each in there)
    compute = _FOLDING.get(operator)
    arrays = [None if each is None else each.entries for each in given]
    if compute is not None and all(each is None or each.entries is not None for each in given):
        try:
            made = np.asarray(compute(arrays, attributes), dtype=object)
        except (ValueError, TypeError, IndexError, KeyError, ZeroDivisionError, OverflowError, ArithmeticError):
            made = None
        if made is not None and made.size <= _MOST:
            return Constant(made.shape, made, weights, literal)

    def all_of_it() -> Any:
        whole = [None if each is None else each.array() for each in given]
        if compute is None or any(a is None for a, each in zip(whole, given, strict=True) if each is not None):
            return None
        try:
            return np.asarray(compute(whole, attributes), np.float64)
        except (ValueError, TypeError, IndexError, KeyError, ArithmeticError):
            return None

    try:
        dims = _dims(operator, given, attributes)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        dims = None  # attributes that no operator has
    return Constant(dims, None, weights, literal, all_of_it)


def _dims(operator: str, given: Sequence[Constant | None], attributes: dict[str, Any]) -> tuple[int, ...] | None:
    """The dimensions of a large result."""
    first = given[0].dims if given and given[0] is not None else None
    second = given[1].whole() if len(given) > 1 and given[1] is not None else None
    match operator:
        case "Transpose" if first is not None:
            order = attributes.get("perm", tuple(reversed(range(len(first)))))
            return tuple(first[at] for at in order) if sorted(order) == list(range(len(first))) else None
        case "Reshape" | "ConstantOfShape" | "Expand" if operator != "Reshape" or first is not None:
            wanted = second if operator != "ConstantOfShape" else given[0].whole() if given and given[0] else None
            if wanted is None or first is None:
                return None
            if operator == "Expand":
                try:
                    return tuple(np.broadcast_shapes(first, wanted))
                except ValueError:
                    return None
            if operator == "Reshape" and (0 in wanted or -1 in wanted):
                wanted = tuple(first[at] if size == 0 and at < len(first) else size for at, size in enumerate(wanted))
                rest = math.prod(size for size in wanted if size != -1)
                wanted = tuple(math.prod(first) // rest if size == -1 and rest else size for size in wanted)
            return wanted if all(size >= 0 for size in wanted) else None
        case "Unsqueeze" | "Squeeze" if first is not None:
            axes = attributes.get("axes", second)
            if axes is None:
                return None
            if operator == "Squeeze":
                return tuple(size for at, size in enumerate(first) if at not in {a % len(first) for a in axes})
            rank = len(first) + len(axes)
            left = iter(first)
            return tuple(1 if at in {a % rank for a in axes} else next(left) for at in range(rank))
        case "Gather" if first is not None and given[1] is not None and given[1].dims is not None:
            at = attributes.get("axis", 0) % max(1, len(first))
            return (*first[:at], *given[1].dims, *first[at + 1 :])
        case "Concat":
            shapes = [each.dims for each in given if each is not None and each.dims is not None]
            if len(shapes) != len(given) or len({len(shape) for shape in shapes}) != 1:
                return None
            at = attributes.get("axis", 0) % len(shapes[0])
            return (*shapes[0][:at], sum(shape[at] for shape in shapes), *shapes[0][at + 1 :])
        case "Slice" if first is not None and len(given) > 2:
            return _sliced(first, given)
        case _ if operator in ELEMENTWISE:
            shapes = [each.dims for each in given if each is not None and each.dims is not None]
            try:
                return tuple(np.broadcast_shapes(*shapes)) if len(shapes) == len(given) else None
            except ValueError:
                return None
    return None


def _sliced(dims: tuple[int, ...], given: Sequence[Constant | None]) -> tuple[int, ...] | None:
    parts = [None if each is None else each.whole() for each in given[1:]]
    starts, ends = parts[0], parts[1]
    axes = parts[2] if len(parts) > 2 and parts[2] is not None else tuple(range(len(starts or ())))
    steps = parts[3] if len(parts) > 3 and parts[3] is not None else (1,) * len(axes)
    if starts is None or ends is None:
        return None
    found = list(dims)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=False):
        found[axis] = len(range(dims[axis])[slice(start, end, step)])
    return tuple(found)


Fold = Callable[[list[Any], dict[str, Any]], Any]


def _axes(arrays: list[Any], attributes: dict[str, Any], at: int = 1) -> tuple[int, ...]:
    if "axes" in attributes:
        return tuple(attributes["axes"])
    return tuple(int(axis) for axis in arrays[at].flat) if len(arrays) > at and arrays[at] is not None else ()


def _slice(arrays: list[Any], attributes: dict[str, Any]) -> Any:
    x = arrays[0]
    if "starts" in attributes:
        starts, ends = attributes["starts"], attributes["ends"]
        axes, steps = attributes.get("axes", range(len(starts))), [1] * len(starts)
    else:
        starts, ends = ([int(v) for v in arrays[at].flat] for at in (1, 2))
        axes = [int(v) for v in arrays[3].flat] if len(arrays) > 3 and arrays[3] is not None else range(len(starts))
        steps = [int(v) for v in arrays[4].flat] if len(arrays) > 4 and arrays[4] is not None else [1] * len(starts)
    taken = [slice(None)] * x.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        taken[axis] = slice(start, max(end, -(2**31)) if step > 0 or end > -(2**31) else None, step)
    return x[tuple(taken)]


def _divide(arrays: list[Any], attributes: dict[str, Any]) -> Any:
    def one(a: Any, b: Any) -> Any:
        whole = isinstance(a, int) and isinstance(b, int)
        return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1) if whole else a / b

    return np.frompyfunc(one, 2, 1)(arrays[0], arrays[1])


def _each(compute: Callable[..., Any], count: int = 2) -> Fold:
    return lambda arrays, attributes: np.frompyfunc(compute, count, 1)(*arrays[:count])


def _cast(arrays: list[Any], attributes: dict[str, Any]) -> Any:
    whole = attributes.get("to") in _WHOLE

    def one(a: Any) -> Any:
        return int(a) if whole and not isinstance(a, Node) else a

    return np.frompyfunc(one, 1, 1)(arrays[0])


def _reshape(arrays: list[Any], attributes: dict[str, Any]) -> Any:
    x, target = arrays[0], [int(size) for size in arrays[1].flat]
    return x.reshape([x.shape[at] if size == 0 else size for at, size in enumerate(target)])


def _reduce(compute: Any) -> Fold:
    def fold(arrays: list[Any], attributes: dict[str, Any]) -> Any:
        axes = _axes(arrays, attributes) or tuple(range(arrays[0].ndim))
        return compute(arrays[0], axis=axes, keepdims=bool(attributes.get("keepdims", 1)))

    return fold


def _where(a: Any, b: Any, c: Any) -> Any:
    return b if a else c


_FOLDING: dict[str, Fold] = {
    "Identity": lambda a, _: a[0], "Cast": _cast, "Slice": _slice, "Reshape": _reshape, "Div": _divide,
    "Gather": lambda a, at: np.take(a[0], a[1].astype(np.int64), axis=at.get("axis", 0)),
    "Concat": lambda a, at: np.concatenate(a, axis=at.get("axis", 0)),
    "Unsqueeze": lambda a, at: np.expand_dims(a[0], _axes(a, at)),
    "Squeeze": lambda a, at: np.squeeze(a[0], _axes(a, at) or None),
    "Transpose": lambda a, at: np.transpose(a[0], at.get("perm")),
    "Expand": lambda a, _: np.broadcast_to(
        a[0], np.broadcast_shapes(a[0].shape, tuple(int(n) for n in a[1].flat))
    ),
    "Tile": lambda a, _: np.tile(a[0], [int(n) for n in a[1].flat]),
    "ConstantOfShape": lambda a, at: np.full([int(n) for n in a[0].flat], at["value"].item() if "value" in at else 0),
    "Range": lambda a, _: objects(found := list(range(*(int(each.item()) for each in a))), (len(found),)),
    "Add": _each(lambda a, b: a + b), "Sub": _each(lambda a, b: a - b), "Mul": _each(lambda a, b: a * b),
    "Mod": _each(lambda a, b: a % b), "Min": _each(min), "Max": _each(max), "Pow": _each(lambda a, b: a**b),
    "Neg": _each(lambda a: -a, 1), "Abs": _each(abs, 1), "Floor": _each(math.floor, 1), "Ceil": _each(math.ceil, 1),
    "Sqrt": _each(math.sqrt, 1), "Not": _each(lambda a: not a, 1),
    "Equal": _each(lambda a, b: a == b), "Less": _each(lambda a, b: a < b), "Greater": _each(lambda a, b: a > b),
    "And": _each(lambda a, b: bool(a and b)), "Or": _each(lambda a, b: bool(a or b)), "Where": _each(_where, 3),
    "ReduceProd": _reduce(np.prod), "ReduceSum": _reduce(np.sum), "ReduceMax": _reduce(np.max),
    "ReduceMin": _reduce(np.min),
    "Size": lambda a, _: a[0].size, "Shape": lambda a, _: objects(a[0].shape, (a[0].ndim,)),
}  # fmt: skip
"""Operator → what it makes of small arrays."""

ELEMENTWISE = frozenset({
    "Add", "Sub", "Mul", "Div", "Mod", "Min", "Max", "Pow", "Neg", "Abs", "Floor", "Ceil", "Sqrt", "Not", "Equal",
    "Less", "Greater", "And", "Or", "Where", "Cast", "Identity", "Trilu", "Round", "Sign", "Cos", "Sin", "Exp", "Log",
    "CastLike", "Clip", "Relu", "Sigmoid", "Tanh", "Erf", "Reciprocal", "QuantizeLinear", "DequantizeLinear", "Softmax",
})  # fmt: skip
