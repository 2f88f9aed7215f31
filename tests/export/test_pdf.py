"""Typst source in which text is only text, and PDF that is the same on every run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcalc.document import Code, Document, Entry, Formula, Grid, Items, Math, Paragraph, Part, Question, Steps, Table
from dlcalc.errors import InternalError, UserError
from dlcalc.export import pdf, registry, typst
from dlcalc.expressions.nodes import Name

LITERAL = r'"(?:\\.|[^"\\])*"'


def literals(source: str) -> list[str]:
    """The string literals of Typst source, as Typst reads them."""
    signs = {"n": "\n", "r": "\r", "t": "\t"}
    return [re.sub(r"\\(.)", lambda m: signs.get(m[1], m[1]), found[1:-1]) for found in re.findall(LITERAL, source)]


@settings(max_examples=60)
@given(st.text(min_size=1, max_size=30))
def test_any_text_stands_in_a_literal(text: str) -> None:
    """Between its first sign and its last nothing is code; the literal holds what the document says."""
    found = typst.write(Document("", (Code(f"x{text}x"),)))
    bare = typst.write(Document("", (Code("x"),)))
    assert re.sub(LITERAL, "", found) == re.sub(LITERAL, "", bare)
    said = literals(found)[-1]
    assert said[0] + said[-1] == "xx"
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", said)


def test_a_sheet_says_its_date_title_and_language(exam: Document) -> None:
    """For the file's own description; without a date, or with a language that is none, nothing is made up."""
    source = typst.write(exam)
    assert '#set document(title: "Deep learning, first exam", date: datetime(year: 2026, month: 3, day: 1))' in source
    assert '#set text(lang: "en")' in source
    bare = typst.write(replace(exam, date="1 March", language='de"'))
    assert "date: none)" in bare
    assert '#set text(lang: "en")' in bare
    assert '#set text(lang: "de")' in typst.write(replace(exam, language="de"))


def test_every_page_says_whose_it_is(exam: Document) -> None:
    """The code stands at the foot, so that a loose page is found again; without one all that is said of the sheet."""
    foot = '[#"{}";], counter(page).display("1 / 1", both: true)'
    assert foot.format("Code 7F3K") in typst.write(exam)
    assert foot.format("Date 2026-03-01 · Points 5") in typst.write(
        replace(exam, facts=(("Date", "2026-03-01"), ("Points", "5"), ("Name", "")))
    )


def test_what_is_printed_is_grey_and_what_is_to_be_filled_in_is_white(exam: Document) -> None:
    cells = (
        'printed([#"conv-1";])', 'printed([#"55 × 55 × 96";])', "[]", 'printed([#"pool-1";])', "[]", 'printed([#"0";])'
    )  # fmt: skip
    assert f"{', '.join(cells)})" in typst.write(exam)


def test_only_in_the_key_are_choices_marked(exam: Document, exam_key: Document) -> None:
    """Of two and of three choices: whether several may be right, and whether this one is marked."""
    sheet, key = (re.findall(r"#choice\((true|false), (true|false),", typst.write(each)) for each in (exam, exam_key))
    assert sheet == [("false", "false")] * 2 + [("true", "false")] * 3
    assert key == [("false", "false"), ("false", "true"), ("true", "true"), ("true", "true"), ("true", "false")]


def test_maths_follows_the_letters_of_the_course() -> None:
    assert "$k$" in typst.write(Document("", (Paragraph(Math(Name("f"))),), {"f": "k"}))


def test_a_part_that_fits_on_a_page_is_not_broken(exam: Document) -> None:
    """A short part stays together; a table longer than a page has to be broken, or its end would be lost."""
    assert "#part(true" not in typst.write(exam)
    rows = tuple((f"conv-{i}", Entry(f"1.{i}", "integer")) for i in range(60))
    part = Part("a", exam.blocks[1].points, (Paragraph("Fill in."), Grid(("layer", "count"), rows)))  # type: ignore[union-attr]
    long = Document("", (Question(1, "", part.points, (), (part,)),))
    assert "#part(true" in typst.write(long)
    assert "#fill(true" in typst.write(long)
    assert "#fill(false" in typst.write(exam)


def test_without_typst_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pdf._compiler.cache_clear()
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(UserError, match=r"^PDF needs Typst: pip install 'dlcalc\[pdf\]'$"):
        pdf.write(Document("", ()))


@pytest.fixture
def compiler() -> object:
    """Typst itself, which the extra `pdf` brings."""
    return pytest.importorskip("typst", reason="the extra pdf is not installed")


@pytest.mark.usefixtures("compiler")
def test_two_runs_give_the_same_bytes(exam: Document, exam_key: Document, tmp_path: Path) -> None:
    """In one process, and in another with another clock, folder, and order of sets; a key is another sheet."""
    here = pdf.write(exam)
    assert here.startswith(b"%PDF-")
    assert pdf.write(exam) == here
    assert pdf.write(exam_key) != here
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from conftest import made_exam; from dlcalc.export import pdf\n"
        "from hashlib import sha256; print(sha256(pdf.write(made_exam(False))).hexdigest())"
    )
    settings = os.environ | {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "86400"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(Path(__file__).parent)],
        capture_output=True, encoding="utf-8", timeout=120, check=False, cwd=tmp_path, env=settings,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == sha256(here).hexdigest()


@pytest.mark.usefixtures("compiler")
def test_the_file_is_dated_by_the_document_alone(exam: Document) -> None:
    assert b"/CreationDate(D:20260301" in pdf.write(exam).replace(b" (", b"(")
    assert b"/CreationDate" not in pdf.write(replace(exam, date=""))


@pytest.mark.usefixtures("compiler")
def test_a_long_table_goes_on_over_the_pages(exam: Document) -> None:
    """120 rows do not fit on one page."""
    rows = tuple((f"conv-{i}", Entry(f"1.{i}", "integer")) for i in range(120))
    grid = Grid(("layer", "count"), rows)
    (question,) = exam.blocks[2:]
    assert isinstance(question, Question)
    long = replace(question, parts=(replace(question.parts[0], label="a", blocks=(Paragraph("Fill in."), grid)),))
    assert pages(pdf.write(replace(exam, blocks=(long,)))) >= 4
    assert pages(pdf.write(exam)) == 2


def pages(data: bytes) -> int:
    (count,) = re.findall(rb"/Type\s*/Pages\s*/Count (\d+)", data) or re.findall(rb"/Count (\d+)", data)[:1]
    return int(count)


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize(
    "text",
    [
        '"] #panic("no") #["',
        '\\"); #panic()',
        "#eval(\"1\") #read(\"/etc/passwd\") #import \"@preview/x:1.0.0\"",
        "$ #panic() $ \\u{41} @here <there> // */ /* ```",
        "[red] {x} ~ -- '' \\\\",
        "😀 漢字 \u202e\u2067 ĉ \x00\x1b é",
    ],
)  # fmt: skip
def test_foreign_text_is_set_and_does_nothing(text: str, exam_saying: Callable[[str], Document]) -> None:
    """In every place where words can stand, what would stop Typst or read a file is only printed."""
    assert pdf.write(exam_saying(text)).startswith(b"%PDF-")


@pytest.mark.usefixtures("compiler")
def test_every_block_is_set_full_or_empty(lesson: Document) -> None:
    """A lesson with all of them, and blocks in which there is nothing."""
    assert pdf.write(lesson).startswith(b"%PDF-")
    empty = (Table(("a",), ()), Grid(("a",), ()), Steps(()), Items(()), Formula(()), Code(""), Paragraph(""))
    assert pages(pdf.write(Document("", empty))) == 1


@pytest.mark.usefixtures("compiler")
def test_a_sheet_that_typst_refuses_is_our_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typst, "write", lambda document: '#panic("no")')
    with pytest.raises(InternalError, match=r"^Typst cannot set the sheet: .*panicked.* \(this is a bug in dlcalc"):
        pdf.write(Document("", ()))


@pytest.mark.usefixtures("compiler")
def test_a_sheet_reads_no_file_outside_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were code to slip in, the folder it may read ends at the writers' own."""
    for path in ("/etc/passwd", "../../../pyproject.toml"):
        monkeypatch.setattr(typst, "write", lambda document, path=path: f'#read("{path}")')
        with pytest.raises(InternalError, match="Typst cannot set the sheet"):
            pdf.write(Document("", ()))


def test_pdf_is_bytes_and_typst_text() -> None:
    assert (registry.suffix("pdf"), registry.suffix("typst")) == (".pdf", ".typ")


def test_words_stay_with_the_table_that_they_lead_to() -> None:
    table = Table(("a",), (("b",),))
    blocks = (Paragraph("Look:"), table, Paragraph("Then answer."), Paragraph("All of it."))
    source = typst.write(Document("", (Question(1, "Q", Fraction(1), blocks, ()),)))
    assert source.count("#block(sticky: true)[#par(") == 1
    assert '#block(sticky: true)[#par([#"Look:";])]' in source


def test_the_table_of_mistakes_goes_on_overleaf(exam_key: Document) -> None:
    """However few its rows are: a key is no sheet to write on."""
    source = typst.write(exam_key)
    keys = source.partition("#key[")[2]
    assert "#cells(true, " in keys
    assert "#cells(false, " not in keys


@pytest.mark.usefixtures("compiler")
def test_the_key_begins_on_the_page_of_its_question() -> None:
    """Wherever the question falls on its page, and however long the key is."""
    query = pytest.importorskip("typst").query
    long = Table(("if you wrote", "because"), (("first", "2"), *((("1", "2"),) * 60)))
    part = Part("a", Fraction(1), (Paragraph("How many?"), long))
    places = []
    for lines in range(20, 40):
        question = Question(1, "Q", Fraction(1), (Paragraph("Words before it."),) * lines, (part,))
        source = typst.write(Document("", (question,)))
        for word in ("How many?", "first"):
            source = source.replace(f'#"{word}";', f'#"{word}";#context [#metadata(here().page())<page>]')
        asked, answered = json.loads(query(source.encode(), "<page>", field="value", ignore_system_fonts=True))
        assert asked == answered, lines
        places.append(asked)
    assert set(places) == {1, 2}
