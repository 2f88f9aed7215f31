"""Expressions in letters made shorter with sympy (extra `algebra`), and handed to other programs. The one room that
imports it.

sympy objects are built by constructors from our own tree and read back into it; text never reaches sympy.
"""

from .simplify import is_installed, simplified

__all__ = ["is_installed", "simplified"]
