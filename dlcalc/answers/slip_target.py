"""A table with one wrong cell: which layer it is in, `slip.layer`, or what belongs there, `slip.value`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from .. import document as doc
from ..document import value_words
from ..expressions.nodes import Value
from ..networks.exercise import cell
from ..networks.table import Table
from .cell_target import CellTarget
from .target import Other, Wrong


@dataclass(frozen=True)
class WrongCell:
    """A wrong cell in a table: the layer that it is in, what stands there, and the mistake that leads to it."""

    table: Table
    layer: str
    column: str
    wrong: Value
    because: str
    mistake: str

    @property
    def right(self) -> Value:
        return cell(self.table.row(self.layer), self.column)


@dataclass(frozen=True)
class SlipTarget:
    """Which layer's cell is wrong (`layer`), or what belongs there (`value`)."""

    slip: WrongCell
    name: str

    @cached_property
    def cell(self) -> CellTarget:
        return CellTarget(self.slip.table, self.slip.layer, self.slip.column)

    @property
    def expected(self) -> Value:
        return self.slip.layer if self.name == "layer" else self.cell.expected

    @property
    def letters(self) -> tuple[str, ...]:
        return ()

    def wrong(self) -> Iterator[Wrong]:
        if self.name == "value":
            yield from self.cell.wrong()
            return
        for row in self.slip.table.rows:
            if row.layer.name != self.slip.layer:
                right = value_words(cell(row, self.slip.column))
                shown = right if isinstance(right, str) else str(cell(row, self.slip.column))
                yield Wrong(row.layer.name, f"this row is right: {shown} follows from the layer's settings",
                            row.layer.name)  # fmt: skip

    def others(self) -> Iterator[Other]:
        return iter(())

    def working(self) -> tuple[doc.Block, ...]:
        said = doc.Paragraph((f"{self.slip.layer}: {self.slip.because}.",))
        return (said, *self.cell.working())
