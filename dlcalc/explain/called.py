"""Steps that run another formula, told as that formula's own lines: `net.cell.parameters` as m(n + m + 1) = 20096."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import UserError
from ..expressions.evaluate import evaluate, substitute
from ..expressions.nodes import Name, Node, Value, names_in, to_node
from ..formulas.model import Formula, Step
from ..formulas.registry import formula
from ..formulas.run import Line, Working, run
from .visible_steps import is_trivial


def opened(found: Working, lines: Iterable[Line]) -> list[tuple[Working, Line]]:
    """The lines with the working each is to be read in: what a called formula hands on stands as its own line.

    A line that only hands a called answer on takes that answer's place.
    """
    kept = list(lines)
    opened_lines: list[tuple[Working, Line]] = []
    for line in kept:
        step = found.formula.by_name.get(line.name)
        if isinstance(step, Step) and step.called:
            opened_lines += _of_call(found, line.name, kept)
        elif isinstance(line.expression, Name) and "." in line.expression.id:
            opened_lines.append(_inner(found, line.expression.id, line.name, line.meaning) or (found, line))
        else:
            opened_lines.append((found, line))
    return opened_lines


def _of_call(found: Working, called: str, lines: Iterable[Line]) -> Iterator[tuple[Working, Line]]:
    """The answers of a call that other lines use in their arithmetic."""
    read: dict[str, None] = {}
    for line in lines:
        if not isinstance(line.expression, Name) and line.name != called:
            read.update(dict.fromkeys(name for name in names_in(line.expression) if name.startswith(f"{called}.")))
    for name in read:
        inner = _inner(found, name, name, "")
        if inner is not None:
            yield inner


def _inner(found: Working, dotted: str, name: str, meaning: str) -> tuple[Working, Line] | None:
    """The line of a called formula's answer under the name that it has here; None where it has none of its own."""
    *path, last = dotted.split(".")
    outer: Formula = found.formula
    for part in path:
        step = outer.by_name.get(part)
        if not isinstance(step, Step) or not step.called:
            return None
        outer = formula(step.called)
    prefix = ".".join(path)
    values = found.state.values
    given = {v.name: values[f"{prefix}.{v.name}"] for v in outer.variables if f"{prefix}.{v.name}" in values}
    given = {key: value for key, value in given.items() if not isinstance(value, Name)}
    known = {convention.name for convention in outer.conventions}
    convention = found.convention.name if found.convention.name in known else ""
    try:
        inner = run(outer, given, convention=convention)
        (line,) = inner.lines(last)
    except (UserError, KeyError, ValueError, AssertionError):
        return None
    if line.value != values.get(dotted):
        return None
    expression = _in_callers_letters(found, prefix, outer, line.expression) if len(path) == 1 else line.expression
    return inner, Line(name, expression, line.values, line.value, 0, meaning or line.meaning)


def _in_callers_letters(found: Working, prefix: str, called: Formula, node: Node) -> Node:
    """An expression of a called formula in the letters of the one that calls: of `dense(n=m, m=q)` nm is mq.

    An argument is what stands in the call; one that is a step which only hands a letter on is that letter.
    """
    program = found.program
    idle = {name: value for name, value in found.defaults.items() if is_trivial(value)}
    letters: dict[str, Value] = {}
    for variable in called.variables:
        place = program.place.get(f"{prefix}.{variable.name}")
        if place is None:
            continue
        argument = program.ops[place].node
        if isinstance(argument, Name) and argument.id in program.place:
            handed_on = to_node(evaluate(program.ops[program.place[argument.id]].node, idle))
            argument = handed_on if isinstance(handed_on, Name) else argument
        letters[variable.name] = argument
    return substitute(node, letters)
