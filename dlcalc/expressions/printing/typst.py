"""Typst's mathematics: `floor(frac(n + 2 p - f, s)) + 1`, without surrounding $."""

from __future__ import annotations

from collections.abc import Sequence

from ..nodes import Div, Index, Node, Pow, Reduce, Vector
from .common import Printer, matrix_rows
from .linear import compact
from .names import LETTERS, NameParts
from .pieces import Edge, Level, Piece

_SIGNS = {
    # ⋅ is the operator; a middle dot · would be set as punctuation
    "−": "-", "·": "⋅", "×": "times", "≠": "!=", "≤": "<=", "≥": ">=", "and": '"and"', "or": '"or"',
}  # fmt: skip
_ACCENTS = {"hat": "hat", "bar": "macron", "tilde": "tilde"}
_REDUCERS = {"sum": "sum", "prod": "product"}
_BACKWARDS = "limits(accent(product, arrow.l))"
_FUNCTIONS = {
    name: name
    for name in (
        "exp", "ln", "log", "min", "max", "mod", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sech", "csch", "coth",
        "arcsin", "arccos", "arctan",
    )
} | {"log2": "log_(2)", "log10": "log_(10)"}  # fmt: skip


def _quoted(word: str) -> str:
    escaped = word.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


class Typst(Printer[str]):
    """Brackets grow by themselves; words stand in quotes, which sets them upright."""

    call_edge = Edge.CLOSED

    def row(self, parts: Sequence[str]) -> str:
        return "".join(parts)

    def number(self, digits: str) -> str:
        return digits

    def infinity(self) -> str:
        return "infinity"

    def letters(self, parts: NameParts) -> str:
        if parts.word:
            stem = _quoted(parts.spaced)
        elif parts.stem in LETTERS:
            stem = parts.stem
        else:
            stem = f"{_ACCENTS[parts.accent]}({parts.stem})" if parts.accent else parts.stem
        if not parts.subscript:
            return stem
        bare = parts.subscript.isdigit() or len(parts.subscript) == 1
        return f"{stem}_({parts.subscript if bare else _quoted(parts.subscript)})"

    def operator(self, sign: str) -> str:
        return f" {_SIGNS.get(sign, sign)} "

    def implied(self) -> str:
        return " "

    def negative(self, operand: str) -> str:
        return f"-{operand}"

    def negated(self, operand: str) -> str:
        return f'"not" {operand}'

    def parentheses(self, inner: str) -> str:
        return f"({inner})"

    def quotient(self, node: Div) -> Piece[str]:
        top, bottom = self.outs((node.numerator, node.denominator))
        return Piece(self.fraction(top, bottom), Level.POWER, left=Edge.APART)

    def fraction(self, top: str, bottom: str) -> str:
        return f"frac({top}, {bottom})"

    def differential(self, direct: bool) -> str:
        return "partial^(+) " if direct else "partial "

    def power(self, node: Pow) -> Piece[str]:
        base, exponent = self.show(node.base, Level.ATOM), self.show(node.exponent).out
        return Piece(f"{base.out}^({compact(exponent)})", Level.POWER, *self.power_edges(base), base.letter)

    def fence(self, function: str, inner: str) -> str:
        return f"{function}({inner})"

    def root(self, argument: Node) -> Piece[str]:
        return Piece(f"sqrt({self.show(argument).out})", Level.POWER)

    def choice(self, condition: Node, then: Node, otherwise: Node) -> Piece[str]:
        value, test, rest = self.outs((then, condition, otherwise))
        return Piece(f'cases({value} & "if" {test}, {rest} & "otherwise")', Level.OR)

    def function(self, name: str) -> str:
        return _FUNCTIONS.get(name) or f"op({_quoted(name)})"

    def applied(self, function: str, arguments: Sequence[str]) -> str:
        return function + self.parentheses(", ".join(arguments))

    def vector(self, node: Vector) -> Piece[str]:
        rows = matrix_rows(node)
        if rows is None:
            items = ", ".join(self.outs(node.items))
            shown = self.parentheses(f"{items}," if len(node.items) == 1 else items)
        else:
            shown = f'mat(delim: "[", {"; ".join(", ".join(self.outs(row)) for row in rows)})'
        return Piece(shown, left=Edge.APART, right=Edge.APART)

    def index(self, node: Index) -> Piece[str]:
        base = self.indexed(node.base)
        return Piece(f"{base.out}_({self.listed(node.indices)})", Level.ATOM, base.left, Edge.CLOSED, base.letter)

    def bracket(self, base: str, indices: Sequence[Node]) -> str:
        return f"{base} [{self.listed(indices)}]"

    def listed(self, indices: Sequence[Node]) -> str:
        return ", ".join(compact(index) for index in self.outs(indices))

    def transpose(self, operand: Piece[str]) -> Piece[str]:
        return Piece(f"{operand.out}^(top)", Level.POWER, *self.attached(operand), operand.letter)

    def reduction(self, node: Reduce) -> Piece[str]:
        sign = _BACKWARDS if node.descending else _REDUCERS[node.operator]
        low, high = (compact(self.show(limit, Level.SUM).out) for limit in (node.low, node.high))
        body = self.show(node.body, Level.REDUCTION).out
        return Piece(f"{sign}_({self.name(node.index).out}={low})^({high}) {body}", Level.REDUCTION)

    def range(self, index: str, low: str, high: str) -> str:
        return f"{index} = {low}, ..., {high}"
