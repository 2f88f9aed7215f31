"""The rows of an Excel workbook's first sheet. Nothing in it is computed: what is read is what its cells show."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree

from ..errors import UserError

MOST_BYTES = 32 * 2**20
"""Of one part of a workbook, unpacked."""
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")


def rows(data: bytes, most_cells: int, most_columns: int) -> list[tuple[int, list[str]]]:
    """(line, cells) of the rows in which something stands. Raises UserError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            names = sorted((int(match[1]), name) for name in book.namelist() if (match := _SHEET.fullmatch(name)))
            if not names:
                raise UserError("this is no workbook of Excel: it has no sheet")
            words = (
                list(_words(_part(book, "xl/sharedStrings.xml"))) if "xl/sharedStrings.xml" in book.namelist() else []
            )
            return list(_rows(_part(book, names[0][1]), words, most_cells, most_columns))
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, OSError, EOFError, RuntimeError, ValueError,
            NotImplementedError) as error:  # fmt: skip
        raise UserError(f"the workbook cannot be read: {error}") from None


def _part(book: zipfile.ZipFile, name: str) -> bytes:
    with book.open(name) as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise UserError("the workbook is too large")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise UserError("a workbook declares no entities")
    return data


def _words(data: bytes) -> Iterator[str]:
    """The texts that cells refer to by their number."""
    for item in ElementTree.fromstring(data):
        yield _text(item)


def _text(node: ElementTree.Element) -> str:
    return "".join(part.text or "" for part in node.iter() if _name(part) == "t")


def _name(node: ElementTree.Element) -> str:
    return node.tag.rpartition("}")[2]


def _rows(data: bytes, words: list[str], most_cells: int, most_columns: int) -> Iterator[tuple[int, list[str]]]:
    cells = 0
    for row in (node for node in ElementTree.fromstring(data).iter() if _name(node) == "row"):
        found: dict[int, str] = {}
        line = int(row.get("r") or 0)
        for cell in row:
            place = _CELL.fullmatch(cell.get("r") or "")
            column = _column(place[1]) if place else len(found)
            if column >= most_columns:
                raise UserError(f"a sheet has at most {most_columns:,} columns")
            found[column] = _value(cell, words)
        cells += len(found)
        if cells > most_cells:
            raise UserError(f"a sheet has at most {most_cells:,} cells")
        if any(value.strip() for value in found.values()):
            yield line, [found.get(column, "") for column in range(max(found) + 1)]


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _value(cell: ElementTree.Element, words: list[str]) -> str:
    kind = cell.get("t") or "n"
    if kind == "inlineStr":
        return _text(cell)
    value = next((node.text or "" for node in cell if _name(node) == "v"), "")
    if kind == "s" and value:
        return words[int(value)] if int(value) < len(words) else ""
    if kind == "b":
        return "TRUE" if value == "1" else "FALSE"
    if kind == "n" and value:
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 2**53 else f"{number:.15g}"
    return value
