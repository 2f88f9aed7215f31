"""Whatever roster an exam is for, and whatever its folder held before: nothing that somebody has is lost, and every
honest hand-in has its marks."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dlcalc.api.grading import grade
from dlcalc.api.quiz import make_exam
from dlcalc.errors import DlcalcError
from dlcalc.grading.gradebook import gradebook
from dlcalc.quiz.manifest import read_manifest

EXAM = "title = 'E'\n[[problem]]\nid = 'output-size'\n"
SECRET = "ab" * 32


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exam file, a secret, a roster, and what is made of them."""
    place = tmp_path_factory.mktemp("any")
    (place / "exam.toml").write_text(EXAM)
    (place / "secret.key").write_text(SECRET)
    roster(place, [("ada", "Ada"), ("bob", "Bob")])
    make(place, "made")
    return place


def roster(place: Path, students: list[tuple[str, str]]) -> None:
    with (place / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "name"), *students])


def make(place: Path, out: str, replace: bool = False) -> None:
    paths = str(place / "exam.toml"), str(place / "roster.csv"), str(place / out), str(place / "secret.key")
    list(make_exam(*paths, keys=True, replace=replace))


def content(out: Path) -> dict[str, bytes | None]:
    """Every file with its bytes, every folder with None."""
    return {str(path.relative_to(out)): path.read_bytes() if path.is_file() else None for path in out.rglob("*")}


def own_names(place: Path) -> list[str]:
    return sorted(name for name, data in content(place / "made").items() if data is not None)


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    lambda text: text == text.strip() and text[0] not in "'=+-@"
)


@example(students=[("00", "0"), ("000", "a\xa0b"), ("0", "\ud7fc")])  # a space that breaks no line; no letter
@given(students=st.lists(st.tuples(words, words), min_size=1, max_size=4, unique_by=lambda each: each[0].casefold()))
@example(students=[("00", "0"), ("000", "0"), ("0", "\U000119d1")])
@example(students=[("a", "—"), ("b", "…"), ("c", "🦆")])
@settings(max_examples=15, deadline=None)
def test_every_roster_has_its_marks(place: Path, students: list[tuple[str, str]]) -> None:
    """Whatever the ids and names: each hands in what is right, by the code alone or with the id beside it."""
    roster(place, students)
    for old in ("out", "in"):
        shutil.rmtree(place / old, ignore_errors=True)
    make(place, "out")
    issue = read_manifest(str(place / "out" / "manifest.json"))
    assert [(each.id, each.name) for each in issue.students] == students
    (place / "in").mkdir()
    for number, (id, name) in enumerate(students):
        asked = issue.exam.variants(SECRET, id)[0].asked
        size = "x".join(map(str, asked["size"].expected))
        answers = {"1.a": size, "1.b": asked["weights"].expected, "1.c": str(asked["cost"].expected)}
        said = {"code": issue.codes[id], "answers": answers, "student": ("", id, name)[number % 3]}
        (place / "in" / f"{number}.json").write_text(json.dumps(said), encoding="utf-8")
    marks = grade(str(place / "out" / "manifest.json"), str(place / "secret.key"), [str(place / "in")]).marks
    assert [(each.student.id, each.points, each.is_open) for each in marks.results] == [
        (id, issue.exam.points, False) for id, _ in students
    ]
    assert not marks.refused
    assert not marks.absent
    assert gradebook(marks).count("\n") == 1 + len(students)


@given(data=st.data(), replace=st.booleans())
@settings(max_examples=25, deadline=None)
def test_whatever_the_folder_held(place: Path, data: st.DataObject, replace: bool) -> None:
    """Making is refused and changes nothing, or leaves all that is not its own; twice gives the same."""
    roster(place, [("ada", "Ada"), ("bob", "Bob")])
    out = place / "out"
    shutil.rmtree(out, ignore_errors=True)
    if data.draw(st.booleans(), label="made before"):
        shutil.copytree(place / "made", out)
    own = own_names(place)
    foreign = ["notes.txt", "sheets/notes.md", "private/decisions.csv", "hand-ins/a.toml", "answers/old/a.toml"]
    for name in data.draw(st.lists(st.sampled_from([*own, *foreign]), max_size=3, unique=True), label="changed"):
        path = out / name
        match data.draw(st.sampled_from(["other", "gone", "a folder", "no words", "JSON"])):
            case "gone":
                path.unlink(missing_ok=True)
                continue
            case "a folder":
                path.unlink(missing_ok=True)
                path.mkdir(parents=True)
                (path / "inside").write_text("mine")
                continue
            case "no words":
                new = b"\xff\x00\xfe"
            case "JSON":
                new = b'{"students": [{"id": 1}, 2], "id": []}'
            case _:
                new = b"mine"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(new)
    before = content(out) if out.exists() else {}
    try:
        make(place, "out", replace)
    except DlcalcError:
        assert (content(out) if out.exists() else {}) == before
        return
    after = content(out)
    fresh = content(place / "made")
    lost = {name for name, old in before.items() if old is not None and after.get(name) != old}
    assert replace or not lost - {"private/made.json"}
    assert not lost - set(own)
    noted = "private/made.json"  # which keeps what was noted of files that it does not know
    assert {name: after[name] for name in own if name != noted} == {n: fresh[n] for n in own if n != noted}
    make(place, "out")
    assert content(out) == after
    assert not [path for path in place.iterdir() if path.name.startswith(".")]
