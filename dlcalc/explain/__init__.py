"""Workings and networks as documents: what every view and every format shows of them; the rest by their modules."""

from .calculation import (
    answer,
    counted,
    course,
    equation,
    givens,
    neighbours,
    right_value,
    working,
)
from .visible_steps import shown_lines

__all__ = [
    "answer",
    "counted",
    "course",
    "equation",
    "givens",
    "neighbours",
    "right_value",
    "shown_lines",
    "working",
]
