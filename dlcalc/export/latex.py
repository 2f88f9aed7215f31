"""LaTeX to paste into a sheet or slides, or a whole article; it needs the packages amsmath and booktabs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from .. import document as doc
from ..expressions import printing
from ..expressions.functions import GREEK
from ..expressions.nodes import Name
from . import _sheet as sheet

SUFFIX = ".tex"

_PREAMBLE = r"""\documentclass[a4paper,11pt]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{textcomp}
\usepackage{lmodern}
\usepackage{amsmath}
\usepackage{booktabs}
\setcounter{MaxMatrixCols}{64}
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.6\baselineskip}
\begin{document}
"""

_SYMBOLS = {
    "−": "-", "×": r"\times", "·": r"\cdot", "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil",
    "√": r"\surd", "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "≈": r"\approx", "→": r"\to", "←": r"\leftarrow",
    "∈": r"\in", "⊙": r"\odot", "⊗": r"\otimes", "⊤": r"\top", "∂": r"\partial", "∞": r"\infty", "±": r"\pm",
    "∘": r"\circ", "′": r"{}^{\prime}", "″": r"{}^{\prime\prime}", "ℓ": r"\ell", "ᵀ": r"{}^{\top}", "∗": r"\ast",
    "⋅": r"\cdot", "∥": r"\|", "‖": r"\|", "⟨": r"\langle", "⟩": r"\rangle", "∉": r"\notin",
    "⇒": r"\Rightarrow", "↦": r"\mapsto", "…": r"\ldots", "○": r"\bigcirc", "●": r"\bullet", "⁄": "/", "≪": r"\ll",
    "≫": r"\gg", "∼": r"\sim", "⊕": r"\oplus", "∙": r"\bullet", "↓": r"\downarrow", "↑": r"\uparrow", "✓": r"\surd",
    "Σ": r"\Sigma", "Π": r"\Pi", "∑": r"\sum", "∏": r"\prod", "≡": r"\equiv", "∝": r"\propto", "∇": r"\nabla",
} | {letter: printing.latex(Name(name)) for letter, name in GREEK.items()}  # fmt: skip

_ESCAPED = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"{\char34}", "`": r"\textasciigrave{}", "\u00a0": "~", "\u202f": r"\,",
    # After the end of a line, [ would begin an argument and * a variant of the command.
    "[": "{[}", "]": "{]}", "*": "{*}",
} | {symbol: rf"\ensuremath{{{command}}}" for symbol, command in _SYMBOLS.items()}  # fmt: skip


def write(document: doc.Document, standalone: bool = False) -> str:
    """The document as LaTeX: what stands inside a document, or with `standalone` a whole article.

    LaTeX reads no SVG: in a figure's place stands its description.
    """
    blocks = [_block(block, document.spell) for block in document.blocks]
    if document.facts:
        facts = (rf"\textbf{{{_escape(name)}:}} {_escape(value) or _BLANK}" for name, value in document.facts)
        blocks.insert(0, "\\noindent\n" + "\\qquad\n".join(facts))
    if document.title:
        blocks.insert(0, rf"\section*{{{_words(document.title, document.spell)}}}")
    body = "\n\n".join(blocks) + "\n"
    return f"{_PREAMBLE}{body}\\end{{document}}\n" if standalone else body


def rows(equations: Iterable[doc.Equation], spell: printing.Spell, say: Callable[[doc.Words], str]) -> str:
    """The rows of an `aligned` or `align*`: the first signs stand under one another; `say` sets a note as maths."""
    found = []
    for equation in equations:
        for left, terms, note in doc.lines(equation, spell):
            row = "" if left is None else f"{printing.latex(left, spell)} "
            row += "&" + " ".join(f"{_SIGNS[sign]}{printing.latex(term, spell)}" for sign, term in terms)
            found.append(f"{row} &&\\quad {say(note)}" if note else row)
    return " \\\\\n".join(found)


_SIGNS = {"": " ", "=": "= ", "≈": r"\approx "}


def _block(block: sheet.Piece, spell: printing.Spell) -> str:
    match block:
        case doc.Heading(level, words):
            command = ("subsection", "subsubsection", "paragraph")[level - 1]
            return rf"\{command}*{{{_words(words, spell)}}}"
        case doc.Paragraph(words):
            return _words(words, spell)
        case doc.Formula(equations):
            return _derivation(equations, spell)
        case doc.Table():
            return _table(block, spell)
        case doc.Steps(items):
            steps = (f"{_words(words, spell)}\n{_derivation((equation,), spell)}" for words, equation in items)
            return _environment("enumerate", "\n".join(rf"\item {step}" for step in steps))
        case doc.Note(kind, words):
            return _environment("quote", rf"\textbf{{{kind.capitalize()}.}} {_words(words, spell)}")
        case doc.Code(text):
            code = (_escape(line).replace(" ", r"\ ") or r"\mbox{}" for line in text.expandtabs(4).splitlines())
            return _environment("flushleft", "\\ttfamily\n" + "\\\\\n".join(code))
        case doc.Figure(alt=alt):
            return _environment("center", rf"\fbox{{\parbox{{0.8\linewidth}}{{\centering {_words(alt, spell)}}}}}")
        case doc.Items(items):
            return _environment("itemize", "\n".join(rf"\item {_words(words, spell)}" for words in items))
        case doc.Grid():
            # A strut gives the rows the height that a hand needs.
            return "{\\renewcommand{\\arraystretch}{1.5}%\n" + _table(sheet.table(block), spell) + "}"
        case doc.Entry():
            return _entry(block, spell)
        case doc.Question(blocks=blocks, parts=parts):
            head = rf"\subsection*{{{_escape(sheet.heading(block))}\hfill {_escape(sheet.points(block.points))}}}"
            return "\n\n".join(
                [head, *(_block(each, spell) for each in blocks), *(_part(part, spell) for part in parts)]
            )


_BLANK = r"\rule{5cm}{0.4pt}"


def _entry(entry: doc.Entry, spell: printing.Spell) -> str:
    if entry.choices:
        boxes = (r"\fbox{\phantom{x}}", r"\fbox{x}") if entry.several else (r"$\bigcirc$", r"$\bullet$")
        rows = zip(entry.choices, sheet.choices(entry, boxes=False), strict=True)
        return _environment(
            "itemize",
            "\n".join(rf"\item[{boxes[bool(choice.right)]}] {_words(words, spell)}" for choice, words in rows),
        )
    if entry.key:
        return ""
    grid = sheet.room(entry)
    return f"\\bigskip\nAnswer: {_BLANK}\\bigskip" if grid is None else _to_fill_in(grid, spell)


def _to_fill_in(grid: doc.Grid, spell: printing.Spell) -> str:
    """An empty grid with lines around its cells, as wide and high as a hand needs."""
    rows = [" & ".join(_words(cell, spell) for cell in row) for row in sheet.table(grid).rows]
    columns = "".join(r"p{1.1cm}|" if isinstance(cell, doc.Entry) else "r|" for cell in grid.rows[0])
    heads = " & ".join(_words(words, spell) for words in grid.header)
    lines = "\n".join(rf"{row} \\ \hline" for row in (heads, *rows))
    table = f"\\begin{{tabular}}{{|{columns}}}\n\\hline\n{lines}\n\\end{{tabular}}"
    return "{\\renewcommand{\\arraystretch}{1.7}%\n" + _environment("center", table) + "}"


def _part(part: doc.Part, spell: printing.Spell) -> str:
    """What is asked, and set back and small what the key says to it."""
    asked = (_block(each, spell) for each in sheet.part(part))
    key = "\n\n".join(_block(each, spell) for each in sheet.key(part))
    return "\n\n".join([*filter(None, asked), *([_environment("quote", f"\\small\n{key}")] if key else [])])


def _table(table: doc.Table, spell: printing.Spell) -> str:
    header, *body = (" & ".join(_words(cell, spell) for cell in row) + r" \\" for row in (table.header, *table.rows))
    columns = "".join(alignment[0] for alignment in table.alignments)
    inside = "\n".join([r"\toprule", header, r"\midrule", *body, r"\bottomrule"])
    tabular = f"\\begin{{tabular}}{{@{{}}{columns}@{{}}}}\n{inside}\n\\end{{tabular}}"
    caption = _words(table.caption, spell)
    return _environment("center", f"{caption}\\par\\smallskip\n{tabular}" if caption else tabular)


def _derivation(equations: Iterable[doc.Equation], spell: printing.Spell) -> str:
    return _environment("align*", rows(equations, spell, lambda note: rf"\text{{{_words(note, spell)}}}"))


def _environment(name: str, body: str) -> str:
    return f"\\begin{{{name}}}\n{body}\n\\end{{{name}}}"


def _words(words: doc.Words, spell: printing.Spell) -> str:
    return "".join(_inline(inline, spell) for inline in doc.inlines(words))


def _inline(inline: doc.Inline, spell: printing.Spell) -> str:
    match inline:
        case doc.Text(text):
            return _escape(text)
        case doc.Strong(words):
            return rf"\textbf{{{_words(words, spell)}}}"
        case doc.Emphasis(words):
            return rf"\emph{{{_words(words, spell)}}}"
        case doc.Math(value):
            return f"${printing.latex(value, spell)}$"
        case doc.CodeText(text):
            return rf"\texttt{{{_escape(text)}}}"


def _escape(text: str) -> str:
    """The text as LaTeX that prints it: no command, no argument, and no ligature that would change it."""
    composed = unicodedata.normalize("NFC", doc.printable(text))
    pieces = re.findall(rf".[{''.join(_ACCENTS)}]?", composed, re.DOTALL)
    return re.sub(r"([-',])(?=\1)", r"\1{}", "".join(map(_piece, pieces)))


_ACCENTS = {
    "\u0300": "grave", "\u0301": "acute", "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0306": "breve",
    "\u0307": "dot", "\u0308": "ddot", "\u030a": "mathring", "\u030c": "check", "\u20d7": "vec",
}  # fmt: skip
"""Combining marks, which LaTeX has as accents of maths."""
_PUNCTUATION = frozenset("–—‘’‚“”„†‡•‰‹›€™ﬁﬂ")
"""Signs beyond Latin letters that LaTeX's own fonts have."""

_NOT_IN_FONTS = frozenset("ĦħĲĳĸĿŀŉŦŧſ")
"""Latin letters that they have not, or not all of them."""


def _piece(piece: str) -> str:
    """A character, with the mark that stands on it: ŷ, h̃."""
    if len(piece) == 1:
        return _character(piece)
    base = _SYMBOLS.get(piece[0], piece[0] if piece[0].isascii() and piece[0].isalnum() else "")
    return rf"\ensuremath{{\{_ACCENTS[piece[1]]}{{{base}}}}}" if base else _character(piece[0])


def _character(character: str) -> str:
    kind, *codes = unicodedata.decomposition(character).split(" ")
    if kind in ("<super>", "<sub>"):
        return f"\\text{kind[1:-1]}script{{{''.join(_character(chr(int(code, 16))) for code in codes)}}}"
    if character in _ESCAPED:
        return _ESCAPED[character]
    if (ord(character) < 0x180 and character not in _NOT_IN_FONTS) or character in _PUNCTUATION:
        return character
    return rf"\texttt{{U+{ord(character):04X}}}"  # pdflatex stops at what its fonts do not have
