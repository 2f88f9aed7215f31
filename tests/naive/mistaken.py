"""What students write when they go wrong: each function works a question out plainly, with the slip as an argument."""

from __future__ import annotations

from math import ceil, prod, sqrt


def size(n: int, f: int, s: int = 1, p: int = 0, *, sides: int = 2, plus: int = 1, up: bool = False) -> int:
    """How often a window fits: `sides` are padded, and the first place counts `plus` 1."""
    room = n + sides * p - f
    return (ceil(room / s) if up else room // s) + plus


def conv_count(
    f: int, c: int, k: int, *, deep: bool = True, biases: int | None = None, filters: int | None = None
) -> int:
    """Weights and biases of k filters that are c deep."""
    weights = f * f * (c if deep else 1) * (k if filters is None else filters)
    return weights + (k if biases is None else biases)


def conv_products(o: int, f: int, c: int, k: int, *, places: int | None = None) -> int:
    return (o * o if places is None else places) * f * f * c * k


def dense_count(n: int, m: int, *, biases: int | None = None, weights: int | None = None) -> int:
    return (n * m if weights is None else weights) + (m if biases is None else biases)


def cell_count(
    n: int, m: int, blocks: int, *, recurrent: int | None = None, biases: int | None = None, reads: bool = True
) -> int:
    """A recurrent layer of `blocks` gates: input matrix, recurrent matrix, bias each."""
    return blocks * (
        (n * m if reads else 0) + (m * m if recurrent is None else recurrent) + (m if biases is None else biases)
    )


def stacked_count(n: int, m: int, blocks: int, layers: int, directions: int = 1, *, deeper: int | None = None) -> int:
    """Layers on top of one another; those above read what the `directions` of the one below put out."""
    total = 0
    for layer in range(layers):
        reads = n if layer == 0 else (directions * m if deeper is None else deeper)
        total += directions * cell_count(reads, m, blocks)
    return total


def field(filters: list[int], strides: list[int], *, start: int = 1, less: int = 1, own: bool = False) -> int:
    """The pixels that one unit sees: every layer adds (f − 1) steps of the size that the layers before have made."""
    seen, step = start, 1
    for f, s in zip(filters, strides, strict=True):
        if own:
            step *= s
        seen += (f - less) * step
        if not own:
            step *= s
    return seen


def he(fan: float, *, numerator: float = 2) -> float:
    return sqrt(numerator / fan)


def length(vector: list[float]) -> float:
    return sqrt(sum(entry * entry for entry in vector))


def scaled(vector: list[float], factor: float) -> list[float]:
    return [entry * factor for entry in vector]


def cut(vector: list[float], low: float, high: float) -> list[float]:
    return [min(max(entry, low), high) for entry in vector]


def batches(examples: int, batch: int) -> int:
    return len(range(0, examples, batch))


def volume(*sizes: int) -> int:
    return prod(sizes)
