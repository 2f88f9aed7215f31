"""A practice set answered part by part, each answer judged at once: in the terminal, or in a notebook.

run = Practice(practice("convolution", count=2))
run.answer(1, "size", "55x55x96").status
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from .. import document as doc
from ..answers.targets import TableTarget
from ..errors import UserError
from ..grading.feedback import SAID, right_words
from ..grading.part_judging import judge
from ..grading.part_mark import PartMark
from ..grading.policy import Policy
from ..networks.exercise import cell
from ..networks.table import COUNTS
from ..quiz.problem import Part
from ..quiz.sheet import as_asked, question
from ..quiz.variant import Variant
from .quiz import Paper

EARNING = ("right", "follows", "convention")
COUNTING = (*EARNING, "wrong")
"""What counts as a try; what could not be read is typed again."""
MOST_PLACES = 6


class Practice:
    """A practice set and what was answered so far. `right` of `asked` parts are right."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self._kept: list[tuple[Variant, dict[str, object]]] = []
        self.right = self.asked = 0
        self.points: dict[str, tuple[Fraction, Fraction]] = defaultdict(lambda: (Fraction(0), Fraction(0)))
        """Topic → what was earned, of how much."""

    @property
    def variants(self) -> tuple[Variant, ...]:
        return self.paper.variants

    def answer(self, number: int, part: str, typed: object) -> PartMark:
        """The mark of an answer to a part of question `number`, from 1; it counts. Raises UserError."""
        if not 1 <= number <= len(self.variants):
            raise UserError(f"there are questions 1 to {len(self.variants)}, not {number}")
        made = self.variants[number - 1]
        asked = next((each for each in made.problem.parts if each.id == part), None)
        if asked is None:
            known = ", ".join(each.id for each in made.problem.parts)
            raise UserError(f"question {number} has the parts {known}, not {part[:40]}")
        mark = self.judged(made, asked, typed)
        self.count(made, asked, mark)
        return mark

    def judged(self, made: Variant, part: Part, typed: object) -> PartMark:
        """The mark of an answer, which is kept for the parts that follow from it."""
        answers = next((kept for known, kept in self._kept if known is made), None)
        if answers is None:
            answers = {}
            self._kept.append((made, answers))
        answers[part.id] = typed
        return next(mark for mark in judge(made, answers, Policy()) if mark.part is part)

    def count(self, made: Variant, part: Part, mark: PartMark) -> None:
        """Adds a mark to what was earned."""
        got, of = self.points[made.problem.topic]
        self.points[made.problem.topic] = got + mark.share * part.points, of + part.points
        self.asked += 1
        self.right += mark.status in EARNING


def hints(made: Variant, part: Part) -> tuple[doc.Words, ...]:
    """What helps with a part, step by step."""
    return question(made, key=True).parts[made.problem.parts.index(part)].hints


def solution(made: Variant, part: Part) -> Iterator[doc.Block]:
    """The right answer, with its working, or of a choice with its reason."""
    for index, choice in enumerate(made.choices.get(part.id, ())):
        if choice.right:
            because = (" ", *doc.inlines(choice.because)) if choice.because else ()
            yield doc.Note("note", (f"Right is {chr(ord('A') + index)}: ", *doc.inlines(choice.words), *because))
    target = made.asked[part.id]
    if part.id not in made.choices:
        right = right_words(as_asked(part, target.expected), part.kind)
        yield doc.Note("note", ("Right is ", *right, "."))
    yield from target.working()


def cells(target: TableTarget) -> list[tuple[str, str]]:
    """Every cell that a table asks, by its layer and its column, the totals last."""
    layers = [(row.layer.name, row) for row in target.table.rows]
    return [
        (name, column) for name, row in layers for column in target.columns if cell(row, column) is not None
    ] + [("total", column) for column in target.columns if column in COUNTS]  # fmt: skip


def remark(mark: PartMark, left: int = 0) -> doc.Note:
    """What an answer is worth, and why; `left` tries are left."""
    again = {0: "", 1: " One more try."}.get(left, f" {left} more tries.")
    match mark.status:
        case "right":
            return doc.Note("right", "Right.")
        case "follows":
            return doc.Note("right", "Right: it follows from your own earlier answer.")
        case "convention":
            return doc.Note("right", f"Right by another convention: {mark.convention}.")
        case "wrong" if mark.cells and any(each.status in EARNING for each in mark.cells):
            return doc.Note("mistake", _of_an_array(mark) + again)
        case "wrong" if mark.mistakes:
            reasons = " Or: ".join(doc.sentence(each.because) for each in mark.mistakes[:2])
            size = f"{doc.sentence(mark.reason)} " if mark.reason else ""
            return doc.Note("mistake", size + reasons + again)
        case "wrong":
            why = mark.reason or "not right, and no typical mistake leads to it"
            return doc.Note("mistake", doc.sentence(why) + again)
    why = mark.reason or "a number, a shape or a letter is expected"
    return doc.Note("warning", doc.sentence(f"{why}; try again"))


def remarks_on_cells(mark: PartMark) -> Iterator[doc.Note]:
    """What is said of a table: each cell that is not right, then how many are."""
    for each in mark.cells:
        if each.status not in ("right", "missing"):
            why = each.mistakes[0].because if each.mistakes else each.reason
            words = f"{each.layer}, {each.column.replace('_', ' ')}: {SAID[each.status]}."
            yield doc.Note("mistake" if each.status == "wrong" else "note",
                           f"{words} {doc.sentence(why) if why else ''}".strip())  # fmt: skip
    right = sum(each.mark for each in mark.cells)
    kind: Any = "right" if mark.status == "right" else "note"
    yield doc.Note(kind, f"{right} of {len(mark.cells)} cells are right.")


def _of_an_array(mark: PartMark) -> str:
    """How many numbers of a vector or a matrix are right, which are not, and why where that is known."""
    wrong = [each for each in mark.cells if each.status not in EARNING]
    places = [", ".join(filter(None, (each.layer, each.column))) for each in wrong[:MOST_PLACES]]
    more = "; …" if len(wrong) > MOST_PLACES else ""
    why = "".join(f" {doc.sentence(each.because)}" for each in mark.mistakes[:1])
    return f"{len(mark.cells) - len(wrong)} of {len(mark.cells)} numbers are right, not {'; '.join(places)}{more}.{why}"
