"""A vector or a matrix as a student writes it, read number by number: each has a value, is missing, or says why not."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite

from ..errors import UserError, printable
from ..expressions.answers import Answer, read_answer
from ..expressions.limits import within_budget
from ..expressions.nodes import Node, Value
from ..expressions.reader import Declarations
from ..formulas.arrays import sizes
from . import notation
from .array_text import (
    LONGEST,
    Rows,
    Texts,
    as_decimals,
    texts,
    unnumbered,
    with_decimal_commas,
    with_semicolons,
    without_labels,
    without_transpose,
)
from .marks import AmbiguousError
from .numbers import readings, with_zeros
from .reading import NOTHING, check_letters, with_decimals
from .terms import ARRAYS, Terms

MOST_NUMBERS = 1_000
LARGEST = 10**30
_DECIMAL_COMMAS = re.compile(r"\d,\d+\s+[-+]?\d|\d\s+[-+]?\d+,\d")
"""0,5 1,2: a space between two numbers that have commas in them."""
_DECIMAL = re.compile(r"\s*[-+−]?\d*[.,]\d+\s*", re.ASCII)
_SLASHES = re.compile(r"(?<=\S)\s+/\s+(?=\S)")
"""4 5 / -2 3."""
_BESIDE = re.compile(r"[\d)\]][ \t]+[A-Za-z]|[A-Za-z][ \t]+[-+−]?[.\d]")
"""12 apples, it's 12: letters beside a number, with nothing but a space between."""
_LETTERS = re.compile(r"[A-Za-z][A-Za-z'’]*[.,:]?")
_WORK = 20_000
"""Units of work that reading one number may take."""


@dataclass(frozen=True)
class Cell:
    """One number of an array: what was written, and its value or why it has none; neither where nothing was written."""

    text: str = ""
    answer: Answer | None = None
    reason: str = ""
    ambiguous: bool = False


Cells = tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class WrittenArray:
    """The rows of what was written; `reason` says why it is no array. A vector is one row."""

    text: str = ""
    rows: Cells = ()
    reason: str = ""
    doubt: str = ""
    """Why the numbers may not be the ones that are meant, each at its place: then none of them is wrong."""

    @property
    def size(self) -> tuple[int, int]:
        return (len(self.rows), len(self.rows[0])) if self.rows else (0, 0)

    def value(self, rank: int) -> Value | None:
        """All numbers as an array with `rank` indices; None where one of them is missing or cannot be read."""
        cells = [cell.answer for row in self.rows for cell in row]
        if not cells or any(answer is None for answer in cells):
            return None
        found = tuple(tuple(cell.answer.value for cell in row if cell.answer) for row in self.rows)
        return found[0] if rank == 1 else found


def read_array(
    given: object, terms: Terms, expected: Value, nested: bool = False, names: Collection[str] = ()
) -> WrittenArray:
    """An answer where a vector or a matrix is asked. Never raises: what cannot be read says why.

    `nested`: a map of several channels is asked, row by row. `names`: the letters that the question leaves open.
    """
    size = sizes(expected)
    try:
        if isinstance(given, list | tuple):
            ways = [_rows(_listed(given, terms.significant), nested)] if given else []
        else:
            text = given if isinstance(given, str) else "" if given is None else str(given)
            if NOTHING.fullmatch(notation.tidy(text[:LONGEST])):
                return WrittenArray(_shown(given))
            ways = list(_ways(text, size, nested))
        found = _best(_shown(given), ways, terms, expected, names)
        if isinstance(given, str) and _BESIDE.search(given):
            found = _among_words(found, given, names)
        return _with_numbers(found, given, size)
    except (UserError, ArithmeticError, RecursionError, ValueError) as error:
        reason = "the lists are nested too deeply" if isinstance(error, RecursionError) else str(error)
        return WrittenArray(_shown(given), (), printable(reason))


def _among_words(found: WrittenArray, given: str, names: Collection[str]) -> WrittenArray:
    """With what is in doubt where a word stands between the numbers: it may belong to one of them, as a unit does."""
    words = (cell.reason for row in found.rows for cell in row if cell.reason and _LETTERS.fullmatch(cell.text))
    first = next(words, "")
    said = first and notation.without_meaning(notation.tidy(given[:LONGEST]), names)
    return replace(found, doubt=printable(said or first)) if first else found


def _with_numbers(found: WrittenArray, given: object, size: tuple[int, ...]) -> WrittenArray:
    """What was typed without any number in it, brackets alone, cannot be read; an empty grid was left empty."""
    want = (1, *size) if len(size) == 1 else size
    is_bare = isinstance(given, str) and found.size != want and not any(c.text for row in found.rows for c in row)
    return WrittenArray(found.text, (), found.reason or "there is not a number here") if is_bare else found


def _shown(given: object) -> str:
    """The beginning of what was written, on one line; of lists that cannot be printed what they are."""
    try:
        text = given if isinstance(given, str) else "" if given is None else str(given)
    except (ValueError, RecursionError):
        return type(given).__name__
    return printable("; ".join(line.strip() for line in text[:2000].strip().splitlines() if line.strip())[:200])


def _ways(text: str, size: tuple[int, ...], nested: bool) -> Iterator[Rows]:
    """The rows as they are usually meant; where that gives another size, with decimal commas. Raises UserError."""
    clean = "\n".join(map(notation.same_signs, text.replace("\r\n", "\n").replace("\r", "\n").split("\n")))
    clean = without_labels(clean)
    if len(size) == 1:
        clean = without_transpose(clean)
        if len(parts := clean.split("/")) == size[0] > 1 and all(map(_DECIMAL.fullmatch, parts)):
            yield (tuple(part.strip() for part in parts),)
        if "|" in clean and "\n" not in clean and len(parts := clean.strip().strip("|").split("|")) == size[0]:
            yield (tuple(part.strip() for part in parts),)
            return
    if ";" in clean and (saved := with_semicolons(clean)):
        yield saved
    if _DECIMAL_COMMAS.search(clean) and not re.search(r"[&|\t]", clean):
        yield with_decimal_commas(clean)
    yield as_decimals(unnumbered(_rows(texts(clean), nested), size))
    if "," in clean:
        yield with_decimal_commas(clean)
    if _SLASHES.search(clean):
        yield unnumbered(_rows(texts(_SLASHES.sub(";", clean)), nested), size)


def _rows(found: Texts, nested: bool = False) -> Rows:
    """The rows of a matrix; a list of numbers is one row. Raises UserError for an array of more indices."""
    while nested and any(isinstance(row, tuple) and row and isinstance(row[0], tuple) for row in found):
        found = tuple(inner for outer in found for inner in (outer if isinstance(outer, tuple) else (outer,)))
    while len(found) == 1 and isinstance(found[0], tuple) and found[0] and isinstance(found[0][0], tuple):
        found = found[0]  # one channel, one filter
    if all(isinstance(item, str) for item in found):
        found = (found,)
    rows: list[tuple[str, ...]] = []
    for row in found:
        if isinstance(row, str) or not all(isinstance(cell, str) for cell in row):
            raise UserError("one matrix is expected, rows of numbers: 1 2; 3 4")
        rows.append(tuple(str(cell) for cell in row))
    if sum(map(len, rows)) > MOST_NUMBERS:
        raise UserError(f"an array has at most {MOST_NUMBERS:,} numbers, not {sum(map(len, rows)):,}")
    return tuple(rows)


def _listed(given: list[object] | tuple[object, ...], digits: int, depth: int = 0) -> Texts:
    """Lists of TOML or JSON with the texts of their numbers."""
    if depth > 4 or len(given) > MOST_NUMBERS:
        raise UserError("one matrix is expected, [[1, 2], [3, 4]]")
    return tuple(
        _listed(item, digits, depth + 1) if isinstance(item, list | tuple) else _as_text(item, digits) for item in given
    )


def _as_text(item: object, digits: int) -> str:
    if isinstance(item, bool) or not isinstance(item, int | float | Fraction | str):
        return "" if item is None else type(item).__name__
    return with_zeros(item, digits) if isinstance(item, float) else str(item)[:200]


def _best(shown: str, ways: list[Rows], terms: Terms, expected: Value, names: Collection[str]) -> WrittenArray:
    """The first way that has the size of the right array and all its numbers, else the usual one."""
    size = sizes(expected)
    want = (1, *size) if len(size) == 1 else size
    first: WrittenArray | None = None
    for rows in ways:
        ragged = next((row for row in rows if len(row) != len(rows[0])), None)
        if ragged is not None:
            rule = f"the rows are equally long: the first has {len(rows[0])} numbers, another has {len(ragged)}"
            first = first or WrittenArray(shown, (), rule)
            continue
        if ARRAYS[terms.kind] == 1 and len(rows) > 1 and len(rows[0]) == 1:
            rows = (tuple(row[0] for row in rows),)  # a column
        if (len(rows), len(rows[0])) == want or first is None:
            read = WrittenArray(shown, tuple(tuple(_cell(text, terms, names) for text in row) for row in rows))
            if read.size == want and not any(cell.reason for row in read.rows for cell in row):
                return read
            first = first or read
    return first or WrittenArray(shown)


def _cell(text: str, terms: Terms, names: Collection[str]) -> Cell:
    """One number. What stands for nothing, such as ?, is missing."""
    clean = notation.tidy(text)
    shown = printable(clean[:60])
    if NOTHING.fullmatch(clean):
        return Cell(shown)
    try:
        answer = within_budget(lambda: _number(clean, terms, names), _WORK)
        return Cell(shown, answer.asking(terms.significant))
    except (UserError, ArithmeticError, RecursionError, ValueError) as error:
        is_ambiguous = isinstance(error, AmbiguousError)
        words = "" if is_ambiguous else notation.without_meaning(clean, names)
        return Cell(shown, None, printable(words or str(error)), is_ambiguous)


def _number(text: str, terms: Terms, names: Collection[str]) -> Answer:
    """3, −0.5, 2/3, 1e-3, \\frac{1}{2}, 2·3 + 1, h1 = 0.5, and in letters those of the question. Raises UserError."""
    declared = Declarations.of(names)
    for side in reversed(notation.sides(text, names)):
        found = readings(side, terms)
        if not found and terms.form == "decimal":
            raise UserError("the answers must be numbers in digits, not expressions")
        answer = found[0] if found else with_decimals(side, read_answer(notation.scalar(side, names), declared), terms)
        value = answer.value
        check_letters(value, names)
        if names and isinstance(value, Node):
            return answer
        if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
            raise UserError(f"{text[:40]} is not a number")
        if isinstance(value, float) and not isfinite(value):
            raise UserError(f"{text[:40]} is not a finite number")
        if not -LARGEST <= value <= LARGEST:
            raise UserError("the number is larger than any answer can be")
        return answer
    raise UserError(f"{text[:40]} is not a number")
