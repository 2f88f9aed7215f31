"""Exam files, rosters and manifests: what they hold, what they must not, and what is refused."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from problem_files import text
from rows import each_row

from dlcalc.errors import ProblemError
from dlcalc.export.registry import writer
from dlcalc.quiz import seeds
from dlcalc.quiz.exam import Exam, Student, issue, read_exam, read_roster
from dlcalc.quiz.manifest import read_manifest, to_json

SECRET = "ab" * 32
STUDENTS = (Student("s1", "Ada Löwe"), Student("s2"))
EXAM = "title = 'Exam'\ndate = 2026-11-21\n[policy]\nfollows = 0.5\n[[problem]]\nfile = 'layer.md'\npoints = 3\n"


@pytest.fixture
def exam(tmp_path: Path) -> Exam:
    (tmp_path / "layer.md").write_bytes(text())
    return made(tmp_path)


def made(folder: Path, content: str = EXAM) -> Exam:
    (folder / "exam.toml").write_text(content, encoding="utf-8")
    return read_exam(str(folder / "exam.toml"))


def test_what_an_exam_file_says(exam: Exam) -> None:
    assert (exam.title, exam.date, exam.points) == ("Exam", "2026-11-21", 3)
    assert exam.policy == {"follows": 0.5}


def test_a_question_may_be_worth_nothing(tmp_path: Path) -> None:
    """Points of 0 are points: those of the problem count only where the exam says none."""
    (tmp_path / "layer.md").write_bytes(text())
    assert made(tmp_path, EXAM.replace("points = 3", "points = 0")).points == 0
    assert made(tmp_path, EXAM.replace("points = 3\n", "")).points == 2


def test_students_get_variants_of_their_own(exam: Exam) -> None:
    notes = {exam.variants(SECRET, f"s{number}")[0].note for number in range(20)}
    assert len(notes) > 15
    assert exam.variants(SECRET, "s1")[0].seed == seeds.seed(SECRET, "s1", 1, "layer", exam.identity)


def test_a_manifest_holds_neither_answer_nor_seed_nor_secret(exam: Exam, tmp_path: Path) -> None:
    content = to_json(issue(exam, STUDENTS, SECRET), str(tmp_path), SECRET)
    assert SECRET not in content
    assert SECRET[:16] not in content
    for student in STUDENTS:
        one = exam.variants(SECRET, student.id)[0]
        assert one.seed not in content
        assert one.seed[:12] not in content
        assert str(one.asked["cost"].expected) not in content
    back = read_manifest(written(tmp_path, content))
    assert (back.students, back.exam.points, back.exam.title) == (STUDENTS, 3, "Exam")
    assert back.codes == seeds.codes(SECRET, ["s1", "s2"], exam.identity)
    assert back.exam.identity == exam.identity
    assert back.by_code[back.codes["s2"]].id == "s2"


def test_points_come_back_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "layer.md").write_bytes(text())
    third = made(tmp_path, EXAM.replace("points = 3", "points = '7/3'"))
    back = read_manifest(written(tmp_path, to_json(issue(third, STUDENTS, SECRET), str(tmp_path), SECRET)))
    assert third.points == back.exam.points == Fraction(7, 3)


def written(folder: Path, content: str) -> str:
    path = folder / "manifest.json"
    path.write_text(content, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("format", ["json", "markdown"])
def test_a_sheet_without_its_key_holds_no_answer(exam: Exam, format: str) -> None:
    for student in [f"s{number}" for number in range(12)]:
        variants = exam.variants(SECRET, student)
        sheet = writer(format)(exam.document(variants, "7F3K-9QXM", "Ada"))
        key = writer(format)(exam.document(variants, "7F3K-9QXM", "Ada", key=True))
        assert isinstance(sheet, str)
        assert isinstance(key, str)
        cost = variants[0].asked["cost"].expected
        size = variants[0].asked["size"].expected[0]  # type: ignore[index]
        digits = sheet.replace(",", "").replace("\u202f", "")
        assert str(cost) not in digits
        assert str(size) not in digits.replace(str(variants[0].values["n"]), "").replace("2026-11-21", "") or size < 30
        assert str(cost) in key.replace(",", "").replace("\u202f", "").replace("{}", "")
        assert variants[0].note not in sheet


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("title = 'E'", "problem: an exam has 1 to 100 questions, each under [[problem]]"),
        (EXAM.replace("2026-11-21", "'tomorrow'"), "date: a date is written 2026-11-21, not 'tomorrow'"),
        (EXAM.replace("2026-11-21", "'2026-02-30'"), "date: a date is written 2026-11-21, not '2026-02-30'"),
        (EXAM.replace("2026-11-21", "'2026-11-21x'"), "date: a date is written 2026-11-21, not '2026-11-21x'"),
        (EXAM.replace("layer.md", "none.md"), "there is no problem file"),
        (
            "title = 'E'\n[[problem]]\nid = 'output-sice'\n",
            "the bank has no problem output-sice; did you mean output-si",
        ),
        ("title = 'E'\n[[problem]]\ntopic = 'nope'\n", "a topic is one of concepts, "),
        ("title = 'E'\n[[problem]]\ntopic = 'pooling'\nlevel = 'hard'\n", "pooling has no problem of level hard"),
        (f"{EXAM}pionts = 2\n", "problem 1: pionts: there is no such key here; did you mean points?"),
    ],
)
def test_exams_that_are_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "layer.md").write_bytes(text())
    with pytest.raises(ProblemError, match=r"exam.toml: ") as caught:
        made(tmp_path, content)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("id,name\ns1,Ada Löwe\ns2,\n", STUDENTS),
        ("\ufeffMatriculation;First name;Last name\ns1;Ada;Löwe\n\ns2;;\n", STUDENTS),
        ("username\tfull name\ns1\tAda Löwe\ns2\t\n", STUDENTS),
        ("id,last_name,first_name\ns1,Löwe,Ada\ns2,,\n", STUDENTS),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_rosters(tmp_path: Path, content: str, expected: tuple[Student, ...], encoding: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(content.lstrip("\ufeff"), encoding=encoding)
    assert read_roster(str(path)) == expected


@each_row(
    ("content", "said"),
    [
        ("", "a roster has a line of headings and a line for each student"),
        ("a,b\n1,2\n", "line 1: a roster has a column id; the columns here are a, b"),
        ("id\ns1\ns1\n", "line 3: an id of at most 200 characters, used once, is expected, not s1"),
        ("id\nAnna\nANNA\n", "line 3: an id of at most 200 characters, used once, is expected, not ANNA"),
        (f"id\n{'x' * 201}\n", "line 2: an id of at most 200 characters"),
        ("name,id\nAda\n", "line 2: an id of at most 200 characters, used once, is expected, not ''"),
        ("id,name\n", "there are no students in the roster, only its headings"),
        (
            "id,name\ns1,Ada\ns2,Löwe, Ada\n",
            "line 3: there are 3 cells under 2 headings",
        ),
        (
            'id,name\ns1,"Ada\ns2,Bob\n',
            "the file is not a CSV file: line 2: a quote that is opened here is never closed",
        ),
        ('id,name\ns1,"Ada" L\n', "the file is not a CSV file: line 2: ',' expected after"),
        ("id\n" + "\n".join(f"s{number}" for number in range(20_001)), "a roster has at most 20,000 students"),
        ("id\n" + '"' + "x" * 200_000, "the file is not a CSV file: line 2: field larger than field limit"),
    ],
)
def test_rosters_that_are_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ProblemError, match=r"roster.csv: ") as caught:
        read_roster(str(path))
    assert said in str(caught.value)


def test_manifests_that_are_refused(exam: Exam, tmp_path: Path) -> None:
    good = json.loads(to_json(issue(exam, STUDENTS, SECRET), str(tmp_path), SECRET))

    def refused(content: str, said: str) -> None:
        with pytest.raises(ProblemError, match=r"^.*manifest.json: ") as caught:
            read_manifest(written(tmp_path, content))
        assert said in str(caught.value)

    refused("{", "the file is not a manifest: it is not JSON")
    refused("[" * 100_000, "the file is not a manifest: it is not JSON")
    refused("[]", "the file is not a manifest of an exam")
    refused(json.dumps({**good, "format": 3}), "format: this manifest has another format than 1 or 2")
    refused(json.dumps({**good, "students": 2 * good["students"]}), "students: an id and a code are used once")
    twice = [{**student, "code": good["students"][0]["code"]} for student in good["students"]]
    refused(json.dumps({**good, "students": twice}), "students: an id and a code are used once")
    refused(json.dumps({**good, "problems": [{"id": "none", "digest": "x"}]}), "the bank has no problem none")
    other = {**good["problems"][0], "digest": "0" * 16}
    refused(json.dumps({**good, "problems": [other]}), "layer has changed since the exam was made")


@pytest.mark.parametrize(
    "head",
    [
        "ID number,First name,Surname", "Matrikelnummer,Vorname,Nachname", "Numéro d’étudiant,Prénom,Nom de famille",
        "Número de ID,Nombre,Apellido(s)", "student_id,Given name,Family name", "Matricola,Nome,Cognome", "学号,名,姓",
    ],
)  # fmt: skip
def test_a_roster_as_programs_of_several_languages_write_it(tmp_path: Path, head: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(f"sep=,\n{head}\n17,Ada,Löwe\n", encoding="utf-8-sig")
    assert read_roster(str(path)) == (Student("17", "Ada Löwe"),)
