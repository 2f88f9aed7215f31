"""Variants as documents: what a sheet leaves out, what a key says, and what each part is worth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from typing import Any

import pytest
from problem_files import one_part

from dlcalc import document as doc
from dlcalc.quiz import bank
from dlcalc.quiz.sheet import Shares, question, sheet, tolerances_of
from dlcalc.quiz.variant import variant


def within(value: Any) -> Iterator[Any]:
    """Everything in a document, at any depth."""
    yield value
    if isinstance(value, tuple):
        for item in value:
            yield from within(item)
    elif is_dataclass(value):
        for each in fields(value):
            yield from within(getattr(value, each.name))


def of_a_key(document: doc.Document) -> list[str]:
    """What a sheet that is handed out must not hold, by its name."""
    found = []
    for each in within(document):
        match each:
            case doc.Key():
                found.append("key")
            case doc.Choice(right=bool()):
                found.append("right")
            case doc.Choice(because=because) if because:
                found.append("because")
            case doc.Part(hints=hints) if hints:
                found.append("hints")
            case doc.Question(note=note) if note:
                found.append("note")
    return found


@pytest.mark.parametrize("id", ["output-size", "shifted-image", "cnn-table", "mlp-hidden-size", "convolution-by-hand"])
def test_a_sheet_is_made_without_its_key(id: str) -> None:
    """Not hidden in the document: not in it. With the key there is at least the answer and the note."""
    made = variant(bank.find(id), 3)
    assert of_a_key(sheet("T", (made,))) == []
    assert {"key", "note"} <= set(of_a_key(sheet("T", (made,), key=True)))


def test_the_hints_stand_in_the_key_the_authors_first() -> None:
    parts = question(variant(bank.find("mlp-hidden-size"), 3), key=True).parts
    assert doc.plain(parts[0].hints[0]).startswith("Write the number of parameters with the letter m")
    assert all(len(part.hints) <= 3 for part in parts)


@pytest.mark.parametrize("worth", [None, Fraction(12), Fraction(7, 3), Fraction(0)])
def test_the_points_of_the_parts_are_those_of_the_question(worth: Fraction | None) -> None:
    """Of 2, 2 and 2 points; the exam's points are shared out in the same proportion."""
    made = question(variant(bank.find("output-size"), 1), points=worth)
    whole = Fraction(6) if worth is None else worth
    assert made.points == whole
    assert [part.points for part in made.parts] == [whole / 3] * 3


def test_another_convention_earns_what_the_exam_says() -> None:
    """An LSTM of 32 and 100: PyTorch's second bias gives 53,600 for 53,200."""
    made = variant(one_part("kind = 'integer'\nask = 'lstm.parameters'", "n = [32]\nm = [100]"), 1)
    for shares, earned in ((Shares(), 1), (Shares(convention=Fraction(1, 4)), Fraction(1, 4))):
        (entry,) = [part.entry for part in question(made, key=True, shares=shares).parts]
        assert entry is not None
        assert entry.key is not None
        with_key = {each.value: (each.id, each.share) for each in entry.key.responses}
        assert with_key[53200] == ("", 1)
        assert with_key[53600] == ("pytorch", earned)
        assert {share for value, (_, share) in with_key.items() if value not in (53200, 53600)} == {0}


def test_another_convention_than_the_stated_one_earns_nothing_and_is_named() -> None:
    """Where the textbook's is stated, 53,600 is PyTorch's count, and no mistake."""
    part = "kind = 'integer'\nask = 'lstm.parameters'\nconvention = 'textbook'"
    made = variant(one_part(part, "n = [32]\nm = [100]"), 1)
    (entry,) = [each.entry for each in question(made, key=True).parts]
    assert entry is not None
    assert entry.key is not None
    assert entry.key.responses[0].value == 53200
    (other,) = [each for each in entry.key.responses if each.value == 53600]
    assert (other.id, other.share) == ("pytorch", 0)
    said = doc.plain(other.feedback)
    assert said.startswith("Right by the convention of ")
    assert "this question uses textbook" in said


def test_a_tolerance_is_a_number_or_a_share_of_the_value() -> None:
    (part,) = one_part("kind = 'number'\nask = 'this.a'\n[[step]]\nname = 'a'\nexpression = 'n/3'").parts
    assert part.tolerance == 0
    near = replace(part, tolerance=Fraction(1, 20))
    assert [near.terms.near(value) for value in (20, Fraction(-1, 3), 0)] == [Fraction(1, 20)] * 3
    share = replace(near, relative=True)
    assert [share.terms.near(value) for value in (20, Fraction(-1, 3), 0)] == [1, Fraction(1, 60), 0]


@pytest.mark.parametrize(
    ("value", "near"),
    [
        (Fraction(1, 3), Fraction(1, 2000)),  # 0.333 ± 0.0005
        (Fraction(-200, 3), Fraction(1, 20)),  # −66.7 ± 0.05
        (Fraction(2000, 3), Fraction(1, 2)),  # 667 ± 0.5
        (0.0, Fraction(0)),
        (7, Fraction(0)),
    ],
)
def test_without_a_tolerance_a_number_is_asked_to_three_digits(value: Any, near: Fraction) -> None:
    """Half a unit of the third digit; a whole number is exact."""
    (part,) = one_part("kind = 'number'\nask = 'this.a'\n[[step]]\nname = 'a'\nexpression = 'n/3'").parts
    assert part.terms.near(value) == near
    assert tolerances_of(replace(part, kind="vector"), (value, 1)) == (near, 0)
