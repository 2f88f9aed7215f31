"""A student's derivative, judged: of numbers by the rules, or of vectors and matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..answers.marks import Mark
from ..answers.verdicts import as_data, verdict
from ..document import Document, Formula
from ..errors import UserError
from ..expressions import printing
from ..gradients.matrix_calculus import MatrixDerivative
from ..gradients.scalar import Derivative
from .results import JudgedAnswer


class JudgedDerivative(JudgedAnswer):
    """A student's derivative: its `status`, and the `mistakes` that lead to it."""

    def __init__(self, found: Derivative | MatrixDerivative, answer: str, mark: Mark, right: Formula | None) -> None:
        self.found = found
        self.answer = answer
        self.mark = mark
        self.right = right

    def _document(self) -> Document:
        title = f"Derivative by {self.found.by} of {printing.text(self.found.expression)}"
        return verdict(title, self.mark, self.right)

    def to_dict(self) -> dict[str, Any]:
        found = self.found
        return {
            "expression": printing.plain(found.expression),
            "wrt": found.by if isinstance(found.by, str) else found.by.id,
            "answer": self.answer,
            **as_data(self.mark),
            "expected": printing.plain(found.shown),
            **(written_parts(found) if isinstance(found, Derivative) else {}),
        }


def written_parts(found: Derivative) -> dict[str, Any]:
    """The names that stand for parts of what is printed, where it is not written out."""
    if found.shortened is None:
        return {}
    return {"parts": [{"name": name, "value": printing.plain(node)} for name, node in found.parts.items()]}


def asked_letter(wrt: str, letters: Sequence[str]) -> str:
    """The letter by which is differentiated, the only one where none is said. Raises UserError."""
    if not wrt and len(letters) != 1:
        raise no_letter(letters)
    return wrt or letters[0]


def no_letter(letters: Sequence[str]) -> UserError:
    """What is said where there is no such letter."""
    return UserError(f"--wrt says by which letter to differentiate; the letters are {', '.join(letters) or 'none'}")
