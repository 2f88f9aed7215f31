"""Presentation MathML (Core elements only), which browsers and screen readers take as it is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TypeAlias

from ..nodes import Div, Index, Node, Pow, Reduce, Vector
from .common import Printer, matrix_rows
from .linear import FENCES
from .names import NameParts
from .pieces import Edge, Level, Piece

Elements: TypeAlias = tuple[str, ...]
"""Elements side by side."""

_INVISIBLE_TIMES = "\u2062"
_APPLY_FUNCTION = "\u2061"
_ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~"}
_LOGARITHMS = {"log2": "2", "log10": "10"}
_REDUCERS = {"sum": "∑", "prod": "∏"}


def _tag(name: str, *inner: str, **attributes: str) -> str:
    shown = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{shown}>{''.join(inner)}</{name}>"


def _one(elements: Elements) -> str:
    """The elements as a single one."""
    return elements[0] if len(elements) == 1 else _tag("mrow", *elements)


def _sign(sign: str) -> str:
    return _tag("mo", escape(sign))


def _upright(word: str) -> str:
    return _tag("mi", escape(word), mathvariant="normal")


def _commas(items: Sequence[Elements]) -> Elements:
    return tuple(part for i, item in enumerate(items) for part in ((_sign(","), *item) if i else item))


class MathML(Printer[Elements]):
    def element(self, elements: Elements, display: bool) -> str:
        """The whole <math> element."""
        attributes = {"xmlns": "http://www.w3.org/1998/Math/MathML", "display": "block" if display else "inline"}
        return _tag("math", _one(elements), **attributes)

    def row(self, parts: Sequence[Elements]) -> Elements:
        return tuple(element for part in parts for element in part)

    def number(self, digits: str) -> Elements:
        return (_tag("mn", digits),)

    def infinity(self) -> Elements:
        return (_tag("mi", "∞"),)

    def letters(self, parts: NameParts) -> Elements:
        if parts.word:
            stem = _upright(parts.spaced)
        else:
            stem = _tag("mi", escape(parts.letter))
            if parts.accent:
                stem = _tag("mover", stem, _sign(_ACCENTS[parts.accent]), accent="true")
        if not parts.subscript:
            return (stem,)
        if parts.subscript.isdigit():
            subscript = _tag("mn", parts.subscript)
        elif len(parts.subscript) == 1:
            subscript = _tag("mi", escape(parts.subscript))
        else:
            subscript = _upright(parts.subscript)
        return (_tag("msub", stem, subscript),)

    def operator(self, sign: str) -> Elements:
        return (_tag("mtext", f"\u00a0{sign}\u00a0") if sign in ("and", "or") else _sign(sign),)

    def implied(self) -> Elements:
        return (_sign(_INVISIBLE_TIMES),)

    def negative(self, operand: Elements) -> Elements:
        return (_tag("mo", "−", form="prefix"), *operand)

    def negated(self, operand: Elements) -> Elements:
        return (_tag("mtext", "not\u00a0"), *operand)

    def fenced(self, opening: str, inner: Elements, closing: str) -> Elements:
        first = _tag("mo", opening, form="prefix", stretchy="true", fence="true")
        last = _tag("mo", closing, form="postfix", stretchy="true", fence="true")
        return (_tag("mrow", first, *inner, last),)

    def parentheses(self, inner: Elements) -> Elements:
        return self.fenced("(", inner, ")")

    def quotient(self, node: Div) -> Piece[Elements]:
        top, bottom = self.outs((node.numerator, node.denominator))
        return Piece(self.fraction(top, bottom), Level.POWER, left=Edge.APART)

    def fraction(self, top: Elements, bottom: Elements) -> Elements:
        return (_tag("mfrac", _one(top), _one(bottom)),)

    def differential(self, direct: bool) -> Elements:
        return (_tag("msup", _tag("mi", "∂"), _sign("+")),) if direct else (_tag("mi", "∂"),)

    def power(self, node: Pow) -> Piece[Elements]:
        base, exponent = self.show(node.base, Level.ATOM), self.show(node.exponent)
        shown = _tag("msup", _one(base.out), _one(exponent.out))
        return Piece((shown,), Level.POWER, *self.power_edges(base), base.letter)

    def fence(self, function: str, inner: Elements) -> Elements:
        opening, closing = FENCES[function]
        return self.fenced(opening, inner, closing)

    def root(self, argument: Node) -> Piece[Elements]:
        return Piece((_tag("msqrt", *self.show(argument).out),), Level.POWER)

    def choice(self, condition: Node, then: Node, otherwise: Node) -> Piece[Elements]:
        value, test, rest = self.outs((then, condition, otherwise))
        rows = [(value, (_tag("mtext", "if\u00a0"), *test)), (rest, (_tag("mtext", "otherwise"),))]
        brace = _tag("mo", "{", form="prefix", stretchy="true", fence="true")
        return Piece((_tag("mrow", brace, self.table(rows)),), Level.OR)

    def table(self, rows: Sequence[Sequence[Elements]]) -> str:
        return _tag("mtable", *(_tag("mtr", *(_tag("mtd", *cell) for cell in row)) for row in rows))

    def function(self, name: str) -> Elements:
        if name in _LOGARITHMS:
            return (_tag("msub", _upright("log"), _tag("mn", _LOGARITHMS[name])),)
        return (_upright(name),)

    def applied(self, function: Elements, arguments: Sequence[Elements]) -> Elements:
        return (*function, _sign(_APPLY_FUNCTION), *self.parentheses(_commas(arguments)))

    def vector(self, node: Vector) -> Piece[Elements]:
        rows = matrix_rows(node)
        if rows is None:
            items = _commas(self.outs(node.items))
            shown = self.parentheses((*items, _sign(",")) if len(node.items) == 1 else items)
        else:
            shown = self.fenced("[", (self.table([self.outs(row) for row in rows]),), "]")
        return Piece(shown, left=Edge.APART, right=Edge.APART)

    def index(self, node: Index) -> Piece[Elements]:
        base = self.indexed(node.base)
        shown = _tag("msub", _one(base.out), _one(_commas(self.outs(node.indices))))
        return Piece((shown,), Level.ATOM, base.left, Edge.CLOSED, base.letter)

    def bracket(self, base: Elements, indices: Sequence[Node]) -> Elements:
        return (*base, *self.fenced("[", _commas(self.outs(indices)), "]"))

    def transpose(self, operand: Piece[Elements]) -> Piece[Elements]:
        shown = _tag("msup", _one(operand.out), _sign("⊤"))
        return Piece((shown,), Level.POWER, *self.attached(operand), operand.letter)

    def reduction(self, node: Reduce) -> Piece[Elements]:
        sign = _sign(_REDUCERS[node.operator])
        if node.descending:
            sign = _tag("mover", sign, _sign("←"))
        low = _one((*self.name(node.index).out, _sign("="), *self.show(node.low, Level.SUM).out))
        shown = _tag("munderover", sign, low, _one(self.show(node.high, Level.SUM).out))
        return Piece((shown, _one(self.show(node.body, Level.REDUCTION).out)), Level.REDUCTION)

    def range(self, index: Elements, low: Elements, high: Elements) -> Elements:
        return (*index, _sign("="), *low, _sign(","), _sign("…"), _sign(","), *high)
