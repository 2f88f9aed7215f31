"""Tokens to a tree: a precedence parser for the one language of formulas, options and answers.

From loosest to tightest: or, and, not, comparison, + −, explicit · /, unary −, implied product, power, index.
A quotient by an implied product (1/2n) can be read in two ways, so it is refused and both ways are shown.
Nothing of Python is reachable: names, numbers and the functions of `functions.FUNCTIONS` are all there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ..errors import ExpressionError
from .kinds import kind_of
from .nodes import (
    Add,
    Call,
    Compare,
    Div,
    Hadamard,
    Index,
    Kind,
    Logic,
    Mul,
    Name,
    Neg,
    Node,
    Outer,
    Pow,
    Range,
    Transpose,
)
from .operands import Operands
from .reader import MAX_DEPTH, MAX_LEVELS, Declarations, has_too_many_levels

_COMPARISONS = frozenset("=≠<≤>≥")
_OPENING, _CLOSING = frozenset("([{⌊⌈"), frozenset(")]}⌋⌉")


def parse(text: str, names: Declarations | Mapping[str, Kind] | Iterable[str] = (), times: int = 1) -> Node:
    """The tree of an expression, which may be so many `times` longer than others.

    Raises ExpressionError, with the position, on anything that is not one.
    """
    return _read(text, names, _Parser.expression, times)


def parse_range(text: str, names: Declarations | Mapping[str, Kind] | Iterable[str] = ()) -> Range:
    """`t in 1..T`, `n=1..1000` or `n = 3`. Raises ExpressionError."""
    found = _read(text, names, _Parser.range)
    assert isinstance(found, Range)
    return found


def _read(
    text: str,
    names: Declarations | Mapping[str, Kind] | Iterable[str],
    rule: Callable[[_Parser], Node],
    times: int = 1,
) -> Node:
    parser = _Parser(text, Declarations.of(names), times)
    if parser.at.kind == "end":
        raise ExpressionError("an expression is expected, but there is nothing", text, None)
    node = rule(parser)
    if parser.at.kind != "end":
        raise parser.unexpected()
    if has_too_many_levels(node):
        raise ExpressionError(f"an expression has at most {MAX_LEVELS} levels of operations", text, None)
    return node


class _Parser(Operands):
    # the grammar, loosest first

    def expression(self) -> Node:
        return self.nested(self.choice)

    def choice(self) -> Node:
        """`a if condition else b`, as Python writes it, or `a if condition, otherwise b`."""
        value = self.disjunction()
        if not self.sees_choice():
            return value
        self.take()
        condition = self.disjunction()
        if self.sees(","):
            self.take()
        if not self.sees_word("else", "otherwise"):
            raise self.error("else is expected: 1 if x > 0 else 0")
        self.take()
        return Call("if", (condition, value, self.nested(self.choice)))

    def sees_choice(self) -> bool:
        """Whether an `if` stands here that an `else` in the same brackets closes: no call of if(...)."""
        if not self.sees_word("if"):
            return False
        depth = 0
        for token in self.tokens[self.index + 1 :]:
            if token.kind == "op":
                depth += (token.value in _OPENING) - (token.value in _CLOSING)
            if depth < 0:
                return False
            if depth == 0 and token.kind == "name" and token.value in ("else", "otherwise"):
                return True
        return False

    def disjunction(self) -> Node:
        return self.logic("or", self.conjunction)

    def conjunction(self) -> Node:
        return self.logic("and", self.negation)

    def logic(self, word: str, operand: Callable[[], Node]) -> Node:
        operands = [operand()]
        while self.sees_word(word):
            self.take()
            operands.append(operand())
        return operands[0] if len(operands) == 1 else Logic(word, tuple(operands))

    def negation(self) -> Node:
        count = 0
        while self.sees_word("not"):
            self.take()
            count += 1
        node = self.comparison()
        for _ in range(self.limited(count)):
            node = Logic("not", (node,))
        return node

    def limited(self, count: int) -> int:
        if count > MAX_DEPTH:
            raise self.error(f"an expression is nested at most {MAX_DEPTH} deep")
        return count

    def comparison(self) -> Node:
        left = self.sum()
        if self.at.kind == "op" and self.at.value in _COMPARISONS:
            operator = self.take().value
            left = Compare(operator, left, self.sum())
            if self.at.kind == "op" and self.at.value in _COMPARISONS:
                raise self.error("comparisons are not chained: write a < b and b < c")
        return left

    def sum(self) -> Node:
        terms = [self.product()]
        while self.sees("+", "-"):
            minus = self.take().value == "-"
            term = self.product()
            terms.append(Neg(term) if minus else term)
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    def product(self) -> Node:
        node = self.unary()
        while self.sees("*", "/", "//", "%", "⊙", "⊗"):
            token = self.take()
            right = self.unary()
            if token.value in ("/", "//") and self.is_implied_product(right):
                raise self.error("a quotient by a product can be read in two ways: write a/(b c) or (a/b) c", token)
            node = self.joined(token.value, node, right)
        return node

    def is_implied_product(self, node: Node) -> bool:
        """2n or −2n, but not (2n)."""
        while isinstance(node, Neg) and id(node) not in self.grouped:
            node = node.operand
        return isinstance(node, Mul) and id(node) not in self.grouped

    def joined(self, operator: str, left: Node, right: Node) -> Node:
        if operator == "*":
            return Mul((*self.parts(left, Mul), *self.parts(right, Mul)))
        if operator == "/":
            return Div(left, right)
        if operator == "//":
            return Call("floor", (Div(left, right),))
        if operator == "%":
            return Call("mod", (left, right))
        if operator == "⊙":
            return Hadamard((*self.parts(left, Hadamard), right))
        return Outer(left, right)

    def parts(self, node: Node, of: type[Mul] | type[Hadamard]) -> tuple[Node, ...]:
        return node.factors if isinstance(node, of) and id(node) not in self.grouped else (node,)

    def unary(self) -> Node:
        count = 0
        while self.sees("+", "-"):
            count += self.take().value == "-"
        node = self.implied()
        for _ in range(self.limited(count)):
            node = Neg(node)
        return node

    def implied(self) -> Node:
        factors = list(self.parts(self.power(), Mul))
        while self.starts_operand():
            factors.extend(self.parts(self.power(), Mul))
        return factors[0] if len(factors) == 1 else Mul(tuple(factors))

    def starts_operand(self) -> bool:
        token = self.at
        if token.kind == "number":
            return self.tokens[self.index - 1].kind == "op"
        if token.kind == "name":
            words = ("and", "or", "not", "in", "for", "otherwise", "else")
            return not self.sees_word(*words) and not self.sees_choice()
        return token.kind == "op" and (
            token.value in ("(", "⌊", "⌈", "√", "frac", "Σ", "Π", "Π←", "[", "{", "∂")
            or token.value.startswith("begin")
        )

    def power(self) -> Node:
        base = self.postfix()
        while self.accept("ᵀ"):
            base = Transpose(base)
        return self.raised(base)

    def raised(self, base: Node) -> Node:
        """The base with the exponent that follows it, if one does."""
        while self.accept("^"):
            if not self.transposes(base):
                exponent = self.nested(self.exponent)
                is_e = base == Name("e") and "e" not in self.names
                return Call("exp", (exponent,)) if is_e else Pow(base, exponent)
            base = Transpose(base)
        return base

    def transposes(self, base: Node) -> bool:
        """`T` and `⊤` after a vector or a matrix, also in braces: takes them and is true."""
        braces = self.sees("{") and self.peek(2).value == "}"
        token = self.peek() if braces else self.at
        is_transpose = token.value in ("⊤", "ᵀ") or (
            token.kind == "name" and token.value == "T" and self.kind(base) in (Kind.VECTOR, Kind.MATRIX)
        )
        if is_transpose:
            self.index += 3 if braces else 1
        return is_transpose

    def kind(self, node: Node) -> Kind:
        if has_too_many_levels(node):
            raise self.error(f"an expression has at most {MAX_LEVELS} levels of operations")
        return kind_of(node)

    def exponent(self) -> Node:
        if self.accept("{"):
            node = self.expression()
            self.expect("}", "{")
            return node
        if self.accept("-"):
            return Neg(self.nested(self.exponent))
        self.accept("+")
        return self.power()

    def postfix(self) -> Node:
        return self.indexed(self.primary())

    def indexed(self, node: Node) -> Node:
        """The node with the indices and subscripts that follow it."""
        while self.sees("[") and self.indexable(node):
            self.take()
            indices = self.list_of(self.expression, "]")
            self.expect("]", "[")
            node = Index(node, tuple(indices))
        while self.sees("_") and isinstance(node, Name):
            self.take()
            node = self.subscripted(node)
        return node

    def indexable(self, node: Node) -> bool:
        if isinstance(node, Index):
            return True
        return isinstance(node, Name) and (node.id not in self.names or node.kind.rank > 0)

    def subscripted(self, node: Name) -> Node:
        """h_{t-1}: an index, unless the whole is a declared name."""
        if not self.sees("{"):
            token = self.take()
            if token.kind == "end" or token.kind == "op":
                raise self.error("a subscript is expected after _", token)
            return self.index_or_name(node.id, token.value, token)
        opened = self.take()
        inner = self.at
        if inner.kind != "op" and self.peek().value == "}" and inner.value.isalnum():
            self.index += 2
            return self.index_or_name(node.id, inner.value, inner)
        indices = self.list_of(self.expression, "}")
        if not self.accept("}"):
            raise self.error("{ is not closed: } is expected", opened)
        return Index(node, tuple(indices))
