"""A cell of a network's table that is asked, or one of its totals: `net.conv-1.output`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from .. import document as doc
from ..document import value_words
from ..explain.calculation import answer, equation
from ..expressions.nodes import Value
from ..formulas.model import Step
from ..formulas.run import Working
from ..networks.exercise import cell
from ..networks.mistakes import convention_asked, mistaken, mistaken_totals
from ..networks.table import Row, Table
from .formula_target import FormulaTarget
from .table_letters import letters as table_letters
from .target import Other, Wrong


@dataclass(frozen=True)
class CellTarget:
    """A cell of a network's table: `net.conv-1.output`; of the totals `net.total.parameters`."""

    table: Table
    layer: str
    column: str

    @property
    def is_total(self) -> bool:
        return self.layer == "total"

    @cached_property
    def row(self) -> Row:
        return self.table.rows[-1] if self.layer == "last" else self.table.row(self.layer)

    @cached_property
    def expected(self) -> Value:
        return self.table.total[self.column] if self.is_total else cell(self.row, self.column)

    @property
    def letters(self) -> tuple[str, ...]:
        return table_letters(self.table)

    def wrong(self) -> Iterator[Wrong]:
        made = mistaken_totals(self.table, self.column) if self.is_total else mistaken(self.row, self.column).values()
        for mistake, value in sorted(made, key=lambda each: -each[0].weight):
            if value != self.expected:
                yield Wrong(mistake.id, mistake.because, value, mistake.weight, mistake.hint)

    def others(self) -> Iterator[Other]:
        if self.is_total or self.row.working is None or self.column not in self.row.working.formula.answers:
            return iter(())
        found = self.row.working
        return FormulaTarget(found.formula, found.given, self.column, convention_asked(found)).others()

    def working(self) -> tuple[doc.Block, ...]:
        if self.is_total:
            return (sums(self.table, self.column),)
        name, found = self._step()
        return () if found is None else answer(found, name)

    def line(self) -> tuple[doc.Block, ...]:
        """The textbook's line alone, as there is room for in a table's key."""
        if self.is_total:
            return ()
        name, found = self._step()
        if found is None:
            return ()
        if name == found.formula.shape and found.formula.is_per_axis("o"):
            name = "o"
        if name == found.formula.shape:
            return ()
        return (doc.Formula(tuple(equation(found, line) for line in found.lines(name))),)

    def _step(self) -> tuple[str, Working | None]:
        """The step of the layer's formula that the cell is; none where the cell is no step of it."""
        found = self.row.working
        if found is None:
            return "", None
        name = found.formula.shape if self.column == "output" else self.column
        return (name, found) if isinstance(found.formula.by_name.get(name), Step) else ("", None)


def sums(table: Table, column: str) -> doc.Table:
    """The layers that count, and their sum."""
    rows: list[tuple[doc.Words, ...]] = [
        (row.layer.name, value_words(row.count(column))) for row in table.rows if row.count(column) != 0
    ]
    rows.append((doc.Strong("total"), doc.Strong(value_words(table.total[column]))))
    return doc.Table(("layer", column), tuple(rows), ("left", "right"))
