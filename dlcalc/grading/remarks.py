"""What is said in practice of a part and of an answer to it: its hints, its solution, what the answer is worth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import document as doc
from ..answers.choices import letter
from ..answers.marks import EARNING
from ..answers.wrong_numbers import wrong_numbers
from ..quiz.problem import Part
from ..quiz.sheet import as_asked, question
from ..quiz.variant import Variant
from .feedback import SAID, right_words
from .part_mark import PartMark


def hints(made: Variant, part: Part) -> tuple[doc.Words, ...]:
    """What helps with a part, step by step."""
    return question(made, key=True).parts[made.problem.parts.index(part)].hints


def lettered(shown: doc.Part) -> tuple[doc.Paragraph, ...]:
    """The choices of a part, each with its letter."""
    choices = shown.entry.choices if shown.entry is not None else ()
    return tuple(doc.Paragraph((f"{letter(i)}  ", *doc.inlines(each.words))) for i, each in enumerate(choices))


def solution(made: Variant, part: Part) -> Iterator[doc.Block]:
    """The right answer, with its working, or of a choice with its reason."""
    for index, choice in enumerate(made.choices.get(part.id, ())):
        if choice.right:
            because = (" ", *doc.inlines(choice.because)) if choice.because else ()
            yield doc.Note("note", (f"The right answer is {letter(index)}: ", *doc.inlines(choice.words), *because))
    target = made.asked[part.id]
    if part.id not in made.choices:
        right = right_words(as_asked(part, target.expected), part.kind)
        yield doc.Note("note", ("The right answer is ", *right, "."))
    yield from target.working()


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
            why = "".join(f" {doc.sentence(each.because)}" for each in mark.mistakes[:1])
            return doc.Note("mistake", wrong_numbers(mark.cells) + why + again)
        case "wrong" if mark.mistakes:
            reasons = " Or: ".join(doc.sentence(each.because) for each in mark.mistakes[:2])
            size = f"{doc.sentence(mark.further_reason)} " if mark.further_reason else ""
            return doc.Note("mistake", size + reasons + again)
        case "wrong":
            why = mark.reason or "not right, and no typical mistake gives this"
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
