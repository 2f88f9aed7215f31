"""What every way of printing shares: precedence, when factors may stand side by side, and the order of the parts.

A `Printer` turns a tree into `Out` (a line of text, a block of lines, markup) without changing it: written order,
nesting and signs are kept, and parentheses are put where the parser needs them to read the same tree again.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Generic

from ...errors import InternalError
from ..exact import Number
from ..functions import ALIASES
from ..kinds import kind_of
from ..limits import LimitError
from ..nodes import (
    Add,
    Call,
    Compare,
    Div,
    FormulaCall,
    Hadamard,
    Index,
    Kind,
    Literal,
    Logic,
    Mul,
    Name,
    Neg,
    Node,
    Outer,
    Partial,
    Pow,
    Range,
    Reduce,
    Transpose,
    Value,
    Vector,
    to_node,
    walk,
    written_size,
)
from .digits import decimal, is_negative
from .names import NameParts, Spell, name_parts, speller, unicode_name
from .pieces import RESERVED, Edge, Joint, Level, Out, Piece, joints

MOST_WRITTEN = 20_000
"""Nodes of an expression that are printed."""
MOST_REPEATED = 4
"""How often each node may stand in a longer one: an array of many numbers is long, but not endless."""


def signed(term: Node) -> Node:
    """A negative number as the Neg of a positive one; any other term as it is."""
    return Neg(Literal(-term.value)) if isinstance(term, Literal) and is_negative(term.value) else term


def matrix_rows(node: Vector) -> list[tuple[Node, ...]] | None:
    """The rows of a matrix of scalars, None for anything else."""
    rows = [item.items for item in node.items if isinstance(item, Vector)]
    if not rows or len(rows) < len(node.items) or len({len(row) for row in rows}) > 1 or not rows[0]:
        return None
    return None if any(isinstance(entry, Vector) for row in rows for entry in row) else rows


def nodes_written(tree: Node) -> list[Node]:
    """The distinct nodes of what is to be written out. Raises LimitError where that would be endless."""
    nodes = list(walk(tree))
    # a number or letter of an array stands in one place; only what was worked out in letters repeats itself
    if written_size(tree) > max(MOST_WRITTEN, MOST_REPEATED * len(nodes)):
        raise LimitError(f"an expression of more than {MOST_WRITTEN:,} parts is too long to be written out")
    return nodes


class Printer(ABC, Generic[Out]):
    """Base of all printers. A subclass gives the signs and shapes, this class the grammar."""

    glyphs: ClassVar[bool] = False
    """Scripts are small glyphs of Unicode, and letters touch; a float with an exponent prints as aeb, not a·10ᵇ."""
    call_edge: ClassVar[Edge] = Edge.APART
    """How the name of a function begins."""

    def __init__(self, spell: Spell = None) -> None:
        self.spell = speller(spell)
        self.words: set[str] = set()
        self.reserved = RESERVED
        self.named: dict[str, Piece[Out]] = {}
        """The names that were printed: most stand in several places."""

    def write(self, value: Value) -> Out:
        """The whole value, printed. Raises LimitError for one that would be endless, as a graph may be."""
        tree = to_node(value)
        nodes = nodes_written(tree)
        self.words = {word for node in nodes if isinstance(node, Name) and len(word := self.spell(node.id)) > 1}
        self.reserved = RESERVED | self.words
        return self.show(tree).out

    def show(self, node: Node, floor: Level = Level.OR) -> Piece[Out]:
        """The node, in parentheses when it holds together less tightly than `floor`."""
        piece = self.piece(node)
        return piece if piece.level >= floor else self.bracketed(piece)

    def bracketed(self, piece: Piece[Out]) -> Piece[Out]:
        edge = Edge.APART if piece.left is piece.right is Edge.APART else Edge.CLOSED
        return Piece(self.parentheses(piece.out), left=edge, right=edge)

    def outs(self, nodes: Sequence[Node]) -> list[Out]:
        return [self.show(node).out for node in nodes]

    def piece(self, node: Node) -> Piece[Out]:
        match node:
            case Name():
                return self.name(node.id)
            case Literal():
                return self.literal(node.value)
            case Add():
                return self.sum(node)
            case Neg(operand):
                return self.negation(operand)
            case Mul():
                return self.product(node)
            case Div():
                return self.quotient(node)
            case Pow():
                return self.power(node)
            case Hadamard(factors):
                return self.infix("⊙", factors, Level.IMPLIED, Level.PRODUCT)
            case Outer(left, right):
                return self.infix("⊗", (left, right), Level.IMPLIED, Level.PRODUCT)
            case Compare(operator, left, right):
                return self.infix(operator, (left, right), Level.SUM, Level.COMPARISON)
            case Logic("not", operands):
                return Piece(self.negated(self.show(operands[0], Level.COMPARISON).out), Level.NOT)
            case Logic("and", operands):
                return self.infix("and", operands, Level.NOT, Level.AND)
            case Logic("or", operands):
                return self.infix("or", operands, Level.AND, Level.OR)
            case Call():
                return self.call(node)
            case FormulaCall():
                return self.formula_call(node)
            case Vector():
                return self.vector(node)
            case Index(Index()):
                return self.in_brackets(node)
            case Index():
                return self.index(node)
            case Partial():
                return self.partial(node)
            case Transpose(operand):
                return self.transpose(self.show(operand, Level.ATOM))
            case Reduce():
                return self.reduction(node)
            case Range(index, low, high):
                return Piece(self.range(self.name(index).out, self.show(low).out, self.show(high).out), Level.OR)
        raise InternalError(f"there is no rule for printing a {type(node).__name__}")

    # numbers and names

    def literal(self, value: Number) -> Piece[Out]:
        if isinstance(value, bool):
            return self.word(str(value).lower())
        if is_negative(value):
            return self.negation(Literal(-value))
        if isinstance(value, float):
            return self.inexact(value)
        digits = str(value) if isinstance(value, int) else decimal(value)
        if digits is None:
            return self.piece(Div(Literal(value.numerator), Literal(value.denominator)))
        return Piece(self.number(digits), left=Edge.NUMBER, right=Edge.NUMBER)

    def inexact(self, value: float) -> Piece[Out]:
        if not math.isfinite(value):
            return self.word("NaN") if math.isnan(value) else Piece(self.infinity(), left=Edge.APART, right=Edge.APART)
        mantissa, _, exponent = repr(value).partition("e")
        if not exponent:
            return Piece(self.number(mantissa), left=Edge.NUMBER, right=Edge.NUMBER)
        if not self.glyphs:
            return self.piece(Mul((Literal(float(mantissa)), Pow(Literal(10), Literal(int(exponent))))))
        return Piece(self.number(f"{mantissa}e{int(exponent)}"), left=Edge.APART, right=Edge.APART)

    def word(self, word: str) -> Piece[Out]:
        return Piece(self.letters(NameParts(word, word=True)), left=Edge.APART, right=Edge.APART)

    def name(self, identifier: str) -> Piece[Out]:
        found = self.named.get(identifier)
        if found is None:
            parts = name_parts(self.spell(identifier))
            found = Piece(self.letters(parts), Level.ATOM, *self.name_edges(parts), parts.letter)
            self.named[identifier] = found
        return found

    def name_edges(self, parts: NameParts) -> tuple[Edge, Edge]:
        if parts.word:
            return Edge.APART, Edge.APART
        if self.glyphs and "_" in unicode_name(parts):
            return Edge.LONE_LETTER, Edge.APART
        if parts.accent:
            return Edge.LONE_LETTER, Edge.CLOSED
        if parts.subscript:
            return Edge.LETTER, Edge.CLOSED
        return Edge.LETTER, Edge.FUNCTION_LETTER if parts.letter in ALIASES else Edge.LETTER

    # sums and products

    def sum(self, node: Add) -> Piece[Out]:
        first, *rest = [signed(term) for term in node.terms]
        parts = [self.show(first, Level.SUM if isinstance(first, Neg) else Level.REDUCTION).out]
        for term in rest:
            subtracted = isinstance(term, Neg)
            parts.append(self.operator("−" if subtracted else "+"))
            parts.append(self.show(term.operand if isinstance(term, Neg) else term, Level.REDUCTION).out)
        return Piece(self.row(parts), Level.SUM)

    def negation(self, operand: Node) -> Piece[Out]:
        floor = Level.IMPLIED
        if isinstance(operand, Reduce):
            floor = Level.REDUCTION
        elif isinstance(operand, Literal):
            # one number, even where it takes two to write it: −1.5·10⁻⁷
            floor = Level.PRODUCT
        return Piece(self.negative(self.show(operand, floor).out), Level.SUM, Edge.APART, Edge.APART)

    def infix(self, operator: str, operands: Sequence[Node], floor: Level, level: Level) -> Piece[Out]:
        parts: list[Out] = []
        for operand in operands:
            parts.extend([self.operator(operator)] if parts else [])
            parts.append(self.show(operand, floor).out)
        return Piece(self.row(parts), level)

    def product(self, node: Mul) -> Piece[Out]:
        pieces = [self.show(factor, Level.POWER) for factor in node.factors[:-1]]
        last = node.factors[-1]
        swallows = isinstance(last, Reduce)
        pieces.append(self.show(last, Level.REDUCTION if swallows else Level.POWER))
        signs = self.joints(pieces)
        level = Level.IMPLIED if all(sign is Joint.IMPLIED for sign in signs) else Level.PRODUCT
        if swallows:
            level = min(level, pieces[-1].level)
        return Piece(self.joined([piece.out for piece in pieces], signs), level)

    def joints(self, pieces: Sequence[Piece[Out]]) -> list[Joint]:
        return joints(pieces, self.reserved)

    def joined(self, factors: Sequence[Out], signs: Sequence[Joint]) -> Out:
        parts = [factors[0]]
        for sign, factor in zip(signs, factors[1:], strict=True):
            parts += [self.joint_sign(sign), factor]
        return self.row(parts)

    def joint_sign(self, joint: Joint) -> Out:
        if joint is Joint.IMPLIED:
            return self.implied()
        return self.operator("×" if joint is Joint.TIMES else "·")

    def power_edges(self, base: Piece[Out]) -> tuple[Edge, Edge]:
        """The edges of a base with an exponent in small type."""
        keeps = base.right in (Edge.NUMBER, Edge.FUNCTION_LETTER, Edge.APART)
        return base.left, base.right if keeps else Edge.CLOSED

    def attached(self, base: Piece[Out]) -> tuple[Edge, Edge]:
        """The edges of a base with a transpose sign or an index on the line; ᵀ would take in all letters that touch."""
        lone = self.glyphs and base.left is Edge.LETTER
        return Edge.LONE_LETTER if lone else base.left, Edge.APART if base.right is Edge.APART else Edge.CLOSED

    def in_brackets(self, node: Index) -> Piece[Out]:
        """x[i][j]: an index of an index is on the line, and so is the one it is of."""
        base = self.in_brackets(node.base) if isinstance(node.base, Index) else self.indexed(node.base)
        return Piece(self.bracket(base.out, node.indices), Level.ATOM, self.attached(base)[0], Edge.CLOSED, base.letter)

    def indexed(self, node: Node) -> Piece[Out]:
        """The base of an index: in parentheses when it has a subscript, for typesetters have no double one."""
        base = self.show(node, Level.ATOM)
        doubled = not self.glyphs and isinstance(node, Name) and name_parts(self.spell(node.id)).subscript
        return self.bracketed(base) if doubled else base

    def reads_as_transpose(self, node: Pow) -> bool:
        """x^T of a vector or a matrix, where T is meant as a number."""
        return node.exponent == Name("T") and kind_of(node.base) is not Kind.SCALAR

    def partial(self, node: Partial) -> Piece[Out]:
        """∂h/∂W, in small or on the line; h and W are names or indices."""
        top, bottom = (self.show(part, Level.ATOM).out for part in (node.top, node.bottom))
        above, below = self.row([self.differential(node.direct), top]), self.row([self.differential(False), bottom])
        return Piece(self.fraction(above, below), Level.POWER, Edge.APART, Edge.APART)

    # calls

    def call(self, node: Call) -> Piece[Out]:
        function, arguments = node.function, node.arguments
        if function in ("floor", "ceil", "abs", "norm") and len(arguments) == 1:
            edge = Edge.CLOSED if function in ("floor", "ceil") else Edge.APART
            return Piece(self.fence(function, self.show(arguments[0]).out), left=edge, right=edge)
        if function == "sqrt" and len(arguments) == 1:
            return self.root(arguments[0])
        if function == "if" and len(arguments) == 3:
            return self.choice(*arguments)
        if function == "sigmoid" and "sigma" not in self.words:
            return Piece(self.applied(self.letters(name_parts("sigma")), self.outs(arguments)))
        return Piece(self.applied(self.function(function), self.arguments(node)), left=self.call_edge)

    def arguments(self, node: Call) -> list[Out]:
        """What a function is of; sum(a = 1, …) would begin a Σ, so a comparison that is summed stands in brackets."""
        floor = Level.SUM if node.function in ("sum", "prod") else Level.OR
        return [self.show(argument, floor).out for argument in node.arguments]

    def formula_call(self, node: FormulaCall) -> Piece[Out]:
        arguments = [
            self.given(self.name(name).out, self.show(argument).out)
            for name, argument in zip(node.names, node.arguments, strict=True)
        ]
        return Piece(self.applied(self.function(node.formula), arguments), left=Edge.APART)

    def given(self, name: Out, argument: Out) -> Out:
        """An argument of a formula with its name."""
        return self.row([name, self.operator("="), argument])

    # what a subclass gives: plain parts

    @abstractmethod
    def row(self, parts: Sequence[Out]) -> Out:
        """The parts side by side."""

    @abstractmethod
    def number(self, digits: str) -> Out: ...

    @abstractmethod
    def infinity(self) -> Out: ...

    @abstractmethod
    def letters(self, parts: NameParts) -> Out:
        """A name."""

    @abstractmethod
    def operator(self, sign: str) -> Out:
        """A sign between two operands, with its space: + − · × ⊙ ⊗ = ≠ < ≤ > ≥ and or."""

    @abstractmethod
    def implied(self) -> Out: ...

    @abstractmethod
    def negative(self, operand: Out) -> Out: ...

    @abstractmethod
    def negated(self, operand: Out) -> Out:
        """The logical not."""

    @abstractmethod
    def parentheses(self, inner: Out) -> Out: ...

    # what a subclass gives: shapes

    @abstractmethod
    def quotient(self, node: Div) -> Piece[Out]: ...

    @abstractmethod
    def fraction(self, top: Out, bottom: Out) -> Out:
        """A derivative as a quotient."""

    @abstractmethod
    def differential(self, direct: bool) -> Out:
        """∂ or ∂⁺, as it touches what follows it."""

    @abstractmethod
    def power(self, node: Pow) -> Piece[Out]: ...

    @abstractmethod
    def fence(self, function: str, inner: Out) -> Out:
        """The brackets of floor, ceil, abs or norm."""

    @abstractmethod
    def root(self, argument: Node) -> Piece[Out]: ...

    @abstractmethod
    def choice(self, condition: Node, then: Node, otherwise: Node) -> Piece[Out]: ...

    @abstractmethod
    def function(self, name: str) -> Out:
        """The name of a formula, or of a function that has no sign of its own."""

    @abstractmethod
    def applied(self, function: Out, arguments: Sequence[Out]) -> Out: ...

    @abstractmethod
    def vector(self, node: Vector) -> Piece[Out]: ...

    @abstractmethod
    def index(self, node: Index) -> Piece[Out]:
        """An index of anything but an index."""

    @abstractmethod
    def bracket(self, base: Out, indices: Sequence[Node]) -> Out:
        """base[indices]"""

    @abstractmethod
    def transpose(self, operand: Piece[Out]) -> Piece[Out]: ...

    @abstractmethod
    def reduction(self, node: Reduce) -> Piece[Out]: ...

    @abstractmethod
    def range(self, index: Out, low: Out, high: Out) -> Out: ...
