"""A document on the terminal: what a teacher would put on a slide. Text only becomes `Text`, never markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.box import ROUNDED, SIMPLE_HEAD, SQUARE
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from .. import document as doc
from ..document import showing
from ..export import _sheet as sheet
from ..expressions import printing
from ..expressions.nodes import Name, Node, to_node
from ..expressions.printing import Spell, in_words
from .line_breaking import INDENT, breakable, broken_equation

_MARGIN = 3
_LONG = 100
"""Rows of a table that are drawn one by one."""
WIDEST = 100
"""Wider terminals keep the text at a width that can be read."""

_NOTE_STYLES = {
    "warning": ("bold yellow", "!"),
    "note": ("dim", "·"),
    "mistake": ("bold red", "✗"),
    "right": ("bold green", "✓"),
    "hint": ("cyan", "?"),
}


def show(document: doc.Document, console: Console | None = None) -> None:
    """Prints a document. Piped or with NO_COLOR there are no colours, and piped no escape codes at all."""
    target = console or Console(highlight=False)
    width = min(target.width, WIDEST)
    with showing(document.course):
        target.print(_View(document.spell, width).document(document), width=width)


def show_blocks(blocks: Iterable[doc.Block], console: Console, spell: Spell = None) -> None:
    """Prints blocks without a document around them."""
    width = min(console.width, WIDEST)
    view = _View(spell, width)
    for block in blocks:
        for part in view.block(block):
            console.print(part, width=width)


class _View:
    def __init__(self, spell: Spell, width: int) -> None:
        self.spell = in_words(spell)
        self.width = width

    def document(self, document: doc.Document) -> RenderableType:
        blocks = list(document.blocks)
        title: list[RenderableType] = [Text.assemble(self.words(document.title), style="bold", justify="center")]
        first = blocks[0] if blocks else None
        if isinstance(first, doc.Paragraph):
            title.append(Text.assemble(self.words(first.words), justify="center"))
            blocks.pop(0)
        facts = (self.words(f"{name}: {value or '_' * 20}") for name, value in document.facts)
        title += [Text.assemble(fact, justify="center") for fact in facts]
        head = Panel(Group(*title), box=ROUNDED, border_style="cyan", padding=(0, 2))
        return Group(head, *(part for block in blocks for part in self.block(block)))

    def block(self, block: sheet.Piece) -> Iterable[RenderableType]:
        match block:
            case doc.Heading(_, words):
                yield Text()
                yield Text.assemble(" ", self.words(words), style="bold cyan")
            case doc.Paragraph(words):
                yield Padding(self.words(words), (0, 1))
            case doc.Formula(equations):
                for equation in equations:
                    yield Padding(self.equation(equation), (1, 0, 0, _MARGIN))
            case doc.Table():
                yield Padding(self.table(block), (0, 1))
            case doc.Steps(items):
                yield Padding(self.steps(items), (0, 1))
            case doc.Note(kind, words):
                yield self.note(kind, words)
            case doc.Items(items):
                for item in items:
                    yield Padding(self.hanging("• ", self.words(item)), (0, 3))
            case doc.Code(text, _):
                yield Padding(Text(doc.printable(text).rstrip(), "bold"), (1, 3))
            case doc.Figure(_, alt):
                yield Padding(Text.assemble("[", self.words(alt), "]", style="dim"), (1, 3))
            case doc.Grid():
                yield Padding(self.grid(block), (0, 1))
            case doc.Entry():
                yield from self.entry(block)
            case doc.Question():
                yield from self.question(block)

    def question(self, question: doc.Question) -> Iterable[RenderableType]:
        head = Table.grid(expand=True)
        head.add_column(ratio=1, overflow="fold")
        head.add_column(justify="right", no_wrap=True)
        head.add_row(
            Text.assemble(self.words(sheet.heading(question)), style="bold cyan"),
            Text(sheet.points(question.points), "dim"),
        )
        yield Padding(head, (1, 1, 0, 1))
        yield from (shown for block in question.blocks for shown in self.block(block))
        for part in question.parts:
            yield Text()
            yield from (shown for piece in sheet.part(part) for shown in self.block(piece))
            key = _View(self.spell, self.width - 4)
            yield from (Padding(shown, (0, 0, 0, 4)) for block in sheet.key(part) for shown in key.block(block))

    def entry(self, entry: doc.Entry) -> Iterable[RenderableType]:
        for words in sheet.choices(entry):
            yield Padding(self.words(words), (0, 3))
        if not entry.choices and entry.key is None:
            yield Padding(Text(f"Answer: {'_' * 20}"), (1, 3, 0, 3))

    def grid(self, grid: doc.Grid) -> RenderableType:
        """A table to fill in: lines between its cells, so that an empty one is seen."""
        shown = Table(box=SQUARE, padding=(0, 1), show_lines=True, header_style="dim")
        table = sheet.table(grid)
        for words in table.header:
            shown.add_column(self.words(words), overflow="fold")
        for row in table.rows:
            shown.add_row(*(self.words(cell) for cell in row))
        return shown

    def words(self, words: doc.Words) -> Text:
        return Text.assemble(*(self.inline(inline) for inline in doc.inlines(words)))

    def inline(self, inline: doc.Inline) -> Text:
        match inline:
            case doc.Text(text):
                return Text(text)
            case doc.Strong(words):
                return Text.assemble(self.words(words), style="bold")
            case doc.Emphasis(words):
                return Text.assemble(self.words(words), style="italic")
            case doc.Math(value):
                return Text(printing.text(value, self.spell), "bold")
            case doc.CodeText(text):
                return Text(text, "cyan")

    def note(self, kind: str, words: doc.Words) -> RenderableType:
        style, sign = _NOTE_STYLES[kind]
        return Padding(self.hanging(f"{sign} ", self.words(words), style), (1, 1, 0, 1))

    def hanging(self, sign: str, text: Text, style: str = "") -> Table:
        grid = Table.grid(padding=0)
        grid.add_column(width=len(sign), style=style)
        grid.add_column(style=style if style in ("dim",) else "", overflow="fold")
        grid.add_row(sign, text)
        return grid

    def table(self, table: doc.Table) -> RenderableType:
        """A table whose columns are no narrower than their longest words; where that is too wide, row below row."""
        header = [self.words(words) for words in table.header]
        rows = [[_in_cell(self.words(cell)) for cell in row] for row in table.rows]
        widths = _column_widths([header, *rows], self.width - 1 - 3 * len(header))
        if widths is None:
            shown: RenderableType = self.stacked(header, rows)
        else:
            grid = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False, header_style="dim")
            for words, side, width in zip(header, table.alignments, widths, strict=True):
                grid.add_column(words, justify=side, width=width, overflow="fold")
            for row in _joined(rows, widths) if len(rows) > _LONG else rows:
                grid.add_row(*row)
            shown = grid
        if table.caption:
            return Group(Text.assemble(self.words(table.caption), style="italic"), shown)
        return shown

    def stacked(self, header: list[Text], rows: list[list[Text]]) -> RenderableType:
        """The rows of a table that is too wide: of each the first cell, and under it the others by their headings."""
        parts: list[RenderableType] = [Text()]
        for row in rows:
            parts.append(row[0])
            named = [
                Text.assemble((f"{words.plain} " if words.plain else "", "dim"), cell)
                for words, cell in zip(header[1:], row[1:], strict=True)
                if cell.plain.strip()
            ]
            parts.append(Padding(Text("   ").join(named), (0, 0, 0, INDENT)))
        return Group(*parts, Text("(the table is too wide: a row below the other)", "dim"), Text())

    def steps(self, items: tuple[tuple[doc.Words, doc.Equation], ...]) -> RenderableType:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(justify="right", style="dim", no_wrap=True)
        grid.add_column(ratio=2, overflow="fold")
        grid.add_column(ratio=3, overflow="fold")
        for number, (words, equation) in enumerate(items, 1):
            grid.add_row(str(number), self.words(words), self.chain(equation))
        return Padding(grid, (1, 1, 0, 1))

    def chain(self, equation: doc.Equation) -> Text:
        """An equation on one line: a = b = c."""
        text = Text()
        nodes, signs = _parts(equation)
        for index, (node, sign) in enumerate(zip(nodes, signs, strict=True)):
            text.append(f" {sign} " if index else "")
            last = index == len(nodes) - 1
            text.append(breakable(printing.text(node, self.spell)), "bold" if last and index else "")
        return text

    def equation(self, equation: doc.Equation) -> Text:
        """An equation in two dimensions: on one line if it fits, else broken before a sign."""
        nodes, signs = _parts(equation)
        limit = self.width - _MARGIN
        rows = broken_equation(nodes, signs, limit, self.spell)
        shown = Text("\n".join(line.rstrip() for row in rows for line in row.lines), "bold", no_wrap=True)
        note = self.words(equation.note)
        if not note.plain:
            return shown
        if len(rows) == 1 and rows[0].width + len(note.plain) + 2 <= limit:
            lines, level = [line.rstrip() for line in rows[0].lines], rows[0].baseline
            first = Text("\n".join(lines[: level + 1]), "bold", no_wrap=True)
            below = [("\n" + "\n".join(lines[level + 1 :]), "bold")] if lines[level + 1 :] else []
            return Text.assemble(first, "  ", (note.plain, "dim"), *below)
        return Text.assemble(shown, f"\n{' ' * INDENT}", (note.plain, "dim"))


def _parts(equation: doc.Equation) -> tuple[list[Node], list[str]]:
    left = Name(equation.left) if isinstance(equation.left, str) else equation.left
    nodes = [to_node(node) for node in (*([] if left is None else [left]), *equation.rights)]
    signs = ["", *["="] * (len(nodes) - 1)]
    if equation.rounded:
        signs[-1] = "≈"
    return nodes, signs


def _in_cell(words: Text) -> Text:
    """A cell whose long products can be broken."""
    plain = breakable(words.plain)
    return words if plain == words.plain else Text(plain, words.style or "bold")


def _joined(rows: list[list[Text]], widths: Sequence[int]) -> Iterator[list[Text]]:
    """Rows that fit their columns as one row of many lines, which looks the same and is drawn in less time."""
    line_break = Text("\n")
    fit = [all(cell.cell_len <= width and "\n" not in cell.plain for cell, width in zip(row, widths, strict=True))
           for row in rows]  # fmt: skip
    for whole, group in groupby(zip(fit, rows, strict=True), key=lambda pair: pair[0]):
        found = [row for _, row in group]
        yield from [[line_break.join(cells) for cells in zip(*found, strict=True)]] if whole else found


def _unbroken(cell: str) -> list[str]:
    """What stands on one line of a cell: each word; a shape as a whole."""
    return [cell] if re.fullmatch(r"\w+(?: × \w+)+", cell) else cell.split()


def _column_widths(rows: list[list[Text]], room: int) -> list[int] | None:
    """The columns' widths in the room that there is, none narrower than its longest word; None where they do not fit.

    The widest column gives way first.
    """
    columns = list(zip(*rows, strict=True))
    longest = [max((cell_len(word) for cell in column for word in _unbroken(cell.plain)), default=0)
               for column in columns]  # fmt: skip
    widths = [
        max((cell_len(line) for cell in column for line in cell.plain.splitlines()), default=0) for column in columns
    ]
    while sum(widths) > room:
        loose = [place for place, width in enumerate(widths) if width > longest[place]]
        if not loose:
            return None
        widths[max(loose, key=widths.__getitem__)] -= 1
    return widths
