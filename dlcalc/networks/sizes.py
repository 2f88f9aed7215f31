"""The numbers of a network's layers, for what needs every one of them: programs, and runs on real parameters."""

from __future__ import annotations

from typing import ClassVar

from ..errors import UserError
from ..expressions import printing
from ..expressions.nodes import Value
from .kinds import KINDS
from .network import INPUT, Network
from .table import Row, tabulate


class Sizes:
    """A tabulated network, read number by number. `lacking` is what a layer is said to lack where one is missing."""

    convention: ClassVar[str]
    lacking: ClassVar[str]

    def __init__(self, network: Network, convention: str = "") -> None:
        self.network = network
        self.counting = convention or self.convention
        self.rows = tabulate(network, self.counting).rows
        for row in self.rows:
            if row.unknown:
                raise UserError(f"{row.layer.name} {self.lacking}: {row.unknown}")
        self.shapes = {INPUT: network.input} | {row.layer.name: row.output for row in self.rows}

    def before(self, row: Row, index: int = 0) -> tuple[Value, ...]:
        """The shape of what the layer reads."""
        return self.shapes[row.layer.inputs[index]]

    def number(self, row: Row, value: Value) -> int:
        if isinstance(value, int):
            return value
        raise UserError(
            f"{row.layer.name} {self.lacking} while letters are left: {printing.text(value)} is not a number"
        )

    def given(self, row: Row, name: str) -> int | tuple[int, ...]:
        """A quantity of the layer's formula: one number, or one per axis where they differ."""
        assert row.working is not None
        value = row.working[name]
        if isinstance(value, tuple):
            return tuple(self.number(row, each) for each in value)
        return self.number(row, value)

    def one(self, row: Row, name: str) -> int:
        """A quantity that is one number whatever the axes."""
        value = self.given(row, name)
        assert isinstance(value, int)
        return value

    def along(self, row: Row, name: str) -> tuple[int, ...]:
        """A quantity along each axis."""
        value = self.given(row, name)
        return value if isinstance(value, tuple) else (value,) * self.axes(row)

    def axes(self, row: Row) -> int:
        """Spatial axes of what the layer reads."""
        return len(self.before(row)) - 1

    def words(self, row: Row) -> tuple[str, ...]:
        """What stands behind the layer: all its remarks but the activation of a cell, which is inside it."""
        return row.layer.remarks[1:] if self.inside(row) else row.layer.remarks

    def inside(self, row: Row) -> str:
        """The activation that belongs to a recurrent cell, "" for its usual one."""
        first = row.layer.remarks[0] if row.layer.remarks and KINDS[row.layer.kind].gates else ""
        return "" if first.startswith("dropout") else first

    def setting(self, row: Row, name: str, usual: int) -> int:
        """A setting that is no quantity of the layer's formula."""
        return self.number(row, row.layer.settings.get(name, usual))

    def flag(self, row: Row, name: str, usual: bool = False) -> bool:
        return bool(row.layer.settings.get(name, usual))

    def refused(self, row: Row, why: str) -> UserError:
        return UserError(f"{row.layer.name} ({row.layer.kind}) {self.lacking}: {why}")


def channels_of_maps(k: int, c: int, pairs: int) -> list[list[int]]:
    """Which of c channels each of k maps reads in a convolution with a table, whose number of pairs is all that a layer
    says: they are spread evenly."""
    found: list[list[int]] = [[] for _ in range(k)]
    for pair in range(pairs):
        place = pair * k * c // pairs
        found[place // c].append(place % c)
    return found
