"""What the marker made of its own test, as a document."""

from __future__ import annotations

from .. import document as doc
from .self_test import SelfTest, Tally

GOALS = {"right": 1.0, "marks": 1.0, "single": 0.99, "pairs": 0.9, "follows": 1.0, "conventions": 1.0}
"""The share of each kind that has to come out as it should."""
FIRST = 0.85
"""The share of single mistakes that are named first."""
MOST_NAMED = 5

_SAID = {
    "right": "right answers in all notations, marked right",
    "marks": "marks that are what they should be",
    "single": "single mistakes, among the named ones",
    "pairs": "two mistakes at once, among the named ones",
    "follows": "answers that follow from a wrong earlier one",
    "conventions": "answers right by another convention",
}


def passed(found: SelfTest) -> bool:
    """Whether every share reaches its goal."""
    shares = (getattr(found, name).share >= goal for name, goal in GOALS.items())
    return all(shares) and found.single.first_share >= FIRST and found.most_named <= MOST_NAMED


def report(found: SelfTest, title: str) -> doc.Document:
    """The shares beside their goals, and the first failures of each kind."""
    rows = [_row(_SAID[name], getattr(found, name), goal) for name, goal in GOALS.items()]
    single = found.single
    rows.insert(3, ("single mistakes, named first", str(single.tried), _share(single.first_share), _goal(FIRST)))
    header = ("hand-ins", "tried", "as it should be", "goal")
    blocks: list[doc.Block] = [doc.Table(header, tuple(rows), ("left", "right", "right", "right"))]
    blocks.append(doc.Paragraph(f"At most {found.most_named} mistakes were named for one answer."))
    failures = [line for name in GOALS for line in getattr(found, name).failures[:4]]
    if failures:
        blocks += [doc.Heading(1, "What came out otherwise"), doc.Items(tuple(failures))]
    kind = "right" if passed(found) else "mistake"
    blocks.append(doc.Note(kind, "the marker reaches its goals" if passed(found) else "the marker misses a goal"))  # type: ignore[arg-type]
    return doc.Document(f"{title}: self-test of the marker", tuple(blocks))


def _row(said: str, tally: Tally, goal: float) -> tuple[str, str, str, str]:
    return said, str(tally.tried), _share(tally.share), _goal(goal)


def _share(share: float) -> str:
    return f"{100 * share:.2f} %"


def _goal(goal: float) -> str:
    return "100 %" if goal == 1 else f"≥ {100 * goal:.0f} %"
