"""One cell as a student writes it: a number however it is grouped, a shape, an expression, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from ..errors import UserError, printable
from ..expressions.answers import Answer, agrees, read_answer, read_number, read_scalar, split_at, unwrapped
from ..expressions.limits import within_budget
from ..expressions.reader import Declarations
from ..formulas.run import letters_in
from . import notation
from .marks import AmbiguousError
from .numbers import about, readings
from .table_columns import Written
from .terms import Terms

SHAPES = frozenset({"output", "receptive_field"})
"""The columns that hold a number per axis."""

MOST_CHARACTERS = 300
_WORK = 2_000_000
"""Units of work in all cells together; what one may use of it depends on how many there are."""
_WORK_OF_ONE = (500, 20_000)

_NOTHING = re.compile(r"|\?+|…|\.\.\.|_+")
_DASH = re.compile(r"[-‐‑‒–—―−]+|n/?a|none", re.IGNORECASE)
_DOTTED = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+", re.ASCII)
_SEPARATED = re.compile(r"(?<=[\d\s)])[xX×✕](?=[\d\s(])|[,;]|\d\s+\d")
"""What tells a shape from one number."""


@dataclass(frozen=True)
class Cell:
    """What was read: an answer; else `reason`, why it cannot be read; else nothing was written.

    A dash, `none`, is 0 where nothing is to be counted and no answer elsewhere.
    """

    wrote: str = ""
    line: int = 0
    answer: Answer | None = None
    reason: str = ""
    none: bool = False
    ambiguous: bool = False
    """Whether it can be read in two ways."""


class CellReader:
    """Reads the cells of one table: how numbers are grouped, and which letters there are, is common to all."""

    def __init__(self, cells: Mapping[tuple[str, str], Written], letters: Iterable[str], decimal: str = "") -> None:
        """`decimal`: the decimal sign, where an exam or a profile says which."""
        self.cells = cells
        self.letters = frozenset(letters)
        self.names = Declarations(Declarations.of(self.letters).kinds, self.letters)
        self.dots = _grouped_by_dots(written.text for (_, column), written in cells.items() if column not in SHAPES)
        self.terms = Terms("integer", decimal=decimal)
        self.work = min(max(_WORK // max(len(cells), 1), _WORK_OF_ONE[0]), _WORK_OF_ONE[1])

    def read(self, layer: str, column: str, axes: int) -> Cell:
        """The cell of a layer; `axes` is how many numbers a shape there has."""
        written = self.cells.get((layer, column))
        if written is None:
            return Cell()
        text = notation.tidy(written.text.strip().removeprefix("'"))
        cell = Cell(printable(" ".join(text.split())) if text else "", written.line)
        if written.trouble or _NOTHING.fullmatch(text):
            return replace(cell, reason=written.trouble)
        if _DASH.fullmatch(text):
            return replace(cell, none=True)
        if len(text) > MOST_CHARACTERS:
            return replace(cell, reason=f"a cell has at most {MOST_CHARACTERS} characters, not {len(text)}")
        try:
            return replace(cell, answer=within_budget(lambda: self._equal(text, column, axes), self.work))
        except (UserError, OverflowError) as error:
            return replace(cell, reason=printable(str(error)), ambiguous=isinstance(error, AmbiguousError))

    def _equal(self, text: str, column: str, axes: int) -> Answer:
        """11*11*3*96 = 34848 is its value, if both sides have the same."""
        sides = [side for side in notation.sides(text, self.letters) if side.strip()]
        if not sides:
            raise UserError("a number or an expression is expected")
        last = self._one(sides[-1].strip(), column, axes)
        answers = [*self._before(sides[:-1], column, axes), last]
        for answer in answers[1:]:
            if not agrees(answers[0].value, answer):
                raise AmbiguousError(f"there are two different values: {printable(text)}")
        return about(replace(last, text=text), text)

    def _before(self, sides: Iterable[str], column: str, axes: int) -> Iterator[Answer]:
        """What stands before the last side, without what it is called."""
        for side in sides:
            try:
                yield self._one(side.strip(), column, axes)
            except UserError:
                if not notation.is_name(side):
                    raise

    def _one(self, text: str, column: str, axes: int) -> Answer:
        answer = self._shape(text, axes) if column in SHAPES else self._number(text)
        if column in SHAPES and any(isinstance(part, tuple) for part in answer.value):
            raise UserError("a size is one number")
        strange = sorted(set(letters_in(answer.value)) - self.letters)
        if strange:
            known = ", ".join(sorted(self.letters))
            has = f"its letters are {known}" if known else "it has none"
            raise UserError(f"{strange[0]} is not a letter of this network: {has}")
        return answer

    def _number(self, text: str) -> Answer:
        if not self.terms.decimal and _DOTTED.fullmatch(text):
            if not self.dots and text.count(".") == 1:
                raise AmbiguousError(f"{text} may be {text.replace('.', '')}, or a decimal: write it without the dot")
            text = text.replace(".", "")
        clean = notation.scalar(text, self.letters) if any(map(str.isdigit, text)) else text
        behind = re.search(r"\d\s*([A-Za-z]+)$", text)
        with_unit = (
            [] if behind and behind[1] in self.letters else readings(text, self.terms) or readings(clean, self.terms)
        )
        if with_unit and (self.terms.decimal or not read_number(text) or with_unit[0].scaled):
            return with_unit[0]
        answer = read_answer(clean, self.names)
        if isinstance(answer.value, tuple):
            raise UserError(f"one number is expected, not {len(answer.value)}")
        return answer

    def _shape(self, text: str, axes: int) -> Answer:
        inner = unwrapped(text)
        inner = unwrapped(notation.shape(inner)) if read_number(inner) is None else inner
        inner = inner.rstrip(" ,;")
        parts = split_at(inner, ",;")
        if len(parts) == axes + 1 and parts[0] == "1" and read_number(inner) is None:
            parts = parts[1:]  # a batch of one
            inner = ",".join(parts)
        if axes == 1 and (_SEPARATED.search(inner) is None or read_number(inner) is not None):
            return Answer(text, (self._number(inner).value,))  # 4 096 is no shape of two axes, 7*7*64 is a product
        if len(parts) == axes > 1:
            return Answer(text, tuple(read_scalar(part, self.names) for part in parts))
        return read_answer(inner if read_number(inner) is None else f"({inner})", self.names, shape=True)


def _grouped_by_dots(texts: Iterable[str]) -> bool:
    """Whether 34.944 is 34,944 in this table: 37.752.832 or several like it show it, no large number denies it."""
    dotted = certain = 0
    for text in texts:
        if _DOTTED.fullmatch(text):
            dotted += 1
            certain += text.count(".") > 1
        else:
            number = read_number(text)
            if number is not None and (number >= 1000 or isinstance(number, Fraction)):
                return False
    return certain > 0 or dotted > 1
