"""What can be folded when letters are left over: 32 + m + 1 → m + 33, ⌊3⌋ → 3, f·f → f².

Nothing is expanded, (121c + 1)k stays as it is, and the order of the letters is the order in which they were written;
factors that stand for arrays are never moved past each other. These functions take values of which at least one is a
`Node`; plain numbers are computed by Python.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from fractions import Fraction
from math import gcd

from ..errors import UserError
from .exact import Number, shown
from .kinds import kind_of
from .limits import LimitError, over, plus, spend, times
from .nodes import Add, Call, Div, Literal, Mul, Name, Neg, Node, Pow, Value, fact, to_node

Monomial = tuple[Number, "Node | None"]

MOST_TERMS = 1_000
"""Terms, or factors, that may be left over in letters."""
_TERM_COST = 12
ONE = Literal(1)


def _split(node: Node) -> Monomial:
    """A term as (number, letters); the letters are None for a plain number."""
    if isinstance(node, Literal):
        return node.value, None
    if isinstance(node, Neg | Mul | Div):
        return _monomial(node)
    return 1, node


@fact("_monomial")
def _monomial(node: Node) -> Monomial:
    if isinstance(node, Neg):
        number, letters = _split(node.operand)
        return -number, letters
    if isinstance(node, Mul):
        scale: Number = 1
        rest: list[Node] = []
        for factor in node.factors:
            part, letters = _split(factor)
            scale = times(scale, part)
            if letters is not None:
                rest.append(letters)
        return scale, _mul(rest)
    if isinstance(node, Div):
        top, letters = _split(node.numerator)
        bottom, below = _split(node.denominator)
        if bottom == 0:
            return 1, node
        if below is None:
            return _quotient(top, bottom), letters
        return _quotient(top, bottom), Div(letters or ONE, below)
    return 1, node


def _quotient(a: Number, b: Number) -> Number:
    if b == 0:
        raise UserError(f"division by zero: {shown(a)}/0")
    quotient: Number = over(a if isinstance(a, float) else Fraction(a), b)
    return quotient


def _mul(factors: list[Node]) -> Node | None:
    if not factors:
        return None
    return factors[0] if len(factors) == 1 else Mul(tuple(factors))


def _term(number: Number, letters: Node | None) -> Node:
    """The node of number·letters: 1·x is x, −1·x is −x, ½·x is x/2."""
    if letters is None:
        return to_node(number) if number >= 0 else Neg(to_node(-number))
    if number < 0:
        return Neg(_term(-number, letters))
    if number == 1:
        return letters
    if isinstance(number, Fraction) and number.denominator != 1:
        if isinstance(letters, Div):
            return Div(_over(number.numerator, letters), _term(number.denominator, letters.denominator))
        return Div(_term(number.numerator, letters), Literal(number.denominator))
    if isinstance(letters, Div):
        return Div(_over(number, letters), letters.denominator)
    return Mul((Literal(number), *(letters.factors if isinstance(letters, Mul) else (letters,))))


def _over(number: Number, quotient: Div) -> Node:
    """The numerator of number·(a/b); 1·number is the number."""
    return _term(number, None if quotient.numerator == ONE else quotient.numerator)


Opened = list[tuple[Node, int]]
"""The parts of a node, each with the whole number by which it counts: a factor in a sum, an exponent in a product."""


def _gathered(root: Node, weight: int, opened: Callable[[Node], Opened | None]) -> Opened:
    """What is left when everything that can be opened is, from left to right.

    A part that is opened in several places is opened once, and its parts count for all of these.
    """
    parts = opened(root)
    if parts is None:
        return [(root, weight)]
    found: Opened = []
    seen: set[int] = set()
    stack = [(part, weight * by) for part, by in reversed(parts)]
    while stack:
        node, weight_ = place = stack.pop()
        parts = opened(node)
        if parts is None:
            found.append(place)
        elif id(node) in seen:
            return _gathered_once(root, weight, opened)
        else:
            seen.add(id(node))
            stack.extend([(part, weight_ * by) for part, by in reversed(parts)])
    return found


def _gathered_once(root: Node, weight: int, opened: Callable[[Node], Opened | None]) -> Opened:
    """The same of a graph: a node gives its weight on when all places where it stands have given it theirs."""
    parts: dict[int, Opened | None] = {}
    distinct: list[Node] = []
    after: list[Node] = []

    def visit(node: Node) -> None:
        inside = parts[id(node)] = opened(node)
        distinct.append(node)
        for part, _ in inside or ():
            if id(part) not in parts:
                visit(part)
        after.append(node)

    visit(root)
    weights = dict.fromkeys(parts, 0)
    weights[id(root)] = weight
    for node in reversed(after):
        for part, by in parts[id(node)] or ():
            weights[id(part)] += by * weights[id(node)]
    return [(node, weights[id(node)]) for node in distinct if parts[id(node)] is None]


def _opened_sum(node: Node) -> Opened | None:
    if isinstance(node, Add):
        return [(term, 1) for term in node.terms]
    if isinstance(node, Neg):
        return [(node.operand, -1)]
    if isinstance(node, Mul | Div):
        number, letters = _monomial(node)
        if isinstance(letters, Add) and abs(number) == 1:
            return [(letters, 1 if number > 0 else -1)]
    return None


def _terms(node: Node, sign: int) -> list[Monomial]:
    """The terms of a sum, signs put in and nested sums opened."""
    found = []
    for term, weight in _gathered(node, sign, _opened_sum):
        number, letters = _split(term)
        found.append((number if weight == 1 else -number if weight == -1 else times(weight, number), letters))
    return found


def _sum(terms: list[Monomial]) -> Value:
    spend(_TERM_COST * len(terms))
    numbers: dict[Node | None, Number] = {}
    for number, letters in terms:
        numbers[letters] = plus(numbers.get(letters, 0), number)
    constant = numbers.pop(None, 0)
    if len(numbers) > MOST_TERMS:
        raise LimitError(f"at most {MOST_TERMS} terms may be left over in letters, not {len(numbers)}")
    nodes = [_term(number, letters) for letters, number in numbers.items() if number != 0]
    if not nodes:
        return constant
    if constant != 0:
        # "n + 33", but "1 − h²" rather than "−h² + 1"
        nodes.insert(0 if isinstance(nodes[0], Neg) and constant > 0 else len(nodes), _term(constant, None))
    return nodes[0] if len(nodes) == 1 else Add(tuple(nodes))


def total(values: Iterable[Value]) -> Value:
    """The sum of all values."""
    return _sum([term for value in values for term in _terms(to_node(value), 1)])


def add(a: Value, b: Value) -> Value:
    return total((a, b))


def negate(a: Value) -> Value:
    return _sum(_terms(a, -1)) if isinstance(a, Node) else -a


def _powers(node: Node, sign: int, into: dict[Node, int]) -> Number:
    """Collects base → exponent of a product's letters into `into`; returns its number."""
    number, letters = _split(node)
    if sign < 0:
        number = _quotient(1, number)
    spend(_TERM_COST)
    if letters is None:
        return number
    for base, exponent in _gathered(letters, sign, _opened_product):
        if base.__class__ is not Literal or base != ONE:
            into[base] = into.get(base, 0) + exponent
    return number


def _opened_product(node: Node) -> Opened | None:
    if isinstance(node, Mul):
        return [(factor, 1) for factor in node.factors]
    if isinstance(node, Div):
        return [(node.numerator, 1), (node.denominator, -1)]
    if isinstance(node, Pow) and isinstance(node.exponent, Literal) and isinstance(node.exponent.value, int):
        return [(node.base, node.exponent.value)]
    return None


def _from_powers(number: Number, powers: dict[Node, int]) -> Value:
    if len(powers) > MOST_TERMS:
        raise LimitError(f"at most {MOST_TERMS} factors may be left over in letters, not {len(powers)}")
    above = [base if power_ == 1 else Pow(base, Literal(power_)) for base, power_ in powers.items() if power_ > 0]
    below = [base if power_ == -1 else Pow(base, Literal(-power_)) for base, power_ in powers.items() if power_ < 0]
    if number == 0:
        return 0
    if not above and not below:
        return number
    bottom = _mul(below)
    if bottom is None:
        if len(above) == 1 and isinstance(above[0], Add):
            return _scaled(number, above[0])
        return _term(number, _mul(above))
    return _term(number, Div(_mul(above) or ONE, bottom))


def _scaled(number: Number, total: Add) -> Value:
    """number·(sum): opened only for a sign, or for a fraction that divides every term."""
    if abs(number) == 1:
        return _sum(_terms(total, 1 if number > 0 else -1))
    if isinstance(number, Fraction):
        terms = _terms(total, 1)
        shared = gcd(*(term[0] if isinstance(term[0], int) else 1 for term in terms))
        if shared % number.denominator == 0:
            whole = [(_quotient(n, number.denominator), letters) for n, letters in terms]
            return multiply(number.numerator, _sum(whole))
    return _term(number, total)


def product(values: Iterable[Value]) -> Value:
    """The product of all values."""
    nodes = [to_node(value) for value in values]
    if any(_is_array(node) for node in nodes):
        return _in_order(nodes)
    powers: dict[Node, int] = {}
    number: Number = 1
    for node in nodes:
        number = times(number, _powers(node, 1, powers))
    return _from_powers(number, powers)


def multiply(a: Value, b: Value) -> Value:
    return product((a, b))


def _is_array(node: Node) -> bool:
    return kind_of(node).rank > 0


def _in_order(nodes: list[Node]) -> Value:
    """A product of arrays: its numbers go to the front, its letters stay where they are."""
    number: Number = 1
    factors: list[Node] = []
    for node in nodes:
        part, letters = _split(node)
        number = times(number, part)
        if letters is not None:
            factors.extend(letters.factors if isinstance(letters, Mul) else (letters,))
    return 0 if number == 0 else _term(number, _mul(factors))


def divide(a: Value, b: Value) -> Value:
    top, bottom = to_node(a), to_node(b)
    if _is_array(top) or _is_array(bottom):
        scale, letters = _split(bottom)
        return _in_order([Literal(_quotient(1, scale)), top]) if letters is None else Div(top, bottom)
    powers: dict[Node, int] = {}
    number = times(_powers(top, 1, powers), _powers(bottom, -1, powers))
    return _from_powers(number, powers)


def power(a: Value, b: Value) -> Value:
    if isinstance(a, Node) and _is_array(a):
        return a if b == 1 else Pow(a, to_node(b))
    if not isinstance(b, Node):
        if b == 0:
            return 1
        if b == 1:
            return a
        if isinstance(b, int) and isinstance(a, Mul | Pow | Div | Neg) and abs(b) < 100:
            whole = product([a] * abs(b))
            return whole if b > 0 else divide(1, whole)
    return Pow(to_node(a), to_node(b))


@fact("_integer")
def is_integer(node: Node) -> bool:
    """True when the expression is surely whole, whatever the whole-number letters in it stand for."""
    if isinstance(node, Literal):
        return isinstance(node.value, int)
    if isinstance(node, Name):
        return node.integer
    if isinstance(node, Add | Mul | Neg):
        return all(is_integer(child) for child in node.children())
    if isinstance(node, Pow):
        return is_integer(node.base) and isinstance(node.exponent, Literal) and is_natural(node.exponent.value)
    if isinstance(node, Call):
        whole = node.function in _KEEP_WHOLE and all(is_integer(argument) for argument in node.arguments)
        return whole or node.function in ("floor", "ceil", "sign", "step")
    return False


_KEEP_WHOLE = frozenset({"abs", "relu", "relu6", "hardtanh", "min", "max", "mod"})


def is_natural(value: Number) -> bool:
    return isinstance(value, int) and value >= 0


def floor(node: Node) -> Value:
    """⌊node⌋, with the surely whole terms taken out of the brackets."""
    return _rounded("floor", node)


def ceil(node: Node) -> Value:
    """⌈node⌉, with the surely whole terms taken out of the brackets."""
    return _rounded("ceil", node)


def _rounded(function: str, node: Node) -> Value:
    if is_integer(node):
        return node
    inner = node
    divisor = 1
    if isinstance(node, Div) and isinstance(node.denominator, Literal) and isinstance(node.denominator.value, int):
        inner, divisor = node.numerator, node.denominator.value
    outside: list[Monomial] = []
    inside: list[Monomial] = []
    for number, letters in _terms(inner, 1):
        whole = isinstance(number, int) and (letters is None or is_integer(letters))
        if whole and number % divisor == 0:
            outside.append((number // divisor, letters))
        else:
            inside.append((number, letters))
    if divisor == 1 and not outside:
        return Call(function, (node,))
    rest = _sum(inside)
    if not isinstance(rest, Node):
        quotient = Fraction(rest) / divisor
        return _sum([*outside, (quotient.__floor__() if function == "floor" else quotient.__ceil__(), None)])
    remaining = Call(function, (to_node(divide(rest, divisor)),))
    return _sum([*outside, (1, remaining)])


Node.fold = sys.modules[__name__]
