"""HTML: well formed, with nothing active in it, and saying what it was given."""

from __future__ import annotations

import re
from base64 import b64decode
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcalc.document import (
    Block,
    Code,
    CodeText,
    Document,
    Emphasis,
    Equation,
    Figure,
    Formula,
    Heading,
    Items,
    Math,
    Note,
    Paragraph,
    Steps,
    Strong,
    Table,
    Words,
    inlines,
)
from dlcalc.export.html import write
from dlcalc.expressions.nodes import Name

VOID = {"meta", "img", "br", "hr"}


class Checker(HTMLParser):
    """Reads a page strictly: every element is closed, in order. Keeps tags, attributes and text outside `style`."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), "an attribute is given twice"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError("a declaration")

    def handle_pi(self, data: str) -> None:
        raise AssertionError("an instruction")


def read(text: str) -> Checker:
    checker = Checker()
    checker.feed(text)
    checker.close()
    assert checker.open == []
    return checker


def shown(*blocks: Block) -> Checker:
    return read(write(Document("", blocks)))


def test_a_lesson_is_well_formed_alone_and_as_a_fragment(lesson: Document) -> None:
    """Everything that is opened is closed, in both forms."""
    fragment, page = read(write(lesson)), read(write(lesson, standalone=True))
    body = [tag for tag, _ in fragment.tags][2:]
    assert [tag for tag, _ in page.tags][-len(body) :] == body
    for block in ("h1", "h2", "h3", "p", "ol", "ul", "table", "caption", "math", "pre", "img"):
        assert block in body


def test_small_blocks_exactly() -> None:
    """Paragraph, heading, note, lists, code."""
    text = write(
        Document(
            "Pool",
            (
                Heading(1, "Size"),
                Paragraph(("a ", Strong("b"), Emphasis("c"), CodeText("--n"))),
                Note("right", "Yes."),
                Items(("x", "y")),
                Code("a\n b"),
            ),
        )
    )
    assert text.split("</style>\n")[1] == (
        "<h1>Pool</h1>\n<h2>Size</h2>\n<p>a <strong>b</strong><em>c</em><code>--n</code></p>\n"
        '<div class="note right" role="note"><strong>Right.</strong> Yes.</div>\n'
        "<ul>\n<li>x</li>\n<li>y</li>\n</ul>\n<pre><code>a\n b</code></pre>\n</section>\n"
    )


def test_a_table_names_its_columns_and_rows() -> None:
    """Header cells say what they head; an empty corner heads nothing; figures stand on the right."""
    table = Table(("", "count"), (("weights", "34848"),), ("left", "right"), "Learnt")
    text = write(Document("", (table,)))
    assert (
        "<table>\n<caption>Learnt</caption>\n"
        '<thead><tr><td></td><th scope="col" class="end">count</th></tr></thead>\n<tbody>\n'
        '<tr><th scope="row">weights</th><td class="end">34848</td></tr>\n</tbody>\n</table>'
    ) in text
    plain = write(Document("", (Table(("a",), (("b",),), row_headers=False),)))
    assert "<tr><td>b</td></tr>" in plain
    assert "caption>" not in plain


def test_a_size_in_a_cell_stays_in_one_line() -> None:
    """Words with maths in them break as words do."""
    size = (Math(55), " × ", Math(55), " × ", Math(96))
    text = write(Document("", (Table(("a", "b"), ((size, ("so many words that stand around ", Math(Name("n")))),)),)))
    assert text.count('<td class="whole">') == 0
    assert text.count('<th scope="row" class="whole">') == 1
    assert ".whole) { white-space: nowrap; }" in text


def test_a_quotation_mark_is_escaped_in_attributes_alone() -> None:
    text = write(Document("it's", (Figure("<svg/>", 'a "map"'), Paragraph('a "map"'))))
    assert 'alt="a &quot;map&quot;"' in text
    assert '<p>a "map"</p>' in text
    assert "<h1>it's</h1>" in text


def test_a_derivation_is_one_aligned_piece_of_mathml() -> None:
    """One row per line, the left side in its own column, the note as text beside it."""
    equations = (
        Equation("o", (55,), ("see ", Strong("it"))),
        Equation(None, (0.5,)),
        Equation("y", (0.5,), rounded=True),
    )
    text = write(Document("", (Formula(equations),)))
    rows = re.findall("<mtr>(.*?)</mtr>", text)
    assert [row.count("<mtd>") for row in rows] == [3, 2, 2]
    assert rows[0].endswith('<mtd><mtext class="aside">see <strong>it</strong></mtext></mtd>')
    assert rows[1].startswith("<mtd></mtd><mtd>")
    assert ['<mo form="infix">=</mo>' in row for row in rows] == [True, False, False]
    assert '<mo form="infix">≈</mo>' in rows[2]
    assert text.count("<math") == 1
    read(text)


def test_a_page_asks_nothing_of_the_network(lesson: Document) -> None:
    """No address but data and names of languages; a policy forbids the rest, scripts among it."""
    page = write(lesson, standalone=True)
    tags = read(page).tags
    assert {tag for tag, _ in tags}.isdisjoint({"script", "link", "iframe", "object", "base", "form"})
    for _, attributes in tags:
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("src") or "data:").startswith("data:image/svg+xml;base64,") or "src" not in attributes
        assert "href" not in attributes
    assert "@import" not in page
    assert "url(" not in page
    (policy,) = [a["content"] for _, a in tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_a_page_says_its_language_and_title_and_suits_light_and_dark(lesson: Document) -> None:
    """What a browser, a screen reader and a dark room need."""
    page = write(lesson, standalone=True)
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">\n')
    assert "<title>Convolution</title>" in page
    assert "prefers-color-scheme: dark" in page
    assert 'lang="de"' in write(Document("Faltung", (), language="de"), standalone=True)
    assert "<title>dlcalc</title>" in write(Document("", ()), standalone=True)


def test_the_style_of_a_fragment_stays_in_the_fragment(lesson: Document) -> None:
    """Every rule begins with our class, so a notebook's own look is left alone."""
    style = re.findall("<style>(.*?)</style>", write(lesson), re.DOTALL)[0]
    assert style.strip()
    assert all(line.startswith(".dlcalc ") for line in style.strip().splitlines())


def test_a_figure_is_an_image_with_words() -> None:
    """The drawing is data of an image, where no script runs; what it shows is said."""
    svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script>é</svg>"
    ((_, attributes),) = [each for each in shown(Figure(svg, 'a "window" <b>')).tags if each[0] == "img"]
    assert attributes["alt"] == 'a "window" <b>'
    kind, _, data = (attributes["src"] or "").partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert b64decode(data).decode() == svg


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "</style></section><b>",
        "]]>",
        "<!-- ",
        "&lt;b&gt;",
        '" onload="x',
        "' x='",
        "<![CDATA[",
    ],
)
def test_text_is_shown_as_it_is(text: str) -> None:
    """In every place a text can stand, it adds no tag and reads as itself."""
    hostile, tame = whole(text), whole("x")
    for standalone in (False, True):
        found, expected = read(write(hostile, standalone)), read(write(tame, standalone))
        assert [(tag, sorted(attributes)) for tag, attributes in found.tags] == [
            (tag, sorted(attributes)) for tag, attributes in expected.tags
        ]
        # The title (twice in a page, which has a <title>) and the code once each; all other places have it four times.
        assert found.text.count(text) == 1 + standalone + 1 + 4 * 8


def whole(text: str) -> Document:
    """A document with the text in each place where text can stand, in words of every kind where words can."""
    words: Words = (text, Strong(text), Emphasis(text), CodeText(text))
    return Document(
        text,
        (
            Heading(3, words),
            Paragraph(words),
            Formula((Equation("o", (1,), words),)),
            Steps(((words, Equation("o", (1,))),)),
            Table((words, "count"), ((words, "1"),), caption=words),
            Items((words,)),
            Code(text, text),
            Figure("<svg/>", text),
        ),
        language=text,
    )


@given(st.text(max_size=40))
def test_any_text_is_one_paragraph_that_says_it(text: str) -> None:
    """No text adds an element or loses a character that can be printed."""
    (inline,) = inlines(text)
    reader = shown(Paragraph(text))
    assert [tag for tag, _ in reader.tags] == ["section", "style", "p"]
    assert reader.text.strip("\n") == inline.text  # type: ignore[union-attr]


def test_maths_follows_the_letters_of_the_course() -> None:
    """The document's spelling reaches maths in text and in equations."""
    text = write(Document("", (Paragraph(Math(Name("f"))), Formula((Equation("f", (3,)),))), {"f": "k"}))
    assert text.count("<mi>k</mi>") == 2
    assert "<mi>f</mi>" not in text
