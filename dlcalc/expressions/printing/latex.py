r"""LaTeX, as regular as it is readable, because the parser reads it back to the same tree.

Needs amsmath; the forms are \frac \left( \left\lfloor \left\lceil \left| \left\| \sqrt \cdot \times \odot \otimes \hat
\bar \tilde \mathrm \text \operatorname \sum \prod and the environments bmatrix and cases.
A matrix of one column is written like a column vector, and read back as one.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..nodes import Div, Index, Node, Pow, Reduce, Vector
from .common import Printer, matrix_rows
from .linear import compact
from .names import LETTERS, NameParts
from .pieces import Edge, Level, Piece

_SIGNS = {
    "−": "-", "·": r"\cdot", "×": r"\times", "⊙": r"\odot", "⊗": r"\otimes", "≠": r"\ne", "≤": r"\le", "≥": r"\ge",
    "and": r"\text{ and }", "or": r"\text{ or }",
}  # fmt: skip
_FENCES = {
    "floor": (r"\lfloor", r"\rfloor"), "ceil": (r"\lceil", r"\rceil"), "abs": ("|", "|"), "norm": (r"\|", r"\|"),
}  # fmt: skip
_REDUCERS = {"sum": r"\sum", "prod": r"\prod"}
_BACKWARDS = r"\overset{\leftarrow}{\prod}"
_FUNCTIONS = frozenset({
    "exp", "ln", "log", "min", "max", "sin", "cos", "tan", "sinh", "cosh", "tanh", "coth", "arcsin", "arccos", "arctan",
})  # fmt: skip
_ROUND_FORMS = frozenset({"epsilon", "phi"})
r"""\epsilon and \phi are other shapes than the ε and φ that every other format shows."""


def _subscript(subscript: str) -> str:
    bare = subscript.isdigit() or len(subscript) == 1
    return f"_{{{subscript}}}" if bare else rf"_{{\mathrm{{{subscript}}}}}"


class Latex(Printer[str]):
    """Without surrounding $."""

    call_edge = Edge.CLOSED

    def row(self, parts: Sequence[str]) -> str:
        return "".join(parts)

    def number(self, digits: str) -> str:
        return digits

    def infinity(self) -> str:
        return r"\infty"

    def letters(self, parts: NameParts) -> str:
        if parts.word:
            stem = rf"\text{{{parts.spaced}}}" if "_" in parts.stem else rf"\mathrm{{{parts.stem}}}"
        elif parts.stem in LETTERS:
            stem = rf"\var{parts.stem}" if parts.stem in _ROUND_FORMS else rf"\{parts.stem}"
        else:
            stem = rf"\{parts.accent}{{{parts.stem}}}" if parts.accent else parts.stem
        return stem + _subscript(parts.subscript) if parts.subscript else stem

    def operator(self, sign: str) -> str:
        return f" {_SIGNS.get(sign, sign)} "

    def implied(self) -> str:
        return " "

    def negative(self, operand: str) -> str:
        return f"-{operand}"

    def negated(self, operand: str) -> str:
        return rf"\text{{not }} {operand}"

    def parentheses(self, inner: str) -> str:
        return rf"\left( {inner} \right)"

    def quotient(self, node: Div) -> Piece[str]:
        top, bottom = self.outs((node.numerator, node.denominator))
        return Piece(self.fraction(top, bottom), Level.POWER, left=Edge.APART)

    def fraction(self, top: str, bottom: str) -> str:
        return rf"\frac{{{top}}}{{{bottom}}}"

    def differential(self, direct: bool) -> str:
        return r"\partial^{+} " if direct else r"\partial "

    def power(self, node: Pow) -> Piece[str]:
        base, exponent = self.show(node.base, Level.ATOM), self.show(node.exponent).out
        shown = self.parentheses(exponent) if self.reads_as_transpose(node) else compact(exponent)
        return Piece(f"{base.out}^{{{shown}}}", Level.POWER, *self.power_edges(base), base.letter)

    def fence(self, function: str, inner: str) -> str:
        opening, closing = _FENCES[function]
        return rf"\left{opening} {inner} \right{closing}"

    def root(self, argument: Node) -> Piece[str]:
        return Piece(rf"\sqrt{{{self.show(argument).out}}}", Level.POWER)

    def choice(self, condition: Node, then: Node, otherwise: Node) -> Piece[str]:
        value, test, rest = self.outs((then, condition, otherwise))
        rows = rf"{value} & {test} \\ {rest} & \text{{otherwise}}"
        return Piece(rf"\begin{{cases}} {rows} \end{{cases}}", Level.OR)

    def function(self, name: str) -> str:
        return rf"\{name}" if name in _FUNCTIONS else rf"\operatorname{{{name.replace('_', chr(92) + '_')}}}"

    def applied(self, function: str, arguments: Sequence[str]) -> str:
        return function + self.parentheses(", ".join(arguments))

    def vector(self, node: Vector) -> Piece[str]:
        rows = matrix_rows(node)
        if rows is None:
            items = ", ".join(self.outs(node.items))
            shown = self.parentheses(f"{items}," if len(node.items) == 1 else items)
        else:
            lines = r" \\ ".join(" & ".join(self.outs(row)) for row in rows)
            shown = rf"\begin{{bmatrix}} {lines} \end{{bmatrix}}"
        return Piece(shown, left=Edge.APART, right=Edge.APART)

    def index(self, node: Index) -> Piece[str]:
        base = self.indexed(node.base)
        return Piece(f"{base.out}_{{{self.listed(node.indices)}}}", Level.ATOM, base.left, Edge.CLOSED, base.letter)

    def bracket(self, base: str, indices: Sequence[Node]) -> str:
        return rf"{base}\left[ {self.listed(indices)} \right]"

    def listed(self, indices: Sequence[Node]) -> str:
        return ", ".join(compact(index) for index in self.outs(indices))

    def transpose(self, operand: Piece[str]) -> Piece[str]:
        return Piece(rf"{operand.out}^{{\top}}", Level.POWER, *self.attached(operand), operand.letter)

    def reduction(self, node: Reduce) -> Piece[str]:
        sign = _BACKWARDS if node.descending else _REDUCERS[node.operator]
        low, high = (compact(self.show(limit, Level.SUM).out) for limit in (node.low, node.high))
        body = self.show(node.body, Level.REDUCTION).out
        return Piece(f"{sign}_{{{self.name(node.index).out}={low}}}^{{{high}}} {body}", Level.REDUCTION)

    def range(self, index: str, low: str, high: str) -> str:
        return rf"{index} = {low} \ldots {high}"
