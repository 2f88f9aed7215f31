"""`dlcalc grade` as a teacher runs it: an exam made, handed in and marked, in files."""

from __future__ import annotations

import csv
import io
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from terminal import Terminal

from dlcalc.quiz import seeds
from dlcalc.quiz.manifest import read_manifest
from dlcalc.verification import self_test

EXAM = """title = 'A short exam'
date = '2026-11-21'

[policy]
follows = 0.5

[[problem]]
id = 'output-size'

[[problem]]
id = 'shifted-image'
"""


class Class:
    """Four students; what each would write."""

    def __init__(self, folder: Path, terminal: Terminal) -> None:
        self.folder = folder
        (folder / "exam.toml").write_text(EXAM)
        (folder / "roster.csv").write_text("id,name\nada,Ada\nbob,Bob\ncarl,[red]Carl[/red]\ndora,<b>Dora</b>\n")
        self.manifest, self.secret = f"{folder}/out/manifest.json", f"{folder}/secret.key"
        Path(self.secret).write_text("5ec2e7" * 10 + "0123")  # the same in every run, so that the variants are too
        made = terminal(["quiz", "make", f"{folder}/exam.toml", "--students", f"{folder}/roster.csv",
                         "--secret", self.secret, "--out", f"{folder}/out"])  # fmt: skip
        assert made.status == 0, made.err
        self.issue = read_manifest(self.manifest)
        self.answers = folder / "answers"
        self.answers.mkdir()

    def values(self, student: str) -> tuple[Any, dict[str, Any]]:
        variant = self.issue.exam.variants(seeds.read_secret(self.secret), student)[0]
        return variant.values, {name: asked.expected for name, asked in variant.asked.items()}

    def hand_in(self, student: str, **answers: object) -> None:
        """As a teacher gets it: the blank sheet, filled in."""
        blank = (self.folder / "out" / "answers" / f"{self.issue.codes[student]}.toml").read_text(encoding="utf-8")
        for name, answer in answers.items():
            line = f'"1.{name}" = ""'
            assert line in blank
            blank = blank.replace(line, f'"1.{name}" = "{answer}"')
        (self.answers / f"{student}.toml").write_text(blank, encoding="utf-8")

    def command(self, *more: str) -> list[str]:
        return ["grade", self.manifest, str(self.answers), "--secret", self.secret, *more]


@pytest.fixture
def course(terminal: Terminal, tmp_path: Path) -> Class:
    """Ada is right; Bob forgets the + 1 and goes on with it; Carl's file is torn; Dora hands nothing in."""
    found = Class(tmp_path, terminal)
    _, right = found.values("ada")
    found.hand_in("ada", a="x".join(map(str, right["size"])), b=f"{right['weights']:,}", c=right["cost"])
    given, right = found.values("bob")
    side = right["size"][0] - 1
    cost = side * side * given["f"] ** 2 * given["c"] * given["k"]
    found.hand_in("bob", a=f"{side} × {side} × {given['k']}", b=right["weights"] - given["k"], c=cost)
    (found.answers / "carl.toml").write_text('student = "carl')
    return found


def test_the_marks_of_a_class(course: Class, terminal: Terminal) -> None:
    ran = terminal(course.command("--json"))
    assert (ran.status, ran.err) == (4, "")  # Carl's file needs somebody
    ada, bob = ran.json["students"]
    assert [(part["id"], part["status"], part["marks"]) for part in ada["parts"]] == [
        ("1.a", "right", 2), ("1.b", "right", 2), ("1.c", "right", 2), ("2", "missing", 0)
    ]  # fmt: skip
    assert [(part["status"], part["marks"]) for part in bob["parts"][:3]] == [
        ("wrong", 0),
        ("wrong", 0),
        ("follows", 1),
    ]
    assert [part["mistakes"][0]["id"] for part in bob["parts"][:2]] == ["no-plus-one", "biases-forgotten"]
    assert bob["parts"][2]["follows"] == ["1.a"]
    (refused,) = ran.json["refused"]
    assert refused["source"].endswith("carl.toml")
    assert refused["because"].startswith("the file is not TOML: ")
    assert ran.json["absent"] == ["carl", "dora"]


def test_the_report(course: Class, terminal: Terminal) -> None:
    assert max(map(len, terminal(course.command()).out.splitlines())) <= 80
    ran = terminal(course.command(), columns=200)
    assert ran.status == 4
    assert "2 of 4 students" in ran.words
    assert re.search("nothing from carl, (│ │ )?dora", ran.words)
    assert "carl.toml: the file is not TOML" in ran.words
    assert "output-size: biases-forgotten" in ran.words
    assert "\x1b" not in ran.out + ran.err


def shown_whole(text: str, view: str) -> bool:
    """Whether the view has the text, wherever its lines are broken."""
    return re.sub(r"\s", "", text) in re.sub(r"[\s│]", "", view)


def test_a_path_wider_than_the_terminal_is_shown_whole(course: Class, terminal: Terminal) -> None:
    out = course.folder / ("marks" * 30)
    ran = terminal(course.command("--out", str(out)))
    assert shown_whole(f"to be decided by a person: {out}/to-look-at.csv", ran.out)
    assert max(map(len, ran.out.splitlines())) <= 80


def test_the_files(course: Class, terminal: Terminal) -> None:
    out = course.folder / "marks"
    ran = terminal(course.command("--out", str(out), "--feedback", "markdown", "--feedback", "html"))
    assert (ran.status, ran.err) == (4, "")
    assert shown_whole(f"1 hand-in to be decided by a person: {out}/to-look-at.csv", ran.out)
    book = list(csv.reader(io.StringIO((out / "gradebook.csv").read_text(encoding="utf-8-sig"))))
    assert [row[:4] for row in book[1:]] == [
        ["ada", "Ada", course.issue.codes["ada"], "6"], ["bob", "Bob", course.issue.codes["bob"], "1"],
        ["carl", "[red]Carl[/red]", course.issue.codes["carl"], ""], ["dora", "<b>Dora</b>",
            course.issue.codes["dora"], ""],
    ]  # fmt: skip
    names = sorted(path.name for path in (out / "feedback").iterdir())
    codes = [course.issue.codes[student] for student in ("ada", "bob")]
    assert names == sorted(f"{code}{suffix}" for code in codes for suffix in (".md", ".html"))
    told = (out / "feedback" / f"{codes[1]}.md").read_text(encoding="utf-8")
    assert "1 of 2: right, following through from your own answer to 1.a." in told
    assert "With the right earlier answer it is " in told
    assert "Ada" not in told
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    terminal(course.command("--out", str(out), "--feedback", "markdown", "--feedback", "html"))
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_results_are_written_whole_or_not_at_all(
    course: Class, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = course.folder / "marks"
    out.mkdir()
    (out / "notes.txt").write_text("yesterday's")

    def full(self: Path, data: bytes) -> int:
        with open(self, "wb") as file:
            file.write(data[:9])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    ran = terminal(course.command("--out", str(out)))
    assert ran.status == 2
    assert re.fullmatch(r"dlcalc: \S+\S+ cannot be written: No space left on device\n", ran.err)
    assert (out / "notes.txt").read_text() == "yesterday's"
    assert [path.name for path in out.iterdir()] == ["notes.txt"]
    assert not [path.name for path in course.folder.iterdir() if path.name.startswith(".")]


def test_the_marks_are_no_hand_ins(course: Class, terminal: Terminal) -> None:
    """Who puts the results among the hand-ins gets the same marks again."""
    first = terminal(course.command("--json", "--out", str(course.answers)))
    again = terminal(course.command("--json"))
    assert again.json["students"] == first.json["students"]
    assert {os.path.basename(each["source"]) for each in again.json["refused"]} == {"carl.toml"}


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["grade"], "grade needs the exam's manifest and the hand-ins: dlcalc grade MANIFEST ANSWERS..."),
        (["grade", "MANIFEST", "ANSWERS"], "marking needs the exam's secret: --secret FILE"),
        (
            ["grade", "nowhere.json", "ANSWERS", "--secret", "SECRET"],
            "nowhere.json: the file cannot be read: No such file",
        ),
        (["grade", "MANIFEST", "nowhere", "--secret", "SECRET"], "there is no file nowhere"),
        (["grade", "MANIFEST", "ANSWERS", "--secret", "nowhere"], "the secret nowhere cannot be read: No such file"),
        (["grade", "SECRET", "ANSWERS", "--secret", "SECRET"], "the file is not a manifest: it is not JSON"),
        (
            ["grade", "MANIFEST", "ANSWERS", "--secret", "MANIFEST"],
            "holds no secret: 64 digits of 0-9 and a-f are expected",
        ),
        (
            ["grade", "MANIFEST", "ANSWERS", "--secret", "SECRET", "--json", "--html"],
            "one format at a time: --json or --html",
        ),
        (["grade", "MANIFEST", "ANSWERS", "--secret", "SECRET", "--out", "OUT", "--feedback", "docx"], "docx"),
    ],
)
def test_one_line_and_status_2(course: Class, terminal: Terminal, arguments: list[str], line: str) -> None:
    files = {"MANIFEST": course.manifest, "SECRET": course.secret, "ANSWERS": str(course.answers),
             "OUT": str(course.folder / "marks")}  # fmt: skip
    ran = terminal([files.get(argument, argument) for argument in arguments])
    assert ran.status == 2
    assert ran.out == ""
    assert line in ran.err
    assert ran.err.count("\n") == 1


def test_a_progress_bar_only_where_somebody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    from dlcalc.cli import progress

    with progress.progress("marking") as step:
        step(3)
    assert capsys.readouterr().err == ""
    watched = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress, "Console", lambda **_: Console(file=watched, force_terminal=True, width=80))
        with progress.progress("marking") as step:
            step(3)
            step(3)
    assert "marking" in watched.getvalue()
    assert "2/3" in watched.getvalue()


def test_the_marker_tests_itself(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exam = tmp_path / "exam.toml"
    exam.write_text(EXAM)
    ran = terminal(["grade", "--self-test", str(exam), "--seeds", "2"])
    assert (ran.status, ran.err) == (0, "")
    assert "A short exam: self-test of the marker" in ran.words
    assert "✓ the marker reaches its goals" in ran.words
    assert max(map(len, ran.out.splitlines())) <= 80
    found = terminal(["grade", "--self-test", str(exam), "--seeds", "2", "--json"]).json
    assert (found["exam"], found["passed"], found["right"]["share"]) == ("A short exam", True, 1)
    judge = self_test.judge
    monkeypatch.setattr(self_test, "judge", lambda *a: [replace(mark, status="wrong") for mark in judge(*a)])
    ran = terminal(["grade", "--self-test", str(exam), "--seeds", "1"])
    assert ran.status == 1
    assert "✗ the marker misses a goal" in ran.words
    assert "What came out otherwise • output-size.size, seed self-test/0: " in ran.words


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--self-test"], "--self-test needs one exam file, or all: dlcalc grade --self-test EXAM.toml"),
        (["--self-test", "exam.toml", "answers"], "--self-test needs one exam file, or all"),
        (["--self-test", "nowhere.toml"], "nowhere.toml: the file cannot be read: No such file or directory"),
        (["--self-test", "all", "--seeds", "some"], "--seeds"),
    ],
)
def test_a_self_test_of_nothing(terminal: Terminal, arguments: list[str], line: str) -> None:
    ran = terminal(["grade", *arguments])
    assert (ran.status, ran.out) == (2, "")
    assert line in ran.err
    assert ran.err.count("\n") == 1
