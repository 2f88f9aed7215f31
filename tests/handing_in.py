"""Short ways for tests to hand in answers: a problem of the bank with numbers of one's own, and what is earned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dlcalc.grading.part_judging import judge
from dlcalc.grading.part_mark import PartMark
from dlcalc.grading.policy import Policy
from dlcalc.quiz import bank
from dlcalc.quiz.problem import Pick
from dlcalc.quiz.reader import read_problem
from dlcalc.quiz.variant import Variant, variant

USUAL = Policy()


def posed(id: str, **values: int) -> Variant:
    """A problem of the bank in which these values are drawn, so that a test can work it out by hand."""
    problem = bank.find(id)
    assert set(values) <= set(problem.draws), f"{id} draws {', '.join(problem.draws)}"
    return variant(replace(problem, draws={**problem.draws, **{n: Pick((v,)) for n, v in values.items()}}), 1)


def written(path: Path, text: str, seed: int = 1) -> Variant:
    """A variant of a problem file with this text."""
    path.write_text(text, encoding="utf-8")
    return variant(read_problem(str(path)), seed)


def marked(posed: Variant, policy: Policy = USUAL, /, **answers: object) -> dict[str, PartMark]:
    """The mark of each part; _ in a name stands for the - of an id."""
    given = {name.replace("_", "-"): answer for name, answer in answers.items()}
    return {mark.part.id: mark for mark in judge(posed, given, policy)}


def said(mark: PartMark) -> str:
    """A mark in one word, as a teacher would say it: right, wrong:biases-forgotten, convention:pytorch."""
    first = mark.convention or (mark.mistakes[0].id if mark.mistakes else "")
    return f"{mark.status}:{first}" if first and mark.status in ("wrong", "convention") else mark.status


def says(variant: Variant, **answers: object) -> dict[str, str]:
    """What is said of each part that was answered."""
    given = {name.replace("_", "-") for name in answers}
    return {name: said(mark) for name, mark in marked(variant, **answers).items() if name in given}
