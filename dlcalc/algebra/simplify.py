"""The shortest of a few cheap rewritings: sympy's own `simplify` may need minutes for three lines."""

from __future__ import annotations

from importlib.util import find_spec

from ..expressions import printing
from ..expressions.nodes import Node, written_size

MOST_NODES = 120
"""A larger expression stays as it is."""


def is_installed() -> bool:
    return find_spec("sympy") is not None


def simplified(node: Node) -> Node:
    """An equal expression that prints shorter; `node` itself where there is none, or none was looked for.

    The caller holds the two together at points: sympy takes every letter for a real number.
    """
    if not is_installed() or written_size(node) > MOST_NODES:
        return node
    import sympy

    from .convert import NoCounterpart, from_sympy, to_sympy

    try:
        written = to_sympy(node)
        whole = sympy.together(written)
        made = {sympy.factor_terms(written), whole, sympy.cancel(whole), sympy.factor(whole), sympy.powsimp(written)}
        found = sorted((from_sympy(each) for each in made), key=lambda each: (_length(each), printing.plain(each)))
    except (NoCounterpart, sympy.PolynomialError, ZeroDivisionError):
        return node
    return found[0] if _length(found[0]) < _length(node) else node


def _length(node: Node) -> int:
    return len(printing.plain(node))
