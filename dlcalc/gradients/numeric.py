"""Derived formulas on numbers: the very trees that are printed, run by the evaluator of `expressions`.

Values are given in column layout, as nested tuples by name: x and y one vector per step, weights, first states. In the
layout "number" they are single numbers. Finite differences of the loss stand beside, from the same forward pass.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..errors import UserError
from ..expressions.arrays import add, shape_of, shown, transpose
from ..expressions.assembled import PARTIALS
from ..expressions.evaluate import Environment, Evaluator, compile_node
from ..expressions.limits import within_budget
from ..expressions.nodes import Kind, Node, Value
from .delta import Delta, Place, delta_of
from .general import ERROR, General
from .layouts import in_layout
from .lines import Line
from .model import Network, Signal
from .partials import error_values, partial_values

Values = dict[str, Any]

WORK = 200_000_000
"""Units of work that one gradient may cost: minutes."""
STEP = 1e-5
"""By how much a finite difference moves a number: the error is of the order of its square."""

T_ = TypeVar("T_")


class Numbers:
    """One network with numbers for all its letters, in one layout. Raises UserError where one is missing or misfits."""

    def __init__(self, network: Network, values: Mapping[str, Value], layout: str = "column") -> None:
        self.network = network
        self.layout = layout
        self.values = _completed(network, values, layout)
        self.steps = len(self.values["x"])
        self.environment = self._environment()
        self.loss = self._forwards()

    # forwards

    def _environment(self) -> Environment:
        network, values = self.network, self.values
        found: Environment = {"T": self.steps}
        for weight in network.weights:
            found[weight.name] = self._placed(values[weight.name], weight.kind)
        for name in dict.fromkeys(("x", network.head.target)):
            found[name] = {t: self._placed(value, Kind.VECTOR) for t, value in enumerate(values[name], 1)}
        layers = max((signal.layer for signal in network.equations), default=0)
        for signal in network.equations:
            found[signal.name] = tuple({} for _ in range(layers)) if signal.layer else {}
        for signal, name in network.firsts.items():
            time = 0 if network.group_of[signal].direction > 0 else self.steps + 1
            sequence(found, signal)[time] = self._placed(values[name], Kind.VECTOR)
        return found

    def _placed(self, value: Value, kind: Kind) -> Value:
        """A value in column layout as this layout has it: vectors as rows, weights turned."""
        if self.layout in ("column", "number"):
            return value
        if kind is Kind.VECTOR:
            return (value,)
        return transpose(value) if self.layout == "row" else value

    def _forwards(self) -> float:
        env, programs = self.environment, _compiled(self.network, self.layout)
        for group, steps in programs.groups:
            for t in _times(group.direction, self.steps):
                env["t"] = t
                for signal, run in steps:
                    sequence(env, signal)[t] = run(env)
        total = 0.0
        for t in self._losses():
            env["t"] = t
            total += programs.loss(env)
        return total

    def _losses(self) -> range:
        return range(self.steps if self.network.loss == "last" else 1, self.steps + 1)

    # backwards

    def by_delta(self) -> dict[str, Value]:
        """Every gradient by the recursion, in the shapes of this layout."""
        delta = delta_of(self.network)
        return worked(lambda: self._by_delta(delta))

    def _by_delta(self, delta: Delta) -> dict[str, Value]:
        env = self.environment
        for signal in delta.named:
            name = self.network.adjoint(signal)
            env[name.name] = tuple({} for _ in env[signal.name]) if name.layer else {}
        for group, signals in delta.schedule():
            names = [self.network.adjoint(signal) for signal in signals]
            for t in _times(-group.direction, self.steps):
                env["t"] = t
                place = Place(t > 1, t < self.steps)
                for signal, name in zip(signals, names, strict=True):
                    sequence(env, name)[t] = delta.evaluator(signal, place, self.layout)(env)
        wrt = [*self.network.by_name, *self.network.firsts.values()]
        return {name: delta.sum_evaluator(name, self.layout)(env) for name in wrt}

    def by_general(self, wrt: str, symbolic: bool = False) -> Value:
        """One gradient by the general formula: written out, or `symbolic`, in ∂ notation with the values of its signs.

        In ∂ notation it is a row, one entry per number of the weight.
        """
        general = General(self.network, wrt)

        def compute() -> Value:
            self.environment[PARTIALS] = partial_values(self.environment, general, self.steps, self.layout)
            self.environment[ERROR.name] = error_values(self.environment, general, self.steps, self.layout)
            found = self.value(general.symbolic() if symbolic else general.written_out())
            # (h, C) is a vector where each is a number, and what it leads to then is a vector of one
            return found[0] if self.layout == "number" and isinstance(found, tuple) and len(found) == 1 else found

        return worked(compute)

    def by_paths(self, terms: tuple[Node, ...]) -> Value:
        """The sum of the terms of paths. At least one."""

        def compute() -> Value:
            found: Value = 0
            for term in terms:
                line = in_layout(Line(term, term, "gradient"), self.layout)
                found = add(found, compile_node(line.right)(self.environment))
            return found

        return worked(compute)

    def value(self, line: Line) -> Value:
        """The right side of a line in this layout."""
        return compile_node(in_layout(line, self.layout).right)(self.environment)

    def evaluate(self, node: Node) -> Value:
        """Any expression in the letters of the network, as it stands: a student's formula, in this layout.

        After `by_delta` it may speak of δ and dh too. Raises UserError where shapes do not fit.
        """
        return within_budget(lambda: compile_node(node)(dict(self.environment)))

    # beside

    def by_differences(self, wrt: str, step: float = STEP) -> Value:
        """One gradient by central differences of the loss, entry by entry, in the shape that this layout has."""
        column = differences(lambda value: self.moved(wrt, value).loss, self.values[wrt], step)
        kind = self.network.by_name[wrt].kind if wrt in self.network.by_name else Kind.VECTOR
        return self._placed(column, kind)

    def along(self, direction: Mapping[str, Value], step: float = STEP) -> float:
        """The derivative of the loss when all weights move along `direction` at once, by a central difference."""
        ahead, behind = (
            Numbers(self.network, {**self.values, **_moved_along(self.values, direction, by)}, self.layout).loss
            for by in (step, -step)
        )
        return (ahead - behind) / (2 * step)

    def moved(self, wrt: str, value: Value) -> Numbers:
        return Numbers(self.network, {**self.values, wrt: value}, self.layout)


def worked(compute: Callable[[], T_]) -> T_:
    """Within a budget that is large enough for whole sequences, so that Σ over many steps is no hostile input."""
    return within_budget(compute, WORK)


def sequence(env: Environment, signal: Signal) -> dict[int, Value]:
    """Step → value of a signal."""
    found = env[signal.name]
    return found[signal.layer - 1] if signal.layer else found  # type: ignore[no-any-return]


def _times(direction: int, steps: int) -> range:
    return range(1, steps + 1) if direction > 0 else range(steps, 0, -1)


# compiled once for a network and layout


class _Programs:
    def __init__(self, network: Network, layout: str) -> None:
        def run(node: Node) -> Evaluator:
            return compile_node(in_layout(Line(node, node, "vector"), layout).right)

        self.groups = [
            (group, [(equation.signal, run(equation.right)) for equation in group.equations])
            for group in network.groups
        ]
        self.loss = run(network.head.loss)


_KNOWN: dict[tuple[int, str], tuple[Network, _Programs]] = {}


def _compiled(network: Network, layout: str) -> _Programs:
    found = _KNOWN.get((id(network), layout))
    if found is None or found[0] is not network:
        if len(_KNOWN) > 64:
            _KNOWN.clear()
        found = _KNOWN[id(network), layout] = (network, _Programs(network, layout))
    return found[1]


# given and random values


def _completed(network: Network, values: Mapping[str, Value], layout: str) -> Values:
    """All values, first states and biases that are not given as zeros, once their shapes fit."""
    found: Values = dict(values)
    for name in ("x", network.head.target):
        if not found.get(name):
            raise UserError(f"{name} is needed: one value for each time step")
    if len(found["x"]) != len(found[network.head.target]):
        given = f"{len(found['x'])} and {len(found[network.head.target])}"
        raise UserError(f"x and {network.head.target} have one value for each time step, not {given}")
    for weight in network.weights:
        if weight.name not in found and weight.kind is Kind.MATRIX:
            raise UserError(f"{weight.name} is needed: {weight.meaning}")
    sizes = sizes_of(network, found, layout)
    for weight in network.weights:
        found.setdefault(weight.name, 0 if layout == "number" else (0,) * sizes[weight.rows])
    for name in network.firsts.values():
        found.setdefault(name, 0 if layout == "number" else (0,) * sizes["m"])
    _check(network, found, sizes, layout)
    return found


def sizes_of(network: Network, values: Mapping[str, Value], layout: str) -> dict[str, int]:
    """The sizes n, m and k that the values have; all 1 for one unit."""
    if layout == "number":
        return {"n": 1, "m": 1, "k": 1}
    first = next(weight for weight in network.weights if weight.columns == "m")
    target = values[network.head.target][0]
    sizes = {"n": _length(values["x"][0]), "m": _length(values[first.name]), "k": _length(target)}
    return sizes


def _length(value: Value) -> int:
    return len(value) if isinstance(value, tuple) else 1


def _check(network: Network, values: Values, sizes: Mapping[str, int], layout: str) -> None:
    if layout == "number":
        return
    for weight in network.weights:
        wanted = (sizes[weight.rows], sizes[weight.columns]) if weight.columns else (sizes[weight.rows],)
        _fits(weight.name, values[weight.name], wanted)
    for name in network.firsts.values():
        _fits(name, values[name], (sizes["m"],))
    outputs = sizes["k"] if network.head.weights else sizes["m"]
    for name, size in (("x", sizes["n"]), (network.head.target, outputs)):
        for t, value in enumerate(values[name], 1):
            _fits(f"{name}_{t}", value, (size,))


def _fits(name: str, value: Value, wanted: tuple[int, ...]) -> None:
    if shape_of(value) != wanted:
        raise UserError(f"{name} is {shown(wanted)} here, not {shown(shape_of(value))}")


def random_values(
    network: Network, steps: int, n: int = 3, m: int = 2, k: int = 4, seed: int = 0, layout: str = "column"
) -> Values:
    """Values for every letter from a seed: weights and inputs between −1 and 1, targets that the head can have."""
    if steps < 1:
        raise UserError(f"a sequence has at least one time step, not {steps}")
    draw = random.Random(seed)
    sizes = {"n": n, "m": m, "k": k}

    def vector(size: int, low: float = -1.0) -> Value:
        return draw.uniform(low, 1.0) if layout == "number" else tuple(draw.uniform(low, 1.0) for _ in range(size))

    found: Values = {"x": tuple(vector(n) for _ in range(steps))}
    for weight in network.weights:
        rows = sizes[weight.rows]
        one = layout == "number" or not weight.columns
        found[weight.name] = vector(rows) if one else tuple(vector(sizes[weight.columns]) for _ in range(rows))
    for name in network.firsts.values():
        found[name] = vector(m)
    found[network.head.target] = tuple(_target(network, vector, m, k) for _ in range(steps))
    return found


def _target(network: Network, vector: Callable[..., Value], m: int, k: int) -> Value:
    """A probability of each class for a softmax, 0 to 1 for sigmoids, any number for a squared loss."""
    if not network.head.weights:
        return vector(m)
    if network.head.name == "linear":
        return vector(k)
    target = vector(k, 0.0)
    if network.head.name == "softmax" and isinstance(target, tuple):
        return tuple(share / sum(target) for share in target)
    return target


# finite differences


def differences(function: Callable[[Value], float], at: Value, step: float = STEP) -> Value:
    """(f(x + h) − f(x − h))/2h for every number of an array, in its shape."""
    if not isinstance(at, tuple):
        return (function(at + step) - function(at - step)) / (2 * step)
    parts = []
    for place, part in enumerate(at):

        def inside(value: Value, place: int = place) -> float:
            return function((*at[:place], value, *at[place + 1 :]))

        parts.append(differences(inside, part, step))
    return tuple(parts)


def _moved_along(values: Values, direction: Mapping[str, Value], by: float) -> Values:
    def move(value: Value, way: Value) -> Value:
        if isinstance(value, tuple):
            return tuple(map(move, value, way))
        return value + by * way

    return {name: move(values[name], way) for name, way in direction.items()}


def difference(a: Value, b: Value) -> float:
    """The largest difference between two arrays of one shape. Raises UserError where the shapes differ."""
    if isinstance(a, tuple) or isinstance(b, tuple):
        if not isinstance(a, tuple) or not isinstance(b, tuple) or len(a) != len(b):
            raise UserError(f"the shapes differ: {shown(shape_of(a))} and {shown(shape_of(b))}")
        return max(map(difference, a, b), default=0.0)
    return abs(float(a) - float(b))


def dot(a: Value, b: Value) -> float:
    """The sum of the products of their numbers."""
    if isinstance(a, tuple):
        return sum(map(dot, a, b))
    return float(a) * float(b)
