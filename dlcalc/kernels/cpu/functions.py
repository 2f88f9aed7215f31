"""tanh, sigmoid, exp, softplus and GELU of float32 vectors, as formulas for the generators.

tanh and exp within 3 units in the last place, both ends and exp's subnormal results included; sigmoid too from −1 on,
below that within 8 of them, and 0 where e^−x has no normal float32 (x < −88). NaN gives NaN.
"""

from __future__ import annotations

import math

import numpy as np

from .emit import Emit, Value

_EXP = (
    0.008290306162653697, 0.04189797659883027, 0.16667636589578808, 0.49999149183565234, 0.9999997070098454, 1.0,
)  # fmt: skip
"""e^r for |r| ≤ ½ ln 2, to 9.2·10⁻⁸ of it: the smallest largest error that a polynomial with e⁰ = 1 can have."""
_EXPM1 = (
    0.0013882521507128209, 0.008366520753155991, 0.04166719986469095, 0.16666543619673652, 0.49999998154017683,
)  # fmt: skip
"""(eʳ − 1 − r)/r², so that eʳ − 1 is within 1.4·10⁻⁸ of itself, near 0 too."""
_LOG2_E, _LN2 = 1 / math.log(2), math.log(2)
_LN2_NEAR = float(np.float32(_LN2))
_LN2_REST = _LN2 - _LN2_NEAR
_MOST, _LEAST, _MOST_NORMAL = 89.0, -104.0, 88.0
"""Above the first e^x is infinite, below the second 0; up to the third neither it nor its reciprocal is."""


def tanh(e: Emit, x: Value) -> Value:
    """p/(p + 2) of p = e^2|x| − 1, with the sign of x."""
    size = e.magnitude(x)
    doubled = e.smaller(e.constant(20), e.add(size, size))
    scale, r = _parts(e, doubled)
    small = e.fma(e.multiply(r, r), e.polynomial(r, _EXPM1), r)
    power = e.times_power(e.constant(1), scale)
    p = e.fma(power, small, e.subtract(power, e.constant(1)))
    return e.with_sign(e.quotient(p, e.add(p, e.constant(2))), x)


def sigmoid(e: Emit, x: Value) -> Value:
    """1/(1 + e^−x)."""
    most = e.constant(_MOST_NORMAL)
    power = _power(e, e.larger(e.negative(most), e.smaller(most, e.negative(x))))
    return e.reciprocal(e.add(power, e.constant(1)), e.not_below(x, e.negative(most)))


def sigmoid_slope(e: Emit, x: Value) -> Value:
    """The sigmoid's derivative, t/(1 + t)² of t = e^−|x|."""
    power = _power(e, e.larger(e.constant(-_MOST_NORMAL), e.negative(e.magnitude(x))))
    y = e.reciprocal(e.add(power, e.constant(1)))
    return e.multiply(e.multiply(power, y), y)


def exp(e: Emit, x: Value) -> Value:
    """Infinite, subnormal or 0 where the true value is."""
    scale, r = _parts(e, e.larger(e.constant(_LEAST), e.smaller(e.constant(_MOST), x)))
    return e.times_any_power(e.polynomial(e.fma(scale[1], e.constant(-_LN2_REST), r), _EXP), scale)


def share(e: Emit, x: Value) -> Value:
    """e^x for x ≤ 0, a sum's share: as `exp`, but within 2.4·10⁻⁷ of itself, as `_power` is."""
    scale, r = _parts(e, e.larger(e.constant(_LEAST), x))
    return e.times_any_power(e.polynomial(r, _EXP), scale)


def _power(e: Emit, x: Value) -> Value:
    """e^x for |x| ≤ _MOST_NORMAL; ln 2 as one float32: a unit in the last place is lost for each 30 of |x|."""
    scale, r = _parts(e, x)
    return e.times_power(e.polynomial(r, _EXP), scale)


def _parts(e: Emit, x: Value) -> tuple[tuple[Value, Value], Value]:
    """x = n ln 2 + r with n the nearest whole number to x log₂e, as `Emit.rounded` gives it."""
    scale = e.rounded(x, e.constant(_LOG2_E))
    return scale, e.fma(scale[1], e.constant(-_LN2_NEAR), x)


def softplus(e: Emit, x: Value) -> Value:
    """max(x, 0) + ln(1 + e^−|x|), the logarithm as 2 artanh of u/(2 + u) ≤ ⅓."""
    u = _power(e, e.larger(e.constant(-_MOST_NORMAL), e.negative(e.magnitude(x))))
    s = e.quotient(u, e.add(u, e.constant(2)))
    square = e.multiply(s, s)
    series = e.polynomial(square, [2 / power for power in range(17, 0, -2)])
    return e.fma(s, series, e.larger(x, e.constant(0)))


_UPPER = (0.015395721583932978, 0.11265021790648573, 0.3501662194204974, 0.5)
_LOWER = (0.038599317603610725, 0.2820795478890038, 0.9207646549389334, 1.4982098151140586, 1.0)
"""(1 − Φ(z)) e^(z²/2) for 0 ≤ z ≤ 13 as a quotient, to 8·10⁻⁷ of it."""
_SLOPE_UPPER = (-0.033962879292698325, -0.20411371775605222, -0.43356843079621, -0.2093308175190103, 0.5)
_SLOPE_LOWER = (0.08514575451792539, 0.5112218254245323, 1.177110147193816, 1.0)
"""The same less z/√(2π), so that times e^(−z²/2) it is 1 − Φ(z) − z Φ′(z), to 3·10⁻⁸, and beyond 1.5 to 2·10⁻⁶ of it.

Both begin with ½ at 0, and else have the smallest largest errors, weighed as the formulas below need them.
"""
_FARTHEST = 13.0
"""Beyond it 1 − Φ is below the normal numbers."""


def gelu(e: Emit, x: Value) -> Value:
    """x Φ(x) = max(x, 0) − |x| (1 − Φ(|x|)): of the smallest results too there are digits."""
    z = e.smaller(e.constant(_FARTHEST), e.magnitude(x))
    tail = e.quotient(e.multiply(_bell(e, z), e.polynomial(z, _UPPER)), e.polynomial(z, _LOWER))
    return e.fma(e.negative(z), tail, e.larger(e.constant(0), x))


def gelu_slope(e: Emit, x: Value) -> Value:
    """Φ(x) + x Φ′(x), of −x what is left to 1."""
    z = e.smaller(e.constant(_FARTHEST), e.magnitude(x))
    tail = e.quotient(e.multiply(_bell(e, z), e.polynomial(z, _SLOPE_UPPER)), e.polynomial(z, _SLOPE_LOWER))
    return e.if_above(x, e.constant(0), e.one_minus(tail), tail)


def _bell(e: Emit, z: Value) -> Value:
    """e^(−z²/2)."""
    return _power(e, e.multiply(e.multiply(e.constant(-0.5), z), z))
