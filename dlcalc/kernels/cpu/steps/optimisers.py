"""Optimisers: one pass over the flat parameters, with the names, forms and letters of the formulas of updates by hand.

`m` and `v` are flat vectors of the same length; what each means is said beside it. η is the rate of this step, t its
number, counted from 1. `HYPER` names what stands in `h`.
"""

from __future__ import annotations

import numpy as np

from ...compile import Array, kernel

SGD, MOMENTUM, NESTEROV, ADAGRAD, RMSPROP, ADADELTA, ADAM, ADAMW = range(8)
INSIDE, OUTSIDE, KERAS, PYTORCH, AVERAGE, ALEXNET = range(6)
"""Forms: where ε stands, or where the rate and the signs stand; momentum's first, η in the velocity, is INSIDE."""

HYPER = (
    "eta",
    "gamma",
    "rho",
    "beta_1",
    "beta_2",
    "epsilon",
    "weight_decay",
    "l1",
    "factor",
    "clip_value",
    "clip_norm",
)
"""`factor`: of all gradients, what clipping by norm leaves; `clip_value`: 0 for none."""


@kernel("T[::1]", "float64[::1]")
def prepare(g: Array, h: Array) -> None:
    """Clips by norm, then by value."""
    factor, most = g.dtype.type(h[8]), g.dtype.type(h[9])
    if h[8] != 1:
        for at in range(len(g)):
            g[at] *= factor
    if h[9] > 0:
        for at in range(len(g)):
            g[at] = min(max(g[at], -most), most)


@kernel("int64", "T[::1]", "T[::1]", "float64[::1]")
def decay(rule: int, p: Array, g: Array, h: Array) -> None:
    """Adds the gradients of ½λ‖w‖², which AdamW has its own way for, and of λ₁‖w‖₁."""
    l2, l1 = g.dtype.type(h[6]), g.dtype.type(h[7])
    if h[6] != 0 and rule != ADAMW:
        for at in range(len(g)):
            g[at] += l2 * p[at]
    if h[7] != 0:
        for at in range(len(g)):
            g[at] += l1 * np.sign(p[at])


UPDATE = ("int64", "T[::1]", "T[::1]", "T[::1]", "T[::1]", "float64[::1]", "int64")
"""The types of what every rule takes: form, p, g, m, v, h, t."""


@kernel(*UPDATE)
def sgd(form: int, p: Array, g: Array, m: Array, v: Array, h: Array, t: int) -> None:
    """The gradient times the rate is subtracted."""
    eta = p.dtype.type(h[0])
    for at in range(len(g)):
        p[at] -= eta * g[at]


@kernel(*UPDATE)
def momentum(form: int, p: Array, g: Array, m: Array, v: Array, h: Array, t: int) -> None:
    """m: the velocity."""
    eta, gamma = p.dtype.type(h[0]), p.dtype.type(h[1])
    if form == INSIDE:
        for at in range(len(g)):
            m[at] = gamma * m[at] + eta * g[at]
            p[at] -= m[at]
    elif form == PYTORCH:
        for at in range(len(g)):
            m[at] = gamma * m[at] + g[at]
            p[at] -= eta * m[at]
    elif form == AVERAGE:
        rest = p.dtype.type(1) - gamma
        for at in range(len(g)):
            m[at] = gamma * m[at] + rest * g[at]
            p[at] -= eta * m[at]
    elif form == KERAS:
        for at in range(len(g)):
            m[at] = gamma * m[at] - eta * g[at]
            p[at] += m[at]
    else:
        shrink = p.dtype.type(0.0005) * eta
        for at in range(len(g)):
            m[at] = gamma * m[at] - shrink * p[at] - eta * g[at]
            p[at] += m[at]


@kernel(*UPDATE)
def nesterov(form: int, p: Array, g: Array, m: Array, v: Array, h: Array, t: int) -> None:
    """m: the velocity. INSIDE: the gradient was taken at w − γv, and w is what p holds again."""
    eta, gamma = p.dtype.type(h[0]), p.dtype.type(h[1])
    if form == INSIDE:
        for at in range(len(g)):
            m[at] = gamma * m[at] + eta * g[at]
            p[at] -= m[at]
    elif form == PYTORCH:
        for at in range(len(g)):
            m[at] = gamma * m[at] + g[at]
            p[at] -= eta * (g[at] + gamma * m[at])
    else:
        for at in range(len(g)):
            m[at] = gamma * m[at] - eta * g[at]
            p[at] += gamma * m[at] - eta * g[at]


@kernel(*UPDATE)
def adagrad(form: int, p: Array, g: Array, m: Array, v: Array, h: Array, t: int) -> None:
    """v: the sum of the squares, which Keras begins at 0.1."""
    eta, eps = p.dtype.type(h[0]), p.dtype.type(h[5])
    for at in range(len(g)):
        before = p.dtype.type(0.1) if form == KERAS and t == 1 else v[at]
        v[at] = before + g[at] * g[at]
        p[at] -= eta * g[at] / (np.sqrt(v[at]) + eps if form == OUTSIDE else np.sqrt(v[at] + eps))


@kernel(*UPDATE)
def rmsprop(form: int, p: Array, g: Array, m: Array, v: Array, h: Array, t: int) -> None:
    """v: the moving average of the squares."""
    eta, rho, rest, eps = p.dtype.type(h[0]), p.dtype.type(h[2]), p.dtype.type(1 - h[2]), p.dtype.type(h[5])
    for at in range(len(g)):
        v[at] = rho * v[at] + rest * g[at] * g[at]
        p[at] -= eta * g[at] / (np.sqrt(v[at]) + eps if form == OUTSIDE else np.sqrt(v[at] + eps))


@kernel(*UPDATE)
def adadelta(form: int, p: Array, g: Array, m: Array, v: Array, h: Array, t: int) -> None:
    """v: the average of the squared gradients, m: that of the squared changes; frameworks multiply the change by η."""
    eta, rho, rest, eps = p.dtype.type(h[0]), p.dtype.type(h[2]), p.dtype.type(1 - h[2]), p.dtype.type(h[5])
    for at in range(len(g)):
        v[at] = rho * v[at] + rest * g[at] * g[at]
        change = np.sqrt(m[at] + eps) / np.sqrt(v[at] + eps) * g[at]
        m[at] = rho * m[at] + rest * change * change
        p[at] -= eta * change


@kernel(*UPDATE)
def adam(form: int, p: Array, g: Array, m: Array, v: Array, h: Array, t: int) -> None:
    """m, v: the moving averages of the gradients and of their squares."""
    one = p.dtype.type(1)
    beta_1, beta_2, eps = p.dtype.type(h[3]), p.dtype.type(h[4]), p.dtype.type(h[5])
    rest_1, rest_2 = p.dtype.type(1 - h[3]), p.dtype.type(1 - h[4])
    mean, square = 1 - h[3] ** t, 1 - h[4] ** t
    eta_t, scale = p.dtype.type(h[0] / mean), p.dtype.type(1 / np.sqrt(square))
    if form == KERAS:  # ε is added before the root is corrected
        eta_t, scale = p.dtype.type(h[0] * np.sqrt(square) / mean), one
    under = eps if form == INSIDE else p.dtype.type(0)
    beside = p.dtype.type(0) if form == INSIDE else eps
    for at in range(len(g)):
        m[at] = beta_1 * m[at] + rest_1 * g[at]
        v[at] = beta_2 * v[at] + rest_2 * g[at] * g[at]
        p[at] -= eta_t * m[at] / (np.sqrt(v[at] * scale * scale + under) + beside)


@kernel(*UPDATE)
def adamw(form: int, p: Array, g: Array, m: Array, v: Array, h: Array, t: int) -> None:
    """Weights shrink by the rate times λ first."""
    kept = p.dtype.type(1 - h[0] * h[6])
    for at in range(len(g)):
        p[at] *= kept
    adam(form, p, g, m, v, h, t)


RULES = (sgd, momentum, nesterov, adagrad, rmsprop, adadelta, adam, adamw)


def update(rule: int, form: int, p: Array, g: Array, m: Array, v: Array, h: Array, t: int) -> None:
    """One update of every parameter; the gradients may be used up."""
    RULES[rule](form, p, g, m, v, h, t)
