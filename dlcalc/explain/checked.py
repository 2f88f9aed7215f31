"""The gradients of a working beside their finite differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from .. import document as doc
from ..expressions.nodes import Index, Literal, Name, Value
from ..formulas.differences import Differences
from ..formulas.run import Working
from .look import Look, decimals, lone

_MOST_ROWS = 24


def checks(found: Working, checked: Sequence[Differences], look: Look) -> Iterator[doc.Block]:
    if not checked:
        return
    rows: list[tuple[doc.Words, ...]] = []
    for each in checked:
        gradient = list(_entries(found[each.answer]))
        for (whole, value), (_, other) in zip(gradient, _entries(each.values), strict=True):
            place = whole[lone(found[each.answer]) :]
            label = Index(Name(each.answer), tuple(map(Literal, place))) if place else Name(each.answer)
            rows.append((doc.Math(label), _long_number(value, look), _long_number(other, look)))
    yield doc.Heading(1, "Checked by finite differences")
    header = ("", "gradient", "(L(a + h) − L(a − h))/(2h)")
    yield doc.Table(header, tuple(rows[:_MOST_ROWS]), ("left", "right", "right"))
    if len(rows) > _MOST_ROWS:
        yield doc.Note("note", f"the first {_MOST_ROWS} of {len(rows)} are shown; all were compared")
    apart = [each.answer for each in checked if not each.agrees]
    if not apart:
        yield doc.Note("right", "the differences agree with every gradient")
    else:
        yield doc.Note("warning", f"{', '.join(apart)}: where cells tie, or a sum is 0 at a ReLU, the loss has a kink; "
                       "there the difference lies between the slopes of its two sides")  # fmt: skip


def _long_number(value: Value, look: Look) -> doc.Words:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Fraction) and not look.is_rounded(value):
        return doc.Math(look.node(value))
    return decimals(value, 9)


def _entries(value: Value, place: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Value]]:
    """The numbers of an array, each with its place."""
    if isinstance(value, tuple):
        for number, item in enumerate(value, 1):
            yield from _entries(item, (*place, number))
    else:
        yield place, value
