"""Wrong answers that no known mistake gives: what is offered for them, and how seldom something is by chance."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import NamedTuple

import pytest
from naive.symbols import slips_of_the_pen

import dlcalc
from dlcalc.answers.formula_judging import search, verify
from dlcalc.errors import UserError
from dlcalc.expressions.answers import Answer
from dlcalc.expressions.nodes import Value
from dlcalc.formulas.diagnose import Candidate
from dlcalc.formulas.draw import draw
from dlcalc.formulas.model import Formula
from dlcalc.formulas.program import as_array, program
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import contains_letters, run
from dlcalc.formulas.topics import TOPICS

IDS = sorted(id for topic, known in TOPICS.items() if not topic.endswith("by_hand") for id in known)
SLIPS, RANDOM = 40, 80


class Case(NamedTuple):
    """A question, and what was written."""

    formula: Formula
    given: dict[str, Value]
    name: str
    wrote: Value
    step: str = ""
    text: str = ""

    @property
    def answer(self) -> Answer:
        return Answer("", self.wrote, Fraction(1) if is_whole(self.wrote) else Fraction(1, 10**4), 99)

    def wrong(self) -> bool:
        try:
            verdict = verify(self.formula, self.given, self.name, self.answer)
        except UserError:
            return False
        return not verdict.correct and not verdict.mistakes

    def offered(self) -> tuple[Candidate, ...]:
        return search(self.formula, self.given, self.name, self.answer)


def is_whole(value: Value) -> bool:
    return all(map(is_whole, value)) if isinstance(value, tuple) else isinstance(value, int)


def written(value: Value) -> Value:
    """With four decimals."""
    if isinstance(value, tuple):
        return tuple(map(written, value))
    return value if isinstance(value, int) else Fraction(round(float(value) * 10**4), 10**4)  # type: ignore[arg-type]


def edited(asked: Formula, given: dict[str, Value], name: str, step: str, text: str) -> Value | None:
    """What comes out with another text for a step; None where nothing does."""
    try:
        compiled = program(asked)
        state = run(asked, given).state.copy()
        compiled.execute(state, None, {step: text})
    except (UserError, TypeError, IndexError, OverflowError, MemoryError):
        return None
    value = as_array(state.values[name])
    return None if contains_letters(value) else value


def slips(numbers: Random) -> Iterator[Case]:
    """Questions whose answer came from a formula with one or two symbols written wrongly."""
    while True:
        asked = formula(numbers.choice(IDS))
        try:
            given = draw(asked, "slips", numbers.randrange(10**6))
        except UserError:
            continue  # no question without arrays that fit together
        name = numbers.choice(asked.answers)
        compiled = program(asked)
        steps = [
            s
            for s in asked.steps
            if s.name in compiled.needed(name) and re.search(r"[a-z]", s.expression) and not s.called
        ]
        if not steps:
            continue
        step = numbers.choice(steps)
        wrong = list(slips_of_the_pen(step.expression))
        if not wrong:
            continue
        text = numbers.choice(wrong)
        value = edited(asked, given, name, step.name, text)
        if value is not None and value != as_array(run(asked, given).state.values[name]):
            yield Case(asked, given, name, written(value), step.name, text)


def says(case: Case, candidate: Candidate) -> bool:
    """Whether what is offered is the slip: the same on other numbers too."""
    other = draw(case.formula, "other", 7)
    value = edited(case.formula, other, case.name, case.step, case.text)
    (mistake, *more) = candidate.mistakes
    return not more and value == edited(case.formula, other, case.name, mistake.step, mistake.expression)


def shares(many: int) -> tuple[int, int, int]:
    """Of so many unnamed slips how many get an offer, and how many the slip itself."""
    tried, offered, said = 0, 0, 0
    for case in slips(Random("of the pen")):
        if tried == many:
            break
        if case.wrong():
            tried += 1
            found = case.offered()
            offered += bool(found)
            said += any(says(case, each) for each in found)
    return tried, offered, said


def test_a_slip_of_the_pen_is_found() -> None:
    tried, offered, said = shares(SLIPS)
    assert said / tried >= 0.6, (offered, said)


def random_numbers(numbers: Random) -> Iterator[Case]:
    def about(value: Value) -> Value:
        if isinstance(value, tuple):
            return tuple(map(about, value))
        near = max(1.0, abs(float(value))) * numbers.uniform(0.5, 2)  # type: ignore[arg-type]
        return round(near) if isinstance(value, int) else Fraction(round(near * 10**4), 10**4)

    while True:
        asked = formula(numbers.choice(IDS))
        given = draw(asked, "random", numbers.randrange(10**6))
        name = numbers.choice(asked.answers)
        yield Case(asked, given, name, about(as_array(run(asked, given).state.values[name])))


def by_chance(many: int) -> tuple[int, int]:
    """Of so many random wrong numbers how many get an offer."""
    tried = offered = 0
    for case in random_numbers(Random("numbers")):
        if tried == many:
            break
        if case.wrong():
            tried += 1
            offered += bool(case.offered())
    return tried, offered


def test_a_random_number_gets_no_reason() -> None:
    tried, offered = by_chance(RANDOM)
    assert offered / tried <= 0.1


LAYER = {"n": 32, "f": 5, "s": 2, "p": 1, "c": 6, "k": 16}


def test_what_is_offered_is_marked_as_found() -> None:
    """5·5·6·6 = 900: c² in the place of c·k. Nobody has written that down."""
    found = dlcalc.conv.check("weights", 900, **LAYER).to_dict()
    assert found["status"] == "wrong"
    assert 1 <= len(found["mistakes"]) <= 2
    assert all(each["found"] and each["because"].startswith("perhaps: ") for each in found["mistakes"])
    assert any("weights = " in each["because"] for each in found["mistakes"])


def test_what_is_known_is_not_marked() -> None:
    (known,) = dlcalc.conv.check("parameters", 2400, **LAYER).to_dict()["mistakes"]
    assert known["id"] == "biases-forgotten"
    assert "found" not in known


@pytest.mark.parametrize("wrote", [31, 41])
def test_a_small_size_gets_no_guess(wrote: int) -> None:
    """So many edits give sizes about as large that one of them says nothing."""
    found = dlcalc.conv.check("o", wrote, **LAYER).to_dict()
    assert not any(each.get("found") for each in found["mistakes"])


@pytest.mark.parametrize(
    ("given", "ask", "wrote", "first"),
    [
        ({"n": 20, "f": 3, "d": 2, "s": 2, "p": 1}, "o", 10, "dilation-ignored"),  # rounded up it is 10 too
        ({"n": 50, "m": 80, "D": 2}, "parameters", 4 * (50 * 80 + 80 * 80 + 80), "one-direction"),
    ],
)
def test_what_the_question_adds_is_named_first(given: dict[str, int], ask: str, wrote: int, first: str) -> None:
    command = dlcalc.lstm if "D" in given else dlcalc.conv
    assert command.check(ask, wrote, **given).to_dict()["mistakes"][0]["id"] == first


@pytest.mark.parametrize("wrote", ["2.2250738585072014e-308", "-1e-320", "1e-400", "1e308", "1e400"])
def test_an_answer_of_any_size_is_searched_for(wrote: str) -> None:
    """Its last place may be smaller than the smallest float, or larger than the largest."""
    for calculator, ask in ((dlcalc.gan, "parameters"), (dlcalc.bound, "bound"), (dlcalc.conv, "weights")):
        assert calculator.check(ask, wrote).status == "wrong"
