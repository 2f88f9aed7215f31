"""`run`: the one function that works a formula out. Everything else (views, quiz, marking) calls it."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import islice
from typing import Any

from ..errors import UserError
from ..expressions.evaluate import evaluate, substitute
from ..expressions.exact import exact, is_near
from ..expressions.limits import LIMIT_WORKING, within_budget
from ..expressions.nodes import Kind, Node, Value, names_in, written_size
from .defaults import with_defaults
from .model import Condition, Convention, Form, Formula, Mistake, Step, Variable
from .present import AXIS_WORDS, filled, presented
from .program import Program, as_array, program
from .steps import Op, State


@dataclass(frozen=True)
class Line:
    """One evaluated line: `name = expression = values put in = value`; `axis` is 0, or from 1 where axes differ."""

    name: str
    expression: Node
    values: Node
    value: Value
    axis: int = 0
    meaning: str = ""


@dataclass(frozen=True)
class Working:
    """A formula worked out: what was given, the evaluated steps, the answers.

    Values are exact numbers, floats behind transcendental functions, tuples for shapes and arrays (per-axis names hold
    one number per axis), or expressions in the letters that were not given.
    """

    formula: Formula
    given: Mapping[str, Value]
    convention: Convention
    program: Program
    state: State
    edits: Mapping[str, str]

    def __getitem__(self, name: str) -> Value:
        """The value of a variable, a step or an answer; a per-axis one as a single number where the axes agree."""
        value = as_array(self.state.values[name])
        per_axis = self.formula.is_per_axis(name) or name in self._called_axes
        if per_axis and isinstance(value, tuple) and len(set(value)) == 1:
            return value[0]
        return value

    @cached_property
    def _called_axes(self) -> frozenset[str]:
        kinds = self.formula.declarations[False].kinds
        return frozenset(name for name, kind in kinds.items() if "." in name and kind is Kind.AXES)

    @cached_property
    def answers(self) -> dict[str, Value]:
        return {name: self[name] for name in self.formula.answers}

    @cached_property
    def defaults(self) -> dict[str, Value]:
        """The variables that were not given but have a usual value."""
        return {
            v.name: self[v.name] for v in self.formula.variables if v.name not in self.given and v.default is not None
        }

    @cached_property
    def missing(self) -> tuple[Variable, ...]:
        """The variables that stay letters."""
        return tuple(v for v in self.formula.variables if v.name not in self.given and v.default is None)

    @cached_property
    def steps(self) -> tuple[Line, ...]:
        """Every step as evaluated, fine-grained, in order."""
        return tuple(self.steps_of(self.program.place))

    def steps_of(self, names: Container[str]) -> Iterator[Line]:
        """The steps with these names as evaluated, in order."""
        for op in self.program.steps():
            if op.name in names:
                if op.name not in self._written:
                    self._written[op.name] = self._lines(self._op(op), op.step)
                yield from self._written[op.name]

    @cached_property
    def _written(self) -> dict[str, list[Line]]:
        """The lines of the steps that were asked for: several answers are worked out through the same ones."""
        return {}

    def first_steps(self, most: int, nodes: int) -> tuple[tuple[Line, ...], dict[str, int]]:
        """The evaluated steps, and how many entries of which unrolled ones are left out.

        Of each unrolled one there are `most` entries, or so many as have `nodes` nodes together with the values put in.
        """
        evaluated: list[Line] = []
        left_out: dict[str, int] = {}
        for op in self.program.steps():
            if op.step.each:
                kept = list(_written(islice(self._unrolled(self._op(op), op.step), most), nodes))
                evaluated += kept
                entries = sum(1 for _ in _entries(self.state.values[op.name], len(op.each)))
                left_out |= {op.name: entries - len(kept)} if entries > len(kept) else {}
            else:
                evaluated += self._lines(self._op(op), op.step)
        return tuple(evaluated), left_out

    def _op(self, op: Op) -> Op:
        return self.program.edited(op.name, self.edits[op.name]) if op.name in self.edits else op

    def _lines(self, op: Op, step: Step) -> list[Line]:
        if step.each:
            return list(self._unrolled(op, step))
        if step.called:
            return [self._line(step, op.node, self.state.values, self[step.name])]
        if not step.per_axis:
            return [self._line(step, op.node, self.state.values, self.state.values[step.name])]
        lanes = self.state.lanes
        return [
            self._line(step, op.node, lane, lane[step.name], i + 1 if len(lanes) > 1 else 0)
            for i, lane in enumerate(lanes)
        ]

    def _line(self, step: Step, node: Node, values: Mapping[str, Value], value: Value, axis: int = 0) -> Line:
        letters = node if step.per_axis else presented(node, self.formula, values)
        substituted = substitute(letters, values) if step.per_axis else filled(letters, self.formula, values)
        return Line(step.name, letters, substituted, value, axis, step.meaning)

    def _unrolled(self, op: Op, step: Step) -> Iterable[Line]:
        """One line for each step of an unrolled one, the value before the first included."""
        values = self.state.values
        first = evaluate(op.each[0].low, values)
        for numbers, value in _entries(values[step.name], len(op.each)):
            here = {**values, **{each.index: number for each, number in zip(op.each, numbers, strict=True)}}
            target = f"{step.name}[{', '.join(map(str, numbers))}]"
            node = op.before if op.before is not None and numbers[0] < first else op.node
            yield Line(target, node, substitute(node, here), value, meaning=step.meaning)

    def form(self, name: str) -> Form | None:
        """The textbook's line for a step: the first form whose condition holds; none that an edit makes untrue."""
        edited = {*self.edits, *self.convention.edits} & self.program.needed(name)
        for form in self.formula.forms:
            if form.step == name and self._holds(form.when, self.formula.is_per_axis(name)):
                return form if not edited or self._is_true(form) else None
        return None

    def _is_true(self, form: Form) -> bool:
        evaluator = self.program.edited(form.step, form.expression).evaluator
        lanes = self.state.lanes if self.formula.is_per_axis(form.step) else [self.state.values]
        return all(same_at_points(evaluator(lane), lane[form.step]) for lane in lanes)

    def _holds(self, condition: str, per_axis: bool) -> bool:
        if not condition:
            return True
        evaluator = self.formula.evaluator(condition, per_axis)
        if per_axis:
            return all(evaluator(lane) is True for lane in self.state.lanes)
        return evaluator(self.state.values) is True

    def lines(self, name: str) -> list[Line]:
        """The line(s) to show for one answer: its form where there is one, else its step."""
        step = self.formula.by_name[name]
        assert isinstance(step, Step)
        form = self.form(name)
        op = (
            self.program.edited(name, form.expression) if form else self._op(self.program.ops[self.program.place[name]])
        )
        found = self._lines(op, step)
        if form and any(isinstance(line.value, Node) for line in found):
            # letters are left over: the form's own folding reads better, (121c + 1)k
            return [replace(line, value=self._folded(op, line.axis)) for line in found]
        return found

    def _folded(self, op: Op, axis: int) -> Value:
        values = self.state.lanes[max(0, axis - 1)] if op.step.per_axis else self.state.values
        return exact(op.evaluator(values))

    def shown(self, name: str) -> Value:
        """The value of an answer as it is shown: by its form while letters are left over, but for an array."""
        value, step = self[name], self.formula.by_name.get(name)
        if not contains_letters(value) or not isinstance(step, Step) or step.each:
            return value
        values = tuple(line.value for line in self.lines(name))
        return values[0] if len(values) == 1 else values

    def evaluate(self, expression: str) -> Value:
        """Another expression in this formula's names, worked out with the same values."""
        return exact(self.formula.evaluator(expression)(self.state.values))

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What is worth a word although it is no error."""
        return tuple(message for c in self.formula.warnings for message in failures(c, self.formula, self.state))


def _written(lines: Iterable[Line], nodes: int) -> Iterator[Line]:
    """The first lines, until those before have so many nodes with the values put in."""
    for line in lines:
        yield line
        nodes -= written_size(line.values)
        if nodes <= 0:
            return


def _entries(values: Mapping[int, Value], depth: int) -> Iterable[tuple[tuple[int, ...], Value]]:
    """The indices and the value of each entry of an unrolled step."""
    for number, value in values.items():
        if depth == 1:
            yield (number,), value
        else:
            yield from (((number, *inner), item) for inner, item in _entries(value, depth - 1))


def letters_in(value: Value) -> Iterator[str]:
    """The letters left over in a value."""
    if isinstance(value, dict | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from letters_in(item)
    elif isinstance(value, Node):
        yield from names_in(value)


def same_at_points(a: Value, b: Value) -> bool:
    """Whether two values agree when numbers are put in for their letters."""
    letters = sorted({*letters_in(a), *letters_in(b)})
    for shift in (2, 5):
        numbers = {name: 7 * index + shift for index, name in enumerate(letters, 1)}
        first, second = (evaluate(v, numbers) if isinstance(v, Node) else v for v in (a, b))
        if not same_numbers(first, second):
            return False
    return True


def same_numbers(a: Value, b: Value) -> bool:
    """Whether two values without letters are the same, floats but for how they were rounded on the way."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same_numbers, a, b))
    return bool(a == b) or (isinstance(a, float) and isinstance(b, float) and is_near(a, b))


def contains_letters(value: Value) -> bool:
    """Whether letters are left over in a value."""
    return next(letters_in(value), None) is not None


def run(
    formula: Formula,
    given: Mapping[str, Value],
    edits: Sequence[Mistake | Convention] = (),
    known: Mapping[str, Value] | None = None,
    convention: str = "",
) -> Working:
    """Works a formula out.

    `given` maps variable names to values (numbers, tuples per axis, or expressions in other letters), `edits` are
    mistakes to make on the way, `known` pins steps to values that somebody found earlier (error carried forward).
    Raises UserError when a value lies outside its variable's domain or a condition of the formula fails, and its
    WorkError when all steps together would take long.
    """
    check_given(formula, given)
    compiled = program(formula, convention)
    changes: dict[str, str] = {}
    for edit in edits:
        changes.update(edit.edits)
    pinned = known or {}
    state = compiled.state(with_defaults(formula, given))
    correct = not changes and not pinned

    def execute() -> None:
        if correct:
            # before the arithmetic stumbles over what a condition on the variables alone explains better
            _refuse(formula, state)
        compiled.execute(state, edits=changes, pinned=pinned)
        if correct:
            _refuse(formula, state)

    within_budget(execute, LIMIT_WORKING)
    return Working(formula, dict(given), compiled.convention, compiled, state, changes)


def _refuse(formula: Formula, state: State) -> None:
    """Raises UserError when a condition fails; one that reads a step not yet run is left open."""
    for condition in formula.conditions:
        for message in failures(condition, formula, state):
            raise UserError(message)


def check_given(formula: Formula, given: Mapping[str, Value]) -> None:
    """Raises UserError for an unknown name or a value outside its variable's domain."""
    for name, value in given.items():
        variable = formula.variable(name)
        if variable is None:
            known = ", ".join(v.name for v in formula.variables)
            raise UserError(f"{name} is not a quantity of {formula.called}; its quantities are {known}")
        check_value(variable, value, formula.axes)


KINDS = ("one number", "a vector", "a matrix", "a map of channels", "a bank of filters")
"""What a value is called, by its rank."""


def check_value(variable: Variable, value: Value, axes: int) -> None:
    """Raises UserError unless the value has the variable's kind and lies in its domain; letters are let through."""
    if variable.per_axis and isinstance(value, tuple):
        if len(value) != axes:
            raise UserError(f"{variable.name} takes one number or {axes}, one per axis, not {len(value)}")
        for item in value:
            check_number(variable, item)
        return
    rank = 0 if variable.per_axis else variable.kind.rank
    if isinstance(value, Node):
        return
    depth, inner = 0, value
    while isinstance(inner, tuple):
        if not inner:
            raise UserError(f"{variable.name} has no entries")
        depth, inner = depth + 1, inner[0]
    if depth != rank:
        raise UserError(f"{variable.name} is {KINDS[rank]}, not {KINDS[min(depth, 4)]}")
    for item in _numbers(value):
        check_number(variable, item)


def _numbers(value: Value) -> Iterable[Value]:
    if isinstance(value, tuple):
        for item in value:
            yield from _numbers(item)
    else:
        yield value


def check_number(variable: Variable, value: Value) -> None:
    """Raises UserError unless the number lies in the variable's domain."""
    if isinstance(value, Node):
        return
    whole = "a whole number" if variable.integer else "a number"
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        raise UserError(f"{variable.name} is {whole}, not {value!r}")
    if (variable.integer and not isinstance(value, int)) or not variable.low <= value <= variable.high:
        if value < variable.low or variable.high >= 10**9 > value:
            raise UserError(f"{variable.name} is {whole} ≥ {variable.low:g}, not {_short(value)}")
        raise UserError(f"{variable.name} is {whole} from {variable.low:g} to {variable.high:g}, not {_short(value)}")


def _short(value: Value) -> str:
    text = str(value)
    return text if len(text) <= 30 else f"{text[:12]}… ({len(text)} characters)"


def failures(condition: Condition, formula: Formula, state: State) -> list[str]:
    """The messages of a condition that fails, one per axis where the axes differ; none while letters leave it open."""
    evaluator = formula.evaluator(condition.expression, condition.per_axis)
    found: list[str] = []
    environments = state.lanes if condition.per_axis else [state.values]
    for index, environment in enumerate(environments):
        if evaluator(environment) is False:
            where = f"{AXIS_WORDS[len(environments)][index]}: " if len(environments) > 1 else ""
            found.append(where + fill(condition.message, environment))
    return found


def fill(message: str, values: Mapping[str, Value]) -> str:
    """Puts values into a sentence: {x} is a value, {x:row|rows} the word for that many."""

    def put(found: re.Match[str]) -> str:
        value: Any = values.get(found[1], found[1])
        if found[2]:
            return found[2] if value == 1 else found[3]
        if isinstance(value, tuple):
            return "×".join(dict.fromkeys(map(str, value)))
        return str(value)

    return re.sub(r"\{(\w+)(?::([^|{}]*)\|([^{}]*))?\}", put, message)
