"""What all sheets have in common: their words, and a question, a part and a key as ordinary blocks in a row.

A writer renders these blocks as any others; only the place for an answer, the `Entry`, looks different in each format.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TypeAlias

from .. import document as doc
from ..expressions import printing
from ..expressions.nodes import Value

Piece: TypeAlias = doc.Block | doc.Entry

ARRAYS = ("vector", "matrix")
"""The kinds of entries whose answer is an array of numbers."""

_INLINES = doc.Text | doc.Strong | doc.Emphasis | doc.Math | doc.CodeText


def heading(question: doc.Question) -> str:
    """`Question 2 · Output size`."""
    return f"Question {question.number}" + (f" · {question.title}" if question.title else "")


def points(worth: Fraction) -> str:
    """`6 points`, `1 point`, `0.5 points`."""
    return f"{printing.text(worth)} {'point' if worth == 1 else 'points'}"


def letter(index: int) -> str:
    """The letter of a choice, from 0: A, B, ..., Z, AA."""
    first, last = divmod(index, 26)
    return (letter(first - 1) if first else "") + chr(ord("A") + last)


def plain(words: doc.Words, spell: printing.Spell = None) -> str:
    """The words as one line without any markup."""
    found = ""
    for inline in doc.inlines(words):
        match inline:
            case doc.Text(text) | doc.CodeText(text):
                found += text
            case doc.Strong(inner) | doc.Emphasis(inner):
                found += plain(inner, spell)
            case doc.Math(value):
                found += printing.text(value, spell)
    return found.strip()


def fact(document: doc.Document, name: str) -> str:
    """What the sheet says under its title, "" if it does not."""
    return next((value for label, value in document.facts if label.casefold() == name.casefold()), "")


def questions(document: doc.Document) -> tuple[doc.Question, ...]:
    return tuple(block for block in document.blocks if isinstance(block, doc.Question))


def grids(part: doc.Part) -> tuple[doc.Grid, ...]:
    return tuple(block for block in part.blocks if isinstance(block, doc.Grid))


def cells(grid: doc.Grid) -> Iterator[tuple[doc.Words, doc.Entry]]:
    """Each empty cell with its name, the words that head its row and its column."""
    for number, row in enumerate(grid.rows, 1):
        first = row[0]
        named: doc.Words = f"row {number}" if isinstance(first, doc.Entry) or not plain(first) else first
        for column, cell in zip(grid.header, row, strict=True):
            if isinstance(cell, doc.Entry):
                yield (*_tuple(named), ", ", *_tuple(column)), cell


def entries(part: doc.Part) -> tuple[tuple[doc.Words, doc.Entry], ...]:
    """Every place for an answer in the part, each with the name of its cell, "" outside a table."""
    alone: tuple[tuple[doc.Words, doc.Entry], ...] = () if part.entry is None else (("", part.entry),)
    return alone + tuple(cell for grid in grids(part) for cell in cells(grid))


def asked(question: doc.Question, part: doc.Part, spell: printing.Spell = None) -> str:
    """What the part asks, on one line: its first paragraph, or that of the question, or its title."""
    found = (
        plain(block.words, spell) for block in (*part.blocks, *question.blocks) if isinstance(block, doc.Paragraph)
    )
    return next(filter(None, found), question.title)


def identity(question: doc.Question, asking: doc.Part) -> str:
    """The id of a part: that of its entry, or of a table to fill in the question's number with the label."""
    if asking.entry is not None:
        return asking.entry.id
    return f"{question.number}.{asking.label}" if asking.label else str(question.number)


def table(grid: doc.Grid) -> doc.Table:
    """A grid as an ordinary table: where there is a key its answers stand in the cells, else these are empty.

    What is printed is never empty, so that nobody takes it for a cell to fill in.
    """
    rows = (tuple(_cell(cell) for cell in row) for row in grid.rows)
    return doc.Table(grid.header, tuple(rows))


def room(entry: doc.Entry) -> doc.Grid | None:
    """The empty grid that an array is written into, its rows and columns numbered; None where the sheet has none."""
    if entry.key is not None or not entry.size:
        return None
    rows = entry.size[0] if len(entry.size) > 1 else 1
    empty = doc.Entry(entry.id, "number")
    cells = (empty,) * entry.size[-1]
    heads = tuple(str(place) for place in range(1, entry.size[-1] + 1))
    if len(entry.size) == 1:
        return doc.Grid(heads, (cells,))
    return doc.Grid(("", *heads), tuple((str(place), *cells) for place in range(1, rows + 1)))


def how(entry: doc.Entry) -> str:
    """How an array is typed: `3 rows of 4 numbers: 1 2 3 4; ...`, "" for any other answer."""
    if entry.kind not in ARRAYS:
        return ""
    if not entry.size:
        return "numbers: 1 2 3" if entry.kind == "vector" else "rows of numbers: 1 2; 3 4"
    count = f"{entry.size[-1]} number{'s' if entry.size[-1] != 1 else ''}"
    if len(entry.size) == 1:
        return f"{count}: 1 2 3"
    return f"{entry.size[0]} row{'s' if entry.size[0] != 1 else ''} of {count}: 1 2; 3 4"


def blank(block: doc.Block) -> doc.Block:
    """The block as it stands on a sheet that is handed out: the cells to fill in are empty."""
    if not isinstance(block, doc.Grid):
        return block
    rows = (
        tuple(replace(cell, key=None) if isinstance(cell, doc.Entry) else cell for cell in row) for row in block.rows
    )
    return replace(block, rows=tuple(rows))


def _cell(cell: doc.Words | doc.Entry) -> doc.Words:
    if not isinstance(cell, doc.Entry):
        return cell if cell else "–"
    if cell.key is None:
        return ""
    if cell.kind == "shape" and isinstance(cell.key.value, tuple) and not is_words(cell.key.value):
        # As shapes stand in a network's table, where there is little room.
        return doc.Strong("×".join(printing.text(size) for size in cell.key.value))
    return doc.Strong(answer(cell))


def part(asking: doc.Part) -> tuple[Piece, ...]:
    """The part with its label and points in its first line, then the place for the answer."""
    blocks: tuple[doc.Block, ...] = asking.blocks
    if asking.label:
        opening: doc.Words = ()
        if blocks and isinstance(blocks[0], doc.Paragraph):
            opening, blocks = _tuple(blocks[0].words), blocks[1:]
        label, worth = doc.Strong(f"({asking.label})"), doc.Emphasis(f"({points(asking.points)})")
        blocks = (doc.Paragraph((label, " ", *_tuple(opening), *([" "] if opening else []), worth)), *blocks)
    return blocks if asking.entry is None else (*blocks, asking.entry)


def choices(entry: doc.Entry, boxes: bool = True) -> tuple[doc.Words, ...]:
    """`○ (A) 55`, or ☐ where several may be right; with a key the right ones are marked, and the reasons stand by."""
    empty, ticked = ("", "") if not boxes else ("☐ ", "☒ ") if entry.several else ("○ ", "● ")
    return tuple(_choice(choice, letter(i), empty, ticked) for i, choice in enumerate(entry.choices))


def _choice(choice: doc.Choice, name: str, empty: str, ticked: str) -> doc.Words:
    said = (f"({name}) ", *_tuple(choice.words))
    box = ticked if choice.right else empty
    because = (" – ", doc.Emphasis(choice.because)) if choice.because else ()
    return (box, *([doc.Strong(said)] if choice.right else said), *because)


def answer(entry: doc.Entry) -> doc.Words:
    """The right answer of an entry with a key, in words; of a choice the letters that are right."""
    right = [letter(i) for i, choice in enumerate(entry.choices) if choice.right]
    if right or entry.key is None:
        return ", ".join(right)
    return spoken(entry.key.value, entry.kind)


def spoken(value: Value | doc.Words, kind: doc.EntryKind) -> doc.Words:
    """An answer as it is said: 34,944 or 55 × 55 × 96 or letters."""
    if is_words(value):
        return value
    if kind in ARRAYS:
        return doc.Math(doc.rounded(value))
    return doc.value_words(value, per_axis=kind == "shape")


def is_words(value: Value | doc.Words) -> bool:
    """Whether the answer is running text and not a value."""
    row = value if isinstance(value, tuple) else (value,)
    return all(isinstance(item, str | _INLINES) for item in row)


def key(asking: doc.Part) -> tuple[doc.Block, ...]:
    """The answer of a part, what else is given points, the working, and the mistakes behind wrong answers.

    Nothing where there is no key.
    """
    with_key = [(name, entry, entry.key) for name, entry in entries(asking) if entry.key is not None]
    found: list[doc.Block] = []
    for name, entry, known in with_key:
        if not name and entry.kind == "matrix" and not is_words(known.value):
            found += [doc.Paragraph((doc.Strong("Answer:"),)), doc.Formula((_displayed(known.value),))]
        elif not name:
            found.append(doc.Paragraph((doc.Strong("Answer:"), " ", *_tuple(answer(entry)))))
        found += _accepted(name, entry, known)
    for _, _, known in with_key:
        found += known.working
    found += _mistakes([(name, entry, known) for name, entry, known in with_key])
    return tuple(found)


def _displayed(value: Value) -> doc.Equation:
    return doc.Equation(None, (doc.rounded(value),))


def _accepted(name: doc.Words, entry: doc.Entry, known: doc.Key) -> Iterator[doc.Block]:
    others = [response for response in known.responses if response.share > 0 and response.id]
    if others:
        yield doc.Items(tuple(_earns(name, entry, response) for response in others))


def _earns(name: doc.Words, entry: doc.Entry, response: doc.Response) -> doc.Words:
    earned = "all" if response.share == 1 else f"{printing.text(response.share)} of"
    where = (*_tuple(name), ": ") if name else ()
    why = (": ", *_tuple(response.feedback)) if response.feedback else ()
    return (*where, *_tuple(spoken(response.value, entry.kind)), f" earns {earned} the points", *why)


def _mistakes(known: list[tuple[doc.Words, doc.Entry, doc.Key]]) -> Iterator[doc.Block]:
    rows = [
        (name, spoken(response.value, entry.kind), response.feedback)
        for name, entry, key in known
        for response in key.responses
        if response.share == 0
    ]
    if not rows:
        return
    if any(name for name, _, _ in rows):
        yield doc.Table(("cell", "if you wrote", "because"), tuple(rows), ("left", "right", "left"))
    else:
        short = tuple((value, because) for _, value, because in rows)
        yield doc.Table(("if you wrote", "because"), short, ("right", "left"), row_headers=False)


def _tuple(words: doc.Words) -> tuple[str | doc.Inline, ...]:
    return words if isinstance(words, tuple) else (words,)
