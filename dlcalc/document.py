"""What every output format renders: headings, text, maths, tables, workings, figures; no format is known here.

And how a value is shown in it: `showing` a profile, its digits, its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, NamedTuple, TypeAlias

from .errors import InternalError
from .expressions import printing
from .expressions.nodes import Add, Name, Node, Value, to_node
from .profiles import COURSE as COURSE
from .profiles import Profile as Profile


@dataclass(frozen=True, slots=True)
class Text:
    """Words as they are."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    """Words in bold."""

    words: Words


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Words in italics."""

    words: Words


@dataclass(frozen=True, slots=True)
class Math:
    """An expression inside a line of text: a tree, never a string of some format."""

    value: Value


@dataclass(frozen=True, slots=True)
class CodeText:
    """What is typed on a keyboard: a command, an option, a file name."""

    text: str


Inline: TypeAlias = Text | Strong | Emphasis | Math | CodeText
Words: TypeAlias = str | Inline | tuple[str | Inline, ...]
"""Running text: a plain `str`, one inline, or several in a row."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """The text without control characters (newline and tab stay), lone surrogates and marks that turn the direction."""
    return _UNPRINTABLE.sub("", text)


def inlines(words: Words) -> tuple[Inline, ...]:
    """The words as inlines: each `str` is a `Text`, white space is single spaces, nothing unprintable is left."""
    row = words if isinstance(words, tuple) else (words,)
    return tuple(_tidy(Text(word) if isinstance(word, str) else word) for word in row)


def _tidy(inline: Inline) -> Inline:
    if isinstance(inline, Text | CodeText):
        return type(inline)(re.sub("[ \t\n\u2028\u2029]+", " ", printable(inline.text)))
    return inline


def sentence(words: str) -> str:
    """The words with a full stop, and a capital unless they begin with a letter of a formula: N weights, m×n."""
    text = words.strip()
    first = re.match(r"[a-z]{2,}(?=[\s,;:’'-])|a(?=\s)", text)
    capital = f"{text[:1].upper()}{text[1:]}" if first else text
    return f"{capital}{'' if text.endswith(('.', '!', '?')) else '.'}"


def plain(words: Words) -> str:
    """The words as plain text, expressions as they are typed."""
    found = []
    for inline in inlines(words):
        match inline:
            case Math(value):
                found.append(printing.plain(value))
            case Strong(inner) | Emphasis(inner):
                found.append(plain(inner))
            case Text(text) | CodeText(text):
                found.append(text)
    return "".join(found)


@dataclass(frozen=True, slots=True)
class Equation:
    """A chain `left = right = right`: with letters, with values put in, evaluated.

    `left`: an expression, or a `str` that is a name's id; without it the chain begins with the first of `rights`.
    `rights`: at least one; if `rounded`, ≈ stands before the last, a rounded number. `note`: words beside the chain.
    """

    left: Value | None
    rights: tuple[Value, ...]
    note: Words = ""
    rounded: bool = False


class Line(NamedTuple):
    """One printed line of a derivation: `left`, then (sign, expression) pairs, where a sign is "", "=" or "≈"."""

    left: Node | None
    terms: tuple[tuple[str, Node], ...]
    note: Words


LINE_WIDTH = 72
"""A chain whose one-line text is longer than this gets one line for each of its right sides."""


def lines(equation: Equation, spell: printing.Spell = None) -> tuple[Line, ...]:
    """The chain as printed lines: one if it is short, else one per right side; the note goes with the result."""
    named = Name(equation.left) if isinstance(equation.left, str) else equation.left
    left = None if named is None else to_node(named)
    rights = tuple(to_node(right) for right in equation.rights)
    signs = ["" if left is None else "=", *["="] * (len(rights) - 1)]
    if equation.rounded:
        signs[-1] = "≈"
    terms = tuple(zip(signs, rights, strict=True))
    nodes = rights if left is None else (left, *rights)
    width = sum(len(printing.text(node, spell)) + 3 for node in nodes) - 3
    parts = [terms] if width <= LINE_WIDTH else [(term,) for term in terms]
    last = len(parts) - 1
    return tuple(Line(None if i else left, part, "" if i < last else equation.note) for i, part in enumerate(parts))


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 1 stands directly under the document's title."""

    level: Literal[1, 2, 3]
    words: Words


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text, set apart from what is before and after it."""

    words: Words


@dataclass(frozen=True, slots=True)
class Formula:
    """Display maths: equations aligned at their first sign. A matrix is an equation without a left side."""

    equations: tuple[Equation, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`alignments`: one per column, all "left" if empty. `row_headers`: the first column names its row."""

    header: tuple[Words, ...]
    rows: tuple[tuple[Words, ...], ...]
    alignments: tuple[Literal["left", "center", "right"], ...] = ()
    caption: Words = ""
    row_headers: bool = True

    def __post_init__(self) -> None:
        columns = len(self.header)
        if not self.alignments:
            object.__setattr__(self, "alignments", ("left",) * columns)
        for part in (self.alignments, *self.rows):
            if len(part) != columns:
                raise InternalError(f"a table's rows and alignments are as long as its header: {len(part)} ≠ {columns}")


@dataclass(frozen=True, slots=True)
class Steps:
    """The working, numbered: what is computed, in words, and its equation."""

    items: tuple[tuple[Words, Equation], ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A remark set apart; its kind, with a capital, is its label."""

    kind: Literal["warning", "note", "mistake", "right", "hint"]
    words: Words


@dataclass(frozen=True, slots=True)
class Code:
    """A program or what a terminal shows, as it is typed; `language` names it for highlighting."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing as SVG, and the sentence that stands for it where it cannot be seen."""

    svg: str
    alt: str


@dataclass(frozen=True, slots=True)
class Items:
    """A bulleted list."""

    items: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several to choose from. `right` and `because` are of the key: None and "" on a sheet without one."""

    words: Words
    right: bool | None = None
    because: Words = ""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer that somebody may give, what share of the points it earns, and what is said to it.

    `value`: a number, a shape (a tuple), an array (a tuple, of rows for a matrix), an expression in letters. Every
    number within `tolerance` of it counts as it; of an array `tolerance` is one for each number, in its shape.
    `id` names the mistake that leads to it, or the convention under which it is right; "" for the right answer.
    """

    value: Value
    share: Fraction
    feedback: Words
    tolerance: Fraction | tuple[Any, ...] = Fraction(0)
    id: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """The right answer, the other answers that something is said to (no two alike), and how it is worked out."""

    value: Value | Words
    responses: tuple[Response, ...] = ()
    working: tuple[Block, ...] = ()
    rearranged: tuple[Response, ...] = ()
    """The right array transposed, in the opposite order, with opposite signs: for what marks an array as a whole."""
    patterns: tuple[tuple[str, str], ...] = ()
    """What is said where something else happened to an array as a whole: (id, sentence), with {…} for what is found."""


EntryKind: TypeAlias = Literal["integer", "number", "shape", "vector", "matrix", "expression", "choice", "text"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A place to write one answer in. `id` is unique in the document: `1.a`, `2.b.conv-1.parameters`.

    `key` is None on every sheet that is handed out. `several`: more than one of the choices may be right. `size` of an
    array: how many rows and columns the grid has that it is written into; () where the size is to be found out, too.
    `bytes`: of the unit of memory that is asked, two values for MB. `asked`: which answer of a formula. `is_side`:
    whether that is the side of a map, which may be written 28×28.
    """

    id: str
    kind: EntryKind
    choices: tuple[Choice, ...] = ()
    several: bool = False
    key: Key | None = None
    size: tuple[int, ...] = ()
    bytes: tuple[Fraction, ...] = ()
    asked: str = ""
    is_side: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table to fill in: what is printed stands as words, an empty cell as an entry."""

    header: tuple[Words, ...]
    rows: tuple[tuple[Words | Entry, ...], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is asked: `label` is `a`, or "" where a question has one part. `blocks` say what is asked.

    The answer is written into `entry`, or, where that is None, into the entries of the `Grid` among the blocks.
    """

    label: str
    points: Fraction
    blocks: tuple[Block, ...]
    entry: Entry | None = None
    hints: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A problem with its numbers put in. `problem` is the id of the problem and `note` the question note, which tells
    two variants apart; the note holds answers, so it is "" on every sheet that is handed out.
    """

    number: int
    title: str
    points: Fraction
    blocks: tuple[Block, ...]
    parts: tuple[Part, ...]
    problem: str = ""
    topic: str = ""
    note: str = ""


Block: TypeAlias = Heading | Paragraph | Formula | Table | Steps | Note | Code | Figure | Items | Grid | Question


@dataclass(frozen=True, slots=True)
class Document:
    """`spell`: the letters of the course profile; `course`: that profile, by which numbers in it are shown.

    `language`: of the words, as in HTML's `lang`. `facts`: what stands under the title, ("Code", "7F3K"); a fact
    without a value is a line to write on. `date`: ISO 8601, for metadata.
    """

    title: str
    blocks: tuple[Block, ...]
    spell: printing.Spell = None
    language: str = "en"
    facts: tuple[tuple[str, str], ...] = ()
    date: str = ""
    course: Profile = COURSE


_SHOWN: ContextVar[Profile] = ContextVar("the profile that numbers are shown by", default=COURSE)


@contextmanager
def showing(course: Profile) -> Iterator[None]:
    """Inside it numbers are shown as `course` says, as `decimal.localcontext` rules numbers inside it."""
    token = _SHOWN.set(course)
    try:
        yield
    finally:
        _SHOWN.reset(token)


def shown_by() -> Profile:
    """The profile by which numbers are shown here; the course's own outside of `showing`."""
    return _SHOWN.get()


LONGEST = 12
"""Digits of the longest fraction that is shown exactly."""


def shape_words(shape: Value) -> tuple[str | Inline, ...]:
    """55 × 55 × k, as running text."""
    parts = shape if isinstance(shape, tuple) else (shape,)
    words: list[str | Inline] = []
    for index, part in enumerate(parts):
        words += [" × "] if index else []
        words += ["(", Math(part), ")"] if isinstance(part, Add) and len(parts) > 1 else [Math(part)]
    return tuple(words)


def value_words(value: Value, per_axis: bool = False) -> Words:
    """A value in a table cell: thousands grouped, shapes with ×, arrays and letters as maths."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if per_axis and isinstance(value, tuple):
        return shape_words(value)
    if isinstance(value, tuple) and len(value) == 1 and not isinstance(value[0], tuple):
        return value_words(value[0])  # a list of one layer
    if isinstance(value, float):
        return Math(rounded(value))
    return Math(value)


def rounded(value: Value) -> Value:
    """A value with its floats and longest fractions cut to the digits that the profile shows; where it says how many
    decimals, every fraction."""
    if isinstance(value, tuple):
        return tuple(rounded(item) for item in value)
    if isinstance(value, dict):
        return tuple(rounded(item) for key, item in value.items() if key >= 1)
    return shown_by().rounded(value) if is_cut(value) else value


def is_cut(value: Value) -> bool:
    """Whether a number is shown in digits that are not all of it."""
    if isinstance(value, Fraction) and shown_by().decimals != "auto":
        return value.denominator > 1 and Fraction(repr(shown_by().rounded(value))) != value
    return isinstance(value, float) or is_long(value)


def is_long(value: Value) -> bool:
    """Whether an exact fraction is too long to be read, as 0.9⁴⁹ is, and can be a float."""
    if not isinstance(value, Fraction) or max(abs(value.numerator), value.denominator) < 10**LONGEST:
        return False
    return Fraction(1, 10**300) < abs(value) < 10**15


def has_floats(value: Value) -> bool:
    """Whether a value is rounded when shown."""
    if isinstance(value, tuple):
        return any(has_floats(item) for item in value)
    if isinstance(value, dict):
        return any(has_floats(item) for item in value.values())
    return is_cut(value)
