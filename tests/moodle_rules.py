"""What Moodle's importer demands of a question file, and how Moodle then grades: stated here a second time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

FRACTIONS = [
    100, 90, 83.33333, 80, 75, 70, 66.66667, 60, 50, 40, 33.33333, 30, 25, 20, 16.66667, 14.28571, 12.5, 11.11111, 10,
    5, 0,
]  # fmt: skip


@dataclass
class Answer:
    text: str
    percent: float
    feedback: str
    tolerance: float | None = None


@dataclass
class Field:
    """A field of a cloze, or the answers of a question that is one field."""

    kind: str
    weight: int
    answers: list[Answer]


def cloze(text: str) -> list[Field]:
    """The fields of a cloze: `{weight:KIND:alternatives}`, ended by the first `}` without a backslash before it."""
    found = []
    pattern = r"\{\s*(\d*)\s*:\s*([A-Z_]+)\s*:(.*?)(?<!\\)\}"
    kinds = {"NUMERICAL", "MULTICHOICE_VS", "MULTIRESPONSE_S", "SHORTANSWER", "SHORTANSWER_C"}
    for match in re.finditer(pattern, text, re.DOTALL):
        assert match[2] in kinds
        found.append(Field(match[2], int(match[1]), [alternative(each, match[2]) for each in split(match[3], "~")]))
    return found


def split(text: str, sign: str, times: int = 0) -> list[str]:
    """The pieces between signs that have no backslash before them."""
    return re.split(rf"(?<!\\){sign}", text, maxsplit=times)


def alternative(text: str, kind: str) -> Answer:
    """`=right`, `%50%part`, then `#` and what is said; `\\}` and `\\#` stand for the sign, `\\~` would stay so."""
    assert "\n" not in text
    assert r"\~" not in text
    match = re.fullmatch(r"(=|%(-?[0-9]+(?:\.[0-9]*)?)%)(.+)", text)
    assert match is not None, text
    answer, *feedback = split(match[3], "#", 1)
    assert answer
    percent = 100.0 if match[1] == "=" else float(match[2])
    said = plain(feedback[0]) if feedback else ""
    if kind != "NUMERICAL" or answer == "*":
        return Answer(plain(answer), percent, said)
    number = r"-?[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?"
    match = re.fullmatch(rf"({number}):({number})", answer)
    assert match is not None, answer
    return Answer(match[1], percent, said, float(match[2]))


def plain(text: str) -> str:
    return text.replace(r"\}", "}").replace(r"\#", "#")


def is_listed(percent: float) -> bool:
    return any(abs(abs(percent) - listed) < 0.00001 for listed in FRACTIONS)


def graded(field: Field, number: float) -> Answer:
    """The first answer in the order of the file that the number fits."""
    for answer in field.answers:
        if answer.text == "*" or abs(float(answer.text) - number) <= (answer.tolerance or 0) + 1e-14 * abs(number):
            return answer
    raise AssertionError("no answer fits, not even *")


def short(field: Field, text: str) -> Answer:
    """The first short answer whose pattern the text fits: `*` is anything, `\\*` a star."""
    for answer in field.answers:
        pieces = [re.escape(unescape(piece).replace(r"\*", "*")) for piece in re.split(r"(?<!\\)\*", answer.text)]
        if re.fullmatch(".*".join(pieces), text, re.DOTALL):
            return answer
    raise AssertionError("no answer fits, not even *")


def fields(question: Element) -> list[Field]:
    kind = question.attrib["type"]
    if kind == "cloze":
        return cloze(said(question, "questiontext"))
    answers = []
    for answer in question.findall("answer"):
        tolerance = answer.findtext("tolerance")
        text, feedback = answer.findtext("text") or "", answer.findtext("feedback/text") or ""
        answers.append(
            Answer(text, float(answer.attrib["fraction"]), feedback, None if tolerance is None else float(tolerance))
        )
    return [Field(kind, 1, answers)]


def said(question: Element, tag: str) -> str:
    return question.findtext(f"{tag}/text") or ""


def read(text: str) -> list[Element]:
    """The questions of a file, each checked against what Moodle demands of all."""
    root = ElementTree.fromstring(text)
    assert root.tag == "quiz"
    assert text.count("<text>") == text.count("<text><![CDATA[") + text.count("<text></text>")
    found = [question for question in root if question.attrib["type"] != "category"]
    numbers = [question.findtext("idnumber") or "" for question in found]
    assert len(set(numbers)) == len(numbers)
    for question, number in zip(found, numbers, strict=True):
        name = said(question, "name")
        assert 0 < len(name) <= 255
        # What looks like a tag, closed or not, would be taken away.
        assert not set("<>") & set(name)
        assert 0 < len(number) <= 100
        check(question)
    return found


def check(question: Element) -> None:
    """Fractions from the list, a full mark, bands that do not meet, and `*` last where any number may be typed."""
    if question.attrib["type"] == "description":
        return
    assert fields(question)
    for field in fields(question):
        percents = [answer.percent for answer in field.answers]
        assert all(map(is_listed, percents)), percents
        if field.kind == "MULTIRESPONSE_S" or question.findtext("single") == "false":
            assert sum(percent for percent in percents if percent > 0) == pytest.approx(100, abs=0.01)
            continue
        assert max(percents) == 100
        if field.kind in ("numerical", "NUMERICAL"):
            *numbers, last = field.answers
            # Another full mark is another convention's.
            assert percents[0] == 100
            assert (last.text, last.percent) == ("*", 0)
            bands = [(float(a.text) - (a.tolerance or 0), float(a.text) + (a.tolerance or 0)) for a in numbers]
            for i, (low, high) in enumerate(bands):
                assert all(high < other_low or other_high < low for other_low, other_high in bands[:i])
