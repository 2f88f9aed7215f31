"""Exams are made whole or not at all, and nothing that somebody has is lost."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import pytest
from killing import killed_before

from dlcalc.api.quiz import make_exam
from dlcalc.errors import UserError
from dlcalc.files import writing

EXAM = "title = 'E'\n[[problem]]\nid = 'output-size'\n[[problem]]\ntopic = 'concepts'\n"
ROSTER = "id,name\nada,Ada\nbob,Bob\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "exam.toml").write_text(EXAM)
    (tmp_path / "roster.csv").write_text(ROSTER)
    return tmp_path


def make(folder: Path, replace: bool = False, secret: str = "") -> dict[str, bytes]:
    out = folder / "out"
    paths = str(folder / "exam.toml"), str(folder / "roster.csv"), str(out)
    list(make_exam(*paths, secret, keys=True, replace=replace))
    return content(out)


def content(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def refused(folder: Path, rule: str) -> None:
    """Making is refused in a line that says how to do it all the same, and nothing has changed."""
    before = content(folder / "out")
    with pytest.raises(UserError, match=rule):
        make(folder)
    assert content(folder / "out") == before
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.skipif(os.name == "nt", reason="there are no such modes")
def test_what_is_the_teachers_is_for_its_owner_alone(folder: Path) -> None:
    made = make(folder)
    private = [folder / "out" / name for name in made if name.startswith("private/")]
    assert {path.name for path in private} >= {"secret.key", "made.json"}
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}
    assert (folder / "out" / "private").stat().st_mode & 0o777 == 0o700
    assert (folder / "out" / "private" / "keys").stat().st_mode & 0o777 == 0o700


def test_the_same_exam_again_is_the_same(folder: Path) -> None:
    assert make(folder) == make(folder)


def test_a_mended_title_keeps_the_numbers(folder: Path) -> None:
    """In its folder, where the manifest knows under which id it was made."""
    before = make(folder)
    (folder / "exam.toml").write_text(EXAM.replace("'E'", "'Exam'"))
    after = make(folder)
    assert json.loads(after["manifest.json"])["title"] == "Exam"
    assert before.keys() == after.keys()  # the codes are names of files
    assert json.loads(after["manifest.json"])["id"] == "E"


def test_another_exam_is_not_written_over(folder: Path) -> None:
    before = make(folder)
    (folder / "exam.toml").write_text(EXAM.replace("output-size", "lstm-parameters"))
    refused(folder, r"out holds another exam, E; --replace writes over it$")
    after = make(folder, replace=True)
    sheets = {name for name in before if name.startswith("sheets/")}
    assert not sheets & after.keys()  # nothing of the old exam is left
    assert after["private/secret.key"] == before["private/secret.key"]


def test_another_secret_is_another_exam(folder: Path) -> None:
    make(folder)
    (folder / "other.key").write_text("ab" * 32)
    with pytest.raises(UserError, match="out holds an exam that was made with another secret; --replace"):
        make(folder, secret=str(folder / "other.key"))
    with pytest.raises(UserError, match=r"the secret .*nowhere\.key cannot be read: No such file"):
        make(folder, secret=str(folder / "nowhere.key"))


def test_a_smaller_roster_takes_nobody_away(folder: Path) -> None:
    make(folder)
    (folder / "roster.csv").write_text("id,name\nbob,Bob\n")
    refused(folder, "out holds the exam for 1 more student that the roster does not have, ada first; --replace")


def test_a_larger_roster_changes_nobodys_sheet(folder: Path) -> None:
    before = make(folder)
    (folder / "roster.csv").write_text(f"{ROSTER}carl,Carl\n")
    after = make(folder)
    same = {name for name in before if name.startswith(("sheets/", "answers/", "private/keys/"))}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert len([name for name in after if name.startswith("sheets/")]) == 3


@pytest.mark.parametrize("name", ["sheets", "answers", "private/keys", "manifest.json"])
def test_changes_by_hand_are_not_written_over(folder: Path, name: str) -> None:
    make(folder)
    place = folder / "out" / name
    path = place if place.is_file() else min(place.iterdir())
    path.write_bytes(path.read_bytes().replace(b'"date": ""', b'"date": "x"') + b"\n")
    refused(folder, r"was changed since it was made, or is not of this program; --replace writes over it$")
    make(folder, replace=True)


def test_what_somebody_else_put_there_stays(folder: Path) -> None:
    make(folder)
    (folder / "out" / "hand-ins").mkdir()
    (folder / "out" / "hand-ins" / "a.toml").write_text("mine")
    (folder / "out" / "sheets" / "notes.txt").write_text("mine too")
    after = make(folder, replace=True)
    assert (after["hand-ins/a.toml"], after["sheets/notes.txt"]) == (b"mine", b"mine too")


def test_a_file_in_the_way(folder: Path) -> None:
    (folder / "out").write_text("mine")
    with pytest.raises(UserError, match=r"the folder .*out cannot be made: it is a file"):
        make(folder)
    assert (folder / "out").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("manifest.json/a", r"manifest\.json is a folder, but a file is needed there; move it away$"),
        ("private/made.json/a", r"made\.json is a folder, but a file is needed there; move it away$"),
        ("sheets", "sheets is a file, but a folder is needed there; move it away$"),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_a_folder_is_no_file(folder: Path, name: str, rule: str, inside: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in a folder is not taken away by a file of its name, even where it may be written over."""
    path = folder / "out" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    if inside:
        monkeypatch.chdir(folder / "out")
    with pytest.raises(UserError, match=rule):
        make(folder, replace=True)
    assert content(folder / "out") == {name: b"mine"}


@pytest.mark.parametrize("again", [False, True], ids=["none", "one"])
def test_a_full_disk_leaves_the_old_folder(folder: Path, again: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or none, whichever of the files no longer fits; half of it may have been written."""
    secret = folder / "secret.key"
    secret.write_text("ab" * 32)
    before = make(folder, secret=str(secret)) if again else {}
    (folder / "roster.csv").write_text(f"{ROSTER}carl,Carl\n")
    usual = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        left[0] -= 1
        if left[0] < 0:
            usual(self, data[:9])
            raise OSError(28, "No space left on device")
        return usual(self, data)

    for room in range(30):
        left = [room]
        with monkeypatch.context() as patched:
            patched.setattr(Path, "write_bytes", full)
            try:
                found = make(folder, secret=str(secret))
                break
            except UserError as error:
                said = str(error)
        assert re.fullmatch(r".* cannot be written: No space left on device", said)
        assert (content(folder / "out") if (folder / "out").exists() else {}) == before
        assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    assert room == 11  # sheets, answer sheets and keys of three, the manifest, the note of them
    assert make(folder, secret=str(secret)) == found


def test_in_the_folder_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose place nothing can take while the program runs in it."""
    before = make(folder)
    monkeypatch.chdir(folder / "out")
    list(make_exam("../exam.toml", "../roster.csv", ".", keys=True))
    assert content(Path()) == before
    assert Path("manifest.json").resolve() == folder / "out" / "manifest.json"


@pytest.mark.long
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing is killed like that there")
@pytest.mark.parametrize("full", [False, True])
def test_a_killed_run_leaves_the_old_or_the_new(folder: Path, full: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """At any moment; the next run ends with what one run would have made."""
    monkeypatch.chdir(folder)
    secret = folder / "secret.key"
    secret.write_text("ab" * 32)
    before = make(folder, secret=str(secret)) if full else {}
    (folder / "roster.csv").write_text("id,name\nada,Ada\nbob,Bob\ncarl,Carl\n")
    arguments = ["quiz", "make", "exam.toml", "--students", "roster.csv", "--secret", "secret.key", "--out", "out",
                 "--key"]  # fmt: skip
    ends = []
    for number in range(20):
        status = killed_before(number, arguments)
        found = content(folder / "out") if (folder / "out").exists() else {}
        ends.append((status, found != before))
        if found != before:
            break
    assert ends[:-1] == [(-signal.SIGKILL, False)] * (len(ends) - 1)
    assert len(ends) > 11  # sheets, answer sheets and keys of three, the manifest, the note of them
    new = content(folder / "out")
    assert len([name for name in new if name.startswith("sheets/")]) == 3
    assert make(folder, secret=str(secret)) == new
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_one_step_where_the_system_has_it(tmp_path: Path) -> None:
    """Two folders are exchanged by one call, so that there is no moment without either."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text(name)
    if not writing._exchange(tmp_path / "a", tmp_path / "b"):
        pytest.skip("this system exchanges in two steps")
    assert ((tmp_path / "a" / "b").read_text(), (tmp_path / "b" / "a").read_text()) == ("b", "a")


def test_what_was_left_between_two_steps_is_put_back(tmp_path: Path) -> None:
    """Where two renames are needed, a run killed between them is ended by the next."""
    aside = tmp_path / ".out.1.old"
    aside.mkdir()
    (aside / "a").write_text("old")
    with writing.renewed(tmp_path / "out") as renewal:
        assert (renewal.old / "a").read_text() == "old"
        (renewal.new / "b").write_text("new")
    assert content(tmp_path / "out") == {"a": b"old", "b": b"new"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
