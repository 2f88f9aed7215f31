"""Problems under stress: many variants of each, counted a second time, answered rightly, and looked at for patterns."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import sqrt

from ..answers.cell_target import CellTarget
from ..answers.choices import letter
from ..answers.formula_target import FormulaTarget
from ..answers.slip_target import SlipTarget
from ..answers.table_target import TableTarget
from ..answers.terms import ARRAYS, Terms
from ..errors import DlcalcError
from ..expressions import printing
from ..expressions.nodes import Value
from ..grading.part_judging import judge
from ..grading.part_mark import PartMark
from ..grading.policy import Policy
from ..networks.exercise import cell, written
from ..networks.table import COUNTS
from ..quiz.problem import Part, Problem, Trial
from ..quiz.variant import Variant, target_of, variant
from . import second_count
from .notations import written as written_out

MOST_FAULTS = 5
"""Faults of one problem that are told; the rest is only counted."""
CHI_SQUARE = {1: 15.1, 2: 18.4, 3: 21.1, 4: 23.5, 5: 25.7, 6: 27.9, 7: 29.9, 8: 31.8, 9: 33.7, 10: 35.6, 11: 37.4}
"""Degrees of freedom → what chance exceeds once in 10,000 times."""
FAR = 4.0
"""Standard deviations from chance, and ABOVE it, at which a pattern in computed choices is told."""
ABOVE = 0.3
MUCH_LONGER = 1.25
MOST_TAKEN = 0.05
"""A larger share of wrong answers that count as right at the precision that is asked is a fault."""
FEW_WRONG = 100
"""Of fewer wrong answers one does not count: it lies near the right one by chance."""
COMMON = 0.4
"""Mistakes of at least this weight should be told apart."""


@dataclass(frozen=True)
class Pattern:
    """Where the right one of several choices is found too often: `share` of the variants, by chance `chance`."""

    part: str
    what: str
    share: float
    chance: float

    @property
    def said(self) -> str:
        return f"{self.part}: the right choice is {self.what} in {self.share:.0%}, by chance {self.chance:.0%}"


@dataclass
class Checked:
    """What was found out about one problem. Times are process seconds per variant."""

    problem: str
    path: str
    topic: str
    seeds: int = 0
    faults: list[str] = field(default_factory=list)
    more: int = 0
    notes: set[str] = field(default_factory=set)
    seconds: float = 0.0
    uncounted: list[str] = field(default_factory=list)
    common: int = 0
    as_right: Counter[str] = field(default_factory=Counter)
    alike: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    """Part → wrong numbers to which mistakes lead."""
    taken: Counter[str] = field(default_factory=Counter)
    """Part: mistake → those that count as right, written with as many digits as the part asks."""
    patterns: list[Pattern] = field(default_factory=list)
    trials: int = 0

    @property
    def distinct(self) -> int:
        """How many variants really differ."""
        return len(self.notes)

    @property
    def told_apart(self) -> float:
        """The share of common mistakes that neither lead to the right answer nor to that of another one."""
        lost = self.as_right.total() + self.alike.total()
        return 1.0 if not self.common else 1 - lost / self.common

    def fault(self, text: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(text)
        else:
            self.more += 1

    def to_dict(self) -> dict[str, object]:
        return {
            "problem": self.problem,
            "topic": self.topic,
            "seeds": self.seeds,
            "distinct": self.distinct,
            "ms": round(self.seconds * 1000, 3),
            "uncounted": self.uncounted,
            "common_mistakes": self.common,
            "lead_to_right": dict(self.as_right.most_common()),
            "lead_to_the_same": dict(self.alike.most_common()),
            "told_apart": round(self.told_apart, 4),
            "full_marks_for_wrong": dict(self.taken.most_common()),
            "patterns": [vars(pattern) for pattern in self.patterns],
            "tests": self.trials,
            "faults": self.faults,
            "more_faults": self.more,
        }


def check(problem: Problem, seeds: int) -> Checked:
    """A problem under stress, over the seeds 1 to `seeds`. What is wrong stands in `faults`; nothing is raised."""
    found = Checked(problem.id, problem.path, problem.topic, seeds)
    places = _Places(problem)
    start = time.process_time()
    try:
        variants = [variant(problem, seed) for seed in range(1, seeds + 1)]
    except DlcalcError as error:
        found.fault(str(error))
        return found
    found.seconds = (time.process_time() - start) / seeds
    uncounted: Counter[str] = Counter()
    for made in variants:
        if made.note not in found.notes:
            found.notes.add(made.note)
            uncounted.update(_counted_again(found, made))
        _answered(found, made)
        _collisions(found, made)
        places.add(made)
    found.uncounted = sorted(uncounted)
    _too_coarse(found)
    places.judge(found)
    for trial in problem.trials:
        found.trials += 1
        for fault in run_trial(problem, trial):
            found.fault(fault)
    return found


def _counted_again(found: Checked, made: Variant) -> Iterator[str]:
    """Counts every right answer, and every derived value of a formula, anew. Yields what could not be."""
    differences = [
        (part.id, second_count.differs(made.asked[part.id])) for part in made.problem.parts if part.ask is not None
    ]
    for name, difference in (*differences, *second_count.lets(made.problem, made.values, target_of)):
        if difference is None:
            yield name
        elif difference:
            found.fault(f"seed {made.seed}, {name}: {difference}")


# the right answers, marked


def right_answers(made: Variant) -> dict[str, object]:
    """Part → the right answer as a careful student writes it; of a table cell by cell."""
    return {part.id: _answer(made, part) for part in made.problem.parts}


def _answer(made: Variant, part: Part) -> object:
    asked = made.asked[part.id]
    if part.id in made.choices:
        return " and ".join(letter(i) for i, choice in enumerate(made.choices[part.id]) if choice.right)
    if isinstance(asked, TableTarget):
        cells = {
            f"{row.layer.name}.{column}": cell(row, column) for row in asked.table.rows for column in asked.columns
        }
        cells |= {f"total.{column}": asked.table.total[column] for column in asked.columns if column in COUNTS}
        return {place: written(value) for place, value in cells.items() if value is not None}
    return written_out(part, asked.expected) if part.kind in ARRAYS else _printed(asked.expected)


def _printed(value: Value) -> str:
    """As a key prints it: whole numbers in groups of three, floats to five digits."""
    if isinstance(value, float):
        return f"{value:.5g}"
    return f"{value:,}" if isinstance(value, int) else printing.plain(value)


def _answered(found: Checked, made: Variant) -> None:
    given = right_answers(made)
    for mark in judge(made, given, Policy()):
        if mark.status != "right":
            answer = given[mark.part.id]
            wrote = "the right table" if isinstance(answer, Mapping) else answer
            reason = f" ({mark.reason})" if mark.reason else ""
            found.fault(f"seed {made.seed}, {mark.part.id}: {wrote} is right, and marked {mark.status}{reason}")


# collisions


def _collisions(found: Checked, made: Variant) -> None:
    """Common mistakes of open parts that a mark cannot tell from the right answer, or from one another."""
    for part in made.problem.parts:
        asked = made.asked[part.id]
        if part.kind in ("choice", "expression") or not isinstance(asked, FormulaTarget | CellTarget):
            continue
        if isinstance(asked, FormulaTarget):
            common = [mistake.id for mistake, _ in asked.mistaken.values() if mistake.weight >= COMMON]
        if part.kind in ("number", *ARRAYS):
            _rounded(found, part, asked)
        seen: dict[Value, str] = {}
        wrong = [each for each in asked.wrong() if each.weight >= COMMON]
        if isinstance(asked, CellTarget) or part.kind in ARRAYS:
            # a mistake that leaves a whole array as it is does not apply: no stride is ignored where it is 1
            common = [each.id for each in wrong]
        found.common += len(common)
        found.as_right.update(f"{part.id}: {id}" for id in set(common) - {each.id for each in wrong})
        for each in wrong:
            if each.value in seen:
                found.alike[f"{part.id}: {each.id} = {seen[each.value]}"] += 1
            seen.setdefault(each.value, each.id)


# precision


def _rounded(found: Checked, part: Part, asked: FormulaTarget | CellTarget) -> None:
    """Counts the wrong answers of a part, and those that the digits which it asks do not tell from the right one."""
    for each in asked.wrong():
        found.wrong[part.id] += 1
        if each.value != asked.expected and taken_for(asked.expected, each.value, part.terms):
            found.taken[f"{part.id}: {each.id}"] += 1


def taken_for(right: Value, wrong: Value, terms: Terms) -> bool:
    """Whether wrong numbers, written with as many digits as are asked, lie as near to the right ones as is allowed."""
    if isinstance(right, tuple) and isinstance(wrong, tuple):
        return len(right) == len(wrong) and all(taken_for(r, w, terms) for r, w in zip(right, wrong, strict=True))
    if right == wrong:
        return True
    if not isinstance(right, int | float | Fraction) or not isinstance(wrong, float | Fraction):
        return False  # a whole number is written whole
    wrote = Fraction(wrong if terms.tolerance else f"{float(wrong):.{terms.significant - 1}e}")
    return right == wrote or (not isinstance(right, int) and abs(Fraction(right) - wrote) <= terms.near(wrote))


def _too_coarse(found: Checked) -> None:
    for part, wrong in found.wrong.items():
        taken = sum(count for mistake, count in found.taken.items() if mistake.startswith(f"{part}: "))
        if taken - (wrong < FEW_WRONG) > MOST_TAKEN * wrong:
            found.fault(
                f"{part}: {taken} of {wrong} wrong answers count as right at the requested precision: ask for more "
                "digits, or draw so that mistakes differ"
            )


# patterns of choices


class _Places:
    """Where the right choice stood, in all variants."""

    def __init__(self, problem: Problem) -> None:
        self.parts = [part for part in problem.parts if part.kind == "choice" and not part.several]
        self.at: dict[str, Counter[int]] = {part.id: Counter() for part in self.parts}
        self.traits: dict[str, Counter[str]] = {part.id: Counter() for part in self.parts}
        self.count: dict[str, int] = {}
        self.shuffled: set[str] = set()

    def add(self, made: Variant) -> None:
        for part in self.parts:
            shown = made.choices[part.id]
            right = next(i for i, choice in enumerate(shown) if choice.right)
            self.count[part.id] = len(shown)
            self.at[part.id][right] += 1
            if not part.fixed and not isinstance(made.asked[part.id], SlipTarget):
                self.shuffled.add(part.id)
            self.traits[part.id].update(_trait([choice.value for choice in shown], right))
            lengths = [len(choice.text) for choice in shown]
            longest_wrong = max(length for i, length in enumerate(lengths) if i != right)
            if lengths[right] > MUCH_LONGER * longest_wrong:
                self.traits[part.id]["much the longest"] += 1

    def judge(self, found: Checked) -> None:
        for part in self.parts:
            seeds, count = self.at[part.id].total(), self.count[part.id]
            if part.id in self.shuffled and seeds >= 5 * count:
                even = seeds / count
                square = sum((self.at[part.id][place] - even) ** 2 / even for place in range(count))
                if square > CHI_SQUARE[count - 1]:
                    place, most = self.at[part.id].most_common(1)[0]
                    found.fault(f"{part.id}: the right choice is {letter(place)} in {most} of {seeds} variants")
            chance = 1 / count
            far = FAR * sqrt(chance * (1 - chance) / seeds)
            for what, times in self.traits[part.id].items():
                if times / seeds > chance + max(far, ABOVE):
                    found.patterns.append(Pattern(part.id, what, times / seeds, chance))


def _trait(values: list[Value], right: int) -> Iterator[str]:
    """What the right one of several numbers is among them."""
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) < len(values) or len(numbers) < 3:
        return
    rank = sorted(numbers).index(numbers[right])
    if rank == 0:
        yield "the smallest"
    elif rank == len(numbers) - 1:
        yield "the largest"
    elif rank in ((len(numbers) - 1) // 2, len(numbers) // 2):
        yield "in the middle"


# the author's tests


def run_trial(problem: Problem, trial: Trial) -> Iterator[str]:
    """What comes out otherwise than the author's test expects."""
    made = variant(problem, trial.seed)
    given: dict[str, object] = {}
    for name, text in trial.answers.items():
        part, _, place = name.partition(".")
        if place:
            cells = given.setdefault(part, {})
            assert isinstance(cells, dict)
            cells[place] = text
        else:
            given[part] = text
    marks = {mark.part.id: mark for mark in judge(made, given, Policy())}
    for name, expected in trial.expect.items():
        status, ids = _outcome(marks, name)
        wanted, _, mistake = expected.partition(":")
        if status != wanted or (mistake and mistake not in ids):
            came = f"{status}{':' if ids else ''}{', '.join(ids)}"
            yield f"test with seed {trial.seed}, {name}: {expected} is expected, and it is {came}"


def _outcome(marks: Mapping[str, PartMark], name: str) -> tuple[str, list[str]]:
    """The status of a part or of a cell of a table, and the mistakes that are named."""
    part, _, place = name.partition(".")
    mark = marks[part]
    if not place:
        return mark.status, [each.id for each in mark.mistakes]
    for found in mark.cells:
        if f"{found.layer}.{found.column}" == place:
            return found.status, [each.id for each in found.mistakes]
    return "missing", []
