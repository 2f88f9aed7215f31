"""What formats that mark by themselves have in common: the key, and fields in the middle of a text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from .. import document as doc
from ..errors import UserError
from . import _sheet as sheet


def check_key(document: doc.Document, format: str) -> None:
    """UserError if there is no question, or one that cannot be marked because it comes from a sheet without a key."""
    questions = sheet.questions(document)
    if not questions:
        raise UserError(f"{format} holds questions, and this document has none")
    parts = (part for question in questions for part in question.parts)
    for entry in (entry for part in parts for _, entry in sheet.entries(part)):
        if not (any(choice.right for choice in entry.choices) if entry.kind == "choice" else entry.key):
            raise UserError(f"{format} marks answers, so it needs the document with its key, and {entry.id} has none")


def responses(key: doc.Key) -> tuple[doc.Response, ...]:
    """The answers that something is said to, the right one first."""
    return key.responses or (doc.Response(key.value, Fraction(1), ""),)


def answer(entry: doc.Entry) -> doc.Words:
    """The right answer in words; of a choice the words of the right ones, wherever they stand when shuffled."""
    if entry.kind != "choice":
        return sheet.answer(entry)
    right = [doc.inlines(choice.words) for choice in entry.choices if choice.right]
    return tuple(inline for i, words in enumerate(right) for inline in ((doc.Text("; "),) if i else ()) + words)


def mark(index: int) -> str:
    """What stands in a text for the field of that number until `filled` puts it there; no foreign text has it."""
    return f"\ue000{index}\ue001"


def unmarked(text: str) -> str:
    """Foreign text without the signs of `mark`, and without two that no file of XML may hold."""
    return text.translate(dict.fromkeys((0xE000, 0xE001, 0xFFFE, 0xFFFF)))


def filled(text: str, fields: Iterable[str]) -> str:
    """The text with the fields in their places."""
    found = list(fields)
    return re.sub("\ue000([0-9]+)\ue001", lambda match: found[int(match[1])], text)


def marked_table(grid: doc.Grid, first: int) -> doc.Table:
    """The grid as a table with a mark for each of its entries, counted from `first`."""
    count = first
    rows: list[tuple[doc.Words, ...]] = []
    for row in grid.rows:
        cells: list[doc.Words] = []
        for cell in row:
            cells.append(mark(count) if isinstance(cell, doc.Entry) else _unmarked_words(cell))
            count += isinstance(cell, doc.Entry)
        rows.append(tuple(cells))
    return doc.Table(tuple(map(_unmarked_words, grid.header)), tuple(rows))


def _unmarked_words(words: doc.Words) -> doc.Words:
    return tuple(_unmarked_inline(inline) for inline in doc.inlines(words))


def _unmarked_inline(inline: doc.Inline) -> doc.Inline:
    match inline:
        case doc.Text(text) | doc.CodeText(text):
            return type(inline)(unmarked(text))
        case doc.Strong(words) | doc.Emphasis(words):
            return type(inline)(_unmarked_words(words))
        case doc.Math():
            return inline
