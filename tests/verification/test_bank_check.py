"""The stress check: the whole bank passes, and what is planted is found."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from problem_files import FRONT, changed, one_part, problem
from rows import each_row

from dlcalc.answers.terms import Terms
from dlcalc.expressions.nodes import Value
from dlcalc.quiz import bank, variant
from dlcalc.quiz.problem import Problem
from dlcalc.verification import bank_check, second_count
from dlcalc.verification.bank_check import Checked, _too_coarse, check, taken_for

SEEDS = 6
"""`.ci/run` takes 200."""


@pytest.mark.long
@pytest.mark.parametrize("path", bank.files(), ids=lambda path: path.stem)
def test_the_bank_under_stress(path: object) -> None:
    """Every right answer of the bank is counted a second time, and is marked right; the authors' tests pass."""
    found = check(bank.load(str(path)), SEEDS)
    assert found.faults == []
    assert found.uncounted == []


def test_what_is_found_out_about_a_problem() -> None:
    found = check(problem(), 30)
    assert (found.faults, found.uncounted, found.trials) == ([], [], 0)
    assert 25 <= found.distinct <= 30
    assert found.seconds > 0
    assert 0 < found.told_apart < 1
    assert "size: stride-ignored" in found.as_right or found.as_right.total() > 0


def test_a_second_count_that_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    real = second_count.recount
    monkeypatch.setattr(second_count, "recount", lambda f, n, *rest: 7 if n == "macs" else real(f, n, *rest))
    found = check(problem(), 8)
    assert len(found.faults) == bank_check.MOST_FAULTS
    assert found.more == 3
    assert found.faults[0].startswith("seed 1, cost: 152352 is said to be right, and counted one by one it is 7")


def test_what_has_no_second_count_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_count, "recount", lambda *_: None)
    assert check(problem(), 3).uncounted == ["cost", "size"]


def test_a_right_answer_that_is_marked_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank_check, "right_answers", lambda made: {"size": "1x1x1", "cost": "152,352"})
    found = check(problem(), 1)
    assert found.faults == ["seed 1, size: 1x1x1 is right, and marked wrong"]


def test_a_file_that_cannot_be_drawn() -> None:
    found = check(problem(f"require = ['n < 0']\n{FRONT}"), 3)
    assert found.faults == ["topic/layer.md: draw: none of 400 draws fits; the last: n < 0 does not hold"]


@pytest.mark.parametrize(
    ("answers", "expect", "said"),
    [
        ("size = '46x46x8', cost = '152352'", "size = 'right', cost = 'right'", []),
        ("size = '46x46x8'", "cost = 'missing'", []),
        ("size = '46x46x1'", "size = 'right'", ["size: right is expected, and it is wrong"]),
        ("size = '48x48x8'", "size = 'wrong:no-such'", ["size: wrong:no-such is expected, and it is wrong"]),
        ("size = 'x y z'", "size = 'unreadable'", []),
    ],
)
def test_tests_of_an_author(answers: str, expect: str, said: list[str]) -> None:
    found = check(problem(f"{FRONT}\n[[test]]\nseed = 1\nanswers = {{{answers}}}\nexpect = {{{expect}}}\n"), 1)
    assert found.trials == 1
    assert len(found.faults) == len(said)
    for fault, start in zip(found.faults, said, strict=True):
        assert fault.startswith(f"test with seed 1, {start}")


def test_cells_of_a_table_in_a_test() -> None:
    """28·28·4 after a window of 1: four filters of one weight and one bias are 8 parameters."""
    made = one_part(
        "id = 't'\nkind = 'table'\nask = 'net'\ncolumns = ['parameters']",
        "net = {text = '28x28x1; conv 4 f1; dense 2'}",
    )
    wrote = "{'t.conv-1.parameters' = '8', 't.fc-1.parameters' = '6272'}"
    wants = "{'t.conv-1.parameters' = 'right', 't.fc-1.parameters' = 'wrong:biases-forgotten', " \
            "'t.total.parameters' = 'missing'}"  # fmt: skip
    test = f"[[test]]\nseed = 1\nanswers = {wrote}\nexpect = {wants}\n"
    front = "title = 'T'\n[draw]\nnet = {text = '28x28x1; conv 4 f1; dense 2'}\n[[part]]\nid = 't'\nkind = 'table'\n" \
            f"ask = 'net'\ncolumns = ['parameters']\n{test}"  # fmt: skip
    assert check(made, 2).faults == []
    found = check(problem(front, "Fill it in.\n"), 1)
    assert (found.trials, found.faults) == (1, [])


CHOICE = "kind = 'choice'\nask = 'conv.parameters'"


def always_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variant, "_shuffled", lambda items, sampler: tuple(items))


def test_a_right_choice_that_always_stands_first(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(one_part(CHOICE), 60).faults == []
    always_first(monkeypatch)
    assert check(one_part(CHOICE), 60).faults == ["a: the right choice is A in 60 of 60 variants"]


def test_a_right_choice_that_is_given_away() -> None:
    """The right number of parameters is the largest where all shown mistakes leave something out."""
    patterns = check(one_part("kind = 'choice'\nask = 'conv.macs'\npick = 3"), 60).patterns
    assert {pattern.part for pattern in patterns} <= {"a"}
    words = "kind = 'choice'\n[[part.choice]]\ntext = 'yes, since this is a very long reason'\nright = true\n" \
            "because = 'b'\n[[part.choice]]\ntext = 'no'\nbecause = 'c'"  # fmt: skip
    found = check(one_part(words), 40)
    assert [pattern.said for pattern in found.patterns] == [
        "a: the right choice is much the longest in 100%, by chance 50%"
    ]


def test_collisions_are_counted() -> None:
    """Where n is drawn as f, forgetting one of them cannot be told from forgetting the other."""
    found = check(changed("c = [1, 3]", "c = [1]"), 10)
    assert found.common > 0
    assert found.as_right["cost: channels-forgotten"] == 10


def test_shares_of_nothing() -> None:
    empty = Checked("p", "p.md", "t")
    assert empty.told_apart == 1
    assert empty.to_dict()["faults"] == []
    assert isinstance(empty.alike, Counter)
    assert isinstance(problem(), Problem)


@each_row(
    ("right", "wrong", "terms", "taken"),
    [
        (0.98765, 0.98771, Terms(), True),  # both 0.988
        (0.98765, 0.98812, Terms(), True),
        (0.98765, 0.98911, Terms(), False),
        (0.98765, 0.98771, Terms(significant=5), False),
        (Fraction(2), Fraction(2001, 1000), Terms(), True),  # 2.001 is written 2.00
        (Fraction(2), Fraction(202, 100), Terms(), False),
        (34944, 34848, Terms("integer"), False),
        (100.0, 100.9, Terms(tolerance=Fraction(1, 100), relative=True), True),
        (100.0, 101.5, Terms(tolerance=Fraction(1, 100), relative=True), False),
        ((1, 0.4444), (1, 0.4441), Terms("vector"), True),
        ((1, 0.4444), (2, 0.4441), Terms("vector"), False),
        ((1, 0.5), (1, 0.5, 0.5), Terms("vector"), False),
    ],
)
def test_wrong_numbers_that_count_as_right(right: Value, wrong: Value, terms: Terms, taken: bool) -> None:
    assert taken_for(right, wrong, terms) is taken


def test_a_part_that_cannot_tell_mistakes_is_a_fault() -> None:
    """A weight of 2 that moves by a hundredth in a step of Adam: within one percent nearly every mistake is right."""
    part = """id = 'weights'
kind = 'vector'
ask = 'adam_by_hand_scalar.w_new'
with = {w = 'w', g = 'g', eta = 'eta', epsilon = '0'}
convention = 'textbook'
"""
    drawn = "w = [2]\ng = {length = 2, from = [1, 2]}\neta = [0.01]"
    found = check(one_part(f"{part}tolerance = '1%'", drawn), 10)
    wrong, taken = found.wrong["weights"], found.taken.total()
    assert taken > wrong / 2
    assert found.faults == [f"weights: {taken} of {wrong} wrong answers count as right at the requested precision: "
                            "ask for more digits, or draw so that mistakes differ"]  # fmt: skip
    change = check(one_part(part.replace("w_new", "change"), drawn), 10)
    assert (change.faults, change.taken.total()) == ([], 0)
    assert change.to_dict()["full_marks_for_wrong"] == {}


@pytest.mark.parametrize(
    ("wrong", "taken", "faults"), [(9, 1, 0), (9, 2, 1), (32, 2, 0), (32, 3, 1), (200, 10, 0), (200, 11, 1)]
)
def test_one_of_a_few_wrong_answers_may_count_as_right(wrong: int, taken: int, faults: int) -> None:
    found = Checked("one", "", "", wrong=Counter(a=wrong), taken=Counter({"a: near": taken}))
    _too_coarse(found)
    assert len(found.faults) == faults
