"""A student's gradient, judged: right, right in another layout, or wrong and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..answers.gradient_marks import GradientTerms, mark_gradient
from ..answers.verdicts import as_data, verdict
from ..document import Document
from ..explain import bptt
from ..expressions import printing
from ..gradients import Derivation
from ..profiles import Profile
from .results import JudgedAnswer


class JudgedGradient(JudgedAnswer):
    """Its `status`, the `convention` by which it is right where that is another one, and the `mistakes` behind it."""

    def __init__(
        self,
        derivation: Derivation,
        answer: str,
        show: bool,
        course: Profile,
        stated: frozenset[str] = frozenset(),
        letters: Mapping[str, str] | None = None,
    ) -> None:
        self.course = course
        self.derivation = derivation
        self.answer = answer
        self.show = show
        terms = GradientTerms(course.outer, stated=stated)
        self.spell = letters or None
        written = {theirs: ours for ours, theirs in (letters or {}).items()}
        self.mark = mark_gradient(derivation, terms, answer, derivation.lines[-1].right, written)

    @property
    def expected(self) -> str:
        """The gradient in the layout asked for, as text that is read back."""
        return printing.plain(self.derivation.lines[-1].right)

    def __repr__(self) -> str:
        named = ", ".join(found["id"] for found in self.mistakes) or "no typical mistake"
        said = f": {named}" if self.correct is False else ""
        return f"<{printing.text(self.derivation.gradient_of)} is {self.status}{said}>"

    def _document(self) -> Document:
        right = bptt.right_gradient(self.derivation) if self.show else None
        about = (bptt.question(self.derivation),)
        return verdict("A gradient judged", self.mark, right, spell=self.spell, about=about)

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
            **as_data(self.mark),
            "expected": self.expected,
        }
