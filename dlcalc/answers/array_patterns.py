"""What has happened to an array as a whole, whatever formula it comes from: transposed, slipped, its sign turned.

Asked only where no mistake of the formula leads to what was written. The numbers are compared by `fits`, as in marking.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from fractions import Fraction
from itertools import permutations
from typing import Any

from ..expressions.nodes import Value
from ..formulas.diagnose import Candidate
from ..formulas.model import Mistake

Rows = tuple[tuple[Value, ...], ...]
Fits = Callable[[Value, int, int], bool]
"""Whether a value is what was written in a row and a column, both from 0."""
MOST_PERMUTED = 6
OTHER_SHAPE = "other-shape"
"""The id of the right numbers in another number of rows and columns."""


def patterns(right: Rows, tall: int, wide: int, fits: Fits, vector: bool = False) -> tuple[Candidate, ...]:
    """The patterns that turn the right rows into what was written, `tall` rows of `wide` numbers; two at most."""
    found = []
    for id, because, hint, rows in rearranged(right, vector):
        is_other = rows != right
        if is_other and len(rows) == tall and len(rows[0]) == wide and _all(rows, fits):
            found.append(Candidate((Mistake(id, "", "", because, 0.3, hint),)))
    for id, because, hint in _compared(right, tall, wide, fits, vector):
        found.append(Candidate((Mistake(id, "", "", because, 0.3, hint),)))
    return tuple(found[:2])


def of_some(right: Rows, wrong: Collection[tuple[int, int]], fits: Fits) -> Iterator[Candidate]:
    """What has happened to the wrong numbers alone, at their rows and columns from 0, where all others are right."""
    if not wrong or len(wrong) == sum(map(len, right)):
        return
    if all(right[i][j] != 0 and fits(-right[i][j], i, j) for i, j in wrong):
        several = len(wrong) > 1
        because = "the wrong numbers have the opposite sign" if several else "one number has the opposite sign"
        yield Candidate((Mistake("some-signs-turned", "", "", because, 0.3, "Which sign does each of them have?"),))
    if len(wrong) == 2:
        (i, j), (k, m) = sorted(wrong)
        if right[i][j] != right[k][m] and fits(right[k][m], i, j) and fits(right[i][j], k, m):
            because = "two numbers are exchanged"
            yield Candidate((Mistake("two-exchanged", "", "", because, 0.3, "Which of the two comes first?"),))


def _all(rows: Rows, fits: Fits) -> bool:
    return all(fits(value, i, j) for i, row in enumerate(rows) for j, value in enumerate(row))


def rearranged(right: Rows, vector: bool, most_rows: int = MOST_PERMUTED) -> Iterator[tuple[str, str, str, Rows]]:
    """(id, because, hint, rows) of the ways in which an array is turned; its rows in any order where they are few."""
    ask = "Compare the first row with the first column: which is which?"
    columns = tuple(zip(*right, strict=True))
    mirrored = tuple(row[::-1] for row in right)
    if vector:
        yield (
            "reversed",
            "the numbers are right, but in the opposite order",
            "Which number comes first?",
            mirrored,
        )
    else:
        yield "transposed", "rows and columns are exchanged: this is the transposed matrix", ask, columns
        yield (
            "rows-reversed",
            "the rows are right, but in the opposite order",
            "Which row comes first?",
            right[::-1],
        )
        yield ("columns-reversed", "the rows are right, but each is reversed", "Which column comes first?",
               mirrored)  # fmt: skip
        yield (
            "half-turned",
            "the matrix is rotated by 180°",
            "Which number is in the upper left corner?",
            mirrored[::-1],
        )
        if len(right) <= most_rows:
            for order in permutations(range(len(right))):
                rows = tuple(right[place] for place in order)
                if rows not in (right, right[::-1]):
                    yield (
                        "rows-in-another-order",
                        "the rows are right, but in another order",
                        "Which row comes first?",
                        rows,
                    )
    signs = tuple(tuple(-value for value in row) for row in right)
    yield "sign-turned", "every number has the opposite sign", "Which sign does the first number have?", signs


def _compared(right: Rows, tall: int, wide: int, fits: Fits, vector: bool) -> Iterator[tuple[str, str, str]]:
    """(id, because, hint) of the ways in which what was written lies beside the right array."""
    rows, columns = len(right), len(right[0])
    if (tall, wide) == (rows, columns):
        yield from _shifted(right, fits, vector)
        return
    for down in range(max(rows - tall, 0) + 1):
        for across in range(max(columns - wide, 0) + 1):
            if (
                tall <= rows
                and wide <= columns
                and tall * wide > 1
                and _varied(part := tuple(row[across : across + wide] for row in right[down : down + tall]))
                and _all(part, fits)
            ):
                yield (
                    "border-missing",
                    "these numbers are right, but rows or columns at the border are missing",
                    "How many windows fit in a row, and how many in a column?",
                )
                return
    for down in range(max(tall - rows, 0) + 1):
        for across in range(max(wide - columns, 0) + 1):
            if (
                tall >= rows
                and wide >= columns
                and _varied(right)
                and all(fits(value, i + down, j + across) for i, row in enumerate(right) for j, value in enumerate(row))
            ):
                yield (
                    "border-added",
                    "the right matrix is inside this one, which has extra rows or columns around it",
                    "How many windows fit in a row, and how many in a column?",
                )
                return
    flat = [value for row in right for value in row]
    if (
        tall * wide == len(flat)
        and _varied(right)
        and all(fits(value, place // wide, place % wide) for place, value in enumerate(flat))
    ):
        yield (
            OTHER_SHAPE,
            "the numbers are right, but their rows and columns are not the requested ones",
            "How many rows does the result have?",
        )


def _shifted(right: Rows, fits: Fits, vector: bool) -> Iterator[tuple[str, str, str]]:
    """One row or one column off: where the right array and what was written overlap, they agree."""
    rows, columns = len(right), len(right[0])
    for down, across, what in ((1, 0, "row"), (-1, 0, "row"), (0, 1, "column"), (0, -1, "column")):
        places = [
            (i, j) for i in range(rows) for j in range(columns) if 0 <= i - down < rows and 0 <= j - across < columns
        ]
        beside = [right[i - down][j - across] for i, j in places]
        if len(places) < 2 or len(set(beside)) < 2 or (down and rows < 3) or (across and columns < 3):
            continue
        if all(fits(value, i, j) for value, (i, j) in zip(beside, places, strict=True)):
            where = ("down" if down > 0 else "up") if down else ("to the right" if across > 0 else "to the left")
            thing = "number" if vector else what
            yield (
                f"one-{'place' if vector else what}-off",
                f"the numbers are right, but one {thing} too far {where}",
                f"What is in the first {thing}?",
            )
            return


def off_by(right: Rows, wrote: Rows) -> Iterator[Candidate]:
    """The same amount added everywhere, or the same factor: only exact numbers are compared."""
    pairs = [(a, b) for row, own in zip(right, wrote, strict=True) for a, b in zip(row, own, strict=True)]
    if len({a for a, _ in pairs}) < 2 or not all(isinstance(x, int | Fraction) for pair in pairs for x in pair):
        return
    amounts = {b - a for a, b in pairs}
    factors = {Fraction(b) / Fraction(a) if a else None for a, b in pairs if a or b}
    if len(amounts) == 1 and (amount := amounts.pop()):
        size, way = abs(amount), "large" if amount > 0 else "small"
        because = f"every number is {_plain(size)} too {way}: something is added once too often, or left out"
        yield Candidate((Mistake("same-amount-off", "", "", because, 0.2, "What is added to every number?"),))
    if len(factors) == 1 and (factor := factors.pop()) not in (None, 1, 0, -1):
        because = f"every number is {_plain(factor)} times the right one: a factor is wrong, or left out"
        yield Candidate((Mistake("same-factor-off", "", "", because, 0.2, "What is every number multiplied by?"),))


def _plain(value: Any) -> str:
    from ..expressions import printing

    return printing.plain(value)


def _varied(rows: Rows) -> bool:
    """Whether there are different numbers: with one alone nothing can be recognised."""
    return len({value for row in rows for value in row}) > 1
