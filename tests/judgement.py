"""How many wrong answers are named for what they are, how many slips of the pen are found, and how seldom by chance."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from random import Random
from typing import NamedTuple

from naive.slips import Slip
from naive.symbols import slips_of_the_pen

from dlcalc.answers.formula_judging import Verdict, search, verify
from dlcalc.errors import UserError
from dlcalc.expressions.answers import Answer
from dlcalc.expressions.exact import exact
from dlcalc.expressions.nodes import Value
from dlcalc.formulas.diagnose import Candidate
from dlcalc.formulas.draw import draw
from dlcalc.formulas.model import Formula
from dlcalc.formulas.program import as_array, program
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import contains_letters, run
from dlcalc.formulas.topics import TOPICS

CALCULATED = sorted(id for topic, known in TOPICS.items() if not topic.endswith("by_hand") for id in known)
BY_HAND = sorted(id for topic, known in TOPICS.items() if topic.endswith("by_hand") for id in known)
KINDS = ("size", "count", "value", "array", "shape")


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


def pen_slips(numbers: Random, ids: Sequence[str] = CALCULATED) -> Iterator[Case]:
    """Questions whose answer came from a formula with one or two symbols written wrongly."""
    while True:
        asked = formula(numbers.choice(ids))
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


def of_the_pen(many: int, ids: Sequence[str] = CALCULATED) -> tuple[int, int, int]:
    """Of so many unnamed slips how many get an offer, and how many the slip itself."""
    tried, offered, said = 0, 0, 0
    for case in pen_slips(Random("of the pen"), ids):
        if tried == many:
            break
        if case.wrong():
            tried += 1
            found = case.offered()
            offered += bool(found)
            said += any(says(case, each) for each in found)
    return tried, offered, said


def kind_of(asked: Formula, name: str, value: Value) -> str:
    """What is asked: the size of an axis, a count, another number, an array or a shape."""
    if isinstance(value, tuple):
        return "shape" if name == asked.shape or asked.is_per_axis(name) else "array"
    if isinstance(value, int):
        return "size" if value < 200 else "count"
    return "value"


def random_numbers(numbers: Random, ids: Sequence[str] = CALCULATED) -> Iterator[tuple[str, Case]]:
    """Questions of each kind, with a number of about the right size written to them."""

    def about(value: Value) -> Value:
        if isinstance(value, tuple):
            return tuple(map(about, value))
        near = max(1.0, abs(float(value))) * numbers.uniform(0.5, 2)  # type: ignore[arg-type]
        return round(near) if isinstance(value, int) else Fraction(round(near * 10**4), 10**4)

    while True:
        asked = formula(numbers.choice(ids))
        name = numbers.choice(asked.answers)
        try:
            given = draw(asked, "random", numbers.randrange(10**6))
            right = as_array(run(asked, given).state.values[name])
        except UserError:
            continue  # no question without arrays that fit together
        if contains_letters(right):
            continue
        wrote = about(right)
        if asked.is_per_axis(name) and isinstance(wrote, tuple):
            wrote = (wrote[0],) * len(wrote)
        yield kind_of(asked, name, right), Case(asked, given, name, wrote)


def by_chance(many: int, ids: Sequence[str] = CALCULATED, kinds: Sequence[str] = KINDS) -> dict[str, tuple[int, int]]:
    """Of so many random wrong numbers of each kind how many get a mistake said to be theirs, and how many an offer."""
    found = {kind: [0, 0, 0] for kind in kinds}
    for kind, case in random_numbers(Random("numbers"), ids):
        if all(tried == many for tried, _, _ in found.values()):
            break
        if kind not in found or found[kind][0] == many:
            continue
        try:
            verdict = verify(case.formula, case.given, case.name, case.answer)
        except UserError:
            continue
        if verdict.correct:
            continue
        named = [each for each in verdict.mistakes if len(each.mistakes) == 1 and not each.by_chance]
        found[kind][0] += 1
        found[kind][1] += bool(named)
        found[kind][2] += not verdict.mistakes and bool(case.offered())
    return {kind: (named, offered) for kind, (_, named, offered) in found.items()}


def numbers(value: object) -> Value:
    """As they are read from text: 0.25 is 1/4."""
    if isinstance(value, tuple):
        return tuple(map(numbers, value))
    return exact(value) if isinstance(value, float) else value  # type: ignore[return-value]


def judged(slip: Slip) -> Verdict:
    given = {name: numbers(value) for name, value in slip.given.items()}
    return verify(formula(slip.formula), given, slip.ask, Answer("", numbers(slip.wrote)), slip.convention)


def named_of(made: Iterable[Slip]) -> tuple[int, int, int, Counter[str]]:
    """How many wrong answers there are, how many are named, how many of them first, and those that are not."""
    missed: Counter[str] = Counter()
    found = first = count = 0
    for slip in made:
        verdict = judged(slip)
        if verdict.correct:
            continue  # by chance, as n/s may be
        count += 1
        ids = [each.id for each in verdict.mistakes]
        found += bool(slip.names & set(ids))
        first += bool(ids) and ids[0] in slip.names
        if not slip.names & set(ids):
            missed[f"{slip.formula}.{slip.ask}: {min(slip.names)}"] += 1
    return count, found, first, missed
