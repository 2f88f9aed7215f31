"""Recurrent layers by their equations: one number at a time, the first state and every bias written out."""

from __future__ import annotations

import math

import numpy as np
from naive.kernels import Array, conv

SQUASH = {"tanh": math.tanh, "relu": lambda a: max(0.0, a), "sigmoid": lambda a: 1 / (1 + math.exp(-a))}
sigmoid = SQUASH["sigmoid"]


def dot(row, column) -> float:
    return sum(float(a) * float(b) for a, b in zip(row, column, strict=True))


def order(steps: int, reverse: bool) -> list[int]:
    return list(range(steps))[::-1] if reverse else list(range(steps))


def bias(given, unit: int) -> float:
    return 0.0 if given is None else float(given[unit])


def zeros(given, *shape: int) -> Array:
    return np.zeros(shape) if given is None else np.array(given, dtype=np.float64)


def rnn(x, h0, w_ih, w_hh, b_ih=None, b_hh=None, nonlinearity="tanh", reverse=False):
    m = w_hh.shape[1]
    h, y = zeros(h0, x.shape[1], m), np.zeros((*x.shape[:2], m))
    for t in order(len(x), reverse):
        old = h.copy()
        for n in range(x.shape[1]):
            for u in range(m):
                a = dot(w_ih[u], x[t, n]) + bias(b_ih, u) + dot(w_hh[u], old[n]) + bias(b_hh, u)
                h[n, u] = SQUASH[nonlinearity](a)
        y[t] = h
    return y, h


def lstm(x, state, w_ih, w_hh, b_ih=None, b_hh=None, peephole=None, reverse=False):
    """Blocks of rows i, f, g, o; the peepholes of i and f look at the old cell, that of o at the new one."""
    m = w_hh.shape[1]
    h0, c0 = state if state is not None else (None, None)
    h, c, y = zeros(h0, x.shape[1], m), zeros(c0, x.shape[1], m), np.zeros((*x.shape[:2], m))
    looks = zeros(peephole, 3 * m)
    for t in order(len(x), reverse):
        old = h.copy()
        for n in range(x.shape[1]):
            for u in range(m):
                a_i, a_f, a_g, a_o = (
                    dot(w_ih[row], x[t, n]) + bias(b_ih, row) + dot(w_hh[row], old[n]) + bias(b_hh, row)
                    for row in (u, m + u, 2 * m + u, 3 * m + u)
                )
                i = sigmoid(a_i + looks[u] * c[n, u])
                f = sigmoid(a_f + looks[m + u] * c[n, u])
                c[n, u] = f * c[n, u] + i * math.tanh(a_g)
                h[n, u] = sigmoid(a_o + looks[2 * m + u] * c[n, u]) * math.tanh(c[n, u])
        y[t] = h
    return y, (h, c)


def gru(x, h0, w_ih, w_hh, b_ih=None, b_hh=None, reset_after=True, update_gate="keep", reverse=False):
    """Blocks of rows r, z, n."""
    m = w_hh.shape[1]
    h, y = zeros(h0, x.shape[1], m), np.zeros((*x.shape[:2], m))
    for t in order(len(x), reverse):
        old = h.copy()
        for n in range(x.shape[1]):

            def gate(row: int, n=n, t=t, old=old) -> float:
                a = dot(w_ih[row], x[t, n]) + bias(b_ih, row) + dot(w_hh[row], old[n]) + bias(b_hh, row)
                return sigmoid(a)

            reset = [gate(u) for u in range(m)]
            for u in range(m):
                row = 2 * m + u
                if reset_after:
                    term = reset[u] * (dot(w_hh[row], old[n]) + bias(b_hh, row))
                else:
                    term = dot(w_hh[row], [r * value for r, value in zip(reset, old[n], strict=True)]) + bias(b_hh, row)
                new = math.tanh(dot(w_ih[row], x[t, n]) + bias(b_ih, row) + term)
                z = gate(m + u)
                h[n, u] = z * old[n, u] + (1 - z) * new if update_gate == "keep" else (1 - z) * old[n, u] + z * new
        y[t] = h
    return y, h


def convlstm(x, state, w_ih, w_hh, b_ih=None, b_hh=None, peephole=None, reverse=False):
    """As `lstm`, the sums convolutions of the same size; an even filter has its odd padding behind."""
    maps = w_hh.shape[1]
    shape = (x.shape[1], maps, *x.shape[3:])
    h0, c0 = state if state is not None else (None, None)
    h, c, y = zeros(h0, *shape), zeros(c0, *shape), np.zeros((len(x), *shape))
    looks = zeros(peephole, 3 * maps, *x.shape[3:])
    same = [tuple(((f - 1) // 2, f // 2) for f in weight.shape[2:]) for weight in (w_ih, w_hh)]
    for t in order(len(x), reverse):
        sums = conv(x[t], w_ih, b_ih, padding=same[0]) + conv(h, w_hh, b_hh, padding=same[1])
        for n, u, i, j in np.ndindex(*shape):
            a = [sums[n, gate * maps + u, i, j] for gate in range(4)]
            look = [looks[gate * maps + u, i, j] for gate in range(3)]
            old = c[n, u, i, j]
            c[n, u, i, j] = sigmoid(a[1] + look[1] * old) * old + sigmoid(a[0] + look[0] * old) * math.tanh(a[2])
            h[n, u, i, j] = sigmoid(a[3] + look[2] * c[n, u, i, j]) * math.tanh(c[n, u, i, j])
        y[t] = h
    return y, (h, c)
