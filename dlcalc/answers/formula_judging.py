"""Judging one answer of a formula: right, right under another convention, or wrong, with the mistakes that lead to it.

A mistake is diagnosed by making it: the formula is run with the edit, singly then in pairs, and what comes out is held
against what was written. Answers in letters are compared at points drawn from the declared domain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod

from ..errors import UserError
from ..expressions import printing
from ..expressions.answers import Answer, Fit, fit, leads_to, worst_fit
from ..expressions.evaluate import evaluate_at
from ..expressions.limits import LIMIT_WORKING, left, within_budget
from ..expressions.nodes import Call, Div, Node, Value, walk
from ..formulas.defaults import with_defaults
from ..formulas.diagnose import GIVEN_INSTEAD, VOLUME, Candidate, given_instead, outcomes
from ..formulas.model import Convention, Formula, Mistake
from ..formulas.program import Program, as_array, program
from ..formulas.run import letters_in
from ..formulas.searching import Fits, searched
from .formula_points import Drawn, points_of
from .marks import MOST_NAMED
from .target import with_ones


@dataclass(frozen=True)
class Verdict:
    """What an answer is worth. `convention` is the other convention under which it is right, else None."""

    correct: bool
    expected: Value
    convention: Convention | None = None
    mistakes: tuple[Candidate, ...] = ()
    more: int = 0
    """Further candidates that are not named."""
    stopped: bool = False
    """Whether the search for mistakes ended with its budget, before all were tried."""
    fit: Fit = "wrong"
    """How it agrees with the right value: also "rounded" or "cut" where it is not correct."""


def verify(formula: Formula, given: Mapping[str, Value], name: str, answer: Answer, convention: str = "") -> Verdict:
    """Judges an answer to the question for `name` (a step or an answer of the formula).

    A mistake that would take long to make, after all those before it, is not looked for.

    Raises UserError when the answer has letters that the formula does not know, or another shape than what is asked.
    """
    compiled = program(formula, convention)
    check_name(compiled, name)
    points = points_of(compiled, name, given, answer)
    right = [_Point(compiled, point, name, answer) for point in points]
    expected = right[0].expected if len(points) == 1 else _asked(compiled, given, name)
    near = worst_fit(point.fit(point.expected) for point in right)
    if near == "right":
        return Verdict(True, expected, fit=near)
    unfloored = _unfloored(compiled, name, answer)
    if unfloored is not None and all(point.fit(_edited(point, name, unfloored)) == "right" for point in right):
        return Verdict(True, expected, unfloored)
    for other in formula.conventions:
        if other is compiled.convention or other.variant or compiled.convention.variant:
            continue
        counted = program(formula, other.name)
        if counted.differs(compiled, name) and _is_right(counted, points, name, answer):
            return Verdict(True, expected, other)
    if near != "wrong":
        return Verdict(False, expected, fit=near)
    made: list[tuple[Mistake, Value]] = []
    explained, stopped = within_budget(
        lambda: (list(_explanations(compiled, right, name, made)), left() < 0), LIMIT_WORKING
    )
    if not stopped and not any(len(found.mistakes) == 1 for found in explained):
        explained += _other_quantities(right, name, made)
    added = {each.name for each in formula.variables if each.default is not None and each.name in given}

    def likely(*mistakes: Mistake) -> float:
        """How likely mistakes are here: as common as they are, and likelier where they leave out what was added."""
        common = prod(mistake.weight for mistake in mistakes)
        return common + (ADDED if added and len(mistakes) == 1 and _leaves_out(mistakes[0], compiled, added) else 0)

    found = sorted(explained, key=lambda c: (len(c.mistakes), -likely(*c.mistakes)))
    if len(right) == 1 and any(len(c.mistakes) == 1 for c in found):
        certain = _certain(right[0].answer, made, likely)
        found = [replace(c, by_chance=len(c.mistakes) == 1 and c.mistakes[0].id not in certain) for c in found]
    if not found:
        _check_shape(name, right[0].expected, right[0].answer.value)
    return Verdict(False, expected, None, tuple(found[:MOST_NAMED]), max(0, len(found) - MOST_NAMED), stopped)


def search(
    formula: Formula, given: Mapping[str, Value], name: str, answer: Answer, convention: str = ""
) -> tuple[Candidate, ...]:
    """Edits of the formula that give an answer which no known mistake gives; none where chance gives it as well."""
    return tuple(each for each in fitting(formula, given, name, answer, convention) if not each.by_chance)


def fitting(
    formula: Formula, given: Mapping[str, Value], name: str, answer: Answer, convention: str = ""
) -> tuple[Candidate, ...]:
    """Edits of the formula that give an answer, those too that are so `by_chance` that they say nothing alone."""
    compiled = program(formula, convention)
    points = [_Point(compiled, point, name, answer) for point in points_of(compiled, name, given, answer, every=True)]
    states = [point.outcomes.state for point in points]
    fits = [Fits(_agreeing(point), point.answer.value, answer.unit or 1) for point in points]
    found = searched(compiled, states, name, fits)
    return tuple(Candidate(each.mistakes, True, each.by_chance, formula.id) for each in found)


def _agreeing(point: _Point) -> Callable[[Value], bool]:
    return lambda value: point.agrees(value)


class _Point:
    """The formula worked out at one set of numbers, and the answer with the same numbers put in."""

    def __init__(self, compiled: Program, point: Drawn, name: str, answer: Answer) -> None:
        self.compiled = compiled
        self.outcomes = outcomes(compiled, point.given, name)
        self.expected = self.outcomes.expected
        value = answer.value
        if isinstance(value, Node | tuple):
            value = evaluate_at(value, {**self.outcomes.state.values, **point.letters})
        if compiled.ops[compiled.place[name]].step.per_axis and not isinstance(value, tuple):
            value = (value,) * compiled.axes
        if name == compiled.formula.shape:
            value = with_ones((value,) if value.__class__ in _NUMBERS else value, self.expected)
        parts = answer.parts if isinstance(value, tuple) and len(answer.parts) == len(value) else ()
        parts = tuple(replace(part, value=own) for part, own in zip(parts, value, strict=True)) if parts else ()
        own = answer
        self.answer = Answer(own.text, value, own.unit, own.significant, own.asked, parts, own.scaled)
        self.whole = value if _is_whole(value) and not any(part.scaled for part in (answer, *parts)) else None
        self.near = _interval(self.answer) if value.__class__ in _NUMBERS else None

    def fit(self, value: Value) -> Fit:
        return fit(value, self.answer)

    def agrees(self, value: Value) -> bool:
        """Whether a value may be what was written, with however many digits."""
        if self.whole is not None and _is_whole(value):
            return bool(value == self.whole)  # by far the most frequent case
        if self.near is not None and value.__class__ is not int and value.__class__ in _NUMBERS:
            low, high = self.near
            if not low <= value <= high:
                return False
        return leads_to(value, self.answer)


_NUMBERS = (int, float, Fraction)


def _interval(answer: Answer) -> tuple[float, float] | None:
    """Between which numbers those lie that may have been written so, and some more; None where that is unknown."""
    try:
        wrote, last = float(answer.value), float(answer.unit or 1)
    except OverflowError:
        return None
    away = 2 * last + abs(wrote) / 100
    return wrote - away, wrote + away


def _is_whole(value: Value) -> bool:
    """Whether a value is a whole number, or several."""
    return value.__class__ is int or (value.__class__ is tuple and all(part.__class__ is int for part in value))


def _asked(compiled: Program, given: Mapping[str, Value], name: str) -> Value:
    return as_array(compiled.reach(with_defaults(compiled.formula, given), name).values[name])


def check_name(compiled: Program, name: str) -> None:
    """Raises UserError for what cannot be asked."""
    if name not in compiled.place:
        known = ", ".join(dict.fromkeys((*compiled.formula.answers, *(op.name for op in compiled.steps()))))
        raise UserError(f"{name} is not an answer of {compiled.formula.called}; its answers are {known}")


def _count(value: Value) -> int:
    return len(value) if isinstance(value, tuple) else 1


def _check_shape(name: str, expected: Value, wrote: Value) -> None:
    want, have = _count(expected), _count(wrote)
    if want != have:
        raise UserError(f"{name} has {want} number{'s' if want > 1 else ''}, not {have}")


def _unfloored(compiled: Program, name: str, answer: Answer) -> Convention | None:
    """The formula without ⌊ ⌋ as another way to write it, for an answer in letters that has none; else None."""
    if next(letters_in(answer.value), None) is None or _rounds(answer.value):
        return None
    needed = compiled.needed(name)
    steps = [op for op in compiled.ops if op.name in needed and not op.step.called and _rounds(op.node)]
    if not steps:
        return None
    divisors = dict.fromkeys(
        printing.text(part.denominator)
        for op in steps
        for call in walk(op.node)
        if isinstance(call, Call) and call.function in _ROUNDINGS
        for part in walk(call)
        if isinstance(part, Div)
    )
    where = f"right where {' and '.join(divisors)} divides" if divisors else "right where nothing is rounded"
    edits = {op.name: printing.plain(_opened(op.formula.parse(op.step.expression, op.step.per_axis))) for op in steps}
    return Convention("unfloored", "textbooks that print no ⌊ ⌋", where, edits)


_ROUNDINGS = ("floor", "ceil")


def _rounds(value: Value) -> bool:
    if isinstance(value, tuple):
        return any(map(_rounds, value))
    return isinstance(value, Node) and any(
        isinstance(part, Call) and part.function in _ROUNDINGS for part in walk(value)
    )


def _opened(node: Node) -> Node:
    """The expression with what stands in ⌊ ⌋ or ⌈ ⌉ alone."""
    if isinstance(node, Call) and node.function in _ROUNDINGS:
        return _opened(node.arguments[0])
    return node.map(_opened)


def _edited(point: _Point, name: str, convention: Convention) -> Value:
    """The value of `name` at a point with a convention's edits; None when nothing can be computed with them."""
    state = point.outcomes.state
    try:
        point.compiled.execute(state, point.compiled.places_of([name]), convention.edits)
    except (UserError, OverflowError):
        return None
    return as_array(state.values[name])


def _is_right(compiled: Program, points: list[Drawn], name: str, answer: Answer) -> bool:
    at = (_Point(compiled, point, name, answer) for point in points)
    return all(point.fit(point.expected) == "right" for point in at)


MOST_CERTAIN = 0.05
"""Of the whole numbers about as large as an answer, the part that the mistakes give which are said to be what was made:
the likeliest ones. The others only could be it, as a random number hits one of them too often."""


def _certain(answer: Answer, made: list[tuple[Mistake, Value]], likely: Callable[[Mistake], float]) -> frozenset[str]:
    """The ids of the mistakes of which an answer can be said to be one, among all with what they give."""
    if not _is_whole(answer.value):
        return frozenset(mistake.id for mistake, _ in made)
    fits = Fits(lambda value: value == answer.value, answer.value, answer.unit or 1)
    values: set[Value] = set()
    near = 0
    certain: list[str] = []
    for mistake, value in sorted(made, key=lambda each: -likely(each[0])):
        near += value not in values and fits.is_near(value)
        values.add(value)
        if fits.part(near) > MOST_CERTAIN:
            break
        certain.append(mistake.id)
    return frozenset(certain)


ADDED = 0.25
"""How much likelier a mistake is that leaves out what the question has added: a dilation, a second direction."""


def _leaves_out(mistake: Mistake, compiled: Program, added: Set[str]) -> bool:
    """Whether a mistake leaves out a quantity that is given although it need not be."""
    if mistake.step not in compiled.place:
        return False
    return bool((compiled.reads(mistake.step) - compiled.edited(mistake.step, mistake.expression).reads) & added)


PAIRED = 0.3
"""How common a mistake is at least for it to be tried together with another: two rare ones at once are hardly made."""
PAIRED_FRACTION = 0.2
"""The same of one that keeps a fraction, where a whole number is asked and none was written."""


def _explanations(
    compiled: Program, points: list[_Point], name: str, made: list[tuple[Mistake, Value]]
) -> Iterator[Candidate]:
    """Every mistake, and every pair of two steps' mistakes that both matter, that gives the answer at all points.

    No pair of rare ones (`PAIRED`), and none where one of the two gives the answer by itself, as far as it is written.
    `made` gets what each single one gives.
    """
    first, *rest = sorted(points, key=lambda point: point.agrees(point.expected))  # first where the answer is wrong
    broken = first.whole is None and _is_whole(first.expected)
    single: list[tuple[Mistake, Value]] = []
    for mistake in compiled.relevant(name):
        value = first.outcomes.of(mistake)
        if value is not None and value != first.expected:
            agrees = first.agrees(value)
            made.append((mistake, value))
            if mistake.weight >= (PAIRED_FRACTION if broken and not _is_whole(value) else PAIRED) and not agrees:
                single.append((mistake, value))
            if agrees and all(_leads(point, point.outcomes.of(mistake)) for point in rest):
                yield Candidate((mistake,))
    for index, (a, value) in enumerate(single):
        edited = a.edits.keys()
        for b, other in single[index + 1 :]:
            if not edited.isdisjoint(b.edits):
                continue
            together = first.outcomes.of_pair(a, b)
            if together is None or together in (value, other) or not first.agrees(together):
                continue
            if _count(together) != _count(first.expected):
                continue  # a shape with another number of sizes is not understood, rather than wrong twice
            if all(_leads(point, point.outcomes.of_pair(a, b)) for point in rest):
                yield Candidate((a, b))


def _other_quantities(points: list[_Point], name: str, made: list[tuple[Mistake, Value]]) -> Iterator[Candidate]:
    """The other answers of the formula that were given instead, right in themselves: the weights for the parameters.

    `made` gets what each of them is.
    """
    formula = points[0].outcomes.compiled.formula
    values = [_with_volume(point.outcomes.others, formula.shape) for point in points]
    for other, value in values[0].items():
        if value in (points[0].expected, 0):
            continue
        if not all(_leads(point, found.get(other)) for point, found in zip(points, values, strict=True)):
            made.append((_NOT_GIVEN, value))
            continue
        mistake = given_instead(formula, other, name)
        made.append((mistake, value))
        yield Candidate((mistake,))
        return  # of a table all parameters are weights: one of them is enough


_NOT_GIVEN = Mistake("", "", "", "", GIVEN_INSTEAD)
"""Another quantity that was not given, as likely as one that was."""


def _with_volume(others: Mapping[str, Value], shape: str) -> dict[str, Value]:
    """Other answers, and how many numbers the output has."""
    sizes = others.get(shape)
    return {**others, VOLUME: prod(sizes)} if _is_whole(sizes) and sizes.__class__ is tuple else dict(others)


def _leads(point: _Point, value: Value | None) -> bool:
    return value is not None and point.agrees(value)
