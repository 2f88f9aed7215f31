"""An expression in letters as a Python value: printed as on paper, compared by its value, and sympy's when asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, TypeVar

from ..errors import UserError
from ..expressions import printing
from ..expressions.evaluate import evaluate, evaluate_at
from ..expressions.exact import exact, is_near
from ..expressions.functions import CONSTANTS
from ..expressions.nodes import Name, Node, Value, names_in, to_node, walk
from ..expressions.parser import parse
from ..formulas.reading import plain_value

Facts = Mapping[str, Mapping[str, bool]]
"""Letter → what is known of it, in sympy's words: integer, positive, nonnegative, real."""


class Expression:
    """What is left in letters: `dlcalc.conv(f=3).parameters` is (9c + 1)k.

    `print` shows it as on paper, `subs(c=6)` puts values in, `latex()` and `sympy()` hand it on, and + − * / ** work
    with it, with numbers and with sympy's expressions. Two are equal when they have the same value wherever both have
    one, so that an expression is no key of a dictionary; `node` is the expression as it is written.

    Example: `dlcalc.conv(f=3).parameters == "k + 9ck"` is True.
    """

    __slots__ = ("facts", "node")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, node: Node, facts: Facts | None = None) -> None:
        self.node = node
        self.facts: Facts = facts or {}

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters in it, in the written order."""
        return tuple(name for name in names_in(self.node) if name not in CONSTANTS or name in self.facts)

    def __str__(self) -> str:
        return printing.text(self.node)

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"

    def latex(self) -> str:
        r"""LaTeX without $: `\\left(9 c + 1\\right) k`."""
        return printing.latex(self.node)

    def subs(self, **values: object) -> Any:
        """The expression with values in the place of letters: a number where none is left.

        `subs(n=227)`; a value is a number, text, or another expression. Raises UserError for a letter that it lacks.
        """
        known: dict[str, Value] = {}
        for name, given in values.items():
            if name not in self.letters:
                raise UserError(f"{name} does not occur; the letters are {', '.join(self.letters)}")
            known[name] = node_of(given)
        facts = {**self.facts, **{n: f for given in values.values() for n, f in getattr(given, "facts", {}).items()}}
        return wrapped(evaluate_at(self.node, known), facts)

    def sympy(self) -> Any:
        """The same as sympy's expression; its symbols know which letters are whole and positive.

        Raises UserError for what sympy has no counterpart of, and where sympy (extra `algebra`) is missing.
        """
        return as_sympy(self.node, self.facts)

    _sympy_ = sympy
    """By which sympy reads it wherever it takes an expression."""

    def __float__(self) -> float:
        """Raises UserError while letters are left."""
        if self.letters:
            raise UserError(f"{self} is not a number: {', '.join(self.letters)} "
                            f"{'have' if self.letters[1:] else 'has'} no value")  # fmt: skip
        return float(evaluate_at(self.node, {}))

    def __eq__(self, other: object) -> bool:
        try:
            found = node_of(other)
        except UserError:
            return NotImplemented
        return _same(self.node, to_node(found), {**getattr(other, "facts", {}), **self.facts})

    def _with(self, other: object, combine: Callable[[Value, Value], Value]) -> Any:
        if not isinstance(other, Expression | int | float | Fraction) or isinstance(other, bool):
            return NotImplemented
        return wrapped(combine(self.node, node_of(other)), {**getattr(other, "facts", {}), **self.facts})

    def __add__(self, other: object) -> Any:
        return self._with(other, lambda a, b: a + b)

    def __radd__(self, other: object) -> Any:
        return self._with(other, lambda a, b: b + a)

    def __sub__(self, other: object) -> Any:
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other: object) -> Any:
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other: object) -> Any:
        return self._with(other, lambda a, b: a * b)

    def __rmul__(self, other: object) -> Any:
        return self._with(other, lambda a, b: b * a)

    def __truediv__(self, other: object) -> Any:
        return self._with(other, lambda a, b: a / b)

    def __rtruediv__(self, other: object) -> Any:
        return self._with(other, lambda a, b: b / a)

    def __pow__(self, other: object) -> Any:
        return self._with(other, lambda a, b: a**b)

    def __neg__(self) -> Any:
        return wrapped(-self.node, self.facts)


def wrapped(value: Value, facts: Facts) -> Any:
    """A value as Python shows it: numbers as they are, what is in letters as an `Expression`."""
    if isinstance(value, tuple):
        return tuple(wrapped(item, facts) for item in value)
    if isinstance(value, dict):
        return {key: wrapped(item, facts) for key, item in value.items()}
    return Expression(value, facts) if isinstance(value, Node) else value


def unwrapped(value: object) -> object:
    """The same with plain nodes for expressions, as the formulas take it."""
    if isinstance(value, Expression):
        return value.node
    return type(value)(map(unwrapped, value)) if type(value) in (tuple, list) else value  # type: ignore[call-arg,call-overload]


def node_of(value: object) -> Value:
    """A number, text or an expression as a value. Raises UserError for anything else, and for text that is none."""
    if isinstance(value, str):
        return parse(value)
    if type(value).__module__.partition(".")[0] == "sympy":
        return from_sympy(value).node
    return plain_value("the value", unwrapped(value))


Found = TypeVar("Found")


def from_algebra(work: Callable[..., Found], *arguments: object) -> Found:
    """What `work` of the room `algebra` gives. Raises UserError where the other side has no counterpart."""
    from ..algebra.letters import NoCounterpart

    try:
        return work(*arguments)
    except NoCounterpart as error:
        raise UserError(str(error)) from None


def as_sympy(value: Value, facts: Facts) -> Any:
    """Raises UserError."""
    from ..algebra import exchange

    return from_algebra(exchange.given_to_sympy, value, facts)


def to_sympy(value: object) -> Any:
    """sympy's form of an expression, a number, a tuple of them, or text: `to_sympy("floor((n - f)/s) + 1")`.

    Raises UserError for what sympy has no counterpart of, and where sympy (extra `algebra`) is missing.

    Example: dlcalc.to_sympy("floor((n - f)/s) + 1")
    """
    return as_sympy(node_of(value), value.facts if isinstance(value, Expression) else {})


def from_sympy(expression: Any) -> Expression:
    """A sympy expression as one of dlcalc's, which prints as on paper and goes into every calculator.

    Its letters keep what sympy knows of them. Raises UserError for what dlcalc has no counterpart of.

    Example: dlcalc.from_sympy(dlcalc.to_sympy("(n - f)/s + 1"))
    """
    from ..algebra import exchange

    return Expression(*from_algebra(exchange.taken_from_sympy, expression))


POINTS, LEAST = 24, 3
"""So many points tell two expressions apart; so many have to have a value."""


def _same(one: Node, other: Node, facts: Facts) -> bool:
    """Whether two expressions have the same values wherever both have one: at points, in exact numbers."""
    if one == other:
        return True
    from ..formulas.draw import Sampler

    whole = {part.id for node in (one, other) for part in walk(node) if isinstance(part, Name) and part.integer}
    whole |= {name for name, known in facts.items() if known.get("integer")}
    letters = [name for name in dict.fromkeys((*names_in(one), *names_in(other)))
               if name not in CONSTANTS or name in facts]  # fmt: skip
    found = 0
    for attempt in range(2 * POINTS):
        sampler = Sampler("equal", *letters, attempt)
        reach = 12 if attempt % 2 else 300
        point: dict[str, Value] = {
            name: sampler.integer(1, reach) if name in whole else exact(Fraction(sampler.integer(-200, 200), 100))
            for name in letters
        }
        try:
            a, b = evaluate(one, point), evaluate(other, point)
        except (UserError, OverflowError):
            continue
        if isinstance(a, tuple | Node) or isinstance(b, tuple | Node):
            return False
        if not is_near(a, b):
            return False
        found += 1
        if found == POINTS or not letters:
            return True
    return found >= LEAST
