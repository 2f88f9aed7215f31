"""A student's gradient, judged: right, right in another layout, or wrong and why."""

from __future__ import annotations

from typing import Any

from .. import document as doc
from ..answers.gradient_judging import judge
from ..expressions import printing
from ..gradients import Derivation
from ..profiles import Profile
from .results import Result


class JudgedGradient(Result):
    """`correct`, the layout it was read in as `convention`, and the `mistakes` that lead to it."""

    def __init__(self, derivation: Derivation, answer: str, show: bool, course: Profile) -> None:
        self.course = course
        self.derivation = derivation
        self.answer = answer
        self.show = show
        self.verdict = judge(derivation, answer, course.outer)

    @property
    def correct(self) -> bool:
        return self.verdict.correct

    @property
    def convention(self) -> str:
        return self.verdict.layout

    @property
    def mistakes(self) -> list[dict[str, str]]:
        return [{"id": found.id, "because": found.because} for found in self.verdict.mistakes]

    @property
    def expected(self) -> str:
        """The gradient in the layout asked for, as text that is read back."""
        return printing.plain(self.derivation.lines[-1].right)

    def __repr__(self) -> str:
        names = ", ".join(found.id for found in self.verdict.mistakes) or "no typical mistake"
        return f"<{printing.text(self.derivation.gradient_of)} is {'right' if self.correct else f'wrong: {names}'}>"

    def _document(self) -> doc.Document:
        title = self.derivation.network.title
        blocks: list[doc.Block] = [doc.Paragraph((doc.Math(self.derivation.gradient_of), f": {title}"))]
        found = self.verdict
        if found.correct:
            blocks.append(doc.Note("right", "this is right"))
        elif not found.mistakes:
            blocks.append(doc.Note("mistake", "this is wrong; no typical mistake gives this"))
        elif len(found.mistakes) == 1:
            blocks += [doc.Note("mistake", "this is wrong."), doc.Paragraph(doc.sentence(found.mistakes[0].because))]
        else:
            blocks.append(doc.Note("mistake", "this is wrong. One of these gives it:"))
            blocks.append(doc.Items(tuple(each.because for each in found.mistakes)))
        blocks += [doc.Paragraph(doc.sentence(text)) for text in (found.detail, *found.notes) if text]
        if self.show:
            line = self.derivation.lines[-1]
            blocks.append(doc.Formula((doc.Equation(line.left, (line.right,)),)))
        return doc.Document("A gradient judged", tuple(blocks))

    def to_dict(self) -> dict[str, Any]:
        found = self.derivation
        return {
            "cell": found.network.cell,
            "head": found.network.head.name,
            "loss": found.network.loss,
            "wrt": found.wrt,
            "layout": found.layout,
            "steps": found.steps,
            "answer": self.answer,
            "correct": self.correct,
            **({"expected": self.expected} if self.show else {}),
            "convention": self.convention,
            "mistakes": self.mistakes,
            "detail": self.verdict.detail,
            "notes": list(self.verdict.notes),
        }
