"""One variant's answers judged part by part, each by the judge of what it asks, on the answers before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ..answers.array_judging import judge_array
from ..answers.cell_target import CellTarget
from ..answers.choice_target import ChoiceTarget
from ..answers.choices import judge_choice
from ..answers.feedforward_target import BackpropTarget, judge_backprop
from ..answers.following import Again, Earlier, followed
from ..answers.formula_target import FormulaTarget
from ..answers.gradient_marks import judge_gradient
from ..answers.gradient_target import GradientTarget
from ..answers.judging import judge_value
from ..answers.marks import Mark, Written, named_before
from ..answers.table_marks import judge_table
from ..answers.table_point import Place
from ..answers.table_target import TableTarget
from ..answers.target import Target, alike
from ..answers.terms import ARRAYS
from ..errors import InternalError, UserError, printable
from ..expressions.answers import Answer
from ..expressions.evaluate import evaluate
from ..expressions.nodes import Value
from ..quiz.problem import Part
from ..quiz.variant import Variant, ask_part
from .part_mark import PartMark, part_mark
from .policy import Policy

Given = Mapping[str, object]
"""Part id → what was written; of a table its text, or cell by cell `conv-1.output` → text."""


def judge(variant: Variant, given: Given, policy: Policy, spell: Mapping[str, str] | None = None) -> list[PartMark]:
    """The marks of every part of a variant. What is written is a status, never an error."""
    return _Judge(variant, given, policy, spell or {}).marks()


class _Judge:
    def __init__(self, variant: Variant, given: Given, policy: Policy, spell: Mapping[str, str]) -> None:
        self.variant = variant
        self.problem = variant.problem
        self.given = given
        self.policy = policy
        self.spell = spell
        self.written: dict[str, Written] = {}
        self.reordered: dict[str, Answer] = {}
        """Shapes that may have been written with their channels first, read so."""
        self.found: dict[str, PartMark] = {}

    def marks(self) -> list[PartMark]:
        for part in self.problem.parts:
            try:
                mark = self._mark(part)
            except Exception as error:  # our own bug costs one part, and not the marks of a class
                said = str(InternalError(f"{type(error).__name__}: {printable(str(error))}"))
                mark = Mark("undecided", self.variant.asked[part.id].expected, reason=said)
            mark = replace(mark, mistakes=named_before(mark.mistakes, self._named()))
            self.found[part.id] = part_mark(part, mark, self.policy, self.variant.choices.get(part.id, ()))
        return [self.found[part.id] for part in self.problem.parts]

    def _named(self) -> set[str]:
        """The ids of the mistakes that were named above."""
        return {each.id for before in self.found.values() for each in before.mistakes if not each.found}

    def _mark(self, part: Part) -> Mark:
        asked = self.variant.asked[part.id]
        given = self.given.get(part.id)
        if part.kind == "choice":
            return judge_choice(self.variant.choices[part.id], given)
        if isinstance(asked, TableTarget):
            return judge_table(asked, given, self.policy.terms(part).decimal, self._named())
        if isinstance(asked, GradientTarget):
            mark, self.written[part.id] = judge_gradient(asked, given)
            return mark
        if isinstance(asked, BackpropTarget):
            mark, self.written[part.id] = judge_backprop(asked, given)
            return mark
        again = [] if given is None else list(self._followed(part))
        if part.kind in ARRAYS and isinstance(asked, FormulaTarget):
            mark, self.written[part.id] = judge_array(self.policy.terms(part), asked, given, self._worth, again)
            return mark
        cells = dict(self._cells_before(part, asked))
        found = judge_value(self.policy.terms(part), asked, given, again, cells, self.spell)
        self.written[part.id] = found.written
        if found.reordered is not None:
            self.reordered[part.id] = found.reordered
        return found.mark

    def _worth(self, status: str) -> Fraction:
        return self.policy.share(status)

    def _cells_before(self, part: Part, asked: Target) -> Iterator[tuple[Place, Answer]]:
        """What was written of the same network in the parts that this one follows."""
        table = getattr(asked, "table", None)
        for name in part.follows:
            before = self.variant.asked[name]
            if table is None or getattr(before, "table", None) is not table:
                continue
            if isinstance(before, TableTarget):
                for found in self.found[name].cells:
                    if found.answer is not None:
                        yield (found.layer, found.column), found.answer
            elif isinstance(before, CellTarget) and not before.is_total:
                answer = self.written[name].answer
                if answer is not None:
                    yield (before.row.layer.name, before.column), answer

    # following through

    def _followed(self, part: Part) -> Iterator[Again]:
        """The part asked again on the student's earlier answers."""

        def ask(values: Mapping[str, Value]) -> Target:
            return ask_part(self.problem, part, self._values(values))

        return followed(self.variant.asked[part.id], dict(self._earlier(part)), ask, self._guard(part))

    def _earlier(self, part: Part) -> Iterator[tuple[str, Earlier]]:
        kinds = {other.id: other.kind for other in self.problem.parts}
        for name in part.follows:
            written = self.written.get(name)
            if written is None or written.answer is None:
                continue
            asked, value = self.variant.asked[name], written.answer.value
            if not isinstance(asked.expected, tuple):
                value = alike(value)  # a side, 27, that was written as 27×27
            reordered = self.reordered[name].value if name in self.reordered else None
            is_right = self.found[name].status == "right"
            yield name, Earlier(asked, value, reordered, is_right, kinds[name] in ARRAYS)

    def _values(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """All names, earlier parts' right answers included, with the student's in their place."""
        right = {
            part.id: self.variant.asked[part.id].expected for part in self.problem.parts
            if not isinstance(self.variant.asked[part.id], ChoiceTarget | TableTarget)
        }  # fmt: skip
        return {**self.variant.values, **right, **values}

    def _guard(self, part: Part) -> Callable[[Mapping[str, Value]], bool] | None:
        guard = part.guard
        if guard is None:
            return None

        def holds(values: Mapping[str, Value]) -> bool:
            try:
                return evaluate(guard.node, self._values(values)) is True
            except (UserError, OverflowError, TypeError):  # a shape where the guard speaks of a number
                return False

        return holds
