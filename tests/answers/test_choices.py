"""Choices as students mark them, and what several of them earn."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from rows import each_row

from dlcalc.answers.choices import Choice, chosen, judge_choice, letter
from dlcalc.grading.part_mark import part_mark
from dlcalc.grading.policy import Policy
from dlcalc.quiz import bank
from dlcalc.quiz.variant import Variant, variant

CHOICES = (
    Choice("It keeps its value.", True, "so it is", id="0"),
    Choice("It grows.", False, "a sigmoid is below 1", id="1"),
    Choice("1,024", True, "", 1024, "2"),
    Choice("0.5", False, "halved by mistake", 0.5, "3"),
)


@each_row(
    ("text", "places"),
    [
        ("A", {0}), ("a", {0}), ("(b)", {1}), ("b)", {1}), ("B.", {1}), ("[C]", {2}), ("D:", {3}), ("Ｂ", {1}),
            ("**B**", {1}),
        ('"B"', {1}), ("$B$", {1}), ("B ", {1}), ("B!", {1}), ("answer B", {1}), ("Answer: B", {1}), ("option b", {1}),
        ("choice (b)", {1}), ("the answer is B", {1}), ("B) It grows.", {1}), ("B: It grows", {1}), ("B - It grows.",
            {1}),
        ("A and C", {0, 2}), ("A, C", {0, 2}), ("A,C", {0, 2}), ("A; C", {0, 2}), ("A C", {0, 2}), ("AC", {0, 2}),
        ("A & C", {0, 2}), ("A + C", {0, 2}), ("a/c", {0, 2}), ("both A and C", {0, 2}), ("A and A", {0}),
        ("It grows.", {1}), ("it  GROWS", {1}), ("1024", {2}), ("1,024", {2}), ("1 024", {2}), ("0.5", {3}), (".5",
            {3}),
        ("E", None), ("A, E", None), ("x", None), ("It", None), ("none of them", None), ("not B", None), ("AE", None),
        ("[x] B", {1}), ("[X] B It grows.", {1}), ("- [ ] A\n- [x] B\n- [ ] C", {1}), ("☑ A ☐ B ☑ C", {0, 2}),
        ("[x] me", None), ("[ ] A [ ] B", None), ("b, because it must", {1}), ("B because A is odd", {1}),
        ("not B because it is odd", None), ("B is right", {1}), ("B is wrong", None), ("I think B", {1}),
        ("It is B.", {1}), ("it's B", {1}),
        ("7", None), ("A or B", None), ("B or so", None), ("A) It grows.", None), ("<b>", None), ("\\ud800", None),
    ],
)  # fmt: skip
def test_what_was_chosen(text: str, places: set[int] | None) -> None:
    assert chosen(text, CHOICES) == places


OWN_WORDS = (
    Choice("It is set to zero.", False, "", id="0"),
    Choice("A gate is closed.", True, "", id="1"),
    Choice("The answer is wrong because it is old.", False, "", id="2"),
)


@pytest.mark.parametrize("place", range(len(OWN_WORDS)))
def test_words_that_begin_like_an_answer_are_those_of_the_choice(place: int) -> None:
    assert chosen(OWN_WORDS[place].text, OWN_WORDS) == {place}
    assert chosen(f"({letter(place)}) {OWN_WORDS[place].text}", OWN_WORDS) == {place}


@each_row("path", bank.files(), ids=lambda path: path.stem)
def test_every_choice_of_the_bank_is_known_by_its_words(path: Path) -> None:
    for shown in variant(bank.load(str(path)), 1).choices.values():
        texts = [choice.text for choice in shown]
        for place, text in enumerate(texts):
            assert texts.count(text) > 1 or chosen(text, shown) == {place}


@pytest.fixture(scope="module")
def posed() -> Variant:
    return variant(bank.find("forget-gate"), 1)


def test_a_right_and_a_wrong_choice(posed: Variant) -> None:
    (part,) = posed.problem.parts
    shown = posed.choices[part.id]
    for place, choice in enumerate(shown):
        found = judge_choice(shown, letter(place))
        assert found.status == ("right" if choice.right else "wrong")
        assert part_mark(part, found, Policy(), shown).share == int(choice.right)
        assert found.expected == letter(next(i for i, c in enumerate(shown) if c.right))
        assert bool(found.mistakes) != choice.right
    everything = judge_choice(shown, "A and B")
    assert (everything.status, everything.reason) == ("wrong", "only one choice is needed")
    assert part_mark(part, everything, Policy(choices="partial"), shown).share == 0


@pytest.mark.parametrize(
    ("given", "status"),
    [("", "missing"), (None, "missing"), ("?", "missing"), ("-", "missing"), ([], "missing"), ("Z", "unreadable"),
     (7, "unreadable"), ({"a": 1}, "unreadable"), (True, "unreadable"), ("\x00", "unreadable")],
)  # fmt: skip
def test_what_is_no_choice(posed: Variant, given: object, status: str) -> None:
    part = posed.problem.parts[0]
    found = judge_choice(posed.choices[part.id], given)
    assert (found.status, part_mark(part, found, Policy(), posed.choices[part.id]).share) == (status, 0)
    assert found.reason == ("" if status == "missing" else "a choice is a letter, A to D")


@pytest.mark.parametrize(
    ("given", "share", "partial"),
    [("A and C", 1, 1), ("A", 0, Fraction(1, 2)), ("A, B", 0, 0), ("A, B, C", 0, Fraction(1, 2)), ("B", 0, 0),
     ("A, B, C, D", 0, 0), (["a", "c"], 1, 1)],
)  # fmt: skip
def test_several_right_choices(posed: Variant, given: object, share: int, partial: Fraction) -> None:
    """All or nothing; or each right one a half, and each wrong one a half less, never below 0."""

    part = posed.problem.parts[0]
    found = judge_choice(CHOICES, given)
    assert part_mark(part, found, Policy(), CHOICES).share == share
    assert part_mark(part, found, Policy(choices="partial"), CHOICES).share == partial
