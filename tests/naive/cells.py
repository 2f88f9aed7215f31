"""Layers and cells computed plainly on lists of floats, and slopes as central differences: no derivative is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, log, sqrt, tanh

Vector = list[float]
Matrix = list[Vector]


def logistic(x: float) -> float:
    return 1 / (1 + exp(-x))


def relu(x: float) -> float:
    return x if x > 0 else 0.0


def rows_by(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> Vector:
    """Every row times the vector: the column layout."""
    return [sum(float(w) * float(x) for w, x in zip(row, vector, strict=True)) for row in matrix]


def columns_by(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> Vector:
    """The vector times every column: the row layout."""
    return rows_by(list(zip(*matrix, strict=True)), vector)


def added(*vectors: Sequence[float]) -> Vector:
    return [sum(map(float, entries)) for entries in zip(*vectors, strict=True)]


def rnn(x: Matrix, u: Matrix, w: Matrix, b: Vector, h: Vector, g: Callable[[float], float] = tanh, *,
        by: Callable[..., Vector] = rows_by) -> Matrix:  # fmt: skip
    """The states of all steps."""
    states = []
    for entry in x:
        h = [g(a) for a in added(by(u, entry), by(w, h), b)]
        states.append(h)
    return states


def lstm(x: Matrix, w: dict[str, Matrix], u: dict[str, Matrix], b: dict[str, Vector], h: Vector, c: Vector,
         peephole: dict[str, Vector] | None = None, *,
         by: Callable[..., Vector] = rows_by) -> tuple[Matrix, Matrix]:  # fmt: skip
    """The states and the cell states of all steps."""
    states, cells = [], []
    for entry in x:
        into = {gate: added(by(w[gate], entry), by(u[gate], h), b[gate]) for gate in "fioc"}
        if peephole:
            for gate in "fi":
                into[gate] = [a + p * old for a, p, old in zip(into[gate], peephole[gate], c, strict=True)]
        forget, take = ([logistic(a) for a in into[gate]] for gate in "fi")
        c = [f * old + i * tanh(a) for f, old, i, a in zip(forget, c, take, into["c"], strict=True)]
        if peephole:
            into["o"] = [a + p * new for a, p, new in zip(into["o"], peephole["o"], c, strict=True)]
        h = [logistic(a) * tanh(new) for a, new in zip(into["o"], c, strict=True)]
        states.append(h)
        cells.append(c)
    return states, cells


def gru(x: Matrix, w: dict[str, Matrix], u: dict[str, Matrix], b: dict[str, Vector], d: Vector, h: Vector, *,
        keeps: bool = True, after: bool = False, by: Callable[..., Vector] = rows_by) -> Matrix:  # fmt: skip
    """The states of all steps; `keeps`: z weighs the old state; `after`: the product is reset, not what it reads."""
    states = []
    for entry in x:
        z, r = ([logistic(a) for a in added(by(w[g], entry), by(u[g], h), b[g])] for g in "zr")
        if after:
            old = [a * v for a, v in zip(r, added(by(u["g"], h), d), strict=True)]
        else:
            old = added(by(u["g"], [a * v for a, v in zip(r, h, strict=True)]), d)
        candidate = [tanh(a) for a in added(by(w["g"], entry), old, b["g"])]
        weight = z if keeps else [1 - a for a in z]
        h = [k * a + (1 - k) * c for k, a, c in zip(weight, h, candidate, strict=True)]
        states.append(h)
    return states


def probabilities(scores: Sequence[float], temperature: float = 1) -> Vector:
    powers = [exp(float(score) / temperature) for score in scores]
    return [power / sum(powers) for power in powers]


def half_squares(outputs: Sequence[float], targets: Sequence[float]) -> float:
    return sum((float(o) - float(y)) ** 2 for o, y in zip(outputs, targets, strict=True)) / 2


def log_loss(p: Sequence[float], targets: Sequence[float]) -> float:
    return -sum(log(q if y else 1 - q) for q, y in zip(p, targets, strict=True))


def normalised(numbers: Sequence[float], epsilon: float = 0) -> Vector:
    mean = sum(numbers) / len(numbers)
    variance = sum((number - mean) ** 2 for number in numbers) / len(numbers)
    return [(number - mean) / sqrt(variance + epsilon) for number in numbers]


def attention(q: Matrix, k: Matrix, v: Matrix, *, causal: bool = False, scaled: bool = True) -> Matrix:
    out = []
    for t, query in enumerate(q):
        seen = range(t + 1) if causal else range(len(k))
        scale = sqrt(len(query)) if scaled else 1
        scores = [sum(a * b for a, b in zip(query, k[j], strict=True)) / scale for j in seen]
        weights = probabilities(scores)
        out.append([sum(weight * v[j][i] for weight, j in zip(weights, seen, strict=True)) for i in range(len(v[0]))])
    return out


def floats(value: object) -> object:
    """Nested tuples of exact numbers as nested lists of floats."""
    return [floats(item) for item in value] if isinstance(value, tuple | list) else float(value)  # type: ignore[arg-type]


def slopes(loss: Callable[..., float], at: object, step: float = 1e-5) -> object:
    """The derivative of `loss` by every entry of a nested list, as a central difference."""
    if not isinstance(at, list):
        return (loss(at + step) - loss(at - step)) / (2 * step)  # type: ignore[operator]
    return [
        slopes(lambda item, i=i: loss([*at[:i], item, *at[i + 1 :]]), at[i], step)  # type: ignore[misc]
        for i in range(len(at))
    ]
