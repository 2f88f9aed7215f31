"""Expressions on paper: one-line and two-dimensional Unicode, LaTeX, Typst, MathML and the plain form for files.

Each function takes a node or a value (int, Fraction, float, bool, nested tuples) and keeps the written order: nothing
is simplified. `spell` renames names, as a course profile does (`{"f": "k"}`).

`text`, `plain` and `latex` are read back by the parser to the same tree (given the same declared names).
"""

from __future__ import annotations

from ..nodes import Value
from .blocks import Block, joined
from .latex import Latex
from .linear import Text
from .mathml import MathML
from .names import Spell, in_words, without_dots
from .plain import Plain
from .stacked import Stacked
from .typst import Typst

__all__ = [
    "Block",
    "Spell",
    "in_words",
    "joined",
    "latex",
    "mathml",
    "plain",
    "stacked",
    "stacked_block",
    "text",
    "typst",
    "without_dots",
]


def text(value: Value, spell: Spell = None) -> str:
    """One line of Unicode: `⌊(n + 2p − f)/s⌋ + 1`."""
    return Text(spell).write(value)


def plain(value: Value, spell: Spell = None) -> str:
    """One line with every sign written, for JSON: `floor((n + 2*p - f)/s) + 1`."""
    return Plain(spell).write(value)


def stacked(value: Value, spell: Spell = None) -> list[str]:
    """The lines of the two-dimensional form."""
    return [line.rstrip() for line in stacked_block(value, spell).lines]


def stacked_block(value: Value, spell: Spell = None) -> Block:
    """The two-dimensional form with its baseline, to be `joined` with what stands beside it.

    `joined(["o = ", stacked_block(formula)]).lines` is an equation.
    """
    return Stacked(spell).write(value)


def latex(value: Value, spell: Spell = None) -> str:
    r"""LaTeX without surrounding $: `\left\lfloor \frac{n + 2 p - f}{s} \right\rfloor + 1`. Needs amsmath."""
    return Latex(spell).write(value)


def typst(value: Value, spell: Spell = None) -> str:
    """Typst mathematics without surrounding $: `floor(frac(n + 2 p - f, s)) + 1`."""
    return Typst(spell).write(value)


def mathml(value: Value, spell: Spell = None, *, display: bool = False) -> str:
    """A <math> element; `display` sets it as a line of its own."""
    printer = MathML(spell)
    return printer.element(printer.write(value), display)
