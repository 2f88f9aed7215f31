"""What has happened to an array as a whole, whatever formula it comes from: transposed, slipped, its sign turned.

Asked only where no mistake of the formula leads to what was written. The numbers are compared by `fits`, as in marking.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
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


WORDS: Mapping[str, tuple[str, str]] = {
    "reversed": ("the numbers are right, but in the opposite order", "Which number comes first?"),
    "transposed": (
        "rows and columns are exchanged: this is the transposed matrix",
        "Compare the first row with the first column: which is which?",
    ),
    "rows-reversed": ("the rows are right, but in the opposite order", "Which row comes first?"),
    "columns-reversed": ("the rows are right, but each is reversed", "Which column comes first?"),
    "half-turned": ("the matrix is rotated by 180°", "Which number is in the upper left corner?"),
    "rows-in-another-order": ("the rows are right, but in another order", "Which row comes first?"),
    "sign-turned": ("every number has the opposite sign", "Which sign does the first number have?"),
    "border-missing": (
        "these numbers are right, but rows or columns at the border are missing",
        "How many windows fit in a row, and how many in a column?",
    ),
    "border-added": (
        "the right matrix is inside this one, which has extra rows or columns around it",
        "How many windows fit in a row, and how many in a column?",
    ),
    "numbers-missing": (
        "these numbers are right, but some at the beginning or at the end are missing",
        "How many numbers are expected?",
    ),
    "numbers-added": (
        "the right numbers are among these, with extra ones beside them",
        "How many numbers are expected?",
    ),
    OTHER_SHAPE: (
        "the numbers are right, but their rows and columns are not the requested ones",
        "How many rows does the result have?",
    ),
    "one-row-off": ("the numbers are right, but one row too far {where}", "What is in the first row?"),
    "one-column-off": ("the numbers are right, but one column too far {where}", "What is in the first column?"),
    "one-place-off": ("the numbers are right, but one number too far {where}", "What is the first number?"),
    "same-amount-off": (
        "every number is {amount} too {size}: something is added once too often, or left out",
        "What is added to every number?",
    ),
    "same-factor-off": (
        "every number is {amount} times the right one: a factor is wrong, or left out",
        "What is every number multiplied by?",
    ),
    "some-signs-turned": ("the wrong numbers have the opposite sign", "Which sign does each of them have?"),
    "one-sign-turned": ("one number has the opposite sign", "Which sign does it have?"),
    "two-exchanged": ("two numbers are exchanged", "Which of the two comes first?"),
}
"""What is said of each pattern, and the hint: here, and by the script of a practice page, which finds the same ones.

{where} is down, up, to the right or to the left; {amount} a number; {size} large or small.
"""
_LESS_SURE = frozenset({"same-amount-off", "same-factor-off"})


def _named(id: str, **values: str) -> Candidate:
    because, hint = WORDS[id]
    weight = 0.2 if id in _LESS_SURE else 0.3
    return Candidate((Mistake(id, "", "", because.format(**values), weight, hint),))


def patterns(right: Rows, tall: int, wide: int, fits: Fits, vector: bool = False) -> tuple[Candidate, ...]:
    """The patterns that turn the right rows into what was written, `tall` rows of `wide` numbers; two at most."""
    found = []
    for id, rows in rearranged(right, vector):
        if rows != right and len(rows) == tall and len(rows[0]) == wide and _all(rows, fits):
            found.append(_named(id))
    found += _compared(right, tall, wide, fits, vector)
    return tuple(found[:2])


def of_some(right: Rows, wrong: Collection[tuple[int, int]], fits: Fits) -> Iterator[Candidate]:
    """What has happened to the wrong numbers alone, at their rows and columns from 0, where all others are right."""
    if not wrong or len(wrong) == sum(map(len, right)):
        return
    if all(right[i][j] != 0 and fits(-right[i][j], i, j) for i, j in wrong):
        yield _named("some-signs-turned" if len(wrong) > 1 else "one-sign-turned")
    if len(wrong) == 2:
        (i, j), (k, m) = sorted(wrong)
        if right[i][j] != right[k][m] and fits(right[k][m], i, j) and fits(right[i][j], k, m):
            yield _named("two-exchanged")


def _all(rows: Rows, fits: Fits) -> bool:
    return all(fits(value, i, j) for i, row in enumerate(rows) for j, value in enumerate(row))


def rearranged(right: Rows, vector: bool, most_rows: int = MOST_PERMUTED) -> Iterator[tuple[str, Rows]]:
    """(id, rows) of the ways in which an array is turned; its rows in any order where they are few."""
    columns = tuple(zip(*right, strict=True))
    mirrored = tuple(row[::-1] for row in right)
    if vector:
        yield "reversed", mirrored
    else:
        yield "transposed", columns
        yield "rows-reversed", right[::-1]
        yield "columns-reversed", mirrored
        yield "half-turned", mirrored[::-1]
        for order in permutations(range(len(right))) if len(right) <= most_rows else ():
            rows = tuple(right[place] for place in order)
            if rows not in (right, right[::-1]):
                yield "rows-in-another-order", rows
    yield "sign-turned", tuple(tuple(-value for value in row) for row in right)


def _compared(right: Rows, tall: int, wide: int, fits: Fits, vector: bool) -> Iterator[Candidate]:
    """The ways in which what was written lies beside the right array."""
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
                yield _named("numbers-missing" if vector else "border-missing")
                return
    for down in range(max(tall - rows, 0) + 1):
        for across in range(max(wide - columns, 0) + 1):
            if (
                tall >= rows
                and wide >= columns
                and _varied(right)
                and all(fits(value, i + down, j + across) for i, row in enumerate(right) for j, value in enumerate(row))
            ):
                yield _named("numbers-added" if vector else "border-added")
                return
    flat = [value for row in right for value in row]
    if (
        tall * wide == len(flat)
        and _varied(right)
        and all(fits(value, place // wide, place % wide) for place, value in enumerate(flat))
    ):
        yield _named(OTHER_SHAPE)


def _shifted(right: Rows, fits: Fits, vector: bool) -> Iterator[Candidate]:
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
            yield _named(f"one-{'place' if vector else what}-off", where=where)
            return


def off_by(right: Rows, wrote: Rows) -> Iterator[Candidate]:
    """The same amount added everywhere, or the same factor: only exact numbers are compared."""
    pairs = [(a, b) for row, own in zip(right, wrote, strict=True) for a, b in zip(row, own, strict=True)]
    if len({a for a, _ in pairs}) < 2 or not all(isinstance(x, int | Fraction) for pair in pairs for x in pair):
        return
    amounts = {b - a for a, b in pairs}
    factors = {Fraction(b) / Fraction(a) if a else None for a, b in pairs if a or b}
    if len(amounts) == 1 and (amount := amounts.pop()):
        yield _named("same-amount-off", amount=_plain(abs(amount)), size="large" if amount > 0 else "small")
    if len(factors) == 1 and (factor := factors.pop()) not in (None, 1, 0, -1):
        yield _named("same-factor-off", amount=_plain(factor))


def _plain(value: Any) -> str:
    from ..expressions import printing

    return printing.plain(value)


def _varied(rows: Rows) -> bool:
    """Whether there are different numbers: with one alone nothing can be recognised."""
    return len({value for row in rows for value in row}) > 1
