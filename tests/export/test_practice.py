"""The practice page as a file: well formed, foreign words inert, nothing loaded; and its script's reading of answers.

How it behaves in a browser is tested in end_to_end/test_practice_page.py.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from base64 import b64encode
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest

from dlcalc.document import (
    Choice,
    CodeText,
    Document,
    Entry,
    Figure,
    Grid,
    Key,
    Paragraph,
    Part,
    Question,
    Response,
    Strong,
)
from dlcalc.errors import UserError
from dlcalc.export.practice import POINTS, write
from dlcalc.expressions.answers import read_answer
from dlcalc.expressions.nodes import Literal, Name, Neg, Transpose
from dlcalc.expressions.parser import parse

NODE = shutil.which("node")
SCRIPT = "".join(
    (files("dlcalc.export") / name).read_text(encoding="utf-8")
    for name in ("practice.js", "practice_numbers.js", "practice_arrays.js")
)

VOID = {"meta", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """Reads a page strictly: every element is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), "an attribute is given twice"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.inside:
            self.inside[self.open[-1]].append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.inside["script"][0])
        return found


def sheet(*entries: Entry, **changes: Any) -> Document:
    parts = tuple(Part(entry.id, Fraction(1), (), entry) for entry in entries)
    question = Question(1, "Sizes", Fraction(len(parts)), (), parts, topic="convolution")
    return Document("Practice", (replace(question, **changes),))


def entry(kind: Any, value: Any, *others: Response) -> Entry:
    return Entry("1", kind, key=Key(value, (Response(value, Fraction(1), ""), *others)))


def wrong(value: Any, because: Any = "no") -> Response:
    return Response(value, Fraction(0), because, id="x")


def test_an_exam_is_a_whole_page_without_any_network(exam_key: Document) -> None:
    """No address but data; the policy allows one script, by the hash of what stands there, and nothing else."""
    page = Page(write(exam_key))
    assert {"link", "iframe", "object", "base", "embed"}.isdisjoint({tag for tag, _ in page.tags})
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name in ("href", "action", "srcset") for name in attributes)
        assert (attributes.get("src") or "data:").startswith("data:image/svg+xml;base64,") or "src" not in attributes
    assert not re.search(r"https?://(?!www\.w3\.org/1998/Math/MathML)|url\(|@import", write(exam_key))
    (policy,) = [each["content"] for each in page.of("meta") if "http-equiv" in each]
    digest = b64encode(sha256(page.inside["script"][1].encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "form-action 'none'; base-uri 'none'"
    )
    assert page.inside["script"][1] == SCRIPT
    assert write(exam_key) == write(exam_key)


def test_a_figure_is_an_image_of_its_own_data() -> None:
    """A drawing needs no file beside the page."""
    page = Page(write(sheet(entry("integer", 1), blocks=(Figure("<svg/>", "a net"),))))
    ((image),) = page.of("img")
    assert (image["alt"], (image["src"] or "").partition(",")[0]) == ("a net", "data:image/svg+xml;base64")


def test_every_field_has_a_name_and_every_part_a_button(exam_key: Document) -> None:
    """A label, or a name that a screen reader says; cells are named by their row and column."""
    page = Page(write(exam_key))
    labelled = {label["for"] for label in page.of("label") if "for" in label}
    fields = [field for field in page.of("input") + page.of("textarea") if "type" not in field]
    assert [field for field in fields if field.get("id") not in labelled and not field.get("aria-label")] == []
    assert [field["aria-label"] for field in fields if "aria-label" in field] == [
        "conv-1, parameters",
        "pool-1, output",
    ]
    described = {field["aria-describedby"] for field in fields if "id" in field}
    assert described <= {paragraph.get("id") for paragraph in page.of("p")}
    submits = [button for button in page.of("button") if button.get("type") == "submit"]
    assert len(submits) == len(page.of("form")) == len(page.data["parts"]) == 8
    assert [(box["type"], box["value"]) for box in page.of("input") if "type" in box] == [
        ("radio", "0"), ("radio", "1"), ("checkbox", "0"), ("checkbox", "1"), ("checkbox", "2"),
    ]  # fmt: skip


def test_points_and_topics(exam_key: Document) -> None:
    """A part's points are what it is worth; a sentence, which nobody marks, is worth nothing here."""
    data = Page(write(exam_key)).data
    assert [part["points"] for part in data["parts"]] == [2, 1, 0.5, 1, 1, 1, 0, 4]
    assert [part["topic"] for part in data["parts"]] == [0] * 7 + [1]
    assert data["parts"][-1]["entries"] == [7, 8]


def test_choices_are_known_by_which_are_right(exam_key: Document) -> None:
    """One of two by a round button, two of three by boxes; each says its reason under its own number."""
    page = Page(write(exam_key))
    one, several = (each for each in page.data["entries"] if each["kind"] == "choice")
    assert one == {"kind": "choice", "several": False, "right": [False, True]}
    assert several == {"kind": "choice", "several": True, "right": [True, True, False]}
    kinds = [box["type"] for box in page.of("input") if box.get("type") in ("radio", "checkbox")]
    assert kinds == ["radio"] * 2 + ["checkbox"] * 3


def test_a_formula_of_matrices_is_chosen_and_its_place_tells_nothing() -> None:
    """The page cannot work W^T δ out; the right one of three is not always the first, and what is said goes with it."""
    places = set()
    for letter in "ABCDEFGHK":
        right, other, third = Transpose(Name(letter)), Name(letter), Neg(Name(letter))
        page = Page(write(sheet(entry("expression", right, wrong(other, "not transposed"), wrong(third, "sign")))))
        (data,) = page.data["entries"]
        assert (data["kind"], sum(data["right"]), len(data["right"])) == ("choice", 1, 3)
        places.add(data["right"].index(True))
        assert len(page.of("template")) == 2
        assert str(data["right"].index(True)) not in [said["data-response"] for said in page.of("template")]
    assert len(places) == 3


def test_an_expression_is_known_by_its_values() -> None:
    """At fixed points the page holds what our evaluator gives; letters are those of the course."""
    right, other = parse("4(n*m + m^2)", ("n", "m")), parse("n*f", ("n", "f"))
    document = replace(sheet(entry("expression", right, wrong(other))), spell={"n": "d"})
    (marked,) = Page(write(document)).data["entries"]
    names = marked["names"]
    assert set(names) == {"d", "m", "f"}
    assert len(names["d"]) == POINTS
    assert [4 * (n * m + m * m) for n, m in zip(names["d"], names["m"], strict=True)] == marked["responses"][0][
        "values"
    ][0]
    assert [n * f for n, f in zip(names["d"], names["f"], strict=True)] == marked["responses"][1]["values"][0]
    assert len(set(zip(names["d"], names["m"], strict=True))) > POINTS // 2


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "<!--", '" onfocus="x', "]]>", "\ue0000\ue001", "&lt;"]
)
def test_foreign_text_adds_nothing(text: str) -> None:
    """In every place, what is foreign adds no element, no attribute and no field."""

    def whole(text: str) -> Document:
        choice = Entry("c", "choice", (Choice(text, True, text), Choice("x", False)))
        typed = Entry("i", "integer", key=Key(1, (Response(1, Fraction(1), text),), (Paragraph(text),)))
        free = Entry("t", "text", key=Key(text))
        parts = tuple(Part(text, Fraction(1), (Paragraph(text),), each, (text,)) for each in (choice, typed, free))
        grid = Grid((text, "b"), ((text, Entry("g", "integer", key=Key(1))), (Strong(text), CodeText(text))))
        parts = (*parts, Part("", Fraction(1), (grid,)))
        question = Question(1, text, Fraction(3), (Paragraph(text),), parts, text, text, text)
        return Document(text, (question,), language=text, facts=((text, text),))

    found, expected = Page(write(whole(text))), Page(write(whole("x")))
    assert [(tag, sorted(attributes)) for tag, attributes in found.tags] == [
        (tag, sorted(attributes)) for tag, attributes in expected.tags
    ]
    assert len(found.inside["script"]) == 2


def test_the_data_cannot_end_their_element() -> None:
    """The only foreign text among the data are names of letters."""
    name = "</script><!--"
    page = Page(write(sheet(entry("expression", Name(name)))))
    assert list(page.data["entries"][0]["names"]) == [name]
    assert len(page.inside["script"]) == 2


def test_the_script_can_stand_in_a_page() -> None:
    """Nothing in it ends a script element, runs text or reaches the network; it is short enough to be read."""
    assert not re.search(r"</script|<!--|\beval\b|\bFunction\b|innerHTML|insertAdjacent|fetch|XMLHttp|import\b", SCRIPT)
    assert len(SCRIPT.splitlines()) <= 860
    assert max(map(len, SCRIPT.splitlines())) <= 120


def test_what_cannot_be_marked_is_refused(exam: Document) -> None:
    """A sheet without its key, one without questions, an answer that is not a number."""
    with pytest.raises(UserError, match=r"A practice page marks answers, so it needs .* its key, and 1\.a has none"):
        write(exam)
    with pytest.raises(UserError, match="A practice page holds questions, and this document has none"):
        write(Document("x", (Paragraph("y"),)))
    with pytest.raises(UserError, match="compares numbers and expressions, and the answer of 1 is neither"):
        write(sheet(entry("number", ((1, 2), (3, 4)))))


# The script itself, run by Node


def run(program: str, data: Any) -> Any:
    """What `program` puts in `out`, with the script's functions and `data` at hand."""
    whole = f"{SCRIPT}\nconst data = {json.dumps(data)}; let out;\n{program}\nconsole.log(JSON.stringify(out));"
    done = subprocess.run([str(NODE), "-e", whole], capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def judged(asked: Entry, *texts: str) -> list[Any]:
    """For each text the number of the response, -1 for none of them, or why it cannot be read."""
    (marked,) = Page(write(sheet(asked))).data["entries"]
    program = """
    out = data[1].map((text) => {
      try { return judge(data[0], text); }
      catch (error) { if (error instanceof Unreadable) return error.message; throw error; }
    });"""
    found: list[Any] = run(program, [marked, texts])
    return found


needs_node = pytest.mark.skipif(NODE is None, reason="needs Node, which is not installed")


@needs_node
def test_numbers_are_read_as_everywhere_else() -> None:
    """What Python's reader takes for a number has the same value in the page."""
    texts = ["34,944", "34 944", "34'944", "−5", "+5", "1e3", ".5", "5.", "1_000", " 7 ", "0.0505", "1,234.5", "12,34"]
    found = run("out = data.map((text) => readNumber(text)?.value ?? null);", texts)
    for text, value in zip(texts[:-1], found[:-1], strict=True):
        assert value == pytest.approx(float(read_answer(text).value), rel=1e-15), text
    assert found[-1] == 12.34  # a decimal comma


@needs_node
def test_whole_numbers_are_never_rounded() -> None:
    """One more or less is wrong however large the number; 2/3·3 is 2."""
    big = 34_944_000_001
    assert judged(entry("integer", big, wrong(big - 1)), str(big), str(big - 1), "3.4944e10", f"{big}.0") == [
        0,
        1,
        1,
        0,
    ]
    assert judged(entry("integer", 2), "2/3*3", "2.0", "1.9999", "4/2", "2.") == [0, 0, -1, 0, 0]


@needs_node
def test_decimals_count_when_three_digits_are_right() -> None:
    """The rule of dlcalc.expressions.answers, and a tolerance where the key has one."""
    third = entry("number", Fraction(1, 3), wrong(Fraction(2, 3)))
    assert judged(third, "1/3", "0.333", "0.3333333", "0.33", "0.334", "2/3", "0.667", "1.00e999") == [
        0,
        0,
        0,
        -1,
        -1,
        1,
        1,
        "this has no value",
    ]
    wide = Entry("1", "number", key=Key(10, (Response(10, Fraction(1), "", Fraction(1, 2)),)))
    assert judged(wide, "10.5", "9.5", "10.51") == [0, 0, -1]


@needs_node
@pytest.mark.parametrize(
    "text", ["55x55x96", "55 X 55 × 96", "[55,55,96]", "(55, 55, 96)", "55 55 96", "55*55*96", "55;55;96"]
)
def test_a_shape_in_every_notation(text: str) -> None:
    """The notations of dlcalc.expressions.answers; the order counts."""
    assert read_answer(text, shape=True).value == (55, 55, 96)
    shape = entry("shape", (55, 55, 96), wrong((96, 55, 55)))
    assert judged(shape, text, "96x55x55", "55x55", "34,944") == [0, 1, -1, -1]


@needs_node
def test_a_shape_may_hold_letters() -> None:
    """A layer with k filters."""
    shape = entry("shape", (55, 55, Name("k")), wrong((54, 54, Name("k"))))
    assert judged(shape, "55x55xk", "54 × 54 × k", "55x55x96", "[55,55,2k/2]") == [0, 1, -1, 0]


@needs_node
def test_expressions_in_any_form() -> None:
    """Signs, powers, brackets and functions as people write them; what has two readings is refused."""
    right = parse("4(n*m + m^2)", ("n", "m"))
    forms = [
        "4(nm+m²)",
        "4*n*m + 4*m**2",
        "4m(n+m)",
        "4·m·(n + m)",
        "4 m [n + m]",
        "-4m(-n-m)",
        "8m(n+m)/2",
        "4(nm + m^(2))",
    ]
    assert judged(entry("expression", right, wrong(parse("n*m", ("n", "m")))), *forms, "mn") == [0] * len(forms) + [1]
    refused = judged(entry("expression", right), "1/2n", "4(n", "n2", "4k", "", "n)", "log n")
    assert refused == [
        "a/b c has two meanings: write a/(b c) or (a/b) c",
        "( is not closed",
        "2 stands before what it multiplies, as in 2n",
        "k has no meaning here: the letters are n, m",
        "it ends too early",
        ") is not expected here",
        "( is expected after log",
    ]
    size = entry("expression", parse("floor((n + 2p - f)/s) + 1", ("n", "p", "f", "s")))
    assert judged(size, "⌊(n+2p-f)/s⌋ + 1", "floor((n-f+2p)/s)+1", "(n+2p-f)/s + 1", "⌈(n+2p-f)/s⌉ + 1") == [
        0,
        0,
        -1,
        -1,
    ]
    assert judged(entry("expression", parse("sqrt(theta)/2^n", ("theta", "n"))), "√θ·2^-n", "sqrt(theta)/2^n") == [0, 0]


@needs_node
def test_hostile_answers_are_refused_and_end() -> None:
    """Deep nesting, great length and text that would be a program are read as what they are: no answer."""
    asked = entry("expression", Name("n"), wrong(Literal(1)))
    texts = [
        "(" * 400,
        "n" * 501,
        "constructor",
        "n.constructor",
        "__proto__",
        "alert(1)",
        "9^9^9^9^9",
        "1/0",
        "n\u0000",
    ]
    found = judged(asked, *texts)
    assert all(isinstance(each, str) or each == -1 for each in found)
    assert found[:2] == ["it is nested too deep", "an answer has at most 500 characters"]
