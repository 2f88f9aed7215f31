"""Formulas and texts that are wider than the terminal: broken before a sign, never within a name or a number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..expressions import printing
from ..expressions.nodes import Add, Mul, Neg, Node, Reduce
from ..expressions.printing import Block, joined

INDENT = 4
"""Columns by which a continued line is set back."""
NARROW = 16
"""Columns of a left side that the right side stands behind in any case."""
_LONG = 18
"""Letters of a product without a space that may have to be broken."""


def broken_equation(nodes: Sequence[Node], signs: Sequence[str], limit: int, spell: printing.Spell) -> list[Block]:
    """On one line if it fits; else each right side on a line of its own, and long ones broken."""
    blocks = [printing.stacked_block(node, spell) for node in nodes]
    whole = joined([part for sign, block in zip(signs, blocks, strict=True) for part in _with(sign, block)])
    return [whole] if whole.width <= limit else _rows(nodes, signs, blocks, limit, spell)


def _rows(
    nodes: Sequence[Node], signs: Sequence[str], blocks: Sequence[Block], limit: int, spell: printing.Spell
) -> list[Block]:
    """The left side, with the first right side behind it where that is narrow, and the others below."""
    left = blocks[0]
    behind = left.width <= NARROW
    margin = left.width if behind else INDENT
    rows = [] if behind else list(_broken(nodes[0], limit, spell, left))
    for node, sign, block in zip(nodes[1:], signs[1:], blocks[1:], strict=True):
        for place, piece in enumerate(_broken(node, limit - margin - 3, spell, block)):
            lead: Block | str = left if behind and not rows else " " * margin
            rows.append(joined([lead, f" {sign} " if place == 0 else "   ", piece]))
    return rows


def breakable(text: str) -> str:
    """The text with spaces around the dots of long products, at which a narrow column can break them."""
    return re.sub(r"\S+", lambda found: found[0].replace("·", " · ") if len(found[0]) > _LONG else found[0], text)


def _with(sign: str, block: Block) -> list[Block | str]:
    return [f" {sign} ", block] if sign else [block]


def _broken(node: Node, limit: int, spell: printing.Spell, printed: Block | None = None) -> Iterator[Block]:
    """The expression in pieces that fit where they can be found: terms of a sum, else a line at its signs."""
    block = printed or printing.stacked_block(node, spell)
    if block.width <= limit:
        yield block
    elif isinstance(node, Add):
        current: Block | None = None
        for term in node.terms:
            negative = isinstance(term, Neg)
            inner = term.operand if isinstance(term, Neg) else term
            sign = "− " if negative else "+ "
            for place, piece in enumerate(_broken(inner, limit - 2, spell)):
                lead = "" if current is None and not negative else sign if place == 0 else "  "
                part = joined([lead, piece])
                if current is None:
                    current = part
                elif place == 0 and current.width + part.width + 1 <= limit:
                    current = joined([current, " ", part])
                else:
                    yield current
                    current = part
        if current is not None:
            yield current
    elif isinstance(node, Mul) and block.height > 1 and not isinstance(node.factors[-1], Reduce):
        yield from _factors(node.factors, limit, spell)
    elif block.height == 1:
        yield from (Block([line], 0) for line in _lines(block.lines[0], limit))
    else:
        yield block


def _factors(factors: Sequence[Node], limit: int, spell: printing.Spell) -> Iterator[Block]:
    """A product in pieces that fit, each after the first behind a dot."""
    used: list[Node] = []
    width, lead = 0, ""
    for factor in factors:
        more = printing.stacked_block(factor, spell).width + 3
        if used and width + more > limit:
            yield joined([lead, _product(used, spell)])
            used, width, lead = [], 0, "· "
        used.append(factor)
        width += more
    yield joined([lead, _product(used, spell)])


def _product(factors: Sequence[Node], spell: printing.Spell) -> Block:
    return printing.stacked_block(factors[0] if len(factors) == 1 else Mul(tuple(factors)), spell)


_BREAKS = re.compile(r"(?= [+−⊙⊗] )|(?<=[·,])|(?<=\))(?=[^)\s·,ᵀ²])")


def _lines(text: str, limit: int) -> Iterator[str]:
    """One long line in several: broken before an operator or between factors, inside as few brackets as can be."""
    while len(text) > limit:
        places = [found.start() for found in _BREAKS.finditer(text) if limit // 3 < found.start() <= limit]
        if not places:
            break
        depths = {place: text.count("(", 0, place) - text.count(")", 0, place) for place in places}
        best = max(places, key=lambda place: (-depths[place], place))
        yield text[:best].rstrip()
        text = text[best:].lstrip()
    yield text
