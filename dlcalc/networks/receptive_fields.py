"""The receptive fields of a network: how far one unit of each layer sees in the input, and where.

They are worked out when they are asked for: much of what is done with a network does not, and no two layers of a stack
have the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..errors import UserError
from ..expressions.nodes import Call, Node, Value, to_node
from ..formulas.registry import formula
from ..formulas.run import Working, run, same_at_points
from .kinds import Kind, Shape
from .network import INPUT, Layer, Network

Window = tuple[Value, Value, Value, Value]
"""f, s, d and p along one axis."""


@dataclass(frozen=True)
class FieldAlongAxis:
    """The receptive field along one axis, in input pixels: `size`, `jump` to the next unit, `start` of the first."""

    size: Value
    jump: Value
    start: Value


@dataclass(frozen=True)
class ReceptiveField:
    """What the units of a layer see. `axes` holds one field per axis, () where there is none; `aligned` is False where
    paths of different centres meet. `lost` says why a map has no field that one number could say.
    """

    axes: tuple[FieldAlongAxis, ...] = ()
    aligned: bool = True
    lost: str = ""


NOWHERE = ReceptiveField()
"""Of a layer that is no map of the input: a vector, a sequence."""


@dataclass(frozen=True)
class Passed:
    """One layer that was worked out, with the shapes that it reads and makes."""

    layer: Layer
    kind: Kind
    working: Working
    inputs: Sequence[Shape]
    output: Shape


class ReceptiveFields:
    """The receptive fields of all layers, worked out together, in order, when the first is asked for."""

    def __init__(self, network: Network) -> None:
        self.passed: list[Passed] = []
        """The layers, each after those that it reads."""
        self.lost: dict[str, str] = {}
        """Layers that are not worked out, and why no field is known behind them."""
        axes = len(network.input) - 1 if not network.sequence else 0
        self._input = ReceptiveField((FieldAlongAxis(1, 1, 0),) * axes)
        self._windows: dict[int, tuple[Window, ...]] = {}
        self._widened: dict[tuple[FieldAlongAxis, Window], FieldAlongAxis] = {}

    def of(self, name: str) -> ReceptiveField:
        """What the units of a layer see."""
        return self._found.get(name, NOWHERE)

    @cached_property
    def _found(self) -> Mapping[str, ReceptiveField]:
        found = {INPUT: self._input} | {name: ReceptiveField(lost=why) for name, why in self.lost.items()}
        for passed in self.passed:
            found[passed.layer.name] = self._reach(passed, [found.get(name, NOWHERE) for name in passed.layer.inputs])
        return found

    def _reach(self, passed: Passed, before: Sequence[ReceptiveField]) -> ReceptiveField:
        if len(passed.output) < 2:
            return NOWHERE
        lost = next((reach.lost for reach in before if reach.lost), "")
        if lost:
            return ReceptiveField(lost=lost)
        paths = [reach.axes for reach in before if reach.axes]
        if not paths:
            return NOWHERE
        kind = passed.kind
        if kind.loses and not (kind.if_resized and passed.inputs and passed.output[:-1] == passed.inputs[0][:-1]):
            return ReceptiveField(lost=f"{passed.layer.name}: {kind.loses}")
        try:
            widest, aligned = _merged(paths)
            if kind.window:
                widest = tuple(map(self._widen, widest, self._window(passed.working)))
        except UserError as error:
            return ReceptiveField(lost=f"{passed.layer.name}: {error}")
        return ReceptiveField(widest, aligned and all(reach.aligned for reach in before))

    def _window(self, working: Working) -> tuple[Window, ...]:
        """The window along each axis: f, s, d and the padding before the input."""
        if id(working) not in self._windows:
            padding = "pad_begin" if "pad_begin" in working.formula.by_name else "p"
            settings = [_per_axis(working, name, usual) for name, usual in (("f", 1), ("s", 1), ("d", 1), (padding, 0))]
            self._windows[id(working)] = tuple(zip(*settings, strict=True))
        return self._windows[id(working)]

    def _widen(self, field: FieldAlongAxis, window: Window) -> FieldAlongAxis:
        """The field after one more layer; axes that are alike are worked out once."""
        key = field, window
        if key not in self._widened:
            f, s, d, p = window
            given = {"r": field.size, "j": field.jump, "first": field.start, "f": f, "s": s, "d": d, "p": p}
            values = run(formula("rf_layer"), given).state.values
            self._widened[key] = FieldAlongAxis(values["receptive_field"], values["jump"], values["start"])
        return self._widened[key]


def _per_axis(working: Working, name: str, usual: Value) -> Shape:
    value = working[name] if name in working.formula.by_name else usual
    return value if isinstance(value, tuple) else (value,) * working.formula.axes


def _merged(paths: Sequence[tuple[FieldAlongAxis, ...]]) -> tuple[tuple[FieldAlongAxis, ...], bool]:
    """Where several paths meet, the largest along each axis; and whether all have their centres in one place."""
    if len(paths) == 1:
        return paths[0], True
    axes = list(zip(*paths, strict=False))
    return tuple(map(_largest, axes)), all(_aligned(along) for along in axes)


def _largest(along: Sequence[FieldAlongAxis]) -> FieldAlongAxis:
    """Where letters leave open which is the largest, its size is the maximum of them."""
    if not any(isinstance(field.size, Node) for field in along):
        return max(along, key=_size)
    first = along[0]
    sizes = dict.fromkeys(field.size for field in along)
    if all(same_at_points(size, first.size) for size in sizes):
        return first
    return FieldAlongAxis(Call("max", tuple(map(to_node, sizes))), first.jump, first.start)


def _size(field: FieldAlongAxis) -> Value:
    return field.size


def _aligned(along: Sequence[FieldAlongAxis]) -> bool:
    first = along[0]
    return all(
        field is first or (_alike(field.start, first.start) and _alike(field.jump, first.jump)) for field in along[1:]
    )


def _alike(a: Value, b: Value) -> bool:
    return a == b or same_at_points(a, b)
