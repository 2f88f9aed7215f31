"""The derivative as students take it wrongly: each typical mistake is the rules with one of them broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..errors import UserError
from ..expressions.derive import Derivation, outer_derivative
from ..expressions.evaluate import compile_node, evaluate
from ..expressions.nodes import Add, Call, Div, Literal, Mul, Name, Neg, Node, Pow, Value, names_in, to_node
from ..expressions.operations import divide, power
from ..expressions.parser import parse


@dataclass(frozen=True)
class DiffMistake:
    """A broken rule: `because` is what the student is told; the larger `weight`, the more common."""

    id: str
    because: str
    weight: float
    rules: Callable[[str], Derivation]


def mistaken_derivatives(node: Node, by: str) -> Iterator[tuple[DiffMistake, Node]]:
    """What each mistake makes of a derivative, the commonest first; those without a value are left out."""
    for mistake in DIFF_MISTAKES:
        try:
            yield mistake, mistake.rules(by).derive(node)
        except (UserError, OverflowError):
            continue
    for letter in sorted(set(names_in(node)) - {by}):
        try:
            yield OTHER_LETTER, Derivation(letter).derive(node)
        except (UserError, OverflowError):
            continue


class _OneChain(Derivation):
    """Breaks the chain rule of a function of one argument."""

    def chain(self, node: Call) -> Value:
        return self.broken(node, node.arguments[0]) if len(node.arguments) == 1 else super().chain(node)

    def broken(self, node: Call, inner: Node) -> Value:
        return super().chain(node)


class _InnerForgotten(_OneChain):
    def broken(self, node: Call, inner: Node) -> Value:
        return outer_derivative(node)

    def power(self, node: Pow) -> Value:
        return super().power(node) if self.depends(node.exponent) else _lowered(node, evaluate(node.exponent))


class _InnerItself(_OneChain):
    def broken(self, node: Call, inner: Node) -> Value:
        return super().broken(node, inner) if isinstance(inner, Name) else outer_derivative(node) * inner


class _OnlyInner(_OneChain):
    def broken(self, node: Call, inner: Node) -> Value:
        return super().broken(node, inner) if isinstance(inner, Name) else self.of(inner)

    def power(self, node: Pow) -> Value:
        is_chain = not self.depends(node.exponent) and not isinstance(node.base, Name)
        return self.of(node.base) if is_chain else super().power(node)


class _OnlySignOfInner(_OneChain):
    """Of the inner derivative a minus sign is kept, and nothing else."""

    def broken(self, node: Call, inner: Node) -> Value:
        return self._sign(inner) * outer_derivative(node)

    def power(self, node: Pow) -> Value:
        if self.depends(node.exponent):
            return super().power(node)
        return self._sign(node.base) * _lowered(node, evaluate(node.exponent))

    def _sign(self, inner: Node) -> int:
        return -1 if _is_negative(to_node(self.of(inner))) else 1


def _is_negative(node: Node) -> bool:
    if isinstance(node, Mul):
        return sum(map(_is_negative, node.factors)) % 2 == 1
    if isinstance(node, Div):
        return _is_negative(node.numerator)
    return isinstance(node, Neg) or (isinstance(node, Literal) and node.value < 0)


class _OuterAtLetter(_OneChain):
    def broken(self, node: Call, inner: Node) -> Value:
        return outer_derivative(Call(node.function, (Name(self.by),))) * self.of(inner)


class _OuterAtInnerDerivative(_OneChain):
    def broken(self, node: Call, inner: Node) -> Value:
        if isinstance(inner, Name):
            return super().broken(node, inner)
        return outer_derivative(Call(node.function, (to_node(self.of(inner)),)))


class _OuterKept(_OneChain):
    def broken(self, node: Call, inner: Node) -> Value:
        return node * self.of(inner)


class _OuterAs(_OneChain):
    """Another outer derivative for some functions: `instead` has expressions in x, the function's argument."""

    instead: dict[str, str] = {}  # noqa: RUF012 - constants of the subclasses

    def broken(self, node: Call, inner: Node) -> Value:
        text = self.instead.get(node.function)
        if text is None:
            return super().broken(node, inner)
        return compile_node(parse(text, ["x"]))({"x": inner}) * self.of(inner)


class _FactorForgotten(_OuterAs):
    instead = {"sigmoid": "1 - sigmoid(x)", "tanh": "1 - tanh(x)", "sqrt": "1/sqrt(x)", "exp": "1"}  # noqa: RUF012


class _AtTheOutput(_OuterAs):
    instead = {"sigmoid": "x*(1 - x)", "tanh": "1 - x^2"}  # noqa: RUF012


class _OneForTheOther(_OuterAs):
    instead = {"sigmoid": "1 - sigmoid(x)^2", "tanh": "tanh(x)*(1 - tanh(x))"}  # noqa: RUF012


class _OneSide(_OuterAs):
    instead = {  # noqa: RUF012
        "relu": "1", "leakyrelu": "1", "relu6": "1", "abs": "1", "hardtanh": "1", "hardsigmoid": "1/6", "elu": "1",
        "selu": "1.0507009873554805",
    }  # fmt: skip

    def chain(self, node: Call) -> Value:
        if node.function == "if":
            return self.of(node.arguments[1])
        return super().chain(node)


class _Product(Derivation):
    """Breaks the product rule where more than one factor changes."""

    def product(self, node: Mul) -> Value:
        changing = [index for index, factor in enumerate(node.factors) if self.depends(factor)]
        if len(changing) < 2:
            return super().product(node)
        made: Value = 1
        for index, factor in enumerate(node.factors):
            made = made * (self.of(factor) if index in self.derived(changing) else factor)
        return made

    def derived(self, changing: list[int]) -> list[int]:
        """Which factors are replaced by their derivatives."""
        return changing


class _FirstFactor(_Product):
    def derived(self, changing: list[int]) -> list[int]:
        return changing[:1]


class _LastFactor(_Product):
    def derived(self, changing: list[int]) -> list[int]:
        return changing[-1:]


class _Quotient(Derivation):
    def quotient(self, node: Div) -> Value:
        top, bottom = node.numerator, node.denominator
        return self.broken(top, bottom) if self.depends(bottom) else super().quotient(node)

    def broken(self, top: Node, bottom: Node) -> Value:
        """The quotient of the derivatives."""
        return divide(self.of(top), self.of(bottom))


class _QuotientPlus(_Quotient):
    def broken(self, top: Node, bottom: Node) -> Value:
        return divide(self.of(top) * bottom + top * self.of(bottom), bottom**2)


class _QuotientReversed(_Quotient):
    def broken(self, top: Node, bottom: Node) -> Value:
        return divide(top * self.of(bottom) - self.of(top) * bottom, bottom**2)


class _NotSquared(_Quotient):
    def broken(self, top: Node, bottom: Node) -> Value:
        return divide(self.of(top) * bottom - top * self.of(bottom), bottom)


class _Power(Derivation):
    def power(self, node: Pow) -> Value:
        return super().power(node) if self.depends(node.exponent) else self.broken(node, evaluate(node.exponent))

    def broken(self, node: Pow, n: Value) -> Value:
        """The exponent put in front, and not lowered."""
        return n * node * self.of(node.base)


class _NotInFront(_Power):
    def broken(self, node: Pow, n: Value) -> Value:
        return power(node.base, n - 1) * self.of(node.base)


class _PowerForExponential(_OneChain):
    def power(self, node: Pow) -> Value:
        return _lowered(node, node.exponent) if self.depends(node.exponent) else super().power(node)

    def broken(self, node: Call, inner: Node) -> Value:
        if node.function != "exp":
            return super().broken(node, inner)
        return inner * Call("exp", (to_node(evaluate(inner) - 1),))


class _ConstantKept(Derivation):
    def sum(self, node: Add) -> Value:
        total: Value = 0
        for term in node.terms:
            total = total + (self.of(term) if self.depends(term) else term)
        return total


class _SignLost(Derivation):
    def negative(self, node: Neg) -> Value:
        return self.of(node.operand)


class _OtherCircular(_OuterAs):
    instead = {"sin": "-cos(x)", "cos": "sin(x)"}  # noqa: RUF012


class _OppositeSign(Derivation):
    def derive(self, node: Node) -> Node:
        return to_node(-1 * super().derive(node))


class _Untouched(Derivation):
    def derive(self, node: Node) -> Node:
        return node


def _lowered(node: Pow, n: Value) -> Value:
    return n * power(node.base, n - 1)


DIFF_MISTAKES = (
    DiffMistake("inner-derivative-forgotten", "the chain rule also multiplies by the derivative of the inner function",
                1, _InnerForgotten),
    DiffMistake("one-side-only", "that is the slope on one side only: the slope on the other side is different", 0.9,
                _OneSide),
    DiffMistake("product-of-derivatives", "the derivative of a product is not the product of the derivatives",
                0.8, _Product),
    DiffMistake("minus-forgotten", "a minus sign is missing", 0.7, _SignLost),
    DiffMistake("factor-forgotten", "a factor of the outer derivative is missing: sigmoid′ = sigmoid·(1 − sigmoid), "
                "tanh′ = 1 − tanh², sqrt′ = 1/(2·sqrt), exp′ = exp", 0.7, _FactorForgotten),
    DiffMistake("first-factor-only", "the product rule has a second term, with the derivative of the other factor", 0.6,
                _FirstFactor),
    DiffMistake("last-factor-only", "the product rule has a first term, with the derivative of the other factor", 0.5,
                _LastFactor),
    DiffMistake("not-lowered", "in the power rule the exponent is reduced by 1", 0.6, _Power),
    DiffMistake("exponent-not-in-front", "in the power rule the exponent becomes a factor", 0.5, _NotInFront),
    DiffMistake("input-for-value", "h(1 − h) and 1 − h² use the output h of the function, not its input", 0.5,
                _AtTheOutput),
    DiffMistake("other-activation", "sigmoid′ = sigmoid·(1 − sigmoid) and tanh′ = 1 − tanh² are exchanged", 0.4,
                _OneForTheOther),
    DiffMistake("inner-not-derived", "the chain rule multiplies by the derivative of the inner function, not by the "
                "inner function itself", 0.5, _InnerItself),
    DiffMistake("only-sign-of-inner", "of the derivative of the inner function only the sign is here: its value is a "
                "factor too", 0.4, _OnlySignOfInner),
    DiffMistake("only-inner-derivative", "that is the derivative of the inner function alone: the derivative of the "
                "outer function is a factor too", 0.3, _OnlyInner),
    DiffMistake("outer-at-letter", "the outer derivative is evaluated at the inner function, not at the letter alone",
                0.4, _OuterAtLetter),
    DiffMistake("outer-at-inner-derivative", "the outer derivative is evaluated at the inner function, not at its "
                "derivative", 0.3, _OuterAtInnerDerivative),
    DiffMistake("outer-kept", "the outer function must be differentiated too, not only the inner one", 0.4,
                _OuterKept),
    DiffMistake("quotient-plus", "the numerator of the quotient rule is a difference, not a sum", 0.5, _QuotientPlus),
    DiffMistake("quotient-turned", "in the quotient rule the term with the derivative of the numerator comes first",
                0.5, _QuotientReversed),
    DiffMistake("not-squared", "the quotient rule divides by the square of the denominator", 0.5, _NotSquared),
    DiffMistake("quotient-of-derivatives", "the derivative of a quotient is not the quotient of the derivatives", 0.6,
                _Quotient),
    DiffMistake("power-rule-for-exponential", "the letter is in the exponent, so the power rule does not apply", 0.5,
                _PowerForExponential),
    DiffMistake("constant-kept", "the derivative of a constant term is 0", 0.5, _ConstantKept),
    DiffMistake("circular-sign", "the signs of sine and cosine are exchanged: sin′ = cos and cos′ = −sin", 0.5,
                _OtherCircular),
    DiffMistake("sign-turned", "the whole sign is wrong: the derivative has the opposite sign", 0.3, _OppositeSign),
    DiffMistake("not-derived", "that is the expression itself, not its derivative", 0.2, _Untouched),
)  # fmt: skip
"""Every mistake that is named, with how common it is."""
OTHER_LETTER = DiffMistake("other-letter", "that is the derivative by another letter of the expression", 0.3,
                           Derivation)  # fmt: skip
"""A right derivative, of another question."""
