"""Hand-ins that mean harm: each is one line among the refused, or marked without harm; the others are marked as ever."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dlcalc.export.registry import writer
from dlcalc.grading.feedback import for_class, for_student
from dlcalc.grading.gradebook import gradebook

Sitting = Any
CODE = "__import__('os').system('touch CANARY')"
HTML = "<script>alert(1)</script><img src=x onerror=alert(1)>"
TYPST = '#read("/etc/passwd") #eval("1")'
MARKUP = "[bold red]x[/bold red] [link=http://x]y[/link]"
EXCEL = "=HYPERLINK(\"http://x\",\"y\")"
TURNED = "\u202e55\u202c\u200f"


def toml(answer: object, more: str = "") -> str:
    return f'student = "ada"\n{more}[answers]\n"1.a" = {json.dumps(answer)}\n"1.b" = {json.dumps(answer)}\n"2" = {json.dumps(answer)}\n'


def table(answer: object) -> str:
    return json.dumps({"student": "ada", "answers": {"1.a": answer, "1.b": answer, "2": answer, "3.a.conv-1.output": answer,
                                                     "3.a": answer, "3.b": answer}})  # fmt: skip


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return file.getvalue()


def named(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, toml("1"))
    return file.getvalue()


def encrypted() -> bytes:
    data = bytearray(zipped(**{"a.toml": toml("1").encode()}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    return bytes(data)


def damaged() -> bytes:
    data = bytearray(zipped(**{"a.toml": toml("1").encode() * 5, "b.toml": b"student = 'bob'"}))
    start = data.index(b"a.toml") + 10
    data[start : start + 20] = b"\xff" * 20
    return bytes(data)


MARKED: dict[str, tuple[str, str | bytes]] = {
    "code in every field": ("x.json", table(CODE)),
    "HTML in every field": ("x.json", table(HTML)),
    "Typst in every field": ("x.toml", toml(TYPST)),
    "terminal markup in every field": ("x.json", table(MARKUP)),
    "a spreadsheet's formula in every field": ("x.json", table(EXCEL)),
    "escape codes in every field": ("x.json", table("\x1b[31m55\x1b]0;title\x07")),
    "marks that turn the direction": ("x.json", table(TURNED)),
    "lone surrogates": ("x.json", '{"student": "ada", "answers": {"1.a": "\\ud800", "2": "\\udfff", "3.a": "\\ud800"}}'),
    "null bytes in JSON": ("x.json", table("55\x0055")),
    "a tower of powers": ("x.toml", toml("9^9^9^9")),
    "a tower of factors": ("x.toml", toml("Σ_{i=1}^{99999999} i")),
    "deep brackets in an answer": ("x.toml", toml("(" * 999 + "1" + ")" * 999)),
    "a long answer": ("x.json", table("9" * 100_000)),
    "NaN and Infinity": ("x.json", '{"student": "ada", "answers": {"1.a": NaN, "1.b": Infinity, "2": -Infinity}}'),
    "infinities of TOML": ("x.toml", 'student = "ada"\n[answers]\n"1.a" = nan\n"1.b" = -inf\n"2" = inf\n'),
    "dates and truth values": ("x.toml", 'student = "ada"\n[answers]\n"1.a" = 2026-11-21\n"1.b" = true\n"2" = 12:30:00\n'),
    "lists in lists": ("x.json", table([[[[[["a"]]]]]])),
    "objects for answers": ("x.json", table({"__class__": {"__init__": 1}})),
    "names that are attributes": ("x.json", '{"student": "ada", "__proto__": 1, "answers": {"__class__": 1, "1.__init__": 2}}'),
    "ids that are markup": ("x.json", json.dumps({"student": "ada", "answers": {HTML: 1, MARKUP: 2, EXCEL: 3, TYPST: 4}})),
    "a catastrophe for regular expressions": ("x.json", table("1 " * 900 + "!")),
    "words without end": ("x.json", table("is a " * 350 + "(")),
    "a table of pipes": ("x.json", table("|" * 1900)),
}
"""Hand-ins whose student is known: every part is something, none is right."""

REFUSED: dict[str, tuple[str, str | bytes]] = {
    "a number of a million digits in TOML": ("x.toml", 'student = "ada"\n[answers]\n"1.a" = ' + "9" * 10**6),
    "a number of a million digits in JSON": ("x.json", '{"student": "ada", "answers": {"1.a": ' + "9" * 10**6 + "}}"),
    "a line of 10 MB": ("x.toml", 'student = "' + "a" * 10**7 + '"'),
    "a line of 10 MB in CSV": ("x.csv", "student,1.a\nada," + "9" * 10**7),
    "ten million commas": ("x.csv", "student,1.a\n" + "," * 10**7),
    "ten million lines": ("x.csv", "student,1.a\n" + "\n" * 10**7),
    "deep brackets in JSON": ("x.json", "[" * 200_000),
    "deep brackets in TOML": ("x.toml", "a = " + "[" * 200_000),
    "deep tables": ("x.json", '{"answers": ' + '{"a": ' * 20 + "1" + "}" * 21),
    "a key of many dots": ("x.toml", ".".join("a" * 5_000) + " = 1"),
    "ten thousand answers": ("x.json", json.dumps({"student": "ada", "answers": {str(i): i for i in range(10_000)}})),
    "a cut file": ("x.toml", 'student = "ada'),
    "a cut JSON file": ("x.json", table("1")[:-9]),
    "an answer twice": ("x.json", '{"student": "ada", "answers": {"1.a": 1, "1.a": 2}}'),
    "no UTF-8": ("x.toml", b"student = '\xff\xfe'"),
    "null bytes in TOML": ("x.toml", b"student = 'a\x00'"),
    "UTF-16": ("x.json", table("1").encode("utf-16")),
    "a program": ("x.toml", b"\x7fELF" + bytes(range(256)) * 9),
    "nobody": ("x.toml", f'student = "{MARKUP}"\ncode = "<b>{CODE}"\n'),
    "a neighbour's code": ("x.toml", 'student = "ada"\ncode = "BOBSCODE"\n'),
    "an archive that is none": ("x.zip", b"PK\x03\x04" + b"\x00" * 99),
    "an archive cut off": ("x.zip", zipped(**{"a.toml": b"x" * 999})[:-40]),
    "a name that climbs": ("x.zip", named("../../ada.toml")),
    "an absolute name": ("x.zip", named("/etc/ada.toml")),
    "a name of Windows": ("x.zip", named("C:\\ada.toml")),
    "a name that climbs in Windows": ("x.zip", named("..\\ada.toml")),
    "an encrypted file": ("x.zip", encrypted()),
    "an archive in an archive": ("x.zip", zipped(**{"a.zip": zipped(**{"b.toml": b""})})),
    "a bomb": ("x.zip", zipped(**{"a.toml": b"\n" * 2 * 10**7})),
    "a bomb of JSON": ("x.zip", zipped(**{"a.json": b" " * 4 * 10**7})),
}
"""Hand-ins of which nothing can be marked."""


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return path


@pytest.fixture
def bob(sitting: Sitting, tmp_path: Path) -> Path:
    """A hand-in that is right as far as it goes, in a file that comes after the hostile one."""
    lines = [f'"{name}" = "{value}"' for name, value in sitting.right("bob").items()]
    path = tmp_path / "z.toml"
    path.write_text("\n".join([f'code = "{sitting.code("bob")}"', "[answers]", *lines]), encoding="utf-8")
    return path


def harmless(text: str) -> None:
    """No page, sheet or terminal is made to do anything by this."""
    assert not any(character in text for character in "\x1b\x07\x00\u202e\u202c")
    text.encode("utf-8")


@pytest.mark.parametrize("name", MARKED)
def test_marked_without_harm(name: str, sitting: Sitting, bob: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    graded = sitting.grade(put(tmp_path, *MARKED[name]), bob)
    ada, other = graded.marks.results
    assert not graded.marks.refused
    assert (ada.student.id, other.student.id) == ("ada", "bob")
    assert {part.mark.status for part in ada.parts} <= {"wrong", "undecided", "unreadable", "missing"}
    assert (ada.points, other.points) == (0, 12)
    assert not (tmp_path / "CANARY").exists()
    assert all("bug in dlcalc" not in part.mark.reason for part in ada.parts)
    json.dumps(graded.to_dict(), ensure_ascii=False).encode("utf-8")
    for document in (for_student(ada, "Marks"), for_class(graded.marks)):
        for format in ("markdown", "html", "typst", "latex"):
            text = writer(format)(document)
            assert isinstance(text, str)
            harmless(text)
            if format == "html":
                assert "<script>alert" not in text
                assert "<img src=x" not in text
            if format == "typst":
                assert '#read("' not in text.replace('\\#read("', "")
    assert not any(line.startswith(("=", "+", "@", "-")) for line in gradebook(graded.marks).replace('"', "").split(","))


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_line(name: str, sitting: Sitting, bob: Path, tmp_path: Path) -> None:
    file, content = REFUSED[name]
    if isinstance(content, str):
        content = content.replace("BOBSCODE", sitting.code("bob"))
    graded = sitting.grade(put(tmp_path, file, content), bob)
    assert [(result.student.id, result.points) for result in graded.marks.results] == [("bob", 12)]
    (refused,) = graded.marks.refused
    assert refused.reason
    assert len(refused.reason) < 300
    for text in (refused.reason, refused.source):
        assert text.isprintable()


def test_one_damaged_file_of_an_archive_does_not_stop_the_others(sitting: Sitting, tmp_path: Path) -> None:
    graded = sitting.grade(put(tmp_path, "x.zip", damaged()))
    assert [result.student.id for result in graded.marks.results] == ["bob"]
    assert [each.source.rpartition("/")[2] for each in graded.marks.refused] == ["a.toml"]


def test_many_small_bombs_end_with_the_archive(sitting: Sitting, bob: Path, tmp_path: Path) -> None:
    members = {f"{i}.json": b" " * 15 * 2**20 for i in range(12)}
    graded = sitting.grade(put(tmp_path, "x.zip", zipped(**members)), bob)
    assert len(graded.marks.refused) == 12
    assert sum("too large" in each.reason for each in graded.marks.refused) >= 7


def test_pipes_links_and_folders_are_not_read(sitting: Sitting, bob: Path, tmp_path: Path) -> None:
    """Opening a pipe would wait for ever; a link may lead to anybody's files."""
    inside = tmp_path / "all"
    inside.mkdir()
    os.mkfifo(inside / "a.toml")
    os.mkfifo(inside / "a.zip")
    (inside / "b.toml").mkdir()
    outside = tmp_path / "outside.toml"
    outside.write_text('student = "ada"\n')
    (inside / "c.toml").symlink_to(outside)
    (inside / "d.toml").symlink_to(inside / "nowhere.toml")
    (inside / "e.toml").symlink_to("/dev/zero")
    bob.rename(inside / "z.toml")
    graded = sitting.grade(inside)
    assert [result.student.id for result in graded.marks.results] == ["bob"]
    assert [each.reason for each in graded.marks.refused] == [
        "this is no file", "this is no file", "a link that leads out of the folder is not followed", "this is no file",
        "a link that leads out of the folder is not followed",
    ]  # fmt: skip
    assert [each.reason for each in sitting.grade(inside / "a.toml").marks.refused] == ["this is no file"]


def test_a_thousand_hand_ins_of_one_student_are_one(sitting: Sitting, tmp_path: Path) -> None:
    """The first counts, and the others cost no time to mark."""
    rows = "\n".join(["student,1.b", *["ada,5"] * 1_000])
    marks = sitting.grade(put(tmp_path, "x.csv", rows)).marks
    assert len(marks.results) == 1
    assert len(marks.refused) == 999
    assert marks.refused[0].reason.startswith("ada has handed in already: ")


def test_all_in_all_there_are_enough() -> None:
    assert len(MARKED) + len(REFUSED) >= 35
