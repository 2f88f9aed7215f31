"""Markdown: what a reader of it sees, through an independent reader."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rows import each_row

from dlcalc.document import (
    Code,
    CodeText,
    Document,
    Emphasis,
    Equation,
    Formula,
    Heading,
    Items,
    Math,
    Note,
    Paragraph,
    Strong,
    Table,
    Words,
    inlines,
)
from dlcalc.export.markdown import write
from dlcalc.expressions.nodes import Call, Compare, Literal, Name

LESSON = r"""# Convolution

A window of $f$ moves by **the *stride*** $s$.

## Output size

$$
\begin{aligned}
o &= \left\lfloor \frac{n - f}{s} \right\rfloor + 1 = \left\lfloor \frac{227 - 11}{4} \right\rfloor + 1 = 55
\end{aligned}
$$

1. the span

   $$
   \begin{aligned}
   a &= n - f = 216
   \end{aligned}
   $$

2. the steps

   $$
   \begin{aligned}
   q &= 54 &&\quad \text{whole}
   \end{aligned}
   $$

*What is learnt*

|  | count | share |
| --- | ---: | :---: |
| weights | $34848$ | 99.7 % |
| **all** | $34944$ | 100 % |

### Kernel

$$
\begin{aligned}
& \begin{bmatrix} 1 & 0 \\ 0 & -1 \end{bmatrix}
\end{aligned}
$$

> **Warning.** One row is never read: try `--p 1`.

- first
- second

```sh
dlcalc conv --n 227

  --f 11
```

![a window](data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=)
"""


def test_a_lesson(lesson: Document) -> None:
    """Every kind of block, as it is pasted."""
    assert write(lesson) == LESSON


class Reader(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Reader:
    """The Markdown as an independent reader shows it."""
    reader = Reader()
    reader.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))
    reader.close()
    return reader


def shown(*blocks: object) -> Reader:
    return read(write(Document("", blocks)))  # type: ignore[arg-type]


HOSTILE = [
    "# no heading",
    "- no list",
    "+ no list",
    "12. no list",
    "3) no list",
    "> no quote",
    "---",
    "```",
    "~~gone~~",
    "*a* _b_ **c** __d__",
    "[text](javascript:alert(1))",
    "![x](http://example.org/x.png)",
    "<script>alert(1)</script>",
    "<http://example.org>",
    "&lt;b&gt; &amp; &#42;",
    "a | b || c",
    "`code` ``more`",
    "\\",
    "\\| \\* \\\\",
    "$x$ $$y$$ $(rm)",
    "[red]bold[/red]",
    "]]>",
    "    indented",
    "a\n\n# b",
    "[ ] not a task",
    "[1]: http://example.org",
]


@each_row("text", HOSTILE)
def test_text_is_shown_as_it_is(text: str) -> None:
    """What looks like markup in a text is read as that text, in a paragraph, a list and a cell."""
    expected = " ".join(text.split())
    paragraph = shown(Paragraph(text))
    assert (paragraph.tags, paragraph.text.strip()) == (["p"], expected)
    items = shown(Items((text,)))
    assert (items.tags, items.text.strip()) == (["ul", "li"], expected)
    table = shown(Table((text, "b"), ((text, "d"),)))
    assert table.tags == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]
    assert list(filter(None, table.text.split("\n"))) == [expected, "b", expected, "d"]


@given(st.text(max_size=40))
def test_any_text_is_one_paragraph_that_says_it(text: str) -> None:
    """No text makes a second block or another tag, or loses a character that can be printed."""
    (inline,) = inlines(text)
    expected = inline.text.strip()  # type: ignore[union-attr]
    reader = shown(Paragraph(("|", text, "|")))
    assert reader.tags == ["p"]
    assert reader.text.strip() == f"|{inline.text}|"  # type: ignore[union-attr]
    heading = shown(Heading(1, text))
    assert heading.tags == ["h2"]
    assert heading.text.strip() == expected.strip()


@given(st.text(alphabet="|\\`a $<*", max_size=8), st.sampled_from([CodeText, Strong, Emphasis, str]))
def test_a_table_keeps_its_columns(text: str, kind: type) -> None:
    """Two columns stay two, whatever the cells hold: pipes in text, in code, in emphasis."""
    written = write(Document("", (Table((kind(text), "b"), (("c", kind(text)),)),)))
    assert written.count("\n") == 3
    tags = read(written).tags
    assert (tags.count("th"), tags.count("td")) == (2, 2)


def test_maths_in_a_cell_has_no_pipe_and_no_angle() -> None:
    """|x| and n < m in a cell: TeX has words for the signs that tables and HTML take for themselves."""
    absolute = Math(Call("abs", (Name("x"),)))
    smaller = Math(Compare("<", Name("n"), Name("m")))
    line = write(Document("", (Table(("a", "b"), ((absolute, smaller),)),))).splitlines()[2]
    assert len(re.findall(r"(?<!\\)\|", line)) == 3
    assert "<" not in line
    assert r"n \lt" in line


def test_a_matrix_inside_a_line_keeps_its_rows() -> None:
    r"""GitHub reads \\ inside a line as \, so the rows end with \cr there."""
    text = write(Document("", (Paragraph(Math(((1, 2), (3, 4)))),)))
    assert "\\\\" not in text
    assert text.count(r"\cr") == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("50 % of a_b & c", r"\text{50 }\%\text{ of a}\_\text{b }\&\text{ c}"),
        (r"\input{x}", r"\backslash \text{input}\{\text{x}\}"),
        ("$ ^ ~ | ` #", r"\$\text{ }\wedge \text{ }\sim \text{ }\vert \text{ }\prime \text{ }\#"),
        ("a < b", r"\text{a }\lt \text{ b}"),
        (("with ", Math(Name("s")), Strong(" only")), r"\text{with }s\text{ only}"),
    ],
)
def test_a_note_beside_an_equation_is_text_in_every_reader(words: Words, expected: str) -> None:
    r"""No sign that MathJax and KaTeX treat differently stands inside \text."""
    text = write(Document("", (Formula((Equation("o", (Literal(1),), words),)),)))
    assert f"o &= 1 &&\\quad {expected}\n" in text


def test_code_cannot_end_its_fence() -> None:
    """A fence is longer than any in the code, and the language is one plain word."""
    text = write(Document("", (Code("```\n# x\n`````", "sh\n```"),)))
    reader = read(text)
    assert reader.tags == ["pre", "code"]
    assert reader.text.strip() == "```\n# x\n`````"
    assert text.startswith("``````sh\n")


def test_code_in_a_line_keeps_its_ticks() -> None:
    """Ticks at the ends and in the middle are code."""
    for code in ("`", "``a`", "a``b", "|", "a|`b"):
        reader = shown(Paragraph(CodeText(code)))
        assert (reader.tags, reader.text.strip()) == (["p", "code"], code)


def test_a_note_is_one_quotation() -> None:
    """The label, then the words."""
    reader = shown(Note("mistake", "a\n> b"))
    assert reader.tags == ["blockquote", "p", "strong"]
    assert reader.text.strip() == "Mistake. a > b"


def test_without_a_title_there_is_no_heading() -> None:
    """An empty title prints nothing; empty emphasis prints no stars."""
    assert write(Document("", (Paragraph(("a", Strong(""))),))) == "a\n"
