"""Derivatives in matrix notation: of a number by a vector or a matrix, and of a vector by a vector.

The derivative of a number has the shape of the letter it is taken by; that of a vector u by a vector x is the Jacobian,
∂uᵢ/∂xⱼ in row i and column j. Of a number f the differential is df = tr(Gᵀ dX), and G is what is asked: every place at
which X stands gives one term. Source: K. B. Petersen, M. S. Pedersen, The Matrix Cookbook, 2012, section 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from ..errors import UserError
from ..expressions.derive import outer_derivative
from ..expressions.evaluate import evaluate
from ..expressions.functions import FUNCTIONS
from ..expressions.nodes import (
    Add,
    Call,
    Div,
    Hadamard,
    Kind,
    Literal,
    Mul,
    Name,
    Neg,
    Node,
    Pow,
    Transpose,
    Value,
    names_in,
    to_node,
    walk,
)  # fmt: skip
from ..formulas.draw import Sampler
from .local import product, transposed
from .points import WIDEST

ONE = "1"
"""The size of a number, and the columns of a vector."""
IDENTITY = Name("I", Kind.MATRIX)
STEP = 1e-5
SIZES = ((2, 3, 4, 5), (3, 2, 5, 4))
"""What the sizes are where the derivative is checked, at one point after the other."""
POINTS = len(SIZES)
TRIES = 12
_NUMBERS = ("norm", "tr", "det")
_SQUARE = ("tr", "det")
MINUS_ONE = Neg(Literal(1))

Shape = tuple[str, str]


class NumberAddedError(UserError):
    """A vector to which a number is added: its `letter` may be a number, or the `number`, if a letter, a vector."""

    def __init__(self, letter: str, number: str, rule: str) -> None:
        super().__init__(rule)
        self.letter = letter
        self.number = number


@dataclass(frozen=True)
class Term:
    """`count` · `numbers` · `factors`: a number, letters or expressions that are numbers, and a matrix product."""

    count: Fraction
    numbers: tuple[Node, ...] = ()
    factors: tuple[Node, ...] = ()

    def times(self, count: Value = 1, numbers: Iterable[Node] = (), factors: Sequence[Node] | None = None) -> Term:
        kept = list(self.numbers)
        made = self.count * Fraction(count)
        for each in numbers:
            known = _plain(each)
            if isinstance(known, int | Fraction):
                made *= known
            else:
                kept.append(each)
        return Term(made, tuple(kept), self.factors if factors is None else tuple(factors))

    def as_number(self) -> Term:
        """The same where its product is one number."""
        return Term(self.count, (*self.numbers, product(self.factors)) if self.factors else self.numbers)

    def node(self, whole: bool) -> Node:
        """As it is written; `whole` where an empty product is the identity matrix, not 1."""
        factors = self.factors or ((IDENTITY,) if whole else ())
        size = abs(self.count)
        over = [each for each in self.numbers if not _is_inverse(each) and each != Literal(1)]
        under: list[Node] = []
        for each in self.numbers:
            if isinstance(each, Div) and _is_inverse(each):
                if each.denominator in over:
                    over.remove(each.denominator)
                else:
                    under.append(each.denominator)
        parts = (*([Literal(to_plain(size))] if size != 1 else []), *over, *factors)
        made = Literal(1) if not parts else parts[0] if len(parts) == 1 else Mul(parts)
        if under:
            made = Div(made, under[0] if len(under) == 1 else Mul(tuple(under)))
        return Neg(made) if self.count < 0 else made


def _plain(node: Node) -> Value | None:
    """The value of what has no letters and no functions."""
    return None if any(isinstance(part, Name | Call) for part in walk(node)) else evaluate(node)


def _is_inverse(node: Node) -> bool:
    return isinstance(node, Div) and node.numerator == Literal(1)


def is_inverse(node: Node) -> bool:
    """A⁻¹, or the same power of a number."""
    return isinstance(node, Pow) and node.exponent == MINUS_ONE


def to_plain(value: Fraction) -> int | Fraction:
    return value.numerator if value.denominator == 1 else value


def back(factors: Iterable[Node]) -> tuple[Node, ...]:
    """The factors of a transposed product."""
    return tuple(transposed(each) for each in reversed(tuple(factors)))


class Shapes:
    """The sizes of every part, as the letters' products and sums demand them."""

    def __init__(self, node: Node) -> None:
        self.same: dict[str, str] = {}
        self.known: dict[Node, Shape] = {}
        self.node = node
        self.whole = self.of(node)

    def size(self, name: str) -> str:
        while name in self.same:
            name = self.same[name]
        return name

    def shape(self, node: Node) -> Shape:
        rows, columns = self.of(node)
        return self.size(rows), self.size(columns)

    def is_number(self, node: Node) -> bool:
        return self.shape(node) == (ONE, ONE)

    def alike(self, one: str, other: str) -> bool:
        one, other = self.size(one), self.size(other)
        if one != other:
            if ONE in (one, other):
                return False
            self.same[one] = other
        return True

    def of(self, node: Node) -> Shape:
        found = self.known.get(node)
        if found is None:
            found = self.known[node] = self.made(node)
        return found

    def made(self, node: Node) -> Shape:
        match node:
            case Name(id, kind):
                return (ONE if kind is Kind.SCALAR else f"{id} rows", f"{id} columns" if kind is Kind.MATRIX else ONE)
            case Literal():
                return ONE, ONE
            case Transpose(operand):
                return self.of(operand)[::-1]
            case Neg(operand):
                return self.of(operand)
            case Add(parts) | Hadamard(parts):
                return self.equal(parts)
            case Mul(factors):
                chains = self.chains(factors)
                return next((shape for _, shape in chains if shape != (ONE, ONE)), (ONE, ONE))
            case Div(top, bottom) | Pow(top, bottom):
                shape = self.of(top)
                if is_inverse(node) and shape != (ONE, ONE) and self.alike(*shape):
                    return shape
                self.needs_number(bottom)
                if isinstance(node, Pow):
                    self.needs_number(top)
                return shape
            case Call("sum", (Call(_, _) as inner,)):
                self.of(inner)
                return ONE, ONE
            case Call(function, (inner,)):
                shape = self.of(inner)
                if function in _SQUARE and not self.alike(*shape):
                    raise UserError(f"{function} takes a square matrix, not {inner}")
                if function in _NUMBERS:
                    return ONE, ONE
                if function == "softmax" and self.is_number(inner):
                    raise UserError(f"softmax takes a vector, not the number {inner}")
                if function == "softmax" or FUNCTIONS[function].derivative is not None:
                    return shape
        raise UserError(f"there is no derivative rule for {node} with vectors and matrices here")

    def needs_number(self, node: Node) -> None:
        self.of(node)
        if not self.is_number(node):
            raise UserError(f"only numbers have powers and divide here, not {node}: ‖x‖² is norm(x)^2, or x^T x")

    def equal(self, parts: Sequence[Node]) -> Shape:
        shapes = [self.of(part) for part in parts]
        for part, shape in zip(parts[1:], shapes[1:], strict=True):
            if not (self.alike(shapes[0][0], shape[0]) and self.alike(shapes[0][1], shape[1])):
                rule = f"{parts[0]} and {part} cannot be added: they have other sizes"
                bare = [each.operand if isinstance(each, Neg) else each for each in (part, parts[0])]
                vectors = [each for each in bare if isinstance(each, Name) and each.kind is Kind.VECTOR]
                numbers = [each.id for each in bare if isinstance(each, Name) and each.kind is Kind.SCALAR]
                raise NumberAddedError(vectors[0].id, "".join(numbers[:1]), rule) if vectors else UserError(rule)
        return shapes[0]

    def chains(self, factors: Sequence[Node]) -> list[tuple[tuple[Node, ...], Shape]]:
        """The factors in runs that are matrix products: a run ends where it has become one number."""
        runs: list[tuple[tuple[Node, ...], Shape]] = []
        for factor in factors:
            shape = self.of(factor)
            shape = self.size(shape[0]), self.size(shape[1])
            last = runs[-1] if runs else None
            if last is None or (ONE, ONE) in (shape, last[1]):
                runs.append(((factor,), shape))
            elif self.alike(last[1][1], shape[0]):
                runs[-1] = (*last[0], factor), (self.size(last[1][0]), self.size(shape[1]))
            else:
                raise UserError(
                    f"{product((*last[0], factor))} is no product: the columns of {product(last[0])} are not the rows "
                    f"of {factor}; --scalars, --vectors and --matrices say what a letter is"
                )
        if sum(shape != (ONE, ONE) for _, shape in runs) > 1:
            raise UserError(f"{product(tuple(factors))} has two products that are no numbers")
        return runs


class _Rules:
    def __init__(self, shapes: Shapes, by: str) -> None:
        self.shapes = shapes
        self.by = by

    def depends(self, node: Node) -> bool:
        return self.by in names_in(node)

    def refused(self, node: Node) -> UserError:
        return UserError(f"there is no derivative rule for {node} by {self.by} here")

    def terms(self, node: Node, term: Term) -> Iterator[Term]:
        """What every place of the letter in a part adds, where `term` is the derivative of the whole by the part."""
        if not self.depends(node):
            return
        if self.shapes.is_number(node):
            term = term.as_number()
        match node:
            case Name():
                yield term
            case Add(parts):
                for part in parts:
                    yield from self.terms(part, term)
            case Neg(operand):
                yield from self.terms(operand, term.times(-1))
            case Transpose(operand):
                yield from self.terms(operand, replace(term, factors=back(term.factors)))
            case Div(top, bottom):
                yield from self.terms(top, _divided(term, bottom))
                if self.depends(bottom):
                    if not self.shapes.is_number(node):
                        raise self.refused(node)
                    yield from self.terms(bottom, _divided(term, Pow(bottom, Literal(2))).times(-1, [top]))
            case Mul(factors):
                yield from self.product(factors, term)
            case Hadamard(parts):
                for place, part in enumerate(parts):
                    rest = (*parts[:place], *parts[place + 1 :])
                    yield from self.terms(part, term.times(factors=[Hadamard((*_one(term.factors), *rest))]))
            case Pow(base, _) if is_inverse(node) and not self.shapes.is_number(node):
                turned = Transpose(node)
                yield from self.terms(base, term.times(-1, factors=(turned, *term.factors, turned)))
            case Pow(base, exponent) if isinstance(n := _plain(exponent), int | Fraction):
                yield from self.power(base, n, term)
            case Call("norm", (inner,)):
                yield from self.power(node, 1, term)
            case Call("tr", (inner,)):
                yield from self.terms(inner, term)
            case Call("det", (inner,)):
                yield from self.terms(inner, term.times(1, [node], (Transpose(Pow(inner, MINUS_ONE)),)))
            case Call("sum", (inner,)):
                yield from self.terms(inner, term)
            case Call("softmax", (inner,)):
                yield from self.terms(inner, term.times(factors=(_softmax_jacobian(node), *term.factors)))
            case Call(_, (inner,)) if self.shapes.is_number(node):
                slope = to_node(outer_derivative(node))
                yield from self.terms(inner, term.times(1, slope.factors if isinstance(slope, Mul) else [slope]))
            case Call(_, (inner,)):
                yield from self.terms(inner, term.times(factors=[Hadamard((*_one(term.factors), *_slopes(node)))]))
            case _:
                raise self.refused(node)

    def product(self, factors: Sequence[Node], term: Term) -> Iterator[Term]:
        runs = self.shapes.chains(factors)
        whole = next((run for run, shape in runs if shape != (ONE, ONE)), ())
        for place, (run, shape) in enumerate(runs):
            others = [product(each) for at, (each, size) in enumerate(runs) if at != place and size == (ONE, ONE)]
            here = term.times(1, others)
            if shape == (ONE, ONE) and whole and self.depends(product(run)):
                if self.shapes.size(self.shapes.of(product(whole))[1]) != ONE:
                    raise self.refused(product(tuple(factors)))
                here = here.times(factors=(*back(term.factors), *whole)).as_number()
            for at, factor in enumerate(run):
                row = (*back(run[:at]), *here.factors, *back(run[at + 1 :]))
                yield from self.terms(factor, here.times(factors=row))

    def power(self, base: Node, n: Value, term: Term) -> Iterator[Term]:
        if not isinstance(base, Call) or base.function != "norm":
            raised = [] if n == 1 else [base if n == 2 else Pow(base, Literal(n - 1))]
            yield from self.terms(base, term.times(n, raised))
            return
        (inner,) = base.arguments
        length = base if abs(n - 2) == 1 else Pow(base, Literal(abs(n - 2)))
        here = term.times(n)
        if n != 2:
            here = here.times(1, [length]) if n > 2 else _divided(here, length)
        yield from self.terms(inner, here.times(factors=[inner]))

    def jacobian(self, node: Node, before: Term) -> Iterator[Term]:
        """The terms of the Jacobian of a vector, `before` times that of a part."""
        if not self.depends(node):
            return
        match node:
            case Name():
                yield before
            case Add(parts):
                for part in parts:
                    yield from self.jacobian(part, before)
            case Neg(operand):
                yield from self.jacobian(operand, before.times(-1))
            case Div(top, bottom):
                yield from self.jacobian(top, _divided(before, bottom))
                for slope in self.terms(bottom, Term(Fraction(-1))):
                    here = _divided(before, Pow(bottom, Literal(2))).times(slope.count, slope.numbers)
                    yield here.times(factors=(*before.factors, top, *back(slope.factors)))
            case Mul(factors):
                for place, (run, shape) in enumerate(runs := self.shapes.chains(factors)):
                    numbers = [product(r) for at, (r, s) in enumerate(runs) if at != place and s == (ONE, ONE)]
                    here = before.times(1, numbers)
                    if shape == (ONE, ONE):
                        vector = next(r for r, s in runs if s != (ONE, ONE))
                        for slope in self.terms(product(run), Term(Fraction(1))):
                            row = (*here.factors, *vector, *back(slope.factors))
                            yield here.times(slope.count, slope.numbers, row)
                    elif any(map(self.depends, run[:-1])):
                        raise self.refused(node)
                    else:
                        yield from self.jacobian(run[-1], here.times(factors=(*here.factors, *run[:-1])))
            case Call("softmax", (inner,)):
                yield from self.jacobian(inner, before.times(factors=(*before.factors, _softmax_jacobian(node))))
            case Call(_, (inner,)):
                slopes = _slopes(node)
                diagonal = Call("diag", (slopes[0] if len(slopes) == 1 else Hadamard(slopes),))
                yield from self.jacobian(inner, before.times(factors=(*before.factors, diagonal)))
            case _:
                raise self.refused(node)


def _one(factors: tuple[Node, ...]) -> tuple[Node, ...]:
    """As one factor of an entry-by-entry product."""
    return (product(factors),) if factors else ()


def _divided(term: Term, bottom: Node) -> Term:
    known = _plain(bottom)
    if known == 0:
        raise UserError("a denominator is 0")
    if isinstance(known, int | Fraction):
        return term.times(Fraction(1) / known)
    return term.times(1, [Div(Literal(1), bottom)])


def _softmax_jacobian(node: Node) -> Node:
    return Add((Call("diag", (node,)), Neg(Mul((node, Transpose(node))))))


def _slopes(node: Call) -> tuple[Node, ...]:
    """f′ of a vector: the factors of an entry-by-entry product. Raises UserError where there is no rule."""
    if node.function == "sigmoid":
        return node, Add((Literal(1), Neg(node)))
    if node.function == "tanh":
        return (Add((Literal(1), Neg(Hadamard((node, node))))),)
    if node.function == "relu":
        return (Call("step", node.arguments),)
    if node.function == "exp":
        return (node,)
    if node.function in ("ln", "log"):
        return (Div(Literal(1), node.arguments[0]),)
    if node.function == "abs":
        return (Call("sign", node.arguments),)
    raise UserError(
        f"there is no derivative rule for {node.function} of a vector here: sigmoid, tanh, relu, exp, ln, abs have"
    )


def _gathered(terms: Iterable[Term]) -> list[Term]:
    """Equal terms added up: aᵀx + xᵀa has 2a."""
    found: dict[tuple[tuple[Node, ...], tuple[Node, ...]], Fraction] = {}
    for term in terms:
        key = term.numbers, term.factors
        found[key] = found.get(key, Fraction(0)) + term.count
    return [Term(count, *key) for key, count in found.items() if count]


def _factored(terms: list[Term]) -> list[Term]:
    """(A + Aᵀ)x for Ax + Aᵀx: two terms of two factors that end or begin alike."""
    for place, one in enumerate(terms):
        for other in terms[place + 1 :]:
            if (one.count, one.numbers) != (other.count, other.numbers) or not len(one.factors) == len(
                other.factors
            ) == 2:
                continue
            (a, b), (c, d) = one.factors, other.factors
            joined = (Add((a, c)), b) if b == d else (a, Add((b, d))) if a == c else None
            if joined:
                kept = [each for each in terms if each not in (one, other)]
                return [*kept, replace(one, factors=joined)]
    return terms


@dataclass(frozen=True)
class MatrixDerivative:
    """d `expression` / d `by`; `places` is what every place of the letter adds."""

    expression: Node
    by: Name
    shapes: Shapes
    places: tuple[Term, ...]
    shortened: None = None

    @property
    def is_jacobian(self) -> bool:
        return not self.shapes.is_number(self.expression)

    @cached_property
    def is_whole(self) -> bool:
        """Whether an empty product is the identity matrix."""
        return self.is_jacobian or self.by.kind is Kind.MATRIX

    @cached_property
    def value(self) -> Node:
        return self._sum(_gathered(self.places))

    @cached_property
    def shown(self) -> Node:
        return self._sum(_factored(_gathered(self.places)))

    @property
    def parts(self) -> dict[str, Node]:
        return {}

    def _sum(self, terms: list[Term]) -> Node:
        if not terms:
            return Literal(0)
        nodes = tuple(term.node(self.is_whole) for term in terms)
        return nodes[0] if len(nodes) == 1 else Add(nodes)

    @cached_property
    def letters(self) -> tuple[Name, ...]:
        found = {part.id: part for part in walk(self.expression) if isinstance(part, Name)}
        return tuple(found.values())

    def sizes(self, name: Name) -> tuple[str, ...]:
        """The sizes of a letter, each by the name that all letters with it share."""
        return tuple(each for each in self.shapes.shape(name) if each != ONE)

    def point(self, attempt: int, symmetric: bool = False) -> dict[str, Value]:
        """Values of every letter; equal sizes are equal. Square matrices are `symmetric` where that is asked."""
        sizes = SIZES[attempt % len(SIZES)]
        known: dict[str, int] = {}
        found: dict[str, Value] = {}
        for name in self.letters:
            for each in self.sizes(name):
                known.setdefault(each, sizes[len(known) % len(sizes)])
            lengths = [known[each] for each in self.sizes(name)]
            found[name.id] = value = _array(lengths, Sampler("matrix", name.id, attempt))
            if symmetric and len(set(self.sizes(name))) < len(lengths):
                found[name.id] = tuple(
                    tuple(value[max(row, column)][min(row, column)] for column in range(len(value)))
                    for row in range(len(value))
                )
        return found

    @cached_property
    def attempts(self) -> tuple[int, ...]:
        """Those points, by their number, at which the expression and its derivative have a value; few at most."""
        found: list[int] = []
        for attempt in range(TRIES):
            point = self.point(attempt)
            try:
                values = [*flat(evaluate(self.expression, point)), *flat(self.at(point)), *self.differences(point)]
            except (UserError, OverflowError):
                continue
            if all(abs(value) < WIDEST for value in values):
                found.append(attempt)
            if len(found) == POINTS:
                break
        return tuple(found)

    def at(self, values: Mapping[str, Value], node: Node | None = None) -> Value:
        """The derivative, or another formula for it, with values for the letters."""
        shape = _lengths(values.get(self.by.id))
        return evaluate(self.shown if node is None else node, {**values, "I": _identity(shape[0] if shape else 1)})

    @cached_property
    def error(self) -> float | None:
        """The largest relative difference from central differences; None where there are no points."""
        worst = 0.0
        for attempt in self.attempts:
            point = self.point(attempt)
            ours, beside = flat(self.at(point)), self.differences(point)
            if len(ours) != len(beside):
                return float("inf")
            pairs = zip(ours, beside, strict=True)
            worst = max(worst, *(float(abs(a - b) / max(1.0, abs(a), abs(b))) for a, b in pairs))
        return worst if self.attempts else None

    def differences(self, point: Mapping[str, Value]) -> list[float]:
        """Central differences, in the order in which the derivative has its entries."""
        start = point[self.by.id]
        columns = []
        for place in range(len(flat(start))):
            ends = [
                flat(evaluate(self.expression, {**point, self.by.id: _moved(start, place, step)}))
                for step in (STEP, -STEP)
            ]
            columns.append([(a - b) / (2 * STEP) for a, b in zip(*ends, strict=True)])
        return [float(entry) for row in zip(*columns, strict=True) for entry in row]


def matrix_derivative(expression: Node, by: Name) -> MatrixDerivative:
    """Raises UserError where sizes do not fit, and where an operation has no rule."""
    shapes = Shapes(expression)
    shapes.of(by)
    rules = _Rules(shapes, by.id)
    if shapes.is_number(expression):
        found = tuple(rules.terms(expression, Term(Fraction(1))))
    else:
        if shapes.shape(expression)[1] != ONE or by.kind is Kind.MATRIX:
            raise UserError(
                f"{expression} is no number: by {by} its derivative would have more than two indices; "
                "a number of it, such as norm(...)^2 or tr(...), has one"
            )
        found = tuple(rules.jacobian(expression, Term(Fraction(1))))
    return MatrixDerivative(expression, by, shapes, found)


def flat(value: Value) -> list[Value]:
    """The numbers of an array, row by row."""
    return [each for item in value for each in flat(item)] if isinstance(value, tuple) else [value]


def _lengths(value: Value) -> list[int]:
    return [len(value), *_lengths(value[0])] if isinstance(value, tuple) and value else []


def _array(lengths: Sequence[int], drawn: Sampler) -> Value:
    if not lengths:
        return drawn.integer(20, 180) / 100
    return tuple(_array(lengths[1:], drawn) if lengths[1:] else drawn.integer(-180, 180) / 100 + 0.005
                 for _ in range(lengths[0]))  # fmt: skip


def _identity(size: int) -> Value:
    return tuple(tuple(int(row == column) for column in range(size)) for row in range(size))


def _moved(value: Value, place: int, step: float) -> Value:
    """The array with one of its numbers a step further."""
    if not isinstance(value, tuple):
        return value + step
    width = len(value) if not isinstance(value[0], tuple) else len(value[0])
    if not isinstance(value[0], tuple):
        return tuple(each + step * (at == place) for at, each in enumerate(value))
    return tuple(
        tuple(each + step * (row * width + at == place) for at, each in enumerate(line))
        for row, line in enumerate(value)
    )
