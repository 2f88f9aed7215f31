"""Questions in every format that people read: what stands on the sheet, what only in the key, no markup of theirs."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from rich.console import Console
from rows import each_row

from dlcalc.cli import view
from dlcalc.document import Document, Entry, Grid, Key, Paragraph, Part, Question, Strong, Table
from dlcalc.export import _sheet, registry

HOSTILE = (
    "<script>alert(1)</script>",
    "</summary></details><b>",
    "]]>",
    '#eval("1") #read("/etc/passwd")',
    "$x$ $$y$$",
    r"\input{/etc/passwd} \\ \end{document}",
    "[red]bold[/red]",
    "=cmd|' /C calc'!A0",
    "`code` ```fence```",
    "a | b || c",
    "*a* _b_ @c <d> // e /* f */ ~g",
    '"] #panic() ["',
    '\'\'\'\n[answers]\n"1.a" = "x"',
    "- item",
    "\x1b[31mred \x07\u202eabc",
    "😀 漢字 ‮ ĉ",
)
READ = ("markdown", "latex", "html", "typst", "json")
KEY_WORDS = (
    "stick out",
    "the 1 for the first",
    "34,?848",
    "34,?944",
    "one filter serves",
    "weights are shared",
    "0.125",
)


def on_screen(document: Document) -> str:
    file = io.StringIO()
    view.show(document, Console(file=file, width=100, highlight=False))
    return file.getvalue()


def written(name: str, document: Document) -> str:
    return on_screen(document) if name == "view" else registry.text(name, document)


@pytest.mark.parametrize("name", [*READ, "view", "answers-toml", "answers-csv"])
def test_without_a_key_nothing_is_of_it(name: str, exam: Document, exam_key: Document) -> None:
    """What the key says stands in no sheet without one; with one it stands in all that people read."""
    bare, full = written(name, exam), written(name, exam_key)
    assert [word for word in KEY_WORDS if re.search(word, bare)] == []
    if name in (*READ, "view"):
        assert [word for word in KEY_WORDS if not re.search(word, full)] == []
    else:
        assert full == bare


@pytest.mark.parametrize("name", ["markdown", "latex", "html", "typst", "view"])
def test_a_sheet_says_what_is_asked(name: str, exam: Document) -> None:
    """Titles, points with their singular, labels, letters of the choices, given cells and facts."""
    text = written(name, exam)
    for said in ("Deep learning, first exam", "7F3K", "Name", "Question 1", "A convolution", "7.5 points", "4 points"):
        assert said in text
    for said in (
        "(a)",
        "2 points",
        "1 point",
        "0.5 points",
        "(A)",
        "(B)",
        "(C)",
        "dropout",
        "conv-1",
        "Show your work.",
    ):
        assert said in text
    assert "1 points" not in text


def test_the_key_of_a_part_in_markdown(exam_key: Document) -> None:
    """The answer, what else earns points, the working, then the mistakes in a table: one quotation under the part."""
    text = registry.text("markdown", exam_key)
    part = text.partition("**(a)**")[2].partition("**(b)**")[0]
    order = [
        "> **Answer:** 55",
        "> - 56 earns 0.5 of the points: windows that stick out are counted",
        "> 1. the output size",
        "> | if you wrote | because |",
        "> | 54 | the 1 for the first window is missing |",
    ]
    places = [part.index(line) for line in order]
    assert places == sorted(places)
    assert "Answer: \\_" not in text
    assert "- ● **(B) It shares its weights** – *one filter serves all places*" in text
    assert "- ☒ **(A) dropout** – *no weights*" in text
    assert "| conv-1 | 55 × 55 × 96 | **34,944** |" in text
    assert "> | conv-1, parameters | 34,848 | no biases |" in text


def test_the_blank_sheet_in_markdown(exam: Document) -> None:
    """A line for each answer, boxes for choices (round where one is right), an empty cell."""
    text = registry.text("markdown", exam)
    assert text.count("Answer: \\_\\_") == 5
    assert text.count("- ○ (") == 2
    assert text.count("- ☐ (") == 3
    assert "| conv-1 | 55 × 55 × 96 |  |" in text
    assert "\n>" not in text


def test_the_key_in_html_is_folded_away(exam: Document, exam_key: Document) -> None:
    """One <details> for each part with a key, none without; every line of an answer is a blank."""
    page, key = registry.text("html", exam), registry.text("html", exam_key)
    assert ("<details" in page, key.count("<details")) == (False, 8)
    assert "<details open" not in key
    assert page.count('<span class="blank">') == 6
    assert "<td></td>" in page


def test_only_in_the_key_are_choices_marked_in_latex(exam: Document, exam_key: Document) -> None:
    """Circles where one is right, boxes where several may be; on the sheet all are empty."""
    circle, dot, box, cross = r"$\bigcirc$", r"$\bullet$", r"\fbox{\phantom{x}}", r"\fbox{x}"
    sheet, key = (re.findall(r"\\item\[(.*?)\] ", registry.text("latex", each)) for each in (exam, exam_key))
    assert sheet == [circle] * 2 + [box] * 3
    assert key == [circle, dot, cross, cross, box]


def test_the_mistakes_of_a_table_stand_in_its_columns(exam_key: Document) -> None:
    """The numbers on the right, the cells and the reasons on the left."""
    (part,) = _sheet.questions(exam_key)[1].parts
    (table,) = [block for block in _sheet.key(part) if isinstance(block, Table)]
    assert (table.header, table.alignments) == (("cell", "if you wrote", "because"), ("left", "right", "left"))
    assert [[_sheet.plain(cell) for cell in row] for row in table.rows] == [
        ["conv-1, parameters", "34,848", "no biases"]
    ]


def test_a_table_names_its_cells(exam: Document) -> None:
    """By the words that head row and column; a row without a heading by its number."""
    (table,) = _sheet.questions(exam)[1].parts
    names = [_sheet.plain(name) for name, _ in _sheet.entries(table)]
    assert names == ["conv-1, parameters", "pool-1, output"]
    entry = Entry("1.x", "integer")
    assert [_sheet.plain(name) for name, _ in _sheet.cells(Grid(("a", "b"), (("", "1"), (entry, "2"))))] == ["row 2, a"]


def test_what_is_printed_in_a_table_is_never_empty() -> None:
    """A printed cell without words is a dash, so only a cell to fill in is empty; a shape has no spaces."""
    entry = Entry("1.x", "shape")
    assert _sheet.table(Grid(("", "b"), (("", entry),))).rows == (("–", ""),)
    keyed = replace(entry, key=Key((5, 5, 16)))
    assert _sheet.table(Grid(("a",), ((keyed,),))).rows == ((Strong("5×5×16"),),)


def test_choices_are_lettered() -> None:
    assert [_sheet.letter(index) for index in (0, 25, 26, 27, 52)] == ["A", "Z", "AA", "AB", "BA"]


def test_a_part_without_a_label_says_no_points_of_its_own() -> None:
    """The question's heading has them; a label before a formula or table stands alone."""
    one = Part("", Fraction(3), (Paragraph("Why?"),), Entry("1", "text"))
    text = registry.text("markdown", Document("", (Question(1, "", Fraction(3), (), (one,)),)))
    assert text.startswith("## Question 1 (3 points)\n\nWhy?\n\nAnswer:")
    grid = Part("b", Fraction(1), (Grid(("a",), ((Entry("1.b", "text"),),)),))
    text = registry.text("markdown", Document("", (Question(1, "", Fraction(1), (), (grid,)),)))
    assert "\n\n**(b)** *(1 point)*\n\n| a |" in text


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, [name for name, _ in attrs]))


def tags(text: str) -> list[tuple[str, list[str]]]:
    reader = Tags()
    reader.feed(text)
    reader.close()
    return reader.tags


@each_row("text", HOSTILE)
def test_foreign_words_add_no_markup(text: str, exam_saying: Callable[[str], Document]) -> None:
    """HTML and Markdown have the same elements, LaTeX and Typst the same commands, whatever the words are."""
    hostile, tame = exam_saying(text), exam_saying("x")
    assert tags(registry.text("html", hostile)) == tags(registry.text("html", tame))
    assert elements(hostile) == elements(tame)
    assert commands(hostile) == commands(tame)
    assert code(hostile) == code(tame)


def elements(document: Document) -> list[tuple[str, list[str]]]:
    """The elements that a reader of Markdown sees; display maths it hands to TeX first."""
    text = re.sub(r"(?<!\\)\$\$\n.*?\n *>? *\$\$", "", registry.text("markdown", document), flags=re.DOTALL)
    return tags(MarkdownIt("commonmark").enable("table").render(text))


def commands(document: Document) -> list[str]:
    """The LaTeX commands but those that print a sign."""
    found = re.findall(r"\\([A-Za-z]+)", registry.text("latex", document))
    return [
        name for name in found if not name.startswith("text") and name not in ("char", "ensuremath", "mbox", "cdot")
    ]


def code(document: Document) -> str:
    """The Typst source without what stands in its string literals, and without what may break."""
    source = re.sub(r'"(?:\\.|[^"\\])*"', "", registry.text("typst", document))
    return re.sub(r"#(part|cells|fill)\((true|false)", "", source)


@each_row("text", HOSTILE)
def test_foreign_words_are_words_on_the_terminal(text: str, exam_saying: Callable[[str], Document]) -> None:
    """No markup of rich's is read, and no code for the terminal gets through."""
    shown = on_screen(exam_saying(text))
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\u202e" not in shown
    if text == "[red]bold[/red]":
        assert shown.count(text) > 20
