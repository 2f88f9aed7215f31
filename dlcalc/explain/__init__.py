"""Workings, inverse questions, verdicts and networks as documents: what every view and every format shows of them."""

from .calculation import (
    counted,
    counted_solutions,
    course,
    equation,
    has_floats,
    neighbours,
    rounded,
    shape_words,
    solutions,
    value_words,
    verdict,
    working,
)
from .telling import telling

__all__ = [
    "counted",
    "counted_solutions",
    "course",
    "equation",
    "has_floats",
    "neighbours",
    "rounded",
    "shape_words",
    "solutions",
    "telling",
    "value_words",
    "verdict",
    "working",
]
