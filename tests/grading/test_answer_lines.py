"""Hand-ins as people's programs write them: TOML with a slip, plain text, Markdown, notebooks, workbooks, forms."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from dlcalc.grading.hand_ins import HandIn, PassedOver, Refused, read, read_all

HEAD = 'student = "ada"\ncode = "7F3K-9QXM"\n[answers]\n'


def only(data: str | bytes, name: str, listed: bool = False) -> HandIn:
    (found,) = read(data if isinstance(data, bytes) else data.encode(), name, listed=listed)
    assert isinstance(found, HandIn), found.reason
    return found


@pytest.mark.parametrize(
    ("lines", "answers", "unread"),
    [
        ('"1.a" = "55\n"1.b" = "7"', {"1.a": "55", "1.b": "7"}, ()),
        ('"1.a" = 55"\n"1.b" = 7', {"1.a": "55", "1.b": 7}, ()),
        ("1.a = 3,5\n1.b = 32x32x3 # sure\n", {"1.a": "3,5", "1.b": "32x32x3"}, ()),
        ('"1.a" = 34 000\n"2.a" = [1, 2]', {"1.a": "34 000", "2.a": [1, 2]}, ()),
        ('"1.a" = \'\'\'\n1 2\n3 4\n"1.b" = 5', {"1.a": "1 2\n3 4", "1.b": 5}, ()),
        ('"4.a.conv-1.output" = "3x3\n', {"4.a.conv-1.output": "3x3"}, ()),
        ('"1.a" = 5\n1.b 7\n', {"1.a": 5}, ("line 5 is not understood: 1.b 7",)),
        ('"1.a" = 5\n"1.a" = 6\n', {"1.a": ""}, ("1.a is answered twice, and differently",)),
        ('"1.a" = 5\n"1.a" = 5\n', {"1.a": 5}, ()),
    ],
)
def test_a_slip_in_toml_costs_one_answer_at_most(lines: str, answers: object, unread: tuple[str, ...]) -> None:
    found = only(HEAD + lines, "a.toml")
    assert (found.student, found.code, found.answers, found.unread) == ("ada", "7F3K-9QXM", answers, unread)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_of_usual_programs(encoding: str, end: str) -> None:
    text = 'student = "Ada Löwe"\ncode = "X"\n[answers]\n"1.a" = "5 × 5"\n'.replace("\n", end)
    found = only(text.encode(encoding), "a.toml")
    assert (found.student, found.answers) == ("Ada Löwe", {"1.a": "5 × 5"})


def test_plain_text() -> None:
    text = "Name: Ada Lovelace\nCode: 7f3k-9qxm\n\n1.a: 55x55x96\n1b) 34 944\n1 c = 5\n2: B\n(3.a) 1 2\n3 4\n\nThanks!"
    found = only(text, "a.txt")
    assert (found.student, found.code) == ("Ada Lovelace", "7f3k-9qxm")
    assert found.answers == {"1.a": "55x55x96", "1.b": "34 944", "1.c": "5", "2": "B", "3.a": "1 2\n3 4"}


SHEET = """\
# Exam

**Code:** 7F3K-9QXM

## Question 1 · One layer (6 points)

A layer reads a map of 29×29×3.

**(a)** What is the shape of its output? *(2 points)*

Answer: 15x15x8

**(b)** How many parameters? *(2 points)*

Answer: \\_\\_\\_\\_

**(c)** Which has the most?

- ○ (A) The pooling layer: 5 windows.
- ● (B) The dense layer.

## Question 2 · Another (1 point)

Answer: **42**

## Question 3 · A table

**(a)** Fill it in.

| layer | output |
|---|---|
| conv-1 | 3x3x8 |
"""


def test_a_sheet_in_markdown() -> None:
    """As it was handed out, with the answers in it: the question's number, the part's letter, `Answer:`."""
    found = only(SHEET, "a.md")
    table = "| layer | output |\n|---|---|\n| conv-1 | 3x3x8 |"
    assert found.code == "7F3K-9QXM"
    assert found.answers == {"1.a": "15x15x8", "1.b": "", "1.c": "B", "2": "42", "3.a": table}


def test_a_notebook() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["code: 7F3K-9QXM\n", "## 1.a\n", "55x55\n"]},
        {"cell_type": "code", "source": "answer_1b = 34944  # the weights\nanswers['1.c'] = '12'\n", "outputs": []},
        {"cell_type": "markdown", "source": "**2:** B"},
    ]
    found = only(json.dumps({"cells": cells}), "a.ipynb")
    assert (found.code, found.answers) == ("7F3K-9QXM", {"1.a": "55x55", "1.b": "34944", "1.c": "12", "2": "B"})


def workbook(*rows: list[object], declared: str = "") -> bytes:
    """A workbook with the texts among the shared ones, as Excel writes it."""
    words: list[str] = []
    lines = []
    for number, row in enumerate(rows, 1):
        cells = []
        for column, value in enumerate(row):
            place = f"{chr(ord('A') + column)}{number}"
            if isinstance(value, str):
                words.append(value)
                cells.append(f'<c r="{place}" t="s"><v>{len(words) - 1}</v></c>')
            else:
                cells.append(f'<c r="{place}"><v>{value}</v></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as book:
        shared = "".join(f"<si><t>{word}</t></si>" for word in words)
        book.writestr("xl/sharedStrings.xml", f"{declared}<sst {space}>{shared}</sst>")
        sheet = f"<worksheet {space}><sheetData>{''.join(lines)}</sheetData></worksheet>"
        book.writestr("xl/worksheets/sheet1.xml", sheet)
    return file.getvalue()


def test_a_workbook_of_one_student() -> None:
    rows: tuple[list[object], ...] = (
        ["part", "answer"],
        ["code", "7F3K-9QXM"],
        ["1.a", "5x5"],
        ["1.b", 34944],
        ["1.c", 0.1],
    )
    found = only(workbook(*rows), "a.xlsx")
    assert (found.code, found.answers) == ("7F3K-9QXM", {"1.a": "5x5", "1.b": "34944", "1.c": "0.1"})


def test_a_workbook_declares_nothing() -> None:
    (found,) = read(workbook(["part", "answer"], ["1.a", "&x;"], declared='<!DOCTYPE a [<!ENTITY x "9">]>'), "a.xlsx")
    assert found == Refused("a.xlsx", "a workbook declares no entities")


@pytest.mark.parametrize(
    ("data", "student", "names", "answers"),
    [
        (
            "Timestamp,Email Address,1.a Output size,Q1 (b),\"2. Which, then?\"\n26,ada@x.de,55,3,B\n",
            "ada@x.de", (), {"1.a": "55", "1.b": "3", "2": "B"},
        ),
        (
            "Surname,First name,ID number,Email address,State,Response 1\nLöwe,Ada,17,a@b,Finished,5\n",
            "17", ("a@b", "Ada Löwe"), {"1": "5"},
        ),
        (
            "ID;Start time;Completion time;Email;Name;1.a\n1;x;y;a@b;Ada Löwe;3,5\n",
            "a@b", ("Ada Löwe",), {"1.a": "3,5"},
        ),
        (
            "ID;Startzeit;Fertigstellungszeit;E-Mail;Name;1.a;Punkte – 1.a\n1;9:30;9:55;anonymous;Ada Löwe;3,5;1\n",
            "anonymous", ("Ada Löwe",), {"1.a": "3,5"},
        ),
        (
            "Zeitstempel,Vorname,Nachname,1.a Größe,1.a Größe [Punkte]\n26,Ada,Löwe,55,1 / 2\n",
            "Ada Löwe", (), {"1.a": "55"},
        ),
        (
            "Nachname,Vorname,Matrikelnummer,Frage 1,Antwort 1,Richtige Antwort 1\nLöwe,Ada,17,Wie groß?,5,6\n",
            "17", ("Ada Löwe",), {"1": "5"},
        ),
        (
            "Nom;Prénom;Numéro d’identification;Question 1;Réponse 1;Bonne réponse 1\nLöwe;Ada;17;Où ?;5;6\n",
            "17", ("Ada Löwe",), {"1": "5"},
        ),
        (
            "Apellido(s);Nombre;Número de ID;Respuesta 1;Respuesta correcta 1\nLöwe;Ada;17;5;6\n",
            "17", ("Ada Löwe",), {"1": "5"},
        ),
    ],
)  # fmt: skip
def test_exports_of_forms(data: str, student: str, names: tuple[str, ...], answers: object) -> None:
    """Of Google, Moodle and Microsoft, each with columns that are no answers."""
    for encoding in ("utf-8-sig", "cp1252"):
        found = only(data.encode(encoding), "class.csv", listed=True)
        assert (found.student, found.names, found.answers) == (student, names, answers)


def test_a_text_in_a_folder_may_be_no_hand_in(tmp_path: Path) -> None:
    """One that is named is told."""
    (tmp_path / "notes.txt").write_text("Read these first.")
    (tmp_path / "ada.txt").write_text("1.a: 5")
    (tmp_path / "bob.txt").write_text("7F3K-9QXM: I do not know anything.")
    (tmp_path / "7F3K-9QXM carl.md").write_text("See my mail.")
    found = {Path(each.source).name: each for each in read_all([str(tmp_path)])}
    assert isinstance(found.pop("notes.txt"), PassedOver)
    assert isinstance(found.pop("ada.txt"), HandIn)
    rule = 'there is a code, and no answer that is understood: each begins with its id, such as "1.a: 55"'
    assert {each.reason for each in found.values() if isinstance(each, Refused)} == {rule}
    assert len(found) == 2
    (named,) = read_all([str(tmp_path / "notes.txt")])
    assert isinstance(named, Refused)


@pytest.mark.parametrize(
    "text",
    [
        "Aufgabe 1a: 5\nAufgabe 1b: 6\n",
        "Exercice 1.a : 5\nRéponse 1.b : 6\n",
        "Frage 1 (a): 5\n(b): 6\n",
        "Question 1\n(a) 5\n(b) 6\n",
        "Question 1: Sizes\n(a) 5\n(b) 6\n",
        "Aufgabe 1 (6 Punkte)\n\na) 5\nb) 6\n",
        "1.a：5\n1.b：６\n",
        "1.a: 5, 1b = 6\n",
        "## Question 1\n\n**(a)** How many are there?\n\n5\n\n**(b)** And now?\n\n6\n",
        "## Question 1\n\n**(a)** How many are there?\n\nAntwort: 5\n\n**(b)** And now 7?\n\nRéponse : 6\n",
    ],
)
def test_what_people_of_several_languages_write_before_an_answer(text: str) -> None:
    assert only(f"7F3K-9QXM\n{text}", "a.md").answers == {"1.a": "5", "1.b": "6"}


def test_a_form_counts_its_rows_in_any_language() -> None:
    """Its ID is nobody's, although somebody of the exam may be called 1 or 2."""
    data = (
        "Id,Hora de inicio,Hora de fin,Nombre,1.a\n1,3/2/26 9:30,3/2/26 9:55,Bea,5\n2,3/2/26 9:30,3/2/26 9:55,Ada,6\n"
    )
    assert [each.student for each in read(data.encode(), "a.csv", listed=True)] == ["Bea", "Ada"]
    data = data.replace("Hora de inicio,Hora de fin,", "").replace("3/2/26 9:30,3/2/26 9:55,", "")
    assert [each.student for each in read(data.encode(), "a.csv", listed=True)] == ["1", "2"]
    data = "id,tutor,room,1.a\n1001,Eve,7,5\n1002,Eve,8,6\n"
    assert [each.student for each in read(data.encode(), "a.csv", listed=True)] == ["1001", "1002"]
