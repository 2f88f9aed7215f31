"""Which numbers of a vector or a matrix are wrong, in words: the same at every door."""

from __future__ import annotations

from collections.abc import Sequence

from .marks import EARNING, CellMark

MOST_PLACES = 6
"""Places that are named."""


def wrong_numbers(cells: Sequence[CellMark]) -> str:
    """How many numbers are right and where the others stand, whole rows and columns together.

    "" where all are wrong, or there are none.
    """
    wrong = [cell for cell in cells if cell.status not in EARNING]
    if not wrong or len(wrong) == len(cells):
        return ""
    rows, columns = ({getattr(cell, name) for cell in wrong} for name in ("layer", "column"))
    whole = [row for row in rows if row and all(cell in wrong for cell in cells if cell.layer == row)]
    across = [each for each in columns if rows != {""} and all(cell in wrong for cell in cells if cell.column == each)]
    if len(whole) == len(rows):
        places = [cell.layer for cell in wrong]
    elif len(across) == len(columns):
        places = [cell.column for cell in wrong]
    else:
        places = [", ".join(filter(None, (cell.layer, cell.column))) for cell in wrong]
    places = list(dict.fromkeys(places))
    more = f"; and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
    good = len(cells) - len(wrong)
    return f"{good} of {len(cells)} numbers are right. Wrong: {'; '.join(places[:MOST_PLACES])}{more}."
