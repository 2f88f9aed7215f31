"""Vectors and matrices in every format: an empty grid to fill in, a field for each number, a page that marks them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from fractions import Fraction
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree

import moodle_rules
import pytest

from dlcalc.answers.array_patterns import OTHER_SHAPE, WORDS, of_some, off_by, patterns, rearranged
from dlcalc.document import Document, Entry, Key, Paragraph, Part, Question, Response, sentence
from dlcalc.export import _sheet
from dlcalc.export.registry import writer
from dlcalc.formulas.arrays import numbers
from dlcalc.quiz import bank
from dlcalc.quiz.sheet import sheet
from dlcalc.quiz.variant import variant
from dlcalc.verification.notations import written

NODE = shutil.which("node")
MATRIX = ((3, -1), (Fraction(1, 4), 7), (0, 12))
TURNED = ((-1, 3), (7, Fraction(1, 4)), (12, 0))
HALF = Fraction(1, 2000)
NEAR = ((Fraction(0), Fraction(0)), (HALF, Fraction(0)), (Fraction(0), Fraction(0)))


def made(keyed: bool, grid: bool = True) -> Document:
    """A matrix of three rows, and a vector of three numbers; of the matrix one mistake is known."""
    wrong = Response(TURNED, Fraction(0), "Read from right to left.", NEAR, "turned")
    key = Key(MATRIX, (Response(MATRIX, Fraction(1), "", NEAR), wrong), (Paragraph("worked out"),))
    row = Key((1, 2.5, -3), (Response((1, 2.5, -3), Fraction(1), "", (Fraction(0), HALF, Fraction(0))),))
    parts = (
        Part("a", Fraction(6), (Paragraph("Which map?"),),
             Entry("1.a", "matrix", key=key if keyed else None, size=(3, 2) if grid else ())),
        Part("b", Fraction(3), (Paragraph("Which row?"),),
             Entry("1.b", "vector", key=row if keyed else None, size=(3,) if grid else ())),
    )  # fmt: skip
    return Document("Arrays", (Question(1, "By hand", Fraction(9), (), parts, "p", "topic"),))


def test_the_grid_is_numbered() -> None:
    entry = Entry("1.a", "matrix", size=(3, 2))
    grid = _sheet.room(entry)
    assert grid is not None
    assert grid.header == ("", "1", "2")
    assert [row[0] for row in grid.rows] == ["1", "2", "3"]
    row = _sheet.room(Entry("1.b", "vector", size=(3,)))
    assert row is not None
    assert (row.header, len(row.rows)) == (("1", "2", "3"), 1)
    assert _sheet.room(Entry("1.a", "matrix")) is None
    assert _sheet.room(Entry("1.a", "matrix", size=(3, 2), key=Key(MATRIX))) is None


def test_markdown() -> None:
    text = writer("markdown")(made(False))
    assert "|  | 1 | 2 |\n| --- | --- | --- |\n| 1 |  |  |\n| 2 |  |  |\n| 3 |  |  |" in text
    assert "| 1 | 2 | 3 |\n| --- | --- | --- |\n|  |  |  |" in text
    assert "Answer: \\_" in writer("markdown")(made(False, grid=False))
    key = writer("markdown")(made(True))
    assert "**Answer:**\n>\n> $$" in key
    assert r"\begin{bmatrix} 3 & -1" in key.split("**Answer:**")[1]
    assert "Read from right to left." in key


def test_latex() -> None:
    text = writer("latex")(made(False))
    assert r"\begin{tabular}{|r|p{1.1cm}|p{1.1cm}|}" in text
    assert text.count(r"\hline") == 1 + 4 + 1 + 2
    assert r"\rule{5cm}{0.4pt}" in writer("latex")(made(False, grid=False))
    assert r"\begin{bmatrix} 3 & -1 \\ 0.25 & 7 \\ 0 & 12 \end{bmatrix}" in writer("latex")(made(True))


def test_html() -> None:
    page = writer("html")(made(False))
    assert page.count("<td></td>") == 6 + 3 + 1  # and the corner of the first grid
    assert '<th scope="row">3</th>' in page


@pytest.mark.parametrize("keyed", [False, True])
@pytest.mark.parametrize("grid", [False, True])
def test_typst_and_pdf(keyed: bool, grid: bool) -> None:
    """The same source that a test of pdf sets: it is set without an error."""
    source = writer("typst")(made(keyed, grid))
    assert ("#fill(" in source) == (grid and not keyed)
    assert source.count("1.75cm") == (2 + 3 if grid and not keyed else 0)
    pytest.importorskip("typst")
    assert writer("pdf")(made(keyed, grid)).startswith(b"%PDF")


def test_answer_sheets() -> None:
    toml = writer("answers-toml")(made(False))
    assert '#     3 rows of 2 numbers: 1 2; 3 4\n"1.a" = ""' in toml
    assert '#     3 numbers: 1 2 3\n"1.b" = ""' in toml
    assert tomllib.loads(toml)["answers"] == {"1.a": "", "1.b": ""}
    assert "1.a,,Which map? – 3 rows of 2 numbers: 1 2; 3 4" in writer("answers-csv")(made(False))
    blind = writer("answers-toml")(made(False, grid=False))
    assert "rows of numbers: 1 2; 3 4" in blind
    assert "3 rows" not in blind


def test_json() -> None:
    first, second = json.loads(writer("json")(made(True)))["questions"][0]["parts"]
    assert (first["kind"], first["size"], first["answer"]) == ("matrix", [3, 2], [[3, -1], [0.25, 7], [0, 12]])
    assert [each["tolerance"] for each in first["responses"]] == [[[0, 0], [0.0005, 0], [0, 0]]] * 2
    assert (second["size"], second["answer"]) == ([3], [1, 2.5, -3])
    blank = json.loads(writer("json")(made(False)))["questions"][0]["parts"][0]
    assert set(blank) == {"id", "label", "points", "text", "kind", "size"}


def test_moodle_has_a_field_for_every_number() -> None:
    """Six numbers for six points and three for three: each field weighs 1, in the rows and columns of the matrix."""
    root = ElementTree.fromstring(writer("moodle")(made(True)))
    question = next(each for each in root if each.get("type") == "cloze")
    text = question.findtext("questiontext/text") or ""
    fields = re.findall(r"\{(\d+):NUMERICAL:([^}]*)\}", text)
    assert [weight for weight, _ in fields] == ["1"] * 9
    assert [re.match(r"=(-?[\d.]+)", answers)[1] for _, answers in fields] == [  # type: ignore[index]
        "3", "-1", "0.25", "7", "0", "12", "1", "2.5", "-3"
    ]  # fmt: skip
    (table,) = re.findall(r"<table>.*?</table>", text)
    assert [row.count("{1:NUMERICAL:") for row in table.split("<tr>")[1:]] == [2, 2, 2]
    assert "%0%-1:0#Read from right to left." in fields[0][1]
    assert "0.25:0.0005" in fields[2][1]


# the practice page


@pytest.mark.skipif(NODE is None, reason="needs node")
@pytest.mark.parametrize(
    ("wrote", "found"),
    [
        ("3 -1; 0.25 7; 0 12", 0),
        ("[[3, -1], [1/4, 7], [0, 12]]", 0),
        ("3 −1\n.25 7\n0 12", 0),
        ("3,-1;0.25,7;0,12", 0),
        (r"\begin{pmatrix} 3 & -1 \\ \frac{1}{4} & 7 \\ 0 & 12 \end{pmatrix}", 0),
        ("| 3 | -1 |\n| 0.25 | 7 |\n| 0 | 12 |", 0),
        ("np.array([[3, -1], [0.25, 7], [0, 12]])", 0),
        ("(3, -1), (0.25, 7), (0, 12)", 0),
        ("3\t-1\n0.25\t7\n0\t12", 0),
        ("-1 3; 7 0.25; 12 0", 1),
        ("3 -1; 0.25 7; 0 13", "5 of 6"),
        ("1 2; 3 4", "size"),
        ("3 -1; x 7; 0 12", "unreadable"),
        ("3 -1; ; 7", "size"),
        ("1e999 1; 1 1; 1 1", "unreadable"),
        ("[" * 3000, "unreadable"),
        ("1 " * 3000, "unreadable"),
    ],
)
def test_the_page_marks_a_matrix(wrote: str, found: Any) -> None:
    assert _judged(made(True), 0, wrote) == found


@pytest.mark.skipif(NODE is None, reason="needs node")
@pytest.mark.parametrize(
    ("wrote", "found"),
    [
        ("1 2.5 -3", 0),
        ("[1, 5/2, -3]", 0),
        ("1; 2.5; -3", 0),
        ("1\n2.50\n-3", 0),
        ("1 2.5", "size"),
        ("1 2.4 -3", "2 of 3"),
    ],
)
def test_the_page_marks_a_vector(wrote: str, found: Any) -> None:
    assert _judged(made(True), 1, wrote) == found


SQUARE = ((1, 2, 3), (4, 5, 6), (7, 8, 10))
SERIES = (1, 2, 4, 8)
PATTERNS = [
    ("matrix", "4 5 6; 7 8 10; 1 2 3", "rows-in-another-order", {}),
    ("matrix", "0 0 0; 1 2 3; 4 5 6", "one-row-off", {"where": "down"}),
    ("matrix", "2 3 0; 5 6 0; 8 10 0", "one-column-off", {"where": "to the left"}),
    ("vector", "2 4 8 0", "one-place-off", {"where": "to the left"}),
    ("matrix", "1 2; 4 5", "border-missing", {}),
    ("vector", "2 4 8", "numbers-missing", {}),
    ("matrix", "0 0 0 0; 0 1 2 3; 0 4 5 6; 0 7 8 10", "border-added", {}),
    ("vector", "0 1 2 4 8", "numbers-added", {}),
    ("matrix", "1.5 2.5 3.5; 4.5 5.5 6.5; 7.5 8.5 10.5", "same-amount-off", {"amount": "0.5", "size": "large"}),
    ("vector", "-1 0 2 6", "same-amount-off", {"amount": "2", "size": "small"}),
    ("matrix", "1/3 2/3 1; 4/3 5/3 2; 7/3 8/3 10/3", "same-factor-off", {"amount": "1/3"}),
    ("vector", "3 6 12 24", "same-factor-off", {"amount": "3"}),
    ("matrix", "1 2 3; 4 -5 6; 7 8 -10", "some-signs-turned", {}),
    ("vector", "1 2 -4 8", "one-sign-turned", {}),
    ("matrix", "1 2 3; 4 6 5; 7 8 10", "two-exchanged", {}),
    ("matrix", "1 2 3; 4 5 6; 7 8 11", "", {}),
    ("matrix", "1 2; 3 9", "", {}),
    ("vector", "9 9 9 9", "", {}),
]


@pytest.mark.skipif(NODE is None, reason="needs node")
def test_the_page_says_what_happened_to_an_array() -> None:
    """The patterns of every other door, in the same words: those that turn the array stand among the responses."""
    entries = {}
    for kind, value in (("matrix", SQUARE), ("vector", SERIES)):
        exact = tuple(tuple(Fraction(0) for _ in row) for row in SQUARE) if kind == "matrix" else (Fraction(0),) * 4
        said = tuple((id, sentence(because)) for id, (because, _) in WORDS.items())
        key = Key(value, (Response(value, Fraction(1), "", exact),), patterns=said)
        part = Part("a", Fraction(1), (), Entry("1.a", kind, key=key))
        page = writer("practice")(Document("A", (Question(1, "", Fraction(1), (), (part,), "p", "topic"),)))
        data = json.loads(page.split('id="practice-data">')[1].split("</script>")[0])
        entries[kind], words = data["entries"][0], data["patterns"]
    asked = [[entries[kind], text] for kind, text, _, _ in PATTERNS]
    program = f"""{page.split("<script>")[1].split("</script>")[0]}
        const found = {json.dumps(asked)}.map(([entry, text]) => lookAtArray(entry, text, {json.dumps(words)}).because);
        console.log(JSON.stringify(found));"""
    done = subprocess.run([NODE or "node", "-e", program], capture_output=True, text=True, check=True, timeout=60)
    told = [sentence(WORDS[id][0]).format(**values) if id else "" for _, _, id, values in PATTERNS]
    assert json.loads(done.stdout) == told
    by_python = [_by_python(kind, text) for kind, text, _, _ in PATTERNS]
    assert by_python == told
    turned = {id for vector in (True, False) for id, _ in rearranged(SQUARE, vector)}
    assert {id for _, _, id, _ in PATTERNS if id} | turned | {OTHER_SHAPE} == set(WORDS)


def _by_python(kind: str, text: str) -> str:
    """What the other doors say of the same."""
    right = SQUARE if kind == "matrix" else (SERIES,)
    rows = [row.split() for row in text.split(";")]
    wrote = tuple(tuple(Fraction(number) for number in row) for row in rows)
    fits = lambda value, i, j: value == wrote[i][j]  # noqa: E731
    found = patterns(right, len(wrote), len(wrote[0]), fits, kind == "vector")
    if not found and (len(wrote), len(wrote[0])) == (len(right), len(right[0])):
        wrong = [(i, j) for i, row in enumerate(right) for j, value in enumerate(row) if not fits(value, i, j)]
        found = (*off_by(right, wrote), *of_some(right, wrong, fits))
    return sentence(found[0].because) if found else ""


def _judged(document: Document, index: int, wrote: str) -> Any:
    """What the page's own script makes of an answer: the number of the response, or what it says."""
    page = writer("practice")(document)
    data = re.search(r'<script type="application/json" id="practice-data">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    entry = json.loads(data[1])["entries"][index]
    names = ("practice.js", "practice_numbers.js", "practice_arrays.js")
    script = "".join((files("dlcalc.export") / name).read_text(encoding="utf-8") for name in names)
    program = f"""{script}
            try {{
              const {{ found, right }} = judgeArray({json.dumps(entry)}, {json.dumps(wrote)});
              const cells = right ? right.flat() : [];
              const share = right ? `${{cells.filter(Boolean).length}} of ${{cells.length}}` : "size";
              console.log(JSON.stringify(found >= 0 ? found : share));
            }} catch (error) {{
              if (!(error instanceof Unreadable)) throw error;
              console.log(JSON.stringify("unreadable"));
            }}"""
    done = subprocess.run([NODE or "node", "-e", program], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


# every problem of the bank that asks an array

ARRAYS = [path.stem for path in bank.files() if any(part.kind in ("vector", "matrix") for part in
          bank.load(str(path)).parts)]  # fmt: skip


def paper(key: bool = True) -> tuple[list[Any], Document]:
    variants = [variant(bank.find(id), "export") for id in ARRAYS]
    return variants, sheet("By hand", variants, key=key)


def test_moodle_takes_the_bank_and_grades_the_right_numbers() -> None:
    """Moodle's own rules, stated a second time; each right number gets the full mark in its field, in reading order."""
    variants, document = paper()
    questions = moodle_rules.read(writer("moodle")(document))
    assert len(questions) == len(variants)
    for made_of, asked in zip(variants, questions, strict=True):
        found = [field for field in moodle_rules.fields(asked) if field.kind == "NUMERICAL"]
        wanted = [
            each
            for part in made_of.problem.parts
            if part.kind in ("integer", "number", "vector", "matrix")
            for each in numbers(made_of.asked[part.id].expected)
        ]
        pairs = list(zip(found, wanted, strict=True))
        assert {moodle_rules.graded(field, float(value)).percent for field, value in pairs} == {100}


def test_no_sheet_holds_a_number_of_the_key() -> None:
    """What the key says of its arrays stands in no format that is handed out."""
    _, document = paper(key=False)
    for format in ("json", "markdown", "latex", "answers-toml", "answers-csv", "typst", "html"):
        text = writer(format)(document)
        assert "if you wrote" not in text
    blank = json.loads(writer("json")(document))
    parts = [part for question in blank["questions"] for part in question["parts"]]
    assert all("answer" not in part and "responses" not in part for part in parts)


@pytest.mark.skipif(NODE is None, reason="needs node")
def test_the_page_takes_the_right_arrays_of_the_bank() -> None:
    """What marking takes for right, row by row, is right for the page's script too; one number more is not."""
    variants, document = paper()
    page = writer("practice")(document)
    data = re.search(r'<script type="application/json" id="practice-data">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    entries = [entry for entry in json.loads(data[1])["entries"] if entry["kind"] in ("vector", "matrix")]
    texts = [
        written(part, made_of.asked[part.id].expected)
        for made_of in variants
        for part in made_of.problem.parts
        if part.kind in ("vector", "matrix")
    ]
    names = ("practice.js", "practice_numbers.js", "practice_arrays.js")
    script = "".join((files("dlcalc.export") / name).read_text(encoding="utf-8") for name in names)
    program = f"""{script}
        const [entries, texts] = {json.dumps([entries, texts])};
        const look = (entry, i) => [judgeArray(entry, texts[i]).found, lookAtArray(entry, texts[i]).share];
        const found = entries.map(look);
        const longer = entries.map((entry, i) => judgeArray(entry, texts[i] + " 1").found);
        console.log(JSON.stringify([found, longer.filter((each) => each === 0).length]));"""
    done = subprocess.run([NODE or "node"], input=program, capture_output=True, text=True, check=True, timeout=60)
    found, longer = json.loads(done.stdout)
    assert len(entries) == len(texts) > 60
    assert found == [[0, 1]] * len(texts)
    assert longer == 0
