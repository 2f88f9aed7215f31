"""Files from outside: bounded before they are read, refused in one line, and nothing in them is executed."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator
from typing import Any
from unicodedata import category

from ..errors import ProblemError, UserError, printable

MOST_DOTS = 12
"""Of one key of TOML: the standard library's parser takes seconds for a dotted key of thousands of parts."""
MOST_STREAMED = 64 * 2**20
"""Bytes of what may have no end."""
LEAST_BLOCK = 2**16
_MOST_DOTS_IN_VALUE = 200
"""Of the rest of a line outside quotes, where numbers have dots, and keys of inline tables too."""
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'")


def read_bytes(path: str, most: int, what: str) -> bytes:
    """The content of a file of at most `most` bytes; `what` names what it should be, "a profile".

    ProblemError if it cannot be read or is larger: of a larger one only the first bytes are read, and of what tells no
    size beforehand, such as a pipe, at most MOST_STREAMED.
    """
    try:
        with open(path, "rb") as file:
            told = os.fstat(file.fileno())
            if not stat.S_ISREG(told.st_mode):
                most = min(most, MOST_STREAMED)
            # memory for a whole block is asked for, however little comes: no more than the file says it has
            block = min(most, max(told.st_size, LEAST_BLOCK)) + 1
            parts: list[bytes] = []
            while part := file.read(min(block, most + 1 - sum(map(len, parts)))):
                parts.append(part)
            data = b"".join(parts)
    except OSError as error:
        raise ProblemError(printable(path), "", f"the file cannot be read: {error.strerror}") from None
    except ValueError:
        raise ProblemError(printable(path), "", "no file has such a name") from None
    return bounded(data, path, most, what)


def bounded(data: bytes, path: str, most: int, what: str) -> bytes:
    """`data`, if it has at most `most` bytes. ProblemError."""
    if len(data) > most:
        size = f"{most // 2**20} MiB" if most >= 2**20 else f"{most // 2**10} KiB"
        raise ProblemError(printable(path), "", f"{what} has at most {size}")
    return data


def decoded(data: bytes, path: str) -> str:
    """UTF-8 text, with or without a byte order mark. ProblemError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProblemError(printable(path), "", f"the file is not UTF-8 text: byte {error.start}") from None


def decoded_leniently(data: bytes, path: str) -> str:
    """Text as people's programs save it: UTF-8, UTF-16, else Western European Windows. ProblemError."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif len(data) > 3 and not data[1] and not data[3]:
        encoding = "utf-16-le"
    elif len(data) > 3 and not data[0] and not data[2]:
        encoding = "utf-16-be"
    else:
        encoding = "utf-8-sig"
    for attempt in (encoding, "cp1252"):
        try:
            return data.decode(attempt).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise ProblemError(printable(path), "", "the file is not text in UTF-8, UTF-16 or Windows-1252")


_STATED = re.compile(r"\"?sep=([,;\t|])\"?[,;\t]*")


def delimiter(text: str) -> str:
    """What stands most often in the first line of comma-separated values: a comma, a semicolon or a tab.

    What stands in quotes or brackets, `Size (h, w)`, is not counted. A line `sep=;`, as spreadsheets read it, says it.
    """
    first = text.lstrip("\ufeff\n\r").split("\n", 1)[0]
    if stated := _STATED.fullmatch(first.strip()):
        return stated[1]
    bare = re.sub(r"\"[^\"]*\"|\([^()]*\)", "", first)
    return max(",;\t", key=lambda sign: (bare.count(sign), first.count(sign)))


def csv_rows(
    text: str, longest_cell: int = 131_072, most_rows: int = 50_000, most_columns: int = 5_000,
    most_cells: int = 2_000_000,
) -> Iterator[tuple[int, list[str]]]:  # fmt: skip
    """(line, cells) of comma-separated values where something stands in a row.

    Raises UserError for more than there may be, and with the line for a quote that is left open, or stands where none
    can.
    """
    import csv

    usual = csv.field_size_limit(longest_cell)  # it holds for the whole process
    sign = delimiter(text)
    first, end, rest = text.partition("\n")
    if _STATED.fullmatch(first.lstrip("\ufeff").strip()):
        text = end + rest
    reader = csv.reader(io.StringIO(text), delimiter=sign, strict=True)
    before = cells = 0
    try:
        for number, row in enumerate(reader, 1):
            cells += len(row)
            if number > most_rows or len(row) > most_columns or cells > most_cells:
                rule = f"a CSV has at most {most_rows:,} rows, {most_columns:,} columns and {most_cells:,} cells"
                raise UserError(rule)
            if any(cell.strip() for cell in row):
                yield before + 1, row
            before = reader.line_num
    except csv.Error as error:
        rule = "a quote that is opened here is never closed" if "unexpected end of data" in str(error) else str(error)
        raise UserError(f"the file is not a CSV file: line {before + 1}: {rule}") from None
    finally:
        csv.field_size_limit(usual)


def parse_toml(data: bytes, path: str) -> dict[str, Any]:
    """The tables of a TOML file's content. ProblemError names the file, and the line where there is one."""
    import tomllib

    text = decoded(data, path)
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_DOTS:
            _check_dots(line, number, path)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ProblemError(printable(path), "", "the file is nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise ProblemError(printable(path), "", f"the file is not TOML: {printable(str(error))}") from None
    except ValueError:  # what int() says of thousands of digits
        raise ProblemError(printable(path), "", "a whole number has too many digits") from None


def _check_dots(line: str, number: int, path: str) -> None:
    """Raises ProblemError for a key of too many parts; a key ends with its line."""
    key, _, value = _QUOTED.sub("", line).partition("=")
    for part, most in ((key, MOST_DOTS), (value, _MOST_DOTS_IN_VALUE)):
        if part.count(".") > most:
            rule = f"a line has at most {most} dots, not {part.count('.')}"
            raise ProblemError(printable(path), f"line {number}", rule)


def number(text: str) -> float:
    """The number that a text is. ValueError, also for 1_0 and digits of other scripts, which Python reads."""
    if not text.isascii() or "_" in text:
        raise ValueError
    return float(text)


def seen(text: str) -> str:
    """The text without marks that nobody sees, which would hide the sign of a formula behind them."""
    return "".join(letter for letter in text if letter in "\t\n\r" or category(letter) not in ("Cc", "Cf", "Cs"))
