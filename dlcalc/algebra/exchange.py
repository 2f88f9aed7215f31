"""Expressions handed to sympy and taken from it, with what is known of their letters."""

from __future__ import annotations

from typing import Any

from ..expressions.functions import CONSTANTS
from ..expressions.nodes import Node, Value, to_node
from .letters import Facts, NoCounterpart, assumed
from .simplify import is_installed
from .standard import standard


def given_to_sympy(value: Value, facts: Facts) -> Any:
    """The value as sympy's; its symbols know which letters are whole and positive.

    Raises NoCounterpart for what sympy has no counterpart of, and where sympy is missing.
    """
    check_installed()
    import sympy

    from .convert import to_sympy

    node = standard(to_node(value))

    def symbol(name: str) -> Any:
        if name in CONSTANTS and name not in facts:
            return {"pi": sympy.pi, "e": sympy.E}[name]
        return sympy.Symbol(name, **assumed(name, facts, [node]))

    return to_sympy(node, symbol)


def taken_from_sympy(found: Any) -> tuple[Node, Facts]:
    """A sympy expression as ours, and what sympy knows of its letters.

    Raises NoCounterpart for what is no expression of sympy's or has no counterpart here, and where sympy is missing.
    """
    check_installed()
    import sympy

    from .convert import from_sympy

    if isinstance(found, int | float):
        found = sympy.Integer(found) if isinstance(found, int) else sympy.Float(found)
    if not isinstance(found, sympy.Basic):
        raise NoCounterpart(f"an expression of sympy is expected, not {type(found).__name__}")
    node = from_sympy(found)
    symbols = [symbol for symbol in found.atoms(sympy.Symbol) if symbol.is_commutative]
    if len({symbol.name for symbol in symbols}) < len(symbols):
        raise NoCounterpart(f"two symbols of {found} have one name")
    return node, {
        symbol.name: {word: value for word, value in symbol._assumptions_orig.items() if word != "commutative"}
        for symbol in symbols
    }


def check_installed() -> None:
    """Raises NoCounterpart where sympy is missing."""
    if not is_installed():
        raise NoCounterpart('sympy is not installed: pip install "dlcalc[algebra]"')
