"""A student's gradient, judged: right, right in another layout, or wrong and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..answers.gradient_marks import GradientTerms, mark_gradient
from ..answers.verdicts import as_data, verdict
from ..document import Document
from ..explain import bptt
from ..expressions import printing
from ..gradients import Derivation, Network
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
        parted: Network | None = None,
    ) -> None:
        """parted: where the asked weight is joined, the same network with the letters of its parts."""
        self.course = course
        self.derivation = derivation
        self.answer = answer
        self.show = show
        self.spell = letters or None
        written = {theirs: ours for ours, theirs in (letters or {}).items()}
        expected = derivation.lines[-1].right
        terms = GradientTerms(course.outer, stated=stated)
        if parted is None:
            self.mark = mark_gradient(derivation, terms, answer, expected, written)
        else:
            of_part = _by_parts(derivation, parted)
            if len(of_part) > 1:
                roles = tuple(ROLES[letter] for letter in derivation.joined)
                terms = replace(terms, joined=roles)
            self.mark = mark_gradient(of_part[0], terms, answer, expected, written, *of_part[1:])

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


ROLES = {"h": "w_hh", "x": "w_ih"}
"""What a joined matrix meets → the role of the weights that meet it."""


def _by_parts(found: Derivation, parted: Network) -> tuple[Derivation, ...]:
    """The gradients by the parts of the asked weight, in the letters that answers have without joined weights."""
    names = {joined.name: weight.name for joined, weight in zip(found.network.weights, parted.weights, strict=True)}
    return tuple(
        Derivation(parted, names.get(part, part), found.form, found.steps, found.layout) for part in found.parts
    )
