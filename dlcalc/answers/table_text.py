"""A table as text: CSV, a Markdown or LaTeX table, or columns pasted from slides, taken apart into rows of cells."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ..errors import UserError

MOST_BYTES = 2**20
MOST_ROWS = 5_000
_MOST_CELLS = 200
"""Of one row; the rest of a longer one is a single cell."""
_HEADINGS_WITHIN = 200
"""The headings stand among so many rows: before them there may be prose, or a caption."""


@dataclass(frozen=True)
class Line:
    """The cells of one row, and the 1-based line of the text on which it begins."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """The row of headings and all rows after it; `format` is what the text was taken for."""

    format: str
    header: Line
    rows: tuple[Line, ...]


Split = Callable[[str], Iterator[Line]]


def decoded(text: str | bytes) -> str:
    """The text of a file that a student handed in: UTF-8, UTF-16 with its mark, or else Windows's western letters.

    Raises UserError when it is larger than a table can be.
    """
    length = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "replace"))
    if length > MOST_BYTES:
        raise UserError(f"a table to mark has at most {MOST_BYTES // 2**20} MiB, not {length:,} bytes")
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        return text.decode("utf-16", "replace")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return text.decode("cp1252", "replace")


def read_grid(text: str, known: Callable[[Sequence[str]], int]) -> Grid:
    """The table in a text, in the format in which most headings are recognised.

    `known` counts the headings that a row of cells has. Raises UserError when no row has any, or there are too many.
    """
    flat = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    best: tuple[int, str, int] = (0, "", 0)
    for format, split in FORMATS.items():
        for index, line in enumerate(islice(split(flat), _HEADINGS_WITHIN)):
            score = known(line.cells)
            if score > best[0]:
                best = (score, format, index)
    score, format, index = best
    if not score:
        raise UserError("a table begins with its headings, such as Layer, Tensor size, Parameters; none is found")
    lines = list(islice(FORMATS[format](flat), index, index + MOST_ROWS + 2))
    if len(lines) > MOST_ROWS + 1:
        raise UserError(f"a table to mark has at most {MOST_ROWS:,} rows")
    return Grid(format, lines[0], tuple(lines[1:]))


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())


_RULE = re.compile(r"[\s|:+=\u2500-\u257f-]*")
_BOXED = re.compile(r"\s*[│┃║].*[│┃║]\s*$")
_BOXES = str.maketrans("│┃║", "|||")
"""The lines of a table that is drawn with them."""
_TREE = re.compile(r"^[│\s]*[├└]─+")
_BAR = re.compile(r"(?<!\\)\|")


def _markdown(text: str) -> Iterator[Line]:
    for number, line in _numbered(text):
        line = line.translate(_BOXES) if _BOXED.match(line) else line
        if "|" in line and not _RULE.fullmatch(line):
            inner = re.sub(r"(?<!\\)\|$", "", line.strip().removeprefix("|"))
            yield Line(number, tuple(_plain(part.replace(r"\|", "|")) for part in _BAR.split(inner, _MOST_CELLS)))


def _plain(text: str) -> str:
    """A cell without the marks of emphasis, code and maths around it."""
    stripped = text.strip()
    while len(stripped) > 1 and stripped[0] == stripped[-1] and stripped[0] in "*_`$":
        stripped = stripped[1:-1].strip()
    return without_commands(stripped) if "\\" in stripped else stripped


_BEGIN = re.compile(r"\\begin\{(tabular\*?|tabularx|longtable|array|tblr)\}(?:\[[^\]\n]{0,20}\])?")
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_END_OF_ROW = re.compile(r"\\\\(?:\[[^\]\n]{0,20}\])?|\\tabularnewline\b")
_RULES = re.compile(r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot"
                    r"|(?:cline|cmidrule)(?:\([a-z]*\))?\{[^}\n]{0,20}\})")  # fmt: skip
_AND = re.compile(r"(?<!\\)&")
_SPAN = re.compile(r"\\multicolumn\s*\{(\d{1,2})\}\s*\{[^{}\n]{0,40}\}")


def _latex(text: str) -> Iterator[Line]:
    if "&" not in text:
        return
    start, end_of_table = _inside(text)
    body = _COMMENT.sub("", text[start:end_of_table])  # the ends of its lines stay, to be counted
    number = text.count("\n", 0, start) + 1
    at = 0
    for end in (*_END_OF_ROW.finditer(body), None):
        row = body[at : end.start() if end else len(body)]
        if "&" in row:
            cleaned = _RULES.sub(" ", row)
            lead = len(cleaned) - len(cleaned.lstrip())
            yield Line(number + cleaned.count("\n", 0, lead), tuple(_latex_cells(cleaned)))
        number += body.count("\n", at, end.end() if end else len(body))
        at = end.end() if end else len(body)


def _inside(text: str) -> tuple[int, int]:
    """From where to where the rows of the first table stand, what it says of its columns left out; else all."""
    begin = _BEGIN.search(text)
    if begin is None:
        return 0, len(text)
    start = begin.end()
    for _ in range(2 if begin[1] in ("tabular*", "tabularx") else 1):
        start = _after_braces(text, start)
    end = text.find(f"\\end{{{begin[1]}}}", start)
    return start, len(text) if end < 0 else end


def _after_braces(text: str, start: int) -> int:
    """The place after a group in braces that begins here; `start` itself where none does."""
    depth = 0
    for place in range(start, min(start + 300, len(text))):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return place + 1 if place > start else start
    return start


def _latex_cells(row: str) -> Iterator[str]:
    for part in _AND.split(row, _MOST_CELLS):
        span = _SPAN.search(part)
        yield without_commands(_SPAN.sub("", part))
        yield from [""] * (min(int(span[1]), 20) - 1 if span else 0)


_SIGNS = {
    r"\times": "×", r"\cdot": "·", r"\lfloor": "⌊", r"\rfloor": "⌋", r"\lceil": "⌈", r"\rceil": "⌉", r"\left": "",
    r"\right": "", r"\#": "#", r"\_": "_", r"\&": "&", r"\%": "%", r"\$": "", r"\,": "\u2009", r"\;": " ", r"\:": " ",
    r"\!": "", r"\ ": " ", r"\(": "", r"\)": "", "{,}": ",", "{.}": ".", "$": "", "~": " ",
}  # fmt: skip
_SIGN = re.compile("|".join(f"{re.escape(sign)}(?![a-zA-Z])" if sign[-1].isalpha() else re.escape(sign)
                            for sign in _SIGNS))  # fmt: skip
_COMMAND = re.compile(r"\\[a-zA-Z]{1,30}\*?\s*\{([^{}]*)\}")
_MULTIROW = re.compile(r"\\multirow\s*\{[^{}]*\}\s*\{[^{}]*\}")
_NESTED = 4
"""Commands around a text are taken off so many deep: \\textbf{\\num{96}}."""


def without_commands(text: str) -> str:
    """A text without LaTeX's marks: $55 \\times 55$ is 55 × 55, \\textbf{34{,}944} is 34,944."""
    plain = _SIGN.sub(lambda found: _SIGNS[found[0]], _MULTIROW.sub("", text))
    for _ in range(_NESTED):
        plain = _COMMAND.sub(r"\1", plain)
    return re.sub("-{2,3}", "—", plain.replace("{", "").replace("}", "")).strip()


def _separated(delimiter: str) -> Split:
    """Values between separators, with quotes as spreadsheets write them; a stray quote is only a character."""

    def split(text: str) -> Iterator[Line]:
        if delimiter not in text:
            return
        yield from _quoted(text, delimiter) or _unquoted(text, delimiter)

    return split


def _quoted(text: str, delimiter: str) -> list[Line] | None:
    lines = (f"{line}\n" for line in text.split("\n"))
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != "\t", strict=True)
    found: list[Line] = []
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append(Line(begins, tuple(cell.strip() for cell in cells[:_MOST_CELLS])))
            begins = reader.line_num + 1
    except csv.Error:
        return None
    return found


def _unquoted(text: str, delimiter: str) -> list[Line]:
    return [
        Line(number, tuple(cell.strip() for cell in line.split(delimiter, _MOST_CELLS)))
        for number, line in _numbered(text)
        if line.strip(delimiter + " ")
    ]


_GAP = re.compile(r"[ \u00a0]{2,}|\t+")


def _spaced(text: str) -> Iterator[Line]:
    for number, line in _numbered(text):
        if not _RULE.fullmatch(line):
            bare = _TREE.sub("", line).strip()
            yield Line(number, tuple(part.strip() for part in _GAP.split(bare, _MOST_CELLS)))


FORMATS: dict[str, Split] = {
    "markdown": _markdown,
    "latex": _latex,
    "tabs": _separated("\t"),
    "semicolons": _separated(";"),
    "commas": _separated(","),
    "spaces": _spaced,
}
"""The most particular first: of two in which a text is as well understood, the first is meant."""
