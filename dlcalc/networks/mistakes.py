"""What typical mistakes make of a network's table: of one cell, and of a total when they are made in every layer."""

from __future__ import annotations

from collections.abc import Iterator

from ..expressions.nodes import Value
from ..expressions.totals import sum_of
from ..formulas.diagnose import wrong_values
from ..formulas.model import Mistake
from ..formulas.run import Working
from .table import Row, Table


def convention_asked(working: Working) -> str:
    """The convention as it is asked for: the formula's own has no name, so that its program is compiled once."""
    return "" if working.convention is working.formula.conventions[0] else working.convention.name


def mistaken(row: Row, column: str) -> dict[str, tuple[Mistake, Value]]:
    """What each typical mistake makes of a cell, id → (mistake, value); nothing where no formula works it out."""
    working = row.working
    if working is None:
        return {}
    name = column
    if column == "output":
        if row.output != working.shown(working.formula.shape):
            return {}  # only the last step of a recurrent layer, say
        name = working.formula.shape
    if name not in working.formula.answers:
        return {}
    return wrong_values(working.formula, working.given, name, convention_asked(working))


def mistaken_totals(table: Table, column: str) -> Iterator[tuple[Mistake, Value]]:
    """Each mistake, and the total when it is made in every layer where it can be."""
    made = [mistaken(row, column) for row in table.rows]
    mistakes = {id: found[0] for row in made for id, found in row.items()}
    for id, mistake in mistakes.items():
        rows = zip(table.rows, made, strict=True)
        yield mistake, sum_of(found[id][1] if id in found else row.count(column) for row, found in rows)
