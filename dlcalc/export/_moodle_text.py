r"""Words and blocks as the HTML that Moodle shows: maths is LaTeX between \( and \), which MathJax sets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .. import document as doc
from ..expressions import printing
from . import _keyed as keyed
from . import html, latex


def blocks(shown: Iterable[doc.Block], spell: printing.Spell) -> str:
    """The blocks; an empty cell of a grid is a `mark`, counted through all of them."""
    found, cells = [], 0
    for block in shown:
        if isinstance(block, doc.Grid):
            found.append(html.render_block(keyed.marked_table(_grid(block, spell), cells), None))
            cells += sum(isinstance(cell, doc.Entry) for row in block.rows for cell in row)
        else:
            found += [html.render_block(each, None) for each in _with_latex(block, spell)]
    # Only a tag of ours can read like this: in foreign text < is written &lt;
    return "\n".join(found).replace("<table>", '<table class="generaltable">')


def words(said: doc.Words, spell: printing.Spell) -> str:
    """Words inside a line."""
    return html.render_words(_tex(said, spell), None)


def _grid(grid: doc.Grid, spell: printing.Spell) -> doc.Grid:
    rows = (tuple(cell if isinstance(cell, doc.Entry) else _tex(cell, spell) for cell in row) for row in grid.rows)
    return doc.Grid(tuple(_tex(words, spell) for words in grid.header), tuple(rows))


def _with_latex(block: doc.Block, spell: printing.Spell) -> Iterator[doc.Block]:
    match block:
        case doc.Heading(level, words):
            yield doc.Heading(level, _tex(words, spell))
        case doc.Paragraph(words):
            yield doc.Paragraph(_tex(words, spell))
        case doc.Formula(equations):
            yield from _display(equations, spell)
        case doc.Steps(items):
            for number, (words, equation) in enumerate(items, 1):
                yield doc.Paragraph((doc.Strong(f"{number}."), " ", *doc.inlines(_tex(words, spell))))
                yield from _display((equation,), spell)
        case doc.Table(header, rows, alignments, caption, row_headers):
            cells = tuple(tuple(_tex(words, spell) for words in row) for row in (header, *rows))
            yield doc.Table(cells[0], cells[1:], alignments, _tex(caption, spell), row_headers)
        case doc.Note(kind, words):
            yield doc.Note(kind, _tex(words, spell))
        case doc.Code(text, language):
            yield doc.Code(_inert(text), language)
        case doc.Figure(svg, alt):
            yield doc.Figure(svg, _inert(alt))
        case doc.Items(items):
            yield doc.Items(tuple(_tex(words, spell) for words in items))


def _display(equations: tuple[doc.Equation, ...], spell: printing.Spell) -> Iterator[doc.Block]:
    """The equations in one piece, and their notes as text, which may hold anything."""
    bare = (doc.Equation(each.left, each.rights, "", each.rounded) for each in equations)
    rows = latex.rows(bare, spell, lambda note: "")
    yield doc.Paragraph(doc.Text(rf"\[\begin{{aligned}} {rows} \end{{aligned}}\]"))
    yield from (doc.Paragraph(_tex(each.note, spell)) for each in equations if each.note)


def _tex(words: doc.Words, spell: printing.Spell) -> tuple[doc.Inline, ...]:
    return tuple(_inline(inline, spell) for inline in doc.inlines(words))


def _inline(inline: doc.Inline, spell: printing.Spell) -> doc.Inline:
    match inline:
        case doc.Strong(words) | doc.Emphasis(words):
            return type(inline)(_tex(words, spell))
        case doc.Math(value):
            return doc.Text(rf"\({printing.latex(value, spell)}\)")
        case doc.Text(text) | doc.CodeText(text):
            return type(inline)(_inert(text))


def _inert(text: str) -> str:
    r"""The text with an invisible joiner inside all that a filter of Moodle reads: \( \[ $$ @@ [tex]."""
    return re.sub(r"\\(?=[(\[])|\$(?=\$)|@(?=@)|\[(?=/?tex\])", lambda sign: f"{sign[0]}\u2060", keyed.unmarked(text))
