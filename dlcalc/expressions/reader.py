"""What a parser reads from: the declared names, and the tokens with a cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ..errors import ExpressionError
from .nodes import Kind, Name, Node
from .tokens import Token, tokenize

MAX_DEPTH = 40
"""How deep brackets, exponents and sums may be nested."""
MAX_LEVELS = 100
"""Levels of the tree: a chain of divisions or signs is deep without any nesting."""


def has_too_many_levels(node: Node) -> bool:
    """Whether a tree is too deep for what is done with it level by level: evaluating, printing, substituting."""
    level = [node]
    for _ in range(MAX_LEVELS):
        level = list({id(child): child for parent in level for child in parent.children()}.values())
        if not level:
            return False
    return True


@dataclass(frozen=True)
class Declarations:
    """What the reader knows of the names: their kinds, which are whole numbers, and which formulas can be called."""

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    integers: frozenset[str] = frozenset()
    formulas: frozenset[str] = frozenset()
    runs: bool = True
    """Whether a run of letters that is not declared is a product of its letters (nm), or refused."""

    @staticmethod
    def of(names: Declarations | Mapping[str, Kind] | Iterable[str]) -> Declarations:
        if isinstance(names, Declarations):
            return names
        if isinstance(names, Mapping):
            return Declarations(names)
        return Declarations(dict.fromkeys(names, Kind.SCALAR))

    def __contains__(self, name: str) -> bool:
        return name in self.kinds

    def name(self, name: str) -> Name:
        return Name(name, self.kinds.get(name, Kind.SCALAR), name in self.integers)


class Reader:
    """The tokens of one text, with a cursor, and what the grammar needs to read on."""

    def __init__(self, text: str, names: Declarations, times: int = 1) -> None:
        self.text = text
        self.names = names
        self.tokens = tokenize(text, times)
        self.index = 0
        self.depth = -1
        """What stands in no bracket is nested 0 deep."""
        self.grouped: dict[int, Node] = {}
        """Nodes that stood in parentheses, by id: a product in parentheses stays a factor of its own."""

    # reading tokens

    @property
    def at(self) -> Token:
        return self.tokens[self.index]

    def peek(self, offset: int = 1) -> Token:
        return self.tokens[min(self.index + offset, len(self.tokens) - 1)]

    def sees(self, *operators: str) -> bool:
        return self.at.kind == "op" and self.at.value in operators

    def sees_word(self, *words: str) -> bool:
        return self.at.kind == "name" and self.at.value in words and self.at.value not in self.names

    def take(self) -> Token:
        token = self.at
        self.index += 1
        return token

    def accept(self, *operators: str) -> bool:
        if self.sees(*operators):
            self.index += 1
            return True
        return False

    def expect(self, operator: str, opened: str) -> None:
        if not self.accept(operator):
            raise self.error(f"{opened} is not closed: {operator} is expected")

    def nested(self, rule: Callable[[], Node]) -> Node:
        """What `rule` reads, one level deeper. All that can stand inside its own kind is read through here."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"an expression is nested at most {MAX_DEPTH} deep")
        node = rule()
        self.depth -= 1
        return node

    def error(self, rule: str, token: Token | None = None) -> ExpressionError:
        return ExpressionError(rule, self.text, (token or self.at).position)

    def unexpected(self) -> ExpressionError:
        if self.at.kind == "end":
            return self.error("the expression ends too early")
        if self.at.kind == "number" and self.index and self.tokens[self.index - 1].kind == "number":
            return self.error(f"two numbers are side by side: {self.tokens[self.index - 1].value} {self.at.value}")
        shown = self.text[self.at.position : self.at.position + 1] or self.at.value
        return self.error(f"{shown} is not expected here")
