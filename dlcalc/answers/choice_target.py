"""A choice among written sentences that is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .. import document as doc
from ..expressions.nodes import Value
from .target import Other, Wrong


@dataclass(frozen=True)
class ChoiceTarget:
    """Written choices: nothing is computed."""

    expected: Value = None

    @property
    def letters(self) -> tuple[str, ...]:
        return ()

    def wrong(self) -> Iterator[Wrong]:
        return iter(())

    def others(self) -> Iterator[Other]:
        return iter(())

    def working(self) -> tuple[doc.Block, ...]:
        return ()
