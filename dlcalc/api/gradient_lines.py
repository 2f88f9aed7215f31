"""Lines of a derivation as data and as equations, in letters and with numbers put in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import document as doc
from ..explain import rounded
from ..expressions import printing
from ..expressions.evaluate import evaluate, substitute
from ..expressions.nodes import Literal, Node, Value, to_node
from ..gradients import Line, Numbers
from ..gradients.local import moved
from ..profiles import shown_by

DECIMALS = 4
"""Decimals of the numbers put in, and of what they come to where the profile does not say."""


def as_data(line: Line) -> dict[str, Any]:
    data = {
        "left": printing.plain(line.left),
        "right": printing.plain(line.right),
        "latex": f"{printing.latex(line.left)} = {printing.latex(line.right)}",
    }
    return data | {key: text for key, text in (("for", line.note), ("meaning", line.meaning)) if text}


def equation(line: Line) -> doc.Equation:
    note = "; ".join(filter(None, (line.note, line.meaning)))
    return doc.Equation(line.left, (line.right,), note)


def in_numbers(line: Line, time: int, numbers: Numbers, shown: Mapping[str, Any]) -> doc.Equation:
    left, right = (moved(node, Literal(time)) for node in (line.left, line.right))
    return put_in(left, right, evaluate(right, numbers.environment), shown)


def put_in(left: Node, right: Node, value: Value, shown: Mapping[str, Any]) -> doc.Equation:
    """letters = numbers ≈ value; the middle is left out where it says no more than the value."""
    middle, last = substitute(right, shown), to_node(come_to(value))
    chain = (right, last) if middle == last else (right, middle, last)
    return doc.Equation(left, chain, rounded=True)


def come_to(value: Value) -> Value:
    """What numbers come to, in the decimals of the profile or else in DECIMALS."""
    return rounded(short(value) if shown_by().decimals == "auto" else value)


def short(value: Any) -> Any:
    """Numbers with DECIMALS decimals, in whatever holds them."""
    if isinstance(value, dict):
        return {key: short(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(map(short, value))
    return round(value, DECIMALS) if isinstance(value, float) else value
