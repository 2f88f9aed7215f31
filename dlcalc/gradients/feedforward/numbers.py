"""A feed-forward network with numbers: its formulas evaluated, beside finite differences of the loss.

Values are given in column layout: weights as outputs × inputs, maps as channels × height × width, exact where they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any

from ...errors import UserError
from ...expressions.arrays import flat, shape_of, shown, transpose
from ...expressions.evaluate import Evaluator, compile_node
from ...expressions.exact import exact
from ...expressions.nodes import Call, Name, Node, Value, walk
from ...formulas.draw import Sampler
from ..numeric import STEP, Values, differences, dot, worked
from .backward import Backward
from .network import Feedforward
from .quantities import Place, Quantity, Rule, rule_in_layout
from .units import MOST_UNITS

MOST_SIZE = 10**9
"""A number that is given is at most so large."""
MOST_LOSS = 1e60
"""Beyond it gradients may be too large for decimal numbers."""
LONG = 400_000
"""Entries × work of the network: beyond it one finite difference stands for all entries of an array."""


class ZeroPadded(dict[Value, Value]):
    """An array of a map with zeros around it, and where an index is not a whole number."""

    def __init__(self, items: Mapping[Value, Value], outside: Value) -> None:
        super().__init__(items)
        self.outside = outside

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: Value) -> Value:
        return self.outside


def zero_padded(array: Value) -> Value:
    """A map, or its rows, or a row, that has entries everywhere."""
    if not isinstance(array, tuple):
        return array
    inner = [zero_padded(part) for part in array]
    outside = ZeroPadded({}, 0) if isinstance(array[0], tuple) else 0
    if isinstance(array[0], tuple) and isinstance(array[0][0], tuple):
        outside = ZeroPadded({}, outside)
    return ZeroPadded(dict(enumerate(inner, 1)), outside)


@dataclass(frozen=True, slots=True)
class Program:
    """A rule that is ready to run."""

    name: str
    shape: tuple[int, ...]
    run: Evaluator
    places: tuple[Evaluator, ...]
    letters: tuple[tuple[str, int], ...]
    padded: bool
    reads: frozenset[str]


def program(rule: Rule, shape: tuple[int, ...]) -> Program:
    places = tuple(map(compile_node, rule.indices))
    letters = tuple((name.id, size) for name, size in rule.each)
    windows = any(isinstance(part, Call) and part.function == "window" for part in walk(rule.right))
    reads = frozenset(part.id for part in walk(rule.right) if isinstance(part, Name))
    padded = bool(places) and not windows
    return Program(rule.target.id, shape, compile_node(rule.right), places, letters, padded, reads)


def check_size(network: Feedforward) -> None:
    """Raises UserError for a network that is too large to be worked with in numbers, before any are drawn."""
    if network.size > MOST_UNITS:
        raise UserError(
            f"numbers are put into networks of at most {MOST_UNITS:,} inputs, weights and outputs, not {network.size:,}"
        )


class Numbers:
    """One network with numbers for all its letters. Raises UserError where one is missing or misfits.

    `values` has every named array after the forward pass; `deltas` and `gradients` those of the way back.
    """

    def __init__(self, network: Feedforward, given: Mapping[str, Value], layout: str = "column") -> None:
        check_size(network)
        self.network = network
        self.layout = layout
        self.given = completed(network, given)
        self.environment = {name: self._placed(value, name in network.parameters) for name, value in self.given.items()}
        self.padded = {name: zero_padded(value) for name, value in self.environment.items() if self._is_map(name)}
        self.loss: Any = worked(self._forwards)

    def _is_map(self, name: str) -> bool:
        return name not in self.network.parameters and len(shape_of(self.environment[name])) == 3

    def _placed(self, value: Value, weight: bool) -> Value:
        """A value as this layout has it: vectors as rows, weights turned in row layout."""
        rank = len(shape_of(value))
        if self.layout == "column" or rank > 2:
            return value
        if rank == 1:
            return (value,)
        return transpose(value) if weight and self.layout == "row" else value

    # forwards and back

    @cached_property
    def _programs(self) -> tuple[Program, ...]:
        return _compiled(self.network, self.layout)

    def _forwards(self, first: int = 0) -> Value:
        for each in self._programs[first:]:
            self._keep(each.name, self._run(each))
        loss = self.environment.pop("L")
        if abs(loss) > MOST_LOSS:
            raise UserError(f"the loss of these numbers is beyond {MOST_LOSS:g}: take smaller ones")
        return loss

    def _keep(self, name: str, value: Value) -> None:
        self.environment[name] = value
        if self._is_map(name):
            self.padded[name] = zero_padded(value)

    def _run(self, each: Program) -> Value:
        return self._run_in(each, {**self.environment, **self.padded} if each.padded else dict(self.environment))

    def run_with(self, each: Program, values: Mapping[str, Value]) -> Value:
        """What a program comes to with further values by name, maps among them padded where it asks for that."""
        maps = {name: zero_padded(value) for name, value in values.items() if len(shape_of(value)) == 3}
        env = {**self.environment, **values}
        if each.padded:
            env |= {
                name: value for name, value in {**self.padded, **maps}.items() if name not in self.network.parameters
            }
        return self._run_in(each, env)

    def _run_in(self, each: Program, env: dict[str, Any]) -> Value:
        if not each.places:
            return each.run(env)
        found: dict[tuple[Value, ...], Value] = {}
        letters = [name for name, _ in each.letters]
        for numbers in product(*(range(1, size + 1) for _, size in each.letters)):
            env.update(zip(letters, numbers, strict=True))
            place = tuple(index(env) for index in each.places)
            found[place] = found.get(place, 0) + each.run(env)
        value = _array(found, (), each.shape)
        return (value,) if len(each.shape) == 1 and self.layout != "column" else value

    @cached_property
    def deltas(self) -> dict[str, Value]:
        return self._backwards[0]

    @cached_property
    def gradients(self) -> dict[str, Value]:
        """By every weight and bias, and by x, in the shapes of this layout."""
        return self._backwards[1]

    @cached_property
    def _backwards(self) -> tuple[dict[str, Value], dict[str, Value]]:
        backward = Backward(self.network)

        def compute() -> tuple[dict[str, Value], dict[str, Value]]:
            deltas = {}
            for rule in backward.deltas:
                shape = next(q.shape for q in self.network.signals.values() if q.delta == rule.target.id)
                value = self._run(program(rule_in_layout(rule, self.layout), shape))
                self._keep(rule.target.id, value)
                deltas[rule.target.id] = value
            gradients = {
                name: self._run(program(rule_in_layout(rule, self.layout), self._quantity(name).shape))
                for name, rule in backward.gradients.items()
            }
            return deltas, gradients

        return worked(compute)

    def _quantity(self, name: str) -> Quantity:
        return self.network.x if name == "x" else self.network.parameters[name]

    def named(self) -> Iterator[tuple[str, Value]]:
        """Every named array that is not given, in the order in which it is computed: outputs, then δ."""
        yield from (
            (each.name, self.environment[each.name]) for each in self._programs if each.name in self.environment
        )
        yield from self.deltas.items()

    def evaluate(self, node: Node) -> Value:
        """An expression in entries, such as the term of a path; in column layout. After `gradients` δ has a value."""
        _ = self.gradients
        return worked(lambda: compile_node(node)(dict(self.environment)))

    # beside

    def by_differences(self, wrt: str) -> Value:
        """Central differences of the loss, entry by entry, in the shape that this layout has."""
        start = Numbers(self.network, {name: floats(value) for name, value in self.given.items()})
        first = next((place for place, each in enumerate(start._programs) if wrt in each.reads), 0)
        column = differences(lambda value: start._loss_with(wrt, value, first), start.given[wrt])
        return self._placed(column, wrt in self.network.parameters)

    def _loss_with(self, name: str, value: Value, first: int) -> Any:
        """The loss where one array has other numbers: what comes before the program that first reads it stays."""
        moved = copy(self)
        moved.environment, moved.padded = {**self.environment}, {**self.padded}
        moved._keep(name, value)
        return worked(lambda: moved._forwards(first))

    def is_long(self, wrt: str) -> bool:
        """Whether a forward pass for every entry would take long."""
        return self._quantity(wrt).size * sum(layer.work for layer in self.network.layers) > LONG

    def along(self, wrt: str) -> tuple[float, float]:
        """The slope of the loss along the gradient by `wrt`: by the gradient itself, and by one difference."""
        column = self if self.layout == "column" else Numbers(self.network, self.given)
        way = column.gradients[wrt]
        ahead, behind = (column._moved({wrt: _stepped(floats(self.given[wrt]), way, by)}).loss for by in (STEP, -STEP))
        return dot(way, way), (ahead - behind) / (2 * STEP)

    def _moved(self, values: Mapping[str, Value]) -> Numbers:
        return Numbers(self.network, {**self.given, **values})


def _array(found: Mapping[tuple[Value, ...], Value], before: Place, shape: tuple[int, ...]) -> Value:
    if not shape:
        return found.get(before, 0)
    return tuple(_array(found, (*before, i), shape[1:]) for i in range(1, shape[0] + 1))


_KNOWN: dict[tuple[int, str], tuple[Feedforward, tuple[Program, ...]]] = {}


def _compiled(network: Feedforward, layout: str) -> tuple[Program, ...]:
    """The forward pass, compiled once for a network and layout."""
    found = _KNOWN.get((id(network), layout))
    if found is None or found[0] is not network:
        if len(_KNOWN) > 16:
            _KNOWN.clear()
        rules = Backward(network).forward
        shapes = {each.name: each.shape for each in (*network.signals.values(), *network.places)}
        programs = tuple(program(rule_in_layout(rule, layout), shapes.get(rule.target.id, ())) for rule in rules)
        found = _KNOWN[id(network), layout] = (network, programs)
    return found[1]


# given and drawn


def completed(network: Feedforward, given: Mapping[str, Value]) -> Values:
    """All values, biases that are not given as zeros, once the shapes fit. Raises UserError."""
    inputs = {"x": network.x, "y": network.y}
    known = {**inputs, **network.parameters}
    for name in given:
        if name not in known:
            raise UserError(f"this network has no {name}; values are of {', '.join(known)}")
    found: Values = {}
    for name, quantity in known.items():
        if name not in given and not name.startswith("b_"):
            raise UserError(f"{called(name)} is needed: {quantity.meaning}")
        found[name] = given.get(name, (0,) * quantity.shape[0])
        shape = shape_of(found[name])
        if shape != quantity.shape:
            raise UserError(f"{called(name)} is {_sized(quantity.shape)} here, not {_sized(shape)}")
        largest = max(map(abs, flat((found[name],))))
        if largest > MOST_SIZE:
            raise UserError(
                f"{called(name)} has numbers between −{MOST_SIZE:,} and {MOST_SIZE:,}, not one of {_short(largest)}"
            )
    _check_target(network, found["y"])
    return found


def called(name: str) -> str:
    """A letter as it is typed: W1 for W_1, and target for y."""
    return "target" if name == "y" else name.replace("_", "")


def _short(number: Value) -> str:
    text = str(number)
    return text if len(text) <= 20 else f"{text[:20]}…"


def _sized(shape: tuple[int, ...]) -> str:
    if len(shape) == 1:
        return f"a vector of {shape[0]}"
    return shown(shape)


def _check_target(network: Feedforward, target: Value) -> None:
    if network.loss == "cross-entropy" and abs(float(sum(target)) - 1) > 1e-9:
        raise UserError(f"targets of a softmax are probabilities, which sum to 1, not to {float(sum(target)):g}")
    if network.loss == "log" and any(not 0 <= each <= 1 for each in target):
        raise UserError("targets of the log loss lie between 0 and 1")


def drawn(network: Feedforward, seed: int) -> Values:
    """Values for every letter from a seed: weights and inputs between −1 and 1, targets that the output can have.

    Raises UserError for a network that is too large.
    """
    check_size(network)
    found: Values = {}
    for quantity in (network.x, *network.parameters.values(), network.y):
        sampler = Sampler("backprop", seed, quantity.name)
        if quantity is network.y and network.is_merged:
            found["y"] = _probable(network, sampler)
            continue
        found[quantity.name] = _filled(quantity.shape, sampler)
    return found


def _probable(network: Feedforward, sampler: Sampler) -> Value:
    (size,) = network.y.shape
    if network.loss == "log":
        return tuple(sampler.integer(0, 1) for _ in range(size))
    right = sampler.integer(1, size)
    return tuple(int(i == right) for i in range(1, size + 1))


def _filled(shape: tuple[int, ...], sampler: Sampler) -> Value:
    """Numbers with two decimals, so that they can be copied."""
    if not shape:
        return exact(Fraction(sampler.integer(-100, 100), 100))
    return tuple(_filled(shape[1:], sampler) for _ in range(shape[0]))


def floats(value: Value) -> Value:
    return tuple(map(floats, value)) if isinstance(value, tuple) else float(value)


def _stepped(value: Value, way: Value, by: float) -> Value:
    if isinstance(value, tuple):
        return tuple(_stepped(a, b, by) for a, b in zip(value, way, strict=True))
    return value + by * way
