"""What the answer to one part is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from fractions import Fraction

from ..answers.choices import Choice
from ..answers.marks import Mark
from ..quiz.problem import Part
from .policy import Policy


@dataclass(frozen=True, kw_only=True)
class PartMark(Mark):
    """What the answer to one part is worth: `share` of the points."""

    part: Part
    share: Fraction


def part_mark(part: Part, mark: Mark, policy: Policy, choices: Sequence[Choice] = ()) -> PartMark:
    """A mark with the share of the points that it earns: of a table or an array cell by cell."""
    values = {field.name: getattr(mark, field.name) for field in fields(Mark)}
    return PartMark(**values, part=part, share=_share(mark, policy, choices))


def _share(mark: Mark, policy: Policy, choices: Sequence[Choice]) -> Fraction:
    if mark.cells:
        return sum((policy.share(cell.status) for cell in mark.cells), Fraction(0)) / len(mark.cells)
    right = {place for place, choice in enumerate(choices) if choice.right}
    if mark.status == "wrong" and mark.taken and policy.choices == "partial" and len(right) > 1:
        return max(Fraction(0), Fraction(len(mark.taken & right) - len(mark.taken - right), len(right)))
    return policy.share(mark.status)
