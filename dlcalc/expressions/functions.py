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


def sigmoid(x: Number) -> Number:
    """1/(1 + e^−x), in the form that does not overflow on either side."""
    if x == 0:
        return Fraction(1, 2)
    small = math.exp(-abs(as_float(x)))
    return 1 / (1 + small) if x > 0 else small / (1 + small)


def softplus(x: Number) -> Number:
    """ln(1 + e^x), in the form that does not overflow."""
    number = as_float(x)
    return max(number, 0.0) + math.log1p(math.exp(-abs(number)))


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
    "tanh": Function((1, 1), tanh, +1, "1 - tanh(x)^2"),
    "sigmoid": Function((1, 1), sigmoid, +1, "sigmoid(x)*(1 - sigmoid(x))"),
    "relu": Function((1, 1), lambda x: max(x, 0), +1, "if(x > 0, 1, 0)"),
    "softplus": Function((1, 1), softplus, +1, "sigmoid(x)"),
    "step": Function((1, 1), lambda x: 1 if x > 0 else 0, +1, "0"),
    "mod": Function((2, 2), modulo),
    "min": Function((1, MANY)),
    "max": Function((1, MANY)),
    "if": Function((3, 3)),
    # on vectors, matrices and shapes
    "sum": Function((1, 1)),
    "prod": Function((1, 1)),
    "len": Function((1, 1)),
    "norm": Function((1, 1)),
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

ALIASES = {
    "σ": "sigmoid", "sigma": "sigmoid", "logistic": "sigmoid", "√": "sqrt", "ceiling": "ceil", "where": "if",
    "product": "prod", "size": "prod", "Tanh": "tanh", "ReLU": "relu", "lg": "log2", "max0": "relu", "sig": "sigmoid",
}  # fmt: skip
"""Other spellings that are read as a function when a parenthesis follows."""

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi", "π": "pi",
    "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
    "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip

CONSTANTS = {"pi": math.pi, "e": math.e}
"""Read as these numbers unless the letter is declared."""
