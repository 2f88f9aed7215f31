"""Arrays as people type and paste them, split into the texts of their numbers: nothing is computed, no file is opened.

`;` or a new line stands between rows, `|` between channels, `||` between filters. Nested brackets, matrices and tables
of LaTeX, tables of Markdown, and what a spreadsheet copies (tabs) are read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from ..errors import UserError
from ..expressions.answers import split_at, unwrapped
from .table_text import FORMATS

Texts: TypeAlias = tuple["str | Texts", ...]
"""Nested as the array is; the innermost are the texts of numbers, "" where there is none."""
Rows: TypeAlias = tuple[tuple[str, ...], ...]

LONGEST = 20_000
"""Characters of one array."""
_MATRIX = re.compile(
    r"\\(?:begin|end)\{[a-zA-Z]{0,12}(?:matrix|array|aligned)\*?\}(?:\{[lcr|]{0,40}\})?|\\(?:left|right)\s?[.()\[\]|]"
    r"|\\[\[\]]|\$|\\hline"
)
_NAMED = re.compile(
    r"(?:np\.|numpy\.|torch\.|tf\.)?(?:(?i:array|tensor)|matrix|asarray|constant|mat|vec)\s*"
    r"\((.*?)(?:,\s?(?:[a-z_]{1,20}\s?=\s?(?:<[^<>]{1,40}>|\([\d, ]{0,30}\)|[\w.:'\"]{1,30}))){0,4},?\s*\)",
    re.DOTALL,
)
"""array([1, 2], dtype=float32), tensor([1., 2.], grad_fn=<SoftmaxBackward0>), mat(1, 2; 3, 4)."""
_PIECES = re.compile("[⎡⎢⎣⎤⎥⎦⎛⎜⎝⎞⎟⎠⎧⎨⎩⎫⎬⎭│]")
"""Brackets that are as high as the matrix."""
_AS_COLUMN = re.compile(
    r"(.*[\])}])\s*(?:\^\s*\{?\s*(?:T|⊤|\\top|\\intercal|\\mathsf\{T\})\s*\}?|[ᵀ⊤]|\.T|')", re.DOTALL
)
"""(1, 2, 3)ᵀ"""
_LABEL = re.compile(r"(?:[A-Za-zŷŶ∂][\w∂/^{},()' ]{0,30}?|answer|result)\s*[=:]\s*(?=[-+−\[({\\$|.\d])", re.IGNORECASE)
_BRACKETED = re.compile(r"\s*[\[({].*[\])}]\s*", re.DOTALL)
_APART = re.compile(r"(?<=[\])}])\s*[,;]?\s*(?=[\[({])")
_MARKDOWN = re.compile(r"^\s*\|.*\|\s*$", re.MULTILINE)
_RULE = re.compile(r"^[\s|:+-]*-[\s|:+-]*$")
_FENCE = re.compile(r"`{3,}[a-z]*\n?(.*?)`{3,}|`(.*)`", re.DOTALL)


def texts(text: str, longest: int = LONGEST) -> Texts:
    """The texts of the numbers of an array, a row for each row also where there is only one. Raises UserError."""
    if len(text) > longest:
        raise UserError(f"an array has at most {longest:,} characters, not {len(text):,}")
    bare = without_name(text)
    if not bare:
        raise UserError("an array is expected, but there is nothing")
    pasted = pasted_rows(bare)
    return pasted if pasted is not None else typed(bare)


def without_name(text: str) -> str:
    """Without what stands around: code marks, maths delimiters, `y =`, `np.array(...)`."""
    found = _PIECES.sub(" ", text).strip()
    fenced = _FENCE.fullmatch(found)
    if fenced:
        found = (fenced[1] or fenced[2] or "").strip()
    maths = re.fullmatch(r"\$+([^$]*)\$+|\\\[(.*)\\\]|\\\((.*)\\\)", found, re.DOTALL)
    if maths:
        found = next((inner for inner in maths.groups() if inner is not None), "").strip()
    label = _LABEL.match(found)
    if label:
        found = found[label.end() :].strip().rstrip(";")
    named = _NAMED.fullmatch(found)
    return (named[1] if named else found).strip()


def typed(text: str) -> Texts:
    """1 2; 3 4 | 5 6; 7 8 || ...: as few brackets as there are separators of their kind."""
    filters = [_channels(part) for part in text.split("||")]
    return filters[0] if len(filters) == 1 else tuple(filters)


def _channels(text: str) -> Texts:
    channels = [typed_rows(part) for part in text.split("|")]
    return channels[0] if len(channels) == 1 else tuple(channels)


_NESTED = re.compile(r"(?:[\[({]\s*){3}")


def typed_rows(text: str) -> Rows:
    """1 2; 3 4, lines, [[1, 2], [3, 4]] and [1 2; 3 4]. Raises UserError where there is no row."""
    inner = text.strip()
    while _NESTED.match(inner) and (without := unwrapped(inner)) != inner:
        inner = without  # one example, one channel
    if re.match(r"[\[({]\s*[\[({]", inner):
        inner = unwrapped(inner)
    if _BRACKETED.fullmatch(inner):
        inner = _APART.sub(";", inner)
        inner = inner if ";" in split_between(inner) else unwrapped(inner)
    rows = tuple(_cells(row) for row in _split_rows(inner) if row.strip())
    if not rows:
        raise UserError("a matrix has at least one row")
    return rows


def split_between(text: str) -> str:
    """What stands outside all brackets."""
    found, depth = [], 0
    for character in text:
        depth -= character in ")]}"
        if depth == 0:
            found.append(character)
        depth += character in "([{"
    return "".join(found)


def _split_rows(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        yield from split_at(line, ";")


def _cells(row: str) -> tuple[str, ...]:
    inner = unwrapped(row.strip().rstrip(",").rstrip())
    inner = inner.strip("[]") if inner.count("[") != inner.count("]") else inner
    cells = split_at(inner.rstrip(","), ",") if "," in inner else inner.split()
    return tuple(cell.strip() for cell in cells)


def with_decimal_commas(text: str) -> Rows:
    """0,5 1,2; 3 4: commas as decimal points, spaces between the numbers.

    1,125 stays as it is where no other number shows what its comma is.
    """
    rows = tuple(
        tuple(unwrapped(row.strip()).split()) for row in _split_rows(unwrapped(without_name(text))) if row.strip()
    )
    return as_decimals(rows)


_DECIMAL_CELL = re.compile(r"\s*[-+−]?(?:\d+(?:,\d+)?|,\d+)\s*", re.ASCII)


def with_semicolons(text: str) -> Rows | None:
    """What a spreadsheet with decimal commas saves: a line for each row, and semicolons between the numbers."""
    lines = [line.strip().strip(";") for line in without_name(text).splitlines() if line.strip()]
    rows = tuple(tuple(line.split(";")) for line in lines)
    if len(rows) < 2 or len(rows[0]) < 2 or not all(_DECIMAL_CELL.fullmatch(cell) for row in rows for cell in row):
        return None
    return tuple(tuple(cell.strip().replace(",", ".") for cell in row) for row in rows)


def without_transpose(text: str) -> str:
    """(1, 2, 3)ᵀ is the vector as a column."""
    found = _AS_COLUMN.fullmatch(text.strip().strip("$").strip())
    return found[1] if found else text


_SURELY_DECIMAL = re.compile(r"[-+−]?(?:0?,\d+|\d+,(?:\d{1,2}|\d{4,})|0,\d+)", re.ASCII)


def as_decimals(rows: Rows) -> Rows:
    """The rows with decimal points, where one of the numbers shows that a comma is decimal."""
    if not any(_SURELY_DECIMAL.fullmatch(cell) for row in rows for cell in row):
        return rows
    return tuple(tuple(cell.replace(",", ".") for cell in row) for row in rows)


_LABELLED = re.compile(
    r"\s*\(?([A-Za-zŷŶδ∂][A-Za-z'^{}_\[(]*?)[_{\[(\s]*(?:=\s*)?(\d{1,3}|[₀-₉]{1,3})[})\]\s]*(?:=|:|≈|->|→)\s*(\S.*)",
    re.DOTALL,
)
_LISTED = re.compile(r"\s*()\(?(\d{1,2})(?:\)|[.:](?=\s))\s*(\S.*)", re.DOTALL)
"""1) 0.197, on a line of its own."""
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def without_labels(text: str) -> str:
    """h1 = 0.197, h2 = 0.3 on lines of their own, or between commas: the numbers alone, in the order of places."""
    for separator in ("\n", ";", ","):
        parts = text.strip().strip(";,").split(separator)
        found = [_LABELLED.fullmatch(part) for part in parts]
        if separator == "\n" and not any(found):
            found = [_LISTED.fullmatch(part) for part in parts]
        if len(found) > 1 and all(found) and len({each[1] for each in found if each}) == 1:
            places = [(int(each[2].translate(_LOWERED)), each[3].strip()) for each in found if each]
            if len({place for place, _ in places}) == len(places):
                return "\n".join(rest for _, rest in sorted(places, key=lambda pair: pair[0]))
    return text


def pasted_rows(text: str) -> Rows | None:
    """A table of Markdown, of LaTeX, or of slides with tabs; None where the text looks like none of them."""
    if re.search(r"\\\\|\\cr\b", text) or ("&" in text and "tabular" not in text):
        if "tabular" in text:
            return _table("latex", text)
        body = re.sub(r"\\cr\b", r"\\\\", _MATRIX.sub(" ", text))
        return tuple(tuple(cell.strip() for cell in row.split("&")) for row in body.split(r"\\") if row.strip())
    if _MATRIX.search(text) and r"\begin" in text:
        return (tuple(_MATRIX.sub(" ", text).split()),)
    if _MARKDOWN.search(text) and all(line.count("|") > 1 for line in text.splitlines() if line.strip()):
        return _table("markdown", text)
    return _table("tabs", text) if "\t" in text else None


def _table(format: str, text: str) -> Rows:
    """The cells of a table; a first row in which nothing is a number is what stands over the columns."""
    rows = [tuple(line.cells) for line in FORMATS[format](text)]
    rows = [row for row in rows if not _RULE.match("|".join(row) or "x")]
    if len(rows) > 1 and not any(re.search(r"\d", cell) for cell in rows[0]):
        rows = rows[1:]
    return tuple(rows)


def unnumbered(rows: Rows, size: tuple[int, ...]) -> Rows:
    """A grid that was filled in, without the numbers of its rows and columns; any other rows as they are.

    `size` is that of the array: (rows, columns), or (columns,).
    """
    tall, wide = (size if len(size) == 2 else (1, *size)) if size else (0, 0)
    if len(rows) != tall + 1 or not rows[0]:
        return rows
    heads = tuple(str(place) for place in range(1, wide + 1))
    if len(size) == 1 and rows[0] == heads and len(rows[1]) == wide:
        return rows[1:]
    is_numbered = rows[0] in (("", *heads), heads) and all(
        row[:1] == (str(place),) and len(row) == wide + 1 for place, row in enumerate(rows[1:], 1)
    )
    return tuple(row[1:] for row in rows[1:]) if is_numbered else rows
