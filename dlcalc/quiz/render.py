"""Templates filled in with the values of one variant: words, display maths, and the blocks that a value is shown as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TypeGuard

from .. import document as doc
from ..expressions.evaluate import evaluate, substitute
from ..expressions.nodes import Compare, Index, Literal, Name, Node, Value
from .template import Cells, Lines, Maths, Piece, Placeholder, Shown, Styled, Template, TemplateLine


class Renderer:
    """The values of one variant, put into templates."""

    def __init__(self, values: Mapping[str, Value], shown: Shown) -> None:
        self.values = values
        self.shown = shown

    def blocks(self, template: Template) -> tuple[doc.Block, ...]:
        return tuple(block for part in template for block in self._block(part))

    def _block(self, part: Lines | Cells) -> Iterator[doc.Block]:
        if isinstance(part, Cells):
            rows = tuple(tuple(self.words(cell) for cell in row) for row in part.rows)
            yield doc.Table(tuple(self.words(cell) for cell in part.header), rows, part.alignments)
            return
        match part.kind:
            case "paragraph":
                yield from self._paragraph(part.lines[0])
            case "heading":
                yield doc.Heading(2, self.words(part.lines[0]))
            case "items":
                yield doc.Items(tuple(self.words(line) for line in part.lines))
            case _:
                yield doc.Code("\n".join(self.text(line) for line in part.lines), part.code)

    def _paragraph(self, line: TemplateLine) -> Iterator[doc.Block]:
        """Running text; display maths and what is shown of a network stand as blocks of their own."""
        running: list[Piece] = []
        for piece in line:
            if self._stands_alone(piece):
                yield from self._running(running)
                running = []
                yield from self._displayed(piece)
            else:
                running.append(piece)
        yield from self._running(running)

    def _stands_alone(self, piece: Piece) -> TypeGuard[Maths | Placeholder]:
        """Whether a piece is a block: display maths, what is shown of a network, a matrix."""
        if isinstance(piece, Placeholder):
            return bool(piece.show) or (piece.node is not None and _is_matrix(self.value(piece)))
        return isinstance(piece, Maths) and piece.display

    def _running(self, pieces: Sequence[Piece]) -> Iterator[doc.Block]:
        words = self.words(tuple(pieces))
        if any(not isinstance(word, str) or word.strip() for word in words):
            yield doc.Paragraph(words)

    def _displayed(self, piece: Maths | Placeholder) -> tuple[doc.Block, ...]:
        if isinstance(piece, Placeholder) and piece.node is not None:
            return (doc.Formula(tuple(_matrices(piece.node, self.value(piece)))),)
        if isinstance(piece, Placeholder):
            return self.shown(piece.of, piece.show)
        node = self._put(piece)
        if isinstance(node, Compare) and node.operator == "=":
            return (doc.Formula((doc.Equation(node.left, (node.right,)),)),)
        return (doc.Formula((doc.Equation(None, (node,)),)),)

    def _put(self, maths: Maths) -> Node:
        slots = {name: self.value(slot) for name, slot in maths.slots.items()}
        return substitute(maths.node, slots) if slots else maths.node

    def words(self, line: TemplateLine) -> tuple[str | doc.Inline, ...]:
        return tuple(self._inline(piece) for piece in line)

    def _inline(self, piece: Piece) -> str | doc.Inline:
        match piece:
            case Maths():
                return doc.Math(self._put(piece))
            case Styled(strong, inside):
                return (doc.Strong if strong else doc.Emphasis)(self.words(inside))
            case Placeholder():
                return value_words(self.value(piece))
        return piece

    def text(self, line: TemplateLine) -> str:
        """The line as plain text, for code and for networks: numbers without separators."""
        found = []
        for piece in line:
            value = self.value(piece) if isinstance(piece, Placeholder) else piece
            found.append(value.text if isinstance(value, doc.CodeText) else str(value))
        return "".join(found)

    def value(self, slot: Placeholder) -> Value:
        if slot.node is None:
            return self.values[slot.of]
        return evaluate(slot.node, self.values)


def _is_matrix(value: Value) -> bool:
    return isinstance(value, tuple) and isinstance(value[0], tuple)


def _matrices(node: Node, value: Value) -> Iterator[doc.Equation]:
    """A matrix; of a map one for each channel, which the name has as its index."""
    if not _is_matrix(value[0]):
        yield doc.Equation(None, (value,))
        return
    for place, part in enumerate(value, 1):
        left = Index(node, (Literal(place),)) if isinstance(node, Name) else None
        yield from (doc.Equation(left, each.rights) if len(value) > 1 else each for each in _matrices(node, part))


def value_words(value: Value) -> str | doc.Inline:
    """A value in running text: whole numbers from 10,000 on in groups of three."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return (f"{value:,}" if abs(value) >= 10_000 else str(value)).replace("-", "−")
    if isinstance(value, Fraction) and (short := _decimal(value)):
        return short
    return doc.Math(value)


def _decimal(value: Fraction) -> str:
    """0.7 for 7/10; "" for what is no short decimal."""
    for places in range(1, 7):
        if (value * 10**places).denominator == 1:
            return f"{float(value):.{places}f}".replace("-", "−")
    return ""
