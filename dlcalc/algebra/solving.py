"""Equations solved for a letter, or two for two: the solutions with their steps, and where the floor leaves a range."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from ..expressions.kinds import kind_of
from ..expressions.nodes import Call, Compare, Kind, Node, names_in, replaced, to_node, walk, written_size
from ..expressions.nodes import Name as Letter
from .letters import Facts, NoCounterpart, assumed

MOST_NODES = 80
"""A larger equation is not tried: sympy may need minutes for it."""


@dataclass(frozen=True)
class Between:
    """Every number from `low`, and below `high`."""

    low: Node
    high: Node


@dataclass(frozen=True)
class Solved:
    """`solutions`: one for each, letter → expression, or the range that a floor leaves. `steps`: equations on the way,
    each with the word for it.
    """

    solutions: tuple[dict[str, Node | Between], ...]
    steps: tuple[tuple[str, Node, Node], ...]
    positive: tuple[Node, ...] = ()
    """What has to be positive for that."""


def solved(equations: Sequence[tuple[Node, Node]], unknowns: Sequence[str], facts: Facts) -> Solved:
    """The real solutions in letters. Raises NoCounterpart where there is no way, or sympy is missing."""
    if sum(written_size(side) for pair in equations for side in pair) > MOST_NODES:
        raise NoCounterpart(f"an equation that is solved for a letter has at most {MOST_NODES} parts")
    import sympy

    from .convert import from_sympy, to_sympy
    from .standard import standard

    made: dict[str, Any] = {}

    def symbol(name: str) -> Any:
        # an unknown may come out negative or broken: what holds of it is said as a condition
        known = {"real": True} if name in unknowns else assumed(name, facts, [s for pair in equations for s in pair])
        return made.setdefault(name, sympy.Symbol(name, **known))

    def given(node: Node) -> Any:
        return to_sympy(standard(node), symbol)

    if len(equations) == len(unknowns) == 1:
        (left, right), (unknown,) = equations[0], unknowns
        floors = {part for side in (left, right) for part in walk(side) if _is_rounded(part, unknown)}
        if len(floors) == 1:
            return _rounded(left, right, floors.pop(), unknown, given, symbol)
        difference = sympy.expand(sympy.fraction(sympy.together(given(left) - given(right)))[0])
        roots, steps = _roots(difference, symbol(unknown))
        return Solved(
            tuple({unknown: from_sympy(root)} for root in roots),
            tuple((word, from_sympy(a), from_sympy(b)) for word, a, b in steps),
        )
    letters = [symbol(name) for name in unknowns]
    found = sympy.solve([given(left) - given(right) for left, right in equations], letters, dict=True)
    if any(set(each) != set(letters) for each in found):
        raise NoCounterpart("the equations leave a letter open: give as many of them as there are letters to find")
    return Solved(tuple({s.name: from_sympy(sympy.factor(each[s])) for s in letters} for each in found), ())


def _is_rounded(part: Node, unknown: str) -> bool:
    return isinstance(part, Call) and part.function in ("floor", "ceil") and unknown in names_in(part)


def _roots(difference: Any, x: Any) -> tuple[list[Any], list[tuple[str, Any, Any]]]:
    """The solutions of difference = 0, and the equations on the way."""
    import sympy

    if x not in difference.free_symbols:
        raise NoCounterpart(f"{x} falls out of the equation")
    if difference.is_polynomial(x):
        coefficients = sympy.Poly(difference, x).all_coeffs()
        if len(coefficients) == 2:
            slope, rest = coefficients
            slope, rest = (-slope, -rest) if slope.could_extract_minus_sign() else (slope, rest)
            steps = [("the terms with it on one side", slope * x, -rest)] if slope != 1 else []
            return [sympy.factor(-rest / slope)], steps
        if len(coefficients) == 3:
            a, b, c = (sympy.factor(each) for each in coefficients)
            inside = sympy.factor(b**2 - 4 * a * c)
            if inside.is_negative:
                return [], []
            ways = [(-b + sign * sympy.sqrt(inside)) / (2 * a) for sign in (-1, 1)]
            roots = dict.fromkeys(sympy.together(sympy.factor_terms(sympy.expand(way))) for way in ways)
            return list(roots), [("a quadratic equation", a * x**2 + b * x + c, sympy.Integer(0))]
    try:
        found = sympy.solve(difference, x)
    except NotImplementedError:
        raise NoCounterpart(f"sympy has no way to solve it for {x}") from None
    return [root for root in found if root.is_real is not False], []


def _rounded(
    left: Node, right: Node, floor: Node, unknown: str, given: Callable[[Node], Any], symbol: Callable[[str], Any]
) -> Solved:
    """⌊A⌋ = q holds from A = q up to below q + 1, ⌈A⌉ = q above q − 1 up to q: here as the range of the unknown."""
    import sympy

    from .convert import from_sympy

    assert isinstance(floor, Call)
    name = next(each for each in map("q_{}".format, count()) if each not in {*names_in(left), *names_in(right)})
    whole = Letter(name, integer=True)
    sides = [given(replaced(side, {floor: whole})) for side in (left, right)]
    difference = sympy.expand(sympy.fraction(sympy.together(sides[0] - sides[1]))[0])
    if symbol(unknown) in difference.free_symbols or sympy.degree(difference, symbol(name)) != 1:
        raise NoCounterpart(f"{unknown} also appears outside the floor")
    (level,), _ = _roots(difference, symbol(name))
    inside = given(floor.arguments[0])
    slope = sympy.diff(inside, symbol(unknown))
    if symbol(unknown) in slope.free_symbols or slope.is_positive is False or floor.function != "floor":
        raise NoCounterpart(f"{unknown} is not a positive multiple of itself inside the floor")
    ends = [_roots(sympy.expand(sympy.fraction(sympy.together(inside - at))[0]), symbol(unknown))[0][0]
            for at in (level, level + 1)]  # fmt: skip
    low, high = map(from_sympy, ends)
    step = ("what is rounded", to_node(floor), from_sympy(level))
    positive = () if slope.is_positive else (from_sympy(slope),)
    return Solved(({unknown: Between(low, high)},), (step,), positive)


def divisor(node: Node) -> tuple[Node, int] | None:
    """The numerator and denominator of a fraction of whole numbers; None where it is whole, or none."""
    import sympy

    from .convert import from_sympy, to_sympy

    if any(isinstance(part, Compare) or kind_of(part) is not Kind.SCALAR for part in walk(node)):
        return None
    top, bottom = sympy.fraction(sympy.together(to_sympy(node, lambda name: sympy.Symbol(name, integer=True))))
    if not bottom.is_Integer or bottom == 1 or not top.free_symbols:
        return None
    return from_sympy(top), int(bottom)


def is_at_least(node: Node, least: int, facts: Facts) -> bool | None:
    """Whether an expression is never below a number; None where that depends on its letters."""
    import sympy

    from .convert import to_sympy

    found = to_sympy(node, lambda name: sympy.Symbol(name, **assumed(name, facts, [node]))) - least
    verdict: bool | None = sympy.expand(found).is_nonnegative
    return verdict
