"""A formula asked backwards: which whole numbers of its variables give this answer, and where was looked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

from ..errors import UserError
from ..expressions import inverse
from ..expressions.answers import Answer
from ..expressions.evaluate import compile_node, evaluate
from ..expressions.exact import Number
from ..expressions.inverse import Constraint, SearchError, Solutions
from ..expressions.nodes import Compare, Logic, Node, Value, names_in
from ..expressions.parser import parse_range
from .defaults import with_defaults
from .model import Condition, Formula
from .program import Program, program
from .run import check_given, letters_in
from .steps import State

MOST_UNKNOWNS = 3
LARGEST = 4096
ORDINARY = 10
"""So far above its lowest value a quantity is looked for at least, where the whole range is too much."""

Range = tuple[int, int]


def find(
    formula: Formula,
    given: Mapping[str, Value],
    targets: Mapping[str, Answer],
    unknowns: Sequence[str] = (),
    ranges: Mapping[str, Range] | None = None,
    convention: str = "",
) -> Solutions:
    """All values of the unknowns for which every target comes out.

    `unknowns` defaults to what the formula says is usually asked (`Formula.unknowns`), completed by the letters that
    the targets need. Raises UserError when there is nothing to find, too much, or the search is too large.
    """
    check_given(formula, given)
    compiled = program(formula, convention)
    wanted = tuple(unknowns) or _usual(compiled, given, targets)
    for name in wanted:
        if formula.variable(name) is None:
            raise UserError(f"{name} is not a quantity of {formula.id} that can be found")
        if name in given:
            raise UserError(f"{name} is given ({given[name]}), so it cannot be found as well")
    wanted = (*wanted, *(name for name in _needed(compiled, given, targets) if name not in wanted))
    if not wanted:
        raise UserError("everything is given, so nothing is left to find; leave a quantity out or name it with --find")
    if len(wanted) > MOST_UNKNOWNS:
        raise UserError(
            f"at most {MOST_UNKNOWNS} unknowns can be found, not {len(wanted)} ({', '.join(wanted)}); give more"
        )
    boxes = {name: (ranges or {}).get(name) or _range(formula, name, given) for name in wanted}
    problem = _Problem(compiled, given, tuple(targets))
    constraints = [c for name, answer in targets.items() for c in problem.target(name, answer)]
    constraints += [c for condition in formula.conditions for c in problem.condition(condition, set(wanted))]
    try:
        return inverse.solve(constraints, boxes)
    except SearchError:
        small = {
            name: _ordinary(formula, name, *box) if name not in (ranges or {}) else box for name, box in boxes.items()
        }
        if small == boxes:
            raise
        try:
            return inverse.solve(constraints, small)
        except SearchError:
            pass
        raise


def _ordinary(formula: Formula, name: str, low: int, high: int) -> Range:
    """The part of a range in which a quantity usually lies, for a search that is too large else."""
    variable = formula.variable(name)
    assert variable is not None
    return low, min(high, max(low + ORDINARY, int(variable.ordinary[1]) if variable.ordinary else 0))


def _usual(compiled: Program, given: Mapping[str, Value], targets: Iterable[str]) -> tuple[str, ...]:
    """The first group of usual unknowns whose first letter is not given and matters to the targets."""
    reads = _reads(compiled, targets)
    for group in compiled.formula.unknowns:
        if group[0] not in given and group[0] in reads:
            return tuple(name for name in group if name not in given and name in reads)
    return ()


def _reads(compiled: Program, targets: Iterable[str]) -> frozenset[str]:
    return frozenset(name for target in targets for step in compiled.needed(target) for name in compiled.reads(step))


def _needed(compiled: Program, given: Mapping[str, Value], targets: Mapping[str, Answer]) -> list[str]:
    """The letters that are left over in the targets: without them there is not a number to compare."""
    values = compiled.reach_all(with_defaults(compiled.formula, given), targets).values
    for name, answer in targets.items():
        _check_rank(compiled.formula, name, values[name], answer.value)
    left = {name for target in targets for name in letters_in(values[target])}
    return [variable.name for variable in compiled.formula.variables if variable.name in left]


def _check_rank(formula: Formula, name: str, value: Value, wrote: Value) -> None:
    """Raises UserError where an answer has not as many numbers as there are."""
    if not isinstance(wrote, tuple):
        if not isinstance(value, tuple) or formula.is_per_axis(name):
            return
        raise UserError(f"{name} is a list of {len(value)} numbers, not one number")
    if any(isinstance(item, tuple) for item in wrote):
        raise UserError(f"in an inverse question,  {name} is a number or a list of numbers, not a matrix")
    if not isinstance(value, tuple):
        raise UserError(f"{name} is one number, not a list of {len(wrote)} numbers")
    if len(wrote) != len(value):
        raise UserError(f"{name} is a list of {len(value)} numbers, not of {len(wrote)}")


def _range(formula: Formula, name: str, given: Mapping[str, Value]) -> Range:
    """Where to look for a variable: its own words (`1..n`), or from its lowest value to LARGEST."""
    variable = formula.variable(name)
    assert variable is not None
    lowest = int(max(variable.low, -LARGEST))
    if variable.search:
        found = parse_range(f"{name}={variable.search}", formula.declarations[True])
        alike = {k: min(v) if isinstance(v, tuple) else v for k, v in given.items() if not isinstance(v, Node)}
        low, high = evaluate(found.low, alike), evaluate(found.high, alike)
        if isinstance(low, int) and isinstance(high, int):
            return max(lowest, low), max(low, high)
    return lowest, int(min(variable.high, LARGEST))


class _Problem:
    """The formula as constraints on its unknowns. The last state is kept: several constraints ask for the same one."""

    def __init__(self, compiled: Program, given: Mapping[str, Value], targets: tuple[str, ...]) -> None:
        self.compiled = compiled
        self.given = given
        conditions = compiled.formula.conditions
        texts = [compiled.formula.parse(c.expression, c.per_axis) for c in conditions]
        self.places = compiled.places_of([*targets, *(name for text in texts for name in _names(text, compiled))])
        self.base: State | None = None
        self.last: tuple[dict[str, Value] | None, State | None] = (None, None)

    def state(self, values: dict[str, Value]) -> State:
        if self.last[0] != values:
            self.last = (dict(values), self.compiled.execute(self._start(values), self.places))
        assert self.last[1] is not None
        return self.last[1]

    def _start(self, values: dict[str, Value]) -> State:
        """All variables; only the unknowns are put in anew, unless a default depends on one."""
        formula = self.compiled.formula
        if self.base is None:
            state = self.compiled.state(with_defaults(formula, {**self.given, **values}))
            defaults = [v.default for v in formula.variables if v.default is not None and v.name not in self.given]
            if not any(name in values for default in defaults for name in names_in(formula.parse(default, True))):
                self.base = state.copy()
            return state
        state = self.base.copy()
        for name, value in values.items():
            (state.put_axes if formula.is_per_axis(name) else state.put)(name, value)
        return state

    def target(self, name: str, answer: Answer) -> list[Constraint]:
        """The answer must come out: one constraint, or one per number of a shape."""
        value = answer.value
        if self.compiled.formula.is_per_axis(name) and not isinstance(value, tuple):
            value = (value,) * self.compiled.formula.axes
        half = answer.unit / 2
        if not isinstance(value, tuple):
            return [Constraint(lambda v: self.state(v).values[name], *_around(name, value, half))]

        def part(index: int) -> Callable[[dict[str, Value]], Value]:
            return lambda v: self.state(v).values[name][index]

        if all(isinstance(item, Node) for item in value):
            raise UserError(f"in an inverse question,  {name} is a number, not an expression in letters")
        parts = enumerate(value if len(set(value)) > 1 else value[:1])
        return [Constraint(part(i), *_around(name, item, half)) for i, item in parts if not isinstance(item, Node)]

    def condition(self, condition: Condition, unknowns: set[str]) -> list[Constraint]:
        """A condition a ≥ b as the constraint a − b ≥ 0, for each axis."""
        node = self.compiled.formula.parse(condition.expression, condition.per_axis)
        found: list[Constraint] = []
        for part in node.operands if isinstance(node, Logic) and node.operator == "and" else (node,):
            if not isinstance(part, Compare):
                continue
            ends = _ENDS.get(part.operator)
            if ends is None or not self._depends(part, unknowns):
                continue
            left, right = compile_node(part.left), compile_node(part.right)
            for lane in range(self.compiled.formula.axes if condition.per_axis else 1):
                found.append(Constraint(self._difference(left, right, lane, condition.per_axis), *ends))
        return found

    def _depends(self, node: Node, unknowns: set[str]) -> bool:
        """Whether a condition can be decided from numbers, and moves with an unknown."""
        names = _names(node, self.compiled)
        reads = _reads(self.compiled, names) | set(names)
        variables = {name for name in reads if self.compiled.formula.variable(name) is not None}
        known = {
            v.name for v in self.compiled.formula.variables if v.name in self.given or v.default is not None
        } | unknowns
        return bool(variables & unknowns) and variables <= known

    def _difference(
        self, left: Callable[..., Value], right: Callable[..., Value], lane: int, per_axis: bool
    ) -> Callable[[dict[str, Value]], Value]:
        def difference(values: dict[str, Value]) -> Value:
            state = self.state(values)
            environment = state.lanes[min(lane, len(state.lanes) - 1)] if per_axis else state.values
            return left(environment) - right(environment)

        return difference


_INFINITE = 10**30
_ENDS: dict[str, tuple[Number, Number]] = {
    "≥": (0, _INFINITE), "≤": (-_INFINITE, 0), "=": (0, 0), ">": (Fraction(1, _INFINITE), _INFINITE),
         "<": (-_INFINITE, Fraction(-1, _INFINITE))}  # fmt: skip


def _names(node: Node, compiled: Program) -> list[str]:
    return [name for name in names_in(node) if name in compiled.formula.by_name]


def _around(name: str, value: Value, half: Fraction) -> tuple[Value, Value]:
    if isinstance(value, Node):
        raise UserError(f"in an inverse question,  {name} is a number, not an expression in letters")
    return value - half, value + half
