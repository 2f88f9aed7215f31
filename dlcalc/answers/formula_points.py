"""Where an answer in letters is held against a formula: numbers for all that is open, from our own sampler.

Three points tell two polynomials apart. Where something branches (⌊ ⌋, max, relu) there are many: ordinary numbers of
every sign, numbers near to one another and to those that they are compared with, small ones and large ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from ..errors import UserError
from ..expressions.answers import Answer
from ..expressions.evaluate import evaluate_at
from ..expressions.functions import BRANCHING, CONSTANTS
from ..expressions.nodes import Call, Compare, Kind, Literal, Name, Node, Value, walk
from ..formulas.arrays import mapped, sizes
from ..formulas.arrays import numbers as numbers_of
from ..formulas.defaults import with_defaults
from ..formulas.draw import SIGNS, Sampler, point_value
from ..formulas.model import Formula, Variable
from ..formulas.program import Program, program
from ..formulas.run import failures, letters_in
from .terms import is_number

POINTS = 3
BRANCHED = 24
"""So many where something branches."""
_TRIES = 10
"""As many draws for each point that is wanted, of which some break a condition."""
_WAYS = ("ordinary", "near", "small", "large")
_EXACT = BRANCHING - {"elu", "selu", "softsign"} | {"sum", "prod", "len", "shape"}
"""Functions whose values stay exact however large their arguments are."""


@dataclass(frozen=True)
class Drawn:
    """One point of comparison: every quantity as a number, and the letters that were typed for some."""

    given: Mapping[str, Value]
    letters: Mapping[str, Value]


def points_of(
    compiled: Program, name: str, given: Mapping[str, Value], answer: Answer, every: bool = False
) -> list[Drawn]:
    """The numbers to compare at: the given ones, completed by drawn ones where letters are left or were typed.

    Where neither what is asked nor a mistake on the way reads a quantity that is not given, no number of it changes
    anything, and nothing is drawn unless `every` quantity is wanted.
    Raises UserError for a letter that the formula does not know, and where no numbers meet its conditions.
    """
    formula = compiled.formula
    typed = {letter: v for v in formula.variables if v.name in given for letter in letters_in(given[v.name])}
    letters = set(letters_in(answer.value)) - CONSTANTS.keys()
    known = {variable.name for variable in formula.variables}
    strange = sorted(letters - known - typed.keys() - {step.name for step in formula.steps})
    if strange:
        raise UserError(f"{strange[0]} is not a letter of {formula.called}; its letters are {', '.join(sorted(known))}")
    missing = {v.name: v for v in formula.variables if v.name not in given and v.default is None}
    drawn = {name: missing.get(name) or _domain(formula.variable(name) or v, given) for name, v in typed.items()}
    if not drawn and not (missing if every else missing.keys() & (compiled.read_for(name) | letters)):
        return [Drawn(given, {})]
    found = list(_Points(compiled, name, given, answer, drawn | missing).found())
    if len(found) < POINTS:
        raise UserError(f"no numbers for {', '.join(drawn | missing)} meet the conditions of {formula.called}")
    return found


def _domain(variable: Variable, given: Mapping[str, Value]) -> Variable:
    """What a letter that was typed for a quantity is drawn from: it is one number, unless it stands for all of it."""
    alone = isinstance(given.get(variable.name), Name)
    return variable if alone else replace(variable, kind=Kind.SCALAR, sizes=())


class _Points:
    """Draws the points of one question."""

    def __init__(
        self, compiled: Program, name: str, given: Mapping[str, Value], answer: Answer, drawn: Mapping[str, Variable]
    ) -> None:
        self.formula, self.given, self.answer, self.drawn = compiled.formula, given, answer, drawn
        needed = compiled.needed(name)
        ops = [op for op in compiled.ops if op.name in needed]
        nodes = [
            *(op.node for op in ops),
            *_nodes(answer.value),
            *(n for value in given.values() for n in _nodes(value)),
        ]
        parts = [part for node in nodes for part in walk(node)]
        calls = {part.function for part in parts if isinstance(part, Call)}
        self.branches = bool(calls & BRANCHING) or any(isinstance(part, Compare) for part in parts)
        self.takes_large = calls <= _EXACT and not any(op.step.each for op in ops)
        self.landmarks = [part.value for part in parts if isinstance(part, Literal) and is_number(part.value)]

    def found(self) -> Iterator[Drawn]:
        """As many as are wanted, or fewer where many draws break a condition."""
        signs = any(variable.low < 0 for variable in self.drawn.values())
        wanted = BRANCHED if self.branches else SIGNS if signs else POINTS
        count = 0
        for attempt in range(max(100, _TRIES * wanted)):
            way = _WAYS[attempt % len(_WAYS)] if self.branches else "ordinary"
            point = self.point(attempt, way)
            if point is not None and _meets_conditions(self.formula, point.given):
                yield point
                count += 1
            if count == wanted:
                return

    def point(self, attempt: int, way: str) -> Drawn | None:
        """One draw; None where there is none of this way, or the answer has no value there but for ordinary numbers."""
        sampler = Sampler("points", self.formula.id, attempt)
        turn = attempt // len(_WAYS) if self.branches else attempt
        values: dict[str, Value] = {}
        near = [*self.landmarks, *(value for value in self.given.values() if not any(letters_in(value)))]
        for place, (letter, variable) in enumerate(self.drawn.items()):
            value = point_value(variable, sampler, turn, place)
            if way == "near":
                value = _near(value, variable, near, sampler)
            elif way == "large" and self.takes_large:
                value = _scaled(value, variable, 10 ** sampler.integer(1, 4), sampler)
            elif way == "small" and not variable.integer:
                value = _scaled(value, variable, Fraction(1, 10 ** sampler.integer(1, 2)), sampler)
            values[letter] = value
            near += [value, *(evaluate_at(each, values) for each in self.given.values() if letter in letters_in(each))]
        numbers = {name: evaluate_at(value, values) for name, value in self.given.items()}
        free = {name: values[name] for name in self.drawn if name not in self.given and _is_open(self.formula, name)}
        if way != "ordinary" and self._has_no_value({**numbers, **values}):
            return None
        return Drawn(numbers | free, values)

    def _has_no_value(self, values: Mapping[str, Value]) -> bool:
        try:
            evaluate_at(self.answer.value, with_defaults(self.formula, values))
        except (UserError, OverflowError):
            return True
        return False


def _is_open(formula: Formula, name: str) -> bool:
    """Whether it is a quantity that has no value unless one is given."""
    variable = formula.variable(name)
    return variable is not None and variable.default is None


def _nodes(value: Value) -> Iterator[Node]:
    if isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)
    elif isinstance(value, Node):
        yield value


def _near(value: Value, variable: Variable, others: list[Value], sampler: Sampler) -> Value:
    """A value close to one of the others, which has its form; the value itself where none of them fits."""
    single = not isinstance(value, tuple)
    alike = [n for each in others for n in numbers_of(each)] if single else others
    fitting = [each for each in alike if _shape(each) == _shape(value) and all(map(is_number, numbers_of(each)))]
    if not fitting:
        return value
    fine = sampler.integer(1, 2)

    def moved(number: Value) -> Value:
        if variable.integer:
            return int(number) + sampler.integer(-2, 2)
        return Fraction(number) + Fraction(sampler.integer(-200, 200), 100**fine)

    found = mapped(moved, fitting[sampler.integer(0, len(fitting) - 1)])
    return found if all(variable.low <= number <= variable.high for number in numbers_of(found)) else value


def _shape(value: Value) -> tuple[int, ...] | None:
    try:
        return sizes(value)
    except UserError:
        return None


def _scaled(value: Value, variable: Variable, factor: int | Fraction, sampler: Sampler) -> Value:
    found = mapped(lambda number: number * factor + (sampler.integer(0, 9) if variable.integer else 0), value)
    return found if all(variable.low <= number <= variable.high for number in numbers_of(found)) else value


def _meets_conditions(formula: Formula, point: Mapping[str, Value]) -> bool:
    if not formula.conditions:
        return True
    try:
        compiled = program(formula)
        state = compiled.execute(compiled.state(with_defaults(formula, point)))
    except UserError:
        return False
    return not any(failures(condition, formula, state) for condition in formula.conditions)
