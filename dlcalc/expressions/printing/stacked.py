"""Two-dimensional Unicode: fractions stacked, brackets grown, limits above and below their Σ.

    ⎢n + 2p − f⎥
o = ⎢──────────⎥ + 1
    ⎣    s     ⎦
"""

from __future__ import annotations

from collections.abc import Sequence

from ..nodes import Div, Index, Node, Pow, Reduce, Vector
from . import blocks
from .blocks import Block, joined, line
from .common import Printer, matrix_rows
from .linear import FENCES, REDUCERS, compact
from .names import SUPERSCRIPTS, NameParts, index_glyphs, script, unicode_name
from .pieces import Edge, Joint, Level, Piece, is_bare

_GROWN = {
    # top, middle and bottom piece of the opening bracket, then of the closing one
    "(": ("⎛⎜⎝", "⎞⎟⎠"), "[": ("⎡⎢⎣", "⎤⎥⎦"), "floor": ("⎢⎢⎣", "⎥⎥⎦"), "ceil": ("⎡⎢⎢", "⎤⎥⎥"), "abs": ("│││", "│││"),
    "norm": ("║║║", "║║║"),
}  # fmt: skip
_SMALL = {"(": ("(", ")"), "[": ("[", "]"), **FENCES}


class Stacked(Printer[Block]):
    """Scripts are small glyphs where Unicode has them."""

    glyphs = True

    def row(self, parts: Sequence[Block]) -> Block:
        return joined(parts)

    def number(self, digits: str) -> Block:
        return line(digits)

    def infinity(self) -> Block:
        return line("∞")

    def letters(self, parts: NameParts) -> Block:
        return line(unicode_name(parts))

    def operator(self, sign: str) -> Block:
        return line(sign if sign == "·" else f" {sign} ")

    def implied(self) -> Block:
        return line("")

    def joined(self, factors: Sequence[Block], signs: Sequence[Joint]) -> Block:
        parts = [factors[0]]
        for before, sign, after in zip(factors, signs, factors[1:], strict=False):
            shown = self.joint_sign(sign)
            if before.height > 1 or after.height > 1:
                # a sign that touches a fraction would look like a part of its bar
                shown = line(f" {shown.lines[0].strip()} " if shown.lines[0] else " ")
            parts += [shown, after]
        return joined(parts)

    def negative(self, operand: Block) -> Block:
        return joined(["− " if operand.height > 1 else "−", operand])

    def negated(self, operand: Block) -> Block:
        return joined(["not ", operand])

    def grown(self, bracket: str, inner: Block) -> Block:
        """`inner` between brackets of its height."""
        if inner.height == 1:
            opening, closing = _SMALL[bracket]
            return joined([opening, inner, closing])
        left, right = (blocks.column(pieces, inner.height, inner.baseline) for pieces in _GROWN[bracket])
        return joined([left, inner, right])

    def parentheses(self, inner: Block) -> Block:
        return self.grown("(", inner)

    def quotient(self, node: Div) -> Piece[Block]:
        top, bottom = self.outs((node.numerator, node.denominator))
        # the bar of an outer fraction is longer than the bars inside it
        margin = 2 if any(set(text.strip()) == {"─"} for text in (*top.lines, *bottom.lines)) else 0
        bar = line("─" * (max(top.width, bottom.width) + margin))
        return Piece(blocks.piled([top, bar, bottom], top.height), Level.POWER, left=Edge.APART)

    def fraction(self, top: Block, bottom: Block) -> Block:
        bar = line("─" * max(top.width, bottom.width))
        return blocks.piled([top, bar, bottom], top.height)

    def differential(self, direct: bool) -> Block:
        return line("∂⁺" if direct else "∂")

    def power(self, node: Pow) -> Piece[Block]:
        base = self.show(node.base, Level.ATOM)
        small = script(node.exponent, SUPERSCRIPTS, self.spell)
        if small is not None:
            shown = blocks.at_top(base.out, small)
        else:
            shown = blocks.raised(base.out, self.show(node.exponent).out)
        return Piece(shown, Level.POWER, *self.power_edges(base), base.letter)

    def fence(self, function: str, inner: Block) -> Block:
        return self.grown(function, inner)

    def root(self, argument: Node) -> Piece[Block]:
        inner = self.show(argument)
        if inner.out.height == 1:
            shown = joined(["√", inner.out if is_bare(argument, inner) else self.parentheses(inner.out)])
        else:
            height = inner.out.height
            left = Block([" ┌", *[" │"] * (height - 1), "╲│"], inner.out.baseline + 1)
            roof = Block(["─" * (inner.out.width + 1), *(f" {text}" for text in inner.out.lines)], left.baseline)
            shown = joined([left, roof])
        return Piece(shown, Level.POWER, right=Edge.APART)

    def choice(self, condition: Node, then: Node, otherwise: Node) -> Piece[Block]:
        value, test, rest = self.outs((then, condition, otherwise))
        width = max(value.width, rest.width)
        rows = [
            joined([joined([block, " " * (width - block.width)]), "  ", reason])
            for block, reason in ((value, joined(["if ", test])), (rest, line("otherwise")))
        ]
        lines = [*rows[0].lines, "", *rows[1].lines]
        middle = rows[0].height
        brace = ["⎪"] * len(lines)
        brace[0], brace[middle], brace[-1] = "⎧", "⎨", "⎩"
        return Piece(joined([Block(brace, middle), " ", Block(lines, middle)]), Level.OR)

    def function(self, name: str) -> Block:
        return line(name)

    def applied(self, function: Block, arguments: Sequence[Block]) -> Block:
        return joined([function, self.parentheses(self.listed(arguments))])

    def given(self, name: Block, argument: Block) -> Block:
        return joined([name, " = " if argument.height > 1 else "=", argument])

    def listed(self, items: Sequence[Block]) -> Block:
        parts: list[Block | str] = []
        for item in items:
            parts += [", ", item] if parts else [item]
        return joined(parts)

    def vector(self, node: Vector) -> Piece[Block]:
        rows = matrix_rows(node)
        if rows is None:
            items = self.listed(self.outs(node.items))
            shown = self.parentheses(joined([items, ","]) if len(node.items) == 1 else items)
        else:
            shown = self.grown("[", blocks.grid([self.outs(row) for row in rows]))
        return Piece(shown, left=Edge.APART, right=Edge.APART)

    def index(self, node: Index) -> Piece[Block]:
        small = index_glyphs(node, self.spell)
        if small is None:
            return self.in_brackets(node)
        base = self.indexed(node.base)
        return Piece(joined([base.out, small]), Level.ATOM, base.left, Edge.CLOSED, base.letter)

    def bracket(self, base: Block, indices: Sequence[Node]) -> Block:
        return joined([base, self.grown("[", self.listed([self.tight(index) for index in indices]))])

    def tight(self, node: Node, floor: Level = Level.OR) -> Block:
        """A limit or an index, its sums without spaces when it is one line."""
        shown = self.show(node, floor).out
        return line(compact(shown.lines[0])) if shown.height == 1 else shown

    def transpose(self, operand: Piece[Block]) -> Piece[Block]:
        return Piece(blocks.at_top(operand.out, "ᵀ"), Level.POWER, *self.attached(operand))

    def reduction(self, node: Reduce) -> Piece[Block]:
        low = self.given(self.name(node.index).out, self.tight(node.low, Level.SUM))
        above = [self.tight(node.high, Level.SUM), *([line("←")] if node.descending else [])]
        sign = blocks.piled([*above, line(REDUCERS[node.operator]), low], sum(block.height for block in above))
        return Piece(joined([sign, " ", self.show(node.body, Level.REDUCTION).out]), Level.REDUCTION)

    def range(self, index: Block, low: Block, high: Block) -> Block:
        return joined([index, " in ", low, ".." if low.height == high.height == 1 else " .. ", high])
