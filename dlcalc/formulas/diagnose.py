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
from .draw import Sampler, _value
from .model import Condition, Convention, Formula, Mistake
from .program import Program, State, as_array, program, with_defaults
from .registry import formula as find_formula
from .run import failures, letters_in

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


def candidates(formula: Formula) -> list[Mistake]:
    """The formula's own mistakes and, under the step's name, those of the formulas that its steps call."""
    found = list(formula.mistakes)
    for step in formula.steps:
        if step.called:
            found.extend(
                Mistake(f"{step.name}.{m.id}", f"{step.name}.{m.step}", m.expression, m.because, m.weight, m.hint)
                for m in candidates(find_formula(step.called))
            )
    return found


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
        if (
            other is not compiled.convention
            and not other.variant
            and _right_under(other, formula, points, name, answer)
        ):
            return Verdict(True, expected, other)
    _check_shape(name, right[0].expected, right[0].answer.value)
    found = sorted(_explanations(compiled, right, name), key=lambda c: (len(c.mistakes), -c.weight))
    return Verdict(False, expected, None, tuple(found[:MOST_NAMED]), max(0, len(found) - MOST_NAMED))


def wrong_values(
    formula: Formula, given: Mapping[str, Value], name: str, convention: str = ""
) -> dict[str, tuple[Mistake, Value]]:
    """What each typical mistake makes of one question: id → (mistake, value); those without a value are left out."""
    compiled = program(formula, convention)
    state = compiled.reach(with_defaults(formula, given), name)
    found: dict[str, tuple[Mistake, Value]] = {}
    for mistake in _relevant(compiled, name):
        changed = _changed(compiled, state, mistake, name)
        if changed is not None:
            found[mistake.id] = (mistake, as_array(changed.values[name]))
    return found


class _Point:
    """The formula worked out at one set of numbers, and the answer with the same numbers put in."""

    def __init__(self, compiled: Program, given: Mapping[str, Value], name: str, answer: Answer) -> None:
        self.state = compiled.reach(with_defaults(compiled.formula, given), name)
        self.per_axis = compiled.formula.is_per_axis(name)
        self.expected = as_array(self.state.values[name])
        value = _put_in(answer.value, self.state.values)
        if self.per_axis and not isinstance(value, tuple):
            value = (value,) * compiled.formula.axes
        self.answer = Answer(answer.text, value, answer.unit, answer.significant)

    def agrees(self, value: Value) -> bool:
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
    if name.partition(".")[0] not in compiled.place:
        known = ", ".join(dict.fromkeys((*compiled.formula.answers, *compiled.place)))
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


def _right_under(
    other: Convention, formula: Formula, points: list[dict[str, Value]], name: str, answer: Answer
) -> bool:
    compiled = program(formula, other.name)
    at = [_Point(compiled, point, name, answer) for point in points]
    return all(point.agrees(point.expected) for point in at)


def _relevant(compiled: Program, name: str) -> list[Mistake]:
    needed = compiled.needed(name)
    return [m for m in candidates(compiled.formula) if m.step.partition(".")[0] in needed]


def _changed(compiled: Program, state: State, mistake: Mistake, name: str) -> State | None:
    """The state after one more mistake, or None when nothing can be computed with it."""
    try:
        return compiled.change(state, mistake.step, mistake.expression, name)
    except (UserError, OverflowError):
        return None


def _explanations(compiled: Program, points: list[_Point], name: str) -> Iterator[Candidate]:
    """Every mistake, and every pair of two steps' mistakes that both matter, that gives the answer at all points."""
    first, rest = points[0], points[1:]
    order = compiled.place
    relevant = sorted(_relevant(compiled, name), key=lambda m: order[m.step.partition(".")[0]])
    single: list[tuple[Mistake, State, Value]] = []
    for mistake in relevant:
        state = _changed(compiled, first.state, mistake, name)
        if state is None:
            continue
        value = as_array(state.values[name])
        if value != first.expected:
            single.append((mistake, state, value))
            if first.agrees(value) and all(_leads(compiled, point, name, mistake) for point in rest):
                yield Candidate((mistake,))
    for index, (a, state, value) in enumerate(single):
        for b, _, other in single[index + 1 :]:
            if a.step == b.step:
                continue
            both = _changed(compiled, state, b, name)
            if both is None:
                continue
            together = as_array(both.values[name])
            if first.agrees(together) and together != value and together != other:
                if all(_leads(compiled, point, name, a, b) for point in rest):
                    yield Candidate((a, b))


def _leads(compiled: Program, point: _Point, name: str, *mistakes: Mistake) -> bool:
    state: State | None = point.state
    for mistake in mistakes:
        state = _changed(compiled, state, mistake, name) if state is not None else None
    return state is not None and point.agrees(as_array(state.values[name]))
