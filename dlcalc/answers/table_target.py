"""A network's whole table that is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .. import document as doc
from ..explain.network import network
from ..expressions.nodes import Value
from ..networks.exercise import cell
from ..networks.table import Table
from .table_letters import letters as table_letters
from .target import Other, Wrong


@dataclass(frozen=True)
class TableTarget:
    """A network's table with empty cells."""

    table: Table
    columns: tuple[str, ...]
    headings: str = "tensor"

    @property
    def expected(self) -> Value:
        return tuple(cell(row, column) for row in self.table.rows for column in self.columns)

    @property
    def letters(self) -> tuple[str, ...]:
        return table_letters(self.table)

    def wrong(self) -> Iterator[Wrong]:
        return iter(())

    def others(self) -> Iterator[Other]:
        return iter(())

    def working(self) -> tuple[doc.Block, ...]:
        shown = network(self.table, [column for column in self.columns if column != "size"], every=True)
        return shown.blocks
