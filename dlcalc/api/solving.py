"""An equation in the user's own words, solved in whole numbers: `2n^2 + 3n = 230`, n = 1..1000."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from ..errors import UserError
from ..expressions.evaluate import compile_node
from ..expressions.exact import Number
from ..expressions.inverse import Constraint
from ..expressions.inverse import solve as search
from ..expressions.nodes import Call, Compare, Kind, names_in, walk
from ..expressions.parser import parse
from ..expressions.reader import Declarations
from ..formulas.reading import read_ranges
from .results import Backwards

if TYPE_CHECKING:
    from .letters import InLetters

DEFAULT_RANGE = (1, 1000)
MOST_UNKNOWNS = 4
_EXPECTED = 'an equation or inequality is expected, such as "2n^2 + 3n = 230"'


def solve(
    equations: str | Iterable[str],
    ranges: Mapping[str, tuple[int, int]] | Iterable[str] = (),
    find: str | Sequence[str] = (),
) -> Backwards | InLetters:
    """All whole-number solutions of one or several equations or inequalities in the stated ranges.

    A letter without a range is looked for in 1..1000. With `find`, one letter or two, the equations are solved for
    these in real numbers, in the other letters: solve("o = (n - f)/s + 1", find="n"). Raises UserError for what is no
    equation, too much to search, or not solved.

    Example: dlcalc.solve("2n^2 + 3n = 230", ranges={"n": (1, 1000)}).solutions
    """
    wanted = [name.strip() for name in find.split(",") if name.strip()] if isinstance(find, str) else list(find)
    if wanted:
        return _in_letters((equations,) if isinstance(equations, str) else tuple(equations), wanted, ranges)
    boxes = read_ranges(ranges)
    texts = (equations,) if isinstance(equations, str) else tuple(equations)
    if not texts:
        raise UserError(f"{_EXPECTED}, but there is nothing")
    names = Declarations(dict.fromkeys(boxes, Kind.SCALAR), frozenset(boxes))
    nodes = [parse(text, names) for text in texts]
    constraints: list[Constraint] = []
    letters: dict[str, None] = {}
    for text, node in zip(texts, nodes, strict=True):
        if not isinstance(node, Compare) or node.operator not in _ENDS:
            raise UserError(f'{_EXPECTED}, not "{text[:60]}"')
        letters.update(dict.fromkeys(names_in(node)))
        constraints.append(_constraint(node))
    if not letters:
        raise UserError(f'there is no letter to solve for in "{texts[0][:60]}"')
    if len(letters) > MOST_UNKNOWNS:
        raise UserError(f"at most {MOST_UNKNOWNS} letters can be solved for, not {len(letters)} ({', '.join(letters)})")
    strange = [name for name in boxes if name not in letters]
    if strange:
        raise UserError(f"{strange[0]} has a range but does not occur; the letters are {', '.join(letters)}")
    found = search(constraints, {name: boxes.get(name, DEFAULT_RANGE) for name in letters})
    return Backwards(None, {}, {"equation": "; ".join(texts)}, found)


def _in_letters(texts: Sequence[str], wanted: list[str], ranges: object) -> InLetters:
    from .letters import InLetters, only_letters

    only_letters(wanted)
    if ranges:
        raise UserError("letters are solved for in all numbers: a range is for whole numbers, without find")
    sides = []
    for text in texts:
        node = parse(text, wanted)
        if not isinstance(node, Compare) or node.operator != "=":
            raise UserError(f'an equation is expected, such as "o = n - f + 1", not "{text[:60]}"')
        sides.append((node.left, node.right))
    known = {name for pair in sides for side in pair for name in names_in(side)}
    strange = [name for name in wanted if name not in known]
    if strange:
        raise UserError(f"{strange[0]} does not occur; the letters are {', '.join(sorted(known))}")
    return InLetters(f"Solve for {' and '.join(wanted)}", sides, wanted, {}, False)


_ALL = 10**30
_LEAST = Fraction(1, _ALL)
_ENDS: dict[str, tuple[Number, Number]] = {
    "=": (0, 0),
    "≥": (0, _ALL),
    "≤": (-_ALL, 0),
    ">": (_LEAST, _ALL),
    "<": (-_ALL, -_LEAST),
}


def _constraint(node: Compare) -> Constraint:
    """left − right lies where the sign says."""
    left, right = compile_node(node.left), compile_node(node.right)
    low, high = _ENDS[node.operator]
    return Constraint(lambda values: left(values) - right(values), low, high, max(6, _operations(node)))


def _operations(node: Compare) -> int:
    """About how much work it is to evaluate: a function counts as three operations."""
    return sum(3 if isinstance(part, Call) else 1 for part in walk(node))
