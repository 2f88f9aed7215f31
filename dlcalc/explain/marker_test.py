"""What a self-test of the marker found, as a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from .. import document as doc


class Tally(Protocol):
    """How often something was tried, which shares came out as they should and first, and the failures in words."""

    @property
    def tried(self) -> int: ...
    @property
    def share(self) -> float: ...
    @property
    def first_share(self) -> float: ...
    @property
    def failures(self) -> Sequence[str]: ...


_SAID = {
    "right": "right answers in all notations, marked right",
    "marks": "marks that are what they should be",
    "single": "single mistakes, among the named ones",
    "pairs": "two mistakes at once, among the named ones",
    "follows": "answers that follow from a wrong earlier one",
    "conventions": "answers right by another convention",
}


def marker_test(
    title: str, tallies: Mapping[str, Tally], goals: Mapping[str, float], first: float, most_named: int, passed: bool
) -> doc.Document:
    """The shares beside their `goals`, and the first failures of each kind; `first` is the goal of `first_share`."""
    rows = [(_SAID[name], str(tallies[name].tried), _share(tallies[name].share), _goal(goals[name])) for name in goals]
    single = tallies["single"]
    rows.insert(3, ("single mistakes, named first", str(single.tried), _share(single.first_share), _goal(first)))
    header = ("hand-ins", "tried", "as it should be", "goal")
    blocks: list[doc.Block] = [doc.Table(header, tuple(rows), ("left", "right", "right", "right"))]
    blocks.append(doc.Paragraph(f"At most {most_named} mistakes were named for one answer."))
    failures = [line for name in goals for line in tallies[name].failures[:4]]
    if failures:
        blocks += [doc.Heading(1, "What came out otherwise"), doc.Items(tuple(failures))]
    blocks.append(
        doc.Note("right", "the marker reaches its goals") if passed else doc.Note("mistake", "the marker misses a goal")
    )
    return doc.Document(f"{title}: self-test of the marker", tuple(blocks))


def _share(share: float) -> str:
    return f"{100 * share:.2f} %"


def _goal(goal: float) -> str:
    return "100 %" if goal == 1 else f"≥ {100 * goal:.0f} %"
