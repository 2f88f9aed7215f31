"""Steps compiled: each a function of the values so far. A called formula's steps stand in line with the others.

`conv1 = conv(n=n, f=11)` opens to one line for each variable and step of the convolution, under dotted names, then
`conv1` itself, its main answer. So an edit inside a called formula is an edit like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, product
from math import prod

from ..errors import InternalError, UserError
from ..expressions.evaluate import Environment, Evaluator, compile_node
from ..expressions.exact import exact
from ..expressions.functions import CONSTANTS
from ..expressions.limits import spend
from ..expressions.nodes import FormulaCall, Name, Node, Range, Reduce, Value, names_in, walk
from ..expressions.operations import check_range
from .model import Formula, Step, Variable
from .registry import formula as find_formula


@dataclass(slots=True)
class State:
    """All values so far; `lanes` hold one number per axis for the per-axis names (one lane while the axes agree)."""

    values: Environment
    lanes: list[Environment]
    axes: int

    def copy(self) -> State:
        return State(dict(self.values), [dict(lane) for lane in self.lanes], self.axes)

    def put(self, name: str, value: Value) -> None:
        """A value that is the same for all axes."""
        self.values[name] = value
        for lane in self.lanes:
            lane[name] = value

    def put_axes(self, name: str, value: Value) -> None:
        """A per-axis value: the tuple for all, one number in each lane; a single number stands for every axis."""
        numbers = value if isinstance(value, tuple) else (value,)
        if len(numbers) == 1:
            numbers = numbers * self.axes
        if len(self.lanes) == 1 and len(set(numbers)) > 1:
            self.lanes.extend(dict(self.lanes[0]) for _ in range(self.axes - 1))
        for lane, number in zip(self.lanes, numbers, strict=False):
            lane[name] = number
        self.values[name] = numbers


class Op:
    """One step, compiled when first run. Inside a called formula `prefix` is the caller's name and a dot."""

    def __init__(self, formula: Formula, step: Step, prefix: str = "") -> None:
        self.formula = formula
        self.step = step
        self.prefix = prefix
        self.name = prefix + step.name
        self.per_axis = step.per_axis

    @cached_property
    def node(self) -> Node:
        return self._moved(self.formula.parse(self.step.expression, self.step.per_axis))

    def _moved(self, node: Node) -> Node:
        """The expression with its names, bound ones too, behind the prefix."""
        if not self.prefix:
            return node
        if isinstance(node, Name):
            constant = node.id in CONSTANTS and node.id not in self.formula.by_name
            return node if constant else replace(node, id=self.prefix + node.id)
        moved = node.map(self._moved)
        return replace(moved, index=self.prefix + moved.index) if isinstance(moved, Reduce | Range) else moved

    @cached_property
    def evaluator(self) -> Evaluator:
        answer = self._answer
        return (lambda values: values[answer]) if answer else compile_node(self.node)

    @property
    def _answer(self) -> str:
        """The main answer of the formula that the step calls; "" when it calls none."""
        node = self.node
        return f"{self.name}.{find_formula(node.formula).answers[0]}" if isinstance(node, FormulaCall) else ""

    @cached_property
    def before(self) -> Node | None:
        return self._moved(self.formula.parse(self.step.before)) if self.step.before else None

    @cached_property
    def each(self) -> tuple[Range, ...]:
        """How the step is unrolled: no range, or one or several, the first the slowest."""
        found = [self._moved(each) for each in self.formula.parse_each(self.step.each)]
        return tuple(each for each in found if isinstance(each, Range))

    @cached_property
    def first(self) -> Evaluator | None:
        """The function of the value before the first step."""
        return compile_node(self.before) if self.before is not None else None

    @cached_property
    def ends(self) -> list[tuple[str, Evaluator, Evaluator]]:
        """Of each index where it begins and where it ends."""
        return [(each.index, compile_node(each.low), compile_node(each.high)) for each in self.each]

    @cached_property
    def size(self) -> int:
        """Distinct nodes of the expression: the units that one entry costs, what its Σ do besides."""
        return sum(1 for _ in walk(self.node))

    @cached_property
    def reads(self) -> frozenset[str]:
        """The names that the step depends on."""
        if self._answer:
            return frozenset({self._answer})
        nodes = [self.node, *([self.before] if self.before else []), *self.each]
        return frozenset(name for node in nodes for name in names_in(node))

    @cached_property
    def arguments(self) -> tuple[Argument, ...]:
        """The variables of the formula that the step calls; none where it calls none."""
        called = find_formula(self.step.called) if self.step.called else None
        return tuple(Argument(self, called, variable) for variable in called.variables) if called else ()

    def run(self, state: State, pinned: Mapping[str, Value]) -> None:
        """Adds the step's value to the state. Raises UserError where the arithmetic has no answer."""
        name, evaluator = self.name, self.evaluator
        if pinned and name in pinned:
            (state.put_axes if self.step.per_axis else state.put)(name, pinned[name])
        elif self.per_axis:
            numbers = []
            for lane in state.lanes:
                lane[name] = number = exact(evaluator(lane))
                numbers.append(number)
            state.values[name] = tuple(numbers) if len(numbers) > 1 else (number,) * state.axes
        else:
            state.values[name] = value = exact(evaluator(state.values))
            for lane in state.lanes:
                lane[name] = value


class Argument(Op):
    """A variable of a called formula: what the call gives it, else its default, else the letter that stays."""

    def __init__(self, caller: Op, formula: Formula, variable: Variable) -> None:
        super().__init__(formula, Step(variable.name, variable.default or "", per_axis=variable.per_axis),
                         f"{caller.name}.")  # fmt: skip
        self.caller = caller

    @cached_property
    def given(self) -> Node | None:
        """What the call gives, in the caller's names: computed for all axes at once."""
        call = self.caller.node
        assert isinstance(call, FormulaCall)
        return dict(zip(call.names, call.arguments, strict=True)).get(self.step.name)

    @cached_property
    def node(self) -> Node:
        if self.given is not None:
            return self.given
        default = self.step.expression
        if not default:
            return self.formula.letter(self.step.name)
        return self._moved(self.formula.parse(default, per_axis=True))

    @cached_property
    def evaluator(self) -> Evaluator:
        letter = self.node
        return (lambda values: letter) if self._stays else compile_node(self.node)

    @property
    def _stays(self) -> bool:
        return self.given is None and not self.step.expression

    @cached_property
    def reads(self) -> frozenset[str]:
        return frozenset() if self._stays else frozenset(names_in(self.node))

    def run(self, state: State, pinned: Mapping[str, Value]) -> None:
        by_default = self.given is None and not self._stays
        if not self.step.per_axis or by_default or self.name in pinned:
            super().run(state, pinned)
        else:
            state.put_axes(self.name, exact(self.evaluator(state.values)))


SERIES_COST = 3
"""Units of work for each node of a step of a series: those are mostly floats, each through a function of its own."""


class Unrolled:
    """Steps that run together for t = low, low + 1, ...: each sees the values of the steps before it."""

    def __init__(self, ops: list[Op]) -> None:
        self.ops = ops
        self.names = frozenset(op.name for op in ops)

    def run(self, state: State, pinned: Mapping[str, Value]) -> None:
        """Adds the steps' values to the state, by index. Raises UserError where the arithmetic has no answer."""
        values = state.values
        ranges = {index: _range(index, low(values), high(values)) for index, low, high in self.ops[0].ends}
        if len(ranges) > 1:
            self._over_several(values, ranges, pinned)
        else:
            ((index, numbers),) = ranges.items()
            self._spend(len(numbers) * SERIES_COST)
            self._over_one(values, index, numbers, pinned)
        for lane in state.lanes:
            lane.update({name: values[name] for name in self.names})

    def _spend(self, entries: int) -> None:
        spend(entries * sum(op.size for op in self.ops))

    def _over_several(self, values: Environment, ranges: Mapping[str, range], pinned: Mapping[str, Value]) -> None:
        """Over several indices (the rows and columns of a map), the last the fastest."""
        entries = prod(map(len, ranges.values()))
        check_range("the indices together", 1, entries)
        self._spend(entries)
        for op in self.ops:
            values[op.name] = {}
        for numbers in product(*ranges.values()):
            values.update(zip(ranges, numbers, strict=True))
            for op in self.ops:
                inner = values[op.name]
                for number in numbers[:-1]:
                    inner = inner.setdefault(number, {})
                fixed = _entry(pinned[op.name], numbers) if op.name in pinned else None
                inner[numbers[-1]] = exact(op.evaluator(values)) if fixed is None else fixed
        for index in ranges:
            values.pop(index, None)

    def _over_one(self, values: Environment, index: str, numbers: range, pinned: Mapping[str, Value]) -> None:
        for op in self.ops:
            values[op.name] = {} if op.first is None else {numbers.start - 1: op.first(values)}
        for number in numbers:
            values[index] = number
            for op in self.ops:
                fixed = pinned.get(op.name)
                if isinstance(fixed, dict) and number in fixed:
                    values[op.name][number] = fixed[number]
                else:
                    values[op.name][number] = exact(op.evaluator(values))
        values.pop(index, None)


def _entry(values: Value, numbers: tuple[int, ...]) -> Value | None:
    """The entry of nested values by index; None where there is none."""
    for number in numbers:
        if not isinstance(values, dict) or number not in values:
            return None
        values = values[number]
    return values


Unit = Op | Unrolled
"""What is run as one."""


def opened(formula: Formula, convention: str, prefix: str = "") -> Iterator[Op]:
    """The steps of a formula under a convention, those of the formulas that it calls before the step that calls them.

    A called formula follows the convention of the same name where it has one, else its own.
    """
    names = [known.name for known in formula.conventions]
    used = formula.convention(convention) if convention in names else formula.conventions[0]
    for step in formula.steps:
        edited = used.edits.get(step.name)
        op = _compiled(formula, step if edited is None else replace(step, expression=edited), prefix)
        if op.step.called:
            yield from op.arguments
            yield from opened(find_formula(op.step.called), used.name, f"{op.name}.")
        yield op


def _compiled(formula: Formula, step: Step, prefix: str) -> Op:
    """The step as it is run, the same one under every convention that has it so."""
    ops: dict[tuple[Step, str], Op] = formula.ops
    key = (step, prefix)
    if key not in ops:
        ops[key] = Op(formula, step, prefix)
    return ops[key]


def blocks(ops: list[Op]) -> Iterator[range]:
    """The places of the steps that run as one: neighbours that are unrolled together, every other step alone."""
    for _, neighbours in groupby(range(len(ops)), key=lambda i: (ops[i].prefix, ops[i].step.each or i)):
        places = list(neighbours)
        yield range(places[0], places[-1] + 1)


def edited(op: Op, expression: str) -> Op:
    """The step with another expression. Raises InternalError when a call would become a call of another formula."""
    changed = _compiled(op.formula, replace(op.step, expression=expression), op.prefix)
    if changed.step.called not in ("", op.step.called):
        raise InternalError(
            f"{op.formula.id}: an edit of {op.name} calls {changed.step.called}, which the step does not"
        )
    return changed


def letters_of(value: Value) -> tuple[str, ...]:
    """The letters that are left over in one value."""
    return names_in(value) if isinstance(value, Node) else ()


def _range(index: str, low: Value, high: Value) -> range:
    """Where an index runs. Raises UserError when its ends are not known, or too far apart."""
    if isinstance(low, Node) or isinstance(high, Node):
        missing = [*letters_of(low), *letters_of(high)]
        raise UserError(f"{missing[0]} is not given, and how far {index} runs depends on it")
    check_range(index, low, high)
    return range(low, high + 1)
