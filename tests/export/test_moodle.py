"""Moodle XML, read back by the rules of Moodle's own importer, which are written here a second time."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from fractions import Fraction
from html import unescape
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moodle_rules import Field, fields, graded, said, short
from moodle_rules import read as read_file
from rows import each_row

from dlcalc.document import (
    Choice,
    CodeText,
    Document,
    Entry,
    Equation,
    Figure,
    Formula,
    Grid,
    Items,
    Key,
    Math,
    Note,
    Paragraph,
    Part,
    Question,
    Response,
    Steps,
    Table,
    Words,
)
from dlcalc.errors import UserError
from dlcalc.export.moodle import write
from dlcalc.expressions.nodes import Div, Literal, Name
from dlcalc.expressions.parser import parse


def read(document: Document) -> list[Element]:
    """The questions of the file, which is the same each time."""
    text = write(document)
    assert text == write(document)
    return read_file(text)


def asked(*entries: Entry, **changes: Any) -> Document:
    parts = tuple(
        Part("abcdefgh"[i] if len(entries) > 1 else "", Fraction(1), (), entry) for i, entry in enumerate(entries)
    )
    question = Question(1, "Sizes", Fraction(len(parts)), (Paragraph("Given this."),), parts, "conv", "conv/2D", "note")
    return Document("Exam", (replace(question, **changes),))


def entry(kind: Any, value: Any, *others: Response, working: tuple[Any, ...] = ()) -> Entry:
    return Entry("1", kind, key=Key(value, (Response(value, Fraction(1), ""), *others), working))


def wrong(value: Any, because: Words = "no", share: Fraction = Fraction(0)) -> Response:
    return Response(value, share, because, id="x")


def one(document: Document) -> tuple[Element, list[Field]]:
    (question,) = read(document)
    return question, fields(question)


def test_an_exam_of_every_kind(exam_key: Document) -> None:
    """Seven kinds of parts in one cloze, and a table in another: every field is there, with its weight."""
    first, second = read(exam_key)
    assert [field.kind for field in fields(first)] == [
        "NUMERICAL", *["NUMERICAL"] * 3, "SHORTANSWER_C", "NUMERICAL", "MULTICHOICE_VS", "MULTIRESPONSE_S",
        "SHORTANSWER",
    ]  # fmt: skip
    # 2 points, 1 in three numbers, a half, and four times 1.
    assert [field.weight for field in fields(first)] == [12, 2, 2, 2, 3, 6, 6, 6, 6]
    # Two cells share four points; the three numbers of a shape share theirs.
    assert [field.weight for field in fields(second)] == [6, 2, 2, 2]
    assert "{6:NUMERICAL:=34944" in said(second, "questiontext").split("<td>")[2]
    assert second.findtext("tags/tag[2]/text") == "networks"


def test_one_number_is_a_numerical_question() -> None:
    """Right, a convention for its share, each mistake with its reason, everything else: in this order."""
    question, (field,) = one(
        asked(entry("integer", 55, wrong(56, "counted from 0", Fraction(1, 3)), wrong(54, ("see ", Math(Name("n"))))))
    )
    assert question.attrib["type"] == "numerical"
    assert [(a.text, a.percent, a.feedback, a.tolerance) for a in field.answers[:-1]] == [
        ("55", 100, "", 0),
        ("56", 33.33333, "counted from 0", 0),
        ("54", 0, r"see \(n\)", 0),
    ]
    assert graded(field, 7).feedback.startswith("This is not right")
    assert [a.percent for a in field.answers].count(100) == 1
    settings = {tag: question.findtext(tag) for tag in ("showunits", "unitgradingtype", "penalty", "hidden")}
    assert settings == {"showunits": "3", "unitgradingtype": "0", "penalty": "0.3333333", "hidden": "0"}
    assert question.findtext("defaultgrade") == "1"


@pytest.mark.parametrize(
    ("value", "text", "right", "not_right"),
    [
        (Fraction(2, 3), "0.666666666666667", [0.667, 2 / 3, 0.66667], [0.67, 0.66, 0.666]),
        (Fraction(1, 8), "0.125", [0.125], [0.13, 0.1251]),
        (Fraction(-101, 2000), "-0.0505", [-0.0505], [0.0505, -0.05]),
        (-3, "-3", [-3], [3, -3.01]),
        (0.1234567, "0.1234567", [0.1234567, 0.123], [0.12]),
        (10**12, "1000000000000", [1e12], [1e12 + 1]),
        (Fraction(1, 3 * 10**7), "0.0000000333333333333333", [3.33e-8], [3.3e-8]),
    ],
)
def test_numbers_as_moodle_reads_them(value: Any, text: str, right: list[float], not_right: list[float]) -> None:
    """No exponent, no plus; a number whose decimals go on is right when three digits of it are."""
    _, (field,) = one(asked(entry("number", value)))
    assert field.answers[0].text == text
    assert [graded(field, number).percent for number in right] == [100] * len(right)
    assert [graded(field, number).percent for number in not_right] == [0] * len(not_right)


def test_a_mistake_that_touches_the_right_band_is_left_out() -> None:
    """The first answer that fits wins, so a band that overlaps an earlier one would say something wrong."""
    right = Response(10, Fraction(1), "", Fraction(1, 2))
    others = (
        wrong(Fraction(21, 2), "touches"),
        wrong(12, "stands alone"),
        wrong(12, "again"),
        wrong(float("inf"), "none"),
    )
    _, (field,) = one(asked(Entry("1", "number", key=Key(10, (right, *others)))))
    assert [answer.feedback for answer in field.answers[1:-1]] == ["stands alone"]
    assert graded(field, 10.5).percent == 100


@given(
    st.lists(st.fractions(-20, 20, max_denominator=12), min_size=1, max_size=8),
    st.lists(st.fractions(0, 1), min_size=8, max_size=8),
    st.fractions(0, 2),
)
@settings(max_examples=60, deadline=None)
def test_any_key_gives_a_question_that_moodle_takes(
    values: list[Fraction], shares: list[Fraction], wide: Fraction
) -> None:
    """Whatever is right or wrong: bands apart, shares from the list, and the right number is graded as right."""
    others = tuple(
        Response(v, share * Fraction(9, 10), "no", wide) for v, share in zip(values[1:], shares, strict=False)
    )
    key = Key(values[0], (Response(values[0], Fraction(1), "", wide), *others))
    _, (field,) = one(asked(Entry("1", "number", key=key)))
    assert graded(field, float(values[0])).percent == 100


def test_choices_say_why() -> None:
    """Each wrong choice has its reason; who ticks every one of several gets nothing."""
    choices = (Choice("12", True), Choice(("m", Math(Name("n"))), False, "too many"), Choice("3", False, "too few"))
    question, (field,) = one(asked(Entry("1", "choice", choices)))
    assert question.attrib["type"] == "multichoice"
    assert (question.findtext("single"), question.findtext("shuffleanswers")) == ("true", "true")
    assert [(a.text, a.percent, a.feedback) for a in field.answers] == [
        ("12", 100, ""),
        (r"m\(n\)", 0, "too many"),
        ("3", 0, "too few"),
    ]
    several = tuple(Choice(str(i), i < 3, "") for i in range(7))
    question, (field,) = one(asked(Entry("1", "choice", several, True)))
    assert question.findtext("single") == "false"
    assert [a.percent for a in field.answers] == [33.33333] * 3 + [-25] * 4
    assert sum(a.percent for a in field.answers) < 0.001
    eleven = tuple(Choice(str(i), i != 11, "") for i in range(12))
    write(asked(Entry("1", "choice", eleven, True)))


def test_each_number_of_a_shape_is_a_field() -> None:
    """A mistake is named at the numbers that it makes wrong, and only there; a shape of other length is none."""
    shape = entry(
        "shape", (55, 55, 96), wrong((54, 54, 96), "one short"), wrong((55, 55, 3), "depth kept"), wrong((55, 55))
    )
    question, (height, width, depth) = one(asked(shape))
    assert question.attrib["type"] == "cloze"
    assert [(a.text, a.feedback) for a in height.answers[:-1]] == [("55", ""), ("54", "one short")]
    assert height.answers == width.answers
    assert [(a.text, a.feedback) for a in depth.answers[:-1]] == [("96", ""), ("3", "depth kept")]
    _, (*_, letter) = one(asked(entry("shape", (55, 55, Name("k")), wrong((55, 55, Name("c")), "the input's"))))
    assert letter.kind == "SHORTANSWER_C"
    assert [short(letter, text).percent for text in ("k", "c", "K")] == [100, 0, 0]
    assert unescape(short(letter, "c").feedback) == "the input's"


def test_an_expression_is_chosen_where_the_key_has_two_wrong_ones() -> None:
    """Printed expressions, the right one not always first; else typed, in several spellings, with stars as stars."""
    right = parse("4(n*m + m^2)", ("n", "m"))
    mistakes = (
        wrong(parse("n*m + m^2", ("n", "m")), "four gates"),
        wrong(parse("4*n*m", ("n", "m")), "recurrent ones"),
    )
    question, (field,) = one(asked(entry("expression", right, *mistakes)))
    assert question.attrib["type"] == "multichoice"
    by_percent = {answer.percent: answer.text for answer in field.answers if answer.percent == 100}
    assert by_percent == {100: r"\(4 \left( n m + m^{2} \right)\)"}
    assert {answer.feedback for answer in field.answers} == {"", "four gates", "recurrent ones"}
    places = set()
    for factor in range(2, 9):
        options = (wrong(Literal(factor)), wrong(Name("n")))
        _, (field,) = one(asked(entry("expression", parse(f"{factor}n", ("n",)), *options)))
        places.add([answer.percent for answer in field.answers].index(100))
    assert len(places) > 1
    question, (field,) = one(asked(entry("expression", right, mistakes[0])))
    assert (question.attrib["type"], question.findtext("usecase")) == ("shortanswer", "1")
    for text in ("4(nm + m²)", "4*(n*m + m^2)", "4*(n*m+m^2)"):
        assert short(field, text).percent == 100
    assert short(field, "nm + m²").feedback == "four gates"
    assert (short(field, "4(n0m + m^2)").percent, short(field, "anything").text) == (0, "*")


def test_working_hints_and_category() -> None:
    """The working is the general feedback, maths is LaTeX, a slash in a topic parts nothing."""
    half = Div(Name("a"), Literal(2))
    working = (
        Steps((("halve it", Equation("b", (half, 27), ("rounded ", CodeText("a<b")))),)),
        Formula((Equation("c", (1,)),)),
        Table(("x", "y"), (("1", Math(half)),)),
        Items(("one",)),
        Note("mistake", "beware"),
        Figure("<svg>é</svg>", "a net"),
    )
    question, _ = one(asked(entry("integer", 27, working=working)))
    text = said(question, "generalfeedback")
    assert r"\[\begin{aligned} b &amp;= \frac{a}{2} = 27 \end{aligned}\]" in text
    assert "rounded <code>a&lt;b</code>" in text
    assert r"<td>\(\frac{a}{2}\)</td>" in text
    assert "<math" not in text
    (file,) = question.findall("generalfeedback/file")
    assert f'src="@@PLUGINFILE@@/{file.attrib["name"]}"' in text
    assert b64decode(file.text or "").decode() == "<svg>é</svg>"
    root = ElementTree.fromstring(write(asked(entry("integer", 27))))
    assert root.findtext("question/category/text") == "$course$/top/dlcalc/conv//2D"
    part = Part("", Fraction(1), (), entry("integer", 1), ("look", "look again"))
    question, _ = one(asked(entry("integer", 1), parts=(part,)))
    assert [hint.findtext("text") for hint in question.findall("hint")] == ["look", "look again"]


def test_names_and_numbers_of_questions() -> None:
    """A variant keeps its number in every exam; the same one twice gets two; names are cut and hold no tag."""
    (question,) = asked(entry("integer", 1)).blocks
    assert isinstance(question, Question)
    twice = Document("", (question, replace(question, number=2, title="<b>" * 200)))
    first, second = (each.findtext("idnumber") or "" for each in read(twice))
    assert re.fullmatch("conv-[0-9a-f]{12}", first)
    assert second == f"{first}-2"
    (alone,) = read(Document("other", (replace(question, number=9),)))
    assert alone.findtext("idnumber") == first
    (other,) = read(Document("", (replace(question, note="another note"),)))
    assert other.findtext("idnumber") != first
    (long,) = read(Document("", (replace(question, problem="ü/" * 90, topic="t" * 90),)))
    assert all(len(tag.text or "") <= 50 for tag in long.findall("tags/tag/text"))


HOSTILE = [
    "}", "#", "~", "a~b#c}d", "\\", "x\\", "{1:SA:=x}", "}{1:NUMERICAL:=1:0}", "{ 2 : MC : =a~b }", "%100%", "=", "=x",
    "*", "<script>alert(1)</script>", "]]>", "]]>]]>", "<![CDATA[", "&#960;", "&lt;b&gt;", "\\(x\\)", "\\[x", "$$x$$",
    "@@PLUGINFILE@@/x", "[tex]x[/tex]", "\ue0000\ue001", "\x00\x0b\ufffez", "'\"", " ", "a\nb",
]  # fmt: skip


@each_row("text", HOSTILE)
def test_foreign_text_is_text(text: str) -> None:
    """In every place it adds no field, no answer, no tag and no maths, and what is right stays right."""

    def whole(text: str) -> Document:
        choices = (Choice(f"right {text}", True, text), Choice(text, False, text))
        free = Entry("t", "text", key=Key(f"free {text}"))
        number = entry("integer", 1, wrong(2, text), working=(Paragraph(text), Figure("<svg/>", text)))
        grid = Grid((text, "b"), ((text, entry("integer", 3)), (entry("integer", 4), text)))
        parts = (
            Part("a", Fraction(1), (Paragraph((text, CodeText(text))),), number, (text,)),
            Part("b", Fraction(1), (), Entry("c", "choice", choices)),
            Part("c", Fraction(1), (), free),
            Part("d", Fraction(1), (grid,)),
        )
        several = Question(1, text, Fraction(4), (Paragraph(text),), parts, text, text, text)
        return Document(text, (several, *asked(number).blocks, *asked(Entry("c", "choice", choices)).blocks))

    found, expected = read(whole(text)), read(whole("x"))
    assert [question.attrib for question in found] == [question.attrib for question in expected]
    assert [[child.tag for child in question] for question in found] == [
        [child.tag for child in question] for question in expected
    ]
    for question, tame in zip(found, expected, strict=True):
        assert [(f.kind, f.weight, [(a.percent, a.tolerance) for a in f.answers]) for f in fields(question)] == [
            (f.kind, f.weight, [(a.percent, a.tolerance) for a in f.answers]) for f in fields(tame)
        ]
        for tag in ("questiontext", "generalfeedback"):
            assert re.findall(r"<[^>]*?(?=[ >])", said(question, tag)) == re.findall(
                r"<[^>]*?(?=[ >])", said(tame, tag)
            )
            # A short answer is compared, never shown.
            shown = re.sub(r"\{\d+:SHORTANSWER:.*?(?<!\\)\}", "", said(question, tag))
            assert not re.search(r"\\[(\[]|\$\$|\[/?tex\]", shown)
    mistake = fields(found[0])[0].answers[1].feedback
    shown = "".join(" ".join(text.split(" ")) for text in unescape(mistake).split("\u2060"))
    assert shown.strip() == re.sub("[\x00-\x08\x0b\ue000\ue001\ufffe]", "", text).replace("\n", " ").strip()


def test_maths_inside_a_field_keeps_its_braces() -> None:
    r"""Every } of LaTeX is escaped in a field; outside it stands as it is."""
    half = Math(Div(Literal(1), Name("n")))
    document = asked(entry("integer", 1, wrong(2, half)), entry("integer", 3), blocks=(Paragraph(half),))
    text = said(read(document)[0], "questiontext")
    assert r"<p>\(\frac{1}{n}\)</p>" in text
    assert r"#\(\frac{1\}{n\}\)~" in text
    assert one(document)[1][0].answers[1].feedback == r"\(\frac{1}{n}\)"


def test_what_moodle_cannot_mark_is_refused(exam: Document) -> None:
    """A sheet without its key, and one without questions."""
    with pytest.raises(UserError, match=r"Moodle XML marks answers, so it needs .* its key, and 1\.a has none"):
        write(exam)
    with pytest.raises(UserError, match="Moodle XML holds questions, and this document has none"):
        write(Document("x", (Paragraph("y"),)))
    (question,) = read(Document("x", (Question(1, "t", Fraction(0), (), ()),)))
    assert question.attrib["type"] == "description"


def test_quotation_marks_stay_what_they_are() -> None:
    """In text, choices and reasons alike: ' and " are written as such, and < and & are not."""
    words = 'the layer\'s "size" is < 3 & odd'
    shown = 'the layer\'s "size" is &lt; 3 &amp; odd'
    choices = (Choice(words, True, words), Choice("other"))
    document = asked(Entry("1", "choice", choices), entry("integer", 55), blocks=(Paragraph(words),))
    question, _ = read(document)[0], None
    text = said(question, "questiontext")
    assert text.count(shown) == 3
    assert "&#x27;" not in write(document)
    assert "&quot;" not in write(document)
