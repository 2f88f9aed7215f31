"""Wrong answers that no known mistake gives: what a class has in common is listed, with a mistake to paste."""

from __future__ import annotations

import csv
import io
import tomllib
from pathlib import Path
from typing import Any

from handing_in import marked, said, written

from dlcalc.answers.formula_target import FormulaTarget
from dlcalc.grading.unnamed import Slip, slips_of, unnamed

Sitting = Any

PROBLEM = """+++
title = 'A layer'
{mistake}
[draw]
f = [3, 5]
c = '6..12'
k = '13..40'
n = '20..60'

[[part]]
id = 'weights'
ask = 'conv.weights'
kind = 'number'

[[part]]
id = 'size'
ask = 'conv.o'
kind = 'number'
+++
A convolution.

## weights
How many weights?

## size
What size?
"""


def squared(asked: FormulaTarget) -> str:
    """k² in the place of c·k, of the weights, or of the parameters."""
    f, k = (int(str(asked.given[name])) for name in ("f", "k"))
    return str(f * f * k * k + (k if asked.name == "parameters" else 0))


def hand_in(folder: Path, sitting: Sitting, student: str, weights: str) -> Path:
    path = folder / f"{student}.toml"
    path.write_text(
        f"student = '{student}'\ncode = '{sitting.code(student)}'\n[answers]\n'1.b' = '{weights}'\n", encoding="utf-8"
    )
    return path


def test_what_a_class_has_in_common_is_listed(sitting: Sitting, tmp_path: Path) -> None:
    paths = [
        hand_in(tmp_path, sitting, student, squared(sitting.variants(student)[0].asked["weights"]))
        for student in ("ada", "bob", "carl")
    ]
    graded = sitting.grade(*paths)
    (found, *_) = graded.to_dict()["unnamed"]
    assert (found["problem"], found["part"], found["students"], found["of"]) == ("output-size", "1.b", 3, 3)
    assert found["edit"] == {"formula": "conv", "step": "weights", "expression": found["edit"]["expression"]}
    assert graded.to_dict()["mistakes"] == []
    ready = tomllib.loads(found["for_problem"])["mistake"][0]
    assert (ready["of"], ready["step"], ready["because"]) == ("conv", "weights", found["because"])
    assert found["for_problem"] in graded.to_markdown()
    graded.write(str(tmp_path / "out"))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out" / "unnamed.csv").read_text(encoding="utf-8-sig"))))
    assert tomllib.loads(rows[0]["at the top of the problem"])["mistake"] == [ready]
    assert rows[0]["in the formula"] == found["for_formula"]


def test_a_class_without_such_answers_has_no_list(sitting: Sitting, tmp_path: Path) -> None:
    graded = sitting.grade(hand_in(tmp_path, sitting, "ada", sitting.right("ada")["1.b"]))
    assert graded.to_dict()["unnamed"] == []
    graded.write(str(tmp_path / "out"))
    assert not (tmp_path / "out" / "unnamed.csv").exists()


def test_what_is_pasted_names_the_answer(tmp_path: Path) -> None:
    """The lines in the problem's file: the same answers have a name, and the sentence is no guess any more."""
    posed = [written(tmp_path / "layer.md", PROBLEM.format(mistake=""), seed) for seed in (1, 2, 3)]
    answers = [marked(each, weights=squared(each.asked["weights"]))["weights"] for each in posed]
    (listed,) = unnamed(("layer", "weights", mark.wrote, tuple(slips_of(mark))) for mark in answers)
    assert listed.slip is not None
    again = [
        written(tmp_path / "named.md", PROBLEM.format(mistake=listed.slip.problem_lines), seed) for seed in (1, 2, 3)
    ]
    for each in again:
        mark = marked(each, weights=squared(each.asked["weights"]))["weights"]
        assert said(mark) == f"wrong:{listed.slip.id}"
        assert mark.mistakes[0].because == listed.because


def test_what_fits_one_by_chance_is_told_from_many(tmp_path: Path) -> None:
    """n − c + 1 for n − f + 1: of one answer nothing is said, of five it is."""
    posed = [written(tmp_path / "layer.md", PROBLEM.format(mistake=""), seed) for seed in range(1, 6)]
    answers = []
    for each in posed:
        given = each.asked["size"].given
        answers.append(marked(each, size=str(given["n"] - given["c"] + 1))["size"])
    assert not any(mark.mistakes for mark in answers)
    found = unnamed(("layer", "size", mark.wrote, tuple(slips_of(mark))) for mark in answers)
    assert [each.students for each in found] == [5]


def slip(expression: str, by_chance: bool = True) -> tuple[Slip, ...]:
    return (Slip("conv", "o", expression, f"{expression} stands there", by_chance),)


def test_how_many_are_often() -> None:
    def listed(*slips: tuple[Slip, ...]) -> list[tuple[int, str]]:
        answers = (("layer", "o", str(place), each) for place, each in enumerate(slips))
        return [(each.students, each.slip.expression) for each in unnamed(answers) if each.slip]

    assert listed(slip("q"), slip("q")) == []
    assert listed(slip("q", False), slip("q", False)) == [(2, "q")]
    assert listed(*[slip("q")] * 3) == [(3, "q")]
    assert listed(*[slip("q")] * 3, *[()] * 4) == []
    same = [("layer", "o", "7", ())] * 3
    assert [(each.wrote, each.slip) for each in unnamed(same)] == [("7", None)]
