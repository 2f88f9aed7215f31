"""The source of the package, for tests that read it."""

from __future__ import annotations

import ast
from functools import cache


@cache
def nodes(source: str) -> tuple[ast.AST, ...]:
    """A module, and everything in it; of one text it is found once for all tests."""
    return tuple(ast.walk(ast.parse(source)))
