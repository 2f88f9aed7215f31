"""A formula compiled: its steps as functions, run whole or only downstream of an edit.

This is the machine under `run` and `diagnose`. It checks nothing of the user's; `run` does that first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

from ..errors import UserError
from ..expressions.evaluate import compile_node
from ..expressions.exact import exact
from ..expressions.nodes import FormulaCall, Node, Range, Value, names_in
from ..expressions.operations import check_range
from .model import Formula, Step
from .registry import formula as find_formula

Environment = dict[str, Any]


@dataclass
class State:
    """All values so far; `lanes` hold one number per axis for the per-axis names (one lane while the axes agree)."""

    values: Environment
    lanes: list[Environment]

    def copy(self) -> State:
        return State(dict(self.values), [dict(lane) for lane in self.lanes])


class Op:
    """One step, compiled when first run."""

    def __init__(self, formula: Formula, step: Step, expression: str) -> None:
        self.formula = formula
        self.step = step
        self.name = step.name
        self.expression = expression

    @cached_property
    def node(self) -> Node:
        return self.formula.parse(self.expression, self.step.per_axis)

    @cached_property
    def evaluator(self) -> Callable[[Environment], Value]:
        return compile_node(self.node)

    @cached_property
    def before(self) -> Node | None:
        return self.formula.parse(self.step.before) if self.step.before else None

    @cached_property
    def each(self) -> tuple[Range, ...]:
        """How the step is unrolled: no range, or one or several, the first the slowest."""
        return self.formula.parse_each(self.step.each)

    @cached_property
    def reads(self) -> frozenset[str]:
        """The names that the step depends on; of `conv1.o` also `conv1`."""
        nodes = [self.node, *([self.before] if self.before else []), *self.each]
        found = {name for node in nodes for name in names_in(node)}
        return frozenset(found | {name.partition(".")[0] for name in found})


_GENERAL: list[tuple[str, Callable[[Environment], Value], bool]] = []


class Program:
    """The steps of a formula under one convention."""

    def __init__(self, formula: Formula, convention: str = "") -> None:
        self.formula = formula
        self.convention = formula.convention(convention) if convention else formula.conventions[0]
        edits = self.convention.edits
        self.ops = [Op(formula, step, edits.get(step.name, step.expression)) for step in formula.steps]
        self.place = {op.name: index for index, op in enumerate(self.ops)}
        self._edited: dict[tuple[str, str], Op] = {}
        self._needed: dict[str, frozenset[str]] = {}
        self._between: dict[tuple[str, str], tuple[int, ...]] = {}
        self._places: dict[str, tuple[int, ...]] = {}
        self._plans: dict[tuple[str, str, str], list[tuple[str, Callable[[Environment], Value], bool]]] = {}

    def edited(self, step: str, expression: str) -> Op:
        """The step with another expression, compiled once."""
        key = (step, expression)
        if key not in self._edited:
            self._edited[key] = Op(self.formula, self.ops[self.place[step]].step, expression)
        return self._edited[key]

    def needed(self, target: str) -> frozenset[str]:
        """The steps that the target is computed from, itself included."""
        if target not in self._needed:
            self._needed[target] = self._find_needed(target)
        return self._needed[target]

    def between(self, step: str, target: str) -> tuple[int, ...]:
        """The places of the steps to run again when `step` changes and only `target` is asked."""
        key = (step, target)
        if key not in self._between:
            self._between[key] = self._find_between(step.partition(".")[0], target)
        return self._between[key]

    def _find_needed(self, target: str) -> frozenset[str]:
        wanted = {target.partition(".")[0]}
        for op in reversed(self.ops):
            if op.name in wanted:
                wanted |= op.reads
        return frozenset(op.name for op in self.ops if op.name in wanted)

    def _find_between(self, step: str, target: str) -> tuple[int, ...]:
        start = self.place[step]
        changed = {step}
        needed = self.needed(target)
        rerun = [start]
        for index in range(start + 1, len(self.ops)):
            op = self.ops[index]
            if op.name in needed and op.reads & changed:
                changed.add(op.name)
                rerun.append(index)
        # an unrolled step is run with its whole block
        blocks = {i for index in rerun for i in self._block(index)}
        return tuple(sorted(blocks))

    def _block(self, index: int) -> range:
        """The neighbours that are unrolled together with this step."""
        each = self.ops[index].step.each
        if not each:
            return range(index, index + 1)
        first = last = index
        while first > 0 and self.ops[first - 1].step.each == each:
            first -= 1
        while last + 1 < len(self.ops) and self.ops[last + 1].step.each == each:
            last += 1
        return range(first, last + 1)

    def state(self, given: Mapping[str, Value]) -> State:
        """The starting values. Per-axis names hold a tuple, one number per axis."""
        formula = self.formula
        values = dict(given)
        if not formula.axes:
            return State(values, [])
        for name, value in given.items():
            if formula.is_per_axis(name) and not isinstance(value, tuple):
                values[name] = (value,) * formula.axes
        per_axis = [name for name in values if formula.is_per_axis(name)]
        alike = all(len(set(values[name])) == 1 for name in per_axis)
        lanes = []
        for axis in range(1 if alike else formula.axes):
            lane = dict(values)
            lane.update({name: values[name][axis] for name in per_axis})
            lanes.append(lane)
        return State(values, lanes)

    def reach(self, given: Mapping[str, Value], target: str) -> State:
        """Runs only what `target` is computed from, on complete values (`with_defaults`)."""
        if target not in self._places:
            self._places[target] = self._find_places(target)
        return self.execute(self.state(given), self._places[target])

    def reads(self, name: str) -> frozenset[str]:
        """The names that a step reads; none for a variable."""
        return self.ops[self.place[name]].reads if name in self.place else frozenset()

    def places_of(self, targets: Iterable[str]) -> tuple[int, ...]:
        """The places of all that several targets are computed from."""
        wanted = frozenset(name for target in targets for name in self.needed(target))
        return tuple(index for index, op in enumerate(self.ops) if op.name in wanted)

    def change(self, state: State, step: str, expression: str, target: str) -> State:
        """A new state in which `step` has another expression, and what leads from it to `target` is run again."""
        key = (step, expression, target)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = self._plan(step, expression, target)
        if plan is _GENERAL:
            return self.execute(state.copy(), self.between(step, target), {step: expression})
        values = dict(state.values)
        lanes = [dict(lane) for lane in state.lanes]
        axes = self.formula.axes
        for name, evaluator, per_axis in plan:
            if per_axis:
                numbers = [exact(evaluator(lane)) for lane in lanes]
                for lane, number in zip(lanes, numbers, strict=True):
                    lane[name] = number
                values[name] = tuple(numbers) if len(numbers) > 1 else (numbers[0],) * axes
            else:
                value = values[name] = exact(evaluator(values))
                for lane in lanes:
                    lane[name] = value
        return State(values, lanes)

    def _plan(self, step: str, expression: str, target: str) -> list[tuple[str, Callable[[Environment], Value], bool]]:
        """The steps to run again with their functions; `_GENERAL` when one of them is unrolled or calls a formula."""
        places = self.between(step, target)
        if any(self.ops[place].step.each or self.ops[place].step.called for place in places):
            return _GENERAL
        ops = [self.edited(step, expression) if self.ops[i].name == step else self.ops[i] for i in places]
        return [(op.name, op.evaluator, op.step.per_axis) for op in ops]

    def reach_all(self, given: Mapping[str, Value], targets: Iterable[str]) -> State:
        """Runs what several targets are computed from."""
        return self.execute(self.state(given), self.places_of(targets))

    def _find_places(self, target: str) -> tuple[int, ...]:
        """The steps behind `target`, and those that a mistake on the way may read."""
        wanted = set(self.needed(target))
        for mistake in self.formula.mistakes:
            if mistake.step in wanted and mistake.step in self.place:
                wanted |= self.edited(mistake.step, mistake.expression).reads
        for op in reversed(self.ops):
            if op.name in wanted:
                wanted |= op.reads
        blocks = {i for index, op in enumerate(self.ops) if op.name in wanted for i in self._block(index)}
        return tuple(sorted(blocks))

    def execute(
        self,
        state: State,
        places: range | tuple[int, ...] | None = None,
        edits: Mapping[str, str] | None = None,
        pinned: Mapping[str, Value] | None = None,
    ) -> State:
        """Runs the steps at `places` (all, by default) on `state`, in place.

        `edits` maps steps to other expressions, `pinned` steps to fixed values; names of a called formula's steps
        are dotted. Raises UserError where the arithmetic has no answer.
        """
        done = -1
        for index in range(len(self.ops)) if places is None else places:
            if index <= done:
                continue
            op = self.ops[index]
            if op.step.each:
                block = self._block(index)
                done = block[-1]
                self._unroll([self._op(i, edits) for i in block], state, pinned)
                continue
            if edits and op.name in edits:
                op = self.edited(op.name, edits[op.name])
            if pinned and op.name in pinned:
                self._store(op, pinned[op.name], state)
            elif isinstance(op.node, FormulaCall):
                self._call(op, op.node, state, edits, pinned)
            elif op.step.per_axis:
                self._store(op, tuple(exact(op.evaluator(lane)) for lane in state.lanes), state)
            else:
                value = exact(op.evaluator(state.values))
                state.values[op.name] = value
                for lane in state.lanes:
                    lane[op.name] = value
        return state

    def _op(self, index: int, edits: Mapping[str, str] | None) -> Op:
        op = self.ops[index]
        return self.edited(op.name, edits[op.name]) if edits and op.name in edits else op

    def _store(self, op: Op, value: Value, state: State) -> None:
        """Puts a value where later steps find it: the tuple for all, one number in each lane."""
        if not op.step.per_axis:
            state.values[op.name] = value
            for lane in state.lanes:
                lane[op.name] = value
            return
        axes = self.formula.axes
        values = value if isinstance(value, tuple) else (value,) * axes
        if len(values) == 1:
            values = values * axes
        if len(state.lanes) == 1 and len(set(values)) > 1:
            state.lanes.extend(dict(state.lanes[0]) for _ in range(axes - 1))
        for lane, number in zip(state.lanes, values, strict=False):
            lane[op.name] = number
        state.values[op.name] = values

    def _unroll(self, block: list[Op], state: State, pinned: Mapping[str, Value] | None) -> None:
        """Steps that run together for t = low, low + 1, ...: each sees the values of the steps before it."""
        values = state.values
        if block[0].step.each.count(" in ") > 1:
            self._unroll_all(block, values)
        else:
            self._unroll_one(block, values, pinned)
        for lane in state.lanes:
            lane.update({op.name: values[op.name] for op in block})

    def _unroll_all(self, block: list[Op], values: Environment) -> None:
        """Over several indices (the rows and columns of a map), the last the fastest."""
        ranges = block[0].each
        ends = [_ends(each, values) for each in ranges]
        check_range("the indices together", 1, prod(high - low + 1 for low, high in ends))
        for op in block:
            values[op.name] = {}
        for numbers in product(*(range(low, high + 1) for low, high in ends)):
            values.update({each.index: number for each, number in zip(ranges, numbers, strict=True)})
            for op in block:
                inner = values[op.name]
                for number in numbers[:-1]:
                    inner = inner.setdefault(number, {})
                inner[numbers[-1]] = exact(op.evaluator(values))
        for each in ranges:
            values.pop(each.index, None)

    def _unroll_one(self, block: list[Op], values: Environment, pinned: Mapping[str, Value] | None) -> None:
        (each,) = block[0].each
        low, high = _ends(each, values)
        for op in block:
            values[op.name] = {}
            if op.before is not None:
                values[op.name][low - 1] = compile_node(op.before)(values)
        for number in range(low, high + 1):
            values[each.index] = number
            for op in block:
                fixed = (pinned or {}).get(op.name)
                if isinstance(fixed, dict) and number in fixed:
                    values[op.name][number] = fixed[number]
                else:
                    values[op.name][number] = exact(op.evaluator(values))
        values.pop(each.index, None)

    def _call(
        self,
        op: Op,
        call: FormulaCall,
        state: State,
        edits: Mapping[str, str] | None,
        pinned: Mapping[str, Value] | None,
    ) -> None:
        inner = program(find_formula(call.formula), "")
        names = frozenset(convention.name for convention in inner.formula.conventions)
        if self.convention.name in names:
            inner = program(inner.formula, self.convention.name)
        given = {
            name: compile_node(argument)(state.values)
            for name, argument in zip(call.names, call.arguments, strict=True)
        }
        result = inner.execute(
            inner.state(with_defaults(inner.formula, given)),
            edits=_inside(op.name, edits),
            pinned=_inside(op.name, pinned),
        )
        found = {f"{op.name}.{name}": value for name, value in result.values.items()}
        found[op.name] = result.values[inner.formula.answers[0]]
        state.values.update(found)
        for lane in state.lanes:
            lane.update(found)


def _ends(each: Range, values: Environment) -> tuple[int, int]:
    """Where an index begins and ends. Raises UserError when that is not known, or too far apart."""
    low, high = compile_node(each.low)(values), compile_node(each.high)(values)
    if isinstance(low, Node) or isinstance(high, Node):
        raise UserError(f"{each.index} runs to a number that is not given")
    check_range(each.index, low, high)
    return low, high


def as_array(value: Value) -> Value:
    """An unrolled step's values as a tuple, without the one before the first."""
    if isinstance(value, dict):
        return tuple(as_array(item) for index, item in value.items() if index >= 1)
    return value


def _inside(step: str, names: Mapping[str, Any] | None) -> dict[str, Any]:
    """Edits or pins of a called formula's steps, as that formula names them."""
    prefix = f"{step}."
    return {name.removeprefix(prefix): value for name, value in (names or {}).items() if name.startswith(prefix)}


def with_defaults(formula: Formula, given: Mapping[str, Value]) -> dict[str, Value]:
    """All variables: as given, by default, or as the letter that stays."""
    values: dict[str, Value] = {}
    for variable in formula.variables:
        if variable.name in given:
            values[variable.name] = given[variable.name]
        elif variable.default is not None:
            values[variable.name] = default_value(formula, variable.name, values)
        else:
            values[variable.name] = formula.letter(variable.name)
    return values


def default_value(formula: Formula, name: str, values: Mapping[str, Value]) -> Value:
    """A variable's default from the variables before it; per axis where those are."""
    variable = formula.variable(name)
    assert variable is not None and variable.default is not None
    if name not in formula.defaults:
        formula.defaults[name] = compile_node(formula.parse(variable.default, per_axis=True))
    evaluator = formula.defaults[name]
    if variable.default.isdigit():
        return evaluator({})
    if not variable.per_axis:
        return exact(evaluator(dict(values)))
    lanes = []
    for axis in range(formula.axes):
        lane = {k: v[axis] if formula.is_per_axis(k) and isinstance(v, tuple) else v for k, v in values.items()}
        lanes.append(exact(evaluator(lane)))
    return lanes[0] if len(set(lanes)) == 1 else tuple(lanes)


def program(formula: Formula, convention: str = "") -> Program:
    """The compiled formula, made once per convention and kept with it."""
    programs: dict[str, Program] = formula.programs
    if convention not in programs:
        programs[convention] = Program(formula, convention)
    return programs[convention]
