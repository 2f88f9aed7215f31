"""Workings and networks as documents: what every view and every format shows of them; the rest by their modules."""

from .calculation import (
    counted,
    course,
    equation,
    has_floats,
    neighbours,
    right_value,
    rounded,
    shape_words,
    value_words,
    working,
)
from .visible_steps import shown_lines

__all__ = [
    "counted",
    "course",
    "equation",
    "has_floats",
    "neighbours",
    "right_value",
    "rounded",
    "shape_words",
    "shown_lines",
    "value_words",
    "working",
]
