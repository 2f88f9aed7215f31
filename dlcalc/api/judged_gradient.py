"""A student's gradient, judged: right, right in another layout, or wrong and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import document as doc
from ..answers.gradient_marks import GradientTerms, mark_gradient
from ..answers.gradient_numbers import GradientNumbers, mark_numbers
from ..answers.verdicts import as_data, verdict
from ..document import Document, rounded
from ..explain import bptt
from ..expressions import printing
from ..expressions.nodes import Node, Value, to_node
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


class JudgedNumbers(JudgedAnswer):
    """A gradient in numbers, judged number by number; `said` is what was asked, for JSON."""

    def __init__(
        self,
        asked: GradientNumbers,
        answer: object,
        course: Profile,
        said: Mapping[str, Any],
        left: Node,
        of: str,
        show: bool,
        stated: bool = False,
    ) -> None:
        """of: the network's title. stated: whether the layout is, so that no other is right."""
        self.course, self.answer, self.said, self.left, self.of, self.show = course, answer, said, left, of, show
        mark = mark_numbers(asked, answer, course.significant_digits)
        self.mark = replace(mark, status="wrong") if stated and mark.status == "convention" else mark

    @property
    def expected(self) -> Value:
        """The gradient, a map row by row."""
        return self.mark.expected

    def __repr__(self) -> str:
        return f"<{printing.text(self.left)} is {self.status}>"

    def _document(self) -> Document:
        right = doc.Formula((doc.Equation(self.left, (to_node(rounded(self.expected)),)),)) if self.show else None
        about = (doc.Paragraph((doc.Math(self.left), f": {self.of}")),)
        return verdict("A gradient judged", self.mark, right, about=about)

    def to_dict(self) -> dict[str, Any]:
        return {**self.said, "answer": str(self.answer), **as_data(self.mark)}


def is_in_numbers(answer: object) -> bool:
    """Whether this is an array of numbers, and no formula."""
    return not isinstance(answer, str) or (not _LETTERS.search(_ENVIRONMENT.sub(" ", answer)) and bool(answer.strip()))


_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{[a-z]*matrix\}|(?<=\d)[eE](?=[-+\d])|\\(?:left|right|cdot|times)")
_LETTERS = re.compile(r"[^\W\d_]|[∂Σ∑Π∏]")
ROLES = {"h": "w_hh", "x": "w_ih"}
"""What a joined matrix meets → the role of the weights that meet it."""


def _by_parts(found: Derivation, parted: Network) -> tuple[Derivation, ...]:
    """The gradients by the parts of the asked weight, in the letters that answers have without joined weights."""
    names = {joined.name: weight.name for joined, weight in zip(found.network.weights, parted.weights, strict=True)}
    return tuple(
        Derivation(parted, names.get(part, part), found.form, found.steps, found.layout) for part in found.parts
    )
