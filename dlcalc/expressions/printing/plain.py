"""One line that the parser reads with no context at all: every product has its `*`, every function its name.

ASCII but for ⊙, ⊗ and ᵀ, which have no ASCII form that reads the same whatever the names stand for.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..nodes import Call, Index, Pow, Reduce
from .linear import Text
from .names import NameParts
from .pieces import Edge, Joint, Level, Piece

_SIGNS = {"−": "-", "≠": "!=", "≤": "<=", "≥": ">="}


class Plain(Text):
    """For JSON and for files: `floor((n + 2*p - f)/s) + 1`."""

    widest_numerator = Level.PRODUCT

    def infinity(self) -> str:
        return "inf"

    def letters(self, parts: NameParts) -> str:
        stem = parts.stem + parts.accent
        return f"{stem}_{parts.subscript}" if parts.subscript else stem

    def operator(self, sign: str) -> str:
        return f" {_SIGNS.get(sign, sign)} "

    def joints(self, pieces: Sequence[Piece[str]]) -> list[Joint]:
        return [Joint.DOT] * (len(pieces) - 1)

    def joint_sign(self, joint: Joint) -> str:
        return "*"

    def negative(self, operand: str) -> str:
        return f"-{operand}"

    def power(self, node: Pow) -> Piece[str]:
        return Piece(f"{self.show(node.base, Level.ATOM).out}^{self.exponent(node)}", Level.POWER)

    def call(self, node: Call) -> Piece[str]:
        return Piece(self.applied(node.function, self.arguments(node)))

    def index(self, node: Index) -> Piece[str]:
        return self.in_brackets(node)

    def reduction(self, node: Reduce) -> Piece[str]:
        name = f"{node.operator}_desc" if node.descending else node.operator
        return Piece(self.applied(name, [self.limits(node), self.show(node.body).out]), left=Edge.APART)
