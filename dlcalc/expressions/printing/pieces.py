"""Printed parts of a tree: how tightly each holds together, and when two factors may stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, IntEnum, auto
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

from ..functions import ALIASES, FUNCTIONS
from ..nodes import Literal, Name, Node
from .names import COMBINING, LETTERS

Out = TypeVar("Out")

RESERVED = frozenset({*FUNCTIONS, *ALIASES, *LETTERS, *COMBINING, "and", "or", "not", "in", "for", "otherwise"})
"""Words that letters side by side must not spell."""


class Level(IntEnum):
    """How tightly a printed piece holds together, loosest first."""

    OR = auto()
    AND = auto()
    NOT = auto()
    COMPARISON = auto()
    SUM = auto()
    REDUCTION = auto()
    """Σ and Π, which swallow the whole product to their right."""
    PRODUCT = auto()
    IMPLIED = auto()
    """A product written without signs."""
    POWER = auto()
    ATOM = auto()


class Edge(Enum):
    """What a piece begins or ends with, which decides whether a neighbour in a product may touch it."""

    NUMBER = auto()
    LETTER = auto()
    LONE_LETTER = auto()
    """A letter with something attached to it: no letter may touch it on its left."""
    FUNCTION_LETTER = auto()
    """σ: a bracket that touches it on its right would make it a function."""
    CLOSED = auto()
    """A bracket, a script, a fraction: may touch."""
    APART = auto()
    """Touches nothing."""


class Joint(Enum):
    """The sign between two factors."""

    IMPLIED = auto()
    DOT = auto()
    TIMES = auto()


class Piece(NamedTuple, Generic[Out]):
    """A printed part of the tree; `letter` is what it begins with when `left` is `Edge.LETTER`."""

    out: Out
    level: Level = Level.ATOM
    left: Edge = Edge.CLOSED
    right: Edge = Edge.CLOSED
    letter: str = ""


def is_bare(node: Node, piece: Piece[Out]) -> bool:
    """A number or a letter, to which √ or ^ can stick without parentheses."""
    return isinstance(node, Literal | Name) and piece.level is Level.ATOM and piece.left is not Edge.APART


def joints(pieces: Sequence[Piece[Out]], reserved: frozenset[str]) -> list[Joint]:
    """The sign after each factor but the last. One × makes all signs of the product ×."""
    found: list[Joint] = []
    run = pieces[0].letter
    for left, right in pairwise(pieces):
        joint = _joint(left, right, run, reserved)
        touches = joint is Joint.IMPLIED and left.right is Edge.LETTER
        run = (run if touches else "") + right.letter
        found.append(joint)
    if Joint.TIMES in found:
        return [joint if joint is Joint.IMPLIED else Joint.TIMES for joint in found]
    return found


def _joint(left: Piece[Out], right: Piece[Out], run: str, reserved: frozenset[str]) -> Joint:
    """The sign between two factors; `run` is the letters that touch the end of the left one."""
    before, after = left.right, right.left
    if after is Edge.NUMBER:
        return Joint.TIMES if before is Edge.NUMBER else Joint.DOT
    if Edge.APART in (before, after):
        return Joint.DOT
    if after is Edge.LETTER:
        longer = run + right.letter
        spells = before is Edge.LETTER and any(longer[start:] in reserved for start in range(len(longer) - 1))
        # "2e" could begin the number 2e3
        exponent = before is Edge.NUMBER and right.letter in "eE"
        return Joint.DOT if spells or exponent else Joint.IMPLIED
    if after is Edge.LONE_LETTER:
        return Joint.IMPLIED if before in (Edge.NUMBER, Edge.CLOSED) else Joint.DOT
    return Joint.DOT if before is Edge.FUNCTION_LETTER else Joint.IMPLIED
