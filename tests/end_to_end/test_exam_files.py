"""An exam from making to marking, by its files: keys that agree, whole pages, decisions that stay."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT
from killing import killed_before
from problem_files import variants_of_the_bank
from terminal import Terminal

from dlcalc.cli import main
from dlcalc.export.registry import writer
from dlcalc.quiz import bank, seeds
from dlcalc.quiz.manifest import read_manifest
from dlcalc.quiz.sheet import as_asked, sheet
from dlcalc.quiz.variant import variant

EXAM = """title = 'Short & <b>sweet</b>'
[policy]
follows = 0.5
convention = 0.25
[[problem]]
id = 'output-size'
[[problem]]
id = 'cost-of-a-layer'
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exam with all its files, made once; every test changes a copy."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "exam.toml").write_text(EXAM)
    (folder / "roster.csv").write_text("id,name\nada,Ada\nbob,Bob\n")
    (folder / "secret.key").write_text("5ec2e7" * 10 + "0123")
    formats = "--format html --format latex --format markdown"
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()):
        patch.chdir(folder)
        line = f"quiz make exam.toml --students roster.csv --secret secret.key --out out --key {formats}"
        assert main(line.split()) == 0
    (folder / "in").mkdir()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def hand_in(folder: Path, student: str, **answers: object) -> None:
    code = read_manifest(str(folder / "out" / "manifest.json")).codes[student]
    lines = [f'"1.{name}" = "{answer}"' for name, answer in answers.items()]
    (folder / "in" / f"{student}.toml").write_text("\n".join([f'code = "{code}"', "[answers]", *lines]))


def right(folder: Path, student: str) -> dict[str, Any]:
    issue = read_manifest(str(folder / "out" / "manifest.json"))
    made = issue.exam.variants(seeds.read_secret(str(folder / "secret.key")), student)[0]
    return {name: asked.expected for name, asked in made.asked.items()}


GRADE = "grade out/manifest.json in --secret secret.key --out marks"


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_what_nobody_can_read_is_no_zero(folder: Path, terminal: Terminal) -> None:
    hand_in(folder, "ada", a="????what", b=right(folder, "ada")["weights"])
    ran = terminal(f"{GRADE} --json")
    assert ran.status == 4
    (ada,) = ran.json["students"]
    assert (ada["status"], ada["marks"], ada["marks_so_far"]) == ("to look at", None, 2)
    assert [part["marks"] for part in ada["parts"][:3]] == [None, 2, 0]
    (row, absent) = rows(folder / "marks" / "gradebook.csv")
    assert (row["marks"], row["status"], row["1.a (of 2)"], row["1.b (of 2)"]) == ("", "to look at", "", "2")
    assert (absent["marks"], absent["status"]) == ("", "nothing handed in")
    (listed,) = rows(folder / "marks" / "to-look-at.csv")
    assert (listed["student"], listed["part"], listed["marks"], listed["wrote"]) == ("ada", "1.a", "", "????what")
    assert listed["right"] == " × ".join(map(str, right(folder, "ada")["size"]))
    assert [each["place"] for each in ran.json["to_look_at"]] == ["1.a"]


def decide(folder: Path, marks: str, because: str = "") -> None:
    path = folder / "marks" / "to-look-at.csv"
    table = rows(path)
    table[0] |= {"marks": marks, "because": because}
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        written = csv.DictWriter(file, table[0])
        written.writeheader()
        written.writerows(table)


def test_what_a_person_decided_stays(folder: Path, terminal: Terminal) -> None:
    """Filled in in the list, it counts, is kept beside the manifest, and survives every marking."""
    hand_in(folder, "ada", a="????what")
    assert terminal(GRADE).status == 4
    decide(folder, "1,5", "meant well")
    for _ in range(2):
        ran = terminal(f"{GRADE} --json")
        assert ran.status == 0
        assert (ran.json["students"][0]["marks"], ran.json["students"][0]["parts"][0]["decided"]) == (1.5, "meant well")
    assert rows(folder / "marks" / "gradebook.csv")[0]["1.a (of 2)"] == "1.5"
    kept = folder / "out" / "private" / "decisions.csv"
    assert kept.stat().st_mode & 0o777 == 0o600 or os.name == "nt"
    assert [row["marks"] for row in rows(kept)] == ["1.5"]
    assert terminal("quiz make exam.toml --students roster.csv --secret secret.key --out out --replace").status == 0
    assert kept.exists()
    hand_in(folder, "ada", a="another ????")
    ran = terminal(f"{GRADE} --json")
    assert ran.status == 4  # those were other words
    assert "the decision was about another answer" in ran.json["students"][0]["notes"][0]


def test_two_decisions_that_differ_are_told(folder: Path, terminal: Terminal) -> None:
    hand_in(folder, "ada", a="????what")
    terminal(GRADE)
    before = (folder / "marks" / "to-look-at.csv").read_bytes()
    decide(folder, "1")
    assert terminal(GRADE).status == 0
    (folder / "marks" / "to-look-at.csv").write_bytes(before)
    decide(folder, "2")
    ran = terminal(GRADE)
    assert ran.status == 2
    assert "ada, 1.a has 2 marks here, and 1 among what was decided before; change one of them" in ran.err
    decide(folder, "many")
    assert "line 2: marks are a number, such as 1.5, not many" in terminal(GRADE).err


def test_a_gradebook_that_somebody_changed_stays(folder: Path, terminal: Terminal) -> None:
    hand_in(folder, "ada", a="1x1x1")
    terminal(GRADE)
    path = folder / "marks" / "gradebook.csv"
    path.write_text(path.read_text(encoding="utf-8") + "mine\n", encoding="utf-8")
    ran = terminal(GRADE)
    assert ran.status == 2
    assert "marks/gradebook.csv was changed since it was made, or is not of this program; --replace" in ran.err
    assert path.read_text(encoding="utf-8").endswith("mine\n")
    assert terminal(f"{GRADE} --replace").status == 0


def test_another_exams_hand_in_is_not_marked(folder: Path, terminal: Terminal) -> None:
    """Made with the same secret for the same students."""
    (folder / "other.toml").write_text(EXAM.replace("Short", "Long"))
    made = terminal("quiz make other.toml --students roster.csv --secret secret.key --out other")
    assert made.status == 0
    for path in (folder / "other" / "answers").iterdir():
        text = path.read_text(encoding="utf-8").replace('"1.a" = ""', '"1.a" = "1x1x1"')
        (folder / "in" / path.name).write_text(text, encoding="utf-8")
    ran = terminal(f"{GRADE} --json")
    assert ran.status == 4
    assert ran.json["students"] == []
    assert {re.sub(r"code \S+", "code", each["because"]) for each in ran.json["refused"]} == {
        "code is on no sheet of this exam"
    }


def test_one_upload_takes_nobodys_marks(folder: Path, terminal: Terminal) -> None:
    """A table with every classmate's name in it is no hand-in of a student."""
    wanted = right(folder, "ada")
    hand_in(folder, "ada", a="x".join(map(str, wanted["size"])), b=wanted["weights"], c=wanted["cost"])
    (folder / "in" / "aa.csv").write_text("student,1.a,1.b\nada,1x1x1,1\nbob,1x1x1,1\n")
    ran = terminal(f"{GRADE} --json")
    assert ran.status == 4
    assert [(each["id"], each["marks"]) for each in ran.json["students"]] == [("ada", 6)]
    ran = terminal("grade out/manifest.json in/ada.toml --class-file in/aa.csv --secret secret.key --json")
    assert [each["id"] for each in ran.json["students"]] == ["bob"]
    rule = "ada has 2 hand-ins that differ: --newest or --first says which counts"
    assert [each["because"] for each in ran.json["refused"]] == [rule]


def test_sheets_keys_and_feedback_are_whole(folder: Path, terminal: Terminal) -> None:
    hand_in(folder, "ada", a="1x1x1")
    assert terminal(f"{GRADE} --feedback html --feedback latex").status == 0
    pages = list(folder.rglob("*.html"))
    articles = list(folder.rglob("*.tex"))
    assert (len(pages), len(articles)) == (5, 5)
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert text.lower().startswith("<!doctype html>")
        assert '<meta charset="utf-8">' in text
        assert "<title>Short &amp; &lt;b&gt;sweet&lt;/b&gt;" in text
        assert "default-src 'none'" in text
    for path in articles:
        text = path.read_text(encoding="utf-8")
        assert text.startswith("\\documentclass")
        assert text.endswith("\\end{document}\n")


def test_latex_holds_what_its_fonts_hold() -> None:
    """pdflatex stops at a letter that it does not know: of the whole bank none is left."""
    for made in variants_of_the_bank():
        text = writer("latex", as_file=True)(sheet(made.problem.title, [made], True))
        assert isinstance(text, str)
        strange = {letter for letter in text if ord(letter) >= 0x180} - set("–—‘’‚“”„†‡•‰‹›€™")
        assert strange == set(), made.problem.id
        assert "U+" not in text, made.problem.id


def test_the_key_has_numbers_with_the_digits_that_are_asked() -> None:
    """And as near as the marker wants them."""
    made = variant(bank.find("cost-of-a-layer"), 1)
    part = next(each for each in made.problem.parts if each.kind == "number")
    short = as_asked(part, made.asked[part.id].expected)
    assert isinstance(short, int | float)
    assert len(str(short).replace(".", "").strip("0")) <= 4
    assert abs(short - made.asked[part.id].expected) <= part.terms.near(made.asked[part.id].expected)


def test_a_policy_that_is_none_is_told_before_anything_is_made(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "exam.toml").write_text(EXAM.replace("follows = 0.5", "follows = 2"))
    (tmp_path / "roster.csv").write_text("id\nada\n")
    ran = terminal(f"quiz make {tmp_path}/exam.toml --students {tmp_path}/roster.csv --out {tmp_path}/out")
    assert ran.status == 2
    assert "follows: a share of the points must be between 0 and 1" in ran.err
    assert not (tmp_path / "out").exists()


def test_what_is_redirected_is_utf_8_whatever_the_locale() -> None:
    code = "import sys; from dlcalc.cli import main; sys.exit(main(sys.argv[1:]))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", code, "conv", "--n", "5", "--f", "3", "--markdown"],
                          capture_output=True, env=environment, check=True)  # fmt: skip
    assert "×" in done.stdout.decode("utf-8")


def marking(folder: Path) -> None:
    """A class of which one answer is for a person, who has decided since the marking that is there."""
    for student in ("ada", "bob"):
        hand_in(folder, student, a="55x55x96", b="green" if student == "ada" else "34944")


def written(folder: Path) -> dict[str, bytes]:
    """Everything that marking writes: the marks, and what people decided."""
    places = (folder / "marks", folder / "out" / "private")
    paths = [path for place in places for path in place.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


DECIDED = "out/private/decisions.csv"


@pytest.mark.long
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing is killed like that there")
@pytest.mark.parametrize("again", [False, True], ids=["first", "again, with a decision"])
def test_a_killed_marking_leaves_the_old_or_the_new(folder: Path, terminal: Terminal, again: bool) -> None:
    """Killed before each of its steps: the marks are those of before or of now, and the next run ends them."""
    marking(folder)
    if again:
        assert terminal(GRADE).status == 4
        decide(folder, "1.5", "she means 34,944")
        hand_in(folder, "bob", a="1x1x1", b="34944")
    before, ends = written(folder), []
    for step in range(20):
        status = killed_before(step, GRADE.split())
        found = written(folder)
        ends.append(status)
        marks, old = ({k: v for k, v in each.items() if k.startswith("marks/")} for each in (found, before))
        if marks != old:
            break
        assert found.keys() - before.keys() <= {DECIDED}  # what was decided is kept before anything is marked by it
    assert ends[:-1] == [-signal.SIGKILL] * (len(ends) - 1)
    assert len(ends) > 5  # the gradebook, the list, the feedback of two, the note of them
    assert (DECIDED in found) == again
    status = terminal(GRADE).status
    assert (status, written(folder)) == (0 if again else 4, found)
    assert next(row["marks"] for row in rows(folder / "marks" / "gradebook.csv")) == ("1.5" if again else "")
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_marking_on_a_full_disk_leaves_the_old(
    folder: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of its files no longer fits."""
    marking(folder)
    terminal(GRADE)
    decide(folder, "1.5")
    before, usual = written(folder), Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        left[0] -= 1
        if left[0] < 0:
            usual(self, data[:9])
            raise OSError(28, "No space left on device")
        return usual(self, data)

    for room in range(20):
        left = [room]
        with monkeypatch.context() as patched:
            patched.setattr(Path, "write_bytes", full)
            ran = terminal(GRADE)
        found = written(folder)
        decided = found.pop(DECIDED, b"")
        if ran.status == 0:
            break
        assert ran.status == 2
        assert re.fullmatch(r"dlcalc: \S+ cannot be written: No space left on device\n", ran.err)
        assert found == before
        assert bool(decided) == (room > 0)
    assert room == 5  # the gradebook, the list, the feedback of two, the note of them
    assert b"1.5" in found["marks/gradebook.csv"]


def test_a_decision_finds_its_student_whatever_a_spreadsheet_makes_of_the_id(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the list its spaces are plain, an ' stands before a minus, and what nobody sees is gone."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exam.toml").write_text(EXAM)
    (tmp_path / "roster.csv").write_text("id,name\n-a\u00a0\u200bB,Ada\n", encoding="utf-8")
    (tmp_path / "secret.key").write_text("5ec2e7" * 10 + "0123")
    (tmp_path / "in").mkdir()
    assert terminal("quiz make exam.toml --students roster.csv --secret secret.key --out out").status == 0
    hand_in(tmp_path, "-a\u00a0\u200bB", a="????what")
    assert terminal(GRADE).status == 4
    assert rows(tmp_path / "marks" / "to-look-at.csv")[0]["student"] == "'-a B"
    decide(tmp_path, "1.5")
    ran = terminal(f"{GRADE} --json")
    assert (ran.status, ran.json["students"][0]["marks"]) == (0, 1.5)


def test_a_decision_that_counts_for_nobody_is_told(folder: Path, terminal: Terminal) -> None:
    """As where a spreadsheet has made another id of it."""
    hand_in(folder, "ada", a="????what")
    (folder / "out" / "private" / "decisions.csv").write_text("student,part,marks\nada,1.z,1\n12,1.a,1\nada,1.a,2\n")
    ran = terminal(f"{GRADE} --json")
    assert (ran.status, ran.json["students"][0]["parts"][0]["marks"]) == (0, 2)
    assert ran.json["notes"] == [
        f"the decision about {each} is not used: the exam has no such student or part"
        for each in ("ada, 1.z", "12, 1.a")
    ]


def test_another_title_in_the_same_folder_is_told(folder: Path, terminal: Terminal) -> None:
    """It may be a mended one, which changes no number, or a resit, which should have others."""
    make = "quiz make exam.toml --students roster.csv --secret secret.key --out "
    rule = "has another title now, and the same numbers and codes; make a resit in its own folder"
    codes = read_manifest(str(folder / "out" / "manifest.json")).codes
    assert rule not in terminal(f"{make}out").out
    (folder / "exam.toml").write_text(EXAM.replace("Short", "Resit"))
    ran = terminal(f"{make}out")
    assert (ran.status, rule in ran.words) == (0, True)
    assert read_manifest(str(folder / "out" / "manifest.json")).codes == codes
    assert rule not in terminal(f"{make}out").words
    assert rule not in terminal(f"{make}resit").words
    assert not set(read_manifest(str(folder / "resit" / "manifest.json")).codes.values()) & set(codes.values())
