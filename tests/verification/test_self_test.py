"""The marker's test of itself: the whole bank passes it, and a marker that is broken does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from dlcalc.api import grading
from dlcalc.formulas.diagnose import Candidate
from dlcalc.grading.part_mark import PartMark
from dlcalc.quiz import bank
from dlcalc.quiz.problem import Problem
from dlcalc.quiz.variant import variant
from dlcalc.verification import self_test as module
from dlcalc.verification.self_test import SelfTest, Tally, notations, passed, plain, self_test

FEW = ("output-size", "conv-pool-dense", "lstm-parameters", "forget-gate")


def found_out() -> SelfTest:
    return self_test([bank.find(id) for id in FEW], 2)


THIRDS = 3


@pytest.mark.long
@pytest.mark.parametrize("first", range(THIRDS))
def test_the_whole_bank(first: int) -> None:
    """In parts, which run side by side; what holds of the share in each holds of the whole."""
    found = self_test([bank.load(str(path)) for path in bank.files()[first::THIRDS]], 1)
    assert passed(found), found.to_dict()
    counts: dict[str, Any] = found.to_dict()
    assert {name: counts[name]["share"] for name in ("right", "marks", "follows", "conventions")} == {
        "right": 1, "marks": 1, "follows": 1, "conventions": 1
    }  # fmt: skip
    assert counts["single"]["share"] >= 0.99
    assert counts["single_first"] >= 0.85
    assert counts["pairs"]["share"] >= 0.9
    assert counts["most_named"] <= 5
    tried = {name: counts[name]["tried"] for name in ("right", "marks", "single", "pairs", "follows", "conventions")}
    assert tried["right"] > 500
    assert tried["single"] > 300
    assert min(tried.values()) > 0


def test_all_is_the_whole_bank(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def first_only(problems: Sequence[Problem], seeds: int, step: Callable[[int], None]) -> SelfTest:
        asked.extend(problem.path for problem in problems)
        return self_test(problems[:1], seeds, step)

    monkeypatch.setattr(grading, "self_test", first_only)
    found = grading.marker_tested("all", seeds=1)
    assert asked == [str(path) for path in bank.files()]
    assert found.passed
    assert found.title == "All problems"


Change = Callable[[PartMark], PartMark]
BROKEN: dict[str, Change] = {
    "right": lambda mark: replace(mark, status="wrong") if mark.wrote.endswith("**") else mark,
    "marks": lambda mark: replace(mark, status="right") if mark.status == "wrong" else mark,
    "single": lambda mark: replace(mark, mistakes=()) if mark.status == "wrong" else mark,
    "follows": lambda mark: replace(mark, status="wrong") if mark.status == "follows" else mark,
    "conventions": lambda mark: replace(mark, status="wrong") if mark.status == "convention" else mark,
    "pairs": lambda mark: replace(mark, mistakes=tuple(m for m in mark.mistakes if len(m.mistakes) == 1)),
    "most_named": lambda mark: replace(mark, mistakes=mark.mistakes * 6),
}


def test_a_few_problems_pass() -> None:
    assert passed(found_out())


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_marker_is_found_out(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = module.judge

    def judge(made: Any, given: Any, policy: Any) -> list[PartMark]:
        starred = {part for part, wrote in given.items() if isinstance(wrote, str) and wrote.startswith("**")}
        marks = [replace(m, wrote=f"{m.wrote}**") if m.part.id in starred else m for m in real(made, given, policy)]
        return [BROKEN[broken](mark) for mark in marks]

    monkeypatch.setattr(module, "judge", judge)
    found = found_out()
    assert not passed(found)
    if broken == "most_named":
        assert found.most_named > 5
    else:
        tally: Tally = getattr(found, broken)
        assert tally.share < 1
        assert tally.failures


def test_named_first_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    real = module.judge
    monkeypatch.setattr(
        module, "judge", lambda *a: [replace(m, mistakes=(Candidate(()), *m.mistakes[:4])) for m in real(*a)]
    )
    found = found_out()
    assert found.single.first_share < 0.05  # only what another convention gives
    assert not passed(found)


def test_steps_are_told() -> None:
    steps: list[int] = []
    self_test([bank.find("forget-gate")], 3, steps.append)
    assert steps == [3, 3, 3]


def test_a_tally_keeps_the_first_failures() -> None:
    tally = Tally()
    assert (tally.share, tally.first_share) == (1, 1)
    for number in range(25):
        tally.count(number % 25 == 0, f"failure {number}", first=number < 5)
    assert (tally.share, tally.first_share, len(tally.failures)) == (1 / 25, 5 / 25, 20)
    assert tally.failures[0] == "failure 1"


@pytest.mark.parametrize(
    ("value", "text"),
    [(55, "55"), ((55, 55, 96), "55x55x96"), (Fraction(2, 3), "2/3"), (0.050507627, "0.0505076"), (34944, "34944")],
)
def test_a_value_as_a_careful_student_types_it(value: Any, text: str) -> None:
    assert plain(value) == text


def test_notations_of_a_shape_and_of_a_count() -> None:
    made = variant(bank.find("output-size"), 1)
    size, weights = made.problem.parts[0], made.problem.parts[1]
    h, w, c = made.asked["size"].expected
    written = list(notations(size, made.asked["size"], ""))
    assert {f"{h}x{w}x{c}", f"{h} × {w} × {c}", f"[{h},{w},{c}]", f"${h} \\times {w} \\times {c}$"} <= set(
        map(str, written)
    )
    assert [h, w, c] in written
    count = made.asked["weights"].expected
    assert {count, f"{count:,}", f"= {count}"} <= set(notations(weights, made.asked["weights"], ""))
