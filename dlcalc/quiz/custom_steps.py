"""A problem's own steps and mistakes: a formula called `this`, and more mistakes for the formulas there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ..errors import DlcalcError, printable
from ..expressions.evaluate import compile_node
from ..expressions.functions import CONSTANTS
from ..expressions.nodes import FormulaCall, names_in
from ..expressions.reader import Declarations
from ..formulas.model import Formula, Mistake, Step, Variable
from ..formulas.program import program
from ..formulas.registry import formula
from ..formulas.topics import ids_known
from .toml_fields import TomlFields

THIS = "this"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*")
MOST = 60
"""Steps of a problem, and mistakes."""


def custom_formulas(keys: TomlFields, names: Mapping[str, Any], declared: Declarations) -> dict[str, Formula]:
    """Id → formula: `this`, with the drawn numbers as its variables, and those that get further mistakes.

    Raises ProblemError for an expression that cannot be read, or an edit of a step that is not there.
    """
    written = _few(keys, "step")
    steps = tuple(_step(inner) for inner in written)
    mistakes: dict[str, list[tuple[TomlFields, Mistake]]] = {}
    for inner in _few(keys, "mistake"):
        of = inner.one_of("of", (THIS, *sorted(ids_known())), THIS)
        mistakes.setdefault(of, []).append((inner, _mistake(inner)))
    found: dict[str, Formula] = {}
    if steps:
        variables = tuple(
            Variable(name, name, name, named.ends[0], named.ends[1], kind=declared.kinds[name], integer=named.whole,
                     ordinary=(max(named.ends[0], 1), min(named.ends[1], 12)))
            for name, named in names.items() if named.kind is not None
        )  # fmt: skip
        title = keys.table.get("title")
        found[THIS] = Formula(
            THIS, str(title), variables, steps, tuple(step.name for step in steps), notes=(), source=""
        )
        _check_steps(found[THIS], written)
    elif THIS in mistakes:
        raise mistakes[THIS][0][0].wrong("of", "a mistake edits a step: of the problem ([[step]]), or of a formula")
    for id, more in mistakes.items():
        base = found.get(id) or formula(id)
        found[id] = replace(base, mistakes=(*base.mistakes, *(mistake for _, mistake in more)))
    for id, made in found.items():
        _check(made, mistakes.get(id, []))
    return found


def _few(keys: TomlFields, key: str) -> list[TomlFields]:
    found = keys.tables(key)
    if len(found) > MOST:
        raise keys.wrong(key, f"a problem has at most {MOST} of [[{key}]], not {len(found):,}")
    return found


def _step(keys: TomlFields) -> Step:
    found = Step(keys.text("name"), keys.written("expression"), keys.text("meaning", ""), unit=keys.text("unit", ""))
    keys.done()
    return found


def _mistake(keys: TomlFields) -> Mistake:
    weight = keys.fraction("weight", Fraction(1, 2))
    if weight > 1:
        raise keys.wrong("weight", f"how common a mistake is lies between 0 and 1, not {float(weight):g}")
    found = Mistake(
        keys.text("id"), keys.text("step"), keys.written("expression"), keys.text("because"), float(weight),
        keys.text("hint", ""),
    )  # fmt: skip
    keys.done()
    return found


def _check_steps(made: Formula, written: list[TomlFields]) -> None:
    """Raises ProblemError for a step without a name of its own, and for one that reads what is not there before it."""
    known = {variable.name for variable in made.variables}
    called: dict[str, str] = {}
    for step, keys in zip(made.steps, written, strict=True):
        if not _NAME.fullmatch(step.name) or step.name in known or step.name in CONSTANTS:
            raise keys.wrong("name", f"a step has its own name, of letters and digits, not {printable(step.name)}")
        try:
            node = made.parse(step.expression)
        except DlcalcError as error:
            raise keys.with_key("expression", error) from None
        names = set(names_in(node))
        if strange := sorted(name for name in names if name.partition(".")[0] not in known | CONSTANTS.keys()):
            raise keys.wrong("expression", f"{strange[0]} is neither drawn nor a step before this one")
        _check_calls(keys, names, called)
        if isinstance(node, FormulaCall):
            _check_arguments(keys, node)
            called[step.name] = node.formula
        known.add(step.name)


def _check_calls(keys: TomlFields, names: Iterable[str], called: Mapping[str, str]) -> None:
    """Raises ProblemError where a step that calls a formula is read as if it were a number."""
    for name in sorted(called.keys() & set(names)):
        answers = ", ".join(f"{name}.{answer}" for answer in formula(called[name]).answers[:3])
        raise keys.wrong("expression", f"{name} calls {called[name]}; its answers are written {answers}")


def _check_arguments(keys: TomlFields, call: FormulaCall) -> None:
    known = [variable.name for variable in formula(call.formula).variables]
    for name in call.names:
        if name not in known or call.names.count(name) > 1:
            rule = f"{call.formula} is called with {', '.join(known)}, each once"
            raise keys.wrong("expression", f"{rule}, not with {printable(name)}")


def _check(made: Formula, more: list[tuple[TomlFields, Mistake]]) -> None:
    """Compiles the formula, and each of its new mistakes."""
    compiled = program(made)
    for inner, mistake in more:
        if mistake.step not in compiled.place:
            known = ", ".join(op.name for op in compiled.steps())
            raise inner.wrong("step", f"{made.id} has no step {mistake.step}; its steps are {known}")
        if sum(other.id == mistake.id for other in made.mistakes) > 1:
            raise inner.wrong("id", f"two mistakes of {made.id} are called {mistake.id}")
        try:
            call = replace(compiled.ops[compiled.place[mistake.step]].step, expression=mistake.expression).called
            if call not in ("", compiled.ops[compiled.place[mistake.step]].step.called):
                raise inner.wrong("expression", f"a mistake cannot call {call}, which the step {mistake.step} does not")
            op = compiled.edited(mistake.step, mistake.expression)
            strange = sorted(op.reads - compiled.place.keys() - made.by_name.keys() - CONSTANTS.keys())
            compile_node(op.node)
        except DlcalcError as error:
            raise inner.with_key("expression", error) from None
        if strange:
            raise inner.wrong("expression", f"{strange[0]} is neither a quantity nor a step of {made.id}")
        _check_calls(inner, op.reads, {step.name: call.formula for step, call in _calls(made)})


def _calls(made: Formula) -> Iterator[tuple[Step, FormulaCall]]:
    """The steps of a formula that call another one."""
    for step in made.steps:
        node = made.parse(step.expression)
        if isinstance(node, FormulaCall):
            yield step, node
