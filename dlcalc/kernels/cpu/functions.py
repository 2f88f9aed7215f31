"""tanh, sigmoid and exp of float32 vectors, as formulas for the generators.

All within 2.5 units in the last place, both ends and exp's subnormal results included; but sigmoid is 0 where e^−x has
no normal float32 (x < −88.3). NaN gives NaN.
"""

from __future__ import annotations

from llvmlite import ir

from .emit import I32, VECTOR, Emit, Value
from .machine import LANES

_TANH = (-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1)
"""(tanh x − x)/x³ of x² for |x| below _TANH_SMALL: Moshier's, Cephes tanhf."""
_TANH_SMALL = 0.625
_EXP = (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
"""(eʳ − 1 − r)/r² for |r| ≤ ½ ln 2: Moshier's, Cephes expf."""
_LOG2_E, _LN2_HIGH, _LN2_LOW = 1.44269504088896341, 0.693359375, -2.12194440e-4
_MOST, _LEAST, _LEAST_NORMAL = 89.0, -104.0, -87.0
"""Above the first e^x is infinite, below the second 0, above the third no subnormal number."""


def tanh(e: Emit, x: Value) -> Value:
    """x + x³ P(x²) near 0; else 1 − 2/(e^2|x| + 1) with the sign of x."""
    square, one = e.multiply(x, x), e.constant(1)
    near = e.fma(e.multiply(x, square), e.polynomial(square, _TANH), x)
    size = e.magnitude(x)
    power = _power(e, e.smaller(e.constant(20), e.add(size, size)))
    far = e.subtract(one, e.divide(e.constant(2), e.add(power, one)))
    return e.with_sign(e.if_above(size, e.constant(_TANH_SMALL), far, near), x)


def sigmoid(e: Emit, x: Value) -> Value:
    """1/(1 + e^−x)."""
    one = e.constant(1)
    power = _power(e, e.larger(e.constant(_LEAST_NORMAL), e.smaller(e.constant(_MOST), e.negative(x))))
    return e.divide(one, e.add(one, power))


def exp(e: Emit, x: Value) -> Value:
    """With 2^n in two factors, for results that are subnormal."""
    return _power(e, e.larger(e.constant(_LEAST), e.smaller(e.constant(_MOST), x)), parts=2)


def _power(e: Emit, x: Value, parts: int = 1) -> Value:
    """e^x = 2^n e^r with n the nearest whole number to x log₂e."""
    builder = e.builder
    # adding and taking 1.5·2²³ rounds to a whole number
    magic = e.constant(12582912.0)
    n = e.subtract(e.fma(x, e.constant(_LOG2_E), magic), magic)
    r = e.fma(n, e.constant(-_LN2_LOW), e.fma(n, e.constant(-_LN2_HIGH), x))
    value = e.add(e.fma(e.multiply(r, r), e.polynomial(r, _EXP), r), e.constant(1))
    whole = ir.VectorType(I32, LANES)

    def constant(number: int) -> Value:
        return ir.Constant(whole, [number] * LANES)

    exponents = [builder.fptosi(n, whole)]
    if parts == 2:
        half = builder.ashr(exponents[0], constant(1))
        exponents = [half, builder.sub(exponents[0], half)]
    for exponent in exponents:
        power = builder.bitcast(builder.shl(builder.add(exponent, constant(127)), constant(23)), VECTOR)
        value = e.multiply(value, power)
    return value


def softplus(e: Emit, x: Value) -> Value:
    """max(x, 0) + ln(1 + e^−|x|), the logarithm as 2 artanh of u/(2 + u) ≤ ⅓."""
    u = _power(e, e.larger(e.constant(_LEAST_NORMAL), e.negative(e.magnitude(x))))
    s = e.divide(u, e.add(u, e.constant(2)))
    square = e.multiply(s, s)
    series = e.polynomial(square, [2 / power for power in range(17, 0, -2)])
    return e.fma(s, series, e.larger(x, e.constant(0)))


_ERFC = (
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
    -1.26551223,
)  # fmt: skip
"""ln(erfc(z)/t) + z² of t = 1/(1 + z/2), to 1.2·10⁻⁷: Press et al., Numerical Recipes in C (1992), 6.2."""


def normal(e: Emit, x: Value) -> Value:
    """Φ(x), the standard normal distribution: ½ erfc(|x|/√2) is the smaller of it and 1 − Φ(x)."""
    z = e.multiply(e.magnitude(x), e.constant(0.5**0.5))
    t = e.divide(e.constant(1), e.fma(z, e.constant(0.5), e.constant(1)))
    exponent = e.fma(e.negative(z), z, e.polynomial(t, _ERFC))
    tail = e.multiply(e.multiply(e.constant(0.5), t), _power(e, e.larger(e.constant(_LEAST_NORMAL), exponent)))
    return e.if_above(x, e.constant(0), e.one_minus(tail), tail)


def density(e: Emit, x: Value) -> Value:
    """Φ′(x)."""
    exponent = e.multiply(e.multiply(e.constant(-0.5), x), x)
    return e.multiply(
        e.constant((2 * 3.141592653589793) ** -0.5), _power(e, e.larger(e.constant(_LEAST_NORMAL), exponent))
    )
