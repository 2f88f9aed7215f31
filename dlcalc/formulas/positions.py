"""A formula of one position made one of all positions: a dense layer at every time step, a convolution in every frame.

The weights are shared by the positions, as those of a recurrent layer are by the time steps: what is computed and what
is given out is there once for each, the parameters once in all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from ..expressions.nodes import Call, Kind, Name, Node
from .edited_text import rewritten
from .model import Convention, Form, Formula, Mistake, Step, Variable

EACH = "_each"
"""Behind the id of a formula: the same at every position."""

POSITIONS = Variable("t", "positions", "sizes of the axes at whose positions the layer works", kind=Kind.VECTOR,
                     ordinary=(2, 8), lengths=(1, 2))  # fmt: skip
_PER_POSITION = frozenset({"macs", "activation_memory"})
_NOT_SHOWN = frozenset({"flops", "memory"})
"""Their short forms are those of one position."""


@cache
def at_every_position(one: Formula) -> Formula:
    """The formula for an input whose first axes, of sizes t, are positions that the layer works at one by one."""
    macs = next((step.expression for step in one.steps if step.name == "macs"), "0")
    mistakes = [replace(mistake, expression=_each(one, mistake.step, mistake.expression)) for mistake in one.mistakes]
    if macs != "0":
        mistakes.append(
            Mistake("one-position", "macs", macs, "these are the products of one position: the layer computes them "
                    "again at every position, with the same weights", 0.7, "At how many positions does the layer work?")
        )  # fmt: skip
    return replace(
        one,
        id=one.id + EACH,
        title=f"{one.title} at every position",
        variables=(POSITIONS, *one.variables),
        steps=(
            Step("positions", "prod(t)", "positions at which the layer works, with the same weights"),
            *(replace(step, expression=_each(one, step.name, step.expression)) for step in one.steps),
        ),
        mistakes=tuple(mistakes),
        forms=tuple(_form(one, form) for form in one.forms if form.step not in _NOT_SHOWN),
        conventions=tuple(_convention(one, convention) for convention in one.conventions),
        input_shape=_shape(one.input_shape) if one.input_shape else "",
        unknowns=(),
    )


def _each(one: Formula, step: str, expression: str) -> str:
    """What a step, or an edit of it, is at all positions."""
    if step == one.shape:
        return _shape(expression)
    counted = step in _PER_POSITION and expression != "0" and not re.search(r"\boutput\b", expression)
    return f"positions*({expression})" if counted else expression


def _shape(expression: str) -> str:
    """The shape with the positions before its own sizes."""

    def rule(part: Node, below: Callable[[Node], Node]) -> Node:
        if isinstance(part, Call) and part.function == "shape":
            return replace(part, arguments=(Name("t"), *part.arguments))
        return part.map(below)

    return rewritten(expression, rule)


def _form(one: Formula, form: Form) -> Form:
    return replace(form, expression=_each(one, form.step, form.expression))


def _convention(one: Formula, convention: Convention) -> Convention:
    edits = {step: _each(one, step, edit) for step, edit in convention.edits.items()}
    return replace(convention, edits=edits)
