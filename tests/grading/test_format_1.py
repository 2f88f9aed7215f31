"""A class whose exam was made before exams had an id: it is marked as it was, and one line says so.

`format_1/` holds its manifest and problems as they were written then, by dlcalc of that time, and the secret. The
right answers were on its keys:

ada   37×37×1, 8 filters 5×5, s = 3, p = 2: 13×13×8; 208; 33,800.      400, 256, 64, 5: 102,656; 119,429; 1,280.
bob   53×53×1, 32 filters 5×5, s = 2, p = 2: 27×27×32; 832; 583,200.   225, 80, 50, 5: 18,080; 22,385; 520.
carl  21×21×1, 8 filters 7×7, s = 1, p = 0: 15×15×8; 400; 88,200.      256, 300, 64, 3: 77,100; 96,559; 1,456.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dlcalc.api.grading import Graded, grade
from dlcalc.errors import ProblemError

CLASS = Path(__file__).parent / "format_1"
LINE = "the manifest is of before exams had an id: a hand-in of another exam is known by its code alone"
HAND_INS = {
    "ada.toml": 'student = "Ada Lovelace"\ncode = "HE3Y-CYP3"\n[answers]\n"1.a" = "13 x 13 x 8"\n"1.b" = 208\n'
                '"1.c" = "33,800"\n"2.a" = "102656"\n"2.b" = "119 429"\n"2.c" = 1280\n',
    "bob.json": '{"student": "bob", "code": "p92r etpc", "answers": {"1.a": "26x26x32", "1.b": "800", "1.c": "540800",'
                ' "2.a": 18000, "2.b": "22385"}}',
    "carl.csv": 'student,code,1.a,1.b,2.b,2.c\ncarl,3KZY-9VAS,"15,15,8",about four hundred,96559,728\n',
    "dora.json": '{"code": "MJTE-QJY8", "answers": {"1.a": "21x21x32"}}',  # hers ends with 9
}  # fmt: skip
MARKS = {
    "ada": [("right", 4), ("right", 4), ("right", 4), ("right", 1), ("right", 2), ("right", 1)],
    "bob": [("wrong:no-plus-one", 0), ("wrong:biases-forgotten", 0), ("follows", 4), ("wrong:biases-forgotten", 0),
            ("right", 2), ("missing", 0)],
    "carl": [("right", 4), ("unreadable", None), ("missing", 0), ("missing", 0), ("right", 2),
             ("wrong:running-values-forgotten", 0)],
}  # fmt: skip
"""As dlcalc gave them then; only what nobody could read had 0 marks, and waits for a person now."""


def marked(tmp_path: Path) -> Graded:
    (tmp_path / "in").mkdir()
    for name, content in HAND_INS.items():
        (tmp_path / "in" / name).write_text(content, encoding="utf-8")
    return grade(str(CLASS / "manifest.json"), str(CLASS / "secret.key"), [str(tmp_path / "in")])


def test_a_class_of_before_is_marked_as_it_was(tmp_path: Path) -> None:
    found = marked(tmp_path).to_dict()
    got = {
        each["id"]: [
            (":".join([part["status"], *(mistake["id"] for mistake in part["mistakes"][:1])]), part["marks"])
            for part in each["parts"]
        ]
        for each in found["students"]
    }
    assert got == MARKS
    assert found["refused"] == [{"source": f"{tmp_path}/in/dora.json",
                                 "because": "code MJTE-QJY8 is on no sheet of this exam"}]  # fmt: skip
    assert found["absent"] == ["dora"]


def test_one_line_says_that_it_is_of_before(tmp_path: Path) -> None:
    found = marked(tmp_path)
    assert (found.to_dict()["notes"], found.to_dict()["exam"]) == ([LINE], None)
    assert found.to_markdown().count("before exams had an id") == 1


def test_its_problems_are_known_by_their_bytes(tmp_path: Path) -> None:
    """As they were then: any change of a file is told, and nothing is marked."""
    folder = shutil.copytree(CLASS, tmp_path / "exam")
    problem = folder / "one-layer.md"
    problem.write_text(problem.read_text(encoding="utf-8") + " \n", encoding="utf-8")
    with pytest.raises(ProblemError, match="one-layer has changed since the exam was made, so its variants are others"):
        grade(str(folder / "manifest.json"), str(folder / "secret.key"), [])
