"""The rows of an Excel workbook's first sheet. Nothing in it is computed: what is read is what its cells show."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from xml.etree import ElementTree

from ..errors import UserError

_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
"""Formats of dates and times that every workbook has."""
_FIRST_DAY = datetime(1899, 12, 30)
_DEEPEST = 32
"""Of elements inside one another."""
_MOST_INSIDE = 100_000
_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")


def rows(data: bytes, most_cells: int, most_columns: int, most_bytes: int) -> list[tuple[int, list[str]]]:
    """(line, cells) of the rows in which something stands; a part of the workbook has at most so many bytes, unpacked.

    Raises UserError.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            names = sorted((int(match[1]), name) for name in book.namelist() if (match := _SHEET.fullmatch(name)))
            if not names:
                raise UserError("this is not an Excel workbook: it has no sheet")
            words: list[str] = []
            if "xl/sharedStrings.xml" in book.namelist():
                words = list(_words(_part(book, "xl/sharedStrings.xml", most_bytes), most_cells))
            times = _times(_part(book, "xl/styles.xml", most_bytes)) if "xl/styles.xml" in book.namelist() else ()
            return list(_rows(_part(book, names[0][1], most_bytes), words, times, most_cells, most_columns))
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, OSError, EOFError, RuntimeError, ValueError,
            NotImplementedError) as error:  # fmt: skip
        raise UserError(f"the workbook cannot be read: {error}") from None


def _part(book: zipfile.ZipFile, name: str, most: int) -> bytes:
    with book.open(name) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise UserError("the workbook is too large")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise UserError("a workbook declares no entities")
    return data


def _elements(data: bytes, name: str) -> Iterator[ElementTree.Element]:
    """The elements of that name, one after the other; what has been read is let go, so that few are there together."""
    parents: list[ElementTree.Element] = []
    inside = wanted = 0
    end = "}" + name
    for event, node in ElementTree.iterparse(io.BytesIO(data), ("start", "end")):
        is_wanted = node.tag == name or node.tag.endswith(end)
        if event == "start":
            parents.append(node)
            inside += 1
            wanted += is_wanted
            if len(parents) > _DEEPEST or inside > _MOST_INSIDE:
                raise UserError("a row or a text of the workbook is too large")
            continue
        parents.pop()
        if is_wanted:
            wanted -= 1
            yield node
        if not wanted:
            inside = 0
            if parents:
                parents[-1].remove(node)


def _words(data: bytes, most: int) -> Iterator[str]:
    """The texts that cells refer to by their number."""
    for place, item in enumerate(_elements(data, "si")):
        if place >= most:
            raise UserError(f"a workbook has at most {most:,} texts")
        yield _text(item)


def _text(node: ElementTree.Element) -> str:
    return "".join(part.text or "" for part in node.iter() if _name(part) == "t")


def _name(node: ElementTree.Element) -> str:
    return node.tag.rpartition("}")[2]


def _times(data: bytes) -> frozenset[str]:
    """The styles, by their number, in which a cell shows a date or a time: what a program makes of 1/2 or 3-4."""
    own = {
        node.get("numFmtId"): re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", node.get("formatCode") or "").casefold()
        for node in _elements(data, "numFmt")
    }
    dates = {id for id, code in own.items() if re.search("[dmyhs]", code) and "general" not in code}
    (cells,) = list(_elements(data, "cellXfs"))[:1] or (ElementTree.Element("cellXfs"),)
    return frozenset(
        str(place)
        for place, style in enumerate(cells)
        if (id := style.get("numFmtId") or "0") in dates or (id not in own and id.isdecimal() and int(id) in _DATES)
    )


def _rows(
    data: bytes, words: list[str], times: Collection[str], most_cells: int, most_columns: int
) -> Iterator[tuple[int, list[str]]]:
    cells = 0
    for row in _elements(data, "row"):
        found: dict[int, str] = {}
        line = int(row.get("r") or 0)
        for cell in row:
            place = _CELL.fullmatch(cell.get("r") or "")
            column = _column(place[1]) if place else len(found)
            if column >= most_columns:
                raise UserError(f"a sheet has at most {most_columns:,} columns")
            found[column] = _value(cell, words, times)
        width = max(found, default=-1) + 1
        cells += width
        if cells > most_cells:
            raise UserError(f"a sheet has at most {most_cells:,} cells")
        if any(value.strip() for value in found.values()):
            yield line, [found.get(column, "") for column in range(width)]


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _value(cell: ElementTree.Element, words: list[str], times: Collection[str]) -> str:
    kind = cell.get("t") or "n"
    if kind == "inlineStr":
        return _text(cell)
    value = next((node.text or "" for node in cell if _name(node) == "v"), "")
    if not value and kind != "s":  # nobody has worked it out yet
        return next((f"={node.text}" for node in cell if _name(node) == "f" and node.text), "")
    if kind == "s" and value:
        return words[int(value)] if int(value) < len(words) else ""
    if kind == "b":
        return "TRUE" if value == "1" else "FALSE"
    if kind == "n" and value:
        number = float(value)
        if (cell.get("s") or "0") in times:
            return _time(number)
        return str(int(number)) if number.is_integer() and abs(number) < 2**53 else f"{number:.15g}"
    return value


def _time(days: float) -> str:
    """A date as a person sees it in the cell, a time or both. Days are counted from the end of 1899."""
    try:
        found = _FIRST_DAY + timedelta(days=days)
    except OverflowError:
        return f"{days:.15g}"
    return (
        f"{found:%H:%M:%S}"
        if 0 <= days < 1
        else f"{found:%Y-%m-%d}"
        if days == int(days)
        else f"{found:%Y-%m-%d %H:%M}"
    )
