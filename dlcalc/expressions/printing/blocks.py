"""Blocks of text lines with a baseline: the building material of two-dimensional formulas."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple


class Block(NamedTuple):
    """Lines of text; `baseline` is the index of the line that stands level with its neighbours."""

    lines: list[str]
    baseline: int

    @property
    def width(self) -> int:
        return max((line_width(line) for line in self.lines), default=0)

    @property
    def height(self) -> int:
        return len(self.lines)


def line_width(line: str) -> int:
    """Columns that a terminal uses; a combining accent uses none."""
    if line.isascii():
        return len(line)
    return len(line) - sum(line.count(character) for character in set(line) if unicodedata.combining(character))


def line(text: str) -> Block:
    return Block([text], 0)


def joined(blocks: Sequence[Block | tuple[list[str], int] | str]) -> Block:
    """Blocks and plain strings side by side, level at their baselines."""
    parts = [line(block) if isinstance(block, str) else Block(*block) for block in blocks]
    if all(len(part.lines) == 1 for part in parts):
        return Block(["".join(part.lines[0] for part in parts)], 0)
    above = max((part.baseline for part in parts), default=0)
    below = max((part.height - part.baseline for part in parts), default=1)
    lines = [""] * (above + below)
    for part in parts:
        widths = [line_width(text) for text in part.lines]
        width, top = max(widths, default=0), above - part.baseline
        for row in range(len(lines)):
            if top <= row < top + part.height:
                lines[row] += part.lines[row - top] + " " * (width - widths[row - top])
            else:
                lines[row] += " " * width
    return Block(lines, above)


def centred(text: str, width: int) -> str:
    left = (width - line_width(text)) // 2
    return " " * left + text + " " * (width - line_width(text) - left)


def piled(blocks: Sequence[Block], baseline: int) -> Block:
    """Blocks on top of each other, each centred; `baseline` counts in the resulting lines."""
    width = max(block.width for block in blocks)
    lines = []
    for block in blocks:
        left = " " * ((width - block.width) // 2)
        lines += [(left + text).ljust(width + len(left + text) - line_width(left + text)) for text in block.lines]
    return Block(lines, baseline)


def raised(base: Block, script: Block) -> Block:
    """`base` with `script` at its upper right, wholly above it unless both are one line."""
    return joined([base, Block([*script.lines, *[""] * (base.baseline + 1)], script.height + base.baseline)])


def at_top(base: Block, script: str) -> Block:
    """`base` with small glyphs on its first line."""
    return joined([base, Block([script, *[""] * base.baseline], base.baseline)])


def column(pieces: str, height: int, baseline: int) -> Block:
    """A bracket of at least two lines made from its top, middle and bottom piece."""
    return Block([pieces[0], *pieces[1] * (height - 2), pieces[2]], baseline)


def grid(rows: Sequence[Sequence[Block]], gap: str = "  ") -> Block:
    """A table of blocks, columns centred; numbers of one line stand flush right."""
    widths = [max(row[i].width for row in rows) for i in range(len(rows[0]))]
    lines: list[str] = []
    for row in rows:
        cells: list[Block | str] = []
        for i, cell in enumerate(row):
            cells += [gap] if i else []
            cells.append(Block([_aligned(text, widths[i], cell) for text in cell.lines], cell.baseline))
        lines += joined(cells).lines
    return Block(lines, (len(lines) - 1) // 2)


def _aligned(text: str, width: int, cell: Block) -> str:
    digits = cell.height == 1 and text.lstrip("−").replace(".", "", 1).isdecimal()
    return text.rjust(width) if digits else centred(text, width)
