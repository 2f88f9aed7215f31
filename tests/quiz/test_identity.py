"""What an exam is known by: another exam, or a resit, has other numbers and codes; another wording has the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from problem_files import text

from dlcalc.errors import ProblemError, UserError
from dlcalc.quiz import seeds
from dlcalc.quiz.exam import Exam, Issue, Student, issue, read_exam
from dlcalc.quiz.manifest import read_manifest, to_json

SECRET = "ab" * 32
STUDENTS = (Student("s1", "Ada Löwe"), Student("s2"))
EXAM = "title = 'Exam'\n[[problem]]\nfile = 'layer.md'\n"


def made(folder: Path, content: str = EXAM, problem: Callable[[str], str] = str) -> Exam:
    folder.mkdir(exist_ok=True)
    (folder / "layer.md").write_text(problem(text().decode()), encoding="utf-8")
    (folder / "exam.toml").write_text(content, encoding="utf-8")
    return read_exam(str(folder / "exam.toml")).drawn(SECRET)


def numbers(exam: Exam) -> list[str]:
    """The codes and the seeds of the students."""
    found = issue(exam, STUDENTS, SECRET)
    return [*found.codes.values(), *(v.seed for s in STUDENTS for v in exam.variants(SECRET, s.id))]


def test_another_title_or_id_is_another_exam(tmp_path: Path) -> None:
    first = numbers(made(tmp_path))
    resit = numbers(made(tmp_path, EXAM.replace("'Exam'", "'Exam, again'")))
    named = numbers(made(tmp_path, f"id = 'resit'\n{EXAM}"))
    assert not set(first) & set(resit)
    assert not set(first) & set(named)


def test_under_one_id_the_title_may_be_mended(tmp_path: Path) -> None:
    first = numbers(made(tmp_path, f"id = 'nets'\n{EXAM.replace('Exam', 'Exma')}"))
    assert numbers(made(tmp_path, f"id = 'nets'\n{EXAM}")) == first


@pytest.mark.parametrize(
    ("what", "old", "new"),
    [
        ("the title of a problem", "title = 'One layer'", "title = 'A layer'"),
        ("a sentence of the question", "A layer reads", "One layer sees"),
    ],
)
def test_a_wording_changes_nothing(tmp_path: Path, what: str, old: str, new: str) -> None:
    before = made(tmp_path)
    after = made(tmp_path, problem=lambda file: file.replace(old, new))
    assert before.items[0].problem.digest != after.items[0].problem.digest, what
    assert numbers(after) == numbers(before)


def test_another_draw_or_question_is_another_exam(tmp_path: Path) -> None:
    original = text().decode()
    draw = re.search(r"\d+\.\.\d+", original)
    assert draw
    low, _, high = draw[0].partition("..")
    changed = made(tmp_path, problem=lambda file: file.replace(draw[0], f"{low}..{int(high) + 1}", 1))
    assert changed.identity != made(tmp_path).identity


def test_drawn_questions_depend_on_the_secret_alone(tmp_path: Path) -> None:
    """Whoever knows the title does not know which questions of a topic are asked."""
    (tmp_path / "exam.toml").write_text("title = 'E'\n[[problem]]\ntopic = 'concepts'\ncount = 5\n")
    exam = read_exam(str(tmp_path / "exam.toml"))
    drawn = {tuple(item.problem.id for item in exam.drawn(f"{n:064x}").items) for n in range(5)}
    assert len(drawn) == 5
    assert all(len(set(ids)) == 5 for ids in drawn)
    (tmp_path / "exam.toml").write_text("title = 'F'\nid = 'E'\n[[problem]]\ntopic = 'concepts'\ncount = 5\n")
    again = read_exam(str(tmp_path / "exam.toml"))
    assert again.drawn(SECRET).items == exam.drawn(SECRET).items


def test_drawn_questions_stand_where_the_file_has_them(tmp_path: Path) -> None:
    """Before, between and after those that are named."""
    pool = "[[problem]]\ntopic = 'concepts'\ncount = 2\npoints = 3\n"
    named = "[[problem]]\nid = 'output-size'\n"
    (tmp_path / "exam.toml").write_text(f"title = 'E'\n{pool}{named}{pool}")
    items = read_exam(str(tmp_path / "exam.toml")).drawn(SECRET).items
    assert [item.problem.topic == "concepts" for item in items] == [True, True, False, True, True]
    assert [item.points for item in items] == [3, 3, None, 3, 3]


# the seal


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("manifest")
    exam = made(folder, "title = 'E'\nprofile = ''\n[facts]\nroom = '1'\n[policy]\nfollows = 0.5\n"
                        "[[problem]]\nfile = 'layer.md'\n[[problem]]\nid = 'output-size'\n")  # fmt: skip
    content = to_json(issue(exam, STUDENTS, SECRET), str(folder), SECRET)
    (folder / "manifest.json").write_text(content, encoding="utf-8")
    return folder, json.loads(content)


def read(folder: Path, content: object, **layout: Any) -> Issue:
    (folder / "manifest.json").write_text(json.dumps(content, **layout), encoding="utf-8")
    return read_manifest(str(folder / "manifest.json"))


def test_a_manifest_as_it_was_made(manifest: tuple[Path, dict[str, Any]]) -> None:
    folder, good = manifest
    read(folder, good).check(SECRET)
    read(folder, good, indent=4, sort_keys=True).check(SECRET)  # spaces are no change


def places(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to everything in a manifest."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [before, *(place for key, item in inner for place in places(item, (*before, key)))]


@given(data=st.data())
def test_no_edit_of_a_manifest_goes_unnoticed(manifest: tuple[Path, dict[str, Any]], data: st.DataObject) -> None:
    """Any field taken away, doubled or changed: the reader or the check refuses it."""
    folder, good = manifest
    place = data.draw(st.sampled_from([place for place in places(good) if place]))
    edited = json.loads(json.dumps(good))
    inside = edited
    for key in place[:-1]:
        inside = inside[key]
    match data.draw(st.sampled_from(["gone", "other", "more"])):
        case "gone":
            del inside[place[-1]]
        case "more" if isinstance(inside[place[-1]], list):
            inside[place[-1]] *= 2
        case _:
            value = inside[place[-1]]
            inside[place[-1]] = value + 1 if isinstance(value, int) else f"{value}x" if isinstance(value, str) else {}
    if edited == good:
        return
    with pytest.raises((UserError, ProblemError)):
        read(folder, edited).check(SECRET)


def test_codes_are_counted_again(manifest: tuple[Path, dict[str, Any]]) -> None:
    """Also where nothing is sealed: two students' codes exchanged are noticed by the codes alone."""
    folder, good = manifest
    found = read(folder, good)
    one, two = found.students
    swapped = {one.id: found.codes[two.id], two.id: found.codes[one.id]}
    with pytest.raises(UserError, match="the codes in the manifest are not those of its students"):
        replace(found, codes=swapped, sealed=None).check(SECRET)
    with pytest.raises(UserError, match="this is not the secret with which the exam was made"):
        found.check("cd" * 32)
    with pytest.raises(UserError, match="the manifest was changed after the exam was made"):
        replace(found, mac="0" * 64).check(SECRET)


def test_format_1_has_the_numbers_that_it_had(manifest: tuple[Path, dict[str, Any]]) -> None:
    """A manifest of before: seeds and codes of the secret and the student alone, files known by their bytes."""
    folder, good = manifest
    exam = made(folder)
    codes = seeds.codes(SECRET, [student.id for student in STUDENTS])
    old = {
        **{key: good[key] for key in ("title", "date", "instructions", "facts", "profile", "policy", "secret")},
        "format": 1,
        "problems": [{"id": "layer", "file": "layer.md", "digest": exam.items[0].problem.digest, "points": "2"}],
        "students": [{"id": s.id, "name": s.name, "code": codes[s.id]} for s in STUDENTS],
    }
    found = read(folder, old)
    found.check(SECRET)
    assert found.exam.variants(SECRET, "s1")[0].seed == seeds.seed(SECRET, "s1", 1, "layer")
    with pytest.raises(UserError, match="the codes in the manifest are not those of its students"):
        read(folder, {**good, "format": 1, "problems": old["problems"]}).check(SECRET)
