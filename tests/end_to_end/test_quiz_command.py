"""`dlcalc quiz make` and `topics`: practice sets in every format, and exams that give nothing away."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest
from problem_files import text
from rows import each_row
from terminal import Terminal

from dlcalc.document import Document, Question, plain
from dlcalc.export import registry
from dlcalc.quiz import bank
from dlcalc.quiz.manifest import read_manifest
from dlcalc.quiz.variant import Variant

PRACTICE = "quiz make --topic convolution --count 5 --seed 7"
FORMATS = ("markdown", "json", "latex", "typst", "pdf", "html", "moodle", "answers-toml", "answers-csv")
ROSTER = "id,name\n" + "".join(f"s{number},Student {number}\n" for number in range(1, 7))
EXAM = """\
title = 'A small exam'
date = 2026-11-21
instructions = 'No calculators.'

[[problem]]
id = 'output-size'
points = '7/3'

[[problem]]
id = 'wrong-count'

[[problem]]
id = 'parameter-sharing'

[[problem]]
id = 'cnn-table'
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exam.toml").write_text(EXAM, encoding="utf-8")
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
    return tmp_path


# practice sets


@pytest.mark.parametrize("columns", [80, 120])
def test_five_problems_in_the_terminal(terminal: Terminal, columns: int) -> None:
    made = terminal(PRACTICE, columns=columns)
    assert (made.status, made.err) == (0, "")
    assert re.findall(r"Question (\d)", made.out) == list("12345")
    assert "Answer:" not in made.out.replace("Answer: ___", "")
    assert max(map(len, made.out.splitlines())) <= columns


def test_solutions_hold_the_answers_with_their_working(terminal: Terminal) -> None:
    """The variant is drawn again here: its answers stand in the key, and none of them beside the word on the sheet."""
    made = terminal(f"{PRACTICE} --solutions", columns=100)
    asked = json.loads(terminal(f"{PRACTICE} --solutions --format json").out)
    answers = [part["answer"] for question in asked["questions"] for part in question["parts"]]
    assert made.status == 0
    assert made.out.count("Answer:") == len(answers) > 10
    for answer in (a for a in answers if isinstance(a, int)):
        assert f"{answer:,}" in made.out.replace("\u202f", ",")
    assert "because" in made.out
    assert "Working" in made.out or "=" in made.out


def test_a_level_and_a_topic(terminal: Terminal) -> None:
    made = terminal("quiz make --topic gated --count 2 --level hard --json").json
    assert {bank.find(question["problem"]).level for question in made["questions"]} == {"hard"}
    assert {question["topic"] for question in made["questions"]} == {"gated"}


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_bytes_every_time(terminal: Terminal, folder: Path, format: str) -> None:
    if format == "pdf":
        pytest.importorskip("typst")
    for name in "ab":
        done = terminal(f"{PRACTICE} --format {format} --out {name} --date 2026-11-21")
        assert (done.status, done.out, done.err) == (0, "", "")
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()
    assert len((folder / "a").read_bytes()) > 300


def test_the_same_bytes_in_another_process(terminal: Terminal, folder: Path) -> None:
    terminal(f"{PRACTICE} --format moodle --out here.xml")
    command = [sys.executable, "-m", "dlcalc", *PRACTICE.split(), "--format", "moodle", "--out", "there.xml"]
    subprocess.run(command, check=True, timeout=60, env={"PYTHONHASHSEED": "4711", "PATH": ""}, cwd=folder)
    assert (folder / "here.xml").read_bytes() == (folder / "there.xml").read_bytes()


def test_what_is_written_is_of_its_format(terminal: Terminal) -> None:
    assert terminal(f"{PRACTICE} --format markdown").out.startswith("# Practice: convolution\n")
    assert len(terminal(f"{PRACTICE} --format json").json["questions"]) == 5
    assert terminal(f"{PRACTICE} --json").json == terminal(f"{PRACTICE} --format json").json
    refused = terminal(f"{PRACTICE} --format markdown --json")
    assert (refused.status, refused.out) == (2, "")
    assert "a practice set is made in one format at a time, not markdown and json" in refused.err
    quiz = ElementTree.fromstring(terminal(f"{PRACTICE} --format moodle").out)
    assert sum(question.get("type") != "category" for question in quiz) == 5
    page = terminal(f"{PRACTICE} --format html").out
    assert page.startswith("<!DOCTYPE html>")
    assert not re.search(r"(?:src|href)=[\"'](?!data:)", page)
    assert "https://" not in page.replace("https://www.w3.org/1998/Math/MathML", "")


def test_a_date_stands_on_the_sheet(terminal: Terminal) -> None:
    assert "2026-11-21" in terminal(f"{PRACTICE} --format json --date 2026-11-21").out
    assert "2026" not in terminal(f"{PRACTICE} --format json").out


def test_topics(terminal: Terminal) -> None:
    listed = dict(line.split() for line in terminal("quiz topics").out.splitlines())
    assert set(listed) == set(bank.topics())
    assert sum(map(int, listed.values())) == len(bank.files())


def test_a_format_from_outside_needs_no_change_of_the_program(
    terminal: Terminal, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One function is registered; practice sets and exams are made in it, with files of its suffix."""
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))

    def cards(document: Document) -> str:
        return "".join(f"{b.number}: {b.title}\n" for b in document.blocks if isinstance(b, Question))

    registry.register("cards", cards, ".deck")
    assert terminal(f"{PRACTICE} --format cards").out.count(": ") == 5
    terminal("quiz make exam.toml --students roster.csv --out out --format cards")
    decks = sorted((folder / "out" / "sheets").iterdir())
    assert {deck.suffix for deck in decks} == {".deck"}
    assert decks[0].read_text(encoding="utf-8").startswith("1: One convolutional layer\n2: ")


# exams


def made(terminal: Terminal, folder: Path, more: str = "") -> Path:
    ran = terminal(f"quiz make exam.toml --students roster.csv --out out {more}")
    assert (ran.status, ran.err) == (0, "")
    assert "6 sheets, blank answer sheets, manifest.json" in ran.out
    return folder / "out"


def test_an_exam_and_who_gets_what(terminal: Terminal, folder: Path) -> None:
    out = made(terminal, folder, "--key")
    issue = read_manifest(str(out / "manifest.json"))
    codes = set(issue.codes.values())
    assert len(codes) == 6
    for kind, suffix in (("sheets", ".md"), ("answers", ".toml"), ("private/keys", ".md")):
        assert {path.name for path in (out / kind).iterdir()} == {f"{code}{suffix}" for code in codes}
    assert sum(item.worth for item in issue.exam.items[:1]) * 3 == 7
    sheets = {path.read_text(encoding="utf-8") for path in (out / "sheets").iterdir()}
    assert len(sheets) == 6
    assert all("No calculators." in sheet and "2026-11-21" in sheet for sheet in sheets)
    assert (out / "private" / "secret.key").stat().st_mode & 0o777 == 0o600
    assert (out / "private").stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (out / "private" / "keys").iterdir())


def test_the_date_of_an_exam_may_be_given_anew(terminal: Terminal, folder: Path) -> None:
    """A repeated exam: `--date` stands on the sheets and in the manifest, in place of that of the file."""
    out = made(terminal, folder, "--date 2027-02-03")
    for path in (out / "sheets").iterdir():
        sheet = path.read_text(encoding="utf-8")
        assert "2027-02-03" in sheet
        assert "2026-11-21" not in sheet
    assert read_manifest(str(out / "manifest.json")).exam.date == "2027-02-03"


def test_the_same_secret_makes_the_same_exam(terminal: Terminal, folder: Path) -> None:
    out = made(terminal, folder)
    before = {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    again = terminal("quiz make exam.toml --students roster.csv --out again --secret out/private/secret.key")
    assert again.status == 0
    assert "secret.key is the secret" not in again.out
    for path, content in before.items():
        if path.name != "secret.key":
            assert (folder / "again" / path).read_bytes() == content
    other = terminal("quiz make exam.toml --students roster.csv --out other")
    assert "other/private/secret.key is the secret" in other.out
    names = {path.name for path in (folder / "other" / "sheets").iterdir()}
    assert not names & {path.name for path in (out / "sheets").iterdir()}


FORMATS = ("markdown", "json", "latex", "typst", "html", "answers-csv")


def test_no_file_for_students_gives_anything_away(terminal: Terminal, folder: Path) -> None:
    """Neither secret, seed, mistake, reason, note nor answer stands in any file but those that are the teacher's."""
    secret = "5eed" * 16
    (folder / "exam.key").write_text(secret, encoding="utf-8")
    formats = " ".join(f"--format {format}" for format in FORMATS)
    out = made(terminal, folder, f"{formats} --secret exam.key --key")
    issue = read_manifest(str(out / "manifest.json"))
    manifest = (out / "manifest.json").read_text(encoding="utf-8")
    for student in issue.students:
        code, variants = issue.codes[student.id], issue.exam.variants(secret, student.id)
        names = [f"{code}{registry.suffix(format)}" for format in FORMATS]
        assert len(set(names)) == len(FORMATS)
        sheets = [(out / "sheets" / name).read_text(encoding="utf-8") for name in names]
        blank = (out / "answers" / f"{code}.toml").read_text(encoding="utf-8")
        kept = [secret, secret[:12], *(part for each in variants for part in (each.seed, each.seed[:10], each.note))]
        reasons = [wrong.because for each in variants for asked in each.asked.values() for wrong in asked.wrong()]
        reasons += [
            plain(c.because) for each in variants for shown in each.choices.values() for c in shown if c.because
        ]
        assert len(reasons) > 20
        for name, words in zip((*names, "blank", "manifest"), (*sheets, blank, manifest), strict=True):
            assert [text for text in kept if text in words] == [], name
            assert name == "manifest" or [reason for reason in reasons if reason in words] == [], name
            assert not numbers(words) & hidden(variants), name
        for name in names[:-1]:
            key = (out / "private" / "keys" / name).read_text(encoding="utf-8")
            assert hidden(variants) <= numbers(key), name


def numbers(words: str) -> set[str]:
    """The whole numbers in a file, however their digits are grouped."""
    return set(re.findall(r"\d+", re.sub(r"(?<=\d)(?:,|\{,\}|\\,|\u202f|&#x202f;)(?=\d{3})", "", words)))


def hidden(variants: Sequence[Variant]) -> set[str]:
    """The answers that are too large to be anything else on the sheet."""
    answers = [each.asked[part.id].expected for each in variants for part in each.problem.parts]
    table = variants[-1].asked["table"].expected
    assert isinstance(table, tuple)
    found = {str(answer) for answer in (*answers, *table) if isinstance(answer, int) and answer > 9999}
    assert len(found) >= 2
    return found


def test_the_key_is_nowhere_without_being_asked_for(terminal: Terminal, folder: Path) -> None:
    assert not (made(terminal, folder) / "keys").exists()


@each_row(
    ("line", "said"),
    [
        ("quiz make --topic nope", "a topic is one of concepts, "),
        ("quiz make --count 0", "a practice set has 1 to 200 problems, not 0"),
        ("quiz make --count 201", "a practice set has 1 to 200 problems, not 201"),
        ("quiz make --count five", "--count is a whole number, not 'five'"),
        ("quiz make --level harder", "all has no problem of level harder"),
        ("quiz make --date tomorrow", "a date is written 2026-11-21, not tomorrow"),
        ("quiz make --date 2026-02-30", "a date is written 2026-11-21, not 2026-02-30"),
        ("quiz make --out x.md", "--out needs a --format, such as pdf or markdown"),
        ("quiz make --format docx", "a format is one of answers-csv, answers-toml, html, "),
        ("quiz make --format json --format html", "a practice set is made in one format at a time, not json and html"),
        ("quiz make --students roster.csv", "--students belongs to an exam: dlcalc quiz make EXAM.toml --students ro"),
        ("quiz make --secret s.key", "--secret belongs to an exam: dlcalc quiz make EXAM.toml --secret s.key"),
        ("quiz make exam.toml", "an exam is made for students: --students roster.csv"),
        ("quiz make exam.toml --students roster.csv", "an exam is written into a folder: --out FOLDER"),
        (
            "quiz make none.toml --students roster.csv --out o",
            "none.toml: the file cannot be read: No such file or dir",
        ),
        (
            "quiz make exam.toml --students none.csv --out o",
            "none.csv: the file cannot be read: No such file or direct",
        ),
        (
            "quiz make exam.toml --students roster.csv --out o --format moodle",
            "moodle holds the answers, so an exam is",
        ),
        (
            "quiz make exam.toml --students roster.csv --out o --format practice",
            "practice holds the answers, so an exam",
        ),
        (
            "quiz make exam.toml --students roster.csv --out o --format docx",
            "a format is one of answers-csv, answers-to",
        ),
        (
            "quiz make exam.toml --students roster.csv --out o --secret exam.toml",
            "exam.toml holds no secret: 64 digits",
        ),
    ],
)
def test_refused_in_one_line(terminal: Terminal, folder: Path, line: str, said: str) -> None:
    refused = terminal(line)
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.startswith("dlcalc: ")
    assert said in refused.err
    assert refused.err.count("\n") == 1
    assert not (folder / "o" / "manifest.json").exists()


def test_bytes_are_not_thrown_at_a_terminal(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("typst")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    refused = terminal("quiz make --count 1 --format pdf")
    assert (refused.status, refused.err) == (2, "dlcalc: pdf is not text; name a file with --out\n")


def test_a_problem_that_cannot_be_read_is_told_with_its_file(terminal: Terminal, folder: Path) -> None:
    """Of an exam that names it, and of a manifest when the file has been damaged since."""
    (folder / "mine.md").write_bytes(text())
    (folder / "exam.toml").write_text("title = 'T'\n[[problem]]\nfile = 'mine.md'\n", encoding="utf-8")
    out = made(terminal, folder)
    (folder / "mine.md").write_bytes(text()[:50])
    refused = terminal("quiz make exam.toml --students roster.csv --out o")
    assert refused.status == 2
    assert "mine.md: a problem begins with TOML between two lines of +++" in refused.err
    refused = terminal(f"grade {out}/manifest.json --secret {out}/secret.key {out}/answers")
    assert refused.status == 2
    assert "mine.md: a problem begins with TOML between two lines of +++" in refused.err
