"""The marker marked: hand-ins made with known mistakes, pairs of them, follow-throughs and formatting noise.

Whoever made the hand-in knows what must come out, so the share of marks and diagnoses that are right can be counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from ..answers.array_marks import is_sound_array
from ..answers.cell_target import CellTarget
from ..answers.choices import letter
from ..answers.following import pinned
from ..answers.formula_target import FormulaTarget
from ..answers.inverse_target import InverseTarget
from ..answers.table_target import TableTarget
from ..answers.target import Target
from ..answers.terms import ARRAYS
from ..errors import UserError
from ..expressions.nodes import Value
from ..formulas.arrays import numbers, sizes
from ..formulas.diagnose import Candidate, outcomes
from ..formulas.draw import Sampler
from ..formulas.program import as_array, program
from ..formulas.run import contains_letters, run
from ..grading.part_judging import judge
from ..grading.part_mark import PartMark
from ..grading.policy import Policy
from ..networks.exercise import filled, to_csv
from ..quiz.problem import Part, Problem
from ..quiz.variant import Variant, ask_part, variant
from .notations import is_same, is_written, notations, plain, written

MOST_PAIRS = 6
"""Pairs of mistakes that are tried for a part of a variant."""
GOALS = {"right": 1.0, "marks": 1.0, "single": 0.99, "pairs": 0.9, "follows": 1.0, "conventions": 1.0}
"""The share of each kind that has to come out as it should."""
FIRST = 0.85
"""The share of single mistakes that are named first."""
MOST_NAMED = 5


@dataclass
class Tally:
    """How often something was tried and how often it came out as it should; the first failures, told."""

    tried: int = 0
    good: int = 0
    first: int = 0
    failures: list[str] = field(default_factory=list)

    def count(self, good: bool, message: str, first: bool = False) -> None:
        self.tried += 1
        self.good += good
        self.first += first
        if not good and len(self.failures) < 20:
            self.failures.append(message)

    @property
    def share(self) -> float:
        return self.good / self.tried if self.tried else 1.0

    @property
    def first_share(self) -> float:
        return self.first / self.tried if self.tried else 1.0


@dataclass
class SelfTest:
    """What the marker made of all hand-ins. `most_named`: the most mistakes that were named for one answer."""

    right: Tally = field(default_factory=Tally)
    marks: Tally = field(default_factory=Tally)
    single: Tally = field(default_factory=Tally)
    pairs: Tally = field(default_factory=Tally)
    follows: Tally = field(default_factory=Tally)
    conventions: Tally = field(default_factory=Tally)
    most_named: int = 0

    def to_dict(self) -> dict[str, object]:
        names = ("right", "marks", "single", "pairs", "follows", "conventions")
        found: dict[str, object] = {}
        for name in names:
            tally: Tally = getattr(self, name)
            found[name] = {"tried": tally.tried, "good": tally.good, "share": round(tally.share, 4),
                           "failures": tally.failures}  # fmt: skip
        found["single_first"] = round(self.single.first_share, 4)
        found["most_named"] = self.most_named
        return found


def self_test(
    problems: Sequence[Problem], seeds: int = 5, step: Callable[[int], None] = lambda total: None
) -> SelfTest:
    """Makes hand-ins for `seeds` variants of every problem and marks them; `step` is called after each variant."""
    found = SelfTest()
    for problem in problems:
        for seed in range(seeds):
            made = variant(problem, f"self-test/{seed}")
            _Tester(made, found).run()
            step(len(problems) * seeds)
    return found


class _Tester:
    def __init__(self, made: Variant, found: SelfTest) -> None:
        self.made = made
        self.found = found
        self.policy = Policy()
        self.sampler = Sampler("self-test", made.problem.id, made.seed)
        self.right: dict[str, object] = {part.id: self.answer(part) for part in made.problem.parts}

    def run(self) -> None:
        self.in_all_notations()
        for part in self.made.problem.parts:
            asked = self.made.asked[part.id]
            if part.kind == "choice":
                self.choices(part)
            elif isinstance(asked, TableTarget):
                self.cells(part, asked)
            else:
                self.singles(part, asked)
                self.other_conventions(part, asked)
                if isinstance(asked, FormulaTarget):
                    self.pairs(part, asked)
        self.following()

    def mark(self, part: Part, given: object) -> PartMark:
        """The mark of one part when all that it follows are right."""
        before = {id: self.right[id] for id in self._followed(part)}
        marks = judge(self.made, {**before, part.id: given}, self.policy)
        found = next(mark for mark in marks if mark.part is part)
        self.found.most_named = max(self.found.most_named, len(found.mistakes))
        return found

    def _followed(self, part: Part) -> set[str]:
        """The ids of the parts that one follows, and of those that they follow."""
        by_id = {each.id: each for each in self.made.problem.parts}
        found = set(part.follows)
        for id in part.follows:
            found |= self._followed(by_id[id])
        return found

    def message(self, part: Part, given: object, mark: PartMark, wanted: str) -> str:
        named = ", ".join(each.id for each in mark.mistakes)
        where = f"{self.made.problem.id}.{part.id}, seed {self.made.seed}"
        return f"{where}: {given!r} is {mark.status} ({named or mark.reason}), not {wanted}"

    # right answers

    def answer(self, part: Part) -> object:
        """The right answer as a student would write it."""
        if part.kind == "choice":
            shown = self.made.choices[part.id]
            return ", ".join(letter(i) for i, choice in enumerate(shown) if choice.right)
        asked = self.made.asked[part.id]
        if isinstance(asked, TableTarget):
            return to_csv(filled(asked.table, asked.columns, asked.headings))
        return written(part, asked.expected)

    def in_all_notations(self) -> None:
        """Everything right, then each answer in every notation: none is marked wrong."""
        for mark in judge(self.made, self.right, self.policy):
            good = mark.status == "right"
            self.found.marks.count(good, self.message(mark.part, self.right[mark.part.id], mark, "right"))
        for part in self.made.problem.parts:
            asked = self.made.asked[part.id]
            for given in notations(part, asked, self.right[part.id]):
                mark = self.mark(part, given)
                message = self.message(part, given, mark, "right")
                self.found.right.count(mark.status == "right", message)

    # wrong ones

    def singles(self, part: Part, asked: Target) -> None:
        rights = [asked.expected, *(other.value for other in asked.others())]
        for wrong in asked.wrong():
            if any(is_same(wrong.value, right) for right in rights):
                continue
            if not is_written(wrong.value, asked.expected, part.kind):
                continue
            if isinstance(asked, InverseTarget) and asked.fits(wrong.value):
                continue
            if self._is_near(part, asked.expected, wrong.value):
                continue
            given = written(part, wrong.value)
            mark = self.mark(part, given)
            named = [each.id for each in mark.mistakes]
            message = self.message(part, given, mark, f"wrong: {wrong.id}")
            elsewhere = mark.status == "convention" and bool(mark.convention)  # a layer of a network counted otherwise
            self.found.marks.count(mark.status in ("wrong", "rounded") or elsewhere, message)
            # What another convention gives is told as that where the part states its own; and what the right value is
            # when it is rounded further, as that.
            recognised = bool(mark.convention) or mark.status == "rounded"
            self.found.single.count(wrong.id in named or recognised, message, named[:1] == [wrong.id] or recognised)

    def _is_near(self, part: Part, right: Value, value: Value) -> bool:
        """Whether a wrong value lies so near another one that it counts as it."""
        if part.kind in ARRAYS:
            pairs = zip(numbers(right), numbers(value), strict=False)
            near = Fraction(1, 10**9)  # what is left of 0 in floats
            return sizes(right) == sizes(value) and all(
                abs(Fraction(a) - Fraction(b)) <= 2 * max(part.terms.near(a), near) for a, b in pairs
            )
        if not isinstance(right, int | float | Fraction) or not isinstance(value, int | float | Fraction):
            return False
        return abs(Fraction(value) - Fraction(right)) <= 2 * part.terms.near(right)

    def choices(self, part: Part) -> None:
        for index, choice in enumerate(self.made.choices[part.id]):
            if choice.right:
                continue
            mark = self.mark(part, letter(index))
            message = self.message(part, letter(index), mark, "wrong")
            self.found.marks.count(mark.status in ("wrong", "rounded") and mark.share == 0, message)

    def cells(self, part: Part, asked: TableTarget) -> None:
        """One cell of a table wrong: that one is, and no other is."""
        full = filled(asked.table, asked.columns, asked.headings)
        layer = asked.table.rows[self.sampler.integer(0, len(asked.table.rows) - 1)].layer.name
        for column in asked.columns:
            cell = CellTarget(asked.table, layer, column)
            for wrong in cell.wrong():
                if not is_written(wrong.value, cell.expected) or any(
                    is_same(wrong.value, o.value) for o in cell.others()
                ):
                    continue
                rows = [list(row) for row in full]
                place = next(i for i, row in enumerate(rows) if row[0] == layer)
                right = plain(cell.expected)
                at = [i for i, text in enumerate(rows[place]) if text.replace(" ", "") == right.replace(" ", "")]
                if len(at) != 1:
                    continue
                rows[place][at[0]] = plain(wrong.value)
                mark = self.mark(part, to_csv(rows))
                bad = [(each.layer, each.column) for each in mark.cells if each.status == "wrong"]
                named = next(
                    (each.mistakes for each in mark.cells if each.layer == layer and each.column == column), ()
                )
                message = (
                    f"{self.message(part, plain(wrong.value), mark, wrong.id)} in {layer}, {column}: wrong are {bad}"
                )
                self.found.marks.count(bad == [(layer, column)], message)
                ids = [each.id for each in named]
                self.found.single.count(wrong.id in ids, message, ids[:1] == [wrong.id])

    def other_conventions(self, part: Part, asked: Target) -> None:
        for other in asked.others():
            if not is_written(other.value, asked.expected, part.kind):
                continue
            given = written(part, other.value)
            mark = self.mark(part, given)
            message = self.message(part, given, mark, f"convention {other.name}")
            self.found.conventions.count(mark.status == "convention", message)

    def pairs(self, part: Part, asked: FormulaTarget) -> None:
        """Two mistakes together, where no single one gives the same."""
        if contains_letters(asked.expected):
            return
        given_values = [
            asked.expected,
            *(other.value for other in asked.others()),
            *(each.value for each in asked.wrong()),
        ]
        for pair, value in self._drawn_pairs(asked):
            if any(is_same(value, each) for each in given_values) or not is_written(value, asked.expected, part.kind):
                continue
            if any(
                self._is_near(part, each, value) for each in (given_values if part.kind in ARRAYS else given_values[:1])
            ):
                continue
            given = written(part, value)
            mark = self.mark(part, given)
            message = self.message(part, given, mark, f"wrong: {pair.id}")
            self.found.marks.count(mark.status in ("wrong", "rounded"), message)
            ids = {frozenset(each.id.split("+")) for each in mark.mistakes}
            self.found.pairs.count(frozenset(pair.id.split("+")) in ids, message)

    def _drawn_pairs(self, asked: FormulaTarget) -> Iterator[tuple[Candidate, Value]]:
        compiled = program(asked.formula, asked.convention)
        relevant = [mistake for mistake in compiled.relevant(asked.name) if mistake.weight >= 0.4]
        if len(relevant) < 2:
            return
        made = outcomes(compiled, asked.given, asked.name)
        for _ in range(MOST_PAIRS):
            i, j = self.sampler.integer(0, len(relevant) - 1), self.sampler.integer(0, len(relevant) - 2)
            a, b = relevant[min(i, j + (j >= i))], relevant[max(i, j + (j >= i))]
            if a.step == b.step:
                continue
            value = made.of_pair(a, b)
            if value is not None:
                alike = asked.formula.is_per_axis(asked.name) and isinstance(value, tuple) and len(set(value)) == 1
                yield Candidate((a, b)), asked.as_asked(as_array(value[0] if alike else value))

    # following through

    def following(self) -> None:
        """A wrong earlier answer, and later ones that follow from it."""
        problem = self.made.problem
        for part in problem.parts:
            for before in part.follows:
                asked = self.made.asked[before]
                if not isinstance(asked, FormulaTarget):
                    continue
                kind = next(each.kind for each in problem.parts if each.id == before)
                for wrong in asked.wrong():
                    fits = kind not in ARRAYS or sizes(wrong.value) == sizes(asked.expected)
                    if (
                        fits
                        and is_written(wrong.value, asked.expected, kind)
                        and self._is_carried(part, before, wrong.value)
                    ):
                        break

    def _is_carried(self, part: Part, before: str, value: Value) -> bool:
        """Marks a hand-in with this wrong earlier answer; False where nothing follows from it."""
        own = {p.id: self.made.asked[p.id].expected for p in self.made.problem.parts}
        try:
            again = ask_part(self.made.problem, part, {**self.made.values, **own, before: value})
            if not isinstance(again, FormulaTarget):
                return False
            pins = pinned(again, self.made.asked[before], value)
            follows = again.as_asked(run(again.formula, again.given, (), pins, again.convention)[again.name])
        except (UserError, OverflowError):
            return False
        right = self.made.asked[part.id].expected
        if isinstance(value, tuple) and not is_sound_array(value, self.made.asked[before].expected):
            return False
        if is_same(follows, right) or not is_written(follows, right, part.kind):
            return False
        if self._is_near(part, right, follows):
            return False
        earlier = next(each for each in self.made.problem.parts if each.id == before)
        answers: Mapping[str, object] = {
            **self.right, before: written(earlier, value), part.id: written(part, follows)
        }  # fmt: skip
        mark = next(mark for mark in judge(self.made, answers, self.policy) if mark.part is part)
        message = self.message(part, answers[part.id], mark, f"following from {before} = {answers[before]}")
        self.found.follows.count(mark.status in ("follows", "convention"), message)
        return True


def passed(found: SelfTest) -> bool:
    """Whether every share reaches its goal."""
    shares = (getattr(found, name).share >= goal for name, goal in GOALS.items())
    return all(shares) and found.single.first_share >= FIRST and found.most_named <= MOST_NAMED
