"""Verifying one answer: right, right under another convention, or wrong, with the mistakes that lead to it.

A mistake is diagnosed by making it: the formula is run with the edit, singly then in pairs, and what comes out is held
against what was written. Answers in letters are compared at points drawn from the declared domain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..errors import UserError
from ..expressions.answers import Answer, agrees
from ..expressions.evaluate import evaluate
from ..expressions.functions import CONSTANTS
from ..expressions.nodes import Node, Value
from .defaults import with_defaults
from .draw import Sampler, _value
from .model import Condition, Convention, Formula, Mistake
from .program import Program, as_array, program
from .run import failures, letters_in
from .steps import State, Unit

MOST_NAMED = 5
POINTS = 3


@dataclass(frozen=True)
class Candidate:
    """One way to the answer: a mistake, or two made together."""

    mistakes: tuple[Mistake, ...]

    @property
    def id(self) -> str:
        return "+".join(mistake.id for mistake in self.mistakes)

    @property
    def because(self) -> str:
        return "; and ".join(mistake.because for mistake in self.mistakes)

    @property
    def hint(self) -> str:
        return " ".join(mistake.hint for mistake in self.mistakes if mistake.hint)

    @property
    def weight(self) -> float:
        product = 1.0
        for mistake in self.mistakes:
            product *= mistake.weight
        return product


@dataclass(frozen=True)
class Verdict:
    """What an answer is worth. `convention` is the other convention under which it is right, else None."""

    correct: bool
    expected: Value
    convention: Convention | None = None
    mistakes: tuple[Candidate, ...] = ()
    more: int = 0
    """Further candidates that are not named."""


def verify(formula: Formula, given: Mapping[str, Value], name: str, answer: Answer, convention: str = "") -> Verdict:
    """Judges an answer to the question for `name` (a step or an answer of the formula).

    Raises UserError when the answer has letters that the formula does not know, or another shape than what is asked.
    """
    compiled = program(formula, convention)
    points = _points(formula, given, answer)
    _check_name(compiled, name)
    right = [_Point(compiled, point, name, answer) for point in points]
    expected = right[0].expected if len(points) == 1 else _asked(compiled, given, name)
    if all(point.agrees(point.expected) for point in right):
        return Verdict(True, expected)
    for other in formula.conventions:
        if other is compiled.convention or other.variant or compiled.convention.variant:
            continue
        counted = program(formula, other.name)
        if counted.differs(compiled, name) and _is_right(counted, points, name, answer):
            return Verdict(True, expected, other)
    found = sorted(_explanations(compiled, right, name), key=lambda c: (len(c.mistakes), -c.weight))
    if not found:
        _check_shape(name, right[0].expected, right[0].answer.value)
    return Verdict(False, expected, None, tuple(found[:MOST_NAMED]), max(0, len(found) - MOST_NAMED))


def wrong_values(
    formula: Formula, given: Mapping[str, Value], name: str, convention: str = ""
) -> dict[str, tuple[Mistake, Value]]:
    """What each typical mistake makes of one question: id → (mistake, value); those without a value are left out."""
    compiled = program(formula, convention)
    state = compiled.reach(with_defaults(formula, given), name)
    found: dict[str, tuple[Mistake, Value]] = {}
    for mistake in compiled.relevant(name):
        value = outcome(compiled.plan(name, mistake), state.copy(), name)
        if value is not None:
            found[mistake.id] = (mistake, value)
    return found


class _Point:
    """The formula worked out at one set of numbers, and the answer with the same numbers put in."""

    def __init__(self, compiled: Program, given: Mapping[str, Value], name: str, answer: Answer) -> None:
        self.state = compiled.reach(with_defaults(compiled.formula, given), name)
        self.expected = as_array(self.state.values[name])
        value = _put_in(answer.value, self.state.values)
        if compiled.ops[compiled.place[name]].step.per_axis and not isinstance(value, tuple):
            value = (value,) * compiled.axes
        self.answer = Answer(answer.text, value, answer.unit, answer.significant, answer.asked)
        self.whole = value if value.__class__ is int else None

    def agrees(self, value: Value) -> bool:
        if self.whole is not None and value.__class__ is int:
            return bool(value == self.whole)  # by far the most frequent case
        return agrees(value, self.answer)


def _put_in(value: Value, values: Mapping[str, Value]) -> Value:
    if isinstance(value, tuple):
        return tuple(_put_in(item, values) for item in value)
    if isinstance(value, Node):
        alike = {k: v[0] if isinstance(v, tuple) and len(set(v)) == 1 else v for k, v in values.items()}
        return evaluate(value, alike)
    return value


def _asked(compiled: Program, given: Mapping[str, Value], name: str) -> Value:
    return as_array(compiled.reach(with_defaults(compiled.formula, given), name).values[name])


def _check_name(compiled: Program, name: str) -> None:
    if name not in compiled.place:
        known = ", ".join(dict.fromkeys((*compiled.formula.answers, *(op.name for op in compiled.steps()))))
        raise UserError(f"{name} cannot be asked of {compiled.formula.id}; what can is {known}")


def _check_shape(name: str, expected: Value, wrote: Value) -> None:
    want = len(expected) if isinstance(expected, tuple) else 1
    have = len(wrote) if isinstance(wrote, tuple) else 1
    if want != have:
        raise UserError(f"{name} has {want} number{'s' if want > 1 else ''}, not {have}")


def _points(formula: Formula, given: Mapping[str, Value], answer: Answer) -> list[dict[str, Value]]:
    """The numbers to compare at: the given ones, completed by drawn ones where letters are left."""
    letters = set(letters_in(answer.value)) - CONSTANTS.keys()
    known = {variable.name for variable in formula.variables}
    strange = sorted(letters - known - {step.name for step in formula.steps})
    if strange:
        raise UserError(f"{strange[0]} is not a letter of {formula.id}; its letters are {', '.join(sorted(known))}")
    missing = [v for v in formula.variables if v.name not in given and v.default is None]
    if not missing:
        return [dict(given)]
    found: list[dict[str, Value]] = []
    for attempt in range(100):
        sampler = Sampler("points", formula.id, attempt)
        point = dict(given)
        for variable in missing:
            point[variable.name] = _value(variable, sampler, 0)
        if _meets_conditions(formula, point):
            found.append(point)
            if len(found) == POINTS:
                return found
    raise UserError(f"no numbers for {', '.join(v.name for v in missing)} meet the conditions of {formula.id}")


def _meets_conditions(formula: Formula, point: Mapping[str, Value]) -> bool:
    conditions: tuple[Condition, ...] = formula.conditions
    if not conditions:
        return True
    try:
        compiled = program(formula)
        state = compiled.execute(compiled.state(with_defaults(formula, point)))
    except UserError:
        return False
    return not any(failures(condition, formula, state) for condition in conditions)


def _is_right(compiled: Program, points: list[dict[str, Value]], name: str, answer: Answer) -> bool:
    at = [_Point(compiled, point, name, answer) for point in points]
    return all(point.agrees(point.expected) for point in at)


def outcome(plan: list[Unit], state: State, name: str) -> Value | None:
    """What comes out for `name` when a plan is run on a state; None when nothing can be computed with it."""
    try:
        for unit in plan:
            unit.run(state, {})
    except (UserError, OverflowError):
        return None
    return as_array(state.values[name])


def _explanations(compiled: Program, points: list[_Point], name: str) -> Iterator[Candidate]:
    """Every mistake, and every pair of two steps' mistakes that both matter, that gives the answer at all points."""
    first, rest = points[0], points[1:]
    single: list[tuple[Mistake, State, Value]] = []
    for mistake in compiled.relevant(name):
        state = first.state.copy()
        value = outcome(compiled.plan(name, mistake), state, name)
        if value is not None and value != first.expected:
            single.append((mistake, state, value))
            if first.agrees(value) and all(_leads(compiled, point, name, mistake) for point in rest):
                yield Candidate((mistake,))
    plans = [compiled.plan(name, mistake) for mistake, _, _ in single]
    for index, (a, state, value) in enumerate(single):
        for (b, _, other), plan in zip(single[index + 1 :], plans[index + 1 :], strict=True):
            if a.step == b.step:
                continue
            if compiled.together(a, b):
                together = outcome(compiled.plan(name, a, b), first.state.copy(), name)
            else:
                together = outcome(plan, state.copy(), name)
            if together is None or together in (value, other) or not first.agrees(together):
                continue
            if all(_leads(compiled, point, name, a, b) for point in rest):
                yield Candidate((a, b))


def _leads(compiled: Program, point: _Point, name: str, *mistakes: Mistake) -> bool:
    value = outcome(compiled.plan(name, *mistakes), point.state.copy(), name)
    return value is not None and point.agrees(value)
