"""The simple RNN unrolled entry by entry in sympy, which knows nothing of our forms, and derived by its rules."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from dlcalc import gradients
from dlcalc.expressions.nodes import Value

sympy = pytest.importorskip("sympy")

N, M, K = 2, 2, 2
"""Inputs, units and outputs: enough that a transpose matters, with values that are not symmetric."""
SHAPES = {"U": (M, N), "W": (M, M), "b": (M,), "V": (K, M), "c": (K,)}


def unrolled(steps: int, letters: dict[str, Any]) -> Any:
    """The loss as one expression of single entries: tanh, softmax and cross-entropy at every step."""
    U, W, b, V, c, x, y, h0 = (letters[name] for name in ("U", "W", "b", "V", "c", "x", "y", "h0"))
    h = [h0[i] for i in range(M)]
    loss = 0
    for t in range(steps):
        sums = [
            sum(U[i, a] * x[t, a] for a in range(N)) + sum(W[i, j] * h[j] for j in range(M)) + b[i] for i in range(M)
        ]
        h = [sympy.tanh(each) for each in sums]
        scores = [sum(V[q, i] * h[i] for i in range(M)) + c[q] for q in range(K)]
        total = sympy.log(sum(sympy.exp(score) for score in scores))
        loss -= sum(y[t, q] * (scores[q] - total) for q in range(K))
    return loss


def entries(value: Value, place: tuple[int, ...] = ()) -> Any:
    """(place, number) of every entry."""
    if isinstance(value, tuple):
        for index, part in enumerate(value):
            yield from entries(part, (*place, index))
    else:
        yield place, value


@pytest.mark.parametrize("steps", [1, 2])
def test_the_recursion_is_sympy_s_derivative(steps: int) -> None:
    """Every entry of every weight."""
    network = gradients.network("rnn")
    found = gradients.Numbers(network, gradients.random_values(network, steps, N, M, K, seed=5))
    ours = found.by_delta()
    letters = {name: sympy.IndexedBase(name) for name in found.values}
    loss = unrolled(steps, letters)
    values = {letters[name][place]: number for name, value in found.values.items() for place, number in entries(value)}
    assert float(loss.xreplace(values)) == pytest.approx(found.loss, abs=1e-12)
    for wrt, shape in SHAPES.items():
        for place in itertools.product(*map(range, shape)):
            derivative = float(loss.diff(letters[wrt][place]).xreplace(values))
            entry = ours[wrt]
            for index in place:
                entry = entry[index]
            assert entry == pytest.approx(derivative, abs=1e-12), (wrt, place)
