"""Hand-ins that mean harm: each is one line among the refused, or marked without harm; the others are marked."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.export.registry import writer
from dlcalc.grading import hand_ins
from dlcalc.grading.class_report import for_class
from dlcalc.grading.feedback import for_student
from dlcalc.grading.gradebook import gradebook

Sitting = Any
CODE = "__import__('os').system('touch CANARY')"
HTML = "<script>alert(1)</script><img src=x onerror=alert(1)>"
TYPST = '#read("/etc/passwd") #eval("1")'
MARKUP = "[bold red]x[/bold red] [link=http://x]y[/link]"
EXCEL = '=HYPERLINK("http://x","y")'
PICTURE = "a|b`c``d ![x](http://evil/p.png) [l](javascript:alert(1))"
LATEX = r"\input{/etc/passwd} \write18{touch CANARY} $\catcode 36=12$ 100%"
TURNED = "\u202e55\u202c\u200f"


def toml(answer: object) -> str:
    lines = [f'"{name}" = {json.dumps(answer)}' for name in ("1.a", "1.b", "2")]
    return "\n".join(['student = "ada"', "[answers]", *lines, ""])


def table(answer: object) -> str:
    return json.dumps({"student": "ada", "answers": {"1.a": answer, "1.b": answer, "2": answer,
        "3.a.conv-1.output": answer,
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


def linked() -> bytes:
    """A symbolic link, whose content is the path that it leads to."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        info = zipfile.ZipInfo("a.toml")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return file.getvalue()


def encrypted() -> bytes:
    data = bytearray(zipped(**{"a.toml": toml("1").encode()}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    return bytes(data)


def damaged(code: str) -> bytes:
    data = bytearray(zipped(**{"a.toml": toml("1").encode() * 5, "b.toml": f"code = '{code}'".encode()}))
    start = data.index(b"a.toml") + 10
    data[start : start + 20] = b"\xff" * 20
    return bytes(data)


MARKED: dict[str, tuple[str, str | bytes]] = {
    "code in every field": ("x.json", table(CODE)),
    "HTML in every field": ("x.json", table(HTML)),
    "Markdown in every field": ("x.json", table(PICTURE)),
    "LaTeX in every field": ("x.json", table(LATEX)),
    "Typst in every field": ("x.toml", toml(TYPST)),
    "terminal markup in every field": ("x.json", table(MARKUP)),
    "a spreadsheet's formula in every field": ("x.json", table(EXCEL)),
    "escape codes in every field": ("x.json", table("\x1b[31m55\x1b]0;title\x07")),
    "marks that turn the direction": ("x.json", table(TURNED)),
    "lone surrogates": (
        "x.json",
        '{"student": "ada", "answers": {"1.a": "\\ud800", "2": "\\udfff", "3.a": "\\ud800"}}',
    ),
    "null bytes in JSON": ("x.json", table("55\x0055")),
    "a tower of powers": ("x.toml", toml("9^9^9^9")),
    "a tower of factors": ("x.toml", toml("Σ_{i=1}^{99999999} i")),
    "deep brackets in an answer": ("x.toml", toml("(" * 999 + "1" + ")" * 999)),
    "a long answer": ("x.json", table("9" * 100_000)),
    "NaN and Infinity": ("x.json", '{"student": "ada", "answers": {"1.a": NaN, "1.b": Infinity, "2": -Infinity}}'),
    "infinities of TOML": ("x.toml", 'student = "ada"\n[answers]\n"1.a" = nan\n"1.b" = -inf\n"2" = inf\n'),
    "dates and truth values": (
        "x.toml",
        'student = "ada"\n[answers]\n"1.a" = 2026-11-21\n"1.b" = true\n"2" = 12:30:00\n',
    ),
    "lists in lists": ("x.json", table([[[[[["a"]]]]]])),
    "objects for answers": ("x.json", table({"__class__": {"__init__": 1}})),
    "names that are attributes": (
        "x.json",
        '{"student": "ada", "__proto__": 1, "answers": {"__class__": 1, "1.__init__": 2}}',
    ),
    "ids that are markup": (
        "x.json",
        json.dumps({"student": "ada", "answers": {HTML: 1, MARKUP: 2, EXCEL: 3, TYPST: 4}}),
    ),
    "a catastrophe for regular expressions": ("x.json", table("1 " * 900 + "!")),
    "a number of a million digits in JSON": (
        "x.json",
        f'{{"student": "ada", "answers": {{"1.a": {"9" * 10**6}, "1.b": -{"9" * 1_001}, "2": 1e999999}}}}',
    ),
    "the answers of a class in one cell": ("x.csv", f'student,1.a,1.b,2\nada,"{"55;" * 600}","=1+1",@SUM(A1)\n'),
    "headings that are formulas": ("x.csv", f"student,{EXCEL.partition(',')[0]},+1.a,@1.b,1.a\nada,1,2,3,0\n"),
    "a table of hostile cells": (
        "x.json",
        json.dumps({"student": "ada", "answers": {"3.a": f"layer,output\nconv-1,{HTML}\n{TYPST},1\n"}}),
    ),
    "words without end": ("x.json", table("is a " * 350 + "(")),
    "a table of pipes": ("x.json", table("|" * 1900)),
}
"""Hand-ins whose student is known: every part is something, none is right."""

REFUSED: dict[str, tuple[str, str | bytes, str]] = {
    "a number of a million digits in TOML": ("x.toml", 'student = "ada"\n[answers]\n"1.a" = ' + "9" * 10**6,
        "a hand-in has at most 256 KiB"),
    "a line of 10 MB": ("x.toml", 'student = "' + "a" * 10**7 + '"',
        "a hand-in has at most 256 KiB"),
    "a line of 10 MB in CSV": ("x.csv", "student,1.a\nada," + "9" * 10**7,
        "a hand-in has at most 256 KiB"),
    "ten million commas": ("x.csv", "student,1.a\n" + "," * 10**7,
        "a hand-in has at most 256 KiB"),
    "ten million lines": ("x.csv", "student,1.a\n" + "\n" * 10**7,
        "a hand-in has at most 256 KiB"),
    "deep brackets in JSON": ("x.json", "[" * 200_000,
        "it is nested too deeply"),
    "deep brackets in TOML": ("x.toml", "a = " + "[" * 200_000,
        "the file is nested too deeply"),
    "deep tables": ("x.json", '{"answers": ' + '{"a": ' * 20 + "1" + "}" * 21,
        "the answers are nested too deeply"),
    "a key of many dots": ("x.toml", ".".join("a" * 5_000) + " = 1",
        "line 1: a line has at most 12 dots, not 4999"),
    "ten thousand answers": ("x.json", json.dumps({"student": "ada", "answers": {str(i): i for i in range(10_000)}}),
        "a hand-in has at most 5,000 answers"),
    "a cut file": ("x.toml", 'student = "ada',
        "the file is not TOML: Unterminated string .*"),
    "a cut JSON file": ("x.json", table("1")[:-9],
        "the file is not JSON: Unterminated string .*"),
    "an answer twice": ("x.json", '{"student": "ada", "answers": {"1.a": 1, "1.a": 2}}',
        "1.a is answered twice"),
    "no UTF-8": ("x.toml", b"student = '\xff\xfe'",
        "the code of the sheet is missing, .*"),
    "null bytes in TOML": ("x.toml", b"student = 'a\x00'",
        "the file is not TOML: Found invalid character .*"),
    "UTF-16": ("x.json", table("1").encode("utf-16"),
        "the code of the sheet is missing, .*"),
    "a program": ("x.toml", b"\x7fELF" + bytes(range(256)) * 9,
        "the file is not text in UTF-8, UTF-16 or Windows-1252"),
    "nobody": ("x.toml", f'student = "{MARKUP}"\ncode = "<b>{CODE}"\n',
        r"code <b>.* is on no sheet of this exam"),
    "a neighbour's code": ("x.toml", 'student = "ada"\ncode = "BOBSCODE"\n',
        "code .{9} is not ada's"),
    "an archive that is none": ("x.zip", b"PK\x03\x04" + b"\x00" * 99,
        "the archive cannot be read: File is not a zip file"),
    "an archive cut off": ("x.zip", zipped(**{"a.toml": b"x" * 999})[:-40],
        "the archive cannot be read: File is not a zip file"),
    "a name that climbs": ("x.zip", named("../../ada.toml"),
        "a name in an archive stays inside it"),
    "an absolute name": ("x.zip", named("/etc/ada.toml"),
        "a name in an archive stays inside it"),
    "a name of Windows": ("x.zip", named("C:\\ada.toml"),
        "a name in an archive stays inside it"),
    "a name that climbs in Windows": ("x.zip", named("..\\ada.toml"),
        "a name in an archive stays inside it"),
    "an encrypted file": ("x.zip", encrypted(),
        "the file is encrypted"),
    "an archive in an archive": ("x.zip", zipped(**{"a.zip": zipped(**{"b.toml": b""})}),
        "an archive inside an archive is not opened"),
    "a bomb": ("x.zip", zipped(**{"a.toml": b"\n" * 2 * 10**7}),
        "the file, or all of the archive together, is too large"),
    "a bomb of JSON": ("x.zip", zipped(**{"a.json": b" " * 4 * 10**7}),
        "the file, or all of the archive together, is too large"),
    "a link in an archive": ("x.zip", linked(), "the file is not TOML: .*"),
    "more cells than rows": ("x.csv", "student," + "a," * 4_900 + "\n" + "ada\n" * 500,
        "a CSV has at most 2,000,000 cells"),
    "ten thousand answers, one a line": ("x.csv", "part,answer\n" + "".join(f"{i},1\n" for i in range(10_000)),
        "a hand-in has at most 5,000 answers"),
}  # fmt: skip
"""Hand-ins of which nothing can be marked: the name of the file, what is in it, and why it is refused."""


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
    graded = sitting.grade(bob, listed=put(tmp_path, *MARKED[name]))
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
            if format == "markdown":
                assert not re.search(r"(?<!\\)!\[x\]|(?<!\\)\]\(javascript", re.sub(r"`[^`\n]*`", "", text))
            if format == "latex":
                assert r"\input{" not in text
                assert r"\write18" not in text
            if format == "typst":
                assert '#read("' not in text.replace('\\#read("', "")
    assert not any(
        line.startswith(("=", "+", "@", "-")) for line in gradebook(graded.marks).replace('"', "").split(",")
    )


@each_row("name", REFUSED)
def test_refused_in_one_line(name: str, sitting: Sitting, bob: Path, tmp_path: Path) -> None:
    file, content, reason = REFUSED[name]
    if isinstance(content, str):
        content = content.replace("BOBSCODE", sitting.code("bob"))
    graded = sitting.grade(put(tmp_path, file, content), bob)
    assert [(result.student.id, result.points) for result in graded.marks.results] == [("bob", 12)]
    (refused,) = graded.marks.refused
    assert re.fullmatch(reason, refused.reason)
    assert len(refused.reason) < 300
    for text in (refused.reason, refused.source):
        assert text.isprintable()


NAMES = ["\x1b[31mred.toml", "a\nb.toml", "<script>alert(1)</script>.json", "=cmd.csv", "[red]x.toml", "-rf.toml",
         "\u202elmot.toml", "\udcff.toml", "%s{0}.json"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_of_files_that_mean_harm(name: str, sitting: Sitting, bob: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    name = name.replace("/", "∕")
    try:
        (folder / name).write_text("student = ")
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system has no such names")
    bob.rename(folder / "z.toml")
    graded = sitting.grade(folder)
    assert [(result.student.id, result.points) for result in graded.marks.results] == [("bob", 12)]
    (refused,) = graded.marks.refused
    assert refused.source.isprintable()
    for format in ("markdown", "html", "latex"):
        text = writer(format)(for_class(graded.marks))
        assert isinstance(text, str)
        harmless(text)
        assert "<script>alert" not in text


def test_there_are_only_so_many_files(
    sitting: Sitting, bob: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dlcalc.grading.hand_ins.MOST_FILES", 2)
    archive = put(tmp_path, "x.zip", zipped(**{f"{i}.toml": b"" for i in range(3)}))
    (refused,) = sitting.grade(archive, bob).marks.refused
    assert refused.reason == "the archive cannot be read: an archive of hand-ins has at most 2 files"
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(3):
        (folder / f"{i}.toml").write_text("")
    with pytest.raises(UserError, match="a folder of hand-ins has at most 2 files"):
        sitting.grade(folder)


def test_one_damaged_file_of_an_archive_does_not_stop_the_others(sitting: Sitting, tmp_path: Path) -> None:
    graded = sitting.grade(put(tmp_path, "x.zip", damaged(sitting.code("bob"))))
    assert [result.student.id for result in graded.marks.results] == ["bob"]
    assert [each.source.rpartition("/")[2] for each in graded.marks.refused] == ["a.toml"]


def test_many_small_bombs_end_with_the_archive(sitting: Sitting, bob: Path, tmp_path: Path) -> None:
    members = {f"{i}.json": b" " * 15 * 2**20 for i in range(12)}
    graded = sitting.grade(put(tmp_path, "x.zip", zipped(**members)), bob)
    assert len(graded.marks.refused) == 12
    assert sum("too large" in each.reason for each in graded.marks.refused) >= 7


def test_an_archive_is_unpacked_no_further_than_it_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused counts too: else ten thousand large files are each unpacked for nothing."""
    unpacked: list[int] = []
    usual = hand_ins._member

    def counted(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
        unpacked.append(most)
        return usual(archive, info, most)

    monkeypatch.setattr(hand_ins, "_member", counted)
    monkeypatch.setattr(hand_ins, "MOST_ARCHIVE_BYTES", 2**20)
    path = put(tmp_path, "x.zip", zipped(**{f"{i}.json": b" " * 2**20 for i in range(50)}))
    assert len(list(hand_ins.read_all([str(path)]))) == 50
    assert sum(unpacked) == 2**20


def test_pipes_links_and_folders_are_not_read(sitting: Sitting, bob: Path, tmp_path: Path) -> None:
    """Opening a pipe would wait for ever; a link may lead to anybody's files."""
    inside = tmp_path / "all"
    inside.mkdir()
    os.mkfifo(inside / "a.toml")
    os.mkfifo(inside / "a.zip")
    (inside / "b.toml").mkdir()
    (inside / "b.toml" / "others").symlink_to(tmp_path)
    outside = tmp_path / "outside.toml"
    outside.write_text('student = "ada"\n')
    (inside / "c.toml").symlink_to(outside)
    (inside / "d.toml").symlink_to(inside / "nowhere.toml")
    (inside / "e.toml").symlink_to("/dev/zero")
    bob.rename(inside / "z.toml")
    graded = sitting.grade(inside)
    assert [result.student.id for result in graded.marks.results] == ["bob"]
    assert [each.reason for each in graded.marks.refused] == [
        "this is not a file", "this is not a file", "a link that leads out of the folder is not "
        "followed", "this is not a file",
        "a link that leads out of the folder is not followed", "a link to a folder is not followed",
    ]  # fmt: skip
    assert [each.reason for each in sitting.grade(inside / "a.toml").marks.refused] == ["this is not a file"]


def test_a_thousand_hand_ins_of_one_student_are_one(sitting: Sitting, tmp_path: Path) -> None:
    """Alike they are one; of others none counts, and none costs time to mark."""
    rows = "\n".join(["student,1.b", *["ada,5"] * 1_000])
    marks = sitting.grade(listed=put(tmp_path, "x.csv", rows)).marks
    assert (len(marks.results), marks.refused) == (1, ())
    rows = "\n".join(["student,1.b", *(f"ada,{number}" for number in range(1_000))])
    marks = sitting.grade(listed=put(tmp_path, "y.csv", rows)).marks
    assert not marks.kept
    assert [each.reason[:40] for each in marks.refused] == ["ada has 1000 hand-ins that differ: --newes"[:40]]


def test_all_in_all_there_are_enough() -> None:
    assert len(MARKED) + len(REFUSED) >= 35
