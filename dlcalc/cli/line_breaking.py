"""Formulas and texts that are wider than the terminal: broken before a sign, never within a name or a number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from unicodedata import combining

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
    elif block.height == 1:
        yield from (Block([line], 0) for line in _lines(block.lines[0], limit))
    else:
        if isinstance(node, Mul) and not isinstance(node.factors[-1], Reduce):
            pieces = list(_factors(node.factors, limit, spell))
        else:
            pieces = list(_cut(block, limit))
        if any(piece.width > limit for piece in pieces):  # a fraction whose bar is too long is written on the line
            pieces = [Block([line], 0) for line in _lines(printing.text(node, spell), limit)]
        yield from pieces


def _cut(block: Block, limit: int) -> Iterator[Block]:
    """A formula of several lines in pieces that fit: cut where nothing on any line is cut through, inside as few
    brackets as can be; a product goes on behind a dot.
    """
    rows = [_cells(line, block.width) for line in block.lines]
    base = rows[block.baseline]
    start, lead = 0, ""
    while len(base) - start > limit - len(lead):
        depth, places = 0, []
        for place in range(start, start + limit - len(lead) + 1):
            depth += _depth(base[place - 1]) if place > start else 0
            if place > start + limit // 3 and _may_cut(rows, base, place):
                places.append((-depth, place))
        if not places:
            break
        end = max(places)[1]
        yield joined([lead, _piece(rows, block.baseline, start, end)])
        start, lead = end, "" if base[end] in "+−=⊙⊗" else "· "
    yield joined([lead, _piece(rows, block.baseline, start, len(base))])


def _cells(line: str, width: int) -> list[str]:
    """One string for each column: a letter with its accents."""
    cells: list[str] = []
    for character in line:
        if combining(character) and cells:
            cells[-1] += character
        else:
            cells.append(character)
    return cells + [" "] * (width - len(cells))


def _depth(cell: str) -> int:
    return (cell in _OPENING) - (cell in _CLOSING)


_OPENING, _CLOSING = "([⌊⌈⎛⎜⎝⎡⎢⎣", ")]⌋⌉⎞⎟⎠⎤⎥⎦"


def _may_cut(rows: Sequence[Sequence[str]], base: Sequence[str], place: int) -> bool:
    """Before a word or sign behind a space, but not between a sign and what it belongs to."""
    if place >= len(base) or base[place - 1] != " " or base[place] == " ":
        return False
    before = "".join(base[:place]).rstrip()
    whole = all(row[place - 1] == " " or row[place] == " " for row in rows)
    return whole and bool(before) and before[-1] not in "ΣΠ=+−·⊙⊗←"


def _piece(rows: Sequence[Sequence[str]], baseline: int, start: int, end: int) -> Block:
    """Columns of a block, without the lines that are empty there."""
    lines = ["".join(row[start:end]).rstrip() for row in rows]
    first = min(baseline, next((place for place, line in enumerate(lines) if line), baseline))
    last = max(baseline, max((place for place, line in enumerate(lines) if line), default=baseline))
    return Block(lines[first : last + 1], baseline - first)


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
