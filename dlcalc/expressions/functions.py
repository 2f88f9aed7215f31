"""The fixed list of functions of the language: what each computes, its derivative and its trend.

Values are exact where they can be (`sqrt(9/4)` is 3/2); a transcendental function makes a float.
Conventions: relu′(0) = 0 and step(0) = 0, as PyTorch and JAX choose for relu; `log` is the natural logarithm.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from ..errors import UserError
from . import activations
from .activations import sigmoid, softplus
from .exact import Number, as_float, exact, shown


def floor(x: Number) -> int:
    return x if x.__class__ is int else math.floor(x)


def ceil(x: Number) -> int:
    return x if x.__class__ is int else math.ceil(x)


def sqrt(x: Number) -> Number:
    """Exact for the square of a fraction, else a float."""
    if x < 0:
        raise UserError(f"sqrt takes a number that is not negative, not {shown(x)}")
    if not isinstance(x, float):
        top, bottom = math.isqrt(x.numerator), math.isqrt(x.denominator)
        if top * top == x.numerator and bottom * bottom == x.denominator:
            return exact(Fraction(top, bottom))
        if _is_wide(x):
            return float(Fraction(math.isqrt(x.numerator * x.denominator), x.denominator))
    return math.sqrt(x)


def _is_wide(x: int | Fraction) -> bool:
    """Whether an exact number may be too large or too small for a float although its root or logarithm is not."""
    return x.numerator.bit_length() > 1000 or x.denominator.bit_length() > 1000


def _logarithm(name: str, of: Callable[[Number], float]) -> Callable[[Number], Number]:
    def logarithm(x: Number) -> Number:
        if x <= 0:
            raise UserError(f"{name} takes a positive number, not {shown(x)}")
        if x == 1:
            return 0
        if isinstance(x, Fraction) and _is_wide(x):
            return of(x.numerator) - of(x.denominator)
        return of(x)

    return logarithm


def exp(x: Number) -> Number:
    return 1 if x == 0 else math.exp(as_float(x))


def sine(x: Number) -> Number:
    """Of an angle in radians."""
    return 0 if x == 0 else math.sin(x)


def cosine(x: Number) -> Number:
    """Of an angle in radians."""
    return 1 if x == 0 else math.cos(x)


def tanh(x: Number) -> Number:
    return 0 if x == 0 else math.tanh(as_float(x))


def tangent(x: Number) -> Number:
    """Of an angle in radians."""
    return 0 if x == 0 else math.tan(x)


def sinh(x: Number) -> Number:
    return 0 if x == 0 else math.sinh(as_float(x))


def cosh(x: Number) -> Number:
    return 1 if x == 0 else math.cosh(as_float(x))


def sech(x: Number) -> Number:
    """1/cosh x, in the form that does not overflow."""
    if x == 0:
        return 1
    small = math.exp(-abs(as_float(x)))
    return 2 * small / (1 + small * small)


def csch(x: Number) -> Number:
    """1/sinh x, in the form that does not overflow."""
    if x == 0:
        raise UserError("csch takes a number other than 0")
    size = abs(as_float(x))
    return math.copysign(-2 * math.exp(-size) / math.expm1(-2 * size), x)


def coth(x: Number) -> Number:
    if x == 0:
        raise UserError("coth takes a number other than 0")
    return 1 / math.tanh(as_float(x))


def arcosh(x: Number) -> Number:
    if x < 1:
        raise UserError(f"arcosh takes a number of at least 1, not {shown(x)}")
    return 0 if x == 1 else math.acosh(as_float(x))


def artanh(x: Number) -> Number:
    if not -1 < x < 1:
        raise UserError(f"artanh takes a number between -1 and 1, not {shown(x)}")
    return 0 if x == 0 else math.atanh(x)


def _arc(name: str, of: Callable[[Number], float]) -> Callable[[Number], Number]:
    def arc(x: Number) -> Number:
        if not -1 <= x <= 1:
            raise UserError(f"{name} takes a number from -1 to 1, not {shown(x)}")
        return exact_zero(of(x))

    return arc


def exact_zero(x: float) -> Number:
    return x or 0


def modulo(x: Number, y: Number) -> Number:
    if y == 0:
        raise UserError(f"mod by zero: mod({shown(x)}, 0)")
    return exact(x % y)


@dataclass(frozen=True, slots=True)
class Function:
    """One function: how many arguments, its value, its trend and its derivative.

    `trend` is +1 when it never falls, −1 when it never rises, None when neither is known.
    `derivative` is an expression in x, the single argument, for the rules in `derive`.
    """

    arguments: tuple[int, int]
    value: Callable[..., Number] | None = None
    trend: int | None = None
    derivative: str | None = None


MANY = 1000

FUNCTIONS: dict[str, Function] = {
    "floor": Function((1, 1), floor, +1),
    "ceil": Function((1, 1), ceil, +1),
    "sqrt": Function((1, 1), sqrt, +1, "1/(2*sqrt(x))"),
    "exp": Function((1, 1), exp, +1, "exp(x)"),
    "ln": Function((1, 1), _logarithm("ln", math.log), +1, "1/x"),
    "log": Function((1, 1), _logarithm("log", math.log), +1, "1/x"),
    "log2": Function((1, 1), _logarithm("log2", math.log2), +1, "1/(x*ln(2))"),
    "log10": Function((1, 1), _logarithm("log10", math.log10), +1, "1/(x*ln(10))"),
    "abs": Function((1, 1), abs, None, "if(x > 0, 1, if(x < 0, -1, 0))"),
    "sin": Function((1, 1), sine, None, "cos(x)"),
    "cos": Function((1, 1), cosine, None, "-sin(x)"),
    "tan": Function((1, 1), tangent, None, "1/cos(x)^2"),
    "arcsin": Function((1, 1), _arc("arcsin", math.asin), +1, "1/sqrt(1 - x^2)"),
    "arccos": Function((1, 1), _arc("arccos", math.acos), -1, "-1/sqrt(1 - x^2)"),
    "arctan": Function((1, 1), lambda x: exact_zero(math.atan(as_float(x))), +1, "1/(1 + x^2)"),
    "sinh": Function((1, 1), sinh, +1, "cosh(x)"),
    "cosh": Function((1, 1), cosh, None, "sinh(x)"),
    "tanh": Function((1, 1), tanh, +1, "1 - tanh(x)^2"),
    "sech": Function((1, 1), sech, None, "-sech(x)*tanh(x)"),
    "csch": Function((1, 1), csch, None, "-csch(x)*coth(x)"),
    "coth": Function((1, 1), coth, None, "1 - coth(x)^2"),
    "arsinh": Function((1, 1), lambda x: exact_zero(math.asinh(as_float(x))), +1, "1/sqrt(x^2 + 1)"),
    "arcosh": Function((1, 1), arcosh, +1, "1/sqrt(x^2 - 1)"),
    "artanh": Function((1, 1), artanh, +1, "1/(1 - x^2)"),
    "erf": Function((1, 1), lambda x: exact_zero(math.erf(as_float(x))), +1, "2*exp(-x^2)/sqrt(pi)"),
    "sign": Function((1, 1), lambda x: (x > 0) - (x < 0), +1, "0"),
    "step": Function((1, 1), lambda x: 1 if x > 0 else 0, +1, "0"),
    # activations
    "sigmoid": Function((1, 1), sigmoid, +1, "sigmoid(x)*(1 - sigmoid(x))"),
    "relu": Function((1, 1), lambda x: max(x, 0), +1, "if(x > 0, 1, 0)"),
    "softplus": Function((1, 1), softplus, +1, "sigmoid(x)"),
    "logsigmoid": Function((1, 1), activations.log_sigmoid, +1, "1 - sigmoid(x)"),
    "leakyrelu": Function((1, 1), activations.leaky_relu, +1, "if(x > 0, 1, 0.01)"),
    "relu6": Function((1, 1), activations.relu6, +1, "if(x > 0 and x < 6, 1, 0)"),
    "elu": Function((1, 1), activations.elu, +1, "if(x > 0, 1, exp(x))"),
    "selu": Function((1, 1), activations.selu, +1, "1.0507009873554805*if(x > 0, 1, 1.6732632423543772*exp(x))"),
    "silu": Function((1, 1), activations.silu, None, "sigmoid(x)*(1 + x*(1 - sigmoid(x)))"),
    "gelu": Function((1, 1), activations.gelu, None, "(1 + erf(x/root_2))/2 + x*exp(-x^2/2)/sqrt(2*pi)"),
    "mish": Function((1, 1), activations.mish, None, "tanh(softplus(x)) + x*sigmoid(x)*(1 - tanh(softplus(x))^2)"),
    "softsign": Function((1, 1), activations.softsign, +1, "1/(1 + abs(x))^2"),
    "hardsigmoid": Function((1, 1), activations.hard_sigmoid, +1, "if(abs(x) < 3, 1/6, 0)"),
    "hardtanh": Function((1, 1), activations.hard_tanh, +1, "if(abs(x) < 1, 1, 0)"),
    "hardswish": Function((1, 1), activations.hard_swish, None, "if(x >= 3, 1, if(x > -3, (2*x + 3)/6, 0))"),
    "tanhshrink": Function((1, 1), activations.tanh_shrink, +1, "tanh(x)^2"),
    "mod": Function((2, 2), modulo),
    "min": Function((1, MANY)),
    "max": Function((1, MANY)),
    "if": Function((3, 3)),
    # on vectors, matrices and shapes
    "sum": Function((1, 1)),
    "prod": Function((1, 1)),
    "len": Function((1, 1)),
    "norm": Function((1, 1)),
    "tr": Function((1, 1)),
    "det": Function((1, 1)),
    "softmax": Function((1, 1)),
    "diag": Function((1, 1)),
    "block": Function((1, 1)),
    "shape": Function((1, MANY)),
    "reverse": Function((1, 1)),
    "argmax": Function((1, 1)),
    "argmin": Function((1, 1)),
    "window": Function((5, 5)),
}
"""`value` is None for the functions that `arrays` computes (they see tuples) and for `if` (which is lazy)."""

BRANCHING = frozenset({
    "floor", "ceil", "abs", "sign", "step", "relu", "leakyrelu", "relu6", "elu", "selu", "softsign", "hardsigmoid",
    "hardtanh", "hardswish", "mod", "min", "max", "if", "argmax", "argmin",
})  # fmt: skip
"""Functions that are another expression on each side of a point: equality on one side says nothing of the other."""

ALIASES = {
    "σ": "sigmoid", "sigma": "sigmoid", "logistic": "sigmoid", "√": "sqrt", "ceiling": "ceil", "where": "if",
    "product": "prod", "size": "prod", "lg": "log2", "max0": "relu", "sig": "sigmoid", "swish": "silu", "tg": "tan",
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "arctg": "arctan", "asinh": "arsinh", "arcsinh": "arsinh",
    "acosh": "arcosh", "arccosh": "arcosh", "atanh": "artanh", "arctanh": "artanh", "sgn": "sign", "signum": "sign",
    "heaviside": "step", "celu": "elu", "rectifier": "relu", "maximum": "max", "minimum": "min", "trace": "tr",
    "determinant": "det",
}  # fmt: skip
"""Other spellings that are read as a function when a parenthesis follows."""


def function_named(word: str) -> str | None:
    """The function that a word before a parenthesis names: as it is spelt here, or as ReLU, hard_sigmoid, LeakyReLU."""
    plain = word if len(word) == 1 else word.lower().replace("_", "")
    for spelt in (word, plain):
        if spelt in FUNCTIONS:
            return spelt
        if spelt in ALIASES:
            return ALIASES[spelt]
    return None


GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi", "π": "pi",
    "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
    "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip

CONSTANTS = {"pi": math.pi, "e": math.e}
"""Read as these numbers unless the letter is declared."""
