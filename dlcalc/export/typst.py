"""Typst source of an A4 sheet: what `pdf` sets, or what an instructor changes by hand before setting it.

Text stands in string literals only, `#"..."`, where Typst knows no markup; everything else is written here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from .. import document as doc
from ..expressions import printing
from . import _sheet as sheet

SUFFIX = ".typ"

# Only fonts that the typst package brings along: the same sheet on every machine.
_STYLE = """\
#set text(font: ("New Computer Modern", "Libertinus Serif", "DejaVu Sans Mono"), size: 10.5pt, hyphenate: false)
#set par(leading: 0.65em, spacing: 0.9em)
#set block(spacing: 0.9em)
#set list(marker: [•])
#set enum(numbering: n => text(fill: luma(110))[#n.])
#show raw: set text(font: "DejaVu Sans Mono", size: 0.9em)
#show raw.where(block: true): it => block(width: 100%, fill: luma(244), inset: 8pt, radius: 3pt, it)
#show math.equation.where(block: true): it => pad(left: 1.2em, align(left, it))
#show heading.where(level: 1): it => block(below: 0.9em, text(size: 17pt, it.body))
#show heading.where(level: 2): it => block(above: 1.5em, below: 0.8em, text(size: 13pt, it.body))
#show heading: set text(weight: "bold")

#let ink = rgb("#1c3d5a")
#let blank(width) = box(width: width, height: 1.1em, baseline: 0.25em, stroke: (bottom: 0.6pt + luma(90)))
#let fact(name, value) = box[#text(fill: luma(90))[#name]#h(0.6em)#value]
#let facts(..all) = block(
  width: 100%, above: 0.4em, below: 1.6em, inset: (y: 9pt), stroke: (top: 0.9pt + ink, bottom: 0.9pt + ink),
  all.pos().join(h(1fr)),
)
#let question(head, worth, body) = {
  block(
    width: 100%, above: 1.9em, below: 1.1em, sticky: true, fill: ink.lighten(91%), inset: (x: 9pt, y: 7pt), radius: 3pt,
    grid(columns: (1fr, auto), column-gutter: 1em, {
      show heading.where(level: 2): it => text(size: 12pt, fill: ink, it.body)
      heading(level: 2, head)
    }, text(fill: ink, worth)),
  )
  body
}
#let part(breakable, label, worth, first, rest) = block(
  width: 100%, above: 1.4em, below: 1.4em, breakable: breakable,
  if label == none { first; rest } else {
    block(width: 100%, below: 0.9em, sticky: true, grid(
      columns: (2.1em, 1fr, auto), column-gutter: (0pt, 1.2em),
      strong(label), first, text(size: 0.9em, fill: luma(90), worth),
    ))
    pad(left: 2.1em, rest)
  },
)
#let room(height, label: [Answer], width: 5.2cm) = block(
  width: 100%, height: height, above: 0.9em, radius: 3pt, stroke: 0.6pt + luma(150), inset: 8pt,
  align(bottom + right)[#text(size: 0.9em, fill: luma(90), label)#h(0.7em)#blank(width)],
)
#let lined(count) = block(width: 100%, above: 0.4em, {
  for _ in range(count) { block(width: 100%, height: 0.85cm, spacing: 0pt, stroke: (bottom: 0.5pt + luma(150))) }
})
#let mark(several, right) = box(
  width: 0.85em, height: 0.85em, baseline: 0.08em, stroke: 0.7pt + luma(60), radius: if several { 1pt } else { 50% },
  if right { align(center + horizon, box(
    width: 0.5em, height: 0.5em, fill: rgb("#1f7a45"), radius: if several { 0pt } else { 50% },
  )) },
)
#let choice(several, right, label, words, because) = block(
  above: 0.8em, below: 0.8em,
  grid(columns: (1.4em, 2em, 1fr), mark(several, right), label, {
    if right { strong(words) } else { words }
    if because != none { linebreak(); text(size: 0.9em, fill: luma(80), emph(because)) }
  }),
)
#let cells(breakable, columns, align, ..body) = block(above: 1em, below: 1em, breakable: breakable, table(
  columns: columns, align: align, inset: (x: 8pt, y: 6pt),
  stroke: (_, y) => (top: if y == 0 { 0.9pt } else if y == 1 { 0.6pt } else { 0.3pt + luma(190) }, bottom: 0.9pt),
  ..body,
))
#let fill(breakable, columns, ..body) = block(above: 1em, below: 1em, breakable: breakable, table(
  columns: columns, align: left + horizon, inset: (x: 8pt, y: 8.5pt), stroke: 0.5pt + luma(130),
  fill: (_, y) => if y == 0 { luma(232) }, ..body,
))
#let printed(words) = table.cell(fill: luma(246), words)
#let key(body) = block(
  width: 100%, above: 1em, fill: rgb("#eef6f0"), stroke: (left: 2.5pt + rgb("#1f7a45")), inset: (x: 10pt, y: 8pt),
  text(size: 0.95em, body),
)
#let remark(label, colour, words) = block(
  width: 100%, fill: colour.lighten(90%), stroke: (left: 2.5pt + colour), inset: (x: 10pt, y: 7pt),
)[*#label.* #words]
#let drawing(data, alt) = align(center, layout(size => {
  let natural = image(data, format: "svg", alt: alt)
  if measure(natural).width > size.width { image(data, format: "svg", alt: alt, width: 100%) } else { natural }
}))
"""

_COLOURS = {"warning": "#b26a00", "note": "#2b5d8a", "mistake": "#b3261e", "right": "#1f7a45", "hint": "#6b4ca0"}


def write(document: doc.Document) -> str:
    """The document as Typst source, for Typst 0.14 or newer."""
    spell = document.spell
    title = [f"#heading(level: 1, {_words(document.title, spell)})"] if document.title else []
    facts = ", ".join(f"fact({_string_words(name)}, {_fact(value)})" for name, value in document.facts)
    return "\n".join(
        [
            *_page(document),
            _STYLE,
            *title,
            *([f"#facts({facts})"] if facts else []),
            *(_block(block, spell) for block in document.blocks),
            "",
        ]
    )


def _page(document: doc.Document) -> list[str]:
    """What the file says of itself, and what stands on every page, so that a loose one is found again."""
    day = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", document.date)
    # Without a date the file says none: that of the day would make two runs differ.
    date = "datetime(year: {}, month: {}, day: {})".format(*map(int, day.groups())) if day else "none"
    language = re.fullmatch("[a-z]{2,3}", document.language)
    codes = [fact for fact in document.facts if fact[0] == "Code"] or document.facts
    known = " · ".join(f"{name} {value}" for name, value in codes if value)
    return [
        f"#set document(title: {_string(document.title)}, date: {date})",
        f"#set text(lang: {_string(language[0] if language else 'en')})",
        '#set page(paper: "a4", margin: (x: 2.2cm, top: 2.2cm, bottom: 2.1cm), header: context if here().page() > 1 {',
        f"  text(size: 8.5pt, fill: luma(90), {_string_words(document.title)})",
        "}, footer: context {",
        "  set text(size: 8.5pt, fill: luma(90))",
        f'  grid(columns: (1fr, auto, 1fr), {_string_words(known)}, counter(page).display("1 / 1", both: true))',
        "})",
    ]


def _fact(value: str) -> str:
    return f"strong({_string_words(value)})" if value else "blank(6.5cm)"


def _block(block: doc.Block, spell: printing.Spell) -> str:
    match block:
        case doc.Heading(level, words):
            return f"#heading(level: {level + 1}, {_words(words, spell)})"
        case doc.Paragraph(words):
            return f"#par({_words(words, spell)})"
        case doc.Formula(equations):
            return _display(equations, spell)
        case doc.Table():
            return _table(block, spell)
        case doc.Steps(items):
            steps = (f"[{_inside(words, spell)}\n{_display((equation,), spell)}]" for words, equation in items)
            return _call("enum", "tight: false", *steps)
        case doc.Note(kind, words):
            return f'#remark("{kind.capitalize()}", rgb("{_COLOURS[kind]}"), {_words(words, spell)})'
        case doc.Code(text):
            return f"#raw(block: true, {_string(text.rstrip())})"
        case doc.Figure(svg, alt):
            # Not `printable`: the drawing is no text, and a character reference in it stays one.
            return f"#drawing(bytes({_literal(svg)}), {_string(sheet.plain(alt, spell))})"
        case doc.Items(items):
            return _call("list", *(_words(words, spell) for words in items))
        case doc.Grid():
            return _grid(block, spell)
        case doc.Question():
            return _question(block, spell)


def _question(question: doc.Question, spell: printing.Spell) -> str:
    body = "\n".join(
        [
            *_stem(question.blocks, spell),
            *(_part(part, spell) for part in question.parts),
        ]
    )
    head, worth = sheet.heading(question), sheet.points(question.points)
    return f"#question({_string_words(head)}, {_string_words(worth)}, [\n{body}\n])"


def _stem(blocks: tuple[doc.Block, ...], spell: printing.Spell) -> Iterator[str]:
    """The blocks; words that lead to a table, a figure or code stay on its page."""
    for block, after in zip_longest(blocks, blocks[1:]):
        leads = isinstance(block, doc.Paragraph) and isinstance(after, doc.Table | doc.Figure | doc.Code)
        yield f"#block(sticky: true)[{_block(block, spell)}]" if leads else _block(block, spell)


def _part(part: doc.Part, spell: printing.Spell) -> str:
    label = _string_words(f"({part.label})") if part.label else "none"
    worth = _string_words(sheet.points(part.points)) if part.label else "none"
    # The first block stands beside label and points, what follows has the whole width.
    asked = [_block(block, spell) for block in part.blocks]
    entry = [] if part.entry is None else [_entry(part.entry, spell)]
    known = sheet.key(part)
    key = "\n".join(
        _table(block, spell, "true") if isinstance(block, doc.Table) else _block(block, spell) for block in known
    )
    rest = "\n".join([*asked[1:], *entry, *([f"#key[\n{key}\n]"] if key else [])])
    breakable = _breaks(_height((*part.blocks, *known)))
    return f"#part({breakable}, {label}, {worth}, [{''.join(asked[:1])}], [\n{rest}\n])"


_PAGE = 25
"""Lines that surely stand on one page; what is longer may break, or its end would lie beneath the paper."""


def _breaks(height: int) -> str:
    """Whether something may go on overleaf."""
    return str(height > _PAGE).lower()


def _height(blocks: Iterable[doc.Block]) -> int:
    """The lines that blocks take, roughly and rather too many."""
    found = 0
    for block in blocks:
        match block:
            case doc.Table(rows=rows) | doc.Grid(rows=rows):
                found += 3 + 2 * len(rows)
            case doc.Steps(items):
                found += 4 * len(items)
            case doc.Items(items):
                found += 2 * len(items)
            case doc.Formula(equations):
                found += 4 * len(equations)
            case doc.Code(text):
                found += 2 + text.count("\n")
            case doc.Figure():
                found += 18
            case doc.Paragraph(words) | doc.Heading(words=words) | doc.Note(words=words):
                found += 2 + len(sheet.plain(words)) // 70
            case doc.Question():
                found += _PAGE
    return found


# Room for the working and a line for the answer, or lines to write on.
_ROOM = {
    "integer": "#room(2.3cm)",
    "number": "#room(2.3cm)",
    "shape": "#room(2.3cm, width: 6.5cm)",
    "vector": "#room(2.6cm, width: 9cm)",
    "matrix": "#room(5cm, width: 9cm)",
    "expression": "#room(2.6cm, width: 9cm)",
    "choice": "#room(1.2cm)",
    "text": "#lined(3)",
}


def _entry(entry: doc.Entry, spell: printing.Spell) -> str:
    if not entry.choices:
        grid = sheet.room(entry)
        return "" if entry.key else _ROOM[entry.kind] if grid is None else _to_fill_in(grid, spell)
    several = str(entry.several).lower()
    return "\n".join(
        f"#choice({several}, {str(bool(choice.right)).lower()}, {_string_words(f'({sheet.letter(i)})')}, "
        f"{_words(choice.words, spell)}, {_words(choice.because, spell) if choice.because else 'none'})"
        for i, choice in enumerate(entry.choices)
    )


def _table(table: doc.Table, spell: printing.Spell, breaks: str = "") -> str:
    caption = f"#par(emph({_words(table.caption, spell)}))\n" if table.caption else ""
    align = ", ".join(table.alignments)
    header, *rows = _rows(table, spell)
    head, body = f"table.header({', '.join(header)})", (cell for row in rows for cell in row)
    return caption + _call("cells", breaks or _breaks(len(rows)), str(len(header)), f"({align},)", head, *body)


def _grid(grid: doc.Grid, spell: printing.Spell) -> str:
    columns = ", ".join(["auto", *["1fr"] * (len(grid.header) - 1)])
    header, *rows = _rows(sheet.table(grid), spell)
    empties = [isinstance(cell, doc.Entry) for row in grid.rows for cell in row]
    # Grey is printed, white is to be filled in.
    cells = [
        cell if empty else f"printed({cell})"
        for cell, empty in zip((cell for row in rows for cell in row), empties, strict=True)
    ]
    return _call("fill", _breaks(len(rows)), f"({columns},)", f"table.header({', '.join(header)})", *cells)


def _to_fill_in(grid: doc.Grid, spell: printing.Spell) -> str:
    """The empty grid of an array: cells of one width, and room for the working below."""
    header, *rows = _rows(sheet.table(grid), spell)
    empties = [isinstance(cell, doc.Entry) for row in grid.rows for cell in row]
    cells = [
        cell if empty else f"printed({cell})"
        for cell, empty in zip((cell for row in rows for cell in row), empties, strict=True)
    ]
    width = "1.75cm" if len(header) <= 8 else "1fr"
    columns = ", ".join(width if isinstance(cell, doc.Entry) else "auto" for cell in grid.rows[0])
    fill = _call("fill", _breaks(len(rows)), f"({columns},)", f"table.header({', '.join(header)})", *cells)
    return f"{fill}\n#v(1.4cm)"


def _rows(table: doc.Table, spell: printing.Spell) -> list[list[str]]:
    """The cells, first those of the header."""
    header = [f"strong({_words(words, spell)})" for words in table.header]
    return [header, *([_words(words, spell) for words in row] for row in table.rows)]


def _display(equations: Iterable[doc.Equation], spell: printing.Spell) -> str:
    """Equations aligned at their first sign; a note stands beside its line."""
    rows = []
    for equation in equations:
        for left, terms, note in doc.lines(equation, spell):
            chain = " ".join(f"{_SIGNS[sign]} {printing.typst(term, spell)}" for sign, term in terms)
            row = f"{'' if left is None else printing.typst(left, spell)} & {chain}"
            rows.append(f"{row} quad #[{_inside(note, spell)}]" if note else row)
    return "$ " + " \\ ".join(rows) + " $"


_SIGNS = {"": "", "=": "=", "≈": "approx"}


def _call(function: str, *arguments: str) -> str:
    return f"#{function}({', '.join(arguments)})"


def _words(words: doc.Words, spell: printing.Spell) -> str:
    """The words as a block of content, an argument for a function."""
    return f"[{_inside(words, spell)}]"


def _inside(words: doc.Words, spell: printing.Spell) -> str:
    return "".join(_inline(inline, spell) for inline in doc.inlines(words))


def _inline(inline: doc.Inline, spell: printing.Spell) -> str:
    match inline:
        case doc.Text(text):
            # The semicolon ends the code, whatever stands behind it.
            return f"#{_string(text)};" if text else ""
        case doc.Strong(words):
            return f"#strong({_words(words, spell)});"
        case doc.Emphasis(words):
            return f"#emph({_words(words, spell)});"
        case doc.Math(value):
            return f"${printing.typst(value, spell)}$"
        case doc.CodeText(text):
            return f"#raw({_string(text)});"


def _string_words(text: str) -> str:
    return _words(text, None)


def _string(text: str) -> str:
    """Printable text as a string literal, in which nothing is markup, code or maths."""
    return _literal(doc.printable(text))


def _literal(text: str) -> str:
    quoted = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    )
    return f'"{quoted}"'
