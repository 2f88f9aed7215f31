"""Inverse questions as documents: what every view and every format shows of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from .. import document as doc
from ..expressions.nodes import Name
from ..expressions.printing import Spell
from .calculation import listed

if TYPE_CHECKING:
    from ..expressions.inverse import Solutions


def solutions(
    title: str, wanted: Mapping[str, str], found: Solutions, spell: Spell = None, most: int = 40
) -> doc.Document:
    """The answer to an inverse question: how many solutions, which, and where was looked."""
    asked = listed([text if name == "equation" else f"{name} = {text}" for name, text in wanted.items()])
    heading = f"{title}: which {listed(list(found.searched))} give {asked}?"
    return doc.Document(heading, tuple(_solution_blocks(found, most)), spell)


def _solution_blocks(found: Solutions, most: int) -> list[doc.Block]:
    names = tuple(found.searched)
    blocks: list[doc.Block] = [doc.Paragraph(counted_solutions(found))]
    if found.count == 1:
        only = found.found[0]
        blocks.append(doc.Formula(tuple(doc.Equation(name, (only[name],)) for name in names)))
    elif found.found:
        rows = tuple(tuple(f"{solution[name]:,}" for name in names) for solution in found.found[:most])
        header = tuple(doc.Math(Name(name)) for name in names)
        right: Literal["right"] = "right"
        blocks.append(doc.Table(header, rows, (right,) * len(names), row_headers=False))
        if found.count > most:
            blocks.append(doc.Note("note", f"the first {min(most, len(rows))} of {found.count:,} are shown"))
    return blocks


def counted_solutions(found: Solutions) -> str:
    """`1 solution; searched: s = 1..227`."""
    where = ", ".join(f"{name} = {low}..{high}" for name, (low, high) in found.searched.items())
    how_many = "no solution" if found.count == 0 else "1 solution" if found.count == 1 else f"{found.count:,} solutions"
    return f"{how_many}; searched: {where}"
