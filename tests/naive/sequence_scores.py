"""Scores of sequences from probabilities multiplied one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence


def probability(p: Sequence[float]) -> float:
    product = 1.0
    for each in p:
        product *= each
    return product


def perplexity(p: Sequence[float]) -> float:
    """The inverse probability, one root per token."""
    return (1 / probability(p)) ** (1 / len(p))


def cross_entropy_of_a_uniform_guess(classes: int) -> float:
    return -math.log(1 / classes)
