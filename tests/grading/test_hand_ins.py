"""Hand-ins of one student or of a class, in every format, and what happens to those that cannot be read."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.grading.hand_ins import HandIn, PassedOver, Refused, read, read_all

TOML = b'student = "ada"\ncode = "7F3K-9QXM"\n[answers]\n"1.a" = "55x55x96"\n1.b = 34944\n[answers.2]\nc = [1, 2]\n'
ANSWERS = {"1.a": "55x55x96", "1.b": 34944, "2.c": [1, 2]}


def only(data: bytes | str, name: str) -> HandIn:
    found = list(read(data.encode() if isinstance(data, str) else data, name))
    assert len(found) == 1
    assert isinstance(found[0], HandIn), found[0].reason
    return found[0]


def refused(data: bytes | str, name: str) -> str:
    found = list(read(data.encode() if isinstance(data, str) else data, name))
    assert len(found) == 1
    assert isinstance(found[0], Refused)
    return found[0].reason


@pytest.mark.parametrize("data", [TOML, b"\xef\xbb\xbf" + TOML, TOML.replace(b"\n", b"\r\n")])
def test_toml(data: bytes) -> None:
    assert only(data, "a.toml") == HandIn("a.toml", "ada", "7F3K-9QXM", ANSWERS)


@pytest.mark.parametrize(
    "content",
    [
        {"student": "ada", "code": "7F3K-9QXM", "answers": ANSWERS},
        {"student": "ada", "code": "7F3K-9QXM", "answers": {"1": {"a": "55x55x96", "b": 34944}, "2": {"c": [1, 2]}}},
        [{"student": "ada", "code": "7F3K-9QXM", "answers": ANSWERS}],
        {"students": [{"student": "ada", "code": "7F3K-9QXM", "answers": ANSWERS}]},
    ],
)
def test_json(content: Any) -> None:
    assert only(json.dumps(content), "a.json") == HandIn("a.json", "ada", "7F3K-9QXM", ANSWERS)


NO_ANSWERS = "there is no answer in it, and no table [answers]"


def test_a_class_in_one_json_file() -> None:
    content = [{"student": "ada", "answers": {"1.a": 1}}, {"student": "bob", "answers": 5}, {"student": 7}]
    found = list(read(json.dumps(content).encode(), "c.json", listed=True))
    assert found[0] == HandIn("c.json (1)", "ada", "", {"1.a": 1}, listed=True)
    assert isinstance(found[1], Refused)
    assert found[2] == HandIn("c.json (3)", "7", listed=True, unread=(NO_ANSWERS,))
    rule = "these are answers of 3 students; a table of a class is taken by --class-file alone"
    assert refused(json.dumps(content), "c.json") == rule
    assert refused("student,1.a\nada,5\nbob,6\n", "c.csv") == rule.replace("3", "2")


def test_a_row_that_is_too_long_is_told_with_its_line() -> None:
    found = list(read(b"student,1.a\nada,5\nbob,5,6\ncarl,7\n", "c.csv", listed=True))
    rule = "there are 3 cells under 2 headings; put a cell with a comma in quotes"
    assert found[1] == Refused("c.csv, line 3", rule)
    assert [type(each) for each in found] == [HandIn, Refused, HandIn]


def test_a_quote_that_is_left_open_swallows_nobody() -> None:
    (found,) = read(b'student,1.a\nada,"5\nbob,6\ncarl,7\n', "c.csv", listed=True)
    assert found == Refused("c.csv", "the file is not a CSV file: line 2: a quote that is opened here is never closed")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_one_student_row_by_row(separator: str) -> None:
    rows = [("part", "answer", "question"), ("student", "ada", ""), ("code", "X", ""), ("1.a", '"55,55,96"', "Which?"),
            ("2", "'=7", "How?"), ("3", "", "")]  # fmt: skip
    found = only("\n".join(separator.join(row) for row in rows), "a.csv")
    assert found == HandIn("a.csv", "ada", "X", {"1.a": "55,55,96", "2": "=7", "3": ""})


@pytest.mark.parametrize(
    "head", ["student,code,1.a,2", "name,ID,code,1.a,2", "code,email,1a,2", "Username,Code,1(a),2"]
)
def test_a_class_with_a_row_per_student(head: str) -> None:
    cells = {"student": "ada", "id": "ada", "email": "ada", "username": "ada", "code": "X", "name": "Ada", "2": "B"}
    row = ",".join(cells.get(name, "34944") for name in head.lower().split(","))
    found = only(f"{head}\n{row}\n\n", "c.csv")
    assert replace(found, names=()) == HandIn("c.csv, line 2", "ada", "X", {"1.a": "34944", "2": "B"})


@pytest.mark.parametrize("name", ["1.a", "1a", "1(a)", "1.A", "Q1a", "1 a", "question 1.a", "1-a"])
def test_the_id_of_an_answer_as_people_write_it(name: str) -> None:
    assert only(json.dumps({"answers": {name: 5}}), "a.json").answers == {"1.a": 5}


def test_cells_of_a_table_keep_their_names() -> None:
    answers = {"3.a.conv-1.output": "1", "3.total.parameters": "2", "2": "3"}
    assert only(json.dumps({"answers": answers}), "a.json").answers == answers


@each_row(
    ("data", "name", "reason"),
    [
        ("", "a.csv", "there is nothing in the file"),
        ("a,b\n1,2", "a.csv", "a CSV has the columns part,answer, or student,code and a column for each part"),
        (
            "student,name,code,marks,of,1.a (of 2)\nada,Ada,X,1,2,1",
            "gradebook.csv",
            "this is a gradebook, not a hand-in",
        ),
        ("part,answer\n1.a,5\n1.a,6", "a.csv", "1.a is answered twice"),
        ("part,answer\n1.a,5\n1a,6", "a.csv", "1.a is answered twice"),
        ("student,1.a,1.a\nada,5,6", "a.csv", "1.a is answered twice"),
        ('{"answers": {"1.a": 5, "1.a": 6}}', "a.json", "1.a is answered twice"),
        ('{"answers": {"1.a": 5, "1": {"a": 6}}}', "a.json", "1.a is answered twice"),
        (
            '{"answers": {"1.a": 5',
            "a.json",
            "the file is not JSON: Expecting ',' delimiter: line 1 column 22 (char 21)",
        ),
        ('{"answers": 5}', "a.json", 'the answers are a table: [answers], with lines such as "1.a" = "55x55x96"'),
        ("5", "a.json", 'an object is expected: {"student": ..., "code": ..., "answers": {"1.a": ...}}'),
        (
            '{"problems": [], "secret": "", "students": []}',
            "manifest.json",
            "this is an exam's manifest, not a hand-in",
        ),
        ("55", "a.txt", 'there is no answer in it: each begins with its id, such as "1.a: 55"'),
        ("55", "a.docx", "a hand-in is a file of .toml, .json, .csv, .xlsx, .txt, .md, .ipynb"),
        ("{}", "a.ipynb", "the file is not a Jupyter notebook"),
        (b"PK", "a.xlsx", "the workbook cannot be read: File is not a zip file"),
        ("student,1.a\n", "a.csv", "there are headings, but no students under them"),
    ],
)
def test_what_is_no_hand_in(data: bytes | str, name: str, reason: str) -> None:
    assert refused(data, name) == reason


def test_the_same_answer_twice_is_one_answer() -> None:
    assert only("part,answer\n1.a,5\n1.a,5", "a.csv").answers == {"1.a": "5"}


def test_folders_and_archives(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.toml").write_bytes(TOML)
    (tmp_path / "notes.txt").write_text("not read")
    (tmp_path / "ada.pdf").write_bytes(b"%PDF")
    (tmp_path / ".hidden.toml").write_text("not read")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("ada/answers.toml", TOML)
        archive.writestr("__MACOSX/ada/._answers.toml", b"\x00\x05")
        archive.writestr("readme.txt", "not read")
        archive.writestr("ada/answers.docx", b"PK")
        archive.mkdir("empty")
    found = list(read_all([str(tmp_path)]))
    hand_ins = [each for each in found if isinstance(each, HandIn)]
    assert [each.source for each in hand_ins] == [f"{tmp_path}/a.zip/ada/answers.toml", f"{tmp_path}/b/x.toml"]
    assert all(each.answers == ANSWERS for each in hand_ins)
    assert [each for each in found if each not in hand_ins] == [
        PassedOver(f"{tmp_path}/{name}")
        for name in ("a.zip/ada/answers.docx", "a.zip/readme.txt", "ada.pdf", "notes.txt")
    ]


def test_a_path_that_is_not_there() -> None:
    with pytest.raises(UserError, match=r"there is no file nowhere\.toml"):
        list(read_all(["nowhere.toml"]))


def test_an_answer_that_a_comma_has_cut_is_no_shorter_number() -> None:
    """1,480 without quotes in a CSV is not 1; what has a heading of its own is a remark."""
    (cut,) = read(b"part,answer\ncode,7F3K-9QXM\n1.a,55,55,96\n1.b,1,480\n1.c,7,,\n", "a.csv")
    assert isinstance(cut, HandIn)
    assert cut.answers == {"1.a": "55; 55; 96", "1.b": "1; 480", "1.c": "7"}
    (remarked,) = read(b"part;answer;remark\ncode;7F3K-9QXM\n1.a;55;not sure\n", "a.csv")
    assert isinstance(remarked, HandIn)
    assert remarked.answers == {"1.a": "55"}


@pytest.mark.parametrize(
    "table",
    [
        {"1.a": 5, "2": "B"},
        {"1": {"a": 5}, "2": "B"},
        {"Answers": {"1.a": 5, "2": "B"}},
        {"answer": {"1.a": 5}, "Q2": "B"} | {"2": "B"},
        {"answers": {"1.a": 5}, "2": "B", "remark": "see my mail", "version": 2},
    ],
)
def test_an_answer_beside_the_table_of_answers_is_none_that_is_missing(table: dict[str, object]) -> None:
    for name, who in (("student", "code"), ("Name", "Code")):
        found = only(json.dumps({name: "Ada", who: "7F3K-9QXM", **table}), "a.json")
        assert (found.student, found.code) == ("Ada", "7F3K-9QXM")
        assert {id: found.answers[id] for id in ("1.a", "2")} == {"1.a": 5, "2": "B"}
        assert found.unread == ()
    head = 'code = "7F3K-9QXM"\n'
    assert only(f'{head}"1.a" = 5\n"2" = "B"\n', "a.toml").answers == {"1.a": 5, "2": "B"}
    assert only(f'{head}[Answers]\n"1.a" = 5\n', "a.toml").answers == {"1.a": 5}


def test_what_else_stands_in_a_hand_in_is_told() -> None:
    """A table under another name may hold all answers; nothing at all may be an answer that was lost."""
    rule = "solutions is not a table of a hand-in: its answers must be in [answers]"
    assert only('{"code": "7F3K-9QXM", "solutions": {"a": 5}}', "a.json").unread == (rule,)
    assert only('{"code": "7F3K-9QXM", "answers": {"1.a": 5}, "solutions": ["x"]}', "a.json").unread == (rule,)
    assert only('code = "7F3K-9QXM"\n', "a.toml").unread == (NO_ANSWERS,)
    assert only('code = "7F3K-9QXM"\n[answers]\n', "a.toml").unread == ()
    assert refused('{"1.a": 5, "answers": {"1.a": 6}}', "a.json") == "1.a is answered twice"


@pytest.mark.parametrize(
    "data",
    [
        "sep=;\npart;answer\ncode;7F3K-9QXM\n1.a;5,5\n",
        "Teil;Antwort\nCode;7F3K-9QXM\n1.a;5,5\n",
        "code;7F3K-9QXM\npart;answer\n1.a;5,5\n",
        "code;7F3K-9QXM\n1.a;5,5\n",
        "part;question;answer\ncode;7F3K-9QXM;\n1.a;How many, on average?;5,5\n",
        "name;code;1.a Size (h, w, c)\n;7F3K-9QXM;5,5\n",
        '"Timestamp";"Your code";"1.a What, then?"\n26;7F3K-9QXM;5,5\n',
    ],
)
def test_one_student_in_a_table_of_any_kind(data: str) -> None:
    found = only(data, "a.csv")
    assert (found.code, found.answers) == ("7F3K-9QXM", {"1.a": "5,5"})


def test_a_student_may_have_the_id_of_a_part() -> None:
    (found,) = read(b"student,name,1.a\n1a,Ada,5\n", "a.csv", listed=True)
    assert isinstance(found, HandIn)
    assert (found.student, found.names, found.answers) == ("1a", ("Ada",), {"1.a": "5"})
