"""The mathematics of single numbers, written once for the CPU and for CUDA.

Constants are float32 and exact in it: beside a float64 they become float64, beside a float32 they leave it what it is,
where a plain 1 would make float64 of it. `np.exp`, not `math.exp`, keeps the dtype in plain Python too.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import register_jitable

ZERO, HALF, ONE, TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)

SIGMOID, TANH, RELU, LEAKY_RELU, SOFTPLUS, GELU = range(6)
"""The activations, as kernels are told which."""

ROOT_HALF = math.sqrt(0.5)
GAUSS = 1 / math.sqrt(2 * math.pi)
"""The density of the standard normal distribution at 0."""


@register_jitable
def sigmoid(x: Any) -> Any:
    """1/(1 + e^−x), by the form that cannot overflow."""
    if x >= ZERO:
        return ONE / (ONE + np.exp(-x))
    power = np.exp(x)
    return power / (ONE + power)


@register_jitable
def activate(kind: int, x: Any, a: Any, b: Any) -> Any:
    """The activation `kind` of x; a is the slope of a leaky ReLU, and of GELU √½; b is GELU's 1/√(2π)."""
    if kind == SIGMOID:
        return sigmoid(x)
    if kind == TANH:
        return np.tanh(x)
    if kind == RELU:
        return ZERO if x <= ZERO else x
    if kind == LEAKY_RELU:
        return a * x if x <= ZERO else x
    if kind == SOFTPLUS:
        return max(x, ZERO) + np.log1p(np.exp(-abs(x)))
    return HALF * x * math.erfc(-a * x)


@register_jitable
def slope(kind: int, x: Any, y: Any, a: Any, b: Any) -> Any:
    """dy/dx of y = activate(kind, x, a, b); 0 for a ReLU at 0. SIGMOID, TANH and RELU read only y."""
    if kind == SIGMOID:
        return y * (ONE - y)
    if kind == TANH:
        return ONE - y * y
    if kind == RELU:
        return ONE if y > ZERO else ZERO
    if kind == LEAKY_RELU:
        return a if x <= ZERO else ONE
    if kind == SOFTPLUS:
        return sigmoid(x)
    # the sum first: as plain Python, a float32 half of erfc would lose the digits of a double
    return HALF * (math.erfc(-a * x) + TWO * x * b * np.exp(-HALF * x * x))


@register_jitable
def lstm_cell(a_i: Any, a_f: Any, a_g: Any, a_o: Any, c: Any, p_i: Any, p_f: Any, p_o: Any) -> Any:
    """One unit of an LSTM from its four sums: i, f, g, o, the new c, the new h. p: peepholes, 0 without.

    i and f look at the old cell, o at the new one: Gers, Schraudolph, Schmidhuber, JMLR 3 (2002), 115–143.
    """
    i = sigmoid(a_i + p_i * c)
    f = sigmoid(a_f + p_f * c)
    g = np.tanh(a_g)
    new = f * c + i * g
    o = sigmoid(a_o + p_o * new)
    return i, f, g, o, new, o * np.tanh(new)


@register_jitable
def lstm_cell_backward(
    i: Any, f: Any, g: Any, o: Any, c: Any, new: Any, p_i: Any, p_f: Any, p_o: Any, d_h: Any, d_new: Any
) -> Any:
    """The gradients of the four sums and of the old c, from those of the new h and the new c."""
    squashed = np.tanh(new)
    d_o = d_h * squashed * o * (ONE - o)
    d_cell = d_new + d_h * o * (ONE - squashed * squashed) + d_o * p_o
    d_i = d_cell * g * i * (ONE - i)
    d_f = d_cell * c * f * (ONE - f)
    d_g = d_cell * i * (ONE - g * g)
    return d_i, d_f, d_g, d_o, d_cell * f + d_i * p_i + d_f * p_f


@register_jitable
def gru_state(a_n: Any, z: Any, h: Any, keep: int) -> Any:
    """The candidate and the new state; `keep`: z is the share of the old state, else that of the candidate."""
    n = np.tanh(a_n)
    share = z if keep else ONE - z
    return n, share * h + (ONE - share) * n


@register_jitable
def gru_state_backward(z: Any, n: Any, h: Any, d_new: Any, keep: int) -> Any:
    """The gradients of the update gate's sum, of the candidate's sum, and of the old state that is kept."""
    share = z if keep else ONE - z
    d_share = d_new * (h - n)
    d_z = d_share if keep else -d_share
    return d_z * z * (ONE - z), d_new * (ONE - share) * (ONE - n * n), d_new * share


@register_jitable
def uniform(seed: int, index: int) -> Any:
    """A number of 0 ≤ u < 1 that depends on the seed and the index alone, in steps of 2^−24.

    Rounds of Wellons' 32-bit mixer "lowbias32" (https://github.com/skeeto/hash-prospector). The index comes first: were
    it the seed, the numbers of two seeds would be the same ones in another order.
    """
    mixed = index >> 32
    for part in (index & 0xFFFFFFFF, seed & 0xFFFFFFFF, seed >> 32):
        mixed = (mixed ^ part) & 0xFFFFFFFF
        mixed = ((mixed ^ (mixed >> 16)) * 0x7FEB352D) & 0xFFFFFFFF
        mixed = ((mixed ^ (mixed >> 15)) * 0x846CA68B) & 0xFFFFFFFF
        mixed = mixed ^ (mixed >> 16)
    return np.float32(mixed >> 8) * np.float32(2.0**-24)
