"""Networks of two parts, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise


def mlp(widths: Sequence[int]) -> int:
    return sum(inputs * units + units for inputs, units in pairwise(widths))


def autoencoder(encoder: Sequence[int]) -> int:
    return mlp([*encoder, *reversed(encoder[:-1])])


def gan(noise: int, generator: Sequence[int], data: int, discriminator: Sequence[int]) -> int:
    return mlp([noise, *generator, data]) + mlp([data, *discriminator, 1])


def trainable(widths: Sequence[int], frozen: int) -> int:
    """What is left to train when the first `frozen` layers keep their parameters."""
    return mlp(widths[frozen:])


def lstm(n: int, m: int) -> int:
    return sum(n * m + m * m + m for _ in ("forget", "input", "output", "candidate"))


def seq2seq(n: int, m: int, d: int, q: int) -> int:
    return lstm(n, m) + lstm(d, m) + m * q + q
