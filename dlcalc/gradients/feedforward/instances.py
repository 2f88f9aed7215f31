"""Numbers on which an answer is compared with a gradient of a feed-forward network: random values, in one layout.

Beside the letters of the network it knows ∂L/∂ every array, dh_1 as well as δ_1, and, where there are no maps, the
signs of derivatives: a Jacobian has a row for each entry of what stands on top.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, reduce
from typing import Any

from ...errors import UserError
from ...expressions.arrays import add, diag, flat, product, shape_of, transpose
from ...expressions.assembled import PARTIALS
from ...expressions.evaluate import Environment, compile_node
from ...expressions.limits import within_budget
from ...expressions.nodes import Index, Literal, Name, Node, Outer, Partial, Transpose, Value, rewriting, walk
from ..answer import Answer, Statement
from ..instances import same
from ..lines import LOSS
from ..local import product as factors_of
from ..numeric import worked
from ..stated import unknown
from .backward import Backward
from .layers import Activation, Dense
from .network import Feedforward
from .numbers import Numbers, drawn, floats, program, zero_padded
from .quantities import Quantity, Rule, rule_in_layout
from .units import Units

WORK = 400_000
"""Units of work that an answer may cost on one set of numbers."""


@dataclass(frozen=True, eq=False)
class Instance:
    """One network with random numbers, in one layout. `place`: of one number, where it stands.

    `denominator_layout`: ∂a/∂b has a column for each entry of a. `transposed_weights`: those of the row layout beside
    columns, Wᵀh.
    """

    network: Feedforward
    wrt: str
    place: tuple[int, ...] | None
    layout: str
    seed: int
    denominator_layout: bool = False
    transposed_weights: bool = False

    values: Mapping[str, Value] = field(default_factory=dict)
    """Those that are given instead, in column layout."""

    @cached_property
    def numbers(self) -> Numbers:
        values = self.values or {name: floats(value) for name, value in drawn(self.network, self.seed).items()}
        return Numbers(self.network, values, self.layout)

    @cached_property
    def expected(self) -> Value:
        """∂L/∂wrt, or its entry."""
        value = self.numbers.gradients[self.wrt]
        if self.place is None:
            return transpose(value) if self.transposed_weights and len(shape_of(value)) == 2 else value
        for at in self.place:
            value = value[at - 1]
        return value

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array that is asked, in column layout."""
        quantity = self.network.x if self.wrt == "x" else self.network.parameters[self.wrt]
        return quantity.shape

    # what the letters stand for

    @cached_property
    def adjoints(self) -> dict[str, Value]:
        """Array → ∂L/∂ it, for x and all that is made on the way."""
        network, numbers = self.network, self.numbers
        layers = list(network.layers)
        last = layers[-2].makes if network.is_merged else layers[-1].makes
        env = {**numbers.environment}
        found = {last.name: compile_node(network.error)(env)}
        for layer in reversed(layers[:-1] if network.is_merged else layers):
            name = f"d{layer.makes.name}"
            made = Quantity(name, layer.makes.shape, "").node
            back = layer.back(made)
            target = Quantity(f"d{layer.reads.name}", layer.reads.shape, "")
            left: Node = target.at(*back.indices) if back.indices else target.node
            rule = rule_in_layout(Rule(left, back.right, "vector", "", "", back.each), self.layout)
            found[layer.reads.name] = numbers.run_with(program(rule, target.shape), {name: found[layer.makes.name]})
        return found

    @cached_property
    def environment(self) -> Environment:
        deltas = self.numbers.deltas
        gradients = {f"d{name}": value for name, value in worked(lambda: self.adjoints).items()}
        return {**self.numbers.environment, **gradients, **deltas}

    @cached_property
    def with_partials(self) -> Environment:
        found = self._partials()
        if self.denominator_layout:
            found = {sign: _jacobian_transposed(value) for sign, value in found.items()}
        return {**self.environment, PARTIALS: found}

    def _partials(self) -> dict[Partial, Value]:
        network, env = self.network, self.environment
        found: dict[Partial, Value] = {}
        if network.has_maps:
            return found
        for name, value in self.adjoints.items():
            found[Partial(LOSS, Name(name))] = (flat((value,)),)
        for layer in network.layers:
            made, read = Name(layer.makes.name), Name(layer.reads.name)
            if isinstance(layer, Dense):
                weight = env[layer.weight.name]
                found[Partial(made, read)] = transpose(weight) if self.layout == "row" else weight
                units, inputs = layer.makes.size, flat((env[layer.reads.name],))
                rows = tuple(tuple(v if i == j else 0 for j in range(units) for v in inputs) for i in range(units))
                found[Partial(made, Name(layer.weight.name))] = rows
                if layer.bias:
                    found[Partial(made, Name(layer.bias.name))] = diag((1,) * units)
            elif isinstance(layer, Activation):
                found[Partial(made, read)] = _slopes(layer, env)
        self._add_loss(found, env)
        return _chained(found, [*(layer.makes.name for layer in network.layers)], list(network.signals))

    def _add_loss(self, found: dict[Partial, Value], env: Mapping[str, Any]) -> None:
        """∂L/∂ŷ of the losses whose slope cancels against that of the output."""
        outputs, targets = flat((env["yhat"],)), flat((env["y"],))
        if self.network.loss == "cross-entropy":
            row = tuple(-t / o for o, t in zip(outputs, targets, strict=True))
        elif self.network.loss == "log":
            row = tuple((o - t) / (o * (1 - o)) for o, t in zip(outputs, targets, strict=True))
        else:
            row = flat((compile_node(self.network.error)(dict(env)),))
        found[Partial(LOSS, Name("yhat"))] = (row,)

    def _of_entries(self, answer: Answer) -> dict[Partial, Value]:
        """The values of ∂L/∂ŷ[1], ∂a_2[1]/∂h_1[2] and ∂a_1[1]/∂W_1[1, 2], as far as the answer has them."""
        signs = {part for part in answer.parts() if isinstance(part, Partial)}
        values = {sign: self._of_entry(sign) for sign in signs}
        return {sign: value for sign, value in values.items() if value is not None}

    def _of_entry(self, sign: Partial) -> Value | None:
        """One of them; None for the sign of whole arrays, and for what does not depend on the other."""
        above, below = _unit(sign.top), _unit(sign.bottom)
        if below is None or self.layout != "column":
            return None
        if sign.top == LOSS:
            whole = self.adjoints.get(below[0])
            if below[0] == "yhat" and not self.network.has_maps:
                whole = self.with_partials[PARTIALS][Partial(LOSS, Name("yhat"))]
            return None if whole is None else _item(whole, below[1])
        if above is None or self._units is None:
            return None
        found = self._units.local(above, below)
        return None if found is None else self._plain(found, dict(self.environment))

    @cached_property
    def _units(self) -> Units | None:
        try:
            return Units(self.network)
        except UserError:
            return None

    # what an answer comes to

    def value(self, answer: Answer, letters: tuple[Name, ...] = ()) -> Value:
        """The answer in numbers; for every value of the `letters`, where it is written for one entry.

        Raises UserError where it has no value, LimitError where it costs too much.
        """
        env = dict(self.with_partials if answer.has_partials else self.environment)
        if answer.has_partials:
            env[PARTIALS] = env[PARTIALS] | self._of_entries(answer)
        if self.transposed_weights:
            weights = [each.name for each in self.network.parameters.values() if len(each.shape) == 2]
            env |= {name: transpose(env[name]) for name in weights}
        try:
            return within_budget(lambda: self._value(answer, letters, env), WORK)
        except (TypeError, KeyError):
            raise UserError("this is a whole map, but single entries are needed: write each with its indices") from None

    def _value(self, answer: Answer, letters: tuple[Name, ...], env: Environment) -> Value:
        self._state(answer.statements, env)
        node = self.read(answer.node)
        found = self._entries(node, letters, env) if letters else self._plain(node, env)
        left = next((item for item in flat((found,)) if isinstance(item, Node)), None)
        if left is not None:
            raise UserError(unknown(left))
        return found

    def _plain(self, node: Node, env: Environment) -> Value:
        return compile_node(node)(self._padded(env) if _has_entries(node) else env)

    def _entries(self, node: Node, letters: tuple[Name, ...], env: Environment) -> Value:
        """An array from what stands for one entry of it, in this layout."""
        run, padded = compile_node(node), self._padded(env)

        def part(sizes: tuple[int, ...], names: tuple[Name, ...]) -> Value:
            if not sizes:
                return run(padded)
            made = []
            for at in range(1, sizes[0] + 1):
                padded[names[0].id] = at
                made.append(part(sizes[1:], names[1:]))
            return tuple(made)

        return part(shape_of(self.expected) if len(self.shape) == 2 else self.shape, letters)

    def _padded(self, env: Environment) -> Environment:
        """With zeros around maps, where they are read entry by entry; a row is read as a vector."""
        found = dict(env)
        for name, value in env.items():
            rank = len(shape_of(value)) if isinstance(value, tuple) else 0
            if rank == 3 and name not in self.network.parameters:
                found[name] = zero_padded(value)
            elif rank == 2 and len(value) == 1 and name not in self.network.parameters:
                found[name] = value[0]
        return found

    def _state(self, statements: tuple[Statement, ...], env: Environment) -> None:
        """Works out stated intermediates, whichever order they ask for; an array may be stated in several parts."""
        open_: dict[str, list[Statement]] = {}
        for statement in statements:
            open_.setdefault(statement.name, []).append(statement)
            env.pop(statement.name, None)
        while open_:
            known, error = [], UserError("")
            for name, parts in open_.items():
                try:
                    values = [self._stated(part, env) for part in parts]
                    item = next((item for item in flat(values) if isinstance(item, Node)), None)
                    if item is not None:
                        raise UserError(unknown(item))
                    env[name] = reduce(add, values)
                    known.append(name)
                except UserError as problem:
                    error = problem
            if not known:
                raise error
            for name in known:
                del open_[name]

    def _stated(self, statement: Statement, env: Environment) -> Value:
        node = self.read(statement.right)
        if not isinstance(statement.index, Index):
            return self._plain(node, env)
        rule = self._rule(statement)
        return self.numbers.run_with(program(replace(rule, right=node), self._sizes(statement.name)), env)

    def _sizes(self, name: str) -> tuple[int, ...]:
        for quantity in (*self.network.signals.values(), *self.network.parameters.values()):
            if name in (quantity.name, quantity.delta, f"d{quantity.name}"):
                return quantity.shape
        raise UserError(f"{name} is stated entry by entry, but it is not an array of this network")

    def _rule(self, statement: Statement) -> Rule:
        """The statement as a rule over entries, with the sizes of its letters."""
        assert isinstance(statement.index, Index)
        backward = Backward(self.network)
        for rule in (*backward.deltas, *backward.forward):
            if rule.left == statement.index:
                return rule
        sizes = self._sizes(statement.name)
        pairs = zip(statement.index.indices, sizes, strict=False)
        each = tuple((index, size) for index, size in pairs if isinstance(index, Name))
        return Rule(statement.index, statement.right, "vector", "", "", each)

    def read(self, node: Node) -> Node:
        """a ⊗ b of rows is aᵀb."""

        def change(part: Node, below: Any) -> Node:
            changed: Node = part.map(below)
            if isinstance(changed, Outer) and self.layout in ("row", "pytorch"):
                left = changed.left.operand if isinstance(changed.left, Transpose) else Transpose(changed.left)
                return factors_of((left, changed.right))
            return changed

        return rewriting(change)(node)

    def agrees(self, value: Value, answer: Answer) -> bool:
        """Whether a value is the gradient: a vector as a column, a row or a number of its own."""
        return same(*self.both(value, answer))

    def alike(self, value: Value, other: Value, answer: Answer) -> bool:
        """Whether a value is another one: that of a mistake."""
        wrote, _ = self.both(value, answer)
        if shape_of(wrote) != shape_of(other) and len(flat((wrote,))) == len(flat((other,))):
            one, two = shape_of(wrote), shape_of(other)
            if answer.has_partials or all(len(shape) < 2 or 1 in shape for shape in (one, two)):
                return same(flat((wrote,)), flat((other,)))
        return same(wrote, other)

    def both(self, value: Value, answer: Answer) -> tuple[Value, Value]:
        """A value and the gradient, in shapes that can be compared."""
        wanted, shapes = self.expected, (shape_of(value), shape_of(self.expected))
        lines = all(len(shape) < 2 or 1 in shape for shape in shapes)
        column = transpose(wanted) if self.layout == "row" and len(shapes[1]) == 2 and self.wrt != "x" else wanted
        if answer.has_partials and len(shapes[0]) < 3 and (not shapes[0] or 1 in shapes[0] or len(shapes[0]) == 1):
            return flat((value,)), flat((column,))
        if lines and (len(self.shape) == 1 or self.place is not None or 1 in self.shape) and self._is_line_asked:
            return flat((value,)), flat((wanted,))
        return value, wanted

    @property
    def _is_line_asked(self) -> bool:
        return self.place is not None or len(self.shape) == 1 or len(flat((self.expected,))) == 1


def _has_entries(node: Node) -> bool:
    return any(isinstance(part, Index) for part in walk(node))


def _unit(node: Node) -> tuple[str, tuple[int, ...]] | None:
    """An entry by its array and its place."""
    if not isinstance(node, Index) or not isinstance(node.base, Name):
        return None
    place = tuple(index.value for index in node.indices if isinstance(index, Literal) and isinstance(index.value, int))
    return (node.base.id, place) if len(place) == len(node.indices) else None


def _item(value: Value, place: tuple[int, ...]) -> Value | None:
    """An entry; of a row that stands for a vector too."""
    if len(place) == 1 and isinstance(value, tuple) and isinstance(value[0], tuple):
        value = flat((value,))
    for at in place:
        if not isinstance(value, tuple) or not 1 <= at <= len(value):
            return None
        value = value[at - 1]
    return value


def _slopes(layer: Activation, env: Mapping[str, Any]) -> Value:
    made = flat((env[layer.makes.name],))
    if layer.function == "softmax":
        return tuple(tuple(p * ((i == j) - q) for j, q in enumerate(made)) for i, p in enumerate(made))
    slope = {
        "sigmoid": lambda v: v * (1 - v),
        "tanh": lambda v: 1 - v * v,
        "relu": lambda v: float(v > 0),
        "linear": lambda v: 1.0,
    }[layer.function]
    return diag(tuple(map(slope, made)))


def _chained(found: dict[Partial, Value], made: list[str], signals: list[str]) -> dict[Partial, Value]:
    """∂h_2/∂h_1 over several layers, from those of one."""
    for i, top in enumerate(made):
        for bottom in reversed(signals[: i + 1]):
            sign = Partial(Name(top), Name(bottom))
            between = signals[signals.index(bottom) + 1]
            link, rest = Partial(Name(top), Name(between)), Partial(Name(between), Name(bottom))
            if sign not in found and link in found and rest in found:
                found[sign] = product(found[link], found[rest])
    return found


def _jacobian_transposed(value: Value) -> Value:
    shape = shape_of(value)
    return value[0] if len(shape) == 2 and shape[0] == 1 else transpose(value)


@lru_cache(maxsize=128)
def instance_of(
    network: Feedforward,
    wrt: str,
    place: tuple[int, ...] | None,
    layout: str,
    seed: int,
    denominator_layout: bool = False,
    transposed_weights: bool = False,
) -> Instance:
    """The same numbers for every answer to the same question."""
    return Instance(network, wrt, place, layout, seed, denominator_layout, transposed_weights)
