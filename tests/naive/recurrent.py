"""Recurrent layers by listing their arrays and by doing their steps: no formula, no closed form."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod

Shape = tuple[int, ...]

BLOCKS = {"rnn": ["h"], "gru": ["update", "reset", "candidate"], "lstm": ["forget", "input", "output", "candidate"]}


def arrays(cell: str, n: int, m: int, layers: int = 1, directions: int = 1, bias_vectors: int = 1) -> Iterator[Shape]:
    """The shape of every array that a stack of recurrent layers learns, in the column layout."""
    reads = n
    for _ in range(layers):
        for _ in range(directions):
            for _ in BLOCKS[cell]:
                yield (m, reads)
                yield (m, m)
                for _ in range(bias_vectors):
                    yield (m,)
        reads = m * directions


def size(shapes: Iterator[Shape]) -> int:
    """How many numbers the arrays hold."""
    return sum(prod(shape) for shape in shapes)


def weights(cell: str, n: int, m: int, layers: int = 1, directions: int = 1) -> int:
    return size(shape for shape in arrays(cell, n, m, layers, directions) if len(shape) == 2)


def multiplications(cell: str, n: int, m: int, steps: int, layers: int = 1, directions: int = 1) -> int:
    """Counted while the matrix products of all steps are walked through."""
    count = 0
    for _ in range(steps):
        for shape in arrays(cell, n, m, layers, directions, bias_vectors=0):
            for _row in range(shape[0]):
                for _column in range(shape[1]):
                    count += 1
    return count


def wrong(cell: str, n: int, m: int, steps: int, layers: int, directions: int) -> dict[str, int]:
    """What each typical mistake makes of the number of parameters."""
    every = list(arrays(cell, n, m, layers, directions))
    first = list(arrays(cell, n, m, 1, directions))
    blocks = len(BLOCKS[cell])
    cells = layers * directions

    def deeper(reads: int) -> int:
        """All parameters when layers after the first are taken to read `reads` numbers."""
        one = blocks * (m * reads + m * m + m)
        return size(iter(first)) + (layers - 1) * directions * one

    right, recurrent = size(iter(every)), cells * blocks * m * m
    inputs = sum(prod(shape) for shape in every[0::3])
    return {
        "recurrent-weights-forgotten": right - recurrent,
        "recurrent-n-squared": right - recurrent + cells * blocks * n * n,
        "recurrent-not-squared": right - recurrent + cells * blocks * m,
        "input-weights-forgotten": right - directions * blocks * n * m,
        "biases-forgotten": inputs + recurrent,
        "one-bias": inputs + recurrent + cells * blocks,
        "one-unit": right // m,
        "weights-per-step": right * steps,
        "one-direction": right // directions,
        "deeper-layer-reads-n": deeper(n),
        "deeper-layer-reads-m": deeper(m),
        "one-layer": size(iter(first)),
    }


def bound(slope: Fraction, norm: Fraction, t: int, k: int) -> Fraction:
    """The bound on ‖∂h_t/∂h_k‖, one Jacobian after the other."""
    product = Fraction(1)
    for _ in range(k, t):
        product *= slope * norm
    return product


def steps_until_under(epsilon: Fraction, factor: Fraction) -> int:
    """How often one multiplies by `factor` until the product is under `epsilon`."""
    product, steps = Fraction(1), 0
    while product >= epsilon:
        product *= factor
        steps += 1
    return steps
