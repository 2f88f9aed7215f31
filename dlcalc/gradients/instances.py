"""Numbers on which an answer is compared with the gradient: a network with random values, in one layout.

Beside the letters of the network it knows ∂L/∂ every signal (δ_t, dh_t, zero beyond the ends), the signs of
derivatives, and the identity matrix I. What stands beyond the last step only ever meets a zero; it has a random value,
so that nothing else comes out right.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

from ..errors import UserError
from ..expressions.arrays import add, each, flat, product, shape_of, transpose
from ..expressions.assembled import PARTIALS
from ..expressions.evaluate import Environment, compile_node
from ..expressions.limits import within_budget
from ..expressions.nodes import (
    Index,
    Kind,
    Literal,
    Node,
    Outer,
    Partial,
    Reduce,
    Transpose,
    Value,
    rewriting,
)
from ..expressions.parser import parse
from .answer import Answer, Statement
from .delta import Place, delta_of
from .entries import assembled
from .general import General
from .layouts import in_layout
from .lines import LOSS, Line, loss_at
from .local import product as factors_of
from .model import Network, Signal
from .numeric import Numbers, random_values, worked
from .partials import error_values, local_values, partial_values
from .patterns import offset_or_zero
from .stated import unknown, work_out

NEAR = 1e-9
"""Largest difference of two values that are the same, relative to the largest number in them."""
WORK = 50_000
"""Units of work that an answer may cost on one set of numbers, for each layer of the network."""
OUTPUTS = {
    "softmax": ("-(y/p)^T", "diag(p) - p p^T"),
    "sigmoid": ("((p - y)/(p ⊙ (1 - p)))^T", "diag(p ⊙ (1 - p))"),
    "linear": ("(p - y)^T", "diag(1 + 0*p)"),
}
"""Head → ∂L_t/∂ŷ_t as a row, and ∂ŷ_t/∂o_t, from the output p and the target y."""
SETTINGS = ((3, 3, 2, 4), (4, 2, 3, 5), (2, 4, 3, 2))
"""(steps, n, m, k) of the three sets of numbers: sizes all different, so that no transpose goes unnoticed."""
SQUARE = ((3, 3, 3, 3), (4, 3, 3, 3))
"""The same with equal sizes, for answers that fit no other."""


@dataclass(frozen=True, eq=False)
class Letters:
    """Random numbers for the letters of one network, in one layout, and ∂L/∂ every signal and weight.

    `setting`: steps, n, m, k. `values`: those that are given instead, in column layout.
    """

    network: Network
    layout: str
    setting: tuple[int, int, int, int]
    seed: int
    values: Mapping[str, Value] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return self.setting[0]

    @property
    def has_recursion(self) -> bool:
        return not (self.network.truncate and self.network.loss == "every")

    @cached_property
    def _worked_out(self) -> tuple[Numbers, Mapping[str, Value]]:
        numbers = Numbers(self.network, self.values or self._drawn, self.layout)
        return numbers, numbers.by_delta() if self.has_recursion else {}

    @property
    def _drawn(self) -> Mapping[str, Value]:
        steps, n, m, k = self.setting
        return random_values(self.network, steps, n, m, k, seed=self.seed, layout=self.layout)

    @property
    def numbers(self) -> Numbers:
        return self._worked_out[0]

    @property
    def gradients(self) -> Mapping[str, Value]:
        """∂L/∂ every weight and first state, by the recursion; none where there is none."""
        return self._worked_out[1]

    @cached_property
    def environment(self) -> Environment:
        env = {**self.numbers.environment, "I": _identity(self.setting[2], self.layout)}
        env.pop("t", None)
        if self.has_recursion:
            self._add_gradients(env)
        self._add_beyond(env)
        return env

    def _add_gradients(self, env: Environment) -> None:
        """∂L/∂ every signal, those too that the recursion has no name for."""
        delta, network = delta_of(self.network), self.network
        for signal in network.equations:
            if signal in delta.named or signal.name == "yhat" or signal.layer:
                continue
            name = network.adjoint(signal).name
            env[name] = {}
            for t in range(1, self.steps + 1):
                run = delta.evaluator(signal, Place(t > 1, t < self.steps), self.layout)
                env[name][t] = worked(lambda run=run, t=t: run({**env, "t": t}))  # type: ignore[misc]

    def _add_beyond(self, env: Environment) -> None:
        draw = random.Random(self.seed + 1000)
        for signal in self.network.equations:
            if signal.layer:
                continue
            backwards = self.network.group_of[signal].direction < 0
            end = 0 if backwards else self.steps + 1
            values = env[signal.name]
            garbage = each(lambda _: draw.uniform(-1, 1), values[1])
            env[signal.name] = {end: garbage, **values}
            name = self.network.adjoint(signal).name
            if name in env:
                start = self.steps + 1 if backwards else 0
                env[name] = {start: garbage, **env[name], end: each(lambda _: 0.0, env[name][1])}
        inputs = env["x"]
        around = (each(lambda _: draw.uniform(-1, 1), inputs[1]) for _ in range(2))
        env["x"] = {**dict(zip((0, self.steps + 1), around, strict=True)), **inputs}


@lru_cache(maxsize=64)
def letters_of(network: Network, layout: str, setting: tuple[int, int, int, int], seed: int) -> Letters:
    """The same numbers for every gradient of a network."""
    return Letters(network, layout, setting, seed)


@dataclass(frozen=True, eq=False)
class Instance:
    """One network with random numbers, in one layout.

    `denominator_layout`: ∂a/∂b has a column for each entry of a. `transposed_weights`: the weights of the row layout
    beside columns, Wᵀh. `local_signs`: ∂h_t/∂h_{t−1} is what h_t takes from it directly, the gates held fixed.
    """

    network: Network
    wrt: str
    layout: str
    setting: tuple[int, int, int, int]
    seed: int
    denominator_layout: bool = False
    transposed_weights: bool = False
    local_signs: bool = False

    @property
    def steps(self) -> int:
        return self.setting[0]

    @property
    def letters(self) -> Letters:
        """What the letters stand for, whatever the gradient is by and however its signs are written."""
        return letters_of(self.network, self.layout, self.setting, self.seed)

    @property
    def numbers(self) -> Numbers:
        return self.letters.numbers

    @property
    def environment(self) -> Environment:
        return self.letters.environment

    @cached_property
    def expected(self) -> Value:
        """∂L/∂wrt in this layout."""
        if self.letters.has_recursion:
            found = self.letters.gradients[self.wrt]
        else:
            found = Numbers(self.network, self.numbers.values, self.layout).by_general(self.wrt)
        return transpose(found) if self.transposed_weights and self.is_matrix else found

    @cached_property
    def column(self) -> Value:
        """∂L/∂wrt in column layout."""
        is_transposed = self.transposed_weights or self.layout == "row"
        return transpose(self.expected) if self.is_matrix and is_transposed else self.expected

    @property
    def is_matrix(self) -> bool:
        weight = self.network.by_name.get(self.wrt)
        return weight is not None and bool(weight.columns)

    # what the letters stand for

    @cached_property
    def with_partials(self) -> Environment:
        """The same with the values of signs of derivatives, ∂h_m/∂h_{m−1}."""
        env, network = self.environment, self.network
        found: dict[Partial, Value] = {}
        recurrent = next(weight.name for weight in network.weights if weight.role == "w_hh")
        for name in dict.fromkeys((recurrent, self.wrt)):
            try:
                general = General(network, name)
            except UserError:
                continue
            found |= self._partials(env, general)
            if name == self.wrt or general.state.name == "s":
                env = {**env, "e": error_values(env, general, self.steps, self.layout) or env.get("e", {})}
            _chain(found, general, self.steps, self.wrt)
        local = local_values(env, network, self.steps, self.layout)
        found = found | local if self.local_signs else local | found
        self._add_slopes_of_loss(found, env)
        if self.layout == "column":
            found |= {_transposed(sign): flat((value,)) for sign, value in found.items() if _is_of_loss(sign)}
        if self.denominator_layout:
            found = {sign: _jacobian_transposed(value) for sign, value in found.items()}
        return {**env, PARTIALS: found}

    def _partials(self, env: Environment, general: General) -> dict[Partial, Value]:
        return worked(lambda: partial_values(env, general, self.steps, self.layout))

    def _add_slopes_of_loss(self, found: dict[Partial, Value], env: Mapping[str, Any]) -> None:
        """∂L/∂h_t and ∂L/∂a_t as rows, all later losses included; ∂L_t/∂o_t."""
        network = self.network
        for signal in network.equations:
            values = env.get(network.adjoint(signal).name)
            if signal.layer or signal.name == "yhat" or not isinstance(values, dict):
                continue
            for t in range(1, self.steps + 1):
                row = _row(values[t])
                found.setdefault(Partial(LOSS, signal.at(Literal(t))), row)
        self._add_errors(found, env)
        if network.head.name in OUTPUTS and network.cell in ("rnn", "lstm", "peephole", "gru"):
            self._add_output(found, env)

    def _add_errors(self, found: dict[Partial, Value], env: Mapping[str, Any]) -> None:
        """∂L_t by what the error of the head is a derivative by, and by the state before an output layer."""
        head = self.network.head
        run = compile_node(in_layout(Line(head.error, head.error, "vector"), self.layout).right)
        for t in self._loss_steps:
            loss, at = loss_at(Literal(t)), head.at.at(Literal(t))
            row = _row(run({**env, "t": t}))
            found.setdefault(Partial(loss, at), row)
            tops = [at, Signal("h").at(Literal(t))] if len(self.network.firsts) == 1 else [at]
            for top in dict.fromkeys(tops):
                row = found.get(Partial(loss, top), row)
                for sign, value in list(found.items()):
                    if sign.top == top and not sign.direct and isinstance(sign.bottom, Index):
                        found.setdefault(Partial(loss, sign.bottom), product(row, value))

    def _add_output(self, found: dict[Partial, Value], env: Mapping[str, Any]) -> None:
        """∂L_t/∂ŷ_t, ∂ŷ_t/∂o_t, ∂o_t/∂h_t and what is between, of a head with an output layer."""
        loss, slope = (parse(text, {"p": Kind.VECTOR, "y": Kind.VECTOR}) for text in OUTPUTS[self.network.head.name])
        weight = transpose(env["V"]) if self.layout == "row" else env["V"]
        for t in range(1, self.steps + 1):
            values = {"p": flat((env["yhat"][t],)), "y": flat((env["y"][t],))}
            by_output, by_score = compile_node(loss)(dict(values)), compile_node(slope)(dict(values))
            output, score, state = (Signal(name).at(Literal(t)) for name in ("yhat", "a_y", "h"))
            if t in self._loss_steps:
                found[Partial(loss_at(Literal(t)), output)] = by_output
            found[Partial(output, score)] = by_score
            found[Partial(score, state)] = weight
            found[Partial(output, state)] = product(by_score, weight)

    @property
    def _loss_steps(self) -> range:
        return range(self.steps if self.network.loss == "last" else 1, self.steps + 1)

    # what an answer comes to

    def value(self, answer: Answer) -> Value:
        """The answer in numbers. Raises UserError where it has no value, LimitError where it costs too much."""
        env = dict(self.with_partials if answer.has_partials else self.environment)
        answer = assembled(answer, env, shape_of(self.expected), self.layout in ("row", "pytorch"))
        answer = replace(answer, node=self.read(answer.node))
        if self.transposed_weights:
            env |= {each.name: transpose(env[each.name]) for each in self.network.weights if each.columns}
        try:
            return within_budget(lambda: self._value(answer, env), self.work)
        except TypeError:
            raise UserError("this is an array where one number is needed: write each entry with its letter") from None

    @cached_property
    def work(self) -> int:
        """Units of work that an answer may cost: all lines of several layers are a matrix of many blocks."""
        return WORK * max(1, len(self.network.groups) - 1)

    def _value(self, answer: Answer, env: Environment) -> Value:
        if answer.statements:
            self.state(answer.statements, env)
        found = compile_node(answer.node)(env)
        left = next((item for item in flat((found,)) if isinstance(item, Node)), None)
        if left is not None:
            raise UserError(unknown(left))
        return found

    def state(self, statements: tuple[Statement, ...], env: Environment) -> None:
        """Works out stated intermediates, whichever order they ask for; zero after the last step."""
        zero = _zero(self.setting[2], self.layout)
        known = {name: env[name][1] for name in self.network.adjoint_names.values() if isinstance(env.get(name), dict)}

        def after(name: str) -> Value:
            return each(lambda _: 0.0, known[name]) if name in known else zero

        read = tuple(replace(each, right=self.read(each.right)) for each in statements)
        work_out(read, env, self.steps, after)

    def read(self, node: Node) -> Node:
        """What is written for any layout, in this one: a ⊗ b of rows is aᵀb, and ∂ multiply as a chain."""
        return rewriting(self._read)(node)

    def _read(self, node: Node, below: Callable[[Node], Node]) -> Node:
        changed = node.map(below)
        if isinstance(changed, Transpose) and isinstance(changed.operand, Partial) and self.layout == "column":
            # (∂L/∂h)ᵀ is a column, as h is
            return _transposed(changed.operand) if _is_of_loss(changed.operand) else changed
        if isinstance(changed, Outer) and self.layout in ("row", "pytorch"):
            return factors_of((_column(changed.left), changed.right))
        if (
            isinstance(changed, Reduce)
            and changed.operator == "prod"
            and isinstance(changed.body, Partial)
            and isinstance(changed.body.top, Index)
        ):
            descends = _is_forwards(changed.body) is not self.denominator_layout
            return Reduce("prod", changed.index, changed.low, changed.high, changed.body, descends)
        return changed

    def agrees(self, value: Value, answer: Answer) -> bool:
        """Whether a value is the gradient: of a weight in its shape, of a vector as a column or a row.

        In ∂ notation it may be a row with an entry for each number of the weight.
        """
        return same(*self.both(value, answer))

    def both(self, value: Value, answer: Answer) -> tuple[Value, Value]:
        """A value and the gradient, in shapes that can be compared."""
        if answer.has_partials and is_line(value) and (self.is_matrix or self.layout == "number"):
            return flat((value,)), flat((self.column,))
        return self.shaped(value), self.shaped(self.expected)

    def shaped(self, value: Value) -> Value:
        """A vector without the shape of a row or a column, any other value as it is."""
        return flat((value,)) if not self.is_matrix and is_line(value) else value


@dataclass(frozen=True, eq=False)
class GivenInstance(Instance):
    """One network with `values` that are given in column layout."""

    values: Mapping[str, Value] = field(default_factory=dict)

    @cached_property
    def letters(self) -> Letters:
        return Letters(self.network, self.layout, self.setting, self.seed, self.values)


@lru_cache(maxsize=256)
def instance_of(
    network: Network,
    wrt: str,
    layout: str,
    setting: tuple[int, int, int, int],
    seed: int,
    denominator_layout: bool = False,
    transposed_weights: bool = False,
    local_signs: bool = False,
) -> Instance:
    """The same numbers for every answer to the same question."""
    return Instance(network, wrt, layout, setting, seed, denominator_layout, transposed_weights, local_signs)


def _is_of_loss(sign: Partial) -> bool:
    top = sign.top.base if isinstance(sign.top, Index) else sign.top
    return top == LOSS and isinstance(sign.bottom, Index)


def _transposed(sign: Partial) -> Partial:
    """The sign under which (∂L/∂h)ᵀ is kept."""
    return Partial(Transpose(sign.top), sign.bottom, sign.direct)


def same(one: Value, other: Value) -> bool:
    """Whether two arrays of numbers are the same but for rounding."""
    if shape_of(one) != shape_of(other):
        return False
    ones, others = flat((one,)), flat((other,))
    if any(isinstance(item, Node) for item in (*ones, *others)):
        return False
    size = max((abs(float(item)) for item in (*ones, *others)), default=0.0)
    return all(abs(float(a) - float(b)) <= NEAR * max(size, 1e-6) for a, b in zip(ones, others, strict=True))


def is_line(value: Value) -> bool:
    shape = shape_of(value)
    return len(shape) == 1 or (len(shape) == 2 and 1 in shape)


def _row(value: Value) -> Value:
    return value if not isinstance(value, tuple) or isinstance(value[0], tuple) else (value,)


def _jacobian_transposed(value: Value) -> Value:
    """A Jacobian transposed; a row as a column."""
    shape = shape_of(value)
    return value[0] if len(shape) == 2 and shape[0] == 1 else transpose(value)


def _column(node: Node) -> Node:
    return node.operand if isinstance(node, Transpose) else Transpose(node)


def _identity(size: int, layout: str) -> Value:
    if layout == "number":
        return 1
    return tuple(tuple(int(i == j) for j in range(size)) for i in range(size))


def _zero(size: int, layout: str) -> Value:
    if layout == "number":
        return 0.0
    return (0.0,) * size if layout == "column" else ((0.0,) * size,)


def _is_forwards(sign: Partial) -> bool:
    """Whether ∂h_m/∂h_{m−1} looks back in time: of a state that runs backwards it is ∂g_m/∂g_{m+1}."""
    top, bottom = ((part.indices[-1] if isinstance(part, Index) else part) for part in (sign.top, sign.bottom))
    return offset_or_zero(top) > offset_or_zero(bottom) or not isinstance(sign.bottom, Index)


def _chain(found: dict[Partial, Value], general: General, steps: int, wrt: str) -> None:
    """∂h_j/∂h_k over several steps, and ∂h_k/∂W with all steps before, from those of one step."""
    if general.is_in_head or general.direction < 0:
        return
    state = general.state
    for k in range(1, steps + 1):
        found[Partial(state.at(Literal(k)), state.at(Literal(k)))] = 1
        for j in range(k + 2, steps + 1):
            last = found.get(Partial(state.at(Literal(j)), state.at(Literal(j - 1))))
            rest = found.get(Partial(state.at(Literal(j - 1)), state.at(Literal(k))))
            if last is not None and rest is not None:
                found[Partial(state.at(Literal(j)), state.at(Literal(k)))] = product(last, rest)
    if general.first is not None or general.wrt != wrt:
        return
    weight, before = general.weight, None
    for k in range(1, steps + 1):
        here = found.get(Partial(state.at(Literal(k)), weight, True))
        link = found.get(Partial(state.at(Literal(k)), state.at(Literal(k - 1))))
        if here is None:
            return
        before = here if before is None or link is None else add(here, product(link, before))
        found[Partial(state.at(Literal(k)), weight)] = before
