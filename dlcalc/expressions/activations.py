"""The values of activation functions, as PyTorch and Keras 3 define them; none overflows.

erf: Abramowitz and Stegun, 7.1. SiLU (swish): Ramachandran et al., arXiv:1710.05941. ELU: Clevert et al.,
arXiv:1511.07289. SELU: Klambauer et al., arXiv:1706.02515. Mish: Misra, arXiv:1908.08681. GELU, in its exact form:
Hendrycks and Gimpel, arXiv:1606.08415. Hard swish: Howard et al., arXiv:1905.02244.
"""

from __future__ import annotations

import math
from fractions import Fraction

from .exact import Number, as_float, exact

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
LEAKY_SLOPE = Fraction(1, 100)


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


def log_sigmoid(x: Number) -> Number:
    return -softplus(-x)


def silu(x: Number) -> Number:
    """x·σ(x), also called swish; 0 far below, where x alone would be infinite."""
    return x and as_float(x) * sigmoid(x) if x > -800 else 0.0


def mish(x: Number) -> Number:
    """x·tanh(softplus(x))."""
    return x and as_float(x) * math.tanh(softplus(x)) if x > -800 else 0.0


def gelu(x: Number) -> Number:
    """x·Φ(x), by erfc, which keeps its digits far below 0."""
    return x and as_float(x) * math.erfc(-as_float(x) / math.sqrt(2)) / 2 if x > -50 else 0.0


def elu(x: Number) -> Number:
    """x, and below 0 e^x − 1."""
    return x if x >= 0 else math.expm1(as_float(x))


def selu(x: Number) -> Number:
    return SELU_SCALE * (as_float(x) if x > 0 else SELU_ALPHA * math.expm1(as_float(x))) if x else 0


def leaky_relu(x: Number) -> Number:
    return x if x > 0 else x * LEAKY_SLOPE if not isinstance(x, float) else x * float(LEAKY_SLOPE)


def softsign(x: Number) -> Number:
    """x/(1 + |x|)."""
    if isinstance(x, float):
        return x / (1 + math.fabs(x))
    whole = Fraction(x)
    return exact(whole / (1 + abs(whole)))


def hard_sigmoid(x: Number) -> Number:
    """x/6 + 1/2, between 0 and 1, as PyTorch and Keras 3 have it; Keras 2 had x/5 + 1/2."""
    if not -3 < x < 3:
        return 0 if x < 0 else 1
    return (x + 3) / 6 if isinstance(x, float) else exact(Fraction(x + 3) / 6)


def hard_swish(x: Number) -> Number:
    """x times its hard sigmoid."""
    return exact(x * hard_sigmoid(x))


def hard_tanh(x: Number) -> Number:
    return max(-1, min(1, x))


def relu6(x: Number) -> Number:
    return max(0, min(6, x))


def tanh_shrink(x: Number) -> Number:
    """x − tanh x."""
    return x and as_float(x) - math.tanh(as_float(x))


def erf(x: Number) -> Number:
    return x and math.erf(as_float(x))
