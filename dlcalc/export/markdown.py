"""Markdown as GitHub and Jupyter read it: maths between dollars, tables with pipes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .. import document as doc
from ..expressions import printing
from . import _sheet as sheet
from .html import data_address
from .latex import rows

SUFFIX = ".md"

_RULES = {"left": "---", "center": ":---:", "right": "---:"}


def write(document: doc.Document) -> str:
    """The document as Markdown; a figure is an image whose data stand in the text."""
    blocks = [block(each, document.spell) for each in document.blocks]
    if document.facts:
        # Two spaces before the end of a line keep the next one apart.
        blocks.insert(0, "  \n".join(f"**{_escape(name)}:** {_fact(value)}" for name, value in document.facts))
    if document.title:
        blocks.insert(0, f"# {words(document.title, document.spell)}")
    return "\n\n".join(blocks) + "\n"


def _fact(value: str) -> str:
    return words(value) or _BLANK


def block(shown: sheet.Piece, spell: printing.Spell = None) -> str:
    """One block of a document as Markdown, without an empty line at its end."""
    match shown:
        case doc.Heading(level, said):
            return f"{'#' * (level + 1)} {words(said, spell)}"
        case doc.Paragraph(said):
            return _paragraph(said, spell)
        case doc.Formula(equations):
            return _display(equations, spell)
        case doc.Table():
            return _table(shown, spell)
        case doc.Steps(items):
            steps = (f"{_paragraph(said, spell)}\n\n{_display((equation,), spell)}" for said, equation in items)
            return "\n\n".join(_hang(f"{i}. ", step) for i, step in enumerate(steps, 1))
        case doc.Note(kind, said):
            return f"> **{kind.capitalize()}.** {words(said, spell)}"
        case doc.Code(text, language):
            fence = "`" * (1 + max(2, *map(len, re.findall("`*", text))))
            return f"{fence}{re.sub('[^A-Za-z0-9+-]', '', language)}\n{doc.printable(text).rstrip()}\n{fence}"
        case doc.Figure(svg, alt):
            return f"![{words(alt, spell)}]({data_address(svg)})"
        case doc.Items(items):
            return "\n".join(f"- {_paragraph(item, spell)}" for item in items)
        case doc.Grid():
            return _table(sheet.table(shown), spell)
        case doc.Entry():
            return _entry(shown, spell)
        case doc.Question(blocks=blocks, parts=parts):
            head = f"## {words(sheet.heading(shown))} ({sheet.points(shown.points)})"
            return "\n\n".join(
                [head, *(block(each, spell) for each in blocks), *(_part(part, spell) for part in parts)]
            )


_BLANK = r"\_\_\_\_\_\_\_\_\_\_\_\_"


def _entry(entry: doc.Entry, spell: printing.Spell) -> str:
    if entry.choices:
        return block(doc.Items(sheet.choices(entry)), spell)
    grid = sheet.room(entry)
    return "" if entry.key else f"Answer: {_BLANK}" if grid is None else _table(sheet.table(grid), spell)


def _part(part: doc.Part, spell: printing.Spell) -> str:
    """What is asked, and set back in a quotation what the key says to it."""
    asked = (block(each, spell) for each in sheet.part(part))
    key = "\n\n".join(block(each, spell) for each in sheet.key(part))
    quoted = ["\n".join(f"> {line}".rstrip() for line in key.split("\n"))] if key else []
    return "\n\n".join([*filter(None, asked), *quoted])


def _table(table: doc.Table, spell: printing.Spell) -> str:
    cells = [[words(cell, spell) for cell in row] for row in (table.header, *table.rows)]
    cells.insert(1, [_RULES[alignment] for alignment in table.alignments])
    caption = words((doc.Emphasis(table.caption),), spell)
    return "\n".join([*([caption, ""] if caption else []), *(f"| {' | '.join(row)} |" for row in cells)])


def _display(equations: Iterable[doc.Equation], spell: printing.Spell) -> str:
    maths = _safe(rows(equations, spell, lambda note: _said(note, spell)))
    return f"$$\n\\begin{{aligned}}\n{maths}\n\\end{{aligned}}\n$$"


def _said(note: doc.Words, spell: printing.Spell) -> str:
    """Words inside maths. Readers differ in what they escape inside \\text, so it holds only what needs no escape."""
    found = ""
    for inline in doc.inlines(note):
        match inline:
            case doc.Math(value):
                found += printing.latex(value, spell)
            case doc.Text(text) | doc.CodeText(text):
                pieces = re.split(r"([\\{}$&#_%^~<>|`])", text)
                found += "".join(_SIGNS.get(piece, rf"\text{{{piece}}}") for piece in pieces if piece)
            case doc.Strong(inner) | doc.Emphasis(inner):
                found += _said(inner, spell)
    return found


_SIGNS = {sign: rf"\{sign}" for sign in "{}$&#_%"} | {
    "\\": r"\backslash ", "^": r"\wedge ", "~": r"\sim ", "<": "<", ">": ">", "|": r"\vert ", "`": r"\prime ",
}  # fmt: skip


def _paragraph(said: doc.Words, spell: printing.Spell) -> str:
    """The words where a line begins: what would begin a list there is text."""
    return re.sub(r"^(\d+(?=[.)](?:\s|$))|(?=[-+]))", r"\1\\", words(said, spell))


def words(said: doc.Words, spell: printing.Spell = None) -> str:
    """Words as Markdown, on one line."""
    return "".join(_inline(inline, spell) for inline in doc.inlines(said)).strip()


def _inline(inline: doc.Inline, spell: printing.Spell) -> str:
    match inline:
        case doc.Text(text):
            return _escape(text)
        case doc.Strong(inner):
            return _around("**", words(inner, spell))
        case doc.Emphasis(inner):
            return _around("*", words(inner, spell))
        case doc.Math(value):
            # Inside a line GitHub reads two backslashes as one, which would not end a row of a matrix.
            return f"${_safe(printing.latex(value, spell))}$".replace("\\\\", "\\cr ")
        case doc.CodeText(text) if text and not set("`|") & set(text):
            return f"`{text}`"
        case doc.CodeText(text):
            # Between backticks nothing can be escaped: neither a backtick nor a | that must not end a table's cell.
            return f"<code>{_escape(text)}</code>"


def _around(mark: str, text: str) -> str:
    return f"{mark}{text}{mark}" if text else ""


def _escape(text: str) -> str:
    """The text with every sign that could begin markup, HTML or maths taken as itself."""
    marked = re.sub(r"([\\`*_\[\]|$~#])", r"\\\1", text)
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _safe(tex: str) -> str:
    """Maths without signs that mean HTML or the end of a table's cell to a reader of Markdown."""
    return tex.replace("<", r"\lt ").replace(">", r"\gt ").replace(r"\|", r"\Vert ").replace("|", r"\vert ")


def _hang(mark: str, text: str) -> str:
    return mark + re.sub(r"\n(?!\n)", "\n" + " " * len(mark), text)
