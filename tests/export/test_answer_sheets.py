"""The sheet as data: JSON, and the blank answer sheets in TOML and CSV."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from rows import each_row

from dlcalc.document import Document, printable
from dlcalc.export import registry

IDS = ["1.a", "1.b", "1.c", "1.d", "1.e", "1.f", "1.g", "2.conv-1.parameters", "2.pool-1.output"]
HOSTILE = (
    '"\n[evil]\nx = 1',
    "''' \\ \" \\u0041",
    "=cmd|' /C calc'!A0",
    "+1", "-2", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "＝1",
    'a","b\n=1,2',
    "\x00\x07\x1b\x7f\u202e\ud800",
    "<script>]]>",
    "# x\x85y\u2028z",
)  # fmt: skip


def rows(document: Document) -> list[list[str]]:
    return list(csv.reader(io.StringIO(registry.text("answers-csv", document), newline=""), strict=True))


def parts(document: Document) -> dict[str, dict[str, Any]]:
    found = json.loads(registry.text("json", document))
    return {part["id"]: part for question in found["questions"] for part in question["parts"]}


def test_the_toml_sheet_has_a_line_for_every_answer(exam: Document) -> None:
    """The ids of all entries in order, all empty, with the sheet's code; the comments say what is asked."""
    text = registry.text("answers-toml", exam)
    assert tomllib.loads(text) == {"student": "", "code": "7F3K", "answers": dict.fromkeys(IDS, "")}
    assert list(tomllib.loads(text)["answers"]) == IDS
    assert '# (b) What is its shape?\n"1.b" = ""\n' in text
    assert '#     A: It has no biases\n#     B: It shares its weights\n"1.e" = ""\n' in text
    assert '# Fill in the table.\n#     conv-1, parameters\n"2.conv-1.parameters" = ""\n' in text


def test_the_csv_sheet_has_a_row_for_every_answer(exam: Document) -> None:
    found = rows(exam)
    assert found[:3] == [["part", "answer", "question"], ["student", "", ""], ["code", "7F3K", ""]]
    assert [row[:2] for row in found[3:]] == [[id, ""] for id in IDS]
    assert found[7][2] == "Why so few weights? – A: It has no biases; B: It shares its weights"
    assert found[10][2] == "conv-1, parameters – Fill in the table."


@each_row("text", HOSTILE)
def test_foreign_words_add_no_answer(text: str, exam_saying: Callable[[str], Document]) -> None:
    """Neither a key of TOML, nor a row or column of CSV, nor a key of JSON."""
    document = exam_saying(text)
    assert set(tomllib.loads(registry.text("answers-toml", document))) == {"student", "code", "answers"}
    assert tomllib.loads(registry.text("answers-toml", document))["answers"] == {"1.a": "", "1.b.x": "", "1.c": ""}
    found = rows(document)
    assert [row[0] for row in found] == ["part", "student", "code", "1.a", "1.b.x", "1.c"]
    assert {len(row) for row in found} == {3}
    read = json.loads(registry.text("json", document))
    assert read["title"] == printable(text)
    assert list(parts(document)) == ["1.a", "1.b", "1.c"]


@each_row("text", HOSTILE)
def test_no_cell_is_a_formula(text: str, exam_saying: Callable[[str], Document]) -> None:
    """No cell begins with a sign that a spreadsheet computes, white space before it or not."""
    for row in rows(exam_saying(text)):
        for cell in row:
            assert not cell.strip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
            assert "\n" not in cell


def test_json_says_what_is_asked(exam: Document) -> None:
    """Facts, date, points, kinds, choices with their letters, the cells of a table; the keys in one order."""
    found = json.loads(registry.text("json", exam))
    assert list(found) == ["title", "facts", "date", "language", "text", "questions"]
    assert (found["facts"], found["date"], found["text"]) == (
        {"Code": "7F3K", "Name": ""},
        "2026-03-01",
        "Show your work.",
    )
    first, second = found["questions"]
    assert [first[key] for key in ("number", "title", "points", "problem", "topic")] == [
        1, "A convolution", 7.5, "conv-size", "convolution",
    ]  # fmt: skip
    assert list(first["parts"][0]) == ["id", "label", "points", "text", "kind"]
    assert [part["kind"] for part in first["parts"]] == [
        "integer", "shape", "expression", "number", "choice", "choice", "text",
    ]  # fmt: skip
    assert first["parts"][0]["text"] == "How wide is the output for $s$ = 4?"
    assert first["parts"][5]["several"] is True
    assert first["parts"][5]["choices"][2] == {"letter": "C", "text": "dense"}
    (table,) = second["parts"]
    assert (table["id"], table["kind"]) == ("2", "table")
    assert table["entries"][0] == {"id": IDS[7], "cell": "conv-1, parameters", "kind": "integer"}


def test_json_of_a_key_says_the_answers(exam: Document, exam_key: Document) -> None:
    """Values as values, mistakes with their reason, the working as Markdown; what is asked is the same."""
    key, sheet = parts(exam_key), parts(exam)
    assert {id: part["text"] for id, part in key.items()} == {id: part["text"] for id, part in sheet.items()}
    notes = [[q.get("note") for q in json.loads(registry.text("json", each))["questions"]] for each in (exam, exam_key)]
    assert notes == [[None, None], ["11 over 227", None]]
    assert key["1.a"]["answer"] == 55
    assert key["1.a"]["responses"][1] == {
        "id": "ceil", "value": 56, "share": 0.5, "tolerance": 0, "feedback": "windows that stick out are counted",
    }  # fmt: skip
    assert "\\lfloor" in key["1.a"]["working"]
    assert [key[id]["answer"] for id in ("1.b", "1.c", "1.d", "1.e", "1.f", "1.g")] == [
        [55, 55, 96], "floor((n - f)/s) + 1", 0.125, "B", "A, B", "weights are shared",
    ]  # fmt: skip
    assert key["1.e"]["choices"][1] == {
        "letter": "B", "text": "It shares its weights", "right": True, "because": "one filter serves all places",
    }  # fmt: skip
    assert [entry["answer"] for entry in key["2"]["entries"]] == [34944, [27, 27, 96]]


@pytest.mark.parametrize("name", ["json", "answers-toml", "answers-csv", "typst"])
def test_two_runs_are_alike(name: str, exam_key: Document) -> None:
    assert registry.text(name, exam_key) == registry.text(name, exam_key)


def test_a_sheet_without_questions_is_empty_and_readable() -> None:
    bare = Document("", ())
    assert tomllib.loads(registry.text("answers-toml", bare)) == {"student": "", "code": "", "answers": {}}
    assert len(rows(bare)) == 3
    assert json.loads(registry.text("json", bare))["questions"] == []
