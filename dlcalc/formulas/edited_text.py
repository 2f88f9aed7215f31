"""Expressions edited as trees: what goes in is the text of one, what comes out that of the edited one.

A formula that is still put together has declared no names. So every word that is not called is a name here, and `^T`
behind one is the transpose. What is called must have no quantity's name: where a step is called norm, `norm(g)` is its
product with g, and only ‖g‖ the length. An expression that an edit leaves as it is keeps its text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise

from ..errors import InternalError
from ..expressions.nodes import Kind, Node, Reduce, names_in, rewriting
from ..expressions.parser import parse
from ..expressions.printing import plain
from ..expressions.reader import Declarations
from ..expressions.tokens import tokenize
from .topics import ids_known

Rule = Callable[[Node, Callable[[Node], Node]], Node]
"""What becomes of one node; the second argument changes what is below it, as in `rewriting`."""

_NO_NAMES = frozenset({"and", "or", "not", "in", "if", "else", "otherwise", "e"})


def rewritten(text: str, rule: Rule) -> str:
    """The expression with every node changed by a rule. Raises ExpressionError for text that is none."""
    tree = _read(text)
    return _written(text, tree, rewriting(rule)(tree))


def substituted(text: str, values: Mapping[str, str]) -> str:
    """The expression with others for some of its parts, the widest first; what is put in is not looked at again.

    A name that a sum or product binds is another quantity: it stays. Raises InternalError where one would bind a name
    of what is put in, and ExpressionError for text that is no expression.
    """
    tree = _read(text)
    return _written(text, tree, _put(tree, {_read(old): _read(new) for old, new in values.items()}))


def _read(text: str) -> Node:
    tokens = tokenize(text)
    words = {
        token.value
        for token, after in pairwise(tokens)
        if token.kind == "name" and after.value != "(" and token.value not in _NO_NAMES
    }
    return parse(text, Declarations(dict.fromkeys(words, Kind.MATRIX), formulas=ids_known()))


def _written(text: str, before: Node, after: Node) -> str:
    return text if after == before else plain(after)


def _put(tree: Node, values: Mapping[Node, Node]) -> Node:
    def rule(part: Node, below: Callable[[Node], Node]) -> Node:
        if part in values:
            return values[part]
        if not isinstance(part, Reduce):
            return part.map(below)
        inner = {old: new for old, new in values.items() if part.index not in names_in(old)}
        caught = {old: new for old, new in inner.items() if part.index in names_in(new)}
        if caught and _put(part.body, caught) != part.body:
            raise InternalError(f"{part.index} of what is put in would be the index of {part}")
        return replace(part, low=below(part.low), high=below(part.high), body=_put(part.body, inner))

    return rewriting(rule)(tree)
