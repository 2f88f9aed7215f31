"""Wrong answers that no known mistake gives and that come often in a class: what they have in common, ready to paste.

Every student has numbers of their own, so what is counted is not the number but the edit of the formula that gives it.
An edit that fits one answer by chance seldom fits those of several students.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..answers.marks import Mark

MOST_WROTE = 60
"""Characters of an answer that are kept."""
LEAST_SURE, LEAST_UNSURE = 2, 3
"""So many students have an edit in common that is none by chance; of one by chance half the class's at least."""
MOST_LISTED = 10


@dataclass(frozen=True)
class Slip:
    """An edit of one step that gives an answer: what was done in words, and whether chance might give it as well."""

    formula: str
    step: str
    expression: str
    said: str
    by_chance: bool

    @property
    def id(self) -> str:
        """What was done, as the id of a mistake."""
        words = re.sub(r"[^a-z0-9]+", "-", self.said.lower()).strip("-")
        return words or f"found-in-{self.step.replace('_', '-').lower()}"

    @property
    def problem_lines(self) -> str:
        """The mistake as a problem file has it."""
        return "\n".join(("[[mistake]]", *self._fields()))

    @property
    def problem_line(self) -> str:
        """The same in one line, for a cell."""
        return f"mistake = [{{{', '.join(self._fields())}}}]"

    def _fields(self) -> Iterator[str]:
        fields = {"of": self.formula, "id": self.id, "step": self.step, "expression": self.expression,
                  "because": self.said}  # fmt: skip
        return (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items())

    @property
    def formula_line(self) -> str:
        """The mistake as a formula has it."""
        texts = (json.dumps(text, ensure_ascii=False) for text in (self.id, self.step, self.expression, self.said))
        return f"Mistake({', '.join(texts)})"


@dataclass(frozen=True)
class Unnamed:
    """What several students wrote to one part; `slip`: the edit that they have in common, None where there is none."""

    problem: str
    part: str
    students: int
    of: int
    """Of so many with a wrong answer to the part that has no name."""
    wrote: str
    """By one of them."""
    slip: Slip | None

    @property
    def because(self) -> str:
        return self.slip.said if self.slip else "no small edit of the formula gives it"

    def to_dict(self) -> dict[str, Any]:
        slip = self.slip
        edit = {"formula": slip.formula, "step": slip.step, "expression": slip.expression} if slip else {}
        return {
            "problem": self.problem,
            "part": self.part,
            "students": self.students,
            "of": self.of,
            "wrote": self.wrote,
            "because": self.because,
            "edit": edit or None,
            "for_problem": slip.problem_lines if slip else "",
            "for_formula": slip.formula_line if slip else "",
        }


def slips_of(mark: Mark) -> Iterator[Slip]:
    """The single edits that give an answer."""
    for each in mark.slips:
        if len(each.mistakes) == 1:
            (edit,) = each.mistakes
            said = edit.because.rpartition(f": {edit.step} = ")[0] or edit.because
            yield Slip(each.formula, edit.step, edit.expression, said, each.by_chance)


Answered = tuple[str, str, str, tuple[Slip, ...]]
"""The problem, the part, what one student wrote to it, and the edits that give that."""


def unnamed(answers: Iterable[Answered]) -> list[Unnamed]:
    """What several of these answers have in common, most frequent first."""
    by_part: dict[tuple[str, str], list[tuple[str, tuple[Slip, ...]]]] = defaultdict(list)
    for problem, part, wrote, slips in answers:
        by_part[problem, part].append((wrote, slips))
    found = [each for (problem, part), written in by_part.items() for each in _common(problem, part, written)]
    return sorted(found, key=lambda each: -each.students)[:MOST_LISTED]


def _common(problem: str, part: str, written: list[tuple[str, tuple[Slip, ...]]]) -> Iterator[Unnamed]:
    """The commonest edit of what was written to one part, then that of the answers which it does not give."""
    left = written
    while left:
        best = max(_counted(left), key=lambda each: each[0], default=None)
        if best is None:
            break
        count, slip = best
        having = [wrote for wrote, slips in left if _has(slips, slip)]
        yield Unnamed(problem, part, count, len(written), having[0], slip)
        left = [(wrote, slips) for wrote, slips in left if not _has(slips, slip)]
    for wrote, times in Counter(wrote for wrote, _ in left).items():
        if times >= LEAST_UNSURE:
            yield Unnamed(problem, part, times, len(written), wrote, None)


def _counted(written: list[tuple[str, tuple[Slip, ...]]]) -> Iterator[tuple[int, Slip]]:
    """The edits that come often enough, with how many answers each gives."""
    every = [slip for _, slips in written for slip in slips]
    for (step, expression), count in Counter((slip.step, slip.expression) for slip in every).items():
        alike = [slip for slip in every if (slip.step, slip.expression) == (step, expression)]
        sure = sum(not slip.by_chance for slip in alike)
        if sure >= LEAST_SURE or count >= max(LEAST_UNSURE, (len(written) + 1) // 2):
            yield count, alike[0]


def _has(slips: tuple[Slip, ...], slip: Slip) -> bool:
    return any((each.step, each.expression) == (slip.step, slip.expression) for each in slips)
