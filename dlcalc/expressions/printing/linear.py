"""One line of Unicode: `⌊(n + 2p − f)/s⌋ + 1`, `4m(n + m + 1)`, `f²ck`, `tanh(Uxₜ + Whₜ₋₁ + b)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..nodes import Div, Index, Node, Pow, Reduce, Vector
from .common import Printer
from .names import SUPERSCRIPTS, NameParts, index_glyphs, script, unicode_name
from .pieces import Edge, Level, Piece, is_bare

FENCES = {"floor": ("⌊", "⌋"), "ceil": ("⌈", "⌉"), "abs": ("|", "|"), "norm": ("‖", "‖")}
REDUCERS = {"sum": "Σ", "prod": "Π"}


def compact(line: str) -> str:
    """A sum without spaces, for a subscript or a limit."""
    return line.replace(" − ", "−").replace(" - ", "-").replace(" + ", "+")


class Text(Printer[str]):
    """Unicode on one line, which the parser reads back."""

    glyphs = True
    widest_numerator: ClassVar[Level] = Level.IMPLIED

    def row(self, parts: Sequence[str]) -> str:
        return "".join(parts)

    def number(self, digits: str) -> str:
        return digits

    def infinity(self) -> str:
        return "∞"

    def letters(self, parts: NameParts) -> str:
        return unicode_name(parts)

    def operator(self, sign: str) -> str:
        return sign if sign == "·" else f" {sign} "

    def implied(self) -> str:
        return ""

    def negative(self, operand: str) -> str:
        return f"−{operand}"

    def negated(self, operand: str) -> str:
        return f"not {operand}"

    def parentheses(self, inner: str) -> str:
        return f"({inner})"

    def quotient(self, node: Div) -> Piece[str]:
        numerator = self.show(node.numerator, Level.POWER if isinstance(node.numerator, Div) else self.widest_numerator)
        denominator = self.show(node.denominator, Level.POWER)
        return Piece(f"{numerator.out}/{denominator.out}", Level.PRODUCT, Edge.APART, Edge.APART)

    def fraction(self, top: str, bottom: str) -> str:
        return f"{top}/{bottom}"

    def differential(self, direct: bool) -> str:
        return "∂⁺" if direct else "∂"

    def power(self, node: Pow) -> Piece[str]:
        base = self.show(node.base, Level.ATOM)
        small = script(node.exponent, SUPERSCRIPTS, self.spell)
        if small is not None:
            return Piece(base.out + small, Level.POWER, *self.power_edges(base), base.letter)
        return Piece(f"{base.out}^{self.exponent(node)}", Level.POWER, base.left, Edge.APART, base.letter)

    def exponent(self, node: Pow) -> str:
        """An exponent on the line: in parentheses unless it is a number or a name."""
        exponent = self.show(node.exponent)
        bare = is_bare(node.exponent, exponent) and not self.reads_as_transpose(node)
        return exponent.out if bare else f"({exponent.out})"

    def fence(self, function: str, inner: str) -> str:
        opening, closing = FENCES[function]
        return f"{opening}{inner}{closing}"

    def root(self, argument: Node) -> Piece[str]:
        shown = self.show(argument)
        line = f"√{shown.out}" if is_bare(argument, shown) else f"√({shown.out})"
        return Piece(line, Level.POWER, right=Edge.APART)

    def choice(self, condition: Node, then: Node, otherwise: Node) -> Piece[str]:
        test, value, rest = self.outs((condition, then, otherwise))
        return Piece(f"({value} if {test}, otherwise {rest})", left=Edge.APART, right=Edge.APART)

    def function(self, name: str) -> str:
        return name

    def applied(self, function: str, arguments: Sequence[str]) -> str:
        return f"{function}({', '.join(arguments)})"

    def given(self, name: str, argument: str) -> str:
        return f"{name}={argument}"

    def vector(self, node: Vector) -> Piece[str]:
        items = ", ".join(self.outs(node.items))
        return Piece(f"({items},)" if len(node.items) == 1 else f"({items})", left=Edge.APART, right=Edge.APART)

    def index(self, node: Index) -> Piece[str]:
        small = index_glyphs(node, self.spell)
        if small is None:
            return self.in_brackets(node)
        base = self.indexed(node.base)
        return Piece(base.out + small, Level.ATOM, base.left, Edge.CLOSED, base.letter)

    def bracket(self, base: str, indices: Sequence[Node]) -> str:
        return f"{base}[{', '.join(compact(index) for index in self.outs(indices))}]"

    def transpose(self, operand: Piece[str]) -> Piece[str]:
        return Piece(f"{operand.out}ᵀ", Level.POWER, *self.attached(operand))

    def reduction(self, node: Reduce) -> Piece[str]:
        if node.descending:
            limits = self.limits(node)
            return Piece(self.applied(f"{node.operator}_desc", [limits, self.show(node.body).out]), left=Edge.APART)
        body = self.show(node.body, Level.REDUCTION).out
        return Piece(f"{REDUCERS[node.operator]}_{{{self.limits(node)}}} {body}", Level.REDUCTION, left=Edge.APART)

    def limits(self, node: Reduce) -> str:
        low, high = (compact(self.show(limit, Level.SUM).out) for limit in (node.low, node.high))
        return f"{self.name(node.index).out}={low}..{high}"

    def range(self, index: str, low: str, high: str) -> str:
        return f"{index} in {low}..{high}"
