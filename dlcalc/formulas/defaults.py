"""The values that a formula starts from: as given, by default, or the letter that stays."""

from __future__ import annotations

from collections.abc import Mapping

from ..expressions.exact import exact
from ..expressions.nodes import Name, Value
from .model import Formula


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
    assert variable is not None
    assert variable.default is not None
    evaluator = formula.evaluator(variable.default, per_axis=True)
    if variable.default.isdigit():
        return evaluator({})
    if variable.kind.rank and any(isinstance(v, Name) and v.kind.rank for v in values.values()):
        return formula.letter(name)  # a list as long as one that is not given
    if not variable.per_axis:
        return exact(evaluator(dict(values)))
    lanes = []
    for axis in range(formula.axes):
        lane = {k: v[axis] if formula.is_per_axis(k) and isinstance(v, tuple) else v for k, v in values.items()}
        lanes.append(exact(evaluator(lane)))
    return lanes[0] if len(set(lanes)) == 1 else tuple(lanes)
