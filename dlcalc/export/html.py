"""HTML with MathML: a fragment for a notebook or a page of one's own, or a whole page that needs no network."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from html import escape

from .. import document as doc
from ..expressions import printing
from ..expressions.nodes import Node
from . import _sheet as sheet

# Colours are shades of the text's own colour, so a fragment suits a dark page that it knows nothing of.
STYLE = """\
.dlcalc { line-height: 1.55; }
.dlcalc :is(h1, h2, h3, h4) { line-height: 1.25; margin: 1.4em 0 .5em; font-weight: 650; }
.dlcalc h1 { font-size: 1.75em; margin-top: 0; }
.dlcalc h2 { font-size: 1.3em; }
.dlcalc h3 { font-size: 1.1em; }
.dlcalc h4 { font-size: 1em; }
.dlcalc math { font-family: "STIX Two Math", "Latin Modern Math", "Cambria Math", "STIX Math", STIX, math; }
.dlcalc math { font-size: 1.12em; }
.dlcalc .wide { overflow: auto hidden; margin: .7em 0; padding: .2em 0; }
.dlcalc .wide > math { width: max-content; margin: 0; padding: 0 1em; font-size: 1.2em; }
.dlcalc .wide > math > mtable > mtr > mtd { padding: .35em 0; text-align: left; }
.dlcalc .wide > math > mtable > mtr > mtd:first-child { text-align: right; }
.dlcalc mtext.aside { font: .85em system-ui, sans-serif; opacity: .8; padding-left: 1.5em; }
.dlcalc table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.dlcalc tbody td:not(.end, .whole, .center, :empty) { min-width: min(9em, 30vw); }
.dlcalc table math { font-size: 1.02em; }
.dlcalc caption { text-align: left; opacity: .8; padding-bottom: .4em; }
.dlcalc :is(th, td) { padding: .35em .9em; text-align: left; vertical-align: baseline; }
.dlcalc thead :is(th, td) { border-bottom: 2px solid rgb(127 127 127 / .7); }
.dlcalc tbody :is(th, td) { border-bottom: 1px solid rgb(127 127 127 / .3); }
.dlcalc tbody th { font-weight: inherit; }
.dlcalc :is(.end, .whole) { white-space: nowrap; }
.dlcalc .center { text-align: center; }
.dlcalc .end { text-align: right; }
.dlcalc .note { --hue: 215; border-left: .3em solid hsl(var(--hue) 60% 50%); border-radius: .25em; }
.dlcalc .note { background: hsl(var(--hue) 60% 50% / .1); margin: 1em 0; padding: .6em 1em; }
.dlcalc .warning { --hue: 38; }
.dlcalc .mistake { --hue: 0; }
.dlcalc .right { --hue: 140; }
.dlcalc .hint { --hue: 270; }
.dlcalc :is(code, pre) { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: .92em; }
.dlcalc :is(code, pre) { background: rgb(127 127 127 / .14); border-radius: .25em; }
.dlcalc code { padding: .1em .3em; }
.dlcalc pre { padding: .7em 1em; overflow-x: auto; }
.dlcalc pre code { background: none; padding: 0; font-size: 1em; }
.dlcalc figure { margin: 1em 0; }
.dlcalc img { max-width: 100%; }
.dlcalc li { margin: .5em 0; }
.dlcalc .facts { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3em 2.5em; margin: 0 0 1.5em; }
.dlcalc .part { margin: 1.3em 0; }
.dlcalc .facts dt { font-weight: 650; }
.dlcalc .facts dd { margin: 0; }
.dlcalc .facts > div { display: flex; gap: .6em; align-items: baseline; }
.dlcalc .blank { display: inline-block; min-width: 14em; height: 1.6em; border-bottom: 1px solid; opacity: .7; }
.dlcalc .question { border: 1px solid rgb(127 127 127 / .4); border-radius: .5em; margin: 1.4em 0; }
.dlcalc .question { padding: .2em 1.2em .8em; break-inside: avoid-page; }
.dlcalc .question > h2 { display: flex; justify-content: space-between; gap: 1em; margin: .6em 0; }
.dlcalc .worth { font-size: .8em; font-weight: 400; opacity: .8; white-space: nowrap; }
.dlcalc .choices { list-style: none; padding-left: 1em; }
.dlcalc .fill td:empty { min-width: 5em; height: 1.6em; }
.dlcalc .fill :is(th, td) { border: 1px solid rgb(127 127 127 / .5); }
.dlcalc .key { background: hsl(140 60% 45% / .09); border-left: .3em solid hsl(140 50% 42%); border-radius: .25em; }
.dlcalc .key { margin: .8em 0; padding: .4em 1em; }
.dlcalc .key > summary { cursor: pointer; font-weight: 650; }
"""

_PAGE_STYLE = """\
:root { color-scheme: light dark; }
body { margin: 0; background: #fff; color: #1d2025; font: 1.06rem system-ui, "Noto Sans", "DejaVu Sans", sans-serif; }
main { max-width: 52rem; margin: 0 auto; padding: 2.2rem 1.4rem; }
@media (prefers-color-scheme: dark) { body { background: #16181c; color: #e4e6ea; } }
@media print { main { max-width: none; padding: 0; } }
"""

# Were some text to slip through, the browser would still load and run nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def write(document: doc.Document, standalone: bool = False) -> str:
    """The document as a `section` with its own style, or with `standalone` as a whole page, light or dark by choice
    of the reader's system. Figures are images, in which nothing runs.
    """
    parts = [render_block(block, document.spell) for block in document.blocks]
    title, language = render_words(document.title, document.spell), _attribute(document.language)
    if document.facts:
        parts.insert(0, _facts(document.facts))
    if title:
        parts.insert(0, f"<h1>{title}</h1>")
    body = "\n".join(parts)
    if not standalone:
        return f'<section class="dlcalc" lang="{language}">\n<style>\n{STYLE}</style>\n{body}\n</section>\n'
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{title or "dlcalc"}</title>
<style>
{_PAGE_STYLE}{STYLE}</style>
</head>
<body>
<main class="dlcalc">
{body}
</main>
</body>
</html>
"""


def render_block(block: sheet.Piece, spell: printing.Spell) -> str:
    """A block of a document, or the place for an answer, as HTML. Letters are written as `spell` says."""
    match block:
        case doc.Heading(level, words):
            return f"<h{level + 1}>{render_words(words, spell)}</h{level + 1}>"
        case doc.Paragraph(words):
            return f"<p>{render_words(words, spell)}</p>"
        case doc.Formula(equations):
            return _display(equations, spell)
        case doc.Table():
            return _table(block, spell)
        case doc.Steps(items):
            steps = (f"{render_words(words, spell)}\n{_display((equation,), spell)}" for words, equation in items)
            return _list("ol", steps)
        case doc.Note(kind, words):
            label = f"<strong>{kind.capitalize()}.</strong>"
            return f'<div class="note {kind}" role="note">{label} {render_words(words, spell)}</div>'
        case doc.Code(text):
            return f"<pre><code>{_text(text)}</code></pre>"
        case doc.Figure(svg, alt):
            return f'<figure><img src="{data_address(svg)}" alt="{_attribute(alt)}"></figure>'
        case doc.Items(items):
            return _list("ul", (render_words(words, spell) for words in items))
        case doc.Grid():
            return _table(sheet.table(block), spell).replace('"wide"', '"wide fill"', 1)
        case doc.Entry():
            return _entry(block, spell)
        case doc.Question():
            return _question(block, spell)


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    shown = (f"<div><dt>{_text(name)}</dt><dd>{_text(value) or _BLANK}</dd></div>" for name, value in facts)
    return "\n".join(['<dl class="facts">', *shown, "</dl>"])


_BLANK = '<span class="blank"></span>'


def _question(question: doc.Question, spell: printing.Spell) -> str:
    worth = f'<span class="worth">{_text(sheet.points(question.points))}</span>'
    return "\n".join(
        [
            '<section class="question">',
            f"<h2><span>{_text(sheet.heading(question))}</span> {worth}</h2>",
            *(render_block(block, spell) for block in question.blocks),
            *(_part(part, spell) for part in question.parts),
            "</section>",
        ]
    )


def _part(part: doc.Part, spell: printing.Spell) -> str:
    """What is asked, and folded away what the key says to it."""
    key = "\n".join(render_block(block, spell) for block in sheet.key(part))
    folded = f'<details class="key"><summary>Answer and working</summary>\n{key}\n</details>'
    asked = [render_block(piece, spell) for piece in sheet.part(part)]
    return "\n".join(['<div class="part">', *filter(None, asked), *([folded] if key else []), "</div>"])


def _entry(entry: doc.Entry, spell: printing.Spell) -> str:
    if entry.choices:
        choices = _list("ul", (render_words(words, spell) for words in sheet.choices(entry)))
        return choices.replace("<ul>", '<ul class="choices">', 1)
    grid = sheet.room(entry)
    return "" if entry.key else f"<p>Answer: {_BLANK}</p>" if grid is None else render_block(grid, spell)


def _list(tag: str, items: Iterable[str]) -> str:
    return "\n".join([f"<{tag}>", *(f"<li>{item}</li>" for item in items), f"</{tag}>"])


_WHOLE = ' class="whole"'
_NAME = re.compile(r"\w+(?:[×-]\w+)+")
_SHORT = 24
"""Characters up to which a cell with maths, a shape or a name, 55 × 55 × 96 or maxpool-1, stays in one line.

A formula alone always does: browsers count it as narrower than it is.
"""

_CLASSES = {"left": "", "center": ' class="center"', "right": ' class="end"'}


def _table(table: doc.Table, spell: printing.Spell) -> str:
    classes = [_CLASSES[alignment] for alignment in table.alignments]

    def row(cells: tuple[doc.Words, ...], scopes: Iterable[str]) -> str:
        found = ""
        for words, style, scope in zip(cells, classes, scopes, strict=True):
            text = render_words(words, spell)
            plain = sheet.plain(words, spell)
            is_whole = len(plain) <= _SHORT and ("<math" in text or _NAME.fullmatch(plain) is not None)
            is_formula = text.startswith("<math") and text.index("</math>") == len(text) - len("</math>")
            style = style or (_WHOLE if plain and (is_whole or is_formula) else "")
            found += f'<th scope="{scope}"{style}>{text}</th>' if scope and text else f"<td{style}>{text}</td>"
        return f"<tr>{found}</tr>"

    caption = render_words(table.caption, spell)
    scopes = ["row" if table.row_headers else "", *[""] * len(classes[1:])]
    return "\n".join(
        [
            '<div class="wide"><table>',
            *([f"<caption>{caption}</caption>"] if caption else []),
            f"<thead>{row(table.header, ['col'] * len(classes))}</thead>",
            "<tbody>",
            *(row(cells, scopes) for cells in table.rows),
            "</tbody>",
            "</table></div>",
        ]
    )


def _display(equations: Iterable[doc.Equation], spell: printing.Spell) -> str:
    rows = []
    for equation in equations:
        for left, terms, note in doc.lines(equation, spell):
            chain = "".join(
                (f'<mo form="infix">{sign}</mo>' if sign else "") + _inner(term, spell) for sign, term in terms
            )
            cells = ["" if left is None else _inner(left, spell), chain]
            if note:
                # Words may stand in mtext as in any paragraph.
                cells.append(f'<mtext class="aside">{render_words(note, spell)}</mtext>')
            rows.append("".join(f"<mtd>{cell}</mtd>" for cell in cells))
    table = "\n".join(f"<mtr>{row}</mtr>" for row in rows)
    return (
        '<div class="wide"><math display="block"><mtable displaystyle="true" columnalign="right left left">\n'
        f"{table}\n</mtable></math></div>"
    )


def _inner(node: Node, spell: printing.Spell) -> str:
    """The node's MathML without the `math` around it."""
    return re.sub(r"^<math[^>]*>|</math>$", "", printing.mathml(node, spell, display=True))


def render_words(words: doc.Words, spell: printing.Spell) -> str:
    """Words in a line as HTML, which no text can leave."""
    return "".join(_inline(inline, spell) for inline in doc.inlines(words))


def _inline(inline: doc.Inline, spell: printing.Spell) -> str:
    match inline:
        case doc.Text(text):
            return _text(text)
        case doc.Strong(words):
            return f"<strong>{render_words(words, spell)}</strong>"
        case doc.Emphasis(words):
            return f"<em>{render_words(words, spell)}</em>"
        case doc.Math(value):
            return printing.mathml(value, spell)
        case doc.CodeText(text):
            return f"<code>{_text(text)}</code>"


def _text(text: str) -> str:
    return escape(doc.printable(text), quote=False)


def _attribute(text: str) -> str:
    return escape(doc.printable(text))


def data_address(svg: str) -> str:
    """The address of an image that carries its own data, so that no file and no network is needed."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
