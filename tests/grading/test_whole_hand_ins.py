"""Whole hand-ins as people's programs and people write them, marked by hand first.

All are Ada's, of the exam in `format_1/`: 37×37×1, 8 filters 5×5, s = 3, p = 2, so 13×13×8; 208; 33,800. And a
perceptron 400, 256, 64, 5: 102,656; 119,429; 1,280. Without padding it is 11×11×8 and 24,200, with one side padded
12×12×8 and 28,800; without biases 200, and 102,400 and 119,104; without running values 640.

Where an examiner knows what is meant and dlcalc asks a person, the mark is ? here: a smile behind an answer, a thousand
with a point or cut by a comma, words for a number. Nowhere is something wrong, or worth nothing, that an examiner would
have given marks for.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import each_row

from dlcalc.grading.class_marks import mark_class
from dlcalc.grading.hand_ins import HandIn, Refused, read
from dlcalc.grading.marking import Marker
from dlcalc.grading.policy import Policy
from dlcalc.quiz import headings, seeds
from dlcalc.quiz.manifest import read_manifest

CLASS = Path(__file__).parent / "format_1"
CODE = "HE3Y-CYP3"
RIGHT = ("13x13x8", "208", "33800", "102656", "119429", "1280")
IDS = ("1.a", "1.b", "1.c", "2.a", "2.b", "2.c")
LETTER = {"right": "R", "convention": "C", "follows": "F", "wrong": "W", "missing": "-"}


def toml(*answers: str, head: str = f'student = "Ada Lovelace"\ncode = "{CODE}"\n') -> str:
    return f"{head}[answers]\n" + "".join(f"{id} = {a}\n" for id, a in zip(map(json.dumps, IDS), answers, strict=False))


def quoted(*answers: str) -> str:
    return toml(*map(json.dumps, answers))


def rows(*answers: str, sign: str = ";", head: str = "part;answer", more: str = "") -> str:
    lines = [head.replace(";", sign), f"code{sign}{CODE}"]
    return "\n".join([*lines, *(f"{id}{sign}{a}" for id, a in zip(IDS, answers, strict=False)), more])


def lines(*answers: str, form: str = "{}: {}", head: str = f"Ada Lovelace, {CODE}\n\n") -> str:
    return head + "".join(form.format(id, a) + "\n" for id, a in zip(IDS, answers, strict=False))


def sheet(*answers: str) -> str:
    """The sheet in Markdown with the blanks filled in."""
    found = [f"# Exam\n\n**Code:** {CODE}\n"]
    for question in (0, 3):
        found.append(f"\n## Question {question // 3 + 1} · A title (12 points)\n\nA text with 37×37×1 in it.\n")
        for place, answer in enumerate(answers[question : question + 3]):
            found.append(f"\n**({'abc'[place]})** What is it?\n\nAnswer: {answer}\n")
    return "".join(found)


def notebook(*cells: str, kind: str = "markdown") -> str:
    made = [{"cell_type": kind, "source": cell.splitlines(keepends=True), "metadata": {}} for cell in cells]
    return json.dumps({"cells": made, "nbformat": 4, "nbformat_minor": 5, "metadata": {}})


def workbook(table: list[list[str | float]]) -> bytes:
    """The least that a spreadsheet program opens: texts in the cells, and numbers as numbers."""
    cells = "".join(
        "<row>" + "".join(f"<c><v>{cell!r}</v></c>" if not isinstance(cell, str) else
                          f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in row) + "</row>"
        for row in table
    )  # fmt: skip
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
                                         '<sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>')  # fmt: skip
        file.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}"><Relationship Id="r1" '
                                                    f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
                                                    "</Relationships>")  # fmt: skip
        file.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData>'
                                                  "</worksheet>")  # fmt: skip
    return data.getvalue()


def listed(*answers: str | float) -> list[list[str | float]]:
    return [["part", "answer"], ["code", CODE], *([id, a] for id, a in zip(IDS, answers, strict=False))]


A, B, C = "13 × 13 × 8", "208 parameters", "33.8k MACs"

HAND_INS: dict[str, tuple[str, bytes | str, str]] = {
    # TOML
    "as it was meant": ("a.toml", quoted(*RIGHT), "RRRRRR"),
    "whole numbers bare": ("a.toml", toml('"13x13x8"', "208", "33_800", "102656", "119429", "1280"), "RRRRRR"),
    "a list as a shape": ("a.toml", toml("[13, 13, 8]", "208", "33800"), "RRR---"),
    "units and words": ("a.toml", quoted(A, B, C, "102,656 weights", "119 429", "1280."), "RRRRRR"),
    "blanks left": ("a.toml", quoted("13x13x8", "", "", "102656", "", "1280"), "R--R-R"),
    "padding forgotten": ("a.toml", quoted("11x11x8", "208", "24200", "102656", "119429", "1280"), "WRFRRR"),
    "biases forgotten": ("a.toml", quoted("13x13x8", "200", "33800", "102400", "119104", "640"), "RWRWWW"),
    "a quote left open": ("a.toml", quoted(*RIGHT).replace('"208"', '"208'), "RRRRRR"),
    "no quotes at all": ("a.toml", toml("13 x 13 x 8", *RIGHT[1:]), "RRRRRR"),
    "a remark behind": ("a.toml", toml('"13x13x8"  # sure', "208 # not sure", "33800"), "RRR---"),
    "words only": ("a.toml", quoted("no idea", "don't know", "?"), "------"),
    "with its working": ("a.toml", quoted("(37-5+4)/3+1 = 13, so 13x13x8", "(5*5*1+1)*8 = 208"), "RR----"),
    "named, with umlauts, cp1252": ("a.toml", ("# für Müller\n" + quoted(*RIGHT)).encode("cp1252"), "RRRRRR"),
    "UTF-16 of Notepad": ("a.toml", quoted(*RIGHT).encode("utf-16"), "RRRRRR"),
    # JSON
    "JSON of numbers": ("a.json", json.dumps({"code": CODE, "answers": {"1.a": [13, 13, 8], "1.b": 208, "1.c": 33800,
                        "2.a": 102656, "2.b": 119429.0, "2.c": 1.28e3}}), "RRRRRR"),
    "JSON in tables": ("a.json", json.dumps({"code": CODE.lower(), "answers": {"1": {"a": "13;13;8", "b": "208"}}}),
                       "RR----"),
    "JSON with nulls": ("a.json", json.dumps({"code": CODE, "answers": {"1.a": None, "1.b": "≈ 208"}}), "-R----"),
    "a true and an object": ("a.json", json.dumps({"code": CODE, "answers": {"1.a": True, "1.b": {"x": 208}}}),
                             "??----"),
    # CSV
    "CSV": ("a.csv", rows(*RIGHT, sign=","), "RRRRRR"),
    "semicolons in cp1252": ("a.csv", rows(A, "208 Gewichte – geschätzt", "33800").encode("cp1252"), "R?R---"),
    "a German thousands point": ("a.csv", rows("13x13x8", "208", "33.800", "102.656").encode("cp1252"), "RR??--"),
    "decimal commas": ("a.csv", rows("13x13x8", "208,0", "33800,0", "102656,00"), "RRRR--"),
    "thousands cut by commas": ("a.csv", rows("13,13,8", "208", "33,800", sign=","), "RR?---"),
    "thousands in quotes": ("a.csv", rows('"13,13,8"', "208", '"33,800"', '"102,656"', sign=","), "RRRR--"),
    "a column of remarks": ("a.csv", rows("13x13x8;easy", "208;", "28800;p only once?", head="part;answer;remark"),
                            "RRW---"),
    "tabs": ("a.csv", rows(*RIGHT, sign="\t"), "RRRRRR"),
    "a wide row of one": ("a.csv", f"code,1.a,1.b,1.c\n{CODE},13x13x8,208,33800\n", "RRR---"),
    "twice and differently": ("a.csv", rows("13x13x8", "208", more="1.b;200"), "refused"),
    # a spreadsheet
    "a workbook": ("a.xlsx", workbook(listed(*RIGHT)), "RRRRRR"),
    "a workbook of numbers": ("a.xlsx", workbook(listed("13x13x8", 208, 33800.0, 102656, 119429, 1280)), "RRRRRR"),
    "a workbook with blanks": ("a.xlsx", workbook(listed("", "208", "", 102400)), "-R-W--"),
    "a workbook with words": ("a.xlsx", workbook(listed(A, B, "about thirty thousand")), "RR?---"),
    # text, Markdown, mail
    "lines": ("a.txt", lines(*RIGHT), "RRRRRR"),
    "brackets": ("a.txt", lines(*RIGHT, form="{}) {}"), "RRRRRR"),
    "equals signs": ("a.txt", lines(A, B, C, form="{} = {}"), "RRR---"),
    "bold ids": ("a.md", lines(*RIGHT, form="**{}** {}"), "RRRRRR"),
    "a list": ("a.md", lines(*RIGHT, form="- {}: `{}`"), "RRRRRR"),
    "a Markdown table": ("a.md", lines(*RIGHT, form="| {} | {} |"), "RRRRRR"),
    "formulas in dollars": ("a.md", lines("$13 \\times 13 \\times 8$", "$208$", "$3.38 \\cdot 10^4$"), "RRR---"),
    "the sheet filled in": ("a.md", sheet(*RIGHT), "RRRRRR"),
    "the sheet with blanks": ("a.md", sheet("12x12x8", "____", "28800", "", "119429", "…"), "W-F-R-"),
    "the sheet, Windows": ("a.md", sheet(*RIGHT).replace("\n", "\r\n").encode("utf-8-sig"), "RRRRRR"),
    "changed my mind": ("a.txt", lines("13x13x8", "200") + "1.b: 208\n", "R----- and a line"),
    "struck out": ("a.md", lines("~~12x12x8~~ 13x13x8", "208"), "?R----"),
    "two answers": ("a.txt", lines("13x13x8 or 12x12x8", "208 or 200"), "??----"),
    "a line without a part": ("a.txt", lines("13x13x8") + "1.z: 208\n", "R----- and a line"),
    "a full stop and a smile": ("a.txt", lines("13x13x8 :)", "208!", "33800 (I hope)"), "?RR---"),
    "approximately": ("a.txt", lines("13x13x8", "~208", "ca. 33800"), "RRR---"),
    "powers": ("a.txt", lines("13^2 x 8", "2.08e2", "3.38e4"), "RRR---"),
    "order of channels": ("a.txt", lines("8x13x13", "208"), "CR----"),
    "channels forgotten": ("a.txt", lines("13x13", "208"), "WR----"),
    "channels forgotten in another size": ("a.txt", lines("14x14", "208"), "?R----"),
    # notebooks
    "a notebook": ("a.ipynb", notebook(f"Code: {CODE}", *(f"{i}: {a}" for i, a in zip(IDS, RIGHT, strict=True))),
                   "RRRRRR"),
    "a notebook of code": ("a.ipynb", notebook(f'code = "{CODE}"\nanswers = {{}}\nanswers["1.a"] = "13x13x8"\n'
                           'answers["1.b"] = 208\nanswers["1.c"] = 13*13*25*8\n', kind="code"), "RRR---"),
    # what was lost without a word once
    "answers beside the table": ("a.toml", f'code = "{CODE}"\n"1.a" = "13x13x8"\n"1.b" = 208\n', "RR----"),
    "a table of another name": ("a.json", json.dumps({"code": CODE, "solutions": {"1.a": "13x13x8"}}),
                                "------ and a line"),
    "dates of a spreadsheet": ("a.csv", rows("13x13x8", "01-Feb", "1/2/2026", "2026-02-01"), "R???--"),
    "in German": ("a.txt", lines(*RIGHT, form="Aufgabe {}: {}"), "RRRRRR"),
    "on one line": ("a.txt", f"{CODE}\n1.a: 13x13x8, 1.b: 208, 1.c: 33,800\n", "RRR---"),
    "letters under a question": ("a.txt", f"{CODE}\nQuestion 1\n(a) 13x13x8\n(b) 200\nQuestion 2\n(a) 102656\n",
                                 "RW-R--"),
    "a code and nothing to read": ("a.txt", f"{CODE}\nSee the photograph.\n", "refused"),
    # whose it is
    "no code": ("a.toml", quoted(*RIGHT).replace(CODE, ""), "refused"),
    "a code mistyped": ("a.toml", quoted(*RIGHT).replace(CODE, "HE3Y-CYP4"), "refused"),
    "the code in the file's name": (f"{CODE} ada.txt", lines(*RIGHT, head=""), "RRRRRR"),
    "somebody else's name": ("a.toml", quoted(*RIGHT).replace("Ada Lovelace", "Bob"), "refused"),
    # forms: a table of a class
    "a Google form": ("form.csv", "Timestamp,Email Address,Name,1.a Output size,1.b,1.c\n"
                      '2026/02/03,ada@x.org,Ada Lovelace,"13, 13, 8",208,"33,800"\n', "RRR---"),
    "a Moodle export": ("form.csv", "Surname,First name,ID number,Response 1.a,Response 1.b\n"
                        "Lovelace,Ada,ada,13x13x8,208\n", "RR----"),
    "a Google form with points": ("form.csv", "Zeitstempel,Name,Punkte,1.a,1.a [Punkte],1.b\n"
                                  '26,Ada Lovelace,2 / 12,"13, 13, 8",1 / 4,208\n', "RR----"),
    "a Moodle export with its questions": ("form.csv", "Nachname;Vorname;Matrikelnummer;Frage 1.a;Antwort 1.a\n"
                                           "Lovelace;Ada;ada;Wie groß?;13x13x8\n", "R-----"),
    "a Microsoft form": ("form.xlsx", workbook([["ID", "Start time", "Completion time", "Email", "Name", "1.a", "1.b"],
                         ["1", "x", "y", "anonymous", "Ada Lovelace", "13x13x8", 200]]), "RW----"),
}  # fmt: skip


@pytest.fixture(scope="module")
def marker() -> Marker:
    return Marker(read_manifest(str(CLASS / "manifest.json")), seeds.read_secret(str(CLASS / "secret.key")), Policy())


def found(marker: Marker, name: str, content: bytes | str) -> str:
    """A letter for each part: those of LETTER, ? for a person to look at, and what is read of no part."""
    data = content.encode() if isinstance(content, str) else content
    hand_ins: list[HandIn | Refused] = list(read(data, name, listed=name.startswith("form")))
    marks = mark_class(marker, hand_ins)
    if not marks.results:
        assert marks.refused
        return "refused"
    (result,) = marks.results
    letters = "".join("?" if part.is_open else LETTER[part.mark.status] for part in result.parts)
    return letters + " and a line" * bool(result.unread)


@each_row("name", HAND_INS)
def test_as_a_fair_examiner(marker: Marker, name: str) -> None:
    source, content, fair = HAND_INS[name]
    assert found(marker, source, content) == fair


def ways(word: str, said: str, answers: dict[str, str]) -> dict[str, str]:
    """The same answers in a file of each kind; `word` stands before a question, `said` is a heading of answers."""
    table: dict[str, dict[str, str]] = {}
    for id, answer in answers.items():
        table.setdefault(id[0], {})[id[2]] = answer
    lines = "".join(f'"{id}" = "{answer}"\n' for id, answer in answers.items())
    rows = "".join(f"{id};{answer}\n" for id, answer in answers.items())
    under = "".join(
        f"{word} {question}\n" + "".join(f"({part}) {answer}\n" for part, answer in parts.items())
        for question, parts in table.items()
    )
    return {
        "a.toml": f'code = "{CODE}"\n[answers]\n{lines}',
        "b.toml": f'code = "{CODE}"\n{lines}',
        "c.toml": f'Code = "{CODE}"\n[Answers]\n{lines}'.replace('"\n', "\n").replace('= "', "= "),
        "a.json": json.dumps({"code": CODE, "answers": table}),
        "b.json": json.dumps({"Code": CODE, **answers}),
        "c.json": json.dumps({"code": CODE, "Answer": answers}),
        "a.csv": f"{word};{said}\ncode;{CODE}\n{rows}",
        "b.csv": f"sep=;\ncode;{CODE}\n{rows}",
        "c.csv": f"code;{';'.join(answers)}\n{CODE};{';'.join(answers.values())}\n",
        "a.txt": f"{CODE}\n" + "".join(f"{word} {id}: {answer}\n" for id, answer in answers.items()),
        "b.txt": f"{CODE}\n" + "; ".join(f"{id} = {answer}" for id, answer in answers.items()),
        "a.md": f"Code: {CODE}\n{under}",
        "b.md": f"Code: {CODE}\n\n| {word} | {said} |\n|---|---|\n"
        + "".join(f"| {id} | {answer} |\n" for id, answer in answers.items()),
        "a.ipynb": notebook(f"Code: {CODE}", *(f"{word} {id}\n\n{answer}" for id, answer in answers.items())),
    }


@given(
    word=st.sampled_from(headings.QUESTION),
    said=st.sampled_from(headings.ANSWER),
    ids=st.sets(st.sampled_from(IDS), min_size=1).map(sorted),
)
@settings(max_examples=20, deadline=None)
def test_no_answer_is_lost_wherever_it_stands(marker: Marker, word: str, said: str, ids: list[str]) -> None:
    """Each is right, and what is not answered is missing: in whatever kind of file, in whatever language."""
    letters = "".join("R" if id in ids else "-" for id in IDS)
    for name, content in ways(word, said, {id: RIGHT[IDS.index(id)] for id in ids}).items():
        assert (name, found(marker, name, content)) == (name, letters)


def test_there_are_sixty() -> None:
    assert len(HAND_INS) >= 60
